/* SPDX-License-Identifier: ISC */
/*
 * test_domain.c - what is a domain name, and how it is kept. Two spellings of
 * one name must meet, two names must never (STANDARDS, THREATS
 * T15): the kept form is the key of everything that is known.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/domain.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define D192 LABEL63 "." LABEL63 "." LABEL63 "."

/* want NULL: SG_BAD. len 0: up to the NUL. */
static const struct row {
	const char *name, *input;
	size_t len;
	const char *want;
} rows[] = {
	{ "A-01 plain", "good.test", 0, "good.test" },
	{ "A-10 upper case", "GOOD.Test", 0, "good.test" },
	{ "A-10 trailing dot", "good.test.", 0, "good.test" },
	{ "A-10 both", "MX1.GOOD.TEST.", 0, "mx1.good.test" },
	{ "T15 two trailing dots", "good.test..", 0, NULL },
	{ "T15 only a dot", ".", 0, NULL },
	{ "empty", "", 0, NULL },
	{ "T15 leading dot (A-06)", ".good.test", 0, NULL },
	{ "T15 empty label", "good..test", 0, NULL },
	{ "A-11 one label", "foo", 0, "foo" },
	{ "one letter", "a", 0, "a" },
	{ "digits inside", "3com.test", 0, "3com.test" },
	{ "label of digits, not the last", "163.test", 0, "163.test" },
	{ "A-04 dotted quad", "192.0.2.1", 0, NULL },
	{ "A-04 quad with dot", "192.0.2.1.", 0, NULL },
	{ "A-04 literal", "[192.0.2.1]", 0, NULL },
	{ "A-04 IPv6", "2001:db8::1", 0, NULL },
	{ "A-04 number", "3221225985", 0, NULL },
	{ "last label a number", "mx.1", 0, NULL },
	{ "last label begins with a digit", "mx.1a", 0, "mx.1a" },
	{ "underscore (DNS has it)", "_mta-sts.good.test", 0,
	    "_mta-sts.good.test" },
	{ "hyphen inside", "a-b.test", 0, "a-b.test" },
	{ "hyphen first", "-a.test", 0, NULL },
	{ "hyphen last", "a-.test", 0, NULL },
	{ "hyphen at the end of all", "good.test-", 0, NULL },
	{ "T15 NUL inside", "good\0.test", 10, NULL },
	{ "T15 NUL at the end", "good.test\0", 10, NULL },
	{ "T15 percent", "good%2etest", 0, NULL },
	{ "T14 CR LF", "good.test\r\n", 0, NULL },
	{ "T14 tab", "good\t.test", 0, NULL },
	{ "T14 space", "good.test ", 0, NULL },
	{ "T14 escape", "\033[31m.test", 0, NULL },
	{ "T14 slash", "good.test/x", 0, NULL },
	{ "T14 backslash", "good\\.test", 0, NULL },
	{ "T14 brace", "{good}.test", 0, NULL },
	{ "T14 quote", "\"good\".test", 0, NULL },
	{ "T14 colon", "good.test:25", 0, NULL },
	{ "T14 at", "u@good.test", 0, NULL },
	{ "wildcard", "*.good.test", 0, NULL },
	{ "A-13 U-label", "b\xc3\xbc" "cher.example", 0,
	    "xn--bcher-kva.example" },
	{ "A-13 U-label, upper case", "B\xc3\x9c" "CHER.Example", 0,
	    "xn--bcher-kva.example" },
	{ "A-13 decomposed", "bu\xcc\x88" "cher.example", 0,
	    "xn--bcher-kva.example" },
	{ "A-13 A-label", "XN--BCHER-KVA.example", 0,
	    "xn--bcher-kva.example" },
	{ "A-13 sharp s stays itself", "stra\xc3\x9f" "e.example", 0,
	    "xn--strae-oqa.example" },
	{ "A-13 U-label with dot", "b\xc3\xbc" "cher.example.", 0,
	    "xn--bcher-kva.example" },
	{ "A-13 top level too", "\xe4\xbe\x8b\xe5\xad\x90."
	    "\xe6\xb5\x8b\xe8\xaf\x95", 0, "xn--fsqu00a.xn--0zwm56d" },
	{ "A-13 ideographic full stop", "good\xe3\x80\x82test", 0,
	    "good.test" },
	{ "T15 full-width quad", "\xef\xbc\x91\xef\xbc\x99\xef\xbc\x92.0.2."
	    "\xef\xbc\x91", 0, NULL },
	{ "A-14 broken UTF-8", "b\xc3.example", 0, NULL },
	{ "A-14 Latin-1", "b\xfc" "cher.example", 0, NULL },
	{ "A-14 overlong dot", "good\xc0\xaetest", 0, NULL },
	{ "A-14 surrogate", "a\xed\xa0\x80.example", 0, NULL },
	{ "A-14 bidi override", "a\xe2\x80\xae" "b.example", 0, NULL },
	{ "A-14 symbol with a control", "\xc3\xbc\x01.example", 0, NULL },
	{ "A-14 U-label and space", "b\xc3\xbc cher.example", 0, NULL },
	{ "A-14 combining mark first", "\xcc\x88" "a.example", 0, NULL },
	{ "A-12 label of 63", LABEL63 ".test", 0, LABEL63 ".test" },
	{ "A-12 label of 64", "x" LABEL63 ".test", 0, NULL },
	{ "A-12 253 octets in labels",
	    D192 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0,
	    D192 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "A-12 254 octets",
	    D192 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    0, NULL },
	{ "A-12 253 and a dot",
	    D192 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
	    0,
	    D192 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

START_TEST(test_from_text)
{
	const struct row *r = &rows[_i];
	struct sg_err err = { .text = "" };
	char out[SG_DOMAIN_SIZE];
	enum sg_rc rc = sg_domain_from_text(r->input,
	    r->len > 0 ? r->len : strlen(r->input), out, &err);

	ck_assert_msg(rc == (r->want != NULL ? SG_OK : SG_BAD),
	    "%s: got rc %d \"%s\", want %s", r->name, rc, out,
	    r->want != NULL ? r->want : "SG_BAD");
	ck_assert_msg(strcmp(out, r->want != NULL ? r->want : "") == 0,
	    "%s: got \"%s\", want \"%s\"", r->name, out,
	    r->want != NULL ? r->want : "");
	if (rc == SG_BAD)
		ck_assert_msg(err.text[0] != '\0', "%s: no reason", r->name);
	else
		ck_assert_msg(sg_domain_is_valid(out, false),
		    "%s: \"%s\" is not in the kept form", r->name, out);
}
END_TEST

/* What is kept is kept again as it is. */
START_TEST(test_stable)
{
	const struct row *r = &rows[_i];
	char again[SG_DOMAIN_SIZE];

	if (r->want == NULL)
		return;
	ck_assert_int_eq(sg_domain_from_text(r->want, strlen(r->want), again,
	    NULL), SG_OK);
	ck_assert_msg(strcmp(again, r->want) == 0, "%s: got \"%s\", want "
	    "\"%s\"", r->name, again, r->want);
}
END_TEST

START_TEST(test_huge)
{
	char *text = malloc(100000), out[SG_DOMAIN_SIZE];

	memset(text, 'a', 100000);
	ck_assert_int_eq(sg_domain_from_text(text, 100000, out, NULL), SG_BAD);
	for (size_t i = 1; i < 100000; i += 2)
		text[i] = '.';
	ck_assert_int_eq(sg_domain_from_text(text, 100000, out, NULL), SG_BAD);
	ck_assert_int_eq(sg_domain_from_text(text, 1023, out, NULL), SG_BAD);
	ck_assert_int_eq(sg_domain_from_text(text, 255, out, NULL), SG_BAD);
	ck_assert_int_eq(sg_domain_from_text(text, 253, out, NULL), SG_OK);
	free(text);
}
END_TEST

static const struct {
	const char *name, *input;
	bool any, ldh;
} valid[] = {
	{ "host name", "mx1.good.test", true, true },
	{ "underscore", "_25._tcp.mx.test", true, false },
	{ "upper case is not kept", "Mx.test", false, false },
	{ "dot at the end is not kept", "mx.test.", false, false },
	{ "empty", "", false, false },
	{ "empty label", "mx..test", false, false },
	{ "8-bit", "b\xc3\xbc" "cher.test", false, false },
	{ "number at the end", "10.0.0.1", false, false },
	{ "wildcard", "*.test", false, false },
	{ "space", "a b.test", false, false },
};

START_TEST(test_is_valid)
{
	ck_assert_msg(sg_domain_is_valid(valid[_i].input, false) ==
	    valid[_i].any, "%s: want %d", valid[_i].name, valid[_i].any);
	ck_assert_msg(sg_domain_is_valid(valid[_i].input, true) ==
	    valid[_i].ldh, "%s, LDH: want %d", valid[_i].name, valid[_i].ldh);
}
END_TEST

/* the domain is legal, the name below it cannot exist. */
START_TEST(test_prefix)
{
	char domain[SG_DOMAIN_SIZE], out[SG_DOMAIN_SIZE];

	ck_assert_int_eq(sg_domain_prefix("_mta-sts", "good.test", out),
	    SG_OK);
	ck_assert_str_eq(out, "_mta-sts.good.test");
	ck_assert_int_eq(sg_domain_prefix("mta-sts", "mta-sts.test", out),
	    SG_OK);
	ck_assert_str_eq(out, "mta-sts.mta-sts.test");
	for (size_t i = 0; i < 253; i++)
		domain[i] = i % 50 == 49 ? '.' : 'a';
	domain[253 - 9] = '\0';
	ck_assert_int_eq(sg_domain_prefix("_mta-sts", domain, out), SG_OK);
	ck_assert_uint_eq(strlen(out), 253);
	domain[253 - 9] = 'a';
	domain[253 - 8] = '\0';
	ck_assert_int_eq(sg_domain_prefix("_mta-sts", domain, out), SG_NONE);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(sg_domain_prefix("mta-sts", domain, out), SG_OK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("domain");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_from_text, 0, (int)N(rows));
	tcase_add_loop_test(tc, test_stable, 0, (int)N(rows));
	tcase_add_loop_test(tc, test_is_valid, 0, (int)N(valid));
	tcase_add_test(tc, test_huge);
	tcase_add_test(tc, test_prefix);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
