/* SPDX-License-Identifier: ISC */
/*
 * plan_private.h - what plan.c (the order of things, MX) and plan_sts.c (the
 * policy) share.
 */
#ifndef SG_PLAN_PRIVATE_H
#define SG_PLAN_PRIVATE_H
#include "base/clock.h"
#include "net/host.h"
#include "net/plan.h"

/* A part that is learnt by asking. */
enum sg_plan_step { SG_PLAN_TO_DO, SG_PLAN_ASKED, SG_PLAN_DONE };

struct sg_plan_mx_host {
	struct sg_plan *plan;
	struct sg_host *lookup; /* NULL: not under way */
};

struct sg_plan {
	unsigned magic;
	struct sg_net *net;
	struct sg_dns *dns;
	struct sg_job job;
	sg_plan_cb *cb;
	void *arg;
	struct sg_facts *facts;
	struct sg_mono ends;
	struct event *end; /* reports, from the loop */
	bool ended;

	struct sg_dns_query *txt_query, *mx_query;
	enum sg_plan_step txt, mx;

	struct sg_host *policy_lookup;
	enum sg_plan_step policy_addrs;
	struct sg_host_result policy_host;
	struct sg_https_fetch *fetch;
	enum sg_plan_step policy;

	enum sg_plan_step mx_addrs;
	size_t mx_pending;
	struct sg_plan_mx_host mx_host[SG_FACTS_MAX_MX];
};

/* plan.c */
int sg_plan_left_ms(const struct sg_plan *plan); /* 0: time is up */
struct sg_host *sg_plan_lookup_host(struct sg_plan *plan, const char *name,
    sg_host_cb *cb, void *arg);
void sg_plan_advance(struct sg_plan *plan);

/* plan_sts.c. start: the first flight. advance: what has become possible or
   needless. */
void sg_plan_sts_start(struct sg_plan *plan);
void sg_plan_sts_advance(struct sg_plan *plan);
bool sg_plan_sts_is_idle(const struct sg_plan *plan);
void sg_plan_sts_cancel(struct sg_plan *plan);
/* True if the domain is known to have a policy, or to announce one. */
bool sg_plan_sts_concerns(const struct sg_plan *plan);
#endif
