/* SPDX-License-Identifier: ISC */
/*
 * report_show.c - see report_show.h.
 *
 * What matters most is first and last on the screen: the totals, and what to
 * do. Columns are of fixed width but the first, which takes what is left; a
 * name that is too long loses its head, for the end says whose it is.
 */
#include "report_show.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "report/advice.h"
#include "show.h"

#define HOPS_SHOWN 10
#define REASONS_SHOWN 12
#define GROUPS_SHOWN 20
#define DAYS_SHOWN 31
#define WIDTH_MIN 80 /* what the numbers need */
#define WIDTH_ONE_LINE 105
#define WIDTH_MAX 110

struct screen {
	FILE *out;
	int width;
	const struct sg_summary *s;
	/* ANSI sequences, or "" */
	const char *bold, *dim, *red, *yellow, *green, *end;
};

/* --- pieces --------------------------------------------------------------- */

static void
put_heading(const struct screen *c, const char *text)
{
	fprintf(c->out, "\n%s%s%s\n", c->bold, text, c->end);
}

/* A name in n columns. */
static void
put_name(const struct screen *c, const char *name, int n)
{
	size_t len = strlen(name);

	if (len <= (size_t)n)
		fprintf(c->out, "%-*s", n, name);
	else
		fprintf(c->out, "...%s", name + len - (size_t)(n - 3));
}

/* A number in n columns, in colour if there is any. */
static void
put_number(const struct screen *c, uint64_t v, int n, const char *colour)
{
	char text[SG_COUNT_TEXT_SIZE];

	fprintf(c->out, "%s%*s%s", v > 0 ? colour : c->dim, n,
	    v > 0 ? sg_count_format(v, text) : "-", c->end);
}

/* Words within the screen, each line after an indent. */
static void
put_wrapped(const struct screen *c, int indent, const char *text)
{
	int column = 0;

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (column == 0 || column + 1 + n > c->width) {
			fprintf(c->out, "%s%*s", column > 0 ? "\n" : "",
			    indent, "");
			column = indent;
		} else {
			fputc(' ', c->out);
			column++;
		}
		fprintf(c->out, "%.*s", n, text);
		column += n;
		text += n + (text[n] == ' ');
	}
	fputc('\n', c->out);
}

/* --- totals --------------------------------------------------------------- */

static void
put_total(const struct screen *c, const char *colour, const char *what,
    uint64_t n)
{
	char share[SG_SHARE_TEXT_SIZE];

	fprintf(c->out, "  %-40s", what);
	put_number(c, n, 12, colour);
	if (n > 0)
		fprintf(c->out, "  %12s",
		    sg_share_format(n, c->s->all.n, share));
	fputc('\n', c->out);
}

static void
put_totals(const struct screen *c)
{
	const struct sg_sums *a = &c->s->all;
	char since[SG_DAY_TEXT_SIZE], until[SG_DAY_TEXT_SIZE],
	    text[SG_COUNT_TEXT_SIZE];

	fprintf(c->out, "%s%s recipients decided%s, %s to %s (UTC), at ",
	    c->bold, sg_count_format(a->n, text), c->end,
	    sg_day_format(c->s->since, since),
	    sg_day_format(c->s->until, until));
	fprintf(c->out, "%s next hops\n\n",
	    sg_count_format(c->s->n_hops, text));
	put_total(c, c->green, "passed", a->result[SG_RESULT_PASS]);
	put_total(c, c->end, "not applicable",
	    a->result[SG_RESULT_NOT_APPLICABLE]);
	put_total(c, c->end, "not verified, let through by the rules",
	    a->passed_on);
	put_total(c, c->yellow, "would have been stopped (dry run)", a->would);
	put_total(c, c->red, "stopped", a->stopped);
	if (a->stopped == 0)
		return;
	put_total(c, c->end, "    deferred", a->deferred);
	put_total(c, c->end, "    rejected", a->rejected);
	put_total(c, c->end, "    held", a->held);
}

/* --- tables --------------------------------------------------------------- */

static void
put_columns(const struct screen *c, int first, const char *name,
    const char *const *columns)
{
	fprintf(c->out, "  %s%-*s", c->dim, first, name);
	for (; *columns != NULL; columns++)
		fprintf(c->out, " %12s", *columns);
	fprintf(c->out, "%s\n", c->end);
}

static void
put_amiss(const struct screen *c, const struct sg_sums *s)
{
	fputc(' ', c->out);
	put_number(c, s->would, 12, c->yellow);
	fputc(' ', c->out);
	put_number(c, s->stopped, 12, c->red);
	fputc(' ', c->out);
	put_number(c, s->passed_on, 12, c->end);
}

