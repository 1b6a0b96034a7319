/* SPDX-License-Identifier: ISC */
/*
 * limits.h - how many cold lookups may be started: in total, by group and by
 * sender (THREATS T16). Token buckets that hold one interval's worth. Call
 * with the engine's mutex held.
 */
#ifndef SG_LIMITS_H
#define SG_LIMITS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "config/config.h"

/* Whose budgets pay for a cold lookup; NULL: nobody's. */
struct sg_budget {
	const char *sender; /* "login:joe", "client:192.0.2.1" */
	const char *group;  /* its name */
};

/* Senders are kept by hash in a fixed table: two that fall on one place share
   a budget, which is the safe side, and no sender can make it grow. */
#define SG_LIMITS_SENDERS 4096

struct sg_bucket {
	double tokens;
	struct sg_mono at;
};

struct sg_limits {
	double total_per_s, group_per_s, sender_per_min;
	struct sg_bucket total, sender[SG_LIMITS_SENDERS];
	/* One for each group of the configuration, default the last; a name
	   that is of an older one draws on that. */
	size_t n_groups;
	struct sg_limits_group *groups;
};

/* The rates and groups of config from now on; what a group or anybody else has
   spent stays spent. l is all zeros at first. SG_OK; SG_RETRY: out of memory,
   and all is as it was. */
enum sg_rc sg_limits_set(struct sg_limits *l, const struct sg_config *config,
    struct sg_mono now);
void sg_limits_fini(struct sg_limits *l);
/* True if a lookup at by's expense may start; it is counted in each of its
   budgets. False: one of them is spent, and nothing was taken from any. */
bool sg_limits_take(struct sg_limits *l, const struct sg_budget *by,
    struct sg_mono now);
#endif
