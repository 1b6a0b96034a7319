/* SPDX-License-Identifier: ISC */
/*
 * mx_match.c - see mx_match.h.
 *
 * The grammar is RFC 5321's Domain (8461 3.2), which is a little wider than
 * what base/domain takes for the name of a host: a last label of digits is in
 * it. A pattern like that matches no host, so it is let pass: the price of
 * refusing it would be the protection of the whole domain.
 */
#include "policy/mx_match.h"

#include <string.h>

#include "base/addr.h"
#include "base/domain.h"
#include "policy/span.h"

#define LABEL_MAX 63

/* "#.#.#.#" is no host name, whatever the numbers (RFC 1123, 2.1). */
static bool
is_dotted_quad(struct sg_span a)
{
	bool more = true;
	int labels = 0;

	while (more) {
		if (!sg_span_is_number(sg_span_cut(&a, '.', &more)))
			return false;
		labels++;
	}
	return labels == 4;
}

static bool
is_ipv6(struct sg_span a)
{
	char text[SG_ADDR_TEXT_SIZE + 8];
	struct sg_addr addr;

	if (a.len >= sizeof(text) || memchr(a.s, ':', a.len) == NULL)
		return false;
	memcpy(text, a.s, a.len);
	text[a.len] = '\0';
	return sg_addr_parse(text, &addr) == SG_OK;
}

static bool
is_address(struct sg_span a)
{
	return (a.len > 0 && a.s[0] == '[') || is_dotted_quad(a) || is_ipv6(a);
}

/* What keeps the text from being looked at label by label. */
static const char *
text_problem(struct sg_span a)
{
	for (size_t i = 0; i < a.len; i++) {
		unsigned char c = (unsigned char)a.s[i];

		if (c >= 0x80)
			return "is an ASCII name: write an international name "
			       "in its A-label form (xn--...)";
		if (c == ',' || c == ';' || sg_is_wsp((char)c))
			return "takes one name a line: write an `mx' line for "
			       "each host";
		if (c < 0x20 || c == 0x7f)
			return "holds a control character: remove it";
	}
	return NULL;
}

static const char *
label_problem(struct sg_span label)
{
	if (label.len == 0)
		return "has an empty label (two dots, or a dot in front): "
		       "remove the dot";
	if (label.len > LABEL_MAX)
		return "has a label of more than 63 octets, which DNS cannot "
		       "hold";
	if (memchr(label.s, '_', label.len) != NULL)
		return "has an underscore, which host names do not have: "
		       "rename the host";
	if (label.s[0] == '-' || label.s[label.len - 1] == '-')
		return "has a label with a hyphen at its end, which host names "
		       "do not have";
	for (size_t i = 0; i < label.len; i++)
		if (!sg_is_alnum(label.s[i]) && label.s[i] != '-')
			return "is a host name of letters, digits, hyphens and "
			       "dots, nothing else (no URL, no port, no "
			       "quotes)";
	return NULL;
}

static const char *
name_problem(struct sg_span name)
{
	const char *problem = NULL;
	bool more = true;

	if (name.len == 0)
		return "has no name: write a host name, or `*.' and a domain";
	if (memchr(name.s, '*', name.len) != NULL)
		return "has its wildcard in the wrong place: `*.' in front of "
		       "a domain stands for one label, and nothing else does";
	if (name.s[name.len - 1] == '.')
		return "ends with a dot: remove it";
	if (name.len >= SG_DOMAIN_SIZE)
		return "is longer than 253 octets, which no name is";
	while (more && problem == NULL)
		problem = label_problem(sg_span_cut(&name, '.', &more));
	return problem;
}

const char *
sg_mx_pattern_problem(const char *pattern, size_t len)
{
	struct sg_span name = { pattern, len };
	const char *problem = text_problem(name);

	if (problem != NULL)
		return problem;
	if (sg_span_begins(name, "*.")) {
		name.s += 2;
		name.len -= 2;
	}
	if (is_address(name))
		return "is an IP address: write the name of the host, which "
		       "its certificate must hold";
	return name_problem(name);
}

bool
sg_mx_pattern_is_valid(const char *pattern)
{
	return sg_mx_pattern_problem(pattern, strlen(pattern)) == NULL;
}

/* Hosts come from DNS, where '_' is seen; a '*' there stands for nothing. */
static bool
is_host_label(struct sg_span label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!sg_is_alnum(label.s[i]) && label.s[i] != '-' &&
		    label.s[i] != '_')
			return false;
	return label.len > 0;
}

bool
sg_mx_match(const char *pattern, const char *host)
{
	struct sg_span name = { host, strlen(host) };
	bool more;

	if (!sg_mx_pattern_is_valid(pattern))
		return false;
	if (name.len > 0 && name.s[name.len - 1] == '.')
		name.len--;
	if (strncmp(pattern, "*.", 2) == 0) {
		if (!is_host_label(sg_span_cut(&name, '.', &more)))
			return false;
		pattern += 2;
	}
	return sg_span_equals_nocase(name, pattern);
}
