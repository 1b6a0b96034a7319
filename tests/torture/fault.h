/* SPDX-License-Identifier: ISC */
/*
 * fault.h - makes the n-th call of a kind fail. Linked with --wrap (room.mk),
 * so that it is our own calls that fail; what libraries ask for themselves is a
 * kind of its own.
 *
 * Only threads that are armed are counted, and threads and processes that they
 * start: what a test's servers do goes well.
 */
#ifndef SG_TESTS_FAULT_H
#define SG_TESTS_FAULT_H
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_MEMORY,  /* malloc and whatever is made of it */
	FAULT_FILE,    /* open, read, write, fsync, stat, rename, unlink... */
	FAULT_NETWORK, /* socket, connect, poll, send, recv, eventfd... */
	FAULT_THREAD,  /* pthread_create, fork */
	FAULT_DISK,    /* SQLite's reads, writes, syncs and locks */
	FAULT_LIBRARY, /* what libraries may refuse (fault_library.c) */
	FAULT_INSIDE,  /* memory that libraries ask for (fault_inside.c) */
	FAULT_KINDS
};
extern const char *const fault_names[FAULT_KINDS];

/* Hooks into libraries; before any of them is used. */
void fault_setup(void);
void fault_setup_sqlite(void); /* of it: fault_sqlite.c */
void fault_setup_inside(void); /* of it: fault_inside.c */

/* From now on the n-th call (from 1) of that kind fails, and with forever all
   behind it. Others arm and disarm around what is theirs. */
void fault_plan(enum fault_kind kind, unsigned n, bool forever);
void fault_arm(void);
void fault_disarm(void);
/* Every thread of this process, whoever starts it, until its end. */
void fault_arm_all(void);
/* Nothing fails any more. */
void fault_end(void);
/* How many calls of the planned kind were made by armed threads. */
unsigned fault_count(void);
/* The planned one has failed. */
bool fault_happened(void);
/* All behind it fail too, until fault_end(). */
bool fault_is_forever(void);

/* For wrappers: is it this call's turn to fail? And: is it of the kind that is
   planned at all? */
bool fault_is_due(enum fault_kind kind);
bool fault_is_planned(enum fault_kind kind);

/* Whose code an address is: false where it is nobody's. */
struct fault_place {
	const char *object; /* "libunbound.so.8.1.19", by its file */
	bool is_library;
	uint32_t build;     /* tells builds of it apart */
	uintptr_t offset;
};
bool fault_place(uintptr_t at, struct fault_place *out);
/* How often each library was refused memory, to standard output. */
void fault_say_inside(void);
#endif
