/* SPDX-License-Identifier: ISC */
/*
 * page.c - see page.h.
 *
 * A plot is an SVG whose sides are stretched to the room that there is, and
 * holds bars only; words and numbers are HTML around it, so that they keep
 * their size on a phone. Every name is escaped, though all were validated
 * (THREATS T14), and the page forbids itself whatever is not in it.
 */
#include "report/advice.h"
#include "report/page_private.h"

#define HOPS_SHOWN 15
#define REASONS_SHOWN 25
#define GROUPS_SHOWN 50

static const struct part unclean[] = {
	{ "would", "would have been stopped (dry run)" },
	{ "stopped", "stopped" }, { "on", "let through" } };

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
	sg_page_day(g, g->s->since, DAY_LONG);
	if (g->s->until > g->s->since) {
		fputs(" to ", g->out);
		sg_page_day(g, g->s->until, DAY_LONG);
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
	sg_page_count(g, n);
	fputs("</b>", g->out);
}

/* "<b>1,458</b> of 50,000 recipients (2.9 %)" */
static void
put_part(const struct page *g, uint64_t n)
{
	put_number(g, n);
	fputs(" of ", g->out);
	sg_page_count(g, g->s->all.n);
	fputs(" recipients (", g->out);
	sg_page_share(g, n);
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
	sg_page_count(g, n);
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
	sg_page_share(g, a->would);
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
	sg_page_count(g, a->passed_on);
	fputs(" more could not be verified, and the rules let them "
	      "through.</p>\n", g->out);
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
		wide = sg_page_percent(values[i], longest);
		sg_page_rect(g, &unclean[i], x, wide, 0, 1);
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
	sg_page_prose(g, a->means);
	fputs("</p>\n<p class=do>", g->out);
	sg_page_prose(g, a->todo);
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
	sg_page_legend(g, unclean, 3);
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
		sg_page_count(g, amiss(&h->l[i].sums));
		fputs(" of ", g->out);
		sg_page_count(g, h->l[i].sums.n);
		fputs("</span></div>\n", g->out);
		put_bar(g, &h->l[i].sums, longest_of(h));
		fprintf(g->out, "<p class=dim>mostly %s, last seen ",
		    sg_reason_name(h->l[i].reason));
		sg_page_day(g, sg_day_of(h->l[i].last), DAY_SHORT);
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
		sg_page_count(g, amiss(&r->l[i].sums));
		fputs(" of ", g->out);
		sg_page_count(g, r->l[i].sums.n);
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
	sg_page_day(g, l->day, DAY_NUMBERS);
	fputs("</td>", g->out);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		fputs("<td>", g->out);
		sg_page_count(g, v[i]);
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
		sg_page_by_day(&g);
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
