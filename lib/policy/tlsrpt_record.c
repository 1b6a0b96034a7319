/* SPDX-License-Identifier: ISC */
/*
 * tlsrpt_record.c - see tlsrpt_record.h.
 *
 *   "v=TLSRPTv1" 1*( *WSP ";" *WSP field ) [ *WSP ";" *WSP ]
 * where the field rua= is a list of URIs, commas between them, and ',', '!',
 * ';' inside a URI are percent-encoded (RFC 8460 3).
 */
#include "policy/tlsrpt_record.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VERSION "v=TLSRPTv1"
#define RFC "8460 3"
#define NAME_MAX_LEN 32

struct span {
	const char *s;
	size_t len;
};

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span a)
{
	while (a.len > 0 && is_wsp(a.s[0])) {
		a.s++;
		a.len--;
	}
	while (a.len > 0 && is_wsp(a.s[a.len - 1]))
		a.len--;
	return a;
}

/* Cuts what is before sep off a; the rest stays in a, without sep. */
static struct span
cut(struct span *a, char sep)
{
	const char *p = memchr(a->s, sep, a->len);
	struct span head = { a->s, p != NULL ? (size_t)(p - a->s) : a->len };

	a->s += head.len + (p != NULL);
	a->len -= head.len + (p != NULL);
	return head;
}

static enum sg_rc
bad(struct sg_findings *fs, const char *text)
{
	sg_finding_add(fs, 0, SG_ERROR, RFC, "%s", text);
	return SG_BAD;
}

static bool
has_scheme(struct span uri, const char *scheme)
{
	size_t n = strlen(scheme);

	return uri.len > n && strncasecmp(uri.s, scheme, n) == 0;
}

static bool
is_uri_text(struct span uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (uri.s[i] <= 0x20 || uri.s[i] >= 0x7f || uri.s[i] == '!')
			return false;
	return uri.len > 0;
}

static bool
has_any_scheme(struct span uri)
{
	const char *colon = memchr(uri.s, ':', uri.len);

	return colon != NULL && colon > uri.s;
}

static enum sg_rc
take_uri(struct span uri, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	if (!is_uri_text(uri) || !has_any_scheme(uri))
		return bad(fs, "`rua' is a list of mailto: and https: URIs; "
		    "',', '!' and ';' inside are percent-encoded");
	if (!has_scheme(uri, "mailto:") && !has_scheme(uri, "https:")) {
		sg_finding_add(fs, 0, SG_WARNING, RFC,
		    "`rua' with a scheme other than mailto: and https: is "
		    "passed over");
		return SG_OK;
	}
	if (out->n_rua == SG_TLSRPT_MAX_RUA) {
		sg_finding_add(fs, 0, SG_WARNING, RFC,
		    "more than 16 URIs in `rua': the others are passed over");
		return SG_OK;
	}
	out->rua[out->n_rua] = strndup(uri.s, uri.len);
	if (out->rua[out->n_rua] == NULL)
		return SG_RETRY;
	out->n_rua++;
	return SG_OK;
}

static enum sg_rc
take_rua(struct span value, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	enum sg_rc rc;
	bool more;

	do {
		more = memchr(value.s, ',', value.len) != NULL;
		rc = take_uri(trim(cut(&value, ',')), out, fs);
		if (rc != SG_OK)
			return rc;
	} while (more);
	return out->n_rua > 0 ? SG_OK
	    : bad(fs, "`rua' has no mailto: or https: URI");
}

static bool
is_name(struct span n)
{
	for (size_t i = 0; i < n.len; i++) {
		char c = n.s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			(i > 0 && (c == '_' || c == '-' || c == '.'))))
			return false;
	}
	return n.len > 0 && n.len <= NAME_MAX_LEN;
}

static bool
is_value(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.s[i] <= 0x20 || v.s[i] >= 0x7f || v.s[i] == '=')
			return false;
	return v.len > 0;
}

static enum sg_rc
take_field(struct span field, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	struct span value = field, name = cut(&value, '=');

	if (name.len == field.len || !is_name(name))
		return bad(fs, "a field is name=value: a name of 1 to 32 "
		    "letters, digits, '_', '-', '.', no space around '='");
	if (name.len != 3 || memcmp(name.s, "rua", 3) != 0) {
		if (!is_value(value))
			return bad(fs, "the value of an unknown field is "
			    "printable, without '=' and spaces");
		sg_finding_add(fs, 0, SG_NOTE, RFC,
		    "field `%.*s' is unknown and ignored", (int)name.len,
		    name.s);
		return SG_OK;
	}
	if (out->n_rua > 0) {
		sg_finding_add(fs, 0, SG_WARNING, RFC,
		    "`rua' is there twice: the first counts");
		return SG_OK;
	}
	if (value.len == 0 || is_wsp(value.s[0]))
		return bad(fs, "`rua' is empty, or a space is behind its '='");
	return take_rua(value, out, fs);
}

static enum sg_rc
take_fields(struct span rest, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	struct span before = cut(&rest, ';'), field;
	enum sg_rc rc;
	bool more;

	if (trim(before).len > 0)
		return bad(fs, "v=TLSRPTv1 is followed by ';'");
	do {
		more = memchr(rest.s, ';', rest.len) != NULL;
		field = cut(&rest, ';');
		if (!more && trim(field).len == 0)
			break; /* the last delimiter may stand alone */
		if (!more && field.len > 0 && is_wsp(field.s[field.len - 1]))
			return bad(fs, "a space is at the end");
		rc = take_field(trim(field), out, fs);
		if (rc != SG_OK)
			return rc;
	} while (more);
	return SG_OK;
}

enum sg_rc
sg_tlsrpt_parse(struct sg_txt txt, struct sg_tlsrpt *out,
    struct sg_findings *fs)
{
	const size_t n = sizeof(VERSION) - 1;
	struct span rest = { txt.data, txt.len };
	enum sg_rc rc;

	memset(out, 0, sizeof(*out));
	if (txt.len < n || memcmp(txt.data, VERSION, n) != 0)
		return bad(fs, "the record begins with v=TLSRPTv1, in this "
		    "case");
	rest.s += n;
	rest.len -= n;
	if (memchr(rest.s, ';', rest.len) == NULL)
		return bad(fs, "v=TLSRPTv1 is followed by ';' and rua=");
	rc = take_fields(rest, out, fs);
	if (rc == SG_OK && out->n_rua == 0)
		rc = bad(fs, "`rua' is missing: rua=mailto:tlsrpt@example.com");
	if (rc != SG_OK)
		sg_tlsrpt_fini(out);
	return rc;
}

void
sg_tlsrpt_fini(struct sg_tlsrpt *t)
{
	for (size_t i = 0; i < t->n_rua; i++)
		free(t->rua[i]);
	t->n_rua = 0;
}
