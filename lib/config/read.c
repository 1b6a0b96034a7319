/* SPDX-License-Identifier: ISC */
/*
 * read.c - what does a parsed tree set, and what is wrong in it?
 *
 * The walk goes by what stands in the file, not by what could stand there, so
 * that no setting is passed over; it never stops at a mistake. Defaults are
 * put in first, by the same functions. What concerns several options at once
 * is check.c's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf(3) */
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "config/check.h"
#include "config/read.h"
#include "config/types.h"

#define GOT_SIZE 160

struct reader {
	struct sg_source *s;
	struct sg_config *c;
	size_t n_recipients; /* in all lists together */
};

static void read_members(struct reader *r, const config_setting_t *from,
    const char *place, void *base);
static void free_place(const char *place, void *base);

static void *
at(void *base, size_t offset)
{
	return (char *)base + offset;
}

/* --- where and what ------------------------------------------------------- */

/* libconfig gives the element of a list the line of what follows it; the
   scanner has counted better. Settings with a name are right as they are. */
static void
set_lines(config_setting_t *s, const struct sg_source *source, size_t *n)
{
	int i;

	if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		if (*n < source->n_strings && s->name == NULL)
			config_setting_set_hook(s,
			    (void *)(uintptr_t)source->strings[*n]);
		++*n;
	} else if (config_setting_is_aggregate(s))
		for (i = 0; i < config_setting_length(s); i++)
			set_lines(config_setting_get_elem(s, (unsigned)i),
			    source, n);
}

size_t
sg_read_line(const config_setting_t *s)
{
	uintptr_t hook = (uintptr_t)config_setting_get_hook(s);

	return hook != 0 ? hook : config_setting_source_line(s);
}

static const char *
got(const config_setting_t *s, char out[GOT_SIZE])
{
	const char *text;
	char safe[100];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, GOT_SIZE, "the number %lld",
		    config_setting_type(s) == CONFIG_TYPE_INT ?
		    config_setting_get_int(s) : config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, GOT_SIZE, "the number %g",
		    config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_STRING:
		text = config_setting_get_string(s);
		snprintf(out, GOT_SIZE, "\"%s\"", sg_log_escape(safe,
		    sizeof(safe), text, strlen(text)));
		break;
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	default:
		return config_setting_length(s) > 0 ? "a list" :
		    "an empty list";
	}
	return out;
}

/* Entries of lists are known by their line, so the bare name is clearer. */
static const char *
shown(const struct sg_option *o)
{
	return sg_option_in(o, "groups") || sg_option_in(o, "recipients") ?
	    sg_option_name(o) : o->path;
}

static void
unexpected(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, const struct sg_err *err)
{
	char expected[SG_EXPECTED_SIZE], value[GOT_SIZE];

	if (err != NULL && err->text[0] != '\0')
		sg_source_mistake(r->s, sg_read_line(s),
		    "option `%s': %s, got %s", shown(o), err->text,
		    got(s, value));
	else
		sg_source_mistake(r->s, sg_read_line(s),
		    "option `%s': expected %s, got %s", shown(o),
		    sg_option_expected(o, expected), got(s, value));
}

/* --- values --------------------------------------------------------------- */

static bool
is_list(const config_setting_t *s)
{
	return config_setting_is_list(s) || config_setting_is_array(s);
}

static bool
read_bool(const config_setting_t *s, void *field)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return false;
	*(bool *)field = config_setting_get_bool(s) != 0;
	return true;
}

static bool
read_number(const struct sg_option *o, const config_setting_t *s, void *field)
{
	long long n;

	if (config_setting_type(s) == CONFIG_TYPE_INT)
		n = config_setting_get_int(s);
	else if (config_setting_type(s) == CONFIG_TYPE_INT64)
		n = config_setting_get_int64(s);
	else
		return false;
	if (n < o->min || n > o->max)
		return false;
	*(unsigned *)field = (unsigned)n;
	return true;
}

static bool
read_text(const struct sg_option *o, const config_setting_t *s, void *field,
    struct sg_err *err)
{
	return config_setting_type(s) == CONFIG_TYPE_STRING &&
	    sg_type_of(o)->read(config_setting_get_string(s), o, field,
	    err) == SG_OK;
}

