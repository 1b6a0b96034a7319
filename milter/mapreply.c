/* SPDX-License-Identifier: ISC */
/*
 * mapreply.c - see mapreply.h.
 *
 * An MTA reads attributes out of the answer, so that whatever text of a policy
 * got in here would set them (THREATS 0.7). Names were checked when they were
 * parsed and again when facts were taken over; they are looked at once more
 * where they are written: one that has anything but letters, digits, '-', '.'
 * and '_' is left out, and who is left out is not delivered to.
 *
 * The level comes first, no attribute comes twice or empty, and servername
 * comes last where Sendmail wants it so.
 */
#include "mapreply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* No certificate is for a name below .invalid (RFC 2606): delivery waits, and
   the MTA's log says why. */
#define NOBODY "no-mx-host-is-vouched-for.invalid"
/* Sendmail's rewriting takes about a thousand tokens and characters. */
#define STS_NAMES_MAX 700

const char *
sg_dialect_name(enum sg_dialect dialect)
{
	static const char *const names[SG_DIALECTS] = { "postfix",
		"postfix-tlsrpt", "sts" };

	return (unsigned)dialect < SG_DIALECTS ? names[dialect] : "?";
}

/* --- the question ------------------------------------------------------------ */

/* What follows the dialect's name: "+encrypt" and so on, or nothing. */
static bool
find_floor(const char *rest, size_t len, enum sg_level *out)
{
	*out = SG_LEVEL_NONE;
	if (len == 0)
		return true;
	for (int l = SG_LEVEL_ENCRYPT; l <= SG_LEVEL_DANE; l++) {
		const char *known = sg_level_name((enum sg_level)l);

		if (rest[0] == '+' && strlen(known) == len - 1 &&
		    memcmp(known, rest + 1, len - 1) == 0) {
			*out = (enum sg_level)l;
			return true;
		}
	}
	return false;
}

static bool
find_dialect(const char *name, size_t len, enum sg_dialect *out)
{
	for (int d = 0; d < SG_DIALECTS; d++) {
		const char *known = sg_dialect_name((enum sg_dialect)d);

		if (strlen(known) == len && memcmp(known, name, len) == 0) {
			*out = (enum sg_dialect)d;
			return true;
		}
	}
	return false;
}

enum sg_rc
sg_map_request_parse(const char *data, size_t len, struct sg_map_request *out)
{
	const char *blank = memchr(data, ' ', len), *key, *plus;
	char text[SG_MAPREQUEST_MAX + 1];
	size_t key_len, name_len;

	if (blank == NULL)
		return SG_BAD;
	plus = memchr(data, '+', (size_t)(blank - data));
	name_len = (size_t)((plus != NULL ? plus : blank) - data);
	if (!find_dialect(data, name_len, &out->dialect) ||
	    !find_floor(data + name_len, (size_t)(blank - data) - name_len,
	    &out->floor))
		return SG_BAD;
	key = blank + 1;
	key_len = len - (size_t)(key - data);
	if (key_len == 0 || key_len >= sizeof(text) || key[0] == '.' ||
	    memchr(key, '\0', key_len) != NULL)
		return SG_NONE;
	memcpy(text, key, key_len);
	text[key_len] = '\0';
	if (sg_nexthop_parse(text, &out->hop, NULL) != SG_OK)
		return SG_NONE;
	sg_nexthop_key(&out->hop, out->key);
	return SG_OK;
}

/* --- the answer --------------------------------------------------------------- */

struct sink {
	char *out;
	size_t n, max;
	bool cut; /* something did not fit */
};

static void
put(struct sink *s, const char *text)
{
	size_t n = strlen(text);

	if (s->cut || n > s->max - s->n) {
		s->cut = true;
		return;
	}
	memcpy(s->out + s->n, text, n);
	s->n += n;
}

static bool
is_fit(const char *name)
{
	if (strncmp(name, "*.", 2) == 0)
		name += 2;
	if (*name == '\0' || *name == '.')
		return false;
	for (; *name != '\0'; name++)
		if (!(*name >= 'a' && *name <= 'z') &&
		    !(*name >= '0' && *name <= '9') && *name != '-' &&
		    *name != '.' && *name != '_')
			return false;
	return true;
}

static const char *
name_of(const struct sg_map_answer *a, unsigned i)
{
	return a->names == SG_MAP_HOSTS ? a->hosts[i] : a->patterns[i];
}

/* match=a:b:.c, or nothing was written. max: octets for the names. */
static bool
put_match(struct sink *s, const struct sg_map_answer *a, size_t max)
{
	size_t before = s->n, room = s->max, limit;
	unsigned written = 0;

	put(s, " match=");
	limit = s->n + max;
	if (!s->cut && limit < s->max)
		s->max = limit;
	for (unsigned i = 0; i < a->n_names; i++) {
		const char *name = name_of(a, i);
		size_t mark = s->n;

		if (!is_fit(name))
			continue;
		if (written > 0)
			put(s, ":");
		put(s, name[0] == '*' ? name + 1 : name);
		if (s->cut) {
			s->n = mark;
			break;
		}
		written++;
	}
	s->cut = false;
	s->max = room;
	if (written == 0)
		s->n = before;
	return written > 0;
}

