/* SPDX-License-Identifier: ISC */
/*
 * cmd_lint.c - `stsgate lint`: what is wrong with a policy, a TXT record or a
 * pattern, for the one who publishes it.
 *
 * It asks the parsers that the gate asks, so that nobody is told "valid" of
 * what the gate refuses. No network, no configuration: it runs where the
 * policy is written.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/domain.h"
#include "base/log.h"
#include "policy/mx_match.h"
#include "policy/sts_policy.h"
#include "policy/sts_record.h"
#include "policy/tlsrpt_record.h"

#include "cmd.h"
#include "show.h"

#define DAY_S 86400
#define SHOWN_SIZE 1024 /* of a record or a file's name */

struct options {
	bool json, colour;
};

/* Where a finding's line counts: lines of a file, or one record of several. */
struct place {
	const char *name; /* escaped */
	const char *sep;  /* between name and number */
};

static void
usage(FILE *out)
{
	fputs("usage: stsgate lint [--json] policy FILE|-\n"
	      "       stsgate lint [--json] record TXT...\n"
	      "       stsgate lint [--json] tlsrpt TXT...\n"
	      "       stsgate lint [--json] match PATTERN HOST\n"
	      "Checks what a domain publishes, without the network:\n"
	      "  policy  the file behind "
	      "https://mta-sts.DOMAIN/.well-known/mta-sts.txt\n"
	      "  record  the TXT record at _mta-sts.DOMAIN, its strings "
	      "joined; several\n"
	      "          arguments are several records at that name\n"
	      "  tlsrpt  the same at _smtp._tls.DOMAIN\n"
	      "  match   whether the `mx' PATTERN of a policy names HOST\n"
	      "  -j, --json  one JSON object, or one a line for each record\n"
	      "  -h, --help  this text\n"
	      "Exit: 0 valid or match, 1 not, 64 usage, 66 the file cannot be "
	      "read.\n", out);
}

/* --- findings ------------------------------------------------------------- */

static json_t *
findings_json(const struct sg_findings *fs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fs->n; i++)
		json_array_append_new(list,
		    json_pack("{s:i, s:s, s:s, s:s}", "line",
		        (int)fs->f[i].line, "severity",
		        sg_severity_name(fs->f[i].severity), "rfc",
		        fs->f[i].rfc, "text", fs->f[i].text));
	return list;
}

static const char *
colour_of(enum sg_severity severity)
{
	return severity == SG_ERROR ? "\033[31m"
	    : severity == SG_WARNING ? "\033[33m" : "\033[2m";
}

static void
show_findings(const struct options *o, const struct place *at,
    const struct sg_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct sg_finding *f = &fs->f[i];

		fputs(at->name, stdout);
		if (f->line > 0)
			printf("%s%u", at->sep, f->line);
		printf(": %s%s%s: %s (RFC %s)\n",
		    o->colour ? colour_of(f->severity) : "",
		    sg_severity_name(f->severity), o->colour ? "\033[0m" : "",
		    f->text, f->rfc);
	}
	if (fs->dropped > 0)
		printf("%s: %zu more findings are not shown\n", at->name,
		    fs->dropped);
}

static void
show_end(const struct options *o, bool good, const char *words)
{
	const char *on = good ? "\033[32m" : "\033[31m";

	printf("%s%s%s", o->colour ? on : "", words, o->colour ? "\033[0m"
							       : "");
}

static void
show_not_valid(const struct options *o, const char *what, size_t errors)
{
	show_end(o, false, what);
	printf(": %zu error%s\n", errors, errors == 1 ? "" : "s");
}

/* --- policy --------------------------------------------------------------- */

/* One octet more than a policy may have is enough for the parser to say that
   it is too large. */
static int
read_policy(const char *name, char text[SG_STS_POLICY_MAX_BYTES + 1],
    size_t *len)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	int error = errno;

	if (in != NULL) {
		errno = 0;
		*len = fread(text, 1, SG_STS_POLICY_MAX_BYTES + 1, in);
		error = ferror(in) ? errno : 0;
		if (in != stdin)
			fclose(in);
		if (error == 0)
			return 0;
	}
	fprintf(stderr, "stsgate lint: cannot read %s: %s\n", name,
	    strerror(error));
	return EX_NOINPUT;
}

