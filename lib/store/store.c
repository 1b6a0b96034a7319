/* SPDX-License-Identifier: ISC */
/*
 * store.c - the two tiers as one.
 *
 * Everything that writes goes through one mutex, disk first, then memory, so
 * that both tiers see changes in the same order; who only reads never takes
 * it, unless to mend what it found broken.
 */
#include "store/store_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define MAX_ENTRIES_DEFAULT 1500000
#define MAX_PINS_DEFAULT 100000
/* A domain takes some 150 bytes; one that wants to be a burden, 64 KB. */
#define MAX_BYTES ((size_t)384 * 1024 * 1024)
#define CHECK_MAX_DEFAULT ((size_t)8 * 1024 * 1024)
#define PAGE 100
#define STALE_S (7 * 86400)

static void
count(unsigned long *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* --- the interface ------------------------------------------------------- */

static void *
check(void *arg)
{
	struct sg_store *s = arg;
	struct sg_err err = { .text = "" };

	if (sg_disk_check(s->disk, &s->stop_check, &err) != SG_BAD)
		return NULL;
	pthread_mutex_lock(&s->write_mutex);
	(void)sg_store_replace_disk(s, &err);
	pthread_mutex_unlock(&s->write_mutex);
	return NULL;
}

/* A file that is large is used at once and found whole, or not, later: until
   then each row is believed as little as ever. */
static void
check_beside(struct sg_store *s)
{
	sigset_t all, before;

	if (s->disk == NULL || !sg_disk_is_unchecked(s->disk))
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->checker_runs = pthread_create(&s->checker, NULL, check, s) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->checker_runs)
		sg_log(SG_LOG_WARN, "store: no thread to check the file");
}

/* A file that is too large to be checked first may show here that it is
   corrupt. */
static void
read_pins(struct sg_store *s)
{
	struct sg_err err = { .text = "" };

	pthread_mutex_lock(&s->write_mutex);
	if (sg_store_read_pins(s) == SG_BAD) {
		sg_store_copy_text(s, &err);
		(void)sg_store_replace_disk(s, &err);
	}
	pthread_mutex_unlock(&s->write_mutex);
}

static enum sg_rc
open_disk(struct sg_store *s, const struct sg_store_params *params,
    struct sg_err *err)
{
	struct sg_disk_params disk = { .path = params->path,
		.check_max = params->check_max > 0 ? params->check_max
						   : CHECK_MAX_DEFAULT };
	enum sg_rc rc;

	if (params->key != NULL) {
		s->seal = disk.seal = sg_seal_new(params->key, s->now());
		if (s->seal == NULL) {
			sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
			return SG_BAD;
		}
	}
	rc = sg_disk_open(&disk, s->now(), &s->disk, err);
	if (rc == SG_RETRY)
		sg_store_note_unreadable(s, err);
	else if (rc == SG_OK)
		read_pins(s);
	check_beside(s);
	return rc == SG_BAD ? SG_BAD : SG_OK;
}

enum sg_rc
sg_store_open(const struct sg_store_params *params, struct sg_store **out_r,
    struct sg_err *err)
{
	struct sg_store *s = calloc(1, sizeof(*s));
	struct sg_err own = { .text = "" };
	enum sg_rc rc = SG_OK;

	if (s == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return SG_BAD;
	}
	s->now = params->now != NULL ? params->now : sg_wall_now;
	sg_assert(pthread_mutex_init(&s->write_mutex, NULL) == 0);
	sg_assert(pthread_mutex_init(&s->state_mutex, NULL) == 0);
	s->memory = sg_memory_new(params->max_entries > 0
		? params->max_entries
		: MAX_ENTRIES_DEFAULT, MAX_BYTES);
	s->pins = sg_pins_new(params->max_pins > 0 ? params->max_pins
						   : MAX_PINS_DEFAULT);
	if (s->memory == NULL || s->pins == NULL) {
		sg_err_set(&own, SG_REASON_INTERNAL, "out of memory");
		rc = SG_BAD;
	} else if (params->path != NULL) {
		rc = open_disk(s, params, &own);
	}
	if (rc != SG_OK) {
		if (err != NULL)
			*err = own;
		sg_store_close(&s);
		return rc;
	}
	*out_r = s;
	return SG_OK;
}

