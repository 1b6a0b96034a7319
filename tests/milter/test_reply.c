/* SPDX-License-Identifier: ISC */
/*
 * test_reply.c - what people are told, word for word: every reason, deferred
 * and rejected; the header field; the log line.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* A decision with all that the words need, to be changed by each test. */
static struct sg_group group;
static struct sg_asked asked;
static struct sg_verdict verdict;
static struct sg_decision decision;
static struct sg_facts facts;
static struct sg_told told;

/* Before each test, forked or not. */
static void
set_up(void)
{
	group = (struct sg_group) { .name = (char *)"finance" };
	asked = (struct sg_asked) { .group = &group };
	verdict = (struct sg_verdict) { .mx = "" };
	decision = (struct sg_decision) { .action = SG_ACTION_ACCEPT };
	facts = (struct sg_facts) { .n_mx = 0 };
	told = (struct sg_told) { .id = "4f3a9c21", .qid = "",
		.next_hop = "good.test", .asked = &asked, .verdict = &verdict,
		.decision = &decision, .source = "memory", .ms = 0.0814 };
}

/* A refusal as the MTA sends it. */
static const char *
refuse(enum sg_action action, char *out, size_t size)
{
	struct sg_reply r;

	memset(&r, 0xa5, sizeof(r));
	sg_reply_make(&told, action, &r);
	snprintf(out, size, "%s %s %s", r.code, r.xcode, r.text);
	return out;
}

struct judged {
	enum sg_result result;
	enum sg_reason reason;
	enum sg_gap gap;
	enum sg_level published, required;
	const char *mx;
	bool requiretls, unvouched;
};

static void
set_verdict(const struct judged *j)
{
	verdict = (struct sg_verdict) { .result = j->result,
		.reason = j->reason, .gap = j->gap, .published = j->published,
		.required = j->required, .mx = j->mx,
		.requiretls = j->requiretls, .unvouched = j->unvouched };
}

/* Each reason in a situation where it comes up; then situations that change
   the words. The table is the text that we stand by: read it aloud. */
