/* SPDX-License-Identifier: ISC */
/*
 * torture_store.c - the store when memory, its file or its disk fails it.
 * Holds: it opens or says why; what put() called written is there after the
 * file is opened again; what it called written later is there once the disk
 * is back; a failing disk never makes a policy that is known unknown, and
 * memory that fails never makes anything but "could not look"; what memory knows
 * gets into a file that has to be made anew. The rows are sealed, which fails in
 * ways of its own.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "engine/landing.h"
#include "facts/codec.h"
#include "report/days.h"
#include "report/days_file.h"
#include "store/store.h"
#include "torture/torture.h"

#define NOW 1795000000
#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 604800\n"
#define WEAKER "version: STSv1\nmode: none\nmax_age: 604800\n"

static const struct sg_key seal_key = { 32, "0123456789abcdef0123456789abcdef" };
static struct sg_wall clock_now = { NOW };
static char dir[64], db[96];

static struct sg_wall
tell(void)
{
	return clock_now;
}

static void
remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

static void
make_dir(void)
{
	snprintf(dir, sizeof(dir), "./torture-store-XXXXXX");
	torture_hold(mkdtemp(dir) != NULL);
	snprintf(db, sizeof(db), "%s/facts.db", dir);
	atexit(remove_dir);
}

static struct sg_facts *
facts_of(const char *name)
{
	struct sg_nexthop hop = { .port = 25 };
	struct sg_facts *f;

	snprintf(hop.name, sizeof(hop.name), "%s", name);
	f = sg_facts_new(&hop);
	torture_hold(f != NULL);
	torture_hold(sg_facts_set_policy(f, POLICY, strlen(POLICY), "id1",
	    (struct sg_wall) { NOW }, NULL) == SG_OK);
	f->refetch_at.s = NOW + 10;
	f->fresh_until.s = NOW + 10;
	return f;
}

static bool
has_policy(struct sg_store *s, const char *key)
{
	struct sg_facts *f = NULL;
	bool has = sg_store_get(s, key, &f, NULL) == SG_OK &&
	    sg_facts_policy(f, clock_now) != NULL;

	sg_facts_unref(&f);
	return has;
}

static enum sg_rc
open_store(struct sg_store **s)
{
	struct sg_store_params p = { .path = db, .max_entries = 1000,
		.now = tell, .key = &seal_key };
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_store_open(&p, s, &err);

	torture_hold(rc == SG_OK || err.text[0] != '\0');
	return rc;
}

static bool
count_one(void *arg, const struct sg_facts *f)
{
	(void)f;
	++*(unsigned *)arg;
	return true;
}

static bool
keep_going(void *arg, const struct sg_facts *f)
{
	(void)arg;
	(void)f;
	return true;
}

struct state {
	bool put_a, put_b, purged;
};

/* What a daemon does in its life; each may fail. */
static void
live(struct sg_store *s, struct sg_facts *a, struct sg_facts *b,
    struct state *st)
{
	struct sg_nexthop due[4];
	struct sg_store_stats stats;

	st->put_a = sg_store_put(s, &a, 1, NULL) == SG_OK;
	(void)has_policy(s, "a.test");
	(void)has_policy(s, "none.test");
	st->put_b = sg_store_put(s, &b, 1, NULL) == SG_OK;
	st->purged = sg_store_purge(s, "b.test") == SG_OK;
	clock_now.s += 20;
	(void)sg_store_due(s, clock_now, due, 4);
	(void)sg_store_expire(s, clock_now, 10);
	(void)sg_store_each(s, keep_going, NULL);
	sg_store_stats(s, &stats);
}

/* Nothing fails any more: whatever waited is written. */
static void
recover(struct sg_store *s, struct sg_facts *a, bool memory_too)
{
	struct sg_nexthop due[4];
	struct sg_store_stats stats;

	fault_end();
	if (!memory_too)
		torture_hold(has_policy(s, "a.test"));
	for (int i = 0; i < 4; i++) {
		clock_now.s += 60;
		(void)sg_store_due(s, clock_now, due, 4);
	}
	sg_store_stats(s, &stats);
	torture_hold(stats.unwritten == 0 && !stats.degraded);
	torture_hold(sg_store_put(s, &a, 1, NULL) == SG_OK ||
	    memory_too);
}

static void
check_written(const struct state *st)
{
	struct sg_store *s = NULL;

	torture_hold(open_store(&s) == SG_OK);
	torture_hold(!st->put_a || has_policy(s, "a.test"));
	torture_hold(!st->put_b || !st->purged || !has_policy(s, "b.test"));
	sg_store_close(&s);
}

