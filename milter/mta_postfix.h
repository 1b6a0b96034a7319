/* SPDX-License-Identifier: ISC */
/*
 * mta_postfix.h - what is missing, mis-ordered or unsafe in a Postfix's
 * configuration, for stsgate to do its work (THREATS T25, T26; WIRE). Pure.
 */
#ifndef SG_MTA_POSTFIX_H
#define SG_MTA_POSTFIX_H
#include "base/terms.h"
#include "config/config.h"
#include "mta_findings.h"
#include "mta_postconf.h"

/* What milter_header_checks answers to a message of a group with route_tag
   (postmap -q). */
struct sg_mta_route {
	enum sg_level level;
	const char *group;
	const char *answer; /* "FILTER smtp-secure:"; "" = none */
};
#define SG_MTA_ROUTES_MAX 32

struct sg_mta_postfix_params {
	const struct sg_postfix *postfix;
	const struct sg_config *config;
	const struct sg_mta_route *routes;
	size_t n_routes;
};

void sg_mta_check_postfix(const struct sg_mta_postfix_params *params,
    struct sg_mta_findings *fs);

/* The levels for which mail of groups with route_tag may be marked: fills
   level and group; returns how many. */
size_t sg_mta_routes_wanted(const struct sg_config *config,
    struct sg_mta_route out[SG_MTA_ROUTES_MAX]);
#endif
