/* SPDX-License-Identifier: ISC */
/*
 * test_worker_fails.c - nobody waits longer than he said; a worker that dies,
 * hangs, lies or is late costs no more than its own answer. The clock can be
 * put on (--wrap).
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/engine_bench.h"

static struct engine_bench b;

/* --- answers -------------------------------------------------------------- */

static bool
answer_by_dying(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)w, (void)job, (void)arg;
	return false;
}

static bool
answer_refused(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_frame f = { .type = SG_FRAME_REFUSED, .id = job->id };

	(void)arg;
	fake_worker_send(w, &f);
	return true;
}

static bool
answer_other_hop(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_nexthop other = hop_of("victim.test");
	struct sg_facts *f = learnt_facts(&other, NULL, NULL, "mx.evil.test");

	(void)arg;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static bool
answer_other_id(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_nexthop other = hop_of("victim.test");
	struct sg_facts *f = learnt_facts(&other, NULL, NULL, "mx.evil.test");

	fake_worker_send_facts(w, job->id + 1000, f);
	sg_facts_unref(&f);
	return answer_good(w, job, arg);
}

static bool
answer_garbage(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)job, (void)arg;
	fake_worker_send_bytes(w, "\0\0garbage", 9);
	return true;
}

static bool
answer_job(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_frame f = { .type = SG_FRAME_JOB, .id = job->id,
		.job = *job };

	(void)arg;
	fake_worker_send(w, &f);
	return true;
}

static bool
answer_from_the_future(struct fake_worker *w, const struct sg_job *job,
    void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, "1", GOOD_POLICY,
	    "mx.good.test");

	(void)arg;
	f->sts.txt.until.s += 1000L * 86400;
	f->sts.fetched_at.s += 1000L * 86400;
	f->sts.txt.at.s += 1000L * 86400;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

/* --- what goes wrong ------------------------------------------------------ */

static const struct {
	const char *name;
	fake_answer *answer;
	int deadline_ms;
	enum sg_reason missed;
	bool distrusted;
} wrong[] = {
	{ "silent worker: the deadline answers", answer_never, 600,
	    SG_REASON_TIMEOUT, false },
	{ "worker is full", answer_refused, 5000, SG_REASON_OVERLOAD, false },
	{ "T15: facts about another next hop", answer_other_hop, 5000,
	    SG_REASON_INTERNAL, true },
	{ "T15: facts for a job never given", answer_other_id, 5000,
	    SG_REASON_NONE, false },
	{ "garbage", answer_garbage, 900, SG_REASON_TIMEOUT, true },
	{ "a frame that only the front sends", answer_job, 900,
	    SG_REASON_TIMEOUT, true },
};

START_TEST(test_wrong)
{
	struct sg_facts *victim = NULL;
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, wrong[_i].answer, NULL);
	a = engine_bench_ask(&b, "good.test", wrong[_i].deadline_ms);
	ck_assert_msg(a.missed == wrong[_i].missed, "%s: got %s, want %s",
	    wrong[_i].name, sg_reason_name(a.missed),
	    sg_reason_name(wrong[_i].missed));
	ck_assert_ptr_nonnull(a.facts);
	sg_facts_unref(&a.facts);
	ck_assert_msg(sg_store_get(b.store, "victim.test", &victim, NULL) ==
	    SG_NONE, "%s: the victim was poisoned", wrong[_i].name);
	if (wrong[_i].distrusted)
		AWAIT(atomic_load(&b.stuck) == 1);
	else
		ck_assert_uint_eq(atomic_load(&b.stuck), 0);
	engine_bench_close(&b);
}
END_TEST

START_TEST(test_times_from_the_future)
{
	struct sg_answer a;
	struct sg_wall now;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_from_the_future, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	now = sg_wall_now();
	ck_assert_int_le(a.facts->sts.txt.at.s, now.s);
	ck_assert_int_le(a.facts->sts.fetched_at.s, now.s);
	ck_assert_int_le(a.facts->sts.txt.until.s,
	    now.s + SG_FACTS_TTL_MAX_S);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
}
END_TEST

static bool
answer_unconfirmed(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, "1", NULL,
	    "mx.good.test");

	(void)arg;
	f->sts.fetch.tried = true;
	f->sts.fetch.reason = SG_REASON_STS_POLICY_UNCONFIRMED;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

/* Which policies are doubted is not a worker's to say. */
START_TEST(test_worker_does_not_doubt_T7)
{
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_unconfirmed, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.facts->sts.fetch.reason, SG_REASON_INTERNAL);
	ck_assert_uint_eq(a.facts->sts.fetch.failures, 1);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
}
END_TEST

static void *
ask_slowly(void *arg)
{
	struct sg_answer *a = arg;

	*a = engine_bench_ask(&b, "good.test", 30000);
	return NULL;
}

