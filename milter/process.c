/* SPDX-License-Identifier: ISC */
/* process.c - see process.h. */
#include "process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "base/log.h"

static enum sg_rc
find_user(const char *user, struct sg_identity *out)
{
	struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		return SG_BAD;
	out->change = true;
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	snprintf(out->user, sizeof(out->user), "%s", user);
	return SG_OK;
}

enum sg_rc
sg_identity_find(const struct sg_config *config, struct sg_identity *out,
    struct sg_err *err)
{
	memset(out, 0, sizeof(*out));
	if (geteuid() != 0 || config->user[0] == '\0' ||
	    find_user(config->user, out) == SG_OK)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL,
	    "there is no user \"%s\": create it (useradd --system --home-dir "
	    "/ --shell /usr/sbin/nologin %s) or set `user'",
	    config->user, config->user);
	return SG_BAD;
}

enum sg_rc
sg_identity_nobody(struct sg_identity *out, struct sg_err *err)
{
	memset(out, 0, sizeof(*out));
	if (find_user("nobody", out) == SG_OK)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL,
	    "neither the configured user nor nobody is there");
	return SG_BAD;
}

enum sg_rc
sg_identity_assume(const struct sg_identity *id, struct sg_err *err)
{
	if (!id->change)
		return SG_OK;
	if (initgroups(id->user, id->gid) != 0 ||
	    setresgid(id->gid, id->gid, id->gid) != 0 ||
	    setresuid(id->uid, id->uid, id->uid) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "cannot become %s: %s",
		    id->user, strerror(errno));
		return SG_BAD;
	}
	sg_assert(id->uid == 0 || setuid(0) != 0);
	return SG_OK;
}

static void
settle_limits(void)
{
	struct rlimit none = { 0, 0 }, files;

	(void)setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void
settle(const char *title)
{
	char name[16];

	setproctitle("%s", title);
	snprintf(name, sizeof(name), "sg:%.12s", title);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	settle_limits();
	/* Proxies, key logs, resolver and locale settings: nothing of the
	   caller's environment is wanted (THREATS 2.4). */
	(void)clearenv();
	(void)setenv("TZ", "UTC", 1);
	(void)!chdir("/");
}

static void
keep_only(int *keep, int n)
{
	for (int i = 0; i < n; i++)
		keep[i] = fcntl(keep[i], F_DUPFD, 3 + n);
	for (int i = 0; i < n; i++)
		keep[i] = dup2(keep[i], 3 + i);
	closefrom(3 + n);
}

void
sg_process_enter(const char *title, pid_t parent,
    const struct sg_config *config, const struct sg_identity *id, int *keep,
    int n, enum sg_log_level max_level)
{
	struct sg_err err;

	keep_only(keep, n);
	/* Before the environment goes: it says where the journal is. */
	sg_log_init(config->log_target, max_level, title);
	settle(title);
	if (sg_identity_assume(id, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s", err.text);
		_exit(EX_CONFIG);
	}
	/* After the change of identity, which forgets it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(0); /* it died before we could ask */
}

static bool
wait_gone(pid_t pid, int ms, int *status)
{
	struct sg_mono until = { sg_mono_now().ms + ms };

	while (waitpid(pid, status, WNOHANG) == 0) {
		if (sg_mono_now().ms >= until.ms)
			return false;
		(void)poll(NULL, 0, 5);
	}
	return true;
}

int
sg_process_end(pid_t pid, int ms)
{
	int status = 0;

	if (wait_gone(pid, ms, &status))
		return status;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return status;
}
