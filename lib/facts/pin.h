/* SPDX-License-Identifier: ISC */
/*
 * pin.h - what was promised of a next hop when mail for it was accepted: at
 * least this level, until the mail must have left the queue (THREATS T25).
 *
 * A pin keeps all that it takes to hold to it when the policy is gone.
 * Immutable and counted, like facts. Any thread.
 */
#ifndef SG_PIN_H
#define SG_PIN_H
#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/nexthop.h"
#include "base/terms.h"
#include "policy/sts_policy.h"

#define SG_PIN_MAX_NAMES SG_STS_POLICY_MAX_MX
/* Each may be a name of full length: but they come from one policy file. */
#define SG_PIN_MAX_TEXT SG_STS_POLICY_MAX_BYTES
/* A pin is made anew when it is older than this, and ends so much later than
   asked: whoever finds a younger one need not touch it. */
#define SG_PIN_RENEW_S 3600

struct sg_pin {
	enum sg_level level; /* above NONE */
	struct sg_wall at, until;
	/* With level SECURE: which MX hosts it may be, as the policy's `mx`
	   patterns; MX host names are patterns too. Maybe none: then only
	   DNSSEC can say. */
	unsigned n_names;
	const char *const *names;
	unsigned refs;
	const char *key; /* sg_nexthop_key() */
};

/* SG_OK: *out_r is yours. SG_BAD: key, level or a name is unfit (it came from
   outside). SG_RETRY: no memory. */
enum sg_rc sg_pin_new(const char *key, enum sg_level level, struct sg_wall at,
    struct sg_wall until, const char *const *names, size_t n_names,
    struct sg_pin **out_r);
/* The same with the names as one text, a blank between two. */
enum sg_rc sg_pin_read(const char *key, enum sg_level level, struct sg_wall at,
    struct sg_wall until, const char *names, struct sg_pin **out_r);
/* The names as one text, malloc'ed; NULL: no memory. */
char *sg_pin_names_text(const struct sg_pin *pin);

struct sg_pin *sg_pin_ref(const struct sg_pin *pin);
void sg_pin_unref(struct sg_pin **pin); /* leaves NULL; NULL is fine */

/* pin may be NULL. A clock that went back makes it last at most twice as long
   as it was made for. */
bool sg_pin_holds(const struct sg_pin *pin, struct sg_wall now);
/* True if mail accepted now at this level needs no other pin than this one,
   which may be NULL. for_s: how long it shall last. */
bool sg_pin_suffices(const struct sg_pin *pin, enum sg_level level,
    int64_t for_s, struct sg_wall now);
#endif
