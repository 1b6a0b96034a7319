/* SPDX-License-Identifier: ISC */
/*
 * One probe for all who ask the same (THREATS T19): who joins, who gets what
 * is known, and when that is forgotten. The wall clock is moved by the linker
 * (--wrap), so that ten seconds pass at once.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/probe_share.h"
#include "support/probe_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PROBE_MS 10000

struct sg_wall __real_sg_wall_now(void);
struct sg_wall __wrap_sg_wall_now(void);

static int64_t ahead_s;

struct sg_wall
__wrap_sg_wall_now(void)
{
	struct sg_wall now = __real_sg_wall_now();

	now.s += ahead_s;
	return (now);
}

/* --- the bench ---------------------------------------------------------- */

static struct probe_bench bench;
static struct sg_probe_share *share;

static void
open_share(int probe_ms)
{
	share = sg_probe_share_new(bench.base, bench.prober, probe_ms);
	ck_assert_ptr_nonnull(share);
}

static void
set_up(void)
{
	probe_bench_open(&bench);
	open_share(PROBE_MS);
}

static void
tear_down(void)
{
	sg_probe_share_free(&share);
	ck_assert_ptr_null(share);
	probe_bench_close(&bench);
}

/* An address is not probed twice a second: for tests that do. */
static void
forget_limits(void)
{
	sg_probe_share_free(&share);
	probe_bench_reopen(&bench);
	open_share(PROBE_MS);
}

static bool asking;

static void
on_result(void *arg, const struct sg_probe_result *result)
{
	struct probe_outcome *out = arg;

	ck_assert_msg(!asking, "callback inside sg_probe_share_ask()");
	ck_assert(!out->done);
	out->done = true;
	out->result = *result;
}

static struct sg_probe_wait *
ask_for(const struct sg_probe_params *params, bool again,
    struct probe_outcome *out)
{
	struct sg_probe_wait *wait;

	memset(out, 0, sizeof(*out));
	asking = true;
	wait = sg_probe_share_ask(share, params, again, on_result, out);
	asking = false;
	ck_assert_ptr_nonnull(wait);
	return (wait);
}

static struct sg_probe_wait *
ask(bool again, struct probe_outcome *out)
{
	struct sg_probe_params p = probe_bench_params(&bench);

	return (ask_for(&p, again, out));
}

static enum sg_probe_state
get(const struct sg_probe_params *params, bool again)
{
	struct probe_outcome out;

	ask_for(params, again, &out);
	probe_bench_wait(&bench, &out);
	return (out.result.probe.state);
}

static unsigned
connections(void)
{
	struct mx_seen seen;

	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	mx_server_seen(bench.server, &seen);
	return (seen.connections);
}

static const struct mx_script hangs = { .at = MX_EHLO, .how = MX_HANG };
static const struct mx_script no_tls = { .at = MX_EHLO,
	.say = "250-mx.test\r\n250 SIZE 1000\r\n" };

/* --- who shares --------------------------------------------------------- */

