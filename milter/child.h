/* SPDX-License-Identifier: ISC */
/* child.h - whether a child runs, and when it may be started again: at once
   at first, then after a back-off that doubles while it keeps dying. */
#ifndef SG_CHILD_H
#define SG_CHILD_H
#include <sys/types.h>
#include "base/clock.h"

struct sg_child {
	pid_t pid; /* 0 = not running */
	struct sg_mono started;
	struct sg_mono start_at; /* not again before */
	unsigned failures;       /* in a row */
};

void sg_child_started(struct sg_child *c, pid_t pid);
/* It has ended, or could not be started. */
void sg_child_ended(struct sg_child *c);
#endif
