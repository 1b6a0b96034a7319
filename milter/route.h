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

/* libmilter, when it has no memory for a command's macros, drops them without a
   word, and those of the command before stay: a recipient would be judged by
   another's route, or in another sender's group. So MAIL and RCPT ask for $j,
   which every MTA has, and which lies elsewhere each time that it comes. One
   that tells it at one of them tells it at both (2026-11-28). */
struct sg_macros {
	bool asked;     /* the MTA sends what it was asked for */
	bool mail;      /* MAIL brought them */
	const char *at; /* where the last $j lies, never read; NULL: none yet */
};
/* At the negotiation. False: libmilter has no memory for it. */
bool sg_macros_ask(SMFICTX *ctx);
void sg_macros_at_mail(struct sg_macros *m, SMFICTX *ctx);
/* Once at each RCPT: its own are lost, or its MAIL's. */
bool sg_macros_are_lost(struct sg_macros *m, SMFICTX *ctx);
#endif
