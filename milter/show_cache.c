/* SPDX-License-Identifier: ISC */
/* show_cache.c - see show_cache.h. */
#include "show_cache.h"

#include "decide/decide.h"
#include "show.h"

/* The two largest units: nobody plans by more. */
const char *
sg_show_span(int64_t s, char out[SG_SHOW_SPAN_SIZE])
{
	static const struct {
		int64_t s;
		char name;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	if (s <= 0) {
		snprintf(out, SG_SHOW_SPAN_SIZE, "now");
		return out;
	}
	while (s < units[i].s)
		i++;
	if (i < 3 && s % units[i].s >= units[i + 1].s)
		snprintf(out, SG_SHOW_SPAN_SIZE, "%lld%c%lld%c",
		    (long long)(s / units[i].s), units[i].name,
		    (long long)(s % units[i].s / units[i + 1].s),
		    units[i + 1].name);
	else
		snprintf(out, SG_SHOW_SPAN_SIZE, "%lld%c",
		    (long long)(s / units[i].s), units[i].name);
	return out;
}

/* --- one next hop --------------------------------------------------------------- */

static const char *
sts_word(const struct sg_facts *f, const struct sg_sts_policy *policy)
{
	if (policy != NULL)
		return sg_sts_mode_name(policy->mode);
	switch (f->sts.txt.state) {
	case SG_TXT_NONE:
	case SG_TXT_INVALID:
		return "-";
	case SG_TXT_UNASKED:
		return "?";
	default:
		return "error";
	}
}

static const char *
sts_state(const struct sg_facts *f, const struct sg_sts_policy *policy)
{
	if (policy != NULL)
		return "policy";
	return f->sts.txt.state == SG_TXT_NONE ||
	        f->sts.txt.state == SG_TXT_INVALID ? "none" : "error";
}

static json_t *
wall_json(struct sg_wall t)
{
	char text[SG_WALL_TEXT_SIZE];

	return t.s == 0 ? json_null() : json_string(sg_wall_format(t, text));
}

json_t *
sg_show_known_json(const struct sg_facts *f)
{
	struct sg_wall now = sg_wall_now();
	const struct sg_sts_policy *policy = sg_facts_policy(f, now);
	struct sg_verdict v;
	char key[SG_NEXTHOP_KEY_SIZE];
	json_t *sts = json_pack("{s:s,s:s?,s:s?,s:o}", "state",
	    sts_state(f, policy), "mode",
	    policy != NULL ? sg_sts_mode_name(policy->mode) : NULL, "id",
	    policy != NULL ? f->sts.policy_id : NULL, "expires_at",
	    policy != NULL ? wall_json(sg_facts_policy_expires(f))
	                   : json_null());

	sg_decide_verdict(f, SG_REQUIRE_PUBLISHED, false, now, &v);
	return json_pack("{s:s,s:o,s:i,s:s,s:s,s:s,s:s?,s:o}", "next_hop",
	    sg_nexthop_key(&f->hop, key), "sts", sts, "mx", (int)f->n_mx,
	    "published", sg_level_name(v.published), "attained",
	    sg_level_name(v.attained), "result", sg_result_name(v.result),
	    "reason",
	    v.reason != SG_REASON_NONE ? sg_reason_name(v.reason) : NULL,
	    "fresh_until", wall_json(f->fresh_until));
}

void
sg_show_known_head(const struct sg_page *p)
{
	fprintf(p->out, "%s%-36s %-8s %7s %3s %-9s %-8s %-14s %s%s\n", p->dim,
	    "NEXT HOP", "MTA-STS", "UNTIL", "MX", "PUBLISHED", "ATTAINED",
	    "RESULT", "FRESH", p->end);
}

void
sg_show_known(const struct sg_page *p, const struct sg_facts *f)
{
	struct sg_wall now = sg_wall_now();
	const struct sg_sts_policy *policy = sg_facts_policy(f, now);
	struct sg_verdict v;
	char key[SG_NEXTHOP_KEY_SIZE], until[SG_SHOW_SPAN_SIZE] = "-",
	    fresh[SG_SHOW_SPAN_SIZE];

	sg_decide_verdict(f, SG_REQUIRE_PUBLISHED, false, now, &v);
	if (policy != NULL)
		sg_show_span(sg_facts_policy_expires(f).s - now.s, until);
	fprintf(p->out, "%-36s %-8s %7s %3u %-9s %-8s %s%-14s%s %s%s%s\n",
	    sg_nexthop_key(&f->hop, key), sts_word(f, policy), until, f->n_mx,
	    sg_level_name(v.published), sg_level_name(v.attained),
	    sg_show_colour(p, v.result), sg_result_name(v.result), p->end,
	    sg_show_span(f->fresh_until.s - now.s, fresh),
	    v.reason != SG_REASON_NONE ? "  " : "",
	    v.reason != SG_REASON_NONE ? sg_reason_name(v.reason) : "");
}

/* --- the whole -------------------------------------------------------------------- */

json_t *
sg_show_stats_json(const struct sg_store_stats *s,
    const struct sg_engine_stats *e)
{
	json_t *memory = json_pack("{s:I,s:I,s:I,s:I}", "next_hops",
	    (json_int_t)s->memory_entries, "policies",
	    (json_int_t)s->memory_policies, "hits", (json_int_t)s->hits_memory,
	    "evicted", (json_int_t)s->evicted);
	json_t *disk = json_pack("{s:b,s:I,s:I,s:I,s:I,s:s?}", "usable",
	    !s->degraded, "hits", (json_int_t)s->hits_disk, "write_failures",
	    (json_int_t)s->write_failures, "unwritten",
	    (json_int_t)s->unwritten, "unsealed", (json_int_t)s->unsealed,
	    "text",
	    s->text[0] != '\0' ? s->text : NULL);
	json_t *lookups = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "begun",
	    (json_int_t)e->lookups, "answered", (json_int_t)e->answered,
	    "timed_out", (json_int_t)e->timed_out, "refused",
	    (json_int_t)e->refused, "refreshes", (json_int_t)e->refreshes,
	    "under_way", (json_int_t)e->flights, "waiting",
	    (json_int_t)e->waiting);

	return json_pack("{s:o,s:o,s:I,s:o,s:i,s:I,s:I}", "memory", memory,
	    "disk", disk, "misses", (json_int_t)s->misses, "lookups", lookups,
	    "workers_up", (int)e->workers_up, "worker_losses",
	    (json_int_t)e->worker_losses, "bad_frames",
	    (json_int_t)e->bad_frames);
}

