/* SPDX-License-Identifier: ISC */
/*
 * What a plan asks, in what order, and what it makes of the answers. DNS is a
 * scripted server behind the real resolver; HTTPS is played (fake_https.h), so
 * that a row can say what a GET brings and count the GETs.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/plan.h"
#include "support/dns_server.h"
#include "support/fake_https.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LONG_MS 20000

/* --- a worker's net on a scripted server -------------------------------- */

struct fixture {
	struct event_base *base;
	struct dns_server *server;
	struct sg_dns_server forward;
	struct sg_config config;
	struct sg_net net;
	struct sg_job job;
	unsigned called;
	/* what was learnt */
	struct sg_facts *facts;
};

static char empty[] = "", own_name[] = "us.test", *own[] = { own_name };

static void
fixture_open(struct fixture *f, const struct dns_row *rows, size_t n)
{
	struct sg_err err = { 0 };

	memset(f, 0, sizeof(*f));
	f->base = event_base_new();
	f->server = dns_server_start();
	ck_assert_ptr_nonnull(f->server);
	dns_server_load(f->server, rows, n);
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &f->forward.addr), SG_OK);
	f->forward.port = dns_server_port(f->server);
	f->config.dns_servers = &f->forward;
	f->config.n_dns_servers = 1;
	f->config.trust_anchor_file = empty;
	f->config.https_ca_file = empty;
	f->config.https_timeout_ms = 10000;
	f->config.own_hosts = own;
	f->config.n_own_hosts = 1;
	ck_assert_msg(sg_net_init(&f->net, f->base, &f->config, &err) == SG_OK,
	    "%s", err.text);
	f->job.id = 77;
	f->job.hop.port = SG_SMTP_PORT;
	f->job.deadline_ms = LONG_MS;
	f->net.https->body = "version: STSv1\nmode: enforce\n"
	    "mx: mx.good.test\nmax_age: 86400\n";
}

static void
fixture_close(struct fixture *f)
{
	sg_facts_unref(&f->facts);
	sg_net_fini(&f->net);
	dns_server_stop(&f->server);
	event_base_free(f->base);
}

static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	struct fixture *f = arg;

	ck_assert_uint_eq(job_id, 77);
	ck_assert(!more);
	f->called++;
	f->facts = sg_facts_ref(learnt);
}

static void
start(struct fixture *f, const char *hop)
{
	snprintf(f->job.hop.name, sizeof(f->job.hop.name), "%s", hop);
	ck_assert_ptr_nonnull(sg_plan_start(&f->net, &f->job, on_learnt, f));
	ck_assert_msg(f->called == 0, "callback inside sg_plan_start()");
}

