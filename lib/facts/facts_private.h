/* SPDX-License-Identifier: ISC */
/* facts_private.h - shared by facts.c and packed.c. */
#ifndef SG_FACTS_PRIVATE_H
#define SG_FACTS_PRIVATE_H
#include "facts/facts.h"

/* Facts at the head of a block of size bytes, of which only refs and one_block
   are set; all that they point to must lie in it. NULL: out of memory. */
struct sg_facts *sg_facts_block(size_t size);
#endif
