/* SPDX-License-Identifier: ISC */
/*
 * Which TLSA records are usable, and which of them decide: D-37 to D-39, D-52,
 * THREATS 0.4.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "policy/tlsa.h"
#include "support/test_ca.h"

static unsigned char cert[2048], spki[1024];
static size_t cert_len, spki_len;
static const unsigned char zeros[SG_TLSA_FULL_MAX + 1];

static void
set_up(void)
{
	struct test_ca *ca = test_ca_new("Test CA");
	const struct test_leaf *leaf = test_ca_host(ca, "mx.good.test");
	unsigned char *p = cert;

	ck_assert_ptr_nonnull(leaf);
	cert_len = (size_t)i2d_X509(leaf->cert, NULL);
	ck_assert_uint_lt(cert_len, sizeof(cert));
	i2d_X509(leaf->cert, &p);
	p = spki;
	spki_len = (size_t)i2d_PUBKEY(leaf->key, NULL);
	ck_assert_uint_lt(spki_len, sizeof(spki));
	i2d_PUBKEY(leaf->key, &p);
	test_ca_free(&ca);
}

/* --- rdata -------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t len;
	enum sg_rc want;
} rdata[] = {
	{ "D-37: nothing", 0, SG_BAD },
	{ "D-37: usage alone", 1, SG_BAD },
	{ "D-37: no matching type", 2, SG_BAD },
	{ "D-37: no data", 3, SG_BAD },
	{ "one octet of data", 4, SG_OK },
	{ "SHA-256", 35, SG_OK },
};

START_TEST(parse)
{
	/* on the heap and of this length, for the sanitizer */
	unsigned char *data = malloc(rdata[_i].len + 1);
	struct sg_tlsa rec = { 9, 9, 9, NULL, 9 };

	for (size_t i = 0; i < rdata[_i].len; i++)
		data[i] = (unsigned char)(i + 1);
	data = realloc(data, rdata[_i].len > 0 ? rdata[_i].len : 1);
	ck_assert_msg(sg_tlsa_parse(data, rdata[_i].len, &rec) ==
	    rdata[_i].want, "%s", rdata[_i].name);
	if (rdata[_i].want == SG_OK) {
		ck_assert(rec.usage == 1 && rec.selector == 2 &&
		    rec.mtype == 3);
		ck_assert_ptr_eq(rec.data, data + 3);
		ck_assert_uint_eq(rec.len, rdata[_i].len - 3);
	}
	free(data);
}
END_TEST

/* --- usable ------------------------------------------------------------- */

/* Every usage, selector and matching type there could be, each with data of
   every kind: what is not in this list is not usable. */
enum { DATA_CERT, DATA_SPKI, DATA_32, DATA_64, DATA_31, DATA_33, DATA_63,
       DATA_65, DATA_NONE, DATA_CERT_MORE, DATA_CERT_LESS, DATA_SPKI_MORE,
       DATA_SPKI_LESS, DATA_TOO_LONG, DATA_COUNT };

static bool
wanted(unsigned usage, unsigned selector, unsigned mtype, int kind)
{
	if (usage < 2 || usage > 3 || selector > 1)
		return (false);
	return ((mtype == 0 && selector == 0 && kind == DATA_CERT) ||
	    (mtype == 0 && selector == 1 && kind == DATA_SPKI) ||
	    (mtype == 1 && kind == DATA_32) ||
	    (mtype == 2 && kind == DATA_64));
}

static struct sg_tlsa
record(unsigned usage, unsigned selector, unsigned mtype, int kind)
{
	static const size_t lengths[DATA_COUNT] = { [DATA_32] = 32,
		[DATA_64] = 64, [DATA_31] = 31, [DATA_33] = 33, [DATA_63] = 63,
		[DATA_65] = 65, [DATA_TOO_LONG] = sizeof(zeros) };
	struct sg_tlsa rec = { (uint8_t)usage, (uint8_t)selector,
		(uint8_t)mtype, zeros, lengths[kind] };

	switch (kind) {
	case DATA_CERT:
	case DATA_CERT_MORE:
	case DATA_CERT_LESS:
		rec.data = cert;
		rec.len = cert_len + (kind == DATA_CERT_MORE) -
		    (kind == DATA_CERT_LESS);
		break;
	case DATA_SPKI:
	case DATA_SPKI_MORE:
	case DATA_SPKI_LESS:
		rec.data = spki;
		rec.len = spki_len + (kind == DATA_SPKI_MORE) -
		    (kind == DATA_SPKI_LESS);
		break;
	}
	return (rec);
}

