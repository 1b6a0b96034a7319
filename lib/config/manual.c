/* SPDX-License-Identifier: ISC */
/*
 * manual.c - how is the option table shown: as items of stsgate.conf(5), and
 * as the commented example?
 *
 * In the example `##' is prose and `#' an option at its default, so that
 * taking the `#' away changes nothing (a test does it).
 */
#include <stdbool.h>
#include <string.h>
#include "config/config.h"
#include "config/options.h"
#include "config/types.h"

#define WIDTH 72

/* --- mdoc ----------------------------------------------------------------- */

/* Characters that mean something to roff or mdoc. */
static void
put_mdoc(const char *text, size_t len, FILE *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '"')
			fputs("\\(dq", out);
		else if ((text[i] == '.' || text[i] == '\'') && i == 0)
			fprintf(out, "\\&%c", text[i]);
		else
			fputc(text[i], out);
	}
}

/* One sentence a line, as mdoc(7) wants it. */
static void
put_sentences(const char *text, FILE *out)
{
	const char *end;

	while (*text != '\0') {
		end = strstr(text, ". ");
		end = end != NULL ? end + 1 : text + strlen(text);
		put_mdoc(text, (size_t)(end - text), out);
		fputc('\n', out);
		text = *end == ' ' ? end + 1 : end;
	}
}

static void
put_value_mdoc(const char *label, const char *value, FILE *out)
{
	fprintf(out, "%s\n.Ql ", label);
	put_mdoc(value, strlen(value), out);
	fputs(" .\n", out);
}

void
sg_config_print_mdoc(FILE *out)
{
	char expected[SG_EXPECTED_SIZE];
	const struct sg_option *o;

	for (o = sg_options; o < sg_options + sg_options_count; o++) {
		fprintf(out, ".It Va %s\n", o->path);
		put_sentences(o->man, out);
		sg_option_expected(o, expected);
		fputs("Expected: ", out);
		put_mdoc(expected, strlen(expected), out);
		fputs(".\n", out);
		if (o->sample != NULL)
			put_value_mdoc("Example:", o->sample, out);
		if (o->dflt != NULL)
			put_value_mdoc("Default:", o->dflt, out);
	}
}

/* --- the example ---------------------------------------------------------- */

static void
put_prose(const char *text, FILE *out)
{
	size_t column = 0, n;

	while (*text != '\0') {
		n = strcspn(text, " ");
		if (column > 0 && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s",
		    column == 0 ? "## " : " ", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void
put_option(const struct sg_option *o, bool inside, FILE *out)
{
	char expected[SG_EXPECTED_SIZE], line[SG_EXPECTED_SIZE + 20];

	put_prose(o->man, out);
	if (sg_type_of(o)->shape == SG_SHAPE_TEXT ||
	    sg_type_of(o)->shape == SG_SHAPE_NUMBER) {
		snprintf(line, sizeof(line), "Expected: %s.",
		    sg_option_expected(o, expected));
		put_prose(line, out);
	}
	if (o->sample != NULL)
		fprintf(out, "## Example: %s = %s\n", sg_option_name(o),
		    o->sample);
	fprintf(out, "#%s%s = %s;\n\n", inside ? "    " : "",
	    sg_option_name(o), o->dflt);
}

/* The options of a section, which stand together in the table. */
static const struct sg_option *
put_section(const struct sg_option *o, FILE *out)
{
	const struct sg_option *end = sg_options + sg_options_count;
	char place[32];

	snprintf(place, sizeof(place), "%.*s", (int)strcspn(o->path, "."),
	    o->path);
	fprintf(out, "#%s = {\n", place);
	for (; o < end && sg_option_in(o, place); o++)
		put_option(o, true, out);
	fputs("#};\n\n", out);
	return o;
}

/* The members of a list's entries, as prose: at their defaults they would
   not be an entry. */
static const struct sg_option *
put_members(const struct sg_option *o, FILE *out)
{
	const struct sg_option *end = sg_options + sg_options_count;
	char place[32], expected[SG_EXPECTED_SIZE];

	snprintf(place, sizeof(place), "%.*s", (int)strcspn(o->path, "."),
	    o->path);
	fprintf(out, "## An entry of %s may have:\n", place);
	for (; o < end && sg_option_in(o, place); o++) {
		fprintf(out, "##   %s%s%s%s\n", sg_option_name(o),
		    o->dflt != NULL ? " (default " : "",
		    o->dflt != NULL ? o->dflt : "",
		    o->dflt != NULL ? ")" : "");
		fprintf(out, "##     %s\n", sg_option_expected(o, expected));
	}
	fputc('\n', out);
	return o;
}

void
sg_config_print_example(FILE *out)
{
	const struct sg_option *o = sg_options;

	fputs("## stsgate.conf - see stsgate.conf(5)\n##\n"
	    "## Every option is here at its default, behind a #. Lines with "
	    "## explain.\n"
	    "## Try a change with: stsgate check-config -c FILE\n\n", out);
	while (o < sg_options + sg_options_count) {
		if (strchr(o->path, '.') == NULL)
			put_option(o++, false, out);
		else if (sg_option_in(o, "groups") ||
		    sg_option_in(o, "recipients"))
			o = put_members(o, out);
		else
			o = put_section(o, out);
	}
}
