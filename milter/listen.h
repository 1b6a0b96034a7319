/* SPDX-License-Identifier: ISC */
/* listen.h - makes a listening socket as the configuration says. */
#ifndef SG_LISTEN_H
#define SG_LISTEN_H
#include "config/config.h"

/* Unix sockets get mode 0660 and the group (unless ""); a stale one is
   replaced, one that somebody serves is not. SG_OK: *fd is yours. SG_BAD with
   err, which says what to do. */
enum sg_rc sg_listen_open(const struct sg_listen *where, const char *group,
    int *fd, struct sg_err *err);
/* Removes a unix socket's file. */
void sg_listen_unlink(const struct sg_listen *where);
#endif
