/* SPDX-License-Identifier: ISC */
/*
 * test_freshness.c - stories: what lookups bring one after the other, and what
 * is known after each. Times are seconds since the story began; ANY is not
 * looked at.
 */
#include "facts/sample.h"

#define ANY (-1)
#define STEPS 10
#define DAY 86400

enum { NO_POLICY = -2 };

struct step {
	int64_t at;
	/* what the lookup brings */
	enum sg_txt_state txt;
	const char *id;     /* of TXT */
	int64_t ttl;        /* of TXT and MX */
	const char *policy; /* mode, NULL = none fetched */
	int max_age;
	enum sg_reason failed; /* of the fetch */
	/* what is known then; 0 = not looked at, but for mode */
	int mode; /* in force: SG_STS_MODE_*, or NO_POLICY */
	const char *policy_id;
	int64_t fetched, unknown, fresh, retry, failures;
};

struct story {
	const char *name;
	struct step step[STEPS];
};

#define ENFORCE SG_STS_MODE_ENFORCE
#define TESTING SG_STS_MODE_TESTING
#define NONE SG_STS_MODE_NONE
#define HTTPS SG_REASON_STS_POLICY_FETCH_ERROR
#define INVALID SG_REASON_STS_POLICY_INVALID
#define GET(mode_, age_) .policy = mode_, .max_age = age_
#define RECORD(id_, ttl_) .txt = SG_TXT_RECORD, .id = id_, .ttl = ttl_

