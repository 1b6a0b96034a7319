/* SPDX-License-Identifier: ISC */
/*
 * test_nexthop.c - where mail goes: keys as people and maps write them, and
 * {rcpt_host} as Postfix and Sendmail were seen to send it (STANDARDS A-02,
 *
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/nexthop.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LONG240 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa." \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa." \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa." \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name, *input;
	enum sg_rc want;
	const char *key;
} keys[] = {
	{ "A-18 domain", "good.test", SG_OK, "good.test" },
	{ "A-18 domain and port", "good.test:587", SG_OK, "good.test:587" },
	{ "A-18 host", "[mx.good.test]", SG_OK, "[mx.good.test]" },
	{ "A-18 host and port", "[mx.good.test]:587", SG_OK,
	    "[mx.good.test]:587" },
	{ "A-18 the port that needs no word", "[mx.good.test]:25", SG_OK,
	    "[mx.good.test]" },
	{ "A-10 case and dot", "GOOD.Test.", SG_OK, "good.test" },
	{ "A-10 in brackets", "[MX.Good.test.]", SG_OK, "[mx.good.test]" },
	{ "A-10 dot and port", "good.test.:26", SG_OK, "good.test:26" },
	{ "A-13 U-label", "b\xc3\xbc" "cher.test", SG_OK,
	    "xn--bcher-kva.test" },
	{ "A-13 U-label in brackets", "[mx.b\xc3\xbc" "cher.test]:26", SG_OK,
	    "[mx.xn--bcher-kva.test]:26" },
	{ "A-18 IPv4 literal", "[192.0.2.1]", SG_NONE, "" },
	{ "A-18 IPv4 literal and port", "[192.0.2.1]:25", SG_NONE, "" },
	{ "A-04 IPv6 literal", "[IPv6:2001:db8::1]", SG_NONE, "" },
	{ "A-04 IPv6 literal, bare", "[2001:db8::1]:587", SG_NONE, "" },
	{ "A-04 IPv4 without brackets", "192.0.2.1", SG_NONE, "" },
	{ "A-16 local socket", "unix:/run/lmtp", SG_NONE, "" },
	{ "A-16 path", "/run/lmtp", SG_NONE, "" },
	{ "A-18 a host named unix", "unix:587", SG_OK, "unix:587" },
	{ "A-06 parent", ".good.test", SG_BAD, "" },
	{ "empty", "", SG_BAD, "" },
	{ "empty brackets", "[]", SG_BAD, "" },
	{ "open bracket", "[mx.good.test", SG_BAD, "" },
	{ "closing bracket", "mx.good.test]", SG_BAD, "" },
	{ "text behind the bracket", "[mx.good.test]x", SG_BAD, "" },
	{ "port 0", "good.test:0", SG_BAD, "" },
	{ "port 65535", "good.test:65535", SG_OK, "good.test:65535" },
	{ "port 65536", "good.test:65536", SG_BAD, "" },
	{ "port of six digits", "good.test:000025", SG_BAD, "" },
	{ "port with a sign", "good.test:+25", SG_BAD, "" },
	{ "no port behind the colon", "good.test:", SG_BAD, "" },
	{ "only a port", ":25", SG_BAD, "" },
	{ "A-14 broken IDN", "b\xc3.test", SG_BAD, "" },
	{ "T14 line feed", "good.test\n", SG_BAD, "" },
	{ "T14 blank", "good.test evil.test", SG_BAD, "" },
	{ "T15 percent", "good%2etest", SG_BAD, "" },
	{ "longest host and port", "[" LONG240 "]:65535", SG_OK,
	    "[" LONG240 "]:65535" },
};

START_TEST(test_key)
{
	struct sg_err err = { .text = "" };
	struct sg_nexthop hop, again;
	char key[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc = sg_nexthop_parse(keys[_i].input, &hop, &err);

	ck_assert_msg(rc == keys[_i].want, "%s: got rc %d \"%s\" (%s), want "
	    "rc %d", keys[_i].name, rc, hop.name, err.text, keys[_i].want);
	if (rc == SG_BAD) {
		ck_assert_msg(err.text[0] != '\0', "%s: no reason",
		    keys[_i].name);
		for (const char *s = err.text; *s != '\0'; s++)
			ck_assert_msg(*s >= 0x20 && *s < 0x7f,
			    "%s: byte %02x in \"%s\"", keys[_i].name,
			    (unsigned char)*s, err.text);
	}
	if (rc != SG_OK)
		return;
	ck_assert_msg(strcmp(sg_nexthop_key(&hop, key), keys[_i].key) == 0,
	    "%s: got %s, want %s", keys[_i].name, key, keys[_i].key);
	ck_assert_int_eq(sg_nexthop_parse(key, &again, NULL), SG_OK);
	ck_assert_msg(memcmp(&hop, &again, sizeof(hop)) == 0,
	    "%s: %s is not read as it was written", keys[_i].name, key);
}
END_TEST

/* want: the keys, with blanks between them. */
static const struct {
	const char *name, *mailer, *host;
	enum sg_rc want;
	const char *keys;
} macros[] = {
	{ "LAB Postfix, domain", "smtp", "good.test", SG_OK, "good.test" },
	{ "LAB Postfix, as typed", "smtp", "GOOD.Test", SG_OK, "good.test" },
	{ "LAB Sendmail, domain", "esmtp", "good.test.", SG_OK, "good.test" },
	{ "LAB Postfix, transport", "smtp", "[mx.good.test]:2525", SG_OK,
	    "[mx.good.test]:2525" },
	{ "LAB Postfix, relayhost (A-02)", "smtp", "[mx.good.test]", SG_OK,
	    "[mx.good.test]" },
	{ "LAB relay transport", "relay", "good.test", SG_OK, "good.test" },
	{ "LAB transport of one's own", "smtp-slow", "good.test:26", SG_OK,
	    "good.test:26" },
	{ "LAB Sendmail, mailertable", "esmtp", "[mx.good.test]", SG_OK,
	    "[mx.good.test]" },
	{ "LAB Sendmail, fallback", "esmtp", "mx.good.test:mx2.good.test",
	    SG_OK, "mx.good.test mx2.good.test" },
	{ "LAB Sendmail, fallback in brackets", "esmtp", "[a.test]:[b.test]",
	    SG_OK, "[a.test] [b.test]" },
	{ "LAB Sendmail, one label each", "esmtp", "[a]:[b]", SG_OK,
	    "[a] [b]" },
	{ "Sendmail, both kinds", "relay", "[a.test]:b.test.", SG_OK,
	    "[a.test] b.test" },
	{ "Sendmail, three", "esmtp", "a.test:b.test:c.test", SG_OK,
	    "a.test b.test c.test" },
	{ "Postfix, list with commas", "smtp", "[a.test]:587, [b.test]",
	    SG_OK, "[a.test]:587 [b.test]" },
	{ "Postfix, list with blanks", "smtp", "a.test b.test:26", SG_OK,
	    "a.test b.test:26" },
	{ "list with a tab", "smtp", "a.test\tb.test", SG_OK,
	    "a.test b.test" },
	{ "Postfix, service by name", "smtp", "[mx.good.test]:submission",
	    SG_OK, "[mx.good.test]:587" },
	{ "Postfix, service by name in a list", "smtp",
	    "[a.test]:smtp, b.test:submissions", SG_OK,
	    "[a.test] b.test:465" },
	{ "Sendmail, fallback that only begins so", "esmtp",
	    "a.test:smtp.test", SG_OK, "a.test smtp.test" },
	{ "port, then fallback", "smtp", "[a.test]:26:[b.test]:27", SG_OK,
	    "[a.test]:26 [b.test]:27" },
	{ "name that begins with digits", "esmtp", "a.test:3com.test", SG_OK,
	    "a.test 3com.test" },
	{ "separators around", "smtp", " ,a.test,, ", SG_OK, "a.test" },
	{ "LAB SMTPUTF8 (A-13)", "smtp", "b\xc3\xbc" "cher.test", SG_OK,
	    "xn--bcher-kva.test" },
	{ "A-13 in a list", "smtp", "[b\xc3\xbc" "cher.test]:26 a.test",
	    SG_OK, "[xn--bcher-kva.test]:26 a.test" },
	{ "LAB address literal (A-04)", "smtp", "[127.0.0.11]", SG_NONE, "" },
	{ "A-04 IPv6 literal", "smtp", "[IPv6:2001:db8::1]", SG_NONE, "" },
	{ "A-04 IPv6 literal and port", "smtp", "[2001:db8::1]:26", SG_NONE,
	    "" },
	{ "A-04 two literals", "esmtp", "[192.0.2.1]:[192.0.2.2]", SG_NONE,
	    "" },
	{ "A-04 literal and name: the name counts", "esmtp",
	    "[192.0.2.1]:[mx.good.test]", SG_OK, "[mx.good.test]" },
	{ "LAB lmtp", "lmtp", "unix:/run/dovecot/lmtp", SG_NONE, "" },
	{ "LAB unix socket, odd mailer", "smtp", "unix:/x", SG_NONE, "" },
	{ "A-16 path", "smtp", "/var/run/x", SG_NONE, "" },
	{ "LAB local", "local", "", SG_NONE, "" },
	{ "LAB error (rejected by the MTA)", "error", "5.7.1", SG_NONE, "" },
	{ "A-16 Postfix virtual", "virtual", "good.test", SG_NONE, "" },
	{ "A-16 discard", "discard", "good.test", SG_NONE, "" },
	{ "A-16 pipe", "pipe", "good.test", SG_NONE, "" },
	{ "A-16 Sendmail prog", "prog", "good.test", SG_NONE, "" },
	{ "A-16 Sendmail file", "*file*", "", SG_NONE, "" },
	{ "A-16 procmail", "procmail", "x", SG_NONE, "" },
	{ "A-16 case", "LOCAL", "good.test", SG_NONE, "" },
	{ "A-16 not a prefix", "local-out", "good.test", SG_OK, "good.test" },
	{ "no host", "smtp", "", SG_NONE, "" },
	{ "A-14 nothing is skipped", "esmtp", "good.test:a..test", SG_BAD,
	    "" },
	{ "A-14 unfit in front", "esmtp", "a_-.test:good.test", SG_BAD, "" },
	{ "A-14 bad IDN", "smtp", "b\xc3.test", SG_BAD, "" },
	{ "A-14 IPv6 without brackets", "smtp", "2001:db8::1", SG_BAD, "" },
	{ "A-14 open bracket", "smtp", "[mx.good.test", SG_BAD, "" },
	{ "A-14 open bracket in a list", "esmtp", "[a.test:[b.test]", SG_BAD,
	    "" },
	{ "A-14 port too high", "smtp", "[a.test]:70000", SG_BAD, "" },
	{ "A-14 text behind the bracket", "smtp", "[a.test]b.test", SG_BAD,
	    "" },
	{ "T14 control", "smtp", "good.test\r", SG_BAD, "" },
	{ "eight", "esmtp", "a.t:b.t:c.t:d.t:e.t:f.t:g.t:h.t", SG_OK,
	    "a.t b.t c.t d.t e.t f.t g.t h.t" },
	{ "nine", "esmtp", "a.t:b.t:c.t:d.t:e.t:f.t:g.t:h.t:i.t", SG_BAD,
	    "" },
};

