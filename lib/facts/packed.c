/* SPDX-License-Identifier: ISC */
/*
 * packed.c - see packed.h.
 *
 *   head  name  life  room  times  states  strings  MX hosts  policy
 *
 * The name comes first and as it is, so that looking for it reads one line of
 * cache; the life next, for the walks of the memory tier. Numbers are LEB128.
 * Writing and reading are two flat lists side by side, as in codec.c.
 */
#include "facts/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/facts_private.h"

struct sg_packed {
	uint32_t len;     /* of bytes */
	uint16_t port;
	uint8_t is_host, name_len;
	unsigned char bytes[];
};

/* --- what strings are made of ------------------------------------------------ */

enum token {
	T_NAME = 0x80,   /* the next hop's name */
	T_ID,            /* TXT's id */
	T_PARENT,        /* what stands behind the first MX host's first dot */
	T_HOST,          /* and the hosts themselves */
	T_WORDS = T_HOST + SG_FACTS_MAX_MX
};

/* In details (what a probe saw of a certificate, why it failed), in the names
   of MX hosts, in policies. The longest come first. */
static const char *const words[] = {
	".mail.protection.outlook.com", "certificate-not-trusted",
	"certificate ", ", common name ", "Let's Encrypt", "not verified",
	"connection ", ", issuer ", "until 202", "connect: ", "aspmx.l.",
	".google.com", "smtp.google.com", "DigiCert", "GlobalSign",
	"Sectigo", "timed out", "refused", "mailgw", ".mail.", "inbound",
	"-smtp", "smtp.", "smtp", "mail.", "mail", "mta-sts.", "aspmx",
	", for ", "alt1.", "alt2.", "alt3.", "alt4.", "mx1.", "mx2.", "mx0",
	"mx-", "mx.", "mx", " *.", "*.", "R10", "R11", "R12", "R13", "GTS ",
	".com", ".net", ".org", ".edu", ".gov", ".co.uk", ".de", ".nl", ".fr",
	".ch", ".cz", ".se", ".eu", ".example", "20", "-0", "-1",
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))
_Static_assert(T_WORDS + N_WORDS <= 256, "a token is a byte");

struct dictionary {
	const char *s[T_WORDS - T_NAME];
	size_t len[T_WORDS - T_NAME];
};

static void
know(struct dictionary *d, unsigned token, const char *s)
{
	d->s[token - T_NAME] = s;
	d->len[token - T_NAME] = strlen(s);
}

static void
know_host(struct dictionary *d, unsigned i, const char *host)
{
	const char *dot = strchr(host, '.');

	know(d, T_HOST + i, host);
	if (i == 0 && dot != NULL)
		know(d, T_PARENT, dot + 1);
}

/* --- writing ------------------------------------------------------------------ */

struct sink {
	unsigned char *p;
	size_t n, size;
	int64_t last; /* the time before */
	struct dictionary known;
};

static void
put_byte(struct sink *s, unsigned v)
{
	sg_assert(s->n < s->size);
	s->p[s->n++] = (unsigned char)v;
}

static void
put_uint(struct sink *s, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		put_byte(s, (unsigned)(v & 0x7f) | 0x80);
	put_byte(s, (unsigned)v);
}

static void
put_time(struct sink *s, struct sg_wall t)
{
	int64_t d = t.s - s->last;

	if (t.s == 0) {
		put_byte(s, 0);
		return;
	}
	put_uint(s, (d < 0 ? (uint64_t)(-d) * 2 - 1 : (uint64_t)d * 2) + 1);
	s->last = t.s;
}

/* The token that says most of what text begins with; 0: none. */
static unsigned
find_token(const struct dictionary *d, const char *text, size_t left,
    size_t *len)
{
	unsigned best = 0;

	*len = 1; /* one byte for one byte gains nothing */
	for (unsigned i = 0; i < T_WORDS - T_NAME; i++)
		if (d->len[i] > *len && d->len[i] <= left &&
		    memcmp(d->s[i], text, d->len[i]) == 0) {
			best = T_NAME + i;
			*len = d->len[i];
		}
	for (unsigned i = 0; i < N_WORDS; i++) {
		size_t n;

		if (words[i][0] != text[0])
			continue;
		n = strlen(words[i]);
		if (n > *len && n <= left && memcmp(words[i], text, n) == 0) {
			best = T_WORDS + i;
			*len = n;
		}
	}
	return best;
}

