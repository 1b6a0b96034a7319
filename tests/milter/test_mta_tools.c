/* SPDX-License-Identifier: ISC */
/* test_mta_tools.c - what both checks of an MTA stand on: texts that may be
   anything, findings as they are shown, rights, and tools that are run. */
#include "milter/mta_capture.h"

#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "mta_run.h"

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
	Suite *s = suite_create("mta: tools");
	TCase *t = tcase_create("mta");
	SRunner *r;
	int failed;

	setenv("SECRET", "1", 1);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_broken_texts);
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
