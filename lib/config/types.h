/* SPDX-License-Identifier: ISC */
/*
 * types.h - how a value of each option type is read and freed (types.c).
 */
#ifndef SG_CONFIG_TYPES_H
#define SG_CONFIG_TYPES_H
#include <stddef.h>
#include "config/options.h"
#include "config/values.h"

enum sg_shape { SG_SHAPE_BOOL, SG_SHAPE_NUMBER, SG_SHAPE_TEXT, SG_SHAPE_LIST,
	SG_SHAPE_ENTRIES };

struct sg_type {
	enum sg_shape shape;
	sg_value_fn *read;      /* of TEXT the value, of LIST one element */
	size_t size;            /* of an element of LIST and ENTRIES */
	void (*release)(void *); /* frees what the value or element holds, or
				    NULL */
	const char *place;      /* of ENTRIES: where their options are found */
};

const struct sg_type *sg_type_of(const struct sg_option *o);
#endif
