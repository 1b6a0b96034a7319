/* SPDX-License-Identifier: ISC */
/*
 * dns_message.h - puts the scripted DNS server's answers together. Rows in,
 * bytes out; no socket.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H
#include <stdbool.h>
#include "support/dns_server.h"
#include "support/dns_sign.h"

#define DNS_MESSAGE_MAX 65535
#define DNS_TEXT_SIZE 1024 /* a name as text, odd octets as %hh */

/* What the answers are made from. */
struct dns_script {
	const struct dns_row *rows;
	size_t n;
	struct dns_signer *signer;   /* of zone "test.", or NULL */
	const char *unsigned_child;  /* or NULL */
};

struct dns_question {
	char name[DNS_TEXT_SIZE]; /* lower case, no trailing dot; "." */
	int type;
	size_t end; /* of the question section */
	bool edns;
};

/* False: not a query that this server understands. */
bool dns_question_read(const unsigned char *query, size_t len,
    struct dns_question *out);

/* The row that decides about the question, or NULL. */
const struct dns_row *dns_script_find(const struct dns_script *script,
    const char *name, int type);

/* Writes the whole answer to out (DNS_MESSAGE_MAX bytes); returns its length,
   0 for no answer at all. max: what the transport carries. */
size_t dns_message_answer(const struct dns_script *script,
    const unsigned char *query, const struct dns_question *q, size_t max,
    unsigned char *out);
#endif
