/* SPDX-License-Identifier: ISC */
/*
 * What surrounds a policy fetch: the request and what it must not tell, the
 * environment, the guard, addresses in turn, and the life of the client.
 * getaddrinfo(3) is played here: nobody may call it.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <check.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "support/https_bench.h"

#define POLICY "version: STSv1\nmode: none\nmax_age: 86400\n"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
	"Content-Length: 41\r\n"
_Static_assert(sizeof(POLICY) - 1 == 41, "HEAD");
#define MANY 20

static const struct tls_script good = { .head = HEAD "\r\n", .body = POLICY };
static const struct tls_script missing = {
	.head = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
};
static const struct tls_script mute = { .start = TLS_START_MUTE };
static const struct tls_script half = { .head = HEAD "\r\n",
	.body = "version: ", .end = TLS_END_WAIT };
static const struct tls_script silent = { .start = TLS_START_SILENT };

static unsigned resolved;

int
getaddrinfo(const char *restrict node, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	resolved++;
	return (EAI_FAIL);
}

static void
assert_good(const struct https_outcome *out)
{
	ck_assert_msg(out->rc == SG_OK, "%s: %s",
	    sg_reason_name(out->err.reason), out->err.text);
	ck_assert_str_eq(out->body, POLICY);
	ck_assert_uint_eq(resolved, 0);
}

static void
assert_failed(const struct https_outcome *out, enum sg_reason reason,
    const char *text)
{
	ck_assert_msg(out->rc != SG_OK, "taken: %s", out->body);
	ck_assert_msg(out->err.reason == reason, "got %s (%s)",
	    sg_reason_name(out->err.reason), out->err.text);
	ck_assert_msg(strncmp(out->err.text, text, strlen(text)) == 0,
	    "got \"%s\"", out->err.text);
	ck_assert_uint_eq(resolved, 0);
}

static void
get_good(struct https_bench *b)
{
	struct https_outcome out;

	https_bench_play(b, &good, 0, &out);
	assert_good(&out);
	https_outcome_fini(&out);
}

/* --- the request (C-01, C-06, C-09, T20) -------------------------------- */

static const char want_request[] =
    "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
    "Host: mta-sts.good.test\r\n"
    "User-Agent: stsgate\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: identity\r\n"
    "\r\n";

/* The second time, too: nothing is kept of the first. */
START_TEST(test_request)
{
	static const struct tls_script row = {
		.head = HEAD "Set-Cookie: a=b; Path=/\r\n"
		    "ETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00"
		    " GMT\r\nStrict-Transport-Security: max-age=1000\r\n"
		    "Alt-Svc: h2=\":1\"; ma=1000\r\n\r\n",
		.body = POLICY
	};
	struct tls_request request;
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	for (int i = 0; i < 3; i++) {
		https_bench_play(&b, &row, 0, &out);
		assert_good(&out);
		https_outcome_fini(&out);
		tls_server_last(b.server, &request);
		ck_assert_str_eq(request.text, want_request);
		ck_assert_str_eq(request.sni, BENCH_HOST);
		ck_assert_str_eq(request.alpn, "http/1.1");
		ck_assert_int_eq(request.resumed, 0);
		ck_assert_uint_eq(tls_server_connections(b.server), 1);
	}
	ck_assert_uint_eq(sg_https_stats(b.https)->fetches, 3);
	https_bench_close(&b);
}
END_TEST

static const struct {
	const char *name, *domain;
	bool starts;
} domains[] = {
	{ "plain", "x.test", true },
	{ "A-label", "xn--bcher-kva.test", true },
	{ "underscore", "_x.test", true },
	{ "user", "x@evil.test", false },
	{ "slash", "evil.test/x", false },
	{ "fragment", "evil.test#x", false },
	{ "port", "evil.test:444", false },
	{ "percent", "evil%00.test", false },
	{ "brackets", "[::1]", false },
	{ "literal", "127.0.0.1", false },
	{ "blank", "evil.test x", false },
	{ "T14: CR LF", "x.test\r\nX: y", false },
	{ "empty", "", false },
	{ "leading dot", ".x.test", false },
	{ "trailing dot", "x.test.", false },
	{ "capitals are not the kept form", "X.test", false },
	{ "A-12: no room for mta-sts.",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
	    false },
};

