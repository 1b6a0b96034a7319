/* SPDX-License-Identifier: ISC */
/*
 * story.h - a story's file: sections and lines, before anything is played.
 */
#ifndef REPLAY_STORY_H
#define REPLAY_STORY_H
#include <stdbool.h>
#include <stddef.h>

struct line {
	const char *file;
	unsigned n;
	char *text;
};
struct lines {
	size_t n;
	struct line *l;
};

/* One case: what comes before all, the fault's lines and its own; head is
   "case NAME" or "row COLUMN GROUP EXPECTED...". */
struct scene {
	struct line head;
	const char *fault; /* its name, NULL: a plain case */
	struct lines before, own;
};
struct story {
	struct lines prelude;
	size_t n_defs, n_scenes;
	struct def {
		char *name;
		struct lines body;
	} *defs;
	struct scene *scenes;
	struct lines all, files; /* own the texts */
};

/* False: where and why are on stderr. */
bool story_read(const char *path, struct story *out);
void story_free(struct story *story);
const struct lines *story_def(const struct story *story, const char *name);
#endif
