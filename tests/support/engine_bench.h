/* SPDX-License-Identifier: ISC */
/*
 * engine_bench.h - an engine with its store and its configuration, and in slot
 * 0 a worker that is played: for the tests of lib/engine and of who asks it.
 */
#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H
#include <poll.h>
#include <stdatomic.h>
#include "engine/engine.h"
#include "support/fake_worker.h"

/* Polls until the condition holds; the test's own time limit ends it. */
#define AWAIT(cond) \
	while (!(cond)) \
	(void)poll(NULL, 0, 2)

/* Of good.test, for a week. */
#define GOOD_POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
    "max_age: 604800\n"

struct engine_bench {
	const char *store_path; /* set it before; NULL = memory only */
	struct sg_config *config;
	struct sg_store *store;
	struct sg_engine *engine;
	struct fake_worker *worker; /* NULL: none came yet */
	atomic_uint waits; /* askers that began to wait */
	atomic_uint stuck; /* how often a worker was to be replaced */
};

/* With that configuration (of dns it says enough already), without a worker. */
void engine_bench_open(struct engine_bench *b, const char *conf);
void engine_bench_close(struct engine_bench *b);
/* Another worker; the one before goes. */
void engine_bench_attach(struct engine_bench *b, fake_answer *answer,
    void *arg);

struct sg_engine_stats engine_bench_stats(struct engine_bench *b);
/* Asks; the answer's facts are yours. */
struct sg_answer engine_bench_ask(struct engine_bench *b, const char *name,
    int deadline_ms);

/* Puts GOOD_POLICY in the store, fetched so long ago, due to be refreshed.
   outage: what is known is not fresh any more, and DNS failed last time. */
void engine_bench_know(struct engine_bench *b, const char *name, int64_t age_s,
    bool outage);

/* Whatever is asked has GOOD_POLICY and its MX host; or nobody answers. */
fake_answer answer_good, answer_never;
#endif
