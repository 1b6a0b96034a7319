/* SPDX-License-Identifier: ISC */
/*
 * show.c - see show.h. The words of enumerations are here and nowhere else;
 * JSON is built first by jansson's pack, so that a member is never left out.
 */
#include "show.h"

#include <string.h>

#include "base/log.h"
#include "report/advice.h"

/* --- words -------------------------------------------------------------------- */

static const char *
dnssec_word(enum sg_dnssec d)
{
	static const char *const w[] = { "insecure", "secure", "bogus",
		"error" };

	return (unsigned)d < 4 ? w[d] : "error";
}

static const char *
tlsa_word(enum sg_tlsa_state t)
{
	static const char *const w[] = { "none", "usable", "unusable", "error",
		"bogus", "none" };

	return (unsigned)t < 6 ? w[t] : "error";
}

static const char *
probe_word(enum sg_probe_state p)
{
	static const char *const w[] = { "untested", "ok", "fail",
		"unreachable" };

	return (unsigned)p < 4 ? w[p] : "untested";
}

static const char *
tls_word(uint16_t version)
{
	switch (version) {
	case 0x0301:
		return "TLSv1";
	case 0x0302:
		return "TLSv1.1";
	case 0x0303:
		return "TLSv1.2";
	case 0x0304:
		return "TLSv1.3";
	default:
		return NULL;
	}
}

static const char *
verified_word(const struct sg_facts_probe *p)
{
	if (p->state != SG_PROBE_OK || p->level < SG_LEVEL_VERIFY)
		return NULL;
	return p->level == SG_LEVEL_DANE ? "dane" : "pkix";
}

static const char *
reason_or_null(enum sg_reason r)
{
	return r == SG_REASON_NONE ? NULL : sg_reason_name(r);
}

/* --- query as JSON -------------------------------------------------------------- */

static const char *
text_or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

/* What INTERFACES calls the state: a policy that is in force, surely none, or
   that it could not be learnt. */
struct sts_view {
	const char *state, *reason, *detail;
	const struct sg_sts_policy *policy;
};

static struct sts_view
view_sts(const struct sg_facts *f)
{
	struct sts_view v = { "error", "internal", NULL, NULL };

	if (f == NULL)
		return v;
	v.policy = sg_facts_policy(f, sg_wall_now());
	v.reason = NULL;
	if (f->sts.fetch.tried && f->sts.fetch.reason != SG_REASON_NONE) {
		v.reason = sg_reason_name(f->sts.fetch.reason);
		v.detail = text_or_null(f->sts.fetch.detail);
	}
	if (v.policy != NULL)
		v.state = "policy";
	else if (f->sts.txt.state == SG_TXT_NONE ||
	    f->sts.txt.state == SG_TXT_INVALID) {
		v.state = "none";
		if (f->sts.txt.state == SG_TXT_INVALID) {
			v.reason = "sts-policy-invalid";
			v.detail = "several MTA-STS records, or a malformed one";
		}
	} else if (f->sts.txt.state == SG_TXT_UNASKED)
		v.reason = sg_reason_name(f->sts.fetch.reason != SG_REASON_NONE
			? f->sts.fetch.reason : SG_REASON_INTERNAL);
	else if (f->sts.txt.state != SG_TXT_RECORD)
		v.reason = f->sts.txt.state == SG_TXT_BOGUS ? "dnssec-invalid"
							    : "dns-error";
	return v;
}

static json_t *
wall_or_null(struct sg_wall t)
{
	char text[SG_WALL_TEXT_SIZE];

	return t.s == 0 ? json_null() : json_string(sg_wall_format(t, text));
}

static json_t *
sts_json(const struct sg_facts *f)
{
	struct sts_view v = view_sts(f);
	json_t *mx = json_array();
	bool is = v.policy != NULL;

	for (size_t i = 0; is && i < v.policy->n_mx; i++)
		json_array_append_new(mx, json_string(v.policy->mx[i]));
	return json_pack("{s:s,s:s?,s:s?,s:o,s:o,s:o,s:o,s:s?,s:s?}",
	    "state", v.state,
	    "mode", is ? sg_sts_mode_name(v.policy->mode) : NULL,
	    "id", is ? f->sts.policy_id
	        : f != NULL ? text_or_null(f->sts.txt.id) : NULL,
	    "max_age", is ? json_integer(v.policy->max_age_s) : json_null(),
	    "mx", mx,
	    "fetched_at", is ? wall_or_null(f->sts.fetched_at) : json_null(),
	    "expires_at",
	    is ? wall_or_null(sg_facts_policy_expires(f)) : json_null(),
	    "reason", v.reason, "detail", v.detail);
}

