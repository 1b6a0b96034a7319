/* SPDX-License-Identifier: ISC */
/*
 * limits.h - how many cold lookups may be started: in total and by sender
 * (THREATS T16). Token buckets that hold one interval's worth. Call with the
 * engine's mutex held.
 */
#ifndef SG_LIMITS_H
#define SG_LIMITS_H
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

/* Senders are kept by hash in a fixed table: two that fall on one place share
   a budget, which is the safe side, and no sender can make it grow. */
#define SG_LIMITS_SENDERS 4096

struct sg_bucket {
	double tokens;
	struct sg_mono at;
};

struct sg_limits {
	double total_per_s, sender_per_min; /* 0 = no limit */
	struct sg_bucket total, sender[SG_LIMITS_SENDERS];
};

void sg_limits_set(struct sg_limits *l, uint32_t total_per_s,
    uint32_t sender_per_min, struct sg_mono now);
/* True if a lookup for sender (NULL: nobody's) may start; it is counted. */
bool sg_limits_take(struct sg_limits *l, const char *sender,
    struct sg_mono now);
#endif
