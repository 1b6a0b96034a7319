/* SPDX-License-Identifier: ISC */
/*
 * tls_server.h - a scripted HTTPS server on loopback, in threads of the
 * test: one for each connection. What it does is chosen by the name that the
 * client asks for (SNI), so that one server plays all parts.
 */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H
#include <stddef.h>
#include <stdint.h>
#include "support/test_ca.h"

enum tls_start {
	TLS_START_TLS,       /* handshake, then the request is read */
	TLS_START_MUTE,      /* the same, then nothing */
	/* Before there is a name, so host must be NULL and the row the first: */
	TLS_START_CLOSE,     /* closes as soon as it has accepted */
	TLS_START_RESET,     /* resets when the ClientHello is there */
	TLS_START_PLAIN,     /* sends head and body in clear */
	TLS_START_SILENT     /* never says anything */
};

enum tls_end {
	TLS_END_NOTIFY, /* close_notify, then FIN */
	TLS_END_FIN,    /* FIN alone */
	TLS_END_RESET,
	TLS_END_WAIT    /* leaves it to the client to close */
};

/* One part. Texts are C strings. Nothing is copied: rows and what they point
   to must live as long as they serve. */
struct tls_script {
	const char *host; /* SNI; NULL: any name, or none */
	const struct test_leaf *leaf; /* NULL: the server's own */
	int max_version;  /* TLS1_1_VERSION..., at security level 0; 0: any */
	enum tls_start start;
	const char *head; /* status line to blank line; sent first */
	const char *body;
	size_t body_len;  /* 0: strlen(body) */
	const char *again; /* sent over and over after the body, if there */
	int again_ms;      /* pause before each */
	size_t again_max;  /* so many times; 0: until the client goes away */
	int cut; /* the n-th connection, from 0, gets n octets of body */
	enum tls_end end;
};

struct tls_server;

/* leaf serves where a script has none; may be NULL if all have. NULL: no
   socket. */
struct tls_server *tls_server_start(const struct test_leaf *leaf);
/* Ends every connection and waits for the threads. */
void tls_server_stop(struct tls_server **server);
/* The same on another address; port 0: any. */
struct tls_server *tls_server_start_on(const struct test_leaf *leaf,
    const char *addr, uint16_t port);
uint16_t tls_server_port(const struct tls_server *server);

/* The first row that fits is played; none: the connection is closed. */
void tls_server_load(struct tls_server *server, const struct tls_script *rows,
    size_t n);

/* TCP connections accepted since the start or the last load, and requests
   read to their blank line. */
size_t tls_server_connections(struct tls_server *server);
size_t tls_server_requests(struct tls_server *server);

/* The last request read, and the handshake it came with. */
struct tls_request {
	char sni[256];
	char alpn[32]; /* chosen, of what was offered */
	int resumed;   /* an earlier session was */
	char text[2048]; /* head, as it came */
};
void tls_server_last(struct tls_server *server, struct tls_request *out);

/* A whole answer: 200, text/plain, Content-Length. len 0: strlen(body). The
   result is the caller's to free. */
char *tls_answer(const char *body, size_t len);
#endif
