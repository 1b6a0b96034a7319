/* SPDX-License-Identifier: ISC */
/*
 * tlsrpt_record.c - see tlsrpt_record.h.
 *
 * The grammar's skeleton is in txt_fields.c. What a URI in rua= is worth is
 * judged in two steps: whether it is a URI at all (RFC 3986, and ',', '!',
 * ';' percent-encoded: 8460 3), which the grammar demands; and whether a
 * report can be sent there, without which it is passed over. A record none of
 * whose URIs is left is of no use and not valid.
 */
#include "policy/tlsrpt_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/domain.h"
#include "policy/txt_fields.h"

#define RFC "8460 3"

static const struct sg_txt_kind kind = { "v=TLSRPTv1", RFC };

static enum sg_rc
bad(struct sg_findings *fs, const char *text)
{
	sg_finding_add(fs, 0, SG_ERROR, RFC, "%s", text);
	return SG_BAD;
}

static int
hex_value(char c)
{
	if (sg_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The octet that "%XX" at the start of a stands for; -1 if it is no such. */
static int
encoded_octet(struct sg_span a)
{
	if (a.len < 3 || hex_value(a.s[1]) < 0 || hex_value(a.s[2]) < 0)
		return -1;
	return hex_value(a.s[1]) * 16 + hex_value(a.s[2]);
}

/* --- is it a URI? --------------------------------------------------------- */

/* What is neither printable nor a blank was refused with the record. */
static const char *
text_problem(struct sg_span uri)
{
	for (size_t i = 0; i < uri.len; i++) {
		char c = uri.s[i];

		if (c == '!')
			return "`!' in a URI is written %21 (a size limit as "
			       "in DMARC does not exist here)";
		if (sg_is_wsp(c) || strchr("\"<>\\^`{|}", c) != NULL)
			return "a URI holds a character that must be "
			       "percent-encoded";
		if (c == '%' && encoded_octet((struct sg_span) { uri.s + i,
		    uri.len - i }) < 0)
			return "`%' in a URI is followed by two hexadecimal "
			       "digits";
	}
	return NULL;
}

/* RFC 3986, 3.1: a letter, then letters, digits, "+-.". 0: no scheme. */
static size_t
scheme_length(struct sg_span uri)
{
	size_t n = 0;

	while (n < uri.len && (sg_is_alnum(uri.s[n]) ||
	    strchr("+-.", uri.s[n]) != NULL))
		n++;
	if (n == 0 || n == uri.len || uri.s[n] != ':' || !sg_is_alnum(uri.s[0])
	    || sg_is_digit(uri.s[0]))
		return 0;
	return n;
}

/* --- can a report be sent there? ------------------------------------------ */

static bool
is_domain(struct sg_span a)
{
	char name[SG_DOMAIN_SIZE];

	return sg_domain_from_text(a.s, a.len, name, NULL) == SG_OK;
}

static bool
is_literal(struct sg_span a)
{
	char text[SG_ADDR_TEXT_SIZE + 8];
	struct sg_addr addr;

	if (a.len < 3 || a.len - 2 >= sizeof(text) || a.s[0] != '[' ||
	    a.s[a.len - 1] != ']')
		return false;
	memcpy(text, a.s + 1, a.len - 2);
	text[a.len - 2] = '\0';
	return sg_addr_parse(text, &addr) == SG_OK;
}

/* Decoded controls would let a record write headers of our report mail
   (STANDARDS R-08). */
static bool
hides_control(struct sg_span a)
{
	int c;

	for (size_t i = 0; i < a.len; i++) {
		if (a.s[i] != '%')
			continue;
		c = encoded_octet((struct sg_span) { a.s + i, a.len - i });
		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

/* RFC 6068: addresses, "%2C" between several, "?" and header fields behind.
   The last address is looked at; the others are for the MTA to judge. */
static const char *
mailto_problem(struct sg_span uri)
{
	struct sg_span domain;
	bool found;
	size_t at;

	uri = sg_span_cut(&uri, '?', &found);
	for (at = uri.len; at > 0 && uri.s[at - 1] != '@'; at--)
		;
	if (at <= 1)
		return "has no address (mailto:tlsrpt@example.com)";
	domain = (struct sg_span) { uri.s + at, uri.len - at };
	if (!is_domain(domain) && !is_literal(domain))
		return "has an address without a proper domain";
	return hides_control(uri) ? "hides control characters in its address"
				  : NULL;
}

static bool
is_port(struct sg_span a)
{
	unsigned long n = 0;

	if (a.len > 5)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (!sg_is_digit(a.s[i]))
			return false;
		n = n * 10 + (unsigned long)(a.s[i] - '0');
	}
	return a.len == 0 || (n > 0 && n < 65536);
}

static const char *
https_problem(struct sg_span uri)
{
	struct sg_span host, port = { "", 0 };
	size_t n = 0;

	if (!sg_span_begins(uri, "//"))
		return "has no host (https://example.com/report)";
	uri.s += 2;
	uri.len -= 2;
	while (n < uri.len && strchr("/?#", uri.s[n]) == NULL)
		n++;
	host = (struct sg_span) { uri.s, n };
	for (size_t i = n; i > 0 && host.s[i - 1] != ']'; i--)
		if (host.s[i - 1] == ':') {
			port = (struct sg_span) { host.s + i, host.len - i };
			host.len = i - 1;
			break;
		}
	if ((!is_domain(host) && !is_literal(host)) || !is_port(port))
		return "has no proper host (https://example.com/report)";
	return NULL;
}

static const char *
use_problem(struct sg_span uri, size_t scheme)
{
	struct sg_span name = { uri.s, scheme };
	struct sg_span rest = { uri.s + scheme + 1, uri.len - scheme - 1 };

	if (sg_span_equals_nocase(name, "mailto"))
		return mailto_problem(rest);
	if (sg_span_equals_nocase(name, "https"))
		return https_problem(rest);
	if (sg_span_equals_nocase(name, "http"))
		return "is not encrypted: write https:";
	return "has a scheme other than mailto: and https:";
}

/* --- rua ------------------------------------------------------------------ */

static enum sg_rc
keep(struct sg_span uri, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	char *copy;

	if (out->n_rua == SG_TLSRPT_MAX_RUA) {
		sg_finding_add(fs, 0, SG_WARNING, RFC,
		    "more than %d URIs in `rua': the others are passed over",
		    SG_TLSRPT_MAX_RUA);
		return SG_OK;
	}
	copy = malloc(uri.len + 1);
	if (copy == NULL)
		return SG_RETRY;
	memcpy(copy, uri.s, uri.len);
	copy[uri.len] = '\0';
	out->rua[out->n_rua++] = copy;
	return SG_OK;
}

static enum sg_rc
take_uri(struct sg_span uri, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	char shown[SG_SPAN_SHOWN_SIZE];
	const char *problem = text_problem(uri);
	size_t scheme = scheme_length(uri);

	if (uri.len == 0)
		return bad(fs, "an empty URI in `rua': remove the `,'");
	if (problem != NULL)
		return bad(fs, problem);
	if (scheme == 0)
		return bad(fs, "a URI in `rua' has no scheme: write mailto: or "
		    "https: in front of it");
	problem = use_problem(uri, scheme);
	if (problem == NULL)
		return keep(uri, out, fs);
	sg_finding_add(fs, 0, SG_WARNING, RFC, "%s %s; senders pass over it",
	    sg_span_show(uri, shown), problem);
	return SG_OK;
}

static enum sg_rc
take_rua(struct sg_span value, struct sg_tlsrpt *out, struct sg_findings *fs)
{
	struct sg_span uri;
	enum sg_rc rc = SG_OK;
	bool more = true;

	while (more && rc == SG_OK) {
		uri = sg_span_cut(&value, ',', &more);
		rc = take_uri(sg_span_trim(uri), out, fs);
	}
	if (rc == SG_OK && out->n_rua == 0)
		return bad(fs, "`rua' has no mailto: or https: URI that a "
		    "report could be sent to");
	return rc;
}

static enum sg_rc
take_field(const struct sg_txt_fields *f, bool *seen, struct sg_tlsrpt *out)
{
	if (!sg_span_equals(f->name, "rua"))
		return sg_txt_fields_unknown(f);
	if (*seen) {
		sg_finding_add(f->findings, 0, SG_WARNING, RFC,
		    "`rua' is there twice: the first counts; join them with "
		    "`,'");
		return SG_OK;
	}
	*seen = true;
	return take_rua(f->value, out, f->findings);
}

enum sg_rc
sg_tlsrpt_parse(struct sg_txt txt, struct sg_tlsrpt *out,
    struct sg_findings *findings)
{
	struct sg_span record = { txt.data, txt.len };
	struct sg_txt_fields f;
	enum sg_rc rc, worst = SG_OK;
	bool seen = false;

	memset(out, 0, sizeof(*out));
	if (sg_txt_fields_begin(&f, &kind, record, findings) != SG_OK)
		return SG_BAD;
	while ((rc = sg_txt_fields_next(&f)) != SG_NONE) {
		if (rc == SG_OK)
			rc = take_field(&f, &seen, out);
		if (rc != SG_OK && worst != SG_BAD)
			worst = rc;
	}
	if (!seen && worst == SG_OK)
		worst = bad(findings, "`rua' is missing: write, say, "
		    "v=TLSRPTv1; rua=mailto:tlsrpt@example.com");
	if (worst != SG_OK)
		sg_tlsrpt_fini(out);
	return worst;
}

void
sg_tlsrpt_fini(struct sg_tlsrpt *t)
{
	for (size_t i = 0; i < t->n_rua; i++)
		free(t->rua[i]);
	memset(t, 0, sizeof(*t));
}
