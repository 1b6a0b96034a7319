/* SPDX-License-Identifier: ISC */
/*
 * What dns.c makes of the answers of a scripted server, of silence, and of
 * trust anchors that fit and that do not.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/dns.h"
#include "support/dns_server.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* --- a resolver on a scripted server ------------------------------------ */

struct fixture {
	struct event_base *base;
	struct dns_server *server;
	struct sg_dns_server forward;
	struct sg_config config;
	struct sg_dns *dns;
};

/* An answer that outlives its callback. */
struct got {
	bool done;
	struct sg_dns_answer a;
	char canon[SG_DOMAIN_SIZE];
	unsigned char first[512];
	size_t first_len;
};

static char empty[] = "";

static void
fixture_open(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->base = event_base_new();
	f->server = dns_server_start();
	ck_assert_ptr_nonnull(f->base);
	ck_assert_ptr_nonnull(f->server);
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &f->forward.addr), SG_OK);
	f->forward.port = dns_server_port(f->server);
	f->config.dns_servers = &f->forward;
	f->config.n_dns_servers = 1;
	f->config.trust_anchor_file = empty;
}

static void
fixture_dns(struct fixture *f)
{
	struct sg_err err = { 0 };

	ck_assert_msg(sg_dns_new(f->base, &f->config, &f->dns, &err) ==
	    SG_OK, "sg_dns_new: %s", err.text);
}

static void
fixture_close(struct fixture *f)
{
	sg_dns_free(&f->dns);
	dns_server_stop(&f->server);
	event_base_free(f->base);
}

static void
on_answer(void *arg, const struct sg_dns_answer *answer)
{
	struct got *g = arg;

	ck_assert(!g->done);
	g->done = true;
	g->a = *answer;
	if (answer->canonname != NULL) {
		snprintf(g->canon, sizeof(g->canon), "%s",
		    answer->canonname);
		g->a.canonname = g->canon;
	}
	if (answer->n > 0 && answer->rr[0].len <= sizeof(g->first)) {
		g->first_len = answer->rr[0].len;
		memcpy(g->first, answer->rr[0].data, g->first_len);
	}
}

static void
ask(struct fixture *f, const char *name, int type, int ms, struct got *g)
{
	struct sg_dns_query *q;

	memset(g, 0, sizeof(*g));
	q = sg_dns_ask(f->dns, name, type, ms, on_answer, g);
	ck_assert_msg(q != NULL, "%s: not asked", name);
	ck_assert_msg(!g->done, "%s: callback inside sg_dns_ask()", name);
	while (!g->done)
		ck_assert_int_eq(event_base_loop(f->base, EVLOOP_ONCE), 0);
}

/* --- answers ------------------------------------------------------------ */

static const struct dns_row answers[] = {
	{ "txt.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=ab|cd;", 0, 0 },
	{ "mx.test", SG_DNS_MX, DNS_DATA, "10 a.test", 600, 0 },
	{ "mx.test", SG_DNS_MX, DNS_DATA, "20 b.test", 600, 0 },
	{ "a.test", SG_DNS_A, DNS_DATA, "192.0.2.1", 1, 0 },
	{ "long.test", SG_DNS_A, DNS_DATA, "192.0.2.1", 864000, 0 },
	{ "chain.test", SG_DNS_CNAME, DNS_DATA, "c1.test", 0, 0 },
	{ "c1.test", SG_DNS_CNAME, DNS_DATA, "C2.Test", 0, 0 },
	{ "c2.test", SG_DNS_TXT, DNS_DATA, "x", 0, 0 },
	{ "alone.test", SG_DNS_CNAME, DNS_CNAME_ONLY, "c2.test", 0, 0 },
	{ "loop1.test", SG_DNS_CNAME, DNS_DATA, "loop2.test", 0, 0 },
	{ "loop2.test", SG_DNS_CNAME, DNS_DATA, "loop1.test", 0, 0 },
	{ "broken.test", SG_DNS_CNAME, DNS_CNAME_ONLY, "fail.test", 0, 0 },
	{ "dangling.test", SG_DNS_CNAME, DNS_DATA, "not.test", 0, 0 },
	{ "fail.test", SG_DNS_TXT, DNS_SERVFAIL, NULL, 0, 0 },
	{ "refused.test", SG_DNS_TXT, DNS_REFUSED, NULL, 0, 0 },
	{ "notimp.test", SG_DNS_TXT, DNS_NOTIMP, NULL, 0, 0 },
	{ "empty.test", SG_DNS_TXT, DNS_NODATA, NULL, 0, 0 },
	{ "lame.test", SG_DNS_TXT, DNS_LAME, NULL, 0, 0 },
	{ "bare.test", SG_DNS_TXT, DNS_BARE, NULL, 0, 0 },
	{ "tcp.test", SG_DNS_TXT, DNS_TRUNCATE, "over TCP", 0, 0 },
	{ "notcp.test", SG_DNS_TXT, DNS_TRUNCATE_ALL, "x", 0, 0 },
	{ "other.test", SG_DNS_TXT, DNS_DATA, "theirs", 0, 0 },
	{ "swap.test", SG_DNS_TXT, DNS_OTHER_NAME, "forged", 0, 0 },
	{ "type.test", SG_DNS_TXT, DNS_OTHER_TYPE, NULL, 0, 0 },
	{ "slow.test", SG_DNS_TXT, DNS_DATA, "late", 0, 150 },
	{ "_odd.test", SG_DNS_TXT, DNS_DATA, "under", 0, 0 },
};