START_TEST(test_macros)
{
	struct sg_nexthop hops[SG_NEXTHOP_MAX];
	struct sg_err err = { .text = "" };
	char got[1024] = "", key[SG_NEXTHOP_KEY_SIZE];
	size_t n = 99, used = 0;
	enum sg_rc rc = sg_nexthop_from_mta(macros[_i].mailer, macros[_i].host,
	    hops, &n, &err);

	for (size_t i = 0; rc == SG_OK && i < n; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used,
		    "%s%s", i > 0 ? " " : "", sg_nexthop_key(&hops[i], key));
	ck_assert_msg(rc == macros[_i].want &&
	    strcmp(got, macros[_i].keys) == 0,
	    "%s: got rc %d \"%s\" (%s), want rc %d \"%s\"", macros[_i].name,
	    rc, got, err.text, macros[_i].want, macros[_i].keys);
	if (rc == SG_NONE)
		ck_assert_uint_eq(n, 0);
	if (rc == SG_BAD)
		ck_assert_msg(err.text[0] != '\0', "%s: no reason",
		    macros[_i].name);
}
END_TEST

START_TEST(test_long)
{
	struct sg_nexthop hops[SG_NEXTHOP_MAX];
	char host[10001];
	size_t n;

	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	ck_assert_int_eq(sg_nexthop_from_mta("smtp", host, hops, &n, NULL),
	    SG_BAD);
	memset(host, '[', sizeof(host) - 1);
	ck_assert_int_eq(sg_nexthop_from_mta("smtp", host, hops, &n, NULL),
	    SG_BAD);
	host[2000] = '\0';
	ck_assert_int_eq(sg_nexthop_from_mta("smtp", host, hops, &n, NULL),
	    SG_BAD);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nexthop");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_key, 0, (int)N(keys));
	tcase_add_loop_test(tc, test_macros, 0, (int)N(macros));
	tcase_add_test(tc, test_long);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
