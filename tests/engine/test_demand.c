/* SPDX-License-Identifier: ISC */
/* test_demand.c - what MX hosts attain is found out for who demands it, and for
   nobody else. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/engine_bench.h"

static struct engine_bench b;

static void *
ask_slowly(void *arg)
{
	struct sg_answer *a = arg;

	*a = engine_bench_ask(&b, "good.test", 30000);
	return NULL;
}

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

	/* All who are to join have. */
	if (arg != NULL && fake_worker_jobs(w) == 1)
		AWAIT(engine_bench_stats(&b).waiting >= *(unsigned *)arg);
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

	sg_engine_ask(b.engine, &a, &out);
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

	engine_bench_open(&b, demands[_i].conf);
	we_are_the_mx = demands[_i].self;
	engine_bench_attach(&b, answer_demand, NULL);
	for (size_t i = 0; demands[_i].asks[i] != '\0'; i++) {
		unsigned before = fake_worker_jobs(b.worker);
		char ask = demands[_i].asks[i];

		(void)ask_state("good.test", ask == 'd', ask == 'f');
		got[i] = '.';
		if (fake_worker_jobs(b.worker) > before)
			got[i] = "ladb"[jobs[before].demand * 2 +
			    jobs[before].again];
	}
	ck_assert_msg(strcmp(got, demands[_i].lookups) == 0,
	    "%s: got %s, want %s", demands[_i].name, got, demands[_i].lookups);
	engine_bench_close(&b);
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

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_demand, &askers);
	pthread_create(&plain, NULL, ask_slowly, &a);
	AWAIT(fake_worker_jobs(b.worker) == 1);
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, demand_in_thread, &state[i]);
	pthread_join(plain, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		ck_assert_int_eq(state[i], SG_PROBE_FAIL);
	}
	ck_assert(!jobs[0].demand);
	ck_assert(jobs[1].demand);
	ck_assert_uint_eq(fake_worker_jobs(b.worker), 2);
	sg_facts_unref(&a.facts);
	engine_bench_close(&b);
}
END_TEST

/* What was demanded once is kept fresh beside the answers. */
START_TEST(test_refresh_keeps_demand)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_facts *f = learnt_facts(&hop, NULL, NULL, "mx.good.test");
	struct sg_wall now = sg_wall_now();
	struct sg_answer a;

	engine_bench_open(&b, "");
	engine_bench_attach(&b, answer_demand, NULL);
	f->fresh_until.s = now.s + 1000;
	f->refresh_at.s = now.s - 1;
	f->refetch_at.s = now.s + 10000;
	if (_i == 1)
		set_probe(f);
	ck_assert_int_eq(sg_store_put(b.store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
	a = engine_bench_ask(&b, "good.test", 5000);
	ck_assert_int_eq(a.source, SG_SOURCE_MEMORY);
	sg_facts_unref(&a.facts);
	AWAIT(fake_worker_jobs(b.worker) == 1);
	engine_bench_close(&b); /* joins the worker's thread */
	ck_assert_ptr_null(jobs[0].policy);
	ck_assert_int_eq(jobs[0].demand, _i == 1);
	ck_assert(!jobs[0].again);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine: demand");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
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
