/* SPDX-License-Identifier: ISC */
/*
 * test_accept.c - accept() when descriptors run out (THREATS 0.2, 5.4): who
 * asks waits before each failure, a connection is turned away at once instead
 * of hanging, and all is well again when there are descriptors.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "base/log.h"

#define N_CLIENTS 8

static int pauses;
static struct sockaddr_un where;
static int listener, clients[N_CLIENTS], fill[64], n_fill;

int __real_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);

/* Pauses are counted, not made. */
int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (n > 0)
		return __real_poll(p, n, ms);
	ck_assert_int_ge(ms, 600); /* less than 100 a minute */
	pauses++;
	return 0;
}

static int
client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&where,
	    sizeof(where)), 0);
	return fd;
}

static void
open_all(void)
{
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "test");
	where.sun_family = AF_UNIX;
	snprintf(where.sun_path, sizeof(where.sun_path), "./accept-%d.sock",
	    (int)getpid());
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&where,
	    sizeof(where)), 0);
	ck_assert_int_eq(listen(listener, N_CLIENTS), 0);
	sg_accept_reserve(listener);
	for (int i = 0; i < N_CLIENTS; i++)
		clients[i] = client();
	pauses = n_fill = 0;
}

/* No descriptor is left. */
static void
exhaust(void)
{
	struct rlimit limit = { 64, 64 };
	int fd;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (n_fill < 64 && (fd = dup(listener)) >= 0)
		fill[n_fill++] = fd;
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_gt(n_fill, 0);
}

/* What looks for leaks at the end needs some. */
static void
close_all(void)
{
	while (n_fill > 0)
		close(fill[--n_fill]);
	unlink(where.sun_path);
}

static bool
is_closed(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char c;

	return __real_poll(&p, 1, 0) == 1 && read(fd, &c, 1) == 0;
}

START_TEST(test_turned_away)
{
	open_all();
	exhaust();
	for (int i = 1; i <= 4; i++) {
		ck_assert_int_eq(accept(listener, NULL, NULL), -1);
		ck_assert_int_eq(errno, EMFILE);
		ck_assert_int_eq(pauses, i);
		ck_assert_uint_eq(sg_accept_turned_away(), (unsigned)i);
		ck_assert(is_closed(clients[i - 1]));
		ck_assert(!is_closed(clients[i]));
	}
	/* There is one again. */
	close(fill[--n_fill]);
	ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	ck_assert(!is_closed(clients[4]));
	ck_assert_int_eq(pauses, 4);
	close_all();
}
END_TEST

/* One became free during the pause: nobody is turned away. */
START_TEST(test_free_again)
{
	int fd;

	open_all();
	exhaust();
	close(fill[--n_fill]);
	fd = dup(listener); /* taken by somebody who gives it back */
	ck_assert_int_ge(fd, 0);
	fill[n_fill++] = fd;
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	close(fill[--n_fill]);
	close(fill[--n_fill]);
	ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	ck_assert_uint_eq(sg_accept_turned_away(), 2);
	close_all();
}
END_TEST

/* Nobody waits (any more): it does not hang. */
START_TEST(test_nobody)
{
	open_all();
	for (int i = 0; i < N_CLIENTS; i++)
		ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	exhaust();
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	ck_assert_int_eq(pauses, 1);
	ck_assert_uint_eq(sg_accept_turned_away(), 0);
	close_all();
}
END_TEST

/* Other failures are passed on as they are. */
START_TEST(test_other)
{
	open_all();
	ck_assert_int_eq(accept(-1, NULL, NULL), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(accept(clients[0], NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(pauses, 0);
	close_all();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("accept");
	TCase *t = tcase_create("accept");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_turned_away);
	tcase_add_test(t, test_free_again);
	tcase_add_test(t, test_nobody);
	tcase_add_test(t, test_other);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
