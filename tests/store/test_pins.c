/* SPDX-License-Identifier: ISC */
/*
 * test_pins.c - what was promised is kept: across restarts, by a file of an
 * older version, when the disk fails, and for no longer than it must
 * (THREATS T25).
 */
#include "store/scratch_sql.h"

#include <pthread.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400

static struct sg_pin *
pin_of(const char *key, enum sg_level level, int64_t for_s, const char *names)
{
	struct sg_wall at = scratch_now(), until = { at.s + for_s };
	struct sg_pin *pin = NULL;

	ck_assert_int_eq(sg_pin_read(key, level, at, until, names, &pin),
	    SG_OK);
	return pin;
}

static void
set(struct sg_store *s, const char *key, enum sg_level level, int64_t for_s,
    const char *names)
{
	struct sg_pin *pin = pin_of(key, level, for_s, names);

	ck_assert_int_eq(sg_store_set_pin(s, pin), SG_OK);
	sg_pin_unref(&pin);
}

/* "LEVEL names", or "" if there is none. */
static const char *
get(struct sg_store *s, const char *key, char *out, size_t size)
{
	struct sg_pin *pin = sg_store_pin(s, key);
	char *names = NULL;

	out[0] = '\0';
	if (pin != NULL) {
		names = sg_pin_names_text(pin);
		snprintf(out, size, "%s %s", sg_level_name(pin->level),
		    names);
	}
	free(names);
	sg_pin_unref(&pin);
	return out;
}

#define EXPECT(s, key, want) \
	do { \
		char got_[300]; \
		ck_assert_str_eq(get(s, key, got_, sizeof(got_)), want); \
	} while (0)

/* --- what may be one ------------------------------------------------------------ */

static const struct {
	const char *name, *key;
	int level;
	int64_t at, until;
	const char *names;
	enum sg_rc rc;
} forms[] = {
	{ "patterns", "good.test", SG_LEVEL_SECURE, 1, 2,
	    "*.good.test mx.good.test", SG_OK },
	{ "a smart host", "[mx.good.test]:587", SG_LEVEL_DANE, 1, 2, "",
	    SG_OK },
	{ "level none", "good.test", SG_LEVEL_NONE, 1, 2, "", SG_BAD },
	{ "no such level", "good.test", 5, 1, 2, "", SG_BAD },
	{ "ends before it begins", "good.test", 1, 2, 2, "", SG_BAD },
	{ "never made", "good.test", 1, 0, 2, "", SG_BAD },
	{ "key in capitals", "GOOD.test", 1, 1, 2, "", SG_BAD },
	{ "key with a dot", "good.test.", 1, 1, 2, "", SG_BAD },
	{ "key is none", "", 1, 1, 2, "", SG_BAD },
	{ "key is an address", "[127.0.0.1]", 1, 1, 2, "", SG_BAD },
	{ "T21 an attribute for a name", "good.test", SG_LEVEL_SECURE, 1, 2,
	    "mx.good.test ciphers=low", SG_BAD },
	{ "a colon in a name", "good.test", SG_LEVEL_SECURE, 1, 2,
	    "mx.good.test:x.test", SG_BAD },
	{ "two blanks", "good.test", SG_LEVEL_SECURE, 1, 2, "a.test  b.test",
	    SG_BAD },
	{ "a wildcard inside", "good.test", SG_LEVEL_SECURE, 1, 2,
	    "a.*.test", SG_BAD },
	{ "a new line", "good.test", SG_LEVEL_SECURE, 1, 2, "a.test\n",
	    SG_BAD },
};

START_TEST(form)
{
	struct sg_wall at = { forms[_i].at }, until = { forms[_i].until };
	struct sg_pin *pin = NULL;
	char *names;

	ck_assert_msg(sg_pin_read(forms[_i].key,
	    (enum sg_level)forms[_i].level, at, until, forms[_i].names,
	    &pin) == forms[_i].rc, "%s", forms[_i].name);
	ck_assert_int_eq(pin != NULL, forms[_i].rc == SG_OK);
	if (pin == NULL)
		return;
	names = sg_pin_names_text(pin);
	ck_assert_str_eq(names, forms[_i].names);
	ck_assert_str_eq(pin->key, forms[_i].key);
	free(names);
	sg_pin_unref(&pin);
}
END_TEST

