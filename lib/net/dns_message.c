/* SPDX-License-Identifier: ISC */
/*
 * Reads an answer from the message that libunbound's event interface hands
 * over. libunbound wrote it, in order and without a loop; it is read as if
 * somebody else had.
 *
 * The alias chain begins at the question; what is not at its end, and other
 * types (signatures, DNAME), are passed over. Of the record types that are
 * asked for only MX and CNAME have names in them, which are written out.
 */
#include <string.h>
#include <strings.h>
#include "net/dns_message.h"

#define HEADER_LEN 12
#define NAME_MAX 255 /* on the wire (RFC 1035 2.3.4) */
#define TC 0x02
#define CLASS_IN 1

struct reader {
	const unsigned char *p;
	size_t len, at;
};

struct record {
	unsigned char owner[NAME_MAX];
	unsigned type, class, rdata_len;
	uint32_t ttl;
	size_t rdata; /* where it is */
};

static unsigned
get16(const unsigned char *p)
{
	return ((unsigned)p[0] << 8 | p[1]);
}

/* The name at r->at, written out; its length, or 0. A pointer leads back to
   before where it stands, so that there is an end. */
static size_t
read_name(struct reader *r, unsigned char out[NAME_MAX])
{
	size_t at = r->at, n = 0, limit = r->len;
	bool jumped = false;

	while (at < r->len) {
		unsigned label = r->p[at];

		if ((label & 0xc0) == 0xc0) {
			size_t to;

			if (at + 2 > r->len)
				return (0);
			to = get16(r->p + at) & 0x3fff;
			if (!jumped)
				r->at = at + 2;
			jumped = true;
			if (to >= at || to >= limit)
				return (0);
			at = limit = to;
			continue;
		}
		if (label > 63 || label + 1 > NAME_MAX - n ||
		    label + 1 > r->len - at)
			return (0);
		memcpy(out + n, r->p + at, label + 1);
		n += label + 1;
		at += label + 1;
		if (label > 0)
			continue;
		if (!jumped)
			r->at = at;
		return (n);
	}
	return (0);
}

static bool
same_name(const unsigned char *a, const unsigned char *b)
{
	while (a[0] == b[0]) {
		if (a[0] == 0)
			return (true);
		if (strncasecmp((const char *)a + 1, (const char *)b + 1,
		    a[0]) != 0)
			return (false);
		a += a[0] + 1;
		b += b[0] + 1;
	}
	return (false);
}

static bool
read_record(struct reader *r, struct record *rr)
{
	if (read_name(r, rr->owner) == 0 || r->len - r->at < 10)
		return (false);
	rr->type = get16(r->p + r->at);
	rr->class = get16(r->p + r->at + 2);
	rr->ttl = (uint32_t)get16(r->p + r->at + 4) << 16 |
	    get16(r->p + r->at + 6);
	rr->rdata_len = get16(r->p + r->at + 8);
	r->at += 10;
	rr->rdata = r->at;
	if (rr->rdata_len > r->len - r->at)
		return (false);
	r->at += rr->rdata_len;
	return (true);
}

static void
note_ttl(struct sg_dns_message *m, uint32_t ttl)
{
	int t = ttl > INT32_MAX ? 0 : (int)ttl; /* RFC 2181 8 */

	if (!m->has_ttl || t < m->r.ttl)
		m->r.ttl = t;
	m->has_ttl = true;
}

/* The rdata of a record with a name in it behind `head` octets, written out;
   false: it does not add up. */
static bool
write_out(struct sg_dns_message *m, const struct reader *whole,
    const struct record *rr, size_t head)
{
	unsigned char *out = m->room[m->n];
	struct reader r = { whole->p, rr->rdata + rr->rdata_len, rr->rdata };
	size_t n;

	if (rr->rdata_len <= head)
		return (false);
	memcpy(out, r.p + r.at, head);
	r.at += head;
	n = read_name(&r, out + head);
	if (n == 0 || r.at != r.len)
		return (false);
	m->data[m->n] = (char *)out;
	m->len[m->n] = (int)(head + n);
	return (true);
}

