/* SPDX-License-Identifier: ISC */
/*
 * days_file.c - see days_file.h.
 *
 * Results, reasons and actions are their numbers, as in the facts record.
 * Rows are read as from outside: what is no number of ours, or no text, is left
 * out and counted.
 */
#include "report/days_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dbfile.h"

#define BUSY_MS 500
#define READ_BUSY_MS 5000
#define ROWS_MAX 10000000     /* of what is read: more is no report */
#define N_MAX 1000000000000   /* of one cell: sums of all do not wrap */

#define KEYS "day, sender_group, next_hop, result, reason, action, applied," \
	     " dry_run"

static const char *const schema[] = {
    "CREATE TABLE decisions (day INTEGER NOT NULL,"
    " sender_group TEXT NOT NULL, next_hop TEXT NOT NULL,"
    " result INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " action INTEGER NOT NULL, applied INTEGER NOT NULL,"
    " dry_run INTEGER NOT NULL, n INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (" KEYS ")) WITHOUT ROWID;",
};

static const struct sg_dbfile_kind kind = { "report", "a report of stsgate",
	"the days before are no longer reported", schema,
	sizeof(schema) / sizeof(schema[0]), BUSY_MS };

enum statement { S_UPDATE, S_INSERT, S_COUNT, S_EXPIRE, S_N };

static const char *const sql[S_N] = {
	[S_UPDATE] = "UPDATE decisions SET n = n + ?9, first = min(first, ?10),"
		     " last = max(last, ?11) WHERE day = ?1"
		     " AND sender_group = ?2 AND next_hop = ?3 AND result = ?4"
		     " AND reason = ?5 AND action = ?6 AND applied = ?7"
		     " AND dry_run = ?8",
	[S_INSERT] = "INSERT INTO decisions (" KEYS ", n, first, last)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[S_COUNT] = "SELECT count(*) FROM decisions WHERE day = ?1",
	[S_EXPIRE] = "DELETE FROM decisions WHERE day <= ?1",
};

struct sg_days_file {
	char *path; /* sqlite3_free() */
	sqlite3 *db;
	sqlite3_stmt *s[S_N];
};

/* --- opening -------------------------------------------------------------- */

/* 2026-11: a commit is an unlink(), which is done or is not. Where it is a
   truncation, SQLite syncs behind it, and a commit of which only that failed
   was there and was written once more. */
static int
set_up(struct sg_days_file *f, int version)
{
	int rc = sg_dbfile_ask_word(f->db, "PRAGMA quick_check(1)", "ok",
	    SQLITE_CORRUPT);

	if (rc == SQLITE_OK)
		rc = sg_dbfile_ask_word(f->db,
		    "PRAGMA journal_mode = DELETE", "delete",
		    SQLITE_PROTOCOL);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_make_schema(&kind, f->db, version);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_prepare(f->db, sql, f->s, S_N);
	return rc;
}

/* SG_OK; SG_BAD for an administrator; SG_RETRY, with *corrupt if that is
   why. */
static enum sg_rc
open_once(struct sg_days_file *f, bool *corrupt, struct sg_err *err)
{
	enum sg_rc ours = sg_dbfile_check(f->path, err);
	int rc, version = 0;

	*corrupt = false;
	if (ours != SG_OK)
		return ours;
	rc = sg_dbfile_connect(&kind, f->path, SQLITE_OPEN_READWRITE, NULL,
	    &f->db);
	if (rc == SQLITE_OK)
		ours = sg_dbfile_check_version(&kind, f->db, f->path, &version,
		    &rc, err);
	if (rc == SQLITE_OK && ours == SG_OK)
		rc = set_up(f, version);
	if (rc != SQLITE_OK) {
		*corrupt = sg_dbfile_judge(f->db, rc, f->path, err) == SG_BAD;
		ours = SG_RETRY;
	}
	if (ours != SG_OK)
		sg_dbfile_close(&f->db, f->s, S_N);
	return ours;
}

enum sg_rc
sg_days_file_open(const char *path, struct sg_wall now,
    struct sg_days_file **out_r, struct sg_err *err)
{
	struct sg_days_file *f = calloc(1, sizeof(*f));
	bool corrupt = false;
	enum sg_rc rc;

	if (f == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s: out of memory", path);
		return SG_RETRY;
	}
	rc = sg_dbfile_resolve(path, &f->path, err);
	if (rc == SG_OK)
		rc = open_once(f, &corrupt, err);
	if (corrupt) {
		rc = sg_dbfile_set_aside(&kind, f->path, now, err);
		if (rc == SG_OK)
			rc = open_once(f, &corrupt, err);
	}
	if (rc != SG_OK)
		sg_days_file_close(&f);
	*out_r = f;
	return rc;
}

void
sg_days_file_close(struct sg_days_file **fp)
{
	struct sg_days_file *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	sg_dbfile_close(&f->db, f->s, S_N);
	sqlite3_free(f->path);
	free(f);
}

