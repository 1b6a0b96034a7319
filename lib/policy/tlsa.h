/* SPDX-License-Identifier: ISC */
/*
 * tlsa.h - which TLSA records count for SMTP, and which of them decide
 * (RFC 6698 2.1, RFC 7671, RFC 7672 3.1). Pure; any thread.
 */
#ifndef SG_TLSA_H
#define SG_TLSA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define SG_TLSA_MAX 32         /* usable records kept (THREATS T13) */
#define SG_TLSA_FULL_MAX 8192  /* octets of a whole certificate or key */

enum { SG_TLSA_DANE_TA = 2, SG_TLSA_DANE_EE = 3 }; /* usage */
enum { SG_TLSA_CERT = 0, SG_TLSA_SPKI = 1 };       /* selector */
enum { SG_TLSA_FULL = 0, SG_TLSA_SHA256 = 1, SG_TLSA_SHA512 = 2 }; /* mtype */

struct sg_tlsa {
	uint8_t usage, selector, mtype;
	const unsigned char *data; /* borrowed from the rdata */
	size_t len;
};

/* Takes rdata apart; judges nothing. SG_BAD: no room for a record in it. */
enum sg_rc sg_tlsa_parse(const unsigned char *rdata, size_t len,
    struct sg_tlsa *out);

/* True for usage 2 or 3 (RFC 7672 3.1.3: the others are not for SMTP) with a
   selector and matching type that are known and data fit for them: a digest
   of the right length; a certificate, or for selector 1 a
   SubjectPublicKeyInfo, whose key can be read (D-37 to D-39). */
bool sg_tlsa_is_usable(const struct sg_tlsa *rec);

/* Moves to the front of recs those that decide, in their order, and returns
   how many: usable ones; of the digests of one usage and selector only the
   strongest (RFC 7671 9, D-52); at most SG_TLSA_MAX. 0 of n > 0 means that TLS
   is mandatory and nothing can authenticate it (D-16). */
size_t sg_tlsa_select(struct sg_tlsa *recs, size_t n);
#endif
