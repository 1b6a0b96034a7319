/* SPDX-License-Identifier: ISC */
/* story.c - see story.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "replay/story.h"

struct reader {
	struct story *story;
	struct lines *into; /* where lines go now */
	struct lines fault; /* the lines of the fault that is being read */
	char *fault_name;
	bool rows; /* of it have begun */
	struct def *def;
	bool raw; /* within config ... end */
};

static void
add(struct lines *lines, const struct line *line)
{
	lines->l = realloc(lines->l, (lines->n + 1) * sizeof(*lines->l));
	sg_assert(lines->l != NULL);
	lines->l[lines->n++] = *line;
}

static bool
fail(const struct line *line, const char *why)
{
	fprintf(stderr, "%s:%u: %s: %s\n", line->file, line->n, why,
	    line->text);
	return false;
}

/* The text after the first word if that is word, or NULL. */
static const char *
after(const char *text, const char *word)
{
	size_t n = strlen(word);

	text += strspn(text, " \t");
	if (strncmp(text, word, n) != 0 ||
	    (text[n] != '\0' && !isspace((unsigned char)text[n])))
		return NULL;
	return text + n + strspn(text + n, " \t");
}

static void
copy_lines(const struct lines *from, struct lines *to)
{
	for (size_t i = 0; i < from->n; i++)
		add(to, &from->l[i]);
}

static void
add_scene(struct reader *r, const struct line *line)
{
	struct story *s = r->story;
	struct scene *scene;

	s->scenes = realloc(s->scenes, (s->n_scenes + 1) * sizeof(*scene));
	sg_assert(s->scenes != NULL);
	scene = &s->scenes[s->n_scenes++];
	*scene = (struct scene) { .head = *line, .fault = r->fault_name };
	copy_lines(&r->fault, &scene->before);
	r->into = &scene->own;
}

static void
leave_fault(struct reader *r)
{
	r->fault.n = 0;
	r->fault_name = NULL;
	r->rows = false;
}

static bool read_file(struct reader *r, const char *path);

static bool
include(struct reader *r, const struct line *line, const char *name)
{
	const char *slash = strrchr(line->file, '/');
	char path[500];

	snprintf(path, sizeof(path), "%.*s%s",
	    slash != NULL ? (int)(slash + 1 - line->file) : 0, line->file,
	    name);
	return read_file(r, path) || fail(line, "cannot be included");
}

static void
add_def(struct reader *r, const char *name)
{
	struct story *s = r->story;

	s->defs = realloc(s->defs, (s->n_defs + 1) * sizeof(*s->defs));
	sg_assert(s->defs != NULL);
	r->def = &s->defs[s->n_defs++];
	*r->def = (struct def) { .name = strdup(name) };
}

static bool
take(struct reader *r, const struct line *line)
{
	struct lines *into = r->def != NULL ? &r->def->body : r->into;
	const char *rest;

	if (r->raw || after(line->text, "config") != NULL) {
		r->raw = after(line->text, "end") == NULL;
		add(into, line);
		return true;
	}
	if (r->def != NULL) {
		if (after(line->text, "end") != NULL)
			r->def = NULL;
		else
			add(into, line);
		return true;
	}
	if ((rest = after(line->text, "include")) != NULL)
		return include(r, line, rest);
	if ((rest = after(line->text, "def")) != NULL) {
		add_def(r, rest);
		return true;
	}
	if (after(line->text, "case") != NULL) {
		leave_fault(r);
		add_scene(r, line);
		return true;
	}
	if ((rest = after(line->text, "fault")) != NULL) {
		leave_fault(r);
		r->fault_name = (char *)rest;
		r->into = &r->fault;
		return true;
	}
	if (after(line->text, "row") != NULL) {
		if (r->fault_name == NULL)
			return fail(line, "a row without a fault");
		add_scene(r, line);
		return true;
	}
	add(into, line);
	return true;
}

/* Lines point to the name of their file. */
static const char *
keep_name(struct story *s, const char *path)
{
	struct line name = { .text = strdup(path) };

	add(&s->files, &name);
	return name.text;
}

static bool
read_lines(struct reader *r, const char *path, FILE *f)
{
	struct line line = { .file = keep_name(r->story, path) };
	char buf[4096];
	size_t len;

	while (fgets(buf, sizeof(buf), f) != NULL) {
		line.n++;
		len = strcspn(buf, "\n");
		while (len > 0 && isspace((unsigned char)buf[len - 1]))
			len--;
		buf[len] = '\0';
		if (buf[strspn(buf, " \t")] == '\0' ||
		    buf[strspn(buf, " \t")] == '#')
			continue;
		line.text = strdup(buf);
		add(&r->story->all, &line);
		if (!take(r, &line))
			return false;
	}
	return true;
}

static bool
read_file(struct reader *r, const char *path)
{
	FILE *f = fopen(path, "r");
	bool ok;

	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	ok = read_lines(r, path, f);
	fclose(f);
	return ok;
}

bool
story_read(const char *path, struct story *out)
{
	struct reader r = { .story = out };
	bool ok;

	memset(out, 0, sizeof(*out));
	r.into = &out->prelude;
	ok = read_file(&r, path);
	free(r.fault.l);
	if (ok && (r.def != NULL || r.raw)) {
		fprintf(stderr, "%s: def or config without end\n", path);
		ok = false;
	}
	return ok;
}

const struct lines *
story_def(const struct story *s, const char *name)
{
	for (size_t i = 0; i < s->n_defs; i++)
		if (strcmp(s->defs[i].name, name) == 0)
			return &s->defs[i].body;
	return NULL;
}

void
story_free(struct story *s)
{
	for (size_t i = 0; i < s->n_defs; i++) {
		free(s->defs[i].name);
		free(s->defs[i].body.l);
	}
	for (size_t i = 0; i < s->n_scenes; i++) {
		free(s->scenes[i].before.l);
		free(s->scenes[i].own.l);
	}
	for (size_t i = 0; i < s->all.n; i++)
		free(s->all.l[i].text);
	for (size_t i = 0; i < s->files.n; i++)
		free(s->files.l[i].text);
	free(s->files.l);
	free(s->defs);
	free(s->scenes);
	free(s->prelude.l);
	free(s->all.l);
}
