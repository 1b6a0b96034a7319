/* SPDX-License-Identifier: ISC */
/*
 * mta_postfix.c - see mta_postfix.h: the parts put together, and what belongs
 * to none of them.
 */
#include "mta_postfix_private.h"

#include <stdio.h>
#include <string.h>

const char *
sg_look(const struct sg_mta_look *l, const struct sg_postfix_service *s,
    const char *name)
{
	const char *value = sg_postfix_get(l->p->postfix, s, name);

	return value != NULL ? value : "";
}

const char *
sg_look_where(const struct sg_mta_look *l,
    const struct sg_postfix_service *s, const char *name,
    char out[SG_LOOK_WHERE_SIZE])
{
	if (s != NULL && sg_postfix_sets(l->p->postfix, s, name))
		snprintf(out, SG_LOOK_WHERE_SIZE, "master.cf: %s: -o %s",
		    s->name, name);
	else
		snprintf(out, SG_LOOK_WHERE_SIZE, "main.cf: %s", name);
	return out;
}

/* A second message, smuggled in behind the first one's end of data, comes
   with a sender that its client never had to name. */
static void
look_at_bare_newline(struct sg_mta_look *l)
{
	static const char name[] = "smtpd_forbid_bare_newline";
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_OTHER,
		"main.cf: smtpd_forbid_bare_newline",
		"smtpd_forbid_bare_newline = normalize" };
	const char *value = sg_postfix_get(l->p->postfix, NULL, name);

	if (value == NULL) {
		about.remedy = NULL;
		sg_mta_find(l->fs, &about, "this Postfix does not know it, and "
		    "can be made to take a message that is smuggled in another "
		    "one: update it (3.5.23, 3.6.13, 3.7.9, 3.8.4 or later)");
	} else if (strcmp(value, "no") == 0)
		sg_mta_find(l->fs, &about, "a message can be smuggled in "
		    "another one, with a sender of whatever group its author "
		    "likes");
}

static void
look_at_own_names(struct sg_mta_look *l)
{
	const struct sg_config *c = l->p->config;
	const char *me = sg_look(l, NULL, "myhostname");
	char remedy[SG_DOMAIN_SIZE + 32];
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_OTHER,
		"stsgate.conf: own_hosts", remedy };

	for (size_t i = 0; i < c->n_own_hosts; i++)
		if (strcasecmp(c->own_hosts[i], me) == 0)
			return;
	snprintf(remedy, sizeof(remedy), "own_hosts = [\"%s\"]", me);
	sg_mta_find(l->fs, &about, "does not name this relay (myhostname = %s), "
	    "so that a domain whose MX host it is would be judged by a probe "
	    "of itself", me);
}

static void
look_at_queue_id(struct sg_mta_look *l)
{
	static const char name[] = "smtpd_delay_open_until_valid_rcpt";
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_OTHER,
		"main.cf: smtpd_delay_open_until_valid_rcpt",
		"smtpd_delay_open_until_valid_rcpt = no" };

	if (strcmp(sg_look(l, NULL, name), "yes") == 0)
		sg_mta_find(l->fs, &about, "stsgate's log has qid=- for the "
		    "first recipient of a message, for Postfix has no queue ID "
		    "yet. With no it has, and takes a queue file for messages "
		    "that come to nothing too");
}

void
sg_mta_check_postfix(const struct sg_mta_postfix_params *params,
    struct sg_mta_findings *fs)
{
	struct sg_mta_look l = { params, fs };

	sg_look_at_milters(&l);
	sg_look_at_map(&l);
	sg_look_at_routes(&l);
	look_at_bare_newline(&l);
	look_at_own_names(&l);
	look_at_queue_id(&l);
}
