/* SPDX-License-Identifier: ISC */
/*
 * test_small.c - what the parsers of this room share: names of values that
 * are none, findings, classes of octets, and the ends of spans.
 */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/span.h"
#include "policy/sts_policy.h"
#include "policy/sts_record.h"
#include "policy/tlsrpt_record.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SPAN(text) ((struct sg_span) { text, sizeof(text) - 1 })
#define TXT(text) ((struct sg_txt) { text, sizeof(text) - 1 })

START_TEST(test_names)
{
	ck_assert_str_eq(sg_severity_name(SG_NOTE), "note");
	ck_assert_str_eq(sg_severity_name((enum sg_severity)3), "?");
	ck_assert_str_eq(sg_severity_name((enum sg_severity)-1), "?");
	ck_assert_str_eq(sg_sts_mode_name(SG_STS_MODE_ENFORCE), "enforce");
	ck_assert_str_eq(sg_sts_mode_name((enum sg_sts_mode)3), "?");
}
END_TEST

/* T14: whatever a caller forgot to escape. */
START_TEST(test_finding_is_plain)
{
	struct sg_findings fs = { .n = 0 };

	sg_finding_add(&fs, 1, SG_ERROR, "0", "a%sb~%s", "\x1f\x7f", "\xff ");
	ck_assert_str_eq(fs.f[0].text, "a??b~? ");
	sg_finding_add(NULL, 1, SG_ERROR, "0", "nobody listens");
}
END_TEST

/* T13: when the list is full the first error, and no later one, takes the last
   place, if none is there already; all are counted. */
START_TEST(test_findings_full)
{
	struct sg_findings fs = { .n = 0 };
	size_t last = SG_FINDINGS_MAX - 1;

	if (_i == 1)
		sg_finding_add(&fs, 1, SG_ERROR, "0", "the first");
	while (fs.n < SG_FINDINGS_MAX)
		sg_finding_add(&fs, 2, SG_NOTE, "0", "a note");
	ck_assert_uint_eq(fs.dropped, 0);
	sg_finding_add(&fs, 3, SG_WARNING, "0", "no more");
	ck_assert_str_eq(fs.f[last].text, "a note");
	sg_finding_add(&fs, 4, SG_ERROR, "1", "an error");
	sg_finding_add(&fs, 5, SG_NOTE, "0", "and no more");
	sg_finding_add(&fs, 6, SG_ERROR, "0", "another");
	ck_assert_uint_eq(fs.n, SG_FINDINGS_MAX);
	ck_assert_uint_eq(fs.dropped, 4);
	ck_assert_uint_eq(fs.errors, _i == 1 ? 3 : 2);
	ck_assert_str_eq(fs.f[last].text, _i == 1 ? "a note" : "an error");
	ck_assert_uint_eq(fs.f[last].line, _i == 1 ? 2 : 4);
	ck_assert_ptr_eq(sg_findings_first_error(&fs), &fs.f[_i == 1 ? 0
	    : last]);
	ck_assert_str_eq(fs.f[last - 1].text, "a note");
}
END_TEST

/* By line; those of none are the last; of one line as they came. */
START_TEST(test_findings_sort)
{
	static const unsigned lines[] = { 0, 3, 2, 0, 2, 1, 4, 3, 0 };
	static const char want[] = "5 2 4 1 7 6 0 3 8 ";
	struct sg_findings fs = { .n = 0 };
	char got[40] = "";
	size_t n = 0;

	sg_findings_sort(&fs);
	ck_assert_ptr_null(sg_findings_first_error(&fs));
	for (size_t i = 0; i < N(lines); i++)
		sg_finding_add(&fs, lines[i], i % 2 == 1 ? SG_ERROR : SG_NOTE,
		    "0", "%zu ", i);
	ck_assert_str_eq(sg_findings_first_error(&fs)->text, "1 ");
	sg_findings_sort(&fs);
	for (size_t i = 0; i < fs.n; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s",
		    fs.f[i].text);
	ck_assert_str_eq(got, want);
	ck_assert_str_eq(sg_findings_first_error(&fs)->text, "5 ");
}
END_TEST

