/* SPDX-License-Identifier: ISC */
/*
 * Which questions a plan asks about the MX hosts before any of them is
 * connected to, and what it makes of the answers: addresses and TLSA records
 * (RFC 7672 2.1, 2.2). DNS is signed by the test.
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
	0 }, A("mta-sts." d, PUBLIC)
#define PUBLIC "8.8.4.4"

/* --- one host, by a secure MX record ------------------------------------ */

static const struct dns_row host_rows[] = {
	A("plain.test", PUBLIC), TLSA("plain.test", "EE"),
	A("no.test", PUBLIC),
	A("two.test", PUBLIC), TLSA("two.test", "EE"), TLSA("two.test", "TA"),
	A("pkix.test", PUBLIC), TLSA("pkix.test", "PKIX"),
	A("x.child.test", PUBLIC), TLSA("x.child.test", "EE"),
	A("fail.test", PUBLIC), FAULT("@fail.test", SG_DNS_TLSA, DNS_SERVFAIL),
	A("refused.test", PUBLIC),
	FAULT("@refused.test", SG_DNS_TLSA, DNS_REFUSED),
	A("notcp.test", PUBLIC),
	{ "@notcp.test", SG_DNS_TLSA, DNS_TRUNCATE_ALL, "EE", 0, 0 },
	A("bogus.test", PUBLIC),
	{ "@bogus.test", SG_DNS_TLSA, DNS_BAD_SIG, "any.test", 0, 0 },
	A("insec.test", PUBLIC), CNAME("@insec.test", "tlsa.child.test"),
	{ "tlsa.child.test", SG_DNS_TLSA, DNS_DATA, "EE", 0, 0 },
	A("own.test", PUBLIC), CNAME("@own.test", "tlsa201.test"),
	{ "tlsa201.test", SG_DNS_TLSA, DNS_DATA, "EE", 0, 0 },
	/* aliases */
	CNAME("al1.test", "exp1.test"), A("exp1.test", PUBLIC),
	TLSA("exp1.test", "EE"), TLSA("al1.test", "PKIX"),
	CNAME("al2.test", "exp2.test"), A("exp2.test", PUBLIC),
	TLSA("al2.test", "EE"),
	CNAME("al3.test", "exp3.test"), A("exp3.test", PUBLIC),
	FAULT("@exp3.test", SG_DNS_TLSA, DNS_SERVFAIL), TLSA("al3.test", "EE"),
	CNAME("al4.test", "mid4.test"), CNAME("mid4.test", "exp4.test"),
	A("exp4.test", PUBLIC), TLSA("mid4.test", "EE"),
	CNAME("al5.test", "x.child.test"), TLSA("al5.test", "EE"),
	CNAME("al6.child.test", "exp6.test"), A("exp6.test", PUBLIC),
	TLSA("exp6.test", "EE"), TLSA("al6.child.test", "EE"),
	CNAME("al7.test", "exp7.test"), A("exp7.test", PUBLIC),
	CNAME("@exp7.test", "tlsa.child.test"), TLSA("al7.test", "EE"),
	CNAME("al8.test", "exp8.test"), A("exp8.test", PUBLIC),
	TLSA("exp8.test", "PKIX"), TLSA("al8.test", "EE"),
	CNAME("al9.test", "exp9.test"), A("exp9.test", PUBLIC),
	{ "@exp9.test", SG_DNS_TLSA, DNS_BAD_SIG, "any.test", 0, 0 },
	TLSA("al9.test", "EE"),
	CNAME("loop.test", "loop2.test"), CNAME("loop2.test", "loop.test"),
	TLSA("loop.test", "EE"), TLSA("loop2.test", "EE"),
	/* addresses that are none */
	FAULT("lost.test", SG_DNS_A, DNS_SERVFAIL),
	FAULT("lost.test", SG_DNS_AAAA, DNS_SERVFAIL), TLSA("lost.test", "EE"),
	TLSA("empty.test", "EE"),
	{ "forged.test", SG_DNS_A, DNS_BAD_SIG, PUBLIC, 0, 0 },
	TLSA("forged.test", "EE"),
	A("inner.test", "10.0.0.1"), TLSA("inner.test", "EE"),
};

