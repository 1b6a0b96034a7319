/* SPDX-License-Identifier: ISC */
/*
 * probe_share.h - one probe of an MX host, however many domains have it
 * (THREATS T19): who asks for what is being probed joins, who asks for what
 * was probed lately gets that. Bounded memory. Loop thread only.
 */
#ifndef SG_PROBE_SHARE_H
#define SG_PROBE_SHARE_H
#include <event2/event.h>
#include "net/probe.h"

#define SG_PROBE_SHARE_MAX 4096 /* results kept */

struct sg_probe_share;

/* prober and base must outlive it. Each probe may take probe_ms, however little
   time who asked for it has: others get what it finds. NULL: out of memory. */
struct sg_probe_share *sg_probe_share_new(struct event_base *base,
    struct sg_prober *prober, int probe_ms);
/* Nobody may still wait. */
void sg_probe_share_free(struct sg_probe_share **share);

/* As sg_probe_start(), with the same promises, but deadline_ms is only for who
   asks: at its end he gets UNTESTED, timeout; or, as the last word, what he was
   told early. again: a result that is not OK
   is not good enough, unless it is of the last seconds (RFC 8461 5 wants a
   look before mail is refused). */
struct sg_probe_wait;
struct sg_probe_wait *sg_probe_share_ask(struct sg_probe_share *share,
    const struct sg_probe_params *params, bool again, sg_probe_cb *cb,
    void *arg);
/* Before its last callback only; none runs after. The probe itself goes on: what
   it finds is kept. Leaves NULL; NULL is fine. */
void sg_probe_share_leave(struct sg_probe_wait **wait);
#endif
