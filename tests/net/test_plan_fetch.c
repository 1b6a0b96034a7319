/* SPDX-License-Identifier: ISC */
/*
 * A plan with nothing played but the servers: DNS, and HTTPS with a
 * certificate of a test CA.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/plan.h"
#include "support/dns_server.h"
#include "support/tls_server.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 86400\n"

static const struct dns_row rows[] = {
	{ "_mta-sts.good.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;", 0,
	    0 },
	{ "good.test", SG_DNS_MX, DNS_DATA, "10 mx.good.test", 0, 0 },
	{ "mx.good.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, 0 },
	{ "mta-sts.good.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, 0 },
};

static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	(void)job_id;
	ck_assert(!more);
	*(struct sg_facts **)arg = sg_facts_ref(learnt);
}

static const struct fetch_case {
	const char *label, *san;
	bool allowed; /* allow_networks names loopback */
	enum sg_reason reason;
	size_t accepted; /* connections */
} fetch_cases[] = {
	{ "policy", "mta-sts.good.test", true, SG_REASON_NONE, 1 },
	{ "another host's certificate", "mta-sts.other.test", true,
	    SG_REASON_STS_WEBPKI_INVALID, 1 },
	{ "C-19 loopback is not connected to", "mta-sts.good.test", false,
	    SG_REASON_SPECIAL_USE_ADDRESS, 0 },
};

static void
run(struct sg_config *config, uint16_t port, struct sg_facts **facts)
{
	struct event_base *base = event_base_new();
	struct sg_job job = { .id = 1, .deadline_ms = 20000 };
	struct sg_err err = { 0 };
	struct sg_net net;

	ck_assert_msg(sg_net_init(&net, base, config, &err) == SG_OK, "%s",
	    err.text);
	net.https_port = port;
	snprintf(job.hop.name, sizeof(job.hop.name), "good.test");
	job.hop.port = SG_SMTP_PORT;
	ck_assert_ptr_nonnull(sg_plan_start(&net, &job, on_learnt, facts));
	while (*facts == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	sg_net_fini(&net);
	event_base_free(base);
}

START_TEST(test_fetch)
{
	char *answer = tls_answer(POLICY, 0);
	const struct tls_script script = { .head = answer };
	const struct fetch_case *c = &fetch_cases[_i];
	struct test_ca *ca = test_ca_new("Test CA");
	struct tls_server *tls = tls_server_start(test_ca_host(ca, c->san));
	struct dns_server *dns = dns_server_start();
	struct sg_dns_server forward = { .port = 0 };
	struct sg_cidr loopback;
	struct sg_facts *facts = NULL;
	char ca_file[256], empty[] = "";
	struct sg_config config = { .dns_servers = &forward,
		.n_dns_servers = 1, .trust_anchor_file = empty,
		.https_ca_file = ca_file, .https_timeout_ms = 10000,
		.allow_networks = &loopback };

	ck_assert(tls != NULL && dns != NULL);
	tls_server_load(tls, &script, 1);
	dns_server_load(dns, rows, N(rows));
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &forward.addr), SG_OK);
	ck_assert_int_eq(sg_cidr_parse("127.0.0.0/8", &loopback), SG_OK);
	forward.port = dns_server_port(dns);
	config.n_allow_networks = c->allowed ? 1 : 0;
	snprintf(ca_file, sizeof(ca_file), "%s", test_ca_file(ca));
	run(&config, tls_server_port(tls), &facts);
	ck_assert_msg(facts->sts.fetch.reason == c->reason, "%s: got %s (%s)",
	    c->label, sg_reason_name(facts->sts.fetch.reason),
	    facts->sts.fetch.detail);
	ck_assert_uint_eq(tls_server_connections(tls), c->accepted);
	ck_assert_int_eq(facts->sts.policy != NULL,
	    c->reason == SG_REASON_NONE);
	if (facts->sts.policy != NULL)
		ck_assert_str_eq(facts->sts.text, POLICY);
	ck_assert_int_eq(facts->mx[0].addrs,
	    c->allowed ? SG_ADDR_OK : SG_ADDR_SPECIAL);
	sg_facts_unref(&facts);
	tls_server_stop(&tls);
	dns_server_stop(&dns);
	test_ca_free(&ca);
	free(answer);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan_fetch");
	TCase *tc = tcase_create("plan_fetch");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_fetch, 0, (int)N(fetch_cases));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
