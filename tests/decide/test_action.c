/* SPDX-License-Identifier: ISC */
/*
 * test_action.c - what is done: every gap, rule, written action, world and
 * state of the window, against tables written out by hand (ARCHITECTURE 5,
 * THREATS 4.1), and nothing derived from the code.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/decide.h"

#define NOW 1795428000
#define WINDOW 14400
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* One situation. */
struct given {
	enum sg_result result;
	enum sg_gap gap;
	enum sg_require require;
	enum sg_action on_fail, on_unknown;
	bool dry_run, delivery_map;
	enum sg_level published, required;
	bool requiretls, has_policy;
	enum sg_sts_mode mode;
	enum sg_txt_state txt;
	int since; /* seconds ago; 0 = not known */
	bool no_facts;
};

static void
act(const struct given *g, struct sg_decision *out)
{
	struct sg_asked asked = { .dry_run = g->dry_run, .rule = {
		.require = g->require, .on_fail = g->on_fail,
		.on_unknown = g->on_unknown, .unknown_window_s = WINDOW } };
	struct sg_verdict verdict = { .result = g->result, .gap = g->gap,
		.published = g->published, .required = g->required,
		.requiretls = g->requiretls, .has_policy = g->has_policy,
		.sts_mode = g->mode, .mx = "" };
	struct sg_facts facts = { .sts = { .txt = { .state = g->txt } } };
	struct sg_act_params p = { .asked = &asked, .verdict = &verdict,
		.facts = g->no_facts ? NULL : &facts,
		.delivery_map = g->delivery_map, .now = { NOW } };

	if (g->since != 0)
		facts.sts.unknown_since.s = NOW - g->since;
	memset(out, 0xa5, sizeof(*out));
	sg_decide_action(&p, out);
}

/* The table as ARCHITECTURE 5 has it. A letter an action: a accept, t tag,
   d defer; T tag because the window is over. Columns by require: none,
   published, encrypt, verify, secure, dane. */
struct table_row {
	const char *name;
	enum sg_gap gap;
	bool map;
	const char *within, *over;
};

/* What is published is as in the columns: nothing, so that `published`
   requires nothing and each rule above asks more. */
static const struct table_row bare[] = {
	{ "E-09 TXT failed, map", SG_GAP_TXT, true, "atdddd", "atTTTT" },
	{ "TXT failed, no map", SG_GAP_TXT, false, "atdddd", "atTTTT" },
	{ "HTTPS failed, map", SG_GAP_HTTPS, true, "atdddd", "atTTTT" },
	{ "HTTPS failed, no map", SG_GAP_HTTPS, false, "atdddd", "atTTTT" },
	{ "bogus, map", SG_GAP_BOGUS, true, "addddd", "addddd" },
	{ "bogus, no map", SG_GAP_BOGUS, false, "addddd", "addddd" },
	{ "no MX, map", SG_GAP_MX, true, "aaaaaa", "aaaaaa" },
	{ "no MX, no map", SG_GAP_MX, false, "aadddd", "aadddd" },
	{ "unprobed, map", SG_GAP_UNPROBED, true, "atdddd", "atTTTT" },
	{ "unprobed, no map", SG_GAP_UNPROBED, false, "atdddd", "atdddd" },
	{ "internal, map", SG_GAP_INTERNAL, true, "addddd", "addddd" },
	{ "internal, no map", SG_GAP_INTERNAL, false, "addddd", "addddd" },
	{ "no gap named, map", SG_GAP_NONE, true, "addddd", "addddd" },
};

/* An enforce policy is in force: `published` requires secure. */
static const struct table_row enforced[] = {
	{ "no MX, map", SG_GAP_MX, true, "aaaaaa", "aaaaaa" },
	{ "no MX, no map", SG_GAP_MX, false, "addddd", "addddd" },
	{ "unprobed, map", SG_GAP_UNPROBED, true, "attttd", "attttT" },
	{ "unprobed, no map", SG_GAP_UNPROBED, false, "addddd", "addddd" },
	{ "bogus, map", SG_GAP_BOGUS, true, "addddd", "addddd" },
	{ "internal, map", SG_GAP_INTERNAL, true, "addddd", "addddd" },
};

/* The required level by rule where nothing, or `secure`, is published. */
static const enum sg_level by_rule[2][6] = {
	{ SG_LEVEL_NONE, SG_LEVEL_NONE, SG_LEVEL_ENCRYPT, SG_LEVEL_VERIFY,
	    SG_LEVEL_SECURE, SG_LEVEL_DANE },
	{ SG_LEVEL_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, SG_LEVEL_SECURE,
	    SG_LEVEL_SECURE, SG_LEVEL_DANE },
};

