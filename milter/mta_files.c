/* SPDX-License-Identifier: ISC */
/* mta_files.c - see mta_files.h. */
#include "mta_files.h"

#include <sys/stat.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MAX_RESOLV_LINES 1000

struct socket {
	const char *option; /* of stsgate.conf */
	const char *path;
	const struct sg_mta_account *who;
	struct sg_mta_findings *fs;
};

/* --- rights -------------------------------------------------------------------- */

/* want: S_IXOTH or S_IWOTH; the same for owner and group lie above it. */
static bool
may(const struct stat *st, const struct sg_mta_account *who, mode_t want)
{
	if (who->uid == 0)
		return true;
	if (st->st_uid == who->uid)
		return (st->st_mode & (want << 6)) != 0;
	if (st->st_gid == who->gid)
		return (st->st_mode & (want << 3)) != 0;
	return (st->st_mode & want) != 0;
}

/* Every directory on the way must be one that the MTA may go through. */
static bool
look_at_way(const struct socket *s)
{
	char dir[108], line[160];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_SOCKETS, s->option,
		line };
	struct stat st;

	for (size_t n = 1; s->path[n] != '\0'; n++) {
		if (s->path[n] != '/')
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)n, s->path);
		if (stat(dir, &st) != 0) {
			about.severity = SG_NOTE;
			about.remedy = NULL;
			sg_mta_find(s->fs, &about, "%s: %s; stsgate makes the "
			    "last directory when it starts", dir,
			    strerror(errno));
			return false;
		}
		if (may(&st, s->who, S_IXOTH))
			continue;
		snprintf(line, sizeof(line), "chmod o+x %s", dir);
		sg_mta_find(s->fs, &about, "user %s may not go through %s "
		    "(mode %04o), and so cannot reach %s", s->who->name, dir,
		    (unsigned)st.st_mode & 07777, s->path);
		return false;
	}
	return true;
}

static void
look_at_socket(const struct socket *s)
{
	static const char put[] = "socket_group in stsgate.conf, then restart";
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_SOCKETS, s->option,
		NULL };
	struct stat st;

	if (!look_at_way(s))
		return;
	if (stat(s->path, &st) != 0) {
		sg_mta_find(s->fs, &about, "%s: %s; stsgate does not run, or "
		    "not with this configuration", s->path, strerror(errno));
		return;
	}
	about.severity = SG_ERROR;
	about.remedy = put;
	if (!may(&st, s->who, S_IWOTH))
		sg_mta_find(s->fs, &about, "user %s may not connect to %s "
		    "(mode %04o, uid %u, gid %u): Permission denied",
		    s->who->name, s->path, (unsigned)st.st_mode & 07777,
		    (unsigned)st.st_uid, (unsigned)st.st_gid);
}

/* --- the group ------------------------------------------------------------------ */

static void
look_at_group(const struct sg_config *c, const struct sg_mta_account *who,
    struct sg_mta_findings *fs)
{
	struct group *is = getgrgid(who->gid), *gr;
	char line[80];
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_SOCKETS,
		"stsgate.conf: socket_group", line };

	snprintf(line, sizeof(line), "socket_group = \"%.40s\"",
	    is != NULL ? is->gr_name : "postfix");
	if (c->socket_group[0] == '\0' || who->uid == 0)
		return;
	gr = getgrnam(c->socket_group);
	if (gr == NULL)
		sg_mta_find(fs, &about, "there is no group \"%.60s\" on this "
		    "machine", c->socket_group);
	else if (gr->gr_gid != who->gid)
		sg_mta_find(fs, &about, "sockets belong to group \"%.60s\", "
		    "and that is not the primary group of user %s, as whom "
		    "the MTA connects: supplementary groups do not count",
		    c->socket_group, who->name);
}

static bool
any_unix(const struct sg_config *c)
{
	bool any = c->milter_listen.is_unix;

	for (size_t i = 0; i < c->n_tlsmap_listen; i++)
		any |= c->tlsmap_listen[i].is_unix;
	return any;
}

void
sg_mta_check_sockets(const struct sg_config *c,
    const struct sg_mta_account *who, struct sg_mta_findings *fs)
{
	struct socket s = { "stsgate.conf: milter_socket",
		c->milter_listen.path, who, fs };

	if (any_unix(c))
		look_at_group(c, who, fs);
	if (c->milter_listen.is_unix)
		look_at_socket(&s);
	s.option = "stsgate.conf: tlsmap_listen";
	for (size_t i = 0; i < c->n_tlsmap_listen; i++) {
		s.path = c->tlsmap_listen[i].path;
		if (c->tlsmap_listen[i].is_unix && c->delivery_map)
			look_at_socket(&s);
	}
}

/* --- files ---------------------------------------------------------------------- */

void
sg_mta_check_ca_file(const char *option, const char *path,
    struct sg_mta_findings *fs)
{
	struct sg_mta_about about = { SG_ERROR, SG_TOPIC_TLS, option, NULL };
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) != 0)
		sg_mta_find(fs, &about, "%.200s: %s: no certificate is ever "
		    "verified", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size == 0)
		sg_mta_find(fs, &about, "%.200s is %s: no certificate is ever "
		    "verified", path,
		    S_ISREG(st.st_mode) ? "empty" : "not a file");
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

void
sg_mta_check_resolvers(const char *path, struct sg_mta_findings *fs)
{
	struct sg_mta_about about = { SG_NOTE, SG_TOPIC_TLS, path, NULL };
	FILE *f = fopen(path, "re");
	char line[256], address[64];

	for (unsigned n = 0; f != NULL && n < MAX_RESOLV_LINES &&
	    fgets(line, sizeof(line), f) != NULL; n++)
		if (sscanf(line, " nameserver %63s", address) == 1 &&
		    !is_loopback(address))
			sg_mta_find(fs, &about, "the MTA believes what %s says "
			    "of DNSSEC, and whoever is on the way there can "
			    "say it: a validating resolver on this machine is "
			    "safer. stsgate validates by itself", address);
	if (f != NULL)
		fclose(f);
}
