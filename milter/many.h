/* SPDX-License-Identifier: ISC */
/*
 * many.h - asks the same of many names, several at once, and prints the
 * answers in the names' order, with a counter on a terminal.
 */
#ifndef SG_MANY_H
#define SG_MANY_H
#include <stdio.h>
#include "names.h"

struct sg_many {
	const struct sg_names *names;
	/* Prints to out, returns an exit status; called by several threads. */
	int (*ask)(void *arg, const char *name, FILE *out);
	void *arg;
	const char *what; /* for the counter */
};

/* Returns the worst of the statuses (sg_asker_worse). */
int sg_many_run(const struct sg_many *many);
#endif
