/* SPDX-License-Identifier: ISC */
/*
 * test_mistakes.c - what is refused, at which line and in which words?
 *
 * want is "LINE:FRAGMENT" for each mistake in order, separated by '|'; empty
 * if the text is a configuration.
 */
#include "config_help.h"
#include <check.h>

#define GROUP(members) "groups = ( { name = \"x\"; " members " } )"
#define RCPT(members) "recipients = ( { match = \"x.test\"; " members " } )"

#define FIFTY "12345678901234567890123456789012345678901234567890"

static const struct row {
	const char *name, *text, *want;
} rows[] = {
	/* structure */
	{ "empty", "", "" },
	{ "comments only", "# a\n// b\n/* c\n */\n", "" },
	{ "CRLF", "workers = 2\r\ndry_run = true\r\n", "" },
	{ "syntax", "workers = \n\n}", "3:syntax error" },
	{ "syntax behind a comment", "# a\n/* b\n*/\nworkers 1",
	    "4:syntax error" },
	{ "open string", "workers = 1\nuser = \"me\nworkers = 2\n",
	    "2:a string begins here" },
	{ "missing quote does not shift the blame",
	    "user = \"me\n\n\nstore = \"sqlite\"\n",
	    "1:a string begins here and does not end on this line" },
	{ "escaped quote", "recipients = ( { match = \"x.test\" note = "
	    "\"a\\\"b\\\\\" } )", "" },
	{ "open comment hides nothing", "dry_run = true\n/* x\nworkers = 99\n",
	    "2:a comment begins here" },
	{ "repeated", "workers = 1\nworkers = 2",
	    "2:written twice in the same place (duplicate setting name)" },
	{ "repeated in a section", "probe = { enable = true\nenable = false }",
	    "2:duplicate setting name" },
	{ "repeated section", "probe = { }\nprobe = { }",
	    "2:duplicate setting name" },
	{ "repeated in a group", "groups = ( { name = \"a\"\n name = \"b\" } )",
	    "2:duplicate setting name" },
	{ "mixed array", "own_hosts = [ \"a.test\", 1 ]", "1:one type only" },
	{ "include in text", "workers = 1\n@include \"x\"\n",
	    "2:@include works in files only" },
	{ "include in a comment", "/*\n@include \"x\"\n*/\n", "" },
	{ "include in a string", "recipients = ( { match = \"x.test\" note = "
	    "\"@include\" } )", "" },
	/* unknown options */
	{ "unknown", "wrokers = 1",
	    "1:unknown option `wrokers'; is `workers' meant?" },
	{ "unknown, nothing near", "\nfrobnicate = 1",
	    "2:unknown option `frobnicate'" },
	{ "unknown in dns", "dns = {\n server = []\n}",
	    "2:unknown option `server' in dns; is `servers' meant?" },
	{ "unknown in a group", GROUP("\non_misssing = \"tag\""),
	    "2:unknown option `on_misssing' in groups" },
	{ "unknown in recipients", RCPT("\nsender = []"),
	    "2:unknown option `sender' in recipients" },
	{ "unknown in a group's recipients", GROUP("recipients = ("
	    "{ match = \"x.test\"\n name = \"y\" } )"),
	    "2:unknown option `name' in recipients" },
	{ "section's option at the top", "timeout = \"5s\"",
	    "1:unknown option `timeout'" },
	{ "option's name in upper case", "Workers = 1",
	    "1:unknown option `Workers'; is `workers' meant?" },
	{ "section as scalar", "probe = 5",
	    "1:option `probe': expected a group of options { }, got the number "
	    "5" },
	{ "section as list", "https = ( )", "1:got an empty list" },
	{ "all at once", "workers = 0\nwrong = 1\nhttps = { timeout = 5 }\n"
	    "groups = ( { name = \"A\" } )",
	    "1:workers|2:wrong|3:https.timeout|4:name" },
	/* numbers and truth */
	{ "workers 1", "workers = 1", "" },
	{ "workers 16", "workers = 16", "" },
	{ "workers 0", "workers = 0",
	    "1:option `workers': expected a number, from 1 to 16, got the "
	    "number 0" },
	{ "workers 17", "workers = 17", "1:got the number 17" },
	{ "workers -1", "workers = -1", "1:got the number -1" },
	{ "workers wraps 32 bits", "workers = 4294967297",
	    "1:got the number 4294967297" },
	{ "workers wraps 32 bits in hex", "workers = 0x100000001",
	    "1:got the number 4294967297" },
	{ "workers wraps 64 bits", "workers = 18446744073709551617",
	    "1:got the number 9223372036854775807" },
	{ "workers with zeros in front",
	    "workers = 00000000000000000000000000000000000004294967297",
	    "1:got the number 4294967297" },
	{ "workers long", "workers = 2L", "" },
	{ "workers float", "workers = 1.0", "1:got the number 1" },
	{ "workers text", "workers = \"1\"", "1:got \"1\"" },
	{ "workers bool", "workers = true", "1:got true" },
	{ "bool as number", "dry_run = 1",
	    "1:option `dry_run': expected true or false, got the number 1" },
	{ "bool as text", "dry_run = \"yes\"", "1:got \"yes\"" },
	{ "bool in upper case", "dry_run = TRUE", "" },
	/* times */
	{ "deadline 1s", "reply_deadline = \"1s\"", "" },
	{ "deadline 9s", "reply_deadline = \"9s\"", "" },
	{ "deadline 10s (WIRE: Sendmail)", "reply_deadline = \"10s\"",
	    "1:from 1s to 9s, got \"10s\"" },
	{ "deadline 0s", "reply_deadline = \"0s\"", "1:got \"0s\"" },
	{ "time as number", "reply_deadline = 8", "1:got the number 8" },
	{ "time without unit", "reply_deadline = \"8\"", "1:got \"8\"" },
	{ "time with blank", "reply_deadline = \"8 s\"", "1:got" },
	{ "time negative", "reply_deadline = \"-8s\"", "1:got" },
	{ "time with a long unit", "reply_deadline = \"8sec\"", "1:got" },
	{ "time fraction", "reply_deadline = \"1.5s\"", "1:got" },
	{ "time empty", "reply_deadline = \"\"", "1:got \"\"" },
	{ "time, unit in upper case", "probe = { good_for = \"6H\" }",
	    "1:got" },
	{ "time wraps 32 bits", "probe = { good_for = \"4294967356s\" }",
	    "1:option `probe.good_for'" },
	{ "time wraps when multiplied", "probe = { good_for = "
	    "\"999999999d\" }", "1:option `probe.good_for'" },
	{ "time out of 64 bits", "probe = { bad_for = "
	    "\"99999999999999999999s\" }", "1:option `probe.bad_for'" },
	{ "good_for 30d", "probe = { good_for = \"30d\" }", "" },
	{ "good_for 31d", "probe = { good_for = \"31d\" }",
	    "1:from 1m to 30d" },
	{ "window 0s", GROUP("unknown_window = \"0s\""), "" },
	{ "https timeout", "https = {\n timeout = \"2m\" }",
	    "2:option `https.timeout': expected a time such as \"5s\", from "
	    "1s to 1m, got \"2m\"" },
	{ "a wait of a day", "https = { confirm_weaker = \"24h\" }", "" },
	{ "a wait of more", "https = { confirm_weaker = \"25h\" }",
	    "1:from 0s to 1d" },
	/* rates */
	{ "rates", "limits = { cold_per_sender = \"1/m\" cold_total = "
	    "\"100000/s\" }", "" },
	{ "rate of the wrong unit", "limits = { cold_total = \"200/m\" }",
	    "1:expected a rate a second" },
	{ "rate a minute of the wrong unit", "limits = { cold_per_sender = "
	    "\"5/s\" }", "1:expected a rate a minute" },
	{ "rate of a group, of the wrong unit", "limits = { cold_per_group = "
	    "\"100/m\" }", "1:expected a rate a second" },
	{ "rate 0", "limits = { cold_total = \"0/s\" }", "1:got \"0/s\"" },
	{ "rate 0, of a group", "limits = { cold_per_group = \"0/s\" }",
	    "1:got \"0/s\"" },
	{ "rate too high", "limits = { cold_total = \"100001/s\" }", "1:got" },
	{ "rate wraps", "limits = { cold_total = \"4294967496/s\" }",
	    "1:got" },
	/* dates */
	{ "date", RCPT("until = \"2027-03-31\""), "" },
	{ "date, leap day", RCPT("until = \"2028-02-29\""), "" },
	{ "date, no leap day", RCPT("until = \"2027-02-29\""),
	    "1:option `until': expected a day that is in the calendar" },
	{ "date, 1900 rule", RCPT("until = \"2100-02-29\""), "1:calendar" },
	{ "date, 2000 rule", RCPT("until = \"2000-02-29\""), "" },
	{ "date, month 13", RCPT("until = \"2027-13-01\""), "1:calendar" },
	{ "date, month 0", RCPT("until = \"2027-00-01\""), "1:calendar" },
	{ "date, day 0", RCPT("until = \"2027-01-00\""), "1:calendar" },
	{ "date, 31 April", RCPT("until = \"2027-04-31\""), "1:calendar" },
	{ "date, other order", RCPT("until = \"31.03.2027\""),
	    "1:expected a date such as \"2027-03-31\"" },
	{ "date with time", RCPT("until = \"2027-03-31T00:00\""), "1:got" },
	{ "date short", RCPT("until = \"2027-3-31\""), "1:got" },
	{ "date as number", RCPT("until = 20270331"), "1:got the number" },
	{ "date before 1970", RCPT("until = \"1969-12-31\""), "1:calendar" },
	/* networks */
	{ "networks", "allow_networks = [\"10.0.0.0/8\", \"2001:db8::/32\", "
	    "\"192.0.2.1\", \"::1\", \"0.0.0.0/0\"]", "" },
	{ "networks as a list", "allow_networks = (\"10.0.0.0/8\")", "" },
	{ "network, host bits", "allow_networks = [\"10.1.2.3/16\"]",
	    "1:10.1.0.0/16 is meant?, got \"10.1.2.3/16\"" },
	{ "network, host bits within a byte", "allow_networks = "
	    "[\"10.1.255.0/20\"]", "1:10.1.240.0/20 is meant?" },
	{ "network, host bits, IPv6", GROUP("client = [\"2001:db8::1/48\"]"),
	    "1:2001:db8::/48 is meant?" },
	{ "network too long", "allow_networks = [\"10.0.0.0/33\"]",
	    "1:got \"10.0.0.0/33\"" },
	{ "network, name", "allow_networks = [\"localhost\"]", "1:got" },
	{ "network, number in a list", "allow_networks = (\n\"10.0.0.0/8\",\n"
	    "5)", "3:option `allow_networks': expected a list of networks" },
	{ "network, one text", "allow_networks = \"10.0.0.0/8\"",
	    "1:expected a list of networks" },
	{ "lines within a list", "allow_networks = [\n  \"x\",\n\n  \"y\"\n"
	    "  ,\n  \"z\"\n]\n", "2:\"x\"|4:\"y\"|6:\"z\"" },
	/* sockets */
	{ "milter unix", "milter_socket = \"unix:/p\"", "" },
	{ "milter local", "milter_socket = \"local:/p\"", "" },
	{ "milter inet", "milter_socket = \"inet:8890@localhost\"", "" },
	{ "milter inet6", "milter_socket = \"inet6:8890@::1\"", "" },
	{ "milter relative", "milter_socket = \"unix:p\"",
	    "1:option `milter_socket': expected a socket such as" },
	{ "milter bare path", "milter_socket = \"/p\"", "1:got \"/p\"" },
	{ "milter Postfix's order", "milter_socket = "
	    "\"inet:127.0.0.1:8890\"", "1:got" },
	{ "milter without host", "milter_socket = \"inet:8890\"", "1:got" },
	{ "milter host name", "milter_socket = \"inet:8890@mx.test\"",
	    "1:got" },
	{ "milter port 0", "milter_socket = \"inet:0@::1\"", "1:got" },
	{ "milter port 65536", "milter_socket = \"inet:65536@::1\"", "1:got" },
	{ "milter inet6 with IPv4", "milter_socket = \"inet6:1@127.0.0.1\"",
	    "1:got" },
	{ "milter empty", "milter_socket = \"\"", "1:got \"\"" },
	{ "milter path of 107", "milter_socket = \"unix:/" FIFTY FIFTY
	    "123456\"", "" },
	{ "milter path of 108", "milter_socket = \"unix:/" FIFTY FIFTY
	    "1234567\"", "1:option `milter_socket'" },
	{ "tlsmap", "tlsmap_listen = [\"inet:8461@127.0.0.1\", "
	    "\"inet:1@::1\"]", "" },
	{ "tlsmap, one bad", "tlsmap_listen = [\n\"unix:/a\",\n\"tcp:1\"\n]",
	    "3:option `tlsmap_listen'" },
	{ "tlsmap, too many", "tlsmap_listen = [\"unix:/1\", \"unix:/2\", "
	    "\"unix:/3\", \"unix:/4\",\n\"unix:/5\", \"unix:/6\", "
	    "\"unix:/7\", \"unix:/8\", \"unix:/9\"]", "1:at most 8" },
	{ "metrics off", "metrics_listen = \"\"", "" },
	{ "metrics IPv6", "metrics_listen = \"[::1]:9610\"", "" },
	{ "metrics IPv6, no brackets", "metrics_listen = \"::1:9610\"",
	    "1:got" },
	{ "metrics, no port", "metrics_listen = \"127.0.0.1\"", "1:got" },
	{ "control relative", "control_socket = \"control.sock\"",
	    "1:a path that begins with /" },
	{ "state_dir empty", "state_dir = \"\"", "1:option `state_dir'" },
	/* DNS */
	{ "servers", "dns = { servers = [\"127.0.0.53@5353\", \"::1\"] }",
	    "" },
	{ "servers, recursive", "dns = { servers = [\"recursive\"] }", "" },
	{ "servers, recursive among others", "dns = {\n servers = "
	    "[\"recursive\", \"127.0.0.1\"] }", "2:must be alone" },
	{ "servers, name", "dns = { servers = [\"ns.test\"] }",
	    "1:option `dns.servers'" },
	{ "servers, colon", "dns = { servers = [\"127.0.0.1:53\"] }",
	    "1:got" },
	{ "servers, port", "dns = { servers = [\"127.0.0.1@x\"] }", "1:got" },
	{ "anchor missing", "dns = {\n trust_anchor_file = \"/no/such\" }",
	    "2:/no/such: No such file or directory; install dns-root-data" },
	{ "anchor empty", "dns = { trust_anchor_file = \"\" }", "" },
	{ "anchor is a directory", "dns = { trust_anchor_file = \"/\" }",
	    "1:Is a directory" },
	{ "key", "store_key_file = \"\"", "" },
	{ "key missing (T21)", "\nstore_key_file = \"/no/such\"",
	    "2:option `store_key_file': /no/such: No such file" },
	{ "key for all to read (T21, T22)", "\n\nstore_key_file = "
	    "\"/etc/passwd\"", "3:option `store_key_file': /etc/passwd: is "
	    "open to others than its owner (mode 0644): chmod 0400 it" },
	{ "key is a directory", "store_key_file = \"/\"",
	    "1:regular file" },
	{ "key is not a path", "store_key_file = \"key\"",
	    "1:expected the path of a file" },
	{ "key of a unit that does not run", "store_key_file = "
	    "\"/run/credentials/no.service/key\"", "" },
	{ "CA missing (THREATS 5.4)", "https = {\n ca_file = \"/no/such\" }",
	    "2:option `https.ca_file': expected a file that can be read" },
	{ "probe CA missing", "probe = { ca_file = \"/no/such\" }",
	    "1:option `probe.ca_file'" },
	{ "CA relative", "https = { ca_file = \"ca.pem\" }",
	    "1:expected the path of a file" },
	/* words and names */
	{ "log_target", "log_target = \"file\"",
	    "1:expected auto, stderr, syslog or journal, got \"file\"" },
	{ "store", "store = \"redis\"", "1:expected sqlite, got \"redis\"" },
	{ "user with blank", "user = \"sts gate\"", "1:option `user'" },
	{ "user none", "user = \"\"", "" },
	{ "own_hosts, IDN", "own_hosts = [\"m\xc3\xbcnchen.test\"]", "" },
	{ "own_hosts, literal", "own_hosts = [\"192.0.2.1\"]",
	    "1:option `own_hosts': expected a valid domain name" },
	{ "own_hosts, empty name", "own_hosts = [\"\"]", "1:own_hosts" },
	{ "helo", "probe = { helo = \"mx..test\" }", "1:probe.helo" },
	/* groups */
	{ "group", GROUP(""), "" },
	{ "no groups", "groups = ( )", "" },
	{ "groups as array", "groups = [ ]", "" },
	{ "groups as group", "groups = { name = \"x\" }",
	    "1:option `groups': expected a list of groups" },
	{ "group as text", "groups = ( \"x\" )",
	    "1:option `groups': expected an entry { }, got \"x\"" },
	{ "group without name", "groups = (\n{ require = \"dane\" } )",
	    "2:option `name': a group must have it" },
	{ "group's name, case", "groups = ( { name = \"Finance\" } )",
	    "1:expected 1 to 32 characters of a-z" },
	{ "group's name, empty", "groups = ( { name = \"\" } )", "1:name" },
	{ "group's name of 32", "groups = ( { name = "
	    "\"abcdefghijklmnopqrstuvwxyz_-0123\" } )", "" },
	{ "group's name of 33", "groups = ( { name = "
	    "\"abcdefghijklmnopqrstuvwxyz_-01234\" } )", "1:name" },
	{ "group twice", "groups = ( { name = \"a\" },\n{ name = \"b\" },\n"
	    "{ name = \"a\" } )", "3:there is a group `a' already" },
	{ "default written", "groups = ( { name = \"a\" }, { name = "
	    "\"default\" require = \"verify\" } )", "" },
	{ "default not last", "groups = (\n{ name = \"default\" },\n"
	    "{ name = \"a\" } )", "2:`default' must be the last" },
	{ "default with criteria", "groups = ( { name = \"default\"\n"
	    "sender = []\nlogin = [\"x\"]\nclient = [\"::1\"] } )",
	    "2:`sender': group `default'|3:`login'|4:`client'" },
	{ "require", GROUP("require = \"secured\""),
	    "1:expected none, published, encrypt, verify, secure or dane" },
	{ "on_fail", GROUP("on_fail = \"bounce\""),
	    "1:option `on_fail': expected accept, tag, hold, defer or reject, "
	    "got \"bounce\"" },
	{ "on_fail auto", GROUP("on_fail = \"auto\""), "1:got \"auto\"" },
	{ "on_unknown auto", GROUP("on_unknown = \"auto\""), "" },
	{ "on_unknown", GROUP("on_unknown = \"drop\""),
	    "1:expected auto, accept" },
	{ "senders", GROUP("sender = [\"@a.test\", \"@.b.test\", "
	    "\"C@d.test\", \"<>\", \"@m\xc3\xbcller.test\"]"), "" },
	{ "sender without @", GROUP("sender = [\"a.test\"]"),
	    "1:expected a list of senders" },
	{ "sender star", GROUP("sender = [\"*@a.test\"]"), "1:got" },
	{ "sender in brackets", GROUP("sender = [\"<a@b.test>\"]"), "1:got" },
	{ "sender, no domain", GROUP("sender = [\"a@\"]"),
	    "1:expected a valid domain name" },
	{ "sender, only @.", GROUP("sender = [\"@.\"]"), "1:valid domain" },
	{ "login empty", GROUP("login = [\"\"]"), "1:option `login'" },
	{ "login pattern open", GROUP("login = [\"a[bc\"]"),
	    "1:whose brackets are closed" },
	{ "login pattern", GROUP("login = [\"a[!bc]*\", \"?\", \"[]]\"]"),
	    "" },
	{ "client", GROUP("client = [\"10.1.0.0/16\", \"2001:db8:1::/48\"]"),
	    "" },
	/* recipients */
	{ "match below", "recipients = ( { match = \".mil.example\" } )", "" },
	{ "match missing", "recipients = ( { },\n{ note = \"x\" } )",
	    "1:option `match': an entry|2:option `match': an entry" },
	{ "match star", "recipients = ( { match = \"*.x.test\" } )",
	    "1:\".example.com\" for all below it, got \"*.x.test\"" },
	{ "match address", "recipients = ( { match = \"a@x.test\" } )",
	    "1:option `match'" },
	{ "match dot", "recipients = ( { match = \".\" } )",
	    "1:expected a valid domain name" },
	{ "match two dots", "recipients = ( { match = \"..x.test\" } )",
	    "1:expected a valid domain name" },
	{ "match literal", "recipients = ( { match = \"[192.0.2.1]\" } )",
	    "1:expected a valid domain name" },
	{ "note, two lines", RCPT("note = \"a\\nb\""), "1:option `note'" },
	{ "group's recipients", GROUP("recipients = (\n{ match = \"a.test\", "
	    "until = \"x\" } )"), "2:option `until'" },
	{ "control bytes in a message", "user = \"a\x1b[31m\"",
	    "1:got \"a\\x1b[31m\"" },
};

