/* SPDX-License-Identifier: ISC */
/*
 * fuzz_store_row.c - a row that somebody else wrote (THREATS T21): the key's
 * length and type, the record's type, three numbers, the key, the record.
 *
 * Holds: reading gives just those facts that the record decodes to, and only
 * if they are about that key; an unfit row is deleted and then gone; listing
 * brings only keys that are next hops.
 */
#include <sqlite3.h>
#include "base/log.h"
#include "facts/codec.h"
#include "fuzz/scratch.h"
#include "store/disk.h"

static const struct sg_wall now = { 1795000000 };
static struct sg_disk *disk;
static sqlite3 *raw;
static sqlite3_stmt *insert, *clear;

static void
setup(void)
{
	struct sg_disk_params params = { .path = scratch_db,
		.check_max = SIZE_MAX };
	struct sg_err err;

	scratch_make();
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "fuzz");
	if (sg_disk_open(&params, now, &disk, &err) != SG_OK)
		fuzz_broken(err.text, __FILE__, __LINE__);
	if (sqlite3_open(scratch_db, &raw) != SQLITE_OK ||
	    sqlite3_exec(raw, "PRAGMA synchronous=OFF", NULL, NULL, NULL) !=
	    SQLITE_OK ||
	    sqlite3_prepare_v2(raw, "INSERT OR REPLACE INTO facts (key, record,"
	    " policy_expires, fresh_until, refetch_at) VALUES (?,?,?,?,?)", -1,
	    &insert, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(raw, "DELETE FROM facts", -1, &clear, NULL) !=
	    SQLITE_OK)
		fuzz_broken(sqlite3_errmsg(raw), __FILE__, __LINE__);
}

static void
bind(int at, unsigned type, struct fuzz_bytes v)
{
	const char *p = v.n > 0 ? (const char *)v.p : "";

	if (type == 0)
		sqlite3_bind_text(insert, at, p, (int)v.n, SQLITE_STATIC);
	else if (type == 1)
		sqlite3_bind_blob(insert, at, p, (int)v.n, SQLITE_STATIC);
	else if (type == 2)
		sqlite3_bind_int64(insert, at, (int64_t)v.n);
	else
		sqlite3_bind_null(insert, at);
}

static void
run(sqlite3_stmt *s)
{
	(void)sqlite3_step(s); /* a constraint may refuse it */
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
}

static void
check_facts(const char *key, const struct sg_facts *f)
{
	char its_key[SG_NEXTHOP_KEY_SIZE];

	fuzz_taken();
	fuzz_hold(strcmp(sg_nexthop_key(&f->hop, its_key), key) == 0);
}

static void
check_read(const char *key)
{
	struct sg_facts *f = NULL;
	struct sg_disk_unfit unfit = { .record = NULL };
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_disk_read(disk, key, &f, &unfit, &err);

	fuzz_hold(rc == SG_OK || rc == SG_NONE);
	if (rc == SG_OK) {
		check_facts(key, f);
		sg_facts_unref(&f);
		return;
	}
	if (unfit.record == NULL)
		return;
	fuzz_hold(fuzz_is_plain(unfit.why.text));
	fuzz_hold(sg_disk_delete_unfit(disk, key, &unfit) == SG_OK);
	free(unfit.record);
	unfit.record = NULL;
	fuzz_hold(sg_disk_read(disk, key, &f, &unfit, &err) == SG_NONE);
	fuzz_hold(unfit.record == NULL);
}

static void
check_lists(void)
{
	static char keys[4][SG_NEXTHOP_KEY_SIZE];
	struct sg_nexthop hops[4];
	struct sg_err err;
	size_t n = 99;

	fuzz_hold(sg_disk_due(disk, now, hops, 4, &n, &err) == SG_OK);
	fuzz_hold(n <= 1);
	for (size_t i = 0; i < n; i++)
		fuzz_hold(sg_domain_is_valid(hops[i].name, false));
	fuzz_hold(sg_disk_keys(disk, "", keys, 4, &n, &err) == SG_OK);
	fuzz_hold(n <= 1);
	fuzz_hold(sg_disk_expire(disk, now, now, 10, &n, &err) == SG_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size }, key;
	unsigned types;
	char *text;

	if (disk == NULL)
		setup();
	types = (unsigned)fuzz_number(&in, 1);
	for (int i = 3; i <= 5; i++) {
		int64_t v = (int64_t)fuzz_number(&in, 5);

		sqlite3_bind_int64(insert, i, types & 0x80 ? -v : v);
	}
	key = fuzz_take(&in, (size_t)fuzz_number(&in, 1));
	bind(1, types & 3, key);
	bind(2, types >> 2 & 3, in);
	run(insert);
	text = fuzz_heap_string(key);
	check_read(text);
	free(text);
	check_lists();
	run(clear);
	return 0;
}
