/* SPDX-License-Identifier: ISC */
/*
 * Which addresses are special (THREATS T10, STANDARDS C-19), which are the
 * host's own (T18), and what allow_networks changes. getifaddrs(3) is played
 * here, so that "own" has public addresses in it on any machine.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <check.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "net/guard.h"

enum { FREE, SPECIAL };

static const struct {
	const char *addr;
	int want;
} table[] = {
	/* 0.0.0.0/8 */
	{ "0.0.0.0", SPECIAL }, { "0.0.0.1", SPECIAL },
	{ "0.1.2.3", SPECIAL }, { "0.255.255.255", SPECIAL },
	{ "1.0.0.0", FREE }, { "1.1.1.1", FREE },
	/* 10/8 */
	{ "9.255.255.255", FREE }, { "10.0.0.0", SPECIAL },
	{ "10.0.0.1", SPECIAL }, { "10.200.3.4", SPECIAL },
	{ "10.255.255.255", SPECIAL }, { "11.0.0.0", FREE },
	/* 100.64/10 */
	{ "100.63.255.255", FREE }, { "100.64.0.0", SPECIAL },
	{ "100.64.0.1", SPECIAL }, { "100.100.100.200", SPECIAL },
	{ "100.127.255.255", SPECIAL }, { "100.128.0.0", FREE },
	{ "100.0.0.1", FREE },
	/* 127/8 */
	{ "126.255.255.255", FREE }, { "127.0.0.0", SPECIAL },
	{ "127.0.0.1", SPECIAL }, { "127.0.0.53", SPECIAL },
	{ "127.1.0.1", SPECIAL }, { "127.255.255.255", SPECIAL },
	{ "128.0.0.0", FREE }, { "128.0.0.1", FREE },
	/* 169.254/16 */
	{ "169.253.255.255", FREE }, { "169.254.0.0", SPECIAL },
	{ "169.254.169.254", SPECIAL }, { "169.254.170.2", SPECIAL },
	{ "169.254.255.255", SPECIAL }, { "169.255.0.0", FREE },
	/* 172.16/12 */
	{ "172.15.255.255", FREE }, { "172.16.0.0", SPECIAL },
	{ "172.16.0.1", SPECIAL }, { "172.17.0.1", SPECIAL },
	{ "172.24.5.6", SPECIAL }, { "172.31.255.255", SPECIAL },
	{ "172.32.0.0", FREE }, { "172.0.0.1", FREE },
	/* 192.0.0/24, 192.0.2/24 */
	{ "191.255.255.255", FREE }, { "192.0.0.0", SPECIAL },
	{ "192.0.0.8", SPECIAL }, { "192.0.0.170", SPECIAL },
	{ "192.0.0.255", SPECIAL }, { "192.0.1.0", FREE },
	{ "192.0.1.255", FREE }, { "192.0.2.0", SPECIAL },
	{ "192.0.2.1", SPECIAL }, { "192.0.2.255", SPECIAL },
	{ "192.0.3.0", FREE },
	/* 192.88.99/24 */
	{ "192.88.98.255", FREE }, { "192.88.99.0", SPECIAL },
	{ "192.88.99.1", SPECIAL }, { "192.88.99.255", SPECIAL },
	{ "192.88.100.0", FREE },
	/* 192.168/16 */
	{ "192.167.255.255", FREE }, { "192.168.0.0", SPECIAL },
	{ "192.168.1.1", SPECIAL }, { "192.168.178.1", SPECIAL },
	{ "192.168.255.255", SPECIAL }, { "192.169.0.0", FREE },
	/* 198.18/15 */
	{ "198.17.255.255", FREE }, { "198.18.0.0", SPECIAL },
	{ "198.18.0.1", SPECIAL }, { "198.19.0.0", SPECIAL },
	{ "198.19.255.255", SPECIAL }, { "198.20.0.0", FREE },
	/* 198.51.100/24, 203.0.113/24 */
	{ "198.51.99.255", FREE }, { "198.51.100.0", SPECIAL },
	{ "198.51.100.7", SPECIAL }, { "198.51.100.255", SPECIAL },
	{ "198.51.101.0", FREE }, { "203.0.112.255", FREE },
	{ "203.0.113.0", SPECIAL }, { "203.0.113.99", SPECIAL },
	{ "203.0.113.255", SPECIAL }, { "203.0.114.0", FREE },
	/* multicast, reserved, broadcast */
	{ "223.255.255.255", FREE }, { "224.0.0.0", SPECIAL },
	{ "224.0.0.1", SPECIAL }, { "224.0.0.251", SPECIAL },
	{ "232.1.2.3", SPECIAL }, { "239.255.255.250", SPECIAL },
	{ "239.255.255.255", SPECIAL }, { "240.0.0.0", SPECIAL },
	{ "240.0.0.1", SPECIAL }, { "250.1.2.3", SPECIAL },
	{ "254.255.255.255", SPECIAL }, { "255.255.255.254", SPECIAL },
	{ "255.255.255.255", SPECIAL },
	/* public */
	{ "8.8.8.8", FREE }, { "9.9.9.9", FREE }, { "17.0.0.1", FREE },
	{ "64.233.160.1", FREE }, { "93.184.216.34", FREE },
	{ "104.16.0.1", FREE }, { "151.101.1.1", FREE },
	{ "185.1.2.3", FREE }, { "192.31.196.1", FREE },
	{ "192.52.193.1", FREE }, { "192.175.48.1", FREE },
	{ "199.7.83.42", FREE }, { "212.227.0.1", FREE },

	/* :: and ::1; IPv4-compatible, deprecated */
	{ "::", SPECIAL }, { "::1", SPECIAL }, { "::2", SPECIAL },
	{ "::0.1.2.3", SPECIAL }, { "::127.0.0.1", SPECIAL },
	{ "::10.0.0.1", SPECIAL }, { "::192.168.1.1", SPECIAL },
	{ "::169.254.169.254", SPECIAL }, { "::255.255.255.255", SPECIAL },
	{ "::8.8.8.8", FREE }, { "::1.1.1.1", FREE },
	{ "::1:8.8.8.8", SPECIAL }, { "0:0:0:1::8.8.8.8", SPECIAL },
	/* mapped */
	{ "::ffff:0.0.0.0", SPECIAL }, { "::ffff:127.0.0.1", SPECIAL },
	{ "::ffff:7f00:1", SPECIAL }, { "::ffff:10.1.2.3", SPECIAL },
	{ "::ffff:172.16.0.1", SPECIAL }, { "::ffff:172.32.0.1", FREE },
	{ "::ffff:192.168.0.1", SPECIAL },
	{ "::ffff:169.254.169.254", SPECIAL },
	{ "::ffff:a9fe:a9fe", SPECIAL }, { "::ffff:100.64.0.1", SPECIAL },
	{ "::ffff:224.0.0.1", SPECIAL }, { "::ffff:240.0.0.1", SPECIAL },
	{ "::ffff:255.255.255.255", SPECIAL },
	{ "::ffff:198.51.100.1", SPECIAL }, { "::ffff:8.8.8.8", FREE },
	{ "::ffff:808:808", FREE }, { "::fffe:8.8.8.8", SPECIAL },
	/* stateless translation, RFC 2765: not mapped, not global */
	{ "::ffff:0:8.8.8.8", SPECIAL }, { "::ffff:0:127.0.0.1", SPECIAL },
	/* NAT64, well-known prefix */
	{ "64:ff9b::0.0.0.0", SPECIAL }, { "64:ff9b::", SPECIAL },
	{ "64:ff9b::127.0.0.1", SPECIAL }, { "64:ff9b::10.0.0.1", SPECIAL },
	{ "64:ff9b::172.31.255.255", SPECIAL },
	{ "64:ff9b::192.168.1.1", SPECIAL },
	{ "64:ff9b::169.254.169.254", SPECIAL },
	{ "64:ff9b::a9fe:a9fe", SPECIAL }, { "64:ff9b::100.64.0.1", SPECIAL },
	{ "64:ff9b::192.0.2.1", SPECIAL }, { "64:ff9b::224.0.0.1", SPECIAL },
	{ "64:ff9b::255.255.255.255", SPECIAL },
	{ "64:ff9b::8.8.8.8", FREE }, { "64:ff9b::93.184.216.34", FREE },
	{ "64:ff9b:0:1::8.8.8.8", SPECIAL }, { "64:ff9a::8.8.8.8", SPECIAL },
	{ "64:ff9c::8.8.8.8", SPECIAL },
	/* NAT64, local prefixes */
	{ "64:ff9b:1::127.0.0.1", SPECIAL },
	{ "64:ff9b:1::10.0.0.1", SPECIAL },
	{ "64:ff9b:1::169.254.169.254", SPECIAL },
	{ "64:ff9b:1:fffe::192.168.0.1", SPECIAL },
	{ "64:ff9b:1::8.8.8.8", FREE }, { "64:ff9b:1:fffe::8.8.8.8", FREE },
	/* ... of 48, 56 and 64 bits: 10.0.0.1 further left */
	{ "64:ff9b:1:a00:0:100:808:808", SPECIAL },
	{ "64:ff9b:1:a:0:1:808:808", SPECIAL },
	{ "64:ff9b:1:0:a:0:108:808", SPECIAL },
	{ "64:ff9b:2::8.8.8.8", SPECIAL },
	/* 6to4 */
	{ "2002::", SPECIAL }, { "2002:7f00:1::", SPECIAL },
	{ "2002:7f00:1::1", SPECIAL }, { "2002:a00:1::1", SPECIAL },
	{ "2002:ac10:1::1", SPECIAL }, { "2002:c0a8:101::1", SPECIAL },
	{ "2002:a9fe:a9fe::1", SPECIAL }, { "2002:6440:1::1", SPECIAL },
	{ "2002:c058:6301::1", SPECIAL }, { "2002:c000:201::1", SPECIAL },
	{ "2002:e000:1::1", SPECIAL }, { "2002:ffff:ffff::1", SPECIAL },
	{ "2002:808:808::1", FREE }, { "2002:5db8:d822::1", FREE },
	{ "2001:ffff:7f00:1::", FREE }, { "2003:7f00:1::1", FREE },
	/* Teredo: server, then client inverted */
	{ "2001::", SPECIAL }, { "2001::1", SPECIAL },
	{ "2001:0:808:808:0:0:f7f7:f7f7", FREE },
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", SPECIAL }, /* 192.0.2.45 */
	{ "2001:0:4136:e378:8000:63bf:f7f7:f7f7", FREE },
	{ "2001:0:7f00:1:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:a00:1:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:c0a8:101:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:a9fe:a9fe:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:808:808:0:0:80ff:fffe", SPECIAL }, /* 127.0.0.1 */
	{ "2001:0:808:808:0:0:f5ff:fffe", SPECIAL }, /* 10.0.0.1 */
	{ "2001:0:808:808:0:0:3f57:fefe", SPECIAL }, /* 192.168.1.1 */
	{ "2001:0:808:808:0:0:5601:5601", SPECIAL }, /* 169.254.169.254 */
	{ "2001:0:808:808:0:0:ffff:ffff", SPECIAL }, /* 0.0.0.0 */
	{ "2001:0:808:808:0:0:0:0", SPECIAL },       /* 255.255.255.255 */
	/* 127.0.0.1 as it is: inverted it is 128.255.255.254 */
	{ "2001:0:808:808:0:0:7f00:1", FREE },
	/* the rest of 2001::/23 */
	{ "2001:1::1", SPECIAL }, { "2001:2::1", SPECIAL },
	{ "2001:2:0:ffff::1", SPECIAL }, { "2001:10::1", SPECIAL },
	{ "2001:1f:ffff::1", SPECIAL }, { "2001:20::1", SPECIAL },
	{ "2001:1ff:ffff:ffff::1", SPECIAL }, { "2001:200::1", FREE },
	/* documentation */
	{ "2001:db7:ffff::1", FREE }, { "2001:db8::", SPECIAL },
	{ "2001:db8::1", SPECIAL }, { "2001:db8:ffff:ffff::1", SPECIAL },
	{ "2001:db9::1", FREE }, { "3fff::1", SPECIAL },
	{ "3fff:fff:ffff::1", SPECIAL }, { "3fff:1000::1", FREE },
	{ "3ffe:ffff::1", FREE },
	/* unique local, link-local, site-local, multicast */
	{ "fbff:ffff::1", SPECIAL }, { "fc00::", SPECIAL },
	{ "fc00::1", SPECIAL }, { "fd00::1", SPECIAL },
	{ "fd00:ec2::254", SPECIAL }, { "fdff:ffff:ffff::1", SPECIAL },
	{ "fe00::1", SPECIAL }, { "fe80::", SPECIAL }, { "fe80::1", SPECIAL },
	{ "fe80::5efe:127.0.0.1", SPECIAL }, { "febf:ffff::1", SPECIAL },
	{ "fec0::1", SPECIAL }, { "feff::1", SPECIAL }, { "ff00::", SPECIAL },
	{ "ff02::1", SPECIAL }, { "ff02::fb", SPECIAL },
	{ "ff0e::1", SPECIAL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", SPECIAL },
	/* not global unicast: discard, unassigned, segment routing */
	{ "100::1", SPECIAL }, { "100:0:0:1::1", SPECIAL },
	{ "200::1", SPECIAL }, { "1000::1", SPECIAL },
	{ "1fff:ffff::1", SPECIAL }, { "2000::1", FREE },
	{ "3fff:ffff::1", FREE }, { "4000::1", SPECIAL },
	{ "5f00::1", SPECIAL }, { "8000::1", SPECIAL }, { "c000::1", SPECIAL },
	/* public */
	{ "2001:4860:4860::8888", FREE }, { "2606:4700::1111", FREE },
	{ "2620:4f:8000::1", FREE }, { "2620:fe::fe", FREE },
	{ "2a00:1450:4001::1", FREE }, { "2a02:2e0::1", FREE },
	{ "2c0f:fb50::1", FREE }, { "2400:cb00::1", FREE },
};
#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(ROWS(table) >= 200, "THREATS T10: 200 addresses");