/* True if the errors are those that are wanted. */
static bool
matches(const struct sg_config_errors *errors, const char *want)
{
	const char *fragment, *end;
	unsigned line;
	size_t i, n;

	for (i = 0; *want != '\0'; i++) {
		line = (unsigned)strtoul(want, (char **)&fragment, 10);
		fragment++;
		n = strcspn(fragment, "|");
		end = fragment + n;
		if (i >= errors->n || errors->e[i].line != line ||
		    memmem(errors->e[i].text, strlen(errors->e[i].text),
		    fragment, n) == NULL)
			return false;
		want = *end == '|' ? end + 1 : end;
	}
	return i == errors->n;
}

START_TEST(mistakes)
{
	const struct row *row = &rows[_i];
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c = NULL;
	char *text = help_no_anchor(row->text);
	enum sg_rc rc = sg_config_parse(text, "t.conf", &c, &errors);
	enum sg_rc want = *row->want == '\0' ? SG_OK : SG_BAD;

	if (rc != want || !matches(&errors, row->want)) {
		fprintf(stderr, "%s: want %s, got rc %d and:\n", row->name,
		    *row->want ? row->want : "no mistake", (int)rc);
		sg_config_errors_print(&errors, stderr);
		ck_abort_msg("%s", row->name);
	}
	ck_assert_msg((c != NULL) == (rc == SG_OK), "%s", row->name);
	sg_config_errors_fini(&errors);
	ck_assert_uint_eq(errors.n, 0);
	sg_config_unref(&c);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config: mistakes");
	TCase *t = tcase_create("mistakes");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, mistakes, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
