/* SPDX-License-Identifier: ISC */
/*
 * test_codec.c - records: there and back at random, refused field by field,
 * and mutated without end. Whatever decodes must encode to the same bytes.
 * SG_TEST_ROUNDS in the environment scales the random parts (default 1).
 */
#include "facts/sample.h"

#include "facts/codec.h"
#include "facts/packed.h"

/* Deterministic: a failure can be had again. */
static uint64_t seed = 88172645463325252;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

static unsigned
rounds(unsigned n)
{
	const char *s = getenv("SG_TEST_ROUNDS");

	return s != NULL ? n * (unsigned)strtoul(s, NULL, 10) : n;
}

static struct sg_wall
rnd_time(void)
{
	return sample_time(rnd(4) == 0 ? 0 : (int64_t)rnd(253402300800));
}

static void
rnd_id(char id[SG_STS_ID_SIZE], size_t least)
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	size_t n = least + rnd(SG_STS_ID_SIZE - least);

	for (size_t i = 0; i < n; i++)
		id[i] = set[rnd(sizeof(set) - 1)];
	id[n] = '\0';
}

static void
rnd_detail(char *out)
{
	size_t n = rnd(3) == 0 ? 0 : rnd(SG_FACTS_DETAIL_SIZE);

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(0x20 + rnd(0x5f));
	out[n] = '\0';
}

/* Up to 253 octets. */
static void
rnd_name(char out[SG_DOMAIN_SIZE])
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t labels = 1 + rnd(4), n = 0;

	for (size_t l = 0; l < labels; l++) {
		size_t len = rnd(8) == 0 ? 60 : 1 + rnd(12);

		for (size_t i = 0; i < len; i++)
			out[n++] = set[rnd(i > 0 && i + 1 < len ? 38 : 26)];
		out[n++] = '.';
	}
	memcpy(out + n, "test", 5);
}

static void
rnd_policy(struct sg_facts *f)
{
	static const char *const modes[] = { "enforce", "testing", "none" };
	static char text[4096];
	char id[SG_STS_ID_SIZE];
	size_t n, mx = 1 + rnd(20);

	n = (size_t)snprintf(text, sizeof(text),
	    "version: STSv1\nmode: %s\nmax_age: %u\n", modes[rnd(3)],
	    (unsigned)rnd(40000000));
	for (size_t i = 0; i < mx; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "mx: %smx%u.good.test\n", rnd(2) ? "*." : "",
		    (unsigned)rnd(1000));
	rnd_id(id, 0);
	ck_assert(sg_facts_set_policy(f, text, n, id, rnd_time(), NULL) ==
	    SG_OK);
}

static void
rnd_mx(struct sg_facts *f)
{
	static const enum sg_level levels[] = { SG_LEVEL_NONE,
		SG_LEVEL_ENCRYPT, SG_LEVEL_VERIFY, SG_LEVEL_DANE };
	unsigned n = 0;

	f->mx_state = rnd(SG_MX_UNUSABLE + 1);
	if (f->mx_state == SG_MX_FOUND)
		n = 1 + (unsigned)rnd(SG_FACTS_MAX_MX);
	else if (f->mx_state == SG_MX_IMPLICIT || f->mx_state == SG_MX_HOST)
		n = 1;
	ck_assert(sg_facts_set_mx(f, n) == SG_OK);
	for (unsigned i = 0; i < n; i++) {
		struct sg_facts_mx *mx = &f->mx[i];
		unsigned least = i > 0 ? f->mx[i - 1].preference : 0;

		rnd_name(mx->host);
		mx->preference = (uint16_t)(least + rnd(65536 - least));
		mx->addrs = rnd(SG_ADDR_SPECIAL + 1);
		mx->addr_dnssec = rnd(SG_DNSSEC_ERROR + 1);
		mx->is_self = rnd(2);
		mx->tlsa = rnd(SG_TLSA_UNASKED + 1);
		mx->tlsa_records = (uint8_t)rnd(256);
		mx->probe.state = rnd(SG_PROBE_UNREACHABLE + 1);
		mx->probe.reason = rnd(SG_REASON_COUNT);
		mx->probe.level = levels[rnd(4)];
		mx->probe.tls_version =
		    rnd(2) ? 0 : (uint16_t)(0x0300 + rnd(5));
		mx->probe.requiretls = rnd(3);
		rnd_detail(mx->probe.detail);
		mx->probe.at = rnd_time();
		mx->probe.until = rnd_time();
	}
}

