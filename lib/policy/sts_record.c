/* SPDX-License-Identifier: ISC */
/*
 * sts_record.c - see sts_record.h.
 *
 * The grammar's skeleton is in txt_fields.c; here is what the fields mean and
 * which of several records counts. RFC 8461 asks for two different tests of a
 * record's beginning (eid 6285): the grammar, which lets WSP stand before the
 * first ';', and the literal `v=STSv1;' for telling STS records from others.
 * A lone record is judged by the first, several by the second.
 */
#include "policy/sts_record.h"

#include <string.h>

#include "policy/txt_fields.h"

#define RFC "8461 3.1"

static const struct sg_txt_kind kind = { "v=STSv1", RFC };

static bool
is_id(struct sg_span value)
{
	if (value.len >= SG_STS_ID_SIZE)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!sg_is_alnum(value.s[i]))
			return false;
	return value.len > 0;
}

static enum sg_rc
bad(struct sg_findings *fs, const char *text)
{
	sg_finding_add(fs, 0, SG_ERROR, RFC, "%s", text);
	return SG_BAD;
}

/* The first `id' counts. A later one may say what it will, as long as it is
   a field by the grammar (B-16); a bad first one is not an unknown field. */
static enum sg_rc
take_id(const struct sg_txt_fields *f, bool *seen, char id[SG_STS_ID_SIZE])
{
	if (*seen) {
		if (!sg_txt_value_is_plain(f->value))
			return bad(f->findings, "a second `id' that is not "
			    "even well-formed: remove it");
		sg_finding_add(f->findings, 0, SG_WARNING, "8461 3.2",
		    "`id' is there twice: the first counts; remove the other");
		return SG_OK;
	}
	*seen = true;
	if (!is_id(f->value))
		return bad(f->findings, "`id' is 1 to 32 letters and digits, "
		    "nothing else");
	memcpy(id, f->value.s, f->value.len);
	id[f->value.len] = '\0';
	return SG_OK;
}

enum sg_rc
sg_sts_record_parse(struct sg_txt txt, char id[SG_STS_ID_SIZE],
    struct sg_findings *findings)
{
	struct sg_span record = { txt.data, txt.len };
	struct sg_txt_fields f;
	bool seen = false, fine = true;
	enum sg_rc rc;

	id[0] = '\0';
	if (sg_txt_fields_begin(&f, &kind, record, findings) != SG_OK)
		return SG_BAD;
	while ((rc = sg_txt_fields_next(&f)) != SG_NONE) {
		if (rc == SG_OK && sg_span_equals(f.name, "id"))
			rc = take_id(&f, &seen, id);
		else if (rc == SG_OK)
			rc = sg_txt_fields_unknown(&f);
		fine = fine && rc == SG_OK;
	}
	if (!seen && fine)
		rc = bad(findings, "`id' is missing: write, say, "
		    "v=STSv1; id=20261123T100000;");
	if (seen && fine)
		return SG_OK;
	id[0] = '\0';
	return SG_BAD;
}

/* --- selection ------------------------------------------------------------ */

static enum sg_rc
parse_one(struct sg_txt txt, char id[SG_STS_ID_SIZE], struct sg_err *err)
{
	struct sg_findings fs = { 0 };

	if (sg_sts_record_parse(txt, id, &fs) == SG_OK)
		return SG_OK;
	sg_err_set(err, SG_REASON_STS_POLICY_INVALID,
	    "malformed MTA-STS record: %s", sg_findings_first_error(&fs)->text);
	return SG_BAD;
}

enum sg_rc
sg_sts_record_select(const struct sg_txt *txts, size_t n,
    char id[SG_STS_ID_SIZE], struct sg_err *err)
{
	const struct sg_txt *found = NULL;
	size_t matches = 0;

	id[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		struct sg_span record = { txts[i].data, txts[i].len };

		if (!sg_txt_has_version(record, kind.version, n > 1))
			continue;
		found = &txts[i];
		matches++;
	}
	if (matches == 0)
		return SG_NONE;
	if (matches == 1)
		return parse_one(*found, id, err);
	sg_err_set(err, SG_REASON_STS_POLICY_INVALID,
	    "%zu MTA-STS records where one must be: senders take that for none",
	    matches);
	return SG_BAD;
}
