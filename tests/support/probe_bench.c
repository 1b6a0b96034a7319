/* SPDX-License-Identifier: ISC */
/*
 * Every outcome is checked here for what holds of all: one callback, never
 * inside sg_probe_start(); facts that the codec takes; words that can be
 * printed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include "support/probe_bench.h"

#define WAIT_MS 10
#define WAITS_MAX 1000

static bool starting;

static X509 *
read_cert(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *cert;

	ck_assert_ptr_nonnull(f);
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	ck_assert_ptr_nonnull(cert);
	return (cert);
}

static void
open_prober(struct probe_bench *b)
{
	struct sg_err err = { 0 };

	b->guard = sg_guard_new(&b->config);
	ck_assert_ptr_nonnull(b->guard);
	ck_assert_msg(sg_prober_new(b->base, &b->config, b->guard, &b->prober,
	    &err) == SG_OK, "%s", err.text);
}

void
probe_bench_reopen(struct probe_bench *b)
{
	sg_prober_free(&b->prober);
	sg_guard_free(&b->guard);
	open_prober(b);
}

void
probe_bench_open(struct probe_bench *b)
{
	static char helo[] = BENCH_HELO;

	memset(b, 0, sizeof(*b));
	sg_cidr_parse("127.0.0.0/8", &b->loopback[0]);
	sg_cidr_parse("::1", &b->loopback[1]);
	b->config.allow_networks = b->loopback;
	b->config.n_allow_networks = 2;
	b->ca = test_ca_new("Test CA");
	b->other = test_ca_new("Other CA");
	ck_assert(b->ca != NULL && b->other != NULL);
	b->ca_cert = read_cert(test_ca_file(b->ca));
	b->other_cert = read_cert(test_ca_file(b->other));
	b->config.probe_ca_file = strdup(test_ca_file(b->ca));
	b->config.probe_helo = helo;
	b->config.probe_good_for_s = 21600;
	b->config.probe_bad_for_s = 300;
	b->base = event_base_new();
	b->server = mx_server_start("127.0.0.1", 0,
	    test_ca_host(b->ca, BENCH_MX));
	ck_assert(b->base != NULL && b->server != NULL);
	open_prober(b);
}

void
probe_bench_close(struct probe_bench *b)
{
	sg_prober_free(&b->prober);
	sg_guard_free(&b->guard);
	mx_server_stop(&b->server);
	X509_free(b->ca_cert);
	X509_free(b->other_cert);
	test_ca_free(&b->ca);
	test_ca_free(&b->other);
	free(b->config.probe_ca_file);
	event_base_free(b->base);
}

struct sg_probe_params
probe_bench_params(const struct probe_bench *b)
{
	static struct sg_addr addr;

	sg_addr_parse("127.0.0.1", &addr);
	return ((struct sg_probe_params) { .host = BENCH_MX, .addrs = &addr,
	    .n_addrs = 1, .port = mx_server_port(b->server),
	    .deadline_ms = BENCH_DEADLINE_MS });
}

/* What lib/facts/codec.c asks of probes, and INTERFACES of text. */
static void
check_result(const struct sg_probe_result *r)
{
	const struct sg_facts_probe *p = &r->probe;
	size_t len = strnlen(p->detail, sizeof(p->detail));

	ck_assert_uint_gt(len, 0);
	ck_assert_uint_lt(len, sizeof(p->detail));
	for (size_t i = 0; i < len; i++)
		ck_assert(p->detail[i] >= ' ' && p->detail[i] <= '~');
	ck_assert(p->level != SG_LEVEL_SECURE);
	ck_assert((p->state == SG_PROBE_OK) == (p->level >= SG_LEVEL_VERIFY));
	ck_assert(p->state == SG_PROBE_OK || p->reason != SG_REASON_NONE);
	ck_assert(p->state == SG_PROBE_OK || !p->requiretls ||
	    p->state == SG_PROBE_FAIL);
	ck_assert((p->level > SG_LEVEL_NONE) == (p->tls_version != 0));
	ck_assert((p->at.s != 0) == (p->state != SG_PROBE_UNTESTED));
	ck_assert_int_eq(p->until.s - p->at.s, p->state == SG_PROBE_UNTESTED ? 0
	    : p->state == SG_PROBE_OK ? 21600 : 300);
}

static void
on_result(void *arg, const struct sg_probe_result *result)
{
	struct probe_outcome *out = arg;

	ck_assert(!starting);
	ck_assert(!out->done);
	check_result(result);
	out->done = true;
	out->result = *result;
}

struct sg_probe *
probe_bench_start(struct probe_bench *b, const struct sg_probe_params *params,
    struct probe_outcome *out)
{
	struct sg_probe *probe;

	memset(out, 0, sizeof(*out));
	starting = true;
	probe = sg_probe_start(b->prober, params, on_result, out);
	starting = false;
	return (probe);
}

void
probe_bench_wait(struct probe_bench *b, struct probe_outcome *out)
{
	while (!out->done)
		ck_assert_int_eq(event_base_loop(b->base, EVLOOP_ONCE), 0);
}

void
probe_bench_play(struct probe_bench *b, const struct mx_script *script,
    const struct sg_probe_params *params, struct probe_outcome *out)
{
	probe_bench_reopen(b);
	mx_server_load(b->server, script);
	ck_assert_ptr_nonnull(probe_bench_start(b, params, out));
	probe_bench_wait(b, out);
}

bool
probe_bench_sees(struct probe_bench *b, struct mx_server *server,
    const char *text)
{
	struct timeval tv = { 0, WAIT_MS * 1000 };
	struct mx_seen seen;

	for (int i = 0; i < WAITS_MAX; i++) {
		mx_server_seen(server, &seen);
		if (strstr(seen.said, text) != NULL)
			return (true);
		event_base_loopexit(b->base, &tv);
		event_base_dispatch(b->base);
	}
	return (false);
}

void
probe_bench_check_manners(struct mx_server *server, const char *name)
{
	static const char *const never[] = { "MAIL", "RCPT", "DATA", "VRFY",
		"EXPN", "RSET" };
	struct mx_seen seen;

	mx_server_seen(server, &seen);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ck_assert_msg(strstr(seen.said, never[i]) == NULL,
		    "%s: said %s", name, seen.said);
	ck_assert_msg(seen.behind_starttls == 0, "%s: sent ahead", name);
}