static struct sg_facts *
rnd_facts(void)
{
	struct sg_facts *f = sample_facts("x");

	rnd_name(f->hop.name);
	f->hop.is_host = rnd(2);
	f->hop.port = (uint16_t)(1 + rnd(65535));
	f->sts.txt.state = rnd(SG_TXT_BOGUS + 1);
	f->sts.txt.dnssec = rnd(SG_DNSSEC_ERROR + 1);
	if (f->sts.txt.state == SG_TXT_RECORD)
		rnd_id(f->sts.txt.id, 1);
	f->sts.txt.at = rnd_time();
	f->sts.txt.until = rnd_time();
	f->sts.fetch.tried = rnd(2);
	f->sts.fetch.reason = rnd(SG_REASON_COUNT);
	rnd_detail(f->sts.fetch.detail);
	rnd_id(f->sts.fetch.id, 0);
	f->sts.fetch.at = rnd_time();
	f->sts.fetch.retry_after = rnd_time();
	f->sts.fetch.failures = (uint16_t)rnd(65536);
	f->sts.unknown_since = rnd_time();
	if (rnd(2))
		rnd_policy(f);
	rnd_mx(f);
	f->mx_dnssec = rnd(SG_DNSSEC_ERROR + 1);
	f->mx_at = rnd_time();
	f->mx_until = rnd_time();
	f->fresh_until = rnd_time();
	f->refresh_at = rnd_time();
	f->refetch_at = rnd_time();
	return f;
}

static unsigned char *
encode(const struct sg_facts *f, size_t *len)
{
	unsigned char *record;

	ck_assert(sg_facts_encode(f, &record, len) == SG_OK);
	ck_assert_uint_le(*len, SG_FACTS_RECORD_MAX);
	return record;
}

static void
same_sts(const struct sg_facts_sts *a, const struct sg_facts_sts *b)
{
	ck_assert_int_eq(a->txt.state, b->txt.state);
	ck_assert_int_eq(a->txt.dnssec, b->txt.dnssec);
	ck_assert_str_eq(a->txt.id, b->txt.id);
	ck_assert_int_eq(a->txt.at.s, b->txt.at.s);
	ck_assert_int_eq(a->txt.until.s, b->txt.until.s);
	ck_assert_int_eq(a->fetch.tried, b->fetch.tried);
	ck_assert_int_eq(a->fetch.reason, b->fetch.reason);
	ck_assert_str_eq(a->fetch.detail, b->fetch.detail);
	ck_assert_str_eq(a->fetch.id, b->fetch.id);
	ck_assert_int_eq(a->fetch.at.s, b->fetch.at.s);
	ck_assert_int_eq(a->fetch.retry_after.s, b->fetch.retry_after.s);
	ck_assert_uint_eq(a->fetch.failures, b->fetch.failures);
	ck_assert_int_eq(a->unknown_since.s, b->unknown_since.s);
	ck_assert_int_eq(a->policy != NULL, b->policy != NULL);
	if (a->policy == NULL)
		return;
	ck_assert_str_eq(a->policy_id, b->policy_id);
	ck_assert_int_eq(a->fetched_at.s, b->fetched_at.s);
	/* K-16: as it was served, for reports */
	ck_assert_uint_eq(a->text_len, b->text_len);
	ck_assert_mem_eq(a->text, b->text, a->text_len);
	ck_assert_int_eq(a->policy->mode, b->policy->mode);
	ck_assert_uint_eq(a->policy->max_age_s, b->policy->max_age_s);
	ck_assert_uint_eq(a->policy->n_mx, b->policy->n_mx);
}

