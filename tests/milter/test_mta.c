/* SPDX-License-Identifier: ISC */
/*
 * test_mta.c - check-config --mta: captured configurations of a real Postfix
 * and a real Sendmail, wired as conf/ shows, and then each with one mistake.
 */
#include <sys/stat.h>
#include <sys/time.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mta_files.h"
#include "mta_postfix.h"
#include "mta_run.h"
#include "mta_sendmail.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_TEXT (1 << 20)

/* --- texts --------------------------------------------------------------------- */

static char *
read_capture(const char *name)
{
	const char *top = getenv("srcdir");
	char path[500], *text = calloc(1, MAX_TEXT);
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/milter/mta/%s",
	    top != NULL ? top : ".", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s is missing", path);
	ck_assert_uint_gt(fread(text, 1, MAX_TEXT - 1, f), 0);
	fclose(f);
	return text;
}

/* In place; what is to be changed must be there. */
static void
replace(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);
	size_t n = strlen(from), m = strlen(to);

	ck_assert_msg(at != NULL, "the capture has no \"%s\"", from);
	ck_assert_uint_lt(strlen(text) + m, MAX_TEXT);
	memmove(at + m, at + n, strlen(at + n) + 1);
	memcpy(at, to, m);
}

static struct sg_config *
config_of(const char *text)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;
	char whole[2000];

	snprintf(whole, sizeof(whole), "dns = { trust_anchor_file = \"\" }\n"
	    "own_hosts = [\"relay.example.com\"]\n%s", text);
	if (sg_config_parse(whole, "test", &c, &errors) != SG_OK)
		sg_config_errors_print(&errors, stderr);
	ck_assert_ptr_nonnull(c);
	return c;
}

struct edit {
	const char *from, *to;
};
struct want {
	enum sg_severity severity;
	const char *option, *text, *remedy;
};
struct row {
	const char *name;
	struct edit edits[3];
	const char *config; /* NULL: as conf/ says */
	struct want want;   /* option NULL: nothing to mend */
	unsigned faults;    /* 0: one, if any is wanted */
};

static bool
is_found(const struct sg_mta_findings *fs, const struct want *w)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct sg_mta_finding *f = &fs->f[i];

		if (f->severity == w->severity &&
		    strstr(f->option, w->option) != NULL &&
		    strstr(f->text, w->text) != NULL &&
		    (w->remedy == NULL || strstr(f->remedy, w->remedy) != NULL))
			return true;
	}
	return false;
}

static void
compare(const struct row *r, struct sg_mta_findings *fs)
{
	unsigned faults = r->want.option == NULL ? 0
	    : r->faults > 0 ? r->faults
	                    : r->want.severity != SG_NOTE;

	if (fs->faults != faults ||
	    (r->want.option != NULL && !is_found(fs, &r->want))) {
		sg_mta_findings_print(fs, stderr, false);
		ck_abort_msg("%s: want %u to mend, and %s: %s", r->name,
		    faults, r->want.option != NULL ? r->want.option : "-",
		    r->want.option != NULL ? r->want.text : "-");
	}
	sg_mta_findings_fini(fs);
}

static void
apply(char *text, const struct row *r)
{
	for (size_t i = 0; i < N(r->edits); i++)
		if (r->edits[i].from != NULL)
			replace(text, r->edits[i].from, r->edits[i].to);
}

/* --- Postfix ------------------------------------------------------------------- */

#define SOCKETS \
	"milter_socket = \"unix:/var/spool/postfix/stsgate/milter.sock\"\n" \
	"tlsmap_listen = [\"unix:/var/spool/postfix/stsgate/tlsmap.sock\"]\n"
#define INET \
	"milter_socket = \"inet:8890@127.0.0.1\"\n" \
	"tlsmap_listen = [\"inet:8461@127.0.0.1\"]\n"
#define ROUTED(level) SOCKETS "groups = ( { name = \"finance\" " \
	"sender = [\"@x.test\"] require = \"" level "\" route_tag = true } )\n"
#define OURS "{ unix:stsgate/milter.sock, connect_timeout=10s, " \
	"command_timeout=15s, content_timeout=60s, default_action=tempfail }"
#define SMTPD "\nsmtpd_milters = " OURS
#define LOCAL "\nnon_smtpd_milters = " OURS
#define MAP "socketmap:unix:stsgate/tlsmap.sock:postfix"
#define MAPS "\nsmtp_tls_policy_maps = " MAP
#define OWN(line) { "== postconf -Px\n", "== postconf -Px\n" line "\n" }

