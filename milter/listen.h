/* SPDX-License-Identifier: ISC */
/* listen.h - makes a listening socket as the configuration says. */
#ifndef SG_LISTEN_H
#define SG_LISTEN_H
#include <sys/types.h>
#include "config/config.h"

/* Unix sockets get mode 0660, the owner (unless (uid_t)-1; the daemon connects
   to its own socket, see wake.h) and the group (unless ""); a stale one is
   replaced, one that somebody serves is not. SG_OK: *fd is yours. SG_BAD with
   err, which says what to do. */
enum sg_rc sg_listen_open(const struct sg_listen *where, uid_t owner,
    const char *group, int *fd, struct sg_err *err);
/* Removes a unix socket's file. */
void sg_listen_unlink(const struct sg_listen *where);
#endif
