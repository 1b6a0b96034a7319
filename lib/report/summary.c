/* SPDX-License-Identifier: ISC */
/*
 * summary.c - see summary.h.
 *
 * Every question is the same work: sort pointers to the cells by what is asked
 * for, and put neighbours together.
 */
#include "report/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GAPS_MAX 400 /* more days than are ever kept: a clock was wrong */

typedef int compare_fn(const struct sg_cell *a, const struct sg_cell *b);

/* --- orders --------------------------------------------------------------- */

static int
sign(int64_t d)
{
	return d < 0 ? -1 : d > 0;
}

static int
by_day(const struct sg_cell *a, const struct sg_cell *b)
{
	return sign((int64_t)a->day - b->day);
}

static int
by_group(const struct sg_cell *a, const struct sg_cell *b)
{
	return strcmp(a->group, b->group);
}

static int
by_hop(const struct sg_cell *a, const struct sg_cell *b)
{
	return strcmp(a->next_hop, b->next_hop);
}

static int
by_reason(const struct sg_cell *a, const struct sg_cell *b)
{
	return (int)a->reason - (int)b->reason;
}

static int
sort_days(const void *a, const void *b)
{
	return by_day(*(const struct sg_cell *const *)a,
	    *(const struct sg_cell *const *)b);
}

static int
sort_groups(const void *a, const void *b)
{
	return by_group(*(const struct sg_cell *const *)a,
	    *(const struct sg_cell *const *)b);
}

static int
sort_hops(const void *a, const void *b)
{
	const struct sg_cell *x = *(const struct sg_cell *const *)a;
	const struct sg_cell *y = *(const struct sg_cell *const *)b;
	int c = by_hop(x, y);

	return c != 0 ? c : by_reason(x, y);
}

static int
sort_reasons(const void *a, const void *b)
{
	const struct sg_cell *x = *(const struct sg_cell *const *)a;
	const struct sg_cell *y = *(const struct sg_cell *const *)b;
	int c = by_reason(x, y);

	return c != 0 ? c : by_hop(x, y);
}

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

/* What is worst comes first. */
static int
sort_lines(const void *a, const void *b)
{
	const struct sg_sum_line *x = a, *y = b;
	int c = compare(sg_sums_stops(&x->sums), sg_sums_stops(&y->sums));

	if (c == 0)
		c = compare(x->sums.passed_on, y->sums.passed_on);
	if (c == 0)
		c = compare(x->sums.n, y->sums.n);
	if (c != 0)
		return c;
	return x->name != NULL ? strcmp(x->name, y->name)
			       : (int)x->reason - (int)y->reason;
}

/* --- sums ----------------------------------------------------------------- */

static bool
is_clean(const struct sg_cell *c)
{
	return c->result == SG_RESULT_PASS ||
	    c->result == SG_RESULT_NOT_APPLICABLE;
}

static void
add(struct sg_sums *s, const struct sg_cell *c)
{
	s->n += c->n;
	s->result[c->result] += c->n;
	s->held += c->applied == SG_ACTION_HOLD ? c->n : 0;
	s->deferred += c->applied == SG_ACTION_DEFER ? c->n : 0;
	s->rejected += c->applied == SG_ACTION_REJECT ? c->n : 0;
	if (sg_action_stops(c->applied))
		s->stopped += c->n;
	else if (sg_action_stops(c->action))
		s->would += c->n;
	else if (is_clean(c))
		s->clean += c->n;
	else
		s->passed_on += c->n;
}

static void
note_top(struct sg_sum_line *l, const char *hop, uint64_t n)
{
	size_t at = SG_SUM_TOP;

	while (at > 0 && (l->top[at - 1].hop == NULL || l->top[at - 1].n < n))
		at--;
	if (at == SG_SUM_TOP)
		return;
	memmove(&l->top[at + 1], &l->top[at],
	    (SG_SUM_TOP - 1 - at) * sizeof(l->top[0]));
	l->top[at].hop = hop;
	l->top[at].n = n;
}

/* c begins a run of equal next hops within the cells of l; returns its end. */
static const struct sg_cell *const *
note_hop(struct sg_sum_line *l, const struct sg_cell *const *c,
    const struct sg_cell *const *end)
{
	const char *hop = (*c)->next_hop;
	uint64_t n = 0;

	for (; c < end && strcmp((*c)->next_hop, hop) == 0; c++)
		n += (*c)->n;
	note_top(l, hop, n);
	l->n_hops++;
	return c;
}

/* The reason that most of what is not clean has; cells are in their order. */
static enum sg_reason
main_reason(const struct sg_cell *const *c, const struct sg_cell *const *end)
{
	enum sg_reason best = SG_REASON_NONE;
	uint64_t n = 0, most = 0;

	for (const struct sg_cell *const *p = c; p < end; p++) {
		if (p == c || (*p)->reason != p[-1]->reason)
			n = 0;
		n += is_clean(*p) ? 0 : (*p)->n;
		if (n > most) {
			most = n;
			best = (*p)->reason;
		}
	}
	return best;
}

/* --- lines ---------------------------------------------------------------- */