static json_t *
mx_json(const struct sg_facts *f, const struct sg_verdict *v, unsigned i)
{
	const struct sg_facts_mx *mx = &f->mx[i];
	const struct sg_mx_verdict *mv = &v->mxs[i];
	const struct sg_facts_probe *p = &mx->probe;
	json_t *probe = json_pack("{s:s,s:s?,s:s?,s:s?,s:s?}", "state",
	    probe_word(p->state), "reason", reason_or_null(p->reason), "tls",
	    tls_word(p->tls_version), "verified_by", verified_word(p),
	    "detail", text_or_null(p->detail));

	return json_pack("{s:s,s:i,s:s,s:b,s:s,s:i,s:o,s:s,s:s}", "host",
	    mx->host, "preference", mx->preference, "dnssec",
	    dnssec_word(f->mx_dnssec), "sts_match", mv->sts_match, "tlsa",
	    tlsa_word(mx->tlsa), "tlsa_records", mx->tlsa_records, "probe",
	    probe, "required", sg_level_name(mv->required), "level",
	    sg_level_name(mv->level));
}

json_t *
sg_show_query_json(const char *key, const struct sg_facts *f,
    const struct sg_verdict *v)
{
	json_t *mx = json_array();

	for (unsigned i = 0; f != NULL && i < f->n_mx && i < v->n_mx; i++)
		json_array_append_new(mx, mx_json(f, v, i));
	return json_pack("{s:s,s:s,s:s,s:s,s:s?,s:o,s:o}", "next_hop", key,
	    "published", sg_level_name(v->published), "attained",
	    sg_level_name(v->attained), "result", sg_result_name(v->result),
	    "reason", reason_or_null(v->reason), "sts", sts_json(f), "mx", mx);
}

