/* SPDX-License-Identifier: ISC */
/*
 * https_private.h - what the parts of the HTTPS client share: https.c (a
 * fetch's life), https_transfer.c (one GET of one address), https_loop.c
 * (libcurl on libevent), https_tls.c (whom we trust), https_reply.c (what is
 * taken of an answer).
 */
#ifndef SG_HTTPS_PRIVATE_H
#define SG_HTTPS_PRIVATE_H
#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include "base/clock.h"
#include "base/domain.h"
#include "net/https.h"

#define SG_HTTPS_MAX_ADDRS 8 /* THREATS T13 */

/* --- https_reply.c ------------------------------------------------------ */

/* One answer as it comes in. Zeroed but for the first three. */
struct sg_https_reply {
	CURL *easy;
	bool allow_unframed;
	struct sg_https_stats *stats;
	size_t head_bytes, head_fields; /* of every response, interim ones too */
	bool head_ended;                /* the blank line has come */
	long status;                    /* as the last status line says */
	bool judged;                    /* the head is fit for a policy */
	bool has_length;
	size_t want;                    /* Content-Length, if there */
	char *body;
	size_t len, size;
	struct sg_err err; /* reason set: refused, whatever libcurl says */
	enum sg_rc rc;
};

/* CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; arg is the reply. */
size_t sg_https_reply_head(char *data, size_t size, size_t n, void *arg);
size_t sg_https_reply_body(char *data, size_t size, size_t n, void *arg);
/* The transfer ended well: is what came a policy file? Else err is set. */
bool sg_https_reply_is_whole(struct sg_https_reply *reply);
void sg_https_reply_fini(struct sg_https_reply *reply);

/* --- https_tls.c -------------------------------------------------------- */

/* ca_file "" = the system's. SG_BAD, SG_RETRY with err. */
enum sg_rc sg_https_trust_load(const char *ca_file, X509_STORE **out_r,
    struct sg_err *err);

/* What is checked in a handshake, and what became of it. */
struct sg_https_tls {
	X509_STORE *store;
	const char *host;
	bool cut;    /* the connection ended within the handshake */
	long verify; /* X509_V_*, after a handshake that failed */
};
/* CURLOPT_SSL_CTX_FUNCTION; arg is a struct sg_https_tls, which must live as
   long as the transfer. */
CURLcode sg_https_tls_setup(CURL *easy, void *ssl_ctx, void *arg);
/* Words for tls.verify of a certificate that was refused; X509_V_OK then is
   libcurl's own check of the name. */
const char *sg_https_tls_fault(long verify);

/* --- https.c and https_loop.c ------------------------------------------- */

struct sg_https_fetch {
	unsigned magic;
	LIST_ENTRY(sg_https_fetch) link;
	struct sg_https *https;
	sg_https_cb *cb;
	void *arg;
	char host[SG_DOMAIN_SIZE]; /* mta-sts.<domain> */
	struct sg_addr addrs[SG_HTTPS_MAX_ADDRS];
	size_t n_addrs, next;
	uint16_t port;
	struct sg_mono ends;
	struct event *begin;

	/* the transfer under way */
	CURL *easy;
	struct curl_slist *connect_to;
	struct sg_addr addr;
	bool refused; /* by the guard */
	struct sg_https_tls tls;
	struct sg_https_reply reply;

	/* the most telling failure so far */
	enum sg_rc rc;
	struct sg_err err;
};

struct sg_https {
	struct event_base *base;
	const struct sg_guard *guard;
	bool allow_unframed;
	bool curl_is_up;
	CURLM *multi;
	struct event *timer;
	X509_STORE *store;
	struct curl_slist *headers;
	struct sg_https_stats stats;
	LIST_HEAD(, sg_https_fetch) fetches;
};

/* multi and timer; false: out of memory. */
bool sg_https_loop_init(struct sg_https *https);
/* After the last transfer is gone. */
void sg_https_loop_fini(struct sg_https *https);
/* A transfer has ended; called from the loop. */
void sg_https_landed(struct sg_https_fetch *fetch, CURLcode code);

/* --- https_transfer.c --------------------------------------------------- */

/* To fetch->addr, for left_ms at most; the reply must be zeroed. False: out
   of memory; nothing is under way then. */
bool sg_https_transfer_start(struct sg_https_fetch *fetch, long left_ms);
/* Ends it, if there is one. The reply stays. */
void sg_https_transfer_drop(struct sg_https_fetch *fetch);
/* After it: libcurl went where it was sent, as it says itself. */
bool sg_https_transfer_was_there(const struct sg_https_fetch *fetch);
#endif
