/* SPDX-License-Identifier: ISC */
/*
 * test_log.c - does a line stay one line, and does its writer never wait?
 * stderr is a pipe here; a pipe that nobody reads is a sink that hangs.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_limit.h"

#define T(s) (s), sizeof(s) - 1
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *in;
	size_t len, size;
	const char *want;
} escapes[] = {
	{ T(""), 16, "" },
	{ T("plain text"), 16, "plain text" },
	{ T("a\r\nb"), 32, "a\\x0d\\x0ab" },
	{ T("a\0b"), 32, "a\\x00b" },
	{ T("\"\\"), 32, "\\x22\\x5c" },
	{ T("\x7f\x80\xff"), 32, "\\x7f\\x80\\xff" },
	{ T("%s%n"), 32, "%s%n" },
	{ T("12345678"), 9, "12345678" },
	{ T("123456789"), 9, "12345..." },
	{ T("1234567\n"), 11, "1234567..." },
	{ T("1234567\n"), 12, "1234567\\x0a" },
	{ T("\n\n\n"), 5, "..." },
};

START_TEST(test_escape)
{
	char *out = malloc(escapes[_i].size); /* sanitizers see its end */
	char *got = sg_log_escape(out, escapes[_i].size, escapes[_i].in,
	    escapes[_i].len);

	ck_assert_str_eq(got, escapes[_i].want);
	free(out);
}
END_TEST

static int
pipe_as_stderr(void)
{
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	return fd[0];
}

/* All that comes until the last writer closes. */
static char *
read_all(int fd)
{
	size_t size = 1 << 20, n = 0;
	char *text = malloc(size + 1);
	ssize_t got;

	while ((got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fd);
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static const struct {
	const char *name, *text, *want;
} lines[] = {
	{ "plain", "a line", "front: a line\n" },
	{ "S-06 CRLF", "a\r\nstsgate[1]: b", "front: a??stsgate[1]: b\n" },
	{ "T14 escape", "\033[2J\x07", "front: ?[2J?\n" },
	{ "T14 DEL and C1", "a\x7f\xc2\x9b" "b", "front: a???b\n" },
	{ "UTF-8 stays", "gr\xc3\xbc\xc3\x9f", "front: gr\xc3\xbc\xc3\x9f\n" },
	{ "percent", "100%s", "front: 100%s\n" },
};

START_TEST(test_line)
{
	int fd = pipe_as_stderr();
	char *got;

	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log(SG_LOG_DEBUG, "not shown");
	sg_log(SG_LOG_INFO, "%s", lines[_i].text);
	close(STDERR_FILENO);
	got = read_all(fd);
	ck_assert_msg(strncmp(got, "stsgate[", 8) == 0 &&
	    strchr(got, ' ') != NULL &&
	    strcmp(strchr(got, ' ') + 1, lines[_i].want) == 0,
	    "%s: got \"%s\", want \"%s\"", lines[_i].name, got,
	    lines[_i].want);
	free(got);
}
END_TEST

START_TEST(test_journal)
{
	int fd = pipe_as_stderr();
	char *got;

	sg_log_init(SG_LOG_JOURNAL, SG_LOG_WARN, "net 1");
	sg_log(SG_LOG_ERR, "e");
	sg_log(SG_LOG_WARN, "w");
	sg_log(SG_LOG_INFO, "i");
	close(STDERR_FILENO);
	got = read_all(fd);
	ck_assert_str_eq(got, "<3>net 1: e\n<4>net 1: w\n");
	free(got);
}
END_TEST

START_TEST(test_long_line)
{
	static char text[5000];
	int fd = pipe_as_stderr();
	char *got;

	memset(text, 'x', sizeof(text) - 1);
	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log(SG_LOG_INFO, "%s", text);
	sg_log_start();
	sg_log(SG_LOG_INFO, "%s", text);
	sg_log_stop(60000);
	close(STDERR_FILENO);
	got = read_all(fd);
	ck_assert_uint_eq(count(got, "\n"), 2);
	ck_assert_uint_eq(count(got, "x\nstsgate["), 1);
	ck_assert_uint_lt(strlen(got), 4100);
	free(got);
}
END_TEST

#define THREADS 4
#define LINES 500

static void *
write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		sg_log(SG_LOG_INFO, "line %d of %d.", i, *(int *)arg);
	return NULL;
}

/* The pipe is read meanwhile: it is smaller than all lines. */
START_TEST(test_threads)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], fd = pipe_as_stderr();
	pid_t reader;
	char *got;
	int back[2];

	ck_assert_int_eq(pipe(back), 0);
	reader = fork();
	if (reader == 0) {
		close(STDERR_FILENO);
		close(back[0]);
		got = read_all(fd);
		_exit(write(back[1], got, strlen(got)) ==
		    (ssize_t)strlen(got) ? 0 : 1);
	}
	close(fd);
	close(back[1]);
	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log_start();
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, write_lines, &numbers[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	sg_log_stop(60000);
	close(STDERR_FILENO);
	got = read_all(back[0]);
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
	ck_assert_uint_eq(count(got, "\n"), THREADS * LINES);
	ck_assert_uint_eq(count(got, ".\nstsgate["), THREADS * LINES - 1);
	ck_assert_uint_eq(count(got, "line 499 of 3."), 1);
	ck_assert_uint_eq(sg_log_dropped(), 0);
	free(got);
}
END_TEST

