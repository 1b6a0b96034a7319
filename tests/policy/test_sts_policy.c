/* SPDX-License-Identifier: ISC */
/*
 * test_sts_policy.c - the MTA-STS policy file (RFC 8461 3.2; STANDARDS P, W,
 * The gate enforces what is accepted here, so both a policy too
 * many and a policy too few are somebody's lost mail. Its caps are tried in
 * test_sts_policy_caps.c, what its owner is told in test_sts_policy_told.c.
 */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sts_policy.h"

#define T(s) (s), sizeof(s) - 1
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define V "version: STSv1\n"
#define M "mode: enforce\n"
#define X "mx: mx.e\n"
#define A "max_age: 86400\n"
#define GOOD "enforce 86400 mx.e"
#define EXT32 "abcdefghijklmnopqrstuvwxyz012345"

/* Parses a copy that has nothing behind it, so that sanitizers see an octet
   too many. */
static enum sg_rc
parse(const char *text, size_t len, struct sg_sts_policy **out_r,
    struct sg_findings *fs, struct sg_err *err)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum sg_rc rc;

	memcpy(copy, text, len);
	rc = sg_sts_policy_parse(copy, len, out_r, fs, err);
	free(copy);
	return rc;
}

/* "enforce 86400 mx.e *.f" */
static void
describe(const struct sg_sts_policy *p, char *out, size_t size)
{
	int n = snprintf(out, size, "%s %" PRIu32, sg_sts_mode_name(p->mode),
	    p->max_age_s);

	for (size_t i = 0; i < p->n_mx && (size_t)n < size; i++)
		n += snprintf(out + n, size - (size_t)n, " %s", p->mx[i]);
}