/* --- octets and spans ----------------------------------------------------- */

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool
is_in(int c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

START_TEST(test_octets)
{
	for (int c = 0; c < 256; c++) {
		const char *upper = is_in(c, UPPER) ? strchr(UPPER, c) : NULL;
		char lower = upper != NULL ? LOWER[upper - UPPER] : (char)c;

		ck_assert(sg_is_wsp((char)c) == is_in(c, " \t"));
		ck_assert(sg_is_digit((char)c) == is_in(c, DIGITS));
		ck_assert(sg_is_alnum((char)c) ==
		    is_in(c, DIGITS LOWER UPPER));
		ck_assert(sg_ascii_lower((char)c) == lower);
	}
}
END_TEST

/* Words that begin and end alike, and spans that go on behind their end. */
START_TEST(test_equals)
{
	static const struct {
		const char *text;
		size_t len;
		const char *word;
		bool equals, nocase, begins;
	} r[] = {
		{ "abc", 3, "abc", true, true, true },
		{ "abcd", 3, "abc", true, true, true },
		{ "abcd", 4, "abc", false, false, true },
		{ "abc", 2, "abc", false, false, false },
		{ "abd", 3, "abc", false, false, false },
		{ "bbc", 3, "abc", false, false, false },
		{ "Abc", 3, "abc", false, true, false },
		{ "abC", 3, "ABc", false, true, false },
		{ "xBc", 3, "abc", false, false, false },
		{ "a{c", 3, "a[c", false, false, false },
		{ "", 0, "", true, true, true },
		{ "a", 1, "", false, false, true },
		{ "", 0, "a", false, false, false },
	};

	for (size_t i = 0; i < N(r); i++) {
		struct sg_span a = { r[i].text, r[i].len };

		ck_assert_msg(sg_span_equals(a, r[i].word) == r[i].equals &&
		    sg_span_equals_nocase(a, r[i].word) == r[i].nocase &&
		    sg_span_begins(a, r[i].word) == r[i].begins,
		    "%.*s and %s", (int)a.len, a.s, r[i].word);
	}
}
END_TEST

START_TEST(test_cut)
{
	static const struct {
		const char *text, *head, *rest;
		bool found;
	} r[] = {
		{ "a;b", "a", "b", true }, { "a;", "a", "", true },
		{ ";b", "", "b", true }, { ";", "", "", true },
		{ ";;", "", ";", true }, { "ab;cd;ef", "ab", "cd;ef", true },
		{ "ab", "ab", "", false }, { "a", "a", "", false },
		{ "", "", "", false },
	};
	struct sg_span none = { NULL, 0 };
	bool found = true;

	for (size_t i = 0; i < N(r); i++) {
		struct sg_span a = { r[i].text, strlen(r[i].text) };
		struct sg_span head = sg_span_cut(&a, ';', &found);

		ck_assert_msg(found == r[i].found &&
		    sg_span_equals(head, r[i].head) &&
		    sg_span_equals(a, r[i].rest) && head.s == r[i].text &&
		    a.s + a.len == r[i].text + strlen(r[i].text), "%s",
		    r[i].text);
	}
	ck_assert_uint_eq(sg_span_cut(&none, ';', &found).len, 0);
	ck_assert(!found);
	/* What is behind the end is not looked at. */
	none = (struct sg_span) { "ab;", 2 };
	ck_assert_uint_eq(sg_span_cut(&none, ';', &found).len, 2);
	ck_assert(!found && none.len == 0);
}
END_TEST

START_TEST(test_trim)
{
	static const char *const r[][2] = {
		{ "a", "a" }, { " a", "a" }, { "a\t", "a" },
		{ " \t a b \t ", "a b" }, { " ", "" }, { "\t  ", "" },
		{ "", "" }, { "\na\n", "\na\n" },
	};

	for (size_t i = 0; i < N(r); i++)
		ck_assert_msg(sg_span_equals(sg_span_trim((struct sg_span) {
		    r[i][0], strlen(r[i][0]) }), r[i][1]), "\"%s\"", r[i][0]);
}
END_TEST

/* P-09, P-12, B-14 */
START_TEST(test_numbers_and_names)
{
	static const struct {
		const char *text;
		bool number, name;
	} r[] = {
		{ "", false, false }, { "0", true, true },
		{ "0129", true, true }, { "1a", false, true },
		{ "a1", false, true }, { "a", false, true },
		{ "Z", false, true }, { "a_", false, true },
		{ "a-", false, true }, { "a.", false, true },
		{ "a.-_9", false, true }, { "_a", false, false },
		{ "-a", false, false }, { ".a", false, false },
		{ "a/", false, false }, { "a b", false, false },
		{ "a b.c", false, false }, { "-1", false, false },
		{ "1 ", false, false }, { " 1", false, false },
		{ LOWER "012345", false, true },
		{ LOWER "0123456", false, false },
	};

	for (size_t i = 0; i < N(r); i++) {
		struct sg_span a = { r[i].text, strlen(r[i].text) };

		ck_assert_msg(sg_span_is_number(a) == r[i].number &&
		    sg_span_is_name(a) == r[i].name, "\"%s\"", r[i].text);
	}
}
END_TEST

static size_t
encode(uint32_t c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i > 1; i--, c >>= 6)
		out[i - 1] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	return n;
}

