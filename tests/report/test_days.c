/* SPDX-License-Identifier: ISC */
/*
 * test_days.c - decisions are counted: each cell exactly, by any number of
 * threads, whatever the disk does; and what is kept stays bounded.
 */
#include "store/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "report/days.h"
#include "report/days_file.h"

#define TODAY (SAMPLE_NOW / SG_DAY_S)
#define HOUR_MS 3600000

static struct sg_days_params params;

static struct sg_days *
open_days(void)
{
	struct sg_days *d = sg_days_new(&params);

	ck_assert_ptr_nonnull(d);
	return d;
}

static void
setup(void)
{
	scratch_make();
	params = (struct sg_days_params) { .path = scratch_db,
		.keep_days = 30, .flush_ms = HOUR_MS, .now = scratch_now };
}

/* --- what is counted -------------------------------------------------------- */

static struct sg_group groups[] = { { .name = (char *)"finance" },
	{ .name = (char *)"default" } };

struct what {
	int64_t at; /* behind scratch_clock */
	int group;
	const char *hop;
	enum sg_result result;
	enum sg_reason reason;
	enum sg_action action, applied;
	bool dry_run;
};

static void
count(struct sg_days *d, const struct what *w)
{
	struct sg_asked asked = { .group = &groups[w->group],
		.dry_run = w->dry_run };
	struct sg_verdict verdict = { .result = w->result,
		.reason = w->reason };
	struct sg_decision decision = { .action = w->action,
		.applied = w->applied };
	struct sg_days_decision what = { { scratch_now().s + w->at }, w->hop,
		&asked, &verdict, &decision };

	sg_days_count(d, &what);
}

/* The two that most tests do with. */
static void
count_pass(struct sg_days *d, const char *hop)
{
	count(d, &(struct what) { .hop = hop });
}

static void
count_stop(struct sg_days *d, const char *hop)
{
	count(d, &(struct what) { .hop = hop, .result = SG_RESULT_FAIL,
	    .reason = SG_REASON_MX_MISMATCH, .action = SG_ACTION_DEFER,
	    .applied = SG_ACTION_DEFER });
}

static void
read_rows(struct sg_days_rows *rows)
{
	struct sg_err err = { .text = "" };

	ck_assert_msg(sg_days_rows_read(scratch_db, 0, rows, &err) == SG_OK,
	    "%s", err.text);
}

/* Of all rows whose next hop this is; NULL = all. */
static uint64_t
total(const char *hop)
{
	struct sg_days_rows rows;
	uint64_t n = 0;

	read_rows(&rows);
	for (size_t i = 0; i < rows.n; i++)
		if (hop == NULL || strcmp(rows.cells[i].next_hop, hop) == 0)
			n += rows.cells[i].n;
	ck_assert_uint_eq(rows.unfit, 0);
	sg_days_rows_free(&rows);
	return n;
}

static size_t
n_rows(void)
{
	struct sg_days_rows rows;
	size_t n;

	read_rows(&rows);
	n = rows.n;
	sg_days_rows_free(&rows);
	return n;
}

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

/* --- cells ------------------------------------------------------------------ */

/* Each differs from the first in one part. */
static const struct what apart[] = {
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ SG_DAY_S, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 1, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "[a.test]:25", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_UNKNOWN, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_MX_MISMATCH,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_REJECT, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_TAG, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, true },
	{ 0, 0, "", SG_RESULT_NOT_APPLICABLE, SG_REASON_NONE,
	    SG_ACTION_ACCEPT, SG_ACTION_ACCEPT, false },
};
#define N_APART (sizeof(apart) / sizeof(apart[0]))

static bool
is_row_of(const struct sg_cell *c, const struct what *w)
{
	const char *hop = w->hop[0] != '\0' ? w->hop : SG_CELL_NO_HOP;

	return c->day == TODAY + w->at / SG_DAY_S &&
	    strcmp(c->group, groups[w->group].name) == 0 &&
	    strcmp(c->next_hop, hop) == 0 && c->result == w->result &&
	    c->reason == w->reason && c->action == w->action &&
	    c->applied == w->applied && c->dry_run == w->dry_run;
}

START_TEST(cells_are_apart)
{
	struct sg_days *d = open_days();
	struct sg_days_rows rows;
	size_t found = 0;

	/* In memory, and then added to what the file has. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N_APART; i++)
			for (size_t n = 0; n <= i; n++)
				count(d, &apart[i]);
		ck_assert(sg_days_flush(d));
	}
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, N_APART);
	for (size_t i = 0; i < N_APART; i++)
		for (size_t k = 0; k < rows.n; k++) {
			if (!is_row_of(&rows.cells[k], &apart[i]))
				continue;
			found++;
			ck_assert_uint_eq(rows.cells[k].n, 2 * (i + 1));
		}
	ck_assert_uint_eq(found, N_APART);
	sg_days_rows_free(&rows);
	sg_days_free(&d);
}
END_TEST

START_TEST(first_and_last)
{
	static const int64_t at[] = { 50, 10, 90, 30 };
	struct sg_days *d = open_days();
	struct sg_days_rows rows;

	for (size_t i = 0; i < 4; i++) {
		count(d, &(struct what) { .hop = "a.test", .at = at[i] });
		if (i % 2 == 1)
			ck_assert(sg_days_flush(d));
	}
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, 1);
	ck_assert_int_eq(rows.cells[0].first.s, SAMPLE_NOW + 10);
	ck_assert_int_eq(rows.cells[0].last.s, SAMPLE_NOW + 90);
	sg_days_rows_free(&rows);
	sg_days_free(&d);
}
END_TEST

START_TEST(stop_writes_the_rest)
{
	struct sg_days *d = open_days();

	count_pass(d, "a.test");
	ck_assert(sg_days_stop(d, 60000));
	ck_assert_uint_eq(total(NULL), 1);
	count_pass(d, "b.test"); /* a callback that comes late */
	ck_assert(sg_days_stop(d, 60000));
	sg_days_free(&d);
	sg_days_count(NULL, &(struct sg_days_decision) { .next_hop = "" });
}
END_TEST

