/* SPDX-License-Identifier: ISC */
/*
 * The MX part of a plan: addresses, TLSA records and probes of the MX hosts
 * (RFC 7672 2.2, RFC 8461 4).
 *
 * Each host goes through the same steps: addresses first, and whether they
 * are secure (D-23); then TLSA at what the host is an alias of and at the host
 * itself (D-24 to D-32); then the probe. Hosts are probed in the order in
 * which mail would go to them, two beside each other, until one is good.
 * Nothing of this is done for a domain that asks for nothing, unless a rule
 * does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/mx_list.h"
#include "net/plan_private.h"

#define PROBES_AT_ONCE 2
#define PROBES_MAX 8      /* hosts of one next hop that are connected to */
#define ANSWER_MS 100     /* left for the answer to get out in time */
#define WORTH_PROBING_MS 200 /* with less time nobody is bothered */
#define TLSA_RDATA_MAX 16384

struct sg_plan_mx_host {
	struct sg_plan *plan;
	struct sg_facts_mx *mx; /* in the facts */
	enum sg_plan_step addrs, tlsa, probe;
	struct sg_host *lookup;
	struct sg_host_result found;
	struct sg_dns_query *query; /* CNAME or TLSA */
	char base[2][SG_DOMAIN_SIZE]; /* TLSA base domain candidates */
	unsigned n_base, at;
	unsigned char *rdata; /* of the records in use */
	struct sg_tlsa recs[SG_DNS_MAX_RR];
	size_t n_recs;
	struct sg_probe_wait *wait;
	bool trails; /* the probe is OK if the host does not refuse us now */
};

static void next_tlsa(struct sg_plan_mx_host *h);

/* --- TLSA ----------------------------------------------------------------- */

static void
set_tlsa(struct sg_plan_mx_host *h, enum sg_tlsa_state state)
{
	h->mx->tlsa = state;
	h->tlsa = SG_PLAN_DONE;
}

/* The records outlive the answer: they are copied, and point into the copy. */
static bool
copy_records(struct sg_plan_mx_host *h, const struct sg_dns_answer *a)
{
	size_t used = 0;

	h->rdata = malloc(TLSA_RDATA_MAX);
	if (h->rdata == NULL)
		return (false);
	for (size_t i = 0; i < a->n; i++) {
		const struct sg_dns_rr *rr = &a->rr[i];

		if (rr->len > TLSA_RDATA_MAX - used)
			break;
		memcpy(h->rdata + used, rr->data, rr->len);
		if (sg_tlsa_parse(h->rdata + used, rr->len,
		    &h->recs[h->n_recs]) == SG_OK)
			h->n_recs++;
		used += rr->len;
	}
	return (true);
}

static void
set_records(struct sg_plan_mx_host *h, const struct sg_dns_answer *a)
{
	if (!copy_records(h, a)) {
		set_tlsa(h, SG_TLSA_ERROR);
		return;
	}
	h->n_recs = sg_tlsa_select(h->recs, h->n_recs);
	h->mx->tlsa_records = (uint8_t)(a->n > 255 ? 255 : a->n);
	set_tlsa(h, h->n_recs > 0 ? SG_TLSA_USABLE : SG_TLSA_UNUSABLE);
}

static void
on_tlsa(void *arg, const struct sg_dns_answer *a)
{
	struct sg_plan_mx_host *h = arg;
	struct sg_plan *plan = h->plan;

	h->query = NULL;
	if (a->rc == SG_RETRY)
		set_tlsa(h, SG_TLSA_ERROR); /* D-09, D-29: no other is tried */
	else if (a->rc == SG_BAD)
		set_tlsa(h, SG_TLSA_BOGUS);
	else if (a->rc == SG_OK && a->dnssec == SG_DNSSEC_SECURE)
		set_records(h, a);
	else { /* none, or insecure, which counts as none (D-32) */
		h->at++;
		next_tlsa(h);
	}
	sg_plan_advance(plan);
}

