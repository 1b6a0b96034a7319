/* SPDX-License-Identifier: ISC */
/* test_mta_sendmail.c - check-config --mta sendmail: the same for Sendmail. */
#include "milter/mta_capture.h"

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

int
main(void)
{
	Suite *s = suite_create("mta: Sendmail");
	TCase *t = tcase_create("mta");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_sendmail, 0, N(sendmail_rows));
	tcase_add_test(t, test_cut_captures);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
