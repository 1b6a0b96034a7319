/* SPDX-License-Identifier: ISC */
/*
 * memory.c - the memory tier.
 *
 * A hash table (uthash) under each of up to 64 mutexes; two lists in each:
 * entries that hold an unexpired policy and the others, least recently used
 * last. Only when nothing else is left is a policy pushed out, and then by
 * another policy: mailing to many domains cannot open the first-contact window
 * of one that has a policy (K-14, T16). An entry whose policy has expired is
 * moved to the others when room is needed; so that this does not mean looking
 * at all of them each time, a stripe knows when the first of them may expire,
 * and likewise when the first of them may be due for its daily fetch.
 *
 * The hash is keyed: names are chosen by whoever sends mail, and must not be
 * able to share a bucket on purpose.
 */
#include "store/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "store/key_hash.h"

/* No exit(3) for want of memory: the entry is not kept, that is all. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((void)(e))
#include <uthash.h>

#define STRIPES 64
#define PER_STRIPE_MIN 16 /* below that, fewer stripes */
#define NEVER INT64_MAX

struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) link;
	struct sg_facts *facts;
	bool policy; /* on the list of policies */
	char key[];
};
TAILQ_HEAD(entries, entry);

struct stripe {
	pthread_mutex_t mutex;
	/* all below */
	struct entry *table;
	struct entries policies, others; /* first = last used */
	size_t n_policies;
	int64_t first_expiry; /* no policy expires before */
	int64_t first_due;    /* no refetch_at is before */
	uint64_t epoch;       /* changes: puts and removals */
	unsigned long hits, evicted;
};

struct sg_memory {
	uint64_t secret[2];
	unsigned n_stripes; /* a power of two */
	size_t per_stripe;
	struct stripe stripes[STRIPES];
};

/* The stripe of key, locked; *hash is what its table goes by. */
static struct stripe *
lock_stripe(struct sg_memory *m, const char *key, unsigned *hash)
{
	uint64_t h = sg_key_hash(m->secret, key, strlen(key));
	struct stripe *s = &m->stripes[(h >> 32) & (m->n_stripes - 1)];

	*hash = (unsigned)h;
	pthread_mutex_lock(&s->mutex);
	return s;
}

static struct entry *
find(struct stripe *s, const char *key, unsigned hash)
{
	struct entry *e;

	HASH_FIND_BYHASHVALUE(hh, s->table, key, strlen(key), hash, e);
	return e;
}

/* --- lists; the stripe's mutex is held ----------------------------------- */

static void
list_add(struct stripe *s, struct entry *e, bool policy, bool as_last_used)
{
	struct entries *list = policy ? &s->policies : &s->others;

	e->policy = policy;
	s->n_policies += policy;
	if (as_last_used)
		TAILQ_INSERT_HEAD(list, e, link);
	else
		TAILQ_INSERT_TAIL(list, e, link);
}

static void
list_remove(struct stripe *s, struct entry *e)
{
	TAILQ_REMOVE(e->policy ? &s->policies : &s->others, e, link);
	s->n_policies -= e->policy;
}

/* Files e by what its facts are at now. */
static void
file_entry(struct stripe *s, struct entry *e, struct sg_wall now)
{
	bool policy = sg_facts_policy(e->facts, now) != NULL;
	int64_t t;

	list_add(s, e, policy, true);
	if (!policy)
		return;
	t = sg_facts_policy_expires(e->facts).s;
	s->first_expiry = t < s->first_expiry ? t : s->first_expiry;
	t = e->facts->refetch_at.s;
	if (t != 0)
		s->first_due = t < s->first_due ? t : s->first_due;
}

/* Takes e out of everything; its reference is now the caller's. */
static struct sg_facts *
drop(struct stripe *s, struct entry *e)
{
	struct sg_facts *f = e->facts;

	list_remove(s, e);
	HASH_DEL(s->table, e);
	free(e);
	return f;
}

static void
demote_expired(struct stripe *s, struct sg_wall now)
{
	struct entry *e, *next;
	int64_t first = NEVER, t;

	if (now.s < s->first_expiry)
		return;
	for (e = TAILQ_FIRST(&s->policies); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		t = sg_facts_policy_expires(e->facts).s;
		if (sg_facts_policy(e->facts, now) == NULL) {
			list_remove(s, e);
			list_add(s, e, false, false);
		} else if (t < first) {
			first = t;
		}
	}
	s->first_expiry = first;
}

/* What must go, if there are too many; NULL if not. */
static struct sg_facts *
evict(struct sg_memory *m, struct stripe *s, struct sg_wall now)
{
	struct entry *e;

	if (HASH_COUNT(s->table) <= m->per_stripe)
		return NULL;
	demote_expired(s, now);
	e = TAILQ_LAST(&s->others, entries);
	if (e == NULL)
		e = TAILQ_LAST(&s->policies, entries);
	s->evicted++;
	return drop(s, e);
}

