/* SPDX-License-Identifier: ISC */
/*
 * verdict.c - the verdict on a next hop: its MX hosts' (verdict_mx.c) put
 * together.
 *
 * One host that passes is enough; failure needs that every host is known to
 * fail; everything else is unknown, and then the gap that calls for the most
 * caution is named. Hosts are judged in MX order, none is left out because a
 * better one was bad (RFC 8461 8.4), except at and behind ourselves (N-08).
 */
#include "decide/decide_private.h"

#include <string.h>

/* How old a look at TXT may be to count as made for this verdict: longer than
   any reply deadline, shorter than any change of policy would take. */
#define CHECKED_S 60

/* The hosts to speak of, as indices; -1: there is none. */
struct tally {
	int passed, failed, open;
	struct sg_mx_found found[SG_FACTS_MAX_MX];
};

static enum sg_level
asked_level(enum sg_require require, bool requiretls)
{
	enum sg_level level = sg_require_level(require);

	return requiretls && level < SG_LEVEL_SECURE ? SG_LEVEL_SECURE : level;
}

/* Why nothing at all was asked: the lookup never came to it. */
static enum sg_reason
missed_reason(const struct sg_facts *f)
{
	switch (f->sts.fetch.reason) {
	case SG_REASON_TIMEOUT:
	case SG_REASON_OVERLOAD:
		return f->sts.fetch.reason;
	default:
		return SG_REASON_INTERNAL;
	}
}

/* With no policy in force: is it known that there is none? */
static void
view_sts_gap(const struct sg_facts *f, struct sg_view *view)
{
	switch (f->sts.txt.state) {
	case SG_TXT_NONE:
	case SG_TXT_INVALID:
		break;
	case SG_TXT_ERROR:
		view->sts_gap = SG_GAP_TXT;
		view->sts_reason = SG_REASON_DNS_ERROR;
		break;
	case SG_TXT_BOGUS:
		view->sts_gap = SG_GAP_BOGUS;
		view->sts_reason = SG_REASON_DNSSEC_INVALID;
		break;
	case SG_TXT_RECORD:
		view->sts_gap = SG_GAP_HTTPS;
		view->sts_reason = f->sts.fetch.reason != SG_REASON_NONE
		    ? f->sts.fetch.reason
		    : SG_REASON_STS_POLICY_FETCH_ERROR;
		break;
	case SG_TXT_UNASKED:
		view->sts_gap = SG_GAP_INTERNAL;
		view->sts_reason = missed_reason(f);
		break;
	}
}

static void
view_init(const struct sg_facts *f, enum sg_require require, bool requiretls,
    struct sg_wall now, struct sg_view *view)
{
	*view = (struct sg_view) {
		.policy = sg_facts_policy(f, now),
		.secure_mx = f->mx_state == SG_MX_HOST ||
		    f->mx_dnssec == SG_DNSSEC_SECURE,
		.exempt = require == SG_REQUIRE_NONE,
		.requiretls = requiretls,
		.floor = asked_level(require, requiretls),
	};
	if (view->policy == NULL)
		view_sts_gap(f, view);
}

static void
unknown(struct sg_verdict *out, enum sg_reason reason, enum sg_gap gap)
{
	out->result = SG_RESULT_UNKNOWN;
	out->reason = reason;
	out->gap = gap;
}

/* The preference at which we stand ourselves; none: above all. */
static unsigned
own_preference(const struct sg_facts *f)
{
	for (unsigned i = 0; i < f->n_mx; i++)
		if (f->mx[i].is_self)
			return f->mx[i].preference;
	return UINT16_MAX + 1u;
}

static void
count(struct tally *t, unsigned i)
{
	const struct sg_mx_found *found = &t->found[i];

	switch (found->v.result) {
	case SG_RESULT_PASS:
		if (t->passed < 0)
			t->passed = (int)i;
		break;
	case SG_RESULT_FAIL:
		if (t->failed < 0)
			t->failed = (int)i;
		break;
	default:
		if (t->open < 0 ||
		    sg_gap_is_worse(found->gap, t->found[t->open].gap))
			t->open = (int)i;
		break;
	}
}

/* Judges all hosts that are not cut. */
static void
judge_hosts(const struct sg_facts *f, const struct sg_view *view,
    struct tally *t, struct sg_verdict *out)
{
	unsigned own = own_preference(f);

	for (unsigned i = 0; i < out->n_mx; i++) {
		sg_decide_mx(view, &f->mx[i], &t->found[i]);
		if (f->mx[i].preference < own) {
			count(t, i);
		} else {
			t->found[i].usable = false;
			t->found[i].v.cut = true;
			t->found[i].v.result = SG_RESULT_NOT_APPLICABLE;
			t->found[i].v.reason = SG_REASON_SELF;
		}
		out->mxs[i] = t->found[i].v;
	}
}

/* What any delivery will have met: the least of the usable hosts. With none
   of them, what is said of the next hop as a whole stands. */
static void
take_least(const struct sg_facts *f, const struct tally *t,
    struct sg_verdict *out)
{
	bool first = true;

