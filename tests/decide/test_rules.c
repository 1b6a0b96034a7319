/* SPDX-License-Identifier: ISC */
/*
 * test_rules.c - which group, and what is asked of a recipient.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/decide.h"

#define NOW 1795428000
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* --- groups -------------------------------------------------------------- */

/* A group of one test: criteria as words, "" ends a list. */
struct criteria {
	const char *senders[4], *logins[4], *clients[4];
};

static size_t
n_words(const char *const words[4])
{
	size_t n = 0;

	while (n < 4 && words[n] != NULL)
		n++;
	return n;
}

/* "a@b", "@b", "@.b", "<>" */
static void
read_pattern(const char *word, struct sg_sender_pattern *p, char local[64])
{
	const char *at = strchr(word, '@');

	memset(p, 0, sizeof(*p));
	if (at == NULL) {
		p->kind = SG_SENDER_NULL;
		return;
	}
	p->kind = at > word ? SG_SENDER_ADDRESS
	    : at[1] == '.' ? SG_SENDER_SUBDOMAINS : SG_SENDER_DOMAIN;
	snprintf(local, 64, "%.*s", (int)(at - word), word);
	p->local = p->kind == SG_SENDER_ADDRESS ? local : NULL;
	snprintf(p->domain, sizeof(p->domain), "%s",
	    at + 1 + (at[1] == '.'));
}

static void
read_from(const char *word, struct sg_mailaddr *from)
{
	const char *at = strrchr(word, '@');

	memset(from, 0, sizeof(*from));
	if (strcmp(word, "<>") == 0) {
		from->kind = SG_MAILADDR_NULL;
	} else if (at == NULL) {
		from->kind = SG_MAILADDR_LOCAL;
		snprintf(from->local, sizeof(from->local), "%s", word);
	} else {
		from->kind = at[1] == '[' ? SG_MAILADDR_LITERAL
					  : SG_MAILADDR_DOMAIN;
		snprintf(from->local, sizeof(from->local), "%.*s",
		    (int)(at - word), word);
		if (at[1] != '[')
			snprintf(from->domain, sizeof(from->domain), "%s",
			    at + 1);
	}
}

/* The storage behind one group. */
struct group_room {
	struct sg_sender_pattern senders[4];
	char locals[4][64];
	char *logins[4];
	struct sg_cidr clients[4];
};

static void
build_group(const struct criteria *c, const char *name,
    struct group_room *room, struct sg_group *g)
{
	memset(g, 0, sizeof(*g));
	g->name = (char *)name;
	g->n_senders = n_words(c->senders);
	g->n_logins = n_words(c->logins);
	g->n_clients = n_words(c->clients);
	for (size_t i = 0; i < g->n_senders; i++)
		read_pattern(c->senders[i], &room->senders[i],
		    room->locals[i]);
	for (size_t i = 0; i < g->n_logins; i++)
		room->logins[i] = (char *)c->logins[i];
	for (size_t i = 0; i < g->n_clients; i++)
		ck_assert_int_eq(sg_cidr_parse(c->clients[i],
		    &room->clients[i]), SG_OK);
	/* What is behind the last would match, were it looked at. */
	for (size_t i = g->n_clients; i < 4; i++)
		ck_assert_int_eq(sg_cidr_parse("0.0.0.0/0",
		    &room->clients[i]), SG_OK);
	g->senders = room->senders;
	g->logins = room->logins;
	g->clients = room->clients;
}

