/* SPDX-License-Identifier: ISC */
/*
 * test_flusher.c - the thread that takes what is counted to the file: when it
 * does, and how long it leaves the disk alone.
 *
 * Its clock is played (--wrap): a write takes as long as a row says, and what
 * is asserted is how long the thread means to wait then, not how long it did.
 */
#include "report/days_scratch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define FLUSH_MS 5000

struct sg_mono __wrap_sg_mono_now(void);
enum sg_rc __real_sg_days_file_add(struct sg_days_file *f,
    const struct sg_tally *tally, size_t rows_a_day, bool *busy,
    struct sg_err *err);
enum sg_rc __wrap_sg_days_file_add(struct sg_days_file *f,
    const struct sg_tally *tally, size_t rows_a_day, bool *busy,
    struct sg_err *err);
int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until);

static pthread_t tester;
static _Atomic int64_t clock_ms;
static atomic_int write_ms;      /* what the next write takes */
static _Atomic(enum sg_rc) write_rc;
static atomic_uint n_writes;
static atomic_uint n_rests;
static _Atomic int64_t rest_ms;  /* what the flusher means to wait this time */
static atomic_bool rest_is_over;

struct sg_mono
__wrap_sg_mono_now(void)
{
	return (struct sg_mono) { atomic_load(&clock_ms) };
}

enum sg_rc
__wrap_sg_days_file_add(struct sg_days_file *f, const struct sg_tally *tally,
    size_t rows_a_day, bool *busy, struct sg_err *err)
{
	enum sg_rc rc = atomic_load(&write_rc);

	atomic_fetch_add(&clock_ms, atomic_load(&write_ms));
	atomic_fetch_add(&n_writes, 1);
	if (rc == SG_OK)
		return __real_sg_days_file_add(f, tally, rows_a_day, busy,
		    err);
	*busy = false;
	sg_err_set(err, SG_REASON_INTERNAL, "played");
	return rc;
}

/* The flusher's: until the test says that the time has come, or somebody
   signals. */
static int
rest(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until)
{
	int64_t until_ms = until->tv_sec * 1000 + until->tv_nsec / 1000000;
	struct timespec soon;
	int error = ETIMEDOUT;

	atomic_store(&rest_ms, until_ms - atomic_load(&clock_ms));
	atomic_fetch_add(&n_rests, 1);
	while (error == ETIMEDOUT && !atomic_exchange(&rest_is_over, false)) {
		clock_gettime(CLOCK_MONOTONIC, &soon);
		soon.tv_nsec += 2000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		error = __real_pthread_cond_timedwait(cond, mutex, &soon);
	}
	if (error == ETIMEDOUT)
		atomic_store(&clock_ms, until_ms);
	return error;
}

int
__wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *until)
{
	struct timespec far;

	if (!pthread_equal(pthread_self(), tester))
		return rest(cond, mutex, until);
	clock_gettime(CLOCK_MONOTONIC, &far); /* who stops it waits for long */
	far.tv_sec += 60;
	return __real_pthread_cond_timedwait(cond, mutex, &far);
}

/* Until the flusher rests for the n-th time. How long. */
static int64_t
await_rest(unsigned n)
{
	while (atomic_load(&n_rests) < n)
		(void)poll(NULL, 0, 1);
	return atomic_load(&rest_ms);
}

/* Lets the rest end, and what is due then be done. How long the next is. */
static int64_t
flush_then_rest(void)
{
	unsigned n;

	(void)await_rest(1);
	n = atomic_load(&n_rests);
	atomic_store(&rest_is_over, true);
	return await_rest(n + 1);
}

static void
setup_played(void)
{
	setup();
	params.flush_ms = FLUSH_MS;
	tester = pthread_self();
	atomic_store(&clock_ms, 1000000);
	atomic_store(&write_ms, 0);
	atomic_store(&write_rc, SG_OK);
	atomic_store(&n_writes, 0);
	atomic_store(&n_rests, 0);
}

/* --- when ------------------------------------------------------------------- */

