/* SPDX-License-Identifier: ISC */
/* test_words.c - times, and the words that people and files see. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/terms.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

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