/* Does group "x", before "default", take this sender? */
static const struct group_row {
	const char *name;
	struct criteria c;
	const char *from, *login, *client;
	bool want;
} group_rows[] = {
	{ "no criteria match all", { { NULL }, { NULL }, { NULL } },
	    "a@b.test", "", "192.0.2.1", true },
	{ "no criteria match an unknown sender",
	    { { NULL }, { NULL }, { NULL } }, NULL, NULL, NULL, true },
	{ "address", { { "ceo@example.com" }, { NULL }, { NULL } },
	    "ceo@example.com", "", NULL, true },
	{ "address: local part without case",
	    { { "ceo@example.com" }, { NULL }, { NULL } }, "CEO@example.com",
	    "", NULL, true },
	{ "address: another local part",
	    { { "ceo@example.com" }, { NULL }, { NULL } }, "cfo@example.com",
	    "", NULL, false },
	{ "address: a longer local part",
	    { { "ceo@example.com" }, { NULL }, { NULL } }, "ceo2@example.com",
	    "", NULL, false },
	{ "address: another domain",
	    { { "ceo@example.com" }, { NULL }, { NULL } }, "ceo@example.org",
	    "", NULL, false },
	{ "address: below the domain",
	    { { "ceo@example.com" }, { NULL }, { NULL } },
	    "ceo@x.example.com", "", NULL, false },
	{ "domain", { { "@fin.example.com" }, { NULL }, { NULL } },
	    "a@fin.example.com", "", NULL, true },
	{ "domain: not below it", { { "@example.com" }, { NULL }, { NULL } },
	    "a@fin.example.com", "", NULL, false },
	{ "domain: not above it",
	    { { "@fin.example.com" }, { NULL }, { NULL } }, "a@example.com",
	    "", NULL, false },
	{ "domain: not by its tail",
	    { { "@example.com" }, { NULL }, { NULL } }, "a@badexample.com",
	    "", NULL, false },
	{ "domain: a literal has none",
	    { { "@example.com" }, { NULL }, { NULL } }, "a@[192.0.2.1]", "",
	    NULL, false },
	{ "subdomains", { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@x.corp.example.com", "", NULL, true },
	{ "subdomains: two levels",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@y.x.corp.example.com", "", NULL, true },
	{ "subdomains: not itself",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@corp.example.com", "", NULL, false },
	{ "subdomains: not by its tail",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@xcorp.example.com", "", NULL, false },
	{ "subdomains: not by a longer tail",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@x.ycorp.example.com", "", NULL, false },
	{ "subdomains: as long, another",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@x.corp.example.org", "", NULL, false },
	{ "subdomains: no name begins with a dot",
	    { { "@.corp.example.com" }, { NULL }, { NULL } },
	    "a@.corp.example.com", "", NULL, false },
	{ "subdomains: shorter", { { "@.corp.example.com" }, { NULL },
	    { NULL } }, "a@com", "", NULL, false },
	{ "null sender", { { "<>" }, { NULL }, { NULL } }, "<>", "", NULL,
	    true },
	{ "null pattern, other sender", { { "<>" }, { NULL }, { NULL } },
	    "a@b.test", "", NULL, false },
	{ "null pattern, local sender", { { "<>" }, { NULL }, { NULL } },
	    "root", "", NULL, false },
	{ "null sender, other pattern", { { "@b.test" }, { NULL }, { NULL } },
	    "<>", "", NULL, false },
	{ "second of two patterns",
	    { { "@a.test", "@b.test" }, { NULL }, { NULL } }, "x@b.test", "",
	    NULL, true },
	{ "unknown sender matches no pattern",
	    { { "<>", "@b.test" }, { NULL }, { NULL } }, NULL, "", NULL,
	    false },
	{ "login", { { NULL }, { "payroll" }, { NULL } }, "a@b.test",
	    "payroll", NULL, true },
	{ "login pattern", { { NULL }, { "payroll*" }, { NULL } }, "a@b.test",
	    "payroll-7", NULL, true },
	{ "login pattern: whole name", { { NULL }, { "payroll*" }, { NULL } },
	    "a@b.test", "xpayroll", NULL, false },
	{ "login: with case", { { NULL }, { "payroll*" }, { NULL } },
	    "a@b.test", "Payroll", NULL, false },
	{ "login: second of two", { { NULL }, { "a", "b?" }, { NULL } },
	    "a@b.test", "bc", NULL, true },
	{ "login: '*' takes a slash and a dot",
	    { { NULL }, { "*" }, { NULL } }, "a@b.test", ".x/y", NULL, true },
	{ "not authenticated matches no login",
	    { { NULL }, { "*" }, { NULL } }, "a@b.test", "", NULL, false },
	{ "login unknown matches none", { { NULL }, { "*" }, { NULL } },
	    "a@b.test", NULL, NULL, false },
	{ "client", { { NULL }, { NULL }, { "10.1.0.0/16" } }, "a@b.test",
	    "", "10.1.255.3", true },
	{ "client outside", { { NULL }, { NULL }, { "10.1.0.0/16" } },
	    "a@b.test", "", "10.2.0.1", false },
	{ "client, IPv6", { { NULL }, { NULL }, { "2001:db8:1::/48" } },
	    "a@b.test", "", "2001:db8:1::25", true },
	{ "client, IPv6 outside", { { NULL }, { NULL },
	    { "2001:db8:1::/48" } }, "a@b.test", "", "2001:db8:2::25",
	    false },
	{ "client, IPv4-mapped", { { NULL }, { NULL }, { "10.1.0.0/16" } },
	    "a@b.test", "", "::ffff:10.1.2.3", true },
	{ "client, IPv4-mapped outside",
	    { { NULL }, { NULL }, { "10.1.0.0/16" } }, "a@b.test", "",
	    "::ffff:10.2.2.3", false },
	{ "client, second network", { { NULL }, { NULL },
	    { "10.1.0.0/16", "192.0.2.7" } }, "a@b.test", "", "192.0.2.7",
	    true },
	{ "client unknown matches none", { { NULL }, { NULL },
	    { "0.0.0.0/0", "::/0" } }, "a@b.test", "", NULL, false },
	{ "all three", { { "@b.test" }, { "p*" }, { "10.0.0.0/8" } },
	    "a@b.test", "pay", "10.0.0.1", true },
	{ "all but the sender", { { "@b.test" }, { "p*" },
	    { "10.0.0.0/8" } }, "a@c.test", "pay", "10.0.0.1", false },
	{ "all but the login", { { "@b.test" }, { "p*" }, { "10.0.0.0/8" } },
	    "a@b.test", "qay", "10.0.0.1", false },
	{ "all but the client", { { "@b.test" }, { "p*" },
	    { "10.0.0.0/8" } }, "a@b.test", "pay", "11.0.0.1", false },
};

START_TEST(test_group)
{
	const struct group_row *r = &group_rows[_i];
	static const struct criteria none;
	struct group_room rooms[2];
	struct sg_group groups[2];
	struct sg_config config = { .n_groups = 2, .groups = groups };
	struct sg_mailaddr from;
	struct sg_addr client;
	struct sg_sender sender = { .login = r->login };
	const struct sg_group *got;

	build_group(&r->c, "x", &rooms[0], &groups[0]);
	build_group(&none, "default", &rooms[1], &groups[1]);
	if (r->from != NULL) {
		read_from(r->from, &from);
		sender.from = &from;
	}
	if (r->client != NULL) {
		ck_assert_int_eq(sg_addr_parse(r->client, &client), SG_OK);
		sender.client = &client;
	}
	got = sg_decide_group(&config, &sender);
	ck_assert_msg(got == &groups[r->want ? 0 : 1], "%s: got %s", r->name,
	    got->name);
}
END_TEST

/* The first that matches wins; default takes the rest, alone or not. */
START_TEST(test_group_order)
{
	static const struct criteria c[4] = {
		{ { "ceo@b.test" }, { NULL }, { NULL } },
		{ { "@b.test" }, { NULL }, { NULL } },
		{ { "@b.test", "@c.test" }, { NULL }, { NULL } },
		{ { NULL }, { NULL }, { NULL } },
	};
	static const struct {
		const char *from;
		size_t want;
	} r[] = { { "ceo@b.test", 0 }, { "x@b.test", 1 }, { "x@c.test", 2 },
		{ "x@d.test", 3 } };
	struct group_room rooms[4];
	struct sg_group groups[4];
	struct sg_config config = { .n_groups = 4, .groups = groups };
	struct sg_config lone = { .n_groups = 1, .groups = groups };
	struct sg_mailaddr from;
	struct sg_sender sender = { .from = &from };

	for (size_t i = 0; i < 4; i++)
		build_group(&c[i], "g", &rooms[i], &groups[i]);
	for (size_t i = 0; i < N(r); i++) {
		read_from(r[i].from, &from);
		ck_assert_ptr_eq(sg_decide_group(&config, &sender),
		    &groups[r[i].want]);
		ck_assert_ptr_eq(sg_decide_group(&lone, &sender), &groups[0]);
	}
}
END_TEST

/* --- recipient entries --------------------------------------------------- */

/* Entries as text: "match member=value ...", separated by ";". Values are
   numbers, so that each shows where it came from:
   r=require f=on_fail u=on_unknown d=dry_run w=window until=seconds. */
struct entry_room {
	struct sg_recipient_rule e[8];
	size_t n;
};

static void
set_member(struct sg_recipient_rule *e, const char *word)
{
	const char *eq = strchr(word, '=');
	long value = strtol(eq + 1, NULL, 10);

	if (strncmp(word, "until", 5) == 0) {
		e->until.s = value;
	} else if (word[0] == 'r') {
		e->rule.require = (enum sg_require)value;
		e->rule.set |= SG_RULE_REQUIRE;
	} else if (word[0] == 'f') {
		e->rule.on_fail = (enum sg_action)value;
		e->rule.set |= SG_RULE_ON_FAIL;
	} else if (word[0] == 'u') {
		e->rule.on_unknown = (enum sg_action)value;
		e->rule.set |= SG_RULE_ON_UNKNOWN;
	} else if (word[0] == 'd') {
		e->rule.dry_run = value != 0;
		e->rule.set |= SG_RULE_DRY_RUN;
	} else {
		e->rule.unknown_window_s = (uint32_t)value;
		e->rule.set |= SG_RULE_WINDOW;
	}
}

static void
read_entries(const char *text, struct entry_room *room)
{
	char word[260];
	int used;

	memset(room, 0, sizeof(*room));
	while (sscanf(text, " %259[^ ;]%n", word, &used) == 1) {
		struct sg_recipient_rule *e = &room->e[room->n++];

		snprintf(e->match, sizeof(e->match), "%.254s", word);
		e->subdomains = word[0] == '.';
		e->name = e->match + e->subdomains;
		text += used;
		while (sscanf(text, " %259[^ ;]%n", word, &used) == 1) {
			set_member(e, word);
			text += used;
		}
		text += strspn(text, " ;");
	}
}

/* The group's own rule is r=1 f=3 u=5 d=0 w=14400. */
static const struct rule_row {
	const char *name, *group, *global, *hop, *want;
} rule_rows[] = {
	{ "no entries", "", "", "good.test", "r1 f3 u5 d0 w14400 group" },
	{ "exact", "good.test r=4", "", "good.test",
	    "r4 f3 u5 d0 w14400 recipient good.test" },
	{ "exact is not its subdomains", "good.test r=4", "", "a.good.test",
	    "r1 f3 u5 d0 w14400 group" },
	{ "subdomains", ".good.test r=4", "", "a.good.test",
	    "r4 f3 u5 d0 w14400 recipient .good.test" },
	{ "subdomains, two levels", ".good.test r=4", "", "a.b.good.test",
	    "r4 f3 u5 d0 w14400 recipient .good.test" },
	{ "subdomains are not itself", ".good.test r=4", "", "good.test",
	    "r1 f3 u5 d0 w14400 group" },
	{ "not by its tail", ".good.test r=4; good.test r=3", "",
	    "bgood.test", "r1 f3 u5 d0 w14400 group" },
	{ "nor by a longer one", ".good.test r=4; good.test r=3", "",
	    "a.bgood.test", "r1 f3 u5 d0 w14400 group" },
	{ "every member", "good.test r=4 f=4 u=2 d=1 w=60", "", "good.test",
	    "r4 f4 u2 d1 w60 recipient good.test" },
	{ "exact beats subdomains", ".good.test r=4; a.good.test r=3", "",
	    "a.good.test", "r3 f3 u5 d0 w14400 recipient a.good.test" },
	{ "the same, the other order", "a.good.test r=3; .good.test r=4", "",
	    "a.good.test", "r3 f3 u5 d0 w14400 recipient a.good.test" },
	{ "the longest subdomains win", ".test r=2; .good.test r=4", "",
	    "a.good.test", "r4 f3 u5 d0 w14400 recipient .good.test" },
	{ "the same, the other order", ".good.test r=4; .test r=2", "",
	    "a.good.test", "r4 f3 u5 d0 w14400 recipient .good.test" },
	{ "of two equals the first", "good.test r=4; good.test r=2", "",
	    "good.test", "r4 f3 u5 d0 w14400 recipient good.test" },
	{ "member by member: less specific fills in",
	    "a.good.test r=3; .good.test r=4 f=4 w=60", "", "a.good.test",
	    "r3 f4 u5 d0 w60 recipient a.good.test" },
	{ "three deep", "a.good.test f=4; .good.test u=2; .test r=2 f=1 u=1",
	    "", "a.good.test", "r2 f4 u2 d0 w14400 recipient .test" },
	{ "written as the group has it still counts",
	    "a.good.test d=0; .good.test d=1", "", "a.good.test",
	    "r1 f3 u5 d0 w14400 recipient a.good.test" },
	{ "only a note gives nothing", "good.test; .test r=4", "",
	    "good.test", "r4 f3 u5 d0 w14400 recipient .test" },
	{ "global", "", "good.test r=4", "good.test",
	    "r4 f3 u5 d0 w14400 global good.test" },
	{ "global subdomains", "", ".test r=4", "good.test",
	    "r4 f3 u5 d0 w14400 global .test" },
	{ "global, no match", "", "bad.test r=4; .bad.test r=4", "good.test",
	    "r1 f3 u5 d0 w14400 group" },
	{ "the group's entry goes first, however little specific",
	    ".test r=2", "good.test r=4", "good.test",
	    "r2 f3 u5 d0 w14400 recipient .test" },
	{ "the group's exact too", "good.test r=2", ".test r=4", "good.test",
	    "r2 f3 u5 d0 w14400 recipient good.test" },
	{ "global fills in what the group's left", "good.test f=4",
	    "good.test r=4 f=1; .test u=2", "good.test",
	    "r4 f4 u2 d0 w14400 global good.test" },
	{ "within the global ones: exact beats subdomains", "",
	    ".good.test r=4; a.good.test r=3", "a.good.test",
	    "r3 f3 u5 d0 w14400 global a.good.test" },
	{ "within the global ones: the longest", "", ".test r=2; .good.test "
	    "r=4", "a.good.test", "r4 f3 u5 d0 w14400 global .good.test" },
	{ "require = none is a value", "good.test r=0", "good.test r=4",
	    "good.test", "r0 f3 u5 d0 w14400 recipient good.test" },
	{ "named: who gave require", "good.test f=4", ".test r=4",
	    "good.test", "r4 f4 u5 d0 w14400 global .test" },
	{ "named, if none did: the most specific", ".test f=4; good.test u=2",
	    "good.test w=60", "good.test",
	    "r1 f4 u2 d0 w60 recipient good.test" },
	{ "named, the other order", "good.test f=4; .test u=2", "",
	    "good.test", "r1 f4 u2 d0 w14400 recipient good.test" },
	{ "named: only the last member", "", ".test w=60", "good.test",
	    "r1 f3 u5 d0 w60 global .test" },
	{ "until in the future", "good.test r=4 until=1795428001", "",
	    "good.test", "r4 f3 u5 d0 w14400 recipient good.test" },
	{ "until is over", "good.test r=4 until=1795428000", "", "good.test",
	    "r1 f3 u5 d0 w14400 group" },
	{ "until long over", "good.test r=4 until=1", "", "good.test",
	    "r1 f3 u5 d0 w14400 group" },
	{ "over: the next one counts",
	    "good.test r=0 until=1795427999; .test r=4", "", "good.test",
	    "r4 f3 u5 d0 w14400 recipient .test" },
	{ "over: the global one counts", "good.test r=0 until=1795427999",
	    "good.test r=3", "good.test",
	    "r3 f3 u5 d0 w14400 global good.test" },
	{ "a global one that is over", "", "good.test r=3 until=1795427999",
	    "good.test", "r1 f3 u5 d0 w14400 group" },
	{ "a name of one label", "test r=4; .test r=2", "", "test",
	    "r4 f3 u5 d0 w14400 recipient test" },
};

static void
ask(const struct rule_row *r, bool daemon_dry_run, struct sg_asked *out,
    char *got, size_t size)
{
	static struct entry_room own, global;
	static struct sg_group group = { .name = (char *)"g", .rule = {
		.require = SG_REQUIRE_PUBLISHED, .on_fail = SG_ACTION_DEFER,
		.on_unknown = SG_ACTION_AUTO, .unknown_window_s = 14400 } };
	struct sg_config config = { .dry_run = daemon_dry_run };
	struct sg_wall now = { NOW };
	char name[300];

	read_entries(r->group, &own);
	read_entries(r->global, &global);
	group.recipients = own.e;
	group.n_recipients = own.n;
	config.recipients = global.e;
	config.n_recipients = global.n;
	memset(out, 0xa5, sizeof(*out));
	sg_decide_rule(&config, &group, r->hop, now, out);
	ck_assert_ptr_eq(out->group, &group);
	ck_assert_uint_eq(out->rule.set, 31);
	snprintf(got, size, "r%d f%d u%d d%d w%u %s", (int)out->rule.require,
	    (int)out->rule.on_fail, (int)out->rule.on_unknown,
	    (int)out->rule.dry_run, (unsigned)out->rule.unknown_window_s,
	    sg_asked_name(out, name, sizeof(name)));
}

START_TEST(test_rule)
{
	const struct rule_row *r = &rule_rows[_i];
	struct sg_asked asked;
	char got[400];

	ask(r, false, &asked, got, sizeof(got));
	ck_assert_msg(strcmp(got, r->want) == 0,
	    "%s: got \"%s\", want \"%s\"", r->name, got, r->want);
	ck_assert_int_eq(asked.entry_is_global,
	    strstr(r->want, "global") != NULL);
	ck_assert_int_eq(asked.dry_run, asked.rule.dry_run);
}
END_TEST

/* Daemon-wide, no rule turns it off. */
START_TEST(test_dry_run)
{
	static const struct rule_row r[] = {
		{ "group", "", "", "good.test", "" },
		{ "written off", "good.test d=0", "", "good.test", "" },
		{ "written on", "good.test d=1", "", "good.test", "" },
	};
	struct sg_asked asked;
	char got[400];

	for (size_t i = 0; i < N(r); i++) {
		ask(&r[i], true, &asked, got, sizeof(got));
		ck_assert_msg(asked.dry_run, "%s", r[i].name);
		ck_assert_int_eq(asked.rule.dry_run, i == 2);
		ask(&r[i], false, &asked, got, sizeof(got));
		ck_assert_int_eq(asked.dry_run, i == 2);
	}
}
END_TEST

/* An entry changes what it writes and nothing else, whatever it holds. */
START_TEST(test_each_member)
{
	static const unsigned members[] = { SG_RULE_REQUIRE, SG_RULE_ON_FAIL,
		SG_RULE_ON_UNKNOWN, SG_RULE_DRY_RUN, SG_RULE_WINDOW };
	struct sg_recipient_rule entry = { .match = "good.test",
		.name = "good.test", .rule = { .require = SG_REQUIRE_DANE,
		    .on_fail = SG_ACTION_REJECT, .on_unknown = SG_ACTION_HOLD,
		    .dry_run = false, .unknown_window_s = 60 } };
	struct sg_group group = { .n_recipients = 1, .recipients = &entry,
		.rule = { .require = SG_REQUIRE_NONE,
		    .on_fail = SG_ACTION_TAG, .on_unknown = SG_ACTION_AUTO,
		    .dry_run = true, .unknown_window_s = 7 } };
	const struct sg_config config = { .dry_run = false };

	for (size_t i = 0; i < N(members); i++) {
		const struct sg_rule *e = &entry.rule, *g = &group.rule;
		struct sg_asked a;

		entry.rule.set = members[i];
		sg_decide_rule(&config, &group, "good.test",
		    (struct sg_wall) { NOW }, &a);
		ck_assert_int_eq(a.rule.require,
		    i == 0 ? e->require : g->require);
		ck_assert_int_eq(a.rule.on_fail,
		    i == 1 ? e->on_fail : g->on_fail);
		ck_assert_int_eq(a.rule.on_unknown,
		    i == 2 ? e->on_unknown : g->on_unknown);
		ck_assert_int_eq(a.rule.dry_run,
		    i == 3 ? e->dry_run : g->dry_run);
		ck_assert_uint_eq(a.rule.unknown_window_s, i == 4
		    ? e->unknown_window_s : g->unknown_window_s);
		ck_assert_ptr_eq(a.entry, &entry);
	}
}
END_TEST

/* Named of two equals, neither of which writes `require`: the one that gave
   the first member, whatever the order in the file. */
START_TEST(test_named_equal)
{
	struct entry_room own;
	struct sg_group group = { .name = (char *)"g" };
	const struct sg_config config = { .dry_run = false };
	struct sg_asked a;

	read_entries("good.test u=2; good.test f=4; good.test w=9", &own);
	group.recipients = own.e;
	group.n_recipients = own.n;
	sg_decide_rule(&config, &group, "good.test", (struct sg_wall) { NOW },
	    &a);
	ck_assert_ptr_eq(a.entry, &own.e[1]);
}
END_TEST

/* The longest names that can be: exact still beats the longest parent, and
   the shortest entry of a group the longest global one. */
START_TEST(test_long)
{
	static char name[SG_DOMAIN_SIZE], exact[300], parent[300];
	struct rule_row r = { .name = "long", .hop = name };
	struct sg_asked asked;
	char got[400];

	for (size_t i = 0; i < 253; i++)
		name[i] = i % 2 == 0 ? 'a' : '.';
	snprintf(exact, sizeof(exact), "%s r=4", name);
	snprintf(parent, sizeof(parent), ".%s r=3", name + 2);
	r.group = "";
	r.global = parent;
	ask(&r, false, &asked, got, sizeof(got));
	ck_assert_int_eq(asked.rule.require, SG_REQUIRE_VERIFY);
	ck_assert(asked.entry_is_global);
	r.group = parent;
	r.global = exact;
	ask(&r, false, &asked, got, sizeof(got));
	ck_assert_int_eq(asked.rule.require, SG_REQUIRE_VERIFY);
	ck_assert(!asked.entry_is_global);
	r.group = ".a r=2";
	ask(&r, false, &asked, got, sizeof(got));
	ck_assert_int_eq(asked.rule.require, SG_REQUIRE_ENCRYPT);
	ck_assert(!asked.entry_is_global);
	r.group = "";
	ask(&r, false, &asked, got, sizeof(got));
	ck_assert_int_eq(asked.rule.require, SG_REQUIRE_SECURE);
	ck_assert(asked.entry_is_global);
}
END_TEST

/* A name that does not fit is cut, not overrun. */
START_TEST(test_name_cut)
{
	struct sg_recipient_rule e = { .match = "good.test" };
	struct sg_asked asked = { .entry = &e };
	char out[14];

	ck_assert_str_eq(sg_asked_name(&asked, out, sizeof(out)),
	    "recipient goo");
	asked.entry_is_global = true;
	ck_assert_str_eq(sg_asked_name(&asked, out, sizeof(out)),
	    "global good.t");
	asked.entry = NULL;
	ck_assert_str_eq(sg_asked_name(&asked, out, sizeof(out)), "group");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_group, 0, (int)N(group_rows));
	tcase_add_test(t, test_group_order);
	tcase_add_loop_test(t, test_rule, 0, (int)N(rule_rows));
	tcase_add_test(t, test_dry_run);
	tcase_add_test(t, test_each_member);
	tcase_add_test(t, test_named_equal);
	tcase_add_test(t, test_long);
	tcase_add_test(t, test_name_cut);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
