/* SPDX-License-Identifier: ISC */
/*
 * mta_postconf.c - see mta_postconf.h.
 *
 * postconf -x and -Px expand $name and user-defined parameters, so that what
 * is compared is what Postfix works with. Lists of some thousand names, looked
 * through from the front: a run asks for a hundred.
 */
#include "mta_postconf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	char *name, *value;
};
struct pairs {
	size_t n;
	struct pair *p;
};

struct sg_postfix {
	struct pairs parameters, overrides;
	size_t n_services;
	struct sg_postfix_service *services;
};

/* --- lines ------------------------------------------------------------------- */

static char *
cut(const char *from, size_t n)
{
	char *s = strndup(from, n);

	sg_assert(s != NULL);
	return s;
}

/* "name = value" up to the end of line; false: it is not one. */
static bool
split_line(const char *line, size_t n, struct pair *out)
{
	const char *eq = memmem(line, n, " =", 2);
	size_t name, rest;

	if (eq == NULL || eq == line)
		return false;
	name = (size_t)(eq - line);
	rest = name + 2;
	while (rest < n && line[rest] == ' ')
		rest++;
	out->name = cut(line, name);
	out->value = cut(line + rest, n - rest);
	return true;
}

static void
read_pairs(const char *text, struct pairs *out)
{
	size_t n, room = 0;

	for (; *text != '\0' && out->n < SG_POSTCONF_MAX_LINES;
	    text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (out->n == room) {
			room = room == 0 ? 256 : 2 * room;
			out->p = reallocarray(out->p, room, sizeof(*out->p));
			sg_assert(out->p != NULL);
		}
		if (split_line(text, n, &out->p[out->n]))
			out->n++;
	}
}

static void
free_pairs(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->p[i].name);
		free(p->p[i].value);
	}
	free(p->p);
}

static const char *
find(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->p[i].name, name) == 0)
			return p->p[i].value;
	return NULL;
}

/* --- services ---------------------------------------------------------------- */

/* A "-" in the column means yes before compatibility_level 1. */
static bool
is_chrooted(const struct sg_postfix *p, const char *column)
{
	const char *level = find(&p->parameters, "compatibility_level");

	if (column[0] == '-')
		return level != NULL && strtol(level, NULL, 10) < 1;
	return column[0] == 'y';
}

static void
take_field(const struct sg_postfix *p, struct sg_postfix_service *s,
    const char *field, const char *value)
{
	if (strcmp(field, "chroot") == 0)
		s->chroot = is_chrooted(p, value);
	else if (strcmp(field, "command") == 0) {
		free(s->command);
		s->command = cut(value, strcspn(value, " \t"));
	}
}

/* "submission/inet/chroot": the fields of a service follow each other. */
static void
read_services(struct sg_postfix *p, const struct pairs *fields)
{
	struct sg_postfix_service *s = NULL;

	p->services = calloc(fields->n + 1, sizeof(*p->services));
	sg_assert(p->services != NULL);
	for (size_t i = 0; i < fields->n; i++) {
		const char *key = fields->p[i].name;
		const char *slash = strrchr(key, '/');
		size_t n = slash != NULL ? (size_t)(slash - key) : 0;

		if (n == 0)
			continue;
		if (s == NULL || strlen(s->name) != n ||
		    strncmp(s->name, key, n) != 0) {
			s = &p->services[p->n_services++];
			s->name = cut(key, n);
			s->command = cut("", 0);
		}
		take_field(p, s, slash + 1, fields->p[i].value);
	}
}

enum sg_rc
sg_postfix_parse(const struct sg_postconf_text *text,
    struct sg_postfix **out_r, struct sg_err *err)
{
	struct sg_postfix *p = calloc(1, sizeof(*p));
	struct pairs fields = { 0, NULL };

	sg_assert(p != NULL);
	read_pairs(text->parameters, &p->parameters);
	read_pairs(text->overrides, &p->overrides);
	read_pairs(text->services, &fields);
	read_services(p, &fields);
	free_pairs(&fields);
	*out_r = p;
	if (find(&p->parameters, "mail_version") != NULL && p->n_services > 0)
		return SG_OK;
	sg_postfix_free(out_r);
	sg_err_set(err, SG_REASON_INTERNAL, "postconf printed no %s",
	    text->services[0] != '\0' ? "parameters" : "services");
	return SG_BAD;
}

