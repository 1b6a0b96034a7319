/* SPDX-License-Identifier: ISC */
/*
 * Rdata, messages and trust anchor files: what comes as bytes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/anchors.h"
#include "net/dns_wire.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* --- rdata -------------------------------------------------------------- */

#define BYTES(s) (const unsigned char *)(s), sizeof(s) - 1

static const struct wire_case {
	const char *label;
	const unsigned char *data;
	size_t len;
	enum sg_rc rc;
	const char *host;
} wire_cases[] = {
	{ "host", BYTES("\0\012\2mx\4good\4test\0"), SG_OK, "mx.good.test" },
	{ "upper case", BYTES("\0\012\2MX\4Good\4Test\0"), SG_OK,
	    "mx.good.test" },
	{ "underscore", BYTES("\0\012\3_mx\4test\0"), SG_OK, "_mx.test" },
	{ "N-09 root", BYTES("\0\0\0"), SG_NONE, "" },
	{ "A-05 IP address", BYTES("\0\012\003192\0010\0012\0017\0"), SG_BAD,
	    "" },
	{ "T14 CR LF in a label", BYTES("\0\012\5a\r\nbc\4test\0"), SG_BAD,
	    "" },
	{ "dot in a label", BYTES("\0\012\3a.b\4test\0"), SG_BAD, "" },
	{ "NUL in a label", BYTES("\0\012\3a\0b\4test\0"), SG_BAD, "" },
	{ "raw UTF-8", BYTES("\0\012\2\303\244\4test\0"), SG_BAD, "" },
	{ "no end", BYTES("\0\012\2mx\4test"), SG_BAD, "" },
	{ "label over the end", BYTES("\0\012\77mx\0"), SG_BAD, "" },
	{ "bytes behind the end", BYTES("\0\012\2mx\0x"), SG_BAD, "" },
	{ "pointer", BYTES("\0\012\300\014"), SG_BAD, "" },
	{ "too short", BYTES("\0\012"), SG_BAD, "" },
	{ "empty", BYTES(""), SG_BAD, "" },
};

START_TEST(test_wire_mx)
{
	const struct wire_case *c = &wire_cases[_i];
	char host[SG_DOMAIN_SIZE];
	uint16_t preference = 0;
	enum sg_rc rc = sg_dns_wire_mx(c->data, c->len, &preference, host);

	ck_assert_msg(rc == c->rc && (rc != SG_OK ||
	    strcmp(host, c->host) == 0), "%s: got %d \"%s\"", c->label, rc,
	    host);
	if (rc == SG_OK)
		ck_assert_uint_eq(preference, 10);
}
END_TEST

static const struct txt_case {
	const char *label;
	const unsigned char *data;
	size_t len;
	enum sg_rc rc;
	const char *want;
	size_t want_len;
} txt_cases[] = {
	{ "one string", BYTES("\3abc"), SG_OK, "abc", 3 },
	{ "B-17 joined", BYTES("\4v=ST\5Sv1; "), SG_OK, "v=STSv1; ", 9 },
	{ "B-17 empty string between", BYTES("\1a\0\1b"), SG_OK, "ab", 2 },
	{ "B-20 NUL within", BYTES("\3a\0b"), SG_OK, "a\0b", 3 },
	{ "B-20 length over the end", BYTES("\5abc"), SG_BAD, "", 0 },
	{ "no string at all", BYTES(""), SG_BAD, "", 0 },
};

START_TEST(test_wire_txt)
{
	const struct txt_case *c = &txt_cases[_i];
	char out[64];
	size_t n;
	enum sg_rc rc = sg_dns_wire_txt(c->data, c->len, out, &n);

	ck_assert_msg(rc == c->rc && (rc != SG_OK || (n == c->want_len &&
	    memcmp(out, c->want, n) == 0)), "%s: got %d, %zu octets",
	    c->label, rc, n);
}
END_TEST

#define HEAD(an, ns) "\0\0\201\200\0\1\0" an "\0" ns "\0\0\1a\0\0\20\0\1"
#define RR(type) "\300\014\0" type "\0\1\0\0\0\1\0\1x"

static const struct referral_case {
	const char *label;
	const unsigned char *data;
	size_t len;
	bool want;
} referral_cases[] = {
	{ "NS only", BYTES(HEAD("\0", "\1") RR("\2")), true },
	{ "SOA", BYTES(HEAD("\0", "\1") RR("\6")), false },
	{ "NS and SOA", BYTES(HEAD("\0", "\2") RR("\2") RR("\6")), false },
	{ "nothing", BYTES(HEAD("\0", "\0")), false },
	{ "NS in the answer does not count", BYTES(HEAD("\1", "\0") RR("\2")),
	    false },
	{ "cut short", BYTES(HEAD("\0", "\1") "\300\014\0\2"), false },
	{ "header only", BYTES("\0\0\201\200\0\1\0\0\0\1\0\0"), false },
	{ "too short", BYTES("\0\0"), false },
};

START_TEST(test_wire_referral)
{
	const struct referral_case *c = &referral_cases[_i];

	ck_assert_msg(sg_dns_wire_is_referral(c->data, c->len) == c->want,
	    "%s: got %d", c->label, !c->want);
}
END_TEST

/* --- anchors ------------------------------------------------------------ */

static const struct anchors_case {
	const char *label, *text;
	size_t n;
	const char *first, *last;
} anchors_cases[] = {
	{ "root, twice", ". IN DNSKEY 257 3 8 AA== ; one\n"
	    ". 86400 IN DS 20326 8 2 E06D\n", 1, ".", "." },
	{ "two names", "Test. DS 1 13 2 AA\n\nb.example.\tIN\tDNSKEY 257\n",
	    2, "test", "b.example" },
	{ "comments and continuations", "; . IN DS 1\n\t( DNSKEY )\n"
	    "x.test. IN DNSKEY 257 3 13 ( ; split\n\tAAAA )\n", 1, "x.test",
	    "x.test" },
};

START_TEST(test_anchors)
{
	const struct anchors_case *c = &anchors_cases[_i];
	struct sg_anchors a;
	struct sg_err err = { 0 };
	char path[] = "/tmp/stsgate-anchor.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, c->text, strlen(c->text)),
	    (ssize_t)strlen(c->text));
	close(fd);
	ck_assert_msg(sg_anchors_read(path, &a, &err) == SG_OK, "%s: %s",
	    c->label, err.text);
	unlink(path);
	ck_assert_uint_eq(a.n, c->n);
	ck_assert_str_eq(a.owner[0], c->first);
	ck_assert_str_eq(a.owner[a.n - 1], c->last);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dns_wire");
	TCase *tc = tcase_create("dns_wire");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_wire_mx, 0, (int)N(wire_cases));
	tcase_add_loop_test(tc, test_wire_txt, 0, (int)N(txt_cases));
	tcase_add_loop_test(tc, test_wire_referral, 0,
	    (int)N(referral_cases));
	tcase_add_loop_test(tc, test_anchors, 0, (int)N(anchors_cases));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
