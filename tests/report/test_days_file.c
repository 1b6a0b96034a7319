/* SPDX-License-Identifier: ISC */
/*
 * test_days_file.c - the file of the report: whatever the disk does, and
 * whoever was there before, what is counted is there once.
 */
#include "report/days_scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* --- the disk --------------------------------------------------------------- */

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(file_is_ours_alone) /* T22, T23 */
{
	struct sg_days *d = open_days();
	struct stat st;

	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(scratch_count("-wal"), 0);
	ck_assert_uint_eq(scratch_count("-shm"), 0);
	sg_days_free(&d);
}
END_TEST

START_TEST(corrupt_at_start)
{
	struct sg_days *d;

	put_file(scratch_db, "this is no database, and it is longer than the "
	    "hundred bytes that a header has, so that nobody takes it for an "
	    "empty file");
	d = open_days();
	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(scratch_count(".corrupt-"), 1);
	ck_assert_uint_eq(total(NULL), 1);
	sg_days_free(&d);
}
END_TEST

START_TEST(corrupt_while_running)
{
	struct sg_days *d = open_days();
	static const char junk[3000] = "\377\377\377";
	int fd;

	count_many(d, 500, "p", count_pass);
	ck_assert(sg_days_flush(d));
	fd = open(scratch_db, O_WRONLY);
	for (off_t at = 4096; at < 40960; at += 4096)
		ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), at),
		    sizeof(junk));
	close(fd);
	/* Pages that the connection has are not read again unless the change
	   counter, in the file's header, says so. */
	fd = open(scratch_db, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "\0\0\1\0", 4, 24), 4);
	close(fd);
	count_many(d, 500, "p", count_pass);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(scratch_count(".corrupt-"), 1);
	ck_assert_uint_eq(total(NULL), 500);
	sg_days_free(&d);
}
END_TEST

START_TEST(removed_while_running)
{
	struct sg_days *d = open_days();

	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_int_eq(unlink(scratch_db), 0);
	count_pass(d, "b.test");
	ck_assert(!sg_days_flush(d)); /* seen, and opened anew the next time */
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(total("a.test"), 0);
	ck_assert_uint_eq(total("b.test"), 1);
	sg_days_free(&d);
}
END_TEST

/* What an administrator must mend is left as it is, and nothing is lost. */
START_TEST(unfit_places)
{
	char other[128];
	struct sg_days *d;

	(void)snprintf(other, sizeof(other), "%s/other", scratch_dir);
	switch (_i) {
	case 0:
		put_file(other, "");
		ck_assert_int_eq(symlink("other", scratch_db), 0);
		break;
	case 1:
		ck_assert_int_eq(mkdir(scratch_db, 0700), 0);
		break;
	case 2:
		sql("PRAGMA user_version = 99");
		break;
	case 3:
		sql("CREATE TABLE x (y)");
		break;
	}
	d = open_days();
	count_pass(d, "a.test");
	ck_assert(!sg_days_flush(d));
	count_stop(d, "a.test");
	ck_assert(!sg_days_flush(d));
	if (_i == 1)
		ck_assert_int_eq(rmdir(scratch_db), 0);
	else
		ck_assert_int_eq(unlink(scratch_db), 0);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(total("a.test"), 2);
	ck_assert_uint_eq(scratch_count(".corrupt-"), 0);
	sg_days_free(&d);
}
END_TEST

/* Somebody reads for long: the counts wait. */
START_TEST(locked_by_a_reader)
{
	struct sg_days *d = open_days();
	sqlite3_stmt *s;
	sqlite3 *db;

	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT n FROM decisions", -1,
			     &s, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	count_pass(d, "a.test");
	ck_assert(!sg_days_flush(d));
	sqlite3_finalize(s);
	sqlite3_close(db);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(total("a.test"), 2);
	sg_days_free(&d);
}
END_TEST

#define ROUNDS 20

/* Says after each flush how many were counted. */
static void
count_until_killed(int out, unsigned n)
{
	struct sg_days *d = open_days();

	for (;; ) {
		for (int i = 0; i < 10; i++, n++)
			count_stop(d, n % 2 == 0 ? "a.test" : "b.test");
		if (!sg_days_flush(d) || write(out, &n, sizeof(n)) < 0)
			_exit(1);
	}
}

