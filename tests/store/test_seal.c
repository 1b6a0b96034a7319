/* SPDX-License-Identifier: ISC */
/*
 * test_seal.c - somebody else writes to the store's file: rows that are
 * changed, planted, swapped and put back, with a key and without.
 * (THREATS T21.) A row by itself is in test_seal_row.c.
 */
#include "store/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>

#include "base/log.h"
#include "facts/codec.h"
#include "store/disk.h"
#include "store/pins.h"

#define DAY 86400

static const struct sg_key key_a = { 32, "0123456789abcdef0123456789abcdef" };
static const struct sg_key key_b = { 33, "0123456789abcdef0123456789abcdefX" };

static sqlite3 *raw; /* the somebody */

static void
sql(const char *text)
{
	char *why = NULL;

	if (raw == NULL) {
		ck_assert_int_eq(sqlite3_open(scratch_db, &raw), SQLITE_OK);
		sqlite3_busy_timeout(raw, 5000);
		ck_assert_int_eq(sqlite3_exec(raw, "PRAGMA synchronous = OFF",
				     NULL, NULL, NULL), SQLITE_OK);
	}
	ck_assert_msg(sqlite3_exec(raw, text, NULL, NULL, &why) == SQLITE_OK,
	    "%s: %s", text, why);
}

static void
no_sql(void)
{
	sqlite3_close(raw);
	raw = NULL;
}

static struct sg_disk *
open_disk(struct sg_seal *seal)
{
	struct sg_disk_params p = { .path = scratch_db, .check_max = 1,
		.seal = seal };
	struct sg_disk *d = NULL;
	struct sg_err err = { .text = "" };

	ck_assert_msg(sg_disk_open(&p, scratch_now(), &d, &err) == SG_OK, "%s",
	    err.text);
	return d;
}

static enum sg_rc
write_disk(struct sg_disk *d, const char *name, unsigned max_age)
{
	struct sg_facts *f = max_age > 0 ? scratch_facts(name, max_age) : NULL;
	struct sg_err err;
	enum sg_rc rc;
	bool busy;

	rc = sg_disk_write(d, &name, &f, 1, NULL, &busy, &err);
	sg_facts_unref(&f);
	return rc;
}

/* SG_OK, SG_NONE, or SG_BAD: there is a row, and it was refused for its
   seal. */
static enum sg_rc
read_disk(struct sg_disk *d, const char *key)
{
	struct sg_disk_unfit unfit = { .record = NULL };
	struct sg_facts *f = NULL;
	struct sg_err err;
	enum sg_rc rc = sg_disk_read(d, key, &f, &unfit, &err);

	ck_assert((rc == SG_OK) == (f != NULL));
	sg_facts_unref(&f);
	if (rc == SG_NONE && unfit.record != NULL && unfit.unsealed)
		rc = SG_BAD;
	free(unfit.record);
	return rc;
}

/* --- each bit, by SQL --------------------------------------------------------- */

struct column {
	const char *name;
	int type;
};

static const struct column facts_columns[] = {
	{ "key", SQLITE_TEXT }, { "record", SQLITE_BLOB },
	{ "policy_expires", SQLITE_INTEGER },
	{ "fresh_until", SQLITE_INTEGER }, { "refetch_at", SQLITE_INTEGER },
	{ "generation", SQLITE_INTEGER }, { "mac", SQLITE_BLOB },
};
static const struct column pins_columns[] = {
	{ "key", SQLITE_TEXT }, { "level", SQLITE_INTEGER },
	{ "made_at", SQLITE_INTEGER }, { "ends_at", SQLITE_INTEGER },
	{ "names", SQLITE_TEXT }, { "generation", SQLITE_INTEGER },
	{ "mac", SQLITE_BLOB },
};

static sqlite3_stmt *
prepare(const char *text)
{
	sqlite3_stmt *s;

	ck_assert_int_eq(sqlite3_prepare_v2(raw, text, -1, &s, NULL),
	    SQLITE_OK);
	return s;
}

/* The octets of the table's only row in that column. */
static size_t
get_column(const char *table, const struct column *c, unsigned char out[2000])
{
	int64_t number;
	size_t n = sizeof(number);
	sqlite3_stmt *s;
	char text[100];

	(void)snprintf(text, sizeof(text), "SELECT %s FROM %s", c->name,
	    table);
	s = prepare(text);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	ck_assert_int_eq(sqlite3_column_type(s, 0), c->type);
	number = sqlite3_column_int64(s, 0);
	if (c->type == SQLITE_INTEGER) {
		memcpy(out, &number, n);
	} else {
		n = (size_t)sqlite3_column_bytes(s, 0);
		ck_assert_uint_lt(n, 2000);
		memcpy(out, sqlite3_column_blob(s, 0), n);
	}
	sqlite3_finalize(s);
	return n;
}

