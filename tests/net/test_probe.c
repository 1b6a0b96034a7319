/* SPDX-License-Identifier: ISC */
/*
 * The prober's states: each step of the conversation, and what may happen
 * there (THREATS 1.1, STANDARDS M); addresses in turn; what it is polite to.
 */
#include <sys/resource.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/probe_bench.h"

#define OK SG_PROBE_OK
#define FAIL SG_PROBE_FAIL
#define AWAY SG_PROBE_UNREACHABLE
#define UNTESTED SG_PROBE_UNTESTED
#define NONE SG_REASON_NONE
#define NO_TLS SG_REASON_STARTTLS_NOT_SUPPORTED
#define INJECTED SG_REASON_STARTTLS_INJECTION
#define BROKEN SG_REASON_VALIDATION_FAILURE
#define GONE SG_REASON_UNREACHABLE
#define LATE SG_REASON_TIMEOUT

/* in front of which step, with what length */
#define SAYS(step, text) { .at = (step), .say = (text), \
	.say_len = sizeof(text) - 1 }
#define DOES(step, what) { .at = (step), .how = (what) }
#define DOES_WITH(step, what, text) { .at = (step), .how = (what), \
	.say = (text), .say_len = sizeof(text) - 1 }

#define K1 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A512 A64 A64 A64 A64 A64 A64 A64 A64
#define A2048 A512 A512 A512 A512

enum { SILENT = 0, QUITS = 1 }; /* is QUIT said? */

