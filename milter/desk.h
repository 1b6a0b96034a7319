/* SPDX-License-Identifier: ISC */
/*
 * desk.h - what commands ask of a gate: of the daemon's own, by the control
 * socket (control.h), or of one that the command brought along (house.h). The
 * same code answers both, and prints.
 */
#ifndef SG_DESK_H
#define SG_DESK_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include "config/config.h"
#include "decide/decide.h"
#include "engine/engine.h"
#include "page.h"
#include "store/store.h"

struct sg_desk {
	const struct sg_config *config;
	struct sg_engine *engine;
	struct sg_store *store;
};

/* How the answer is to look. */
struct sg_view {
	struct sg_page page; /* its out is for JSON too */
	bool json;
	/* Called now and then by what takes long; may be NULL. False: whoever
	   asked is gone, stop. */
	bool (*progress)(void *arg, size_t done);
	void *arg;
};

/* One next hop: looked up unless known, and shown (`query`). name is taken by
   sg_nexthop_parse(). SG_BAD with err: it is no next hop. */
enum sg_rc sg_desk_query(const struct sg_desk *desk, const char *name,
    bool fresh, bool probe, const struct sg_view *view,
    enum sg_result *result, struct sg_err *err);

/* What the gate would answer (`explain`). SG_BAD with err: an address that
   cannot be read. */
struct sg_explain {
	const char *from, *login;
	const char *client; /* "" = unknown */
	const char *group;  /* "" or none that there is: by the sender */
	bool pin; /* mail goes by the answer: what it promises is pinned */
};
enum sg_rc sg_desk_explain(const struct sg_desk *desk,
    const struct sg_explain *who, const char *to, const struct sg_view *view,
    enum sg_result *result, struct sg_err *err);

/* `cache`: all next hops that are known, a line each, in order of name. SG_OK;
   SG_RETRY: these were not all (sg_store_each()). */
enum sg_rc sg_desk_list(const struct sg_desk *desk, const struct sg_view *view);
/* What is known of one, without a lookup. SG_NONE: nothing. */
enum sg_rc sg_desk_show(const struct sg_desk *desk, const char *name,
    const struct sg_view *view, struct sg_err *err);
enum sg_rc sg_desk_purge(const struct sg_desk *desk, const char *name,
    struct sg_err *err);
/* Everything; *n: how many there were. SG_OK; SG_RETRY: some may be left. */
enum sg_rc sg_desk_purge_all(const struct sg_desk *desk,
    const struct sg_view *view, size_t *n);
void sg_desk_stats(const struct sg_desk *desk, const struct sg_view *view);
#endif
