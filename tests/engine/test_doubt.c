/* SPDX-License-Identifier: ISC */
/*
 * test_doubt.c - which policies are believed, and when (THREATS T7, T3, T8).
 * Whole stories are in tests/replay/policy_weaker.rpl.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/doubt.h"

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))
#define NOW 1795000000
#define WAIT 600
#define WEEK 604800

static struct sg_doubts doubts;
static struct sg_wall now;
static struct sg_mono mono;

static void
setup(void)
{
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "test");
	now.s = NOW;
	mono.ms = 5000000;
}

static void
teardown(void)
{
	sg_doubts_fini(&doubts);
}

static void
later(int64_t s)
{
	now.s += s;
	mono.ms += s * 1000;
}

static void
set_hosts(struct sg_facts *f, const char *hosts)
{
	char names[2][50] = { "", "" };
	int n = sscanf(hosts, "%49s %49s", names[0], names[1]);

	f->mx_state = SG_MX_FOUND;
	ck_assert_int_eq(sg_facts_set_mx(f, (unsigned)n), SG_OK);
	for (int i = 0; i < n; i++)
		snprintf(f->mx[i].host, sizeof(f->mx[i].host), "%s", names[i]);
}

/* hosts: one MX host or two, or NULL; policy: "mode max_age mx", NULL: none. */
static struct sg_facts *
facts_of(const char *hosts, const char *policy, int64_t fetched)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_facts *f = sg_facts_new(&hop);
	char text[300], mode[10], mx[100] = "";
	unsigned age;
	int n;

	ck_assert_ptr_nonnull(f);
	f->sts.txt.state = SG_TXT_RECORD;
	if (hosts != NULL)
		set_hosts(f, hosts);
	if (policy == NULL)
		return f;
	ck_assert_int_ge(sscanf(policy, "%9s %u %99s", mode, &age, mx), 2);
	n = snprintf(text, sizeof(text), "version: STSv1\nmode: %s\n"
	    "max_age: %u\n%s%s\n", mode, age, mx[0] != '\0' ? "mx: " : "", mx);
	ck_assert_int_eq(sg_facts_set_policy(f, text, (size_t)n, "2",
	    (struct sg_wall) { fetched }, NULL), SG_OK);
	return f;
}

#define ENFORCE "enforce 604800 mx.good.test"

/* Is policy believed after ENFORCE? *retry: else, when it is fetched again. */
static bool
believes(uint32_t wait_s, const char *key, const char *policy, int64_t *retry)
{
	struct sg_facts *old = facts_of("mx.good.test", ENFORCE, now.s - 60);
	struct sg_facts *learnt = facts_of("mx.good.test", policy, now.s);
	bool believed = sg_doubts_believe(&doubts, wait_s, key, old, learnt,
	    now, mono);

	ck_assert(believed == (learnt->sts.policy != NULL));
	ck_assert(believed == (learnt->sts.fetch.reason == SG_REASON_NONE));
	ck_assert(believed || (learnt->sts.fetch.tried &&
	    learnt->sts.fetch.at.s == now.s &&
	    learnt->sts.text == NULL && learnt->sts.policy_id[0] == '\0'));
	if (retry != NULL)
		*retry = learnt->sts.fetch.retry_after.s - now.s;
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
	return believed;
}

START_TEST(test_wait_T7)
{
	int64_t retry = 0;

	ck_assert(!believes(WAIT, "a", "none 86400", &retry));
	ck_assert_int_eq(retry, WAIT + 1);
	later(WAIT - 1);
	ck_assert(!believes(WAIT, "a", "none 86400", &retry));
	ck_assert_int_eq(retry, 2);
	later(1);
	ck_assert(believes(WAIT, "a", "none 86400", NULL));
	ck_assert_uint_eq(doubts.n, 0);
}
END_TEST

/* To the millisecond; and when it is fetched again, rounded up. */
START_TEST(test_wait_ms_T7)
{
	int64_t retry = 0;

	ck_assert(!believes(1, "a", "none 86400", &retry));
	ck_assert_int_eq(retry, 2);
	mono.ms += 999;
	ck_assert(!believes(1, "a", "none 86400", &retry));
	ck_assert_int_eq(retry, 2);
	mono.ms += 1;
	ck_assert(believes(1, "a", "none 86400", NULL));
}
END_TEST

START_TEST(test_off_K07)
{
	ck_assert(believes(0, "a", "none 86400", NULL));
	ck_assert_ptr_null(doubts.all);
	/* and when it is switched off meanwhile */
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	ck_assert(believes(0, "a", "none 86400", NULL));
	ck_assert_uint_eq(doubts.n, 0);
}
END_TEST

