/* SPDX-License-Identifier: ISC */
/* status.h - what the daemon says of itself: `stsgate status`. Any thread. */
#ifndef SG_STATUS_H
#define SG_STATUS_H
#include "desk.h"

struct sg_status {
	const char *config_path;      /* "" = not known */
	const struct sg_config *boot; /* sockets and state_dir as they are */
	struct sg_wall started, config_at;
	bool config_ok; /* the last reload was taken */
};

/* When the process starts; what is pointed to stays the caller's. */
void sg_status_init(const char *config_path, const struct sg_config *boot);
/* A new configuration was read, and taken or not. */
void sg_status_reloaded(bool ok);
void sg_status_get(struct sg_status *out);

/* A digest of a configuration's text, to tell whether two are the same. */
#define SG_STATUS_DIGEST_SIZE 65
const char *sg_status_digest(const struct sg_config *config,
    char out[SG_STATUS_DIGEST_SIZE]);

void sg_status_show(const struct sg_desk *desk, const struct sg_view *view);
#endif
