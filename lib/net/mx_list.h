/* SPDX-License-Identifier: ISC */
/*
 * mx_list.h - which MX hosts does an answer name? (RFC 5321 5.1, RFC 7505,
 * STANDARDS N.) No I/O.
 */
#ifndef SG_MX_LIST_H
#define SG_MX_LIST_H
#include "config/config.h"
#include "facts/facts.h"
#include "net/dns.h"

/* Sets the MX part of f from the answer to "MX f->hop.name", looked at now:
   state, and the hosts by preference, equals in random order (N-07), the best
   SG_FACTS_MAX_MX of them. SG_OK, or SG_RETRY (out of memory; the state is
   then SG_MX_ERROR). */
enum sg_rc sg_mx_list_set(struct sg_facts *f,
    const struct sg_dns_answer *answer, const struct sg_config *config,
    struct sg_wall now);

/* The next hop is a host: it is the list. */
enum sg_rc sg_mx_list_set_host(struct sg_facts *f,
    const struct sg_config *config, struct sg_wall now);
#endif
