/* SPDX-License-Identifier: ISC */
/*
 * key.h - a secret that is a file: for its owner's eyes only, and long enough
 * not to be guessed. Its octets are taken as they are.
 */
#ifndef SG_KEY_H
#define SG_KEY_H
#include <stddef.h>
#include "base/err.h"

#define SG_KEY_MIN 32
#define SG_KEY_MAX 1024 /* more says the wrong file was named */

struct sg_key {
	size_t len;
	unsigned char bytes[SG_KEY_MAX];
};

/* Looks at the file without opening it. SG_OK: it will do. SG_BAD: err says
   what is wrong and what to do. SG_NONE: that cannot be said: we may not
   look, or it is a credential of a unit that does not run. */
enum sg_rc sg_key_look(const char *path, struct sg_err *err);
/* SG_OK: *fd_r is open for reading and the file will do. SG_BAD with err. */
enum sg_rc sg_key_open(const char *path, int *fd_r, struct sg_err *err);
/* From the beginning of fd, wherever that stands. SG_OK; SG_BAD with err. */
enum sg_rc sg_key_read(int fd, struct sg_key *out, struct sg_err *err);
void sg_key_wipe(struct sg_key *key);
#endif
