/* SPDX-License-Identifier: ISC */
/*
 * test_milter_log.c - does what libmilter says by syslog(3) come into our log?
 * libmilter itself is made to say something.
 */
#include <libmilter/mfapi.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

static int
pipe_as_stderr(void)
{
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	return fd[0];
}

static const char *
logged(int fd)
{
	static char text[4096];
	ssize_t n;

	close(STDERR_FILENO);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* A name that is too long for the sockets of any system. */
START_TEST(test_libmilter)
{
	static char name[] = "test";
	static struct smfiDesc desc = { .xxfi_name = name,
		.xxfi_version = SMFI_VERSION };
	char path[300] = "unix:/";
	int fd = pipe_as_stderr();
	const char *got;

	memset(path + 6, 'x', sizeof(path) - 7);
	sg_log_init(SG_LOG_JOURNAL, SG_LOG_INFO, "front");
	ck_assert_int_eq(smfi_register(desc), MI_SUCCESS);
	ck_assert_int_eq(smfi_setconn(path), MI_SUCCESS);
	ck_assert_int_eq(smfi_opensocket(0), MI_FAILURE);
	got = logged(fd);
	ck_assert_msg(strncmp(got, "<3>front: libmilter: test: ", 27) == 0 &&
	    strstr(got, "too long") != NULL, "got \"%s\"", got);
}
END_TEST

START_TEST(test_severity)
{
	int fd = pipe_as_stderr();

	sg_log_init(SG_LOG_JOURNAL, SG_LOG_INFO, "front");
	syslog(LOG_MAIL | LOG_CRIT, "c %d", 1);
	syslog(LOG_MAIL | LOG_WARNING, "w");
	syslog(LOG_DAEMON | LOG_NOTICE, "n");
	ck_assert_str_eq(logged(fd), "<3>front: libmilter: c 1\n"
	    "<4>front: libmilter: w\n<6>front: libmilter: n\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("milter_log");
	TCase *tc = tcase_create("milter_log");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(tc, test_libmilter);
	tcase_add_test(tc, test_severity);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
