/* SPDX-License-Identifier: ISC */
/*
 * test_full.c - a disk that takes nothing: full, locked, not ours to write,
 * mounted read-only. What is on it is read all the same. (THREATS 5.4.)
 */
#include "store/scratch_sql.h"

#include <sched.h>
#include <time.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define DAY 86400

/* --- a disk that does not take it ---------------------------------------- */

static void
limit_files(rlim_t bytes)
{
	struct rlimit r;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &r), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
}

START_TEST(comes_back_from_a_full_disk)
{
	struct sg_store *s = scratch_store();
	struct sg_nexthop due[64];
	struct sg_facts *f;
	unsigned n = 0, k;

	scratch_put_many(s, 0, 20, 2 * DAY, SG_OK);
	limit_files(200000);
	for (enum sg_rc rc = SG_OK; rc == SG_OK; n++) {
		f = scratch_facts("x", 2 * DAY);
		(void)snprintf(f->hop.name, sizeof(f->hop.name), "d%u.test",
		    100 + n);
		rc = sg_store_put(s, &f, 1, NULL);
		sg_facts_unref(&f);
		ck_assert_uint_lt(n, 3000);
	}
	ck_assert(scratch_stats(s).degraded);
	ck_assert_uint_eq(scratch_stats(s).unwritten, 1);
	ck_assert_uint_ge(scratch_stats(s).write_failures, 1);
	/* Memory goes on; the disk is left alone. */
	scratch_put_many(s, 5000, 10, 2 * DAY, SG_RETRY);
	ck_assert_uint_eq(scratch_stats(s).unwritten, 11);
	ck_assert_uint_eq(scratch_count_many(s, 5000, 10), 10);
	ck_assert(sg_store_purge(s, "d3.test") == SG_RETRY);
	ck_assert(scratch_has(s, "d3.test", NULL) == SG_NONE);
	/* There is room again, but it is not tried before 30 s have passed. */
	limit_files(RLIM_INFINITY);
	scratch_clock += 29;
	scratch_put_many(s, 5010, 1, 2 * DAY, SG_RETRY);
	scratch_clock += 1;
	k = (unsigned)sg_store_due(s, sample_time(SAMPLE_NOW), due, 64);
	ck_assert_uint_eq(k, 0);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert_uint_eq(scratch_stats(s).unwritten, 0);
	scratch_put_many(s, 5011, 1, 2 * DAY, SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(scratch_count_many(s, 0, 20), 19);
	ck_assert_uint_eq(scratch_count_many(s, 100, n), n);
	ck_assert_uint_eq(scratch_count_many(s, 5000, 12), 12);
	sg_store_close(&s);
}
END_TEST

/* Another process holds the lock: no long wait, and tried again soon. */
START_TEST(survives_a_lock)
{
	struct sg_store *s = scratch_store();
	sqlite3 *other;

	scratch_put_many(s, 0, 3, DAY, SG_OK);
	ck_assert_int_eq(sqlite3_open(scratch_db, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
			     NULL), SQLITE_OK);
	scratch_put_many(s, 3, 3, DAY, SG_RETRY);
	ck_assert(scratch_stats(s).degraded);
	ck_assert_uint_eq(scratch_stats(s).write_failures, 1); /* asked once */
	ck_assert_uint_eq(scratch_count_many(s, 0, 6), 6);
	scratch_clock += 1;
	scratch_put_many(s, 6, 1, DAY, SG_RETRY);
	ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(other);
	scratch_clock += 1;
	scratch_put_many(s, 7, 1, DAY, SG_OK);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert_int_eq(scratch_ask("SELECT count(*) FROM facts"), 8);
	sg_store_close(&s);
}
END_TEST

/* Readers do not wait for a transaction. */
START_TEST(reads_beside_a_transaction)
{
	struct sg_store *s = scratch_store();
	sqlite3 *other;

	scratch_put_many(s, 0, 3, DAY, SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_int_eq(sqlite3_open(scratch_db, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other,
			     "BEGIN IMMEDIATE; DELETE FROM facts", NULL, NULL,
			     NULL), SQLITE_OK);
	ck_assert_uint_eq(scratch_count_many(s, 0, 3), 3);
	ck_assert(!scratch_stats(s).degraded);
	ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(other);
	sg_store_close(&s);
}
END_TEST

/* Root may write everywhere: he is an ordinary user from now on, in this
   forked child, and so is the scratch directory. */
static void
become_user(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(scratch_dir, 65534, 65534), 0);
	ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
}

/* The directory is not ours to write in. */
START_TEST(survives_a_read_only_directory)
{
	struct sg_store *s;
	struct sg_err err;

	become_user();
	ck_assert_int_eq(chmod(scratch_dir, 0555), 0);
	ck_assert_msg(scratch_open(scratch_db, 0, &s, &err) == SG_OK, "%s",
	    err.text);
	ck_assert(scratch_stats(s).degraded);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_RETRY);
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	ck_assert(scratch_has(s, "other.test", NULL) == SG_RETRY);
	sg_store_close(&s);
	ck_assert_int_eq(chmod(scratch_dir, 0700), 0);
}
END_TEST

