/* SPDX-License-Identifier: ISC */
/* expect.c - recipients, and what is expected of them and of the world. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gate.h"
#include "reply.h"
#include "replay/fakes.h"
#include "replay/play.h"
#include "replay/sim.h"

#define ASKERS_MAX 64
#define REPLY_MS 9000 /* THREATS 7: every RCPT is answered by then */

struct asker {
	struct play *play;
	struct sg_gate_ask ask;
	struct sg_nexthop hops[1];
	struct sg_sender sender;
	bool not_applicable;
	struct sg_gate_answer answer;
	int64_t took_ms;
};

/* --- asking ------------------------------------------------------------------------- */

static const struct sg_group *
group_of(const struct sg_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_groups; i++)
		if (strcmp(c->groups[i].name, name) == 0)
			return &c->groups[i];
	return NULL;
}

/* As milter/route.c does without the MTA's word for it. */
static bool
set_hop(struct asker *a, const char *address, const char *hop)
{
	struct sg_mailaddr addr;
	enum sg_rc rc;

	a->ask.hops = a->hops;
	a->ask.n_hops = 1;
	if (hop != NULL) {
		rc = sg_nexthop_parse(hop, &a->hops[0], NULL);
	} else {
		rc = sg_mailaddr_parse(address, &addr, NULL);
		if (rc == SG_OK && addr.kind != SG_MAILADDR_DOMAIN)
			rc = SG_NONE;
		if (rc == SG_OK)
			rc = sg_nexthop_parse(addr.domain, &a->hops[0], NULL);
	}
	a->not_applicable = rc == SG_NONE;
	return rc != SG_BAD;
}

static void *
ask(void *arg)
{
	struct asker *a = arg;
	int64_t began = sim_ms();

	if (a->not_applicable)
		sg_gate_not_applicable(&a->ask, &a->answer);
	else
		sg_gate_recipient(a->play->world.engine, &a->ask, &a->answer);
	a->took_ms = sim_ms() - began;
	return NULL;
}

/* --- what came of it ------------------------------------------------------------------ */

struct got {
	const char *key;
	char value[600];
};

static const char *
or_dash(const char *s)
{
	return s[0] != '\0' && strcmp(s, "none") != 0 ? s : "-";
}

static void
fill_words(const struct asker *a, const char *key, char out[600])
{
	struct sg_told told = { .id = "4f3a9c21", .qid = "",
		.next_hop = a->answer.key, .asked = &a->answer.asked,
		.facts = a->answer.facts, .verdict = &a->answer.verdict,
		.decision = &a->answer.decision,
		.source = sg_source_name(a->answer.source) };
	enum sg_action applied = a->answer.decision.applied;
	struct sg_reply reply = { .code = "250", .xcode = "2.1.5" };

	if (applied == SG_ACTION_DEFER || applied == SG_ACTION_REJECT)
		sg_reply_make(&told, applied, &reply);
	if (strcmp(key, "header") == 0)
		sg_reply_header(&(struct sg_header) { .worst = &told,
		    .not_passed = 1, .accepted = 1, .id = told.id,
		    .group = told.asked->group->name }, out, 600);
	else if (strcmp(key, "log") == 0)
		sg_reply_log(&told, out, 600);
	else
		snprintf(out, 600, "%s", strcmp(key, "code") == 0 ? reply.code
		    : strcmp(key, "xcode") == 0 ? reply.xcode : reply.text);
}

static const char *
gap_name(enum sg_gap gap)
{
	static const char *const names[] = { "-", "txt", "bogus", "https",
		"mx", "unprobed", "internal" };

	return names[gap];
}

