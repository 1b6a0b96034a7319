/* SPDX-License-Identifier: ISC */
/* page_private.h - shared by the files that write the page: its pieces. */
#ifndef SG_REPORT_PAGE_PRIVATE_H
#define SG_REPORT_PAGE_PRIVATE_H
#include "report/page.h"

struct page {
	FILE *out;
	const struct sg_page_params *p;
	const struct sg_summary *s;
};

/* A part of a bar: its class, and what is told when the pointer is on it. */
struct part {
	const char *class, *words;
};

enum day_form {
	DAY_LONG,    /* 17 November 2026 */
	DAY_NUMBERS, /* Tue 2026-11-17 */
	DAY_PLAIN,   /* Tue 17 Nov */
	DAY_SHORT,   /* 17 Nov */
	DAY_TALL,    /* Tue, and 17 Nov below */
	DAY_NARROW   /* 17, and Nov below */
};

void sg_page_day(const struct page *g, int32_t day, enum day_form form);
void sg_page_count(const struct page *g, uint64_t n);
/* Of all that was decided. */
void sg_page_share(const struct page *g, uint64_t n);
/* A text of ours, with `code` in it. */
void sg_page_prose(const struct page *g, const char *text);
void sg_page_legend(const struct page *g, const struct part *parts, size_t n);

double sg_page_percent(uint64_t n, uint64_t of);
/* Opens a bar and its title, which the caller writes and closes. */
void sg_page_rect(const struct page *g, const struct part *part, double x,
    double width, double y, double height);

/* page_plot.c: the plots by day. */
void sg_page_by_day(const struct page *g);
#endif
