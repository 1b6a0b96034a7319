/* SPDX-License-Identifier: ISC */
/*
 * test_sts_policy_caps.c - how much of an MTA-STS policy is read at most
 * (THREATS T13, STANDARDS C-13, P-18).
 */
#include <check.h>
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

struct text {
	char *s;
	size_t len;
};

static struct text
new_text(size_t size)
{
	struct text t = { malloc(size), 0 };

	ck_assert_ptr_nonnull(t.s);
	return t;
}

static void
add(struct text *t, const char *s, size_t len)
{
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void
fill(struct text *t, char c, size_t n)
{
	memset(t->s + t->len, c, n);
	t->len += n;
}

static enum sg_rc
verdict(struct text *t, size_t *n_mx)
{
	struct sg_sts_policy *p;
	struct sg_findings fs = { 0 };
	enum sg_rc rc = parse(t->s, t->len, &p, &fs, NULL);

	ck_assert_uint_le(fs.n, SG_FINDINGS_MAX);
	*n_mx = p != NULL ? p->n_mx : 0;
	sg_sts_policy_free(&p);
	free(t->s);
	return rc;
}

static const struct {
	const char *name;
	int n;
	enum sg_rc want;
} mx_caps[] = {
	{ "T13 255 mx", 255, SG_OK },
	{ "T13 256 mx", 256, SG_OK },
	{ "T13 257 mx", 257, SG_BAD },
	{ "T13 4,000 mx", 4000, SG_BAD },
	{ "P-18 25,600 mx", 25600, SG_BAD },
};

START_TEST(test_mx_cap)
{
	struct text t = new_text(1 << 20);
	size_t n_mx;
	char line[32];

	add(&t, T(V M A));
	for (int i = 0; i < mx_caps[_i].n; i++) {
		int n = snprintf(line, sizeof(line), "mx: m%d.e\n", i);

		add(&t, line, (size_t)n);
	}
	ck_assert_msg(verdict(&t, &n_mx) == mx_caps[_i].want, "%s",
	    mx_caps[_i].name);
	if (mx_caps[_i].want == SG_OK)
		ck_assert_int_eq((int)n_mx, mx_caps[_i].n);
}
END_TEST

static const struct {
	const char *name;
	size_t len; /* of the line, without its end */
	bool crlf;
	enum sg_rc want;
} line_caps[] = {
	{ "T13 line of 1,023", 1023, false, SG_OK },
	{ "T13 line of 1,024", 1024, false, SG_OK },
	{ "T13 line of 1,024 and CRLF", 1024, true, SG_OK },
	{ "T13 line of 1,025", 1025, false, SG_BAD },
	{ "T13 line of 1,025 and CRLF", 1025, true, SG_BAD },
	{ "T13 line of 60,000", 60000, false, SG_BAD },
	{ "P-18 line of 1 MB", 1000000, false, SG_BAD },
};

START_TEST(test_line_cap)
{
	struct text t = new_text(1 << 20);
	size_t n_mx;

	add(&t, T(V M X A "x: "));
	fill(&t, 'y', line_caps[_i].len - 3);
	add(&t, line_caps[_i].crlf ? "\r\n" : "\n",
	    line_caps[_i].crlf ? 2 : 1);
	ck_assert_msg(verdict(&t, &n_mx) == line_caps[_i].want, "%s",
	    line_caps[_i].name);
}
END_TEST

/* T13: spaces are a blank line, unless they are too many. */
START_TEST(test_blank_cap)
{
	struct text t = new_text(4096);
	size_t n_mx;

	add(&t, T(V M X A));
	fill(&t, ' ', 1024 + (size_t)_i);
	ck_assert_int_eq(verdict(&t, &n_mx), _i == 0 ? SG_OK : SG_BAD);
}
END_TEST

static const struct {
	const char *name;
	size_t len;
	enum sg_rc want;
} size_caps[] = {
	{ "C-13 65,535 octets", 65535, SG_OK },
	{ "C-13 65,536 octets", 65536, SG_OK },
	{ "C-13 65,537 octets", 65537, SG_BAD },
	{ "T13 6.5 MB", 6553600, SG_BAD },
};

/* It is of no line. */
static void
check_too_large(const struct text *t)
{
	struct sg_err err = { .text = "" };
	struct sg_sts_policy *p;

	ck_assert_int_eq(parse(t->s, t->len, &p, NULL, &err), SG_BAD);
	ck_assert_msg(strncmp(err.text, "the policy is larger", 20) == 0,
	    "got \"%s\"", err.text);
}

START_TEST(test_size_cap)
{
	struct text t = new_text(size_caps[_i].len);
	size_t n_mx;

	add(&t, T(V M X A));
	while (t.len < size_caps[_i].len) {
		size_t rest = size_caps[_i].len - t.len;

		/* lines of at least four octets, none left over */
		rest = rest > 1000 ? 500 : rest;
		add(&t, T("x:"));
		fill(&t, 'y', rest - 3);
		fill(&t, '\n', 1);
	}
	if (size_caps[_i].want == SG_BAD)
		check_too_large(&t);
	ck_assert_msg(verdict(&t, &n_mx) == size_caps[_i].want, "%s",
	    size_caps[_i].name);
}
END_TEST

/* T13: more mistakes than there is room to tell; the first error stays. */
START_TEST(test_many_findings)
{
	struct text t = new_text(65536);
	struct sg_findings fs = { 0 };
	struct sg_sts_policy *p;

	add(&t, T(V M X A));
	for (int i = 0; i < 100; i++)
		add(&t, T("x: y\n"));
	add(&t, T("mx: a_b\n"));
	for (int i = 0; i < 5000; i++)
		add(&t, T("_: y\n"));
	ck_assert_int_eq(parse(t.s, t.len, &p, &fs, NULL), SG_BAD);
	ck_assert_uint_eq(fs.n, SG_FINDINGS_MAX);
	ck_assert_uint_eq(fs.n + fs.dropped, 100 + 1 + 5000 + 1);
	ck_assert_uint_eq(fs.errors, 5001);
	ck_assert_uint_eq(sg_findings_first_error(&fs)->line, 105);
	free(t.s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sts_policy_caps");
	TCase *tc = tcase_create("sts_policy_caps");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_blank_cap, 0, 2);
	tcase_add_loop_test(tc, test_mx_cap, 0, N(mx_caps));
	tcase_add_loop_test(tc, test_line_cap, 0, N(line_caps));
	tcase_add_loop_test(tc, test_size_cap, 0, N(size_caps));
	tcase_add_test(tc, test_many_findings);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
