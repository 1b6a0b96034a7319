/* SPDX-License-Identifier: ISC */
/*
 * How the prober sets up TLS, and what a handshake is worth.
 *
 * The context takes more than is counted, so that what an MX host has is seen
 * and named: TLS 1.0 (security level 0), any certificate. What counts is
 * judged after the handshake. OpenSSL verifies in it only against TLSA
 * records; PKIX, by the rules of RFC 8461, is always judged apart, since a
 * host can owe both. TLSA records come from sg_tlsa_select() alone, and
 * each must be taken: OpenSSL falls back to PKIX when it took none
 * (LIBRARIES 3).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "net/https_private.h"
#include "net/probe_private.h"

#define CHAIN_MAX 8              /* certificates between leaf and root */
#define CHAIN_BYTES_MAX 65536
#define CIPHERS "DEFAULT:!aNULL:!eNULL:!EXPORT:!LOW:!PSK:!SRP"
#define KEY_BITS_MIN 80 /* of security: what level 1 would ask */

/* --- the context -------------------------------------------------------- */

/* Takes no part in whether the handshake goes on. */
static int
on_verify(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct sg_probe_conn *conn = SSL_get_app_data(ssl);

	(void)arg;
	if (conn->probe->n_tlsa == 0)
		return (1);
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 1);
	conn->dane_ok = X509_verify_cert(ctx) == 1;
	conn->dane_error = X509_STORE_CTX_get_error(ctx);
	if (sg_probe_tls_is_starved())
		conn->dane_error = X509_V_ERR_OUT_OF_MEM;
	return (1);
}

static bool
set_up(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	SSL_CTX_set_verify_depth(ctx, CHAIN_MAX);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES_MAX);
	SSL_CTX_set_keylog_callback(ctx, NULL);
	return (SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
	    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, 0) == 1 &&
	    SSL_CTX_dane_enable(ctx) == 1);
}

enum sg_rc
sg_probe_tls_ctx(const char *ca_file, SSL_CTX **out_r, struct sg_err *err)
{
	X509_STORE *store;
	SSL_CTX *ctx;
	enum sg_rc rc = sg_https_trust_load(ca_file, &store, err);

	if (rc == SG_BAD && ca_file != NULL && ca_file[0] != '\0')
		sg_err_set(err, SG_REASON_INTERNAL, "no CA certificates can be"
		    " read from probe.ca_file %s", ca_file);
	if (rc != SG_OK)
		return (rc);
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx != NULL) {
		SSL_CTX_set_cert_store(ctx, store);
		SSL_CTX_set_security_level(ctx, 0);
	} else
		X509_STORE_free(store);
	if (ctx == NULL || !set_up(ctx)) {
		SSL_CTX_free(ctx);
		ERR_clear_error();
		sg_err_set(err, SG_REASON_INTERNAL, "TLS cannot be set up");
		return (SG_RETRY);
	}
	*out_r = ctx;
	return (SG_OK);
}

/* --- a connection ------------------------------------------------------- */

static bool
add_names(SSL *ssl, const struct sg_probe *probe)
{
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
	for (size_t i = 0; i < probe->n_names; i++) {
		if (SSL_add1_host(ssl, probe->names[i]) != 1)
			return (false);
	}
	return (true);
}

/* The base domain is the first name, and SNI (D-46, D-53). */
static bool
add_tlsa(SSL *ssl, const struct sg_probe *probe)
{
	if (SSL_dane_enable(ssl, probe->tlsa_base) <= 0 ||
	    !add_names(ssl, probe))
		return (false);
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS); /* D-41 */
	for (size_t i = 0; i < probe->n_tlsa; i++) {
		const struct sg_tlsa *rec = &probe->tlsa[i];

		if (SSL_dane_tlsa_add(ssl, rec->usage, rec->selector,
		    rec->mtype, rec->data, rec->len) <= 0)
			return (false);
	}
	return (true);
}

static bool
open_ssl(struct sg_probe_conn *conn)
{
	const struct sg_probe *probe = conn->probe;
	SSL *ssl = SSL_new(conn->prober->ctx);

	conn->in = BIO_new(BIO_s_mem());
	if (ssl == NULL || conn->in == NULL) {
		SSL_free(ssl);
		return (false);
	}
	conn->ssl = ssl;
	BIO_up_ref(conn->in);
	BIO_up_ref(conn->out);
	SSL_set_bio(ssl, conn->in, conn->out);
	SSL_set_connect_state(ssl);
	if (SSL_set_app_data(ssl, conn) != 1)
		return (false);
	if (probe->n_tlsa > 0)
		return (add_tlsa(ssl, probe));
	return (SSL_set_tlsext_host_name(ssl, probe->host) == 1);
}

bool
sg_probe_tls_open(struct sg_probe_conn *conn, struct sg_probe_finding *found)
{
	ERR_clear_error();
	if (open_ssl(conn))
		return (true);
	ERR_clear_error();
	*found = (struct sg_probe_finding) { .state = SG_PROBE_UNTESTED,
		.reason = SG_REASON_INTERNAL,
		.detail = "TLS cannot be set up" };
	return (false);
}

