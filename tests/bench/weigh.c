/* SPDX-License-Identifier: ISC */
/*
 * weigh.c - what the store's memory tier takes for a domain, and how fast it
 * is when it is full.
 *
 * usage: weigh FILE N
 * FILE was made by seed with at least N domains. Each is asked for once, from
 * disk into memory; what the process grew by is the weight. Then they are
 * asked for at random.
 */
#include <err.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/made.h"
#include "store/store.h"

#define ASKS 2000000

static void
ask(struct sg_store *store, unsigned number, enum sg_store_tier want)
{
	enum sg_store_tier tier;
	struct sg_facts *f;
	char key[SG_NEXTHOP_KEY_SIZE];

	snprintf(key, sizeof(key), MADE_FORMAT, number);
	if (sg_store_get(store, key, &f, &tier) != SG_OK)
		errx(1, "%s is not there", key);
	if (tier != want)
		errx(1, "%s is in the other tier", key);
	sg_facts_unref(&f);
}

int
main(int argc, char **argv)
{
	struct sg_store_params params = { .path = NULL };
	struct sg_store *store;
	struct sg_err e = { .text = "" };
	uint64_t random = 1;
	int64_t opened, first, start, fill, asks;
	double before, after;
	unsigned n;

	if (argc != 3)
		errx(64, "usage: weigh FILE N");
	params.path = argv[1];
	n = (unsigned)bench_number(argv[2], 100, 100000000);
	start = bench_now();
	if (sg_store_open(&params, &store, &e) != SG_OK)
		errx(1, "%s", e.text);
	opened = bench_now() - start;
	ask(store, 0, SG_TIER_DISK);
	first = bench_now() - start;
	/* SQLite's cache fills with what comes first. */
	for (unsigned i = 1; i < 20000 && i < n / 2; i++)
		ask(store, i, SG_TIER_DISK);
	before = bench_held_mb();
	start = bench_cpu();
	for (unsigned i = n / 2; i < n; i++)
		ask(store, i, SG_TIER_DISK);
	fill = bench_cpu() - start;
	after = bench_held_mb();
	for (unsigned i = 20000; i < n / 2; i++)
		ask(store, i, SG_TIER_DISK);
	start = bench_cpu();
	for (unsigned i = 0; i < ASKS; i++)
		ask(store, bench_random(&random) % n, SG_TIER_MEMORY);
	asks = bench_cpu() - start;
	printf("{\"domains\": %u, \"bytes\": %.1f, \"all_mb\": %.1f, "
	    "\"open_ms\": %.2f, \"first_ms\": %.2f, \"fill_us\": %.2f, "
	    "\"get_ns\": %.0f}\n", n,
	    (after - before) * 1048576 / (n - n / 2),
	    bench_held_mb(), (double)opened / 1e6,
	    (double)first / 1e6, (double)fill / 1e3 / (n - n / 2),
	    (double)asks / ASKS);
	sg_store_close(&store);
	return 0;
}
