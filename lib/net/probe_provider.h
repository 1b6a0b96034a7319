/* SPDX-License-Identifier: ISC */
/*
 * probe_provider.h - may another MX host of this provider be probed now?
 * (THREATS T19.) A hoster's thousand MX names are one to whoever watches its
 * logs: by the end of the name, some at once and then one a second. Bounded
 * memory; one thread.
 */
#ifndef SG_PROBE_PROVIDER_H
#define SG_PROBE_PROVIDER_H
#include <stdbool.h>
#include "base/clock.h"
#include "base/domain.h"

#define SG_PROVIDER_BURST 10
#define SG_PROVIDER_INTERVAL_MS 1000
#define SG_PROVIDERS_KEPT 4096

struct sg_providers;

struct sg_providers *sg_providers_new(void); /* NULL: out of memory */
void sg_providers_free(struct sg_providers **providers);

/* True: yes, and it is counted. False also when there is no memory. */
bool sg_providers_take(struct sg_providers *providers, const char *host,
    struct sg_mono now);

/* The end of host that stands for its provider: two labels, or three where
   the second to last is as short as "co" and "com" (there is no public suffix
   list here, and lumping too many together is the polite side). Points into
   host. */
const char *sg_provider_of(const char *host);
#endif
