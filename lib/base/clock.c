/* SPDX-License-Identifier: ISC */
/* clock.c - see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

struct sg_wall
sg_wall_now(void)
{
	return (struct sg_wall) { time(NULL) };
}

struct sg_mono
sg_mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct sg_mono) { (int64_t)ts.tv_sec * 1000 +
		ts.tv_nsec / 1000000 };
}

const char *
sg_wall_format(struct sg_wall t, char out[SG_WALL_TEXT_SIZE])
{
	struct tm tm;
	time_t s = (time_t)(t.s > LAST_SECOND ? LAST_SECOND : t.s);

	if (t.s <= 0 || gmtime_r(&s, &tm) == NULL)
		snprintf(out, SG_WALL_TEXT_SIZE, "never");
	else
		strftime(out, SG_WALL_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}
