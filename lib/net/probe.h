/* SPDX-License-Identifier: ISC */
/*
 * probe.h - does an MX host offer STARTTLS, and with which certificate?
 * (RFC 3207, RFC 7672, RFC 8461 4.2.) Connects, says EHLO, STARTTLS, EHLO and
 * QUIT, and never MAIL or RCPT (THREATS T19). Loop thread only.
 */
#ifndef SG_PROBE_H
#define SG_PROBE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include "base/addr.h"
#include "base/err.h"
#include "config/config.h"
#include "facts/facts.h"
#include "net/guard.h"
#include "policy/tlsa.h"

#define SG_PROBE_ADDRS_MAX 8 /* THREATS T13 */
#define SG_PROBE_NAMES_MAX 3

/* One for each worker: loads the trust anchors once. base and guard must
   outlive it. SG_BAD with err: probe.ca_file cannot be read. SG_RETRY: out of
   memory. Reads files now and none later. */
struct sg_prober;
enum sg_rc sg_prober_new(struct event_base *base,
    const struct sg_config *config, const struct sg_guard *guard,
    struct sg_prober **out_r, struct sg_err *err);
/* Drops what is under way; no callback. Not from within a callback. */
void sg_prober_free(struct sg_prober **prober);

/* Borrowed for the call. */
struct sg_probe_params {
	const char *host;            /* as in the MX RR, kept form (V-04) */
	const struct sg_addr *addrs; /* at most SG_PROBE_ADDRS_MAX are used */
	size_t n_addrs;
	uint16_t port;
	int deadline_ms; /* for all of it, from now */
	/* What sg_tlsa_select() left, and the name that it was found at, which
	   is what SNI then says (D-53); n_tlsa 0: none, SNI is host. */
	const struct sg_tlsa *tlsa;
	size_t n_tlsa;
	const char *tlsa_base;
	/* What DANE-TA takes beside tlsa_base: with a secure MX RRset the next
	   hop and what it is an alias of (D-46, D-47). */
	const char *names[SG_PROBE_NAMES_MAX];
	size_t n_names;
	/* A handshake that makes the host OK is told at once, a round trip
	   before the answer to the EHLO within TLS. */
	bool early;
};

struct sg_probe_result {
	/* level is what was attained, whatever the state:
	   OK: VERIFY (certificate valid for host by PKIX, DNS-IDs only), or
	   DANE; reason is then NONE, or why PKIX does not hold as well.
	   FAIL: ENCRYPT, or NONE without TLS; reason says why not more.
	   UNREACHABLE, UNTESTED: nothing was learnt of TLS.
	   VERIFY and DANE need TLS 1.2. detail is printable; peer text
	   in it is escaped. at and until are set but for UNTESTED. */
	struct sg_facts_probe probe;
	/* A word before the last (early): requiretls is UNASKED, and the
	   callback runs once more. By then the host may have refused us, as it
	   can with TLS 1.3 only after the handshake (M-18). */
	bool more;
	/* Some address said 421: nobody shall connect there for an hour. The
	   prober itself does not. */
	bool silence;
};
typedef void sg_probe_cb(void *arg, const struct sg_probe_result *result);

/* Tries the addresses in turn until one is OK; else the result is the
   most telling failure: FAIL, then UNREACHABLE, then UNTESTED (by the limits
   of probe_limits.h, not-probed; refused by the guard, special-use-address;
   for our own lack, overload or internal). The callback runs once, or twice
   (more), not inside this call, and at the latest at deadline_ms; QUIT is said
   after the last. NULL:
   not started: out of memory, names that are not in kept form, TLSA records
   that sg_tlsa_select() would not leave. */
struct sg_probe;
struct sg_probe *sg_probe_start(struct sg_prober *prober,
    const struct sg_probe_params *params, sg_probe_cb *cb, void *arg);
/* Before its last callback only; none runs after. */
void sg_probe_cancel(struct sg_probe *probe);
#endif
