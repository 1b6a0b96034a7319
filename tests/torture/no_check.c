/* SPDX-License-Identifier: ISC */
/*
 * no_check.c - what ck_assert() calls, outside of Check: the servers and
 * workers of the unit tests are used here too, in processes that Check did
 * not start. In place of its library.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
_mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void
_ck_assert_failed(const char *file, int line, const char *expr,
    const char *msg, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: %s", file, line, expr);
	if (msg != NULL) {
		va_start(ap, msg);
		vfprintf(stderr, msg, ap);
		va_end(ap);
	}
	fputc('\n', stderr);
	exit(3);
}
