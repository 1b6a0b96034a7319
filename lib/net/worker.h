/* SPDX-License-Identifier: ISC */
/*
 * worker.h - the life of a net worker process: jobs in, facts out, until the
 * channel closes.
 */
#ifndef SG_WORKER_H
#define SG_WORKER_H
#include "config/config.h"

/* Jobs under way at once; more are refused (overload). */
#define SG_WORKER_MAX_JOBS 1000

/* Serves fd (SOCK_SEQPACKET) until end of file or SIGTERM. Returns an exit
   status: 0; 1 if the front sends what is no frame (logged); 78 if libunbound
   or TLS cannot be set up with this configuration (logged). Makes fd
   non-blocking, ignores SIGPIPE, and leaves fd open. */
int sg_worker_run(int fd, const struct sg_config *config);
#endif