static const struct story stories[] = {
	{ "a policy is learnt",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE,
		.policy_id = "a", .fetched = ANY, .fresh = 300 } } },
	{ "K-02 the same id is not a fetch: it ends at fetch + max_age",
	    { { 0, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE },
	        { 900, RECORD("a", 300), .mode = ENFORCE, .fresh = 1000 },
	        { 999, RECORD("a", 300), .mode = ENFORCE, .fresh = 1000 },
	        { 1000, RECORD("a", 300), .mode = NO_POLICY, .unknown = 1000,
		    .fresh = 1030 } } },
	{ "K-04 a fetch restarts max_age",
	    { { 0, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE },
	        { 900, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE,
		    .fetched = 900 },
	        { 1899, RECORD("a", 300), .mode = ENFORCE },
	        { 1900, RECORD("a", 300), .mode = NO_POLICY } } },
	{ "K-04 a fetch without TXT renews the policy under its id",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 80000, .txt = SG_TXT_ERROR, GET("enforce", DAY),
		    .mode = ENFORCE, .policy_id = "a", .fetched = 80000,
		    .fresh = 80030 },
	        { 90000, .txt = SG_TXT_NONE, .ttl = 60, GET("enforce", DAY),
		    .mode = ENFORCE, .policy_id = "a", .fetched = 90000 } } },
	{ "C-16, P-17 a new id whose fetch fails: the old policy stays",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 300, RECORD("b", 3000), .failed = HTTPS, .mode = ENFORCE,
		    .policy_id = "a", .fetched = ANY, .fresh = 600,
		    .retry = 600, .failures = 1 },
	        { 600, RECORD("b", 3000), .failed = INVALID, .mode = ENFORCE,
		    .policy_id = "a", .fresh = 1200, .retry = 1200,
		    .failures = 2 },
	        { 1200, RECORD("b", 3000), GET("testing", DAY),
		    .mode = TESTING, .policy_id = "b", .fetched = 1200,
		    .fresh = 4200 } } },
	{ "K-09 a failed fetch never shortens it",
	    { { 0, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE },
	        { 500, RECORD("a", 300), .failed = HTTPS, .mode = ENFORCE,
		    .fresh = 800 },
	        { 999, RECORD("a", 300), .failed = HTTPS, .mode = ENFORCE,
		    .fresh = 1000 },
	        { 1000, RECORD("a", 300), .failed = HTTPS,
		    .mode = NO_POLICY, .unknown = 1000 } } },
	{ "B-11, K-08 TXT is gone: the policy stays to its end",
	    { { 0, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE },
	        { 500, .txt = SG_TXT_NONE, .ttl = 60, .mode = ENFORCE,
		    .fresh = 560 },
	        { 990, .txt = SG_TXT_NONE, .ttl = 60, .mode = ENFORCE,
		    .fresh = 1000 },
	        { 1001, .txt = SG_TXT_NONE, .ttl = 60, .mode = NO_POLICY,
		    .unknown = 0, .fresh = 1061 } } },
	{ "B-11 TXT is broken: the same",
	    { { 0, RECORD("a", 300), GET("enforce", 1000), .mode = ENFORCE },
	        { 500, .txt = SG_TXT_INVALID, .ttl = 60, .mode = ENFORCE },
	        { 1001, .txt = SG_TXT_INVALID, .ttl = 60,
		    .mode = NO_POLICY } } },
	{ "TXT fails, TXT is bogus: the policy stays, looked at again soon",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 500, .txt = SG_TXT_ERROR, .ttl = 3600, .mode = ENFORCE,
		    .fresh = 530 },
	        { 600, .txt = SG_TXT_BOGUS, .ttl = 3600, .mode = ENFORCE,
		    .fresh = 630 } } },
	{ "K-07 none replaces enforce at once",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 300, RECORD("b", 300), GET("none", DAY), .mode = NONE,
		    .policy_id = "b", .fetched = 300 },
	        { 600, .txt = SG_TXT_NONE, .ttl = 60, .mode = NONE } } },
	{ "B-13 ids are opaque: back to the older one is a change",
	    { { 0, RECORD("2", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 300, RECORD("1", 300), GET("testing", DAY),
		    .mode = TESTING, .policy_id = "1" } } },
	{ "K-12 a year's policy is replaced by a newer one",
	    { { 0, RECORD("a", 300), GET("enforce", 31557600),
		.mode = ENFORCE },
	        { 300, RECORD("b", 300), GET("testing", 60), .mode = TESTING,
		    .fetched = 300 } } },
	{ "P-11 max_age 0 is for this once",
	    { { 0, RECORD("a", 300), GET("enforce", 0), .mode = ENFORCE,
		.fresh = ANY },
	        { 1, RECORD("a", 300), .mode = NO_POLICY, .unknown = 1 },
	        { 2, RECORD("a", 300), GET("enforce", 0), .mode = ENFORCE,
		    .fresh = 2 } } },
	{ "C-14, X-14 back-off for one id: 5 min doubling to 1 h",
	    { { 0, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		.retry = 300, .failures = 1, .fresh = 300 },
	        { 300, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 900, .failures = 2, .fresh = 900 },
	        { 900, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 2100, .failures = 3 },
	        { 2100, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 4500, .failures = 4 },
	        { 4500, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 8100, .failures = 5, .fresh = 8100 },
	        { 8100, RECORD("a", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 11700, .failures = 6 },
	        { 8200, RECORD("b", 9000), .failed = HTTPS, .mode = NO_POLICY,
		    .retry = 8500, .failures = 1, .fresh = 8500 },
	        { 8500, RECORD("b", 60), GET("enforce", DAY), .mode = ENFORCE,
		    .fresh = 8560 },
	        { 8600, RECORD("c", 60), .failed = HTTPS, .mode = ENFORCE,
		    .retry = 8900, .failures = 1, .fresh = 8660 } } },
	{ "C-14 a lookup within the back-off keeps it",
	    { { 0, RECORD("a", 60), .failed = HTTPS, .mode = NO_POLICY,
		.retry = 300, .failures = 1, .fresh = 60 },
	        { 60, RECORD("a", 6000), .mode = NO_POLICY, .retry = 300,
		    .failures = 1, .fresh = 300 },
	        { 120, RECORD("b", 6000), .mode = NO_POLICY, .retry = 300,
		    .fresh = 150 } } },
	{ "unknown counts from the first failure, without a break",
	    { { 0, .txt = SG_TXT_NONE, .ttl = 60, .mode = NO_POLICY,
		.unknown = 0 },
	        { 100, .txt = SG_TXT_ERROR, .mode = NO_POLICY, .unknown = 100 },
	        { 200, .txt = SG_TXT_BOGUS, .mode = NO_POLICY, .unknown = 100 },
	        { 300, RECORD("a", 60), .failed = HTTPS, .mode = NO_POLICY,
		    .unknown = 100 },
	        { 400, RECORD("a", 60), .mode = NO_POLICY, .unknown = 100 },
	        { 500, .txt = SG_TXT_INVALID, .ttl = 60, .mode = NO_POLICY,
		    .unknown = 0 },
	        { 600, .txt = SG_TXT_ERROR, .mode = NO_POLICY, .unknown = 600 },
	        { 700, RECORD("a", 60), GET("none", 60), .mode = NONE,
		    .unknown = 0 } } },
	{ "TXT not looked at: what was seen stays, as long as it is good",
	    { { 0, .txt = SG_TXT_NONE, .ttl = 600, .mode = NO_POLICY },
	        { 100, .txt = SG_TXT_UNASKED, .ttl = 900, .mode = NO_POLICY,
		    .unknown = 0, .fresh = 600 },
	        { 700, .txt = SG_TXT_UNASKED, .ttl = 900, .mode = NO_POLICY,
		    .unknown = 700, .fresh = 730 } } },
	{ "nothing was ever looked at",
	    { { 50, .txt = SG_TXT_UNASKED, .ttl = 900, .mode = NO_POLICY,
		.unknown = 50, .fresh = 80 } } },
	{ "B-19 TTLs are kept within bounds: floor",
	    { { 0, RECORD("a", 0), GET("enforce", DAY), .mode = ENFORCE,
		.fresh = 10 } } },
	{ "TTLs are kept within bounds: ceiling, then the policy's end",
	    { { 0, RECORD("a", 90 * DAY), GET("enforce", 90 * DAY),
		  .mode = ENFORCE, .fresh = DAY },
	        { 10, RECORD("a", 90 * DAY), GET("enforce", 600),
		    .mode = ENFORCE, .fresh = 610 } } },
	{ "K-13 a negative answer lives an hour at most",
	    { { 0, .txt = SG_TXT_NONE, .ttl = DAY, .mode = NO_POLICY,
		  .fresh = 3600 },
	        { 3600, .txt = SG_TXT_NONE, .ttl = 5, .mode = NO_POLICY,
		    .fresh = 3610 } } },
	{ "C-15 a fetch that claims to have worked but brought nothing failed",
	    { { 0, RECORD("a", 300), .failed = SG_REASON_COUNT,
		.mode = NO_POLICY, .retry = 300, .failures = 1 } } },
	{ "K-11 the clock goes back: nothing is good for longer",
	    { { 0, RECORD("a", 600), GET("enforce", 7200), .mode = ENFORCE },
	        { -3600, RECORD("a", 600), .mode = ENFORCE, .fresh = -3000 },
	        { 3000, .txt = SG_TXT_ERROR, .mode = ENFORCE },
	        { -2 * DAY, .txt = SG_TXT_NONE, .ttl = 60,
		    .mode = NO_POLICY } } },
	{ "Q-12 a new id with the old body is healed by the next fetch",
	    { { 0, RECORD("a", 300), GET("enforce", DAY), .mode = ENFORCE },
	        { 300, RECORD("b", 300), GET("enforce", DAY), .mode = ENFORCE,
		    .policy_id = "b" },
	        { 80000, RECORD("b", 300), GET("testing", DAY),
		    .mode = TESTING, .policy_id = "b", .fetched = 80000 } } },
};

static struct sg_facts *
learn(const struct step *s)
{
	struct sg_facts *f = sample_facts("good.test");
	int64_t now = SAMPLE_NOW + s->at;

	f->sts.txt.state = s->txt;
	if (s->txt != SG_TXT_UNASKED) {
		f->sts.txt.at = sample_time(now);
		f->sts.txt.until = sample_time(now + s->ttl);
	}
	if (s->id != NULL) {
		memcpy(f->sts.txt.id, s->id, strlen(s->id));
		memcpy(f->sts.fetch.id, s->id, strlen(s->id));
	}
	if (s->policy != NULL)
		sample_policy(f, s->policy, (unsigned)s->max_age,
		    s->id != NULL ? s->id : "", now);
	if (s->policy != NULL || s->failed != SG_REASON_NONE) {
		f->sts.fetch.tried = true;
		f->sts.fetch.at = sample_time(now);
		f->sts.fetch.reason =
		    s->failed == SG_REASON_COUNT ? SG_REASON_NONE : s->failed;
	}
	sample_mx(f, 1);
	f->mx_at = sample_time(now);
	f->mx_until = sample_time(now + DAY);
	return f;
}

static void
same(const char *story, size_t step, const char *what, int64_t got,
    int64_t want)
{
	ck_assert_msg(got == want, "%s: step %zu: %s: got %lld, want %lld",
	    story, step, what, (long long)got, (long long)want);
}

static void
check_step(const struct story *y, size_t i, const struct sg_facts *f)
{
	const struct step *s = &y->step[i];
	struct sg_wall now = { SAMPLE_NOW + s->at };
	const struct sg_sts_policy *p = sg_facts_policy(f, now);
	int64_t unknown = f->sts.unknown_since.s;

	same(y->name, i, "mode", p != NULL ? (int)p->mode : NO_POLICY, s->mode);
	if (s->policy_id != NULL)
		ck_assert_msg(strcmp(f->sts.policy_id, s->policy_id) == 0,
		    "%s: step %zu: id: got %s, want %s", y->name, i,
		    f->sts.policy_id, s->policy_id);
	if (s->fetched != 0)
		same(y->name, i, "fetched_at",
		    f->sts.fetched_at.s - SAMPLE_NOW,
		    s->fetched == ANY ? 0 : s->fetched);
	if (s->mode != NO_POLICY)
		same(y->name, i, "unknown_since", unknown, 0);
	else if (s->unknown != 0)
		same(y->name, i, "unknown_since", unknown - SAMPLE_NOW,
		    s->unknown);
	else if (s->txt == SG_TXT_NONE || s->txt == SG_TXT_INVALID)
		same(y->name, i, "unknown_since", unknown, 0);
	if (s->fresh != 0)
		same(y->name, i, "fresh_until", f->fresh_until.s - SAMPLE_NOW,
		    s->fresh == ANY ? s->at : s->fresh);
	if (s->retry != 0)
		same(y->name, i, "retry_after",
		    f->sts.fetch.retry_after.s - SAMPLE_NOW, s->retry);
	if (s->failures != 0)
		same(y->name, i, "failures", f->sts.fetch.failures,
		    s->failures);
	/* Whatever happens: */
	ck_assert(f->fresh_until.s >= now.s && f->refresh_at.s >= now.s &&
	    f->refresh_at.s <= f->fresh_until.s);
	ck_assert(f->refetch_at.s == 0 || f->refetch_at.s > now.s);
	ck_assert(p != NULL || f->refetch_at.s == 0);
}

START_TEST(tells_stories)
{
	for (size_t y = 0; y < sizeof(stories) / sizeof(stories[0]); y++) {
		struct sg_facts *known = NULL;

		for (size_t i = 0; i < STEPS; i++) {
			const struct step *s = &stories[y].step[i];
			struct sg_facts *learnt, *next;

			if (i > 0 && s->at == 0)
				break;
			learnt = learn(s);
			ck_assert(sg_facts_merge(known, learnt,
				      sample_time(SAMPLE_NOW + s->at), 500,
				      &next) == SG_OK);
			sg_facts_unref(&learnt);
			sg_facts_unref(&known);
			known = next;
			check_step(&stories[y], i, known);
		}
		sg_facts_unref(&known);
	}
}
END_TEST

/* --- need ---------------------------------------------------------------- */

static const struct {
	const char *name;
	int64_t at;       /* since the policy was fetched */
	int max_age;      /* -1 = no policy */
	const char *failed_id; /* a fetch failed at 100, to be retried at 400 */
	bool fresh;
	const char *known_id, *backoff_id;
	bool refetch;
} needs[] = {
	{ "K-03 held: no fetch for this id", 500, DAY, NULL, false, "a", "",
	    false },
	{ "K-04 a day old", DAY, 7 * DAY, NULL, false, "a", "", true },
	{ "K-05 due by its refetch_at", 82000, 7 * DAY, NULL, false, "a", "",
	    true },
	{ "not due yet", 69000, 7 * DAY, NULL, false, "a", "", false },
	{ "half the life of a short one", 9500, 20000, NULL, false, "a", "",
	    true },
	{ "expired: to be fetched", DAY, DAY, NULL, false, "", "", false },
	{ "P-11 max_age 0", 1, 0, NULL, false, "", "", false },
	{ "C-14 back-off", 399, DAY, "b", false, "a", "b", false },
	{ "C-14 back-off is over", 400, DAY, "b", false, "a", "", true },
	{ "C-14 no policy, back-off", 399, -1, "b", false, "", "b", false },
	{ "C-14 no policy, over", 400, -1, "b", false, "", "", false },
	{ "Q-04 fresh: the policy too", 500, DAY, NULL, true, "a", "", true },
	{ "Q-04 fresh, but it was fetched just now", 299, DAY, NULL, true, "a",
	    "", false },
	{ "Q-04 fresh does not break back-off", 399, DAY, "b", true, "a", "b",
	    false },
	{ "K-11 clock went back: no back-off for ever", -86000, DAY, "b", false,
	    "a", "", false },
};

START_TEST(says_what_is_needed)
{
	struct sg_facts_need need;

	sg_facts_need(NULL, sample_time(SAMPLE_NOW), true, &need);
	ck_assert(need.known_id[0] == '\0' && need.backoff_id[0] == '\0' &&
	    !need.refetch);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		struct step first = { 0, RECORD("a", 300),
			GET("enforce", needs[i].max_age) };
		struct step second = { 100, RECORD("b", 300), .failed = HTTPS };
		struct sg_facts *learnt, *known, *next;

		if (needs[i].max_age < 0)
			first = (struct step) { 0, .txt = SG_TXT_NONE };
		learnt = learn(&first);
		ck_assert(sg_facts_merge(NULL, learnt, sample_time(SAMPLE_NOW),
			      500, &known) == SG_OK);
		sg_facts_unref(&learnt);
		if (needs[i].failed_id != NULL) {
			learnt = learn(&second);
			ck_assert(sg_facts_merge(known, learnt,
				      sample_time(SAMPLE_NOW + 100), 500,
				      &next) == SG_OK);
			sg_facts_unref(&learnt);
			sg_facts_unref(&known);
			known = next;
		}
		sg_facts_need(known, sample_time(SAMPLE_NOW + needs[i].at),
		    needs[i].fresh, &need);
		ck_assert_msg(
		    strcmp(need.known_id, needs[i].known_id) == 0 &&
			strcmp(need.backoff_id, needs[i].backoff_id) == 0 &&
			need.refetch == needs[i].refetch,
		    "%s: got %s, %s, %d, want %s, %s, %d", needs[i].name,
		    need.known_id, need.backoff_id, need.refetch,
		    needs[i].known_id, needs[i].backoff_id, needs[i].refetch);
		sg_facts_unref(&known);
	}
}
END_TEST

