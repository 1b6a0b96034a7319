/* SPDX-License-Identifier: ISC */
/*
 * key_hash.c - SipHash-1-3 (Aumasson and Bernstein): short inputs, keyed, and
 * no library that is linked anyway offers one that is as quick. Words are
 * taken in the machine's byte order: the result is never stored.
 */
#include "store/key_hash.h"

#include <string.h>

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

uint64_t
sg_key_hash(const uint64_t secret[2], const char *key, size_t len)
{
	uint64_t v[4] = { secret[0] ^ 0x736f6d6570736575,
		secret[1] ^ 0x646f72616e646f6d, secret[0] ^ 0x6c7967656e657261,
		secret[1] ^ 0x7465646279746573 };
	uint64_t word;

	for (size_t left = len;; key += 8, left -= 8) {
		word = left < 8 ? (uint64_t)len << 56 : 0;
		memcpy(&word, key, left < 8 ? left : 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
