/* SPDX-License-Identifier: ISC */
/*
 * sts_policy.c - see sts_policy.h.
 *
 * One line after the other, by length, never by C string. A mistake does not
 * end the reading, so that lint can show all of them; the policy is valid if
 * there was none. Known names are read strictly; other lines must fit the
 * grammar of an extension and are ignored (RFC 8461 3.2).
 */
#include "policy/sts_policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/domain.h"
#include "policy/mx_match.h"

#define NAME_MAX_LEN 32
#define MAX_AGE_DIGITS 10
#define SHORT_MAX_AGE 86400
#define RFC "8461 3.2"

struct span {
	const char *s;
	size_t len;
};

struct reader {
	struct sg_findings *fs;
	unsigned line;
	bool version, mode, max_age; /* seen */
	struct sg_sts_policy *policy;
	bool out_of_memory;
};

const char *
sg_sts_mode_name(enum sg_sts_mode mode)
{
	static const char *const names[] = { "none", "testing", "enforce" };

	return (unsigned)mode < 3 ? names[mode] : "?";
}

/* --- characters -------------------------------------------------------------- */

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool
is_name_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static bool
equals(struct span a, const char *word)
{
	return a.len == strlen(word) && memcmp(a.s, word, a.len) == 0;
}

/* Length of the UTF-8 character at s (RFC 3629: shortest form, no
   surrogates, to U+10FFFF), 0 if there is none. */
static size_t
utf8_length(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t n;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (len < forms[i].n || s[1] < forms[i].low ||
		    s[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].n;
	}
	return 0;
}

/* An extension's value: UTF-8 without controls, spaces only inside. */
static bool
is_extension_value(struct span v)
{
	size_t n;

	for (size_t i = 0; i < v.len; i += n) {
		unsigned char c = (unsigned char)v.s[i];

		n = 1;
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c >= 0x80)
			n = utf8_length((const unsigned char *)v.s + i,
			    v.len - i);
		if (n == 0)
			return false;
	}
	return v.len > 0;
}

/* --- findings ------------------------------------------------------------------ */

static void
error(struct reader *r, const char *text)
{
	sg_finding_add(r->fs, r->line, SG_ERROR, RFC, "%s", text);
}

static void
twice(struct reader *r, const char *name)
{
	sg_finding_add(r->fs, r->line, SG_WARNING, RFC,
	    "`%s' is there twice: the first counts; remove this one", name);
}

/* --- fields ---------------------------------------------------------------------- */

static void
take_version(struct reader *r, struct span v)
{
	if (r->version) {
		twice(r, "version");
		return;
	}
	r->version = true;
	if (!equals(v, "STSv1"))
		error(r, "`version' is STSv1, in this case");
}

static void
take_mode(struct reader *r, struct span v)
{
	static const enum sg_sts_mode modes[] = { SG_STS_MODE_NONE,
		SG_STS_MODE_TESTING, SG_STS_MODE_ENFORCE };

	if (r->mode) {
		twice(r, "mode");
		return;
	}
	r->mode = true;
	for (size_t i = 0; i < 3; i++)
		if (equals(v, sg_sts_mode_name(modes[i]))) {
			r->policy->mode = modes[i];
			return;
		}
	error(r, "`mode' is enforce, testing or none, in lower case");
}

static void
advise_max_age(struct reader *r, uint64_t n)
{
	if (n > SG_STS_MAX_AGE_MAX)
		sg_finding_add(r->fs, r->line, SG_WARNING, RFC,
		    "`max_age' is at most 31557600 (a year): it is taken for "
		    "that");
	else if (n == 0)
		sg_finding_add(r->fs, r->line, SG_WARNING, RFC,
		    "`max_age' 0 is never kept: senders are protected by "
		    "nothing between two fetches; use weeks");
	else if (n < SHORT_MAX_AGE)
		sg_finding_add(r->fs, r->line, SG_WARNING, RFC,
		    "`max_age' below a day (86400) protects little: the RFC "
		    "expects weeks");
}

static void
take_max_age(struct reader *r, struct span v)
{
	uint64_t n = 0;

	if (r->max_age) {
		twice(r, "max_age");
		return;
	}
	r->max_age = true;
	for (size_t i = 0; i < v.len && i <= MAX_AGE_DIGITS; i++) {
		if (!is_digit(v.s[i])) {
			error(r, "`max_age' is a number of seconds: digits, "
			    "nothing else");
			return;
		}
		n = n * 10 + (uint64_t)(v.s[i] - '0');
	}
	if (v.len > MAX_AGE_DIGITS) {
		error(r, "`max_age' has at most 10 digits");
		return;
	}
	advise_max_age(r, n);
	r->policy->max_age_s =
	    n > SG_STS_MAX_AGE_MAX ? SG_STS_MAX_AGE_MAX : (uint32_t)n;
}

