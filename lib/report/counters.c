/* SPDX-License-Identifier: ISC */
/*
 * counters.c - see counters.h.
 *
 * Fixed arrays of atomics: a recipient's decision is one addition, wherever
 * it is counted, and reading needs no lock. Group names are put down once, in
 * a list that only grows; the few names are compared faster than hashed.
 */
#include "report/counters.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_RESULTS 4
#define N_ACTIONS 5
#define OTHER SG_COUNTERS_MAX_GROUPS

enum kind { K_TXT, K_POLICY, K_MX, K_TLSA, K_PROBE, N_KINDS };
enum outcome { O_OK, O_NONE, O_ERROR, O_UNCONFIRMED, N_OUTCOMES };
static const char *const kind_name[N_KINDS] = { "txt", "policy", "mx", "tlsa",
	"probe" };
static const char *const outcome_name[N_OUTCOMES] = { "ok", "none", "error",
	"unconfirmed" };

const double sg_counters_bound[SG_COUNTERS_BUCKETS] = { 0.01, 0.025, 0.05, 0.1,
	0.25, 0.5, 1, 2.5, 5, 10 };

static atomic_ulong decisions[SG_COUNTERS_MAX_GROUPS + 1][N_RESULTS]
			     [N_ACTIONS][N_ACTIONS];
static atomic_ulong failures[SG_REASON_COUNT];
static atomic_ulong lookups[N_KINDS][N_OUTCOMES];
static atomic_ulong missed_lookups[SG_REASON_COUNT];
static atomic_ulong buckets[SG_COUNTERS_BUCKETS + 1];
static atomic_ulong total_ms;

/* The mutex guards adding to groups; names stand still once n counts them. */
static pthread_mutex_t groups_mutex = PTHREAD_MUTEX_INITIALIZER;
static char group_name[SG_COUNTERS_MAX_GROUPS][33];
static atomic_uint n_groups;

/* The mutex guards the policies whose refresh fails. */
static pthread_mutex_t failing_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct failing {
	char key[SG_NEXTHOP_KEY_SIZE];
	struct sg_wall expires;
} *failing;
static size_t n_failing;

