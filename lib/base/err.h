/* SPDX-License-Identifier: ISC */
/*
 * err.h - what a call brought, and why it failed. Any thread.
 *
 * "There is none" and "I could not look" never share a value, in any room.
 */
#ifndef SG_ERR_H
#define SG_ERR_H

enum sg_rc {
	SG_OK,    /* found, done */
	SG_NONE,  /* surely nothing */
	SG_RETRY, /* could not look; may go better later */
	SG_BAD,   /* came, but unfit */
};

/* Result types of RFC 8460, section 4.3, then ours (INTERFACES). The values
   are part of the facts record: append, never renumber. */
enum sg_reason {
	SG_REASON_NONE = 0,
	SG_REASON_STARTTLS_NOT_SUPPORTED = 1,
	SG_REASON_CERT_HOST_MISMATCH = 2,
	SG_REASON_CERT_EXPIRED = 3,
	SG_REASON_CERT_NOT_TRUSTED = 4,
	SG_REASON_VALIDATION_FAILURE = 5,
	SG_REASON_TLSA_INVALID = 6,
	SG_REASON_DNSSEC_INVALID = 7,
	SG_REASON_DANE_REQUIRED = 8,
	SG_REASON_STS_POLICY_FETCH_ERROR = 9,
	SG_REASON_STS_POLICY_INVALID = 10,
	SG_REASON_STS_WEBPKI_INVALID = 11,
	SG_REASON_MX_MISMATCH = 12,
	SG_REASON_STARTTLS_INJECTION = 13,
	SG_REASON_TLS_VERSION = 14,
	SG_REASON_UNREACHABLE = 15,
	SG_REASON_TIMEOUT = 16,
	SG_REASON_DNS_ERROR = 17,
	SG_REASON_NULL_MX = 18,
	SG_REASON_NO_USABLE_MX = 19,
	SG_REASON_REQUIRETLS_NOT_OFFERED = 20,
	SG_REASON_NOT_PROBED = 21,
	SG_REASON_SPECIAL_USE_ADDRESS = 22,
	SG_REASON_SELF = 23,
	SG_REASON_OVERLOAD = 24,
	SG_REASON_INTERNAL = 25,
	SG_REASON_STS_POLICY_UNCONFIRMED = 26,
	SG_REASON_COUNT
};

/* The word of INTERFACES ("certificate-expired"); "none" for
   SG_REASON_NONE and for values out of range. Static. */
const char *sg_reason_name(enum sg_reason reason);

#define SG_ERR_TEXT_SIZE 256

/* Caller's storage. The lowest room that knows fills it, once; text is for
   people and may hold peer text only after sg_log_escape(). */
struct sg_err {
	enum sg_reason reason;
	char text[SG_ERR_TEXT_SIZE];
};

/* Fills err (which may be NULL), cutting a text that is too long. */
void sg_err_set(struct sg_err *err, enum sg_reason reason, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* A bug, never outside bytes: says where on stderr and aborts; compiled in. */
#define sg_assert(e) ((e) ? (void)0 : sg_assert_fail(#e, __FILE__, __LINE__))
void sg_assert_fail(const char *expr, const char *file, int line)
    __attribute__((noreturn));
#endif
