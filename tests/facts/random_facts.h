/* SPDX-License-Identifier: ISC */
/* random_facts.h - facts at random, there and back, and compared field by
   field. SG_TEST_ROUNDS in the environment scales how often (default 1). */
#ifndef SG_TESTS_FACTS_RANDOM_FACTS_H
#define SG_TESTS_FACTS_RANDOM_FACTS_H
#include "facts/sample.h"

#include "facts/codec.h"

/* Deterministic: a failure can be had again. */
static uint64_t seed = 88172645463325252;

static inline uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

static inline unsigned
rounds(unsigned n)
{
	const char *s = getenv("SG_TEST_ROUNDS");

	return s != NULL ? n * (unsigned)strtoul(s, NULL, 10) : n;
}

static inline struct sg_wall
rnd_time(void)
{
	return sample_time(rnd(4) == 0 ? 0 : (int64_t)rnd(253402300800));
}

static inline void
rnd_id(char id[SG_STS_ID_SIZE], size_t least)
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	size_t n = least + rnd(SG_STS_ID_SIZE - least);

	for (size_t i = 0; i < n; i++)
		id[i] = set[rnd(sizeof(set) - 1)];
	id[n] = '\0';
}

static inline void
rnd_detail(char *out)
{
	size_t n = rnd(3) == 0 ? 0 : rnd(SG_FACTS_DETAIL_SIZE);

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(0x20 + rnd(0x5f));
	out[n] = '\0';
}

/* Up to 253 octets. */
static inline void
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

static inline void
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

static inline void
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

static inline struct sg_facts *
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

static inline unsigned char *
encode(const struct sg_facts *f, size_t *len)
{
	unsigned char *record;

	ck_assert(sg_facts_encode(f, &record, len) == SG_OK);
	ck_assert_uint_le(*len, SG_FACTS_RECORD_MAX);
	return record;
}

static inline void
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

static inline void
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

static inline void
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
#endif