/* T15: the name asked for, in SNI, Host and certificate, or no fetch. */
START_TEST(test_domain)
{
	struct https_ask ask = { .domain = domains[_i].domain };
	struct tls_script row = good;
	struct tls_request request;
	struct https_outcome out;
	struct https_bench b;
	char host[300], line[320];

	https_bench_open(&b);
	snprintf(host, sizeof(host), "mta-sts.%s", domains[_i].domain);
	snprintf(line, sizeof(line), "\r\nHost: %s\r\n", host);
	if (domains[_i].starts)
		row.leaf = test_ca_host(b.ca, host);
	tls_server_load(b.server, &row, 1);
	ck_assert_msg((https_bench_start(&b, &ask, &out) != NULL) ==
	    domains[_i].starts, "%s", domains[_i].name);
	https_bench_wait(&b);
	tls_server_last(b.server, &request);
	if (domains[_i].starts) {
		assert_good(&out);
		ck_assert_str_eq(request.sni, host);
		ck_assert_ptr_nonnull(strstr(request.text, line));
	}
	ck_assert_uint_eq(tls_server_connections(b.server),
	    domains[_i].starts ? 1 : 0);
	https_outcome_fini(&out);
	https_bench_close(&b);
}
END_TEST

/* --- the environment ---------------------------------------------------- */

static const char *const proxy_names[] = { "https_proxy", "HTTPS_PROXY",
	"all_proxy", "ALL_PROXY", "http_proxy" };

START_TEST(test_proxy)
{
	static const char *const schemes[] = { "http", "https", "socks5h" };
	struct tls_server *proxy = tls_server_start(NULL);
	struct https_bench b;
	char url[64];

	tls_server_load(proxy, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(url, sizeof(url), "%s://127.0.0.1:%u", schemes[i],
		    tls_server_port(proxy));
		setenv(proxy_names[_i], url, 1);
		https_bench_open(&b);
		get_good(&b);
		https_bench_close(&b);
	}
	ck_assert_uint_eq(tls_server_connections(proxy), 0);
	tls_server_stop(&proxy);
}
END_TEST

static void
make_dir(char *path, size_t size)
{
	const char *dir = getenv("TMPDIR");

	snprintf(path, size, "%s/test_https.XXXXXX",
	    dir != NULL && dir[0] != '\0' ? dir : P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(path));
}

