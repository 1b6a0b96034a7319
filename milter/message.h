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
	bool from_known;
	bool requiretls;
	bool local;            /* submitted by a local program: no RCPT can be
				  answered, all is decided at the end (WIRE) */
	bool hold;             /* some recipient wants the message held */
	bool have_worst, have_reject;
	char id[9];            /* the transaction, 8 hex digits */
	const struct sg_group *group; /* of the session's configuration */
	unsigned accepted, not_passed; /* recipients */
	enum sg_level route;   /* the highest that an accepted recipient needs
				  of delivery beyond the map */
	unsigned forged;       /* X-Stsgate fields that came with the message */
	char login[256];       /* {auth_authen}; "" = not authenticated */
	/* Not cleared between messages, which would cost more than all else:
	   there if from_known, have_worst, have_reject. */
	struct sg_mailaddr from;
	struct sg_gate_answer worst; /* accepted recipient that did not pass */
	struct sg_reply reject;      /* local: bounce with this */
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
