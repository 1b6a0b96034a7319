/* SPDX-License-Identifier: ISC */
/*
 * torture_desk.c - who is asked beside the milter, the TLS policy map, the
 * control socket and the metrics, while calls of their threads fail: memory,
 * sockets, accept, threads, libevent's events.
 *
 * Holds: each question is answered in time or its connection ends; what
 * mail must be encrypted for is never said to be free, and a command that calls
 * itself done has done it; and when nothing fails any more all are answered
 * again, as if nothing had been.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "control.h"
#include "metrics.h"
#include "status.h"
#include "support/fake_worker.h"
#include "tlsmap.h"
#include "torture/torture.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 86400\n"
#define SECURE "OK secure match=mx.good.test servername=hostname"
/* The deadline of a lookup is one second; what a loaded machine may add. */
#define PATIENCE_S 5
/* Where nobody can be let in any more. */
#define SHORT_PATIENCE_US 200000
#define TRIES 5

static struct sg_session_env env = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct sg_store *store;
static struct fake_worker *worker;
static struct sg_tlsmap *map;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listener;
/* Nothing fails for good, or no more. */
static bool is_over;

/* All but "free.test" publish the same, and have a mail host that is good. */
static struct sg_facts *
facts_of(const struct sg_nexthop *hop)
{
	struct sg_facts *f = learnt_facts(hop, "1",
	    strcmp(hop->name, "free.test") == 0 ? NULL : POLICY,
	    "mx.good.test");

	f->mx[0].probe = (struct sg_facts_probe) { .state = SG_PROBE_OK,
		.level = SG_LEVEL_VERIFY, .at = sg_wall_now(),
		.until = { sg_wall_now().s + 300 } };
	return f;
}

static bool
answer(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = facts_of(&job->hop);

	(void)arg;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static void
know(const char *name)
{
	struct sg_nexthop hop = hop_of(name);
	struct sg_facts *f = facts_of(&hop);

	f->fresh_until.s = f->refresh_at.s = sg_wall_now().s + 300;
	torture_hold(sg_store_put(store, &f, 1, NULL) == SG_OK);
	sg_facts_unref(&f);
}

static void
remove_socket(void)
{
	(void)unlink(address.sun_path);
}

static void
open_house(void)
{
	struct sg_config_errors errors = { .n = 0 };
	struct sg_store_params sp = { .path = NULL };
	struct sg_engine_params ep = { .workers = 1 };

	torture_hold(sg_config_parse("dns = { trust_anchor_file = \"\" }\n"
	    "reply_deadline = \"1s\"\nrecipients = ( { match = \".cold.test\" "
	    "require = \"secure\" } )\n", "torture", &env.config, &errors) ==
	    SG_OK);
	torture_hold(sg_store_open(&sp, &store, NULL) == SG_OK);
	ep.store = store;
	ep.config = env.config;
	torture_hold(sg_engine_new(&ep, &env.engine, NULL) == SG_OK);
	worker = fake_worker_new(env.engine, answer, NULL);
	know("good.test");
	know("free.test");
	sg_status_init("/stsgate.conf", env.config);
	snprintf(address.sun_path, sizeof(address.sun_path),
	    "./torture-desk-%ld.sock", (long)getpid());
	atexit(remove_socket);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	torture_hold(bind(listener, (struct sockaddr *)&address,
	    sizeof(address)) == 0 && listen(listener, 64) == 0);
}

static void
close_house(void)
{
	close(listener);
	sg_engine_free(&env.engine);
	fake_worker_free(&worker);
	sg_store_close(&store);
	sg_config_unref(&env.config);
}

static void
end_faults(void)
{
	fault_end();
	is_over = true;
}

/* Asks and hears until the other end closes or text says all that there is;
   false: it did neither in time. */
static bool
talk(const char *question, bool (*is_whole)(const char *text), char *text,
    size_t size)
{
	struct timeval patience = { is_over ? PATIENCE_S : 0,
		is_over ? 0 : SHORT_PATIENCE_US };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t have = 0;
	ssize_t n = 0;

	torture_hold(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO,
	    &patience, sizeof(patience)) == 0);
	torture_hold(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0);
	(void)send(fd, question, strlen(question), MSG_NOSIGNAL);
	text[0] = '\0';
	while (!is_whole(text) && have + 1 < size &&
	    (n = recv(fd, text + have, size - 1 - have, 0)) > 0) {
		have += (size_t)n;
		text[have] = '\0';
	}
	close(fd);
	return n >= 0 || errno != EAGAIN;
}

/* --- the map -------------------------------------------------------------------- */

static bool
is_frame(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && text[n - 1] == ',';
}

/* In name + 1 a netstring's length. */
static const struct {
	const char *question, *want;
	const char *never; /* whatever fails */
} questions[] = {
	{ "17:postfix good.test,", SECURE, "NOTFOUND" },
	{ "19:postfix x.cold.test,", SECURE, "NOTFOUND" },
	{ "15:sts y.cold.test,", SECURE, "NOTFOUND" },
	{ "17:postfix free.test,", "NOTFOUND ", "OK " },
};

static void
ask_map(void)
{
	char text[4096];

	for (size_t i = 0; i < N(questions); i++) {
		/* Who is not let in waits in the socket's queue. */
		torture_hold(talk(questions[i].question, is_frame, text,
		    sizeof(text)) || !is_over);
		torture_hold(strstr(text, questions[i].never) == NULL);
	}
}

