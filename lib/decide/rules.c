/* SPDX-License-Identifier: ISC */
/*
 * rules.c - which group a sender is in, and what is asked for a recipient.
 *
 * An entry sets only the members that it writes, so the rule is put together
 * member by member: each comes from the entry of the highest rank that writes
 * it, else from the group. The rank puts the group's entries before global
 * ones, "x" before ".x", and a longer ".x" before a shorter; of two equals
 * the first in the file stays.
 */
#include "decide/decide.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define N_MEMBERS 5

enum {
	RANK_EXACT = SG_DOMAIN_SIZE,         /* above every ".x" */
	RANK_OF_GROUP = 2 * SG_DOMAIN_SIZE   /* above every global one */
};

static const unsigned members[N_MEMBERS] = { SG_RULE_REQUIRE, SG_RULE_ON_FAIL,
	SG_RULE_ON_UNKNOWN, SG_RULE_DRY_RUN, SG_RULE_WINDOW };

/* The best entry found so far for one member; rank 0 = none. */
struct best {
	const struct sg_recipient_rule *entry;
	size_t rank;
};

/* True if name lies below parent, at any depth; never parent itself. */
static bool
is_below(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);

	return n > p + 1 && name[n - p - 1] == '.' &&
	    strcmp(name + n - p, parent) == 0;
}

static bool
sender_matches(const struct sg_sender_pattern *p,
    const struct sg_mailaddr *from)
{
	switch (p->kind) {
	case SG_SENDER_ADDRESS:
		return strcmp(p->domain, from->domain) == 0 &&
		    strcasecmp(p->local, from->local) == 0;
	case SG_SENDER_DOMAIN:
		return strcmp(p->domain, from->domain) == 0;
	case SG_SENDER_SUBDOMAINS:
		return is_below(from->domain, p->domain);
	case SG_SENDER_NULL:
		break;
	}
	return from->kind == SG_MAILADDR_NULL;
}

static bool
from_matches(const struct sg_group *g, const struct sg_mailaddr *from)
{
	if (g->n_senders == 0)
		return true;
	if (from == NULL)
		return false;
	for (size_t i = 0; i < g->n_senders; i++)
		if (sender_matches(&g->senders[i], from))
			return true;
	return false;
}

/* Who did not authenticate matches no pattern, not even "*". */
static bool
login_matches(const struct sg_group *g, const char *login)
{
	if (g->n_logins == 0)
		return true;
	if (login == NULL || login[0] == '\0')
		return false;
	for (size_t i = 0; i < g->n_logins; i++)
		if (fnmatch(g->logins[i], login, 0) == 0)
			return true;
	return false;
}

static bool
client_matches(const struct sg_group *g, const struct sg_addr *client)
{
	if (g->n_clients == 0)
		return true;
	if (client == NULL)
		return false;
	for (size_t i = 0; i < g->n_clients; i++)
		if (sg_cidr_contains(&g->clients[i], client))
			return true;
	return false;
}

const struct sg_group *
sg_decide_group(const struct sg_config *config, const struct sg_sender *sender)
{
	size_t last = config->n_groups - 1;

	for (size_t i = 0; i < last; i++) {
		const struct sg_group *g = &config->groups[i];

		if (from_matches(g, sender->from) &&
		    login_matches(g, sender->login) &&
		    client_matches(g, sender->client))
			return g;
	}
	return &config->groups[last];
}

/* How specifically the entry names name; 0: not at all, or no longer. */
static size_t
rank_of(const struct sg_recipient_rule *entry, const char *name,
    struct sg_wall now)
{
	if (entry->until.s != 0 && now.s >= entry->until.s)
		return 0;
	if (entry->subdomains)
		return is_below(name, entry->name) ? strlen(entry->name) : 0;
	return strcmp(name, entry->name) == 0 ? RANK_EXACT : 0;
}

static void
consider(const struct sg_recipient_rule *entry, size_t rank,
    struct best best[N_MEMBERS])
{
	for (size_t m = 0; m < N_MEMBERS; m++)
		if ((entry->rule.set & members[m]) != 0 && rank > best[m].rank)
			best[m] = (struct best) { entry, rank };
}

static void
consider_all(const struct sg_recipient_rule *entries, size_t n, size_t bonus,
    const char *name, struct sg_wall now, struct best best[N_MEMBERS])
{
	for (size_t i = 0; i < n; i++) {
		size_t rank = rank_of(&entries[i], name, now);

		if (rank != 0)
			consider(&entries[i], rank + bonus, best);
	}
}

static void
take_member(struct sg_rule *rule, const struct sg_rule *from, unsigned member)
{
	switch (member) {
	case SG_RULE_REQUIRE:
		rule->require = from->require;
		break;
	case SG_RULE_ON_FAIL:
		rule->on_fail = from->on_fail;
		break;
	case SG_RULE_ON_UNKNOWN:
		rule->on_unknown = from->on_unknown;
		break;
	case SG_RULE_DRY_RUN:
		rule->dry_run = from->dry_run;
		break;
	case SG_RULE_WINDOW:
		rule->unknown_window_s = from->unknown_window_s;
		break;
	}
}

/* The entry to name to people: the one that gave `require`, else the most
   specific of those that gave anything. */
static const struct best *
named(const struct best best[N_MEMBERS])
{
	const struct best *b = &best[0];

	for (size_t m = 1; best[0].rank == 0 && m < N_MEMBERS; m++)
		if (best[m].rank > b->rank)
			b = &best[m];
	return b;
}

void
sg_decide_rule(const struct sg_config *config, const struct sg_group *group,
    const char *name, struct sg_wall now, struct sg_asked *out)
{
	struct best best[N_MEMBERS] = { { NULL, 0 } };
	const struct best *b;

	consider_all(group->recipients, group->n_recipients, RANK_OF_GROUP,
	    name, now, best);
	consider_all(config->recipients, config->n_recipients, 0, name, now,
	    best);
	*out = (struct sg_asked) { .group = group, .rule = group->rule };
	for (size_t m = 0; m < N_MEMBERS; m++) {
		if (best[m].rank != 0)
			take_member(&out->rule, &best[m].entry->rule,
			    members[m]);
		out->rule.set |= members[m];
	}
	b = named(best);
	out->entry = b->entry;
	out->entry_is_global = b->rank != 0 && b->rank <= RANK_EXACT;
	out->dry_run = config->dry_run || out->rule.dry_run;
}

const char *
sg_asked_name(const struct sg_asked *asked, char *out, size_t out_size)
{
	if (asked->entry == NULL)
		snprintf(out, out_size, "group");
	else
		snprintf(out, out_size, "%s %s",
		    asked->entry_is_global ? "global" : "recipient",
		    asked->entry->match);
	return out;
}
