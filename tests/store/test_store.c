/* SPDX-License-Identifier: ISC */
/* test_store.c - both tiers as one, while all is well. */
#include "store/scratch.h"

#include <pthread.h>
#include <sqlite3.h>

#include "store/disk.h"

#define DAY 86400
#define WEEK (7 * DAY)

START_TEST(keeps_across_restarts) /* K-10 */
{
	struct sg_store *s = scratch_store();
	enum sg_store_tier tier;
	struct sg_facts *f;
	struct stat st;

	ck_assert(scratch_has(s, "good.test", NULL) == SG_NONE);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	ck_assert(scratch_put(s, "none.test", 0) == SG_OK);
	ck_assert(sg_store_get(s, "good.test", &f, &tier) == SG_OK);
	ck_assert_int_eq(tier, SG_TIER_MEMORY);
	sg_facts_unref(&f);
	sg_store_close(&s);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(stat(scratch_db, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600); /* T22 */
	s = scratch_store();
	ck_assert(sg_store_get(s, "good.test", &f, &tier) == SG_OK);
	ck_assert_int_eq(tier, SG_TIER_DISK);
	ck_assert_str_eq(f->hop.name, "good.test");
	ck_assert_ptr_nonnull(sg_facts_policy(f, scratch_now()));
	sg_facts_unref(&f);
	ck_assert(sg_store_get(s, "good.test", &f, &tier) == SG_OK);
	ck_assert_int_eq(tier, SG_TIER_MEMORY);
	sg_facts_unref(&f);
	ck_assert(scratch_has(s, "none.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

START_TEST(keeps_hops_apart) /* T15 */
{
	struct sg_store *s = scratch_store();
	struct sg_facts *f[3];
	static const char *const keys[3] = { "mx.good.test", "[mx.good.test]",
		"[mx.good.test]:2525" };

	for (int i = 0; i < 3; i++) {
		f[i] = scratch_facts("mx.good.test", DAY);
		f[i]->hop.is_host = i > 0;
		f[i]->hop.port = i == 2 ? 2525 : 25;
	}
	ck_assert(sg_store_put(s, f, 3, NULL) == SG_OK);
	for (int i = 0; i < 3; i++) {
		struct sg_facts *g;

		ck_assert(sg_store_get(s, keys[i], &g, NULL) == SG_OK);
		ck_assert_str_eq(g->hop.name, f[i]->hop.name);
		ck_assert(g->hop.is_host == f[i]->hop.is_host);
		ck_assert_uint_eq(g->hop.port, f[i]->hop.port);
		sg_facts_unref(&g);
		sg_facts_unref(&f[i]);
	}
	sg_store_close(&s);
}
END_TEST

START_TEST(purges)
{
	struct sg_store *s = scratch_store();

	ck_assert(sg_store_purge(s, "good.test") == SG_NONE);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	ck_assert(sg_store_purge(s, "good.test") == SG_OK);
	ck_assert(scratch_has(s, "good.test", NULL) == SG_NONE);
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	s = scratch_store(); /* on disk only */
	ck_assert(sg_store_purge(s, "good.test") == SG_OK);
	sg_store_close(&s);
	s = scratch_store();
	ck_assert(scratch_has(s, "good.test", NULL) == SG_NONE);
	sg_store_close(&s);
}
END_TEST

START_TEST(works_without_disk)
{
	struct sg_store_stats st;
	struct sg_nexthop due[4];
	struct sg_store *s;

	ck_assert(scratch_open(NULL, 0, &s, NULL) == SG_OK);
	ck_assert(scratch_put(s, "b.test", 2 * DAY) == SG_OK);
	scratch_clock -= 10;
	ck_assert(scratch_put(s, "a.test", 2 * DAY) == SG_OK);
	ck_assert(scratch_put(s, "none.test", 0) == SG_OK);
	ck_assert_uint_eq(sg_store_due(s, scratch_now(), due, 4), 0);
	scratch_clock += DAY + 10;
	ck_assert_uint_eq(sg_store_due(s, scratch_now(), due, 4), 2);
	ck_assert_str_eq(due[0].name, "a.test"); /* the oldest first */
	ck_assert_str_eq(due[1].name, "b.test");
	ck_assert_uint_eq(sg_store_due(s, scratch_now(), due, 1), 1);
	ck_assert_str_eq(due[0].name, "a.test");
	sg_store_stats(s, &st);
	ck_assert_uint_eq(st.memory_entries, 3);
	ck_assert_uint_eq(st.memory_policies, 2);
	ck_assert(!st.degraded && st.text[0] == '\0');
	scratch_clock += 30 * DAY; /* all expired and stale */
	ck_assert_uint_eq(sg_store_due(s, scratch_now(), due, 4), 0);
	ck_assert_uint_eq(sg_store_expire(s, scratch_now(), 2), 2);
	ck_assert_uint_eq(sg_store_expire(s, scratch_now(), 2), 1);
	ck_assert(sg_store_purge(s, "a.test") == SG_NONE);
	sg_store_close(&s);
}
END_TEST

/* --- due, expire, each --------------------------------------------------- */

static const struct {
	const char *name;
	unsigned max_age;
	int64_t refetch; /* from SAMPLE_NOW */
} dues[] = {
	{ "c.test", WEEK, 300 },
	{ "a.test", WEEK, 100 },
	{ "b.test", WEEK, 200 },
	{ "later.test", WEEK, 5000 },
	{ "never.test", WEEK, -SAMPLE_NOW }, /* 0 */
	{ "expired.test", 60, 50 },
	{ "none.test", 0, 100 },
};

START_TEST(finds_what_is_due) /* K-04 */
{
	struct sg_store *s = scratch_store();
	struct sg_nexthop due[8];

	for (size_t i = 0; i < sizeof(dues) / sizeof(dues[0]); i++) {
		struct sg_facts *f =
		    scratch_facts(dues[i].name, dues[i].max_age);

		f->refetch_at.s = SAMPLE_NOW + dues[i].refetch;
		ck_assert(sg_store_put(s, &f, 1, NULL) == SG_OK);
		sg_facts_unref(&f);
	}
	sg_store_close(&s); /* nobody asks for them after the restart */
	s = scratch_store();
	ck_assert_uint_eq(
	    sg_store_due(s, sample_time(SAMPLE_NOW + 99), due, 8), 0);
	ck_assert_uint_eq(
	    sg_store_due(s, sample_time(SAMPLE_NOW + 300), due, 8), 3);
	ck_assert_str_eq(due[0].name, "a.test");
	ck_assert_str_eq(due[1].name, "b.test");
	ck_assert_str_eq(due[2].name, "c.test");
	ck_assert_uint_eq(
	    sg_store_due(s, sample_time(SAMPLE_NOW + 300), due, 2), 2);
	ck_assert_str_eq(due[1].name, "b.test");
	/* Expiring takes the expired out of the index and leaves the rest. */
	ck_assert_uint_eq(
	    sg_store_expire(s, sample_time(SAMPLE_NOW + 300), 100), 0);
	ck_assert_uint_eq(
	    sg_store_due(s, sample_time(SAMPLE_NOW + 300), due, 8), 3);
	sg_store_close(&s);
}
END_TEST

START_TEST(goes_by_the_index)
{
	struct sg_store *s = scratch_store();
	char sql[512], plan[512] = "";
	sqlite3_stmt *st = NULL;
	sqlite3 *db;

	(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
	    sg_disk_due_sql);
	ck_assert_int_eq(sqlite3_open(scratch_db, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		size_t n = strlen(plan);

		(void)snprintf(plan + n, sizeof(plan) - n, "%s; ",
		    (const char *)sqlite3_column_text(st, 3));
	}
	ck_assert_msg(strstr(plan, "facts_due") != NULL &&
		strstr(plan, "SCAN") == NULL &&
		strstr(plan, "TEMP B-TREE") == NULL,
	    "plan: %s", plan);
	sqlite3_finalize(st);
	sqlite3_close(db);
	sg_store_close(&s);
}
END_TEST

START_TEST(expires)
{
	struct sg_store *s = scratch_store();
	struct sg_wall now;

	ck_assert(scratch_put(s, "none.test", 0) == SG_OK);
	ck_assert(scratch_put(s, "short.test", DAY) == SG_OK);
	ck_assert(scratch_put(s, "long.test", 30 * DAY) == SG_OK);
	now = sample_time(SAMPLE_NOW + 300 + WEEK);
	ck_assert_uint_eq(sg_store_expire(s, now, 10), 0);
	now.s++;
	ck_assert_uint_eq(sg_store_expire(s, now, 1), 1);
	ck_assert_uint_eq(sg_store_expire(s, now, 10), 1);
	ck_assert_uint_eq(sg_store_expire(s, now, 10), 0);
	ck_assert(scratch_has(s, "none.test", NULL) == SG_NONE);
	ck_assert(scratch_has(s, "short.test", NULL) == SG_NONE);
	ck_assert(scratch_has(s, "long.test", NULL) == SG_OK);
	sg_store_close(&s);
}
END_TEST

struct walk {
	struct sg_store *store;
	char last[SG_NEXTHOP_KEY_SIZE];
	unsigned n, stop_at;
};

static bool
walk(void *arg, const struct sg_facts *f)
{
	struct walk *w = arg;
	char key[SG_NEXTHOP_KEY_SIZE];

	sg_nexthop_key(&f->hop, key);
	ck_assert_msg(strcmp(key, w->last) > 0, "%s after %s", key, w->last);
	memcpy(w->last, key, sizeof(key));
	ck_assert(scratch_has(w->store, key, NULL) == SG_OK); /* no deadlock */
	return ++w->n != w->stop_at;
}

START_TEST(walks_in_order)
{
	for (int disk = 0; disk < 2; disk++) {
		struct walk w = { .n = 0 };
		struct sg_store *s;

		ck_assert(scratch_open(disk ? scratch_db : NULL, 0, &s, NULL) ==
		    SG_OK);
		for (unsigned i = 0; i < 350; i++) {
			char name[32];

			(void)snprintf(name, sizeof(name), "d%u.test",
			    i * 7919 % 1000);
			ck_assert(scratch_put(s, name, i % 2 * DAY) == SG_OK);
		}
		w.store = s;
		(void)sg_store_each(s, walk, &w);
		ck_assert_uint_eq(w.n, 350);
		w = (struct walk) { .store = s, .stop_at = 5 };
		(void)sg_store_each(s, walk, &w);
		ck_assert_uint_eq(w.n, 5);
		sg_store_close(&s);
	}
}
END_TEST

/* --- eviction ------------------------------------------------------------ */

static void
put_many(struct sg_store *s, const char *prefix, unsigned n, unsigned max_age)
{
	for (unsigned i = 0; i < n; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%u.test", prefix, i);
		ck_assert(scratch_put(s, name, max_age) == SG_OK);
	}
}

static unsigned
count_many(struct sg_store *s, const char *prefix, unsigned n)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%u.test", prefix, i);
		found += scratch_has(s, name, NULL) == SG_OK;
	}
	return found;
}

/* The stripes are filled by a random hash: up to a quarter of the room is
   never at fault here. */
START_TEST(evicts_negatives_first) /* K-14, T16 */
{
	struct sg_store_stats st;
	struct sg_store *s;

	ck_assert(scratch_open(NULL, 4096, &s, NULL) == SG_OK);
	put_many(s, "policy", 2000, DAY);
	put_many(s, "flood", 20000, 0);
	sg_store_stats(s, &st);
	ck_assert_uint_le(st.memory_entries, 4096);
	ck_assert_uint_eq(st.memory_policies, 2000);
	ck_assert_uint_ge(st.evicted, 22000 - 4096);
	ck_assert_uint_eq(count_many(s, "policy", 2000), 2000);
	/* Expired ones are like any other. */
	scratch_clock += DAY;
	put_many(s, "later", 20000, 0);
	ck_assert_uint_eq(count_many(s, "policy", 2000), 0);
	sg_store_close(&s);
}
END_TEST

START_TEST(evicts_policies_by_policies) /* K-14 */
{
	struct sg_store_stats st;
	struct sg_store *s;

	/* One stripe: the order is seen exactly. */
	ck_assert(scratch_open(NULL, 10, &s, NULL) == SG_OK);
	put_many(s, "old", 10, DAY);
	ck_assert(scratch_has(s, "old0.test", NULL) == SG_OK); /* used */
	put_many(s, "none", 5, 0); /* no room for them */
	ck_assert_uint_eq(count_many(s, "none", 5), 0);
	ck_assert_uint_eq(count_many(s, "old", 1), 1);
	put_many(s, "new", 3, DAY);
	ck_assert(scratch_has(s, "old0.test", NULL) == SG_OK);
	ck_assert(scratch_has(s, "old1.test", NULL) == SG_NONE);
	ck_assert(scratch_has(s, "old2.test", NULL) == SG_NONE);
	ck_assert(scratch_has(s, "old3.test", NULL) == SG_NONE);
	ck_assert(scratch_has(s, "old4.test", NULL) == SG_OK);
	ck_assert_uint_eq(count_many(s, "new", 3), 3);
	/* A policy that gives way to none loses its privilege. */
	ck_assert(scratch_put(s, "new0.test", 0) == SG_OK);
	ck_assert(scratch_put(s, "x.test", DAY) == SG_OK);
	ck_assert(scratch_has(s, "new0.test", NULL) == SG_NONE);
	sg_store_stats(s, &st);
	ck_assert_uint_eq(st.memory_entries, 10);
	ck_assert_uint_eq(st.memory_policies, 10);
	sg_store_close(&s);
}
END_TEST

START_TEST(finds_on_disk_what_was_evicted)
{
	struct sg_store *s;

	ck_assert(scratch_open(scratch_db, 10, &s, NULL) == SG_OK);
	put_many(s, "d", 100, DAY);
	ck_assert_uint_eq(count_many(s, "d", 100), 100);
	sg_store_close(&s);
}
END_TEST

/* --- threads ------------------------------------------------------------- */

#define THREADS 8
#define TURNS 600

static void *
hammer(void *arg)
{
	struct sg_store *s = arg;
	static unsigned next;
	unsigned x = __atomic_add_fetch(&next, 1, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < TURNS; i++) {
		struct sg_nexthop due[4];
		struct sg_store_stats st;
		char name[32];

		x = x * 1103515245 + 12345;
		(void)snprintf(name, sizeof(name), "d%u.test", x >> 16 & 63);
		if (i % 4 == 0)
			ck_assert(scratch_put(s, name, (x >> 8 & 1) * DAY) ==
			    SG_OK);
		else if (i % 61 == 0)
			(void)sg_store_purge(s, name);
		else if (i % 67 == 0)
			(void)sg_store_due(s, scratch_now(), due, 4);
		else if (i % 71 == 0)
			sg_store_stats(s, &st);
		else if (i % 73 == 0)
			(void)sg_store_expire(s, scratch_now(), 2);
		else
			ck_assert(scratch_has(s, name, NULL) != SG_RETRY);
	}
	return NULL;
}

/* Afterwards both tiers say the same of every key. */
START_TEST(bears_threads)
{
	struct sg_store *s, *fresh;
	pthread_t t[THREADS];

	ck_assert(scratch_open(scratch_db, 32, &s, NULL) == SG_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, hammer, s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	fresh = scratch_store();
	for (unsigned i = 0; i < 64; i++) {
		bool policy, policy_on_disk;
		char name[32];

		(void)snprintf(name, sizeof(name), "d%u.test", i);
		ck_assert_msg(scratch_has(s, name, &policy) ==
			scratch_has(fresh, name, &policy_on_disk),
		    "%s: there and not there", name);
		ck_assert_msg(policy == policy_on_disk, "%s: policy %d, on "
		    "disk %d", name, policy, policy_on_disk);
	}
	sg_store_close(&fresh);
	sg_store_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, keeps_across_restarts);
	tcase_add_test(t, keeps_hops_apart);
	tcase_add_test(t, purges);
	tcase_add_test(t, works_without_disk);
	tcase_add_test(t, finds_what_is_due);
	tcase_add_test(t, goes_by_the_index);
	tcase_add_test(t, expires);
	tcase_add_test(t, walks_in_order);
	tcase_add_test(t, evicts_negatives_first);
	tcase_add_test(t, evicts_policies_by_policies);
	tcase_add_test(t, finds_on_disk_what_was_evicted);
	tcase_add_test(t, bears_threads);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
