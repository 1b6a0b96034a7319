/* SPDX-License-Identifier: ISC */
/* plan_fixture.h - a worker's net on a scripted DNS server, behind the real
   resolver; HTTPS is played (fake_https.h), so that a row can say what a GET
   brings and count the GETs. */
#ifndef SG_TESTS_NET_PLAN_FIXTURE_H
#define SG_TESTS_NET_PLAN_FIXTURE_H
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/plan.h"
#include "support/dns_server.h"
#include "support/fake_https.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LONG_MS 20000

struct fixture {
	struct event_base *base;
	struct dns_server *server;
	struct sg_dns_server forward;
	struct sg_config config;
	struct sg_net net;
	struct sg_job job;
	unsigned called;
	/* what was learnt */
	struct sg_facts *facts;
};

static char empty[] = "", own_name[] = "us.test", *own[] = { own_name };

static inline void
fixture_open(struct fixture *f, const struct dns_row *rows, size_t n)
{
	struct sg_err err = { 0 };

	memset(f, 0, sizeof(*f));
	f->base = event_base_new();
	f->server = dns_server_start();
	ck_assert_ptr_nonnull(f->server);
	dns_server_load(f->server, rows, n);
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &f->forward.addr), SG_OK);
	f->forward.port = dns_server_port(f->server);
	f->config.dns_servers = &f->forward;
	f->config.n_dns_servers = 1;
	f->config.trust_anchor_file = empty;
	f->config.https_ca_file = empty;
	f->config.https_timeout_ms = 10000;
	f->config.own_hosts = own;
	f->config.n_own_hosts = 1;
	ck_assert_msg(sg_net_init(&f->net, f->base, &f->config, &err) == SG_OK,
	    "%s", err.text);
	f->job.id = 77;
	f->job.hop.port = SG_SMTP_PORT;
	f->job.deadline_ms = LONG_MS;
	f->net.https->body = "version: STSv1\nmode: enforce\n"
	    "mx: mx.good.test\nmax_age: 86400\n";
}

static inline void
fixture_close(struct fixture *f)
{
	sg_facts_unref(&f->facts);
	sg_net_fini(&f->net);
	dns_server_stop(&f->server);
	event_base_free(f->base);
}

static inline void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	struct fixture *f = arg;

	ck_assert_uint_eq(job_id, 77);
	ck_assert(!more);
	f->called++;
	f->facts = sg_facts_ref(learnt);
}

static inline void
start(struct fixture *f, const char *hop)
{
	snprintf(f->job.hop.name, sizeof(f->job.hop.name), "%s", hop);
	ck_assert_ptr_nonnull(sg_plan_start(&f->net, &f->job, on_learnt, f));
	ck_assert_msg(f->called == 0, "callback inside sg_plan_start()");
}

static inline void
run(struct fixture *f, const char *hop)
{
	start(f, hop);
	while (f->called == 0)
		ck_assert_int_eq(event_base_loop(f->base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(f->called, 1);
}

/* A question that is never answered, asked before a plan begins: a plan that
   waits for the same answer cannot end before it. */
static inline void
on_control(void *arg, const struct sg_dns_answer *answer)
{
	(void)answer;
	*(bool *)arg = true;
}

static inline void
ask_control(struct fixture *f, const char *name, bool *landed)
{
	*landed = false;
	ck_assert_ptr_nonnull(sg_dns_ask(f->net.dns, name, SG_DNS_AAAA,
	    LONG_MS, on_control, landed));
}

#define RECORD "v=STSv1; id=one;"
#define TXT(d, data) { "_mta-sts." d, SG_DNS_TXT, DNS_DATA, data, 0, 0 }
#define MX(d, data) { d, SG_DNS_MX, DNS_DATA, data, 0, 0 }
#define A(d, data) { d, SG_DNS_A, DNS_DATA, data, 0, 0 }
#define AAAA(d, data) { d, SG_DNS_AAAA, DNS_DATA, data, 0, 0 }
#define FAULT(d, type, kind) { d, type, kind, NULL, 0, 0 }
#define PUBLIC "8.8.4.4"
#define PUBLIC6 "2606:4700::1"
#endif
