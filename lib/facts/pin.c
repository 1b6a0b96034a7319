/* SPDX-License-Identifier: ISC */
/*
 * pin.c - see pin.h.
 *
 * One allocation holds it all: the struct, the names' addresses, the key and
 * the names. What is read back from disk is checked like anything from
 * outside.
 */
#include "facts/pin.h"

#include <stdlib.h>
#include <string.h>

#include "policy/mx_match.h"

static bool
is_key(const char *key)
{
	struct sg_nexthop hop;
	char again[SG_NEXTHOP_KEY_SIZE];

	return sg_nexthop_parse(key, &hop, NULL) == SG_OK &&
	    strcmp(sg_nexthop_key(&hop, again), key) == 0;
}

static bool
is_fit(const char *key, enum sg_level level, struct sg_wall at,
    struct sg_wall until)
{
	return level > SG_LEVEL_NONE && level <= SG_LEVEL_DANE && at.s > 0 &&
	    until.s > at.s && is_key(key);
}

/* Bytes that the names take, each with its end; 0 with *bad set: unfit. */
static size_t
measure(const char *const *names, size_t n, bool *bad)
{
	size_t sum = 0;

	*bad = n > SG_PIN_MAX_NAMES;
	for (size_t i = 0; !*bad && i < n; i++) {
		sum += strlen(names[i]) + 1;
		*bad = sum > SG_PIN_MAX_TEXT ||
		    !sg_mx_pattern_is_valid(names[i]);
	}
	return sum;
}

static char *
append(char *at, const char *text)
{
	size_t n = strlen(text) + 1;

	memcpy(at, text, n);
	return at + n;
}

enum sg_rc
sg_pin_new(const char *key, enum sg_level level, struct sg_wall at,
    struct sg_wall until, const char *const *names, size_t n_names,
    struct sg_pin **out_r)
{
	const char **list;
	struct sg_pin *p;
	size_t bytes;
	bool bad;
	char *text;

	*out_r = NULL;
	bytes = measure(names, n_names, &bad);
	if (bad || !is_fit(key, level, at, until))
		return SG_BAD;
	p = calloc(1, sizeof(*p) + n_names * sizeof(*list) + strlen(key) + 1 +
	    bytes);
	if (p == NULL)
		return SG_RETRY;
	list = (const char **)(p + 1);
	text = (char *)(list + n_names);
	*p = (struct sg_pin) { .level = level, .at = at, .until = until,
		.n_names = (unsigned)n_names, .names = list, .refs = 1,
		.key = text };
	text = append(text, key);
	for (size_t i = 0; i < n_names; i++) {
		list[i] = text;
		text = append(text, names[i]);
	}
	*out_r = p;
	return SG_OK;
}

enum sg_rc
sg_pin_read(const char *key, enum sg_level level, struct sg_wall at,
    struct sg_wall until, const char *names, struct sg_pin **out_r)
{
	const char *list[SG_PIN_MAX_NAMES];
	enum sg_rc rc = SG_BAD;
	char *copy, *rest;
	size_t n = 0;

	*out_r = NULL;
	if (strlen(names) > SG_PIN_MAX_TEXT)
		return SG_BAD;
	copy = strdup(names);
	if (copy == NULL)
		return SG_RETRY;
	for (rest = copy; rest != NULL && *rest != '\0';) {
		if (n == SG_PIN_MAX_NAMES)
			goto out;
		list[n++] = rest;
		rest = strchr(rest, ' ');
		if (rest != NULL)
			*rest++ = '\0';
	}
	rc = sg_pin_new(key, level, at, until, list, n, out_r);
out:
	free(copy);
	return rc;
}

char *
sg_pin_names_text(const struct sg_pin *p)
{
	size_t bytes = 1;
	char *text, *at;

	for (unsigned i = 0; i < p->n_names; i++)
		bytes += strlen(p->names[i]) + 1;
	at = text = malloc(bytes);
	if (text == NULL)
		return NULL;
	text[0] = '\0';
	for (unsigned i = 0; i < p->n_names; i++) {
		if (i > 0)
			at[-1] = ' ';
		at = append(at, p->names[i]);
	}
	return text;
}

struct sg_pin *
sg_pin_ref(const struct sg_pin *p)
{
	struct sg_pin *mine = (struct sg_pin *)p;
	unsigned before = __atomic_fetch_add(&mine->refs, 1, __ATOMIC_RELAXED);

	sg_assert(before > 0);
	return mine;
}

void
sg_pin_unref(struct sg_pin **pp)
{
	struct sg_pin *p = *pp;
	unsigned before;

	*pp = NULL;
	if (p == NULL)
		return;
	before = __atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL);
	sg_assert(before > 0);
	if (before == 1)
		free(p);
}

bool
sg_pin_holds(const struct sg_pin *p, struct sg_wall now)
{
	return p != NULL && now.s < p->until.s &&
	    now.s >= p->at.s - (p->until.s - p->at.s);
}

bool
sg_pin_suffices(const struct sg_pin *p, enum sg_level level, int64_t for_s,
    struct sg_wall now)
{
	if (!sg_pin_holds(p, now) || p->level < level)
		return false;
	/* A stronger one is never shortened nor lengthened by a weaker. */
	return p->level > level || p->until.s >= now.s + for_s;
}
