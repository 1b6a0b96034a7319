/* SPDX-License-Identifier: ISC */
/*
 * txt_fields.h - the shape that the TXT records of MTA-STS (RFC 8461 3.1) and
 * TLSRPT (RFC 8460 3) share. For this room. Pure; any thread.
 *
 *     version 1*( *WSP ";" *WSP name "=" value ) [ *WSP ";" *WSP ]
 */
#ifndef SG_TXT_FIELDS_H
#define SG_TXT_FIELDS_H
#include "base/err.h"
#include "policy/finding.h"
#include "policy/span.h"

struct sg_txt_kind {
	const char *version; /* "v=STSv1" */
	const char *rfc;     /* for findings */
};

struct sg_txt_fields {
	const struct sg_txt_kind *kind;
	struct sg_findings *findings; /* may be NULL */
	struct sg_span rest;
	struct sg_span name, value; /* of the field that was read last */
};

/* Reads up to behind the version. SG_BAD: this is no such record, or it holds
   octets that no such record may hold; a finding says so. */
enum sg_rc sg_txt_fields_begin(struct sg_txt_fields *f,
    const struct sg_txt_kind *kind, struct sg_span record,
    struct sg_findings *findings);

/* The next field: SG_OK with name (by the grammar) and value (not empty, no
   ';', no WSP at its ends; the rest is for the caller to check). SG_NONE:
   that was all. SG_BAD: not by the grammar, a finding says why; the next call
   goes on behind it. */
enum sg_rc sg_txt_fields_next(struct sg_txt_fields *f);

/* True if value is fit for a field that nobody knows: printable ASCII without
   '=', ';' and space. */
bool sg_txt_value_is_plain(struct sg_span value);

/* Judges a field that the caller does not know: SG_OK with a note, or
   SG_BAD with an error. */
enum sg_rc sg_txt_fields_unknown(const struct sg_txt_fields *f);

/* True if record begins with version, by the prefix test ("v=STSv1;", strict)
   or by the grammar (the end or WSP may follow too). */
bool sg_txt_has_version(struct sg_span record, const char *version,
    bool strict);
#endif
