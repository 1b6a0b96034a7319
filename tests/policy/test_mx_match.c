/* SPDX-License-Identifier: ISC */
/*
 * test_mx_match.c - which hosts a policy names (RFC 8461 4.1; STANDARDS P-07,
 * P-08, V-01 to V-05, W). A match too many lets mail go to an attacker's
 * host, one too few stops mail.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/mx_match.h"
#include "policy/sts_policy.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789a"
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678"
#define NAME253 L63 "." L63 "." L63 "." L61

static const struct {
	const char *name, *pattern, *host;
	bool want;
} pairs[] = {
	{ "V-02 W one label", "*.e.com", "a.e.com", true },
	{ "V-03 W case of the host", "*.e.com", "A.E.com", true },
	{ "V-02 W not the domain itself", "*.e.com", "e.com", false },
	{ "V-02 W not two labels", "*.e.com", "a.b.e.com", false },
	{ "V-02 W not a part of a label", "*.e.com", "ae.com", false },
	{ "V-01 W the same name", "e.com", "e.com", true },
	{ "V-01 W no wildcard, no child", "e.com", "a.e.com", false },
	{ "V-03 case of the pattern", "MX1.E.com", "mx1.e.COM", true },
	{ "V-03 case of a wildcard", "*.E.Com", "mx1.e.com", true },
	{ "V-03 root dot of the host", "mx1.e.com", "MX1.E.COM.", true },
	{ "V-03 root dot and wildcard", "*.e.com", "mx1.e.com.", true },
	{ "V-03 two dots", "mx1.e.com", "mx1.e.com..", false },
	{ "V-01 another host", "mx1.e.com", "mx2.e.com", false },
	{ "V-01 longer", "mx1.e.com", "mx1.e.com.evil.test", false },
	{ "V-01 shorter", "mx1.e.com", "mx1.e.co", false },
	{ "V-01 pattern is a suffix", "e.com", "xe.com", false },
	{ "V-02 another domain", "*.e.com", "a.f.com", false },
	{ "V-02 suffix in the middle", "*.e.com", "a.e.com.evil.test",
	    false },
	{ "V-02 empty label", "*.e.com", ".e.com", false },
	{ "V-02 star as a label of the host", "*.e.com", "*.e.com", false },
	{ "V-02 host of one label", "*.e.com", "e", false },
	{ "V-02 wildcard at the top", "*.com", "e.com", true },
	{ "V-02 A-label under a wildcard", "*.e.com",
	    "xn--bcher-kva.e.com", true },
	{ "P-08 A-label", "mx.xn--bcher-kva.example",
	    "mx.XN--bcher-kva.example", true },
	{ "P-08 U-label matches nothing", "mx.b\xc3\xbc" "cher.example",
	    "mx.b\xc3\xbc" "cher.example", false },
	{ "V-05 implicit MX", "e.com", "e.com.", true },
	{ "V-05 wildcard and implicit MX", "*.e.com", "e.com.", false },
	{ "host with underscore under a wildcard", "*.e.com", "a_b.e.com",
	    true },
	{ "P-07 pattern with underscore", "a_b.e.com", "a_b.e.com", false },
	{ "P-07 star alone", "*", "e", false },
	{ "P-07 star and dot", "*.", "e.", false },
	{ "P-07 two stars", "*.*.e.com", "a.b.e.com", false },
	{ "P-07 star in a label", "*a.e.com", "aa.e.com", false },
	{ "P-07 star in the middle", "a.*.com", "a.e.com", false },
	{ "P-07 dot at the end", "mx.e.com.", "mx.e.com", false },
	{ "P-07 dot in front (Postfix's form)", ".e.com", "a.e.com", false },
	{ "P-07 literal", "[192.0.2.1]", "[192.0.2.1]", false },
	{ "P-07 address", "192.0.2.1", "192.0.2.1", false },
	{ "P-07 empty pattern, empty host", "", "", false },
	{ "empty host", "e.com", "", false },
	{ "host is a dot", "e.com", ".", false },
	{ "longest names", NAME253, NAME253, true },
	{ "longest names, last octet", NAME253, L63 "." L63 "." L63
	    ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345679",
	    false },
	{ "T14 host with a control", "*.e.com", "a\n.e.com", false },
	{ "T14 host with a blank", "*.e.com", "a b.e.com", false },
};

START_TEST(test_match)
{
	bool got = sg_mx_match(pairs[_i].pattern, pairs[_i].host);

	ck_assert_msg(got == pairs[_i].want, "%s: %s and %s: got %d, want %d",
	    pairs[_i].name, pairs[_i].pattern, pairs[_i].host, got,
	    pairs[_i].want);
}
END_TEST

/* word: in what the owner is told; NULL: the pattern is valid. */
static const struct {
	const char *name, *pattern;
	size_t len;
	const char *word;
} patterns[] = {
	{ "P-07 name", "mx.good.test", 0, NULL },
	{ "P-07 wildcard", "*.good.test", 0, NULL },
	{ "P-07 one label", "localhost", 0, NULL },
	{ "P-07 digits and hyphens", "3-com.0-0.test", 0, NULL },
	{ "P-07 last label of digits is in the grammar", "mx.1", 0, NULL },
	{ "P-07 longest", NAME253, 0, NULL },
	{ "P-07 too long", NAME253 "9", 0, "253" },
	{ "P-07 longest label", L63 ".test", 0, NULL },
	{ "P-07 label too long", "a" L63 ".test", 0, "63" },
	{ "P-07 empty", "", 0, "no name" },
	{ "P-07 star", "*", 0, "wildcard" },
	{ "P-07 star and dot", "*.", 0, "no name" },
	{ "P-07 two stars", "*.*.e", 0, "wildcard" },
	{ "P-07 double star", "**.e", 0, "wildcard" },
	{ "P-07 star and letter", "*a.e", 0, "wildcard" },
	{ "P-07 star inside", "a.*.e", 0, "wildcard" },
	{ "P-07 dot in front", ".e", 0, "dot" },
	{ "P-07 dot at the end", "a.e.", 0, "dot" },
	{ "P-07 two dots", "a..e", 0, "dot" },
	{ "P-07 wildcard and dot", "*..e", 0, "dot" },
	{ "P-07 bad octet in front", "$a.e", 0, "letters" },
	{ "P-08 in front", "\x80.e", 0, "A-label" },
	{ "P-08 the first that is not ASCII", "a\x80.e", 0, "A-label" },
	{ "P-07 the longest IPv6 address",
	    "2001:0db8:0000:0000:0000:ffff:255.255.255.255", 0, "address" },
	{ "P-07 an IPv6 address of the buffer's size, which is none",
	    "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:1", 0,
	    "letters" },
	{ "P-07 much longer", "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000"
	    ":0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:1", 0,
	    "63" },
	{ "P-07 underscore", "a_b.e", 0, "underscore" },
	{ "P-07 hyphen first", "-a.e", 0, "hyphen" },
	{ "P-07 hyphen last", "a-.e", 0, "hyphen" },
	{ "P-07 hyphen at the very end", "e-", 0, "hyphen" },
	{ "P-07 IPv4 literal", "[192.0.2.1]", 0, "address" },
	{ "P-07 IPv6 literal", "[IPv6:2001:db8::1]", 0, "address" },
	{ "INTERFACES IPv4 address", "192.0.2.1", 0, "address" },
	{ "INTERFACES IPv6 address", "2001:db8::1", 0, "address" },
	{ "INTERFACES address behind a wildcard", "*.192.0.2.1", 0,
	    "address" },
	{ "P-08 U-label", "mx.b\xc3\xbc" "cher.example", 0, "A-label" },
	{ "P-06 comma", "a.example, b.example", 0, "one name a line" },
	{ "P-06 blank", "a.example b.example", 0, "one name a line" },
	{ "P-06 semicolon", "a.example;", 0, "one name a line" },
	{ "P-18 NUL", "a\0.example", 10, "control" },
	{ "T14 escape", "a\033[31m.example", 0, "control" },
	{ "URL", "https://mx.example/", 0, "nothing else" },
	{ "port", "mx.example:25", 0, "nothing else" },
};