static const struct host_case {
	const char *label, *host;
	enum sg_addr_state addrs;
	enum sg_tlsa_state state;
	unsigned records;
	size_t asked; /* TLSA questions, aliases of owners followed... */
	const char *at, *not_at; /* ...among them, and not among them; or NULL */
} host_cases[] = {
	{ "D-26 not an alias, secure", "plain.test", SG_ADDR_OK,
	    SG_TLSA_USABLE, 1, 1, "plain.test", NULL },
	{ "D-26, D-17 there is none", "no.test", SG_ADDR_OK, SG_TLSA_NONE, 0,
	    1, "no.test", NULL },
	{ "D-15 two", "two.test", SG_ADDR_OK, SG_TLSA_USABLE, 2, 1,
	    "two.test", NULL },
	{ "D-16 none is usable", "pkix.test", SG_ADDR_OK, SG_TLSA_UNUSABLE, 1,
	    1, "pkix.test", NULL },
	{ "D-23 insecure addresses: not asked", "x.child.test", SG_ADDR_OK,
	    SG_TLSA_NONE, 0, 0, NULL, "x.child.test" },
	{ "D-09, D-18 SERVFAIL", "fail.test", SG_ADDR_OK, SG_TLSA_ERROR, 0, 1,
	    NULL, NULL },
	{ "D-09 REFUSED", "refused.test", SG_ADDR_OK, SG_TLSA_ERROR, 0, 1,
	    NULL, NULL },
	{ "D-09 truncated, TCP closed", "notcp.test", SG_ADDR_OK,
	    SG_TLSA_ERROR, 0, 1, NULL, NULL },
	{ "D-09 bogus", "bogus.test", SG_ADDR_OK, SG_TLSA_BOGUS, 0, 1, NULL,
	    NULL },
	{ "D-32 insecure on the way: none", "insec.test", SG_ADDR_OK,
	    SG_TLSA_NONE, 0, 2, "insec.test", NULL },
	{ "D-31 TLSA owner is an alias", "own.test", SG_ADDR_OK,
	    SG_TLSA_USABLE, 1, 2, "own.test", NULL },
	{ "N-06, D-24a, D-30 alias: at its end", "al1.test", SG_ADDR_OK,
	    SG_TLSA_USABLE, 1, 1, "exp1.test", "al1.test" },
	{ "D-24a, D-29 alias: none at its end", "al2.test", SG_ADDR_OK,
	    SG_TLSA_USABLE, 1, 2, "exp2.test", NULL },
	{ "D-29 alias: error at its end", "al3.test", SG_ADDR_OK,
	    SG_TLSA_ERROR, 0, 1, "exp3.test", "al3.test" },
	{ "D-28 three names: not the one between", "al4.test", SG_ADDR_OK,
	    SG_TLSA_NONE, 0, 2, "exp4.test", "mid4.test" },
	{ "D-13, D-24b insecure end, secure first link", "al5.test",
	    SG_ADDR_OK, SG_TLSA_USABLE, 1, 1, "al5.test", "x.child.test" },
	{ "D-24c insecure first link", "al6.child.test", SG_ADDR_OK,
	    SG_TLSA_NONE, 0, 0, NULL, "exp6.test" },
	{ "D-32, D-29 insecure TLSA at its end", "al7.test", SG_ADDR_OK,
	    SG_TLSA_USABLE, 1, 3, "exp7.test", NULL },
	{ "D-30 unusable at its end is there", "al8.test", SG_ADDR_OK,
	    SG_TLSA_UNUSABLE, 1, 1, "exp8.test", "al8.test" },
	{ "D-29 bogus at its end", "al9.test", SG_ADDR_OK, SG_TLSA_BOGUS, 0,
	    1, "exp9.test", "al9.test" },
	{ "D-14 alias of itself", "loop.test", SG_ADDR_ERROR, SG_TLSA_NONE, 0,
	    0, NULL, NULL },
	{ "D-08, D-09 no addresses: SERVFAIL", "lost.test", SG_ADDR_ERROR,
	    SG_TLSA_NONE, 0, 0, NULL, NULL },
	{ "D-25 no addresses", "empty.test", SG_ADDR_NONE, SG_TLSA_NONE, 0, 0,
	    NULL, NULL },
	{ "D-09 bogus addresses", "forged.test", SG_ADDR_BOGUS, SG_TLSA_NONE,
	    0, 0, NULL, NULL },
	{ "T10 special-use addresses only", "inner.test", SG_ADDR_SPECIAL,
	    SG_TLSA_NONE, 0, 0, NULL, NULL },
};

