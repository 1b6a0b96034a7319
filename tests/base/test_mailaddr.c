/* SPDX-License-Identifier: ISC */
/* test_mailaddr.c - whose policy does an envelope address ask for? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mailaddr.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { BAD = -1, DOM = SG_MAILADDR_DOMAIN, LIT = SG_MAILADDR_LITERAL,
	LOC = SG_MAILADDR_LOCAL, NUL = SG_MAILADDR_NULL };

static const struct {
	const char *name, *in;
	int kind;
	const char *local, *domain;
} rows[] = {
	{ "A-01 plain", "<a@good.test>", DOM, "a", "good.test" },
	{ "bare", "a@good.test", DOM, "a", "good.test" },
	{ "A-10 case and dot", "<A@Good.TEST.>", DOM, "A", "good.test" },
	{ "A-13 U-label", "<\xc3\xbc@b\xc3\xbc" "cher.example>", DOM, "\xc3\xbc",
	    "xn--bcher-kva.example" },
	{ "A-07 source route", "<@a.example,@b.example:u@c.example>", DOM, "u",
	    "c.example" },
	{ "A-07 one hop", "@a.example:u@c.example", DOM, "u", "c.example" },
	{ "A-07 literal hop", "<@[IPv6:2001:db8::1]:u@c.example>", DOM, "u",
	    "c.example" },
	{ "A-07 route to nothing", "<@a.example:>", BAD, "", "" },
	{ "A-07 route without end", "<@a.example>", BAD, "", "" },
	{ "A-08 quoted at", "<\"x@evil.example\"@good.example>", DOM,
	    "\"x@evil.example\"", "good.example" },
	{ "A-08 escaped quote", "<\"a\\\"@b\"@c.example>", DOM,
	    "\"a\\\"@b\"", "c.example" },
	{ "A-08 quoted angle", "<\"a>b\"@c.example>", DOM, "\"a>b\"",
	    "c.example" },
	{ "quoted space", "<\"a b\"@c.example>", DOM, "\"a b\"", "c.example" },
	{ "escaped at", "<a\\@b@c.example>", DOM, "a\\@b", "c.example" },
	{ "the last at counts", "<a@b.example@c.example>", DOM, "a@b.example",
	    "c.example" },
	{ "quote not closed", "<\"a@c.example>", BAD, "", "" },
	{ "backslash swallows the quote", "<\"a\\\"@c.example>", BAD, "", "" },
	{ "A-09 postmaster", "<postmaster>", LOC, "postmaster", "" },
	{ "A-09 Postmaster", "Postmaster", LOC, "Postmaster", "" },
	{ "null", "<>", NUL, "", "" },
	{ "nothing", "", NUL, "", "" },
	{ "A-04 literal", "<u@[192.0.2.1]>", LIT, "u", "" },
	{ "A-04 IPv6 literal", "<u@[IPv6:2001:db8::1]>", LIT, "u", "" },
	{ "A-04 IPv6 without its tag", "<u@[2001:db8::1]>", LIT, "u", "" },
	{ "a name in brackets", "<u@[good.test]>", BAD, "", "" },
	{ "empty brackets", "<u@[]>", BAD, "", "" },
	{ "bracket not closed", "<u@[192.0.2.1>", BAD, "", "" },
	{ "text behind the literal", "<u@[192.0.2.1]x>", BAD, "", "" },
	{ "address without brackets", "<u@192.0.2.1>", BAD, "", "" },
	{ "no local part", "<@good.test>", BAD, "", "" },
	{ "no domain", "<u@>", BAD, "", "" },
	{ "only at", "@", BAD, "", "" },
	{ "space in the local part", "<a b@good.test>", BAD, "", "" },
	{ "space in the domain", "<a@good.test x>", BAD, "", "" },
	{ "angle not closed", "<a@good.test", BAD, "", "" },
	{ "angle not opened", "a@good.test>", BAD, "", "" },
	{ "text behind", "<a@good.test> SIZE=1", BAD, "", "" },
	{ "blanks around", " <a@good.test> ", DOM, "a", "good.test" },
	{ "A-14 bad UTF-8", "<a@b\xfc.example>", BAD, "", "" },
	{ "T14 CRLF in the domain", "<a@good.test\r\nX: y>", BAD, "", "" },
	{ "T14 CRLF in the local part", "<a\r\n@good.test>", BAD, "", "" },
	{ "percent hack is the local part", "<a%b.example@good.test>", DOM,
	    "a%b.example", "good.test" },
	{ "underscore", "<a@x_y.good.test>", DOM, "a", "x_y.good.test" },
	{ "empty label", "<a@good..test>", BAD, "", "" },
};

START_TEST(test_parse)
{
	struct sg_mailaddr got;
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_mailaddr_parse(rows[_i].in, &got, &err);
	int kind = rc == SG_OK ? (int)got.kind : BAD;

	ck_assert_msg(kind == rows[_i].kind, "%s: got kind %d, want %d",
	    rows[_i].name, kind, rows[_i].kind);
	if (rc != SG_OK) {
		ck_assert_msg(rc == SG_BAD && err.text[0] != '\0',
		    "%s: rc %d \"%s\"", rows[_i].name, rc, err.text);
		return;
	}
	ck_assert_msg(strcmp(got.local, rows[_i].local) == 0 &&
	    strcmp(got.domain, rows[_i].domain) == 0,
	    "%s: got \"%s\" at \"%s\", want \"%s\" at \"%s\"", rows[_i].name,
	    got.local, got.domain, rows[_i].local, rows[_i].domain);
}
END_TEST

/* A local part of 998 octets is cut, its domain is not lost. */
START_TEST(test_long_local)
{
	struct sg_mailaddr got;
	char in[1100];

	memset(in, 'a', 998);
	snprintf(in + 998, sizeof(in) - 998, "@good.test");
	ck_assert_int_eq(sg_mailaddr_parse(in, &got, NULL), SG_OK);
	ck_assert_str_eq(got.domain, "good.test");
	ck_assert_uint_eq(strlen(got.local), SG_MAILADDR_LOCAL_SIZE - 1);
}
END_TEST

/* Every text of a few nasty characters: it ends, and within bounds. */
START_TEST(test_all_short)
{
	static const char chars[] = "<>@\"\\[]: a.,";
	struct sg_mailaddr got;
	size_t n = sizeof(chars) - 1;

	for (size_t i = 0; i < n * n * n * n * n; i++) {
		char in[] = { chars[i % n], chars[i / n % n],
			chars[i / n / n % n], chars[i / n / n / n % n],
			chars[i / n / n / n / n % n], '\0' };
		enum sg_rc rc = sg_mailaddr_parse(in, &got, NULL);

		ck_assert(rc == SG_OK || rc == SG_BAD);
		ck_assert_msg(rc == SG_BAD || got.kind != SG_MAILADDR_DOMAIN ||
		    sg_domain_is_valid(got.domain, false), "%s", in);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mailaddr");
	TCase *tc = tcase_create("mailaddr");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, N(rows));
	tcase_add_test(tc, test_long_local);
	tcase_add_test(tc, test_all_short);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
