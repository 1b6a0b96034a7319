/* SPDX-License-Identifier: ISC */
/*
 * cmd_report.c - `stsgate report`: what was decided, and what a dry run would
 * have done.
 *
 * The file in state_dir is read as it is, daemon or not, and never written: who
 * asks may be root, and the file is the daemon's.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "config/config.h"
#include "report/days.h"
#include "report/page.h"
#include "report_show.h"
#include "page.h"
#include "show.h"

#define DAYS_DEFAULT "7d"
#define WIDTH_DEFAULT 80

static void
usage(FILE *out)
{
	fputs("usage: stsgate report [--since T] [--html FILE] [--json] "
	      "[-c FILE]\n"
	      "Says what the gate decided, what it stopped or would have "
	      "stopped, whose mail,\n"
	      "why, and what to do about it.\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -s, --since T      7d: today and the six days before "
	      "(default); or 2026-11-20\n"
	      "  -w, --html FILE    write a page with plots to FILE; - is "
	      "standard output\n"
	      "  -j, --json         one object, with every count\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 also if there is nothing to report, 64 usage, 69 the "
	      "report cannot be\nread now, 73 FILE cannot be written, 78 "
	      "configuration.\n", out);
}

struct options {
	const char *config, *html;
	bool json;
	int32_t today, since;
};

/* --- since when ----------------------------------------------------------- */

/* "7d" */
static bool
read_span(const char *text, int32_t today, int32_t *since)
{
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || strcmp(end, "d") != 0 || n < 1 || n > 100000)
		return false;
	*since = n <= today ? today - (int32_t)n + 1 : 0;
	return true;
}

/* "2026-11-20", a day that there is. */
static bool
read_date(const char *text, int32_t *since)
{
	struct tm tm = { 0 };
	char again[SG_DAY_TEXT_SIZE];
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t = timegm(&tm);

	if (end == NULL || *end != '\0' || t < 0 ||
	    t / SG_DAY_S > INT32_MAX)
		return false;
	*since = (int32_t)(t / SG_DAY_S);
	return strcmp(sg_day_format(*since, again), text) == 0;
}

static bool
read_since(const char *text, int32_t today, int32_t *since)
{
	if (read_span(text, today, since) || read_date(text, since))
		return true;
	fprintf(stderr, "stsgate report: --since: expected days such as 7d, "
	    "or a date such as 2026-11-20\n");
	return false;
}

/* --- options -------------------------------------------------------------- */

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "since", required_argument, NULL, 's' },
		{ "html", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:s:w:jh", longs, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'w')
			o->html = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 's') {
			if (!read_since(optarg, o->today, &o->since))
				return EX_USAGE;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EX_OK : EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EX_USAGE;
}

static enum sg_rc
load(const char *path, struct sg_config **out_r)
{
	struct sg_config_errors errors = { 0 };
	enum sg_rc rc;

	rc = sg_config_load(path != NULL ? path : SG_CONFIG_FILE, out_r,
	    &errors);
	if (rc == SG_NONE && path == NULL) {
		sg_config_errors_fini(&errors);
		memset(&errors, 0, sizeof(errors));
		rc = sg_config_parse("", "defaults", out_r, &errors);
	}
	if (rc != SG_OK)
		sg_config_errors_print(&errors, stderr);
	sg_config_errors_fini(&errors);
	return rc == SG_OK ? SG_OK : SG_BAD;
}

/* --- writing -------------------------------------------------------------- */

static void
write_page(const struct sg_summary *s, const struct sg_config *config,
    FILE *out)
{
	char host[256] = "";
	struct sg_page_params page = { s, host, sg_wall_now(),
		config->report_days };

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "this relay");
	sg_page_write(&page, out);
}

/* A new file beside path, with the rights that a new file gets. */
static FILE *
open_beside(const char *path, char **name_r)
{
	mode_t mask = umask(077);
	FILE *f = NULL;
	int fd;

	(void)umask(mask);
	if (asprintf(name_r, "%s.XXXXXX", path) < 0) {
		*name_r = NULL;
		return NULL;
	}
	fd = mkstemp(*name_r);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		f = fdopen(fd, "w");
	if (f == NULL && fd >= 0) {
		(void)unlink(*name_r);
		close(fd);
	}
	return f;
}

