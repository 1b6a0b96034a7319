/* SPDX-License-Identifier: ISC */
/*
 * test_ca.h - a certificate authority in memory, for tests. Keys are P-256;
 * all leaves of one CA share one key, which makes them cheap.
 */
#ifndef TEST_CA_H
#define TEST_CA_H
#include <openssl/evp.h>
#include <openssl/x509.h>

struct test_ca;

/* NULL: OpenSSL failed. */
struct test_ca *test_ca_new(const char *common_name);
/* The same for a CA that stands below another (NULL: at the top), with the
   value of its nameConstraints and a path length (NULL, -1: none). */
struct test_ca_spec {
	const char *common_name;
	struct test_ca *above;
	const char *names; /* as openssl.cnf has it: "permitted;DNS:a.test" */
	int path_length;
};
struct test_ca *test_ca_new_as(const struct test_ca_spec *spec);
X509 *test_ca_cert(const struct test_ca *ca); /* lives as long as ca */
/* Also removes the file and frees the leaves. */
void test_ca_free(struct test_ca **ca);

/* The CA's certificate as PEM in a temporary file; the path lives as long as
   ca. NULL: it could not be written. */
const char *test_ca_file(struct test_ca *ca);

/* Members left out: no CN, no SAN, valid from an hour ago for a day. */
struct test_leaf_spec {
	const char *common_name;
	const char *san; /* as openssl.cnf has it: "DNS:a.test,DNS:*.b.test" */
	long from_s, until_s; /* seconds from now; 0, 0: the default */
	int self_signed;
	int is_ca; /* basicConstraints CA:TRUE */
	int sha1;  /* signed with it */
};
#define TEST_LEAF_EXPIRED .from_s = -7200, .until_s = -3600
#define TEST_LEAF_FUTURE .from_s = 3600, .until_s = 7200

struct test_leaf {
	X509 *cert;
	EVP_PKEY *key;
};
/* Lives as long as ca. NULL: OpenSSL failed. */
const struct test_leaf *test_ca_leaf(struct test_ca *ca,
    const struct test_leaf_spec *spec);
/* Leaf with one SAN, "DNS:host". */
const struct test_leaf *test_ca_host(struct test_ca *ca, const char *host);
#endif
