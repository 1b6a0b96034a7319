/* SPDX-License-Identifier: ISC */
/*
 * netstring.c - see netstring.h.
 *
 * The length is refused at the first digit that makes it too long, so that no
 * sum can overflow, whatever the limit on memory (CVE-2005-1513).
 */
#include "netstring.h"

#include <stdbool.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum sg_rc
sg_netstring_read(const char *buf, size_t have, size_t max,
    struct sg_netstring *out)
{
	size_t len = 0, n = 0;

	for (; n < have && is_digit(buf[n]); n++) {
		if (n > 0 && len == 0) /* "0" stands alone */
			return SG_BAD;
		len = len * 10 + (size_t)(buf[n] - '0');
		if (len > max)
			return SG_BAD;
	}
	if (n == have)
		return SG_NONE;
	if (n == 0 || buf[n] != ':')
		return SG_BAD;
	n++;
	if (have - n <= len)
		return SG_NONE;
	if (buf[n + len] != ',')
		return SG_BAD;
	*out = (struct sg_netstring) { buf + n, len, n + len + 1 };
	return SG_OK;
}

char *
sg_netstring_wrap(char *data, size_t len, size_t *size)
{
	char *at = data;
	size_t left = len;

	data[len] = ',';
	*--at = ':';
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	*size = (size_t)(data + len + 1 - at);
	return at;
}
