/* SPDX-License-Identifier: ISC */
/*
 * mta_postfix_milter.c - does all mail that comes in pass the gate, and what
 * happens when the gate does not answer?
 */
#include "mta_postfix_private.h"

#include <stdio.h>
#include <string.h>

/* One element of smtpd_milters: "unix:path", or in braces with settings of its
   own in place of milter_command_timeout and others. */
struct milter {
	char where[SG_POSTFIX_ITEM_SIZE];
	char command_timeout[64], default_action[64], protocol[64];
};

/* Where a list of milters stands, and which process works by it. */
struct list {
	const struct sg_postfix_service *service; /* NULL: main.cf */
	const char *name;
	struct sg_sight sight;
};

/* What is found of ours in a list. */
struct seen {
	unsigned ours, out_of_sight;
	bool first;
	struct milter milter;
};

/* --- lists ------------------------------------------------------------------- */

static void
take_setting(struct milter *m, const char *item)
{
	const struct {
		const char *name;
		char *value;
	} settings[] = { { "command_timeout", m->command_timeout },
		{ "default_action", m->default_action },
		{ "protocol", m->protocol } };
	const char *eq = strchr(item, '=');

	for (size_t i = 0; eq != NULL &&
	    i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strlen(settings[i].name) == (size_t)(eq - item) &&
		    strncmp(item, settings[i].name, (size_t)(eq - item)) == 0)
			snprintf(settings[i].value, 64, "%.63s", eq + 1);
}

static void
read_milter(const struct sg_mta_look *l,
    const struct sg_postfix_service *s, const char *item, struct milter *out)
{
	char setting[SG_POSTFIX_ITEM_SIZE];

	memset(out, 0, sizeof(*out));
	snprintf(out->command_timeout, 64, "%.63s",
	    sg_look(l, s, "milter_command_timeout"));
	snprintf(out->default_action, 64, "%.63s",
	    sg_look(l, s, "milter_default_action"));
	snprintf(out->protocol, 64, "%.63s", sg_look(l, s, "milter_protocol"));
	if (!sg_postfix_next(&item, out->where))
		return;
	while (sg_postfix_next(&item, setting))
		take_setting(out, setting);
}

static void
search(const struct sg_mta_look *l, const struct list *list,
    struct seen *out)
{
	const char *rest = sg_look(l, list->service, list->name);
	char item[SG_POSTFIX_ITEM_SIZE];
	struct milter m;
	unsigned n = 0;

	memset(out, 0, sizeof(*out));
	for (; sg_postfix_next(&rest, item); n++) {
		read_milter(l, list->service, item, &m);
		switch (sg_endpoint_of_postfix(m.where,
		    &l->p->config->milter_listen, &list->sight)) {
		case SG_ENDPOINT_OTHER:
			continue;
		case SG_ENDPOINT_OUT_OF_SIGHT:
			out->out_of_sight++;
			break;
		case SG_ENDPOINT_OURS:
			out->ours++;
			break;
		}
		if (out->ours + out->out_of_sight == 1) {
			out->first = n == 0;
			out->milter = m;
		}
	}
}

/* The whole line for such a list; in master.cf, with its blanks in braces. */
static const char *
remedy(const struct sg_mta_look *l, const struct list *list,
    char out[2 * SG_ENDPOINT_TEXT_SIZE])
{
	char where[SG_ENDPOINT_TEXT_SIZE];
	bool own = list->service != NULL &&
	    sg_postfix_sets(l->p->postfix, list->service, list->name);

	snprintf(out, 2 * SG_ENDPOINT_TEXT_SIZE, "%s%s = { %s, "
	    "command_timeout=15s, default_action=tempfail }%s",
	    own ? "-o { " : "", list->name,
	    sg_endpoint_for_postfix(&l->p->config->milter_listen,
		&list->sight, where), own ? " }" : "");
	return out;
}

/* --- what is wrong with one that is there -------------------------------------- */

static void
look_at_timeout(struct sg_mta_look *l, const char *where,
    const struct milter *m)
{
	long timeout_ms = 1000 * sg_postfix_seconds(m->command_timeout, 1);
	long deadline_ms = (long)l->p->config->reply_deadline_ms;
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER, where,
		"command_timeout=15s" };

	if (timeout_ms >= deadline_ms + 1000 || timeout_ms < 0)
		return;
	sg_mta_find(l->fs, &about, "milter_command_timeout is %s and "
	    "stsgate's reply_deadline %ld ms: Postfix gives up while stsgate "
	    "still looks, and fails every recipient of the transaction, those "
	    "accepted before included", m->command_timeout, deadline_ms);
}

