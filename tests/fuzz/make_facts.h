/* SPDX-License-Identifier: ISC */
/*
 * make_facts.h - facts made of the fuzzer's octets: any that a record can
 * hold, without the fuzzer having to find out how a record is written.
 */
#ifndef SG_TESTS_FUZZ_MAKE_FACTS_H
#define SG_TESTS_FUZZ_MAKE_FACTS_H
#include "facts/facts.h"
#include "fuzz/fuzz.h"

#define MAKE_NOW 1795000000

static inline struct sg_wall
make_time(struct fuzz_bytes *in)
{
	static const int32_t around[] = { 0, 1, 59, 60, 61, 299, 300, 3600,
		14400, 86399, 86400, 86401, 604800, 31557600 };
	unsigned v = (unsigned)fuzz_number(in, 1);
	int64_t off = around[(v & 0x1f) % (sizeof(around) / sizeof(int32_t))];

	if ((v & 0xc0) == 0xc0)
		return (struct sg_wall) { 0 };
	return (struct sg_wall) { MAKE_NOW + (v & 0x20 ? -off : off) };
}

static inline void
make_id(struct fuzz_bytes *in, char id[SG_STS_ID_SIZE])
{
	snprintf(id, SG_STS_ID_SIZE, "id%u", fuzz_below(in, 4));
}

static inline void
make_detail(struct fuzz_bytes *in, char *out, size_t size)
{
	static const char *const words[] = { "", "a detail", "dane-no-match",
		"100% of \\ \"quoted\" {text}" };

	snprintf(out, size, "%s", words[fuzz_below(in, 4)]);
}

static inline void
make_policy(struct fuzz_bytes *in, struct sg_facts *f)
{
	static const char *const modes[] = { "none", "testing", "enforce" };
	static const unsigned ages[] = { 0, 60, 86400, 604800, 31557600 };
	static const char *const mx[] = { "*.good.test", "mx1.good.test",
		"mx.other.test" };
	char text[200], id[SG_STS_ID_SIZE];
	struct sg_wall at = make_time(in);
	unsigned mode = fuzz_below(in, 3), age = fuzz_below(in, 5);
	int n;

	n = snprintf(text, sizeof(text), "version: STSv1\nmode: %s\nmax_age: "
	    "%u\nmx: %s\n", modes[mode], ages[age], mx[fuzz_below(in, 3)]);
	make_id(in, id);
	fuzz_hold(sg_facts_set_policy(f, text, (size_t)n, id, at, NULL) ==
	    SG_OK);
}

static inline void
make_sts(struct fuzz_bytes *in, struct sg_facts_sts *sts)
{
	sts->txt.state = fuzz_below(in, SG_TXT_BOGUS + 1);
	sts->txt.dnssec = fuzz_below(in, SG_DNSSEC_ERROR + 1);
	if (sts->txt.state == SG_TXT_RECORD)
		make_id(in, sts->txt.id);
	sts->txt.at = make_time(in);
	sts->txt.until = make_time(in);
	sts->fetch.tried = fuzz_below(in, 2);
	sts->fetch.reason = fuzz_below(in, SG_REASON_COUNT);
	make_detail(in, sts->fetch.detail, sizeof(sts->fetch.detail));
	make_id(in, sts->fetch.id);
	sts->fetch.at = make_time(in);
	sts->fetch.retry_after = make_time(in);
	sts->fetch.failures = (uint16_t)fuzz_number(in, 2);
	sts->unknown_since = make_time(in);
}

static inline void
make_mx(struct fuzz_bytes *in, struct sg_facts_mx *mx, unsigned i)
{
	static const enum sg_level levels[] = { SG_LEVEL_NONE,
		SG_LEVEL_ENCRYPT, SG_LEVEL_VERIFY, SG_LEVEL_DANE };
	static const uint16_t versions[] = { 0, 0x0301, 0x0303, 0x0304 };

	snprintf(mx->host, sizeof(mx->host), "mx%u.%s.test", i,
	    fuzz_below(in, 2) ? "good" : "other");
	mx->preference = (uint16_t)(10 * i);
	mx->addrs = fuzz_below(in, SG_ADDR_SPECIAL + 1);
	mx->addr_dnssec = fuzz_below(in, SG_DNSSEC_ERROR + 1);
	mx->is_self = fuzz_below(in, 8) == 7;
	mx->tlsa = fuzz_below(in, SG_TLSA_UNASKED + 1);
	mx->tlsa_records = (uint8_t)fuzz_number(in, 1);
	mx->probe.state = fuzz_below(in, SG_PROBE_UNREACHABLE + 1);
	mx->probe.reason = fuzz_below(in, SG_REASON_COUNT);
	mx->probe.level = levels[fuzz_below(in, 4)];
	mx->probe.tls_version = versions[fuzz_below(in, 4)];
	mx->probe.requiretls = fuzz_below(in, 3);
	make_detail(in, mx->probe.detail, sizeof(mx->probe.detail));
	mx->probe.at = make_time(in);
	mx->probe.until = make_time(in);
}

/* How many MX hosts such a state has. */
static inline unsigned
make_mx_count(struct fuzz_bytes *in, enum sg_mx_state state)
{
	if (state == SG_MX_FOUND)
		return 1 + fuzz_below(in, 4);
	if (state == SG_MX_IMPLICIT || state == SG_MX_HOST)
		return 1;
	return 0;
}

/* Facts about good.test; never NULL. */
static inline struct sg_facts *
make_facts(struct fuzz_bytes *in)
{
	struct sg_nexthop hop = { .name = "good.test", .port = 25 };
	struct sg_facts *f = sg_facts_new(&hop);
	unsigned n;

	if (f == NULL)
		abort();
	if (fuzz_below(in, 4) != 0)
		make_policy(in, f);
	make_sts(in, &f->sts);
	f->mx_state = fuzz_below(in, SG_MX_UNUSABLE + 1);
	f->mx_dnssec = fuzz_below(in, SG_DNSSEC_ERROR + 1);
	f->mx_at = make_time(in);
	f->mx_until = make_time(in);
	n = make_mx_count(in, f->mx_state);
	fuzz_hold(sg_facts_set_mx(f, n) == SG_OK);
	for (unsigned i = 0; i < n; i++)
		make_mx(in, &f->mx[i], i);
	f->fresh_until = make_time(in);
	f->refresh_at = make_time(in);
	f->refetch_at = make_time(in);
	return f;
}
#endif
