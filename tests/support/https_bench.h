/* SPDX-License-Identifier: ISC */
/*
 * https_bench.h - the HTTPS client on a loop of its own, beside a scripted
 * server, with a CA it trusts: for the tests of lib/net/https.
 */
#ifndef HTTPS_BENCH_H
#define HTTPS_BENCH_H
#include <stdbool.h>
#include <stddef.h>
#include "net/https.h"
#include "support/test_ca.h"
#include "support/tls_server.h"

#define BENCH_DOMAIN "good.test"
#define BENCH_HOST "mta-sts.good.test"
#define BENCH_DEADLINE_MS 20000 /* of fetches that are not to time out */

struct https_asked;

/* What a fetch brought. */
struct https_outcome {
	bool done;
	enum sg_rc rc;
	char *body; /* a copy, NUL-terminated; NULL unless SG_OK */
	size_t len;
	struct sg_err err;
};

struct https_bench {
	struct event_base *base;
	struct sg_cidr loopback[2];
	struct sg_config config;
	struct sg_guard *guard;
	struct sg_https *https;
	struct test_ca *ca;
	struct tls_server *server; /* a leaf for BENCH_HOST */
	size_t pending;
	struct https_asked *asked; /* every fetch's callback argument */
};

/* Starts all of it; config.allow_networks is loopback. */
void https_bench_open(struct https_bench *bench);
void https_bench_close(struct https_bench *bench);
/* Makes guard and client anew, after a change of config. */
void https_bench_reopen(struct https_bench *bench);

struct https_ask {
	const char *domain;       /* NULL: BENCH_DOMAIN */
	const char *addrs[12];    /* none: 127.0.0.1... */
	bool no_addrs;            /* ...but if this is set, none */
	uint16_t port;            /* 0: the server's */
	int deadline_ms;          /* 0: BENCH_DEADLINE_MS */
};
/* Starts a fetch; ask may be NULL. out is zeroed and filled once. */
struct sg_https_fetch *https_bench_start(struct https_bench *bench,
    const struct https_ask *ask, struct https_outcome *out);
/* Until every fetch has called back. */
void https_bench_wait(struct https_bench *bench);
/* Both: one fetch. */
void https_bench_get(struct https_bench *bench, const struct https_ask *ask,
    struct https_outcome *out);

/* Loads one row and gets. */
void https_bench_play(struct https_bench *bench, const struct tls_script *row,
    int deadline_ms, struct https_outcome *out);

void https_outcome_fini(struct https_outcome *out);
#endif
