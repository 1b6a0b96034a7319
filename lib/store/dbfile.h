/* SPDX-License-Identifier: ISC */
/*
 * dbfile.h - an SQLite file that is believed little: whose it is, that it is
 * whole, that its schema is ours. For those who keep one (the store's facts,
 * the report's days); each connection belongs to one thread at a time.
 *
 * int results are SQLite's, with sg_dbfile_judge() to say what they mean.
 */
#ifndef SG_STORE_DBFILE_H
#define SG_STORE_DBFILE_H
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"

/* What sort of file. */
struct sg_dbfile_kind {
	const char *room;   /* "store", in front of what is logged */
	const char *whose;  /* "a store of stsgate" */
	const char *lost;   /* what a new file means: "policies must be fetched
			       again" */
	/* What each version added (SQL), oldest first: a file of an older one
	   gets what it lacks. */
	const char *const *schema;
	int version;        /* the newest: how many there are */
	int busy_ms;        /* how long to wait for another process's lock */
};

/* path with its directory free of symbolic links, as SQLite's own check wants
   it; sqlite3_free() it. SG_OK, SG_BAD (an administrator must mend it),
   SG_RETRY. */
enum sg_rc sg_dbfile_resolve(const char *path, char **out_r,
    struct sg_err *err);
/* Makes the file if need be, 0600, and looks at whose it is. SG_OK, SG_BAD,
   SG_RETRY. */
enum sg_rc sg_dbfile_check(const char *path, struct sg_err *err);

/* Opens (flags: SQLITE_OPEN_READONLY or _READWRITE; vfs: mostly NULL) in
   defensive mode, with capped values and no memory mapping. *db may be there
   even if it failed. */
int sg_dbfile_connect(const struct sg_dbfile_kind *kind, const char *path,
    int flags, const char *vfs, sqlite3 **db);
/* SQLITE_CORRUPT: the schema is not what its version says. */
int sg_dbfile_prepare(sqlite3 *db, const char *const *sql, sqlite3_stmt **out,
    size_t n);
void sg_dbfile_close(sqlite3 **db, sqlite3_stmt **statements, size_t n);

/* One integer; -1 when there is none. */
int sg_dbfile_ask_int(sqlite3 *db, const char *sql, int64_t *out);
/* SQLITE_OK if the first row says word, else otherwise. */
int sg_dbfile_ask_word(sqlite3 *db, const char *sql, const char *word,
    int otherwise);

/* Our schema, of *version, or an empty file (0). SG_BAD: another program's, or
   a newer stsgate's. SG_RETRY: *rc says why it could not be asked. */
enum sg_rc sg_dbfile_check_version(const struct sg_dbfile_kind *kind,
    sqlite3 *db, const char *path, int *version, int *rc, struct sg_err *err);
/* Adds what a file of that version lacks. */
int sg_dbfile_make_schema(const struct sg_dbfile_kind *kind, sqlite3 *db,
    int version);
/* Ends a transaction by how it went; rc is what counts. */
int sg_dbfile_end(sqlite3 *db, int rc);
/* Somebody removed or renamed the file, and SQLite goes on writing to it. */
bool sg_dbfile_has_moved(sqlite3 *db);

/* What a result means; err is filled. SG_BAD: corrupt. Never SG_OK. */
enum sg_rc sg_dbfile_judge(sqlite3 *db, int rc, const char *what,
    struct sg_err *err);

/* Renames a corrupt file and its journals to path.corrupt-<now>, and logs it.
   SG_OK, SG_RETRY. */
enum sg_rc sg_dbfile_set_aside(const struct sg_dbfile_kind *kind,
    const char *path, struct sg_wall now, struct sg_err *err);
#endif
