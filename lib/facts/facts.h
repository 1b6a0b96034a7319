/* SPDX-License-Identifier: ISC */
/*
 * facts.h - what is known of one next hop: the type and its life.
 *
 * A facts value is built by one owner, then published and from then on
 * immutable and counted; newer knowledge replaces it whole. Each part says
 * when it was learnt and until when it is good. Wall times throughout: facts
 * are kept on disk.
 */
#ifndef SG_FACTS_H
#define SG_FACTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/nexthop.h"
#include "base/terms.h"
#include "policy/sts_policy.h"
#include "policy/sts_record.h"

#define SG_FACTS_MAX_MX 20   /* used in preference order (THREATS T13) */
#define SG_FACTS_DETAIL_SIZE 128

/* DNSSEC status of an answer, or that there was none (RFC 4035 4.3). */
enum sg_dnssec {
	SG_DNSSEC_INSECURE = 0,
	SG_DNSSEC_SECURE = 1,
	SG_DNSSEC_BOGUS = 2,
	SG_DNSSEC_ERROR = 3
};

/* --- MTA-STS ------------------------------------------------------------ */

enum sg_txt_state {
	SG_TXT_UNASKED = 0,
	SG_TXT_NONE = 1,    /* no STS record: NXDOMAIN, NODATA, other TXT only */
	SG_TXT_RECORD = 2,  /* one good record: id is set */
	SG_TXT_INVALID = 3, /* several, or malformed: like none (B-09, B-10) */
	SG_TXT_ERROR = 4,   /* could not look */
	SG_TXT_BOGUS = 5
};

/* The last look at _mta-sts.<domain>. */
struct sg_facts_txt {
	enum sg_txt_state state;
	enum sg_dnssec dnssec;
	char id[SG_STS_ID_SIZE]; /* "" unless RECORD */
	struct sg_wall at, until; /* looked at; good until (DNS TTL, clamped) */
};

/* The last attempt to fetch the policy, whatever came of it. */
struct sg_facts_fetch {
	bool tried; /* false: never; reason then says why the last lookup
		       brought nothing at all, or is NONE (sg_facts_unlearnt) */
	enum sg_reason reason; /* SG_REASON_NONE = it succeeded */
	char detail[SG_FACTS_DETAIL_SIZE]; /* printable ASCII, our own words */
	char id[SG_STS_ID_SIZE];    /* the TXT id it was made for */
	struct sg_wall at;
	struct sg_wall retry_after; /* not again before, for this id (C-14) */
	uint16_t failures;          /* in a row, for this id: back-off grows */
};

struct sg_facts_sts {
	struct sg_facts_txt txt;
	struct sg_facts_fetch fetch;
	/* The policy in force, or NULL. It may be expired: ask
	   sg_facts_policy(). id is the TXT id it was fetched for, text the
	   file as served (RFC 8460 reports quote it). */
	struct sg_sts_policy *policy;
	char policy_id[SG_STS_ID_SIZE];
	char *text;
	size_t text_len;
	struct sg_wall fetched_at;
	/* Since when, without a break, it could not be learnt whether there is
	   a policy (TXT or fetch failing); 0 when it is known. unknown_window
	   counts from here. */
	struct sg_wall unknown_since;
};

/* --- MX hosts ----------------------------------------------------------- */

enum sg_mx_state {
	SG_MX_UNASKED = 0,
	SG_MX_FOUND = 1,    /* mx[] holds the RRset, best first */
	SG_MX_IMPLICIT = 2, /* no MX RR: mx[0] is the domain itself (5321 5.1) */
	SG_MX_HOST = 3,     /* the next hop is a host: mx[0] is it */
	SG_MX_NULL = 4,     /* null MX (RFC 7505) */
	SG_MX_NXDOMAIN = 5, /* the domain does not exist */
	SG_MX_ERROR = 6,    /* could not look */
	SG_MX_BOGUS = 7,
	SG_MX_UNUSABLE = 8  /* MX RRs are there, none names a usable host */
};

