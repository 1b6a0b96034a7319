/* SPDX-License-Identifier: ISC */
/*
 * page.h - the report as one HTML page: nothing is fetched, no script runs,
 * plots are SVG; light and dark, wide and narrow. Any thread.
 */
#ifndef SG_REPORT_PAGE_H
#define SG_REPORT_PAGE_H
#include <stdio.h>
#include "report/summary.h"

struct sg_page_params {
	const struct sg_summary *summary;
	const char *host;    /* whose report; text of any kind */
	struct sg_wall made;
	unsigned keep_days;
};

/* out's error flag says whether all was written. */
void sg_page_write(const struct sg_page_params *params, FILE *out);

/* Copies text with all that means something to HTML escaped; what is not
   printable ASCII becomes '?'. */
void sg_page_escape(const char *text, FILE *out);

/* page_style.c */
extern const char sg_page_style[];
#endif
