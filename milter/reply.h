/* SPDX-License-Identifier: ISC */
/*
 * reply.h - a verdict in words: SMTP reply, header field, log line
 * (INTERFACES "In mail", STANDARDS E). Pure. Only validated names and our own
 * words enter; nothing that a remote party wrote.
 */
#ifndef SG_REPLY_H
#define SG_REPLY_H
#include <stdbool.h>
#include "decide/decide.h"

#define SG_REPLY_TEXT_SIZE 400

/* "mx.good.test: certificate-expired", and what it means: who or what a
   verdict's reason is about. */
#define SG_REPLY_REASON_SIZE 156
const char *sg_reply_reason(const struct sg_verdict *verdict,
    char out[SG_REPLY_REASON_SIZE]);

/* A reply to give; all three parts always together. */
struct sg_reply {
	char code[4];     /* "451" */
	char xcode[8];    /* "4.7.5" */
	char text[SG_REPLY_TEXT_SIZE]; /* printable ASCII, one line; '%' is
					  single here: the milter side doubles */
};

/* One recipient's decision, as the words need it. */
struct sg_told {
	const char *id;        /* transaction, 8 hex digits */
	const char *qid;       /* or "" */
	const char *recipient; /* whole address, or NULL; logged only when the
				  configuration says so */
	const char *next_hop;  /* the key */
	const struct sg_asked *asked;
	const struct sg_facts *facts; /* may be NULL */
	const struct sg_verdict *verdict;
	const struct sg_decision *decision;
	const char *source; /* "memory", "store", "lookup", "none" */
	double ms;
};

/* The refusal for action DEFER or REJECT (STANDARDS E). */
void sg_reply_make(const struct sg_told *told, enum sg_action action,
    struct sg_reply *out);

#define SG_HEADER_NAME "X-Stsgate"
/* What the header says of a whole message. */
struct sg_header {
	const struct sg_told *worst; /* of the recipients that did not pass;
					NULL: all passed */
	unsigned not_passed, accepted;
	enum sg_level route; /* NONE: delivery needs no second transport */
	const char *id, *group;
};
/* The header's value: "result=fail; reason=...; required=...; action=...;
   group=...; recipients=1/3; id=..." and "; dry_run=1" in a dry run. With a
   route "route=LEVEL; " stands before the id. */
void sg_reply_header(const struct sg_header *header, char *out,
    size_t out_size);

/* The log line of INTERFACES, without prefix. Returns its length. */
size_t sg_reply_log(const struct sg_told *told, char *out, size_t out_size);
#endif
