/* SPDX-License-Identifier: ISC */
/*
 * Which MX hosts a plan connects to, in what order, and when it stops: the
 * probes' part of plan_mx.c. Four MX hosts on loopback count connections; some
 * of them offer no STARTTLS.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/plan_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define MX(d, data) { d, SG_DNS_MX, DNS_DATA, data, 0, 0 }
#define A(d, data) { d, SG_DNS_A, DNS_DATA, data, 0, 0 }
#define CNAME(d, data) { d, SG_DNS_CNAME, DNS_DATA, data, 0, 0 }
#define TLSA(h, word) { "@" h, SG_DNS_TLSA, DNS_DATA, word, 0, 0 }
#define FAULT(d, type, kind) { d, type, kind, NULL, 0, 0 }
#define STS(d) { "_mta-sts." d, SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;", 0, \
	0 }, A("mta-sts." d, "127.0.0.1")
#define SANS "DNS:a.test,DNS:b.test,DNS:c.test,DNS:e.test,DNS:late.test," \
	"DNS:da.test,DNS:db.test,DNS:pkix.test,DNS:two.test,DNS:x.child.test," \
	"DNS:alone.child.test"
/* So late that a policy is there before. */
#define LATE_MS 400

#define POLICY(mode, ...) "version: STSv1\nmode: " mode "\n" __VA_ARGS__ \
	"max_age: 86400\n"
#define ABC POLICY("enforce", "mx: a.test\nmx: b.test\nmx: c.test\n")
#define TESTING POLICY("testing", "mx: a.test\nmx: b.test\nmx: c.test\n")
#define OFF POLICY("none", "mx: a.test\nmx: late.test\n")

