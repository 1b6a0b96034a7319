/* SPDX-License-Identifier: ISC */
/*
 * test_sts_record.c - the MTA-STS TXT record (RFC 8461 3.1; STANDARDS B, W,
 * X-01, X-02): one record by the grammar, then the choice among several.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sts_record.h"

#define T(s) (s), sizeof(s) - 1
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ID32 "0123456789abcdef0123456789ABCDEF"

/* Parses a copy that has nothing behind it, so that sanitizers see an octet
   too many. */
static enum sg_rc
parse(const char *text, size_t len, char id[SG_STS_ID_SIZE],
    struct sg_findings *fs)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum sg_rc rc;

	memcpy(copy, text, len);
	rc = sg_sts_record_parse((struct sg_txt) { copy, len }, id, fs);
	free(copy);
	return rc;
}

static const struct {
	const char *name, *in;
	size_t len;
	const char *id; /* NULL: SG_BAD */
} rows[] = {
	{ "W good 1", T("v=STSv1; id=20160831085700Z;"), "20160831085700Z" },
	{ "W good 2, B-03 no blank", T("v=STSv1;id=a"), "a" },
	{ "W good 3, B-04 tabs", T("v=STSv1; \t id=a  \t;"), "a" },
	{ "W good 4, B-14", T("v=STSv1; x.y-z_1=v; id=" ID32), ID32 },
	{ "B-03 no final delimiter", T("v=STSv1; id=a"), "a" },
	{ "B-03 final delimiter", T("v=STSv1;id=a;"), "a" },
	{ "B-03 blanks around", T("v=STSv1 \t; \t id=a \t; "), "a" },
	{ "B-03 blank behind the final delimiter", T("v=STSv1; id=a; \t"),
	    "a" },
	{ "B-08 blank before the first delimiter", T("v=STSv1 ; id=a"), "a" },
	{ "B-08 tab before the first delimiter", T("v=STSv1\t;id=a;"), "a" },
	{ "B-04 blanks around =", T("v=STSv1; id = a"), NULL },
	{ "B-04 blank before =", T("v=STSv1; id =a"), NULL },
	{ "B-04 blank behind =", T("v=STSv1; id= a"), NULL },
	{ "B-16 a second id that is no field", T("v=STSv1; id=a; id=b=c;"),
	    NULL },
	{ "B-04 blank in front", T(" v=STSv1; id=a"), NULL },
	{ "B-04 tab in front", T("\tv=STSv1; id=a"), NULL },
	{ "B-04 blank at the end", T("v=STSv1; id=a "), NULL },
	{ "B-04 tab at the end", T("v=STSv1; id=a\t"), NULL },
	{ "B-05 upper case V", T("V=STSv1; id=a"), NULL },
	{ "B-05 lower case", T("v=stsv1; id=a"), NULL },
	{ "B-05 blank in the version", T("v= STSv1; id=a"), NULL },
	{ "B-06 version last", T("id=a; v=STSv1"), NULL },
	{ "B-06 field before id", T("v=STSv1; x=1; id=a"), "a" },
	{ "B-06 field behind id", T("v=STSv1; id=a; x=1"), "a" },
	{ "B-06 version again", T("v=STSv1; id=a; v=STSv1"), "a" },
	{ "B-07 STSv10", T("v=STSv10; id=a"), NULL },
	{ "B-07 STSv2", T("v=STSv2; id=b"), NULL },
	{ "B-07 no delimiter", T("v=STSv1 id=a"), NULL },
	{ "B-07 comma", T("v=STSv1, id=a"), NULL },
	{ "B-07 SPF", T("v=spf1 -all"), NULL },
	{ "W bad: only the version", T("v=STSv1"), NULL },
	{ "W bad: version and delimiter", T("v=STSv1;"), NULL },
	{ "version, delimiter, blank", T("v=STSv1; "), NULL },
	{ "version and blank", T("v=STSv1 "), NULL },
	{ "B-10 empty id", T("v=STSv1; id="), NULL },
	{ "B-10 empty id, delimiter", T("v=STSv1; id=;"), NULL },
	{ "B-10 two delimiters at the end", T("v=STSv1; id=a;;"), NULL },
	{ "B-10 two delimiters with a blank", T("v=STSv1; id=a; ;"), NULL },
	{ "B-10 two delimiters in front", T("v=STSv1;; id=a"), NULL },
	{ "B-10 hyphen in id", T("v=STSv1; id=x-y"), NULL },
	{ "B-10 blank in id", T("v=STSv1; id=a b"), NULL },
	{ "B-10 dot in id", T("v=STSv1; id=a.b"), NULL },
	{ "B-10 underscore in id", T("v=STSv1; id=a_b"), NULL },
	{ "B-10 quotes around id", T("v=STSv1; id=\"a\""), NULL },
	{ "B-10 field without =", T("v=STSv1; id"), NULL },
	{ "B-10 field without =, beside id", T("v=STSv1; id=a; x"), NULL },
	{ "B-10 W empty name", T("v=STSv1; id=a; =1"), NULL },
	{ "B-12 id of 32", T("v=STSv1; id=" ID32), ID32 },
	{ "B-12 id of 33", T("v=STSv1; id=" ID32 "0"), NULL },
	{ "B-12 upper case key", T("v=STSv1; ID=a"), NULL },
	{ "B-12 ID beside id", T("v=STSv1; ID=b; id=a"), "a" },
	{ "B-13 case of id is kept", T("v=STSv1; id=AbC"), "AbC" },
	{ "B-14 extension", T("v=STSv1; id=a; a.b-c_d=1:2"), "a" },
	{ "B-14 name of 32",
	    T("v=STSv1; id=a; abcdefghijklmnopqrstuvwxyz012345=1"), "a" },
	{ "B-14 name of 33",
	    T("v=STSv1; id=a; abcdefghijklmnopqrstuvwxyz0123456=1"), NULL },
	{ "B-14 name begins with underscore", T("v=STSv1; id=a; _x=1"),
	    NULL },
	{ "B-14 name begins with hyphen", T("v=STSv1; id=a; -x=1"), NULL },
	{ "B-14 name begins with a digit", T("v=STSv1; id=a; 1x=1"), "a" },
	{ "B-14 odd octet in the name", T("v=STSv1; id=a; x!y=1"), NULL },
	{ "B-14 W empty value", T("v=STSv1; id=a; k="), NULL },
	{ "B-14 = in the value", T("v=STSv1; id=a; x=="), NULL },
	{ "B-14 = inside the value", T("v=STSv1; id=a; x=1=2"), NULL },
	{ "B-14 blank in the value", T("v=STSv1; id=a; x=1 2"), NULL },
	{ "B-14 printable value", T("v=STSv1; id=a; x=!\"#$%&'()*+,-./:<>?@"
	    "[\\]^_`{|}~"), "a" },
	{ "B-14 bad extension before id", T("v=STSv1; x=; id=a"), NULL },
	{ "B-15 three unknown", T("v=STSv1; x=1; y=2; id=a; z=3"), "a" },
	{ "B-16 second id", T("v=STSv1; id=a; id=b"), "a" },
	{ "B-16 second id of another shape", T("v=STSv1; id=a; id=b-c"),
	    "a" },
	{ "B-16 second id no field at all", T("v=STSv1; id=a; id="), NULL },
	{ "B-16 first id bad, second good", T("v=STSv1; id=a-b; id=c"),
	    NULL },
	{ "B-02 W id is 8-bit", T("v=STSv1; id=\xc3\xa9"), NULL },
	{ "B-02 8-bit in an extension", T("v=STSv1; id=a; x=\xc3\xa9"),
	    NULL },
	{ "B-02 8-bit behind all", T("v=STSv1; id=a;\xff"), NULL },
	{ "B-20 NUL", T("v=STSv1; id=a\0;"), NULL },
	{ "B-20 NUL behind the version", T("v=STSv1\0; id=a"), NULL },
	{ "B-20 NUL at the end", T("v=STSv1; id=a;\0"), NULL },
	{ "B-20 NUL and another id", T("v=STSv1; id=a\0b"), NULL },
	{ "B-20 line feed", T("v=STSv1; id=a;\n"), NULL },
	{ "B-20 carriage return", T("v=STSv1;\r id=a"), NULL },
	{ "B-20 vertical tab is no WSP", T("v=STSv1;\vid=a"), NULL },
	{ "B-20 DEL", T("v=STSv1; id=a; x=\x7f"), NULL },
	{ "B-20 no-break space is no WSP", T("v=STSv1;\xc2\xa0id=a"), NULL },
	{ "B-20 quotes of a zone file", T("\"v=STSv1; id=a;\""), NULL },
	{ "B-20 escaped delimiter of a zone file", T("v=STSv1\\; id=a"),
	    NULL },
	{ "empty", T(""), NULL },
	{ "part of the version", T("v=STSv"), NULL },
	{ "TLSRPT", T("v=TLSRPTv1; rua=mailto:a@e.test"), NULL },
};