static const struct row {
	const char *name;
	struct mx_script script;
	enum sg_probe_state state;
	enum sg_reason reason;
	int quits;
} table[] = {
	{ "good", { .at = MX_QUIT }, OK, NONE, QUITS },
	/* --- banner --- */
	{ "banner 220 without text: M-01", SAYS(MX_BANNER, "220\r\n"), OK, NONE,
	    QUITS },
	{ "banner, lines: M-02", SAYS(MX_BANNER, "220-a\r\n220-b\r\n220 c\r\n"),
	    OK, NONE, QUITS },
	{ "banner, bare LF: M-05", SAYS(MX_BANNER, "220-a\n220 c\n"), OK, NONE,
	    QUITS },
	{ "banner 250: M-09", SAYS(MX_BANNER, "250 hm\r\n"), AWAY, GONE,
	    QUITS },
	{ "banner 354", SAYS(MX_BANNER, "354 hm\r\n"), AWAY, GONE, QUITS },
	{ "banner 450: M-09", SAYS(MX_BANNER, "450 later\r\n"), AWAY, GONE,
	    QUITS },
	{ "banner 421: T19", SAYS(MX_BANNER, "421 busy\r\n"), AWAY, GONE,
	    SILENT },
	{ "banner 554: M-09", SAYS(MX_BANNER, "554 go away\r\n"), AWAY, GONE,
	    QUITS },
	{ "banner, codes differ: M-02", SAYS(MX_BANNER, "220-a\r\n250 b\r\n"),
	    AWAY, GONE, SILENT },
	{ "banner garbage", SAYS(MX_BANNER, "SSH-2.0-OpenSSH_9.2\r\n"), AWAY,
	    GONE, SILENT },
	{ "banner NUL", SAYS(MX_BANNER, "220 a\0b\r\n"), AWAY, GONE, SILENT },
	{ "banner, bare CR: M-05", SAYS(MX_BANNER, "220 a\rb\r\n"), AWAY, GONE,
	    SILENT },
	{ "banner EOF", DOES(MX_BANNER, MX_CLOSE), AWAY, GONE, SILENT },
	{ "banner cut", DOES_WITH(MX_BANNER, MX_SAY_CLOSE, "220 mx.test"),
	    AWAY, GONE, SILENT },
	{ "banner reset", DOES(MX_BANNER, MX_RESET), AWAY, GONE, SILENT },
	{ "banner hang", DOES(MX_BANNER, MX_HANG), AWAY, LATE, SILENT },
	{ "banner drip: T12", DOES_WITH(MX_BANNER, MX_DRIP, "220-a\r\n"), AWAY,
	    LATE, SILENT },
	{ "banner overlong: M-04", SAYS(MX_BANNER, "220 " A2048 "\r\n"), AWAY,
	    GONE, SILENT },
	{ "banner, endless line", DOES_WITH(MX_BANNER, MX_ENDLESS, A64), AWAY,
	    GONE, SILENT },
	{ "banner, endless lines", DOES_WITH(MX_BANNER, MX_ENDLESS, "220-\r\n"),
	    AWAY, GONE, SILENT },
	{ "banner and more: out of turn", SAYS(MX_BANNER, "220 a\r\n250 b\r\n"),
	    AWAY, GONE, SILENT },
	/* --- EHLO --- */
	{ "EHLO 299: M-03", SAYS(MX_EHLO, "299-a\r\n299 STARTTLS\r\n"), OK,
	    NONE, QUITS },
	{ "EHLO, lower case, parameter: M-08",
	    SAYS(MX_EHLO, "250-a\r\n250 startTLS foo\r\n"), OK, NONE, QUITS },
	{ "EHLO, bare LF: M-05", SAYS(MX_EHLO, "250-a\n250 STARTTLS\n"), OK,
	    NONE, QUITS },
	{ "EHLO without STARTTLS: V-06", SAYS(MX_EHLO, "250-a\r\n250 SIZE\r\n"),
	    FAIL, NO_TLS, QUITS },
	{ "EHLO, mangled: M-19", SAYS(MX_EHLO, "250-a\r\n250 XXXXXXXA\r\n"),
	    FAIL, NO_TLS, QUITS },
	{ "EHLO, name STARTTLS: M-08", SAYS(MX_EHLO, "250 STARTTLS\r\n"), FAIL,
	    NO_TLS, QUITS },
	{ "EHLO, STARTTLS is not first: M-08",
	    SAYS(MX_EHLO, "250-a\r\n250-X STARTTLS\r\n250 STARTTLSX\r\n"),
	    FAIL, NO_TLS, QUITS },
	{ "EHLO 354", SAYS(MX_EHLO, "354 hm\r\n"), AWAY, GONE, QUITS },
	{ "EHLO 450", SAYS(MX_EHLO, "450 later\r\n"), AWAY, GONE, QUITS },
	{ "EHLO 421: T19", SAYS(MX_EHLO, "421 busy\r\n"), AWAY, GONE, SILENT },
	{ "EHLO 502: M-07", SAYS(MX_EHLO, "502 HELO please\r\n"), FAIL, NO_TLS,
	    QUITS },
	{ "EHLO 500: M-07", SAYS(MX_EHLO, "500 what?\r\n"), FAIL, NO_TLS,
	    QUITS },
	{ "EHLO, codes differ: M-02",
	    SAYS(MX_EHLO, "250-STARTTLS\r\n550 STARTTLS\r\n"), AWAY, GONE,
	    SILENT },
	{ "EHLO 999: M-03", SAYS(MX_EHLO, "999 a\r\n"), AWAY, GONE, SILENT },
	{ "EHLO garbage", SAYS(MX_EHLO, "\377\376\n"), AWAY, GONE, SILENT },
	{ "EHLO NUL", SAYS(MX_EHLO, "250-a\r\n250 STARTTLS\0\r\n"), AWAY, GONE,
	    SILENT },
	{ "EHLO EOF: M-11", DOES(MX_EHLO, MX_CLOSE), AWAY, GONE, SILENT },
	{ "EHLO reset", DOES(MX_EHLO, MX_RESET), AWAY, GONE, SILENT },
	{ "EHLO hang", DOES(MX_EHLO, MX_HANG), AWAY, LATE, SILENT },
	{ "EHLO drip: T12", DOES_WITH(MX_EHLO, MX_DRIP, "250-a\r\n"), AWAY,
	    LATE, SILENT },
	{ "EHLO overlong: M-04", SAYS(MX_EHLO, "250-a\r\n250 " A2048 "\r\n"),
	    AWAY, GONE, SILENT },
	{ "EHLO, endless lines", DOES_WITH(MX_EHLO, MX_ENDLESS, "250-" K1),
	    AWAY, GONE, SILENT },
	{ "EHLO and more: an answer before its question",
	    SAYS(MX_EHLO, "250-a\r\n250 STARTTLS\r\n220 go\r\n"), AWAY, GONE,
	    SILENT },
	/* --- STARTTLS --- */
	{ "STARTTLS 220, lines", SAYS(MX_STARTTLS, "220-a\r\n220 b\r\n"), OK,
	    NONE, QUITS },
	{ "STARTTLS 220 alone: M-01", SAYS(MX_STARTTLS, "220\r\n"), OK, NONE,
	    QUITS },
	{ "STARTTLS 250: M-12", SAYS(MX_STARTTLS, "250 hm\r\n"), FAIL, NO_TLS,
	    QUITS },
	{ "STARTTLS 354", SAYS(MX_STARTTLS, "354 hm\r\n"), FAIL, NO_TLS,
	    QUITS },
	{ "STARTTLS 454: M-12", SAYS(MX_STARTTLS, "454 no key\r\n"), FAIL,
	    NO_TLS, QUITS },
	{ "STARTTLS 421: T19", SAYS(MX_STARTTLS, "421 busy\r\n"), AWAY, GONE,
	    SILENT },
	{ "STARTTLS 501: M-12", SAYS(MX_STARTTLS, "501 syntax\r\n"), FAIL,
	    NO_TLS, QUITS },
	{ "STARTTLS 503", SAYS(MX_STARTTLS, "503-a\r\n503 b\r\n"), FAIL, NO_TLS,
	    QUITS },
	{ "STARTTLS, codes differ: M-12",
	    SAYS(MX_STARTTLS, "220-a\r\n250 b\r\n"), AWAY, GONE, SILENT },
	{ "STARTTLS garbage", SAYS(MX_STARTTLS, "220go\r\n"), AWAY, GONE,
	    SILENT },
	{ "STARTTLS NUL", SAYS(MX_STARTTLS, "220 \0\r\n"), AWAY, GONE, SILENT },
	{ "STARTTLS EOF: M-11", DOES(MX_STARTTLS, MX_CLOSE), AWAY, GONE,
	    SILENT },
	{ "STARTTLS reset", DOES(MX_STARTTLS, MX_RESET), AWAY, GONE, SILENT },
	{ "STARTTLS hang", DOES(MX_STARTTLS, MX_HANG), AWAY, LATE, SILENT },
	{ "STARTTLS overlong: M-04", SAYS(MX_STARTTLS, "220 " A2048 "\r\n"),
	    AWAY, GONE, SILENT },
	/* --- M-15: clear text behind the 220 --- */
	{ "injection, one segment", SAYS(MX_STARTTLS, "220 go\r\n250-x\r\n"
	    "250 REQUIRETLS\r\n"), FAIL, INJECTED, SILENT },
	{ "injection, fragment", SAYS(MX_STARTTLS, "220 go\r\n250-REQ"), FAIL,
	    INJECTED, SILENT },
	{ "injection, one octet", SAYS(MX_STARTTLS, "220 go\r\n\n"), FAIL,
	    INJECTED, SILENT },
	{ "injection of a TLS record", SAYS(MX_STARTTLS,
	    "220 go\r\n\x15\x03\x03\x00\x02\x01\x00"), FAIL, INJECTED, SILENT },
	{ "injection, two segments", { .at = MX_QUIT,
	    .late = "250-x\r\n250 REQUIRETLS\r\n" }, FAIL, INJECTED, SILENT },
	{ "injection, two segments, fragment", { .at = MX_QUIT,
	    .late = "250-REQ" }, FAIL, INJECTED, SILENT },
	/* --- the handshake --- */
	{ "handshake 2xx", SAYS(MX_HANDSHAKE, "250 a\r\n"), FAIL, INJECTED,
	    SILENT },
	{ "handshake 3xx", SAYS(MX_HANDSHAKE, "354 a\r\n"), FAIL, INJECTED,
	    SILENT },
	{ "handshake 4xx", SAYS(MX_HANDSHAKE, "454 a\r\n"), FAIL, INJECTED,
	    SILENT },
	{ "handshake 5xx", SAYS(MX_HANDSHAKE, "554 a\r\n"), FAIL, INJECTED,
	    SILENT },
	{ "handshake, lines", SAYS(MX_HANDSHAKE, "250-a\r\n250 b\r\n"), FAIL,
	    INJECTED, SILENT },
	{ "handshake NUL", SAYS(MX_HANDSHAKE, "\0"), FAIL, INJECTED, SILENT },
	{ "handshake garbage", DOES_WITH(MX_HANDSHAKE, MX_SAY_CLOSE,
	    "\x16\x03\x03\x00\x04oops"), FAIL, BROKEN, SILENT },
	{ "handshake alert", DOES_WITH(MX_HANDSHAKE, MX_SAY_CLOSE,
	    "\x15\x03\x03\x00\x02\x02\x28"), FAIL, BROKEN, SILENT },
	{ "handshake EOF", DOES(MX_HANDSHAKE, MX_CLOSE), FAIL, BROKEN, SILENT },
	{ "handshake reset", DOES(MX_HANDSHAKE, MX_RESET), FAIL, BROKEN,
	    SILENT },
	{ "handshake timeout", DOES(MX_HANDSHAKE, MX_HANG), AWAY, LATE,
	    SILENT },
	{ "handshake overlong", DOES_WITH(MX_HANDSHAKE, MX_ENDLESS,
	    "\x16\x03\x03\x40\x00" A512), FAIL, BROKEN, SILENT },
	{ "handshake, certificates without end", DOES_WITH(MX_HANDSHAKE,
	    MX_ENDLESS, "\x16\x03\x03\x00\x04\x02\xff\xff\xff"), FAIL, BROKEN,
	    SILENT },
	/* --- EHLO within TLS --- */
	{ "TLS EHLO 250 alone", SAYS(MX_EHLO_TLS, "250\r\n"), OK, NONE, QUITS },
	{ "TLS EHLO, STARTTLS once more: M-16", SAYS(MX_EHLO_TLS,
	    "250-a\r\n250 STARTTLS\r\n"), OK, NONE, QUITS },
	{ "TLS EHLO 354", SAYS(MX_EHLO_TLS, "354 hm\r\n"), AWAY, GONE, QUITS },
	{ "TLS EHLO 450", SAYS(MX_EHLO_TLS, "450 hm\r\n"), AWAY, GONE, QUITS },
	{ "TLS EHLO 421: T19", SAYS(MX_EHLO_TLS, "421 busy\r\n"), AWAY, GONE,
	    SILENT },
	{ "TLS EHLO 550", SAYS(MX_EHLO_TLS, "550 hm\r\n"), AWAY, GONE, QUITS },
	{ "TLS EHLO, codes differ", SAYS(MX_EHLO_TLS, "250-a\r\n550 b\r\n"),
	    AWAY, GONE, SILENT },
	{ "TLS EHLO garbage", SAYS(MX_EHLO_TLS, "hello\r\n"), AWAY, GONE,
	    SILENT },
	{ "TLS EHLO NUL", SAYS(MX_EHLO_TLS, "250 \0\r\n"), AWAY, GONE, SILENT },
	{ "TLS EHLO EOF: M-18", DOES(MX_EHLO_TLS, MX_CLOSE), FAIL, BROKEN,
	    SILENT },
	{ "TLS EHLO reset: M-18", DOES(MX_EHLO_TLS, MX_RESET), FAIL, BROKEN,
	    SILENT },
	{ "TLS EHLO timeout", DOES(MX_EHLO_TLS, MX_HANG), AWAY, LATE, SILENT },
	{ "TLS EHLO drip: T12", DOES_WITH(MX_EHLO_TLS, MX_DRIP, "250-a\r\n"),
	    AWAY, LATE, SILENT },
	{ "TLS EHLO overlong", SAYS(MX_EHLO_TLS, "250 " A2048 "\r\n"), AWAY,
	    GONE, SILENT },
	{ "TLS EHLO, endless", DOES_WITH(MX_EHLO_TLS, MX_ENDLESS, "250-\r\n"),
	    AWAY, GONE, SILENT },
	{ "alert after Finished: M-18", { .at = MX_QUIT,
	    .wants_client_cert = 1 }, FAIL, BROKEN, SILENT },
	/* --- QUIT: all was said before --- */
	{ "QUIT 2xx", SAYS(MX_QUIT, "250 a\r\n"), OK, NONE, QUITS },
	{ "QUIT 3xx", SAYS(MX_QUIT, "354 a\r\n"), OK, NONE, QUITS },
	{ "QUIT 4xx", SAYS(MX_QUIT, "421 a\r\n"), OK, NONE, QUITS },
	{ "QUIT 5xx", SAYS(MX_QUIT, "500 a\r\n"), OK, NONE, QUITS },
	{ "QUIT, lines", SAYS(MX_QUIT, "221-a\r\n221 b\r\n"), OK, NONE, QUITS },
	{ "QUIT garbage", SAYS(MX_QUIT, "hello\r\n"), OK, NONE, QUITS },
	{ "QUIT NUL", SAYS(MX_QUIT, "\0"), OK, NONE, QUITS },
	{ "QUIT EOF", DOES(MX_QUIT, MX_CLOSE), OK, NONE, QUITS },
	{ "QUIT hang", DOES(MX_QUIT, MX_HANG), OK, NONE, QUITS },
	{ "QUIT overlong", DOES_WITH(MX_QUIT, MX_ENDLESS, A512), OK, NONE,
	    QUITS },
};
#define N_ROWS (int)(sizeof(table) / sizeof(table[0]))

