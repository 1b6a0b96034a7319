/* SPDX-License-Identifier: ISC */
/*
 * fake_worker.h - the far end of an engine's channel, played by a thread of
 * the test: it keeps the jobs that it was given and answers as told.
 */
#ifndef FAKE_WORKER_H
#define FAKE_WORKER_H
#include <stdbool.h>
#include "engine/engine.h"
#include "net/job.h"

struct fake_worker;

/* Answers one job: sends what it likes by fake_worker_send_facts() and
   others; false: the worker goes away (closes its socket). */
typedef bool fake_answer(struct fake_worker *w, const struct sg_job *job,
    void *arg);

/* Starts it and attaches it to slot 0 of engine. */
struct fake_worker *fake_worker_new(struct sg_engine *engine,
    fake_answer *answer, void *arg);
void fake_worker_free(struct fake_worker **w);

void fake_worker_send(struct fake_worker *w, const struct sg_frame *frame);
void fake_worker_send_facts(struct fake_worker *w, uint64_t id,
    const struct sg_facts *facts);
/* The same as FIRST; and the last word that nothing is to be corrected. */
void fake_worker_send_first(struct fake_worker *w, uint64_t id,
    const struct sg_facts *facts);
void fake_worker_send_done(struct fake_worker *w, uint64_t id);
void fake_worker_send_bytes(struct fake_worker *w, const void *data,
    size_t len);
/* Jobs seen so far. */
unsigned fake_worker_jobs(struct fake_worker *w);
/* Whether pings are answered (they are, at first). */
void fake_worker_set_deaf(struct fake_worker *w, bool deaf);

/* Facts as a worker would learn them: TXT record id and policy text (NULL:
   TXT says none), one MX host `mx`. Fails the test when out of memory. */
struct sg_facts *learnt_facts(const struct sg_nexthop *hop, const char *id,
    const char *policy, const char *mx);
struct sg_nexthop hop_of(const char *name);
#endif
