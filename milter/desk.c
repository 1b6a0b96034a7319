/* SPDX-License-Identifier: ISC */
/* desk.c - see desk.h. */
#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "show.h"
#include "show_cache.h"

#define PROGRESS_EVERY 256

static bool
go_on(const struct sg_view *view, size_t done)
{
	return view->progress == NULL || view->progress(view->arg, done);
}

/* --- query, explain ------------------------------------------------------------ */

/* An address literal or a local socket: no policy applies (STANDARDS A-04). */
static void
show_not_applicable(const struct sg_view *view, const char *name)
{
	struct sg_verdict v = { .result = SG_RESULT_NOT_APPLICABLE };

	if (view->json)
		sg_show_json_line(view->page.out, sg_show_query_json(name, NULL, &v));
	else {
		fprintf(view->page.out, "%s%s%s\n", view->page.bold, name,
		    view->page.end);
		sg_page_line(&view->page, "verdict", "not-applicable: an "
		    "address literal or a local socket");
	}
}

/* Facts and the verdict on them by what is published. */
static enum sg_result
show_facts(const struct sg_nexthop *hop, const struct sg_facts *facts,
    const struct sg_view *view)
{
	struct sg_verdict v;
	char key[SG_NEXTHOP_KEY_SIZE];

	sg_nexthop_key(hop, key);
	sg_decide_verdict(facts, SG_REQUIRE_PUBLISHED, false, sg_wall_now(),
	    &v);
	if (view->json)
		sg_show_json_line(view->page.out,
		    sg_show_query_json(key, facts, &v));
	else
		sg_show_query(&view->page, key, facts, &v);
	return v.result;
}

enum sg_rc
sg_desk_query(const struct sg_desk *desk, const char *name, bool fresh,
    bool probe, const struct sg_view *view, enum sg_result *result,
    struct sg_err *err)
{
	struct sg_ask ask = { .fresh = fresh, .demand = probe,
		.deadline_ms = (int)desk->config->reply_deadline_ms };
	struct sg_answer answer;
	enum sg_rc rc = sg_nexthop_parse(name, &ask.hop, err);

	*result = SG_RESULT_NOT_APPLICABLE;
	if (rc == SG_NONE)
		show_not_applicable(view, name);
	if (rc != SG_OK)
		return rc == SG_BAD ? SG_BAD : SG_OK;
	sg_engine_ask(desk->engine, &ask, &answer);
	*result = show_facts(&ask.hop, answer.facts, view);
	sg_facts_unref(&answer.facts);
	return SG_OK;
}

static void
show_answer(const char *to, struct sg_gate_answer *a,
    const struct sg_view *view)
{
	struct sg_message m = { .open = true, .id = "00000000" };
	struct sg_told told;
	struct sg_reply reply;
	bool refused = a->decision.action == SG_ACTION_DEFER ||
	    a->decision.action == SG_ACTION_REJECT;

	if (refused) {
		sg_message_told(&m, a, NULL, &told);
		sg_reply_make(&told, a->decision.action, &reply);
	}
	if (view->json)
		sg_show_json_line(view->page.out, sg_show_explain_json(to, a,
		    refused ? &reply : NULL));
	else
		sg_show_explain(&view->page, to, a,
		    refused ? &reply : NULL);
}

static const struct sg_group *
find_group(const struct sg_config *c, const char *name,
    const struct sg_sender *sender)
{
	for (size_t i = 0; i < c->n_groups; i++)
		if (strcmp(c->groups[i].name, name) == 0)
			return &c->groups[i];
	return sg_decide_group(c, sender);
}

enum sg_rc
sg_desk_explain(const struct sg_desk *desk, const struct sg_explain *who,
    const char *to, const struct sg_view *view, enum sg_result *result,
    struct sg_err *err)
{
	struct sg_mailaddr from, rcpt;
	struct sg_addr client;
	struct sg_nexthop hop = { .port = SG_SMTP_PORT };
	struct sg_sender sender = { .from = &from, .login = who->login };
	struct sg_gate_ask ask = { .config = desk->config, .sender = &sender,
		.hops = &hop, .n_hops = 1, .pins = who->pin };
	struct sg_gate_answer a;

