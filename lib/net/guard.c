/* SPDX-License-Identifier: ISC */
/*
 * Which addresses may be connected to.
 *
 * IPv4 is a list of what is special (IANA's special-purpose registry, RFC
 * 6890). IPv6 is the other way round: only 2000::/3 is global unicast, the
 * rest is special unless it carries an IPv4 address to where it leads. Such
 * an address is as good as the IPv4 address within, or as bad: what a
 * translator or tunnel makes of it is what we would be connected to.
 *
 * The host's own addresses are read once, when the worker starts.
 */
#include <sys/types.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "net/guard.h"

#define OWN_MAX 4096 /* addresses; a host with more has them in a few nets */

struct sg_guard {
	size_t n_allowed, n_own;
	struct sg_cidr *allowed;
	struct sg_addr *own;
};

struct net {
	uint8_t bytes[16];
	uint8_t bits;
};

static const struct net special_v4[] = {
	{ { 0 }, 8 },               /* "this network", RFC 1122 */
	{ { 10 }, 8 },              /* RFC 1918 */
	{ { 100, 64 }, 10 },        /* carrier-grade NAT, RFC 6598 */
	{ { 127 }, 8 },             /* loopback */
	{ { 169, 254 }, 16 },       /* link-local; cloud metadata */
	{ { 172, 16 }, 12 },        /* RFC 1918 */
	{ { 192, 0, 0 }, 24 },      /* protocol assignments, RFC 6890 */
	{ { 192, 0, 2 }, 24 },      /* documentation, RFC 5737 */
	{ { 192, 88, 99 }, 24 },    /* 6to4 relay anycast, RFC 7526 */
	{ { 192, 168 }, 16 },       /* RFC 1918 */
	{ { 198, 18 }, 15 },        /* benchmarks, RFC 2544 */
	{ { 198, 51, 100 }, 24 },   /* documentation */
	{ { 203, 0, 113 }, 24 },    /* documentation */
	{ { 224 }, 4 },             /* multicast */
	{ { 240 }, 4 }              /* reserved, limited broadcast */
};

static const struct net global_v6 = { { 0x20 }, 3 };

/* Within 2000::/3. */
static const struct net special_v6[] = {
	{ { 0x20, 0x01 }, 23 },             /* IETF protocols, RFC 2928:
					       benchmarks, ORCHID, ... */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation, RFC 3849 */
	{ { 0x3f, 0xff }, 20 }              /* documentation, RFC 9637 */
};

/* Where an IPv6 address carries IPv4 ones. */
static const struct carrier {
	struct net net;
	uint8_t at[2];  /* offsets; the second 0 if there is but one */
	bool inverted;  /* the second is (Teredo's client, RFC 4380 4) */
} carriers[] = {
	/* mapped, RFC 4291 2.5.5.2 */
	{ { { [10] = 0xff, [11] = 0xff }, 96 }, { 12, 0 }, false },
	/* compatible, deprecated, RFC 4291 2.5.5.1; ::1 is 0.0.0.1 of them */
	{ { { 0 }, 96 }, { 12, 0 }, false },
	/* NAT64, RFC 6052 */
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96 }, { 12, 0 }, false },
	/* 6to4, RFC 3056 */
	{ { { 0x20, 0x02 }, 16 }, { 2, 0 }, false },
	/* Teredo, RFC 4380: server and client */
	{ { { 0x20, 0x01, 0x00, 0x00 }, 32 }, { 4, 12 }, true }
};

/* NAT64 with a local prefix (RFC 8215). The prefix may be shorter than 96
   bits, the IPv4 address then stands further left; only the common form, with
   64 to 95 zero, can be told apart from that. */
static const struct net local_nat64 = { { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48 };

static bool
within(const struct net *net, const uint8_t *bytes)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->bytes, bytes, whole) != 0)
		return (false);
	return (rest == 0 ||
	    ((net->bytes[whole] ^ bytes[whole]) & (0xff00 >> rest) & 0xff) ==
	    0);
}

static bool
within_any(const struct net *nets, size_t n, const uint8_t *bytes)
{
	for (size_t i = 0; i < n; i++) {
		if (within(&nets[i], bytes))
			return (true);
	}
	return (false);
}

static void
take_v4(const uint8_t *bytes, bool inverted, struct sg_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->family = 4;
	for (size_t i = 0; i < 4; i++)
		out->bytes[i] = inverted ? bytes[i] ^ 0xff : bytes[i];
}

/* The IPv4 addresses within; 0 if there are none. */
static size_t
inner_v4(const uint8_t *b, struct sg_addr out[2])
{
	static const uint8_t zero[4];

	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		const struct carrier *c = &carriers[i];

		if (!within(&c->net, b))
			continue;
		take_v4(b + c->at[0], false, &out[0]);
		if (c->at[1] == 0)
			return (1);
		take_v4(b + c->at[1], c->inverted, &out[1]);
		return (2);
	}
	if (within(&local_nat64, b) && memcmp(b + 8, zero, 4) == 0) {
		take_v4(b + 12, false, &out[0]);
		return (1);
	}
	return (0);
}

