/* SPDX-License-Identifier: ISC */
/*
 * reply.c - a verdict in SMTP words.
 *
 * One row a reason gives the codes (STANDARDS E) and what it means in plain
 * words. A refusal reads: who requires what, by whose word, but which host or
 * record: the reason's token (for grep), its meaning, what happens next, and
 * the transaction's ID, which is what the log is searched for and is never
 * cut. Long names lose their head: the end says whose they are.
 */
#include "reply.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* Of a name in a reply. Two of them, the longest words and the ID stay below
   SG_REPLY_TEXT_SIZE. */
#define NAME_SIZE 65

struct words {
	const char *defer;  /* enhanced code with 451 */
	const char *reject; /* and with 550, or 556 for a null MX */
	const char *means;  /* "" where the token says it all */
	bool ours;          /* the recipient's postmaster cannot help */
};

static const struct words words[SG_REASON_COUNT] = {
	[SG_REASON_NONE] = { "4.7.5", "5.7.5", "", false },
	[SG_REASON_STARTTLS_NOT_SUPPORTED] = { "4.7.5", "5.7.10",
		"it offers no TLS", false },
	[SG_REASON_CERT_HOST_MISMATCH] = { "4.7.5", "5.7.5",
		"its certificate is for another name", false },
	[SG_REASON_CERT_EXPIRED] = { "4.7.5", "5.7.5", "", false },
	[SG_REASON_CERT_NOT_TRUSTED] = { "4.7.5", "5.7.5", "", false },
	[SG_REASON_VALIDATION_FAILURE] = { "4.7.5", "5.7.5",
		"TLS could not be verified", false },
	[SG_REASON_TLSA_INVALID] = { "4.7.5", "5.7.5",
		"it has no usable TLSA record", false },
	[SG_REASON_DNSSEC_INVALID] = { "4.4.3", "5.7.5",
		"DNSSEC does not verify", false },
	[SG_REASON_DANE_REQUIRED] = { "4.7.5", "5.7.5",
		"it has no TLSA record that DNSSEC protects", false },
	[SG_REASON_STS_POLICY_FETCH_ERROR] = { "4.7.5", "5.7.5",
		"it could not be fetched", false },
	[SG_REASON_STS_POLICY_INVALID] = { "4.7.5", "5.7.5",
		"its text is not a valid policy", false },
	[SG_REASON_STS_WEBPKI_INVALID] = { "4.7.5", "5.7.5",
		"the web server it is on has no valid certificate", false },
	[SG_REASON_MX_MISMATCH] = { "4.7.5", "5.7.5",
		"the domain's policy does not list this mail server", false },
	[SG_REASON_STARTTLS_INJECTION] = { "4.7.5", "5.7.5",
		"data was slipped in before TLS began", false },
	[SG_REASON_TLS_VERSION] = { "4.7.6", "5.7.6",
		"it offers no TLS 1.2 or later", false },
	[SG_REASON_UNREACHABLE] = { "4.4.1", "5.4.4",
		"no connection to it", false },
	[SG_REASON_TIMEOUT] = { "4.4.1", "5.4.4", "no answer in time", false },
	[SG_REASON_DNS_ERROR] = { "4.4.3", "5.4.4", "DNS lookup failed",
		false },
	[SG_REASON_NULL_MX] = { "4.4.4", "5.1.10",
		"the domain accepts no mail", false },
	[SG_REASON_NO_USABLE_MX] = { "4.4.4", "5.4.4",
		"they name no usable mail server", false },
	[SG_REASON_REQUIRETLS_NOT_OFFERED] = { "4.7.5", "5.7.30",
		"it does not offer REQUIRETLS", false },
	[SG_REASON_NOT_PROBED] = { "4.7.5", "5.7.5",
		"its TLS has not been tested", true },
	[SG_REASON_SPECIAL_USE_ADDRESS] = { "4.4.4", "5.4.4",
		"its address is in a special-use range", true },
	[SG_REASON_SELF] = { "4.4.4", "5.4.4", "they lead back to this relay",
		true },
	[SG_REASON_OVERLOAD] = { "4.3.0", "5.3.0",
		"too many lookups at the moment", true },
	[SG_REASON_INTERNAL] = { "4.3.0", "5.3.0",
		"no result of the lookup", true },
	[SG_REASON_STS_POLICY_UNCONFIRMED] = { "4.7.5", "5.7.5",
		"it has changed and must be seen twice", true },
};

