/* SPDX-License-Identifier: ISC */
/*
 * test_gate.c - what is done when facts are old and nothing new can be learnt,
 * and when a recipient's mail may go to several next hops.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "support/engine_bench.h"

#define OLD_S (5 * 86400) /* after a week they are of no use, and deleted */
#define POLICY(mode, mx) "version: STSv1\nmode: " mode "\nmx: " mx \
    "\nmax_age: 31557600\n"

static struct engine_bench b;

static void
begin(const char *rules)
{
	char text[900];

	snprintf(text, sizeof(text), "reply_deadline = \"1s\"\n%s", rules);
	engine_bench_open(&b, text);
	engine_bench_attach(&b, answer_never, NULL);
}

/* Facts of five days ago; state of the probe then. */
static void
put_old(const char *name, const char *policy, enum sg_tlsa_state tlsa,
    enum sg_probe_state probe, enum sg_level level)
{
	struct sg_nexthop hop = hop_of(name);
	struct sg_facts *f = learnt_facts(&hop, "1", policy, "mx.good.test");
	struct sg_wall then = { sg_wall_now().s - OLD_S };

	f->sts.txt.at = f->mx_at = f->sts.fetched_at = then;
	f->sts.txt.until.s = f->mx_until.s = then.s + 300;
	f->fresh_until.s = f->refresh_at.s = then.s + 300;
	f->mx_dnssec = tlsa == SG_TLSA_USABLE ? SG_DNSSEC_SECURE
					      : SG_DNSSEC_INSECURE;
	f->mx[0].tlsa = tlsa;
	f->mx[0].probe.state = probe;
	f->mx[0].probe.level = level;
	f->mx[0].probe.reason = probe == SG_PROBE_FAIL
	    ? SG_REASON_VALIDATION_FAILURE : SG_REASON_NONE;
	f->mx[0].probe.at = then;
	f->mx[0].probe.until.s = then.s + 3600;
	ck_assert_int_eq(sg_store_put(b.store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

static struct sg_gate_answer
ask(const char *const *names, size_t n)
{
	struct sg_sender sender = { 0 };
	struct sg_nexthop hops[SG_NEXTHOP_MAX];
	struct sg_gate_ask a = { .config = b.config, .sender = &sender,
		.group = sg_decide_group(b.config, &sender), .hops = hops,
		.n_hops = n };
	struct sg_gate_answer out;

	for (size_t i = 0; i < n; i++)
		hops[i] = hop_of(names[i]);
	sg_gate_recipient(b.engine, &a, &out);
	return out;
}

#define STRICT "groups = ( { name = \"default\" require = \"secure\" " \
    "on_fail = \"reject\" } )"
#define PUBLISHED "groups = ( { name = \"default\" on_fail = \"reject\" } )"
#define NO_MAP "delivery_map = false\n"

static const struct {
	const char *name, *rules, *policy;
	enum sg_tlsa_state tlsa;
	enum sg_probe_state probe;
	enum sg_level level;
	enum sg_result result;
	enum sg_action action;
} rows[] = {
	{ "a testing policy and an old good probe prove nothing", STRICT,
	    POLICY("testing", "mx.good.test"), SG_TLSA_NONE, SG_PROBE_OK,
	    SG_LEVEL_VERIFY, SG_RESULT_UNKNOWN, SG_ACTION_DEFER },
	{ "Q-04: an old bad DANE probe is no reason for a 5xx", PUBLISHED,
	    NULL, SG_TLSA_USABLE, SG_PROBE_FAIL, SG_LEVEL_ENCRYPT,
	    SG_RESULT_UNKNOWN, SG_ACTION_DEFER },
	{ "Q-04: nor is a mismatch under a cached policy", PUBLISHED,
	    POLICY("enforce", "mx.other.test"), SG_TLSA_NONE,
	    SG_PROBE_UNTESTED, SG_LEVEL_NONE, SG_RESULT_UNKNOWN,
	    SG_ACTION_DEFER },
	{ "C-16: a cached enforce policy that the map enforces stands",
	    PUBLISHED, POLICY("enforce", "mx.good.test"), SG_TLSA_NONE,
	    SG_PROBE_OK, SG_LEVEL_VERIFY, SG_RESULT_PASS, SG_ACTION_ACCEPT },
	{ "without a map the old probe is all there is", NO_MAP PUBLISHED,
	    POLICY("enforce", "mx.good.test"), SG_TLSA_NONE, SG_PROBE_OK,
	    SG_LEVEL_VERIFY, SG_RESULT_UNKNOWN, SG_ACTION_DEFER },
	{ "T26: known to be free stays free", PUBLISHED, NULL, SG_TLSA_NONE,
	    SG_PROBE_UNTESTED, SG_LEVEL_NONE, SG_RESULT_UNKNOWN,
	    SG_ACTION_TAG },
	{ "free, but the rule asks for more", STRICT, NULL, SG_TLSA_NONE,
	    SG_PROBE_OK, SG_LEVEL_VERIFY, SG_RESULT_UNKNOWN,
	    SG_ACTION_DEFER },
};

START_TEST(test_old_facts_and_no_answer)
{
	static const char *const name[] = { "old.test" };
	struct sg_gate_answer a;

	begin(rows[_i].rules);
	put_old("old.test", rows[_i].policy, rows[_i].tlsa, rows[_i].probe,
	    rows[_i].level);
	a = ask(name, 1);
	ck_assert_msg(a.verdict.result == rows[_i].result &&
	    a.decision.action == rows[_i].action,
	    "%s: got %s, %s; want %s, %s", rows[_i].name,
	    sg_result_name(a.verdict.result),
	    sg_action_name(a.decision.action),
	    sg_result_name(rows[_i].result), sg_action_name(rows[_i].action));
	sg_gate_answer_fini(&a);
	engine_bench_close(&b);
}
END_TEST

/* A fallback list: what is done about one host counts, not what a dry run
   would have done about another. */
START_TEST(test_dry_run_hop_hides_nothing)
{
	static const char *const names[] = { "dry.test", "silent.test" };
	struct sg_gate_answer a;

	begin("recipients = ( { match = \"dry.test\" dry_run = true "
	      "on_unknown = \"reject\" } )\n" STRICT);
	a = ask(names, 2);
	ck_assert_int_eq(a.decision.applied, SG_ACTION_DEFER);
	ck_assert_str_eq(a.key, "silent.test");
	sg_gate_answer_fini(&a);
	engine_bench_close(&b);
}
END_TEST

/* --- what delivery must keep beyond the map (THREATS T25) ----------------- */

#define ROUTED(more) "groups = ( { name = \"default\" route_tag = true " \
    more " } )"
#define OF_ALL(more) "recipients = ( { match = \"old.test\" " more " } )\n"
#define ENFORCE POLICY("enforce", "mx.good.test")

static const struct {
	const char *name, *rules, *policy, *second;
	enum sg_level want;
} routes[] = {
	{ "nobody asked to be told", STRICT, NULL, NULL, SG_LEVEL_NONE },
	{ "more than published", ROUTED("require = \"secure\""), NULL, NULL,
	    SG_LEVEL_SECURE },
	{ "encrypt", ROUTED("require = \"encrypt\""), NULL, NULL,
	    SG_LEVEL_ENCRYPT },
	{ "a testing policy is nothing published",
	    ROUTED("require = \"verify\""),
	    POLICY("testing", "mx.good.test"), NULL, SG_LEVEL_VERIFY },
	{ "what is published is enough", ROUTED("require = \"secure\""),
	    ENFORCE, NULL, SG_LEVEL_NONE },
	{ "dane is more than enforce", ROUTED("require = \"dane\""), ENFORCE,
	    NULL, SG_LEVEL_DANE },
	{ "nothing is asked", ROUTED(""), NULL, NULL, SG_LEVEL_NONE },
	{ "exempt", ROUTED("require = \"none\""), ENFORCE, NULL,
	    SG_LEVEL_NONE },
	{ "a dry run does nothing else",
	    ROUTED("require = \"secure\" dry_run = true"), NULL, NULL,
	    SG_LEVEL_NONE },
	{ "a global rule is the map's too",
	    OF_ALL("require = \"secure\"") ROUTED("require = \"secure\""),
	    NULL, NULL, SG_LEVEL_NONE },
	{ "a global entry that does not say require is not",
	    OF_ALL("on_fail = \"tag\"") ROUTED("require = \"secure\""),
	    NULL, NULL, SG_LEVEL_SECURE },
	{ "the group's own entry", ROUTED("recipients = ( { match = "
	    "\"old.test\" require = \"verify\" } )"), NULL, NULL,
	    SG_LEVEL_VERIFY },
	{ "a fallback list: the other host needs it",
	    ROUTED("require = \"secure\""), ENFORCE, "other.test",
	    SG_LEVEL_SECURE },
};

START_TEST(test_route)
{
	const char *names[] = { "old.test", routes[_i].second };
	struct sg_gate_answer a;

	begin(routes[_i].rules);
	put_old("old.test", routes[_i].policy, SG_TLSA_NONE, SG_PROBE_OK,
	    SG_LEVEL_VERIFY);
	put_old("other.test", NULL, SG_TLSA_NONE, SG_PROBE_OK,
	    SG_LEVEL_VERIFY);
	a = ask(names, names[1] != NULL ? 2 : 1);
	ck_assert_msg(a.route == routes[_i].want, "%s: got %s, want %s",
	    routes[_i].name, sg_level_name(a.route),
	    sg_level_name(routes[_i].want));
	sg_gate_answer_fini(&a);
	engine_bench_close(&b);
}
END_TEST

/* --- what is promised is pinned (THREATS T25) ----------------------------- */

#undef ENFORCE
#define ENFORCE POLICY("enforce", "*.good.test")
#define GLOBAL(require) "recipients = ( { match = \"p.test\" require = \"" \
    require "\" } )\n"
#define GROUP(members) "groups = ( { name = \"default\" " members " } )\n"

static const struct {
	const char *name, *rules, *policy;
	const char *mx;
	enum sg_level probe; /* NONE: it failed, without TLS */
	const char *want;    /* "LEVEL names", "" = no pin */
} promises[] = {
	{ "a pass of what is published", "", ENFORCE, "mx.good.test",
	    SG_LEVEL_VERIFY, "secure *.good.test" },
	{ "nothing is published", "", NULL, "mx.good.test", SG_LEVEL_VERIFY,
	    "" },
	{ "testing", "", POLICY("testing", "*.good.test"), "mx.good.test",
	    SG_LEVEL_VERIFY, "" },
	{ "mode none", "", POLICY("none", "*.good.test"), "mx.good.test",
	    SG_LEVEL_VERIFY, "" },
	{ "a failure is refused", "", ENFORCE, "mx.other.test",
	    SG_LEVEL_VERIFY, "" },
	{ "a failure is accepted by a rule that knows",
	    GROUP("on_fail = \"accept\""), ENFORCE, "mx.other.test",
	    SG_LEVEL_VERIFY, "" },
	{ "a failure is held", GROUP("on_fail = \"hold\""), ENFORCE,
	    "mx.good.test", SG_LEVEL_NONE, "" },
	{ "a dry run would have refused", "dry_run = true\n", ENFORCE,
	    "mx.good.test", SG_LEVEL_NONE, "" },
	{ "a dry run, and it passes", "dry_run = true\n", ENFORCE,
	    "mx.good.test", SG_LEVEL_VERIFY, "secure *.good.test" },
	{ "a global rule asks", GLOBAL("encrypt"), NULL, "mx.good.test",
	    SG_LEVEL_VERIFY, "encrypt " },
	{ "a global rule that is being tried", "recipients = ( { match = "
	    "\"p.test\" require = \"encrypt\" dry_run = true } )\n", NULL,
	    "mx.good.test", SG_LEVEL_VERIFY, "" },
	{ "a global rule waives", GLOBAL("none"), ENFORCE, "mx.good.test",
	    SG_LEVEL_VERIFY, "" },
	{ "a group asks: the map knows nothing of it",
	    GROUP("require = \"encrypt\""), NULL, "mx.good.test",
	    SG_LEVEL_VERIFY, "" },
	{ "a group asks less than is published",
	    GROUP("require = \"encrypt\""), ENFORCE, "mx.good.test",
	    SG_LEVEL_VERIFY, "secure *.good.test" },
	{ "a group waives what is published", GROUP("require = \"none\""),
	    ENFORCE, "mx.good.test", SG_LEVEL_VERIFY, "" },
	{ "0s pins nothing", "pin_for = \"0s\"\n", ENFORCE, "mx.good.test",
	    SG_LEVEL_VERIFY, "" },
};

static void
put_fresh(const char *policy, const char *mx, enum sg_level probe)
{
	struct sg_nexthop hop = hop_of("p.test");
	struct sg_facts *f = learnt_facts(&hop, "1", policy, mx);
	struct sg_wall now = sg_wall_now();

	f->fresh_until.s = f->refresh_at.s = now.s + 300;
	f->mx[0].probe.state = probe == SG_LEVEL_NONE ? SG_PROBE_FAIL
						      : SG_PROBE_OK;
	f->mx[0].probe.level = probe;
	f->mx[0].probe.reason = probe == SG_LEVEL_NONE
	    ? SG_REASON_STARTTLS_NOT_SUPPORTED : SG_REASON_NONE;
	f->mx[0].probe.at = now;
	f->mx[0].probe.until.s = now.s + 300;
	ck_assert_int_eq(sg_store_put(b.store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

static void
gate_p(bool pins)
{
	struct sg_sender sender = { 0 };
	struct sg_nexthop hop = hop_of("p.test");
	struct sg_gate_ask a = { .config = b.config, .sender = &sender,
		.group = sg_decide_group(b.config, &sender), .hops = &hop,
		.n_hops = 1, .pins = pins };
	struct sg_gate_answer out;

	sg_gate_recipient(b.engine, &a, &out);
	sg_gate_answer_fini(&out);
}

static void
check_pin(const char *name, const char *want)
{
	struct sg_pin *pin = sg_engine_pin(b.engine, "p.test");
	char got[200] = "";
	char *names = NULL;

	if (pin != NULL) {
		names = sg_pin_names_text(pin);
		snprintf(got, sizeof(got), "%s %s",
		    sg_level_name(pin->level), names);
	}
	ck_assert_msg(strcmp(got, want) == 0, "%s: got \"%s\", want \"%s\"",
	    name, got, want);
	free(names);
	sg_pin_unref(&pin);
}

START_TEST(test_promise)
{
	begin(promises[_i].rules);
	put_fresh(promises[_i].policy, promises[_i].mx, promises[_i].probe);
	gate_p(false); /* explain asks so: it is no mail */
	check_pin(promises[_i].name, "");
	gate_p(true);
	check_pin(promises[_i].name, promises[_i].want);
	engine_bench_close(&b);
}
END_TEST

/* The warm way: a pin that will do is left alone. */
START_TEST(test_pin_stays)
{
	struct sg_pin *first, *second;

	begin("");
	put_fresh(ENFORCE, "mx.good.test", SG_LEVEL_VERIFY);
	gate_p(true);
	first = sg_engine_pin(b.engine, "p.test");
	gate_p(true);
	second = sg_engine_pin(b.engine, "p.test");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(first, second);
	sg_pin_unref(&first);
	sg_pin_unref(&second);
	engine_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate");
	TCase *t = tcase_create("gate");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_old_facts_and_no_answer, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_dry_run_hop_hides_nothing);
	tcase_add_loop_test(t, test_route, 0,
	    sizeof(routes) / sizeof(routes[0]));
	tcase_add_loop_test(t, test_promise, 0,
	    sizeof(promises) / sizeof(promises[0]));
	tcase_add_test(t, test_pin_stays);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
