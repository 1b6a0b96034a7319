/* SPDX-License-Identifier: ISC */
/*
 * Makes the list of MX hosts that a mail client would go through.
 *
 * No MX record at all means the domain itself (N-04), but only a sure "no
 * record" does: after an error or a bogus answer nothing is known (D-07), and
 * records that name nothing usable leave nothing (N-05). An IP address as
 * exchange is not a name and is dropped.
 */
#include <stdlib.h>
#include <string.h>
#include "net/dns_wire.h"
#include "net/mx_list.h"

struct candidate {
	uint16_t preference;
	uint32_t lot; /* the order among equals */
	char host[SG_DOMAIN_SIZE];
};

struct candidates {
	size_t n;
	bool root; /* an exchange "." was there */
	struct candidate c[SG_DNS_MAX_RR];
};

/* A host that is named twice counts once, at its best. */
static struct candidate *
find(struct candidates *all, const char *host)
{
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->c[i].host, host) == 0)
			return (&all->c[i]);
	}
	return (NULL);
}

static void
add(struct candidates *all, uint16_t preference, const char *host)
{
	struct candidate *c = find(all, host);

	if (c != NULL) {
		if (preference < c->preference)
			c->preference = preference;
		return;
	}
	c = &all->c[all->n++];
	c->preference = preference;
	c->lot = arc4random();
	memcpy(c->host, host, strlen(host) + 1);
}

static void
collect(const struct sg_dns_answer *answer, struct candidates *all)
{
	char host[SG_DOMAIN_SIZE];
	uint16_t preference;

	all->n = 0;
	all->root = false;
	for (size_t i = 0; i < answer->n; i++) {
		switch (sg_dns_wire_mx(answer->rr[i].data, answer->rr[i].len,
		    &preference, host)) {
		case SG_OK:
			add(all, preference, host);
			break;
		case SG_NONE:
			all->root = true;
			break;
		default:
			break;
		}
	}
}

static int
compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->preference != y->preference)
		return (x->preference < y->preference ? -1 : 1);
	return (x->lot < y->lot ? -1 : x->lot > y->lot);
}

static void
fill(struct sg_facts_mx *mx, const char *host, uint16_t preference,
    const struct sg_config *config)
{
	memcpy(mx->host, host, strlen(host) + 1);
	mx->preference = preference;
	mx->tlsa = SG_TLSA_UNASKED;
	for (size_t i = 0; i < config->n_own_hosts; i++) {
		if (strcmp(config->own_hosts[i], host) == 0)
			mx->is_self = true;
	}
}

static enum sg_rc
set_one(struct sg_facts *f, enum sg_mx_state state,
    const struct sg_config *config)
{
	if (sg_facts_set_mx(f, 1) != SG_OK)
		return (SG_RETRY);
	fill(&f->mx[0], f->hop.name, 0, config);
	f->mx_state = state;
	return (SG_OK);
}

static enum sg_rc
set_found(struct sg_facts *f, struct candidates *all,
    const struct sg_config *config)
{
	size_t n = all->n < SG_FACTS_MAX_MX ? all->n : SG_FACTS_MAX_MX;

	qsort(all->c, all->n, sizeof(all->c[0]), compare);
	if (sg_facts_set_mx(f, (unsigned)n) != SG_OK)
		return (SG_RETRY);
	for (size_t i = 0; i < n; i++)
		fill(&f->mx[i], all->c[i].host, all->c[i].preference, config);
	f->mx_state = SG_MX_FOUND;
	return (SG_OK);
}

/* A "." beside others, or twice, is a mistake: the others count (N-10). */
static enum sg_rc
set_data(struct sg_facts *f, const struct sg_dns_answer *answer,
    const struct sg_config *config)
{
	struct candidates all;

	collect(answer, &all);
	if (all.n > 0)
		return (set_found(f, &all, config));
	f->mx_state = all.root && answer->n == 1 && !answer->cut ?
	    SG_MX_NULL : SG_MX_UNUSABLE;
	return (SG_OK);
}

static enum sg_rc
set_state(struct sg_facts *f, const struct sg_dns_answer *answer,
    const struct sg_config *config)
{
	switch (answer->rc) {
	case SG_OK:
		return (set_data(f, answer, config));
	case SG_NONE:
		if (!answer->nxdomain)
			return (set_one(f, SG_MX_IMPLICIT, config));
		f->mx_state = SG_MX_NXDOMAIN;
		break;
	case SG_BAD:
		f->mx_state = SG_MX_BOGUS;
		break;
	default:
		f->mx_state = SG_MX_ERROR;
		break;
	}
	return (SG_OK);
}

enum sg_rc
sg_mx_list_set(struct sg_facts *f, const struct sg_dns_answer *answer,
    const struct sg_config *config, struct sg_wall now)
{
	enum sg_rc rc;

	f->mx_state = SG_MX_ERROR;
	f->mx_dnssec = answer->dnssec;
	f->mx_at = now;
	f->mx_until.s = now.s + answer->ttl_s;
	rc = set_state(f, answer, config);
	if (rc != SG_OK)
		f->mx_until.s = now.s + SG_FACTS_ERROR_TTL_S;
	return (rc);
}

enum sg_rc
sg_mx_list_set_host(struct sg_facts *f, const struct sg_config *config,
    struct sg_wall now)
{
	f->mx_state = SG_MX_ERROR;
	f->mx_at = now;
	f->mx_until.s = now.s + SG_FACTS_ERROR_TTL_S;
	if (set_one(f, SG_MX_HOST, config) != SG_OK)
		return (SG_RETRY);
	f->mx_until.s = now.s + SG_FACTS_TTL_MAX_S;
	return (SG_OK);
}