/* crash: the process that wrote ends without another word. */
static void
run(bool memory_too, bool crash)
{
	struct sg_facts *a = facts_of("a.test"), *b = facts_of("b.test");
	struct sg_store *s = NULL;
	struct state st = { false, false, false };

	make_dir();
	fault_arm();
	if (open_store(&s) == SG_OK)
		live(s, a, b, &st);
	fault_disarm();
	if (s != NULL && crash)
		fault_end();
	else if (s != NULL)
		recover(s, a, memory_too);
	st.put_a = st.put_a || (s != NULL && !crash && !memory_too);
	sg_store_close(&s);
	fault_end();
	check_written(&st);
	sg_facts_unref(&a);
	sg_facts_unref(&b);
}

static void
memory(void)
{
	run(true, true);
}

static void
disk(void)
{
	run(false, false);
}

static void
disk_then_end(void)
{
	run(false, true);
}

/* A store that holds a policy is opened and asked while things fail. */
static void
reading(void)
{
	struct sg_facts *a = facts_of("a.test"), *got = NULL;
	struct sg_store *s = NULL;
	enum sg_rc rc;

	make_dir();
	torture_hold(open_store(&s) == SG_OK);
	torture_hold(sg_store_put(s, &a, 1, NULL) == SG_OK);
	sg_store_close(&s);
	fault_arm();
	if (open_store(&s) == SG_OK) {
		rc = sg_store_get(s, "a.test", &got, NULL);
		torture_hold(rc == SG_OK || rc == SG_RETRY);
		torture_hold(rc != SG_OK ||
		    sg_facts_policy(got, clock_now) != NULL);
	}
	fault_disarm();
	fault_end();
	sg_facts_unref(&got);
	sg_store_close(&s);
	check_written(&(struct state) { true, false, false });
	sg_facts_unref(&a);
}

/* Without a disk: what is known is not unknown because memory is short. */
static void
in_memory(void)
{
	struct sg_store_params p = { .path = NULL, .now = tell };
	struct sg_facts *a = facts_of("a.test"), *got = NULL;
	struct sg_store *s = NULL;
	unsigned n = 0;
	enum sg_rc rc;

	torture_hold(sg_store_open(&p, &s, NULL) == SG_OK);
	torture_hold(sg_store_put(s, &a, 1, NULL) == SG_OK);
	fault_arm();
	rc = sg_store_get(s, "a.test", &got, NULL);
	torture_hold(rc == SG_OK || rc == SG_RETRY);
	torture_hold(rc != SG_OK ||
	    sg_facts_policy(got, clock_now) != NULL);
	rc = sg_store_each(s, count_one, &n);
	torture_hold(rc != SG_OK || n == 1);
	fault_disarm();
	sg_facts_unref(&got);
	sg_facts_unref(&a);
	sg_store_close(&s);
}

/* The file is gone, and made anew while things fail: what memory knows, and
   the pins, get into it (K-10), if not at once then later. */
static void
rescue(void)
{
	struct sg_facts *a = facts_of("a.test"), *b = facts_of("b.test");
	struct sg_wall until = { NOW + 9999 };
	struct sg_pin *pin = NULL;
	struct sg_nexthop due[4];
	struct sg_store *s = NULL;
	struct sg_store_stats stats;

	make_dir();
	torture_hold(open_store(&s) == SG_OK);
	torture_hold(sg_store_put(s, &a, 1, NULL) == SG_OK);
	torture_hold(sg_pin_new("a.test", SG_LEVEL_ENCRYPT, clock_now, until,
	    NULL, 0, &pin) == SG_OK);
	torture_hold(sg_store_set_pin(s, pin) == SG_OK);
	sg_pin_unref(&pin);
	sg_store_write_pins(s);
	torture_hold(unlink(db) == 0);
	fault_arm();
	(void)sg_store_put(s, &b, 1, NULL);
	for (int i = 0; i < 3; i++) {
		clock_now.s += 60;
		(void)sg_store_due(s, clock_now, due, 4);
		sg_store_write_pins(s);
	}
	fault_disarm();
	fault_end();
	(void)sg_store_put(s, &b, 1, NULL); /* if that had no memory, nobody
					       has yet seen that it is gone */
	for (int i = 0; i < 4; i++) {
		clock_now.s += 60;
		(void)sg_store_due(s, clock_now, due, 4);
		sg_store_write_pins(s);
	}
	sg_store_stats(s, &stats);
	torture_hold(stats.unwritten == 0 && !stats.degraded);
	/* As after a crash: nothing is written at the end. */
	check_written(&(struct state) { true, false, false });
	sg_store_close(&s);
	torture_hold(open_store(&s) == SG_OK);
	pin = sg_store_pin(s, "a.test");
	torture_hold(pin != NULL && pin->level == SG_LEVEL_ENCRYPT);
	sg_pin_unref(&pin);
	sg_store_close(&s);
	sg_facts_unref(&a);
	sg_facts_unref(&b);
}

