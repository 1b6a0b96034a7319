/* SPDX-License-Identifier: ISC */
/* When a child that ended may be started again. The clock is played (--wrap). */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"

struct sg_mono __wrap_sg_mono_now(void);
static int64_t clock_ms;

struct sg_mono
__wrap_sg_mono_now(void)
{
	return (struct sg_mono) { clock_ms };
}

/* Each letter is a life: q(uick), l(ong), n(ot even started); after each the
   wait in ms. */
static const struct {
	const char *name, *lives;
	int64_t waits[14];
} rows[] = {
	{ "at once, nearly", "q", { 100 } },
	{ "doubling, to half a minute", "qqqqqqqqqqqq", { 100, 200, 400, 800,
	    1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000 } },
	{ "a long life makes up for it", "qqqlq", { 100, 200, 400, 100,
	    200 } },
	{ "a failing fork is a failure too", "nnn", { 100, 200, 400 } },
	{ "what did not start has not lived long", "lnn", { 100, 200, 400 } },
};

START_TEST(test_backoff)
{
	struct sg_child c = { .pid = 0 };

	clock_ms = 1000000;
	for (size_t i = 0; rows[_i].lives[i] != '\0'; i++) {
		if (rows[_i].lives[i] != 'n') {
			sg_child_started(&c, 4711);
			ck_assert_int_eq(c.pid, 4711);
		}
		clock_ms += rows[_i].lives[i] == 'l' ? 60001 : 60000;
		sg_child_ended(&c);
		ck_assert_int_eq(c.pid, 0);
		ck_assert_msg(c.start_at.ms - clock_ms == rows[_i].waits[i],
		    "%s: life %zu: got %lld, want %lld", rows[_i].name, i,
		    (long long)(c.start_at.ms - clock_ms),
		    (long long)rows[_i].waits[i]);
	}
}
END_TEST

/* However often it dies. */
START_TEST(test_for_ever)
{
	struct sg_child c = { .failures = 0 };

	for (int i = 0; i < 100000; i++) {
		sg_child_started(&c, 1);
		sg_child_ended(&c);
	}
	ck_assert_int_eq(c.start_at.ms - clock_ms, 30000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("child");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_backoff, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, test_for_ever);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
