/* SPDX-License-Identifier: ISC */
/*
 * DNS answers that change between two lookups, from public addresses to
 * special-use ones, and sets that mix them, for policy hosts and MX hosts
 * (THREATS T10, STANDARDS C-19): real lookups by a whole plan. connect(2) is
 * played for all but the DNS server: it keeps whereto, and lets nothing
 * through.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/plan.h"
#include "support/dns_server.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static uint16_t dns_port;
static char tried[1000]; /* "8.8.4.4:443 8.8.8.8:25 ", each once */

static void
keep(const struct sockaddr *sa)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;
	size_t len = strlen(tried);
	char text[INET6_ADDRSTRLEN] = "?", whereto[80];

	if (sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	snprintf(whereto, sizeof(whereto), "%s:%u ", text,
	    ntohs(v4->sin_port)); /* the port is at one place in both */
	if (strstr(tried, whereto) == NULL)
		snprintf(tried + len, sizeof(tried) - len, "%s", whereto);
}

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *v4 = (const void *)sa;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return ((int)syscall(SYS_connect, fd, sa, len));
	if (sa->sa_family == AF_INET && ntohs(v4->sin_port) == dns_port)
		return ((int)syscall(SYS_connect, fd, sa, len));
	keep(sa);
	errno = ECONNREFUSED;
	return (-1);
}

/* --- what DNS says, first and then ---------------------------------------- */

#define ROW(name, type, data) { name, SG_DNS_##type, DNS_DATA, data, 1, 0 }
#define DOMAIN ROW("_mta-sts.evil.test", TXT, "v=STSv1; id=one;"), \
	ROW("evil.test", MX, "10 mx.evil.test")

static const struct dns_row public[] = { DOMAIN,
	ROW("mta-sts.evil.test", A, "8.8.4.4"),
	ROW("mta-sts.evil.test", AAAA, "2001:4860:4860::8844"),
	ROW("mx.evil.test", A, "8.8.8.8"),
	ROW("mx.evil.test", AAAA, "2001:4860:4860::8888") };
static const struct dns_row loopback[] = { DOMAIN,
	ROW("mta-sts.evil.test", A, "127.0.0.1"),
	ROW("mta-sts.evil.test", AAAA, "::1"),
	ROW("mx.evil.test", A, "127.0.0.1"), ROW("mx.evil.test", AAAA, "::1") };
static const struct dns_row private[] = { DOMAIN,
	ROW("mta-sts.evil.test", A, "169.254.169.254"),
	ROW("mta-sts.evil.test", AAAA, "64:ff9b::7f00:1"),
	ROW("mx.evil.test", A, "10.0.0.1"), ROW("mx.evil.test", A, "0.0.0.0"),
	ROW("mx.evil.test", AAAA, "::ffff:192.168.0.1") };
static const struct dns_row mixed[] = { DOMAIN,
	ROW("mta-sts.evil.test", A, "10.0.0.1"),
	ROW("mta-sts.evil.test", A, "9.9.9.9"),
	ROW("mx.evil.test", A, "192.168.1.1"),
	ROW("mx.evil.test", A, "9.9.9.10"), ROW("mx.evil.test", AAAA, "::1") };
static const struct dns_row mixed_families[] = { DOMAIN,
	ROW("mta-sts.evil.test", A, "172.16.0.1"),
	ROW("mta-sts.evil.test", AAAA, "2001:4860:4860::8888"),
	ROW("mx.evil.test", A, "9.9.9.11"),
	ROW("mx.evil.test", AAAA, "fd00::1") };

#define ROWS(r) r, N(r)
static const struct second {
	const char *label;
	const struct dns_row *rows;
	size_t n;
	enum sg_addr_state state; /* of the MX host */
	const char *fetch, *probe; /* NULL: no connection */
} seconds[] = {
	{ "T10 loopback", ROWS(loopback), SG_ADDR_SPECIAL, NULL, NULL },
	{ "T10 metadata, private, mapped, NAT64", ROWS(private),
	    SG_ADDR_SPECIAL, NULL, NULL },
	{ "T10 one of two is public", ROWS(mixed), SG_ADDR_OK,
	    "9.9.9.9:443 ", "9.9.9.10:25 " },
	{ "T10 one family is public", ROWS(mixed_families), SG_ADDR_OK,
	    "2001:4860:4860::8888:443 ", "9.9.9.11:25 " },
};

/* --- plans ------------------------------------------------------------------ */

static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	(void)job_id;
	ck_assert(!more);
	*(struct sg_facts **)arg = sg_facts_ref(learnt);
}

