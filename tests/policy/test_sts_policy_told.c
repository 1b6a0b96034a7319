/* SPDX-License-Identifier: ISC */
/*
 * test_sts_policy_told.c - what the owner of an MTA-STS policy is told about
 * it, and what the gate logs (RFC 8461 3.2; STANDARDS P, X-03, X-04).
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sts_policy.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define V "version: STSv1\n"
#define M "mode: enforce\n"
#define X "mx: mx.e\n"
#define L "max_age: 604800\n" /* long enough */

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

/* Of each finding, in their order: line, severity, what of the RFC, and how the
   text begins. */
static const struct {
	const char *name, *in, *want[3];
} told[] = {
	{ "P-04 no version", M X L,
	    { "0 error 8461 3.2: `version' is missing" } },
	{ "P-04 no mode", V X "max_age: 300\n",
	    { "0 error 8461 3.2: `mode' is missing" } },
	{ "P-04 P-05 neither mode nor mx", V L,
	    { "0 error 8461 3.2: `mode' is missing" } },
	{ "P-04 no max_age", V M X,
	    { "0 error 8461 3.2: `max_age' is missing" } },
	{ "P-05 no mx", V M L, { "0 error 8461 3.2: `mx' is missing" } },
	{ "P-05 none needs none", V "mode: none\n" L,
	    { "2 note 8461 8.3: mode none withdraws" } },
	{ "P-05 a bad one is one", V M "mx: a_b.e\n" L,
	    { "3 error 8461 3.2: `mx' has an underscore" } },
	{ "P-04 version", "version: STSv2\n" M X L,
	    { "1 error 8461 3.2: `version' must be STSv1" } },
	{ "P-04 mode", V "mode: Enforce\n" X L,
	    { "2 error 8461 3.2: `mode' must be enforce, testing or none, in "
	      "lower case" } },
	{ "P-04 a mode without value is there", V "mode:\n" X L,
	    { "2 error 8461 3.2: `mode': the value is missing" } },
	{ "P-14 and is the first", V "mode:\n" M X L,
	    { "2 error 8461 3.2: `mode': the value is missing",
	      "3 warning 8461 3.2: `mode' is there already, in line 2" } },
	{ "P-14 one behind the first is not", V M "mode:\n" M X L,
	    { "3 error 8461 3.2: `mode': the value is missing",
	      "4 warning 8461 3.2: `mode' is there already, in line 2" } },
	{ "P-12 nor is an extension", V M X L "ext:\n",
	    { "5 error 8461 3.2: `ext': the value is missing" } },
	{ "P-12 control", V M X L "ext: \x1f\n",
	    { "5 error 8461 3.2: `ext': the value holds a control" } },
	{ "P-12 Latin-1", V M X L "ext: \xe4\n",
	    { "5 error 8461 3.2: `ext': the value is not UTF-8" } },
	{ "P-03", V M " mx: mx.e\n" L,
	    { "3 error 8461 3.2: the line begins with a space",
	      "0 error 8461 3.2: `mx' is missing" } },
	{ "P-03 before the colon", V "mode : enforce\n" X L,
	    { "2 error 8461 3.2: a space stands before `:'",
	      "0 error 8461 3.2: `mode' is missing" } },
	{ "P-06", V M "mx: a.e, b.e\n" L,
	    { "3 error 8461 3.2: `mx' takes one name a line" } },
	{ "P-07 address", V M "mx: 192.0.2.1\n" L,
	    { "3 error 8461 3.2: `mx' is an IP address" } },
	{ "P-07 dot", V M X "mx: a.e.\n" L,
	    { "4 error 8461 3.2: `mx' ends with a dot" } },
	{ "P-07 DEL", V M "mx: a\x7f.e\n" L,
	    { "3 error 8461 3.2: `mx' holds a control character" } },
	{ "P-07 the last control", V M "mx: a\x1f.e\n" L,
	    { "3 error 8461 3.2: `mx' holds a control character" } },
	{ "P-07 another sign", V M "mx: a~.e\n" L,
	    { "3 error 8461 3.2: `mx' is a host name of letters, digits" } },
	{ "P-08", V M "mx: b\xc3\xbc" "cher.e\n" L,
	    { "3 error 8461 3.2: `mx' is an ASCII name: write an international "
	      "name in its A-label form" } },
	{ "P-09", V M X "max_age: 1w\n",
	    { "4 error 8461 3.2: `max_age' must be a number of seconds" } },
	{ "P-09 too long", V M X "max_age: 00000604800\n",
	    { "4 error 8461 3.2: `max_age' must have at most 10 digits" } },
	{ "P-10 the RFC's highest", V M X "max_age: 31557600\n", { NULL } },
	{ "P-10 X-04", V M X "max_age: 31557601\n",
	    { "4 warning 8461 3.2: `max_age' is above the RFC's highest value, "
	      "31557600" } },
	{ "P-10 X-04 under mode none", V "mode: none\nmax_age: 31557601\n",
	    { "2 note 8461 8.3: mode none",
	      "3 warning 8461 3.2: `max_age' is above" } },
	{ "P-11", V M X "max_age: 0\n",
	    { "4 warning 8461 3.2: `max_age: 0': the policy is never kept, so "
	      "whoever blocks its delivery gets around it; use weeks" } },
	{ "max_age of a second", V M X "max_age: 1\n",
	    { "4 warning 8461 3.2: `max_age' is less than a day" } },
	{ "max_age a second short of a day", V M X "max_age: 86399\n",
	    { "4 warning 8461 3.2: `max_age' is less than a day" } },
	{ "max_age of a day", V M X "max_age: 86400\n",
	    { "4 note 8461 3.2: `max_age' is less than a week" } },
	{ "max_age a second short of a week", V M X "max_age: 604799\n",
	    { "4 note 8461 3.2: `max_age' is less than a week" } },
	{ "a short max_age in testing", V "mode: testing\n" X "max_age: 1\n",
	    { "2 note 8461 5: mode testing protects no mail",
	      "4 warning 8461 3.2: `max_age' is less than a day" } },
	{ "K-08 under mode none it is right", V "mode: none\nmax_age: 0\n",
	    { "2 note 8461 8.3: mode none withdraws the policy" } },
	{ "and without a mode not worth a word", V X "max_age: 0\n",
	    { "0 error 8461 3.2: `mode' is missing" } },
	{ "P-13", V M X L M,
	    { "5 warning 8461 3.2: `mode' is there already, in line 2, which "
	      "counts: remove this one" } },
	{ "P-13 thrice", V M X L L L,
	    { "5 warning 8461 3.2: `max_age' is there already, in line 4",
	      "6 warning 8461 3.2: `max_age' is there already, in line 4" } },
	{ "P-12", V M X L "ext: y\n",
	    { "5 note 8461 3.2: field `ext' is not known to the RFC" } },
	{ "P-04 almost version", V M X L "VERSION: y\n",
	    { "5 warning 8461 3.2: field `VERSION' is ignored: `version'" } },
	{ "P-04 almost mx", V M X L "MX: y.e\n",
	    { "5 warning 8461 3.2: field `MX' is ignored: `mx' is written in "
	      "this very way" } },
	{ "P-04 almost max_age", V M X L "Max_Age: y\n",
	    { "5 warning 8461 3.2: field `Max_Age' is ignored: `max_age'" } },
	{ "P-04 max-age", V M X L "Max-age: y\n",
	    { "5 warning 8461 3.2: field `Max-age' is ignored: `max_age'" } },
	{ "P-04 maxage", V M X L "MaxAge: y\n",
	    { "5 warning 8461 3.2: field `MaxAge' is ignored: `max_age'" } },
	{ "P-18 byte order mark", "\xef\xbb\xbf" V M X L,
	    { "1 error 8461 3.2: the file begins with a byte order mark",
	      "0 error 8461 3.2: `version' is missing" } },
	{ "X-03", V M "\n" X L, { "3 warning 8461 3.2: a blank line" } },
	{ "X-03 after CRLF", "version: STSv1\r\n\r\n" M X L,
	    { "2 warning 8461 3.2: a blank line" } },
	{ "X-03 once of several in a row", V "\n\n \n" M "\n" X L,
	    { "2 warning 8461 3.2: a blank line",
	      "6 warning 8461 3.2: a blank line" } },
	{ "S-03", V M "mx: *.good.test\n" L,
	    { "3 note 8461 10.4: the wildcard trusts every host directly below "
	      "good.test, and no deeper" } },
	{ "wildcard at the top", V M "mx: *.test\n" L,
	    { "3 warning 8461 3.2: `mx' trusts each host directly below a "
	      "top-level name" } },
	{ "a name of one label", V M "mx: localhost\n" L,
	    { "3 warning 8461 3.2: `mx' is a name without a dot" } },
	{ "a name of one letter and digits", V M "mx: a1\n" L,
	    { "3 warning 8461 3.2: `mx' is a name without a dot" } },
	{ "a name that ends in a number", V M "mx: mx.12\n" L,
	    { "3 warning 8461 3.2: `mx' ends in a number" } },
	{ "a wildcard that ends in a number", V M "mx: *.1\n" L,
	    { "3 warning 8461 3.2: `mx' ends in a number" } },
	{ "a number and nothing else", V M "mx: 12\n" L,
	    { "3 warning 8461 3.2: `mx' ends in a number" } },
	{ "a last label that ends in a digit", V M "mx: mx.x1\n" L,
	    { NULL } },
	{ "mx twice", V M X "mx: MX.E\n" L,
	    { "4 warning 8461 3.2: this `mx' is there already" } },
	{ "and of one length", V M X "mx: mx.f\nmx: mx.e.e\n" L, { NULL } },
	{ "testing", V "mode: testing\n" X L,
	    { "2 note 8461 5: mode testing protects no mail" } },
	{ "K-08", V "mode: none\n" X L, { "2 note 8461 8.3: mode none" } },
	{ "P-01", V "mode: enforce\rmx: mx.e\n" L,
	    { "2 error 8461 3.2: a carriage return stands alone",
	      "0 error 8461 3.2: `mode' is missing" } },
	{ "P-17 HTML", "<html>\n" V M X L,
	    { "1 error 8461 3.2: this is HTML" } },
	{ "line numbers go on", V M X L "\n_d: 1\nx\n",
	    { "5 warning 8461 3.2: a blank line",
	      "6 error 8461 3.2: a field's name",
	      "7 error 8461 3.2: a line without `:'" } },
	{ "by line, and what is of none last",
	    V "max_age: 300\nmode: testing\n",
	    { "2 warning", "3 note", "0 error" } },
	{ "a sound one has nothing to be told about", V M X L, { NULL } },
};

