/* SPDX-License-Identifier: ISC */
/* listen.h - makes a listening socket as the configuration says. */
#ifndef SG_LISTEN_H
#define SG_LISTEN_H
#include <sys/types.h>
#include "config/config.h"

struct sg_listen_params {
	const struct sg_listen *where;
	/* of unix sockets */
	uid_t owner;       /* (uid_t)-1: stay; the daemon connects to its own
			      socket, see wake.h */
	const char *group; /* "": stay */
	mode_t mode;       /* 0660, 0600 */
};

/* A stale unix socket is replaced, one that somebody serves is not. SG_OK: *fd
   is yours. SG_BAD with err, which says what to do. */
enum sg_rc sg_listen_open(const struct sg_listen_params *p, int *fd,
    struct sg_err *err);
/* Removes a unix socket's file. */
void sg_listen_unlink(const struct sg_listen *where);
#endif