/* How it comes that a file cannot be written... */
enum freeze { DIRECTORY, FILE_TOO, MOUNT };
static const struct {
	const char *name;
	enum freeze how;
	bool killed; /* ...and the last to write it was: there is a -wal */
} frozen[] = {
	{ "directory", DIRECTORY, false }, { "and file", FILE_TOO, false },
	{ "directory, -wal", DIRECTORY, true },
	{ "and file, -wal", FILE_TOO, true }, { "mount", MOUNT, false },
	{ "mount, -wal", MOUNT, true },
};

/* As kill -9 leaves it: the -shm may be lost with the machine. */
static void
write_some(bool killed)
{
	struct sg_store *s;
	char shm[200];
	int status;
	pid_t pid;

	if (!killed) {
		s = scratch_store();
		ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
		sg_store_close(&s);
		return;
	}
	pid = fork();
	if (pid == 0) {
		s = scratch_store();
		_exit(scratch_put(s, "good.test", DAY) == SG_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(scratch_count("-wal"), 1);
	(void)snprintf(shm, sizeof(shm), "%s-shm", scratch_db);
	ck_assert_int_eq(unlink(shm), 0);
}

/* False: it cannot be done here. */
static bool
freeze(enum freeze how)
{
	if (how == MOUNT)
		return unshare(CLONE_NEWNS) == 0 &&
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		    mount(scratch_dir, scratch_dir, NULL, MS_BIND, NULL) == 0 &&
		    mount("none", scratch_dir, NULL,
			MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
	become_user();
	if (how == FILE_TOO)
		ck_assert_int_eq(chmod(scratch_db, 0400), 0);
	return chmod(scratch_dir, 0555) == 0;
}

static void
thaw(enum freeze how)
{
	if (how == MOUNT) {
		ck_assert_int_eq(umount2(scratch_dir, MNT_DETACH), 0);
		return;
	}
	ck_assert_int_eq(chmod(scratch_dir, 0700), 0);
	ck_assert_int_eq(chmod(scratch_db, 0600), 0);
}

/* THREATS 5.4: what is on a disk that cannot be written is still in force, and
   written on when it can. */
START_TEST(reads_what_it_cannot_write)
{
	enum freeze how = frozen[_i].how;
	struct sg_store *s;
	struct sg_err err;
	bool policy = false;

	if (how != MOUNT)
		become_user();
	write_some(frozen[_i].killed);
	if (!freeze(how)) {
		ck_assert(how == MOUNT);
		return;
	}
	ck_assert_msg(scratch_open(scratch_db, 0, &s, &err) == SG_OK, "%s: %s",
	    frozen[_i].name, err.text);
	ck_assert(scratch_stats(s).degraded);
	ck_assert_msg(strstr(scratch_stats(s).text, "read all the same") != NULL,
	    "%s: %s", frozen[_i].name, scratch_stats(s).text);
	ck_assert_msg(scratch_has(s, "good.test", &policy) == SG_OK && policy,
	    "%s: the policy is hidden", frozen[_i].name);
	ck_assert(scratch_has(s, "other.test", NULL) == SG_NONE);
	ck_assert(scratch_put(s, "new.test", DAY) == SG_RETRY);
	ck_assert(scratch_has(s, "new.test", NULL) == SG_OK);
	thaw(how);
	scratch_clock += 31;
	ck_assert(scratch_put(s, "last.test", DAY) == SG_OK);
	ck_assert(!scratch_stats(s).degraded);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	ck_assert(scratch_has(s, "new.test", NULL) == SG_OK);
	ck_assert(scratch_has(s, "last.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* One that is not whole is not read either. */
START_TEST(checks_what_it_cannot_write)
{
	struct sg_store *s;
	struct sg_err err;
	FILE *f;

	become_user();
	write_some(false);
	f = fopen(scratch_db, "r+");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 2 * 4096, SEEK_SET), 0); /* an index */
	for (int i = 0; i < 4096; i++)
		(void)fputc(0xff, f);
	fclose(f);
	ck_assert(freeze(FILE_TOO));
	ck_assert_msg(scratch_open(scratch_db, 0, &s, &err) == SG_OK, "%s",
	    err.text);
	ck_assert(scratch_stats(s).degraded);
	ck_assert(scratch_has(s, "good.test", NULL) == SG_RETRY);
	sg_store_close(&s);
	thaw(FILE_TOO);
}
END_TEST

static struct timespec
changed_at(void)
{
	struct stat st;

	ck_assert_int_eq(stat(scratch_db, &st), 0);
	return st.st_mtim;
}

static void
set_changed_at(struct timespec t)
{
	struct timespec both[2] = { t, t };

	ck_assert_int_eq(utimensat(AT_FDCWD, scratch_db, both, 0), 0);
}

/* What the disk is asked for by whoever writes, 30 s later. */
static void
try_again(struct sg_store *s)
{
	scratch_clock += 31;
	ck_assert(scratch_put(s, "new.test", DAY) == SG_RETRY);
}

/* A file that cannot be written is read through once, not at each attempt to
   write it, and again when it is another. The page that is spoilt here is of
   an index that reading does not touch. */
START_TEST(checks_once_what_it_cannot_write)
{
	struct timespec was;
	struct sg_store *s;
	off_t page;

	become_user();
	s = scratch_store();
	scratch_put_many(s, 0, 3, DAY, SG_OK);
	sg_store_close(&s);
	page = scratch_page_of_pins();
	ck_assert(freeze(FILE_TOO));
	s = scratch_store();
	ck_assert_uint_eq(scratch_count_many(s, 0, 1), 1);
	was = changed_at();
	thaw(FILE_TOO);
	scratch_overwrite(page, 4096, 0xa5);
	set_changed_at(was);
	ck_assert(freeze(FILE_TOO));
	try_again(s);
	ck_assert_uint_eq(scratch_count_many(s, 1, 1), 1);
	was.tv_sec++;
	set_changed_at(was);
	try_again(s);
	ck_assert(scratch_has(s, "d2.test", NULL) == SG_RETRY);
	sg_store_close(&s);
	thaw(FILE_TOO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("full");
	TCase *t = tcase_create("disk");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, comes_back_from_a_full_disk);
	tcase_add_test(t, survives_a_lock);
	tcase_add_test(t, reads_beside_a_transaction);
	tcase_add_test(t, survives_a_read_only_directory);
	tcase_add_loop_test(t, reads_what_it_cannot_write, 0,
	    (int)(sizeof(frozen) / sizeof(frozen[0])));
	tcase_add_test(t, checks_what_it_cannot_write);
	tcase_add_test(t, checks_once_what_it_cannot_write);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
