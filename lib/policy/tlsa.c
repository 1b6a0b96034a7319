/* SPDX-License-Identifier: ISC */
/*
 * Which TLSA records count.
 *
 * OpenSSL takes what RFC 7672 does not (usages 0 and 1, any number of
 * records), and has crashed on what it took (THREATS 0.4): records are chosen
 * here, and it is shown no others. What is usable is judged first and digests
 * are compared after, so that a malformed SHA-512 displaces no good SHA-256.
 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include "policy/tlsa.h"

#define SHA256_LEN 32
#define SHA512_LEN 64
#define HEAD_LEN 3 /* usage, selector, matching type */

enum sg_rc
sg_tlsa_parse(const unsigned char *rdata, size_t len, struct sg_tlsa *out)
{
	if (len <= HEAD_LEN)
		return (SG_BAD);
	out->usage = rdata[0];
	out->selector = rdata[1];
	out->mtype = rdata[2];
	out->data = rdata + HEAD_LEN;
	out->len = len - HEAD_LEN;
	return (SG_OK);
}

static bool
is_cert(const struct sg_tlsa *rec)
{
	const unsigned char *p = rec->data;
	X509 *cert = d2i_X509(NULL, &p, (long)rec->len);
	bool ok = cert != NULL && p == rec->data + rec->len &&
	    X509_get0_pubkey(cert) != NULL;

	X509_free(cert);
	return (ok);
}

static bool
is_spki(const struct sg_tlsa *rec)
{
	const unsigned char *p = rec->data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)rec->len);
	bool ok = key != NULL && p == rec->data + rec->len;

	EVP_PKEY_free(key);
	return (ok);
}

static bool
is_whole(const struct sg_tlsa *rec)
{
	bool ok;

	if (rec->len == 0 || rec->len > SG_TLSA_FULL_MAX)
		return (false);
	ERR_set_mark();
	ok = rec->selector == SG_TLSA_CERT ? is_cert(rec) : is_spki(rec);
	ERR_pop_to_mark();
	return (ok);
}

bool
sg_tlsa_is_usable(const struct sg_tlsa *rec)
{
	if (rec->usage != SG_TLSA_DANE_TA && rec->usage != SG_TLSA_DANE_EE)
		return (false);
	if (rec->selector != SG_TLSA_CERT && rec->selector != SG_TLSA_SPKI)
		return (false);
	switch (rec->mtype) {
	case SG_TLSA_FULL:
		return (is_whole(rec));
	case SG_TLSA_SHA256:
		return (rec->len == SHA256_LEN);
	case SG_TLSA_SHA512:
		return (rec->len == SHA512_LEN);
	default:
		return (false);
	}
}

/* One place for each usage and selector that can be usable. */
static size_t
kind(const struct sg_tlsa *rec)
{
	return ((rec->usage == SG_TLSA_DANE_EE ? 2 : 0) +
	    (rec->selector == SG_TLSA_SPKI ? 1 : 0));
}

size_t
sg_tlsa_select(struct sg_tlsa *recs, size_t n)
{
	uint8_t strongest[4] = { 0 };
	size_t usable = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!sg_tlsa_is_usable(&recs[i]))
			continue;
		if (recs[i].mtype > strongest[kind(&recs[i])])
			strongest[kind(&recs[i])] = recs[i].mtype;
		recs[usable++] = recs[i];
	}
	for (size_t i = 0; i < usable && kept < SG_TLSA_MAX; i++) {
		if (recs[i].mtype == SG_TLSA_FULL ||
		    recs[i].mtype == strongest[kind(&recs[i])])
			recs[kept++] = recs[i];
	}
	return (kept);
}
