/* SPDX-License-Identifier: ISC */
/*
 * verdict_mx.c - the verdict on one MX host: what it publishes, what is
 * required of it, what it attains.
 *
 * The steps stand in the order of what needs the least to be sure: an
 * exemption, then what DNS says, then what no probe could mend, then the
 * probe. The first step that settles the host ends it. Last comes the doubt
 * that hangs over all hosts alike: whether there is a policy at all. It
 * leaves a failure standing (no policy would lower what was asked) and makes
 * everything else unknown.
 */
#include "decide/decide_private.h"

static enum sg_level
max_level(enum sg_level a, enum sg_level b)
{
	return a > b ? a : b;
}

static enum sg_level
min_level(enum sg_level a, enum sg_level b)
{
	return a < b ? a : b;
}

/* Settles the host. Always true, for callers to return. */
static bool
settle(struct sg_mx_found *out, enum sg_result result, enum sg_reason reason,
    enum sg_gap gap)
{
	out->v.result = result;
	out->v.reason = reason;
	out->gap = gap;
	return true;
}

static bool
pass(struct sg_mx_found *out)
{
	return settle(out, SG_RESULT_PASS, SG_REASON_NONE, SG_GAP_NONE);
}

static bool
fail(struct sg_mx_found *out, enum sg_reason reason)
{
	return settle(out, SG_RESULT_FAIL, reason, SG_GAP_NONE);
}

static bool
unknown(struct sg_mx_found *out, enum sg_reason reason, enum sg_gap gap)
{
	return settle(out, SG_RESULT_UNKNOWN, reason, gap);
}

enum sg_level
sg_view_sts_level(const struct sg_view *view)
{
	if (view->policy != NULL && view->policy->mode == SG_STS_MODE_ENFORCE)
		return SG_LEVEL_SECURE;
	return SG_LEVEL_NONE;
}

/* An enforce policy that is not waived. */
static bool
enforced(const struct sg_view *view)
{
	return !view->exempt && sg_view_sts_level(view) != SG_LEVEL_NONE;
}

/* With a secure MX RRset a usable TLSA record decides alone. */
static bool
dane_alone(const struct sg_view *view, const struct sg_facts_mx *mx)
{
	return view->secure_mx && mx->tlsa == SG_TLSA_USABLE;
}

static enum sg_level
published(const struct sg_view *view, const struct sg_facts_mx *mx)
{
	if (dane_alone(view, mx))
		return SG_LEVEL_DANE;
	if (view->secure_mx && mx->tlsa == SG_TLSA_UNUSABLE)
		return max_level(sg_view_sts_level(view), SG_LEVEL_ENCRYPT);
	return sg_view_sts_level(view);
}

static bool
sts_match(const struct sg_view *view, const struct sg_facts_mx *mx)
{
	/* A policy of mode none is as if there were none (RFC 8461 5). */
	if (view->policy == NULL || view->policy->mode == SG_STS_MODE_NONE)
		return true;
	return sg_sts_policy_matches(view->policy, mx->host);
}

/* Is the host's name vouched for? A testing policy names the hosts as an
   enforce policy does, but does not serve REQUIRETLS (T-09, X-23). */
static bool
vouched(const struct sg_view *view, const struct sg_mx_found *out)
{
	if (view->secure_mx)
		return true;
	if (view->policy == NULL || view->policy->mode == SG_STS_MODE_NONE)
		return false;
	if (view->policy->mode == SG_STS_MODE_TESTING && view->requiretls)
		return false;
	return out->v.sts_match;
}

/* The same, where the policy could not be read: it may be. */
static bool
maybe_vouched(const struct sg_view *view, const struct sg_mx_found *out)
{
	return view->sts_gap != SG_GAP_NONE || vouched(view, out);
}

/* What the probe attained, by the word of who vouches for the name. With an
   insecure MX RRset TLSA vouches for the host alone (X-15, D-22), so that
   `dane` is not attained there, and with an enforce policy the certificate
   must hold by PKIX too: probe.reason says if it does not. */
