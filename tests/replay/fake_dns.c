/* SPDX-License-Identifier: ISC */
/*
 * fake_dns.c - stands in place of lib/net/dns.c: libunbound without a network.
 *
 * It makes what libunbound would hand over (struct ub_result) and leaves it to
 * lib/net/dns_answer.c what that means. A resolver's cache is not played: each
 * question counts, and is answered by what the story says now.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "net/dns_private.h"
#include "replay/fakes.h"
#include "replay/sim.h"

#define DELAY_MS 20
#define CHAIN_MAX 8

enum status { DATA, NODATA, NXDOMAIN, SERVFAIL, REFUSED, TIMEOUT, LAME, BOGUS,
	CRASH };

struct rrset {
	LIST_ENTRY(rrset) link;
	char name[SG_DOMAIN_SIZE];
	int type;
	enum status status;
	bool secure;
	int ttl, delay_ms;
	char target[SG_DOMAIN_SIZE]; /* of a CNAME */
	size_t n;
	struct {
		unsigned char *data;
		size_t len;
	} rr[WORDS_MAX];
};

struct zone {
	LIST_ENTRY(zone) link;
	char name[SG_DOMAIN_SIZE];
	bool secure;
};

struct asked {
	LIST_ENTRY(asked) link;
	char name[SG_DOMAIN_SIZE];
	int type;
};

struct sg_dns_query {
	char name[SG_DOMAIN_SIZE];
	int type;
	sg_dns_cb *cb;
	void *arg;
};

static LIST_HEAD(, rrset) rrsets;
static LIST_HEAD(, zone) zones;
static LIST_HEAD(, asked) questions;
static bool validates = true;
void (*fake_on_crash)(void);

/* --- what the story says ---------------------------------------------------- */

static const struct {
	const char *word;
	int type;
} types[] = { { "A", SG_DNS_A }, { "AAAA", SG_DNS_AAAA },
	{ "CNAME", SG_DNS_CNAME }, { "MX", SG_DNS_MX }, { "TXT", SG_DNS_TXT },
	{ "TLSA", SG_DNS_TLSA } };

static int
type_of(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	return -1;
}

static const struct {
	const char *word;
	enum status status;
} statuses[] = { { "nodata", NODATA }, { "nxdomain", NXDOMAIN },
	{ "servfail", SERVFAIL }, { "refused", REFUSED },
	{ "timeout", TIMEOUT }, { "lame", LAME }, { "bogus", BOGUS },
	{ "crash", CRASH } };

static bool
is_below(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	return n >= z && strcmp(name + n - z, zone) == 0 &&
	    (n == z || name[n - z - 1] == '.');
}

/* By the longest zone that name is in. */
static bool
zone_is_secure(const char *name)
{
	const struct zone *z, *best = NULL;

	LIST_FOREACH(z, &zones, link)
		if (is_below(name, z->name) && (best == NULL ||
		    strlen(z->name) > strlen(best->name)))
			best = z;
	return best != NULL && best->secure;
}

bool
fake_zone_set(const struct words *line, const char **why)
{
	struct zone *z;

	*why = "zone NAME secure|insecure";
	if (line->n != 3 || strlen(line->w[1]) >= SG_DOMAIN_SIZE)
		return false;
	z = calloc(1, sizeof(*z));
	sg_assert(z != NULL);
	memcpy(z->name, line->w[1], strlen(line->w[1]) + 1);
	z->secure = strcmp(line->w[2], "secure") == 0;
	LIST_INSERT_HEAD(&zones, z, link);
	return z->secure || strcmp(line->w[2], "insecure") == 0;
}

static struct rrset *
find(const char *name, int type)
{
	struct rrset *set;

	LIST_FOREACH(set, &rrsets, link)
		if (set->type == type && strcmp(set->name, name) == 0)
			return set;
	return NULL;
}

static void
drop(struct rrset *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->rr[i].data);
	LIST_REMOVE(set, link);
	free(set);
}

static void
put(struct rrset *set, const void *data, size_t len)
{
	unsigned char *rr = malloc(len > 0 ? len : 1);

	sg_assert(rr != NULL && set->n < WORDS_MAX);
	if (len > 0)
		memcpy(rr, data, len);
	set->rr[set->n].data = rr;
	set->rr[set->n++].len = len;
}