/* False: there is no such thing to be expected of a recipient. */
static bool
look(const struct asker *a, const char *key, char out[600])
{
	const struct sg_verdict *v = &a->answer.verdict;
	const struct sg_decision *d = &a->answer.decision;
	const struct {
		const char *key, *value;
	} all[] = { { "result", sg_result_name(v->result) },
		{ "reason", or_dash(sg_reason_name(v->reason)) },
		{ "action", sg_action_name(d->action) },
		{ "applied", sg_action_name(d->applied) },
		{ "required", sg_level_name(v->required) },
		{ "published", sg_level_name(v->published) },
		{ "attained", sg_level_name(v->attained) },
		{ "mx", or_dash(v->mx) },
		{ "gap", gap_name(v->gap) },
		{ "window", d->window_over ? "over" : "-" },
		{ "policy", !v->has_policy ? "-"
		    : v->sts_mode == SG_STS_MODE_ENFORCE ? "enforce"
		    : v->sts_mode == SG_STS_MODE_TESTING ? "testing" : "none" },
		{ "dane", v->has_dane ? "yes" : "-" },
		{ "cached", v->by_cached_policy ? "yes" : "-" },
		{ "source", sg_source_name(a->answer.source) },
		{ "missed", or_dash(sg_reason_name(a->answer.missed)) },
		{ "rule", a->answer.asked.group->name } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].key, key) == 0) {
			snprintf(out, 600, "%s", all[i].value);
			return true;
		}
	if (strcmp(key, "code") != 0 && strcmp(key, "xcode") != 0 &&
	    strcmp(key, "text") != 0 && strcmp(key, "header") != 0 &&
	    strcmp(key, "log") != 0)
		return false;
	fill_words(a, key, out);
	return true;
}

/* "key=value", "key~=part", "within=T". */
static void
check_pair(struct play *p, const struct asker *a, const char *pair)
{
	char key[40], got[600] = "";
	size_t len = strcspn(pair, "=");
	bool part = len > 0 && pair[len - 1] == '~';
	const char *want = pair + len + 1;

	snprintf(key, sizeof(key), "%.*s", (int)(len - part), pair);
	if (strcmp(key, "within") == 0) {
		if (a->took_ms > words_ms(want))
			play_fail(p, "took %lld ms, want %s",
			    (long long)a->took_ms, want);
		return;
	}
	if (!look(a, key, got))
		play_fail(p, "nothing is called \"%s\"", key);
	else if (part ? strstr(got, want) == NULL : strcmp(got, want) != 0)
		play_fail(p, "got %s %s, want %s%s", key, got,
		    part ? "..." : "", want);
}

/* RESULT REASON ACTION, then pairs; "*" is anything. */
static void
check(struct play *p, const struct asker *a, char *const *w, size_t n)
{
	static const char *const keys[] = { "result", "reason", "action" };
	char want[80], got[3][600];
	bool same = true;
	size_t at = 0;

	for (; at < n && at < 3 && strchr(w[at], '=') == NULL; at++) {
		look(a, keys[at], got[at]);
		same = same && (strcmp(w[at], "*") == 0 ||
		    strcmp(w[at], got[at]) == 0);
	}
	if (!same) {
		snprintf(want, sizeof(want), "%s %s %s", w[0],
		    at > 1 ? w[1] : "", at > 2 ? w[2] : "");
		look(a, "reason", got[1]);
		look(a, "action", got[2]);
		play_fail(p, "got %s %s %s (mx %s, gap %s), want %s", got[0],
		    got[1], got[2], or_dash(a->answer.verdict.mx),
		    gap_name(a->answer.verdict.gap), want);
	}
	for (; at < n; at++) {
		if (strchr(w[at], '=') == NULL) {
			play_fail(p, "\"%s\" is no key=value", w[at]);
			return;
		}
		check_pair(p, a, w[at]);
	}
	if (a->took_ms > REPLY_MS)
		play_fail(p, "took %lld ms: no RCPT may wait that long",
		    (long long)a->took_ms);
}

/* --- rcpt ------------------------------------------------------------------------------- */

