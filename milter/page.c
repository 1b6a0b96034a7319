/* SPDX-License-Identifier: ISC */
/*
 * page.c - see page.h.
 *
 * A line is made whole and then dealt out word by word, since only then its
 * width is known: colours are octets that take no room.
 */
#include "page.h"

#include <sys/ioctl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NARROWEST 20 /* columns of text, however narrow the terminal is */

void
sg_page_set(struct sg_page *page, FILE *out, bool colour, unsigned width)
{
	static const struct sg_page on = { NULL, 0, "\033[32m", "\033[31m",
		"\033[33m", "\033[2m", "\033[1m", "\033[0m" };
	static const struct sg_page off = { NULL, 0, "", "", "", "", "", "" };

	*page = colour ? on : off;
	page->out = out;
	page->width = width;
}

static unsigned
columns_of(FILE *out)
{
	struct winsize size = { .ws_col = 0 };

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

bool
sg_page_wants_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && (no == NULL || no[0] == '\0');
}

void
sg_page_init(struct sg_page *page, FILE *out)
{
	sg_page_set(page, out, sg_page_wants_colour(out),
	    isatty(fileno(out)) ? columns_of(out) : 0);
}

/* Columns that the first len octets of s take. */
static unsigned
columns(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\033') {
			while (i < len && s[i] != 'm')
				i++;
			continue;
		}
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	}
	return n;
}

static void
put_words(const struct sg_page *page, const char *text)
{
	unsigned room = page->width > SG_PAGE_LABEL + NARROWEST
	    ? page->width - SG_PAGE_LABEL : NARROWEST;
	unsigned at = 0;

	while (*text != '\0') {
		size_t gap = strspn(text, " ");
		size_t len = gap + strcspn(text + gap, " ");
		unsigned need = columns(text, len);

		if (at > 0 && at + need > room) {
			fprintf(page->out, "\n%*s", SG_PAGE_LABEL, "");
			text += gap;
			len -= gap;
			at = 0;
			need -= (unsigned)gap;
		}
		fwrite(text, 1, len, page->out);
		at += need;
		text += len;
	}
}

void
sg_page_line(const struct sg_page *page, const char *label,
    const char *format, ...)
{
	char text[SG_PAGE_LINE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(page->out, "  %-*s", SG_PAGE_LABEL - 2, label);
	if (page->width == 0)
		fputs(text, page->out);
	else
		put_words(page, text);
	fputc('\n', page->out);
}
