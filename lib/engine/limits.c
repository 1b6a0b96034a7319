/* SPDX-License-Identifier: ISC */
/* limits.c - see limits.h. */
#include "engine/limits.h"

#include <stddef.h>

void
sg_limits_set(struct sg_limits *l, uint32_t total_per_s,
    uint32_t sender_per_min, struct sg_mono now)
{
	l->total_per_s = total_per_s;
	l->sender_per_min = sender_per_min;
	l->total = (struct sg_bucket) { total_per_s, now };
	for (size_t i = 0; i < SG_LIMITS_SENDERS; i++)
		l->sender[i] = (struct sg_bucket) { sender_per_min, now };
}

static void
refill(struct sg_bucket *b, double per_ms, double cap, struct sg_mono now)
{
	b->tokens += (double)(now.ms - b->at.ms) * per_ms;
	b->at = now;
	if (b->tokens > cap)
		b->tokens = cap;
}

static uint32_t
hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

bool
sg_limits_take(struct sg_limits *l, const char *sender, struct sg_mono now)
{
	struct sg_bucket *mine = NULL;

	if (sender != NULL && l->sender_per_min > 0) {
		mine = &l->sender[hash(sender) % SG_LIMITS_SENDERS];
		refill(mine, l->sender_per_min / 60000.0, l->sender_per_min,
		    now);
		if (mine->tokens < 1)
			return false;
	}
	if (l->total_per_s > 0) {
		refill(&l->total, l->total_per_s / 1000.0, l->total_per_s, now);
		if (l->total.tokens < 1)
			return false;
		l->total.tokens -= 1;
	}
	if (mine != NULL)
		mine->tokens -= 1;
	return true;
}
