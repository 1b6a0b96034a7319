/* SPDX-License-Identifier: ISC */
/*
 * page.c - see page.h.
 *
 * A plot is an SVG whose sides are stretched to the room that there is, and
 * holds bars only; words and numbers are HTML around it, so that they keep
 * their size on a phone. Every name is escaped, though all were validated
 * (THREATS T14), and the page forbids itself whatever is not in it.
 */
#include "report/page.h"

#include <time.h>

#include "report/advice.h"

#define HOPS_SHOWN 15
#define REASONS_SHOWN 25
#define GROUPS_SHOWN 50
#define TICKS_MAX 6

struct page {
	FILE *out;
	const struct sg_page_params *p;
	const struct sg_summary *s;
};

/* A part of a bar: its class, and what is told when the pointer is on it. */
struct part {
	const char *class, *words;
};

static const struct part results[] = { /* from the ground up */
	{ "fail", "failed" }, { "unknown", "unknown" }, { "pass", "passed" },
	{ "na", "not applicable" } };
static const enum sg_result result_of[] = { SG_RESULT_FAIL, SG_RESULT_UNKNOWN,
	SG_RESULT_PASS, SG_RESULT_NOT_APPLICABLE };
static const struct part stops[] = {
	{ "would", "would have been stopped (dry run)" },
	{ "stopped", "stopped" } };
static const struct part unclean[] = {
	{ "would", "would have been stopped (dry run)" },
	{ "stopped", "stopped" }, { "on", "let through" } };

/* --- text ----------------------------------------------------------------- */

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
sg_page_escape(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (entity(*text) != NULL)
			fputs(entity(*text), out);
		else
			fputc(*text < ' ' || *text > '~' ? '?' : *text, out);
	}
}

static void
put_count(const struct page *g, uint64_t n)
{
	char text[SG_COUNT_TEXT_SIZE];

	fputs(sg_count_format(n, text), g->out);
}

static void
put_share(const struct page *g, uint64_t n)
{
	char text[SG_SHARE_TEXT_SIZE];

	fputs(sg_share_format(n, g->s->all.n, text), g->out);
}

enum day_form {
	DAY_LONG,    /* 17 November 2026 */
	DAY_NUMBERS, /* Tue 2026-11-17 */
	DAY_PLAIN,   /* Tue 17 Nov */
	DAY_SHORT,   /* 17 Nov */
	DAY_TALL,    /* Tue, and 17 Nov below */
	DAY_NARROW   /* 17, and Nov below */
};

static void
put_day(const struct page *g, int32_t day, enum day_form form)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)day * SG_DAY_S;
	char week[8] = "", month[16] = "", iso[SG_DAY_TEXT_SIZE];
	struct tm tm = { 0 };

	if (gmtime_r(&t, &tm) == NULL)
		return;
	(void)strftime(week, sizeof(week), "%a", &tm);
	(void)strftime(month, sizeof(month), "%B", &tm);
	if (form == DAY_LONG)
		fprintf(g->out, "%d %s %d", tm.tm_mday, month,
		    tm.tm_year + 1900);
	else if (form == DAY_NUMBERS)
		fprintf(g->out, "%s %s", week, sg_day_format(day, iso));
	else
		fprintf(g->out, "%s%s%d%s%s",
		    form == DAY_PLAIN || form == DAY_TALL ? week : "",
		    form == DAY_TALL ? "<br>" : form == DAY_PLAIN ? " " : "",
		    tm.tm_mday, form == DAY_NARROW ? "<br>" : " ",
		    names[tm.tm_mon]);
}

/* `code` in a text of ours. */
static void
put_prose(const struct page *g, const char *text)
{
	bool code = false;
	char one[2] = "";

	for (; *text != '\0'; text++) {
		one[0] = *text;
		if (*text == '`')
			fputs((code = !code) ? "<code>" : "</code>", g->out);
		else
			sg_page_escape(one, g->out);
	}
}

