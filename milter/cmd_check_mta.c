/* SPDX-License-Identifier: ISC */
/*
 * cmd_check_mta.c - `stsgate check-config --mta`: is the MTA wired so that
 * stsgate can do its work?
 *
 * Here the MTA's configuration is read, by its own tool where it has one; what
 * is right and wrong is judged in mta_postfix.c and mta_sendmail.c, which see
 * texts only.
 */
#include <sys/stat.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd_check_mta.h"
#include "mta_files.h"
#include "mta_findings.h"
#include "mta_postfix.h"
#include "mta_run.h"
#include "mta_sendmail.h"
#include "page.h"
#include "show.h"

#define SENDMAIL_CF "/etc/mail/sendmail.cf"
#define TOOL_MS 10000
#define MAX_OUTPUT (4u << 20)
#define MAX_WARNINGS 20

struct job {
	const struct sg_check_mta *ask;
	const struct sg_config *c;
	struct sg_mta_findings fs;
	char version[80]; /* of the MTA */
	char path[1024];  /* what was read */
};

/* --- Postfix ------------------------------------------------------------------- */

/* One run of postconf or postmap: "" if it failed, and then err says why. */
static enum sg_rc
ask_tool(const struct job *j, const char *tool, const char *const *arguments,
    struct sg_run *run, struct sg_err *err)
{
	const char *argv[8] = { tool };
	size_t n = 1;
	enum sg_rc rc;

	if (j->path[0] != '\0') {
		argv[n++] = "-c";
		argv[n++] = j->path;
	}
	while (*arguments != NULL)
		argv[n++] = *arguments++;
	*run = (struct sg_run) { .argv = argv, .deadline_ms = TOOL_MS,
		.max_bytes = MAX_OUTPUT };
	rc = sg_run(run, err);
	run->argv = NULL;
	return rc;
}

static enum sg_rc
ask_postconf(const struct job *j, const char *flag, struct sg_run *run,
    struct sg_err *err)
{
	const char *const arguments[] = { flag, NULL };
	enum sg_rc rc = ask_tool(j, "postconf", arguments, run, err);

	if (rc != SG_OK || run->status == 0)
		return rc;
	sg_err_set(err, SG_REASON_INTERNAL, "postconf %s: %.180s", flag,
	    run->errors);
	return SG_BAD;
}

/* A misspelt parameter is one that does nothing. */
static void
take_warnings(struct job *j, const char *text)
{
	static const struct sg_mta_about about = { SG_WARNING,
		SG_TOPIC_OTHER, "postconf(1)", NULL };
	static const char mark[] = "warning: ";

	for (unsigned n = 0; n < MAX_WARNINGS &&
	    (text = strstr(text, mark)) != NULL; n++) {
		text += strlen(mark);
		sg_mta_find(&j->fs, &about, "%.*s",
		    (int)strcspn(text, "\n"), text);
	}
}

static enum sg_rc
read_postfix(struct job *j, struct sg_postfix **out_r, struct sg_err *err)
{
	struct sg_run x = { .out = NULL }, f = x, p = x;
	struct sg_postconf_text text;
	enum sg_rc rc = ask_postconf(j, "-x", &x, err);

	if (rc == SG_OK)
		rc = ask_postconf(j, "-F", &f, err);
	if (rc == SG_OK)
		rc = ask_postconf(j, "-Px", &p, err);
	if (rc == SG_OK) {
		take_warnings(j, x.errors);
		text = (struct sg_postconf_text) { x.out, f.out, p.out };
		rc = sg_postfix_parse(&text, out_r, err);
	}
	sg_run_fini(&x);
	sg_run_fini(&f);
	sg_run_fini(&p);
	return rc;
}

/* What milter_header_checks does with the header that the group gets; the
   first table that says anything decides. */
