/* SPDX-License-Identifier: ISC */
/*
 * sandbox.h - a process gives up, for good, what it will not need: system
 * calls (seccomp) and files (Landlock). Where the system has neither it says
 * so and goes on.
 */
#ifndef SG_SANDBOX_H
#define SG_SANDBOX_H
#include <stdbool.h>
#include <stddef.h>

#define SG_SANDBOX_MAX_PATHS 16

struct sg_sandbox {
	bool inet; /* may make IPv4 and IPv6 sockets, not local ones only */
	/* What may be read, and what may be read, written, made and removed:
	   a file, or a directory with all below it; NULL ends. Paths that are
	   not there are passed over. */
	const char *read[SG_SANDBOX_MAX_PATHS];
	const char *write[SG_SANDBOX_MAX_PATHS];
};

/* Descriptors that are open stay usable. Call it before threads exist, for
   only they who come after it are bound. why (of SG_SANDBOX_WHY_SIZE) is
   filled unless it is SG_SANDBOX_WHOLE. */
enum sg_sandboxed {
	SG_SANDBOX_WHOLE,
	SG_SANDBOX_PART,   /* this system, or this build, has not all of it */
	SG_SANDBOX_REFUSED
};
#define SG_SANDBOX_WHY_SIZE 200
enum sg_sandboxed sg_sandbox_enter(const struct sg_sandbox *sandbox,
    char why[SG_SANDBOX_WHY_SIZE]);
#endif