START_TEST(test_told)
{
	struct sg_findings fs = { 0 };
	struct sg_sts_policy *p;
	char got[4096] = "";
	size_t used = 0, n = 0;
	bool same = true;

	parse(told[_i].in, strlen(told[_i].in), &p, &fs, NULL);
	sg_sts_policy_free(&p);
	while (n < N(told[_i].want) && told[_i].want[n] != NULL)
		n++;
	for (size_t i = 0; i < fs.n && used < sizeof(got) / 2; i++) {
		const struct sg_finding *f = &fs.f[i];
		char *line = got + used;

		used += (size_t)snprintf(line, sizeof(got) - used,
		    "%u %s %s: %s\n", f->line,
		    sg_severity_name(f->severity), f->rfc, f->text);
		same = same && i < n && strncmp(line, told[_i].want[i],
		    strlen(told[_i].want[i])) == 0;
	}
	ck_assert_msg(same && fs.n == n, "%s: want %zu, got %zu:\n%s",
	    told[_i].name, n, fs.n, got);
}
END_TEST

/* The error that the gate logs names the line of the first mistake. */
START_TEST(test_first_error)
{
	static const char text[] = V "mode: x\nmx: a_b\nmax_age: y\n";
	struct sg_err err = { .text = "" };
	struct sg_findings fs = { 0 };
	struct sg_sts_policy *p;

	ck_assert_int_eq(parse(text, sizeof(text) - 1, &p, &fs, &err),
	    SG_BAD);
	ck_assert_uint_eq(fs.errors, 3);
	ck_assert_msg(strncmp(err.text, "line 2: ", 8) == 0, "got \"%s\"",
	    err.text);
	ck_assert_uint_eq(sg_findings_first_error(&fs)->line, 2);
}
END_TEST

static const struct {
	const char *in, *want;
} logged[] = {
	{ "", "the policy is empty" },
	{ "x", "line 1: a line without" },
	{ "mode: x\n" V X L, "line 1: `mode'" },
	{ V X L, "`mode' is missing" },
};

START_TEST(test_logged)
{
	struct sg_err err = { .text = "" };
	struct sg_sts_policy *p;

	ck_assert_int_eq(parse(logged[_i].in, strlen(logged[_i].in), &p, NULL,
	    &err), SG_BAD);
	ck_assert_msg(strncmp(err.text, logged[_i].want,
	    strlen(logged[_i].want)) == 0, "got \"%s\"", err.text);
	ck_assert_int_eq(err.reason, SG_REASON_STS_POLICY_INVALID);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sts_policy_told");
	TCase *tc = tcase_create("sts_policy_told");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_told, 0, N(told));
	tcase_add_test(tc, test_first_error);
	tcase_add_loop_test(tc, test_logged, 0, N(logged));
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
