/* SPDX-License-Identifier: ISC */
/*
 * disk.c - rows in and out of the SQLite file.
 *
 * The record is the truth; the other columns are there for the indexes only.
 * A row is not believed: its record is decoded like anything from outside, and
 * must be about the very key that it was found at; with a seal (seal.h), every
 * column must be as we wrote it (THREATS T21). Readers copy the row and look at
 * it without the lock. Lists have no LIMIT: rows that
 * are none of ours are passed over, and must not fill it.
 */
#include "store/disk_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "facts/codec.h"
#include "store/dbfile.h"

const char sg_disk_due_sql[] =
    "SELECT key FROM facts WHERE refetch_at > 0 AND refetch_at <= ?1"
    " AND policy_expires > ?1 AND typeof(key) = 'text' ORDER BY refetch_at";

const char *const sg_disk_write_sql[W_N] = {
	[W_PUT] = "INSERT OR REPLACE INTO facts"
		  " (key, record, policy_expires, fresh_until, refetch_at,"
		  "  generation, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[W_DELETE] = "DELETE FROM facts WHERE key = ?1",
	[W_DELETE_UNFIT] = "DELETE FROM facts WHERE key = ?1"
			   " AND CAST(record AS BLOB) = ?2"
			   " AND ifnull(CAST(generation AS INTEGER), 0) = ?3",
	/* A policy that has expired is not due any more: out of the index. */
	[W_UNDUE] = "UPDATE facts SET refetch_at = 0 WHERE key IN"
		    " (SELECT key FROM facts WHERE refetch_at > 0"
		    "  AND refetch_at <= ?1 AND policy_expires <= ?1 LIMIT ?2)",
	[W_EXPIRE] = "DELETE FROM facts WHERE key IN"
		     " (SELECT key FROM facts WHERE fresh_until < ?1"
		     "  AND policy_expires <= ?2 LIMIT ?3)",
	[W_PIN] = "INSERT OR REPLACE INTO pins"
		  " (key, level, made_at, ends_at, names, generation, mac)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[W_UNPIN] = "DELETE FROM pins WHERE key = ?1",
	[W_EXPIRE_PINS] = "DELETE FROM pins WHERE key IN"
			  " (SELECT key FROM pins WHERE ends_at <= ?1"
			  "  LIMIT ?2)",
};

const char *const sg_disk_read_sql[R_N] = {
	[R_GET] = "SELECT record, policy_expires, fresh_until, refetch_at,"
		  " generation, mac FROM facts WHERE key = ?1",
	[R_DUE] = sg_disk_due_sql,
	[R_KEYS] = "SELECT key FROM facts WHERE key > ?1"
		   " AND typeof(key) = 'text' ORDER BY key",
	[R_PINS] = "SELECT key, level, made_at, ends_at, names, generation,"
		   " mac FROM pins WHERE ends_at > ?1 ORDER BY ends_at",
};

enum sg_rc
sg_disk_not_open(struct sg_err *err)
{
	sg_err_set(err, SG_REASON_INTERNAL, "the store's file is not open");
	return SG_RETRY;
}

static void
note_corrupt(struct sg_disk *d)
{
	pthread_mutex_lock(&d->read_mutex);
	d->corrupt = true;
	pthread_mutex_unlock(&d->read_mutex);
}

/* --- writing ------------------------------------------------------------- */

static void
bind_key(sqlite3_stmt *s, const char *key)
{
	(void)sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
}

