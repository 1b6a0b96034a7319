/* SPDX-License-Identifier: ISC */
/* test_reply.c - what people are told, word for word: every reason, deferred
   and rejected. */
#include "milter/told.h"

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
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
