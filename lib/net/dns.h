/* SPDX-License-Identifier: ISC */
/*
 * dns.h - questions to libunbound on the worker's loop (THREATS 2.3,
 * LIBRARIES 1). Loop thread only. Callbacks never run inside sg_dns_ask().
 */
#ifndef SG_DNS_H
#define SG_DNS_H
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include "base/err.h"
#include "config/config.h"
#include "facts/facts.h"

#define SG_DNS_MAX_RR 64     /* records kept of one answer (THREATS T13) */
#define SG_DNS_MAX_BYTES 16384

struct sg_dns;

/* An answer, borrowed for the callback. rc: SG_OK data; SG_NONE surely no
   such record (nxdomain tells NXDOMAIN from NODATA); SG_RETRY no answer
   (err); SG_BAD bogus (looked at before any data, err says why). */
struct sg_dns_answer {
	enum sg_rc rc;
	enum sg_dnssec dnssec;
	bool nxdomain;
	uint32_t ttl_s; /* clamped to the bounds of facts.h */
	const char *canonname; /* kept form, the end of the CNAME chain, or NULL */
	size_t n;
	struct sg_dns_rr {
		const unsigned char *data;
		size_t len;
	} rr[SG_DNS_MAX_RR]; /* rdata, wire format */
	bool cut; /* there were records beyond the caps */
	struct sg_err err;
};
typedef void sg_dns_cb(void *arg, const struct sg_dns_answer *answer);

enum { SG_DNS_A = 1, SG_DNS_NS = 2, SG_DNS_CNAME = 5, SG_DNS_SOA = 6,
       SG_DNS_MX = 15, SG_DNS_TXT = 16, SG_DNS_AAAA = 28, SG_DNS_DNSKEY = 48,
       SG_DNS_TLSA = 52 };

/* SG_BAD with err: a setting libunbound refuses, a bad trust anchor file. An
   anchor that does not fit the servers is no error: see sg_dns_validates().
   Not while another call makes one, in any thread. */
enum sg_rc sg_dns_new(struct event_base *base, const struct sg_config *config,
    struct sg_dns **out_r, struct sg_err *err);
/* No callback runs after this. Not from inside one. */
void sg_dns_free(struct sg_dns **dns);

struct sg_dns_query;
/* name in kept form (may begin with '_' labels). The callback runs once, at
   the latest at deadline_ms from now (then SG_RETRY, timeout). NULL: it could
   not be asked, and cb is not called. */
struct sg_dns_query *sg_dns_ask(struct sg_dns *dns, const char *name, int type,
    int deadline_ms, sg_dns_cb *cb, void *arg);
/* Before its callback only; cb does not run. */
void sg_dns_cancel(struct sg_dns_query *query);

/* True once the DNSKEY RRset of every name that trust_anchor_file has anchors
   for was found secure. Until then DNSSEC is unavailable and all answers count
   as insecure, which is said loudly, and tried again now and then: with an
   anchor that the servers cannot serve every answer would be bogus, and no
   mail would leave. Questions wait for the first trial (SG_DNS_TRIAL_MS at
   most). */
#define SG_DNS_TRIAL_MS 4000
/* What the process exits with when libunbound cannot start asking. */
#define SG_DNS_LOST 75
bool sg_dns_validates(const struct sg_dns *dns);
#endif