static const struct {
	const char *name, *in;
	size_t len;
	const char *want; /* NULL: SG_BAD */
} rows[] = {
	{ "P-01 LF", T(V M X A), GOOD },
	{ "P-01 CRLF", T("version: STSv1\r\nmode: enforce\r\nmx: mx.e\r\n"
	    "max_age: 86400\r\n"), GOOD },
	{ "P-01 mixed", T("version: STSv1\r\nmode: enforce\nmx: mx.e\r\n"
	    "max_age: 86400\n"), GOOD },
	{ "P-01 no final LF", T(V M X "max_age: 86400"), GOOD },
	{ "P-01 no final LF, CRLF before", T("version: STSv1\r\n"
	    "mode: enforce\r\nmx: mx.e\r\nmax_age: 86400"), GOOD },
	{ "P-01 CR alone", T("version: STSv1\rmode: enforce\rmx: mx.e\r"
	    "max_age: 86400\r"), NULL },
	{ "P-01 one CR alone", T(V "mode: enforce\rmx: mx.e\n" A), NULL },
	{ "P-01 CR at the very end", T(V M X "max_age: 86400\r"), NULL },
	{ "P-01 CR CR LF", T("version: STSv1\r\r\n" M X A), NULL },
	{ "P-01 form feed ends no line", T(V "mode: enforce\fmx: mx.e\n" A),
	    NULL },
	{ "P-01 NEL ends no line", T(V "mode: enforce\xc2\x85mx: mx.e\n" A),
	    NULL },
	{ "P-02 W version last", T(M X A V), GOOD },
	{ "P-02 W mx first", T(X V M A), GOOD },
	{ "P-02 W max_age first", T(A M V X), GOOD },
	{ "P-02 mx apart", T("mx: a.e\n" V "mx: b.e\n" M A "mx: c.e\n"),
	    "enforce 86400 a.e b.e c.e" },
	{ "P-03 W blank in front", T(" version: STSv1\n" M X A), NULL },
	{ "P-03 tab in front", T(V "\tmode: enforce\n" X A), NULL },
	{ "P-03 blank before the colon", T(V "mode : enforce\n" X A), NULL },
	{ "P-03 no blank behind the colon", T("version:STSv1\nmode:enforce\n"
	    "mx:mx.e\nmax_age:86400\n"), GOOD },
	{ "P-03 W tab behind the colon", T(V "mode:\tenforce\n" X A), GOOD },
	{ "P-03 many blanks", T(V "mode: \t  enforce\n" X A), GOOD },
	{ "P-03 W WSP at the end of lines", T("version: STSv1 \t\n"
	    "mode: enforce \nmx: mx.e\t\nmax_age: 86400  \n"), GOOD },
	{ "P-03 WSP before CRLF", T(V "mode: enforce \r\n" X A), GOOD },
	{ "P-03 no colon", T(V M X A "junk\n"), NULL },
	{ "P-03 = for the colon", T(V "mode=enforce\n" X A), NULL },
	{ "P-03 only a colon", T(V M X A ":\n"), NULL },
	{ "P-03 no name", T(V M X A ": x\n"), NULL },
	{ "P-03 comment", T("# our policy\n" V M X A), NULL },
	{ "P-03 folded line", T(V M "mx:\n mx.e\n" A), NULL },
	{ "X-03 blank line inside (ARCHITECTURE)", T(V M "\n" X A), GOOD },
	{ "X-03 blank line at the end", T(V M X A "\n"), GOOD },
	{ "X-03 blank line in front", T("\n" V M X A), GOOD },
	{ "X-03 blank CRLF line", T(V M "\r\n" X A), GOOD },
	{ "X-03 line of blanks and tabs", T(V M " \t \n" X A), GOOD },
	{ "X-03 line of blanks at the end", T(V M X A "  "), GOOD },
	{ "X-03 only blank lines", T("\n\n\n"), NULL },
	{ "P-04 W no version", T(M X A), NULL },
	{ "P-04 W no mode", T(V X A), NULL },
	{ "P-04 W no max_age", T(V M X), NULL },
	{ "P-04 W empty", T(""), NULL },
	{ "P-04 Version", T("Version: STSv1\n" M X A), NULL },
	{ "P-04 MODE", T(V "MODE: enforce\n" X A), NULL },
	{ "P-04 Max_Age", T(V M X "Max_Age: 86400\n"), NULL },
	{ "P-04 MX", T(V M "MX: mx.e\n" A), NULL },
	{ "P-04 MX is an extension", T(V M X "MX: mx.f\n" A), GOOD },
	{ "P-04 max-age", T(V M X "max-age: 86400\n"), NULL },
	{ "P-04 stsv1", T("version: stsv1\n" M X A), NULL },
	{ "P-04 W STSv10", T("version: STSv10\n" M X A), NULL },
	{ "P-04 STSv2", T("version: STSv2\n" M X A), NULL },
	{ "P-04 version in quotes", T("version: \"STSv1\"\n" M X A), NULL },
	{ "P-04 version with a word behind", T("version: STSv1 x\n" M X A),
	    NULL },
	{ "P-04 version of a TXT record", T("v=STSv1\n" M X A), NULL },
	{ "P-04 Enforce", T(V "mode: Enforce\n" X A), NULL },
	{ "P-04 enforced", T(V "mode: enforced\n" X A), NULL },
	{ "P-04 report (a draft's word)", T(V "mode: report\n" X A), NULL },
	{ "P-04 W mode bad", T(V "mode: bad\n" X A), NULL },
	{ "P-04 mode empty", T(V "mode:\n" X A), NULL },
	{ "P-04 version empty", T("version: \n" M X A), NULL },
	{ "testing", T(V "mode: testing\n" X A), "testing 86400 mx.e" },
	{ "P-05 none without mx", T(V "mode: none\n" A), "none 86400" },
	{ "P-05 none with mx", T(V "mode: none\n" X A), "none 86400 mx.e" },
	{ "P-05 none with a bad mx", T(V "mode: none\nmx: a_b\n" A), NULL },
	{ "P-05 enforce without mx", T(V M A), NULL },
	{ "P-05 testing without mx", T(V "mode: testing\n" A), NULL },
	{ "P-05 two mx", T(V M "mx: a.e\nmx: *.b.e\n" A),
	    "enforce 86400 a.e *.b.e" },
	{ "P-05 an mx twice counts once", T(V M X "mx: MX.e\n" A), GOOD },
	{ "P-05 mx in lower case", T(V M "mx: MX.E\n" A), GOOD },
	{ "P-06 comma", T(V M "mx: a.example, b.example\n" A), NULL },
	{ "P-06 comma without blank", T(V M "mx: a.example,b.example\n" A),
	    NULL },
	{ "P-06 blank", T(V M "mx: a.example b.example\n" A), NULL },
	{ "P-07 W empty", T(V M "mx:\n" A), NULL },
	{ "P-07 W empty beside a good one", T(V M X "mx: \n" A), NULL },
	{ "P-07 *", T(V M "mx: *\n" A), NULL },
	{ "P-07 *.", T(V M "mx: *.\n" A), NULL },
	{ "P-07 W *.*.e", T(V M "mx: *.*.e\n" A), NULL },
	{ "P-07 W **.e", T(V M "mx: **.e\n" A), NULL },
	{ "P-07 *a.e", T(V M "mx: *a.e\n" A), NULL },
	{ "P-07 a.*.e", T(V M "mx: a.*.e\n" A), NULL },
	{ "P-07 .e", T(V M "mx: .e\n" A), NULL },
	{ "P-07 a_b.e", T(V M "mx: a_b.e\n" A), NULL },
	{ "P-07 a.e.", T(V M "mx: a.e.\n" A), NULL },
	{ "P-07 literal", T(V M "mx: [192.0.2.1]\n" A), NULL },
	{ "P-07 literal that is longer than a name", T(V M "mx: [" EXT32 EXT32
	    EXT32 EXT32 EXT32 EXT32 EXT32 "abcdefghijklmnopqrstuvwxyz01234]\n"
	    A), NULL },
	{ "INTERFACES address", T(V M "mx: 192.0.2.1\n" A), NULL },
	{ "INTERFACES IPv6 address", T(V M "mx: 2001:db8::1\n" A), NULL },
	{ "P-07 a..e", T(V M "mx: a..e\n" A), NULL },
	{ "P-07 -a.e", T(V M "mx: -a.e\n" A), NULL },
	{ "P-07 a-.e", T(V M "mx: a-.e\n" A), NULL },
	{ "P-07 W e-", T(V M "mx: e-\n" A), NULL },
	{ "P-07 preference before the name", T(V M "mx: 10 mx.e\n" A),
	    NULL },
	{ "P-07 a bad one spoils the policy", T(V M X "mx: a_b.e\n" A),
	    NULL },
	{ "P-08 W U-label", T(V M "mx: mx.b\xc3\xbc" "cher.example\n" A),
	    NULL },
	{ "P-08 A-label", T(V M "mx: mx.xn--bcher-kva.example\n" A),
	    "enforce 86400 mx.xn--bcher-kva.example" },
	{ "P-09 W P-11 max_age 0", T(V M X "max_age:0"), "enforce 0 mx.e" },
	{ "P-09 1", T(V M X "max_age: 1\n"), "enforce 1 mx.e" },
	{ "P-09 a year", T(V M X "max_age: 31557600\n"),
	    "enforce 31557600 mx.e" },
	{ "P-09 leading zeros", T(V M X "max_age: 0000086400\n"), GOOD },
	{ "P-09 -1", T(V M X "max_age: -1\n"), NULL },
	{ "P-09 +1", T(V M X "max_age: +1\n"), NULL },
	{ "P-09 1.5", T(V M X "max_age: 1.5\n"), NULL },
	{ "P-09 1w", T(V M X "max_age: 1w\n"), NULL },
	{ "P-09 1 2", T(V M X "max_age: 1 2\n"), NULL },
	{ "P-09 hexadecimal", T(V M X "max_age: 0x10\n"), NULL },
	{ "P-09 exponent", T(V M X "max_age: 1e6\n"), NULL },
	{ "P-09 empty", T(V M X "max_age:\n"), NULL },
	{ "P-09 W 11 digits", T(V M X "max_age: 00000086400\n"), NULL },
	{ "P-09 11 digits, high", T(V M X "max_age: 31557600000\n"), NULL },
	{ "P-09 20 digits", T(V M X "max_age: 18446744073709551617\n"),
	    NULL },
	{ "P-10 X-04 a second above a year", T(V M X "max_age: 31557601\n"),
	    "enforce 31557600 mx.e" },
	{ "P-10 X-04 above 2^32", T(V M X "max_age: 4294967297\n"),
	    "enforce 31557600 mx.e" },
	{ "P-10 X-04 highest", T(V M X "max_age: 9999999999\n"),
	    "enforce 31557600 mx.e" },
	{ "P-12 W extension", T(V M X A "more:ext e  ns ion\n"), GOOD },
	{ "P-12 UTF-8", T(V M X A "x-y.z: \xc3\xa4 b\n"), GOOD },
	{ "P-12 colon in the value", T(V M X A "x: a:b\n"), GOOD },
	{ "P-12 name begins with a digit", T(V M X A "1x: y\n"), GOOD },
	{ "P-12 name of 32", T(V M X A EXT32 ": y\n"), GOOD },
	{ "P-12 W name of 33", T(V M X A EXT32 "6: y\n"), NULL },
	{ "P-12 W _bad", T(V M X A "_bad: x\n"), NULL },
	{ "P-12 -bad", T(V M X A "-bad: x\n"), NULL },
	{ "P-12 odd octet in the name", T(V M X A "x/y: x\n"), NULL },
	{ "P-12 8-bit in the name", T(V M X A "\xc3\xa4: x\n"), NULL },
	{ "P-12 W empty value", T(V M X A "ext:\n"), NULL },
	{ "P-12 value of blanks", T(V M X A "ext:  \t\n"), NULL },
	{ "P-12 control", T(V M X A "ext: a\x01\n"), NULL },
	{ "P-12 the last control", T(V M X A "ext: a\x1f\n"), NULL },
	{ "P-12 tab in the value", T(V M X A "ext: a\tb\n"), NULL },
	{ "P-12 DEL", T(V M X A "ext: a\x7f\n"), NULL },
	{ "P-12 Latin-1", T(V M X A "ext: a\xe4" "b\n"), NULL },
	{ "P-12 cut UTF-8", T(V M X A "ext: a\xc3\n"), NULL },
	{ "P-12 cut UTF-8 at the end of all", T(V M X A "ext: \xf0\x9f\x92"),
	    NULL },
	{ "P-12 overlong", T(V M X A "ext: \xc0\x80\n"), NULL },
	{ "P-12 overlong, three octets", T(V M X A "ext: \xe0\x80\xaf\n"),
	    NULL },
	{ "P-12 surrogate", T(V M X A "ext: \xed\xa0\x80\n"), NULL },
	{ "P-12 last character", T(V M X A "ext: \xf4\x8f\xbf\xbf\n"),
	    GOOD },
	{ "P-12 above the last character", T(V M X A
	    "ext: \xf4\x90\x80\x80\n"), NULL },
	{ "P-12 four octets", T(V M X A "ext: \xf0\x9f\x93\xa7\n"), GOOD },
	{ "P-13 X-02 second mode", T(V "mode: testing\n" M X A),
	    "testing 86400 mx.e" },
	{ "P-13 second max_age", T(V M X A "max_age: 1\n"), GOOD },
	{ "P-13 second version", T(V V M X A), GOOD },
	{ "P-14 second mode bad", T(V M X A "mode: junk\n"), GOOD },
	{ "P-14 second version bad", T(V M X A "version: STSv2\n"), GOOD },
	{ "P-14 second max_age bad", T(V M X A "max_age: never\n"), GOOD },
	{ "P-14 first mode bad", T(V "mode: junk\n" M X A), NULL },
	{ "P-14 first max_age bad", T(V M X "max_age: x\n" A), NULL },
	{ "P-14 first version bad", T("version: x\n" V M X A), NULL },
	{ "P-15 mode foo is no extension", T(V "mode: foo\n" X A), NULL },
	{ "P-18 byte order mark", T("\xef\xbb\xbf" V M X A), NULL },
	{ "P-18 UTF-16", T("v\0e\0r\0s\0i\0o\0n\0"), NULL },
	{ "P-18 W NUL in a value", T(V "mode: enforce\0\n" X A), NULL },
	{ "P-18 NUL in an extension", T(V M X A "ext: a\0b\n"), NULL },
	{ "P-18 NUL behind all", T(V M X A "\0"), NULL },
	{ "P-18 NUL in mx", T(V M "mx: mx.e\0.evil\n" A), NULL },
	{ "P-18 NUL in a name", T(V M X A "mo\0de: none\n"), NULL },
	{ "P-17 HTML", T("<!DOCTYPE html>\n<html></html>\n"), NULL },
	{ "JSON", T("{\"version\":\"STSv1\"}"), NULL },
};