static const struct dns_row probe_rows[] = {
	A("a.test", "127.0.0.1"), A("b.test", "127.0.0.2"),
	A("c.test", "127.0.0.3"), A("e.test", "127.0.0.4"),
	/* insecure, so that nothing but a policy asks for anything */
	STS("d.child.test"), MX("d.child.test", "10 a.test"),
	MX("d.child.test", "20 b.test"), MX("d.child.test", "30 c.test"),
	MX("plain.child.test", "10 a.test"),
	MX("plain.child.test", "20 b.test"),
	MX("plain.child.test", "30 c.test"),
	STS("late.child.test"), MX("late.child.test", "10 late.test"),
	MX("late.child.test", "20 b.test"),
	{ "late.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, LATE_MS },
	STS("mute.child.test"), MX("mute.child.test", "10 mute.test"),
	MX("mute.child.test", "20 b.test"),
	FAULT("mute.test", SG_DNS_A, DNS_SILENT),
	FAULT("mute.test", SG_DNS_AAAA, DNS_SILENT),
	STS("self.child.test"), MX("self.child.test", "10 a.test"),
	MX("self.child.test", "20 us.test"), MX("self.child.test", "30 c.test"),
	A("us.test", "127.0.0.4"),
	STS("equal.child.test"), MX("equal.child.test", "10 a.test"),
	MX("equal.child.test", "10 us.test"),
	STS("two.child.test"), MX("two.child.test", "10 two.test"),
	A("two.test", "127.0.0.1"), A("two.test", "127.0.0.2"),
	STS("alone.child.test"), A("alone.child.test", "127.0.0.1"),
	STS("lost.child.test"), MX("lost.child.test", "10 gone.test"),
	MX("lost.child.test", "20 b.test"),
	/* secure */
	MX("secure.test", "10 a.test"), MX("secure.test", "20 b.test"),
	MX("dane.test", "10 da.test"), MX("dane.test", "20 e.test"),
	A("da.test", "127.0.0.1"), TLSA("da.test", "EE"),
	MX("other.test", "10 other-mx.test"), MX("other.test", "20 e.test"),
	A("other-mx.test", "127.0.0.1"), TLSA("other-mx.test", "OTHER"),
	MX("pkix-only.test", "10 pkix.test"),
	A("pkix.test", "127.0.0.1"), TLSA("pkix.test", "PKIX"),
	MX("errors.test", "10 fail.test"), MX("errors.test", "20 bogus.test"),
	MX("errors.test", "30 insec.test"), MX("errors.test", "40 db.test"),
	A("fail.test", "127.0.0.1"),
	FAULT("@fail.test", SG_DNS_TLSA, DNS_SERVFAIL),
	A("bogus.test", "127.0.0.3"),
	{ "@bogus.test", SG_DNS_TLSA, DNS_BAD_SIG, "any.test", 0, 0 },
	A("insec.test", "127.0.0.4"), CNAME("@insec.test", "t.child.test"),
	{ "t.child.test", SG_DNS_TLSA, DNS_DATA, "EE", 0, 0 },
	A("db.test", "127.0.0.2"), TLSA("db.test", "EE"),
	/* insecure MX, secure TLSA */
	STS("sts-dane.child.test"), MX("sts-dane.child.test", "10 da.test"),
	MX("dane.child.test", "10 da.test"),
	/* insecure addresses */
	MX("loose.test", "10 x.child.test"), A("x.child.test", "127.0.0.1"),
	TLSA("x.child.test", "OTHER"),
	/* what is known of the policy comes after the probes */
	{ "_mta-sts.slow.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;", 0,
	    LATE_MS },
	A("mta-sts.slow.test", "127.0.0.1"),
	MX("slow.test", "10 a.test"), MX("slow.test", "20 db.test"),
};

static const struct probe_case {
	const char *label, *hop;
	const char *policy; /* NULL: GETs fail */
	const char *bad;    /* MX hosts without STARTTLS: "1", "12"; or that
			       hang: "a", "ab" */
	bool demand, off;   /* off: may not be probed */
	const char *known;  /* id of the policy that is held */
	const char *held;   /* and its text, if the worker is told */
	int deadline_ms;
	/* '?' = may be or not: two are probed beside each other. */
	const char *conns;  /* to each */
	const char *states; /* Ok, Fail, Unreachable, - = untested */
} cases[] = {
	{ .label = "Q-10 the first is good: the third is left alone",
	    .hop = "d.child.test", .policy = ABC, .bad = "b",
	    .conns = "1?00", .states = "O--" },
	{ .label = "Q-08 the next, and the next", .hop = "d.child.test",
	    .policy = ABC, .bad = "12", .conns = "1110", .states = "FFO" },
	{ .label = "Q-08 all are bad", .hop = "d.child.test", .policy = ABC,
	    .bad = "123", .conns = "1110", .states = "FFF" },
	{ .label = "mode testing asks too", .hop = "d.child.test",
	    .policy = TESTING, .bad = "12", .conns = "1110",
	    .states = "FFO" },
	{ .label = "a host that the policy does not name",
	    .hop = "late.child.test", .policy = ABC, .bad = "",
	    .conns = "0100", .states = "-O" },
	{ .label = "the best host's addresses are waited for",
	    .hop = "mute.child.test", .policy = ABC, .bad = "",
	    .deadline_ms = 900, .conns = "0000", .states = "--" },
	{ .label = "N-08 who is behind us", .hop = "self.child.test",
	    .policy = ABC, .bad = "1", .conns = "1000", .states = "F--" },
	{ .label = "N-08 who is as good as we are", .hop = "equal.child.test",
	    .policy = ABC, .bad = "", .conns = "0000", .states = "--" },
	{ .label = "M-21 one good address", .hop = "two.child.test",
	    .policy = POLICY("enforce", "mx: two.test\n"), .bad = "1",
	    .conns = "?100", .states = "O" },
	{ .label = "V-05 the domain itself, named", .hop = "alone.child.test",
	    .policy = POLICY("enforce", "mx: alone.child.test\n"), .bad = "",
	    .conns = "1000", .states = "O" },
	{ .label = "D-08, Q-08 no address: the next",
	    .hop = "lost.child.test", .policy = ABC, .bad = "",
	    .conns = "0100", .states = "-O" },
	/* whether at all */
	{ .label = "mode none", .hop = "late.child.test", .policy = OFF,
	    .bad = "", .conns = "0?00", .states = "-?" },
	{ .label = "nothing published", .hop = "plain.child.test",
	    .policy = ABC, .bad = "", .conns = "0000", .states = "---" },
	{ .label = "nothing published, a rule", .hop = "plain.child.test",
	    .policy = ABC, .bad = "b", .demand = true, .conns = "1?00",
	    .states = "O--" },
	{ .label = "a rule asks of hosts that the policy does not name",
	    .hop = "late.child.test", .policy = ABC, .bad = "b",
	    .demand = true, .deadline_ms = 2000, .conns = "1?00",
	    .states = "O-" },
	{ .label = "the fetch failed: there is no policy",
	    .hop = "late.child.test", .policy = NULL, .bad = "",
	    .conns = "0?00", .states = "-?" },
	{ .label = "a policy is held, that we do not know: all",
	    .hop = "d.child.test", .policy = NULL, .bad = "", .known = "one",
	    .conns = "1110", .states = "OOO" },
	{ .label = "a policy is held, TXT is gone", .hop = "plain.child.test",
	    .policy = NULL, .bad = "", .known = "one", .conns = "1110",
	    .states = "OOO" },
	{ .label = "a policy is held: as if it had been fetched",
	    .hop = "d.child.test", .policy = NULL, .bad = "b", .known = "one",
	    .held = ABC, .conns = "1?00", .states = "O--" },
	{ .label = "held, the next, and the next", .hop = "d.child.test",
	    .policy = NULL, .bad = "12", .known = "one", .held = ABC,
	    .conns = "1110", .states = "FFO" },
	{ .label = "held: a host that it does not name",
	    .hop = "late.child.test", .policy = NULL, .bad = "",
	    .known = "one", .held = ABC, .conns = "0100", .states = "-O" },
	{ .label = "held, mode none", .hop = "d.child.test", .policy = NULL,
	    .bad = "", .known = "one", .held = OFF, .conns = "0000",
	    .states = "---" },
	{ .label = "held, TXT is gone", .hop = "plain.child.test",
	    .policy = NULL, .bad = "b", .known = "one", .held = ABC,
	    .conns = "1?00", .states = "O--" },
	{ .label = "K-07 held, the new one names another",
	    .hop = "late.child.test",
	    .policy = POLICY("enforce", "mx: b.test\n"), .bad = "",
	    .known = "zero", .held = POLICY("enforce", "mx: late.test\n"),
	    .conns = "?100", .states = "?O" },
	{ .label = "held, the new one cannot be had: the old one counts",
	    .hop = "late.child.test", .policy = NULL, .bad = "",
	    .known = "zero", .held = POLICY("enforce", "mx: b.test\n"),
	    .conns = "0100", .states = "-O" },
	{ .label = "probes are not wanted", .hop = "d.child.test",
	    .policy = ABC, .bad = "", .off = true, .demand = true,
	    .conns = "0000", .states = "---" },
	/* DANE */
	{ .label = "D-17 secure, without TLSA", .hop = "secure.test",
	    .policy = NULL, .bad = "", .conns = "0000", .states = "--" },
	{ .label = "D-15, D-20 TLSA of the first host; no STS",
	    .hop = "dane.test", .policy = NULL, .bad = "", .conns = "1000",
	    .states = "O-" },
	{ .label = "D-15 TLSA does not fit", .hop = "other.test",
	    .policy = NULL, .bad = "", .conns = "1000", .states = "F-" },
	{ .label = "D-33 TLSA, no STARTTLS", .hop = "dane.test",
	    .policy = NULL, .bad = "1", .conns = "1000", .states = "F-" },
	{ .label = "D-16 TLSA of no use: TLS, by PKIX",
	    .hop = "pkix-only.test", .policy = NULL, .bad = "",
	    .conns = "1000", .states = "O" },
	{ .label = "D-16, D-33 TLSA of no use, no STARTTLS",
	    .hop = "pkix-only.test", .policy = NULL, .bad = "1",
	    .conns = "1000", .states = "F" },
	{ .label = "D-09 error, bogus, insecure: not connected to",
	    .hop = "errors.test", .policy = NULL, .bad = "",
	    .conns = "0100", .states = "---O" },
	{ .label = "D-09 nor for a rule, but where insecure",
	    .hop = "errors.test", .policy = NULL, .bad = "4",
	    .demand = true, .conns = "0101", .states = "--?O" },
	{ .label = "X-15 insecure MX, secure TLSA, STS",
	    .hop = "sts-dane.child.test",
	    .policy = POLICY("enforce", "mx: da.test\n"), .bad = "",
	    .conns = "1000", .states = "O" },
	{ .label = "D-21 insecure MX, secure TLSA, nothing asked",
	    .hop = "dane.child.test", .policy = NULL, .bad = "",
	    .conns = "0000", .states = "-" },
	{ .label = "D-23 insecure addresses: TLSA do not count",
	    .hop = "loose.test", .policy = NULL, .bad = "", .demand = true,
	    .conns = "1000", .states = "O" },
	{ .label = "the policy comes after a good host that it may not name",
	    .hop = "slow.test", .policy = POLICY("enforce", "mx: a.test\n"),
	    .bad = "", .conns = "1100", .states = "OO" },
};

static void
states_text(const struct sg_facts *f, char out[SG_FACTS_MAX_MX + 1])
{
	static const char letters[] = "-OFU";

	for (unsigned i = 0; i < f->n_mx; i++)
		out[i] = letters[f->mx[i].probe.state];
	out[f->n_mx] = '\0';
}

/* Without the commas; a host is connected to less than ten times. */
static void
squeeze(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != ',')
			*to++ = *s;
	}
	*to = '\0';
}

