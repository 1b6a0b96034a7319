/* SPDX-License-Identifier: ISC */
/*
 * codec.h - facts as bytes: one bounded, versioned, length-checked record,
 * the same on the wire between processes, in the store and in a shared cache.
 * Pure; any thread; fuzzed. A record is hostile until it has been decoded.
 */
#ifndef SG_FACTS_CODEC_H
#define SG_FACTS_CODEC_H
#include <stddef.h>
#include "facts/facts.h"

#define SG_FACTS_RECORD_MAX 98304 /* policy text, 20 MX hosts, and room */

/* *out_r (malloc'ed, yours) holds *len bytes. SG_OK or SG_RETRY. */
enum sg_rc sg_facts_encode(const struct sg_facts *f, unsigned char **out_r,
    size_t *len);

/* Decodes and validates every field: names, ids, enums in range, lengths,
   printable details, MX count and order; the policy is parsed anew from its
   text. SG_OK: *out_r is yours. SG_NONE: another version of the format.
   SG_BAD: unfit, err says which field. SG_RETRY: out of memory. */
enum sg_rc sg_facts_decode(const unsigned char *data, size_t len,
    struct sg_facts **out_r, struct sg_err *err);
#endif
