/* SPDX-License-Identifier: ISC */
/*
 * metrics.h - figures for Prometheus, in its text format, by HTTP
 * (INTERFACES). No label holds what a stranger can choose.
 */
#ifndef SG_METRICS_H
#define SG_METRICS_H
#include <stdio.h>
#include "engine/engine.h"
#include "store/store.h"
#include "tlsmap.h"

struct sg_metrics_params {
	int fd; /* listening; stays the caller's */
	struct sg_engine *engine;
	struct sg_store *store;
	struct sg_tlsmap *tlsmap; /* or NULL */
};

/* Serves GET /metrics until the process ends. SG_BAD with err. */
enum sg_rc sg_metrics_start(const struct sg_metrics_params *params,
    struct sg_err *err);

/* All of them, as served. */
void sg_metrics_print(const struct sg_metrics_params *params, FILE *out);
#endif
