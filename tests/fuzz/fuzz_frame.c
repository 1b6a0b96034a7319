/* SPDX-License-Identifier: ISC */
/*
 * fuzz_frame.c - frames between the front and a net worker; each end takes
 * the other for hostile.
 *
 * Holds: what decodes encodes to the same bytes, into a buffer of that size
 * and into none that is smaller; a job's every field is one that may be; the
 * record lies within the frame.
 */
#include "fuzz/fuzz.h"
#include "net/job.h"

static bool
is_id(const char *id)
{
	return strlen(id) < SG_STS_ID_SIZE && strspn(id, "abcdefghijklmnopqrst"
	    "uvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen(id);
}

static void
check_job(const struct sg_job *job)
{
	fuzz_taken();
	fuzz_hold(sg_domain_is_valid(job->hop.name, false));
	fuzz_hold(job->hop.port != 0);
	fuzz_hold(job->deadline_ms >= 1 && job->deadline_ms <= 60000);
	fuzz_hold(is_id(job->need.known_id) && is_id(job->need.backoff_id));
}

static void
check_same(const struct sg_frame *frame, const uint8_t *data, size_t size)
{
	unsigned char *buf = malloc(size);

	if (buf == NULL)
		abort();
	fuzz_hold(sg_frame_encode(frame, buf, size) == size);
	fuzz_hold(memcmp(buf, data, size) == 0);
	fuzz_hold(sg_frame_encode(frame, buf, size - 1) == 0);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sg_frame frame;
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_frame_decode(data, size, &frame, &err);

	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	if (rc == SG_BAD) {
		fuzz_hold(err.text[0] != '\0' && fuzz_is_plain(err.text));
		return 0;
	}
	if (frame.type == SG_FRAME_JOB)
		check_job(&frame.job);
	if (frame.type == SG_FRAME_FACTS || frame.type == SG_FRAME_FIRST) {
		fuzz_hold(frame.record >= data && frame.record_len >= 1);
		fuzz_hold(frame.record + frame.record_len == data + size);
	}
	check_same(&frame, data, size);
	return 0;
}
