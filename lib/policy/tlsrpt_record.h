/* SPDX-License-Identifier: ISC */
/*
 * tlsrpt_record.h - the TLSRPT TXT record (RFC 8460 3). Pure; any thread;
 * fuzzed.
 */
#ifndef SG_TLSRPT_RECORD_H
#define SG_TLSRPT_RECORD_H
#include <stddef.h>
#include "base/err.h"
#include "policy/finding.h"
#include "policy/sts_record.h"

#define SG_TLSRPT_MAX_RUA 16

struct sg_tlsrpt {
	size_t n_rua;
	char *rua[SG_TLSRPT_MAX_RUA]; /* mailto: and https: URIs as written */
};

/* SG_OK: out is yours (sg_tlsrpt_fini). SG_BAD: err and findings say why. */
enum sg_rc sg_tlsrpt_parse(struct sg_txt txt, struct sg_tlsrpt *out,
    struct sg_findings *findings);
void sg_tlsrpt_fini(struct sg_tlsrpt *t);
#endif
