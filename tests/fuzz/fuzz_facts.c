/* SPDX-License-Identifier: ISC */
/*
 * fuzz_facts.c - the facts record, which a net worker and the disk say
 * anything in (THREATS T21); and what is decided by it. The first two octets
 * say what is asked and when, and whether a record follows or the octets that
 * facts are made of.
 *
 * Holds: what decodes encodes to the same bytes; the verdict on it is of one
 * piece: nothing passes below what is required, no reason is missing, the
 * action is a real one, and bogus is never let through.
 */
#include "decide/decide.h"
#include "facts/codec.h"
#include "fuzz/make_facts.h"

static const int64_t moments[] = { 0, 1795000000, 1795000060, 1795090000,
	1826600000, 253402300799 };

static void
check_same(const struct sg_facts *f, struct fuzz_bytes record)
{
	unsigned char *again = NULL;
	size_t len = 0;

	fuzz_hold(sg_facts_encode(f, &again, &len) == SG_OK);
	fuzz_hold(len == record.n && memcmp(again, record.p, len) == 0);
	free(again);
}

static void
check_verdict(const struct sg_verdict *v)
{
	fuzz_hold(v->published <= SG_LEVEL_DANE);
	fuzz_hold(v->reason < SG_REASON_COUNT);
	if (v->result == SG_RESULT_PASS) {
		fuzz_hold(v->required == SG_LEVEL_NONE ||
		    v->attained >= v->required || v->n_mx > 1);
		fuzz_hold(v->gap == SG_GAP_NONE);
	} else
		fuzz_hold(v->reason != SG_REASON_NONE);
	fuzz_hold((v->gap != SG_GAP_NONE) ==
	    (v->result == SG_RESULT_UNKNOWN));
	for (unsigned i = 0; i < v->n_mx; i++) {
		const struct sg_mx_verdict *m = &v->mxs[i];

		fuzz_hold(m->result != SG_RESULT_PASS ||
		    m->level >= m->required);
	}
}

static void
check_action(const struct sg_verdict *v, const struct sg_facts *f,
    enum sg_require require, unsigned flags, struct sg_wall now)
{
	struct sg_group group = { .name = NULL };
	struct sg_asked asked = { .group = &group,
		.rule = { .require = require, .on_fail = SG_ACTION_REJECT,
		    .on_unknown = flags & 4 ? SG_ACTION_AUTO : SG_ACTION_TAG,
		    .unknown_window_s = 14400 } };
	struct sg_act_params act = { &asked, v, f, (flags & 2) != 0, now };
	struct sg_decision d;

	sg_decide_action(&act, &d);
	fuzz_hold(d.action < SG_ACTION_AUTO && d.applied == d.action);
	fuzz_hold(v->result != SG_RESULT_FAIL || d.action == SG_ACTION_REJECT);
	fuzz_hold(v->gap != SG_GAP_BOGUS || d.action >= SG_ACTION_HOLD ||
	    require == SG_REQUIRE_NONE);
}

static struct sg_facts *
read_record(struct fuzz_bytes in)
{
	struct sg_facts *f = NULL;
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_facts_decode(in.p, in.n, &f, &err);

	fuzz_hold(rc == SG_OK || rc == SG_NONE || rc == SG_BAD);
	fuzz_hold((rc == SG_OK) == (f != NULL));
	if (rc != SG_OK)
		fuzz_hold(err.text[0] != '\0' && fuzz_is_plain(err.text));
	else
		check_same(f, in);
	return f;
}

/* Facts that were made must survive being written. */
static struct sg_facts *
make_and_read(struct fuzz_bytes in)
{
	struct sg_facts *made = make_facts(&in), *f = NULL;
	unsigned char *record = NULL;
	size_t len = 0;

	fuzz_hold(sg_facts_encode(made, &record, &len) == SG_OK);
	fuzz_hold(len <= SG_FACTS_RECORD_MAX);
	f = read_record((struct fuzz_bytes) { record, len });
	fuzz_hold(f != NULL);
	free(record);
	sg_facts_unref(&made);
	return f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	unsigned flags = (unsigned)fuzz_number(&in, 1);
	struct sg_wall now = { moments[fuzz_below(&in, 6)] };
	enum sg_require require = (enum sg_require)((flags >> 4) % 6);
	struct sg_facts *f = flags & 8 ? make_and_read(in) : read_record(in);
	struct sg_verdict v;

	if (f == NULL)
		return 0;
	if (!(flags & 8))
		fuzz_taken();
	sg_decide_verdict(f, require, flags & 1, now, &v);
	check_verdict(&v);
	check_action(&v, f, require, flags, now);
	sg_facts_unref(&f);
	return 0;
}
