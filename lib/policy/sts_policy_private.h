/* SPDX-License-Identifier: ISC */
/*
 * sts_policy_private.h - what the reader of lines (sts_policy.c) and the
 * reader of fields (sts_policy_fields.c) share.
 */
#ifndef SG_STS_POLICY_PRIVATE_H
#define SG_STS_POLICY_PRIVATE_H
#include "policy/span.h"
#include "policy/sts_policy.h"

#define SG_STS_RFC "8461 3.2"

enum sg_sts_field {
	SG_STS_VERSION,
	SG_STS_MODE,
	SG_STS_MX,
	SG_STS_MAX_AGE,
	SG_STS_N_FIELDS
};

/* What is known of a policy so far. */
struct sg_sts_reader {
	struct sg_findings *fs;
	unsigned line;  /* that is being read; 0 = the whole */
	bool in_blanks; /* the line before was blank */
	unsigned first[SG_STS_N_FIELDS]; /* line of the first, 0 = none */
	bool mode_known, max_age_known;
	enum sg_sts_mode mode; /* none until it is known */
	uint64_t max_age; /* as written */
	size_t n_mx, n_kept;
	struct sg_span mx[SG_STS_POLICY_MAX_MX]; /* n_kept, none twice */
};

void sg_sts_error(struct sg_sts_reader *r, const char *text);
void sg_sts_warn(struct sg_sts_reader *r, unsigned line,
    const char *text);

/* One field: a name by the grammar, and what stands behind ':' without the
   WSP around it. */
void sg_sts_policy_take_field(struct sg_sts_reader *r, struct sg_span name,
    struct sg_span value);

/* What can be said only when all lines were read. */
void sg_sts_policy_judge_whole(struct sg_sts_reader *r);
#endif
