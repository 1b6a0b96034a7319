/* SPDX-License-Identifier: ISC */
/* key_hash.h - a keyed hash of a name or text: unguessable buckets. Pure; any
   thread. */
#ifndef SG_STORE_KEY_HASH_H
#define SG_STORE_KEY_HASH_H
#include <stddef.h>
#include <stdint.h>

uint64_t sg_key_hash(const uint64_t secret[2], const char *key, size_t len);
#endif
