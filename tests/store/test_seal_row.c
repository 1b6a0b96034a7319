/* SPDX-License-Identifier: ISC */
/*
 * test_seal_row.c - the seal of a row by itself, and what is remembered of the
 * rows that were seen (THREATS T21). The keyed hash is played here, so that
 * rows can be made to meet; whole stores are in test_seal.c.
 */
#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/key_hash.h"
#include "store/seal.h"

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define NOW 1795000000
#define LARGEST ((uint64_t)1 << 20) /* slots */
#define REACH 16

static const struct sg_key key_a = { 32, "0123456789abcdef0123456789abcdef" };

/* --- what is played ------------------------------------------------------- */

static uint64_t last_secret[2];
static unsigned wiped;

/* Of "#5" it is 5; of what else, something. */
uint64_t
sg_key_hash(const uint64_t secret[2], const char *key, size_t len)
{
	uint64_t hash = secret[0] ^ secret[1];

	if (key[0] == '#')
		return strtoull(key + 1, NULL, 10);
	memcpy(last_secret, secret, sizeof(last_secret));
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3;
	return hash;
}

void
sg_key_wipe(struct sg_key *key)
{
	wiped += key->len == key_a.len &&
	    memcmp(key->bytes, key_a.bytes, key_a.len) == 0;
}

/* Which call from now on finds no memory; 0: none. */
static int short_in;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
is_short(void)
{
	return short_in > 0 && --short_in == 0;
}

void *
__wrap_malloc(size_t size)
{
	return is_short() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_short() ? NULL : __real_calloc(n, size);
}

static struct sg_seal *
new_seal(void)
{
	/* Its generations are those of the test. */
	struct sg_seal *seal = sg_seal_new(&key_a, (struct sg_wall) { 0 });

	ck_assert_ptr_nonnull(seal);
	return seal;
}

static void
note(struct sg_seal *seal, uint64_t hash, int64_t generation)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "#%" PRIu64, hash);
	sg_seal_note(seal, SG_SEAL_FACTS, key, generation);
}

static int64_t
seen(struct sg_seal *seal, uint64_t hash)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "#%" PRIu64, hash);
	return sg_seal_seen(seal, SG_SEAL_FACTS, key);
}

/* --- the seal ------------------------------------------------------------- */

/* These are on disks: a row that was sealed once must be read by all to come.
   Worked out by another program. */
static const struct {
	struct sg_seal_row row;
	const char *want;
} seals[] = {
	{ { SG_SEAL_FACTS, "good.test", "record", 6,
	      { 0x1112131415161718, -2, 0 }, 0x0102030405060708 },
	    "72ffe9a558c577580fd3b54d921988e2"
	    "0cec33c2d0af17f72ee29012bd11325e" },
	{ { SG_SEAL_PINS, "a", "x", 1, { 4, 1795000000, 1795086400 }, 1 },
	    "8125b708c1ca3fa8907f56231eaff7af"
	    "d5a026ce42254b9c789254115b18e067" },
	{ { SG_SEAL_PINS, "", NULL, 0, { 0, 0, (int64_t)1 << 40 }, -1 },
	    "49d3616f74a08b71b7a6e736881b868d"
	    "1e77217947a8526877e453f0a819ea3b" },
};

START_TEST(a_seal_is_what_it_was)
{
	struct sg_seal *seal = new_seal();
	unsigned char mac[SG_SEAL_SIZE];
	char got[2 * SG_SEAL_SIZE + 1];

	ck_assert(sg_seal_make(seal, &seals[_i].row, mac));
	for (int i = 0; i < SG_SEAL_SIZE; i++)
		(void)snprintf(got + 2 * i, 3, "%02x", mac[i]);
	ck_assert_str_eq(got, seals[_i].want);
	sg_seal_free(&seal);
	ck_assert_ptr_null(seal);
}
END_TEST

/* The key is copied, and wiped at the end. */
START_TEST(the_key_is_wiped)
{
	struct sg_key key = key_a;
	struct sg_seal *seal = sg_seal_new(&key, (struct sg_wall) { 0 });
	unsigned char mac[SG_SEAL_SIZE], again[SG_SEAL_SIZE];

	ck_assert(sg_seal_make(seal, &seals[0].row, mac));
	memset(&key, 0, sizeof(key));
	ck_assert(sg_seal_make(seal, &seals[0].row, again));
	ck_assert_mem_eq(mac, again, sizeof(mac));
	wiped = 0;
	sg_seal_free(&seal);
	ck_assert_uint_eq(wiped, 1);
	sg_seal_free(&seal); /* nothing is left to free */
	ck_assert_uint_eq(wiped, 1);
}
END_TEST

