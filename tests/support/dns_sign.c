/* SPDX-License-Identifier: ISC */
/*
 * Just enough of a DNSSEC signer to have secure and bogus answers in a unit
 * test: one key that is both KSK and ZSK, ECDSA P-256. Names in rdata must be
 * lower case already (the canonical form).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include "support/dns_sign.h"

struct dns_signer {
	EVP_PKEY *pkey;
	unsigned char zone[256];
	size_t zone_len;
	unsigned char key[DNS_KEY_RDATA_LEN];
};

static void
put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static void
put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* RFC 4034, appendix B. */
static unsigned
key_tag(const unsigned char *key, size_t len)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? key[i] : (unsigned long)key[i] << 8;
	return ((unsigned)((sum + (sum >> 16)) & 0xffff));
}

struct dns_signer *
dns_signer_new(const unsigned char *zone, size_t zone_len)
{
	struct dns_signer *s = calloc(1, sizeof(*s));
	unsigned char point[65]; /* 0x04, X, Y */
	size_t len = 0;

	if (s == NULL)
		return (NULL);
	s->pkey = EVP_EC_gen("P-256");
	if (s->pkey == NULL || EVP_PKEY_get_octet_string_param(s->pkey,
	    "encoded-pub-key", point, sizeof(point), &len) != 1 ||
	    len != sizeof(point)) {
		dns_signer_free(&s);
		return (NULL);
	}
	memcpy(s->zone, zone, zone_len);
	s->zone_len = zone_len;
	put16(s->key, 257); /* zone key, secure entry point */
	s->key[2] = 3;
	s->key[3] = 13;
	memcpy(s->key + 4, point + 1, 64);
	return (s);
}

void
dns_signer_free(struct dns_signer **signer)
{
	if (*signer == NULL)
		return;
	EVP_PKEY_free((*signer)->pkey);
	free(*signer);
	*signer = NULL;
}

const unsigned char *
dns_signer_key(const struct dns_signer *signer)
{
	return (signer->key);
}

static int
compare(const void *a, const void *b)
{
	const struct dns_rdata *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = memcmp(x->data, y->data, n);

	return (c != 0 ? c : x->len < y->len ? -1 : x->len > y->len);
}

static unsigned
count_labels(const unsigned char *name)
{
	unsigned n = 0;

	for (; *name != 0; name += 1 + *name)
		n++;
	return (n);
}

/* The RRSIG's rdata up to the signature. */
static size_t
put_head(const struct dns_signer *s, const unsigned char *owner, int type,
    uint32_t ttl, unsigned char *out)
{
	uint32_t now = (uint32_t)time(NULL);

	put16(out, (unsigned)type);
	out[2] = 13;
	out[3] = (unsigned char)count_labels(owner);
	put32(out + 4, ttl);
	put32(out + 8, now + 86400);
	put32(out + 12, now - 3600);
	put16(out + 16, key_tag(s->key, sizeof(s->key)));
	memcpy(out + 18, s->zone, s->zone_len);
	return (18 + s->zone_len);
}

static int
feed(EVP_MD_CTX *md, const unsigned char *owner, size_t owner_len, int type,
    uint32_t ttl, const struct dns_rdata *rdata, size_t n)
{
	unsigned char fixed[10];
	int ok = 1;

	put16(fixed, (unsigned)type);
	put16(fixed + 2, 1);
	put32(fixed + 4, ttl);
	for (size_t i = 0; ok && i < n; i++) {
		put16(fixed + 8, (unsigned)rdata[i].len);
		ok = EVP_DigestUpdate(md, owner, owner_len) == 1 &&
		    EVP_DigestUpdate(md, fixed, sizeof(fixed)) == 1 &&
		    EVP_DigestUpdate(md, rdata[i].data, rdata[i].len) == 1;
	}
	return (ok);
}

/* OpenSSL's DER to the 32 + 32 octets of RFC 6605, section 4. */
static int
to_raw(const unsigned char *der, size_t len, unsigned char raw[64])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int ok;

	if (sig == NULL)
		return (0);
	ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32;
	ECDSA_SIG_free(sig);
	return (ok);
}

size_t
dns_sign(const struct dns_signer *signer, const unsigned char *owner,
    size_t owner_len, int type, uint32_t ttl, struct dns_rdata *rdata,
    size_t n, unsigned char out[DNS_SIG_RDATA_MAX])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t head = put_head(signer, owner, type, ttl, out);
	unsigned char der[128];
	size_t der_len = sizeof(der);
	int ok;

	qsort(rdata, n, sizeof(*rdata), compare);
	ok = md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL,
	    signer->pkey) == 1 && EVP_DigestUpdate(md, out, head) == 1 &&
	    feed(md, owner, owner_len, type, ttl, rdata, n) &&
	    EVP_DigestSignFinal(md, der, &der_len) == 1 &&
	    to_raw(der, der_len, out + head);
	EVP_MD_CTX_free(md);
	return (ok ? head + 64 : 0);
}
