/* SPDX-License-Identifier: ISC */
/*
 * confdoc.c - the texts that the build makes from the option table.
 *
 * A program of its own, so that neither the daemon nor its privileges are
 * needed to build a manual. `paths' tells with which directories it was built.
 */
#include <stdio.h>
#include <string.h>
#include "config/config.h"

int
main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "example") == 0)
		sg_config_print_example(stdout);
	else if (strcmp(what, "mdoc") == 0)
		sg_config_print_mdoc(stdout);
	else if (strcmp(what, "paths") == 0)
		printf("%s\n%s\n%s\n", SG_SYSCONFDIR, SG_LOCALSTATEDIR,
		    SG_RUNSTATEDIR);
	else {
		fputs("usage: confdoc example | mdoc | paths\n", stderr);
		return 64;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