static void
put_legend(const struct page *g, const struct part *parts, size_t n)
{
	fputs("<ul class=legend>", g->out);
	for (size_t i = 0; i < n; i++)
		fprintf(g->out, "<li class=%s><i></i>%s</li>", parts[i].class,
		    parts[i].words);
	fputs("</ul>\n", g->out);
}

/* --- head ----------------------------------------------------------------- */

static void
put_head(const struct page *g)
{
	char made[SG_WALL_TEXT_SIZE], since[SG_DAY_TEXT_SIZE],
	    until[SG_DAY_TEXT_SIZE];

	fputs("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
	      "<meta http-equiv=Content-Security-Policy content=\""
	      "default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=viewport content=\"width=device-width,"
	      "initial-scale=1\">\n"
	      "<meta name=referrer content=no-referrer>\n"
	      "<title>stsgate report, ", g->out);
	sg_page_escape(g->p->host, g->out);
	fprintf(g->out, ", %s to %s</title>\n<style>\n%s</style>\n</head>\n"
	    "<body>\n<main>\n<header>\n<h1>What the gate decided</h1>\n"
	    "<p class=dim>", sg_day_format(g->s->since, since),
	    sg_day_format(g->s->until, until), sg_page_style);
	put_day(g, g->s->since, DAY_LONG);
	if (g->s->until > g->s->since) {
		fputs(" to ", g->out);
		put_day(g, g->s->until, DAY_LONG);
	}
	fputs(" (UTC) on ", g->out);
	sg_page_escape(g->p->host, g->out);
	fprintf(g->out, "; made %s</p>\n</header>\n",
	    sg_wall_format(g->p->made, made));
}

static void
put_number(const struct page *g, uint64_t n)
{
	fputs("<b>", g->out);
	put_count(g, n);
	fputs("</b>", g->out);
}

/* "<b>1,458</b> of 50,000 recipients (2.9 %)" */
static void
put_part(const struct page *g, uint64_t n)
{
	put_number(g, n);
	fputs(" of ", g->out);
	put_count(g, g->s->all.n);
	fputs(" recipients (", g->out);
	put_share(g, n);
	fputs(")", g->out);
}

/* The one sentence that everything else explains. */
static void
put_sentence(const struct page *g)
{
	const struct sg_sums *a = &g->s->all;

	fputs("<p class=say>", g->out);
	if (a->n == 0)
		fputs("No decision was counted in this time", g->out);
	else if (sg_sums_stops(a) == 0)
		fputs("Nothing was stopped, and without dry run nothing would "
		      "have been", g->out);
	else if (a->stopped == 0) {
		fputs("Nothing was stopped. Without dry run the gate would "
		      "have stopped ", g->out);
		put_part(g, a->would);
	} else {
		fputs("The gate stopped ", g->out);
		put_part(g, a->stopped);
	}
	if (a->stopped > 0 && a->would > 0) {
		fputs("; without dry run it would have stopped ", g->out);
		put_number(g, a->would);
		fputs(" more", g->out);
	}
	fputs(".</p>\n", g->out);
}

static void
put_card(const struct page *g, const char *class, uint64_t n,
    const char *what)
{
	fprintf(g->out, "<div class=\"card %s\"><b>", class);
	put_count(g, n);
	fprintf(g->out, "</b>%s", what);
}

