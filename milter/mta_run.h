/* SPDX-License-Identifier: ISC */
/*
 * mta_run.h - what a command prints, within bounds: an MTA's own tools are
 * asked for its configuration. One thread.
 */
#ifndef SG_MTA_RUN_H
#define SG_MTA_RUN_H
#include <stddef.h>
#include "base/err.h"

struct sg_run {
	const char *const *argv; /* argv[0] is looked for in PATH and where
				    system tools are */
	int deadline_ms;
	size_t max_bytes; /* of each output */
	/* Both always set and NUL-terminated; sg_run_fini(). */
	char *out, *errors;
	int status; /* exit status */
};

/* Runs it with an empty environment but PATH and LC_ALL=C, nothing on standard
   input. SG_OK: it ended by itself, whatever its status. SG_NONE: there is no
   such command. SG_RETRY: it was killed for the deadline. SG_BAD: too much
   output, or it died. err says which. */
enum sg_rc sg_run(struct sg_run *run, struct sg_err *err);
void sg_run_fini(struct sg_run *run);
#endif
