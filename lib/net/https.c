/* SPDX-License-Identifier: ISC */
/*
 * The life of a policy fetch: one libcurl transfer an address, until an HTTP
 * answer is there or the addresses or the time run out.
 *
 * libcurl is given one address that was looked up and judged by us
 * (CONNECT_TO), so that it never resolves a name, and nothing of the
 * environment or of an earlier transfer counts. Where a setting below looks
 * like the default, it is: defaults change.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/https_private.h"

#define FETCH_MAGIC 0x68747470u
#define CONNECT_MAX_MS 3000 /* TCP and TLS */
#define SLOW_BYTES_PER_S 100L
#define SLOW_S 3L
#define WELL_KNOWN "/.well-known/mta-sts.txt"

/* --- settings (THREATS 2.4) --------------------------------------------- */

static const struct {
	CURLoption option;
	long value;
} long_settings[] = {
	{ CURLOPT_HTTPGET, 1 },
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_MAXREDIRS, 0 },
	{ CURLOPT_FAILONERROR, 0 },
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_SSL_SESSIONID_CACHE, 0 },
	{ CURLOPT_FRESH_CONNECT, 1 },
	{ CURLOPT_FORBID_REUSE, 1 },
	{ CURLOPT_MAXCONNECTS, 1 },
	{ CURLOPT_DNS_CACHE_TIMEOUT, 0 },
	{ CURLOPT_NOSIGNAL, 1 },
	{ CURLOPT_NOPROGRESS, 1 },
	{ CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_S },
	{ CURLOPT_LOW_SPEED_TIME, SLOW_S }
};

static const struct {
	CURLoption option;
	const char *value;
} text_settings[] = {
	{ CURLOPT_PROTOCOLS_STR, "https" },
	{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
	{ CURLOPT_PROXY, "" }, /* whatever the environment says */
	{ CURLOPT_CAINFO, NULL },
	{ CURLOPT_CAPATH, NULL },
	{ CURLOPT_ACCEPT_ENCODING, NULL },
	{ CURLOPT_USERAGENT, "stsgate" }
};

static bool
set_fixed(CURL *easy)
{
	size_t i;

	for (i = 0; i < sizeof(long_settings) / sizeof(long_settings[0]); i++) {
		if (curl_easy_setopt(easy, long_settings[i].option,
		    long_settings[i].value) != CURLE_OK)
			return (false);
	}
	for (i = 0; i < sizeof(text_settings) / sizeof(text_settings[0]); i++) {
		if (curl_easy_setopt(easy, text_settings[i].option,
		    text_settings[i].value) != CURLE_OK)
			return (false);
	}
	return (true);
}

static bool
is_ours(const struct sg_https_fetch *fetch, const struct curl_sockaddr *to)
{
	struct sockaddr_storage want;
	socklen_t len = sg_addr_to_sockaddr(&fetch->addr, fetch->port, &want);

	return (to->addrlen == len && memcmp(&to->addr, &want, len) == 0);
}

/* The last line before connect(2): the very sockaddr is judged (T10). */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct sg_https_fetch *fetch = arg;
	struct sg_addr addr;

	(void)purpose;
	if (!sg_addr_from_sockaddr(&to->addr, &addr) ||
	    !is_ours(fetch, to) ||
	    !sg_guard_permits(fetch->https->guard, &addr)) {
		fetch->refused = true;
		return (CURL_SOCKET_BAD);
	}
	return (socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol));
}

static bool
set_callbacks(struct sg_https_fetch *fetch)
{
	CURL *e = fetch->easy;

	return (curl_easy_setopt(e, CURLOPT_PRIVATE, fetch) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, fetch) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, sg_https_tls_setup) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, &fetch->tls) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, sg_https_reply_head) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_HEADERDATA, &fetch->reply) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, sg_https_reply_body) ==
	    CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_WRITEDATA, &fetch->reply) == CURLE_OK);
}

/* --- where to ----------------------------------------------------------- */

/* Reads the URL back: libcurl must see the host that we mean. */
static bool
url_names(const char *url, const char *host)
{
	CURLU *u = curl_url();
	char *got = NULL;
	bool ok;

	ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &got, 0) == CURLUE_OK &&
	    strcmp(got, host) == 0;
	curl_free(got);
	curl_url_cleanup(u);
	return (ok);
}

static bool
set_url(struct sg_https_fetch *fetch)
{
	char url[SG_DOMAIN_SIZE + 64];

	snprintf(url, sizeof(url), "https://%s" WELL_KNOWN, fetch->host);
	return (url_names(url, fetch->host) &&
	    curl_easy_setopt(fetch->easy, CURLOPT_URL, url) == CURLE_OK);
}