	if (sg_mailaddr_parse(who->from[0] != '\0' ? who->from : "<>", &from,
		err) != SG_OK || sg_mailaddr_parse(to, &rcpt, err) != SG_OK)
		return SG_BAD;
	if (who->client[0] != '\0') {
		if (sg_addr_parse(who->client, &client) != SG_OK) {
			sg_err_set(err, SG_REASON_NONE,
			    "the client is no IP address");
			return SG_BAD;
		}
		sender.client = &client;
	}
	ask.group = find_group(desk->config, who->group, &sender);
	snprintf(hop.name, sizeof(hop.name), "%s", rcpt.domain);
	if (rcpt.kind == SG_MAILADDR_DOMAIN)
		sg_gate_recipient(desk->engine, &ask, &a);
	else
		sg_gate_not_applicable(&ask, &a);
	show_answer(to, &a, view);
	*result = a.verdict.result;
	sg_gate_answer_fini(&a);
	return SG_OK;
}

/* --- cache ------------------------------------------------------------------------ */

struct walk {
	const struct sg_view *view;
	size_t done;
};

static bool
list_one(void *arg, const struct sg_facts *f)
{
	struct walk *w = arg;

	if (w->view->json)
		sg_show_json_line(w->view->page.out, sg_show_known_json(f));
	else
		sg_show_known(&w->view->page, f);
	return ++w->done % PROGRESS_EVERY != 0 || go_on(w->view, w->done);
}

enum sg_rc
sg_desk_list(const struct sg_desk *desk, const struct sg_view *view)
{
	struct walk w = { view, 0 };

	if (!view->json)
		sg_show_known_head(&view->page);
	return sg_store_each(desk->store, list_one, &w);
}

/* The key under which name is kept. SG_NONE: such a name has no facts. */
static enum sg_rc
key_of(const char *name, struct sg_nexthop *hop,
    char key[SG_NEXTHOP_KEY_SIZE], struct sg_err *err)
{
	enum sg_rc rc = sg_nexthop_parse(name, hop, err);

	if (rc == SG_OK)
		sg_nexthop_key(hop, key);
	return rc;
}

enum sg_rc
sg_desk_show(const struct sg_desk *desk, const char *name,
    const struct sg_view *view, struct sg_err *err)
{
	struct sg_facts *facts = NULL;
	struct sg_nexthop hop;
	char key[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc = key_of(name, &hop, key, err);

	if (rc != SG_OK)
		return rc;
	rc = sg_store_get(desk->store, key, &facts, NULL);
	if (rc == SG_RETRY)
		sg_err_set(err, SG_REASON_INTERNAL,
		    "the store could not be asked");
	if (rc == SG_OK)
		(void)show_facts(&hop, facts, view);
	sg_facts_unref(&facts);
	return rc;
}

enum sg_rc
sg_desk_purge(const struct sg_desk *desk, const char *name, struct sg_err *err)
{
	struct sg_nexthop hop;
	char key[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc = key_of(name, &hop, key, err);

	if (rc != SG_OK)
		return rc;
	rc = sg_store_purge(desk->store, key);
	if (rc == SG_RETRY)
		sg_err_set(err, SG_REASON_INTERNAL, "%s is forgotten, but the "
		    "disk could not be asked; it is deleted there when it is "
		    "back", key);
	return rc;
}

struct purge {
	const struct sg_desk *desk;
	const struct sg_view *view;
	size_t done;
};

static bool
purge_one(void *arg, const struct sg_facts *f)
{
	struct purge *p = arg;
	char key[SG_NEXTHOP_KEY_SIZE];

	sg_nexthop_key(&f->hop, key);
	(void)sg_store_purge(p->desk->store, key);
	return ++p->done % PROGRESS_EVERY != 0 || go_on(p->view, p->done);
}

enum sg_rc
sg_desk_purge_all(const struct sg_desk *desk, const struct sg_view *view,
    size_t *n)
{
	struct purge p = { desk, view, 0 };
	enum sg_rc rc = sg_store_each(desk->store, purge_one, &p);

	*n = p.done;
	return rc;
}

void
sg_desk_stats(const struct sg_desk *desk, const struct sg_view *view)
{
	struct sg_store_stats store;
	struct sg_engine_stats engine;

	sg_store_stats(desk->store, &store);
	sg_engine_stats(desk->engine, &engine);
	if (view->json)
		sg_show_json_line(view->page.out,
		    sg_show_stats_json(&store, &engine));
	else
		sg_show_stats(&view->page, &store, &engine);
}
