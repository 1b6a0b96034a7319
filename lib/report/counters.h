/* SPDX-License-Identifier: ISC */
/*
 * counters.h - how often what happened since the process began, for the
 * metrics (INTERFACES). One set a process. Any thread; counting takes no lock
 * and no system call.
 *
 * Labels are enumerations or the names of configured groups: nothing that a
 * stranger chooses can make a series (THREATS 2.6).
 */
#ifndef SG_REPORT_COUNTERS_H
#define SG_REPORT_COUNTERS_H
#include <stdbool.h>
#include "base/terms.h"
#include "facts/facts.h"

/* Groups beyond this many (of all configurations that were in force) are
   counted together as "other". */
#define SG_COUNTERS_MAX_GROUPS 64

struct sg_counted {
	const char *group;
	enum sg_result result;
	enum sg_reason reason; /* of what did not pass; NONE is not counted */
	enum sg_action action, applied;
};
void sg_count_decision(const struct sg_counted *what);

/* What a worker's answer says of each thing that it looked up: its kinds txt,
   policy, mx, tlsa, probe by ok, none, error; policy by unconfirmed too. */
void sg_count_lookup(const struct sg_facts *learnt);
/* How long a lookup took, from its start to its answer. */
void sg_count_lookup_ms(int64_t ms);
/* A lookup that brought nothing: timeout, overload, internal. */
void sg_count_missed(enum sg_reason missed);

/* Keeps in mind policies in force whose refresh fails (STANDARDS K-06), by
   key, at most SG_COUNTERS_MAX_FAILING of them; called with what is known of a
   next hop whenever that is new. */
#define SG_COUNTERS_MAX_FAILING 1024
void sg_count_policy(const char *key, const struct sg_facts *f,
    struct sg_wall now);
/* When the first of these ends; 0: there is none. */
struct sg_wall sg_counters_first_expiry(struct sg_wall now);

/* --- reading -------------------------------------------------------------- */

/* Calls fn for each series that is not 0, in a fixed order. labels is
   "group=\"default\",result=\"pass\"" and the like, "" for none. */
typedef void sg_counter_fn(void *arg, const char *name, const char *labels,
    unsigned long value);
void sg_counters_each(sg_counter_fn *fn, void *arg);

/* The histogram of lookups, cumulative as Prometheus wants it. */
#define SG_COUNTERS_BUCKETS 10
struct sg_histogram {
	unsigned long le[SG_COUNTERS_BUCKETS]; /* at most bound[i] seconds */
	unsigned long count;
	double sum_s;
};
extern const double sg_counters_bound[SG_COUNTERS_BUCKETS];
void sg_counters_histogram(struct sg_histogram *out);

/* For tests. */
void sg_counters_reset(void);
#endif