static void
check_host(struct plan_bench *b, const struct host_case *c)
{
	const struct sg_facts_mx *mx = &b->facts->mx[0];
	size_t asked = dns_server_count(b->dns, NULL, SG_DNS_TLSA);
	char conns[64];

	ck_assert_uint_eq(b->facts->n_mx, 1);
	ck_assert_str_eq(mx->host, c->host); /* V-04: not what it expands to */
	ck_assert_msg(mx->addrs == c->addrs && mx->tlsa == c->state &&
	    mx->tlsa_records == c->records,
	    "%s: got addresses %d, TLSA %d, %u records; want %d, %d, %u",
	    c->label, mx->addrs, mx->tlsa, mx->tlsa_records, c->addrs,
	    c->state, c->records);
	/* Questions that failed are repeated. */
	ck_assert_msg(c->asked == 0 || c->state == SG_TLSA_ERROR ||
	    c->state == SG_TLSA_BOGUS ? (asked > 0) == (c->asked > 0) :
	    asked == c->asked, "%s: got %zu TLSA questions, want %zu",
	    c->label, asked, c->asked);
	ck_assert_msg(c->at == NULL || plan_bench_tlsa(b, c->at) > 0,
	    "%s: not asked at %s", c->label, c->at);
	ck_assert_msg(c->not_at == NULL || plan_bench_tlsa(b, c->not_at) == 0,
	    "%s: asked at %s", c->label, c->not_at);
	/* probe = false: only DNS. */
	ck_assert_int_eq(mx->probe.state, SG_PROBE_UNTESTED);
	ck_assert_str_eq(plan_bench_connections(b, conns), "0,0,0,0");
}

START_TEST(test_host)
{
	const struct host_case *c = &host_cases[_i];
	static struct dns_row rows[N(host_rows) + 1];
	struct plan_bench b;
	char mx[64];

	snprintf(mx, sizeof(mx), "10 %s", c->host);
	memcpy(rows, host_rows, sizeof(host_rows));
	rows[N(host_rows)] = (struct dns_row)MX("d.test", mx);
	plan_bench_open(&b, rows, N(rows), "DNS:plain.test");
	b.job.probe = false;
	plan_bench_run(&b, "d.test");
	ck_assert_int_eq(b.facts->mx_dnssec, SG_DNSSEC_SECURE);
	check_host(&b, c);
	plan_bench_close(&b);
}
END_TEST

/* D-23: TLSA only once the addresses are known to be secure. */
START_TEST(test_addresses_first)
{
	static const struct dns_row rows[] = {
		MX("d.test", "10 mute.test"),
		FAULT("mute.test", SG_DNS_A, DNS_SILENT),
		FAULT("mute.test", SG_DNS_AAAA, DNS_SILENT),
		TLSA("mute.test", "EE"),
	};
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), "DNS:plain.test");
	b.job.deadline_ms = 700;
	plan_bench_run(&b, "d.test");
	ck_assert_uint_gt(dns_server_count(b.dns, "mute.test", SG_DNS_A), 0);
	ck_assert_uint_eq(dns_server_count(b.dns, NULL, SG_DNS_TLSA), 0);
	ck_assert_int_eq(b.facts->mx[0].addrs, SG_ADDR_ERROR);
	plan_bench_close(&b);
}
END_TEST

/* --- whose hosts are asked about ---------------------------------------- */

static const struct dns_row list_rows[] = {
	MX("mixed.test", "10 no.test"), MX("mixed.test", "20 plain.test"),
	A("plain.test", PUBLIC), TLSA("plain.test", "EE"),
	A("no.test", PUBLIC),
	MX("d.child.test", "10 plain.test"),
	STS("s.child.test"), MX("s.child.test", "10 plain.test"),
	A("implicit.test", PUBLIC), TLSA("implicit.test", "EE"),
	STS("alone.child.test"), A("alone.child.test", PUBLIC),
	CNAME("alias.test", "mixed.test"),
	MX("self.test", "10 no.test"), MX("self.test", "20 us.test"),
	MX("self.test", "30 plain.test"), A("us.test", PUBLIC),
	/* equals come in any order: seven times of eight we are not the first */
	MX("equal.test", "10 plain.test"), MX("equal.test", "10 us.test"),
	MX("equal.test", "10 no.test"), MX("equal.test", "10 e1.test"),
	MX("equal.test", "10 e2.test"), MX("equal.test", "10 e3.test"),
	MX("equal.test", "10 e4.test"), MX("equal.test", "10 e5.test"),
	{ "forged.test", SG_DNS_MX, DNS_BAD_SIG, "10 plain.test", 0, 0 },
};