START_TEST(test_join)
{
	struct probe_outcome out[3];
	struct sg_wall at;

	for (size_t i = 0; i < N(out); i++)
		ask(i == 1, &out[i]);
	for (size_t i = 0; i < N(out); i++) {
		probe_bench_wait(&bench, &out[i]);
		ck_assert_int_eq(out[i].result.probe.state, SG_PROBE_OK);
	}
	ck_assert_uint_eq(connections(), 1);
	/* Later: what is known, with its age. */
	at = out[0].result.probe.at;
	ahead_s = 3600;
	ask(false, &out[0]);
	probe_bench_wait(&bench, &out[0]);
	ck_assert_int_eq(out[0].result.probe.state, SG_PROBE_OK);
	ck_assert_int_eq(out[0].result.probe.at.s, at.s);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

static const struct mx_script silent = { .at = MX_EHLO_TLS,
	.how = MX_HANG };
static const struct mx_script refuses = { .at = MX_EHLO_TLS,
	.how = MX_CLOSE };

struct early_outcome {
	unsigned words;
	struct sg_probe_result first;
	struct probe_outcome last;
};

static void
on_early(void *arg, const struct sg_probe_result *result)
{
	struct early_outcome *out = arg;

	ck_assert_msg(!asking, "callback inside sg_probe_share_ask()");
	out->words++;
	if (result->more)
		out->first = *result;
	else
		on_result(&out->last, result);
}

static struct sg_probe_wait *
ask_early(int deadline_ms, struct early_outcome *out)
{
	struct sg_probe_params p = probe_bench_params(&bench);
	struct sg_probe_wait *wait;

	memset(out, 0, sizeof(*out));
	p.early = true;
	p.deadline_ms = deadline_ms;
	asking = true;
	wait = sg_probe_share_ask(share, &p, false, on_early, out);
	asking = false;
	ck_assert_ptr_nonnull(wait);
	return (wait);
}

static void
await_first(struct early_outcome *out)
{
	while (out->words == 0)
		ck_assert_int_eq(event_base_loop(bench.base, EVLOOP_ONCE), 0);
	ck_assert_int_eq(out->first.probe.state, SG_PROBE_OK);
	ck_assert_int_eq(out->first.probe.requiretls, SG_REQUIRETLS_UNASKED);
}

/* Of those who share a probe each is told as he asked: early, whenever he
   came, or once. At his deadline what he was told holds. */
START_TEST(test_early)
{
	struct early_outcome early[2];
	struct sg_probe_wait *wait;
	struct probe_outcome whole;

	mx_server_load(bench.server, &silent);
	wait = ask(false, &whole);
	ask_early(BENCH_SHORT_MS + 1500, &early[0]);
	await_first(&early[0]);
	ck_assert(!whole.done);
	ask_early(BENCH_SHORT_MS, &early[1]); /* between the two words */
	await_first(&early[1]);
	for (int i = 0; i < 2; i++) {
		probe_bench_wait(&bench, &early[i].last);
		ck_assert_uint_eq(early[i].words, 2);
		ck_assert_int_eq(early[i].last.result.probe.state,
		    SG_PROBE_OK);
	}
	ck_assert(!whole.done);
	sg_probe_share_leave(&wait);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* M-18: the last word undoes the first, and is what is kept. */
START_TEST(test_early_undone)
{
	struct early_outcome out;
	struct probe_outcome later;

	mx_server_load(bench.server, &refuses);
	ask_early(PROBE_MS, &out);
	probe_bench_wait(&bench, &out.last);
	ck_assert_uint_eq(out.words, 2);
	ck_assert_int_eq(out.first.probe.state, SG_PROBE_OK);
	ck_assert_int_eq(out.last.result.probe.state, SG_PROBE_FAIL);
	ask(false, &later);
	probe_bench_wait(&bench, &later);
	ck_assert_int_eq(later.result.probe.state, SG_PROBE_FAIL);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* Who leaves between the two words hears nothing more. */
START_TEST(test_early_leave)
{
	struct early_outcome out, other;
	struct sg_probe_wait *wait;

	wait = ask_early(PROBE_MS, &out);
	ask_early(PROBE_MS, &other);
	await_first(&out);
	sg_probe_share_leave(&wait);
	probe_bench_wait(&bench, &other.last);
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(out.words, 1);
	ck_assert_int_eq(other.last.result.probe.requiretls, SG_REQUIRETLS_NO);
}
END_TEST

static unsigned char digests[2][32] = { "one", "two" };
static const struct sg_tlsa ee[2] = {
	{ SG_TLSA_DANE_EE, SG_TLSA_SPKI, SG_TLSA_SHA256, digests[0], 32 },
	{ SG_TLSA_DANE_EE, SG_TLSA_SPKI, SG_TLSA_SHA256, digests[1], 32 },
};
static const struct sg_tlsa cert[1] = {
	{ SG_TLSA_DANE_EE, SG_TLSA_CERT, SG_TLSA_SHA256, digests[0], 32 },
};

/* What the second asks for, who comes just after the first. */
static const struct key_case {
	const char *label;
	const struct sg_tlsa *tlsa[2];
	size_t n_tlsa[2];
	const char *base[2], *host[2], *name[2];
	bool other_addr;
	unsigned connections;
} key_cases[] = {
	{ .label = "the same", .connections = 1 },
	{ .label = "the same TLSA", .tlsa = { ee, ee }, .n_tlsa = { 2, 2 },
	    .base = { "mx.good.test", "mx.good.test" }, .connections = 1 },
	{ .label = "TLSA, and none", .tlsa = { ee, NULL }, .n_tlsa = { 1, 0 },
	    .base = { "mx.good.test", NULL }, .connections = 2 },
	{ .label = "other TLSA data", .tlsa = { &ee[0], &ee[1] },
	    .n_tlsa = { 1, 1 }, .base = { "mx.good.test", "mx.good.test" },
	    .connections = 2 },
	{ .label = "one TLSA more", .tlsa = { ee, ee }, .n_tlsa = { 1, 2 },
	    .base = { "mx.good.test", "mx.good.test" }, .connections = 2 },
	{ .label = "other selector", .tlsa = { ee, cert }, .n_tlsa = { 1, 1 },
	    .base = { "mx.good.test", "mx.good.test" }, .connections = 2 },
	{ .label = "D-53 other TLSA base", .tlsa = { ee, ee },
	    .n_tlsa = { 1, 1 }, .base = { "mx.good.test", "real.test" },
	    .connections = 2 },
	{ .label = "base without TLSA is nothing",
	    .base = { "mx.good.test", "real.test" }, .connections = 1 },
	{ .label = "D-46 other names with TLSA", .tlsa = { ee, ee },
	    .n_tlsa = { 1, 1 }, .base = { "mx.good.test", "mx.good.test" },
	    .name = { "a.test", "b.test" }, .connections = 2 },
	{ .label = "D-47 names with TLSA, and none", .tlsa = { ee, ee },
	    .n_tlsa = { 1, 1 }, .base = { "mx.good.test", "mx.good.test" },
	    .name = { "a.test", NULL }, .connections = 2 },
	{ .label = "T19 other domains without TLSA",
	    .name = { "a.test", "b.test" }, .connections = 1 },
	{ .label = "V-04 other host, same address",
	    .host = { NULL, "mx2.good.test" }, .connections = 2 },
	{ .label = "same host, other address", .other_addr = true,
	    .connections = 1 },
};

static struct sg_probe_params
key_params(const struct key_case *c, int i)
{
	static struct sg_addr other;
	struct sg_probe_params p = probe_bench_params(&bench);

	p.tlsa = c->tlsa[i];
	p.n_tlsa = c->n_tlsa[i];
	if (c->base[i] != NULL)
		p.tlsa_base = c->base[i];
	if (c->host[i] != NULL)
		p.host = c->host[i];
	if (c->name[i] != NULL)
		p.names[p.n_names++] = c->name[i];
	if (i == 1 && c->other_addr) {
		ck_assert_int_eq(sg_addr_parse("127.9.9.9", &other), SG_OK);
		p.addrs = &other;
	}
	return (p);
}

/* The limits let an address be probed once a second: where a second connection
   is wanted, it is told by "not probed", as nothing is learnt then. */
START_TEST(test_key)
{
	const struct key_case *c = &key_cases[_i];
	struct sg_probe_params first = key_params(c, 0);
	struct sg_probe_params second = key_params(c, 1);
	enum sg_probe_state one = get(&first, false), two;

	ck_assert_int_ne(one, SG_PROBE_UNTESTED);
	two = get(&second, false);
	ck_assert_msg((two == SG_PROBE_UNTESTED) == (c->connections == 2),
	    "%s: second is %d", c->label, two);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

START_TEST(test_other_port)
{
	struct sg_probe_params p = probe_bench_params(&bench);
	struct mx_server *other = mx_server_start("127.0.0.2", 0,
	    test_ca_host(bench.ca, BENCH_MX));
	struct sg_addr addr;

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(get(&p, false), SG_PROBE_OK);
	ck_assert_int_eq(sg_addr_parse("127.0.0.2", &addr), SG_OK);
	p.addrs = &addr;
	p.port = mx_server_port(other);
	ck_assert_int_eq(get(&p, false), SG_PROBE_OK);
	ck_assert(probe_bench_sees(&bench, other, "EHLO"));
	mx_server_stop(&other);
}
END_TEST

/* --- how long it is known ----------------------------------------------- */

static const struct age_case {
	const char *label;
	const struct mx_script *script; /* at first; then it is good */
	bool again;
	int64_t age_s;
	unsigned connections;
} age_cases[] = {
	{ "good, asked again", NULL, true, 3600, 0 },
	{ "good, at the end of its life", NULL, false, 21599, 0 },
	{ "good, its life is over", NULL, false, 21600, 1 },
	{ "bad", &no_tls, false, 299, 0 },
	{ "bad, its life is over", &no_tls, false, 300, 1 },
	{ "Q-04 bad, asked again: of just now", &no_tls, true, 8, 0 },
	{ "Q-04 bad, asked again", &no_tls, true, 11, 1 },
};

START_TEST(test_age)
{
	const struct age_case *c = &age_cases[_i];
	struct sg_probe_params p = probe_bench_params(&bench);
	struct mx_server *other;
	struct sg_addr addr;
	struct mx_seen seen;

	/* On another address at the same port, for the limits' sake. */
	other = mx_server_start("127.0.0.2", p.port,
	    test_ca_host(bench.ca, BENCH_MX));
	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(sg_addr_parse("127.0.0.2", &addr), SG_OK);
	mx_server_load(bench.server, c->script);
	ck_assert_int_eq(get(&p, false), c->script == NULL ? SG_PROBE_OK :
	    SG_PROBE_FAIL);
	ahead_s = c->age_s;
	p.addrs = &addr;
	ck_assert_msg(get(&p, c->again) == (c->connections > 0 ||
	    c->script == NULL ? SG_PROBE_OK : SG_PROBE_FAIL), "%s: got another",
	    c->label);
	mx_server_seen(other, &seen);
	ck_assert_msg(seen.connections == c->connections,
	    "%s: got %u connections, want %u", c->label, seen.connections,
	    c->connections);
	mx_server_stop(&other);
}
END_TEST

/* Nothing was learnt: nothing is kept. */
START_TEST(test_untested)
{
	struct sg_probe_params p = probe_bench_params(&bench), none = p;

	none.n_addrs = 0;
	ck_assert_int_eq(get(&none, false), SG_PROBE_UNTESTED);
	ck_assert_int_eq(get(&p, false), SG_PROBE_OK);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* --- who waits ---------------------------------------------------------- */

/* Each has his own time. Who has little of it spoils nothing for others. */
START_TEST(test_own_deadline)
{
	static const struct mx_script drips = { .at = MX_BANNER,
		.how = MX_DRIP, .say = "220-wait\r\n" };
	struct sg_probe_params p = probe_bench_params(&bench);
	struct probe_outcome hasty, patient;

	mx_server_load(bench.server, &drips);
	p.deadline_ms = 50;
	ask_for(&p, false, &hasty);
	p.deadline_ms = BENCH_DEADLINE_MS;
	ask_for(&p, false, &patient);
	probe_bench_wait(&bench, &hasty);
	ck_assert_int_eq(hasty.result.probe.state, SG_PROBE_UNTESTED);
	ck_assert_int_eq(hasty.result.probe.reason, SG_REASON_TIMEOUT);
	ck_assert_int_eq(hasty.result.probe.until.s, 0);
	ck_assert(!patient.done);
	/* The probe goes on, and who comes now joins. */
	ask_for(&p, false, &hasty);
	mx_server_stop(&bench.server);
	probe_bench_wait(&bench, &patient);
	probe_bench_wait(&bench, &hasty);
	ck_assert_int_eq(patient.result.probe.state, SG_PROBE_UNREACHABLE);
	ck_assert_int_eq(hasty.result.probe.at.s, patient.result.probe.at.s);
}
END_TEST

/* A probe that takes too long is over for all, and that is known then. */
START_TEST(test_probe_deadline)
{
	struct probe_outcome out;

	sg_probe_share_free(&share);
	open_share(BENCH_SHORT_MS);
	mx_server_load(bench.server, &hangs);
	ask(false, &out);
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(out.result.probe.state, SG_PROBE_UNREACHABLE);
	ck_assert_int_eq(out.result.probe.reason, SG_REASON_TIMEOUT);
	ask(false, &out);
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(out.result.probe.state, SG_PROBE_UNREACHABLE);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

START_TEST(test_leave)
{
	struct probe_outcome gone, stays, late;
	struct sg_probe_wait *wait = ask(false, &gone), *none = NULL;

	ask(false, &stays);
	sg_probe_share_leave(&wait);
	ck_assert_ptr_null(wait);
	sg_probe_share_leave(&none);
	probe_bench_wait(&bench, &stays);
	ck_assert_int_eq(stays.result.probe.state, SG_PROBE_OK);
	/* With the result on its way already. */
	wait = ask(false, &late);
	sg_probe_share_leave(&wait);
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	ck_assert(!gone.done && !late.done);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* Nobody waits any more: what is found is kept all the same. */
START_TEST(test_all_leave)
{
	struct probe_outcome out;
	struct sg_probe_wait *wait = ask(false, &out);

	sg_probe_share_leave(&wait);
	ck_assert(probe_bench_sees(&bench, bench.server, "QUIT"));
	ck_assert(!out.done);
	ask(false, &out);
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(out.result.probe.state, SG_PROBE_OK);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* A callback asks at once, and frees nothing that is in use. */
static void
on_result_ask(void *arg, const struct sg_probe_result *result)
{
	ck_assert_int_eq(result->probe.state, SG_PROBE_OK);
	ask(false, arg);
}

START_TEST(test_ask_in_callback)
{
	struct sg_probe_params p = probe_bench_params(&bench);
	struct probe_outcome out = { 0 };

	ck_assert_ptr_nonnull(sg_probe_share_ask(share, &p, false,
	    on_result_ask, &out));
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(out.result.probe.state, SG_PROBE_OK);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/* The end of it all with a probe under way. */
START_TEST(test_free_under_way)
{
	struct probe_outcome out;
	struct sg_probe_wait *wait;

	mx_server_load(bench.server, &hangs);
	wait = ask(false, &out);
	ck_assert(probe_bench_sees(&bench, bench.server, "EHLO"));
	sg_probe_share_leave(&wait);
	forget_limits();
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	ck_assert(!out.done);
}
END_TEST

/* --- the cap ------------------------------------------------------------ */

/* A host at an address of its own, where nobody listens. */
static void
get_dead(uint16_t port, unsigned i)
{
	struct sg_probe_params p = probe_bench_params(&bench);
	char host[32], text[24];
	struct sg_addr addr;

	snprintf(host, sizeof(host), "h%u.test", i);
	snprintf(text, sizeof(text), "127.1.%u.%u", i / 256 % 256, i % 256);
	ck_assert_int_eq(sg_addr_parse(text, &addr), SG_OK);
	p.host = host;
	p.addrs = &addr;
	p.port = port;
	ck_assert_int_eq(get(&p, false), SG_PROBE_UNREACHABLE);
}

/* The oldest result goes, and not the one that is on its way. */
START_TEST(test_cap)
{
	struct sg_probe_params p = probe_bench_params(&bench), held = p;
	struct mx_server *slow = mx_server_start("127.0.0.2", p.port,
	    test_ca_host(bench.ca, BENCH_MX));
	struct probe_outcome out;
	struct sg_probe_wait *wait;
	struct sg_addr addr;

	ck_assert_ptr_nonnull(slow);
	mx_server_load(slow, &hangs);
	ck_assert_int_eq(sg_addr_parse("127.0.0.2", &addr), SG_OK);
	held.addrs = &addr;
	held.host = "held.test";
	wait = ask_for(&held, false, &out);
	ck_assert_int_eq(get(&p, false), SG_PROBE_OK);
	for (unsigned i = 0; i < SG_PROBE_SHARE_MAX - 2; i++)
		get_dead(p.port, i);
	mx_server_load(bench.server, NULL);
	ck_assert_int_eq(get(&p, false), SG_PROBE_OK);
	ck_assert_uint_eq(connections(), 0);
	get_dead(p.port, SG_PROBE_SHARE_MAX);
	/* The limits say "a moment ago" for up to a second. */
	while (get(&p, false) == SG_PROBE_UNTESTED)
		event_base_loop(bench.base, EVLOOP_NONBLOCK);
	ck_assert_msg(connections() == 1, "the oldest is still known");
	sg_probe_share_leave(&wait);
	ck_assert(!out.done);
	mx_server_stop(&slow);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe_share");
	TCase *tc = tcase_create("probe_share");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_join);
	tcase_add_test(tc, test_early);
	tcase_add_test(tc, test_early_undone);
	tcase_add_test(tc, test_early_leave);
	tcase_add_loop_test(tc, test_key, 0, (int)N(key_cases));
	tcase_add_test(tc, test_other_port);
	tcase_add_loop_test(tc, test_age, 0, (int)N(age_cases));
	tcase_add_test(tc, test_untested);
	tcase_add_test(tc, test_own_deadline);
	tcase_add_test(tc, test_probe_deadline);
	tcase_add_test(tc, test_leave);
	tcase_add_test(tc, test_all_leave);
	tcase_add_test(tc, test_ask_in_callback);
	tcase_add_test(tc, test_free_under_way);
	tcase_add_test(tc, test_cap);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