START_TEST(test_parse)
{
	struct sg_sts_policy *p = (struct sg_sts_policy *)&rows;
	struct sg_findings fs = { 0 };
	struct sg_err err = { .text = "" };
	const char *want = rows[_i].want;
	char got[1024] = "(bad)";
	enum sg_rc rc = parse(rows[_i].in, rows[_i].len, &p, &fs, &err);

	if (rc == SG_OK)
		describe(p, got, sizeof(got));
	ck_assert_msg(strcmp(got, want != NULL ? want : "(bad)") == 0,
	    "%s: got %s (%s), want %s", rows[_i].name, got, err.text,
	    want != NULL ? want : "(bad)");
	ck_assert_msg((fs.errors > 0) == (rc == SG_BAD),
	    "%s: rc %d and %zu errors", rows[_i].name, rc, fs.errors);
	ck_assert_msg(rc == SG_OK || (p == NULL && err.text[0] != '\0' &&
	    err.reason == SG_REASON_STS_POLICY_INVALID),
	    "%s: refused without reason", rows[_i].name);
	sg_sts_policy_free(&p);
	ck_assert_ptr_null(p);
	ck_assert_int_eq(parse(rows[_i].in, rows[_i].len, &p, NULL, NULL),
	    rc);
	sg_sts_policy_free(&p);
}
END_TEST

