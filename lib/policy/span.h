/* SPDX-License-Identifier: ISC */
/*
 * span.h - stretches of outside bytes, and the character classes that the
 * grammars of RFC 8461 and RFC 8460 share. For this room. Pure; any thread.
 */
#ifndef SG_SPAN_H
#define SG_SPAN_H
#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes; no C string: NULs may be among them. */
struct sg_span {
	const char *s;
	size_t len;
};

bool sg_is_wsp(char c); /* space or tab */
bool sg_is_digit(char c);
bool sg_is_alnum(char c); /* ASCII, whatever the locale */
char sg_ascii_lower(char c);

struct sg_span sg_span_trim(struct sg_span a); /* WSP off both ends */
bool sg_span_equals(struct sg_span a, const char *word);
bool sg_span_equals_nocase(struct sg_span a, const char *word);
bool sg_span_begins(struct sg_span a, const char *word);

/* Cuts what is before the first sep off *a and returns it; *a keeps what is
   behind sep. Without sep all of *a is returned and *found is false. */
struct sg_span sg_span_cut(struct sg_span *a, char sep, bool *found);

bool sg_span_is_number(struct sg_span a); /* digits only, at least one */

/* An extension's name in a policy and in both TXT records: a letter or digit,
   then up to 31 of letters, digits, '_', '-', '.'. */
bool sg_span_is_name(struct sg_span a);

/* Length of the UTF-8 character that a begins with (RFC 3629: shortest form,
   no surrogates, up to U+10FFFF); 0 if it begins with none. */
size_t sg_span_utf8(struct sg_span a);

/* The bytes escaped for people, cut to fit. Returns out. */
#define SG_SPAN_SHOWN_SIZE 72
const char *sg_span_show(struct sg_span a, char out[SG_SPAN_SHOWN_SIZE]);
#endif