static void
set_column(sqlite3_stmt *s, const struct column *c, const unsigned char *v,
    size_t n)
{
	int64_t number;

	memcpy(&number, v, sizeof(number) < n ? sizeof(number) : n);
	if (c->type == SQLITE_INTEGER)
		sqlite3_bind_int64(s, 1, number);
	else if (c->type == SQLITE_TEXT)
		sqlite3_bind_text(s, 1, (const char *)v, (int)n,
		    SQLITE_STATIC);
	else
		sqlite3_bind_blob(s, 1, v, (int)n, SQLITE_STATIC);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
	sqlite3_reset(s);
}

/* Calls is_believed() after each bit of the column was turned over. */
static void
turn_each_bit(const char *table, const struct column *c,
    bool (*is_believed)(void *arg, const char *key), void *arg)
{
	unsigned char v[2001] = { 0 };
	size_t n = get_column(table, c, v);
	bool is_key = strcmp(c->name, "key") == 0;
	sqlite3_stmt *set;
	char text[100];

	(void)snprintf(text, sizeof(text), "UPDATE %s SET %s = ?1", table,
	    c->name);
	set = prepare(text);
	for (size_t bit = 0; bit < n * 8; bit++) {
		v[bit / 8] ^= (unsigned char)(1U << bit % 8);
		set_column(set, c, v, n);
		ck_assert_msg(!is_believed(arg, is_key ? (char *)v : "a.test"),
		    "%s.%s: bit %zu", table, c->name, bit);
		v[bit / 8] ^= (unsigned char)(1U << bit % 8);
		set_column(set, c, v, n);
	}
	sqlite3_finalize(set);
	ck_assert_msg(is_believed(arg, "a.test"), "%s.%s: spoilt", table,
	    c->name);
}

static bool
facts_are_believed(void *arg, const char *key)
{
	enum sg_rc rc = read_disk(arg, key);

	ck_assert(rc == SG_OK || rc == SG_BAD); /* and it is the seal */
	return rc == SG_OK;
}

START_TEST(each_bit_of_facts_counts)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);

	ck_assert(write_disk(d, "a.test", DAY) == SG_OK);
	sql("SELECT 1");
	turn_each_bit("facts", &facts_columns[_i], facts_are_believed, d);
	ck_assert_uint_ge(sg_seal_refused(seal), 48);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

static enum sg_rc
write_pin(struct sg_disk *d, const char *key)
{
	static const char *const names[] = { "mx.good.test", "*.good.test" };
	struct sg_pin_change change = { .pin = NULL };
	struct sg_err err;
	enum sg_rc rc;
	bool busy;

	ck_assert(sg_pin_new(key, SG_LEVEL_SECURE, scratch_now(),
		sample_time(SAMPLE_NOW + DAY), names, 2, &change.pin) == SG_OK);
	(void)snprintf(change.key, sizeof(change.key), "%s", key);
	rc = sg_disk_write_pins(d, &change, 1, &busy, &err);
	sg_pin_unref(&change.pin);
	return rc;
}

static void
count_pin(void *arg, struct sg_pin *pin)
{
	(void)pin;
	++*(unsigned *)arg;
}

static unsigned
count_pins(struct sg_disk *d)
{
	struct sg_err err;
	unsigned n = 0;

	/* From the beginning of time: none has ended. */
	ck_assert(sg_disk_each_pin(d, sample_time(INT64_MIN), 100, count_pin,
		&n, &err) == SG_OK);
	return n;
}

static bool
pin_is_believed(void *arg, const char *key)
{
	(void)key;
	return count_pins(arg) == 1;
}

START_TEST(each_bit_of_pins_counts)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);
	unsigned long before;

	ck_assert(write_pin(d, "a.test") == SG_OK);
	sql("SELECT 1");
	before = sg_seal_refused(seal);
	turn_each_bit("pins", &pins_columns[_i], pin_is_believed, d);
	ck_assert_uint_ge(sg_seal_refused(seal) - before, 48);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

/* --- each bit, in the file ------------------------------------------------------ */

static size_t
read_file(unsigned char *out, size_t size)
{
	int fd = open(scratch_db, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, out, size);
	ck_assert(n > 0 && (size_t)n < size);
	close(fd);
	return (size_t)n;
}