static const struct answer_case {
	const char *label, *name;
	int type;
	enum sg_rc rc;
	bool nxdomain;
	size_t n;
	uint32_t ttl_min, ttl_max;
	const char *canon; /* NULL: none or the name itself */
} answer_cases[] = {
	{ "data", "mx.test", SG_DNS_MX, SG_OK, false, 2, 590, 600, NULL },
	{ "TTL below the floor", "a.test", SG_DNS_A, SG_OK, false, 1, 10, 10,
	    NULL },
	{ "TTL above the ceiling", "long.test", SG_DNS_A, SG_OK, false, 1,
	    86400, 86400, NULL },
	{ "name with an underscore", "_odd.test", SG_DNS_TXT, SG_OK, false, 1,
	    10, 300, NULL },
	{ "B-18 CNAME chain", "chain.test", SG_DNS_TXT, SG_OK, false, 1, 10,
	    300, "c2.test" },
	{ "B-18 only the CNAME in the first answer", "alone.test", SG_DNS_TXT,
	    SG_OK, false, 1, 10, 300, "c2.test" },
	{ "B-18, D-14 CNAME loop is a failure", "loop1.test", SG_DNS_TXT,
	    SG_RETRY, false, 0, 30, 30, NULL },
	{ "D-11 broken second hop is a failure", "broken.test", SG_DNS_TXT,
	    SG_RETRY, false, 0, 30, 30, NULL },
	{ "CNAME to nowhere", "dangling.test", SG_DNS_TXT, SG_NONE, true, 0,
	    10, 300, "not.test" },
	{ "SERVFAIL", "fail.test", SG_DNS_TXT, SG_RETRY, false, 0, 30, 30,
	    NULL },
	{ "REFUSED", "refused.test", SG_DNS_TXT, SG_RETRY, false, 0, 30, 30,
	    NULL },
	{ "NOTIMP", "notimp.test", SG_DNS_TXT, SG_RETRY, false, 0, 30, 30,
	    NULL },
	{ "D-06 NODATA", "empty.test", SG_DNS_TXT, SG_NONE, false, 0, 10, 300,
	    NULL },
	{ "D-06 NODATA of another type", "a.test", SG_DNS_MX, SG_NONE, false,
	    0, 10, 300, NULL },
	{ "D-06 NXDOMAIN", "none.test", SG_DNS_MX, SG_NONE, true, 0, 10, 300,
	    NULL },
	{ "5.1 lame delegation is no denial", "lame.test", SG_DNS_TXT,
	    SG_RETRY, false, 0, 30, 30, NULL },
	{ "NODATA without SOA (2308 2.2 type 3), TTL clamped", "bare.test",
	    SG_DNS_TXT, SG_NONE, false, 0, 10, 3600, NULL },
	{ "5.1 truncated, then TCP", "tcp.test", SG_DNS_TXT, SG_OK, false, 1,
	    10, 300, NULL },
	{ "D-09 truncated, TCP closed", "notcp.test", SG_DNS_TXT, SG_RETRY,
	    false, 0, 30, 30, NULL },
	{ "T1 answer for another name is not taken", "swap.test", SG_DNS_TXT,
	    SG_NONE, false, 0, 10, 3600, NULL },
	{ "answer of another type is not taken", "type.test", SG_DNS_TXT,
	    SG_NONE, false, 0, 10, 3600, NULL },
	{ "late, but in time", "slow.test", SG_DNS_TXT, SG_OK, false, 1, 10,
	    300, NULL },
	{ "built in: localhost is never asked", "localhost", SG_DNS_A, SG_OK,
	    false, 1, 10, 86400, NULL },
	{ "built in: invalid is never asked", "x.invalid", SG_DNS_A, SG_NONE,
	    true, 0, 10, 3600, NULL },
	{ "built in: onion is never asked", "x.onion", SG_DNS_A, SG_NONE,
	    true, 0, 10, 3600, NULL },
};

