/* SPDX-License-Identifier: ISC */
/*
 * test_engine.c - one lookup for all who ask; nobody waits longer than he
 * said; a worker that dies, hangs or lies costs no more than its own answer.
 *
 * An asker's first look at the store can be held (--wrap), as a scheduler may
 * hold him there, and the clock be put on.
 */
#include <sys/stat.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "support/fake_worker.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define HERD 500
#else
#define HERD 10000
#endif
#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
    "max_age: 604800\n"

static struct sg_config *config;
static struct sg_store *store;
static struct sg_engine *engine;
static struct fake_worker *worker;
static atomic_uint waits, stuck;

static void
on_wait(void *arg)
{
	(void)arg;
	atomic_fetch_add(&waits, 1);
}

static void
on_stuck(void *arg, unsigned slot)
{
	(void)arg;
	ck_assert_uint_eq(slot, 0);
	atomic_fetch_add(&stuck, 1);
}

static void
start(const char *conf)
{
	struct sg_config_errors errors = { 0 };
	struct sg_store_params sp = { .path = NULL };
	struct sg_engine_params ep = { .before_wait = on_wait,
		.worker_stuck = on_stuck };
	char text[500];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n%s",
	    conf);
	ck_assert_int_eq(sg_config_parse(text, "test", &config, &errors),
	    SG_OK);
	sg_config_errors_fini(&errors);
	ck_assert_int_eq(sg_store_open(&sp, &store, NULL), SG_OK);
	ep.store = store;
	ep.config = config;
	ck_assert_int_eq(sg_engine_new(&ep, &engine, NULL), SG_OK);
}

static void
finish(void)
{
	sg_engine_free(&engine);
	fake_worker_free(&worker);
	sg_store_close(&store);
	sg_config_unref(&config);
}

/* Polls until the condition holds; the test's own time limit ends it. */
#define AWAIT(cond) \
	while (!(cond)) \
	(void)poll(NULL, 0, 2)

static struct sg_engine_stats
stats(void)
{
	struct sg_engine_stats st;

	sg_engine_stats(engine, &st);
	return st;
}

static struct sg_answer
ask(const char *name, int ms)
{
	struct sg_ask a = { .hop = hop_of(name), .deadline_ms = ms };
	struct sg_answer out;

	sg_engine_ask(engine, &a, &out);
	return out;
}

/* --- answers ------------------------------------------------------------------- */

static bool
answer_good(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, "1", POLICY,
	    "mx.good.test");

	(void)arg;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static bool
answer_never(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)w, (void)job, (void)arg;
	return true;
}

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
	struct sg_facts *f = learnt_facts(&job->hop, "1", POLICY,
	    "mx.good.test");

	(void)arg;
	f->sts.txt.until.s += 1000L * 86400;
	f->sts.fetched_at.s += 1000L * 86400;
	f->sts.txt.at.s += 1000L * 86400;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

/* --- one lookup for all ----------------------------------------------------------- */

static atomic_uint answered;

static void *
ask_in_thread(void *arg)
{
	struct sg_answer a = ask("good.test", 60000);

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
	struct sg_engine_stats st;

	do {
		(void)poll(NULL, 0, 5);
		sg_engine_stats(engine, &st);
	} while (st.waiting < HERD);
	return answer_good(w, job, arg);
}

START_TEST(test_herd_K15_T17)
{
	static pthread_t threads[HERD];
	pthread_attr_t attr;

	start("");
	worker = fake_worker_new(engine, answer_when_all_wait, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	for (int i = 0; i < HERD; i++)
		ck_assert_int_eq(pthread_create(&threads[i], &attr,
		    ask_in_thread, NULL), 0);
	for (int i = 0; i < HERD; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(atomic_load(&answered), HERD);
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
	ck_assert_uint_ge(atomic_load(&waits), HERD);
	finish();
}
END_TEST

START_TEST(test_warm_asks_nobody)
{
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_good, NULL);
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	for (int i = 0; i < 100; i++) {
		a = ask("GOOD.test.", 5000);
		ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
		sg_facts_unref(&a.facts);
	}
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
	ck_assert_uint_eq(atomic_load(&waits), 1);
	finish();
}
END_TEST

START_TEST(test_fresh_asks_again)
{
	struct sg_ask again = { .hop = hop_of("good.test"),
		.deadline_ms = 5000, .fresh = true };
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_good, NULL);
	a = ask("good.test", 5000);
	sg_facts_unref(&a.facts);
	sg_engine_ask(engine, &again, &a);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 2);
	finish();
}
END_TEST