void
sg_store_close(struct sg_store **sp)
{
	struct sg_store *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	atomic_store(&s->stop_check, true);
	if (s->checker_runs)
		pthread_join(s->checker, NULL);
	if (s->disk != NULL)
		(void)sg_store_catch_up(s);
	if (s->disk != NULL)
		sg_store_write_pins(s);
	sg_pins_free(&s->pins);
	sg_disk_close(&s->disk);
	sg_seal_free(&s->seal);
	sg_unwritten_drop(&s->unwritten, s->unwritten.n);
	if (s->memory != NULL)
		sg_memory_free(&s->memory);
	pthread_mutex_destroy(&s->write_mutex);
	pthread_mutex_destroy(&s->state_mutex);
	free(s);
}

/* True if key waits for the disk; *out_r NULL: to be deleted there. */
static bool
find_unwritten(struct sg_store *s, const char *key, struct sg_facts **out_r)
{
	bool found;

	pthread_mutex_lock(&s->state_mutex);
	found = s->unwritten.n > 0 &&
	    sg_unwritten_find(&s->unwritten, key, out_r);
	pthread_mutex_unlock(&s->state_mutex);
	return found;
}

/* What a reader found broken is mended by it, as a writer. */
static void
mend_after_read(struct sg_store *s, const char *key, enum sg_rc rc,
    const struct sg_disk_unfit *unfit, const struct sg_err *err)
{
	if (rc == SG_RETRY) {
		sg_store_note_unreadable(s, err);
	} else if (rc == SG_BAD) {
		pthread_mutex_lock(&s->write_mutex);
		(void)sg_store_replace_disk(s, err);
		pthread_mutex_unlock(&s->write_mutex);
	} else if (unfit != NULL && unfit->record != NULL) {
		pthread_mutex_lock(&s->write_mutex);
		(void)sg_disk_delete_unfit(s->disk, key, unfit);
		pthread_mutex_unlock(&s->write_mutex);
	}
}

/* As sg_store_get(), without the memory tier. */
static enum sg_rc
get_from_disk(struct sg_store *s, const char *key, struct sg_facts **out_r)
{
	struct sg_err err = { .text = "" };
	struct sg_disk_unfit unfit = { .record = NULL };
	enum sg_rc rc;

	if (s->disk == NULL)
		return SG_NONE;
	if (find_unwritten(s, key, out_r))
		return *out_r != NULL ? SG_OK : SG_NONE;
	rc = sg_disk_read(s->disk, key, out_r, &unfit, &err);
	mend_after_read(s, key, rc, &unfit, &err);
	free(unfit.record);
	return rc == SG_BAD ? SG_RETRY : rc;
}

struct sg_facts *
sg_store_peek(struct sg_store *s, const char *key)
{
	struct sg_facts *f;

	return sg_memory_get(s->memory, key, &f, NULL) == SG_OK ? f : NULL;
}

enum sg_rc
sg_store_get(struct sg_store *s, const char *key, struct sg_facts **out_r,
    enum sg_store_tier *tier)
{
	struct sg_facts *f = NULL;
	uint64_t epoch;
	enum sg_rc in_memory, rc;

	in_memory = sg_memory_get(s->memory, key, out_r, &epoch);
	if (tier != NULL)
		*tier = in_memory == SG_OK ? SG_TIER_MEMORY : SG_TIER_DISK;
	if (in_memory == SG_OK)
		return SG_OK;
	rc = get_from_disk(s, key, &f);
	if (rc != SG_OK) {
		count(&s->misses);
		return in_memory == SG_RETRY ? SG_RETRY : rc;
	}
	count(&s->hits_disk);
	sg_memory_keep(s->memory, key, f, s->now(), epoch);
	*out_r = f;
	return SG_OK;
}

static enum sg_rc
put_locked(struct sg_store *s, char (*keys)[SG_NEXTHOP_KEY_SIZE],
    const char **key, struct sg_facts *const *facts, size_t n,
    struct sg_err *err)
{
	enum sg_rc rc = SG_OK;

