/* SPDX-License-Identifier: ISC */
/* tool.h - runs another program, as the MTA's own, for what only it knows. */
#ifndef SG_TOOL_H
#define SG_TOOL_H
#include <stddef.h>
#include "base/err.h"

struct sg_tool {
	/* argv[0] is a name, sought in the system's directories (with sbin),
	   or a path. */
	char *const *argv;
	int timeout_ms;   /* then it is killed */
	size_t max_bytes; /* of its output */
};

/* Its standard output and exit status; it gets no input, its complaints go
   nowhere, and its environment is a PATH and LC_ALL=C. SG_OK: *out (malloc'ed,
   yours, NUL-terminated). SG_NONE: there is no such program. SG_RETRY: it did
   not end in time, or was killed. SG_BAD: it said too much. err says which. */
enum sg_rc sg_tool_run(const struct sg_tool *tool, char **out, int *status,
    struct sg_err *err);
#endif