static void
put_top_hops(const struct screen *c, const struct sg_sum_line *l)
{
	char text[SG_COUNT_TEXT_SIZE], line[1200];
	char command[SG_ADVICE_COMMAND_SIZE];
	size_t n = 0;

	n += (size_t)snprintf(line, sizeof(line), "%s next hop%s:",
	    sg_count_format(l->n_hops, text), l->n_hops == 1 ? "" : "s");
	for (size_t i = 0; i < SG_SUM_TOP && l->top[i].hop != NULL; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s %s (%s)",
		    i > 0 ? "," : "", l->top[i].hop,
		    sg_count_format(l->top[i].n, text));
	snprintf(line + n, sizeof(line) - n, "%s",
	    l->n_hops > SG_SUM_TOP ? ", ..." : "");
	put_wrapped(c, 6, line);
	if (sg_advice_command(l->reason, l->top[0].hop, command))
		fprintf(c->out, "      %s$ %s%s\n", c->dim, command, c->end);
}

static void
put_reasons(const struct screen *c)
{
	static const char *const columns[] = { "would stop", "stopped",
		"let through", NULL };
	const struct sg_sum_lines *r = &c->s->reasons;
	int first = c->width - 2 - 3 * 13;

	if (r->n == 0)
		return;
	put_heading(c, "Why, and what to do");
	put_columns(c, first, "reason", columns);
	for (size_t i = 0; i < r->n && i < REASONS_SHOWN; i++) {
		const struct sg_advice *a = sg_advice_get(r->l[i].reason);

		fprintf(c->out, "  %s", c->bold);
		put_name(c, sg_reason_name(r->l[i].reason), first);
		fputs(c->end, c->out);
		put_amiss(c, &r->l[i].sums);
		fputc('\n', c->out);
		put_wrapped(c, 6, a->means);
		put_wrapped(c, 6, a->todo);
		put_top_hops(c, &r->l[i]);
	}
	if (r->n > REASONS_SHOWN)
		fprintf(c->out, "  and %zu more reasons\n",
		    r->n - REASONS_SHOWN);
}

static void
put_groups(const struct screen *c)
{
	static const char *const columns[] = { "would stop", "stopped",
		"let through", "decided", NULL };
	const struct sg_sum_lines *r = &c->s->groups;
	int first = c->width - 2 - 4 * 13;

	put_heading(c, "Whose mail");
	put_columns(c, first, "group", columns);
	for (size_t i = 0; i < r->n && i < GROUPS_SHOWN; i++) {
		fputs("  ", c->out);
		put_name(c, r->l[i].name, first);
		put_amiss(c, &r->l[i].sums);
		fputc(' ', c->out);
		put_number(c, r->l[i].sums.n, 12, c->end);
		fputc('\n', c->out);
	}
	if (r->n > GROUPS_SHOWN)
		fprintf(c->out, "  and %zu more groups\n",
		    r->n - GROUPS_SHOWN);
}

static void
put_hop(const struct screen *c, const struct sg_sum_line *l, int first,
    bool one_line)
{
	fputs("  ", c->out);
	put_name(c, l->name, first);
	put_amiss(c, &l->sums);
	fprintf(c->out, "%s%smostly %s%s\n", one_line ? "  " : "\n      ",
	    c->dim, sg_reason_name(l->reason), c->end);
}

/* The reason has a place in the line if that is long enough. */
static void
put_hops(const struct screen *c)
{
	static const char *const columns[] = { "would stop", "stopped",
		"let through", NULL };
	const struct sg_sum_lines *r = &c->s->hops;
	bool one_line = c->width >= WIDTH_ONE_LINE;
	int first = c->width - 2 - 3 * 13 - (one_line ? 34 : 0);

	put_heading(c, "Where to");
	put_columns(c, first, "next hop", columns);
	for (size_t i = 0; i < r->n && i < HOPS_SHOWN &&
	    r->l[i].sums.clean < r->l[i].sums.n; i++)
		put_hop(c, &r->l[i], first, one_line);
}

static void
put_days(const struct screen *c)
{
	static const char *const columns[] = { "decided", "failed", "unknown",
		"would stop", "stopped", NULL };
	const struct sg_sum_lines *d = &c->s->days;
	size_t from = d->n > DAYS_SHOWN ? d->n - DAYS_SHOWN : 0;
	char day[SG_DAY_TEXT_SIZE];

	put_heading(c, "By day");
	put_columns(c, 10, "day", columns);
	for (size_t i = from; i < d->n; i++) {
		const struct sg_sums *s = &d->l[i].sums;

		fprintf(c->out, "  %s ", sg_day_format(d->l[i].day, day));
		put_number(c, s->n, 12, c->end);
		fputc(' ', c->out);
		put_number(c, s->result[SG_RESULT_FAIL], 12, c->end);
		fputc(' ', c->out);
		put_number(c, s->result[SG_RESULT_UNKNOWN], 12, c->end);
		fputc(' ', c->out);
		put_number(c, s->would, 12, c->yellow);
		fputc(' ', c->out);
		put_number(c, s->stopped, 12, c->red);
		fputc('\n', c->out);
	}
}

