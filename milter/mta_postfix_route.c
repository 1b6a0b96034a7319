/* SPDX-License-Identifier: ISC */
/*
 * mta_postfix_route.c - does mail go to the next hop that was judged, and a
 * marked message by a transport that keeps its level?
 */
#include "mta_postfix_private.h"

#include <stdio.h>
#include <string.h>

/* --- who may be marked --------------------------------------------------------- */

static void
want(enum sg_require require, const char *group,
    struct sg_mta_route out[SG_MTA_ROUTES_MAX], size_t *n)
{
	enum sg_level level = sg_require_level(require);

	if (level == SG_LEVEL_NONE || *n == SG_MTA_ROUTES_MAX)
		return;
	for (size_t i = 0; i < *n; i++)
		if (out[i].level == level)
			return;
	out[(*n)++] = (struct sg_mta_route) { level, group, "" };
}

size_t
sg_mta_routes_wanted(const struct sg_config *config,
    struct sg_mta_route out[SG_MTA_ROUTES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_groups; i++) {
		const struct sg_group *g = &config->groups[i];

		if (!g->route_tag)
			continue;
		want(g->rule.require, g->name, out, &n);
		for (size_t k = 0; k < g->n_recipients; k++)
			if (g->recipients[k].rule.set & SG_RULE_REQUIRE)
				want(g->recipients[k].rule.require, g->name,
				    out, &n);
	}
	return n;
}

/* --- where a marked message goes --------------------------------------------------- */

/* The lowest that a service lets through on its own. */
static enum sg_level
floor_of(const char *word)
{
	static const struct {
		const char *word;
		enum sg_level level;
	} levels[] = { { "encrypt", SG_LEVEL_ENCRYPT },
		{ "verify", SG_LEVEL_VERIFY }, { "secure", SG_LEVEL_SECURE },
		{ "dane", SG_LEVEL_DANE }, { "dane-only", SG_LEVEL_DANE },
		{ "fingerprint", SG_LEVEL_DANE } };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(word, levels[i].word) == 0)
			return levels[i].level;
	return SG_LEVEL_NONE;
}

/* A table whose name does not say the level may answer one below it. */
static bool
map_keeps(const char *maps, enum sg_level level)
{
	char table[SG_POSTFIX_ITEM_SIZE];

	while (sg_postfix_next(&maps, table)) {
		const char *plus = strrchr(table, '+');

		if (plus == NULL || floor_of(plus + 1) < level)
			return false;
	}
	return true;
}

static void
look_at_transport(struct sg_mta_look *l, const struct sg_mta_route *r,
    const struct sg_postfix_service *s)
{
	const char *is = sg_look(l, s, "smtp_tls_security_level");
	char where[SG_LOOK_WHERE_SIZE], line[400];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_ROUTES, where, line };

	/* Opportunistic "dane" is none of these: it may go below. */
	sg_look_where(l, s, "smtp_tls_security_level", where);
	snprintf(line, sizeof(line), "-o smtp_tls_security_level=%s",
	    r->level == SG_LEVEL_DANE ? "dane-only"
	                              : sg_level_name(r->level));
	if (strcmp(is, "dane") == 0 || floor_of(is) < r->level)
		sg_mta_find(l->fs, &about, "is %s: mail marked route=%s goes "
		    "by %s and may leave below that level",
		    is[0] != '\0' ? is : "empty", sg_level_name(r->level),
		    s->name);
	sg_look_where(l, s, "smtp_tls_policy_maps", where);
	snprintf(line, sizeof(line), "-o smtp_tls_policy_maps=socketmap:"
	    "...:postfix+%s", sg_level_name(r->level));
	if (!map_keeps(sg_look(l, s, "smtp_tls_policy_maps"), r->level))
		sg_mta_find(l->fs, &about, "mail marked route=%s goes by %s, "
		    "and a table in it may answer a lower level: let the map's "
		    "name say the least one", sg_level_name(r->level), s->name);
	if (sg_look(l, s, "smtp_fallback_relay")[0] != '\0') {
		about.severity = SG_WARNING;
		about.remedy = "-o smtp_fallback_relay=";
		sg_look_where(l, s, "smtp_fallback_relay", where);
		sg_mta_find(l->fs, &about, "mail marked route=%s may go to the "
		    "fallback relay", sg_level_name(r->level));
	}
}

