/* SPDX-License-Identifier: ISC */
/* scratch_sql.h - a scratch store's file, seen and spoilt by somebody else; and
   many domains to put into it. */
#ifndef SG_TESTS_STORE_SCRATCH_SQL_H
#define SG_TESTS_STORE_SCRATCH_SQL_H
#include "store/scratch.h"

#include <fcntl.h>
#include <sqlite3.h>

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
static inline void
scratch_sql(const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK,
	    "%s: %s", text, why);
	sqlite3_close(db);
}

static inline int64_t
scratch_ask(const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t got = -1;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		got = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return got;
}

/* Rows of the table of pins, as another process would see them. */
static inline int64_t
scratch_pins(void)
{
	return scratch_ask("SELECT count(*) FROM pins");
}

/* d<from>.test and so on. */
static inline void
scratch_put_many(struct sg_store *s, unsigned from, unsigned n, unsigned max_age,
    enum sg_rc want)
{
	for (unsigned i = from; i < from + n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%u.test", i);
		ck_assert(scratch_put(s, name, max_age) == want);
	}
}

static inline unsigned
scratch_count_many(struct sg_store *s, unsigned from, unsigned n)
{
	unsigned found = 0;

	for (unsigned i = from; i < from + n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%u.test", i);
		found += scratch_has(s, name, NULL) == SG_OK;
	}
	return found;
}

static inline struct sg_store_stats
scratch_stats(struct sg_store *s)
{
	struct sg_store_stats st;

	sg_store_stats(s, &st);
	ck_assert(st.degraded == (st.text[0] != '\0'));
	return st;
}

static inline void
scratch_overwrite(off_t at, size_t n, int byte)
{
	int fd = open(scratch_db, O_WRONLY | O_CLOEXEC);
	char block[4096];

	ck_assert_int_ge(fd, 0);
	memset(block, byte, sizeof(block));
	for (; n > 0; n -= n < sizeof(block) ? n : sizeof(block),
	    at += sizeof(block)) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		ck_assert_int_eq(pwrite(fd, block, part, at), (ssize_t)part);
	}
	close(fd);
}

/* Where the page is by which pins are found. */
static inline off_t
scratch_page_of_pins(void)
{
	int64_t page = scratch_ask("SELECT rootpage FROM sqlite_master"
	    " WHERE name = 'pins_end'");

	ck_assert_int_gt(page, 1);
	return (off_t)(page - 1) * 4096;
}
#endif
