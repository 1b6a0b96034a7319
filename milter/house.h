/* SPDX-License-Identifier: ISC */
/*
 * house.h - the gate without the daemon: an engine, memory only, and one net
 * worker, for a command that does its own lookups.
 */
#ifndef SG_HOUSE_H
#define SG_HOUSE_H
#include <sys/types.h>
#include "config/config.h"
#include "engine/engine.h"

struct sg_house {
	struct sg_config *config;
	struct sg_store *store;
	struct sg_engine *engine;
	pid_t worker;
};

/* Reads the configuration (NULL: the default file, or the built-in defaults if
   there is none). SG_BAD: said on stderr; nothing is left behind. */
enum sg_rc sg_house_load(const char *config_path, struct sg_house *out);
/* Then forks the worker and starts the engine. Before any thread exists.
   SG_BAD as above. */
enum sg_rc sg_house_open(struct sg_house *house);
/* After either. */
void sg_house_close(struct sg_house *house);
#endif
