/* SPDX-License-Identifier: ISC */
/*
 * dns_private.h - what dns.c (questions), dns_answer.c (what came) and
 * dns_trust.c (can the servers serve the trust anchor?) share.
 */
#ifndef SG_DNS_PRIVATE_H
#define SG_DNS_PRIVATE_H
#include <bsd/sys/queue.h>
#include <unbound.h>
#include "net/anchors.h"
#include "net/dns.h"

/* One libunbound context on the loop. */
struct sg_dns_lane {
	struct ub_ctx *ctx;
	struct event *readable;
	bool started; /* its thread is there */
};

struct sg_dns_trial_query {
	struct sg_dns *dns;
	int id;
	bool pending;
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

/* ub_resolve_async() with the thread that it may start deaf to signals.
   Returns libunbound's code. */
int sg_dns_lane_ask(struct sg_dns_lane *lane, const char *name, int type,
    void *arg, ub_callback_type cb, int *id);
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
