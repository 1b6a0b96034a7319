/* SPDX-License-Identifier: ISC */
/*
 * The MTA-STS part of a plan: the TXT record, the policy host's addresses,
 * the GET.
 *
 * The addresses are asked for before it is known whether they are needed,
 * which saves a round trip where there is a policy; where there is none the
 * plan does not wait for them. A policy that is held is fetched again daily
 * whatever the TXT record says or fails to say (K-04), so that who suppresses
 * TXT answers cannot let it expire.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/dns_wire.h"
#include "net/plan_private.h"

/* --- TXT ---------------------------------------------------------------- */

/* Joins the strings of every record into room; n counts the readable ones. */
static size_t
join_strings(const struct sg_dns_answer *answer, char *room,
    struct sg_txt txts[SG_DNS_MAX_RR])
{
	size_t n = 0;

	for (size_t i = 0; i < answer->n; i++) {
		const struct sg_dns_rr *rr = &answer->rr[i];

		if (sg_dns_wire_txt(rr->data, rr->len, room, &txts[n].len) !=
		    SG_OK)
			continue;
		txts[n++].data = room;
		room += rr->len;
	}
	return (n);
}

static enum sg_txt_state
select_record(const struct sg_dns_answer *answer, char id[SG_STS_ID_SIZE])
{
	struct sg_txt txts[SG_DNS_MAX_RR];
	struct sg_err err;
	char *room = malloc(SG_DNS_MAX_BYTES);
	enum sg_rc rc;

	if (room == NULL)
		return (SG_TXT_ERROR);
	rc = sg_sts_record_select(txts, join_strings(answer, room, txts), id,
	    &err);
	free(room);
	if (rc == SG_OK)
		return (SG_TXT_RECORD);
	id[0] = '\0';
	if (rc == SG_RETRY)
		return (SG_TXT_ERROR);
	/* Among records beyond the caps one may be: worth telling. */
	return (rc == SG_BAD || answer->cut ? SG_TXT_INVALID :
	    SG_TXT_NONE);
}

static enum sg_txt_state
txt_state(const struct sg_dns_answer *answer, char id[SG_STS_ID_SIZE])
{
	switch (answer->rc) {
	case SG_OK:
		return (select_record(answer, id));
	case SG_NONE:
		return (SG_TXT_NONE);
	case SG_BAD:
		return (SG_TXT_BOGUS);
	default:
		return (SG_TXT_ERROR);
	}
}

static void
set_txt(struct sg_plan *plan, const struct sg_dns_answer *answer)
{
	struct sg_facts_txt *txt = &plan->facts->sts.txt;

	txt->state = txt_state(answer, txt->id);
	txt->dnssec = answer->dnssec;
	txt->at = sg_wall_now();
	txt->until.s = txt->at.s + answer->ttl_s;
	plan->txt = SG_PLAN_DONE;
}

static void
on_txt(void *arg, const struct sg_dns_answer *answer)
{
	struct sg_plan *plan = arg;

	plan->txt_query = NULL;
	set_txt(plan, answer);
	sg_plan_advance(plan);
}

/* A policy that is due must be fetched even if the TXT question is never
   answered: half of the time is kept for that. */
static int
txt_ms(const struct sg_plan *plan)
{
	const struct sg_facts_need *need = &plan->job.need;
	int left = sg_plan_left_ms(plan);

	return (need->refetch && need->known_id[0] != '\0' ? left / 2 : left);
}

static void
start_txt(struct sg_plan *plan)
{
	static const struct sg_dns_answer impossible = {
		.rc = SG_NONE,
		.ttl_s = SG_FACTS_NEGATIVE_TTL_MAX_S
	}, failed = {
		.rc = SG_RETRY,
		.dnssec = SG_DNSSEC_ERROR,
		.ttl_s = SG_FACTS_ERROR_TTL_S
	};
	char name[SG_DOMAIN_SIZE];

	plan->txt = SG_PLAN_ASKED;
	if (sg_domain_prefix("_mta-sts", plan->job.hop.name, name) != SG_OK) {
		set_txt(plan, &impossible); /* */
		return;
	}
	plan->txt_query = sg_dns_ask(plan->net->dns, name, SG_DNS_TXT,
	    txt_ms(plan), on_txt, plan);
	if (plan->txt_query == NULL)
		set_txt(plan, &failed);
}

