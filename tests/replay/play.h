/* SPDX-License-Identifier: ISC */
/* play.h - plays one scene of a story: README tells what a line may say. */
#ifndef REPLAY_PLAY_H
#define REPLAY_PLAY_H
#include "replay/story.h"
#include "replay/words.h"
#include "replay/world.h"

struct play {
	const struct story *story;
	const struct line *line; /* the one being played */
	struct world world;
	bool failed;
	char name[300];
	char *config; /* text between config and end */
	bool in_config;
};

/* True: all came as expected. What did not is on stdout. */
bool play_scene(const struct story *story, const struct scene *scene,
    char name[300]);

/* "FILE:LINE: NAME: ..." and the scene has failed. */
void play_fail(struct play *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* expect.c: "rcpt ..." with what is expected of it; "expect ...". */
void play_rcpt(struct play *p, const struct words *w);
void play_row(struct play *p, const struct words *w);
void play_expect(struct play *p, const struct words *w);
#endif