/* --- refetch_at and jitter ----------------------------------------------- */

static const struct {
	const char *name;
	int max_age;
	int64_t least, most; /* of refetch_at - fetched_at; 0 = not by itself */
} refetches[] = {
	{ "a year", 31557600, 69120, DAY },
	{ "two days", 2 * DAY, 69120, DAY },
	{ "a day: half of it", DAY, 34560, 43200 },
	{ "an hour", 3600, 1440, 1800 },
	{ "ten minutes: not twice in five", 600, 300, 300 },
	{ "five minutes: when asked", 300, 0, 0 },
	{ "none", 0, 0, 0 },
};

START_TEST(spreads_refetches)
{
	for (size_t i = 0; i < sizeof(refetches) / sizeof(refetches[0]); i++) {
		struct step s = { 0, RECORD("a", 300),
			GET("enforce", refetches[i].max_age) };
		struct sg_facts *learnt = learn(&s), *f;
		int64_t least = INT64_MAX, most = 0, t;

		for (unsigned jitter = 0; jitter <= 1000; jitter++) {
			ck_assert(sg_facts_merge(NULL, learnt,
				      sample_time(SAMPLE_NOW), jitter,
				      &f) == SG_OK);
			t = f->refetch_at.s == 0
			    ? 0
			    : f->refetch_at.s - SAMPLE_NOW;
			least = t < least ? t : least;
			most = t > most ? t : most;
			sg_facts_unref(&f);
		}
		same(refetches[i].name, 0, "least", least, refetches[i].least);
		same(refetches[i].name, 0, "most", most, refetches[i].most);
		sg_facts_unref(&learnt);
	}
}
END_TEST

