/* SPDX-License-Identifier: ISC */
/*
 * image.c - how does a snapshot get into another process of this program?
 *
 * As bytes, with places instead of pointers. To make a snapshot of its text
 * takes libconfig, which ends the process that is short of memory (THREATS
 * 5.4); to take this one takes a single allocation, which may fail.
 *
 * One walk over the option tables finds each pointer, whether it is to become
 * a place or a pointer again.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include "config/config.h"
#include "config/source.h"
#include "config/types.h"

struct image {
	char *base;
	size_t len, cap;
	bool packing;
	bool bad; /* a place lies outside */
};

static void walk(struct image *im, const char *place, size_t at);

/* --- one pointer ---------------------------------------------------------- */

static size_t
append(struct image *im, const void *bytes, size_t n)
{
	size_t at = im->len, align = alignof(max_align_t);

	while (im->cap - im->len < n + align)
		im->base = sg_config_grow(im->base, im->cap, &im->cap, 1);
	memset(im->base + at, 0, n + align);
	memcpy(im->base + at, bytes, n);
	im->len = (at + n + align - 1) / align * align;
	return at;
}

/* The pointer that stands at field, to n bytes, or to a string: 0. Returns
   their place; 0: it is NULL. */
static size_t
move(struct image *im, size_t field, size_t n)
{
	uintptr_t value;
	size_t to;

	memcpy(&value, im->base + field, sizeof(value));
	if (value == 0)
		return 0;
	if (im->packing) {
		const char *from = (const char *)value;

		to = append(im, from, n > 0 ? n : strlen(from) + 1);
		value = to;
	} else {
		to = value;
		if (to >= im->len || n > im->len - to ||
		    (n == 0 && memchr(im->base + to, '\0', im->len - to) ==
		    NULL)) {
			im->bad = true;
			return 0;
		}
		value = (uintptr_t)(im->base + to);
	}
	memcpy(im->base + field, &value, sizeof(value));
	return to;
}

/* --- all of them ---------------------------------------------------------- */

static void
walk_list(struct image *im, const struct sg_option *o, size_t at)
{
	const struct sg_type *type = sg_type_of(o);
	size_t n, bytes, to;

	memcpy(&n, im->base + at + o->count, sizeof(n));
	if (__builtin_mul_overflow(n, type->size, &bytes))
		im->bad = true;
	/* An empty one may have an array all the same: it is left behind. */
	if (im->bad || n == 0) {
		memset(im->base + at + o->field, 0, sizeof(void *));
		return;
	}
	to = move(im, at + o->field, bytes);
	for (; to != 0 && n > 0; n--, to += type->size) {
		if (type->shape == SG_SHAPE_ENTRIES)
			walk(im, type->place, to);
		else if (o->type == SG_TYPE_SENDERS)
			move(im, to + offsetof(struct sg_sender_pattern,
			    local), 0);
		else if (type->release != NULL)
			move(im, to, 0);
	}
}

/* `name' points into the entry itself. */
static void
walk_match(struct image *im, size_t at)
{
	const char *match = im->base + at +
	    offsetof(struct sg_recipient_rule, match);
	const char *name = im->packing ? NULL : match + (*match == '.');

	memcpy(im->base + at + offsetof(struct sg_recipient_rule, name),
	    &name, sizeof(name));
}

static void
walk_option(struct image *im, const struct sg_option *o, size_t at)
{
	const struct sg_type *type = sg_type_of(o);

	if (o->type == SG_TYPE_MATCH)
		walk_match(im, at);
	else if (type->shape == SG_SHAPE_LIST ||
	    type->shape == SG_SHAPE_ENTRIES)
		walk_list(im, o, at);
	else if (type->shape == SG_SHAPE_TEXT && type->release != NULL)
		move(im, at + o->field, 0);
}

/* place "": all that fills struct sg_config. */
static void
walk(struct image *im, const char *place, size_t at)
{
	size_t i;

	for (i = 0; i < sg_options_count && !im->bad; i++) {
		bool in_entry = sg_option_in(&sg_options[i], "groups") ||
		    sg_option_in(&sg_options[i], "recipients");

		if (*place == '\0' ? !in_entry :
		    sg_option_in(&sg_options[i], place))
			walk_option(im, &sg_options[i], at);
	}
}

/* --- the interface -------------------------------------------------------- */

void *
sg_config_pack(const struct sg_config *c, size_t *len)
{
	struct image im = { .packing = true };
	struct sg_config *top;

	append(&im, c, sizeof(*c));
	walk(&im, "", 0);
	move(&im, offsetof(struct sg_config, text), 0);
	top = (struct sg_config *)(void *)im.base;
	top->one_block = im.len;
	*len = im.len;
	return im.base;
}

enum sg_rc
sg_config_unpack(void *block, size_t len, struct sg_config **out_r)
{
	struct image im = { .base = block, .len = len };
	struct sg_config *c = block;

	if (len < sizeof(*c) || c->one_block != len)
		return SG_BAD;
	walk(&im, "", 0);
	move(&im, offsetof(struct sg_config, text), 0);
	if (im.bad)
		return SG_BAD;
	c->refs = 1;
	*out_r = c;
	return SG_OK;
}
