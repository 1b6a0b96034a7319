/* SPDX-License-Identifier: ISC */
/*
 * mta_sendmail.h - what is missing, mis-ordered or unsafe in a sendmail.cf,
 * for stsgate to do its work. Pure.
 */
#ifndef SG_MTA_SENDMAIL_H
#define SG_MTA_SENDMAIL_H
#include "config/config.h"
#include "mta_cf.h"
#include "mta_findings.h"

void sg_mta_check_sendmail(const struct sg_cf *cf,
    const struct sg_config *config, struct sg_mta_findings *fs);
#endif
