/* SPDX-License-Identifier: ISC */
/*
 * freshness.c - how long facts are good, and what new ones do to old ones.
 *
 * Pure functions of old facts, what a lookup learnt, and the time. Each part
 * (TXT, fetch, policy, MX, probes) is merged by itself, in the order in which
 * they depend on each other; only then are the times of the whole derived,
 * from the merged parts alone. So a part that a lookup did not bring cannot
 * change what another part says (STANDARDS section K).
 */
#include "facts/facts.h"

#include <stdlib.h>
#include <string.h>

/* An MX list outlives its TTL by this much when MX cannot be looked up. */
#define MX_GRACE_S 3600

static struct sg_wall
at_plus(struct sg_wall t, int64_t s)
{
	return (struct sg_wall) { t.s + s };
}

static struct sg_wall
earliest(struct sg_wall a, struct sg_wall b)
{
	return a.s < b.s ? a : b;
}

/* When something was learnt: not in the future, not never. */
static struct sg_wall
learnt_at(struct sg_wall at, struct sg_wall now)
{
	return at.s <= 0 || at.s > now.s ? now : at;
}

/* until, no nearer to at than the floor and no farther than max_s. */
static struct sg_wall
bounded(struct sg_wall at, struct sg_wall until, int64_t max_s)
{
	if (until.s < at.s + SG_FACTS_TTL_MIN_S)
		return at_plus(at, SG_FACTS_TTL_MIN_S);
	return earliest(until, at_plus(at, max_s));
}

/* --- fetches ------------------------------------------------------------- */

static bool
fetch_failed(const struct sg_facts_fetch *fetch)
{
	return fetch->tried && fetch->reason != SG_REASON_NONE;
}

/* A retry_after farther off than any back-off was written before the clock
   went back: it does not count (K-11). */
static bool
in_backoff(const struct sg_facts_fetch *fetch, struct sg_wall now)
{
	return fetch_failed(fetch) && now.s < fetch->retry_after.s &&
	    fetch->retry_after.s <= now.s + SG_FACTS_BACKOFF_MAX_S;
}

static int64_t
backoff_s(unsigned failures)
{
	int64_t s = SG_FACTS_BACKOFF_MIN_S;

	while (failures-- > 1 && s < SG_FACTS_BACKOFF_MAX_S)
		s *= 2;
	return s < SG_FACTS_BACKOFF_MAX_S ? s : SG_FACTS_BACKOFF_MAX_S;
}

void
sg_facts_need(const struct sg_facts *old, struct sg_wall now, bool fresh,
    struct sg_facts_need *out)
{
	int64_t age;

	memset(out, 0, sizeof(*out));
	if (old == NULL)
		return;
	if (in_backoff(&old->sts.fetch, now))
		memcpy(out->backoff_id, old->sts.fetch.id,
		    sizeof(out->backoff_id));
	if (sg_facts_policy(old, now) == NULL)
		return;
	memcpy(out->known_id, old->sts.policy_id, sizeof(out->known_id));
	/* All ids are served from one URL: back-off for a new id holds back
	   the daily fetch too. */
	if (in_backoff(&old->sts.fetch, now))
		return;
	age = now.s - old->sts.fetched_at.s;
	out->refetch = age >= SG_FACTS_REFETCH_S ||
	    (old->refetch_at.s != 0 && now.s >= old->refetch_at.s) ||
	    (fresh && age >= SG_FACTS_BACKOFF_MIN_S);
}

/* --- merging, part by part ----------------------------------------------- */

static void
merge_txt(struct sg_facts *f, const struct sg_facts *old,
    const struct sg_facts *learnt, struct sg_wall now)
{
	struct sg_facts_txt *txt = &f->sts.txt;

	if (learnt->sts.txt.state == SG_TXT_UNASKED) {
		if (old != NULL)
			*txt = old->sts.txt;
		return;
	}
	*txt = learnt->sts.txt;
	txt->at = learnt_at(txt->at, now);
	switch (txt->state) {
	case SG_TXT_RECORD:
		txt->until = bounded(txt->at, txt->until, SG_FACTS_TTL_MAX_S);
		break;
	case SG_TXT_NONE:
	case SG_TXT_INVALID: /* like none; a remedy should be seen soon */
		txt->until = bounded(txt->at, txt->until,
		    SG_FACTS_NEGATIVE_TTL_MAX_S);
		break;
	default:
		txt->until = at_plus(txt->at, SG_FACTS_ERROR_TTL_S);
		break;
	}
}

static bool
surely_none(const struct sg_facts_txt *txt)
{
	return txt->state == SG_TXT_NONE || txt->state == SG_TXT_INVALID;
}

