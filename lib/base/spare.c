/* SPDX-License-Identifier: ISC */
/* spare.c - see spare.h. */
#include "base/spare.h"

#include <stdlib.h>

#include "compat/cpu.h"

static _Atomic(void *) *
place(struct sg_spare *s)
{
	return &s->places[sg_cpu() % SG_SPARE_PLACES].block;
}

void *
sg_spare_take(struct sg_spare *s)
{
	void *block = atomic_exchange(place(s), NULL);

	return block != NULL ? block : malloc(s->size);
}

void
sg_spare_give(struct sg_spare *s, void *block)
{
	void *none = NULL;

	if (!atomic_compare_exchange_strong(place(s), &none, block))
		free(block);
}
