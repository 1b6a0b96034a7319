/* SPDX-License-Identifier: ISC */
/*
 * Early jobs: what is told when the handshake is over, a round trip before the
 * MX host has answered the EHLO within TLS, and what that answer corrects
 * (M-18, RFC 8689).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/plan_bench.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MX(d, data) { d, SG_DNS_MX, DNS_DATA, data, 0, 0 }
#define A(d, data) { d, SG_DNS_A, DNS_DATA, data, 0, 0 }
#define POLICY "version: STSv1\nmode: enforce\nmx: a.test\nmx: b.test\n" \
	"mx: c.test\nmax_age: 86400\n"

static const struct dns_row rows[] = {
	A("a.test", "127.0.0.1"), A("b.test", "127.0.0.2"),
	A("c.test", "127.0.0.3"),
	{ "_mta-sts.d.child.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;", 0,
	    0 },
	A("mta-sts.d.child.test", "127.0.0.1"),
	MX("d.child.test", "10 a.test"), MX("d.child.test", "20 b.test"),
	MX("d.child.test", "30 c.test"),
	{ "_mta-sts.one.child.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;",
	    0, 0 },
	A("mta-sts.one.child.test", "127.0.0.1"),
	MX("one.child.test", "10 a.test"),
};

static const struct mx_script silent = { .at = MX_EHLO_TLS, .how = MX_HANG };
static const struct mx_script hangs = { .at = MX_EHLO, .how = MX_HANG };
static const struct mx_script closes = { .at = MX_EHLO_TLS, .how = MX_CLOSE };
static const struct mx_script unwilling = { .at = MX_EHLO_TLS, .how = MX_SAY,
	.say = "421 not now\r\n" };
static const struct mx_script refuses = { .at = MX_QUIT,
	.wants_client_cert = 1 };
static const struct mx_script offers = { .at = MX_QUIT,
	.ehlo_tls = "250-mx.test\r\n250 REQUIRETLS\r\n" };

static const struct early_case {
	const char *label, *hop;
	const struct mx_script *a, *b; /* NULL: a good host */
	int deadline_ms;               /* 0: long */
	const char *first, *last;      /* states; NULL: nothing to correct */
	const char *conns;
} cases[] = {
	{ "good, and stays so", "d.child.test", NULL, &hangs, 0, "O--", NULL,
	    "1?00" },
	{ "M-18 it refuses us after the handshake", "one.child.test", &refuses,
	    NULL, 0, "O", "F", "1000" },
	{ "M-18 it closes after the handshake", "one.child.test", &closes,
	    NULL, 0, "O", "F", "1000" },
	{ "M-18 it will not go on", "one.child.test", &unwilling, NULL, 0, "O",
	    "U", "1000" },
	{ "M-18, and others have their turn", "d.child.test", &refuses, &hangs,
	    0, "O--", "F-O", "1110" },
	{ "it says nothing more in our time: what was told holds",
	    "d.child.test", &silent, &hangs, 1200, "O--", NULL, "1?00" },
	{ "RFC 8689 REQUIRETLS is offered", "d.child.test", &offers, &hangs, 0,
	    "O--", "R--", "1?00" },
};

static void
check_states(const char *label, const struct sg_facts *f, const char *want)
{
	static const char letters[] = "-OFU";
	char got[4] = "";

	ck_assert_uint_eq(f->n_mx, strlen(want));
	for (unsigned i = 0; i < f->n_mx; i++) {
		const struct sg_facts_probe *p = &f->mx[i].probe;

		got[i] = letters[p->state];
		if (p->requiretls == SG_REQUIRETLS_OFFERED)
			got[i] = 'R';
		ck_assert_msg(want[i] == '?' || got[i] == want[i],
		    "%s: got %s, want %s", label, got, want);
	}
}

