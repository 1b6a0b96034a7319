/* SPDX-License-Identifier: ISC */
/*
 * test_txt_fields.c - the shape that the TXT records of MTA-STS and TLSRPT
 * share (RFC 8461 3.1, RFC 8460 3; STANDARDS B, R-03), field by field, and
 * what their owner is told of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/txt_fields.h"

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))
#define T(s) (s), sizeof(s) - 1
#define END "error 1 2: a space is at the end of the record: remove it, or " \
	"write `;' before it\n"
#define UNKNOWN(name) "note 1 2: field `" name "' is not known to the RFC " \
	"and is ignored\n"
#define PLAIN(name) "error 1 2: the value of `" name "' holds a space or " \
	"`=': neither is allowed there\n"
#define NAME "error 1 2: a field's name is a letter or digit, then up to 31 " \
	"letters, digits, `_', `-', `.'; no space before `='\n"
#define BEGIN "error 1 2: the record does not begin with `v=T1;'"

/* Fields as name=value with a blank behind; "!" is one that is none, or a whole
   record that is none; "?" stands behind a field that must not look as it does
   if its name is not known, as all are here but k. */
static const struct {
	const char *name, *in;
	size_t len;
	const char *fields, *told;
} rows[] = {
	{ "only the version", T("v=T1"), "", "" },
	{ "only the version and its end", T("v=T1;"), "", "" },
	{ "B-03", T("v=T1;k=a"), "k=a ", "" },
	{ "B-03 with the final delimiter", T("v=T1;k=a;"), "k=a ", "" },
	{ "B-03 one letter", T("v=T1; k=a;l=b"), "k=a l=b ",
	    UNKNOWN("l") },
	{ "B-04 WSP around the delimiters", T("v=T1; \t k=a \t ; \tl=b; "),
	    "k=a l=b ", UNKNOWN("l") },
	{ "B-08", T("v=T1 ;k=a"), "k=a ", "warning 1 2: a space stands before "
	    "the first `;': senders that look for `v=T1;' pass over this "
	    "record; remove it\n" },
	{ "B-08 a tab", T("v=T1\t; k=a"), "k=a ", "warning 1 2: a space stands "
	    "before the first `;': senders that look for `v=T1;' pass over "
	    "this record; remove it\n" },
	{ "B-08 and nothing behind", T("v=T1 "), "! ", "warning 1 2: a space "
	    "stands before the first `;': senders that look for `v=T1;' pass "
	    "over this record; remove it\n" END },
	{ "B-07 a space and no delimiter", T("v=T1 k=a;l=b"), "! ",
	    "warning 1 2: a space stands before the first `;': senders that "
	    "look for `v=T1;' pass over this record; remove it\n"
	    "error 1 2: a `;' must follow the version\n" },
	{ "B-04 a space at the end", T("v=T1;k=a "), "! ", END },
	{ "B-04 a tab at the end", T("v=T1;k=a;l=b\t"), "k=a ! ", END },
	{ "B-04 a space behind =", T("v=T1;k= a;l=b"), "! l=b ",
	    "error 1 2: a space behind `=': remove it\n" UNKNOWN("l") },
	{ "B-04 a space before =", T("v=T1;k =a;l=b"), "! l=b ",
	    NAME UNKNOWN("l") },
	{ "B-10 an empty field", T("v=T1;;k=a"), "! k=a ",
	    "error 1 2: an empty field, `;;': remove one `;'\n" },
	{ "B-10 an empty field, with a blank", T("v=T1;k=a; ;"), "k=a ! ",
	    "error 1 2: an empty field, `;;': remove one `;'\n" },
	{ "B-10 no =", T("v=T1;k;l=b"), "! l=b ", "error 1 2: a field without "
	    "`=': fields are name=value, with `;' between them\n"
	    UNKNOWN("l") },
	{ "B-10 no value", T("v=T1;k=;l=b"), "! l=b ",
	    "error 1 2: a field without a value\n" UNKNOWN("l") },
	{ "B-10 no name", T("v=T1;=a"), "! ", NAME },
	{ "B-14 a bad name", T("v=T1;_k=a"), "! ", NAME },
	{ "B-14 = in a value that is known", T("v=T1;k=a=b"), "k=a=b ", "" },
	{ "B-14 = in one that is not", T("v=T1;l=a=b"), "l=a=b ? ",
	    PLAIN("l") },
	{ "B-14 = first", T("v=T1;l==b"), "l==b ? ", PLAIN("l") },
	{ "B-14 a blank in one that is not", T("v=T1;l=a b"), "l=a b ? ",
	    PLAIN("l") },
	{ "B-20 an escaped delimiter", T("v=T1\\; k=a"), "! ",
	    BEGIN ": another version, or a `;' is missing\n" },
	{ "B-07 another version", T("v=T10;k=a"), "! ",
	    BEGIN ": another version, or a `;' is missing\n" },
	{ "B-05", T("V=t1;k=a"), "! ", BEGIN ", in this very case\n" },
	{ "B-05 and nothing behind", T("v=t1"), "! ",
	    BEGIN ", in this very case\n" },
	{ "B-07 cut short", T("v=T"), "! ", BEGIN "\n" },
	{ "B-07 another", T("v=spf1 -all"), "! ", BEGIN "\n" },
	{ "one letter", T("v"), "! ", BEGIN "\n" },
	{ "nothing", T(""), "! ", BEGIN " (it is empty)\n" },
	{ "B-04 a space in front", T(" v=T1;k=a"), "! ",
	    BEGIN ": remove the space in front\n" },
	{ "a space alone", T(" "), "! ",
	    BEGIN ": remove the space in front\n" },
	{ "B-20 quotes", T("\"v=T1;k=a\""), "! ",
	    BEGIN ": remove the quotes, which only a zone file has\n" },
	{ "B-20 a quote alone", T("\""), "! ",
	    BEGIN ": remove the quotes, which only a zone file has\n" },
	{ "B-20 a quote behind", T("v\"=T1"), "! ", BEGIN "\n" },
	{ "B-05 a space behind", T("v =T1"), "! ", BEGIN "\n" },
	{ "B-02 8-bit", T("v=T1;k=\x80"), "! ", "error 1 2: octet 8 of the "
	    "record is 0x80: only printable US-ASCII is allowed; type the "
	    "record again\n" },
	{ "B-20 DEL", T("v=T1;k=\x7f"), "! ", "error 1 2: octet 8 of the "
	    "record is 0x7f: only printable US-ASCII is allowed; type the "
	    "record again\n" },
	{ "B-20 NUL", T("v=T1;\0\1k=a"), "! ", "error 1 2: octet 6 of the "
	    "record is 0x00: only printable US-ASCII is allowed; type the "
	    "record again\n" },
	{ "B-20 the last control", T("v=T1;k=\x1f"), "! ", "error 1 2: octet "
	    "8 of the record is 0x1f: only printable US-ASCII is allowed; "
	    "type the record again\n" },
	{ "B-14 the last that is printable", T("v=T1;l=~!"), "l=~! ",
	    UNKNOWN("l") },
};