int
sg_disk_run(sqlite3_stmt *s)
{
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		;
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sg_disk_bind_seal(const struct sg_disk *d, sqlite3_stmt *s, int at,
    const struct sg_seal_row *row)
{
	unsigned char mac[SG_SEAL_SIZE];

	if (d->seal == NULL) /* what is not bound is NULL */
		return sqlite3_bind_int64(s, at, 0);
	if (!sg_seal_make(d->seal, row, mac))
		return SQLITE_NOMEM;
	(void)sqlite3_bind_int64(s, at, row->generation);
	return sqlite3_bind_blob(s, at + 1, mac, sizeof(mac),
	    SQLITE_TRANSIENT);
}

static int
write_row(struct sg_disk *d, const char *key, const struct sg_facts *f,
    int64_t generation)
{
	sqlite3_stmt *s = d->write[f != NULL ? W_PUT : W_DELETE];
	struct sg_seal_row row = { .table = SG_SEAL_FACTS, .key = key,
		.generation = generation };
	unsigned char *record;
	int rc;

	bind_key(s, key);
	if (f == NULL)
		return sg_disk_run(s);
	if (sg_facts_encode(f, &record, &row.len) != SG_OK)
		return SQLITE_NOMEM;
	row.data = record;
	row.numbers[0] = sg_facts_policy_expires(f).s;
	row.numbers[1] = f->fresh_until.s;
	row.numbers[2] = f->refetch_at.s;
	rc = sg_disk_bind_seal(d, s, 6, &row);
	(void)sqlite3_bind_blob(s, 2, record, (int)row.len, free);
	for (int i = 0; i < 3; i++)
		(void)sqlite3_bind_int64(s, 3 + i, row.numbers[i]);
	if (rc == SQLITE_OK)
		return sg_disk_run(s);
	(void)sqlite3_clear_bindings(s);
	return rc;
}

static enum sg_rc
wrote(struct sg_disk *d, int rc, const char *what, struct sg_err *err)
{
	enum sg_rc judged;

	if (rc == SQLITE_OK)
		return SG_OK;
	judged = sg_dbfile_judge(NULL, rc, what, err);
	if (judged == SG_BAD)
		note_corrupt(d);
	return judged;
}

int
sg_disk_begin(struct sg_disk *d, enum sg_rc *rc, struct sg_err *err)
{
	*rc = SG_RETRY;
	if (d->writer == NULL) {
		(void)sg_disk_not_open(err);
		return SQLITE_MISUSE;
	}
	if (sg_dbfile_has_moved(d->writer)) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "%s was removed or renamed", d->path);
		return SQLITE_MISUSE;
	}
	*rc = SG_OK;
	return sqlite3_exec(d->writer, "BEGIN IMMEDIATE", NULL, NULL, NULL);
}

enum sg_rc
sg_disk_end(struct sg_disk *d, int rc, bool *busy, struct sg_err *err)
{
	rc = sg_dbfile_end(d->writer, rc);
	*busy = (rc & 0xff) == SQLITE_BUSY;
	return wrote(d, rc, "writing", err);
}

enum sg_rc
sg_disk_write(struct sg_disk *d, const char *const *keys,
    struct sg_facts *const *facts, size_t n, size_t *changed, bool *busy,
    struct sg_err *err)
{
	int64_t first = d->seal != NULL ? sg_seal_take(d->seal, n) : 0;
	enum sg_rc begun, ended;
	int rc, before;

	*busy = false;
	rc = sg_disk_begin(d, &begun, err);
	if (begun != SG_OK)
		return begun;
	before = sqlite3_total_changes(d->writer);
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = write_row(d, keys[i], facts[i], first + (int64_t)i);
	ended = sg_disk_end(d, rc, busy, err);
	/* Not before: what was rolled back replaced nothing. */
	for (size_t i = 0; ended == SG_OK && d->seal != NULL && i < n; i++)
		sg_seal_note(d->seal, SG_SEAL_FACTS, keys[i],
		    first + (int64_t)i);
	if (changed != NULL)
		*changed = (size_t)(sqlite3_total_changes(d->writer) - before);
	return ended;
}

enum sg_rc
sg_disk_expire(struct sg_disk *d, struct sg_wall stale_before,
    struct sg_wall now, size_t max, size_t *deleted, struct sg_err *err)
{
	sqlite3_stmt *undue, *stale, *pins;
	int rc;

	*deleted = 0;
	if (d->writer == NULL)
		return sg_disk_not_open(err);
	undue = d->write[W_UNDUE];
	(void)sqlite3_bind_int64(undue, 1, now.s);
	(void)sqlite3_bind_int64(undue, 2, (int64_t)max);
	stale = d->write[W_EXPIRE];
	(void)sqlite3_bind_int64(stale, 1, stale_before.s);
	(void)sqlite3_bind_int64(stale, 2, now.s);
	(void)sqlite3_bind_int64(stale, 3, (int64_t)max);
	pins = d->write[W_EXPIRE_PINS];
	(void)sqlite3_bind_int64(pins, 1, now.s);
	(void)sqlite3_bind_int64(pins, 2, (int64_t)max);
	rc = sg_disk_run(undue);
	if (rc == SQLITE_OK && (rc = sg_disk_run(stale)) == SQLITE_OK)
		*deleted = (size_t)sqlite3_changes(d->writer);
	if (rc == SQLITE_OK)
		rc = sg_disk_run(pins);
	return wrote(d, rc, "expiring", err);
}

