/* SPDX-License-Identifier: ISC */
/*
 * test_config.c - is what was written what is read, and is the example the
 * default?
 */
#include "config_help.h"
#include <check.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_ANCHOR "dns = { trust_anchor_file = \"\" }\n"

static struct sg_config *
must_parse(const char *text)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c = NULL;
	char *full = help_no_anchor(text);

	if (sg_config_parse(full, "t.conf", &c, &errors) != SG_OK) {
		sg_config_errors_print(&errors, stderr);
		ck_abort_msg("refused: %s", text);
	}
	free(full);
	return c;
}

/* --- values --------------------------------------------------------------- */

/* want: lines of the dump, each of which must be there, in this order. */
static const struct row {
	const char *name, *text, *want;
} rows[] = {
	{ "defaults of INTERFACES", "",
	    "milter=unix:" SG_RUNSTATEDIR "/stsgate/milter.sock\n"
	    "listen=1," SG_RUNSTATEDIR "/stsgate/milter.sock,,0\n"
	    "tlsmap=1," SG_RUNSTATEDIR "/stsgate/tlsmap.sock,,0\n"
	    "socket_group=postfix\n"
	    "control=" SG_RUNSTATEDIR "/stsgate/control.sock\n"
	    "metrics=127.0.0.1:9610\n"
	    "state=" SG_LOCALSTATEDIR "/lib/stsgate\nstore=0\n"
	    "report_days=30\n"
	    "user=stsgate\nworkers=1\ndry_run=0\nmap=1\ndeadline=8000\n"
	    "log=0\naddresses=0\nrecursive=0\nanchor=\n"
	    "https=,10000,0,0\nlimits=300,100,200\n"
	    "probe=1,,,10000,21600,300\n"
	    "group=default set=1f published/defer/auto dry=0 window=14400\n" },
	{ "local: is unix:", "milter_socket = \"local:/p\"",
	    "milter=unix:/p\nlisten=1,/p,,0\n" },
	{ "localhost", "milter_socket = \"inet:1@localhost\"",
	    "milter=inet:1@127.0.0.1\nlisten=0,,127.0.0.1,1\n" },
	{ "localhost, IPv6", "milter_socket = \"inet6:1@localhost\"",
	    "milter=inet6:1@::1\nlisten=0,,::1,1\n" },
	{ "libmilter's word for IPv6", "milter_socket = \"inet:1@[::1]\"",
	    "milter=inet6:1@::1\n" },
	{ "metrics", "metrics_listen = \"localhost:1\"",
	    "metrics=127.0.0.1:1\n" },
	{ "listeners", "tlsmap_listen = (\"unix:/a\", \"inet:2@127.0.0.2\")",
	    "tlsmap=1,/a,,0\ntlsmap=0,,127.0.0.2,2\n" },
	{ "no listener", "tlsmap_listen = []", "listen=1," SG_RUNSTATEDIR
	    "/stsgate/milter.sock,,0\nsocket_group=postfix\n" },
	{ "deadline", "reply_deadline = \"3s\"", "deadline=3000\n" },
	{ "times", "probe = { enable = false timeout = \"1m\" good_for = "
	    "\"2d\" bad_for = \"90s\" helo = \"MX.Test.\" }",
	    "probe=0,mx.test,,60000,172800,90\n" },
	{ "weaker", "https = { confirm_weaker = \"10m\" }",
	    "https=,10000,0,600\n" },
	{ "rates", "limits = { cold_per_sender = \"7/m\" cold_total = "
	    "\"9/s\" cold_per_group = \"8/s\" }", "limits=7,8,9\n" },
	{ "IDN and case", "own_hosts = [\"M\xc3\xbcnchen.Test\", \"B.test.\"]",
	    "own=xn--mnchen-3ya.test\nown=b.test\n" },
	{ "networks", "allow_networks = [\"10.0.0.0/8\", \"192.0.2.1\", "
	    "\"2001:db8::/32\"]",
	    "allow=10.0.0.0/8\nallow=192.0.2.1/32\nallow=2001:db8::/32\n" },
	{ "servers", "dns = { servers = [\"127.0.0.53@5353\", \"::1\"] "
	    "insecure_zones = [\"Corp.Test\"] }",
	    "recursive=0\nanchor=\nserver=127.0.0.53@5353\nserver=::1@53\n"
	    "insecure=corp.test\n" },
	{ "recursive", "dns = { servers = [\"recursive\"] }",
	    "recursive=1\nanchor=\nhttps=" },
	{ "no report", "report_days = 0", "report_days=0\nuser=" },
	{ "joined strings", "user = \"a\" /* b */\n \"c\"", "user=ac\n" },
	{ "log", "log_target = \"journal\" log_addresses = true",
	    "log=3\naddresses=1\n" },
	{ "senders", "groups = ( { name = \"x\" sender = [\"@A.test\", "
	    "\"@.b.test\", \"CEO@c.test\", \"<>\", \"a@b@c.test\"] } )",
	    "group=x set=1f published/defer/auto dry=0 window=14400\n"
	    "sender=1,-,a.test\nsender=2,-,b.test\nsender=0,ceo,c.test\n"
	    "sender=3,-,\nsender=0,a@b,c.test\ngroup=default" },
	{ "a group whole", "groups = ( { name = \"x\" login = [\"pay*\", "
	    "\"?\"] client = [\"10.1.0.0/16\"] require = \"dane\" on_fail = "
	    "\"reject\" on_unknown = \"hold\" unknown_window = \"1h\" "
	    "dry_run = true } )",
	    "group=x set=1f dane/reject/hold dry=1 window=3600\n"
	    "login=pay*\nlogin=?\nclient=10.1.0.0/16\ngroup=default" },
	{ "default written", "groups = ( { name = \"default\" require = "
	    "\"verify\" on_fail = \"tag\" } )",
	    "group=default set=1f verify/tag/auto dry=0 window=14400\n" },
	{ "recipients", "recipients = ( { match = \".Mil.test\" require = "
	    "\"secure\" }, { match = \"x.test\" on_unknown = \"defer\" "
	    "note = \"ticket 4711\" } )",
	    "recipient=.mil.test below=1 name=mil.test until=0 note=- set=1 "
	    "secure/accept/accept dry=0 window=0\n"
	    "recipient=x.test below=0 name=x.test until=0 note=ticket 4711 "
	    "set=4 none/accept/defer" },
	{ "require none is set", "recipients = ( { match = \"x.test\" "
	    "require = \"none\" dry_run = false } )", "set=9 none/" },
	/* date -u -d 2027-04-01 +%s, and so on */
	{ "until: the last day counts", "groups = ( { name = \"x\" "
	    "recipients = ( { match = \"x.test\" until = \"2027-03-31\" } ) "
	    "} )", "group=x set=1f published/defer/auto dry=0 window=14400\n"
	    "recipient=x.test below=0 name=x.test until=1806537600 " },
	{ "until: leap day", "recipients = ( { match = \"x.test\" until = "
	    "\"2028-02-29\" } )", "until=1835481600 " },
	{ "until: the first day", "recipients = ( { match = \"x.test\" "
	    "until = \"1970-01-01\" } )", "until=86400 " },
	{ "until: the last day", "recipients = ( { match = \"x.test\" "
	    "until = \"9999-12-31\" } )", "until=253402300800 " },
};