/* --- what goes wrong ------------------------------------------------------------------ */

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

	start("");
	worker = fake_worker_new(engine, wrong[_i].answer, NULL);
	a = ask("good.test", wrong[_i].deadline_ms);
	ck_assert_msg(a.missed == wrong[_i].missed, "%s: got %s, want %s",
	    wrong[_i].name, sg_reason_name(a.missed),
	    sg_reason_name(wrong[_i].missed));
	ck_assert_ptr_nonnull(a.facts);
	sg_facts_unref(&a.facts);
	ck_assert_msg(sg_store_get(store, "victim.test", &victim, NULL) ==
	    SG_NONE, "%s: the victim was poisoned", wrong[_i].name);
	if (wrong[_i].distrusted)
		AWAIT(atomic_load(&stuck) == 1);
	else
		ck_assert_uint_eq(atomic_load(&stuck), 0);
	finish();
}
END_TEST

START_TEST(test_times_from_the_future)
{
	struct sg_answer a;
	struct sg_wall now;

	start("");
	worker = fake_worker_new(engine, answer_from_the_future, NULL);
	a = ask("good.test", 5000);
	now = sg_wall_now();
	ck_assert_int_le(a.facts->sts.txt.at.s, now.s);
	ck_assert_int_le(a.facts->sts.fetched_at.s, now.s);
	ck_assert_int_le(a.facts->sts.txt.until.s,
	    now.s + SG_FACTS_TTL_MAX_S);
	sg_facts_unref(&a.facts);
	finish();
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

	start("");
	worker = fake_worker_new(engine, answer_unconfirmed, NULL);
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.facts->sts.fetch.reason, SG_REASON_INTERNAL);
	ck_assert_uint_eq(a.facts->sts.fetch.failures, 1);
	sg_facts_unref(&a.facts);
	finish();
}
END_TEST

static void *
ask_slowly(void *arg)
{
	struct sg_answer *a = arg;

	*a = ask("good.test", 30000);
	return NULL;
}