START_TEST(test_parse)
{
	struct sg_findings fs = { 0 };
	char id[SG_STS_ID_SIZE] = "before";
	const char *want = rows[_i].id;
	enum sg_rc rc = parse(rows[_i].in, rows[_i].len, id, &fs);

	ck_assert_msg(rc == (want != NULL ? SG_OK : SG_BAD) &&
	    strcmp(id, want != NULL ? want : "") == 0,
	    "%s: got rc %d id \"%s\", want \"%s\"", rows[_i].name, rc, id,
	    want != NULL ? want : "(bad)");
	ck_assert_msg((fs.errors > 0) == (rc == SG_BAD),
	    "%s: rc %d and %zu errors", rows[_i].name, rc, fs.errors);
	for (size_t i = 0; i < fs.n; i++)
		for (const char *s = fs.f[i].text; *s != '\0'; s++)
			ck_assert_msg(*s >= 0x20 && *s < 0x7f,
			    "%s: T14 octet %02x in a finding", rows[_i].name,
			    (unsigned char)*s);
	ck_assert_int_eq(parse(rows[_i].in, rows[_i].len, id, NULL), rc);
}
END_TEST

static const struct {
	const char *name, *in, *word;
	enum sg_severity severity;
} told[] = {
	{ "B-08", "v=STSv1 ; id=a", "space", SG_WARNING },
	{ "B-16", "v=STSv1; id=a; id=b", "twice", SG_WARNING },
	{ "B-15", "v=STSv1; id=a; xyz=1", "xyz", SG_NOTE },
	{ "B-10 id missing", "v=STSv1; x=1", "missing", SG_ERROR },
	{ "B-12", "v=STSv1; id=a-b", "32", SG_ERROR },
	{ "B-05", "v=stsv1; id=a", "case", SG_ERROR },
	{ "B-20", "\"v=STSv1; id=a\"", "quotes", SG_ERROR },
	{ "B-04", "v=STSv1; id=a ", "end", SG_ERROR },
	{ "B-10", "v=STSv1; id=a;;", "empty", SG_ERROR },
	{ "B-02", "v=STSv1; id=\xc3\xa9", "0xc3", SG_ERROR },
};

