/* SPDX-License-Identifier: ISC */
/* made.c - see made.h. */
#include "bench/made.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#define FRESH_S 43200
#define PROVIDERS 50

static struct sg_wall
later(struct sg_wall t, int64_t s)
{
	return (struct sg_wall) { t.s + s };
}

static void
make_policy(struct sg_facts *f, const char *pattern, unsigned number,
    struct sg_wall now)
{
	char text[600], id[SG_STS_ID_SIZE];
	int n = snprintf(text, sizeof(text),
	    "version: STSv1\r\nmode: enforce\r\nmx: %s\r\nmax_age: 604800\r\n",
	    pattern);

	snprintf(id, sizeof(id), "20261%09u", number);
	if (sg_facts_set_policy(f, text, (size_t)n, id, now, NULL) != SG_OK)
		errx(1, "out of memory");
	f->sts.txt.state = SG_TXT_RECORD;
	snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "%s", id);
	f->sts.fetch.tried = true;
	snprintf(f->sts.fetch.id, sizeof(f->sts.fetch.id), "%s", id);
	f->sts.fetch.at = now;
	f->refetch_at = later(now, 80000);
}

static void
make_probe(struct sg_facts_mx *mx, struct sg_wall now)
{
	struct sg_facts_probe *p = &mx->probe;

	p->state = SG_PROBE_OK;
	p->level = SG_LEVEL_VERIFY;
	p->tls_version = 0x0304;
	snprintf(p->detail, sizeof(p->detail),
	    "until 2027-02-21, issuer R11, for %s", mx->host);
	p->at = now;
	p->until = later(now, 21600);
}

struct sg_facts *
made_facts(unsigned number, bool with_policy, struct sg_wall now)
{
	struct sg_nexthop hop = { .port = SG_SMTP_PORT };
	bool own = number % 2 == 0;
	char provider[64], pattern[300];
	struct sg_facts *f;

	snprintf(hop.name, sizeof(hop.name), MADE_FORMAT, number);
	snprintf(provider, sizeof(provider), "p%u.provider.example",
	    number / 2 % PROVIDERS);
	f = sg_facts_new(&hop);
	if (f == NULL || sg_facts_set_mx(f, 1) != SG_OK)
		errx(1, "out of memory");
	f->mx_state = SG_MX_FOUND;
	snprintf(f->mx[0].host, sizeof(f->mx[0].host), "%s.%s",
	    own ? "mx" : "mx1", own ? hop.name : provider);
	f->mx[0].preference = 10;
	f->mx[0].addrs = SG_ADDR_OK;
	f->mx_at = f->sts.txt.at = now;
	f->mx_until = f->sts.txt.until = later(now, FRESH_S);
	f->sts.txt.state = SG_TXT_NONE;
	snprintf(pattern, sizeof(pattern), "%s.%s", own ? "mx" : "*",
	    own ? hop.name : provider);
	if (with_policy) {
		make_policy(f, pattern, number, now);
		make_probe(&f->mx[0], now);
	} else {
		f->mx[0].tlsa = SG_TLSA_UNASKED;
	}
	f->fresh_until = later(now, FRESH_S);
	f->refresh_at = later(now, FRESH_S - 600);
	return f;
}
