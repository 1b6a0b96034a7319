/* SPDX-License-Identifier: ISC */
/* mta_postfix_private.h - what the files of mta_postfix.h share. */
#ifndef SG_MTA_POSTFIX_PRIVATE_H
#define SG_MTA_POSTFIX_PRIVATE_H
#include "mta_postfix.h"

struct sg_mta_look {
	const struct sg_mta_postfix_params *p;
	struct sg_mta_findings *fs;
};

/* A parameter's value, "" if this Postfix does not know it. */
const char *sg_look(const struct sg_mta_look *l,
    const struct sg_postfix_service *s, const char *name);
/* "main.cf: name", or "master.cf: submission/inet: -o name" where the service
   sets it. */
#define SG_LOOK_WHERE_SIZE 200
const char *sg_look_where(const struct sg_mta_look *l,
    const struct sg_postfix_service *s, const char *name,
    char out[SG_LOOK_WHERE_SIZE]);

void sg_look_at_milters(struct sg_mta_look *l); /* mta_postfix_milter.c */
void sg_look_at_map(struct sg_mta_look *l);     /* mta_postfix_map.c */
void sg_look_at_routes(struct sg_mta_look *l);  /* mta_postfix_route.c */
#endif