enum sg_addr_state {
	SG_ADDR_UNASKED = 0,
	SG_ADDR_OK = 1,      /* at least one address that may be connected to */
	SG_ADDR_NONE = 2,    /* surely none */
	SG_ADDR_ERROR = 3,
	SG_ADDR_BOGUS = 4,
	SG_ADDR_SPECIAL = 5  /* only special-use addresses (THREATS T10) */
};

enum sg_tlsa_state {
	SG_TLSA_NONE = 0,
	SG_TLSA_USABLE = 1,
	SG_TLSA_UNUSABLE = 2, /* secure records, none of them usable */
	SG_TLSA_ERROR = 3,
	SG_TLSA_BOGUS = 4,
	SG_TLSA_UNASKED = 5
};

enum sg_probe_state {
	SG_PROBE_UNTESTED = 0,
	SG_PROBE_OK = 1,
	SG_PROBE_FAIL = 2,
	SG_PROBE_UNREACHABLE = 3
};

/* Does it offer REQUIRETLS within TLS (RFC 8689)? UNASKED: the handshake is
   all that is known yet, of a probe that is OK; nothing but a message that asks
   for REQUIRETLS needs to know, and it asks then. */
enum sg_requiretls {
	SG_REQUIRETLS_NO = 0,
	SG_REQUIRETLS_OFFERED = 1,
	SG_REQUIRETLS_UNASKED = 2
};

/* The last STARTTLS probe of an MX host. */
struct sg_facts_probe {
	enum sg_probe_state state;
	enum sg_reason reason;
	enum sg_level level;  /* attained: encrypt, verify or dane; secure is
				 for decide to say (it takes a policy match) */
	uint16_t tls_version; /* 0x0303, 0x0304; 0 = none */
	enum sg_requiretls requiretls;
	char detail[SG_FACTS_DETAIL_SIZE];
	struct sg_wall at, until;
};

struct sg_facts_mx {
	char host[SG_DOMAIN_SIZE]; /* as in the MX RR, kept form (V-04) */
	uint16_t preference;
	enum sg_addr_state addrs;
	enum sg_dnssec addr_dnssec;
	bool is_self;  /* one of own_hosts: it and all worse ones are cut (N-08) */
	enum sg_tlsa_state tlsa;
	uint8_t tlsa_records;
	struct sg_facts_probe probe;
};

/* --- the whole ---------------------------------------------------------- */

struct sg_facts {
	struct sg_nexthop hop;
	struct sg_facts_sts sts;
	enum sg_mx_state mx_state;
	enum sg_dnssec mx_dnssec; /* of the MX RRset (or of its absence) */
	struct sg_wall mx_at, mx_until;
	unsigned n_mx;
	struct sg_facts_mx *mx; /* n_mx of them, ascending preference */
	struct sg_wall fresh_until; /* after this, look again before answering */
	struct sg_wall refresh_at;  /* from here on, look again beside answering */
	struct sg_wall refetch_at;  /* the policy is fetched again then, asked for
				       or not (K-04, K-05); 0 = not at all */
	/* For facts.c only: */
	unsigned refs; /* atomic */
	bool one_block; /* all of it is one (packed.c): immutable from birth */
	size_t block_size;
};

/* Empty facts about hop, one reference; NULL: out of memory. */
struct sg_facts *sg_facts_new(const struct sg_nexthop *hop);
/* Room for n MX hosts (n <= SG_FACTS_MAX_MX), zeroed. SG_OK or SG_RETRY. */
enum sg_rc sg_facts_set_mx(struct sg_facts *f, unsigned n);
/* Takes a policy text: parses, copies. id is what TXT said, "" if a daily
   re-fetch was made without TXT. SG_OK; SG_BAD, SG_RETRY with err. */
enum sg_rc sg_facts_set_policy(struct sg_facts *f, const char *text,
    size_t len, const char *id, struct sg_wall fetched_at, struct sg_err *err);

/* As if none had ever been set. */
void sg_facts_drop_policy(struct sg_facts *f);

struct sg_facts *sg_facts_ref(const struct sg_facts *f);
void sg_facts_unref(struct sg_facts **f); /* leaves NULL; NULL is fine */