/* --- many threads ----------------------------------------------------------- */

#define WRITERS 8
#define EACH 20000

static void *
write_many(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		char hop[32];

		(void)snprintf(hop, sizeof(hop), "d%d.test", i % 50);
		if (i % 3 == 0)
			count_stop(arg, hop);
		else
			count_pass(arg, hop);
	}
	return NULL;
}

START_TEST(concurrent_writers)
{
	pthread_t threads[WRITERS];
	struct sg_days *d;
	struct sg_days_rows rows;
	uint64_t sum = 0;

	params.flush_ms = 1;
	d = open_days();
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many,
				     d), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	sg_days_free(&d);
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, 100);
	for (size_t i = 0; i < rows.n; i++) {
		sum += rows.cells[i].n;
		/* 20,000 in threes by fifties: 133 or 134, and the rest */
		ck_assert_uint_ge(rows.cells[i].n, WRITERS * 133);
		ck_assert_uint_le(rows.cells[i].n, WRITERS * 267);
	}
	ck_assert_uint_eq(sum, WRITERS * EACH);
	sg_days_rows_free(&rows);
}
END_TEST

/* --- bounds ----------------------------------------------------------------- */

static void
count_many(struct sg_days *d, int n, const char *prefix,
    void (*counter)(struct sg_days *, const char *))
{
	for (int i = 0; i < n; i++) {
		char hop[32];

		(void)snprintf(hop, sizeof(hop), "%s%d.test", prefix, i);
		counter(d, hop);
	}
}

/* What is let through fills half the day's rows, what is stopped the rest
   (T16); then names go and numbers stay. */
START_TEST(rows_of_a_day_are_capped)
{
	struct sg_days *d;

	params.rows_a_day = 20;
	d = open_days();
	count_many(d, 100, "p", count_pass);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 11); /* with "(other)" */
	ck_assert_uint_eq(total(SG_CELL_OTHER), 90);
	count_many(d, 50, "s", count_stop);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 21);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 90 + 41);
	/* Names that are there go on being counted, also after a restart. */
	sg_days_free(&d);
	d = open_days();
	count_many(d, 100, "p", count_pass);
	count_many(d, 50, "s", count_stop);
	sg_days_free(&d);
	ck_assert_uint_eq(n_rows(), 21);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 2 * (90 + 41));
	ck_assert_uint_eq(total(NULL), 2 * 150);
	/* A new day has room of its own. */
	scratch_clock += SG_DAY_S;
	d = open_days();
	count_many(d, 5, "n", count_pass);
	sg_days_free(&d);
	ck_assert_uint_eq(n_rows(), 26);
}
END_TEST

START_TEST(memory_is_capped)
{
	struct sg_days *d;

	params.max_cells = 10;
	d = open_days();
	count_many(d, 1000, "p", count_pass);
	count_many(d, 1000, "s", count_stop);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 12);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 1990);
	ck_assert_uint_eq(total(NULL), 2000);
	sg_days_free(&d);
}
END_TEST

START_TEST(old_days_go)
{
	struct sg_days *d;

	params.keep_days = 3;
	d = open_days();
	for (int day = 0; day < 6; day++) {
		count_pass(d, "a.test");
		ck_assert(sg_days_flush(d));
		ck_assert_uint_eq(n_rows(), day < 3 ? day + 1 : 3);
		scratch_clock += SG_DAY_S;
	}
	sg_days_set_keep(d, 2); /* a reload */
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 1); /* today has none yet */
	sg_days_set_keep(d, 0);
	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 0);
	sg_days_free(&d);
	sg_days_set_keep(NULL, 1);
}
END_TEST

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
	ck_assert_uint_eq(scratch_count(".corrupt-"), 2); /* -journal too */
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
	Suite *s = suite_create("days");
	TCase *t = tcase_create("days");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, scratch_remove);
	tcase_add_test(t, cells_are_apart);
	tcase_add_test(t, first_and_last);
	tcase_add_test(t, stop_writes_the_rest);
	tcase_add_test(t, concurrent_writers);
	tcase_add_test(t, rows_of_a_day_are_capped);
	tcase_add_test(t, memory_is_capped);
	tcase_add_test(t, old_days_go);
	tcase_add_test(t, file_is_ours_alone);
	tcase_add_test(t, corrupt_at_start);
	tcase_add_test(t, corrupt_while_running);
	tcase_add_test(t, removed_while_running);
	tcase_add_loop_test(t, unfit_places, 0, 4);
	tcase_add_test(t, locked_by_a_reader);
	tcase_add_test(t, killed);
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