/* ASCII: what is above 127 are tokens. */
static void
put_string(struct sink *s, const char *text)
{
	size_t left = strlen(text), place = s->n, len;
	unsigned token;

	put_byte(s, 0);
	for (; left > 0; text += len, left -= len) {
		sg_assert((unsigned char)text[0] < T_NAME);
		token = find_token(&s->known, text, left, &len);
		if (token == 0)
			len = 1;
		put_byte(s, token != 0 ? token : (unsigned char)text[0]);
	}
	sg_assert(s->n - place - 1 <= UINT8_MAX);
	s->p[place] = (unsigned char)(s->n - place - 1);
}

/* --- a policy's text from the policy -------------------------------------------- */

/* How people write one: bits of a style. */
#define AGE_FIRST 1  /* max_age in front of the hosts */
#define LF_ONLY 2
#define NO_LAST_END 4
#define N_STYLES 8
#define AS_IT_IS N_STYLES /* none of these */

struct text {
	char *p; /* NULL: only counted */
	size_t n;
};

static void
add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->p != NULL)
		memcpy(t->p + t->n, s, n);
	t->n += n;
}

static void
add_age(struct text *t, uint32_t max_age_s, const char *end)
{
	char digits[12], *p = digits + sizeof(digits);

	*--p = '\0';
	do
		*--p = (char)('0' + max_age_s % 10);
	while ((max_age_s /= 10) > 0);
	add(t, "max_age: ");
	add(t, p);
	add(t, end);
}

/* Returns the length; out may be NULL. */
static size_t
write_policy(const struct sg_sts_policy *p, unsigned style, char *out)
{
	const char *end = style & LF_ONLY ? "\n" : "\r\n";
	struct text t = { out, 0 };

	add(&t, "version: STSv1");
	add(&t, end);
	add(&t, "mode: ");
	add(&t, sg_sts_mode_name(p->mode));
	add(&t, end);
	if (style & AGE_FIRST)
		add_age(&t, p->max_age_s, end);
	for (size_t i = 0; i < p->n_mx; i++) {
		add(&t, "mx: ");
		add(&t, p->mx[i]);
		add(&t, end);
	}
	if (!(style & AGE_FIRST))
		add_age(&t, p->max_age_s, end);
	return style & NO_LAST_END ? t.n - strlen(end) : t.n;
}

static unsigned
find_style(const struct sg_facts_sts *sts)
{
	char *text = malloc(write_policy(sts->policy, 0, NULL) + 1);
	unsigned style = 0;

	for (; text != NULL && style < N_STYLES; style++)
		if (write_policy(sts->policy, style, text) == sts->text_len &&
		    memcmp(text, sts->text, sts->text_len) == 0)
			break;
	free(text);
	return text == NULL ? AS_IT_IS : style;
}

/* --- packing ------------------------------------------------------------------------ */

static size_t
policy_room(const struct sg_facts_sts *sts)
{
	size_t n;

	if (sts->policy == NULL)
		return 0;
	n = sizeof(*sts->policy) + sts->policy->n_mx * sizeof(char *) +
	    sts->text_len + 3; /* a line's end that is written and cut */
	for (size_t i = 0; i < sts->policy->n_mx; i++)
		n += strlen(sts->policy->mx[i]) + 1;
	return n;
}

/* Of the block that the facts are unpacked to. */
static size_t
room_of(const struct sg_facts *f)
{
	return sizeof(*f) + f->n_mx * sizeof(*f->mx) + policy_room(&f->sts);
}

static void
put_life(struct sink *s, const struct sg_facts *f)
{
	bool policy = f->sts.policy != NULL;

	put_time(s, f->fresh_until);
	put_time(s, f->refetch_at);
	put_byte(s, policy);
	if (policy) {
		put_time(s, f->sts.fetched_at);
		put_uint(s, f->sts.policy->max_age_s);
	}
}

