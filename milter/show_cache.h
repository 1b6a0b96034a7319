/* SPDX-License-Identifier: ISC */
/* show_cache.h - what `stsgate cache` prints: known next hops, a line each, and
   how the store and the engine fare. */
#ifndef SG_SHOW_CACHE_H
#define SG_SHOW_CACHE_H
#include <jansson.h>
#include "engine/engine.h"
#include "facts/facts.h"
#include "page.h"
#include "store/store.h"

/* {"next_hop","sts":{state,mode,id,expires_at},"mx":n,"published","attained",
   "result","reason","fresh_until"}; a new reference. */
json_t *sg_show_known_json(const struct sg_facts *facts);
void sg_show_known_head(const struct sg_page *page);
void sg_show_known(const struct sg_page *page, const struct sg_facts *facts);

json_t *sg_show_stats_json(const struct sg_store_stats *store,
    const struct sg_engine_stats *engine);
void sg_show_stats(const struct sg_page *page,
    const struct sg_store_stats *store, const struct sg_engine_stats *engine);

/* "3d4h", "12m", "now": how long until t. */
#define SG_SHOW_SPAN_SIZE 24
const char *sg_show_span(int64_t seconds, char out[SG_SHOW_SPAN_SIZE]);
#endif