START_TEST(killed)
{
	unsigned n = 0, said;

	for (int round = 0; round < ROUNDS; round++) {
		int p[2], status, acks = 1 + round % 5;
		uint64_t there;
		pid_t pid;

		ck_assert_int_eq(pipe(p), 0);
		ck_assert_int_ge(pid = fork(), 0);
		if (pid == 0) {
			close(p[0]);
			count_until_killed(p[1], n);
		}
		close(p[1]);
		while (acks-- > 0)
			ck_assert(read(p[0], &n, sizeof(n)) == sizeof(n));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while (read(p[0], &said, sizeof(said)) == sizeof(said))
			n = said;
		close(p[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		/* Opening rolls back what was half written. */
		params.keep_days = 30;
		struct sg_days *d = open_days();
		sg_days_free(&d);
		there = total(NULL);
		ck_assert_uint_ge(there, n);
		ck_assert_uint_le(there, n + 10);
		n = (unsigned)there;
	}
}
END_TEST

/* --- a disk that fails ---------------------------------------------------- */

/* The system's files, of which the n-th call that makes something last fails:
   xSync, xTruncate, xDelete. */
static sqlite3_vfs *system_vfs;
static int (*system_sync)(sqlite3_file *f, int flags);
static int (*system_truncate)(sqlite3_file *f, sqlite3_int64 size);
static sqlite3_io_methods methods[2]; /* of databases, of journals */
static int n_until_failure; /* 0: none; below: it was */

static bool
is_to_fail(void)
{
	return n_until_failure != 0 && --n_until_failure == 0;
}

static int
x_sync(sqlite3_file *f, int flags)
{
	return is_to_fail() ? SQLITE_IOERR_FSYNC
			    : system_sync(f, flags);
}

static int
x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return is_to_fail() ? SQLITE_IOERR_TRUNCATE
			    : system_truncate(f, size);
}

static int
x_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return is_to_fail() ? SQLITE_IOERR_DELETE
			    : system_vfs->xDelete(system_vfs, name, sync);
}

static int
x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *got)
{
	int rc = system_vfs->xOpen(system_vfs, name, f, flags, got);
	sqlite3_io_methods *m = &methods[!(flags & SQLITE_OPEN_MAIN_DB)];

	(void)v;
	if (rc != SQLITE_OK)
		return rc;
	*m = *f->pMethods;
	ck_assert(system_sync == NULL || system_sync == m->xSync);
	system_sync = m->xSync;
	system_truncate = m->xTruncate;
	m->xSync = x_sync;
	m->xTruncate = x_truncate;
	f->pMethods = m;
	return rc;
}

static void
use_failing_disk(void)
{
	static sqlite3_vfs vfs;

	system_vfs = sqlite3_vfs_find(NULL);
	vfs = *system_vfs;
	vfs.zName = "failing";
	vfs.pNext = NULL;
	vfs.xOpen = x_open;
	vfs.xDelete = x_delete;
	ck_assert_int_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* Whichever call of a flush fails: what was counted is counted once. A commit
   that fails must not have been one. */
START_TEST(counted_once_whatever_fails)
{
	bool happened = true;

	use_failing_disk();
	for (int n = 1; happened; n++) {
		struct sg_days *d = open_days();

		count_pass(d, "a.test");
		ck_assert(sg_days_flush(d));
		count_pass(d, "a.test");
		n_until_failure = n;
		(void)sg_days_flush(d);
		happened = n_until_failure == 0;
		n_until_failure = 0;
		ck_assert(sg_days_flush(d));
		ck_assert_msg(total("a.test") == 2, "call %d failed: %llu", n,
		    (unsigned long long)total("a.test"));
		sg_days_free(&d);
		ck_assert_int_eq(unlink(scratch_db), 0);
		ck_assert(happened || n > 2); /* the disk was asked */
	}
}
END_TEST

/* --- reading ---------------------------------------------------------------- */

START_TEST(reading_what_is_none)
{
	static const struct {
		const char *name;
		enum sg_rc want;
	} rows[] = { { "no file", SG_NONE }, { "no directory", SG_NONE },
		{ "an empty file", SG_OK }, { "a pipe", SG_BAD },
		{ "a symbolic link", SG_BAD }, { "a directory", SG_BAD },
		{ "text", SG_BAD }, { "another schema", SG_BAD },
		{ "a newer schema", SG_BAD }, { "no table", SG_BAD } };
	struct sg_err err = { .text = "" };
	struct sg_days_rows got;
	char path[128];
	enum sg_rc rc;

	(void)snprintf(path, sizeof(path), "%s", scratch_db);
	if (_i == 1)
		(void)snprintf(path, sizeof(path), "%s/no/x", scratch_dir);
	if (_i == 2)
		put_file(path, "");
	if (_i == 3)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	if (_i == 4)
		ck_assert_int_eq(symlink("x", path), 0);
	if (_i == 5)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	if (_i == 6)
		for (int i = 0; i < 2; i++)
			put_file(path, "no database, with more letters than "
			    "the header of one has, which is a hundred, and "
			    "then some more of them");
	if (_i == 7)
		sql("CREATE TABLE x (y)");
	if (_i == 8)
		sql("PRAGMA user_version = 2");
	if (_i == 9)
		sql("PRAGMA user_version = 1");
	rc = sg_days_rows_read(path, 0, &got, &err);
	ck_assert_msg(rc == rows[_i].want, "%s: got %d, %s", rows[_i].name,
	    (int)rc, err.text);
	ck_assert_uint_eq(got.n, 0);
	ck_assert((rc == SG_OK) == (err.text[0] == '\0'));
	sg_days_rows_free(&got);
	if (_i == 5)
		(void)rmdir(path);
}
END_TEST

/* Rows that are none of ours are left out (T21). */
START_TEST(reading_unfit_rows)
{
	static const char *const values[] = {
		"'x', 'g', 'a.test', 0, 0, 0, 0, 0, 1, 1, 1",
		"4294967296, 'g', 'a.test', 0, 0, 0, 0, 0, 1, 1, 1",
		"1, X'6700', 'a.test', 0, 0, 0, 0, 0, 1, 1, 1",
		"1, '', 'a.test', 0, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a' || char(0) || 'b', 0, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a' || char(10), 0, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a' || char(0x202e), 0, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', printf('%400s', 'a'), 0, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a.test', 4, 0, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a.test', 0, 27, 0, 0, 0, 1, 1, 1",
		"1, 'g', 'a.test', 0, 0, 5, 0, 0, 1, 1, 1",
		"1, 'g', 'a.test', 0, 0, 0, 5, 0, 1, 1, 1",
		"1, 'g', 'a.test', 0, 0, 0, 0, 2, 1, 1, 1",
		"1, 'g', 'a.test', 0, 0, 0, 0, 0, -1, 1, 1",
		"1, 'g', 'b.test', 0, 0, 0, 0, 0, 1.5, 1, 1",
		"1, 'g', 'c.test', 0, 0, 0, 0, 0, 1, 1, 'x'",
	};
	const size_t n = sizeof(values) / sizeof(values[0]);
	struct sg_days *d = open_days();
	struct sg_days_rows rows;

	count_pass(d, "good.test");
	sg_days_free(&d);
	for (size_t i = 0; i < n; i++) {
		char text[256];

		(void)snprintf(text, sizeof(text),
		    "INSERT INTO decisions VALUES (%s)", values[i]);
		sql(text);
	}
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, 1);
	ck_assert_uint_eq(rows.unfit, n);
	sg_days_rows_free(&rows);
}
END_TEST

