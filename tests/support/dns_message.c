/* SPDX-License-Identifier: ISC */
/*
 * Writes DNS messages, right ones and deliberately wrong ones. Names are never
 * compressed. In a signed zone every RRset gets its RRSIG, and what is not
 * there is denied by an NSEC record made for the question ("black lies"), so
 * that NXDOMAIN becomes NODATA there.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/dns.h"
#include "support/dns_message.h"

enum { T_DS = 43, T_RRSIG = 46, T_NSEC = 47, T_OPT = 41 };
#define ZONE "test"
#define SET_MAX 2000
#define CHAIN_MAX 12

struct message {
	const struct dns_script *script;
	unsigned char *b;
	size_t len;
	bool full;
};

/* --- bytes -------------------------------------------------------------- */

static void
put(struct message *m, const void *data, size_t len)
{
	if (len > DNS_MESSAGE_MAX - m->len) {
		m->full = true;
		return;
	}
	memcpy(m->b + m->len, data, len);
	m->len += len;
}

static void
put16(struct message *m, unsigned v)
{
	unsigned char p[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	put(m, p, 2);
}

static void
put32(struct message *m, uint32_t v)
{
	put16(m, v >> 16);
	put16(m, v & 0xffff);
}

static void
count(struct message *m, size_t at)
{
	unsigned v = ((unsigned)m->b[at] << 8 | m->b[at + 1]) + 1;

	m->b[at] = (unsigned char)(v >> 8);
	m->b[at + 1] = (unsigned char)v;
}

/* Takes one octet, %hh or plain, off *text. */
static unsigned char
octet(const char **text)
{
	char hex[3] = "";

	if (**text != '%' || strlen(*text) < 3)
		return ((unsigned char)*(*text)++);
	memcpy(hex, *text + 1, 2);
	*text += 3;
	return ((unsigned char)strtoul(hex, NULL, 16));
}

/* A name or one character-string: octets up to end, length in front. */
static size_t
wire_part(const char **text, char end, unsigned char *out)
{
	size_t n = 0;

	while (**text != '\0' && **text != end && n < 255)
		out[1 + n++] = octet(text);
	out[0] = (unsigned char)n;
	return (1 + n);
}

static size_t
wire_name(const char *text, unsigned char *out)
{
	size_t n = 0;

	while (*text != '\0' && strcmp(text, ".") != 0 && n < 250) {
		n += wire_part(&text, '.', out + n);
		if (*text == '.')
			text++;
	}
	out[n++] = 0;
	return (n);
}

static size_t
wire_texts(const char *text, unsigned char *out)
{
	size_t n = 0;

	for (;;) {
		n += wire_part(&text, '|', out + n);
		if (*text != '|')
			return (n);
		text++;
	}
}

static size_t
wire_hex(const char *text, unsigned char *out)
{
	size_t n = 0;

	for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
		char hex[3] = { text[0], text[1], '\0' };

		out[n++] = (unsigned char)strtoul(hex, NULL, 16);
	}
	return (n);
}

static size_t
wire_mx(const char *text, unsigned char *out)
{
	char *end;
	unsigned long preference = strtoul(text, &end, 10);

	out[0] = (unsigned char)(preference >> 8);
	out[1] = (unsigned char)preference;
	return (2 + wire_name(end + strspn(end, " "), out + 2));
}

/* out has room for strlen(row->data) + 300 octets. */
static size_t
wire_rdata(const struct dns_row *row, unsigned char *out)
{
	if (row->kind == DNS_RAW)
		return (wire_hex(row->data, out));
	switch (row->type) {
	case SG_DNS_A:
		return (inet_pton(AF_INET, row->data, out) == 1 ? 4 : 0);
	case SG_DNS_AAAA:
		return (inet_pton(AF_INET6, row->data, out) == 1 ? 16 : 0);
	case SG_DNS_MX:
		return (wire_mx(row->data, out));
	case SG_DNS_TXT:
		return (wire_texts(row->data, out));
	default:
		return (wire_name(row->data, out));
	}
}

/* --- records ------------------------------------------------------------ */

static void
put_rr(struct message *m, size_t section, const char *name, int type,
    uint32_t ttl, const struct dns_rdata *rdata)
{
	unsigned char owner[256];

	put(m, owner, wire_name(name, owner));
	put16(m, (unsigned)type);
	put16(m, 1);
	put32(m, ttl);
	put16(m, (unsigned)rdata->len);
	put(m, rdata->data, rdata->len);
	count(m, section);
}

static bool
is_below(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	return (n >= z && strcasecmp(name + n - z, zone) == 0 &&
	    (n == z || name[n - z - 1] == '.'));
}

static bool
is_signed(const struct dns_script *s, const char *name)
{
	return (s->signer != NULL && is_below(name, ZONE) &&
	    (s->unsigned_child == NULL || !is_below(name, s->unsigned_child)));
}

