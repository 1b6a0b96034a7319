/* SPDX-License-Identifier: ISC */
/*
 * disk_open.c - the SQLite file: whose it is, that it is whole, its schema,
 * and what becomes of it when it is not.
 *
 * The file is believed as little as its rows: defensive mode, no trusted
 * schema, cell sizes checked, no memory mapping of the database, a
 * quick_check at each start (THREATS 2.6), for which nobody waits if the file
 * is large: seconds, with a million domains. Losing it is not fatal, only loud,
 * since every policy can be fetched again; so a corrupt one is set aside, for
 * somebody to look at, and work goes on with a new one.
 */
#include "store/disk_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define SCHEMA_VERSION 1
#define BUSY_MS 50
#define VALUE_MAX (1 << 20)
#define WAL_KEPT_BYTES "16777216"
#define CHECK_STEPS 10000 /* of SQLite's machine, between looks at stop */

#define TEXT(x) #x
#define QUOTED(x) TEXT(x)

static const char schema[] =
    "CREATE TABLE facts (key TEXT PRIMARY KEY NOT NULL, record BLOB NOT NULL,"
    " policy_expires INTEGER NOT NULL, fresh_until INTEGER NOT NULL,"
    " refetch_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX facts_due ON facts (refetch_at, policy_expires)"
    " WHERE refetch_at > 0;"
    "CREATE INDEX facts_stale ON facts (fresh_until, policy_expires);"
    "PRAGMA user_version = " QUOTED(SCHEMA_VERSION) ";";

/* --- the file ------------------------------------------------------------ */

static enum sg_rc
unfit(struct sg_err *err, const char *path, const char *why)
{
	sg_err_set(err, SG_REASON_INTERNAL, "%s: %s", path, why);
	return SG_BAD;
}

/* What an administrator must mend, and what may mend itself. */
static enum sg_rc
judge_errno(struct sg_err *err, const char *path, int e)
{
	(void)unfit(err, path,
	    e == ELOOP ? "is a symbolic link, which is not followed"
		       : strerror(e));
	return e == ENOENT || e == ENOTDIR || e == ELOOP || e == EISDIR ||
		e == ENAMETOOLONG
	    ? SG_BAD
	    : SG_RETRY;
}

/* Only the last component must not be a link: a state directory may well be
   one (systemd's DynamicUser). SQLite's own check wants a path without any. */
static enum sg_rc
resolve_path(const char *path, char **out_r, struct sg_err *err)
{
	char *dir = strdup(path), *base = strdup(path), *real = NULL;
	enum sg_rc rc = SG_BAD;

	*out_r = NULL;
	if (dir == NULL || base == NULL) {
		(void)unfit(err, path, "out of memory");
		goto out;
	}
	real = realpath(dirname(dir), NULL);
	if (real == NULL) {
		(void)judge_errno(err, dir, errno);
		goto out;
	}
	*out_r = sqlite3_mprintf("%s/%s", real, basename(base));
	rc = *out_r != NULL ? SG_OK : SG_BAD;
out:
	free(real);
	free(base);
	free(dir);
	return rc;
}

/* Makes the file if need be, 0600, and looks at whose it is. SQLite opens it
   anew: closing here can't drop its locks, as it has none yet. */
static enum sg_rc
check_file(const char *path, struct sg_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum sg_rc rc = SG_OK;
	struct stat st;

	if (fd < 0)
		return judge_errno(err, path, errno);
	if (fstat(fd, &st) != 0)
		rc = judge_errno(err, path, errno);
	else if (!S_ISREG(st.st_mode))
		rc = unfit(err, path, "is not a regular file");
	else if (st.st_uid != geteuid())
		rc = unfit(err, path, "belongs to another user");
	else if ((st.st_mode & 077) != 0 && fchmod(fd, 0600) != 0)
		rc = judge_errno(err, path, errno);
	(void)close(fd);
	return rc;
}

