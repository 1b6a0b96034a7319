/* SPDX-License-Identifier: ISC */
/*
 * enough.h - do the facts that are there answer who asks, or is a lookup
 * needed? Pure; any thread. f may be NULL where it says so.
 */
#ifndef SG_ENOUGH_H
#define SG_ENOUGH_H
#include <stdbool.h>
#include "facts/facts.h"

/* What the MX hosts attain has been tried. f may be NULL. */
bool sg_enough_was_probed(const struct sg_facts *f);
/* A host was no good when we looked last. f may be NULL. */
bool sg_enough_was_refused(const struct sg_facts *f);
/* Within its time, and not only by a clock that has gone back (T9). */
bool sg_enough_is_fresh(const struct sg_facts *f, struct sg_wall now);
/* It is too old, but a policy is in force and the last look at TXT failed. */
bool sg_enough_in_outage(const struct sg_facts *f, struct sg_wall now);
/* A probe would tell what is asked for and not known: demand, what the MX hosts
   attain; whole, whether REQUIRETLS is offered. f may be NULL: nothing is. */
bool sg_enough_lacks_probe(const struct sg_facts *f, bool demand, bool whole);
#endif
