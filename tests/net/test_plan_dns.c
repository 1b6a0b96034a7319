/* SPDX-License-Identifier: ISC */
/* test_plan_dns.c - what a plan makes of what DNS answers: TXT, MX, and the
   addresses of MX hosts. */
#include "net/plan_fixture.h"

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

int
main(void)
{
	Suite *suite = suite_create("plan: DNS");
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
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