START_TEST(spreads_refreshes)
{
	struct step s = { 0, .txt = SG_TXT_NONE, .ttl = 1000 };
	struct sg_facts *learnt = learn(&s), *f;

	for (unsigned jitter = 0; jitter <= 1200; jitter += 100) {
		int64_t want =
		    500 + 4 * (jitter < 1000 ? (int64_t)jitter : 1000) / 10;

		ck_assert(sg_facts_merge(NULL, learnt, sample_time(SAMPLE_NOW),
			      jitter, &f) == SG_OK);
		same("T17 refresh at 50 to 90 %", jitter, "refresh_at",
		    f->refresh_at.s - SAMPLE_NOW, want);
		sg_facts_unref(&f);
	}
	sg_facts_unref(&learnt);
}
END_TEST

static void
step_on(struct sg_facts **known, struct step s)
{
	struct sg_facts *learnt = learn(&s), *next;

	ck_assert(sg_facts_merge(*known, learnt,
		      sample_time(SAMPLE_NOW + s.at), 0, &next) == SG_OK);
	sg_facts_unref(&learnt);
	sg_facts_unref(known);
	*known = next;
}

/* Busy domains are looked up every minute; that must not put the daily fetch
   off. */
START_TEST(keeps_the_appointment)
{
	struct sg_facts *f = NULL;
	struct sg_facts_need need;
	int64_t t = 60;

	step_on(&f, (struct step) { 0, RECORD("a", 60),
		GET("enforce", 7 * DAY) });
	for (; t < 2 * DAY; t += 60) {
		sg_facts_need(f, sample_time(SAMPLE_NOW + t), false, &need);
		if (need.refetch)
			break;
		step_on(&f, (struct step) { t, RECORD("a", 60) });
	}
	same("K-04 daily", 0, "fetched again", t, 69120);
	/* The lookup did not come to it: again in five minutes. */
	step_on(&f, (struct step) { t, RECORD("a", 60) });
	same("not done", 1, "refetch_at", f->refetch_at.s - SAMPLE_NOW,
	    t + 300);
	step_on(&f, (struct step) { t + 60, RECORD("a", 60) });
	same("not done", 2, "refetch_at", f->refetch_at.s - SAMPLE_NOW,
	    t + 300);
	/* It failed: by the back-off (K-06). */
	step_on(&f, (struct step) { t + 300, RECORD("a", 60),
		.failed = HTTPS });
	same("failed", 3, "refetch_at", f->refetch_at.s - SAMPLE_NOW, t + 600);
	step_on(&f, (struct step) { t + 600, RECORD("a", 60),
		.failed = HTTPS });
	same("failed", 4, "refetch_at", f->refetch_at.s - SAMPLE_NOW, t + 1200);
	step_on(&f, (struct step) { t + 1200, RECORD("a", 60),
		GET("enforce", 7 * DAY) });
	same("done", 5, "refetch_at", f->refetch_at.s - SAMPLE_NOW,
	    t + 1200 + 69120);
	sg_facts_unref(&f);
}
END_TEST