static void
put_secure(struct sink *s, const struct sg_map_answer *a, size_t max_names)
{
	put(s, "OK secure");
	if (a->n_names == 0 || !put_match(s, a, max_names))
		put(s, " match=" NOBODY);
	put(s, " servername=hostname");
}

static void
put_policy_string(struct sink *s, const char *name, const char *value)
{
	put(s, " { policy_string = ");
	put(s, name);
	put(s, ": ");
	put(s, value);
	put(s, " }");
}

/* The policy as it was understood, for reports (RFC 8460 4.4); also what lets
   Postfix 3.10 hold MX host names against it. All of it, or nothing. */
static void
put_policy(struct sink *s, const struct sg_sts_policy *p, const char *domain)
{
	size_t before = s->n;
	char number[16];

	for (size_t i = 0; i < p->n_mx; i++)
		if (!is_fit(p->mx[i]))
			return;
	put(s, " policy_type=sts policy_domain=");
	put(s, domain);
	for (size_t i = 0; i < p->n_mx; i++) {
		put(s, " mx_host_pattern=");
		put(s, p->mx[i]);
	}
	put_policy_string(s, "version", "STSv1");
	put_policy_string(s, "mode", sg_sts_mode_name(p->mode));
	for (size_t i = 0; i < p->n_mx; i++)
		put_policy_string(s, "mx", p->mx[i]);
	snprintf(number, sizeof(number), "%u", (unsigned)p->max_age_s);
	put_policy_string(s, "max_age", number);
	if (s->cut) {
		s->n = before;
		s->cut = false;
	}
}

static void
put_temp(struct sink *s, const struct sg_map_answer *a,
    const struct sg_nexthop *hop)
{
	put(s, "TEMP ");
	put(s, hop->name);
	put(s, ": ");
	put(s, sg_reason_name(a->reason));
}

static void
say_postfix(struct sink *s, const struct sg_map_answer *a,
    const struct sg_nexthop *hop, bool tlsrpt)
{
	switch (a->word) {
	case SG_MAP_ENCRYPT:
		put(s, "OK encrypt");
		break;
	case SG_MAP_VERIFY:
		put(s, "OK verify match=hostname servername=hostname");
		break;
	case SG_MAP_SECURE:
		put_secure(s, a, SG_MAPREPLY_MAX);
		if (tlsrpt && a->policy != NULL)
			put_policy(s, a->policy, hop->name);
		break;
	case SG_MAP_DANE:
		put(s, "OK dane");
		break;
	case SG_MAP_DANE_ONLY:
		put(s, "OK dane-only");
		break;
	case SG_MAP_TEMP:
		put_temp(s, a, hop);
		break;
	default:
		put(s, "NOTFOUND ");
		break;
	}
}

/* Sendmail's rules know `secure' alone. Without match= they ask for a
   certificate that is valid for the MX host, whichever that is: `verify'. One
   that is built without DANE, as Debian's, is held to the MTA-STS policy that
   a domain has beside its TLSA records; one that has DANE asks for both. */
static void
say_sts(struct sink *s, const struct sg_map_answer *a,
    const struct sg_nexthop *hop)
{
	if (a->word == SG_MAP_TEMP)
		put_temp(s, a, hop);
	else if (a->word == SG_MAP_VERIFY)
		put(s, "OK secure servername=hostname");
	else if (a->word == SG_MAP_SECURE || (a->secure && a->n_names > 0))
		put_secure(s, a, STS_NAMES_MAX);
	else
		put(s, "NOTFOUND ");
}

size_t
sg_mapreply_write(enum sg_dialect dialect, const struct sg_map_answer *a,
    const struct sg_nexthop *hop, char *out, size_t size)
{
	struct sink s = { .out = out, .max = size < SG_MAPREPLY_MAX
		? size : SG_MAPREPLY_MAX };

	if (dialect == SG_DIALECT_STS)
		say_sts(&s, a, hop);
	else
		say_postfix(&s, a, hop, dialect == SG_DIALECT_POSTFIX_TLSRPT);
	return s.n;
}

static size_t
say(const char *text, char *out, size_t size)
{
	struct sink s = { .out = out, .max = size };

	put(&s, text);
	return s.n;
}

size_t
sg_mapreply_notfound(char *out, size_t size)
{
	return say("NOTFOUND ", out, size);
}

size_t
sg_mapreply_perm(char *out, size_t size)
{
	return say("PERM no such map: postfix, postfix-tlsrpt or sts, "
	    "or one of them and +LEVEL", out, size);
}