/* How far seen is above the row's generation, whether its seal is there and
   which octet of it is turned over; what is remembered then. */
static const struct {
	const char *name;
	int64_t seen;
	int octet; /* -1: none; -2: no seal */
	enum sg_rc want;
	const char *why;
} checks[] = {
	{ "the first", 0, -1, SG_OK, NULL },
	{ "the same again", 100, -1, SG_OK, NULL },
	{ "older by one", 101, -1, SG_BAD, "the pin of a.test: it is older "
	    "than one that was there: who but stsgate writes to the file?" },
	{ "another's first octet", 0, 0, SG_BAD, "the pin of a.test: its seal "
	    "is not ours: who but stsgate writes to the file?" },
	{ "another's last octet", 0, 31, SG_BAD, "its seal is not ours" },
	{ "none", 0, -2, SG_BAD, "the pin of a.test: it has no seal: who but" },
};

/* One line, and what it begins with behind "refused ". */
static void
check_line(FILE *log, const char *why)
{
	char line[500];
	const char *at = NULL;

	rewind(log);
	if (fgets(line, sizeof(line), log) != NULL)
		at = strstr(line, "store: refused ");
	ck_assert_msg((at != NULL) == (why != NULL), "said: %s", line);
	ck_assert_msg(why == NULL || strstr(at, why) != NULL, "got %s", at);
	ck_assert_ptr_null(fgets(line, sizeof(line), log));
}

START_TEST(what_is_checked)
{
	static const struct sg_seal_row row = { SG_SEAL_PINS, "a.test", "x y",
		3, { 1, 2, 3 }, 100 };
	struct sg_seal *seal = new_seal();
	unsigned char mac[SG_SEAL_SIZE];
	int octet = checks[_i].octet, fd = dup(STDERR_FILENO);
	FILE *log = tmpfile();
	enum sg_rc rc;

	ck_assert(sg_seal_make(seal, &row, mac));
	if (octet >= 0)
		mac[octet] ^= 1;
	ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
	rc = sg_seal_check(seal, &row, octet == -2 ? NULL : mac,
	    checks[_i].seen);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close(fd);
	ck_assert_msg(rc == checks[_i].want, "%s: got %d", checks[_i].name, rc);
	check_line(log, checks[_i].why);
	fclose(log);
	ck_assert_uint_eq(sg_seal_refused(seal), rc == SG_OK ? 0 : 1);
	ck_assert_int_eq(sg_seal_seen(seal, SG_SEAL_PINS, "a.test"),
	    rc == SG_OK ? 100 : 0);
	ck_assert_int_eq(sg_seal_seen(seal, SG_SEAL_FACTS, "a.test"), 0);
	sg_seal_free(&seal);
}
END_TEST

/* T14: a key of whatever length and octets takes one line of a screen. */
START_TEST(a_long_key_is_cut)
{
	char key[200], shown[120];
	struct sg_seal_row row = { SG_SEAL_FACTS, key, NULL, 0, { 0, 0, 0 },
		1 };
	struct sg_seal *seal = new_seal();
	int fd = dup(STDERR_FILENO);
	FILE *log = tmpfile();

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
	ck_assert_int_eq(sg_seal_check(seal, &row, NULL, 0), SG_BAD);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close(fd);
	(void)snprintf(shown, sizeof(shown), "row of %.76s...: it has no seal",
	    key);
	check_line(log, shown);
	fclose(log);
	sg_seal_free(&seal);
}
END_TEST

/* A row that memory is too short for is not refused: it may be good. */
START_TEST(no_memory_is_no_verdict)
{
	struct sg_seal_row row = { SG_SEAL_FACTS, "a.test", "x", 1,
		{ 0, 0, 0 }, 1 };
	struct sg_seal *seal = new_seal();
	unsigned char mac[SG_SEAL_SIZE];

	short_in = 1;
	ck_assert(!sg_seal_make(seal, &row, mac));
	ck_assert(sg_seal_make(seal, &row, mac));
	short_in = 1;
	ck_assert_int_eq(sg_seal_check(seal, &row, mac, 0), SG_RETRY);
	ck_assert_uint_eq(sg_seal_refused(seal), 0);
	ck_assert_int_eq(sg_seal_seen(seal, SG_SEAL_FACTS, "a.test"), 0);
	ck_assert_int_eq(sg_seal_check(seal, &row, mac, 0), SG_OK);
	sg_seal_free(&seal);
}
END_TEST

