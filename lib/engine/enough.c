/* SPDX-License-Identifier: ISC */
/* enough.c - see enough.h. */
#include "engine/enough.h"

bool
sg_enough_was_probed(const struct sg_facts *f)
{
	for (unsigned i = 0; f != NULL && i < f->n_mx; i++)
		if (f->mx[i].probe.state != SG_PROBE_UNTESTED)
			return true;
	return false;
}

/* An outage makes nobody wait who has a policy in force: the look at TXT that
   would be due fails just now, and is repeated beside the answer. */
bool
sg_enough_in_outage(const struct sg_facts *f, struct sg_wall now)
{
	return sg_facts_policy(f, now) != NULL &&
	    (f->sts.txt.state == SG_TXT_ERROR ||
	        f->sts.txt.state == SG_TXT_BOGUS);
}

/* Hosts from our own preference on are never asked about (N-08). */
static bool
is_cut(const struct sg_facts *f, unsigned i)
{
	for (unsigned j = 0; j < f->n_mx; j++)
		if (f->mx[j].is_self &&
		    f->mx[j].preference <= f->mx[i].preference)
			return true;
	return false;
}

/* A level is asked for, and nobody has tried what the MX hosts attain: a
   domain that publishes nothing is not probed unasked. */
static bool
lacks_probe(const struct sg_facts *f, bool demand)
{
	if (!demand || f == NULL || sg_enough_was_probed(f))
		return false;
	for (unsigned i = 0; i < f->n_mx; i++)
		if ((f->mx[i].addrs == SG_ADDR_OK ||
		        f->mx[i].addrs == SG_ADDR_UNASKED) &&
		    !is_cut(f, i))
			return true;
	return false;
}

/* REQUIRETLS is asked for, and a host that is good was not asked about it. */
static bool
lacks_requiretls(const struct sg_facts *f, bool whole)
{
	for (unsigned i = 0; whole && f != NULL && i < f->n_mx; i++)
		if (f->mx[i].probe.state == SG_PROBE_OK &&
		    f->mx[i].probe.requiretls == SG_REQUIRETLS_UNASKED)
			return true;
	return false;
}

bool
sg_enough_lacks_probe(const struct sg_facts *f, bool demand, bool whole)
{
	return lacks_probe(f, demand) || lacks_requiretls(f, whole);
}

bool
sg_enough_is_fresh(const struct sg_facts *f, struct sg_wall now)
{
	return now.s < f->fresh_until.s &&
	    f->fresh_until.s <= now.s + SG_FACTS_TTL_MAX_S;
}

/* Some host was no good when we looked last. Should it be one that refuses us
   only after the handshake (M-18), mail must not pass each time that this is
   forgotten: the last word is waited for. */
bool
sg_enough_was_refused(const struct sg_facts *f)
{
	for (unsigned i = 0; f != NULL && i < f->n_mx; i++)
		if (f->mx[i].probe.state == SG_PROBE_FAIL ||
		    f->mx[i].probe.state == SG_PROBE_UNREACHABLE)
			return true;
	return false;
}
