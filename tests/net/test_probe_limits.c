/* SPDX-License-Identifier: ISC */
/*
 * Whom the prober leaves alone, and for how long (M-22, THREATS T12, T19).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/probe_limits.h"
#include "net/probe_provider.h"

static struct sg_probe_limits *limits;

static void
set_up(void)
{
	limits = sg_probe_limits_new();
	ck_assert_ptr_nonnull(limits);
}

static void
tear_down(void)
{
	sg_probe_limits_free(&limits);
	ck_assert_ptr_null(limits);
}

static struct sg_addr
numbered(unsigned i)
{
	struct sg_addr addr = { .family = 6 };

	memcpy(addr.bytes, &i, sizeof(i));
	return (addr);
}

static bool
enters(const struct sg_addr *addr, int64_t ms)
{
	return (sg_probe_limits_enter(limits, addr,
	    (struct sg_mono){ ms }) == NULL);
}

START_TEST(interval)
{
	struct sg_addr a = numbered(1), b = numbered(2);

	ck_assert(enters(&a, 5000));
	sg_probe_limits_leave(limits, &a);
	ck_assert(!enters(&a, 5000));
	ck_assert(!enters(&a, 5999));
	ck_assert(enters(&b, 5999));
	ck_assert(enters(&a, 6000));
	ck_assert(!enters(&a, 6999));
}
END_TEST

START_TEST(two_at_once)
{
	struct sg_addr a = numbered(1);

	ck_assert(enters(&a, 1000));
	ck_assert(enters(&a, 2000));
	ck_assert(!enters(&a, 9000));
	sg_probe_limits_leave(limits, &a);
	ck_assert(enters(&a, 9000));
}
END_TEST

START_TEST(in_total)
{
	struct sg_addr a;

	for (unsigned i = 0; i < 256; i++) {
		a = numbered(i);
		ck_assert(enters(&a, 0));
	}
	a = numbered(256);
	ck_assert(!enters(&a, 0));
	ck_assert(!enters(&a, 100000));
	sg_probe_limits_leave(limits, &(struct sg_addr){ .family = 6 });
	ck_assert(enters(&a, 100000));
}
END_TEST

START_TEST(silence)
{
	struct sg_addr a = numbered(1);

	ck_assert(enters(&a, 1000));
	sg_probe_limits_silence(limits, &a, (struct sg_mono){ 1000 });
	sg_probe_limits_leave(limits, &a);
	ck_assert(!enters(&a, 3000));
	ck_assert(!enters(&a, 3600999));
	ck_assert(enters(&a, 3601000));
	sg_probe_limits_leave(limits, &a);
	ck_assert(enters(&a, 3602000)); /* once is enough */
}
END_TEST

/* Octets that an address does not have make no other address of it. */
START_TEST(ipv4)
{
	struct sg_addr a = { .family = 4, .bytes = { 192, 0, 2, 1, 9, 9 } };
	struct sg_addr b = { .family = 4, .bytes = { 192, 0, 2, 1 } };
	struct sg_addr c = { .family = 6, .bytes = { 192, 0, 2, 1 } };

	ck_assert(enters(&a, 0));
	ck_assert(!enters(&b, 0));
	ck_assert(enters(&c, 0));
}
END_TEST

/* However many addresses there are, those in use and the longest silences
   are remembered. */
START_TEST(bounded)
{
	struct sg_addr busy = numbered(1000000), quiet = numbered(1000001), a;

	ck_assert(enters(&busy, 0) && enters(&busy, 1000));
	ck_assert(enters(&quiet, 1000));
	sg_probe_limits_silence(limits, &quiet, (struct sg_mono){ 1000 });
	sg_probe_limits_leave(limits, &quiet);
	for (unsigned i = 0; i < 20000; i++) {
		a = numbered(i);
		ck_assert(enters(&a, 2000 + i / 10));
		sg_probe_limits_leave(limits, &a);
	}
	ck_assert(!enters(&busy, 10000));
	ck_assert(!enters(&quiet, 10000));
	for (unsigned i = 0; i < 2 * SG_PROBE_ADDRS_KEPT; i++) {
		a = numbered(i);
		ck_assert(enters(&a, 20000));
		sg_probe_limits_silence(limits, &a, (struct sg_mono){ 20000 });
		sg_probe_limits_leave(limits, &a);
	}
	ck_assert(!enters(&a, 30000)); /* the last is among them */
	ck_assert(!enters(&busy, 30000));
}
END_TEST