/* Asks at the next candidate; without one there is no DANE for the host. */
static void
next_tlsa(struct sg_plan_mx_host *h)
{
	char prefix[16], name[SG_DOMAIN_SIZE];

	snprintf(prefix, sizeof(prefix), "_%u._tcp", h->plan->job.hop.port);
	while (h->at < h->n_base &&
	    sg_domain_prefix(prefix, h->base[h->at], name) != SG_OK)
		h->at++; /* a name that cannot be */
	if (h->at == h->n_base) {
		set_tlsa(h, SG_TLSA_NONE);
		return;
	}
	h->tlsa = SG_PLAN_ASKED;
	h->query = sg_dns_ask(h->plan->net->dns, name, SG_DNS_TLSA,
	    sg_plan_left_ms(h->plan), on_tlsa, h);
	if (h->query == NULL)
		set_tlsa(h, SG_TLSA_ERROR);
}

static void
add_base(struct sg_plan_mx_host *h, const char *name)
{
	snprintf(h->base[h->n_base++], SG_DOMAIN_SIZE, "%s", name);
}

/* D-13, D-24: behind an insecure end of the chain its first link may still be
   secure; then the host itself is a candidate. */
static void
on_cname(void *arg, const struct sg_dns_answer *a)
{
	struct sg_plan_mx_host *h = arg;
	struct sg_plan *plan = h->plan;

	h->query = NULL;
	if (a->rc == SG_RETRY)
		set_tlsa(h, SG_TLSA_ERROR);
	else if (a->rc == SG_BAD)
		set_tlsa(h, SG_TLSA_BOGUS);
	else {
		if (a->rc == SG_OK && a->dnssec == SG_DNSSEC_SECURE)
			add_base(h, h->mx->host);
		next_tlsa(h);
	}
	sg_plan_advance(plan);
}

static void
start_tlsa(struct sg_plan_mx_host *h)
{
	bool secure = h->found.dnssec == SG_DNSSEC_SECURE;

	if (h->found.state != SG_ADDR_OK) {
		set_tlsa(h, SG_TLSA_NONE); /* the addresses' state says it */
		return;
	}
	if (h->found.alias_of[0] != '\0' && !secure) {
		h->tlsa = SG_PLAN_ASKED;
		h->query = sg_dns_ask(h->plan->net->dns, h->mx->host,
		    SG_DNS_CNAME, sg_plan_left_ms(h->plan), on_cname, h);
		if (h->query == NULL)
			set_tlsa(h, SG_TLSA_ERROR);
		return;
	}
	if (secure && h->found.alias_of[0] != '\0')
		add_base(h, h->found.alias_of); /* D-28: this one first */
	if (secure)
		add_base(h, h->mx->host);
	next_tlsa(h);
}

/* --- addresses ------------------------------------------------------------ */

static void
set_addrs(struct sg_plan_mx_host *h, const struct sg_host_result *result)
{
	h->found = *result;
	h->addrs = SG_PLAN_DONE;
	h->mx->addrs = result->state;
	h->mx->addr_dnssec = result->dnssec;
	start_tlsa(h);
}

static void
on_addrs(void *arg, const struct sg_host_result *result)
{
	struct sg_plan_mx_host *h = arg;
	struct sg_plan *plan = h->plan;

	h->lookup = NULL;
	set_addrs(h, result);
	sg_plan_advance(plan);
}

static void
start_host(struct sg_plan_mx_host *h)
{
	static const struct sg_host_result failed = {
		.state = SG_ADDR_ERROR,
		.dnssec = SG_DNSSEC_ERROR
	};

	h->addrs = SG_PLAN_ASKED;
	h->lookup = sg_plan_lookup_host(h->plan, h->mx->host, on_addrs, h);
	if (h->lookup == NULL)
		set_addrs(h, &failed);
}

/* How many of the hosts mail can go to: those from our own preference on would
   send it back to us (N-08). */
static unsigned
count_hosts(const struct sg_facts *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->n_mx; i++) {
		if (!f->mx[i].is_self)
			continue;
		while (n < i && f->mx[n].preference < f->mx[i].preference)
			n++;
		return (n);
	}
	return (f->n_mx);
}

/* 2026-11: "not asked" would say that nobody needs to know whether the hosts
   have TLSA, and a domain with DANE would pass unverified. */
static void
fail_hosts(struct sg_plan *plan, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		plan->facts->mx[i].addrs = SG_ADDR_ERROR;
		plan->facts->mx[i].addr_dnssec = SG_DNSSEC_ERROR;
		plan->facts->mx[i].tlsa = SG_TLSA_ERROR;
	}
}

