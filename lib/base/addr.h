/* SPDX-License-Identifier: ISC */
/*
 * addr.h - IP addresses and networks. Pure; any thread.
 */
#ifndef SG_ADDR_H
#define SG_ADDR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "base/err.h"

/* An IPv4 or IPv6 address; IPv4-mapped IPv6 is kept as IPv6. */
struct sg_addr {
	uint8_t family; /* 4 or 6 */
	uint8_t bytes[16]; /* 4 or 16 used, network order */
};

struct sg_cidr {
	struct sg_addr addr; /* host bits zero */
	uint8_t bits;
};

#define SG_ADDR_TEXT_SIZE 48

/* Reads "192.0.2.1", "2001:db8::1", also "IPv6:2001:db8::1". SG_OK/SG_BAD. */
enum sg_rc sg_addr_parse(const char *text, struct sg_addr *out);
/* Reads "10.0.0.0/8" or a bare address; host bits must be zero. */
enum sg_rc sg_cidr_parse(const char *text, struct sg_cidr *out);
/* IPv4-mapped addresses are matched as the IPv4 address within too. */
bool sg_cidr_contains(const struct sg_cidr *net, const struct sg_addr *addr);
const char *sg_addr_format(const struct sg_addr *addr,
    char out[SG_ADDR_TEXT_SIZE]);
/* From a sockaddr_in/in6; false for other families. */
bool sg_addr_from_sockaddr(const struct sockaddr *sa, struct sg_addr *out);
/* Fills ss and returns its length. */
socklen_t sg_addr_to_sockaddr(const struct sg_addr *addr, uint16_t port,
    struct sockaddr_storage *ss);
#endif