/* "." is the root. */
static size_t
put_name(unsigned char *out, const char *name)
{
	size_t at = 0;

	while (strcmp(name, ".") != 0 && *name != '\0') {
		size_t len = strcspn(name, ".");

		out[at++] = (unsigned char)len;
		memcpy(out + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	out[at++] = 0;
	return at;
}

static bool
put_mx(struct rrset *set, char **w, size_t n)
{
	unsigned char rr[SG_DOMAIN_SIZE + 4];
	long preference;

	if (n != 2 || strlen(w[1]) >= SG_DOMAIN_SIZE)
		return false;
	preference = strtol(w[0], NULL, 10);
	rr[0] = (unsigned char)(preference >> 8);
	rr[1] = (unsigned char)preference;
	put(set, rr, 2 + put_name(rr + 2, w[1]));
	return true;
}

static bool
put_txt(struct rrset *set, char **w, size_t n)
{
	unsigned char rr[4096];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(w[i]);

		if (len > 255 || at + len + 1 > sizeof(rr))
			return false;
		rr[at++] = (unsigned char)len;
		memcpy(rr + at, w[i], len);
		at += len;
	}
	put(set, rr, at);
	return n > 0;
}

/* "3 1 1 aa*32": octets in hex, one of them so many times. */
static bool
put_tlsa(struct rrset *set, char **w, size_t n)
{
	unsigned char rr[4096];
	char *end;
	unsigned long octet, times = 1;
	size_t at = 3;

	if (n != 4)
		return false;
	for (int i = 0; i < 3; i++)
		rr[i] = (unsigned char)strtoul(w[i], NULL, 10);
	octet = strtoul(w[3], &end, 16);
	if (*end == '*')
		times = strtoul(end + 1, NULL, 10);
	if (times > sizeof(rr) - 3)
		return false;
	memset(rr + at, (int)octet, times);
	put(set, rr, at + times);
	return true;
}

static bool
put_addr(struct rrset *set, char **w, size_t n)
{
	unsigned char rr[16];
	bool v6 = set->type == SG_DNS_AAAA;

	if (n != 1 || inet_pton(v6 ? AF_INET6 : AF_INET, w[0], rr) != 1)
		return false;
	put(set, rr, v6 ? 16 : 4);
	return true;
}

static bool
put_record(struct rrset *set, char **w, size_t n)
{
	switch (set->type) {
	case SG_DNS_MX:
		return put_mx(set, w, n);
	case SG_DNS_TXT:
		return put_txt(set, w, n);
	case SG_DNS_TLSA:
		return put_tlsa(set, w, n);
	case SG_DNS_CNAME:
		if (n != 1 || strlen(w[0]) >= SG_DOMAIN_SIZE)
			return false;
		memcpy(set->target, w[0], strlen(w[0]) + 1);
		set->n = 0;
		return true;
	default:
		return put_addr(set, w, n);
	}
}

/* Records are apart by "/". */
static bool
put_records(struct rrset *set, char **w, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && strcmp(w[i], "/") != 0)
			continue;
		if (!put_record(set, w + from, i - from))
			return false;
		from = i + 1;
	}
	return true;
}

/* secure, insecure, a status, ttl N, delay T; how many words. */
static size_t
read_status(struct rrset *set, const struct words *line)
{
	size_t at = 3;

	for (; at < line->n; at++) {
		const char *w = line->w[at];
		size_t k = 0;

		if (strcmp(w, "secure") == 0 || strcmp(w, "insecure") == 0) {
			set->secure = w[0] == 's';
			continue;
		}
		if (at + 1 < line->n && strcmp(w, "ttl") == 0) {
			set->ttl = (int)strtol(line->w[++at], NULL, 10);
			continue;
		}
		if (at + 1 < line->n && strcmp(w, "delay") == 0) {
			set->delay_ms = (int)words_ms(line->w[++at]);
			continue;
		}
		for (; k < sizeof(statuses) / sizeof(statuses[0]); k++)
			if (strcmp(w, statuses[k].word) == 0)
				break;
		if (k == sizeof(statuses) / sizeof(statuses[0]))
			break;
		set->status = statuses[k].status;
	}
	return at;
}

