/* SPDX-License-Identifier: ISC */
/*
 * test_engine.c - one lookup for all who ask, and none that nobody needs.
 *
 * An asker's first look at the store can be held (--wrap), as a scheduler may
 * hold him there.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/engine_bench.h"

static struct engine_bench b;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define HERD 500
#else
#define HERD 10000
#endif

/* --- one lookup for all --------------------------------------------------- */

static atomic_uint answered;

static void *
ask_in_thread(void *arg)
{
	struct sg_answer a = engine_bench_ask(&b, "good.test", 60000);

	(void)arg;
	ck_assert_ptr_nonnull(a.facts);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	ck_assert_ptr_nonnull(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	atomic_fetch_add(&answered, 1);
	return NULL;
}

/* K-15, T17: the worker answers only once all of them wait. */
static bool
answer_when_all_wait(struct fake_worker *w, const struct sg_job *job,
    void *arg)
{
	AWAIT(engine_bench_stats(&b).waiting >= HERD);
	return answer_good(w, job, arg);
}

START_TEST(test_herd_K15_T17)
{
	static pthread_t threads[HERD];
	pthread_attr_t attr;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_when_all_wait, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 0; i < HERD; i++)
		ck_assert_int_eq(pthread_create(&threads[i], &attr,
		    ask_in_thread, NULL), 0);
	for (int i = 0; i < HERD; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(atomic_load(&answered), HERD);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	ck_assert_uint_ge(atomic_load(&b.waits), HERD);
	engine_bench_close(&b);
}
END_TEST

START_TEST(test_warm_asks_nobody)
{
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_good, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	for (int i = 0; i < 100; i++) {
		a = engine_bench_ask(&b, "GOOD.test.", 5000);
		ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
		sg_facts_unref(&a.facts);
	}
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	ck_assert_uint_eq(atomic_load(&b.waits), 1);
	engine_bench_close(&b);
}
END_TEST

START_TEST(test_fresh_asks_again)
{
	struct sg_ask again = { .hop = hop_of("good.test"),
		.deadline_ms = 5000, .fresh = true };
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_good, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	sg_facts_unref(&a.facts);
	sg_engine_ask(b.engine, &again, &a);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 2);
	engine_bench_close(&b);
}
END_TEST

/* --- held up on the way --------------------------------------------------- */

enum sg_rc __real_sg_store_get(struct sg_store *s, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier);
enum sg_rc __wrap_sg_store_get(struct sg_store *s, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier);

static _Thread_local bool may_be_held;
static atomic_bool is_held, go_on;

enum sg_rc
__wrap_sg_store_get(struct sg_store *s, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier)
{
	enum sg_rc rc = __real_sg_store_get(s, key, out_r, tier);

	if (may_be_held) {
		may_be_held = false;
		atomic_store(&is_held, true);
		AWAIT(atomic_load(&go_on));
	}
	return rc;
}

static void *
ask_when_let(void *arg)
{
	struct sg_answer *a = arg;

	may_be_held = true;
	*a = engine_bench_ask(&b, "good.test", 5000);
	return NULL;
}

/* K-15: who has seen that nothing is known, and comes to ask for a lookup when
   somebody else's has just landed, needs none. */
START_TEST(test_overtaken_K15)
{
	struct sg_answer a, held;
	pthread_t t;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_good, NULL);
	pthread_create(&t, NULL, ask_when_let, &held);
	AWAIT(atomic_load(&is_held));
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	atomic_store(&go_on, true);
	pthread_join(t, NULL);
	ck_assert_int_eq(held.missed, SG_REASON_NONE);
	ck_assert_ptr_nonnull(sg_facts_policy(held.facts, sg_wall_now()));
	sg_facts_unref(&held.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	engine_bench_close(&b);
}
END_TEST

/* The same for one who had seen that it is time to refresh. */
START_TEST(test_overtaken_refresh_K15)
{
	struct sg_answer a, held;
	pthread_t t;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_good, NULL);
	engine_bench_know(&b, "good.test", 60, false);
	pthread_create(&t, NULL, ask_when_let, &held);
	AWAIT(atomic_load(&is_held));
	a = engine_bench_ask(&b, "good.test", 5000);
	sg_facts_unref(&a.facts);
	AWAIT(engine_bench_stats(&b).answered == 1);
	atomic_store(&go_on, true);
	pthread_join(t, NULL);
	sg_facts_unref(&held.facts);
	/* behind a second one, if there is any */
	a = engine_bench_ask(&b, "other.test", 5000);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 2);
	engine_bench_close(&b);
}
END_TEST

/* --- limits --------------------------------------------------------------- */

static enum sg_reason
ask_as(const char *sender, unsigned n)
{
	struct sg_ask a = { .deadline_ms = 5000,
		.budget = { .sender = sender } };
	struct sg_answer out;
	enum sg_reason missed;
	char name[32];

	snprintf(name, sizeof(name), "d%u.%s.test", n, sender);
	a.hop = hop_of(name);
	sg_engine_ask(b.engine, &a, &out);
	missed = out.missed;
	sg_facts_unref(&out.facts);
	return missed;
}

/* S-05, T16: one sender's flood spends his own budget. */
START_TEST(test_sender_budget_T16)
{
	unsigned refused = 0;

	engine_bench_open(&b, "limits = { cold_per_sender = \"20/m\" "
	      "cold_total = \"1000/s\" }");
	engine_bench_attach(&b, answer_good, NULL);
	for (unsigned i = 0; i < 30; i++)
		refused += ask_as("flood", i) == SG_REASON_OVERLOAD;
	ck_assert_uint_ge(refused, 8); /* 20 a minute refill slowly */
	ck_assert_int_eq(ask_as("other", 0), SG_REASON_NONE);
	engine_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine: one for all");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_herd_K15_T17);
	tcase_add_test(t, test_warm_asks_nobody);
	tcase_add_test(t, test_fresh_asks_again);
	tcase_add_test(t, test_overtaken_K15);
	tcase_add_test(t, test_overtaken_refresh_K15);
	tcase_add_test(t, test_sender_budget_T16);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
