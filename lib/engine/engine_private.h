/* SPDX-License-Identifier: ISC */
/* engine_private.h - shared by engine.c (asking) and pump.c (the thread). */
#ifndef SG_ENGINE_PRIVATE_H
#define SG_ENGINE_PRIVATE_H
#include <pthread.h>
#include <stdatomic.h>
#include "engine/channel.h"
#include "engine/clockguard.h"
#include "engine/doubt.h"
#include "engine/engine.h"
#include "engine/flight.h"
#include "engine/limits.h"

#define SG_ENGINE_MAX_WORKERS 16

struct sg_engine {
	struct sg_engine_params params; /* config in it is unused */
	pthread_t thread;
	int event_fd; /* wakes the thread */
	atomic_bool can_probe; /* as the configuration says */
	struct sg_clockguard clock; /* has its own lock */

	/* The thread's own. */
	unsigned char *frame_buf; /* SG_FRAME_MAX */
	struct sg_mono last_tick, last_due, last_expire;
	struct sg_doubts doubts;

	/* The mutex guards all below. It is the only lock here; inside it only
	   the store's memory is looked at (sg_store_peek). */
	pthread_mutex_t mutex;
	bool stop, draining;
	struct sg_config *config;
	unsigned n_slots;
	struct sg_channel channels[SG_ENGINE_MAX_WORKERS];
	struct sg_flights flights;
	size_t background, waiting; /* flights; askers */
	struct sg_limits limits;
	struct sg_engine_stats stats;
};

void *sg_engine_pump(void *engine); /* the thread */
void sg_engine_kick(struct sg_engine *e);
/* Mutex held. */
void sg_engine_send(struct sg_engine *e, struct sg_flight *f);
/* Looks hop up again beside answering, if there is room. Mutex not held. */
void sg_engine_refresh(struct sg_engine *e, const struct sg_nexthop *hop,
    const struct sg_facts *old);
#endif
