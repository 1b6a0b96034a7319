/* SPDX-License-Identifier: ISC */
/* bench.h - what the load generators share: time, a histogram, a core. */
#ifndef SG_TESTS_BENCH_H
#define SG_TESTS_BENCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t bench_now(void);
/* Nanoseconds of a core that this thread has used. */
int64_t bench_cpu(void);

/* Log-linear: 64 steps an octave, so that a figure is good to 1.6 %. */
#define BENCH_STEPS 64
#define BENCH_OCTAVES 42

struct bench_histogram {
	uint64_t n, count[BENCH_OCTAVES * BENCH_STEPS];
	int64_t worst;
};
void bench_add(struct bench_histogram *h, int64_t ns);
/* The time that a share of all (0 to 1) stayed below, in nanoseconds. */
int64_t bench_quantile(const struct bench_histogram *h, double share);

/* This process, and its threads to come, on that core only; -1: any. */
void bench_pin(int cpu);

/* A stream socket connected to (or, with backlog > 0, listening at)
   "unix:/path" or "inet:PORT@A.B.C.D"; does not block once it is there.
   Ends the program, with words, when it cannot. */
int bench_socket(const char *where, int backlog);

/* A number of an option, within bounds; or the end of the program. */
long bench_number(const char *text, long min, long max);

/* The same sequence in every run. */
uint32_t bench_random(uint64_t *state);

/* Megabytes that this process holds for itself: not files. */
double bench_held_mb(void);
#endif
