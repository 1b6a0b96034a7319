/* SPDX-License-Identifier: ISC */
/* test_refresh.c - what is known answers at once, and is looked up again
   beside. */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/engine_bench.h"

static struct engine_bench b;

/* --- freshness ------------------------------------------------------------ */

/* A warm answer does not wait for the refresh that is due. */
START_TEST(test_refresh_beside)
{
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_never, NULL);
	engine_bench_know(&b, "good.test", 60, false);
	a = engine_bench_ask(&b, "good.test", 30000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	AWAIT(fake_worker_jobs(b.worker) == 1);
	ck_assert_uint_eq(atomic_load(&b.waits), 0);
	engine_bench_close(&b);
}
END_TEST

/* C-16: in an outage the policy in force answers at once. */
START_TEST(test_outage_does_not_wait_C16)
{
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_never, NULL);
	engine_bench_know(&b, "good.test", 60, true);
	a = engine_bench_ask(&b, "good.test", 30000);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	ck_assert_ptr_nonnull(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(atomic_load(&b.waits), 0);
	engine_bench_close(&b);
}
END_TEST

static char told[sizeof(GOOD_POLICY)]; /* of the policy, to the worker */

static bool
keep_policy(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)w, (void)arg;
	if (job->policy != NULL && job->policy_len < sizeof(told))
		memcpy(told, job->policy, job->policy_len);
	return true;
}

/* K-04, K-05: a policy a day old is fetched again though nobody asks. The
   worker is told which (T19). */
START_TEST(test_daily_refetch_K04)
{
	engine_bench_open(&b, "");
	engine_bench_know(&b, "old.test", SG_FACTS_REFETCH_S + 10, false);
	engine_bench_attach(&b, keep_policy, NULL);
	AWAIT(fake_worker_jobs(b.worker) == 1);
	engine_bench_close(&b);
	ck_assert_str_eq(told, GOOD_POLICY);
}
END_TEST

/* One that is over is no longer told of. */
START_TEST(test_policy_over_K01)
{
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_know(&b, "good.test", 604800 + 10, true);
	engine_bench_attach(&b, keep_policy, NULL);
	a = engine_bench_ask(&b, "good.test", 600);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
	ck_assert_str_eq(told, "");
}
END_TEST

/* --- without waiting ------------------------------------------------------ */

static enum sg_rc
peek(const char *name, struct sg_facts **facts)
{
	struct sg_ask a = { .hop = hop_of(name) };
	struct sg_answer out;
	enum sg_rc rc = sg_engine_peek(b.engine, &a, &out);

	*facts = out.facts;
	return rc;
}

START_TEST(test_peek)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_facts *known = learnt_facts(&hop, "1", GOOD_POLICY,
	    "mx.good.test");
	int64_t now = sg_wall_now().s;
	struct sg_facts *f;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_never, NULL);
	/* nothing is known, and nobody is asked */
	ck_assert_int_eq(peek("good.test", &f), SG_NONE);
	ck_assert_ptr_null(f);
	ck_assert_int_eq(fake_worker_jobs(b.worker), 0);
	/* old: what is there is shown, but is no answer */
	known->fresh_until.s = known->refresh_at.s = now - 1;
	ck_assert_int_eq(sg_store_put(b.store, &known, 1, NULL), SG_OK);
	ck_assert_int_eq(peek("good.test", &f), SG_NONE);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->hop.name, known->hop.name);
	sg_facts_unref(&f);
	ck_assert_int_eq(fake_worker_jobs(b.worker), 0);
	sg_facts_unref(&known);
	/* fresh, and due: the answer, and a lookup beside it */
	known = learnt_facts(&hop, "1", GOOD_POLICY, "mx.good.test");
	known->fresh_until.s = now + 60;
	known->refresh_at.s = now - 1;
	ck_assert_int_eq(sg_store_put(b.store, &known, 1, NULL), SG_OK);
	ck_assert_int_eq(peek("good.test", &f), SG_OK);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->fresh_until.s, known->fresh_until.s);
	sg_facts_unref(&f);
	AWAIT(fake_worker_jobs(b.worker) == 1);
	sg_facts_unref(&known);
	engine_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine: refresh");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_peek);
	tcase_add_test(t, test_refresh_beside);
	tcase_add_test(t, test_outage_does_not_wait_C16);
	tcase_add_test(t, test_daily_refetch_K04);
	tcase_add_test(t, test_policy_over_K01);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
