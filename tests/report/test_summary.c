/* SPDX-License-Identifier: ISC */
/*
 * test_summary.c - what cells come to, and the words for it: sums, order,
 * advice, and what is escaped. (A whole week is counted by week.py.)
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/advice.h"
#include "report/page.h"
#include "report/summary.h"

#define DAY 20780

static struct sg_cell cells[] = {
	{ .day = DAY, .group = "default", .next_hop = "a.test", .n = 100 },
	{ .day = DAY, .group = "default", .next_hop = "b.test",
	    .result = SG_RESULT_FAIL, .reason = SG_REASON_CERT_EXPIRED,
	    .action = SG_ACTION_DEFER, .applied = SG_ACTION_TAG,
	    .dry_run = true, .n = 7 },
	{ .day = DAY, .group = "finance", .next_hop = "b.test",
	    .result = SG_RESULT_FAIL, .reason = SG_REASON_CERT_EXPIRED,
	    .action = SG_ACTION_REJECT, .applied = SG_ACTION_REJECT, .n = 2 },
	{ .day = DAY + 3, .group = "finance", .next_hop = "-",
	    .result = SG_RESULT_NOT_APPLICABLE, .n = 5 },
	{ .day = DAY + 3, .group = "finance", .next_hop = "b.test",
	    .result = SG_RESULT_UNKNOWN, .reason = SG_REASON_DNS_ERROR,
	    .action = SG_ACTION_TAG, .applied = SG_ACTION_TAG, .n = 11 },
	{ .day = DAY + 3, .group = "finance", .next_hop = "c.test",
	    .result = SG_RESULT_FAIL, .reason = SG_REASON_CERT_EXPIRED,
	    .action = SG_ACTION_HOLD, .applied = SG_ACTION_DEFER, .n = 20 },
	{ .day = DAY + 3, .group = "finance", .next_hop = "d.test",
	    .result = SG_RESULT_FAIL, .reason = SG_REASON_CERT_EXPIRED,
	    .action = SG_ACTION_HOLD, .applied = SG_ACTION_HOLD, .n = 1 },
	{ .day = DAY + 3, .group = "finance", .next_hop = "e.test",
	    .result = SG_RESULT_FAIL, .reason = SG_REASON_CERT_EXPIRED,
	    .action = SG_ACTION_HOLD, .applied = SG_ACTION_HOLD, .n = 3 },
};
static const struct sg_days_rows rows = { cells,
	sizeof(cells) / sizeof(cells[0]), 0, 0 };

static void
check_sums(const struct sg_sums *s, uint64_t n, uint64_t clean, uint64_t would,
    uint64_t stopped, uint64_t passed_on)
{
	ck_assert_uint_eq(s->n, n);
	ck_assert_uint_eq(s->clean, clean);
	ck_assert_uint_eq(s->would, would);
	ck_assert_uint_eq(s->stopped, stopped);
	ck_assert_uint_eq(s->passed_on, passed_on);
	ck_assert_uint_eq(clean + would + stopped + passed_on, n);
	ck_assert_uint_eq(s->held + s->deferred + s->rejected, stopped);
	ck_assert_uint_eq(s->result[0] + s->result[1] + s->result[2] +
	    s->result[3], n);
}

START_TEST(sums)
{
	struct sg_summary s;

	ck_assert(sg_summary_make(&rows, DAY - 2, DAY + 4, &s) == SG_OK);
	check_sums(&s.all, 149, 105, 7, 26, 11);
	ck_assert_uint_eq(s.all.held, 4);
	ck_assert_uint_eq(s.all.deferred, 20);
	ck_assert_uint_eq(s.all.rejected, 2);
	ck_assert_uint_eq(s.n_hops, 6);
	/* From the first day that there is to today, and no day is missing. */
	ck_assert_int_eq(s.since, DAY);
	ck_assert_int_eq(s.until, DAY + 4);
	ck_assert_uint_eq(s.days.n, 5);
	check_sums(&s.days.l[0].sums, 109, 100, 7, 2, 0);
	check_sums(&s.days.l[1].sums, 0, 0, 0, 0, 0);
	ck_assert_int_eq(s.days.l[1].day, DAY + 1);
	check_sums(&s.days.l[3].sums, 40, 5, 0, 24, 11);
	/* Worst first. */
	ck_assert_uint_eq(s.groups.n, 2);
	ck_assert_str_eq(s.groups.l[0].name, "finance");
	check_sums(&s.groups.l[1].sums, 107, 100, 7, 0, 0);
	ck_assert_str_eq(s.hops.l[0].name, "c.test");
	ck_assert_str_eq(s.hops.l[1].name, "b.test");
	check_sums(&s.hops.l[1].sums, 20, 0, 7, 2, 11);
	ck_assert_int_eq(s.hops.l[1].reason, SG_REASON_DNS_ERROR);
	ck_assert_str_eq(s.hops.l[5].name, "-");
	/* Of what is not clean. */
	ck_assert_uint_eq(s.reasons.n, 2);
	ck_assert_int_eq(s.reasons.l[0].reason, SG_REASON_CERT_EXPIRED);
	check_sums(&s.reasons.l[0].sums, 33, 0, 7, 26, 0);
	ck_assert_uint_eq(s.reasons.l[0].n_hops, 4);
	ck_assert_str_eq(s.reasons.l[0].top[0].hop, "c.test");
	ck_assert_str_eq(s.reasons.l[0].top[1].hop, "b.test");
	ck_assert_uint_eq(s.reasons.l[0].top[1].n, 9);
	ck_assert_str_eq(s.reasons.l[0].top[2].hop, "e.test");
	sg_summary_free(&s);
}
END_TEST

