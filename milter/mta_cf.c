/* SPDX-License-Identifier: ISC */
/* mta_cf.c - see mta_cf.h. */
#include "mta_cf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

struct sg_cf {
	size_t n;
	char **lines;
};

/* --- lines ------------------------------------------------------------------- */

/* Up to the end of a line that no other one continues. */
static size_t
whole_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	while (text[n] == '\n' && (text[n + 1] == ' ' || text[n + 1] == '\t'))
		n += 1 + strcspn(text + n + 1, "\n");
	return n;
}

static char *
joined(const char *text, size_t n)
{
	char *line = strndup(text, n);

	sg_assert(line != NULL);
	for (char *s = line; *s != '\0'; s++)
		if (*s == '\n' || *s == '\r')
			*s = ' ';
	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		line[--n] = '\0';
	return line;
}

struct sg_cf *
sg_cf_parse(const char *text)
{
	struct sg_cf *cf = calloc(1, sizeof(*cf));
	size_t n, room = 0;

	sg_assert(cf != NULL);
	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = whole_line(text);
		if (n == 0 || *text == '#' || *text == ' ' || *text == '\t')
			continue;
		if (cf->n == room) {
			room = room == 0 ? 512 : 2 * room;
			cf->lines = reallocarray(cf->lines, room,
			    sizeof(*cf->lines));
			sg_assert(cf->lines != NULL);
		}
		cf->lines[cf->n++] = joined(text, n);
	}
	return cf;
}

void
sg_cf_free(struct sg_cf **cf)
{
	struct sg_cf *gone = *cf;

	*cf = NULL;
	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->n; i++)
		free(gone->lines[i]);
	free(gone->lines);
	free(gone);
}

const char *
sg_cf_line(const struct sg_cf *cf, char letter, size_t i)
{
	for (size_t k = 0; k < cf->n; k++)
		if (cf->lines[k][0] == letter && i-- == 0)
			return cf->lines[k] + 1;
	return NULL;
}

const char *
sg_cf_option(const struct sg_cf *cf, const char *name, size_t i)
{
	size_t n = strlen(name);

	for (size_t k = cf->n; k-- > 0;) {
		const char *s = cf->lines[k];

		if (s[0] != 'O' || s[1] != ' ')
			continue;
		s += 1 + strspn(s + 1, " ");
		if (strncasecmp(s, name, n) != 0)
			continue;
		s += n + strspn(s + n, " ");
		if (*s == '=' && i-- == 0)
			return s + 1 + strspn(s + 1, " ");
	}
	return NULL;
}

/* --- rulesets ---------------------------------------------------------------- */

/* The line behind the S line; cf->n: there is none. */
static size_t
ruleset(const struct sg_cf *cf, const char *name)
{
	size_t n = strlen(name);

	for (size_t k = 0; k < cf->n; k++)
		if (cf->lines[k][0] == 'S' &&
		    strncasecmp(cf->lines[k] + 1, name, n) == 0 &&
		    strchr("= \t", cf->lines[k][1 + n]) != NULL)
			return k + 1;
	return cf->n;
}

bool
sg_cf_has_ruleset(const struct sg_cf *cf, const char *name)
{
	return ruleset(cf, name) < cf->n;
}

bool
sg_cf_calls(const struct sg_cf *cf, const char *name, const char *other)
{
	char call[80];

	for (size_t k = ruleset(cf, name);
	    k < cf->n && cf->lines[k][0] == 'R'; k++) {
		snprintf(call, sizeof(call), "$>\"%s\"", other);
		if (strstr(cf->lines[k], call) != NULL)
			return true;
		snprintf(call, sizeof(call), "$>%s", other);
		if (strstr(cf->lines[k], call) != NULL)
			return true;
	}
	return false;
}

/* --- values ------------------------------------------------------------------ */

/* name is one of the words of names, which are parted by '|'. */
static bool
is_one_of(const char *names, const char *name, size_t n)
{
	for (;; names++) {
		size_t m = strcspn(names, "|");

		if (m == n && strncasecmp(names, name, n) == 0)
			return true;
		names += m;
		if (*names == '\0')
			return false;
	}
}

bool
sg_cf_equate(const char *list, char separator, const char *names,
    char out[SG_CF_VALUE_SIZE])
{
	const char ends[] = { separator, '\0' };
	const char assigns[] = { separator == ';' ? ':' : '=', '\0' };

	for (; *list != '\0'; list += strcspn(list, ends)) {
		size_t name, n;

		list += strspn(list, ", ;\t");
		n = strcspn(list, ends);
		name = strcspn(list, assigns);
		if (name >= n || !is_one_of(names, list, name))
			continue;
		list += name + 1;
		n -= name + 1;
		while (n > 0 && strchr(" \t", list[n - 1]) != NULL)
			n--;
		snprintf(out, SG_CF_VALUE_SIZE, "%.*s", (int)n, list);
		return true;
	}
	return false;
}

long
sg_cf_seconds(const char *text, long unit)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || n < 0 || n > 1000000000)
		return -1;
	switch (*end) {
	case '\0':
		return n * unit;
	case 's':
		return n;
	case 'm':
		return 60 * n;
	case 'h':
		return 3600 * n;
	case 'd':
		return 86400 * n;
	default:
		return -1;
	}
}
