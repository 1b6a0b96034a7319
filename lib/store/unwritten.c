/* SPDX-License-Identifier: ISC */
/*
 * unwritten.c - see unwritten.h.
 *
 * uthash keeps the order of insertion, which makes one table both the index
 * and the queue. It holds a thousand at most: a scan is good enough to find
 * what to drop.
 */
#include "store/unwritten.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((void)(e))
#include <uthash.h>

struct sg_unwritten_item {
	UT_hash_handle hh;
	struct sg_facts *facts;
	char key[SG_NEXTHOP_KEY_SIZE];
};

static void
drop_item(struct sg_unwritten *u, struct sg_unwritten_item *i)
{
	HASH_DEL(u->table, i);
	sg_facts_unref(&i->facts);
	free(i);
	u->n--;
}

static void
drop_one(struct sg_unwritten *u, struct sg_wall now)
{
	struct sg_unwritten_item *i;

	for (i = u->table; i != NULL; i = i->hh.next)
		if (i->facts != NULL && sg_facts_policy(i->facts, now) == NULL)
			break;
	drop_item(u, i != NULL ? i : u->table);
	u->dropped++;
}

void
sg_unwritten_add(struct sg_unwritten *u, const char *key, struct sg_facts *f,
    struct sg_wall now)
{
	struct sg_unwritten_item *i;
	size_t len = strlen(key);

	sg_assert(len < sizeof(i->key));
	HASH_FIND(hh, u->table, key, len, i);
	if (i != NULL)
		drop_item(u, i);
	if ((i = calloc(1, sizeof(*i))) == NULL) {
		u->dropped++;
		return;
	}
	memcpy(i->key, key, len + 1);
	HASH_ADD_KEYPTR(hh, u->table, i->key, len, i);
	if (i->hh.tbl == NULL) {
		free(i);
		u->dropped++;
		return;
	}
	i->facts = f != NULL ? sg_facts_ref(f) : NULL;
	if (++u->n > SG_UNWRITTEN_MAX)
		drop_one(u, now);
}

bool
sg_unwritten_find(const struct sg_unwritten *u, const char *key,
    struct sg_facts **out_r)
{
	struct sg_unwritten_item *i;

	HASH_FIND(hh, u->table, key, strlen(key), i);
	if (i == NULL)
		return false;
	*out_r = i->facts != NULL ? sg_facts_ref(i->facts) : NULL;
	return true;
}

size_t
sg_unwritten_first(const struct sg_unwritten *u, const char **keys,
    struct sg_facts **facts, size_t max)
{
	struct sg_unwritten_item *i;
	size_t n = 0;

	for (i = u->table; i != NULL && n < max; i = i->hh.next, n++) {
		keys[n] = i->key;
		facts[n] = i->facts;
	}
	return n;
}

void
sg_unwritten_drop(struct sg_unwritten *u, size_t n)
{
	for (; n > 0 && u->table != NULL; n--)
		drop_item(u, u->table);
}
