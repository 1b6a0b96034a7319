/* SPDX-License-Identifier: ISC */
/* names.c - see names.h. */
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int
add(struct sg_names *names, const char *name)
{
	char **grown;

	if (names->n % 256 == 0) {
		grown = realloc(names->name,
		    (names->n + 256) * sizeof(*names->name));
		if (grown == NULL)
			return EX_OSERR;
		names->name = grown;
	}
	names->name[names->n] = strdup(name);
	if (names->name[names->n] == NULL)
		return EX_OSERR;
	names->n++;
	return 0;
}

int
sg_names_take(char **argv, int argc, struct sg_names *out)
{
	int status = 0;

	for (int i = 0; status == 0 && i < argc; i++)
		status = add(out, argv[i]);
	return status;
}

/* Without white space around it. */
static char *
trim(char *line)
{
	char *end;

	line += strspn(line, " \t\r\n");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return line;
}

static int
read_lines(FILE *in, const char *path, struct sg_names *out)
{
	char line[SG_NAMES_LINE_MAX], *name;
	unsigned long n = 0;
	int status = 0;

	while (status == 0 && fgets(line, sizeof(line), in) != NULL) {
		n++;
		if (strchr(line, '\n') == NULL && !feof(in)) {
			fprintf(stderr, "stsgate: %s:%lu: the line is too "
			    "long\n", path, n);
			return EX_DATAERR;
		}
		name = trim(line);
		if (*name == '\0' || *name == '#')
			continue;
		if (out->n == SG_NAMES_MAX) {
			fprintf(stderr, "stsgate: %s:%lu: more than %d "
			    "names\n", path, n, SG_NAMES_MAX);
			return EX_DATAERR;
		}
		status = add(out, name);
	}
	return status;
}

int
sg_names_read(const char *path, struct sg_names *out)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int status;

	if (in == NULL) {
		fprintf(stderr, "stsgate: %s: %s\n", path, strerror(errno));
		return EX_NOINPUT;
	}
	status = read_lines(in, path, out);
	if (in != stdin)
		fclose(in);
	return status;
}

void
sg_names_fini(struct sg_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	names->name = NULL;
	names->n = 0;
}
