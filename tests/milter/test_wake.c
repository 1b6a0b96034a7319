/* SPDX-License-Identifier: ISC */
/*
 * The wake sessions, by what libmilter would see of them: a socket is played
 * that takes them, answers or does not, and closes them. How long the thread
 * means to rest between two ticks is seen where it waits (--wrap), and it can
 * be held there.
 */
#include <sys/socket.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <check.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "listen.h"
#include "wake.h"

#define SESSIONS 16
#define OPTNEG "\0\0\0\rO\0\0\0\6\0\0\1\0\0\0\1\0"
#define ABORT "\0\0\0\1A"

static char dir[64];
static struct sg_listen at;
static int server = -1;
static struct sg_wake *wake;

static void
set_up(void)
{
	struct sg_err err;

	snprintf(dir, sizeof(dir), P_tmpdir "/stsgate-wake-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	at = (struct sg_listen) { .is_unix = true };
	snprintf(at.path, sizeof(at.path), "%s/sock", dir);
	ck_assert_int_eq(sg_listen_open(&(struct sg_listen_params) { &at,
	    (uid_t)-1, "", 0600 }, &server, &err), SG_OK);
	wake = sg_wake_new(&at);
	ck_assert_ptr_nonnull(wake);
}

static void
tear_down(void)
{
	sg_wake_free(&wake);
	ck_assert_ptr_null(wake);
	close(server);
	sg_listen_unlink(&at);
	(void)rmdir(dir);
}

/* True if fd has something to be read (or accepted) within ms. */
static bool
is_ready(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

static int
accept_session(void)
{
	int fd = accept(server, NULL, NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
expect(int fd, const char *frame, size_t len)
{
	char buf[64];

	ck_assert_int_eq(recv(fd, buf, len, MSG_WAITALL), (ssize_t)len);
	ck_assert_mem_eq(buf, frame, len);
}

/* As libmilter answers; what is in it does not matter. */
static void
answer(int fd)
{
	ck_assert_int_eq(send(fd, OPTNEG, 17, MSG_NOSIGNAL), 17);
}

static void
take_all(int fd[SESSIONS])
{
	for (int i = 0; i < SESSIONS; i++) {
		fd[i] = accept_session();
		expect(fd[i], OPTNEG, 17);
		answer(fd[i]);
	}
}

static void
close_all(int fd[SESSIONS])
{
	for (int i = 0; i < SESSIONS; i++)
		close(fd[i]);
}

/* Until the thread has them: what it was answered it must have read. */
static void
await_sessions(int fd[SESSIONS])
{
	bool all = false;
	char buf[8];

	sg_wake_opened(wake);
	while (!all) {
		sg_wake_now(wake);
		all = true;
		for (int i = 0; i < SESSIONS; i++)
			all = all && recv(fd[i], buf, 1, MSG_PEEK |
			    MSG_DONTWAIT) == 1;
		(void)poll(NULL, 0, 1);
	}
	for (int i = 0; i < SESSIONS; i++)
		while (recv(fd[i], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	sg_wake_closed(wake);
}

/* Sixteen of them, and known as ours by what they offer; an MTA's is not. */
START_TEST(test_negotiation)
{
	int fd[SESSIONS];

	take_all(fd);
	ck_assert(sg_wake_is_ours(SMFIF_SETSYMLIST));
	ck_assert(!sg_wake_is_ours(SMFI_CURR_ACTS));
	ck_assert(!sg_wake_is_ours(SMFI_V1_ACTS));
	await_sessions(fd);
	ck_assert(!is_ready(server, 0)); /* no more */
	close_all(fd);
}
END_TEST

/* One frame to the next session each time. */
START_TEST(test_in_turn)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	sg_wake_opened(wake);
	for (int i = 0; i < 2 * SESSIONS; i++)
		sg_wake_now(wake);
	for (int i = 0; i < SESSIONS; i++) {
		expect(fd[i], ABORT, 5);
		expect(fd[i], ABORT, 5);
		ck_assert(!is_ready(fd[i], 0));
	}
	close_all(fd);
}
END_TEST

/* Nobody starves where each session may have a worker of its own, and one that
   is just being negotiated too. */
START_TEST(test_enough_workers)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	sg_wake_enter(wake); /* a worker, which we are */
	for (int i = 0; i < SESSIONS; i++)
		sg_wake_now(wake);
	for (int i = 0; i < SESSIONS; i++)
		ck_assert(!is_ready(fd[i], 0));
	sg_wake_opened(wake);
	for (int i = 0; i < SESSIONS; i++)
		sg_wake_now(wake);
	for (int i = 0; i < SESSIONS; i++)
		expect(fd[i], ABORT, 5);
	sg_wake_leave(wake);
	close_all(fd);
}
END_TEST

/* libmilter closes what idles for too long: it comes back. */
START_TEST(test_reopened)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	sg_wake_opened(wake);
	close(fd[1]);
	while (!is_ready(server, 1))
		sg_wake_now(wake); /* finds out */
	fd[1] = accept_session();
	expect(fd[1], OPTNEG, 17);
	answer(fd[1]);
	await_sessions(fd);
	close_all(fd);
}
END_TEST

/* While many are inside it ticks by itself; not when each session may have a
   worker of its own, as the one that we are. */
START_TEST(test_ticks_when_busy)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	sg_wake_opened(wake);
	for (int i = 0; i < 4; i++)
		sg_wake_enter(wake);
	ck_assert(!is_ready(fd[0], 500)); /* longer than it sleeps */
	sg_wake_opened(wake);
	for (int i = 0; i < SESSIONS; i++)
		expect(fd[i], ABORT, 5);
	for (int i = 0; i < 2; i++)
		sg_wake_closed(wake);
	for (int i = 0; i < 4; i++)
		sg_wake_leave(wake);
	close_all(fd);
}
END_TEST

/* So many recipients, one after the other. */
static void
serve(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		sg_wake_enter(wake);
		sg_wake_leave(wake);
	}
}

/* To how many sessions something was written; it is read. */
static int
woken(int fd[SESSIONS])
{
	char buf[256];
	int n = 0;

	for (int i = 0; i < SESSIONS; i++)
		n += recv(fd[i], buf, sizeof(buf), MSG_DONTWAIT) > 0;
	return n;
}

/* --- the rests between ticks ---------------------------------------------- */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until);

