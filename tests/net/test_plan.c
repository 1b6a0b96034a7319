/* SPDX-License-Identifier: ISC */
/* test_plan.c - what a plan asks, in what order, and until when; and what it
   makes of the policy. */
#include "net/plan_fixture.h"

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