static void
put_times(struct sink *s, const struct sg_facts *f)
{
	put_time(s, f->refresh_at);
	put_time(s, f->mx_until);
	put_time(s, f->sts.txt.until);
	put_time(s, f->mx_at);
	put_time(s, f->sts.txt.at);
	put_time(s, f->sts.fetch.at);
	put_time(s, f->sts.fetch.retry_after);
	put_time(s, f->sts.unknown_since);
}

static void
put_sts(struct sink *s, const struct sg_facts_sts *sts)
{
	put_byte(s, (unsigned)sts->txt.state | (unsigned)sts->txt.dnssec << 3 |
	    (unsigned)sts->fetch.tried << 5);
	put_byte(s, sts->fetch.reason);
	put_uint(s, sts->fetch.failures);
	put_string(s, sts->txt.id);
	know(&s->known, T_ID, sts->txt.id);
	put_string(s, sts->fetch.id);
	put_string(s, sts->fetch.detail);
}

static void
put_mx(struct sink *s, const struct sg_facts_mx *mx, unsigned i)
{
	put_string(s, mx->host);
	know_host(&s->known, i, mx->host);
	put_uint(s, mx->preference);
	put_byte(s, (unsigned)mx->addrs | (unsigned)mx->addr_dnssec << 3 |
	    (unsigned)mx->is_self << 5 | (unsigned)mx->probe.requiretls << 6);
	put_byte(s, (unsigned)mx->tlsa | (unsigned)mx->probe.state << 3 |
	    (unsigned)mx->probe.level << 5);
	put_uint(s, mx->tlsa_records);
	put_byte(s, mx->probe.reason);
	put_uint(s, mx->probe.tls_version);
	put_string(s, mx->probe.detail);
	put_time(s, mx->probe.at);
	put_time(s, mx->probe.until);
}

static void
put_policy(struct sink *s, const struct sg_facts_sts *sts)
{
	const struct sg_sts_policy *p = sts->policy;
	unsigned style;

	if (p == NULL)
		return;
	style = find_style(sts);
	put_byte(s, (unsigned)p->mode | style << 2);
	put_string(s, sts->policy_id);
	put_uint(s, p->n_mx);
	for (size_t i = 0; i < p->n_mx; i++)
		put_string(s, p->mx[i]);
	put_uint(s, sts->text_len);
	if (style != AS_IT_IS)
		return;
	sg_assert(sts->text_len <= s->size - s->n);
	memcpy(s->p + s->n, sts->text, sts->text_len);
	s->n += sts->text_len;
}

static struct sg_packed *
finish(const struct sg_facts *f, struct sink *s)
{
	struct sg_packed *p = malloc(sizeof(*p) + s->n);

	if (p == NULL)
		return NULL;
	p->len = (uint32_t)s->n;
	p->port = f->hop.port;
	p->is_host = f->hop.is_host;
	p->name_len = (uint8_t)strlen(f->hop.name);
	memcpy(p->bytes, s->p, s->n);
	return p;
}

struct sg_packed *
sg_facts_pack(const struct sg_facts *f)
{
	/* A string grows by one byte, a number takes ten at most. */
	struct sink s = { .size = 2 * room_of(f) + 1024 };
	size_t name_len = strlen(f->hop.name);
	struct sg_packed *packed;

	if ((s.p = malloc(s.size)) == NULL)
		return NULL;
	memcpy(s.p, f->hop.name, name_len);
	s.n = name_len;
	know(&s.known, T_NAME, f->hop.name);
	put_life(&s, f);
	put_uint(&s, room_of(f));
	put_times(&s, f);
	put_sts(&s, &f->sts);
	put_byte(&s, (unsigned)f->mx_state | (unsigned)f->mx_dnssec << 4);
	put_uint(&s, f->n_mx);
	for (unsigned i = 0; i < f->n_mx; i++)
		put_mx(&s, &f->mx[i], i);
	put_policy(&s, &f->sts);
	packed = finish(f, &s);
	free(s.p);
	return packed;
}

