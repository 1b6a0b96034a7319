/* SPDX-License-Identifier: ISC */
/*
 * writing.c - how changes get to the disk, and what becomes of them when it
 * does not take them.
 *
 * A disk that failed is left alone for a while: changes go into the queue at
 * once instead of waiting for it each time. It is tried again by whoever
 * writes after 30 s, or by sg_store_due(); what it is given first is the
 * queue, oldest first, so that it never has newer facts beside older ones of
 * the same key.
 */
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define RETRY_S 30
#define RETRY_BUSY_S 1 /* somebody else's lock goes away soon */
#define BATCH 100

/* --- health -------------------------------------------------------------- */

static void
degrade(struct sg_store *s, bool busy, const struct sg_err *err)
{
	bool first;

	pthread_mutex_lock(&s->state_mutex);
	first = !s->degraded;
	s->degraded = true;
	s->failed_at = s->now();
	s->retry_s = busy ? RETRY_BUSY_S : RETRY_S;
	(void)snprintf(s->text, sizeof(s->text), "%.159s", err->text);
	pthread_mutex_unlock(&s->state_mutex);
	if (first)
		sg_log(busy ? SG_LOG_WARN : SG_LOG_ERR,
		    "store: working from memory: %s", err->text);
}

static void
heal(struct sg_store *s)
{
	bool was;

	pthread_mutex_lock(&s->state_mutex);
	was = s->degraded;
	s->degraded = s->reopen = false;
	s->text[0] = '\0';
	pthread_mutex_unlock(&s->state_mutex);
	if (was)
		sg_log(SG_LOG_WARN, "store: the disk is back");
}

bool
sg_store_lags(struct sg_store *s, bool *retry)
{
	struct sg_wall now = s->now();
	bool behind;

	pthread_mutex_lock(&s->state_mutex);
	behind = s->degraded || s->unwritten.n > 0;
	*retry = !s->degraded || now.s < s->failed_at.s ||
	    now.s >= s->failed_at.s + s->retry_s;
	pthread_mutex_unlock(&s->state_mutex);
	return behind;
}

void
sg_store_copy_text(struct sg_store *s, struct sg_err *err)
{
	char text[sizeof(s->text)];

	pthread_mutex_lock(&s->state_mutex);
	memcpy(text, s->text, sizeof(text));
	pthread_mutex_unlock(&s->state_mutex);
	sg_err_set(err, SG_REASON_INTERNAL, "%s", text);
}

void
sg_store_note_unreadable(struct sg_store *s, const struct sg_err *err)
{
	bool known;

	pthread_mutex_lock(&s->state_mutex);
	known = s->degraded;
	s->reopen = true;
	pthread_mutex_unlock(&s->state_mutex);
	if (!known)
		degrade(s, false, err);
}

/* --- writing; write_mutex is held ---------------------------------------- */

/* In one transaction. SG_BAD: the file is corrupt. */
static enum sg_rc
write_some(struct sg_store *s, const char *const *keys,
    struct sg_facts *const *facts, size_t n, size_t *changed)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	rc = sg_disk_write(s->disk, keys, facts, n, changed, &s->busy, &err);
	if (rc == SG_OK)
		return SG_OK;
	__atomic_fetch_add(&s->write_failures, 1, __ATOMIC_RELAXED);
	degrade(s, s->busy, &err);
	return rc;
}

/* After the file had to be made anew: what memory knows of policies is put
   into it (K-10). */
static enum sg_rc
rescue(struct sg_store *s)
{
	struct sg_facts *facts[BATCH];
	const char *key[BATCH];
	enum sg_rc rc = SG_OK;
	char **keys;
	size_t n, i, k;

	keys = sg_memory_keys(s->memory, true, &n);
	if (keys == NULL)
		return SG_RETRY;
	for (i = 0; i < n && rc == SG_OK;) {
		for (k = 0; k < BATCH && i < n && rc != SG_RETRY; i++) {
			rc = sg_memory_peek(s->memory, keys[i], &facts[k]);
			key[k] = keys[i];
			k += rc == SG_OK; /* NONE: pushed out meanwhile */
		}
		if (rc != SG_RETRY)
			rc = write_some(s, key, facts, k, NULL);
		while (k > 0)
			sg_facts_unref(&facts[--k]);
	}
	for (i = 0; i < n; i++)
		free(keys[i]);
	free(keys);
	return rc;
}

static enum sg_rc
flush(struct sg_store *s)
{
	struct sg_facts *facts[BATCH];
	const char *keys[BATCH];
	enum sg_rc rc;
	size_t n;

	/* Only holders of write_mutex change the queue: it may be read. The
	   last, empty transaction shows that the disk takes any. */
	do {
		n = sg_unwritten_first(&s->unwritten, keys, facts, BATCH);
		rc = write_some(s, keys, facts, n, NULL);
		if (rc != SG_OK)
			return rc;
		pthread_mutex_lock(&s->state_mutex);
		sg_unwritten_drop(&s->unwritten, n);
		pthread_mutex_unlock(&s->state_mutex);
	} while (n > 0);
	return SG_OK;
}

