/* SPDX-License-Identifier: ISC */
/*
 * fuzz_nexthop.c - what the MTA says of the route: {rcpt_mailer} on the first
 * line, {rcpt_host} behind it; and the keys that the store and the map use.
 *
 * Holds: each next hop's key names that very next hop; two next hops of one
 * key are one; there are at most SG_NEXTHOP_MAX.
 */
#include "base/nexthop.h"
#include "fuzz/fuzz.h"

static void
check_hop(const struct sg_nexthop *hop)
{
	struct sg_nexthop again;
	char key[SG_NEXTHOP_KEY_SIZE], key2[SG_NEXTHOP_KEY_SIZE];

	fuzz_taken();
	fuzz_hold(sg_domain_is_valid(hop->name, false));
	fuzz_hold(hop->port != 0);
	sg_nexthop_key(hop, key);
	fuzz_hold(fuzz_is_plain(key));
	fuzz_hold(sg_nexthop_parse(key, &again, NULL) == SG_OK);
	fuzz_hold(strcmp(again.name, hop->name) == 0 &&
	    again.is_host == hop->is_host && again.port == hop->port);
	fuzz_hold(strcmp(sg_nexthop_key(&again, key2), key) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *mailer = fuzz_heap_string(fuzz_part(&in, '\n'));
	char *host = fuzz_heap_string(in);
	struct sg_nexthop hops[SG_NEXTHOP_MAX], hop;
	struct sg_err err = { .text = "" };
	size_t n = 0;
	enum sg_rc rc;

	rc = sg_nexthop_from_mta(mailer, host, hops, &n, &err);
	fuzz_hold(rc != SG_RETRY && fuzz_is_plain(err.text));
	fuzz_hold(rc != SG_BAD || err.text[0] != '\0');
	fuzz_hold(rc != SG_OK || (n >= 1 && n <= SG_NEXTHOP_MAX));
	for (size_t i = 0; rc == SG_OK && i < n; i++)
		check_hop(&hops[i]);
	rc = sg_nexthop_parse(host, &hop, &err);
	fuzz_hold(rc != SG_RETRY && fuzz_is_plain(err.text));
	if (rc == SG_OK)
		check_hop(&hop);
	free(mailer);
	free(host);
	return 0;
}