static void
look_at_default_action(struct sg_mta_look *l, const char *where,
    const struct milter *m)
{
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MILTER, where,
		"default_action=tempfail" };

	if (strcmp(m->default_action, "accept") == 0) {
		about.severity = SG_ERROR;
		sg_mta_find(l->fs, &about, "milter_default_action is accept: "
		    "while stsgate does not answer, mail comes in that nobody "
		    "has judged, and a connection lost in the middle lets a "
		    "half-judged message through");
	} else if (strcmp(m->default_action, "quarantine") == 0)
		sg_mta_find(l->fs, &about, "milter_default_action is "
		    "quarantine: while stsgate does not answer, mail piles up "
		    "on hold, and whoever releases it sends it unjudged");
	else if (strcmp(m->default_action, "reject") == 0)
		sg_mta_find(l->fs, &about, "milter_default_action is reject: "
		    "while stsgate does not answer, mail is refused for good "
		    "that could have waited");
}

static void
look_at_protocol(struct sg_mta_look *l, const char *where,
    const struct milter *m)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER, where,
		"milter_protocol = 6" };

	if (strcmp(m->protocol, "6") != 0)
		sg_mta_find(l->fs, &about, "milter_protocol is %s: stsgate "
		    "cannot ask for the macros that name the next hop, nor say "
		    "which steps it does not need", m->protocol);
}

static void
look_at_place(struct sg_mta_look *l, const char *where,
    const struct seen *seen)
{
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_MILTER, where, NULL };

	if (!seen->first)
		sg_mta_find(l->fs, &about, "stsgate is not the first milter: "
		    "one before it that signs (DKIM) does so before X-Stsgate "
		    "is added, or a forged one removed");
	about.severity = SG_WARNING;
	if (seen->ours > 1)
		sg_mta_find(l->fs, &about, "stsgate is in the list %u times, "
		    "and is asked as often", seen->ours);
}

static void
look_at_ours(struct sg_mta_look *l, const struct list *list,
    const struct seen *seen)
{
	char where[SG_LOOK_WHERE_SIZE], line[2 * SG_ENDPOINT_TEXT_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER, where,
		remedy(l, list, line) };

	sg_look_where(l, list->service, list->name, where);
	if (seen->ours == 0)
		sg_mta_find(l->fs, &about, "%s runs chrooted in %s and sees "
		    "%s/%s in place of stsgate's socket: put milter_socket "
		    "below that directory, and name it as the process sees it",
		    list->service != NULL ? list->service->name : "cleanup",
		    list->sight.queue_dir, list->sight.queue_dir,
		    l->p->config->milter_listen.path);
	look_at_timeout(l, where, &seen->milter);
	look_at_default_action(l, where, &seen->milter);
	look_at_protocol(l, where, &seen->milter);
	look_at_place(l, where, seen);
}

/* --- smtpd -------------------------------------------------------------------- */

static bool
has_word(const char *list, const char *word)
{
	char item[SG_POSTFIX_ITEM_SIZE];

	while (sg_postfix_next(&list, item))
		if (strcmp(item, word) == 0)
			return true;
	return false;
}

/* Where mail comes back from a content filter: it was judged before. */
static bool
is_reinjection(const struct sg_mta_look *l,
    const struct sg_postfix_service *s)
{
	return sg_postfix_sets(l->p->postfix, s, "content_filter") &&
	    sg_look(l, s, "content_filter")[0] == '\0' &&
	    (strncmp(s->name, "127.0.0.1:", 10) == 0 ||
	    strncmp(s->name, "localhost:", 10) == 0 ||
	    strncmp(s->name, "[::1]:", 6) == 0);
}

static void
say_ungated(struct sg_mta_look *l, const struct list *list, bool no_milters)
{
	const struct sg_postfix_service *s = list->service;
	char line[2 * SG_ENDPOINT_TEXT_SIZE], where[SG_LOOK_WHERE_SIZE];
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MILTER, where,
		remedy(l, list, line) };

	sg_look_where(l, s, no_milters ? "receive_override_options"
	                               : list->name, where);
	if (is_reinjection(l, s)) {
		about.severity = SG_NOTE;
		about.remedy = NULL;
		sg_mta_find(l->fs, &about, "mail by %s does not pass stsgate; "
		    "well so if it only takes back from a content filter what "
		    "another service has taken in", s->name);
	} else if (no_milters) {
		about.remedy = NULL;
		sg_mta_find(l->fs, &about, "no_milters: mail that comes in by "
		    "%s is not judged", s->name);
	} else
		sg_mta_find(l->fs, &about, "stsgate (milter_socket = \"%s\") "
		    "is not in it: mail that comes in by %s is not judged",
		    l->p->config->milter_socket, s->name);
}

enum { DONE_IN_SIGHT = 1, DONE_HIDDEN = 2 };

