/* SPDX-License-Identifier: ISC */
/*
 * map.c - see map.h.
 *
 * The gate judges host by host; an MTA takes one word for all of them. So
 * first it is counted how DANE stands with the hosts that mail can go to
 * (tally), then what is asked of all alike: policy, rule, pin (asked). The
 * word is the least that satisfies both, and what cannot be told apart from
 * "could not look" is TEMP. It does not matter here what a probe saw: the MTA
 * is about to see it itself.
 */
#include "decide/map.h"

#include <string.h>

#include "decide/decide.h"
#include "policy/mx_match.h"

/* An MX list that cannot be renewed is believed this long behind its TTL. */
#define MX_GRACE_S 3600

struct tally {
	unsigned hosts;    /* that mail can go to, or may */
	unsigned usable;   /* of them: with usable TLSA records */
	unsigned unusable; /* with TLSA records, none of them usable */
	unsigned failed;   /* looking for them failed, or was a lie */
	enum sg_reason reason; /* of the first that failed */
};

struct asked {
	enum sg_require rule;
	enum sg_level by_rule, by_policy, by_pin;
	enum sg_level all; /* the highest of these */
	uint32_t window_s;
	const struct sg_sts_policy *policy; /* in force, whatever its mode */
};

const char *
sg_map_word_name(enum sg_map_word word)
{
	static const char *const names[SG_MAP_WORDS] = { "notfound", "encrypt",
		"verify", "secure", "dane", "dane-only", "temp" };

	return (unsigned)word < SG_MAP_WORDS ? names[word] : "?";
}

/* --- rules ------------------------------------------------------------------ */

static enum sg_level
highest(enum sg_level a, enum sg_level b)
{
	return a > b ? a : b;
}

enum sg_require
sg_decide_map_rule(const struct sg_config *config, const char *name,
    struct sg_wall now, uint32_t *window_s)
{
	static const struct sg_group nobody = { .rule = {
		.require = SG_REQUIRE_PUBLISHED, .unknown_window_s = 4 * 3600 } };
	struct sg_asked asked;

	*window_s = nobody.rule.unknown_window_s;
	if (config->n_recipients == 0)
		return SG_REQUIRE_PUBLISHED;
	sg_decide_rule(config, &nobody, name, now, &asked);
	*window_s = asked.rule.unknown_window_s;
	return asked.dry_run ? SG_REQUIRE_PUBLISHED : asked.rule.require;
}

static void
ask(const struct sg_map_params *p, struct asked *a)
{
	*a = (struct asked) { .rule = SG_REQUIRE_PUBLISHED };
	a->rule = sg_decide_map_rule(p->config, p->hop->name, p->now,
	    &a->window_s);
	a->by_rule = highest(sg_require_level(a->rule), p->floor);
	if (p->facts != NULL)
		a->policy = sg_facts_policy(p->facts, p->now);
	if (a->policy != NULL && a->policy->mode == SG_STS_MODE_ENFORCE)
		a->by_policy = SG_LEVEL_SECURE;
	if (sg_pin_holds(p->pin, p->now))
		a->by_pin = p->pin->level;
	a->all = highest(a->by_rule, highest(a->by_policy, a->by_pin));
}

/* --- MX hosts --------------------------------------------------------------- */

static bool
mx_is_secure(const struct sg_facts *f)
{
	return f->mx_state == SG_MX_HOST || f->mx_dnssec == SG_DNSSEC_SECURE;
}

static bool
mx_is_known(const struct sg_facts *f)
{
	return f->mx_state == SG_MX_FOUND || f->mx_state == SG_MX_IMPLICIT ||
	    f->mx_state == SG_MX_HOST;
}

/* Known well enough to say that it may be these and no others. */
static bool
mx_is_current(const struct sg_facts *f, struct sg_wall now)
{
	return mx_is_known(f) && (f->mx_state == SG_MX_HOST ||
	    now.s <= f->mx_until.s + MX_GRACE_S);
}

/* The MTA cuts itself and what is behind it (N-08). */
static bool
is_cut(const struct sg_facts *f, const struct sg_facts_mx *mx)
{
	for (unsigned i = 0; i < f->n_mx; i++)
		if (f->mx[i].is_self)
			return mx->preference >= f->mx[i].preference;
	return false;
}

static void
note_failed(struct tally *t, enum sg_reason reason)
{
	if (t->failed++ == 0)
		t->reason = reason;
}

