/* SPDX-License-Identifier: ISC */
/*
 * memory.c - the memory tier.
 *
 * Packed facts (packed.h) in an open hash table under each of up to 64
 * mutexes. A table is one array of 16 bytes a slot, filled to seven eighths,
 * that grows by a fifth: with a million domains the table costs each 20 bytes,
 * and a warm answer two or three lines of cache.
 *
 * Each slot knows when it was last used and whether it holds a policy. When
 * there are too many, the least recently used of a handful is pushed out, of
 * those without an unexpired policy if there is any in the whole stripe; only
 * when nothing else is left a policy, and then by another policy: mailing to
 * many domains cannot open the first-contact window of one that has a policy
 * (K-14, T16).
 *
 * The hash is keyed: names are chosen by whoever sends mail, and must not be
 * able to share a slot on purpose.
 */
#include "store/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "facts/packed.h"
#include "store/key_hash.h"

#define STRIPES 64
#define PER_STRIPE_MIN 16 /* below that, fewer stripes */
#define FIRST_SLOTS 8
#define HANDFUL 64        /* slots that an eviction compares */
#define EXPIRE_LOOK 65536 /* slots that one sg_memory_expire() looks at */
#define MALLOC_OWN 16     /* bytes that an allocation costs beside itself */
#define NEVER INT64_MAX

struct slot {
	struct sg_packed *packed; /* NULL: free */
	uint32_t hash;            /* its top bit: holds a policy */
	uint32_t used;            /* the stripe's tick when it was */
};
#define POLICY_BIT 0x80000000u

struct stripe {
	pthread_mutex_t mutex;
	/* all below */
	struct slot *slots;
	size_t size, n, n_policies, bytes;
	size_t hand;       /* where the last eviction stopped */
	uint32_t tick;
	int64_t first_due; /* no refetch_at is before */
	uint64_t epoch;    /* changes: puts and removals */
	unsigned long hits, evicted;
};

struct sg_memory {
	uint64_t secret[2];
	unsigned n_stripes; /* a power of two */
	size_t per_stripe, bytes_per_stripe;
	_Atomic unsigned expire_at; /* the stripe to go on with */
	struct stripe stripes[STRIPES];
};

/* The stripe of key, locked; *hash is what its table goes by. */
static struct stripe *
lock_stripe(struct sg_memory *m, const char *key, size_t len, uint32_t *hash)
{
	uint64_t h = sg_key_hash(m->secret, key, len);
	struct stripe *s = &m->stripes[(h >> 32) & (m->n_stripes - 1)];

	*hash = (uint32_t)h & ~POLICY_BIT;
	pthread_mutex_lock(&s->mutex);
	return s;
}

/* --- the table; the stripe's mutex is held --------------------------------- */

/* Where a hash would stand if nothing were in its way. */
static size_t
home(const struct stripe *s, uint32_t hash)
{
	return (size_t)((uint64_t)(hash & ~POLICY_BIT) * s->size >> 31);
}

static size_t
after(const struct stripe *s, size_t i)
{
	return i + 1 < s->size ? i + 1 : 0;
}

static struct slot *
find(struct stripe *s, const char *key, size_t len, uint32_t hash)
{
	if (s->size == 0)
		return NULL;
	for (size_t i = home(s, hash); s->slots[i].packed != NULL;
	     i = after(s, i))
		if ((s->slots[i].hash & ~POLICY_BIT) == hash &&
		    sg_packed_is(s->slots[i].packed, key, len))
			return &s->slots[i];
	return NULL;
}

/* There is a free slot. */
static struct slot *
place(struct stripe *s, struct slot what)
{
	size_t i = home(s, what.hash);

	while (s->slots[i].packed != NULL)
		i = after(s, i);
	s->slots[i] = what;
	return &s->slots[i];
}

/* False: out of memory. */
static bool
make_room(struct stripe *s)
{
	struct slot *old = s->slots;
	size_t old_size = s->size;
	size_t size = old_size < FIRST_SLOTS ? FIRST_SLOTS
	                                     : old_size + old_size / 5 + 1;

	if (s->n + 1 <= old_size / 8 * 7)
		return true;
	s->slots = calloc(size, sizeof(*s->slots));
	if (s->slots == NULL) {
		s->slots = old;
		return s->n + 1 < old_size; /* slower, but it works */
	}
	s->size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].packed != NULL)
			(void)place(s, old[i]);
	free(old);
	return true;
}

