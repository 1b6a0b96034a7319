/* SPDX-License-Identifier: ISC */
/*
 * replay.c - plays stories: replay [-v] [-k PART] [FILE.rpl...]
 *
 * Without files, all of tests/replay. -k: only cases with PART in their name
 * or file; -v: name each case.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "replay/play.h"

static unsigned n_passed, n_failed;
static const char *part = "";
static bool verbose;

static bool
is_wanted(const char *path, const struct scene *scene)
{
	return strstr(path, part) != NULL ||
	    strstr(scene->head.text, part) != NULL ||
	    (scene->fault != NULL && strstr(scene->fault, part) != NULL);
}

static void
play_file(const char *path)
{
	struct story story;
	char name[300];
	bool ok = story_read(path, &story);

	n_failed += !ok;
	for (size_t i = 0; ok && i < story.n_scenes; i++) {
		bool passed;

		if (!is_wanted(path, &story.scenes[i]))
			continue;
		passed = play_scene(&story, &story.scenes[i], name);
		n_passed += passed;
		n_failed += !passed;
		if (verbose)
			printf("%s: %s\n", passed ? "ok" : "FAILED", name);
	}
	story_free(&story);
}

static void
play_all(void)
{
	const char *top = getenv("srcdir");
	char pattern[500];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/tests/replay/*.rpl",
	    top != NULL ? top : ".");
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		play_file(found.gl_pathv[i]);
	globfree(&found);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "vk:")) != -1) {
		if (c == 'v')
			verbose = true;
		else if (c == 'k')
			part = optarg;
		else
			return 64;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = optind; i < argc; i++)
		play_file(argv[i]);
	if (optind == argc)
		play_all();
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed == 0 && n_passed > 0 ? 0 : 1;
}