/* --- writing -------------------------------------------------------------- */

/* Runs a statement to its end; an integer that it brings goes to *out. */
static int
run(sqlite3_stmt *s, int64_t *out)
{
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (out != NULL)
			*out = sqlite3_column_int64(s, 0);
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void
bind_cell(sqlite3_stmt *s, const struct sg_cell *c)
{
	const int64_t numbers[] = { c->result, c->reason, c->action,
		c->applied, c->dry_run, (int64_t)c->n, c->first.s, c->last.s };

	(void)sqlite3_bind_int64(s, 1, c->day);
	(void)sqlite3_bind_text(s, 2, c->group, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 3, c->next_hop, -1, SQLITE_STATIC);
	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
		(void)sqlite3_bind_int64(s, i + 4, numbers[i]);
}

/* A transaction that is going on. */
struct adding {
	struct sg_days_file *f;
	int64_t most;     /* rows a day */
	int rc;
	int32_t day;      /* rows is its number of rows; -1 = not asked */
	int64_t rows;
};

static int
update(struct adding *a, const struct sg_cell *c, bool *done)
{
	int rc;

	bind_cell(a->f->s[S_UPDATE], c);
	rc = run(a->f->s[S_UPDATE], NULL);
	*done = rc != SQLITE_OK || sqlite3_changes(a->f->db) > 0;
	return rc;
}

static int
insert(struct adding *a, const struct sg_cell *c)
{
	a->rows++;
	bind_cell(a->f->s[S_INSERT], c);
	return run(a->f->s[S_INSERT], NULL);
}

static int
count_day(struct adding *a, int32_t day)
{
	if (a->day == day)
		return SQLITE_OK;
	a->day = day;
	(void)sqlite3_bind_int64(a->f->s[S_COUNT], 1, day);
	return run(a->f->s[S_COUNT], &a->rows);
}

static int
add_cell(struct adding *a, const struct sg_cell *cell)
{
	struct sg_cell c = *cell;
	int64_t most = sg_action_stops(c.action) ? a->most : a->most / 2;
	bool done;
	int rc = update(a, &c, &done);

	if (!done)
		rc = count_day(a, c.day);
	if (done || rc != SQLITE_OK)
		return rc;
	if (a->rows < most || strcmp(c.next_hop, SG_CELL_OTHER) == 0)
		return insert(a, &c);
	c.next_hop = SG_CELL_OTHER;
	rc = update(a, &c, &done);
	return done ? rc : insert(a, &c);
}

static bool
on_cell(void *arg, const struct sg_cell *cell)
{
	struct adding *a = arg;

	a->rc = add_cell(a, cell);
	return a->rc == SQLITE_OK;
}

static enum sg_rc
wrote(struct sg_days_file *f, int rc, bool *busy, struct sg_err *err)
{
	*busy = (rc & 0xff) == SQLITE_BUSY;
	return rc == SQLITE_OK ? SG_OK
			       : sg_dbfile_judge(NULL, rc, f->path, err);
}

enum sg_rc
sg_days_file_add(struct sg_days_file *f, const struct sg_tally *tally,
    size_t rows_a_day, bool *busy, struct sg_err *err)
{
	struct adding a = { .f = f, .most = (int64_t)rows_a_day, .day = -1 };
	int rc;

	*busy = false;
	if (sg_dbfile_has_moved(f->db)) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "%s was removed or renamed", f->path);
		return SG_RETRY;
	}
	rc = sqlite3_exec(f->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK) {
		(void)sg_tally_each(tally, on_cell, &a);
		rc = a.rc;
	}
	return wrote(f, sg_dbfile_end(f->db, rc), busy, err);
}

enum sg_rc
sg_days_file_expire(struct sg_days_file *f, int32_t last_day, bool *busy,
    struct sg_err *err)
{
	(void)sqlite3_bind_int64(f->s[S_EXPIRE], 1, last_day);
	return wrote(f, run(f->s[S_EXPIRE], NULL), busy, err);
}

/* --- reading -------------------------------------------------------------- */

/* A text of column i that is no longer than a name of ours, or NULL. */
static const char *
column_name(sqlite3_stmt *s, int i, size_t size)
{
	const char *text;

	if (sqlite3_column_type(s, i) != SQLITE_TEXT)
		return NULL;
	text = (const char *)sqlite3_column_text(s, i);
	if (text == NULL || *text == '\0' || strlen(text) >= size ||
	    strlen(text) != (size_t)sqlite3_column_bytes(s, i))
		return NULL;
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return NULL;
	return text;
}

/* The number of column i if it is below end. */
static bool
column_number(sqlite3_stmt *s, int i, int64_t end, int64_t *out)
{
	*out = sqlite3_column_int64(s, i);
	return sqlite3_column_type(s, i) == SQLITE_INTEGER && *out >= 0 &&
	    *out < end;
}