bool
sg_addr_is_special(const struct sg_addr *addr)
{
	struct sg_addr inner[2];
	size_t n;

	if (addr->family == 4)
		return (within_any(special_v4,
		    sizeof(special_v4) / sizeof(special_v4[0]), addr->bytes));
	n = inner_v4(addr->bytes, inner);
	for (size_t i = 0; i < n; i++) {
		if (sg_addr_is_special(&inner[i]))
			return (true);
	}
	if (n > 0)
		return (false);
	return (!within(&global_v6, addr->bytes) || within_any(special_v6,
	    sizeof(special_v6) / sizeof(special_v6[0]), addr->bytes));
}

/* --- the host's own ----------------------------------------------------- */

static void
add_own(struct sg_guard *guard, size_t room, const struct sg_addr *addr)
{
	if (guard->n_own < room)
		guard->own[guard->n_own++] = *addr;
}

/* The broadcast address follows from the mask; a /31 or /32 has none. */
static void
add_broadcast(struct sg_guard *guard, size_t room, const struct sg_addr *addr,
    const struct sockaddr *netmask)
{
	struct sg_addr mask, cast = *addr;

	if (addr->family != 4 || netmask == NULL ||
	    !sg_addr_from_sockaddr(netmask, &mask) || mask.bytes[3] >= 0xfe)
		return;
	for (size_t i = 0; i < 4; i++)
		cast.bytes[i] |= (uint8_t)~mask.bytes[i];
	add_own(guard, room, &cast);
}

static void
add_interface(struct sg_guard *guard, size_t room, const struct ifaddrs *i)
{
	struct sg_addr addr;

	if (i->ifa_addr == NULL || !sg_addr_from_sockaddr(i->ifa_addr, &addr))
		return;
	add_own(guard, room, &addr);
	add_broadcast(guard, room, &addr, i->ifa_netmask);
	if ((i->ifa_flags & IFF_BROADCAST) != 0 && i->ifa_broadaddr != NULL &&
	    sg_addr_from_sockaddr(i->ifa_broadaddr, &addr))
		add_own(guard, room, &addr);
}

static bool
read_own(struct sg_guard *guard)
{
	struct ifaddrs *list = NULL, *i;
	size_t room = 0;

	if (getifaddrs(&list) != 0) {
		sg_log(SG_LOG_ERR, "own addresses cannot be read: only"
		    " special-use addresses and own_hosts are guarded");
		return (true);
	}
	for (i = list; i != NULL && room < OWN_MAX; i = i->ifa_next)
		room += 3;
	guard->own = calloc(room + 1, sizeof(*guard->own));
	for (i = list; guard->own != NULL && i != NULL; i = i->ifa_next)
		add_interface(guard, room, i);
	freeifaddrs(list);
	return (guard->own != NULL);
}

static bool
is_own(const struct sg_guard *guard, const struct sg_addr *addr)
{
	size_t width = addr->family == 4 ? 4 : 16;

	for (size_t i = 0; i < guard->n_own; i++) {
		if (guard->own[i].family == addr->family &&
		    memcmp(guard->own[i].bytes, addr->bytes, width) == 0)
			return (true);
	}
	return (false);
}

/* --- the guard ---------------------------------------------------------- */

static bool
copy_allowed(struct sg_guard *guard, const struct sg_config *config)
{
	size_t n = config->n_allow_networks;

	guard->allowed = calloc(n + 1, sizeof(*guard->allowed));
	if (guard->allowed == NULL)
		return (false);
	if (n > 0)
		memcpy(guard->allowed, config->allow_networks,
		    n * sizeof(*guard->allowed));
	guard->n_allowed = n;
	return (true);
}

struct sg_guard *
sg_guard_new(const struct sg_config *config)
{
	struct sg_guard *guard = calloc(1, sizeof(*guard));

	if (guard == NULL)
		return (NULL);
	if (!copy_allowed(guard, config) || !read_own(guard))
		sg_guard_free(&guard);
	return (guard);
}

void
sg_guard_free(struct sg_guard **guard)
{
	if (*guard == NULL)
		return;
	free((*guard)->allowed);
	free((*guard)->own);
	free(*guard);
	*guard = NULL;
}

static bool
is_allowed(const struct sg_guard *guard, const struct sg_addr *addr)
{
	for (size_t i = 0; i < guard->n_allowed; i++) {
		if (sg_cidr_contains(&guard->allowed[i], addr))
			return (true);
	}
	return (false);
}

bool
sg_guard_permits(const struct sg_guard *guard, const struct sg_addr *addr)
{
	struct sg_addr inner[2];
	size_t n;

	if (addr->family != 4 && addr->family != 6)
		return (false);
	if (is_allowed(guard, addr))
		return (true);
	if (sg_addr_is_special(addr) || is_own(guard, addr))
		return (false);
	n = addr->family == 6 ? inner_v4(addr->bytes, inner) : 0;
	for (size_t i = 0; i < n; i++) {
		if (is_own(guard, &inner[i]))
			return (false);
	}
	return (true);
}
