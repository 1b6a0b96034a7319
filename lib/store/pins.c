/* SPDX-License-Identifier: ISC */
/*
 * pins.c - see pins.h.
 *
 * One list has those with a pin in the order in which they were made, which is
 * that in which they end; another those of which the disk has yet to hear. An
 * entry whose pin is gone stays in the table for as long as it is on the
 * second. A pin that changes while it is being written is put on it again, and
 * that is all that it takes to get the order right.
 */
#include "store/pins.h"

#include <sys/queue.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "store/key_hash.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((void)(e))
#include <uthash.h>

struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) by_age, to_write;
	struct sg_pin *pin; /* NULL: gone, and the disk does not know */
	bool unwritten;     /* on that list */
	char key[];
};
TAILQ_HEAD(entries, entry);

struct sg_pins {
	uint64_t secret[2]; /* names are chosen by whoever sends mail */
	size_t max;
	pthread_mutex_t mutex;
	/* all below */
	struct entry *table;
	struct entries pinned, unwritten; /* by_age, oldest first; to_write */
	size_t n, n_unwritten; /* their lengths */
};

struct sg_pins *
sg_pins_new(size_t max)
{
	struct sg_pins *p = calloc(1, sizeof(*p));

	sg_assert(max > 0);
	if (p == NULL)
		return NULL;
	arc4random_buf(p->secret, sizeof(p->secret));
	p->max = max;
	sg_assert(pthread_mutex_init(&p->mutex, NULL) == 0);
	TAILQ_INIT(&p->pinned);
	TAILQ_INIT(&p->unwritten);
	return p;
}

/* --- entries; the mutex is held ---------------------------------------------- */

static unsigned
hash_of(const struct sg_pins *p, const char *key)
{
	return (unsigned)sg_key_hash(p->secret, key, strlen(key));
}

static struct entry *
find(struct sg_pins *p, const char *key, unsigned hash)
{
	struct entry *e;

	HASH_FIND_BYHASHVALUE(hh, p->table, key, strlen(key), hash, e);
	return e;
}

static struct entry *
add(struct sg_pins *p, const char *key, unsigned hash)
{
	size_t len = strlen(key);
	struct entry *e = calloc(1, sizeof(*e) + len + 1);

	if (e == NULL)
		return NULL;
	memcpy(e->key, key, len + 1);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, p->table, e->key, len, hash, e);
	if (e->hh.tbl == NULL) {
		free(e);
		return NULL;
	}
	return e;
}

static void
set_unwritten(struct sg_pins *p, struct entry *e, bool unwritten)
{
	if (e->unwritten == unwritten)
		return;
	e->unwritten = unwritten;
	if (unwritten) {
		TAILQ_INSERT_TAIL(&p->unwritten, e, to_write);
		p->n_unwritten++;
	} else {
		TAILQ_REMOVE(&p->unwritten, e, to_write);
		p->n_unwritten--;
	}
}

/* Gives e another pin, or none. */
static void
set_pin(struct sg_pins *p, struct entry *e, struct sg_pin *pin)
{
	if (e->pin != NULL) {
		TAILQ_REMOVE(&p->pinned, e, by_age);
		p->n--;
	}
	sg_pin_unref(&e->pin);
	if (pin == NULL)
		return;
	e->pin = sg_pin_ref(pin);
	TAILQ_INSERT_TAIL(&p->pinned, e, by_age);
	p->n++;
}

/* Nothing more is to be said of it. */
static void
drop_if_done(struct sg_pins *p, struct entry *e)
{
	if (e->pin != NULL || e->unwritten)
		return;
	HASH_DEL(p->table, e);
	free(e);
}

/* The disk drops by itself what has ended. */
static void
forget(struct sg_pins *p, struct entry *e, bool tell_disk)
{
	set_pin(p, e, NULL);
	set_unwritten(p, e, tell_disk);
	drop_if_done(p, e);
}

/* --- the interface ------------------------------------------------------------- */

