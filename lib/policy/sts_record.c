/* SPDX-License-Identifier: ISC */
/*
 * sts_record.c - see sts_record.h.
 *
 * The grammar of RFC 8461 3.1, read from left to right:
 *   version 1*( *WSP ";" *WSP field ) [ *WSP ";" *WSP ]
 * where version is "v=STSv1" and a field is name "=" value. Bytes are looked
 * at one by one, by length: a record may hold NULs.
 */
#include "policy/sts_record.h"

#include <stdbool.h>
#include <string.h>

#define VERSION "v=STSv1"
#define NAME_MAX_LEN 32

struct cursor {
	const char *s, *end;
};

struct field {
	const char *name, *value;
	size_t name_len, value_len;
};

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
is_value_char(char c)
{
	return c > 0x20 && c < 0x7f && c != '=' && c != ';';
}

static void
skip_wsp(struct cursor *c)
{
	while (c->s < c->end && is_wsp(*c->s))
		c->s++;
}

/* *WSP ";" *WSP; restores the place if there is none. */
static bool
take_delimiter(struct cursor *c)
{
	const char *start = c->s;

	skip_wsp(c);
	if (c->s == c->end || *c->s != ';') {
		c->s = start;
		return false;
	}
	c->s++;
	skip_wsp(c);
	return true;
}

static bool
take_field(struct cursor *c, struct field *f)
{
	f->name = c->s;
	while (c->s < c->end && (is_alnum(*c->s) ||
		(c->s > f->name && strchr("_-.", *c->s) != NULL &&
		    *c->s != '\0')))
		c->s++;
	f->name_len = (size_t)(c->s - f->name);
	if (f->name_len == 0 || f->name_len > NAME_MAX_LEN ||
	    c->s == c->end || *c->s != '=')
		return false;
	f->value = ++c->s;
	while (c->s < c->end && is_value_char(*c->s))
		c->s++;
	f->value_len = (size_t)(c->s - f->value);
	return f->value_len > 0;
}

static bool
is_id(const struct field *f)
{
	if (f->value_len >= SG_STS_ID_SIZE)
		return false;
	for (size_t i = 0; i < f->value_len; i++)
		if (!is_alnum(f->value[i]))
			return false;
	return true;
}

static enum sg_rc
bad(struct sg_findings *fs, const char *text)
{
	sg_finding_add(fs, 0, SG_ERROR, "8461 3.1", "%s", text);
	return SG_BAD;
}

/* First wins; a second one is ignored whatever it says (B-16). */
static enum sg_rc
take_id(const struct field *f, char id[SG_STS_ID_SIZE],
    struct sg_findings *fs)
{
	if (id[0] != '\0') {
		sg_finding_add(fs, 0, SG_WARNING, "8461 3.2",
		    "`id' is there twice: the first counts; remove the other");
		return SG_OK;
	}
	if (!is_id(f))
		return bad(fs, "`id' is 1 to 32 letters and digits, nothing "
		    "else");
	memcpy(id, f->value, f->value_len);
	id[f->value_len] = '\0';
	return SG_OK;
}

static enum sg_rc
take_fields(struct cursor *c, char id[SG_STS_ID_SIZE], struct sg_findings *fs)
{
	struct field f;

	while (c->s < c->end) {
		if (!take_delimiter(c))
			return bad(fs, "fields are separated by ';' (spaces "
			    "only around it, none at the end)");
		if (c->s == c->end)
			return SG_OK;
		if (!take_field(c, &f))
			return bad(fs, "a field is name=value: a name of 1 to "
			    "32 letters, digits, '_', '-', '.', no space around "
			    "'=', a value that is not empty");
		if (f.name_len == 2 && memcmp(f.name, "id", 2) == 0) {
			if (take_id(&f, id, fs) != SG_OK)
				return SG_BAD;
		} else
			sg_finding_add(fs, 0, SG_NOTE, "8461 3.1",
			    "field `%.*s' is unknown and ignored",
			    (int)f.name_len, f.name);
	}
	return SG_OK;
}

enum sg_rc
sg_sts_record_parse(struct sg_txt txt, char id[SG_STS_ID_SIZE],
    struct sg_findings *fs)
{
	const size_t n = sizeof(VERSION) - 1;
	struct cursor c = { txt.data, txt.data + txt.len };

	id[0] = '\0';
	for (size_t i = 0; i < txt.len; i++)
		if ((unsigned char)txt.data[i] >= 0x80)
			return bad(fs, "the record is US-ASCII: an octet above "
			    "127 is in it");
	if (txt.len < n || memcmp(txt.data, VERSION, n) != 0)
		return bad(fs, "the record begins with v=STSv1, in this case");
	c.s += n;
	if (take_fields(&c, id, fs) != SG_OK) {
		id[0] = '\0';
		return SG_BAD;
	}
	if (id[0] == '\0')
		return bad(fs, "`id' is missing: v=STSv1; id=20261123T100000;");
	return SG_OK;
}

/* --- selection ------------------------------------------------------------------ */

/* B-07: the literal eight octets. */
static bool
has_prefix(struct sg_txt t)
{
	return t.len >= sizeof(VERSION) &&
	    memcmp(t.data, VERSION ";", sizeof(VERSION)) == 0;
}

/* B-08, X-01: a lone record may have spaces before its first ';'. */
static bool
is_sts_by_abnf(struct sg_txt t)
{
	const size_t n = sizeof(VERSION) - 1;
	struct cursor c = { t.data, t.data + t.len };

	if (t.len < n || memcmp(t.data, VERSION, n) != 0)
		return false;
	c.s += n;
	return c.s == c.end || take_delimiter(&c);
}

enum sg_rc
sg_sts_record_select(const struct sg_txt *txts, size_t n,
    char id[SG_STS_ID_SIZE], struct sg_err *err)
{
	struct sg_findings fs = { 0 };
	const struct sg_txt *found = NULL;

	id[0] = '\0';
	if (n == 1 && is_sts_by_abnf(txts[0]))
		found = &txts[0];
	for (size_t i = 0; n > 1 && i < n; i++) {
		if (!has_prefix(txts[i]))
			continue;
		if (found != NULL) {
			sg_err_set(err, SG_REASON_STS_POLICY_INVALID,
			    "several MTA-STS records: there must be one");
			return SG_BAD;
		}
		found = &txts[i];
	}
	if (found == NULL)
		return SG_NONE;
	if (sg_sts_record_parse(*found, id, &fs) == SG_OK)
		return SG_OK;
	for (size_t i = 0; i < fs.n; i++)
		if (fs.f[i].severity == SG_ERROR) {
			sg_err_set(err, SG_REASON_STS_POLICY_INVALID,
			    "malformed MTA-STS record: %s", fs.f[i].text);
			break;
		}
	return SG_BAD;
}
