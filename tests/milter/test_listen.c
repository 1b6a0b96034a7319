/* SPDX-License-Identifier: ISC */
/*
 * Sockets that are listened at: whose they are, and which one that is there
 * already may be replaced.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "listen.h"

static char dir[64];
static struct sg_listen at;
static struct sg_err err;

static void
set_up(void)
{
	snprintf(dir, sizeof(dir), P_tmpdir "/stsgate-listen-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	at = (struct sg_listen) { .is_unix = true };
	snprintf(at.path, sizeof(at.path), "%s/sock", dir);
	err = (struct sg_err) { .text = "" };
}

static void
tear_down(void)
{
	(void)unlink(at.path);
	(void)rmdir(dir);
}

static int
open_it(const char *group)
{
	int fd = -2;
	struct sg_listen_params p = { &at, (uid_t)-1, group, 0660 };
	enum sg_rc rc = sg_listen_open(&p, &fd, &err);

	ck_assert(rc == SG_OK || rc == SG_BAD);
	ck_assert_int_eq(rc == SG_OK, fd >= 0);
	ck_assert((rc == SG_OK) == (err.text[0] == '\0'));
	return fd;
}

static bool
is_served(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool served;

	memcpy(un.sun_path, at.path, sizeof(un.sun_path) - 1);
	served = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
	close(fd);
	return served;
}

/* Whatever the mask is: for owner and group, nobody else (THREATS T23). */
START_TEST(test_mode)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	struct stat st;
	int fd;

	(void)umask(masks[_i]);
	fd = open_it("");
	ck_assert_msg(fd >= 0, "%s", err.text);
	ck_assert_int_eq(umask(022), masks[_i]); /* and it is left alone */
	ck_assert_int_eq(lstat(at.path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	ck_assert(is_served());
	sg_listen_unlink(&at);
	ck_assert_int_ne(lstat(at.path, &st), 0);
	close(fd);
}
END_TEST

START_TEST(test_owner_and_group)
{
	struct group *gr = getgrgid(getgid());
	struct stat st;
	int fd;

	ck_assert_ptr_nonnull(gr);
	if (getuid() == 0)
		ck_assert_ptr_nonnull(gr = getgrnam("nogroup"));
	ck_assert_int_eq(sg_listen_open(&(struct sg_listen_params) { &at,
	    getuid() == 0 ? 65534 : getuid(), gr->gr_name, 0660 }, &fd,
	    &err), SG_OK);
	ck_assert_int_eq(stat(at.path, &st), 0);
	ck_assert_uint_eq(st.st_gid, gr->gr_gid);
	ck_assert_uint_eq(st.st_uid, getuid() == 0 ? 65534 : getuid());
	close(fd);
}
END_TEST

START_TEST(test_no_such_group)
{
	ck_assert_int_eq(open_it("no-such-group"), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "\"no-such-group\""));
}
END_TEST

/* Left over from a crash: replaced. */
START_TEST(test_stale)
{
	int fd = open_it("");

	close(fd);
	ck_assert(!is_served());
	fd = open_it("");
	ck_assert_msg(fd >= 0, "%s", err.text);
	ck_assert(is_served());
	close(fd);
}
END_TEST

/* Another daemon's: left alone. */
START_TEST(test_served)
{
	int fd = open_it("");

	ck_assert_int_eq(open_it(""), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "running already"));
	ck_assert(is_served());
	close(fd);
}
END_TEST

/* T23: what is no socket is nobody's to remove: a file, a symbolic link. */
START_TEST(test_not_a_socket)
{
	struct stat st;

	if (_i == 0)
		close(open(at.path, O_CREAT | O_WRONLY, 0600));
	else
		ck_assert_int_eq(symlink("/dev/null", at.path), 0);
	ck_assert_int_eq(open_it(""), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "is not a socket"));
	ck_assert_int_eq(lstat(at.path, &st), 0);
}
END_TEST

START_TEST(test_no_directory)
{
	snprintf(at.path, sizeof(at.path), "%s/none/sock", dir);
	ck_assert_int_eq(open_it(""), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "make its directory"));
}
END_TEST

START_TEST(test_inet)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct sockaddr_storage ss;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	socklen_t len = sizeof(ss);
	int fd;

	at = (struct sg_listen) { .port = 0 };
	snprintf(at.host, sizeof(at.host), "%s", hosts[_i]);
	fd = open_it("");
	if (fd < 0 && _i == 1) /* no IPv6 here */
		return;
	ck_assert_msg(fd >= 0, "%s", err.text);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ck_assert_int_eq(ss.ss_family, _i == 0 ? AF_INET : AF_INET6);
	at.port = ntohs(v4->sin_port); /* at one place in both */
	ck_assert_int_eq(open_it(""), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "running already"));
	close(fd);
}
END_TEST

START_TEST(test_no_address)
{
	at = (struct sg_listen) { .port = 1, .host = "localhost" };
	ck_assert_int_eq(open_it(""), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not an address"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen");
	TCase *t = tcase_create("listen");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, test_mode, 0, 4);
	tcase_add_test(t, test_owner_and_group);
	tcase_add_test(t, test_no_such_group);
	tcase_add_test(t, test_stale);
	tcase_add_test(t, test_served);
	tcase_add_loop_test(t, test_not_a_socket, 0, 2);
	tcase_add_test(t, test_no_directory);
	tcase_add_loop_test(t, test_inet, 0, 2);
	tcase_add_test(t, test_no_address);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
