/* SPDX-License-Identifier: ISC */
/*
 * test_domain.c - which texts are names, and what is kept of them. Ids are
 * those of the requirement list (A: policy domain, T: threats).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/domain.h"

#define T(s) (s), sizeof(s) - 1
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789a"
/* 3 * 64 + 61 = 253 octets */
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678"
#define NAME253 L63 "." L63 "." L63 "." L61

static const struct {
	const char *name, *in;
	size_t len;
	const char *want; /* NULL: refused */
} names[] = {
	{ "plain", T("good.test"), "good.test" },
	{ "A-10 case", T("Good.TEST"), "good.test" },
	{ "A-10 trailing dot", T("good.test."), "good.test" },
	{ "two trailing dots", T("good.test.."), NULL },
	{ "one label", T("localhost"), "localhost" },
	{ "empty", T(""), NULL },
	{ "the root", T("."), NULL },
	{ "empty first label", T(".good.test"), NULL },
	{ "A-06 parent key", T(".example.com"), NULL },
	{ "empty middle label", T("a..test"), NULL },
	{ "underscore", T("_mta-sts.good.test"), "_mta-sts.good.test" },
	{ "LIBRARIES 8 underscore inside", T("ex_ample.com"), "ex_ample.com" },
	{ "hyphen first", T("-a.test"), NULL },
	{ "hyphen last", T("a-.test"), NULL },
	{ "hyphens in places 3 and 4", T("r3---sn.test"), "r3---sn.test" },
	{ "digits", T("123.test"), "123.test" },
	{ "last label a number", T("test.123"), NULL },
	{ "A-05 IPv4 address", T("192.0.2.1"), NULL },
	{ "IPv4 address, dot", T("192.0.2.1."), NULL },
	{ "one number", T("25"), NULL },
	{ "A-04 literal", T("[192.0.2.1]"), NULL },
	{ "A-04 IPv6 literal", T("[IPv6:2001:db8::1]"), NULL },
	{ "IPv6 address", T("2001:db8::1"), NULL },
	{ "A-12 label of 63", T(L63 ".test"), L63 ".test" },
	{ "A-12 label of 64", T("a" L63 ".test"), NULL },
	{ "A-12 name of 253", T(NAME253), NAME253 },
	{ "A-12 name of 253 and the dot", T(NAME253 "."), NAME253 },
	{ "A-12 name of 254", T(NAME253 "9"), NULL },
	{ "T15 NUL", T("good.test\0.evil.test"), NULL },
	{ "T15 NUL at the end", T("good.test\0"), NULL },
	{ "space", T("good .test"), NULL },
	{ "space first", T(" good.test"), NULL },
	{ "tab", T("good\t.test"), NULL },
	{ "T14 CRLF", T("good.test\r\n"), NULL },
	{ "T14 percent", T("a%2eb.test"), NULL },
	{ "T14 braces", T("a{b}.test"), NULL },
	{ "star", T("*.good.test"), NULL },
	{ "at", T("a@good.test"), NULL },
	{ "colon", T("good.test:25"), NULL },
	{ "slash", T("good.test/x"), NULL },
	{ "backslash", T("good\\.test"), NULL },
	{ "quote", T("\"good\".test"), NULL },
	{ "DEL", T("good\x7f.test"), NULL },
	{ "A-13 U-label", T("b\xc3\xbc" "cher.example"),
	    "xn--bcher-kva.example" },
	{ "A-13 U-label, upper case, dot", T("B\xc3\x9c" "CHER.Example."),
	    "xn--bcher-kva.example" },
	{ "A-13 decomposed", T("bu\xcc\x88" "cher.example"),
	    "xn--bcher-kva.example" },
	{ "A-13 sharp s is not ss", T("stra\xc3\x9f" "e.test"),
	    "xn--strae-oqa.test" },
	{ "A-13 U-label last", T("xn--bcher-kva.\xc3\xbc"),
	    "xn--bcher-kva.xn--tda" },
	{ "A-13 A-label as it is", T("XN--Bcher-KVA.example"),
	    "xn--bcher-kva.example" },
	{ "A-label that decodes to nothing", T("xn--zzzz.test"),
	    "xn--zzzz.test" },
	{ "the same beside a U-label", T("xn--zzzz.b\xc3\xbc.test"),
	    "xn--zzzz.xn--b-eha.test" },
	{ "r3--- beside a U-label", T("r3---sn.b\xc3\xbc.test"),
	    "r3---sn.xn--b-eha.test" },
	{ "underscore beside a U-label", T("_x.b\xc3\xbc.test"),
	    "_x.xn--b-eha.test" },
	{ "ideographic full stop", T("a\xe3\x80\x82" "test"), "a.test" },
	{ "ideographic full stop last", T("a.test\xe3\x80\x82"), "a.test" },
	{ "fullwidth digits make an address", T("192.0.2.\xef\xbc\x91"),
	    NULL },
	{ "fullwidth brackets", T("\xef\xbc\xbb" "1.2.3.4\xef\xbc\xbd"),
	    NULL },
	{ "soft hyphen alone", T("\xc2\xad.test"), NULL },
	{ "A-14 bad UTF-8", T("b\xfc" "cher.example"), NULL },
	{ "A-14 cut UTF-8", T("b\xc3"), NULL },
	{ "A-14 overlong dot", T("a\xc0\xae" "test"), NULL },
	{ "A-14 surrogate", T("a\xed\xa0\x80.test"), NULL },
	{ "A-14 snowman", T("\xe2\x98\x83.test"), NULL },
	{ "T14 right-to-left override", T("b\xe2\x80\xae.test"), NULL },
	{ "U-label with a hyphen first", T("-\xc3\xbc.test"), NULL },
	{ "U-label beside an empty label", T("a..b\xc3\xbc.test"), NULL },
};

