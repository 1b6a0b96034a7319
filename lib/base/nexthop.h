/* SPDX-License-Identifier: ISC */
/*
 * nexthop.h - where the MTA will send a recipient's mail: what stsgate has
 * facts about (RFC 8461 1.1, 3.4; WIRE). Pure; any thread.
 */
#ifndef SG_NEXTHOP_H
#define SG_NEXTHOP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/domain.h"

#define SG_SMTP_PORT 25
#define SG_NEXTHOP_MAX 8 /* fallback hosts of one {rcpt_host} */
/* "[" name "]:65535" and the NUL */
#define SG_NEXTHOP_KEY_SIZE (SG_DOMAIN_SIZE + 8)

struct sg_nexthop {
	char name[SG_DOMAIN_SIZE]; /* the policy domain */
	bool is_host;              /* "[name]": no MX lookup, name is the MX host */
	uint16_t port;             /* 25 unless the route says otherwise */
};

/* The name under which facts are kept, shown and looked up: "good.test",
   "[mx.good.test]", "[mx.good.test]:2525", "good.test:587". */
const char *sg_nexthop_key(const struct sg_nexthop *hop,
    char out[SG_NEXTHOP_KEY_SIZE]);

/* Reads one next hop in the form that sg_nexthop_key() writes (any case,
   trailing dot and U-labels allowed). SG_OK; SG_NONE for an address literal
   or a local socket, to which no policy applies (STANDARDS );
   SG_BAD with err set otherwise. */
enum sg_rc sg_nexthop_parse(const char *text, struct sg_nexthop *out,
    struct sg_err *err);

/* Whether an MTA's {rcpt_mailer} sends by SMTP: not local, lmtp, virtual,
   pipe, discard, error and their like; a name of its own making does. */
bool sg_nexthop_is_smtp_mailer(const char *rcpt_mailer);

/* Reads an MTA's {rcpt_host} as sent for {rcpt_mailer}: one next hop, or
   Sendmail's fallback list "a:b" or "[a]:[b]" (a number behind a colon is a
   port, and so is smtp, submission, submissions or smtps), or Postfix's comma-
   or blank-separated list. Fills out[0..*n).
   SG_OK; SG_NONE if mail does not leave by SMTP (mailer local, lmtp, virtual,
   pipe, prog, file, discard, error, procmail..., an empty host, a socket
   path) or goes only to address literals; SG_BAD with err set when a part is
   unfit (nothing is skipped: then the caller must not treat it as free). */
enum sg_rc sg_nexthop_from_mta(const char *rcpt_mailer, const char *rcpt_host,
    struct sg_nexthop out[SG_NEXTHOP_MAX], size_t *n, struct sg_err *err);
#endif
