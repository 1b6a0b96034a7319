/* SPDX-License-Identifier: ISC */
/*
 * What the prober makes of TLSA records (STANDARDS D, from D-40 on, and O),
 * through sg_tlsa_select() as the plan would.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/ssl.h>
#include "support/probe_bench.h"

#define BASE "base.good.test" /* where TLSA is found: not the MX name */
#define OK SG_PROBE_OK
#define FAIL SG_PROBE_FAIL
#define NONE SG_REASON_NONE
#define MISMATCH SG_REASON_CERT_HOST_MISMATCH
#define EXPIRED SG_REASON_CERT_EXPIRED
#define UNTRUSTED SG_REASON_CERT_NOT_TRUSTED
#define NO_MATCH SG_REASON_VALIDATION_FAILURE

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

/* --- records ------------------------------------------------------------ */

/* What a record is made from. */
enum of { OF_LEAF, OF_CA, OF_OTHER_LEAF, OF_OTHER_CA };

struct rec {
	int usage, selector, mtype; /* mtype beyond 2: that, cut by an octet */
	enum of of;
};
#define CUT 10 /* added to mtype */

static unsigned char room[8][4096];

static X509 *
cert_of(enum of of, const struct test_leaf *leaf)
{
	switch (of) {
	case OF_LEAF:
		return (leaf->cert);
	case OF_CA:
		return (bench.ca_cert);
	case OF_OTHER_LEAF:
		return (test_ca_host(bench.other, BENCH_MX)->cert);
	default:
		return (bench.other_cert);
	}
}

static struct sg_tlsa
make_record(const struct rec *rec, const struct test_leaf *leaf,
    unsigned char out[4096])
{
	X509 *cert = cert_of(rec->of, leaf);
	unsigned char der[4096], *p = der;
	unsigned len;
	int mtype = rec->mtype % CUT;
	int n = rec->selector == 0 ? i2d_X509(cert, &p)
	    : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &p);

	ck_assert(n > 0 && (size_t)n < sizeof(der));
	len = (unsigned)n;
	if (mtype == 0)
		memcpy(out, der, len);
	else
		EVP_Digest(der, (size_t)n, out, &len,
		    mtype == 1 ? EVP_sha256() : EVP_sha512(), NULL);
	return ((struct sg_tlsa) { (uint8_t)rec->usage, (uint8_t)rec->selector,
	    (uint8_t)mtype, out, len - (rec->mtype >= CUT ? 1 : 0) });
}

/* --- playing one -------------------------------------------------------- */

struct play {
	struct rec recs[4];
	size_t n_recs;
	struct test_leaf_spec leaf;
	int other_ca, sends_ca;
	int max_version;
	const char *names[3];
	size_t n_names;
};

static struct sg_facts_probe
play(const struct play *what, const char *name)
{
	struct mx_script script = { .at = MX_QUIT,
		.leaf = test_ca_leaf(what->other_ca ? bench.other : bench.ca,
		&what->leaf), .max_version = what->max_version };
	struct sg_probe_params params = probe_bench_params(&bench);
	struct sg_tlsa tlsa[4];
	struct probe_outcome out;
	struct mx_seen seen;

	ck_assert_ptr_nonnull(script.leaf);
	if (what->sends_ca)
		script.issuer = what->other_ca ? bench.other_cert
		    : bench.ca_cert;
	for (size_t i = 0; i < what->n_recs; i++)
		tlsa[i] = make_record(&what->recs[i], script.leaf, room[i]);
	params.tlsa = tlsa;
	params.n_tlsa = sg_tlsa_select(tlsa, what->n_recs);
	params.tlsa_base = BASE;
	params.n_names = what->n_names;
	memcpy(params.names, what->names, sizeof(params.names));
	probe_bench_play(&bench, &script, &params, &out);
	mx_server_seen(bench.server, &seen);
	ck_assert_str_eq(seen.sni, params.n_tlsa > 0 ? BASE : BENCH_MX);
	ck_assert(probe_bench_sees(&bench, bench.server, "QUIT\n"));
	probe_bench_check_manners(bench.server, name);
	return (out.result.probe);
}

static void
check(const char *name, const struct sg_facts_probe *got,
    enum sg_probe_state state, enum sg_reason reason)
{
	enum sg_level level = state == OK ? SG_LEVEL_DANE : SG_LEVEL_ENCRYPT;

