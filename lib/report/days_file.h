/* SPDX-License-Identifier: ISC */
/*
 * days_file.h - cells in and out of report.sqlite: one row each. A connection
 * belongs to one thread at a time.
 *
 * The journal is a file that goes with each transaction, not a -wal: so a
 * reader that is another user (root, mostly) opens the file read-only and
 * leaves nothing beside it.
 */
#ifndef SG_REPORT_DAYS_FILE_H
#define SG_REPORT_DAYS_FILE_H
#include "report/cell.h"

/* Rows that one day may have: 2.5 MB or so. From half of it on new next hops
   whose mail is let through are counted as "(other)", from all of it on any:
   what is stopped is not pushed out by a crowd that is not. */
#define SG_DAYS_ROWS_A_DAY 20000

struct sg_days_file;

/* Opens or makes the file; a corrupt one is set aside. SG_OK, SG_RETRY,
   SG_BAD: an administrator must mend it. */
enum sg_rc sg_days_file_open(const char *path, struct sg_wall now,
    struct sg_days_file **out_r, struct sg_err *err);
void sg_days_file_close(struct sg_days_file **f);

/* Adds all cells in one transaction. SG_OK; SG_RETRY (*busy: somebody else
   holds the lock); SG_BAD: the file is corrupt, close and open it. */
enum sg_rc sg_days_file_add(struct sg_days_file *f,
    const struct sg_tally *tally, size_t rows_a_day, bool *busy,
    struct sg_err *err);
/* Removes what is of that day and before. Likewise. */
enum sg_rc sg_days_file_expire(struct sg_days_file *f, int32_t last_day,
    bool *busy, struct sg_err *err);

/* --- reading -------------------------------------------------------------- */

struct sg_days_rows {
	struct sg_cell *cells; /* by day, group, next hop; names are ours */
	size_t n, max;
	size_t unfit; /* rows that were none of ours, left out */
};

/* All from since on, without writing anything, whoever we are. SG_OK (perhaps
   no rows); SG_NONE: there is no such file; SG_RETRY: it cannot be read now;
   SG_BAD: it is not what it should be. Free rows in each case. */
enum sg_rc sg_days_rows_read(const char *path, int32_t since,
    struct sg_days_rows *out, struct sg_err *err);
void sg_days_rows_free(struct sg_days_rows *rows);
#endif
