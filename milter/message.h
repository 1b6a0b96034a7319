/* SPDX-License-Identifier: ISC */
/*
 * message.h - what a session remembers of one message, from MAIL to its end.
 * One session's callbacks never run at the same time, so nothing is locked.
 */
#ifndef SG_MESSAGE_H
#define SG_MESSAGE_H
#include <stdbool.h>
#include "gate.h"
#include "reply.h"

struct sg_message {
	bool open;             /* MAIL was seen */
	char id[9];            /* the transaction, 8 hex digits */
	struct sg_mailaddr from;
	bool from_known;
	char login[256];       /* {auth_authen}; "" = not authenticated */
	const struct sg_group *group; /* of the session's configuration */
	bool requiretls;
	bool local;            /* submitted by a local program: no RCPT can be
				  answered, all is decided at the end (WIRE) */
	unsigned accepted, not_passed; /* recipients */
	enum sg_level route;   /* the highest that an accepted recipient needs
				  of delivery beyond the map */
	bool hold;             /* some recipient wants the message held */
	bool have_worst;       /* worst accepted recipient that did not pass */
	struct sg_gate_answer worst;
	bool have_reject;      /* local: bounce with this */
	struct sg_reply reject;
	unsigned forged;       /* X-Stsgate fields that came with the message */
};

/* A new message begins: everything empty, a new id. */
void sg_message_begin(struct sg_message *m);
/* It is over: what it holds is released. */
void sg_message_end(struct sg_message *m);

/* Counts an accepted recipient; takes *answer over if it is the worst so far
   (then leaves it empty). */
void sg_message_accepted(struct sg_message *m, struct sg_gate_answer *answer);

/* Fills what the words need from an answer. */
void sg_message_told(const struct sg_message *m,
    const struct sg_gate_answer *answer, const char *qid,
    struct sg_told *out);
#endif
