/* SPDX-License-Identifier: ISC */
/*
 * What the prober makes of TLS versions and certificates without TLSA:
 * STANDARDS V, G, O, X-26, THREATS 0.5.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/ssl.h>
#include "support/probe_bench.h"

#define OK SG_PROBE_OK
#define FAIL SG_PROBE_FAIL
#define VERIFY SG_LEVEL_VERIFY
#define ENCRYPT SG_LEVEL_ENCRYPT
#define NONE SG_REASON_NONE
#define MISMATCH SG_REASON_CERT_HOST_MISMATCH
#define EXPIRED SG_REASON_CERT_EXPIRED
#define UNTRUSTED SG_REASON_CERT_NOT_TRUSTED
#define BROKEN SG_REASON_VALIDATION_FAILURE
#define OLD SG_REASON_TLS_VERSION

#define SAN(names) { .san = names }
#define ANY .words = NULL

static const struct row {
	const char *name;
	struct test_leaf_spec leaf;
	enum sg_probe_state state;
	enum sg_reason reason;
	enum sg_level level;
	const char *words;  /* in detail; NULL: any */
	int other_ca;
	int max_version;
	const char *ciphers, *sigalgs;
	uint16_t version;   /* 0: TLS 1.3 */
	const char *host;   /* NULL: BENCH_MX */
} table[] = {
	/* --- names: V-08, V-09, G, O --- */
	{ "SAN", SAN("DNS:mx.good.test"), OK, NONE, VERIFY,
	    .words = "issuer Test CA, for mx.good.test" },
	{ "one of several", SAN("DNS:a.test,DNS:mx.good.test"), OK, NONE,
	    VERIFY, .words = "for a.test mx.good.test" },
	{ "V-07: signed with SHA-1", { .san = "DNS:mx.good.test", .sha1 = 1 },
	    FAIL, UNTRUSTED, ENCRYPT, ANY },
	{ "G-05: case", SAN("DNS:MX.Good.TEST"), OK, NONE, VERIFY, ANY },
	{ "V-09: wildcard", SAN("DNS:*.good.test"), OK, NONE, VERIFY,
	    .words = "for *.good.test" },
	{ "V-08: other name", SAN("DNS:mx.evil.test"), FAIL, MISMATCH, ENCRYPT,
	    .words = "for other names; until" },
	{ "V-08: domain only", SAN("DNS:good.test"), FAIL, MISMATCH, ENCRYPT,
	    .words = "for good.test" },
	{ "V-08, O-04: CN only", { .common_name = BENCH_MX }, FAIL, MISMATCH,
	    ENCRYPT, .words = "common name mx.good.test" },
	{ "V-08: CN beside another SAN", { .common_name = BENCH_MX,
	    .san = "DNS:a.test" }, FAIL, MISMATCH, ENCRYPT,
	    .words = "for a.test" },
	{ "V-08: CN beside an address", { .common_name = BENCH_MX,
	    .san = "IP:127.0.0.1" }, FAIL, MISMATCH, ENCRYPT, ANY },
	{ "V-09, G-03: partial wildcard", SAN("DNS:m*.good.test"), FAIL,
	    MISMATCH, ENCRYPT, ANY },
	{ "V-09: wildcard at the end", SAN("DNS:*x.good.test"), FAIL, MISMATCH,
	    ENCRYPT, ANY },
	{ "V-09: one label", SAN("DNS:*.test"), FAIL, MISMATCH, ENCRYPT, ANY },
	{ "V-09, O-08: not two", SAN("DNS:*.good.test"), FAIL, MISMATCH, ENCRYPT, ANY,
	    .host = "a.mx.good.test" },
	{ "V-09: not the domain itself", SAN("DNS:*.good.test"), FAIL, MISMATCH,
	    ENCRYPT, ANY, .host = "good.test" },
	{ "G-02: two stars", SAN("DNS:*.*.test"), FAIL, MISMATCH, ENCRYPT,
	    ANY },
	{ "G-02: star in the middle", SAN("DNS:mx.*.test"), FAIL, MISMATCH,
	    ENCRYPT, ANY },
	{ "G-02: lone star", SAN("DNS:*"), FAIL, MISMATCH, ENCRYPT, ANY },
	{ "G-02: a bad one harms no good one",
	    SAN("DNS:*.*.test,DNS:mx.good.test"), OK, NONE, VERIFY, ANY },
	{ "G-04: star in an A-label", SAN("DNS:xn--*.good.test"), FAIL,
	    MISMATCH, ENCRYPT, ANY, .host = "xn--bcher-kva.good.test" },
	{ "G-04: A-label", SAN("DNS:xn--bcher-kva.good.test"), OK, NONE, VERIFY,
	    ANY, .host = "xn--bcher-kva.good.test" },
	{ "G-06: trailing dot", SAN("DNS:mx.good.test."), FAIL, MISMATCH,
	    ENCRYPT, ANY },
	{ "G-06: leading dot", SAN("DNS:.good.test"), FAIL, MISMATCH, ENCRYPT,
	    ANY },
	{ "no name at all", { .san = NULL }, FAIL, MISMATCH, ENCRYPT, ANY },
	/* --- validity: V-07 --- */
	{ "expired", { .san = "DNS:mx.good.test", TEST_LEAF_EXPIRED }, FAIL,
	    EXPIRED, ENCRYPT, .words = "expired; until" },
	{ "not yet valid", { .san = "DNS:mx.good.test", TEST_LEAF_FUTURE },
	    FAIL, UNTRUSTED, ENCRYPT, .words = "not yet valid" },
	{ "self-signed", { .san = "DNS:mx.good.test", .self_signed = 1 }, FAIL,
	    UNTRUSTED, ENCRYPT, .words = "self-signed" },
	{ "unknown CA", SAN("DNS:mx.good.test"), FAIL, UNTRUSTED, ENCRYPT,
	    .words = "unknown CA", .other_ca = 1 },
	{ "all at once: trust first", { .san = "DNS:a.test", .self_signed = 1,
	    TEST_LEAF_EXPIRED }, FAIL, UNTRUSTED, ENCRYPT,
	    .words = "self-signed" },
	{ "expired and another name", { .san = "DNS:a.test",
	    TEST_LEAF_EXPIRED }, FAIL, EXPIRED, ENCRYPT, .words = "expired" },
	/* --- T14: the peer's words --- */
	{ "words escaped", { .common_name = "\033[31m\"\\ \303\274" }, FAIL,
	    MISMATCH, ENCRYPT,
	    .words = "common name \\x1b[31m\\x22\\x5c \\xc3\\xbc" },
	{ "words cut", SAN("DNS:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaa.test,DNS:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.test,"
	    "DNS:cccccccccccccccccccccccccccccccccccc.test,DNS:mx.good.test"),
	    OK, NONE, VERIFY, .words = "issuer Test CA" },
	/* --- versions and ciphers: X-26, V-12, D-55 --- */
	{ "TLS 1.2", SAN("DNS:mx.good.test"), OK, NONE, VERIFY, ANY,
	    .max_version = TLS1_2_VERSION, .version = TLS1_2_VERSION },
	{ "TLS 1.1 only", SAN("DNS:mx.good.test"), FAIL, OLD, ENCRYPT,
	    .words = "older than TLS 1.2", .max_version = TLS1_1_VERSION,
	    .version = TLS1_1_VERSION },
	{ "TLS 1.0 only", SAN("DNS:mx.good.test"), FAIL, OLD, ENCRYPT,
	    .words = "older than TLS 1.2", .max_version = TLS1_VERSION,
	    .version = TLS1_VERSION },
	{ "TLS 1.0, expired too", { .san = "DNS:mx.good.test",
	    TEST_LEAF_EXPIRED }, FAIL, OLD, ENCRYPT, ANY,
	    .max_version = TLS1_VERSION, .version = TLS1_VERSION },
	{ "SHA-1 signatures", SAN("DNS:mx.good.test"), FAIL, BROKEN, ENCRYPT,
	    .words = "signature digest too weak; until",
	    .max_version = TLS1_2_VERSION, .sigalgs = "ECDSA+SHA1",
	    .version = TLS1_2_VERSION },
	{ "anonymous only: D-55", SAN("DNS:mx.good.test"), FAIL, BROKEN,
	    SG_LEVEL_NONE, .words = "TLS handshake: ",
	    .max_version = TLS1_2_VERSION, .ciphers = "aNULL" },
	{ "no encryption only", SAN("DNS:mx.good.test"), FAIL, BROKEN,
	    SG_LEVEL_NONE, .words = "TLS handshake: ",
	    .max_version = TLS1_2_VERSION, .ciphers = "eNULL" },
};

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
check_row(const struct row *row, const struct sg_facts_probe *got)
{
	uint16_t version = row->version != 0 ? row->version
	    : row->level == SG_LEVEL_NONE ? 0 : TLS1_3_VERSION;

	ck_assert_msg(got->state == row->state && got->reason == row->reason &&
	    got->level == row->level, "%s: got %d %s %s (%s), want %d %s %s",
	    row->name, got->state, sg_reason_name(got->reason),
	    sg_level_name(got->level), got->detail, row->state,
	    sg_reason_name(row->reason), sg_level_name(row->level));
	ck_assert_msg(got->tls_version == version, "%s: version %#x",
	    row->name, got->tls_version);
	ck_assert_msg(row->words == NULL ||
	    strstr(got->detail, row->words) != NULL, "%s: \"%s\"", row->name,
	    got->detail);
}

