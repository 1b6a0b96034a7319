/* SPDX-License-Identifier: ISC */
/*
 * seal.c - see seal.h.
 *
 * What was seen is a table of a keyed hash of each name and a generation, some
 * 40 octets a key. It grows with what is read and written, to 16 MB; then the
 * oldest of those that lie near each other is forgotten. Two keys of one hash,
 * which nobody can choose, cost a lookup.
 */
#include "store/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/log.h"
#include "store/key_hash.h"

#define FIRST_SLOTS 256
#define MAX_SLOTS ((size_t)1 << 20)
#define REACH 16 /* an entry is at most so far from its home */
/* Generations begin at the clock: those of the next process are newer, unless
   it was set back; what it reads then sets them right. */
#define PER_SECOND_BITS 20
#define LATEST_S ((int64_t)1 << 40)

struct seen {
	uint64_t hash; /* 0: free */
	int64_t generation;
};

struct sg_seal {
	struct sg_key key;
	uint64_t secret[2];
	atomic_ulong refused;
	pthread_mutex_t mutex;
	/* all below */
	int64_t last; /* no generation that we know of is above */
	struct seen *slots;
	size_t size; /* a power of two */
};

struct sg_seal *
sg_seal_new(const struct sg_key *key, struct sg_wall now)
{
	struct sg_seal *seal = calloc(1, sizeof(*seal));

	if (seal == NULL)
		return NULL;
	seal->slots = calloc(FIRST_SLOTS, sizeof(*seal->slots));
	if (seal->slots == NULL) {
		free(seal);
		return NULL;
	}
	seal->size = FIRST_SLOTS;
	seal->key = *key;
	arc4random_buf(seal->secret, sizeof(seal->secret));
	if (now.s > 0 && now.s < LATEST_S)
		seal->last = now.s << PER_SECOND_BITS;
	sg_assert(pthread_mutex_init(&seal->mutex, NULL) == 0);
	return seal;
}

void
sg_seal_free(struct sg_seal **sp)
{
	struct sg_seal *seal = *sp;

	*sp = NULL;
	if (seal == NULL)
		return;
	sg_key_wipe(&seal->key);
	pthread_mutex_destroy(&seal->mutex);
	free(seal->slots);
	free(seal);
}

/* --- what was seen; the mutex is held ----------------------------------------- */

static uint64_t
hash_of(const struct sg_seal *seal, enum sg_seal_table table, const char *key)
{
	uint64_t secret[2] = { seal->secret[0] ^ table, seal->secret[1] };
	uint64_t hash = sg_key_hash(secret, key, strlen(key));

	return hash != 0 ? hash : 1;
}

/* Its slot, or the first free one within reach, or NULL. */
static struct seen *
find(const struct sg_seal *seal, uint64_t hash)
{
	for (size_t i = 0; i < REACH; i++) {
		struct seen *s =
		    &seal->slots[(hash + i) & (seal->size - 1)];

		if (s->hash == hash || s->hash == 0)
			return s;
	}
	return NULL;
}

static struct seen *
oldest_near(const struct sg_seal *seal, uint64_t hash)
{
	struct seen *oldest = &seal->slots[hash & (seal->size - 1)];

	for (size_t i = 1; i < REACH; i++) {
		struct seen *s =
		    &seal->slots[(hash + i) & (seal->size - 1)];

		if (s->generation < oldest->generation)
			oldest = s;
	}
	return oldest;
}

/* False: it is as large as it gets, or memory is short. */
static bool
grow(struct sg_seal *seal)
{
	struct seen *old = seal->slots, *to;
	size_t old_size = seal->size;

	if (old_size >= MAX_SLOTS)
		return false;
	seal->slots = calloc(old_size * 2, sizeof(*old));
	if (seal->slots == NULL) {
		seal->slots = old;
		return false;
	}
	seal->size = old_size * 2;
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].hash == 0)
			continue;
		to = find(seal, old[i].hash);
		if (to == NULL)
			to = oldest_near(seal, old[i].hash);
		*to = old[i];
	}
	free(old);
	return true;
}

