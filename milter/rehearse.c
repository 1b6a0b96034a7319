/* SPDX-License-Identifier: ISC */
/*
 * rehearse.c - see rehearse.h.
 *
 * Done by a child that enters its part as front and workers do, rather than by
 * asking the permissions: groups, access lists and directories on the way are
 * the kernel's to judge, and a CA file can be readable and hold nothing. The
 * text is read by that child alone, because whoever makes a snapshot of a text
 * ends if memory is short (config.h; THREATS 5.4): what it has made comes back
 * as bytes.
 */
#include "rehearse.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "net/plan.h"

/* --- the child -------------------------------------------------------------- */

static bool
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0 && (n = write(fd, bytes, len)) > 0) {
		bytes += n;
		len -= (size_t)n;
	}
	return len == 0;
}

static bool
put_image(int fd, const struct sg_config *config)
{
	size_t len;
	char *block = sg_config_pack(config, &len);
	bool ok = write_all(fd, block, len);

	free(block);
	return ok;
}

static void
log_errors(const struct sg_config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		sg_log(SG_LOG_ERR, "%s:%u: %s", errors->e[i].file,
		    errors->e[i].line, errors->e[i].text);
}

static void
say_errors(const struct sg_config_errors *errors, int fd)
{
	FILE *f = fdopen(fd, "w");

	log_errors(errors);
	if (f == NULL)
		return;
	sg_config_errors_print(errors, f);
	(void)fclose(f);
}

/* As the daemon's user. */
static int
try_it(const struct sg_config *next, const char *name)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *mine = NULL;
	struct sg_err err = { .text = "" };

	if (sg_config_parse(next->text, name, &mine, &errors) != SG_OK) {
		log_errors(&errors);
		return EX_CONFIG;
	}
	if (sg_net_check(mine, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s: %s", name, err.text);
		return EX_CONFIG;
	}
	return 0;
}

static int
run_child(const struct sg_config *now, const char *path,
    const struct sg_identity *id, struct sg_rehearsal *r, pid_t parent)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *next = NULL;
	int keep[1] = { r->said }; /* and no more the snapshot, which root takes
				      over: what follows reads foreign files */
	enum sg_rc rc;

	rc = sg_config_load(path, &next, &errors);
	if (rc == SG_OK && !put_image(r->image, next))
		return EX_OSERR;
	sg_process_enter("check", parent, now, id, keep, 1, SG_LOG_INFO);
	if (rc == SG_OK)
		return try_it(next, path);
	say_errors(&errors, keep[0]);
	return EX_CONFIG;
}

/* --- ourselves --------------------------------------------------------------- */

/* SG_RETRY: no memory, or the child did not write it. */
static enum sg_rc
take_image(struct sg_rehearsal *r)
{
	struct stat st;
	void *block;

	if (fstat(r->image, &st) != 0 || st.st_size <= 0)
		return SG_RETRY;
	block = malloc((size_t)st.st_size);
	if (block != NULL && pread(r->image, block, (size_t)st.st_size, 0) ==
	    st.st_size && sg_config_unpack(block, (size_t)st.st_size,
		&r->next) == SG_OK)
		return SG_OK;
	free(block);
	return SG_RETRY;
}

static enum sg_rc
judge(struct sg_rehearsal *r, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG)
		return SG_BAD;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    take_image(r) == SG_OK)
		return SG_OK;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		sg_log(SG_LOG_ERR,
		    "reading the configuration's files took too long");
	else if (WIFSIGNALED(status))
		sg_log(SG_LOG_ERR, "reading the configuration ended by signal "
		    "%d: no memory?", WTERMSIG(status));
	else
		sg_log(SG_LOG_ERR, "the configuration could not be read: no "
		    "memory, or a file that could not be written");
	return SG_RETRY;
}

enum sg_rc
sg_rehearse(const struct sg_config *now, const char *path,
    const struct sg_identity *id, struct sg_rehearsal *out)
{
	pid_t parent = getpid(), pid = -1;

	*out = (struct sg_rehearsal) { NULL, -1, -1 };
	out->image = memfd_create("stsgate", MFD_CLOEXEC);
	out->said = memfd_create("stsgate", MFD_CLOEXEC);
	if (out->image >= 0 && out->said >= 0)
		pid = fork();
	if (pid == 0)
		_exit(run_child(now, path, id, out, parent));
	if (pid < 0) {
		sg_log(SG_LOG_ERR, "cannot have the configuration read: %s",
		    strerror(errno));
		return SG_RETRY;
	}
	return judge(out, sg_process_end(pid, SG_REHEARSE_MS));
}

void
sg_rehearsal_fini(struct sg_rehearsal *r)
{
	sg_config_unref(&r->next);
	if (r->image >= 0)
		close(r->image);
	if (r->said >= 0)
		close(r->said);
}