static void
expect(const char *name, const struct given *g, char want)
{
	struct sg_decision d;
	enum sg_action action = want == 'a' ? SG_ACTION_ACCEPT
	    : want == 'h' ? SG_ACTION_HOLD
	    : want == 'd' ? SG_ACTION_DEFER
	    : want == 'r' ? SG_ACTION_REJECT : SG_ACTION_TAG;

	act(g, &d);
	ck_assert_msg(d.action == action,
	    "%s, require %s, on_unknown %s: got %s, want %s", name,
	    sg_require_name(g->require), sg_action_name(g->on_unknown),
	    sg_action_name(d.action), sg_action_name(action));
	ck_assert_msg(d.window_over == (want == 'T'),
	    "%s, require %s: window_over %d", name,
	    sg_require_name(g->require), d.window_over);
	ck_assert_int_eq(d.applied, d.action);
}

static struct given
of_row(const struct table_row *t, int published, int require)
{
	return (struct given) { .result = SG_RESULT_UNKNOWN, .gap = t->gap,
		.require = (enum sg_require)require,
		.on_unknown = SG_ACTION_AUTO, .delivery_map = t->map,
		.published = published ? SG_LEVEL_SECURE : SG_LEVEL_NONE,
		.required = by_rule[published][require],
		.has_policy = published != 0, .mode = SG_STS_MODE_ENFORCE,
		.txt = published ? SG_TXT_RECORD : SG_TXT_ERROR };
}

static void
check_table(const struct table_row *t, int published)
{
	for (int require = 0; require < 6; require++) {
		struct given g = of_row(t, published, require);

		expect(t->name, &g, t->within[require]); /* just begun */
		g.since = WINDOW - 1;
		expect(t->name, &g, t->within[require]);
		g.since = -3600; /* the clock went back */
		expect(t->name, &g, t->within[require]);
		g.since = WINDOW;
		expect(t->name, &g, t->over[require]);
		g.since = 100 * WINDOW;
		expect(t->name, &g, t->over[require]);
	}
}

START_TEST(test_bare)
{
	check_table(&bare[_i], 0);
}
END_TEST

START_TEST(test_enforced)
{
	check_table(&enforced[_i], 1);
}
END_TEST

/* A written action replaces the table, in either world and however long it
   has been unknown; but exempt is exempt, and bogus is never passed. */
START_TEST(test_written)
{
	static const struct {
		enum sg_action written;
		char want, bogus;
	} r[] = { { SG_ACTION_ACCEPT, 'a', 'd' }, { SG_ACTION_TAG, 't', 'd' },
		{ SG_ACTION_HOLD, 'h', 'h' }, { SG_ACTION_DEFER, 'd', 'd' },
		{ SG_ACTION_REJECT, 'r', 'r' } };
	const struct table_row *t = &bare[_i];

	for (size_t i = 0; i < N(r); i++)
		for (int k = 0; k < 6 * 2 * 2; k++) {
			struct given g = of_row(t, k / 12, k % 6);

			g.on_unknown = r[i].written;
			g.since = k / 6 % 2 == 0 ? 0 : 2 * WINDOW;
			expect(t->name, &g, k % 6 == 0 ? 'a'
				: t->gap == SG_GAP_BOGUS ? r[i].bogus
							 : r[i].want);
		}
}
END_TEST

