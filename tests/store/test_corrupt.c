/* SPDX-License-Identifier: ISC */
/* test_corrupt.c - a file that is corrupt, at the start or meanwhile, and rows
   that are not what was written. (THREATS 5.4, T21; K-10.) */
#include "store/scratch_sql.h"

#include <time.h>

#define DAY 86400

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* --- corrupt files ------------------------------------------------------- */

static void zeros_in_the_middle(off_t size)
{
	scratch_overwrite(size / 4, (size_t)size / 2, 0);
}
static void truncated(off_t size)
{
	ck_assert_int_eq(truncate(scratch_db, size / 2 + 100), 0);
}
static void garbage(off_t size) { scratch_overwrite(0, (size_t)size, 0xa5); }
static void garbage_head(off_t size)
{
	(void)size;
	scratch_overwrite(0, 100, 'x');
}
static void not_a_database(off_t size)
{
	(void)size;
	ck_assert_int_eq(truncate(scratch_db, 0), 0);
	scratch_overwrite(0, 5000, '#');
}
static void lost_table(off_t size)
{
	(void)size;
	scratch_sql("DROP TABLE facts");
}

static const struct {
	const char *name;
	void (*spoil)(off_t size);
} spoils[] = {
	{ "zeros in the middle", zeros_in_the_middle },
	{ "truncated", truncated },
	{ "garbage", garbage },
	{ "garbage for a header", garbage_head },
	{ "not a database", not_a_database },
	{ "our version without our table", lost_table },
};

