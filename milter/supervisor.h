/* SPDX-License-Identifier: ISC */
/*
 * supervisor.h - starts front and net workers, restarts what dies, reloads,
 * stops. Parses nothing but its own configuration; opens no outbound socket.
 */
#ifndef SG_SUPERVISOR_H
#define SG_SUPERVISOR_H
#include "config/config.h"
#include "doors.h"
#include "process.h"

struct sg_supervisor_params {
	const char *config_path;  /* absolute: read again on SIGHUP */
	struct sg_config *config; /* taken over */
	struct sg_identity id;    /* who the children become */
	struct sg_doors doors;
	int key_fd;               /* store_key_file; -1: none */
	bool detached;            /* nobody reads our stderr */
	void (*on_ready)(void *arg); /* once, when mail can come; may be NULL */
	void *arg;
};

/* Runs until SIGTERM or SIGINT. Returns an exit status: 0; 78 if a child could
   not be set up at the start. */
int sg_supervisor_run(const struct sg_supervisor_params *params);
#endif