/* P-02: whatever the order. */
START_TEST(test_order)
{
	static const char *const lines[] = { V, M, X, A };
	struct sg_sts_policy *p;
	char text[256], got[256];
	size_t i[4];

	for (size_t k = 0; k < 256; k++) {
		for (size_t d = 0, rest = k; d < 4; d++, rest /= 4)
			i[d] = rest % 4;
		if (i[0] == i[1] || i[0] == i[2] || i[0] == i[3] ||
		    i[1] == i[2] || i[1] == i[3] || i[2] == i[3])
			continue;
		snprintf(text, sizeof(text), "%s%s%s%s", lines[i[0]],
		    lines[i[1]], lines[i[2]], lines[i[3]]);
		ck_assert_int_eq(parse(text, strlen(text), &p, NULL, NULL),
		    SG_OK);
		describe(p, got, sizeof(got));
		ck_assert_str_eq(got, GOOD);
		sg_sts_policy_free(&p);
	}
}
END_TEST

/* Any of the patterns will do. */
START_TEST(test_matches)
{
	static const char text[] = V M "mx: a.good.test\nmx: *.b.test\n" A;
	struct sg_sts_policy *p;

	ck_assert_int_eq(parse(text, sizeof(text) - 1, &p, NULL, NULL), SG_OK);
	ck_assert(sg_sts_policy_matches(p, "a.good.test"));
	ck_assert(sg_sts_policy_matches(p, "mx.b.test"));
	ck_assert(!sg_sts_policy_matches(p, "b.test"));
	ck_assert(!sg_sts_policy_matches(p, "mx.good.test"));
	sg_sts_policy_free(&p);
}
END_TEST