static void
count(const struct sg_facts_mx *mx, struct tally *t)
{
	t->hosts++;
	if (mx->addrs == SG_ADDR_BOGUS || mx->tlsa == SG_TLSA_BOGUS)
		note_failed(t, SG_REASON_DNSSEC_INVALID);
	else if (mx->tlsa == SG_TLSA_ERROR)
		note_failed(t, SG_REASON_DNS_ERROR);
	else if (mx->tlsa == SG_TLSA_USABLE)
		t->usable++;
	else if (mx->tlsa == SG_TLSA_UNUSABLE)
		t->unusable++;
}

/* TLSA records count for what they say at hosts of a secure MX RRset alone; a
   host without an address is none (RFC 7672 2.2). */
static void
tally_dane(const struct sg_facts *f, struct tally *t)
{
	*t = (struct tally) { .hosts = 0 };
	if (!mx_is_known(f) || !mx_is_secure(f))
		return;
	for (unsigned i = 0; i < f->n_mx; i++)
		if (f->mx[i].addrs != SG_ADDR_NONE && !is_cut(f, &f->mx[i]))
			count(&f->mx[i], t);
}

/* Every host that mail can go to has addresses that are a lie. */
static bool
all_bogus(const struct sg_facts *f)
{
	bool any = false;

	for (unsigned i = 0; mx_is_known(f) && i < f->n_mx; i++) {
		if (is_cut(f, &f->mx[i]))
			continue;
		if (f->mx[i].addrs != SG_ADDR_BOGUS)
			return false;
		any = true;
	}
	return any;
}

/* --- who may be delivered to ------------------------------------------------- */

static bool
pin_names(const struct sg_pin *pin, const char *host)
{
	for (unsigned i = 0; i < pin->n_names; i++)
		if (sg_mx_match(pin->names[i], host))
			return true;
	return false;
}

/* By the policy in force; else by what the pin kept of one, or by DNSSEC; and
   for a rule a testing policy will do (decide.h). */
static bool
is_vouched(const struct sg_map_params *p, const struct asked *a,
    const char *host)
{
	if (a->by_policy == SG_LEVEL_SECURE)
		return sg_sts_policy_matches(a->policy, host);
	if (mx_is_secure(p->facts))
		return true;
	if (a->by_pin >= SG_LEVEL_SECURE)
		return pin_names(p->pin, host);
	return a->policy != NULL && a->policy->mode != SG_STS_MODE_NONE &&
	    sg_sts_policy_matches(a->policy, host);
}

/* A host whose addresses could not be had may have TLSA records, and then its
   certificate alone would not do. Whether it is one, and why. */
static bool
may_have_tlsa(const struct sg_facts *f, const struct sg_facts_mx *mx,
    enum sg_reason *why)
{
	if (!mx_is_secure(f) || mx->addrs == SG_ADDR_OK ||
	    mx->addrs == SG_ADDR_NONE || mx->tlsa == SG_TLSA_USABLE)
		return false;
	*why = mx->addrs == SG_ADDR_SPECIAL ? SG_REASON_SPECIAL_USE_ADDRESS
					    : SG_REASON_DNS_ERROR;
	return true;
}

static enum sg_reason
nobody_reason(const struct sg_map_params *p, const struct asked *a)
{
	if (a->by_policy == SG_LEVEL_SECURE ||
	    (a->by_pin >= SG_LEVEL_SECURE && p->pin->n_names > 0))
		return SG_REASON_MX_MISMATCH;
	return SG_REASON_VALIDATION_FAILURE;
}

static void
name_hosts(const struct sg_map_params *p, const struct asked *a,
    struct sg_map_answer *out)
{
	const struct sg_facts *f = p->facts;
	enum sg_reason left_out = SG_REASON_NONE;

	sg_assert(f->n_mx <= SG_FACTS_MAX_MX);
	for (unsigned i = 0; i < f->n_mx; i++)
		if (is_vouched(p, a, f->mx[i].host) &&
		    !may_have_tlsa(f, &f->mx[i], &left_out))
			out->hosts[out->n_names++] = f->mx[i].host;
	if (out->n_names > 0) {
		out->names = SG_MAP_HOSTS;
	} else if (left_out != SG_REASON_NONE) {
		out->names = SG_MAP_UNKNOWN;
		out->reason = left_out;
	} else {
		out->names = SG_MAP_NOBODY;
		out->reason = nobody_reason(p, a);
	}
}

