/* SPDX-License-Identifier: ISC */
/*
 * Reads rdata and messages by length, never as C strings (STANDARDS B-20).
 *
 * libunbound parses answers itself; what is left here is what it hands over
 * as bytes: the rdata, with names uncompressed, and the message, of which
 * only the kinds of record in the authority section are wanted.
 */
#include <string.h>
#include "net/dns.h"
#include "net/dns_wire.h"

#define HEADER_LEN 12

static unsigned
get16(const unsigned char *p)
{
	return ((unsigned)p[0] << 8 | p[1]);
}

/* A label whose bytes would change the meaning of the text made of it. */
static bool
label_is_plain(const unsigned char *label, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (label[i] <= 0x20 || label[i] >= 0x7f || label[i] == '.')
			return (false);
	}
	return (true);
}

enum sg_rc
sg_dns_wire_host(const unsigned char *data, size_t len,
    char host[SG_DOMAIN_SIZE])
{
	char text[SG_DOMAIN_SIZE + 1];
	size_t at = 0, n = 0;

	host[0] = '\0';
	if (len == 1 && data[0] == 0)
		return (SG_NONE);
	while (at < len && data[at] != 0) {
		size_t label = data[at++];

		if (label > 63 || label > len - at ||
		    n + label + 1 > sizeof(text) ||
		    !label_is_plain(data + at, label))
			return (SG_BAD);
		memcpy(text + n, data + at, label);
		n += label;
		text[n++] = '.';
		at += label;
	}
	if (at + 1 != len)
		return (SG_BAD);
	return (sg_domain_from_text(text, n, host, NULL));
}

enum sg_rc
sg_dns_wire_mx(const unsigned char *data, size_t len, uint16_t *preference,
    char host[SG_DOMAIN_SIZE])
{
	host[0] = '\0';
	if (len < 3)
		return (SG_BAD);
	*preference = (uint16_t)get16(data);
	return (sg_dns_wire_host(data + 2, len - 2, host));
}

enum sg_rc
sg_dns_wire_txt(const unsigned char *data, size_t len, char *out,
    size_t *out_len)
{
	size_t at = 0, n = 0;

	*out_len = 0;
	if (len == 0)
		return (SG_BAD);
	while (at < len) {
		size_t part = data[at++];

		if (part > len - at)
			return (SG_BAD);
		memcpy(out + n, data + at, part);
		n += part;
		at += part;
	}
	*out_len = n;
	return (SG_OK);
}

/* The place behind the name at `at`, or 0: it runs over the end. */
static size_t
skip_name(const unsigned char *packet, size_t len, size_t at)
{
	while (at < len) {
		unsigned label = packet[at];

		if (label == 0)
			return (at + 1);
		if ((label & 0xc0) == 0xc0)
			return (at + 2 <= len ? at + 2 : 0);
		if (label > 63)
			return (0);
		at += 1 + label;
	}
	return (0);
}

/* The place behind the record at `at`, or 0. */
static size_t
skip_record(const unsigned char *packet, size_t len, size_t at, unsigned *type)
{
	size_t rdata_len;

	at = skip_name(packet, len, at);
	if (at == 0 || len - at < 10)
		return (0);
	*type = get16(packet + at);
	rdata_len = get16(packet + at + 8);
	at += 10;
	return (rdata_len <= len - at ? at + rdata_len : 0);
}

static size_t
skip_question(const unsigned char *packet, size_t len)
{
	size_t at = HEADER_LEN;

	for (unsigned n = get16(packet + 4); n > 0; n--) {
		at = skip_name(packet, len, at);
		if (at == 0 || len - at < 4)
			return (0);
		at += 4;
	}
	return (at);
}

bool
sg_dns_wire_is_referral(const unsigned char *packet, size_t len)
{
	unsigned n_answer, n_authority, type;
	bool ns = false;
	size_t at;

	if (packet == NULL || len < HEADER_LEN)
		return (false);
	n_answer = get16(packet + 6);
	n_authority = get16(packet + 8);
	at = skip_question(packet, len);
	for (unsigned i = 0; at != 0 && i < n_answer + n_authority; i++) {
		at = skip_record(packet, len, at, &type);
		if (at == 0 || i < n_answer)
			continue;
		if (type == SG_DNS_SOA)
			return (false);
		ns = ns || type == SG_DNS_NS;
	}
	return (ns);
}