/* --- connections --------------------------------------------------------- */

/* One integer; -1 when there is none. */
static int
ask_int(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	*out = -1;
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* SQLITE_OK if the first row says word. */
static int
ask_word(sqlite3 *db, const char *sql, const char *word, int otherwise)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
	const char *text;

	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(s, 0);
		rc = text != NULL && strcmp(text, word) == 0 ? SQLITE_OK
							     : otherwise;
	}
	(void)sqlite3_finalize(s);
	return rc == SQLITE_DONE ? otherwise : rc;
}

static int
open_connection(const char *path, int flags, sqlite3 **db)
{
	int rc = sqlite3_open_v2(path, db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	        SQLITE_OPEN_PRIVATECACHE,
	    NULL);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_extended_result_codes(*db, 1);
	(void)sqlite3_busy_timeout(*db, BUSY_MS);
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	(void)sqlite3_limit(*db, SQLITE_LIMIT_ATTACHED, 0);
	return sqlite3_exec(*db,
	    "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;", NULL, NULL,
	    NULL);
}

static int
prepare_all(sqlite3 *db, const char *const *sql, sqlite3_stmt **out, size_t n)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &out[i], NULL);
	/* A schema that is not what its version says. */
	return rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
}

static void
close_connection(sqlite3 **db, sqlite3_stmt **statements, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_finalize(statements[i]);
		statements[i] = NULL;
	}
	(void)sqlite3_close(*db);
	*db = NULL;
}

/* The writer last: the one that closes last empties the -wal, and a reader
   may not. */
static void
close_both(struct sg_disk *d)
{
	pthread_mutex_lock(&d->read_mutex);
	close_connection(&d->reader, d->read, R_N);
	d->corrupt = false;
	pthread_mutex_unlock(&d->read_mutex);
	close_connection(&d->writer, d->write, W_N);
}

/* Our schema in an empty file; SG_BAD (for an administrator) if it is some
   other program's. */
static enum sg_rc
check_version(struct sg_disk *d, struct sg_err *err, int *rc)
{
	int64_t version, objects;

	*rc = ask_int(d->writer, "PRAGMA user_version", &version);
	if (*rc == SQLITE_OK)
		*rc = ask_int(d->writer,
		    "SELECT count(*) FROM sqlite_master", &objects);
	if (*rc != SQLITE_OK)
		return SG_RETRY;
	if (version > SCHEMA_VERSION)
		return unfit(err, d->path,
		    "was written by a newer stsgate: its schema is not known "
		    "to this one");
	if (version < 0 || (version == 0 && objects > 0))
		return unfit(err, d->path, "is not a store of stsgate");
	d->is_new = version == 0;
	return SG_OK;
}

static int
make_schema(sqlite3 *db)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int
check_whole(sqlite3 *db)
{
	return ask_word(db, "PRAGMA quick_check(1)", "ok", SQLITE_CORRUPT);
}

/* At once, if that is soon done. */
static int
check_or_put_off(struct sg_disk *d)
{
	struct stat st;
	bool large = stat(d->path, &st) == 0 &&
	    (uint64_t)st.st_size > d->check_max;

	pthread_mutex_lock(&d->read_mutex);
	d->unchecked = large;
	pthread_mutex_unlock(&d->read_mutex);
	return large ? SQLITE_OK : check_whole(d->writer);
}

