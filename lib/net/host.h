/* SPDX-License-Identifier: ISC */
/*
 * host.h - the addresses of one host, as far as we may connect to them. Loop
 * thread only.
 */
#ifndef SG_HOST_H
#define SG_HOST_H
#include <event2/event.h>
#include "facts/facts.h"
#include "net/dns.h"
#include "net/guard.h"

#define SG_HOST_MAX_ADDRS 8 /* half of them of each family (THREATS T13) */
/* After the first addresses the other family is waited for this long
   (RFC 8305 3). */
#define SG_HOST_GRACE_MS 50

/* state is never UNASKED; addr[0..n) only with OK. */
struct sg_host_result {
	enum sg_addr_state state;
	enum sg_dnssec dnssec; /* of the best of both answers */
	/* What name is an alias of, at the end of the chain; "" if it is none. */
	char alias_of[SG_DOMAIN_SIZE];
	size_t n;
	struct sg_addr addr[SG_HOST_MAX_ADDRS];
	struct sg_err err; /* ERROR and BOGUS */
};
typedef void sg_host_cb(void *arg, const struct sg_host_result *result);

struct sg_host_params {
	struct event_base *base;
	struct sg_dns *dns;
	const struct sg_guard *guard;
	const char *name; /* kept form */
	int deadline_ms;
};
struct sg_host;

/* Asks A and AAAA at once. The callback runs once, never inside this call.
   NULL: it could not be asked. */
struct sg_host *sg_host_lookup(const struct sg_host_params *params,
    sg_host_cb *cb, void *arg);
/* Before the callback only; it does not run. Leaves NULL; NULL is fine. */
void sg_host_cancel(struct sg_host **host);
#endif