void
sg_packed_free(struct sg_packed **packed)
{
	free(*packed);
	*packed = NULL;
}

size_t
sg_packed_size(const struct sg_packed *p)
{
	return sizeof(*p) + p->len;
}

static bool
are_same(const struct sg_packed *a, const struct sg_packed *b)
{
	return a != NULL && b != NULL && a->len == b->len &&
	    a->port == b->port && a->is_host == b->is_host &&
	    a->name_len == b->name_len &&
	    memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool
sg_facts_are_same(const struct sg_facts *a, const struct sg_facts *b)
{
	struct sg_packed *pa, *pb;
	bool same;

	if (a == b)
		return true;
	if (a->fresh_until.s != b->fresh_until.s)
		return false; /* as a rule that tells */
	pa = sg_facts_pack(a);
	pb = sg_facts_pack(b);
	same = are_same(pa, pb);
	sg_packed_free(&pa);
	sg_packed_free(&pb);
	return same;
}

/* --- reading -------------------------------------------------------------------------- */

struct source {
	const unsigned char *p;
	int64_t last;
	struct dictionary known;
};

static uint64_t
get_uint(struct source *s)
{
	uint64_t v = *s->p & 0x7f;

	for (unsigned shift = 7; *s->p++ & 0x80; shift += 7)
		v |= (uint64_t)(*s->p & 0x7f) << shift;
	return v;
}

static struct sg_wall
get_time(struct source *s)
{
	uint64_t v = get_uint(s);

	if (v == 0)
		return (struct sg_wall) { 0 };
	v--;
	s->last += v & 1 ? -(int64_t)(v / 2 + 1) : (int64_t)(v / 2);
	return (struct sg_wall) { s->last };
}

/* Returns the length; out takes it, whatever it is made of. */
static size_t
get_string(struct source *s, char *out)
{
	const unsigned char *end = s->p + 1 + s->p[0];
	char *to = out;

	for (s->p++; s->p < end; s->p++) {
		unsigned c = *s->p;

		if (c < T_NAME) {
			*to++ = (char)c;
		} else if (c < T_WORDS) {
			memcpy(to, s->known.s[c - T_NAME],
			    s->known.len[c - T_NAME]);
			to += s->known.len[c - T_NAME];
		} else {
			to = stpcpy(to, words[c - T_WORDS]);
		}
	}
	*to = '\0';
	return (size_t)(to - out);
}

static void
get_life(struct source *s, struct sg_packed_life *out)
{
	out->fresh_until = get_time(s);
	out->refetch_at = get_time(s);
	out->has_policy = *s->p++ != 0;
	if (out->has_policy) {
		out->fetched_at = get_time(s);
		out->max_age_s = (uint32_t)get_uint(s);
	}
}

static void
get_times(struct source *s, struct sg_facts *f)
{
	f->refresh_at = get_time(s);
	f->mx_until = get_time(s);
	f->sts.txt.until = get_time(s);
	f->mx_at = get_time(s);
	f->sts.txt.at = get_time(s);
	f->sts.fetch.at = get_time(s);
	f->sts.fetch.retry_after = get_time(s);
	f->sts.unknown_since = get_time(s);
}

static void
get_sts(struct source *s, struct sg_facts_sts *sts)
{
	unsigned c = *s->p++;

	sts->txt.state = c & 7;
	sts->txt.dnssec = c >> 3 & 3;
	sts->fetch.tried = c >> 5 & 1;
	sts->fetch.reason = *s->p++;
	sts->fetch.failures = (uint16_t)get_uint(s);
	(void)get_string(s, sts->txt.id);
	know(&s->known, T_ID, sts->txt.id);
	(void)get_string(s, sts->fetch.id);
	(void)get_string(s, sts->fetch.detail);
}

static void
get_mx(struct source *s, struct sg_facts_mx *mx, unsigned i)
{
	unsigned c;

	(void)get_string(s, mx->host);
	know_host(&s->known, i, mx->host);
	mx->preference = (uint16_t)get_uint(s);
	c = *s->p++;
	mx->addrs = c & 7;
	mx->addr_dnssec = c >> 3 & 3;
	mx->is_self = c >> 5 & 1;
	mx->probe.requiretls = c >> 6;
	c = *s->p++;
	mx->tlsa = c & 7;
	mx->probe.state = c >> 3 & 3;
	mx->probe.level = c >> 5;
	mx->tlsa_records = (uint8_t)get_uint(s);
	mx->probe.reason = *s->p++;
	mx->probe.tls_version = (uint16_t)get_uint(s);
	(void)get_string(s, mx->probe.detail);
	mx->probe.at = get_time(s);
	mx->probe.until = get_time(s);
}

/* at is where the policy, its patterns and its text go. */
static void
get_policy(struct source *s, const struct sg_packed_life *life,
    struct sg_facts_sts *sts, void *at)
{
	struct sg_sts_policy *p = at;
	unsigned c = *s->p++, style = c >> 2;
	char *to;

	p->mode = c & 3;
	p->max_age_s = life->max_age_s;
	(void)get_string(s, sts->policy_id);
	p->n_mx = get_uint(s);
	p->mx = (char **)(p + 1);
	to = (char *)(p->mx + p->n_mx);
	for (size_t i = 0; i < p->n_mx; i++) {
		p->mx[i] = to;
		to += get_string(s, to) + 1;
	}
	sts->policy = p;
	sts->text = to;
	sts->text_len = get_uint(s);
	if (style == AS_IT_IS)
		memcpy(to, s->p, sts->text_len);
	else
		(void)write_policy(p, style, to);
	to[sts->text_len] = '\0';
	sts->fetched_at = life->fetched_at;
}

struct sg_facts *
sg_facts_unpack(const struct sg_packed *packed)
{
	struct source s = { .p = packed->bytes + packed->name_len };
	struct sg_packed_life life;
	struct sg_facts *f;
	unsigned c;

	get_life(&s, &life);
	f = sg_facts_block(get_uint(&s));
	if (f == NULL)
		return NULL;
	sg_packed_hop(packed, &f->hop);
	know(&s.known, T_NAME, f->hop.name);
	f->fresh_until = life.fresh_until;
	f->refetch_at = life.refetch_at;
	get_times(&s, f);
	get_sts(&s, &f->sts);
	c = *s.p++;
	f->mx_state = c & 15;
	f->mx_dnssec = c >> 4;
	f->n_mx = (unsigned)get_uint(&s);
	f->mx = f->n_mx > 0 ? (struct sg_facts_mx *)(f + 1) : NULL;
	for (unsigned i = 0; i < f->n_mx; i++)
		get_mx(&s, &f->mx[i], i);
	f->sts.policy_id[0] = '\0';
	f->sts.policy = NULL;
	f->sts.text = NULL;
	f->sts.text_len = 0;
	f->sts.fetched_at.s = 0;
	if (life.has_policy)
		get_policy(&s, &life, &f->sts,
		    (struct sg_facts_mx *)(f + 1) + f->n_mx);
	return f;
}

/* --- without unpacking ------------------------------------------------------------------- */

void
sg_packed_hop(const struct sg_packed *p, struct sg_nexthop *out)
{
	memcpy(out->name, p->bytes, p->name_len);
	out->name[p->name_len] = '\0';
	out->is_host = p->is_host;
	out->port = p->port;
}

bool
sg_packed_is(const struct sg_packed *p, const char *key, size_t len)
{
	char its_key[SG_NEXTHOP_KEY_SIZE];
	struct sg_nexthop hop;

	if (!p->is_host && p->port == SG_SMTP_PORT)
		return len == p->name_len && memcmp(p->bytes, key, len) == 0;
	sg_packed_hop(p, &hop);
	return strlen(sg_nexthop_key(&hop, its_key)) == len &&
	    memcmp(its_key, key, len) == 0;
}

void
sg_packed_life(const struct sg_packed *p, struct sg_packed_life *out)
{
	/* Not the dictionary: this is for walks over all. */
	struct source s;

	s.p = p->bytes + p->name_len;
	s.last = 0;
	*out = (struct sg_packed_life) { .has_policy = false };
	get_life(&s, out);
}
