/* SPDX-License-Identifier: ISC */
/*
 * Frames between front and worker: what is valid goes round, nothing else
 * comes through, and whatever is taken has one encoding only.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include "net/job.h"

#define MUTATIONS 300000
#define HEAD_LEN 18

#define POLICY "version: STSv1\nmode: enforce\nmx: *.good.test\n" \
	"max_age: 86400\n"

static unsigned char frame_buf[SG_FRAME_MAX];

static struct sg_job
sample_job(void)
{
	struct sg_job job = {
		.hop = { "mx.good.test", true, 2525 },
		.deadline_ms = 8000,
		.need = { "20261123T1", true, "old0" },
		.policy = POLICY,
		.policy_len = sizeof(POLICY) - 1,
		.probe = true,
		.demand = true
	};

	return (job);
}

static size_t
encode(const struct sg_frame *frame)
{
	return (sg_frame_encode(frame, frame_buf, sizeof(frame_buf)));
}

static size_t
encode_job(const struct sg_job *job)
{
	struct sg_frame frame = { .type = SG_FRAME_JOB,
		.id = UINT64_C(0x0102030405060708), .job = *job };

	return (encode(&frame));
}

/* Decodes from a heap copy of just len bytes, so that ASan sees overreads. */
static enum sg_rc
decode(const unsigned char *data, size_t len, struct sg_frame *out)
{
	unsigned char *copy = malloc(len > 0 ? len : 1);
	struct sg_err err = { 0 };
	enum sg_rc rc;

	memcpy(copy, data, len);
	rc = sg_frame_decode(copy, len, out, &err);
	ck_assert(rc == SG_OK || rc == SG_BAD);
	if (rc == SG_BAD)
		ck_assert_int_eq(err.reason, SG_REASON_INTERNAL);
	if (rc == SG_OK && (out->type == SG_FRAME_FACTS ||
	    out->type == SG_FRAME_FIRST))
		out->record = data + (out->record - copy);
	if (rc == SG_OK && out->job.policy != NULL)
		out->job.policy = (const char *)data +
		    (out->job.policy - (const char *)copy);
	free(copy);
	return (rc);
}

/* What is taken encodes to the very same bytes. */
static void
assert_canonical(const struct sg_frame *frame, const unsigned char *data,
    size_t len)
{
	static unsigned char again[SG_FRAME_MAX];

	ck_assert_uint_eq(sg_frame_encode(frame, again, sizeof(again)), len);
	ck_assert_int_eq(memcmp(again, data, len), 0);
}

/* --- round trip --------------------------------------------------------- */

static void
assert_same_job(const struct sg_job *a, const struct sg_job *b)
{
	ck_assert_str_eq(a->hop.name, b->hop.name);
	ck_assert_int_eq(a->hop.is_host, b->hop.is_host);
	ck_assert_uint_eq(a->hop.port, b->hop.port);
	ck_assert_uint_eq(a->deadline_ms, b->deadline_ms);
	ck_assert_str_eq(a->need.known_id, b->need.known_id);
	ck_assert_str_eq(a->need.backoff_id, b->need.backoff_id);
	ck_assert_int_eq(a->need.refetch, b->need.refetch);
	ck_assert_int_eq(a->probe, b->probe);
	ck_assert_int_eq(a->demand, b->demand);
	ck_assert_int_eq(a->again, b->again);
	ck_assert_int_eq(a->early, b->early);
	ck_assert_int_eq(a->policy != NULL, b->policy != NULL);
	ck_assert_uint_eq(a->policy_len, b->policy_len);
	if (a->policy != NULL)
		ck_assert_mem_eq(a->policy, b->policy, a->policy_len);
}

/* All 64 combinations of flags, with a policy and without. */
START_TEST(test_job_round_trip)
{
	struct sg_job job = sample_job();
	struct sg_frame got;
	size_t len;

	job.hop.is_host = _i & 1;
	job.probe = _i & 2;
	job.demand = _i & 4;
	job.need.refetch = _i & 8;
	job.again = _i & 16;
	job.early = _i & 32;
	if (_i & 64) {
		job.policy = NULL;
		job.policy_len = 0;
	}
	len = encode_job(&job);
	ck_assert_uint_gt(len, HEAD_LEN);
	ck_assert_int_eq(decode(frame_buf, len, &got), SG_OK);
	ck_assert_int_eq(got.type, SG_FRAME_JOB);
	ck_assert(got.id == UINT64_C(0x0102030405060708));
	ck_assert(got.job.id == got.id);
	assert_same_job(&got.job, &job);
	assert_canonical(&got, frame_buf, len);
}
END_TEST

