/* SPDX-License-Identifier: ISC */
/*
 * Two answers to one lookup: the handshakes' at once, what the MX host said
 * after them later (M-18, RFC 8689). The worker is played by a thread.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/engine_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SOON_MS 5000

static struct engine_bench b;
static atomic_bool may_end; /* the worker says its last word */

static void
begin(fake_answer *answer)
{
	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer, NULL);
}

/* --- what workers say ----------------------------------------------------- */

static struct sg_facts *
probed(const struct sg_job *job, const char *policy, enum sg_probe_state state,
    enum sg_requiretls requiretls)
{
	struct sg_facts *f = learnt_facts(&job->hop, "1", policy,
	    "mx.good.test");
	struct sg_facts_probe *p = &f->mx[0].probe;

	p->state = state;
	p->level = state == SG_PROBE_OK ? SG_LEVEL_VERIFY : SG_LEVEL_NONE;
	p->reason = state == SG_PROBE_OK ? SG_REASON_NONE
	    : SG_REASON_VALIDATION_FAILURE;
	p->requiretls = requiretls;
	p->at = sg_wall_now();
	p->until.s = p->at.s + 300;
	if (policy == NULL)
		f->sts.txt.state = SG_TXT_UNASKED;
	return f;
}

static void
say_first(struct fake_worker *w, const struct sg_job *job)
{
	struct sg_facts *f = probed(job, GOOD_POLICY, SG_PROBE_OK,
	    SG_REQUIRETLS_UNASKED);

	fake_worker_send_first(w, job->id, f);
	sg_facts_unref(&f);
}

static void
say_last(struct fake_worker *w, const struct sg_job *job, const char *policy,
    enum sg_probe_state state, enum sg_requiretls requiretls)
{
	struct sg_facts *f = probed(job, policy, state, requiretls);

	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
}

/* A job that is not early gets all in one. */
static bool
say_whole(struct fake_worker *w, const struct sg_job *job)
{
	if (job->early)
		return false;
	say_last(w, job, GOOD_POLICY, SG_PROBE_OK, SG_REQUIRETLS_OFFERED);
	return true;
}

static bool
answer_done(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	if (say_whole(w, job))
		return true;
	say_first(w, job);
	AWAIT(atomic_load(&may_end));
	fake_worker_send_done(w, job->id);
	return true;
}

static bool
answer_refused(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	say_first(w, job);
	AWAIT(atomic_load(&may_end));
	say_last(w, job, NULL, SG_PROBE_FAIL, SG_REQUIRETLS_NO);
	return true;
}

static bool
answer_offered(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	say_first(w, job);
	AWAIT(atomic_load(&may_end));
	say_last(w, job, NULL, SG_PROBE_OK, SG_REQUIRETLS_OFFERED);
	return true;
}

static bool
answer_and_die(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	say_first(w, job);
	AWAIT(atomic_load(&may_end));
	return false;
}

/* --- asking --------------------------------------------------------------- */

static struct sg_facts *
ask(bool whole, bool fresh, enum sg_source want)
{
	struct sg_ask a = { .hop = hop_of("good.test"),
		.deadline_ms = SOON_MS, .whole = whole, .fresh = fresh };
	struct sg_answer out;

	sg_engine_ask(b.engine, &a, &out);
	ck_assert_ptr_nonnull(out.facts);
	ck_assert_int_eq(out.missed, SG_REASON_NONE);
	ck_assert_int_eq(out.source, want);
	return out.facts;
}

static const struct sg_facts_probe *
probe_of(const struct sg_facts *f)
{
	ck_assert_uint_eq(f->n_mx, 1);
	return &f->mx[0].probe;
}

/* The first word lets go who waits; nothing more comes of it. */
START_TEST(first_word_answers)
{
	struct sg_facts *f;

	begin(answer_done);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	ck_assert_int_eq(probe_of(f)->state, SG_PROBE_OK);
	ck_assert_int_eq(probe_of(f)->requiretls, SG_REQUIRETLS_UNASKED);
	sg_facts_unref(&f);
	ck_assert_uint_eq(engine_bench_stats(&b).flights, 1);
	f = ask(false, false, SG_SOURCE_MEMORY);
	sg_facts_unref(&f);
	atomic_store(&may_end, true);
	AWAIT(engine_bench_stats(&b).flights == 0);
	f = ask(false, false, SG_SOURCE_MEMORY);
	ck_assert_ptr_nonnull(sg_facts_policy(f, sg_wall_now()));
	ck_assert_int_eq(probe_of(f)->requiretls, SG_REQUIRETLS_UNASKED);
	sg_facts_unref(&f);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	ck_assert_uint_eq(atomic_load(&b.stuck), 0);
	engine_bench_close(&b);
}
END_TEST