/* --- the policy host's addresses ---------------------------------------- */

static void
set_policy_host(struct sg_plan *plan, const struct sg_host_result *result)
{
	plan->policy_host = *result;
	plan->policy_addrs = SG_PLAN_DONE;
}

static void
on_policy_host(void *arg, const struct sg_host_result *result)
{
	struct sg_plan *plan = arg;

	plan->policy_lookup = NULL;
	set_policy_host(plan, result);
	sg_plan_advance(plan);
}

static void
start_policy_host(struct sg_plan *plan)
{
	struct sg_host_result none = { .state = SG_ADDR_NONE };
	struct sg_host_result failed = { .state = SG_ADDR_ERROR };
	char name[SG_DOMAIN_SIZE];

	plan->policy_addrs = SG_PLAN_ASKED;
	if (sg_domain_prefix("mta-sts", plan->job.hop.name, name) != SG_OK) {
		set_policy_host(plan, &none);
		return;
	}
	plan->policy_lookup = sg_plan_lookup_host(plan, name, on_policy_host,
	    plan);
	if (plan->policy_lookup != NULL)
		return;
	sg_err_set(&failed.err, SG_REASON_INTERNAL, "cannot be asked");
	set_policy_host(plan, &failed);
}

/* --- the policy --------------------------------------------------------- */

static void
set_failed(struct sg_plan *plan, enum sg_reason reason, const char *detail)
{
	struct sg_facts_fetch *fetch = &plan->facts->sts.fetch;

	fetch->reason = reason;
	snprintf(fetch->detail, sizeof(fetch->detail), "%s", detail);
}

static void
set_policy(struct sg_plan *plan, const struct sg_https_result *result)
{
	struct sg_facts_sts *sts = &plan->facts->sts;
	struct sg_err err = { 0 };

	if (result->rc != SG_OK) {
		set_failed(plan, result->err.reason, result->err.text);
		return;
	}
	switch (sg_facts_set_policy(plan->facts, result->body, result->len,
	    sts->fetch.id, sg_wall_now(), &err)) {
	case SG_OK:
		break;
	case SG_BAD:
		set_failed(plan, SG_REASON_STS_POLICY_INVALID, err.text);
		break;
	default:
		set_failed(plan, SG_REASON_INTERNAL, err.text);
		break;
	}
}

static void
on_policy(void *arg, const struct sg_https_result *result)
{
	struct sg_plan *plan = arg;

	plan->fetch = NULL;
	plan->policy = SG_PLAN_DONE;
	set_policy(plan, result);
	sg_plan_advance(plan);
}

static void
set_unreachable(struct sg_plan *plan, const struct sg_host_result *host)
{
	char text[SG_ERR_TEXT_SIZE + 32];

	switch (host->state) {
	case SG_ADDR_SPECIAL:
		set_failed(plan, SG_REASON_SPECIAL_USE_ADDRESS,
		    "policy host has special-use addresses only");
		break;
	case SG_ADDR_NONE:
		set_failed(plan, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "policy host has no address");
		break;
	default:
		snprintf(text, sizeof(text), "policy host's address: %s",
		    host->err.text);
		set_failed(plan, SG_REASON_STS_POLICY_FETCH_ERROR, text);
		break;
	}
}

static int
fetch_ms(const struct sg_plan *plan)
{
	int left = sg_plan_left_ms(plan);
	uint32_t most = plan->net->config->https_timeout_ms;

	return ((uint32_t)left > most ? (int)most : left);
}

