/* SPDX-License-Identifier: ISC */
/*
 * flight.h - the lookups under way: one a next hop, however many wait for it.
 * Every function is called with the engine's mutex held.
 */
#ifndef SG_FLIGHT_H
#define SG_FLIGHT_H
#include <pthread.h>
#include <stdbool.h>
#include <uthash.h>
#include "base/clock.h"
#include "net/job.h"

struct sg_flight {
	char key[SG_NEXTHOP_KEY_SIZE];
	uint64_t id; /* of its job; 0 is never used */
	struct sg_job job;
	struct sg_facts *known; /* when it was begun, or NULL; job.policy points
				   into it */
	unsigned slot;         /* the worker that is asked */
	bool sent, background;
	unsigned tries;        /* how often it was given to a worker */
	struct sg_mono began, ends; /* given up then */
	bool done; /* there is an answer, or it was given up; it may still be in
		      the table, while its worker is not through with it */
	bool over; /* its worker is: what there is stays */
	bool first; /* the worker has answered and may correct that */
	enum sg_reason missed; /* when done without an answer */
	struct sg_facts *facts; /* when done: what is known now, may be NULL */
	unsigned refs;         /* the table's and each waiter's */
	pthread_cond_t cond;
	bool lost; /* no memory for the tables */
	UT_hash_handle by_key, by_id;
};

struct sg_flights {
	struct sg_flight *by_key, *by_id;
	uint64_t next_id;
	size_t n;
};

struct sg_flight *sg_flight_find(struct sg_flights *t, const char *key);
struct sg_flight *sg_flight_find_id(struct sg_flights *t, uint64_t id);
/* A new one, in the table, with the table's reference; its job has id and hop
   set. NULL: no memory. */
struct sg_flight *sg_flight_add(struct sg_flights *t,
    const struct sg_nexthop *hop, unsigned n_slots);
/* Lets those go who wait, with facts (a reference, may be NULL), but keeps it
   in the table: its worker is still at it, so nobody may start the same. */
void sg_flight_give_up(struct sg_flight *f, struct sg_facts *facts,
    enum sg_reason missed);
/* The same with the first of two answers; who asks for both waits on. */
void sg_flight_answer(struct sg_flight *f, struct sg_facts *facts);
/* Takes it out of the table, hands facts (a reference, may be NULL) to those
   who wait, and drops the table's reference. */
void sg_flight_finish(struct sg_flights *t, struct sg_flight *f,
    struct sg_facts *facts, enum sg_reason missed);
void sg_flight_unref(struct sg_flight *f);
#endif