	ck_assert_msg(got->state == state && got->reason == reason &&
	    got->level == level, "%s: got %d %s %s (%s), want %d %s %s", name,
	    got->state, sg_reason_name(got->reason), sg_level_name(got->level),
	    got->detail, state, sg_reason_name(reason), sg_level_name(level));
}

/* --- the matrix --------------------------------------------------------- */

enum { MATCHES, DIFFERS, MIXED, STALE_FIRST, ROUNDS };

/* usage 2 or 3, selector 0 or 1, matching type 0 to 2: a record that matches,
   one that does not, both, both the other way round (D-61). */
START_TEST(matrix)
{
	int how = _i % ROUNDS, mtype = _i / ROUNDS % 3;
	int selector = _i / ROUNDS / 3 % 2, usage = 2 + _i / ROUNDS / 6;
	struct rec good = { usage, selector, mtype,
		usage == 3 ? OF_LEAF : OF_CA };
	struct rec stale = { usage, selector, mtype,
		usage == 3 ? OF_OTHER_LEAF : OF_OTHER_CA };
	struct play what = { .leaf = { .san = "DNS:" BASE ",DNS:" BENCH_MX },
		.sends_ca = 1 };
	struct sg_facts_probe got;
	char name[64];

	what.recs[0] = how == DIFFERS || how == STALE_FIRST ? stale : good;
	what.recs[1] = how == STALE_FIRST ? good : stale;
	what.n_recs = how == MATCHES || how == DIFFERS ? 1 : 2;
	snprintf(name, sizeof(name), "%d %d %d, %d", usage, selector, mtype,
	    how);
	got = play(&what, name);
	check(name, &got, how == DIFFERS ? FAIL : OK,
	    how == DIFFERS ? NO_MATCH : NONE);
	if (how == DIFFERS)
		ck_assert(strstr(got.detail, "dane-no-match") != NULL);
}
END_TEST

/* --- rules -------------------------------------------------------------- */

#define BOTH { .san = "DNS:" BASE ",DNS:" BENCH_MX }
#define NAMES(...) .names = { __VA_ARGS__ }, \
	.n_names = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