/* What a worker says comes in while things fail. */
static void
landing(void)
{
	struct sg_facts *a = facts_of("a.test"), *learnt, *new = NULL;
	struct sg_store *s = NULL;
	struct sg_doubts doubts = { .n = 0 };
	struct sg_landing landing = { .doubts = &doubts, .confirm_s = 600,
		.now = clock_now };
	struct sg_err err;
	unsigned char *record = NULL;
	size_t len = 0;
	enum sg_rc rc;

	make_dir();
	torture_hold(open_store(&s) == SG_OK);
	torture_hold(sg_store_put(s, &a, 1, NULL) == SG_OK);
	learnt = sg_facts_new(&a->hop);
	torture_hold(learnt != NULL);
	learnt->sts.txt.state = SG_TXT_NONE;
	torture_hold(sg_facts_set_policy(learnt, WEAKER, strlen(WEAKER), "2",
	    clock_now, NULL) == SG_OK);
	torture_hold(sg_facts_encode(learnt, &record, &len) == SG_OK);
	landing.store = s;
	fault_arm();
	rc = sg_landing_judge(&landing, &a->hop, record, len, &new,
	    &err);
	fault_disarm();
	torture_hold(rc == SG_OK || rc == SG_RETRY);
	torture_hold(rc != SG_OK || (sg_facts_policy(new, clock_now) != NULL &&
	    new->sts.policy->mode == SG_STS_MODE_ENFORCE));
	sg_doubts_fini(&doubts);
	sg_facts_unref(&new);
	sg_facts_unref(&learnt);
	sg_facts_unref(&a);
	free(record);
	sg_store_close(&s);
}

/* --- the report ------------------------------------------------------------ */

#define N_COUNTED 12

static void
count_some(struct sg_days *d, unsigned n)
{
	static struct sg_group group = { .name = (char *)(uintptr_t)"a" };
	struct sg_asked asked = { .group = &group };
	struct sg_verdict verdict = { .result = SG_RESULT_PASS };
	struct sg_decision decision = { .action = SG_ACTION_ACCEPT };
	char hop[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(hop, sizeof(hop), "h%u.test", i % 3);
		sg_days_count(d, &(struct sg_days_decision) { clock_now, hop,
		    &asked, &verdict, &decision });
	}
}

static uint64_t
sum_of_file(void)
{
	struct sg_days_rows rows;
	struct sg_err err = { .text = "" };
	uint64_t sum = 0;

	torture_hold(sg_days_rows_read(db, 0, &rows, &err) == SG_OK);
	for (size_t i = 0; i < rows.n; i++)
		sum += rows.cells[i].n;
	torture_hold(rows.unfit == 0);
	sg_days_rows_free(&rows);
	return sum;
}

/* A disk that fails loses no decision. When the last sync of a commit fails
   SQLite says that it failed, and what it wrote is there: these few seconds are
   counted twice. */
static void
count_and_flush(bool memory_too)
{
	struct sg_days_params p = { .path = db, .keep_days = 30,
		.flush_ms = 3600000, .now = tell };
	struct sg_days *d;
	uint64_t sum;

	make_dir();
	fault_arm();
	d = sg_days_new(&p);
	if (d != NULL) {
		count_some(d, N_COUNTED / 2);
		(void)sg_days_flush(d);
		count_some(d, N_COUNTED / 2);
		(void)sg_days_flush(d);
	}
	fault_disarm();
	fault_end();
	torture_hold(d != NULL || memory_too);
	if (d == NULL)
		return;
	for (int i = 0; i < 3 && !sg_days_flush(d); i++)
		clock_now.s += 3600;
	torture_hold(sg_days_flush(d));
	sg_days_free(&d);
	sum = sum_of_file();
	torture_hold(memory_too ? sum <= N_COUNTED
				: sum >= N_COUNTED && sum <= N_COUNTED * 3 / 2);
}

static void
report(void)
{
	count_and_flush(false);
}

static void
report_memory(void)
{
	count_and_flush(true);
}

int
main(int argc, char **argv)
{
	static const struct torture all[] = {
		{ "memory", 1 << FAULT_MEMORY | 1 << FAULT_INSIDE, memory, 31,
		    397 },
		{ "disk", 1 << FAULT_DISK | 1 << FAULT_FILE, disk, 5, 0 },
		{ "disk-then-end", 1 << FAULT_DISK | 1 << FAULT_FILE,
		    disk_then_end, 5, 0 },
		{ "reading", 1 << FAULT_DISK | 1 << FAULT_FILE |
		    1 << FAULT_MEMORY | 1 << FAULT_INSIDE, reading, 17, 199 },
		{ "in-memory", 1 << FAULT_MEMORY, in_memory, 0, 0 },
		{ "rescue", 1 << FAULT_DISK | 1 << FAULT_FILE |
		    1 << FAULT_MEMORY, rescue, 149, 0 },
		{ "report", 1 << FAULT_DISK | 1 << FAULT_FILE, report, 23, 0 },
		{ "report-memory", 1 << FAULT_MEMORY | 1 << FAULT_THREAD,
		    report_memory, 97, 0 },
		{ "landing", 1 << FAULT_DISK | 1 << FAULT_MEMORY |
		    1 << FAULT_INSIDE, landing, 0, 17 },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
