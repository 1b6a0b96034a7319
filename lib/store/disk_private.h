/* SPDX-License-Identifier: ISC */
/* disk_private.h - shared by disk.c (rows) and disk_open.c (the file). */
#ifndef SG_STORE_DISK_PRIVATE_H
#define SG_STORE_DISK_PRIVATE_H
#include <pthread.h>
#include <sqlite3.h>
#include "store/disk.h"

enum write_statement { W_PUT, W_DELETE, W_DELETE_UNFIT, W_UNDUE, W_EXPIRE, W_N };
enum read_statement { R_GET, R_DUE, R_KEYS, R_N };

struct sg_disk {
	size_t check_max;
	char *path; /* its directory free of symbolic links; sqlite3_free() */
	/* Below: one thread at a time (W). NULL: not open. */
	sqlite3 *writer;
	sqlite3_stmt *write[W_N];
	bool is_new;
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

/* What an SQLite result means; err is filled. Never SG_OK. */
enum sg_rc sg_disk_judge(sqlite3 *db, int rc, const char *what,
    struct sg_err *err);
#endif
