/* SPDX-License-Identifier: ISC */
/* route.h - where the MTA will send a recipient's mail, by what it tells us
   (WIRE; STANDARDS A-02). */
#ifndef SG_ROUTE_H
#define SG_ROUTE_H
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include "base/nexthop.h"

struct sg_route {
	struct sg_nexthop hops[SG_NEXTHOP_MAX];
	size_t n;
	bool bad_address; /* SG_BAD is the recipient's fault, not the route's */
};

/* By {rcpt_mailer} and {rcpt_host} if the MTA sends them, else by the address
   in arg (RCPT's). SG_OK; SG_NONE: no policy applies (local mailers, address
   literals, postmaster without a domain); SG_BAD with err. */
enum sg_rc sg_route_find(SMFICTX *ctx, const char *arg, struct sg_route *out,
    struct sg_err *err);

/* A macro's value, NULL if the MTA did not send it. */
const char *sg_route_symbol(SMFICTX *ctx, const char *name);
#endif
