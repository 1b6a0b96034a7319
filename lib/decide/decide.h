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
	/* The entry that gave `require` (or any member), NULL = the group. */
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

/* --- verdict (verdict.c) -------------------------------------------------- */

/* Of one MX host, for query and explain; same order as facts->mx. */
struct sg_mx_verdict {
	bool sts_match;  /* matches the policy in force (true if there is none) */
	bool cut;        /* not to be used: at or behind ourselves (N-08) */
	enum sg_level required;
	enum sg_level level; /* attained */
	enum sg_result result;
	enum sg_reason reason;
};

struct sg_verdict {
	enum sg_result result;
	enum sg_reason reason;   /* NONE on pass and not-applicable */
	enum sg_level published; /* least of the usable MX hosts */
	enum sg_level required;  /* the same, with rule and message */
	enum sg_level attained;  /* of the best MX host that passed; NONE if no
				    MX host is usable */
	/* The MX host the verdict speaks of ("" if none): the one that passed,
	   else the best one that did not. Points into facts. */
	const char *mx;
	/* What could not be learnt when unknown, for the action's table. */
	enum sg_gap {
		SG_GAP_NONE,
		SG_GAP_TXT,       /* TXT lookup failed */
		SG_GAP_BOGUS,     /* TXT or MX bogus, TLSA bogus or error */
		SG_GAP_HTTPS,     /* TXT there, policy not */
		SG_GAP_MX,        /* MX lookup failed, all unreachable */
		SG_GAP_UNPROBED,  /* not tested: probes off, or not asked for */
		SG_GAP_INTERNAL   /* deadline, overload, worker gone */
	} gap;
	bool by_cached_policy; /* fail rests on a policy fetched before this
				  lookup: look again before 5xx */
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

/* --- action (action.c) ----------------------------------------------------- */

struct sg_decision {
	enum sg_action action;  /* what the rule says; never AUTO */
	enum sg_action applied; /* the same, or ACCEPT/TAG in a dry run */
	bool window_over;       /* let through because unknown_window ended: say
				   so loudly */
};

/* By rule and verdict; on_unknown = auto is the open-or-closed table.
   known_free: the facts last known said that there is no policy.
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
