/* SPDX-License-Identifier: ISC */
/* limits.c - see limits.h. */
#include "engine/limits.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sg_limits_group {
	char name[SG_GROUP_NAME_SIZE];
	struct sg_bucket bucket;
};

static struct sg_limits_group *
find_group(const struct sg_limits *l, const char *name)
{
	for (size_t i = 0; i < l->n_groups; i++)
		if (strcmp(l->groups[i].name, name) == 0)
			return &l->groups[i];
	return NULL;
}

static void
fill(struct sg_limits *l, const struct sg_config *config, struct sg_mono now)
{
	l->total = (struct sg_bucket) { config->cold_total_per_s, now };
	for (size_t i = 0; i < SG_LIMITS_SENDERS; i++)
		l->sender[i] = (struct sg_bucket) {
			config->cold_per_sender_per_min, now
		};
}

enum sg_rc
sg_limits_set(struct sg_limits *l, const struct sg_config *config,
    struct sg_mono now)
{
	/* Where there is one group alone it leaves nothing to others. */
	const uint32_t group_per_s = config->n_groups > 1
	    ? config->cold_per_group_per_s : config->cold_total_per_s;
	struct sg_limits_group *groups, *was;

	groups = calloc(config->n_groups, sizeof(*groups));
	if (groups == NULL)
		return SG_RETRY;
	for (size_t i = 0; i < config->n_groups; i++) {
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
		    config->groups[i].name);
		was = find_group(l, groups[i].name);
		groups[i].bucket = was != NULL ? was->bucket
		    : (struct sg_bucket) { group_per_s, now };
	}
	if (l->groups == NULL)
		fill(l, config, now);
	free(l->groups);
	l->groups = groups;
	l->n_groups = config->n_groups;
	l->total_per_s = config->cold_total_per_s;
	l->group_per_s = group_per_s;
	l->sender_per_min = config->cold_per_sender_per_min;
	return SG_OK;
}

void
sg_limits_fini(struct sg_limits *l)
{
	free(l->groups);
	l->groups = NULL;
	l->n_groups = 0;
}

static uint32_t
hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

/* True: there is something left in it. */
static bool
refill(struct sg_bucket *b, double per_ms, double cap, struct sg_mono now)
{
	b->tokens += (double)(now.ms - b->at.ms) * per_ms;
	b->at = now;
	if (b->tokens > cap)
		b->tokens = cap;
	return b->tokens >= 1;
}

bool
sg_limits_take(struct sg_limits *l, const struct sg_budget *by,
    struct sg_mono now)
{
	struct sg_bucket *all[3];
	struct sg_limits_group *g;
	bool left = refill(&l->total, l->total_per_s / 1e3, l->total_per_s,
	    now);
	size_t n = 0;

	all[n++] = &l->total;
	if (by->group != NULL) {
		g = find_group(l, by->group);
		if (g == NULL)
			g = &l->groups[l->n_groups - 1];
		all[n++] = &g->bucket;
		left &= refill(&g->bucket, l->group_per_s / 1e3,
		    l->group_per_s, now);
	}
	if (by->sender != NULL) {
		all[n] = &l->sender[hash(by->sender) % SG_LIMITS_SENDERS];
		left &= refill(all[n++], l->sender_per_min / 6e4,
		    l->sender_per_min, now);
	}
	for (size_t i = 0; left && i < n; i++)
		all[i]->tokens -= 1;
	return left;
}
