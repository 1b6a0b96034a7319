/* SPDX-License-Identifier: ISC */
/*
 * control.h - the daemon's end of the control socket: commands of whoever
 * started it, or root, answered from what it knows (INTERFACES "Commands").
 *
 * A connection is one request and its answer. Request: one line of JSON of at
 * most SG_CONTROL_REQUEST_MAX octets, {"do":"query","name":"good.test",
 * "fresh":false,"json":false,"colour":true,"width":80}. Answer: chunks, each a line and
 * what it announces: "o N" and N octets of output; "e N" the same for stderr;
 * "p N" N done so far; and last "x N", the exit status.
 */
#ifndef SG_CONTROL_H
#define SG_CONTROL_H
#include "desk.h"
#include "session.h"

#define SG_CONTROL_REQUEST_MAX 65536

struct sg_control_params {
	int fd; /* listening; stays the caller's */
	struct sg_session_env *env; /* its engine and the configuration in
				       force */
	struct sg_store *store;
	/* Reads the configuration again. SG_OK; SG_BAD with the mistakes in
	   *text (malloc'ed, the caller's; may be NULL); SG_RETRY: nobody
	   answered. */
	enum sg_rc (*reload)(void *arg, char **text);
	void *arg;
};

/* Starts the thread that serves; connections get one each, few at a time. It
   runs until the process ends. SG_BAD with err: no thread. params is copied. */
enum sg_rc sg_control_start(const struct sg_control_params *params,
    struct sg_err *err);
#endif