static bool
is_ip_address(const char *text)
{
	char bare[SG_DOMAIN_SIZE];
	struct sg_addr addr;
	size_t len = strlen(text);

	if (text[0] == '[' && len > 2 && text[len - 1] == ']') {
		memcpy(bare, text + 1, len - 2);
		bare[len - 2] = '\0';
		text = bare;
	}
	return sg_addr_parse(text, &addr) == SG_OK;
}

static void
explain_bad_mx(struct reader *r, const char *mx)
{
	size_t len = strlen(mx);

	if (is_ip_address(mx))
		error(r, "`mx' is a host name, never an address");
	else if (len > 0 && mx[len - 1] == '.')
		error(r, "`mx' has no dot at its end: remove it");
	else if (strpbrk(mx, ", \t") != NULL)
		error(r, "one host name an `mx' line: write a line for each");
	else if (strchr(mx, '*') != NULL)
		error(r, "a wildcard is `*.' in front of a name, standing for "
		    "one label, and nowhere else");
	else
		error(r, "`mx' is a host name of letters, digits and hyphens "
		    "(A-labels), or `*.' and such a name");
}

static void
add_mx(struct reader *r, const char *mx)
{
	struct sg_sts_policy *p = r->policy;
	char *copy;

	for (size_t i = 0; i < p->n_mx; i++)
		if (strcmp(p->mx[i], mx) == 0) {
			sg_finding_add(r->fs, r->line, SG_NOTE, RFC,
			    "`mx' %s is there already", mx);
			break;
		}
	if (p->n_mx == SG_STS_POLICY_MAX_MX) {
		error(r, "more than 256 `mx' lines: use wildcards");
		return;
	}
	copy = strdup(mx);
	if (copy == NULL) {
		r->out_of_memory = true;
		return;
	}
	p->mx[p->n_mx++] = copy;
	if (strncmp(mx, "*.", 2) == 0)
		sg_finding_add(r->fs, r->line, SG_NOTE, "8461 10.3",
		    "a wildcard trusts every host below %s: name hosts if you "
		    "can", mx + 2);
}

static void
take_mx(struct reader *r, struct span v)
{
	char mx[SG_DOMAIN_SIZE + 4];

	if (v.len >= sizeof(mx) || memchr(v.s, '\0', v.len) != NULL) {
		error(r, "`mx' is not a host name");
		return;
	}
	for (size_t i = 0; i < v.len; i++)
		mx[i] = v.s[i] >= 'A' && v.s[i] <= 'Z' ? (char)(v.s[i] + 32)
						       : v.s[i];
	mx[v.len] = '\0';
	if (sg_mx_pattern_is_valid(mx))
		add_mx(r, mx);
	else
		explain_bad_mx(r, mx);
}

static void
take_extension(struct reader *r, struct span name, struct span v)
{
	if (!is_extension_value(v))
		error(r, "the value of an unknown field is UTF-8 without "
		    "control characters");
	else
		sg_finding_add(r->fs, r->line, SG_NOTE, RFC,
		    "field `%.*s' is unknown and ignored", (int)name.len,
		    name.s);
}

/* --- lines -------------------------------------------------------------------------- */

static struct span
trim(struct span v)
{
	while (v.len > 0 && is_wsp(v.s[0])) {
		v.s++;
		v.len--;
	}
	while (v.len > 0 && is_wsp(v.s[v.len - 1]))
		v.len--;
	return v;
}

/* The length of the name before ':', 0 if the line has none. */
static size_t
name_length(struct span line)
{
	size_t n = 0;

	while (n < line.len && is_name_char(line.s[n]))
		n++;
	if (n == 0 || n > NAME_MAX_LEN || n == line.len || line.s[n] != ':' ||
	    !is_alnum(line.s[0]))
		return 0;
	return n;
}

