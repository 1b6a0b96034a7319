/* SPDX-License-Identifier: ISC */
/* key.c - see key.h. */
#include "base/key.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "compat/acl.h"

static enum sg_rc
unfit(struct sg_err *err, const char *why)
{
	sg_err_set(err, SG_REASON_INTERNAL, "%s", why);
	return SG_BAD;
}

static enum sg_rc
judge(const struct stat *st, int fd, const char *path, struct sg_err *err)
{
	if (!S_ISREG(st->st_mode))
		return unfit(err, "is not a regular file");
	if ((st->st_mode & 07) != 0 ||
	    ((st->st_mode & 070) != 0 && sg_acl_group_may(fd, path))) {
		sg_err_set(err, SG_REASON_INTERNAL, "is open to others than "
		    "its owner (mode %04o): chmod 0400 it, and make a new key "
		    "if somebody may have read this one",
		    (unsigned)st->st_mode & 07777);
		return SG_BAD;
	}
	if (st->st_size >= SG_KEY_MIN && st->st_size <= SG_KEY_MAX)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "has %lld bytes, and a key %d to "
	    "%d: make one with openssl rand 32", (long long)st->st_size,
	    SG_KEY_MIN, SG_KEY_MAX);
	return SG_BAD;
}

/* systemd's credentials are there only while their unit runs. */
static bool
may_come(const char *path)
{
	static const char dir[] = "/run/credentials/";

	return strncmp(path, dir, sizeof(dir) - 1) == 0;
}

enum sg_rc
sg_key_look(const char *path, struct sg_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return judge(&st, -1, path, err);
	if (errno == EACCES || (errno == ENOENT && may_come(path)))
		return SG_NONE;
	return unfit(err, strerror(errno));
}

enum sg_rc
sg_key_open(const char *path, int *fd_r, struct sg_err *err)
{
	/* A FIFO without a writer must not hold up the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum sg_rc rc;
	struct stat st;

	if (fd < 0)
		return unfit(err, strerror(errno));
	if (fstat(fd, &st) != 0)
		rc = unfit(err, strerror(errno));
	else
		rc = judge(&st, fd, path, err);
	if (rc == SG_OK)
		*fd_r = fd;
	else
		(void)close(fd);
	return rc;
}

enum sg_rc
sg_key_read(int fd, struct sg_key *out, struct sg_err *err)
{
	ssize_t n;

	out->len = 0;
	do {
		n = pread(fd, out->bytes + out->len, SG_KEY_MAX - out->len,
		    (off_t)out->len);
		out->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && out->len < SG_KEY_MAX);
	if (n < 0)
		return unfit(err, strerror(errno));
	/* It was long enough when it was opened. */
	return out->len >= SG_KEY_MIN ? SG_OK : unfit(err, "was cut short");
}

void
sg_key_wipe(struct sg_key *key)
{
	explicit_bzero(key, sizeof(*key));
}