/* An expired policy is history until it is certain that there is none. */
START_TEST(drops_the_expired_when_sure)
{
	static const struct {
		enum sg_txt_state txt;
		bool kept;
	} rows[] = { { SG_TXT_ERROR, true }, { SG_TXT_BOGUS, true },
		{ SG_TXT_UNASKED, true }, { SG_TXT_NONE, false },
		{ SG_TXT_INVALID, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sg_facts *f = NULL;

		step_on(&f, (struct step) { 0, RECORD("a", 60),
			GET("enforce", 600) });
		step_on(&f, (struct step) { 600, .txt = rows[i].txt,
			.ttl = 60 });
		same("expired", i, "kept", f->sts.policy != NULL, rows[i].kept);
		sg_facts_unref(&f);
	}
}
END_TEST

/* --- MX and probes ------------------------------------------------------- */

static struct sg_facts *
learn_mx(enum sg_mx_state state, unsigned n, int64_t at, int64_t ttl)
{
	struct step s = { at, .txt = SG_TXT_NONE, .ttl = DAY };
	struct sg_facts *f = learn(&s);

	sample_mx(f, n);
	f->mx_state = state;
	if (state == SG_MX_UNASKED)
		at = -SAMPLE_NOW;
	f->mx_at = sample_time(SAMPLE_NOW + at);
	f->mx_until = sample_time(SAMPLE_NOW + at + ttl);
	return f;
}

static const struct {
	const char *name;
	enum sg_mx_state old; /* two hosts if FOUND, learnt at 0, TTL 600 */
	enum sg_mx_state learnt;
	unsigned learnt_n;
	int64_t at, ttl;
	enum sg_mx_state want;
	unsigned want_n;
	int64_t until;
} mxs[] = {
	{ "found replaces found", SG_MX_FOUND, SG_MX_FOUND, 1, 100, 300,
	    SG_MX_FOUND, 1, 400 },
	{ "not asked: stays", SG_MX_FOUND, SG_MX_UNASKED, 0, 100, 0,
	    SG_MX_FOUND, 2, 600 },
	{ "error: stays", SG_MX_FOUND, SG_MX_ERROR, 0, 700, 0, SG_MX_FOUND, 2,
	    600 },
	{ "error: stays for an hour", SG_MX_FOUND, SG_MX_ERROR, 0, 4200, 0,
	    SG_MX_FOUND, 2, 600 },
	{ "error: but not longer", SG_MX_FOUND, SG_MX_ERROR, 0, 4201, 0,
	    SG_MX_ERROR, 0, 4231 },
	{ "error after error", SG_MX_ERROR, SG_MX_ERROR, 0, 20, 0, SG_MX_ERROR,
	    0, 50 },
	{ "error after null MX: stays", SG_MX_NULL, SG_MX_ERROR, 0, 700, 0,
	    SG_MX_NULL, 0, 600 },
	{ "error, nothing known", SG_MX_UNASKED, SG_MX_ERROR, 0, 20, 0,
	    SG_MX_ERROR, 0, 50 },
	{ "bogus replaces", SG_MX_FOUND, SG_MX_BOGUS, 0, 100, 900, SG_MX_BOGUS,
	    0, 130 },
	{ "NXDOMAIN replaces", SG_MX_FOUND, SG_MX_NXDOMAIN, 0, 100, DAY,
	    SG_MX_NXDOMAIN, 0, 3700 },
	{ "null MX replaces", SG_MX_FOUND, SG_MX_NULL, 0, 100, 2 * DAY,
	    SG_MX_NULL, 0, 100 + DAY },
	{ "implicit lives like a negative answer", SG_MX_FOUND, SG_MX_IMPLICIT,
	    1, 100, DAY, SG_MX_IMPLICIT, 1, 3700 },
	{ "a host is no answer", SG_MX_HOST, SG_MX_HOST, 1, 100, 0, SG_MX_HOST,
	    1, 100 + DAY },
	{ "floor", SG_MX_FOUND, SG_MX_FOUND, 1, 100, 0, SG_MX_FOUND, 1, 110 },
};

START_TEST(merges_mx)
{
	for (size_t i = 0; i < sizeof(mxs) / sizeof(mxs[0]); i++) {
		struct sg_facts *a, *b, *old, *got;

		a = learn_mx(mxs[i].old, mxs[i].old == SG_MX_FOUND ? 2 : 0, 0,
		    600);
		b = learn_mx(mxs[i].learnt, mxs[i].learnt_n, mxs[i].at,
		    mxs[i].ttl);
		ck_assert(sg_facts_merge(NULL, a, sample_time(SAMPLE_NOW), 0,
			      &old) == SG_OK);
		ck_assert(sg_facts_merge(old, b,
			      sample_time(SAMPLE_NOW + mxs[i].at), 0,
			      &got) == SG_OK);
		same(mxs[i].name, i, "state", got->mx_state, mxs[i].want);
		same(mxs[i].name, i, "hosts", got->n_mx, mxs[i].want_n);
		same(mxs[i].name, i, "until", got->mx_until.s - SAMPLE_NOW,
		    mxs[i].until);
		/* What stays past its TTL is asked for again soon. */
		if (mxs[i].until <= mxs[i].at)
			same(mxs[i].name, i, "fresh_until",
			    got->fresh_until.s - SAMPLE_NOW, mxs[i].at + 30);
		sg_facts_unref(&a);
		sg_facts_unref(&b);
		sg_facts_unref(&old);
		sg_facts_unref(&got);
	}
}
END_TEST

static void
set_probe(struct sg_facts_mx *mx, enum sg_probe_state state, int64_t at,
    int64_t life)
{
	mx->probe.state = state;
	if (state == SG_PROBE_UNTESTED)
		return;
	mx->probe.at = sample_time(SAMPLE_NOW + at);
	mx->probe.until = sample_time(SAMPLE_NOW + at + life);
}

#define UNTESTED SG_PROBE_UNTESTED

static const struct {
	const char *name;
	enum sg_probe_state old, learnt;
	int64_t learnt_at;
	enum sg_tlsa_state tlsa; /* learnt; NONE before */
	int64_t now;
	enum sg_probe_state want;
} probes[] = {
	{ "newer replaces", SG_PROBE_OK, SG_PROBE_FAIL, 50, SG_TLSA_NONE, 50,
	    SG_PROBE_FAIL },
	{ "older does not", SG_PROBE_OK, SG_PROBE_FAIL, -50, SG_TLSA_NONE, 50,
	    SG_PROBE_OK },
	{ "untested keeps it", SG_PROBE_OK, UNTESTED, 0, SG_TLSA_NONE, 99,
	    SG_PROBE_OK },
	{ "within its life", SG_PROBE_OK, UNTESTED, 0, SG_TLSA_NONE, 100,
	    UNTESTED },
	{ "failures likewise", SG_PROBE_FAIL, UNTESTED, 0, SG_TLSA_NONE, 99,
	    SG_PROBE_FAIL },
	{ "TLSA records came: it says nothing of them", SG_PROBE_OK, UNTESTED,
	    0, SG_TLSA_USABLE, 50, UNTESTED },
	{ "nothing was known", UNTESTED, SG_PROBE_OK, 10, SG_TLSA_NONE, 10,
	    SG_PROBE_OK },
	{ "K-11 one from the future", SG_PROBE_OK, UNTESTED, 0, SG_TLSA_NONE,
	    -10, UNTESTED },
};

/* M-20, V-14: within its life, and no longer. */
START_TEST(merges_probes)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct sg_facts *old = learn_mx(SG_MX_FOUND, 2, 0, 600);
		struct sg_facts *learnt =
		    learn_mx(SG_MX_FOUND, 3, probes[i].now, 600);
		struct sg_facts *got;

		/* Host 1, which is at another place in the new list. */
		set_probe(&old->mx[1], probes[i].old, 0, 100);
		memcpy(learnt->mx[2].host, "mx1.good.test", 14);
		memcpy(learnt->mx[1].host, "mx9.good.test", 14);
		learnt->mx[2].tlsa = probes[i].tlsa;
		set_probe(&learnt->mx[2], probes[i].learnt, probes[i].learnt_at,
		    100);
		ck_assert(sg_facts_merge(old, learnt,
			      sample_time(SAMPLE_NOW + probes[i].now), 0,
			      &got) == SG_OK);
		same(probes[i].name, i, "probe", got->mx[2].probe.state,
		    probes[i].want);
		same(probes[i].name, i, "others", got->mx[1].probe.state,
		    UNTESTED);
		sg_facts_unref(&old);
		sg_facts_unref(&learnt);
		sg_facts_unref(&got);
	}
}
END_TEST

