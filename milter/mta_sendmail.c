/* SPDX-License-Identifier: ISC */
/*
 * mta_sendmail.c - see mta_sendmail.h.
 *
 * The remedies are lines of sendmail.mc where there is a macro for it: who
 * edits sendmail.cf loses it with the next update.
 */
#include "mta_sendmail.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mta_endpoint.h"

struct look {
	const struct sg_cf *cf;
	const struct sg_config *c;
	struct sg_mta_findings *fs;
};

static const char *
option(const struct look *l, const char *name)
{
	const char *value = sg_cf_option(l->cf, name, 0);

	return value != NULL ? value : "";
}

/* --- the milter ---------------------------------------------------------------- */

/* "Xname, S=..., ...": up to the comma. */
static void
name_of(const char *line, char out[64])
{
	snprintf(out, 64, "%.*s", (int)strcspn(line, ", \t"), line);
}

static const char *
find_filter(const struct look *l, char name[64])
{
	char socket[SG_CF_VALUE_SIZE];
	const char *line;

	for (size_t i = 0; (line = sg_cf_line(l->cf, 'X', i)) != NULL; i++)
		if (sg_cf_equate(line, ',', "S|Socket", socket) &&
		    sg_endpoint_of_sendmail(socket, &l->c->milter_listen) ==
		    SG_ENDPOINT_OURS) {
			name_of(line, name);
			return line;
		}
	return NULL;
}

static const char *
filter_remedy(const struct look *l, char out[400])
{
	char where[SG_ENDPOINT_TEXT_SIZE];

	snprintf(out, 400, "INPUT_MAIL_FILTER(`stsgate', `S=%s, F=T, "
	    "T=C:10s;S:10s;R:15s;E:1m')dnl",
	    sg_endpoint_for_sendmail(&l->c->milter_listen, where));
	return out;
}

static void
look_at_flags(struct look *l, const char *line, const char *where)
{
	char flags[SG_CF_VALUE_SIZE] = "", put[400];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER, where,
		filter_remedy(l, put) };

	(void)sg_cf_equate(line, ',', "F|Flags", flags);
	if (strpbrk(flags, "T4") != NULL)
		return;
	if (strchr(flags, 'R') != NULL) {
		about.severity = SG_WARNING;
		sg_mta_find(l->fs, &about, "has F=R: while stsgate does not "
		    "answer, mail is refused for good that could have waited");
	} else
		sg_mta_find(l->fs, &about, "has no F=T: while stsgate does not "
		    "answer, mail comes in that nobody has judged");
}

static void
look_at_timeouts(struct look *l, const char *line, const char *where)
{
	char list[SG_CF_VALUE_SIZE], value[SG_CF_VALUE_SIZE], put[400];
	long deadline_ms = (long)l->c->reply_deadline_ms;
	long timeout_s = 10; /* Sendmail's own */
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER, where,
		filter_remedy(l, put) };

	if (sg_cf_equate(line, ',', "T|Timeouts", list) &&
	    sg_cf_equate(list, ';', "R", value))
		timeout_s = sg_cf_seconds(value, 1);
	if (timeout_s >= 0 && 1000 * timeout_s < deadline_ms + 1000)
		sg_mta_find(l->fs, &about, "waits %ld s for an answer (R:), "
		    "and stsgate's reply_deadline is %ld ms: Sendmail gives up "
		    "while stsgate still looks, and fails every recipient of "
		    "the transaction, those accepted before included",
		    timeout_s, deadline_ms);
}

/* Where name stands in a list that is parted by commas or semicolons; 0: it
   does not. */
static unsigned
place_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (unsigned place = 1; *list != '\0'; place++) {
		list += strspn(list, ",; \t");
		if (strncasecmp(list, name, n) == 0 &&
		    strchr(",; \t", list[n]) != NULL)
			return place;
		list += strcspn(list, ",;");
	}
	return 0;
}

static void
look_at_filter_list(struct look *l, const char *name)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER,
		"sendmail.cf: O InputMailFilters", NULL };
	unsigned place = place_in(option(l, "InputMailFilters"), name);

	if (place == 0)
		sg_mta_find(l->fs, &about, "%s is defined, but not in the list "
		    "of filters that mail passes: use INPUT_MAIL_FILTER rather "
		    "than MAIL_FILTER, or name it in confINPUT_MAIL_FILTERS",
		    name);
	about.severity = SG_NOTE;
	if (place > 1)
		sg_mta_find(l->fs, &about, "%s is not the first: a filter "
		    "before it that signs (DKIM) does so before X-Stsgate is "
		    "added, or a forged one removed", name);
}

