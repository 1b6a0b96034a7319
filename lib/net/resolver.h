/* SPDX-License-Identifier: ISC */
/*
 * resolver.h - a libunbound context set up as THREATS 2.3 and LIBRARIES 1
 * want it. What is asked of it is dns.c's.
 */
#ifndef SG_RESOLVER_H
#define SG_RESOLVER_H
#include <stdbool.h>
#include <event2/event.h>
#include <unbound.h>
#include "base/err.h"
#include "config/config.h"

struct sg_resolver_params {
	const struct sg_config *config;
	bool anchored; /* validate with trust_anchor_file */
	struct event_base *base; /* where it works */
};

/* *out_r is yours (ub_ctx_delete; before base goes). SG_BAD with err: a setting
   that libunbound refuses, a trust anchor or resolv.conf that it cannot
   read. */
enum sg_rc sg_resolver_open(const struct sg_resolver_params *params,
    struct ub_ctx **out_r, struct sg_err *err);
#endif