static void
start_hosts(struct sg_plan *plan)
{
	unsigned n = count_hosts(plan->facts);

	plan->mx_hosts = SG_PLAN_DONE;
	if (n == 0)
		return;
	plan->hosts = calloc(n, sizeof(*plan->hosts));
	if (plan->hosts == NULL) {
		fail_hosts(plan, n);
		return;
	}
	plan->n_hosts = n;
	for (unsigned i = 0; i < n; i++) {
		plan->hosts[i].plan = plan;
		plan->hosts[i].mx = &plan->facts->mx[i];
	}
	for (unsigned i = 0; i < n; i++)
		start_host(&plan->hosts[i]);
}

/* Something is asked of the hosts: by a policy, by DANE, or by a rule. */
static bool
is_concerned(const struct sg_plan *plan)
{
	return (sg_plan_sts_concerns(plan) || plan->job.demand ||
	    plan->facts->mx_dnssec == SG_DNSSEC_SECURE);
}

/* --- probes ---------------------------------------------------------------- */

/* The policy that this lookup fetched, else the one that is held; NULL: none
   that we know. */
static const struct sg_sts_policy *
policy_known(const struct sg_plan *plan)
{
	const struct sg_sts_policy *learnt = plan->facts->sts.policy;

	return (learnt != NULL ? learnt : plan->held);
}

static bool
has_dane(const struct sg_plan_mx_host *h)
{
	return (h->mx->tlsa == SG_TLSA_USABLE ||
	    h->mx->tlsa == SG_TLSA_UNUSABLE);
}

/* There may be a policy that we have not read: it is still on its way, or held
   by who asked us, who did not tell. */
static bool
is_policy_open(const struct sg_plan *plan)
{
	if (plan->facts->sts.policy != NULL)
		return (false);
	return (!sg_plan_sts_is_idle(plan) || (plan->held == NULL &&
	    plan->job.need.known_id[0] != '\0'));
}

/* A policy of mode none asks for nothing (RFC 8461 5). */
static bool
sts_wants_probe(const struct sg_plan *plan)
{
	const struct sg_sts_policy *p = policy_known(plan);

	if (p != NULL)
		return (p->mode != SG_STS_MODE_NONE);
	return (is_policy_open(plan) && sg_plan_sts_concerns(plan));
}

/* Nothing that we know says that mail must not go there. */
static bool
matches(const struct sg_plan_mx_host *h)
{
	const struct sg_sts_policy *p = policy_known(h->plan);

	return (p == NULL || p->mode == SG_STS_MODE_NONE ||
	    sg_sts_policy_matches(p, h->mx->host));
}

static bool
is_worth_probing(const struct sg_plan_mx_host *h)
{
	if (h->found.state != SG_ADDR_OK || h->mx->tlsa == SG_TLSA_ERROR ||
	    h->mx->tlsa == SG_TLSA_BOGUS)
		return (false);
	if (has_dane(h) || h->plan->job.demand)
		return (true);
	return (sts_wants_probe(h->plan) && matches(h));
}

/* Whether a good host ends the search: if it is known to be one that the
   policy names. Who holds a policy may not have told us which. */
static bool
ends_search(const struct sg_plan_mx_host *h)
{
	if (h->mx->probe.state != SG_PROBE_OK)
		return (false);
	return (!is_policy_open(h->plan) && matches(h));
}

/* A good host, but the policy that may not name it is on its way: nobody else
   is bothered until that is known. */
static bool
suspends_search(const struct sg_plan_mx_host *h)
{
	return (h->mx->probe.state == SG_PROBE_OK &&
	    !sg_plan_sts_is_idle(h->plan) && matches(h));
}

/* Whether the last word differs from the word before, in what anybody asks
   by. That REQUIRETLS is not offered is not worth telling: who needs it asks
   once more. */
static bool
is_news(const struct sg_facts_probe *first, const struct sg_facts_probe *last)
{
	return (last->state != first->state || last->level != first->level ||
	    last->requiretls == SG_REQUIRETLS_OFFERED);
}

