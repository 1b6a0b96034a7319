/* SPDX-License-Identifier: ISC */
/*
 * Looks up A and AAAA beside each other and makes one result of the two.
 *
 * One good address is enough: a family that fails, lags or has only
 * special-use addresses does not spoil the other (THREATS 0.9, 5.1; T10:
 * "mixed set: use only the public"). Only when neither has one does it matter
 * why, and then what could not be learnt outweighs what is known.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "net/host.h"

#define FAMILY_MAX (SG_HOST_MAX_ADDRS / 2)

struct leg {
	struct sg_host *host;
	struct sg_dns_query *query; /* NULL: landed */
	enum sg_addr_state state;
	enum sg_dnssec dnssec;
	char alias_of[SG_DOMAIN_SIZE];
	size_t n;
	struct sg_addr addr[FAMILY_MAX];
	struct sg_err err;
};

struct sg_host {
	struct leg leg[2]; /* AAAA, A */
	struct event *grace;
	char name[SG_DOMAIN_SIZE];
	const struct sg_guard *guard;
	sg_host_cb *cb;
	void *arg;
};

static bool
read_addr(const struct sg_dns_rr *rr, int type, struct sg_addr *out)
{
	size_t want = type == SG_DNS_A ? 4 : 16;

	if (rr->len != want)
		return (false);
	memset(out, 0, sizeof(*out));
	out->family = type == SG_DNS_A ? 4 : 6;
	memcpy(out->bytes, rr->data, want);
	return (true);
}

static void
keep_permitted(struct leg *leg, int type, const struct sg_dns_answer *a)
{
	struct sg_addr addr;
	bool special = false;

	for (size_t i = 0; i < a->n && leg->n < FAMILY_MAX; i++) {
		if (!read_addr(&a->rr[i], type, &addr))
			continue;
		if (sg_guard_permits(leg->host->guard, &addr))
			leg->addr[leg->n++] = addr;
		else
			special = true;
	}
	leg->state = leg->n > 0 ? SG_ADDR_OK :
	    special ? SG_ADDR_SPECIAL : SG_ADDR_NONE;
}

/* --- both together ------------------------------------------------------ */

static int
weight(enum sg_addr_state state)
{
	switch (state) {
	case SG_ADDR_OK:
		return (5);
	case SG_ADDR_BOGUS:
		return (4);
	case SG_ADDR_ERROR:
		return (3);
	case SG_ADDR_SPECIAL:
		return (2);
	case SG_ADDR_NONE:
		return (1);
	default:
		return (0);
	}
}

/* Two answers of one weight are as secure as the lesser. */
static enum sg_dnssec
lesser(const struct leg *a, const struct leg *b)
{
	return (b->dnssec == SG_DNSSEC_SECURE ? a->dnssec : b->dnssec);
}

static void
join(const struct sg_host *host, struct sg_host_result *r)
{
	const struct leg *best = &host->leg[0], *other = &host->leg[1];

	if (weight(other->state) > weight(best->state)) {
		best = &host->leg[1];
		other = &host->leg[0];
	}
	memset(r, 0, sizeof(*r));
	r->state = best->state;
	r->dnssec = best->state == other->state ? lesser(best, other) :
	    best->dnssec;
	r->err = best->err;
	memcpy(r->alias_of, best->alias_of, sizeof(r->alias_of));
	for (size_t i = 0; i < FAMILY_MAX; i++) { /* families in turn */
		if (i < host->leg[0].n)
			r->addr[r->n++] = host->leg[0].addr[i];
		if (i < host->leg[1].n)
			r->addr[r->n++] = host->leg[1].addr[i];
	}
}

static void
finish(struct sg_host *host)
{
	struct sg_host_result result;
	sg_host_cb *cb = host->cb;
	void *arg = host->arg;

	join(host, &result);
	sg_host_cancel(&host);
	cb(arg, &result);
}

static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	finish(arg);
}

static void
step(struct sg_host *host)
{
	struct timeval grace = { 0, SG_HOST_GRACE_MS * 1000 };

	if (host->leg[0].query == NULL && host->leg[1].query == NULL)
		finish(host);
	else if (host->leg[0].n + host->leg[1].n > 0)
		event_add(host->grace, &grace);
}

/* --- one family --------------------------------------------------------- */

static void
land(struct leg *leg, int type, const struct sg_dns_answer *a)
{
	leg->query = NULL;
	leg->dnssec = a->dnssec;
	leg->err = a->err;
	if (a->canonname != NULL && strcmp(a->canonname, leg->host->name) != 0)
		memcpy(leg->alias_of, a->canonname, strlen(a->canonname) + 1);
	switch (a->rc) {
	case SG_OK:
		keep_permitted(leg, type, a);
		break;
	case SG_NONE:
		leg->state = SG_ADDR_NONE;
		break;
	case SG_BAD:
		leg->state = SG_ADDR_BOGUS;
		break;
	default:
		leg->state = SG_ADDR_ERROR;
		break;
	}
	step(leg->host);
}

static void
on_aaaa(void *arg, const struct sg_dns_answer *answer)
{
	land(arg, SG_DNS_AAAA, answer);
}

static void
on_a(void *arg, const struct sg_dns_answer *answer)
{
	land(arg, SG_DNS_A, answer);
}

static void
ask(struct leg *leg, int type, const struct sg_host_params *p)
{
	leg->query = sg_dns_ask(p->dns, p->name, type, p->deadline_ms,
	    type == SG_DNS_A ? on_a : on_aaaa, leg);
	if (leg->query != NULL)
		return;
	leg->state = SG_ADDR_ERROR;
	leg->dnssec = SG_DNSSEC_ERROR;
	sg_err_set(&leg->err, SG_REASON_INTERNAL, "cannot be asked");
}

struct sg_host *
sg_host_lookup(const struct sg_host_params *params, sg_host_cb *cb, void *arg)
{
	struct sg_host *host = calloc(1, sizeof(*host));

	if (host == NULL)
		return (NULL);
	host->guard = params->guard;
	memcpy(host->name, params->name, strlen(params->name) + 1);
	host->cb = cb;
	host->arg = arg;
	host->leg[0].host = host->leg[1].host = host;
	host->grace = evtimer_new(params->base, on_grace, host);
	if (host->grace != NULL) {
		ask(&host->leg[0], SG_DNS_AAAA, params);
		ask(&host->leg[1], SG_DNS_A, params);
	}
	if (host->leg[0].query == NULL && host->leg[1].query == NULL)
		sg_host_cancel(&host);
	return (host);
}

void
sg_host_cancel(struct sg_host **host)
{
	if (*host == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		if ((*host)->leg[i].query != NULL)
			sg_dns_cancel((*host)->leg[i].query);
	}
	if ((*host)->grace != NULL)
		event_free((*host)->grace);
	free(*host);
	*host = NULL;
}
