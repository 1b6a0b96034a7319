/* SPDX-License-Identifier: ISC */
/*
 * words.h - a line of a story, taken apart: words between blanks, "quoted"
 * parts in them, \n \r \t \" \\ in quotes, # to the end of the line.
 */
#ifndef REPLAY_WORDS_H
#define REPLAY_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"

#define WORDS_MAX 128

struct words {
	size_t n;
	char *w[WORDS_MAX + 1]; /* ends with NULL */
	char *room;
};

/* False: quotes that do not end, too many words. */
bool words_read(const char *line, struct words *out);
void words_copy(const struct words *from, struct words *out);
void words_free(struct words *words);

/* The value of "key=value" among words from `from` on, or NULL. */
const char *words_value(const struct words *words, size_t from,
    const char *key);
/* The first of the words from `from` on that is no "key=" of this list (NULL
   at the end); NULL: there is none. */
const char *words_stranger(const struct words *words, size_t from,
    const char *const *keys);

/* "90s", "5m", "6h", "30d", "250ms", in ms; -1: none of these. */
int64_t words_ms(const char *text);
/* "2026-11-23T10:00:00Z", or "+400d" and "-1h" from now. */
bool words_time(const char *text, struct sg_wall now, struct sg_wall *out);
#endif
