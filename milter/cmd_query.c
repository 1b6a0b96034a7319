/* SPDX-License-Identifier: ISC */
/*
 * cmd_query.c - `stsgate query`: what is known or found out of next hops.
 *
 * The running daemon is asked, for it knows most; without one the command
 * brings its own engine and worker. Many names are asked several at once; what
 * comes is printed in their order.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "asker.h"
#include "cmd.h"
#include "many.h"
#include "names.h"
#include "show.h"

static void
usage(FILE *out)
{
	fputs("usage: stsgate query [--json] [--fresh] [--no-probe] [-c FILE] "
	      "NEXT-HOP...\n"
	      "       stsgate query --file FILE\n"
	      "Looks up each next hop (good.test, [mx.good.test], "
	      "[mx.good.test]:587) and\n"
	      "says what is published and whether it holds; the running "
	      "daemon is asked if\n"
	      "there is one.\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -F, --file FILE    names, one a line; - is standard input\n"
	      "  -f, --fresh        do not be content with what is known\n"
	      "  -j, --json         one object a line\n"
	      "  -n, --no-probe     connect to no mail server; the daemon is "
	      "not asked\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 pass, 1 some fail, 2 some unknown, 64 usage, 78 "
	      "configuration.\n", out);
}

struct options {
	const char *config, *file;
	bool json, fresh, no_probe;
};

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "file", required_argument, NULL, 'F' },
		{ "fresh", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-probe", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:F:fjnh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'F':
			o->file = optarg;
			break;
		case 'f':
			o->fresh = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'n':
			o->no_probe = true;
			break;
		default:
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EX_OK : EX_USAGE;
		}
	}
	if ((optind == argc) == (o->file == NULL)) {
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

struct query {
	struct sg_asker asker;
	const struct options *o;
	struct sg_page page; /* of the terminal; several print at a time */
};

static int
ask_one(void *arg, const char *name, FILE *out)
{
	struct query *q = arg;
	struct sg_view view = { .page = q->page, .json = q->o->json };
	enum sg_result result;
	struct sg_err err = { .text = "" };

	if (q->asker.remote)
		return sg_asker_send(&q->asker, json_pack("{s:s,s:s,s:b}",
		    "do", "query", "name", name, "fresh", q->o->fresh),
		    q->o->json, &q->page, out);
	view.page.out = out;
	if (sg_desk_query(&q->asker.desk, name, q->o->fresh, !q->o->no_probe,
		&view, &result, &err) == SG_OK)
		return sg_asker_status(result);
	fprintf(stderr, "stsgate query: %s\n", err.text);
	return EX_USAGE;
}

/* Every name is read before anything is looked up. */
static int
check_names(const struct sg_names *names)
{
	struct sg_nexthop hop;
	struct sg_err err = { .text = "" };
	int bad = 0;

	for (size_t i = 0; i < names->n; i++)
		if (sg_nexthop_parse(names->name[i], &hop, &err) == SG_BAD) {
			fprintf(stderr, "stsgate query: %s\n", err.text);
			bad = EX_USAGE;
		}
	return bad;
}

static int
run(const struct options *o, const struct sg_names *names)
{
	struct query q = { .o = o };
	struct sg_many many = { .names = names, .ask = ask_one, .arg = &q,
		.what = "query" };
	int status;

	sg_page_init(&q.page, stdout);
	if (sg_asker_open(o->config, o->no_probe ? SG_ASKER_OWN : SG_ASKER_ANY,
		&q.asker) != SG_OK)
		return EX_CONFIG;
	if (o->no_probe)
		q.asker.house.config->probe_enable = false;
	status = sg_many_run(&many);
	sg_asker_close(&q.asker);
	return status;
}

int
sg_cmd_query(int argc, char **argv)
{
	struct options o = { 0 };
	struct sg_names names = { 0 };
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	status = o.file != NULL
	    ? sg_names_read(o.file, &names)
	    : sg_names_take(argv + optind, argc - optind, &names);
	if (status == 0)
		status = check_names(&names);
	if (status == 0)
		status = run(&o, &names);
	sg_names_fini(&names);
	return status;
}