static void
put_sig(struct message *m, size_t section, const char *name, int type,
    uint32_t ttl, struct dns_rdata *set, size_t n, bool bad)
{
	unsigned char owner[256], sig[DNS_SIG_RDATA_MAX];
	struct dns_rdata rdata = { sig, 0 };

	rdata.len = dns_sign(m->script->signer, owner, wire_name(name, owner),
	    type, ttl, set, n, sig);
	if (rdata.len == 0)
		return;
	if (bad)
		sig[rdata.len - 1] ^= 1;
	put_rr(m, section, name, T_RRSIG, ttl, &rdata);
}

enum { ANSWER = 6, AUTHORITY = 8, ADDITIONAL = 10 };

/* All rows of name and type, as an RRset at owner. */
static void
put_set(struct message *m, const struct dns_row *first, const char *owner)
{
	static const size_t slack = 300;
	const struct dns_script *s = m->script;
	struct dns_rdata *set = calloc(SET_MAX, sizeof(*set));
	uint32_t ttl = first->ttl != 0 ? (uint32_t)first->ttl : 300;
	size_t n = 0;

	for (size_t i = 0; set != NULL && i < s->n && n < SET_MAX; i++) {
		const struct dns_row *row = &s->rows[i];
		unsigned char *data;

		if (row->type != first->type || row->data == NULL ||
		    strcasecmp(row->name, first->name) != 0)
			continue;
		data = malloc(strlen(row->data) + slack);
		if (data == NULL)
			break;
		set[n].len = wire_rdata(row, data);
		set[n++].data = data;
	}
	for (size_t i = 0; i < n; i++)
		put_rr(m, ANSWER, owner, first->type, ttl, &set[i]);
	if (is_signed(s, owner))
		put_sig(m, ANSWER, owner, first->type, ttl, set, n,
		    first->kind == DNS_BAD_SIG);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)set[i].data);
	free(set);
}

static void
put_soa(struct message *m, const char *name)
{
	unsigned char data[64];
	struct dns_rdata rdata = { data, 0 };
	const char *zone = is_below(name, ZONE) ? ZONE : ".";
	static const unsigned char numbers[20] = { 0, 0, 0, 1, 0, 0, 1, 0,
		0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 60 };

	rdata.len = wire_name("ns.test", data);
	rdata.len += wire_name("root.test", data + rdata.len);
	memcpy(data + rdata.len, numbers, sizeof(numbers));
	rdata.len += sizeof(numbers);
	put_rr(m, AUTHORITY, zone, SG_DNS_SOA, 60, &rdata);
	if (is_signed(m->script, zone))
		put_sig(m, AUTHORITY, zone, SG_DNS_SOA, 60, &rdata, 1, false);
}

static void
set_bit(unsigned char *map, int type)
{
	if (type < 56)
		map[type / 8] |= (unsigned char)(0x80 >> type % 8);
}

/* "At this name there is this and nothing else." What is there with a signature
   that is spoiled on the way is there: a resolver takes the rest from this
   record without asking again (RFC 8198). */
static void
put_nsec(struct message *m, const char *name)
{
	const struct dns_script *s = m->script;
	unsigned char data[300] = { 1, 0 }, *map;
	struct dns_rdata rdata = { data, 2 };

	rdata.len += wire_name(name, data + 2);
	map = data + rdata.len + 2;
	map[-2] = 0;
	map[-1] = 7;
	memset(map, 0, 7);
	rdata.len += 9;
	set_bit(map, T_RRSIG);
	set_bit(map, T_NSEC);
	if (s->unsigned_child != NULL &&
	    strcasecmp(name, s->unsigned_child) == 0)
		set_bit(map, SG_DNS_NS);
	for (size_t i = 0; i < s->n; i++) {
		if (s->rows[i].data != NULL &&
		    strcasecmp(s->rows[i].name, name) == 0)
			set_bit(map, s->rows[i].type);
	}
	put_rr(m, AUTHORITY, name, T_NSEC, 60, &rdata);
	put_sig(m, AUTHORITY, name, T_NSEC, 60, &rdata, 1, false);
}

static void
put_referral(struct message *m, const char *name)
{
	unsigned char data[64];
	struct dns_rdata rdata = { data, wire_name("ns.elsewhere.test", data) };

	put_rr(m, AUTHORITY, name, SG_DNS_NS, 300, &rdata);
}

/* --- answers ------------------------------------------------------------ */

static void
set_rcode(struct message *m, unsigned rcode)
{
	m->b[3] = (unsigned char)((m->b[3] & 0xf0) | rcode);
}

static void
deny(struct message *m, const char *name, bool exists)
{
	/* The parent answers for DS: the unsigned child is denied one. */
	bool by_zone = is_signed(m->script, name) ||
	    (m->script->signer != NULL && m->script->unsigned_child != NULL &&
	    strcasecmp(name, m->script->unsigned_child) == 0);

	put_soa(m, name);
	if (by_zone)
		put_nsec(m, name);
	else if (!exists)
		set_rcode(m, 3);
}

static bool
exists(const struct dns_script *s, const char *name)
{
	if (strcmp(name, ".") == 0 || strcasecmp(name, ZONE) == 0)
		return (true);
	for (size_t i = 0; i < s->n; i++) {
		if (is_below(s->rows[i].name, name))
			return (true);
	}
	return (false);
}