static const struct {
	const char *name;
	struct play what;
	enum sg_probe_state state;
	enum sg_reason reason; /* OK: what PKIX says */
} table[] = {
	/* --- DANE-EE --- */
	{ "D-40: expired, wrong name, self-signed", { { { 3, 1, 1, OF_LEAF } },
	    1, .leaf = { .san = "DNS:a.test", .self_signed = 1,
	    TEST_LEAF_EXPIRED } },
	    OK, UNTRUSTED },
	{ "D-40: expired", { { { 3, 1, 1, OF_LEAF } }, 1,
	    .leaf = { .san = "DNS:" BENCH_MX, TEST_LEAF_EXPIRED } }, OK,
	    EXPIRED },
	{ "D-41: wrong name, O-01", { { { 3, 1, 1, OF_LEAF } }, 1,
	    .leaf = { .san = "DNS:a.test" } }, OK, MISMATCH },
	{ "D-41: no name", { { { 3, 0, 2, OF_LEAF } }, 1,
	    .leaf = { .san = NULL } }, OK,
	    MISMATCH },
	{ "D-40: of the CA", { { { 3, 1, 1, OF_CA } }, 1, .leaf = BOTH,
	    .sends_ca = 1 }, FAIL, NO_MATCH },
	{ "D-51: mismatch, PKIX valid", { { { 3, 1, 1, OF_OTHER_LEAF } }, 1,
	    .leaf = BOTH }, FAIL, NO_MATCH },
	{ "D-51: mismatch, PKIX invalid too", { { { 3, 1, 1, OF_OTHER_LEAF } },
	    1, .leaf = { .san = "DNS:a.test", TEST_LEAF_EXPIRED } }, FAIL,
	    NO_MATCH },
	/* --- DANE-TA --- */
	{ "D-42: expired leaf", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE, TEST_LEAF_EXPIRED }, .sends_ca = 1 },
	    FAIL,
	    EXPIRED },
	{ "D-42: not yet valid", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE, TEST_LEAF_FUTURE }, .sends_ca = 1 },
	    FAIL,
	    UNTRUSTED },
	{ "D-42: wrong name", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:a.test" }, .sends_ca = 1 }, FAIL, MISMATCH },
	{ "D-42: signed with SHA-1", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE ",DNS:" BENCH_MX, .sha1 = 1 },
	    .sends_ca = 1 }, FAIL, UNTRUSTED },
	{ "D-42: of an unknown CA", { { { 2, 0, 1, OF_OTHER_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE ",DNS:" BENCH_MX }, .other_ca = 1,
	    .sends_ca = 1 }, OK, UNTRUSTED },
	{ "D-42: a leaf is no anchor", { { { 2, 1, 1, OF_LEAF } }, 1,
	    .leaf = BOTH },
	    FAIL, NO_MATCH },
	{ "D-43: 2 0 0, CA not sent", { { { 2, 0, 0, OF_CA } }, 1,
	    .leaf = BOTH }, OK,
	    NONE },
	{ "D-43: 2 0 1, CA not sent", { { { 2, 0, 1, OF_OTHER_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE }, .other_ca = 1 }, FAIL, NO_MATCH },
	{ "D-44: 2 1 0, CA not sent", { { { 2, 1, 0, OF_OTHER_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE ",DNS:" BENCH_MX }, .other_ca = 1 },
	    OK,
	    UNTRUSTED },
	{ "D-46: base domain", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:" BASE }, .sends_ca = 1,
	    NAMES("good.test", "alias.test") }, OK, MISMATCH },
	{ "D-46: next hop", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:good.test" }, .sends_ca = 1,
	    NAMES("good.test", "alias.test") }, OK, MISMATCH },
	{ "D-46: its alias", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:alias.test" }, .sends_ca = 1,
	    NAMES("good.test", "alias.test") }, OK, MISMATCH },
	{ "D-46: a fourth name", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:a.test" }, .sends_ca = 1,
	    NAMES("good.test", "alias.test") }, FAIL, MISMATCH },
	{ "D-47: next hop, insecure MX", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:good.test" }, .sends_ca = 1 }, FAIL,
	    MISMATCH },
	{ "D-49: CN only, O-03", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .common_name = BASE }, .sends_ca = 1 }, OK, MISMATCH },
	{ "D-49: CN beside a DNS-ID", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .common_name = BASE, .san = "DNS:a.test" },
	    .sends_ca = 1 }, FAIL,
	    MISMATCH },
	{ "D-50: wildcard", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:*.good.test" }, .sends_ca = 1 }, OK, NONE },
	{ "D-50: partial wildcard, O-05", { { { 2, 0, 1, OF_CA } }, 1,
	    .leaf = { .san = "DNS:b*.good.test" }, .sends_ca = 1 }, FAIL,
	    MISMATCH },
	/* --- several records: D-52, O-09 --- */
	{ "D-52: the strongest digest rules", { { { 3, 1, 1, OF_LEAF },
	    { 3, 1, 2, OF_OTHER_LEAF } }, 2, .leaf = BOTH }, FAIL, NO_MATCH },
	{ "D-52: malformed, it does not", { { { 3, 1, 1, OF_LEAF },
	    { 3, 1, 2 + CUT, OF_OTHER_LEAF } }, 2, .leaf = BOTH }, OK, NONE },
	{ "D-52: per selector", { { { 3, 1, 1, OF_LEAF },
	    { 3, 0, 2, OF_OTHER_LEAF } }, 2, .leaf = BOTH }, OK, NONE },
	{ "D-52: per usage", { { { 2, 1, 2, OF_OTHER_CA },
	    { 3, 1, 1, OF_LEAF } }, 2, .leaf = BOTH }, OK, NONE },
	{ "D-52: Full beside a digest", { { { 3, 1, 2, OF_OTHER_LEAF },
	    { 3, 1, 0, OF_LEAF } }, 2, .leaf = BOTH }, OK, NONE },
	{ "D-61: usages mixed, TA matches", { { { 3, 1, 1, OF_OTHER_LEAF },
	    { 2, 0, 1, OF_CA } }, 2, .leaf = BOTH, .sends_ca = 1 }, OK, NONE },
	{ "D-61: usages mixed, EE matches, wrong name",
	    { { { 2, 0, 1, OF_CA }, { 3, 1, 1, OF_LEAF } }, 2,
	    .leaf = { .san = "DNS:a.test" }, .sends_ca = 1 }, OK, MISMATCH },
	{ "D-38: beside PKIX usages, O-02", { { { 1, 1, 1, OF_LEAF },
	    { 3, 1, 1, OF_OTHER_LEAF } }, 2, .leaf = BOTH }, FAIL, NO_MATCH },
	/* --- versions --- */
	{ "TLS 1.2", { { { 3, 1, 1, OF_LEAF } }, 1, .leaf = BOTH,
	    .max_version = TLS1_2_VERSION }, OK, NONE },
	{ "X-26: TLS 1.1", { { { 3, 1, 1, OF_LEAF } }, 1, .leaf = BOTH,
	    .max_version = TLS1_1_VERSION }, FAIL, SG_REASON_TLS_VERSION },
};