static void
note(struct sg_seal *seal, uint64_t hash, int64_t generation)
{
	struct seen *s;

	while ((s = find(seal, hash)) == NULL && grow(seal))
		;
	if (s == NULL)
		s = oldest_near(seal, hash);
	if (s->hash != hash)
		*s = (struct seen) { hash, generation };
	else if (s->generation < generation)
		s->generation = generation;
	if (seal->last < generation)
		seal->last = generation;
}

/* --- the interface ------------------------------------------------------------- */

int64_t
sg_seal_take(struct sg_seal *seal, size_t n)
{
	int64_t first;

	pthread_mutex_lock(&seal->mutex);
	first = seal->last + 1;
	seal->last += (int64_t)n;
	pthread_mutex_unlock(&seal->mutex);
	return first;
}

int64_t
sg_seal_seen(struct sg_seal *seal, enum sg_seal_table table, const char *key)
{
	uint64_t hash = hash_of(seal, table, key);
	int64_t generation = 0;
	struct seen *s;

	pthread_mutex_lock(&seal->mutex);
	s = find(seal, hash);
	if (s != NULL && s->hash == hash)
		generation = s->generation;
	pthread_mutex_unlock(&seal->mutex);
	return generation;
}

void
sg_seal_note(struct sg_seal *seal, enum sg_seal_table table, const char *key,
    int64_t generation)
{
	uint64_t hash = hash_of(seal, table, key);

	pthread_mutex_lock(&seal->mutex);
	note(seal, hash, generation);
	pthread_mutex_unlock(&seal->mutex);
}

static unsigned char *
append(unsigned char *at, const void *data, size_t len)
{
	if (len > 0)
		memcpy(at, data, len);
	return at + len;
}

/* Big-endian: a file may be carried to another machine. */
static unsigned char *
append_number(unsigned char *at, uint64_t n)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*at++ = (unsigned char)(n >> shift);
	return at;
}

/* Whatever has no fixed length says how long it is: no two rows give the same
   octets. */
bool
sg_seal_make(const struct sg_seal *seal, const struct sg_seal_row *row,
    unsigned char out[SG_SEAL_SIZE])
{
	static const char label[] = "stsgate row 1";
	size_t key_len = strlen(row->key);
	unsigned char *octets, *at;
	unsigned len = 0;
	bool made;

	octets = malloc(sizeof(label) + 7 * sizeof(uint64_t) + key_len +
	    row->len);
	if (octets == NULL)
		return false;
	at = append(octets, label, sizeof(label));
	at = append_number(at, row->table);
	at = append_number(at, (uint64_t)row->generation);
	for (size_t i = 0; i < 3; i++)
		at = append_number(at, (uint64_t)row->numbers[i]);
	at = append_number(at, key_len);
	at = append(at, row->key, key_len);
	at = append_number(at, row->len);
	at = append(at, row->data, row->len);
	made = HMAC(EVP_sha256(), seal->key.bytes, (int)seal->key.len, octets,
	    (size_t)(at - octets), out, &len) != NULL && len == SG_SEAL_SIZE;
	free(octets);
	return made;
}

static enum sg_rc
refuse(struct sg_seal *seal, const struct sg_seal_row *row, const char *why)
{
	static const char *const of[] = { "row", "pin" };
	char shown[80];

	seal->refused++;
	sg_log(SG_LOG_ERR, "store: refused the %s of %s: %s: who but stsgate "
	    "writes to the file?", of[row->table], sg_log_escape(shown,
	    sizeof(shown), row->key, strlen(row->key)), why);
	return SG_BAD;
}

enum sg_rc
sg_seal_check(struct sg_seal *seal, const struct sg_seal_row *row,
    const unsigned char *mac, int64_t seen)
{
	unsigned char want[SG_SEAL_SIZE];

	if (mac == NULL)
		return refuse(seal, row, "it has no seal");
	if (!sg_seal_make(seal, row, want))
		return SG_RETRY;
	if (CRYPTO_memcmp(mac, want, sizeof(want)) != 0)
		return refuse(seal, row, "its seal is not ours");
	if (row->generation < seen)
		return refuse(seal, row, "it is older than one that was there");
	sg_seal_note(seal, row->table, row->key, row->generation);
	return SG_OK;
}

unsigned long
sg_seal_refused(struct sg_seal *seal)
{
	return seal->refused;
}
