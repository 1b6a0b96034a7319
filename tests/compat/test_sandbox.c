/* SPDX-License-Identifier: ISC */
/*
 * test_sandbox.c - what a confined process can still do, tried one by one in a
 * child of its own: each row is done before (and must work) and after.
 */
#include <check.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/sandbox.h"

#define CANNOT 77 /* the system has no sandbox: nothing to try */

static char dir[] = "/tmp/stsgate-sandbox-XXXXXX";
static char mine[64], other[64], fresh[64], named[64];
static int open_before = -1;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(mine, sizeof(mine), "%s/mine", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(named, sizeof(named), "%s/named", dir);
	snprintf(fresh, sizeof(fresh), "%s/mine/new", dir);
	ck_assert_int_eq(mkdir(mine, 0700), 0);
	close(open(other, O_WRONLY | O_CREAT, 0600));
	close(open(named, O_WRONLY | O_CREAT, 0600));
}

static void
teardown(void)
{
	unlink(fresh);
	unlink(other);
	unlink(named);
	rmdir(mine);
	rmdir(dir);
}

/* --- deeds: true if it could be done --------------------------------------------- */

static bool
can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool read_other(void) { return can_open(other, O_RDONLY); }
static bool write_other(void) { return can_open(other, O_WRONLY); }
static bool read_named(void) { return can_open(named, O_RDONLY); }
static bool write_named(void) { return can_open(named, O_WRONLY); }
static bool read_mine(void) { return can_open(mine, O_RDONLY | O_DIRECTORY); }
static bool write_mine(void) { return can_open(fresh, O_WRONLY | O_CREAT); }
static bool list_root(void) { return can_open("/", O_RDONLY | O_DIRECTORY); }
static bool read_passwd(void) { return can_open("/etc/passwd", O_RDONLY); }

static bool
make_beside(void)
{
	char path[80];
	bool ok;

	snprintf(path, sizeof(path), "%s/beside", dir);
	ok = can_open(path, O_WRONLY | O_CREAT);
	unlink(path);
	return ok;
}

static bool
move_in(void)
{
	char path[80];
	bool ok;

	snprintf(path, sizeof(path), "%s/moved", mine);
	ok = rename(other, path) == 0;
	if (ok)
		ok = rename(path, other) == 0;
	return ok;
}

static bool
make_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool socket_unix(void) { return make_socket(AF_UNIX, SOCK_STREAM); }
static bool socket_inet(void) { return make_socket(AF_INET, SOCK_STREAM); }
static bool socket_inet6(void) { return make_socket(AF_INET6, SOCK_DGRAM); }
static bool socket_netlink(void) { return make_socket(AF_NETLINK, SOCK_RAW); }
static bool socket_alg(void) { return make_socket(38, SOCK_SEQPACKET); }

static bool
do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid > 0;
}

static void *
nothing(void *arg)
{
	return arg;
}

static bool
do_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) == 0 &&
	    pthread_join(t, NULL) == 0;
}

static bool
do_exec(void)
{
	static char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	(void)execv(name, argv);
	return false; /* it did not come to that */
}

static bool exec_denied(void) { return do_exec() || errno != EPERM; }
static bool
do_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || errno != EPERM;
}
static bool do_unshare(void) { return unshare(CLONE_NEWUSER) == 0 || errno != EPERM; }
static bool
do_mount(void)
{
	return mount("none", mine, "tmpfs", 0, NULL) == 0 || errno != EPERM;
}
static bool do_bpf(void) { return syscall(SYS_bpf, 99, NULL, 0) == 0 || errno != EPERM; }
static bool do_uring(void) { return syscall(SYS_io_uring_setup, 0, NULL) == 0 || errno != EPERM; }
static bool write_open(void) { return write(open_before, "x", 1) == 1; }

/* --- the table ---------------------------------------------------------------------- */

static const struct row {
	const char *name;
	bool (*deed)(void);
	bool front, worker; /* can it be done there? */
} rows[] = {
	{ "read the store", read_other, false, false },
	{ "write the store", write_other, false, false },
	{ "read a file that is named", read_named, true, true },
	{ "write it", write_named, false, false },
	{ "list the state directory", read_mine, true, false },
	{ "make a file there", write_mine, true, false },
	{ "make a file beside it", make_beside, false, false },
	{ "move something in", move_in, false, false },
	{ "list /", list_root, false, false },
	{ "read /etc/passwd", read_passwd, false, false },
	{ "a local socket", socket_unix, true, true },
	{ "an IPv4 socket", socket_inet, false, true },
	{ "an IPv6 socket", socket_inet6, false, true },
	{ "a netlink socket", socket_netlink, false, true },
	{ "a socket of another family", socket_alg, false, false },
	{ "fork", do_fork, false, false },
	{ "a thread", do_thread, true, true },
	{ "exec", exec_denied, false, false },
	{ "tracing", do_trace, false, false },
	{ "a namespace", do_unshare, false, false },
	{ "mount", do_mount, false, false },
	{ "bpf", do_bpf, false, false },
	{ "io_uring", do_uring, false, false },
	{ "write what is open", write_open, true, true },
};

/* What --enable-coverage counts is written to the build's directory, which a
   confined child then must be able to do. */
#ifdef SG_COVERAGE
#define COUNTS "."
void __gcov_dump(void);
#else
#define COUNTS NULL
#define __gcov_dump() ((void)0)
#endif

static _Noreturn void
leave(int status)
{
	__gcov_dump();
	_exit(status);
}

static int
try_confined(const struct row *row, bool front)
{
	struct sg_sandbox s = { .inet = !front, .read = { "/usr/lib",
		"/nowhere", named, "/lib" },
		.write = { front ? mine : COUNTS, front ? COUNTS : NULL } };
	char why[SG_SANDBOX_WHY_SIZE];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		open_before = open(other, O_WRONLY | O_APPEND);
		switch (sg_sandbox_enter(&s, why)) {
		case SG_SANDBOX_WHOLE:
			leave(row->deed() ? 1 : 0);
		case SG_SANDBOX_PART:
			leave(CANNOT);
		default:
			leave(2);
		}
	}
	waitpid(pid, &status, 0);
	ck_assert_msg(WIFEXITED(status), "%s: killed by signal %d", row->name,
	    WTERMSIG(status));
	return WEXITSTATUS(status);
}

START_TEST(test_rows)
{
	const struct row *row = &rows[_i / 2];
	bool front = _i % 2 == 0;
	bool want = front ? row->front : row->worker;
	int got = try_confined(row, front);

	if (got == CANNOT)
		return;
	ck_assert_msg(got == (want ? 1 : 0), "%s, %s: %d, want %d", row->name,
	    front ? "front" : "worker", got, want);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("compat: sandbox");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_rows, 0,
	    2 * sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