/* Copies name; if it is too long, its end. */
static const char *
shorten(const char *name, char out[NAME_SIZE])
{
	size_t n = strlen(name);

	if (n < NAME_SIZE)
		memcpy(out, name, n + 1);
	else
		snprintf(out, NAME_SIZE, "...%s", name + n - (NAME_SIZE - 4));
	return out;
}

static const char *
tls_words(enum sg_level level)
{
	if (level == SG_LEVEL_ENCRYPT)
		return "TLS";
	return level == SG_LEVEL_DANE ? "DANE-verified TLS" : "verified TLS";
}

/* Who requires what, by whose word. */
static void
put_demand(const struct sg_told *told, char *out, size_t size)
{
	const struct sg_verdict *v = told->verdict;
	char hop[NAME_SIZE];

	shorten(told->next_hop, hop);
	if (v->required == SG_LEVEL_NONE)
		snprintf(out, size, "the TLS of %s could not be checked:", hop);
	else if (v->required <= v->published)
		snprintf(out, size, "%s requires %s (%s) but", hop,
		    v->published == SG_LEVEL_ENCRYPT ? "TLS" : "verified TLS",
		    v->published == SG_LEVEL_SECURE ? "MTA-STS enforce"
						    : "DANE");
	else if (v->requiretls && v->required == SG_LEVEL_SECURE)
		snprintf(out, size,
		    "this message to %s requires verified TLS (REQUIRETLS) but",
		    hop);
	else
		snprintf(out, size,
		    "mail to %s requires %s (this relay's rule for group %s)"
		    " but", hop, tls_words(v->required),
		    told->asked->group->name);
}

/* What the reason is about. */
static const char *
subject(const struct sg_verdict *v, char out[NAME_SIZE])
{
	if (v->mx[0] != '\0')
		return shorten(v->mx, out);
	switch (v->gap) {
	case SG_GAP_TXT:
		return "its MTA-STS record";
	case SG_GAP_HTTPS:
		return "its MTA-STS policy";
	case SG_GAP_BOGUS:
		return "its DNS records";
	case SG_GAP_INTERNAL:
		return v->reason == SG_REASON_TIMEOUT ? "the lookup"
						      : "this relay";
	default:
		return "its MX records";
	}
}

const char *
sg_reply_reason(const struct sg_verdict *v, char out[SG_REPLY_REASON_SIZE])
{
	const char *means = words[v->reason].means;
	char name[NAME_SIZE];

	if (v->unvouched)
		means = "neither MTA-STS nor DNSSEC vouches for its name";
	snprintf(out, SG_REPLY_REASON_SIZE, "%s: %s%s%s%s", subject(v, name),
	    sg_reason_name(v->reason), means[0] != '\0' ? " (" : "", means,
	    means[0] != '\0' ? ")" : "");
	return out;
}

static const char *
next_step(bool reject, bool ours)
{
	if (reject)
		return ours ? "not sent; ask your own postmaster"
			    : "not sent; ask its postmaster or your own";
	return ours ? "will be retried, or ask your own postmaster"
		    : "will be retried, or ask its postmaster";
}

static const char *
reject_xcode(const struct sg_verdict *v)
{
	/* RFC 8689 4.2.1: no TLS that it demands. */
	if (v->requiretls && v->result == SG_RESULT_FAIL &&
	    v->reason != SG_REASON_REQUIRETLS_NOT_OFFERED)
		return "5.7.10";
	return words[v->reason].reject;
}

void
sg_reply_make(const struct sg_told *told, enum sg_action action,
    struct sg_reply *out)
{
	const struct sg_verdict *v = told->verdict;
	const struct words *w = &words[v->reason];
	bool reject = action == SG_ACTION_REJECT;
	char demand[172], reason[SG_REPLY_REASON_SIZE]; /* the sum fits */

	put_demand(told, demand, sizeof(demand));
	sg_reply_reason(v, reason);
	snprintf(out->text, sizeof(out->text), "%s %s; %s [%.16s]", demand,
	    reason, next_step(reject, w->ours), told->id);
	snprintf(out->code, sizeof(out->code), "%s", !reject ? "451"
	    : v->reason == SG_REASON_NULL_MX ? "556" : "550");
	snprintf(out->xcode, sizeof(out->xcode), "%s",
	    reject ? reject_xcode(v) : w->defer);
}

/* Up to the recipients. All passed: only a route makes such a message carry
   the field, and the route is what was required. */
static int
put_result(const struct sg_header *h, char *out, size_t out_size)
{
	const struct sg_verdict *v;

	if (h->worst == NULL)
		return snprintf(out, out_size, "result=pass; required=%s; "
		    "action=accept", sg_level_name(h->route));
	v = h->worst->verdict;
	return snprintf(out, out_size,
	    "result=%s; reason=%s; required=%s; action=%s",
	    sg_result_name(v->result), sg_reason_name(v->reason),
	    sg_level_name(v->required),
	    sg_action_name(h->worst->decision->action));
}