START_TEST(test_told)
{
	struct sg_findings fs = { 0 };
	char id[SG_STS_ID_SIZE];
	bool found = false;

	parse(told[_i].in, strlen(told[_i].in), id, &fs);
	for (size_t i = 0; i < fs.n; i++)
		found = found || (fs.f[i].severity == told[_i].severity &&
		    strstr(fs.f[i].text, told[_i].word) != NULL &&
		    strncmp(fs.f[i].rfc, "8461 3", 6) == 0 &&
		    fs.f[i].line == 0);
	ck_assert_msg(found, "%s: of %zu findings none is a %s with \"%s\"; "
	    "the first: %s", told[_i].name, fs.n,
	    sg_severity_name(told[_i].severity), told[_i].word,
	    fs.n > 0 ? fs.f[0].text : "");
}
END_TEST

#define SPF "v=spf1 include:good.test -all"
#define A "v=STSv1; id=a;"
#define MAX_TXT 4

static const struct {
	const char *name, *txt[MAX_TXT];
	enum sg_rc rc;
	const char *id;
} choices[] = {
	{ "B-09 no record", { NULL }, SG_NONE, "" },
	{ "one", { A }, SG_OK, "a" },
	{ "B-07 beside SPF", { SPF, A }, SG_OK, "a" },
	{ "B-07 order", { A, SPF }, SG_OK, "a" },
	{ "B-07 between two", { SPF, A, "x" }, SG_OK, "a" },
	{ "B-07 STSv10 is no second", { "v=STSv10; id=b", A }, SG_OK, "a" },
	{ "B-07 STSv2 is no second", { A, "v=STSv2; id=b" }, SG_OK, "a" },
	{ "B-07 upper case is no second", { A, "V=STSv1; id=b" }, SG_OK,
	    "a" },
	{ "B-07 blank in front is no second", { A, " v=STSv1; id=b" }, SG_OK,
	    "a" },
	{ "B-08 X-01 blank alone", { "v=STSv1 ; id=a" }, SG_OK, "a" },
	{ "B-08 X-01 blank beside another", { "v=STSv1 ; id=b", A }, SG_OK,
	    "a" },
	{ "B-08 X-01 blank beside SPF", { "v=STSv1 ; id=b", SPF }, SG_NONE,
	    "" },
	{ "B-09 two", { A, "v=STSv1; id=b" }, SG_BAD, "" },
	{ "B-09 two with the same id", { A, A }, SG_BAD, "" },
	{ "B-09 two and SPF", { A, SPF, A }, SG_BAD, "" },
	{ "B-09 one good, one bad", { A, "v=STSv1; id=-" }, SG_BAD, "" },
	{ "B-10 a bad one", { "v=STSv1; id=-" }, SG_BAD, "" },
	{ "B-10 a bad one beside SPF", { SPF, "v=STSv1; id=-" }, SG_BAD,
	    "" },
	{ "B-10 only the version", { "v=STSv1" }, SG_BAD, "" },
	{ "B-10 only the version, beside SPF", { "v=STSv1", SPF }, SG_NONE,
	    "" },
	{ "B-07 only SPF", { SPF }, SG_NONE, "" },
	{ "B-07 two others", { SPF, "v=STSv2; id=a" }, SG_NONE, "" },
	{ "B-05 lone lower case", { "v=stsv1; id=a" }, SG_NONE, "" },
	{ "B-06 lone, version last", { "id=a; v=STSv1" }, SG_NONE, "" },
	{ "empty record", { "" }, SG_NONE, "" },
	{ "empty record beside one", { "", A }, SG_OK, "a" },
};

