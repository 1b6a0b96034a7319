/* SPDX-License-Identifier: ISC */
/*
 * probe_limits.h - may this address be probed now? (THREATS T12, T19.) Bounded
 * memory; one thread.
 */
#ifndef SG_PROBE_LIMITS_H
#define SG_PROBE_LIMITS_H
#include "base/addr.h"
#include "base/clock.h"

#define SG_PROBE_MAX 256          /* connections at once */
#define SG_PROBE_ADDR_MAX 2       /* the same, to one address */
#define SG_PROBE_INTERVAL_MS 1000 /* between two to one address */
#define SG_PROBE_SILENCE_MS 3600000 /* after a 421 */
#define SG_PROBE_ADDRS_KEPT 4096  /* addresses remembered */

struct sg_probe_limits;

/* NULL: out of memory. */
struct sg_probe_limits *sg_probe_limits_new(void);
void sg_probe_limits_free(struct sg_probe_limits **limits);

/* NULL: yes, and counted until sg_probe_limits_leave(). Else why not;
   static. */
const char *sg_probe_limits_enter(struct sg_probe_limits *limits,
    const struct sg_addr *addr, struct sg_mono now);
void sg_probe_limits_leave(struct sg_probe_limits *limits,
    const struct sg_addr *addr);
/* It said 421: leave it alone. Between enter and leave. */
void sg_probe_limits_silence(struct sg_probe_limits *limits,
    const struct sg_addr *addr, struct sg_mono now);
#endif
