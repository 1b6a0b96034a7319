/* SPDX-License-Identifier: ISC */
/* test_notify.c - what the service manager is told, told to us instead. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/notify.h"

static int manager;

/* "@" stands for the abstract name, as with systemd's own. */
static void
setup(void)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	char name[64];

	snprintf(name, sizeof(name), "@stsgate-notify-%ld", (long)getpid());
	memcpy(where.sun_path + 1, name + 1, strlen(name) - 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&where, (socklen_t)(
	    offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
teardown(void)
{
	close(manager);
}

START_TEST(test_told)
{
	char got[64] = "";

	sg_notify("WATCHDOG=1");
#ifdef HAVE_LIBSYSTEMD
	ck_assert_int_eq(recv(manager, got, sizeof(got) - 1, 0), 10);
	ck_assert_str_eq(got, "WATCHDOG=1");
#endif
	ck_assert_int_eq(recv(manager, got, sizeof(got), 0), -1);
}
END_TEST

/* Started by nobody who listens: nothing happens. */
START_TEST(test_nobody)
{
	char got[64];

	unsetenv("NOTIFY_SOCKET");
	sg_notify("READY=1");
	ck_assert_int_eq(recv(manager, got, sizeof(got), 0), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("compat: notify");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_told);
	tcase_add_test(t, test_nobody);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