/* Nobody reads: this test hangs if sg_log() waits. */
START_TEST(test_sink_hangs)
{
	(void)pipe_as_stderr();
	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log_start();
	for (int i = 0; i < 20000; i++)
		sg_log(SG_LOG_INFO, "a line that fills the pipe soon: %d", i);
	ck_assert_uint_gt(sg_log_dropped(), 10000);
	sg_log_stop(20); /* comes back, though the sink does not */
}
END_TEST

/* The sum of what all lines about lost lines say. */
static unsigned long
told(const char *text)
{
	static const char words[] = " log lines were dropped";
	unsigned long sum = 0;

	while ((text = strstr(text, words)) != NULL) {
		const char *digits = text;

		while (digits[-1] >= '0' && digits[-1] <= '9')
			digits--;
		sum += strtoul(digits, NULL, 10);
		text += strlen(words);
	}
	return sum;
}

/* When the sink takes lines again, it is told how many were lost. */
START_TEST(test_drops_are_told)
{
	int fd = pipe_as_stderr();
	char *got;
	unsigned long dropped;
	pid_t reader;
	int back[2];

	ck_assert_int_eq(pipe(back), 0);
	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log_start();
	for (int i = 0; i < 20000; i++)
		sg_log(SG_LOG_INFO, "line");
	dropped = sg_log_dropped();
	reader = fork();
	if (reader == 0) {
		close(STDERR_FILENO);
		close(back[0]);
		got = read_all(fd);
		_exit(write(back[1], got, strlen(got)) ==
		    (ssize_t)strlen(got) ? 0 : 1);
	}
	close(fd);
	close(back[1]);
	sg_log_stop(60000);
	close(STDERR_FILENO);
	got = read_all(back[0]);
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(told(got), dropped);
	free(got);
}
END_TEST

/* A child of a process that has the thread sets up its own log. */
START_TEST(test_fork)
{
	int fd = pipe_as_stderr(), status = -1;
	char *got;
	pid_t child;

	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	sg_log_start();
	sg_log(SG_LOG_INFO, "parent");
#ifdef __SANITIZE_ADDRESS__ /* whose locks a new thread may hold at a fork */
	ck_assert_int_eq(poll(&(struct pollfd) { fd, POLLIN, 0 }, 1, -1), 1);
#endif
	child = fork();
	if (child == 0) {
		sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "net 1");
		sg_log(SG_LOG_INFO, "child at once");
#ifndef __SANITIZE_THREAD__ /* which knows no threads after a fork */
		sg_log_start();
#endif
		sg_log(SG_LOG_INFO, "child by its thread");
		sg_log_stop(60000);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	sg_log_stop(60000);
	sg_log(SG_LOG_INFO, "after the stop");
	close(STDERR_FILENO);
	got = read_all(fd);
	ck_assert_uint_eq(count(got, ": front: parent\n"), 1);
	ck_assert_uint_eq(count(got, ": net 1: child at once\n"), 1);
	ck_assert_uint_eq(count(got, ": net 1: child by its thread\n"), 1);
	ck_assert_uint_eq(count(got, ": front: after the stop\n"), 1);
	free(got);
}
END_TEST