static const struct correction {
	const char *name;
	fake_answer *answer;
	bool at_once; /* both words land together */
	enum sg_probe_state state;
	enum sg_requiretls requiretls;
} corrections[] = {
	{ "M-18 refused after the handshake", answer_refused, false,
	    SG_PROBE_FAIL, SG_REQUIRETLS_NO },
	{ "M-18 at once", answer_refused, true, SG_PROBE_FAIL,
	    SG_REQUIRETLS_NO },
	{ "REQUIRETLS is offered", answer_offered, false, SG_PROBE_OK,
	    SG_REQUIRETLS_OFFERED },
	{ "the worker dies: the first word stays", answer_and_die, false,
	    SG_PROBE_OK, SG_REQUIRETLS_UNASKED },
};

/* The last word corrects what is known of the MX hosts, and nothing else: the
   policy stays, and nothing is counted twice. */
START_TEST(last_word_corrects)
{
	const struct correction *c = &corrections[_i];
	struct sg_facts *f;

	atomic_store(&may_end, c->at_once);
	begin(c->answer);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	sg_facts_unref(&f);
	atomic_store(&may_end, true);
	AWAIT(engine_bench_stats(&b).flights == 0);
	f = sg_store_peek(b.store, "good.test");
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(probe_of(f)->state == c->state &&
	    probe_of(f)->requiretls == c->requiretls, "%s: got %d, %d", c->name,
	    probe_of(f)->state, probe_of(f)->requiretls);
	ck_assert_ptr_nonnull(sg_facts_policy(f, sg_wall_now()));
	ck_assert_int_eq(f->sts.txt.state, SG_TXT_RECORD);
	sg_facts_unref(&f);
	ck_assert_uint_eq(engine_bench_stats(&b).answered, 1);
	ck_assert_uint_eq(atomic_load(&b.stuck), 0);
	engine_bench_close(&b);
}
END_TEST

/* A message with REQUIRETLS asks for the whole from the start. */
START_TEST(requiretls_waits_for_all)
{
	struct sg_facts *f;

	begin(answer_done);
	f = ask(true, false, SG_SOURCE_LOOKUP);
	ck_assert_int_eq(probe_of(f)->requiretls, SG_REQUIRETLS_OFFERED);
	sg_facts_unref(&f);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 1);
	engine_bench_close(&b);
}
END_TEST

/* Where it was not asked, it asks once more, and then it is known. */
START_TEST(requiretls_asks_once_more)
{
	struct sg_facts *f;

	atomic_store(&may_end, true);
	begin(answer_done);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	sg_facts_unref(&f);
	AWAIT(engine_bench_stats(&b).flights == 0);
	f = ask(true, false, SG_SOURCE_LOOKUP);
	ck_assert_int_eq(probe_of(f)->requiretls, SG_REQUIRETLS_OFFERED);
	sg_facts_unref(&f);
	f = ask(true, false, SG_SOURCE_MEMORY);
	sg_facts_unref(&f);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 2);
	engine_bench_close(&b);
}
END_TEST

/* M-18: a host that refused us is not passed on its handshake again, only
   because what was known of it is too old. */