START_TEST(test_big_endian)
{
	static const unsigned char want[] = { 'S', 'T', 'G', 'F', 1,
		SG_FRAME_PING, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0 };
	struct sg_frame ping = { .type = SG_FRAME_PING,
		.id = UINT64_C(0x0102030405060708) };

	ck_assert_uint_eq(encode(&ping), sizeof(want));
	ck_assert_mem_eq(frame_buf, want, sizeof(want));
}
END_TEST

START_TEST(test_plain_round_trip)
{
	static const enum sg_frame_type types[] = { SG_FRAME_PING,
		SG_FRAME_PONG, SG_FRAME_REFUSED, SG_FRAME_DONE };
	struct sg_frame frame = { .type = types[_i], .id = UINT64_MAX }, got;
	size_t len = encode(&frame);

	ck_assert_uint_eq(len, HEAD_LEN);
	ck_assert_int_eq(decode(frame_buf, len, &got), SG_OK);
	ck_assert_int_eq(got.type, types[_i]);
	ck_assert(got.id == UINT64_MAX);
}
END_TEST

START_TEST(test_facts_round_trip)
{
	static unsigned char record[SG_FACTS_RECORD_MAX + 1];
	static const struct {
		size_t len;
		bool fits;
	} sizes[] = { { 0, false }, { 1, true }, { 1000, true },
		{ SG_FACTS_RECORD_MAX, true },
		{ SG_FACTS_RECORD_MAX + 1, false } };
	const size_t want = sizes[_i / 2].len;
	struct sg_frame frame = { .type = _i % 2 ? SG_FRAME_FIRST :
	    SG_FRAME_FACTS, .id = 7, .record = record,
		.record_len = want }, got;
	size_t len;

	memset(record, 0xa5, sizeof(record));
	len = encode(&frame);
	ck_assert_uint_eq(len, sizes[_i / 2].fits ? HEAD_LEN + want : 0);
	if (len == 0)
		return;
	ck_assert_int_eq(decode(frame_buf, len, &got), SG_OK);
	ck_assert_int_eq(got.type, frame.type);
	ck_assert_uint_eq(got.record_len, want);
	ck_assert_int_eq(memcmp(got.record, record, got.record_len), 0);
}
END_TEST

/* --- what is not valid -------------------------------------------------- */

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_32 "abcdefghijklmnopqrstuvwxyzABCD09"

static const struct {
	const char *name;
	const char *hop;
	uint16_t port;
	uint32_t deadline_ms;
	const char *known, *backoff;
	bool good;
} job_rows[] = {
	{ "all least", "a.test", 1, 1, "", "", true },
	{ "all most", LABEL_63 "." LABEL_63 "." LABEL_63 ".test", 65535, 60000,
	    ID_32, ID_32, true },
	{ "underscore", "_x.test", 25, 100, "", "", true },
	{ "no name", "", 25, 100, "", "", false },
	{ "upper case", "Good.test", 25, 100, "", "", false },
	{ "trailing dot", "good.test.", 25, 100, "", "", false },
	{ "leading dot", ".good.test", 25, 100, "", "", false },
	{ "empty label", "good..test", 25, 100, "", "", false },
	{ "blank", "good test", 25, 100, "", "", false },
	{ "T14: control", "good\n.test", 25, 100, "", "", false },
	{ "T14: 8 bit", "g\xc3\xb6od.test", 25, 100, "", "", false },
	{ "literal", "192.0.2.1", 25, 100, "", "", false },
	{ "slash", "good.test/x", 25, 100, "", "", false },
	{ "port 0", "good.test", 0, 100, "", "", false },
	{ "no time", "good.test", 25, 0, "", "", false },
	{ "too much time", "good.test", 25, 60001, "", "", false },
	{ "all the time", "good.test", 25, UINT32_MAX, "", "", false },
	{ "B-03: id with hyphen", "good.test", 25, 100, "a-b", "", false },
	{ "id with blank", "good.test", 25, 100, " ", "", false },
	{ "id with 8 bit", "good.test", 25, 100, "\xe9", "", false },
	{ "back-off id with dot", "good.test", 25, 100, "", "a.b", false },
	{ "back-off id with @", "good.test", 25, 100, "", "@", false },
	{ "id with `", "good.test", 25, 100, "`", "", false },
	{ "id with {", "good.test", 25, 100, "{", "", false },
	{ "id with :", "good.test", 25, 100, ":", "", false },
};

