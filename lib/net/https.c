/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy fetch: one libcurl transfer an address, until an HTTP
 * answer is there or the addresses or the time run out. What failed is told
 * in our own words, of several failures the most telling.
 */
#include <stdlib.h>
#include <string.h>
#include "net/https_private.h"

#define FETCH_MAGIC 0x68747470u

/* --- failures ----------------------------------------------------------- */

static int
weight(enum sg_reason reason)
{
	switch (reason) {
	case SG_REASON_NONE:
		return (0);
	case SG_REASON_SPECIAL_USE_ADDRESS:
		return (1);
	case SG_REASON_STS_WEBPKI_INVALID:
		return (3);
	default:
		return (2);
	}
}

/* Of several addresses' failures the most telling is told. */
static void
note(struct sg_https_fetch *fetch, enum sg_rc rc, enum sg_reason reason,
    const char *text)
{
	if (weight(reason) < weight(fetch->err.reason))
		return;
	fetch->rc = rc;
	sg_err_set(&fetch->err, reason, "%s", text);
}

static const char *
fetch_fault(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return ("unreachable: no connection to the policy host");
	case CURLE_OPERATION_TIMEDOUT:
		return ("timeout: policy host is too slow");
	case CURLE_PARTIAL_FILE:
		return ("short: body is not as long as announced");
	case CURLE_OUT_OF_MEMORY: /* also its word for a field over 100 KB */
		return ("too-large: header field, or out of memory");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return ("not-http: answer is no HTTP/1.1 response");
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return ("cut: connection ended before the answer");
	default:
		return ("failed: GET did not succeed");
	}
}

static bool
is_tls_fault(const struct sg_https_fetch *fetch, CURLcode code)
{
	return ((code == CURLE_SSL_CONNECT_ERROR && !fetch->tls.cut) ||
	    code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CIPHER || code == CURLE_SSL_INVALIDCERTSTATUS ||
	    code == CURLE_SSL_ISSUER_ERROR);
}

static void
note_tls(struct sg_https_fetch *fetch, CURLcode code)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION ||
	    fetch->tls.verify != X509_V_OK)
		note(fetch, SG_BAD, SG_REASON_STS_WEBPKI_INVALID,
		    sg_https_tls_fault(fetch->tls.verify));
	else
		note(fetch, SG_RETRY, SG_REASON_STS_WEBPKI_INVALID,
		    "handshake: no TLS 1.2 or later with the policy host");
}

/* R-30, THREATS 5.2. What the reply was refused for comes first: libcurl then
   only says that it was stopped. */
static void
note_failure(struct sg_https_fetch *fetch, CURLcode code)
{
	if (fetch->reply.err.reason != SG_REASON_NONE)
		note(fetch, fetch->reply.rc, fetch->reply.err.reason,
		    fetch->reply.err.text);
	else if (fetch->refused)
		note(fetch, SG_BAD, SG_REASON_SPECIAL_USE_ADDRESS,
		    "policy host's address may not be connected to");
	else if (is_tls_fault(fetch, code))
		note_tls(fetch, code);
	else if (code == CURLE_SSL_CONNECT_ERROR)
		note(fetch, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "cut: connection ended within the TLS handshake");
	else
		note(fetch, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    fetch_fault(code));
}

/* --- the end ------------------------------------------------------------ */

static void
unlink_fetch(struct sg_https_fetch *fetch)
{
	sg_https_transfer_drop(fetch);
	event_free(fetch->begin);
	LIST_REMOVE(fetch, link);
}

static void
free_fetch(struct sg_https_fetch *fetch)
{
	sg_https_reply_fini(&fetch->reply);
	fetch->magic = 0;
	free(fetch);
}

static void
finish(struct sg_https_fetch *fetch)
{
	struct sg_https_result result = {
		.rc = fetch->rc,
		.err = fetch->err
	};

	unlink_fetch(fetch);
	if (result.rc == SG_OK) {
		result.body = fetch->reply.len > 0 ? fetch->reply.body : "";
		result.len = fetch->reply.len;
	}
	fetch->cb(fetch->arg, &result);
	free_fetch(fetch);
}

static long
left_ms(const struct sg_https_fetch *fetch)
{
	int64_t left = fetch->ends.ms - sg_mono_now().ms;

	return (left > 0 ? (long)left : 0);
}

static void
go_on(struct sg_https_fetch *fetch)
{
	while (fetch->next < fetch->n_addrs) {
		long left = left_ms(fetch);

		if (left == 0)
			break;
		sg_https_reply_fini(&fetch->reply);
		fetch->addr = fetch->addrs[fetch->next++];
		if (sg_https_transfer_start(fetch, left))
			return;
		note(fetch, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "out of memory");
	}
	if (fetch->err.reason == SG_REASON_NONE)
		note(fetch, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    fetch->n_addrs == 0 ? "policy host has no address" :
		    fetch_fault(CURLE_OPERATION_TIMEDOUT));
	finish(fetch);
}

