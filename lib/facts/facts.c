/* SPDX-License-Identifier: ISC */
/*
 * facts.c - the facts value: made, counted, and asked for its policy.
 *
 * A policy is kept as its text and parsed from it wherever facts are made,
 * decoded or merged, so that no copy can say something else than the file
 * that was served.
 */
#include "facts/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/spare.h"
#include "facts/facts_private.h"

/* --- blocks -------------------------------------------------------------- */

/* Each warm answer unpacks facts into a block and gives it back some
   microseconds later. */
#define BLOCK_SIZE 4096

static struct sg_spare blocks = SG_SPARE(BLOCK_SIZE);

struct sg_facts *
sg_facts_block(size_t size)
{
	struct sg_facts *f;

	if (size <= BLOCK_SIZE) {
		size = BLOCK_SIZE;
		f = sg_spare_take(&blocks);
	} else {
		f = malloc(size);
	}
	if (f == NULL)
		return NULL;
	f->refs = 1;
	f->one_block = true;
	f->block_size = size;
	return f;
}

static void
give_back(struct sg_facts *f)
{
	if (f->block_size == BLOCK_SIZE)
		sg_spare_give(&blocks, f);
	else
		free(f);
}

struct sg_facts *
sg_facts_new(const struct sg_nexthop *hop)
{
	struct sg_facts *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->hop = *hop;
	f->refs = 1;
	return f;
}

enum sg_rc
sg_facts_set_mx(struct sg_facts *f, unsigned n)
{
	struct sg_facts_mx *mx = NULL;

	sg_assert(n <= SG_FACTS_MAX_MX && !f->one_block);
	if (n > 0 && (mx = calloc(n, sizeof(*mx))) == NULL)
		return SG_RETRY;
	free(f->mx);
	f->mx = mx;
	f->n_mx = n;
	return SG_OK;
}

enum sg_rc
sg_facts_set_policy(struct sg_facts *f, const char *text, size_t len,
    const char *id, struct sg_wall fetched_at, struct sg_err *err)
{
	struct sg_sts_policy *policy = NULL;
	size_t id_len = strlen(id);
	enum sg_rc rc;
	char *copy;

	sg_assert(!f->one_block);
	if (id_len >= sizeof(f->sts.policy_id)) {
		sg_err_set(err, SG_REASON_INTERNAL, "policy id is too long");
		return SG_BAD;
	}
	rc = sg_sts_policy_parse(text, len, &policy, NULL, err);
	if (rc != SG_OK)
		return rc;
	if ((copy = malloc(len + 1)) == NULL) {
		sg_sts_policy_free(&policy);
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return SG_RETRY;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	sg_sts_policy_free(&f->sts.policy);
	free(f->sts.text);
	f->sts.policy = policy;
	f->sts.text = copy;
	f->sts.text_len = len;
	memmove(f->sts.policy_id, id, id_len + 1);
	f->sts.fetched_at = fetched_at;
	return SG_OK;
}

void
sg_facts_drop_policy(struct sg_facts *f)
{
	sg_assert(!f->one_block);
	sg_sts_policy_free(&f->sts.policy);
	free(f->sts.text);
	f->sts.text = NULL;
	f->sts.text_len = 0;
	f->sts.policy_id[0] = '\0';
	f->sts.fetched_at.s = 0;
}

struct sg_facts *
sg_facts_ref(const struct sg_facts *f)
{
	/* The count is the one field that may change after publication. */
	struct sg_facts *mine = (struct sg_facts *)f;
	unsigned before = __atomic_fetch_add(&mine->refs, 1, __ATOMIC_RELAXED);

	sg_assert(before > 0);
	return mine;
}

void
sg_facts_unref(struct sg_facts **fp)
{
	struct sg_facts *f = *fp;
	unsigned before;

	*fp = NULL;
	if (f == NULL)
		return;
	before = __atomic_fetch_sub(&f->refs, 1, __ATOMIC_ACQ_REL);
	sg_assert(before > 0);
	if (before > 1)
		return;
	if (f->one_block) {
		give_back(f);
		return;
	}
	sg_sts_policy_free(&f->sts.policy);
	free(f->sts.text);
	free(f->mx);
	free(f);
}

bool
sg_facts_in_force(struct sg_wall fetched_at, uint32_t max_age_s,
    struct sg_wall now)
{
	int64_t age = now.s - fetched_at.s;

	if (age < -SG_FACTS_REFETCH_S)
		return false; /* K-11 */
	if (max_age_s == 0)
		return age == 0; /* P-11 */
	return age < (int64_t)max_age_s; /* K-01 */
}

const struct sg_sts_policy *
sg_facts_policy(const struct sg_facts *f, struct sg_wall now)
{
	const struct sg_sts_policy *p = f->sts.policy;

	return p != NULL &&
	    sg_facts_in_force(f->sts.fetched_at, p->max_age_s, now) ? p : NULL;
}

struct sg_wall
sg_facts_policy_expires(const struct sg_facts *f)
{
	struct sg_wall end = { 0 };

	if (f->sts.policy != NULL)
		end.s = f->sts.fetched_at.s + f->sts.policy->max_age_s;
	return end;
}
