/* SPDX-License-Identifier: ISC */
/*
 * flight.c - see flight.h.
 *
 * Two hashes over one set: askers know the next hop, workers' answers carry
 * the job's number. A flight leaves both the moment its worker is through with
 * it, so that the next asker starts a new one; those who wait keep it alive.
 */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->lost = true)
#include "engine/flight.h"

#include <stdlib.h>
#include <string.h>

/* The same next hop always goes to the same worker: its resolver's cache is
   warm (FNV-1a). */
static unsigned
slot_of(const char *key, unsigned n_slots)
{
	uint32_t h = 2166136261u;

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h % n_slots;
}

struct sg_flight *
sg_flight_find(struct sg_flights *t, const char *key)
{
	struct sg_flight *f;

	HASH_FIND(by_key, t->by_key, key, strlen(key), f);
	return f;
}

struct sg_flight *
sg_flight_find_id(struct sg_flights *t, uint64_t id)
{
	struct sg_flight *f;

	HASH_FIND(by_id, t->by_id, &id, sizeof(id), f);
	return f;
}

struct sg_flight *
sg_flight_add(struct sg_flights *t, const struct sg_nexthop *hop,
    unsigned n_slots)
{
	struct sg_flight *f = calloc(1, sizeof(*f));
	pthread_condattr_t attr;

	if (f == NULL)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->cond, &attr);
	pthread_condattr_destroy(&attr);
	sg_nexthop_key(hop, f->key);
	f->id = ++t->next_id;
	f->job.id = f->id;
	f->job.hop = *hop;
	f->slot = slot_of(f->key, n_slots);
	f->refs = 1;
	HASH_ADD(by_key, t->by_key, key, strlen(f->key), f);
	if (!f->lost) {
		HASH_ADD(by_id, t->by_id, id, sizeof(f->id), f);
		if (f->lost)
			HASH_DELETE(by_key, t->by_key, f);
	}
	if (f->lost) {
		sg_flight_unref(f);
		return NULL;
	}
	t->n++;
	return f;
}

/* What a later answer brings replaces what there was. */
static void
settle(struct sg_flight *f, struct sg_facts *facts, enum sg_reason missed)
{
	if (!f->done || facts != NULL) {
		sg_facts_unref(&f->facts);
		f->facts = facts;
		f->missed = missed;
		f->done = true;
	}
	pthread_cond_broadcast(&f->cond);
}

void
sg_flight_answer(struct sg_flight *f, struct sg_facts *facts)
{
	settle(f, facts, SG_REASON_NONE);
}

void
sg_flight_give_up(struct sg_flight *f, struct sg_facts *facts,
    enum sg_reason missed)
{
	sg_assert(!f->done);
	settle(f, facts, missed);
}

void
sg_flight_finish(struct sg_flights *t, struct sg_flight *f,
    struct sg_facts *facts, enum sg_reason missed)
{
	HASH_DELETE(by_key, t->by_key, f);
	HASH_DELETE(by_id, t->by_id, f);
	t->n--;
	f->over = true;
	settle(f, facts, missed);
	sg_flight_unref(f);
}

void
sg_flight_unref(struct sg_flight *f)
{
	sg_assert(f->refs > 0);
	if (--f->refs > 0)
		return;
	pthread_cond_destroy(&f->cond);
	sg_facts_unref(&f->facts);
	sg_facts_unref(&f->known);
	free(f);
}