/* Each daemon may have a list of its own. */
static void
look_at_daemons(struct look *l, const char *name)
{
	static const struct sg_mta_about about = { SG_WARNING,
		SG_TOPIC_MILTER, "sendmail.cf: O DaemonPortOptions", NULL };
	char list[SG_CF_VALUE_SIZE];
	const char *line;

	for (size_t i = 0; (line = sg_cf_option(l->cf, "DaemonPortOptions",
	    i)) != NULL; i++)
		if (sg_cf_equate(line, ',', "I|InputMailFilters", list) &&
		    place_in(list, name) == 0)
			sg_mta_find(l->fs, &about, "a daemon (%.150s) has a "
			    "list of filters of its own, without %s: its mail "
			    "is not judged", line, name);
}

static void
look_at_macros(struct look *l)
{
	static const struct sg_mta_about about = { SG_WARNING,
		SG_TOPIC_MILTER, "sendmail.cf: O Milter.macros.envrcpt",
		"define(`confMILTER_MACROS_ENVRCPT', "
		"`{rcpt_mailer}, {rcpt_host}, {rcpt_addr}')dnl" };
	const char *macros = sg_cf_option(l->cf, "Milter.macros.envrcpt", 0);

	if (macros != NULL && strstr(macros, "{rcpt_host}") == NULL)
		sg_mta_find(l->fs, &about, "lacks {rcpt_host}: without it "
		    "stsgate does not know by which next hop mail goes. It "
		    "asks for it, but an old Sendmail does not listen");
}

static void
look_at_milter(struct look *l)
{
	char name[64], where[96], put[400];
	const char *line = find_filter(l, name);
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MILTER,
		"sendmail.mc: INPUT_MAIL_FILTER", filter_remedy(l, put) };

	if (line == NULL) {
		sg_mta_find(l->fs, &about, "stsgate (milter_socket = \"%s\") "
		    "is no filter of Sendmail's: no mail is judged",
		    l->c->milter_socket);
		return;
	}
	snprintf(where, sizeof(where), "sendmail.cf: X%s", name);
	look_at_flags(l, line, where);
	look_at_timeouts(l, line, where);
	look_at_filter_list(l, name);
	look_at_daemons(l, name);
	look_at_macros(l);
}

/* --- the map ------------------------------------------------------------------- */

/* The class's arguments of "Kname class args"; NULL: it is another map. */
static const char *
map_arguments(const char *line, const char *name, const char *class)
{
	size_t n = strlen(name), m = strlen(class);

	if (strncasecmp(line, name, n) != 0 || strchr(" \t", line[n]) == NULL)
		return NULL;
	line += n + strspn(line + n, " \t");
	return strncasecmp(line, class, m) == 0 && line[m] == ' '
	    ? line + m + 1 : NULL;
}

static const char *
find_map(const struct look *l, const char *name, const char *class)
{
	const char *line, *arguments;

	for (size_t i = 0; (line = sg_cf_line(l->cf, 'K', i)) != NULL; i++) {
		arguments = map_arguments(line, name, class);
		if (arguments != NULL)
			return arguments;
	}
	return NULL;
}

static bool
asks_us(const struct look *l, const char *arguments)
{
	const char *last = strrchr(arguments, ' ');

	last = last != NULL ? last + 1 : arguments;
	for (size_t i = 0; i < l->c->n_tlsmap_listen; i++)
		if (sg_endpoint_of_sendmail(last, &l->c->tlsmap_listen[i]) ==
		    SG_ENDPOINT_OURS)
			return true;
	return false;
}

static const char *
map_remedy(const struct look *l, char out[400])
{
	const struct sg_listen *at = NULL;
	char where[SG_ENDPOINT_TEXT_SIZE];

	for (size_t i = 0; i < l->c->n_tlsmap_listen; i++)
		if (at == NULL || (at->is_unix &&
		    !l->c->tlsmap_listen[i].is_unix))
			at = &l->c->tlsmap_listen[i];
	snprintf(out, 400, "FEATURE(`sts', `socket -d5 -T<TMPF> %s')dnl",
	    at != NULL ? sg_endpoint_for_sendmail(at, where)
	               : "inet:5461@127.0.0.1");
	return out;
}