static void
same_mx(const struct sg_facts_mx *a, const struct sg_facts_mx *b)
{
	ck_assert_str_eq(a->host, b->host);
	ck_assert_uint_eq(a->preference, b->preference);
	ck_assert_int_eq(a->addrs, b->addrs);
	ck_assert_int_eq(a->addr_dnssec, b->addr_dnssec);
	ck_assert_int_eq(a->is_self, b->is_self);
	ck_assert_int_eq(a->tlsa, b->tlsa);
	ck_assert_uint_eq(a->tlsa_records, b->tlsa_records);
	ck_assert_int_eq(a->probe.state, b->probe.state);
	ck_assert_int_eq(a->probe.reason, b->probe.reason);
	ck_assert_int_eq(a->probe.level, b->probe.level);
	ck_assert_uint_eq(a->probe.tls_version, b->probe.tls_version);
	ck_assert_int_eq(a->probe.requiretls, b->probe.requiretls);
	ck_assert_str_eq(a->probe.detail, b->probe.detail);
	ck_assert_int_eq(a->probe.at.s, b->probe.at.s);
	ck_assert_int_eq(a->probe.until.s, b->probe.until.s);
}

static void
same_facts(const struct sg_facts *a, const struct sg_facts *b)
{
	ck_assert_str_eq(a->hop.name, b->hop.name);
	ck_assert_int_eq(a->hop.is_host, b->hop.is_host);
	ck_assert_uint_eq(a->hop.port, b->hop.port);
	same_sts(&a->sts, &b->sts);
	ck_assert_int_eq(a->mx_state, b->mx_state);
	ck_assert_int_eq(a->mx_dnssec, b->mx_dnssec);
	ck_assert_int_eq(a->mx_at.s, b->mx_at.s);
	ck_assert_int_eq(a->mx_until.s, b->mx_until.s);
	ck_assert_uint_eq(a->n_mx, b->n_mx);
	for (unsigned i = 0; i < a->n_mx; i++)
		same_mx(&a->mx[i], &b->mx[i]);
	ck_assert_int_eq(a->fresh_until.s, b->fresh_until.s);
	ck_assert_int_eq(a->refresh_at.s, b->refresh_at.s);
	ck_assert_int_eq(a->refetch_at.s, b->refetch_at.s);
}

START_TEST(goes_there_and_back)
{
	for (unsigned i = rounds(20000); i > 0; i--) {
		struct sg_facts *f = rnd_facts(), *g;
		struct sg_err err = { .text = "" };
		unsigned char *record, *again;
		size_t len, len_again;

		record = encode(f, &len);
		ck_assert_msg(sg_facts_decode(record, len, &g, &err) == SG_OK,
		    "%s", err.text);
		same_facts(f, g);
		again = encode(g, &len_again);
		ck_assert_uint_eq(len, len_again);
		ck_assert_mem_eq(record, again, len);
		free(record);
		free(again);
		sg_facts_unref(&f);
		sg_facts_unref(&g);
	}
}
END_TEST

/* --- packed ---------------------------------------------------------------- */

static void
check_packed(const struct sg_facts *f)
{
	struct sg_packed *packed = sg_facts_pack(f);
	struct sg_facts *g = sg_facts_unpack(packed);
	struct sg_packed_life life;
	char key[SG_NEXTHOP_KEY_SIZE];

	ck_assert_ptr_nonnull(packed);
	ck_assert_ptr_nonnull(g);
	same_facts(f, g);
	for (size_t i = 0; f->sts.policy != NULL && i < f->sts.policy->n_mx;
	     i++)
		ck_assert_str_eq(f->sts.policy->mx[i], g->sts.policy->mx[i]);
	sg_nexthop_key(&f->hop, key);
	ck_assert(sg_packed_is(packed, key, strlen(key)));
	ck_assert(!sg_packed_is(packed, key, strlen(key) - 1));
	sg_packed_life(packed, &life);
	ck_assert_int_eq(life.fresh_until.s, f->fresh_until.s);
	ck_assert_int_eq(life.refetch_at.s, f->refetch_at.s);
	ck_assert(life.has_policy == (f->sts.policy != NULL));
	sg_packed_free(&packed);
	sg_facts_unref(&g);
}

