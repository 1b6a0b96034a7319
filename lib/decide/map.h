/* SPDX-License-Identifier: ISC */
/*
 * map.h - what the TLS policy map answers at delivery time, in words that all
 * its dialects share (ARCHITECTURE 5; WIRE; INTERFACES "The map has no
 * sender"). Pure: no I/O, no clock, no lock. Any thread.
 */
#ifndef SG_MAP_H
#define SG_MAP_H
#include <stdbool.h>
#include "base/terms.h"
#include "config/config.h"
#include "facts/facts.h"
#include "facts/pin.h"

enum sg_map_word {
	SG_MAP_NOTFOUND,  /* nothing is asked: the MTA's own default */
	SG_MAP_ENCRYPT,
	SG_MAP_VERIFY,
	SG_MAP_SECURE,    /* with names */
	SG_MAP_DANE,      /* TLSA where there is some; the MTA looks itself */
	SG_MAP_DANE_ONLY, /* TLSA, or no delivery */
	SG_MAP_TEMP,      /* not known: delivery must wait */
	SG_MAP_WORDS
};
const char *sg_map_word_name(enum sg_map_word word); /* "dane-only" */

/* Where the next hop's names come from, when `secure` holds. */
enum sg_map_names {
	SG_MAP_NO_NAMES,
	SG_MAP_HOSTS,    /* the current MX hosts that are vouched for */
	SG_MAP_PATTERNS, /* the MX hosts are not known: the `mx` patterns */
	SG_MAP_NOBODY,   /* they are, and none is vouched for: delivery waits */
	SG_MAP_UNKNOWN   /* neither can be said; never with SECURE */
};

struct sg_map_answer {
	enum sg_map_word word;
	enum sg_reason reason; /* of TEMP and of NOBODY */
	bool pinned;           /* without the pin it would be less */
	/* `secure` is asked: always with SECURE, maybe beside DANE, for an MTA
	   that knows no DANE. */
	bool secure;
	enum sg_map_names names;
	unsigned n_names;
	const char *const *patterns; /* PATTERNS: n_names of them; borrowed */
	const char *hosts[SG_FACTS_MAX_MX]; /* HOSTS: the same */
	/* The enforce policy in force, or NULL: for TLSRPT. */
	const struct sg_sts_policy *policy;
};

struct sg_map_params {
	const struct sg_config *config;
	const struct sg_nexthop *hop;
	const struct sg_facts *facts; /* NULL: nothing is known (internal) */
	const struct sg_pin *pin;     /* or NULL */
	struct sg_wall now;
	/* What the asker needs at least: a transport that marked mail goes by
	   (groups.route_tag). NONE: nothing. */
	enum sg_level floor;
};

/* The answer points into facts, pin and config. Old facts will do: a policy is
   in force to its end, that there is none is believed until it is refuted, and
   an MTA looks at TLSA itself.
   - The daemon's own dry run stops nothing here either: NOTFOUND, unless the
     map's name asks for a level.
   - `require = none` of a global rule lifts everything, pins too, but no
     floor: a group's own entry comes before a global one, and then the mark
     is there because of it. A rule in a dry run changes nothing.
   - A floor is as a rule that asks for it: names must be vouched for under
     `secure', and what could not be learnt is waited for.
   - Never `secure` alone where TLSA records rule, or where looking for them
     failed at a MX host of a secure RRset.
   - Postfix takes one word for all MX hosts. Where some have TLSA records and
     more than nothing is asked of the others too, it is DANE_ONLY, which is
     what no host may do less than. */
void sg_decide_map(const struct sg_map_params *params,
    struct sg_map_answer *out);

/* What a global rule asks for name: PUBLISHED if there is none, or it is being
   tried (dry run). *window_s: its unknown_window. */
enum sg_require sg_decide_map_rule(const struct sg_config *config,
    const char *name, struct sg_wall now, uint32_t *window_s);

/* The level to pin when a recipient is accepted: what the domain publishes
   (sg_verdict's), or a global rule asks. NONE: no pin. */
enum sg_level sg_decide_pin_level(const struct sg_config *config,
    const char *name, enum sg_level published, struct sg_wall now);
/* A pin at that level, with what it needs of facts; for config->pin_for_s.
   As sg_pin_new(). */
enum sg_rc sg_decide_pin(const struct sg_config *config,
    const struct sg_facts *facts, enum sg_level level, struct sg_wall now,
    struct sg_pin **out_r);
#endif
