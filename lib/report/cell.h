/* SPDX-License-Identifier: ISC */
/*
 * cell.h - how often was what decided on one day: the unit of the report.
 * No sender and no local part is in it (THREATS T20, T22).
 */
#ifndef SG_REPORT_CELL_H
#define SG_REPORT_CELL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/nexthop.h"
#include "base/terms.h"

/* The next hop of cells that there was no room for, one by one. */
#define SG_CELL_OTHER "(other)"
/* No next hop: no policy applies. */
#define SG_CELL_NO_HOP "-"
#define SG_CELL_GROUP_SIZE 33 /* as config has it */

struct sg_cell {
	int32_t day; /* UTC, since 1970-01-01 */
	const char *group, *next_hop;
	enum sg_result result;
	enum sg_reason reason;
	enum sg_action action, applied;
	bool dry_run;
	uint64_t n;
	struct sg_wall first, last;
};

#define SG_DAY_S 86400
static inline int32_t
sg_day_of(struct sg_wall t)
{
	return (int32_t)(t.s / SG_DAY_S);
}

/* Held, deferred or refused. */
static inline bool
sg_action_stops(enum sg_action a)
{
	return a == SG_ACTION_HOLD || a == SG_ACTION_DEFER ||
	    a == SG_ACTION_REJECT;
}

/* --- a table of them: not locked ------------------------------------------ */

struct sg_tally_entry;

struct sg_tally {
	struct sg_tally_entry *table;
	size_t n, max;      /* from max on, new next hops are "(other)" */
	uint64_t lost;      /* decisions for which there was no memory */
	uint64_t secret[2]; /* of its hash: next hops are chosen by who sends */
};

/* A random one, for tables between which cells are moved. */
void sg_tally_secret(uint64_t secret[2]);
/* Empty; max is above 0. */
void sg_tally_init(struct sg_tally *t, size_t max, const uint64_t secret[2]);
/* Adds cell->n. Strings are copied. */
void sg_tally_add(struct sg_tally *t, const struct sg_cell *cell);
/* Calls on_cell for each until it returns false; false if it did. */
bool sg_tally_each(const struct sg_tally *t,
    bool (*on_cell)(void *arg, const struct sg_cell *cell), void *arg);
/* Moves all that from has into to, which has the same secret. */
void sg_tally_move(struct sg_tally *from, struct sg_tally *to);
void sg_tally_clear(struct sg_tally *t);
#endif