START_TEST(certificates)
{
	const struct row *row = &table[_i];
	struct mx_script script = { .at = MX_QUIT,
		.leaf = test_ca_leaf(row->other_ca ? bench.other : bench.ca,
		&row->leaf), .max_version = row->max_version,
		.ciphers = row->ciphers, .sigalgs = row->sigalgs };
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;
	struct mx_seen seen;

	ck_assert_ptr_nonnull(script.leaf);
	if (row->host != NULL)
		params.host = row->host;
	probe_bench_play(&bench, &script, &params, &out);
	check_row(row, &out.result.probe);
	/* M-17: on a certificate that is no good it is left politely */
	if (row->level > SG_LEVEL_NONE)
		ck_assert(probe_bench_sees(&bench, bench.server, "QUIT\n"));
	probe_bench_check_manners(bench.server, row->name);
	mx_server_seen(bench.server, &seen);
	ck_assert_str_eq(seen.sni, params.host);
}
END_TEST

/* V-11: none of these servers minds SNI. An issuer that was sent is not trusted for that. */
START_TEST(issuer_sent)
{
	struct mx_script script = { .at = MX_QUIT,
		.leaf = test_ca_host(bench.other, BENCH_MX),
		.issuer = bench.other_cert };
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;

	probe_bench_play(&bench, &script, &params, &out);
	ck_assert_int_eq(out.result.probe.state, FAIL);
	ck_assert_int_eq(out.result.probe.reason, UNTRUSTED);
}
END_TEST

