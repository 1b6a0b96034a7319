/* SPDX-License-Identifier: ISC */
/* sample.h - facts for tests: made by hand, and made up at random. */
#ifndef SG_TESTS_FACTS_SAMPLE_H
#define SG_TESTS_FACTS_SAMPLE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "facts/facts.h"

#define SAMPLE_NOW 1795000000

static inline struct sg_wall
sample_time(int64_t s)
{
	return (struct sg_wall) { s };
}

static inline struct sg_nexthop
sample_hop(const char *name)
{
	struct sg_nexthop hop = { .port = SG_SMTP_PORT };

	(void)snprintf(hop.name, sizeof(hop.name), "%s", name);
	return hop;
}

static inline struct sg_facts *
sample_facts(const char *name)
{
	struct sg_nexthop hop = sample_hop(name);
	struct sg_facts *f = sg_facts_new(&hop);

	ck_assert_ptr_nonnull(f);
	return f;
}

static inline void
sample_policy(struct sg_facts *f, const char *mode, unsigned max_age,
    const char *id, int64_t fetched_at)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
	    "version: STSv1\r\nmode: %s\r\nmx: mx.%s\r\nmx: *.%s\r\n"
	    "max_age: %u\r\n",
	    mode, "good.test", "good.test", max_age);
	struct sg_err err = { .text = "" };

	ck_assert_msg(sg_facts_set_policy(f, text, (size_t)n, id,
			  sample_time(fetched_at), &err) == SG_OK,
	    "policy: %s", err.text);
}

static inline void
sample_mx(struct sg_facts *f, unsigned n)
{
	ck_assert(sg_facts_set_mx(f, n) == SG_OK);
	f->mx_state = SG_MX_FOUND;
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(f->mx[i].host, sizeof(f->mx[i].host),
		    "mx%u.good.test", i);
		f->mx[i].preference = (uint16_t)(10 * (i + 1));
		f->mx[i].addrs = SG_ADDR_OK;
	}
}
#endif
