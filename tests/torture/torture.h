/* SPDX-License-Identifier: ISC */
/*
 * torture.h - runs a scenario again and again, each time with the next call
 * failing, until one goes to its end without: in a process of its own, which
 * must end by itself and in time. What must hold of its result the scenario
 * says itself, by torture_hold(); leaks are LeakSanitizer's to find.
 */
#ifndef SG_TESTS_TORTURE_H
#define SG_TESTS_TORTURE_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "torture/fault.h"

struct torture {
	const char *name;
	unsigned kinds; /* 1 << FAULT_...: those that it meets */
	void (*run)(void); /* arms and disarms around what is tested */
	unsigned step; /* in the short mode only each step-th call; 0: all */
	unsigned inside_step; /* the same of FAULT_INSIDE, which has more */
};

#define torture_hold(e) \
	((e) ? (void)0 : torture_broken(#e, __FILE__, __LINE__))

__attribute__((noreturn)) static inline void
torture_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	_exit(3); /* threads may be at work: no handler of exit() is for that */
}

/* For a scenario whose threads never end: instead of returning. */
__attribute__((noreturn)) void torture_end(void);

/* Of all; `-l` is the long mode, `-k NAME` one scenario,
   `-f KIND` one kind of faults (fault_names), `-n N` one call, `-j N` so many
   at once where memory is refused inside libraries. */
int torture_main(int argc, char **argv, const struct torture *all, size_t n);
#endif
