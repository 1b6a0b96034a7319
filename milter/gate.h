/* SPDX-License-Identifier: ISC */
/*
 * gate.h - one recipient through the house: rule, facts, verdict, action.
 * The milter session and `stsgate explain` both come this way. Any thread.
 */
#ifndef SG_GATE_H
#define SG_GATE_H
#include "decide/decide.h"
#include "engine/engine.h"

struct sg_gate_ask {
	const struct sg_config *config;
	const struct sg_sender *sender;
	const struct sg_group *group; /* of sender: sg_decide_group() */
	/* Where mail for the recipient goes; with several (a fallback list) each
	   is judged and the worst counts, since mail may go to any. */
	const struct sg_nexthop *hops;
	size_t n_hops; /* at least 1 */
	bool requiretls;
	struct sg_budget budget; /* who pays for cold lookups */
	bool fresh;
	bool pins; /* what is accepted is mail: the next hop is pinned at what was
		      promised of it (facts/pin.h) */
};

struct sg_gate_answer {
	struct sg_asked asked;
	struct sg_facts *facts; /* ours: sg_gate_answer_fini(); may be NULL */
	struct sg_verdict verdict; /* points into facts */
	struct sg_decision decision;
	char key[SG_NEXTHOP_KEY_SIZE]; /* the next hop that decided */
	enum sg_source source;
	enum sg_level route;   /* sg_gate_route(), of whichever next hop needs
				  most */
	enum sg_reason missed; /* why the lookup brought nothing; or NONE */
	double ms;
};

/* Always answers, within config->reply_deadline_ms. */
void sg_gate_recipient(struct sg_engine *engine, const struct sg_gate_ask *ask,
    struct sg_gate_answer *out);
/* The same for a recipient that no policy applies to (local mailers, address
   literals, postmaster without a domain). */
void sg_gate_not_applicable(const struct sg_gate_ask *ask,
    struct sg_gate_answer *out);
/* Whether a is what somebody must rather do something about. */
bool sg_gate_is_worse(const struct sg_gate_answer *a,
    const struct sg_gate_answer *than);
/* The level that delivery must keep and the TLS policy map, which knows what
   is published and the global rules but no sender, does not; NONE if it does,
   or if nobody asked to be told (groups.route_tag), or in a dry run. */
enum sg_level sg_gate_route(const struct sg_gate_answer *answer);
void sg_gate_answer_fini(struct sg_gate_answer *answer);
#endif
