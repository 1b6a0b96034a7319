/* SPDX-License-Identifier: ISC */
/*
 * clockguard.h - has the wall clock jumped? (THREATS T9.) Then what was in
 * force is held, and the clock is suspect for a day. Any thread.
 */
#ifndef SG_CLOCKGUARD_H
#define SG_CLOCKGUARD_H
#include <pthread.h>
#include <stdbool.h>
#include "base/clock.h"
#include "store/store.h"

#define SG_CLOCK_JUMP_S 3600     /* less is a clock being set right */
#define SG_CLOCK_SUSPECT_S 86400

struct sg_clockguard {
	struct sg_store *store;
	char *path; /* the mark's file: the last time seen, and for how many
		       seconds more the clock is suspect; NULL = none */
	int64_t ahead_ms;     /* wall less monotonic, as last seen; atomic */
	int64_t suspect_until_ms; /* monotonic; 0: it is not; atomic */
	struct sg_mono marked;
	pthread_mutex_t mutex; /* one who jumps at a time */
};

/* path (may be NULL) is where the last time seen is kept; against that the
   clock is held now. store is borrowed. Out of memory g->path stays NULL, and
   nothing is known of the clock. */
void sg_clockguard_init(struct sg_clockguard *g, struct sg_store *store,
    const char *path);
/* Leaves a last mark. */
void sg_clockguard_fini(struct sg_clockguard *g);

/* Before the store is asked, with what both clocks say: if the wall clock has
   jumped every policy in the store is seen to, by whoever finds out first, and
   the others wait. */
void sg_clockguard_check(struct sg_clockguard *g, struct sg_wall wall,
    struct sg_mono mono);
/* Every second or so. */
void sg_clockguard_tick(struct sg_clockguard *g);

bool sg_clockguard_is_suspect(const struct sg_clockguard *g);
#endif
