/* SPDX-License-Identifier: ISC */
/*
 * One GET of one address, as libcurl is told.
 *
 * It gets an address that was looked up and judged by us (CONNECT_TO), so
 * that it never resolves a name, and nothing of the environment or of an
 * earlier transfer counts. Where a setting looks like the default, it is:
 * defaults change.
 */
#include <sys/socket.h>
#include <stdio.h>
#include <string.h>
#include "net/https_private.h"

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

/* --- the transfer ------------------------------------------------------- */

void
sg_https_transfer_drop(struct sg_https_fetch *fetch)
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

bool
sg_https_transfer_start(struct sg_https_fetch *fetch, long left)
{
	if (prepare(fetch, left) &&
	    curl_multi_add_handle(fetch->https->multi, fetch->easy) == CURLM_OK)
		return (true);
	sg_https_transfer_drop(fetch);
	return (false);
}

bool
sg_https_transfer_was_there(const struct sg_https_fetch *fetch)
{
	struct sg_addr addr;
	const char *ip = NULL;

	return (curl_easy_getinfo(fetch->easy, CURLINFO_PRIMARY_IP, &ip) ==
	    CURLE_OK && ip != NULL && sg_addr_parse(ip, &addr) == SG_OK &&
	    memcmp(&addr, &fetch->addr, sizeof(addr)) == 0);
}
