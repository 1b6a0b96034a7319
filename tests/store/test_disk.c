/* SPDX-License-Identifier: ISC */
/*
 * test_disk.c - the disk fails, lies, or is not there; the process is killed.
 * (THREATS 5.4, T21 to T23; K-10.)
 */
#include "store/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <sqlite3.h>
#include <time.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/unwritten.h"

#define DAY 86400

static void
sql(const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK,
	    "%s: %s", text, why);
	sqlite3_close(db);
}

static int64_t
ask(const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t got = -1;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		got = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return got;
}

static void
put_many(struct sg_store *s, unsigned from, unsigned n, unsigned max_age,
    enum sg_rc want)
{
	for (unsigned i = from; i < from + n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%u.test", i);
		ck_assert(scratch_put(s, name, max_age) == want);
	}
}

static unsigned
count_many(struct sg_store *s, unsigned from, unsigned n)
{
	unsigned found = 0;

	for (unsigned i = from; i < from + n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%u.test", i);
		found += scratch_has(s, name, NULL) == SG_OK;
	}
	return found;
}

static struct sg_store_stats
stats(struct sg_store *s)
{
	struct sg_store_stats st;

	sg_store_stats(s, &st);
	ck_assert(st.degraded == (st.text[0] != '\0'));
	return st;
}

/* --- kill -9 ------------------------------------------------------------- */

#define ROUNDS 50

/* Puts numbered policies, two at a time, and says so after each put. */
static void
put_until_killed(int out, unsigned from)
{
	struct sg_store *s = scratch_store();

	for (;; from += 2) {
		struct sg_facts *f[2];
		char name[32];

		for (unsigned i = 0; i < 2; i++) {
			(void)snprintf(name, sizeof(name), "d%u.test",
			    from + i);
			f[i] = scratch_facts(name, DAY);
		}
		if (sg_store_put(s, f, 2, NULL) != SG_OK ||
		    write(out, &from, sizeof(from)) != sizeof(from))
			_exit(1);
		sg_facts_unref(&f[0]);
		sg_facts_unref(&f[1]);
	}
}

