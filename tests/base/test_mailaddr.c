/* SPDX-License-Identifier: ISC */
/*
 * test_mailaddr.c - which domain an envelope address names (STANDARDS A-04,
 * Whoever can make us read another domain than the
 * MTA does gets around the gate.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mailaddr.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BAD (-1)

static const struct row {
	const char *name, *input;
	int kind; /* BAD: SG_BAD */
	const char *local, *domain;
} rows[] = {
	{ "A-01 in angles", "<u@good.test>", SG_MAILADDR_DOMAIN, "u",
	    "good.test" },
	{ "A-01 bare", "u@good.test", SG_MAILADDR_DOMAIN, "u", "good.test" },
	{ "A-10 case", "<U@GOOD.Test>", SG_MAILADDR_DOMAIN, "U", "good.test" },
	{ "A-10 trailing dot", "<u@good.test.>", SG_MAILADDR_DOMAIN, "u",
	    "good.test" },
	{ "blanks around", " <u@good.test> ", SG_MAILADDR_DOMAIN, "u",
	    "good.test" },
	{ "null sender", "<>", SG_MAILADDR_NULL, "", "" },
	{ "nothing", "", SG_MAILADDR_NULL, "", "" },
	{ "A-09 postmaster", "<postmaster>", SG_MAILADDR_LOCAL, "postmaster",
	    "" },
	{ "A-09 Postmaster", "<Postmaster>", SG_MAILADDR_LOCAL, "Postmaster",
	    "" },
	{ "A-09 local user, bare", "root", SG_MAILADDR_LOCAL, "root", "" },
	{ "A-07 source route", "<@a.example,@b.example:u@c.example>",
	    SG_MAILADDR_DOMAIN, "u", "c.example" },
	{ "A-07 one hop", "<@a.example:u@c.example>", SG_MAILADDR_DOMAIN, "u",
	    "c.example" },
	{ "A-07 literal in the route", "<@[IPv6:2001:db8::1]:u@c.example>",
	    SG_MAILADDR_DOMAIN, "u", "c.example" },
	{ "A-07 route and literal", "<@a.example:u@[IPv6:2001:db8::1]>",
	    SG_MAILADDR_LITERAL, "u", "" },
	{ "A-07 route, bare", "@a.example:u@c.example", SG_MAILADDR_DOMAIN,
	    "u", "c.example" },
	{ "A-07 route and quotes", "<@a.example:\"x@y\"@c.example>",
	    SG_MAILADDR_DOMAIN, "\"x@y\"", "c.example" },
	{ "A-07 route to nothing", "<@a.example>", BAD, "", "" },
	{ "A-07 route to nobody", "<@a.example:>", BAD, "", "" },
	{ "A-08 quoted at", "<\"x@evil.example\"@good.example>",
	    SG_MAILADDR_DOMAIN, "\"x@evil.example\"", "good.example" },
	{ "A-08 quoted quote", "<\"a\\\"@b\"@c.example>", SG_MAILADDR_DOMAIN,
	    "\"a\\\"@b\"", "c.example" },
	{ "A-08 quoted angle", "<\"a>b\"@c.example>", SG_MAILADDR_DOMAIN,
	    "\"a>b\"", "c.example" },
	{ "A-08 quoted blank", "<\"a b\"@c.example>", SG_MAILADDR_DOMAIN,
	    "\"a b\"", "c.example" },
	{ "A-08 backslash at the end of quotes", "<\"a\\\\\"@c.example>",
	    SG_MAILADDR_DOMAIN, "\"a\\\\\"", "c.example" },
	{ "A-08 empty quotes", "<\"\"@c.example>", SG_MAILADDR_DOMAIN,
	    "\"\"", "c.example" },
	{ "A-08 quotes in the middle", "<a.\"@evil.example\".b@c.example>",
	    SG_MAILADDR_DOMAIN, "a.\"@evil.example\".b", "c.example" },
	{ "A-08 escaped at", "<a\\@evil.example@c.example>",
	    SG_MAILADDR_DOMAIN, "a\\@evil.example", "c.example" },
	{ "A-08 last at counts", "<a@b.example@c.example>",
	    SG_MAILADDR_DOMAIN, "a@b.example", "c.example" },
	{ "A-08 quoted colon", "<\"a:b\"@c.example>", SG_MAILADDR_DOMAIN,
	    "\"a:b\"", "c.example" },
	{ "A-08 open quote", "<\"a@c.example>", BAD, "", "" },
	{ "A-08 open quote after a closed", "<\"a\"\"@c.example>", BAD, "",
	    "" },
	{ "A-08 quote ends in a backslash", "<\"a\\", BAD, "", "" },
	{ "A-08 quote behind the at", "<a@\"c.example\">", BAD, "", "" },
	{ "A-04 IPv4 literal", "<u@[192.0.2.1]>", SG_MAILADDR_LITERAL, "u",
	    "" },
	{ "A-04 IPv6 literal", "<u@[IPv6:2001:db8::1]>", SG_MAILADDR_LITERAL,
	    "u", "" },
	{ "A-04 literal of another kind", "<u@[x400:c=de]>", BAD, "", "" },
	{ "A-04 literal without end", "<u@[192.0.2.1>", BAD, "", "" },
	{ "A-04 text behind a literal", "<u@[192.0.2.1]x>", BAD, "", "" },
	{ "A-04 empty literal", "<u@[]>", BAD, "", "" },
	{ "A-04 name in brackets is no address", "<u@[mx.good.test]>", BAD,
	    "", "" },
	{ "A-04 address without brackets", "<u@192.0.2.1>", BAD, "", "" },
	{ "A-13 U-label", "<\xc3\xbc@b\xc3\xbc" "cher.example>",
	    SG_MAILADDR_DOMAIN, "\xc3\xbc", "xn--bcher-kva.example" },
	{ "A-14 broken UTF-8", "<u@b\xc3.example>", BAD, "", "" },
	{ "A-14 empty label", "<u@a..example>", BAD, "", "" },
	{ "A-14 no domain behind the at", "<u@>", BAD, "", "" },
	{ "A-14 only an at", "<@>", BAD, "", "" },
	{ "A-14 only a dot", "<u@.>", BAD, "", "" },
	{ "A-11 one label", "<u@foo>", SG_MAILADDR_DOMAIN, "u", "foo" },
	{ "no local part", "@good.test", BAD, "", "" },
	{ "trailing text", "<u@good.test> SIZE=1", BAD, "", "" },
	{ "no closing angle", "<u@good.test", BAD, "", "" },
	{ "closing angle alone", "u@good.test>", BAD, "", "" },
	{ "only an opening angle", "<", BAD, "", "" },
	{ "two pairs of angles", "<<u@good.test>>", BAD, "", "" },
	{ "two addresses", "<u@good.test><u@evil.test>", BAD, "", "" },
	{ "T14 line feed in the domain", "<u@good.test\nRCPT TO:<x@y.test>",
	    BAD, "", "" },
	{ "T14 control in the local part", "<u\x01@good.test>", BAD, "", "" },
	{ "T14 blank in the local part", "<a b@good.test>", BAD, "", "" },
	{ "T15 comment", "<u@good.test(evil.test)>", BAD, "", "" },
	{ "percent hack is local", "<a%b.test@good.test>",
	    SG_MAILADDR_DOMAIN, "a%b.test", "good.test" },
	{ "bang path is local", "<b.test!a@good.test>", SG_MAILADDR_DOMAIN,
	    "b.test!a", "good.test" },
	{ "plus tag", "<a+b@good.test>", SG_MAILADDR_DOMAIN, "a+b",
	    "good.test" },
};