/* The same file is meant, not the same words of it. */
START_TEST(test_other_text_T7)
{
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	later(WAIT);
	ck_assert(!believes(WAIT, "a", "none 86401", NULL));
	later(WAIT - 1);
	ck_assert(!believes(WAIT, "a", "none 86401", NULL));
	ck_assert_uint_eq(doubts.n, 1);
	later(1);
	ck_assert(believes(WAIT, "a", "none 86401", NULL));
}
END_TEST

/* What was gone meanwhile has to wait from its coming back. */
START_TEST(test_gone_again_T7)
{
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	later(WAIT / 2);
	ck_assert(believes(WAIT, "a", ENFORCE, NULL));
	ck_assert_uint_eq(doubts.n, 0);
	later(WAIT / 2);
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
}
END_TEST

/* A fetch that failed, or that was not made, says nothing. */
START_TEST(test_no_fetch_T7)
{
	struct sg_facts *old = facts_of("mx.good.test", ENFORCE, NOW);
	struct sg_facts *learnt = facts_of("mx.good.test", NULL, 0);

	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	ck_assert(sg_doubts_believe(&doubts, WAIT, "a", old, learnt, now,
	    mono));
	ck_assert_int_eq(learnt->sts.fetch.reason, SG_REASON_NONE);
	later(WAIT);
	ck_assert(believes(WAIT, "a", "none 86400", NULL));
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
}
END_TEST

START_TEST(test_each_by_itself_T7)
{
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	later(WAIT);
	ck_assert(!believes(WAIT, "b", "none 86400", NULL));
	ck_assert(believes(WAIT, "a", "none 86400", NULL));
	ck_assert(!believes(WAIT, "b", "none 86400", NULL));
}
END_TEST

/* However many domains: the oldest is forgotten, and waits anew. */
START_TEST(test_bounded_T7)
{
	char key[20];

	for (int i = 0; i <= SG_DOUBTS_MAX; i++) {
		snprintf(key, sizeof(key), "d%d", i);
		ck_assert(!believes(WAIT, key, "none 86400", NULL));
		mono.ms++;
	}
	ck_assert_uint_eq(doubts.n, SG_DOUBTS_MAX);
	later(WAIT);
	ck_assert(believes(WAIT, "d1", "none 86400", NULL));
	ck_assert(believes(WAIT, "d1024", "none 86400", NULL));
	ck_assert(!believes(WAIT, "d0", "none 86400", NULL));
}
END_TEST

/* Wherever the oldest is. */
START_TEST(test_oldest_T7)
{
	static const int oldest[] = { 0, 1, 2, SG_DOUBTS_MAX - 1 };
	char key[20];

	for (int i = 0; i < SG_DOUBTS_MAX; i++) {
		mono.ms = 5000000 + (i == oldest[_i] ? 0 : 1 + i % 7);
		snprintf(key, sizeof(key), "d%d", i);
		ck_assert(!believes(WAIT, key, "none 86400", NULL));
	}
	mono.ms = 5000010;
	ck_assert(!believes(WAIT, "another", "none 86400", NULL));
	later(WAIT);
	for (int i = 0; i < SG_DOUBTS_MAX; i++) {
		snprintf(key, sizeof(key), "d%d", i);
		if (i != oldest[_i])
			ck_assert_msg(believes(WAIT, key, "none 86400", NULL),
			    "%s is forgotten", key);
	}
	ck_assert(believes(WAIT, "another", "none 86400", NULL));
	snprintf(key, sizeof(key), "d%d", oldest[_i]);
	ck_assert(!believes(WAIT, key, "none 86400", NULL));
}
END_TEST

START_TEST(test_fini)
{
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
	sg_doubts_fini(&doubts);
	ck_assert_ptr_null(doubts.all);
	ck_assert_uint_eq(doubts.n, 0);
	later(WAIT);
	ck_assert(!believes(WAIT, "a", "none 86400", NULL));
}
END_TEST