static const struct list_case {
	const char *label, *hop;
	bool is_host, demand;
	const char *tlsa; /* of each host: N none, U usable, - not asked */
} list_cases[] = {
	{ "D-19, D-20 each host has its own", "mixed.test", false, false,
	    "NU" },
	{ "D-21 insecure MX, nothing published: nothing is asked",
	    "d.child.test", false, false, "-" },
	{ "D-21, X-15 insecure MX, STS", "s.child.test", false, false, "U" },
	{ "D-21, X-15 insecure MX, a rule", "d.child.test", false, true, "U" },
	{ "D-27 secure absence of MX", "implicit.test", false, false, "U" },
	{ "V-05 insecure absence of MX, STS", "alone.child.test", false,
	    false, "N" },
	{ "D-35 the domain is an alias", "alias.test", false, false, "NU" },
	{ "N-08 neither us nor who is behind us", "self.test", false, false,
	    "N--" },
	{ "N-08 nor who is as good as we are", "equal.test", false, false,
	    "--------" },
	{ "D-07 bogus MX", "forged.test", false, true, "" },
	{ "D-36 host of ours: nothing by itself", "plain.test", true, false,
	    "-" },
	{ "D-36 host of ours, a rule", "plain.test", true, true, "U" },
};

static void
tlsa_text(const struct sg_facts *f, char out[SG_FACTS_MAX_MX + 1])
{
	static const char letters[] = "NU?EB-";

	for (unsigned i = 0; i < f->n_mx; i++)
		out[i] = letters[f->mx[i].tlsa];
	out[f->n_mx] = '\0';
}

START_TEST(test_list)
{
	const struct list_case *c = &list_cases[_i];
	char got[SG_FACTS_MAX_MX + 1];
	struct plan_bench b;

	plan_bench_open(&b, list_rows, N(list_rows), "DNS:plain.test");
	b.job.probe = false;
	b.job.demand = c->demand;
	b.job.hop.is_host = c->is_host;
	plan_bench_run(&b, c->hop);
	tlsa_text(b.facts, got);
	ck_assert_msg(strcmp(got, c->tlsa) == 0, "%s: got \"%s\", want \"%s\"",
	    c->label, got, c->tlsa);
	if (strpbrk(c->tlsa, "NU") == NULL)
		ck_assert_uint_eq(dns_server_count(b.dns, NULL, SG_DNS_TLSA),
		    0);
	ck_assert_uint_eq(dns_server_count(b.dns, "us.test", 0), 0);
	plan_bench_close(&b);
}
END_TEST

/* D-34: the port that mail would go to. */
START_TEST(test_port)
{
	static const struct dns_row rows[] = {
		A("h.test", PUBLIC),
		{ "_25._tcp.h.test", SG_DNS_TLSA, DNS_RAW, "030101", 0, 0 },
	};
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), "DNS:plain.test");
	b.job.hop.is_host = true;
	b.job.hop.port = 587;
	b.job.demand = true;
	b.job.probe = false;
	plan_bench_run(&b, "h.test");
	ck_assert_uint_eq(dns_server_count(b.dns, "_587._tcp.h.test",
	    SG_DNS_TLSA), 1);
	ck_assert_int_eq(b.facts->mx[0].tlsa, SG_TLSA_NONE);
	ck_assert_uint_eq(dns_server_count(b.dns, "_25._tcp.h.test", 0), 0);
	plan_bench_close(&b);
}
END_TEST

/* A-12: a host whose name leaves no room for "_25._tcp." has no TLSA records,
   which is no error; where what it is an alias of has room, they are there. */
#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG L63 "." L63 "." L63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaa.test" /* 245 octets */