START_TEST(loses_nothing_when_killed) /* K-10 */
{
	unsigned next = 0, from;

	for (int round = 0; round < ROUNDS; round++) {
		unsigned acks = 1 + (unsigned)round % 7;
		struct sg_store *s;
		int p[2], status;
		pid_t pid;

		ck_assert_int_eq(pipe(p), 0);
		ck_assert_int_ge(pid = fork(), 0);
		if (pid == 0) {
			close(p[0]);
			put_until_killed(p[1], next);
		}
		close(p[1]);
		while (acks-- > 0)
			ck_assert(read(p[0], &from, sizeof(from)) ==
			    sizeof(from));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		/* What it could still say before it died counts too. */
		while (read(p[0], &next, sizeof(next)) == sizeof(next))
			from = next;
		close(p[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		next = from + 2;
		s = scratch_store();
		ck_assert_uint_eq(count_many(s, 0, next), next);
		/* A transaction is there whole or not at all. */
		ck_assert_uint_ne(count_many(s, next, 2), 1);
		sg_store_close(&s);
	}
	ck_assert_uint_eq(scratch_count("corrupt"), 0);
}
END_TEST

/* --- corrupt files ------------------------------------------------------- */

static void
overwrite(off_t at, size_t n, int byte)
{
	int fd = open(scratch_db, O_WRONLY | O_CLOEXEC);
	char block[4096];

	ck_assert_int_ge(fd, 0);
	memset(block, byte, sizeof(block));
	for (; n > 0; n -= n < sizeof(block) ? n : sizeof(block),
	    at += sizeof(block)) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		ck_assert_int_eq(pwrite(fd, block, part, at), (ssize_t)part);
	}
	close(fd);
}

static void zeros_in_the_middle(off_t size)
{
	overwrite(size / 4, (size_t)size / 2, 0);
}
static void truncated(off_t size)
{
	ck_assert_int_eq(truncate(scratch_db, size / 2 + 100), 0);
}
static void garbage(off_t size) { overwrite(0, (size_t)size, 0xa5); }
static void garbage_head(off_t size) { (void)size; overwrite(0, 100, 'x'); }
static void not_a_database(off_t size)
{
	(void)size;
	ck_assert_int_eq(truncate(scratch_db, 0), 0);
	overwrite(0, 5000, '#');
}
static void lost_table(off_t size)
{
	(void)size;
	sql("DROP TABLE facts");
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

	put_many(s, 0, 300, DAY, SG_OK);
	sg_store_close(&s);
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	spoils[_i].spoil(st.st_size);
	s = scratch_store();
	ck_assert_msg(scratch_count("facts.db.corrupt-") >= 1,
	    "%s: not set aside", spoils[_i].name);
	ck_assert(!stats(s).degraded);
	ck_assert_uint_eq(count_many(s, 0, 300), 0);
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

	put_many(s, 0, 3000, DAY, SG_OK);
	sg_store_close(&s);
	if (_i == 1) {
		ck_assert_int_eq(stat(scratch_db, &st), 0);
		overwrite(st.st_size / 2, (size_t)st.st_size / 4, 0);
	}
	ck_assert(sg_store_open(&params, &s, NULL) == SG_OK);
	ck_assert(scratch_put(s, "good.test", DAY) != SG_BAD);
	if (_i == 0) {
		ck_assert_uint_eq(count_many(s, 0, 3000), 3000);
	} else {
		while (scratch_count("facts.db.corrupt-") == 0)
			(void)nanosleep(&pause, NULL);
		/* Nobody writes to two files. */
		ck_assert(scratch_put(s, "later.test", DAY) == SG_OK);
		ck_assert(!stats(s).degraded);
	}
	sg_store_close(&s);
	ck_assert_uint_eq(scratch_count("facts.db.corrupt-") > 0, _i == 1);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* Where the page is by which pins are found. */
static off_t
page_of_pins(void)
{
	int64_t page = ask("SELECT rootpage FROM sqlite_master"
	    " WHERE name = 'pins_end'");

	ck_assert_int_gt(page, 1);
	return (off_t)(page - 1) * 4096;
}

/* THREATS 5.4: a large file that is not checked before it is used, but whose
   pins show that it is corrupt, is replaced at once, not 30 s later. */
START_TEST(replaces_at_once_what_its_pins_show)
{
	struct sg_store_params params = { .path = scratch_db, .check_max = 1,
		.now = scratch_now };
	struct sg_store *s = scratch_store();

	put_many(s, 0, 3000, DAY, SG_OK);
	sg_store_close(&s);
	overwrite(page_of_pins(), 4096, 0xa5);
	ck_assert(sg_store_open(&params, &s, NULL) == SG_OK);
	ck_assert_uint_eq(scratch_count("facts.db.corrupt-"), 1);
	ck_assert(!stats(s).degraded);
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

	put_many(s, 0, 300, DAY, SG_OK);
	sg_store_close(&s);
	ck_assert(scratch_open(scratch_db, 100, &s, NULL) == SG_OK);
	put_many(s, 1000, 50, DAY, SG_OK);
	sql("PRAGMA wal_checkpoint(TRUNCATE)");
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	/* Another process's change makes caches be read anew. */
	overwrite(4096, (size_t)st.st_size - 4096, 0xa5);
	overwrite(24, 4, 0x5a);
	if (_i == 0)
		ck_assert(scratch_has(s, "d7.test", NULL) == SG_RETRY);
	else
		ck_assert(scratch_put(s, "new.test", DAY) == SG_OK);
	ck_assert_uint_ge(scratch_count("facts.db.corrupt-"), 1);
	ck_assert(!stats(s).degraded);
	ck_assert_uint_eq(stats(s).unwritten, 0);
	ck_assert(scratch_has(s, "d7.test", NULL) == SG_NONE);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(count_many(s, 1000, 50), 50);
	ck_assert(scratch_has(s, "new.test", NULL) ==
	    (_i == 0 ? SG_NONE : SG_OK));
	sg_store_close(&s);
}
END_TEST

/* The file is removed under a store that runs. */
START_TEST(survives_removal)
{
	struct sg_store *s = scratch_store();

	put_many(s, 0, 10, DAY, SG_OK);
	ck_assert_int_eq(unlink(scratch_db), 0);
	(void)scratch_put(s, "new.test", DAY);
	scratch_clock += 30;
	ck_assert(scratch_put(s, "newer.test", DAY) == SG_OK);
	ck_assert(!stats(s).degraded);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(count_many(s, 0, 10), 10);
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
	sql(lies[_i].spoil);
	ck_assert_int_eq(ask("SELECT count(*) FROM facts"), 1);
	s = scratch_store();
	ck_assert_msg(scratch_has(s, key, NULL) == SG_NONE, "%s: believed",
	    lies[_i].name);
	ck_assert_msg(ask("SELECT count(*) FROM facts") == 0, "%s: stays",
	    lies[_i].name);
	ck_assert(!stats(s).degraded);
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
	sql("CREATE TEMP VIEW row AS SELECT record, policy_expires, fresh_until"
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

/* --- refused at the start ------------------------------------------------ */

static void symbolic_link(void)
{
	ck_assert_int_eq(symlink("elsewhere.db", scratch_db), 0);
}
static void dangling_to_file(void)
{
	char other[128];
	int fd;

	(void)snprintf(other, sizeof(other), "%s/other.db", scratch_dir);
	fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(symlink("other.db", scratch_db), 0);
}
static void newer_schema(void)
{
	struct sg_store *s = scratch_store();

	sg_store_close(&s);
	sql("PRAGMA user_version = 99");
}
static void foreign(void) { sql("CREATE TABLE bookmarks (url TEXT)"); }
static void directory(void) { ck_assert_int_eq(mkdir(scratch_db, 0700), 0); }
static void fifo(void) { ck_assert_int_eq(mkfifo(scratch_db, 0600), 0); }
static void no_directory(void)
{
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/not/facts.db",
	    scratch_dir);
}
static void file_for_directory(void)
{
	char file[128];
	int fd;

	(void)snprintf(file, sizeof(file), "%s/file", scratch_dir);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/file/facts.db",
	    scratch_dir);
}

static const struct {
	const char *name;
	void (*prepare)(void);
	const char *want; /* in the error's text */
} refusals[] = {
	{ "T23 symbolic link to nothing", symbolic_link, "symbolic link" },
	{ "T23 symbolic link to a file", dangling_to_file, "symbolic link" },
	{ "newer schema", newer_schema, "newer stsgate" },
	{ "another program's database", foreign, "not a store" },
	{ "a directory", directory, "irectory" },
	{ "a FIFO", fifo, "regular" },
	{ "no directory", no_directory, "No such file" },
	{ "a file for a directory", file_for_directory, "Not a directory" },
};

START_TEST(refuses)
{
	struct sg_err err = { .text = "" };
	struct sg_store *s = NULL;
	enum sg_rc rc;

	refusals[_i].prepare();
	rc = scratch_open(scratch_db, 0, &s, &err);
	ck_assert_msg(rc == SG_BAD && strstr(err.text, refusals[_i].want) !=
		NULL,
	    "%s: got %d, %s, want %s", refusals[_i].name, rc, err.text,
	    refusals[_i].want);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(scratch_count("corrupt"), 0);
	(void)rmdir(scratch_db);
}
END_TEST

START_TEST(tightens_the_mode) /* T22 */
{
	struct sg_store *s;
	struct stat st;
	int fd = open(scratch_db, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	close(fd);
	s = scratch_store();
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };
		char path[128];

		(void)snprintf(path, sizeof(path), "%s%s", scratch_db, ends[i]);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_msg((st.st_mode & 0777) == 0600, "%s: %o", path,
		    (unsigned)st.st_mode);
	}
	sg_store_close(&s);
}
END_TEST

START_TEST(follows_links_to_the_directory) /* systemd's DynamicUser */
{
	struct sg_store *s;
	char link[80];

	(void)snprintf(link, sizeof(link), "%s-link", scratch_dir);
	ck_assert_int_eq(symlink(scratch_dir, link), 0);
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/facts.db", link);
	s = scratch_store();
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

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

	put_many(s, 0, 20, 2 * DAY, SG_OK);
	limit_files(200000);
	for (enum sg_rc rc = SG_OK; rc == SG_OK; n++) {
		f = scratch_facts("x", 2 * DAY);
		(void)snprintf(f->hop.name, sizeof(f->hop.name), "d%u.test",
		    100 + n);
		rc = sg_store_put(s, &f, 1, NULL);
		sg_facts_unref(&f);
		ck_assert_uint_lt(n, 3000);
	}
	ck_assert(stats(s).degraded);
	ck_assert_uint_eq(stats(s).unwritten, 1);
	ck_assert_uint_ge(stats(s).write_failures, 1);
	/* Memory goes on; the disk is left alone. */
	put_many(s, 5000, 10, 2 * DAY, SG_RETRY);
	ck_assert_uint_eq(stats(s).unwritten, 11);
	ck_assert_uint_eq(count_many(s, 5000, 10), 10);
	ck_assert(sg_store_purge(s, "d3.test") == SG_RETRY);
	ck_assert(scratch_has(s, "d3.test", NULL) == SG_NONE);
	/* There is room again, but it is not tried before 30 s have passed. */
	limit_files(RLIM_INFINITY);
	scratch_clock += 29;
	put_many(s, 5010, 1, 2 * DAY, SG_RETRY);
	scratch_clock += 1;
	k = (unsigned)sg_store_due(s, sample_time(SAMPLE_NOW), due, 64);
	ck_assert_uint_eq(k, 0);
	ck_assert(!stats(s).degraded);
	ck_assert_uint_eq(stats(s).unwritten, 0);
	put_many(s, 5011, 1, 2 * DAY, SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_uint_eq(count_many(s, 0, 20), 19);
	ck_assert_uint_eq(count_many(s, 100, n), n);
	ck_assert_uint_eq(count_many(s, 5000, 12), 12);
	sg_store_close(&s);
}
END_TEST

/* Another process holds the lock: no long wait, and tried again soon. */
START_TEST(survives_a_lock)
{
	struct sg_store *s = scratch_store();
	sqlite3 *other;

	put_many(s, 0, 3, DAY, SG_OK);
	ck_assert_int_eq(sqlite3_open(scratch_db, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
			     NULL), SQLITE_OK);
	put_many(s, 3, 3, DAY, SG_RETRY);
	ck_assert(stats(s).degraded);
	ck_assert_uint_eq(stats(s).write_failures, 1); /* asked once */
	ck_assert_uint_eq(count_many(s, 0, 6), 6);
	scratch_clock += 1;
	put_many(s, 6, 1, DAY, SG_RETRY);
	ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(other);
	scratch_clock += 1;
	put_many(s, 7, 1, DAY, SG_OK);
	ck_assert(!stats(s).degraded);
	ck_assert_int_eq(ask("SELECT count(*) FROM facts"), 8);
	sg_store_close(&s);
}
END_TEST

/* Readers do not wait for a transaction. */
START_TEST(reads_beside_a_transaction)
{
	struct sg_store *s = scratch_store();
	sqlite3 *other;

	put_many(s, 0, 3, DAY, SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert_int_eq(sqlite3_open(scratch_db, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other,
			     "BEGIN IMMEDIATE; DELETE FROM facts", NULL, NULL,
			     NULL), SQLITE_OK);
	ck_assert_uint_eq(count_many(s, 0, 3), 3);
	ck_assert(!stats(s).degraded);
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
	ck_assert(stats(s).degraded);
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
	ck_assert(stats(s).degraded);
	ck_assert_msg(strstr(stats(s).text, "read all the same") != NULL,
	    "%s: %s", frozen[_i].name, stats(s).text);
	ck_assert_msg(scratch_has(s, "good.test", &policy) == SG_OK && policy,
	    "%s: the policy is hidden", frozen[_i].name);
	ck_assert(scratch_has(s, "other.test", NULL) == SG_NONE);
	ck_assert(scratch_put(s, "new.test", DAY) == SG_RETRY);
	ck_assert(scratch_has(s, "new.test", NULL) == SG_OK);
	thaw(how);
	scratch_clock += 31;
	ck_assert(scratch_put(s, "last.test", DAY) == SG_OK);
	ck_assert(!stats(s).degraded);
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
	ck_assert(stats(s).degraded);
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
	put_many(s, 0, 3, DAY, SG_OK);
	sg_store_close(&s);
	page = page_of_pins();
	ck_assert(freeze(FILE_TOO));
	s = scratch_store();
	ck_assert_uint_eq(count_many(s, 0, 1), 1);
	was = changed_at();
	thaw(FILE_TOO);
	overwrite(page, 4096, 0xa5);
	set_changed_at(was);
	ck_assert(freeze(FILE_TOO));
	try_again(s);
	ck_assert_uint_eq(count_many(s, 1, 1), 1);
	was.tv_sec++;
	set_changed_at(was);
	try_again(s);
	ck_assert(scratch_has(s, "d2.test", NULL) == SG_RETRY);
	sg_store_close(&s);
	thaw(FILE_TOO);
}
END_TEST

/* --- the queue ----------------------------------------------------------- */

START_TEST(bounds_the_queue)
{
	struct sg_unwritten u = { .n = 0 };
	struct sg_wall now = scratch_now();
	struct sg_facts *policy = scratch_facts("p.test", DAY);
	struct sg_facts *none = scratch_facts("n.test", 0), *got;
	char key[32];

	for (unsigned i = 0; i < SG_UNWRITTEN_MAX; i++) {
		(void)snprintf(key, sizeof(key), "d%u.test", i);
		sg_unwritten_add(&u, key, i % 2 ? policy : none, now);
	}
	sg_unwritten_add(&u, "d0.test", none, now); /* replaced: now last */
	ck_assert_uint_eq(u.n, SG_UNWRITTEN_MAX);
	ck_assert_uint_eq(u.dropped, 0);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "p%u.test", i);
		sg_unwritten_add(&u, key, policy, now);
	}
	ck_assert_uint_eq(u.n, SG_UNWRITTEN_MAX);
	ck_assert_uint_eq(u.dropped, 500);
	/* All without a policy are gone, no policy is. */
	ck_assert(!sg_unwritten_find(&u, "d2.test", &got));
	ck_assert(!sg_unwritten_find(&u, "d0.test", &got));
	ck_assert(sg_unwritten_find(&u, "d1.test", &got) && got == policy);
	sg_facts_unref(&got);
	/* Then the oldest goes; deletions are not dropped before it. */
	sg_unwritten_add(&u, "gone.test", NULL, now);
	ck_assert(!sg_unwritten_find(&u, "d1.test", &got));
	ck_assert(sg_unwritten_find(&u, "gone.test", &got) && got == NULL);
	sg_unwritten_drop(&u, SG_UNWRITTEN_MAX + 5);
	ck_assert_uint_eq(u.n, 0);
	ck_assert_ptr_null(u.table);
	ck_assert_uint_eq(policy->refs, 1);
	ck_assert_uint_eq(none->refs, 1);
	sg_facts_unref(&policy);
	sg_facts_unref(&none);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("disk");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, loses_nothing_when_killed);
	tcase_add_loop_test(t, sets_corrupt_files_aside, 0, N(spoils));
	tcase_add_loop_test(t, checks_large_files_beside_the_work, 0, 2);
	tcase_add_test(t, replaces_at_once_what_its_pins_show);
	tcase_add_loop_test(t, survives_corruption_at_run_time, 0, 2);
	tcase_add_test(t, survives_removal);
	tcase_add_loop_test(t, drops_rows_that_lie, 0, N(lies));
	tcase_add_test(t, walks_past_odd_keys);
	tcase_add_loop_test(t, refuses, 0, N(refusals));
	tcase_add_test(t, tightens_the_mode);
	tcase_add_test(t, follows_links_to_the_directory);
	tcase_add_test(t, comes_back_from_a_full_disk);
	tcase_add_test(t, survives_a_lock);
	tcase_add_test(t, reads_beside_a_transaction);
	tcase_add_test(t, survives_a_read_only_directory);
	tcase_add_loop_test(t, reads_what_it_cannot_write, 0,
	    (int)(sizeof(frozen) / sizeof(frozen[0])));
	tcase_add_test(t, checks_what_it_cannot_write);
	tcase_add_test(t, checks_once_what_it_cannot_write);
	tcase_add_test(t, bounds_the_queue);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
