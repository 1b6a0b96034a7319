/* SPDX-License-Identifier: ISC */
/*
 * test_tick.c - pins go to the disk with the engine's tick: all of one tick
 * together, and none waits for longer (THREATS T25, 5.4).
 */
#include "store/scratch_sql.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>

#include "support/engine_bench.h"

#define TICK_MS 200
#define MANY 100

static struct engine_bench b;

static void
open_bench(void)
{
	b.store_path = scratch_db;
	engine_bench_open(&b, "");
}

static void
set_pins(const char *prefix, int n)
{
	struct sg_wall now = sg_wall_now(), until = { now.s + 86400 };
	struct sg_pin *pin;
	char key[32];

	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%s%d.test", prefix, i);
		ck_assert_int_eq(sg_pin_read(key, SG_LEVEL_SECURE, now, until,
		    "*.good.test", &pin), SG_OK);
		ck_assert_int_eq(sg_engine_set_pin(b.engine, pin), SG_OK);
		sg_pin_unref(&pin);
	}
}

START_TEST(pins_of_a_tick_are_one_transaction)
{
	unsigned before, n;
	int64_t began, took;

	open_bench();
	/* The first tick does what is due once a minute too; it is over when
	   the second has come. */
	for (int i = 1; i <= 2; i++) {
		set_pins(i == 1 ? "a" : "b", 1);
		AWAIT(scratch_pins() == i);
	}
	before = scratch_transactions();
	began = sg_mono_now().ms;
	set_pins("d", MANY);
	took = sg_mono_now().ms - began;
	AWAIT(scratch_pins() == 2 + MANY);
	n = scratch_transactions() - before;
	/* Ticks may have come in between. */
	ck_assert_msg(n <= 2 + took / TICK_MS, "%u transactions in %lld ms", n,
	    (long long)took);
	engine_bench_close(&b);
}
END_TEST

/* A daemon that is stopped has no tick to come. */
START_TEST(drain_writes_them)
{
	open_bench();
	set_pins("d", MANY);
	sg_engine_drain(b.engine);
	ck_assert_int_eq(scratch_pins(), MANY);
	engine_bench_close(&b);
}
END_TEST

/* --- kill -9 ------------------------------------------------------------------ */

struct life {
	pid_t pid;
	int worker; /* the worker's end of its channel, to see pings at */
	int ask, told;
};

/* Makes the pins that it is asked for, by their first letter, and says so. */
static void
live(int worker, int asked, int tell)
{
	char prefix[2] = "";

	open_bench();
	sg_engine_attach(b.engine, 0, worker);
	while (read(asked, prefix, 1) == 1) {
		set_pins(prefix, MANY);
		if (write(tell, prefix, 1) != 1)
			break;
	}
	_exit(1);
}

static struct life
begin_life(void)
{
	int channel[2], ask[2], tell[2];
	struct life l;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel), 0);
	ck_assert_int_eq(pipe(ask), 0);
	ck_assert_int_eq(pipe(tell), 0);
	ck_assert_int_ge(l.pid = fork(), 0);
	if (l.pid == 0) {
		close(channel[1]);
		close(ask[1]);
		live(channel[0], ask[0], tell[1]);
	}
	close(channel[0]);
	close(ask[0]);
	close(tell[1]);
	l.worker = channel[1];
	l.ask = ask[1];
	l.told = tell[0];
	return l;
}

static void
make_pins(const struct life *l, char prefix)
{
	char told;

	ck_assert_int_eq(write(l->ask, &prefix, 1), 1);
	ck_assert_int_eq(read(l->told, &told, 1), 1);
}

/* Until a whole tick has passed. Pins are written before workers are pinged:
   after the second ping what was there before the first is on disk. */
static void
await_tick(const struct life *l)
{
	unsigned char buf[SG_JOB_FRAME_MAX];
	struct sg_frame frame;
	ssize_t n;

	while (recv(l->worker, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_gt(n = recv(l->worker, buf, sizeof(buf), 0), 0);
		ck_assert_int_eq(sg_frame_decode(buf, (size_t)n, &frame, NULL),
		    SG_OK);
		ck_assert_int_eq(frame.type, SG_FRAME_PING);
	}
}

static void
end_life(const struct life *l)
{
	int status;

	ck_assert_int_eq(kill(l->pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(l->pid, &status, 0), l->pid);
	ck_assert(WIFSIGNALED(status));
	close(l->worker);
	close(l->ask);
	close(l->told);
}

/* How many there are; those are whole. */
static int
count_pins(struct sg_store *s, const char *prefix)
{
	struct sg_pin *pin;
	char key[32], *names;
	int n = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "%s%d.test", prefix, i);
		pin = sg_store_pin(s, key);
		if (pin == NULL)
			continue;
		n++;
		names = sg_pin_names_text(pin);
		ck_assert_int_eq(pin->level, SG_LEVEL_SECURE);
		ck_assert_str_eq(names, "*.good.test");
		free(names);
		sg_pin_unref(&pin);
	}
	return n;
}

/* The youngest may be lost; none that a tick has come upon is. */
START_TEST(killed)
{
	struct sg_store_params params = { .path = scratch_db };
	struct sg_store *s;
	struct life l = begin_life();

	make_pins(&l, 'a');
	await_tick(&l);
	if (_i == 1)
		make_pins(&l, 'b');
	end_life(&l);
	ck_assert_int_eq(sg_store_open(&params, &s, NULL), SG_OK);
	ck_assert_int_eq(count_pins(s, "a"), MANY);
	ck_assert_int_le(count_pins(s, "b"), _i == 1 ? MANY : 0);
	sg_store_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine: tick");
	TCase *t = tcase_create("tick");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, pins_of_a_tick_are_one_transaction);
	tcase_add_test(t, drain_writes_them);
	tcase_add_loop_test(t, killed, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
