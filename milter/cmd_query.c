/* SPDX-License-Identifier: ISC */
/* cmd_query.c - `stsgate query`: what is found out of next hops. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <string.h>

#include "cmd.h"
#include "house.h"
#include "show.h"

static void
usage(FILE *out)
{
	fputs("usage: stsgate query [--json] [--fresh] [--no-probe] [-c FILE] "
	      "NEXT-HOP...\n"
	      "Looks up each next hop (good.test, [mx.good.test], "
	      "[mx.good.test]:587) and\n"
	      "says what is published and whether it holds.\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -f, --fresh        do not be content with what is known\n"
	      "  -j, --json         one object a line\n"
	      "  -n, --no-probe     connect to no mail server\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 pass, 1 some fail, 2 some unknown, 64 usage, 78 "
	      "configuration.\n", out);
}

struct options {
	const char *config;
	bool json, fresh, no_probe;
};

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "fresh", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-probe", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:fjnh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
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
	if (optind == argc) {
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

/* An address literal or a local socket: no policy applies (STANDARDS A-04). */
static void
show_not_applicable(const struct options *o, const struct sg_page *page,
    const char *name)
{
	struct sg_verdict v = { .result = SG_RESULT_NOT_APPLICABLE };

	if (o->json)
		sg_show_json_line(stdout, sg_show_query_json(name, NULL, &v));
	else {
		printf("%s%s%s\n", page->bold, name, page->end);
		sg_page_line(page, "verdict", "not-applicable: an address "
		    "literal or a local socket");
	}
}

static enum sg_result
query(struct sg_house *h, const struct options *o,
    const struct sg_page *page, const struct sg_nexthop *hop)
{
	struct sg_ask ask = { .hop = *hop, .fresh = o->fresh, .demand = !o->no_probe,
		.deadline_ms = (int)h->config->reply_deadline_ms };
	struct sg_answer answer;
	struct sg_verdict v;
	char key[SG_NEXTHOP_KEY_SIZE];

	sg_engine_ask(h->engine, &ask, &answer);
	sg_nexthop_key(hop, key);
	sg_decide_verdict(answer.facts, SG_REQUIRE_PUBLISHED, false,
	    sg_wall_now(), &v);
	if (o->json)
		sg_show_json_line(stdout,
		    sg_show_query_json(key, answer.facts, &v));
	else
		sg_show_query(page, key, answer.facts, &v);
	sg_facts_unref(&answer.facts);
	return v.result;
}

/* Every name is read before anything is looked up. */
static int
check_names(char **names)
{
	struct sg_nexthop hop;
	struct sg_err err = { .text = "" };
	int bad = 0;

	for (; *names != NULL; names++)
		if (sg_nexthop_parse(*names, &hop, &err) == SG_BAD) {
			fprintf(stderr, "stsgate query: %s\n", err.text);
			bad = EX_USAGE;
		}
	return bad;
}

int
sg_cmd_query(int argc, char **argv)
{
	struct options o = { 0 };
	struct sg_house house;
	struct sg_nexthop hop;
	struct sg_page page;
	bool fail = false, unknown = false;
	int status = read_options(argc, argv, &o);

	if (status < 0 && check_names(argv + optind) != 0)
		status = EX_USAGE;
	if (status >= 0)
		return status;
	if (sg_house_open(o.config, &house) != SG_OK)
		return EX_CONFIG;
	if (o.no_probe)
		house.config->probe_enable = false;
	fputs("stsgate: looked up by this command, not by a running daemon\n",
	    stderr);
	sg_page_init(&page, stdout);
	for (int i = optind; i < argc; i++) {
		if (sg_nexthop_parse(argv[i], &hop, NULL) != SG_OK) {
			show_not_applicable(&o, &page, argv[i]);
			continue;
		}
		switch (query(&house, &o, &page, &hop)) {
		case SG_RESULT_FAIL:
			fail = true;
			break;
		case SG_RESULT_UNKNOWN:
			unknown = true;
			break;
		case SG_RESULT_PASS:
		case SG_RESULT_NOT_APPLICABLE:
			break;
		}
	}
	sg_house_close(&house);
	return fail ? 1 : unknown ? 2 : 0;
}