/* kill -9 of a worker: the next one is asked the same. */
START_TEST(test_worker_dies_once)
{
	struct sg_engine_stats st;
	struct sg_answer a;
	pthread_t t;

	start("");
	worker = fake_worker_new(engine, answer_by_dying, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	do {
		(void)poll(NULL, 0, 2);
		sg_engine_stats(engine, &st);
	} while (st.worker_losses == 0);
	fake_worker_free(&worker);
	worker = fake_worker_new(engine, answer_good, NULL);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	ck_assert_int_eq(a.source, SG_SOURCE_LOOKUP);
	sg_facts_unref(&a.facts);
	finish();
}
END_TEST

/* A job that kills whoever takes it is given up after the second. */
START_TEST(test_worker_dies_twice)
{
	struct sg_engine_stats st;
	struct sg_answer a;
	pthread_t t;

	start("");
	worker = fake_worker_new(engine, answer_by_dying, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	do {
		(void)poll(NULL, 0, 2);
		sg_engine_stats(engine, &st);
	} while (st.worker_losses == 0);
	fake_worker_free(&worker);
	worker = fake_worker_new(engine, answer_by_dying, NULL);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	/* And that is kept: the next to ask does not kill a third. */
	fake_worker_free(&worker);
	worker = fake_worker_new(engine, answer_by_dying, NULL);
	a = ask("good.test", 5000);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 0);
	finish();
}
END_TEST

START_TEST(test_deaf_worker_is_told_of)
{
	start("");
	worker = fake_worker_new(engine, answer_never, NULL);
	fake_worker_set_deaf(worker, true);
	AWAIT(atomic_load(&stuck) >= 1);
	finish();
}
END_TEST

START_TEST(test_drain_lets_all_go)
{
	struct sg_engine_stats st;
	struct sg_answer a;
	pthread_t t;

	start("");
	worker = fake_worker_new(engine, answer_never, NULL);
	pthread_create(&t, NULL, ask_slowly, &a);
	do {
		(void)poll(NULL, 0, 2);
		sg_engine_stats(engine, &st);
	} while (st.waiting == 0);
	sg_engine_drain(engine);
	pthread_join(t, NULL);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	a = ask("other.test", 30000);
	ck_assert_int_eq(a.missed, SG_REASON_INTERNAL);
	sg_facts_unref(&a.facts);
	finish();
}
END_TEST

static void
put_known(const char *name, int64_t age_s, bool outage)
{
	struct sg_nexthop hop = hop_of(name);
	struct sg_facts *f = learnt_facts(&hop, "1", POLICY, "mx.good.test");
	struct sg_wall now = sg_wall_now();

	f->sts.fetched_at.s = now.s - age_s;
	f->fresh_until.s = outage ? now.s - 1 : now.s + 1000;
	f->refresh_at.s = now.s - 1;
	f->refetch_at.s = f->sts.fetched_at.s + SG_FACTS_REFETCH_S;
	if (outage) {
		f->sts.txt.state = SG_TXT_ERROR;
		f->sts.txt.id[0] = '\0';
	}
	ck_assert_int_eq(sg_store_put(store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

/* --- held up on the way, or late --------------------------------------------- */

enum sg_rc __real_sg_store_get(struct sg_store *s, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier);
enum sg_rc __wrap_sg_store_get(struct sg_store *s, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier);
struct sg_mono __real_sg_mono_now(void);
struct sg_mono __wrap_sg_mono_now(void);

static _Thread_local bool may_be_held;
static atomic_bool is_held, go_on;
static atomic_long put_on_ms;

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

struct sg_mono
__wrap_sg_mono_now(void)
{
	struct sg_mono now = __real_sg_mono_now();

	now.ms += atomic_load(&put_on_ms);
	return now;
}

static void *
ask_when_let(void *arg)
{
	struct sg_answer *a = arg;

	may_be_held = true;
	*a = ask("good.test", 5000);
	return NULL;
}

/* K-15: who has seen that nothing is known, and comes to ask for a lookup when
   somebody else's has just landed, needs none. */
START_TEST(test_overtaken_K15)
{
	struct sg_answer a, b;
	pthread_t t;

	start("");
	worker = fake_worker_new(engine, answer_good, NULL);
	pthread_create(&t, NULL, ask_when_let, &b);
	AWAIT(atomic_load(&is_held));
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	atomic_store(&go_on, true);
	pthread_join(t, NULL);
	ck_assert_int_eq(b.missed, SG_REASON_NONE);
	ck_assert_ptr_nonnull(sg_facts_policy(b.facts, sg_wall_now()));
	sg_facts_unref(&b.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
	finish();
}
END_TEST

/* The same for one who had seen that it is time to refresh. */
START_TEST(test_overtaken_refresh_K15)
{
	struct sg_answer a, b;
	pthread_t t;

	start("");
	worker = fake_worker_new(engine, answer_good, NULL);
	put_known("good.test", 60, false);
	pthread_create(&t, NULL, ask_when_let, &b);
	AWAIT(atomic_load(&is_held));
	a = ask("good.test", 5000);
	sg_facts_unref(&a.facts);
	AWAIT(stats().answered == 1);
	atomic_store(&go_on, true);
	pthread_join(t, NULL);
	sg_facts_unref(&b.facts);
	a = ask("other.test", 5000); /* behind a second one, if there is any */
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 2);
	finish();
}
END_TEST

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

	start("reply_deadline = \"1s\"");
	worker = fake_worker_new(engine, answer, NULL);
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.missed, SG_REASON_TIMEOUT);
	ck_assert_ptr_null(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	sg_engine_ask(engine, &again, &a);
	ck_assert_int_eq(a.missed, SG_REASON_TIMEOUT);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(stats().flights, 1);
	ck_assert_uint_eq(stats().timed_out, 1);
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
}

/* K-15, C-14: nobody starts the same while the worker is still at it, and what
   it brings in the end is kept. */
START_TEST(test_late_answer_is_kept_K15_C14)
{
	struct sg_answer a;

	give_up_then_ask(answer_good_late);
	atomic_store(&go_on, true);
	AWAIT(stats().flights == 0);
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	ck_assert_ptr_nonnull(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
	finish();
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
	AWAIT(stats().flights == 0);
	fake_worker_free(&worker);
	worker = fake_worker_new(engine, answer_good, NULL);
	sg_engine_ask(engine, &again, &a);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(fake_worker_jobs(worker), 1);
	finish();
}
END_TEST

/* A worker that lives on and never answers does not block a name for ever. */
START_TEST(test_late_is_forgotten)
{
	give_up_then_ask(answer_never);
	atomic_store(&put_on_ms, 61000);
	AWAIT(stats().flights == 0);
	finish();
}
END_TEST

/* --- limits -------------------------------------------------------------------------- */

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
	sg_engine_ask(engine, &a, &out);
	missed = out.missed;
	sg_facts_unref(&out.facts);
	return missed;
}

/* S-05, T16: one sender's flood spends his own budget. */
START_TEST(test_sender_budget_T16)
{
	unsigned refused = 0;

	start("limits = { cold_per_sender = \"20/m\" "
	      "cold_total = \"1000/s\" }");
	worker = fake_worker_new(engine, answer_good, NULL);
	for (unsigned i = 0; i < 30; i++)
		refused += ask_as("flood", i) == SG_REASON_OVERLOAD;
	ck_assert_uint_ge(refused, 8); /* 20 a minute refill slowly */
	ck_assert_int_eq(ask_as("other", 0), SG_REASON_NONE);
	finish();
}
END_TEST

/* --- freshness ------------------------------------------------------------------------ */

/* A warm answer does not wait for the refresh that is due. */
START_TEST(test_refresh_beside)
{
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_never, NULL);
	put_known("good.test", 60, false);
	a = ask("good.test", 30000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	sg_facts_unref(&a.facts);
	AWAIT(fake_worker_jobs(worker) == 1);
	ck_assert_uint_eq(atomic_load(&waits), 0);
	finish();
}
END_TEST

/* C-16: in an outage the policy in force answers at once. */
START_TEST(test_outage_does_not_wait_C16)
{
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_never, NULL);
	put_known("good.test", 60, true);
	a = ask("good.test", 30000);
	ck_assert_int_eq(a.missed, SG_REASON_NONE);
	ck_assert_ptr_nonnull(sg_facts_policy(a.facts, sg_wall_now()));
	sg_facts_unref(&a.facts);
	ck_assert_uint_eq(atomic_load(&waits), 0);
	finish();
}
END_TEST

static char told[sizeof(POLICY)]; /* of the policy, to the worker */

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
	start("");
	put_known("old.test", SG_FACTS_REFETCH_S + 10, false);
	worker = fake_worker_new(engine, keep_policy, NULL);
	AWAIT(fake_worker_jobs(worker) == 1);
	finish();
	ck_assert_str_eq(told, POLICY);
}
END_TEST

/* One that is over is no longer told of. */
START_TEST(test_policy_over_K01)
{
	struct sg_answer a;

	start("");
	put_known("good.test", 604800 + 10, true);
	worker = fake_worker_new(engine, keep_policy, NULL);
	a = ask("good.test", 600);
	sg_facts_unref(&a.facts);
	finish();
	ck_assert_str_eq(told, "");
}
END_TEST

/* --- what MX hosts attain -------------------------------------------------------------- */

static struct sg_job jobs[10];
static bool we_are_the_mx;

static void
set_probe(struct sg_facts *f)
{
	f->mx[0].tlsa = SG_TLSA_NONE;
	f->mx[0].probe.state = SG_PROBE_FAIL;
	f->mx[0].probe.reason = SG_REASON_STARTTLS_NOT_SUPPORTED;
	f->mx[0].probe.at = sg_wall_now();
	f->mx[0].probe.until.s = f->mx[0].probe.at.s + 300;
}

/* As a worker does: what is published is known without a demand, what MX hosts
   attain with one. */
static bool
answer_demand(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, NULL, NULL,
	    "mx.good.test");
	struct sg_engine_stats st;

	/* All who are to join have. */
	if (arg != NULL && fake_worker_jobs(w) == 1)
		do {
			(void)poll(NULL, 0, 2);
			sg_engine_stats(engine, &st);
		} while (st.waiting < *(unsigned *)arg);
	jobs[(fake_worker_jobs(w) - 1) % 10] = *job;
	f->mx[0].tlsa = SG_TLSA_UNASKED;
	f->mx[0].is_self = we_are_the_mx;
	if (we_are_the_mx || !job->demand)
		f->mx[0].addrs = SG_ADDR_UNASKED;
	else if (job->probe)
		set_probe(f);
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static enum sg_probe_state
ask_state(const char *name, bool demand, bool fresh)
{
	struct sg_ask a = { .hop = hop_of(name), .deadline_ms = 5000,
		.demand = demand, .fresh = fresh };
	enum sg_probe_state state;
	struct sg_answer out;

	sg_engine_ask(engine, &a, &out);
	ck_assert_int_eq(out.missed, SG_REASON_NONE);
	state = out.facts->mx[0].probe.state;
	sg_facts_unref(&out.facts);
	return state;
}

static const struct {
	const char *name, *conf;
	bool self;
	/* asks in turn: '.', d demand, f fresh; each's lookup: '.' none, l, d
	   with demand, a again, b both */
	const char *asks, *lookups;
} demands[] = {
	{ "a demand at first", "", false, "dd.", "d.." },
	{ "a demand later: one lookup more", "", false, "..dd.", "l.d.." },
	{ "fresh: probes are repeated (8461 5.1)", "", false, ".f", "la" },
	{ "fresh keeps the demand", "", false, "df", "db" },
	{ "probes are off: a demand changes nothing",
	    "probe = { enable = false }", false, ".dd", "l.." },
	{ "N-08 we are the MX: nothing is to be learnt", "", true, ".dd",
	    "l.." },
};

START_TEST(test_demand)
{
	char got[10] = "";

	start(demands[_i].conf);
	we_are_the_mx = demands[_i].self;
	worker = fake_worker_new(engine, answer_demand, NULL);
	for (size_t i = 0; demands[_i].asks[i] != '\0'; i++) {
		unsigned before = fake_worker_jobs(worker);
		char ask = demands[_i].asks[i];

		(void)ask_state("good.test", ask == 'd', ask == 'f');
		got[i] = '.';
		if (fake_worker_jobs(worker) > before)
			got[i] = "ladb"[jobs[before].demand * 2 +
			    jobs[before].again];
	}
	ck_assert_msg(strcmp(got, demands[_i].lookups) == 0,
	    "%s: got %s, want %s", demands[_i].name, got, demands[_i].lookups);
	finish();
}
END_TEST

static void *
demand_in_thread(void *arg)
{
	*(enum sg_probe_state *)arg = ask_state("good.test", true, false);
	return NULL;
}

/* Who joins a lookup that was begun without his demand has it met all the
   same. */
START_TEST(test_demand_joins)
{
	static unsigned askers = 3;
	enum sg_probe_state state[2] = { 0 };
	pthread_t plain, t[2];
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_demand, &askers);
	pthread_create(&plain, NULL, ask_slowly, &a);
	AWAIT(fake_worker_jobs(worker) == 1);
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, demand_in_thread, &state[i]);
	pthread_join(plain, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		ck_assert_int_eq(state[i], SG_PROBE_FAIL);
	}
	ck_assert(!jobs[0].demand);
	ck_assert(jobs[1].demand);
	ck_assert_uint_eq(fake_worker_jobs(worker), 2);
	sg_facts_unref(&a.facts);
	finish();
}
END_TEST

