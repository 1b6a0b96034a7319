/* SPDX-License-Identifier: ISC */
/*
 * decide_private.h - what verdict.c (the next hop) and verdict_mx.c (one MX
 * host of it) share.
 */
#ifndef SG_DECIDE_PRIVATE_H
#define SG_DECIDE_PRIVATE_H
#include "decide/decide.h"

/* What holds for all MX hosts of a next hop. */
struct sg_view {
	const struct sg_sts_policy *policy; /* in force, mode none included */
	bool secure_mx;  /* the MX host names are vouched for by DNSSEC, or by
			    whoever configured the next hop */
	bool exempt;     /* require = none: what is published is waived */
	bool requiretls; /* the message asks for it */
	enum sg_level floor; /* asked by rule and message */
	/* Why it is not known whether there is a policy; GAP_NONE: known. */
	enum sg_gap sts_gap;
	enum sg_reason sts_reason;
};

/* What is found of one MX host. */
struct sg_mx_found {
	struct sg_mx_verdict v;
	enum sg_level published;
	enum sg_gap gap;   /* if v.result is unknown */
	bool of_domain;    /* unknown for a reason that is not the host's */
	bool unvouched;    /* fails for that alone */
	bool usable;       /* mail could be delivered to it */
};

/* The level that STS publishes for every MX host. */
enum sg_level sg_view_sts_level(const struct sg_view *view);

void sg_decide_mx(const struct sg_view *view, const struct sg_facts_mx *mx,
    struct sg_mx_found *out);

/* Of two gaps the one that calls for more caution decides. */
bool sg_gap_is_worse(enum sg_gap a, enum sg_gap b);
#endif
