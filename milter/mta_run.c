/* SPDX-License-Identifier: ISC */
/* mta_run.c - see mta_run.h. */
#include "mta_run.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "base/clock.h"

#define SYSTEM_PATH "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin"
#define NO_COMMAND 127
#define CHUNK 16384

struct stream {
	int fd;
	char **text;
	size_t n, room;
};

/* --- the child ----------------------------------------------------------------- */

static void
become(const struct sg_run *run, int out, int errors)
{
	char path[4096];
	char *env[] = { path, (char *)(uintptr_t)"LC_ALL=C", NULL };
	const char *had = getenv("PATH");
	int nothing = open("/dev/null", O_RDWR);

	snprintf(path, sizeof(path), "PATH=%s%s" SYSTEM_PATH,
	    had != NULL ? had : "", had != NULL && *had != '\0' ? ":" : "");
	(void)setenv("PATH", path + 5, 1);
	if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(errors, 2) < 0)
		_exit(NO_COMMAND);
	closefrom(3);
	(void)setpgid(0, 0); /* what it starts is killed with it */
	execvpe(run->argv[0], (char *const *)(uintptr_t)run->argv, env);
	_exit(NO_COMMAND);
}

static pid_t
start(const struct sg_run *run, struct stream *out, struct stream *errors)
{
	int a[2] = { -1, -1 }, b[2] = { -1, -1 };
	pid_t pid = -1;

	if (pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		become(run, a[1], b[1]);
	if (a[1] >= 0)
		close(a[1]);
	if (b[1] >= 0)
		close(b[1]);
	out->fd = a[0];
	errors->fd = b[0];
	return pid;
}

/* --- its output ---------------------------------------------------------------- */

/* Reads what is there; closes at the end. false: it is too much. */
static bool
take(struct stream *s, size_t max_bytes)
{
	ssize_t n;

	if (s->n + CHUNK + 1 > s->room) {
		s->room = s->room == 0 ? 4 * CHUNK : 2 * s->room;
		*s->text = realloc(*s->text, s->room);
		sg_assert(*s->text != NULL);
	}
	n = read(s->fd, *s->text + s->n, CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		close(s->fd);
		s->fd = -1;
		return true;
	}
	s->n += (size_t)n;
	(*s->text)[s->n] = '\0';
	return s->n <= max_bytes;
}

static enum sg_rc
listen_to(const struct sg_run *run, struct sg_mono until,
    struct stream streams[2])
{
	struct pollfd p[2];

	while (streams[0].fd >= 0 || streams[1].fd >= 0) {
		int64_t left = until.ms - sg_mono_now().ms;

		for (int i = 0; i < 2; i++)
			p[i] = (struct pollfd) { streams[i].fd, POLLIN, 0 };
		if (left <= 0 || poll(p, 2, (int)left) == 0)
			return SG_RETRY;
		for (int i = 0; i < 2; i++)
			if (p[i].revents != 0 &&
			    !take(&streams[i], run->max_bytes))
				return SG_BAD;
	}
	return SG_OK;
}

/* NULs would hide what follows. */
static void
finish(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (*s->text == NULL)
		*s->text = strdup("");
	sg_assert(*s->text != NULL);
	for (size_t i = 0; i < s->n; i++)
		if ((*s->text)[i] == '\0')
			(*s->text)[i] = '?';
}

/* It may have closed its outputs and yet go on. */
static enum sg_rc
await(pid_t pid, enum sg_rc rc, struct sg_mono until, int *status)
{
	const struct timespec pause = { 0, 5000000 };
	pid_t done = 0;

	while (rc == SG_OK && done == 0) {
		done = waitpid(pid, status, WNOHANG);
		if (done == 0 && sg_mono_now().ms >= until.ms)
			rc = SG_RETRY;
		else if (done == 0)
			(void)nanosleep(&pause, NULL);
	}
	if (done == pid)
		return rc;
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return rc;
}

static enum sg_rc
result(struct sg_run *run, enum sg_rc rc, int status, struct sg_err *err)
{
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (rc == SG_RETRY)
		sg_err_set(err, SG_REASON_TIMEOUT, "%s did not end in %d ms",
		    run->argv[0], run->deadline_ms);
	else if (rc == SG_BAD)
		sg_err_set(err, SG_REASON_INTERNAL,
		    "%s prints more than %zu bytes", run->argv[0],
		    run->max_bytes);
	else if (run->status == NO_COMMAND) {
		sg_err_set(err, SG_REASON_INTERNAL, "there is no %s on this "
		    "machine", run->argv[0]);
		return SG_NONE;
	} else if (run->status < 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s died of signal %d",
		    run->argv[0], WTERMSIG(status));
		return SG_BAD;
	}
	return rc;
}

enum sg_rc
sg_run(struct sg_run *run, struct sg_err *err)
{
	struct stream streams[2] = { { -1, &run->out, 0, 0 },
		{ -1, &run->errors, 0, 0 } };
	struct sg_mono until = { sg_mono_now().ms + run->deadline_ms };
	int status = 0;
	enum sg_rc rc = SG_BAD;
	pid_t pid;

	run->out = run->errors = NULL;
	pid = start(run, &streams[0], &streams[1]);
	if (pid > 0)
		rc = await(pid, listen_to(run, until, streams), until,
		    &status);
	finish(&streams[0]);
	finish(&streams[1]);
	if (pid > 0)
		return result(run, rc, status, err);
	sg_err_set(err, SG_REASON_INTERNAL, "%s cannot be started: %s",
	    run->argv[0], strerror(errno));
	return SG_BAD;
}

void
sg_run_fini(struct sg_run *run)
{
	free(run->out);
	free(run->errors);
	run->out = run->errors = NULL;
}
