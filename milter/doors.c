/* SPDX-License-Identifier: ISC */
/*
 * doors.c - see doors.h.
 *
 * One walk over the doors (visit) serves opening, closing and listing, so that
 * a new kind of door cannot be forgotten by one of them.
 */
#include "doors.h"

#include <sys/stat.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "listen.h"

/* One door: where its descriptor is, and what the configuration says of it;
   NULL where there is to be none. */
struct door {
	int *fd;
	const struct sg_listen *where;
	bool owner_only;
};

static unsigned
visit(struct sg_doors *d, const struct sg_config *c,
    struct door out[SG_DOORS_MAX])
{
	unsigned n = 0;

	out[n++] = (struct door) { &d->milter, &c->milter_listen, false };
	out[n++] = (struct door) { &d->control,
		c->control_listen.path[0] != '\0' ? &c->control_listen : NULL,
		true };
	out[n++] = (struct door) { &d->metrics,
		c->metrics_listen[0] != '\0' ? &c->metrics_at : NULL, false };
	for (unsigned i = 0; i < d->n_tlsmap; i++)
		out[n++] = (struct door) { &d->tlsmap[i],
			&c->tlsmap_listen[i], false };
	return n;
}

static enum sg_rc
make_dir(const struct sg_listen *where, const struct sg_identity *id,
    struct sg_err *err)
{
	char path[sizeof(where->path)];
	const char *dir;

	if (!where->is_unix)
		return SG_OK;
	snprintf(path, sizeof(path), "%s", where->path);
	dir = dirname(path);
	if (mkdir(dir, 0755) != 0) {
		if (errno == EEXIST)
			return SG_OK;
		sg_err_set(err, SG_REASON_INTERNAL, "cannot make %s: %s", dir,
		    strerror(errno));
		return SG_BAD;
	}
	if (id->change && chown(dir, id->uid, id->gid) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "chown %s: %s", dir,
		    strerror(errno));
		return SG_BAD;
	}
	return SG_OK;
}

static enum sg_rc
open_door(const struct door *door, const struct sg_config *c,
    const struct sg_identity *id, struct sg_err *err)
{
	struct sg_listen_params p = { .where = door->where,
		.owner = id->change ? id->uid : (uid_t)-1,
		.group = door->owner_only ? "" : c->socket_group,
		.mode = door->owner_only ? 0600 : 0660 };

	if (make_dir(door->where, id, err) != SG_OK)
		return SG_BAD;
	return sg_listen_open(&p, door->fd, err);
}

enum sg_rc
sg_doors_open(const struct sg_config *config, const struct sg_identity *id,
    struct sg_doors *out, struct sg_err *err)
{
	struct door doors[SG_DOORS_MAX];
	unsigned n;

	memset(out, 0, sizeof(*out));
	out->n_tlsmap = (unsigned)config->n_tlsmap_listen;
	n = visit(out, config, doors);
	for (unsigned i = 0; i < n; i++)
		*doors[i].fd = -1;
	for (unsigned i = 0; i < n; i++)
		if (doors[i].where != NULL &&
		    open_door(&doors[i], config, id, err) != SG_OK) {
			sg_doors_close(out, config);
			return SG_BAD;
		}
	return SG_OK;
}

void
sg_doors_close(struct sg_doors *d, const struct sg_config *config)
{
	struct door doors[SG_DOORS_MAX];
	unsigned n = visit(d, config, doors);

	for (unsigned i = 0; i < n; i++) {
		if (*doors[i].fd < 0)
			continue;
		close(*doors[i].fd);
		*doors[i].fd = -1;
		sg_listen_unlink(doors[i].where);
	}
}

unsigned
sg_doors_list(const struct sg_doors *d, int out[SG_DOORS_MAX])
{
	unsigned n = 0;

	out[n++] = d->milter;
	if (d->control >= 0)
		out[n++] = d->control;
	if (d->metrics >= 0)
		out[n++] = d->metrics;
	for (unsigned i = 0; i < d->n_tlsmap; i++)
		out[n++] = d->tlsmap[i];
	return n;
}

void
sg_doors_moved(struct sg_doors *d, const int moved[SG_DOORS_MAX])
{
	unsigned n = 0;

	d->milter = moved[n++];
	if (d->control >= 0)
		d->control = moved[n++];
	if (d->metrics >= 0)
		d->metrics = moved[n++];
	for (unsigned i = 0; i < d->n_tlsmap; i++)
		d->tlsmap[i] = moved[n++];
}