/* The names are borrowed from s. */
static bool
read_cell(sqlite3_stmt *s, struct sg_cell *c)
{
	static const int64_t ends[] = { SG_RESULT_NOT_APPLICABLE + 1,
		SG_REASON_COUNT, SG_ACTION_AUTO, SG_ACTION_AUTO, 2, N_MAX,
		INT64_MAX, INT64_MAX };
	int64_t day, v[sizeof(ends) / sizeof(ends[0])];

	c->group = column_name(s, 1, SG_CELL_GROUP_SIZE);
	c->next_hop = column_name(s, 2, SG_NEXTHOP_KEY_SIZE);
	if (c->group == NULL || c->next_hop == NULL ||
	    !column_number(s, 0, INT32_MAX, &day))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!column_number(s, (int)i + 3, ends[i], &v[i]))
			return false;
	c->day = (int32_t)day;
	c->result = (enum sg_result)v[0];
	c->reason = (enum sg_reason)v[1];
	c->action = (enum sg_action)v[2];
	c->applied = (enum sg_action)v[3];
	c->dry_run = v[4] != 0;
	c->n = (uint64_t)v[5];
	c->first.s = v[6];
	c->last.s = v[7];
	return true;
}

/* Takes copies of the names. */
static bool
keep(struct sg_days_rows *rows, const struct sg_cell *c)
{
	struct sg_cell *more, *to;

	if (rows->n == rows->max) {
		rows->max = rows->max == 0 ? 1024 : 2 * rows->max;
		more = reallocarray(rows->cells, rows->max, sizeof(*more));
		if (more == NULL)
			return false;
		rows->cells = more;
	}
	to = &rows->cells[rows->n];
	*to = *c;
	to->group = strdup(c->group);
	to->next_hop = strdup(c->next_hop);
	rows->n++;
	return to->group != NULL && to->next_hop != NULL;
}

static int
read_rows(sqlite3_stmt *s, struct sg_days_rows *rows)
{
	struct sg_cell c = { 0 };
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (!read_cell(s, &c))
			rows->unfit++;
		else if (rows->n >= ROWS_MAX || !keep(rows, &c))
			return SQLITE_NOMEM;
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static enum sg_rc
read_all(const struct sg_dbfile_kind *k, sqlite3 *db, const char *path,
    int32_t since, struct sg_days_rows *rows, struct sg_err *err)
{
	static const char *const select[] = { "SELECT " KEYS
		", n, first, last FROM decisions WHERE day >= ?1"
		" ORDER BY " KEYS };
	sqlite3_stmt *s = NULL;
	int rc, version = 0;
	enum sg_rc ours = sg_dbfile_check_version(k, db, path, &version, &rc,
	    err);

	if (rc == SQLITE_OK && (ours != SG_OK || version == 0))
		return ours;
	if (rc == SQLITE_OK)
		rc = sg_dbfile_prepare(db, select, &s, 1);
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_int64(s, 1, since);
		rc = read_rows(s, rows);
	}
	if (rc != SQLITE_OK)
		ours = sg_dbfile_judge(db, rc, path, err);
	(void)sqlite3_finalize(s);
	return ours;
}

/* Who reads may be root, and the directory another user's: nothing but a file
   is opened (a pipe would hang us). */
static enum sg_rc
look_at(const char *path, struct sg_err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s: is not a regular file",
		    path);
		return SG_BAD;
	}
	if (access(path, R_OK) == 0)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "%s: %s", path, strerror(errno));
	return errno == ENOENT || errno == ENOTDIR ? SG_NONE : SG_BAD;
}

enum sg_rc
sg_days_rows_read(const char *path, int32_t since, struct sg_days_rows *out,
    struct sg_err *err)
{
	struct sg_dbfile_kind reader = kind;
	sqlite3 *db = NULL;
	char *real = NULL;
	enum sg_rc ours = look_at(path, err);
	int rc;

	*out = (struct sg_days_rows) { 0 };
	if (ours == SG_OK)
		ours = sg_dbfile_resolve(path, &real, err);
	if (ours != SG_OK)
		return ours;
	reader.busy_ms = READ_BUSY_MS;
	rc = sg_dbfile_connect(&reader, real, SQLITE_OPEN_READONLY, NULL, &db);
	ours = rc == SQLITE_OK
	    ? read_all(&reader, db, real, since, out, err)
	    : sg_dbfile_judge(db, rc, real, err);
	sg_dbfile_close(&db, NULL, 0);
	sqlite3_free(real);
	return ours;
}

void
sg_days_rows_free(struct sg_days_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free((char *)(uintptr_t)rows->cells[i].group);
		free((char *)(uintptr_t)rows->cells[i].next_hop);
	}
	free(rows->cells);
	*rows = (struct sg_days_rows) { 0 };
}
