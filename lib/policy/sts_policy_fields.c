/* SPDX-License-Identifier: ISC */
/*
 * sts_policy_fields.c - what the fields of an MTA-STS policy mean (RFC 8461
 * 3.2), and what their owner is told about them.
 *
 * A known name with a bad first value is an error and never an unknown field,
 * though the grammar of extensions would fit (P-15).
 */
#include "policy/sts_policy_private.h"

#include <string.h>
#include <strings.h>

#include "policy/mx_match.h"

#define MAX_AGE_DIGITS 10
#define DAY 86400

static void take_version(struct sg_sts_reader *r, struct sg_span v);
static void take_mode(struct sg_sts_reader *r, struct sg_span v);
static void take_mx(struct sg_sts_reader *r, struct sg_span v);
static void take_max_age(struct sg_sts_reader *r, struct sg_span v);

static const struct {
	const char *name;
	void (*take)(struct sg_sts_reader *r, struct sg_span v);
} fields[SG_STS_N_FIELDS] = {
	[SG_STS_VERSION] = { "version", take_version },
	[SG_STS_MODE] = { "mode", take_mode },
	[SG_STS_MX] = { "mx", take_mx },
	[SG_STS_MAX_AGE] = { "max_age", take_max_age },
};

const char *
sg_sts_mode_name(enum sg_sts_mode mode)
{
	static const char *const names[] = { "none", "testing", "enforce" };

	return (unsigned)mode < 3 ? names[mode] : "?";
}

/* --- findings ------------------------------------------------------------- */

void
sg_sts_error(struct sg_sts_reader *r, const char *text)
{
	sg_finding_add(r->fs, r->line, SG_ERROR, SG_STS_RFC, "%s", text);
}

void
sg_sts_warn(struct sg_sts_reader *r, unsigned line, const char *text)
{
	sg_finding_add(r->fs, line, SG_WARNING, SG_STS_RFC, "%s", text);
}

/* --- values --------------------------------------------------------------- */

/* What every value must be, known field or not: UTF-8, no controls (tabs
   included), not empty; spaces at its ends are gone already. */
static const char *
value_problem(struct sg_span v)
{
	size_t n;

	if (v.len == 0)
		return "the value is missing";
	for (; v.len > 0; v.s += n, v.len -= n) {
		if ((unsigned char)v.s[0] < 0x20 || v.s[0] == 0x7f)
			return "the value holds a control character: remove "
			       "it";
		n = sg_span_utf8(v);
		if (n == 0)
			return "the value is not UTF-8: save the file as "
			       "UTF-8";
	}
	return NULL;
}

/* The first of several counts (P-13), and what later ones say does not
   matter (P-14). True if this is the first. */
static bool
is_first(struct sg_sts_reader *r, enum sg_sts_field field)
{
	if (r->first[field] == 0) {
		r->first[field] = r->line;
		return true;
	}
	sg_finding_add(r->fs, r->line, SG_WARNING, SG_STS_RFC,
	    "`%s' is there already, in line %u, which counts: remove this one",
	    fields[field].name, r->first[field]);
	return false;
}

static void
take_version(struct sg_sts_reader *r, struct sg_span v)
{
	if (is_first(r, SG_STS_VERSION) && !sg_span_equals(v, "STSv1"))
		sg_sts_error(r, "`version' must be STSv1, in this very case");
}

static void
take_mode(struct sg_sts_reader *r, struct sg_span v)
{
	static const enum sg_sts_mode modes[] = { SG_STS_MODE_NONE,
		SG_STS_MODE_TESTING, SG_STS_MODE_ENFORCE };

	if (!is_first(r, SG_STS_MODE))
		return;
	for (size_t i = 0; i < 3; i++)
		if (sg_span_equals(v, sg_sts_mode_name(modes[i]))) {
			r->mode = modes[i];
			r->mode_known = true;
			return;
		}
	sg_sts_error(r,
	    "`mode' must be enforce, testing or none, in lower case");
}

