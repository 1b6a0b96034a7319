/* SPDX-License-Identifier: ISC */
/*
 * read.h - a parsed tree into structs, by the option table. One thread.
 */
#ifndef SG_CONFIG_READ_H
#define SG_CONFIG_READ_H
#include <libconfig.h>
#include "config/config.h"
#include "config/options.h"
#include "config/source.h"

#define SG_CONFIG_MAX_GROUPS 1000
#define SG_CONFIG_MAX_RECIPIENTS 100000

/* Fills c, which must be zeroed, with the defaults and then with what stands
   in the tree; mistakes go to s. The tree's strings were counted by s. */
void sg_read_config(config_t *tree, struct sg_source *s, struct sg_config *c);

/* The line of the text that a setting is to be blamed at. */
size_t sg_read_line(const config_setting_t *s);

/* Frees what options put into c. */
void sg_read_free(struct sg_config *c);
#endif
