/* SPDX-License-Identifier: ISC */
/*
 * spare.h - blocks of one size that somebody needs for some microseconds at a
 * time. One is kept for each processor: whichever thread runs there next finds
 * a block that is still in the processor's cache. A block, or a stack, of each
 * thread's own would be cold whenever many threads take turns.
 *
 * Safe from all threads; never waits. What is kept is never freed.
 */
#ifndef SG_SPARE_H
#define SG_SPARE_H
#include <stdatomic.h>
#include <stddef.h>

#define SG_SPARE_PLACES 64

struct sg_spare {
	size_t size;
	struct {
		_Alignas(64) _Atomic(void *) block;
	} places[SG_SPARE_PLACES];
};

/* For static ones; the rest is zero. */
#define SG_SPARE(bytes) { .size = (bytes) }

/* A block of s->size octets, whatever is in them. NULL: out of memory. */
void *sg_spare_take(struct sg_spare *s);
void sg_spare_give(struct sg_spare *s, void *block);
#endif
