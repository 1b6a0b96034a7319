/* SPDX-License-Identifier: ISC */
/*
 * doubt.c - see doubt.h.
 *
 * A policy that is not believed is made a fetch that failed: all that keeps the
 * old one in force, holds back further fetches, and makes the next one when
 * nobody asks, is there for those. It is known again by its text; the wait goes
 * by the monotonic clock, which nobody can set.
 */
#include "engine/doubt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "policy/sts_weaker.h"
#include "store/key_hash.h"

struct sg_doubt {
	char key[SG_NEXTHOP_KEY_SIZE];
	uint64_t text; /* its hash */
	struct sg_mono since;
};

void
sg_doubts_fini(struct sg_doubts *d)
{
	free(d->all);
	d->all = NULL;
	d->n = 0;
}

static struct sg_doubt *
find(struct sg_doubts *d, const char *key)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->all[i].key, key) == 0)
			return &d->all[i];
	return NULL;
}

static void
forget(struct sg_doubts *d, struct sg_doubt *which)
{
	*which = d->all[--d->n];
}

/* NULL: no memory; it then waits anew each time, to SG_DOUBT_MOST_S at most. */
static struct sg_doubt *
add(struct sg_doubts *d, const char *key)
{
	struct sg_doubt *place;

	if (d->all == NULL)
		d->all = calloc(SG_DOUBTS_MAX, sizeof(*d->all));
	if (d->all == NULL)
		return NULL;
	place = d->all;
	if (d->n < SG_DOUBTS_MAX)
		place = &d->all[d->n++];
	else
		for (size_t i = 1; i < d->n; i++)
			if (d->all[i].since.ms < place->since.ms)
				place = &d->all[i];
	snprintf(place->key, sizeof(place->key), "%s", key);
	return place;
}

/* Who finds two texts of one value serves them both himself: no secret. */
static uint64_t
hash(const char *s, size_t len)
{
	static const uint64_t none[2];

	return sg_key_hash(none, s, len);
}

/* --- what is weaker -------------------------------------------------------- */

static bool
names_none(const struct sg_sts_policy *policy, const struct sg_facts *f)
{
	for (unsigned i = 0; i < f->n_mx; i++)
		if (sg_sts_policy_matches(policy, f->mx[i].host))
			return false;
	return true;
}

/* A policy that named none of the MX hosts when they were last looked at, and
   still does not, is wrong or out of date, and mail waits for its mending
   (THREATS T8). One that did until now may be in the way of whoever forged the
   MX records along with the policy. */
static bool
is_mended(const struct sg_sts_policy *was, const struct sg_facts *old,
    const struct sg_facts *learnt)
{
	return old->n_mx > 0 && names_none(was, old) &&
	    names_none(was, learnt);
}

static unsigned
weaker_in(const struct sg_facts *old, const struct sg_facts *learnt,
    struct sg_wall now)
{
	const struct sg_sts_policy *was =
	    old != NULL ? sg_facts_policy(old, now) : NULL;
	unsigned how;

	if (was == NULL)
		return 0;
	how = sg_sts_policy_weaker(learnt->sts.policy, was);
	if (is_mended(was, old, learnt))
		how &= ~(unsigned)SG_STS_WEAKER_MX;
	return how;
}

#define HOW_SIZE 64
static const char *
describe(unsigned how, const struct sg_sts_policy *policy, char out[HOW_SIZE])
{
	if (how & SG_STS_WEAKER_MODE)
		snprintf(out, HOW_SIZE, "mode %s instead of enforce",
		    sg_sts_mode_name(policy->mode));
	else
		snprintf(out, HOW_SIZE, "%s%s%s",
		    how & SG_STS_WEAKER_MX ? "none of the MX hosts as before"
		                           : "",
		    how == (SG_STS_WEAKER_MX | SG_STS_WEAKER_AGE) ? ", " : "",
		    how & SG_STS_WEAKER_AGE ? "a much shorter max_age" : "");
	return out;
}

/* --- doubting ---------------------------------------------------------------- */

/* Takes the policy out of learnt. The next fetch comes at the end of the wait,
   but within the longest back-off there is: so it is soon seen that a weaker
   policy is gone again; and not after the end of the old one, when nothing
   speaks against the new one any more. */
static void
withhold(struct sg_facts *learnt, unsigned how, struct sg_wall old_ends,
    struct sg_wall now, int64_t left_s)
{
	struct sg_facts_fetch *fetch = &learnt->sts.fetch;
	char what[HOW_SIZE], when[SG_WALL_TEXT_SIZE];

	describe(how, learnt->sts.policy, what);
	sg_wall_format((struct sg_wall) { now.s + left_s }, when);
	fetch->tried = true;
	fetch->at = now;
	fetch->reason = SG_REASON_STS_POLICY_UNCONFIRMED;
	snprintf(fetch->detail, sizeof(fetch->detail),
	    "%s: believed if it is still so at %s", what, when);
	if (left_s > SG_FACTS_BACKOFF_MAX_S)
		left_s = SG_FACTS_BACKOFF_MAX_S;
	fetch->retry_after.s = now.s + left_s < old_ends.s ? now.s + left_s
							   : old_ends.s;
	sg_facts_drop_policy(learnt);
}

/* Believed, for whatever reason; which is worth a line if it was doubted. */
static bool
believe(struct sg_doubts *d, struct sg_doubt *was, const char *how)
{
	if (was == NULL)
		return true;
	sg_log(SG_LOG_WARN, "%s: %s", was->key, how);
	forget(d, was);
	return true;
}

bool
sg_doubts_believe(struct sg_doubts *d, uint32_t wait_s, const char *key,
    const struct sg_facts *old, struct sg_facts *learnt, struct sg_wall now,
    struct sg_mono mono)
{
	int64_t left_ms = (int64_t)wait_s * 1000;
	struct sg_doubt *was;
	char what[HOW_SIZE];
	uint64_t text;
	unsigned how;

	if (learnt->sts.policy == NULL)
		return true;
	was = find(d, key);
	how = weaker_in(old, learnt, now);
	if (how == 0)
		return believe(d, was, "the weaker MTA-STS policy is gone "
		    "again, or there is none any more that it would weaken");
	if (wait_s == 0)
		return believe(d, was, "the weaker MTA-STS policy is believed: "
		    "https.confirm_weaker is off");
	text = hash(learnt->sts.text, learnt->sts.text_len);
	if (was != NULL && was->text == text) {
		left_ms -= mono.ms - was->since.ms;
		if (left_ms <= 0)
			return believe(d, was, "the weaker MTA-STS policy has "
			    "been seen again and is in force");
	} else {
		if (was == NULL)
			was = add(d, key);
		if (was != NULL) {
			was->text = text;
			was->since = mono;
		}
		sg_log(SG_LOG_WARN, "%s: its new MTA-STS policy is weaker than "
		    "the one in force (%s) and is not believed until it is "
		    "seen again", key, describe(how, learnt->sts.policy, what));
	}
	/* Rounded up, and one for what is cut off of the time of day. */
	withhold(learnt, how, sg_facts_policy_expires(old), now,
	    (left_ms + 999) / 1000 + 1);
	return false;
}

void
sg_doubt_bound(struct sg_facts *f, struct sg_wall now)
{
	int64_t over = sg_facts_policy_expires(f).s - now.s - SG_DOUBT_MOST_S;

	if (f->sts.policy == NULL || over <= 0)
		return;
	f->sts.fetched_at.s -= over;
	if (f->sts.fetched_at.s < 1)
		f->sts.fetched_at.s = 1; /* 0 is "never" */
}
