/* SPDX-License-Identifier: ISC */
/*
 * cell.c - see cell.h.
 *
 * The key of an entry is the cell itself, packed: what it says in five bytes
 * and a day, then its two names. When a table is full the name of the next hop
 * goes and the number stays; such entries are few, but not for ever: at twice
 * the size decisions are lost, and counted as that.
 */
#include "report/cell.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "store/key_hash.h"

/* No exit(3) for want of memory: what is not counted is counted as lost. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->unhashed = true)
#include <uthash.h>

#define WORDS 5
#define HEAD (sizeof(int32_t) + WORDS)
#define KEY_MAX (HEAD + SG_CELL_GROUP_SIZE + SG_NEXTHOP_KEY_SIZE)

struct sg_tally_entry {
	UT_hash_handle hh;
	uint64_t n;
	struct sg_wall first, last;
	bool unhashed; /* there was no memory to put it into the table */
	size_t len;
	unsigned char key[];
};

/* --- keys ----------------------------------------------------------------- */

/* Copies name with its NUL, cut to size; returns what it takes. */
static size_t
pack_name(unsigned char *out, const char *name, size_t size)
{
	size_t n = strnlen(name, size - 1);

	memcpy(out, name, n);
	out[n] = '\0';
	return n + 1;
}

static size_t
pack(const struct sg_cell *c, unsigned char key[KEY_MAX])
{
	const unsigned char words[WORDS] = { (unsigned char)c->result,
		(unsigned char)c->reason, (unsigned char)c->action,
		(unsigned char)c->applied, c->dry_run };
	size_t n = HEAD;

	memcpy(key, &c->day, sizeof(c->day));
	memcpy(key + sizeof(c->day), words, WORDS);
	n += pack_name(key + n, c->group, SG_CELL_GROUP_SIZE);
	n += pack_name(key + n, c->next_hop, SG_NEXTHOP_KEY_SIZE);
	return n;
}

/* The names are borrowed from e. */
static struct sg_cell
unpack(const struct sg_tally_entry *e)
{
	const unsigned char *words = e->key + sizeof(int32_t);
	struct sg_cell c = { .n = e->n, .first = e->first, .last = e->last };

	memcpy(&c.day, e->key, sizeof(c.day));
	c.result = (enum sg_result)words[0];
	c.reason = (enum sg_reason)words[1];
	c.action = (enum sg_action)words[2];
	c.applied = (enum sg_action)words[3];
	c.dry_run = words[4] != 0;
	c.group = (const char *)e->key + HEAD;
	c.next_hop = c.group + strlen(c.group) + 1;
	return c;
}

/* --- the table ------------------------------------------------------------ */

void
sg_tally_secret(uint64_t secret[2])
{
	arc4random_buf(secret, 2 * sizeof(secret[0]));
}

void
sg_tally_init(struct sg_tally *t, size_t max, const uint64_t secret[2])
{
	*t = (struct sg_tally) { .max = max, .secret = { secret[0],
		secret[1] } };
}

static struct sg_tally_entry *
find(const struct sg_tally *t, const unsigned char *key, size_t len,
    unsigned hash)
{
	struct sg_tally_entry *e;

	HASH_FIND_BYHASHVALUE(hh, t->table, key, len, hash, e);
	return e;
}

/* Takes e, or frees it when there is no memory for the table. */
static struct sg_tally_entry *
insert(struct sg_tally *t, struct sg_tally_entry *e, unsigned hash)
{
	e->unhashed = false;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, t->table, e->key, e->len, hash, e);
	if (e->unhashed) {
		free(e);
		return NULL;
	}
	t->n++;
	return e;
}

static struct sg_tally_entry *
make(struct sg_tally *t, const unsigned char *key, size_t len, unsigned hash)
{
	struct sg_tally_entry *e = calloc(1, sizeof(*e) + len);

	if (e == NULL)
		return NULL;
	e->len = len;
	memcpy(e->key, key, len);
	return insert(t, e, hash);
}

static struct sg_tally_entry *
find_or_make(struct sg_tally *t, const struct sg_cell *cell, bool *full)
{
	unsigned char key[KEY_MAX];
	size_t len = pack(cell, key);
	unsigned hash = (unsigned)sg_key_hash(t->secret, (const char *)key,
	    len);
	struct sg_tally_entry *e = find(t, key, len, hash);
	bool folded = strcmp(cell->next_hop, SG_CELL_OTHER) == 0;

	*full = e == NULL && t->n >= (folded ? 2 * t->max : t->max);
	if (e != NULL || *full)
		return e;
	return make(t, key, len, hash);
}

static void
add_to_entry(struct sg_tally_entry *e, const struct sg_cell *cell)
{
	if (e->n == 0 || cell->first.s < e->first.s)
		e->first = cell->first;
	if (e->n == 0 || cell->last.s > e->last.s)
		e->last = cell->last;
	e->n += cell->n;
}

void
sg_tally_add(struct sg_tally *t, const struct sg_cell *cell)
{
	struct sg_cell folded = *cell;
	struct sg_tally_entry *e;
	bool full;

	e = find_or_make(t, cell, &full);
	if (full) {
		folded.next_hop = SG_CELL_OTHER;
		e = find_or_make(t, &folded, &full);
	}
	if (e == NULL) {
		t->lost += cell->n;
		return;
	}
	add_to_entry(e, cell);
}

bool
sg_tally_each(const struct sg_tally *t,
    bool (*on_cell)(void *arg, const struct sg_cell *cell), void *arg)
{
	struct sg_tally_entry *e, *next;
	struct sg_cell cell;

	HASH_ITER(hh, t->table, e, next) {
		cell = unpack(e);
		if (!on_cell(arg, &cell))
			return false;
	}
	return true;
}

/* e is in no table any more. It goes into t as it is when t has no such one
   and there is room. */
static void
give(struct sg_tally *t, struct sg_tally_entry *e)
{
	const unsigned hash = e->hh.hashv;
	const struct sg_cell cell = unpack(e);
	struct sg_tally_entry *there = find(t, e->key, e->len, hash);

	if (there == NULL && t->n < t->max) {
		if (insert(t, e, hash) == NULL)
			t->lost += cell.n;
		return;
	}
	if (there != NULL)
		add_to_entry(there, &cell);
	else
		sg_tally_add(t, &cell);
	free(e);
}

void
sg_tally_move(struct sg_tally *from, struct sg_tally *to)
{
	struct sg_tally_entry *e, *next;

	HASH_ITER(hh, from->table, e, next) {
		HASH_DEL(from->table, e);
		give(to, e);
	}
	to->lost += from->lost;
	from->n = 0;
	from->lost = 0;
}

void
sg_tally_clear(struct sg_tally *t)
{
	struct sg_tally_entry *e, *next;

	HASH_ITER(hh, t->table, e, next) {
		HASH_DEL(t->table, e);
		free(e);
	}
	t->n = 0;
	t->lost = 0;
}
