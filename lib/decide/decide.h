/* SPDX-License-Identifier: ISC */
/*
 * decide.h - rules and verdict: facts, rule and now in; verdict and action
 * out (ARCHITECTURE 5). Pure: no I/O, no clock, no lock. Any thread.
 */
#ifndef SG_DECIDE_H
#define SG_DECIDE_H
#include <stdbool.h>
#include "base/addr.h"
#include "base/mailaddr.h"
#include "base/terms.h"
#include "config/config.h"
#include "facts/facts.h"

/* --- which rule (rules.c) ------------------------------------------------ */

/* Who sends: what the MTA told us of the session and MAIL. */
struct sg_sender {
	const struct sg_mailaddr *from; /* NULL: unknown */
	const char *login;              /* "" or NULL: not authenticated */
	const struct sg_addr *client;   /* NULL: unknown (local submission) */
};

/* The first group whose non-empty criteria all match; `default` at the end.
   Never NULL. */
const struct sg_group *sg_decide_group(const struct sg_config *config,
    const struct sg_sender *sender);

/* What is asked for one recipient, put together from the most specific entry
   of the group, then the global entries, then the group itself. */
struct sg_asked {
	const struct sg_group *group;
	struct sg_rule rule; /* complete */
	bool dry_run;        /* daemon-wide, or the rule's */
	/* The entry that gave `require`; if none did, the most specific that
	   gave anything; NULL = the group. */
	const struct sg_recipient_rule *entry;
	bool entry_is_global;
};

/* Entries whose `until` has passed at now do not match. name is the next hop's
   name. */
void sg_decide_rule(const struct sg_config *config,
    const struct sg_group *group, const char *name, struct sg_wall now,
    struct sg_asked *out);

/* "group", "recipient MATCH" or "global MATCH" (INTERFACES). */
const char *sg_asked_name(const struct sg_asked *asked, char *out,
    size_t out_size);

/* --- verdict (verdict.c, verdict_mx.c) ------------------------------------ */

/* What a probe's facts mean here. Level is what was attained whether state is
   OK or FAIL: under require = "encrypt" an expired certificate (level
   ENCRYPT) passes. Reason says why it is not more; with level DANE, why the
   certificate does not also hold by PKIX. That counts at a host of an
   insecure MX RRset only: TLSA vouches for the host alone there, so that the
   level is VERIFY, or SECURE if the name is vouched for, never DANE, and an
   enforce policy wants its match and PKIX as well. A name is
   vouched for by a secure MX RRset, by whoever configured a "[host]" next
   hop, or by a match of the policy in force (not `none`; not `testing` under
   REQUIRETLS). Usable TLSA and a level below DANE is a failing DANE: at most
   ENCRYPT (D-51).

   A failure needs no probe where none could mend it: no policy match under
   enforce, a name that nothing vouches for under SECURE, no usable TLSA or an
   insecure MX RRset under DANE. It needs no policy either; but where the
   policy could not be read, everything short of failure is unknown. */

/* Of one MX host, for query and explain; same order as facts->mx. */
struct sg_mx_verdict {
	bool sts_match;  /* matches the policy in force (true if there is none) */
	bool cut;        /* not to be used: at or behind ourselves (N-08);
			    result is then not-applicable, reason self */
	enum sg_level required;
	enum sg_level level; /* attained; NONE if not probed */
	enum sg_result result;
	enum sg_reason reason;
};

struct sg_verdict {
	enum sg_result result;
	enum sg_reason reason;   /* NONE on pass; not-applicable: NULL_MX, or
				    NO_USABLE_MX if the domain does not exist
				    (the MTA bounces both itself) */
	enum sg_level published; /* least of the usable MX hosts; without any,
				    what the policy says for all */
	enum sg_level required;  /* the same, with rule and message */
	enum sg_level attained;  /* of the MX host the verdict is about: the
				    first that passed; else of those that are
				    open the one with the worst gap; else the
				    first that failed. NONE if there is none */
	/* Its name; "" if there is none or the reason is not the host's (no
	   policy to be read, no MX). Points into facts. */
	const char *mx;
	/* What could not be learnt when unknown, for the action's table. */
	enum sg_gap {
		SG_GAP_NONE,
		SG_GAP_TXT,       /* TXT lookup failed */
		SG_GAP_BOGUS,     /* TXT, MX or address bogus; TLSA bogus, or
				     error at a secure MX */
		SG_GAP_HTTPS,     /* TXT there, policy not */
		SG_GAP_MX,        /* MX or address lookup failed, none usable,
				     all unreachable (or no answer in time), we
				     are the best MX */
		SG_GAP_UNPROBED,  /* not tested: probes off, or not asked for,
				     or special-use addresses */
		SG_GAP_INTERNAL   /* deadline, overload, worker gone */
	} gap;
	/* Fail rests on a policy for which DNS was not asked within the last
	   minute, or did not answer, or names another id, or which is older
	   than a day. No 5xx then: ask for fresh facts and judge
	   again; if it is still set, the check failed and the answer is 4xx. */
	bool by_cached_policy;
	bool requiretls; /* the message asks for it (RFC 8689) */
	bool unvouched;  /* fail, for the lack of anything that vouches for
			    the MX host's name: no probe could mend it */
	enum sg_sts_mode sts_mode; /* of the policy in force */
	bool has_policy;
	bool has_dane;         /* some usable MX host has usable TLSA */
	unsigned n_mx;
	struct sg_mx_verdict mxs[SG_FACTS_MAX_MX];
};

/* facts may be NULL: nothing is known (internal). requiretls: the message
   asked for it (RFC 8689). */
void sg_decide_verdict(const struct sg_facts *facts, enum sg_require require,
    bool requiretls, struct sg_wall now, struct sg_verdict *out);

/* --- action (action.c) ---------------------------------------------------- */

struct sg_decision {
	enum sg_action action;  /* what the rule says; never AUTO */
	enum sg_action applied; /* the same, or ACCEPT/TAG in a dry run */
	bool window_over;       /* let through because unknown_window ended: say
				   so loudly */
};

/* By rule and verdict; on_unknown = auto is the open-or-closed table, whose
   window counts from facts->sts.unknown_since (0, or no facts: it has just
   begun). A written on_unknown is taken as it is, window or not, but bogus is
   never passed. Nothing is ever done where nothing is required by an exempt
   rule. REJECT is the rule's word, or REQUIRETLS's (RFC 8689 4.2.1): see
   by_cached_policy.
   delivery_map: the MTA asks our map, so that a published level is enforced
   at delivery. */
struct sg_act_params {
	const struct sg_asked *asked;
	const struct sg_verdict *verdict;
	const struct sg_facts *facts; /* may be NULL */
	bool delivery_map;
	struct sg_wall now;
};
void sg_decide_action(const struct sg_act_params *params,
    struct sg_decision *out);
#endif