static void
look_at_map_flags(struct look *l, const char *arguments)
{
	char put[400];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP,
		"sendmail.cf: Ksts", map_remedy(l, put) };

	if (strstr(arguments, "-T<TMPF>") == NULL)
		sg_mta_find(l->fs, &about, "lacks -T<TMPF>: while stsgate does "
		    "not answer, mail to every domain goes out as if it had no "
		    "policy");
	about.severity = SG_WARNING;
	if (strncmp(arguments, "-d", 2) != 0 &&
	    strstr(arguments, " -d") == NULL)
		sg_mta_find(l->fs, &about, "lacks -d: a map that hangs holds "
		    "deliveries up without a limit");
}

static void
say_no_map(struct look *l, bool other)
{
	char put[400];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP,
		"sendmail.mc: FEATURE(`sts')", map_remedy(l, put) };

	if (!l->c->delivery_map)
		return;
	sg_mta_find(l->fs, &about, "%s, and delivery_map in stsgate.conf is "
	    "true: mail is accepted in the belief that the map keeps it from "
	    "leaving in clear, and nothing does. Without the map, set "
	    "delivery_map = false", other
	    ? "Sendmail asks another map than stsgate's (tlsmap_listen)"
	    : "Sendmail asks no TLS policy map");
}

/* What FEATURE(sts) sets up beside the map. */
static void
look_at_sts(struct look *l)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP,
		"sendmail.cf: O StrictTransportSecurity",
		"O StrictTransportSecurity=true" };

	if (strcasecmp(option(l, "StrictTransportSecurity"), "true") != 0)
		sg_mta_find(l->fs, &about, "is not true: the map is there and "
		    "Sendmail does not go by it");
	about.option = "sendmail.cf: O SetCertAltnames";
	about.remedy = "O SetCertAltnames=true";
	if (strcasecmp(option(l, "SetCertAltnames"), "true") != 0)
		sg_mta_find(l->fs, &about, "is not true (NO_SAN_TST): a "
		    "certificate of another name will do");
	about.severity = SG_WARNING;
	about.option = "sendmail.mc: LOCAL_TLS_RCPT";
	about.remedy = "include(`/etc/mail/stsgate-delivery.m4')dnl "
	    "behind the MAILER lines";
	if (!sg_cf_calls(l->cf, "Local_tls_rcpt", "STS_secure"))
		sg_mta_find(l->fs, &about, "Sendmail asks whether the server's "
		    "certificate is good once a connection, for its first "
		    "recipient. Another one whose domain has the same MX host "
		    "goes over that connection, enforced or not; "
		    "conf/sendmail of stsgate has the rules that ask for each");
}

/* What was promised holds as long as mail can wait for delivery. */
static void
look_at_pins(struct look *l)
{
	const char *life = option(l, "Timeout.queuereturn");
	long life_s = sg_cf_seconds(life, 86400);
	char line[64];
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MAP,
		"stsgate.conf: pin_for", line };

	snprintf(line, sizeof(line), "pin_for = \"%ldd\"",
	    (life_s + 86399) / 86400);
	if (life_s > (long)l->c->pin_for_s)
		sg_mta_find(l->fs, &about, "mail may wait in the queue for %s "
		    "(O Timeout.queuereturn), and the map holds to what was "
		    "promised for %u s only", life,
		    (unsigned)l->c->pin_for_s);
}

static void
look_at_map(struct look *l)
{
	static const struct sg_mta_about off = { SG_WARNING, SG_TOPIC_MAP,
		"stsgate.conf: delivery_map", "delivery_map = true" };
	const char *arguments = find_map(l, "sts", "socket");

	if (arguments == NULL || !asks_us(l, arguments)) {
		say_no_map(l, arguments != NULL);
		return;
	}
	if (!l->c->delivery_map)
		sg_mta_find(l->fs, &off, "is false, yet Sendmail asks "
		    "stsgate's map: mail is deferred at RCPT that the map "
		    "would have kept safe in the queue");
	look_at_pins(l);
	look_at_map_flags(l, arguments);
	look_at_sts(l);
}

