/* SPDX-License-Identifier: ISC */
/* report_show.h - the report on a terminal, and as JSON. */
#ifndef SG_REPORT_SHOW_H
#define SG_REPORT_SHOW_H
#include <stdbool.h>
#include <stdio.h>
#include "report/summary.h"

/* width: columns that there are. */
void sg_report_show(FILE *out, bool colour, unsigned width,
    const struct sg_summary *s);

/* One object on one line: totals, reasons, groups, and every cell of rows. */
void sg_report_json(FILE *out, const struct sg_summary *s,
    const struct sg_days_rows *rows);
#endif
