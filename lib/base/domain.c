/* SPDX-License-Identifier: ISC */
/*
 * domain.c - see domain.h.
 *
 * libidn2 maps U-labels, one at a time: it sees nothing of ASCII labels, about
 * which it is stricter than DNS ("r3---sn", "xn--" that it cannot decode). What
 * a name may look like is checked here afterwards, since libidn2 passes empty
 * labels and literals and its STD3 switch deletes characters silently.
 */
#include "base/domain.h"

#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 1024 /* UTF-8 of the longest name, with room */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_label_char(char c, bool ldh_only)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' ||
	    (c == '_' && !ldh_only);
}

/* One label of len octets at s. */
static bool
is_label(const char *s, size_t len, bool ldh_only)
{
	if (len == 0 || len > 63 || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_label_char(s[i], ldh_only))
			return false;
	return true;
}

/* A name whose last label is a number is an address to some readers. */
static bool
is_number(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(s[i]))
			return false;
	return true;
}

bool
sg_domain_is_valid(const char *name, bool ldh_only)
{
	const char *dot;
	size_t len = strlen(name), n;

	if (len == 0 || len >= SG_DOMAIN_SIZE)
		return false;
	for (;;) {
		dot = strchr(name, '.');
		n = dot != NULL ? (size_t)(dot - name) : strlen(name);
		if (!is_label(name, n, ldh_only))
			return false;
		if (dot == NULL)
			return !is_number(name, n);
		name = dot + 1;
	}
}

static bool
is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static enum sg_rc
fail(struct sg_err *err, const char *why)
{
	sg_err_set(err, SG_REASON_NONE, "not a domain name: %s", why);
	return SG_BAD;
}

/* Appends to the name in out, which is long enough for every name. */
static enum sg_rc
append(char out[SG_DOMAIN_SIZE], const char *s, size_t len,
    struct sg_err *err)
{
	size_t n = strlen(out);

	if (n + len >= SG_DOMAIN_SIZE)
		return fail(err, "longer than 253 octets");
	for (size_t i = 0; i < len; i++)
		out[n + i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32)
							: s[i];
	out[n + len] = '\0';
	return SG_OK;
}

/* The A-label of a label that is not ASCII. */
static enum sg_rc
append_u_label(char out[SG_DOMAIN_SIZE], const char *s, size_t len,
    struct sg_err *err)
{
	uint8_t in[INPUT_MAX], *mapped = NULL;
	enum sg_rc rc;
	int error;

	memcpy(in, s, len); /* shorter than INPUT_MAX: it is part of a name */
	in[len] = '\0';
	error = idn2_lookup_u8(in, &mapped,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (error != IDN2_OK)
		return fail(err, idn2_strerror(error));
	rc = append(out, (const char *)mapped, strlen((const char *)mapped),
	    err);
	idn2_free(mapped);
	return rc;
}

/* Lower case; U-labels to A-labels. */
static enum sg_rc
map(const char *s, char out[SG_DOMAIN_SIZE], struct sg_err *err)
{
	enum sg_rc rc = SG_OK;
	size_t n;

	while (rc == SG_OK && *s != '\0') {
		n = strcspn(s, ".");
		if (n > 0 && is_ascii(s, n))
			rc = append(out, s, n, err);
		else if (n > 0)
			rc = append_u_label(out, s, n, err);
		s += n;
		if (rc == SG_OK && *s == '.')
			rc = append(out, s++, 1, err);
	}
	/* An ideographic full stop at the end has become a dot. */
	n = strlen(out);
	if (n > 0 && out[n - 1] == '.')
		out[n - 1] = '\0';
	return rc;
}

enum sg_rc
sg_domain_from_text(const char *text, size_t len, char out[SG_DOMAIN_SIZE],
    struct sg_err *err)
{
	char in[INPUT_MAX];

	out[0] = '\0';
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0)
		return fail(err, "it is empty");
	if (len >= sizeof(in))
		return fail(err, "longer than 253 octets");
	if (memchr(text, '\0', len) != NULL)
		return fail(err, "it holds a NUL");
	memcpy(in, text, len);
	in[len] = '\0';
	if (in[len - 1] == '.') /* map() would forgive it */
		return fail(err, "two dots at its end");
	if (map(in, out, err) != SG_OK) {
		out[0] = '\0';
		return SG_BAD;
	}
	if (sg_domain_is_valid(out, false))
		return SG_OK;
	out[0] = '\0';
	return fail(err, "labels are 1 to 63 letters, digits and hyphens, no "
	    "hyphen at either end; the last is no number");
}

enum sg_rc
sg_domain_prefix(const char *prefix, const char *domain,
    char out[SG_DOMAIN_SIZE])
{
	int n = snprintf(out, SG_DOMAIN_SIZE, "%s.%s", prefix, domain);

	if (n < SG_DOMAIN_SIZE)
		return SG_OK;
	out[0] = '\0';
	return SG_NONE;
}