/* Of either block. */
START_TEST(no_memory_no_seal)
{
	for (int i = 1; i <= 2; i++) {
		struct sg_seal *seal;

		short_in = i;
		seal = sg_seal_new(&key_a, (struct sg_wall) { NOW });
		ck_assert_int_eq(short_in, 0);
		ck_assert_ptr_null(seal);
	}
}
END_TEST

/* --- generations ---------------------------------------------------------- */

/* T9: they begin at the clock, if that can be. */
START_TEST(generations_begin_at_the_clock)
{
	static const struct {
		int64_t now, want;
	} r[] = {
		{ INT64_MIN, 1 }, { -1, 1 }, { 0, 1 }, { 1, (1 << 20) + 1 },
		{ NOW, ((int64_t)NOW << 20) + 1 },
		{ ((int64_t)1 << 40) - 1, (((int64_t)1 << 40) - 1) * (1 << 20)
		    + 1 },
		{ (int64_t)1 << 40, 1 }, { INT64_MAX, 1 },
	};
	struct sg_seal *seal = sg_seal_new(&key_a,
	    (struct sg_wall) { r[_i].now });

	ck_assert_int_eq(sg_seal_take(seal, 3), r[_i].want);
	ck_assert_int_eq(sg_seal_take(seal, 1), r[_i].want + 3);
	ck_assert_int_eq(sg_seal_take(seal, 1), r[_i].want + 4);
	sg_seal_free(&seal);
}
END_TEST

/* What is read of an earlier process may be newer than the clock says. */
START_TEST(generations_go_on_from_what_is_read)
{
	struct sg_seal *seal = new_seal();

	note(seal, 1, 5000);
	ck_assert_int_eq(sg_seal_take(seal, 1), 5001);
	note(seal, 2, 4000);
	ck_assert_int_eq(sg_seal_take(seal, 1), 5002);
	sg_seal_free(&seal);
}
END_TEST

/* --- what is remembered --------------------------------------------------- */

/* Nobody can choose keys that meet: each process has a secret of its own. */
START_TEST(the_hash_has_a_secret)
{
	uint64_t facts[2], before[2] = { 0, 0 };

	for (int i = 0; i < 20; i++) {
		struct sg_seal *seal = new_seal();

		sg_seal_seen(seal, SG_SEAL_FACTS, "a.test");
		memcpy(facts, last_secret, sizeof(facts));
		sg_seal_seen(seal, SG_SEAL_PINS, "a.test");
		/* A pin's key is another. */
		ck_assert(last_secret[0] != facts[0]);
		ck_assert(last_secret[1] == facts[1]);
		ck_assert(facts[0] != facts[1]);
		ck_assert(facts[0] != before[0] && facts[1] != before[1]);
		memcpy(before, facts, sizeof(before));
		sg_seal_free(&seal);
	}
}
END_TEST

/* The newest counts, whenever it comes. */
START_TEST(the_newest_is_remembered)
{
	struct sg_seal *seal = new_seal();

	ck_assert_int_eq(seen(seal, 5), 0);
	note(seal, 5, 10);
	ck_assert_int_eq(seen(seal, 5), 10);
	note(seal, 5, 9);
	ck_assert_int_eq(seen(seal, 5), 10);
	note(seal, 5, 11);
	ck_assert_int_eq(seen(seal, 5), 11);
	ck_assert_int_eq(seen(seal, 6), 0);
	ck_assert_int_eq(seen(seal, 5 + LARGEST), 0);
	sg_seal_free(&seal);
}
END_TEST

/* A hash of 0 is one like any other, and so are those beside it. */
START_TEST(no_hash_is_special)
{
	struct sg_seal *seal = new_seal();

	note(seal, 0, 7);
	note(seal, 256, 8);
	note(seal, LARGEST, 9);
	ck_assert_int_eq(seen(seal, 0), 7);
	ck_assert_int_eq(seen(seal, 256), 8);
	ck_assert_int_eq(seen(seal, LARGEST), 9);
	for (uint64_t i = 0; i < 17; i++) /* the table grows */
		note(seal, 100 + i * 256, 20);
	ck_assert_int_eq(seen(seal, 0), 7);
	ck_assert_int_eq(seen(seal, 256), 8);
	ck_assert_int_eq(seen(seal, LARGEST), 9);
	sg_seal_free(&seal);
}
END_TEST