static void
write_file(const unsigned char *v, size_t n)
{
	DIR *dir = opendir(scratch_dir);
	struct dirent *e;
	int fd;

	while ((e = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	fd = open(scratch_db, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert(write(fd, v, n) == (ssize_t)n);
	close(fd);
}

/* The row's cell: two octets say its length, nine its columns' types, the key
   comes first and the seal last. */
static void
find_cell(const unsigned char *file, size_t n, size_t *from, size_t *to)
{
	unsigned char v[2000];
	const unsigned char *at;
	size_t len;

	len = get_column("facts", &facts_columns[1], v);
	at = memmem(file, n, v, len);
	ck_assert_ptr_nonnull(at);
	*from = (size_t)(at - file) - strlen("a.test") - 9 - 2;
	len = get_column("facts", &facts_columns[6], v);
	at = memmem(file, n, v, len);
	ck_assert_ptr_nonnull(at);
	*to = (size_t)(at - file) + len;
	ck_assert_uint_gt(*to - *from, 150);
	ck_assert_uint_lt(*to - *from, 500);
}

START_TEST(each_bit_of_the_cell_counts)
{
	static unsigned char file[1 << 18];
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);
	size_t n, from, to;

	ck_assert(write_disk(d, "a.test", DAY) == SG_OK);
	sg_disk_close(&d);
	sql("PRAGMA wal_checkpoint(TRUNCATE)");
	n = read_file(file, sizeof(file));
	find_cell(file, n, &from, &to);
	no_sql();
	for (size_t bit = from * 8; bit < to * 8; bit++) {
		file[bit / 8] ^= (unsigned char)(1U << bit % 8);
		write_file(file, n);
		file[bit / 8] ^= (unsigned char)(1U << bit % 8);
		d = open_disk(seal);
		ck_assert_msg(read_disk(d, "a.test") != SG_OK,
		    "bit %zu of octet %zu of the cell", bit % 8,
		    bit / 8 - from);
		sg_disk_close(&d);
	}
	write_file(file, n);
	d = open_disk(seal);
	ck_assert(read_disk(d, "a.test") == SG_OK);
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

/* --- rows that are ours, at another place or time --------------------------------- */

static const char *const swaps[] = {
	"UPDATE facts SET record = (SELECT record FROM o WHERE o.key <>"
	" facts.key)",
	"UPDATE facts SET mac = (SELECT mac FROM o WHERE o.key <> facts.key)",
	"UPDATE facts SET (record, policy_expires, fresh_until, refetch_at,"
	" generation, mac) = (SELECT record, policy_expires, fresh_until,"
	" refetch_at, generation, mac FROM o WHERE o.key <> facts.key)",
	"UPDATE facts SET (policy_expires, fresh_until, refetch_at) = (SELECT"
	" policy_expires, fresh_until, refetch_at FROM o WHERE o.key <>"
	" facts.key)",
	"UPDATE facts SET record = CAST(record AS TEXT)",
	"UPDATE facts SET mac = NULL",
	"UPDATE facts SET mac = substr(mac, 1, 16)",
	"UPDATE facts SET mac = CAST(mac || X'00' AS BLOB)",
	"UPDATE facts SET mac = CAST(mac AS TEXT)",
	"UPDATE facts SET mac = zeroblob(32)",
	"UPDATE facts SET fresh_until = fresh_until || 'x'",
	"UPDATE facts SET refetch_at = refetch_at + 0.5",
};

START_TEST(no_row_takes_anothers_place)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);

	ck_assert(write_disk(d, "a.test", DAY) == SG_OK);
	ck_assert(write_disk(d, "b.test", 2 * DAY) == SG_OK);
	sql("CREATE TEMP TABLE o AS SELECT * FROM facts");
	sql(swaps[_i]);
	ck_assert_msg(read_disk(d, "a.test") == SG_BAD, "%s", swaps[_i]);
	ck_assert_msg(read_disk(d, "b.test") == SG_BAD, "%s", swaps[_i]);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

START_TEST(pins_are_not_swapped)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);

	ck_assert(write_pin(d, "a.test") == SG_OK);
	ck_assert(write_pin(d, "b.test") == SG_OK);
	ck_assert_uint_eq(count_pins(d), 2);
	sql("CREATE TEMP TABLE o AS SELECT * FROM pins");
	sql("UPDATE pins SET (generation, mac) = (SELECT generation, mac FROM o"
	    " WHERE o.key <> pins.key)");
	ck_assert_uint_eq(count_pins(d), 0);
	/* A row of one table is none of the other. */
	sql("INSERT INTO facts (key, record, policy_expires, fresh_until,"
	    " refetch_at, generation, mac) SELECT key, CAST(names AS BLOB),"
	    " level, made_at, ends_at, generation, mac FROM o");
	ck_assert(read_disk(d, "a.test") == SG_BAD);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

/* A row that is put back: in the place of a newer one (0), after it was
   deleted (1), in the place of one that this process has only read (2). */
START_TEST(an_older_row_is_not_believed)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);

	ck_assert(write_disk(d, "a.test", 30 * DAY) == SG_OK);
	sql("CREATE TEMP TABLE old AS SELECT * FROM facts");
	ck_assert(write_disk(d, "a.test", _i == 1 ? 0 : DAY) == SG_OK);
	if (_i == 2) {
		sg_disk_close(&d);
		sg_seal_free(&seal);
		scratch_clock -= DAY; /* even so */
		seal = sg_seal_new(&key_a, scratch_now());
		d = open_disk(seal);
		ck_assert(read_disk(d, "a.test") == SG_OK);
	}
	sql("INSERT OR REPLACE INTO facts SELECT * FROM old");
	ck_assert(read_disk(d, "a.test") == SG_BAD);
	ck_assert_uint_eq(sg_seal_refused(seal), 1);
	/* What is written then is newer than either. */
	ck_assert(write_disk(d, "a.test", DAY) == SG_OK);
	ck_assert(read_disk(d, "a.test") == SG_OK);
	sql("INSERT OR REPLACE INTO facts SELECT * FROM old");
	/* The limit: the next process has seen nothing. */
	sg_disk_close(&d);
	sg_seal_free(&seal);
	seal = sg_seal_new(&key_a, scratch_now());
	d = open_disk(seal);
	ck_assert(read_disk(d, "a.test") == SG_OK);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

