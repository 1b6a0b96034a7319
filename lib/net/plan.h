/* SPDX-License-Identifier: ISC */
/*
 * plan.h - finds out about one next hop: which questions, in what order, what
 * beside what (ARCHITECTURE 7). Loop thread only.
 *
 *   TXT _mta-sts.D  |  MX D  |  A, AAAA mta-sts.D        first flight
 *   GET policy once TXT says STS and an address is there; A, AAAA, TLSA and a
 *   probe of the MX hosts as soon as MX is there, if the domain has STS, its
 *   MX RRset is secure, or a rule demands it
 * An early job is answered when the handshakes are over that it needs; the EHLO
 * within TLS that follows corrects the answer, or does not.
 * It ends when nothing is left to learn, or at the deadline with what there
 * is. A domain that publishes nothing costs one round trip: it is not waited
 * for the policy host's addresses then. Where a policy is held and need not
 * be fetched again they are asked only once TXT names another id.
 */
#ifndef SG_PLAN_H
#define SG_PLAN_H
#include <event2/event.h>
#include "config/config.h"
#include "facts/facts.h"
#include "net/dns.h"
#include "net/guard.h"
#include "net/https.h"
#include "net/job.h"
#include "net/probe_share.h"

/* The worker's own: made once, used by every plan. */
struct sg_net {
	struct event_base *base;
	const struct sg_config *config;
	struct sg_dns *dns;
	struct sg_https *https;
	struct sg_prober *prober;      /* NULL: probes are off */
	struct sg_probe_share *probes;
	struct sg_guard *guard;
	uint16_t https_port; /* 443; tests set another */
};
/* SG_BAD or SG_RETRY with err; nothing is left behind then. */
enum sg_rc sg_net_init(struct sg_net *net, struct event_base *base,
    const struct sg_config *config, struct sg_err *err);
void sg_net_fini(struct sg_net *net);
/* Reads the files that sg_net_init() would, and connects to nobody. SG_OK;
   SG_BAD, SG_RETRY with err. */
enum sg_rc sg_net_check(const struct sg_config *config, struct sg_err *err);

struct sg_plan;
/* cb is called once, never inside sg_plan_start(), with what was learnt
   (borrowed). Only what this lookup learnt: merging with what was known is
   the engine's. If the job is early, it may be called with `more` first; the
   last call then has what is to be corrected in the MX hosts, and nothing
   else, or NULL: nothing. NULL: not started (out of memory). */
typedef void sg_plan_cb(void *arg, uint64_t job_id,
    const struct sg_facts *learnt, bool more);
struct sg_plan *sg_plan_start(struct sg_net *net, const struct sg_job *job,
    sg_plan_cb *cb, void *arg);
void sg_plan_cancel(struct sg_plan *plan);
#endif