static json_t *
policy_json(const struct sg_sts_policy *p, const struct sg_findings *fs)
{
	json_t *mx = json_array();

	for (size_t i = 0; p != NULL && i < p->n_mx; i++)
		json_array_append_new(mx, json_string(p->mx[i]));
	return json_pack("{s:b, s:s?, s:o, s:o, s:o}", "valid", p != NULL,
	    "mode", p != NULL ? sg_sts_mode_name(p->mode) : NULL, "max_age",
	    p != NULL ? json_integer(p->max_age_s) : json_null(), "mx", mx,
	    "findings", findings_json(fs));
}

static void
show_policy(const struct options *o, const struct sg_sts_policy *p,
    size_t errors)
{
	if (p == NULL) {
		show_not_valid(o, "not a valid policy", errors);
		return;
	}
	show_end(o, true, "valid policy");
	printf(": mode %s, max_age %" PRIu32, sg_sts_mode_name(p->mode),
	    p->max_age_s);
	if (p->max_age_s >= DAY_S)
		printf(" (%" PRIu32 " day%s)", p->max_age_s / DAY_S,
		    p->max_age_s / DAY_S == 1 ? "" : "s");
	for (size_t i = 0; i < p->n_mx; i++)
		printf("%s%s", i == 0 ? ", mx " : " ", p->mx[i]);
	putchar('\n');
}

static int
lint_policy(const struct options *o, char **args, int n)
{
	struct sg_sts_policy *p = NULL;
	struct sg_findings fs = { 0 };
	char name[SHOWN_SIZE], *text;
	struct place at = { name, ":" };
	struct sg_err err = { .text = "" };
	size_t len = 0;
	int status;

	(void)n;
	text = malloc(SG_STS_POLICY_MAX_BYTES + 1);
	if (text == NULL)
		return EX_OSERR;
	status = read_policy(args[0], text, &len);
	if (status == 0 && sg_sts_policy_parse(text, len, &p, &fs, &err) ==
	    SG_RETRY) {
		fprintf(stderr, "stsgate lint: %s\n", err.text);
		status = EX_OSERR;
	}
	free(text);
	if (status != 0)
		return status;
	sg_log_escape(name, sizeof(name), args[0], strlen(args[0]));
	if (o->json)
		sg_show_json_line(stdout, policy_json(p, &fs));
	else {
		show_findings(o, &at, &fs);
		show_policy(o, p, fs.errors);
	}
	status = p != NULL ? 0 : 1;
	sg_sts_policy_free(&p);
	return status;
}

/* --- records -------------------------------------------------------------- */

/* What one TXT record is worth. */
struct judged {
	bool valid;
	char id[SG_STS_ID_SIZE];
	struct sg_tlsrpt tlsrpt;
	struct sg_findings fs;
};

struct kind {
	const char *name, *prefix, *rfc;
	enum sg_rc (*parse)(struct sg_txt txt, struct judged *j);
	json_t *(*json)(const struct judged *j);
	void (*show)(const struct judged *j);
};

static enum sg_rc
parse_sts(struct sg_txt txt, struct judged *j)
{
	return sg_sts_record_parse(txt, j->id, &j->fs);
}

static json_t *
sts_json(const struct judged *j)
{
	return json_pack("{s:b, s:s?, s:o}", "valid", j->valid, "id",
	    j->valid ? j->id : NULL, "findings", findings_json(&j->fs));
}

static void
show_sts(const struct judged *j)
{
	printf(": id %s\n", j->id);
}

static enum sg_rc
parse_tlsrpt(struct sg_txt txt, struct judged *j)
{
	return sg_tlsrpt_parse(txt, &j->tlsrpt, &j->fs);
}

