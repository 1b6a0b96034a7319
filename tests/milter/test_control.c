/* SPDX-License-Identifier: ISC */
/* test_control.c - the control socket and the metrics, asked over real sockets
   as clients good and bad would. */
#include <check.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "control.h"
#include "facts/facts.h"
#include "metrics.h"
#include "reception.h"
#include "remote.h"
#include "report/counters.h"
#include "status.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 86400\n"

static char dir[] = "/tmp/stsgate-control-XXXXXX";
static char control_path[64], metrics_path[64];
static struct sg_session_env env;
static struct sg_store *store;
static _Atomic(enum sg_rc) reload_rc;
static const char *_Atomic reload_text;

static enum sg_rc
fake_reload(void *arg, char **text)
{
	(void)arg;
	*text = strdup(reload_text);
	return reload_rc;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	return fd;
}

static void
put(const char *name, const char *policy)
{
	struct sg_nexthop hop;
	struct sg_facts *f;
	struct sg_wall now = sg_wall_now();

	ck_assert_int_eq(sg_nexthop_parse(name, &hop, NULL), SG_OK);
	f = sg_facts_new(&hop);
	f->sts.txt.state = policy != NULL ? SG_TXT_RECORD : SG_TXT_NONE;
	f->sts.txt.at = now;
	f->sts.txt.until.s = f->fresh_until.s = f->refresh_at.s = now.s + 300;
	if (policy != NULL)
		ck_assert_int_eq(sg_facts_set_policy(f, policy, strlen(policy),
		    "1", now, NULL), SG_OK);
	f->mx_state = SG_MX_NULL;
	f->mx_at = now;
	f->mx_until.s = now.s + 300;
	ck_assert_int_eq(sg_store_put(store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

static void
open_house(void)
{
	static struct sg_engine_params engine;
	static struct sg_config_errors errors;
	struct sg_store_params no_disk = { .path = NULL };
	struct sg_err err;

	ck_assert_int_eq(sg_config_parse("reply_deadline = \"1s\"", "test",
	    &env.config, &errors), SG_OK);
	ck_assert_int_eq(sg_store_open(&no_disk, &store, &err), SG_OK);
	engine = (struct sg_engine_params) { .store = store,
		.config = env.config };
	ck_assert_int_eq(sg_engine_new(&engine, &env.engine, &err), SG_OK);
	pthread_mutex_init(&env.mutex, NULL);
	sg_status_init("/etc/stsgate/stsgate.conf", env.config);
}

static void
setup(void)
{
	struct sg_err err;
	struct sg_control_params control = { .env = &env,
		.reload = fake_reload };
	struct sg_metrics_params metrics;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(control_path, sizeof(control_path), "%s/c", dir);
	snprintf(metrics_path, sizeof(metrics_path), "%s/m", dir);
	open_house();
	put("good.test", POLICY);
	put("plain.test", NULL);
	control.fd = listen_at(control_path);
	control.store = store;
	metrics = (struct sg_metrics_params) { listen_at(metrics_path),
		env.engine, store, NULL };
	ck_assert_int_eq(sg_control_start(&control, &err), SG_OK);
	ck_assert_int_eq(sg_metrics_start(&metrics, &err), SG_OK);
}

static void
teardown(void)
{
	unlink(control_path);
	unlink(metrics_path);
	rmdir(dir);
}

/* Sends raw octets, returns what comes until the end (malloc'ed). */
static char *
talk(const char *path, const char *data, size_t len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *out = calloc(1, 1 << 20);
	size_t have = 0;
	ssize_t n;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	(void)sg_reception_send(fd, data, len, sg_mono_now().ms + 5000);
	(void)shutdown(fd, SHUT_WR);
	while ((n = recv(fd, out + have, (1 << 20) - 1 - have, 0)) > 0)
		have += (size_t)n;
	close(fd);
	return out;
}

static int
ask(const char *json, char **text)
{
	struct sg_err err = { .text = "" };
	size_t len;
	int status = -1;
	FILE *out = open_memstream(text, &len);
	json_t *request = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(request);
	ck_assert_msg(sg_remote_ask(control_path, request, out, NULL, &status,
	    &err) == SG_OK, "%s", err.text);
	fclose(out);
	return status;
}

/* --- requests -------------------------------------------------------------------- */

static const struct {
	const char *name, *request;
	int status;
	const char *says; /* in the output; NULL: there is none */
} rows[] = {
	{ "status", "{\"do\":\"status\"}", 0, "up " },
	{ "status as JSON", "{\"do\":\"status\",\"json\":true}", 0,
	    "\"config_ok\":true" },
	{ "stats", "{\"do\":\"stats\"}", 0, "2 next hops, 1 with a policy" },
	{ "stats as JSON", "{\"do\":\"stats\",\"json\":true}", 0,
	    "\"next_hops\":2" },
	{ "list", "{\"do\":\"list\"}", 0, "good.test" },
	{ "list as JSON", "{\"do\":\"list\",\"json\":true}", 0,
	    "\"next_hop\":\"plain.test\"" },
	{ "show", "{\"do\":\"show\",\"name\":\"GOOD.test.\"}", 0, "enforce" },
	{ "show what is not known", "{\"do\":\"show\",\"name\":\"x.test\"}", 1,
	    NULL },
	{ "show what is no name", "{\"do\":\"show\",\"name\":\"a..b\"}",
	    EX_USAGE, NULL },
	{ "show nothing", "{\"do\":\"show\"}", EX_USAGE, NULL },
	{ "query, known", "{\"do\":\"query\",\"name\":\"plain.test\"}", 0,
	    "none published" },
	{ "query, no worker", "{\"do\":\"query\",\"name\":\"x.test\","
	    "\"json\":true}", 2, "\"result\":\"unknown\"" },
	{ "query an address", "{\"do\":\"query\",\"name\":\"[192.0.2.1]\"}",
	    0, "not-applicable" },
	{ "explain", "{\"do\":\"explain\",\"from\":\"a@b.test\","
	    "\"to\":\"c@plain.test\"}", 0, "group    default" },
	{ "explain, no address", "{\"do\":\"explain\",\"from\":\"a@b\","
	    "\"to\":\"c@d..e\"}", EX_USAGE, NULL },
	{ "explain, no client", "{\"do\":\"explain\",\"from\":\"a@b.test\","
	    "\"to\":\"c@plain.test\",\"client\":\"nonsense\"}", EX_USAGE,
	    NULL },
	{ "unknown request", "{\"do\":\"dance\"}", EX_PROTOCOL, NULL },
	{ "no request", "{}", EX_PROTOCOL, NULL },
	{ "members of other types", "{\"do\":7,\"name\":[1]}", EX_PROTOCOL,
	    NULL },
	{ "S-02 purge", "{\"do\":\"purge\",\"name\":\"plain.test\"}", 0, NULL },
	{ "S-02 purge again", "{\"do\":\"purge\",\"name\":\"plain.test\"}", 1,
	    NULL },
	{ "purge all", "{\"do\":\"purge\",\"all\":true}", 0,
	    " purged" },
	{ "list nothing", "{\"do\":\"list\",\"json\":true}", 0, NULL },
};

START_TEST(test_requests)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		int status = ask(rows[i].request, &text);

		ck_assert_msg(status == rows[i].status,
		    "%s: status %d, want %d: %s", rows[i].name, status,
		    rows[i].status, text);
		if (rows[i].says != NULL)
			ck_assert_msg(strstr(text, rows[i].says) != NULL,
			    "%s: no \"%s\" in: %s", rows[i].name,
			    rows[i].says, text);
		else
			ck_assert_msg(text[0] == '\0', "%s: got %s",
			    rows[i].name, text);
		free(text);
	}
}
END_TEST

/* A policy, and a host that keeps to it. */
static void
put_good_host(void)
{
	struct sg_nexthop hop = { .name = "kept.test", .port = SG_SMTP_PORT };
	struct sg_facts *f = sg_facts_new(&hop);
	struct sg_wall now = sg_wall_now();
	static const char policy[] = "version: STSv1\nmode: enforce\n"
	    "mx: mx.kept.test\nmax_age: 86400\n";

	ck_assert_int_eq(sg_facts_set_policy(f, policy, strlen(policy), "1",
	    now, NULL), SG_OK);
	f->sts.txt.state = SG_TXT_RECORD;
	snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "1");
	ck_assert_int_eq(sg_facts_set_mx(f, 1), SG_OK);
	f->mx_state = SG_MX_FOUND;
	snprintf(f->mx[0].host, sizeof(f->mx[0].host), "mx.kept.test");
	f->mx[0].addrs = SG_ADDR_OK;
	f->mx[0].tlsa = SG_TLSA_NONE;
	f->mx[0].probe = (struct sg_facts_probe) { .state = SG_PROBE_OK,
		.level = SG_LEVEL_VERIFY, .at = now,
		.until.s = now.s + 3600 };
	f->sts.txt.at = f->mx_at = now;
	f->sts.txt.until.s = f->mx_until.s = f->fresh_until.s =
	    f->refresh_at.s = now.s + 300;
	ck_assert_int_eq(sg_store_put(store, &f, 1, NULL), SG_OK);
	sg_facts_unref(&f);
}

