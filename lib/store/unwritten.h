/* SPDX-License-Identifier: ISC */
/*
 * unwritten.h - what waits for the disk to come back: facts and deletions by
 * key, bounded, oldest first. Not locked: the store's business.
 */
#ifndef SG_STORE_UNWRITTEN_H
#define SG_STORE_UNWRITTEN_H
#include <stdbool.h>
#include <stddef.h>
#include "facts/facts.h"

#define SG_UNWRITTEN_MAX 1000

struct sg_unwritten_item;

struct sg_unwritten {
	struct sg_unwritten_item *table; /* NULL = empty */
	size_t n;
	unsigned long dropped;
};

/* Takes a reference; f NULL: key is to be deleted. Replaces what waits for the
   same key. When there are too many, the oldest without an unexpired policy
   goes, then the oldest. */
void sg_unwritten_add(struct sg_unwritten *u, const char *key,
    struct sg_facts *f, struct sg_wall now);
/* True if key waits: *out_r is a reference, NULL for a deletion. */
bool sg_unwritten_find(const struct sg_unwritten *u, const char *key,
    struct sg_facts **out_r);
/* The first max items, oldest first, borrowed. Returns how many. */
size_t sg_unwritten_first(const struct sg_unwritten *u, const char **keys,
    struct sg_facts **facts, size_t max);
/* Drops the first n: they are written. */
void sg_unwritten_drop(struct sg_unwritten *u, size_t n);
#endif