static struct sg_facts *
look(struct sg_net *net, struct event_base *base)
{
	struct sg_job job = { .id = 1, .deadline_ms = 20000, .probe = true,
		.demand = true };
	struct sg_facts *facts = NULL;

	snprintf(job.hop.name, sizeof(job.hop.name), "evil.test");
	job.hop.port = SG_SMTP_PORT;
	ck_assert_ptr_nonnull(sg_plan_start(net, &job, on_learnt, &facts));
	while (facts == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(facts->n_mx, 1);
	return (facts);
}

/* Looks again, once DNS was asked again for both families of both hosts:
   answers live for a second. */
static struct sg_facts *
look_anew(struct sg_net *net, struct event_base *base, struct dns_server *dns,
    const struct second *s)
{
	static const struct {
		const char *name;
		int type;
	} asked[] = { { "mta-sts.evil.test", SG_DNS_A },
		{ "mta-sts.evil.test", SG_DNS_AAAA },
		{ "mx.evil.test", SG_DNS_A }, { "mx.evil.test", SG_DNS_AAAA } };
	size_t before[N(asked)];
	struct sg_facts *facts;

	for (size_t i = 0; i < N(asked); i++)
		before[i] = dns_server_count(dns, asked[i].name, asked[i].type);
	for (size_t i = 0; i < N(asked); i++)
		while (dns_server_count(dns, asked[i].name, asked[i].type) ==
		    before[i]) {
			facts = look(net, base);
			sg_facts_unref(&facts);
		}
	facts = look(net, base);
	/* What the probe found before is believed for a second, too. */
	while (s->probe != NULL && strstr(tried, s->probe) == NULL) {
		sg_facts_unref(&facts);
		facts = look(net, base);
	}
	return (facts);
}

/* All that was tried, by the former answers as long as they lived, too. */
static void
check_tried(const struct second *s)
{
	static const char first[] = "8.8.4.4:443 2001:4860:4860::8844:443 "
	    "8.8.8.8:25 2001:4860:4860::8888:25 ";
	const char *fetch = s->fetch != NULL ? s->fetch : "";
	const char *probe = s->probe != NULL ? s->probe : "";
	char word[80];
	size_t len;

	ck_assert_msg(strstr(tried, fetch) != NULL &&
	    strstr(tried, probe) != NULL, "%s: tried %s", s->label, tried);
	for (const char *p = tried; *p != '\0'; p += len) {
		len = strcspn(p, " ") + 1;
		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		ck_assert_msg(strstr(first, word) != NULL ||
		    strcmp(word, fetch) == 0 || strcmp(word, probe) == 0,
		    "%s: tried %s", s->label, word);
	}
}

START_TEST(test_rebind)
{
	const struct second *s = &seconds[_i];
	struct event_base *base = event_base_new();
	struct dns_server *dns = dns_server_start();
	struct sg_dns_server forward = { .port = 0 };
	char empty[] = "", helo[] = "us.test";
	struct sg_config config = { .dns_servers = &forward,
		.n_dns_servers = 1, .trust_anchor_file = empty,
		.https_ca_file = empty, .https_timeout_ms = 10000,
		.probe_enable = true, .probe_ca_file = empty,
		.probe_helo = helo, .probe_timeout_ms = 10000,
		.probe_good_for_s = 1, .probe_bad_for_s = 1 };
	struct sg_facts *facts;
	struct sg_err err = { 0 };
	struct sg_net net;

	ck_assert_ptr_nonnull(dns);
	dns_server_load(dns, public, N(public));
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &forward.addr), SG_OK);
	forward.port = dns_port = dns_server_port(dns);
	ck_assert_msg(sg_net_init(&net, base, &config, &err) == SG_OK, "%s",
	    err.text);
	facts = look(&net, base);
	ck_assert_int_eq(facts->mx[0].addrs, SG_ADDR_OK);
	ck_assert_ptr_nonnull(strstr(tried, "8.8.4.4:443 "));
	ck_assert_ptr_nonnull(strstr(tried, "8.8.8.8:25 "));
	sg_facts_unref(&facts);

	dns_server_load(dns, s->rows, s->n);
	facts = look_anew(&net, base, dns, s);
	ck_assert_msg(facts->mx[0].addrs == s->state, "%s: addresses %d",
	    s->label, facts->mx[0].addrs);
	ck_assert_msg((facts->sts.fetch.reason ==
	    SG_REASON_SPECIAL_USE_ADDRESS) == (s->fetch == NULL), "%s: %s",
	    s->label, sg_reason_name(facts->sts.fetch.reason));
	check_tried(s);
	sg_facts_unref(&facts);
	sg_net_fini(&net);
	dns_server_stop(&dns);
	event_base_free(base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rebind");
	TCase *tc = tcase_create("rebind");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_rebind, 0, (int)N(seconds));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
