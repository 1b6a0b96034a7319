/* SPDX-License-Identifier: ISC */
/* sts_weaker.h - does a new MTA-STS policy protect less than the one it would
   replace? (THREATS T7, T3.) Pure; any thread. */
#ifndef SG_STS_WEAKER_H
#define SG_STS_WEAKER_H
#include "policy/sts_policy.h"

/* In what it is weaker. */
enum {
	SG_STS_WEAKER_MODE = 1 << 0, /* testing or none instead of enforce */
	SG_STS_WEAKER_MX = 1 << 1,   /* no pattern has a host in common with one
					of the old list */
	SG_STS_WEAKER_AGE = 1 << 2   /* max_age is a tenth or less: a file
					cut short loses a digit */
};

/* Any of SG_STS_WEAKER_*, or 0. A policy that does not enforce protects
   nothing: none is weaker than it. */
unsigned sg_sts_policy_weaker(const struct sg_sts_policy *policy,
    const struct sg_sts_policy *old);
#endif
