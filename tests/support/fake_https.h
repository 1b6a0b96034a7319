/* SPDX-License-Identifier: ISC */
/*
 * fake_https.h - stands in for lib/net/https.c in tests of what is above it:
 * says what a GET brings and tells what was asked for. Link fake_https.c and
 * the library's https.o is left out.
 */
#ifndef FAKE_HTTPS_H
#define FAKE_HTTPS_H
#include <stdbool.h>
#include "net/https.h"

/* Open, so that tests can set and read it: as sg_net_init() leaves it, GETs
   fail with sts-policy-fetch-error. */
struct sg_https {
	struct event_base *base;
	/* what GETs bring */
	const char *body; /* NULL: reason */
	enum sg_reason reason;
	bool stuck; /* nothing, until cancelled */
	/* what was asked for */
	unsigned gets, cancels;
	char domain[SG_DOMAIN_SIZE];
	char addrs[256]; /* "192.0.2.1 2001:db8::1" */
	uint16_t port;
	int deadline_ms;
};
#endif