static void
on_probe(void *arg, const struct sg_probe_result *result)
{
	struct sg_plan_mx_host *h = arg;
	struct sg_plan *plan = h->plan;

	if (h->trails) {
		plan->trailing--;
		plan->amended |= plan->told &&
		    is_news(&h->mx->probe, &result->probe);
	} else {
		plan->probing--;
		plan->amended |= plan->told;
	}
	h->trails = result->more;
	if (h->trails)
		plan->trailing++;
	else
		h->wait = NULL;
	h->mx->probe = result->probe;
	h->probe = SG_PLAN_DONE;
	sg_plan_advance(plan);
}

static void
start_probe(struct sg_plan_mx_host *h)
{
	struct sg_plan *plan = h->plan;
	struct sg_probe_params p = {
		.host = h->mx->host,
		.addrs = h->found.addr,
		.n_addrs = h->found.n,
		.port = plan->job.hop.port,
		.deadline_ms = sg_plan_left_ms(plan) - ANSWER_MS,
		.tlsa = h->recs,
		.n_tlsa = h->mx->tlsa == SG_TLSA_USABLE ? h->n_recs : 0,
		.tlsa_base = h->base[h->at < h->n_base ? h->at : 0],
		.early = plan->job.early,
	};

	if (plan->facts->mx_dnssec == SG_DNSSEC_SECURE) { /* D-46, D-47 */
		p.names[p.n_names++] = plan->job.hop.name;
		if (plan->mx_alias_of[0] != '\0')
			p.names[p.n_names++] = plan->mx_alias_of;
	}
	h->probe = SG_PLAN_DONE;
	plan->probes++;
	if (p.deadline_ms < WORTH_PROBING_MS)
		return;
	h->wait = sg_probe_share_ask(plan->net->probes, &p, plan->job.again,
	    on_probe, h);
	if (h->wait == NULL)
		return;
	h->probe = SG_PLAN_ASKED;
	plan->probing++;
}

/* for_good: if the host that ended the search can still refuse us, the others
   may have their turn later. It goes on itself. */
static void
stop_probes(struct sg_plan *plan, bool for_good)
{
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		struct sg_plan_mx_host *h = &plan->hosts[i];

		if (h->trails)
			continue;
		if (h->wait != NULL) {
			plan->probing--;
			plan->probes--;
			h->probe = SG_PLAN_TO_DO;
		}
		sg_probe_share_leave(&h->wait);
		if (for_good)
			h->probe = SG_PLAN_DONE;
	}
}

/* In order: a host whose turn has not come because DNS is slow is waited for,
   since mail would go there first. */
static void
advance_probes(struct sg_plan *plan)
{
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		if (ends_search(&plan->hosts[i])) {
			stop_probes(plan, !plan->hosts[i].trails);
			return;
		}
	}
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		if (suspends_search(&plan->hosts[i]))
			return;
	}
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		struct sg_plan_mx_host *h = &plan->hosts[i];

		if (h->tlsa != SG_PLAN_DONE ||
		    plan->probing >= PROBES_AT_ONCE ||
		    plan->probes >= PROBES_MAX)
			return;
		if (h->probe == SG_PLAN_TO_DO && is_worth_probing(h))
			start_probe(h);
	}
}

/* --- the whole --------------------------------------------------------------- */

void
sg_plan_mx_advance(struct sg_plan *plan)
{
	if (plan->mx != SG_PLAN_DONE)
		return;
	if (plan->mx_hosts == SG_PLAN_TO_DO && is_concerned(plan))
		start_hosts(plan);
	if (plan->job.probe && plan->net->probes != NULL)
		advance_probes(plan);
}

bool
sg_plan_mx_is_idle(const struct sg_plan *plan)
{
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		if (plan->hosts[i].tlsa != SG_PLAN_DONE)
			return (false);
	}
	return (plan->probing == 0);
}

void
sg_plan_mx_cancel(struct sg_plan *plan)
{
	for (unsigned i = 0; i < plan->n_hosts; i++) {
		struct sg_plan_mx_host *h = &plan->hosts[i];

		sg_host_cancel(&h->lookup);
		if (h->query != NULL)
			sg_dns_cancel(h->query);
		sg_probe_share_leave(&h->wait);
		free(h->rdata);
	}
	free(plan->hosts);
	plan->hosts = NULL;
	plan->n_hosts = 0;
}