	for (size_t i = 0; i < n; i++)
		key[i] = sg_nexthop_key(&facts[i]->hop, keys[i]);
	if (s->disk != NULL)
		rc = sg_store_to_disk(s, key, facts, n, NULL);
	if (rc != SG_OK) {
		sg_store_queue(s, key, facts, n);
		sg_store_copy_text(s, err);
	}
	for (size_t i = 0; i < n; i++)
		sg_memory_put(s->memory, key[i], facts[i], s->now());
	return rc == SG_OK ? SG_OK : SG_RETRY;
}

enum sg_rc
sg_store_put(struct sg_store *s, struct sg_facts *const *facts, size_t n,
    struct sg_err *err)
{
	char (*keys)[SG_NEXTHOP_KEY_SIZE] = calloc(n + 1, sizeof(*keys));
	const char **key = calloc(n + 1, sizeof(*key));
	enum sg_rc rc = SG_RETRY;

	if (keys != NULL && key != NULL) {
		pthread_mutex_lock(&s->write_mutex);
		rc = put_locked(s, keys, key, facts, n, err);
		pthread_mutex_unlock(&s->write_mutex);
	} else {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
	}
	free(key);
	free(keys);
	return rc;
}

enum sg_rc
sg_store_purge(struct sg_store *s, const char *key)
{
	struct sg_facts *gone[1] = { NULL }, *waiting = NULL;
	enum sg_rc rc = SG_OK;
	size_t changed = 0;
	bool there;

	if (strlen(key) >= SG_NEXTHOP_KEY_SIZE)
		return SG_NONE;
	pthread_mutex_lock(&s->write_mutex);
	there = find_unwritten(s, key, &waiting) && waiting != NULL;
	sg_facts_unref(&waiting);
	if (s->disk != NULL)
		rc = sg_store_to_disk(s, &key, gone, 1, &changed);
	if (rc != SG_OK)
		sg_store_queue(s, &key, gone, 1);
	/* After the disk, or a reader might bring it back. */
	there |= sg_memory_remove(s->memory, key);
	there |= sg_pins_remove(s->pins, key);
	pthread_mutex_unlock(&s->write_mutex);
	if (rc != SG_OK)
		return SG_RETRY;
	return there || changed > 0 ? SG_OK : SG_NONE;
}

size_t
sg_store_due(struct sg_store *s, struct sg_wall now, struct sg_nexthop *out,
    size_t max)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc = SG_RETRY;
	size_t n = 0;
	bool retry;

	if (s->disk == NULL)
		return sg_memory_due(s->memory, now, out, max);
	if (sg_store_lags(s, &retry) && retry) {
		pthread_mutex_lock(&s->write_mutex);
		(void)sg_store_catch_up(s);
		pthread_mutex_unlock(&s->write_mutex);
	}
	/* A disk that lags would call due what was fetched just now. */
	if (!sg_store_lags(s, &retry)) {
		rc = sg_disk_due(s->disk, now, out, max, &n, &err);
		mend_after_read(s, NULL, rc, NULL, &err);
	}
	return rc == SG_OK ? n : sg_memory_due(s->memory, now, out, max);
}

size_t
sg_store_expire(struct sg_store *s, struct sg_wall now, size_t max)
{
	struct sg_wall stale_before = { now.s - STALE_S };
	struct sg_err err = { .text = "" };
	size_t in_memory, on_disk = 0;
	enum sg_rc rc;

	if (s->disk != NULL) {
		pthread_mutex_lock(&s->write_mutex);
		rc = sg_store_catch_up(s);
		if (rc == SG_OK)
			rc = sg_disk_expire(s->disk, stale_before, now, max,
			    &on_disk, &err);
		if (rc == SG_BAD)
			(void)sg_store_replace_disk(s, &err);
		pthread_mutex_unlock(&s->write_mutex);
	}
	in_memory = sg_memory_expire(s->memory, stale_before, now, max);
	(void)sg_pins_expire(s->pins, now, max);
	return s->disk != NULL ? on_disk : in_memory;
}

struct sg_pin *
sg_store_pin(struct sg_store *s, const char *key)
{
	return sg_pins_get(s->pins, key);
}