static bool
add_data(struct sg_dns_message *m, const struct reader *r,
    const struct record *rr)
{
	if (m->n == SG_DNS_MESSAGE_RR)
		return (true); /* more than anybody takes */
	if (rr->type == SG_DNS_MX || rr->type == SG_DNS_CNAME) {
		if (!write_out(m, r, rr, rr->type == SG_DNS_MX ? 2 : 0))
			return (false);
	} else {
		/* libunbound's type is not const; nobody writes there */
		memcpy(&m->data[m->n], &(const unsigned char *) { r->p +
		    rr->rdata }, sizeof(m->data[0]));
		m->len[m->n] = (int)rr->rdata_len;
	}
	m->n++;
	return (true);
}

/* One record of the answer section; name is where the chain has got to. */
static bool
take_answer(struct sg_dns_message *m, const struct reader *r,
    const struct record *rr, unsigned char name[NAME_MAX])
{
	struct reader target = { r->p, rr->rdata + rr->rdata_len, rr->rdata };

	if (rr->class != CLASS_IN || !same_name(rr->owner, name))
		return (true);
	if (rr->type == (unsigned)m->r.qtype) {
		note_ttl(m, rr->ttl);
		return (add_data(m, r, rr));
	}
	if (rr->type != SG_DNS_CNAME)
		return (true);
	note_ttl(m, rr->ttl);
	m->aliased = true;
	return (read_name(&target, name) > 0 && target.at == target.len);
}

/* The end of the chain, if it is a name that has a text (else none). */
static void
set_canonname(struct sg_dns_message *m, const unsigned char *name)
{
	size_t n = 0;

	while (name[n] != 0)
		n += name[n] + 1u;
	if (m->aliased && sg_dns_wire_host(name, n + 1, m->canon) == SG_OK)
		m->r.canonname = m->canon;
}

static bool
read_all(struct sg_dns_message *m, struct reader *r)
{
	unsigned char name[NAME_MAX];
	unsigned n_answer = get16(r->p + 6), n_authority = get16(r->p + 8);
	struct record rr;

	if (get16(r->p + 4) != 1 || read_name(r, name) == 0 ||
	    r->len - r->at < 4)
		return (false);
	r->at += 4;
	for (; n_answer > 0; n_answer--) {
		if (!read_record(r, &rr) || !take_answer(m, r, &rr, name))
			return (false);
	}
	set_canonname(m, name);
	if (m->n > 0)
		return (true);
	for (; n_authority > 0; n_authority--) {
		if (!read_record(r, &rr))
			return (false);
		if (rr.type == SG_DNS_SOA) /* libunbound put the lesser here */
			note_ttl(m, rr.ttl);
	}
	return (true);
}

bool
sg_dns_message_read(struct sg_dns_message *m, int type,
    const unsigned char *packet, size_t len)
{
	struct reader r = { packet, len, HEADER_LEN };

	memset(&m->r, 0, sizeof(m->r));
	m->n = 0;
	m->has_ttl = m->aliased = false;
	m->r.qtype = type;
	m->r.data = m->data;
	m->r.len = m->len;
	if (packet == NULL || len < HEADER_LEN || len > UINT16_MAX ||
	    (packet[2] & TC) != 0)
		return (false);
	m->r.rcode = packet[3] & 0x0f;
	m->r.nxdomain = m->r.rcode == 3;
	memcpy(&m->r.answer_packet, &packet, sizeof(m->r.answer_packet));
	m->r.answer_len = (int)len;
	if (!read_all(m, &r))
		return (false);
	m->data[m->n] = NULL;
	m->len[m->n] = 0;
	m->r.havedata = m->n > 0;
	return (true);
}
