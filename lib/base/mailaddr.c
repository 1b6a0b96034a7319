/* SPDX-License-Identifier: ISC */
/* mailaddr.c - see mailaddr.h. */
#include "base/mailaddr.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

struct span {
	const char *s;
	size_t len;
};

static enum sg_rc
fail(struct sg_err *err, const char *why)
{
	sg_err_set(err, SG_REASON_NONE, "not a mail address: %s", why);
	return SG_BAD;
}

/* The index behind the quoted string that begins at i, or 0 if it does not
   end. */
static size_t
skip_quoted(struct span a, size_t i)
{
	for (i++; i < a.len; i++) {
		if (a.s[i] == '\\')
			i++;
		else if (a.s[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The last unquoted '@' (a.len if there is none). SG_BAD: a quote is open. */
static enum sg_rc
find_at(struct span a, size_t *at)
{
	size_t i = 0;

	*at = a.len;
	while (i < a.len) {
		if (a.s[i] == '"') {
			i = skip_quoted(a, i);
			if (i == 0)
				return SG_BAD;
			continue;
		}
		if (a.s[i] == '\\')
			i++;
		else if (a.s[i] == '@')
			*at = i;
		i++;
	}
	return SG_OK;
}

/* "@a,@b:u@c" is u@c (RFC 5321 4.1.1.3). The colon is looked for outside of
   quotes and brackets: "[IPv6:...]" has colons too. */
static enum sg_rc
drop_source_route(struct span *a)
{
	bool bracket = false;

	if (a->len == 0 || a->s[0] != '@')
		return SG_OK;
	for (size_t i = 0; i < a->len; i++) {
		char c = a->s[i];

		if (c == '"')
			return SG_BAD;
		if (c == '[' || c == ']')
			bracket = c == '[';
		if (c == ':' && !bracket) {
			a->s += i + 1;
			a->len -= i + 1;
			return SG_OK;
		}
	}
	return SG_BAD;
}

/* Takes "<" and ">" off. A bare address is taken as it is. */
static enum sg_rc
drop_angles(struct span *a)
{
	while (a->len > 0 && (a->s[a->len - 1] == ' '))
		a->len--;
	while (a->len > 0 && a->s[0] == ' ') {
		a->s++;
		a->len--;
	}
	if (a->len == 0 || a->s[0] != '<')
		return SG_OK;
	if (a->len < 2 || a->s[a->len - 1] != '>')
		return SG_BAD;
	a->s++;
	a->len -= 2;
	return SG_OK;
}

static bool
has_bare_specials(struct span local)
{
	for (size_t i = 0; i < local.len; i++) {
		unsigned char c = (unsigned char)local.s[i];

		if (c == '"') {
			i = skip_quoted(local, i) - 1;
			continue;
		}
		if (c == '\\')
			i++;
		else if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return true;
	}
	return false;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]". A name in brackets is no literal: what
   an MTA makes of it is its own affair, and not free of policy for us. */
static bool
is_literal(struct span d)
{
	char text[SG_ADDR_TEXT_SIZE + 8];
	struct sg_addr addr;

	if (d.len < 3 || d.len - 2 >= sizeof(text) || d.s[d.len - 1] != ']')
		return false;
	memcpy(text, d.s + 1, d.len - 2);
	text[d.len - 2] = '\0';
	return sg_addr_parse(text, &addr) == SG_OK;
}

static enum sg_rc
take_domain(struct span d, struct sg_mailaddr *out, struct sg_err *err)
{
	if (d.len > 0 && d.s[0] == '[') {
		if (!is_literal(d))
			return fail(err, "no address in its brackets");
		out->kind = SG_MAILADDR_LITERAL;
		return SG_OK;
	}
	out->kind = SG_MAILADDR_DOMAIN;
	return sg_domain_from_text(d.s, d.len, out->domain, err);
}

static void
take_local(struct span local, struct sg_mailaddr *out)
{
	size_t len = local.len < sizeof(out->local) ? local.len
	                                            : sizeof(out->local) - 1;

	memcpy(out->local, local.s, len);
	out->local[len] = '\0';
}

enum sg_rc
sg_mailaddr_parse(const char *arg, struct sg_mailaddr *out, struct sg_err *err)
{
	struct span a = { arg, strlen(arg) }, local;
	size_t at;

	out->local[0] = out->domain[0] = '\0';
	out->kind = SG_MAILADDR_DOMAIN;
	if (drop_angles(&a) != SG_OK)
		return fail(err, "'<' without '>'");
	if (a.len == 0) {
		out->kind = SG_MAILADDR_NULL;
		return SG_OK;
	}
	if (drop_source_route(&a) != SG_OK)
		return fail(err, "a source route without an address");
	if (find_at(a, &at) != SG_OK)
		return fail(err, "a quote is not closed");
	local = (struct span) { a.s, at };
	if (local.len == 0 || has_bare_specials(local))
		return fail(err, "no clear local part");
	take_local(local, out);
	if (at == a.len) {
		out->kind = SG_MAILADDR_LOCAL;
		return SG_OK;
	}
	return take_domain((struct span) { a.s + at + 1, a.len - at - 1 }, out,
	    err);
}
