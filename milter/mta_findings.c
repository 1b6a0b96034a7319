/* SPDX-License-Identifier: ISC */
/* mta_findings.c - see mta_findings.h. */
#include "mta_findings.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define WIDTH 78

static const char *const topics[SG_TOPIC_COUNT] = {
	[SG_TOPIC_MILTER] = "Milter: the gate at RCPT",
	[SG_TOPIC_MAP] = "TLS policy map: the level at delivery",
	[SG_TOPIC_TLS] = "TLS",
	[SG_TOPIC_ROUTES] = "Next hops and routes",
	[SG_TOPIC_SOCKETS] = "Sockets and files",
	[SG_TOPIC_OTHER] = "Other",
};
static const char *const words[SG_TOPIC_COUNT] = { "milter", "map", "tls",
	"routes", "sockets", "other" };

/* --- adding ------------------------------------------------------------------ */

static void
plain(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

void
sg_mta_find(struct sg_mta_findings *fs, const struct sg_mta_about *about,
    const char *fmt, ...)
{
	struct sg_mta_finding *f;
	va_list ap;

	fs->faults += about->severity != SG_NOTE;
	if (fs->f == NULL)
		fs->f = calloc(SG_MTA_FINDINGS_MAX, sizeof(*fs->f));
	if (fs->f == NULL || fs->n == SG_MTA_FINDINGS_MAX) {
		fs->dropped++;
		return;
	}
	f = &fs->f[fs->n++];
	f->severity = about->severity;
	f->topic = about->topic;
	snprintf(f->option, sizeof(f->option), "%s", about->option);
	snprintf(f->remedy, sizeof(f->remedy), "%s",
	    about->remedy != NULL ? about->remedy : "");
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	plain(f->option);
	plain(f->text);
	plain(f->remedy);
}

void
sg_mta_findings_fini(struct sg_mta_findings *fs)
{
	free(fs->f);
	memset(fs, 0, sizeof(*fs));
}

/* --- for people -------------------------------------------------------------- */

static const char *
colour_of(enum sg_severity severity, bool colour)
{
	if (!colour)
		return "";
	return severity == SG_ERROR ? "\033[31m"
	    : severity == SG_WARNING ? "\033[33m"
	                             : "\033[2m";
}

/* The text, in lines, each behind ten blanks. */
static void
put_folded(FILE *out, const char *text)
{
	size_t left = WIDTH, n;

	for (; *text != '\0'; text += strspn(text, " ")) {
		n = strcspn(text, " ");
		if (n + 1 > left || left == WIDTH) {
			fprintf(out, "%s         ", left == WIDTH ? "" : "\n");
			left = WIDTH - 10;
		}
		fprintf(out, " %.*s", (int)n, text);
		left -= left > n + 1 ? n + 1 : left;
		text += n;
	}
	fputc('\n', out);
}

static void
print_one(const struct sg_mta_finding *f, FILE *out, bool colour)
{
	const char *end = colour ? "\033[0m" : "";

	fprintf(out, "  %s%-7s%s %s%s%s\n", colour_of(f->severity, colour),
	    sg_severity_name(f->severity), end, colour ? "\033[1m" : "",
	    f->option, end);
	put_folded(out, f->text);
	if (f->remedy[0] != '\0')
		fprintf(out, "          put: %s%s%s\n",
		    colour ? "\033[32m" : "", f->remedy, end);
}

static void
print_topic(const struct sg_mta_findings *fs, enum sg_topic topic, FILE *out,
    bool colour)
{
	bool titled = false;

	for (int notes = 0; notes < 2; notes++)
		for (size_t i = 0; i < fs->n; i++) {
			const struct sg_mta_finding *f = &fs->f[i];

			if (f->topic != topic ||
			    (f->severity == SG_NOTE) != (notes == 1))
				continue;
			if (!titled)
				fprintf(out, "%s%s%s\n",
				    colour ? "\033[1m" : "", topics[topic],
				    colour ? "\033[0m" : "");
			titled = true;
			print_one(f, out, colour);
		}
}

void
sg_mta_findings_print(const struct sg_mta_findings *fs, FILE *out, bool colour)
{
	for (int topic = 0; topic < SG_TOPIC_COUNT; topic++)
		print_topic(fs, (enum sg_topic)topic, out, colour);
	if (fs->dropped > 0)
		fprintf(out, "  and %zu more\n", fs->dropped);
}

/* --- for programs ------------------------------------------------------------ */

json_t *
sg_mta_findings_json(const struct sg_mta_findings *fs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fs->n; i++) {
		const struct sg_mta_finding *f = &fs->f[i];

		json_array_append_new(list, json_pack(
		    "{s:s,s:s,s:s,s:s,s:s?}", "severity",
		    sg_severity_name(f->severity), "topic", words[f->topic],
		    "option", f->option, "text", f->text, "remedy",
		    f->remedy[0] != '\0' ? f->remedy : NULL));
	}
	return list;
}
