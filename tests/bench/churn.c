/* SPDX-License-Identifier: ISC */
/*
 * churn.c - what the store's process holds after a day of strangers, over what
 * it held after an hour.
 *
 * usage: churn FILE HOURS [KEPT [STRANGERS]]
 * KEPT (50,000) domains have a policy and are learnt anew once a day; each hour
 * as many as STRANGERS (50,000) others come that nobody has heard of and
 * nobody asks for again. The memory tier has room for both, once. The clock is
 * ours: an hour takes as long as its writing takes. FILE is made and left.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/made.h"
#include "store/store.h"

#define HOUR_S 3600
#define DAY_H 24
#define BATCH 100

static struct sg_wall now = { 1795000000 };

static struct sg_wall
our_now(void)
{
	return now;
}

/* Those from first on, n of them. */
static void
learn(struct sg_store *store, unsigned first, unsigned n, bool policy)
{
	struct sg_facts *f[BATCH];
	struct sg_err e = { .text = "" };
	unsigned some;

	for (; n > 0; n -= some, first += some) {
		some = n < BATCH ? n : BATCH;
		for (unsigned i = 0; i < some; i++)
			f[i] = made_facts(first + i, policy, now);
		if (sg_store_put(store, f, some, &e) != SG_OK)
			errx(1, "%s", e.text);
		for (unsigned i = 0; i < some; i++)
			sg_facts_unref(&f[i]);
	}
}

/* What the front does beside: it asks what is due, and deletes what is of no
   use any more, in slices. */
static void
tidy(struct sg_store *store)
{
	while (sg_store_expire(store, now, 1000) > 0)
		;
}

int
main(int argc, char **argv)
{
	struct sg_store_params params = { .now = our_now };
	struct sg_store_stats stats;
	struct sg_store *store;
	struct sg_err e = { .text = "" };
	unsigned hours, kept = 50000, strangers = 50000;
	double after_hour = 0;

	if (argc < 3 || argc > 5)
		errx(64, "usage: churn FILE HOURS [KEPT [STRANGERS]]");
	params.path = argv[1];
	hours = (unsigned)bench_number(argv[2], 2, 1000);
	if (argc > 3)
		kept = (unsigned)bench_number(argv[3], DAY_H, 1000000);
	if (argc > 4)
		strangers = (unsigned)bench_number(argv[4], 1, 1000000);
	params.max_entries = kept + strangers;
	if (sg_store_open(&params, &store, &e) != SG_OK)
		errx(1, "%s", e.text);
	learn(store, 0, kept, true);
	for (unsigned h = 0; h < hours; h++, now.s += HOUR_S) {
		learn(store, kept + h * strangers, strangers, false);
		learn(store, h % DAY_H * (kept / DAY_H), kept / DAY_H, true);
		tidy(store);
		if (h == 0)
			after_hour = bench_held_mb();
	}
	sg_store_stats(store, &stats);
	printf("{\"hours\": %u, \"after_hour_mb\": %.1f, \"after_mb\": %.1f, "
	    "\"entries\": %zu, \"policies\": %zu, \"evicted\": %lu}\n", hours,
	    after_hour, bench_held_mb(), stats.memory_entries,
	    stats.memory_policies, stats.evicted);
	sg_store_close(&store);
	return stats.memory_policies == kept ? 0 : 1;
}