static void
take_max_age(struct sg_sts_reader *r, struct sg_span v)
{
	uint64_t n = 0;

	if (!is_first(r, SG_STS_MAX_AGE))
		return;
	if (!sg_span_is_number(v)) {
		sg_sts_error(r,
		    "`max_age' must be a number of seconds, in digits only, "
		    "such as 604800");
		return;
	}
	if (v.len > MAX_AGE_DIGITS) {
		sg_sts_error(r,
		    "`max_age' must have at most 10 digits; its highest "
		    "value is 31557600");
		return;
	}
	for (size_t i = 0; i < v.len; i++)
		n = n * 10 + (uint64_t)(v.s[i] - '0');
	r->max_age = n;
	r->max_age_known = true;
}

/* --- mx ------------------------------------------------------------------- */

static void
advise_mx(struct sg_sts_reader *r, struct sg_span mx)
{
	char shown[SG_SPAN_SHOWN_SIZE];
	bool wildcard = sg_span_begins(mx, "*.");
	struct sg_span name = mx, last;
	size_t i = mx.len;

	if (wildcard) {
		name.s += 2;
		name.len -= 2;
	}
	while (i > 0 && mx.s[i - 1] != '.')
		i--;
	last = (struct sg_span) { mx.s + i, mx.len - i };
	if (sg_span_is_number(last))
		sg_sts_warn(r, r->line,
		    "`mx' ends in a number, as no host name "
		    "does: nothing will match it");
	else if (memchr(name.s, '.', name.len) == NULL && wildcard)
		sg_sts_warn(r, r->line,
		    "`mx' trusts each host directly below a top-level name: "
		    "name your own domain");
	else if (memchr(name.s, '.', name.len) == NULL)
		sg_sts_warn(r, r->line,
		    "`mx' is a name without a dot: write the full name of "
		    "the host");
	else if (wildcard)
		sg_finding_add(r->fs, r->line, SG_NOTE, "8461 10.4",
		    "the wildcard trusts every host directly below %s, and no "
		    "deeper: name the hosts if you can",
		    sg_span_show(name, shown));
}

static bool
is_kept(const struct sg_sts_reader *r, struct sg_span mx)
{
	for (size_t i = 0; i < r->n_kept; i++)
		if (r->mx[i].len == mx.len &&
		    strncasecmp(r->mx[i].s, mx.s, mx.len) == 0)
			return true;
	return false;
}

static void
take_mx(struct sg_sts_reader *r, struct sg_span v)
{
	const char *problem = sg_mx_pattern_problem(v.s, v.len);

	if (r->first[SG_STS_MX] == 0)
		r->first[SG_STS_MX] = r->line;
	if (r->n_mx++ >= SG_STS_POLICY_MAX_MX) {
		if (r->n_mx == SG_STS_POLICY_MAX_MX + 1)
			sg_sts_error(r,
			    "more than 256 `mx' lines, which is our "
			    "limit: use a wildcard");
		return;
	}
	if (problem != NULL) {
		sg_finding_add(
		    r->fs, r->line, SG_ERROR, SG_STS_RFC, "`mx' %s", problem);
		return;
	}
	if (is_kept(r, v)) {
		sg_sts_warn(r, r->line,
		    "this `mx' is there already: remove this "
		    "line");
		return;
	}
	r->mx[r->n_kept++] = v;
	advise_mx(r, v);
}

/* --- any field ------------------------------------------------------------ */

/* Unknown fields are ignored (8461 3.2), also those that were meant to be
   known: their owner is told. */
static void
take_unknown(struct sg_sts_reader *r, struct sg_span name)
{
	const char *meant = NULL;

	for (size_t i = 0; i < SG_STS_N_FIELDS; i++)
		if (sg_span_equals_nocase(name, fields[i].name))
			meant = fields[i].name;
	if (sg_span_equals_nocase(name, "max-age") ||
	    sg_span_equals_nocase(name, "maxage"))
		meant = "max_age";
	if (meant != NULL)
		sg_finding_add(r->fs, r->line, SG_WARNING, SG_STS_RFC,
		    "field `%.*s' is ignored: `%s' is written in this very way",
		    (int)name.len, name.s, meant);
	else
		sg_finding_add(r->fs, r->line, SG_NOTE, SG_STS_RFC,
		    "field `%.*s' is not known to the RFC and is ignored",
		    (int)name.len, name.s);
}