static const struct {
	const char *label, *mx;
	struct dns_row rows[3];
	enum sg_tlsa_state state;
	size_t asked;
} long_cases[] = {
	{ "A-12 too long: none", "10 " LONG, { A(LONG, PUBLIC) },
	    SG_TLSA_NONE, 0 },
	{ "A-12 too long, an alias of one with records", "10 " LONG,
	    { CNAME(LONG, "short.test"), A("short.test", PUBLIC),
	    TLSA("short.test", "EE") }, SG_TLSA_USABLE, 1 },
	{ "A-12 an alias of one that is too long", "10 short.test",
	    { CNAME("short.test", LONG), A(LONG, PUBLIC),
	    TLSA("short.test", "EE") }, SG_TLSA_USABLE, 1 },
};

START_TEST(test_long_name)
{
	static struct dns_row rows[4];
	struct plan_bench b;
	size_t n = 0;

	ck_assert_uint_eq(strlen(LONG), 245);
	rows[n++] = (struct dns_row)MX("d.test", long_cases[_i].mx);
	for (int i = 0; i < 3 && long_cases[_i].rows[i].name != NULL; i++)
		rows[n++] = long_cases[_i].rows[i];
	plan_bench_open(&b, rows, n, "DNS:plain.test");
	b.job.probe = false;
	plan_bench_run(&b, "d.test");
	ck_assert_uint_eq(b.facts->n_mx, 1);
	ck_assert_int_eq(b.facts->mx[0].addrs, SG_ADDR_OK);
	ck_assert_msg(b.facts->mx[0].tlsa == long_cases[_i].state,
	    "%s: got %d", long_cases[_i].label, b.facts->mx[0].tlsa);
	ck_assert_uint_eq(dns_server_count(b.dns, NULL, SG_DNS_TLSA),
	    long_cases[_i].asked);
	plan_bench_close(&b);
}
END_TEST

/* D-13: the question for the first link of a chain, when it fails. libunbound
   has that link from the answer about addresses, most of the time, and asks
   nobody; so here it is asked about another name (--wrap), whose server does
   fail. */
struct sg_dns_query *__real_sg_dns_ask(struct sg_dns *dns, const char *name,
    int type, int deadline_ms, sg_dns_cb *cb, void *arg);
struct sg_dns_query *__wrap_sg_dns_ask(struct sg_dns *dns, const char *name,
    int type, int deadline_ms, sg_dns_cb *cb, void *arg);
static const char *cname_at; /* "": it cannot be asked */

struct sg_dns_query *
__wrap_sg_dns_ask(struct sg_dns *dns, const char *name, int type,
    int deadline_ms, sg_dns_cb *cb, void *arg)
{
	if (type == SG_DNS_CNAME && cname_at != NULL) {
		if (cname_at[0] == '\0')
			return (NULL);
		name = cname_at;
	}
	return (__real_sg_dns_ask(dns, name, type, deadline_ms, cb, arg));
}

static const struct dns_row link_rows[] = {
	MX("d.test", "10 al.test"), CNAME("al.test", "x.child.test"),
	A("x.child.test", PUBLIC), TLSA("al.test", "EE"),
	FAULT("fail.test", SG_DNS_CNAME, DNS_SERVFAIL),
	FAULT("mute.test", SG_DNS_CNAME, DNS_SILENT),
	{ "forged.test", SG_DNS_CNAME, DNS_BAD_SIG, "any.test", 0, 0 },
	CNAME("other.child.test", "x.child.test"), A("none.test", PUBLIC),
};

static const struct {
	const char *label, *at;
	enum sg_tlsa_state state;
	size_t asked;
} link_cases[] = {
	{ "D-13 secure: records at the host itself", NULL, SG_TLSA_USABLE, 1 },
	{ "D-13, D-09 SERVFAIL", "fail.test", SG_TLSA_ERROR, 0 },
	{ "D-13, D-09 no answer", "mute.test", SG_TLSA_ERROR, 0 },
	{ "D-13, D-09 bogus", "forged.test", SG_TLSA_BOGUS, 0 },
	{ "D-13 cannot be asked", "", SG_TLSA_ERROR, 0 },
	{ "D-13 insecure: no DANE", "other.child.test", SG_TLSA_NONE, 0 },
	{ "D-13 no link any more: no DANE", "none.test", SG_TLSA_NONE, 0 },
};