static const struct {
	const char *name;
	enum sg_probe_state a, b; /* a lives for 300 s, b for 6 h */
	int64_t fresh, refresh;
} lives[] = {
	{ "untested: by DNS", UNTESTED, UNTESTED, 3600, 1800 },
	{ "all failed: not told after their life", SG_PROBE_FAIL, SG_PROBE_FAIL,
	    300, 150 },
	{ "one failed, one untested", SG_PROBE_FAIL, UNTESTED, 300, 150 },
	{ "one failed, one good: repeated beside", SG_PROBE_FAIL, SG_PROBE_OK,
	    3600, 150 },
	{ "unreachable: repeated beside", SG_PROBE_UNREACHABLE, UNTESTED, 3600,
	    150 },
	{ "good ones outlive DNS here", UNTESTED, SG_PROBE_OK, 3600, 1800 },
};

START_TEST(ages_with_probes)
{
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		struct sg_facts *learnt = learn_mx(SG_MX_FOUND, 2, 0, DAY);
		struct sg_facts *got;

		set_probe(&learnt->mx[0], lives[i].a, 0, 300);
		set_probe(&learnt->mx[1], lives[i].b, 0, 21600);
		ck_assert(sg_facts_merge(NULL, learnt, sample_time(SAMPLE_NOW),
			      0, &got) == SG_OK);
		same(lives[i].name, i, "fresh_until",
		    got->fresh_until.s - SAMPLE_NOW, lives[i].fresh);
		same(lives[i].name, i, "refresh_at",
		    got->refresh_at.s - SAMPLE_NOW, lives[i].refresh);
		sg_facts_unref(&learnt);
		sg_facts_unref(&got);
	}
}
END_TEST