static enum sg_rc
copy_policy(struct sg_facts *f, const struct sg_facts *from, const char *id,
    struct sg_wall fetched_at)
{
	return sg_facts_set_policy(f, from->sts.text, from->sts.text_len, id,
		   fetched_at, NULL) == SG_OK
	    ? SG_OK
	    : SG_RETRY; /* it has been parsed before: only memory can lack */
}

static enum sg_rc
merge_policy(struct sg_facts *f, const struct sg_facts *old,
    const struct sg_facts *learnt, struct sg_wall now)
{
	const char *id = learnt->sts.policy_id;

	if (learnt->sts.policy != NULL) {
		/* A daily fetch without TXT renews the policy under the id it
		   had (K-04). */
		if (id[0] == '\0' && old != NULL && old->sts.policy != NULL)
			id = old->sts.policy_id;
		return copy_policy(f, learnt, id,
		    learnt_at(learnt->sts.fetched_at, now));
	}
	if (old == NULL || old->sts.policy == NULL)
		return SG_OK;
	/* B-11, K-08: that TXT is gone does not end a policy, its age does. */
	if (sg_facts_policy(old, now) == NULL && surely_none(&learnt->sts.txt))
		return SG_OK;
	return copy_policy(f, old, old->sts.policy_id, old->sts.fetched_at);
}

static void
merge_failure(struct sg_facts_fetch *fetch, const struct sg_facts *old,
    struct sg_wall now)
{
	unsigned before = 0;

	fetch->at = learnt_at(fetch->at, now);
	if (fetch->reason == SG_REASON_STS_POLICY_UNCONFIRMED)
		return; /* it came; who doubts it says when to look again */
	if (fetch->reason == SG_REASON_NONE) /* succeeded, and no policy? */
		fetch->reason = SG_REASON_INTERNAL;
	if (old != NULL && fetch_failed(&old->sts.fetch) &&
	    strcmp(old->sts.fetch.id, fetch->id) == 0)
		before = old->sts.fetch.failures;
	fetch->failures = before < UINT16_MAX ? before + 1 : UINT16_MAX;
	fetch->retry_after = at_plus(fetch->at, backoff_s(fetch->failures));
}

static void
merge_fetch(struct sg_facts *f, const struct sg_facts *old,
    const struct sg_facts *learnt, struct sg_wall now)
{
	struct sg_facts_fetch *fetch = &f->sts.fetch;

	if (learnt->sts.policy != NULL) {
		fetch->tried = true;
		memcpy(fetch->id, f->sts.policy_id, sizeof(fetch->id));
		fetch->at = f->sts.fetched_at;
	} else if (learnt->sts.fetch.tried) {
		*fetch = learnt->sts.fetch;
		merge_failure(fetch, old, now);
	} else if (old != NULL && old->sts.fetch.tried) {
		*fetch = old->sts.fetch;
	}
}

/* --- MX ------------------------------------------------------------------ */

static const struct sg_facts_mx *
find_mx(const struct sg_facts *f, const char *host)
{
	for (unsigned i = 0; f != NULL && i < f->n_mx; i++)
		if (strcmp(f->mx[i].host, host) == 0)
			return &f->mx[i];
	return NULL;
}

/* An old probe is kept where no newer one was made, within its life, and
   while the host's TLSA records are of the same kind: what was verified
   without them says nothing about DANE, nor the other way round. A failure is
   not kept where the look at it anew was not over in time: nobody is refused
   by what could not be confirmed (RFC 8461 5). */
static void
merge_probe(struct sg_facts_mx *mx, const struct sg_facts_mx *was,
    struct sg_wall now)
{
	if (mx->probe.state != SG_PROBE_UNTESTED) {
		mx->probe.at = learnt_at(mx->probe.at, now);
		if (was == NULL || was->probe.at.s <= mx->probe.at.s)
			return;
	}
	if (mx->probe.reason == SG_REASON_TIMEOUT && was != NULL &&
	    was->probe.state == SG_PROBE_FAIL)
		return;
	if (was != NULL && was->probe.state != SG_PROBE_UNTESTED &&
	    was->tlsa == mx->tlsa && was->probe.at.s <= now.s &&
	    was->probe.until.s > now.s)
		mx->probe = was->probe;
}

static struct sg_wall
mx_until(const struct sg_facts *learnt, struct sg_wall at)
{
	switch (learnt->mx_state) {
	case SG_MX_FOUND:
	case SG_MX_NULL:
	case SG_MX_UNUSABLE:
		return bounded(at, learnt->mx_until, SG_FACTS_TTL_MAX_S);
	case SG_MX_HOST: /* not an answer that could grow old */
		if (learnt->mx_until.s <= at.s)
			return at_plus(at, SG_FACTS_TTL_MAX_S);
		return bounded(at, learnt->mx_until, SG_FACTS_TTL_MAX_S);
	case SG_MX_IMPLICIT:
	case SG_MX_NXDOMAIN:
		return bounded(at, learnt->mx_until,
		    SG_FACTS_NEGATIVE_TTL_MAX_S);
	default:
		return at_plus(at, SG_FACTS_ERROR_TTL_S);
	}
}