static void
ask_map_again(void)
{
	char text[4096];

	for (size_t i = 0; i < N(questions); i++) {
		text[0] = '\0';
		for (int n = 0; n < TRIES && strstr(text, questions[i].want)
		    == NULL; n++)
			torture_hold(talk(questions[i].question, is_frame,
			    text, sizeof(text)));
		torture_hold(strstr(text, questions[i].want) != NULL);
	}
}

static void
serve_map(void)
{
	struct sg_tlsmap_params p = { .listeners = &listener,
		.n_listeners = 1 };
	struct sg_err err = { .text = "" };

	open_house();
	p.engine = env.engine;
	p.config = env.config;
	fault_arm();
	(void)sg_tlsmap_new(&p, &map, &err);
	fault_disarm();
	is_over = !fault_is_forever();
	torture_hold(map != NULL || err.text[0] != '\0');
	if (map != NULL) {
		ask_map();
		end_faults();
		ask_map_again();
		sg_engine_drain(env.engine);
		sg_tlsmap_free(&map);
	}
	close_house();
}

/* --- control and metrics ---------------------------------------------------------- */

static bool
until_the_end(const char *text)
{
	(void)text;
	return false;
}

static const struct {
	const char *question;
	const char *done; /* it calls itself done */
	const char *says; /* and then says this */
} commands[] = {
	{ "{\"do\":\"show\",\"name\":\"good.test\"}\n", "\nx 0\n",
	    "enforce" },
	{ "{\"do\":\"show\",\"name\":\"good.test\",\"json\":true}\n",
	    "\nx 0\n", "\"enforce\"" },
	{ "{\"do\":\"query\",\"name\":\"free.test\"}\n", "\nx 0\n",
	    "none published" },
	{ "{\"do\":\"query\",\"name\":\"free.test\",\"json\":true}\n",
	    "\nx 0\n", "\"pass\"" },
	{ "{\"do\":\"explain\",\"from\":\"a@b.test\",\"to\":\"c@free.test\","
	    "\"json\":true}\n", "\nx 0\n", "\"default\"" },
	{ "{\"do\":\"list\"}\n", "\nx 0\n", "good.test" },
	{ "{\"do\":\"list\",\"json\":true}\n", "\nx 0\n", "good.test" },
	{ "{\"do\":\"stats\",\"json\":true}\n", "\nx 0\n", "next_hops" },
	{ "{\"do\":\"status\",\"json\":true}\n", "\nx 0\n", "config_ok" },
};

static const char metrics_question[] = "GET /metrics HTTP/1.0\r\n\r\n";

static void
ask_desk(bool again)
{
	static char text[65536];

	for (size_t i = 0; i < (is_over ? N(commands) : 3); i++) {
		bool done = false;

		for (int n = 0; n < (again ? TRIES : 1) && !done; n++) {
			torture_hold(talk(commands[i].question, until_the_end,
			    text, sizeof(text)) || !is_over);
			done = strstr(text, commands[i].done) != NULL ||
			    strncmp(text, "x 0\n", 4) == 0;
			torture_hold(!done ||
			    strstr(text, commands[i].says) != NULL);
		}
		torture_hold(done || !again);
	}
}

static enum sg_rc
reload(void *arg, char **text)
{
	(void)arg, (void)text;
	return SG_RETRY;
}

static void
serve_desk(void)
{
	struct sg_control_params p = { .env = &env, .reload = reload };
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	open_house();
	p.fd = listener;
	p.store = store;
	fault_arm();
	rc = sg_control_start(&p, &err);
	fault_disarm();
	is_over = !fault_is_forever();
	torture_hold(rc == SG_OK || err.text[0] != '\0');
	if (rc == SG_OK) {
		ask_desk(false);
		end_faults();
		ask_desk(true);
	}
	remove_socket();
	torture_end();
}

static void
serve_metrics(void)
{
	static char text[65536];
	struct sg_metrics_params p;
	struct sg_err err = { .text = "" };
	bool ok = false;
	enum sg_rc rc;

	open_house();
	p = (struct sg_metrics_params) { listener, env.engine, store, NULL };
	fault_arm();
	rc = sg_metrics_start(&p, &err);
	fault_disarm();
	is_over = !fault_is_forever();
	torture_hold(rc == SG_OK || err.text[0] != '\0');
	for (int n = 0; rc == SG_OK && n < TRIES && !(ok && n > 1); n++) {
		torture_hold(talk(metrics_question, until_the_end, text,
		    sizeof(text)) || !is_over);
		ok = strstr(text, "200 OK") != NULL;
		torture_hold(!ok || fault_happened() ||
		    strstr(text, "\nstsgate_log_dropped_total ") != NULL);
		end_faults();
	}
	torture_hold(ok || rc != SG_OK);
	remove_socket();
	torture_end();
}

int
main(int argc, char **argv)
{
	static const unsigned kinds = 1 << FAULT_MEMORY | 1 << FAULT_NETWORK |
	    1 << FAULT_THREAD | 1 << FAULT_INSIDE;
	static const struct torture all[] = {
		{ "map", kinds | 1 << FAULT_LIBRARY, serve_map, 13, 13 },
		{ "control", kinds, serve_desk, 53, 499 },
		{ "metrics", kinds, serve_metrics, 9, 9 },
	};

	return torture_main(argc, argv, all, N(all));
}
