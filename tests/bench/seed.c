/* SPDX-License-Identifier: ISC */
/*
 * seed.c - fills a store with made-up domains, through lib/store.
 *
 * usage: seed FILE N [PERCENT]
 * d0.bench.example to d<N-1>.bench.example; of each hundred the first PERCENT
 * (50) have an enforce policy and an MX host that was probed, the others
 * nothing but an MX host. Every other domain runs its own MX host, the rest
 * are some provider's, in name and policy. All is fresh for half a day.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/made.h"
#include "store/store.h"

#define BATCH 2000

int
main(int argc, char **argv)
{
	struct sg_store_params params = { .max_entries = 1000 };
	struct sg_facts *batch[BATCH];
	struct sg_store *store;
	struct sg_err e = { .text = "" };
	struct sg_wall now = sg_wall_now();
	unsigned n, percent;
	size_t held = 0;

	if (argc < 3 || argc > 4)
		errx(64, "usage: seed FILE N [PERCENT]");
	n = (unsigned)bench_number(argv[2], 1, 100000000);
	percent = argc > 3 ? (unsigned)bench_number(argv[3], 0, 100) : 50;
	params.path = argv[1];
	if (sg_store_open(&params, &store, &e) != SG_OK)
		errx(1, "%s", e.text);
	for (unsigned i = 0; i < n; i++) {
		batch[held++] = made_facts(i, i % 100 < percent, now);
		if (held < BATCH && i + 1 < n)
			continue;
		if (sg_store_put(store, batch, held, &e) != SG_OK)
			errx(1, "%s", e.text);
		while (held > 0)
			sg_facts_unref(&batch[--held]);
	}
	sg_store_close(&store);
	return 0;
}
