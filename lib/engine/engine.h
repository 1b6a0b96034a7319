/* SPDX-License-Identifier: ISC */
/*
 * engine.h - gets facts about a next hop, from memory, disk or a net worker,
 * and keeps them fresh. The one room that knows the others.
 *
 * However many threads ask for one next hop, it is looked up once (single
 * flight). A warm answer never waits: what is due is refreshed beside it. All
 * functions may be called from any thread; callbacks come from where they say.
 */
#ifndef SG_ENGINE_H
#define SG_ENGINE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/nexthop.h"
#include "config/config.h"
#include "engine/limits.h"
#include "facts/facts.h"
#include "store/store.h"

struct sg_engine;

enum sg_source {
	SG_SOURCE_NONE,   /* nothing is known and nothing came in time */
	SG_SOURCE_MEMORY,
	SG_SOURCE_STORE,
	SG_SOURCE_LOOKUP  /* a worker was asked, now */
};
const char *sg_source_name(enum sg_source source);

struct sg_engine_params {
	struct sg_store *store; /* borrowed until sg_engine_free() */
	const struct sg_config *config; /* a reference is taken */
	unsigned workers; /* how many will be attached; 0 = as config says */
	/* The file of the last time seen, against which the clock is held at
	   the start (clockguard.h); NULL = none. Copied. */
	const char *clock_path;
	/* On the asking thread, each time it is about to sleep; may be NULL.
	   The front wakes libmilter's pool here (wake.h). */
	void (*before_wait)(void *arg);
	/* On the engine's thread: worker `slot` has not answered pings for
	   SG_ENGINE_STUCK_MS; may be NULL. Whoever started it shall kill it. */
	void (*worker_stuck)(void *arg, unsigned slot);
	void *arg;
};

#define SG_ENGINE_STUCK_MS 5000
#define SG_ENGINE_MAX_FLIGHTS 20000 /* lookups known at once, waiting or not */

/* Starts the engine's thread. SG_OK; SG_RETRY with err (no thread, no
   memory). */
enum sg_rc sg_engine_new(const struct sg_engine_params *params,
    struct sg_engine **out_r, struct sg_err *err);
/* Ends the thread; those still waiting get what is known. */
void sg_engine_free(struct sg_engine **engine);

/* Gives the engine the socket of worker `slot` (0 to workers - 1); fd is the
   engine's from now on and replaces the one before. Lookups that the former
   worker did not answer are asked again. */
void sg_engine_attach(struct sg_engine *engine, unsigned slot, int fd);

/* The configuration from now on (limits, deadlines, probes). Without memory
   for its groups the limits stay as they were. */
void sg_engine_set_config(struct sg_engine *engine,
    const struct sg_config *config);

/* From now on nobody waits: who waits, and who asks, gets what is known.
   For a clean stop. */
void sg_engine_drain(struct sg_engine *engine);

struct sg_ask {
	struct sg_nexthop hop;
	int deadline_ms;    /* from now, to wait at most */
	bool fresh;         /* what is known is not enough: look now */
	bool demand;        /* a level is asked for: what the MX hosts attain must
			       be known even if the domain publishes nothing */
	bool whole;         /* an answer that the handshakes gave is not enough:
			       whether REQUIRETLS is offered must be known, and
			       who refuses us only then (M-18) */
	struct sg_budget budget; /* who pays for a cold lookup */
};

struct sg_answer {
	struct sg_facts *facts; /* a reference (yours), or NULL: no memory */
	enum sg_source source;
	/* The lookup did not come to an end in time, or was refused: facts hold
	   what was known before. TIMEOUT, OVERLOAD or INTERNAL; else NONE. */
	enum sg_reason missed;
	bool joined; /* the lookup was begun by somebody else */
};

void sg_engine_ask(struct sg_engine *engine, const struct sg_ask *ask,
    struct sg_answer *out);

/* The same without waiting, from memory alone: for whoever must not be held
   up. SG_OK: out is filled as by sg_engine_ask(), which would have answered so
   too; what is due is refreshed beside it. SG_NONE: not known, or not well
   enough; out->facts is what memory has all the same (a reference), or NULL. */
enum sg_rc sg_engine_peek(struct sg_engine *engine, const struct sg_ask *ask,
    struct sg_answer *out);

/* Pins (facts/pin.h): a reference, or NULL; whether the one that is there will
   do; and another one, which holds from now on and is on disk a moment later
   (SG_RETRY: no memory, and the one before it stays). */
struct sg_pin *sg_engine_pin(struct sg_engine *engine, const char *key);
bool sg_engine_pin_suffices(struct sg_engine *engine, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now);
enum sg_rc sg_engine_set_pin(struct sg_engine *engine, struct sg_pin *pin);
/* The clock jumped within the last day: no certificate is called expired, or
   not yet valid, for good (THREATS T9). */
bool sg_engine_clock_is_suspect(const struct sg_engine *engine);

struct sg_engine_stats {
	unsigned long lookups, answered, timed_out, refused, refreshes,
	    bad_frames, worker_losses;
	size_t flights, waiting;
	unsigned workers_up;
};
void sg_engine_stats(struct sg_engine *engine, struct sg_engine_stats *out);
#endif