static struct probe_bench bench;

static void
set_up(void)
{
	probe_bench_open(&bench);
}

static void
tear_down(void)
{
	probe_bench_close(&bench);
}

static void
check_said(const struct row *row)
{
	struct mx_seen seen;

	if (row->quits)
		ck_assert_msg(probe_bench_sees(&bench, bench.server, "QUIT\n"),
		    "%s: no QUIT", row->name);
	mx_server_seen(bench.server, &seen);
	ck_assert_msg(row->quits || strstr(seen.said, "QUIT") == NULL,
	    "%s: said %s", row->name, seen.said);
	ck_assert_uint_eq(seen.connections, 1);
	probe_bench_check_manners(bench.server, row->name);
}

START_TEST(each_state)
{
	const struct row *row = &table[_i];
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;

	if (row->reason == LATE)
		params.deadline_ms = BENCH_SHORT_MS;
	probe_bench_play(&bench, &row->script, &params, &out);
	ck_assert_msg(out.result.probe.state == row->state &&
	    out.result.probe.reason == row->reason,
	    "%s: got state %d %s (%s), want %d %s", row->name,
	    out.result.probe.state, sg_reason_name(out.result.probe.reason),
	    out.result.probe.detail, row->state, sg_reason_name(row->reason));
	if (row->state == OK)
		ck_assert_int_eq(out.result.probe.level, SG_LEVEL_VERIFY);
	else
		ck_assert_int_eq(out.result.probe.level, SG_LEVEL_NONE);
	ck_assert_msg(out.result.silence ==
	    (strstr(row->name, "421: T19") != NULL), "%s: silence", row->name);
	check_said(row);
}
END_TEST