static void
put_cards(const struct page *g)
{
	const struct sg_sums *a = &g->s->all;
	char text[4][SG_COUNT_TEXT_SIZE];

	fputs("<div class=cards>\n", g->out);
	put_card(g, "all", a->n, "decided");
	fprintf(g->out, "<span>recipients, at %s next hops</span></div>\n",
	    sg_count_format(g->s->n_hops, text[0]));
	put_card(g, "pass", a->clean, "nothing amiss");
	fprintf(g->out, "<span>%s passed, %s not applicable</span></div>\n",
	    sg_count_format(a->result[SG_RESULT_PASS], text[0]),
	    sg_count_format(a->result[SG_RESULT_NOT_APPLICABLE], text[1]));
	put_card(g, "would", a->would, "would have been stopped");
	fputs("<span>dry run; ", g->out);
	put_share(g, a->would);
	fputs(" of all</span></div>\n", g->out);
	put_card(g, "stopped", a->stopped, "stopped");
	fprintf(g->out, "<span>%s deferred, %s rejected, %s held"
	    "</span></div>\n", sg_count_format(a->deferred, text[0]),
	    sg_count_format(a->rejected, text[1]),
	    sg_count_format(a->held, text[2]));
	fputs("</div>\n", g->out);
	if (a->passed_on == 0)
		return;
	fputs("<p class=dim>", g->out);
	put_count(g, a->passed_on);
	fputs(" more could not be verified, and the rules let them "
	      "through.</p>\n", g->out);
}

/* --- plots by day --------------------------------------------------------- */

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

static double
percent(uint64_t n, uint64_t of)
{
	return of > 0 ? 100.0 * (double)n / (double)of : 0;
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
		    percent(v, p->top), sg_count_format(v, text));
	fputs("</div>\n", g->out);
}