/* The policy in force at now, or NULL: there is none, or max_age has passed
   since it was fetched (K-01). A max_age of 0 is in force only in the second
   it was fetched (P-11). A clock that went back never prolongs it: a policy
   fetched more than a day in the future is not in force. */
const struct sg_sts_policy *sg_facts_policy(const struct sg_facts *f,
    struct sg_wall now);
/* The same of its two numbers. */
bool sg_facts_in_force(struct sg_wall fetched_at, uint32_t max_age_s,
    struct sg_wall now);
/* When the policy ends; 0 if there is none. */
struct sg_wall sg_facts_policy_expires(const struct sg_facts *f);

/* --- freshness and merging (freshness.c) -------------------------------- */

/* DNS answers are kept for their TTL within these bounds: the floor stops a
   TTL of 0 from making each recipient a lookup, errors are kept briefly. */
#define SG_FACTS_TTL_MIN_S 10
#define SG_FACTS_TTL_MAX_S 86400
#define SG_FACTS_NEGATIVE_TTL_MAX_S 3600
#define SG_FACTS_ERROR_TTL_S 30
#define SG_FACTS_REFETCH_S 86400    /* daily, whatever the id says (K-04) */
#define SG_FACTS_BACKOFF_MIN_S 300  /* C-14, X-14: 5 min doubling to 1 h */
#define SG_FACTS_BACKOFF_MAX_S 3600

/* What a worker need not do again, and what it must: derived from old facts
   (NULL if none) when a lookup is made. */
struct sg_facts_need {
	char known_id[SG_STS_ID_SIZE];   /* policy held for this id: no fetch
					    if TXT still says so... */
	bool refetch;                    /* ...unless it is a day old */
	char backoff_id[SG_STS_ID_SIZE]; /* no fetch for this id now */
};
/* fresh: somebody is about to be refused or asks to look again: the
   policy is fetched unless that was done in the last five minutes. Back-off
   holds even then. */
void sg_facts_need(const struct sg_facts *old, struct sg_wall now, bool fresh,
    struct sg_facts_need *out);

/* New facts from what was known (old, may be NULL) and what a lookup learnt.
   Nothing failed or invalid displaces an unexpired policy (C-16, K-09,
   P-17); the same id never extends it (K-02); a fetched `none` replaces it at
   once (K-07), unless learnt says instead that what came is unconfirmed: then
   there is no other fetch before its retry_after; the back-off grows;
   unknown_since, fresh_until, refresh_at and refetch_at are set, the last two
   with jitter (0 to 1,000 per mille, random by the caller; T17). What the
   lookup did not look at stays as it was known. An MX lookup that failed
   displaces no list whose mx_until passed less than an hour ago. *out_r is
   yours on SG_OK; SG_RETRY: out of memory. */
enum sg_rc sg_facts_merge(const struct sg_facts *old,
    const struct sg_facts *learnt, struct sg_wall now, unsigned jitter,
    struct sg_facts **out_r);

/* The wall clock said `from`, or would have, and says `to`. A policy that was in
   force then has what it had left, but at most most_s, where it would be lost
   by the new clock; after a jump back all do, so that none is prolonged. It is
   due to be fetched again at once. unknown_since moves along. Do it once a
   jump. SG_OK: *out_r is yours; SG_NONE: the facts are good as they are;
   SG_RETRY: out of memory. */
struct sg_facts_jump {
	struct sg_wall from, to;
	int64_t most_s;
};
enum sg_rc sg_facts_hold(const struct sg_facts *old,
    const struct sg_facts_jump *jump, struct sg_facts **out_r);

/* Facts for a lookup that brought nothing at all (deadline, worker gone): all
   that was known, unknown_since set if no policy is in force. reason is
   SG_REASON_TIMEOUT, _OVERLOAD or _INTERNAL. */
enum sg_rc sg_facts_unlearnt(const struct sg_facts *old,
    const struct sg_nexthop *hop, enum sg_reason reason, struct sg_wall now,
    struct sg_facts **out_r);
#endif
