/* SPDX-License-Identifier: ISC */
/*
 * test_mta.c - check-config --mta postfix: a captured configuration of a real
 * Postfix, wired as conf/postfix shows, and then each with one mistake.
 */
#include "milter/mta_capture.h"

/* --- Postfix ------------------------------------------------------------------- */

#define INET \
	"milter_socket = \"inet:8890@127.0.0.1\"\n" \
	"tlsmap_listen = [\"inet:8461@127.0.0.1\"]\n"
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

int
main(void)
{
	Suite *s = suite_create("mta: Postfix");
	TCase *t = tcase_create("mta");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_postfix, 0, N(postfix_rows));
	tcase_add_loop_test(t, test_postfix_routes, 0, N(route_rows));
	tcase_add_test(t, test_routes_wanted);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
