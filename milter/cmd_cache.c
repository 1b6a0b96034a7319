/* SPDX-License-Identifier: ISC */
/* cmd_cache.c - `stsgate cache`, `status`, `reload`: requests to the running
   daemon, answered there (control.h). */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd.h"
#include "config/config.h"
#include "remote.h"

struct options {
	const char *config;
	bool json, all;
};

static const struct option longs[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };

/* -1: go on; else the exit status. allowed: of "acj". */
static int
read_options(int argc, char **argv, const char *allowed,
    void (*usage)(FILE *out), struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "ac:jh", longs, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return EX_OK;
		}
		if (strchr(allowed, c) == NULL) {
			usage(stderr);
			return EX_USAGE;
		}
		if (c == 'c')
			o->config = optarg;
		else if (c == 'j')
			o->json = true;
		else
			o->all = true;
	}
	return -1;
}

static json_t *
request(const char *what, const struct options *o)
{
	json_t *r = json_pack("{s:s}", "do", what);
	struct sg_page page;

	sg_page_init(&page, stdout);
	sg_remote_form(r, o->json, &page);
	return r;
}

/* --- cache ------------------------------------------------------------------------- */

static void
cache_usage(FILE *out)
{
	fputs("usage: stsgate cache list|stats [--json] [-c FILE]\n"
	      "       stsgate cache show|refresh|purge NEXT-HOP... [--json] "
	      "[-c FILE]\n"
	      "       stsgate cache purge --all [-c FILE]\n"
	      "What the running daemon knows.\n"
	      "  list               all next hops, a line each\n"
	      "  show               what is known of one, MX by MX\n"
	      "  refresh            looks it up again, and shows it\n"
	      "  purge              forgets it, its policy too: the next mail "
	      "is a first contact\n"
	      "  stats              memory, disk, lookups, workers\n"
	      "  -a, --all          purge everything\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -j, --json         one object a line\n"
	      "  -h, --help         this text\n"
	      "Exit: 0, 1 not found, 64 usage, 69 no daemon to ask, 78 "
	      "configuration.\n", out);
}

static const struct verb {
	const char *word, *request;
	bool names; /* it is about next hops */
	bool fresh, may_all;
	const char *progress;
} verbs[] = {
	{ "list", "list", false, false, false, NULL },
	{ "stats", "stats", false, false, false, NULL },
	{ "show", "show", true, false, false, NULL },
	{ "refresh", "query", true, true, false, NULL },
	{ "purge", "purge", true, false, true, "purged" },
};

static const struct verb *
find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

/* The verdict of a refreshed next hop is no failure of the command. */
static int
one_name(const struct verb *verb, const struct options *o, const char *name)
{
	json_t *r = request(verb->request, o);
	int status;

	json_object_set_new(r, "name", json_string(name));
	json_object_set_new(r, "fresh", json_boolean(verb->fresh));
	if (json_object_get(r, "name") == NULL) {
		json_decref(r);
		fputs("stsgate: a name that is not text\n", stderr);
		return EX_USAGE;
	}
	status = sg_remote_run(o->config, r, verb->progress);
	return verb->fresh && status <= 2 ? EX_OK : status;
}

static int
each_name(const struct verb *verb, const struct options *o, char **names)
{
	int status = EX_OK, s;

	for (; *names != NULL; names++) {
		s = one_name(verb, o, *names);
		if (s == EX_UNAVAILABLE || s == EX_CONFIG)
			return s;
		if (s > status)
			status = s;
	}
	return status;
}

int
sg_cmd_cache(int argc, char **argv)
{
	struct options o = { 0 };
	const struct verb *verb;
	json_t *r;
	int status = read_options(argc, argv, "acj", cache_usage, &o);

	if (status >= 0)
		return status;
	verb = optind < argc ? find_verb(argv[optind]) : NULL;
	if (verb == NULL || (o.all && !verb->may_all) ||
	    (verb->names && !o.all) != (optind + 1 < argc)) {
		cache_usage(stderr);
		return EX_USAGE;
	}
	if (optind + 1 < argc)
		return each_name(verb, &o, argv + optind + 1);
	r = request(verb->request, &o);
	json_object_set_new(r, "all", json_boolean(o.all));
	return sg_remote_run(o.config, r, verb->progress);
}

/* --- status, reload ----------------------------------------------------------------- */

static void
status_usage(FILE *out)
{
	fputs("usage: stsgate status [--json] [-c FILE]\n"
	      "How the running daemon fares.\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -j, --json         one object\n"
	      "  -h, --help         this text\n"
	      "Exit: 0, 64 usage, 69 no daemon to ask, 78 configuration.\n",
	      out);
}

int
sg_cmd_status(int argc, char **argv)
{
	struct options o = { 0 };
	int status = read_options(argc, argv, "cj", status_usage, &o);

	if (status >= 0)
		return status;
	if (optind < argc) {
		status_usage(stderr);
		return EX_USAGE;
	}
	return sg_remote_run(o.config, request("status", &o), NULL);
}

static void
reload_usage(FILE *out)
{
	fputs("usage: stsgate reload [-c FILE]\n"
	      "The running daemon reads its configuration again. With a "
	      "mistake in it the old one\n"
	      "stays in force, and the mistakes are printed.\n"
	      "  -c, --config FILE  where the control socket's path is read "
	      "from,\n"
	      "                     instead of " SG_CONFIG_FILE "\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 taken, 64 usage, 69 no daemon to ask, 78 "
	      "configuration.\n", out);
}

int
sg_cmd_reload(int argc, char **argv)
{
	struct options o = { 0 };
	int status = read_options(argc, argv, "c", reload_usage, &o);

	if (status >= 0)
		return status;
	if (optind < argc) {
		reload_usage(stderr);
		return EX_USAGE;
	}
	return sg_remote_run(o.config, request("reload", &o), NULL);
}