static bool
prepare(struct play *p, struct asker *a, const struct words *w, size_t end)
{
	const char *group = words_value(w, 1, "group"), *address = NULL;

	*a = (struct asker) { .play = p };
	a->ask.config = p->world.config;
	a->ask.group = group_of(p->world.config,
	    group != NULL ? group : "default");
	a->ask.sender = &a->sender;
	for (size_t i = 1; i < end; i++) {
		if (strcmp(w->w[i], "requiretls") == 0)
			a->ask.requiretls = true;
		else if (strcmp(w->w[i], "fresh") == 0)
			a->ask.fresh = true;
		else if (strchr(w->w[i], '=') == NULL)
			address = w->w[i];
	}
	if (a->ask.group == NULL) {
		play_fail(p, "no such group");
		return false;
	}
	a->ask.budget = (struct sg_budget) { words_value(w, 1, "budget"),
		a->ask.group->name };
	if (set_hop(a, address != NULL ? address : "bob@good.test",
	    words_value(w, 1, "hop")))
		return true;
	play_fail(p, "no such recipient");
	return false;
}

static void
ask_together(struct asker *a, size_t n)
{
	struct sim_actor *actor[ASKERS_MAX];

	for (size_t i = 0; i < n; i++)
		actor[i] = sim_actor_new(ask, &a[i]);
	for (size_t i = 0; i < n; i++)
		sim_actor_join(&actor[i]);
}

static void
play_askers(struct play *p, const struct words *w, size_t end, size_t from)
{
	const char *times = words_value(w, 1, "times");
	size_t n = times != NULL ? strtoul(times, NULL, 10) : 1;
	static struct asker a[ASKERS_MAX];

	if (n == 0 || n > ASKERS_MAX) {
		play_fail(p, "times=1 to 64");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!prepare(p, &a[i], w, end))
			return;
		a[i].ask.hops = a[i].hops;
	}
	if (n == 1)
		ask(&a[0]);
	else
		ask_together(a, n);
	for (size_t i = 0; i < n; i++) {
		check(p, &a[i], w->w + from, w->n - from);
		sg_gate_answer_fini(&a[i].answer);
	}
}

void
play_rcpt(struct play *p, const struct words *w)
{
	size_t end = 1;

	while (end < w->n && strcmp(w->w[end], "expect") != 0)
		end++;
	play_askers(p, w, end, end < w->n ? end + 1 : w->n);
}

/* "row COLUMN GROUP RESULT...": of bob@good.test. */
void
play_row(struct play *p, const struct words *w)
{
	struct words rcpt = { .n = 2 };
	char group[60];

	snprintf(group, sizeof(group), "group=%s", w->w[2]);
	rcpt.w[0] = w->w[0];
	rcpt.w[1] = group;
	for (size_t i = 3; i < w->n; i++)
		rcpt.w[rcpt.n++] = w->w[i];
	play_askers(p, &rcpt, 2, 2);
}

/* --- expect ------------------------------------------------------------------------------- */

static void
check_count(struct play *p, const struct words *w, size_t at, bool none)
{
	const char *what = w->w[at];
	bool query = strcmp(what, "query") == 0;
	size_t names = w->n - at - 1 - !none; /* words before the number */
	const char *name = names > 0 ? w->w[at + 1] : NULL;
	const char *type = names > 1 ? w->w[at + 2] : NULL;
	unsigned want = none ? 0
	    : (unsigned)strtoul(w->w[w->n - 1], NULL, 10), got;

	got = query ? fake_dns_asked(name, type)
	    : strcmp(what, "fetch") == 0 ? fake_web_asked(name)
					 : fake_smtp_asked(name);
	if (got != want)
		play_fail(p, "got %u of %s %s, want %u", got, what,
		    name != NULL ? name : "", want);
}

static const char *
mode_name(const struct sg_sts_policy *p)
{
	if (p == NULL)
		return "-";
	return p->mode == SG_STS_MODE_ENFORCE ? "enforce"
	    : p->mode == SG_STS_MODE_TESTING ? "testing" : "none";
}

static void
check_fact_time(struct play *p, const char *key, struct sg_wall got,
    const char *want)
{
	char text[SG_WALL_TEXT_SIZE];
	struct sg_wall t = { 0 };

	if (strcmp(want, "-") != 0 && !words_time(want, sim_wall(), &t))
		play_fail(p, "\"%s\" is no time", want);
	else if (t.s != got.s)
		play_fail(p, "got %s %s, want %s", key,
		    sg_wall_format(got, text), want);
}

