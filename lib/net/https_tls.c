/* SPDX-License-Identifier: ISC */
/*
 * Whom a policy fetch trusts, and for which name.
 *
 * The roots are read once: libcurl would read them for each fetch, which
 * costs twenty times the fetch (LIBRARIES 2). libcurl also takes a common
 * name where there is no SAN, which RFC 8461 3.3 does not (C-03), so OpenSSL
 * is told the name and the rules beside it: DNS-IDs only, a wildcard as the
 * whole leftmost label or not at all (C-04). Both must be content.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "net/https_private.h"

#define CHAIN_MAX 8              /* certificates between leaf and root */
#define CHAIN_BYTES_MAX 65536

/* --- roots -------------------------------------------------------------- */

static bool
load_file(X509_STORE *store, const char *path)
{
	bool ok;

	ok = path != NULL && path[0] != '\0' &&
	    X509_STORE_load_file(store, path) == 1;
	ERR_clear_error();
	return (ok);
}

/* Not X509_STORE_set_default_paths(), which SSL_CERT_FILE in the environment
   would turn elsewhere. A bundle is read at once; a directory only when it is
   needed, and files may be out of reach by then: it comes last. */
static bool
load_system(X509_STORE *store)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	bool ok;

	if (load_file(store, curl->cainfo) ||
	    load_file(store, X509_get_default_cert_file()))
		return (true);
	ok = X509_STORE_load_path(store, X509_get_default_cert_dir()) == 1;
	ERR_clear_error();
	return (ok);
}

enum sg_rc
sg_https_trust_load(const char *ca_file, X509_STORE **out_r,
    struct sg_err *err)
{
	bool system = ca_file == NULL || ca_file[0] == '\0';
	X509_STORE *store = X509_STORE_new();

	if (store == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_RETRY);
	}
	if (system ? load_system(store) : load_file(store, ca_file)) {
		*out_r = store;
		return (SG_OK);
	}
	X509_STORE_free(store);
	if (system)
		sg_err_set(err, SG_REASON_INTERNAL,
		    "the system's CA certificates cannot be read");
	else
		sg_err_set(err, SG_REASON_INTERNAL,
		    "no CA certificates can be read from https.ca_file %s",
		    ca_file);
	return (SG_BAD);
}

/* --- the handshake ------------------------------------------------------ */

static bool
is_cut(const SSL *ssl, int ret)
{
	switch (SSL_get_error(ssl, ret)) {
	case SSL_ERROR_SYSCALL:
	case SSL_ERROR_ZERO_RETURN:
		return (true);
	case SSL_ERROR_SSL:
		return (ERR_GET_REASON(ERR_peek_error()) ==
		    SSL_R_UNEXPECTED_EOF_WHILE_READING);
	default:
		return (false);
	}
}

/* libcurl calls every failed handshake a TLS error; one that the network
   ended says nothing about the certificate. And not every certificate that
   does not verify is told as such: a forged signature is not. */
static void
on_info(const SSL *ssl, int where, int ret)
{
	struct sg_https_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (where != SSL_CB_CONNECT_EXIT || ret > 0 || tls == NULL)
		return;
	tls->cut = is_cut(ssl, ret);
	tls->verify = SSL_get_verify_result(ssl);
}

CURLcode
sg_https_tls_setup(CURL *easy, void *ssl_ctx, void *arg)
{
	struct sg_https_tls *tls = arg;
	SSL_CTX *ctx = ssl_ctx;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	(void)easy;
	SSL_CTX_set1_cert_store(ctx, tls->store);
	if (X509_VERIFY_PARAM_set1_host(param, tls->host, 0) != 1)
		return (CURLE_SSL_CERTPROBLEM);
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
	SSL_CTX_set_verify_depth(ctx, CHAIN_MAX);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES_MAX);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_keylog_callback(ctx, NULL); /* SSLKEYLOGFILE */
	if (SSL_CTX_set_app_data(ctx, tls) != 1)
		return (CURLE_OUT_OF_MEMORY);
	SSL_CTX_set_info_callback(ctx, on_info);
	return (CURLE_OK);
}

const char *
sg_https_tls_fault(long verify)
{
	switch (verify) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return ("expired: policy host's certificate");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return ("not-yet-valid: policy host's certificate");
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED:
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return ("host-mismatch: no DNS name in the certificate is the"
		    " policy host's");
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return ("not-trusted: self-signed certificate");
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return ("not-trusted: no known CA issued the certificate");
	case X509_V_ERR_CERT_REVOKED:
		return ("revoked: policy host's certificate");
	default:
		return ("not-trusted: certificate does not verify");
	}
}