static void
ask_route(const struct job *j, const struct sg_postfix *p,
    const struct sg_mta_route *r, char out[SG_POSTFIX_ITEM_SIZE])
{
	const char *tables = sg_postfix_get(p, NULL, "milter_header_checks");
	char table[SG_POSTFIX_ITEM_SIZE], header[300];
	struct sg_run run;
	struct sg_err err;
	const char *const arguments[] = { "-q", header, table, NULL };

	snprintf(header, sizeof(header), "X-Stsgate: result=pass; required=%s; "
	    "action=accept; group=%s; recipients=0/1; route=%s; id=00000000",
	    sg_level_name(r->level), r->group, sg_level_name(r->level));
	out[0] = '\0';
	while (tables != NULL && out[0] == '\0' &&
	    sg_postfix_next(&tables, table)) {
		if (ask_tool(j, "postmap", arguments, &run, &err) == SG_OK)
			snprintf(out, SG_POSTFIX_ITEM_SIZE, "%.*s",
			    (int)strcspn(run.out, "\n"), run.out);
		sg_run_fini(&run);
	}
}

static void
check_postfix_files(struct job *j, const struct sg_postfix *p)
{
	const char *name = sg_postfix_get(p, NULL, "mail_owner");
	const char *ca = sg_postfix_get(p, NULL, "smtp_tls_CAfile");
	const struct passwd *pw = getpwnam(name != NULL ? name : "postfix");

	if (pw != NULL) {
		struct sg_mta_account who = { name, pw->pw_uid, pw->pw_gid };

		sg_mta_check_sockets(j->c, &who, &j->fs);
	}
	sg_mta_check_ca_file("main.cf: smtp_tls_CAfile", ca != NULL ? ca : "",
	    &j->fs);
	sg_mta_check_resolvers("/etc/resolv.conf", &j->fs);
}

static enum sg_rc
check_postfix(struct job *j, struct sg_err *err)
{
	struct sg_mta_route routes[SG_MTA_ROUTES_MAX];
	char answers[SG_MTA_ROUTES_MAX][SG_POSTFIX_ITEM_SIZE];
	struct sg_postfix *p = NULL;
	struct sg_mta_postfix_params params = { .config = j->c,
		.routes = routes };
	enum sg_rc rc = read_postfix(j, &p, err);

	if (rc != SG_OK)
		return rc;
	params.postfix = p;
	params.n_routes = sg_mta_routes_wanted(j->c, routes);
	for (size_t i = 0; i < params.n_routes; i++) {
		ask_route(j, p, &routes[i], answers[i]);
		routes[i].answer = answers[i];
	}
	snprintf(j->version, sizeof(j->version), "Postfix %.60s",
	    sg_postfix_get(p, NULL, "mail_version"));
	snprintf(j->path, sizeof(j->path), "%.1000s",
	    sg_postfix_get(p, NULL, "config_directory"));
	sg_mta_check_postfix(&params, &j->fs);
	check_postfix_files(j, p);
	sg_postfix_free(&p);
	return SG_OK;
}

/* --- Sendmail ------------------------------------------------------------------ */

static enum sg_rc
read_file(const char *path, char **out_r, struct sg_err *err)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(SG_CF_MAX_BYTES + 1);
	size_t n;

	sg_assert(text != NULL);
	n = f != NULL ? fread(text, 1, SG_CF_MAX_BYTES, f) : 0;
	if (f == NULL || ferror(f) || !feof(f)) {
		sg_err_set(err, SG_REASON_INTERNAL, "%.150s: %s", path,
		    f == NULL || ferror(f) ? strerror(errno)
					   : "is larger than 4 MiB");
		free(text);
		if (f != NULL)
			fclose(f);
		return SG_BAD;
	}
	fclose(f);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '?';
	text[n] = '\0';
	*out_r = text;
	return SG_OK;
}

static void
check_sendmail_files(struct job *j, const struct sg_cf *cf)
{
	const char *user = sg_cf_option(cf, "RunAsUser", 0);
	const char *ca = sg_cf_option(cf, "CACertFile", 0);
	struct sg_mta_account who = { "root", 0, 0 };
	const struct passwd *pw;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", user != NULL
	    ? (int)strcspn(user, ":. ") : 0, user != NULL ? user : "");
	pw = name[0] != '\0' ? getpwnam(name) : NULL;
	if (pw != NULL)
		who = (struct sg_mta_account) { name, pw->pw_uid, pw->pw_gid };
	sg_mta_check_sockets(j->c, &who, &j->fs);
	sg_mta_check_ca_file("sendmail.cf: O CACertFile",
	    ca != NULL ? ca : "", &j->fs);
}

