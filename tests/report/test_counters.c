/* SPDX-License-Identifier: ISC */
/* test_counters.c - what is counted, by how many threads soever, and that the
   number of series has an end. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/counters.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n"

struct sum {
	const char *name, *labels; /* NULL: any */
	unsigned long total;
	size_t series;
};

static void
sum_up(void *arg, const char *name, const char *labels, unsigned long value)
{
	struct sum *s = arg;

	if (strcmp(name, s->name) != 0 ||
	    (s->labels != NULL && strstr(labels, s->labels) == NULL))
		return;
	s->total += value;
	s->series++;
}

static struct sum
sum_of(const char *name, const char *labels)
{
	struct sum s = { name, labels, 0, 0 };

	sg_counters_each(sum_up, &s);
	return s;
}

static void *
count_many(void *arg)
{
	char name[16];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "g%u", i % 8);
		sg_count_decision(&(struct sg_counted) { name,
		    SG_RESULT_UNKNOWN, SG_REASON_TIMEOUT, SG_ACTION_DEFER,
		    SG_ACTION_DEFER });
	}
	return arg;
}

START_TEST(test_threads)
{
	pthread_t t[8];

	sg_counters_reset();
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, count_many, NULL),
		    0);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(sum_of("stsgate_decisions_total", NULL).total, 8000);
	ck_assert_uint_eq(sum_of("stsgate_decisions_total", NULL).series, 8);
	ck_assert_uint_eq(sum_of("stsgate_decisions_total",
	    "group=\"g3\",").total, 1000);
	ck_assert_uint_eq(sum_of("stsgate_failures_total",
	    "\"timeout\"").total, 8000);
}
END_TEST

/* THREATS 2.6: groups of endless configurations make no endless series. */
START_TEST(test_groups_capped)
{
	char name[16];

	sg_counters_reset();
	for (unsigned i = 0; i < 3 * SG_COUNTERS_MAX_GROUPS; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		sg_count_decision(&(struct sg_counted) { name, SG_RESULT_PASS,
		    SG_REASON_NONE, SG_ACTION_ACCEPT, SG_ACTION_ACCEPT });
	}
	ck_assert_uint_eq(sum_of("stsgate_decisions_total", NULL).series,
	    SG_COUNTERS_MAX_GROUPS + 1);
	ck_assert_uint_eq(sum_of("stsgate_decisions_total",
	    "group=\"other\"").total, 2 * SG_COUNTERS_MAX_GROUPS);
}
END_TEST

START_TEST(test_out_of_range)
{
	sg_counters_reset();
	sg_count_decision(&(struct sg_counted) { "g", (enum sg_result)9,
	    SG_REASON_NONE, SG_ACTION_ACCEPT, SG_ACTION_ACCEPT });
	sg_count_decision(&(struct sg_counted) { "g", SG_RESULT_FAIL,
	    (enum sg_reason)99, SG_ACTION_AUTO, SG_ACTION_ACCEPT });
	sg_count_missed((enum sg_reason)99);
	ck_assert_uint_eq(sum_of("stsgate_decisions_total", NULL).series, 0);
	ck_assert_uint_eq(sum_of("stsgate_failures_total", NULL).series, 0);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total", NULL).series, 0);
}
END_TEST

static struct sg_facts *
facts(const char *policy, enum sg_reason fetch, struct sg_wall at)
{
	struct sg_nexthop hop = { .name = "a.test", .port = 25 };
	struct sg_facts *f = sg_facts_new(&hop);

	if (policy != NULL)
		ck_assert_int_eq(sg_facts_set_policy(f, policy, strlen(policy),
		    "1", at, NULL), SG_OK);
	f->sts.fetch.tried = true;
	f->sts.fetch.reason = fetch;
	return f;
}

/* K-06: a policy in force that cannot be renewed is seen before it ends. */
START_TEST(test_failing_policies)
{
	struct sg_wall now = { 1800000000 }, later = { now.s + 3600 };
	struct sg_facts *bad = facts(POLICY, SG_REASON_STS_POLICY_FETCH_ERROR,
	    now);
	struct sg_facts *newer = facts(POLICY,
	    SG_REASON_STS_POLICY_FETCH_ERROR, later);
	struct sg_facts *good = facts(POLICY, SG_REASON_NONE, now);
	struct sg_facts *none = facts(NULL, SG_REASON_STS_POLICY_FETCH_ERROR,
	    now);
	struct sg_facts *doubt = facts(POLICY,
	    SG_REASON_STS_POLICY_UNCONFIRMED, now);

	sg_counters_reset();
	ck_assert_int_eq(sg_counters_first_expiry(now).s, 0);
	sg_count_policy("none", none, now);
	sg_count_policy("good", good, now);
	sg_count_policy("doubt", doubt, now); /* its refresh did not fail */
	ck_assert_int_eq(sg_counters_first_expiry(now).s, 0);
	sg_count_policy("newer", newer, later);
	sg_count_policy("bad", bad, now);
	ck_assert_int_eq(sg_counters_first_expiry(now).s, now.s + 86400);
	sg_count_policy("bad", good, now);
	ck_assert_int_eq(sg_counters_first_expiry(now).s, later.s + 86400);
	ck_assert_int_eq(sg_counters_first_expiry((struct sg_wall) {
	    later.s + 86400 }).s, 0);
	sg_facts_unref(&bad);
	sg_facts_unref(&newer);
	sg_facts_unref(&good);
	sg_facts_unref(&none);
	sg_facts_unref(&doubt);
}
END_TEST

START_TEST(test_lookups)
{
	struct sg_wall now = { 1800000000 };
	struct sg_facts *f = facts(POLICY, SG_REASON_NONE, now);
	struct sg_histogram h;

	sg_counters_reset();
	f->sts.txt.state = SG_TXT_RECORD;
	f->mx_state = SG_MX_FOUND;
	ck_assert_int_eq(sg_facts_set_mx(f, 2), SG_OK);
	f->mx[0].probe.state = SG_PROBE_OK;
	f->mx[1].probe.state = SG_PROBE_FAIL;
	f->mx[0].tlsa = SG_TLSA_USABLE;
	f->mx[1].tlsa = SG_TLSA_UNASKED;
	sg_count_lookup(f);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"txt\",result=\"ok\"").total, 1);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"policy\",result=\"ok\"").total, 1);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"mx\",result=\"ok\"").total, 1);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"tlsa\"").total, 1);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"probe\",result=\"error\"").total, 1);
	sg_facts_drop_policy(f);
	f->sts.fetch.reason = SG_REASON_STS_POLICY_UNCONFIRMED;
	sg_count_lookup(f);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"policy\",result=\"unconfirmed\"").total, 1);
	ck_assert_uint_eq(sum_of("stsgate_lookups_total",
	    "kind=\"policy\",result=\"error\"").total, 0);
	for (int64_t ms = 1; ms <= 100000; ms *= 10)
		sg_count_lookup_ms(ms);
	sg_counters_histogram(&h);
	ck_assert_uint_eq(h.count, 6);
	ck_assert_uint_eq(h.le[0], 2); /* 1 and 10 ms */
	ck_assert_uint_eq(h.le[SG_COUNTERS_BUCKETS - 1], 5);
	ck_assert(h.sum_s > 111.1 && h.sum_s < 111.2);
	sg_facts_unref(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("report: counters");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, test_threads);
	tcase_add_test(t, test_groups_capped);
	tcase_add_test(t, test_out_of_range);
	tcase_add_test(t, test_failing_policies);
	tcase_add_test(t, test_lookups);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
