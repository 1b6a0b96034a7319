/* SPDX-License-Identifier: ISC */
/*
 * mta_files.h - can the MTA reach our sockets, and read what its configuration
 * names? Looks at this machine's files and accounts.
 */
#ifndef SG_MTA_FILES_H
#define SG_MTA_FILES_H
#include <sys/types.h>
#include "config/config.h"
#include "mta_findings.h"

/* As whom the MTA connects. Postfix drops supplementary groups, so that only
   the primary one counts. */
struct sg_mta_account {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/* All unix sockets of ours that an MTA connects to. */
void sg_mta_check_sockets(const struct sg_config *config,
    const struct sg_mta_account *who, struct sg_mta_findings *fs);
/* A file of CA certificates that option names; path "" is nothing to say. */
void sg_mta_check_ca_file(const char *option, const char *path,
    struct sg_mta_findings *fs);
/* The resolvers whose word on DNSSEC is taken (path: /etc/resolv.conf). */
void sg_mta_check_resolvers(const char *path, struct sg_mta_findings *fs);
#endif