static enum sg_rc
copy_mx(struct sg_facts *f, const struct sg_facts *from)
{
	f->mx_state = from->mx_state;
	f->mx_dnssec = from->mx_dnssec;
	f->mx_at = from->mx_at;
	f->mx_until = from->mx_until;
	if (from->n_mx == 0)
		return SG_OK;
	if (sg_facts_set_mx(f, from->n_mx) != SG_OK)
		return SG_RETRY;
	memcpy(f->mx, from->mx, from->n_mx * sizeof(*f->mx));
	return SG_OK;
}

static bool
keeps_old_mx(const struct sg_facts *old, const struct sg_facts *learnt,
    struct sg_wall now)
{
	if (old == NULL || learnt->mx_state == SG_MX_UNASKED)
		return old != NULL;
	return learnt->mx_state == SG_MX_ERROR &&
	    old->mx_state != SG_MX_UNASKED && old->mx_state != SG_MX_ERROR &&
	    old->mx_state != SG_MX_BOGUS && old->mx_at.s <= now.s &&
	    now.s <= old->mx_until.s + MX_GRACE_S;
}

static enum sg_rc
merge_mx(struct sg_facts *f, const struct sg_facts *old,
    const struct sg_facts *learnt, struct sg_wall now)
{
	if (keeps_old_mx(old, learnt, now))
		return copy_mx(f, old);
	if (copy_mx(f, learnt) != SG_OK)
		return SG_RETRY;
	if (f->mx_state == SG_MX_UNASKED)
		return SG_OK;
	f->mx_at = learnt_at(f->mx_at, now);
	f->mx_until = mx_until(learnt, f->mx_at);
	for (unsigned i = 0; i < f->n_mx; i++)
		merge_probe(&f->mx[i], find_mx(old, f->mx[i].host), now);
	return SG_OK;
}

/* --- the times of the whole ---------------------------------------------- */

/* A part that could not be renewed is not asked for again at once. */
static struct sg_wall
part_until(struct sg_wall until, struct sg_wall now)
{
	return until.s > now.s ? until : at_plus(now, SG_FACTS_ERROR_TTL_S);
}

/* TXT names a policy that is not held: look again when the fetch may be made
   (C-14), at once if it could be made now. */
static struct sg_wall
missing_policy_until(const struct sg_facts *f, struct sg_wall now)
{
	const struct sg_facts_fetch *fetch = &f->sts.fetch;

	if (in_backoff(fetch, now) && strcmp(fetch->id, f->sts.txt.id) == 0)
		return fetch->retry_after;
	return at_plus(now, SG_FACTS_ERROR_TTL_S);
}

/* Until when the failed probes hold, if that is all there are: a failure is
   not told after its life. Any other probe is repeated beside an answer. */
static struct sg_wall
probes_until(const struct sg_facts *f, bool failures_only, struct sg_wall none)
{
	struct sg_wall until = none;

	for (unsigned i = 0; i < f->n_mx; i++) {
		const struct sg_facts_probe *p = &f->mx[i].probe;

		if (p->state == SG_PROBE_UNTESTED)
			continue;
		if (failures_only && p->state != SG_PROBE_FAIL)
			return none;
		until = earliest(until, p->until);
	}
	return until;
}

static void
set_fresh_until(struct sg_facts *f, struct sg_wall now)
{
	bool held = sg_facts_policy(f, now) != NULL;
	struct sg_wall until;

	until = earliest(part_until(f->sts.txt.until, now),
	    part_until(f->mx_until, now));
	if (held)
		until = earliest(until, sg_facts_policy_expires(f));
	if (f->sts.txt.state == SG_TXT_RECORD &&
	    (!held || strcmp(f->sts.txt.id, f->sts.policy_id) != 0))
		until = earliest(until, missing_policy_until(f, now));
	until = earliest(until,
	    part_until(probes_until(f, true, until), now));
	f->fresh_until = until.s > now.s ? until : now;
}

/* At 50 to 90 % of the way, so that facts learnt together are not renewed
   together (T17). */
static void
set_refresh_at(struct sg_facts *f, struct sg_wall now, unsigned jitter)
{
	struct sg_wall end = earliest(f->fresh_until,
	    part_until(probes_until(f, false, f->fresh_until), now));
	int64_t way = end.s > now.s ? end.s - now.s : 0;

	f->refresh_at = at_plus(now, way * (500 + 400 * jitter / 1000) / 1000);
}

/* Daily, or at half the life of a short one (K-04, K-05), less up to a fifth;
   but never more than once in five minutes: a policy too short for that is
   fetched when somebody asks. 0 = not by itself. */
