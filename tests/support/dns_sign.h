/* SPDX-License-Identifier: ISC */
/*
 * dns_sign.h - signs RRsets of one zone, for the scripted DNS server (RFC 4034
 * 3.1.8.1, algorithm 13: RFC 6605).
 */
#ifndef DNS_SIGN_H
#define DNS_SIGN_H
#include <stddef.h>
#include <stdint.h>

struct dns_signer;

#define DNS_KEY_RDATA_LEN 68 /* flags, protocol, algorithm, 64 octets */

/* zone: wire form, lower case. NULL: out of memory. */
struct dns_signer *dns_signer_new(const unsigned char *zone, size_t zone_len);
void dns_signer_free(struct dns_signer **signer);
const unsigned char *dns_signer_key(const struct dns_signer *signer);

struct dns_rdata {
	const unsigned char *data;
	size_t len;
};

/* The rdata of an RRSIG over n records of one type at owner (wire form) in
   out; returns its length, 0 on failure. Sorts rdata. */
#define DNS_SIG_RDATA_MAX 400
size_t dns_sign(const struct dns_signer *signer, const unsigned char *owner,
    size_t owner_len, int type, uint32_t ttl, struct dns_rdata *rdata,
    size_t n, unsigned char out[DNS_SIG_RDATA_MAX]);
#endif
