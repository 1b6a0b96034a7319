/* SPDX-License-Identifier: ISC */
/* test_facts.c - references, and when a policy is in force. */
#include "facts/sample.h"

#include <pthread.h>

START_TEST(counts_references)
{
	struct sg_facts *f = sample_facts("good.test"), *g;

	sample_policy(f, "enforce", 100, "a", SAMPLE_NOW);
	sample_mx(f, 3);
	g = sg_facts_ref(f);
	ck_assert_ptr_eq(f, g);
	sg_facts_unref(&f);
	ck_assert_ptr_null(f);
	ck_assert_str_eq(g->mx[2].host, "mx2.good.test");
	sg_facts_unref(&g);
	sg_facts_unref(&g); /* NULL is fine */
}
END_TEST

static void *
share(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		struct sg_facts *f = sg_facts_ref(arg);

		sg_facts_unref(&f);
	}
	return NULL;
}

START_TEST(counts_across_threads)
{
	struct sg_facts *f = sample_facts("good.test");
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, share, f), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(f->refs, 1);
	sg_facts_unref(&f);
}
END_TEST

static const struct {
	const char *name;
	unsigned max_age;
	int64_t age;
	bool want;
} in_force[] = {
	{ "K-01 just fetched", 86400, 0, true },
	{ "K-01 at max_age - 1", 86400, 86399, true },
	{ "K-01 at max_age", 86400, 86400, false },
	{ "K-01 at max_age + 1", 86400, 86401, false },
	{ "K-11 longest max_age, last second", 31557600, 31557599, true },
	{ "K-11 longest max_age, over", 31557600, 31557600, false },
	{ "K-11 clock an hour back", 86400, -3600, true },
	{ "K-11 clock a day back", 86400, -86400, true },
	{ "K-11 clock more than a day back", 86400, -86401, false },
	{ "K-11 clock 30 years back", 31557600, -946080000, false },
	{ "K-11 clock 400 days on", 31557600, 400 * 86400, false },
	{ "P-11 max_age 0, same second", 0, 0, true },
	{ "P-11 max_age 0, next second", 0, 1, false },
	{ "P-11 max_age 0, clock back", 0, -1, false },
	{ "max_age 1", 1, 0, true },
	{ "max_age 1, over", 1, 1, false },
};

START_TEST(says_what_is_in_force)
{
	for (size_t i = 0; i < sizeof(in_force) / sizeof(in_force[0]); i++) {
		struct sg_facts *f = sample_facts("good.test");
		bool got;

		sample_policy(f, "enforce", in_force[i].max_age, "a",
		    SAMPLE_NOW);
		got = sg_facts_policy(f,
			  sample_time(SAMPLE_NOW + in_force[i].age)) != NULL;
		ck_assert_msg(got == in_force[i].want, "%s: got %d, want %d",
		    in_force[i].name, got, in_force[i].want);
		ck_assert_int_eq(sg_facts_policy_expires(f).s,
		    SAMPLE_NOW + (int64_t)in_force[i].max_age);
		sg_facts_unref(&f);
	}
}
END_TEST

START_TEST(has_no_policy)
{
	struct sg_facts *f = sample_facts("good.test");

	ck_assert_ptr_null(sg_facts_policy(f, sample_time(0)));
	ck_assert_int_eq(sg_facts_policy_expires(f).s, 0);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(takes_policies)
{
	struct sg_facts *f = sample_facts("good.test");
	struct sg_err err = { .text = "" };
	static const char bad[] = "version: STSv1\nmode: enforce\n";
	static const char long_id[] = "0123456789abcdef0123456789abcdef0";

	sample_policy(f, "enforce", 86400, "a", SAMPLE_NOW);
	/* P-17: an unfit one leaves what is there. */
	ck_assert(sg_facts_set_policy(f, bad, sizeof(bad) - 1, "b",
		      sample_time(SAMPLE_NOW + 1), &err) == SG_BAD);
	ck_assert(err.text[0] != '\0');
	ck_assert(sg_facts_set_policy(f, f->sts.text, f->sts.text_len, long_id,
		      sample_time(SAMPLE_NOW + 1), &err) == SG_BAD);
	ck_assert_str_eq(f->sts.policy_id, "a");
	ck_assert_int_eq(f->sts.fetched_at.s, SAMPLE_NOW);
	ck_assert_uint_eq(f->sts.text_len, strlen(f->sts.text));
	sample_policy(f, "none", 60, "b", SAMPLE_NOW + 2); /* replaces */
	ck_assert_int_eq(f->sts.policy->mode, SG_STS_MODE_NONE);
	ck_assert_str_eq(f->sts.policy_id, "b");
	sg_facts_unref(&f);
}
END_TEST

START_TEST(sets_mx)
{
	struct sg_facts *f = sample_facts("good.test");

	sample_mx(f, SG_FACTS_MAX_MX);
	ck_assert_uint_eq(f->n_mx, SG_FACTS_MAX_MX);
	ck_assert(sg_facts_set_mx(f, 0) == SG_OK);
	ck_assert_ptr_null(f->mx);
	sg_facts_unref(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("facts");
	TCase *t = tcase_create("facts");
	SRunner *r;
	int failed;

	tcase_add_test(t, counts_references);
	tcase_add_test(t, counts_across_threads);
	tcase_add_test(t, says_what_is_in_force);
	tcase_add_test(t, has_no_policy);
	tcase_add_test(t, takes_policies);
	tcase_add_test(t, sets_mx);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
