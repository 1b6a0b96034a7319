/* SPDX-License-Identifier: ISC */
/*
 * A net worker as a process of its own, seen from the front's end of the
 * channel: frames in, frames out, and how it ends.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/dns.h"
#include "net/job.h"
#include "net/worker.h"
#include "support/dns_server.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PATIENCE_MS 30000

struct fixture {
	struct dns_server *server;
	struct sg_dns_server forward;
	struct sg_config config;
	pid_t pid;
	int fd;
	unsigned char buf[SG_FRAME_MAX];
};

static char empty[] = "";

static void
fixture_open(struct fixture *f)
{
	static const struct dns_row rows[] = {
		{ "good.test", SG_DNS_MX, DNS_DATA, "10 mx.good.test", 0, 0 },
		{ "_mta-sts.good.test", SG_DNS_TXT, DNS_DATA,
		    "v=STSv1; id=one;", 0, 0 },
		{ "silent.test", SG_DNS_MX, DNS_SILENT, NULL, 0, 0 },
		{ "_mta-sts.silent.test", SG_DNS_TXT, DNS_SILENT, NULL, 0,
		    0 },
	};

	memset(f, 0, sizeof(*f));
	f->server = dns_server_open();
	ck_assert_ptr_nonnull(f->server);
	dns_server_load(f->server, rows, N(rows));
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &f->forward.addr), SG_OK);
	f->forward.port = dns_server_port(f->server);
	f->config.dns_servers = &f->forward;
	f->config.n_dns_servers = 1;
	f->config.trust_anchor_file = empty;
	f->config.https_ca_file = empty;
	f->config.https_timeout_ms = 10000;
}

/* gcov, if it counts, would wait for an exit() in vain. */
extern void __gcov_exit(void) __attribute__((weak));

__attribute__((noreturn)) static void
end_worker(int status)
{
	if (__gcov_exit != NULL)
		__gcov_exit();
	_exit(status);
}

static void
fixture_run(struct fixture *f)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	f->pid = fork();
	ck_assert_int_ge(f->pid, 0);
	if (f->pid == 0) {
		close(fds[0]);
		end_worker(sg_worker_run(fds[1], &f->config, NULL));
	}
	close(fds[1]);
	f->fd = fds[0];
	ck_assert_int_eq(dns_server_run(f->server), 0);
}

/* Waits for the worker's end and returns its status. */
static int
fixture_end(struct fixture *f)
{
	int status;

	ck_assert_int_eq(waitpid(f->pid, &status, 0), f->pid);
	ck_assert_msg(WIFEXITED(status), "worker: signal %d",
	    WTERMSIG(status));
	close(f->fd);
	dns_server_stop(&f->server);
	return (WEXITSTATUS(status));
}

static void
hang_up(struct fixture *f)
{
	shutdown(f->fd, SHUT_RDWR);
}

static size_t
encode(struct fixture *f, enum sg_frame_type type, uint64_t id,
    const char *hop)
{
	struct sg_frame frame = { .type = type, .id = id };
	size_t len;

	frame.job.id = id;
	frame.job.hop.port = SG_SMTP_PORT;
	frame.job.deadline_ms = PATIENCE_MS;
	if (hop != NULL)
		snprintf(frame.job.hop.name, sizeof(frame.job.hop.name), "%s",
		    hop);
	len = sg_frame_encode(&frame, f->buf, sizeof(f->buf));
	ck_assert_uint_gt(len, 0);
	return (len);
}

static void
tell(struct fixture *f, enum sg_frame_type type, uint64_t id, const char *hop)
{
	size_t len = encode(f, type, id, hop);

	ck_assert_int_eq(send(f->fd, f->buf, len, MSG_NOSIGNAL),
	    (ssize_t)len);
}

/* The next frame; it points into f->buf. */
static struct sg_frame
hear(struct fixture *f)
{
	struct pollfd p = { f->fd, POLLIN, 0 };
	struct sg_frame frame;
	struct sg_err err = { 0 };
	ssize_t n;

	ck_assert_msg(poll(&p, 1, PATIENCE_MS) == 1, "the worker is silent");
	n = recv(f->fd, f->buf, sizeof(f->buf), 0);
	ck_assert_msg(n > 0, "the worker has gone");
	ck_assert_msg(sg_frame_decode(f->buf, (size_t)n, &frame, &err) ==
	    SG_OK, "bad frame: %s", err.text);
	return (frame);
}

