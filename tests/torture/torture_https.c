/* SPDX-License-Identifier: ISC */
/*
 * torture_https.c - a policy's fetch from a real web server while calls fail:
 * memory, sockets, whatever libcurl, OpenSSL and libevent may refuse.
 *
 * Holds: it ends, or can be cancelled when who asked has waited long enough,
 * as a plan does; what is taken is the whole file; a certificate for another
 * name is refused whatever fails.
 */
#include <string.h>
#include "support/https_bench.h"
#include "torture/torture.h"

#define DEADLINE_MS 4000
#define POLICY "version: STSv1\nmode: none\nmax_age: 86400\n"

static const struct tls_script script = {
	.head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		"Content-Length: 41\r\n\r\n",
	.body = POLICY };

static struct {
	unsigned called;
	bool over; /* who asked waits no longer */
	enum sg_rc rc;
	enum sg_reason reason;
	size_t len;
	char body[sizeof(POLICY)];
} got;

static void
on_result(void *arg, const struct sg_https_result *r)
{
	(void)arg;
	got.called++;
	got.rc = r->rc;
	got.reason = r->err.reason;
	got.len = r->len;
	if (r->rc == SG_OK && r->len < sizeof(got.body))
		memcpy(got.body, r->body, r->len);
}

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	got.over = true;
}

static void
get(struct https_bench *b, const char *domain)
{
	struct sg_addr addr;
	struct sg_https_params params = { .domain = domain, .addrs = &addr,
		.n_addrs = 1, .port = tls_server_port(b->server),
		.deadline_ms = DEADLINE_MS };
	struct timeval patience = { DEADLINE_MS / 1000 + 1, 0 };
	struct event *over = evtimer_new(b->base, on_over, NULL);
	struct sg_https_fetch *fetch;

	torture_hold(sg_addr_parse("127.0.0.1", &addr) == SG_OK);
	torture_hold(over != NULL && event_add(over, &patience) == 0);
	fault_arm();
	fetch = sg_https_get(b->https, &params, on_result, NULL);
	while (fetch != NULL && got.called == 0 && !got.over)
		torture_hold(event_base_loop(b->base, EVLOOP_ONCE) == 0);
	if (fetch != NULL && got.called == 0)
		sg_https_cancel(fetch);
	fault_disarm();
	event_free(over);
}

static void
fetch(const char *domain, bool may_be_taken)
{
	struct https_bench b;
	struct sg_err err = { .text = "" };

	https_bench_open(&b);
	sg_https_free(&b.https);
	tls_server_load(b.server, &script, 1);
	fault_arm();
	(void)sg_https_new(b.base, &b.config, b.guard, &b.https, &err);
	fault_disarm();
	torture_hold(b.https != NULL || err.text[0] != '\0');
	if (b.https != NULL)
		get(&b, domain);
	torture_hold(fault_happened() || (got.called == 1 &&
	    (got.rc == SG_OK) == may_be_taken));
	torture_hold(got.called <= 1);
	if (got.called > 0 && got.rc == SG_OK)
		torture_hold(may_be_taken && got.len == strlen(POLICY) &&
		    strcmp(got.body, POLICY) == 0);
	if (got.called > 0 && got.rc != SG_OK)
		torture_hold(got.reason != SG_REASON_NONE);
	https_bench_close(&b);
}

static void
good(void)
{
	fetch("good.test", true);
}

static void
another_name(void)
{
	fetch("other.test", false);
}

int
main(int argc, char **argv)
{
	static const unsigned kinds = 1 << FAULT_MEMORY | 1 << FAULT_NETWORK |
	    1 << FAULT_LIBRARY | 1 << FAULT_FILE | 1 << FAULT_INSIDE;
	const struct torture all[] = {
		{ "good", kinds, good, 7, 397 },
		{ "another-name", kinds, another_name, 11, 397 },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
