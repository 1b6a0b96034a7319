/* SPDX-License-Identifier: ISC */
/*
 * guard.h - may we connect to this address? (THREATS T10, T18; STANDARDS
 * C-19.) Pure but for guard_new, which reads the host's own addresses.
 */
#ifndef SG_GUARD_H
#define SG_GUARD_H
#include <stdbool.h>
#include "base/addr.h"
#include "config/config.h"

struct sg_guard;

/* allow_networks and own addresses; NULL: out of memory. */
struct sg_guard *sg_guard_new(const struct sg_config *config);
void sg_guard_free(struct sg_guard **guard);

/* False for special-use addresses (all of THREATS T10: the inner IPv4 of
   mapped, NAT64, 6to4 and Teredo addresses is judged as well) and for this
   host's own, unless allow_networks names them. Asked when addresses arrive
   and again for the sockaddr at connect time. */
bool sg_guard_permits(const struct sg_guard *guard, const struct sg_addr *addr);
/* Judges by the table alone. */
bool sg_addr_is_special(const struct sg_addr *addr);
#endif
