/* SPDX-License-Identifier: ISC */
/*
 * advice.h - what does a reason mean, in plain words, and what can be done
 * about it by who runs the relay? Pure.
 */
#ifndef SG_REPORT_ADVICE_H
#define SG_REPORT_ADVICE_H
#include <stdbool.h>
#include "base/err.h"
#include "base/nexthop.h"

struct sg_advice {
	const char *means; /* a sentence */
	const char *todo;  /* a sentence or two */
	bool theirs;       /* it is about the next hop, not about us */
};

/* Never NULL. */
const struct sg_advice *sg_advice_get(enum sg_reason reason);

/* A command that shows more, safe to paste into a shell: "stsgate query
   good.test". False if there is none for this reason or next hop. */
#define SG_ADVICE_COMMAND_SIZE (SG_NEXTHOP_KEY_SIZE + 24)
bool sg_advice_command(enum sg_reason reason, const char *next_hop,
    char out[SG_ADVICE_COMMAND_SIZE]);
#endif