/* What was rolled back makes no row old. */
START_TEST(a_failed_write_changes_nothing)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct sg_disk *d = open_disk(seal);

	ck_assert(write_disk(d, "a.test", DAY) == SG_OK);
	sql("BEGIN IMMEDIATE");
	ck_assert(write_disk(d, "a.test", 2 * DAY) == SG_RETRY);
	sql("ROLLBACK");
	ck_assert(read_disk(d, "a.test") == SG_OK);
	no_sql();
	sg_disk_close(&d);
	sg_seal_free(&seal);
}
END_TEST

struct racer {
	struct sg_disk *d;
	_Atomic bool stop;
};

static void *
write_on(void *arg)
{
	struct racer *r = arg;

	for (int i = 0; i < 400; i++)
		ck_assert(write_disk(r->d, "a.test", DAY) == SG_OK);
	r->stop = true;
	return NULL;
}

/* Who reads while the row is written finds it in order, old or new. */
START_TEST(reading_beside_writing_is_no_replay)
{
	struct sg_seal *seal = sg_seal_new(&key_a, scratch_now());
	struct racer r = { .d = open_disk(seal) };
	pthread_t t;

	ck_assert(write_disk(r.d, "a.test", DAY) == SG_OK);
	ck_assert_int_eq(pthread_create(&t, NULL, write_on, &r), 0);
	while (!r.stop)
		ck_assert(read_disk(r.d, "a.test") == SG_OK);
	pthread_join(t, NULL);
	ck_assert_uint_eq(sg_seal_refused(seal), 0);
	sg_disk_close(&r.d);
	sg_seal_free(&seal);
}
END_TEST

/* --- the store ---------------------------------------------------------------------- */

static struct sg_store *
open_store(const struct sg_key *key)
{
	struct sg_store_params p = { .path = scratch_db, .now = scratch_now,
		.key = key };
	struct sg_store *s = NULL;

	ck_assert_int_eq(sg_store_open(&p, &s, NULL), SG_OK);
	return s;
}

static unsigned long
refused(struct sg_store *s)
{
	struct sg_store_stats st;

	sg_store_stats(s, &st);
	ck_assert(!st.degraded);
	return st.unsealed;
}

static void
pin(struct sg_store *s, const char *key)
{
	struct sg_pin *p;

	ck_assert(sg_pin_new(key, SG_LEVEL_SECURE, scratch_now(),
		sample_time(SAMPLE_NOW + DAY), NULL, 0, &p) == SG_OK);
	ck_assert(sg_store_set_pin(s, p) == SG_OK);
	sg_pin_unref(&p);
}

static bool
is_pinned(struct sg_store *s, const char *key)
{
	struct sg_pin *p = sg_store_pin(s, key);
	bool is = p != NULL;

	sg_pin_unref(&p);
	return is;
}

static const struct {
	const char *name;
	const struct sg_key *before, *after;
	bool there;
} keys[] = {
	{ "none", NULL, NULL, true },
	{ "the same", &key_a, &key_a, true },
	{ "another, longer", &key_a, &key_b, false },
	{ "one where there was none", NULL, &key_a, false },
	{ "none where there was one", &key_a, NULL, true },
};

