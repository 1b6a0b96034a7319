/* SPDX-License-Identifier: ISC */
/*
 * summary.h - what do many cells come to: in all, by day, by group, by reason,
 * by next hop? Pure but for memory; any thread.
 */
#ifndef SG_REPORT_SUMMARY_H
#define SG_REPORT_SUMMARY_H
#include "report/days_file.h"

/* Each decision is one of clean, would, stopped, passed_on, and has one
   result. */
struct sg_sums {
	uint64_t n;
	uint64_t result[4]; /* by enum sg_result */
	uint64_t clean;     /* pass, or not applicable */
	uint64_t would;     /* dry run: it would have been stopped */
	uint64_t stopped;   /* held, deferred or rejected: */
	uint64_t held, deferred, rejected;
	uint64_t passed_on; /* fail or unknown, and the rule lets it through */
};

#define SG_SUM_TOP 3

struct sg_sum_line {
	int32_t day;           /* of days */
	const char *name;      /* of groups and next hops; borrowed */
	enum sg_reason reason; /* of reasons; of next hops: the one that most
				  of what is not clean has */
	struct sg_sums sums;
	struct sg_wall last;
	/* Of reasons: how many next hops, and those that have it most. */
	size_t n_hops;
	struct {
		const char *hop;
		uint64_t n;
	} top[SG_SUM_TOP];
};

struct sg_sum_lines {
	struct sg_sum_line *l;
	size_t n;
};

struct sg_summary {
	int32_t since, until;       /* days, both counted */
	struct sg_sums all;
	size_t n_hops;              /* "(other)" is one */
	struct sg_sum_lines days;   /* in order; those without any too, unless
				       they are too many */
	struct sg_sum_lines groups; /* what is stopped most comes first */
	struct sg_sum_lines reasons; /* of what is not clean; likewise */
	struct sg_sum_lines hops;   /* likewise */
};

/* Of rows, which outlive it; since is the first day that was asked for, and
   today the last that can be. SG_OK, or SG_RETRY: no memory. */
enum sg_rc sg_summary_make(const struct sg_days_rows *rows, int32_t since,
    int32_t today, struct sg_summary *out);
void sg_summary_free(struct sg_summary *s);

/* What is or would be stopped. */
static inline uint64_t
sg_sums_stops(const struct sg_sums *s)
{
	return s->would + s->stopped;
}

/* "2026-11-23". */
#define SG_DAY_TEXT_SIZE 16
const char *sg_day_format(int32_t day, char out[SG_DAY_TEXT_SIZE]);
/* "1,234,567". */
#define SG_COUNT_TEXT_SIZE 28
const char *sg_count_format(uint64_t n, char out[SG_COUNT_TEXT_SIZE]);
/* "2.4 %" of all; "under 0.1 %". */
#define SG_SHARE_TEXT_SIZE 16
const char *sg_share_format(uint64_t n, uint64_t all,
    char out[SG_SHARE_TEXT_SIZE]);
#endif
