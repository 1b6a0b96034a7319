/* SPDX-License-Identifier: ISC */
/*
 * test_addr.c - addresses and networks. A network read too widely lets a rule
 * of the file match clients that it should not; too narrowly the other way.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <check.h>
#include <string.h>

#include "base/addr.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* want NULL: SG_BAD */
static const struct {
	const char *name, *input, *want;
} addrs[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.1" },
	{ "IPv4 highest", "255.255.255.255", "255.255.255.255" },
	{ "IPv4 out of range", "192.0.2.256", NULL },
	{ "IPv4 of three parts", "192.0.2", NULL },
	{ "IPv4 of five parts", "192.0.2.1.1", NULL },
	{ "IPv4 with a leading zero", "192.0.2.010", NULL },
	{ "IPv4 in hexadecimal", "0xc0.0.2.1", NULL },
	{ "IPv4 as a number", "3221225985", NULL },
	{ "IPv4 and a blank", "192.0.2.1 ", NULL },
	{ "IPv4 and a dot", "192.0.2.1.", NULL },
	{ "IPv4 in brackets", "[192.0.2.1]", NULL },
	{ "IPv6", "2001:DB8::1", "2001:db8::1" },
	{ "IPv6 unspecified", "::", "::" },
	{ "IPv6 in full", "2001:db8:0:0:0:0:0:1", "2001:db8::1" },
	{ "IPv6 with two gaps", "2001::db8::1", NULL },
	{ "IPv6 with a zone", "fe80::1%eth0", NULL },
	{ "IPv6 mapped", "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	{ "A-04 IPv6 literal", "IPv6:2001:db8::1", "2001:db8::1" },
	{ "A-04 IPv6 literal, case", "ipv6:::1", "::1" },
	{ "A-04 IPv4 in an IPv6 literal", "IPv6:192.0.2.1", NULL },
	{ "empty", "", NULL },
	{ "A-04 tag alone", "IPv6:", NULL },
	{ "name", "mx.test", NULL },
};

START_TEST(test_parse)
{
	char text[SG_ADDR_TEXT_SIZE] = "";
	struct sg_addr a;
	enum sg_rc rc = sg_addr_parse(addrs[_i].input, &a);

	ck_assert_msg((rc == SG_OK) == (addrs[_i].want != NULL),
	    "%s: got rc %d", addrs[_i].name, rc);
	if (rc == SG_OK)
		ck_assert_msg(strcmp(sg_addr_format(&a, text),
		    addrs[_i].want) == 0, "%s: got %s, want %s",
		    addrs[_i].name, text, addrs[_i].want);
}
END_TEST

/* bits -1: SG_BAD */
static const struct {
	const char *name, *input;
	int bits;
} nets[] = {
	{ "IPv4", "10.0.0.0/8", 8 },
	{ "IPv4, odd length", "10.16.0.0/12", 12 },
	{ "IPv4, all", "0.0.0.0/0", 0 },
	{ "IPv4, one", "192.0.2.1/32", 32 },
	{ "IPv4, no length", "192.0.2.1", 32 },
	{ "IPv4, length too high", "10.0.0.0/33", -1 },
	{ "IPv4, host bits", "10.0.0.1/8", -1 },
	{ "IPv4, a host bit next to the net", "10.16.0.0/11", -1 },
	{ "IPv4, no digits", "10.0.0.0/", -1 },
	{ "IPv4, mask", "10.0.0.0/255.0.0.0", -1 },
	{ "IPv4, sign", "10.0.0.0/+8", -1 },
	{ "IPv4, blank", "10.0.0.0/ 8", -1 },
	{ "IPv4, overflow", "10.0.0.0/264", -1 },
	{ "IPv4, long overflow", "10.0.0.0/4294967304", -1 },
	{ "IPv4, two lengths", "10.0.0.0/8/8", -1 },
	{ "IPv4, short", "10/8", -1 },
	{ "IPv6", "2001:db8:1::/48", 48 },
	{ "IPv6, all", "::/0", 0 },
	{ "IPv6, no length", "::1", 128 },
	{ "IPv6, length too high", "::/129", -1 },
	{ "IPv6, host bits", "2001:db8::1/64", -1 },
	{ "only a length", "/8", -1 },
	{ "empty", "", -1 },
	{ "long", "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
	    -1 },
};

START_TEST(test_cidr)
{
	struct sg_cidr net = { .bits = 0 };
	enum sg_rc rc = sg_cidr_parse(nets[_i].input, &net);

	ck_assert_msg((rc == SG_OK ? (int)net.bits : -1) == nets[_i].bits,
	    "%s: got rc %d bits %d, want bits %d", nets[_i].name, rc,
	    net.bits, nets[_i].bits);
}
END_TEST

static const struct {
	const char *name, *net, *addr;
	bool want;
} pairs[] = {
	{ "inside", "10.0.0.0/8", "10.255.255.255", true },
	{ "outside", "10.0.0.0/8", "11.0.0.0", false },
	{ "odd length, last inside", "10.16.0.0/12", "10.31.255.255", true },
	{ "odd length, first outside", "10.16.0.0/12", "10.32.0.0", false },
	{ "odd length, below", "10.16.0.0/12", "10.15.255.255", false },
	{ "all of IPv4", "0.0.0.0/0", "203.0.113.9", true },
	{ "all of IPv4 is not IPv6", "0.0.0.0/0", "2001:db8::1", false },
	{ "one", "192.0.2.1/32", "192.0.2.1", true },
	{ "one, its neighbour", "192.0.2.1/32", "192.0.2.0", false },
	{ "mapped client", "10.0.0.0/8", "::ffff:10.1.2.3", true },
	{ "mapped client outside", "10.0.0.0/8", "::ffff:11.1.2.3", false },
	{ "compatible is not mapped", "10.0.0.0/8", "::10.1.2.3", false },
	{ "IPv6 inside", "2001:db8:1::/48", "2001:db8:1:ffff::1", true },
	{ "IPv6 outside", "2001:db8:1::/48", "2001:db8:2::1", false },
	{ "all of IPv6", "::/0", "2001:db8::1", true },
	{ "all of IPv6 is not IPv4", "::/0", "10.0.0.1", false },
	{ "net of mapped addresses", "::ffff:0:0/96", "::ffff:10.0.0.1",
	    true },
};

START_TEST(test_contains)
{
	struct sg_cidr net;
	struct sg_addr addr;
	bool got;

	ck_assert_int_eq(sg_cidr_parse(pairs[_i].net, &net), SG_OK);
	ck_assert_int_eq(sg_addr_parse(pairs[_i].addr, &addr), SG_OK);
	got = sg_cidr_contains(&net, &addr);
	ck_assert_msg(got == pairs[_i].want, "%s: got %d, want %d",
	    pairs[_i].name, got, pairs[_i].want);
}
END_TEST

static const char *const round_trips[] = { "192.0.2.1", "2001:db8::1",
	"::ffff:192.0.2.1", "::" };

START_TEST(test_sockaddr)
{
	struct sockaddr_storage ss;
	struct sockaddr_in in;
	struct sg_addr a, b;
	socklen_t len;

	ck_assert_int_eq(sg_addr_parse(round_trips[_i], &a), SG_OK);
	len = sg_addr_to_sockaddr(&a, 2525, &ss);
	ck_assert_uint_eq(len, a.family == 4 ? sizeof(struct sockaddr_in)
	    : sizeof(struct sockaddr_in6));
	memcpy(&in, &ss, sizeof(in)); /* the port is at the same place */
	ck_assert_int_eq(ntohs(in.sin_port), 2525);
	ck_assert(sg_addr_from_sockaddr((struct sockaddr *)&ss, &b));
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ss.ss_family = AF_UNIX;
	ck_assert(!sg_addr_from_sockaddr((struct sockaddr *)&ss, &b));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, (int)N(addrs));
	tcase_add_loop_test(tc, test_cidr, 0, (int)N(nets));
	tcase_add_loop_test(tc, test_contains, 0, (int)N(pairs));
	tcase_add_loop_test(tc, test_sockaddr, 0, (int)N(round_trips));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
