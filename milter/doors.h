/* SPDX-License-Identifier: ISC */
/*
 * doors.h - the daemon's listening sockets: made while we may, before root is
 * given up, kept by the supervisor, and handed to each front, so that
 * connections wait for the next front when one dies.
 */
#ifndef SG_DOORS_H
#define SG_DOORS_H
#include "config/config.h"
#include "process.h"

struct sg_doors { /* descriptors; -1 = there is none */
	int milter;
	int control; /* a unix socket for its owner alone (0600) */
	int metrics;
	unsigned n_tlsmap;
	int tlsmap[SG_CONFIG_MAX_TLSMAP];
};
#define SG_DOORS_MAX (3 + SG_CONFIG_MAX_TLSMAP)

/* Makes the sockets' directories and the sockets. SG_OK; SG_BAD with err, and
   nothing stays open. */
enum sg_rc sg_doors_open(const struct sg_config *config,
    const struct sg_identity *id, struct sg_doors *out, struct sg_err *err);
/* Closes them and removes unix sockets' files. */
void sg_doors_close(struct sg_doors *doors, const struct sg_config *config);

/* All that are open, in a fixed order, for sg_process_enter(); and back, when
   it has moved them. Returns how many. */
unsigned sg_doors_list(const struct sg_doors *doors, int out[SG_DOORS_MAX]);
void sg_doors_moved(struct sg_doors *doors, const int moved[SG_DOORS_MAX]);
#endif