static int
set_up_writer(struct sg_disk *d)
{
	int rc = check_or_put_off(d);

	if (rc == SQLITE_OK)
		rc = ask_word(d->writer, "PRAGMA journal_mode = WAL", "wal",
		    SQLITE_PROTOCOL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(d->writer,
		    "PRAGMA synchronous = NORMAL;"
		    "PRAGMA journal_size_limit = " WAL_KEPT_BYTES ";",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK && d->is_new)
		rc = make_schema(d->writer);
	if (rc == SQLITE_OK)
		rc = prepare_all(d->writer, sg_disk_write_sql, d->write, W_N);
	return rc;
}

static int
open_reader(struct sg_disk *d)
{
	int rc;

	pthread_mutex_lock(&d->read_mutex);
	d->opened++;
	rc = open_connection(d->path, SQLITE_OPEN_READONLY, &d->reader);
	if (rc == SQLITE_OK)
		rc = prepare_all(d->reader, sg_disk_read_sql, d->read, R_N);
	if (rc != SQLITE_OK)
		close_connection(&d->reader, d->read, R_N);
	pthread_mutex_unlock(&d->read_mutex);
	return rc;
}

/* SG_OK; SG_BAD for an administrator; SG_RETRY with *corrupt if that is why. */
static enum sg_rc
open_both(struct sg_disk *d, bool *corrupt, struct sg_err *err)
{
	enum sg_rc ours;
	int rc;

	*corrupt = false;
	ours = check_file(d->path, err);
	if (ours == SG_RETRY) /* not to be written; maybe to be read */
		(void)open_reader(d);
	if (ours != SG_OK)
		return ours;
	rc = open_connection(d->path, SQLITE_OPEN_READWRITE, &d->writer);
	if (rc == SQLITE_OK)
		ours = check_version(d, err, &rc);
	if (rc == SQLITE_OK && ours == SG_OK)
		rc = set_up_writer(d);
	if (rc == SQLITE_OK && ours == SG_OK)
		rc = open_reader(d);
	if (rc == SQLITE_OK && ours == SG_OK)
		return SG_OK;
	if (rc != SQLITE_OK)
		ours = sg_disk_judge(d->writer, rc, d->path, err);
	*corrupt = rc != SQLITE_OK && ours == SG_BAD;
	close_both(d);
	if (rc != SQLITE_OK && !*corrupt)
		(void)open_reader(d);
	return *corrupt ? SG_RETRY : ours;
}

/* --- a corrupt file ------------------------------------------------------ */

static bool
rename_one(const char *path, const char *suffix, const char *mark,
    int64_t stamp)
{
	char *from = sqlite3_mprintf("%s%s", path, suffix);
	char *to = sqlite3_mprintf("%s%s%lld%s", path, mark,
	    (long long)stamp, suffix);
	bool done = false;

	if (from != NULL && to != NULL)
		done = rename(from, to) == 0 || errno == ENOENT;
	sqlite3_free(from);
	sqlite3_free(to);
	return done;
}

/* A stamp that no earlier one has taken. */
static int64_t
free_stamp(const char *path, const char *mark, int64_t stamp)
{
	struct stat st;
	char *to;
	bool taken;

	do {
		to = sqlite3_mprintf("%s%s%lld", path, mark,
		    (long long)stamp);
		taken = to != NULL && lstat(to, &st) == 0;
		sqlite3_free(to);
	} while (taken && stamp++ < INT64_MAX);
	return stamp;
}

/* The -wal first: were the file gone and its -wal left, a new file would be
   given old pages. */
static enum sg_rc
move_away(const char *path, struct sg_wall now, struct sg_err *err)
{
	static const char mark[] = ".corrupt-";
	int64_t stamp = free_stamp(path, mark, now.s);

	if (rename_one(path, "-wal", mark, stamp) &&
	    rename_one(path, "-shm", mark, stamp) &&
	    rename_one(path, "", mark, stamp)) {
		sg_log(SG_LOG_ERR,
		    "store: %s was corrupt and is now %s%s%" PRId64
		    "; a new one is made: policies must be fetched again",
		    path, path, mark, stamp);
		return SG_OK;
	}
	sg_err_set(err, SG_REASON_INTERNAL,
	    "%s: corrupt, and cannot be renamed: %s", path, strerror(errno));
	return SG_RETRY;
}

static enum sg_rc
open_or_replace(struct sg_disk *d, struct sg_wall now, struct sg_err *err)
{
	bool corrupt;
	enum sg_rc rc = open_both(d, &corrupt, err);

	if (!corrupt)
		return rc;
	if (move_away(d->path, now, err) != SG_OK)
		return SG_RETRY;
	return open_both(d, &corrupt, err);
}

/* --- the interface ------------------------------------------------------- */

enum sg_rc
sg_disk_open(const char *path, size_t check_max, struct sg_wall now,
    struct sg_disk **out_r, struct sg_err *err)
{
	struct sg_disk *d = calloc(1, sizeof(*d));
	enum sg_rc rc;

	if (d == NULL)
		return unfit(err, path, "out of memory");
	sg_assert(pthread_mutex_init(&d->read_mutex, NULL) == 0);
	d->check_max = check_max;
	rc = resolve_path(path, &d->path, err);
	if (rc == SG_OK)
		rc = open_or_replace(d, now, err);
	if (rc == SG_BAD)
		sg_disk_close(&d);
	else
		*out_r = d;
	return rc;
}

void
sg_disk_close(struct sg_disk **dp)
{
	struct sg_disk *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	close_both(d);
	pthread_mutex_destroy(&d->read_mutex);
	sqlite3_free(d->path);
	free(d);
}

enum sg_rc
sg_disk_reopen(struct sg_disk *d, struct sg_wall now, struct sg_err *err)
{
	close_both(d);
	/* What needs an administrator now did not at the start: wait for it. */
	return open_or_replace(d, now, err) == SG_OK ? SG_OK : SG_RETRY;
}

enum sg_rc
sg_disk_set_aside(struct sg_disk *d, struct sg_wall now, struct sg_err *err)
{
	bool corrupt;

	pthread_mutex_lock(&d->read_mutex);
	corrupt = d->corrupt;
	pthread_mutex_unlock(&d->read_mutex);
	if (!corrupt)
		return SG_OK;
	close_both(d);
	if (move_away(d->path, now, err) != SG_OK)
		return SG_RETRY;
	return open_or_replace(d, now, err) == SG_OK ? SG_OK : SG_RETRY;
}

bool
sg_disk_is_unchecked(struct sg_disk *d)
{
	bool unchecked;

	pthread_mutex_lock(&d->read_mutex);
	unchecked = d->unchecked;
	d->unchecked = false;
	pthread_mutex_unlock(&d->read_mutex);
	return unchecked;
}

static int
is_stopped(void *stop)
{
	return atomic_load((atomic_bool *)stop);
}

/* True if the file is still the one that was opened as the n-th. */
static bool
note_corrupt_if(struct sg_disk *d, unsigned opened)
{
	bool same;

	pthread_mutex_lock(&d->read_mutex);
	same = d->opened == opened;
	d->corrupt |= same;
	pthread_mutex_unlock(&d->read_mutex);
	return same;
}

enum sg_rc
sg_disk_check(struct sg_disk *d, const atomic_bool *stop, struct sg_err *err)
{
	enum sg_rc rc = SG_OK;
	sqlite3 *db = NULL;
	unsigned opened;
	int got;

	pthread_mutex_lock(&d->read_mutex);
	opened = d->opened;
	pthread_mutex_unlock(&d->read_mutex);
	got = open_connection(d->path, SQLITE_OPEN_READONLY, &db);
	sqlite3_progress_handler(db, CHECK_STEPS, is_stopped, (void *)stop);
	if (got == SQLITE_OK)
		got = check_whole(db);
	if (got != SQLITE_OK)
		rc = sg_disk_judge(db, got, d->path, err);
	(void)sqlite3_close(db);
	return rc == SG_BAD && !note_corrupt_if(d, opened) ? SG_RETRY : rc;
}

bool
sg_disk_is_new(struct sg_disk *d)
{
	bool is_new = d->is_new;

	d->is_new = false;
	return is_new;
}