static bool
set_address(struct sg_https_fetch *fetch)
{
	char text[SG_ADDR_TEXT_SIZE], to[SG_ADDR_TEXT_SIZE + 16];
	bool v6 = fetch->addr.family == 6;

	sg_addr_format(&fetch->addr, text);
	snprintf(to, sizeof(to), "::%s%s%s:%u", v6 ? "[" : "", text,
	    v6 ? "]" : "", (unsigned)fetch->port);
	fetch->connect_to = curl_slist_append(NULL, to);
	return (fetch->connect_to != NULL &&
	    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_TO,
	    fetch->connect_to) == CURLE_OK);
}

static long
left_ms(const struct sg_https_fetch *fetch)
{
	int64_t left = fetch->ends.ms - sg_mono_now().ms;

	return (left > 0 ? (long)left : 0);
}

/* Each address still to be tried gets its share of the time to connect. */
static bool
set_deadlines(struct sg_https_fetch *fetch, long left)
{
	long share = left / (long)(fetch->n_addrs - fetch->next + 1);

	if (share > CONNECT_MAX_MS)
		share = CONNECT_MAX_MS;
	if (share < 1)
		share = 1;
	return (curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, left) ==
	    CURLE_OK &&
	    curl_easy_setopt(fetch->easy, CURLOPT_CONNECTTIMEOUT_MS, share) ==
	    CURLE_OK);
}

/* --- an attempt --------------------------------------------------------- */

static void
drop_attempt(struct sg_https_fetch *fetch)
{
	if (fetch->easy != NULL) {
		curl_multi_remove_handle(fetch->https->multi, fetch->easy);
		curl_easy_cleanup(fetch->easy);
		fetch->easy = NULL;
	}
	curl_slist_free_all(fetch->connect_to);
	fetch->connect_to = NULL;
}

static bool
prepare(struct sg_https_fetch *fetch, long left)
{
	struct sg_https *https = fetch->https;

	fetch->easy = curl_easy_init();
	if (fetch->easy == NULL)
		return (false);
	fetch->reply = (struct sg_https_reply){
		.easy = fetch->easy,
		.allow_unframed = https->allow_unframed,
		.stats = &https->stats
	};
	fetch->tls = (struct sg_https_tls){ .store = https->store,
		.host = fetch->host };
	fetch->refused = false;
	return (set_fixed(fetch->easy) && set_callbacks(fetch) &&
	    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER,
	    https->headers) == CURLE_OK &&
	    set_url(fetch) && set_address(fetch) &&
	    set_deadlines(fetch, left));
}

static bool
attempt(struct sg_https_fetch *fetch, long left)
{
	fetch->addr = fetch->addrs[fetch->next++];
	if (prepare(fetch, left) &&
	    curl_multi_add_handle(fetch->https->multi, fetch->easy) == CURLM_OK)
		return (true);
	drop_attempt(fetch);
	return (false);
}

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
	drop_attempt(fetch);
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

static void
go_on(struct sg_https_fetch *fetch)
{
	while (fetch->next < fetch->n_addrs) {
		long left = left_ms(fetch);

		if (left == 0)
			break;
		sg_https_reply_fini(&fetch->reply);
		if (attempt(fetch, left))
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

/* libcurl went where it was sent, as it says itself. */
static bool
was_there(const struct sg_https_fetch *fetch)
{
	struct sg_addr addr;
	const char *ip = NULL;

	return (curl_easy_getinfo(fetch->easy, CURLINFO_PRIMARY_IP, &ip) ==
	    CURLE_OK && ip != NULL && sg_addr_parse(ip, &addr) == SG_OK &&
	    memcmp(&addr, &fetch->addr, sizeof(addr)) == 0);
}

/* An HTTP answer is an answer: who sent one is not asked elsewhere. */
void
sg_https_landed(struct sg_https_fetch *fetch, CURLcode code)
{
	bool answered;

	sg_assert(fetch != NULL && fetch->magic == FETCH_MAGIC);
	answered = fetch->reply.head_bytes > 0;
	if (code == CURLE_OK && !was_there(fetch))
		code = CURLE_COULDNT_CONNECT;
	if (code == CURLE_OK && sg_https_reply_is_whole(&fetch->reply)) {
		fetch->rc = SG_OK;
		memset(&fetch->err, 0, sizeof(fetch->err));
		finish(fetch);
		return;
	}
	note_failure(fetch, code);
	drop_attempt(fetch);
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
