/* SPDX-License-Identifier: ISC */
/*
 * Drives one job: each answer that lands is written into the facts, and then
 * sg_plan_advance() starts whatever has become possible, drops what has become
 * needless, and ends the plan when nothing is under way.
 *
 * There is no timer for the whole: every question gets what is left of the
 * time, says "timeout" when that is over, and nothing new is begun then. The
 * end is reported from an event of its own, so that the callback never runs
 * inside sg_plan_start() nor inside a landing.
 */
#include <stdlib.h>
#include <string.h>
#include "net/mx_list.h"
#include "net/plan_private.h"

#define PLAN_MAGIC 0x7b1a0c4e

int
sg_plan_left_ms(const struct sg_plan *plan)
{
	int64_t left = plan->ends.ms - sg_mono_now().ms;

	return (left > 0 ? (int)left : 0);
}

struct sg_host *
sg_plan_lookup_host(struct sg_plan *plan, const char *name, sg_host_cb *cb,
    void *arg)
{
	struct sg_host_params params = {
		.base = plan->net->base,
		.dns = plan->net->dns,
		.guard = plan->net->guard,
		.name = name,
		.deadline_ms = sg_plan_left_ms(plan)
	};

	return (sg_host_lookup(&params, cb, arg));
}

/* --- MX ----------------------------------------------------------------- */

static void
set_mx(struct sg_plan *plan, const struct sg_dns_answer *answer)
{
	/* Without memory the state stays an error: nothing else to do. */
	(void)sg_mx_list_set(plan->facts, answer, plan->net->config,
	    sg_wall_now());
	if (answer->canonname != NULL &&
	    strcmp(answer->canonname, plan->job.hop.name) != 0)
		memcpy(plan->mx_alias_of, answer->canonname,
		    strlen(answer->canonname) + 1);
	plan->mx = SG_PLAN_DONE;
}

static void
on_mx(void *arg, const struct sg_dns_answer *answer)
{
	struct sg_plan *plan = arg;

	plan->mx_query = NULL;
	set_mx(plan, answer);
	sg_plan_advance(plan);
}

static void
start_mx(struct sg_plan *plan)
{
	static const struct sg_dns_answer failed = {
		.rc = SG_RETRY,
		.dnssec = SG_DNSSEC_ERROR,
		.ttl_s = SG_FACTS_ERROR_TTL_S
	};

	if (plan->job.hop.is_host) {
		(void)sg_mx_list_set_host(plan->facts, plan->net->config,
		    sg_wall_now());
		plan->mx = SG_PLAN_DONE;
		return;
	}
	plan->mx_query = sg_dns_ask(plan->net->dns, plan->job.hop.name, SG_DNS_MX,
	    sg_plan_left_ms(plan), on_mx, plan);
	plan->mx = SG_PLAN_ASKED;
	if (plan->mx_query == NULL)
		set_mx(plan, &failed);
}

/* --- the whole ---------------------------------------------------------- */

static bool
is_idle(const struct sg_plan *plan)
{
	return (plan->mx == SG_PLAN_DONE && sg_plan_mx_is_idle(plan) &&
	    sg_plan_sts_is_idle(plan));
}

void
sg_plan_advance(struct sg_plan *plan)
{
	sg_assert(plan->magic == PLAN_MAGIC);
	sg_plan_sts_advance(plan);
	sg_plan_mx_advance(plan);
	if (plan->ended || !is_idle(plan) || (plan->trailing > 0 && plan->told))
		return;
	plan->ended = true;
	event_active(plan->end, EV_TIMEOUT, 0);
}

/* The MX hosts alone: what was told of the rest would count twice. NULL too
   for want of memory. */
static struct sg_facts *
correction(const struct sg_plan *plan)
{
	const struct sg_facts *all = plan->facts;
	struct sg_facts *f;

	if (!plan->amended)
		return (NULL);
	f = sg_facts_new(&plan->job.hop);
	if (f == NULL || sg_facts_set_mx(f, all->n_mx) != SG_OK) {
		sg_facts_unref(&f);
		return (NULL);
	}
	f->mx_state = all->mx_state;
	f->mx_dnssec = all->mx_dnssec;
	f->mx_at = all->mx_at;
	f->mx_until = all->mx_until;
	memcpy(f->mx, all->mx, all->n_mx * sizeof(*f->mx));
	return (f);
}

static void
tell_last(struct sg_plan *plan)
{
	struct sg_facts *f;

	if (!plan->told) {
		plan->cb(plan->arg, plan->job.id, plan->facts, false);
		return;
	}
	f = correction(plan);
	plan->cb(plan->arg, plan->job.id, f, false);
	sg_facts_unref(&f);
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct sg_plan *plan = arg;

	(void)fd;
	(void)what;
	sg_assert(plan->magic == PLAN_MAGIC);
	plan->ended = false;
	if (!is_idle(plan)) /* since a host was refused us after all */
		return;
	if (plan->trailing > 0) {
		plan->told = true;
		plan->cb(plan->arg, plan->job.id, plan->facts, true);
		return;
	}
	tell_last(plan);
	sg_plan_cancel(plan);
}

static struct sg_plan *
plan_new(struct sg_net *net, const struct sg_job *job)
{
	struct sg_plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return (NULL);
	plan->magic = PLAN_MAGIC;
	plan->net = net;
	plan->job = *job;
	if (job->policy != NULL) /* without memory it is as if it were unknown */
		(void)sg_sts_policy_parse(job->policy, job->policy_len,
		    &plan->held, NULL, NULL);
	plan->job.policy = NULL; /* it was lent */
	plan->ends.ms = sg_mono_now().ms + job->deadline_ms;
	plan->facts = sg_facts_new(&job->hop);
	plan->end = evtimer_new(net->base, on_end, plan);
	if (plan->facts == NULL || plan->end == NULL) {
		sg_plan_cancel(plan);
		return (NULL);
	}
	return (plan);
}

struct sg_plan *
sg_plan_start(struct sg_net *net, const struct sg_job *job, sg_plan_cb *cb,
    void *arg)
{
	struct sg_plan *plan = plan_new(net, job);

	if (plan == NULL)
		return (NULL);
	plan->cb = cb;
	plan->arg = arg;
	sg_plan_sts_start(plan);
	start_mx(plan);
	sg_plan_advance(plan);
	return (plan);
}

void
sg_plan_cancel(struct sg_plan *plan)
{
	sg_assert(plan->magic == PLAN_MAGIC);
	sg_plan_sts_cancel(plan);
	if (plan->mx_query != NULL)
		sg_dns_cancel(plan->mx_query);
	sg_plan_mx_cancel(plan);
	if (plan->end != NULL)
		event_free(plan->end);
	sg_facts_unref(&plan->facts);
	sg_sts_policy_free(&plan->held);
	plan->magic = 0;
	free(plan);
}