START_TEST(reading_since)
{
	struct sg_err err = { .text = "" };
	struct sg_days *d = open_days();
	struct sg_days_rows rows;

	for (int day = 0; day < 4; day++)
		count(d, &(struct what) { .at = day * SG_DAY_S,
		    .hop = "a.test" });
	sg_days_free(&d);
	ck_assert(sg_days_rows_read(scratch_db, TODAY + 2, &rows, &err) ==
	    SG_OK);
	ck_assert_uint_eq(rows.n, 2);
	ck_assert_int_eq(rows.cells[0].day, TODAY + 2);
	sg_days_rows_free(&rows);
}
END_TEST

/* Copies the file while a transaction is half in it, journal and all: what a
   crash of the machine leaves. A reader may not mend it and says so; the
   daemon does when it starts. */
START_TEST(journal_of_a_crash)
{
	struct sg_err err = { .text = "" };
	struct sg_days *d = open_days();
	struct sg_days_rows rows;
	char command[512];
	sqlite3 *db;

	count_many(d, 1000, "p", count_pass);
	sg_days_free(&d);
	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
			     "PRAGMA cache_size = 5; BEGIN IMMEDIATE;"
			     "UPDATE decisions SET n = n + 1", NULL, NULL,
			     NULL), SQLITE_OK);
	(void)snprintf(command, sizeof(command), "cd %s && cp facts.db c && "
	    "cp facts.db-journal c-journal", scratch_dir);
	ck_assert_int_eq(system(command), 0);
	sqlite3_close(db);
	(void)snprintf(command, sizeof(command), "cd %s && mv c facts.db && "
	    "mv c-journal facts.db-journal", scratch_dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(sg_days_rows_read(scratch_db, 0, &rows, &err),
	    SG_RETRY);
	sg_days_rows_free(&rows);
	d = open_days();
	sg_days_free(&d);
	ck_assert_uint_eq(total(NULL), 1000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("days file");
	TCase *t = tcase_create("days");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, scratch_remove);
	tcase_add_test(t, file_is_ours_alone);
	tcase_add_test(t, corrupt_at_start);
	tcase_add_test(t, corrupt_while_running);
	tcase_add_test(t, removed_while_running);
	tcase_add_loop_test(t, unfit_places, 0, 4);
	tcase_add_test(t, locked_by_a_reader);
	tcase_add_test(t, killed);
	tcase_add_test(t, counted_once_whatever_fails);
	tcase_add_loop_test(t, reading_what_is_none, 0, 10);
	tcase_add_test(t, reading_unfit_rows);
	tcase_add_test(t, reading_since);
	tcase_add_test(t, journal_of_a_crash);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