/* A line of the cells from c on that are equal by same; returns their end. */
static const struct sg_cell *const *
make_line(const struct sg_cell *const *c, const struct sg_cell *const *end,
    compare_fn *same, struct sg_sum_line *l)
{
	const struct sg_cell *const *p = c;

	*l = (struct sg_sum_line) { .day = (*c)->day,
		.reason = (*c)->reason };
	if (same == by_group)
		l->name = (*c)->group;
	if (same == by_hop)
		l->name = (*c)->next_hop;
	for (; p < end && same(*p, *c) == 0; p++) {
		add(&l->sums, *p);
		if ((*p)->last.s > l->last.s)
			l->last = (*p)->last;
	}
	if (same == by_hop)
		l->reason = main_reason(c, p);
	if (same == by_reason)
		for (const struct sg_cell *const *h = c; h < p;)
			h = note_hop(l, h, p);
	return p;
}

static bool
make_lines(const struct sg_cell **cells, size_t n,
    int (*order)(const void *, const void *), compare_fn *same,
    struct sg_sum_lines *out)
{
	const struct sg_cell *const *c = cells, *const *end = cells + n;
	size_t max = 1;

	if (n == 0)
		return true;
	qsort(cells, n, sizeof(*cells), order);
	for (size_t i = 1; i < n; i++)
		max += same(cells[i - 1], cells[i]) != 0;
	out->l = calloc(max, sizeof(*out->l));
	if (out->l == NULL)
		return false;
	while (c < end)
		c = make_line(c, end, same, &out->l[out->n++]);
	if (same != by_day)
		qsort(out->l, out->n, sizeof(*out->l), sort_lines);
	return true;
}

/* Days without any decision between those with some. */
static bool
fill_gaps(struct sg_summary *s)
{
	size_t n = (size_t)(s->until - s->since) + 1;
	struct sg_sum_line *l;

	if (s->until - s->since >= GAPS_MAX)
		return true;
	l = calloc(n, sizeof(*l));
	if (l == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		l[i].day = s->since + (int32_t)i;
	for (size_t i = 0; i < s->days.n; i++)
		l[s->days.l[i].day - s->since] = s->days.l[i];
	free(s->days.l);
	s->days.l = l;
	s->days.n = n;
	return true;
}

static bool
make_all(const struct sg_cell **cells, size_t n, struct sg_summary *s)
{
	size_t unclean = 0;

	if (!make_lines(cells, n, sort_days, by_day, &s->days) ||
	    !fill_gaps(s) ||
	    !make_lines(cells, n, sort_groups, by_group, &s->groups) ||
	    !make_lines(cells, n, sort_hops, by_hop, &s->hops))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_clean(cells[i]))
			cells[unclean++] = cells[i];
	return make_lines(cells, unclean, sort_reasons, by_reason,
	    &s->reasons);
}

enum sg_rc
sg_summary_make(const struct sg_days_rows *rows, int32_t since, int32_t today,
    struct sg_summary *s)
{
	const struct sg_cell **cells = calloc(rows->n + 1, sizeof(*cells));
	bool done = false;

	*s = (struct sg_summary) { .since = since, .until = today };
	for (size_t i = 0; i < rows->n && cells != NULL; i++) {
		cells[i] = &rows->cells[i];
		add(&s->all, &rows->cells[i]);
	}
	if (rows->n > 0) { /* in order of days */
		if (rows->cells[0].day > since)
			s->since = rows->cells[0].day;
		if (rows->cells[rows->n - 1].day > today)
			s->until = rows->cells[rows->n - 1].day;
	}
	if (s->until < s->since)
		s->until = s->since;
	if (cells != NULL)
		done = make_all(cells, rows->n, s);
	s->n_hops = s->hops.n;
	free(cells);
	if (done)
		return SG_OK;
	sg_summary_free(s);
	return SG_RETRY;
}

void
sg_summary_free(struct sg_summary *s)
{
	free(s->days.l);
	free(s->groups.l);
	free(s->reasons.l);
	free(s->hops.l);
	*s = (struct sg_summary) { 0 };
}

/* --- numbers as text ------------------------------------------------------ */

const char *
sg_day_format(int32_t day, char out[SG_DAY_TEXT_SIZE])
{
	time_t t = (time_t)day * SG_DAY_S;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, SG_DAY_TEXT_SIZE, "%Y-%m-%d", &tm) == 0)
		snprintf(out, SG_DAY_TEXT_SIZE, "?");
	return out;
}

const char *
sg_count_format(uint64_t n, char out[SG_COUNT_TEXT_SIZE])
{
	char digits[24];
	size_t len, to = 0;

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	len = strlen(digits);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

const char *
sg_share_format(uint64_t n, uint64_t all, char out[SG_SHARE_TEXT_SIZE])
{
	double share = all > 0 ? 100.0 * (double)n / (double)all : 0;

	if (n > 0 && share < 0.1)
		snprintf(out, SG_SHARE_TEXT_SIZE, "under 0.1 %%");
	else if (n < all && share > 99.9)
		snprintf(out, SG_SHARE_TEXT_SIZE, "over 99.9 %%");
	else
		snprintf(out, SG_SHARE_TEXT_SIZE, "%.1f %%", share);
	return out;
}
