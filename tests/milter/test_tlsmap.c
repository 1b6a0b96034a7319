/* SPDX-License-Identifier: ISC */
/*
 * test_tlsmap.c - the map behind a real socket: order, pipelining, who waits
 * for whom, and what becomes of those who do not behave (THREATS 2.6, T24).
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstring.h"
#include "support/engine_bench.h"
#include "tlsmap_private.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define POLICY(mx) "version: STSv1\nmode: enforce\nmx: " mx \
    "\nmax_age: 86400\n"
#define CONFIG "reply_deadline = \"1s\"\n" \
    "limits = { cold_total = \"100000/s\" }\n"
#define SECURE "OK secure match=mx.good.test servername=hostname"

static struct engine_bench b;
static struct sg_tlsmap *map;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listener;

/* "slow..." is never answered, "never..." neither; the rest publishes
   nothing. */
static bool
answer(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f;

	(void)arg;
	if (strncmp(job->hop.name, "slow", 4) == 0)
		return true;
	f = learnt_facts(&job->hop, "", NULL, "mx.good.test");
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static struct sg_config *
parse(const char *rules)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;
	char text[400];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n"
	    CONFIG "%s", rules);
	ck_assert_int_eq(sg_config_parse(text, "test", &c, &errors), SG_OK);
	return c;
}