/* An HTTP answer is an answer: who sent one is not asked elsewhere. */
void
sg_https_landed(struct sg_https_fetch *fetch, CURLcode code)
{
	bool answered;

	sg_assert(fetch != NULL && fetch->magic == FETCH_MAGIC);
	answered = fetch->reply.head_bytes > 0;
	if (code == CURLE_OK && !sg_https_transfer_was_there(fetch))
		code = CURLE_COULDNT_CONNECT;
	if (code == CURLE_OK && sg_https_reply_is_whole(&fetch->reply)) {
		fetch->rc = SG_OK;
		memset(&fetch->err, 0, sizeof(fetch->err));
		finish(fetch);
		return;
	}
	if (answered) /* it outweighs what went wrong elsewhere */
		fetch->err.reason = SG_REASON_NONE;
	note_failure(fetch, code);
	sg_https_transfer_drop(fetch);
	if (answered)
		finish(fetch);
	else
		go_on(fetch);
}

/* --- public ------------------------------------------------------------- */

static void
on_begin(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

static bool
fill(struct sg_https_fetch *fetch, const struct sg_https_params *params)
{
	if (!sg_domain_is_valid(params->domain, false) ||
	    sg_domain_prefix("mta-sts", params->domain, fetch->host) != SG_OK)
		return (false);
	fetch->n_addrs = params->n_addrs;
	if (fetch->n_addrs > SG_HTTPS_MAX_ADDRS)
		fetch->n_addrs = SG_HTTPS_MAX_ADDRS;
	if (fetch->n_addrs > 0)
		memcpy(fetch->addrs, params->addrs,
		    fetch->n_addrs * sizeof(fetch->addrs[0]));
	fetch->port = params->port;
	fetch->ends.ms = sg_mono_now().ms + params->deadline_ms;
	return (true);
}

/* Begins from the loop, so that no failure can call back from here. */
static bool
schedule(struct sg_https_fetch *fetch)
{
	struct timeval now = { 0, 0 };

	fetch->begin = evtimer_new(fetch->https->base, on_begin, fetch);
	return (fetch->begin != NULL && evtimer_add(fetch->begin, &now) == 0);
}

struct sg_https_fetch *
sg_https_get(struct sg_https *https, const struct sg_https_params *params,
    sg_https_cb *cb, void *arg)
{
	struct sg_https_fetch *fetch = calloc(1, sizeof(*fetch));

	if (fetch == NULL)
		return (NULL);
	fetch->magic = FETCH_MAGIC;
	fetch->https = https;
	fetch->cb = cb;
	fetch->arg = arg;
	if (!fill(fetch, params) || !schedule(fetch)) {
		if (fetch->begin != NULL)
			event_free(fetch->begin);
		free(fetch);
		return (NULL);
	}
	LIST_INSERT_HEAD(&https->fetches, fetch, link);
	https->stats.fetches++;
	return (fetch);
}

void
sg_https_cancel(struct sg_https_fetch *fetch)
{
	sg_assert(fetch->magic == FETCH_MAGIC);
	unlink_fetch(fetch);
	free_fetch(fetch);
}

static enum sg_rc
open_client(struct sg_https *https, const struct sg_config *config,
    struct sg_err *err)
{
	https->curl_is_up = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	https->headers = curl_slist_append(NULL, "Accept-Encoding: identity");
	if (!https->curl_is_up || https->headers == NULL ||
	    !sg_https_loop_init(https)) {
		sg_err_set(err, SG_REASON_INTERNAL, "libcurl does not start");
		return (SG_RETRY);
	}
	return (sg_https_trust_load(config->https_ca_file, &https->store, err));
}

enum sg_rc
sg_https_new(struct event_base *base, const struct sg_config *config,
    const struct sg_guard *guard, struct sg_https **out_r, struct sg_err *err)
{
	struct sg_https *https = calloc(1, sizeof(*https));
	enum sg_rc rc;

	if (https == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_RETRY);
	}
	LIST_INIT(&https->fetches);
	https->base = base;
	https->guard = guard;
	https->allow_unframed = config->https_allow_unframed;
	rc = open_client(https, config, err);
	if (rc == SG_OK)
		*out_r = https;
	else
		sg_https_free(&https);
	return (rc);
}

void
sg_https_free(struct sg_https **https)
{
	struct sg_https *h = *https;

	if (h == NULL)
		return;
	while (!LIST_EMPTY(&h->fetches))
		sg_https_cancel(LIST_FIRST(&h->fetches));
	sg_https_loop_fini(h);
	curl_slist_free_all(h->headers);
	X509_STORE_free(h->store);
	if (h->curl_is_up)
		curl_global_cleanup();
	free(h);
	*https = NULL;
}

const struct sg_https_stats *
sg_https_stats(const struct sg_https *https)
{
	return (&https->stats);
}