static void
get_policy(struct sg_plan *plan)
{
	struct sg_https_params params = {
		.domain = plan->job.hop.name,
		.addrs = plan->policy_host.addr,
		.n_addrs = plan->policy_host.n,
		.port = plan->net->https_port,
		.deadline_ms = fetch_ms(plan)
	};

	if (params.deadline_ms == 0) {
		set_failed(plan, SG_REASON_TIMEOUT, "no time was left");
		return;
	}
	plan->fetch = sg_https_get(plan->net->https, &params, on_policy, plan);
	if (plan->fetch == NULL)
		set_failed(plan, SG_REASON_INTERNAL, "GET was not started");
}

/* Addresses are known, and the policy is wanted for id. */
static void
start_policy(struct sg_plan *plan, const char *id)
{
	struct sg_facts_fetch *fetch = &plan->facts->sts.fetch;

	fetch->tried = true;
	fetch->at = sg_wall_now();
	snprintf(fetch->id, sizeof(fetch->id), "%s", id);
	if (plan->policy_host.state == SG_ADDR_OK)
		get_policy(plan);
	else
		set_unreachable(plan, &plan->policy_host);
	plan->policy = plan->fetch != NULL ? SG_PLAN_ASKED : SG_PLAN_DONE;
}

/* The id to fetch a policy for now, or NULL. TXT has landed. */
static const char *
wanted_id(const struct sg_plan *plan)
{
	const struct sg_facts_need *need = &plan->job.need;
	const struct sg_facts_txt *txt = &plan->facts->sts.txt;
	const char *id = need->known_id;

	if (plan->facts->mx_state == SG_MX_NULL) /* N-13 */
		return (NULL);
	if (txt->state == SG_TXT_RECORD)
		id = txt->id;
	if (id[0] == '\0' || strcmp(id, need->backoff_id) == 0)
		return (NULL);
	if (strcmp(id, need->known_id) == 0 && !need->refetch)
		return (NULL);
	return (id);
}

/* A fetch that turns out to be needless was never made, for the facts. */
static void
drop_policy(struct sg_plan *plan)
{
	sg_host_cancel(&plan->policy_lookup);
	plan->policy_addrs = SG_PLAN_DONE;
	if (plan->fetch != NULL) {
		sg_https_cancel(plan->fetch);
		plan->fetch = NULL;
		memset(&plan->facts->sts.fetch, 0,
		    sizeof(plan->facts->sts.fetch));
	}
	plan->policy = SG_PLAN_DONE;
}

void
sg_plan_sts_advance(struct sg_plan *plan)
{
	const char *id;

	if (plan->txt != SG_PLAN_DONE || plan->policy == SG_PLAN_DONE)
		return;
	id = wanted_id(plan);
	if (id == NULL) {
		drop_policy(plan);
		return;
	}
	if (plan->policy_addrs == SG_PLAN_TO_DO)
		start_policy_host(plan);
	if (plan->policy_addrs == SG_PLAN_DONE &&
	    plan->policy == SG_PLAN_TO_DO)
		start_policy(plan, id);
}

void
sg_plan_sts_start(struct sg_plan *plan)
{
	const struct sg_facts_need *need = &plan->job.need;

	start_txt(plan);
	if (need->known_id[0] == '\0' || need->refetch)
		start_policy_host(plan);
}

bool
sg_plan_sts_is_idle(const struct sg_plan *plan)
{
	return (plan->txt == SG_PLAN_DONE && plan->policy == SG_PLAN_DONE);
}

bool
sg_plan_sts_concerns(const struct sg_plan *plan)
{
	return (plan->job.need.known_id[0] != '\0' ||
	    plan->facts->sts.txt.state == SG_TXT_RECORD);
}

void
sg_plan_sts_cancel(struct sg_plan *plan)
{
	if (plan->txt_query != NULL)
		sg_dns_cancel(plan->txt_query);
	sg_host_cancel(&plan->policy_lookup);
	if (plan->fetch != NULL)
		sg_https_cancel(plan->fetch);
}
