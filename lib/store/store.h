/* SPDX-License-Identifier: ISC */
/*
 * store.h - facts by next hop: a memory tier over a SQLite file. Any thread.
 *
 * get() asks memory under one of many lock stripes, then (without the lock)
 * the disk, and keeps what it found in memory. put() is on disk before it is
 * in memory, so that nobody acts on a policy that a crash would lose. A disk
 * that fails is survived: memory goes on, sg_store_stats() says so.
 */
#ifndef SG_STORE_H
#define SG_STORE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/key.h"
#include "facts/facts.h"
#include "facts/pin.h"

struct sg_store;

struct sg_store_params {
	const char *path;    /* the SQLite file; NULL = memory only */
	size_t max_entries;  /* of the memory tier; 0 = 1,500,000,
				and whatever it is, 384 MB. Entries without
				an unexpired policy are evicted first (K-14) */
	size_t check_max;    /* a larger file is checked beside the work, not
				before it; 0 = 8 MB */
	size_t max_pins;     /* 0 = 100,000; the oldest go first */
	const struct sg_key *key; /* rows are sealed with it, and one that
				is not is as if absent (T21); NULL = none.
				Copied */
	struct sg_wall (*now)(void); /* NULL = sg_wall_now */
};

enum sg_store_tier { SG_TIER_MEMORY, SG_TIER_DISK };

/* Opens, creates, checks. A corrupt file is renamed to path.corrupt-<time>
   and a new one made; a read-only or full disk gives a store that works from
   memory (both are logged; the latter shows in stats), and from what the file
   holds as far as it is ours, whole, and can be read. SG_BAD with err set only for
   what an administrator must mend: no such directory, a newer schema, a path
   that is a symbolic link or not ours. */
enum sg_rc sg_store_open(const struct sg_store_params *params,
    struct sg_store **out_r, struct sg_err *err);
void sg_store_close(struct sg_store **store);

/* What memory has: a reference, or NULL. Never waits for the disk. */
struct sg_facts *sg_store_peek(struct sg_store *store, const char *key);

/* SG_OK: *out_r holds a reference (yours) and *tier (may be NULL) says where
   it was. SG_NONE: not there. SG_RETRY: the disk could not be asked. */
enum sg_rc sg_store_get(struct sg_store *store, const char *key,
    struct sg_facts **out_r, enum sg_store_tier *tier);

/* Writes n facts in one transaction, then shows them to everybody. References
   are taken, not stolen. SG_OK: on disk (or there is none). SG_RETRY: only in
   memory, err says why; they are written again when the disk is back. */
enum sg_rc sg_store_put(struct sg_store *store, struct sg_facts *const *facts,
    size_t n, struct sg_err *err);

/* Forgets facts and pin. SG_OK, or SG_NONE if key was not there. SG_RETRY: the disk could not be
   asked; what it has of key is not shown any more, and deleted when it is
   back. */
enum sg_rc sg_store_purge(struct sg_store *store, const char *key);

/* Up to max next hops holding an unexpired policy whose refetch_at has come,
   oldest first, for the daily re-fetch (by an index, never a full scan).
   Returns how many were put in out. Call it every second or so: it also tries
   the disk again, every 30 s, when the disk had failed. */
size_t sg_store_due(struct sg_store *store, struct sg_wall now,
    struct sg_nexthop *out, size_t max);

/* Deletes up to max rows that are of no use any more (no unexpired policy and
   fresh_until more than a week ago). Returns how many. */
size_t sg_store_expire(struct sg_store *store, struct sg_wall now, size_t max);

/* --- pins (facts/pin.h): in memory all of them, on disk soon after ---------- */

/* A reference, or NULL. */
struct sg_pin *sg_store_pin(struct sg_store *store, const char *key);
/* As sg_pin_suffices(), of the pin that is there. */
bool sg_store_pin_suffices(struct sg_store *store, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now);
/* Takes a reference; holds from now on, is on disk after
   sg_store_write_pins(). SG_OK; SG_RETRY: no memory. */
enum sg_rc sg_store_set_pin(struct sg_store *store, struct sg_pin *pin);
/* Writes the pins that the disk has yet to hear of, in few transactions. */
void sg_store_write_pins(struct sg_store *store);

/* Calls fn for each key in order, from the disk (memory if there is none or it
   is behind), until fn returns false. No lock is held: fn may call the store.
   SG_OK; SG_RETRY: not all, for want of memory or because the disk could not
   be asked. */
enum sg_rc sg_store_each(struct sg_store *store,
    bool (*fn)(void *arg, const struct sg_facts *f), void *arg);

struct sg_store_stats {
	size_t memory_entries, memory_policies;
	unsigned long hits_memory, hits_disk, misses, evicted, write_failures;
	size_t unwritten; /* waiting for the disk to come back */
	size_t pins;
	unsigned long unsealed; /* rows refused: somebody else's, or put back */
	bool degraded;    /* the disk is not usable now */
	char text[160];   /* why, "" when all is well */
};
void sg_store_stats(struct sg_store *store, struct sg_store_stats *out);
#endif
