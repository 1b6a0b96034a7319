/* SPDX-License-Identifier: ISC */
/*
 * disk_pins.c - pins in and out of the SQLite file.
 *
 * A pin is a row of plain columns, so that whoever must can look at them with
 * sqlite3(1). A row is not believed: sg_pin_read() checks it, after its seal
 * (THREATS T21).
 */
#include "store/disk_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/pins.h"

static int
write_pin(struct sg_disk *d, const struct sg_pin *pin)
{
	sqlite3_stmt *s = d->write[W_PIN];
	char *names = sg_pin_names_text(pin);
	struct sg_seal_row row = { .table = SG_SEAL_PINS, .key = pin->key,
		.data = names, .numbers = { (int64_t)pin->level, pin->at.s,
		pin->until.s } };
	int rc;

	if (names == NULL)
		return SQLITE_NOMEM;
	row.len = strlen(names);
	if (d->seal != NULL)
		row.generation = sg_seal_take(d->seal, 1);
	rc = sg_disk_bind_seal(d, s, 6, &row);
	(void)sqlite3_bind_text(s, 1, pin->key, -1, SQLITE_STATIC);
	for (int i = 0; i < 3; i++)
		(void)sqlite3_bind_int64(s, 2 + i, row.numbers[i]);
	(void)sqlite3_bind_text(s, 5, names, -1, free);
	if (rc == SQLITE_OK)
		return sg_disk_run(s);
	(void)sqlite3_clear_bindings(s);
	return rc;
}

static int
delete_pin(struct sg_disk *d, const char *key)
{
	sqlite3_stmt *s = d->write[W_UNPIN];

	(void)sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	return sg_disk_run(s);
}

enum sg_rc
sg_disk_write_pins(struct sg_disk *d, const struct sg_pin_change *changes,
    size_t n, bool *busy, struct sg_err *err)
{
	enum sg_rc begun;
	int rc;

	*busy = false;
	rc = sg_disk_begin(d, &begun, err);
	if (begun != SG_OK)
		return begun;
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = changes[i].pin != NULL ? write_pin(d, changes[i].pin)
					    : delete_pin(d, changes[i].key);
	return sg_disk_end(d, rc, busy, err);
}

static const char *
column_text(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text != NULL ? text : "";
}

/* Pins are read once in the life of a process: none is put back under it. */
static enum sg_rc
check_seal(struct sg_disk *d, sqlite3_stmt *s)
{
	bool ours = sqlite3_column_type(s, 0) == SQLITE_TEXT &&
	    sg_disk_are_integers(s, 1, 3) &&
	    sqlite3_column_type(s, 4) == SQLITE_TEXT &&
	    sg_disk_are_integers(s, 5, 1);
	const unsigned char *mac = ours ? sg_disk_column_seal(s, 6) : NULL;
	struct sg_seal_row row = { .table = SG_SEAL_PINS,
		.key = column_text(s, 0), .data = column_text(s, 4),
		.len = (size_t)sqlite3_column_bytes(s, 4),
		.generation = sqlite3_column_int64(s, 5) };

	for (int i = 0; i < 3; i++)
		row.numbers[i] = sqlite3_column_int64(s, 1 + i);
	return sg_seal_check(d->seal, &row, mac, 0);
}

/* NULL if the row is unfit. */
static struct sg_pin *
read_row(struct sg_disk *d, sqlite3_stmt *s)
{
	struct sg_wall at = { sqlite3_column_int64(s, 2) };
	struct sg_wall until = { sqlite3_column_int64(s, 3) };
	int64_t level = sqlite3_column_int64(s, 1);
	struct sg_pin *pin = NULL;
	const char *key;
	char shown[80];

	if (d->seal != NULL && check_seal(d, s) != SG_OK)
		return NULL;
	key = column_text(s, 0);
	if (level < 0 || level > SG_LEVEL_DANE ||
	    sg_pin_read(key, (enum sg_level)level, at, until,
		column_text(s, 4), &pin) != SG_OK)
		sg_log(SG_LOG_WARN, "store: passed over the pin of %s: unfit",
		    sg_log_escape(shown, sizeof(shown), key, strlen(key)));
	return pin;
}

enum sg_rc
sg_disk_each_pin(struct sg_disk *d, struct sg_wall now, size_t max,
    void (*fn)(void *arg, struct sg_pin *pin), void *arg, struct sg_err *err)
{
	enum sg_rc judged = SG_RETRY;
	struct sg_pin *pin;
	sqlite3_stmt *s;
	int rc;

	pthread_mutex_lock(&d->read_mutex);
	if (d->reader == NULL) {
		(void)sg_disk_not_open(err);
		goto out;
	}
	s = d->read[R_PINS];
	(void)sqlite3_bind_int64(s, 1, now.s);
	rc = SQLITE_DONE;
	while (max > 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		pin = read_row(d, s);
		if (pin == NULL)
			continue;
		fn(arg, pin);
		sg_pin_unref(&pin);
		max--;
	}
	judged = sg_disk_did_read(d, s, rc, err);
out:
	pthread_mutex_unlock(&d->read_mutex);
	return judged;
}