START_TEST(too_many_names)
{
	char text[4 * (SG_PIN_MAX_NAMES + 1)] = "";
	struct sg_wall at = { 1 }, until = { 2 };
	struct sg_pin *pin = NULL;

	for (size_t i = 0; i < SG_PIN_MAX_NAMES; i++)
		memcpy(text + 4 * i, "a.b ", 5);
	text[4 * SG_PIN_MAX_NAMES - 1] = '\0';
	ck_assert_int_eq(sg_pin_read("good.test", SG_LEVEL_SECURE, at, until,
	    text, &pin), SG_OK);
	ck_assert_int_eq(pin->n_names, SG_PIN_MAX_NAMES);
	sg_pin_unref(&pin);
	memcpy(text + 4 * SG_PIN_MAX_NAMES - 1, " c", 3);
	ck_assert_int_eq(sg_pin_read("good.test", SG_LEVEL_SECURE, at, until,
	    text, &pin), SG_BAD);
}
END_TEST

/* --- how long it holds, and when another is needed -------------------------------- */

static const struct {
	const char *name;
	int64_t later;
	int asked;
	int64_t for_s;
	bool holds, suffices;
} ages[] = { /* a pin of SECURE for a day and an hour */
	{ "just made", 0, SG_LEVEL_SECURE, DAY, true, true },
	{ "an hour old", 3600, SG_LEVEL_SECURE, DAY, true, true },
	{ "older", 3601, SG_LEVEL_SECURE, DAY, true, false },
	{ "more is promised now", 0, SG_LEVEL_DANE, DAY, true, false },
	{ "less is", 4000, SG_LEVEL_ENCRYPT, DAY, true, true },
	{ "its last second", DAY + 3599, SG_LEVEL_ENCRYPT, DAY, true, true },
	{ "its end", DAY + 3600, SG_LEVEL_ENCRYPT, DAY, false, false },
	{ "K-11 the clock went back a bit", -7200, SG_LEVEL_SECURE, DAY, true,
	    true },
	{ "K-11 the clock went back by years", -400 * DAY, SG_LEVEL_SECURE,
	    DAY, false, false },
};

START_TEST(age)
{
	struct sg_pin *pin = pin_of("good.test", SG_LEVEL_SECURE,
	    DAY + SG_PIN_RENEW_S, "");
	struct sg_wall now = { scratch_now().s + ages[_i].later };

	ck_assert_msg(sg_pin_holds(pin, now) == ages[_i].holds, "%s: holds",
	    ages[_i].name);
	ck_assert_msg(sg_pin_suffices(pin, (enum sg_level)ages[_i].asked,
	    ages[_i].for_s, now) == ages[_i].suffices, "%s: suffices",
	    ages[_i].name);
	ck_assert(!sg_pin_holds(NULL, now));
	ck_assert(!sg_pin_suffices(NULL, SG_LEVEL_ENCRYPT, 0, now));
	sg_pin_unref(&pin);
}
END_TEST

/* --- in the store -------------------------------------------------------------------- */

START_TEST(survives_restarts)
{
	struct sg_store *s = scratch_store();
	struct sg_store_stats stats;

	EXPECT(s, "good.test", "");
	set(s, "good.test", SG_LEVEL_SECURE, DAY, "*.good.test mx.good.test");
	set(s, "[mx.good.test]:587", SG_LEVEL_DANE, DAY, "");
	EXPECT(s, "good.test", "secure *.good.test mx.good.test");
	sg_store_close(&s);
	s = scratch_store();
	EXPECT(s, "good.test", "secure *.good.test mx.good.test");
	EXPECT(s, "[mx.good.test]:587", "dane ");
	EXPECT(s, "mx.good.test", "");
	sg_store_stats(s, &stats);
	ck_assert_int_eq(stats.pins, 2);
	sg_store_close(&s);
}
END_TEST

/* A crash right after the batch was written. */
START_TEST(survives_a_crash)
{
	struct sg_store *s = scratch_store(), *next;

	set(s, "good.test", SG_LEVEL_SECURE, DAY, "*.good.test");
	sg_store_write_pins(s);
	next = scratch_store();
	EXPECT(next, "good.test", "secure *.good.test");
	sg_store_close(&next);
	sg_store_close(&s);
}
END_TEST

START_TEST(is_replaced_whole)
{
	struct sg_store *s = scratch_store();

	set(s, "good.test", SG_LEVEL_ENCRYPT, DAY, "");
	sg_store_write_pins(s);
	set(s, "good.test", SG_LEVEL_SECURE, 2 * DAY, "a.test");
	EXPECT(s, "good.test", "secure a.test");
	sg_store_close(&s);
	s = scratch_store();
	EXPECT(s, "good.test", "secure a.test");
	sg_store_close(&s);
}
END_TEST

