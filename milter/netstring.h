/* SPDX-License-Identifier: ISC */
/*
 * netstring.h - netstrings, "12:hello world!,", read strictly: digits only, no
 * leading zero, no more of them than the limit takes. Pure; any thread.
 */
#ifndef SG_NETSTRING_H
#define SG_NETSTRING_H
#include <stddef.h>
#include "base/err.h"

struct sg_netstring {
	const char *data; /* len octets within what was given */
	size_t len;
	size_t size;      /* of the whole, from the first digit to the comma */
};

/* Reads the one that begins at buf, of which have octets are there. SG_OK;
   SG_NONE: the rest has yet to come; SG_BAD: it is none, or is longer than
   max, and never will be. Nothing beyond have is looked at. */
enum sg_rc sg_netstring_read(const char *buf, size_t have, size_t max,
    struct sg_netstring *out);

/* Octets that the head of any netstring takes: 20 digits and the colon. */
#define SG_NETSTRING_HEAD 21

/* Makes a netstring of the len octets at data, in place: SG_NETSTRING_HEAD
   octets before them and one behind are written to. Returns where it begins;
   *size is its length. */
char *sg_netstring_wrap(char *data, size_t len, size_t *size);
#endif
