/* SPDX-License-Identifier: ISC */
/*
 * hold.c - facts after the wall clock has jumped.
 *
 * Facts are kept by the wall clock, and who sets that clock could end every
 * policy at once, or make it last for ever (THREATS T9). So what was in force
 * when the clock jumped is given, by the new clock, the time it had left; and
 * it is due to be fetched again now. What was not in force does not come back.
 */
#include <stdlib.h>
#include <string.h>
#include "facts/facts.h"

static struct sg_wall
moved(struct sg_wall t, const struct sg_facts_jump *jump)
{
	int64_t s = jump->to.s - (jump->from.s - t.s);

	return (struct sg_wall) { s > 0 ? s : 1 }; /* 0 is "never" */
}

/* True: the policy has *left by the new clock. A clock that went back would
   prolong them all, and bring back what had ended. */
static bool
has_to_move(const struct sg_facts *f, const struct sg_facts_jump *jump,
    int64_t *left)
{
	bool back = jump->to.s < jump->from.s;
	bool in_force = sg_facts_policy(f, jump->to) != NULL;

	*left = 0;
	if (sg_facts_policy(f, jump->from) == NULL)
		return back && in_force;
	if (in_force && !back)
		return false;
	*left = sg_facts_policy_expires(f).s - jump->from.s;
	if (*left > jump->most_s)
		*left = jump->most_s;
	return true;
}

static struct sg_facts *
copy(const struct sg_facts *old)
{
	struct sg_facts *f = sg_facts_new(&old->hop);

	if (f == NULL)
		return NULL;
	f->sts.txt = old->sts.txt;
	f->sts.fetch = old->sts.fetch;
	f->sts.unknown_since = old->sts.unknown_since;
	f->mx_state = old->mx_state;
	f->mx_dnssec = old->mx_dnssec;
	f->mx_at = old->mx_at;
	f->mx_until = old->mx_until;
	f->fresh_until = old->fresh_until;
	f->refresh_at = old->refresh_at;
	f->refetch_at = old->refetch_at;
	if (sg_facts_set_mx(f, old->n_mx) != SG_OK) {
		sg_facts_unref(&f);
		return NULL;
	}
	if (old->n_mx > 0)
		memcpy(f->mx, old->mx, old->n_mx * sizeof(*f->mx));
	return f;
}

static enum sg_rc
move_policy(struct sg_facts *f, const struct sg_facts *old, int64_t left,
    struct sg_wall to)
{
	struct sg_wall fetched = { to.s + left - old->sts.policy->max_age_s };

	if (fetched.s < 1)
		fetched.s = 1;
	f->fresh_until = f->refresh_at = f->refetch_at = to;
	return sg_facts_set_policy(f, old->sts.text, old->sts.text_len,
		   old->sts.policy_id, fetched, NULL) == SG_OK
	    ? SG_OK
	    : SG_RETRY;
}

enum sg_rc
sg_facts_hold(const struct sg_facts *old, const struct sg_facts_jump *jump,
    struct sg_facts **out_r)
{
	int64_t left;
	bool moves = has_to_move(old, jump, &left);
	struct sg_facts *f;
	enum sg_rc rc = SG_OK;

	if (!moves && old->sts.unknown_since.s == 0)
		return SG_NONE;
	f = copy(old);
	if (f == NULL)
		return SG_RETRY;
	if (f->sts.unknown_since.s != 0)
		f->sts.unknown_since = moved(f->sts.unknown_since, jump);
	if (moves)
		rc = move_policy(f, old, left, jump->to);
	else if (old->sts.policy != NULL &&
	    sg_facts_set_policy(f, old->sts.text, old->sts.text_len,
	        old->sts.policy_id, old->sts.fetched_at, NULL) != SG_OK)
		rc = SG_RETRY;
	if (rc == SG_OK)
		*out_r = f;
	else
		sg_facts_unref(&f);
	return rc;
}
