/* SPDX-License-Identifier: ISC */
/*
 * milter_client.h - the MTA's side of the milter protocol, for tests and
 * benchmarks: one connection, blocking, what an MTA like Postfix would send.
 */
#ifndef MILTER_CLIENT_H
#define MILTER_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct milter_client {
	int fd;
	uint32_t actions, steps; /* as the milter negotiated them */
	char client[64]; /* its address, which the macros of MAIL tell; or "" */
	bool told;       /* and did, for this MAIL */
};

/* What came back for one command: the final reply, and on the way to it what
   the milter changed. */
struct milter_reply {
	char code;       /* 'c' continue, 'y' text, 't', 'r', 'a', 's'; 0: the
			    connection is gone */
	char text[1024]; /* of 'y': "451 4.7.5 ..." */
	unsigned deleted; /* header fields */
	uint32_t first_deleted; /* index of the first deletion that came */
	char added[1024]; /* "Name: value" of the last field added */
	char quarantine[512];
};

/* For how long an answer is waited for; then the connection is gone. */
extern int milter_patience_s;

/* Connects to a unix socket path and negotiates; false: could not. offer
   limits the actions offered (0 = all that Postfix offers). */
bool milter_connect(struct milter_client *c, const char *path, uint32_t offer);
void milter_close(struct milter_client *c);

/* Macros for the command that follows: name and value in turn, NULL at the
   end. */
void milter_macros(struct milter_client *c, char command, ...)
    __attribute__((sentinel));

/* CONNECT, as from client address ip (IPv4); to a milter that does not want it
   {client_addr} at the next MAIL. */
struct milter_reply milter_hello(struct milter_client *c, const char *ip);
struct milter_reply milter_mail(struct milter_client *c, const char *from,
    const char *parameter);
struct milter_reply milter_rcpt(struct milter_client *c, const char *to);
/* RCPT without waiting for the answer, and the waiting. */
bool milter_rcpt_send(struct milter_client *c, const char *to);
struct milter_reply milter_await(struct milter_client *c);
struct milter_reply milter_header(struct milter_client *c, const char *name,
    const char *value);
struct milter_reply milter_end(struct milter_client *c);
void milter_abort(struct milter_client *c);
#endif