START_TEST(is_purged)
{
	struct sg_store *s = scratch_store();

	set(s, "good.test", SG_LEVEL_SECURE, DAY, "");
	set(s, "other.test", SG_LEVEL_SECURE, DAY, "");
	sg_store_write_pins(s);
	ck_assert_int_eq(sg_store_purge(s, "good.test"), SG_OK);
	ck_assert_int_eq(sg_store_purge(s, "good.test"), SG_NONE);
	EXPECT(s, "good.test", "");
	sg_store_close(&s);
	s = scratch_store();
	EXPECT(s, "good.test", "");
	EXPECT(s, "other.test", "secure ");
	sg_store_close(&s);
}
END_TEST

/* --- written together ------------------------------------------------------------ */

static void
set_many(struct sg_store *s, int from, int n)
{
	char key[32];

	for (int i = from; i < from + n; i++) {
		snprintf(key, sizeof(key), "d%d.test", i);
		set(s, key, SG_LEVEL_SECURE, DAY, "a.test");
	}
}

/* A transaction each would cost as much as the facts' own: what came since the
   last time is one. */
START_TEST(many_are_one_transaction)
{
	struct sg_store *s = scratch_store();
	unsigned before = scratch_transactions();

	set_many(s, 0, 100);
	ck_assert_uint_eq(scratch_transactions() - before, 0); /* nobody waited */
	sg_store_write_pins(s);
	ck_assert_uint_eq(scratch_transactions() - before, 1);
	ck_assert_int_eq(scratch_pins(), 100);
	/* Set twice and gone again is one change. */
	set_many(s, 0, 100);
	set_many(s, 0, 50);
	sg_store_write_pins(s);
	ck_assert_uint_eq(scratch_transactions() - before, 2);
	sg_store_write_pins(s); /* nothing to say */
	ck_assert_uint_eq(scratch_transactions() - before, 2);
	/* So many that the lock would be held for long: by the hundred. */
	set_many(s, 100, 250);
	sg_store_write_pins(s);
	ck_assert_uint_eq(scratch_transactions() - before, 5);
	ck_assert_int_eq(scratch_pins(), 350);
	sg_store_close(&s);
}
END_TEST

START_TEST(expires)
{
	struct sg_store *s = scratch_store();
	struct sg_store_stats stats;

	set(s, "a.test", SG_LEVEL_SECURE, DAY, "");
	set(s, "b.test", SG_LEVEL_SECURE, 2 * DAY, "");
	sg_store_write_pins(s);
	scratch_clock += DAY;
	(void)sg_store_expire(s, scratch_now(), 100);
	sg_store_stats(s, &stats);
	ck_assert_int_eq(stats.pins, 1);
	ck_assert_int_eq(scratch_pins(), 1);
	EXPECT(s, "b.test", "secure ");
	sg_store_close(&s);
	scratch_clock += DAY;
	s = scratch_store();
	EXPECT(s, "b.test", "");
	sg_store_close(&s);
}
END_TEST

START_TEST(is_bounded)
{
	struct sg_store_params params = { .path = scratch_db, .max_pins = 3,
		.now = scratch_now };
	struct sg_store_stats stats;
	struct sg_store *s;
	char key[32];

	ck_assert_int_eq(sg_store_open(&params, &s, NULL), SG_OK);
	for (int i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "d%d.test", i);
		set(s, key, SG_LEVEL_SECURE, DAY + i, "");
	}
	set(s, "d2.test", SG_LEVEL_DANE, DAY, ""); /* young again */
	set(s, "d5.test", SG_LEVEL_SECURE, DAY, "");
	sg_store_stats(s, &stats);
	ck_assert_int_eq(stats.pins, 3);
	EXPECT(s, "d1.test", "");
	EXPECT(s, "d2.test", "dane ");
	EXPECT(s, "d3.test", "");
	EXPECT(s, "d4.test", "secure ");
	EXPECT(s, "d5.test", "secure ");
	sg_store_write_pins(s);
	ck_assert_int_eq(scratch_pins(), 3);
	sg_store_close(&s);
}
END_TEST

START_TEST(without_a_disk)
{
	struct sg_store_params params = { .max_pins = 2, .now = scratch_now };
	struct sg_store *s;

	ck_assert_int_eq(sg_store_open(&params, &s, NULL), SG_OK);
	set(s, "a.test", SG_LEVEL_SECURE, DAY, "");
	set(s, "b.test", SG_LEVEL_SECURE, DAY, "");
	set(s, "c.test", SG_LEVEL_SECURE, DAY, "");
	sg_store_write_pins(s);
	EXPECT(s, "a.test", "");
	EXPECT(s, "c.test", "secure ");
	ck_assert_int_eq(sg_store_purge(s, "c.test"), SG_OK);
	sg_store_close(&s);
}
END_TEST