/* --- providers ---------------------------------------------------------- */

static const struct {
	const char *host, *want;
} providers[] = {
	{ "a-com.mail.protection.outlook.com", "outlook.com" },
	{ "mx.good.test", "good.test" },
	{ "good.test", "good.test" },
	{ "test", "test" },
	{ "mx.example.co.uk", "example.co.uk" },
	{ "co.uk", "co.uk" },
	{ "mx.a.com.au", "a.com.au" },
	{ "mx.abcd.de", "abcd.de" },
	{ "mx.abc.de", "mx.abc.de" },
};

START_TEST(provider_of)
{
	ck_assert_str_eq(sg_provider_of(providers[_i].host),
	    providers[_i].want);
}
END_TEST

static bool
takes(struct sg_providers *p, const char *host, int64_t ms)
{
	return (sg_providers_take(p, host, (struct sg_mono){ ms }));
}

/* T19: some at once, then one a second; others are not concerned. */
START_TEST(provider_bucket)
{
	struct sg_providers *p = sg_providers_new();
	char host[64];

	for (int i = 0; i < SG_PROVIDER_BURST; i++) {
		snprintf(host, sizeof(host), "d%d.mail.hoster.test", i);
		ck_assert(takes(p, host, 5000));
	}
	ck_assert(!takes(p, "one.more.hoster.test", 5000));
	ck_assert(!takes(p, "one.more.hoster.test", 5999));
	ck_assert(takes(p, "mx.other.test", 5999));
	ck_assert(takes(p, "one.more.hoster.test", 6000));
	ck_assert(!takes(p, "and.one.hoster.test", 6000));
	for (int i = 0; i < SG_PROVIDER_BURST; i++)
		ck_assert(takes(p, "mx.hoster.test", 100000));
	ck_assert(!takes(p, "mx.hoster.test", 100000));
	sg_providers_free(&p);
}
END_TEST

/* Bounded memory: of more providers than are kept the oldest is forgotten, and
   may start anew; the latest is not. */
START_TEST(provider_bounded)
{
	struct sg_providers *p = sg_providers_new();
	char host[64];

	for (int i = 0; i < SG_PROVIDER_BURST; i++)
		ck_assert(takes(p, "mx.first.test", 5000));
	ck_assert(!takes(p, "mx.first.test", 5000));
	for (int i = 0; i < 3 * SG_PROVIDERS_KEPT; i++) {
		snprintf(host, sizeof(host), "mx.d%06d.test", i);
		ck_assert(takes(p, host, 5000));
	}
	ck_assert(takes(p, "mx.first.test", 5000));
	for (int i = 1; i < SG_PROVIDER_BURST; i++)
		ck_assert(takes(p, host, 5000));
	ck_assert(!takes(p, host, 5000));
	sg_providers_free(&p);
	ck_assert_ptr_null(p);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe_limits");
	TCase *tc = tcase_create("probe_limits");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, interval);
	tcase_add_test(tc, two_at_once);
	tcase_add_test(tc, in_total);
	tcase_add_test(tc, silence);
	tcase_add_test(tc, ipv4);
	tcase_add_test(tc, bounded);
	tcase_add_loop_test(tc, provider_of, 0,
	    sizeof(providers) / sizeof(providers[0]));
	tcase_add_test(tc, provider_bucket);
	tcase_add_test(tc, provider_bounded);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
