/* SPDX-License-Identifier: ISC */
/*
 * action.c - what is done about a verdict: the rule's word, or the
 * open-or-closed table of ARCHITECTURE 5.
 *
 * One function a row of the table. The gate may be lenient where the delivery
 * map still enforces what is required, and must not where it is alone.
 */
#include "decide/decide.h"

/* The right column of the table: something is asked whatever is published. */
static bool
is_strict(const struct sg_act_params *p)
{
	return p->asked->rule.require >= SG_REQUIRE_ENCRYPT ||
	    p->verdict->requiretls;
}

/* Counted from when it first could not be learnt; while that is not known,
   the window has just begun. */
static bool
window_is_over(const struct sg_act_params *p)
{
	int64_t since = p->facts == NULL ? 0 : p->facts->sts.unknown_since.s;

	return since != 0 &&
	    p->now.s - since >= (int64_t)p->asked->rule.unknown_window_s;
}

static enum sg_action
defer_in_window(const struct sg_act_params *p, bool *window_over)
{
	*window_over = window_is_over(p);
	return *window_over ? SG_ACTION_TAG : SG_ACTION_DEFER;
}

/* It is known that no policy asks for anything. */
static bool
is_free(const struct sg_act_params *p)
{
	if (p->facts == NULL)
		return false;
	if (p->verdict->has_policy)
		return p->verdict->sts_mode != SG_STS_MODE_ENFORCE;
	return p->facts->sts.txt.state == SG_TXT_NONE ||
	    p->facts->sts.txt.state == SG_TXT_INVALID;
}

/* MX lookup failed, all unreachable: it can only queue, the map enforces. */
static enum sg_action
on_no_mx(const struct sg_act_params *p)
{
	if (!p->delivery_map && p->verdict->required > SG_LEVEL_NONE)
		return SG_ACTION_DEFER;
	return SG_ACTION_ACCEPT;
}

/* Nothing was tested: the map enforces what is published, and no more. */
static enum sg_action
on_unprobed(const struct sg_act_params *p, bool *window_over)
{
	const struct sg_verdict *v = p->verdict;

	if (!p->delivery_map)
		return v->required > SG_LEVEL_NONE ? SG_ACTION_DEFER
						   : SG_ACTION_TAG;
	if (v->required > v->published)
		return defer_in_window(p, window_over);
	return SG_ACTION_TAG;
}

static enum sg_action
by_table(const struct sg_act_params *p, bool *window_over)
{
	switch (p->verdict->gap) {
	case SG_GAP_TXT:
	case SG_GAP_HTTPS:
		return is_strict(p) ? defer_in_window(p, window_over)
				    : SG_ACTION_TAG;
	case SG_GAP_MX:
		return on_no_mx(p);
	case SG_GAP_UNPROBED:
		return on_unprobed(p, window_over);
	case SG_GAP_INTERNAL:
		return !is_strict(p) && is_free(p) ? SG_ACTION_TAG
						   : SG_ACTION_DEFER;
	default: /* bogus; a gap without a name is no reason to be lenient */
		return SG_ACTION_DEFER;
	}
}

static enum sg_action
on_unknown(const struct sg_act_params *p, bool *window_over)
{
	enum sg_action written = p->asked->rule.on_unknown;

	if (p->asked->rule.require == SG_REQUIRE_NONE &&
	    p->verdict->required == SG_LEVEL_NONE)
		return SG_ACTION_ACCEPT;
	if (written == SG_ACTION_AUTO)
		return by_table(p, window_over);
	if (p->verdict->gap == SG_GAP_BOGUS &&
	    (written == SG_ACTION_ACCEPT || written == SG_ACTION_TAG))
		return SG_ACTION_DEFER;
	return written;
}

/* A message that demands TLS and cannot have it is bounced at once, not
   retried, whatever the rule says (RFC 8689 4.2.1; STANDARDS T-10). */
static enum sg_action
on_fail(const struct sg_act_params *p)
{
	return p->verdict->requiretls ? SG_ACTION_REJECT
				      : p->asked->rule.on_fail;
}

void
sg_decide_action(const struct sg_act_params *p, struct sg_decision *out)
{
	*out = (struct sg_decision) { .action = SG_ACTION_ACCEPT };
	switch (p->verdict->result) {
	case SG_RESULT_PASS:
	case SG_RESULT_NOT_APPLICABLE:
		break;
	case SG_RESULT_FAIL:
		out->action = on_fail(p);
		break;
	case SG_RESULT_UNKNOWN:
		out->action = on_unknown(p, &out->window_over);
		break;
	}
	out->applied = out->action;
	if (p->asked->dry_run && out->action != SG_ACTION_ACCEPT)
		out->applied = SG_ACTION_TAG;
}