static void
check_fact(struct play *p, const struct sg_facts *f, const char *key,
    const char *want)
{
	static const char *const txt[] = { "unasked", "none", "record",
		"invalid", "error", "bogus" };
	static const char *const mx[] = { "unasked", "found", "implicit",
		"host", "null", "nxdomain", "error", "bogus", "unusable" };
	const struct sg_facts_sts *s = &f->sts;
	const struct {
		const char *key;
		struct sg_wall t;
	} times[] = { { "fetched", s->fetched_at },
		{ "expires", sg_facts_policy_expires(f) },
		{ "retry", s->fetch.retry_after },
		{ "unknown", s->unknown_since }, { "refetch", f->refetch_at },
		{ "fresh", f->fresh_until }, { "refresh", f->refresh_at } };
	char number[24];
	const char *got;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strcmp(times[i].key, key) == 0) {
			check_fact_time(p, key, times[i].t, want);
			return;
		}
	snprintf(number, sizeof(number), "%u", s->fetch.failures);
	got = strcmp(key, "policy") == 0
	    ? mode_name(sg_facts_policy(f, sim_wall()))
	    : strcmp(key, "id") == 0 ? or_dash(s->policy_id)
	    : strcmp(key, "fetch") == 0
	    ? or_dash(sg_reason_name(s->fetch.reason))
	    : strcmp(key, "detail") == 0 ? s->fetch.detail
	    : strcmp(key, "failures") == 0 ? number
	    : strcmp(key, "txt") == 0 ? txt[s->txt.state]
	    : strcmp(key, "mx") == 0 ? mx[f->mx_state] : NULL;
	if (got == NULL)
		play_fail(p, "facts have no \"%s\"", key);
	else if (strcmp(got, want) != 0)
		play_fail(p, "got %s %s, want %s", key, got, want);
}

/* "expect facts KEY none" or pairs. */
static void
check_facts(struct play *p, const struct words *w)
{
	struct sg_facts *f = NULL;

	if (w->n < 4) {
		play_fail(p, "expect facts NEXT-HOP none|KEY=VALUE...");
		return;
	}
	(void)sg_store_get(p->world.store, w->w[2], &f, NULL);
	for (size_t i = 3; i < w->n; i++) {
		char *eq = strchr(w->w[i], '=');

		if (strcmp(w->w[i], "none") == 0) {
			if (f != NULL)
				play_fail(p, "there are facts");
		} else if (f == NULL || eq == NULL) {
			play_fail(p, "no facts, or no key=value");
			break;
		} else {
			*eq = '\0';
			check_fact(p, f, w->w[i], eq + 1);
			*eq = '=';
		}
	}
	sg_facts_unref(&f);
}

static void
check_store(struct play *p, const struct words *w)
{
	struct sg_store_stats stats;

	sg_store_stats(p->world.store, &stats);
	if (w->n != 3 || (strcmp(w->w[2], "degraded") == 0) != stats.degraded)
		play_fail(p, "the store is %s",
		    stats.degraded ? stats.text : "well");
}

/* "expect [no] query|fetch|connect ...", "expect [no] log TEXT", "expect
   facts ...", "expect store well|degraded". */
void
play_expect(struct play *p, const struct words *w)
{
	bool none = w->n > 2 && strcmp(w->w[1], "no") == 0;
	size_t at = none ? 2 : 1;
	const char *what = w->n > at ? w->w[at] : "";

	if (strcmp(what, "query") == 0 || strcmp(what, "fetch") == 0 ||
	    strcmp(what, "connect") == 0) {
		if (!none && w->n < at + 2)
			play_fail(p, "expect %s [NAME [TYPE]] N", what);
		else
			check_count(p, w, at, none);
	} else if (strcmp(what, "log") == 0 && w->n == at + 2) {
		if (world_logged(w->w[at + 1]) == none)
			play_fail(p, "\"%s\" was %slogged", w->w[at + 1],
			    none ? "" : "not ");
	} else if (strcmp(what, "facts") == 0)
		check_facts(p, w);
	else if (strcmp(what, "store") == 0)
		check_store(p, w);
	else
		play_fail(p, "nothing of the kind can be expected");
}
