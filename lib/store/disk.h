/* SPDX-License-Identifier: ISC */
/*
 * disk.h - the SQLite file: one row of encoded facts for each key, and pins.
 *
 * Two connections. What writes (marked W) is called by one thread at a time,
 * which is the store's business; what reads has a lock of its own and does not
 * wait for a transaction (WAL).
 *
 * SG_RETRY everywhere: the disk could not be asked or did not take it, err
 * says why. SG_BAD: the file is corrupt; sg_disk_set_aside() is called for.
 */
#ifndef SG_STORE_DISK_H
#define SG_STORE_DISK_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "facts/facts.h"
#include "facts/pin.h"
#include "store/seal.h"

struct sg_disk;

struct sg_disk_params {
	const char *path;
	size_t check_max;
	struct sg_seal *seal; /* borrowed; NULL: rows are not sealed */
};

/* Opens or creates. SG_OK; SG_RETRY: *out_r is there all the same, to be tried
   again with sg_disk_reopen(); SG_BAD: for an administrator to mend, nothing
   was made. A corrupt file is set aside. Whether it is whole is looked at here
   if it has at most check_max bytes; else sg_disk_check() is called for. */
enum sg_rc sg_disk_open(const struct sg_disk_params *params,
    struct sg_wall now, struct sg_disk **out_r, struct sg_err *err);
void sg_disk_close(struct sg_disk **d);

/* W: closes and opens anew. SG_OK, SG_RETRY. */
enum sg_rc sg_disk_reopen(struct sg_disk *d, struct sg_wall now,
    struct sg_err *err);
/* W: renames a file that was found corrupt, and its -wal and -shm, to
   path.corrupt-<now> and makes a new one. Does nothing if another thread has
   done so meanwhile. SG_OK, SG_RETRY. */
enum sg_rc sg_disk_set_aside(struct sg_disk *d, struct sg_wall now,
    struct sg_err *err);
/* True once after a file was opened that was too large to be checked. */
bool sg_disk_is_unchecked(struct sg_disk *d);
/* Reads the whole file, beside all other work, until *stop. SG_OK; SG_RETRY:
   not done; SG_BAD: it is corrupt, sg_disk_set_aside() is called for. */
enum sg_rc sg_disk_check(struct sg_disk *d, const atomic_bool *stop,
    struct sg_err *err);
/* W: true once after the file was made anew. */
bool sg_disk_is_new(struct sg_disk *d);

/* W: puts facts[i] at keys[i], or deletes that key if facts[i] is NULL, all in
   one transaction. *changed (may be NULL) counts the rows touched. *busy: it
   failed because another process holds the lock. */
enum sg_rc sg_disk_write(struct sg_disk *d, const char *const *keys,
    struct sg_facts *const *facts, size_t n, size_t *changed, bool *busy,
    struct sg_err *err);
/* W: as sg_store_expire(). */
enum sg_rc sg_disk_expire(struct sg_disk *d, struct sg_wall stale_before,
    struct sg_wall now, size_t max, size_t *deleted, struct sg_err *err);

/* A row that is not what it should be: what was read, to delete just that. */
struct sg_disk_unfit {
	unsigned char *record; /* NULL: none; malloc'ed, yours */
	size_t len;
	int64_t generation;
	bool unsealed; /* somebody else wrote it, or put it back: logged */
	struct sg_err why;
};
/* W: deletes, and logs what was not, unless the row was written anew. */
enum sg_rc sg_disk_delete_unfit(struct sg_disk *d, const char *key,
    const struct sg_disk_unfit *unfit);

/* SG_OK, SG_NONE (unfit tells if there is an unfit row), SG_RETRY, SG_BAD. */
enum sg_rc sg_disk_read(struct sg_disk *d, const char *key,
    struct sg_facts **out_r, struct sg_disk_unfit *unfit, struct sg_err *err);
/* As sg_store_due(). */
enum sg_rc sg_disk_due(struct sg_disk *d, struct sg_wall now,
    struct sg_nexthop *out, size_t max, size_t *n, struct sg_err *err);
/* The first max keys behind after, in order. */
enum sg_rc sg_disk_keys(struct sg_disk *d, const char *after,
    char (*out)[SG_NEXTHOP_KEY_SIZE], size_t max, size_t *n,
    struct sg_err *err);

/* W: puts pins, or deletes those that are gone, all in one transaction. As
   sg_disk_write(). */
struct sg_pin_change;
enum sg_rc sg_disk_write_pins(struct sg_disk *d,
    const struct sg_pin_change *changes, size_t n, bool *busy,
    struct sg_err *err);
/* Calls fn for the pins that have not ended at now, those that end first
   first, but at most max. What is unfit is passed over. */
enum sg_rc sg_disk_each_pin(struct sg_disk *d, struct sg_wall now, size_t max,
    void (*fn)(void *arg, struct sg_pin *pin), void *arg, struct sg_err *err);

/* For the test that it goes by an index. */
extern const char sg_disk_due_sql[];
#endif