START_TEST(test_answer)
{
	const struct answer_case *c = &answer_cases[_i];
	struct fixture f;
	struct got g;

	fixture_open(&f);
	dns_server_load(f.server, answers, N(answers));
	fixture_dns(&f);
	ask(&f, c->name, c->type, 20000, &g);
	ck_assert_msg(g.a.rc == c->rc && g.a.nxdomain == c->nxdomain &&
	    g.a.n == c->n, "%s: got rc %d nx %d n %zu (%s), want %d %d %zu",
	    c->label, g.a.rc, g.a.nxdomain, g.a.n, g.a.err.text, c->rc,
	    c->nxdomain, c->n);
	ck_assert_msg(g.a.ttl_s >= c->ttl_min && g.a.ttl_s <= c->ttl_max,
	    "%s: got TTL %u, want %u to %u", c->label, g.a.ttl_s, c->ttl_min,
	    c->ttl_max);
	ck_assert_msg(g.a.dnssec == (c->rc == SG_RETRY ? SG_DNSSEC_ERROR :
	    SG_DNSSEC_INSECURE), "%s: got dnssec %d", c->label, g.a.dnssec);
	if (c->canon != NULL)
		ck_assert_str_eq(g.a.canonname, c->canon);
	if (strncmp(c->label, "built in", 8) == 0)
		ck_assert_uint_eq(dns_server_count(f.server, NULL, 0), 0);
	fixture_close(&f);
}
END_TEST

/* A server that has answered quickly so far may take a second for a name that
   it has to look up. */
START_TEST(test_slow_after_fast)
{
	static const struct dns_row rows[] = {
		{ "cold.test", SG_DNS_A, DNS_DATA, "192.0.2.1", 0, 1000 },
	};
	struct fixture f;
	struct got g;
	char name[32];

	fixture_open(&f);
	dns_server_load(f.server, rows, N(rows));
	fixture_dns(&f);
	for (int i = 0; i < 100; i++) { /* it learns the round trip time */
		snprintf(name, sizeof(name), "warm%d.test", i);
		ask(&f, name, SG_DNS_A, 20000, &g);
		ck_assert_int_eq(g.a.rc, SG_NONE);
	}
	ask(&f, "cold.test", SG_DNS_A, 20000, &g);
	ck_assert_msg(g.a.rc == SG_OK, "got %s", g.a.err.text);
	fixture_close(&f);
}
END_TEST

/* names are absolute; nothing is appended, whatever the answer. */
START_TEST(test_no_search_list)
{
	struct fixture f;
	struct got g;

	fixture_open(&f);
	fixture_dns(&f);
	ask(&f, "foo", SG_DNS_MX, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_NONE);
	ck_assert_uint_eq(dns_server_count(f.server, "foo", SG_DNS_MX), 1);
	ck_assert_uint_eq(dns_server_count(f.server, NULL, 0), 1);
	fixture_close(&f);
}
END_TEST

START_TEST(test_bad_names)
{
	static const char *const names[] = { "", ".", "a..test", "A.test",
		"a.test.", "a b.test" };
	struct fixture f;
	struct got g = { 0 };

	fixture_open(&f);
	fixture_dns(&f);
	for (size_t i = 0; i < N(names); i++)
		ck_assert_msg(sg_dns_ask(f.dns, names[i], SG_DNS_A, 1000,
		    on_answer, &g) == NULL, "\"%s\" was asked", names[i]);
	fixture_close(&f);
}
END_TEST

/* T13: what is kept of gigantic answers. */
#define MANY 100
static const struct cap_case {
	const char *label;
	int n;
	int size; /* of each record's text */
	size_t want_n;
	bool want_cut;
} cap_cases[] = {
	{ "at the cap", 64, 10, 64, false },
	{ "one record more", 65, 10, 64, true },
	{ "100 records", MANY, 10, 64, true },
	{ "17 KB in 70 records", 70, 245, 64, true },
	{ "over 16 KB in few", 20, 1000, 16, true },
};

