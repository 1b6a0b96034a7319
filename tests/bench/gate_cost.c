/* SPDX-License-Identifier: ISC */
/*
 * gate_cost.c - what our own part of a warm recipient costs, without libmilter
 * and the kernel: the session's callbacks are called straight, by a libmilter
 * that consists of the few functions below.
 *
 * usage: gate_cost [-n DOMAINS] [-r RECIPIENTS] [-q]
 * Tells nanoseconds and allocations a recipient. -q: log nothing. The log
 * goes to stderr.
 */
#include <sys/socket.h>
#include <libmilter/mfapi.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "bench/bench.h"
#include "bench/made.h"
#include "session.h"

/* --- allocations --------------------------------------------------------------- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);

static __thread unsigned long allocations;

void *
malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

/* --- libmilter ------------------------------------------------------------------- */

static struct smfiDesc desc;
static void *private_data;
static char rcpt_host[300], rcpt_addr[300];

int
smfi_register(struct smfiDesc d)
{
	desc = d;
	return MI_SUCCESS;
}

void *
smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return private_data;
}

int
smfi_setpriv(SMFICTX *ctx, void *p)
{
	(void)ctx;
	private_data = p;
	return MI_SUCCESS;
}

char *
smfi_getsymval(SMFICTX *ctx, char *name)
{
	static char mailer[] = "smtp", qid[] = "4XyZk31Tqkz9vNY";

	(void)ctx;
	if (strcmp(name, "{rcpt_host}") == 0)
		return rcpt_host;
	if (strcmp(name, "{rcpt_mailer}") == 0)
		return mailer;
	return strcmp(name, "i") == 0 ? qid : NULL;
}

int
smfi_setsymlist(SMFICTX *ctx, int where, char *list)
{
	(void)ctx, (void)where, (void)list;
	return MI_SUCCESS;
}

int
smfi_setreply(SMFICTX *ctx, char *code, char *xcode, char *text)
{
	(void)ctx, (void)code, (void)xcode;
	errx(1, "a warm recipient was refused: %s", text);
}

int
smfi_chgheader(SMFICTX *ctx, char *name, int i, char *value)
{
	(void)ctx, (void)name, (void)i, (void)value;
	return MI_SUCCESS;
}

int
smfi_insheader(SMFICTX *ctx, int i, char *name, char *value)
{
	(void)ctx, (void)i, (void)name, (void)value;
	return MI_SUCCESS;
}

int
smfi_quarantine(SMFICTX *ctx, char *why)
{
	(void)ctx, (void)why;
	return MI_SUCCESS;
}

/* --- the run ----------------------------------------------------------------------- */

static struct sg_session_env env;
static struct sg_store *store;

static void
set_up(unsigned domains)
{
	struct sg_config_errors errors = { 0 };
	struct sg_store_params sp = { .max_entries = domains * 2,
		.max_pins = domains };
	struct sg_engine_params ep = { 0 };
	struct sg_wall now = sg_wall_now();
	struct sg_err e = { .text = "" };

	if (sg_config_parse("dns = { trust_anchor_file = \"\" }\n", "bench",
		&env.config, &errors) != SG_OK ||
	    sg_store_open(&sp, &store, &e) != SG_OK)
		errx(1, "cannot begin: %s", e.text);
	for (unsigned i = 0; i < domains; i++) {
		struct sg_facts *f = made_facts(i, i % 2 == 0, now);

		(void)sg_store_put(store, &f, 1, NULL);
		sg_facts_unref(&f);
	}
	ep.store = store;
	ep.config = env.config;
	pthread_mutex_init(&env.mutex, NULL);
	if (sg_engine_new(&ep, &env.engine, &e) != SG_OK ||
	    sg_session_register(&env, &e) != SG_OK)
		errx(1, "cannot begin: %s", e.text);
}

static void
mail(SMFICTX *ctx)
{
	static char from[] = "<alice@sender.example>";
	char *argv[] = { from, NULL };

	(void)desc.xxfi_envfrom(ctx, argv);
}

static void
rcpt(SMFICTX *ctx, unsigned number)
{
	char argument[304];
	char *argv[] = { argument, NULL };

	snprintf(rcpt_host, sizeof(rcpt_host), MADE_FORMAT, number);
	snprintf(rcpt_addr, sizeof(rcpt_addr), "bob@%s", rcpt_host);
	snprintf(argument, sizeof(argument), "<%s>", rcpt_addr);
	if (desc.xxfi_envrcpt(ctx, argv) != SMFIS_CONTINUE)
		errx(1, "%s is not let through", rcpt_host);
}

/* The loop's own part, to be taken off. */
static void
no_rcpt(unsigned number)
{
	char argument[304];

	snprintf(rcpt_host, sizeof(rcpt_host), MADE_FORMAT, number);
	snprintf(rcpt_addr, sizeof(rcpt_addr), "bob@%s", rcpt_host);
	snprintf(argument, sizeof(argument), "<%s>", rcpt_addr);
}

static double
run(unsigned domains, unsigned recipients, bool real, unsigned long *allocs)
{
	static const struct sockaddr_storage none = { .ss_family = AF_UNSPEC };
	SMFICTX *ctx = (SMFICTX *)(uintptr_t)&none;
	uint64_t random = 1;
	unsigned long before = allocations;
	int64_t start = bench_cpu();

	for (unsigned i = 0; i < recipients; i++) {
		unsigned number = bench_random(&random) % domains;

		if (real)
			rcpt(ctx, number);
		else
			no_rcpt(number);
	}
	*allocs = allocations - before;
	return (double)(bench_cpu() - start) / recipients;
}

int
main(int argc, char **argv)
{
	unsigned domains = 1000, recipients = 200000;
	unsigned long f0, f1, f2, f3, allocs, none;
	double real, empty;
	bool quiet = false;
	int o;

	while ((o = getopt(argc, argv, "n:r:q")) != -1)
		if (o == 'n')
			domains = (unsigned)bench_number(optarg, 1, 10000000);
		else if (o == 'r')
			recipients = (unsigned)bench_number(optarg, 1, 100000000);
		else if (o == 'q')
			quiet = true;
		else
			errx(64, "usage: gate_cost [-n N] [-r N] [-q]");
	sg_log_init(SG_LOG_STDERR, quiet ? SG_LOG_ERR : SG_LOG_INFO, "front");
	set_up(domains);
	sg_log_start();
	(void)desc.xxfi_negotiate(NULL, 0x1ff, 0x1fffff, 0, 0, &f0, &f1, &f2,
	    &f3);
	mail(NULL);
	/* Who is accepted for the first time is pinned. */
	for (unsigned i = 0; i < domains; i++)
		rcpt(NULL, i);
	(void)run(domains, recipients / 4 + 1, true, &allocs);
	empty = run(domains, recipients, false, &none);
	real = run(domains, recipients, true, &allocs) - empty;
	printf("{\"domains\": %u, \"ns\": %.0f, \"allocations\": %.3f}\n",
	    domains, real, (double)allocs / recipients);
	(void)desc.xxfi_close(NULL);
	sg_engine_free(&env.engine);
	sg_log_stop(1000);
	return 0;
}