/* Every few seconds, though nobody asks; and what is counted later as well. */
START_TEST(flushes_by_itself)
{
	struct sg_days *d = open_days();

	ck_assert_int_eq(await_rest(1), FLUSH_MS);
	count_pass(d, "a.test");
	ck_assert_int_eq(flush_then_rest(), FLUSH_MS);
	ck_assert_uint_eq(total("a.test"), 1);
	count_pass(d, "a.test");
	ck_assert_int_eq(flush_then_rest(), FLUSH_MS);
	ck_assert_uint_eq(total("a.test"), 2);
	sg_days_free(&d);
}
END_TEST

START_TEST(writes_nothing_when_there_is_nothing)
{
	struct sg_days *d = open_days();

	count_pass(d, "a.test");
	(void)flush_then_rest();
	ck_assert_uint_eq(atomic_load(&n_writes), 1);
	(void)flush_then_rest();
	ck_assert_uint_eq(atomic_load(&n_writes), 1);
	sg_days_free(&d);
}
END_TEST

static const struct {
	const char *name;
	int write_ms;
	int64_t want_ms;
} rests[] = {
	{ "a quick disk", 1, FLUSH_MS },
	{ "a fiftieth of the time", 100, FLUSH_MS },
	{ "longer: it gets no more than that", 101, 5050 },
	{ "a second", 1000, 50000 },
	{ "the next is not put off for ever", 1200, 60000 },
	{ "however long it takes", 100000, 60000 },
};

START_TEST(rests_by_how_long_it_took)
{
	struct sg_days *d = open_days();
	int64_t got;

	atomic_store(&write_ms, rests[_i].write_ms);
	count_pass(d, "a.test");
	got = flush_then_rest();
	ck_assert_msg(got == rests[_i].want_ms, "%s: got %lld, want %lld",
	    rests[_i].name, (long long)got, (long long)rests[_i].want_ms);
	/* It is the last that counts. */
	atomic_store(&write_ms, 1);
	count_pass(d, "a.test");
	ck_assert_int_eq(flush_then_rest(), FLUSH_MS);
	ck_assert_uint_eq(total("a.test"), 2);
	sg_days_free(&d);
}
END_TEST

/* A disk that failed is left alone for half a minute; by a command too it is
   asked at once. */
START_TEST(failed_disk_is_left_alone)
{
	struct sg_days *d = open_days();

	atomic_store(&write_rc, SG_RETRY);
	count_pass(d, "a.test");
	(void)flush_then_rest();
	ck_assert_uint_eq(atomic_load(&n_writes), 1);
	atomic_store(&write_rc, SG_OK);
	for (int i = 0; i < 5; i++)
		(void)flush_then_rest(); /* 25 s */
	ck_assert_uint_eq(atomic_load(&n_writes), 1);
	(void)flush_then_rest();
	ck_assert_uint_eq(atomic_load(&n_writes), 2);
	ck_assert_uint_eq(total("a.test"), 1);
	sg_days_free(&d);
}
END_TEST

START_TEST(asked_it_tries_at_once)
{
	struct sg_days *d = open_days();

	atomic_store(&write_rc, SG_RETRY);
	count_pass(d, "a.test");
	(void)flush_then_rest();
	atomic_store(&write_rc, SG_OK);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(total("a.test"), 1);
	sg_days_free(&d);
}
END_TEST

/* Who stops the daemon does not wait for the rest to be over. */
START_TEST(stop_ends_the_rest)
{
	struct sg_days *d = open_days();

	atomic_store(&write_ms, 100000);
	count_pass(d, "a.test");
	ck_assert_int_eq(flush_then_rest(), 60000);
	count_pass(d, "a.test");
	ck_assert(sg_days_stop(d, 60000));
	ck_assert_uint_eq(total("a.test"), 2);
	sg_days_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("flusher");
	TCase *t = tcase_create("flusher");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup_played, scratch_remove);
	tcase_add_test(t, flushes_by_itself);
	tcase_add_test(t, writes_nothing_when_there_is_nothing);
	tcase_add_loop_test(t, rests_by_how_long_it_took, 0, (int)N(rests));
	tcase_add_test(t, failed_disk_is_left_alone);
	tcase_add_test(t, asked_it_tries_at_once);
	tcase_add_test(t, stop_ends_the_rest);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