static const struct {
	const char *name;
	struct judged j;
	const char *defer, *reject;
} rows[] = {
	{ "starttls-not-supported",
	    { SG_RESULT_FAIL, SG_REASON_STARTTLS_NOT_SUPPORTED,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: starttls-not-supported (it "
	    "offers no TLS); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.10 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: starttls-not-supported (it "
	    "offers no TLS); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "cert-host-mismatch",
	    { SG_RESULT_FAIL, SG_REASON_CERT_HOST_MISMATCH,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: certificate-host-mismatch (its "
	    "certificate is for another name); will be retried, or ask "
	    "its postmaster [4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: certificate-host-mismatch (its "
	    "certificate is for another name); not sent; ask its "
	    "postmaster or your own [4f3a9c21]" },
	{ "cert-expired",
	    { SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: certificate-expired; will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: certificate-expired; not sent; "
	    "ask its postmaster or your own [4f3a9c21]" },
	{ "cert-not-trusted",
	    { SG_RESULT_FAIL, SG_REASON_CERT_NOT_TRUSTED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_VERIFY, "mx.good.test",
		false, false },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but mx.good.test: "
	    "certificate-not-trusted; will be retried, or ask its "
	    "postmaster [4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but mx.good.test: "
	    "certificate-not-trusted; not sent; ask its postmaster or "
	    "your own [4f3a9c21]" },
	{ "validation-failure",
	    { SG_RESULT_FAIL, SG_REASON_VALIDATION_FAILURE,
		SG_GAP_NONE, SG_LEVEL_DANE, SG_LEVEL_DANE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (DANE) but "
	    "mx.good.test: validation-failure (TLS could not be "
	    "verified); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (DANE) but "
	    "mx.good.test: validation-failure (TLS could not be "
	    "verified); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "tlsa-invalid",
	    { SG_RESULT_FAIL, SG_REASON_TLSA_INVALID,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_DANE, "mx.good.test",
		false, false },
	    "451 4.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "tlsa-invalid (it has no usable TLSA record); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "tlsa-invalid (it has no usable TLSA record); not sent; ask"
	    " its postmaster or your own [4f3a9c21]" },
	{ "dnssec-invalid",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNSSEC_INVALID,
		SG_GAP_BOGUS, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.4.3 the TLS of good.test could not be checked: its "
	    "DNS records: dnssec-invalid (DNSSEC does not verify); will"
	    " be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 the TLS of good.test could not be checked: its "
	    "DNS records: dnssec-invalid (DNSSEC does not verify); not "
	    "sent; ask its postmaster or your own [4f3a9c21]" },
	{ "dane-required",
	    { SG_RESULT_FAIL, SG_REASON_DANE_REQUIRED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_DANE, "mx.good.test",
		false, false },
	    "451 4.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "sts-policy-fetch-error",
	    { SG_RESULT_UNKNOWN, SG_REASON_STS_POLICY_FETCH_ERROR,
		SG_GAP_HTTPS, SG_LEVEL_NONE, SG_LEVEL_SECURE, "",
		false, false },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-fetch-error (it could not be fetched); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-fetch-error (it could not be fetched); not "
	    "sent; ask its postmaster or your own [4f3a9c21]" },
	{ "sts-policy-invalid",
	    { SG_RESULT_UNKNOWN, SG_REASON_STS_POLICY_INVALID,
		SG_GAP_HTTPS, SG_LEVEL_NONE, SG_LEVEL_SECURE, "",
		false, false },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-invalid (its text is not a valid policy); will "
	    "be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-invalid (its text is not a valid policy); not "
	    "sent; ask its postmaster or your own [4f3a9c21]" },
	{ "sts-webpki-invalid",
	    { SG_RESULT_UNKNOWN, SG_REASON_STS_WEBPKI_INVALID,
		SG_GAP_HTTPS, SG_LEVEL_NONE, SG_LEVEL_SECURE, "",
		false, false },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-webpki-invalid (the web server it is on has no valid "
	    "certificate); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-webpki-invalid (the web server it is on has no valid "
	    "certificate); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "mx-mismatch",
	    { SG_RESULT_FAIL, SG_REASON_MX_MISMATCH,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: mx-mismatch (the domain's "
	    "policy does not list this mail server); will be retried, "
	    "or ask its postmaster [4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: mx-mismatch (the domain's "
	    "policy does not list this mail server); not sent; ask its "
	    "postmaster or your own [4f3a9c21]" },
	{ "starttls-injection",
	    { SG_RESULT_FAIL, SG_REASON_STARTTLS_INJECTION,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: starttls-injection (data was "
	    "slipped in before TLS began); will be retried, or ask its "
	    "postmaster [4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: starttls-injection (data was "
	    "slipped in before TLS began); not sent; ask its postmaster"
	    " or your own [4f3a9c21]" },
	{ "tls-version",
	    { SG_RESULT_FAIL, SG_REASON_TLS_VERSION,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.6 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: tls-version (it offers no TLS "
	    "1.2 or later); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.6 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: tls-version (it offers no TLS "
	    "1.2 or later); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "unreachable",
	    { SG_RESULT_UNKNOWN, SG_REASON_UNREACHABLE,
		SG_GAP_MX, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.4.1 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: unreachable (no connection to "
	    "it); will be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: unreachable (no connection to "
	    "it); not sent; ask its postmaster or your own [4f3a9c21]" },
	{ "timeout",
	    { SG_RESULT_UNKNOWN, SG_REASON_TIMEOUT,
		SG_GAP_MX, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.4.1 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: timeout (no answer in time); "
	    "will be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: timeout (no answer in time); "
	    "not sent; ask its postmaster or your own [4f3a9c21]" },
	{ "dns-error",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR,
		SG_GAP_TXT, SG_LEVEL_NONE, SG_LEVEL_ENCRYPT, "",
		false, false },
	    "451 4.4.3 mail to good.test requires TLS (this relay's "
	    "rule for group finance) but its MTA-STS record: dns-error "
	    "(DNS lookup failed); will be retried, or ask its "
	    "postmaster [4f3a9c21]",
	    "550 5.4.4 mail to good.test requires TLS (this relay's "
	    "rule for group finance) but its MTA-STS record: dns-error "
	    "(DNS lookup failed); not sent; ask its postmaster or your "
	    "own [4f3a9c21]" },
	/* E-11, N-11 */
	{ "null-mx",
	    { SG_RESULT_UNKNOWN, SG_REASON_NULL_MX,
		SG_GAP_MX, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.4.4 the TLS of good.test could not be checked: its "
	    "MX records: null-mx (the domain accepts no mail); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "556 5.1.10 the TLS of good.test could not be checked: its "
	    "MX records: null-mx (the domain accepts no mail); not "
	    "sent; ask its postmaster or your own [4f3a9c21]" },
	{ "no-usable-mx",
	    { SG_RESULT_UNKNOWN, SG_REASON_NO_USABLE_MX,
		SG_GAP_MX, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.4.4 the TLS of good.test could not be checked: its "
	    "MX records: no-usable-mx (they name no usable mail "
	    "server); will be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 the TLS of good.test could not be checked: its "
	    "MX records: no-usable-mx (they name no usable mail "
	    "server); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "requiretls-not-offered",
	    { SG_RESULT_FAIL, SG_REASON_REQUIRETLS_NOT_OFFERED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_SECURE, "mx.good.test",
		true, false },
	    "451 4.7.5 this message to good.test requires verified TLS "
	    "(REQUIRETLS) but mx.good.test: requiretls-not-offered (it "
	    "does not offer REQUIRETLS); will be retried, or ask its "
	    "postmaster [4f3a9c21]",
	    "550 5.7.30 this message to good.test requires verified TLS"
	    " (REQUIRETLS) but mx.good.test: requiretls-not-offered (it"
	    " does not offer REQUIRETLS); not sent; ask its postmaster "
	    "or your own [4f3a9c21]" },
	{ "not-probed",
	    { SG_RESULT_UNKNOWN, SG_REASON_NOT_PROBED,
		SG_GAP_UNPROBED, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: not-probed (its TLS has not "
	    "been tested); will be retried, or ask your own postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: not-probed (its TLS has not "
	    "been tested); not sent; ask your own postmaster [4f3a9c21]" },
	{ "special-use-address",
	    { SG_RESULT_UNKNOWN, SG_REASON_SPECIAL_USE_ADDRESS,
		SG_GAP_UNPROBED, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.4.4 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: special-use-address (its "
	    "address is in a special-use range); will be retried, or "
	    "ask your own postmaster [4f3a9c21]",
	    "550 5.4.4 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: special-use-address (its "
	    "address is in a special-use range); not sent; ask your own"
	    " postmaster [4f3a9c21]" },
	{ "self",
	    { SG_RESULT_UNKNOWN, SG_REASON_SELF,
		SG_GAP_MX, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.4.4 the TLS of good.test could not be checked: its "
	    "MX records: self (they lead back to this relay); will be "
	    "retried, or ask your own postmaster [4f3a9c21]",
	    "550 5.4.4 the TLS of good.test could not be checked: its "
	    "MX records: self (they lead back to this relay); not sent;"
	    " ask your own postmaster [4f3a9c21]" },
	{ "overload",
	    { SG_RESULT_UNKNOWN, SG_REASON_OVERLOAD,
		SG_GAP_INTERNAL, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.3.0 the TLS of good.test could not be checked: this "
	    "relay: overload (too many lookups at the moment); will be "
	    "retried, or ask your own postmaster [4f3a9c21]",
	    "550 5.3.0 the TLS of good.test could not be checked: this "
	    "relay: overload (too many lookups at the moment); not "
	    "sent; ask your own postmaster [4f3a9c21]" },
	/* E-15 */
	{ "internal",
	    { SG_RESULT_UNKNOWN, SG_REASON_INTERNAL,
		SG_GAP_INTERNAL, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.3.0 the TLS of good.test could not be checked: this "
	    "relay: internal (no result of the lookup); will be "
	    "retried, or ask your own postmaster [4f3a9c21]",
	    "550 5.3.0 the TLS of good.test could not be checked: this "
	    "relay: internal (no result of the lookup); not sent; ask "
	    "your own postmaster [4f3a9c21]" },
	{ "T7 weaker, and not believed yet",
	    { SG_RESULT_UNKNOWN, SG_REASON_STS_POLICY_UNCONFIRMED,
		SG_GAP_HTTPS, SG_LEVEL_NONE, SG_LEVEL_SECURE, "",
		false, false },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-unconfirmed (it has changed and must be seen "
	    "twice); will be retried, or ask your own postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but its MTA-STS policy: "
	    "sts-policy-unconfirmed (it has changed and must be seen "
	    "twice); not sent; ask your own postmaster [4f3a9c21]" },
	{ "unvouched",
	    { SG_RESULT_FAIL, SG_REASON_VALIDATION_FAILURE,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_SECURE, "mx.good.test",
		false, true },
	    "451 4.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but mx.good.test: "
	    "validation-failure (neither MTA-STS nor DNSSEC vouches for"
	    " its name); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 mail to good.test requires verified TLS (this "
	    "relay's rule for group finance) but mx.good.test: "
	    "validation-failure (neither MTA-STS nor DNSSEC vouches for"
	    " its name); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "all TLSA unusable",
	    { SG_RESULT_FAIL, SG_REASON_STARTTLS_NOT_SUPPORTED,
		SG_GAP_NONE, SG_LEVEL_ENCRYPT, SG_LEVEL_ENCRYPT, "mx.good.test",
		false, false },
	    "451 4.7.5 good.test requires TLS (DANE) but mx.good.test: "
	    "starttls-not-supported (it offers no TLS); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.10 good.test requires TLS (DANE) but mx.good.test:"
	    " starttls-not-supported (it offers no TLS); not sent; ask "
	    "its postmaster or your own [4f3a9c21]" },
	{ "rule encrypt",
	    { SG_RESULT_FAIL, SG_REASON_STARTTLS_NOT_SUPPORTED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_ENCRYPT, "mx.good.test",
		false, false },
	    "451 4.7.5 mail to good.test requires TLS (this relay's "
	    "rule for group finance) but mx.good.test: "
	    "starttls-not-supported (it offers no TLS); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.10 mail to good.test requires TLS (this relay's "
	    "rule for group finance) but mx.good.test: "
	    "starttls-not-supported (it offers no TLS); not sent; ask "
	    "its postmaster or your own [4f3a9c21]" },
	{ "rule above what is published",
	    { SG_RESULT_FAIL, SG_REASON_DANE_REQUIRED,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_DANE, "mx.good.test",
		false, false },
	    "451 4.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "E-14 REQUIRETLS",
	    { SG_RESULT_FAIL, SG_REASON_TLS_VERSION,
		SG_GAP_NONE, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		true, false },
	    "451 4.7.6 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: tls-version (it offers no TLS "
	    "1.2 or later); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.10 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: tls-version (it offers no TLS "
	    "1.2 or later); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "E-14 REQUIRETLS, nothing published",
	    { SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_SECURE, "mx.good.test",
		true, false },
	    "451 4.7.5 this message to good.test requires verified TLS "
	    "(REQUIRETLS) but mx.good.test: certificate-expired; will "
	    "be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.7.10 this message to good.test requires verified TLS"
	    " (REQUIRETLS) but mx.good.test: certificate-expired; not "
	    "sent; ask its postmaster or your own [4f3a9c21]" },
	{ "REQUIRETLS and a rule above it",
	    { SG_RESULT_FAIL, SG_REASON_DANE_REQUIRED,
		SG_GAP_NONE, SG_LEVEL_NONE, SG_LEVEL_DANE, "mx.good.test",
		true, false },
	    "451 4.7.5 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.10 mail to good.test requires DANE-verified TLS "
	    "(this relay's rule for group finance) but mx.good.test: "
	    "dane-required (it has no TLSA record that DNSSEC "
	    "protects); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "REQUIRETLS, DNS failed",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR,
		SG_GAP_MX, SG_LEVEL_NONE, SG_LEVEL_SECURE, "",
		true, false },
	    "451 4.4.3 this message to good.test requires verified TLS "
	    "(REQUIRETLS) but its MX records: dns-error (DNS lookup "
	    "failed); will be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 this message to good.test requires verified TLS "
	    "(REQUIRETLS) but its MX records: dns-error (DNS lookup "
	    "failed); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "E-06 TLSA lookup failed",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR,
		SG_GAP_BOGUS, SG_LEVEL_NONE, SG_LEVEL_NONE, "mx.good.test",
		false, false },
	    "451 4.4.3 the TLS of good.test could not be checked: "
	    "mx.good.test: dns-error (DNS lookup failed); will be "
	    "retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 the TLS of good.test could not be checked: "
	    "mx.good.test: dns-error (DNS lookup failed); not sent; ask"
	    " its postmaster or your own [4f3a9c21]" },
	{ "TLSA bogus",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNSSEC_INVALID,
		SG_GAP_BOGUS, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "mx.good.test",
		false, false },
	    "451 4.4.3 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: dnssec-invalid (DNSSEC does not"
	    " verify); will be retried, or ask its postmaster "
	    "[4f3a9c21]",
	    "550 5.7.5 good.test requires verified TLS (MTA-STS "
	    "enforce) but mx.good.test: dnssec-invalid (DNSSEC does not"
	    " verify); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "E-08 MX lookup failed",
	    { SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR,
		SG_GAP_MX, SG_LEVEL_SECURE, SG_LEVEL_SECURE, "",
		false, false },
	    "451 4.4.3 good.test requires verified TLS (MTA-STS "
	    "enforce) but its MX records: dns-error (DNS lookup "
	    "failed); will be retried, or ask its postmaster [4f3a9c21]",
	    "550 5.4.4 good.test requires verified TLS (MTA-STS "
	    "enforce) but its MX records: dns-error (DNS lookup "
	    "failed); not sent; ask its postmaster or your own "
	    "[4f3a9c21]" },
	{ "deadline",
	    { SG_RESULT_UNKNOWN, SG_REASON_TIMEOUT,
		SG_GAP_INTERNAL, SG_LEVEL_NONE, SG_LEVEL_NONE, "",
		false, false },
	    "451 4.4.1 the TLS of good.test could not be checked: the "
	    "lookup: timeout (no answer in time); will be retried, or "
	    "ask its postmaster [4f3a9c21]",
	    "550 5.4.4 the TLS of good.test could not be checked: the "
	    "lookup: timeout (no answer in time); not sent; ask its "
	    "postmaster or your own [4f3a9c21]" },
};

START_TEST(test_words)
{
	char got[600];

	set_verdict(&rows[_i].j);
	ck_assert_msg(strcmp(refuse(SG_ACTION_DEFER, got, sizeof(got)),
			  rows[_i].defer) == 0,
	    "%s: got \"%s\", want \"%s\"", rows[_i].name, got,
	    rows[_i].defer);
	ck_assert_msg(strcmp(refuse(SG_ACTION_REJECT, got, sizeof(got)),
			  rows[_i].reject) == 0,
	    "%s: got \"%s\", want \"%s\"", rows[_i].name, got,
	    rows[_i].reject);
}
END_TEST

/* Every reason has a row above. */
START_TEST(test_all_reasons)
{
	bool seen[SG_REASON_COUNT] = { [SG_REASON_NONE] = true };

	for (size_t i = 0; i < N(rows); i++)
		seen[rows[i].j.reason] = true;
	for (int r = 0; r < SG_REASON_COUNT; r++)
		ck_assert_msg(seen[r], "no row for %s",
		    sg_reason_name((enum sg_reason)r));
}
END_TEST

/* All printable ASCII, and without one character. */
static bool
is_clean(const char *text, char but_not)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text >= 0x7f || *text == but_not)
			return false;
	return true;
}

static void
check_form(const struct sg_reply *r, enum sg_action action)
{
	char tail[16];

	ck_assert_uint_eq(strlen(r->code), 3);
	ck_assert(r->code[0] == (action == SG_ACTION_REJECT ? '5' : '4'));
	ck_assert_int_eq(r->code[0], r->xcode[0]); /* E-18 */
	ck_assert_msg(is_clean(r->text, '%'), "got \"%s\"", r->text);
	/* E-19: with a CRLF, under 500 (WIRE) */
	ck_assert_uint_lt(strlen(r->code) + strlen(r->xcode) +
	    strlen(r->text) + 4, 500);
	snprintf(tail, sizeof(tail), " [%s]", told.id);
	ck_assert_str_eq(r->text + strlen(r->text) - strlen(tail), tail);
}

static void
check_forms(int reason, unsigned k)
{
	static const char *const mxs[] = { "", "mx.good.test", NULL };
	struct sg_reply r;
	struct judged j = { .reason = (enum sg_reason)reason,
		.result = k % 2 == 0 ? SG_RESULT_FAIL : SG_RESULT_UNKNOWN,
		.gap = (enum sg_gap)(k / 2 % 7),
		.published = (enum sg_level)(k / 14 % 5),
		.required = (enum sg_level)(k / 70 % 5),
		.requiretls = k / 350 % 2 != 0,
		.mx = mxs[k / 700 % 3] };

	if (j.mx == NULL)
		j.mx = told.next_hop;
	set_verdict(&j);
	for (int a = SG_ACTION_DEFER; a <= SG_ACTION_REJECT; a++) {
		sg_reply_make(&told, (enum sg_action)a, &r);
		check_form(&r, (enum sg_action)a);
		/* E-20: the token and the MX can be searched for */
		ck_assert_ptr_nonnull(strstr(r.text,
		    sg_reason_name(j.reason)));
		ck_assert_ptr_nonnull(strstr(r.text, j.mx +
		    (strlen(j.mx) > 60 ? strlen(j.mx) - 60 : 0)));
	}
}

/* All that can be said, with names as long as names can be: nothing is cut
   but names, and those at the head. */
START_TEST(test_longest)
{
	static char name[SG_DOMAIN_SIZE + 8];
	static char long_group[33];

	memset(long_group, 'g', 32);
	snprintf(name, sizeof(name), "[");
	for (size_t i = 1; i < 254; i++)
		name[i] = i % 50 == 0 ? '.' : (char)('a' + i % 26);
	snprintf(name + 254, sizeof(name) - 254, "]:65535");
	group.name = long_group;
	told.next_hop = name;
	for (unsigned k = 0; k < 2100; k++)
		check_forms(_i, k);
}
END_TEST

/* Up to 64 octets a name is whole; of a longer one the last 61 stay. */
START_TEST(test_cut)
{
	static const struct judged j = { SG_RESULT_FAIL,
		SG_REASON_CERT_EXPIRED, SG_GAP_NONE, SG_LEVEL_SECURE,
		SG_LEVEL_SECURE, "mx.good.test", false, false };
	char name[66], got[600], want[100];

	set_verdict(&j);
	told.next_hop = name;
	for (size_t n = 63; n <= 65; n++) {
		for (size_t i = 0; i < n; i++)
			name[i] = (char)('a' + i % 26);
		name[n] = '\0';
		snprintf(want, sizeof(want), " 4.7.5 %s%s requires ",
		    n > 64 ? "..." : "", name + (n > 64 ? n - 61 : 0));
		refuse(SG_ACTION_DEFER, got, sizeof(got));
		ck_assert_msg(strstr(got, want) != NULL,
		    "%zu: got \"%s\", want \"%s\"", n, got, want);
	}
}
END_TEST

START_TEST(test_header)
{
	static const struct {
		enum sg_result result;
		enum sg_reason reason;
		enum sg_level required;
		enum sg_action action;
		bool dry_run;
		unsigned a, b;
		const char *want;
	} r[] = {
		{ SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED, SG_LEVEL_SECURE,
		    SG_ACTION_TAG, false, 1, 3,
		    "result=fail; reason=certificate-expired; "
		    "required=secure; action=tag; group=finance; "
		    "recipients=1/3; id=4f3a9c21" },
		{ SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR, SG_LEVEL_NONE,
		    SG_ACTION_DEFER, true, 2, 2,
		    "result=unknown; reason=dns-error; required=none; "
		    "action=defer; group=finance; recipients=2/2; "
		    "id=4f3a9c21; dry_run=1" },
		{ SG_RESULT_NOT_APPLICABLE, SG_REASON_NULL_MX, SG_LEVEL_DANE,
		    SG_ACTION_ACCEPT, false, 1, 1000,
		    "result=not-applicable; reason=null-mx; required=dane; "
		    "action=accept; group=finance; recipients=1/1000; "
		    "id=4f3a9c21" },
	};
	struct sg_header h = { .worst = &told, .id = "4f3a9c21",
		.group = "finance" };
	char got[300];

	for (size_t i = 0; i < N(r); i++) {
		verdict = (struct sg_verdict) { .result = r[i].result,
			.reason = r[i].reason, .required = r[i].required,
			.mx = "mx.good.test" };
		decision.action = r[i].action;
		decision.applied = SG_ACTION_TAG;
		asked.dry_run = r[i].dry_run;
		h.not_passed = r[i].a;
		h.accepted = r[i].b;
		sg_reply_header(&h, got, sizeof(got));
		ck_assert_str_eq(got, r[i].want);
		/* Bcc: never a recipient's domain */
		ck_assert_ptr_null(strstr(got, "good.test"));
	}
	sg_reply_header(&h, got, 12);
	ck_assert_str_eq(got, "result=not-");
}
END_TEST

/* What delivery must keep stands before the id, on a clean pass too. */
START_TEST(test_header_with_route)
{
	struct sg_header h = { .accepted = 3, .route = SG_LEVEL_SECURE,
		.id = "4f3a9c21", .group = "finance" };
	char got[300];

	sg_reply_header(&h, got, sizeof(got));
	ck_assert_str_eq(got, "result=pass; required=secure; action=accept; "
	    "group=finance; recipients=0/3; route=secure; id=4f3a9c21");
	verdict = (struct sg_verdict) { .result = SG_RESULT_UNKNOWN,
		.reason = SG_REASON_TIMEOUT, .required = SG_LEVEL_ENCRYPT };
	h.worst = &told;
	h.not_passed = 1;
	h.route = SG_LEVEL_ENCRYPT;
	sg_reply_header(&h, got, sizeof(got));
	ck_assert_str_eq(got, "result=unknown; reason=timeout; "
	    "required=encrypt; action=accept; group=finance; recipients=1/3; "
	    "route=encrypt; id=4f3a9c21");
}
END_TEST

/* The whole line. */
START_TEST(test_log)
{
	char got[800];

	facts.sts.txt.state = SG_TXT_RECORD;
	snprintf(facts.sts.policy_id, sizeof(facts.sts.policy_id),
	    "20261123");
	told.facts = &facts;
	told.qid = "4Xb2Yz1kq";
	verdict = (struct sg_verdict) { .result = SG_RESULT_FAIL,
		.reason = SG_REASON_CERT_EXPIRED, .has_policy = true,
		.sts_mode = SG_STS_MODE_ENFORCE, .required = SG_LEVEL_SECURE,
		.attained = SG_LEVEL_ENCRYPT, .mx = "mx.good.test" };
	decision = (struct sg_decision) { .action = SG_ACTION_DEFER,
		.applied = SG_ACTION_TAG };
	asked.dry_run = true;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got, "id=4f3a9c21 qid=4Xb2Yz1kq group=finance "
	    "next_hop=good.test policy=sts mode=enforce policy_id=20261123 "
	    "required=secure attained=encrypt result=fail "
	    "reason=certificate-expired mx=mx.good.test action=defer "
	    "applied=tag dry_run=1 source=memory ms=0.08");
}
END_TEST

/* What is absent is "-"; nothing is known. */
START_TEST(test_log_absent)
{
	char got[800];

	verdict = (struct sg_verdict) { .result = SG_RESULT_PASS, .mx = "" };
	told.next_hop = "";
	told.source = "none";
	told.ms = 8000;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got, "id=4f3a9c21 qid=- group=finance next_hop=- "
	    "policy=unknown mode=- policy_id=- required=none attained=none "
	    "result=pass reason=- mx=- action=accept applied=accept "
	    "dry_run=0 source=none ms=8000.00");
}
END_TEST

/* policy=, mode= and policy_id= by what is known. */
static const struct {
	const char *name;
	bool facts, has_policy, has_dane;
	enum sg_sts_mode mode;
	enum sg_txt_state txt;
	const char *id, *want;
} policy_rows[] = {
	{ "no facts", false, false, false, SG_STS_MODE_NONE, SG_TXT_NONE, "",
	    " policy=unknown mode=- policy_id=- " },
	{ "none", true, false, false, SG_STS_MODE_NONE, SG_TXT_NONE, "old",
	    " policy=none mode=- policy_id=- " },
	{ "invalid", true, false, false, SG_STS_MODE_NONE, SG_TXT_INVALID,
	    "", " policy=none mode=- policy_id=- " },
	{ "TXT failed", true, false, false, SG_STS_MODE_NONE, SG_TXT_ERROR,
	    "", " policy=unknown mode=- policy_id=- " },
	{ "fetch failed", true, false, false, SG_STS_MODE_NONE,
	    SG_TXT_RECORD, "", " policy=unknown mode=- policy_id=- " },
	{ "not asked", true, false, false, SG_STS_MODE_NONE, SG_TXT_UNASKED,
	    "", " policy=unknown mode=- policy_id=- " },
	{ "bogus", true, false, false, SG_STS_MODE_NONE, SG_TXT_BOGUS, "",
	    " policy=unknown mode=- policy_id=- " },
	{ "dane, TXT failed", true, false, true, SG_STS_MODE_NONE,
	    SG_TXT_ERROR, "", " policy=dane mode=- policy_id=- " },
	{ "testing", true, true, false, SG_STS_MODE_TESTING, SG_TXT_RECORD,
	    "a1", " policy=sts mode=testing policy_id=a1 " },
	{ "mode none", true, true, false, SG_STS_MODE_NONE, SG_TXT_RECORD,
	    "a1", " policy=sts mode=none policy_id=a1 " },
	{ "cached, TXT gone", true, true, false, SG_STS_MODE_ENFORCE,
	    SG_TXT_NONE, "a1", " policy=sts mode=enforce policy_id=a1 " },
	{ "both", true, true, true, SG_STS_MODE_ENFORCE, SG_TXT_RECORD, "a1",
	    " policy=sts+dane mode=enforce policy_id=a1 " },
	{ "a policy without an id", true, true, false, SG_STS_MODE_ENFORCE,
	    SG_TXT_NONE, "", " policy=sts mode=enforce policy_id=- " },
};

START_TEST(test_log_policy)
{
	char got[800];

	verdict = (struct sg_verdict) { .mx = "",
		.has_policy = policy_rows[_i].has_policy,
		.has_dane = policy_rows[_i].has_dane,
		.sts_mode = policy_rows[_i].mode };
	facts.sts.txt.state = policy_rows[_i].txt;
	snprintf(facts.sts.policy_id, sizeof(facts.sts.policy_id), "%s",
	    policy_rows[_i].id);
	told.facts = policy_rows[_i].facts ? &facts : NULL;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_msg(strstr(got, policy_rows[_i].want) != NULL,
	    "%s: got \"%s\"", policy_rows[_i].name, got);
}
END_TEST

/* Only when it is given; last, and whatever it holds, one line. */
START_TEST(test_log_recipient)
{
	char got[800], small[300];
	size_t n;

	verdict = (struct sg_verdict) { .mx = "" };
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_ptr_null(strstr(got, "recipient="));
	n = strlen(got);
	told.recipient = "bob@good.test";
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got + n, " recipient=bob@good.test");
	told.recipient = "a\r\nid=0 b\xc3\xbc@good.test";
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, " recipient=a\\x"));
	ck_assert_msg(is_clean(got, '\n'), "got \"%s\"", got);
	/* no room for it: left out, or cut, never overrun */
	for (size_t size = 1; size <= sizeof(small); size++) {
		memset(small, 0x7e, sizeof(small));
		sg_reply_log(&told, small, size);
		ck_assert_uint_lt(strlen(small), size);
		ck_assert(size == sizeof(small) || small[size] == 0x7e);
		ck_assert_int_eq(strncmp(small, got, n < size ? n : size - 1),
		    0);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_loop_test(t, test_words, 0, (int)N(rows));
	tcase_add_test(t, test_all_reasons);
	tcase_add_loop_test(t, test_longest, 1, SG_REASON_COUNT);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_header);
	tcase_add_test(t, test_header_with_route);
	tcase_add_test(t, test_log);
	tcase_add_test(t, test_log_absent);
	tcase_add_loop_test(t, test_log_policy, 0, (int)N(policy_rows));
	tcase_add_test(t, test_log_recipient);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