START_TEST(test_caps)
{
	const struct cap_case *c = &cap_cases[_i];
	static struct dns_row rows[MANY];
	static char text[MANY][1200];
	struct fixture f;
	struct got g;

	for (int i = 0; i < c->n; i++) {
		int len = snprintf(text[i], sizeof(text[i]), "%03d", i);

		while (len < c->size) {
			text[i][len] = len % 200 == 199 ? '|' : 'x';
			len++;
		}
		text[i][len] = '\0';
		rows[i] = (struct dns_row){ "big.test", SG_DNS_TXT, DNS_DATA,
			text[i], 0, 0 };
	}
	fixture_open(&f);
	dns_server_load(f.server, rows, (size_t)c->n);
	fixture_dns(&f);
	ask(&f, "big.test", SG_DNS_TXT, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_OK);
	ck_assert_msg(g.a.n == c->want_n && g.a.cut == c->want_cut,
	    "%s: got %zu, cut %d; want %zu, %d", c->label, g.a.n, g.a.cut,
	    c->want_n, c->want_cut);
	fixture_close(&f);
}
END_TEST

/* --- deadlines, cancelling, freeing ------------------------------------- */

static const struct dns_row silence[] = {
	{ "silent.test", SG_DNS_MX, DNS_SILENT, NULL, 0, 0 },
	{ "late.test", SG_DNS_MX, DNS_DATA, "10 a.test", 0, 300 },
	{ "now.test", SG_DNS_A, DNS_DATA, "192.0.2.1", 0, 0 },
};

START_TEST(test_deadline)
{
	struct fixture f;
	struct got g;

	fixture_open(&f);
	dns_server_load(f.server, silence, N(silence));
	fixture_dns(&f);
	ask(&f, "silent.test", SG_DNS_MX, 50, &g);
	ck_assert_int_eq(g.a.rc, SG_RETRY);
	ck_assert_int_eq(g.a.err.reason, SG_REASON_TIMEOUT);
	ck_assert_int_eq(g.a.dnssec, SG_DNSSEC_ERROR);
	/* An answer behind the deadline comes to nobody: on_answer() would
	   fail on its second call. */
	ask(&f, "late.test", SG_DNS_MX, 20, &g);
	ck_assert_int_eq(g.a.err.reason, SG_REASON_TIMEOUT);
	ask(&f, "late.test", SG_DNS_MX, 20000, &(struct got){ 0 });
	fixture_close(&f);
}
END_TEST

START_TEST(test_cancel)
{
	struct fixture f;
	struct got cancelled = { 0 }, g;
	struct sg_dns_query *q;

	fixture_open(&f);
	dns_server_load(f.server, silence, N(silence));
	fixture_dns(&f);
	q = sg_dns_ask(f.dns, "late.test", SG_DNS_MX, 20000, on_answer,
	    &cancelled);
	ck_assert_ptr_nonnull(q);
	sg_dns_cancel(q);
	/* The same question again: its answer would wake the first too. */
	ask(&f, "late.test", SG_DNS_MX, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_OK);
	ck_assert(!cancelled.done);
	fixture_close(&f);
}
END_TEST

START_TEST(test_free_under_way)
{
	struct fixture f;
	struct got g[8] = { 0 };

	fixture_open(&f);
	dns_server_load(f.server, silence, N(silence));
	fixture_dns(&f);
	for (size_t i = 0; i < N(g); i++)
		ck_assert_ptr_nonnull(sg_dns_ask(f.dns,
		    i % 2 ? "silent.test" : "late.test", SG_DNS_MX, 20000,
		    on_answer, &g[i]));
	sg_dns_free(&f.dns);
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	for (size_t i = 0; i < N(g); i++)
		ck_assert(!g[i].done);
	fixture_close(&f);
}
END_TEST

static int
count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int n = 0;

	ck_assert_ptr_nonnull(tasks);
	while (readdir(tasks) != NULL)
		n++;
	closedir(tasks);
	return (n);
}

/* All happens on the loop: no thread that could take a signal from it, and
   none that has to be woken for each question. */
START_TEST(test_no_thread)
{
	struct fixture f;
	struct got g;
	int before;

	fixture_open(&f);
	dns_server_load(f.server, silence, N(silence));
	before = count_threads();
	fixture_dns(&f);
	ask(&f, "now.test", SG_DNS_A, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_OK);
	ck_assert_int_eq(count_threads(), before);
	fixture_close(&f);
}
END_TEST