static pthread_t tester;
static atomic_bool rests_are_held;
static _Thread_local struct timespec last_read; /* of the clock */
static atomic_long rest_ms;
static sem_t rest_begins, rest_ends;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = __real_clock_gettime(clock, now);

	last_read = *now;
	return rc;
}

int
__wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until)
{
	if (!atomic_load(&rests_are_held) ||
	    pthread_equal(pthread_self(), tester))
		return __real_pthread_cond_timedwait(cond, mutex, until);
	atomic_store(&rest_ms, (until->tv_sec - last_read.tv_sec) * 1000 +
	    (until->tv_nsec - last_read.tv_nsec) / 1000000);
	pthread_mutex_unlock(mutex);
	sem_post(&rest_begins);
	while (sem_wait(&rest_ends) != 0)
		;
	pthread_mutex_lock(mutex);
	return 0;
}

static long
await_rest(void)
{
	while (sem_wait(&rest_begins) != 0)
		;
	return atomic_load(&rest_ms);
}

/* From the next rest on each is held until the test goes on. How long it is
   meant to be. */
static long
hold_rests(void)
{
	tester = pthread_self();
	ck_assert_int_eq(sem_init(&rest_begins, 0, 0), 0);
	ck_assert_int_eq(sem_init(&rest_ends, 0, 0), 0);
	atomic_store(&rests_are_held, true);
	return await_rest();
}

static long
tick_then_rest(void)
{
	sem_post(&rest_ends);
	return await_rest();
}

static void
let_rests_go(void)
{
	atomic_store(&rests_are_held, false);
	sem_post(&rest_ends);
}

/* While others are served, a session may queue behind them: the more are
   served, the sooner is the next tick, from four a millisecond on five times
   as soon. Each tick that is none of idleness wakes one. */
START_TEST(test_ticks_faster)
{
	static const struct {
		const char *name;
		int sessions;    /* more than before */
		unsigned inside; /* while it ticks */
		unsigned served; /* since the last tick */
		long want_ms;
	} rows[] = { /* each follows the one before; we are one worker */
		{ "nobody there", 0, 0, 0, 200 },
		{ "a worker for each", 1, 0, 1000, 200 },
		{ "more sessions than workers, and silence", 2, 0, 0, 200 },
		{ "behind idleness as behind 5 ms: too few", 0, 0, 19, 5 },
		{ "four a millisecond", 0, 0, 20, 1 },
		{ "still four", 0, 0, 4, 1 },
		{ "fewer", 0, 0, 3, 5 },
		{ "many", 0, 0, 1000, 1 },
		{ "silence again", 0, 0, 0, 200 },
		{ "nobody is served, and many wait", 0, 4, 0, 5 },
		{ "not so many", 0, 3, 0, 200 },
		{ "they wait, and others are served", 0, 4, 20, 1 },
		{ "a worker for each again", -2, 4, 1000, 200 },
	};
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	(void)hold_rests();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long got;

		for (int n = rows[i].sessions; n > 0; n--)
			sg_wake_opened(wake);
		for (int n = rows[i].sessions; n < 0; n++)
			sg_wake_closed(wake);
		serve(rows[i].served);
		for (unsigned n = 0; n < rows[i].inside; n++)
			sg_wake_enter(wake);
		(void)woken(fd); /* by those who were served */
		got = tick_then_rest();
		ck_assert_msg(got == rows[i].want_ms, "%s: got %ld, want %ld",
		    rows[i].name, got, rows[i].want_ms);
		ck_assert_int_eq(woken(fd), got < 200);
		/* What they wait for comes: it is nobody's tick. */
		for (unsigned n = 0; n < rows[i].inside; n++)
			sg_wake_leave(wake);
		if (rows[i].inside > 0)
			(void)tick_then_rest();
	}
	let_rests_go();
	close_all(fd);
}
END_TEST

