/* SPDX-License-Identifier: ISC */
/*
 * fuzz_mx_match.c - pattern and host, a line each, against a second reading
 * of RFC 8461 4.1 that goes label by label from the right.
 *
 * Holds: both agree; a match means as many labels on both sides, and that all
 * of them but a leading "*" are the same; problem and is_valid agree.
 */
#include <strings.h>
#include "base/addr.h"
#include "base/domain.h"
#include "fuzz/fuzz.h"
#include "policy/mx_match.h"

/* "." and what stands behind the last one; cuts it off. */
static char *
last_label(char *name)
{
	char *dot = strrchr(name, '.');

	if (dot == NULL)
		return NULL;
	*dot = '\0';
	return dot + 1;
}

static bool
labels_match(char *pattern, char *host)
{
	char *p, *h;

	while ((p = last_label(pattern)) != NULL) {
		h = last_label(host);
		if (h == NULL || strcasecmp(p, h) != 0)
			return false;
	}
	if (strchr(host, '.') != NULL)
		return false;
	return strcmp(pattern, "*") == 0 || strcasecmp(pattern, host) == 0;
}

static bool
second_reading(const char *pattern, const char *host)
{
	char p[600], h[SG_DOMAIN_SIZE];

	if (!sg_mx_pattern_is_valid(pattern) || strlen(pattern) >= sizeof(p))
		return false;
	if (sg_domain_from_text(host, strlen(host), h, NULL) != SG_OK)
		return false;
	snprintf(p, sizeof(p), "%s", pattern);
	return labels_match(p, h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *pattern = fuzz_heap_string(fuzz_part(&in, '\n'));
	char *host = fuzz_heap_string(in);
	char kept[SG_DOMAIN_SIZE];
	const char *problem;

	problem = sg_mx_pattern_problem(pattern, strlen(pattern));
	fuzz_hold((problem == NULL) == sg_mx_pattern_is_valid(pattern));
	/* Hosts come in the kept form, in any case and with a dot. */
	if (sg_domain_from_text(host, strlen(host), kept, NULL) == SG_OK &&
	    strncmp(kept, "xn--", 4) != 0 && strspn(host, "abcdefghijklmnopq"
	    "rstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
	    strlen(host))
		fuzz_hold(sg_mx_match(pattern, host) ==
		    second_reading(pattern, host));
	if (sg_mx_match(pattern, host))
		fuzz_taken();
	free(pattern);
	free(host);
	return 0;
}