/* --- TLS ------------------------------------------------------------------------- */

static void
look_at_tls(struct look *l)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS,
		"sendmail.cf: O CACertFile", "define(`confCACERT', "
		"`/etc/ssl/certs/ca-certificates.crt')dnl" };

	if (option(l, "CACertFile")[0] == '\0' &&
	    option(l, "CACertPath")[0] == '\0')
		sg_mta_find(l->fs, &about, "neither CACertFile nor CACertPath "
		    "is set: no certificate is ever verified, and all mail at "
		    "secure waits until it bounces");
	about.option = "sendmail.cf: O TLSFallbacktoClear";
	about.remedy = "O TLSFallbacktoClear=false";
	if (strcasecmp(option(l, "TLSFallbacktoClear"), "true") == 0)
		sg_mta_find(l->fs, &about, "is true: who breaks the TLS "
		    "handshake has the mail in clear, where no rule asks for "
		    "more");
}

static void
look_at_client(struct look *l)
{
	static const struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS,
		"sendmail.cf: O ClientPortOptions", NULL };
	char modifiers[SG_CF_VALUE_SIZE];
	const char *line;

	for (size_t i = 0; (line = sg_cf_option(l->cf, "ClientPortOptions",
	    i)) != NULL; i++)
		if (sg_cf_equate(line, ',', "M|Modifiers", modifiers) &&
		    strchr(modifiers, 'S') != NULL)
			sg_mta_find(l->fs, &about, "has M=%s: S means never to "
			    "use STARTTLS when sending", modifiers);
}

/* --- routes ---------------------------------------------------------------------- */

static void
look_at_smart_host(struct look *l)
{
	static const struct sg_mta_about about = { SG_WARNING,
		SG_TOPIC_ROUTES, "sendmail.cf: DS", NULL };
	const char *line;

	for (size_t i = 0; (line = sg_cf_line(l->cf, 'D', i)) != NULL; i++)
		if (line[0] == 'S' && line[1] != '\0')
			sg_mta_find(l->fs, &about, "all mail goes to the smart "
			    "host %.100s: stsgate judges that one at RCPT, and "
			    "at delivery Sendmail asks for the recipient's "
			    "domain. What that publishes counts on the relay "
			    "that looks up its MX: stsgate belongs there",
			    line + 1);
}

static void
look_at_mailertable(struct look *l)
{
	static const struct sg_mta_about about = { SG_NOTE, SG_TOPIC_ROUTES,
		"sendmail.cf: Kmailertable", NULL };
	const char *line;

	for (size_t i = 0; (line = sg_cf_line(l->cf, 'K', i)) != NULL; i++)
		if (strncmp(line, "mailertable ", 12) == 0)
			sg_mta_find(l->fs, &about, "what is judged at RCPT is "
			    "the next hop that it gives; at delivery Sendmail "
			    "asks for the recipient's domain all the same");
}

/* What a sender group asks above the published level. */
static void
look_at_groups(struct look *l)
{
	static const struct sg_mta_about about = { SG_ERROR, SG_TOPIC_ROUTES,
		"sendmail.mc: LOCAL_TLS_RCPT",
		"include(`/etc/mail/stsgate-delivery.m4')dnl "
		"behind the MAILER lines, and the group's senders in "
		"/etc/mail/stsgroups" };

	for (size_t i = 0; i < l->c->n_groups; i++)
		if (l->c->groups[i].route_tag &&
		    !sg_cf_has_ruleset(l->cf, "Stsgate_asks")) {
			sg_mta_find(l->fs, &about, "group %s has route_tag: "
			    "Sendmail looks at no header field that a milter "
			    "added, and nothing else keeps the group's level "
			    "at delivery", l->c->groups[i].name);
			return;
		}
}

void
sg_mta_check_sendmail(const struct sg_cf *cf, const struct sg_config *config,
    struct sg_mta_findings *fs)
{
	struct look l = { cf, config, fs };

	look_at_milter(&l);
	look_at_map(&l);
	look_at_tls(&l);
	look_at_client(&l);
	look_at_smart_host(&l);
	look_at_mailertable(&l);
	look_at_groups(&l);
}