START_TEST(sets_corrupt_files_aside)
{
	struct sg_store *s = scratch_store();
	struct stat st;

	scratch_put_many(s, 0, 300, DAY, SG_OK);
	sg_store_close(&s);
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	spoils[_i].spoil(st.st_size);
	s = scratch_store();
	ck_assert_msg(scratch_count("facts.db.corrupt-") >= 1,
	    "%s: not set aside", spoils[_i].name);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert_uint_eq(scratch_count_many(s, 0, 300), 0);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* A large file is used before it has been read through, and set aside when
   that has found it corrupt; what memory knows is in the new one (2.6). */
START_TEST(checks_large_files_beside_the_work)
{
	struct sg_store_params params = { .path = scratch_db, .check_max = 1,
		.now = scratch_now };
	struct sg_store *s = scratch_store();
	struct timespec pause = { 0, 10000000 };
	struct stat st;

	scratch_put_many(s, 0, 3000, DAY, SG_OK);
	sg_store_close(&s);
	if (_i == 1) {
		ck_assert_int_eq(stat(scratch_db, &st), 0);
		scratch_overwrite(st.st_size / 2, (size_t)st.st_size / 4, 0);
	}
	ck_assert(sg_store_open(&params, &s, NULL) == SG_OK);
	ck_assert(scratch_put(s, "good.test", DAY) != SG_BAD);
	if (_i == 0) {
		ck_assert_uint_eq(scratch_count_many(s, 0, 3000), 3000);
	} else {
		while (scratch_count("facts.db.corrupt-") == 0)
			(void)nanosleep(&pause, NULL);
		/* Nobody writes to two files. */
		ck_assert(scratch_put(s, "later.test", DAY) == SG_OK);
		ck_assert(!scratch_stats(s).degraded);
	}
	sg_store_close(&s);
	ck_assert_uint_eq(scratch_count("facts.db.corrupt-") > 0, _i == 1);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* THREATS 5.4: a large file that is not checked before it is used, but whose
   pins show that it is corrupt, is replaced at once, not 30 s later. */
START_TEST(replaces_at_once_what_its_pins_show)
{
	struct sg_store_params params = { .path = scratch_db, .check_max = 1,
		.now = scratch_now };
	struct sg_store *s = scratch_store();

	scratch_put_many(s, 0, 3000, DAY, SG_OK);
	sg_store_close(&s);
	scratch_overwrite(scratch_page_of_pins(), 4096, 0xa5);
	ck_assert(sg_store_open(&params, &s, NULL) == SG_OK);
	ck_assert_uint_eq(scratch_count("facts.db.corrupt-"), 1);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	ck_assert_uint_eq(scratch_count("facts.db.corrupt-"), 1);
}
END_TEST

/* The file turns corrupt under a store that runs: what memory knows of
   policies is in the new file. By a read (0), by a write (1). */
START_TEST(survives_corruption_at_run_time)
{
	struct sg_store *s = scratch_store();
	struct stat st;

	scratch_put_many(s, 0, 300, DAY, SG_OK);
	sg_store_close(&s);
	ck_assert(scratch_open(scratch_db, 100, &s, NULL) == SG_OK);
	scratch_put_many(s, 1000, 50, DAY, SG_OK);
	scratch_sql("PRAGMA wal_checkpoint(TRUNCATE)");
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	/* Another process's change makes caches be read anew. */
	scratch_overwrite(4096, (size_t)st.st_size - 4096, 0xa5);
	scratch_overwrite(24, 4, 0x5a);
	if (_i == 0)
		ck_assert(scratch_has(s, "d7.test", NULL) == SG_RETRY);
	else
		ck_assert(scratch_put(s, "new.test", DAY) == SG_OK);
	ck_assert_uint_ge(scratch_count("facts.db.corrupt-"), 1);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert_uint_eq(scratch_stats(s).unwritten, 0);
	ck_assert(scratch_has(s, "d7.test", NULL) == SG_NONE);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(scratch_count_many(s, 1000, 50), 50);
	ck_assert(scratch_has(s, "new.test", NULL) ==
	    (_i == 0 ? SG_NONE : SG_OK));
	sg_store_close(&s);
}
END_TEST

/* The file is removed under a store that runs. */
START_TEST(survives_removal)
{
	struct sg_store *s = scratch_store();

	scratch_put_many(s, 0, 10, DAY, SG_OK);
	ck_assert_int_eq(unlink(scratch_db), 0);
	(void)scratch_put(s, "new.test", DAY);
	scratch_clock += 30;
	ck_assert(scratch_put(s, "newer.test", DAY) == SG_OK);
	ck_assert(!scratch_stats(s).degraded);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(scratch_count_many(s, 0, 10), 10);
	ck_assert(scratch_has(s, "new.test", NULL) == SG_OK);
	ck_assert(scratch_has(s, "newer.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* --- rows that lie ------------------------------------------------------- */

static const struct {
	const char *name, *spoil;
} lies[] = {
	{ "T21 a bit of the head", "UPDATE facts SET record ="
	    " CAST(X'00' || substr(record, 2) AS BLOB)" },
	{ "T21 cut", "UPDATE facts SET record ="
	    " CAST(substr(record, 1, 40) AS BLOB)" },
	{ "T21 empty", "UPDATE facts SET record = X''" },
	{ "T21 not a blob", "UPDATE facts SET record = 17" },
	{ "T21 text", "UPDATE facts SET record = 'enforce'" },
	{ "T15, T21 another's record", "UPDATE facts SET key = 'evil.test'" },
	{ "another version", "UPDATE facts SET record ="
	    " CAST(substr(record, 1, 3) || X'09' || substr(record, 5) AS BLOB)" },
};

START_TEST(drops_rows_that_lie)
{
	struct sg_store *s = scratch_store();
	const char *key = strstr(lies[_i].spoil, "evil") != NULL
	    ? "evil.test"
	    : "good.test";

	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	scratch_sql(lies[_i].spoil);
	ck_assert_int_eq(scratch_ask("SELECT count(*) FROM facts"), 1);
	s = scratch_store();
	ck_assert_msg(scratch_has(s, key, NULL) == SG_NONE, "%s: believed",
	    lies[_i].name);
	ck_assert_msg(scratch_ask("SELECT count(*) FROM facts") == 0, "%s: stays",
	    lies[_i].name);
	ck_assert(!scratch_stats(s).degraded);
	sg_store_close(&s);
}
END_TEST

static bool
count_one(void *arg, const struct sg_facts *f)
{
	(void)f;
	return ++*(unsigned *)arg > 0;
}

/* Keys that we never write end no walk and reach no caller. */
START_TEST(walks_past_odd_keys)
{
	struct sg_store *s = scratch_store();
	struct sg_nexthop due[4];
	unsigned n = 0;

	ck_assert(scratch_put(s, "good.test", 2 * DAY) == SG_OK);
	scratch_sql("CREATE TEMP VIEW row AS SELECT record, policy_expires, fresh_until"
	    " FROM facts WHERE key = 'good.test';"
	    "INSERT INTO facts (key, record, policy_expires, fresh_until,"
	    "  refetch_at) SELECT CAST(X'610062' AS TEXT), *, 1 FROM row;"
	    "INSERT INTO facts (key, record, policy_expires, fresh_until,"
	    "  refetch_at) SELECT X'62', *, 2 FROM row;"
	    "INSERT INTO facts (key, record, policy_expires, fresh_until,"
	    "  refetch_at) SELECT printf('%0400d', 7), *, 3 FROM row;"
	    "INSERT INTO facts (key, record, policy_expires, fresh_until,"
	    "  refetch_at) SELECT 'Not A Name', *, 4 FROM row;");
	sg_store_close(&s);
	s = scratch_store();
	(void)sg_store_each(s, count_one, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(sg_store_due(s,
			      sample_time(SAMPLE_NOW + DAY), due, 4), 1);
	ck_assert_str_eq(due[0].name, "good.test");
	sg_store_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("corrupt");
	TCase *t = tcase_create("disk");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_loop_test(t, sets_corrupt_files_aside, 0, N(spoils));
	tcase_add_loop_test(t, checks_large_files_beside_the_work, 0, 2);
	tcase_add_test(t, replaces_at_once_what_its_pins_show);
	tcase_add_loop_test(t, survives_corruption_at_run_time, 0, 2);
	tcase_add_test(t, survives_removal);
	tcase_add_loop_test(t, drops_rows_that_lie, 0, N(lies));
	tcase_add_test(t, walks_past_odd_keys);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
