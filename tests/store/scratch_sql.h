/* SPDX-License-Identifier: ISC */
/* scratch_sql.h - what is in a scratch store's file, seen by somebody else. */
#ifndef SG_TESTS_STORE_SCRATCH_SQL_H
#define SG_TESTS_STORE_SCRATCH_SQL_H
#include "store/scratch.h"

#include <sqlite3.h>

/* Rows of the table of pins, as another process would see them. */
static inline int64_t
scratch_pins(void)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int64_t n;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM pins",
	    -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static inline uint32_t
scratch_number(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Transactions in the -wal: frames whose header says how large the file is
   after them (SQLite, "WAL-mode file format"), of the log's own salt. */
static inline unsigned
scratch_transactions(void)
{
	unsigned char head[32], frame[24];
	char path[128];
	unsigned n = 0;
	size_t page;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s-wal", scratch_db);
	f = fopen(path, "rb");
	if (f == NULL || fread(head, sizeof(head), 1, f) != 1) {
		if (f != NULL)
			fclose(f);
		return 0;
	}
	page = scratch_number(head + 8);
	while (fread(frame, sizeof(frame), 1, f) == 1 &&
	    memcmp(frame + 8, head + 16, 8) == 0) {
		n += scratch_number(frame + 4) != 0;
		ck_assert_int_eq(fseek(f, (long)page, SEEK_CUR), 0);
	}
	fclose(f);
	return n;
}
#endif