START_TEST(test_first_link)
{
	struct plan_bench b;

	cname_at = link_cases[_i].at;
	plan_bench_open(&b, link_rows, N(link_rows), "DNS:plain.test");
	b.job.probe = false;
	b.job.deadline_ms = 3000;
	plan_bench_run(&b, "d.test");
	ck_assert_int_eq(b.facts->mx[0].addrs, SG_ADDR_OK);
	ck_assert_msg(b.facts->mx[0].tlsa == link_cases[_i].state,
	    "%s: got %d", link_cases[_i].label, b.facts->mx[0].tlsa);
	ck_assert_uint_eq(dns_server_count(b.dns, NULL, SG_DNS_TLSA),
	    link_cases[_i].asked);
	plan_bench_close(&b);
}
END_TEST

/* T13: more records than are kept are counted and cut, not fatal. */
START_TEST(test_many_records)
{
	static char data[80][80];
	static struct dns_row rows[82] = {
		MX("d.test", "10 h.test"), A("h.test", PUBLIC)
	};
	struct plan_bench b;

	for (int i = 0; i < 80; i++) {
		snprintf(data[i], sizeof(data[i]), "030101%064x", i);
		rows[2 + i] = (struct dns_row){ "@h.test", SG_DNS_TLSA,
			DNS_RAW, data[i], 0, 0 };
	}
	plan_bench_open(&b, rows, N(rows), "DNS:plain.test");
	b.job.probe = false;
	plan_bench_run(&b, "d.test");
	ck_assert_int_eq(b.facts->mx[0].tlsa, SG_TLSA_USABLE);
	ck_assert_uint_eq(b.facts->mx[0].tlsa_records, SG_DNS_MAX_RR);
	plan_bench_close(&b);
}
END_TEST

/* --- deadline, cancel --------------------------------------------------- */

static const struct dns_row mute_rows[] = {
	MX("d.test", "10 plain.test"), MX("d.test", "20 mute.test"),
	MX("d.test", "30 lost.test"),
	A("plain.test", PUBLIC), TLSA("plain.test", "EE"),
	A("mute.test", PUBLIC), FAULT("@mute.test", SG_DNS_TLSA, DNS_SILENT),
	FAULT("lost.test", SG_DNS_A, DNS_SILENT),
	FAULT("lost.test", SG_DNS_AAAA, DNS_SILENT),
};

/* D-09: what is known by then is told, and the rest is an error. */
START_TEST(test_deadline)
{
	struct plan_bench b;

	plan_bench_open(&b, mute_rows, N(mute_rows), "DNS:plain.test");
	b.job.probe = false;
	b.job.deadline_ms = 1500;
	plan_bench_run(&b, "d.test");
	ck_assert_int_eq(b.facts->mx[0].tlsa, SG_TLSA_USABLE);
	ck_assert_int_eq(b.facts->mx[1].addrs, SG_ADDR_OK);
	ck_assert_int_eq(b.facts->mx[1].tlsa, SG_TLSA_ERROR);
	ck_assert_int_eq(b.facts->mx[2].addrs, SG_ADDR_ERROR);
	ck_assert_int_eq(b.facts->mx[2].tlsa, SG_TLSA_NONE);
	plan_bench_close(&b);
}
END_TEST

/* With addresses and TLSA on their way. */
START_TEST(test_cancel)
{
	struct sg_plan *plan;
	struct plan_bench b;

	plan_bench_open(&b, mute_rows, N(mute_rows), "DNS:plain.test");
	b.job.probe = false;
	sg_plan_cancel(plan_bench_start(&b, "d.test"));
	plan = plan_bench_start(&b, "d.test");
	while (plan_bench_tlsa(&b, "mute.test") == 0)
		event_base_loop(b.base, EVLOOP_NONBLOCK);
	sg_plan_cancel(plan);
	event_base_loop(b.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(b.called, 0);
	plan_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan_mx");
	TCase *tc = tcase_create("plan_mx");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_host, 0, (int)N(host_cases));
	tcase_add_test(tc, test_addresses_first);
	tcase_add_loop_test(tc, test_list, 0, (int)N(list_cases));
	tcase_add_test(tc, test_port);
	tcase_add_loop_test(tc, test_long_name, 0, (int)N(long_cases));
	tcase_add_loop_test(tc, test_first_link, 0, (int)N(link_cases));
	tcase_add_test(tc, test_many_records);
	tcase_add_test(tc, test_deadline);
	tcase_add_test(tc, test_cancel);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
