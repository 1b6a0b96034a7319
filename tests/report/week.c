/* SPDX-License-Identifier: ISC */
/*
 * week.c - a week of traffic that never was, from a seed: 50,000 recipients,
 * 400 domains, 4 groups. Each is counted by the function that the session
 * calls, and logged by the function that words the log; week.py counts the
 * lines and compares.
 *
 *	week FILE [DAY [SEED]]
 *
 * writes FILE (report.sqlite) and prints the log, each line behind its time.
 * DAY (since 1970-01-01) is the last of the seven.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "report/days.h"

#define RECIPIENTS 50000
#define DOMAINS 400
#define DAYS 7
#define WRITE_EACH 5000

/* --- chance: xorshift64*, so that a seed says all --------------------------- */

static uint64_t state;

static uint64_t
any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717u >> 33) % below;
}

/* Small numbers more often: as some domains get most of the mail. */
static uint64_t
mostly_small(uint64_t below)
{
	uint64_t a = any(below), b = any(below), c = any(below);

	a = a < b ? a : b;
	return a < c ? a : c;
}

/* --- who, where, how it went ------------------------------------------------- */

static struct sg_group groups[] = {
	{ .name = (char *)"finance",
	    .rule = { .on_fail = SG_ACTION_REJECT } },
	{ .name = (char *)"board", .rule = { .on_fail = SG_ACTION_HOLD } },
	{ .name = (char *)"branch", .rule = { .on_fail = SG_ACTION_TAG } },
	{ .name = (char *)"default", .rule = { .on_fail = SG_ACTION_DEFER } },
};

/* The first half of the week is a dry run for all but the board. */
static bool
is_dry(unsigned group, unsigned day)
{
	return group != 1 && day < 4;
}

/* What is wrong with a domain, if anything; most are well. */
static enum sg_reason
trouble(unsigned domain)
{
	static const enum sg_reason reasons[] = { SG_REASON_CERT_EXPIRED,
		SG_REASON_MX_MISMATCH, SG_REASON_STARTTLS_NOT_SUPPORTED,
		SG_REASON_CERT_HOST_MISMATCH, SG_REASON_DNS_ERROR,
		SG_REASON_UNREACHABLE, SG_REASON_STS_POLICY_FETCH_ERROR,
		SG_REASON_VALIDATION_FAILURE };

	return domain % 9 == 5 ? reasons[domain / 9 % 8] : SG_REASON_NONE;
}

static bool
is_unknown(enum sg_reason r)
{
	return r == SG_REASON_DNS_ERROR || r == SG_REASON_UNREACHABLE ||
	    r == SG_REASON_STS_POLICY_FETCH_ERROR;
}

static void
name_of(unsigned domain, char out[SG_NEXTHOP_KEY_SIZE])
{
	static const char *const kinds[] = { "bank", "mail", "ministry",
		"university", "works", "clinic", "trade", "law" };

	if (domain % 50 == 49)
		snprintf(out, SG_NEXTHOP_KEY_SIZE, "[mx%u.partner.example]:587",
		    domain);
	else
		snprintf(out, SG_NEXTHOP_KEY_SIZE, "%s%u.example",
		    kinds[domain % 8], domain);
}

struct one {
	struct sg_asked asked;
	struct sg_verdict verdict;
	struct sg_decision decision;
	char key[SG_NEXTHOP_KEY_SIZE];
};

/* A trouble is not always there: certificates are renewed, DNS comes back. */
static void
judge(struct one *o, unsigned domain, unsigned day)
{
	enum sg_reason reason = trouble(domain);
	struct sg_verdict *v = &o->verdict;

	v->mx = "";
	if (reason == SG_REASON_NONE || (day > domain % 11 && any(3) > 0))
		return;
	v->result = is_unknown(reason) ? SG_RESULT_UNKNOWN : SG_RESULT_FAIL;
	v->reason = reason;
	o->decision.action = v->result == SG_RESULT_FAIL
	    ? o->asked.rule.on_fail
	    : any(2) == 0 ? SG_ACTION_TAG
			  : SG_ACTION_DEFER;
	o->decision.applied = o->decision.action;
	if (o->asked.dry_run)
		o->decision.applied = SG_ACTION_TAG;
}

static void
make(struct one *o, unsigned i, unsigned day)
{
	unsigned domain = i < DOMAINS ? i : (unsigned)mostly_small(DOMAINS);
	unsigned group = 3 - (unsigned)mostly_small(4);

	memset(o, 0, sizeof(*o));
	o->asked.group = &groups[group];
	o->asked.rule = groups[group].rule;
	o->asked.dry_run = is_dry(group, day);
	o->verdict.mx = "";
	name_of(domain, o->key);
	if (i >= DOMAINS && any(40) == 0) { /* local, or an address literal */
		snprintf(o->key, sizeof(o->key), "-");
		o->verdict.result = SG_RESULT_NOT_APPLICABLE;
	} else
		judge(o, domain, day);
}

/* --- the two that must agree ------------------------------------------------- */

static void
log_one(const struct one *o, struct sg_wall at)
{
	struct sg_told told = { .id = "4f3a9c21", .qid = "",
		.recipient = NULL, .next_hop = o->key, .asked = &o->asked,
		.facts = NULL, .verdict = &o->verdict,
		.decision = &o->decision, .source = "memory", .ms = 0.08 };
	char line[2000], when[SG_WALL_TEXT_SIZE];

	sg_reply_log(&told, line, sizeof(line));
	printf("%s stsgate[1]: front: %s\n", sg_wall_format(at, when), line);
}

static void
decide_one(struct sg_days *days, unsigned i, struct sg_wall at, unsigned day)
{
	struct one o;
	struct sg_days_decision what = { at, o.key, &o.asked, &o.verdict,
		&o.decision };

	make(&o, i, day);
	log_one(&o, at);
	sg_days_count(days, &what);
}

/* Working days have more mail, and days have more than nights. */
static struct sg_wall
some_time(int64_t last_day, unsigned *day)
{
	int64_t weekday, second;

	do {
		*day = (unsigned)any(DAYS);
		weekday = (last_day - DAYS + 1 + *day + 3) % 7; /* 0 = Monday */
	} while (weekday >= 5 && any(4) > 0);
	second = (int64_t)(any(43200) + any(43200));
	return (struct sg_wall) { (last_day - DAYS + 1 + *day) * SG_DAY_S +
		second };
}

int
main(int argc, char **argv)
{
	int64_t last = argc > 2 ? strtoll(argv[2], NULL, 10) : 20780;
	struct sg_days_params params = { .path = argv[1], .keep_days = 366 };
	struct sg_days *days;
	unsigned day;

	state = 0x5753u + (argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
	if (argc < 2 || (days = sg_days_new(&params)) == NULL)
		return 64;
	for (unsigned i = 0; i < RECIPIENTS; i++) {
		struct sg_wall at = some_time(last, &day);

		decide_one(days, i, at, day);
		/* As the thread does, now and then: cells grow on disk. */
		if (i % WRITE_EACH == 0 && !sg_days_flush(days))
			return 74;
	}
	if (!sg_days_stop(days, 60000))
		return 74;
	sg_days_free(&days);
	return fflush(stdout) == 0 ? 0 : 74;
}