/* What was demanded once is kept fresh beside the answers. */
START_TEST(test_refresh_keeps_demand)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_facts *f = learnt_facts(&hop, NULL, NULL, "mx.good.test");
	struct sg_wall now = sg_wall_now();
	struct sg_answer a;

	start("");
	worker = fake_worker_new(engine, answer_demand, NULL);
	f->fresh_until.s = now.s + 1000;
	f->refresh_at.s = now.s - 1;
	f->refetch_at.s = now.s + 10000;
	if (_i == 1)
		set_probe(f);
	ck_assert_int_eq(sg_store_put(store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
	a = ask("good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	sg_facts_unref(&a.facts);
	AWAIT(fake_worker_jobs(worker) == 1);
	finish(); /* joins the worker's thread */
	ck_assert_ptr_null(jobs[0].policy);
	ck_assert_int_eq(jobs[0].demand, _i == 1);
	ck_assert(!jobs[0].again);
}
END_TEST

/* --- without waiting --------------------------------------------------------------- */

static enum sg_rc
peek(const char *name, struct sg_facts **facts)
{
	struct sg_ask a = { .hop = hop_of(name) };
	struct sg_answer out;
	enum sg_rc rc = sg_engine_peek(engine, &a, &out);

	*facts = out.facts;
	return rc;
}

START_TEST(test_peek)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_facts *known = learnt_facts(&hop, "1", POLICY,
	    "mx.good.test");
	int64_t now = sg_wall_now().s;
	struct sg_facts *f;

	start("");
	worker = fake_worker_new(engine, answer_never, NULL);
	/* nothing is known, and nobody is asked */
	ck_assert_int_eq(peek("good.test", &f), SG_NONE);
	ck_assert_ptr_null(f);
	ck_assert_int_eq(fake_worker_jobs(worker), 0);
	/* old: what is there is shown, but is no answer */
	known->fresh_until.s = known->refresh_at.s = now - 1;
	ck_assert_int_eq(sg_store_put(store, &known, 1, NULL), SG_OK);
	ck_assert_int_eq(peek("good.test", &f), SG_NONE);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->hop.name, known->hop.name);
	sg_facts_unref(&f);
	ck_assert_int_eq(fake_worker_jobs(worker), 0);
	sg_facts_unref(&known);
	/* fresh, and due: the answer, and a lookup beside it */
	known = learnt_facts(&hop, "1", POLICY, "mx.good.test");
	known->fresh_until.s = now + 60;
	known->refresh_at.s = now - 1;
	ck_assert_int_eq(sg_store_put(store, &known, 1, NULL), SG_OK);
	ck_assert_int_eq(peek("good.test", &f), SG_OK);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->fresh_until.s, known->fresh_until.s);
	sg_facts_unref(&f);
	AWAIT(fake_worker_jobs(worker) == 1);
	sg_facts_unref(&known);
	finish();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_herd_K15_T17);
	tcase_add_test(t, test_warm_asks_nobody);
	tcase_add_test(t, test_peek);
	tcase_add_test(t, test_fresh_asks_again);
	tcase_add_loop_test(t, test_wrong, 0,
	    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, test_times_from_the_future);
	tcase_add_test(t, test_worker_does_not_doubt_T7);
	tcase_add_test(t, test_worker_dies_once);
	tcase_add_test(t, test_worker_dies_twice);
	tcase_add_test(t, test_deaf_worker_is_told_of);
	tcase_add_test(t, test_drain_lets_all_go);
	tcase_add_test(t, test_overtaken_K15);
	tcase_add_test(t, test_overtaken_refresh_K15);
	tcase_add_test(t, test_late_answer_is_kept_K15_C14);
	tcase_add_test(t, test_late_ends_with_its_worker);
	tcase_add_test(t, test_late_is_forgotten);
	tcase_add_test(t, test_sender_budget_T16);
	tcase_add_test(t, test_refresh_beside);
	tcase_add_test(t, test_outage_does_not_wait_C16);
	tcase_add_test(t, test_daily_refetch_K04);
	tcase_add_test(t, test_policy_over_K01);
	tcase_add_loop_test(t, test_demand, 0,
	    sizeof(demands) / sizeof(demands[0]));
	tcase_add_test(t, test_demand_joins);
	tcase_add_loop_test(t, test_refresh_keeps_demand, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