/* The default listener makes the first row's order strict; elsewhere lines
   before the first wanted one are skipped. */
START_TEST(values)
{
	const struct row *row = &rows[_i];
	struct sg_config *c = must_parse(row->text);
	char *dump = help_dump(c);

	if (strstr(dump, row->want) == NULL &&
	    !(_i == 0 && strcmp(dump, row->want) == 0))
		ck_abort_msg("%s: want\n%s\ngot\n%s", row->name, row->want,
		    dump);
	free(dump);
	sg_config_unref(&c);
	ck_assert_ptr_null(c);
}
END_TEST

/* A snapshot's text makes an equal snapshot, in another process too. */
START_TEST(text_again)
{
	struct sg_config *c = must_parse(rows[_i].text), *again;
	char *dump = help_dump(c), *dump2;

	again = must_parse(c->text);
	dump2 = help_dump(again);
	ck_assert_str_eq(dump, dump2);
	ck_assert_str_eq(c->text, again->text);
	free(dump);
	free(dump2);
	sg_config_unref(&c);
	sg_config_unref(&again);
}
END_TEST

/* Taken over by another process, whose memory lies elsewhere. */
START_TEST(packed)
{
	struct sg_config *c = must_parse(rows[_i].text), *again = NULL;
	char *dump = help_dump(c), *dump2, *block, *moved;
	size_t len;

	block = sg_config_pack(c, &len);
	moved = malloc(len);
	memcpy(moved, block, len);
	memset(block, 0xaa, len);
	free(block);
	ck_assert_int_eq(sg_config_unpack(moved, len, &again), SG_OK);
	dump2 = help_dump(again);
	ck_assert_str_eq(dump, dump2);
	ck_assert_str_eq(c->text, again->text);
	sg_config_unref(&c); /* it has nothing of the first */
	free(dump2);
	dump2 = help_dump(again);
	ck_assert_str_eq(dump, dump2);
	free(dump);
	free(dump2);
	sg_config_unref(&again);
}
END_TEST

