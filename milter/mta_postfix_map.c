/* SPDX-License-Identifier: ISC */
/*
 * mta_postfix_map.c - does every delivery ask stsgate's TLS policy map first,
 * in words that this Postfix understands, and can it do what the map answers?
 */
#include "mta_postfix_private.h"

#include <stdio.h>
#include <string.h>

#define SOCKETMAP "socketmap:"

/* What is found of our map in one service's smtp_tls_policy_maps. */
struct seen {
	bool ours, out_of_sight;
	unsigned before, behind; /* other tables */
	char other[160];         /* one of them */
	char dialect[64];        /* "postfix", "postfix+secure" */
};

/* --- the list ------------------------------------------------------------------ */

/* "socketmap:unix:path:name", "socketmap:inet:host:port:name" taken apart. */
static bool
split_table(const char *table, char endpoint[SG_POSTFIX_ITEM_SIZE],
    char dialect[64])
{
	const char *colon;

	if (strncmp(table, "proxy:", 6) == 0)
		table += 6;
	if (strncmp(table, SOCKETMAP, strlen(SOCKETMAP)) != 0)
		return false;
	table += strlen(SOCKETMAP);
	colon = strrchr(table, ':');
	if (colon == NULL)
		return false;
	snprintf(endpoint, SG_POSTFIX_ITEM_SIZE, "%.*s", (int)(colon - table),
	    table);
	snprintf(dialect, 64, "%.63s", colon + 1);
	return true;
}

static enum sg_endpoint
match(const struct sg_config *c, const char *endpoint,
    const struct sg_sight *sight)
{
	enum sg_endpoint best = SG_ENDPOINT_OTHER, e;

	for (size_t i = 0; i < c->n_tlsmap_listen; i++) {
		e = sg_endpoint_of_postfix(endpoint, &c->tlsmap_listen[i],
		    sight);
		if (e == SG_ENDPOINT_OURS)
			return e;
		if (e != SG_ENDPOINT_OTHER)
			best = e;
	}
	return best;
}

static void
search(const struct sg_mta_look *l, const struct sg_postfix_service *s,
    struct seen *out)
{
	const char *rest = sg_look(l, s, "smtp_tls_policy_maps");
	struct sg_sight sight = sg_postfix_sight(l->p->postfix, s);
	char table[SG_POSTFIX_ITEM_SIZE], endpoint[SG_POSTFIX_ITEM_SIZE];
	char dialect[64];
	enum sg_endpoint e;

	memset(out, 0, sizeof(*out));
	while (sg_postfix_next(&rest, table)) {
		e = split_table(table, endpoint, dialect)
		    ? match(l->p->config, endpoint, &sight)
		    : SG_ENDPOINT_OTHER;
		if (e == SG_ENDPOINT_OTHER) {
			snprintf(out->other, sizeof(out->other), "%.150s",
			    table);
			if (out->ours)
				out->behind++;
			else
				out->before++;
		} else if (!out->ours) {
			out->ours = true;
			out->out_of_sight = e == SG_ENDPOINT_OUT_OF_SIGHT;
			memcpy(out->dialect, dialect, sizeof(dialect));
		}
	}
}

/* The element that would be ours. */
static const char *
table_for(const struct sg_mta_look *l, const struct sg_postfix_service *s,
    char out[2 * SG_ENDPOINT_TEXT_SIZE])
{
	const struct sg_config *c = l->p->config;
	struct sg_sight sight = sg_postfix_sight(l->p->postfix, s);
	const struct sg_listen *at = NULL;
	char where[SG_ENDPOINT_TEXT_SIZE];

	for (size_t i = 0; i < c->n_tlsmap_listen; i++)
		if (at == NULL || (!sg_endpoint_in_sight(at, &sight) &&
		    sg_endpoint_in_sight(&c->tlsmap_listen[i], &sight)))
			at = &c->tlsmap_listen[i];
	snprintf(out, 2 * SG_ENDPOINT_TEXT_SIZE, "smtp_tls_policy_maps = "
	    SOCKETMAP "%s:%s", at != NULL
	    ? sg_endpoint_for_postfix(at, &sight, where) : "unix:...",
	    sg_postfix_is_at_least(l->p->postfix, 3, 10) ? "postfix-tlsrpt"
							 : "postfix");
	return out;
}

/* --- one service --------------------------------------------------------------- */