/* Keys that meet, but not in a table that is large enough: none is lost. */
START_TEST(the_table_grows)
{
	struct sg_seal *seal = new_seal();

	for (uint64_t i = 0; i < 200; i++) {
		note(seal, 100 + i * 4096, (int64_t)i + 1);
		if (i < 16) /* the first 16 slots are always full */
			note(seal, i * LARGEST, (int64_t)i + 1);
		for (uint64_t k = 0; k <= i; k++)
			ck_assert_int_eq(seen(seal, 100 + k * 4096),
			    (int64_t)k + 1);
	}
	for (uint64_t i = 0; i < 16; i++)
		ck_assert_int_eq(seen(seal, i * LARGEST), (int64_t)i + 1);
	sg_seal_free(&seal);
}
END_TEST

/* Of keys that always meet 16 are remembered; the 17th takes the place of the
   oldest, wherever that is, and at the table's end, too. */
START_TEST(the_oldest_is_forgotten)
{
	static const uint64_t homes[] = { 0, 7, 1001, LARGEST - 1,
		LARGEST - 8 };

	for (uint64_t old = 0; old < REACH; old++) {
		struct sg_seal *seal = new_seal();
		uint64_t home = homes[_i];

		for (uint64_t i = 0; i < REACH; i++)
			note(seal, home + i * LARGEST,
			    i == old ? 1 : 100 + (int64_t)i);
		for (uint64_t i = 0; i < REACH; i++)
			ck_assert_int_ge(seen(seal, home + i * LARGEST), 1);
		note(seal, home + REACH * LARGEST, 50);
		ck_assert_int_eq(seen(seal, home + REACH * LARGEST), 50);
		for (uint64_t i = 0; i < REACH; i++)
			ck_assert_int_eq(seen(seal, home + i * LARGEST),
			    i == old ? 0 : 100 + (int64_t)i);
		/* They meet nobody else. */
		note(seal, home + REACH, 1);
		ck_assert_int_eq(seen(seal, home + REACH), 1);
		sg_seal_free(&seal);
	}
}
END_TEST

/* Nor is there memory for a larger table: it stays, and is in order; and later
   it grows. */
START_TEST(grows_when_it_can)
{
	struct sg_seal *seal = new_seal();

	for (uint64_t i = 0; i < REACH; i++)
		note(seal, 9 + i * 4096, (int64_t)i + 1);
	short_in = 1;
	note(seal, 9 + REACH * 4096, 100);
	ck_assert_int_eq(short_in, 0);
	ck_assert_int_eq(seen(seal, 9 + REACH * 4096), 100);
	note(seal, 9 + (REACH + 1) * 4096, 101);
	ck_assert_int_eq(seen(seal, 9), 0); /* the oldest */
	for (uint64_t i = 1; i < REACH; i++)
		ck_assert_int_eq(seen(seal, 9 + i * 4096), (int64_t)i + 1);
	ck_assert_int_eq(seen(seal, 9 + REACH * 4096), 100);
	ck_assert_int_eq(seen(seal, 9 + (REACH + 1) * 4096), 101);
	sg_seal_free(&seal);
}
END_TEST

/* What goes over the table's end comes first when it grows, and takes places
   of what stood before the end: some keys find none within reach. */
START_TEST(grows_round_the_end)
{
	struct sg_seal *seal = new_seal();
	uint64_t a = 245, b = 255;

	/* 245 to 255 and 0 to 4, then 5 to 14 */
	for (uint64_t i = 0; i < 16; i++)
		note(seal, a + i * LARGEST, 11 + (int64_t)i);
	for (uint64_t i = 0; i < 10; i++)
		note(seal, b + i * LARGEST, 1 + (int64_t)i);
	for (uint64_t i = 0; i < 16; i++)
		ck_assert_int_eq(seen(seal, a + i * LARGEST), 11 + (int64_t)i);
	for (uint64_t i = 0; i < 10; i++)
		ck_assert_int_eq(seen(seal, b + i * LARGEST), 1 + (int64_t)i);
	note(seal, a + 16 * LARGEST, 27);
	/* Seven too many: the oldest in each's reach are forgotten. */
	for (uint64_t i = 0; i < 17; i++)
		ck_assert_int_eq(seen(seal, a + i * LARGEST), i == 0 ? 0
		    : 11 + (int64_t)i);
	for (uint64_t i = 0; i < 10; i++)
		ck_assert_int_eq(seen(seal, b + i * LARGEST), i < 6 ? 0
		    : 1 + (int64_t)i);
	sg_seal_free(&seal);
}
END_TEST