/* --- sinks that hang, without a thread of ours -------------------------------- */

/* The supervisor has no thread: a stalled journal (whose socket stderr is), or
   a pipe that nobody reads, must not stop it. */
static int
socket_as_stderr(void)
{
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	ck_assert_int_eq(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	return fd[0];
}

static const struct {
	enum sg_log_target target;
	int (*open)(void);
	bool thread;
} stalled[] = {
	{ SG_LOG_STDERR, pipe_as_stderr, false },
	{ SG_LOG_JOURNAL, socket_as_stderr, false },
	{ SG_LOG_JOURNAL, socket_as_stderr, true },
};

START_TEST(test_stalled_descriptor)
{
	int fd = stalled[_i].open();
	unsigned long dropped;
	pid_t reader;
	char *got;
	int back[2];

	ck_assert_int_eq(pipe(back), 0);
	sg_log_init(stalled[_i].target, SG_LOG_INFO, "supervisor");
	if (stalled[_i].thread)
		sg_log_start();
	for (int i = 0; i < 20000; i++)
		sg_log(SG_LOG_INFO, "line %d", i);
	dropped = sg_log_dropped();
	ck_assert_uint_gt(dropped, 1000);
	reader = fork();
	if (reader == 0) {
		close(STDERR_FILENO);
		close(back[0]);
		got = read_all(fd);
		_exit(write(back[1], got, strlen(got)) ==
		    (ssize_t)strlen(got) ? 0 : 1);
	}
	close(fd);
	close(back[1]);
	do { /* until the reader has made room, and this one is not lost */
		dropped = sg_log_dropped();
		sg_log(SG_LOG_INFO, "it reads again");
	} while (sg_log_dropped() > dropped);
	sg_log_stop(60000);
	close(STDERR_FILENO);
	got = read_all(back[0]);
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
	ck_assert_uint_eq(told(got), dropped);
	ck_assert_ptr_nonnull(strstr(got, "it reads again\n"));
	free(got);
}
END_TEST

/* --- syslogd -------------------------------------------------------------------- */

static char log_dir[] = "/tmp/stsgate-log-XXXXXX";
static char log_path[64];

static void
make_log_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(log_dir));
	snprintf(log_path, sizeof(log_path), "%s/log", log_dir);
	sg_log_syslogd(log_path);
}

static void
remove_log_dir(void)
{
	unlink(log_path);
	rmdir(log_dir);
}

static int
syslogd(int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", log_path);
	unlink(log_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 5), 0);
	return fd;
}

