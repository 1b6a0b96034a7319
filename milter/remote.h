/* SPDX-License-Identifier: ISC */
/* remote.h - a command's end of the control socket (control.h). Any thread. */
#ifndef SG_REMOTE_H
#define SG_REMOTE_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/err.h"
#include "page.h"

/* How the answer is to look: JSON, or for this page. */
void sg_remote_form(json_t *request, bool json, const struct sg_page *page);
/* Sends request (its reference is taken) to the daemon at path and prints what
   comes: output to out, complaints to stderr, progress on a terminal's stderr
   under that name (NULL: none). SG_OK: *status is the exit status. SG_NONE:
   no daemon is there; SG_BAD: it may not be asked, or broke off; err says
   why in both cases. */
enum sg_rc sg_remote_ask(const char *path, json_t *request, FILE *out,
    const char *progress, int *status, struct sg_err *err);
/* Whether a daemon can be asked at path: SG_OK, SG_NONE, SG_BAD as above. */
enum sg_rc sg_remote_try(const char *path, struct sg_err *err);

/* For a command that is nothing without the daemon: loads the configuration,
   asks, says what is wrong. Returns the exit status, 69 if there is no
   daemon. request as above. */
int sg_remote_run(const char *config_path, json_t *request,
    const char *progress);
#endif
