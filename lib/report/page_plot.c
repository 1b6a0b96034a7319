/* SPDX-License-Identifier: ISC */
/*
 * page_plot.c - the page's plots: decisions by day, stacked by result, and
 * what a dry run would have stopped beside what was stopped.
 */
#include "report/page_private.h"

#define TICKS_MAX 6

static const struct part results[] = { /* from the ground up */
	{ "fail", "failed" }, { "unknown", "unknown" }, { "pass", "passed" },
	{ "na", "not applicable" } };
static const enum sg_result result_of[] = { SG_RESULT_FAIL, SG_RESULT_UNKNOWN,
	SG_RESULT_PASS, SG_RESULT_NOT_APPLICABLE };
static const struct part stops[] = {
	{ "would", "would have been stopped (dry run)" },
	{ "stopped", "stopped" } };
struct plot {
	const struct part *parts;
	size_t n_parts;
	bool stacked;
	const char *label;
	uint64_t (*value)(const struct sg_sums *s, size_t part);
	uint64_t top, step; /* of the scale */
};

static uint64_t
result_value(const struct sg_sums *s, size_t part)
{
	return s->result[result_of[part]];
}

static uint64_t
stop_value(const struct sg_sums *s, size_t part)
{
	return part == 0 ? s->would : s->stopped;
}

/* Round steps, at most TICKS_MAX of them, up to what is needed. */
static void
make_scale(const struct page *g, struct plot *p)
{
	static const uint64_t round[] = { 1, 2, 5 };
	uint64_t most = 1, ten = 1;
	size_t i = 0;

	for (size_t d = 0; d < g->s->days.n; d++) {
		uint64_t sum = 0, v;

		for (size_t k = 0; k < p->n_parts; k++) {
			v = p->value(&g->s->days.l[d].sums, k);
			sum = p->stacked ? sum + v : v > sum ? v : sum;
		}
		most = sum > most ? sum : most;
	}
	while (most / (round[i] * ten) >= TICKS_MAX) {
		i = (i + 1) % 3;
		ten *= i == 0 ? 10 : 1;
	}
	p->step = round[i] * ten;
	p->top = (most + p->step - 1) / p->step * p->step;
}

/* The widest label also makes the room for all. */
static void
put_scale(const struct page *g, const struct plot *p)
{
	char text[SG_COUNT_TEXT_SIZE];

	fprintf(g->out, "<div class=y aria-hidden=true><span>%s</span>",
	    sg_count_format(p->top, text));
	for (uint64_t v = 0; v <= p->top; v += p->step)
		fprintf(g->out, "<b style=\"bottom:%.2f%%\">%s</b>",
		    sg_page_percent(v, p->top), sg_count_format(v, text));
	fputs("</div>\n", g->out);
}

static void
put_day_bars(const struct page *g, const struct plot *p, size_t day)
{
	const struct sg_sum_line *l = &g->s->days.l[day];
	double wide = p->stacked ? 7.2 : 7.2 / (double)p->n_parts;
	double x = 10.0 * (double)day + 1.4, ground = 100, height;
	uint64_t v;

	for (size_t k = 0; k < p->n_parts; k++) {
		v = p->value(&l->sums, k);
		if (v > 0) {
			height = sg_page_percent(v, p->top);
			sg_page_rect(g, &p->parts[k],
			    p->stacked ? x : x + wide * (double)k, wide,
			    ground - height, height);
			sg_page_day(g, l->day, DAY_PLAIN);
			fputs(": ", g->out);
			sg_page_count(g, v);
			fprintf(g->out, " %s</title></rect>\n",
			    p->parts[k].words);
			ground -= p->stacked ? height : 0;
		}
	}
}

/* Not every day has room for its name: every one of these has on a wide
   screen, every second of those on a narrow one. */
static void
put_days(const struct page *g)
{
	size_t n = g->s->days.n, each = (n + 9) / 10;

	fputs("<div class=x aria-hidden=true>", g->out);
	for (size_t i = 0; i < n; i++) {
		fputs("<span", g->out);
		if (i % each != 0) {
			fputs("></span>", g->out);
			continue;
		}
		fprintf(g->out, "%s>",
		    n > 5 && i / each % 2 == 1 ? " class=wide" : "");
		sg_page_day(g, g->s->days.l[i].day,
		    n <= 10 ? DAY_TALL : DAY_NARROW);
		fputs("</span>", g->out);
	}
	fputs("</div>\n", g->out);
}

static void
put_plot(const struct page *g, struct plot *p)
{
	size_t n = g->s->days.n;

	make_scale(g, p);
	sg_page_legend(g, p->parts, p->n_parts);
	fprintf(g->out, "<div class=plot style=\"max-width:%zurem\">\n",
	    n * 8 + 4);
	put_scale(g, p);
	fprintf(g->out, "<svg viewBox=\"0 0 %zu 100\" "
	    "preserveAspectRatio=none role=img aria-label=\"%s\">\n", 10 * n,
	    p->label);
	for (uint64_t v = 0; v <= p->top; v += p->step)
		fprintf(g->out, "<line x1=0 x2=%zu y1=%.2f y2=%.2f />\n",
		    10 * n, 100 - sg_page_percent(v, p->top),
		    100 - sg_page_percent(v, p->top));
	for (size_t i = 0; i < n; i++)
		put_day_bars(g, p, i);
	fputs("</svg>\n", g->out);
	put_days(g);
	fputs("</div>\n", g->out);
}

void
sg_page_by_day(const struct page *g)
{
	struct plot all = { results, 4, true,
		"Decisions by day, stacked by result", result_value, 0, 0 };
	struct plot dry = { stops, 2, false,
		"By day: what a dry run would have stopped, and what was "
		"stopped", stop_value, 0, 0 };

	fputs("<div class=pair>\n<section id=days>\n<h2>Decisions by day</h2>\n",
	    g->out);
	put_plot(g, &all);
	fputs("</section>\n<section id=stops>\n<h2>Dry run against real</h2>\n",
	    g->out);
	put_plot(g, &dry);
	fputs("</section>\n</div>\n", g->out);
}
