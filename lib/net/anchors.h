/* SPDX-License-Identifier: ISC */
/*
 * anchors.h - for which names does a trust anchor file hold anchors?
 * libunbound reads the file itself but never says; the self-test of dns.h has
 * to know what to ask for.
 */
#ifndef SG_ANCHORS_H
#define SG_ANCHORS_H
#include <stddef.h>
#include "base/domain.h"
#include "base/err.h"

#define SG_ANCHORS_MAX 16

struct sg_anchors {
	size_t n;
	char owner[SG_ANCHORS_MAX][SG_DOMAIN_SIZE]; /* "." is the root */
};

/* Reads the owner names of the DS and DNSKEY lines of a zone file, each name
   once. SG_OK: at least one; SG_BAD with err: the file cannot be read, is too
   large, holds none, too many or an unfit one. */
enum sg_rc sg_anchors_read(const char *path, struct sg_anchors *out,
    struct sg_err *err);
#endif