static json_t *
tlsrpt_json(const struct judged *j)
{
	json_t *rua = json_array();

	for (size_t i = 0; j->valid && i < j->tlsrpt.n_rua; i++)
		json_array_append_new(rua, json_string(j->tlsrpt.rua[i]));
	return json_pack("{s:b, s:o, s:o}", "valid", j->valid, "rua", rua,
	    "findings", findings_json(&j->fs));
}

static void
show_tlsrpt(const struct judged *j)
{
	printf(": reports go to");
	for (size_t i = 0; i < j->tlsrpt.n_rua; i++)
		printf("%s %s", i > 0 ? "," : "", j->tlsrpt.rua[i]);
	putchar('\n');
}

static const struct kind sts = { "MTA-STS", "v=STSv1;", "8461 3.1",
	parse_sts, sts_json, show_sts };
static const struct kind tlsrpt = { "TLSRPT", "v=TLSRPTv1;", "8460 3",
	parse_tlsrpt, tlsrpt_json, show_tlsrpt };

static bool
is_of_kind(const struct kind *k, const char *record)
{
	return strncmp(record, k->prefix, strlen(k->prefix)) == 0;
}

static int
count_of_kind(const struct kind *k, char **args, int n)
{
	int of_kind = 0;

	for (int i = 0; i < n; i++)
		of_kind += is_of_kind(k, args[i]);
	return of_kind;
}

/* Record i of the n at one name. A lone one is judged by the grammar. Of
   several, those that do not begin as they must are another's business, and
   exactly one must remain (RFC 8461 3.1, RFC 8460 3). */
static void
judge(const struct kind *k, char **args, int n, int i, struct judged *j)
{
	struct sg_txt txt = { args[i], strlen(args[i]) };
	int of_kind = count_of_kind(k, args, n);

	memset(j, 0, sizeof(*j));
	if (n > 1 && !is_of_kind(k, args[i])) {
		sg_finding_add(&j->fs, 0, SG_NOTE, k->rfc,
		    "does not begin with `%s': no %s record, passed over",
		    k->prefix, k->name);
		return;
	}
	j->valid = k->parse(txt, j) == SG_OK;
	if (n == 1 || of_kind == 1)
		return;
	j->valid = false;
	sg_finding_add(&j->fs, 0, SG_ERROR, k->rfc,
	    "one of %d %s records where one must be: senders act as if there "
	    "were none; remove the others", of_kind, k->name);
}

static void
show_record(const struct options *o, const struct kind *k, const char *record,
    const struct place *at, const struct judged *j)
{
	char shown[SHOWN_SIZE];

	printf("%s: %s\n", at->name, sg_log_escape(shown, sizeof(shown),
	    record, strlen(record)));
	show_findings(o, at, &j->fs);
	if (j->valid) {
		show_end(o, true, "valid record");
		k->show(j);
	} else if (j->fs.errors > 0)
		show_not_valid(o, "not a valid record", j->fs.errors);
}

/* What senders make of several records together. */
static void
show_choice(const struct options *o, const struct kind *k, int of_kind,
    int valid)
{
	show_end(o, valid > 0, valid > 0 ? "valid" : "not valid");
	if (valid > 0)
		printf(": record %d applies\n", valid);
	else if (of_kind == 0)
		printf(": none of these is an %s record\n", k->name);
	else if (of_kind == 1)
		printf(": the only %s record is malformed\n", k->name);
	else
		printf(": %d %s records where one must be\n", of_kind, k->name);
}

/* All n records at one name, and whether one of them applies. */
static int
lint_records(const struct options *o, const struct kind *k, char **args,
    int n)
{
	char name[32] = "record";
	struct place at = { name, " " };
	struct judged j;
	int valid = 0;

	for (int i = 0; i < n; i++) {
		judge(k, args, n, i, &j);
		if (n > 1)
			snprintf(name, sizeof(name), "record %d", i + 1);
		if (o->json)
			sg_show_json_line(stdout, k->json(&j));
		else
			show_record(o, k, args[i], &at, &j);
		if (j.valid)
			valid = i + 1;
		sg_tlsrpt_fini(&j.tlsrpt);
	}
	if (n > 1 && !o->json)
		show_choice(o, k, count_of_kind(k, args, n), valid);
	return valid > 0 ? 0 : 1;
}