START_TEST(test_pattern)
{
	const char *p = patterns[_i].pattern, *word = patterns[_i].word;
	size_t len = patterns[_i].len > 0 ? patterns[_i].len : strlen(p);
	char *copy = malloc(len > 0 ? len : 1); /* no NUL behind it */
	const char *got;

	memcpy(copy, p, len);
	got = sg_mx_pattern_problem(copy, len);
	free(copy);
	ck_assert_msg((got == NULL) == (word == NULL), "%s: got \"%s\"",
	    patterns[_i].name, got != NULL ? got : "valid");
	if (word != NULL)
		ck_assert_msg(strstr(got, word) != NULL, "%s: got \"%s\", "
		    "want a word of \"%s\"", patterns[_i].name, got, word);
	if (patterns[_i].len == 0)
		ck_assert(sg_mx_pattern_is_valid(p) == (word == NULL));
}
END_TEST

/* V-01: one pattern of several is enough, and none is none. */
START_TEST(test_policy)
{
	static const char text[] = "version: STSv1\nmode: enforce\n"
	    "mx: mx1.good.test\nmx: *.Backup.test\nmax_age: 86400\n";
	struct sg_sts_policy *p;

	ck_assert_int_eq(sg_sts_policy_parse(text, sizeof(text) - 1, &p, NULL,
	    NULL), SG_OK);
	ck_assert(sg_sts_policy_matches(p, "mx1.good.test"));
	ck_assert(sg_sts_policy_matches(p, "B.backup.test."));
	ck_assert(!sg_sts_policy_matches(p, "mx2.good.test"));
	ck_assert(!sg_sts_policy_matches(p, "backup.test"));
	ck_assert(!sg_sts_policy_matches(p, ""));
	sg_sts_policy_free(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mx_match");
	TCase *tc = tcase_create("mx_match");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_match, 0, N(pairs));
	tcase_add_loop_test(tc, test_pattern, 0, N(patterns));
	tcase_add_test(tc, test_policy);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
