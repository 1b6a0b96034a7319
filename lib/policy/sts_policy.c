/* SPDX-License-Identifier: ISC */
/*
 * sts_policy.c - see sts_policy.h.
 *
 * One line after the other, by length, never by C string. A mistake does not
 * end the reading, so that lint can show all of them; the policy is valid if
 * there was none. Nothing is allocated before that is known: patterns are
 * remembered as places in the text, at most SG_STS_POLICY_MAX_MX of them.
 *
 * Strict where the grammar is (8461 3.2): a policy that is not understood is
 * no policy. Two things are let pass: blank lines, which editors leave behind
 * and a max_age above a year, about which the RFC contradicts itself
 * (eid 7282, X-04).
 */
#include "policy/sts_policy.h"

#include <stdlib.h>
#include <string.h>

#include "policy/mx_match.h"
#include "policy/sts_policy_private.h"

/* --- lines ---------------------------------------------------------------- */

/* What makes a line unfit to be taken apart. */
static const char *
line_problem(const struct sg_sts_reader *r, struct sg_span line)
{
	if (line.len > SG_STS_POLICY_MAX_LINE)
		return "the line is longer than 1,024 octets, which is our "
		       "limit";
	if (memchr(line.s, '\r', line.len) != NULL)
		return "a carriage return stands alone: end lines with CRLF "
		       "or LF";
	if (memchr(line.s, '\0', line.len) != NULL)
		return "a NUL octet: save the file as plain text in UTF-8";
	if (r->line == 1 && sg_span_begins(line, "\xef\xbb\xbf"))
		return "the file begins with a byte order mark: save it "
		       "without";
	if (line.s[0] == '<')
		return "this is HTML, not a policy: let the web server send "
		       "the plain text file";
	if (sg_is_wsp(line.s[0]))
		return "the line begins with a space: remove it";
	return NULL;
}

static const char *
name_problem(struct sg_span name, bool colon)
{
	if (!colon)
		return "a line without `:': lines are `name: value'";
	if (name.len > 0 && sg_is_wsp(name.s[name.len - 1]))
		return "a space stands before `:': remove it";
	if (!sg_span_is_name(name))
		return "a field's name is a letter or digit, then up to 31 "
		       "letters, digits, `_', `-', `.'";
	return NULL;
}

static void
take_blank(struct sg_sts_reader *r)
{
	if (!r->in_blanks)
		sg_sts_warn(r, r->line,
		    "a blank line: the grammar has none, and "
		    "stricter senders refuse the policy; remove it");
	r->in_blanks = true;
}

static void
take_line(struct sg_sts_reader *r, struct sg_span line)
{
	struct sg_span name, value = line;
	const char *problem;
	bool colon;

	if (line.len <= SG_STS_POLICY_MAX_LINE && sg_span_trim(line).len == 0) {
		take_blank(r);
		return;
	}
	r->in_blanks = false;
	problem = line_problem(r, line);
	if (problem == NULL) {
		name = sg_span_cut(&value, ':', &colon);
		problem = name_problem(name, colon);
	}
	if (problem != NULL)
		sg_sts_error(r, problem);
	else
		sg_sts_policy_take_field(r, name, sg_span_trim(value));
}

/* LF or CRLF end a line, mixed as they come (eid 6253); the last may lack
   its end. Nothing else ends a line: not CR, FF, NEL or U+2028. */
static void
take_lines(struct sg_sts_reader *r, struct sg_span text)
{
	struct sg_span line;
	bool lf = true;

	while (text.len > 0) {
		r->line++;
		line = sg_span_cut(&text, '\n', &lf);
		if (lf && line.len > 0 && line.s[line.len - 1] == '\r')
			line.len--;
		take_line(r, line);
	}
}

/* --- the whole ------------------------------------------------------------ */

static void
read_text(struct sg_sts_reader *r, const char *text, size_t len)
{
	if (len == 0)
		sg_sts_error(r, "the policy is empty");
	else if (len > SG_STS_POLICY_MAX_BYTES)
		sg_finding_add(r->fs, 0, SG_ERROR, "8461 3.3",
		    "the policy is larger than 65,536 octets, the RFC's limit; "
		    "it was not read");
	else {
		take_lines(r, (struct sg_span) { text, len });
		sg_sts_policy_judge_whole(r);
	}
}

static enum sg_rc
refuse(const struct sg_findings *fs, struct sg_err *err)
{
	const struct sg_finding *f = sg_findings_first_error(fs);

	if (f->line > 0)
		sg_err_set(err, SG_REASON_STS_POLICY_INVALID, "line %u: %s",
		    f->line, f->text);
	else
		sg_err_set(err, SG_REASON_STS_POLICY_INVALID, "%s", f->text);
	return SG_BAD;
}

/* Patterns are kept in lower case; one block holds the array and all of
   them, since most policies have two. */
static struct sg_sts_policy *
build(const struct sg_sts_reader *r)
{
	struct sg_sts_policy *p;
	size_t room = sizeof(*p) + r->n_kept * sizeof(char *);
	char *to;

	for (size_t i = 0; i < r->n_kept; i++)
		room += r->mx[i].len + 1;
	p = malloc(room);
	if (p == NULL)
		return NULL;
	p->mode = r->mode;
	p->max_age_s = r->max_age > SG_STS_MAX_AGE_MAX ? SG_STS_MAX_AGE_MAX
	                                               : (uint32_t)r->max_age;
	p->n_mx = r->n_kept;
	p->mx = (char **)(p + 1);
	to = (char *)(p->mx + p->n_mx);
	for (size_t i = 0; i < p->n_mx; i++) {
		p->mx[i] = to;
		for (size_t k = 0; k < r->mx[i].len; k++)
			*to++ = sg_ascii_lower(r->mx[i].s[k]);
		*to++ = '\0';
	}
	return p;
}

enum sg_rc
sg_sts_policy_parse(const char *text, size_t len, struct sg_sts_policy **out_r,
    struct sg_findings *findings, struct sg_err *err)
{
	struct sg_findings own;
	struct sg_sts_reader r;

	*out_r = NULL;
	memset(&r, 0, sizeof(r));
	r.fs = findings;
	if (findings == NULL) {
		memset(&own, 0, sizeof(own));
		r.fs = &own;
	}
	read_text(&r, text, len);
	sg_findings_sort(r.fs);
	if (r.fs->errors > 0)
		return refuse(r.fs, err);
	*out_r = build(&r);
	if (*out_r != NULL)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
	return SG_RETRY;
}

void
sg_sts_policy_free(struct sg_sts_policy **policy)
{
	free(*policy);
	*policy = NULL;
}

bool
sg_sts_policy_matches(const struct sg_sts_policy *policy, const char *host)
{
	for (size_t i = 0; i < policy->n_mx; i++)
		if (sg_mx_match(policy->mx[i], host))
			return true;
	return false;
}