START_TEST(test_parse)
{
	const struct row *r = &rows[_i];
	struct sg_err err = { .text = "" };
	struct sg_mailaddr a;
	enum sg_rc rc = sg_mailaddr_parse(r->input, &a, &err);

	if (r->kind == BAD) {
		ck_assert_msg(rc == SG_BAD, "%s: got rc %d kind %d \"%s\", "
		    "want SG_BAD", r->name, rc, (int)a.kind, a.domain);
		ck_assert_msg(err.text[0] != '\0', "%s: no reason", r->name);
		return;
	}
	ck_assert_msg(rc == SG_OK && (int)a.kind == r->kind,
	    "%s: got rc %d (%s) kind %d, want kind %d", r->name, rc, err.text,
	    (int)a.kind, r->kind);
	ck_assert_msg(strcmp(a.local, r->local) == 0, "%s: got local \"%s\", "
	    "want \"%s\"", r->name, a.local, r->local);
	ck_assert_msg(strcmp(a.domain, r->domain) == 0, "%s: got domain "
	    "\"%s\", want \"%s\"", r->name, a.domain, r->domain);
}
END_TEST

START_TEST(test_long_local)
{
	char text[5000];
	struct sg_mailaddr a;

	memset(text, 'a', sizeof(text));
	snprintf(text + 4900, 100, "@good.test");
	ck_assert_int_eq(sg_mailaddr_parse(text, &a, NULL), SG_OK);
	ck_assert_str_eq(a.domain, "good.test");
	ck_assert_uint_eq(strlen(a.local), SG_MAILADDR_LOCAL_SIZE - 1);
	memset(text + 4901, 'b', 90);
	text[4995] = '\0';
	ck_assert_int_eq(sg_mailaddr_parse(text, &a, NULL), SG_BAD);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mailaddr");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, (int)N(rows));
	tcase_add_test(tc, test_long_local);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
