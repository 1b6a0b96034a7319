/* SPDX-License-Identifier: ISC */
/*
 * dns_wire.h - reads DNS bytes that libunbound hands over unread (RFC 1035
 * 3.3, 4.1). Pure; any thread; every byte is hostile.
 */
#ifndef SG_DNS_WIRE_H
#define SG_DNS_WIRE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/domain.h"
#include "base/err.h"

/* An uncompressed name that fills data[0..len) to the end. SG_OK: host in the
   kept form; SG_NONE: the root; SG_BAD: not a name, or not one that can be a
   mail host (an IP address, octets that are not a host name's). */
enum sg_rc sg_dns_wire_host(const unsigned char *data, size_t len,
    char host[SG_DOMAIN_SIZE]);

/* The rdata of an MX record; rc as for the exchange's name. *preference is
   set unless the rdata is too short. */
enum sg_rc sg_dns_wire_mx(const unsigned char *data, size_t len,
    uint16_t *preference, char host[SG_DOMAIN_SIZE]);

/* The rdata of a TXT record: its character-strings joined with nothing
   between them (STANDARDS B-17). out has room for len bytes. SG_OK or, when
   the lengths do not add up, SG_BAD. */
enum sg_rc sg_dns_wire_txt(const unsigned char *data, size_t len, char *out,
    size_t *out_len);

/* True for a message with name servers but no SOA in its authority section:
   without an answer that is a referral, a lame server's "not here", and no
   denial at all (RFC 2308 2.2). */
bool sg_dns_wire_is_referral(const unsigned char *packet, size_t len);
#endif
