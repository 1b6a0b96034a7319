/* SPDX-License-Identifier: ISC */
/*
 * options.c - which options are there, and what is to be known of each?
 *
 * One row an option. Reading, checking, defaults, freeing, the manual and the
 * commented example all go by these rows, so that an option cannot be there
 * for one of them only. Defaults are written as in the file and read by the
 * code that reads the file. The order is the manual's.
 */
#include <stdio.h>
#include <string.h>
#include "config/config.h"
#include "config/options.h"
#include "config/values.h"

#define F(member) offsetof(struct sg_config, member)
#define G(member) offsetof(struct sg_group, member)
#define R(member) offsetof(struct sg_recipient_rule, member)
#define MINUTE 60L
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* Longest path of a unix socket, sun_path less the NUL. */
#define SUN_PATH_MAX 107
#define PATH_LEN_MAX 1023

#define REQUIRE_MAN \
	"The level that is asked of every MX host that mail may go to, " \
	"beside what the domain publishes. " \
	"none exempts: even what the domain publishes is waived. " \
	"published adds nothing to it. " \
	"encrypt asks for TLS, verify for a certificate that is valid for " \
	"the MX host's name, secure for such a certificate and a name that " \
	"an MTA-STS policy or DNSSEC vouches for, dane for TLSA records."
#define ON_FAIL_MAN \
	"What is done when the required level surely cannot be had."
#define ON_UNKNOWN_MAN \
	"What is done when not enough could be learnt. " \
	"auto goes by the table in OPEN OR CLOSED. " \
	"A written action takes the table's place, but what DNSSEC calls " \
	"bogus is never passed: accept and tag then mean defer."
#define WINDOW_MAN \
	"How long the table of auto defers, from the first time on; then " \
	"the mail is let through, tagged, with a warning in the log."
#define ROUTE_TAG_MAN \
	"Add a header field that says route=LEVEL to a message of this " \
	"group when an accepted recipient's required level is above what " \
	"the TLS policy map answers for its next hop, be the verdict pass. " \
	"The map knows no senders: see ROUTES for what the MTA makes of it."
#define DRY_RUN_MAN \
	"Say in log and header what would have been done, and do nothing else."

