/* SPDX-License-Identifier: ISC */
/*
 * test_key.c - which files will do for a secret, who may say so, and what is
 * read of them? (THREATS T21, T22.)
 */
#include "base/key.h"

#include <check.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), P_tmpdir "/stsgate-key-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/key", dir);
}

static void
teardown(void)
{
	(void)chmod(dir, 0700);
	(void)unlink(path);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void
make(size_t n, mode_t mode)
{
	char octets[SG_KEY_MAX + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < n; i++)
		octets[i] = (char)(i * 7);
	ck_assert(write(fd, octets, n) == (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

/* Both who only looks and who opens it say the same. */
static void
expect(const char *name, const char *want)
{
	struct sg_err look = { .text = "" }, opened = { .text = "" };
	enum sg_rc rc = sg_key_look(path, &look), again;
	int fd = -1;

	again = sg_key_open(path, &fd, &opened);
	ck_assert_msg((rc == SG_OK) == (want == NULL) && rc == again,
	    "%s: got %d, %d", name, rc, again);
	ck_assert((fd >= 0) == (again == SG_OK));
	if (want != NULL)
		ck_assert_msg(strstr(look.text, want) != NULL &&
			strcmp(look.text, opened.text) == 0,
		    "%s: got %s, %s", name, look.text, opened.text);
	if (fd >= 0)
		close(fd);
}

static const struct {
	const char *name;
	size_t n;
	mode_t mode;
	const char *want;
} files[] = {
	{ "32, 0400", 32, 0400, NULL },
	{ "1024, 0600", 1024, 0600, NULL },
	{ "31", 31, 0400, "has 31 bytes, and a key 32 to 1024" },
	{ "1025", 1025, 0400, "has 1025 bytes" },
	{ "empty", 0, 0400, "openssl rand 32" },
	{ "for its group", 32, 0440, "(mode 0440): chmod 0400 it" },
	{ "for others", 32, 0404, "(mode 0404): chmod 0400 it" },
	{ "for its group to write", 32, 0420, "(mode 0420)" },
	{ "for all", 32, 0644, "(mode 0644)" },
};

START_TEST(a_file_will_do)
{
	make(files[_i].n, files[_i].mode);
	expect(files[_i].name, files[_i].want);
}
END_TEST

START_TEST(no_file_will_not_do)
{
	expect("missing", "No such file");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expect("directory", "regular file");
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect("FIFO", "regular file");
}
END_TEST

/* linux/posix_acl_xattr.h: version 2, then tag, permissions, who. */
#define ENTRY(tag, perm, who) tag, 0, perm, 0, who, 0, 0, 0
#define NOBODY 0xff
#define ACL(group, named, mask) { 2, 0, 0, 0, ENTRY(0x01, 4, NOBODY), \
	ENTRY(0x02, 4, 77), ENTRY(0x04, group, NOBODY), \
	ENTRY(0x08, named, 88), ENTRY(0x10, mask, NOBODY), \
	ENTRY(0x20, 0, NOBODY) }
static const struct {
	const char *name;
	unsigned char acl[52];
	const char *want;
} lists[] = {
	{ "systemd: one user", ACL(0, 0, 4), NULL },
	{ "the file's group", ACL(4, 0, 4), "(mode 0440)" },
	{ "another group", ACL(0, 4, 4), "(mode 0440)" },
};

/* A credential that systemd gave to the unit's user has mode 0440, and its
   group may not read it all the same. */
START_TEST(access_lists_count)
{
	make(32, 0400);
	if (setxattr(path, "system.posix_acl_access", lists[_i].acl,
		sizeof(lists[_i].acl), 0) != 0) {
		ck_assert_int_eq(errno, EOPNOTSUPP); /* nothing to see here */
		return;
	}
	expect(lists[_i].name, lists[_i].want);
}
END_TEST

/* Who may not look says nothing: any user may run commands. */
START_TEST(others_may_not_look)
{
	struct sg_err err = { .text = "" };
	int fd = -1;

	make(1, 0644);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(dir, 65534, 65534), 0);
		ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	}
	ck_assert_int_eq(chmod(dir, 0), 0);
	ck_assert_int_eq(sg_key_look(path, &err), SG_NONE);
	ck_assert_int_eq(sg_key_open(path, &fd, &err), SG_BAD);
	ck_assert_ptr_nonnull(strstr(err.text, "Permission denied"));
	/* A unit that does not run has no credentials. */
	ck_assert_int_eq(sg_key_look("/run/credentials/no.service/key", &err),
	    SG_NONE);
}
END_TEST

START_TEST(reads_all_of_it)
{
	struct sg_err err = { .text = "" };
	struct sg_key key;
	int fd;

	make(300, 0400);
	ck_assert_int_eq(sg_key_open(path, &fd, &err), SG_OK);
	for (int i = 0; i < 2; i++) { /* each front reads it anew */
		memset(&key, 1, sizeof(key));
		ck_assert_int_eq(sg_key_read(fd, &key, &err), SG_OK);
		ck_assert_uint_eq(key.len, 300);
		for (size_t n = 0; n < key.len; n++)
			ck_assert_uint_eq(key.bytes[n], n * 7 % 256);
	}
	sg_key_wipe(&key);
	for (size_t n = 0; n < 300; n++)
		ck_assert_uint_eq(key.bytes[n], 0);
	ck_assert_int_eq(truncate(path, 31), 0);
	ck_assert_int_eq(sg_key_read(fd, &key, &err), SG_BAD);
	ck_assert_str_eq(err.text, "was cut short");
	close(fd);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("key");
	TCase *t = tcase_create("key");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_file_will_do, 0, N(files));
	tcase_add_test(t, no_file_will_not_do);
	tcase_add_loop_test(t, access_lists_count, 0, N(lists));
	tcase_add_test(t, others_may_not_look);
	tcase_add_test(t, reads_all_of_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