/* Each word in turn is not what it was: refused, or a snapshot that can be
   freed, but never a look outside of the block. */
START_TEST(packed_and_damaged)
{
	struct sg_config *c = must_parse("groups = ( { name = \"x\" sender = "
	    "[\"a@b.test\"] recipients = ( { match = \"y.test\" note = "
	    "\"n\" } ) } )"), *again = NULL;
	size_t len, refused = 0;
	char *block = sg_config_pack(c, &len), *copy;

	for (size_t at = 0; at < len; at += sizeof(size_t)) {
		copy = malloc(len);
		memcpy(copy, block, len);
		memset(copy + at, 0x7f, sizeof(size_t));
		if (sg_config_unpack(copy, len, &again) == SG_OK)
			sg_config_unref(&again);
		else {
			free(copy);
			refused++;
		}
	}
	ck_assert_uint_gt(refused, 15);
	ck_assert_int_eq(sg_config_unpack(block, len - 1, &again), SG_BAD);
	ck_assert_int_eq(sg_config_unpack(block, 1, &again), SG_BAD);
	free(block);
	sg_config_unref(&c);
}
END_TEST

START_TEST(references)
{
	struct sg_config *c = must_parse(""), *second = sg_config_ref(c);

	ck_assert_ptr_eq(c, second);
	sg_config_unref(&c);
	ck_assert_str_eq(second->user, "stsgate");
	sg_config_unref(&second);
	sg_config_unref(&second);
}
END_TEST

/* --- the table shown ------------------------------------------------------ */

static char *
printed(void (*print)(FILE *))
{
	char *out = NULL, *copy;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	print(f);
	fclose(f);
	copy = strdup(out); /* GCC 12 takes out itself for a pointer to it */
	free(out);
	return copy;
}

/* Without the `#' of its settings, the example says what is true anyway. */
static void
uncomment(char *text)
{
	char *line = text, *end;

	for (; *line != '\0'; line = *end == '\n' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (line[0] == '#' && line[1] != '#')
			line[0] = ' ';
	}
}

START_TEST(example_is_default)
{
	struct sg_config *c = must_parse(""), *e;
	char *text = printed(sg_config_print_example), *anchor;
	char *want, *dump;

	if (_i == 0) {
		text = realloc(text, strlen(text) + sizeof(NO_ANCHOR));
		memcpy(text + strlen(text), NO_ANCHOR, sizeof(NO_ANCHOR));
	} else {
		uncomment(text);
		anchor = strstr(text, "\"/usr/share/dns/root.key\"");
		ck_assert_ptr_nonnull(anchor);
		memset(anchor + 1, ' ', strlen("/usr/share/dns/root.key\""));
		anchor[1] = '"';
	}
	e = must_parse(text);
	want = help_dump(c);
	dump = help_dump(e);
	ck_assert_str_eq(dump, want);
	ck_assert(_i == 0 || strstr(text, "\n     servers = []") != NULL);
	sg_config_unref(&c);
	sg_config_unref(&e);
	free(text);
	free(want);
	free(dump);
}
END_TEST

