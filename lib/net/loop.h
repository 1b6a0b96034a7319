/* SPDX-License-Identifier: ISC */
/*
 * loop.h - a worker's event loop, in which what costs the processor much, TLS
 * that is, lets what costs it little go first: a name that is asked for, or a
 * job that is begun, has a round trip before it, which passes while others'
 * handshakes are computed. With many at once most are done sooner. TLS waits
 * while cheap work fills the processor; the budgets of cold lookups
 * (engine/limits.h) and each job's deadline bound that.
 */
#ifndef SG_NET_LOOP_H
#define SG_NET_LOOP_H
#include <event2/event.h>

/* NULL: no memory, or no kernel interface. event_base_free() it. */
struct event_base *sg_loop_new(void);

/* Of the priority for TLS from now on. Not in a loop that is another's. */
void sg_loop_is_costly(struct event *event);
#endif