const struct sg_option sg_options[] = {
	/* sockets */
	{ .path = "milter_socket", .type = SG_TYPE_MILTER_SOCKET,
	    .field = F(milter_socket),
	    .dflt = "\"unix:" SG_RUNSTATEDIR "/stsgate/milter.sock\"",
	    .man = "Where the MTA reaches the milter. "
		"The word local may stand for unix, as in libmilter. "
		"The host of inet and inet6 is an address or localhost." },
	{ .path = "socket_group", .type = SG_TYPE_ACCOUNT,
	    .field = F(socket_group), .dflt = "\"postfix\"",
	    .man = "The group that owns unix sockets, which get mode 0660. "
		"An empty text leaves the group as it is, and so does the "
		"default where there is no such group." },
	{ .path = "tlsmap_listen", .type = SG_TYPE_LISTENERS,
	    .field = F(tlsmap_listen), .count = F(n_tlsmap_listen),
	    .dflt = "[\"unix:" SG_RUNSTATEDIR "/stsgate/tlsmap.sock\"]",
	    .man = "Where the MTA asks for TLS policies at delivery "
		"(socketmap): Postfix's smtp_tls_policy_maps, with the map "
		"name postfix, or postfix-tlsrpt from Postfix 3.10 on; "
		"Sendmail's FEATURE(sts), which asks the map sts. "
		"A name may end in a level, as in postfix+secure: no answer "
		"is then below it (see ROUTES). "
		"Whoever can connect can ask what is known of any domain: a "
		"unix socket is for socket_group, an inet one belongs on a "
		"loopback address. "
		"A change takes a restart." },
	{ .path = "control_socket", .type = SG_TYPE_PATH,
	    .field = F(control_socket), .max = SUN_PATH_MAX,
	    .dflt = "\"" SG_RUNSTATEDIR "/stsgate/control.sock\"",
	    .man = "The path of the socket for commands to the running daemon: "
		"cache, status, reload, and query and explain that ask it. "
		"It gets mode 0600; root and the daemon's user may use it." },
	{ .path = "metrics_listen", .type = SG_TYPE_HOST_PORT,
	    .field = F(metrics_listen), .dflt = "\"127.0.0.1:9610\"",
	    .man = "Where figures are given by HTTP at /metrics, in the text "
		"format of Prometheus; empty for nowhere. "
		"There is no password: leave it on the loopback address, or "
		"keep others off by a firewall." },
	/* the daemon */
	{ .path = "state_dir", .type = SG_TYPE_PATH, .field = F(state_dir),
	    .max = PATH_LEN_MAX,
	    .dflt = "\"" SG_LOCALSTATEDIR "/lib/stsgate\"",
	    .man = "The directory of the store, which remembers policies over "
		"a restart." },
	{ .path = "store", .type = SG_TYPE_STORE, .field = F(store),
	    .dflt = "\"sqlite\"",
	    .man = "The kind of store." },
	{ .path = "store_key_file", .type = SG_TYPE_KEY_FILE,
	    .field = F(store_key_file), .max = PATH_LEN_MAX, .dflt = "\"\"",
	    .sample = "\"/run/credentials/stsgate.service/store.key\"",
	    .man = "A secret of 32 to 1024 octets that every row of the store "
		"is sealed with (HMAC-SHA256). "
		"Only its owner, who starts the daemon, may have access to it. "
		"A row that somebody without the key has made or changed is "
		"then as if it were not there, with an error in the log (see "
		"SEALED ROWS). "
		"An empty text seals nothing. "
		"A change takes a restart." },
	{ .path = "report_days", .type = SG_TYPE_NUMBER,
	    .field = F(report_days), .min = 0, .max = 366, .dflt = "30",
	    .man = "For how many days decisions are kept for stsgate report, "
		"counted by group, next hop and reason. "
		"0 keeps none." },
	{ .path = "user", .type = SG_TYPE_ACCOUNT, .field = F(user),
	    .dflt = "\"stsgate\"",
	    .man = "The user that the daemon becomes when it is started by "
		"root. "
		"An empty text means to stay who it is." },
	{ .path = "workers", .type = SG_TYPE_NUMBER, .field = F(workers),
	    .min = 1, .max = 16, .dflt = "1",
	    .man = "How many processes do the lookups. "
		"One is enough for most relays." },
	{ .path = "dry_run", .type = SG_TYPE_BOOL, .field = F(dry_run),
	    .dflt = "false",
	    .man = DRY_RUN_MAN " "
		"Here it is for all mail, and the TLS policy map then "
		"answers as if nothing were known. "
		"Groups and recipients have their own, of which the map "
		"knows nothing: what a domain publishes is then kept at "
		"delivery." },
	{ .path = "delivery_map", .type = SG_TYPE_BOOL,
	    .field = F(delivery_map), .dflt = "true",
	    .man = "True when the MTA asks for TLS policies at "
		"tlsmap_listen. "
		"Then mail that can only queue is accepted, for the map keeps "
		"it from leaving in clear. "
		"With false such mail is deferred where a level is required. "
		"Set it to false if the map is not wired into the MTA." },
	{ .path = "pin_for", .type = SG_TYPE_SECONDS, .field = F(pin_for_s),
	    .min = 0, .max = 30 * DAY, .dflt = "\"5d\"",
	    .man = "How long the map holds to what was promised. "
		"When a recipient is accepted and his domain publishes a "
		"level, or an entry of recipients asks for one, the map "
		"answers at least that level for so long, even when the "
		"policy has expired or says mode none or testing meanwhile: "
		"mail in the queue cannot be talked into the clear. "
		"Set it to the MTA's queue lifetime (Postfix: "
		"maximal_queue_lifetime, Sendmail: confTO_QUEUERETURN). "
		"An entry of recipients with require none lifts it for a "
		"domain at once, and so does a purge. "
		"0s pins nothing." },
	{ .path = "reply_deadline", .type = SG_TYPE_MILLISECONDS,
	    .field = F(reply_deadline_ms), .min = 1, .max = 9,
	    .dflt = "\"8s\"",
	    .man = "A RCPT is answered by then, with what is known. "
		"Sendmail gives up after 10 seconds." },
	{ .path = "own_hosts", .type = SG_TYPE_DOMAINS, .field = F(own_hosts),
	    .count = F(n_own_hosts), .dflt = "[]",
	    .sample = "[\"relay.example.com\"]",
	    .man = "Names that are this relay. "
		"They are never connected to, and MX hosts at and behind them "
		"are cut as a loop." },
	{ .path = "allow_networks", .type = SG_TYPE_NETWORKS,
	    .field = F(allow_networks), .count = F(n_allow_networks),
	    .dflt = "[]", .sample = "[\"10.0.0.0/8\", \"2001:db8::/32\"]",
	    .man = "Networks of special use (private, loopback, link-local "
		"and so on) that may be connected to all the same." },
	{ .path = "log_target", .type = SG_TYPE_LOG_TARGET,
	    .field = F(log_target), .dflt = "\"auto\"",
	    .man = "Where the log goes. "
		"auto takes the journal under systemd, standard error on a "
		"terminal or pipe, else syslog." },
	{ .path = "log_addresses", .type = SG_TYPE_BOOL,
	    .field = F(log_addresses), .dflt = "false",
	    .man = "Log whole recipient addresses instead of domains only." },
	/* dns */
	{ .path = "dns.servers", .type = SG_TYPE_SERVERS,
	    .field = F(dns_servers), .count = F(n_dns_servers), .dflt = "[]",
	    .sample = "[\"127.0.0.53@5353\"]",
	    .man = "The resolvers to ask, with a port behind @ if it is not "
		"53. "
		"None: those of /etc/resolv.conf. "
		"The one word recursive: ask the root servers and go down "
		"from there. "
		"DNSSEC is validated by stsgate itself in all cases." },
	{ .path = "dns.trust_anchor_file", .type = SG_TYPE_FILE,
	    .field = F(trust_anchor_file), .max = PATH_LEN_MAX,
	    .dflt = "\"/usr/share/dns/root.key\"",
	    .man = "The key of the root zone (package dns-root-data). "
		"An empty text goes without DNSSEC." },
	{ .path = "dns.insecure_zones", .type = SG_TYPE_DOMAINS,
	    .field = F(insecure_zones), .count = F(n_insecure_zones),
	    .dflt = "[]", .sample = "[\"corp.example.com\"]",
	    .man = "Zones that DNSSEC is not asked of, such as internal ones "
		"that the public tree does not know." },
	/* https */
	{ .path = "https.ca_file", .type = SG_TYPE_FILE,
	    .field = F(https_ca_file), .max = PATH_LEN_MAX, .dflt = "\"\"",
	    .man = "The certificates that policy hosts are verified with, in "
		"PEM. "
		"An empty text means the system's trust store." },
	{ .path = "https.timeout", .type = SG_TYPE_MILLISECONDS,
	    .field = F(https_timeout_ms), .min = 1, .max = MINUTE,
	    .dflt = "\"10s\"",
	    .man = "The longest that the fetch of a policy may take. "
		"While a RCPT waits, reply_deadline is the limit." },
	{ .path = "https.allow_unframed", .type = SG_TYPE_BOOL,
	    .field = F(https_allow_unframed), .dflt = "false",
	    .man = "Take policies that come by HTTP/1 with neither a "
		"Content-Length nor chunks. "
		"Such a body may have been cut short without anybody "
		"noticing." },
	{ .path = "https.confirm_weaker", .type = SG_TYPE_SECONDS,
	    .field = F(confirm_weaker_s), .min = 0, .max = DAY,
	    .dflt = "\"0s\"",
	    .man = "How long a policy that is weaker than the one in force "
		"has to stay so before it is believed; 10m is a good value. "
		"0s believes it at once, as RFC 8461 has it. "
		"See WEAKER POLICIES." },
	/* limits */
	{ .path = "limits.cold_per_sender", .type = SG_TYPE_PER_MINUTE,
	    .field = F(cold_per_sender_per_min), .min = 1, .max = 1000000,
	    .dflt = "\"300/m\"",
	    .man = "Lookups that go to the network for one sender. "
		"Above it the verdict is unknown, with reason overload." },
	{ .path = "limits.cold_per_group", .type = SG_TYPE_PER_SECOND,
	    .field = F(cold_per_group_per_s), .min = 1, .max = 100000,
	    .dflt = "\"100/s\"",
	    .man = "The same for all senders of one group together. "
		"Below cold_total it leaves something to the other groups, "
		"however many senders flood this one. "
		"Not counted where default is the only group." },
	{ .path = "limits.cold_total", .type = SG_TYPE_PER_SECOND,
	    .field = F(cold_total_per_s), .min = 1, .max = 100000,
	    .dflt = "\"200/s\"",
	    .man = "The same for all groups together." },
	/* probe */
	{ .path = "probe.enable", .type = SG_TYPE_BOOL,
	    .field = F(probe_enable), .dflt = "true",
	    .man = "Whether MX hosts are connected to and their TLS is tried. "
		"Without it verdicts that need a probe say not-probed." },
	{ .path = "probe.helo", .type = SG_TYPE_DOMAIN, .field = F(probe_helo),
	    .dflt = "\"\"",
	    .man = "The name given in EHLO. "
		"An empty text means the host's own name." },
	{ .path = "probe.ca_file", .type = SG_TYPE_FILE,
	    .field = F(probe_ca_file), .max = PATH_LEN_MAX, .dflt = "\"\"",
	    .man = "The certificates that MX hosts are verified with, in PEM. "
		"An empty text means the system's trust store." },
	{ .path = "probe.timeout", .type = SG_TYPE_MILLISECONDS,
	    .field = F(probe_timeout_ms), .min = 1, .max = MINUTE,
	    .dflt = "\"10s\"",
	    .man = "The longest that a probe may take." },
	{ .path = "probe.good_for", .type = SG_TYPE_SECONDS,
	    .field = F(probe_good_for_s), .min = MINUTE, .max = 30 * DAY,
	    .dflt = "\"6h\"",
	    .man = "How long a probe that went well is believed." },
	{ .path = "probe.bad_for", .type = SG_TYPE_SECONDS,
	    .field = F(probe_bad_for_s), .min = 1, .max = DAY,
	    .dflt = "\"5m\"",
	    .man = "How long a probe that went badly is believed." },
	/* recipients */
	{ .path = "recipients", .type = SG_TYPE_RECIPIENTS,
	    .field = F(recipients), .count = F(n_recipients), .dflt = "()",
	    .sample = "( { match = \".mil.example\", "
		"require = \"secure\" } )",
	    .man = "Rules for recipient domains, for every group. "
		"The most specific entry that matches wins. "
		"What it does not say is taken from less specific ones, and "
		"at last from the group." },
	{ .path = "recipients.match", .type = SG_TYPE_MATCH, .field = 0,
	    .man = "The domain: x is x alone, .x is every name below x. "
		"An entry must have it." },
	{ .path = "recipients.require", .type = SG_TYPE_REQUIRE,
	    .field = R(rule.require), .set_bit = SG_RULE_REQUIRE,
	    .man = "As in groups, for this domain." },
	{ .path = "recipients.on_fail", .type = SG_TYPE_ON_FAIL,
	    .field = R(rule.on_fail), .set_bit = SG_RULE_ON_FAIL,
	    .man = "As in groups, for this domain." },
	{ .path = "recipients.on_unknown", .type = SG_TYPE_ON_UNKNOWN,
	    .field = R(rule.on_unknown), .set_bit = SG_RULE_ON_UNKNOWN,
	    .man = "As in groups, for this domain." },
	{ .path = "recipients.unknown_window", .type = SG_TYPE_SECONDS,
	    .field = R(rule.unknown_window_s), .min = 0, .max = 30 * DAY,
	    .set_bit = SG_RULE_WINDOW,
	    .man = "As in groups, for this domain." },
	{ .path = "recipients.dry_run", .type = SG_TYPE_BOOL,
	    .field = R(rule.dry_run), .set_bit = SG_RULE_DRY_RUN,
	    .man = "As in groups, for this domain." },
	{ .path = "recipients.until", .type = SG_TYPE_DATE, .field = R(until),
	    .man = "The last day (UTC) of this entry; then it is as if it "
		"were not there, and the log says so once a day." },
	{ .path = "recipients.note", .type = SG_TYPE_NOTE, .field = R(note),
	    .max = 255,
	    .man = "A remark, such as who wanted this and why." },
	/* groups */
	{ .path = "groups", .type = SG_TYPE_GROUPS, .field = F(groups),
	    .count = F(n_groups), .dflt = "()",
	    .sample = "( { name = \"finance\", "
		"sender = [\"@finance.example.com\"], "
		"require = \"secure\" } )",
	    .man = "Groups of senders, and what is asked for their mail. "
		"A group matches when each of sender, login and client that "
		"it has matches; the first that matches counts. "
		"The last is always default, which is added when it is not "
		"written." },
	{ .path = "groups.name", .type = SG_TYPE_GROUP_NAME, .field = G(name),
	    .man = "The name in log and header. "
		"A group must have it, and no two may have the same." },
	{ .path = "groups.sender", .type = SG_TYPE_SENDERS,
	    .field = G(senders), .count = G(n_senders),
	    .man = "Envelope senders: a@x is one address, @x a domain, @.x "
		"every domain below x, <> the empty sender of bounces." },
	{ .path = "groups.login", .type = SG_TYPE_LOGINS, .field = G(logins),
	    .count = G(n_logins),
	    .man = "Names of authenticated users, as shell patterns." },
	{ .path = "groups.client", .type = SG_TYPE_NETWORKS,
	    .field = G(clients), .count = G(n_clients),
	    .man = "Addresses and networks that mail is sent from." },
	{ .path = "groups.require", .type = SG_TYPE_REQUIRE,
	    .field = G(rule.require), .set_bit = SG_RULE_REQUIRE,
	    .dflt = "\"published\"", .man = REQUIRE_MAN },
	{ .path = "groups.on_fail", .type = SG_TYPE_ON_FAIL,
	    .field = G(rule.on_fail), .set_bit = SG_RULE_ON_FAIL,
	    .dflt = "\"defer\"", .man = ON_FAIL_MAN },
	{ .path = "groups.on_unknown", .type = SG_TYPE_ON_UNKNOWN,
	    .field = G(rule.on_unknown), .set_bit = SG_RULE_ON_UNKNOWN,
	    .dflt = "\"auto\"", .man = ON_UNKNOWN_MAN },
	{ .path = "groups.unknown_window", .type = SG_TYPE_SECONDS,
	    .field = G(rule.unknown_window_s), .min = 0, .max = 30 * DAY,
	    .set_bit = SG_RULE_WINDOW, .dflt = "\"4h\"", .man = WINDOW_MAN },
	{ .path = "groups.dry_run", .type = SG_TYPE_BOOL,
	    .field = G(rule.dry_run), .set_bit = SG_RULE_DRY_RUN,
	    .dflt = "false", .man = DRY_RUN_MAN },
	{ .path = "groups.route_tag", .type = SG_TYPE_BOOL,
	    .field = G(route_tag), .dflt = "false", .man = ROUTE_TAG_MAN },
	{ .path = "groups.recipients", .type = SG_TYPE_RECIPIENTS,
	    .field = G(recipients), .count = G(n_recipients),
	    .man = "Entries as in recipients, for this group only. "
		"They come before those for every group." },
};
const size_t sg_options_count = sizeof(sg_options) / sizeof(sg_options[0]);

