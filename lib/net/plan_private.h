/* SPDX-License-Identifier: ISC */
/*
 * plan_private.h - what plan.c (the order of things), plan_sts.c (the policy)
 * and plan_mx.c (the MX hosts) share.
 */
#ifndef SG_PLAN_PRIVATE_H
#define SG_PLAN_PRIVATE_H
#include "base/clock.h"
#include "net/host.h"
#include "net/plan.h"

/* A part that is learnt by asking. */
enum sg_plan_step { SG_PLAN_TO_DO, SG_PLAN_ASKED, SG_PLAN_DONE };

struct sg_plan_mx_host; /* plan_mx.c */

struct sg_plan {
	unsigned magic;
	struct sg_net *net;
	struct sg_job job;
	sg_plan_cb *cb;
	void *arg;
	struct sg_facts *facts;
	struct sg_sts_policy *held; /* by who asks us, if we were told */
	struct sg_mono ends;
	struct event *end; /* reports, from the loop */
	bool ended;
	bool told;    /* all but what trails behind */
	bool amended; /* what was told does not hold */

	struct sg_dns_query *txt_query, *mx_query;
	enum sg_plan_step txt, mx;

	struct sg_host *policy_lookup;
	enum sg_plan_step policy_addrs;
	struct sg_host_result policy_host;
	struct sg_https_fetch *fetch;
	enum sg_plan_step policy;

	/* What the next hop is an alias of, by the MX answer; or "". */
	char mx_alias_of[SG_DOMAIN_SIZE];
	enum sg_plan_step mx_hosts; /* begun, or nothing is asked of them */
	unsigned n_hosts;
	struct sg_plan_mx_host *hosts;
	unsigned probing, probes; /* now; in all */
	unsigned trailing; /* hosts that are OK if they stay it (M-18) */
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

/* plan_mx.c, from when the MX list is known. */
void sg_plan_mx_advance(struct sg_plan *plan);
bool sg_plan_mx_is_idle(const struct sg_plan *plan);
void sg_plan_mx_cancel(struct sg_plan *plan);
#endif