START_TEST(test_from_text)
{
	char got[SG_DOMAIN_SIZE];
	struct sg_err err = { .text = "" };
	const char *want = names[_i].want;
	char *copy = malloc(names[_i].len + 1); /* sanitizers see its end */
	enum sg_rc rc;

	memcpy(copy, names[_i].in, names[_i].len);
	copy = realloc(copy, names[_i].len > 0 ? names[_i].len : 1);
	rc = sg_domain_from_text(copy, names[_i].len, got, &err);
	free(copy);
	ck_assert_msg(rc == (want != NULL ? SG_OK : SG_BAD) &&
	    strcmp(got, want != NULL ? want : "") == 0,
	    "%s: got %d \"%s\", want \"%s\"", names[_i].name, rc, got,
	    want != NULL ? want : "(refused)");
	ck_assert_msg(rc == SG_OK || err.text[0] != '\0', "%s: no reason",
	    names[_i].name);
	ck_assert_msg(want == NULL || sg_domain_is_valid(got, false),
	    "%s: kept, but not in the kept form", names[_i].name);
}
END_TEST

static const struct {
	const char *in;
	bool valid, valid_ldh;
} kept[] = {
	{ "good.test", true, true },
	{ "_25._tcp.good.test", true, false },
	{ "Good.test", false, false },
	{ "good.test.", false, false },
	{ "", false, false },
	{ ".", false, false },
	{ "a..b", false, false },
	{ "b\xc3\xbc.test", false, false },
	{ "a.1", false, false },
	{ NAME253, true, true },
	{ NAME253 "a", false, false },
};

START_TEST(test_is_valid)
{
	ck_assert_msg(sg_domain_is_valid(kept[_i].in, false) ==
	    kept[_i].valid, "\"%s\": want %d", kept[_i].in, kept[_i].valid);
	ck_assert_msg(sg_domain_is_valid(kept[_i].in, true) ==
	    kept[_i].valid_ldh, "\"%s\" LDH: want %d", kept[_i].in,
	    kept[_i].valid_ldh);
}
END_TEST

START_TEST(test_prefix)
{
	char got[SG_DOMAIN_SIZE];

	ck_assert_int_eq(sg_domain_prefix("_mta-sts", "good.test", got), SG_OK);
	ck_assert_str_eq(got, "_mta-sts.good.test");
	/* 253 - 9 octets are the longest domain with such a name */
	ck_assert_int_eq(sg_domain_prefix("_mta-sts", &NAME253[9], got), SG_OK);
	ck_assert_uint_eq(strlen(got), 253);
	ck_assert_int_eq(sg_domain_prefix("_mta-sts", &NAME253[8], got),
	    SG_NONE);
	ck_assert_str_eq(got, "");
	ck_assert_int_eq(sg_domain_prefix("_mta-sts", NAME253, got), SG_NONE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("domain");
	TCase *tc = tcase_create("domain");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_from_text, 0, N(names));
	tcase_add_loop_test(tc, test_is_valid, 0, N(kept));
	tcase_add_test(tc, test_prefix);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