enum sg_rc
sg_disk_delete_unfit(struct sg_disk *d, const char *key,
    const struct sg_disk_unfit *unfit)
{
	sqlite3_stmt *s;
	char shown[80];
	int rc;

	if (d->writer == NULL)
		return sg_disk_not_open(NULL);
	s = d->write[W_DELETE_UNFIT];
	bind_key(s, key);
	(void)sqlite3_bind_blob(s, 2, unfit->record, (int)unfit->len,
	    SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 3, unfit->generation);
	rc = sg_disk_run(s);
	if (rc == SQLITE_OK && sqlite3_changes(d->writer) > 0 &&
	    !unfit->unsealed)
		sg_log(SG_LOG_WARN, "store: dropped the row of %s: %s",
		    sg_log_escape(shown, sizeof(shown), key, strlen(key)),
		    unfit->why.text);
	return wrote(d, rc, "deleting", NULL);
}

/* --- reading ------------------------------------------------------------- */

enum sg_rc
sg_disk_did_read(struct sg_disk *d, sqlite3_stmt *s, int rc, struct sg_err *err)
{
	enum sg_rc judged = SG_OK;

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		judged = sg_dbfile_judge(d->reader, rc, "reading", err);
	if (judged == SG_BAD)
		d->corrupt = true;
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return judged;
}

const unsigned char *
sg_disk_column_seal(sqlite3_stmt *s, int i)
{
	if (sqlite3_column_type(s, i) != SQLITE_BLOB ||
	    sqlite3_column_bytes(s, i) != SG_SEAL_SIZE)
		return NULL;
	return sqlite3_column_blob(s, i);
}

bool
sg_disk_are_integers(sqlite3_stmt *s, int from, int n)
{
	while (n > 0 && sqlite3_column_type(s, from) == SQLITE_INTEGER) {
		from++;
		n--;
	}
	return n == 0;
}

/* A row as it was found. */
struct row {
	unsigned char *record; /* malloc'ed */
	size_t len;
	int64_t numbers[3], generation;
	bool has_seal; /* and each column is of our type */
	unsigned char mac[SG_SEAL_SIZE];
};

/* SQLITE_ROW or not. */
static int
copy_row(sqlite3_stmt *s, struct row *row)
{
	const unsigned char *mac;
	const void *blob;

	row->has_seal = sqlite3_column_type(s, 0) == SQLITE_BLOB &&
	    sg_disk_are_integers(s, 1, 4) &&
	    (mac = sg_disk_column_seal(s, 5)) != NULL;
	if (row->has_seal)
		memcpy(row->mac, mac, sizeof(row->mac));
	for (int i = 0; i < 3; i++)
		row->numbers[i] = sqlite3_column_int64(s, 1 + i);
	row->generation = sqlite3_column_int64(s, 4);
	blob = sqlite3_column_blob(s, 0);
	row->len = (size_t)sqlite3_column_bytes(s, 0);
	row->record = malloc(row->len + 1);
	if (row->record == NULL || (blob == NULL && row->len > 0))
		return SQLITE_NOMEM;
	if (row->len > 0)
		memcpy(row->record, blob, row->len);
	return SQLITE_ROW;
}

/* The row of key: SG_OK with its record malloc'ed (never NULL), SG_NONE... */
static enum sg_rc
read_row(struct sg_disk *d, const char *key, struct row *row,
    struct sg_err *err)
{
	sqlite3_stmt *s = d->read[R_GET];
	enum sg_rc judged;
	int rc;

	if (d->reader == NULL)
		return sg_disk_not_open(err);
	bind_key(s, key);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		rc = copy_row(s, row);
	judged = sg_disk_did_read(d, s, rc, err);
	if (judged == SG_OK && rc == SQLITE_ROW)
		return SG_OK;
	free(row->record);
	row->record = NULL;
	return judged == SG_OK ? SG_NONE : judged;
}

static enum sg_rc
check_seal(struct sg_disk *d, const char *key, const struct row *row,
    int64_t seen)
{
	struct sg_seal_row all = { .table = SG_SEAL_FACTS, .key = key,
		.data = row->record, .len = row->len,
		.generation = row->generation };

	memcpy(all.numbers, row->numbers, sizeof(all.numbers));
	return sg_seal_check(d->seal, &all, row->has_seal ? row->mac : NULL,
	    seen);
}