START_TEST(manual_has_all)
{
	static const char *const names[] = { "milter_socket", "socket_group",
		"tlsmap_listen", "control_socket", "metrics_listen",
		"state_dir", "store", "report_days", "user", "workers", "dry_run",
		"delivery_map", "reply_deadline", "own_hosts",
		"allow_networks", "log_target", "log_addresses",
		"dns.servers", "dns.trust_anchor_file", "dns.insecure_zones",
		"https.ca_file", "https.timeout", "https.allow_unframed",
		"https.confirm_weaker",
		"limits.cold_per_sender", "limits.cold_per_group",
		"limits.cold_total",
		"probe.enable", "probe.helo", "probe.ca_file",
		"probe.timeout", "probe.good_for", "probe.bad_for",
		"recipients", "recipients.match", "recipients.require",
		"recipients.on_fail", "recipients.on_unknown",
		"recipients.dry_run", "recipients.until", "recipients.note",
		"groups", "groups.name", "groups.sender", "groups.login",
		"groups.client", "groups.require", "groups.on_fail",
		"groups.on_unknown", "groups.unknown_window",
		"groups.dry_run", "groups.recipients" };
	char *text = printed(sg_config_print_mdoc), item[80];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(item, sizeof(item), ".It Va %s\n", names[i]);
		ck_assert_msg(strstr(text, item) != NULL, "%s", names[i]);
	}
	free(text);
}
END_TEST

/* --- files ---------------------------------------------------------------- */

static char dir[] = "config-files-XXXXXX"; /* in the build directory */

static const char *
in_dir(const char *name)
{
	static char paths[4][200];
	static unsigned n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void
put_file(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void
put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static void
make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(in_dir("sub"), 0700), 0);
}

static void
remove_dir(void)
{
	static const char *const names[] = { "main", "a", "sub/b", "sub/c" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(names[i]));
	rmdir(in_dir("sub"));
	rmdir(dir);
}

static void
want_mistake(enum sg_rc want_rc, const char *want)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c;
	char *text = NULL, full[600];
	size_t size;
	FILE *f;

	ck_assert_int_eq(sg_config_load(in_dir("main"), &c, &errors),
	    (int)want_rc);
	ck_assert_ptr_null(c);
	f = open_memstream(&text, &size);
	sg_config_errors_print(&errors, f);
	fclose(f);
	snprintf(full, sizeof(full), "%s/%s", dir, want);
	ck_assert_msg(strncmp(text, full, strlen(full)) == 0,
	    "want %s got %s", full, text);
	ck_assert_msg(strchr(text, '\n')[1] == '\0', "more: %s", text);
	sg_config_errors_fini(&errors);
	free(text);
}

/* Below the including file's directory, each; line numbers go on behind. */
START_TEST(include_works)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c, *again;
	char *dump, *dump2, main_text[5000], *here = realpath(dir, NULL);

	ck_assert_ptr_nonnull(here);
	snprintf(main_text, sizeof(main_text), NO_ANCHOR
	    "@include \"sub/b\"\n  @include\t\"%s/a\" dry_run = true\n", here);
	free(here);
	put_text("main", main_text);
	put_text("a", "workers = 7");
	put_text("sub/b", "user = \"u\"\n@include \"c\"\n");
	put_text("sub/c", "socket_group = \"g\";");
	ck_assert_int_eq(sg_config_load(in_dir("main"), &c, &errors), SG_OK);
	ck_assert_uint_eq(c->workers, 7);
	ck_assert_str_eq(c->user, "u");
	ck_assert_str_eq(c->socket_group, "g");
	ck_assert(c->dry_run);
	again = must_parse(c->text);
	dump = help_dump(c);
	dump2 = help_dump(again);
	ck_assert_str_eq(dump, dump2);
	free(dump);
	free(dump2);
	sg_config_unref(&c);
	sg_config_unref(&again);
}
END_TEST

START_TEST(include_blames_the_right_line)
{
	put_text("main", NO_ANCHOR "@include \"sub/b\"\n\nworkers = 2\n");
	put_text("sub/b", "# x\n\nuser = 5\n");
	want_mistake(SG_BAD, "sub/b:3: option `user'");
	put_text("sub/b", "# x\n");
	put_text("main", NO_ANCHOR "@include \"sub/b\"\n\nworkers = 0\n");
	want_mistake(SG_BAD, "main:4: option `workers'");
	put_text("sub/b", "# x\n}\n");
	want_mistake(SG_BAD, "sub/b:2: syntax error");
	put_text("sub/b", "\nworkers = 1\n");
	want_mistake(SG_BAD, "main:4: an option is written twice");
}
END_TEST

