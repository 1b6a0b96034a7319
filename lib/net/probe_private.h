/* SPDX-License-Identifier: ISC */
/*
 * probe_private.h - what the parts of the prober share: probe.c (addresses in
 * turn, the result), probe_conn.c (one connection: bytes and time),
 * probe_smtp.c (what is said on it: the state table), probe_tls.c (how TLS is
 * set up and judged).
 */
#ifndef SG_PROBE_PRIVATE_H
#define SG_PROBE_PRIVATE_H
#include <bsd/sys/queue.h>
#include <openssl/ssl.h>
#include "base/clock.h"
#include "base/domain.h"
#include "net/probe.h"
#include "net/probe_limits.h"
#include "net/probe_provider.h"
#include "net/smtp_reply.h"

struct sg_probe_conn;

struct sg_prober {
	struct event_base *base;
	const struct sg_guard *guard;
	SSL_CTX *ctx; /* its X509_STORE is the trust store */
	char helo[SG_DOMAIN_SIZE]; /* "": the address literal */
	uint32_t good_for_s, bad_for_s;
	struct sg_probe_limits *limits;
	struct sg_providers *providers;
	LIST_HEAD(, sg_probe) probes;
	LIST_HEAD(, sg_probe_conn) conns; /* some have outlived their probe */
};

/* What one address, or all so far, brought. */
struct sg_probe_finding {
	enum sg_probe_state state;
	enum sg_reason reason;
	enum sg_level level;
	uint16_t tls_version;
	enum sg_requiretls requiretls;
	char detail[SG_FACTS_DETAIL_SIZE];
};

struct sg_probe {
	unsigned magic;
	LIST_ENTRY(sg_probe) link;
	struct sg_prober *prober;
	sg_probe_cb *cb;
	void *arg;
	char host[SG_DOMAIN_SIZE];
	struct sg_addr addrs[SG_PROBE_ADDRS_MAX];
	size_t n_addrs, next;
	uint16_t port;
	struct sg_tlsa tlsa[SG_TLSA_MAX];
	size_t n_tlsa;
	unsigned char *tlsa_data; /* what tlsa[] points into */
	char tlsa_base[SG_DOMAIN_SIZE];
	char names[SG_PROBE_NAMES_MAX][SG_DOMAIN_SIZE];
	size_t n_names;
	struct sg_mono ends;
	bool early, begun, told; /* told: a word before the last */
	struct event *turn; /* begins; tells what is told early */
	struct sg_probe_conn *conn; /* the attempt under way */
	bool counted; /* by its provider's bucket */
	bool silence;
	struct sg_probe_finding best, first; /* first: of the handshake */
};

/* The handshake went well; the connection goes on. */
void sg_probe_shook_hands(struct sg_probe *probe,
    const struct sg_probe_finding *found);
/* An address is done with: conn is gone or says QUIT on its own. */
void sg_probe_landed(struct sg_probe *probe,
    const struct sg_probe_finding *found);

/* --- probe_conn.c ------------------------------------------------------- */

enum sg_probe_step {
	SG_STEP_CONNECT,
	SG_STEP_BANNER,
	SG_STEP_EHLO,
	SG_STEP_STARTTLS,
	SG_STEP_HANDSHAKE,
	SG_STEP_EHLO_TLS,
	SG_STEP_QUIT, /* the finding is told; being polite */
	SG_STEP_COUNT
};

struct sg_probe_conn {
	unsigned magic;
	LIST_ENTRY(sg_probe_conn) link;
	struct sg_prober *prober;
	struct sg_probe *probe; /* NULL once the finding is told */
	struct sg_addr addr;
	int fd;
	struct event *readable, *writable, *timer;
	enum sg_probe_step step;
	size_t bytes_in;
	BIO *out; /* to be sent: clear text, or what TLS made */
	BIO *in;  /* TLS records that came */
	SSL *ssl;
	bool dane_ok; /* OpenSSL's word on the TLSA records */
	int dane_error;
	struct sg_smtp_reply reply;
	struct sg_probe_finding found; /* of the handshake; it holds if the
					  peer goes on after it (M-18) */
};