static struct sg_addr
addr_of(const char *text)
{
	struct sg_addr addr;

	ck_assert_msg(sg_addr_parse(text, &addr) == SG_OK, "%s: no address",
	    text);
	return (addr);
}

/* --- the host's own, played --------------------------------------------- */

static const struct own {
	const char *addr, *mask, *cast;
} own_rows[] = {
	{ "127.0.0.1", "255.0.0.0", NULL },
	{ "20.30.40.50", "255.255.255.0", NULL },
	{ "20.30.64.1", "255.255.240.0", "20.30.79.255" },
	{ "20.31.0.0", "255.255.255.254", NULL }, /* no broadcast */
	{ "20.32.0.1", NULL, "20.32.0.99" },
	{ "2a00:1450::50", "ffff:ffff:ffff:ffff::", NULL },
	{ NULL, NULL, NULL } /* an interface without address */
};
static bool own_fails;

static struct sockaddr *
sockaddr_of(const char *text)
{
	struct sockaddr_storage *ss;
	struct sg_addr addr;

	if (text == NULL)
		return (NULL);
	addr = addr_of(text);
	ss = calloc(1, sizeof(*ss));
	sg_addr_to_sockaddr(&addr, 0, ss);
	return ((struct sockaddr *)ss);
}

int
getifaddrs(struct ifaddrs **out)
{
	struct ifaddrs *list = NULL, *i;

	if (own_fails) {
		errno = EPERM;
		return (-1);
	}
	for (size_t n = ROWS(own_rows); n-- > 0;) {
		i = calloc(1, sizeof(*i));
		i->ifa_next = list;
		i->ifa_addr = sockaddr_of(own_rows[n].addr);
		i->ifa_netmask = sockaddr_of(own_rows[n].mask);
		i->ifa_broadaddr = sockaddr_of(own_rows[n].cast);
		if (own_rows[n].cast != NULL)
			i->ifa_flags = IFF_BROADCAST;
		list = i;
	}
	*out = list;
	return (0);
}