/* What comes and goes is in the log. */
START_TEST(test_logged_T7)
{
	static const char *const want[] = {
		"a: its new MTA-STS policy is weaker than the one in force "
		"(mode none instead of enforce) and is not believed until it "
		"is seen again",
		"a: the weaker MTA-STS policy is gone again, or there is none "
		"any more that it would weaken",
		"b: its new MTA-STS policy is weaker than the one in force "
		"(mode none instead of enforce) and is not believed until it "
		"is seen again",
		"b: the weaker MTA-STS policy has been seen again and is in "
		"force",
		"c: its new MTA-STS policy is weaker than the one in force "
		"(a much shorter max_age) and is not believed until it is "
		"seen again",
		"c: the weaker MTA-STS policy is believed: "
		"https.confirm_weaker is off",
	};
	FILE *log = tmpfile();
	char line[500];
	int fd = dup(STDERR_FILENO), n = 0;

	sg_log_init(SG_LOG_STDERR, SG_LOG_WARN, "test");
	ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
	believes(WAIT, "a", "none 86400", NULL);
	believes(WAIT, "a", ENFORCE, NULL);
	believes(WAIT, "b", "none 86400", NULL);
	believes(WAIT, "b", "none 86400", NULL); /* no news */
	later(WAIT);
	believes(WAIT, "b", "none 86400", NULL);
	believes(WAIT, "c", "enforce 60 mx.good.test", NULL);
	believes(0, "c", "enforce 60 mx.good.test", NULL);
	believes(0, "c", "enforce 60 mx.good.test", NULL);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close(fd);
	rewind(log);
	for (; fgets(line, sizeof(line), log) != NULL; n++)
		ck_assert_msg(n < N(want) && strstr(line, want[n]) != NULL,
		    "line %d: %s", n + 1, line);
	ck_assert_int_eq(n, N(want));
	fclose(log);
}
END_TEST

/* When it is fetched again: at the end of the wait, hourly at least, and when
   the old one ends. */
START_TEST(test_retry_T7)
{
	static const struct {
		uint32_t wait_s;
		int64_t age, want;
	} r[] = {
		{ 300, 60, 301 },
		{ 3599, 60, 3600 },
		{ 3600, 60, 3600 },
		{ 86400, 60, 3600 },
		{ 600, WEEK - 100, 100 },
		{ 86400, WEEK - 1, 1 },
	};
	struct sg_facts *old = facts_of("mx.good.test", ENFORCE,
	    NOW - r[_i].age);
	struct sg_facts *learnt = facts_of("mx.good.test", "none 86400", NOW);

	ck_assert(!sg_doubts_believe(&doubts, r[_i].wait_s, "a", old, learnt,
	    now, mono));
	ck_assert_int_eq(learnt->sts.fetch.retry_after.s - NOW, r[_i].want);
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
}
END_TEST

/* What was known, what is seen now: hosts, policies; is it believed at once? */
static const struct {
	const char *name, *was_host, *was, *host, *policy;
	int64_t age; /* of the old one */
	bool want;
} rows[] = {
	{ "nothing was in force", "mx.good.test", NULL, "mx.good.test",
	    "none 60", 0, true },
	{ "it has ended", "mx.good.test", ENFORCE, "mx.good.test", "none 60",
	    WEEK, true },
	{ "it ends in a second", "mx.good.test", ENFORCE, "mx.good.test",
	    "none 60", WEEK - 1, false },
	{ "T7 other hosts, while the old ones are", "mx.good.test", ENFORCE,
	    "mx.good.test", "enforce 604800 mx.else.test", 0, false },
	{ "T7 other hosts, in MX too, all at once", "mx.good.test", ENFORCE,
	    "mx.else.test", "enforce 604800 mx.else.test", 0, false },
	{ "T7 and it is not known where mail went before", NULL, ENFORCE,
	    "mx.else.test", "enforce 604800 mx.else.test", 0, false },
	{ "T7 mended, but mail goes where the old one says again",
	    "mx.else.test", ENFORCE, "mx.good.test",
	    "enforce 604800 mx.else.test", 0, false },
	{ "T8, K-12 mended", "mx.else.test", ENFORCE, "mx.else.test",
	    "enforce 604800 mx.else.test", 0, true },
	{ "T8 mended, MX cannot be looked up just now", "mx.else.test",
	    ENFORCE, NULL, "enforce 604800 mx.else.test", 0, true },
	{ "T7 the second of the old hosts was named", "mx.else.test "
	    "mx.good.test", ENFORCE, "mx.else.test",
	    "enforce 604800 mx.else.test", 0, false },
	{ "T7 the second of the new hosts is named", "mx.else.test", ENFORCE,
	    "mx.else.test mx.good.test", "enforce 604800 mx.else.test", 0,
	    false },
	{ "T8 mended, of two", "mx.else.test mx.third.test", ENFORCE,
	    "mx.else.test mx.third.test", "enforce 604800 mx.else.test", 0,
	    true },
	{ "T8 mended, by a short max_age: that waits", "mx.else.test",
	    ENFORCE, "mx.else.test", "enforce 60 mx.else.test", 0, false },
	{ "T8 mended, by mode none: that waits", "mx.else.test", ENFORCE,
	    "mx.else.test", "none 604800", 0, false },
};

START_TEST(test_old_and_new)
{
	struct sg_facts *old = facts_of(rows[_i].was_host, rows[_i].was,
	    NOW - rows[_i].age);
	struct sg_facts *learnt = facts_of(rows[_i].host, rows[_i].policy,
	    NOW);

	ck_assert_msg(sg_doubts_believe(&doubts, WAIT, "a", old, learnt, now,
	    mono) == rows[_i].want, "%s", rows[_i].name);
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
}
END_TEST