START_TEST(usable)
{
	for (unsigned usage = 0; usage < 256; usage++) {
		for (unsigned i = 0; i < 5 * 5 * DATA_COUNT; i++) {
			static const unsigned some[] = { 0, 1, 2, 3, 255 };
			unsigned selector = some[i / DATA_COUNT / 5];
			unsigned mtype = some[i / DATA_COUNT % 5];
			int kind = (int)(i % DATA_COUNT);
			struct sg_tlsa rec = record(usage, selector, mtype,
			    kind);

			ck_assert_msg(sg_tlsa_is_usable(&rec) ==
			    wanted(usage, selector, mtype, kind),
			    "%u %u %u, data %d", usage, selector, mtype, kind);
		}
	}
}
END_TEST

/* A certificate of this many octets, by a comment in it. */
static unsigned char *
cert_of(size_t len)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char *comment = malloc(len + 1);
	unsigned char *der = NULL;
	size_t got = 0, n = len - 300;

	memset(comment, 'c', len);
	comment[len] = '\0';
	for (int i = 0; i < 2; i++) { /* a guess, and then it is known */
		X509 *x = X509_new();
		X509_EXTENSION *ext;

		comment[n] = '\0';
		ext = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment,
		    comment);
		comment[n] = 'c';
		ck_assert(X509_set_pubkey(x, key) == 1 &&
		    X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
		    X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL &&
		    X509_add_ext(x, ext, -1) == 1 && X509_sign(x, key, NULL));
		OPENSSL_free(der);
		der = NULL;
		got = (size_t)i2d_X509(x, &der);
		n += len - got;
		X509_EXTENSION_free(ext);
		X509_free(x);
	}
	ck_assert_uint_eq(got, len);
	free(comment);
	EVP_PKEY_free(key);
	return (der);
}

/* T13: a whole certificate may have 8,192 octets. */
START_TEST(largest)
{
	size_t len = SG_TLSA_FULL_MAX + (size_t)_i;
	unsigned char *der = cert_of(len);
	struct sg_tlsa rec = { SG_TLSA_DANE_EE, SG_TLSA_CERT, SG_TLSA_FULL,
		der, len };

	ck_assert(sg_tlsa_is_usable(&rec) == (_i == 0));
	OPENSSL_free(der);
}
END_TEST

/* What OpenSSL says of a record is nobody's error, and hides none. */
START_TEST(errors_stay)
{
	struct sg_tlsa bad = record(3, (unsigned)_i, 0, DATA_CERT_LESS);
	unsigned long before;

	ERR_clear_error();
	ck_assert(!sg_tlsa_is_usable(&bad));
	ck_assert_uint_eq(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, 1);
	before = ERR_peek_error();
	ck_assert(!sg_tlsa_is_usable(&bad));
	ck_assert_uint_eq(ERR_get_error(), before);
	ck_assert_uint_eq(ERR_get_error(), 0);
}
END_TEST

/* --- selection ---------------------------------------------------------- */

