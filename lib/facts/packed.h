/* SPDX-License-Identifier: ISC */
/*
 * packed.h - facts as small as they can be kept, for the memory tier: a
 * million domains must fit, and a warm answer must touch few lines of cache.
 *
 * One block of some hundred bytes. Times are differences to the one before;
 * strings are bytes in which those above 127 stand for what is known already
 * (the domain, its id, its MX hosts) or is written everywhere; a policy text
 * that says no more than the policy does is not kept but written anew, octet
 * for octet. Unpacking gives facts in a single block too, which is reused:
 * as a rule it allocates nothing. Pure; any thread; never leaves the process,
 * and so is believed.
 */
#ifndef SG_PACKED_H
#define SG_PACKED_H
#include "facts/facts.h"

struct sg_packed;

/* Yours; NULL: out of memory. */
struct sg_packed *sg_facts_pack(const struct sg_facts *f);
void sg_packed_free(struct sg_packed **packed);

/* The same facts, one reference; NULL: out of memory. They cannot be changed
   any more (sg_facts_set_mx(), sg_facts_set_policy()). */
struct sg_facts *sg_facts_unpack(const struct sg_packed *packed);

/* Whether what is known is the same, when and until when included; what memory
   gives is a copy each time. False too when out of memory. */
bool sg_facts_are_same(const struct sg_facts *a, const struct sg_facts *b);

/* Without unpacking: what they are about, and how long they live. */
bool sg_packed_is(const struct sg_packed *packed, const char *key, size_t len);
void sg_packed_hop(const struct sg_packed *packed, struct sg_nexthop *out);

struct sg_packed_life {
	struct sg_wall fresh_until, refetch_at;
	bool has_policy; /* and then: */
	struct sg_wall fetched_at;
	uint32_t max_age_s;
};
void sg_packed_life(const struct sg_packed *packed,
    struct sg_packed_life *out);

/* Bytes that it takes, without malloc's own. */
size_t sg_packed_size(const struct sg_packed *packed);
#endif