const char *
sg_option_name(const struct sg_option *o)
{
	const char *dot = strchr(o->path, '.');

	return dot == NULL ? o->path : dot + 1;
}

bool
sg_option_in(const struct sg_option *o, const char *place)
{
	size_t n = strlen(place);

	if (n == 0)
		return strchr(o->path, '.') == NULL;
	return strncmp(o->path, place, n) == 0 && o->path[n] == '.';
}

const struct sg_option *
sg_option_find(const char *place, const char *name)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_option_in(&sg_options[i], place) &&
		    strcmp(sg_option_name(&sg_options[i]), name) == 0)
			return &sg_options[i];
	return NULL;
}

bool
sg_option_is_section(const char *name)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_option_in(&sg_options[i], name))
			return sg_option_find("", name) == NULL;
	return false;
}

/* --- did you mean? -------------------------------------------------------- */

#define NEAR_MAX 32

/* Levenshtein's distance of two names shorter than NEAR_MAX. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAR_MAX], i, j, diagonal, above;

	for (j = 0; j <= strlen(b); j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= strlen(b); j++) {
			above = row[j];
			diagonal += a[i - 1] != b[j - 1];
			if (above + 1 < diagonal)
				diagonal = above + 1;
			if (row[j - 1] + 1 < diagonal)
				diagonal = row[j - 1] + 1;
			row[j] = diagonal;
			diagonal = above;
		}
	}
	return row[strlen(b)];
}

const char *
sg_option_nearest(const char *place, const char *name)
{
	const char *best = NULL;
	size_t i, d, best_d = 3;

	if (strlen(name) >= NEAR_MAX || strlen(name) < 3)
		return NULL;
	for (i = 0; i < sg_options_count; i++) {
		if (!sg_option_in(&sg_options[i], place))
			continue;
		d = distance(name, sg_option_name(&sg_options[i]));
		if (d < best_d) {
			best_d = d;
			best = sg_option_name(&sg_options[i]);
		}
	}
	return best;
}

/* --- what is expected ----------------------------------------------------- */