/* Rows of their own. */
static const struct {
	const char *name;
	struct given g;
	char want;
} single[] = {
	{ "pass", { .result = SG_RESULT_PASS, .on_fail = SG_ACTION_REJECT,
	    .on_unknown = SG_ACTION_REJECT, .require = SG_REQUIRE_DANE },
	    'a' },
	{ "null MX: not applicable", { .result = SG_RESULT_NOT_APPLICABLE,
	    .on_fail = SG_ACTION_REJECT, .on_unknown = SG_ACTION_REJECT,
	    .require = SG_REQUIRE_DANE }, 'a' },
	{ "fail: accept", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_ACCEPT, .on_unknown = SG_ACTION_REJECT },
	    'a' },
	{ "fail: tag", { .result = SG_RESULT_FAIL, .on_fail = SG_ACTION_TAG,
	    .on_unknown = SG_ACTION_REJECT }, 't' },
	{ "fail: hold", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_HOLD, .on_unknown = SG_ACTION_REJECT }, 'h' },
	{ "Q-05 fail: defer", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_DEFER, .on_unknown = SG_ACTION_REJECT },
	    'd' },
	{ "fail: reject", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_REJECT, .on_unknown = SG_ACTION_ACCEPT },
	    'r' },
	{ "fail: the window does not matter", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_DEFER, .on_unknown = SG_ACTION_AUTO,
	    .since = 2 * WINDOW, .gap = SG_GAP_NONE }, 'd' },

	/* internal error and overload, by what was last known */
	{ "internal, no policy known", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .txt = SG_TXT_NONE }, 't' },
	{ "internal, record invalid", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .txt = SG_TXT_INVALID }, 't' },
	{ "internal, no facts", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .no_facts = true }, 'd' },
	{ "internal, no facts, exempt", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_NONE,
	    .on_unknown = SG_ACTION_AUTO, .no_facts = true }, 'a' },
	{ "internal, TXT not asked", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .txt = SG_TXT_UNASKED }, 'd' },
	{ "internal, TXT there", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .txt = SG_TXT_RECORD }, 'd' },
	{ "internal, testing in force", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .has_policy = true,
	    .mode = SG_STS_MODE_TESTING, .txt = SG_TXT_ERROR }, 't' },
	{ "internal, mode none in force", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_PUBLISHED,
	    .on_unknown = SG_ACTION_AUTO, .has_policy = true,
	    .mode = SG_STS_MODE_NONE, .txt = SG_TXT_ERROR }, 't' },
	{ "internal, enforce in force though TXT is gone",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_INTERNAL,
	    .require = SG_REQUIRE_PUBLISHED, .on_unknown = SG_ACTION_AUTO,
	    .has_policy = true, .mode = SG_STS_MODE_ENFORCE,
	    .txt = SG_TXT_NONE }, 'd' },
	{ "internal, no policy known, rule encrypt",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_INTERNAL,
	    .require = SG_REQUIRE_ENCRYPT, .required = SG_LEVEL_ENCRYPT,
	    .on_unknown = SG_ACTION_AUTO, .txt = SG_TXT_NONE }, 'd' },
	{ "internal, no end of the window", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_INTERNAL, .require = SG_REQUIRE_SECURE,
	    .required = SG_LEVEL_SECURE, .on_unknown = SG_ACTION_AUTO,
	    .txt = SG_TXT_ERROR, .since = 2 * WINDOW }, 'd' },

	/* no facts: nothing to count a window from */
	{ "TXT gap without facts", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_TXT, .require = SG_REQUIRE_SECURE,
	    .required = SG_LEVEL_SECURE, .on_unknown = SG_ACTION_AUTO,
	    .no_facts = true }, 'd' },

	/* the map enforces what is published, whoever else asks it too */
	{ "unprobed, encrypt asked, DANE published",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_UNPROBED,
	    .require = SG_REQUIRE_ENCRYPT, .published = SG_LEVEL_DANE,
	    .required = SG_LEVEL_DANE, .on_unknown = SG_ACTION_AUTO,
	    .delivery_map = true }, 't' },
	{ "unprobed, more asked than encrypt published",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_UNPROBED,
	    .require = SG_REQUIRE_VERIFY, .published = SG_LEVEL_ENCRYPT,
	    .required = SG_LEVEL_VERIFY, .on_unknown = SG_ACTION_AUTO,
	    .delivery_map = true }, 'd' },
	{ "unprobed, only encrypt required, no map",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_UNPROBED,
	    .require = SG_REQUIRE_PUBLISHED, .published = SG_LEVEL_ENCRYPT,
	    .required = SG_LEVEL_ENCRYPT, .on_unknown = SG_ACTION_AUTO },
	    'd' },

	/* REQUIRETLS asks whatever the rule says */
	{ "T-10 REQUIRETLS, fail: bounced", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_DEFER, .requiretls = true }, 'r' },
	{ "T-10 REQUIRETLS, fail: nor passed", { .result = SG_RESULT_FAIL,
	    .on_fail = SG_ACTION_ACCEPT, .requiretls = true }, 'r' },
	{ "REQUIRETLS, TXT failed", { .result = SG_RESULT_UNKNOWN,
	    .gap = SG_GAP_TXT, .require = SG_REQUIRE_PUBLISHED,
	    .required = SG_LEVEL_SECURE, .requiretls = true,
	    .on_unknown = SG_ACTION_AUTO }, 'd' },
	{ "REQUIRETLS, exempt recipient, unprobed",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_UNPROBED,
	    .require = SG_REQUIRE_NONE, .required = SG_LEVEL_SECURE,
	    .requiretls = true, .on_unknown = SG_ACTION_AUTO,
	    .delivery_map = true }, 'd' },
	{ "REQUIRETLS, internal, no policy known",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_INTERNAL,
	    .require = SG_REQUIRE_PUBLISHED, .required = SG_LEVEL_SECURE,
	    .requiretls = true, .on_unknown = SG_ACTION_AUTO,
	    .txt = SG_TXT_NONE }, 'd' },
	{ "REQUIRETLS, exempt recipient, on_unknown written",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_UNPROBED,
	    .require = SG_REQUIRE_NONE, .required = SG_LEVEL_SECURE,
	    .requiretls = true, .on_unknown = SG_ACTION_REJECT }, 'r' },
	{ "nothing required, but not exempt: the written word",
	    { .result = SG_RESULT_UNKNOWN, .gap = SG_GAP_MX,
	    .require = SG_REQUIRE_PUBLISHED, .on_unknown = SG_ACTION_DEFER },
	    'd' },
};

