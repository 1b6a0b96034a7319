/* SPDX-License-Identifier: ISC */
/*
 * Asks libunbound; what its results mean is dns_answer.c's.
 *
 * libunbound works in a thread of its own and its answers come through a pipe
 * on our loop, so that no callback runs inside sg_dns_ask(), not even for what
 * is cached or built in, as the event API would have it. The thread starts
 * with the first question and inherits the signal mask: signals are blocked
 * then, or it would take SIGTERM from the loop.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "net/dns_private.h"
#include "net/resolver.h"

#define QUERY_MAGIC 0x51d7a3c5

struct sg_dns_query {
	unsigned magic;
	LIST_ENTRY(sg_dns_query) link;
	struct sg_dns *dns;
	struct sg_dns_lane *lane; /* NULL: waits for the trial */
	int id;
	int type;
	char name[SG_DOMAIN_SIZE];
	struct event *deadline;
	sg_dns_cb *cb;
	void *arg;
};

/* --- questions ---------------------------------------------------------- */

static void
query_free(struct sg_dns_query *q)
{
	sg_assert(q->magic == QUERY_MAGIC);
	LIST_REMOVE(q, link);
	if (q->deadline != NULL)
		event_free(q->deadline);
	q->magic = 0;
	free(q);
}

/* The query is gone before its callback runs, which may free what it likes. */
static void
finish(struct sg_dns_query *q, const struct sg_dns_answer *a)
{
	sg_dns_cb *cb = q->cb;
	void *arg = q->arg;

	query_free(q);
	cb(arg, a);
}

static void
fail(struct sg_dns_query *q, enum sg_reason reason, const char *what)
{
	struct sg_dns_answer a = { 0 };

	sg_dns_answer_fail(&a, reason, what);
	finish(q, &a);
}

static void
on_result(void *arg, int code, struct ub_result *r)
{
	struct sg_dns_query *q = arg;
	struct sg_dns_answer a = { 0 };
	char canon[SG_DOMAIN_SIZE];

	sg_assert(q->magic == QUERY_MAGIC);
	if (code == 0 && r != NULL)
		sg_dns_answer_judge(r, q->lane == &q->dns->checked, canon, &a);
	else
		sg_dns_answer_fail(&a, SG_REASON_DNS_ERROR, ub_strerror(code));
	finish(q, &a);
	ub_resolve_free(r);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct sg_dns_query *q = arg;

	(void)fd;
	(void)what;
	sg_assert(q->magic == QUERY_MAGIC);
	if (q->lane != NULL)
		ub_cancel(q->lane->ctx, q->id);
	fail(q, SG_REASON_TIMEOUT, "no answer in time");
}

static int
submit(struct sg_dns_query *q)
{
	q->lane = q->dns->use;
	return (sg_dns_lane_ask(q->lane, q->name, q->type, q, on_result,
	    &q->id));
}

void
sg_dns_release(struct sg_dns *dns)
{
	struct sg_dns_queries waited = LIST_HEAD_INITIALIZER(waited);
	struct sg_dns_query *q;

	LIST_SWAP(&waited, &dns->queries, sg_dns_query, link);
	while ((q = LIST_FIRST(&waited)) != NULL) {
		int code;

		LIST_REMOVE(q, link);
		LIST_INSERT_HEAD(&dns->queries, q, link);
		code = submit(q);
		if (code != 0)
			fail(q, SG_REASON_DNS_ERROR, ub_strerror(code));
	}
}

static bool
arm_deadline(struct sg_dns_query *q, int ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	q->deadline = evtimer_new(q->dns->base, on_deadline, q);
	return (q->deadline != NULL && event_add(q->deadline, &tv) == 0);
}

struct sg_dns_query *
sg_dns_ask(struct sg_dns *dns, const char *name, int type, int deadline_ms,
    sg_dns_cb *cb, void *arg)
{
	struct sg_dns_query *q;

	if (!sg_domain_is_valid(name, false))
		return (NULL);
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return (NULL);
	q->magic = QUERY_MAGIC;
	q->dns = dns;
	q->type = type;
	q->cb = cb;
	q->arg = arg;
	memcpy(q->name, name, strlen(name) + 1);
	LIST_INSERT_HEAD(&dns->queries, q, link);
	if (arm_deadline(q, deadline_ms > 0 ? deadline_ms : 0) &&
	    (dns->use == NULL || submit(q) == 0))
		return (q);
	query_free(q);
	return (NULL);
}

