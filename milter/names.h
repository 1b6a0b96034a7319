/* SPDX-License-Identifier: ISC */
/* names.h - the names that a command is about: arguments, or the lines of a
   file. */
#ifndef SG_NAMES_H
#define SG_NAMES_H
#include <stddef.h>

#define SG_NAMES_MAX 1000000
#define SG_NAMES_LINE_MAX 1024

struct sg_names {
	size_t n;
	char **name;
};

/* 0; or an exit status, said on stderr; free with fini in either case. */
int sg_names_take(char **argv, int argc, struct sg_names *out);
/* One a line; blank lines and those that begin with # do not count. "-" is
   standard input. */
int sg_names_read(const char *path, struct sg_names *out);
void sg_names_fini(struct sg_names *names);
#endif
