/* SPDX-License-Identifier: ISC */
/*
 * test_sts_weaker.c - which policies protect less than the one before them
 * (THREATS T7, T3).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sts_weaker.h"

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))
#define MODE SG_STS_WEAKER_MODE
#define MX SG_STS_WEAKER_MX
#define AGE SG_STS_WEAKER_AGE

/* "mode max_age mx,mx" */
static const struct {
	const char *name, *old, *new;
	unsigned want;
} rows[] = {
	{ "T7 the same", "enforce 604800 a.test", "enforce 604800 a.test", 0 },
	{ "T7 enforce, testing", "enforce 604800 a.test",
	    "testing 604800 a.test", MODE },
	{ "T7 enforce, none", "enforce 604800 a.test", "none 604800", MODE },
	{ "T7 enforce, none of no age, other hosts: the mode says it all",
	    "enforce 604800 a.test", "none 0 b.test", MODE },
	{ "K-07 testing, none", "testing 604800 a.test", "none 604800", 0 },
	{ "testing, testing, other hosts, no age", "testing 604800 a.test",
	    "testing 0 b.test", 0 },
	{ "testing, enforce", "testing 604800 a.test",
	    "enforce 60 b.test", 0 },
	{ "none, enforce", "none 604800", "enforce 60 b.test", 0 },
	{ "none, none", "none 604800", "none 60", 0 },
	/* mx */
	{ "T7 other host", "enforce 604800 a.test", "enforce 604800 b.test",
	    MX },
	{ "T7 other hosts", "enforce 604800 a.test,b.test",
	    "enforce 604800 c.test,d.test,e.test", MX },
	{ "one host more", "enforce 604800 a.test",
	    "enforce 604800 b.test,a.test", 0 },
	{ "one host less", "enforce 604800 a.test,b.test",
	    "enforce 604800 b.test", 0 },
	{ "one of two is another", "enforce 604800 a.test,b.test",
	    "enforce 604800 c.test,b.test", 0 },
	{ "the same wildcard", "enforce 604800 *.a.test",
	    "enforce 604800 *.a.test", 0 },
	{ "a host below the wildcard before", "enforce 604800 *.a.test",
	    "enforce 604800 mx.a.test", 0 },
	{ "a wildcard above the host before", "enforce 604800 mx.a.test",
	    "enforce 604800 *.a.test", 0 },
	{ "T7 the wildcard's parent", "enforce 604800 *.a.test",
	    "enforce 604800 a.test", MX },
	{ "T7 two below it", "enforce 604800 *.a.test",
	    "enforce 604800 x.mx.a.test", MX },
	{ "T7 another wildcard", "enforce 604800 *.a.test",
	    "enforce 604800 *.b.test", MX },
	{ "T7 wildcards of parent and child", "enforce 604800 *.a.test",
	    "enforce 604800 *.mx.a.test", MX },
	{ "T7 and of child and parent", "enforce 604800 *.mx.a.test",
	    "enforce 604800 *.a.test", MX },
	{ "T7 cut short", "enforce 604800 mx.a.company",
	    "enforce 604800 mx.a.com", MX },
	/* max_age */
	{ "T3 3600 for a day", "enforce 86400 a.test", "enforce 3599 a.test",
	    AGE },
	{ "more than a tenth", "enforce 86400 a.test", "enforce 8641 a.test",
	    0 },
	{ "T7 a tenth", "enforce 86400 a.test", "enforce 8640 a.test", AGE },
	{ "T3 cut by a digit", "enforce 604800 a.test",
	    "enforce 60480 a.test", AGE },
	{ "T3 by a digit that is not 0", "enforce 1209609 a.test",
	    "enforce 120960 a.test", AGE },
	{ "T3 cut by three", "enforce 604800 a.test", "enforce 604 a.test",
	    AGE },
	{ "P-11 max_age 0", "enforce 1 a.test", "enforce 0 a.test", AGE },
	{ "from 0", "enforce 0 a.test", "enforce 0 a.test", 0 },
	{ "longer", "enforce 60 a.test", "enforce 31557600 a.test", 0 },
	{ "the longest there is", "enforce 31557600 a.test",
	    "enforce 31557600 a.test", 0 },
	{ "T7 hosts and age", "enforce 86400 a.test", "enforce 60 b.test",
	    MX | AGE },
};

static struct sg_sts_policy *
policy_of(const char *words)
{
	char text[400], mode[10], mx[200] = "", *next;
	struct sg_sts_policy *p = NULL;
	unsigned age;
	int n;

	ck_assert_int_ge(sscanf(words, "%9s %u %199s", mode, &age, mx), 2);
	n = snprintf(text, sizeof(text), "version: STSv1\nmode: %s\n"
	    "max_age: %u\n", mode, age);
	for (char *m = strtok_r(mx, ",", &next); m != NULL;
	    m = strtok_r(NULL, ",", &next))
		n += snprintf(text + n, sizeof(text) - (size_t)n, "mx: %s\n",
		    m);
	ck_assert_int_eq(sg_sts_policy_parse(text, (size_t)n, &p, NULL, NULL),
	    SG_OK);
	return p;
}

START_TEST(test_weaker)
{
	struct sg_sts_policy *old = policy_of(rows[_i].old);
	struct sg_sts_policy *new = policy_of(rows[_i].new);
	unsigned got = sg_sts_policy_weaker(new, old);

	ck_assert_msg(got == rows[_i].want, "%s: got %u, want %u",
	    rows[_i].name, got, rows[_i].want);
	sg_sts_policy_free(&old);
	sg_sts_policy_free(&new);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sts_weaker");
	TCase *tc = tcase_create("sts_weaker");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_weaker, 0, N(rows));
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