/* --- nothing learnt ------------------------------------------------------ */

START_TEST(survives_learning_nothing)
{
	struct sg_nexthop hop = sample_hop("good.test");
	struct sg_facts *f = NULL, *g = NULL, *h = NULL;

	ck_assert(sg_facts_unlearnt(NULL, &hop, SG_REASON_TIMEOUT,
		      sample_time(SAMPLE_NOW), &f) == SG_OK);
	ck_assert_str_eq(f->hop.name, "good.test");
	ck_assert_int_eq(f->sts.txt.state, SG_TXT_UNASKED);
	ck_assert(!f->sts.fetch.tried);
	ck_assert_int_eq(f->sts.fetch.reason, SG_REASON_TIMEOUT);
	same("nothing known", 0, "unknown", f->sts.unknown_since.s, SAMPLE_NOW);
	same("nothing known", 0, "fresh", f->fresh_until.s, SAMPLE_NOW + 30);
	/* It goes on being unknown, and then it is not. */
	ck_assert(sg_facts_unlearnt(f, &hop, SG_REASON_OVERLOAD,
		      sample_time(SAMPLE_NOW + 60), &g) == SG_OK);
	same("again", 0, "unknown", g->sts.unknown_since.s, SAMPLE_NOW);
	ck_assert_int_eq(g->sts.fetch.reason, SG_REASON_OVERLOAD);
	sg_facts_unref(&f);
	step_on(&g, (struct step) { 90, RECORD("a", 300),
		GET("enforce", DAY) });
	same("learnt", 0, "unknown", g->sts.unknown_since.s, 0);
	ck_assert_int_eq(g->sts.fetch.reason, SG_REASON_NONE);
	/* With a policy in force everything stays. */
	ck_assert(sg_facts_unlearnt(g, &hop, SG_REASON_INTERNAL,
		      sample_time(SAMPLE_NOW + 5000), &h) == SG_OK);
	ck_assert_ptr_nonnull(sg_facts_policy(h,
	    sample_time(SAMPLE_NOW + 5000)));
	ck_assert_str_eq(h->sts.txt.id, "a");
	ck_assert_uint_eq(h->n_mx, 1);
	same("policy", 0, "unknown", h->sts.unknown_since.s, 0);
	same("policy", 0, "fetched", h->sts.fetched_at.s, SAMPLE_NOW + 90);
	same("policy", 0, "fresh", h->fresh_until.s, SAMPLE_NOW + 5030);
	same("policy", 0, "refetch", h->refetch_at.s, g->refetch_at.s);
	sg_facts_unref(&h);
	/* The daily fetch was due: again in five minutes, not every second. */
	ck_assert(sg_facts_unlearnt(g, &hop, SG_REASON_INTERNAL,
		      sample_time(SAMPLE_NOW + 80000), &h) == SG_OK);
	same("due", 0, "refetch", h->refetch_at.s, SAMPLE_NOW + 80300);
	sg_facts_unref(&h);
	/* Expired. */
	ck_assert(sg_facts_unlearnt(g, &hop, SG_REASON_INTERNAL,
		      sample_time(SAMPLE_NOW + 2 * DAY), &h) == SG_OK);
	same("expired", 0, "unknown", h->sts.unknown_since.s,
	    SAMPLE_NOW + 2 * DAY);
	same("expired", 0, "refetch", h->refetch_at.s, 0);
	sg_facts_unref(&h);
	sg_facts_unref(&g);
}
END_TEST

