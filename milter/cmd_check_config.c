/* SPDX-License-Identifier: ISC */
/*
 * cmd_check_config.c - `stsgate check-config`: would the daemon take this
 * file, and if not, what is to be mended?
 *
 * It reads with the daemon's own code and nothing else, so that what passes
 * here passes there. The build makes the manual and the example with the two
 * options that print the table.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd.h"
#include "cmd_check_mta.h"
#include "config/config.h"

struct options {
	const char *file;
	bool json;
	struct sg_check_mta mta;
	void (*print)(FILE *); /* instead of checking */
};

static void
usage(FILE *out)
{
	fputs("usage: stsgate check-config [-c FILE] [--json]\n"
	      "       stsgate check-config --mta postfix|sendmail "
	      "[--mta-config DIR|FILE]\n"
	      "                            [-c FILE] [--json]\n"
	      "       stsgate check-config --print-example | --print-mdoc\n"
	      "Reads the configuration as the daemon would, and says every "
	      "mistake in it.\n"
	      "  -m, --mta MTA      reads that MTA's own configuration too, and "
	      "says what is\n"
	      "                     missing, mis-ordered or unsafe in it\n"
	      "  -M, --mta-config P its directory or file, if it is not where "
	      "that MTA looks\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -j, --json         the result as one JSON object\n"
	      "  --print-example    the commented example, all defaults\n"
	      "  --print-mdoc       the options as items of stsgate.conf(5)\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 good, 1 something to mend in the MTA's, 64 usage, "
	      "78 mistakes.\n", out);
}

static bool
read_mta(const char *name, enum sg_mta *out)
{
	*out = strcmp(name, "postfix") == 0    ? SG_MTA_POSTFIX
	    : strcmp(name, "sendmail") == 0 ? SG_MTA_SENDMAIL
					       : SG_MTA_NONE;
	return *out != SG_MTA_NONE;
}

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "mta", required_argument, NULL, 'm' },
		{ "mta-config", required_argument, NULL, 'M' },
		{ "print-example", no_argument, NULL, 'e' },
		{ "print-mdoc", no_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:jhm:M:", longs, NULL)) != -1) {
		if (c == 'c')
			o->file = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'e' || c == 'd')
			o->print = c == 'e' ? sg_config_print_example :
			    sg_config_print_mdoc;
		else if (c == 'M')
			o->mta.path = optarg;
		else if (c != 'm' || !read_mta(optarg, &o->mta.mta)) {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EX_OK : EX_USAGE;
		}
	}
	o->mta.json = o->json;
	if (optind == argc && (o->mta.path == NULL ||
	    o->mta.mta != SG_MTA_NONE))
		return -1;
	usage(stderr);
	return EX_USAGE;
}

/* --- in words ------------------------------------------------------------- */

static void
say_good(const struct options *o, const struct sg_config *c)
{
	printf("%s: ok, %zu group%s, %zu global recipient rule%s, dry run %s, "
	    "milter at %s, DNSSEC %s\n", o->file, c->n_groups,
	    c->n_groups == 1 ? "" : "s", c->n_recipients,
	    c->n_recipients == 1 ? "" : "s", c->dry_run ? "on" : "off",
	    c->milter_socket, *c->trust_anchor_file != '\0' ? "on" : "off");
}

static void
say_bad(const struct options *o, enum sg_rc rc,
    const struct sg_config_errors *errors)
{
	sg_config_errors_print(errors, stderr);
	if (rc == SG_NONE)
		fprintf(stderr, "stsgate: name the file with -c, or make one "
		    "with: stsgate check-config --print-example\n");
	else
		fprintf(stderr, "stsgate: %zu mistake%s; the daemon does not "
		    "take %s until %s mended (stsgate.conf(5) has the "
		    "options), and one that runs keeps what it has\n",
		    errors->n, errors->n == 1 ? "" : "s", o->file,
		    errors->n == 1 ? "it is" : "they are");
}

/* --- as JSON -------------------------------------------------------------- */

/* Texts of the file need not be UTF-8: messages have what is not escaped, but
   a file's name may be anything. */
static json_t *
json_text(const char *text)
{
	json_t *s = json_string(text);

	return s != NULL ? s : json_string("?");
}

static json_t *
json_errors(const struct sg_config_errors *errors)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < errors->n; i++)
		json_array_append_new(list, json_pack("{s:o,s:i,s:o}",
		    "file", json_text(errors->e[i].file),
		    "line", (int)errors->e[i].line,
		    "text", json_text(errors->e[i].text)));
	return list;
}

static void
say_json(const struct options *o, const struct sg_config *c,
    const struct sg_config_errors *errors)
{
	json_t *out = json_pack("{s:o,s:b,s:o}", "file", json_text(o->file),
	    "valid", c != NULL, "errors", json_errors(errors));

	if (c != NULL) {
		json_object_set_new(out, "groups",
		    json_integer((json_int_t)c->n_groups));
		json_object_set_new(out, "recipients",
		    json_integer((json_int_t)c->n_recipients));
		json_object_set_new(out, "dry_run", json_boolean(c->dry_run));
		json_object_set_new(out, "milter_socket",
		    json_text(c->milter_socket));
	}
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
}

/* -------------------------------------------------------------------------- */

static int
check(const struct options *o)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c = NULL;
	enum sg_rc rc = sg_config_load(o->file, &c, &errors);

	int status = rc == SG_OK ? EX_OK : EX_CONFIG;

	if (rc == SG_OK && o->mta.mta != SG_MTA_NONE)
		status = sg_cmd_check_mta(&o->mta, c);
	else if (o->json)
		say_json(o, c, &errors);
	else if (rc == SG_OK)
		say_good(o, c);
	else
		say_bad(o, rc, &errors);
	sg_config_errors_fini(&errors);
	sg_config_unref(&c);
	return status;
}

int
sg_cmd_check_config(int argc, char **argv)
{
	struct options o = { .file = SG_CONFIG_FILE };
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.print == NULL)
		return check(&o);
	o.print(stdout);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