void
sg_show_stats(const struct sg_page *p, const struct sg_store_stats *s,
    const struct sg_engine_stats *e)
{
	sg_page_line(p, "memory", "%zu next hops, %zu with a policy; %lu hits, "
	    "%lu evicted", s->memory_entries, s->memory_policies,
	    s->hits_memory, s->evicted);
	sg_page_line(p, "disk", "%s%s%s%s; %lu hits, %zu waiting to be written",
	    s->degraded ? p->bad : p->good, s->degraded ? "not usable: "
	    : "good", s->text, p->end, s->hits_disk, s->unwritten);
	if (s->unsealed > 0)
		sg_page_line(p, "unsealed", "%s%lu rows refused: not sealed "
		    "by store_key_file, or put back%s", p->bad, s->unsealed,
		    p->end);
	sg_page_line(p, "misses", "%lu", s->misses);
	sg_page_line(p, "lookups", "%lu begun, %lu answered, %lu timed out, %lu "
	    "refused; %lu were refreshes; %zu under way, %zu waiting",
	    e->lookups, e->answered, e->timed_out, e->refused, e->refreshes,
	    e->flights, e->waiting);
	sg_page_line(p, "workers", "%u up; %lu replaced, %lu frames refused",
	    e->workers_up, e->worker_losses, e->bad_frames);
}