void
freeifaddrs(struct ifaddrs *list)
{
	struct ifaddrs *next;

	for (; list != NULL; list = next) {
		next = list->ifa_next;
		free(list->ifa_addr);
		free(list->ifa_netmask);
		free(list->ifa_broadaddr);
		free(list);
	}
}

static struct sg_guard *
guard_allowing(const char *const *nets)
{
	struct sg_cidr cidrs[16];
	struct sg_config config = { .allow_networks = cidrs };
	struct sg_guard *guard;

	for (; nets != NULL && *nets != NULL; nets++) {
		ck_assert_int_eq(sg_cidr_parse(*nets,
		    &cidrs[config.n_allow_networks]), SG_OK);
		config.n_allow_networks++;
	}
	guard = sg_guard_new(&config);
	ck_assert_ptr_nonnull(guard);
	memset(cidrs, 0xff, sizeof(cidrs)); /* it must have copied them */
	return (guard);
}

/* --- tests -------------------------------------------------------------- */

START_TEST(test_table)
{
	struct sg_guard *guard = guard_allowing(NULL);

	for (size_t i = 0; i < ROWS(table); i++) {
		struct sg_addr addr = addr_of(table[i].addr);

		ck_assert_msg(sg_addr_is_special(&addr) ==
		    (table[i].want == SPECIAL), "T10, C-19: %s: got %s",
		    table[i].addr, table[i].want == SPECIAL ? "free" :
		    "special");
		ck_assert_msg(sg_guard_permits(guard, &addr) ==
		    (table[i].want == FREE), "T10, C-19: %s: permits",
		    table[i].addr);
	}
	sg_guard_free(&guard);
	ck_assert_ptr_null(guard);
	sg_guard_free(&guard);
}
END_TEST

