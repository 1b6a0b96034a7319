/* SPDX-License-Identifier: ISC */
/* child.c - see child.h. */
#include "child.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 30000
#define SETTLED_MS 60000 /* alive this long: back-off starts anew */

void
sg_child_started(struct sg_child *c, pid_t pid)
{
	c->pid = pid;
	c->started = sg_mono_now();
}

void
sg_child_ended(struct sg_child *c)
{
	struct sg_mono now = sg_mono_now();
	int64_t wait = BACKOFF_MIN_MS;

	if (c->pid != 0 && now.ms - c->started.ms > SETTLED_MS)
		c->failures = 0;
	c->pid = 0;
	for (unsigned i = 0; i < c->failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	c->failures++;
	c->start_at.ms =
	    now.ms + (wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS);
}