/* kill -9 of a worker: the next one is asked the same. */
START_TEST(test_worker_dies_once)
{
	struct sg_answer a;
	pthread_t t;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_by_dying, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	AWAIT(engine_bench_stats(&b).worker_losses > 0);
	engine_bench_attach(&b, answer_good, NULL);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
}
END_TEST

/* A job that kills whoever takes it is given up after the second. */
START_TEST(test_worker_dies_twice)
{
	struct sg_answer a;
	pthread_t t;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_by_dying, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	AWAIT(engine_bench_stats(&b).worker_losses > 0);
	engine_bench_attach(&b, answer_by_dying, NULL);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	/* And that is kept: the next to ask does not kill a third. */
	engine_bench_attach(&b, answer_by_dying, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 0);
	engine_bench_close(&b);
}
END_TEST

START_TEST(test_deaf_worker_is_told_of)
{
	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_never, NULL);
	fake_worker_set_deaf(b.worker, true);
	AWAIT(atomic_load(&b.stuck) >= 1);
	engine_bench_close(&b);
}
END_TEST

START_TEST(test_drain_lets_all_go)
{
	struct sg_answer a;
	pthread_t t;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_never, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	AWAIT(engine_bench_stats(&b).waiting > 0);
	sg_engine_drain(b.engine);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	a = engine_bench_ask(&b, "other.test", 30000);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
}
END_TEST

/* --- late ----------------------------------------------------------------- */

struct sg_mono __real_sg_mono_now(void);
struct sg_mono __wrap_sg_mono_now(void);

static atomic_bool go_on;
static atomic_long put_on_ms;

struct sg_mono
__wrap_sg_mono_now(void)
{
	struct sg_mono now = __real_sg_mono_now();

	now.ms += atomic_load(&put_on_ms);
	return now;
}

static bool
answer_good_late(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	AWAIT(atomic_load(&go_on));
	return answer_good(w, job, NULL);
}

static bool
die_late(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)w, (void)job, (void)arg;
	AWAIT(atomic_load(&go_on));
	return false;
}

/* A lookup that its worker is too slow with is given up, and asked for anew. */
static void
give_up_then_ask(fake_answer *answer)
{
	struct sg_ask again = { .hop = hop_of("good.test"),
		.deadline_ms = 5000, .fresh = true };
	struct sg_answer a;

	engine_bench_open(&b, "reply_deadline = \"1s\"");
	engine_bench_attach(&b, answer, NULL);
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.missed, SG_REASON_TIMEOUT);
	ck_assert_ptr_null(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	sg_engine_ask(b.engine, &again, &a);
	ck_assert_int_eq(a.missed, SG_REASON_TIMEOUT);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(engine_bench_stats(&b).flights, 1);
	ck_assert_uint_eq(engine_bench_stats(&b).timed_out, 1);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
}

/* K-15, C-14: nobody starts the same while the worker is still at it, and what
   it brings in the end is kept. */
START_TEST(test_late_answer_is_kept_K15_C14)
{
	struct sg_answer a;

	give_up_then_ask(answer_good_late);
	atomic_store(&go_on, true);
	AWAIT(engine_bench_stats(&b).flights == 0);
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	ck_assert_ptr_nonnull(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	engine_bench_close(&b);
}
END_TEST

/* A worker that dies over it takes it along: the next is not asked what nobody
   waits for, but may be. */
START_TEST(test_late_ends_with_its_worker)
{
	struct sg_ask again = { .hop = hop_of("good.test"),
		.deadline_ms = 5000, .fresh = true };
	struct sg_answer a;

	give_up_then_ask(die_late);
	atomic_store(&go_on, true);
	AWAIT(engine_bench_stats(&b).flights == 0);
	engine_bench_attach(&b, answer_good, NULL);
	sg_engine_ask(b.engine, &again, &a);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	engine_bench_close(&b);
}
END_TEST

/* A worker that lives on and never answers does not block a name for ever. */
START_TEST(test_late_is_forgotten)
{
	give_up_then_ask(answer_never);
	atomic_store(&put_on_ms, 61000);
	AWAIT(engine_bench_stats(&b).flights == 0);
	engine_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine: a worker fails");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_wrong, 0,
	    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, test_times_from_the_future);
	tcase_add_test(t, test_worker_does_not_doubt_T7);
	tcase_add_test(t, test_worker_dies_once);
	tcase_add_test(t, test_worker_dies_twice);
	tcase_add_test(t, test_deaf_worker_is_told_of);
	tcase_add_test(t, test_drain_lets_all_go);
	tcase_add_test(t, test_late_answer_is_kept_K15_C14);
	tcase_add_test(t, test_late_ends_with_its_worker);
	tcase_add_test(t, test_late_is_forgotten);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
