/* SPDX-License-Identifier: ISC */
/*
 * Special-use addresses in A and AAAA of policy hosts and MX hosts: no
 * connection is made to any of them (THREATS T10, STANDARDS C-19). connect(2)
 * is played: it counts, and lets nothing through.
 */
#include <sys/socket.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "net/https.h"
#include "net/probe.h"
#include "special_table.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static unsigned connects;

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)fd;
	(void)len;
	if (sa->sa_family == AF_INET || sa->sa_family == AF_INET6)
		connects++;
	errno = ECONNREFUSED;
	return (-1);
}

static char empty[] = "";
static struct event_base *base;
static struct sg_config config = { .trust_anchor_file = empty,
	.https_ca_file = empty, .probe_ca_file = empty, .probe_helo = empty,
	.https_timeout_ms = 10000, .probe_timeout_ms = 10000 };
static struct sg_guard *guard;
static struct sg_https *https;
static struct sg_prober *prober;

static void
setup(void)
{
	base = event_base_new();
	guard = sg_guard_new(&config);
	ck_assert_ptr_nonnull(guard);
	ck_assert_int_eq(sg_https_new(base, &config, guard, &https, NULL),
	    SG_OK);
	ck_assert_int_eq(sg_prober_new(base, &config, guard, &prober, NULL),
	    SG_OK);
	connects = 0;
}

static void
teardown(void)
{
	sg_prober_free(&prober);
	sg_https_free(&https);
	sg_guard_free(&guard);
	event_base_free(base);
}

static void
on_fetch(void *arg, const struct sg_https_result *result)
{
	*(enum sg_reason *)arg = result->err.reason;
}

static void
on_probe(void *arg, const struct sg_probe_result *result)
{
	*(enum sg_reason *)arg = result->probe.reason;
}

static void
wait_for(enum sg_reason *reason)
{
	while (*reason == SG_REASON_COUNT)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

static enum sg_reason
fetch(const struct sg_addr *addrs, size_t n)
{
	struct sg_https_params p = { "evil.test", addrs, n, 443, 5000 };
	enum sg_reason reason = SG_REASON_COUNT;

	ck_assert_ptr_nonnull(sg_https_get(https, &p, on_fetch, &reason));
	wait_for(&reason);
	return (reason);
}

static enum sg_reason
probe(const struct sg_addr *addrs, size_t n)
{
	struct sg_probe_params p = { .host = "mx.evil.test", .addrs = addrs,
		.n_addrs = n, .port = 25, .deadline_ms = 5000 };
	enum sg_reason reason = SG_REASON_COUNT;

	ck_assert_ptr_nonnull(sg_probe_start(prober, &p, on_probe, &reason));
	wait_for(&reason);
	return (reason);
}

START_TEST(test_special)
{
	unsigned tried = 0;

	for (size_t i = 0; i < N(special_table); i++) {
		struct sg_addr addr;
		enum sg_reason https_says, probe_says;

		if (special_table[i].want != SPECIAL)
			continue;
		tried++;
		ck_assert_int_eq(sg_addr_parse(special_table[i].addr, &addr),
		    SG_OK);
		https_says = fetch(&addr, 1);
		probe_says = probe(&addr, 1);
		if (connects > 0 ||
		    https_says != SG_REASON_SPECIAL_USE_ADDRESS ||
		    probe_says != SG_REASON_SPECIAL_USE_ADDRESS)
			ck_abort_msg("%s: %u connects, fetch %s, probe %s",
			    special_table[i].addr, connects,
			    sg_reason_name(https_says),
			    sg_reason_name(probe_says));
	}
	ck_assert_uint_ge(tried, 200);
}
END_TEST

/* Among public ones they are passed over: exactly the public one is tried. */
START_TEST(test_mixed)
{
	struct sg_addr addrs[3];

	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &addrs[0]), SG_OK);
	ck_assert_int_eq(sg_addr_parse("8.8.4.4", &addrs[1]), SG_OK);
	ck_assert_int_eq(sg_addr_parse("::ffff:10.0.0.1", &addrs[2]), SG_OK);
	ck_assert_int_ne(fetch(addrs, 3), SG_REASON_SPECIAL_USE_ADDRESS);
	ck_assert_uint_eq(connects, 1);
	ck_assert_int_eq(probe(addrs, 3), SG_REASON_UNREACHABLE);
	ck_assert_uint_eq(connects, 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net/no_connect");
	TCase *tc = tcase_create("special-use");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_special);
	tcase_add_test(tc, test_mixed);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