bool
fake_dns_set(const struct words *line, const char **why)
{
	int type = line->n > 2 ? type_of(line->w[2]) : -1;
	struct rrset *set;
	size_t at;

	*why = "dns NAME TYPE [secure|insecure|STATUS] [ttl N] [delay T]"
	    " [DATA [/ DATA]...], or dns NAME TYPE gone";
	if (type < 0 || strlen(line->w[1]) >= SG_DOMAIN_SIZE)
		return false;
	set = find(line->w[1], type);
	if (set != NULL)
		drop(set);
	if (line->n == 4 && strcmp(line->w[3], "gone") == 0)
		return true;
	set = calloc(1, sizeof(*set));
	sg_assert(set != NULL);
	memcpy(set->name, line->w[1], strlen(line->w[1]) + 1);
	set->type = type;
	set->ttl = 300;
	set->delay_ms = DELAY_MS;
	set->secure = zone_is_secure(set->name);
	LIST_INSERT_HEAD(&rrsets, set, link);
	at = read_status(set, line);
	if (at == line->n)
		return set->status != DATA;
	return put_records(set, (char **)line->w + at, line->n - at);
}

/* --- answers ------------------------------------------------------------------ */

/* No such name, or a name that is there for other types or above others. */
static enum status
absence(const char *name)
{
	struct rrset *set;

	LIST_FOREACH(set, &rrsets, link)
		if (set->status != NXDOMAIN && is_below(set->name, name))
			return NODATA;
	return NXDOMAIN;
}

struct found {
	struct ub_result r;
	char *data[WORDS_MAX + 1];
	int len[WORDS_MAX + 1];
	char canon[SG_DOMAIN_SIZE];
	unsigned char packet[64];
	enum status status;
};

static void
take_data(struct found *f, const struct rrset *set)
{
	for (size_t i = 0; i < set->n; i++) {
		f->data[i] = (char *)set->rr[i].data;
		f->len[i] = (int)set->rr[i].len;
	}
	f->r.data = f->data;
	f->r.len = f->len;
	f->r.havedata = set->n > 0;
}

/* An answer with an NS record for "x" in its authority section. */
static void
take_referral(struct found *f)
{
	static const unsigned char packet[] = { 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 1,
		0, 0, 1, 'x', 0, 0, 2, 0, 1, 0, 0, 0, 60, 0, 3, 1, 'n', 0 };

	memcpy(f->packet, packet, sizeof(packet));
	f->r.answer_packet = f->packet;
	f->r.answer_len = sizeof(packet);
	f->r.secure = 0;
}

static void
take_status(struct found *f, enum status status)
{
	static char why[] = "validation failure: signature expired";

	f->status = status;
	switch (status) {
	case NXDOMAIN:
		f->r.rcode = 3;
		f->r.nxdomain = 1;
		break;
	case SERVFAIL:
		f->r.rcode = 2;
		break;
	case REFUSED:
		f->r.rcode = 5;
		break;
	case LAME:
		take_referral(f);
		break;
	case BOGUS:
		f->r.bogus = validates;
		f->r.why_bogus = why;
		f->r.secure = 0;
		break;
	default:
		break;
	}
}

/* What the whole chain from name on says; as secure as its weakest link. */
static void
resolve(const char *name, int type, struct found *f)
{
	const struct rrset *set = NULL;

	memset(f, 0, sizeof(*f));
	memcpy(f->canon, name, strlen(name) + 1);
	f->r.secure = 1;
	f->r.ttl = 300;
	for (int i = 0; i < CHAIN_MAX; i++) {
		set = find(f->canon, type);
		if (set != NULL || type == SG_DNS_CNAME)
			break;
		set = find(f->canon, SG_DNS_CNAME);
		if (set == NULL || set->status != DATA)
			break;
		f->r.secure = f->r.secure && set->secure;
		f->r.ttl = set->ttl < f->r.ttl ? set->ttl : f->r.ttl;
		memcpy(f->canon, set->target, sizeof(f->canon));
		f->r.canonname = f->canon;
		set = NULL;
	}
	if (set == NULL) {
		f->r.secure = f->r.secure && zone_is_secure(f->canon);
		take_status(f, absence(f->canon));
		return;
	}
	f->r.secure = f->r.secure && set->secure;
	f->r.ttl = set->ttl;
	if (set->type == SG_DNS_CNAME && type == SG_DNS_CNAME)
		f->r.havedata = 1;
	take_data(f, set);
	if (set->type == SG_DNS_CNAME && set->status == DATA) {
		static char no_data[] = "";

		f->data[0] = no_data;
		f->r.havedata = 1;
	}
	take_status(f, set->status);
}