/* What takes a file back to an older version. */
static const char *const older[] = {
	"ALTER TABLE facts DROP COLUMN mac;"
	"ALTER TABLE facts DROP COLUMN generation;"
	"ALTER TABLE pins DROP COLUMN mac;"
	"ALTER TABLE pins DROP COLUMN generation; PRAGMA user_version = 2;",
	"ALTER TABLE facts DROP COLUMN mac;"
	"ALTER TABLE facts DROP COLUMN generation;"
	"DROP TABLE pins; PRAGMA user_version = 1;",
};

/* The file of a version before has its facts, and gets what it lacks. */
START_TEST(migrates)
{
	struct sg_store *s = scratch_store();

	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	scratch_sql(older[_i]);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	set(s, "good.test", SG_LEVEL_SECURE, DAY, "");
	sg_store_close(&s);
	s = scratch_store();
	EXPECT(s, "good.test", "secure ");
	ck_assert_int_eq(scratch_count("corrupt"), 0);
	sg_store_close(&s);
}
END_TEST

START_TEST(unfit_rows_are_passed_over)
{
	struct sg_store *s = scratch_store();

	set(s, "good.test", SG_LEVEL_SECURE, DAY, "a.test");
	sg_store_close(&s);
	scratch_sql("INSERT INTO pins (key, level, made_at, ends_at, names) VALUES"
	    " ('x.test', 9, 1, 9999999999, ''),"
	    " ('y.test', 3, 1, 9999999999, 'a.test ciphers=low'),"
	    " ('Z.test', 3, 1, 9999999999, ''),"
	    " ('v.test', -1, 1, 9999999999, ''),"
	    " (x'00ff', 3, 1, 9999999999, x'00'),"
	    " ('w.test', 'three', 'x', 9999999999, 7);");
	s = scratch_store();
	EXPECT(s, "good.test", "secure a.test");
	EXPECT(s, "x.test", "");
	EXPECT(s, "y.test", "");
	EXPECT(s, "w.test", "");
	sg_store_close(&s);
}
END_TEST

/* A disk that was made anew is told of all pins. */
START_TEST(outlives_the_file)
{
	struct sg_store *s = scratch_store();
	struct sg_nexthop due;

	set(s, "good.test", SG_LEVEL_SECURE, DAY, "a.test");
	sg_store_write_pins(s);
	ck_assert_int_eq(unlink(scratch_db), 0);
	set(s, "other.test", SG_LEVEL_SECURE, DAY, "b.test");
	sg_store_write_pins(s); /* finds out */
	EXPECT(s, "other.test", "secure b.test");
	scratch_clock += 31;
	(void)sg_store_due(s, scratch_now(), &due, 1); /* tries again */
	sg_store_write_pins(s);
	sg_store_close(&s);
	s = scratch_store();
	EXPECT(s, "good.test", "secure a.test");
	EXPECT(s, "other.test", "secure b.test");
	sg_store_close(&s);
}
END_TEST

/* Puts, purges and writes at once: what is left is what is on disk. */
static void *
put_many(void *arg)
{
	struct sg_store *s = arg;
	char key[32];

	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "d%d.test", i % 7);
		set(s, key, i % 2 == 0 ? SG_LEVEL_SECURE : SG_LEVEL_DANE, DAY,
		    "");
		if (i % 11 == 0)
			(void)sg_store_purge(s, key);
	}
	return NULL;
}

START_TEST(many_at_once)
{
	struct sg_store *s = scratch_store(), *next;
	pthread_t t[3];
	char key[32], a[64], b[64];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, put_many, s), 0);
	for (int i = 0; i < 50; i++)
		sg_store_write_pins(s);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	sg_store_write_pins(s);
	next = scratch_store();
	for (int i = 0; i < 7; i++) {
		snprintf(key, sizeof(key), "d%d.test", i);
		ck_assert_str_eq(get(s, key, a, sizeof(a)),
		    get(next, key, b, sizeof(b)));
	}
	sg_store_close(&next);
	sg_store_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pins");
	TCase *t = tcase_create("pins");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, form, 0, N(forms));
	tcase_add_test(t, too_many_names);
	tcase_add_loop_test(t, age, 0, N(ages));
	tcase_add_test(t, survives_restarts);
	tcase_add_test(t, survives_a_crash);
	tcase_add_test(t, is_replaced_whole);
	tcase_add_test(t, is_purged);
	tcase_add_test(t, many_are_one_transaction);
	tcase_add_test(t, expires);
	tcase_add_test(t, is_bounded);
	tcase_add_test(t, without_a_disk);
	tcase_add_loop_test(t, migrates, 0,
	    (int)(sizeof(older) / sizeof(older[0])));
	tcase_add_test(t, unfit_rows_are_passed_over);
	tcase_add_test(t, outlives_the_file);
	tcase_add_test(t, many_at_once);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