START_TEST(test_single)
{
	expect(single[_i].name, &single[_i].g, single[_i].want);
}
END_TEST

/* A window of no length is over at once, if it is known when it began. */
START_TEST(test_no_window)
{
	struct sg_asked asked = { .rule = { .require = SG_REQUIRE_SECURE,
		.on_unknown = SG_ACTION_AUTO } };
	struct sg_verdict verdict = { .result = SG_RESULT_UNKNOWN,
		.gap = SG_GAP_TXT, .mx = "", .required = SG_LEVEL_SECURE };
	struct sg_facts facts = { .sts = { .unknown_since = { NOW } } };
	struct sg_act_params p = { .asked = &asked, .verdict = &verdict,
		.facts = &facts, .now = { NOW } };
	struct sg_decision d;

	sg_decide_action(&p, &d);
	ck_assert(d.window_over);
	ck_assert_int_eq(d.action, SG_ACTION_TAG);
	asked.rule.unknown_window_s = UINT32_MAX;
	p.now.s += UINT32_MAX - 1;
	sg_decide_action(&p, &d);
	ck_assert_int_eq(d.action, SG_ACTION_DEFER);
	p.now.s++;
	sg_decide_action(&p, &d);
	ck_assert_int_eq(d.action, SG_ACTION_TAG);
}
END_TEST

/* Dry run (D-57): logs, counts and tags, and does nothing else. */
START_TEST(test_dry_run)
{
	static const enum sg_action applied[] = {
		[SG_ACTION_ACCEPT] = SG_ACTION_ACCEPT,
		[SG_ACTION_TAG] = SG_ACTION_TAG,
		[SG_ACTION_HOLD] = SG_ACTION_TAG,
		[SG_ACTION_DEFER] = SG_ACTION_TAG,
		[SG_ACTION_REJECT] = SG_ACTION_TAG,
	};
	struct given g = { .dry_run = true, .require = SG_REQUIRE_SECURE,
		.required = SG_LEVEL_SECURE };
	struct sg_decision d;

	for (int a = SG_ACTION_ACCEPT; a <= SG_ACTION_REJECT; a++) {
		g.on_fail = g.on_unknown = (enum sg_action)a;
		g.result = SG_RESULT_FAIL;
		act(&g, &d);
		ck_assert_int_eq(d.action, a);
		ck_assert_int_eq(d.applied, applied[a]);
		g.result = SG_RESULT_UNKNOWN;
		act(&g, &d);
		ck_assert_int_eq(d.action, a);
		ck_assert_int_eq(d.applied, applied[a]);
		g.result = SG_RESULT_PASS;
		act(&g, &d);
		ck_assert_int_eq(d.action, SG_ACTION_ACCEPT);
		ck_assert_int_eq(d.applied, SG_ACTION_ACCEPT);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("action");
	TCase *t = tcase_create("action");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_bare, 0, (int)N(bare));
	tcase_add_loop_test(t, test_enforced, 0, (int)N(enforced));
	tcase_add_loop_test(t, test_written, 0, (int)N(bare));
	tcase_add_loop_test(t, test_single, 0, (int)N(single));
	tcase_add_test(t, test_no_window);
	tcase_add_test(t, test_dry_run);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
