/* SPDX-License-Identifier: ISC */
/* err.c - see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const names[SG_REASON_COUNT] = {
	[SG_REASON_NONE] = "none",
	[SG_REASON_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
	[SG_REASON_CERT_HOST_MISMATCH] = "certificate-host-mismatch",
	[SG_REASON_CERT_EXPIRED] = "certificate-expired",
	[SG_REASON_CERT_NOT_TRUSTED] = "certificate-not-trusted",
	[SG_REASON_VALIDATION_FAILURE] = "validation-failure",
	[SG_REASON_TLSA_INVALID] = "tlsa-invalid",
	[SG_REASON_DNSSEC_INVALID] = "dnssec-invalid",
	[SG_REASON_DANE_REQUIRED] = "dane-required",
	[SG_REASON_STS_POLICY_FETCH_ERROR] = "sts-policy-fetch-error",
	[SG_REASON_STS_POLICY_INVALID] = "sts-policy-invalid",
	[SG_REASON_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
	[SG_REASON_MX_MISMATCH] = "mx-mismatch",
	[SG_REASON_STARTTLS_INJECTION] = "starttls-injection",
	[SG_REASON_TLS_VERSION] = "tls-version",
	[SG_REASON_UNREACHABLE] = "unreachable",
	[SG_REASON_TIMEOUT] = "timeout",
	[SG_REASON_DNS_ERROR] = "dns-error",
	[SG_REASON_NULL_MX] = "null-mx",
	[SG_REASON_NO_USABLE_MX] = "no-usable-mx",
	[SG_REASON_REQUIRETLS_NOT_OFFERED] = "requiretls-not-offered",
	[SG_REASON_NOT_PROBED] = "not-probed",
	[SG_REASON_SPECIAL_USE_ADDRESS] = "special-use-address",
	[SG_REASON_SELF] = "self",
	[SG_REASON_OVERLOAD] = "overload",
	[SG_REASON_INTERNAL] = "internal",
	[SG_REASON_STS_POLICY_UNCONFIRMED] = "sts-policy-unconfirmed",
};

const char *
sg_reason_name(enum sg_reason reason)
{
	if ((unsigned)reason >= SG_REASON_COUNT)
		return names[SG_REASON_NONE];
	return names[reason];
}

void
sg_err_set(struct sg_err *err, enum sg_reason reason, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return;
	err->reason = reason;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}

void
sg_assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "stsgate: bug: %s:%d: %s\n", file, line, expr);
	abort();
}