START_TEST(test_ping)
{
	struct fixture f;
	struct sg_frame frame;

	fixture_open(&f);
	fixture_run(&f);
	tell(&f, SG_FRAME_PING, 0x123456789abcdef0, NULL);
	frame = hear(&f);
	ck_assert_int_eq(frame.type, SG_FRAME_PONG);
	ck_assert(frame.id == 0x123456789abcdef0);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

START_TEST(test_job)
{
	struct fixture f;
	struct sg_frame frame;
	struct sg_facts *facts;
	struct sg_err err = { 0 };

	fixture_open(&f);
	fixture_run(&f);
	tell(&f, SG_FRAME_JOB, 5, "good.test");
	frame = hear(&f);
	ck_assert_int_eq(frame.type, SG_FRAME_FACTS);
	ck_assert_uint_eq(frame.id, 5);
	ck_assert_msg(sg_facts_decode(frame.record, frame.record_len, &facts,
	    &err) == SG_OK, "%s", err.text);
	ck_assert_str_eq(facts->hop.name, "good.test");
	ck_assert_int_eq(facts->sts.txt.state, SG_TXT_RECORD);
	ck_assert_str_eq(facts->sts.txt.id, "one");
	ck_assert_int_eq(facts->sts.fetch.reason,
	    SG_REASON_STS_POLICY_FETCH_ERROR); /* no policy host */
	ck_assert_int_eq(facts->mx_state, SG_MX_FOUND);
	ck_assert_str_eq(facts->mx[0].host, "mx.good.test");
	ck_assert_int_eq(facts->mx[0].addrs, SG_ADDR_NONE);
	sg_facts_unref(&facts);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

/* A ping is answered while jobs are under way. */
START_TEST(test_not_blocked)
{
	struct fixture f;
	struct sg_frame frame;

	fixture_open(&f);
	fixture_run(&f);
	tell(&f, SG_FRAME_JOB, 1, "silent.test");
	tell(&f, SG_FRAME_JOB, 2, "good.test");
	frame = hear(&f);
	ck_assert_int_eq(frame.type, SG_FRAME_FACTS);
	ck_assert_uint_eq(frame.id, 2);
	tell(&f, SG_FRAME_PING, 3, NULL);
	ck_assert_int_eq(hear(&f).type, SG_FRAME_PONG);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

START_TEST(test_overload)
{
	struct fixture f;
	struct sg_frame frame;

	fixture_open(&f);
	fixture_run(&f);
	for (uint64_t id = 1; id <= SG_WORKER_MAX_JOBS; id++)
		tell(&f, SG_FRAME_JOB, id, "silent.test");
	tell(&f, SG_FRAME_JOB, 9999, "good.test");
	frame = hear(&f);
	ck_assert_int_eq(frame.type, SG_FRAME_REFUSED);
	ck_assert_uint_eq(frame.id, 9999);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

/* The front does not read: the worker's queue grows to its bound, then it
   stops reading too; nothing is lost, and the order stays. */
START_TEST(test_full_buffer)
{
	struct fixture f;
	struct pollfd p;
	uint64_t sent = 0;

	fixture_open(&f);
	fixture_run(&f);
	p = (struct pollfd){ f.fd, POLLOUT, 0 };
	do {
		size_t len = encode(&f, SG_FRAME_PING, sent + 1, NULL);

		if (send(f.fd, f.buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
			sent++;
		else
			ck_assert_int_eq(errno, EAGAIN);
		ck_assert_uint_lt(sent, 1000000);
	} while (poll(&p, 1, 300) == 1); /* as long as it reads */
	ck_assert_uint_gt(sent, 256);
	for (uint64_t id = 1; id <= sent; id++) {
		struct sg_frame frame = hear(&f);

		ck_assert_int_eq(frame.type, SG_FRAME_PONG);
		ck_assert_uint_eq(frame.id, id);
	}
	tell(&f, SG_FRAME_PING, 1, NULL); /* it reads again */
	ck_assert_int_eq(hear(&f).type, SG_FRAME_PONG);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

/* --- ends --------------------------------------------------------------- */

START_TEST(test_end_of_file)
{
	struct fixture f;

	fixture_open(&f);
	fixture_run(&f);
	tell(&f, SG_FRAME_JOB, 1, "silent.test");
	tell(&f, SG_FRAME_PING, 2, NULL);
	hear(&f);
	hang_up(&f);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

/* The front dies while the worker cannot write to it. */
START_TEST(test_end_when_full)
{
	struct fixture f;
	struct pollfd p;

	fixture_open(&f);
	fixture_run(&f);
	p = (struct pollfd){ f.fd, POLLOUT, 0 };
	do {
		size_t len = encode(&f, SG_FRAME_PING, 1, NULL);

		(void)send(f.fd, f.buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (poll(&p, 1, 300) == 1);
	close(f.fd);
	f.fd = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

START_TEST(test_sigterm)
{
	struct fixture f;

	fixture_open(&f);
	fixture_run(&f);
	tell(&f, SG_FRAME_JOB, 1, "silent.test");
	tell(&f, SG_FRAME_PING, 2, NULL);
	hear(&f); /* it is up */
	ck_assert_int_eq(kill(f.pid, SIGTERM), 0);
	ck_assert_int_eq(fixture_end(&f), 0);
}
END_TEST

static const struct bad_case {
	const char *label;
	enum sg_frame_type type; /* 0: bytes */
	size_t len;
} bad_cases[] = {
	{ "no frame", 0, 5 },
	{ "a frame too large", 0, SG_FRAME_MAX + 1 },
	{ "a worker's frame", SG_FRAME_PONG, 0 },
	{ "another of a worker's frames", SG_FRAME_REFUSED, 0 },
};

START_TEST(test_bad_frame)
{
	const struct bad_case *c = &bad_cases[_i];
	static const char junk[SG_FRAME_MAX + 1] = "x";
	struct fixture f;
	int status;

	fixture_open(&f);
	fixture_run(&f);
	if (c->type != 0)
		tell(&f, c->type, 1, NULL);
	else
		ck_assert_int_eq(send(f.fd, junk, c->len, MSG_NOSIGNAL),
		    (ssize_t)c->len);
	status = fixture_end(&f);
	ck_assert_msg(status == 1, "%s: got %d", c->label, status);
}
END_TEST

START_TEST(test_bad_config)
{
	char missing[] = "/nonexistent/anchor";
	struct fixture f;

	fixture_open(&f);
	f.config.trust_anchor_file = missing;
	fixture_run(&f);
	ck_assert_int_eq(fixture_end(&f), 78);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tc = tcase_create("worker");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_ping);
	tcase_add_test(tc, test_job);
	tcase_add_test(tc, test_not_blocked);
	tcase_add_test(tc, test_overload);
	tcase_add_test(tc, test_full_buffer);
	tcase_add_test(tc, test_end_of_file);
	tcase_add_test(tc, test_end_when_full);
	tcase_add_test(tc, test_sigterm);
	tcase_add_loop_test(tc, test_bad_frame, 0, (int)N(bad_cases));
	tcase_add_test(tc, test_bad_config);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