/* Serves until so many have been written to. */
static void
serve_until(int fd[SESSIONS], int want)
{
	int n = 0;

	for (int i = 0; i < 10000 && n < want; i++) {
		serve(64);
		n += woken(fd);
	}
	ck_assert_int_ge(n, want);
}

/* More sessions than workers, which are we: several are asked for, each by
   another session, since one that is written to again brings no other. */
START_TEST(test_grows)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	for (int i = 0; i < 3; i++)
		sg_wake_opened(wake);
	serve_until(fd, 4);
	(void)poll(NULL, 0, 10);
	serve(100000);
	ck_assert_int_eq(woken(fd), SESSIONS); /* each was left alone */
	for (int i = 0; i < 2; i++)
		sg_wake_closed(wake);
	(void)poll(NULL, 0, 50);
	(void)woken(fd); /* what the thread was about to write */
	serve(100000);
	ck_assert_int_eq(woken(fd), 0);
	close_all(fd);
}
END_TEST

static void *
serve_once(void *arg)
{
	(void)arg;
	serve(1);
	return NULL;
}

/* As many workers as sessions, as without a pool: nobody is woken. A worker
   that ended is none. */
START_TEST(test_enough)
{
	int fd[SESSIONS];
	pthread_t other;

	take_all(fd);
	await_sessions(fd);
	sg_wake_opened(wake);
	serve(100000);
	ck_assert_int_eq(woken(fd), 0);
	sg_wake_opened(wake);
	ck_assert_int_eq(pthread_create(&other, NULL, serve_once, NULL), 0);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	serve_until(fd, 1);
	close_all(fd);
}
END_TEST

/* With fewer workers than sessions a recipient now and then may starve others
   too: each is followed by a wake or two, and silence by none. */
START_TEST(test_seldom)
{
	int fd[SESSIONS], n;

	take_all(fd);
	await_sessions(fd);
	for (int i = 0; i < 3; i++)
		sg_wake_opened(wake);
	(void)poll(NULL, 0, 300);
	for (int i = 0; i < 4; i++) {
		serve(1);
		(void)poll(NULL, 0, 300); /* longer than it sleeps */
		n = woken(fd);
		ck_assert_int_ge(n, 1);
		ck_assert_int_le(n, 2);
		(void)poll(NULL, 0, 300);
		ck_assert_int_eq(woken(fd), 0);
	}
	close_all(fd);
}
END_TEST

/* A controller that does not read blocks nobody, and loses no session. */
START_TEST(test_full)
{
	int fd[SESSIONS];

	take_all(fd);
	await_sessions(fd);
	sg_wake_opened(wake);
	for (int i = 0; i < 200000; i++)
		sg_wake_now(wake);
	ck_assert(!is_ready(server, 300)); /* none was given up */
	close_all(fd);
}
END_TEST

/* Without an answer it is no session yet, and the next is not begun. */
START_TEST(test_no_answer)
{
	int fd = accept_session(), all[SESSIONS];

	sg_wake_opened(wake);
	expect(fd, OPTNEG, 17);
	sg_wake_now(wake);
	ck_assert(!is_ready(fd, 100));
	ck_assert(!is_ready(server, 0));
	close(fd);
	take_all(all); /* it tries again, and lacks all */
	close_all(all);
}
END_TEST

#ifdef PR_GET_TIMERSLACK
static void *
own_slack(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
}

static intptr_t
slack_of_new_thread(void)
{
	pthread_t thread;
	void *slack;

	ck_assert_int_eq(pthread_create(&thread, NULL, own_slack, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &slack), 0);
	return (intptr_t)slack;
}

/* Threads that are made by the one that was prepared wait like it. */
START_TEST(test_prepare)
{
	const intptr_t before = slack_of_new_thread();

	sg_wake_prepare();
	ck_assert_int_eq(slack_of_new_thread(), 10000000);
	ck_assert_int_ne(before, 10000000);
}
END_TEST
#endif

/* Without memory or threads the daemon works without. */
START_TEST(test_none)
{
	struct sg_wake *none = NULL;

	sg_wake_now(none);
	sg_wake_enter(none);
	sg_wake_leave(none);
	sg_wake_opened(none);
	sg_wake_closed(none);
	sg_wake_free(&none);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wake");
	TCase *t = tcase_create("wake");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_negotiation);
	tcase_add_test(t, test_in_turn);
	tcase_add_test(t, test_enough_workers);
	tcase_add_test(t, test_reopened);
	tcase_add_test(t, test_ticks_when_busy);
	tcase_add_test(t, test_ticks_faster);
	tcase_add_test(t, test_grows);
	tcase_add_test(t, test_enough);
	tcase_add_test(t, test_seldom);
	tcase_add_test(t, test_full);
	tcase_add_test(t, test_no_answer);
#ifdef PR_GET_TIMERSLACK
	tcase_add_test(t, test_prepare);
#endif
	tcase_add_test(t, test_none);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
