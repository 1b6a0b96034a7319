/* SPDX-License-Identifier: ISC */
/*
 * acl.h - whose are the group bits of a file's mode? Where there is an access
 * list they are its mask, and say nothing of the group: systemd lists one user
 * at a credential, and its mode is 0440.
 */
#ifndef SG_ACL_H
#define SG_ACL_H
#include <stdbool.h>

/* True if the file's group, or another that is listed, may do anything with
   it. For a file whose mode has group bits. fd if it is not -1, else path. */
bool sg_acl_group_may(int fd, const char *path);
#endif
