/* SPDX-License-Identifier: ISC */
/* sts_weaker.c - see sts_weaker.h. */
#include "policy/sts_weaker.h"

#include <string.h>

#include "policy/mx_match.h"

#define AGE_RATIO 10

/* Two wildcards that differ stand for different parents' names: no host is
   below both. */
static bool
have_common_host(const char *a, const char *b)
{
	bool wild_a = a[0] == '*', wild_b = b[0] == '*';

	if (strcmp(a, b) == 0)
		return true;
	if (wild_a == wild_b)
		return false;
	return wild_a ? sg_mx_match(a, b) : sg_mx_match(b, a);
}

static bool
is_disjoint(const struct sg_sts_policy *a, const struct sg_sts_policy *b)
{
	for (size_t i = 0; i < a->n_mx; i++)
		for (size_t j = 0; j < b->n_mx; j++)
			if (have_common_host(a->mx[i], b->mx[j]))
				return false;
	return true;
}

unsigned
sg_sts_policy_weaker(const struct sg_sts_policy *policy,
    const struct sg_sts_policy *old)
{
	unsigned how = 0;

	if (old->mode != SG_STS_MODE_ENFORCE)
		return 0;
	if (policy->mode != SG_STS_MODE_ENFORCE)
		return SG_STS_WEAKER_MODE;
	if (is_disjoint(policy, old))
		how |= SG_STS_WEAKER_MX;
	if (policy->max_age_s < old->max_age_s &&
	    (uint64_t)policy->max_age_s * AGE_RATIO <= old->max_age_s)
		how |= SG_STS_WEAKER_AGE;
	return how;
}
