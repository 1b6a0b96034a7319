/* SPDX-License-Identifier: ISC */
/*
 * acl.c - see acl.h.
 *
 * The kernel gives the list as an attribute (linux/posix_acl_xattr.h): a
 * version, then entries of tag, permissions and who, little-endian. That is
 * less than a library for it.
 */
#include "compat/acl.h"

#include <sys/types.h>
#include <sys/xattr.h>
#include <stddef.h>

#define NAME "system.posix_acl_access"
#define HEAD 4
#define ENTRY 8
#define TAG_GROUP_OBJ 4
#define TAG_GROUP 8
#define MAX_BYTES (HEAD + 64 * ENTRY) /* a longer one is not believed */

bool
sg_acl_group_may(int fd, const char *path)
{
	unsigned char list[MAX_BYTES];
	ssize_t n = fd >= 0 ? fgetxattr(fd, NAME, list, sizeof(list))
			    : getxattr(path, NAME, list, sizeof(list));

	if (n < HEAD || list[0] != 2)
		return true;
	for (size_t at = HEAD; at + ENTRY <= (size_t)n; at += ENTRY)
		if ((list[at] == TAG_GROUP_OBJ || list[at] == TAG_GROUP) &&
		    list[at + 2] != 0)
			return true;
	return false;
}
