/* SPDX-License-Identifier: ISC */
/*
 * fuzz_dns_wire.c - names, MX and TXT rdata, and whole messages.
 *
 * Holds: a host is in the kept form and is the same when written on the wire
 * again; joined text is as long as its strings; a message is never called a
 * referral for one octet less of itself than it takes to say so, and what is
 * read of it lies within it.
 */
#include "fuzz/fuzz.h"
#include "net/dns_message.h"
#include "net/dns_wire.h"

static size_t
to_wire(const char *host, unsigned char *out)
{
	size_t n = 0;

	while (*host != '\0') {
		size_t label = strcspn(host, ".");

		out[n++] = (unsigned char)label;
		memcpy(out + n, host, label);
		n += label;
		host += label + (host[label] == '.');
	}
	out[n++] = 0;
	return n;
}

static void
check_host(enum sg_rc rc, const char *host)
{
	unsigned char wire[SG_DOMAIN_SIZE + 2];
	char again[SG_DOMAIN_SIZE];

	fuzz_hold(rc != SG_RETRY);
	if (rc != SG_OK) {
		fuzz_hold(rc == SG_BAD || host[0] == '\0');
		return;
	}
	fuzz_taken();
	fuzz_hold(sg_domain_is_valid(host, false));
	fuzz_hold(sg_dns_wire_host(wire, to_wire(host, wire), again) == SG_OK);
	fuzz_hold(strcmp(host, again) == 0);
}

static size_t
sum_of_strings(const uint8_t *data, size_t size)
{
	size_t strings = 0;

	for (size_t at = 0; at < size; at += 1 + (size_t)data[at])
		strings++;
	return size - strings;
}

/* What is taken lies within the message, or is written out; and is not more
   than there may be. */
static void
check_message(const uint8_t *data, size_t size)
{
	static const int types[] = { SG_DNS_A, SG_DNS_MX, SG_DNS_TXT,
		SG_DNS_CNAME };
	static struct sg_dns_message m;

	for (size_t t = 0; t < 4; t++) {
		if (!sg_dns_message_read(&m, types[t], data, size))
			continue;
		fuzz_hold(m.n <= SG_DNS_MESSAGE_RR && m.r.ttl >= 0);
		fuzz_hold(m.r.data[m.n] == NULL && m.r.len[m.n] == 0);
		for (size_t i = 0; i < m.n; i++) {
			const uint8_t *d = (const uint8_t *)m.r.data[i];
			size_t len = (size_t)m.r.len[i];

			fuzz_hold(d == m.room[i] ? len <= sizeof(m.room[i])
			    : d >= data && len <= (size_t)(data + size - d));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char host[SG_DOMAIN_SIZE], *text = malloc(size > 0 ? size : 1);
	uint16_t preference = 0;
	size_t len = SIZE_MAX;

	check_host(sg_dns_wire_host(data, size, host), host);
	check_host(sg_dns_wire_mx(data, size, &preference, host), host);
	if (text == NULL)
		abort();
	if (sg_dns_wire_txt(data, size, text, &len) == SG_OK)
		fuzz_hold(len == sum_of_strings(data, size));
	free(text);
	check_message(data, size);
	if (sg_dns_wire_is_referral(data, size))
		fuzz_hold(size >= 12 + 11);
	return 0;
}
