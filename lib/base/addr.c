/* SPDX-License-Identifier: ISC */
/* addr.c - see addr.h. */
#include "base/addr.h"

#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static unsigned
width(const struct sg_addr *a)
{
	return a->family == 4 ? 4 : 16;
}

enum sg_rc
sg_addr_parse(const char *text, struct sg_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (strncasecmp(text, "IPv6:", 5) == 0) {
		out->family = 6;
		return inet_pton(AF_INET6, text + 5, out->bytes) == 1 ? SG_OK
								      : SG_BAD;
	}
	out->family = 4;
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		return SG_OK;
	out->family = 6;
	return inet_pton(AF_INET6, text, out->bytes) == 1 ? SG_OK : SG_BAD;
}

/* Up to three digits, nothing else. */
static enum sg_rc
parse_bits(const char *text, unsigned max, uint8_t *out)
{
	unsigned n = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 3)
		return SG_BAD;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return SG_BAD;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*out = (uint8_t)n;
	return n <= max ? SG_OK : SG_BAD;
}

static bool
bit(const uint8_t *bytes, unsigned i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool
prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	for (unsigned i = bits & ~7u; i < bits; i++)
		if (bit(a, i) != bit(b, i))
			return false;
	return memcmp(a, b, bits / 8) == 0;
}

enum sg_rc
sg_cidr_parse(const char *text, struct sg_cidr *out)
{
	char addr[SG_ADDR_TEXT_SIZE + 8];
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(addr))
		return SG_BAD;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (sg_addr_parse(addr, &out->addr) != SG_OK)
		return SG_BAD;
	out->bits = (uint8_t)(width(&out->addr) * 8);
	if (slash != NULL &&
	    parse_bits(slash + 1, out->bits, &out->bits) != SG_OK)
		return SG_BAD;
	for (unsigned i = out->bits; i < width(&out->addr) * 8; i++)
		if (bit(out->addr.bytes, i))
			return SG_BAD;
	return SG_OK;
}

static bool
is_mapped(const struct sg_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == 6 && memcmp(a->bytes, mapped, 12) == 0;
}

bool
sg_cidr_contains(const struct sg_cidr *net, const struct sg_addr *addr)
{
	if (net->addr.family == addr->family &&
	    prefix_equal(net->addr.bytes, addr->bytes, net->bits))
		return true;
	return net->addr.family == 4 && is_mapped(addr) &&
	    prefix_equal(net->addr.bytes, addr->bytes + 12, net->bits);
}

const char *
sg_addr_format(const struct sg_addr *addr, char out[SG_ADDR_TEXT_SIZE])
{
	if (inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, out,
		SG_ADDR_TEXT_SIZE) == NULL)
		snprintf(out, SG_ADDR_TEXT_SIZE, "?");
	return out;
}

bool
sg_addr_from_sockaddr(const struct sockaddr *sa, struct sg_addr *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(out, 0, sizeof(*out));
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		out->family = 4;
		memcpy(out->bytes, &in.sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		out->family = 6;
		memcpy(out->bytes, &in6.sin6_addr, 16);
		return true;
	}
	return false;
}

socklen_t
sg_addr_to_sockaddr(const struct sg_addr *addr, uint16_t port,
    struct sockaddr_storage *ss)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	memset(ss, 0, sizeof(*ss));
	if (addr->family == 4) {
		memcpy(&in.sin_addr, addr->bytes, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, addr->bytes, 16);
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}
