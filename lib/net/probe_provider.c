/* SPDX-License-Identifier: ISC */
/*
 * A bucket for each provider, kept as the time at which it will be full again:
 * one probe moves that time on by an interval, and there is room as long as it
 * lies less than a burst ahead. A bucket that is full needs no memory.
 */
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->lost = true)
#include <uthash.h>
#include "net/probe_provider.h"

#define SHORT_LABEL 3

struct provider {
	char name[SG_DOMAIN_SIZE];
	struct sg_mono full_at;
	bool lost; /* no memory for the table */
	UT_hash_handle hh;
};

struct sg_providers {
	struct provider *table; /* oldest first */
};

struct sg_providers *
sg_providers_new(void)
{
	return (calloc(1, sizeof(struct sg_providers)));
}

static void
forget(struct sg_providers *s, struct provider *p)
{
	HASH_DEL(s->table, p);
	free(p);
}

void
sg_providers_free(struct sg_providers **providers)
{
	if (*providers == NULL)
		return;
	while ((*providers)->table != NULL)
		forget(*providers, (*providers)->table);
	free(*providers);
	*providers = NULL;
}

/* The start of the label that ends before end; host if it is the first. */
static const char *
label_before(const char *host, const char *end)
{
	const char *p = end;

	while (p > host && p[-1] != '.')
		p--;
	return (p);
}

const char *
sg_provider_of(const char *host)
{
	const char *end = host + strlen(host);
	const char *last = label_before(host, end), *second, *third;

	if (last == host)
		return (host);
	second = label_before(host, last - 1);
	if (second == host || last - 1 - second > SHORT_LABEL)
		return (second);
	third = label_before(host, second - 1);
	return (third);
}

static void
make_room(struct sg_providers *s, struct sg_mono now)
{
	struct provider *p, *tmp;

	HASH_ITER(hh, s->table, p, tmp) {
		if (p->full_at.ms <= now.ms)
			forget(s, p);
	}
	if (HASH_COUNT(s->table) >= SG_PROVIDERS_KEPT)
		forget(s, s->table);
}

static struct provider *
add(struct sg_providers *s, const char *name, struct sg_mono now)
{
	struct provider *p;

	if (HASH_COUNT(s->table) >= SG_PROVIDERS_KEPT)
		make_room(s, now);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return (NULL);
	memcpy(p->name, name, strlen(name) + 1);
	HASH_ADD_STR(s->table, name, p);
	if (!p->lost)
		return (p);
	free(p);
	return (NULL);
}

bool
sg_providers_take(struct sg_providers *s, const char *host,
    struct sg_mono now)
{
	const char *name = sg_provider_of(host);
	const int64_t most =
	    now.ms + (SG_PROVIDER_BURST - 1) * SG_PROVIDER_INTERVAL_MS;
	struct provider *p;

	HASH_FIND_STR(s->table, name, p);
	if (p == NULL)
		p = add(s, name, now);
	if (p == NULL || p->full_at.ms > most)
		return (false);
	if (p->full_at.ms < now.ms)
		p->full_at = now;
	p->full_at.ms += SG_PROVIDER_INTERVAL_MS;
	return (true);
}