/* --- what is said, and M-13: nothing between 220 and the handshake ---------- */

START_TEST(conversation)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;
	struct mx_seen seen;

	probe_bench_play(&bench, NULL, &params, &out);
	ck_assert(probe_bench_sees(&bench, bench.server, "QUIT\n"));
	mx_server_seen(bench.server, &seen);
	ck_assert_str_eq(seen.said, "EHLO " BENCH_HELO "\nSTARTTLS\n<TLS>\n"
	    "EHLO " BENCH_HELO "\nQUIT\n");
	ck_assert_str_eq(seen.sni, BENCH_MX); /* V-10 */
	ck_assert(strstr(out.result.probe.detail, "issuer Test CA, for "
	    BENCH_MX) != NULL);
}
END_TEST

/* M-06: a name that is none is not said. */
START_TEST(helo_literal)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	static char bad[] = "localhost";
	struct probe_outcome out;

	bench.config.probe_helo = bad;
	probe_bench_play(&bench, NULL, &params, &out);
	ck_assert(probe_bench_sees(&bench, bench.server,
	    "EHLO [127.0.0.1]\n"));
}
END_TEST

#define RTLS "250-mx.test\r\n250 requiretls\r\n"
#define RTLS_CLEAR "250-mx.test\r\n250-REQUIRETLS\r\n250 STARTTLS\r\n"

