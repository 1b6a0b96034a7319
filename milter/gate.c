/* SPDX-License-Identifier: ISC */
/*
 * gate.c - see gate.h.
 *
 * The time a recipient may take is one budget, from which the second look of
 * RFC 8461 5 and the further hosts of a fallback list are paid too.
 */
#include "gate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide/map.h"

/* The clocks are read once, and again after a wait: a warm recipient is
   judged in less time than asking them for it several times takes. */
struct pass {
	struct sg_engine *engine;
	const struct sg_gate_ask *ask;
	struct sg_mono until, mono;
	double now_ms; /* the same, finer, for the log */
	struct sg_wall now;
};

static double
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Old facts stand by themselves only for what the delivery map enforces by the
   same policy: a cached enforce policy outlives every outage, what a probe saw
   or what nobody published does not. */
static bool
map_enforces(const struct pass *p, const struct sg_gate_answer *a)
{
	return p->ask->config->delivery_map && a->verdict.has_policy &&
	    a->verdict.sts_mode == SG_STS_MODE_ENFORCE &&
	    a->verdict.required <= a->verdict.published;
}

/* Nothing came in time: what was known before is, if it is bad, no reason to
   refuse for good (soften() sees to that), and if it is good, mostly good for
   the open-or-closed table only. */
static void
mark_missed(const struct pass *p, struct sg_gate_answer *a,
    enum sg_reason missed)
{
	a->missed = missed;
	if (missed == SG_REASON_NONE ||
	    a->verdict.result == SG_RESULT_FAIL || map_enforces(p, a))
		return;
	if (a->asked.rule.require == SG_REQUIRE_NONE && !p->ask->requiretls)
		return;
	a->verdict.result = SG_RESULT_UNKNOWN;
	a->verdict.reason = missed;
	a->verdict.gap = SG_GAP_INTERNAL;
}

static void
look(struct pass *p, const struct sg_nexthop *hop, bool fresh,
    struct sg_gate_answer *a)
{
	int64_t left = p->until.ms - p->mono.ms;
	struct sg_ask ask = {
		.hop = *hop,
		.deadline_ms = left > 1 ? (int)left : 1,
		.fresh = fresh,
		.demand = a->asked.rule.require > SG_REQUIRE_PUBLISHED ||
		    p->ask->requiretls,
		.whole = p->ask->requiretls,
		.budget = p->ask->budget,
	};
	struct sg_answer answer;

	sg_engine_ask(p->engine, &ask, &answer);
	if (answer.source != SG_SOURCE_MEMORY ||
	    answer.missed != SG_REASON_NONE) {
		p->mono = sg_mono_now();
		p->now = sg_wall_now();
	}
	sg_facts_unref(&a->facts);
	a->facts = answer.facts;
	a->source = answer.source;
	sg_decide_verdict(a->facts, a->asked.rule.require, p->ask->requiretls,
	    p->now, &a->verdict);
	mark_missed(p, a, answer.missed);
}

static void
no_reject(struct sg_gate_answer *a)
{
	if (a->decision.action == SG_ACTION_REJECT)
		a->decision.action = SG_ACTION_DEFER;
	if (a->decision.applied == SG_ACTION_REJECT)
		a->decision.applied = SG_ACTION_DEFER;
}

/* The look at DNS that must come before mail is refused for good could not be
   made: nothing has been proved, so that the verdict is unknown; but the
   policy is in force, and mail does not pass against it (RFC 8461 5;
   STANDARDS ). What the rule says of a failure is done, softened to
   a deferral. */
static void
soften(struct sg_gate_answer *a)
{
	no_reject(a);
	a->verdict.result = SG_RESULT_UNKNOWN;
	a->verdict.gap = SG_GAP_TXT;
}

/* By a clock that jumped a certificate may be called expired, or not yet
   valid, that is neither: not for good then (THREATS T9). */
static bool
rests_on_clock(const struct pass *p, const struct sg_gate_answer *a)
{
	return a->verdict.result == SG_RESULT_FAIL &&
	    (a->verdict.reason == SG_REASON_CERT_EXPIRED ||
	        a->verdict.reason == SG_REASON_CERT_NOT_TRUSTED) &&
	    sg_engine_clock_is_suspect(p->engine);
}

/* Fail by what is not of today. */
static bool
rests_on_cache(const struct sg_gate_answer *a)
{
	return a->verdict.result == SG_RESULT_FAIL &&
	    (a->verdict.by_cached_policy || a->missed != SG_REASON_NONE);
}

/* Mail is accepted for hop: from now on the map holds to the level that was
   promised. Failure is accepted only by a rule that knows; what a dry run
   would have refused was promised nothing. */
static bool
is_promised(const struct sg_gate_answer *a)
{
	return a->facts != NULL && a->decision.action <= SG_ACTION_HOLD &&
	    a->verdict.required > SG_LEVEL_NONE &&
	    a->verdict.result != SG_RESULT_FAIL &&
	    a->verdict.result != SG_RESULT_NOT_APPLICABLE;
}

