/* SPDX-License-Identifier: ISC */
/*
 * A reload is rehearsed by somebody who is as the children will be: nobody,
 * where the tests run as root; where they do not, files are closed to all.
 */
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

START_TEST(test_files)
{
	struct test_ca *ca = test_ca_new("Test CA");
	char path[] = P_tmpdir "/stsgate-rehearse.XXXXXX", text[400];
	struct sg_config *now = parse(NO_ANCHOR);
	struct sg_config *next;
	const char *file = test_ca_file(ca);

	if (cases[_i].holds != NULL) {
		FILE *f = fdopen(mkstemp(path), "w");

		ck_assert_ptr_nonnull(f);
		fputs(cases[_i].holds, f);
		fclose(f);
		file = path;
	}
	snprintf(text, sizeof(text), "%s \"%s\" }\n", cases[_i].before,
	    file);
	ck_assert_int_eq(chmod(file, 0644), 0);
	next = parse(text); /* by us it can be read */
	ck_assert_msg((sg_rehearse(now, next, "test", &id) == SG_OK) ==
	    !cases[_i].is_bad_for_all, "%s, open", cases[_i].name);
	ck_assert_int_eq(chmod(file, closed), 0);
	ck_assert_msg(sg_rehearse(now, next, "test", &id) == SG_BAD,
	    "%s, closed", cases[_i].name);
	sg_config_unref(&next);
	sg_config_unref(&now);
	(void)unlink(file);
	test_ca_free(&ca);
}
END_TEST

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
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
