/* SPDX-License-Identifier: ISC */
/*
 * disk_open.c - the facts' file: opened, found whole, replaced when it is not.
 *
 * It is believed as little as its rows: opened as dbfile.h does, with a
 * quick_check at each start (THREATS 2.6), for which nobody waits if the file
 * is large: seconds, with a million domains. Losing it is not fatal, only loud,
 * since every policy can be fetched again; so a corrupt one is set aside, for
 * somebody to look at, and work goes on with a new one. One that cannot be
 * written (a file system that went read-only) is read as it is.
 */
#include "store/disk_private.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/dbfile.h"

#define SCHEMA_VERSION 3
#define BUSY_MS 50
#define WAL_KEPT_BYTES "16777216"
#define CHECK_STEPS 10000 /* of SQLite's machine, between looks at stop */

/* What each version added, oldest first: a file of an older one gets what it
   lacks. */
static const char *const schema[SCHEMA_VERSION] = {
	"CREATE TABLE facts (key TEXT PRIMARY KEY NOT NULL,"
	" record BLOB NOT NULL, policy_expires INTEGER NOT NULL,"
	" fresh_until INTEGER NOT NULL, refetch_at INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE INDEX facts_due ON facts (refetch_at, policy_expires)"
	" WHERE refetch_at > 0;"
	"CREATE INDEX facts_stale ON facts (fresh_until, policy_expires);",
	"CREATE TABLE pins (key TEXT PRIMARY KEY NOT NULL,"
	" level INTEGER NOT NULL, made_at INTEGER NOT NULL,"
	" ends_at INTEGER NOT NULL, names TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX pins_end ON pins (ends_at);",
	/* seal.h; of a row that is not sealed 0 and NULL */
	"ALTER TABLE facts ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE facts ADD COLUMN mac BLOB;"
	"ALTER TABLE pins ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pins ADD COLUMN mac BLOB;",
};
static const struct sg_dbfile_kind kind = { "store", "a store of stsgate",
	"policies must be fetched again", schema, SCHEMA_VERSION, BUSY_MS };

/* --- connections --------------------------------------------------------- */

/* The writer last: the one that closes last empties the -wal, and a reader
   may not. */
static void
close_both(struct sg_disk *d)
{
	pthread_mutex_lock(&d->read_mutex);
	sg_dbfile_close(&d->reader, d->read, R_N);
	d->corrupt = false;
	pthread_mutex_unlock(&d->read_mutex);
	sg_dbfile_close(&d->writer, d->write, W_N);
}

/* SQLITE_OK if all of the file can be read. */
static int
read_through(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	char buf[4096];
	int rc;

	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (rc == SQLITE_OK && (file == NULL || file->pMethods == NULL))
		rc = SQLITE_IOERR;
	if (rc == SQLITE_OK)
		rc = file->pMethods->xFileSize(file, &size);
	for (sqlite3_int64 at = 0; rc == SQLITE_OK &&
	     at + (sqlite3_int64)sizeof(buf) <= size; at += sizeof(buf))
		rc = file->pMethods->xRead(file, buf, sizeof(buf), at);
	return rc;
}

/* 2026-11: a page that cannot be read is for quick_check one that is corrupt,
   and it says so in words. A disk that fails is no reason to set all policies
   aside: they are there when it is back. */
static int
check_pages(sqlite3 *db)
{
	static const char sql[] = "PRAGMA quick_check(1)";
	int rc = sg_dbfile_ask_word(db, sql, "ok", SQLITE_CORRUPT);

	if (rc != SQLITE_CORRUPT)
		return rc;
	rc = read_through(db);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_ask_word(db, sql, "ok", SQLITE_CORRUPT);
	return rc;
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
	return large ? SQLITE_OK : check_pages(d->writer);
}