/* Too long to stand in a struct sg_job: 254 octets and 33. */
static const struct {
	const char *name;
	const char *hop, *known, *backoff;
	bool good;
} long_rows[] = {
	{ "name of 253", LABEL_63 "." LABEL_63 "." LABEL_63
	    ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
	    "", "", true },
	{ "name of 254", LABEL_63 "." LABEL_63 "." LABEL_63
	    ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
	    "", "", false },
	{ "ids of 32", "good.test", ID_32, ID_32, true },
	{ "known id of 33", "good.test", ID_32 "x", "", false },
	{ "back-off id of 33", "good.test", "", ID_32 "x", false },
};

static struct sg_job
row_job(size_t i)
{
	struct sg_job job = { .deadline_ms = job_rows[i].deadline_ms };

	job.hop.port = job_rows[i].port;
	snprintf(job.hop.name, sizeof(job.hop.name), "%s", job_rows[i].hop);
	snprintf(job.need.known_id, sizeof(job.need.known_id), "%s",
	    job_rows[i].known);
	snprintf(job.need.backoff_id, sizeof(job.need.backoff_id), "%s",
	    job_rows[i].backoff);
	return (job);
}

static size_t
put_string(unsigned char *at, const char *s)
{
	at[0] = (unsigned char)strlen(s);
	memcpy(at + 1, s, at[0]);
	return (1 + (size_t)at[0]);
}

/* The frame that an encoder without scruples would have made. */
static size_t
forge(uint16_t port, uint32_t deadline_ms, const char *const text[3],
    const char *policy, size_t policy_len)
{
	struct sg_frame ping = { .type = SG_FRAME_PING, .id = 9 };
	unsigned char *at = frame_buf + encode(&ping);
	size_t len;

	frame_buf[5] = SG_FRAME_JOB;
	*at++ = 0;
	*at++ = (unsigned char)(port >> 8);
	*at++ = (unsigned char)port;
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (unsigned char)(deadline_ms >> shift);
	for (size_t i = 0; i < 3; i++)
		at += put_string(at, text[i]);
	*at++ = (unsigned char)(policy_len >> 8);
	*at++ = (unsigned char)policy_len;
	memcpy(at, policy, policy_len);
	at += policy_len;
	len = (size_t)(at - frame_buf);
	frame_buf[16] = (unsigned char)((len - HEAD_LEN) >> 8);
	frame_buf[17] = (unsigned char)(len - HEAD_LEN);
	return (len);
}

START_TEST(test_job_fields)
{
	struct sg_job job = row_job((size_t)_i);
	struct sg_frame got;
	enum sg_rc rc;
	size_t len;

	ck_assert_msg((encode_job(&job) > 0) == job_rows[_i].good,
	    "%s: encoding", job_rows[_i].name);
	len = forge(job_rows[_i].port, job_rows[_i].deadline_ms,
	    (const char *const[]){ job_rows[_i].hop, job_rows[_i].known,
	    job_rows[_i].backoff }, "", 0);
	rc = decode(frame_buf, len, &got);
	ck_assert_msg((rc == SG_OK) == job_rows[_i].good, "%s: got %d",
	    job_rows[_i].name, rc);
}
END_TEST

START_TEST(test_job_too_long)
{
	size_t len = forge(25, 100, (const char *const[]){ long_rows[_i].hop,
	    long_rows[_i].known, long_rows[_i].backoff }, "", 0);
	struct sg_frame got;

	ck_assert_msg((decode(frame_buf, len, &got) == SG_OK) ==
	    long_rows[_i].good, "%s", long_rows[_i].name);
}
END_TEST