START_TEST(packs_and_unpacks)
{
	for (unsigned i = rounds(20000); i > 0; i--) {
		struct sg_facts *f = rnd_facts();

		check_packed(f);
		sg_facts_unref(&f);
	}
}
END_TEST

static struct sg_facts *
unpacked(const struct sg_facts *f)
{
	struct sg_packed *packed = sg_facts_pack(f);
	struct sg_facts *g = sg_facts_unpack(packed);

	sg_packed_free(&packed);
	return g;
}

/* What memory gives is a copy each time: who asks whether anything is new
   cannot go by the address. */
START_TEST(knows_the_same_again)
{
	struct sg_facts *f, *g;

	for (unsigned i = rounds(2000); i > 0; i--) {
		f = rnd_facts();
		g = unpacked(f);
		ck_assert(sg_facts_are_same(f, g));
		f->mx_at.s++;
		ck_assert(!sg_facts_are_same(f, g));
		f->mx_at.s--;
		f->sts.fetch.failures ^= 1;
		ck_assert(!sg_facts_are_same(f, g));
		f->sts.fetch.failures ^= 1;
		f->fresh_until.s++;
		ck_assert(!sg_facts_are_same(f, g));
		sg_facts_unref(&f);
		sg_facts_unref(&g);
	}
	f = sample_facts("good.test");
	g = sample_facts("good.test.");
	ck_assert(sg_facts_are_same(f, f));
	ck_assert(!sg_facts_are_same(f, g));
	g->hop = f->hop;
	ck_assert(sg_facts_are_same(f, g));
	g->hop.port = 2525;
	ck_assert(!sg_facts_are_same(f, g));
	sg_facts_unref(&f);
	sg_facts_unref(&g);
}
END_TEST

/* How people write policies, those included that no style of ours meets: the
   text that a report quotes is the one that was served, octet for octet. */
static const char *const texts[] = {
	"version: STSv1\r\nmode: enforce\r\nmx: mx.good.test\r\n"
	"max_age: 86400\r\n",
	"version: STSv1\nmode: testing\nmx: a.test\nmx: *.b.test\n"
	"max_age: 604800",
	"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.test\n",
	"version: STSv1\r\nmode: none\r\nmax_age: 0",
	"version: STSv1\nmode: enforce\nmx: MX.Good.Test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 086400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 4000000000\n",
	"version: STSv1\nmode: enforce\nmx: a.test\r\nmax_age: 86400\n",
	"version: STSv1\nmode:enforce\nmx: a.test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 86400\n\n",
	"mode: enforce\nversion: STSv1\nmx: a.test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nnote: \xc3\xbc\n"
	"max_age: 86400\n",
};

START_TEST(keeps_texts_as_served)
{
	const char *text = texts[_i];
	struct sg_err err = { .text = "" };
	struct sg_facts *f = sample_facts("good.test");

	if (sg_facts_set_policy(f, text, strlen(text), "1",
		sample_time(SAMPLE_NOW), &err) != SG_OK)
		ck_assert_msg(strstr(text, "mode: enforce\nversion") == text,
		    "%s: %s", text, err.text);
	else
		check_packed(f);
	sg_facts_unref(&f);
}
END_TEST