static enum sg_rc
check_sendmail(struct job *j, struct sg_err *err)
{
	struct sg_cf *cf;
	const char *version;
	char *text = NULL;

	if (j->path[0] == '\0')
		snprintf(j->path, sizeof(j->path), SENDMAIL_CF);
	if (read_file(j->path, &text, err) != SG_OK)
		return SG_BAD;
	cf = sg_cf_parse(text);
	free(text);
	version = sg_cf_line(cf, 'D', 0);
	for (size_t i = 0; version != NULL && version[0] != 'Z'; i++)
		version = sg_cf_line(cf, 'D', i);
	snprintf(j->version, sizeof(j->version), "Sendmail %.60s",
	    version != NULL ? version + 1 : "");
	sg_mta_check_sendmail(cf, j->c, &j->fs);
	check_sendmail_files(j, cf);
	sg_cf_free(&cf);
	return SG_OK;
}

/* --- both ---------------------------------------------------------------------- */

/* DIR or FILE: Postfix wants the directory, Sendmail the file. */
static enum sg_rc
find_path(struct job *j, bool directory, struct sg_err *err)
{
	const char *given = j->ask->path;
	char *real = given != NULL ? realpath(given, NULL) : NULL;
	struct stat st;
	bool is_dir;

	j->path[0] = '\0';
	if (given == NULL)
		return SG_OK;
	if (real == NULL || stat(real, &st) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "%.150s: %s", given,
		    strerror(errno));
		free(real);
		return SG_BAD;
	}
	is_dir = S_ISDIR(st.st_mode);
	if (directory && !is_dir)
		*strrchr(real, '/') = '\0';
	snprintf(j->path, sizeof(j->path), "%.1000s%s", real,
	    is_dir && !directory ? "/sendmail.cf" : "");
	free(real);
	return SG_OK;
}

static void
say(const struct job *j)
{
	size_t notes = j->fs.n + j->fs.dropped - j->fs.faults;

	sg_mta_findings_print(&j->fs, stdout, sg_page_wants_colour(stdout));
	printf("%s%s (%s): ", j->fs.n > 0 ? "\n" : "", j->version, j->path);
	if (j->fs.faults == 0)
		fputs("wired as stsgate needs it", stdout);
	else
		printf("%zu to mend", j->fs.faults);
	if (notes > 0)
		printf(", %zu to know", notes);
	putchar('\n');
}

static void
say_json(const struct job *j)
{
	sg_show_json_line(stdout, json_pack("{s:s,s:s,s:s,s:b,s:o}", "mta",
	    j->ask->mta == SG_MTA_POSTFIX ? "postfix" : "sendmail",
	    "version", j->version, "read", j->path, "wired",
	    j->fs.faults == 0, "findings", sg_mta_findings_json(&j->fs)));
}

int
sg_cmd_check_mta(const struct sg_check_mta *ask,
    const struct sg_config *config)
{
	struct job j = { .ask = ask, .c = config };
	struct sg_err err = { .text = "" };
	bool postfix = ask->mta == SG_MTA_POSTFIX;
	int status = EX_CONFIG;
	enum sg_rc rc = find_path(&j, postfix, &err);

	if (rc == SG_OK)
		rc = postfix ? check_postfix(&j, &err)
			     : check_sendmail(&j, &err);
	if (rc != SG_OK)
		fprintf(stderr, "stsgate: the MTA's configuration cannot be "
		    "read: %s\n", err.text);
	else {
		if (ask->json)
			say_json(&j);
		else
			say(&j);
		status = j.fs.faults == 0 ? EX_OK : 1;
	}
	sg_mta_findings_fini(&j.fs);
	return status;
}