/* What the worker is told of a policy that is held. */
static const struct {
	const char *name, *text; /* NULL: a good one, padded to len */
	size_t len;
	bool good;
} policy_rows[] = {
	{ "a policy", POLICY, sizeof(POLICY) - 1, true },
	{ "the longest", NULL, SG_JOB_POLICY_MAX, true },
	{ "T13: longer", NULL, SG_JOB_POLICY_MAX + 1, false },
	{ "no policy at all", "x", 1, false },
	{ "P-05: without mx", "version: STSv1\nmode: enforce\nmax_age: 1\n",
	    40, false },
	{ "T14: a NUL in it", "version: STSv1\0", 15, false },
};

START_TEST(test_job_policy)
{
	static char text[SG_JOB_POLICY_MAX + 1];
	const char *policy = policy_rows[_i].text;
	struct sg_job job = sample_job();
	struct sg_frame got;
	size_t len = policy_rows[_i].len;

	if (policy == NULL) {
		memcpy(text, POLICY, sizeof(POLICY) - 1);
		for (size_t at = sizeof(POLICY) - 1; at < len; at++)
			text[at] = '\n'; /* blank lines are skipped (X-03) */
		policy = text;
	}
	job.policy = policy;
	job.policy_len = len;
	ck_assert_msg((encode_job(&job) > 0) == policy_rows[_i].good,
	    "%s: encoding", policy_rows[_i].name);
	len = forge(25, 100, (const char *const[]){ "good.test", "one", "" },
	    policy, len);
	ck_assert_msg((decode(frame_buf, len, &got) == SG_OK) ==
	    policy_rows[_i].good, "%s: decoding", policy_rows[_i].name);
}
END_TEST

static const struct {
	const char *name;
	size_t at;
	unsigned char value;
} head_rows[] = {
	{ "magic, first octet", 0, 0 },
	{ "magic, last octet", 3, 'f' },
	{ "version 0", 4, 0 },
	{ "version 2", 4, 2 },
	{ "type 0", 5, 0 },
	{ "type 8", 5, 8 },
	{ "type 255", 5, 255 },
	{ "a job's payload in a ping", 5, SG_FRAME_PING },
	{ "a job's payload in a refusal", 5, SG_FRAME_REFUSED },
	{ "a job's payload in a last word", 5, SG_FRAME_DONE },
	{ "length, first octet", 14, 0x80 },
	{ "length too short", 17, 1 },
	{ "unknown flag", 18, 0x40 },
	{ "unknown flag, highest", 18, 0x80 },
	{ "name longer than the frame", 25, 200 },
	{ "NUL in the name", 27, 0 },
};

START_TEST(test_head_fields)
{
	struct sg_job job = sample_job();
	size_t len = encode_job(&job);
	struct sg_frame got;

	ck_assert_int_eq(decode(frame_buf, len, &got), SG_OK);
	frame_buf[head_rows[_i].at] = head_rows[_i].value;
	ck_assert_msg(decode(frame_buf, len, &got) == SG_BAD, "%s: taken",
	    head_rows[_i].name);
}
END_TEST

START_TEST(test_encode_refuses)
{
	struct sg_job job = sample_job();
	struct sg_frame frame = { .type = (enum sg_frame_type)0 };
	size_t len = encode_job(&job);

	ck_assert_uint_eq(encode(&frame), 0);
	frame.type = (enum sg_frame_type)8;
	ck_assert_uint_eq(encode(&frame), 0);
	frame = (struct sg_frame){ .type = SG_FRAME_JOB, .job = job };
	for (size_t size = 0; size < len; size++)
		ck_assert_uint_eq(sg_frame_encode(&frame, frame_buf, size), 0);
	ck_assert_uint_eq(sg_frame_encode(&frame, frame_buf, len), len);
}
END_TEST

/* --- mutilated ---------------------------------------------------------- */

static size_t
sample_frame(int which)
{
	static const unsigned char record[64] = { 1, 2, 3 };
	struct sg_job job = sample_job();
	struct sg_frame facts = { .type = SG_FRAME_FACTS, .id = 3,
		.record = record, .record_len = sizeof(record) };
	struct sg_frame pong = { .type = SG_FRAME_PONG, .id = 4 };

	switch (which) {
	case 0:
		return (encode_job(&job));
	case 1:
		return (encode(&facts));
	default:
		return (encode(&pong));
	}
}

