/* SPDX-License-Identifier: ISC */
/*
 * session.h - libmilter's callbacks: unpack what the MTA says, ask the gate,
 * translate its answer. No decision is taken here.
 *
 * libmilter knows no context but a session's, so the process has one
 * sg_session_env, set before smfi_main().
 */
#ifndef SG_SESSION_H
#define SG_SESSION_H
#include <pthread.h>
#include <stdatomic.h>
#include "config/config.h"
#include "engine/engine.h"
#include "report/days.h"
#include "wake.h"

struct sg_session_env {
	struct sg_engine *engine;
	struct sg_wake *wake;  /* may be NULL */
	struct sg_days *days;  /* counts decisions; may be NULL */
	atomic_uint inside;    /* callbacks that are answering just now */
	/* The mutex guards config: a session takes its reference under it and
	   keeps it to its end. */
	pthread_mutex_t mutex;
	struct sg_config *config;
};

/* Registers the callbacks. SG_OK, or SG_BAD with err. env is borrowed for the
   life of the process. */
enum sg_rc sg_session_register(struct sg_session_env *env,
    struct sg_err *err);

/* New sessions get config from now on. */
void sg_session_set_config(struct sg_session_env *env,
    const struct sg_config *config);
#endif