/* What most domains are like must stay small (PERFORMANCE 13). */
START_TEST(packs_small)
{
	struct sg_facts *f = sample_facts("a-good-domain.example");
	static const char text[] = "version: STSv1\nmode: enforce\n"
	    "mx: mx.a-good-domain.example\nmax_age: 604800\n";
	struct sg_packed *packed;

	ck_assert(sg_facts_set_policy(f, text, strlen(text), "20261123T10",
		      sample_time(SAMPLE_NOW), NULL) == SG_OK);
	f->sts.txt.state = SG_TXT_RECORD;
	memcpy(f->sts.txt.id, "20261123T10", 12);
	memcpy(f->sts.fetch.id, "20261123T10", 12);
	sample_mx(f, 1);
	(void)snprintf(f->mx[0].host, sizeof(f->mx[0].host),
	    "mx.a-good-domain.example");
	(void)snprintf(f->mx[0].probe.detail, sizeof(f->mx[0].probe.detail),
	    "until 2027-02-21, issuer R11, for mx.a-good-domain.example");
	f->fresh_until = f->mx_until = f->sts.txt.until =
	    sample_time(SAMPLE_NOW + 3600);
	f->mx_at = f->sts.txt.at = f->sts.fetch.at =
	    sample_time(SAMPLE_NOW);
	f->refetch_at = sample_time(SAMPLE_NOW + 80000);
	packed = sg_facts_pack(f);
	ck_assert_uint_le(sg_packed_size(packed), 120);
	sg_packed_free(&packed);
	sg_facts_unref(&f);
}
END_TEST

/* A warm answer takes the block that the one before gave back. */
START_TEST(unpacks_into_the_same_block)
{
	struct sg_facts *f = sample_facts("good.test"), *first, *g;
	struct sg_packed *packed = sg_facts_pack(f);

	first = g = sg_facts_unpack(packed);
	for (int i = 0; i < 10; i++) {
		sg_facts_unref(&g);
		g = sg_facts_unpack(packed);
		ck_assert_ptr_eq(g, first);
	}
	sg_facts_unref(&g);
	sg_packed_free(&packed);
	sg_facts_unref(&f);
}
END_TEST

/* --- hostile records ----------------------------------------------------- */

/* Decodes; true if it was taken, and then encodes to the same bytes. */
static bool
taken(const unsigned char *record, size_t len)
{
	struct sg_err err = { .text = "" };
	struct sg_facts *f = NULL;
	unsigned char *again;
	size_t len_again;
	enum sg_rc rc = sg_facts_decode(record, len, &f, &err);

	if (rc != SG_OK) {
		ck_assert(rc == SG_BAD || rc == SG_NONE);
		ck_assert_ptr_null(f);
		ck_assert(err.text[0] != '\0');
		return false;
	}
	again = encode(f, &len_again);
	ck_assert_uint_eq(len, len_again);
	ck_assert_mem_eq(record, again, len);
	free(again);
	sg_facts_unref(&f);
	return true;
}

static struct sg_facts *
sample(void)
{
	struct sg_facts *f = sample_facts("good.test");

	f->sts.txt.state = SG_TXT_RECORD;
	memcpy(f->sts.txt.id, "20261123", 9);
	f->sts.txt.at = sample_time(SAMPLE_NOW);
	f->sts.txt.until = sample_time(SAMPLE_NOW + 300);
	f->sts.fetch.tried = true;
	memcpy(f->sts.fetch.detail, "fine", 5);
	sample_policy(f, "enforce", 86400, "20261123", SAMPLE_NOW);
	sample_mx(f, 2);
	f->mx[0].probe.state = SG_PROBE_OK;
	f->mx[0].probe.level = SG_LEVEL_VERIFY;
	f->mx[0].probe.tls_version = 0x0304;
	return f;
}

/* A copy of exactly len bytes, so that a read past the end is seen. */
static unsigned char *
exactly(const unsigned char *data, size_t len)
{
	unsigned char *p = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, data, len);
	return p;
}