static const struct {
	const char *name, *clear, *tls;
	bool want;
} requiretls[] = {
	{ "M-14: in clear only", RTLS_CLEAR, NULL, false },
	{ "M-14: within TLS only", NULL, RTLS, true },
	{ "both", RTLS_CLEAR, RTLS, true },
	{ "neither", NULL, NULL, false },
	{ "M-08: a name", NULL, "250 REQUIRETLS\r\n", false },
};

START_TEST(requiretls_offered)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct mx_script script = { .at = MX_QUIT,
		.ehlo = requiretls[_i].clear, .ehlo_tls = requiretls[_i].tls };
	struct probe_outcome out;

	probe_bench_play(&bench, &script, &params, &out);
	ck_assert_int_eq(out.result.probe.state, OK);
	ck_assert_msg(out.result.probe.requiretls == requiretls[_i].want, "%s",
	    requiretls[_i].name);
}
END_TEST

/* T14: a peer's words, escaped. */
START_TEST(words_escaped)
{
	static const struct mx_script script = SAYS(MX_BANNER,
	    "554 \"\033[31m%s\\{\200\r\n");
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;

	probe_bench_play(&bench, &script, &params, &out);
	ck_assert_str_eq(out.result.probe.detail, "greeting: answered 554"
	    " \"\\x22\\x1b[31m%s\\x5c{\\x80\"");
}
END_TEST