static void
free_value(const struct sg_option *o, void *base)
{
	const struct sg_type *type = sg_type_of(o);
	char **array = at(base, o->field);
	size_t i, *n = at(base, o->count);

	if (type->shape == SG_SHAPE_TEXT && type->release != NULL)
		type->release(array);
	if (type->shape != SG_SHAPE_LIST && type->shape != SG_SHAPE_ENTRIES)
		return;
	for (i = 0; i < *n; i++) {
		if (type->shape == SG_SHAPE_ENTRIES)
			free_place(type->place, *array + i * type->size);
		else if (type->release != NULL)
			type->release(*array + i * type->size);
	}
	free(*array);
	*array = NULL;
	*n = 0;
}

static void
read_list(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base)
{
	size_t size = sg_type_of(o)->size, *n = at(base, o->count);
	int i, length = config_setting_length(s);
	char **array = at(base, o->field);
	const config_setting_t *e;
	struct sg_err err;

	free_value(o, base);
	if (length > 0)
		*array = sg_config_alloc((size_t)length, size);
	for (i = 0; i < length; i++) {
		memset(&err, 0, sizeof(err));
		e = config_setting_get_elem(s, (unsigned)i);
		if (read_text(o, e, *array + *n * size, &err))
			++*n;
		else
			unexpected(r, o, e, &err);
	}
}

static void read_entries(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base);

static bool
read_value(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base)
{
	enum sg_shape shape = sg_type_of(o)->shape;
	void *field = at(base, o->field);
	struct sg_err err;
	bool ok = true;

	memset(&err, 0, sizeof(err));
	if (shape == SG_SHAPE_BOOL)
		ok = read_bool(s, field);
	else if (shape == SG_SHAPE_NUMBER)
		ok = read_number(o, s, field);
	else if (shape == SG_SHAPE_TEXT)
		ok = read_text(o, s, field, &err);
	else if (!is_list(s))
		ok = false;
	else if (shape == SG_SHAPE_LIST)
		read_list(r, o, s, base);
	else
		read_entries(r, o, s, base);
	if (!ok)
		unexpected(r, o, s, &err);
	return ok;
}

/* --- places --------------------------------------------------------------- */

static struct sg_rule *
rule_of(const struct sg_option *o, void *base)
{
	return at(base, sg_option_in(o, "groups") ?
	    offsetof(struct sg_group, rule) :
	    offsetof(struct sg_recipient_rule, rule));
}

static void
read_option(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base)
{
	if (read_value(r, o, s, base) && o->set_bit != 0)
		rule_of(o, base)->set |= o->set_bit;
}

/* A default that the table's own type refuses is a bug of the table. */
static void
put_default(struct reader *r, const struct sg_option *o, void *base)
{
	size_t before = r->s->n_mistakes;
	char *text = NULL;
	config_t tree;

	if (asprintf(&text, "v = %s;", o->dflt) < 0)
		sg_assert(!"out of memory");
	config_init(&tree);
	sg_assert(config_read_string(&tree, text));
	read_option(r, o, config_lookup(&tree, "v"), base);
	sg_assert(r->s->n_mistakes == before);
	config_destroy(&tree);
	free(text);
}

static void
put_defaults(struct reader *r, const char *place, void *base)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_options[i].dflt != NULL &&
		    sg_option_in(&sg_options[i], place))
			put_default(r, &sg_options[i], base);
}

static void
free_place(const char *place, void *base)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_option_in(&sg_options[i], place))
			free_value(&sg_options[i], base);
}

static void
unknown_option(struct reader *r, const config_setting_t *s, const char *place)
{
	const char *near = sg_option_nearest(place, config_setting_name(s));
	bool top = *place == '\0';

	sg_source_mistake(r->s, sg_read_line(s),
	    "unknown option `%.60s'%s%s%s%s%s",
	    config_setting_name(s), top ? "" : " in ", place,
	    near != NULL ? "; is `" : "", near != NULL ? near : "",
	    near != NULL ? "' meant?" : "");
}