START_TEST(no_rows)
{
	const struct sg_days_rows none = { NULL, 0, 0, 0 };
	struct sg_summary s;

	ck_assert(sg_summary_make(&none, DAY, DAY + 6, &s) == SG_OK);
	check_sums(&s.all, 0, 0, 0, 0, 0);
	ck_assert_uint_eq(s.days.n, 7);
	ck_assert_uint_eq(s.hops.n + s.groups.n + s.reasons.n, 0);
	sg_summary_free(&s);
	/* Since the beginning, or since a day to come. */
	ck_assert(sg_summary_make(&none, 0, DAY, &s) == SG_OK);
	ck_assert_uint_eq(s.days.n, 0);
	sg_summary_free(&s);
	ck_assert(sg_summary_make(&none, DAY + 1, DAY, &s) == SG_OK);
	ck_assert_uint_eq(s.days.n, 1);
	sg_summary_free(&s);
}
END_TEST

/* A clock that was wrong once makes no page of a million days. */
START_TEST(days_far_apart)
{
	struct sg_cell two[] = { { .day = 1, .group = "g", .next_hop = "a",
		.n = 1 }, { .day = INT32_MAX, .group = "g", .next_hop = "a",
		.n = 1 } };
	const struct sg_days_rows far = { two, 2, 0, 0 };
	struct sg_summary s;

	ck_assert(sg_summary_make(&far, 0, DAY, &s) == SG_OK);
	ck_assert_uint_eq(s.days.n, 2);
	ck_assert_int_eq(s.until, INT32_MAX);
	sg_summary_free(&s);
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		uint64_t n, all;
		const char *count, *share;
	} want[] = { { 0, 0, "0", "0.0 %" }, { 999, 1000, "999", "99.9 %" },
		{ 1000, 1000, "1,000", "100.0 %" },
		{ 1, 1000000, "1", "under 0.1 %" },
		{ 999999, 1000000, "999,999", "over 99.9 %" },
		{ 1234567, 4938268, "1,234,567", "25.0 %" },
		{ UINT64_MAX, UINT64_MAX, "18,446,744,073,709,551,615",
		    "100.0 %" } };
	char count[SG_COUNT_TEXT_SIZE], share[SG_SHARE_TEXT_SIZE],
	    day[SG_DAY_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ck_assert_str_eq(sg_count_format(want[i].n, count),
		    want[i].count);
		ck_assert_str_eq(sg_share_format(want[i].n, want[i].all,
				     share), want[i].share);
	}
	ck_assert_str_eq(sg_day_format(0, day), "1970-01-01");
	ck_assert_str_eq(sg_day_format(DAY, day), "2026-11-23");
	ck_assert_ptr_nonnull(sg_day_format(INT32_MAX, day));
}
END_TEST

START_TEST(every_reason_has_advice)
{
	const struct sg_advice *a = sg_advice_get((enum sg_reason)_i);

	ck_assert_ptr_nonnull(a->means);
	ck_assert_ptr_nonnull(a->todo);
	ck_assert_int_eq(a->means[strlen(a->means) - 1], '.');
	ck_assert_int_eq(a->todo[strlen(a->todo) - 1], '.');
}
END_TEST

START_TEST(commands)
{
	static const struct {
		enum sg_reason reason;
		const char *hop, *want; /* NULL: none */
	} row[] = {
		{ SG_REASON_CERT_EXPIRED, "a.test", "stsgate query a.test" },
		{ SG_REASON_CERT_EXPIRED, "[mx.a.test]:587",
		    "stsgate query '[mx.a.test]:587'" },
		{ SG_REASON_CERT_EXPIRED, SG_CELL_OTHER, NULL },
		{ SG_REASON_CERT_EXPIRED, SG_CELL_NO_HOP, NULL },
		{ SG_REASON_CERT_EXPIRED, "a.test;reboot", NULL },
		{ SG_REASON_CERT_EXPIRED, "[a'b]", NULL },
		{ SG_REASON_CERT_EXPIRED, "A.test", NULL },
		{ SG_REASON_OVERLOAD, "a.test", NULL },
		{ (enum sg_reason)999, "a.test", NULL },
	};
	char got[SG_ADVICE_COMMAND_SIZE] = "";
	bool is = sg_advice_command(row[_i].reason, row[_i].hop, got);

	ck_assert_int_eq(is, row[_i].want != NULL);
	if (is)
		ck_assert_str_eq(got, row[_i].want);
}
END_TEST

/* T14 */
START_TEST(markup_is_escaped)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	sg_page_escape("<a b='c'>\"&\t\x7f\xe2\x80\xae\x9b", f);
	fclose(f);
	ck_assert_str_eq(text,
	    "&lt;a b=&#39;c&#39;&gt;&quot;&amp;??????");
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("summary");
	TCase *t = tcase_create("summary");
	SRunner *r;
	int failed;

	tcase_add_test(t, sums);
	tcase_add_test(t, no_rows);
	tcase_add_test(t, days_far_apart);
	tcase_add_test(t, numbers);
	tcase_add_loop_test(t, every_reason_has_advice, 0, SG_REASON_COUNT);
	tcase_add_loop_test(t, commands, 0, 9);
	tcase_add_test(t, markup_is_escaped);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
