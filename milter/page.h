/* SPDX-License-Identifier: ISC */
/*
 * page.h - lines for people: a label, and words that are wrapped beside it on
 * a terminal. Into a file or a pipe a line stays one line, for grep.
 */
#ifndef SG_PAGE_H
#define SG_PAGE_H
#include <stdbool.h>
#include <stdio.h>

#define SG_PAGE_LABEL 11    /* columns of a label, with its margin */
#define SG_PAGE_LINE_MAX 1500 /* octets of one line; more is cut */

struct sg_page {
	FILE *out;
	unsigned width; /* columns; 0: lines are not wrapped */
	/* What switches a colour on, and off; "" without colour. */
	const char *good, *bad, *unsure, *dim, *bold, *end;
};

/* Colour: a terminal, and NO_COLOR is not set. */
bool sg_page_wants_colour(FILE *out);
/* Wrapped if out is a terminal, and coloured then. */
void sg_page_init(struct sg_page *page, FILE *out);
/* Colour or not, and of which width, whatever out is. */
void sg_page_set(struct sg_page *page, FILE *out, bool colour, unsigned width);

/* Prints "  label   text", wrapped at blanks; further lines begin below the
   text. A word is never broken: a name that does not fit stands alone. Colours
   have no width; an octet that continues a UTF-8 character has none either. */
void sg_page_line(const struct sg_page *page, const char *label,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
#endif