static void
account(struct stripe *s, const struct slot *slot, bool comes)
{
	size_t bytes = sg_packed_size(slot->packed) + MALLOC_OWN +
	    sizeof(*slot) * 5 / 4;

	s->n += comes ? 1 : (size_t)-1;
	s->bytes += comes ? bytes : -bytes;
	if (slot->hash & POLICY_BIT)
		s->n_policies += comes ? 1 : (size_t)-1;
}

/* Takes the slot out; those behind it close up. */
static void
drop(struct stripe *s, struct slot *slot)
{
	size_t hole = (size_t)(slot - s->slots), i = hole;

	account(s, slot, false);
	sg_packed_free(&slot->packed);
	for (;;) {
		size_t h;

		i = after(s, i);
		if (s->slots[i].packed == NULL)
			break;
		h = home(s, s->slots[i].hash);
		/* Its home lies between hole and itself: it stays. */
		if (hole < i ? h > hole && h <= i : h > hole || h <= i)
			continue;
		s->slots[hole] = s->slots[i];
		s->slots[i].packed = NULL;
		hole = i;
	}
}

static bool
in_force(const struct slot *slot, struct sg_wall now)
{
	struct sg_packed_life life;

	if (!(slot->hash & POLICY_BIT))
		return false;
	sg_packed_life(slot->packed, &life);
	return sg_facts_in_force(life.fetched_at, life.max_age_s, now);
}

/* A policy that has expired is like any other. */
static bool
still_policy(struct stripe *s, struct slot *slot, struct sg_wall now)
{
	if (!(slot->hash & POLICY_BIT))
		return false;
	if (in_force(slot, now))
		return true;
	slot->hash &= ~POLICY_BIT;
	s->n_policies--;
	return false;
}

/* --- eviction ---------------------------------------------------------------- */

static bool
is_older(const struct stripe *s, const struct slot *a, const struct slot *b)
{
	return b == NULL || s->tick - a->used > s->tick - b->used;
}

/* The least recently used of a handful; more are looked at only to find one
   without a policy, if there is any. */
static struct slot *
pick_victim(struct stripe *s, struct sg_wall now)
{
	struct slot *other = NULL, *policy = NULL, *slot;

	for (size_t i = 0; i < s->size; i++) {
		if (i >= HANDFUL &&
		    (other != NULL || s->n_policies == s->n))
			break;
		s->hand = after(s, s->hand);
		slot = &s->slots[s->hand];
		if (slot->packed == NULL)
			continue;
		if (!still_policy(s, slot, now)) {
			if (is_older(s, slot, other))
				other = slot;
		} else if (is_older(s, slot, policy)) {
			policy = slot;
		}
	}
	return other != NULL ? other : policy;
}

static void
evict(struct sg_memory *m, struct stripe *s, struct sg_wall now)
{
	while (s->n > m->per_stripe ||
	    (s->bytes > m->bytes_per_stripe && s->n > 1)) {
		drop(s, pick_victim(s, now));
		s->evicted++;
	}
}

/* --- the interface ------------------------------------------------------- */

struct sg_memory *
sg_memory_new(size_t max_entries, size_t max_bytes)
{
	struct sg_memory *m = calloc(1, sizeof(*m));

	sg_assert(max_entries > 0 && max_bytes > 0);
	if (m == NULL)
		return NULL;
	arc4random_buf(m->secret, sizeof(m->secret));
	m->n_stripes = STRIPES;
	while (m->n_stripes > 1 && max_entries / m->n_stripes < PER_STRIPE_MIN)
		m->n_stripes /= 2;
	m->per_stripe = max_entries / m->n_stripes;
	m->bytes_per_stripe = max_bytes / m->n_stripes;
	for (unsigned i = 0; i < m->n_stripes; i++) {
		sg_assert(pthread_mutex_init(&m->stripes[i].mutex, NULL) == 0);
		m->stripes[i].first_due = NEVER;
	}
	return m;
}