static void
read_member(struct reader *r, const config_setting_t *s, const char *place,
    void *base)
{
	const char *name = config_setting_name(s);
	const struct sg_option *o = sg_option_find(place, name);
	char value[GOT_SIZE];

	if (o != NULL)
		read_option(r, o, s, base);
	else if (*place != '\0' || !sg_option_is_section(name))
		unknown_option(r, s, place);
	else if (config_setting_is_group(s))
		read_members(r, s, name, base);
	else
		sg_source_mistake(r->s, sg_read_line(s),
		    "option `%s': expected a group of options { }, got "
		    "%s", name, got(s, value));
}

static void
read_members(struct reader *r, const config_setting_t *from, const char *place,
    void *base)
{
	int i;

	for (i = 0; i < config_setting_length(from); i++)
		read_member(r, config_setting_get_elem(from, (unsigned)i),
		    place, base);
}

/* --- entries of lists ----------------------------------------------------- */

static bool
too_many(struct reader *r, const struct sg_option *o, const config_setting_t *s)
{
	size_t n = (size_t)config_setting_length(s);
	bool groups = o->type == SG_TYPE_GROUPS;
	size_t max = groups ? SG_CONFIG_MAX_GROUPS : SG_CONFIG_MAX_RECIPIENTS;

	if (!groups)
		n = r->n_recipients += n;
	if (n <= max)
		return false;
	sg_source_mistake(r->s, sg_read_line(s), "option `%s': more than %zu "
	    "entries", shown(o), max);
	return true;
}

static void
read_entry(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base)
{
	const struct sg_type *type = sg_type_of(o);
	char **array = at(base, o->field);
	size_t *n = at(base, o->count);
	void *entry = *array + *n * type->size;

	++*n; /* counted first: what it holds is freed by the count */
	put_defaults(r, type->place, entry);
	read_members(r, s, type->place, entry);
	if (o->type == SG_TYPE_RECIPIENTS &&
	    config_setting_get_member(s, "match") == NULL)
		sg_source_mistake(r->s, sg_read_line(s),
		    "option `match': an entry of recipients must have it");
}

static void
read_entries(struct reader *r, const struct sg_option *o,
    const config_setting_t *s, void *base)
{
	int i, length = config_setting_length(s);
	const config_setting_t *e;
	char **array = at(base, o->field);
	char value[GOT_SIZE];

	free_value(o, base);
	if (too_many(r, o, s))
		length = 0;
	/* One more: `default' is put behind the groups. */
	*array = sg_config_alloc((size_t)length + 1, sg_type_of(o)->size);
	for (i = 0; i < length; i++) {
		e = config_setting_get_elem(s, (unsigned)i);
		if (!config_setting_is_group(e)) {
			sg_source_mistake(r->s, sg_read_line(e), "option `%s': "
			    "expected an entry { }, got %s", shown(o),
			    got(e, value));
			continue;
		}
		read_entry(r, o, e, base);
		if (o->type == SG_TYPE_GROUPS)
			sg_check_group(e, i == length - 1, r->s, r->c);
	}
}

static void
add_default_group(struct reader *r)
{
	struct sg_config *c = r->c;
	struct sg_group *last;

	last = c->n_groups == 0 ? NULL : &c->groups[c->n_groups - 1];
	if (last != NULL && last->name != NULL &&
	    strcmp(last->name, "default") == 0)
		return;
	last = &c->groups[c->n_groups++];
	last->name = sg_config_strdup("default");
	put_defaults(r, "groups", last);
}

/* --- the whole ------------------------------------------------------------ */

static void
put_all_defaults(struct reader *r)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_options[i].dflt != NULL &&
		    !sg_option_in(&sg_options[i], "groups") &&
		    !sg_option_in(&sg_options[i], "recipients"))
			put_default(r, &sg_options[i], r->c);
}

void
sg_read_config(config_t *tree, struct sg_source *s, struct sg_config *c)
{
	struct reader r = { .s = s, .c = c };
	size_t n = 0;

	set_lines(config_root_setting(tree), s, &n);
	put_all_defaults(&r);
	read_members(&r, config_root_setting(tree), "", c);
	add_default_group(&r);
	sg_check_whole(tree, s, c);
}

void
sg_read_free(struct sg_config *c)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (!sg_option_in(&sg_options[i], "groups") &&
		    !sg_option_in(&sg_options[i], "recipients"))
			free_value(&sg_options[i], c);
}
