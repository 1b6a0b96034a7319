/* SPDX-License-Identifier: ISC */
/*
 * dns_private.h - what dns.c (questions), dns_lane.c (libunbound on the loop),
 * dns_answer.c (what came) and dns_trust.c (can the servers serve the trust
 * anchor?) share.
 */
#ifndef SG_DNS_PRIVATE_H
#define SG_DNS_PRIVATE_H
#include <bsd/sys/queue.h>
#include <unbound.h>
#include "net/anchors.h"
#include "net/dns.h"
#include "net/resolver.h"

/* One libunbound context on the loop. */
struct sg_dns_lane {
	struct event_base *base;
	struct ub_ctx *ctx;
};

/* r is borrowed for the callback; NULL: what came could not be read. */
typedef void sg_dns_call_cb(void *arg, const struct ub_result *r);

/* One question to a lane. */
struct sg_dns_call {
	struct sg_dns_lane *lane; /* NULL: not under way */
	int id, type;
	bool asking, answered;
	struct sg_dns_kept *kept; /* an answer that came inside the question */
	sg_dns_call_cb *cb;
	void *arg;
};

struct sg_dns_trial_query {
	struct sg_dns *dns;
	struct sg_dns_call call;
};

/* The self-test: one DNSKEY question for each anchor's owner. */
struct sg_dns_trial {
	struct sg_anchors anchors;
	struct sg_dns_trial_query query[SG_ANCHORS_MAX];
	size_t pending, secure, unfit;
	char why[256]; /* of the first that was not secure */
	struct event *timer; /* its end while it runs, else the next one */
	int spent_ms;  /* in trials that brought no answer, before the first
			  verdict */
	int again_s;   /* back-off between later ones */
};

LIST_HEAD(sg_dns_queries, sg_dns_query);

struct sg_dns {
	struct event_base *base;
	/* checked validates with the anchors (its ctx is NULL without any),
	   plain does not; use is the one that questions go to, NULL before
	   the first verdict of the trial. */
	struct sg_dns_lane checked, plain, *use;
	struct sg_dns_trial trial;
	struct sg_dns_queries queries;
};

enum sg_rc sg_dns_lane_open(struct sg_dns_lane *lane,
    const struct sg_resolver_params *params, struct sg_err *err);
/* After its last question is answered or cancelled. */
void sg_dns_lane_close(struct sg_dns_lane *lane);
/* Returns libunbound's code; unless that is 0 cb does not run. It runs once,
   never inside this call; *call must stay until then, and may go in it. */
int sg_dns_call_start(struct sg_dns_call *call, struct sg_dns_lane *lane,
    const char *name, int type, sg_dns_call_cb *cb, void *arg);
/* cb does not run any more. Nothing, if it has. */
void sg_dns_call_cancel(struct sg_dns_call *call);
/* dns->use was set for the first time: the questions that waited go out. */
void sg_dns_release(struct sg_dns *dns);

/* dns_answer.c: fill a zeroed answer. canon is storage for a->canonname, and
   the records point into r. */
void sg_dns_answer_judge(const struct ub_result *r, bool validates,
    char canon[SG_DOMAIN_SIZE], struct sg_dns_answer *a);
void sg_dns_answer_fail(struct sg_dns_answer *a, enum sg_reason reason,
    const char *what);

/* SG_OK; SG_BAD with err: the anchors cannot be loaded. */
enum sg_rc sg_dns_trial_start(struct sg_dns *dns, struct sg_err *err);
void sg_dns_trial_stop(struct sg_dns *dns);
#endif