START_TEST(a_store_is_read_with_its_key)
{
	struct sg_store *s = open_store(keys[_i].before);
	enum sg_rc want = keys[_i].there ? SG_OK : SG_NONE;

	ck_assert(scratch_put(s, "a.test", DAY) == SG_OK);
	pin(s, "a.test");
	sg_store_close(&s);
	s = open_store(keys[_i].after);
	ck_assert_msg(scratch_has(s, "a.test", NULL) == want, "%s",
	    keys[_i].name);
	ck_assert_msg(is_pinned(s, "a.test") == keys[_i].there, "%s",
	    keys[_i].name);
	ck_assert_uint_eq(refused(s), keys[_i].there ? 0 : 2);
	/* It is gone from the disk, not only from sight. */
	ck_assert(scratch_has(s, "a.test", NULL) == want);
	ck_assert_uint_eq(refused(s), keys[_i].there ? 0 : 2);
	/* And work goes on. */
	ck_assert(scratch_put(s, "b.test", DAY) == SG_OK);
	sg_store_close(&s);
	s = open_store(keys[_i].after);
	ck_assert(scratch_has(s, "b.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* What memory has is not asked of the disk, and costs no seal. */
START_TEST(memory_is_believed)
{
	struct sg_store *s = open_store(&key_a);

	ck_assert(scratch_put(s, "a.test", DAY) == SG_OK);
	sql("UPDATE facts SET fresh_until = 1");
	no_sql();
	ck_assert(scratch_has(s, "a.test", NULL) == SG_OK);
	ck_assert_uint_eq(refused(s), 0);
	sg_store_close(&s);
}
END_TEST

/* Without a key a row says so, and is as it was in schema 2. */
START_TEST(nothing_is_sealed_without_a_key)
{
	struct sg_store *s = open_store(NULL);
	sqlite3_stmt *st;

	ck_assert(scratch_put(s, "a.test", DAY) == SG_OK);
	pin(s, "a.test");
	sg_store_close(&s);
	sql("SELECT 1");
	st = prepare("SELECT f.generation, f.mac, p.generation, p.mac FROM"
	    " facts f, pins p");
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	for (int i = 0; i < 4; i += 2) {
		ck_assert_int_eq(sqlite3_column_int(st, i), 0);
		ck_assert_int_eq(sqlite3_column_type(st, i + 1), SQLITE_NULL);
	}
	sqlite3_finalize(st);
	sql("UPDATE facts SET fresh_until = fresh_until + 1");
	no_sql();
	s = open_store(NULL);
	ck_assert(scratch_has(s, "a.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

/* One line a row, 20 a minute at most (log.h). */
START_TEST(says_so)
{
	char name[32], line[500];
	unsigned lines = 0;
	struct sg_store *s;
	FILE *log;
	int fd = dup(STDERR_FILENO);

	s = open_store(NULL);
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "d%d.test", i);
		ck_assert(scratch_put(s, name, DAY) == SG_OK);
	}
	sg_store_close(&s);
	log = tmpfile();
	ck_assert_ptr_nonnull(log);
	ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
	s = open_store(&key_a);
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "d%d.test", i);
		ck_assert(scratch_has(s, name, NULL) == SG_NONE);
	}
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close(fd);
	ck_assert_uint_eq(refused(s), 30);
	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL)
		lines += strstr(line, "it has no seal: who but stsgate writes")
		    != NULL;
	ck_assert_uint_eq(lines, 20);
	fclose(log);
	sg_store_close(&s);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("seal");
	TCase *t = tcase_create("seal");
	SRunner *r;
	int failed;

	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "test");
	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_loop_test(t, each_bit_of_facts_counts, 0, N(facts_columns));
	tcase_add_loop_test(t, each_bit_of_pins_counts, 0, N(pins_columns));
	tcase_add_test(t, each_bit_of_the_cell_counts);
	tcase_add_loop_test(t, no_row_takes_anothers_place, 0, N(swaps));
	tcase_add_test(t, pins_are_not_swapped);
	tcase_add_loop_test(t, an_older_row_is_not_believed, 0, 3);
	tcase_add_test(t, a_failed_write_changes_nothing);
	tcase_add_test(t, reading_beside_writing_is_no_replay);
	tcase_add_loop_test(t, a_store_is_read_with_its_key, 0, N(keys));
	tcase_add_test(t, memory_is_believed);
	tcase_add_test(t, nothing_is_sealed_without_a_key);
	tcase_add_test(t, says_so);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
