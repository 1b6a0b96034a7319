/* SPDX-License-Identifier: ISC */
/*
 * mx_server.h - a scripted MX host on loopback: SMTP with STARTTLS, in threads
 * of the test. A script says what it does differently from a good one, and at
 * which step; what the client said is kept.
 */
#ifndef MX_SERVER_H
#define MX_SERVER_H
#include <stddef.h>
#include <stdint.h>
#include "support/test_ca.h"

enum mx_step {
	MX_BANNER,
	MX_EHLO,
	MX_STARTTLS,
	MX_HANDSHAKE, /* in clear, when the ClientHello has come */
	MX_EHLO_TLS,
	MX_QUIT
};

enum mx_how {
	MX_SAY,      /* `say` instead of the usual */
	MX_HANG,     /* nothing more */
	MX_CLOSE,
	MX_RESET,
	MX_SAY_CLOSE, /* `say`, then FIN */
	MX_DRIP,     /* `say`, an octet every few milliseconds, over and over */
	MX_ENDLESS   /* `say` over and over, as fast as it is taken */
};

struct mx_script {
	enum mx_step at;
	enum mx_how how;
	const char *say; /* NULL: the usual */
	size_t say_len;  /* 0: strlen(say) */

	const char *ehlo, *ehlo_tls; /* whole replies; NULL: the usual */
	const char *late; /* the same, and TLS after it */

	const struct test_leaf *leaf; /* NULL: the server's own */
	X509 *issuer;        /* sent behind the leaf, if there */
	int max_version;     /* TLS1_VERSION..., at security level 0; 0: any */
	const char *ciphers; /* up to TLS 1.2; NULL: the usual */
	const char *sigalgs; /* as OpenSSL lists them; NULL: the usual */
	int wants_client_cert; /* alerts once the client has Finished */
};

struct mx_server;

/* port 0: any. NULL: no socket. */
struct mx_server *mx_server_start(const char *addr, uint16_t port,
    const struct test_leaf *leaf);
/* Ends every connection and waits for the threads. */
void mx_server_stop(struct mx_server **server);
uint16_t mx_server_port(const struct mx_server *server);

/* Plays it from the next connection on; NULL: a good one. What it points to is
   not copied. Forgets what was seen. */
void mx_server_load(struct mx_server *server, const struct mx_script *script);

struct mx_seen {
	unsigned connections;
	char said[2048];  /* every line, in turn, "\n" between; "<TLS>" where
			     the handshake was done */
	char sni[256];
	unsigned behind_starttls; /* octets behind STARTTLS that are no TLS */
};
void mx_server_seen(struct mx_server *server, struct mx_seen *out);
#endif
