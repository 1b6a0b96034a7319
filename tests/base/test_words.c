/* SPDX-License-Identifier: ISC */
/* test_words.c - addresses, times, and the words that people and files see. */
#include <sys/socket.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/terms.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *in, *want; /* NULL: refused */
} addrs[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "2001:DB8:0::1", "2001:db8::1" },
	{ "IPv6:2001:db8::1", "2001:db8::1" },
	{ "ipv6:::1", "::1" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	{ "IPv6:192.0.2.1", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.01", NULL },
	{ "0x7f.0.0.1", NULL },
	{ "1", NULL },
	{ "192.0.2.1 ", NULL },
	{ "[192.0.2.1]", NULL },
	{ "2001:db8::1::2", NULL },
	{ "fe80::1%eth0", NULL },
	{ "", NULL },
};

START_TEST(test_addr)
{
	struct sg_addr addr, again;
	struct sockaddr_storage ss;
	char got[SG_ADDR_TEXT_SIZE] = "";
	enum sg_rc rc = sg_addr_parse(addrs[_i].in, &addr);

	ck_assert_msg(rc == (addrs[_i].want != NULL ? SG_OK : SG_BAD),
	    "\"%s\": got %d", addrs[_i].in, rc);
	if (rc != SG_OK)
		return;
	ck_assert_str_eq(sg_addr_format(&addr, got), addrs[_i].want);
	ck_assert_uint_gt(sg_addr_to_sockaddr(&addr, 25, &ss), 0);
	ck_assert(sg_addr_from_sockaddr((struct sockaddr *)&ss, &again));
	ck_assert_mem_eq(&addr, &again, sizeof(addr));
}
END_TEST

static const struct {
	const char *net, *addr;
	int want; /* -1: the network is refused */
} nets[] = {
	{ "10.0.0.0/8", "10.255.0.1", 1 },
	{ "10.0.0.0/8", "11.0.0.1", 0 },
	{ "10.0.0.0/8", "::ffff:10.0.0.1", 1 },
	{ "10.0.0.0/8", "::10.0.0.1", 0 },
	{ "192.0.2.128/25", "192.0.2.127", 0 },
	{ "192.0.2.128/25", "192.0.2.128", 1 },
	{ "192.0.2.1", "192.0.2.1", 1 },
	{ "192.0.2.1", "192.0.2.2", 0 },
	{ "0.0.0.0/0", "192.0.2.1", 1 },
	{ "0.0.0.0/0", "2001:db8::1", 0 },
	{ "2001:db8::/32", "2001:db8:ffff::1", 1 },
	{ "2001:db8::/33", "2001:db8:8000::", 0 },
	{ "::ffff:0:0/96", "::ffff:192.0.2.1", 1 },
	{ "::/0", "::1", 1 },
	{ "10.0.0.1/8", "", -1 },
	{ "10.0.0.0/33", "", -1 },
	{ "10.0.0.0/", "", -1 },
	{ "10.0.0.0/8x", "", -1 },
	{ "10.0.0.0/-1", "", -1 },
	{ "10.0.0.0/0008", "", -1 },
	{ "2001:db8::1/64", "", -1 },
	{ "::/129", "", -1 },
	{ "/8", "", -1 },
	{ "10/8", "", -1 },
};

START_TEST(test_cidr)
{
	struct sg_cidr net;
	struct sg_addr addr;
	enum sg_rc rc = sg_cidr_parse(nets[_i].net, &net);
	int got = -1;

	if (rc == SG_OK) {
		ck_assert_int_eq(sg_addr_parse(nets[_i].addr, &addr), SG_OK);
		got = sg_cidr_contains(&net, &addr);
	}
	ck_assert_msg(got == nets[_i].want, "%s in %s: got %d, want %d",
	    nets[_i].addr, nets[_i].net, got, nets[_i].want);
}
END_TEST

static const struct {
	int64_t s;
	const char *want;
} times[] = {
	{ 0, "never" },
	{ -1, "never" },
	{ 1, "1970-01-01T00:00:01Z" },
	{ 1795514400, "2026-11-24T10:00:00Z" },
	{ INT64_C(4102444800), "2100-01-01T00:00:00Z" },
	{ INT64_C(253402300799), "9999-12-31T23:59:59Z" },
	{ INT64_C(253402300800), "9999-12-31T23:59:59Z" },
	{ INT64_MAX, "9999-12-31T23:59:59Z" },
};

START_TEST(test_time)
{
	char got[SG_WALL_TEXT_SIZE];

	ck_assert_str_eq(sg_wall_format((struct sg_wall) { times[_i].s }, got),
	    times[_i].want);
}
END_TEST

START_TEST(test_now)
{
	struct sg_mono a = sg_mono_now(), b = sg_mono_now();

	ck_assert_int_ge(b.ms, a.ms);
	ck_assert_int_gt(sg_wall_now().s, INT64_C(1700000000));
}
END_TEST

/* RFC 8460 4.3: the eleven words of the registry, by number. */
START_TEST(test_reasons)
{
	static const char *const want[] = { "none", "starttls-not-supported",
		"certificate-host-mismatch", "certificate-expired",
		"certificate-not-trusted", "validation-failure",
		"tlsa-invalid", "dnssec-invalid", "dane-required",
		"sts-policy-fetch-error", "sts-policy-invalid",
		"sts-webpki-invalid" };

	for (unsigned i = 0; i < N(want); i++)
		ck_assert_str_eq(sg_reason_name((enum sg_reason)i), want[i]);
	for (unsigned i = N(want); i < SG_REASON_COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(sg_reason_name((enum sg_reason)i),
			    sg_reason_name((enum sg_reason)k));
	ck_assert_str_eq(sg_reason_name(SG_REASON_COUNT), "none");
	ck_assert_str_eq(sg_reason_name((enum sg_reason)-1), "none");
}
END_TEST

START_TEST(test_terms)
{
	enum sg_require require;
	enum sg_action action;

	for (unsigned i = 0; i <= SG_REQUIRE_DANE; i++) {
		ck_assert_int_eq(sg_require_parse(sg_require_name(
		    (enum sg_require)i), &require), SG_OK);
		ck_assert_uint_eq(require, i);
	}
	for (unsigned i = 0; i <= SG_ACTION_AUTO; i++) {
		ck_assert_int_eq(sg_action_parse(sg_action_name(
		    (enum sg_action)i), &action), SG_OK);
		ck_assert_uint_eq(action, i);
	}
	ck_assert_int_eq(sg_require_parse("Secure", &require), SG_BAD);
	ck_assert_int_eq(sg_require_parse("", &require), SG_BAD);
	ck_assert_int_eq(sg_action_parse("?", &action), SG_BAD);
	ck_assert_str_eq(sg_level_name(SG_LEVEL_DANE), "dane");
	ck_assert_str_eq(sg_level_name((enum sg_level)5), "?");
	ck_assert_str_eq(sg_result_name(SG_RESULT_NOT_APPLICABLE),
	    "not-applicable");
	ck_assert_str_eq(sg_result_name((enum sg_result)-1), "?");
}
END_TEST

START_TEST(test_err)
{
	char text[2 * SG_ERR_TEXT_SIZE];
	struct sg_err err = { .reason = SG_REASON_NONE };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sg_err_set(&err, SG_REASON_TIMEOUT, "%s", text);
	ck_assert_int_eq(err.reason, SG_REASON_TIMEOUT);
	ck_assert_uint_eq(strlen(err.text), SG_ERR_TEXT_SIZE - 1);
	sg_err_set(NULL, SG_REASON_TIMEOUT, "%s", text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("words");
	TCase *tc = tcase_create("words");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_addr, 0, N(addrs));
	tcase_add_loop_test(tc, test_cidr, 0, N(nets));
	tcase_add_loop_test(tc, test_time, 0, N(times));
	tcase_add_test(tc, test_now);
	tcase_add_test(tc, test_reasons);
	tcase_add_test(tc, test_terms);
	tcase_add_test(tc, test_err);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
