/* SPDX-License-Identifier: ISC */
/* main.c - the subcommands, one row each. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/unistd.h>

#include "cmd.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *does;
} commands[] = {
	{ "serve", sg_cmd_serve, "the daemon" },
	{ "check-config", sg_cmd_check_config, "validates the configuration" },
	{ "query", sg_cmd_query, "what is found out of a next hop" },
	{ "explain", sg_cmd_explain,
	    "what the gate would answer, and why" },
	{ "cache", sg_cmd_cache, "what the running daemon knows" },
	{ "status", sg_cmd_status, "how the running daemon fares" },
	{ "reload", sg_cmd_reload, "makes it read its configuration again" },
	{ "held", sg_cmd_held, "messages on hold, judged again" },
	{ "report", sg_cmd_report,
	    "what was decided, and what a dry run would have stopped" },
	{ "lint", sg_cmd_lint, "checks policies and records for their owners" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fputs("usage: stsgate COMMAND [ARGUMENT...]\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-14s %s\n", commands[i].name,
		    commands[i].does);
	fputs("stsgate COMMAND --help tells more; the manual is stsgate(8).\n",
	    out);
}

int
main(int argc, char **argv, char **envp)
{
	const char *name = argc > 1 ? argv[1] : "";

	setproctitle_init(argc, argv, envp);
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0) {
		usage(stdout);
		return EX_OK;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		puts("stsgate " PACKAGE_VERSION);
		return EX_OK;
	}
	if (name[0] != '\0')
		fprintf(stderr, "stsgate: no such command: %s\n", name);
	usage(stderr);
	return EX_USAGE;
}
