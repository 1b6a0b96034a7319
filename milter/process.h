/* SPDX-License-Identifier: ISC */
/*
 * process.h - what every child of the supervisor does before its work: name,
 * signals, limits, environment, privileges.
 */
#ifndef SG_PROCESS_H
#define SG_PROCESS_H
#include <sys/types.h>
#include "config/config.h"

struct sg_identity {
	bool change; /* false: stay who we are */
	uid_t uid;
	gid_t gid;
	char user[64];
};

/* Who config->user is. Not root, or user = "": nothing to change. SG_BAD with
   err: there is no such user. */
enum sg_rc sg_identity_find(const struct sg_config *config,
    struct sg_identity *out, struct sg_err *err);

/* The user nobody, for a command that is run as root before the daemon's user
   exists. SG_BAD with err. */
enum sg_rc sg_identity_nobody(struct sg_identity *out, struct sg_err *err);

/* Gives up root for good; asserts that it cannot come back. SG_BAD with err. */
enum sg_rc sg_identity_assume(const struct sg_identity *id,
    struct sg_err *err);

/* In a new child of parent: the n descriptors in keep become 3, 4, ... (keep
   is set anew) and all others but the standard ones close; title ("front"),
   death with the parent, no new privileges, no core, an empty environment, as
   many descriptors as allowed, the log, and who we are from now on. Ends the
   process with EX_CONFIG when id cannot be assumed. */
void sg_process_enter(const char *title, pid_t parent,
    const struct sg_config *config, const struct sg_identity *id, int *keep,
    int n, enum sg_log_level max_level);

/* Waits at most ms for a child to end, and then makes it. Returns how it ended,
   as waitpid(2) has it. */
int sg_process_end(pid_t pid, int ms);
#endif
