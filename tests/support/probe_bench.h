/* SPDX-License-Identifier: ISC */
/*
 * probe_bench.h - the prober on a loop of its own, beside a scripted MX host,
 * with a CA it trusts and one it does not: for the tests of lib/net/probe.
 */
#ifndef PROBE_BENCH_H
#define PROBE_BENCH_H
#include <stdbool.h>
#include "net/probe.h"
#include "support/mx_server.h"
#include "support/test_ca.h"

#define BENCH_MX "mx.good.test"
#define BENCH_HELO "relay.example.test"
#define BENCH_DEADLINE_MS 20000 /* of probes that are not to time out */
#define BENCH_SHORT_MS 200      /* of those that are */

struct probe_bench {
	struct event_base *base;
	struct sg_cidr loopback[2];
	struct sg_config config;
	struct sg_guard *guard;
	struct sg_prober *prober;
	struct test_ca *ca, *other;
	X509 *ca_cert, *other_cert;
	struct mx_server *server; /* on 127.0.0.1, a leaf for BENCH_MX */
};

void probe_bench_open(struct probe_bench *b);
void probe_bench_close(struct probe_bench *b);
/* A new guard and prober, after a change of config, or to forget what the old
   one knows of addresses. */
void probe_bench_reopen(struct probe_bench *b);

/* For BENCH_MX at the server, without TLSA. */
struct sg_probe_params probe_bench_params(const struct probe_bench *b);

struct probe_outcome {
	bool done;
	struct sg_probe_result result;
};
/* out is filled once; wait for it. */
struct sg_probe *probe_bench_start(struct probe_bench *b,
    const struct sg_probe_params *params, struct probe_outcome *out);
void probe_bench_wait(struct probe_bench *b, struct probe_outcome *out);
/* Both, with a new prober and the server playing script. */
void probe_bench_play(struct probe_bench *b, const struct mx_script *script,
    const struct sg_probe_params *params, struct probe_outcome *out);
/* Lets the loop run until the server has seen text, or some seconds have
   passed. */
bool probe_bench_sees(struct probe_bench *b, struct mx_server *server,
    const char *text);
/* No mail was spoken of, and nothing was sent ahead of its time. */
void probe_bench_check_manners(struct mx_server *server, const char *name);
#endif