/* V-07: a leaf issues nothing. */
START_TEST(issuer_no_ca)
{
	struct test_leaf_spec spec = SAN("DNS:mx.good.test");
	const struct test_leaf *middle = test_ca_host(bench.ca, "a.test");
	const struct test_leaf *below = test_ca_leaf(bench.ca, &spec);
	struct mx_script script = { .at = MX_QUIT, .leaf = below,
		.issuer = middle->cert };
	struct sg_probe_params params = probe_bench_params(&bench);
	struct probe_outcome out;

	X509_NAME_add_entry_by_txt(X509_get_subject_name(middle->cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)"Leaf", -1, -1, 0);
	X509_set_issuer_name(below->cert, X509_get_subject_name(middle->cert));
	X509_sign(below->cert, middle->key, EVP_sha256());
	probe_bench_play(&bench, &script, &params, &out);
	ck_assert_int_eq(out.result.probe.state, FAIL);
	ck_assert_int_eq(out.result.probe.reason, UNTRUSTED);
	ck_assert_int_eq(out.result.probe.level, ENCRYPT);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *suite = suite_create("probe_tls");
	TCase *tc = tcase_create("certificates");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, certificates, 0, N(table));
	tcase_add_test(tc, issuer_sent);
	tcase_add_test(tc, issuer_no_ca);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
