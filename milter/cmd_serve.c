/* SPDX-License-Identifier: ISC */
/*
 * cmd_serve.c - `stsgate serve`: everything that can be wrong is found before
 * the first child is forked, and said where the administrator looks.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/key.h"
#include "base/log.h"
#include "cmd.h"
#include "doors.h"
#include "process.h"
#include "supervisor.h"

static void
usage(FILE *out)
{
	fputs("usage: stsgate serve [--foreground] [-c FILE]\n"
	      "Runs the gate until SIGTERM; SIGHUP reads the configuration "
	      "again.\n"
	      "  -c, --config FILE  instead of " SG_CONFIG_FILE "\n"
	      "  -f, --foreground   do not detach; log to stderr by default\n"
	      "  -h, --help         this text\n"
	      "Exit: 0 stopped, 64 usage, 78 configuration.\n", out);
}

struct options {
	const char *config;
	bool foreground;
};

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:fh", longs, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'f')
			o->foreground = true;
		else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EX_OK : EX_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

/* The daemon leaves its working directory: the path must do without. */
static enum sg_rc
load(const char *path, char *absolute, struct sg_config **out_r)
{
	struct sg_config_errors errors = { 0 };
	enum sg_rc rc = sg_config_load(path, out_r, &errors);

	if (rc != SG_OK) {
		sg_config_errors_print(&errors, stderr);
		fprintf(stderr, "stsgate: nothing was started; mend %s "
		    "(stsgate check-config -c %s)\n", path, path);
	} else if (realpath(path, absolute) == NULL) {
		fprintf(stderr, "stsgate: %s: %s\n", path, strerror(errno));
		sg_config_unref(out_r);
		rc = SG_BAD;
	}
	sg_config_errors_fini(&errors);
	return rc;
}

static enum sg_rc
make_state_dir(const char *path, const struct sg_identity *id,
    struct sg_err *err)
{
	if (mkdir(path, 0700) != 0) {
		if (errno == EEXIST)
			return SG_OK;
		sg_err_set(err, SG_REASON_INTERNAL, "cannot make %s: %s", path,
		    strerror(errno));
		return SG_BAD;
	}
	if (id->change && chown(path, id->uid, id->gid) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "chown %s: %s", path,
		    strerror(errno));
		return SG_BAD;
	}
	return SG_OK;
}

/* Opened once, by who starts the daemon: the fronts, which may not, are each
   given the descriptor. */
static enum sg_rc
open_key(const char *path, int *fd, struct sg_err *err)
{
	struct sg_err why = { .text = "" };

	*fd = -1;
	if (*path == '\0' || sg_key_open(path, fd, &why) == SG_OK)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "store_key_file: %.100s: %.140s",
	    path, why.text);
	return SG_BAD;
}

/* --- detaching ------------------------------------------------------------- */

/* The parent stays until the daemon is ready or has failed, so that its exit
   status says which. Returns the writing end for the daemon; -1: no fork. */
static int
detach(void)
{
	int p[2];
	unsigned char status = EX_SOFTWARE;
	pid_t pid;

	if (pipe(p) != 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		close(p[1]);
		if (read(p[0], &status, 1) != 1)
			status = EX_SOFTWARE;
		_exit(status);
	}
	close(p[0]);
	(void)fcntl(p[1], F_SETFD, FD_CLOEXEC);
	(void)setsid();
	return p[1];
}

static void
tell_parent(int fd, int status)
{
	unsigned char s = (unsigned char)status;

	(void)!write(fd, &s, 1);
	close(fd);
}

static void
on_ready(void *arg)
{
	int *to_parent = arg, null;

	if (*to_parent < 0)
		return;
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	tell_parent(*to_parent, EX_OK);
	*to_parent = -1;
}

/* --- the command -------------------------------------------------------------- */

static int
serve(const struct options *o, struct sg_supervisor_params *p)
{
	int to_parent = -1, status;

	if (!o->foreground) {
		to_parent = detach();
		if (to_parent < 0) {
			fprintf(stderr, "stsgate: cannot detach: %s\n",
			    strerror(errno));
			return EX_OSERR;
		}
		p->detached = true;
	}
	p->on_ready = on_ready;
	p->arg = &to_parent;
	status = sg_supervisor_run(p);
	if (to_parent >= 0)
		tell_parent(to_parent, status);
	return status;
}

int
sg_cmd_serve(int argc, char **argv)
{
	struct options o = { SG_CONFIG_FILE, false };
	struct sg_supervisor_params p = { 0 };
	struct sg_config *boot;
	struct sg_err err = { .text = "" };
	char path[PATH_MAX];
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	(void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more */
	if (load(o.config, path, &p.config) != SG_OK)
		return EX_CONFIG;
	p.config_path = path;
	if (sg_identity_find(p.config, &p.id, &err) != SG_OK ||
	    make_state_dir(p.config->state_dir, &p.id, &err) != SG_OK ||
	    open_key(p.config->store_key_file, &p.key_fd, &err) != SG_OK ||
	    sg_doors_open(p.config, &p.id, &p.doors, &err) != SG_OK) {
		fprintf(stderr, "stsgate: %s\n", err.text);
		sg_config_unref(&p.config);
		return EX_CONFIG;
	}
	boot = sg_config_ref(p.config);
	status = serve(&o, &p);
	sg_doors_close(&p.doors, boot);
	sg_config_unref(&boot);
	return status;
}