/* SG_OK; SG_BAD: the row must go; SG_RETRY: out of memory. */
static enum sg_rc
believe(const char *key, const unsigned char *record, size_t len,
    struct sg_facts **out_r, struct sg_err *err)
{
	char its_key[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc = sg_facts_decode(record, len, out_r, err);

	if (rc != SG_OK)
		return rc == SG_RETRY ? SG_RETRY : SG_BAD;
	if (strcmp(sg_nexthop_key(&(*out_r)->hop, its_key), key) == 0)
		return SG_OK;
	sg_facts_unref(out_r);
	sg_err_set(err, SG_REASON_INTERNAL, "the record is about another");
	return SG_BAD;
}

enum sg_rc
sg_disk_read(struct sg_disk *d, const char *key, struct sg_facts **out_r,
    struct sg_disk_unfit *unfit, struct sg_err *err)
{
	int64_t seen = d->seal != NULL
	    ? sg_seal_seen(d->seal, SG_SEAL_FACTS, key) : 0;
	struct row row = { .record = NULL };
	enum sg_rc rc;

	unfit->record = NULL;
	unfit->unsealed = false;
	pthread_mutex_lock(&d->read_mutex);
	rc = read_row(d, key, &row, err);
	pthread_mutex_unlock(&d->read_mutex);
	if (rc != SG_OK)
		return rc;
	if (d->seal != NULL)
		rc = check_seal(d, key, &row, seen);
	unfit->unsealed = rc == SG_BAD;
	if (rc == SG_OK)
		rc = believe(key, row.record, row.len, out_r, &unfit->why);
	if (rc != SG_BAD) {
		free(row.record);
		return rc;
	}
	unfit->record = row.record;
	unfit->len = row.len;
	unfit->generation = row.generation;
	return SG_NONE;
}

/* The key in column 0; false if it is none of ours. */
static bool
column_key(sqlite3_stmt *s, char out[SG_NEXTHOP_KEY_SIZE])
{
	const unsigned char *text = sqlite3_column_text(s, 0);
	size_t len = (size_t)sqlite3_column_bytes(s, 0);

	if (text == NULL || len >= SG_NEXTHOP_KEY_SIZE ||
	    memchr(text, '\0', len) != NULL)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* True if key is as we write it; of which next hop. */
static bool
is_key(const char *key, struct sg_nexthop *out)
{
	char again[SG_NEXTHOP_KEY_SIZE];

	return sg_nexthop_parse(key, out, NULL) == SG_OK &&
	    strcmp(sg_nexthop_key(out, again), key) == 0;
}

enum sg_rc
sg_disk_due(struct sg_disk *d, struct sg_wall now, struct sg_nexthop *out,
    size_t max, size_t *n, struct sg_err *err)
{
	enum sg_rc judged = SG_RETRY;
	char key[SG_NEXTHOP_KEY_SIZE];
	sqlite3_stmt *s;
	int rc;

	*n = 0;
	pthread_mutex_lock(&d->read_mutex);
	if (d->reader == NULL) {
		sg_disk_not_open(err);
		goto out;
	}
	s = d->read[R_DUE];
	(void)sqlite3_bind_int64(s, 1, now.s);
	rc = SQLITE_DONE;
	while (*n < max && (rc = sqlite3_step(s)) == SQLITE_ROW)
		if (column_key(s, key) && is_key(key, &out[*n]))
			(*n)++;
	judged = sg_disk_did_read(d, s, rc, err);
out:
	pthread_mutex_unlock(&d->read_mutex);
	return judged;
}

enum sg_rc
sg_disk_keys(struct sg_disk *d, const char *after,
    char (*out)[SG_NEXTHOP_KEY_SIZE], size_t max, size_t *n, struct sg_err *err)
{
	enum sg_rc judged = SG_RETRY;
	sqlite3_stmt *s;
	int rc;

	*n = 0;
	pthread_mutex_lock(&d->read_mutex);
	if (d->reader == NULL) {
		sg_disk_not_open(err);
		goto out;
	}
	s = d->read[R_KEYS];
	bind_key(s, after);
	rc = SQLITE_DONE;
	while (*n < max && (rc = sqlite3_step(s)) == SQLITE_ROW)
		if (column_key(s, out[*n]))
			(*n)++;
	judged = sg_disk_did_read(d, s, rc, err);
out:
	pthread_mutex_unlock(&d->read_mutex);
	return judged;
}