/* Without a map, a level that is enforced for all is no hole. */
static bool
enforces_itself(const struct sg_mta_look *l,
    const struct sg_postfix_service *s)
{
	static const char *const levels[] = { "encrypt", "verify", "secure",
		"dane-only", "fingerprint" };
	const char *is = sg_look(l, s, "smtp_tls_security_level");

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(is, levels[i]) == 0)
			return true;
	return false;
}

/* A name may end in the least level to answer. */
static bool
is_level(const char *word)
{
	return strcmp(word, "encrypt") == 0 || strcmp(word, "verify") == 0 ||
	    strcmp(word, "secure") == 0 || strcmp(word, "dane") == 0;
}

static void
look_at_dialect(struct sg_mta_look *l, const char *where,
    const struct seen *seen, const char *line)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP, where, line };
	bool reports = sg_postfix_is_at_least(l->p->postfix, 3, 10);
	size_t n = strcspn(seen->dialect, "+");
	bool plain = n == 7 && strncmp(seen->dialect, "postfix", n) == 0;
	bool tlsrpt = n == 14 &&
	    strncmp(seen->dialect, "postfix-tlsrpt", n) == 0;

	if ((!plain && !tlsrpt) || (seen->dialect[n] == '+' &&
	    !is_level(seen->dialect + n + 1)))
		sg_mta_find(l->fs, &about, "stsgate has no map \"%s\": it is "
		    "postfix, or postfix-tlsrpt from Postfix 3.10 on",
		    seen->dialect);
	else if (tlsrpt && !reports)
		sg_mta_find(l->fs, &about, "Postfix %s cannot read what the "
		    "map postfix-tlsrpt answers: all mail to domains with a "
		    "policy would be deferred (4.7.5 client TLS configuration "
		    "problem)", sg_look(l, NULL, "mail_version"));
	else if (plain && reports &&
	    strcmp(sg_look(l, NULL, "smtp_tlsrpt_enable"), "yes") == 0) {
		about.severity = SG_WARNING;
		sg_mta_find(l->fs, &about, "smtp_tlsrpt_enable is yes, and the "
		    "map postfix says nothing of policies: TLS reports would "
		    "say that there are none");
	}
}

static void
look_at_order(struct sg_mta_look *l, const char *where,
    const struct seen *seen)
{
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MAP, where, NULL };

	if (seen->before > 0)
		sg_mta_find(l->fs, &about, "%s stands before stsgate's map: "
		    "what it answers goes, whatever the domain publishes and "
		    "stsgate has promised. Put exceptions into recipients of "
		    "stsgate.conf, with a date", seen->other);
	about.severity = SG_NOTE;
	if (seen->behind > 0)
		sg_mta_find(l->fs, &about, "%s is asked where stsgate's map "
		    "has no word on a domain, and not at all while stsgate "
		    "does not answer", seen->other);
}

static void
look_at_ours(struct sg_mta_look *l, const struct sg_postfix_service *s,
    const struct seen *seen)
{
	char where[SG_LOOK_WHERE_SIZE], line[2 * SG_ENDPOINT_TEXT_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP, where,
		table_for(l, s, line) };

	sg_look_where(l, s, "smtp_tls_policy_maps", where);
	if (seen->out_of_sight)
		sg_mta_find(l->fs, &about, "%s runs chrooted in %s and cannot "
		    "reach that socket: all mail would be deferred. Put "
		    "tlsmap_listen of stsgate.conf below that directory",
		    s->name, sg_postfix_sight(l->p->postfix, s).queue_dir);
	look_at_dialect(l, where, seen, line);
	look_at_order(l, where, seen);
}

static void
say_unasked(struct sg_mta_look *l, const struct sg_postfix_service *s)
{
	char where[SG_LOOK_WHERE_SIZE], line[2 * SG_ENDPOINT_TEXT_SIZE];
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MAP, where,
		table_for(l, s, line) };

	sg_look_where(l, s, "smtp_tls_policy_maps", where);
	if (!enforces_itself(l, s))
		sg_mta_find(l->fs, &about, "mail that %s delivers goes out "
		    "without a look at stsgate's map", s->name);
}

/* --- all services --------------------------------------------------------------- */

