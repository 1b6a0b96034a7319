/* SPDX-License-Identifier: ISC */
/* words.c - see words.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/err.h"
#include "replay/words.h"

static char
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* Copies one word to *out; where it ends, or NULL. */
static const char *
read_word(const char *p, char **out)
{
	bool quoted = false;

	for (; *p != '\0' && (quoted || !isspace((unsigned char)*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1] != '\0')
			*(*out)++ = unescape(*++p);
		else
			*(*out)++ = *p;
	}
	*(*out)++ = '\0';
	return quoted ? NULL : p;
}

bool
words_read(const char *line, struct words *out)
{
	char *room = malloc(strlen(line) + WORDS_MAX + 2);

	sg_assert(room != NULL);
	memset(out, 0, sizeof(*out));
	out->room = room;
	while (line != NULL) {
		line += strspn(line, " \t\r\n");
		if (*line == '\0' || *line == '#')
			return true;
		if (out->n == WORDS_MAX)
			return false;
		out->w[out->n++] = room;
		line = read_word(line, &room);
	}
	return false;
}

void
words_free(struct words *words)
{
	free(words->room);
	memset(words, 0, sizeof(*words));
}

void
words_copy(const struct words *from, struct words *out)
{
	size_t size = 1, at = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < from->n; i++)
		size += strlen(from->w[i]) + 1;
	out->room = malloc(size);
	sg_assert(out->room != NULL);
	for (; out->n < from->n; out->n++) {
		size_t len = strlen(from->w[out->n]) + 1;

		out->w[out->n] = memcpy(out->room + at, from->w[out->n], len);
		at += len;
	}
}

const char *
words_value(const struct words *words, size_t from, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = from; i < words->n; i++)
		if (strncmp(words->w[i], key, len) == 0 &&
		    words->w[i][len] == '=')
			return words->w[i] + len + 1;
	return NULL;
}

const char *
words_stranger(const struct words *words, size_t from, const char *const *keys)
{
	for (size_t i = from; i < words->n; i++) {
		size_t len = strcspn(words->w[i], "="), k = 0;

		while (keys[k] != NULL && (strlen(keys[k]) != len ||
		    strncmp(keys[k], words->w[i], len) != 0))
			k++;
		if (keys[k] == NULL || words->w[i][len] == '\0')
			return words->w[i];
	}
	return NULL;
}

int64_t
words_ms(const char *text)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 } };
	char *end;
	long long n = strtoll(text, &end, 10);

	for (size_t i = 0; end > text && i < sizeof(units) / sizeof(units[0]);
	    i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].ms;
	return -1;
}

bool
words_time(const char *text, struct sg_wall now, struct sg_wall *out)
{
	struct tm tm = { 0 };
	const char *end;
	int64_t ms;

	if (text[0] == '+' || text[0] == '-') {
		ms = words_ms(text + 1);
		out->s = now.s + (text[0] == '+' ? ms : -ms) / 1000;
		return ms >= 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	out->s = timegm(&tm);
	return end != NULL && *end == '\0';
}