/* Returns whether mail by this service passes the gate. A list of main.cf is
   looked at once, by the first that goes by it; and once more by the first
   whose chroot hides the socket. */
static bool
look_at_smtpd(struct sg_mta_look *l, const struct sg_postfix_service *s,
    unsigned *main_done)
{
	struct list list = { s, "smtpd_milters",
		sg_postfix_sight(l->p->postfix, s) };
	bool no_milters = has_word(sg_look(l, s, "receive_override_options"),
	    "no_milters");
	bool own = sg_postfix_sets(l->p->postfix, s, "smtpd_milters");
	struct seen seen;
	unsigned bit;

	search(l, &list, &seen);
	if (no_milters || seen.ours + seen.out_of_sight == 0)
		return false;
	bit = seen.ours == 0 ? DONE_HIDDEN : DONE_IN_SIGHT;
	if (own || !(*main_done & bit))
		look_at_ours(l, &list, &seen);
	*main_done |= own ? 0 : bit;
	return true;
}

static void
look_at_all_smtpd(struct sg_mta_look *l)
{
	const struct sg_postfix *p = l->p->postfix;
	const struct sg_postfix_service *s;
	struct list list = { NULL, "smtpd_milters", { NULL, false } };
	char line[2 * SG_ENDPOINT_TEXT_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER,
		"main.cf: smtpd_milters", line };
	bool gated[64] = { false }, any = false;
	unsigned main_done = 0;
	size_t i;

	for (i = 0; (s = sg_postfix_service(p, "smtpd", i)) != NULL && i < 64;
	    i++)
		any |= gated[i] = look_at_smtpd(l, s, &main_done);
	if (any) {
		while (i-- > 0)
			if (!gated[i]) {
				s = sg_postfix_service(p, "smtpd", i);
				list.service = s;
				list.sight = sg_postfix_sight(p, s);
				say_ungated(l, &list, has_word(sg_look(l, s,
				    "receive_override_options"),
				    "no_milters"));
			}
		return;
	}
	s = sg_postfix_service(p, "smtpd", 0);
	list.sight = sg_postfix_sight(p, s);
	remedy(l, &list, line);
	sg_mta_find(l->fs, &about, "stsgate (milter_socket = \"%s\") is "
	    "nowhere wired in: no mail is judged",
	    l->p->config->milter_socket);
}

/* --- the rest ------------------------------------------------------------------ */

static void
look_at_local(struct sg_mta_look *l)
{
	struct list list = { NULL, "non_smtpd_milters",
		sg_postfix_sight(l->p->postfix,
		    sg_postfix_service(l->p->postfix, "cleanup", 0)) };
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MILTER,
		"main.cf: non_smtpd_milters",
		"non_smtpd_milters = $smtpd_milters" };
	struct seen seen;

	search(l, &list, &seen);
	if (seen.ours + seen.out_of_sight == 0)
		sg_mta_find(l->fs, &about, "stsgate is not in it: mail that "
		    "programs of this machine submit by sendmail(1) is not "
		    "judged");
	else
		look_at_ours(l, &list, &seen);
}

static void
look_at_milter_maps(struct sg_mta_look *l)
{
	static const struct sg_mta_about about = { SG_NOTE, SG_TOPIC_MILTER,
		"main.cf: smtpd_milter_maps", NULL };
	const char *maps = sg_look(l, NULL, "smtpd_milter_maps");

	if (maps[0] != '\0')
		sg_mta_find(l->fs, &about, "what %.200s answers for a client "
		    "takes the place of smtpd_milters: mail from there is "
		    "judged only if stsgate is in the answer", maps);
}

/* Postfix's processes connect as mail_owner, whatever the socket's group. */
static void
look_in_sight(struct sg_mta_look *l)
{
	const struct sg_postfix_service *s = sg_postfix_service(
	    l->p->postfix, "smtpd", 0);
	struct sg_sight sight = sg_postfix_sight(l->p->postfix, s);
	char line[SG_ENDPOINT_TEXT_SIZE + 64];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_SOCKETS,
		"stsgate.conf: milter_socket", line };

	if (s == NULL ||
	    sg_endpoint_in_sight(&l->p->config->milter_listen, &sight))
		return;
	snprintf(line, sizeof(line),
	    "milter_socket = \"unix:%s/stsgate/milter.sock\"",
	    sight.queue_dir);
	sg_mta_find(l->fs, &about, "%s is outside of %s, in which %s runs "
	    "chrooted: Postfix cannot reach it", l->p->config->milter_socket,
	    sight.queue_dir, s->name);
}

void
sg_look_at_milters(struct sg_mta_look *l)
{
	look_at_all_smtpd(l);
	look_at_local(l);
	look_at_milter_maps(l);
	look_in_sight(l);
}