/* SG_OK: pinned, or nothing to pin. */
static enum sg_rc
pin(struct pass *p, const struct sg_nexthop *hop,
    const struct sg_gate_answer *a)
{
	const struct sg_config *config = p->ask->config;
	struct sg_wall now = p->now;
	struct sg_pin *made = NULL;
	enum sg_level level;
	enum sg_rc rc;

	if (!p->ask->pins || config->pin_for_s == 0 || !is_promised(a))
		return SG_OK;
	level = sg_decide_pin_level(config, hop->name, a->verdict.published,
	    now);
	if (level == SG_LEVEL_NONE || sg_engine_pin_suffices(p->engine,
		a->key, level, config->pin_for_s, now))
		return SG_OK;
	rc = sg_decide_pin(config, a->facts, level, now, &made);
	if (rc == SG_OK)
		rc = sg_engine_set_pin(p->engine, made);
	sg_pin_unref(&made);
	return rc;
}

/* What was promised could not be written down, so that delivery would not hold
   to it: come back later (THREATS T25, 5.4). */
static void
take_back(struct sg_gate_answer *a)
{
	a->verdict.result = SG_RESULT_UNKNOWN;
	a->verdict.reason = SG_REASON_INTERNAL;
	a->verdict.gap = SG_GAP_INTERNAL;
	a->verdict.mx = "";
	a->decision.action = SG_ACTION_DEFER;
	a->decision.applied = a->asked.dry_run ? SG_ACTION_TAG
					       : SG_ACTION_DEFER;
}

/* A global rule is the map's too. */
static bool
asked_of_all(const struct sg_asked *asked)
{
	return asked->entry != NULL && asked->entry_is_global &&
	    (asked->entry->rule.set & SG_RULE_REQUIRE) != 0;
}

enum sg_level
sg_gate_route(const struct sg_gate_answer *a)
{
	const struct sg_verdict *v = &a->verdict;

	if (!a->asked.group->route_tag || a->asked.dry_run ||
	    v->result == SG_RESULT_NOT_APPLICABLE ||
	    v->required <= v->published)
		return SG_LEVEL_NONE;
	return asked_of_all(&a->asked) && !v->requiretls ? SG_LEVEL_NONE
							 : v->required;
}

static void
judge_hop(struct pass *p, const struct sg_nexthop *hop,
    struct sg_gate_answer *a)
{
	struct sg_act_params act;
	double start = p->now_ms;

	memset(a, 0, sizeof(*a));
	sg_nexthop_key(hop, a->key);
	sg_decide_rule(p->ask->config, p->ask->group, hop->name, p->now,
	    &a->asked);
	look(p, hop, p->ask->fresh, a);
	if (rests_on_cache(a))
		look(p, hop, true, a);
	act = (struct sg_act_params) { &a->asked, &a->verdict, a->facts,
		p->ask->config->delivery_map, p->now };
	sg_decide_action(&act, &a->decision);
	if (rests_on_clock(p, a))
		no_reject(a);
	if (rests_on_cache(a))
		soften(a);
	if (pin(p, hop, a) != SG_OK)
		take_back(a);
	a->route = sg_gate_route(a);
	p->now_ms = mono_ms();
	a->ms = p->now_ms - start;
}

/* What is done comes first, then what would be done if it were no dry run;
   among equals the first stays. */
bool
sg_gate_is_worse(const struct sg_gate_answer *a,
    const struct sg_gate_answer *than)
{
	if (a->decision.applied != than->decision.applied)
		return a->decision.applied > than->decision.applied;
	if (a->decision.action != than->decision.action)
		return a->decision.action > than->decision.action;
	return a->verdict.result == SG_RESULT_FAIL &&
	    than->verdict.result != SG_RESULT_FAIL;
}

void
sg_gate_recipient(struct sg_engine *engine, const struct sg_gate_ask *ask,
    struct sg_gate_answer *out)
{
	struct pass p = { .engine = engine, .ask = ask,
		.mono = sg_mono_now(), .now_ms = mono_ms(),
		.now = sg_wall_now() };
	struct sg_gate_answer next;
	enum sg_level route;

	sg_assert(ask->n_hops > 0);
	p.until.ms = p.mono.ms + ask->config->reply_deadline_ms;
	judge_hop(&p, &ask->hops[0], out);
	for (size_t i = 1; i < ask->n_hops; i++) {
		judge_hop(&p, &ask->hops[i], &next);
		route = next.route > out->route ? next.route : out->route;
		if (sg_gate_is_worse(&next, out)) {
			sg_gate_answer_fini(out);
			*out = next;
		} else
			sg_gate_answer_fini(&next);
		out->route = route;
	}
}

void
sg_gate_not_applicable(const struct sg_gate_ask *ask,
    struct sg_gate_answer *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->key, sizeof(out->key), "-");
	out->asked.group = ask->group;
	out->asked.rule = ask->group->rule;
	out->asked.dry_run = ask->config->dry_run || ask->group->rule.dry_run;
	out->verdict.result = SG_RESULT_NOT_APPLICABLE;
	out->verdict.mx = "";
	out->decision.action = SG_ACTION_ACCEPT;
	out->decision.applied = SG_ACTION_ACCEPT;
}

void
sg_gate_answer_fini(struct sg_gate_answer *a)
{
	sg_facts_unref(&a->facts);
}
