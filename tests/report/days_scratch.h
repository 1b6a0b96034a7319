/* SPDX-License-Identifier: ISC */
/* days_scratch.h - a scratch report file, decisions to count into it, and what
   is in it then. */
#ifndef SG_TESTS_REPORT_DAYS_SCRATCH_H
#define SG_TESTS_REPORT_DAYS_SCRATCH_H
#include "store/scratch.h"

#include <sqlite3.h>

#include "report/days.h"
#include "report/days_file.h"

#define TODAY (SAMPLE_NOW / SG_DAY_S)
#define HOUR_MS 3600000

static struct sg_days_params params;

static inline struct sg_days *
open_days(void)
{
	struct sg_days *d = sg_days_new(&params);

	ck_assert_ptr_nonnull(d);
	return d;
}

static inline void
setup(void)
{
	scratch_make();
	params = (struct sg_days_params) { .path = scratch_db,
		.keep_days = 30, .flush_ms = HOUR_MS, .now = scratch_now };
}

/* --- what is counted -------------------------------------------------------- */

static struct sg_group groups[] = { { .name = (char *)"finance" },
	{ .name = (char *)"default" } };

struct what {
	int64_t at; /* behind scratch_clock */
	int group;
	const char *hop;
	enum sg_result result;
	enum sg_reason reason;
	enum sg_action action, applied;
	bool dry_run;
};

static inline void
count(struct sg_days *d, const struct what *w)
{
	struct sg_asked asked = { .group = &groups[w->group],
		.dry_run = w->dry_run };
	struct sg_verdict verdict = { .result = w->result,
		.reason = w->reason };
	struct sg_decision decision = { .action = w->action,
		.applied = w->applied };
	struct sg_days_decision what = { { scratch_now().s + w->at }, w->hop,
		&asked, &verdict, &decision };

	sg_days_count(d, &what);
}

/* The two that most tests do with. */
static inline void
count_pass(struct sg_days *d, const char *hop)
{
	count(d, &(struct what) { .hop = hop });
}

static inline void
count_stop(struct sg_days *d, const char *hop)
{
	count(d, &(struct what) { .hop = hop, .result = SG_RESULT_FAIL,
	    .reason = SG_REASON_MX_MISMATCH, .action = SG_ACTION_DEFER,
	    .applied = SG_ACTION_DEFER });
}

static inline void
count_many(struct sg_days *d, int n, const char *prefix,
    void (*counter)(struct sg_days *, const char *))
{
	for (int i = 0; i < n; i++) {
		char hop[32];

		(void)snprintf(hop, sizeof(hop), "%s%d.test", prefix, i);
		counter(d, hop);
	}
}

static inline void
read_rows(struct sg_days_rows *rows)
{
	struct sg_err err = { .text = "" };

	ck_assert_msg(sg_days_rows_read(scratch_db, 0, rows, &err) == SG_OK,
	    "%s", err.text);
}

/* Of all rows whose next hop this is; NULL = all. */
static inline uint64_t
total(const char *hop)
{
	struct sg_days_rows rows;
	uint64_t n = 0;

	read_rows(&rows);
	for (size_t i = 0; i < rows.n; i++)
		if (hop == NULL || strcmp(rows.cells[i].next_hop, hop) == 0)
			n += rows.cells[i].n;
	ck_assert_uint_eq(rows.unfit, 0);
	sg_days_rows_free(&rows);
	return n;
}

static inline size_t
n_rows(void)
{
	struct sg_days_rows rows;
	size_t n;

	read_rows(&rows);
	n = rows.n;
	sg_days_rows_free(&rows);
	return n;
}

static inline void
sql(const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK,
	    "%s: %s", text, why);
	sqlite3_close(db);
}
#endif