START_TEST(test_truncation)
{
	size_t len = sample_frame(_i);
	struct sg_frame got;

	for (size_t n = 0; n < len; n++)
		ck_assert_msg(decode(frame_buf, n, &got) == SG_BAD,
		    "%zu of %zu bytes were taken", n, len);
}
END_TEST

START_TEST(test_trailing)
{
	size_t len = sample_frame(_i);
	struct sg_frame got;

	for (size_t n = 1; n <= 16; n++) {
		frame_buf[len + n - 1] = 0;
		ck_assert_msg(decode(frame_buf, len + n, &got) == SG_BAD,
		    "%zu trailing bytes were taken", n);
	}
	/* the same with a length that covers them: of no type but FACTS */
	frame_buf[17] = (unsigned char)(frame_buf[17] + 16);
	ck_assert_int_eq(decode(frame_buf, len + 16, &got),
	    _i == 1 ? SG_OK : SG_BAD);
}
END_TEST

START_TEST(test_bit_flips)
{
	size_t len = sample_frame(_i);
	struct sg_frame got;

	for (size_t bit = 0; bit < len * 8; bit++) {
		frame_buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (decode(frame_buf, len, &got) == SG_OK)
			assert_canonical(&got, frame_buf, len);
		frame_buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}
END_TEST

/* --- random ------------------------------------------------------------- */

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed);
}

static size_t
mutate(unsigned char *data, size_t len, size_t room)
{
	size_t at = next_random() % len, n;

	switch (next_random() % 6) {
	case 0:
		data[at] ^= (unsigned char)(1 << next_random() % 8);
		return (len);
	case 1:
		data[at] = (unsigned char)next_random();
		return (len);
	case 2: /* cut, the length with it or not */
		if (next_random() % 2 == 0 && at >= HEAD_LEN)
			data[17] = (unsigned char)(at - HEAD_LEN);
		return (at > 0 ? at : 1);
	case 3: /* an octet more */
		if (len == room)
			return (len);
		memmove(data + at + 1, data + at, len - at);
		data[17]++;
		return (len + 1);
	case 4: /* an octet less */
		memmove(data + at, data + at + 1, len - at - 1);
		data[17]--;
		return (len > 1 ? len - 1 : 1);
	default: /* a piece over another */
		n = 1 + next_random() % 8;
		if (at + n <= len)
			memmove(data + at, data + next_random() %
			    (len - n + 1), n);
		return (len);
	}
}

START_TEST(test_mutations)
{
	unsigned char data[512];
	struct sg_frame got;
	size_t taken = 0;

	for (size_t i = 0; i < MUTATIONS; i++) {
		size_t len = sample_frame((int)(i % 3));
		size_t times = 1 + next_random() % 4;

		memcpy(data, frame_buf, len);
		while (times-- > 0)
			len = mutate(data, len, sizeof(data));
		if (decode(data, len, &got) != SG_OK)
			continue;
		taken++;
		assert_canonical(&got, data, len);
	}
	ck_assert_uint_gt(taken, MUTATIONS / 100); /* it reaches deep */
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("net/job");
	TCase *tc = tcase_create("frames");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_job_round_trip, 0, 128);
	tcase_add_test(tc, test_big_endian);
	tcase_add_loop_test(tc, test_plain_round_trip, 0, 4);
	tcase_add_loop_test(tc, test_facts_round_trip, 0, 10);
	tcase_add_loop_test(tc, test_job_fields, 0, ROWS(job_rows));
	tcase_add_loop_test(tc, test_job_too_long, 0, ROWS(long_rows));
	tcase_add_loop_test(tc, test_job_policy, 0, ROWS(policy_rows));
	tcase_add_loop_test(tc, test_head_fields, 0, ROWS(head_rows));
	tcase_add_test(tc, test_encode_refuses);
	tcase_add_loop_test(tc, test_truncation, 0, 3);
	tcase_add_loop_test(tc, test_trailing, 0, 3);
	tcase_add_loop_test(tc, test_bit_flips, 0, 3);
	tcase_add_test(tc, test_mutations);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? 0 : 1);
}
