/* SPDX-License-Identifier: ISC */
/*
 * codec.c - facts as bytes.
 *
 *   "SGF" version(1) length(4, of the whole) hop txt fetch policy mx times
 *
 * Numbers are big-endian, strings carry their length in front (one byte, the
 * policy text four), nothing is aligned, optional or of a default value: there
 * is exactly one record for given facts, so that whatever decodes encodes to
 * the same bytes again. Writing and reading are two flat lists side by side;
 * reading notes the first field that is unfit and then reads zeros.
 */
#include "facts/codec.h"

#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define HEAD_SIZE 8
/* More than anything but the policy text and the MX hosts takes. */
#define FIXED_MAX 1024
#define MX_MAX 512
#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z: sums can't overflow */

static const unsigned char magic[3] = { 'S', 'G', 'F' };

/* --- writing ------------------------------------------------------------- */

struct sink {
	unsigned char *p;
	size_t len, size;
};

static void
put_bytes(struct sink *s, const void *data, size_t n)
{
	sg_assert(n <= s->size - s->len);
	if (n > 0)
		memcpy(s->p + s->len, data, n);
	s->len += n;
}

static void
put_uint(struct sink *s, uint64_t v, unsigned bytes)
{
	unsigned char b[8];

	for (unsigned i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
	put_bytes(s, b, bytes);
}

static void
put_time(struct sink *s, struct sg_wall t)
{
	put_uint(s, (uint64_t)t.s, 8);
}

static void
put_string(struct sink *s, const char *text, size_t size)
{
	size_t n = strnlen(text, size - 1);

	put_uint(s, n, 1);
	put_bytes(s, text, n);
}

static void
put_sts(struct sink *s, const struct sg_facts_sts *sts)
{
	put_uint(s, sts->txt.state, 1);
	put_uint(s, sts->txt.dnssec, 1);
	put_string(s, sts->txt.id, sizeof(sts->txt.id));
	put_time(s, sts->txt.at);
	put_time(s, sts->txt.until);
	put_uint(s, sts->fetch.tried, 1);
	put_uint(s, sts->fetch.reason, 1);
	put_string(s, sts->fetch.detail, sizeof(sts->fetch.detail));
	put_string(s, sts->fetch.id, sizeof(sts->fetch.id));
	put_time(s, sts->fetch.at);
	put_time(s, sts->fetch.retry_after);
	put_uint(s, sts->fetch.failures, 2);
	put_time(s, sts->unknown_since);
	put_uint(s, sts->policy != NULL, 1);
	if (sts->policy == NULL)
		return;
	put_string(s, sts->policy_id, sizeof(sts->policy_id));
	put_time(s, sts->fetched_at);
	put_uint(s, sts->text_len, 4);
	put_bytes(s, sts->text, sts->text_len);
}

static void
put_mx(struct sink *s, const struct sg_facts_mx *mx)
{
	put_string(s, mx->host, sizeof(mx->host));
	put_uint(s, mx->preference, 2);
	put_uint(s, mx->addrs, 1);
	put_uint(s, mx->addr_dnssec, 1);
	put_uint(s, mx->is_self, 1);
	put_uint(s, mx->tlsa, 1);
	put_uint(s, mx->tlsa_records, 1);
	put_uint(s, mx->probe.state, 1);
	put_uint(s, mx->probe.reason, 1);
	put_uint(s, mx->probe.level, 1);
	put_uint(s, mx->probe.tls_version, 2);
	put_uint(s, mx->probe.requiretls, 1);
	put_string(s, mx->probe.detail, sizeof(mx->probe.detail));
	put_time(s, mx->probe.at);
	put_time(s, mx->probe.until);
}

enum sg_rc
sg_facts_encode(const struct sg_facts *f, unsigned char **out_r, size_t *len)
{
	struct sink s = { .len = HEAD_SIZE };

	s.size = FIXED_MAX + f->sts.text_len + (size_t)f->n_mx * MX_MAX;
	if ((s.p = malloc(s.size)) == NULL)
		return SG_RETRY;
	put_string(&s, f->hop.name, sizeof(f->hop.name));
	put_uint(&s, f->hop.is_host, 1);
	put_uint(&s, f->hop.port, 2);
	put_sts(&s, &f->sts);
	put_uint(&s, f->mx_state, 1);
	put_uint(&s, f->mx_dnssec, 1);
	put_time(&s, f->mx_at);
	put_time(&s, f->mx_until);
	put_uint(&s, f->n_mx, 1);
	for (unsigned i = 0; i < f->n_mx; i++)
		put_mx(&s, &f->mx[i]);
	put_time(&s, f->fresh_until);
	put_time(&s, f->refresh_at);
	put_time(&s, f->refetch_at);
	*len = s.len;
	*out_r = s.p;
	s.len = 0;
	put_bytes(&s, magic, sizeof(magic));
	put_uint(&s, VERSION, 1);
	put_uint(&s, *len, 4);
	return SG_OK;
}

/* --- reading ------------------------------------------------------------- */

struct source {
	const unsigned char *p;
	size_t len, at;
	const char *unfit; /* the first field that was; NULL: none so far */
};

static void
refuse(struct source *s, const char *field)
{
	if (s->unfit == NULL)
		s->unfit = field;
}

/* The next n bytes, or NULL once anything was unfit. */
static const unsigned char *
get_bytes(struct source *s, size_t n, const char *field)
{
	const unsigned char *p = s->p + s->at;

	if (s->unfit == NULL && n > s->len - s->at)
		refuse(s, field);
	if (s->unfit != NULL)
		return NULL;
	s->at += n;
	return p;
}

static uint64_t
get_uint(struct source *s, unsigned bytes, uint64_t max, const char *field)
{
	const unsigned char *p = get_bytes(s, bytes, field);
	uint64_t v = 0;

	for (unsigned i = 0; p != NULL && i < bytes; i++)
		v = v << 8 | p[i];
	if (v <= max)
		return v;
	refuse(s, field);
	return 0;
}

static bool
get_bool(struct source *s, const char *field)
{
	return get_uint(s, 1, 1, field) != 0;
}

static struct sg_wall
get_time(struct source *s, const char *field)
{
	return (struct sg_wall) {
		(int64_t)get_uint(s, 8, LAST_SECOND, field)
	};
}

/* Printable ASCII; out (of size bytes) is a string whatever comes. */
static void
get_text(struct source *s, char *out, size_t size, const char *field)
{
	size_t n = get_uint(s, 1, size - 1, field);
	const unsigned char *p = get_bytes(s, n, field);

	for (size_t i = 0; p != NULL && i < n; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			refuse(s, field);
	if (p != NULL)
		memcpy(out, p, n);
	out[p != NULL ? n : 0] = '\0';
}

static void
get_name(struct source *s, char out[SG_DOMAIN_SIZE], const char *field)
{
	get_text(s, out, SG_DOMAIN_SIZE, field);
	if (s->unfit == NULL && !sg_domain_is_valid(out, false))
		refuse(s, field);
}

static void
get_id(struct source *s, char out[SG_STS_ID_SIZE], const char *field)
{
	get_text(s, out, SG_STS_ID_SIZE, field);
	for (const char *c = out; *c != '\0'; c++)
		if (!(*c >= '0' && *c <= '9') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= 'a' && *c <= 'z'))
			refuse(s, field);
}

static void
get_hop(struct source *s, struct sg_nexthop *hop)
{
	get_name(s, hop->name, "next hop");
	hop->is_host = get_bool(s, "next hop kind");
	hop->port = (uint16_t)get_uint(s, 2, UINT16_MAX, "port");
	if (hop->port == 0)
		refuse(s, "port");
}

static void
get_txt(struct source *s, struct sg_facts_txt *txt)
{
	txt->state = get_uint(s, 1, SG_TXT_BOGUS, "txt state");
	txt->dnssec = get_uint(s, 1, SG_DNSSEC_ERROR, "txt dnssec");
	get_id(s, txt->id, "txt id");
	if ((txt->state == SG_TXT_RECORD) != (txt->id[0] != '\0'))
		refuse(s, "txt id");
	txt->at = get_time(s, "txt at");
	txt->until = get_time(s, "txt until");
}

static void
get_fetch(struct source *s, struct sg_facts_fetch *fetch)
{
	fetch->tried = get_bool(s, "fetch tried");
	fetch->reason =
	    get_uint(s, 1, SG_REASON_COUNT - 1, "fetch reason");
	get_text(s, fetch->detail, sizeof(fetch->detail), "fetch detail");
	get_id(s, fetch->id, "fetch id");
	fetch->at = get_time(s, "fetch at");
	fetch->retry_after = get_time(s, "fetch retry_after");
	fetch->failures =
	    (uint16_t)get_uint(s, 2, UINT16_MAX, "fetch failures");
}

static enum sg_rc
get_policy(struct source *s, struct sg_facts *f)
{
	char id[SG_STS_ID_SIZE];
	const unsigned char *text;
	struct sg_wall at;
	enum sg_rc rc;
	size_t n;

	if (!get_bool(s, "policy presence"))
		return SG_OK;
	get_id(s, id, "policy id");
	at = get_time(s, "policy fetched_at");
	n = get_uint(s, 4, SG_STS_POLICY_MAX_BYTES, "policy text");
	text = get_bytes(s, n, "policy text");
	if (text == NULL)
		return SG_BAD;
	rc = sg_facts_set_policy(f, (const char *)text, n, id, at, NULL);
	if (rc != SG_OK)
		refuse(s, "policy text");
	return rc == SG_RETRY ? SG_RETRY : SG_OK;
}

static void
get_probe(struct source *s, struct sg_facts_probe *probe)
{
	probe->state = get_uint(s, 1, SG_PROBE_UNREACHABLE, "probe state");
	probe->reason = get_uint(s, 1, SG_REASON_COUNT - 1, "probe reason");
	probe->level = get_uint(s, 1, SG_LEVEL_DANE, "probe level");
	if (probe->level == SG_LEVEL_SECURE) /* not a worker's to say */
		refuse(s, "probe level");
	probe->tls_version = (uint16_t)get_uint(s, 2, 0x0304, "tls version");
	if (probe->tls_version != 0 && probe->tls_version < 0x0300)
		refuse(s, "tls version");
	probe->requiretls = get_uint(s, 1, SG_REQUIRETLS_UNASKED, "requiretls");
	get_text(s, probe->detail, sizeof(probe->detail), "probe detail");
	probe->at = get_time(s, "probe at");
	probe->until = get_time(s, "probe until");
}

static void
get_mx(struct source *s, struct sg_facts_mx *mx)
{
	get_name(s, mx->host, "mx host");
	mx->preference = (uint16_t)get_uint(s, 2, UINT16_MAX, "preference");
	mx->addrs = get_uint(s, 1, SG_ADDR_SPECIAL, "address state");
	mx->addr_dnssec = get_uint(s, 1, SG_DNSSEC_ERROR, "address dnssec");
	mx->is_self = get_bool(s, "mx is_self");
	mx->tlsa = get_uint(s, 1, SG_TLSA_UNASKED, "tlsa state");
	mx->tlsa_records = (uint8_t)get_uint(s, 1, UINT8_MAX, "tlsa records");
	get_probe(s, &mx->probe);
}

/* The states that promise mx[0], and those that promise that there is none. */
static bool
mx_count_fits(enum sg_mx_state state, unsigned n)
{
	switch (state) {
	case SG_MX_FOUND:
		return n > 0;
	case SG_MX_IMPLICIT:
	case SG_MX_HOST:
		return n == 1;
	case SG_MX_UNASKED:
	case SG_MX_NULL:
	case SG_MX_NXDOMAIN:
		return n == 0;
	default:
		return true;
	}
}

static enum sg_rc
get_mxs(struct source *s, struct sg_facts *f)
{
	unsigned n;

	f->mx_state = get_uint(s, 1, SG_MX_UNUSABLE, "mx state");
	f->mx_dnssec = get_uint(s, 1, SG_DNSSEC_ERROR, "mx dnssec");
	f->mx_at = get_time(s, "mx at");
	f->mx_until = get_time(s, "mx until");
	n = (unsigned)get_uint(s, 1, SG_FACTS_MAX_MX, "mx count");
	if (!mx_count_fits(f->mx_state, n))
		refuse(s, "mx count");
	if (s->unfit != NULL)
		return SG_BAD;
	if (sg_facts_set_mx(f, n) != SG_OK)
		return SG_RETRY;
	for (unsigned i = 0; i < n; i++) {
		get_mx(s, &f->mx[i]);
		if (i > 0 && f->mx[i].preference < f->mx[i - 1].preference)
			refuse(s, "mx order");
	}
	return SG_OK;
}

/* SG_RETRY: out of memory; otherwise s->unfit tells. */
static enum sg_rc
get_body(struct source *s, struct sg_facts *f)
{
	get_txt(s, &f->sts.txt);
	get_fetch(s, &f->sts.fetch);
	f->sts.unknown_since = get_time(s, "unknown_since");
	if (get_policy(s, f) == SG_RETRY || get_mxs(s, f) == SG_RETRY)
		return SG_RETRY;
	f->fresh_until = get_time(s, "fresh_until");
	f->refresh_at = get_time(s, "refresh_at");
	f->refetch_at = get_time(s, "refetch_at");
	if (s->at != s->len)
		refuse(s, "end");
	return s->unfit == NULL ? SG_OK : SG_BAD;
}

static enum sg_rc
get_head(struct source *s)
{
	const unsigned char *p = get_bytes(s, HEAD_SIZE, "head");

	if (p == NULL || memcmp(p, magic, sizeof(magic)) != 0) {
		refuse(s, "magic");
		return SG_BAD;
	}
	if (p[3] != VERSION)
		return SG_NONE;
	s->at = 4;
	if (get_uint(s, 4, SG_FACTS_RECORD_MAX, "length") != s->len)
		refuse(s, "length");
	return s->unfit == NULL ? SG_OK : SG_BAD;
}

enum sg_rc
sg_facts_decode(const unsigned char *data, size_t len, struct sg_facts **out_r,
    struct sg_err *err)
{
	struct source s = { .p = data, .len = len };
	struct sg_facts *f = NULL;
	struct sg_nexthop hop = { .port = 0 };
	enum sg_rc rc = get_head(&s);

	if (rc == SG_OK) {
		get_hop(&s, &hop);
		f = sg_facts_new(&hop);
		rc = f == NULL ? SG_RETRY : get_body(&s, f);
	}
	if (rc == SG_OK) {
		*out_r = f;
		return SG_OK;
	}
	sg_facts_unref(&f);
	if (rc == SG_NONE)
		sg_err_set(err, SG_REASON_INTERNAL,
		    "facts record of another version");
	else if (rc == SG_RETRY)
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
	else
		sg_err_set(err, SG_REASON_INTERNAL,
		    "facts record: unfit %s", s.unfit);
	return rc;
}