void
sg_postfix_free(struct sg_postfix **p)
{
	struct sg_postfix *gone = *p;

	*p = NULL;
	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->n_services; i++) {
		free(gone->services[i].name);
		free(gone->services[i].command);
	}
	free(gone->services);
	free_pairs(&gone->parameters);
	free_pairs(&gone->overrides);
	free(gone);
}

/* --- questions --------------------------------------------------------------- */

/* The service's own value, under "submission/inet/name"; or NULL. */
static const char *
own(const struct sg_postfix *p, const struct sg_postfix_service *s,
    const char *name)
{
	size_t n = strlen(s->name);

	for (size_t i = 0; i < p->overrides.n; i++) {
		const char *key = p->overrides.p[i].name;

		if (strncmp(key, s->name, n) == 0 && key[n] == '/' &&
		    strcmp(key + n + 1, name) == 0)
			return p->overrides.p[i].value;
	}
	return NULL;
}

const char *
sg_postfix_get(const struct sg_postfix *p,
    const struct sg_postfix_service *s, const char *name)
{
	const char *value = s != NULL ? own(p, s, name) : NULL;

	return value != NULL ? value : find(&p->parameters, name);
}

bool
sg_postfix_sets(const struct sg_postfix *p,
    const struct sg_postfix_service *s, const char *name)
{
	return own(p, s, name) != NULL;
}

const struct sg_postfix_service *
sg_postfix_service(const struct sg_postfix *p, const char *command, size_t i)
{
	for (size_t k = 0; k < p->n_services; k++)
		if (strcmp(p->services[k].command, command) == 0 && i-- == 0)
			return &p->services[k];
	return NULL;
}

const struct sg_postfix_service *
sg_postfix_service_named(const struct sg_postfix *p, const char *name)
{
	for (size_t k = 0; k < p->n_services; k++)
		if (strcmp(p->services[k].name, name) == 0)
			return &p->services[k];
	return NULL;
}

struct sg_sight
sg_postfix_sight(const struct sg_postfix *p,
    const struct sg_postfix_service *s)
{
	const char *queue = find(&p->parameters, "queue_directory");

	return (struct sg_sight) { queue != NULL ? queue : "",
		s != NULL && s->chroot };
}

bool
sg_postfix_is_at_least(const struct sg_postfix *p, unsigned major,
    unsigned minor)
{
	const char *text = find(&p->parameters, "mail_version");
	char *end;
	unsigned long is = strtoul(text, &end, 10);

	if (is != major)
		return is > major;
	return *end == '.' && strtoul(end + 1, NULL, 10) >= minor;
}

/* --- values ------------------------------------------------------------------ */

/* The length of what stands in braces at s, both included. */
static size_t
braced(const char *s)
{
	size_t n = 0;
	int depth = 0;

	do {
		depth += s[n] == '{' ? 1 : s[n] == '}' ? -1 : 0;
		n++;
	} while (depth > 0 && s[n] != '\0');
	return n;
}

bool
sg_postfix_next(const char **list, char out[SG_POSTFIX_ITEM_SIZE])
{
	const char *s = *list + strspn(*list, ", \t\r\n");
	size_t n;

	if (*s == '\0')
		return false;
	if (*s != '{') {
		n = strcspn(s, ", \t\r\n");
		snprintf(out, SG_POSTFIX_ITEM_SIZE, "%.*s", (int)n, s);
		*list = s + n;
		return true;
	}
	n = braced(s);
	*list = s + n;
	s++;
	n -= n > 1 && s[n - 2] == '}' ? 2 : 1;
	snprintf(out, SG_POSTFIX_ITEM_SIZE, "%.*s", (int)n, s);
	return true;
}

long
sg_postfix_seconds(const char *text, long unit)
{
	const struct {
		char letter;
		long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 }, { '\0', unit } };
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || n < 0 || n > 1000000000)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].letter)
			return n * units[i].seconds;
	return -1;
}
