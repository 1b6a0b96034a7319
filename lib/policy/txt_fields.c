/* SPDX-License-Identifier: ISC */
/*
 * txt_fields.c - see txt_fields.h.
 *
 * Read from left to right, by length. What is wrong with a field ends that
 * field only: an owner who is told of one mistake a day gives up.
 */
#include "policy/txt_fields.h"

#include <string.h>

static enum sg_rc
bad(const struct sg_txt_fields *f, const char *text)
{
	sg_finding_add(f->findings, 0, SG_ERROR, f->kind->rfc, "%s", text);
	return SG_BAD;
}

bool
sg_txt_has_version(struct sg_span record, const char *version, bool strict)
{
	size_t n = strlen(version);

	if (!sg_span_begins(record, version))
		return false;
	if (record.len == n)
		return !strict;
	return record.s[n] == ';' || (!strict && sg_is_wsp(record.s[n]));
}

/* All octets of such a record are printable ASCII, space or tab. */
static bool
has_strange_octet(const struct sg_txt_fields *f, struct sg_span record)
{
	for (size_t i = 0; i < record.len; i++) {
		unsigned char c = (unsigned char)record.s[i];

		if ((c >= 0x20 && c < 0x7f) || c == '\t')
			continue;
		sg_finding_add(f->findings, 0, SG_ERROR, f->kind->rfc,
		    "octet %zu of the record is 0x%02x: only printable "
		    "US-ASCII is allowed; type the record again", i + 1, c);
		return true;
	}
	return false;
}

/* Why the record does not begin as it must, as far as can be guessed. */
static enum sg_rc
explain_version(const struct sg_txt_fields *f, struct sg_span record)
{
	const char *version = f->kind->version, *why = "";
	struct sg_span head = record;

	if (head.len > strlen(version))
		head.len = strlen(version);
	if (record.len == 0)
		why = " (it is empty)";
	else if (sg_is_wsp(record.s[0]))
		why = ": remove the space in front";
	else if (record.s[0] == '"')
		why = ": remove the quotes, which only a zone file has";
	else if (sg_span_equals(head, version))
		why = ": another version, or a `;' is missing";
	else if (sg_span_equals_nocase(head, version))
		why = ", in this very case";
	sg_finding_add(f->findings, 0, SG_ERROR, f->kind->rfc,
	    "the record does not begin with `%s;'%s", version, why);
	return SG_BAD;
}

enum sg_rc
sg_txt_fields_begin(struct sg_txt_fields *f, const struct sg_txt_kind *kind,
    struct sg_span record, struct sg_findings *findings)
{
	size_t n = strlen(kind->version);

	*f = (struct sg_txt_fields) { .kind = kind, .findings = findings,
		.rest = record };
	if (!sg_txt_has_version(record, kind->version, false))
		return explain_version(f, record);
	if (has_strange_octet(f, record))
		return SG_BAD;
	f->rest.s += n;
	f->rest.len -= n;
	/* The grammar and the rule for choosing among records contradict each
	   other here (eid 6285). */
	if (f->rest.len > 0 && sg_is_wsp(f->rest.s[0]))
		sg_finding_add(findings, 0, SG_WARNING, kind->rfc,
		    "a space stands before the first `;': senders that look "
		    "for `%s;' pass over this record; remove it",
		    kind->version);
	return SG_OK;
}

static void
skip_wsp(struct sg_span *a)
{
	while (a->len > 0 && sg_is_wsp(a->s[0])) {
		a->s++;
		a->len--;
	}
}

/* *WSP ";" *WSP. SG_NONE: the record ends here. */
static enum sg_rc
take_delimiter(struct sg_txt_fields *f)
{
	if (f->rest.len == 0)
		return SG_NONE;
	skip_wsp(&f->rest);
	if (f->rest.len == 0)
		return bad(f, "a space is at the end of the record: remove "
		    "it, or write `;' before it");
	if (f->rest.s[0] != ';') {
		/* Behind the version: fields are read up to a `;'. */
		f->rest.len = 0;
		return bad(f, "a `;' must follow the version");
	}
	f->rest.s++;
	f->rest.len--;
	skip_wsp(&f->rest);
	return f->rest.len > 0 ? SG_OK : SG_NONE;
}

static enum sg_rc
split_field(struct sg_txt_fields *f, struct sg_span field)
{
	bool equals;

	f->value = field;
	f->name = sg_span_cut(&f->value, '=', &equals);
	if (field.len == 0)
		return bad(f, "an empty field, `;;': remove one `;'");
	if (!equals)
		return bad(f, "a field without `=': fields are name=value, "
		    "with `;' between them");
	if (!sg_span_is_name(f->name))
		return bad(f, "a field's name is a letter or digit, then up to "
		    "31 letters, digits, `_', `-', `.'; no space before `='");
	if (f->value.len == 0)
		return bad(f, "a field without a value");
	if (sg_is_wsp(f->value.s[0]))
		return bad(f, "a space behind `=': remove it");
	return SG_OK;
}

enum sg_rc
sg_txt_fields_next(struct sg_txt_fields *f)
{
	enum sg_rc rc = take_delimiter(f);
	struct sg_span field;
	const char *at;

	if (rc != SG_OK)
		return rc;
	field = f->rest;
	at = memchr(field.s, ';', field.len);
	if (at != NULL)
		field.len = (size_t)(at - field.s);
	f->rest.s += field.len;
	f->rest.len -= field.len;
	/* WSP before a `;' belongs to the delimiter; at the end to nothing. */
	if (at == NULL && sg_is_wsp(field.s[field.len - 1]))
		return bad(f, "a space is at the end of the record: remove it, "
		    "or write `;' before it");
	return split_field(f, sg_span_trim(field));
}

/* No ';' is left in it, nor anything that is neither printable nor a blank. */
bool
sg_txt_value_is_plain(struct sg_span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (sg_is_wsp(value.s[i]) || value.s[i] == '=')
			return false;
	return value.len > 0;
}

enum sg_rc
sg_txt_fields_unknown(const struct sg_txt_fields *f)
{
	if (!sg_txt_value_is_plain(f->value)) {
		sg_finding_add(f->findings, 0, SG_ERROR, f->kind->rfc,
		    "the value of `%.*s' holds a space or `=': neither is "
		    "allowed there", (int)f->name.len, f->name.s);
		return SG_BAD;
	}
	sg_finding_add(f->findings, 0, SG_NOTE, f->kind->rfc,
	    "field `%.*s' is not known to the RFC and is ignored",
	    (int)f->name.len, f->name.s);
	return SG_OK;
}
