/* SPDX-License-Identifier: ISC */
/* mx_match.h - does a host name match an MTA-STS `mx` pattern? (RFC 8461,
   4.1.) Pure; any thread. */
#ifndef SG_MX_MATCH_H
#define SG_MX_MATCH_H
#include <stdbool.h>
#include <stddef.h>

/* True if pattern is what the policy grammar allows: an optional "*." and LDH
   labels, no trailing dot, no address, no underscore (STANDARDS P-07). */
bool sg_mx_pattern_is_valid(const char *pattern);

/* NULL if these len octets are a valid pattern; else what is wrong with them
   and what to write instead, to go behind "`mx' ". Static. */
const char *sg_mx_pattern_problem(const char *pattern, size_t len);

/* True if host (an A-label name, any case, a trailing dot is ignored) is
   named by pattern; "*." stands for exactly one leftmost label. A pattern
   that is not valid matches nothing. */
bool sg_mx_match(const char *pattern, const char *host);
#endif