static const char *const expected[] = {
	[SG_TYPE_BOOL] = "true or false",
	[SG_TYPE_NUMBER] = "a number",
	[SG_TYPE_MILTER_SOCKET] = "a socket such as \"unix:/path\", "
	    "\"inet:8890@127.0.0.1\" or \"inet6:8890@::1\"",
	[SG_TYPE_HOST_PORT] = "an address and port such as "
	    "\"127.0.0.1:9610\" or \"[::1]:9610\", or \"\"",
	[SG_TYPE_PATH] = "a path that begins with /",
	[SG_TYPE_FILE] = "the path of a file, or \"\"",
	[SG_TYPE_KEY_FILE] = "the path of a file, or \"\"",
	[SG_TYPE_ACCOUNT] = "the name of an account, or \"\"",
	[SG_TYPE_DOMAIN] = "a host name, or \"\"",
	[SG_TYPE_SECONDS] = "a time such as \"90s\", \"5m\", \"6h\", \"30d\"",
	[SG_TYPE_MILLISECONDS] = "a time such as \"5s\"",
	[SG_TYPE_PER_MINUTE] = "a rate a minute such as \"300/m\"",
	[SG_TYPE_PER_SECOND] = "a rate a second such as \"200/s\"",
	[SG_TYPE_LOG_TARGET] = "auto, stderr, syslog or journal",
	[SG_TYPE_STORE] = "sqlite",
	[SG_TYPE_GROUP_NAME] = "1 to 32 characters of a-z, 0-9, _ and -",
	[SG_TYPE_MATCH] = "a domain such as \"example.com\", or "
	    "\".example.com\" for all below it",
	[SG_TYPE_REQUIRE] = "none, published, encrypt, verify, secure or dane",
	[SG_TYPE_ON_FAIL] = "accept, tag, hold, defer or reject",
	[SG_TYPE_ON_UNKNOWN] = "auto, accept, tag, hold, defer or reject",
	[SG_TYPE_DATE] = "a date such as \"2027-03-31\"",
	[SG_TYPE_NOTE] = "one line of at most 255 bytes",
	[SG_TYPE_LISTENERS] = "a list of sockets such as [\"unix:/path\", "
	    "\"inet:8461@127.0.0.1\"]",
	[SG_TYPE_DOMAINS] = "a list of domains such as [\"mx.example.com\"]",
	[SG_TYPE_NETWORKS] = "a list of networks such as [\"10.0.0.0/8\", "
	    "\"2001:db8::/32\"]",
	[SG_TYPE_SERVERS] = "a list of servers such as "
	    "[\"127.0.0.53@5353\"], or [\"recursive\"]",
	[SG_TYPE_SENDERS] = "a list of senders such as [\"@example.com\", "
	    "\"ceo@example.com\", \"@.example.com\", \"<>\"]",
	[SG_TYPE_LOGINS] = "a list of shell patterns such as [\"payroll*\"]",
	[SG_TYPE_RECIPIENTS] = "a list of entries such as ( { match = "
	    "\"example.com\" } )",
	[SG_TYPE_GROUPS] = "a list of groups such as ( { name = "
	    "\"finance\" } )",
};

const char *
sg_option_expected(const struct sg_option *o, char out[SG_EXPECTED_SIZE])
{
	char from[SG_TIME_TEXT_SIZE], to[SG_TIME_TEXT_SIZE];

	switch (o->type) {
	case SG_TYPE_NUMBER:
	case SG_TYPE_PER_MINUTE:
	case SG_TYPE_PER_SECOND:
		snprintf(out, SG_EXPECTED_SIZE, "%s, from %ld to %ld",
		    expected[o->type], o->min, o->max);
		break;
	case SG_TYPE_SECONDS:
	case SG_TYPE_MILLISECONDS:
		snprintf(out, SG_EXPECTED_SIZE, "%s, from %s to %s",
		    expected[o->type], sg_value_format_time(o->min, from),
		    sg_value_format_time(o->max, to));
		break;
	case SG_TYPE_PATH:
		snprintf(out, SG_EXPECTED_SIZE, "%s, of at most %ld bytes",
		    expected[o->type], o->max);
		break;
	default:
		snprintf(out, SG_EXPECTED_SIZE, "%s", expected[o->type]);
	}
	return out;
}
