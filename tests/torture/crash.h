/* SPDX-License-Identifier: ISC */
/*
 * crash.h - a process that dies while memory is refused inside libraries: who
 * was it? One that does not look at what its own malloc() returned is not ours
 * to mend: the supervisor starts another worker. Such places are listed, by
 * library and build; a crash anywhere else is ours, or is to be looked into.
 */
#ifndef SG_TESTS_CRASH_H
#define SG_TESTS_CRASH_H
#include <stdbool.h>
#include <stddef.h>

/* The exit status of who died and left word where. */
#define CRASH_STATUS 78

/* Before any process is forked: room for so many reports. */
void crash_setup(unsigned n);
/* In the process: its end by signal or by somebody's exit() is a crash from now
   on, of which word is left in the report... */
void crash_catch(unsigned report);
/* ...and from here on an exit() is its own. */
void crash_is_over(void);

/* In its parent, once after CRASH_STATUS. True: it was a library alone, at a
   place that is listed, or of a build that nobody has listed anything of. text
   says where; what the list says of it, if it does. */
bool crash_is_theirs(unsigned report, char *text, size_t size);

/* LeakSanitizer's words are in the file: every leak is of a library that is
   known to leak when it is refused memory. */
bool crash_leaks_are_theirs(int words);
#endif