static void
say_nowhere(struct sg_mta_look *l)
{
	const struct sg_config *c = l->p->config;
	const struct sg_postfix_service *s = sg_postfix_service_named(
	    l->p->postfix, "smtp/unix");
	char line[2 * SG_ENDPOINT_TEXT_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_MAP,
		"main.cf: smtp_tls_policy_maps", table_for(l, s, line) };

	if (c->delivery_map)
		sg_mta_find(l->fs, &about, "stsgate's map is not in it, and "
		    "delivery_map in stsgate.conf is true: mail is accepted in "
		    "the belief that the map keeps it from leaving in clear, "
		    "and nothing does. Without the map, set delivery_map = "
		    "false");
}

/* By the transport that most mail goes by. */
static bool
is_asked(const struct sg_mta_look *l)
{
	struct seen seen;

	search(l, sg_postfix_service_named(l->p->postfix, "smtp/unix"), &seen);
	return seen.ours;
}

/* main_done: what main.cf says has been looked at. */
static void
look_at_service(struct sg_mta_look *l, const struct sg_postfix_service *s,
    bool *main_done)
{
	bool own = sg_postfix_sets(l->p->postfix, s, "smtp_tls_policy_maps");
	struct seen seen;

	search(l, s, &seen);
	if (!seen.ours && (own || is_asked(l)))
		say_unasked(l, s);
	else if (seen.ours && (own || !*main_done || seen.out_of_sight))
		look_at_ours(l, s, &seen);
	*main_done |= seen.ours && !own;
}

static void
look_at_delivery_map(struct sg_mta_look *l)
{
	static const struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MAP,
		"stsgate.conf: delivery_map", "delivery_map = true" };

	if (!l->p->config->delivery_map)
		sg_mta_find(l->fs, &about, "is false, yet Postfix asks "
		    "stsgate's map: mail is deferred at RCPT that the map "
		    "would have kept safe in the queue");
}

/* What was promised holds as long as mail can wait for delivery. */
static void
look_at_pins(struct sg_mta_look *l)
{
	const char *life = sg_look(l, NULL, "maximal_queue_lifetime");
	long life_s = sg_postfix_seconds(life, 86400);
	char line[64];
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_MAP,
		"stsgate.conf: pin_for", line };

	snprintf(line, sizeof(line), "pin_for = \"%ldd\"",
	    (life_s + 86399) / 86400);
	if (life_s > (long)l->p->config->pin_for_s)
		sg_mta_find(l->fs, &about, "mail may wait in the queue for %s "
		    "(maximal_queue_lifetime), and the map holds to what was "
		    "promised for %u s only", life,
		    (unsigned)l->p->config->pin_for_s);
}

/* --- what Postfix needs to do as the map says ------------------------------------- */

static void
look_at_level(struct sg_mta_look *l, const struct sg_postfix_service *s)
{
	const char *level = sg_look(l, s, "smtp_tls_security_level");
	char where[SG_LOOK_WHERE_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS, where,
		"smtp_tls_security_level = dane" };

	sg_look_where(l, s, "smtp_tls_security_level", where);
	if (level[0] == '\0' &&
	    strcmp(sg_look(l, s, "smtp_use_tls"), "yes") == 0)
		return;
	if (level[0] == '\0' || strcmp(level, "none") == 0)
		sg_mta_find(l->fs, &about, "is %s: mail to every domain that "
		    "stsgate's map has no word on goes out in clear, even where "
		    "TLS is offered. may at least, dane with DNSSEC",
		    level[0] != '\0' ? level : "empty");
}

/* The map answers "dane" where a domain has it, and Postfix then looks the
   records up itself. */
static void
look_at_dnssec(struct sg_mta_look *l, bool needed)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS,
		"main.cf: smtp_dns_support_level",
		"smtp_dns_support_level = dnssec" };

	if (!needed)
		return;
	if (strcmp(sg_look(l, NULL, "smtp_dns_support_level"), "dnssec") != 0)
		sg_mta_find(l->fs, &about, "without dnssec Postfix cannot do "
		    "DANE: all mail to domains that publish TLSA records would "
		    "be deferred");
	about.option = "main.cf: smtp_host_lookup";
	about.remedy = "smtp_host_lookup = dns";
	if (strncmp(sg_look(l, NULL, "smtp_host_lookup"), "dns", 3) != 0)
		sg_mta_find(l->fs, &about, "without dns in the first place "
		    "Postfix cannot do DANE, and takes MX hosts' addresses "
		    "from elsewhere than stsgate");
	about.option = "main.cf: disable_dns_lookups";
	about.remedy = "disable_dns_lookups = no";
	if (strcmp(sg_look(l, NULL, "disable_dns_lookups"), "yes") == 0)
		sg_mta_find(l->fs, &about, "no MX is looked up: mail goes "
		    "elsewhere than stsgate has judged");
}

