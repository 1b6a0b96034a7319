/* SPDX-License-Identifier: ISC */
/* cmd_check_mta.h - the --mta part of check-config. */
#ifndef SG_CMD_CHECK_MTA_H
#define SG_CMD_CHECK_MTA_H
#include <stdbool.h>
#include "config/config.h"

enum sg_mta { SG_MTA_NONE, SG_MTA_POSTFIX, SG_MTA_SENDMAIL };

struct sg_check_mta {
	enum sg_mta mta;
	const char *path; /* directory or file; NULL: the MTA's own */
	bool json;
};

/* Reads the MTA's configuration and prints what is found. 0 wired, 1 there is
   something to mend, EX_CONFIG it cannot be read. */
int sg_cmd_check_mta(const struct sg_check_mta *ask,
    const struct sg_config *config);
#endif
