/* SPDX-License-Identifier: ISC */
/*
 * world.h - the daemon that a story is about: configuration, store, engine
 * and its net worker, as milter/cmd_serve.c and the supervisor put them
 * together, in one process and on the clock of sim.h.
 */
#ifndef REPLAY_WORLD_H
#define REPLAY_WORLD_H
#include <stdbool.h>
#include "engine/engine.h"

struct world {
	char *config_text;
	bool on_disk; /* the store */
	bool no_worker;
	/* NULL until the daemon runs */
	struct sg_config *config;
	struct sg_store *store;
	struct sg_engine *engine;
	char why[1000]; /* it does not start */
};

void world_init(struct world *w);
/* Ends all; what was on disk is gone. */
void world_fini(struct world *w);
/* Runs, if it does not yet. False: see why. */
bool world_start(struct world *w);
/* Stops, cleanly or as if by kill -9: what the files hold then is what the
   next start finds. */
void world_stop(struct world *w, bool killed);

/* "kill", "hang", "off", "on". */
bool world_worker(struct world *w, const char *what);
/* "corrupt" (while it is stopped), "locked", "unlocked", "full", "broken",
   "ok". */
bool world_disk(struct world *w, const char *what);

/* Time goes on by ms; what falls due is done. */
void world_advance(struct world *w, int64_t ms);
/* Until no lookup is under way, for a minute at most. */
void world_settle(struct world *w);

/* Lines that were logged since the last call; yours. */
bool world_logged(const char *part);
void world_forget_log(void);
#endif