START_TEST(test_key_log)
{
	char dir[512], path[600];
	struct https_bench b;
	struct stat st;

	make_dir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/keys", dir);
	setenv("SSLKEYLOGFILE", path, 1);
	https_bench_open(&b);
	get_good(&b);
	https_bench_close(&b);
	if (stat(path, &st) == 0)
		ck_assert_int_eq(st.st_size, 0);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(test_netrc)
{
	char dir[512], path[600];
	struct https_bench b;
	struct tls_request request;
	FILE *f;

	make_dir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/.netrc", dir);
	f = fopen(path, "w");
	fprintf(f, "machine " BENCH_HOST " login a password b\n");
	fclose(f);
	setenv("HOME", dir, 1);
	setenv("NETRC", path, 1);
	https_bench_open(&b);
	get_good(&b);
	tls_server_last(b.server, &request);
	ck_assert_str_eq(request.text, want_request);
	https_bench_close(&b);
	unlink(path);
	rmdir(dir);
}
END_TEST

/* Neither variable adds a CA: not to ca_file, not to the system's. */
START_TEST(test_cert_file)
{
	struct sg_err err = { 0 };
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	setenv("SSL_CERT_FILE", b.config.https_ca_file, 1);
	setenv("CURL_CA_BUNDLE", b.config.https_ca_file, 1);
	free(b.config.https_ca_file);
	b.config.https_ca_file = strdup("");
	sg_https_free(&b.https);
	if (sg_https_new(b.base, &b.config, b.guard, &b.https, &err) ==
	    SG_OK) {
		https_bench_play(&b, &good, 0, &out);
		assert_failed(&out, SG_REASON_STS_WEBPKI_INVALID,
		    "not-trusted:");
	} else /* a system without CAs */
		ck_assert_str_eq(err.text,
		    "the system's CA certificates cannot be read");
	https_bench_close(&b);
}
END_TEST

static const char *const ca_files[] = { "/nonexistent/ca.pem", "/dev/null",
	"/" };

START_TEST(test_bad_ca_file)
{
	struct sg_err err = { 0 };
	struct https_bench b;

	https_bench_open(&b);
	free(b.config.https_ca_file);
	b.config.https_ca_file = strdup(ca_files[_i]);
	sg_https_free(&b.https);
	ck_assert_int_eq(sg_https_new(b.base, &b.config, b.guard, &b.https,
	    &err), SG_BAD);
	ck_assert_ptr_null(b.https);
	ck_assert_int_eq(err.reason, SG_REASON_INTERNAL);
	ck_assert_ptr_nonnull(strstr(err.text, ca_files[_i]));
	https_bench_close(&b);
}
END_TEST

/* --- the guard (C-19, T10) ---------------------------------------------- */

START_TEST(test_guard_refuses)
{
	static const struct https_ask both = {
		.addrs = { "127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1" }
	};
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	b.config.n_allow_networks = 0;
	https_bench_reopen(&b);
	tls_server_load(b.server, &good, 1);
	https_bench_get(&b, &both, &out);
	assert_failed(&out, SG_REASON_SPECIAL_USE_ADDRESS, "policy host's");
	ck_assert_int_eq(out.rc, SG_BAD);
	ck_assert_uint_eq(tls_server_connections(b.server), 0);
	https_bench_close(&b);
}
END_TEST

/* A mixed set: only the permitted one is connected to. */
START_TEST(test_guard_mixed)
{
	static const struct https_ask mixed = {
		.addrs = { "127.0.0.2", "127.0.0.1" }
	};
	struct tls_server *second;
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	second = tls_server_start_on(test_ca_host(b.ca, BENCH_HOST),
	    "127.0.0.2", tls_server_port(b.server));
	ck_assert_ptr_nonnull(second);
	sg_cidr_parse("127.0.0.1", &b.loopback[0]);
	https_bench_reopen(&b);
	tls_server_load(second, &good, 1);
	tls_server_load(b.server, &good, 1);
	https_bench_get(&b, &mixed, &out);
	assert_good(&out);
	ck_assert_uint_eq(tls_server_connections(second), 0);
	https_outcome_fini(&out);
	tls_server_stop(&second);
	https_bench_close(&b);
}
END_TEST

/* --- addresses in turn -------------------------------------------------- */

static const struct {
	const char *name;
	const struct tls_script *first; /* at 127.0.0.2; NULL: refused */
	enum { LEAF_GOOD, LEAF_WRONG } leaf;
	const struct tls_script *second; /* at 127.0.0.1; NULL: refused */
	int deadline_ms;
	enum sg_reason reason; /* NONE: good */
	const char *text;
	size_t asked; /* connections to the second */
} turns[] = {
	{ "refused, good", NULL, LEAF_GOOD, &good, 0, SG_REASON_NONE, "", 1 },
	{ "wrong certificate, good", &good, LEAF_WRONG, &good, 0,
	    SG_REASON_NONE, "", 1 },
	{ "silent, good: its share of the time", &silent, LEAF_GOOD, &good,
	    2000, SG_REASON_NONE, "", 1 },
	{ "404, good: an answer is an answer", &missing, LEAF_GOOD, &good, 0,
	    SG_REASON_STS_POLICY_FETCH_ERROR, "status 404", 0 },
	{ "refused, 404", NULL, LEAF_GOOD, &missing, 0,
	    SG_REASON_STS_POLICY_FETCH_ERROR, "status 404", 1 },
	{ "refused, refused", NULL, LEAF_GOOD, NULL, 0,
	    SG_REASON_STS_POLICY_FETCH_ERROR, "unreachable:", 0 },
	{ "wrong certificate, refused: the certificate is told", &good,
	    LEAF_WRONG, NULL, 0, SG_REASON_STS_WEBPKI_INVALID,
	    "host-mismatch:", 0 },
	{ "wrong certificate, 404: the answer is told", &good, LEAF_WRONG,
	    &missing, 0, SG_REASON_STS_POLICY_FETCH_ERROR, "status 404", 1 },
	{ "mute, good: the time is up", &mute, LEAF_GOOD, &good, 400,
	    SG_REASON_STS_POLICY_FETCH_ERROR, "timeout:", 0 },
};

START_TEST(test_turns)
{
	struct https_ask ask = { .addrs = { "127.0.0.2", "127.0.0.1" },
		.deadline_ms = turns[_i].deadline_ms };
	struct tls_server *first = NULL;
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	ask.port = tls_server_port(b.server);
	if (turns[_i].first != NULL) {
		first = tls_server_start_on(test_ca_host(b.ca,
		    turns[_i].leaf == LEAF_GOOD ? BENCH_HOST : "a.test"),
		    "127.0.0.2", ask.port);
		ck_assert_ptr_nonnull(first);
		tls_server_load(first, turns[_i].first, 1);
	}
	if (turns[_i].second != NULL)
		tls_server_load(b.server, turns[_i].second, 1);
	else
		tls_server_stop(&b.server);
	https_bench_get(&b, &ask, &out);
	if (turns[_i].reason == SG_REASON_NONE)
		assert_good(&out);
	else
		assert_failed(&out, turns[_i].reason, turns[_i].text);
	if (b.server != NULL)
		ck_assert_msg(tls_server_connections(b.server) ==
		    turns[_i].asked, "%s", turns[_i].name);
	https_outcome_fini(&out);
	tls_server_stop(&first);
	https_bench_close(&b);
}
END_TEST

START_TEST(test_nothing_to_try)
{
	static const struct https_ask none = { .no_addrs = true },
	    late = { .deadline_ms = -1 };
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	tls_server_load(b.server, &good, 1);
	https_bench_get(&b, &none, &out);
	assert_failed(&out, SG_REASON_STS_POLICY_FETCH_ERROR,
	    "policy host has no address");
	https_bench_get(&b, &late, &out);
	assert_failed(&out, SG_REASON_STS_POLICY_FETCH_ERROR, "timeout:");
	ck_assert_uint_eq(tls_server_connections(b.server), 0);
	https_bench_close(&b);
}
END_TEST

/* T13: eight addresses, however many there are. */
START_TEST(test_many_addresses)
{
	static const struct https_ask ask = {
		.addrs = { "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5",
		    "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.9",
		    "127.0.0.1" }
	};
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	tls_server_load(b.server, &good, 1);
	https_bench_get(&b, &ask, &out);
	assert_failed(&out, SG_REASON_STS_POLICY_FETCH_ERROR, "unreachable:");
	ck_assert_uint_eq(tls_server_connections(b.server), 0);
	https_bench_close(&b);
}
END_TEST

START_TEST(test_ipv6)
{
	static const struct https_ask ask = { .addrs = { "::1" } };
	struct tls_server *six;
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	six = tls_server_start_on(test_ca_host(b.ca, BENCH_HOST), "::1",
	    tls_server_port(b.server));
	if (six != NULL) { /* else: a host without IPv6 */
		tls_server_load(six, &good, 1);
		https_bench_get(&b, &ask, &out);
		assert_good(&out);
		https_outcome_fini(&out);
		ck_assert_uint_eq(tls_server_connections(six), 1);
		tls_server_stop(&six);
	}
	https_bench_close(&b);
}
END_TEST

/* --- the client's life -------------------------------------------------- */

/* Our ends of connections to port, and how many of them are CLOEXEC. */
static size_t
count_sockets(uint16_t port, size_t *cloexec)
{
	struct sockaddr_in to;
	socklen_t len;
	size_t n = 0;

	*cloexec = 0;
	for (int fd = 0; fd < 1024; fd++) {
		len = sizeof(to);
		if (getpeername(fd, (struct sockaddr *)&to, &len) != 0 ||
		    to.sin_family != AF_INET || ntohs(to.sin_port) != port)
			continue;
		n++;
		*cloexec += (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
	}
	return (n);
}

/* Runs the loop until the server has n requests, or connections. */
static void
run_until(struct https_bench *b, size_t (*count)(struct tls_server *),
    size_t n)
{
	while (count(b->server) < n)
		event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void
start_many(struct https_bench *b, struct sg_https_fetch **fetches,
    struct https_outcome *outs)
{
	for (size_t i = 0; i < MANY; i++) {
		fetches[i] = https_bench_start(b, NULL, &outs[i]);
		ck_assert_ptr_nonnull(fetches[i]);
	}
}

/* Where the fetches are when they are ended. */
static const struct {
	const char *name;
	const struct tls_script *row;
	size_t (*count)(struct tls_server *);
} stages[] = {
	{ "not begun", &good, NULL },
	{ "in the handshake", &silent, tls_server_connections },
	{ "request sent", &mute, tls_server_requests },
	{ "answering", &half, tls_server_requests },
};

static void
assert_untold(const struct https_outcome *outs)
{
	for (size_t i = 0; i < MANY; i++)
		ck_assert(!outs[i].done);
}

START_TEST(test_free_in_flight)
{
	struct https_bench bench, *b = &bench;
	struct sg_https_fetch *fetches[MANY];
	struct https_outcome outs[MANY];

	https_bench_open(b);
	tls_server_load(b->server, stages[_i].row, 1);
	start_many(b, fetches, outs);
	if (stages[_i].count != NULL)
		run_until(b, stages[_i].count, MANY);
	https_bench_close(b);
	assert_untold(outs);
}
END_TEST

START_TEST(test_cancel)
{
	struct https_bench bench, *b = &bench;
	struct sg_https_fetch *fetches[MANY];
	struct https_outcome outs[MANY];

	https_bench_open(b);
	tls_server_load(b->server, stages[_i].row, 1);
	start_many(b, fetches, outs);
	if (stages[_i].count != NULL)
		run_until(b, stages[_i].count, MANY);
	for (size_t i = 0; i < MANY; i++)
		sg_https_cancel(fetches[i]);
	b->pending = 0;
	get_good(b); /* the client still works */
	assert_untold(outs);
	https_bench_close(b);
}
END_TEST

/* From within a callback: others are cancelled, new ones are started. */
struct chain {
	struct https_bench *b;
	struct sg_https_fetch *victim;
	size_t left;
};

static void on_link(void *arg, const struct sg_https_result *result);

static struct sg_https_fetch *
start_link(struct chain *chain, const char *domain)
{
	struct sg_addr addr;
	struct sg_https_params params = { .domain = domain,
		.addrs = &addr, .n_addrs = 1,
		.port = tls_server_port(chain->b->server),
		.deadline_ms = BENCH_DEADLINE_MS };

	sg_addr_parse("127.0.0.1", &addr);
	return (sg_https_get(chain->b->https, &params, on_link, chain));
}

static void
on_link(void *arg, const struct sg_https_result *result)
{
	struct chain *chain = arg;

	ck_assert_int_eq(result->rc, SG_OK);
	if (chain->victim != NULL)
		sg_https_cancel(chain->victim);
	chain->victim = NULL;
	if (chain->left == 0)
		event_base_loopbreak(chain->b->base);
	else if (chain->left-- > 0)
		ck_assert_ptr_nonnull(start_link(chain, BENCH_DOMAIN));
}

START_TEST(test_from_callback)
{
	struct https_bench b;
	struct chain chain = { .b = &b, .left = 5 };
	struct tls_script rows[2] = { mute, good };

	https_bench_open(&b);
	rows[0].host = "mta-sts.mute.test";
	rows[0].leaf = test_ca_host(b.ca, rows[0].host);
	tls_server_load(b.server, rows, 2);
	chain.victim = start_link(&chain, "mute.test");
	ck_assert_ptr_nonnull(chain.victim);
	ck_assert_ptr_nonnull(start_link(&chain, BENCH_DOMAIN));
	event_base_dispatch(b.base);
	ck_assert_uint_eq(chain.left, 0);
	https_bench_close(&b);
}
END_TEST

/* C-19, T27: sockets are not inherited, and none is left behind. */
START_TEST(test_sockets)
{
	struct sg_https_fetch *fetches[MANY];
	struct https_outcome outs[MANY];
	struct https_bench bench, *b = &bench;
	size_t n, cloexec;

	https_bench_open(b);
	get_good(b);
	get_good(b);
	n = count_sockets(tls_server_port(b->server), &cloexec);
	ck_assert_uint_eq(n, 0);
	tls_server_load(b->server, &mute, 1);
	start_many(b, fetches, outs);
	run_until(b, tls_server_requests, MANY);
	n = count_sockets(tls_server_port(b->server), &cloexec);
	ck_assert_uint_eq(n, MANY);
	ck_assert_uint_eq(cloexec, MANY);
	for (size_t i = 0; i < MANY; i++)
		sg_https_cancel(fetches[i]);
	b->pending = 0;
	n = count_sockets(tls_server_port(b->server), &cloexec);
	ck_assert_uint_eq(n, 0);
	https_bench_close(b);
}
END_TEST

/* Many at once, each told once, each connection its own. */
START_TEST(test_parallel)
{
	struct sg_https_fetch *fetches[MANY];
	struct https_outcome outs[MANY];
	struct https_bench b;

	https_bench_open(&b);
	tls_server_load(b.server, &good, 1);
	start_many(&b, fetches, outs);
	https_bench_wait(&b);
	for (size_t i = 0; i < MANY; i++) {
		assert_good(&outs[i]);
		https_outcome_fini(&outs[i]);
	}
	ck_assert_uint_eq(tls_server_connections(b.server), MANY);
	https_bench_close(&b);
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("net/https: surroundings");
	TCase *tc = tcase_create("surroundings");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_request);
	tcase_add_loop_test(tc, test_domain, 0, ROWS(domains));
	tcase_add_loop_test(tc, test_proxy, 0, ROWS(proxy_names));
	tcase_add_test(tc, test_key_log);
	tcase_add_test(tc, test_netrc);
	tcase_add_test(tc, test_cert_file);
	tcase_add_loop_test(tc, test_bad_ca_file, 0, ROWS(ca_files));
	tcase_add_test(tc, test_guard_refuses);
	tcase_add_test(tc, test_guard_mixed);
	tcase_add_loop_test(tc, test_turns, 0, ROWS(turns));
	tcase_add_test(tc, test_nothing_to_try);
	tcase_add_test(tc, test_many_addresses);
	tcase_add_test(tc, test_ipv6);
	tcase_add_loop_test(tc, test_free_in_flight, 0, ROWS(stages));
	tcase_add_loop_test(tc, test_cancel, 0, ROWS(stages));
	tcase_add_test(tc, test_from_callback);
	tcase_add_test(tc, test_sockets);
	tcase_add_test(tc, test_parallel);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? 0 : 1);
}