static void
name_patterns(const struct sg_map_params *p, const struct asked *a,
    struct sg_map_answer *out)
{
	out->names = SG_MAP_PATTERNS;
	if (a->by_policy == SG_LEVEL_SECURE) {
		out->patterns = (const char *const *)a->policy->mx;
		out->n_names = (unsigned)a->policy->n_mx;
	} else if (a->by_pin >= SG_LEVEL_SECURE) {
		out->patterns = p->pin->names;
		out->n_names = p->pin->n_names;
	} else if (a->policy != NULL &&
	    a->policy->mode != SG_STS_MODE_NONE) {
		out->patterns = (const char *const *)a->policy->mx;
		out->n_names = (unsigned)a->policy->n_mx;
	}
	if (out->n_names == 0) {
		out->names = SG_MAP_UNKNOWN;
		out->reason = SG_REASON_DNS_ERROR;
	}
}

static void
name_names(const struct sg_map_params *p, const struct asked *a,
    struct sg_map_answer *out)
{
	out->secure = true;
	if (mx_is_current(p->facts, p->now))
		name_hosts(p, a, out);
	else
		name_patterns(p, a, out);
}

/* --- what could not be learnt -------------------------------------------------- */

static void
temp(struct sg_map_answer *out, enum sg_reason reason)
{
	*out = (struct sg_map_answer) { .word = SG_MAP_TEMP,
		.reason = reason };
}

/* The right column of the open-or-closed table: a rule asks, and waits for the
   policy, but not for ever. Above its window the rule's own word stands. */
static bool
rule_waits(const struct sg_map_params *p, const struct asked *a)
{
	int64_t since = p->facts->sts.unknown_since.s;

	return a->by_rule >= SG_LEVEL_ENCRYPT &&
	    (since == 0 || p->now.s - since < (int64_t)a->window_s);
}

/* There is neither policy nor pin that settles it: is it known that nothing
   more is asked? False, with TEMP said, if it is not. */
static bool
policy_is_known(const struct sg_map_params *p, const struct asked *a,
    struct sg_map_answer *out)
{
	const struct sg_facts_sts *sts = &p->facts->sts;

	if (a->policy != NULL)
		return true;
	switch (sts->txt.state) {
	case SG_TXT_NONE:
	case SG_TXT_INVALID:
		return true;
	case SG_TXT_ERROR:
		if (!rule_waits(p, a))
			return true;
		temp(out, SG_REASON_DNS_ERROR);
		return false;
	case SG_TXT_RECORD:
		if (!rule_waits(p, a))
			return true;
		temp(out, sts->fetch.reason != SG_REASON_NONE
		    ? sts->fetch.reason : SG_REASON_STS_POLICY_FETCH_ERROR);
		return false;
	case SG_TXT_BOGUS:
		temp(out, SG_REASON_DNSSEC_INVALID);
		return false;
	case SG_TXT_UNASKED:
		break;
	}
	temp(out, sts->fetch.reason == SG_REASON_TIMEOUT ||
		sts->fetch.reason == SG_REASON_OVERLOAD
	    ? sts->fetch.reason : SG_REASON_INTERNAL);
	return false;
}

/* --- the word -------------------------------------------------------------------- */

/* TLSA records rule at some host at least, or a level of DANE is asked. */
static void
say_dane(const struct sg_map_params *p, const struct asked *a,
    const struct tally *t, struct sg_map_answer *out)
{
	out->word = t->usable == t->hosts || a->all > SG_LEVEL_NONE
	    ? SG_MAP_DANE_ONLY
	    : SG_MAP_DANE;
	if (a->by_policy == SG_LEVEL_SECURE ||
	    (a->by_pin == SG_LEVEL_SECURE))
		name_names(p, a, out);
}

static void
say_without_dane(const struct sg_map_params *p, const struct asked *a,
    const struct tally *t, struct sg_map_answer *out)
{
	switch (a->all) {
	case SG_LEVEL_ENCRYPT:
		/* With TLSA records at all of them, if none that is usable,
		   `dane' insists on TLS and heeds those to come. */
		out->word = t->unusable > 0 && t->unusable == t->hosts
		    ? SG_MAP_DANE
		    : SG_MAP_ENCRYPT;
		break;
	case SG_LEVEL_VERIFY:
		out->word = SG_MAP_VERIFY;
		break;
	case SG_LEVEL_SECURE:
		out->word = SG_MAP_SECURE;
		name_names(p, a, out);
		if (out->names == SG_MAP_UNKNOWN)
			temp(out, out->reason);
		break;
	default:
		/* Who looked in vain at one host may not have it in clear; but
		   where nobody has looked, the MTA's own default stands, which
		   may be more than `dane'. */
		if (t->unusable > 0 || t->failed > 0)
			out->word = SG_MAP_DANE;
		break;
	}
}

