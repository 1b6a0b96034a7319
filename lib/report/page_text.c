/* SPDX-License-Identifier: ISC */
/* page_text.c - the page's smallest pieces: names, numbers, days, bars. */
#include "report/page_private.h"

#include <time.h>

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

void
sg_page_count(const struct page *g, uint64_t n)
{
	char text[SG_COUNT_TEXT_SIZE];

	fputs(sg_count_format(n, text), g->out);
}

void
sg_page_share(const struct page *g, uint64_t n)
{
	char text[SG_SHARE_TEXT_SIZE];

	fputs(sg_share_format(n, g->s->all.n, text), g->out);
}

void
sg_page_day(const struct page *g, int32_t day, enum day_form form)
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

void
sg_page_prose(const struct page *g, const char *text)
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

void
sg_page_legend(const struct page *g, const struct part *parts, size_t n)
{
	fputs("<ul class=legend>", g->out);
	for (size_t i = 0; i < n; i++)
		fprintf(g->out, "<li class=%s><i></i>%s</li>", parts[i].class,
		    parts[i].words);
	fputs("</ul>\n", g->out);
}

double
sg_page_percent(uint64_t n, uint64_t of)
{
	return of > 0 ? 100.0 * (double)n / (double)of : 0;
}

void
sg_page_rect(const struct page *g, const struct part *part, double x,
    double width, double y, double height)
{
	fprintf(g->out, "<rect class=%s x=%.2f width=%.2f y=%.3f "
	    "height=%.3f><title>", part->class, x, width, y, height);
}
