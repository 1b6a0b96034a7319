/* SPDX-License-Identifier: ISC */
/* engine_bench.c - see engine_bench.h. */
#include "support/engine_bench.h"

#include <check.h>
#include <stdio.h>

static void
on_wait(void *arg)
{
	struct engine_bench *b = arg;

	atomic_fetch_add(&b->waits, 1);
}

static void
on_stuck(void *arg, unsigned slot)
{
	struct engine_bench *b = arg;

	ck_assert_uint_eq(slot, 0);
	atomic_fetch_add(&b->stuck, 1);
}

void
engine_bench_open(struct engine_bench *b, const char *conf)
{
	struct sg_config_errors errors = { 0 };
	struct sg_store_params sp = { .path = b->store_path };
	struct sg_engine_params ep = { .before_wait = on_wait,
		.worker_stuck = on_stuck, .arg = b };
	char text[1000];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n%s",
	    conf);
	ck_assert_int_eq(sg_config_parse(text, "test", &b->config, &errors),
	    SG_OK);
	sg_config_errors_fini(&errors);
	ck_assert_int_eq(sg_store_open(&sp, &b->store, NULL), SG_OK);
	ep.store = b->store;
	ep.config = b->config;
	ck_assert_int_eq(sg_engine_new(&ep, &b->engine, NULL), SG_OK);
	b->worker = NULL;
}

void
engine_bench_close(struct engine_bench *b)
{
	sg_engine_free(&b->engine);
	fake_worker_free(&b->worker);
	sg_store_close(&b->store);
	sg_config_unref(&b->config);
}

void
engine_bench_attach(struct engine_bench *b, fake_answer *answer, void *arg)
{
	fake_worker_free(&b->worker);
	b->worker = fake_worker_new(b->engine, answer, arg);
}

struct sg_engine_stats
engine_bench_stats(struct engine_bench *b)
{
	struct sg_engine_stats st;

	sg_engine_stats(b->engine, &st);
	return st;
}

struct sg_answer
engine_bench_ask(struct engine_bench *b, const char *name, int deadline_ms)
{
	struct sg_ask a = { .hop = hop_of(name), .deadline_ms = deadline_ms };
	struct sg_answer out;

	sg_engine_ask(b->engine, &a, &out);
	return out;
}

void
engine_bench_know(struct engine_bench *b, const char *name, int64_t age_s,
    bool outage)
{
	struct sg_nexthop hop = hop_of(name);
	struct sg_facts *f = learnt_facts(&hop, "1", GOOD_POLICY, "mx.good.test");
	struct sg_wall now = sg_wall_now();

	f->sts.fetched_at.s = now.s - age_s;
	f->fresh_until.s = outage ? now.s - 1 : now.s + 1000;
	f->refresh_at.s = now.s - 1;
	f->refetch_at.s = f->sts.fetched_at.s + SG_FACTS_REFETCH_S;
	if (outage) {
		f->sts.txt.state = SG_TXT_ERROR;
		f->sts.txt.id[0] = '\0';
	}
	ck_assert_int_eq(sg_store_put(b->store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

bool
answer_good(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, "1", GOOD_POLICY,
	    "mx.good.test");

	(void)arg;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

bool
answer_never(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	(void)w, (void)job, (void)arg;
	return true;
}
