/* SPDX-License-Identifier: ISC */
/*
 * plan_bench.h - a worker's net beside a DNS server that signs, HTTPS that is
 * played and four MX hosts: for the tests of lib/net/plan_mx.
 */
#ifndef PLAN_BENCH_H
#define PLAN_BENCH_H
#include <stdbool.h>
#include "net/plan.h"
#include "support/dns_server.h"
#include "support/fake_https.h"
#include "support/mx_server.h"

#define PLAN_BENCH_MX 4 /* on 127.0.0.1 to .4, all at one port */
#define PLAN_BENCH_LONG_MS 20000
#define PLAN_BENCH_UNSIGNED "child.test" /* all else below test is secure */

struct plan_bench {
	struct event_base *base;
	struct dns_server *dns;
	struct dns_row *rows;
	struct sg_dns_server forward;
	struct sg_cidr loopback;
	char anchor_path[512];
	struct sg_config config;
	struct sg_net net;
	struct sg_job job; /* port: the MX hosts'; may be probed */
	struct test_ca *ca;
	X509 *ca_cert;
	struct mx_server *mx[PLAN_BENCH_MX];
	unsigned called;
	struct sg_facts *first; /* of an early job, when more was to come */
	struct sg_facts *facts; /* what was learnt; after `first`: what is to be
				   corrected, or NULL */
};

/* A name that begins with '@' is that of TLSA records: "@mx.test" stands for
   "_<port>._tcp.mx.test". A TLSA row's data is a word: "EE" fits every MX
   host's key, "TA" is the CA, "OTHER" fits nothing, "PKIX" is of no use. sans:
   of the MX hosts' certificate, as test_ca.h has it. We are us.test. */
void plan_bench_open(struct plan_bench *b, const struct dns_row *rows,
    size_t n, const char *sans);
void plan_bench_close(struct plan_bench *b);

/* job goes out for hop. */
struct sg_plan *plan_bench_start(struct plan_bench *b, const char *hop);
/* The same, and waits for what is learnt. */
void plan_bench_run(struct plan_bench *b, const char *hop);
/* Lets the loop turn until the MX host has been connected to n times, for
   some seconds at most. */
bool plan_bench_sees(struct plan_bench *b, unsigned mx, unsigned n);
/* Connections to each MX host, all that were begun: "1,0,2,0". Once a bench;
   the MX hosts must get as far as reading a line. */
const char *plan_bench_connections(struct plan_bench *b, char out[64]);
/* How often TLSA records of host were asked for at the job's port. */
size_t plan_bench_tlsa(struct plan_bench *b, const char *host);
#endif