START_TEST(test_select)
{
	struct sg_txt txts[MAX_TXT];
	struct sg_err err = { .text = "" };
	char id[SG_STS_ID_SIZE] = "before";
	enum sg_rc rc;
	size_t n = 0;

	while (n < MAX_TXT && choices[_i].txt[n] != NULL) {
		txts[n].data = choices[_i].txt[n];
		txts[n].len = strlen(choices[_i].txt[n]);
		n++;
	}
	rc = sg_sts_record_select(txts, n, id, &err);
	ck_assert_msg(rc == choices[_i].rc && strcmp(id, choices[_i].id) == 0,
	    "%s: got rc %d id \"%s\" (%s), want rc %d id \"%s\"",
	    choices[_i].name, rc, id, err.text, choices[_i].rc,
	    choices[_i].id);
	ck_assert_msg(rc != SG_BAD || (err.text[0] != '\0' &&
	    err.text[strlen(err.text) - 1] != ' '), "%s: no reason: %s",
	    choices[_i].name, err.text);
	ck_assert_int_eq(sg_sts_record_select(txts, n, id, NULL), rc);
}
END_TEST

/* T13: many and large ones take bounded work and no stack of their size. */
START_TEST(test_large)
{
	size_t len = 65535;
	char *big = malloc(len), id[SG_STS_ID_SIZE];
	struct sg_txt txts[64];
	struct sg_findings fs = { 0 };

	memset(big, 'a', len);
	ck_assert_int_eq(parse(big, len, id, NULL), SG_BAD);
	memcpy(big, "v=STSv1; id=", 12);
	ck_assert_int_eq(parse(big, len, id, NULL), SG_BAD);
	for (size_t i = 12; i < len; i++)
		big[i] = ";x=y"[i % 4];
	ck_assert_int_eq(parse(big, len, id, &fs), SG_BAD);
	ck_assert_uint_gt(fs.dropped, 0);
	ck_assert_uint_eq(fs.n, SG_FINDINGS_MAX);
	ck_assert_ptr_nonnull(sg_findings_first_error(&fs));
	memcpy(big, "v=STSv1; id=a;x=1;", 18);
	for (size_t i = 18; i < len; i++)
		big[i] = "x=y;"[(i - 18) % 4];
	ck_assert_int_eq(parse(big, 18 + 4 * 16000, id, NULL), SG_OK);
	for (size_t i = 0; i < N(txts); i++)
		txts[i] = (struct sg_txt) { big, 18 };
	ck_assert_int_eq(sg_sts_record_select(txts, N(txts), id, NULL),
	    SG_BAD);
	free(big);
}
END_TEST

/* Each octet put at each place of a good record: it ends, within bounds, and
   an id that is accepted is one by the grammar. */
START_TEST(test_octets)
{
	char text[] = "v=STSv1; x=y; id=a1;", id[SG_STS_ID_SIZE];
	size_t len = sizeof(text) - 1;

	for (size_t at = 0; at < len; at++) {
		char before = text[at];

		for (int c = 0; c < 256; c++) {
			text[at] = (char)c;
			if (parse(text, len, id, NULL) != SG_OK)
				continue;
			if (c != '\t' && (c < 0x20 || c >= 0x7f))
				ck_abort_msg("B-02: %02x at %zu accepted",
				    (unsigned)c, at);
			if (id[0] == '\0' || strspn(id, ALNUM) != strlen(id))
				ck_abort_msg("B-12: id \"%s\"", id);
		}
		text[at] = before;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sts_record");
	TCase *tc = tcase_create("sts_record");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, N(rows));
	tcase_add_loop_test(tc, test_told, 0, N(told));
	tcase_add_loop_test(tc, test_select, 0, N(choices));
	tcase_add_test(tc, test_large);
	tcase_add_test(tc, test_octets);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
