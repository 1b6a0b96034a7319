/* SPDX-License-Identifier: ISC */
/*
 * dns_message.h - what a DNS message says, in the form of libunbound's other
 * interface (struct ub_result). Pure; any thread; every byte is hostile.
 */
#ifndef SG_DNS_MESSAGE_H
#define SG_DNS_MESSAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <unbound.h>
#include "net/dns.h"
#include "net/dns_wire.h"

/* One more than is kept of an answer, so that it shows that there are more. */
#define SG_DNS_MESSAGE_RR (SG_DNS_MAX_RR + 1)

struct sg_dns_message {
	struct ub_result r; /* points into the rest, and into the packet */
	char *data[SG_DNS_MESSAGE_RR + 1];
	int len[SG_DNS_MESSAGE_RR + 1];
	size_t n;
	bool has_ttl, aliased;
	char canon[SG_DOMAIN_SIZE];
	unsigned char room[SG_DNS_MESSAGE_RR][2 + 255]; /* MX, CNAME: rdata */
};

/* An answer to a question of that type: rcode, havedata, nxdomain, canonname
   (if it is an alias), ttl, data, len, answer_packet. Whether it is secure or
   bogus the message does not say. False: it is not whole. packet is borrowed
   for as long as m->r is used. */
bool sg_dns_message_read(struct sg_dns_message *m, int type,
    const unsigned char *packet, size_t len);
#endif