static const struct {
	const char *name, *addr;
	bool permits;
} own_cases[] = {
	{ "T18: own IPv4", "20.30.40.50", false },
	{ "neighbour", "20.30.40.51", true },
	{ "T10: broadcast by the mask", "20.30.40.255", false },
	{ "T10: broadcast by mask of 20 bits", "20.30.79.255", false },
	{ "within that net", "20.30.64.255", true },
	{ "own, point to point", "20.31.0.0", false },
	{ "the other end", "20.31.0.1", true },
	{ "own without mask", "20.32.0.1", false },
	{ "its broadcast as told", "20.32.0.99", false },
	{ "T18: own IPv6", "2a00:1450::50", false },
	{ "neighbour, IPv6", "2a00:1450::51", true },
	{ "own, mapped", "::ffff:20.30.40.50", false },
	{ "own, NAT64", "64:ff9b::20.30.40.50", false },
	{ "own, 6to4", "2002:141e:2832::1", false },
	{ "own, Teredo client", "2001:0:808:808:0:0:ebe1:d7cd", false },
	{ "own broadcast, NAT64", "64:ff9b::20.30.40.255", false },
	{ "neighbour, NAT64", "64:ff9b::20.30.40.51", true },
};

START_TEST(test_own)
{
	struct sg_guard *guard = guard_allowing(NULL);
	struct sg_addr addr = addr_of(own_cases[_i].addr);

	ck_assert_msg(!sg_addr_is_special(&addr), "%s: by the table already",
	    own_cases[_i].name);
	ck_assert_msg(sg_guard_permits(guard, &addr) == own_cases[_i].permits,
	    "%s: %s", own_cases[_i].name, own_cases[_i].addr);
	sg_guard_free(&guard);
}
END_TEST

