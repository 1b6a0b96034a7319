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
#include "special_table.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(ROWS(special_table) >= 200, "THREATS T10: 200 addresses");

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

	for (size_t i = 0; i < ROWS(special_table); i++) {
		struct sg_addr addr = addr_of(special_table[i].addr);

		ck_assert_msg(sg_addr_is_special(&addr) ==
		    (special_table[i].want == SPECIAL), "T10, C-19: %s: got %s",
		    special_table[i].addr,
		    special_table[i].want == SPECIAL ? "free" :
		    "special");
		ck_assert_msg(sg_guard_permits(guard, &addr) ==
		    (special_table[i].want == FREE), "T10, C-19: %s: permits",
		    special_table[i].addr);
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