static void
add(atomic_ulong *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static unsigned long
value(atomic_ulong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* --- decisions ------------------------------------------------------------- */

static unsigned
find_group(const char *name, unsigned from, unsigned n)
{
	for (unsigned i = from; i < n; i++)
		if (strcmp(group_name[i], name) == 0)
			return i;
	return OTHER;
}

static unsigned
group_slot(const char *name)
{
	unsigned n = atomic_load_explicit(&n_groups, memory_order_acquire);
	unsigned i = find_group(name, 0, n);

	if (i != OTHER || n == SG_COUNTERS_MAX_GROUPS)
		return i;
	pthread_mutex_lock(&groups_mutex);
	n = atomic_load(&n_groups);
	i = find_group(name, 0, n);
	if (i == OTHER && n < SG_COUNTERS_MAX_GROUPS) {
		snprintf(group_name[n], sizeof(group_name[n]), "%s", name);
		i = n;
		atomic_store_explicit(&n_groups, n + 1, memory_order_release);
	}
	pthread_mutex_unlock(&groups_mutex);
	return i;
}

void
sg_count_decision(const struct sg_counted *w)
{
	if ((unsigned)w->result >= N_RESULTS ||
	    (unsigned)w->action >= N_ACTIONS ||
	    (unsigned)w->applied >= N_ACTIONS)
		return;
	add(&decisions[group_slot(w->group)][w->result][w->action]
		      [w->applied]);
	if (w->result != SG_RESULT_PASS && w->reason != SG_REASON_NONE &&
	    (unsigned)w->reason < SG_REASON_COUNT)
		add(&failures[w->reason]);
}

/* --- lookups --------------------------------------------------------------- */

static void
count_txt(const struct sg_facts_txt *txt)
{
	switch (txt->state) {
	case SG_TXT_UNASKED:
		break;
	case SG_TXT_RECORD:
		add(&lookups[K_TXT][O_OK]);
		break;
	case SG_TXT_NONE:
	case SG_TXT_INVALID:
		add(&lookups[K_TXT][O_NONE]);
		break;
	default:
		add(&lookups[K_TXT][O_ERROR]);
	}
}

static void
count_mx(const struct sg_facts *f)
{
	switch (f->mx_state) {
	case SG_MX_UNASKED:
	case SG_MX_HOST:
		break;
	case SG_MX_ERROR:
	case SG_MX_BOGUS:
		add(&lookups[K_MX][O_ERROR]);
		break;
	case SG_MX_NULL:
	case SG_MX_NXDOMAIN:
		add(&lookups[K_MX][O_NONE]);
		break;
	default:
		add(&lookups[K_MX][O_OK]);
	}
}

static void
count_host(const struct sg_facts_mx *mx)
{
	static const enum outcome tlsa[] = {
		[SG_TLSA_NONE] = O_NONE, [SG_TLSA_USABLE] = O_OK,
		[SG_TLSA_UNUSABLE] = O_OK, [SG_TLSA_ERROR] = O_ERROR,
		[SG_TLSA_BOGUS] = O_ERROR };

	if (mx->tlsa < SG_TLSA_UNASKED)
		add(&lookups[K_TLSA][tlsa[mx->tlsa]]);
	if (mx->probe.state == SG_PROBE_OK)
		add(&lookups[K_PROBE][O_OK]);
	else if (mx->probe.state != SG_PROBE_UNTESTED)
		add(&lookups[K_PROBE][O_ERROR]);
}

void
sg_count_lookup(const struct sg_facts *learnt)
{
	count_txt(&learnt->sts.txt);
	if (learnt->sts.policy != NULL)
		add(&lookups[K_POLICY][O_OK]);
	else if (learnt->sts.fetch.reason == SG_REASON_STS_POLICY_UNCONFIRMED)
		add(&lookups[K_POLICY][O_UNCONFIRMED]);
	else if (learnt->sts.fetch.tried)
		add(&lookups[K_POLICY][O_ERROR]);
	count_mx(learnt);
	for (unsigned n = 0; n < learnt->n_mx; n++)
		count_host(&learnt->mx[n]);
}

void
sg_count_lookup_ms(int64_t ms)
{
	size_t i = 0;

	while (i < SG_COUNTERS_BUCKETS &&
	    (double)ms / 1e3 > sg_counters_bound[i])
		i++;
	add(&buckets[i]);
	atomic_fetch_add(&total_ms, (unsigned long)(ms > 0 ? ms : 0));
}

void
sg_count_missed(enum sg_reason missed)
{
	if ((unsigned)missed < SG_REASON_COUNT)
		add(&missed_lookups[missed]);
}

/* --- policies whose refresh fails ------------------------------------------- */

static size_t
find_failing(const char *key)
{
	size_t i = 0;

	while (i < n_failing && strcmp(failing[i].key, key) != 0)
		i++;
	return i;
}

/* Mutex held. */
static void
keep_failing(const char *key, struct sg_wall expires)
{
	size_t i = find_failing(key);

	if (failing == NULL)
		failing = calloc(SG_COUNTERS_MAX_FAILING, sizeof(*failing));
	if (failing == NULL || i == SG_COUNTERS_MAX_FAILING)
		return;
	snprintf(failing[i].key, sizeof(failing[i].key), "%s", key);
	failing[i].expires = expires;
	if (i == n_failing)
		n_failing++;
}

void
sg_count_policy(const char *key, const struct sg_facts *f, struct sg_wall now)
{
	const struct sg_sts_policy *policy = sg_facts_policy(f, now);
	size_t i;

	pthread_mutex_lock(&failing_mutex);
	if (policy != NULL && policy->mode != SG_STS_MODE_NONE &&
	    f->sts.fetch.tried && f->sts.fetch.reason != SG_REASON_NONE &&
	    f->sts.fetch.reason != SG_REASON_STS_POLICY_UNCONFIRMED) {
		keep_failing(key, sg_facts_policy_expires(f));
	} else if ((i = find_failing(key)) < n_failing) {
		failing[i] = failing[--n_failing];
	}
	pthread_mutex_unlock(&failing_mutex);
}

struct sg_wall
sg_counters_first_expiry(struct sg_wall now)
{
	struct sg_wall first = { 0 };

	pthread_mutex_lock(&failing_mutex);
	for (size_t i = 0; i < n_failing;) {
		if (failing[i].expires.s <= now.s) {
			failing[i] = failing[--n_failing];
			continue;
		}
		if (first.s == 0 || failing[i].expires.s < first.s)
			first = failing[i].expires;
		i++;
	}
	pthread_mutex_unlock(&failing_mutex);
	return first;
}

/* --- reading ----------------------------------------------------------------- */

static void
each_decision(unsigned g, const char *name, sg_counter_fn *fn, void *arg)
{
	char labels[160];

	for (unsigned r = 0; r < N_RESULTS; r++)
		for (unsigned a = 0; a < N_ACTIONS; a++)
			for (unsigned p = 0; p < N_ACTIONS; p++) {
				unsigned long n = value(&decisions[g][r][a][p]);

				if (n == 0)
					continue;
				snprintf(labels, sizeof(labels),
				    "group=\"%s\",result=\"%s\",action=\"%s\","
				    "applied=\"%s\"", name, sg_result_name(r),
				    sg_action_name(a), sg_action_name(p));
				fn(arg, "stsgate_decisions_total", labels, n);
			}
}

static void
each_reason(atomic_ulong *of, const char *metric, const char *label,
    sg_counter_fn *fn, void *arg)
{
	char labels[80];

	for (unsigned i = 0; i < SG_REASON_COUNT; i++) {
		if (value(&of[i]) == 0)
			continue;
		snprintf(labels, sizeof(labels), "%s=\"%s\"", label,
		    sg_reason_name(i));
		fn(arg, metric, labels, value(&of[i]));
	}
}

void
sg_counters_each(sg_counter_fn *fn, void *arg)
{
	unsigned n = atomic_load_explicit(&n_groups, memory_order_acquire);
	char labels[80];

	for (unsigned g = 0; g < n; g++)
		each_decision(g, group_name[g], fn, arg);
	each_decision(OTHER, "other", fn, arg);
	each_reason(failures, "stsgate_failures_total", "reason", fn, arg);
	for (unsigned k = 0; k < N_KINDS; k++)
		for (unsigned o = 0; o < N_OUTCOMES; o++) {
			if (value(&lookups[k][o]) == 0)
				continue;
			snprintf(labels, sizeof(labels),
			    "kind=\"%s\",result=\"%s\"", kind_name[k],
			    outcome_name[o]);
			fn(arg, "stsgate_lookups_total", labels,
			    value(&lookups[k][o]));
		}
	each_reason(missed_lookups, "stsgate_lookups_total",
	    "kind=\"all\",result", fn, arg);
}

void
sg_counters_histogram(struct sg_histogram *out)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < SG_COUNTERS_BUCKETS; i++)
		out->le[i] = sum += value(&buckets[i]);
	out->count = sum + value(&buckets[SG_COUNTERS_BUCKETS]);
	out->sum_s = (double)value(&total_ms) / 1e3;
}

static void
zero(atomic_ulong *of, size_t n)
{
	while (n-- > 0)
		atomic_store(&of[n], 0);
}

void
sg_counters_reset(void)
{
	zero(&decisions[0][0][0][0], sizeof(decisions) / sizeof(atomic_ulong));
	zero(failures, SG_REASON_COUNT);
	zero(&lookups[0][0], sizeof(lookups) / sizeof(atomic_ulong));
	zero(missed_lookups, SG_REASON_COUNT);
	zero(buckets, SG_COUNTERS_BUCKETS + 1);
	atomic_store(&total_ms, 0);
	atomic_store(&n_groups, 0);
	pthread_mutex_lock(&failing_mutex);
	free(failing);
	failing = NULL;
	n_failing = 0;
	pthread_mutex_unlock(&failing_mutex);
}
