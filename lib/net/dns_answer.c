/* SPDX-License-Identifier: ISC */
/*
 * Says what a result of libunbound means.
 *
 * It is looked at in this order: bogus, since libunbound hands over bogus data
 * as if it were good; data; sure absence; and everything else is "could not
 * look".
 */
#include <string.h>
#include "base/log.h"
#include "net/dns_private.h"
#include "net/dns_wire.h"

static uint32_t
clamp_ttl(int ttl, uint32_t max_s)
{
	if (ttl < SG_FACTS_TTL_MIN_S)
		return (SG_FACTS_TTL_MIN_S);
	return ((uint32_t)ttl > max_s ? max_s : (uint32_t)ttl);
}

void
sg_dns_answer_fail(struct sg_dns_answer *a, enum sg_reason reason,
    const char *what)
{
	a->rc = SG_RETRY;
	a->dnssec = SG_DNSSEC_ERROR;
	a->ttl_s = SG_FACTS_ERROR_TTL_S;
	sg_err_set(&a->err, reason, "%s", what);
}

static void
set_bogus(struct sg_dns_answer *a, const struct ub_result *r)
{
	const char *why = r->why_bogus != NULL ? r->why_bogus : "bogus";
	char text[SG_ERR_TEXT_SIZE];

	a->rc = SG_BAD;
	a->dnssec = SG_DNSSEC_BOGUS;
	a->ttl_s = SG_FACTS_ERROR_TTL_S;
	sg_err_set(&a->err, SG_REASON_DNSSEC_INVALID, "%s",
	    sg_log_escape(text, sizeof(text), why, strlen(why)));
}

static void
set_data(struct sg_dns_answer *a, const struct ub_result *r)
{
	size_t bytes = 0;

	a->rc = SG_OK;
	a->ttl_s = clamp_ttl(r->ttl, SG_FACTS_TTL_MAX_S);
	for (size_t i = 0; r->data[i] != NULL; i++) {
		size_t len = r->len[i] > 0 ? (size_t)r->len[i] : 0;

		if (a->n == SG_DNS_MAX_RR || len > SG_DNS_MAX_BYTES - bytes) {
			a->cut = true;
			continue;
		}
		bytes += len;
		a->rr[a->n].data = (const unsigned char *)r->data[i];
		a->rr[a->n++].len = len;
	}
}

/* NXDOMAIN or NODATA. A lame server's referral looks like NODATA. */
static void
set_none(struct sg_dns_answer *a, const struct ub_result *r)
{
	a->nxdomain = r->nxdomain || r->rcode == 3;
	if (!a->nxdomain && !r->secure && r->answer_len > 0 &&
	    sg_dns_wire_is_referral(r->answer_packet, (size_t)r->answer_len)) {
		sg_dns_answer_fail(a, SG_REASON_DNS_ERROR, "lame delegation");
		return;
	}
	a->rc = SG_NONE;
	a->ttl_s = clamp_ttl(r->ttl, SG_FACTS_NEGATIVE_TTL_MAX_S);
}

static const char *
rcode_name(int rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED" };

	if (rcode < 0 || (size_t)rcode >= sizeof(names) / sizeof(names[0]))
		return ("an error");
	return (names[rcode]);
}

void
sg_dns_answer_judge(const struct ub_result *r, bool validates,
    char canon[SG_DOMAIN_SIZE], struct sg_dns_answer *a)
{
	a->dnssec = validates && r->secure ? SG_DNSSEC_SECURE :
	    SG_DNSSEC_INSECURE;
	if (r->canonname != NULL && sg_domain_from_text(r->canonname,
	    strlen(r->canonname), canon, NULL) == SG_OK)
		a->canonname = canon;
	if (r->bogus)
		set_bogus(a, r);
	else if (r->rcode == 0 && r->havedata)
		set_data(a, r);
	else if (r->rcode == 0 || r->rcode == 3)
		set_none(a, r);
	else
		sg_dns_answer_fail(a, SG_REASON_DNS_ERROR, rcode_name(r->rcode));
}
