/* SPDX-License-Identifier: ISC */
/* tool.c - see tool.h. */
#include "tool.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define STEP 65536

static char path_var[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static char locale_var[] = "LC_ALL=C";

/* The caller's PATH is not asked: it may lack sbin, or hold what is anybody's. */
static bool
find_program(const char *name, char *out, size_t size)
{
	static const char *const dirs[] = { "/usr/local/sbin",
		"/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (strchr(name, '/') != NULL)
		return (size_t)snprintf(out, size, "%s", name) < size &&
		    access(out, X_OK) == 0;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if ((size_t)snprintf(out, size, "%s/%s", dirs[i], name) <
		        size && access(out, X_OK) == 0)
			return true;
	return false;
}

static int
spawn(const struct sg_tool *tool, int out, pid_t *pid)
{
	char *const environment[] = { path_var, locale_var, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	char path[PATH_MAX];
	int error;

	if (!find_program(tool->argv[0], path, sizeof(path)))
		return ENOENT;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawn(pid, path, &files, &attr, tool->argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* What comes until the end, or as much as is allowed; NULL: too much, too
   late, or no memory. */
static char *
collect(const struct sg_tool *tool, int fd, struct sg_err *err,
    enum sg_rc *rc)
{
	int64_t until = sg_mono_now().ms + tool->timeout_ms;
	char *text = NULL, *grown;
	size_t have = 0;
	ssize_t n = 1;

	*rc = SG_RETRY;
	sg_err_set(err, SG_REASON_TIMEOUT, "%s does not end", tool->argv[0]);
	while (n > 0) {
		struct pollfd p = { fd, POLLIN, 0 };
		int64_t left = until - sg_mono_now().ms;

		if (have > tool->max_bytes) {
			sg_err_set(err, SG_REASON_INTERNAL,
			    "%s says too much", tool->argv[0]);
			*rc = SG_BAD;
			break;
		}
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		grown = realloc(text, have + STEP + 1);
		if (grown == NULL)
			break;
		text = grown;
		n = read(fd, text + have, STEP);
		if (n > 0)
			have += (size_t)n;
	}
	if (n == 0 && text != NULL) {
		text[have] = '\0';
		*rc = SG_OK;
		return text;
	}
	free(text);
	return NULL;
}

static bool
end(pid_t pid, bool kill_it, int *status)
{
	int how;

	if (kill_it)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
		;
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
	return WIFEXITED(how);
}

enum sg_rc
sg_tool_run(const struct sg_tool *tool, char **out, int *status,
    struct sg_err *err)
{
	int p[2], error;
	enum sg_rc rc;
	pid_t pid;

	*out = NULL;
	*status = -1;
	if (pipe2(p, O_CLOEXEC) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s", strerror(errno));
		return SG_RETRY;
	}
	error = spawn(tool, p[1], &pid);
	close(p[1]);
	if (error != 0) {
		close(p[0]);
		sg_err_set(err, SG_REASON_INTERNAL, "%s: %s", tool->argv[0],
		    strerror(error));
		return error == ENOENT ? SG_NONE : SG_RETRY;
	}
	*out = collect(tool, p[0], err, &rc);
	close(p[0]);
	if (!end(pid, rc != SG_OK, status) && rc == SG_OK) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s was killed",
		    tool->argv[0]);
		free(*out);
		*out = NULL;
		rc = SG_RETRY;
	}
	return rc;
}
