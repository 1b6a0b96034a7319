/* SPDX-License-Identifier: ISC */
/*
 * test_days.c - decisions are counted: each cell exactly, by any number of
 * threads; and what is kept stays bounded.
 */
#include "report/days_scratch.h"

#include <pthread.h>

/* --- cells ------------------------------------------------------------------ */

/* Each differs from the first in one part. */
static const struct what apart[] = {
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ SG_DAY_S, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 1, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "[a.test]:25", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_UNKNOWN, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_MX_MISMATCH,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_REJECT, SG_ACTION_DEFER, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_TAG, false },
	{ 0, 0, "a.test", SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
	    SG_ACTION_DEFER, SG_ACTION_DEFER, true },
	{ 0, 0, "", SG_RESULT_NOT_APPLICABLE, SG_REASON_NONE,
	    SG_ACTION_ACCEPT, SG_ACTION_ACCEPT, false },
};
#define N_APART (sizeof(apart) / sizeof(apart[0]))

static bool
is_row_of(const struct sg_cell *c, const struct what *w)
{
	const char *hop = w->hop[0] != '\0' ? w->hop : SG_CELL_NO_HOP;

	return c->day == TODAY + w->at / SG_DAY_S &&
	    strcmp(c->group, groups[w->group].name) == 0 &&
	    strcmp(c->next_hop, hop) == 0 && c->result == w->result &&
	    c->reason == w->reason && c->action == w->action &&
	    c->applied == w->applied && c->dry_run == w->dry_run;
}

START_TEST(cells_are_apart)
{
	struct sg_days *d = open_days();
	struct sg_days_rows rows;
	size_t found = 0;

	/* In memory, and then added to what the file has. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N_APART; i++)
			for (size_t n = 0; n <= i; n++)
				count(d, &apart[i]);
		ck_assert(sg_days_flush(d));
	}
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, N_APART);
	for (size_t i = 0; i < N_APART; i++)
		for (size_t k = 0; k < rows.n; k++) {
			if (!is_row_of(&rows.cells[k], &apart[i]))
				continue;
			found++;
			ck_assert_uint_eq(rows.cells[k].n, 2 * (i + 1));
		}
	ck_assert_uint_eq(found, N_APART);
	sg_days_rows_free(&rows);
	sg_days_free(&d);
}
END_TEST

START_TEST(first_and_last)
{
	static const int64_t at[] = { 50, 10, 90, 30 };
	struct sg_days *d = open_days();
	struct sg_days_rows rows;

	for (size_t i = 0; i < 4; i++) {
		count(d, &(struct what) { .hop = "a.test", .at = at[i] });
		if (i % 2 == 1)
			ck_assert(sg_days_flush(d));
	}
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, 1);
	ck_assert_int_eq(rows.cells[0].first.s, SAMPLE_NOW + 10);
	ck_assert_int_eq(rows.cells[0].last.s, SAMPLE_NOW + 90);
	sg_days_rows_free(&rows);
	sg_days_free(&d);
}
END_TEST

START_TEST(stop_writes_the_rest)
{
	struct sg_days *d = open_days();

	count_pass(d, "a.test");
	ck_assert(sg_days_stop(d, 60000));
	ck_assert_uint_eq(total(NULL), 1);
	count_pass(d, "b.test"); /* a callback that comes late */
	ck_assert(sg_days_stop(d, 60000));
	sg_days_free(&d);
	sg_days_count(NULL, &(struct sg_days_decision) { .next_hop = "" });
}
END_TEST

/* --- many threads ----------------------------------------------------------- */

#define WRITERS 8
#define EACH 20000

static void *
write_many(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		char hop[32];

		(void)snprintf(hop, sizeof(hop), "d%d.test", i % 50);
		if (i % 3 == 0)
			count_stop(arg, hop);
		else
			count_pass(arg, hop);
	}
	return NULL;
}

START_TEST(concurrent_writers)
{
	pthread_t threads[WRITERS];
	struct sg_days *d;
	struct sg_days_rows rows;
	uint64_t sum = 0;

	params.flush_ms = 1;
	d = open_days();
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many,
				     d), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	sg_days_free(&d);
	read_rows(&rows);
	ck_assert_uint_eq(rows.n, 100);
	for (size_t i = 0; i < rows.n; i++) {
		sum += rows.cells[i].n;
		/* 20,000 in threes by fifties: 133 or 134, and the rest */
		ck_assert_uint_ge(rows.cells[i].n, WRITERS * 133);
		ck_assert_uint_le(rows.cells[i].n, WRITERS * 267);
	}
	ck_assert_uint_eq(sum, WRITERS * EACH);
	sg_days_rows_free(&rows);
}
END_TEST

/* --- bounds ----------------------------------------------------------------- */

/* What is let through fills half the day's rows, what is stopped the rest
   (T16); then names go and numbers stay. */
START_TEST(rows_of_a_day_are_capped)
{
	struct sg_days *d;

	params.rows_a_day = 20;
	d = open_days();
	count_many(d, 100, "p", count_pass);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 11); /* with "(other)" */
	ck_assert_uint_eq(total(SG_CELL_OTHER), 90);
	count_many(d, 50, "s", count_stop);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 21);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 90 + 41);
	/* Names that are there go on being counted, also after a restart. */
	sg_days_free(&d);
	d = open_days();
	count_many(d, 100, "p", count_pass);
	count_many(d, 50, "s", count_stop);
	sg_days_free(&d);
	ck_assert_uint_eq(n_rows(), 21);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 2 * (90 + 41));
	ck_assert_uint_eq(total(NULL), 2 * 150);
	/* A new day has room of its own. */
	scratch_clock += SG_DAY_S;
	d = open_days();
	count_many(d, 5, "n", count_pass);
	sg_days_free(&d);
	ck_assert_uint_eq(n_rows(), 26);
}
END_TEST

START_TEST(memory_is_capped)
{
	struct sg_days *d;

	params.max_cells = 10;
	d = open_days();
	count_many(d, 1000, "p", count_pass);
	count_many(d, 1000, "s", count_stop);
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 12);
	ck_assert_uint_eq(total(SG_CELL_OTHER), 1990);
	ck_assert_uint_eq(total(NULL), 2000);
	sg_days_free(&d);
}
END_TEST

START_TEST(old_days_go)
{
	struct sg_days *d;

	params.keep_days = 3;
	d = open_days();
	for (int day = 0; day < 6; day++) {
		count_pass(d, "a.test");
		ck_assert(sg_days_flush(d));
		ck_assert_uint_eq(n_rows(), day < 3 ? day + 1 : 3);
		scratch_clock += SG_DAY_S;
	}
	sg_days_set_keep(d, 2); /* a reload */
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 1); /* today has none yet */
	sg_days_set_keep(d, 0);
	count_pass(d, "a.test");
	ck_assert(sg_days_flush(d));
	ck_assert_uint_eq(n_rows(), 0);
	sg_days_free(&d);
	sg_days_set_keep(NULL, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("days");
	TCase *t = tcase_create("days");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, scratch_remove);
	tcase_add_test(t, cells_are_apart);
	tcase_add_test(t, first_and_last);
	tcase_add_test(t, stop_writes_the_rest);
	tcase_add_test(t, concurrent_writers);
	tcase_add_test(t, rows_of_a_day_are_capped);
	tcase_add_test(t, memory_is_capped);
	tcase_add_test(t, old_days_go);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