void
sg_dns_cancel(struct sg_dns_query *query)
{
	sg_assert(query->magic == QUERY_MAGIC);
	if (query->lane != NULL)
		ub_cancel(query->lane->ctx, query->id);
	query_free(query);
}

/* --- lanes -------------------------------------------------------------- */

int
sg_dns_lane_ask(struct sg_dns_lane *lane, const char *name, int type,
    void *arg, ub_callback_type cb, int *id)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	if (!lane->started)
		pthread_sigmask(SIG_SETMASK, &all, &before);
	/* 1: class IN. Names are absolute: there is no search list. */
	code = ub_resolve_async(lane->ctx, name, type, 1, arg, cb, id);
	if (!lane->started)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	lane->started = lane->started || code == 0;
	return (code);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sg_dns_lane *lane = arg;
	int code = ub_process(lane->ctx);

	(void)fd;
	(void)what;
	if (code != 0)
		sg_log(SG_LOG_ERR, "libunbound: %s", ub_strerror(code));
}

static enum sg_rc
lane_open(struct sg_dns *dns, struct sg_dns_lane *lane,
    const struct sg_resolver_params *params, struct sg_err *err)
{
	enum sg_rc rc = sg_resolver_open(params, &lane->ctx, err);

	if (rc != SG_OK)
		return (rc);
	lane->readable = event_new(dns->base, ub_fd(lane->ctx),
	    EV_READ | EV_PERSIST, on_readable, lane);
	if (lane->readable != NULL && event_add(lane->readable, NULL) == 0)
		return (SG_OK);
	sg_err_set(err, SG_REASON_INTERNAL, "libunbound: no event");
	return (SG_BAD);
}

static void
lane_close(struct sg_dns_lane *lane)
{
	if (lane->readable != NULL)
		event_free(lane->readable);
	if (lane->ctx != NULL)
		ub_ctx_delete(lane->ctx);
	memset(lane, 0, sizeof(*lane));
}

static enum sg_rc
open_checked(struct sg_dns *dns, struct sg_resolver_params *params,
    struct sg_err *err)
{
	const char *path = params->config->trust_anchor_file;
	enum sg_rc rc;

	if (path == NULL || path[0] == '\0') {
		sg_log(SG_LOG_INFO, "no dns.trust_anchor_file: DANE"
		    " and dnssec results are off");
		dns->use = &dns->plain;
		return (SG_OK);
	}
	rc = sg_anchors_read(path, &dns->trial.anchors, err);
	params->anchored = true;
	if (rc == SG_OK)
		rc = lane_open(dns, &dns->checked, params, err);
	if (rc == SG_OK)
		rc = sg_dns_trial_start(dns, err);
	return (rc);
}

enum sg_rc
sg_dns_new(struct event_base *base, const struct sg_config *config,
    struct sg_dns **out_r, struct sg_err *err)
{
	struct sg_resolver_params params = { config, false };
	struct sg_dns *dns = calloc(1, sizeof(*dns));
	enum sg_rc rc;

	*out_r = NULL;
	if (dns == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_BAD);
	}
	dns->base = base;
	LIST_INIT(&dns->queries);
	rc = lane_open(dns, &dns->plain, &params, err);
	if (rc == SG_OK)
		rc = open_checked(dns, &params, err);
	if (rc == SG_OK)
		*out_r = dns;
	else
		sg_dns_free(&dns);
	return (rc);
}

void
sg_dns_free(struct sg_dns **dns)
{
	struct sg_dns_query *q;

	if (*dns == NULL)
		return;
	while ((q = LIST_FIRST(&(*dns)->queries)) != NULL)
		query_free(q);
	sg_dns_trial_stop(*dns);
	/* Deleting a context calls no callback of a thread's questions. */
	lane_close(&(*dns)->checked);
	lane_close(&(*dns)->plain);
	free(*dns);
	*dns = NULL;
}

bool
sg_dns_validates(const struct sg_dns *dns)
{
	return (dns->use != NULL && dns->use == &dns->checked);
}