static bool
fits(const char *got, const char *want)
{
	for (; *got != '\0' && *want != '\0'; got++, want++) {
		if (*want != '?' && *got != *want)
			return (false);
	}
	return (*got == *want);
}

static void
set_up(struct plan_bench *b, const struct probe_case *c)
{
	static const struct mx_script bad = { .at = MX_EHLO,
		.say = "250-mx.test\r\n250 SIZE 1000\r\n" };
	static const struct mx_script hang = { .at = MX_EHLO, .how = MX_HANG };

	for (const char *s = c->bad; *s != '\0'; s++) {
		if (*s >= 'a')
			mx_server_load(b->mx[*s - 'a'], &hang);
		else
			mx_server_load(b->mx[*s - '1'], &bad);
	}
	b->net.https->body = c->policy;
	b->job.demand = c->demand;
	b->job.probe = !c->off;
	if (c->deadline_ms > 0)
		b->job.deadline_ms = (uint32_t)c->deadline_ms;
	if (c->known != NULL)
		snprintf(b->job.need.known_id, sizeof(b->job.need.known_id),
		    "%s", c->known);
	if (c->held != NULL) {
		b->job.policy = c->held;
		b->job.policy_len = strlen(c->held);
	}
}

START_TEST(test_probes)
{
	const struct probe_case *c = &cases[_i];
	char conns[64], states[SG_FACTS_MAX_MX + 1];
	struct plan_bench b;

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	set_up(&b, c);
	plan_bench_run(&b, c->hop);
	states_text(b.facts, states);
	squeeze((char *)(uintptr_t)plan_bench_connections(&b, conns));
	ck_assert_msg(fits(conns, c->conns) && fits(states, c->states),
	    "%s: got connections %s, states %s; want %s, %s (%s)", c->label,
	    conns, states, c->conns, c->states,
	    b.facts->n_mx > 0 ? b.facts->mx[0].probe.detail : "");
	plan_bench_close(&b);
}
END_TEST

