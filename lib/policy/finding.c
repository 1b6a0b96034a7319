/* SPDX-License-Identifier: ISC */
/* finding.c - see finding.h. */
#include "policy/finding.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

const char *
sg_severity_name(enum sg_severity severity)
{
	static const char *const names[] = { "error", "warning", "note" };

	return (unsigned)severity < 3 ? names[severity] : "?";
}

/* Peer text may have come by the format's arguments. */
static void
scrub(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			*s = '?';
}

/* Where the next one goes. When all places are taken the first error takes
   the last place; what is merely more is counted. */
static struct sg_finding *
place(struct sg_findings *fs, enum sg_severity severity)
{
	if (fs->n < SG_FINDINGS_MAX)
		return &fs->f[fs->n++];
	fs->dropped++;
	if (severity == SG_ERROR && fs->errors == 1)
		return &fs->f[SG_FINDINGS_MAX - 1];
	return NULL;
}

void
sg_finding_add(struct sg_findings *fs, unsigned line,
    enum sg_severity severity, const char *rfc, const char *fmt, ...)
{
	struct sg_finding *f;
	va_list ap;

	if (fs == NULL)
		return;
	if (severity == SG_ERROR)
		fs->errors++;
	f = place(fs, severity);
	if (f == NULL)
		return;
	f->line = line;
	f->severity = severity;
	f->rfc = rfc;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	scrub(f->text);
}

static bool
is_before(const struct sg_finding *a, const struct sg_finding *b)
{
	return a->line != 0 && (b->line == 0 || a->line < b->line);
}

/* By insertion: there are few, and most are in order. */
void
sg_findings_sort(struct sg_findings *fs)
{
	struct sg_finding moved;
	size_t k;

	for (size_t i = 1; i < fs->n; i++) {
		moved = fs->f[i];
		for (k = i; k > 0 && is_before(&moved, &fs->f[k - 1]); k--)
			fs->f[k] = fs->f[k - 1];
		fs->f[k] = moved;
	}
}

const struct sg_finding *
sg_findings_first_error(const struct sg_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		if (fs->f[i].severity == SG_ERROR)
			return &fs->f[i];
	return NULL;
}
