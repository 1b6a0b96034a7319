/* SPDX-License-Identifier: ISC */
/*
 * A reload is rehearsed by somebody who is as the children will be: nobody,
 * where the tests run as root; where they do not, files are closed to all.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/unistd.h>
#include "rehearse.h"
#include "support/test_ca.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct sg_identity id;
static mode_t closed;

static void
set_up(void)
{
	struct sg_err err;

	closed = 0600;
	memset(&id, 0, sizeof(id));
	if (geteuid() != 0)
		closed = 0;
	else
		ck_assert_int_eq(sg_identity_nobody(&id, &err), SG_OK);
}

static struct sg_config *
parse(const char *text)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;

	ck_assert_msg(sg_config_parse(text, "test", &c, &errors) == SG_OK,
	    "%s", errors.n > 0 ? errors.e[0].text : "");
	sg_config_errors_fini(&errors);
	return c;
}

static void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* want: SG_OK, or what is said of the text, "" for nothing. */
static void
rehearse(const char *name, const struct sg_config *now, const char *path,
    const char *want)
{
	enum sg_rc want_rc = want == NULL ? SG_OK : SG_BAD;
	struct sg_rehearsal r;
	char said[400] = "";
	enum sg_rc rc = sg_rehearse(now, path, &id, &r);

	ck_assert_msg(rc == want_rc, "%s: got %d, want %d", name, rc, want_rc);
	ck_assert_msg((rc == SG_OK) == (r.next != NULL), "%s", name);
	(void)!pread(r.said, said, sizeof(said) - 1, 0);
	ck_assert_msg(strstr(said, want != NULL ? want : "") != NULL &&
	    (said[0] == '\0') == (want == NULL || want[0] == '\0'),
	    "%s: said \"%s\"", name, said);
	sg_rehearsal_fini(&r);
}

#define NO_ANCHOR "dns = { trust_anchor_file = \"\" }\n"

static const struct {
	const char *name, *before; /* the file's name */
	bool is_bad_for_all; /* whatever its mode is */
	const char *holds;   /* NULL: a CA certificate */
} cases[] = {
	{ "https.ca_file", NO_ANCHOR "https = { ca_file =", false, NULL },
	{ "V-15 probe.ca_file", NO_ANCHOR "probe = { ca_file =", false, NULL },
	{ "dns.trust_anchor_file", "dns = { trust_anchor_file =",
	    false, ". 3600 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084"
	    "58E880409BBC683457104237C7F8EC8D\n" },
	{ "a CA file that holds none", NO_ANCHOR "https = { ca_file =", true,
	    "nothing\n" },
	{ "no anchors in it", "dns = { trust_anchor_file =", true,
	    "; nothing\n" },
};

static char conf[] = "./rehearse-conf-XXXXXX";

static void
make_conf(void)
{
	int fd = mkstemp(conf);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(test_files)
{
	struct test_ca *ca = test_ca_new("Test CA");
	char path[] = P_tmpdir "/stsgate-rehearse.XXXXXX", text[400];
	struct sg_config *now = parse(NO_ANCHOR);
	const char *file = test_ca_file(ca);

	make_conf();
	if (cases[_i].holds != NULL) {
		FILE *f = fdopen(mkstemp(path), "w");

		ck_assert_ptr_nonnull(f);
		fputs(cases[_i].holds, f);
		fclose(f);
		file = path;
	}
	snprintf(text, sizeof(text), "%s \"%s\" }\n", cases[_i].before,
	    file);
	write_text(conf, text);
	ck_assert_int_eq(chmod(file, 0644), 0);
	rehearse(cases[_i].name, now, conf,
	    cases[_i].is_bad_for_all ? "" : NULL);
	ck_assert_int_eq(chmod(file, closed), 0);
	rehearse(cases[_i].name, now, conf, closed == 0 ? "ca" : "");
	sg_config_unref(&now);
	(void)unlink(file);
	(void)unlink(conf);
	test_ca_free(&ca);
}
END_TEST

/* What comes back is what the file says, and what is wrong is told. */
START_TEST(test_text)
{
	struct sg_config *now = parse(NO_ANCHOR);
	struct sg_rehearsal r;

	make_conf();
	write_text(conf, NO_ANCHOR "workers = 3\n");
	ck_assert_int_eq(sg_rehearse(now, conf, &id, &r), SG_OK);
	ck_assert_uint_eq(r.next->workers, 3);
	ck_assert_str_eq(r.next->text, NO_ANCHOR "workers = 3\n");
	sg_rehearsal_fini(&r);
	write_text(conf, NO_ANCHOR "worker = 3\n");
	rehearse("a mistake", now, conf, ":2: unknown option `worker'");
	(void)unlink(conf);
	rehearse("no file", now, conf, "cannot read");
	sg_config_unref(&now);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they
	take memory of their own */
#define HAVE_NO_MEMORY
/* THREATS 5.4: whoever reads it may die of it, the daemon may not. */
START_TEST(test_no_memory)
{
	struct rlimit before, few;
	struct sg_config *now = parse(NO_ANCHOR);
	struct sg_rehearsal r;

	make_conf();
	write_text(conf, NO_ANCHOR);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
	few = before;
	few.rlim_cur = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &few), 0);
	while (malloc(1024) != NULL)
		;
	while (malloc(1) != NULL)
		;
	ck_assert_int_eq(sg_rehearse(now, conf, &id, &r), SG_RETRY);
	ck_assert_ptr_null(r.next);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
	sg_rehearsal_fini(&r);
	ck_assert_int_eq(sg_rehearse(now, conf, &id, &r), SG_OK);
	sg_rehearsal_fini(&r);
	(void)unlink(conf);
	sg_config_unref(&now);
}
END_TEST
#endif

int
main(int argc, char **argv)
{
	Suite *s = suite_create("rehearse");
	TCase *t = tcase_create("rehearse");
	SRunner *r;
	int failed;

	setproctitle_init(argc, argv, environ);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_files, 0, (int)N(cases));
	tcase_add_test(t, test_text);
#ifdef HAVE_NO_MEMORY
	tcase_add_test(t, test_no_memory);
#endif
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
