/* SPDX-License-Identifier: ISC */
/*
 * mapreply.h - socketmap's words: what is asked, and the answer in the dialect
 * of the map's name (WIRE). Pure; any thread.
 */
#ifndef SG_MAPREPLY_H
#define SG_MAPREPLY_H
#include <stddef.h>
#include "base/nexthop.h"
#include "decide/map.h"

enum sg_dialect {
	SG_DIALECT_POSTFIX,        /* "postfix": before 3.10 */
	SG_DIALECT_POSTFIX_TLSRPT, /* "postfix-tlsrpt": from 3.10 on */
	SG_DIALECT_STS,            /* "sts": Sendmail's FEATURE(sts) */
	SG_DIALECTS
};
const char *sg_dialect_name(enum sg_dialect dialect); /* the map's name */

#define SG_MAPREPLY_MAX 100000   /* octets that Postfix takes */
#define SG_MAPREQUEST_MAX 10000  /* octets that Postfix asks */

struct sg_map_request {
	enum sg_dialect dialect;
	enum sg_level floor; /* "postfix+secure": no answer is below it */
	struct sg_nexthop hop;
	char key[SG_NEXTHOP_KEY_SIZE]; /* sg_nexthop_key() of hop */
};

/* Reads "MAP KEY"; MAP is a dialect's name, or that and "+LEVEL". SG_OK: out is filled. SG_NONE: no policy can be had for
   such a key (address literal, ".parent", what is no domain): NOTFOUND; its
   dialect is filled. SG_BAD: there is no such map: PERM. */
enum sg_rc sg_map_request_parse(const char *data, size_t len,
    struct sg_map_request *out);

/* The answer in octets, at most SG_MAPREPLY_MAX; out has size of them, at
   least that many. Returns how many. Nothing but our own words and checked
   labels goes in. */
size_t sg_mapreply_write(enum sg_dialect dialect,
    const struct sg_map_answer *answer, const struct sg_nexthop *hop,
    char *out, size_t size);
size_t sg_mapreply_notfound(char *out, size_t size);
size_t sg_mapreply_perm(char *out, size_t size);
#endif
