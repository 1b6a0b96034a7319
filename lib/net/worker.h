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

/* When all is set up, before the first job is read; SG_BAD ends the worker. */
typedef enum sg_rc sg_worker_ready_fn(const struct sg_config *config,
    struct sg_err *err);

/* Serves fd (SOCK_SEQPACKET) until end of file or SIGTERM. on_ready may be
   NULL: there the process confines itself. Returns an exit
   status: 0; 1 if the front sends what is no frame (logged); 78 if libunbound
   or TLS cannot be set up with this configuration (logged). Makes fd
   non-blocking, ignores SIGPIPE, and leaves fd open. */
int sg_worker_run(int fd, const struct sg_config *config,
    sg_worker_ready_fn *on_ready);
#endif