static void
take_field(struct reader *r, struct span name, struct span v)
{
	static const struct {
		const char *name;
		void (*take)(struct reader *r, struct span v);
	} known[] = { { "version", take_version }, { "mode", take_mode },
		{ "max_age", take_max_age }, { "mx", take_mx } };

	if (v.len == 0) {
		error(r, "the value is missing");
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (equals(name, known[i].name)) {
			known[i].take(r, v);
			return;
		}
	take_extension(r, name, v);
}

static void
take_line(struct reader *r, struct span line)
{
	struct span name = line, value;

	if (line.len > SG_STS_POLICY_MAX_LINE) {
		error(r, "the line is longer than 1,024 octets");
		return;
	}
	if (trim(line).len == 0) {
		sg_finding_add(r->fs, r->line, SG_WARNING, RFC,
		    "the grammar has no blank lines: stricter senders will "
		    "refuse the policy; remove it");
		return;
	}
	name.len = name_length(line);
	if (name.len == 0) {
		error(r, "a line is `name: value': a name of 1 to 32 letters, "
		    "digits, '_', '-', '.', no space before ':'");
		return;
	}
	value.s = line.s + name.len + 1;
	value.len = line.len - name.len - 1;
	take_field(r, name, trim(value));
}

/* Lines end with LF or CRLF (eid 6253), the last one need not. Nothing else
   ends a line. */
static void
take_lines(struct reader *r, const char *text, size_t len)
{
	const char *end = text + len, *lf;
	struct span line;

	while (text < end) {
		r->line++;
		lf = memchr(text, '\n', (size_t)(end - text));
		line = (struct span) { text,
			(size_t)((lf != NULL ? lf : end) - text) };
		text = lf != NULL ? lf + 1 : end;
		if (lf != NULL && line.len > 0 &&
		    line.s[line.len - 1] == '\r')
			line.len--;
		take_line(r, line);
	}
}

static void
check_whole(struct reader *r)
{
	r->line = 0;
	if (!r->version)
		error(r, "`version: STSv1' is missing");
	if (!r->mode)
		error(r, "`mode' is missing: enforce, testing or none");
	if (!r->max_age)
		error(r, "`max_age' is missing: seconds to keep the policy");
	if (r->policy->mode != SG_STS_MODE_NONE && r->policy->n_mx == 0)
		error(r, "no valid `mx' line: name the domain's MX hosts");
	if (r->mode && r->policy->mode == SG_STS_MODE_TESTING)
		sg_finding_add(r->fs, 0, SG_NOTE, "8461 5",
		    "mode testing protects nobody: failures are only "
		    "reported");
}

static enum sg_rc
first_error(const struct sg_findings *fs, struct sg_err *err)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct sg_finding *f = &fs->f[i];

		if (f->severity != SG_ERROR)
			continue;
		if (f->line > 0)
			sg_err_set(err, SG_REASON_STS_POLICY_INVALID,
			    "line %u: %s", f->line, f->text);
		else
			sg_err_set(err, SG_REASON_STS_POLICY_INVALID, "%s",
			    f->text);
		break;
	}
	return SG_BAD;
}

static struct sg_sts_policy *
new_policy(void)
{
	struct sg_sts_policy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->mx = calloc(SG_STS_POLICY_MAX_MX, sizeof(*p->mx));
	if (p->mx == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

/* Most policies have two patterns: give back the room for the others. */
static void
shrink(struct sg_sts_policy *p)
{
	char **mx = realloc(p->mx,
	    (p->n_mx > 0 ? p->n_mx : 1) * sizeof(*p->mx));

	if (mx != NULL)
		p->mx = mx;
}

enum sg_rc
sg_sts_policy_parse(const char *text, size_t len,
    struct sg_sts_policy **out_r, struct sg_findings *findings,
    struct sg_err *err)
{
	struct sg_findings own = { 0 };
	struct reader r = { .fs = findings != NULL ? findings : &own };
	enum sg_rc rc = SG_OK;

	*out_r = NULL;
	r.policy = new_policy();
	if (r.policy == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return SG_RETRY;
	}
	if (len > SG_STS_POLICY_MAX_BYTES)
		error(&r, "the policy is larger than 64 KiB");
	else {
		take_lines(&r, text, len);
		check_whole(&r);
	}
	if (r.fs->errors > 0)
		rc = first_error(r.fs, err);
	else if (r.out_of_memory) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		rc = SG_RETRY;
	}
	if (rc != SG_OK) {
		sg_sts_policy_free(&r.policy);
		return rc;
	}
	shrink(r.policy);
	*out_r = r.policy;
	return SG_OK;
}

void
sg_sts_policy_free(struct sg_sts_policy **policy)
{
	struct sg_sts_policy *p = *policy;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_mx; i++)
		free(p->mx[i]);
	free(p->mx);
	free(p);
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