/* --- mutation ------------------------------------------------------------- */

static uint64_t
next(uint64_t *seed) /* xorshift64* */
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

/* Copies a row, then cuts, doubles, overwrites or joins with another row. */
static size_t
mutate(uint64_t *seed, char out[4096])
{
	static const char nasty[] = "\n\r\0:*. \t-_,;=09azAZ\x7f\x80\xc3\xff";
	size_t row = next(seed) % N(rows), len = rows[row].len, at, n;

	memcpy(out, rows[row].in, len);
	for (uint64_t k = next(seed) % 4; k > 0; k--) {
		at = len > 0 ? next(seed) % len : 0;
		switch (next(seed) % 5) {
		case 0:
			if (len > 0)
				out[at] = nasty[next(seed) %
				    (sizeof(nasty) - 1)];
			break;
		case 1:
			if (len > 0)
				out[at] = (char)next(seed);
			break;
		case 2: /* cut a piece out */
			n = len > at ? next(seed) % (len - at) % 20 : 0;
			memmove(out + at, out + at + n, len - at - n);
			len -= n;
			break;
		case 3: /* double a piece */
			n = len > at ? next(seed) % (len - at) % 30 : 0;
			memmove(out + at + n, out + at, len - at);
			len += n;
			break;
		default: /* another row behind it */
			row = next(seed) % N(rows);
			if (len + rows[row].len < 2000) {
				memcpy(out + len, rows[row].in,
				    rows[row].len);
				len += rows[row].len;
			}
		}
	}
	return len;
}

