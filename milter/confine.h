/* SPDX-License-Identifier: ISC */
/*
 * confine.h - what front and net workers may do once they run (THREATS T10,
 * T21, T27): whoever takes over a worker finds neither the store nor the
 * configuration, whoever takes over the front finds no way out.
 */
#ifndef SG_CONFINE_H
#define SG_CONFINE_H
#include "config/config.h"

/* In the process itself, before its threads. SG_OK also where the system
   cannot confine: that is logged once. SG_BAD with err: it was refused. */
enum sg_rc sg_confine_worker(const struct sg_config *config,
    struct sg_err *err);
/* boot: where the state is and which milter socket it connects to itself. */
enum sg_rc sg_confine_front(const struct sg_config *boot, struct sg_err *err);
#endif
