/* SPDX-License-Identifier: ISC */
/*
 * config.c - is this text a configuration, and which one?
 *
 * source.c finds the text, libconfig its structure, read.c its meaning. A
 * snapshot exists only if none of them had anything to say: there is no such
 * thing as half a configuration. What was read is kept as text, includes put
 * in place, so that another process can make the same snapshot.
 */
#include <stdlib.h>
#include <string.h>
#include <libconfig.h>
#include "config/config.h"
#include "config/read.h"
#include "config/source.h"

/* libconfig's few words, in the user's. */
static const char *
in_words(const char *text)
{
	static const struct {
		const char *said, *meant;
	} words[] = {
		{ "syntax error", "syntax error: is there a missing or "
		    "superfluous = , ; quote or bracket here or in the line "
		    "before?" },
		{ "duplicate setting name", "an option is written twice in "
		    "the same place (duplicate setting name)" },
		{ "mismatched element type in array", "an array [ ] holds "
		    "values of one type only: write a list ( ), or quotes" },
	};
	size_t i;

	for (i = 0; text != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].said) == 0)
			return words[i].meant;
	return text != NULL ? text : "cannot be parsed";
}

static enum sg_rc
make(struct sg_source *s, struct sg_config **out_r,
    struct sg_config_errors *errors)
{
	struct sg_config *c = sg_config_alloc(1, sizeof(*c));
	config_t tree;

	c->refs = 1;
	config_init(&tree);
	if (s->broken)
		; /* said already */
	else if (config_read_string(&tree, s->text))
		sg_read_config(&tree, s, c);
	else
		sg_source_mistake(s, config_error_line(&tree) > 0 ?
		    (size_t)config_error_line(&tree) : 0, "%s",
		    in_words(config_error_text(&tree)));
	config_destroy(&tree);
	sg_source_errors(s, errors);
	if (s->n_mistakes > 0) {
		sg_config_unref(&c);
		return SG_BAD;
	}
	c->text = s->text;
	s->text = NULL;
	*out_r = c;
	return SG_OK;
}

enum sg_rc
sg_config_load(const char *path, struct sg_config **out_r,
    struct sg_config_errors *errors)
{
	struct sg_source s;
	enum sg_rc rc;

	*out_r = NULL;
	sg_source_init(&s);
	rc = sg_source_read_file(&s, path);
	if (rc == SG_OK)
		rc = make(&s, out_r, errors);
	else
		sg_source_errors(&s, errors);
	sg_source_fini(&s);
	return rc;
}

enum sg_rc
sg_config_parse(const char *text, const char *name, struct sg_config **out_r,
    struct sg_config_errors *errors)
{
	struct sg_source s;
	enum sg_rc rc;

	*out_r = NULL;
	sg_source_init(&s);
	sg_source_read_text(&s, text, name);
	rc = make(&s, out_r, errors);
	sg_source_fini(&s);
	return rc;
}

void
sg_config_errors_fini(struct sg_config_errors *errors)
{
	size_t i;

	for (i = 0; i < errors->n; i++) {
		free(errors->e[i].file);
		free(errors->e[i].text);
	}
	free(errors->e);
	memset(errors, 0, sizeof(*errors));
}

void
sg_config_errors_print(const struct sg_config_errors *errors, FILE *out)
{
	const struct sg_config_error *e;

	for (e = errors->e; e < errors->e + errors->n; e++) {
		if (e->line > 0)
			fprintf(out, "%s:%u: %s\n", e->file, e->line, e->text);
		else
			fprintf(out, "%s: %s\n", e->file, e->text);
	}
}

/* The count is the one thing in a snapshot that changes. */
struct sg_config *
sg_config_ref(const struct sg_config *c)
{
	struct sg_config *shared = (struct sg_config *)(uintptr_t)c;

	sg_assert(__atomic_fetch_add(&shared->refs, 1, __ATOMIC_RELAXED) > 0);
	return shared;
}

void
sg_config_unref(struct sg_config **c)
{
	struct sg_config *gone = *c;

	*c = NULL;
	if (gone == NULL ||
	    __atomic_sub_fetch(&gone->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (gone->one_block == 0) {
		sg_read_free(gone);
		free(gone->text);
	}
	free(gone);
}
