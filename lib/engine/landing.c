/* SPDX-License-Identifier: ISC */
/*
 * landing.c - see landing.h.
 *
 * The decoder has already checked that every field is in range; here is what
 * only the asker can know: which next hop it asked for, and what time it is.
 */
#include "engine/landing.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "report/counters.h"

static bool
same_hop(const struct sg_nexthop *a, const struct sg_nexthop *b)
{
	return a->port == b->port && a->is_host == b->is_host &&
	    strcmp(a->name, b->name) == 0;
}

/* A lookup happened just now, whatever the worker says; its results live at
   most a day. */
static void
settle_until(struct sg_wall *at, struct sg_wall *until, struct sg_wall now)
{
	if (at->s == 0)
		return;
	*at = now;
	if (until->s < now.s)
		until->s = now.s;
	if (until->s > now.s + SG_FACTS_TTL_MAX_S)
		until->s = now.s + SG_FACTS_TTL_MAX_S;
}

/* A probe may be another domain's of some hours ago (probe_share.h). */
static void
settle_probe(struct sg_facts_probe *p, struct sg_wall now)
{
	struct sg_wall at = p->at;

	if (p->state == SG_PROBE_UNTESTED)
		return;
	if (at.s == 0)
		p->at = now;
	settle_until(&p->at, &p->until, now);
	if (at.s > 0 && at.s < now.s)
		p->at = at;
}

static void
settle_times(struct sg_facts *f, struct sg_wall now)
{
	settle_until(&f->sts.txt.at, &f->sts.txt.until, now);
	settle_until(&f->mx_at, &f->mx_until, now);
	if (f->sts.fetch.tried)
		f->sts.fetch.at = now;
	if (f->sts.policy != NULL)
		f->sts.fetched_at = now;
	/* These are the front's to say (sg_facts_merge, doubt.h). */
	if (f->sts.fetch.reason == SG_REASON_STS_POLICY_UNCONFIRMED)
		f->sts.fetch.reason = SG_REASON_INTERNAL;
	f->sts.fetch.retry_after.s = 0;
	f->sts.fetch.failures = 0;
	f->sts.unknown_since.s = 0;
	for (unsigned i = 0; i < f->n_mx; i++)
		settle_probe(&f->mx[i].probe, now);
}

static enum sg_rc
merge(const struct sg_landing *l, const char *key, struct sg_facts *learnt,
    struct sg_facts **out_r)
{
	struct sg_facts *old = NULL;
	enum sg_rc rc;
	bool believed;

	(void)sg_store_get(l->store, key, &old, NULL);
	believed = sg_doubts_believe(l->doubts, l->confirm_s, key, old, learnt,
	    l->now, l->mono);
	if (!l->corrects)
		sg_count_lookup(learnt);
	rc = sg_facts_merge(old, learnt, l->now, arc4random_uniform(1001),
	    out_r);
	if (rc == SG_OK && !believed)
		sg_doubt_bound(*out_r, l->now);
	if (rc == SG_OK && !l->corrects)
		sg_count_policy(key, *out_r, l->now);
	sg_facts_unref(&old);
	return rc;
}

enum sg_rc
sg_landing_judge(const struct sg_landing *l, const struct sg_nexthop *hop,
    const unsigned char *record, size_t len, struct sg_facts **out_r,
    struct sg_err *err)
{
	struct sg_facts *learnt = NULL;
	char key[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc;

	rc = sg_facts_decode(record, len, &learnt, err);
	if (rc != SG_OK)
		return rc == SG_NONE ? SG_BAD : rc;
	if (!same_hop(&learnt->hop, hop)) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "facts about another next hop than was asked for");
		sg_facts_unref(&learnt);
		return SG_BAD;
	}
	settle_times(learnt, l->now);
	rc = merge(l, sg_nexthop_key(hop, key), learnt, out_r);
	sg_facts_unref(&learnt);
	return rc;
}