static void
check_told(const struct early_case *c, const struct plan_bench *b)
{
	ck_assert_msg(b->first != NULL, "%s: nothing was told early", c->label);
	check_states(c->label, b->first, c->first);
	ck_assert_int_eq(b->first->mx[0].probe.requiretls,
	    SG_REQUIRETLS_UNASKED);
	ck_assert_int_eq(b->first->mx[0].probe.level, SG_LEVEL_VERIFY);
	ck_assert_ptr_nonnull(b->first->sts.policy);
	ck_assert_msg((b->facts != NULL) == (c->last != NULL),
	    "%s: a correction: %s", c->label, b->facts != NULL ? "yes" : "no");
	if (c->last == NULL)
		return;
	check_states(c->label, b->facts, c->last);
	/* or a fetch that failed would count twice (C-14) */
	ck_assert_int_eq(b->facts->sts.txt.state, SG_TXT_UNASKED);
	ck_assert(!b->facts->sts.fetch.tried && b->facts->sts.policy == NULL);
}

START_TEST(told_early)
{
	const struct early_case *c = &cases[_i];
	char conns[64];
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test,DNS:b.test,DNS:c.test");
	mx_server_load(b.mx[0], c->a);
	mx_server_load(b.mx[1], c->b);
	b.net.https->body = POLICY;
	b.job.early = true;
	if (c->deadline_ms > 0)
		b.job.deadline_ms = (uint32_t)c->deadline_ms;
	plan_bench_run(&b, c->hop);
	check_told(c, &b);
	plan_bench_connections(&b, conns);
	for (int i = 0; i < PLAN_BENCH_MX; i++)
		ck_assert_msg(c->conns[i] == '?' ||
		    c->conns[i] == conns[2 * i],
		    "%s: connections %s", c->label, conns);
	plan_bench_close(&b);
}
END_TEST

/* M-10, T19: who is answered early still says EHLO within TLS, and QUIT. */
START_TEST(stays_polite)
{
	struct plan_bench b;
	struct mx_seen seen;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test,DNS:b.test,DNS:c.test");
	mx_server_load(b.mx[1], &hangs);
	b.net.https->body = POLICY;
	b.job.early = true;
	plan_bench_run(&b, "d.child.test");
	do {
		event_base_loop(b.base, EVLOOP_ONCE);
		mx_server_seen(b.mx[0], &seen);
	} while (strstr(seen.said, "QUIT") == NULL);
	ck_assert_ptr_nonnull(strstr(seen.said, "<TLS>\nEHLO us.test\nQUIT"));
	plan_bench_close(&b);
}
END_TEST

/* A look at all anew, before mail is refused, waits for all (Q-04, M-18). */
START_TEST(whole_is_one_word)
{
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test,DNS:b.test,DNS:c.test");
	mx_server_load(b.mx[0], &refuses);
	b.net.https->body = POLICY;
	plan_bench_run(&b, "one.child.test");
	ck_assert_ptr_null(b.first);
	check_states("whole", b.facts, "F");
	ck_assert_int_eq(b.facts->mx[0].probe.requiretls, SG_REQUIRETLS_NO);
	plan_bench_close(&b);
}
END_TEST

/* Cancelled between the two words: nothing is left behind (ASan). */
START_TEST(cancelled_between)
{
	struct plan_bench b;
	struct sg_plan *plan;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test,DNS:b.test,DNS:c.test");
	mx_server_load(b.mx[0], &silent);
	b.net.https->body = POLICY;
	b.job.early = true;
	plan = plan_bench_start(&b, "d.child.test");
	while (b.first == NULL)
		ck_assert_int_eq(event_base_loop(b.base, EVLOOP_ONCE), 0);
	sg_plan_cancel(plan);
	event_base_loop(b.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(b.called, 0);
	plan_bench_close(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net/plan_early");
	TCase *tc = tcase_create("early");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, told_early, 0, N(cases));
	tcase_add_test(tc, stays_polite);
	tcase_add_test(tc, whole_is_one_word);
	tcase_add_test(tc, cancelled_between);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