START_TEST(test_nothing_known)
{
	struct sg_facts *learnt = facts_of("mx.good.test", "none 60", NOW);

	ck_assert(!believes(WAIT, "a", "none 60", NULL));
	ck_assert(sg_doubts_believe(&doubts, WAIT, "a", NULL, learnt, now,
	    mono)); /* purged */
	ck_assert_uint_eq(doubts.n, 0);
	sg_facts_unref(&learnt);
}
END_TEST

/* What query and cache show say of it. */
START_TEST(test_detail_T7)
{
	static const struct {
		const char *policy, *want;
	} r[] = {
		{ "none 60", "mode none instead of enforce: believed if it is "
		    "still so at 2026-11-18T11:16:41Z" },
		{ "testing 60 a.test", "mode testing instead of enforce: "
		    "believed if it is still so at 2026-11-18T11:16:41Z" },
		{ "enforce 60 mx.else.test", "none of the MX hosts as before, "
		    "a much shorter max_age: believed if it is still so at "
		    "2026-11-18T11:16:41Z" },
		{ "enforce 60 mx.good.test", "a much shorter max_age: believed "
		    "if it is still so at 2026-11-18T11:16:41Z" },
		{ "enforce 604800 mx.else.test", "none of the MX hosts as "
		    "before: believed if it is still so at "
		    "2026-11-18T11:16:41Z" },
	};
	struct sg_facts *old = facts_of("mx.good.test", ENFORCE, NOW);
	struct sg_facts *learnt = facts_of("mx.good.test", r[_i].policy, NOW);

	sg_doubts_believe(&doubts, WAIT, "a", old, learnt, now, mono);
	ck_assert_str_eq(learnt->sts.fetch.detail, r[_i].want);
	sg_facts_unref(&old);
	sg_facts_unref(&learnt);
}
END_TEST

START_TEST(test_bound_T7)
{
	static const struct {
		const char *policy;
		int64_t age, ends_in;
	} r[] = {
		{ ENFORCE, 0, SG_DOUBT_MOST_S },
		{ ENFORCE, WEEK - SG_DOUBT_MOST_S - 1, SG_DOUBT_MOST_S },
		{ ENFORCE, WEEK - SG_DOUBT_MOST_S, SG_DOUBT_MOST_S },
		{ ENFORCE, WEEK - 5, 5 }, /* never longer */
		{ "enforce 31557600 a.test", 0, SG_DOUBT_MOST_S },
	};
	struct sg_facts *f = facts_of("mx.good.test", r[_i].policy,
	    NOW - r[_i].age), *none = facts_of(NULL, NULL, 0);

	sg_doubt_bound(f, now);
	ck_assert_int_eq(sg_facts_policy_expires(f).s - NOW, r[_i].ends_in);
	sg_doubt_bound(none, now);
	ck_assert_int_eq(none->sts.fetched_at.s, 0);
	sg_facts_unref(&f);
	sg_facts_unref(&none);
	/* long before now, a clock that was never set */
	f = facts_of("mx.good.test", "enforce 31557600 a.test", 5);
	sg_doubt_bound(f, (struct sg_wall) { 10 });
	ck_assert_int_eq(f->sts.fetched_at.s, 1);
	sg_facts_unref(&f);
	/* and one that would come to lie at 0 */
	f = facts_of("mx.good.test", "enforce 31557600 a.test", 7);
	sg_doubt_bound(f, (struct sg_wall) { 31557600 - SG_DOUBT_MOST_S });
	ck_assert_int_eq(f->sts.fetched_at.s, 1);
	sg_facts_unref(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("doubt");
	TCase *t = tcase_create("doubt");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_wait_T7);
	tcase_add_test(t, test_wait_ms_T7);
	tcase_add_test(t, test_off_K07);
	tcase_add_test(t, test_other_text_T7);
	tcase_add_test(t, test_gone_again_T7);
	tcase_add_test(t, test_no_fetch_T7);
	tcase_add_test(t, test_each_by_itself_T7);
	tcase_add_test(t, test_bounded_T7);
	tcase_add_loop_test(t, test_oldest_T7, 0, 4);
	tcase_add_test(t, test_fini);
	tcase_add_test(t, test_logged_T7);
	tcase_add_loop_test(t, test_retry_T7, 0, 6);
	tcase_add_loop_test(t, test_old_and_new, 0, N(rows));
	tcase_add_test(t, test_nothing_known);
	tcase_add_loop_test(t, test_detail_T7, 0, 5);
	tcase_add_loop_test(t, test_bound_T7, 0, 5);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