static struct sg_wall
first_refetch(const struct sg_facts *f, unsigned jitter)
{
	int64_t life = f->sts.policy->max_age_s;
	int64_t step = life / 2;

	if (step > SG_FACTS_REFETCH_S)
		step = SG_FACTS_REFETCH_S;
	step = step * (800 + 200 * jitter / 1000) / 1000;
	if (step < SG_FACTS_BACKOFF_MIN_S)
		step = SG_FACTS_BACKOFF_MIN_S;
	if (step >= life)
		return (struct sg_wall) { 0 };
	return at_plus(f->sts.fetched_at, step);
}

/* What was appointed stays, or lookups for other reasons would put the daily
   fetch off for ever. What was due and not done is due again in a while, or a
   lookup that never comes to it would be started every second. */
static void
set_refetch_at(struct sg_facts *f, const struct sg_facts *old, bool renewed,
    struct sg_wall now, unsigned jitter)
{
	struct sg_wall t;

	f->refetch_at.s = 0;
	if (sg_facts_policy(f, now) == NULL)
		return;
	if (in_backoff(&f->sts.fetch, now))
		t = f->sts.fetch.retry_after;
	else if (!renewed && old != NULL && old->refetch_at.s != 0)
		t = earliest(old->refetch_at,
		    at_plus(now, SG_FACTS_REFETCH_S));
	else
		t = first_refetch(f, jitter);
	if (t.s != 0 && t.s <= now.s)
		t = at_plus(now, SG_FACTS_BACKOFF_MIN_S);
	f->refetch_at = t;
}

/* known: it is certain whether there is a policy, and which. */
static void
set_unknown_since(struct sg_facts *f, const struct sg_facts *old, bool known,
    struct sg_wall now)
{
	f->sts.unknown_since.s = 0;
	if (known)
		return;
	f->sts.unknown_since = now;
	if (old != NULL && old->sts.unknown_since.s != 0)
		f->sts.unknown_since = earliest(now, old->sts.unknown_since);
}

enum sg_rc
sg_facts_merge(const struct sg_facts *old, const struct sg_facts *learnt,
    struct sg_wall now, unsigned jitter, struct sg_facts **out_r)
{
	struct sg_facts *f = sg_facts_new(&learnt->hop);
	bool known;

	if (f == NULL)
		return SG_RETRY;
	if (jitter > 1000)
		jitter = 1000;
	merge_txt(f, old, learnt, now);
	if (merge_policy(f, old, learnt, now) != SG_OK ||
	    merge_mx(f, old, learnt, now) != SG_OK) {
		sg_facts_unref(&f);
		return SG_RETRY;
	}
	merge_fetch(f, old, learnt, now);
	known = sg_facts_policy(f, now) != NULL ||
	    (surely_none(&f->sts.txt) && f->sts.txt.until.s > now.s);
	set_unknown_since(f, old, known, now);
	set_fresh_until(f, now);
	set_refresh_at(f, now, jitter);
	set_refetch_at(f, old, learnt->sts.policy != NULL, now, jitter);
	*out_r = f;
	return SG_OK;
}

/* Nothing says when to ask again but that it should not be at once. */
static void
put_off(struct sg_facts *f, const struct sg_facts *old, struct sg_wall now)
{
	struct sg_wall soon = at_plus(now, SG_FACTS_ERROR_TTL_S);

	f->fresh_until = soon;
	if (old != NULL && old->fresh_until.s > now.s &&
	    old->fresh_until.s <= now.s + SG_FACTS_TTL_MAX_S)
		f->fresh_until = old->fresh_until;
	if (sg_facts_policy(f, now) != NULL)
		f->fresh_until = earliest(f->fresh_until,
		    sg_facts_policy_expires(f));
	f->refresh_at = earliest(f->fresh_until, soon);
}

enum sg_rc
sg_facts_unlearnt(const struct sg_facts *old, const struct sg_nexthop *hop,
    enum sg_reason reason, struct sg_wall now, struct sg_facts **out_r)
{
	struct sg_facts *f = sg_facts_new(hop);

	if (f == NULL)
		return SG_RETRY;
	if (old != NULL) {
		f->sts.txt = old->sts.txt;
		f->sts.fetch = old->sts.fetch;
		if (copy_mx(f, old) != SG_OK ||
		    (old->sts.policy != NULL &&
			copy_policy(f, old, old->sts.policy_id,
			    old->sts.fetched_at) != SG_OK)) {
			sg_facts_unref(&f);
			return SG_RETRY;
		}
	}
	if (!f->sts.fetch.tried)
		f->sts.fetch.reason = reason;
	set_unknown_since(f, old, sg_facts_policy(f, now) != NULL, now);
	put_off(f, old, now);
	set_refetch_at(f, old, false, now, 0);
	*out_r = f;
	return SG_OK;
}
