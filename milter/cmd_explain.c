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

#include "cmd.h"
#include "house.h"
#include "message.h"
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
	const char *config, *from, *login;
	bool json, have_client;
	struct sg_addr client;
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
		o->have_client = true;
		if (sg_addr_parse(optarg, &o->client) != SG_OK)
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

static void
print(const struct options *o, const char *to, struct sg_gate_answer *a)
{
	struct sg_message m = { .open = true, .id = "00000000" };
	struct sg_told told;
	struct sg_reply reply;
	struct sg_page page;
	bool refused = a->decision.action == SG_ACTION_DEFER ||
	    a->decision.action == SG_ACTION_REJECT;

	if (refused) {
		sg_message_told(&m, a, NULL, &told);
		sg_reply_make(&told, a->decision.action, &reply);
	}
	if (o->json)
		sg_show_json_line(stdout, sg_show_explain_json(to, a,
		    refused ? &reply : NULL));
	else {
		sg_page_init(&page, stdout);
		sg_show_explain(&page, to, a, refused ? &reply : NULL);
	}
}

static enum sg_result
explain(struct sg_house *h, const struct options *o,
    const struct sg_sender *sender, const char *to,
    const struct sg_mailaddr *addr)
{
	struct sg_nexthop hop = { .port = SG_SMTP_PORT };
	struct sg_gate_ask ask = { .config = h->config, .sender = sender,
		.group = sg_decide_group(h->config, sender), .hops = &hop,
		.n_hops = 1 };
	struct sg_gate_answer a;
	enum sg_result result;

	snprintf(hop.name, sizeof(hop.name), "%s", addr->domain);
	if (addr->kind == SG_MAILADDR_DOMAIN)
		sg_gate_recipient(h->engine, &ask, &a);
	else
		sg_gate_not_applicable(&ask, &a);
	print(o, to, &a);
	result = a.verdict.result;
	sg_gate_answer_fini(&a);
	return result;
}

static int
parse_addresses(const struct options *o, struct sg_mailaddr *from,
    struct sg_mailaddr *to)
{
	struct sg_err err = { .text = "" };
	int bad = 0;

	if (sg_mailaddr_parse(o->from[0] != '\0' ? o->from : "<>", from,
		&err) != SG_OK) {
		fprintf(stderr, "stsgate explain: --from: %s\n", err.text);
		bad = EX_USAGE;
	}
	for (size_t i = 0; i < o->n_to; i++)
		if (sg_mailaddr_parse(o->to[i], &to[i], &err) != SG_OK) {
			fprintf(stderr, "stsgate explain: --to: %s\n",
			    err.text);
			bad = EX_USAGE;
		}
	return bad;
}

static int
run(const struct options *o, const struct sg_mailaddr *from,
    const struct sg_mailaddr *to)
{
	struct sg_sender sender = { from, o->login,
		o->have_client ? &o->client : NULL };
	struct sg_house house;
	bool fail = false, unknown = false;

	if (sg_house_open(o->config, &house) != SG_OK)
		return EX_CONFIG;
	fputs("stsgate: looked up by this command, not by a running daemon\n",
	    stderr);
	for (size_t i = 0; i < o->n_to; i++) {
		enum sg_result r = explain(&house, o, &sender, o->to[i],
		    &to[i]);

		fail |= r == SG_RESULT_FAIL;
		unknown |= r == SG_RESULT_UNKNOWN;
	}
	sg_house_close(&house);
	return fail ? 1 : unknown ? 2 : 0;
}

int
sg_cmd_explain(int argc, char **argv)
{
	struct options o = { 0 };
	struct sg_mailaddr from, *to;
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	to = calloc(o.n_to, sizeof(*to));
	if (to == NULL)
		return EX_OSERR;
	status = parse_addresses(&o, &from, to);
	if (status == 0)
		status = run(&o, &from, to);
	free(to);
	return status;
}