/* Only who says that mail goes by the answer (`held --release`) has it pinned
   (THREATS T25). */
START_TEST(test_explain_pins)
{
#define ASK_KEPT "{\"do\":\"explain\",\"from\":\"a@b.test\"," \
    "\"to\":\"c@kept.test\""
	struct sg_pin *pin;
	char *text;

	put_good_host();
	ck_assert_int_eq(ask(ASK_KEPT "}", &text), 0);
	free(text);
	ck_assert_ptr_null(sg_store_pin(store, "kept.test"));
	ck_assert_int_eq(ask(ASK_KEPT ",\"pin\":true}", &text), 0);
	free(text);
	pin = sg_store_pin(store, "kept.test");
	ck_assert_ptr_nonnull(pin);
	sg_pin_unref(&pin);
}
END_TEST

START_TEST(test_reload)
{
	char *text;

	reload_rc = SG_OK;
	reload_text = "";
	ck_assert_int_eq(ask("{\"do\":\"reload\"}", &text), 0);
	free(text);
	reload_rc = SG_BAD;
	reload_text = "stsgate.conf:3: unknown option `x'\n";
	ck_assert_int_eq(ask("{\"do\":\"reload\"}", &text), EX_CONFIG);
	free(text);
	reload_rc = SG_RETRY;
	ck_assert_int_eq(ask("{\"do\":\"reload\"}", &text), EX_UNAVAILABLE);
	free(text);
}
END_TEST

