/* SPDX-License-Identifier: ISC */
/*
 * fuzz_merge.c - two facts of one next hop, what was known (or nothing) and
 * what a lookup learnt. The first octets are the moment and the jitter.
 *
 * Holds: an unexpired policy is displaced by another policy only (STANDARDS
 * C-16, K-09, P-17), and never lives longer without a fetch (K-02); merged
 * facts are ones that the store takes; what is needed next is well-formed.
 */
#include "facts/codec.h"
#include "fuzz/make_facts.h"

static const int64_t moments[] = { MAKE_NOW, MAKE_NOW + 60, MAKE_NOW + 90000,
	MAKE_NOW + 31557601 };

static void
check_policy(const struct sg_facts *old, const struct sg_facts *learnt,
    const struct sg_facts *new, struct sg_wall now)
{
	const struct sg_sts_policy *was = sg_facts_policy(old, now);

	if (was == NULL || learnt->sts.policy != NULL)
		return;
	fuzz_taken();
	fuzz_hold(sg_facts_policy(new, now) != NULL);
	fuzz_hold(new->sts.text_len == old->sts.text_len &&
	    memcmp(new->sts.text, old->sts.text, new->sts.text_len) == 0);
	fuzz_hold(sg_facts_policy_expires(new).s <=
	    sg_facts_policy_expires(old).s);
}

static void
check_record(const struct sg_facts *f)
{
	struct sg_facts *again = NULL;
	unsigned char *record = NULL;
	size_t len;

	fuzz_hold(sg_facts_encode(f, &record, &len) == SG_OK);
	fuzz_hold(len <= SG_FACTS_RECORD_MAX);
	fuzz_hold(sg_facts_decode(record, len, &again, NULL) == SG_OK);
	sg_facts_unref(&again);
	free(record);
}

static void
merge(const struct sg_facts *old, const struct sg_facts *learnt,
    struct sg_wall now, unsigned jitter)
{
	struct sg_facts *new = NULL, *nothing = NULL;
	struct sg_facts_need need;

	fuzz_hold(sg_facts_merge(old, learnt, now, jitter, &new) == SG_OK);
	if (old != NULL)
		check_policy(old, learnt, new, now);
	check_record(new);
	fuzz_hold(sg_facts_unlearnt(new, &new->hop, SG_REASON_TIMEOUT, now,
	    &nothing) == SG_OK);
	fuzz_hold((sg_facts_policy(nothing, now) == NULL) ==
	    (sg_facts_policy(new, now) == NULL));
	check_record(nothing);
	for (int fresh = 0; fresh < 2; fresh++) {
		memset(&need, 0xa5, sizeof(need));
		sg_facts_need(new, now, fresh, &need);
		fuzz_hold(fuzz_is_plain(need.known_id) &&
		    fuzz_is_plain(need.backoff_id));
	}
	sg_facts_unref(&nothing);
	sg_facts_unref(&new);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct sg_wall now = { moments[fuzz_below(&in, 4)] };
	unsigned jitter = fuzz_below(&in, 1001);
	struct sg_facts *old = fuzz_below(&in, 8) ? make_facts(&in) : NULL;
	struct sg_facts *learnt = make_facts(&in);

	merge(old, learnt, now, jitter);
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
	return 0;
}
