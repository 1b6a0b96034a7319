/* SPDX-License-Identifier: ISC */
/*
 * fuzz_store_model.c - the store with a disk and next to no memory, against a
 * store with memory alone. The input is what is done to both: an octet says
 * what, the next to which of eight next hops.
 *
 * Holds: both answer alike, byte by byte of the record; what is due and what
 * expires is the same; and the disk is never behind.
 */
#include "base/log.h"
#include "facts/codec.h"
#include "fuzz/scratch.h"
#include "store/store.h"

#define N_HOPS 8
#define MAX_STEPS 200
#define START 1795000000

static struct sg_wall clock_now = { START };
static struct sg_store *both[2];

static struct sg_wall
tell(void)
{
	return clock_now;
}

static void
setup(void)
{
	struct sg_store_params p = { .max_entries = 1000, .now = tell };
	struct sg_err err;

	scratch_make();
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "fuzz");
	if (sg_store_open(&p, &both[0], &err) != SG_OK)
		fuzz_broken(err.text, __FILE__, __LINE__);
	p.path = scratch_db;
	p.max_entries = 2;
	if (sg_store_open(&p, &both[1], &err) != SG_OK)
		fuzz_broken(err.text, __FILE__, __LINE__);
}

static struct sg_nexthop
hop(unsigned i)
{
	struct sg_nexthop h = { .port = i == 6 ? 587 : 25, .is_host = i >= 5 };

	snprintf(h.name, sizeof(h.name), "%c.test", 'a' + (int)i % 7);
	return h;
}

static const char *
key(unsigned i, char out[SG_NEXTHOP_KEY_SIZE])
{
	struct sg_nexthop h = hop(i);

	return sg_nexthop_key(&h, out);
}

static struct sg_facts *
make(unsigned i, struct fuzz_bytes *in)
{
	struct sg_nexthop h = hop(i);
	struct sg_facts *f = sg_facts_new(&h);
	unsigned kind = (unsigned)fuzz_number(in, 1);
	char text[128];
	int n;

	if (f == NULL)
		abort();
	f->mx_state = SG_MX_NULL;
	f->fresh_until.s = clock_now.s + fuzz_below(in, 100) * 10;
	if (kind & 1) {
		n = snprintf(text, sizeof(text), "version: STSv1\nmode: %s\n"
		    "max_age: %u\nmx: *.test\n",
		    kind & 2 ? "enforce" : "testing", (kind >> 3) * 1000);
		fuzz_hold(sg_facts_set_policy(f, text, (size_t)n, "id",
		    clock_now, NULL) == SG_OK);
		f->refetch_at.s = kind & 4 ? clock_now.s + kind : 0;
	}
	return f;
}

static bool
same_record(const struct sg_facts *a, const struct sg_facts *b)
{
	unsigned char *ra, *rb;
	size_t na, nb;
	bool same;

	fuzz_hold(sg_facts_encode(a, &ra, &na) == SG_OK);
	fuzz_hold(sg_facts_encode(b, &rb, &nb) == SG_OK);
	same = na == nb && memcmp(ra, rb, na) == 0;
	free(ra);
	free(rb);
	return same;
}

static void
get_both(unsigned i)
{
	struct sg_facts *f[2] = { NULL, NULL };
	char k[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc[2];

	for (int s = 0; s < 2; s++)
		rc[s] = sg_store_get(both[s], key(i, k), &f[s], NULL);
	fuzz_hold(rc[0] == rc[1]);
	if (rc[0] == SG_OK)
		fuzz_taken();
	fuzz_hold(rc[0] != SG_OK || same_record(f[0], f[1]));
	for (int s = 0; s < 2; s++)
		sg_facts_unref(&f[s]);
}

static void
put_both(unsigned i, struct fuzz_bytes *in)
{
	struct sg_facts *f[2] = { make(i, in), NULL };
	size_t n = 1;

	if (fuzz_below(in, 4) == 0)
		f[n++] = make((i + 1) % N_HOPS, in);
	for (int s = 0; s < 2; s++)
		fuzz_hold(sg_store_put(both[s], f, n, NULL) == SG_OK);
	while (n > 0)
		sg_facts_unref(&f[--n]);
}

static void
purge_both(unsigned i)
{
	char k[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc = sg_store_purge(both[0], key(i, k));

	fuzz_hold(sg_store_purge(both[1], k) == rc);
}

/* The two sort equal times differently. */
static unsigned
due_set(struct sg_store *s)
{
	struct sg_nexthop out[N_HOPS];
	char k[SG_NEXTHOP_KEY_SIZE], k2[SG_NEXTHOP_KEY_SIZE];
	size_t n = sg_store_due(s, clock_now, out, N_HOPS);
	unsigned set = 0;

	for (size_t j = 0; j < n; j++) {
		sg_nexthop_key(&out[j], k);
		for (unsigned i = 0; i < N_HOPS; i++)
			if (strcmp(key(i, k2), k) == 0)
				set |= 1u << i;
	}
	return set;
}

struct seen {
	char text[N_HOPS * SG_NEXTHOP_KEY_SIZE];
};

static bool
see(void *arg, const struct sg_facts *f)
{
	struct seen *seen = arg;
	char k[SG_NEXTHOP_KEY_SIZE];
	size_t n = strlen(seen->text);

	snprintf(seen->text + n, sizeof(seen->text) - n, "%s ",
	    sg_nexthop_key(&f->hop, k));
	return true;
}

static void
list_both(void)
{
	struct seen seen[2] = { { "" }, { "" } };

	for (int s = 0; s < 2; s++)
		(void)sg_store_each(both[s], see, &seen[s]);
	fuzz_hold(strcmp(seen[0].text, seen[1].text) == 0);
}

static void
step(struct fuzz_bytes *in)
{
	unsigned what = fuzz_below(in, 8), i = fuzz_below(in, N_HOPS);

	switch (what) {
	case 0:
	case 1:
		put_both(i, in);
		break;
	case 2:
		purge_both(i);
		break;
	case 3:
		fuzz_hold(due_set(both[0]) == due_set(both[1]));
		break;
	case 4:
		(void)sg_store_expire(both[0], clock_now, 100);
		(void)sg_store_expire(both[1], clock_now, 100);
		break;
	case 5:
		clock_now.s += (int64_t)fuzz_number(in, 1) << (i * 2);
		break;
	case 6:
		list_both();
		break;
	default:
		get_both(i);
	}
}

/* For the next run. In ten years all is of no use: one transaction, where a
   purge would be one for each hop. */
static void
forget(void)
{
	struct seen seen[2] = { { "" }, { "" } };

	clock_now.s = START + 10LL * 366 * 86400;
	for (int s = 0; s < 2; s++) {
		(void)sg_store_expire(both[s], clock_now, 100);
		sg_store_each(both[s], see, &seen[s]);
		fuzz_hold(seen[s].text[0] == '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct sg_store_stats stats;

	if (both[0] == NULL)
		setup();
	clock_now.s = START;
	for (unsigned n = 0; in.n > 0 && n < MAX_STEPS; n++)
		step(&in);
	for (unsigned i = 0; i < N_HOPS; i++)
		get_both(i);
	list_both();
	sg_store_stats(both[1], &stats);
	fuzz_hold(!stats.degraded && stats.unwritten == 0);
	forget();
	return 0;
}
