/* SPDX-License-Identifier: ISC */
/*
 * seal.h - did we write this row, and nothing newer of its key? (THREATS T21.)
 *
 * A row carries a generation, which grows with each one that is written, and
 * an HMAC-SHA256 over its table, key, fields and generation. What was written
 * or read of a key by this process is remembered: an older row that comes back
 * is refused though its seal is good. The process that starts next knows of
 * none: a whole file that somebody put back while nothing ran is believed, and
 * that rows are gone nobody notices. Any thread.
 */
#ifndef SG_STORE_SEAL_H
#define SG_STORE_SEAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/key.h"

#define SG_SEAL_SIZE 32

struct sg_seal;

enum sg_seal_table { SG_SEAL_FACTS, SG_SEAL_PINS };

/* All that a row says. */
struct sg_seal_row {
	enum sg_seal_table table;
	const char *key;
	const void *data; /* record, or names */
	size_t len;
	int64_t numbers[3]; /* the other columns */
	int64_t generation;
};

/* Copies key. NULL: no memory. */
struct sg_seal *sg_seal_new(const struct sg_key *key, struct sg_wall now);
void sg_seal_free(struct sg_seal **seal);

/* The first of n generations that are newer than any before. */
int64_t sg_seal_take(struct sg_seal *seal, size_t n);
/* False: no memory. */
bool sg_seal_make(const struct sg_seal *seal, const struct sg_seal_row *row,
    unsigned char out[SG_SEAL_SIZE]);

/* The newest generation of key that was seen; 0: none. To be asked before the
   row is read, so that who writes beside makes no row look old. */
int64_t sg_seal_seen(struct sg_seal *seal, enum sg_seal_table table,
    const char *key);
/* It was written, and is committed; or deleted. */
void sg_seal_note(struct sg_seal *seal, enum sg_seal_table table,
    const char *key, int64_t generation);

/* mac is what stands at the row (NULL: nothing of that size). SG_OK, and it is
   noted; SG_BAD: refused, counted and logged; SG_RETRY: no memory. */
enum sg_rc sg_seal_check(struct sg_seal *seal, const struct sg_seal_row *row,
    const unsigned char *mac, int64_t seen);

unsigned long sg_seal_refused(struct sg_seal *seal);
#endif