START_TEST(refuses_every_cut)
{
	struct sg_facts *f = sample();
	unsigned char *record, *cut;
	size_t len;

	record = encode(f, &len);
	for (size_t n = 0; n < len; n++) {
		cut = exactly(record, n);
		ck_assert_msg(!taken(cut, n), "cut at %zu", n);
		if (n >= 8) { /* and with a length that says so */
			cut[4] = cut[5] = 0;
			cut[6] = (unsigned char)(n >> 8);
			cut[7] = (unsigned char)n;
			ck_assert_msg(!taken(cut, n), "cut at %zu", n);
		}
		free(cut);
	}
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(refuses_more_at_the_end)
{
	struct sg_facts *f = sample();
	unsigned char *record, *longer;
	size_t len;

	record = encode(f, &len);
	longer = calloc(1, len + 1);
	memcpy(longer, record, len);
	ck_assert(!taken(longer, len + 1));
	longer[6] = (unsigned char)((len + 1) >> 8);
	longer[7] = (unsigned char)(len + 1);
	ck_assert(!taken(longer, len + 1));
	free(longer);
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(tells_versions_apart)
{
	struct sg_facts *f = sample(), *g = NULL;
	struct sg_err err;
	unsigned char *record;
	size_t len;

	record = encode(f, &len);
	record[3]++;
	ck_assert(sg_facts_decode(record, len, &g, &err) == SG_NONE);
	record[3]--;
	record[0] = 'X';
	ck_assert(sg_facts_decode(record, len, &g, &err) == SG_BAD);
	ck_assert(sg_facts_decode(record, 0, &g, NULL) == SG_BAD);
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(flips_every_bit)
{
	struct sg_facts *f = sample();
	unsigned char *record;
	size_t len;

	record = encode(f, &len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
		(void)taken(record, len);
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	ck_assert(taken(record, len));
	free(record);
	sg_facts_unref(&f);
}
END_TEST

static size_t
mutate(unsigned char *p, size_t len, size_t size)
{
	static const unsigned char odd[] = { 0, 1, 0x7f, 0x80, 0xff, 0x20 };
	size_t at = rnd(len), n;

	switch (rnd(6)) {
	case 0:
		p[at] ^= (unsigned char)(1 << rnd(8));
		break;
	case 1:
		p[at] = (unsigned char)rnd(256);
		break;
	case 2:
		p[at] = odd[rnd(sizeof(odd))];
		break;
	case 3: /* cut out */
		n = rnd(len - at < 16 ? len - at : 16);
		memmove(p + at, p + at + n, len - at - n);
		len -= n;
		break;
	case 4: /* double */
		n = rnd(len - at < 16 ? len - at : 16);
		if (len + n <= size) {
			memmove(p + at + n, p + at, len - at);
			len += n;
		}
		break;
	default: /* exchange */
		n = rnd(len);
		p[at] ^= p[n];
		p[n] ^= at == n ? 0 : p[at];
		p[at] ^= at == n ? 0 : p[n];
		break;
	}
	return len > 0 ? len : 1;
}

START_TEST(bears_mutations)
{
	static unsigned char work[SG_FACTS_RECORD_MAX + 64];
	unsigned char *record = NULL, *copy;
	size_t len = 0, n, took = 0;

	for (unsigned i = rounds(500000); i > 0; i--) {
		if (record == NULL || rnd(200) == 0) {
			struct sg_facts *f = rnd_facts();

			free(record);
			record = encode(f, &len);
			sg_facts_unref(&f);
		}
		memcpy(work, record, len);
		n = len;
		for (unsigned m = 1 + (unsigned)rnd(3); m > 0; m--)
			n = mutate(work, n, sizeof(work));
		if (n >= 8 && rnd(8) != 0) { /* mostly let it in */
			work[4] = 0;
			work[5] = (unsigned char)(n >> 16);
			work[6] = (unsigned char)(n >> 8);
			work[7] = (unsigned char)n;
			memcpy(work, record, 4);
		}
		copy = exactly(work, n);
		took += taken(copy, n);
		free(copy);
	}
	/* Both sides of the fence were seen. */
	ck_assert_uint_gt(took, rounds(500000) / 100);
	ck_assert_uint_lt(took, rounds(500000) / 2);
	free(record);
}
END_TEST

/* --- fields out of range ------------------------------------------------- */

static void unfit_name(struct sg_facts *f) { f->hop.name[0] = '.'; }
static void upper_case(struct sg_facts *f) { f->hop.name[0] = 'G'; }
static void no_name(struct sg_facts *f) { f->hop.name[0] = '\0'; }
static void crlf_name(struct sg_facts *f) { f->hop.name[1] = '\n'; }
static void port_0(struct sg_facts *f) { f->hop.port = 0; }
static void txt_state(struct sg_facts *f) { f->sts.txt.state = 6; }
static void txt_dnssec(struct sg_facts *f) { f->sts.txt.dnssec = 4; }
static void id_dash(struct sg_facts *f) { f->sts.txt.id[0] = '-'; }
static void id_space(struct sg_facts *f) { f->sts.txt.id[3] = ' '; }
static void id_missing(struct sg_facts *f) { f->sts.txt.id[0] = '\0'; }
static void id_without(struct sg_facts *f) { f->sts.txt.state = SG_TXT_NONE; }
static void fetch_reason(struct sg_facts *f)
{
	f->sts.fetch.reason = SG_REASON_COUNT;
}
static void detail_lf(struct sg_facts *f) { f->sts.fetch.detail[1] = '\n'; }
static void detail_esc(struct sg_facts *f) { f->sts.fetch.detail[1] = 0x1b; }
static void detail_high(struct sg_facts *f)
{
	f->sts.fetch.detail[1] = (char)0x80;
}
static void detail_del(struct sg_facts *f) { f->sts.fetch.detail[1] = 0x7f; }
static void fetch_id(struct sg_facts *f) { f->sts.fetch.id[0] = '"'; }
static void time_negative(struct sg_facts *f) { f->sts.txt.until.s = -1; }
static void time_far(struct sg_facts *f) { f->refetch_at.s = 253402300800; }
static void time_overflow(struct sg_facts *f) { f->sts.fetched_at.s = INT64_MAX; }
static void policy_id(struct sg_facts *f) { f->sts.policy_id[0] = ';'; }
static void policy_text(struct sg_facts *f) { f->sts.text[0] = 'w'; }
static void policy_cut(struct sg_facts *f) { f->sts.text_len -= 10; }
static void policy_empty(struct sg_facts *f) { f->sts.text_len = 0; }
static void mx_state(struct sg_facts *f) { f->mx_state = 9; }
static void mx_dnssec(struct sg_facts *f) { f->mx_dnssec = 4; }
static void mx_two_implicit(struct sg_facts *f) { f->mx_state = SG_MX_IMPLICIT; }
static void mx_null_with(struct sg_facts *f) { f->mx_state = SG_MX_NULL; }
static void mx_found_none(struct sg_facts *f) { f->n_mx = 0; }
static void mx_order(struct sg_facts *f) { f->mx[0].preference = 30; }
static void mx_host(struct sg_facts *f) { f->mx[1].host[0] = '-'; }
static void mx_host_empty(struct sg_facts *f) { f->mx[1].host[0] = '\0'; }
static void mx_addrs(struct sg_facts *f) { f->mx[1].addrs = 6; }
static void mx_addr_dnssec(struct sg_facts *f) { f->mx[1].addr_dnssec = 4; }
static void mx_tlsa(struct sg_facts *f) { f->mx[1].tlsa = 6; }
static void probe_state(struct sg_facts *f) { f->mx[1].probe.state = 4; }
static void probe_reason(struct sg_facts *f) { f->mx[1].probe.reason = 200; }
static void probe_level(struct sg_facts *f) { f->mx[1].probe.level = 5; }
static void probe_secure(struct sg_facts *f)
{
	f->mx[1].probe.level = SG_LEVEL_SECURE;
}
static void tls_ssl2(struct sg_facts *f) { f->mx[1].probe.tls_version = 2; }
static void tls_new(struct sg_facts *f) { f->mx[1].probe.tls_version = 0x305; }
static void probe_detail(struct sg_facts *f) { f->mx[1].probe.detail[0] = '\r'; }

#define ROW(f) { #f, f }
static const struct {
	const char *name;
	void (*spoil)(struct sg_facts *f);
} spoilt[] = {
	ROW(unfit_name), ROW(upper_case), ROW(no_name), ROW(crlf_name),
	ROW(port_0), ROW(txt_state), ROW(txt_dnssec), ROW(id_dash),
	ROW(id_space), ROW(id_missing), ROW(id_without), ROW(fetch_reason),
	ROW(detail_lf), ROW(detail_esc), ROW(detail_high), ROW(detail_del),
	ROW(fetch_id), ROW(time_negative), ROW(time_far), ROW(time_overflow),
	ROW(policy_id), ROW(policy_text), ROW(policy_cut), ROW(policy_empty),
	ROW(mx_state), ROW(mx_dnssec), ROW(mx_two_implicit), ROW(mx_null_with),
	ROW(mx_found_none), ROW(mx_order), ROW(mx_host), ROW(mx_host_empty),
	ROW(mx_addrs), ROW(mx_addr_dnssec), ROW(mx_tlsa), ROW(probe_state),
	ROW(probe_reason), ROW(probe_level), ROW(probe_secure), ROW(tls_ssl2),
	ROW(tls_new), ROW(probe_detail),
};

START_TEST(refuses_unfit_fields)
{
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		struct sg_facts *f = sample();
		unsigned char *record;
		size_t len;

		record = encode(f, &len);
		ck_assert(taken(record, len));
		free(record);
		spoilt[i].spoil(f);
		record = encode(f, &len);
		ck_assert_msg(!taken(record, len), "%s: was taken",
		    spoilt[i].name);
		free(record);
		sg_facts_unref(&f);
	}
}
END_TEST

START_TEST(holds_the_largest)
{
	struct sg_facts *f = sample_facts("good.test"), *g;
	static char text[SG_STS_POLICY_MAX_BYTES];
	struct sg_err err = { .text = "" };
	unsigned char *record;
	size_t n, len;

	/* The largest policy, the longest names, as many hosts as may be. */
	n = (size_t)snprintf(text, sizeof(text),
	    "version: STSv1\nmode: enforce\nmax_age: 9\nmx: good.test\n");
	while (n < sizeof(text)) {
		size_t line = sizeof(text) - n < 900 ? sizeof(text) - n : 900;

		memset(text + n, 'v', line);
		memcpy(text + n, "ext: ", line < 5 ? line : 5);
		n += line;
		if (line == 900)
			text[n - 1] = '\n';
	}
	ck_assert_msg(sg_facts_set_policy(f, text, n, "a", sample_time(1),
			  &err) == SG_OK, "%s", err.text);
	sample_mx(f, SG_FACTS_MAX_MX);
	for (unsigned i = 0; i < f->n_mx; i++) {
		char *host = f->mx[i].host;

		memset(host, 'a', 253);
		host[63] = host[127] = host[191] = '.';
		host[253] = '\0';
		memset(f->mx[i].probe.detail, 'd', SG_FACTS_DETAIL_SIZE - 1);
	}
	record = encode(f, &len);
	ck_assert_msg(sg_facts_decode(record, len, &g, &err) == SG_OK, "%s",
	    err.text);
	same_facts(f, g);
	free(record);
	sg_facts_unref(&f);
	sg_facts_unref(&g);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, goes_there_and_back);
	tcase_add_test(t, packs_and_unpacks);
	tcase_add_loop_test(t, keeps_texts_as_served, 0,
	    (int)(sizeof(texts) / sizeof(texts[0])));
	tcase_add_test(t, knows_the_same_again);
	tcase_add_test(t, packs_small);
	tcase_add_test(t, unpacks_into_the_same_block);
	tcase_add_test(t, refuses_every_cut);
	tcase_add_test(t, refuses_more_at_the_end);
	tcase_add_test(t, tells_versions_apart);
	tcase_add_test(t, flips_every_bit);
	tcase_add_test(t, bears_mutations);
	tcase_add_test(t, refuses_unfit_fields);
	tcase_add_test(t, holds_the_largest);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