/* --- what it is worth --------------------------------------------------- */

/* What security level 1 would have refused. */
static const char *
weakness(SSL *ssl)
{
	EVP_PKEY *key = NULL;
	int nid = NID_undef;
	bool weak;

	if (SSL_get_peer_tmp_key(ssl, &key) == 1 && key != NULL) {
		weak = EVP_PKEY_get_security_bits(key) < KEY_BITS_MIN;
		EVP_PKEY_free(key);
		if (weak)
			return ("key exchange too weak");
	}
	if (SSL_get_peer_signature_nid(ssl, &nid) == 1 &&
	    (nid == NID_sha1 || nid == NID_md5 || nid == NID_md5_sha1))
		return ("signature digest too weak");
	return (NULL);
}

/* Two locks on one door. Our own verification succeeded, and OpenSSL names the
   record that it did so by (O-09: a PKIX success names none). Today each
   implies the other, since no record gets here that OpenSSL would not use; if
   some later version leaves one out and falls back to PKIX, the second
   holds. */
static enum sg_reason
judge_dane(const struct sg_probe_conn *conn, const char **why_r)
{
	SSL *ssl = conn->ssl;

	if (conn->dane_ok && SSL_get0_dane_authority(ssl, NULL, NULL) >= 0)
		return (SG_REASON_NONE);
	switch (conn->dane_error) {
	case X509_V_OK:
	case X509_V_ERR_DANE_NO_MATCH:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		*why_r = "dane-no-match";
		return (SG_REASON_VALIDATION_FAILURE);
	default:
		return (sg_probe_cert_reason(conn->dane_error, why_r));
	}
}

/* reason is NONE: level holds. */
static enum sg_reason
judge(struct sg_probe_conn *conn, enum sg_level *level,
    enum sg_reason *pkix, const char **why_r)
{
	SSL *ssl = conn->ssl;
	enum sg_reason reason;

	if (SSL_version(ssl) < TLS1_2_VERSION) {
		*why_r = "older than TLS 1.2";
		return (SG_REASON_TLS_VERSION);
	}
	*why_r = weakness(ssl);
	/* No certificate: CIPHERS has no such suite, this is in case. */
	if (*why_r != NULL || SSL_get0_peer_certificate(ssl) == NULL)
		return (SG_REASON_VALIDATION_FAILURE);
	*pkix = sg_probe_cert_judge(ssl, conn->probe->host, why_r);
	if (conn->probe->n_tlsa == 0) {
		*level = SG_LEVEL_VERIFY;
		return (*pkix);
	}
	*level = SG_LEVEL_DANE;
	reason = judge_dane(conn, why_r);
	return (reason == SG_REASON_NONE && *pkix == SG_REASON_INTERNAL
	    ? *pkix : reason);
}

void
sg_probe_tls_judge(struct sg_probe_conn *conn, struct sg_probe_finding *found)
{
	enum sg_reason pkix = SG_REASON_NONE, reason;
	enum sg_level level = SG_LEVEL_ENCRYPT;
	const char *why = NULL;
	size_t len;

	reason = judge(conn, &level, &pkix, &why);
	if (reason == SG_REASON_INTERNAL) {
		*found = (struct sg_probe_finding) {
			.state = SG_PROBE_UNTESTED, .reason = reason,
			.detail = "out of memory" };
		return;
	}
	*found = (struct sg_probe_finding) {
		.state = reason == SG_REASON_NONE ? SG_PROBE_OK : SG_PROBE_FAIL,
		.reason = reason == SG_REASON_NONE ? pkix : reason,
		.level = reason == SG_REASON_NONE ? level : SG_LEVEL_ENCRYPT,
		.tls_version = (uint16_t)SSL_version(conn->ssl)
	};
	if (why != NULL)
		snprintf(found->detail, sizeof(found->detail), "%s; ", why);
	len = strlen(found->detail);
	sg_probe_cert_describe(conn->ssl, found->detail + len,
	    sizeof(found->detail) - len);
}

/* --- what went wrong ---------------------------------------------------- */

static bool
is_of_memory(unsigned long e)
{
	return (e != 0 && ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE);
}

bool
sg_probe_tls_is_starved(void)
{
	return (errno == ENOMEM || is_of_memory(ERR_peek_error()) ||
	    is_of_memory(ERR_peek_last_error()));
}

static const char *
fault_text(unsigned long e)
{
	const char *text = e == 0 ? NULL : ERR_reason_error_string(e);

	return (text != NULL ? text : "TLS failed");
}

enum sg_reason
sg_probe_tls_fault(const char **why_r)
{
	unsigned long e = ERR_peek_error();

	*why_r = fault_text(e);
	ERR_clear_error();
	if (ERR_GET_LIB(e) != ERR_LIB_SSL)
		return (SG_REASON_VALIDATION_FAILURE);
	switch (ERR_GET_REASON(e)) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return (SG_REASON_TLS_VERSION);
	default:
		return (SG_REASON_VALIDATION_FAILURE);
	}
}