static void
put_rect(const struct page *g, const struct part *part, double x, double width,
    double y, double height)
{
	fprintf(g->out, "<rect class=%s x=%.2f width=%.2f y=%.3f "
	    "height=%.3f><title>", part->class, x, width, y, height);
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
			height = percent(v, p->top);
			put_rect(g, &p->parts[k],
			    p->stacked ? x : x + wide * (double)k, wide,
			    ground - height, height);
			put_day(g, l->day, DAY_PLAIN);
			fputs(": ", g->out);
			put_count(g, v);
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
		put_day(g, g->s->days.l[i].day,
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
	put_legend(g, p->parts, p->n_parts);
	fprintf(g->out, "<div class=plot style=\"max-width:%zurem\">\n",
	    n * 8 + 4);
	put_scale(g, p);
	fprintf(g->out, "<svg viewBox=\"0 0 %zu 100\" "
	    "preserveAspectRatio=none role=img aria-label=\"%s\">\n", 10 * n,
	    p->label);
	for (uint64_t v = 0; v <= p->top; v += p->step)
		fprintf(g->out, "<line x1=0 x2=%zu y1=%.2f y2=%.2f />\n",
		    10 * n, 100 - percent(v, p->top),
		    100 - percent(v, p->top));
	for (size_t i = 0; i < n; i++)
		put_day_bars(g, p, i);
	fputs("</svg>\n", g->out);
	put_days(g);
	fputs("</div>\n", g->out);
}

static void
put_by_day(const struct page *g)
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

/* --- lists with bars ------------------------------------------------------ */

static uint64_t
amiss(const struct sg_sums *s)
{
	return sg_sums_stops(s) + s->passed_on;
}

/* The bar of a line; the longest of the list fills the width. */
static void
put_bar(const struct page *g, const struct sg_sums *s, uint64_t longest)
{
	const uint64_t values[] = { s->would, s->stopped, s->passed_on };
	char text[SG_COUNT_TEXT_SIZE];
	double x = 0, wide;

	fputs("<svg viewBox=\"0 0 100 1\" preserveAspectRatio=none "
	      "aria-hidden=true>", g->out);
	for (size_t i = 0; i < 3; i++) {
		if (values[i] == 0)
			continue;
		wide = percent(values[i], longest);
		put_rect(g, &unclean[i], x, wide, 0, 1);
		fprintf(g->out, "%s %s</title></rect>",
		    sg_count_format(values[i], text), unclean[i].words);
		x += wide;
	}
	fputs("</svg>\n", g->out);
}

/* "412 would have been stopped, 12 stopped, 3 let through" */
static void
put_amiss(const struct page *g, const struct sg_sums *s)
{
	const uint64_t values[] = { s->would, s->stopped, s->passed_on };
	static const char *const words[] = { "would have been stopped",
		"stopped", "let through" };
	const char *comma = "";
	char text[SG_COUNT_TEXT_SIZE];

	for (size_t i = 0; i < 3; i++) {
		if (values[i] == 0)
			continue;
		fprintf(g->out, "%s%s %s", comma,
		    sg_count_format(values[i], text), words[i]);
		comma = ", ";
	}
}

static void
put_top_hops(const struct page *g, const struct sg_sum_line *l)
{
	char text[SG_COUNT_TEXT_SIZE], command[SG_ADVICE_COMMAND_SIZE];

	fprintf(g->out, "<p class=dim>At %s next hop%s: ",
	    sg_count_format(l->n_hops, text), l->n_hops == 1 ? "" : "s");
	for (size_t i = 0; i < SG_SUM_TOP && l->top[i].hop != NULL; i++) {
		fputs(i > 0 ? ", " : "", g->out);
		sg_page_escape(l->top[i].hop, g->out);
		fprintf(g->out, " (%s)",
		    sg_count_format(l->top[i].n, text));
	}
	fputs(l->n_hops > SG_SUM_TOP ? " and others." : ".", g->out);
	if (sg_advice_command(l->reason, l->top[0].hop, command)) {
		fputs("</p>\n<p class=dim><code>$ ", g->out);
		sg_page_escape(command, g->out);
		fputs("</code>", g->out);
	}
	fputs("</p>\n", g->out);
}

static void
put_reason(const struct page *g, const struct sg_sum_line *l, uint64_t longest)
{
	const struct sg_advice *a = sg_advice_get(l->reason);

	fprintf(g->out, "<li><div class=head><b>%s</b><span>",
	    sg_reason_name(l->reason));
	put_amiss(g, &l->sums);
	fputs("</span></div>\n", g->out);
	put_bar(g, &l->sums, longest);
	fputs("<p>", g->out);
	put_prose(g, a->means);
	fputs("</p>\n<p class=do>", g->out);
	put_prose(g, a->todo);
	fputs("</p>\n", g->out);
	put_top_hops(g, l);
	fputs("</li>\n", g->out);
}

static uint64_t
longest_of(const struct sg_sum_lines *lines)
{
	uint64_t most = 0;

	for (size_t i = 0; i < lines->n; i++)
		if (amiss(&lines->l[i].sums) > most)
			most = amiss(&lines->l[i].sums);
	return most;
}

static void
put_reasons(const struct page *g)
{
	const struct sg_sum_lines *r = &g->s->reasons;

	if (r->n == 0)
		return;
	fputs("<section id=reasons>\n<h2>Why, and what to do</h2>\n", g->out);
	put_legend(g, unclean, 3);
	fputs("<ul class=bars>\n", g->out);
	for (size_t i = 0; i < r->n && i < REASONS_SHOWN; i++)
		put_reason(g, &r->l[i], longest_of(r));
	fputs("</ul>\n</section>\n", g->out);
}

static void
put_hops(const struct page *g)
{
	const struct sg_sum_lines *h = &g->s->hops;

	fputs("<section id=hops>\n<h2>Where to</h2>\n", g->out);
	fputs("<p class=dim>The next hops with most that was not clean.</p>\n"
	      "<ul class=\"bars tight\">\n", g->out);
	for (size_t i = 0; i < h->n && i < HOPS_SHOWN &&
	    amiss(&h->l[i].sums) > 0; i++) {
		fputs("<li><div class=head><b>", g->out);
		sg_page_escape(h->l[i].name, g->out);
		fputs("</b><span>", g->out);
		put_count(g, amiss(&h->l[i].sums));
		fputs(" of ", g->out);
		put_count(g, h->l[i].sums.n);
		fputs("</span></div>\n", g->out);
		put_bar(g, &h->l[i].sums, longest_of(h));
		fprintf(g->out, "<p class=dim>mostly %s, last seen ",
		    sg_reason_name(h->l[i].reason));
		put_day(g, sg_day_of(h->l[i].last), DAY_SHORT);
		fputs("</p></li>\n", g->out);
	}
	fputs("</ul>\n</section>\n", g->out);
}

static void
put_groups(const struct page *g)
{
	const struct sg_sum_lines *r = &g->s->groups;

	fputs("<section id=groups>\n<h2>Whose mail</h2>\n"
	      "<p class=dim>By the sender's group.</p>\n"
	      "<ul class=\"bars tight\">\n", g->out);
	for (size_t i = 0; i < r->n && i < GROUPS_SHOWN; i++) {
		fputs("<li><div class=head><b>", g->out);
		sg_page_escape(r->l[i].name, g->out);
		fputs("</b><span>", g->out);
		put_count(g, amiss(&r->l[i].sums));
		fputs(" of ", g->out);
		put_count(g, r->l[i].sums.n);
		fputs("</span></div>\n", g->out);
		put_bar(g, &r->l[i].sums, longest_of(r));
		fputs("<p class=dim>", g->out);
		put_amiss(g, &r->l[i].sums);
		if (amiss(&r->l[i].sums) == 0)
			fputs("nothing amiss", g->out);
		fputs("</p></li>\n", g->out);
	}
	fputs("</ul>\n</section>\n", g->out);
}

/* --- numbers -------------------------------------------------------------- */

static void
put_table_row(const struct page *g, const struct sg_sum_line *l)
{
	const struct sg_sums *s = &l->sums;
	const uint64_t v[] = { s->n, s->result[SG_RESULT_PASS],
		s->result[SG_RESULT_FAIL], s->result[SG_RESULT_UNKNOWN],
		s->result[SG_RESULT_NOT_APPLICABLE], s->would, s->stopped };

	fputs("<tr><td>", g->out);
	put_day(g, l->day, DAY_NUMBERS);
	fputs("</td>", g->out);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		fputs("<td>", g->out);
		put_count(g, v[i]);
		fputs("</td>", g->out);
	}
	fputs("</tr>\n", g->out);
}