/* --- addresses ---------------------------------------------------------- */

static struct mx_server *
second_server(const char *addr, const struct mx_script *script)
{
	struct mx_server *s = mx_server_start(addr,
	    mx_server_port(bench.server), test_ca_host(bench.ca, BENCH_MX));

	if (s != NULL)
		mx_server_load(s, script);
	return (s);
}

static const struct mx_script no_tls = SAYS(MX_EHLO, "250 a\r\n");
static const struct mx_script hang = DOES(MX_BANNER, MX_HANG);
static const struct mx_script expired_later = SAYS(MX_BANNER, "554 no\r\n");

/* 127.0.0.9 refuses, 10.0.0.1 is not permitted */
static const struct {
	const char *name;
	const char *addrs[10];
	const struct mx_script *first, *second; /* 127.0.0.1, 127.0.0.2 */
	enum sg_probe_state state;
	enum sg_reason reason;
	unsigned connections[2];
} turns[] = {
	{ "M-21: one good", { "127.0.0.9", "127.0.0.1" }, NULL, NULL, OK, NONE,
	    { 1, 0 } },
	{ "M-21: without TLS, then good", { "127.0.0.1", "127.0.0.2" }, &no_tls,
	    NULL, OK, NONE, { 1, 1 } },
	{ "the first good one is enough", { "127.0.0.2", "127.0.0.1" }, NULL,
	    NULL, OK, NONE, { 0, 1 } },
	{ "one hangs", { "127.0.0.1", "127.0.0.2" }, &hang, NULL, OK, NONE,
	    { 1, 1 } },
	{ "a failure tells more than silence", { "127.0.0.1", "127.0.0.9" },
	    &no_tls, NULL, FAIL, NO_TLS, { 1, 0 } },
	{ "in any order", { "127.0.0.9", "127.0.0.1" }, &no_tls, NULL, FAIL,
	    NO_TLS, { 1, 0 } },
	{ "all away", { "127.0.0.9", "127.0.0.1" }, &expired_later, NULL, AWAY,
	    GONE, { 1, 0 } },
	{ "T10: not permitted", { "10.0.0.1", "169.254.169.254" }, NULL, NULL,
	    UNTESTED, SG_REASON_SPECIAL_USE_ADDRESS, { 0, 0 } },
	{ "T10: one permitted", { "10.0.0.1", "127.0.0.1" }, NULL, NULL, OK,
	    NONE, { 1, 0 } },
	{ "away tells more than not permitted", { "10.0.0.1", "127.0.0.9" },
	    NULL, NULL, AWAY, GONE, { 0, 0 } },
	{ "T13: eight are tried", { "127.0.0.9", "127.0.0.10", "127.0.0.11",
	    "127.0.0.12", "127.0.0.13", "127.0.0.14", "127.0.0.15",
	    "127.0.0.16", "127.0.0.1" }, NULL, NULL, AWAY, GONE, { 0, 0 } },
	{ "T19: once an address and second", { "127.0.0.1", "127.0.0.1" },
	    &expired_later, NULL, AWAY, GONE, { 1, 0 } },
	{ "no address", { NULL }, NULL, NULL, UNTESTED, SG_REASON_NOT_PROBED,
	    { 0, 0 } },
};

