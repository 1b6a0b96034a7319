/* SPDX-License-Identifier: ISC */
/*
 * fault_library.c - what the libraries of the network may refuse us: objects,
 * options, questions, timers. Linked where these are used, with --wrap
 * (room.mk).
 */
#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unbound.h>
#include <unbound-event.h>
#include <stdarg.h>
#include "torture/fault.h"

#define WRAP(type, name, params, args, failure) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		return fault_is_due(FAULT_LIBRARY) ? (failure) \
						   : __real_##name args; \
	}

WRAP(SSL *, SSL_new, (SSL_CTX *c), (c), NULL)
WRAP(SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *m), (m), NULL)
WRAP(BIO *, BIO_new, (const BIO_METHOD *m), (m), NULL)
WRAP(X509_STORE *, X509_STORE_new, (void), (), NULL)
WRAP(X509_STORE_CTX *, X509_STORE_CTX_new, (void), (), NULL)
WRAP(struct event *, event_new, (struct event_base *b, evutil_socket_t fd,
    short what, event_callback_fn cb, void *arg), (b, fd, what, cb, arg),
    NULL)
WRAP(struct event_base *, event_base_new, (void), (), NULL)
WRAP(struct ub_ctx *, ub_ctx_create_event, (struct event_base *b), (b), NULL)
WRAP(CURL *, curl_easy_init, (void), (), NULL)
WRAP(CURLM *, curl_multi_init, (void), (), NULL)
WRAP(CURLU *, curl_url, (void), (), NULL)
WRAP(struct curl_slist *, curl_slist_append, (struct curl_slist *l, const
    char *s), (l, s), NULL)

WRAP(int, X509_STORE_set_default_paths, (X509_STORE *s), (s), 0)
WRAP(int, X509_STORE_load_file, (X509_STORE *s, const char *f), (s, f), 0)
WRAP(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM *p, const char *n,
    size_t l), (p, n, l), 0)
WRAP(int, X509_STORE_CTX_init, (X509_STORE_CTX *c, X509_STORE *s, X509 *x,
    STACK_OF(X509) *ch), (c, s, x, ch), 0)
WRAP(int, X509_verify_cert, (X509_STORE_CTX *c), (c), -1)
WRAP(int, SSL_CTX_dane_enable, (SSL_CTX *c), (c), 0)
WRAP(int, SSL_dane_enable, (SSL *s, const char *n), (s, n), 0)
WRAP(int, SSL_add1_host, (SSL *s, const char *n), (s, n), 0)
WRAP(int, SSL_dane_tlsa_add, (SSL *s, uint8_t u, uint8_t l, uint8_t m, const
    unsigned char *d, size_t n), (s, u, l, m, d, n), -1)
WRAP(int, event_add, (struct event *e, const struct timeval *tv), (e, tv),
    -1)
WRAP(int, ub_ctx_set_fwd, (struct ub_ctx *c, const char *a), (c, a),
    UB_NOMEM)
WRAP(int, ub_ctx_set_option, (struct ub_ctx *c, const char *o, const char
    *v), (c, o, v), UB_NOMEM)
WRAP(int, ub_ctx_add_ta_file, (struct ub_ctx *c, const char *f), (c, f),
    UB_READFILE)
WRAP(int, ub_resolve_event, (struct ub_ctx *c, const char *n, int t, int k,
    void *a, ub_event_callback_type cb, int *id), (c, n, t, k, a, cb, id),
    UB_NOMEM)

WRAP(CURLMcode, curl_multi_add_handle, (CURLM *m, CURL *e), (m, e),
    CURLM_OUT_OF_MEMORY)
WRAP(CURLMcode, curl_multi_assign, (CURLM *m, curl_socket_t s, void *p), (m,
    s, p), CURLM_OUT_OF_MEMORY)

/* Each takes one more argument: a long, an offset or a pointer. */
#undef curl_easy_setopt
CURLcode __real_curl_easy_setopt(CURL *e, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *e, CURLoption option, ...);
#undef curl_multi_setopt
CURLMcode __real_curl_multi_setopt(CURLM *m, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *m, CURLMoption option, ...);

CURLcode
__wrap_curl_easy_setopt(CURL *e, CURLoption option, ...)
{
	va_list ap;
	void *value;

	if (fault_is_due(FAULT_LIBRARY))
		return CURLE_OUT_OF_MEMORY;
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return __real_curl_easy_setopt(e, option, value);
}

CURLMcode
__wrap_curl_multi_setopt(CURLM *m, CURLMoption option, ...)
{
	va_list ap;
	void *value;

	if (fault_is_due(FAULT_LIBRARY))
		return CURLM_OUT_OF_MEMORY;
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return __real_curl_multi_setopt(m, option, value);
}
