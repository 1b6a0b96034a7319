/* SPDX-License-Identifier: ISC */
/* test_loop.c - what costs little goes first: is it so, and does it end? */
#include "net/loop.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COSTLY 3
#define CHEAP 2

static struct event_base *base;
static int costly_fd[COSTLY][2], cheap_fd[CHEAP][2];
static char order[64];

static void
note(char what)
{
	size_t n = strlen(order);

	ck_assert_uint_lt(n + 1, sizeof(order));
	order[n] = what;
}

static void
put(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void
take(int fd)
{
	char c;

	ck_assert_int_eq(read(fd, &c, 1), 1);
}

static void
on_cheap(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	take(fd);
	note('.');
}

/* While the first is computed, something cheap comes. */
static void
on_costly(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	take(fd);
	if (order[0] == '\0')
		for (int i = 0; i < CHEAP; i++)
			put(cheap_fd[i][1]);
	note('T');
}

static void
watch(int pair[2], event_callback_fn fn, bool costly)
{
	struct event *e;

	ck_assert_int_eq(pipe(pair), 0);
	e = event_new(base, pair[0], EV_READ | EV_PERSIST, fn, NULL);
	ck_assert_ptr_nonnull(e);
	if (costly)
		sg_loop_is_costly(e);
	ck_assert_int_eq(event_add(e, NULL), 0);
}

static void
run(void)
{
	for (int i = 0; i < COSTLY; i++)
		watch(costly_fd[i], on_costly, true);
	for (int i = 0; i < CHEAP; i++)
		watch(cheap_fd[i], on_cheap, false);
	for (int i = 0; i < COSTLY; i++)
		put(costly_fd[i][1]);
	while (strlen(order) < COSTLY + CHEAP)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

START_TEST(test_cheap_goes_first)
{
	base = sg_loop_new();
	ck_assert_ptr_nonnull(base);
	run();
	ck_assert_str_eq(order, "T..TT");
}
END_TEST

/* In somebody else's loop nothing is changed. */
START_TEST(test_other_loop)
{
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	run();
	ck_assert_str_eq(order, "TTT..");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_cheap_goes_first);
	tcase_add_test(t, test_other_loop);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