static void
read_fields(struct sg_txt_fields *f, char *out, size_t size)
{
	enum sg_rc rc;
	size_t n = 0;

	while ((rc = sg_txt_fields_next(f)) != SG_NONE) {
		if (rc != SG_OK) {
			ck_assert_int_eq(rc, SG_BAD);
			n += (size_t)snprintf(out + n, size - n, "! ");
			continue;
		}
		n += (size_t)snprintf(out + n, size - n, "%.*s=%.*s ",
		    (int)f->name.len, f->name.s, (int)f->value.len,
		    f->value.s);
		if (sg_span_equals(f->name, "k"))
			continue;
		rc = sg_txt_fields_unknown(f);
		ck_assert(rc == SG_OK || rc == SG_BAD);
		if (rc == SG_BAD)
			n += (size_t)snprintf(out + n, size - n, "? ");
	}
}

START_TEST(test_fields)
{
	static const struct sg_txt_kind kind = { "v=T1", "1 2" };
	struct sg_findings fs = { 0 };
	struct sg_txt_fields f;
	size_t len = rows[_i].len, n = 0;
	char *copy = malloc(len > 0 ? len : 1); /* nothing is behind it */
	char fields[100] = "", told[1000] = "";
	enum sg_rc rc;

	memcpy(copy, rows[_i].in, len);
	rc = sg_txt_fields_begin(&f, &kind, (struct sg_span) { copy, len },
	    &fs);
	if (rc == SG_OK)
		read_fields(&f, fields, sizeof(fields));
	else {
		ck_assert_int_eq(rc, SG_BAD);
		fields[0] = '!', fields[1] = ' ', fields[2] = '\0';
	}
	for (size_t i = 0; i < fs.n; i++) {
		ck_assert_uint_eq(fs.f[i].line, 0);
		n += (size_t)snprintf(told + n, sizeof(told) - n,
		    "%s %s: %s\n", sg_severity_name(fs.f[i].severity),
		    fs.f[i].rfc, fs.f[i].text);
	}
	ck_assert_msg(strcmp(fields, rows[_i].fields) == 0,
	    "%s: got %s", rows[_i].name, fields);
	ck_assert_msg(strcmp(told, rows[_i].told) == 0,
	    "%s: got\n%s", rows[_i].name, told);
	free(copy);
}
END_TEST

/* B-07, B-08, X-01: by the prefix, or by the grammar. */
START_TEST(test_version)
{
	static const struct {
		const char *text;
		bool strict, loose;
	} r[] = {
		{ "v=T1;", true, true }, { "v=T1;k=a", true, true },
		{ "v=T1 ;k=a", false, true }, { "v=T1\t", false, true },
		{ "v=T1", false, true }, { "v=T", false, false },
		{ "v=T10;", false, false }, { "V=T1;", false, false },
		{ "", false, false }, { ";v=T1;", false, false },
	};

	for (int i = 0; i < N(r); i++) {
		struct sg_span a = { r[i].text, strlen(r[i].text) };

		ck_assert_msg(sg_txt_has_version(a, "v=T1", true) ==
		    r[i].strict && sg_txt_has_version(a, "v=T1", false) ==
		    r[i].loose, "\"%s\"", r[i].text);
	}
}
END_TEST

START_TEST(test_plain)
{
	static const struct {
		const char *text;
		bool want;
	} r[] = {
		{ "a", true }, { "a:b", true }, { "", false },
		{ "=", false }, { " ", false }, { "a=", false },
		{ "=a", false }, { "a\t", false }, { "\ta", false },
	};

	for (int i = 0; i < N(r); i++)
		ck_assert_msg(sg_txt_value_is_plain((struct sg_span) {
		    r[i].text, strlen(r[i].text) }) == r[i].want, "\"%s\"",
		    r[i].text);
	ck_assert(sg_txt_value_is_plain((struct sg_span) { "a=", 1 }));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("txt_fields");
	TCase *t = tcase_create("txt_fields");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, test_fields, 0, N(rows));
	tcase_add_test(t, test_version);
	tcase_add_test(t, test_plain);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