static const struct {
	const char *name;
	const char *nets[3];
	const char *addr;
	bool permits;
} allow_cases[] = {
	{ "loopback allowed", { "127.0.0.0/8" }, "127.0.0.1", true },
	{ "loopback, mapped", { "127.0.0.0/8" }, "::ffff:127.0.0.1", true },
	{ "loopback, NAT64: not named", { "127.0.0.0/8" },
	    "64:ff9b::127.0.0.1", false },
	{ "one host", { "10.1.2.3" }, "10.1.2.3", true },
	{ "not its neighbour", { "10.1.2.3" }, "10.1.2.4", false },
	{ "second of two", { "10.0.0.0/8", "fd00::/8" }, "fd00::25", true },
	{ "neither of two", { "10.0.0.0/8", "fd00::/8" }, "fc00::25", false },
	{ "IPv6 loopback", { "::1/128" }, "::1", true },
	{ "own IPv4", { "20.30.40.50" }, "20.30.40.50", true },
	{ "own net without broadcast", { "20.30.40.0/25" }, "20.30.40.255",
	    false },
	{ "all IPv4", { "0.0.0.0/0" }, "169.254.169.254", true },
	{ "all IPv4 is not IPv6", { "0.0.0.0/0" }, "fe80::1", false },
	{ "what is free anyway", { "10.0.0.0/8" }, "8.8.8.8", true },
};

START_TEST(test_allow)
{
	struct sg_guard *guard = guard_allowing(allow_cases[_i].nets);
	struct sg_addr addr = addr_of(allow_cases[_i].addr);

	ck_assert_msg(sg_guard_permits(guard, &addr) ==
	    allow_cases[_i].permits, "%s: %s", allow_cases[_i].name,
	    allow_cases[_i].addr);
	sg_guard_free(&guard);
}
END_TEST

/* Without the list of interfaces the table still holds. */
START_TEST(test_own_unknown)
{
	struct sg_addr own = addr_of("20.30.40.50");
	struct sg_addr loopback = addr_of("127.0.0.1");
	struct sg_guard *guard;

	own_fails = true;
	guard = guard_allowing(NULL);
	ck_assert(sg_guard_permits(guard, &own));
	ck_assert(!sg_guard_permits(guard, &loopback));
	sg_guard_free(&guard);
}
END_TEST

START_TEST(test_no_family)
{
	struct sg_guard *guard = guard_allowing(NULL);
	struct sg_addr addr = addr_of("8.8.8.8");

	addr.family = 0;
	ck_assert(!sg_guard_permits(guard, &addr));
	addr.family = 5;
	ck_assert(!sg_guard_permits(guard, &addr));
	sg_guard_free(&guard);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("net/guard");
	TCase *tc = tcase_create("addresses");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_table);
	tcase_add_loop_test(tc, test_own, 0, (int)ROWS(own_cases));
	tcase_add_loop_test(tc, test_allow, 0, (int)ROWS(allow_cases));
	tcase_add_test(tc, test_own_unknown);
	tcase_add_test(tc, test_no_family);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? 0 : 1);
}
