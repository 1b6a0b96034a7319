/* SPDX-License-Identifier: ISC */
/*
 * terms.h - the words that rules and verdicts share (ARCHITECTURE 5), so that
 * config, facts and decide mean the same. Any thread.
 */
#ifndef SG_TERMS_H
#define SG_TERMS_H
#include "base/err.h"

/* Security level of an MX host in Postfix's words, lowest first. The values
   are part of the facts record. */
enum sg_level {
	SG_LEVEL_NONE = 0,    /* no TLS */
	SG_LEVEL_ENCRYPT = 1, /* TLS, unauthenticated */
	SG_LEVEL_VERIFY = 2,  /* certificate valid for a name from insecure DNS */
	SG_LEVEL_SECURE = 3,  /* the same, and the name is vouched for */
	SG_LEVEL_DANE = 4     /* TLSA-verified */
};

/* What a rule may ask; PUBLISHED adds nothing to what the domain asks. */
enum sg_require {
	SG_REQUIRE_NONE = 0, /* exempt: even what the domain publishes is waived */
	SG_REQUIRE_PUBLISHED = 1,
	SG_REQUIRE_ENCRYPT = 2,
	SG_REQUIRE_VERIFY = 3,
	SG_REQUIRE_SECURE = 4,
	SG_REQUIRE_DANE = 5
};

enum sg_action {
	SG_ACTION_ACCEPT = 0,
	SG_ACTION_TAG = 1,
	SG_ACTION_HOLD = 2,
	SG_ACTION_DEFER = 3,
	SG_ACTION_REJECT = 4,
	SG_ACTION_AUTO = 5 /* only as a setting of on_unknown */
};

enum sg_result {
	SG_RESULT_PASS = 0,
	SG_RESULT_FAIL = 1,
	SG_RESULT_UNKNOWN = 2,
	SG_RESULT_NOT_APPLICABLE = 3
};

/* Static lower-case words; "?" for values out of range. */
const char *sg_level_name(enum sg_level level);
const char *sg_require_name(enum sg_require require);
const char *sg_action_name(enum sg_action action);
const char *sg_result_name(enum sg_result result);

/* What a rule asks by itself, NONE and PUBLISHED nothing. */
enum sg_level sg_require_level(enum sg_require require);

/* SG_OK with *out filled, or SG_BAD. */
enum sg_rc sg_require_parse(const char *word, enum sg_require *out);
enum sg_rc sg_action_parse(const char *word, enum sg_action *out);
#endif