static const struct row postfix_rows[] = {
	{ .name = "as conf/postfix has it" },
	{ "inet sockets", { { SMTPD, "\nsmtpd_milters = inet:localhost:8890" },
	    { LOCAL, "\nnon_smtpd_milters = inet:127.0.0.1:8890" },
	    { MAPS, "\nsmtp_tls_policy_maps = "
		"socketmap:inet:127.0.0.1:8461:postfix" } }, INET,
	    { 0 }, 0 },
	/* milter */
	{ "T25: no milter", { { SMTPD, "\nsmtpd_milters =" } }, NULL,
	    { SG_ERROR, "main.cf: smtpd_milters", "no mail is judged",
		"smtpd_milters = { unix:stsgate/milter.sock, "
		"command_timeout=15s, default_action=tempfail }" }, 0 },
	{ "another milter alone", { { SMTPD, "\nsmtpd_milters = "
	    "inet:127.0.0.1:8891, unix:opendkim/opendkim.sock" } }, NULL,
	    { SG_ERROR, "main.cf: smtpd_milters", "nowhere wired in", NULL },
	    0 },
	{ "behind one that signs", { { SMTPD, "\nsmtpd_milters = "
	    "unix:opendkim/opendkim.sock, unix:stsgate/milter.sock" } }, NULL,
	    { SG_NOTE, "main.cf: smtpd_milters", "not the first milter",
		NULL }, 0 },
	{ "twice", { { SMTPD, "\nsmtpd_milters = unix:stsgate/milter.sock "
	    "unix:/stsgate/milter.sock" } }, NULL,
	    { SG_WARNING, "main.cf: smtpd_milters", "2 times", NULL }, 0 },
	{ "a service of its own", { OWN("submission/inet/smtpd_milters = "
	    "unix:opendkim/opendkim.sock") }, NULL,
	    { SG_WARNING, "master.cf: submission/inet: -o smtpd_milters",
		"mail that comes in by submission/inet is not judged",
		"-o { smtpd_milters = { unix:stsgate" }, 0 },
	{ "no_milters", { OWN("submission/inet/receive_override_options = "
	    "no_unknown_recipient_checks,no_milters") }, NULL,
	    { SG_WARNING, "submission/inet: -o receive_override_options",
		"no_milters", NULL }, 0 },
	{ "back from a content filter", { { "\nsubmission/inet/service",
	    "\n127.0.0.1:10025/inet/chroot = n\n127.0.0.1:10025/inet/command "
	    "= smtpd\nsubmission/inet/service" },
	    OWN("127.0.0.1:10025/inet/smtpd_milters =\n"
		"127.0.0.1:10025/inet/content_filter =") }, NULL,
	    { SG_NOTE, "127.0.0.1:10025/inet", "content filter", NULL }, 0 },
	{ "a map of milters", { { "\nsmtpd_milter_maps =",
	    "\nsmtpd_milter_maps = cidr:/etc/postfix/milters" } }, NULL,
	    { SG_NOTE, "main.cf: smtpd_milter_maps", "cidr:", NULL }, 0 },
	{ "no milter for local mail", { { LOCAL, "\nnon_smtpd_milters =" } },
	    NULL, { SG_WARNING, "main.cf: non_smtpd_milters", "sendmail(1)",
		"non_smtpd_milters = $smtpd_milters" }, 0 },
	{ "T26: accept while it is down", { { SMTPD,
	    "\nsmtpd_milters = unix:stsgate/milter.sock" },
	    { "\nmilter_default_action = tempfail",
		"\nmilter_default_action = accept" } }, NULL,
	    { SG_ERROR, "main.cf: smtpd_milters", "is accept",
		"default_action=tempfail" }, 0 },
	{ "the milter's own setting counts", { { "default_action=tempfail",
	    "default_action=tempfail" }, { "\nmilter_default_action = tempfail",
		"\nmilter_default_action = accept" } }, NULL, { 0 }, 0 },
	{ "quarantine", { { "content_timeout=60s, default_action=tempfail",
	    "content_timeout=60s, default_action=quarantine" } }, NULL,
	    { SG_WARNING, "non_smtpd_milters", "is quarantine", NULL }, 0 },
	{ "reject", { { SMTPD, "\nsmtpd_milters = { unix:stsgate/milter.sock, "
	    "default_action=reject }" } }, NULL,
	    { SG_WARNING, "main.cf: smtpd_milters", "is reject", NULL }, 0 },
	{ "shutdown is as good as tempfail", { { SMTPD, "\nsmtpd_milters = { "
	    "unix:stsgate/milter.sock, default_action=shutdown }" } }, NULL,
	    { 0 }, 0 },
	{ "gives up too early", { { SMTPD, "\nsmtpd_milters = { "
	    "unix:stsgate/milter.sock, command_timeout = 8s, "
	    "command_timeout=8s }" } }, NULL,
	    { SG_ERROR, "main.cf: smtpd_milters", "reply_deadline 8000 ms",
		"command_timeout=15s" }, 0 },
	{ "gives up too early for all", { { SMTPD,
	    "\nsmtpd_milters = unix:stsgate/milter.sock" },
	    { "\nmilter_command_timeout = 30s",
		"\nmilter_command_timeout = 5" } }, NULL,
	    { SG_ERROR, "main.cf: smtpd_milters", "is 5 and", NULL }, 0 },
	{ "an old protocol", { { SMTPD,
	    "\nsmtpd_milters = { unix:stsgate/milter.sock, protocol=2 }" } },
	    NULL, { SG_ERROR, "main.cf: smtpd_milters",
		"milter_protocol is 2", "milter_protocol = 6" }, 0 },
	{ "a chroot hides the socket", { { SMTPD,
	    "\nsmtpd_milters = unix:/run/stsgate/milter.sock" },
	    { LOCAL, "\nnon_smtpd_milters = unix:/run/stsgate/milter.sock" } },
	    "milter_socket = \"unix:/run/stsgate/milter.sock\"\n"
	    "tlsmap_listen = [\"unix:/var/spool/postfix/stsgate/tlsmap.sock\"]",
	    { SG_ERROR, "main.cf: smtpd_milters", "runs chrooted",
		"unix:stsgate/milter.sock" }, 3 },
	{ "where the socket should be", { { SMTPD,
	    "\nsmtpd_milters = unix:/run/stsgate/milter.sock" },
	    { LOCAL, "\nnon_smtpd_milters = unix:/run/stsgate/milter.sock" } },
	    "milter_socket = \"unix:/run/stsgate/milter.sock\"\n"
	    "tlsmap_listen = [\"unix:/var/spool/postfix/stsgate/tlsmap.sock\"]",
	    { SG_ERROR, "stsgate.conf: milter_socket", "is outside of",
		"unix:/var/spool/postfix/stsgate/milter.sock" }, 3 },
	/* map */
	{ "no map, and delivery_map is true", { { MAPS,
	    "\nsmtp_tls_policy_maps =" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps", "in the belief",
		"smtp_tls_policy_maps = " MAP }, 0 },
	{ "no map, and delivery_map is false", { { MAPS,
	    "\nsmtp_tls_policy_maps =" } }, SOCKETS "delivery_map = false",
	    { 0 }, 0 },
	{ "a map, and delivery_map is false", { { NULL, NULL } },
	    SOCKETS "delivery_map = false",
	    { SG_WARNING, "stsgate.conf: delivery_map", "is false",
		"delivery_map = true" }, 0 },
	{ "another map before it", { { MAPS, "\nsmtp_tls_policy_maps = "
	    "hash:/etc/postfix/tls_policy " MAP } }, NULL,
	    { SG_WARNING, "main.cf: smtp_tls_policy_maps",
		"hash:/etc/postfix/tls_policy stands before", NULL }, 0 },
	{ "another map behind it", { { MAPS, "\nsmtp_tls_policy_maps = " MAP
	    ", socketmap:inet:127.0.0.1:8461:postfix" } }, NULL,
	    { SG_NOTE, "main.cf: smtp_tls_policy_maps",
		"socketmap:inet:127.0.0.1:8461:postfix is asked where",
		NULL }, 0 },
	{ "a peer's map in its place", { { MAPS, "\nsmtp_tls_policy_maps = "
	    "socketmap:inet:127.0.0.1:8461:postfix" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps",
		"stsgate's map is not in it", NULL }, 0 },
	{ "tlsrpt on an old Postfix", { { MAPS, MAPS "-tlsrpt" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps",
		"Postfix 3.7.11 cannot read",
		"smtp_tls_policy_maps = " MAP }, 0 },
	{ "tlsrpt on a new one", { { MAPS, MAPS "-tlsrpt" },
	    { "\nmail_version = 3.7.11", "\nmail_version = 3.10.2" } }, NULL,
	    { 0 }, 0 },
	{ "no tlsrpt where reports are sent", { { "\nmail_version = 3.7.11",
	    "\nmail_version = 3.11.0\nsmtp_tlsrpt_enable = yes" } }, NULL,
	    { SG_WARNING, "main.cf: smtp_tls_policy_maps", "TLS reports",
		":postfix-tlsrpt" }, 5 },
	{ "Sendmail's dialect", { { MAPS, "\nsmtp_tls_policy_maps = "
	    "socketmap:unix:stsgate/tlsmap.sock:sts" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps",
		"no map \"sts\"", NULL }, 0 },
	{ "a peer's word", { { MAPS, "\nsmtp_tls_policy_maps = "
	    "socketmap:unix:stsgate/tlsmap.sock:QUERY" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps", "QUERY", NULL }, 0 },
	{ "no such level", { { MAPS, MAPS "+strict" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_policy_maps", "postfix+strict",
		NULL }, 0 },
	{ "a chroot hides the map", { { MAPS, "\nsmtp_tls_policy_maps = "
	    "socketmap:unix:/var/spool/postfix/stsgate/tlsmap.sock:postfix" } },
	    NULL, { SG_ERROR, "main.cf: smtp_tls_policy_maps",
		"smtp/unix runs chrooted", NULL }, 2 },
	{ "one transport without it", { OWN("relay/unix/smtp_tls_policy_maps "
	    "=") }, NULL,
	    { SG_WARNING, "master.cf: relay/unix: -o smtp_tls_policy_maps",
		"without a look at stsgate's map", NULL }, 0 },
	{ "one that enforces by itself", { OWN("relay/unix/"
	    "smtp_tls_policy_maps =\nrelay/unix/smtp_tls_security_level = "
	    "secure") }, NULL, { 0 }, 0 },
	{ "T25: pins that end before the queue does",
	    { { "\nmaximal_queue_lifetime = 5d",
		"\nmaximal_queue_lifetime = 10" } }, NULL,
	    { SG_WARNING, "stsgate.conf: pin_for", "in the queue for 10",
		"pin_for = \"10d\"" }, 0 },
	/* TLS */
	{ "no TLS by itself", { { "\nsmtp_tls_security_level = dane",
	    "\nsmtp_tls_security_level =" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_security_level", "is empty",
		"smtp_tls_security_level = dane" }, 0 },
	{ "one transport in clear", { OWN("relay/unix/smtp_tls_security_level"
	    " = none") }, NULL,
	    { SG_ERROR, "master.cf: relay/unix: -o smtp_tls_security_level",
		"is none", NULL }, 0 },
	{ "may will do", { { "\nsmtp_tls_security_level = dane",
	    "\nsmtp_tls_security_level = may" } }, NULL, { 0 }, 0 },
	{ "no DNSSEC", { { "\nsmtp_dns_support_level = dnssec",
	    "\nsmtp_dns_support_level =" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_dns_support_level", "TLSA",
		"smtp_dns_support_level = dnssec" }, 0 },
	{ "hosts(5) first", { { "\nsmtp_host_lookup = dns",
	    "\nsmtp_host_lookup = native, dns" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_host_lookup", "DANE", NULL }, 0 },
	{ "no DNS at all", { { "\ndisable_dns_lookups = no",
	    "\ndisable_dns_lookups = yes" } }, NULL,
	    { SG_ERROR, "main.cf: disable_dns_lookups", "no MX", NULL }, 0 },
	{ "no CA", { { "\nsmtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt",
	    "\nsmtp_tls_CAfile =" } }, NULL,
	    { SG_ERROR, "main.cf: smtp_tls_CAfile", "ever verified", NULL },
	    0 },
	{ "the system's CAs by default", { { "\nsmtp_tls_CAfile = "
	    "/etc/ssl/certs/ca-certificates.crt", "\nsmtp_tls_CAfile =" },
	    { "\ntls_append_default_CA = no", "\ntls_append_default_CA = yes" }
	    }, NULL, { 0 }, 0 },
	{ "a CApath in a chroot", { { "\nsmtp_tls_CAfile = "
	    "/etc/ssl/certs/ca-certificates.crt", "\nsmtp_tls_CAfile =" },
	    { "\nsmtp_tls_CApath =", "\nsmtp_tls_CApath = /etc/ssl/certs" } },
	    NULL, { SG_WARNING, "main.cf: smtp_tls_CAfile", "chroot", NULL },
	    0 },
	{ "X-26: old TLS", { { "\nsmtp_tls_mandatory_protocols = >=TLSv1.2",
	    "\nsmtp_tls_mandatory_protocols = >=TLSv1" } }, NULL,
	    { SG_WARNING, "main.cf: smtp_tls_mandatory_protocols", "TLS 1.0",
		">=TLSv1.2" }, 0 },
	{ "old TLS, in the old way", { { "\nsmtp_tls_mandatory_protocols = "
	    ">=TLSv1.2", "\nsmtp_tls_mandatory_protocols = !SSLv2, !SSLv3, "
	    "!TLSv1.1" } }, NULL,
	    { SG_WARNING, "main.cf: smtp_tls_mandatory_protocols", "!SSLv2",
		NULL }, 0 },
	{ "none of it, in the old way", { { "\nsmtp_tls_mandatory_protocols = "
	    ">=TLSv1.2", "\nsmtp_tls_mandatory_protocols = !SSLv2, !SSLv3, "
	    "!TLSv1, !TLSv1.1" } }, NULL, { 0 }, 0 },
	/* routes */
	{ "T25: a smart host", { { "\nrelayhost =",
	    "\nrelayhost = [smart.example.net]:587" } }, NULL,
	    { SG_WARNING, "main.cf: relayhost", "[smart.example.net]:587",
		NULL }, 0 },
	{ "a smart host by another name", { { "\ndefault_transport = smtp",
	    "\ndefault_transport = smtp:[smart.example.net]" } }, NULL,
	    { SG_WARNING, "main.cf: default_transport", "[smart.example.net]",
		NULL }, 0 },
	{ "T25: a transport map", { { "\ntransport_maps =",
	    "\ntransport_maps = hash:/etc/postfix/transport" } }, NULL,
	    { SG_NOTE, "main.cf: transport_maps", "next hop", NULL }, 0 },
	{ "a fallback relay", { { "\nsmtp_fallback_relay =",
	    "\nsmtp_fallback_relay = [fallback.example.net]" } }, NULL,
	    { SG_WARNING, "main.cf: smtp_fallback_relay", "who blocks an MX",
		NULL }, 0 },
	/* other */
	{ "smuggling", { { "\nsmtpd_forbid_bare_newline = normalize",
	    "\nsmtpd_forbid_bare_newline = no" } }, NULL,
	    { SG_WARNING, "main.cf: smtpd_forbid_bare_newline", "smuggled",
		"normalize" }, 0 },
	{ "a Postfix that knows no smuggling", {
	    { "\nsmtpd_forbid_bare_newline = normalize", "" } }, NULL,
	    { SG_WARNING, "main.cf: smtpd_forbid_bare_newline", "update it",
		NULL }, 0 },
	{ "a queue ID from the first recipient on", { { NULL, NULL } }, NULL,
	    { SG_NOTE, "main.cf: smtpd_delay_open_until_valid_rcpt", "qid=-",
		NULL }, 0 },
	{ "not one of own_hosts", { { "\nmyhostname = relay.example.com",
	    "\nmyhostname = other.example.com" } }, NULL,
	    { SG_WARNING, "stsgate.conf: own_hosts", "other.example.com",
		"own_hosts = [\"other.example.com\"]" }, 0 },
};

static struct sg_postfix *
parse_capture(char *text)
{
	static const char *const marks[] = { "== postconf -x\n",
		"== postconf -F\n", "== postconf -Px\n" };
	struct sg_postconf_text parts;
	struct sg_postfix *p = NULL;
	struct sg_err err;
	char *at[3];

	for (size_t i = 0; i < 3; i++) {
		at[i] = strstr(text, marks[i]);
		ck_assert_ptr_nonnull(at[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		*at[i] = '\0';
		at[i] += strlen(marks[i]);
	}
	parts = (struct sg_postconf_text) { at[0], at[1], at[2] };
	ck_assert_int_eq(sg_postfix_parse(&parts, &p, &err), SG_OK);
	return p;
}

START_TEST(test_postfix)
{
	const struct row *r = &postfix_rows[_i];
	char *text = read_capture("postfix-3.7");
	struct sg_config *c = config_of(r->config != NULL ? r->config
							   : SOCKETS);
	struct sg_mta_postfix_params params = { .config = c };
	struct sg_mta_findings fs = { 0 };
	struct sg_postfix *p;

	apply(text, r);
	p = parse_capture(text);
	params.postfix = p;
	sg_mta_check_postfix(&params, &fs);
	compare(r, &fs);
	sg_postfix_free(&p);
	sg_config_unref(&c);
	free(text);
}
END_TEST

/* --- Postfix: marked messages ---------------------------------------------------- */

static const struct {
	struct row row;
	const char *answer;
} route_rows[] = {
	{ { .name = "to its transport" }, "FILTER smtp-secure:" },
	{ { "nothing is done", { { NULL, NULL } }, NULL,
	    { SG_ERROR, "main.cf: milter_header_checks", "ends at RCPT",
		"/^X-Stsgate: .*; route=secure;/ FILTER smtp-secure:" }, 0 },
	    "" },
	{ { "something else is done", { { NULL, NULL } }, NULL,
	    { SG_ERROR, "main.cf: milter_header_checks", "but HOLD", NULL },
	    0 }, "HOLD" },
	{ { "to a transport that is not there", { { NULL, NULL } }, NULL,
	    { SG_ERROR, "main.cf: milter_header_checks",
		"master.cf does not have", NULL }, 0 }, "FILTER smtp-safe:" },
	{ { "to one that keeps nothing", { { NULL, NULL } }, NULL,
	    { SG_ERROR, "smtp_tls_security_level", "may leave below",
		"-o smtp_tls_security_level=secure" }, 2 }, "FILTER smtp:" },
	{ { "to one of a lower level", { { NULL, NULL } }, NULL,
	    { SG_ERROR, "master.cf: smtp-verify/unix: -o smtp_tls_policy_maps",
		"may answer a lower level", ":postfix+secure" }, 2 },
	    "FILTER smtp-verify:" },
	{ { .name = "to one of a higher level" }, "FILTER smtp-dane:" },
	{ { .name = "to a gateway" }, "FILTER lmtp:[gw.example.com]" },
	{ { "the plain map in the second transport", { {
	    "smtp-secure/unix/smtp_tls_policy_maps = " MAP "+secure",
	    "smtp-secure/unix/smtp_tls_policy_maps = " MAP } }, NULL,
	    { SG_ERROR, "master.cf: smtp-secure/unix: -o smtp_tls_policy_maps",
		"may answer a lower level", NULL }, 0 },
	    "FILTER smtp-secure:" },
	{ { "opportunistic DANE is none", { {
	    "smtp-secure/unix/smtp_tls_security_level = secure",
	    "smtp-secure/unix/smtp_tls_security_level = dane" } }, NULL,
	    { SG_ERROR,
		"master.cf: smtp-secure/unix: -o smtp_tls_security_level",
		"is dane", NULL }, 0 }, "FILTER smtp-secure:" },
	{ { "no map at all in it is safe", { {
	    "smtp-secure/unix/smtp_tls_policy_maps = " MAP "+secure",
	    "smtp-secure/unix/smtp_tls_policy_maps =" } }, NULL, { 0 }, 0 },
	    "FILTER smtp-secure:" },
	{ { "a fallback relay", { {
	    "\nsmtp-secure/unix/smtp_fallback_relay =",
	    "\nsmtp-secure/unix/smtp_fallback_relay = [x.example]" } }, NULL,
	    { SG_WARNING, "master.cf: smtp-secure/unix: -o smtp_fallback_relay",
		"fallback", NULL }, 0 }, "FILTER smtp-secure:" },
	{ { "a transport map has no say", { { "\ntransport_maps =",
	    "\ntransport_maps = hash:/etc/postfix/transport" } }, NULL,
	    { SG_NOTE, "main.cf: transport_maps", "no say", NULL }, 0 },
	    "FILTER smtp-secure:" },
};

START_TEST(test_postfix_routes)
{
	const struct row *r = &route_rows[_i].row;
	char *text = read_capture("postfix-3.7");
	struct sg_config *c = config_of(ROUTED("secure"));
	struct sg_mta_route routes[SG_MTA_ROUTES_MAX];
	struct sg_mta_postfix_params params = { .config = c,
		.routes = routes };
	struct sg_mta_findings fs = { 0 };
	struct sg_postfix *p;

	params.n_routes = sg_mta_routes_wanted(c, routes);
	ck_assert_uint_eq(params.n_routes, 1);
	ck_assert_int_eq(routes[0].level, SG_LEVEL_SECURE);
	ck_assert_str_eq(routes[0].group, "finance");
	routes[0].answer = route_rows[_i].answer;
	apply(text, r);
	p = parse_capture(text);
	params.postfix = p;
	sg_mta_check_postfix(&params, &fs);
	compare(r, &fs);
	sg_postfix_free(&p);
	sg_config_unref(&c);
	free(text);
}
END_TEST

/* Each level once, of groups and of their recipients. */
START_TEST(test_routes_wanted)
{
	struct sg_config *c = config_of("groups = ( "
	    "{ name = \"a\" login = [\"a\"] require = \"secure\" },"
	    "{ name = \"b\" login = [\"b\"] route_tag = true },"
	    "{ name = \"c\" login = [\"c\"] route_tag = true "
	    "  require = \"encrypt\" recipients = ( { match = \"x.test\" "
	    "  require = \"dane\" }, { match = \"y.test\" "
	    "  require = \"none\" }, { match = \"z.test\" "
	    "  on_fail = \"tag\" } ) },"
	    "{ name = \"d\" login = [\"d\"] route_tag = true "
	    "  require = \"encrypt\" } )");
	struct sg_mta_route routes[SG_MTA_ROUTES_MAX];

	ck_assert_uint_eq(sg_mta_routes_wanted(c, routes), 2);
	ck_assert_int_eq(routes[0].level, SG_LEVEL_ENCRYPT);
	ck_assert_int_eq(routes[1].level, SG_LEVEL_DANE);
	ck_assert_str_eq(routes[1].group, "c");
	sg_config_unref(&c);
}
END_TEST

/* --- Sendmail ------------------------------------------------------------------ */

#define SM_SOCKETS \
	"milter_socket = \"inet:8890@127.0.0.1\"\n" \
	"tlsmap_listen = [\"inet:5461@127.0.0.1\"]\n"
#define X "\nXstsgate, S=inet:8890@127.0.0.1, F=T, T=C:10s;S:10s;R:15s;E:1m"
#define K "\nKsts socket -d5 -T<TMPF> inet:5461@127.0.0.1"
#define MSA "\nO DaemonPortOptions=Name=MSA, Port=587, M=Ea"

static const struct row sendmail_rows[] = {
	{ .name = "as conf/sendmail has it" },
	{ "unix sockets", { { X, "\nXstsgate, S=local:/run/stsgate/milter.sock,"
	    " F=T" }, { K, "\nKsts socket -d5 -T<TMPF> "
	    "local:/var/run/stsgate/tlsmap.sock" } },
	    "milter_socket = \"unix:/run/stsgate/milter.sock\"\n"
	    "tlsmap_listen = [\"unix:/run/stsgate/tlsmap.sock\"]",
	    { 0 }, 0 },
	{ "no filter", { { X, "\nXother, S=inet:8891@127.0.0.1, F=T" } }, NULL,
	    { SG_ERROR, "sendmail.mc: INPUT_MAIL_FILTER", "no mail is judged",
		"INPUT_MAIL_FILTER(`stsgate', `S=inet:8890@127.0.0.1, F=T, "
		"T=C:10s;S:10s;R:15s;E:1m')dnl" }, 0 },
	{ "T26: no F=", { { "S=inet:8890@127.0.0.1, F=T, ",
	    "S=inet:8890@127.0.0.1, " } }, NULL,
	    { SG_ERROR, "sendmail.cf: Xstsgate", "has no F=T", NULL }, 0 },
	{ "F=R", { { "F=T, T=C", "F=R, T=C" } }, NULL,
	    { SG_WARNING, "sendmail.cf: Xstsgate", "has F=R", NULL }, 0 },
	{ "F=4", { { "F=T, T=C", "F=4, T=C" } }, NULL, { 0 }, 0 },
	{ "gives up too early", { { "R:15s", "R:8s" } }, NULL,
	    { SG_ERROR, "sendmail.cf: Xstsgate", "waits 8 s", "R:15s" }, 0 },
	{ "Sendmail's own 10 s will do for 9 s",
	    { { ", T=C:10s;S:10s;R:15s;E:1m", "" } },
	    SM_SOCKETS "reply_deadline = \"9s\"", { 0 }, 0 },
	{ "defined and not used", { { "\nO InputMailFilters=stsgate",
	    "\nO InputMailFilters=opendkim" } }, NULL,
	    { SG_ERROR, "O InputMailFilters", "not in the list", NULL }, 0 },
	{ "behind one that signs", { { "\nO InputMailFilters=stsgate",
	    "\nO InputMailFilters=opendkim, stsgate" } }, NULL,
	    { SG_NOTE, "O InputMailFilters", "not the first", NULL }, 0 },
	{ "a name that begins alike", { { "\nO InputMailFilters=stsgate",
	    "\nO InputMailFilters=stsgate2" } }, NULL,
	    { SG_ERROR, "O InputMailFilters", "not in the list", NULL }, 0 },
	{ "a daemon of its own", { { MSA, MSA ", I=opendkim" } }, NULL,
	    { SG_WARNING, "O DaemonPortOptions", "Name=MSA", NULL }, 0 },
	{ "a daemon of its own that has it", { { MSA, MSA
	    ", InputMailFilters=opendkim;stsgate" } }, NULL, { 0 }, 0 },
	{ "no next hop", { { "\nO Milter.macros.envrcpt={rcpt_mailer}, "
	    "{rcpt_host}, {rcpt_addr}",
	    "\nO Milter.macros.envrcpt={rcpt_addr}" } }, NULL,
	    { SG_WARNING, "O Milter.macros.envrcpt", "{rcpt_host}", NULL },
	    0 },
	/* map */
	{ "no map, and delivery_map is true", { { K, "" } }, NULL,
	    { SG_ERROR, "FEATURE(`sts')", "no TLS policy map",
		"FEATURE(`sts', `socket -d5 -T<TMPF> inet:5461@127.0.0.1')" },
	    0 },
	{ "a peer's map", { { "inet:5461@127.0.0.1\n",
	    "inet:8461@127.0.0.1\n" } }, NULL,
	    { SG_ERROR, "FEATURE(`sts')", "another map than stsgate's",
		NULL }, 0 },
	{ "no map, and delivery_map is false", { { K, "" } },
	    SM_SOCKETS "delivery_map = false", { 0 }, 0 },
	{ "a map, and delivery_map is false", { { NULL, NULL } },
	    SM_SOCKETS "delivery_map = false",
	    { SG_WARNING, "delivery_map", "is false", "delivery_map = true" },
	    0 },
	{ "T26: no -T", { { " -T<TMPF> inet:5461", " inet:5461" } }, NULL,
	    { SG_ERROR, "sendmail.cf: Ksts", "as if it had no policy",
		"-T<TMPF>" }, 0 },
	{ "no -d", { { K, "\nKsts socket -T<TMPF> inet:5461@127.0.0.1" } },
	    NULL, { SG_WARNING, "sendmail.cf: Ksts", "hangs", NULL }, 0 },
	{ "the map for show", { { "\nO StrictTransportSecurity=true",
	    "\nO StrictTransportSecurity=false" } }, NULL,
	    { SG_ERROR, "O StrictTransportSecurity", "is not true", NULL },
	    0 },
	{ "NO_SAN_TST", { { "\nO SetCertAltnames=true", "" } }, NULL,
	    { SG_ERROR, "O SetCertAltnames", "another name", NULL }, 0 },
	{ "one connection, many recipients", {
	    { "$>\"STS_secure\" $&{verify}", "$1" } }, NULL,
	    { SG_WARNING, "LOCAL_TLS_RCPT", "once a connection",
		"stsgate-delivery.m4" }, 0 },
	{ "T25: pins that end before the queue does", { { NULL, NULL } },
	    SM_SOCKETS "pin_for = \"2d\"",
	    { SG_WARNING, "stsgate.conf: pin_for", "in the queue for 5d",
		"pin_for = \"5d\"" }, 0 },
	/* TLS, routes */
	{ "no CA", { { "\nO CACertFile=", "\n#O CACertFile=" },
	    { "\nO CACertPath=", "\n#O CACertPath=" } }, NULL,
	    { SG_ERROR, "O CACertFile", "ever verified", "confCACERT" }, 0 },
	{ "in clear if the handshake breaks", { { "\n#O TLSFallbacktoClear",
	    "\nO TLSFallbacktoClear=true\n#" } }, NULL,
	    { SG_ERROR, "O TLSFallbacktoClear", "handshake", NULL }, 0 },
	{ "no STARTTLS when sending", { { MSA, MSA
	    "\nO ClientPortOptions=Family=inet, M=hS" } }, NULL,
	    { SG_ERROR, "O ClientPortOptions", "never", NULL }, 0 },
	{ "T25: a smart host", { { "\nDS\n", "\nDSsmart.example.net\n" } },
	    NULL, { SG_WARNING, "sendmail.cf: DS", "smart.example.net", NULL },
	    0 },
	{ "T25: a mailertable", { { NULL, NULL } }, NULL,
	    { SG_NOTE, "Kmailertable", "next hop", NULL }, 0 },
	{ "a group's level, kept", { { NULL, NULL } }, SM_SOCKETS
	    "groups = ( { name = \"x\" login = [\"x\"] require = \"secure\" "
	    "route_tag = true } )", { 0 }, 0 },
	{ "a group's level, kept by nobody", { { "\nSStsgate_asks",
	    "\nSSomething" } }, SM_SOCKETS "groups = ( { name = \"x\" "
	    "login = [\"x\"] require = \"secure\" route_tag = true } )",
	    { SG_ERROR, "LOCAL_TLS_RCPT", "group x has route_tag",
		"stsgroups" }, 0 },
};

START_TEST(test_sendmail)
{
	const struct row *r = &sendmail_rows[_i];
	char *text = read_capture("sendmail-8.17.cf");
	struct sg_config *c = config_of(r->config != NULL ? r->config
							   : SM_SOCKETS);
	struct sg_mta_findings fs = { 0 };
	struct sg_cf *cf;

	apply(text, r);
	cf = sg_cf_parse(text);
	sg_mta_check_sendmail(cf, c, &fs);
	compare(r, &fs);
	sg_cf_free(&cf);
	sg_config_unref(&c);
	free(text);
}
END_TEST

/* --- what comes in may be anything ------------------------------------------------ */

START_TEST(test_broken_texts)
{
	static const char *const texts[] = { "", "\n", " =", "= = =", "a =",
		"{", "}", "{{{{", "a/b/c = ", "/ = x", "smtp/inet/command =",
		"X", "K", "Ksts", "Ksts socket", "O ", "O =", "DS", "S", "R",
		"X,,,,S=,F=,T=;;R:", " x\n y\n", "\xff\xfe = \x01" };
	struct sg_config *c = config_of(ROUTED("dane"));
	struct sg_mta_findings fs = { 0 };
	struct sg_postfix *p = NULL;
	struct sg_err err;

	for (size_t i = 0; i < N(texts); i++)
		for (size_t k = 0; k < N(texts); k++) {
			struct sg_postconf_text t = { texts[i], texts[k],
				texts[i] };
			struct sg_cf *cf = sg_cf_parse(texts[i]);

			ck_assert_int_eq(sg_postfix_parse(&t, &p, &err),
			    SG_BAD);
			sg_mta_check_sendmail(cf, c, &fs);
			sg_cf_free(&cf);
		}
	ck_assert_uint_eq(fs.n, SG_MTA_FINDINGS_MAX);
	ck_assert_uint_gt(fs.dropped, 0);
	sg_mta_findings_fini(&fs);
	sg_config_unref(&c);
}
END_TEST

/* A capture that ends anywhere is taken as far as it goes. */
START_TEST(test_cut_captures)
{
	struct sg_config *c = config_of(SOCKETS);
	char *text = read_capture("sendmail-8.17.cf");
	size_t n = strlen(text);

	for (size_t end = 0; end < n; end += 97) {
		struct sg_mta_findings fs = { 0 };
		char saved = text[end];
		struct sg_cf *cf;

		text[end] = '\0';
		cf = sg_cf_parse(text);
		sg_mta_check_sendmail(cf, c, &fs);
		text[end] = saved;
		sg_mta_findings_fini(&fs);
		sg_cf_free(&cf);
	}
	free(text);
	sg_config_unref(&c);
}
END_TEST

START_TEST(test_lists)
{
	static const struct {
		const char *list, *want; /* elements with | behind each */
	} lists[] = { { "", "" }, { " ,\t, ", "" }, { "a,b c", "a|b|c|" },
		{ "{ a, b=c } d", " a, b=c |d|" }, { "{a{b}c}", "a{b}c|" },
		{ "{a", "a|" }, { "a}", "a}|" }, { "{}x", "|x|" } };
	char item[SG_POSTFIX_ITEM_SIZE], got[200];

	for (size_t i = 0; i < N(lists); i++) {
		const char *rest = lists[i].list;

		got[0] = '\0';
		while (sg_postfix_next(&rest, item))
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
			    "%s|", item);
		ck_assert_str_eq(got, lists[i].want);
	}
}
END_TEST

START_TEST(test_times)
{
	static const struct {
		const char *text;
		long postfix, sendmail;
	} times[] = { { "30s", 30, 30 }, { "30", 30, 1800 }, { "5m", 300, 300 },
		{ "1h", 3600, 3600 }, { "2d", 172800, 172800 },
		{ "1w", 604800, -1 }, { "", -1, -1 }, { "s", -1, -1 },
		{ "-3s", -1, -1 }, { "3x", -1, -1 },
		{ "99999999999999999999s", -1, -1 } };

	for (size_t i = 0; i < N(times); i++) {
		ck_assert_int_eq(sg_postfix_seconds(times[i].text, 1),
		    times[i].postfix);
		ck_assert_int_eq(sg_cf_seconds(times[i].text, 60),
		    times[i].sendmail);
	}
}
END_TEST

/* --- how it is shown --------------------------------------------------------------- */

START_TEST(test_shown)
{
	static const struct sg_mta_about note = { SG_NOTE, SG_TOPIC_MILTER,
		"main.cf: a", NULL }, error = { SG_ERROR, SG_TOPIC_MILTER,
		"main.cf: b", "b = c" };
	struct sg_mta_findings fs = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *list;

	sg_mta_find(&fs, &note, "said");
	sg_mta_find(&fs, &error, "a text that is long enough to be folded, "
	    "with \033[31m and \n and \xc3\xa4 in it");
	sg_mta_findings_print(&fs, f, false);
	fclose(f);
	ck_assert_str_eq(text, "Milter: the gate at RCPT\n"
	    "  error   main.cf: b\n"
	    "          a text that is long enough to be folded, with ?[31m "
	    "and ? and ?? in\n"
	    "          it\n"
	    "          put: b = c\n"
	    "  note    main.cf: a\n"
	    "          said\n");
	ck_assert_uint_eq(fs.faults, 1);
	free(text);
	list = sg_mta_findings_json(&fs);
	ck_assert_uint_eq(json_array_size(list), 2);
	text = json_dumps(json_array_get(list, 1), JSON_COMPACT);
	ck_assert_ptr_nonnull(strstr(text, "{\"severity\":\"error\",\"topic\":"
	    "\"milter\",\"option\":\"main.cf: b\",\"text\":"));
	ck_assert_ptr_nonnull(strstr(text, "\"remedy\":\"b = c\"}"));
	free(text);
	json_decref(list);
	sg_mta_findings_fini(&fs);
}
END_TEST

/* --- rights --------------------------------------------------------------------------- */

START_TEST(test_rights)
{
	char dir[] = "/tmp/sg-mta-XXXXXX", text[300], sub[64];
	struct sg_mta_account who = { "mail", 4711, 4712 };
	struct sg_mta_findings fs = { 0 };
	struct sg_config *c;
	struct want shut = { SG_ERROR, "milter_socket", "may not go through",
		"chmod o+x" }, absent = { SG_NOTE, "milter_socket",
		"does not run", NULL }, denied = { SG_ERROR, "milter_socket",
		"may not connect", NULL };
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(sub, sizeof(sub), "%s/m.sock", dir);
	snprintf(text, sizeof(text), "socket_group = \"\"\n"
	    "milter_socket = \"unix:%s\"\ntlsmap_listen = []", sub);
	c = config_of(text);
	sg_mta_check_sockets(c, &who, &fs);
	ck_assert(is_found(&fs, &shut)); /* 0700 of mkdtemp */
	sg_mta_findings_fini(&fs);

	ck_assert_int_eq(chmod(dir, 0755), 0);
	sg_mta_check_sockets(c, &who, &fs);
	ck_assert(is_found(&fs, &absent));
	ck_assert_uint_eq(fs.faults, 0);
	sg_mta_findings_fini(&fs);

	f = fopen(sub, "w");
	fclose(f);
	ck_assert_int_eq(chmod(sub, 0660), 0);
	sg_mta_check_sockets(c, &who, &fs);
	ck_assert(is_found(&fs, &denied));
	sg_mta_findings_fini(&fs);

	who.gid = getgid();
	sg_mta_check_sockets(c, &who, &fs);
	ck_assert_uint_eq(fs.n, 0);
	sg_mta_findings_fini(&fs);
	sg_config_unref(&c);
	unlink(sub);
	rmdir(dir);
}
END_TEST

START_TEST(test_ca_file)
{
	struct sg_mta_findings fs = { 0 };

	sg_mta_check_ca_file("o", "", &fs);
	ck_assert_uint_eq(fs.n, 0);
	sg_mta_check_ca_file("o", "/nonexistent/ca.pem", &fs);
	sg_mta_check_ca_file("o", "/dev/null", &fs);
	sg_mta_check_ca_file("o", "/", &fs);
	ck_assert_uint_eq(fs.faults, 3);
	sg_mta_findings_fini(&fs);
}
END_TEST

/* --- running tools -------------------------------------------------------------------- */

static enum sg_rc
shell(const char *script, int ms, size_t max, struct sg_run *run)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	*run = (struct sg_run) { .argv = argv, .deadline_ms = ms,
		.max_bytes = max };
	rc = sg_run(run, &err);
	run->argv = NULL;
	ck_assert_int_eq(rc != SG_OK, err.text[0] != '\0');
	return rc;
}

START_TEST(test_run)
{
	struct sg_run run;

	ck_assert_int_eq(shell("echo out; echo err >&2; exit 3", 9000, 1000,
	    &run), SG_OK);
	ck_assert_str_eq(run.out, "out\n");
	ck_assert_str_eq(run.errors, "err\n");
	ck_assert_int_eq(run.status, 3);
	sg_run_fini(&run);
	ck_assert_int_eq(shell("env", 9000, 10000, &run), SG_OK);
	ck_assert_ptr_nonnull(strstr(run.out, "LC_ALL=C"));
	ck_assert_ptr_null(strstr(run.out, "SECRET"));
	sg_run_fini(&run);
	ck_assert_int_eq(shell("printf 'a\\0b'", 9000, 100, &run), SG_OK);
	ck_assert_str_eq(run.out, "a?b");
	sg_run_fini(&run);
	ck_assert_int_eq(shell("kill -9 $$", 9000, 100, &run), SG_BAD);
	sg_run_fini(&run);
}
END_TEST

/* It hangs, or closes what it should write to and stays, or never ends to
   write. */
START_TEST(test_run_is_bounded)
{
	struct sg_run run;
	const char *argv[] = { "/nonexistent/postconf", NULL };
	struct sg_err err;

	ck_assert_int_eq(shell("sleep 600", 100, 100, &run), SG_RETRY);
	sg_run_fini(&run);
	ck_assert_int_eq(shell("exec >&- 2>&-; exec sleep 600", 100, 100,
	    &run), SG_RETRY);
	sg_run_fini(&run);
	ck_assert_int_eq(shell("yes", 60000, 100000, &run), SG_BAD);
	ck_assert_uint_lt(strlen(run.out), 200000);
	sg_run_fini(&run);
	run = (struct sg_run) { .argv = argv, .deadline_ms = 9000,
		.max_bytes = 100 };
	ck_assert_int_eq(sg_run(&run, &err), SG_NONE);
	ck_assert_ptr_nonnull(strstr(err.text, "there is no"));
	sg_run_fini(&run);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mta");
	TCase *t = tcase_create("mta");
	SRunner *r;
	int failed;

	setenv("SECRET", "1", 1);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_postfix, 0, N(postfix_rows));
	tcase_add_loop_test(t, test_postfix_routes, 0, N(route_rows));
	tcase_add_test(t, test_routes_wanted);
	tcase_add_loop_test(t, test_sendmail, 0, N(sendmail_rows));
	tcase_add_test(t, test_broken_texts);
	tcase_add_test(t, test_cut_captures);
	tcase_add_test(t, test_lists);
	tcase_add_test(t, test_times);
	tcase_add_test(t, test_shown);
	tcase_add_test(t, test_rights);
	tcase_add_test(t, test_ca_file);
	tcase_add_test(t, test_run);
	tcase_add_test(t, test_run_is_bounded);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