/* --- DNSSEC ------------------------------------------------------------- */

static char anchor_path[] = "/tmp/stsgate-anchor.XXXXXX";

static void
write_anchor(struct fixture *f, const char *text)
{
	int fd = mkstemp(anchor_path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	f->config.trust_anchor_file = anchor_path;
}

static const struct dns_row zone[] = {
	{ "good.test", SG_DNS_MX, DNS_DATA, "10 mx.good.test", 0, 0 },
	{ "alias.test", SG_DNS_CNAME, DNS_DATA, "good.test", 0, 0 },
	{ "out.test", SG_DNS_CNAME, DNS_DATA, "x.child.test", 0, 0 },
	{ "bad.test", SG_DNS_MX, DNS_BAD_SIG, "10 evil.test", 0, 0 },
	{ "x.child.test", SG_DNS_MX, DNS_DATA, "10 mx.child.test", 0, 0 },
};

static const struct dnssec_case {
	const char *label, *name;
	enum sg_rc rc;
	enum sg_dnssec dnssec;
	size_t n;
} dnssec_cases[] = {
	{ "secure", "good.test", SG_OK, SG_DNSSEC_SECURE, 1 },
	{ "D-10 secure CNAME", "alias.test", SG_OK, SG_DNSSEC_SECURE, 1 },
	{ "D-12 secure CNAME to an insecure zone", "out.test", SG_OK,
	    SG_DNSSEC_INSECURE, 1 },
	{ "D-04, D-07 bogus: no data is handed on", "bad.test", SG_BAD,
	    SG_DNSSEC_BOGUS, 0 },
	{ "D-03, D-05 insecure", "x.child.test", SG_OK, SG_DNSSEC_INSECURE, 1 },
	{ "D-06 secure NODATA", "none.test", SG_NONE, SG_DNSSEC_SECURE, 0 },
};

START_TEST(test_dnssec)
{
	const struct dnssec_case *c = &dnssec_cases[_i];
	struct fixture f;
	struct got g;
	char anchor[DNS_ANCHOR_SIZE];

	fixture_open(&f);
	dns_server_load(f.server, zone, N(zone));
	ck_assert_int_eq(dns_server_sign(f.server, "child.test", anchor), 0);
	write_anchor(&f, anchor);
	fixture_dns(&f);
	ask(&f, c->name, SG_DNS_MX, 20000, &g);
	ck_assert(sg_dns_validates(f.dns));
	ck_assert_msg(g.a.rc == c->rc && g.a.dnssec == c->dnssec &&
	    g.a.n == c->n, "%s: got rc %d dnssec %d n %zu (%s)", c->label,
	    g.a.rc, g.a.dnssec, g.a.n, g.a.err.text);
	fixture_close(&f);
	unlink(anchor_path);
}
END_TEST

/* Another zone's key, one that the server does not sign with. */
#define STRANGE "test. 300 IN DNSKEY 257 3 13 " \
	"mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxL" \
	"bxILfDLUT0rAK9iUzy1L53eKGQ==\n"

static const struct trust_case {
	const char *label;
	bool sign;     /* the server signs test. */
	const char *anchor; /* NULL: the right one */
	bool insecure; /* insecure_zones = ["test"] */
	bool validates;
	enum sg_dnssec dnssec; /* of good.test */
} trust_cases[] = {
	{ "D-01, D-02 validated here: anchor fits", true, NULL, false, true, SG_DNSSEC_SECURE },
	{ "anchor of another key: mail is not stopped", true, STRANGE, false,
	    false, SG_DNSSEC_INSECURE },
	{ "server strips DNSSEC: mail is not stopped", false, STRANGE, false,
	    false, SG_DNSSEC_INSECURE },
	{ "D-05 no anchors: off", true, "", false, false, SG_DNSSEC_INSECURE },
};

START_TEST(test_trust)
{
	const struct trust_case *c = &trust_cases[_i];
	struct fixture f;
	struct got g;
	char anchor[DNS_ANCHOR_SIZE] = "";

	fixture_open(&f);
	dns_server_load(f.server, zone, N(zone));
	if (c->sign)
		ck_assert_int_eq(dns_server_sign(f.server, NULL, anchor), 0);
	if (c->anchor == NULL || c->anchor[0] != '\0')
		write_anchor(&f, c->anchor != NULL ? c->anchor : anchor);
	fixture_dns(&f);
	ask(&f, "good.test", SG_DNS_MX, 20000, &g);
	ck_assert_msg(g.a.rc == SG_OK && g.a.dnssec == c->dnssec &&
	    sg_dns_validates(f.dns) == c->validates,
	    "%s: got rc %d dnssec %d validates %d", c->label, g.a.rc,
	    g.a.dnssec, sg_dns_validates(f.dns));
	fixture_close(&f);
	unlink(anchor_path);
}
END_TEST

/* insecure_zones: no validation below, though the anchor is above. */
START_TEST(test_insecure_zone)
{
	char name[] = "bad.test", *zones[] = { name };
	struct fixture f;
	struct got g;
	char anchor[DNS_ANCHOR_SIZE];

	fixture_open(&f);
	f.config.insecure_zones = zones;
	f.config.n_insecure_zones = 1;
	dns_server_load(f.server, zone, N(zone));
	ck_assert_int_eq(dns_server_sign(f.server, NULL, anchor), 0);
	write_anchor(&f, anchor);
	fixture_dns(&f);
	ask(&f, "bad.test", SG_DNS_MX, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_OK);
	ck_assert_int_eq(g.a.dnssec, SG_DNSSEC_INSECURE);
	ask(&f, "good.test", SG_DNS_MX, 20000, &g);
	ck_assert_int_eq(g.a.dnssec, SG_DNSSEC_SECURE);
	fixture_close(&f);
	unlink(anchor_path);
}
END_TEST

/* A question that comes before the trial is over waits for it, and has its
   own deadline all the same. */
START_TEST(test_trial_waits)
{
	static const struct dns_row dead[] = {
		{ "test", SG_DNS_DNSKEY, DNS_SILENT, NULL, 0, 0 },
		{ "good.test", SG_DNS_A, DNS_DATA, "192.0.2.1", 0, 0 },
	};
	struct fixture f;
	struct got g;

	fixture_open(&f);
	dns_server_load(f.server, dead, N(dead));
	write_anchor(&f, STRANGE);
	fixture_dns(&f);
	ask(&f, "good.test", SG_DNS_A, 50, &g);
	ck_assert_int_eq(g.a.err.reason, SG_REASON_TIMEOUT);
	ck_assert_uint_eq(dns_server_count(f.server, "good.test", 0), 0);
	/* Long enough to see the trial end without an answer. */
	ask(&f, "good.test", SG_DNS_A, 20000, &g);
	ck_assert_int_eq(g.a.rc, SG_OK);
	ck_assert(!sg_dns_validates(f.dns));
	fixture_close(&f);
	unlink(anchor_path);
}
END_TEST

static const struct refuse_case {
	const char *label, *text; /* NULL: there is no such file */
} refuse_cases[] = {
	{ "no file", NULL },
	{ "empty file", "" },
	{ "no anchor in it", "; nothing\n$TTL 5\ntest. IN A 192.0.2.1\n" },
	{ "record cut short", "test. IN DS 1 13\n" },
};

START_TEST(test_refused_anchor)
{
	const struct refuse_case *c = &refuse_cases[_i];
	char missing[] = "/nonexistent/anchor";
	struct sg_err err = { 0 };
	struct fixture f;

	fixture_open(&f);
	f.config.trust_anchor_file = missing;
	if (c->text != NULL)
		write_anchor(&f, c->text);
	ck_assert_msg(sg_dns_new(f.base, &f.config, &f.dns, &err) ==
	    SG_BAD, "%s: was taken", c->label);
	ck_assert_ptr_null(f.dns);
	ck_assert_str_ne(err.text, "");
	fixture_close(&f);
	unlink(anchor_path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dns");
	TCase *tc = tcase_create("dns");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_answer, 0, (int)N(answer_cases));
	tcase_add_test(tc, test_slow_after_fast);
	tcase_add_test(tc, test_no_search_list);
	tcase_add_test(tc, test_bad_names);
	tcase_add_loop_test(tc, test_caps, 0, (int)N(cap_cases));
	tcase_add_test(tc, test_deadline);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_free_under_way);
	tcase_add_test(tc, test_no_thread);
	tcase_add_loop_test(tc, test_dnssec, 0, (int)N(dnssec_cases));
	tcase_add_loop_test(tc, test_trust, 0, (int)N(trust_cases));
	tcase_add_test(tc, test_insecure_zone);
	tcase_add_test(tc, test_trial_waits);
	tcase_add_loop_test(tc, test_refused_anchor, 0, (int)N(refuse_cases));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
