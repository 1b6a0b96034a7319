/* SPDX-License-Identifier: ISC */
/*
 * mailaddr.h - envelope addresses as milters get them (RFC 5321 4.1.2; the
 * MTA has checked them, not always strictly: read tolerantly, judge
 * strictly). Pure; any thread.
 */
#ifndef SG_MAILADDR_H
#define SG_MAILADDR_H
#include "base/domain.h"

#define SG_MAILADDR_LOCAL_SIZE 260

enum sg_mailaddr_kind {
	SG_MAILADDR_DOMAIN,  /* local@domain */
	SG_MAILADDR_LITERAL, /* local@[192.0.2.1] */
	SG_MAILADDR_LOCAL,   /* no domain: <postmaster>, user */
	SG_MAILADDR_NULL     /* <> */
};

struct sg_mailaddr {
	enum sg_mailaddr_kind kind;
	char local[SG_MAILADDR_LOCAL_SIZE]; /* as written, quotes included;
					       cut at the size */
	char domain[SG_DOMAIN_SIZE];        /* kept form; "" if kind has none */
};

/* Reads "<@a,@b:u@c>", "u@c", "<u@c.>", "\"x@y\"@c", "<>", "<postmaster>".
   Source routes are dropped (5321 4.1.1.3); the domain begins after the last
   unquoted '@'; ESMTP parameters are not part of arg. SG_BAD with err set for
   what has no clear domain (bad IDN, unbalanced quotes, trailing text). */
enum sg_rc sg_mailaddr_parse(const char *arg, struct sg_mailaddr *out,
    struct sg_err *err);
#endif
