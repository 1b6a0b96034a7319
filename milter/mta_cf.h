/* SPDX-License-Identifier: ISC */
/*
 * mta_cf.h - sendmail.cf taken apart into its lines, as far as check-config
 * asks for them. Pure; any bytes are taken.
 */
#ifndef SG_MTA_CF_H
#define SG_MTA_CF_H
#include <stdbool.h>
#include <stddef.h>

#define SG_CF_MAX_BYTES (4u << 20)
#define SG_CF_VALUE_SIZE 1024

struct sg_cf;

struct sg_cf *sg_cf_parse(const char *text);
void sg_cf_free(struct sg_cf **cf);

/* The i-th line that begins with this letter ('X', 'K', 'D'), without it,
   folded lines joined; NULL: there are no more. */
const char *sg_cf_line(const struct sg_cf *cf, char letter, size_t i);
/* What follows "O name=" in the last such line; NULL: it is not set. The i-th
   from the last, for options that may be given several times. */
const char *sg_cf_option(const struct sg_cf *cf, const char *name, size_t i);
/* Whether the ruleset is there, and calls another one, as in $>"other". */
bool sg_cf_has_ruleset(const struct sg_cf *cf, const char *name);
bool sg_cf_calls(const struct sg_cf *cf, const char *ruleset,
    const char *other);

/* "F=T" of a list of equates that is parted by commas, or (';') by
   semicolons; names are compared without case, "F" and "Flags" both when
   names say "F|Flags". false: it is not there. */
bool sg_cf_equate(const char *list, char separator, const char *name,
    char out[SG_CF_VALUE_SIZE]);
/* "30s", "5m", "10" (in the given unit); -1: it is no time. */
long sg_cf_seconds(const char *text, long unit);
#endif