/* --- names and SNI ------------------------------------------------------ */

static const struct dns_row name_rows[] = {
	CNAME("mx.test", "real.test"), A("real.test", "127.0.0.1"),
	TLSA("real.test", "EE"),
	MX("alias-mx.test", "10 mx.test"),
	CNAME("mx2.test", "real2.test"), A("real2.test", "127.0.0.1"),
	TLSA("mx2.test", "EE"),
	MX("first.test", "10 mx2.test"),
	STS("sts.child.test"), MX("sts.child.test", "10 mx3.test"),
	CNAME("mx3.test", "x3.child.test"), A("x3.child.test", "127.0.0.1"),
	A("ta.test", "127.0.0.1"), TLSA("ta.test", "TA"),
	MX("exchange.test", "10 ta.test"),
	CNAME("hop.test", "exchange.test"),
	STS("loose.child.test"), MX("loose.child.test", "10 ta.test"),
	CNAME("@own.test", "elsewhere.test"), A("own.test", "127.0.0.1"),
	{ "elsewhere.test", SG_DNS_TLSA, DNS_DATA, "EE", 0, 0 },
	MX("own-mx.test", "10 own.test"),
	CNAME("nomx.test", "nomx-real.test"), A("nomx-real.test", "127.0.0.1"),
	TLSA("nomx-real.test", "TA"),
};

