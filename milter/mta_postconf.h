/* SPDX-License-Identifier: ISC */
/*
 * mta_postconf.h - a Postfix's configuration, from what postconf(1) prints:
 * main.cf with all defaults, and the services of master.cf with what they set
 * otherwise. Pure; any bytes are taken.
 */
#ifndef SG_MTA_POSTCONF_H
#define SG_MTA_POSTCONF_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "mta_endpoint.h"

/* Lines beyond are not looked at. Postfix 3.7 has 1,050 parameters. */
#define SG_POSTCONF_MAX_LINES 20000

struct sg_postconf_text {
	const char *parameters; /* postconf -x */
	const char *services;   /* postconf -F */
	const char *overrides;  /* postconf -Px */
};

struct sg_postfix_service {
	char *name;    /* "submission/inet" */
	char *command; /* "smtpd" */
	bool chroot;
};

struct sg_postfix;

/* SG_BAD with err: that is no output of postconf. SG_OK: *out_r is yours. */
enum sg_rc sg_postfix_parse(const struct sg_postconf_text *text,
    struct sg_postfix **out_r, struct sg_err *err);
void sg_postfix_free(struct sg_postfix **p);

/* The value in force, for a service or (NULL) in main.cf; NULL: this Postfix
   knows no such parameter. */
const char *sg_postfix_get(const struct sg_postfix *p,
    const struct sg_postfix_service *s, const char *name);
/* Whether the service sets it itself. */
bool sg_postfix_sets(const struct sg_postfix *p,
    const struct sg_postfix_service *s, const char *name);
/* The i-th whose command is this; NULL: there are no more. */
const struct sg_postfix_service *sg_postfix_service(
    const struct sg_postfix *p, const char *command, size_t i);
/* By name, such as "smtp-secure/unix"; NULL: none. */
const struct sg_postfix_service *sg_postfix_service_named(
    const struct sg_postfix *p, const char *name);
struct sg_sight sg_postfix_sight(const struct sg_postfix *p,
    const struct sg_postfix_service *s);
/* mail_version is at least that. */
bool sg_postfix_is_at_least(const struct sg_postfix *p, unsigned major,
    unsigned minor);

/* The next element of a list whose elements are parted by commas and blanks
   or stand in braces, which are taken off; false: there is none. One that is
   too long is cut. */
#define SG_POSTFIX_ITEM_SIZE 1024
bool sg_postfix_next(const char **list, char out[SG_POSTFIX_ITEM_SIZE]);
/* "30s", "5m", "30" (in the given unit); -1: it is no time. */
long sg_postfix_seconds(const char *text, long unit);
#endif
