/* SPDX-License-Identifier: ISC */
/*
 * Finds the owner names in a trust anchor file (RFC 1035 5.1, as far as such
 * files go): one record a line, the owner first, "; comment" behind. A key
 * that is split over lines in parentheses is fine, since its first line says
 * whose it is. A line that begins with a blank is a continuation.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "net/anchors.h"

#define LINE_MAX_BYTES 8192
#define FILE_MAX_LINES 10000
#define BLANKS " \t\r\n"

static bool
is_word(const char *text, size_t len, const char *word)
{
	return (len == strlen(word) && strncasecmp(text, word, len) == 0);
}

/* True if a word of the line, before data or comment, is DS or DNSKEY. */
static bool
has_anchor_type(const char *p)
{
	for (int words = 0; words < 3; words++) {
		size_t len;

		p += strspn(p, BLANKS);
		len = strcspn(p, BLANKS ";");
		if (len == 0)
			return (false);
		if (is_word(p, len, "DS") || is_word(p, len, "DNSKEY"))
			return (true);
		p += len;
	}
	return (false);
}

static enum sg_rc
keep_owner(struct sg_anchors *out, const char *name, size_t len,
    struct sg_err *err)
{
	char owner[SG_DOMAIN_SIZE] = ".";

	if (!(len == 1 && name[0] == '.') &&
	    sg_domain_from_text(name, len, owner, err) != SG_OK)
		return (SG_BAD);
	for (size_t i = 0; i < out->n; i++) {
		if (strcmp(out->owner[i], owner) == 0)
			return (SG_OK);
	}
	if (out->n == SG_ANCHORS_MAX) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "anchors for more than %d names", SG_ANCHORS_MAX);
		return (SG_BAD);
	}
	memcpy(out->owner[out->n++], owner, sizeof(owner));
	return (SG_OK);
}

static enum sg_rc
read_lines(FILE *in, const char *path, struct sg_anchors *out,
    struct sg_err *err)
{
	char line[LINE_MAX_BYTES];

	for (int n = 0; fgets(line, sizeof(line), in) != NULL; n++) {
		size_t len = strcspn(line, BLANKS ";");

		if (n == FILE_MAX_LINES) {
			sg_err_set(err, SG_REASON_INTERNAL,
			    "%s: more than %d lines", path, FILE_MAX_LINES);
			return (SG_BAD);
		}
		if (len > 0 && has_anchor_type(line + len) &&
		    keep_owner(out, line, len, err) != SG_OK)
			return (SG_BAD);
	}
	if (!ferror(in))
		return (SG_OK);
	sg_err_set(err, SG_REASON_INTERNAL, "%s: %s", path, strerror(errno));
	return (SG_BAD);
}

enum sg_rc
sg_anchors_read(const char *path, struct sg_anchors *out, struct sg_err *err)
{
	FILE *in = fopen(path, "re");
	enum sg_rc rc;

	memset(out, 0, sizeof(*out));
	if (in == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "trust anchor file %s: %s",
		    path, strerror(errno));
		return (SG_BAD);
	}
	rc = read_lines(in, path, out, err);
	fclose(in);
	if (rc != SG_OK || out->n > 0)
		return (rc);
	sg_err_set(err, SG_REASON_INTERNAL,
	    "trust anchor file %s: no DS or DNSKEY record", path);
	return (SG_BAD);
}