static void
look_at_cas(struct sg_mta_look *l, const struct sg_postfix_service *s)
{
	const char *file = sg_look(l, s, "smtp_tls_CAfile");
	const char *path = sg_look(l, s, "smtp_tls_CApath");
	char where[SG_LOOK_WHERE_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS, where,
		"smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt" };

	sg_look_where(l, s, "smtp_tls_CAfile", where);
	if (file[0] != '\0' ||
	    strcmp(sg_look(l, s, "tls_append_default_CA"), "yes") == 0)
		return;
	if (path[0] == '\0')
		sg_mta_find(l->fs, &about, "neither smtp_tls_CAfile nor "
		    "smtp_tls_CApath is set: no certificate is ever verified, "
		    "and all mail at secure or verify waits until it bounces");
	else if (s != NULL && s->chroot) {
		about.severity = SG_WARNING;
		sg_mta_find(l->fs, &about, "smtp_tls_CApath is read from "
		    "within the chroot of %s, where a copy of it must be and "
		    "be kept up to date; a CAfile is read before", s->name);
	}
}

/* ">=TLSv1.2" (Postfix 3.6), "!TLSv1, !TLSv1.1, ...", or only good names. */
static bool
is_1_2(const char *list)
{
	char word[SG_POSTFIX_ITEM_SIZE];
	bool no_1_0 = false, no_1_1 = false, named = false, old = false;

	while (sg_postfix_next(&list, word)) {
		const char *name = word + strspn(word, "!<>=");
		bool is_1_0 = strcmp(name, "TLSv1") == 0;
		bool is_1_1 = strcmp(name, "TLSv1.1") == 0;

		if (word[0] == '>')
			return !is_1_0 && !is_1_1 && name[0] == 'T';
		no_1_0 |= word[0] == '!' && is_1_0;
		no_1_1 |= word[0] == '!' && is_1_1;
		named |= name == word;
		old |= name == word && (is_1_0 || is_1_1 || name[0] == 'S');
	}
	return named ? !old : no_1_0 && no_1_1;
}

static void
look_at_protocols(struct sg_mta_look *l)
{
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_TLS,
		"main.cf: smtp_tls_mandatory_protocols",
		sg_postfix_is_at_least(l->p->postfix, 3, 6)
		    ? "smtp_tls_mandatory_protocols = >=TLSv1.2"
		    : "smtp_tls_mandatory_protocols = "
		      "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1" };
	const char *is = sg_look(l, NULL, "smtp_tls_mandatory_protocols");

	if (!is_1_2(is))
		sg_mta_find(l->fs, &about, "\"%s\" lets TLS 1.0 or 1.1 do at "
		    "delivery, which stsgate does not take for TLS at RCPT", is);
}

static void
look_at_tls(struct sg_mta_look *l, const struct sg_postfix_service *s,
    bool *main_level, bool *main_cas)
{
	const struct sg_postfix *p = l->p->postfix;
	bool level = sg_postfix_sets(p, s, "smtp_tls_security_level");
	bool cas = sg_postfix_sets(p, s, "smtp_tls_CAfile") ||
	    sg_postfix_sets(p, s, "smtp_tls_CApath");

	if (level || !*main_level)
		look_at_level(l, s);
	if (cas || !*main_cas)
		look_at_cas(l, s);
	*main_level |= !level;
	*main_cas |= !cas;
}

void
sg_look_at_map(struct sg_mta_look *l)
{
	const struct sg_postfix_service *s;
	bool asked = is_asked(l);
	bool map = false, level = false, cas = false;

	if (asked) {
		look_at_delivery_map(l);
		look_at_pins(l);
	} else
		say_nowhere(l);
	for (size_t i = 0; (s = sg_postfix_service(l->p->postfix, "smtp",
	    i)) != NULL; i++) {
		look_at_service(l, s, &map);
		look_at_tls(l, s, &level, &cas);
	}
	look_at_dnssec(l, asked || strcmp(sg_look(l, NULL,
	    "smtp_tls_security_level"), "dane") == 0);
	look_at_protocols(l);
}