/* Whole or not at all: somebody may be reading the old one. */
static int
replace_page(const struct options *o, const struct sg_summary *s,
    const struct sg_config *config)
{
	char *name = NULL;
	FILE *f = open_beside(o->html, &name);
	bool done = f != NULL;

	if (f != NULL) {
		write_page(s, config, f);
		done = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
		done = fclose(f) == 0 && done;
		done = done && rename(name, o->html) == 0;
	}
	if (!done) {
		fprintf(stderr, "stsgate report: %s: %s\n", o->html,
		    strerror(errno));
		if (f != NULL)
			(void)unlink(name);
	}
	free(name);
	return done ? EX_OK : EX_CANTCREAT;
}

static unsigned
screen_width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return WIDTH_DEFAULT;
}

static int
write_out(const struct options *o, const struct sg_config *config,
    const struct sg_days_rows *rows, const struct sg_summary *s)
{
	int status = EX_OK;

	if (o->html != NULL && strcmp(o->html, "-") == 0)
		write_page(s, config, stdout);
	else if (o->html != NULL)
		status = replace_page(o, s, config);
	if (o->json)
		sg_report_json(stdout, s, rows);
	else if (o->html == NULL && rows->n > 0)
		sg_report_show(stdout, sg_page_wants_colour(stdout),
		    screen_width(), s);
	if (fflush(stdout) != 0 || ferror(stdout))
		return EX_IOERR;
	return status;
}

/* --- the command ---------------------------------------------------------- */

/* That there is nothing is an answer. */
static void
say_none(const struct options *o, const struct sg_config *config, bool file)
{
	char day[SG_DAY_TEXT_SIZE];

	if (config->report_days == 0)
		fputs("stsgate report: report_days = 0: nothing is kept\n",
		    stderr);
	else if (!file)
		fprintf(stderr, "stsgate report: %s/" SG_DAYS_FILE " is not "
		    "there: the daemon makes it in its first seconds\n",
		    config->state_dir);
	else
		fprintf(stderr, "stsgate report: no recipient was decided "
		    "since %s\n", sg_day_format(o->since, day));
}

static int
report(const struct options *o, const struct sg_config *config)
{
	struct sg_days_rows rows;
	struct sg_summary s;
	struct sg_err err = { .text = "" };
	char path[4096];
	enum sg_rc rc;
	int status = EX_UNAVAILABLE;

	snprintf(path, sizeof(path), "%s/" SG_DAYS_FILE, config->state_dir);
	rc = sg_days_rows_read(path, o->since, &rows, &err);
	if (rc == SG_RETRY || rc == SG_BAD)
		fprintf(stderr, "stsgate report: %s%s\n", err.text,
		    rc == SG_BAD ? "" : "; it may go better later, or when "
		    "the daemon was started");
	else if (sg_summary_make(&rows, o->since, o->today, &s) != SG_OK)
		fputs("stsgate report: out of memory\n", stderr);
	else {
		if (rows.n == 0)
			say_none(o, config, rc == SG_OK);
		if (rows.unfit > 0)
			fprintf(stderr, "stsgate report: %zu rows of %s are "
			    "not as they should be and were left out\n",
			    rows.unfit, path);
		status = write_out(o, config, &rows, &s);
		sg_summary_free(&s);
	}
	sg_days_rows_free(&rows);
	return status;
}

int
sg_cmd_report(int argc, char **argv)
{
	struct options o = { .today = sg_day_of(sg_wall_now()) };
	struct sg_config *config = NULL;
	int status;

	(void)read_span(DAYS_DEFAULT, o.today, &o.since);
	status = read_options(argc, argv, &o);
	if (status >= 0)
		return status;
	if (load(o.config, &config) != SG_OK)
		return EX_CONFIG;
	status = report(&o, config);
	sg_config_unref(&config);
	return status;
}