/* What is not a request is told so, and the next client is served. */
START_TEST(test_hostile)
{
	static const char *const bad[] = { "", "\n", "{", "{}", "[]\n",
		"{\"do\":\"list\"", "{\"do\":\"list\",\"do\":\"purge\"}\n",
		"GET / HTTP/1.1\r\n\r\n", "\xff\xfe\n",
		"{\"do\":\"li\\u0000st\"}\n" };
	char *big = malloc(SG_CONTROL_REQUEST_MAX + 10), *text;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text = talk(control_path, bad[i], strlen(bad[i]));
		ck_assert_msg(strncmp(text, "e ", 2) == 0, "%zu: got %s", i,
		    text);
		free(text);
	}
	memset(big, ' ', SG_CONTROL_REQUEST_MAX + 10);
	text = talk(control_path, big, SG_CONTROL_REQUEST_MAX + 10);
	ck_assert(text[0] == 'e' || text[0] == '\0');
	free(text);
	free(big);
	ck_assert_int_eq(ask("{\"do\":\"stats\"}", &text), 0);
	free(text);
}
END_TEST

/* --- metrics ---------------------------------------------------------------------- */

static const struct {
	const char *name, *request, *begins, *says;
} http[] = {
	{ "metrics", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n", "stsgate_cache_entries{kind=\"policy\"} " },
	{ "with a query", "GET /metrics?x=1 HTTP/1.0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n", "stsgate_build_info{version=" },
	{ "another path", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", NULL },
	{ "a path that begins alike", "GET /metricsx HTTP/1.1\r\n\r\n",
	    "HTTP/1.1 404 ", NULL },
	{ "POST", "POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ",
	    "Allow: GET" },
	{ "no HTTP", "hello\r\n\r\n", "HTTP/1.1 405 ", NULL },
	{ "cut", "GET /metrics HTTP/1.1\r\n", "", NULL },
	{ "nothing", "", "", NULL },
};

START_TEST(test_metrics)
{
	for (size_t i = 0; i < sizeof(http) / sizeof(http[0]); i++) {
		char *text = talk(metrics_path, http[i].request,
		    strlen(http[i].request));

		ck_assert_msg(strncmp(text, http[i].begins,
		    strlen(http[i].begins)) == 0 &&
		    (http[i].begins[0] != '\0' || text[0] == '\0'),
		    "%s: got %s", http[i].name, text);
		if (http[i].says != NULL)
			ck_assert_msg(strstr(text, http[i].says) != NULL,
			    "%s: got %s", http[i].name, text);
		free(text);
	}
}
END_TEST

START_TEST(test_metrics_head)
{
	char *text = talk(metrics_path, "HEAD /metrics HTTP/1.1\r\n\r\n", 26);

	ck_assert(strstr(text, "Content-Length: ") != NULL);
	ck_assert_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	free(text);
}
END_TEST

START_TEST(test_metrics_too_long)
{
	char *big = malloc(9000), *text;

	memset(big, 'a', 9000);
	memcpy(big, "GET /metrics HTTP/1.1\r\nX: ", 26);
	text = talk(metrics_path, big, 9000);
	ck_assert_str_eq(text, "");
	free(text);
	free(big);
}
END_TEST

START_TEST(test_counted)
{
	struct sg_counted c = { "finance", SG_RESULT_FAIL,
		SG_REASON_CERT_EXPIRED, SG_ACTION_REJECT, SG_ACTION_TAG };
	char *text;

	sg_count_decision(&c);
	sg_count_decision(&c);
	sg_count_lookup_ms(7);
	sg_count_lookup_ms(700);
	text = talk(metrics_path, "GET /metrics HTTP/1.1\r\n\r\n", 25);
	ck_assert(strstr(text, "stsgate_decisions_total{group=\"finance\","
	    "result=\"fail\",action=\"reject\",applied=\"tag\"} 2\n") != NULL);
	ck_assert(strstr(text, "stsgate_failures_total{reason="
	    "\"certificate-expired\"} 2\n") != NULL);
	ck_assert(strstr(text, "stsgate_lookup_seconds_bucket{le=\"0.01\"} 1\n")
	    != NULL);
	ck_assert(strstr(text, "stsgate_lookup_seconds_count 2\n") != NULL);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("milter: control and metrics");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, test_requests);
	tcase_add_test(t, test_explain_pins);
	tcase_add_test(t, test_reload);
	tcase_add_test(t, test_hostile);
	tcase_add_test(t, test_metrics);
	tcase_add_test(t, test_metrics_head);
	tcase_add_test(t, test_metrics_too_long);
	tcase_add_test(t, test_counted);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