const struct dns_row *
dns_script_find(const struct dns_script *script, const char *name, int type)
{
	const struct dns_row *alias = NULL;

	for (size_t i = 0; i < script->n; i++) {
		const struct dns_row *row = &script->rows[i];

		if (strcasecmp(row->name, name) != 0)
			continue;
		if (row->type == type)
			return (row);
		if (row->type == SG_DNS_CNAME)
			alias = row;
	}
	return (alias);
}

static void
answer_other_type(struct message *m, const char *name)
{
	static const unsigned char addr[4] = { 192, 0, 2, 99 };
	struct dns_rdata rdata = { addr, 4 };

	put_rr(m, ANSWER, name, SG_DNS_A, 300, &rdata);
}

/* Returns the name to go on with, or NULL. */
static const char *
answer_row(struct message *m, const struct dns_row *row, const char *name,
    int type)
{
	switch (row->kind) {
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		deny(m, name, row->kind == DNS_NODATA);
		return (NULL);
	case DNS_SERVFAIL:
		set_rcode(m, 2);
		return (NULL);
	case DNS_NOTIMP:
		set_rcode(m, 4);
		return (NULL);
	case DNS_REFUSED:
		set_rcode(m, 5);
		return (NULL);
	case DNS_LAME:
		put_referral(m, name);
		return (NULL);
	case DNS_BARE:
	case DNS_SILENT:
		return (NULL);
	case DNS_OTHER_TYPE:
		answer_other_type(m, name);
		return (NULL);
	case DNS_OTHER_NAME:
		put_set(m, row, "other.test");
		return (NULL);
	default:
		put_set(m, row, name);
		return (row->type == SG_DNS_CNAME && type != SG_DNS_CNAME &&
		    row->kind != DNS_CNAME_ONLY ? row->data : NULL);
	}
}

static void
answer_key(struct message *m)
{
	struct dns_rdata rdata = { dns_signer_key(m->script->signer),
		DNS_KEY_RDATA_LEN };

	put_rr(m, ANSWER, ZONE, SG_DNS_DNSKEY, 300, &rdata);
	put_sig(m, ANSWER, ZONE, SG_DNS_DNSKEY, 300, &rdata, 1, false);
}

static void
answer_name(struct message *m, const char *name, int type)
{
	for (int i = 0; name != NULL && i < CHAIN_MAX; i++) {
		const struct dns_row *row = dns_script_find(m->script, name,
		    type);

		if (row != NULL)
			name = answer_row(m, row, name, type);
		else if (m->script->signer != NULL && type == SG_DNS_DNSKEY &&
		    strcasecmp(name, ZONE) == 0) {
			answer_key(m);
			name = NULL;
		} else {
			deny(m, name, exists(m->script, name));
			name = NULL;
		}
	}
}

static void
put_opt(struct message *m)
{
	static const unsigned char opt[11] = { 0, 0, T_OPT, 0x04, 0xd0, 0, 0,
		0x80, 0, 0, 0 };

	put(m, opt, sizeof(opt));
	count(m, ADDITIONAL);
}

size_t
dns_message_answer(const struct dns_script *script,
    const unsigned char *query, const struct dns_question *q, size_t max,
    unsigned char *out)
{
	const struct dns_row *row = dns_script_find(script, q->name, q->type);
	struct message m = { script, out, 0, false };
	bool cut = row != NULL && max < DNS_MESSAGE_MAX &&
	    (row->kind == DNS_TRUNCATE || row->kind == DNS_TRUNCATE_ALL);

	if (row != NULL && row->kind == DNS_SILENT)
		return (0);
	put(&m, query, q->end);
	out[2] = 0x81; /* response, recursion desired */
	out[3] = 0x80; /* recursion available */
	memset(out + 6, 0, 6);
	if (!cut) {
		answer_name(&m, q->name, q->type);
		if (q->edns)
			put_opt(&m);
	}
	if (cut || m.full || m.len > max) {
		m.len = q->end;
		out[2] |= 0x02;
		memset(out + 6, 0, 6);
	}
	return (m.len);
}

bool
dns_question_read(const unsigned char *query, size_t len,
    struct dns_question *out)
{
	size_t at = 12, n = 0;

	if (len < 17 || query[4] != 0 || query[5] != 1 || query[2] & 0x80)
		return (false);
	while (at < len && query[at] != 0) {
		size_t label = query[at++];

		if (label > 63 || label > len - at)
			return (false);
		for (; label > 0; label--, at++) {
			unsigned char c = query[at];

			n += (size_t)snprintf(out->name + n,
			    sizeof(out->name) - n, c <= 0x20 || c >= 0x7f ||
			    c == '.' || c == '%' ? "%%%02x" : "%c",
			    tolower(c));
		}
		out->name[n++] = '.';
	}
	if (len - at < 5)
		return (false);
	n = n == 0 ? (out->name[0] = '.', 1) : n - 1;
	out->name[n] = '\0';
	out->type = query[at + 1] << 8 | query[at + 2];
	out->end = at + 5;
	out->edns = query[10] != 0 || query[11] != 0;
	return (true);
}