void
sg_report_show(FILE *out, bool colour, unsigned width,
    const struct sg_summary *s)
{
	struct screen c = { out, (int)width, s, "", "", "", "", "", "" };

	if (c.width < WIDTH_MIN)
		c.width = WIDTH_MIN;
	if (c.width > WIDTH_MAX)
		c.width = WIDTH_MAX;
	if (colour) {
		c.bold = "\033[1m";
		c.dim = "\033[2m";
		c.red = "\033[31m";
		c.yellow = "\033[33m";
		c.green = "\033[32m";
		c.end = "\033[0m";
	}
	put_totals(&c);
	put_days(&c);
	if (s->all.clean < s->all.n) {
		put_groups(&c);
		put_hops(&c);
		put_reasons(&c);
	}
	if (sg_sums_stops(&s->all) == 0)
		fputs("\nNothing was stopped, and without dry run nothing "
		      "would have been.\n", out);
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *
sums_json(const struct sg_sums *s)
{
	json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
	    "decided", (json_int_t)s->n,
	    "would_stop", (json_int_t)s->would,
	    "stopped", (json_int_t)s->stopped,
	    "held", (json_int_t)s->held,
	    "deferred", (json_int_t)s->deferred,
	    "rejected", (json_int_t)s->rejected,
	    "let_through", (json_int_t)s->passed_on,
	    "pass", (json_int_t)s->result[SG_RESULT_PASS],
	    "fail", (json_int_t)s->result[SG_RESULT_FAIL],
	    "unknown", (json_int_t)s->result[SG_RESULT_UNKNOWN]);

	json_object_set_new(o, "not_applicable",
	    json_integer((json_int_t)s->result[SG_RESULT_NOT_APPLICABLE]));
	return o;
}

/* Its sums, and before them what it is about. */
static json_t *
line_json(const struct sg_sum_line *l, const char *key, const char *name)
{
	json_t *o = json_pack("{s:s}", key, name);
	json_t *sums = sums_json(&l->sums);

	json_object_update(o, sums);
	json_decref(sums);
	return o;
}

static json_t *
days_json(const struct sg_summary *s)
{
	json_t *list = json_array();
	char day[SG_DAY_TEXT_SIZE];

	for (size_t i = 0; i < s->days.n; i++)
		json_array_append_new(list, line_json(&s->days.l[i], "day",
		    sg_day_format(s->days.l[i].day, day)));
	return list;
}

static json_t *
groups_json(const struct sg_summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->groups.n; i++)
		json_array_append_new(list, line_json(&s->groups.l[i],
		    "group", s->groups.l[i].name));
	return list;
}

static json_t *
reasons_json(const struct sg_summary *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->reasons.n; i++) {
		const struct sg_sum_line *l = &s->reasons.l[i];
		const struct sg_advice *a = sg_advice_get(l->reason);
		json_t *o = line_json(l, "reason", sg_reason_name(l->reason));

		json_object_set_new(o, "next_hops",
		    json_integer((json_int_t)l->n_hops));
		json_object_set_new(o, "means", json_string(a->means));
		json_object_set_new(o, "todo", json_string(a->todo));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
cell_json(const struct sg_cell *c)
{
	char day[SG_DAY_TEXT_SIZE], first[SG_WALL_TEXT_SIZE],
	    last[SG_WALL_TEXT_SIZE];

	return json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s,s:s,s:b,s:I,s:s,s:s}",
	    "day", sg_day_format(c->day, day), "group", c->group,
	    "next_hop", c->next_hop, "result", sg_result_name(c->result),
	    "reason", c->reason == SG_REASON_NONE ? NULL
	        : sg_reason_name(c->reason),
	    "action", sg_action_name(c->action),
	    "applied", sg_action_name(c->applied), "dry_run", c->dry_run,
	    "count", (json_int_t)c->n,
	    "first", sg_wall_format(c->first, first),
	    "last", sg_wall_format(c->last, last));
}

/* Cell by cell: all at once would be a thousand bytes each. */
void
sg_report_json(FILE *out, const struct sg_summary *s,
    const struct sg_days_rows *rows)
{
	char since[SG_DAY_TEXT_SIZE], until[SG_DAY_TEXT_SIZE];
	json_t *head = json_pack("{s:s,s:s,s:I,s:o,s:o,s:o,s:o}",
	    "since", sg_day_format(s->since, since),
	    "until", sg_day_format(s->until, until),
	    "next_hops", (json_int_t)s->n_hops, "totals", sums_json(&s->all),
	    "days", days_json(s), "groups", groups_json(s), "reasons",
	    reasons_json(s));

	fputc('{', out);
	json_dumpf(head, out, JSON_COMPACT | JSON_EMBED);
	json_decref(head);
	fputs(",\"cells\":[", out);
	for (size_t i = 0; i < rows->n; i++) {
		json_t *cell = cell_json(&rows->cells[i]);

		if (i > 0)
			fputc(',', out);
		json_dumpf(cell, out, JSON_COMPACT);
		json_decref(cell);
	}
	fputs("]}\n", out);
}
