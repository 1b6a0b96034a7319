/* SPDX-License-Identifier: ISC */
/*
 * doubt.h - policies that are weaker than the one in force, and so are not
 * believed until a second fetch, some time later, says the same (option
 * https.confirm_weaker; THREATS T7, T3).
 *
 * Who got hold of a certificate for the policy host, or cut the file short on
 * its way, has to keep it up for that time. The price is that a domain that
 * means it waits as long; RFC 8461 has a fetched policy replace the old one at
 * once (8.3; STANDARDS K-07), which is the default here.
 *
 * Remembered in memory alone: after a restart the wait begins anew. Not locked:
 * for the engine's thread.
 */
#ifndef SG_DOUBT_H
#define SG_DOUBT_H
#include <stdbool.h>
#include <stddef.h>
#include "facts/facts.h"

/* Of how many policies it is remembered when they were first seen; then the
   oldest is forgotten, and waits anew. */
#define SG_DOUBTS_MAX 1024
/* For so long at most the old policy stays in force, counted from when a weaker
   one was first seen, whatever happens. */
#define SG_DOUBT_MOST_S 86400

struct sg_doubts { /* all zeros: none */
	struct sg_doubt *all;
	size_t n;
};
void sg_doubts_fini(struct sg_doubts *d);

/* Is what learnt has fetched to be believed, now that old (may be NULL) is
   known of key? False: it is not; learnt then looks as if the fetch had failed
   (SG_REASON_STS_POLICY_UNCONFIRMED) and may be made when the wait of wait_s is
   over, and what comes of merging it is for sg_doubt_bound(). wait_s 0: all are
   believed. Says in the log what comes and goes. */
bool sg_doubts_believe(struct sg_doubts *d, uint32_t wait_s, const char *key,
    const struct sg_facts *old, struct sg_facts *learnt, struct sg_wall now,
    struct sg_mono mono);
/* Sees to it that the policy of f, which is nobody else's yet, ends within
   SG_DOUBT_MOST_S. */
void sg_doubt_bound(struct sg_facts *f, struct sg_wall now);
#endif