/* What was seen is remembered while the table grows, and the table is bounded:
   what was seen last outlives what was seen first. */
START_TEST(remembers_what_was_seen)
{
	static const unsigned counts[] = { 5000, 1300000 };
	unsigned n = counts[_i], lost = 0;
	struct sg_seal *seal = new_seal();
	char key[32];

	for (unsigned i = 1; i <= n; i++) {
		(void)snprintf(key, sizeof(key), "d%u.test", i);
		sg_seal_note(seal, SG_SEAL_FACTS, key, i);
		sg_seal_note(seal, SG_SEAL_FACTS, key, i - 1);
	}
	for (unsigned i = n; i > n - 5000; i--) {
		(void)snprintf(key, sizeof(key), "d%u.test", i);
		lost += sg_seal_seen(seal, SG_SEAL_FACTS, key) != i;
		ck_assert_int_eq(sg_seal_seen(seal, SG_SEAL_PINS, key), 0);
	}
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_eq(sg_seal_take(seal, 3), n + 1);
	ck_assert_int_eq(sg_seal_take(seal, 1), n + 4);
	sg_seal_free(&seal);
}
END_TEST

/* --- several threads ------------------------------------------------------ */

#define ROUNDS 60000

static struct sg_seal *shared;
static atomic_uchar taken[2 * ROUNDS + 2];
static atomic_uint wrong, running;

static void *
work(void *arg)
{
	static const struct sg_seal_row row = { SG_SEAL_FACTS, "x", NULL, 0,
		{ 0, 0, 0 }, 1 };
	uint64_t odd = arg != NULL;

	for (uint64_t i = 1; i <= ROUNDS; i++) {
		uint64_t hash = (2 * i + odd) * 0x9e3779b97f4a7c15;
		int64_t g = sg_seal_take(shared, 1);

		/* Nobody else was given it. */
		wrong += g < 2 || g > 2 * ROUNDS + 1 ||
		    atomic_fetch_add(&taken[g], 1) != 0;
		note(shared, hash, g);
		wrong += seen(shared, hash) != g;
		wrong += sg_seal_check(shared, &row, NULL, 0) != SG_BAD;
	}
	running--;
	return NULL;
}

START_TEST(threads_do_not_meet)
{
	pthread_t t[2];

	shared = new_seal();
	note(shared, 7, 1);
	running = 2;
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, work,
		    i == 0 ? NULL : t), 0);
	while (running > 0) {
		wrong += seen(shared, 7) != 1;
		wrong += sg_seal_refused(shared) > 2 * ROUNDS;
	}
	for (size_t i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(sg_seal_refused(shared), 2 * ROUNDS);
	ck_assert_int_eq(sg_seal_take(shared, 1), 2 * ROUNDS + 2);
	sg_seal_free(&shared);
}
END_TEST

static void
set_up(void)
{
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "test");
}

int
main(void)
{
	Suite *s = suite_create("seal_row");
	TCase *t = tcase_create("seal_row");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_loop_test(t, a_seal_is_what_it_was, 0, N(seals));
	tcase_add_test(t, the_key_is_wiped);
	tcase_add_loop_test(t, what_is_checked, 0, N(checks));
	tcase_add_test(t, a_long_key_is_cut);
	tcase_add_test(t, no_memory_is_no_verdict);
	tcase_add_test(t, no_memory_no_seal);
	tcase_add_loop_test(t, generations_begin_at_the_clock, 0, 8);
	tcase_add_test(t, generations_go_on_from_what_is_read);
	tcase_add_test(t, the_hash_has_a_secret);
	tcase_add_test(t, the_newest_is_remembered);
	tcase_add_test(t, no_hash_is_special);
	tcase_add_test(t, the_table_grows);
	tcase_add_loop_test(t, the_oldest_is_forgotten, 0, 5);
	tcase_add_test(t, grows_when_it_can);
	tcase_add_test(t, grows_round_the_end);
	tcase_add_loop_test(t, remembers_what_was_seen, 0, 2);
	tcase_add_test(t, threads_do_not_meet);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
