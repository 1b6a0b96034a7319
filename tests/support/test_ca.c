/* SPDX-License-Identifier: ISC */
/*
 * A CA in memory: one key for the CA, one for its leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "support/test_ca.h"

#define HOUR 3600
#define DAY 86400

struct leaf_list {
	struct leaf_list *next;
	struct test_leaf leaf;
};

struct test_ca {
	EVP_PKEY *key, *leaf_key;
	X509 *cert;
	long serial;
	char *path;
	struct leaf_list *leaves;
};

static int
set_name(X509_NAME *name, const char *common_name)
{
	if (common_name == NULL)
		return (1);
	return (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)common_name, -1, -1, 0));
}

static int
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		return (0);
	ok = X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return (ok);
}

static X509 *
new_cert(const char *common_name, long serial, long from_s, long until_s,
    EVP_PKEY *key)
{
	X509 *cert = X509_new();

	if (cert == NULL || !X509_set_version(cert, 2) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) ||
	    !X509_gmtime_adj(X509_getm_notBefore(cert), from_s) ||
	    !X509_gmtime_adj(X509_getm_notAfter(cert), until_s) ||
	    !set_name(X509_get_subject_name(cert), common_name) ||
	    !X509_set_pubkey(cert, key)) {
		X509_free(cert);
		return (NULL);
	}
	return (cert);
}

static int
sign_ca(struct test_ca *ca, const struct test_ca_spec *spec)
{
	const struct test_ca *by = spec->above != NULL ? spec->above : ca;
	char basic[64] = "critical,CA:TRUE";

	if (spec->path_length >= 0)
		snprintf(basic, sizeof(basic), "critical,CA:TRUE,pathlen:%d",
		    spec->path_length);
	return (X509_set_issuer_name(ca->cert,
	    X509_get_subject_name(by->cert)) &&
	    add_extension(ca->cert, by->cert, NID_basic_constraints, basic) &&
	    add_extension(ca->cert, by->cert, NID_subject_key_identifier,
	    "hash") &&
	    (spec->names == NULL || add_extension(ca->cert, by->cert,
	    NID_name_constraints, spec->names)) &&
	    X509_sign(ca->cert, by->key, EVP_sha256()) > 0);
}

static int
make_ca(struct test_ca *ca, const struct test_ca_spec *spec)
{
	ca->key = EVP_EC_gen("P-256");
	ca->leaf_key = EVP_EC_gen("P-256");
	if (ca->key == NULL || ca->leaf_key == NULL)
		return (0);
	ca->cert = new_cert(spec->common_name, ++ca->serial, -DAY, 10 * DAY,
	    ca->key);
	return (ca->cert != NULL && sign_ca(ca, spec));
}

struct test_ca *
test_ca_new_as(const struct test_ca_spec *spec)
{
	struct test_ca *ca = calloc(1, sizeof(*ca));

	if (ca != NULL && !make_ca(ca, spec))
		test_ca_free(&ca);
	return (ca);
}

struct test_ca *
test_ca_new(const char *common_name)
{
	struct test_ca_spec spec = { common_name, NULL, NULL, -1 };

	return (test_ca_new_as(&spec));
}

X509 *
test_ca_cert(const struct test_ca *ca)
{
	return (ca->cert);
}

void
test_ca_free(struct test_ca **ca)
{
	struct leaf_list *l;

	if (*ca == NULL)
		return;
	while ((l = (*ca)->leaves) != NULL) {
		(*ca)->leaves = l->next;
		X509_free(l->leaf.cert);
		free(l);
	}
	if ((*ca)->path != NULL)
		unlink((*ca)->path);
	free((*ca)->path);
	X509_free((*ca)->cert);
	EVP_PKEY_free((*ca)->key);
	EVP_PKEY_free((*ca)->leaf_key);
	free(*ca);
	*ca = NULL;
}

static FILE *
open_temporary(struct test_ca *ca)
{
	const char *dir = getenv("TMPDIR");
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/test_ca.XXXXXX",
	    dir != NULL && dir[0] != '\0' ? dir : P_tmpdir);
	fd = mkstemp(path);
	if (fd < 0)
		return (NULL);
	ca->path = strdup(path);
	return (fdopen(fd, "w"));
}

const char *
test_ca_file(struct test_ca *ca)
{
	FILE *f;
	int ok;

	if (ca->path != NULL)
		return (ca->path);
	f = open_temporary(ca);
	if (f == NULL)
		return (NULL);
	ok = PEM_write_X509(f, ca->cert);
	return (fclose(f) == 0 && ok ? ca->path : NULL);
}

static int
finish_leaf(struct test_ca *ca, const struct test_leaf_spec *spec, X509 *cert)
{
	X509 *issuer = spec->self_signed ? cert : ca->cert;
	EVP_PKEY *key = spec->self_signed ? ca->leaf_key : ca->key;

	return (X509_set_issuer_name(cert, X509_get_subject_name(issuer)) &&
	    add_extension(cert, issuer, NID_basic_constraints,
	    spec->is_ca ? "critical,CA:TRUE" : "CA:FALSE") &&
	    (spec->san == NULL ||
	    add_extension(cert, issuer, NID_subject_alt_name, spec->san)) &&
	    X509_sign(cert, key, spec->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
}

const struct test_leaf *
test_ca_leaf(struct test_ca *ca, const struct test_leaf_spec *spec)
{
	int by_default = spec->from_s == 0 && spec->until_s == 0;
	struct leaf_list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	l->next = ca->leaves;
	ca->leaves = l;
	l->leaf.key = ca->leaf_key;
	l->leaf.cert = new_cert(spec->common_name, ++ca->serial,
	    by_default ? -HOUR : spec->from_s,
	    by_default ? DAY : spec->until_s, ca->leaf_key);
	if (l->leaf.cert == NULL || !finish_leaf(ca, spec, l->leaf.cert))
		return (NULL);
	return (&l->leaf);
}

const struct test_leaf *
test_ca_host(struct test_ca *ca, const char *host)
{
	char san[300];
	struct test_leaf_spec spec = { .san = san };

	snprintf(san, sizeof(san), "DNS:%s", host);
	return (test_ca_leaf(ca, &spec));
}