	for (unsigned i = 0; i < out->n_mx; i++) {
		const struct sg_mx_found *found = &t->found[i];

		if (!found->usable)
			continue;
		if (first || found->published < out->published)
			out->published = found->published;
		if (first || found->v.required < out->required)
			out->required = found->v.required;
		if (f->mx[i].tlsa == SG_TLSA_USABLE)
			out->has_dane = true;
		first = false;
	}
}

static void
speak_of(const struct sg_facts *f, const struct tally *t, int i,
    struct sg_verdict *out)
{
	const struct sg_mx_found *found = &t->found[i];

	out->result = found->v.result;
	out->reason = found->v.reason;
	out->gap = found->gap;
	out->attained = found->v.level;
	out->unvouched = found->unvouched;
	if (!found->of_domain)
		out->mx = f->mx[i].host;
}

/* RFC 8461 5: was DNS asked for a newer policy just now, did it answer, and
   is ours the one that it names? One that was seen and is not
   believed yet may be the remedy. */
static bool
policy_is_checked(const struct sg_facts *f, struct sg_wall now)
{
	const struct sg_facts_sts *sts = &f->sts;
	int64_t age = now.s - sts->txt.at.s;

	if (age > CHECKED_S || age < -CHECKED_S ||
	    sts->fetch.reason == SG_REASON_STS_POLICY_UNCONFIRMED)
		return false;
	switch (sts->txt.state) {
	case SG_TXT_NONE:
	case SG_TXT_INVALID:
		return true;
	case SG_TXT_RECORD:
		return strcmp(sts->txt.id, sts->policy_id) == 0 &&
		    now.s - sts->fetched_at.s <= SG_FACTS_REFETCH_S;
	default:
		return false;
	}
}

/* Does the policy have a part in that some host failed? */
static bool
rests_on_policy(const struct sg_view *view, const struct tally *t, unsigned n)
{
	if (view->policy == NULL)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (t->found[i].v.result == SG_RESULT_FAIL &&
		    t->found[i].published != SG_LEVEL_DANE)
			return true;
	return false;
}

static void
judge(const struct sg_facts *f, const struct sg_view *view,
    struct sg_wall now, struct sg_verdict *out)
{
	struct tally t = { .passed = -1, .failed = -1, .open = -1 };

	sg_assert(f->n_mx <= SG_FACTS_MAX_MX);
	out->n_mx = f->n_mx;
	judge_hosts(f, view, &t, out);
	take_least(f, &t, out);
	if (t.passed >= 0) {
		speak_of(f, &t, t.passed, out);
	} else if (t.open >= 0) {
		speak_of(f, &t, t.open, out);
	} else if (t.failed >= 0) {
		speak_of(f, &t, t.failed, out);
		out->by_cached_policy = rests_on_policy(view, &t, out->n_mx) &&
		    !policy_is_checked(f, now);
	} else {
		unknown(out, out->n_mx > 0 ? SG_REASON_SELF
					   : SG_REASON_NO_USABLE_MX, SG_GAP_MX);
	}
}

static void
not_applicable(struct sg_verdict *out, enum sg_reason reason)
{
	out->result = SG_RESULT_NOT_APPLICABLE;
	out->reason = reason;
}

/* No MX host is known, and whatever hides them, a policy that could not be
   read may call for more caution. */
static void
no_hosts(const struct sg_view *view, enum sg_reason reason, enum sg_gap gap,
    struct sg_verdict *out)
{
	if (sg_gap_is_worse(view->sts_gap, gap))
		unknown(out, view->sts_reason, view->sts_gap);
	else
		unknown(out, reason, gap);
}

void
sg_decide_verdict(const struct sg_facts *facts, enum sg_require require,
    bool requiretls, struct sg_wall now, struct sg_verdict *out)
{
	struct sg_view view;

	*out = (struct sg_verdict) { .mx = "", .requiretls = requiretls };
	out->required = asked_level(require, requiretls);
	if (facts == NULL) {
		unknown(out, SG_REASON_INTERNAL, SG_GAP_INTERNAL);
		return;
	}
	view_init(facts, require, requiretls, now, &view);
	out->has_policy = view.policy != NULL;
	out->sts_mode = out->has_policy ? view.policy->mode : SG_STS_MODE_NONE;
	out->published = sg_view_sts_level(&view);
	if (!view.exempt && out->required < out->published)
		out->required = out->published;
	switch (facts->mx_state) {
	case SG_MX_FOUND:
	case SG_MX_IMPLICIT:
	case SG_MX_HOST:
		judge(facts, &view, now, out);
		break;
	case SG_MX_NULL:
		not_applicable(out, SG_REASON_NULL_MX);
		break;
	case SG_MX_NXDOMAIN:
		not_applicable(out, SG_REASON_NO_USABLE_MX);
		break;
	case SG_MX_UNUSABLE:
		no_hosts(&view, SG_REASON_NO_USABLE_MX, SG_GAP_MX, out);
		break;
	case SG_MX_ERROR:
		no_hosts(&view, SG_REASON_DNS_ERROR, SG_GAP_MX, out);
		break;
	case SG_MX_BOGUS:
		no_hosts(&view, SG_REASON_DNSSEC_INVALID, SG_GAP_BOGUS, out);
		break;
	case SG_MX_UNASKED:
		no_hosts(&view, missed_reason(facts), SG_GAP_INTERNAL, out);
		break;
	}
}
