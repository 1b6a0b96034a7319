/* SPDX-License-Identifier: ISC */
/*
 * Is an MX host's certificate valid by PKIX, and what does it say of itself?
 *
 * The verification goes on past errors and notes their kinds: the default
 * certificate of a fresh server is self-signed, expired and for another name
 * at once, and what is told first is what has to be mended first. Names in
 * certificates are the peer's words: cut and escaped before anybody sees them
 * (THREATS T14).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/log.h"
#include "net/probe_private.h"

#define CHAIN_MAX 8
#define WORD_SIZE 44 /* of one name in words */

/* --- validity ----------------------------------------------------------- */

static const struct {
	int error;
	enum sg_reason reason;
	const char *why;
} faults[] = { /* worst first */
	/* of ours: nothing that was found without it counts */
	{ X509_V_ERR_OUT_OF_MEM, SG_REASON_INTERNAL, "out of memory" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SG_REASON_CERT_NOT_TRUSTED,
	    "self-signed" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SG_REASON_CERT_NOT_TRUSTED,
	    "unknown CA" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SG_REASON_CERT_NOT_TRUSTED,
	    "incomplete chain" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	    SG_REASON_CERT_NOT_TRUSTED, "unknown CA or incomplete chain" },
	{ X509_V_ERR_CERT_REVOKED, SG_REASON_CERT_NOT_TRUSTED, "revoked" },
	{ X509_V_ERR_INVALID_PURPOSE, SG_REASON_CERT_NOT_TRUSTED,
	    "not for servers" },
	{ X509_V_ERR_INVALID_CA, SG_REASON_CERT_NOT_TRUSTED,
	    "issued by what is no CA" },
	{ X509_V_ERR_PERMITTED_VIOLATION, SG_REASON_CERT_NOT_TRUSTED,
	    "name not permitted to its CA" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, SG_REASON_CERT_NOT_TRUSTED,
	    "name not permitted to its CA" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, SG_REASON_CERT_NOT_TRUSTED,
	    "key too small" },
	{ X509_V_ERR_UNSPECIFIED, SG_REASON_CERT_NOT_TRUSTED,
	    "does not verify" }, /* and all that are not here */
	{ X509_V_ERR_CERT_NOT_YET_VALID, SG_REASON_CERT_NOT_TRUSTED,
	    "not yet valid" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, SG_REASON_CERT_EXPIRED, "expired" },
	{ X509_V_ERR_HOSTNAME_MISMATCH, SG_REASON_CERT_HOST_MISMATCH,
	    "for other names" },
};
#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

static size_t
fault_of(int error)
{
	size_t other = 0;

	for (size_t i = 0; i < N_FAULTS; i++) {
		if (faults[i].error == error)
			return (i);
		if (faults[i].error == X509_V_ERR_UNSPECIFIED)
			other = i;
	}
	return (other);
}

enum sg_reason
sg_probe_cert_reason(int error, const char **why_r)
{
	size_t i = fault_of(error);

	*why_r = faults[i].why;
	return (faults[i].reason);
}

/* The worst so far is kept in app data, as an index into faults. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	size_t *worst = X509_STORE_CTX_get_app_data(ctx), i;

	if (ok)
		return (1);
	i = fault_of(X509_STORE_CTX_get_error(ctx));
	/* Without its issuer it says that its signature was not checked as
	   well: no news. */
	if (i < *worst &&
	    X509_STORE_CTX_get_error(ctx) !=
	    X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
		*worst = i;
	return (1);
}

static bool
set_param(X509_STORE_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 1);
	return (X509_STORE_CTX_set_default(ctx, "ssl_server") == 1 &&
	    X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

/* X509_verify_cert() may fail without having asked on_verify(). Without memory
   it finds faults that are not there. */
static size_t
verify(SSL *ssl, const char *host)
{
	X509_STORE_CTX *ctx;
	X509 *leaf = SSL_get0_peer_certificate(ssl);
	size_t worst = N_FAULTS;
	bool ok = false;

	ERR_clear_error();
	errno = 0;
	ctx = X509_STORE_CTX_new();
	if (ctx != NULL && leaf != NULL && X509_STORE_CTX_init(ctx,
	    SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), leaf,
	    SSL_get_peer_cert_chain(ssl)) == 1 && set_param(ctx, host) &&
	    X509_STORE_CTX_set_app_data(ctx, &worst) == 1) {
		X509_STORE_CTX_set_verify_cb(ctx, on_verify);
		ok = X509_verify_cert(ctx) == 1;
		ok = ok && (worst < N_FAULTS ||
		    X509_STORE_CTX_get_error(ctx) == X509_V_OK);
	}
	if (sg_probe_tls_is_starved())
		worst = fault_of(X509_V_ERR_OUT_OF_MEM);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	if (!ok && worst == N_FAULTS)
		return (fault_of(X509_V_ERR_UNSPECIFIED));
	return (worst);
}

/* The reference must be a whole name: OpenSSL takes ".a.test" for any host
   below a.test, and "" for any at all (O-07). */
enum sg_reason
sg_probe_cert_judge(SSL *ssl, const char *host, const char **why_r)
{
	size_t worst = sg_domain_is_valid(host, false) ? verify(ssl, host)
	    : fault_of(X509_V_ERR_HOSTNAME_MISMATCH);

	if (worst == N_FAULTS) {
		*why_r = NULL;
		return (SG_REASON_NONE);
	}
	*why_r = faults[worst].why;
	return (faults[worst].reason);
}

/* --- words -------------------------------------------------------------- */

static void
add_word(char *out, size_t out_size, const char *before,
    const ASN1_STRING *word)
{
	size_t len = strlen(out);
	char text[WORD_SIZE];

	sg_log_escape(text, sizeof(text), ASN1_STRING_get0_data(word),
	    (size_t)ASN1_STRING_length(word));
	snprintf(out + len, out_size - len, "%s%s", before, text);
}

static const ASN1_STRING *
find_entry(const X509_NAME *name, int nid)
{
	int i = X509_NAME_get_index_by_NID(name, nid, -1);

	return (i < 0 ? NULL
	    : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
}

static void
add_issuer(X509 *cert, char *out, size_t out_size)
{
	X509_NAME *name = X509_get_issuer_name(cert);
	const ASN1_STRING *word = find_entry(name, NID_commonName);

	if (word == NULL)
		word = find_entry(name, NID_organizationName);
	if (word != NULL)
		add_word(out, out_size, ", issuer ", word);
}

/* Names beyond what detail holds are cut. */
static void
add_names(X509 *cert, char *out, size_t out_size)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL,
	    NULL);
	const ASN1_STRING *cn;
	const char *before = ", for ";

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(sans, i);

		if (name->type != GEN_DNS || strlen(out) + 1 >= out_size)
			continue;
		add_word(out, out_size, before, name->d.dNSName);
		before = " ";
	}
	cn = find_entry(X509_get_subject_name(cert), NID_commonName);
	if (sans == NULL && cn != NULL)
		add_word(out, out_size, ", common name ", cn);
	GENERAL_NAMES_free(sans);
}

static void
add_expiry(X509 *cert, char *out, size_t out_size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1)
		snprintf(out, out_size, "until %04d-%02d-%02d",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	else
		snprintf(out, out_size, "until never");
}

void
sg_probe_cert_describe(SSL *ssl, char *out, size_t out_size)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	snprintf(out, out_size, "no certificate");
	if (cert == NULL)
		return;
	add_expiry(cert, out, out_size);
	add_issuer(cert, out, out_size);
	add_names(cert, out, out_size);
	ERR_clear_error();
}