bool
sg_store_pin_suffices(struct sg_store *s, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now)
{
	return sg_pins_suffice(s->pins, key, level, for_s, now);
}

enum sg_rc
sg_store_set_pin(struct sg_store *s, struct sg_pin *pin)
{
	return sg_pins_put(s->pins, pin, s->disk != NULL) ? SG_OK : SG_RETRY;
}

/* One row, as sg_store_get() would have it, but not kept in memory. SG_NONE: fn
   wants no more. */
static enum sg_rc
show(struct sg_store *s, const char *key,
    bool (*fn)(void *arg, const struct sg_facts *f), void *arg)
{
	struct sg_facts *f = NULL;
	enum sg_rc rc = sg_memory_peek(s->memory, key, &f);

	if (rc == SG_NONE)
		rc = get_from_disk(s, key, &f);
	if (rc == SG_OK)
		rc = fn(arg, f) ? SG_OK : SG_NONE;
	else if (rc == SG_NONE) /* gone meanwhile */
		rc = SG_OK;
	sg_facts_unref(&f);
	return rc;
}

static enum sg_rc
each_in_memory(struct sg_store *s,
    bool (*fn)(void *arg, const struct sg_facts *f), void *arg)
{
	enum sg_rc rc = SG_OK;
	char **keys;
	size_t n;

	keys = sg_memory_keys(s->memory, false, &n);
	if (keys == NULL)
		return SG_RETRY;
	for (size_t i = 0; i < n; i++) {
		if (rc == SG_OK)
			rc = show(s, keys[i], fn, arg);
		free(keys[i]);
	}
	free(keys);
	return rc;
}

/* A page at a time: fn may call the store. */
static enum sg_rc
each_on_disk(struct sg_store *s,
    bool (*fn)(void *arg, const struct sg_facts *f), void *arg)
{
	char (*keys)[SG_NEXTHOP_KEY_SIZE] = calloc(PAGE, sizeof(*keys));
	char last[SG_NEXTHOP_KEY_SIZE] = "";
	enum sg_rc rc = keys != NULL ? SG_OK : SG_RETRY;
	struct sg_err err;
	size_t n = 1;

	while (rc == SG_OK && n > 0) {
		rc = sg_disk_keys(s->disk, last, keys, PAGE, &n, &err);
		for (size_t i = 0; rc == SG_OK && i < n; i++)
			rc = show(s, keys[i], fn, arg);
		if (rc == SG_OK && n > 0)
			memcpy(last, keys[n - 1], sizeof(last));
	}
	free(keys);
	return rc;
}

enum sg_rc
sg_store_each(struct sg_store *s,
    bool (*fn)(void *arg, const struct sg_facts *f), void *arg)
{
	bool retry;
	enum sg_rc rc = s->disk == NULL || sg_store_lags(s, &retry)
	    ? each_in_memory(s, fn, arg) : each_on_disk(s, fn, arg);

	return rc == SG_OK || rc == SG_NONE ? SG_OK : SG_RETRY;
}

void
sg_store_stats(struct sg_store *s, struct sg_store_stats *out)
{
	struct sg_memory_stats m;

	memset(out, 0, sizeof(*out));
	sg_memory_stats(s->memory, &m);
	out->pins = sg_pins_count(s->pins);
	if (s->seal != NULL)
		out->unsealed = sg_seal_refused(s->seal);
	out->memory_entries = m.entries;
	out->memory_policies = m.policies;
	out->hits_memory = m.hits;
	out->evicted = m.evicted;
	out->hits_disk = __atomic_load_n(&s->hits_disk, __ATOMIC_RELAXED);
	out->misses = __atomic_load_n(&s->misses, __ATOMIC_RELAXED);
	out->write_failures =
	    __atomic_load_n(&s->write_failures, __ATOMIC_RELAXED);
	pthread_mutex_lock(&s->state_mutex);
	out->unwritten = s->unwritten.n;
	out->degraded = s->degraded;
	memcpy(out->text, s->text, sizeof(out->text));
	pthread_mutex_unlock(&s->state_mutex);
}
