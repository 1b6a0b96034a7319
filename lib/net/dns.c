/* SPDX-License-Identifier: ISC */
/*
 * Asks libunbound, by way of dns_lane.c; what its results mean is
 * dns_answer.c's.
 */
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "net/dns_private.h"

#define QUERY_MAGIC 0x51d7a3c5

struct sg_dns_query {
	unsigned magic;
	LIST_ENTRY(sg_dns_query) link;
	struct sg_dns *dns;
	struct sg_dns_lane *lane; /* NULL: waits for the trial */
	struct sg_dns_call call;
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
	sg_dns_call_cancel(&q->call);
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
on_result(void *arg, const struct ub_result *r)
{
	struct sg_dns_query *q = arg;
	struct sg_dns_answer a = { 0 };
	char canon[SG_DOMAIN_SIZE];

	sg_assert(q->magic == QUERY_MAGIC);
	if (r != NULL)
		sg_dns_answer_judge(r, q->lane == &q->dns->checked, canon, &a);
	else
		sg_dns_answer_fail(&a, SG_REASON_DNS_ERROR, "cannot be read");
	finish(q, &a);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct sg_dns_query *q = arg;

	(void)fd;
	(void)what;
	sg_assert(q->magic == QUERY_MAGIC);
	fail(q, SG_REASON_TIMEOUT, "no answer in time");
}

static int
submit(struct sg_dns_query *q)
{
	q->lane = q->dns->use;
	return (sg_dns_call_start(&q->call, q->lane, q->name, q->type,
	    on_result, q));
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
	query_free(query);
}

/* --- lanes -------------------------------------------------------------- */

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
		rc = sg_dns_lane_open(&dns->checked, params, err);
	if (rc == SG_OK)
		rc = sg_dns_trial_start(dns, err);
	return (rc);
}

enum sg_rc
sg_dns_new(struct event_base *base, const struct sg_config *config,
    struct sg_dns **out_r, struct sg_err *err)
{
	struct sg_resolver_params params = { config, false, base };
	struct sg_dns *dns = calloc(1, sizeof(*dns));
	enum sg_rc rc;

	*out_r = NULL;
	if (dns == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_BAD);
	}
	dns->base = base;
	LIST_INIT(&dns->queries);
	rc = sg_dns_lane_open(&dns->plain, &params, err);
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
	/* With nothing under way: deleting a context would call back. */
	sg_dns_lane_close(&(*dns)->checked);
	sg_dns_lane_close(&(*dns)->plain);
	free(*dns);
	*dns = NULL;
}

bool
sg_dns_validates(const struct sg_dns *dns)
{
	return (dns->use != NULL && dns->use == &dns->checked);
}
