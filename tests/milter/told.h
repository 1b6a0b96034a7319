/* SPDX-License-Identifier: ISC */
/* told.h - a decision with all that the words need, to be changed by each
   test. */
#ifndef SG_TESTS_MILTER_TOLD_H
#define SG_TESTS_MILTER_TOLD_H
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct sg_group group;
static struct sg_asked asked;
static struct sg_verdict verdict;
static struct sg_decision decision;
static struct sg_facts facts;
static struct sg_told told;

/* Before each test, forked or not. */
static inline void
set_up(void)
{
	group = (struct sg_group) { .name = (char *)"finance" };
	asked = (struct sg_asked) { .group = &group };
	verdict = (struct sg_verdict) { .mx = "" };
	decision = (struct sg_decision) { .action = SG_ACTION_ACCEPT };
	facts = (struct sg_facts) { .n_mx = 0 };
	told = (struct sg_told) { .id = "4f3a9c21", .qid = "",
		.next_hop = "good.test", .asked = &asked, .verdict = &verdict,
		.decision = &decision, .source = "memory", .ms = 0.0814 };
}

/* A refusal as the MTA sends it. */
static inline const char *
refuse(enum sg_action action, char *out, size_t size)
{
	struct sg_reply r;

	memset(&r, 0xa5, sizeof(r));
	sg_reply_make(&told, action, &r);
	snprintf(out, size, "%s %s %s", r.code, r.xcode, r.text);
	return out;
}

struct judged {
	enum sg_result result;
	enum sg_reason reason;
	enum sg_gap gap;
	enum sg_level published, required;
	const char *mx;
	bool requiretls, unvouched;
};

static inline void
set_verdict(const struct judged *j)
{
	verdict = (struct sg_verdict) { .result = j->result,
		.reason = j->reason, .gap = j->gap, .published = j->published,
		.required = j->required, .mx = j->mx,
		.requiretls = j->requiretls, .unvouched = j->unvouched };
}

/* All printable ASCII, and without one character. */
static inline bool
is_clean(const char *text, char but_not)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text >= 0x7f || *text == but_not)
			return false;
	return true;
}
#endif