START_TEST(addresses_in_turn)
{
	struct sg_addr addrs[10];
	struct sg_probe_params params = probe_bench_params(&bench);
	struct mx_server *other = second_server("127.0.0.2", turns[_i].second);
	struct probe_outcome out;
	struct mx_seen seen[2];

	ck_assert_ptr_nonnull(other);
	params.addrs = addrs;
	params.deadline_ms = turns[_i].first == &hang ? 2000
	    : BENCH_DEADLINE_MS;
	for (params.n_addrs = 0; turns[_i].addrs[params.n_addrs] != NULL;
	    params.n_addrs++)
		sg_addr_parse(turns[_i].addrs[params.n_addrs],
		    &addrs[params.n_addrs]);
	probe_bench_play(&bench, turns[_i].first, &params, &out);
	ck_assert_msg(out.result.probe.state == turns[_i].state &&
	    out.result.probe.reason == turns[_i].reason, "%s: got %d %s (%s)",
	    turns[_i].name, out.result.probe.state,
	    sg_reason_name(out.result.probe.reason), out.result.probe.detail);
	mx_server_seen(bench.server, &seen[0]);
	mx_server_seen(other, &seen[1]);
	ck_assert_uint_eq(seen[0].connections, turns[_i].connections[0]);
	ck_assert_uint_eq(seen[1].connections, turns[_i].connections[1]);
	sg_prober_free(&bench.prober);
	mx_server_stop(&other);
}
END_TEST

START_TEST(ipv6)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct mx_server *other = second_server("::1", NULL);
	struct probe_outcome out;
	struct sg_addr addr;

	if (other == NULL) /* a host without IPv6 */
		return;
	sg_addr_parse("::1", &addr);
	params.addrs = &addr;
	probe_bench_play(&bench, NULL, &params, &out);
	ck_assert_int_eq(out.result.probe.state, OK);
	sg_prober_free(&bench.prober);
	mx_server_stop(&other);
}
END_TEST

/* T10: the guard is asked at connect, and nothing is sent. */
START_TEST(guarded)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;
	struct mx_seen seen;

	bench.config.n_allow_networks = 0;
	probe_bench_play(&bench, NULL, &params, &out);
	ck_assert_int_eq(out.result.probe.state, UNTESTED);
	ck_assert_int_eq(out.result.probe.reason,
	    SG_REASON_SPECIAL_USE_ADDRESS);
	mx_server_seen(bench.server, &seen);
	ck_assert_uint_eq(seen.connections, 0);
}
END_TEST

/* THREATS 0.2: that we are out of sockets says nothing about the host. */
START_TEST(out_of_sockets)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct rlimit was, none;
	struct probe_outcome out;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	ck_assert_ptr_nonnull(probe_bench_start(&bench, &params, &out));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	ck_assert_int_eq(out.result.probe.state, UNTESTED);
	ck_assert_int_eq(out.result.probe.reason, SG_REASON_OVERLOAD);
}
END_TEST

/* --- limits (T19) ------------------------------------------------------- */