void
sg_pins_free(struct sg_pins **pp)
{
	struct sg_pins *p = *pp;
	struct entry *e, *next;

	*pp = NULL;
	if (p == NULL)
		return;
	HASH_ITER(hh, p->table, e, next) {
		HASH_DEL(p->table, e);
		sg_pin_unref(&e->pin);
		free(e);
	}
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

struct sg_pin *
sg_pins_get(struct sg_pins *p, const char *key)
{
	unsigned hash = hash_of(p, key);
	struct sg_pin *pin = NULL;
	struct entry *e;

	pthread_mutex_lock(&p->mutex);
	e = find(p, key, hash);
	if (e != NULL && e->pin != NULL)
		pin = sg_pin_ref(e->pin);
	pthread_mutex_unlock(&p->mutex);
	return pin;
}

bool
sg_pins_suffice(struct sg_pins *p, const char *key, enum sg_level level,
    int64_t for_s, struct sg_wall now)
{
	unsigned hash = hash_of(p, key);
	struct entry *e;
	bool does;

	pthread_mutex_lock(&p->mutex);
	e = find(p, key, hash);
	does = e != NULL && sg_pin_suffices(e->pin, level, for_s, now);
	pthread_mutex_unlock(&p->mutex);
	return does;
}

bool
sg_pins_put(struct sg_pins *p, struct sg_pin *pin, bool unwritten)
{
	unsigned hash = hash_of(p, pin->key);
	struct entry *e;

	pthread_mutex_lock(&p->mutex);
	e = find(p, pin->key, hash);
	if (e == NULL)
		e = add(p, pin->key, hash);
	/* A disk that takes nothing must not make the table grow. */
	if (e != NULL && e->pin == NULL && p->n >= p->max)
		forget(p, TAILQ_FIRST(&p->pinned), p->n_unwritten < p->max);
	if (e != NULL) {
		set_pin(p, e, pin);
		set_unwritten(p, e, unwritten || e->unwritten);
	}
	pthread_mutex_unlock(&p->mutex);
	return e != NULL;
}

bool
sg_pins_remove(struct sg_pins *p, const char *key)
{
	struct entry *e;
	bool there;

	pthread_mutex_lock(&p->mutex);
	e = find(p, key, hash_of(p, key));
	there = e != NULL && e->pin != NULL;
	if (there)
		forget(p, e, true);
	pthread_mutex_unlock(&p->mutex);
	return there;
}

size_t
sg_pins_expire(struct sg_pins *p, struct sg_wall now, size_t max)
{
	struct entry *e, *next;
	size_t n = 0;

	pthread_mutex_lock(&p->mutex);
	for (e = TAILQ_FIRST(&p->pinned); e != NULL && n < max; e = next) {
		next = TAILQ_NEXT(e, by_age);
		/* Those behind it are younger. */
		if (e->pin->until.s > now.s)
			break;
		forget(p, e, false);
		n++;
	}
	pthread_mutex_unlock(&p->mutex);
	return n;
}

void
sg_pins_unwritten_all(struct sg_pins *p)
{
	struct entry *e, *next;

	pthread_mutex_lock(&p->mutex);
	HASH_ITER(hh, p->table, e, next)
		set_unwritten(p, e, true);
	pthread_mutex_unlock(&p->mutex);
}

size_t
sg_pins_take(struct sg_pins *p, struct sg_pin_change *out, size_t max)
{
	struct entry *e;
	size_t n = 0;

	pthread_mutex_lock(&p->mutex);
	while (n < max && (e = TAILQ_FIRST(&p->unwritten)) != NULL) {
		memcpy(out[n].key, e->key, strlen(e->key) + 1);
		out[n++].pin = e->pin != NULL ? sg_pin_ref(e->pin) : NULL;
		set_unwritten(p, e, false);
	}
	pthread_mutex_unlock(&p->mutex);
	return n;
}

void
sg_pins_give_back(struct sg_pins *p, struct sg_pin_change *changes, size_t n,
    bool written)
{
	struct entry *e;

	pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < n; i++) {
		e = find(p, changes[i].key, hash_of(p, changes[i].key));
		if (e != NULL && !written)
			set_unwritten(p, e, true);
		if (e != NULL)
			drop_if_done(p, e);
		sg_pin_unref(&changes[i].pin);
	}
	pthread_mutex_unlock(&p->mutex);
}

bool
sg_pins_any_unwritten(struct sg_pins *p)
{
	bool any;

	pthread_mutex_lock(&p->mutex);
	any = p->n_unwritten > 0;
	pthread_mutex_unlock(&p->mutex);
	return any;
}

size_t
sg_pins_count(struct sg_pins *p)
{
	size_t n;

	pthread_mutex_lock(&p->mutex);
	n = p->n;
	pthread_mutex_unlock(&p->mutex);
	return n;
}