static void
put_table(const struct page *g)
{
	fputs("<section>\n<details>\n<summary>The days in numbers</summary>\n"
	      "<div class=scroll><table id=numbers>\n<thead><tr><th>day</th>"
	      "<th>decided</th><th>passed</th><th>failed</th>"
	      "<th>unknown</th><th>not appli&shy;cable</th>"
	      "<th>would be stopped</th><th>stopped</th></tr></thead>\n"
	      "<tbody>\n", g->out);
	for (size_t i = 0; i < g->s->days.n; i++)
		put_table_row(g, &g->s->days.l[i]);
	fputs("</tbody>\n</table></div>\n</details>\n</section>\n", g->out);
}

static void
put_footer(const struct page *g)
{
	fprintf(g->out, "<footer>\n<p>Each recipient counts each time that it "
	    "is decided on: one that was deferred, again when its sender "
	    "tries again. %s stands for next hops that there was no room for "
	    "one by one. Neither senders nor local parts are kept, and days "
	    "for %u days only. A domain that must get mail all the same gets a "
	    "dated exception: <code>recipients = ( { match = \"...\" require "
	    "= \"none\" until = \"...\" } )</code>, see stsgate.conf(5)."
	    "</p>\n</footer>\n", SG_CELL_OTHER, g->p->keep_days);
}

void
sg_page_write(const struct sg_page_params *params, FILE *out)
{
	const struct page g = { out, params, params->summary };

	put_head(&g);
	put_sentence(&g);
	if (g.s->all.n > 0) {
		put_cards(&g);
		put_by_day(&g);
		put_reasons(&g);
		if (amiss(&g.s->all) > 0) {
			fputs("<div class=pair>\n", out);
			put_hops(&g);
			put_groups(&g);
			fputs("</div>\n", out);
		}
		put_table(&g);
	}
	put_footer(&g);
	fputs("</main>\n</body>\n</html>\n", out);
}
