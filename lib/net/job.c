/* SPDX-License-Identifier: ISC */
/*
 * Frames between the front and a net worker as bytes.
 *
 *   magic 4 | version 1 | type 1 | id 8 | payload length 4 | payload
 *
 * All big-endian, every variable part behind its own length. A frame has one
 * encoding only: unknown flags, padding and trailing bytes are refused, so
 * that whatever decodes encodes to the same bytes again (which is what the
 * tests hold it to). Encoding checks what decoding checks: neither end can
 * make the other drop the channel by passing a bad value on.
 */
#include <string.h>
#include "net/job.h"

#define MAGIC 0x53544746u /* "STGF" */
#define VERSION 1
#define HEAD_LEN 18
#define DEADLINE_MAX_MS 60000

enum {
	FLAG_HOST = 1 << 0,
	FLAG_PROBE = 1 << 1,
	FLAG_DEMAND = 1 << 2,
	FLAG_AGAIN = 1 << 3,
	FLAG_REFETCH = 1 << 4,
	FLAG_EARLY = 1 << 5,
	FLAG_ALL = (1 << 6) - 1
};

/* --- writing ------------------------------------------------------------ */

struct writer {
	unsigned char *at;
	size_t left;
	bool full;
};

static void
put_bytes(struct writer *w, const void *data, size_t len)
{
	if (w->full || len > w->left) {
		w->full = true;
		return;
	}
	if (len > 0)
		memcpy(w->at, data, len);
	w->at += len;
	w->left -= len;
}

static void
put_int(struct writer *w, uint64_t value, size_t width)
{
	unsigned char b[8];

	for (size_t i = 0; i < width; i++)
		b[i] = (unsigned char)(value >> 8 * (width - 1 - i));
	put_bytes(w, b, width);
}

static void
put_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	put_int(w, len, 1);
	put_bytes(w, text, len);
}

/* --- reading ------------------------------------------------------------ */

struct reader {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static const unsigned char *
get_bytes(struct reader *r, size_t len)
{
	const unsigned char *at = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		return (NULL);
	}
	r->at += len;
	r->left -= len;
	return (at);
}

static uint64_t
get_int(struct reader *r, size_t width)
{
	const unsigned char *b = get_bytes(r, width);
	uint64_t value = 0;

	for (size_t i = 0; b != NULL && i < width; i++)
		value = value << 8 | b[i];
	return (value);
}

/* size counts the NUL. */
static void
get_text(struct reader *r, char *out, size_t size)
{
	size_t len = get_int(r, 1);
	const unsigned char *b;

	out[0] = '\0';
	if (len >= size)
		r->bad = true;
	b = get_bytes(r, len);
	if (b == NULL)
		return;
	if (memchr(b, '\0', len) != NULL)
		r->bad = true;
	memcpy(out, b, len);
	out[len] = '\0';
}

/* --- what is valid ------------------------------------------------------ */

/* Empty, or what an STS record may have (RFC 8461 3.1). */
static bool
is_id(const char *id)
{
	size_t len = 0;

	for (; id[len] != '\0'; len++) {
		char c = id[len];

		if (len == SG_STS_ID_SIZE - 1)
			return (false);
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z')))
			return (false);
	}
	return (true);
}

static bool
is_policy(const char *text, size_t len)
{
	struct sg_sts_policy *policy = NULL;
	enum sg_rc rc = sg_sts_policy_parse(text, len, &policy, NULL, NULL);

	sg_sts_policy_free(&policy);
	return (rc != SG_BAD); /* what memory is short for may be one */
}

/* What is wrong with it, or NULL. */
static const char *
job_fault(const struct sg_job *job)
{
	if (!sg_domain_is_valid(job->hop.name, false))
		return ("next hop's name");
	if (job->hop.port == 0)
		return ("next hop's port");
	if (job->deadline_ms < 1 || job->deadline_ms > DEADLINE_MAX_MS)
		return ("deadline");
	if (!is_id(job->need.known_id))
		return ("known id");
	if (!is_id(job->need.backoff_id))
		return ("back-off id");
	if (job->policy != NULL && (job->policy_len > SG_JOB_POLICY_MAX ||
	    !is_policy(job->policy, job->policy_len)))
		return ("policy");
	return (NULL);
}

/* --- frames ------------------------------------------------------------- */

static void
put_job(struct writer *w, const struct sg_job *job)
{
	unsigned flags = 0;

	flags |= job->hop.is_host ? FLAG_HOST : 0;
	flags |= job->probe ? FLAG_PROBE : 0;
	flags |= job->demand ? FLAG_DEMAND : 0;
	flags |= job->again ? FLAG_AGAIN : 0;
	flags |= job->early ? FLAG_EARLY : 0;
	flags |= job->need.refetch ? FLAG_REFETCH : 0;
	put_int(w, flags, 1);
	put_int(w, job->hop.port, 2);
	put_int(w, job->deadline_ms, 4);
	put_text(w, job->hop.name);
	put_text(w, job->need.known_id);
	put_text(w, job->need.backoff_id);
	if (job_fault(job) != NULL)
		w->full = true;
	else if (job->policy != NULL) {
		put_int(w, job->policy_len, 2);
		put_bytes(w, job->policy, job->policy_len);
	} else
		put_int(w, 0, 2);
}

