/* SPDX-License-Identifier: ISC */
/*
 * span.c - see span.h.
 *
 * ctype.h is not used: its answers depend on the locale, and plain char may
 * be negative.
 */
#include "policy/span.h"

#include <string.h>

#include "base/log.h"

#define NAME_MAX_LEN 32

bool
sg_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

bool
sg_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
sg_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    sg_is_digit(c);
}

char
sg_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

struct sg_span
sg_span_trim(struct sg_span a)
{
	while (a.len > 0 && sg_is_wsp(a.s[0])) {
		a.s++;
		a.len--;
	}
	while (a.len > 0 && sg_is_wsp(a.s[a.len - 1]))
		a.len--;
	return a;
}

bool
sg_span_equals(struct sg_span a, const char *word)
{
	return a.len == strlen(word) && memcmp(a.s, word, a.len) == 0;
}

bool
sg_span_equals_nocase(struct sg_span a, const char *word)
{
	if (a.len != strlen(word))
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (sg_ascii_lower(a.s[i]) != sg_ascii_lower(word[i]))
			return false;
	return true;
}

bool
sg_span_begins(struct sg_span a, const char *word)
{
	size_t n = strlen(word);

	return a.len >= n && memcmp(a.s, word, n) == 0;
}

struct sg_span
sg_span_cut(struct sg_span *a, char sep, bool *found)
{
	const char *at = a->len > 0 ? memchr(a->s, sep, a->len) : NULL;
	struct sg_span head = *a;

	*found = at != NULL;
	if (at != NULL)
		head.len = (size_t)(at - a->s);
	a->s += head.len + (at != NULL);
	a->len -= head.len + (at != NULL);
	return head;
}

bool
sg_span_is_number(struct sg_span a)
{
	for (size_t i = 0; i < a.len; i++)
		if (!sg_is_digit(a.s[i]))
			return false;
	return a.len > 0;
}

bool
sg_span_is_name(struct sg_span a)
{
	if (a.len == 0 || a.len > NAME_MAX_LEN || !sg_is_alnum(a.s[0]))
		return false;
	for (size_t i = 1; i < a.len; i++)
		if (!sg_is_alnum(a.s[i]) && a.s[i] != '_' && a.s[i] != '-' &&
		    a.s[i] != '.')
			return false;
	return true;
}

static bool
is_tail(unsigned char c)
{
	return c >= 0x80 && c <= 0xbf;
}

/* RFC 3629, section 4: by the first byte, what the second may be and how many
   there are. */
size_t
sg_span_utf8(struct sg_span a)
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
	const unsigned char *s = (const unsigned char *)a.s;
	size_t i = 0, n;

	if (a.len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	while (i < sizeof(forms) / sizeof(forms[0]) &&
	    (s[0] < forms[i].first || s[0] > forms[i].last))
		i++;
	if (i == sizeof(forms) / sizeof(forms[0]) || a.len < forms[i].n ||
	    s[1] < forms[i].low || s[1] > forms[i].high)
		return 0;
	for (n = 2; n < forms[i].n; n++)
		if (!is_tail(s[n]))
			return 0;
	return n;
}

const char *
sg_span_show(struct sg_span a, char out[SG_SPAN_SHOWN_SIZE])
{
	return sg_log_escape(out, SG_SPAN_SHOWN_SIZE, a.s, a.len);
}