/* A refresh ahead of time that brings nothing leaves what is fresh, fresh. */
START_TEST(stays_fresh)
{
	struct sg_facts *f = NULL, *g;

	step_on(&f, (struct step) { 0, .txt = SG_TXT_NONE, .ttl = 600 });
	ck_assert(sg_facts_unlearnt(f, &f->hop, SG_REASON_TIMEOUT,
		      sample_time(SAMPLE_NOW + 400), &g) == SG_OK);
	same("fresh", 0, "fresh", g->fresh_until.s, SAMPLE_NOW + 600);
	same("fresh", 0, "refresh", g->refresh_at.s, SAMPLE_NOW + 430);
	ck_assert_int_eq(g->sts.txt.state, SG_TXT_NONE);
	sg_facts_unref(&f);
	sg_facts_unref(&g);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("freshness");
	TCase *t = tcase_create("freshness");
	SRunner *r;
	int failed;

	tcase_add_test(t, tells_stories);
	tcase_add_test(t, says_what_is_needed);
	tcase_add_test(t, spreads_refetches);
	tcase_add_test(t, spreads_refreshes);
	tcase_add_test(t, keeps_the_appointment);
	tcase_add_test(t, drops_the_expired_when_sure);
	tcase_add_test(t, merges_mx);
	tcase_add_test(t, merges_probes);
	tcase_add_test(t, ages_with_probes);
	tcase_add_test(t, survives_learning_nothing);
	tcase_add_test(t, stays_fresh);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