static void
know(const char *name, const char *policy)
{
	struct sg_nexthop hop = hop_of(name);
	struct sg_facts *f = learnt_facts(&hop, "1", policy, "mx.good.test");

	f->fresh_until.s = f->refresh_at.s = sg_wall_now().s + 300;
	ck_assert_int_eq(sg_store_put(b.store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

static void
start(void)
{
	struct sg_tlsmap_params mp = { 0 };

	engine_bench_open(&b, CONFIG);
	engine_bench_attach(&b, answer, NULL);
	snprintf(address.sun_path, sizeof(address.sun_path),
	    "./tlsmap-%ld.sock", (long)getpid());
	(void)unlink(address.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1024), 0);
	mp = (struct sg_tlsmap_params) { b.engine, b.config, &listener, 1 };
	ck_assert_int_eq(sg_tlsmap_new(&mp, &map, NULL), SG_OK);
	know("good.test", POLICY("mx.good.test"));
	know("free.test", NULL);
}

static void
finish(void)
{
	sg_engine_drain(b.engine);
	sg_tlsmap_free(&map);
	ck_assert_ptr_null(map);
	close(listener);
	(void)unlink(address.sun_path);
	engine_bench_close(&b);
}

/* --- a client ------------------------------------------------------------------- */

static int
dial(void)
{
	struct timeval patience = { 20, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	return fd;
}

static void
say(int fd, const char *octets, size_t len)
{
	ck_assert_int_eq(send(fd, octets, len, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t
frame(char *out, size_t size, const char *question)
{
	return (size_t)snprintf(out, size, "%zu:%s,", strlen(question),
	    question);
}

static void
question(int fd, const char *text)
{
	char out[400];

	say(fd, out, frame(out, sizeof(out), text));
}

/* The next answer; NULL: the connection is over. */
static const char *
hear(int fd)
{
	static char text[4096];
	char head[8] = "";
	size_t n = 0, len;

	do {
		if (recv(fd, head + n, 1, 0) != 1)
			return NULL;
	} while (head[n++] != ':' && n < sizeof(head));
	len = strtoul(head, NULL, 10);
	ck_assert(len + 1 < sizeof(text));
	ck_assert_int_eq(recv(fd, text, len + 1, MSG_WAITALL),
	    (ssize_t)len + 1);
	ck_assert_int_eq(text[len], ',');
	text[len] = '\0';
	return text;
}

/* --- tests ---------------------------------------------------------------------- */

START_TEST(test_answers)
{
	int fd = dial();

	question(fd, "postfix good.test");
	ck_assert_str_eq(hear(fd), SECURE);
	question(fd, "sts good.test");
	ck_assert_str_eq(hear(fd), SECURE);
	question(fd, "postfix free.test");
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	question(fd, "postfix .test");
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	question(fd, "other good.test");
	ck_assert_str_eq(hear(fd),
	    "PERM no such map: postfix, postfix-tlsrpt or sts, or one of them "
	    "and +LEVEL");
	ck_assert_int_eq(fake_worker_jobs(b.worker), 0);
	question(fd, "postfix cold.test");
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	ck_assert_int_eq(fake_worker_jobs(b.worker), 1);
	close(fd);
}
END_TEST

START_TEST(test_octet_by_octet)
{
	char out[64];
	size_t len = frame(out, sizeof(out), "postfix good.test");
	int fd = dial();

	for (int times = 0; times < 3; times++) {
		for (size_t i = 0; i < len; i++)
			say(fd, out + i, 1);
		ck_assert_str_eq(hear(fd), SECURE);
	}
	close(fd);
}
END_TEST

/* More than the buffers of either side take, and nobody reads meanwhile. */
START_TEST(test_pipelined)
{
	static const char *const asked[] = { "postfix good.test",
		"postfix free.test", "sts good.test", "nomap x" };
	static const char *const said[] = { SECURE, "NOTFOUND ", SECURE,
		"PERM no such map: postfix, postfix-tlsrpt or sts, or one of them "
	    "and +LEVEL" };
	enum { MANY = 20000 };
	size_t n = 0, sent = 0, room = MANY * 32;
	char *out = malloc(room);
	int fd = dial(), heard = 0;

	for (int i = 0; i < MANY; i++)
		n += frame(out + n, room - n, asked[i % 4]);
	while (sent < n || heard < MANY) {
		struct pollfd p = { fd, POLLOUT, 0 };
		ssize_t k = 0;

		/* as much as goes, then one answer */
		if (sent < n && poll(&p, 1, 0) > 0)
			k = send(fd, out + sent, n - sent,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (k > 0) {
			sent += (size_t)k;
			continue;
		}
		ck_assert_str_eq(hear(fd), said[heard % 4]);
		heard++;
	}
	free(out);
	close(fd);
}
END_TEST

/* Behind a question that waits the others of the connection wait too, in
   order; those of other connections do not. */
START_TEST(test_order)
{
	int fd = dial(), other = dial();
	struct sg_tlsmap_stats stats;

	question(fd, "postfix good.test");
	question(fd, "postfix slow.test");
	question(fd, "postfix good.test");
	question(fd, "postfix free.test");
	for (int i = 0; i < 100; i++) {
		question(other, "postfix good.test");
		ck_assert_str_eq(hear(other), SECURE);
		question(other, "postfix free.test");
		ck_assert_str_eq(hear(other), "NOTFOUND ");
	}
	ck_assert_str_eq(hear(fd), SECURE);
	ck_assert_str_eq(hear(fd), "TEMP slow.test: timeout");
	ck_assert_str_eq(hear(fd), SECURE);
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	sg_tlsmap_stats(map, &stats);
	ck_assert_int_eq(
	    stats.answers[SG_DIALECT_POSTFIX][SG_MAP_SECURE], 102);
	ck_assert_int_eq(
	    stats.answers[SG_DIALECT_POSTFIX][SG_MAP_NOTFOUND], 101);
	ck_assert_int_eq(stats.answers[SG_DIALECT_POSTFIX][SG_MAP_TEMP], 1);
	ck_assert_int_eq(stats.waited, 1);
	ck_assert_int_eq(stats.connections, 2);
	close(fd);
	close(other);
}
END_TEST

/* T24: as many slow domains as there are threads and more. */
START_TEST(test_many_slow)
{
	enum { MANY = 150 };
	int fds[MANY], warm = dial();
	char text[40];

	for (int i = 0; i < MANY; i++) {
		fds[i] = dial();
		snprintf(text, sizeof(text), "postfix slow%d.test", i);
		question(fds[i], text);
	}
	for (int i = 0; i < 100; i++) {
		question(warm, "postfix good.test");
		ck_assert_str_eq(hear(warm), SECURE);
	}
	for (int i = 0; i < MANY; i++) {
		const char *got = hear(fds[i]);

		ck_assert_ptr_nonnull(got);
		ck_assert_int_eq(strncmp(got, "TEMP ", 5), 0);
		close(fds[i]);
	}
	close(warm);
}
END_TEST

static const char *const bad[] = { "01:x,", "10001:", ":,", "x", "1:xx",
	"2147483648:x", "GET / HTTP/1.0\r\n" };

START_TEST(test_bad_frame)
{
	struct sg_tlsmap_stats stats;
	int fd = dial();

	question(fd, "postfix good.test");
	say(fd, bad[_i], strlen(bad[_i]));
	ck_assert_str_eq(hear(fd), SECURE);
	ck_assert_ptr_null(hear(fd));
	sg_tlsmap_stats(map, &stats);
	ck_assert_int_eq(stats.bad_frames, 1);
	close(fd);
}
END_TEST

START_TEST(test_longest_question)
{
	char *out = malloc(SG_MAPREQUEST_MAX + 16);
	int fd = dial();

	memcpy(out, "10000:postfix ", 14);
	memset(out + 14, 'a', SG_MAPREQUEST_MAX - 8);
	out[6 + SG_MAPREQUEST_MAX] = ',';
	say(fd, out, SG_MAPREQUEST_MAX + 7);
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	question(fd, "postfix good.test");
	ck_assert_str_eq(hear(fd), SECURE);
	free(out);
	close(fd);
}
END_TEST

/* Whoever asks and goes away leaves nothing behind. */
START_TEST(test_gone_while_waiting)
{
	struct sg_tlsmap_stats stats = { .connections = 1 };
	char text[40];

	for (int i = 0; i < 20; i++) {
		int fd = dial();

		snprintf(text, sizeof(text), "postfix slow%d.test", i);
		question(fd, text);
		question(fd, "postfix good.test");
		close(fd);
	}
	for (int i = 0; i < 1000 && stats.connections > 0; i++) {
		(void)poll(NULL, 0, 10);
		sg_tlsmap_stats(map, &stats);
	}
	ck_assert_int_eq(stats.connections, 0);
}
END_TEST

/* T24: 512 idle connections do not lock out the 513th. */
START_TEST(test_full)
{
	int fds[SG_TLSMAP_MAX_CONNS], more;
	struct sg_tlsmap_stats stats;

	for (int i = 0; i < SG_TLSMAP_MAX_CONNS; i++) {
		fds[i] = dial();
		question(fds[i], "postfix free.test");
		ck_assert_str_eq(hear(fds[i]), "NOTFOUND ");
	}
	question(fds[0], "postfix free.test"); /* not the longest silent now */
	ck_assert_str_eq(hear(fds[0]), "NOTFOUND ");
	more = dial();
	question(more, "postfix good.test");
	ck_assert_str_eq(hear(more), SECURE);
	sg_tlsmap_stats(map, &stats);
	ck_assert_int_eq(stats.connections, SG_TLSMAP_MAX_CONNS);
	ck_assert_int_eq(stats.pushed_out, 1);
	ck_assert_ptr_null(hear(fds[1]));
	question(fds[0], "postfix good.test");
	ck_assert_str_eq(hear(fds[0]), SECURE);
	for (int i = 0; i < SG_TLSMAP_MAX_CONNS; i++)
		close(fds[i]);
	close(more);
}
END_TEST

START_TEST(test_config)
{
	struct sg_config *other = parse("recipients = ( { match = "
	    "\"good.test\" require = \"none\" }, { match = \"free.test\" "
	    "require = \"encrypt\" } )");
	int fd = dial();

	question(fd, "postfix good.test");
	ck_assert_str_eq(hear(fd), SECURE);
	sg_tlsmap_set_config(map, other);
	question(fd, "postfix good.test");
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	question(fd, "postfix free.test");
	ck_assert_str_eq(hear(fd), "OK encrypt");
	sg_config_unref(&other);
	close(fd);
}
END_TEST

START_TEST(test_pin)
{
	struct sg_wall now = sg_wall_now(), until = { now.s + 60 };
	struct sg_tlsmap_stats stats;
	struct sg_pin *pin = NULL;
	int fd = dial();

	ck_assert_int_eq(sg_pin_read("free.test", SG_LEVEL_SECURE, now, until,
	    "*.good.test", &pin), SG_OK);
	ck_assert_int_eq(sg_engine_set_pin(b.engine, pin), SG_OK);
	sg_pin_unref(&pin);
	question(fd, "postfix free.test");
	ck_assert_str_eq(hear(fd), SECURE);
	ck_assert_int_eq(sg_store_purge(b.store, "free.test"), SG_OK);
	know("free.test", NULL);
	question(fd, "postfix free.test");
	ck_assert_str_eq(hear(fd), "NOTFOUND ");
	sg_tlsmap_stats(map, &stats);
	ck_assert_int_eq(stats.pinned, 1);
	close(fd);
}
END_TEST

START_TEST(test_drain)
{
	int idle = dial(), waits = dial();

	question(idle, "postfix good.test");
	ck_assert_str_eq(hear(idle), SECURE);
	question(waits, "postfix slow.test");
	while (fake_worker_jobs(b.worker) == 0)
		(void)poll(NULL, 0, 1);
	sg_engine_drain(b.engine);
	sg_tlsmap_drain(map);
	ck_assert_ptr_null(hear(idle));
	ck_assert_int_eq(strncmp(hear(waits), "TEMP ", 5), 0);
	ck_assert_ptr_null(hear(waits));
	close(idle);
	close(waits);
}
END_TEST

/* Slowloris, silence, and who does not take his answer. */
static const struct {
	const char *name;
	int64_t spoke, began;
	bool waits, late;
} times[] = {
	{ "just asked", 1000000, 0, false, false },
	{ "half a question", 1000000, 999000, false, false },
	{ "half a question, drop by drop", 1000000, 989000, false, true },
	{ "silent for minutes", 500000, 0, false, false },
	{ "silent for longer", 399000, 0, false, true },
	{ "waits for us", 399000, 0, true, false },
};

START_TEST(test_late)
{
	struct sg_conn *c = calloc(1, sizeof(*c));
	struct sg_tlsmap_job job;
	struct sg_mono now = { 1000000 };

	c->spoke.ms = times[_i].spoke;
	c->began.ms = times[_i].began;
	c->job = times[_i].waits ? &job : NULL;
	ck_assert_msg(sg_conn_is_late(c, now) == times[_i].late, "%s",
	    times[_i].name);
	free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tlsmap");
	TCase *t = tcase_create("tlsmap"), *pure = tcase_create("pure");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, start, finish);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_answers);
	tcase_add_test(t, test_octet_by_octet);
	tcase_add_test(t, test_pipelined);
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_many_slow);
	tcase_add_loop_test(t, test_bad_frame, 0, N(bad));
	tcase_add_test(t, test_longest_question);
	tcase_add_test(t, test_gone_while_waiting);
	tcase_add_test(t, test_full);
	tcase_add_test(t, test_config);
	tcase_add_test(t, test_pin);
	tcase_add_test(t, test_drain);
	suite_add_tcase(s, t);
	tcase_add_loop_test(pure, test_late, 0, N(times));
	suite_add_tcase(s, pure);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