/* Connects to addr, which may be tried until ms from now. NULL, found filled:
   could not so much as begin. */
struct sg_probe_conn *sg_probe_conn_new(struct sg_probe *probe,
    const struct sg_addr *addr, int ms, struct sg_probe_finding *found);
void sg_probe_conn_free(struct sg_probe_conn **conn);
/* Queues one line in clear or in TLS and sends what can be sent. */
void sg_probe_conn_say(struct sg_probe_conn *conn, const char *line);
/* After the 220 to STARTTLS. False: conn is gone. */
bool sg_probe_conn_secure(struct sg_probe_conn *conn);
/* Tells the finding; then says QUIT if polite, and closes. False: conn is
   gone already. */
bool sg_probe_conn_end(struct sg_probe_conn *conn,
    const struct sg_probe_finding *found, bool polite);
/* What EHLO says (M-06): helo, or else our address as a literal. */
void sg_probe_conn_helo(const struct sg_probe_conn *conn, char *out,
    size_t out_size);

/* --- probe_smtp.c ------------------------------------------------------- */

/* All of these may end the connection; false: conn is gone. */
bool sg_probe_on_connect(struct sg_probe_conn *conn);
bool sg_probe_on_text(struct sg_probe_conn *conn, const char *data, size_t len);
/* The handshake is over; conn->found says what it is worth. */
bool sg_probe_on_secure(struct sg_probe_conn *conn);
/* Octets that are no TLS came where TLS was due (M-15). */
bool sg_probe_on_injection(struct sg_probe_conn *conn);
/* The peer closed, or TLS failed: why is our words, or OpenSSL's. reason is
   used where the table has a failure of TLS; INTERNAL: untested, wherever. */
bool sg_probe_on_close(struct sg_probe_conn *conn, enum sg_reason reason,
    const char *why);
bool sg_probe_on_timeout(struct sg_probe_conn *conn);

/* --- probe_tls.c -------------------------------------------------------- */

/* ca_file "" = the system's. SG_BAD, SG_RETRY with err. */
enum sg_rc sg_probe_tls_ctx(const char *ca_file, SSL_CTX **out_r,
    struct sg_err *err);
/* A client for the probe's host or TLSA base, on conn->in and conn->out. False,
   found filled: it could not be. */
bool sg_probe_tls_open(struct sg_probe_conn *conn,
    struct sg_probe_finding *found);
/* Judges a handshake that ended well. */
void sg_probe_tls_judge(struct sg_probe_conn *conn,
    struct sg_probe_finding *found);
/* Takes OpenSSL's error of a handshake or connection that failed: is the
   version to blame, and its words. */
enum sg_reason sg_probe_tls_fault(const char **why_r);
/* OpenSSL calls that began with no error and errno 0 had no memory. It often
   says something else then, a digest that is too long, or nothing; it does no
   I/O here, so that ENOMEM can only be malloc()'s. */
bool sg_probe_tls_is_starved(void);

/* --- probe_cert.c ------------------------------------------------------- */

/* Is the chain that the peer of ssl sent valid by PKIX, for host, by DNS-ID
   (V-07 to V-09)? NONE: it is; INTERNAL: there was no memory to tell; else why
   not, and words for it. */
enum sg_reason sg_probe_cert_judge(SSL *ssl, const char *host,
    const char **why_r);
/* The same for the result of a verification that OpenSSL made. */
enum sg_reason sg_probe_cert_reason(int error, const char **why_r);
/* "until 2026-12-01, issuer Some CA, names mx.a.test mx.b.test" */
void sg_probe_cert_describe(SSL *ssl, char *out, size_t out_size);
#endif