static enum sg_level
attained(const struct sg_view *view, const struct sg_facts_mx *mx,
    bool name_vouched)
{
	enum sg_level level = mx->probe.level;

	/* D-51, Q-13: a failing DANE is overridden by nothing. */
	if (mx->tlsa == SG_TLSA_USABLE && level < SG_LEVEL_DANE)
		return min_level(level, SG_LEVEL_ENCRYPT);
	if (level == SG_LEVEL_DANE) {
		if (view->secure_mx)
			return SG_LEVEL_DANE;
		if (enforced(view) && mx->probe.reason != SG_REASON_NONE)
			return SG_LEVEL_ENCRYPT;
	}
	if (level >= SG_LEVEL_VERIFY)
		return name_vouched ? SG_LEVEL_SECURE : SG_LEVEL_VERIFY;
	return level;
}

static bool
is_probed(const struct sg_facts_mx *mx)
{
	return mx->probe.state == SG_PROBE_OK ||
	    mx->probe.state == SG_PROBE_FAIL;
}

/* A pass has to be earned: until then nothing is known. */
static void
start(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	*out = (struct sg_mx_found) { .usable = mx->addrs != SG_ADDR_NONE &&
		mx->addrs != SG_ADDR_BOGUS };
	unknown(out, SG_REASON_INTERNAL, SG_GAP_INTERNAL);
	out->published = published(view, mx);
	out->v.sts_match = sts_match(view, mx);
	out->v.required = view->exempt ? view->floor
	    : max_level(view->floor, out->published);
	if (is_probed(mx))
		out->v.level = attained(view, mx, vouched(view, out));
}

/* With a secure MX RRset, a failure on the way to TLSA makes the host one
   that is not to be used (RFC 7672 2.1.2, D-09), and leaves it open whether
   DANE or STS rules. */
static bool
tlsa_unknown(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	if (!view->secure_mx)
		return false;
	if (mx->addrs == SG_ADDR_BOGUS || mx->tlsa == SG_TLSA_BOGUS)
		unknown(out, SG_REASON_DNSSEC_INVALID, SG_GAP_BOGUS);
	else if (mx->tlsa == SG_TLSA_ERROR)
		unknown(out, SG_REASON_DNS_ERROR, SG_GAP_BOGUS);
	else if (mx->addrs == SG_ADDR_ERROR)
		unknown(out, SG_REASON_DNS_ERROR, SG_GAP_MX);
	else
		return false;
	out->usable = false;
	return true;
}

/* The best level that the host can attain, whatever a probe says. */
static enum sg_level
ceiling(const struct sg_view *view, const struct sg_facts_mx *mx,
    const struct sg_mx_found *out)
{
	if (view->secure_mx)
		return mx->tlsa == SG_TLSA_NONE || mx->tlsa == SG_TLSA_UNUSABLE
		    ? SG_LEVEL_SECURE
		    : SG_LEVEL_DANE;
	return maybe_vouched(view, out) ? SG_LEVEL_SECURE : SG_LEVEL_VERIFY;
}

static bool
fail_beyond(const struct sg_facts_mx *mx, struct sg_mx_found *out)
{
	if (out->v.required == SG_LEVEL_DANE)
		return fail(out, mx->tlsa == SG_TLSA_UNUSABLE
			? SG_REASON_TLSA_INVALID : SG_REASON_DANE_REQUIRED);
	if (!out->v.sts_match)
		return fail(out, SG_REASON_MX_MISMATCH);
	out->unvouched = true;
	return fail(out, SG_REASON_VALIDATION_FAILURE);
}

/* What no probe could mend. */
static bool
hopeless(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	if (enforced(view) && !out->v.sts_match && !dane_alone(view, mx))
		return fail(out, SG_REASON_MX_MISMATCH);
	if (out->v.required > ceiling(view, mx, out))
		return fail_beyond(mx, out);
	return false;
}

