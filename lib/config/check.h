/* SPDX-License-Identifier: ISC */
/*
 * check.h - what concerns several options at once (check.c). One thread.
 */
#ifndef SG_CONFIG_CHECK_H
#define SG_CONFIG_CHECK_H
#include <stdbool.h>
#include <libconfig.h>
#include "config/config.h"
#include "config/source.h"

/* The group that was read from s, the last of c->groups so far; last: of the
   file's. */
void sg_check_group(const config_setting_t *s, bool last,
    struct sg_source *src, const struct sg_config *c);

/* When all is read. Also takes apart what is written in one option and kept
   in several fields. */
void sg_check_whole(config_t *tree, struct sg_source *src,
    struct sg_config *c);
#endif
