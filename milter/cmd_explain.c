/* SPDX-License-Identifier: ISC */
/*
 * cmd_explain.c - `stsgate explain`: what the gate would answer to this
 * sender for these recipients, by the gate's own code.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "asker.h"
#include "cmd.h"
#include "show.h"

static void
usage(FILE *out)
{
	fputs("usage: stsgate explain --from ADDRESS --to ADDRESS... "
	      "[--login USER] [--client IP]\n"
	      "                       [--json] [-c FILE]\n"
	      "Says which group and rule apply, what is required and attained, "
	      "and the very reply.\n"
	      "The next hop is the recipient's domain: a transport map of the "
	      "relay is not known here.\n"
	      "  -F, --from ADDRESS  envelope sender, \"\" or \"<>\" for a "
	      "bounce\n"
	      "  -T, --to ADDRESS    recipient; may be given again\n"
	      "  -l, --login USER    as whom the sender has authenticated\n"
	      "  -i, --client IP     from where\n"
	      "  -c, --config FILE   instead of " SG_CONFIG_FILE "\n"
	      "  -j, --json          one object a line\n"
	      "  -h, --help          this text\n"
	      "Exit: 0 pass, 1 some fail, 2 some unknown, 64 usage, 78 "
	      "configuration.\n", out);
}

#define MAX_TO 1000

struct options {
	const char *config, *from, *login, *client;
	bool json;
	const char *to[MAX_TO];
	size_t n_to;
};

static int
bad_usage(const char *what)
{
	if (what != NULL)
		fprintf(stderr, "stsgate explain: %s\n", what);
	usage(stderr);
	return EX_USAGE;
}

static int
take_option(int c, struct options *o)
{
	struct sg_addr addr;

	switch (c) {
	case 'c':
		o->config = optarg;
		return -1;
	case 'F':
		o->from = optarg;
		return -1;
	case 'T':
		if (o->n_to == MAX_TO)
			return bad_usage("too many recipients");
		o->to[o->n_to++] = optarg;
		return -1;
	case 'l':
		o->login = optarg;
		return -1;
	case 'i':
		o->client = optarg;
		if (sg_addr_parse(optarg, &addr) != SG_OK)
			return bad_usage("--client wants an IP address");
		return -1;
	case 'j':
		o->json = true;
		return -1;
	case 'h':
		usage(stdout);
		return EX_OK;
	default:
		return bad_usage(NULL);
	}
}

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "from", required_argument, NULL, 'F' },
		{ "to", required_argument, NULL, 'T' },
		{ "login", required_argument, NULL, 'l' },
		{ "client", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c, status = -1;

	while (status < 0 &&
	    (c = getopt_long(argc, argv, "c:F:T:l:i:jh", longs, NULL)) != -1)
		status = take_option(c, o);
	if (status >= 0)
		return status;
	/* --to A B C is what people type. */
	for (; optind < argc && o->n_to < MAX_TO; optind++)
		o->to[o->n_to++] = argv[optind];
	if (optind < argc)
		return bad_usage("too many recipients");
	if (o->from == NULL || o->n_to == 0)
		return bad_usage("--from and --to are both needed");
	return -1;
}

/* Every address is read before anything is looked up. */
static int
check_addresses(const struct options *o)
{
	struct sg_err err = { .text = "" };
	struct sg_mailaddr addr;
	int bad = 0;

	if (sg_mailaddr_parse(o->from[0] != '\0' ? o->from : "<>", &addr,
		&err) != SG_OK) {
		fprintf(stderr, "stsgate explain: --from: %s\n", err.text);
		bad = EX_USAGE;
	}
	for (size_t i = 0; i < o->n_to; i++)
		if (sg_mailaddr_parse(o->to[i], &addr, &err) != SG_OK) {
			fprintf(stderr, "stsgate explain: --to: %s\n",
			    err.text);
			bad = EX_USAGE;
		}
	return bad;
}

static int
explain(const struct sg_asker *asker, const struct options *o, const char *to)
{
	struct sg_explain who = { o->from, o->login, o->client, "", false };
	struct sg_view view = { .json = o->json };
	struct sg_err err = { .text = "" };
	enum sg_result result;

	sg_page_init(&view.page, stdout);
	if (asker->remote)
		return sg_asker_send(asker, json_pack(
		    "{s:s,s:s,s:s,s:s,s:s}", "do", "explain", "from", o->from,
		    "to", to, "login", o->login, "client", o->client),
		    o->json, &view.page, stdout);
	if (sg_desk_explain(&asker->desk, &who, to, &view, &result, &err) ==
	    SG_OK)
		return sg_asker_status(result);
	fprintf(stderr, "stsgate explain: %s\n", err.text);
	return EX_USAGE;
}

int
sg_cmd_explain(int argc, char **argv)
{
	struct options o = { .login = "", .client = "" };
	struct sg_asker asker;
	int status = read_options(argc, argv, &o);

	if (status < 0 && check_addresses(&o) != 0)
		status = EX_USAGE;
	if (status >= 0)
		return status;
	if (sg_asker_open(o.config, SG_ASKER_SAME, &asker) != SG_OK)
		return EX_CONFIG;
	status = 0;
	for (size_t i = 0; i < o.n_to; i++)
		status = sg_asker_worse(status,
		    explain(&asker, &o, o.to[i]));
	sg_asker_close(&asker);
	return status;
}
