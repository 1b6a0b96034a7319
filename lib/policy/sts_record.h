/* SPDX-License-Identifier: ISC */
/*
 * sts_record.h - the MTA-STS TXT record (RFC 8461 3.1). Pure; any thread;
 * fuzzed.
 */
#ifndef SG_STS_RECORD_H
#define SG_STS_RECORD_H
#include <stddef.h>
#include "base/err.h"
#include "policy/finding.h"

#define SG_STS_ID_SIZE 33 /* 1 to 32 letters and digits */

/* One TXT record: its character-strings joined without a separator
   (STANDARDS B-17). Bytes, not a C string. */
struct sg_txt {
	const char *data;
	size_t len;
};

/* Reads one record by the ABNF. SG_OK with id filled; SG_BAD with an error
   finding otherwise. findings may be NULL. */
enum sg_rc sg_sts_record_parse(struct sg_txt txt, char id[SG_STS_ID_SIZE],
    struct sg_findings *findings);

/* Chooses among all TXT records at the owner name: a lone record is judged by
   the ABNF, several by the 8-octet prefix "v=STSv1;" (B-07, B-08, X-01).
   SG_OK with id; SG_NONE if no STS record is there; SG_BAD if there are two or
   more or the one is malformed, which RFC 8461 treats like none (B-09, B-10)
   but people want to be told of: err says which. */
enum sg_rc sg_sts_record_select(const struct sg_txt *txts, size_t n,
    char id[SG_STS_ID_SIZE], struct sg_err *err);
#endif
