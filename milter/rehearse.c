/* SPDX-License-Identifier: ISC */
/*
 * rehearse.c - see rehearse.h.
 *
 * Done by a child that enters its part as front and workers do, rather than by
 * asking the permissions: groups, access lists and directories on the way are
 * the kernel's to judge, and a CA file can be readable and hold nothing.
 */
#include "rehearse.h"

#include <sys/wait.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "net/plan.h"

static int
try_it(const struct sg_config *next, const char *name)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *mine = NULL;
	struct sg_err err = { .text = "" };

	if (sg_config_parse(next->text, name, &mine, &errors) != SG_OK) {
		for (size_t i = 0; i < errors.n; i++)
			sg_log(SG_LOG_ERR, "%s:%u: %s", errors.e[i].file,
			    errors.e[i].line, errors.e[i].text);
		return EX_CONFIG;
	}
	if (sg_net_check(mine, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s: %s", name, err.text);
		return EX_CONFIG;
	}
	return 0;
}

enum sg_rc
sg_rehearse(const struct sg_config *now, const struct sg_config *next,
    const char *name, const struct sg_identity *id)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		sg_process_enter("check", parent, now, id, NULL, 0,
		    SG_LOG_INFO);
		_exit(try_it(next, name));
	}
	if (pid < 0) {
		sg_log(SG_LOG_ERR, "cannot fork: %s", strerror(errno));
		return SG_RETRY;
	}
	status = sg_process_end(pid, SG_REHEARSE_MS);
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ? SG_OK : SG_BAD;
	sg_log(SG_LOG_ERR, "reading the configuration's files took too long");
	return SG_RETRY;
}
