/* SPDX-License-Identifier: ISC */
/*
 * Every outcome is checked here for what holds of all: one callback, never
 * inside sg_https_get(); text that fits the facts and is ours to print.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "facts/facts.h"
#include "support/https_bench.h"

/* Freed with the bench, since a fetch that is cancelled never comes back. */
struct https_asked {
	struct https_asked *next;
	struct https_bench *bench;
	struct https_outcome *out;
};

static bool starting;

static void
check_text(const struct sg_err *err)
{
	size_t len = strlen(err->text);

	ck_assert_uint_gt(len, 0);
	ck_assert_uint_lt(len, SG_FACTS_DETAIL_SIZE);
	for (size_t i = 0; i < len; i++)
		ck_assert(err->text[i] >= ' ' && err->text[i] <= '~');
}

static void
on_result(void *arg, const struct sg_https_result *result)
{
	struct https_asked *asked = arg;
	struct https_outcome *out = asked->out;

	ck_assert(!starting);
	ck_assert(!out->done);
	out->done = true;
	out->rc = result->rc;
	out->err = result->err;
	if (result->rc == SG_OK) {
		ck_assert_ptr_nonnull(result->body);
		out->len = result->len;
		out->body = calloc(1, result->len + 1);
		memcpy(out->body, result->body, result->len);
	} else
		check_text(&result->err);
	asked->bench->pending--;
}

static void
open_client(struct https_bench *b)
{
	struct sg_err err = { 0 };

	b->guard = sg_guard_new(&b->config);
	ck_assert_ptr_nonnull(b->guard);
	ck_assert_msg(sg_https_new(b->base, &b->config, b->guard, &b->https,
	    &err) == SG_OK, "%s", err.text);
}

void
https_bench_open(struct https_bench *b)
{
	memset(b, 0, sizeof(*b));
	sg_cidr_parse("127.0.0.0/8", &b->loopback[0]);
	sg_cidr_parse("::1", &b->loopback[1]);
	b->config.allow_networks = b->loopback;
	b->config.n_allow_networks = 2;
	b->ca = test_ca_new("Test CA");
	ck_assert_ptr_nonnull(b->ca);
	b->config.https_ca_file = strdup(test_ca_file(b->ca));
	b->base = event_base_new();
	open_client(b);
	b->server = tls_server_start(test_ca_host(b->ca, BENCH_HOST));
	ck_assert_ptr_nonnull(b->server);
}

void
https_bench_reopen(struct https_bench *b)
{
	sg_https_free(&b->https);
	sg_guard_free(&b->guard);
	open_client(b);
}

void
https_bench_close(struct https_bench *b)
{
	struct https_asked *asked;

	sg_https_free(&b->https);
	ck_assert_ptr_null(b->https);
	sg_guard_free(&b->guard);
	tls_server_stop(&b->server);
	event_base_free(b->base);
	free(b->config.https_ca_file);
	test_ca_free(&b->ca);
	while ((asked = b->asked) != NULL) {
		b->asked = asked->next;
		free(asked);
	}
}

static size_t
read_addrs(const struct https_ask *ask, struct sg_addr *addrs)
{
	size_t n = 0;

	if (ask->addrs[0] == NULL && !ask->no_addrs) {
		sg_addr_parse("127.0.0.1", &addrs[0]);
		return (1);
	}
	for (; n < 12 && ask->addrs[n] != NULL; n++)
		ck_assert_int_eq(sg_addr_parse(ask->addrs[n], &addrs[n]),
		    SG_OK);
	return (n);
}

struct sg_https_fetch *
https_bench_start(struct https_bench *b, const struct https_ask *ask,
    struct https_outcome *out)
{
	static const struct https_ask nothing;
	struct sg_addr addrs[12];
	struct sg_https_params params = { .addrs = addrs };
	struct https_asked *asked = calloc(1, sizeof(*asked));
	struct sg_https_fetch *fetch;

	if (ask == NULL)
		ask = &nothing;
	memset(out, 0, sizeof(*out));
	asked->bench = b;
	asked->next = b->asked;
	b->asked = asked;
	asked->out = out;
	params.domain = ask->domain != NULL ? ask->domain : BENCH_DOMAIN;
	params.n_addrs = read_addrs(ask, addrs);
	params.port = ask->port != 0 ? ask->port : tls_server_port(b->server);
	params.deadline_ms = ask->deadline_ms != 0 ? ask->deadline_ms :
	    BENCH_DEADLINE_MS;
	starting = true;
	fetch = sg_https_get(b->https, &params, on_result, asked);
	starting = false;
	if (fetch != NULL)
		b->pending++;
	memset(addrs, 0, sizeof(addrs)); /* it must have copied them */
	return (fetch);
}

void
https_bench_wait(struct https_bench *b)
{
	while (b->pending > 0)
		ck_assert_int_eq(event_base_loop(b->base, EVLOOP_ONCE), 0);
}

void
https_bench_get(struct https_bench *b, const struct https_ask *ask,
    struct https_outcome *out)
{
	ck_assert_ptr_nonnull(https_bench_start(b, ask, out));
	https_bench_wait(b);
}

void
https_bench_play(struct https_bench *b, const struct tls_script *row,
    int deadline_ms, struct https_outcome *out)
{
	struct https_ask ask = { .deadline_ms = deadline_ms };

	tls_server_load(b->server, row, 1);
	https_bench_get(b, &ask, out);
}

void
https_outcome_fini(struct https_outcome *out)
{
	free(out->body);
	memset(out, 0, sizeof(*out));
}