/* --- the interface ------------------------------------------------------- */

struct sg_memory *
sg_memory_new(size_t max_entries)
{
	struct sg_memory *m = calloc(1, sizeof(*m));

	sg_assert(max_entries > 0);
	if (m == NULL)
		return NULL;
	arc4random_buf(m->secret, sizeof(m->secret));
	m->n_stripes = STRIPES;
	while (m->n_stripes > 1 && max_entries / m->n_stripes < PER_STRIPE_MIN)
		m->n_stripes /= 2;
	m->per_stripe = max_entries / m->n_stripes;
	for (unsigned i = 0; i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		sg_assert(pthread_mutex_init(&s->mutex, NULL) == 0);
		TAILQ_INIT(&s->policies);
		TAILQ_INIT(&s->others);
		s->first_expiry = s->first_due = NEVER;
	}
	return m;
}

void
sg_memory_free(struct sg_memory **mp)
{
	struct sg_memory *m = *mp;
	struct entry *e, *next;
	struct sg_facts *f;

	*mp = NULL;
	if (m == NULL)
		return;
	for (unsigned i = 0; i < m->n_stripes; i++) {
		HASH_ITER(hh, m->stripes[i].table, e, next) {
			f = drop(&m->stripes[i], e);
			sg_facts_unref(&f);
		}
		pthread_mutex_destroy(&m->stripes[i].mutex);
	}
	free(m);
}

struct sg_facts *
sg_memory_get(struct sg_memory *m, const char *key, uint64_t *epoch)
{
	struct sg_facts *f = NULL;
	struct stripe *s;
	struct entry *e;
	unsigned hash;

	s = lock_stripe(m, key, &hash);
	if ((e = find(s, key, hash)) != NULL) {
		struct entries *list = e->policy ? &s->policies : &s->others;

		if (e != TAILQ_FIRST(list)) {
			TAILQ_REMOVE(list, e, link);
			TAILQ_INSERT_HEAD(list, e, link);
		}
		s->hits++;
		f = sg_facts_ref(e->facts);
	}
	if (epoch != NULL)
		*epoch = s->epoch;
	pthread_mutex_unlock(&s->mutex);
	return f;
}

struct sg_facts *
sg_memory_peek(struct sg_memory *m, const char *key)
{
	struct stripe *s;
	struct entry *e;
	unsigned hash;
	struct sg_facts *f;

	s = lock_stripe(m, key, &hash);
	e = find(s, key, hash);
	f = e != NULL ? sg_facts_ref(e->facts) : NULL;
	pthread_mutex_unlock(&s->mutex);
	return f;
}

/* A new entry in the table, on no list and without facts; NULL: out of
   memory. */
static struct entry *
add_entry(struct stripe *s, const char *key, unsigned hash)
{
	size_t len = strlen(key);
	struct entry *e = calloc(1, sizeof(*e) + len + 1);

	if (e == NULL)
		return NULL;
	memcpy(e->key, key, len + 1);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, s->table, e->key, len, hash, e);
	if (e->hh.tbl == NULL) {
		free(e);
		return NULL;
	}
	return e;
}

/* The facts that must be let go of, in out[2]: outside the lock, as freeing
   them takes time. */
static void
put_locked(struct sg_memory *m, struct stripe *s, const char *key,
    unsigned hash, struct sg_facts *f, struct sg_wall now,
    struct sg_facts *out[2])
{
	struct entry *e = find(s, key, hash);

	if (e != NULL) {
		out[0] = e->facts;
		list_remove(s, e);
	} else if ((e = add_entry(s, key, hash)) == NULL) {
		return;
	}
	e->facts = sg_facts_ref(f);
	file_entry(s, e, now);
	out[1] = evict(m, s, now);
}

void
sg_memory_put(struct sg_memory *m, const char *key, struct sg_facts *f,
    struct sg_wall now)
{
	struct sg_facts *gone[2] = { NULL, NULL };
	struct stripe *s;
	unsigned hash;

	s = lock_stripe(m, key, &hash);
	s->epoch++;
	put_locked(m, s, key, hash, f, now, gone);
	pthread_mutex_unlock(&s->mutex);
	sg_facts_unref(&gone[0]);
	sg_facts_unref(&gone[1]);
}

void
sg_memory_keep(struct sg_memory *m, const char *key, struct sg_facts *f,
    struct sg_wall now, uint64_t epoch)
{
	struct sg_facts *gone[2] = { NULL, NULL };
	struct stripe *s;
	unsigned hash;