START_TEST(include_fails)
{
	put_text("main", NO_ANCHOR "\n@include \"sub/none\"\nworkers = 2\n");
	want_mistake(SG_BAD, "main:3: cannot read the included file ");
	put_text("main", NO_ANCHOR "\n@include \"sub\"\n");
	want_mistake(SG_BAD, "main:3: cannot read the included file ");
	put_text("main", NO_ANCHOR);
	put_text("a", "@include \"a\"\n");
	put_text("main", NO_ANCHOR "@include \"a\"\n");
	want_mistake(SG_BAD, "a:1: includes are nested more than 10 deep");
}
END_TEST

START_TEST(file_fails)
{
	char *big = malloc(1024 * 1024 + 1);

	want_mistake(SG_NONE, "main: cannot read ");
	put_file("main", "workers = 1\n\0user = 5\n", 22);
	want_mistake(SG_BAD, "main:2: a NUL byte");
	memset(big, ' ', 1024 * 1024 + 1);
	put_file("main", big, 1024 * 1024 + 1);
	want_mistake(SG_BAD, "main: ");
	memcpy(big, NO_ANCHOR "workers = 99\n", strlen(NO_ANCHOR) + 13);
	put_file("main", big, 1024 * 1024);
	want_mistake(SG_BAD, "main:2: option `workers'");
	free(big);
}
END_TEST

START_TEST(too_many_groups)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c;
	char *text = NULL;
	size_t size;
	int i, n = _i == 0 ? 1000 : 1001;
	FILE *f = open_memstream(&text, &size);

	fputs(NO_ANCHOR "groups = (", f);
	for (i = 0; i < n; i++)
		fprintf(f, "%s{ name = \"g%d\" }", i > 0 ? "," : "", i);
	fputs(")", f);
	fclose(f);
	ck_assert_int_eq(sg_config_parse(text, "t", &c, &errors),
	    n == 1000 ? SG_OK : SG_BAD);
	if (n == 1000)
		ck_assert_uint_eq(c->n_groups, 1001); /* and default */
	else
		ck_assert_msg(errors.n == 1 && strstr(errors.e[0].text,
		    "more than 1000 entries") != NULL, "%s",
		    errors.e[0].text);
	sg_config_errors_fini(&errors);
	sg_config_unref(&c);
	free(text);
}
END_TEST

START_TEST(too_many_recipients)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c;
	char *text = NULL;
	size_t size;
	int i;
	FILE *f = open_memstream(&text, &size);

	fputs(NO_ANCHOR "recipients = (", f);
	for (i = 0; i < 100000; i++)
		fprintf(f, "%s{match=\"m%d.t\"}", i > 0 ? "," : "", i);
	fprintf(f, ")%s", _i == 0 ? "" : "\ngroups = ( { name = \"x\" "
	    "recipients = (\n{ match = \"one.t\" } ) } )");
	fclose(f);
	ck_assert_int_eq(sg_config_parse(text, "t", &c, &errors),
	    _i == 0 ? SG_OK : SG_BAD);
	if (_i == 0)
		ck_assert_uint_eq(c->n_recipients, 100000);
	else
		ck_assert_msg(errors.n == 1 && strstr(errors.e[0].text,
		    "more than 100000 entries") != NULL, "%s",
		    errors.e[0].text);
	sg_config_errors_fini(&errors);
	sg_config_unref(&c);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config"), *files = tcase_create("files");
	SRunner *r = srunner_create(s);
	int failed, n = (int)(sizeof(rows) / sizeof(rows[0]));

	tcase_add_loop_test(t, values, 0, n);
	tcase_add_loop_test(t, text_again, 0, n);
	tcase_add_loop_test(t, packed, 0, n);
	tcase_add_test(t, packed_and_damaged);
	tcase_add_test(t, references);
	tcase_add_loop_test(t, example_is_default, 0, 2);
	tcase_add_test(t, manual_has_all);
	tcase_add_loop_test(t, too_many_groups, 0, 2);
	tcase_add_loop_test(t, too_many_recipients, 0, 2);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, include_works);
	tcase_add_test(files, include_blames_the_right_line);
	tcase_add_test(files, include_fails);
	tcase_add_test(files, file_fails);
	suite_add_tcase(s, files);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