START_TEST(rules)
{
	struct sg_facts_probe got = play(&table[_i].what, table[_i].name);

	check(table[_i].name, &got, table[_i].state, table[_i].reason);
}
END_TEST

/* D-16: nothing usable is as if there were none, here: that TLS is then
   mandatory is for decide. */
START_TEST(none_usable)
{
	static const struct play what = { { { 1, 1, 1, OF_OTHER_LEAF },
	    { 3, 1, 1 + CUT, OF_OTHER_LEAF } }, 2, .leaf = BOTH };
	struct sg_facts_probe got = play(&what, "D-16");

	ck_assert_int_eq(got.state, OK);
	ck_assert_int_eq(got.level, SG_LEVEL_VERIFY);
}
END_TEST

/* --- constraints in a trust anchor ------------------------------------------ */

/* D-45: 2 0 0, of a CA that has one below it. */
static const struct {
	const char *name;
	struct test_ca_spec anchor;
	enum sg_probe_state state;
} constraints[] = {
	{ "D-45: none", { "Anchor", NULL, NULL, -1 }, OK },
	{ "D-45: path length 1", { "Anchor", NULL, NULL, 1 }, OK },
	{ "D-45: path length 0", { "Anchor", NULL, NULL, 0 }, FAIL },
	{ "D-45: a name that is permitted",
	    { "Anchor", NULL, "critical,permitted;DNS:good.test", -1 }, OK },
	{ "D-45: a name that is not",
	    { "Anchor", NULL, "critical,permitted;DNS:a.test", -1 }, FAIL },
};

START_TEST(anchor_constraints)
{
	struct test_ca *anchor = test_ca_new_as(&constraints[_i].anchor);
	struct test_ca_spec spec = { "Below", anchor, NULL, -1 };
	struct test_ca *below = test_ca_new_as(&spec);
	struct test_leaf_spec leaf = { .san = "DNS:" BASE };
	struct mx_script script = { .at = MX_QUIT };
	struct sg_probe_params params = probe_bench_params(&bench);
	unsigned char der[4096], *p = der;
	struct sg_tlsa tlsa = { 2, 0, 0, der, 0 };
	struct probe_outcome out;

	ck_assert(anchor != NULL && below != NULL);
	script.leaf = test_ca_leaf(below, &leaf);
	script.issuer = test_ca_cert(below);
	tlsa.len = (size_t)i2d_X509(test_ca_cert(anchor), &p);
	ck_assert(tlsa.len > 0 && tlsa.len < sizeof(der));
	params.tlsa = &tlsa;
	params.n_tlsa = sg_tlsa_select(&tlsa, 1);
	params.tlsa_base = BASE;
	probe_bench_play(&bench, &script, &params, &out);
	check(constraints[_i].name, &out.result.probe, constraints[_i].state,
	    UNTRUSTED); /* so says PKIX, of an unknown CA */
	ck_assert_msg(constraints[_i].state == OK ||
	    strstr(out.result.probe.detail, "dane-no-match") == NULL,
	    "%s: %s", constraints[_i].name, out.result.probe.detail);
	test_ca_free(&below);
	test_ca_free(&anchor);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *suite = suite_create("probe_dane");
	TCase *tc = tcase_create("tlsa");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, matrix, 0, 2 * 2 * 3 * ROUNDS);
	tcase_add_loop_test(tc, rules, 0, N(table));
	tcase_add_test(tc, none_usable);
	tcase_add_loop_test(tc, anchor_constraints, 0, N(constraints));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
