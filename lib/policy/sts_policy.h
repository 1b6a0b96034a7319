/* SPDX-License-Identifier: ISC */
/*
 * sts_policy.h - the MTA-STS policy file (RFC 8461 3.2). Pure; any thread;
 * fuzzed.
 */
#ifndef SG_STS_POLICY_H
#define SG_STS_POLICY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "policy/finding.h"

/* Caps of the gate, errors in lint too (INTERFACES): the RFC suggests 64 KB;
   the others stop work that no honest policy needs. */
#define SG_STS_POLICY_MAX_BYTES 65536
#define SG_STS_POLICY_MAX_MX 256
#define SG_STS_POLICY_MAX_LINE 1024
#define SG_STS_MAX_AGE_MAX 31557600u

enum sg_sts_mode { SG_STS_MODE_NONE, SG_STS_MODE_TESTING, SG_STS_MODE_ENFORCE };

struct sg_sts_policy {
	enum sg_sts_mode mode;
	uint32_t max_age_s; /* 0 to 31557600, clamped (P-10) */
	size_t n_mx;
	char **mx; /* patterns, lower case: "mx.good.test", "*.good.test" */
};

const char *sg_sts_mode_name(enum sg_sts_mode mode);

/* Parses len bytes. SG_OK: *out_r is yours. SG_BAD: not a valid policy, the
   first error is in err (which may be NULL). SG_RETRY: out of memory.
   findings (may be NULL) get everything, warnings and notes included. */
enum sg_rc sg_sts_policy_parse(const char *text, size_t len,
    struct sg_sts_policy **out_r, struct sg_findings *findings,
    struct sg_err *err);
void sg_sts_policy_free(struct sg_sts_policy **policy);

/* True if some pattern of policy matches host (see mx_match.h). */
bool sg_sts_policy_matches(const struct sg_sts_policy *policy,
    const char *host);
#endif