START_TEST(silence_after_421)
{
	static const struct mx_script busy = SAYS(MX_BANNER, "421 busy\r\n");
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;
	struct mx_seen seen;

	probe_bench_play(&bench, &busy, &params, &out);
	ck_assert(out.result.silence);
	mx_server_load(bench.server, NULL);
	ck_assert_ptr_nonnull(probe_bench_start(&bench, &params, &out));
	probe_bench_wait(&bench, &out);
	ck_assert_int_eq(out.result.probe.state, UNTESTED);
	ck_assert_int_eq(out.result.probe.reason, SG_REASON_NOT_PROBED);
	ck_assert(strstr(out.result.probe.detail, "421") != NULL);
	mx_server_seen(bench.server, &seen);
	ck_assert_uint_eq(seen.connections, 0);
}
END_TEST

START_TEST(one_a_second)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out, again;

	mx_server_load(bench.server, &hang);
	ck_assert_ptr_nonnull(probe_bench_start(&bench, &params, &out));
	ck_assert_ptr_nonnull(probe_bench_start(&bench, &params, &again));
	probe_bench_wait(&bench, &again);
	ck_assert(!out.done);
	ck_assert_int_eq(again.result.probe.state, UNTESTED);
	ck_assert_int_eq(again.result.probe.reason, SG_REASON_NOT_PROBED);
}
END_TEST

/* --- starting and stopping ---------------------------------------------- */

START_TEST(cancelled)
{
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out, begun;
	struct sg_probe *probe;
	struct mx_seen seen;

	probe = probe_bench_start(&bench, &params, &out);
	ck_assert_ptr_nonnull(probe);
	sg_probe_cancel(probe);
	mx_server_load(bench.server, &hang);
	probe = probe_bench_start(&bench, &params, &begun);
	do {
		event_base_loop(bench.base, EVLOOP_NONBLOCK);
		poll(NULL, 0, 1);
		mx_server_seen(bench.server, &seen);
	} while (seen.connections == 0);
	sg_probe_cancel(probe);
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	ck_assert(!out.done && !begun.done);
}
END_TEST

START_TEST(unfit_params)
{
	static const unsigned char digest[31] = { 0 };
	struct sg_tlsa tlsa = { 3, 1, 1, digest, sizeof(digest) };
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;

	params.host = ".good.test"; /* O-07 */
	ck_assert_ptr_null(probe_bench_start(&bench, &params, &out));
	params.host = "";
	ck_assert_ptr_null(probe_bench_start(&bench, &params, &out));
	params.host = "mx.good.test."; /* O-06 */
	ck_assert_ptr_null(probe_bench_start(&bench, &params, &out));
	params.host = BENCH_MX;
	params.tlsa = &tlsa; /* not chosen by sg_tlsa_select() */
	params.n_tlsa = 1;
	params.tlsa_base = BENCH_MX;
	ck_assert_ptr_null(probe_bench_start(&bench, &params, &out));
}
END_TEST

START_TEST(bad_ca_file)
{
	struct sg_config config = bench.config;
	static char none[] = "no-such-file";
	struct sg_prober *prober = NULL;
	struct sg_err err = { 0 };

	config.probe_ca_file = none;
	ck_assert_int_eq(sg_prober_new(bench.base, &config, bench.guard,
	    &prober, &err), SG_BAD);
	ck_assert_ptr_null(prober);
	ck_assert(strstr(err.text, "probe.ca_file") != NULL);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tc = tcase_create("states");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_state, 0, N_ROWS);
	tcase_add_test(tc, conversation);
	tcase_add_test(tc, helo_literal);
	tcase_add_loop_test(tc, requiretls_offered, 0, N(requiretls));
	tcase_add_test(tc, words_escaped);
	tcase_add_loop_test(tc, addresses_in_turn, 0, N(turns));
	tcase_add_test(tc, ipv6);
	tcase_add_test(tc, guarded);
	tcase_add_test(tc, out_of_sockets);
	tcase_add_test(tc, silence_after_421);
	tcase_add_test(tc, one_a_second);
	tcase_add_test(tc, cancelled);
	tcase_add_test(tc, unfit_params);
	tcase_add_test(tc, bad_ca_file);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
