/* SPDX-License-Identifier: ISC */
/*
 * dbfile.c - see dbfile.h.
 *
 * A file is believed as little as its rows: defensive mode, no trusted schema,
 * cell sizes checked, no memory mapping (THREATS 2.6). A corrupt one is set
 * aside, for somebody to look at.
 */
#include "store/dbfile.h"

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

#define VALUE_MAX (1 << 20)

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
   one (systemd's DynamicUser). */
enum sg_rc
sg_dbfile_resolve(const char *path, char **out_r, struct sg_err *err)
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
	rc = SG_OK;
	if (*out_r == NULL)
		rc = unfit(err, path, "out of memory");
out:
	free(real);
	free(base);
	free(dir);
	return rc;
}

/* SQLite opens it anew: closing here can't drop its locks, as it has none
   yet. */
enum sg_rc
sg_dbfile_check(const char *path, struct sg_err *err)
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

enum sg_rc
sg_dbfile_judge(sqlite3 *db, int rc, const char *what, struct sg_err *err)
{
	bool its_own = db != NULL && sqlite3_extended_errcode(db) == rc;
	int primary = rc & 0xff;

	sg_err_set(err, SG_REASON_INTERNAL, "%s: %s (%d)", what,
	    its_own ? sqlite3_errmsg(db) : sqlite3_errstr(rc), rc);
	return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB
	    ? SG_BAD
	    : SG_RETRY;
}

int
sg_dbfile_ask_int(sqlite3 *db, const char *sql, int64_t *out)
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

int
sg_dbfile_ask_word(sqlite3 *db, const char *sql, const char *word,
    int otherwise)
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

int
sg_dbfile_connect(const struct sg_dbfile_kind *kind, const char *path,
    int flags, const char *vfs, sqlite3 **db)
{
	int rc = sqlite3_open_v2(path, db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	        SQLITE_OPEN_PRIVATECACHE,
	    vfs);

	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_extended_result_codes(*db, 1);
	(void)sqlite3_busy_timeout(*db, kind->busy_ms);
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

int
sg_dbfile_prepare(sqlite3 *db, const char *const *sql, sqlite3_stmt **out,
    size_t n)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &out[i], NULL);
	return rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
}

void
sg_dbfile_close(sqlite3 **db, sqlite3_stmt **statements, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_finalize(statements[i]);
		statements[i] = NULL;
	}
	(void)sqlite3_close(*db);
	*db = NULL;
}

/* --- schema and transactions --------------------------------------------- */

int
sg_dbfile_end(sqlite3 *db, int rc)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

bool
sg_dbfile_has_moved(sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED,
		   &moved) == SQLITE_OK &&
	    moved;
}

enum sg_rc
sg_dbfile_check_version(const struct sg_dbfile_kind *kind, sqlite3 *db,
    const char *path, int *version, int *rc, struct sg_err *err)
{
	int64_t found, objects;

	*rc = sg_dbfile_ask_int(db, "PRAGMA user_version", &found);
	if (*rc == SQLITE_OK)
		*rc = sg_dbfile_ask_int(db,
		    "SELECT count(*) FROM sqlite_master", &objects);
	if (*rc != SQLITE_OK)
		return SG_RETRY;
	if (found > kind->version)
		return unfit(err, path,
		    "was written by a newer stsgate: its schema is not known "
		    "to this one");
	if (found >= 0 && (found > 0 || objects == 0)) {
		*version = (int)found;
		return SG_OK;
	}
	sg_err_set(err, SG_REASON_INTERNAL, "%s: is not %s", path, kind->whose);
	return SG_BAD;
}

int
sg_dbfile_make_schema(const struct sg_dbfile_kind *kind, sqlite3 *db,
    int version)
{
	char set_version[64];
	int rc;

	if (version == kind->version)
		return SQLITE_OK;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (; rc == SQLITE_OK && version < kind->version; version++)
		rc = sqlite3_exec(db, kind->schema[version], NULL, NULL, NULL);
	snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d",
	    kind->version);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, set_version, NULL, NULL, NULL);
	return sg_dbfile_end(db, rc);
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

/* The journals first: were the file gone and one of them left, a new file would
   be given old pages. */
enum sg_rc
sg_dbfile_set_aside(const struct sg_dbfile_kind *kind, const char *path,
    struct sg_wall now, struct sg_err *err)
{
	static const char mark[] = ".corrupt-";
	int64_t stamp = free_stamp(path, mark, now.s);

	if (rename_one(path, "-wal", mark, stamp) &&
	    rename_one(path, "-journal", mark, stamp) &&
	    rename_one(path, "-shm", mark, stamp) &&
	    rename_one(path, "", mark, stamp)) {
		sg_log(SG_LOG_ERR,
		    "%s: %s was corrupt and is now %s%s%" PRId64
		    "; a new one is made: %s", kind->room, path, path, mark,
		    stamp, kind->lost);
		return SG_OK;
	}
	sg_err_set(err, SG_REASON_INTERNAL,
	    "%s: corrupt, and cannot be renamed: %s", path, strerror(errno));
	return SG_RETRY;
}
