/* SPDX-License-Identifier: ISC */
/*
 * mta_endpoint.h - is a socket that an MTA's configuration names one of ours,
 * and how would that MTA have to name it? Pure.
 */
#ifndef SG_MTA_ENDPOINT_H
#define SG_MTA_ENDPOINT_H
#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

#define SG_ENDPOINT_TEXT_SIZE 256

enum sg_endpoint {
	SG_ENDPOINT_OTHER,
	SG_ENDPOINT_OURS,
	/* It is our path, but the process sees it from within its chroot. */
	SG_ENDPOINT_OUT_OF_SIGHT
};

/* Where a process of Postfix is. */
struct sg_sight {
	const char *queue_dir;
	bool chroot;
};

/* "unix:path", "inet:host:port". */
enum sg_endpoint sg_endpoint_of_postfix(const char *text,
    const struct sg_listen *ours, const struct sg_sight *sight);
/* "inet:port@host", "local:/path", "/path". */
enum sg_endpoint sg_endpoint_of_sendmail(const char *text,
    const struct sg_listen *ours);

/* As that MTA must write it. A path that a chrooted process cannot see is
   given as it would be if it were moved below the queue directory. */
const char *sg_endpoint_for_postfix(const struct sg_listen *ours,
    const struct sg_sight *sight, char out[SG_ENDPOINT_TEXT_SIZE]);
const char *sg_endpoint_for_sendmail(const struct sg_listen *ours,
    char out[SG_ENDPOINT_TEXT_SIZE]);

/* Whether such a process can connect to it at all. */
bool sg_endpoint_in_sight(const struct sg_listen *ours,
    const struct sg_sight *sight);
#endif