void
sg_reply_header(const struct sg_header *h, char *out, size_t out_size)
{
	bool routed = h->route != SG_LEVEL_NONE;
	int n = put_result(h, out, out_size);

	if (n < 0 || (size_t)n >= out_size)
		return;
	snprintf(out + n, out_size - (size_t)n,
	    "; group=%s; recipients=%u/%u%s%s; id=%s%s", h->group,
	    h->not_passed, h->accepted, routed ? "; route=" : "",
	    routed ? sg_level_name(h->route) : "", h->id,
	    h->worst != NULL && h->worst->asked->dry_run ? "; dry_run=1" : "");
}

static const char *
or_dash(const char *s)
{
	return s[0] != '\0' ? s : "-";
}

/* Which kinds of policy are known. */
static const char *
policy_word(const struct sg_told *told)
{
	const struct sg_verdict *v = told->verdict;

	if (v->has_policy)
		return v->has_dane ? "sts+dane" : "sts";
	if (v->has_dane)
		return "dane";
	if (told->facts == NULL)
		return "unknown";
	return told->facts->sts.txt.state == SG_TXT_NONE ||
	    told->facts->sts.txt.state == SG_TXT_INVALID ? "none" : "unknown";
}

/* A line that is put together piece by piece; what does not fit is cut. One is
   made for each recipient, so that printf(3) would be most of its cost. */
struct line {
	char *p;
	size_t n, size;
};

static void
add_bytes(struct line *l, const char *s, size_t len)
{
	size_t room = l->size - l->n - 1;

	if (len > room)
		len = room;
	memcpy(l->p + l->n, s, len);
	l->n += len;
	l->p[l->n] = '\0';
}

/* The key is a literal: its length is known. */
#define add(l, key, value) do {				\
	add_bytes((l), "" key, sizeof(key) - 1);	\
	add_value((l), (value));			\
} while (0)

static void
add_value(struct line *l, const char *value)
{
	add_bytes(l, value, strlen(value));
}

/* Milliseconds with two decimals. */
static void
add_ms(struct line *l, double ms)
{
	char text[24], *p = text + sizeof(text);
	uint64_t hundredths = ms > 0 ? (uint64_t)(ms * 100 + 0.5) : 0;

	*--p = '\0';
	for (int digits = 0; digits < 3 || hundredths > 0; digits++) {
		if (digits == 2)
			*--p = '.';
		*--p = (char)('0' + hundredths % 10);
		hundredths /= 10;
	}
	add(l, " ms=", p);
}

/* Appends the recipient, if it is to be logged; last, for a quoted local
   part may hold anything. */
static void
add_recipient(struct line *l, const char *recipient)
{
	if (recipient == NULL || l->size - l->n < sizeof(" recipient=") + 4)
		return;
	add(l, " recipient=", "");
	sg_log_escape(l->p + l->n, l->size - l->n, recipient,
	    strlen(recipient));
	l->n += strlen(l->p + l->n);
}

size_t
sg_reply_log(const struct sg_told *told, char *out, size_t out_size)
{
	const struct sg_verdict *v = told->verdict;
	struct line l = { out, 0, out_size };

	add(&l, "id=", told->id);
	add(&l, " qid=", or_dash(told->qid));
	add(&l, " group=", told->asked->group->name);
	add(&l, " next_hop=", or_dash(told->next_hop));
	add(&l, " policy=", policy_word(told));
	add(&l, " mode=",
	    v->has_policy ? sg_sts_mode_name(v->sts_mode) : "-");
	add(&l, " policy_id=",
	    v->has_policy ? or_dash(told->facts->sts.policy_id) : "-");
	add(&l, " required=", sg_level_name(v->required));
	add(&l, " attained=", sg_level_name(v->attained));
	add(&l, " result=", sg_result_name(v->result));
	add(&l, " reason=",
	    v->reason == SG_REASON_NONE ? "-" : sg_reason_name(v->reason));
	add(&l, " mx=", or_dash(v->mx));
	add(&l, " action=", sg_action_name(told->decision->action));
	add(&l, " applied=", sg_action_name(told->decision->applied));
	add(&l, " dry_run=", told->asked->dry_run ? "1" : "0");
	add(&l, " source=", told->source);
	add_ms(&l, told->ms);
	add_recipient(&l, told->recipient);
	return l.n;
}