static int
delay_of(const char *name, int type)
{
	const struct rrset *set = find(name, type);

	if (set == NULL)
		set = find(name, SG_DNS_CNAME);
	return set != NULL ? set->delay_ms : DELAY_MS;
}

static void
answer(void *arg)
{
	struct sg_dns_query q = *(struct sg_dns_query *)arg;
	struct sg_dns_answer a = { 0 };
	char canon[SG_DOMAIN_SIZE];
	struct found f;

	sg_dns_cancel(arg);
	resolve(q.name, q.type, &f);
	sg_dns_answer_judge(&f.r, validates, canon, &a);
	q.cb(q.arg, &a);
}

static void
expire(void *arg)
{
	struct sg_dns_query q = *(struct sg_dns_query *)arg;
	struct sg_dns_answer a = { 0 };

	sg_dns_cancel(arg);
	sg_dns_answer_fail(&a, SG_REASON_TIMEOUT, "no answer in time");
	q.cb(q.arg, &a);
}

/* --- lib/net/dns.h -------------------------------------------------------------- */

enum sg_rc
sg_dns_new(struct event_base *base, const struct sg_config *config,
    struct sg_dns **out_r, struct sg_err *err)
{
	(void)config;
	(void)err;
	*out_r = calloc(1, sizeof(**out_r));
	sg_assert(*out_r != NULL);
	(*out_r)->base = base;
	return SG_OK;
}

void
sg_dns_free(struct sg_dns **dns)
{
	free(*dns);
	*dns = NULL;
}

static void
note_asked(const char *name, int type)
{
	struct asked *q = calloc(1, sizeof(*q));

	sg_assert(q != NULL);
	memcpy(q->name, name, strlen(name) + 1);
	q->type = type;
	LIST_INSERT_HEAD(&questions, q, link);
}

struct sg_dns_query *
sg_dns_ask(struct sg_dns *dns, const char *name, int type, int deadline_ms,
    sg_dns_cb *cb, void *arg)
{
	const struct rrset *set = find(name, type);
	int delay = delay_of(name, type);
	struct sg_dns_query *q;

	(void)dns;
	sg_assert(sg_domain_is_valid(name, false));
	note_asked(name, type);
	if (set != NULL && set->status == CRASH && fake_on_crash != NULL)
		fake_on_crash();
	q = calloc(1, sizeof(*q));
	sg_assert(q != NULL);
	memcpy(q->name, name, strlen(name) + 1);
	q->type = type;
	q->cb = cb;
	q->arg = arg;
	if ((set != NULL && set->status == TIMEOUT) || delay >= deadline_ms)
		sim_later(q, deadline_ms, expire, q);
	else
		sim_later(q, delay, answer, q);
	return q;
}

void
sg_dns_cancel(struct sg_dns_query *q)
{
	sim_drop(q);
	free(q);
}

bool
sg_dns_validates(const struct sg_dns *dns)
{
	(void)dns;
	return validates;
}

/* --- what was asked --------------------------------------------------------------- */

unsigned
fake_dns_asked(const char *name, const char *type)
{
	const struct asked *q;
	unsigned n = 0;

	LIST_FOREACH(q, &questions, link)
		if ((name == NULL || strcmp(q->name, name) == 0) &&
		    (type == NULL || q->type == type_of(type)))
			n++;
	return n;
}

void
fake_dns_forget_asked(void)
{
	struct asked *q;

	while ((q = LIST_FIRST(&questions)) != NULL) {
		LIST_REMOVE(q, link);
		free(q);
	}
}

void
fake_dns_validate(bool on)
{
	validates = on;
}

void
fake_dns_clear(void)
{
	struct zone *z;

	while (!LIST_EMPTY(&rrsets))
		drop(LIST_FIRST(&rrsets));
	while ((z = LIST_FIRST(&zones)) != NULL) {
		LIST_REMOVE(z, link);
		free(z);
	}
	fake_dns_forget_asked();
	validates = true;
}