static void
put_payload(struct writer *w, const struct sg_frame *frame)
{
	switch (frame->type) {
	case SG_FRAME_JOB:
		put_job(w, &frame->job);
		break;
	case SG_FRAME_FACTS:
	case SG_FRAME_FIRST:
		if (frame->record_len < 1 ||
		    frame->record_len > SG_FACTS_RECORD_MAX)
			w->full = true;
		else
			put_bytes(w, frame->record, frame->record_len);
		break;
	case SG_FRAME_PING:
	case SG_FRAME_PONG:
	case SG_FRAME_REFUSED:
	case SG_FRAME_DONE:
		break;
	default:
		w->full = true;
		break;
	}
}

size_t
sg_frame_encode(const struct sg_frame *frame, unsigned char *buf,
    size_t buf_size)
{
	struct writer head = { buf, buf_size, false }, w;
	size_t len;

	if (buf_size < HEAD_LEN)
		return (0);
	w = (struct writer){ buf + HEAD_LEN, buf_size - HEAD_LEN, false };
	put_payload(&w, frame);
	if (w.full)
		return (0);
	len = (size_t)(w.at - buf);
	put_int(&head, MAGIC, 4);
	put_int(&head, VERSION, 1);
	put_int(&head, frame->type, 1);
	put_int(&head, frame->id, 8);
	put_int(&head, len - HEAD_LEN, 4);
	return (len);
}

static const char *
get_job(struct reader *r, struct sg_job *job)
{
	uint64_t flags = get_int(r, 1);
	size_t len;

	job->hop.port = (uint16_t)get_int(r, 2);
	job->deadline_ms = (uint32_t)get_int(r, 4);
	get_text(r, job->hop.name, sizeof(job->hop.name));
	get_text(r, job->need.known_id, sizeof(job->need.known_id));
	get_text(r, job->need.backoff_id, sizeof(job->need.backoff_id));
	len = get_int(r, 2);
	job->policy = (const char *)get_bytes(r, len);
	job->policy_len = len;
	if (r->bad)
		return ("job cut short");
	if (len == 0)
		job->policy = NULL;
	if ((flags & ~(uint64_t)FLAG_ALL) != 0)
		return ("flags");
	job->hop.is_host = (flags & FLAG_HOST) != 0;
	job->probe = (flags & FLAG_PROBE) != 0;
	job->demand = (flags & FLAG_DEMAND) != 0;
	job->again = (flags & FLAG_AGAIN) != 0;
	job->early = (flags & FLAG_EARLY) != 0;
	job->need.refetch = (flags & FLAG_REFETCH) != 0;
	return (job_fault(job));
}

static const char *
get_payload(struct reader *r, struct sg_frame *out)
{
	switch (out->type) {
	case SG_FRAME_JOB:
		out->job.id = out->id;
		return (get_job(r, &out->job));
	case SG_FRAME_FACTS:
	case SG_FRAME_FIRST:
		if (r->left < 1 || r->left > SG_FACTS_RECORD_MAX)
			return ("record's length");
		out->record_len = r->left;
		out->record = get_bytes(r, r->left);
		return (NULL);
	case SG_FRAME_PING:
	case SG_FRAME_PONG:
	case SG_FRAME_REFUSED:
	case SG_FRAME_DONE:
		return (NULL);
	default:
		return ("type");
	}
}

static const char *
get_frame(struct reader *r, struct sg_frame *out)
{
	const char *fault;

	if (get_int(r, 4) != MAGIC)
		return ("magic");
	if (get_int(r, 1) != VERSION)
		return ("version");
	out->type = (enum sg_frame_type)get_int(r, 1);
	out->id = get_int(r, 8);
	if (get_int(r, 4) != r->left || r->bad)
		return ("length");
	fault = get_payload(r, out);
	if (fault == NULL && r->left > 0)
		fault = "trailing bytes";
	return (fault);
}

enum sg_rc
sg_frame_decode(const unsigned char *buf, size_t len, struct sg_frame *out,
    struct sg_err *err)
{
	struct reader r = { buf, len, false };
	const char *fault;

	memset(out, 0, sizeof(*out));
	fault = get_frame(&r, out);
	if (fault == NULL)
		return (SG_OK);
	sg_err_set(err, SG_REASON_INTERNAL, "bad frame: %s", fault);
	return (SG_BAD);
}