static enum sg_sts_field
find_field(struct sg_span name)
{
	unsigned i = 0;

	while (i < SG_STS_N_FIELDS && !sg_span_equals(name, fields[i].name))
		i++;
	return (enum sg_sts_field)i;
}

void
sg_sts_policy_take_field(
    struct sg_sts_reader *r, struct sg_span name, struct sg_span value)
{
	enum sg_sts_field field = find_field(name);
	const char *problem = value_problem(value);

	if (field == SG_STS_MX || (problem == NULL && field < SG_STS_N_FIELDS))
		fields[field].take(r, value);
	else if (problem == NULL)
		take_unknown(r, name);
	else {
		sg_finding_add(r->fs, r->line, SG_ERROR, SG_STS_RFC,
		    "`%.*s': %s", (int)name.len, name.s, problem);
		if (field < SG_STS_N_FIELDS && r->first[field] == 0)
			r->first[field] = r->line;
	}
}

/* --- the whole ------------------------------------------------------------ */

/* Under mode none (which it is, too, while no mode is known) a short life is
   what the RFC advises (8461 8.3). */
static void
advise_max_age(struct sg_sts_reader *r)
{
	unsigned line = r->first[SG_STS_MAX_AGE];

	if (r->max_age > SG_STS_MAX_AGE_MAX)
		sg_sts_warn(r, line,
		    "`max_age' is above the RFC's highest value, "
		    "31557600: some senders refuse the policy, others take it "
		    "for that");
	if (r->mode == SG_STS_MODE_NONE)
		return;
	if (r->max_age == 0)
		sg_sts_warn(r, line,
		    "`max_age: 0': the policy is never kept, so "
		    "whoever blocks its delivery gets around it; use weeks");
	else if (r->max_age < DAY)
		sg_sts_warn(r, line,
		    "`max_age' is less than a day (86400), which "
		    "protects little: the RFC expects weeks");
	else if (r->max_age < 7 * DAY)
		sg_finding_add(r->fs, line, SG_NOTE, SG_STS_RFC,
		    "`max_age' is less than a week (604800): the RFC expects "
		    "weeks or more, once all works");
}

static void
advise_mode(struct sg_sts_reader *r)
{
	if (r->mode == SG_STS_MODE_TESTING)
		sg_finding_add(r->fs, r->first[SG_STS_MODE], SG_NOTE, "8461 5",
		    "mode testing protects no mail: failures are reported "
		    "(TLSRPT) and delivered; go on to enforce");
	if (r->mode == SG_STS_MODE_NONE)
		sg_finding_add(r->fs, r->first[SG_STS_MODE], SG_NOTE,
		    "8461 8.3",
		    "mode none withdraws the policy: keep it published until "
		    "the older policies' max_age has run out");
}

void
sg_sts_policy_judge_whole(struct sg_sts_reader *r)
{
	r->line = 0;
	if (r->first[SG_STS_VERSION] == 0)
		sg_sts_error(r,
		    "`version' is missing: add the line `version: STSv1'");
	if (r->first[SG_STS_MODE] == 0)
		sg_sts_error(r,
		    "`mode' is missing: add `mode: enforce' (or testing, "
		    "or none)");
	if (r->first[SG_STS_MAX_AGE] == 0)
		sg_sts_error(r,
		    "`max_age' is missing: add, say, `max_age: 604800' "
		    "(seconds)");
	if (r->first[SG_STS_MX] == 0 && r->mode != SG_STS_MODE_NONE)
		sg_sts_error(r,
		    "`mx' is missing: add a line `mx: host' for each MX "
		    "host of the domain");
	if (r->max_age_known)
		advise_max_age(r);
	if (r->mode_known)
		advise_mode(r);
}