static int
lint_tlsrpt(const struct options *o, char **args, int n)
{
	return lint_records(o, &tlsrpt, args, n);
}

/* The exit status is the gate's own choice among the records. */
static int
lint_record(const struct options *o, char **args, int n)
{
	struct sg_txt *txts = calloc((size_t)n, sizeof(*txts));
	char id[SG_STS_ID_SIZE];
	enum sg_rc rc;

	if (txts == NULL)
		return EX_OSERR;
	for (int i = 0; i < n; i++)
		txts[i] = (struct sg_txt) { args[i], strlen(args[i]) };
	rc = sg_sts_record_select(txts, (size_t)n, id, NULL);
	free(txts);
	lint_records(o, &sts, args, n);
	return rc == SG_OK ? 0 : 1;
}

/* --- match ---------------------------------------------------------------- */

/* The problem of a pattern or host is told, not only that they do not fit. */
static void
explain_no_match(const char *pattern, const char *host, const char *why)
{
	const char *problem = sg_mx_pattern_problem(pattern, strlen(pattern));

	if (problem != NULL)
		fprintf(stderr, "stsgate lint: `mx' %s\n", problem);
	if (why[0] != '\0')
		fprintf(stderr, "stsgate lint: the host is %s\n", why);
	else if (strcmp(pattern, host) != 0 && problem == NULL &&
	    strncmp(pattern, "*.", 2) == 0)
		fputs("stsgate lint: `*.' stands for exactly one label\n",
		    stderr);
}

static int
lint_match(const struct options *o, char **args, int n)
{
	char shown[2][SHOWN_SIZE], host[SG_DOMAIN_SIZE];
	struct sg_err err = { .text = "" };
	bool match;

	(void)n;
	match = sg_domain_from_text(args[1], strlen(args[1]), host, &err) ==
	    SG_OK && sg_mx_match(args[0], host);
	for (int i = 0; i < 2; i++)
		sg_log_escape(shown[i], sizeof(shown[i]), args[i],
		    strlen(args[i]));
	if (!match)
		explain_no_match(args[0], args[1], err.text);
	if (o->json)
		sg_show_json_line(stdout, json_pack("{s:b}", "match", match));
	else {
		show_end(o, match, match ? "match" : "no match");
		printf(": %s %s %s\n", shown[0], match ? "names"
						       : "does not name",
		    shown[1]);
	}
	return match ? 0 : 1;
}

/* --- the command ---------------------------------------------------------- */

static const struct subject {
	const char *name;
	int (*lint)(const struct options *o, char **args, int n);
	int min, max; /* arguments */
} subjects[] = {
	{ "policy", lint_policy, 1, 1 },
	{ "record", lint_record, 1, 100 },
	{ "tlsrpt", lint_tlsrpt, 1, 100 },
	{ "match", lint_match, 2, 2 },
};

static const struct subject *
find_subject(const char *name)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strcmp(subjects[i].name, name) == 0)
			return &subjects[i];
	return NULL;
}

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (c != 'j') {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EX_OK : EX_USAGE;
		}
		o->json = true;
	}
	return -1;
}

int
sg_cmd_lint(int argc, char **argv)
{
	struct options o = { .colour = sg_page_wants_colour(stdout) };
	const struct subject *subject = NULL;
	int status = read_options(argc, argv, &o), n = argc - optind - 1;

	if (status >= 0)
		return status;
	if (n >= 0)
		subject = find_subject(argv[optind]);
	if (subject == NULL || n < subject->min || n > subject->max) {
		usage(stderr);
		return EX_USAGE;
	}
	status = subject->lint(&o, argv + optind + 1, n);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "stsgate lint: cannot write: %s\n",
		    strerror(errno));
		return EX_IOERR;
	}
	return status;
}
