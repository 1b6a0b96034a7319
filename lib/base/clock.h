/* SPDX-License-Identifier: ISC */
/*
 * clock.h - wall time and monotonic time, as types that do not mix.
 * Any thread.
 */
#ifndef SG_CLOCK_H
#define SG_CLOCK_H
#include <stdint.h>

/* Seconds since 1970-01-01 UTC; 0 means "never". For what is stored. */
struct sg_wall {
	int64_t s;
};

/* Milliseconds of CLOCK_MONOTONIC. For deadlines and back-off. */
struct sg_mono {
	int64_t ms;
};

struct sg_wall sg_wall_now(void);
struct sg_mono sg_mono_now(void);

/* "2026-11-23T10:00:00Z" (RFC 3339, UTC); "never" for 0. Cut to fit: years
   beyond 9999 are printed as 9999. */
#define SG_WALL_TEXT_SIZE 24
const char *sg_wall_format(struct sg_wall t, char out[SG_WALL_TEXT_SIZE]);
#endif
