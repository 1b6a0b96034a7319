/* SPDX-License-Identifier: ISC */
/*
 * advice.h - what does a reason mean, in plain words, and what can be done
 * about it by who runs the relay? Pure.
 */
#ifndef SG_REPORT_ADVICE_H
#define SG_REPORT_ADVICE_H
#include <stdbool.h>
#include "base/err.h"

struct sg_advice {
	const char *means; /* a sentence */
	const char *todo;  /* a sentence or two */
	bool theirs;       /* `stsgate query D` shows it: it is about D */
};

/* Never NULL. */
const struct sg_advice *sg_advice_get(enum sg_reason reason);
#endif
