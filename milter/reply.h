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
/* The header's value: "result=fail; reason=...; required=...; action=...;
   group=...; recipients=1/3; id=..." and "; dry_run=1" in a dry run. */
void sg_reply_header(const struct sg_told *worst, unsigned not_passed,
    unsigned accepted, char *out, size_t out_size);

/* The log line of INTERFACES, without prefix. Returns its length. */
size_t sg_reply_log(const struct sg_told *told, char *out, size_t out_size);
#endif
