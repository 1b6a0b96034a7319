/* SPDX-License-Identifier: ISC */
/*
 * log_limit.h - may a line of this kind be logged now, or were there too many?
 * For log.c. Any thread.
 */
#ifndef SG_LOG_LIMIT_H
#define SG_LOG_LIMIT_H
#include <stdbool.h>
#include "base/clock.h"

#define SG_LOG_LIMIT_LINES 20
#define SG_LOG_LIMIT_MS 60000

/* A kind is its format's address. In each SG_LOG_LIMIT_MS the first
   SG_LOG_LIMIT_LINES may pass; the first of a later time tells in *left_out
   how many were left out since. */
bool sg_log_limit_admits(const char *kind, struct sg_mono now,
    unsigned long *left_out);
/* Forgets all; before threads exist. */
void sg_log_limit_init(void);
#endif
