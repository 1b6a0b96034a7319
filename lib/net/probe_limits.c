/* SPDX-License-Identifier: ISC */
/*
 * Probes look like scanning to those who receive them: what keeps us off
 * their blocklists is kept per address.
 *
 * An address is remembered for as long as that changes an answer: while it is
 * probed, for a second after, for an hour after a 421. Beyond
 * SG_PROBE_ADDRS_KEPT of them the one whose time is up first makes room.
 */
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((void)(e))
#include <uthash.h>
#include "base/err.h"
#include "net/probe_limits.h"

struct place {
	struct sg_addr addr;
	unsigned active;
	struct sg_mono next;   /* not before */
	bool silent;           /* next is that far off because of a 421 */
	UT_hash_handle hh;
};

struct sg_probe_limits {
	unsigned active;
	struct place *places;
};

struct sg_probe_limits *
sg_probe_limits_new(void)
{
	return (calloc(1, sizeof(struct sg_probe_limits)));
}

static void
forget(struct sg_probe_limits *limits, struct place *p)
{
	HASH_DEL(limits->places, p);
	free(p);
}

void
sg_probe_limits_free(struct sg_probe_limits **limits)
{
	if (*limits == NULL)
		return;
	while ((*limits)->places != NULL)
		forget(*limits, (*limits)->places);
	free(*limits);
	*limits = NULL;
}

/* The hash compares octets, and of an IPv4 address only four are set. */
static struct sg_addr
key_of(const struct sg_addr *addr)
{
	struct sg_addr key;

	memset(&key, 0, sizeof(key));
	key.family = addr->family;
	memcpy(key.bytes, addr->bytes, addr->family == 4 ? 4 : 16);
	return (key);
}

static struct place *
find(struct sg_probe_limits *limits, const struct sg_addr *addr)
{
	struct sg_addr key = key_of(addr);
	struct place *p;

	HASH_FIND(hh, limits->places, &key, sizeof(key), p);
	return (p);
}

static void
make_room(struct sg_probe_limits *limits, struct sg_mono now)
{
	struct place *p, *tmp, *first = NULL;

	HASH_ITER(hh, limits->places, p, tmp) {
		if (p->active > 0)
			continue;
		if (p->next.ms <= now.ms)
			forget(limits, p);
		else if (first == NULL || p->next.ms < first->next.ms)
			first = p;
	}
	if (HASH_COUNT(limits->places) >= SG_PROBE_ADDRS_KEPT &&
	    first != NULL)
		forget(limits, first);
}

static struct place *
add(struct sg_probe_limits *limits, const struct sg_addr *addr,
    struct sg_mono now)
{
	struct place *p;

	if (HASH_COUNT(limits->places) >= SG_PROBE_ADDRS_KEPT)
		make_room(limits, now);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return (NULL);
	p->addr = key_of(addr);
	HASH_ADD(hh, limits->places, addr, sizeof(p->addr), p);
	if (p->hh.tbl == NULL) {
		free(p);
		return (NULL);
	}
	return (p);
}

const char *
sg_probe_limits_enter(struct sg_probe_limits *limits,
    const struct sg_addr *addr, struct sg_mono now)
{
	struct place *p = find(limits, addr);

	if (p != NULL && p->next.ms > now.ms)
		return (p->silent ? "asked by 421 to stay away for a while"
		    : "probed a moment ago");
	if (p != NULL && p->active >= SG_PROBE_ADDR_MAX)
		return ("being probed already");
	if (limits->active >= SG_PROBE_MAX)
		return ("too many probes at once");
	if (p == NULL && (p = add(limits, addr, now)) == NULL)
		return ("out of memory");
	p->silent = false;
	p->next.ms = now.ms + SG_PROBE_INTERVAL_MS;
	p->active++;
	limits->active++;
	return (NULL);
}

void
sg_probe_limits_leave(struct sg_probe_limits *limits,
    const struct sg_addr *addr)
{
	struct place *p = find(limits, addr);

	sg_assert(p != NULL && p->active > 0 && limits->active > 0);
	p->active--;
	limits->active--;
}

void
sg_probe_limits_silence(struct sg_probe_limits *limits,
    const struct sg_addr *addr, struct sg_mono now)
{
	struct place *p = find(limits, addr);

	sg_assert(p != NULL);
	p->silent = true;
	p->next.ms = now.ms + SG_PROBE_SILENCE_MS;
}