/* What stops it before a probe; or nothing is required of it. */
static bool
settled_unprobed(const struct sg_facts_mx *mx, struct sg_mx_found *out)
{
	if (mx->addrs == SG_ADDR_BOGUS)
		return unknown(out, SG_REASON_DNSSEC_INVALID, SG_GAP_BOGUS);
	if (mx->addrs == SG_ADDR_NONE)
		return unknown(out, SG_REASON_UNREACHABLE, SG_GAP_MX);
	if (out->v.required == SG_LEVEL_NONE)
		return pass(out);
	if (mx->addrs == SG_ADDR_ERROR)
		return unknown(out, SG_REASON_DNS_ERROR, SG_GAP_MX);
	if (mx->addrs == SG_ADDR_SPECIAL)
		return unknown(out, SG_REASON_SPECIAL_USE_ADDRESS,
		    SG_GAP_UNPROBED);
	if (out->v.required == SG_LEVEL_DANE && mx->tlsa == SG_TLSA_UNASKED)
		return unknown(out, SG_REASON_NOT_PROBED, SG_GAP_UNPROBED);
	return false;
}

/* Who was asked and had not answered when the time of the lookup was over is
   as good as not reached: the probe goes on beside it, and would say so. */
static bool
unprobed(const struct sg_facts_probe *p, struct sg_mx_found *out)
{
	if (p->reason == SG_REASON_TIMEOUT)
		return unknown(out, SG_REASON_TIMEOUT, SG_GAP_MX);
	return unknown(out, SG_REASON_NOT_PROBED, SG_GAP_UNPROBED);
}

static bool
measured(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	const struct sg_facts_probe *p = &mx->probe;

	if (p->state == SG_PROBE_UNREACHABLE)
		return unknown(out, p->reason == SG_REASON_NONE
			? SG_REASON_UNREACHABLE : p->reason, SG_GAP_MX);
	if (p->state == SG_PROBE_UNTESTED)
		return unprobed(p, out);
	if (attained(view, mx, maybe_vouched(view, out)) < out->v.required)
		return fail(out, p->reason == SG_REASON_NONE
			? SG_REASON_VALIDATION_FAILURE : p->reason);
	if (view->requiretls && p->requiretls == SG_REQUIRETLS_UNASKED)
		return unknown(out, SG_REASON_NOT_PROBED, SG_GAP_UNPROBED);
	if (view->requiretls && p->requiretls == SG_REQUIRETLS_NO)
		return fail(out, SG_REASON_REQUIRETLS_NOT_OFFERED);
	return pass(out);
}

bool
sg_gap_is_worse(enum sg_gap a, enum sg_gap b)
{
	static const unsigned char caution[] = {
		[SG_GAP_NONE] = 0,
		[SG_GAP_MX] = 1,       /* it can only queue */
		[SG_GAP_UNPROBED] = 2,
		[SG_GAP_TXT] = 3,
		[SG_GAP_HTTPS] = 3,
		[SG_GAP_INTERNAL] = 3,
		[SG_GAP_BOGUS] = 4,    /* never passed */
	};

	return caution[a] > caution[b];
}

/* A policy that could not be read may ask more than was judged by. */
static void
doubt(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	if (out->v.result == SG_RESULT_FAIL || dane_alone(view, mx))
		return;
	if (!sg_gap_is_worse(view->sts_gap, out->gap))
		return;
	unknown(out, view->sts_reason, view->sts_gap);
	out->of_domain = true;
}

void
sg_decide_mx(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out)
{
	start(view, mx, out);
	if (view->exempt && out->v.required == SG_LEVEL_NONE) {
		pass(out);
		return;
	}
	if (!tlsa_unknown(view, mx, out) && !hopeless(view, mx, out) &&
	    !settled_unprobed(mx, out))
		measured(view, mx, out);
	doubt(view, mx, out);
}
