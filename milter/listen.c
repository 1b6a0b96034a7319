/* SPDX-License-Identifier: ISC */
/* listen.c - see listen.h. */
#include "listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024
/* The default of socket_group, also where another MTA is. */
#define GROUP_OF_POSTFIX "postfix"
#define UNMAPPED_GROUP 65534 /* user_namespaces(7) */

static enum sg_rc
fail(struct sg_err *err, const char *what, const char *where)
{
	sg_err_set(err, SG_REASON_INTERNAL, "%s %s: %s%s", what, where,
	    strerror(errno),
	    errno == EADDRINUSE ? ": is stsgate running already?"
	        : errno == ENOENT
	        ? ": make its directory, owned by the daemon's user" : "");
	return SG_BAD;
}

static void
fill_unix(const struct sg_listen *where, struct sockaddr_un *un)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, where->path,
	    strnlen(where->path, sizeof(un->sun_path) - 1));
}

/* A socket file that nobody answers behind is left over from a crash. */
static enum sg_rc
clear_stale(const struct sg_listen *where, struct sg_err *err)
{
	struct sockaddr_un un;
	struct stat st;
	int fd, served;

	if (lstat(where->path, &st) != 0)
		return SG_OK;
	if (!S_ISSOCK(st.st_mode)) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "%s is there and is not a socket: remove it", where->path);
		return SG_BAD;
	}
	fill_unix(where, &un);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, "socket for", where->path);
	served = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
	close(fd);
	errno = EADDRINUSE;
	if (served)
		return fail(err, "cannot listen on", where->path);
	return unlink(where->path) == 0 ? SG_OK
					: fail(err, "unlink", where->path);
}

/* In a user namespace (systemd's PrivateUsers) the MTA's group has no number
   that could be given or seen, but a directory with the set-group-ID bit gave
   it to the socket. */
static bool
directory_gave_group(const char *path, const struct stat *st)
{
	struct sockaddr_un un;
	struct stat dir;
	char copy[sizeof(un.sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	return st->st_gid == UNMAPPED_GROUP && stat(dirname(copy), &dir) == 0 &&
	    (dir.st_mode & S_ISGID) != 0 && dir.st_gid == st->st_gid;
}

static enum sg_rc
give_group(const char *path, const char *group, struct sg_err *err)
{
	struct group *gr = getgrnam(group);
	struct stat st;

	if (gr == NULL && strcmp(group, GROUP_OF_POSTFIX) == 0)
		return SG_OK; /* no Postfix here: nobody to give it to */
	if (gr == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "socket_group: there is no group \"%s\"", group);
		return SG_BAD;
	}
	if (lstat(path, &st) != 0)
		return fail(err, "stat", path);
	if (st.st_gid == gr->gr_gid || directory_gave_group(path, &st) ||
	    lchown(path, (uid_t)-1, gr->gr_gid) == 0)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "cannot give %s to group %s: %s: "
	    "start as root, or give its directory to that group, with the "
	    "set-group-ID bit", path, group, strerror(errno));
	return SG_BAD;
}

static enum sg_rc
give_away(const char *path, uid_t owner, const char *group,
    struct sg_err *err)
{
	if (owner != (uid_t)-1 && lchown(path, owner, (gid_t)-1) != 0)
		return fail(err, "chown", path);
	return group[0] == '\0' ? SG_OK : give_group(path, group, err);
}

static enum sg_rc
open_unix(const struct sg_listen_params *p, int fd, struct sg_err *err)
{
	const struct sg_listen *where = p->where;
	struct sockaddr_un un;
	mode_t mask;
	int rc;

	if (clear_stale(where, err) != SG_OK)
		return SG_BAD;
	fill_unix(where, &un);
	mask = umask(0777 & ~p->mode);
	rc = bind(fd, (struct sockaddr *)&un, sizeof(un));
	(void)umask(mask);
	if (rc != 0)
		return fail(err, "cannot listen on", where->path);
	return give_away(where->path, p->owner, p->group, err);
}

static enum sg_rc
open_inet(const struct sg_listen *where, int fd, struct sg_err *err)
{
	struct sockaddr_storage ss;
	struct sg_addr addr;
	socklen_t len;
	int one = 1;

	if (sg_addr_parse(where->host, &addr) != SG_OK) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s is not an address",
		    where->host);
		return SG_BAD;
	}
	len = sg_addr_to_sockaddr(&addr, where->port, &ss);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len) != 0)
		return fail(err, "cannot listen on", where->host);
	return SG_OK;
}

static int
family_of(const struct sg_listen *where)
{
	if (where->is_unix)
		return AF_UNIX;
	return strchr(where->host, ':') != NULL ? AF_INET6 : AF_INET;
}

enum sg_rc
sg_listen_open(const struct sg_listen_params *p, int *fd, struct sg_err *err)
{
	const struct sg_listen *where = p->where;
	enum sg_rc rc;

	*fd = socket(family_of(where), SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return fail(err, "socket for",
		    where->is_unix ? where->path : where->host);
	rc = where->is_unix ? open_unix(p, *fd, err)
			    : open_inet(where, *fd, err);
	if (rc == SG_OK && listen(*fd, BACKLOG) != 0)
		rc = fail(err, "listen on",
		    where->is_unix ? where->path : where->host);
	if (rc != SG_OK) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

void
sg_listen_unlink(const struct sg_listen *where)
{
	if (where->is_unix)
		(void)unlink(where->path);
}
