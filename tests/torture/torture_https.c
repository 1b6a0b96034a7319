/* SPDX-License-Identifier: ISC */
/*
 * torture_https.c - a policy's fetch from a real web server while calls fail:
 * memory, sockets, whatever libcurl, OpenSSL and libevent may refuse.
 *
 * Holds: it ends, or says that it was not begun; what is taken is the whole
 * file; a certificate for another name is refused whatever fails.
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

static void
fetch(const char *domain, bool may_be_taken)
{
	struct https_bench b;
	struct https_outcome out = { .done = false };
	struct https_ask ask = { .domain = domain,
		.deadline_ms = DEADLINE_MS };
	struct sg_mono began = sg_mono_now();
	struct sg_err err = { .text = "" };
	struct sg_https *https = NULL;

	https_bench_open(&b);
	sg_https_free(&b.https);
	tls_server_load(b.server, &script, 1);
	fault_arm();
	if (sg_https_new(b.base, &b.config, b.guard, &https, &err) == SG_OK) {
		b.https = https;
		if (https_bench_start(&b, &ask, &out) != NULL)
			https_bench_wait(&b);
	}
	fault_disarm();
	torture_hold(fault_happened() || (out.done &&
	    (out.rc == SG_OK) == may_be_taken));
	torture_hold(https != NULL || err.text[0] != '\0');
	torture_hold(sg_mono_now().ms - began.ms < DEADLINE_MS + 10000);
	torture_hold(!out.done || out.rc != SG_OK ||
	    (may_be_taken && strcmp(out.body, POLICY) == 0));
	torture_hold(!out.done || out.rc == SG_OK ||
	    out.err.reason != SG_REASON_NONE);
	https_outcome_fini(&out);
	https_bench_close(&b);
}

static void
good(void)
{
	fetch(NULL, true);
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
	    1 << FAULT_LIBRARY | 1 << FAULT_FILE;
	const struct torture all[] = {
		{ "good", kinds, good, 7, false },
		{ "another-name", kinds, another_name, 11, false },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