/* RFC 3629: each character, and it cut short. */
START_TEST(test_utf8_characters)
{
	char s[4];

	for (uint32_t c = 0; c < 0x110000; c++) {
		size_t n = encode(c, s);
		bool surrogate = c >= 0xd800 && c < 0xe000;

		if (sg_span_utf8((struct sg_span) { s, n }) !=
		    (surrogate ? 0 : n))
			ck_abort_msg("U+%04X", c);
		if (sg_span_utf8((struct sg_span) { s, n - 1 }) != 0)
			ck_abort_msg("U+%04X, cut", c);
	}
}
END_TEST

/* The character whose shortest form s is, by its arithmetic; 0: none. */
static size_t
decode(const unsigned char s[4])
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2
	    : s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
	uint32_t c = s[0] & (0x7fu >> n);
	char again[4];

	if (n < 2)
		return n;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c < 0x110000 && (c < 0xd800 || c >= 0xe000) &&
	    encode(c, again) == n ? n : 0;
}

/* And whatever else four octets are. */
START_TEST(test_utf8_octets)
{
	static const unsigned char ends[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0,
		0xff };

	for (unsigned i = 0; i < 256 * 256 * 36; i++) {
		unsigned char s[4] = { (unsigned char)(i / 36 / 256),
			(unsigned char)(i / 36), ends[i / 6 % 6],
			ends[i % 6] };
		size_t got = sg_span_utf8((struct sg_span) { (char *)s, 4 });

		if (got != decode(s))
			ck_abort_msg("%02x %02x %02x %02x: got %zu", s[0],
			    s[1], s[2], s[3], got);
	}
	ck_assert_uint_eq(sg_span_utf8(SPAN("")), 0);
}
END_TEST

/* T14: what comes from outside is shown on one line, and cut. */
START_TEST(test_show)
{
	char out[SG_SPAN_SHOWN_SIZE];

	ck_assert_ptr_eq(sg_span_show(SPAN("a\n\"b"), out), out);
	ck_assert_str_eq(out, "a\\x0a\\x22b");
	sg_span_show(SPAN(LOWER LOWER LOWER), out);
	ck_assert_uint_eq(strlen(out), sizeof(out) - 1);
	ck_assert_str_eq(out + sizeof(out) - 6, "op...");
}
END_TEST

/* B-20: a NUL is an octet like any other, and none of a URI's. */
START_TEST(test_nul)
{
	struct sg_tlsrpt t = { .n_rua = 0 };
	char id[SG_STS_ID_SIZE];

	ck_assert_int_eq(sg_tlsrpt_parse(TXT("v=TLSRPTv1; rua=mai\0lto:a@b"),
	    &t, NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b\0c"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b=c"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b\x7f"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b c"), id,
	    NULL), SG_BAD);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy: small");
	TCase *t = tcase_create("small");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_names);
	tcase_add_test(t, test_finding_is_plain);
	tcase_add_loop_test(t, test_findings_full, 0, 2);
	tcase_add_test(t, test_findings_sort);
	tcase_add_test(t, test_octets);
	tcase_add_test(t, test_equals);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_trim);
	tcase_add_test(t, test_numbers_and_names);
	tcase_add_test(t, test_utf8_characters);
	tcase_add_test(t, test_utf8_octets);
	tcase_add_test(t, test_show);
	tcase_add_test(t, test_nul);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
