/* SPDX-License-Identifier: ISC */
/*
 * fuzz_tlsa.c - TLSA rdata: parts of the input behind lengths of two octets.
 *
 * Holds: what is called usable keeps the caps and is taken by OpenSSL; the
 * selection is of usable ones, at most SG_TLSA_MAX, without a weaker digest
 * beside a stronger (RFC 7671 9), and selecting again changes nothing.
 */
#include <openssl/ssl.h>
#include "fuzz/fuzz.h"
#include "policy/tlsa.h"

#define MAX_RECORDS 40

static SSL_CTX *ctx;

static void
setup(void)
{
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL || SSL_CTX_dane_enable(ctx) <= 0 ||
	    SSL_CTX_dane_mtype_set(ctx, EVP_sha512(), 2, 2) <= 0)
		abort();
}

static void
openssl_takes(const struct sg_tlsa *r)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL || SSL_dane_enable(ssl, "mx.test") <= 0)
		abort();
	fuzz_hold(SSL_dane_tlsa_add(ssl, r->usage, r->selector, r->mtype,
	    r->data, r->len) == 1);
	SSL_free(ssl);
}

static void
check_usable(const struct sg_tlsa *r)
{
	fuzz_taken();
	fuzz_hold(r->usage == SG_TLSA_DANE_TA || r->usage == SG_TLSA_DANE_EE);
	fuzz_hold(r->selector <= SG_TLSA_SPKI);
	fuzz_hold(r->mtype != SG_TLSA_SHA256 || r->len == 32);
	fuzz_hold(r->mtype != SG_TLSA_SHA512 || r->len == 64);
	fuzz_hold(r->len <= SG_TLSA_FULL_MAX && r->len > 0);
	openssl_takes(r);
}

static void
check_selection(const struct sg_tlsa *recs, size_t n)
{
	fuzz_hold(n <= SG_TLSA_MAX);
	for (size_t i = 0; i < n; i++) {
		fuzz_hold(sg_tlsa_is_usable(&recs[i]));
		check_usable(&recs[i]);
		for (size_t j = 0; j < n; j++)
			fuzz_hold(recs[i].usage != recs[j].usage ||
			    recs[i].selector != recs[j].selector ||
			    recs[i].mtype != SG_TLSA_SHA256 ||
			    recs[j].mtype != SG_TLSA_SHA512);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct sg_tlsa recs[MAX_RECORDS];
	size_t n = 0, usable = 0, chosen;

	if (ctx == NULL)
		setup();
	while (in.n > 0 && n < MAX_RECORDS) {
		struct fuzz_bytes part = fuzz_take(&in,
		    (size_t)fuzz_number(&in, 2));
		enum sg_rc rc = sg_tlsa_parse(part.p, part.n, &recs[n]);

		fuzz_hold(rc == SG_OK || (rc == SG_BAD && part.n < 4));
		if (rc != SG_OK)
			continue;
		fuzz_hold(recs[n].len + 3 == part.n);
		if (sg_tlsa_is_usable(&recs[n])) {
			usable++;
			check_usable(&recs[n]);
		}
		n++;
	}
	chosen = sg_tlsa_select(recs, n);
	fuzz_hold(chosen <= usable && (chosen > 0) == (usable > 0));
	check_selection(recs, chosen);
	fuzz_hold(sg_tlsa_select(recs, chosen) == chosen);
	return 0;
}