	s = lock_stripe(m, key, &hash);
	if (s->epoch == epoch && find(s, key, hash) == NULL)
		put_locked(m, s, key, hash, f, now, gone);
	pthread_mutex_unlock(&s->mutex);
	sg_facts_unref(&gone[0]);
	sg_facts_unref(&gone[1]);
}

bool
sg_memory_remove(struct sg_memory *m, const char *key)
{
	struct sg_facts *gone = NULL;
	struct stripe *s;
	struct entry *e;
	unsigned hash;
	bool there;

	s = lock_stripe(m, key, &hash);
	s->epoch++;
	e = find(s, key, hash);
	there = e != NULL;
	if (there)
		gone = drop(s, e);
	pthread_mutex_unlock(&s->mutex);
	sg_facts_unref(&gone);
	return there;
}

/* --- walks --------------------------------------------------------------- */


/* Sorts one more into the n of out and at, which hold at most max. */
static size_t
insert_due(const struct sg_facts *f, struct sg_nexthop *out, int64_t *at,
    size_t n, size_t max)
{
	size_t i = n;

	if (n == max && f->refetch_at.s >= at[n - 1])
		return n;
	if (n == max)
		i = --n;
	for (; i > 0 && at[i - 1] > f->refetch_at.s; i--) {
		at[i] = at[i - 1];
		out[i] = out[i - 1];
	}
	at[i] = f->refetch_at.s;
	out[i] = f->hop;
	return n + 1;
}

static size_t
due_of_stripe(struct stripe *s, struct sg_wall now, struct sg_nexthop *out,
    int64_t *at, size_t n, size_t max)
{
	int64_t first = NEVER, t;
	struct entry *e;

	TAILQ_FOREACH (e, &s->policies, link) {
		t = e->facts->refetch_at.s;
		if (t == 0 || sg_facts_policy(e->facts, now) == NULL)
			continue;
		first = t < first ? t : first;
		if (t <= now.s)
			n = insert_due(e->facts, out, at, n, max);
	}
	s->first_due = first;
	return n;
}

size_t
sg_memory_due(struct sg_memory *m, struct sg_wall now, struct sg_nexthop *out,
    size_t max)
{
	int64_t *at = calloc(max > 0 ? max : 1, sizeof(*at));
	size_t n = 0;

	for (unsigned i = 0; at != NULL && max > 0 && i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		if (s->first_due <= now.s)
			n = due_of_stripe(s, now, out, at, n, max);
		pthread_mutex_unlock(&s->mutex);
	}
	free(at);
	return n;
}

size_t
sg_memory_expire(struct sg_memory *m, struct sg_wall stale_before,
    struct sg_wall now, size_t max)
{
	struct entry *e, *next;
	struct sg_facts *f;
	size_t n = 0;

	for (unsigned i = 0; i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		demote_expired(s, now);
		for (e = TAILQ_FIRST(&s->others); e != NULL && n < max;
		     e = next) {
			next = TAILQ_NEXT(e, link);
			if (e->facts->fresh_until.s >= stale_before.s ||
			    sg_facts_policy(e->facts, now) != NULL)
				continue;
			s->epoch++;
			f = drop(s, e);
			sg_facts_unref(&f);
			n++;
		}
		pthread_mutex_unlock(&s->mutex);
	}
	return n;
}

static int
by_key(const void *a, const void *b)
{
	char key_a[SG_NEXTHOP_KEY_SIZE], key_b[SG_NEXTHOP_KEY_SIZE];

	sg_nexthop_key(&(*(struct sg_facts *const *)a)->hop, key_a);
	sg_nexthop_key(&(*(struct sg_facts *const *)b)->hop, key_b);
	return strcmp(key_a, key_b);
}

struct sg_facts **
sg_memory_all(struct sg_memory *m, bool policies_only, size_t *n)
{
	struct sg_facts **all =
	    calloc(m->n_stripes * (m->per_stripe + 1), sizeof(*all));
	struct entry *e;

	*n = 0;
	for (unsigned i = 0; all != NULL && i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		TAILQ_FOREACH (e, &s->policies, link)
			all[(*n)++] = sg_facts_ref(e->facts);
		if (!policies_only)
			TAILQ_FOREACH (e, &s->others, link)
				all[(*n)++] = sg_facts_ref(e->facts);
		pthread_mutex_unlock(&s->mutex);
	}
	if (*n > 0)
		qsort(all, *n, sizeof(*all), by_key);
	return all;
}

void
sg_memory_stats(struct sg_memory *m, struct sg_memory_stats *out)
{
	*out = (struct sg_memory_stats) { .entries = 0 };
	for (unsigned i = 0; i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		out->entries += HASH_COUNT(s->table);
		out->policies += s->n_policies;
		out->hits += s->hits;
		out->evicted += s->evicted;
		pthread_mutex_unlock(&s->mutex);
	}
}
