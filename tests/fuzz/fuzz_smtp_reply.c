/* SPDX-License-Identifier: ISC */
/*
 * fuzz_smtp_reply.c - the reader of SMTP replies, whole, octet by octet, and
 * in pieces whose lengths the input names (its first octet the seed).
 *
 * Holds: how the bytes were cut makes no difference; the bounds are kept; what
 * is done has a code, and not a byte behind its last line was taken.
 */
#include "fuzz/fuzz.h"
#include "net/smtp_reply.h"

static size_t
feed(struct sg_smtp_reply *r, struct fuzz_bytes in, unsigned step)
{
	size_t taken = 0, used;

	sg_smtp_reply_init(r);
	while (in.n > 0 && r->status == SG_SMTP_MORE) {
		struct fuzz_bytes part = fuzz_take(&in,
		    step == 0 ? in.n : step);

		used = SIZE_MAX;
		fuzz_hold(sg_smtp_reply_feed(r, part.p, part.n, &used) ==
		    r->status);
		fuzz_hold(used <= part.n);
		fuzz_hold(used == part.n || r->status != SG_SMTP_MORE);
		taken += used;
	}
	return taken;
}

static void
check(const struct sg_smtp_reply *r, struct fuzz_bytes in, size_t taken)
{
	fuzz_hold(r->bytes <= SG_SMTP_REPLY_MAX + 1);
	fuzz_hold(r->lines <= SG_SMTP_LINES_MAX);
	fuzz_hold(r->text_len <= SG_SMTP_TEXT_SIZE);
	fuzz_hold((r->status == SG_SMTP_BAD) == (r->fault != NULL));
	if (r->status != SG_SMTP_DONE)
		return;
	fuzz_taken();
	fuzz_hold(r->code >= 200 && r->code <= 599);
	fuzz_hold(r->lines >= 1 && taken >= 1 && in.p[taken - 1] == '\n');
	fuzz_hold(memchr(in.p, '\0', taken) == NULL);
}

static void
same(const struct sg_smtp_reply *a, const struct sg_smtp_reply *b)
{
	fuzz_hold(a->status == b->status && a->code == b->code);
	fuzz_hold(a->keywords == b->keywords && a->lines == b->lines);
	fuzz_hold(a->text_len == b->text_len &&
	    memcmp(a->text, b->text, a->text_len) == 0);
	fuzz_hold(a->fault == b->fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sg_smtp_reply whole, pieces, octets;
	struct fuzz_bytes in = { data, size };
	unsigned step = 1 + fuzz_below(&in, 255);
	size_t taken = feed(&whole, in, 0);

	check(&whole, in, taken);
	fuzz_hold(feed(&pieces, in, step) == taken);
	same(&whole, &pieces);
	fuzz_hold(feed(&octets, in, 1) == taken);
	same(&whole, &octets);
	return 0;
}
