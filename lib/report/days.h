/* SPDX-License-Identifier: ISC */
/*
 * days.h - every decision counted, by day, group, next hop, result, reason,
 * action, what was applied, and dry run (ARCHITECTURE 3). Any thread.
 *
 * Counting is a look-up in memory under a lock that is hardly ever waited for;
 * a thread of its own takes what was counted to the file every few seconds. A
 * crash loses those seconds; a disk that fails loses nothing until memory is
 * full of different cells, and then only the names of next hops.
 */
#ifndef SG_REPORT_DAYS_H
#define SG_REPORT_DAYS_H
#include "decide/decide.h"
#include "report/cell.h"

/* Beside the store's file in state_dir. */
#define SG_DAYS_FILE "report.sqlite"

struct sg_days;

struct sg_days_params {
	const char *path;
	unsigned keep_days;    /* 0: nothing is counted, what is there goes */
	size_t rows_a_day;     /* 0 = SG_DAYS_ROWS_A_DAY */
	size_t max_cells;      /* in memory; 0 = 20,000 */
	int flush_ms;          /* 0 = 5,000 */
	struct sg_wall (*now)(void); /* NULL = sg_wall_now */
};

/* NULL: no memory or no thread. Whatever the file is like, it is said in the
   log and decisions are counted in memory: a report stops no mail. */
struct sg_days *sg_days_new(const struct sg_days_params *params);
/* What is counted goes to the file, once more, and then no more; waits for it
   at most max_wait_ms. True if all is there. */
bool sg_days_stop(struct sg_days *days, int max_wait_ms);
/* Stops, however long it takes. */
void sg_days_free(struct sg_days **days);

/* As in sg_days_params; the next flush goes by it. days may be NULL. */
void sg_days_set_keep(struct sg_days *days, unsigned keep_days);

/* One recipient's decision. No system call, and it waits for no disk. days may
   be NULL. */
struct sg_days_decision {
	struct sg_wall at;
	const char *next_hop; /* the key, or "-" */
	const struct sg_asked *asked;
	const struct sg_verdict *verdict;
	const struct sg_decision *decision;
};
void sg_days_count(struct sg_days *days, const struct sg_days_decision *what);

/* Takes what was counted so far to the file now, in the caller's thread. True
   if all is there. */
bool sg_days_flush(struct sg_days *days);
#endif