static size_t
serialise(const struct sg_sts_policy *p, char *out, size_t size)
{
	int n = snprintf(out, size, "version: STSv1\r\nmode: %s\r\n"
	    "max_age: %" PRIu32 "\r\n", sg_sts_mode_name(p->mode),
	    p->max_age_s);

	for (size_t i = 0; i < p->n_mx; i++)
		n += snprintf(out + n, size - (size_t)n, "mx: %s\r\n",
		    p->mx[i]);
	return (size_t)n;
}

/* What was accepted is within the caps, is valid when written down again and
   means the same then. Here and below Check is called upon only to fail: an
   assertion that holds costs it a write to a file. */
static void
check_accepted(const struct sg_sts_policy *p)
{
	struct sg_sts_policy *again;
	char text[8192], first[4096], second[4096];

	describe(p, first, sizeof(first));
	if (p->max_age_s > SG_STS_MAX_AGE_MAX ||
	    p->n_mx > SG_STS_POLICY_MAX_MX ||
	    (p->n_mx == 0 && p->mode != SG_STS_MODE_NONE))
		ck_abort_msg("accepted: %s", first);
	if (sg_sts_policy_parse(text, serialise(p, text, sizeof(text)),
	    &again, NULL, NULL) != SG_OK)
		ck_abort_msg("not read again: %s", first);
	describe(again, second, sizeof(second));
	if (strcmp(first, second) != 0)
		ck_abort_msg("%s, read again: %s", first, second);
	sg_sts_policy_free(&again);
}

static void
check_findings(const struct sg_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		for (const char *s = fs->f[i].text; *s != '\0'; s++)
			if (*s < 0x20 || *s >= 0x7f)
				ck_abort_msg("T14: octet %02x in \"%s\"",
				    (unsigned char)*s, fs->f[i].text);
}

START_TEST(test_mutations)
{
	uint64_t seed = UINT64_C(0x5757ab1e) + (uint64_t)_i;
	struct sg_sts_policy *p;
	struct sg_findings fs;
	int accepted = 0;
	char text[4096];

	for (int i = 0; i < 50000; i++) {
		size_t len = mutate(&seed, text);

		fs.n = fs.dropped = fs.errors = 0;
		if (parse(text, len, &p, &fs, NULL) == SG_OK) {
			accepted++;
			check_accepted(p);
		}
		if ((p != NULL) != (fs.errors == 0))
			ck_abort_msg("%zu errors, and %s", fs.errors,
			    p != NULL ? "accepted" : "refused");
		check_findings(&fs);
		sg_sts_policy_free(&p);
	}
	/* else the mutations try nothing */
	ck_assert_int_gt(accepted, 5000);
	ck_assert_int_lt(accepted, 45000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sts_policy");
	TCase *tc = tcase_create("sts_policy");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, N(rows));
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_matches);
	tcase_add_loop_test(tc, test_mutations, 0, 4);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
