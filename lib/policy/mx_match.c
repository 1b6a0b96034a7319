/* SPDX-License-Identifier: ISC */
/* mx_match.c - see mx_match.h. */
#include "policy/mx_match.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/domain.h"

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The kept form of a name that may be in any case. */
static bool
is_ldh_name(const char *name)
{
	char lower[SG_DOMAIN_SIZE];
	size_t len = strlen(name);

	if (len >= sizeof(lower))
		return false;
	for (size_t i = 0; i <= len; i++)
		lower[i] = is_upper(name[i]) ? (char)(name[i] + 32) : name[i];
	return sg_domain_is_valid(lower, true);
}

bool
sg_mx_pattern_is_valid(const char *pattern)
{
	if (strncmp(pattern, "*.", 2) == 0)
		pattern += 2;
	return is_ldh_name(pattern);
}

bool
sg_mx_match(const char *pattern, const char *host)
{
	size_t len = strlen(host);
	const char *dot;

	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len == 0)
		return false;
	if (strncmp(pattern, "*.", 2) == 0) {
		dot = memchr(host, '.', len);
		if (dot == NULL || dot == host)
			return false;
		len -= (size_t)(dot + 1 - host);
		host = dot + 1;
		pattern += 2;
	}
	return strlen(pattern) == len && len > 0 &&
	    strncasecmp(pattern, host, len) == 0;
}