static void
look_at_answer(struct sg_mta_look *l, const struct sg_mta_route *r)
{
	static const char *const where = "main.cf: milter_header_checks";
	char line[120], service[SG_POSTFIX_ITEM_SIZE];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_ROUTES, where, line };
	const struct sg_postfix_service *s;
	const char *to = r->answer;

	snprintf(line, sizeof(line), "/^X-Stsgate: .*; route=%s;/ FILTER "
	    "smtp-%s:", sg_level_name(r->level), sg_level_name(r->level));
	if (strncasecmp(to, "FILTER ", 7) != 0) {
		sg_mta_find(l->fs, &about, "group %s has route_tag, and "
		    "nothing is done about a message marked route=%s%s%.100s: "
		    "its level ends at RCPT", r->group,
		    sg_level_name(r->level), to[0] != '\0' ? " but " : "", to);
		return;
	}
	to += 7 + strspn(to + 7, " ");
	snprintf(service, sizeof(service), "%.*s/unix",
	    (int)strcspn(to, ": "), to);
	s = sg_postfix_service_named(l->p->postfix, service);
	if (s == NULL)
		sg_mta_find(l->fs, &about, "sends mail marked route=%s to %s, "
		    "which master.cf does not have: it would wait in the queue",
		    sg_level_name(r->level), to);
	else if (strcmp(s->command, "smtp") == 0)
		look_at_transport(l, r, s);
}

static void
look_at_marks(struct sg_mta_look *l)
{
	static const char *const names[] = { "relayhost", "transport_maps" };
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_ROUTES, NULL, NULL };
	char where[SG_LOOK_WHERE_SIZE];

	for (size_t i = 0; i < l->p->n_routes; i++)
		look_at_answer(l, &l->p->routes[i]);
	for (size_t i = 0; l->p->n_routes > 0 && i < 2; i++)
		if (sg_look(l, NULL, names[i])[0] != '\0') {
			about.option = sg_look_where(l, NULL, names[i], where);
			sg_mta_find(l->fs, &about, "has no say for a marked "
			    "message: FILTER sends it to the recipient's "
			    "domain, unless a next hop stands behind its "
			    "colon");
		}
}

/* --- next hops --------------------------------------------------------------------- */

static void
look_at_smart_host(struct sg_mta_look *l)
{
	const char *host = sg_look(l, NULL, "relayhost");
	const char *transport = sg_look(l, NULL, "default_transport");
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_ROUTES,
		"main.cf: relayhost", NULL };
	const char *colon = strchr(transport, ':');

	if (host[0] == '\0' && colon != NULL && colon[1] != '\0') {
		host = colon + 1;
		about.option = "main.cf: default_transport";
	}
	if (host[0] != '\0')
		sg_mta_find(l->fs, &about, "all mail goes to the smart host "
		    "%.100s: that is what stsgate judges and the map is asked "
		    "for. What recipients' domains publish counts only on the "
		    "relay that looks up their MX: stsgate belongs there",
		    host);
}

static void
look_at_tables(struct sg_mta_look *l)
{
	static const char *const names[] = { "transport_maps",
		"sender_dependent_relayhost_maps",
		"sender_dependent_default_transport_maps" };
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_ROUTES, NULL, NULL };
	char where[SG_LOOK_WHERE_SIZE];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sg_look(l, NULL, names[i])[0] != '\0') {
			about.option = sg_look_where(l, NULL, names[i], where);
			sg_mta_find(l->fs, &about, "the next hop that it "
			    "gives is what is judged and asked for, not the "
			    "recipient's domain");
		}
}

static void
look_at_fallback(struct sg_mta_look *l)
{
	const char *host = sg_look(l, NULL, "smtp_fallback_relay");
	struct sg_mta_about about = { SG_WARNING, SG_TOPIC_ROUTES,
		"main.cf: smtp_fallback_relay", NULL };

	if (host[0] != '\0')
		sg_mta_find(l->fs, &about, "mail that cannot be delivered goes "
		    "to %.100s, by the level that is asked for that host: who "
		    "blocks an MX host chooses the way. Give it a level of its "
		    "own in recipients of stsgate.conf", host);
}

void
sg_look_at_routes(struct sg_mta_look *l)
{
	look_at_smart_host(l);
	look_at_tables(l);
	look_at_fallback(l);
	look_at_marks(l);
}