static void
decide(const struct sg_map_params *p, const struct asked *a,
    struct sg_map_answer *out)
{
	struct tally t;

	tally_dane(p->facts, &t);
	if (p->facts->mx_state == SG_MX_BOGUS || all_bogus(p->facts)) {
		temp(out, SG_REASON_DNSSEC_INVALID);
		return;
	}
	if (a->all == SG_LEVEL_DANE ||
	    (t.usable > 0 && t.usable == t.hosts)) {
		say_dane(p, a, &t, out);
		return;
	}
	if (highest(a->by_policy, a->by_pin) < SG_LEVEL_SECURE &&
	    !policy_is_known(p, a, out))
		return;
	if (t.usable > 0)
		say_dane(p, a, &t, out);
	else if (t.failed > 0 && (a->all > SG_LEVEL_NONE ||
	    t.failed == t.hosts))
		temp(out, t.reason);
	else
		say_without_dane(p, a, &t, out);
}

static bool
is_less(const struct sg_map_params *p, const struct sg_map_answer *than)
{
	struct sg_map_params without = *p;
	struct sg_map_answer a;

	without.pin = NULL;
	sg_decide_map(&without, &a);
	return a.word != than->word || a.secure != than->secure;
}

void
sg_decide_map(const struct sg_map_params *p, struct sg_map_answer *out)
{
	struct asked a;

	*out = (struct sg_map_answer) { .word = SG_MAP_NOTFOUND };
	ask(p, &a);
	if (p->floor == SG_LEVEL_NONE &&
	    (p->config->dry_run || a.rule == SG_REQUIRE_NONE))
		return;
	if (p->facts != NULL)
		decide(p, &a, out);
	else
		temp(out, SG_REASON_INTERNAL);
	if (a.by_policy == SG_LEVEL_SECURE && out->word != SG_MAP_TEMP)
		out->policy = a.policy;
	out->pinned = a.by_pin > highest(a.by_policy, a.by_rule) &&
	    is_less(p, out);
}

/* --- pins ---------------------------------------------------------------------- */

enum sg_level
sg_decide_pin_level(const struct sg_config *config, const char *name,
    enum sg_level published, struct sg_wall now)
{
	uint32_t window_s;
	enum sg_require rule;

	if (config->n_recipients == 0)
		return published;
	rule = sg_decide_map_rule(config, name, now, &window_s);
	return rule == SG_REQUIRE_NONE ? SG_LEVEL_NONE
				       : highest(published, sg_require_level(rule));
}

/* The MX hosts that can be written as patterns. */
static size_t
host_names(const struct sg_facts *f, const char *out[SG_FACTS_MAX_MX])
{
	size_t n = 0;

	for (unsigned i = 0; i < f->n_mx; i++)
		if (sg_mx_pattern_is_valid(f->mx[i].host))
			out[n++] = f->mx[i].host;
	return n;
}

enum sg_rc
sg_decide_pin(const struct sg_config *config, const struct sg_facts *facts,
    enum sg_level level, struct sg_wall now, struct sg_pin **out_r)
{
	struct sg_wall until = { now.s + config->pin_for_s + SG_PIN_RENEW_S };
	const struct sg_sts_policy *policy = sg_facts_policy(facts, now);
	const char *hosts[SG_FACTS_MAX_MX];
	const char *const *names = NULL;
	char key[SG_NEXTHOP_KEY_SIZE];
	size_t n = 0;

	if (level == SG_LEVEL_SECURE && policy != NULL &&
	    policy->mode != SG_STS_MODE_NONE) {
		names = (const char *const *)policy->mx;
		n = policy->n_mx;
	} else if (level == SG_LEVEL_SECURE && mx_is_secure(facts)) {
		names = hosts;
		n = host_names(facts, hosts);
	}
	return sg_pin_new(sg_nexthop_key(&facts->hop, key), level, now, until,
	    names, n, out_r);
}
