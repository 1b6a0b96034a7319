/* SPDX-License-Identifier: ISC */
/*
 * held.h - the messages that stsgate put on the MTA's hold queue, as the MTA's
 * own programs tell of them.
 */
#ifndef SG_HELD_H
#define SG_HELD_H
#include <stddef.h>
#include "base/err.h"

struct sg_mta {
	enum sg_mta_kind { SG_MTA_POSTFIX, SG_MTA_SENDMAIL } kind;
	const char *config;  /* Postfix's directory, Sendmail's cf; "" = its
				default */
	const char *program; /* Sendmail's, "" = sendmail */
};

struct sg_held {
	char id[64];
	char group[40]; /* whose rule held it; "" = not known */
	char *sender;   /* "" = the null sender */
	size_t n_to;
	char **to;
};

#define SG_HELD_MAX 100000   /* messages */
#define SG_HELD_MAX_TO 10000 /* recipients of one */

struct sg_held_list {
	size_t n;
	struct sg_held *message;
};

/* SG_OK: out (zeroed before) is to be freed with fini. SG_NONE: the MTA's
   programs are not there; SG_RETRY, SG_BAD: they failed, or said what cannot
   be read. err says which. */
enum sg_rc sg_held_list(const struct sg_mta *mta, struct sg_held_list *out,
    struct sg_err *err);
void sg_held_list_fini(struct sg_held_list *list);

/* Takes it off hold and has the MTA try to deliver it. */
enum sg_rc sg_held_release(const struct sg_mta *mta, const char *id,
    struct sg_err *err);

/* --- the parts, for tests (held_postfix.c, held_sendmail.c) ---------------- */

/* One more message; NULL: too many, no memory. */
struct sg_held *sg_held_add(struct sg_held_list *list);
enum sg_rc sg_held_add_to(struct sg_held *m, const char *address);

/* `postqueue -j`: all that are on hold, whoever held them. SG_OK, SG_BAD. */
enum sg_rc sg_held_parse_postqueue(const char *text, struct sg_held_list *out,
    struct sg_err *err);
/* The head of a message: ours if its X-Stsgate field says that it was held.
   SG_OK with group set; SG_NONE: not ours. */
enum sg_rc sg_held_parse_head(const char *text, char group[40]);
/* `mailq -qQ`: those whose reason is ours. */
enum sg_rc sg_held_parse_mailq(const char *text, struct sg_held_list *out,
    struct sg_err *err);
#endif