static const struct name_case {
	const char *label, *hop, *san;
	const char *policy;
	enum sg_probe_state state;
	enum sg_level level;
	const char *sni;
} name_cases[] = {
	{ "D-53, D-30 SNI is where the TLSA are", "alias-mx.test",
	    "DNS:any.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE, "real.test" },
	{ "D-53, D-30 or the MX name, if they are there", "first.test",
	    "DNS:any.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE, "mx2.test" },
	{ "D-31 not the alias of the TLSA owner", "own-mx.test",
	    "DNS:any.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE, "own.test" },
	{ "V-04 STS: SNI and name are the MX name", "sts.child.test",
	    "DNS:mx3.test", POLICY("enforce", "mx: mx3.test\n"), SG_PROBE_OK,
	    SG_LEVEL_VERIFY, "mx3.test" },
	{ "V-04 STS: not what it is an alias of", "sts.child.test",
	    "DNS:x3.child.test", POLICY("enforce", "mx: mx3.test\n"),
	    SG_PROBE_FAIL, SG_LEVEL_ENCRYPT, "mx3.test" },
	{ "D-46 DANE-TA: TLSA base", "exchange.test", "DNS:ta.test", NULL,
	    SG_PROBE_OK, SG_LEVEL_DANE, "ta.test" },
	{ "D-46 DANE-TA: next hop", "hop.test", "DNS:hop.test", NULL,
	    SG_PROBE_OK, SG_LEVEL_DANE, "ta.test" },
	{ "D-46, D-35 DANE-TA: what the next hop is an alias of", "hop.test",
	    "DNS:exchange.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE, "ta.test" },
	{ "D-46 DANE-TA: a fourth name", "hop.test", "DNS:fourth.test", NULL,
	    SG_PROBE_FAIL, SG_LEVEL_ENCRYPT, "ta.test" },
	{ "D-48 no MX, an alias: what it is an alias of", "nomx.test",
	    "DNS:nomx-real.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE,
	    "nomx-real.test" },
	{ "D-48 no MX, an alias: the next hop itself", "nomx.test",
	    "DNS:nomx.test", NULL, SG_PROBE_OK, SG_LEVEL_DANE,
	    "nomx-real.test" },
	{ "D-48 no MX, an alias: no other", "nomx.test", "DNS:other.test",
	    NULL, SG_PROBE_FAIL, SG_LEVEL_ENCRYPT, "nomx-real.test" },
	{ "D-47 insecure MX: not the next hop", "loose.child.test",
	    "DNS:loose.child.test", POLICY("enforce", "mx: ta.test\n"),
	    SG_PROBE_FAIL, SG_LEVEL_ENCRYPT, "ta.test" },
	{ "D-47, X-15 insecure MX: the MX host", "loose.child.test",
	    "DNS:ta.test", POLICY("enforce", "mx: ta.test\n"), SG_PROBE_OK,
	    SG_LEVEL_DANE, "ta.test" },
};

START_TEST(test_names)
{
	const struct name_case *c = &name_cases[_i];
	const struct sg_facts_probe *p;
	struct mx_script script = { .at = MX_QUIT };
	struct mx_seen seen;
	struct plan_bench b;

	plan_bench_open(&b, name_rows, N(name_rows), c->san);
	script.issuer = b.ca_cert;
	mx_server_load(b.mx[0], &script);
	b.net.https->body = c->policy;
	plan_bench_run(&b, c->hop);
	ck_assert_uint_eq(b.facts->n_mx, 1);
	p = &b.facts->mx[0].probe;
	ck_assert_msg(p->state == c->state && p->level == c->level,
	    "%s: got %d, level %d (%s); want %d, %d", c->label, p->state,
	    p->level, p->detail, c->state, c->level);
	mx_server_seen(b.mx[0], &seen);
	ck_assert_msg(strcmp(seen.sni, c->sni) == 0, "%s: SNI %s, want %s",
	    c->label, seen.sni, c->sni);
	plan_bench_close(&b);
}
END_TEST

static const struct mx_script hangs = { .at = MX_BANNER, .how = MX_HANG };

/* --- order and overlap ---------------------------------------------------- */

/* The longest chain of round trips counts, not their sum (PERFORMANCE 9): the
   GET is never answered here, and the MX host is connected to all the same; a
   plan that took one after the other would see no connection. */
START_TEST(test_probe_beside_fetch)
{
	struct sg_plan *plan;
	struct plan_bench b;

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	b.net.https->stuck = true;
	plan = plan_bench_start(&b, "d.child.test");
	ck_assert(plan_bench_sees(&b, 0, 1));
	ck_assert_uint_eq(b.net.https->gets, 1);
	ck_assert_uint_eq(b.net.https->cancels, 0);
	ck_assert_uint_eq(b.called, 0);
	sg_plan_cancel(plan);
	plan_bench_close(&b);
}
END_TEST

/* The other way round: the MX host says nothing, and the GET is made, and its
   answer taken, meanwhile. And neither waits for the MX list to be there. */
START_TEST(test_fetch_beside_probe)
{
	struct dns_row rows[N(probe_rows)];
	struct plan_bench b;

	memcpy(rows, probe_rows, sizeof(rows));
	for (size_t i = 0; _i == 1 && i < N(rows); i++)
		if (strcmp(rows[i].name, "d.child.test") == 0)
			rows[i].kind = DNS_SILENT;
	plan_bench_open(&b, rows, N(rows), SANS);
	mx_server_load(b.mx[0], &hangs);
	mx_server_load(b.mx[1], &hangs);
	b.net.https->body = ABC;
	b.job.deadline_ms = 1200;
	plan_bench_run(&b, "d.child.test");
	ck_assert_uint_eq(b.net.https->gets, 1);
	ck_assert_ptr_nonnull(b.facts->sts.policy);
	ck_assert_int_eq(b.facts->mx_state,
	    _i == 1 ? SG_MX_ERROR : SG_MX_FOUND);
	plan_bench_close(&b);
}
END_TEST

/* --- limits ------------------------------------------------------------- */

/* Two at once, and what was learnt is told at the deadline. */
START_TEST(test_two_at_once)
{
	struct mx_seen seen;
	struct plan_bench b;

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	mx_server_load(b.mx[0], &hangs);
	mx_server_load(b.mx[1], &hangs);
	b.net.https->body = ABC;
	b.job.deadline_ms = 1500;
	plan_bench_run(&b, "d.child.test");
	ck_assert_ptr_nonnull(b.facts->sts.policy);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(b.facts->mx[i].addrs, SG_ADDR_OK);
		ck_assert_int_eq(b.facts->mx[i].probe.state,
		    SG_PROBE_UNTESTED);
	}
	ck_assert_int_eq(b.facts->mx[0].probe.reason, SG_REASON_TIMEOUT);
	ck_assert(plan_bench_sees(&b, 0, 1));
	ck_assert(plan_bench_sees(&b, 1, 1));
	mx_server_seen(b.mx[2], &seen);
	ck_assert_uint_eq(seen.connections, 0);
	plan_bench_close(&b);
}
END_TEST

/* T19: a host is good, and the policy that may not name it is on its way: the
   others are left alone meanwhile, whether one is held or not. */
START_TEST(test_policy_on_its_way)
{
	struct sg_plan *plan;
	struct mx_seen seen;
	struct plan_bench b;
	char conns[64];

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	mx_server_load(b.mx[1], &hangs);
	b.net.https->stuck = true;
	if (_i == 1) {
		snprintf(b.job.need.known_id, sizeof(b.job.need.known_id),
		    "one");
		b.job.need.refetch = true;
		b.job.policy = ABC;
		b.job.policy_len = strlen(ABC);
	}
	plan = plan_bench_start(&b, "d.child.test");
	ck_assert(plan_bench_sees(&b, 0, 1));
	do {
		event_base_loop(b.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		mx_server_seen(b.mx[0], &seen);
	} while (strstr(seen.said, "QUIT") == NULL);
	ck_assert_uint_eq(b.net.https->gets, 1);
	plan_bench_connections(&b, conns);
	ck_assert_msg(conns[0] == '1' && conns[4] == '0', "connections %s",
	    conns);
	ck_assert_uint_eq(b.called, 0);
	sg_plan_cancel(plan);
	plan_bench_close(&b);
}
END_TEST

/* A host that has had its time is passed over. */
START_TEST(test_timeout)
{
	struct plan_bench b;

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	mx_server_load(b.mx[0], &hangs);
	mx_server_load(b.mx[1], &hangs);
	sg_net_fini(&b.net);
	b.config.probe_timeout_ms = 300;
	ck_assert_int_eq(sg_net_init(&b.net, b.base, &b.config, NULL), SG_OK);
	b.net.https->body = ABC;
	plan_bench_run(&b, "d.child.test");
	ck_assert_int_eq(b.facts->mx[0].probe.state, SG_PROBE_UNREACHABLE);
	ck_assert_int_eq(b.facts->mx[1].probe.state, SG_PROBE_UNREACHABLE);
	ck_assert_int_eq(b.facts->mx[2].probe.state, SG_PROBE_OK);
	plan_bench_close(&b);
}
END_TEST

/* T19: eight hosts of one next hop, however many there are. */
START_TEST(test_eight)
{
	static char names[10][32], addrs[10][32], mx[10][40];
	static struct dns_row rows[22] = { STS("d.child.test") };
	char states[SG_FACTS_MAX_MX + 1];
	struct plan_bench b;

	for (int i = 0; i < 10; i++) {
		snprintf(names[i], sizeof(names[i]), "h%d.test", i);
		snprintf(addrs[i], sizeof(addrs[i]), "127.0.1.%d", i + 1);
		snprintf(mx[i], sizeof(mx[i]), "%d h%d.test", i, i);
		rows[2 + 2 * i] = (struct dns_row)A(names[i], addrs[i]);
		rows[3 + 2 * i] = (struct dns_row)MX("d.child.test", mx[i]);
	}
	plan_bench_open(&b, rows, N(rows), SANS);
	b.net.https->body = POLICY("enforce", "mx: *.test\n");
	plan_bench_run(&b, "d.child.test");
	states_text(b.facts, states);
	ck_assert_str_eq(states, "UUUUUUUU--");
	plan_bench_close(&b);
}
END_TEST

/* A domain's look is another one's, if they share the host. */
START_TEST(test_shared)
{
	static const struct dns_row rows[] = {
		STS("d.child.test"), MX("d.child.test", "10 a.test"),
		STS("o.child.test"), MX("o.child.test", "10 a.test"),
		A("a.test", "127.0.0.1"),
	};
	struct sg_wall at;
	char conns[64];
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), SANS);
	b.net.https->body = ABC;
	plan_bench_run(&b, "d.child.test");
	at = b.facts->mx[0].probe.at;
	plan_bench_run(&b, "o.child.test");
	ck_assert_int_eq(b.facts->mx[0].probe.state, SG_PROBE_OK);
	ck_assert_int_eq(b.facts->mx[0].probe.at.s, at.s);
	ck_assert_str_eq(plan_bench_connections(&b, conns), "1,0,0,0");
	plan_bench_close(&b);
}
END_TEST

/* With probes under way; nothing comes after it. */
START_TEST(test_cancel)
{
	struct sg_plan *plan;
	struct plan_bench b;

	plan_bench_open(&b, probe_rows, N(probe_rows), SANS);
	mx_server_load(b.mx[0], &hangs);
	b.net.https->body = ABC;
	plan = plan_bench_start(&b, "d.child.test");
	ck_assert(plan_bench_sees(&b, 0, 1));
	sg_plan_cancel(plan);
	mx_server_load(b.mx[0], &hangs);
	event_base_loop(b.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(b.called, 0);
	/* One more while that probe goes on: it joins. */
	plan = plan_bench_start(&b, "plain.child.test");
	sg_plan_cancel(plan);
	b.job.deadline_ms = 800;
	plan_bench_run(&b, "d.child.test");
	ck_assert_int_ne(b.facts->mx[0].probe.state, SG_PROBE_OK);
	plan_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan_probe");
	TCase *tc = tcase_create("plan_probe");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_probes, 0, (int)N(cases));
	tcase_add_loop_test(tc, test_names, 0, (int)N(name_cases));
	tcase_add_test(tc, test_probe_beside_fetch);
	tcase_add_loop_test(tc, test_fetch_beside_probe, 0, 2);
	tcase_add_test(tc, test_two_at_once);
	tcase_add_loop_test(tc, test_policy_on_its_way, 0, 2);
	tcase_add_test(tc, test_timeout);
	tcase_add_test(tc, test_eight);
	tcase_add_test(tc, test_shared);
	tcase_add_test(tc, test_cancel);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