/* One message; "" when there is none. */
static const char *
message(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* <22> is facility mail, priority informational. */
START_TEST(test_syslog_message)
{
	int fd = syslogd(SOCK_DGRAM);
	char want[64];
	const char *got;

	sg_log_init(SG_LOG_SYSLOG, SG_LOG_INFO, "front");
	sg_log(SG_LOG_INFO, "a line");
	snprintf(want, sizeof(want), " stsgate[%d]: front: a line",
	    (int)getpid());
	got = message(fd);
	ck_assert_msg(strncmp(got, "<22>", 4) == 0 &&
	    strlen(got) == 4 + 15 + strlen(want) &&
	    strcmp(got + 4 + 15, want) == 0, "got \"%s\"", got);
	sg_log(SG_LOG_ERR, "bad");
	ck_assert_int_eq(strncmp(message(fd), "<19>", 4), 0);
	close(fd);
}
END_TEST

START_TEST(test_syslog_restarts)
{
	int fd = syslogd(SOCK_DGRAM);

	sg_log_init(SG_LOG_SYSLOG, SG_LOG_INFO, "front");
	sg_log(SG_LOG_INFO, "one");
	close(fd);
	sg_log(SG_LOG_INFO, "to nobody");
	fd = syslogd(SOCK_DGRAM);
	sg_log(SG_LOG_INFO, "two");
	ck_assert_ptr_nonnull(strstr(message(fd), "1 log lines were dropped"));
	ck_assert_ptr_nonnull(strstr(message(fd), "front: two"));
	close(fd);
}
END_TEST

START_TEST(test_syslog_stream)
{
	int fd = syslogd(SOCK_STREAM), conn;
	const char *got;

	sg_log_init(SG_LOG_SYSLOG, SG_LOG_INFO, "front");
	sg_log(SG_LOG_INFO, "one");
	sg_log(SG_LOG_INFO, "two");
	conn = accept(fd, NULL, NULL);
	got = message(conn);
	ck_assert_ptr_nonnull(strstr(got, "front: one"));
	ck_assert_ptr_nonnull(strstr(got + strlen(got) + 1, "front: two"));
	close(conn);
	close(fd);
}
END_TEST

/* A /dev/log that is full: with the thread and without this test would hang,
   and so would whoever calls syslog(3) meanwhile (libmilter does). */
START_TEST(test_syslog_stalled)
{
	int fd = syslogd(SOCK_DGRAM);
	unsigned long dropped;

	sg_log_init(SG_LOG_SYSLOG, SG_LOG_INFO, "front");
	if (_i == 1)
		sg_log_start();
	for (int i = 0; i < 20000; i++)
		sg_log(SG_LOG_INFO, "line %d", i);
	dropped = sg_log_dropped();
	ck_assert_uint_gt(dropped, 1000);
	if (_i == 0) { /* told when there is room */
		while (*message(fd) != '\0')
			;
		sg_log(SG_LOG_INFO, "again");
		ck_assert_uint_eq(told(message(fd)), dropped);
		ck_assert_ptr_nonnull(strstr(message(fd), "front: again"));
	}
	sg_log_stop(20);
	close(fd);
}
END_TEST

/* --- many of a kind --------------------------------------------------------------- */

START_TEST(test_limit)
{
	static const char one[] = "one", two[] = "two";
	struct sg_mono t = { 1000 };
	unsigned long left = 7;

	sg_log_limit_init();
	for (int i = 0; i < SG_LOG_LIMIT_LINES; i++)
		ck_assert(sg_log_limit_admits(one, t, &left));
	for (int i = 0; i < 5; i++)
		ck_assert(!sg_log_limit_admits(one, t, &left));
	ck_assert(sg_log_limit_admits(two, t, &left));
	t.ms += SG_LOG_LIMIT_MS - 1;
	ck_assert(!sg_log_limit_admits(one, t, &left));
	t.ms++;
	ck_assert(sg_log_limit_admits(one, t, &left));
	ck_assert_uint_eq(left, 6);
	ck_assert(sg_log_limit_admits(one, t, &left));
	ck_assert_uint_eq(left, 0);
}
END_TEST

START_TEST(test_limited_lines)
{
	int fd = pipe_as_stderr();
	char *got;

	sg_log_init(SG_LOG_STDERR, SG_LOG_INFO, "front");
	for (int i = 0; i < 100; i++) {
		sg_log(SG_LOG_WARN, "trouble %d", i);
		sg_log(SG_LOG_INFO, "a recipient");
	}
	close(STDERR_FILENO);
	got = read_all(fd);
	ck_assert_uint_eq(count(got, "trouble"), SG_LOG_LIMIT_LINES);
	ck_assert_uint_eq(count(got, "a recipient"), 100);
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log"), *syslog_tc = tcase_create("syslog");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_escape, 0, N(escapes));
	tcase_add_loop_test(tc, test_line, 0, N(lines));
	tcase_add_test(tc, test_journal);
	tcase_add_test(tc, test_long_line);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_sink_hangs);
	tcase_add_test(tc, test_drops_are_told);
	tcase_add_test(tc, test_fork);
	tcase_add_loop_test(tc, test_stalled_descriptor, 0, N(stalled));
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_limited_lines);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	tcase_add_unchecked_fixture(syslog_tc, make_log_dir, remove_log_dir);
	tcase_add_test(syslog_tc, test_syslog_message);
	tcase_add_test(syslog_tc, test_syslog_restarts);
	tcase_add_test(syslog_tc, test_syslog_stream);
	tcase_add_loop_test(syslog_tc, test_syslog_stalled, 0, 2);
	tcase_set_timeout(syslog_tc, 60);
	suite_add_tcase(s, syslog_tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