static enum sg_rc
bring_up_to_date(struct sg_store *s)
{
	enum sg_rc rc = SG_OK;

	if (sg_disk_is_new(s->disk)) {
		s->rescue_due = true;
		sg_pins_unwritten_all(s->pins);
	}
	if (s->rescue_due && (rc = rescue(s)) == SG_OK)
		s->rescue_due = false;
	if (rc == SG_OK)
		rc = sg_store_read_pins(s);
	if (rc == SG_OK && (rc = flush(s)) == SG_OK)
		heal(s);
	return rc;
}

/* Mends what can be mended: a corrupt file (SG_BAD) is replaced, any other is
   closed and opened again. */
static enum sg_rc
mend(struct sg_store *s, enum sg_rc why)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	rc = why == SG_BAD ? sg_disk_set_aside(s->disk, s->now(), &err)
			   : sg_disk_reopen(s->disk, s->now(), &err);
	if (rc != SG_OK) {
		degrade(s, false, &err);
		return rc;
	}
	return bring_up_to_date(s);
}

enum sg_rc
sg_store_catch_up(struct sg_store *s)
{
	enum sg_rc rc = SG_RETRY;
	bool retry, reopen;

	if (!sg_store_lags(s, &retry))
		return SG_OK;
	if (!retry)
		return SG_RETRY;
	pthread_mutex_lock(&s->state_mutex);
	reopen = s->reopen;
	pthread_mutex_unlock(&s->state_mutex);
	s->busy = false;
	if (!reopen)
		rc = bring_up_to_date(s);
	return rc == SG_OK || s->busy ? rc : mend(s, rc);
}

enum sg_rc
sg_store_replace_disk(struct sg_store *s, const struct sg_err *why)
{
	degrade(s, false, why);
	return mend(s, SG_BAD);
}

enum sg_rc
sg_store_to_disk(struct sg_store *s, const char *const *keys,
    struct sg_facts *const *facts, size_t n, size_t *changed)
{
	enum sg_rc rc = sg_store_catch_up(s);

	if (rc != SG_OK)
		return rc;
	rc = write_some(s, keys, facts, n, changed);
	if (rc != SG_BAD)
		return rc;
	rc = mend(s, rc);
	return rc == SG_OK ? write_some(s, keys, facts, n, changed) : rc;
}

void
sg_store_queue(struct sg_store *s, const char *const *keys,
    struct sg_facts *const *facts, size_t n)
{
	struct sg_wall now = s->now();

	pthread_mutex_lock(&s->state_mutex);
	for (size_t i = 0; i < n; i++)
		sg_unwritten_add(&s->unwritten, keys[i], facts[i], now);
	pthread_mutex_unlock(&s->state_mutex);
}

/* --- pins ------------------------------------------------------------------ */

static void
take_pin(void *arg, struct sg_pin *pin)
{
	struct sg_store *s = arg;
	struct sg_pin *mine = sg_pins_get(s->pins, pin->key);

	/* Made while the disk could not be read: the newer one holds. */
	if (mine == NULL || mine->level < pin->level)
		(void)sg_pins_put(s->pins, pin, false);
	sg_pin_unref(&mine);
}

enum sg_rc
sg_store_read_pins(struct sg_store *s)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	if (s->pins_read)
		return SG_OK;
	rc = sg_disk_each_pin(s->disk, s->now(), SIZE_MAX, take_pin, s, &err);
	if (rc != SG_OK) {
		degrade(s, false, &err);
		return rc;
	}
	s->pins_read = true;
	return SG_OK;
}

static enum sg_rc
write_some_pins(struct sg_store *s, const struct sg_pin_change *changes,
    size_t n)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	rc = sg_disk_write_pins(s->disk, changes, n, &s->busy, &err);
	if (rc == SG_OK)
		return SG_OK;
	__atomic_fetch_add(&s->write_failures, 1, __ATOMIC_RELAXED);
	degrade(s, s->busy, &err);
	return rc == SG_BAD ? mend(s, rc) : rc;
}

void
sg_store_write_pins(struct sg_store *s)
{
	struct sg_pin_change *changes;
	enum sg_rc rc = SG_OK;
	size_t n;

	if (!sg_pins_any_unwritten(s->pins))
		return;
	changes = calloc(BATCH, sizeof(*changes));
	if (changes == NULL)
		return;
	pthread_mutex_lock(&s->write_mutex);
	if (s->disk != NULL)
		rc = sg_store_catch_up(s);
	while (rc == SG_OK &&
	    (n = sg_pins_take(s->pins, changes, BATCH)) > 0) {
		if (s->disk != NULL)
			rc = write_some_pins(s, changes, n);
		sg_pins_give_back(s->pins, changes, n, rc == SG_OK);
	}
	pthread_mutex_unlock(&s->write_mutex);
	free(changes);
}
