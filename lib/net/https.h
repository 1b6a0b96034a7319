/* SPDX-License-Identifier: ISC */
/*
 * https.h - fetches MTA-STS policies over HTTPS, libcurl on the worker's loop
 * (RFC 8461 3.3; every setting of THREATS 2.4). Loop thread only.
 */
#ifndef SG_HTTPS_H
#define SG_HTTPS_H
#include <stddef.h>
#include <event2/event.h>
#include "base/addr.h"
#include "base/err.h"
#include "config/config.h"
#include "net/guard.h"

struct sg_https;

enum sg_rc sg_https_new(struct event_base *base, const struct sg_config *config,
    const struct sg_guard *guard, struct sg_https **out_r, struct sg_err *err);
/* Cancels what is under way; no callback. Not from within a callback. */
void sg_https_free(struct sg_https **https);

/* rc: SG_OK: body is the whole file, borrowed for the callback; else SG_RETRY
   (may go better later) or SG_BAD (came, but unfit) with err.reason one of
   sts-policy-fetch-error (timeouts too: R-30), sts-webpki-invalid,
   sts-policy-invalid (media type), special-use-address. err.text is in our
   own words and begins with one that names the kind: "timeout:", "redirect:",
   "status 404", "unframed:", "too-large:", "encoding:", "expired:",
   "not-trusted:", "host-mismatch:", ... */
struct sg_https_result {
	enum sg_rc rc;
	const char *body;
	size_t len;
	struct sg_err err;
};
typedef void sg_https_cb(void *arg, const struct sg_https_result *result);

struct sg_https_fetch;
/* GET https://mta-sts.<domain>/.well-known/mta-sts.txt from one of addrs,
   tried in turn within deadline_ms. libcurl never resolves a name. NULL: not
   started. The callback never runs inside this call. port is 443 except in
   tests. */
struct sg_https_params {
	const char *domain; /* kept form */
	const struct sg_addr *addrs;
	size_t n_addrs;
	uint16_t port;
	int deadline_ms;
};
struct sg_https_fetch *sg_https_get(struct sg_https *https,
    const struct sg_https_params *params, sg_https_cb *cb, void *arg);
/* Before the callback only; it does not run. */
void sg_https_cancel(struct sg_https_fetch *fetch);

/* Since sg_https_new(). */
struct sg_https_stats {
	unsigned long fetches;
	unsigned long unframed_refused; /* neither length nor chunked */
	unsigned long unframed_taken;   /* the same, with allow_unframed */
};
const struct sg_https_stats *sg_https_stats(const struct sg_https *https);
#endif
