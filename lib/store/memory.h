/* SPDX-License-Identifier: ISC */
/*
 * memory.h - the memory tier: facts by key under lock stripes. Any thread.
 */
#ifndef SG_STORE_MEMORY_H
#define SG_STORE_MEMORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "facts/facts.h"

struct sg_memory;

/* Holds at most max_entries (> 0), in at most max_bytes or so (> 0). NULL: out
   of memory. */
struct sg_memory *sg_memory_new(size_t max_entries, size_t max_bytes);
void sg_memory_free(struct sg_memory **m);

/* SG_OK: *out_r is a reference to facts that are equal to what was put.
   SG_NONE: not there. SG_RETRY: there, but no memory to hand them out. *epoch
   (may be NULL) counts the changes of the key's stripe, for sg_memory_keep(). */
enum sg_rc sg_memory_get(struct sg_memory *m, const char *key,
    struct sg_facts **out_r, uint64_t *epoch);
/* Without counting it as a use. */
enum sg_rc sg_memory_peek(struct sg_memory *m, const char *key,
    struct sg_facts **out_r);

/* Copies f. What has no unexpired policy at now is pushed out first, and never
   pushes out what has one (K-14, T16). */
void sg_memory_put(struct sg_memory *m, const char *key,
    const struct sg_facts *f, struct sg_wall now);
/* The same for facts that were read from disk when the stripe's count was
   epoch: not kept if the stripe changed meanwhile, as f may be stale. */
void sg_memory_keep(struct sg_memory *m, const char *key,
    const struct sg_facts *f, struct sg_wall now, uint64_t epoch);
/* True if it was there. */
bool sg_memory_remove(struct sg_memory *m, const char *key);

/* As sg_store_due() and sg_store_expire(), for when there is no disk. Expiring
   looks at some of a large tier only, and next time at the next. */
size_t sg_memory_due(struct sg_memory *m, struct sg_wall now,
    struct sg_nexthop *out, size_t max);
size_t sg_memory_expire(struct sg_memory *m, struct sg_wall stale_before,
    struct sg_wall now, size_t max);

/* The keys of all (only those with a policy, if so asked), in order: an array
   (malloc'ed, as are the strings; yours) of *n. NULL: no memory. */
char **sg_memory_keys(struct sg_memory *m, bool policies_only, size_t *n);

struct sg_memory_stats {
	size_t entries, policies, bytes;
	unsigned long hits, evicted;
};
void sg_memory_stats(struct sg_memory *m, struct sg_memory_stats *out);
#endif
