/* SPDX-License-Identifier: ISC */
/* disk_private.h - shared by disk.c (rows of facts), disk_pins.c and
   disk_open.c (the file). */
#ifndef SG_STORE_DISK_PRIVATE_H
#define SG_STORE_DISK_PRIVATE_H
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include "store/disk.h"

enum write_statement { W_PUT, W_DELETE, W_DELETE_UNFIT, W_UNDUE, W_EXPIRE,
	W_PIN, W_UNPIN, W_EXPIRE_PINS, W_N };
enum read_statement { R_GET, R_DUE, R_KEYS, R_PINS, R_N };

/* Which file, as it was; 0: none. */
struct sg_disk_mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct sg_disk {
	size_t check_max;
	struct sg_seal *seal; /* NULL: none */
	char *path; /* its directory free of symbolic links; sqlite3_free() */
	/* Below: one thread at a time (W). NULL: not open. */
	sqlite3 *writer;
	sqlite3_stmt *write[W_N];
	bool is_new;
	/* The file that cannot be written, and its -wal, that were read through
	   last, and what came of it: SQLITE_OK, SQLITE_CORRUPT. */
	struct sg_disk_mark checked[2];
	int check_rc;
	pthread_mutex_t read_mutex;
	/* all below */
	sqlite3 *reader;
	sqlite3_stmt *read[R_N];
	bool corrupt, unchecked;
	unsigned opened; /* how often a file was */
};

/* The SQL of each, in disk.c. */
extern const char *const sg_disk_write_sql[W_N];
extern const char *const sg_disk_read_sql[R_N];

/* Runs a statement to its end and makes it ready for the next time. */
int sg_disk_run(sqlite3_stmt *s);
/* Begins a transaction; SQLITE_OK or not. With *rc SG_RETRY and err: it may
   not, and nothing was begun. */
int sg_disk_begin(struct sg_disk *d, enum sg_rc *rc, struct sg_err *err);
/* Ends it by how it went (rc), and says what that means. */
enum sg_rc sg_disk_end(struct sg_disk *d, int rc, bool *busy,
    struct sg_err *err);
enum sg_rc sg_disk_not_open(struct sg_err *err);
/* Binds generation and seal of row as columns at and at + 1; with no seal 0 and
   NULL. SQLITE_OK or not. */
int sg_disk_bind_seal(const struct sg_disk *d, sqlite3_stmt *s, int at,
    const struct sg_seal_row *row);
/* The seal that stands in column i, or NULL. */
const unsigned char *sg_disk_column_seal(sqlite3_stmt *s, int i);
/* Are columns from to from + n - 1 integers, as we write them? */
bool sg_disk_are_integers(sqlite3_stmt *s, int from, int n);
/* Ends a read; rc is the last of sqlite3_step(). The lock is held. */
enum sg_rc sg_disk_did_read(struct sg_disk *d, sqlite3_stmt *s, int rc,
    struct sg_err *err);
#endif