void
sg_show_json_line(FILE *out, json_t *object)
{
	json_dumpf(object, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(object);
}

/* --- for people -------------------------------------------------------------------- */

const char *
sg_show_colour(const struct sg_page *p, enum sg_result r)
{
	return r == SG_RESULT_PASS ? p->good
	    : r == SG_RESULT_FAIL  ? p->bad
				   : p->unsure;
}

/* "fail: certificate-expired", the first word in its colour. */
#define RESULT_SIZE 100
static const char *
result_text(const struct sg_page *p, enum sg_result result,
    enum sg_reason reason, char out[RESULT_SIZE])
{
	bool why = reason != SG_REASON_NONE;

	snprintf(out, RESULT_SIZE, "%s%s%s%s%s", sg_show_colour(p, result),
	    sg_result_name(result), p->end, why ? ": " : "",
	    why ? sg_reason_name(reason) : "");
	return out;
}

static void
show_sts(const struct sg_page *p, const struct sg_facts *f)
{
	struct sts_view v = view_sts(f);
	char fetched[SG_WALL_TEXT_SIZE], until[SG_WALL_TEXT_SIZE];

	if (v.policy == NULL)
		sg_page_line(p, "MTA-STS", "%s",
		    strcmp(v.state, "none") == 0 ? "none published"
		                                 : "could not be learnt");
	else {
		sg_page_line(p, "MTA-STS",
		    "%s%s%s, id %s, fetched %s, until %s", p->bold,
		    sg_sts_mode_name(v.policy->mode), p->end, f->sts.policy_id,
		    sg_wall_format(f->sts.fetched_at, fetched),
		    sg_wall_format(sg_facts_policy_expires(f), until));
		for (size_t i = 0; i < v.policy->n_mx; i++)
			sg_page_line(p, "", "%smx: %s%s", p->dim,
			    v.policy->mx[i], p->end);
	}
	if (v.reason != NULL)
		sg_page_line(p, "", "%s%s%s%s%s", p->unsure, v.reason,
		    v.detail != NULL ? ": " : "",
		    v.detail != NULL ? v.detail : "", p->end);
}

static const char *
mx_state_words(const struct sg_facts *f)
{
	switch (f->mx_state) {
	case SG_MX_FOUND:
	case SG_MX_HOST:
		return NULL;
	case SG_MX_IMPLICIT:
		return "no MX record: the domain itself takes the mail";
	case SG_MX_NULL:
		return "null MX: the domain takes no mail";
	case SG_MX_NXDOMAIN:
		return "the domain does not exist";
	case SG_MX_BOGUS:
		return "DNSSEC says that the MX records are forged";
	case SG_MX_UNUSABLE:
		return "MX records are there, none names a usable host";
	case SG_MX_ERROR:
	case SG_MX_UNASKED:
		break;
	}
	return "could not be looked up";
}

static const char *
addrs_words(enum sg_addr_state state)
{
	switch (state) {
	case SG_ADDR_NONE:
		return "it has no address";
	case SG_ADDR_ERROR:
		return "its addresses could not be looked up";
	case SG_ADDR_BOGUS:
		return "DNSSEC says that its addresses are forged";
	case SG_ADDR_SPECIAL:
		return "it has special-use addresses only";
	case SG_ADDR_OK:
	case SG_ADDR_UNASKED:
		break;
	}
	return NULL;
}

/* What was found at the host itself, as far as it was looked at. */
static void
show_tlsa(const struct sg_page *p, const struct sg_facts_mx *mx)
{
	const char *addrs = addrs_words(mx->addrs);

	if (addrs != NULL)
		sg_page_line(p, "", "%s%s%s", p->unsure, addrs, p->end);
	if (mx->tlsa == SG_TLSA_NONE || mx->tlsa == SG_TLSA_UNASKED)
		return;
	if (mx->tlsa_records > 0)
		sg_page_line(p, "", "TLSA %s, %u record%s",
		    tlsa_word(mx->tlsa), mx->tlsa_records,
		    mx->tlsa_records == 1 ? "" : "s");
	else
		sg_page_line(p, "", "%sTLSA %s%s", p->unsure,
		    tlsa_word(mx->tlsa), p->end);
}

static void
show_probe(const struct sg_page *p, const struct sg_facts_probe *probe)
{
	const char *tls = tls_word(probe->tls_version);
	const char *by = verified_word(probe);
	const char *state = probe_word(probe->state);
	const char *why = sg_reason_name(probe->reason);
	bool ok = probe->state == SG_PROBE_OK;

	if (probe->reason == SG_REASON_NONE || strcmp(why, state) == 0)
		why = "";
	sg_page_line(p, "", "probe %s%s%s%s%s%s%s%s", state,
	    tls != NULL ? ", " : "", tls != NULL ? tls : "",
	    by != NULL ? " by " : "", by != NULL ? by : "",
	    why[0] == '\0' ? "" : ok ? " (PKIX alone: " : ", ", why,
	    why[0] != '\0' && ok ? ")" : "");
	if (probe->detail[0] != '\0')
		sg_page_line(p, "", "%s%s%s", p->dim, probe->detail, p->end);
}

static void
show_mx(const struct sg_page *p, const struct sg_facts *f,
    const struct sg_verdict *v, unsigned i)
{
	const struct sg_facts_mx *mx = &f->mx[i];
	const struct sg_mx_verdict *mv = &v->mxs[i];
	char label[16], result[RESULT_SIZE];

	snprintf(label, sizeof(label), "MX %5u", mx->preference);
	sg_page_line(p, label, "%s%s%s  %s%s", p->bold, mx->host, p->end,
	    result_text(p, mv->result, mv->reason, result),
	    mv->sts_match ? "" : " (not named by the policy)");
	sg_page_line(p, "", "required %s, attained %s",
	    sg_level_name(mv->required), sg_level_name(mv->level));
	show_tlsa(p, mx);
	if (mx->probe.state != SG_PROBE_UNTESTED)
		show_probe(p, &mx->probe);
}

/* Last, for that is what a terminal still shows of a long list: whether mail
   may go, and what is wrong with whom. */
static void
show_verdict(const struct sg_page *p, const struct sg_verdict *v)
{
	char why[SG_REPLY_REASON_SIZE];

	sg_page_line(p, "verdict", "%s%s%s, published level %s",
	    sg_show_colour(p, v->result), sg_result_name(v->result), p->end,
	    sg_level_name(v->published));
	if (v->reason != SG_REASON_NONE)
		sg_page_line(p, "", "%s%s%s", sg_show_colour(p, v->result),
		    sg_reply_reason(v, why), p->end);
}

/* Each thing that is wrong, once, and who is to be told what. */
struct to_do {
	const struct sg_page *page;
	bool told[SG_REASON_COUNT];
};

static void
tell(struct to_do *t, enum sg_reason reason)
{
	const struct sg_advice *advice = sg_advice_get(reason);

	if (reason == SG_REASON_NONE || (unsigned)reason >= SG_REASON_COUNT ||
	    t->told[reason] || !advice->theirs)
		return;
	t->told[reason] = true;
	sg_page_line(t->page, "to do", "%s: %s %s", sg_reason_name(reason),
	    advice->means, advice->todo);
}

/* Hosts behind one that passes count as well: mail goes there when that is
   down. */
static void
show_to_do(const struct sg_page *p, const struct sg_facts *f,
    const struct sg_verdict *v)
{
	struct to_do t = { .page = p };

	if (f != NULL && f->sts.fetch.tried)
		tell(&t, f->sts.fetch.reason);
	if (f != NULL && f->sts.txt.state == SG_TXT_INVALID)
		sg_page_line(p, "to do", "The domain's _mta-sts TXT record "
		    "counts as none. Send its postmaster what `stsgate lint "
		    "record` says of it.");
	for (unsigned i = 0; f != NULL && i < f->n_mx && i < v->n_mx; i++)
		if (!v->mxs[i].cut && v->mxs[i].result != SG_RESULT_PASS)
			tell(&t, v->mxs[i].reason);
	if (v->result != SG_RESULT_PASS)
		tell(&t, v->reason);
}

void
sg_show_query(const struct sg_page *p, const char *key,
    const struct sg_facts *f, const struct sg_verdict *v)
{
	const char *words;

	fprintf(p->out, "%s%s%s  %s%s%s\n", p->bold, key, p->end,
	    sg_show_colour(p, v->result), sg_result_name(v->result), p->end);
	show_sts(p, f);
	words = f != NULL ? mx_state_words(f) : "could not be looked up";
	if (words != NULL)
		sg_page_line(p, "MX", "%s", words);
	if (f != NULL && f->n_mx > 0 && f->mx_dnssec == SG_DNSSEC_SECURE)
		sg_page_line(p, "DNSSEC", "vouches for what MX says");
	for (unsigned i = 0; f != NULL && i < f->n_mx && i < v->n_mx; i++)
		show_mx(p, f, v, i);
	show_verdict(p, v);
	show_to_do(p, f, v);
}

static bool
is_utf8(const char *s)
{
	json_t *j = json_string(s);
	bool ok = j != NULL;

	json_decref(j);
	return ok;
}

/* --- explain ------------------------------------------------------------------------- */

json_t *
sg_show_explain_json(const char *recipient, const struct sg_gate_answer *a,
    const struct sg_reply *reply)
{
	char rule[SG_DOMAIN_SIZE + 16], text[SG_REPLY_TEXT_SIZE + 16];
	char plain[4 * SG_MAILADDR_LOCAL_SIZE];

	/* What is not UTF-8 is no JSON either. */
	if (!is_utf8(recipient))
		recipient = sg_log_escape(plain, sizeof(plain), recipient,
		    strlen(recipient));
	if (reply != NULL)
		snprintf(text, sizeof(text), "%s %s %s", reply->code,
		    reply->xcode, reply->text);
	return json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s,s:b,s:s?}",
	    "recipient", recipient, "next_hop", a->key, "group",
	    a->asked.group->name, "rule",
	    sg_asked_name(&a->asked, rule, sizeof(rule)), "required",
	    sg_level_name(a->verdict.required), "attained",
	    sg_level_name(a->verdict.attained), "result",
	    sg_result_name(a->verdict.result), "reason",
	    reason_or_null(a->verdict.reason), "mx",
	    a->verdict.mx != NULL ? text_or_null(a->verdict.mx) : NULL,
	    "action", sg_action_name(a->decision.action), "dry_run",
	    a->asked.dry_run, "reply", reply != NULL ? text : NULL);
}

