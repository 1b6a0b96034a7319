/* SPDX-License-Identifier: ISC */
/*
 * front.h - the front process: milter, memory, store, decisions. It opens no
 * outbound socket (ARCHITECTURE 2).
 */
#ifndef SG_FRONT_H
#define SG_FRONT_H
#include "config/config.h"
#include "doors.h"

struct sg_front_params {
	const struct sg_config *config; /* in force */
	const struct sg_config *boot;   /* when the daemon started: sockets,
					   state_dir and workers are as it says */
	const char *config_path;        /* where they came from */
	int link;       /* to the supervisor */
	struct sg_doors doors;
	int key_fd;     /* what the store is sealed with; -1: nothing */
};

/* Runs until the supervisor says stop or is gone. Returns an exit status;
   mostly it leaves by _exit() itself, from the thread that drained. */
int sg_front_run(const struct sg_front_params *params);
#endif