static int
set_up_writer(struct sg_disk *d, int version)
{
	int rc = check_or_put_off(d);

	if (rc == SQLITE_OK)
		rc = sg_dbfile_ask_word(d->writer, "PRAGMA journal_mode = WAL", "wal",
		    SQLITE_PROTOCOL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(d->writer,
		    "PRAGMA synchronous = NORMAL;"
		    "PRAGMA journal_size_limit = " WAL_KEPT_BYTES ";",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_make_schema(&kind, d->writer, version);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_prepare(d->writer, sg_disk_write_sql, d->write, W_N);
	return rc;
}

static int
open_reader(struct sg_disk *d)
{
	int rc;

	pthread_mutex_lock(&d->read_mutex);
	d->opened++;
	rc = sg_dbfile_connect(&kind, d->path, SQLITE_OPEN_READONLY, NULL,
	    &d->reader);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_prepare(d->reader, sg_disk_read_sql, d->read, R_N);
	if (rc != SQLITE_OK)
		sg_dbfile_close(&d->reader, d->read, R_N);
	pthread_mutex_unlock(&d->read_mutex);
	return rc;
}

/* --- a file that cannot be written ---------------------------------------- */

/* "file:/a%3fb?immutable=1"; sqlite3_free(). */
static char *
immutable_uri(const char *path)
{
	static const char scheme[] = "file:", suffix[] = "?immutable=1";
	char *uri = sqlite3_malloc64(3 * strlen(path) + sizeof(scheme) +
	    sizeof(suffix));
	char *at = uri;

	if (uri == NULL)
		return NULL;
	memcpy(at, scheme, sizeof(scheme));
	at += sizeof(scheme) - 1;
	for (; *path != '\0'; path++) {
		if (strchr("?#%", *path) == NULL) {
			*at++ = *path;
			continue;
		}
		*at++ = '%';
		*at++ = "0123456789abcdef"[(unsigned char)*path >> 4];
		*at++ = "0123456789abcdef"[(unsigned char)*path & 15];
	}
	memcpy(at, suffix, sizeof(suffix));
	return uri;
}

static bool
is_ours(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ours;

	if (fd < 0)
		return false;
	ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid();
	(void)close(fd);
	return ours;
}

/* A -shm, or then a -wal. */
static bool
cannot_be_made(int rc)
{
	return (rc & 0xff) == SQLITE_CANTOPEN ||
	    (rc & 0xff) == SQLITE_READONLY;
}

static void
take_marks(const struct sg_disk *d, struct sg_disk_mark out[2])
{
	char *wal = sqlite3_mprintf("%s-wal", d->path);
	const char *paths[2] = { d->path, wal };
	struct stat st;

	memset(out, 0, 2 * sizeof(*out));
	for (int i = 0; i < 2; i++)
		if (paths[i] != NULL && stat(paths[i], &st) == 0)
			out[i] = (struct sg_disk_mark) { st.st_dev, st.st_ino,
				st.st_size, st.st_mtim };
	sqlite3_free(wal);
}

static bool
are_same(const struct sg_disk_mark a[2], const struct sg_disk_mark b[2])
{
	for (int i = 0; i < 2; i++)
		if (a[i].dev != b[i].dev || a[i].ino != b[i].ino ||
		    a[i].size != b[i].size ||
		    a[i].changed.tv_sec != b[i].changed.tv_sec ||
		    a[i].changed.tv_nsec != b[i].changed.tv_nsec)
			return false;
	return a[0].ino != 0;
}

/* Nobody looks at it later: it must be found whole now, unless it is the very
   file that was. Readers do not wait meanwhile: they are told to come again. */
static int
check_frozen(struct sg_disk *d, sqlite3 *db, const struct sg_disk_mark now[2])
{
	int rc;

	if (are_same(now, d->checked))
		return d->check_rc;
	rc = check_pages(db);
	if (rc == SQLITE_OK || rc == SQLITE_CORRUPT) {
		memcpy(d->checked, now, sizeof(d->checked));
		d->check_rc = rc;
	}
	return rc;
}

/* A reader, and its statements. */
struct frozen {
	sqlite3 *db;
	sqlite3_stmt *read[R_N];
};

static int
open_frozen(struct sg_disk *d, const char *path, int flags, const char *vfs,
    struct frozen *f)
{
	struct sg_disk_mark now[2];
	int64_t version;
	int rc;

	take_marks(d, now);
	rc = sg_dbfile_connect(&kind, path, SQLITE_OPEN_READONLY | flags, vfs,
	    &f->db);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(f->db,
		    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (rc == SQLITE_OK && vfs != NULL)
		rc = sqlite3_exec(f->db, "PRAGMA locking_mode = EXCLUSIVE",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_ask_int(f->db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version != SCHEMA_VERSION)
		rc = SQLITE_MISMATCH;
	if (rc == SQLITE_OK)
		rc = check_frozen(d, f->db, now);
	if (rc == SQLITE_OK)
		rc = sg_dbfile_prepare(f->db, sg_disk_read_sql, f->read, R_N);
	if (rc != SQLITE_OK)
		sg_dbfile_close(&f->db, f->read, R_N);
	return rc;
}

/* A file that cannot be written may still hold policies, which are in force
   whatever becomes of the disk. SQLite reads a WAL database only where it can
   make a -shm, or when it is told that nobody else has it: then it takes in
   what the -wal holds, and without a -wal the file alone will do. True, and
   err says so, if it can be read. */
static bool
open_unwritable(struct sg_disk *d, struct sg_err *err)
{
	char why[sizeof(err->text)], *uri;
	struct frozen f = { .db = NULL };
	int rc = open_reader(d);

	if (rc == SQLITE_OK)
		return true;
	if (!cannot_be_made(rc) || !is_ours(d->path))
		return false;
	rc = open_frozen(d, d->path, 0, "unix-none", &f);
	if (cannot_be_made(rc) && (uri = immutable_uri(d->path)) != NULL) {
		rc = open_frozen(d, uri, SQLITE_OPEN_URI, NULL, &f);
		sqlite3_free(uri);
	}
	if (rc != SQLITE_OK)
		return false;
	pthread_mutex_lock(&d->read_mutex);
	d->reader = f.db;
	memcpy(d->read, f.read, sizeof(d->read));
	pthread_mutex_unlock(&d->read_mutex);
	memcpy(why, err->text, sizeof(why));
	sg_err_set(err, err->reason, "%.180s; what it holds is read all the "
	    "same", why);
	return true;
}

/* SG_OK; SG_BAD for an administrator; SG_RETRY with *corrupt if that is why. */
static enum sg_rc
open_both(struct sg_disk *d, bool *corrupt, struct sg_err *err)
{
	enum sg_rc ours;
	int rc, version = 0;

	*corrupt = false;
	ours = sg_dbfile_check(d->path, err);
	if (ours == SG_RETRY) /* not to be written; maybe to be read */
		(void)open_unwritable(d, err);
	if (ours != SG_OK)
		return ours;
	rc = sg_dbfile_connect(&kind, d->path, SQLITE_OPEN_READWRITE, NULL,
	    &d->writer);
	if (rc == SQLITE_OK)
		ours = sg_dbfile_check_version(&kind, d->writer,
		    d->path, &version, &rc, err);
	if (rc == SQLITE_OK && ours == SG_OK) {
		d->is_new = version == 0;
		rc = set_up_writer(d, version);
	}
	if (rc == SQLITE_OK && ours == SG_OK)
		rc = open_reader(d);
	if (rc == SQLITE_OK && ours == SG_OK)
		return SG_OK;
	if (rc != SQLITE_OK)
		ours = sg_dbfile_judge(d->writer, rc, d->path, err);
	*corrupt = rc != SQLITE_OK && ours == SG_BAD;
	close_both(d);
	if (rc != SQLITE_OK && !*corrupt)
		(void)open_unwritable(d, err);
	return *corrupt ? SG_RETRY : ours;
}

static enum sg_rc
open_or_replace(struct sg_disk *d, struct sg_wall now, struct sg_err *err)
{
	bool corrupt;
	enum sg_rc rc = open_both(d, &corrupt, err);

	if (!corrupt)
		return rc;
	if (sg_dbfile_set_aside(&kind, d->path, now, err) != SG_OK)
		return SG_RETRY;
	return open_both(d, &corrupt, err);
}

/* --- the interface ------------------------------------------------------- */

enum sg_rc
sg_disk_open(const struct sg_disk_params *params, struct sg_wall now,
    struct sg_disk **out_r, struct sg_err *err)
{
	struct sg_disk *d = calloc(1, sizeof(*d));
	enum sg_rc rc;

	if (d == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s: out of memory",
		    params->path);
		return SG_BAD;
	}
	sg_assert(pthread_mutex_init(&d->read_mutex, NULL) == 0);
	d->check_max = params->check_max;
	d->seal = params->seal;
	rc = sg_dbfile_resolve(params->path, &d->path, err);
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
	if (sg_dbfile_set_aside(&kind, d->path, now, err) != SG_OK)
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
	got = sg_dbfile_connect(&kind, d->path, SQLITE_OPEN_READONLY, NULL, &db);
	if (got == SQLITE_OK) {
		sqlite3_progress_handler(db, CHECK_STEPS, is_stopped,
		    (void *)stop);
		got = check_pages(db);
	}
	if (got != SQLITE_OK)
		rc = sg_dbfile_judge(db, got, d->path, err);
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