void
sg_show_explain(const struct sg_page *p, const char *recipient,
    const struct sg_gate_answer *a, const struct sg_reply *reply)
{
	char rule[SG_DOMAIN_SIZE + 16], why[SG_REPLY_REASON_SIZE];
	const struct sg_verdict *v = &a->verdict;

	fprintf(p->out, "%s%s%s  %s%s%s\n", p->bold, recipient, p->end,
	    sg_show_colour(p, v->result), sg_action_name(a->decision.action),
	    p->end);
	sg_page_line(p, "next hop", "%s", a->key);
	sg_page_line(p, "group", "%s, rule %s, require %s",
	    a->asked.group->name,
	    sg_asked_name(&a->asked, rule, sizeof(rule)),
	    sg_require_name(a->asked.rule.require));
	sg_page_line(p, "level", "required %s, attained %s%s%s",
	    sg_level_name(v->required), sg_level_name(v->attained),
	    v->mx != NULL && v->mx[0] != '\0' ? ", by " : "",
	    v->mx != NULL ? v->mx : "");
	sg_page_line(p, "verdict", "%s%s%s%s%s", sg_show_colour(p, v->result),
	    sg_result_name(v->result), p->end,
	    v->reason != SG_REASON_NONE ? ": " : "",
	    v->reason != SG_REASON_NONE ? sg_reply_reason(v, why) : "");
	sg_page_line(p, "action", "%s%s", sg_action_name(a->decision.action),
	    a->asked.dry_run ? " (dry run: it is only logged)" : "");
	if (a->route != SG_LEVEL_NONE)
		sg_page_line(p, "route", "%s (by header, for a transport of "
		    "its own)", sg_level_name(a->route));
	if (reply != NULL)
		sg_page_line(p, "reply", "%s %s %s", reply->code, reply->xcode,
		    reply->text);
}