static void
run(struct fixture *f, const char *hop)
{
	start(f, hop);
	while (f->called == 0)
		ck_assert_int_eq(event_base_loop(f->base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(f->called, 1);
}

/* A question that is never answered, asked before a plan begins: a plan that
   waits for the same answer cannot end before it. */
static void
on_control(void *arg, const struct sg_dns_answer *answer)
{
	(void)answer;
	*(bool *)arg = true;
}

static void
ask_control(struct fixture *f, const char *name, bool *landed)
{
	*landed = false;
	ck_assert_ptr_nonnull(sg_dns_ask(f->net.dns, name, SG_DNS_AAAA,
	    LONG_MS, on_control, landed));
}

#define RECORD "v=STSv1; id=one;"
#define TXT(d, data) { "_mta-sts." d, SG_DNS_TXT, DNS_DATA, data, 0, 0 }
#define MX(d, data) { d, SG_DNS_MX, DNS_DATA, data, 0, 0 }
#define A(d, data) { d, SG_DNS_A, DNS_DATA, data, 0, 0 }
#define AAAA(d, data) { d, SG_DNS_AAAA, DNS_DATA, data, 0, 0 }
#define FAULT(d, type, kind) { d, type, kind, NULL, 0, 0 }
#define PUBLIC "8.8.4.4"
#define PUBLIC6 "2606:4700::1"

/* --- TXT ---------------------------------------------------------------- */

static const struct dns_row txt_rows[] = {
	TXT("one.test", RECORD),
	TXT("split.test", "v=ST|Sv1; id=o|ne;"),
	TXT("spf.test", "v=spf1 -all"),
	TXT("spf.test", RECORD),
	TXT("two.test", RECORD),
	TXT("two.test", "v=STSv1; id=two;"),
	TXT("space.test", "v=STSv1 ; id=one"),
	TXT("pair.test", "v=STSv1 ; id=one"),
	TXT("pair.test", "v=STSv1; id=two;"),
	TXT("other.test", "hello"),
	TXT("broken.test", "v=STSv1; id=x-y;"),
	TXT("nul.test", "v=STSv1; id=a%00b;"),
	{ "_mta-sts.raw.test", SG_DNS_TXT, DNS_RAW, "ff41", 0, 0 },
	{ "_mta-sts.alias.test", SG_DNS_CNAME, DNS_DATA, "c1.test", 0, 0 },
	{ "c1.test", SG_DNS_CNAME, DNS_DATA, "c2.test", 0, 0 },
	{ "c2.test", SG_DNS_TXT, DNS_DATA, RECORD, 0, 0 },
	{ "_mta-sts.loop.test", SG_DNS_CNAME, DNS_DATA, "loop2.test", 0, 0 },
	{ "loop2.test", SG_DNS_CNAME, DNS_DATA, "loop2.test", 0, 0 },
	FAULT("_mta-sts.fail.test", SG_DNS_TXT, DNS_SERVFAIL),
	FAULT("_mta-sts.refused.test", SG_DNS_TXT, DNS_REFUSED),
	FAULT("_mta-sts.lame.test", SG_DNS_TXT, DNS_LAME),
	FAULT("_mta-sts.nodata.test", SG_DNS_TXT, DNS_NODATA),
	{ "_mta-sts.tcp.test", SG_DNS_TXT, DNS_TRUNCATE, RECORD, 0, 0 },
	{ "sub.alias2.test", SG_DNS_CNAME, DNS_DATA, "one.test", 0, 0 },
	A("mta-sts.parent.test", PUBLIC),
	TXT("parent.test", RECORD),
};

static const struct txt_case {
	const char *label, *hop;
	enum sg_txt_state state;
	const char *id;
} txt_cases[] = {
	{ "B-01 record", "one.test", SG_TXT_RECORD, "one" },
	{ "B-17 strings are joined", "split.test", SG_TXT_RECORD, "one" },
	{ "B-07 SPF beside STS", "spf.test", SG_TXT_RECORD, "one" },
	{ "B-08 blank before ; alone", "space.test", SG_TXT_RECORD, "one" },
	{ "B-08 blank before ; beside another", "pair.test", SG_TXT_RECORD,
	    "two" },
	{ "B-09 two records", "two.test", SG_TXT_INVALID, "" },
	{ "B-10 malformed", "broken.test", SG_TXT_INVALID, "" },
	{ "B-20 NUL inside", "nul.test", SG_TXT_INVALID, "" },
	{ "B-20 lengths do not add up", "raw.test", SG_TXT_NONE, "" },
	{ "other TXT only", "other.test", SG_TXT_NONE, "" },
	{ "NXDOMAIN", "nothing.test", SG_TXT_NONE, "" },
	{ "NODATA", "nodata.test", SG_TXT_NONE, "" },
	{ "B-18 CNAME chain", "alias.test", SG_TXT_RECORD, "one" },
	{ "B-18 CNAME loop", "loop.test", SG_TXT_ERROR, "" },
	{ "5.1 SERVFAIL", "fail.test", SG_TXT_ERROR, "" },
	{ "5.1 REFUSED", "refused.test", SG_TXT_ERROR, "" },
	{ "5.1 lame delegation", "lame.test", SG_TXT_ERROR, "" },
	{ "5.1 TCP only", "tcp.test", SG_TXT_RECORD, "one" },
	{ "A-17 the domain's own alias is not followed", "sub.alias2.test",
	    SG_TXT_NONE, "" },
	{ "A-03 not the parent's", "sub.parent.test", SG_TXT_NONE, "" },
};

START_TEST(test_txt)
{
	const struct txt_case *c = &txt_cases[_i];
	const struct sg_facts_txt *txt;
	struct fixture f;

	fixture_open(&f, txt_rows, N(txt_rows));
	run(&f, c->hop);
	txt = &f.facts->sts.txt;
	ck_assert_msg(txt->state == c->state && strcmp(txt->id, c->id) == 0,
	    "%s: got %d \"%s\", want %d \"%s\"", c->label, txt->state, txt->id,
	    c->state, c->id);
	ck_assert_int_ge(txt->until.s, txt->at.s + SG_FACTS_TTL_MIN_S);
	ck_assert_int_gt(txt->at.s, 0);
	/* B-09, B-10: no fetch; a record without addresses: none either. */
	ck_assert_uint_eq(f.net.https->gets, 0);
	ck_assert_uint_eq(dns_server_count(f.server, "_mta-sts.parent.test",
	    0) + dns_server_count(f.server, "_mta-sts.test", 0), 0);
	fixture_close(&f);
}
END_TEST

/* a name for which there is no room does not exist. */
START_TEST(test_long_name)
{
	char name[SG_DOMAIN_SIZE];
	size_t n = 0;
	struct fixture f;

	while (n < 240)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "%.*s.",
		    n < 200 ? 49 : 43,
		    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij");
	snprintf(name + n, sizeof(name) - n, "test");
	ck_assert_uint_ge(strlen(name), 246);
	fixture_open(&f, NULL, 0);
	run(&f, name);
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_NONE);
	ck_assert_int_eq(f.facts->mx_state, SG_MX_NXDOMAIN);
	ck_assert_uint_eq(dns_server_count(f.server, NULL, SG_DNS_TXT), 0);
	fixture_close(&f);
}
END_TEST

/* --- MX ----------------------------------------------------------------- */

static const struct dns_row mx_rows[] = {
	MX("list.test", "20 b.test"),
	MX("list.test", "5 a.test"),
	MX("list.test", "30 _c.test"),
	MX("twice.test", "20 a.test"),
	MX("twice.test", "10 a.test"),
	MX("null.test", "0 ."),
	MX("null10.test", "10 ."),
	MX("mixed.test", "0 ."),
	MX("mixed.test", "10 a.test"),
	MX("ip.test", "10 192.0.2.7"),
	MX("ipmixed.test", "10 192.0.2.7"),
	MX("ipmixed.test", "20 a.test"),
	MX("odd.test", "10 a%0d%0ab.test"),
	{ "implicit.test", SG_DNS_A, DNS_DATA, PUBLIC, 0, 0 },
	FAULT("fail.test", SG_DNS_MX, DNS_SERVFAIL),
	A("fail.test", PUBLIC),
	FAULT("refused.test", SG_DNS_MX, DNS_REFUSED),
	FAULT("lame.test", SG_DNS_MX, DNS_LAME),
	{ "cname.test", SG_DNS_CNAME, DNS_DATA, "list.test", 0, 0 },
	MX("self.test", "10 us.test"),
	MX("self.test", "5 a.test"),
	MX("upper.test", "10 MX.Good.Test"),
};

static const struct mx_case {
	const char *label, *hop;
	enum sg_mx_state state;
	const char *hosts; /* "5 a.test,20 b.test" */
} mx_cases[] = {
	{ "N-07 by preference", "list.test", SG_MX_FOUND,
	    "5 a.test,20 b.test,30 _c.test" },
	{ "named twice", "twice.test", SG_MX_FOUND, "10 a.test" },
	{ "kept form", "upper.test", SG_MX_FOUND, "10 mx.good.test" },
	{ "N-09 null MX", "null.test", SG_MX_NULL, "" },
	{ "N-10 null MX of another preference", "null10.test", SG_MX_NULL,
	    "" },
	{ "N-10 . beside others", "mixed.test", SG_MX_FOUND, "10 a.test" },
	{ "A-05, N-05 IP address only", "ip.test", SG_MX_UNUSABLE, "" },
	{ "A-05 IP address beside a name", "ipmixed.test", SG_MX_FOUND,
	    "20 a.test" },
	{ "T14 CR LF in the name", "odd.test", SG_MX_UNUSABLE, "" },
	{ "N-04, V-05 no MX: the domain itself", "implicit.test",
	    SG_MX_IMPLICIT, "0 implicit.test" },
	{ "N-02 NXDOMAIN", "none.test", SG_MX_NXDOMAIN, "" },
	{ "N-03, D-07 SERVFAIL: not the domain's A", "fail.test", SG_MX_ERROR,
	    "" },
	{ "D-07 REFUSED", "refused.test", SG_MX_ERROR, "" },
	{ "5.1 lame delegation: not the domain's A", "lame.test", SG_MX_ERROR,
	    "" },
	{ "N-01 CNAME at the domain", "cname.test", SG_MX_FOUND,
	    "5 a.test,20 b.test,30 _c.test" },
	{ "N-08 us", "self.test", SG_MX_FOUND, "5 a.test,10 us.test*" },
};

static void
hosts_text(const struct sg_facts *f, char *out, size_t size)
{
	out[0] = '\0';
	for (unsigned i = 0; i < f->n_mx; i++) {
		size_t n = strlen(out);

		snprintf(out + n, size - n, "%s%u %s%s", i > 0 ? "," : "",
		    f->mx[i].preference, f->mx[i].host,
		    f->mx[i].is_self ? "*" : "");
	}
}

START_TEST(test_mx)
{
	const struct mx_case *c = &mx_cases[_i];
	char got[1024];
	struct fixture f;

	fixture_open(&f, mx_rows, N(mx_rows));
	run(&f, c->hop);
	hosts_text(f.facts, got, sizeof(got));
	ck_assert_msg(f.facts->mx_state == c->state &&
	    strcmp(got, c->hosts) == 0, "%s: got %d \"%s\", want %d \"%s\"",
	    c->label, f.facts->mx_state, got, c->state, c->hosts);
	ck_assert_int_ge(f.facts->mx_until.s,
	    f.facts->mx_at.s + SG_FACTS_TTL_MIN_S);
	/* Without STS the addresses of MX hosts concern nobody. */
	ck_assert_uint_eq(dns_server_count(f.server, "a.test", 0), 0);
	ck_assert_uint_eq(dns_server_count(f.server, c->hop, SG_DNS_A), 0);
	for (unsigned i = 0; i < f.facts->n_mx; i++) {
		ck_assert_int_eq(f.facts->mx[i].addrs, SG_ADDR_UNASKED);
		ck_assert_int_eq(f.facts->mx[i].tlsa, SG_TLSA_UNASKED);
		ck_assert_int_eq(f.facts->mx[i].probe.state,
		    SG_PROBE_UNTESTED);
	}
	fixture_close(&f);
}
END_TEST

START_TEST(test_mx_host)
{
	static const struct dns_row rows[] = {
		TXT("mx.good.test", RECORD),
		A("mx.good.test", PUBLIC),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	f.job.hop.is_host = true;
	run(&f, "mx.good.test");
	ck_assert_int_eq(f.facts->mx_state, SG_MX_HOST);
	ck_assert_uint_eq(f.facts->n_mx, 1);
	ck_assert_str_eq(f.facts->mx[0].host, "mx.good.test");
	ck_assert_int_eq(f.facts->mx[0].addrs, SG_ADDR_OK);
	ck_assert_uint_eq(dns_server_count(f.server, NULL, SG_DNS_MX), 0);
	fixture_close(&f);
}
END_TEST

/* T13: 20 hosts, the best ones, of however many. N-07: equals in any order. */
START_TEST(test_mx_many)
{
	static char text[50][32];
	static struct dns_row rows[50];
	struct fixture f;

	for (int i = 0; i < 50; i++) {
		snprintf(text[i], sizeof(text[i]), "%d h%d.test", 500 - i, i);
		rows[i] = (struct dns_row)MX("many.test", text[i]);
	}
	fixture_open(&f, rows, N(rows));
	run(&f, "many.test");
	ck_assert_uint_eq(f.facts->n_mx, SG_FACTS_MAX_MX);
	for (unsigned i = 0; i < f.facts->n_mx; i++)
		ck_assert_uint_eq(f.facts->mx[i].preference, 451 + i);
	fixture_close(&f);
}
END_TEST

START_TEST(test_mx_equals)
{
	static const struct dns_row rows[] = {
		MX("eq.test", "10 a.test"), MX("eq.test", "10 b.test"),
		MX("eq.test", "10 c.test"), MX("eq.test", "10 d.test"),
		MX("eq.test", "10 e.test"), MX("eq.test", "10 f.test"),
	};
	char first[256] = "", got[256];
	struct fixture f;
	bool differs = false;

	fixture_open(&f, rows, N(rows));
	for (int i = 0; i < 50 && !differs; i++) { /* 1 in 720^49 */
		f.called = 0;
		sg_facts_unref(&f.facts);
		run(&f, "eq.test");
		hosts_text(f.facts, got, sizeof(got));
		if (i == 0)
			memcpy(first, got, sizeof(first));
		differs = strcmp(first, got) != 0;
	}
	ck_assert_msg(differs, "N-07: always %s", first);
	fixture_close(&f);
}
END_TEST

/* --- addresses of MX hosts ---------------------------------------------- */

static const struct dns_row addr_rows[] = {
	TXT("d.test", RECORD),
	MX("d.test", "1 both.test"),
	MX("d.test", "2 v4.test"),
	MX("d.test", "3 v6.test"),
	MX("d.test", "4 six-fails.test"),
	MX("d.test", "5 fails.test"),
	MX("d.test", "6 none.test"),
	MX("d.test", "7 private.test"),
	MX("d.test", "8 mixed.test"),
	MX("d.test", "9 alias.test"),
	MX("d.test", "10 broken.test"),
	MX("d.test", "11 six-silent.test"),
	MX("d.test", "12 half.test"),
	MX("d.test", "13 us.test"),
	MX("d.test", "14 behind.test"),
	A("both.test", PUBLIC), AAAA("both.test", PUBLIC6),
	A("v4.test", PUBLIC),
	AAAA("v6.test", PUBLIC6),
	A("six-fails.test", PUBLIC),
	FAULT("six-fails.test", SG_DNS_AAAA, DNS_SERVFAIL),
	FAULT("fails.test", SG_DNS_A, DNS_SERVFAIL),
	FAULT("fails.test", SG_DNS_AAAA, DNS_SERVFAIL),
	A("private.test", "10.0.0.1"), A("private.test", "127.0.0.1"),
	AAAA("private.test", "fd00::1"),
	A("mixed.test", "192.168.0.1"), A("mixed.test", PUBLIC),
	{ "alias.test", SG_DNS_CNAME, DNS_DATA, "both.test", 0, 0 },
	{ "broken.test", SG_DNS_CNAME, DNS_CNAME_ONLY, "fails.test", 0, 0 },
	A("six-silent.test", PUBLIC),
	FAULT("six-silent.test", SG_DNS_AAAA, DNS_SILENT),
	FAULT("half.test", SG_DNS_A, DNS_SERVFAIL),
	A("us.test", PUBLIC), A("behind.test", PUBLIC),
};

static const struct addr_case {
	const char *label, *host;
	enum sg_addr_state state;
} addr_cases[] = {
	{ "both families", "both.test", SG_ADDR_OK },
	{ "IPv4 only", "v4.test", SG_ADDR_OK },
	{ "IPv6 only", "v6.test", SG_ADDR_OK },
	{ "5.1 (#189) AAAA SERVFAIL, A good", "six-fails.test", SG_ADDR_OK },
	{ "Q-10, D-08 both fail", "fails.test", SG_ADDR_ERROR },
	{ "none", "none.test", SG_ADDR_NONE },
	{ "T10 special-use only", "private.test", SG_ADDR_SPECIAL },
	{ "T10 special-use beside a public one", "mixed.test", SG_ADDR_OK },
	{ "V-04 MX is a CNAME: the name stays", "alias.test", SG_ADDR_OK },
	{ "D-11 broken second hop", "broken.test", SG_ADDR_ERROR },
	{ "AAAA silent: not waited for", "six-silent.test", SG_ADDR_OK },
	{ "A fails, no AAAA: not known", "half.test", SG_ADDR_ERROR },
	{ "N-08 us: not asked", "us.test", SG_ADDR_UNASKED },
	{ "N-08 behind us: not asked", "behind.test", SG_ADDR_UNASKED },
};

START_TEST(test_addrs)
{
	struct fixture f;
	bool waited;

	fixture_open(&f, addr_rows, N(addr_rows));
	ask_control(&f, "six-silent.test", &waited);
	run(&f, "d.test");
	ck_assert(!waited);
	ck_assert_uint_eq(f.facts->n_mx, N(addr_cases));
	for (size_t i = 0; i < N(addr_cases); i++) {
		const struct addr_case *c = &addr_cases[i];
		const struct sg_facts_mx *mx = &f.facts->mx[i];

		ck_assert_str_eq(mx->host, c->host);
		ck_assert_msg(mx->addrs == c->state, "%s: got %d, want %d",
		    c->label, mx->addrs, c->state);
	}
	ck_assert_uint_eq(dns_server_count(f.server, "us.test", 0), 0);
	fixture_close(&f);
}
END_TEST

/* Implicit MX and STS: the domain's own addresses (V-05). */
START_TEST(test_addrs_implicit)
{
	static const struct dns_row rows[] = {
		TXT("d.test", RECORD),
		A("d.test", PUBLIC),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	run(&f, "d.test");
	ck_assert_int_eq(f.facts->mx_state, SG_MX_IMPLICIT);
	ck_assert_str_eq(f.facts->mx[0].host, "d.test");
	ck_assert_int_eq(f.facts->mx[0].addrs, SG_ADDR_OK);
	fixture_close(&f);
}
END_TEST

/* --- the policy --------------------------------------------------------- */

static const struct dns_row policy_rows[] = {
	TXT("good.test", RECORD), MX("good.test", "10 mx.good.test"),
	A("mx.good.test", PUBLIC),
	A("mta-sts.good.test", PUBLIC), AAAA("mta-sts.good.test", PUBLIC6),
	TXT("mixed.test", RECORD), MX("mixed.test", "10 mx.good.test"),
	A("mta-sts.mixed.test", "127.0.0.1"), A("mta-sts.mixed.test", PUBLIC),
	TXT("special.test", RECORD), MX("special.test", "10 mx.good.test"),
	A("mta-sts.special.test", "127.0.0.1"),
	AAAA("mta-sts.special.test", "::1"),
	TXT("nohost.test", RECORD), MX("nohost.test", "10 mx.good.test"),
	TXT("hostfail.test", RECORD), MX("hostfail.test", "10 mx.good.test"),
	FAULT("mta-sts.hostfail.test", SG_DNS_A, DNS_SERVFAIL),
	FAULT("mta-sts.hostfail.test", SG_DNS_AAAA, DNS_SERVFAIL),
	/* Later than MX; the other order is test_null_mx_late. */
	{ "_mta-sts.null.test", SG_DNS_TXT, DNS_DATA, RECORD, 0, 200 },
	MX("null.test", "0 ."), A("mta-sts.null.test", PUBLIC),
	MX("notxt.test", "10 mx.good.test"), A("mta-sts.notxt.test", PUBLIC),
	TXT("two.test", RECORD), TXT("two.test", "v=STSv1; id=two;"),
	MX("two.test", "10 mx.good.test"), A("mta-sts.two.test", PUBLIC),
	FAULT("_mta-sts.txtfail.test", SG_DNS_TXT, DNS_SERVFAIL),
	MX("txtfail.test", "10 mx.good.test"),
	A("mta-sts.txtfail.test", PUBLIC),
	{ "mta-sts.alias.test", SG_DNS_CNAME, DNS_DATA, "mta-sts.good.test",
	    0, 0 },
	TXT("alias.test", RECORD), MX("alias.test", "10 mx.good.test"),
	TXT("sixfail.test", RECORD), MX("sixfail.test", "10 mx.good.test"),
	A("mta-sts.sixfail.test", PUBLIC),
	FAULT("mta-sts.sixfail.test", SG_DNS_AAAA, DNS_SERVFAIL),
	FAULT("nomx.test", SG_DNS_MX, DNS_SERVFAIL),
	TXT("nomx.test", RECORD), A("mta-sts.nomx.test", PUBLIC),
};

static const struct policy_case {
	const char *label, *hop;
	const char *known;
	bool refetch;
	const char *backoff;
	enum sg_reason played; /* NONE: the GET brings a policy */
	unsigned gets;
	bool tried;
	enum sg_reason reason;
	const char *id; /* of the fetch */
} policy_cases[] = {
	{ "first contact", "good.test", "", false, "", SG_REASON_NONE, 1, true,
	    SG_REASON_NONE, "one" },
	{ "known id: no fetch", "good.test", "one", false, "", SG_REASON_NONE,
	    0, false, SG_REASON_NONE, "" },
	{ "B-13 other id: fetch", "good.test", "zero", false, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "B-13 case counts", "good.test", "One", false, "", SG_REASON_NONE,
	    1, true, SG_REASON_NONE, "one" },
	{ "K-04 known id, a day old", "good.test", "one", true, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "C-14 back-off for this id", "good.test", "", false, "one",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "C-14 back-off for another id", "good.test", "", false, "zero",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "K-04 TXT gone, a day old", "notxt.test", "old", true, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "old" },
	{ "K-04 TXT gone, not due", "notxt.test", "old", false, "",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "K-04 TXT doubled, a day old", "two.test", "old", true, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "old" },
	{ "K-04 TXT fails, a day old", "txtfail.test", "old", true, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "old" },
	{ "C-14 TXT gone, back-off", "notxt.test", "old", true, "old",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "B-09 two records: no fetch", "two.test", "", false, "",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "TXT fails: no fetch", "txtfail.test", "", false, "",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "N-13 null MX: no fetch", "null.test", "", false, "",
	    SG_REASON_NONE, 0, false, SG_REASON_NONE, "" },
	{ "C-19 special-use only", "special.test", "", false, "",
	    SG_REASON_NONE, 0, true, SG_REASON_SPECIAL_USE_ADDRESS, "one" },
	{ "policy host has no address", "nohost.test", "", false, "",
	    SG_REASON_NONE, 0, true, SG_REASON_STS_POLICY_FETCH_ERROR, "one" },
	{ "policy host's lookup fails", "hostfail.test", "", false, "",
	    SG_REASON_NONE, 0, true, SG_REASON_STS_POLICY_FETCH_ERROR, "one" },
	{ "policy host is an alias", "alias.test", "", false, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "AAAA of the policy host fails", "sixfail.test", "", false, "",
	    SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "MX fails: the policy is fetched all the same", "nomx.test", "",
	    false, "", SG_REASON_NONE, 1, true, SG_REASON_NONE, "one" },
	{ "GET fails", "good.test", "", false, "",
	    SG_REASON_STS_WEBPKI_INVALID, 1, true,
	    SG_REASON_STS_WEBPKI_INVALID, "one" },
};

START_TEST(test_policy)
{
	const struct policy_case *c = &policy_cases[_i];
	const struct sg_facts_sts *sts;
	struct fixture f;

	fixture_open(&f, policy_rows, N(policy_rows));
	f.net.https_port = 8443;
	snprintf(f.job.need.known_id, SG_STS_ID_SIZE, "%s", c->known);
	snprintf(f.job.need.backoff_id, SG_STS_ID_SIZE, "%s", c->backoff);
	f.job.need.refetch = c->refetch;
	if (c->played != SG_REASON_NONE) {
		f.net.https->body = NULL;
		f.net.https->reason = c->played;
	}
	run(&f, c->hop);
	sts = &f.facts->sts;
	ck_assert_msg(f.net.https->gets == c->gets &&
	    sts->fetch.tried == c->tried && sts->fetch.reason == c->reason &&
	    strcmp(sts->fetch.id, c->id) == 0,
	    "%s: got %u GETs, tried %d, %s, id \"%s\" (%s)", c->label,
	    f.net.https->gets, sts->fetch.tried,
	    sg_reason_name(sts->fetch.reason), sts->fetch.id,
	    sts->fetch.detail);
	ck_assert_int_eq(sts->policy != NULL,
	    c->gets > 0 && c->reason == SG_REASON_NONE);
	if (sts->policy != NULL) {
		ck_assert_str_eq(sts->policy_id, c->id);
		ck_assert_int_eq(sts->policy->mode, SG_STS_MODE_ENFORCE);
		ck_assert_str_eq(f.net.https->domain, c->hop);
		ck_assert_uint_eq(f.net.https->port, 8443);
	}
	ck_assert_int_eq(c->reason != SG_REASON_NONE,
	    sts->fetch.detail[0] != '\0');
	fixture_close(&f);
}
END_TEST

START_TEST(test_policy_addrs)
{
	struct fixture f;

	fixture_open(&f, policy_rows, N(policy_rows));
	run(&f, "mixed.test");
	ck_assert_str_eq(f.net.https->addrs, PUBLIC); /* T10 */
	ck_assert_int_le(f.net.https->deadline_ms, 10000);
	ck_assert_int_gt(f.net.https->deadline_ms, 0);
	fixture_close(&f);
}
END_TEST

START_TEST(test_policy_unfit)
{
	struct fixture f;

	fixture_open(&f, policy_rows, N(policy_rows));
	f.net.https->body = "version: STSv1\nmode: whatever\n";
	run(&f, "good.test");
	ck_assert_ptr_null(f.facts->sts.policy);
	ck_assert(f.facts->sts.fetch.tried);
	ck_assert_int_eq(f.facts->sts.fetch.reason,
	    SG_REASON_STS_POLICY_INVALID);
	ck_assert_str_ne(f.facts->sts.fetch.detail, "");
	fixture_close(&f);
}
END_TEST

/* N-13 when the null MX comes after the GET has begun: it is dropped. */
START_TEST(test_null_mx_late)
{
	static const struct dns_row rows[] = {
		TXT("d.test", RECORD),
		A("mta-sts.d.test", PUBLIC),
		{ "d.test", SG_DNS_MX, DNS_DATA, "0 .", 0, 400 },
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	f.net.https->stuck = true;
	run(&f, "d.test");
	ck_assert_int_eq(f.facts->mx_state, SG_MX_NULL);
	ck_assert_uint_eq(f.net.https->gets, 1);
	ck_assert_uint_eq(f.net.https->cancels, 1);
	ck_assert(!f.facts->sts.fetch.tried);
	fixture_close(&f);
}
END_TEST

/* --- order and overlap -------------------------------------------------- */

/* The server keeps every answer back until it has seen all four questions of
   the first flight: a plan that asked one after the other would never end.
   And a domain without STS asks nothing more. */
START_TEST(test_first_flight)
{
	static const struct dns_row rows[] = {
		MX("plain.test", "10 mx.plain.test"),
		A("mx.plain.test", PUBLIC),
		A("mta-sts.plain.test", PUBLIC),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	dns_server_hold(f.server, 4);
	run(&f, "plain.test");
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_NONE);
	ck_assert_int_eq(f.facts->mx_state, SG_MX_FOUND);
	ck_assert_uint_eq(dns_server_count(f.server, "_mta-sts.plain.test",
	    SG_DNS_TXT), 1);
	ck_assert_uint_eq(dns_server_count(f.server, "plain.test", SG_DNS_MX),
	    1);
	ck_assert_uint_eq(dns_server_count(f.server, "mta-sts.plain.test",
	    SG_DNS_A), 1);
	ck_assert_uint_eq(dns_server_count(f.server, "mta-sts.plain.test",
	    SG_DNS_AAAA), 1);
	ck_assert_uint_eq(dns_server_count(f.server, NULL, 0), 4);
	ck_assert_uint_eq(f.net.https->gets, 0);
	fixture_close(&f);
}
END_TEST

/* No STS: the policy host's addresses are not waited for. */
START_TEST(test_no_wait)
{
	static const struct dns_row rows[] = {
		MX("plain.test", "10 mx.plain.test"),
		FAULT("mta-sts.plain.test", SG_DNS_A, DNS_SILENT),
		FAULT("mta-sts.plain.test", SG_DNS_AAAA, DNS_SILENT),
	};
	struct fixture f;
	bool waited;

	fixture_open(&f, rows, N(rows));
	ask_control(&f, "mta-sts.plain.test", &waited);
	run(&f, "plain.test");
	ck_assert(!waited);
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_NONE);
	fixture_close(&f);
}
END_TEST

/* A policy that is held and not due: the policy host concerns nobody. */
START_TEST(test_known_is_cheap)
{
	struct fixture f;

	fixture_open(&f, policy_rows, N(policy_rows));
	snprintf(f.job.need.known_id, SG_STS_ID_SIZE, "one");
	run(&f, "good.test");
	ck_assert_uint_eq(dns_server_count(f.server, "mta-sts.good.test", 0),
	    0);
	ck_assert_int_eq(f.facts->mx[0].addrs, SG_ADDR_OK);
	fixture_close(&f);
}
END_TEST

/* --- deadline, cancel --------------------------------------------------- */

START_TEST(test_deadline)
{
	static const struct dns_row rows[] = {
		FAULT("_mta-sts.dead.test", SG_DNS_TXT, DNS_SILENT),
		FAULT("dead.test", SG_DNS_MX, DNS_SILENT),
		FAULT("mta-sts.dead.test", SG_DNS_A, DNS_SILENT),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	f.job.deadline_ms = 100;
	run(&f, "dead.test");
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_ERROR);
	ck_assert_int_eq(f.facts->mx_state, SG_MX_ERROR);
	ck_assert_int_eq(f.facts->mx_dnssec, SG_DNSSEC_ERROR);
	ck_assert(!f.facts->sts.fetch.tried);
	fixture_close(&f);
}
END_TEST

/* THREATS 5.2: the policy host's name does not answer: a failed fetch. */
START_TEST(test_deadline_policy_host)
{
	static const struct dns_row rows[] = {
		TXT("dead.test", RECORD), MX("dead.test", "10 mx.test"),
		A("mx.test", PUBLIC),
		FAULT("mta-sts.dead.test", SG_DNS_A, DNS_SILENT),
		FAULT("mta-sts.dead.test", SG_DNS_AAAA, DNS_SILENT),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	f.job.deadline_ms = 500;
	run(&f, "dead.test");
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_RECORD);
	ck_assert_int_eq(f.facts->mx_state, SG_MX_FOUND);
	ck_assert(f.facts->sts.fetch.tried);
	ck_assert_int_eq(f.facts->sts.fetch.reason,
	    SG_REASON_STS_POLICY_FETCH_ERROR);
	ck_assert_ptr_nonnull(strstr(f.facts->sts.fetch.detail,
	    "no answer in time"));
	fixture_close(&f);
}
END_TEST

/* K-04 against who drops TXT answers: the fetch that is due is made within
   the deadline. */
START_TEST(test_txt_suppressed)
{
	static const struct dns_row rows[] = {
		FAULT("_mta-sts.d.test", SG_DNS_TXT, DNS_SILENT),
		MX("d.test", "10 mx.good.test"),
		A("mx.good.test", PUBLIC), A("mta-sts.d.test", PUBLIC),
	};
	struct fixture f;

	fixture_open(&f, rows, N(rows));
	f.job.deadline_ms = 2000;
	f.job.need.refetch = true;
	snprintf(f.job.need.known_id, SG_STS_ID_SIZE, "old");
	run(&f, "d.test");
	ck_assert_int_eq(f.facts->sts.txt.state, SG_TXT_ERROR);
	ck_assert_uint_eq(f.net.https->gets, 1);
	ck_assert_int_gt(f.net.https->deadline_ms, 200);
	ck_assert_ptr_nonnull(f.facts->sts.policy);
	ck_assert_str_eq(f.facts->sts.policy_id, "old");
	fixture_close(&f);
}
END_TEST

START_TEST(test_cancel)
{
	struct sg_plan *plan;
	struct fixture f;

	fixture_open(&f, policy_rows, N(policy_rows));
	snprintf(f.job.hop.name, sizeof(f.job.hop.name), "good.test");
	plan = sg_plan_start(&f.net, &f.job, on_learnt, &f);
	ck_assert_ptr_nonnull(plan);
	sg_plan_cancel(plan);
	/* With a GET under way too. */
	f.net.https->stuck = true;
	plan = sg_plan_start(&f.net, &f.job, on_learnt, &f);
	while (f.net.https->gets == 0)
		ck_assert_int_eq(event_base_loop(f.base, EVLOOP_ONCE), 0);
	sg_plan_cancel(plan);
	ck_assert_uint_eq(f.net.https->cancels, 1);
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(f.called, 0);
	fixture_close(&f);
}
END_TEST

START_TEST(test_net_defaults)
{
	struct fixture f;

	fixture_open(&f, NULL, 0);
	ck_assert_uint_eq(f.net.https_port, 443);
	fixture_close(&f);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tc = tcase_create("plan");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_txt, 0, (int)N(txt_cases));
	tcase_add_test(tc, test_long_name);
	tcase_add_loop_test(tc, test_mx, 0, (int)N(mx_cases));
	tcase_add_test(tc, test_mx_host);
	tcase_add_test(tc, test_mx_many);
	tcase_add_test(tc, test_mx_equals);
	tcase_add_test(tc, test_addrs);
	tcase_add_test(tc, test_addrs_implicit);
	tcase_add_loop_test(tc, test_policy, 0, (int)N(policy_cases));
	tcase_add_test(tc, test_policy_addrs);
	tcase_add_test(tc, test_policy_unfit);
	tcase_add_test(tc, test_null_mx_late);
	tcase_add_test(tc, test_first_flight);
	tcase_add_test(tc, test_no_wait);
	tcase_add_test(tc, test_known_is_cheap);
	tcase_add_test(tc, test_deadline);
	tcase_add_test(tc, test_deadline_policy_host);
	tcase_add_test(tc, test_txt_suppressed);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_net_defaults);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