struct short_rec {
	unsigned usage, selector, mtype;
	int kind;
};
static const struct {
	const char *name;
	struct short_rec recs[6];
	size_t n;
	unsigned want; /* bit i: record i stays */
} sets[] = {
	{ "none", { { 0, 0, 0, 0 } }, 0, 0 },
	{ "D-16: none usable", { { 1, 1, 1, DATA_32 }, { 0, 0, 1, DATA_32 },
	    { 3, 2, 1, DATA_32 } }, 3, 0 },
	{ "D-61: two of a kind", { { 3, 1, 1, DATA_32 }, { 3, 1, 1, DATA_32 } },
	    2, 3 },
	{ "D-52: the strongest digest", { { 3, 1, 1, DATA_32 },
	    { 3, 1, 2, DATA_64 } }, 2, 2 },
	{ "D-52: in any order", { { 3, 1, 2, DATA_64 }, { 3, 1, 1, DATA_32 },
	    { 3, 1, 1, DATA_32 } }, 3, 1 },
	{ "D-52: malformed displaces nothing", { { 3, 1, 1, DATA_32 },
	    { 3, 1, 2, DATA_63 } }, 2, 1 },
	{ "D-52: per selector", { { 3, 1, 1, DATA_32 }, { 3, 0, 2, DATA_64 } },
	    2, 3 },
	{ "D-52: per usage", { { 3, 1, 1, DATA_32 }, { 2, 1, 2, DATA_64 } }, 2,
	    3 },
	{ "D-52: per usage and selector", { { 3, 0, 1, DATA_32 },
	    { 2, 1, 2, DATA_64 } }, 2, 3 },
	{ "D-52: of the others, too", { { 2, 0, 1, DATA_32 },
	    { 3, 1, 2, DATA_64 } }, 2, 3 },
	{ "D-52: Full stays beside digests", { { 3, 1, 0, DATA_SPKI },
	    { 3, 1, 1, DATA_32 }, { 3, 1, 2, DATA_64 } }, 3, 5 },
	{ "D-38: PKIX usages go", { { 0, 0, 1, DATA_32 }, { 2, 0, 1, DATA_32 },
	    { 1, 1, 2, DATA_64 }, { 3, 1, 1, DATA_32 } }, 4, 10 },
	{ "all kinds", { { 2, 0, 0, DATA_CERT }, { 2, 1, 0, DATA_SPKI },
	    { 3, 0, 0, DATA_CERT }, { 3, 1, 0, DATA_CERT },
	    { 3, 0, 0, DATA_SPKI }, { 3, 1, 0, DATA_SPKI } }, 6, 39 },
};

static bool
is_same(const struct sg_tlsa *a, const struct sg_tlsa *b)
{
	return (a->usage == b->usage && a->selector == b->selector &&
	    a->mtype == b->mtype && a->data == b->data && a->len == b->len);
}

START_TEST(select_kept)
{
	struct sg_tlsa recs[6], was[6];
	size_t n = sets[_i].n, kept, at = 0;

	for (size_t i = 0; i < n; i++)
		recs[i] = was[i] = record(sets[_i].recs[i].usage,
		    sets[_i].recs[i].selector, sets[_i].recs[i].mtype,
		    sets[_i].recs[i].kind);
	kept = sg_tlsa_select(recs, n);
	for (size_t i = 0; i < n; i++) {
		if ((sets[_i].want >> i & 1) == 0)
			continue;
		ck_assert_msg(at < kept && is_same(&recs[at], &was[i]),
		    "%s: record %zu", sets[_i].name, i);
		at++;
	}
	ck_assert_msg(at == kept, "%s: got %zu, want %zu", sets[_i].name, kept,
	    at);
}
END_TEST

/* T13: 32 are kept, and a stronger digest behind them still rules. */
START_TEST(cap)
{
	static struct sg_tlsa recs[1000];

	for (size_t i = 0; i < 1000; i++)
		recs[i] = record(3, 1, 1, DATA_32);
	ck_assert_uint_eq(sg_tlsa_select(recs, 32), 32);
	ck_assert_uint_eq(sg_tlsa_select(recs, 33), 32);
	ck_assert_uint_eq(sg_tlsa_select(recs, 1000), 32);
	recs[999] = record(3, 1, 2, DATA_64);
	ck_assert_uint_eq(sg_tlsa_select(recs, 1000), 1);
	ck_assert_int_eq(recs[0].mtype, SG_TLSA_SHA512);
}
END_TEST

/* Full data is the one kind that a parser reads: it must survive anything. */
START_TEST(mutated)
{
	static unsigned char data[2048];

	srandom(7672);
	for (int i = 0; i < 20000; i++) {
		int whole = i % 2;
		struct sg_tlsa rec = record(3, whole ? 0 : 1, 0,
		    whole ? DATA_CERT : DATA_SPKI);

		memcpy(data, rec.data, rec.len);
		for (long k = random() % 4; k >= 0; k--)
			data[(size_t)random() % rec.len] =
			    (unsigned char)random();
		rec.data = data;
		if (random() % 4 == 0)
			rec.len = (size_t)random() % rec.len;
		sg_tlsa_is_usable(&rec);
	}
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *suite = suite_create("tlsa");
	TCase *tc = tcase_create("tlsa");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, parse, 0, N(rdata));
	tcase_add_test(tc, usable);
	tcase_add_loop_test(tc, largest, 0, 2);
	tcase_add_loop_test(tc, errors_stay, 0, 2);
	tcase_add_loop_test(tc, select_kept, 0, N(sets));
	tcase_add_test(tc, cap);
	tcase_add_test(tc, mutated);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
