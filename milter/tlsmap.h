/* SPDX-License-Identifier: ISC */
/*
 * tlsmap.h - the TLS policy map: answers the MTA's question at delivery time,
 * by socketmap, from what the gate knows and by the same rules (ARCHITECTURE
 * 1; WIRE). A thread of its own, and some that wait for what is not known yet.
 */
#ifndef SG_TLSMAP_H
#define SG_TLSMAP_H
#include "config/config.h"
#include "engine/engine.h"
#include "mapreply.h"

struct sg_tlsmap;

struct sg_tlsmap_params {
	struct sg_engine *engine;       /* borrowed until sg_tlsmap_free() */
	const struct sg_config *config; /* a reference is taken */
	const int *listeners;           /* sockets that listen; stay the caller's */
	unsigned n_listeners;
};

/* Serves from now on. SG_OK; SG_RETRY with err (no thread, no memory). */
enum sg_rc sg_tlsmap_new(const struct sg_tlsmap_params *params,
    struct sg_tlsmap **out_r, struct sg_err *err);
/* The configuration from now on. */
void sg_tlsmap_set_config(struct sg_tlsmap *map, const struct sg_config *config);
/* Takes no more connections, and ends each when what it asked is answered.
   After sg_engine_drain() nobody waits long. */
void sg_tlsmap_drain(struct sg_tlsmap *map);
/* Ends the threads and the connections. */
void sg_tlsmap_free(struct sg_tlsmap **map);

struct sg_tlsmap_stats {
	/* Since the start; NOTFOUND for a key that no policy can be about
	   included, PERM not. */
	unsigned long answers[SG_DIALECTS][SG_MAP_WORDS];
	unsigned long pinned;     /* of them: would be less without a pin */
	unsigned long waited;     /* of them: not answered from memory */
	unsigned long bad_frames; /* connections ended for them */
	unsigned long pushed_out; /* connections ended for want of room */
	unsigned connections;     /* now */
};
void sg_tlsmap_stats(struct sg_tlsmap *map, struct sg_tlsmap_stats *out);
#endif