void
sg_memory_free(struct sg_memory **mp)
{
	struct sg_memory *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	for (unsigned i = 0; i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		for (size_t k = 0; k < s->size; k++)
			sg_packed_free(&s->slots[k].packed);
		free(s->slots);
		pthread_mutex_destroy(&s->mutex);
	}
	free(m);
}

static enum sg_rc
get(struct sg_memory *m, const char *key, bool use, struct sg_facts **out_r,
    uint64_t *epoch)
{
	size_t len = strlen(key);
	enum sg_rc rc = SG_NONE;
	struct stripe *s;
	struct slot *slot;
	uint32_t hash;

	s = lock_stripe(m, key, len, &hash);
	if ((slot = find(s, key, len, hash)) != NULL) {
		if (use) {
			slot->used = ++s->tick;
			s->hits++;
		}
		*out_r = sg_facts_unpack(slot->packed);
		rc = *out_r != NULL ? SG_OK : SG_RETRY;
	}
	if (epoch != NULL)
		*epoch = s->epoch;
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

enum sg_rc
sg_memory_get(struct sg_memory *m, const char *key, struct sg_facts **out_r,
    uint64_t *epoch)
{
	return get(m, key, true, out_r, epoch);
}

enum sg_rc
sg_memory_peek(struct sg_memory *m, const char *key, struct sg_facts **out_r)
{
	return get(m, key, false, out_r, NULL);
}

/* Takes packed over. */
static void
put_locked(struct sg_memory *m, struct stripe *s, const char *key,
    uint32_t hash, struct sg_packed *packed, struct sg_wall now)
{
	struct slot *slot = find(s, key, strlen(key), hash), new;
	struct sg_packed_life life;

	if (slot != NULL)
		drop(s, slot);
	if (!make_room(s)) {
		sg_packed_free(&packed);
		return;
	}
	sg_packed_life(packed, &life);
	new = (struct slot) { packed, hash, ++s->tick };
	if (life.has_policy &&
	    sg_facts_in_force(life.fetched_at, life.max_age_s, now))
		new.hash |= POLICY_BIT;
	account(s, place(s, new), true);
	if (new.hash & POLICY_BIT && life.refetch_at.s != 0 &&
	    life.refetch_at.s < s->first_due)
		s->first_due = life.refetch_at.s;
	evict(m, s, now);
}

static void
put(struct sg_memory *m, const char *key, const struct sg_facts *f,
    struct sg_wall now, const uint64_t *epoch)
{
	struct sg_packed *packed = sg_facts_pack(f);
	size_t len = strlen(key);
	struct stripe *s;
	uint32_t hash;

	s = lock_stripe(m, key, len, &hash);
	if (epoch == NULL)
		s->epoch++;
	if (packed == NULL) {
		struct slot *old = find(s, key, len, hash);

		/* Better nothing than what is not true any more. */
		if (old != NULL && epoch == NULL)
			drop(s, old);
	} else if (epoch == NULL || (s->epoch == *epoch &&
		find(s, key, len, hash) == NULL)) {
		put_locked(m, s, key, hash, packed, now);
		packed = NULL;
	}
	pthread_mutex_unlock(&s->mutex);
	sg_packed_free(&packed);
}

void
sg_memory_put(struct sg_memory *m, const char *key, const struct sg_facts *f,
    struct sg_wall now)
{
	put(m, key, f, now, NULL);
}

void
sg_memory_keep(struct sg_memory *m, const char *key, const struct sg_facts *f,
    struct sg_wall now, uint64_t epoch)
{
	put(m, key, f, now, &epoch);
}

bool
sg_memory_remove(struct sg_memory *m, const char *key)
{
	size_t len = strlen(key);
	struct stripe *s;
	struct slot *slot;
	uint32_t hash;

	s = lock_stripe(m, key, len, &hash);
	s->epoch++;
	slot = find(s, key, len, hash);
	if (slot != NULL)
		drop(s, slot);
	pthread_mutex_unlock(&s->mutex);
	return slot != NULL;
}

/* --- walks --------------------------------------------------------------- */

/* Sorts one more into the n of out and at, which hold at most max. */
static size_t
insert_due(const struct slot *slot, int64_t t, struct sg_nexthop *out,
    int64_t *at, size_t n, size_t max)
{
	size_t i = n;

	if (n == max && t >= at[n - 1])
		return n;
	if (n == max)
		i = --n;
	for (; i > 0 && at[i - 1] > t; i--) {
		at[i] = at[i - 1];
		out[i] = out[i - 1];
	}
	at[i] = t;
	sg_packed_hop(slot->packed, &out[i]);
	return n + 1;
}

static size_t
due_of_stripe(struct stripe *s, struct sg_wall now, struct sg_nexthop *out,
    int64_t *at, size_t n, size_t max)
{
	int64_t first = NEVER, t;
	struct sg_packed_life life;

	for (size_t i = 0; i < s->size; i++) {
		const struct slot *slot = &s->slots[i];

		if (slot->packed == NULL || !in_force(slot, now))
			continue;
		sg_packed_life(slot->packed, &life);
		t = life.refetch_at.s;
		if (t == 0)
			continue;
		first = t < first ? t : first;
		if (t <= now.s)
			n = insert_due(slot, t, out, at, n, max);
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

static size_t
expire_stripe(struct stripe *s, struct sg_wall stale_before,
    struct sg_wall now, size_t max)
{
	struct sg_packed_life life;
	size_t n = 0;

	/* What closes up into a dropped slot is looked at next; what wraps
	   around to the front is left for the next time. */
	for (size_t i = 0; i < s->size && n < max;) {
		struct slot *slot = &s->slots[i];

		if (slot->packed == NULL || still_policy(s, slot, now)) {
			i++;
			continue;
		}
		sg_packed_life(slot->packed, &life);
		if (life.fresh_until.s >= stale_before.s ||
		    (life.has_policy && sg_facts_in_force(life.fetched_at,
			life.max_age_s, now))) {
			i++;
			continue;
		}
		s->epoch++;
		drop(s, slot);
		n++;
	}
	return n;
}

size_t
sg_memory_expire(struct sg_memory *m, struct sg_wall stale_before,
    struct sg_wall now, size_t max)
{
	size_t n = 0, looked = 0;

	for (unsigned i = 0; i < m->n_stripes && n < max &&
	     looked < EXPIRE_LOOK; i++) {
		struct stripe *s = &m->stripes[m->expire_at % m->n_stripes];

		pthread_mutex_lock(&s->mutex);
		n += expire_stripe(s, stale_before, now, max - n);
		looked += s->size;
		pthread_mutex_unlock(&s->mutex);
		if (n < max)
			m->expire_at++;
	}
	return n;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
key_of(const struct slot *slot)
{
	char key[SG_NEXTHOP_KEY_SIZE];
	struct sg_nexthop hop;

	sg_packed_hop(slot->packed, &hop);
	return strdup(sg_nexthop_key(&hop, key));
}

/* False: out of memory. */
static bool
keys_of_stripe(struct stripe *s, bool policies_only, char ***all, size_t *n)
{
	char **more = realloc(*all, (*n + s->n + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	*all = more;
	for (size_t i = 0; i < s->size; i++) {
		const struct slot *slot = &s->slots[i];

		if (slot->packed == NULL ||
		    (policies_only && !(slot->hash & POLICY_BIT)))
			continue;
		more[*n] = key_of(slot);
		if (more[*n] == NULL)
			return false;
		(*n)++;
	}
	return true;
}

char **
sg_memory_keys(struct sg_memory *m, bool policies_only, size_t *n)
{
	char **all = NULL;
	bool go_on = true;

	*n = 0;
	for (unsigned i = 0; go_on && i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		go_on = keys_of_stripe(s, policies_only, &all, n);
		pthread_mutex_unlock(&s->mutex);
	}
	if (go_on) {
		qsort(all, *n, sizeof(*all), by_key);
		return all;
	}
	while (*n > 0)
		free(all[--*n]);
	free(all);
	return NULL;
}

void
sg_memory_stats(struct sg_memory *m, struct sg_memory_stats *out)
{
	*out = (struct sg_memory_stats) { .entries = 0 };
	for (unsigned i = 0; i < m->n_stripes; i++) {
		struct stripe *s = &m->stripes[i];

		pthread_mutex_lock(&s->mutex);
		out->entries += s->n;
		out->policies += s->n_policies;
		out->bytes += s->bytes;
		out->hits += s->hits;
		out->evicted += s->evicted;
		pthread_mutex_unlock(&s->mutex);
	}
}