START_TEST(refused_before)
{
	static const enum sg_probe_state states[] = { SG_PROBE_OK,
		SG_PROBE_FAIL, SG_PROBE_UNREACHABLE };
	struct sg_job job = { .hop = hop_of("good.test") };
	struct sg_facts *f;

	atomic_store(&may_end, true);
	begin(answer_done);
	f = probed(&job, GOOD_POLICY, states[_i], SG_REQUIRETLS_NO);
	f->fresh_until.s = sg_wall_now().s - 1;
	ck_assert_int_eq(sg_store_put(b.store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	ck_assert_int_eq(probe_of(f)->requiretls, states[_i] == SG_PROBE_OK
	    ? SG_REQUIRETLS_UNASKED : SG_REQUIRETLS_OFFERED);
	sg_facts_unref(&f);
	engine_bench_close(&b);
}
END_TEST

static void *
end_when_one_waits(void *arg)
{
	(void)arg;
	AWAIT(engine_bench_stats(&b).waiting == 1);
	atomic_store(&may_end, true);
	return NULL;
}

static const struct joiner {
	const char *name;
	bool whole, fresh;
	fake_answer *answer;
	enum sg_requiretls requiretls;
	unsigned jobs;
} joiners[] = {
	{ "REQUIRETLS: the last word is enough", true, false, answer_offered,
	    SG_REQUIRETLS_OFFERED, 1 },
	{ "REQUIRETLS: it is not", true, false, answer_done,
	    SG_REQUIRETLS_OFFERED, 2 },
	{ "Q-04 a look at all anew is one of its own", false, true,
	    answer_done, SG_REQUIRETLS_OFFERED, 2 },
};

/* Who wants the whole joins a lookup that has said its first word, and waits
   for the last. */
START_TEST(joins_between)
{
	const struct joiner *j = &joiners[_i];
	pthread_t thread;
	struct sg_facts *f;

	begin(j->answer);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	sg_facts_unref(&f);
	ck_assert_int_eq(pthread_create(&thread, NULL, end_when_one_waits,
	    NULL), 0);
	f = ask(j->whole, j->fresh, SG_SOURCE_LOOKUP);
	pthread_join(thread, NULL);
	ck_assert_msg(probe_of(f)->requiretls == j->requiretls, "%s: got %d",
	    j->name, probe_of(f)->requiretls);
	ck_assert_msg(fake_worker_jobs(b.worker) == j->jobs, "%s: %u jobs",
	    j->name, fake_worker_jobs(b.worker));
	sg_facts_unref(&f);
	engine_bench_close(&b);
}
END_TEST

/* --- what a worker must not say (T15) ------------------------------------- */

static bool
answer_twice_first(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	say_first(w, job);
	say_first(w, job);
	return true;
}

static bool
answer_only_done(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	fake_worker_send_done(w, job->id);
	return true;
}

static bool
answer_first_to_whole(struct fake_worker *w, const struct sg_job *job,
    void *arg)
{
	(void)arg;
	ck_assert(!job->early);
	say_first(w, job);
	return true;
}

static const struct lie {
	const char *name;
	fake_answer *answer;
	bool whole;
} lies[] = {
	{ "T15 two first words", answer_twice_first, false },
	{ "T15 a last word without a first", answer_only_done, false },
	{ "T15 a first word where all was asked for", answer_first_to_whole,
	    true },
};

START_TEST(is_distrusted)
{
	struct sg_ask a = { .hop = hop_of("good.test"), .deadline_ms = 700,
		.whole = lies[_i].whole };
	struct sg_answer out;

	begin(lies[_i].answer);
	sg_engine_ask(b.engine, &a, &out);
	sg_facts_unref(&out.facts);
	AWAIT(atomic_load(&b.stuck) == 1);
	engine_bench_close(&b);
}
END_TEST

/* The last word of a lookup that is over is nobody's. */
static bool
answer_then_done(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)arg;
	say_last(w, job, GOOD_POLICY, SG_PROBE_OK, SG_REQUIRETLS_NO);
	fake_worker_send_done(w, job->id);
	return true;
}

START_TEST(late_last_word)
{
	struct sg_facts *f;

	begin(answer_then_done);
	f = ask(false, false, SG_SOURCE_LOOKUP);
	sg_facts_unref(&f);
	f = ask(false, true, SG_SOURCE_LOOKUP); /* it is still trusted */
	sg_facts_unref(&f);
	ck_assert_uint_eq(atomic_load(&b.stuck), 0);
	engine_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine/early");
	TCase *tc = tcase_create("early");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, first_word_answers);
	tcase_add_loop_test(tc, last_word_corrects, 0, N(corrections));
	tcase_add_test(tc, requiretls_waits_for_all);
	tcase_add_test(tc, requiretls_asks_once_more);
	tcase_add_loop_test(tc, refused_before, 0, 3);
	tcase_add_loop_test(tc, joins_between, 0, N(joiners));
	tcase_add_loop_test(tc, is_distrusted, 0, N(lies));
	tcase_add_test(tc, late_last_word);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
