/* SPDX-License-Identifier: ISC */
/*
 * source.c - which text is to be parsed, and where did each line come from?
 *
 * libconfig 1.5 does the parsing, but what it is given has to be read first:
 * it takes the end of the file for the end of an open comment (so that half a
 * configuration would silently be gone), stops at a NUL, wraps integers,
 * looks for absolute include paths below the include directory, names an
 * included file without its directory, and gives the elements of a list the
 * line of the token after them. One pass over the text finds these, follows
 * `@include` and remembers file and line; the words of the language stay
 * libconfig's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf(3) */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/err.h"
#include "config/source.h"

/* One file being scanned. */
struct scan {
	struct sg_source *out;
	const char *p, *end;
	unsigned file, line, depth;
	bool line_start; /* nothing but blanks on this line so far */
};

static void scan_file(struct sg_source *s, unsigned file, const char *bytes,
    size_t len, unsigned depth);

void *
sg_config_alloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size);

	sg_assert(p != NULL);
	return p;
}

char *
sg_config_strdup(const char *text)
{
	char *copy = strdup(text);

	sg_assert(copy != NULL);
	return copy;
}

void *
sg_config_grow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap > 0 ? *cap * 2 : 16;
	array = reallocarray(array, *cap, size);
	sg_assert(array != NULL);
	return array;
}

void
sg_source_init(struct sg_source *s)
{
	memset(s, 0, sizeof(*s));
	s->text = sg_config_alloc(1, s->cap = 4096);
}

void
sg_source_fini(struct sg_source *s)
{
	size_t i;

	for (i = 0; i < s->n_mistakes; i++)
		free(s->mistakes[i].text);
	for (i = 0; i < s->n_files; i++)
		free(s->files[i]);
	free(s->mistakes);
	free(s->files);
	free(s->strings);
	free(s->lines);
	free(s->text);
	memset(s, 0, sizeof(*s));
}

void
sg_source_mistake(struct sg_source *s, size_t at, const char *fmt, ...)
{
	struct sg_mistake *m;
	va_list ap;

	s->mistakes = sg_config_grow(s->mistakes, s->n_mistakes,
	    &s->mistakes_cap, sizeof(*m));
	m = &s->mistakes[s->n_mistakes++];
	m->at = at;
	va_start(ap, fmt);
	if (vasprintf(&m->text, fmt, ap) < 0)
		sg_assert(!"out of memory");
	va_end(ap);
}

/* --- the text and its lines ----------------------------------------------- */

static void
begin_line(struct sg_source *s, unsigned file, unsigned line)
{
	s->lines = sg_config_grow(s->lines, s->n_lines, &s->lines_cap,
	    sizeof(*s->lines));
	s->lines[s->n_lines].file = file;
	s->lines[s->n_lines++].line = line;
}

static void
put(struct sg_source *s, char c)
{
	s->text = sg_config_grow(s->text, s->len + 1, &s->cap, 1);
	s->text[s->len++] = c;
	s->text[s->len] = '\0';
}

static int
peek(const struct scan *sc, size_t ahead)
{
	return (size_t)(sc->end - sc->p) > ahead ?
	    (unsigned char)sc->p[ahead] : -1;
}

/* Copies one byte of the file, which must be there. */
static void
take(struct scan *sc)
{
	char c = *sc->p++;

	if (c == '\0') {
		sg_source_mistake(sc->out, sc->out->n_lines,
		    "a NUL byte: this is not a text file");
		sc->out->broken = true;
		c = ' ';
	}
	put(sc->out, c);
	if (c == '\n') {
		begin_line(sc->out, sc->file, ++sc->line);
		sc->line_start = true;
	} else if (c != ' ' && c != '\t')
		sc->line_start = false;
}

/* --- files ---------------------------------------------------------------- */

static unsigned
add_file(struct sg_source *s, const char *name)
{
	char **files = reallocarray(s->files, s->n_files + 1, sizeof(*files));

	sg_assert(files != NULL);
	s->files = files;
	s->files[s->n_files] = sg_config_strdup(name);
	return (unsigned)s->n_files++;
}

/* At most one byte more than may be there; errno tells on -1. */
static ssize_t
slurp(const char *path, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;

	if (fd < 0)
		return -1;
	while (n < size && (got = read(fd, buf + n, size - n)) > 0)
		n += (size_t)got;
	saved = errno;
	close(fd);
	errno = saved;
	return got < 0 ? -1 : (ssize_t)n;
}

/* at: the line to blame, 0 for the file that was named by the user. */
static enum sg_rc
read_file(struct sg_source *s, const char *path, size_t at, unsigned depth)
{
	char *buf = sg_config_alloc(1, SG_SOURCE_MAX_FILE + 1);
	ssize_t n = slurp(path, buf, SG_SOURCE_MAX_FILE + 1);
	enum sg_rc rc = SG_BAD;

	if (n < 0) {
		rc = errno == ENOENT || errno == ENOTDIR ? SG_NONE : SG_BAD;
		sg_source_mistake(s, at, "cannot read %s%s: %s",
		    at > 0 ? "the included file " : "", path, strerror(errno));
	} else if (n > SG_SOURCE_MAX_FILE ||
	    s->len + (size_t)n > SG_SOURCE_MAX_TEXT) {
		sg_source_mistake(s, at, "%s is too large: at most 1 MiB a "
		    "file and 16 MiB with its includes", path);
	} else {
		scan_file(s, add_file(s, path), buf, (size_t)n, depth);
		rc = SG_OK;
	}
	free(buf);
	return rc;
}

/* Paths are relative to the file that includes. */
static void
include(struct scan *sc, const char *name)
{
	struct sg_source *s = sc->out;
	const char *slash = strrchr(s->files[sc->file], '/');
	size_t at = s->n_lines;
	char *path = NULL;

	if (sc->depth == 0)
		sg_source_mistake(s, at, "@include works in files only");
	else if (sc->depth > SG_SOURCE_MAX_DEPTH)
		sg_source_mistake(s, at, "includes are nested more than %d "
		    "deep: does the file include itself?", SG_SOURCE_MAX_DEPTH);
	else if (s->n_files > SG_SOURCE_MAX_FILES)
		sg_source_mistake(s, at, "more than %d included files",
		    SG_SOURCE_MAX_FILES);
	else if (asprintf(&path, "%.*s%s", slash == NULL || *name == '/' ? 0 :
	    (int)(slash + 1 - s->files[sc->file]), s->files[sc->file],
	    name) >= 0)
		read_file(s, path, at, sc->depth + 1);
	free(path);
	if (s->n_lines == at) /* nothing was put in: stay on this line */
		return;
	put(s, '\n');
	begin_line(s, sc->file, sc->line);
}

/* --- the scanner ---------------------------------------------------------- */

/* `^[ \t]*@include[ \t]+"name"`: true if that is what stood there. */
static bool
scan_include(struct scan *sc)
{
	static const char word[] = "@include";
	const char *p = sc->p, *quote;
	char *name;

	if (!sc->line_start || sc->end - p < (ptrdiff_t)sizeof(word) ||
	    memcmp(p, word, sizeof(word) - 1) != 0)
		return false;
	p += sizeof(word) - 1;
	while (p < sc->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == sc->p + sizeof(word) - 1 || p == sc->end || *p != '"')
		return false;
	p++;
	quote = memchr(p, '"', (size_t)(sc->end - p));
	if (quote == NULL || memchr(p, '\n', (size_t)(quote - p)) != NULL)
		return false;
	name = strndup(p, (size_t)(quote - p));
	sg_assert(name != NULL);
	sc->p = quote + 1;
	include(sc, name);
	free(name);
	sc->line_start = false;
	return true;
}

static void
scan_comment(struct scan *sc)
{
	size_t at = sc->out->n_lines;
	bool block = peek(sc, 0) == '/' && peek(sc, 1) == '*';

	if (!block) {
		while (peek(sc, 0) >= 0 && peek(sc, 0) != '\n')
			take(sc);
		return;
	}
	take(sc);
	take(sc);
	while (peek(sc, 0) >= 0 && !(peek(sc, 0) == '*' && peek(sc, 1) == '/'))
		take(sc);
	if (peek(sc, 0) < 0) {
		sg_source_mistake(sc->out, at, "a comment begins here and "
		    "never ends: expected */");
		sc->out->broken = true;
		return;
	}
	take(sc);
	take(sc);
}

/* Strings that follow each other are one value (libconfig joins them). One
   that runs over the end of its line is allowed there, but no option takes
   it: a quote is missing, and said to be so where it is. */
static void
scan_string(struct scan *sc)
{
	struct sg_source *s = sc->out;
	size_t at = s->n_lines;

	if (!s->after_text) {
		s->strings = sg_config_grow(s->strings, s->n_strings,
		    &s->strings_cap, sizeof(*s->strings));
		s->strings[s->n_strings++] = at;
	}
	s->after_text = true;
	take(sc);
	while (peek(sc, 0) >= 0 && peek(sc, 0) != '"' && peek(sc, 0) != '\n') {
		if (peek(sc, 0) == '\\' && peek(sc, 1) > '\n')
			take(sc);
		take(sc);
	}
	if (peek(sc, 0) == '"') {
		take(sc);
		return;
	}
	sg_source_mistake(s, at, "a string begins here and does not end on "
	    "this line: expected \"");
	s->broken = true;
	sc->p = sc->end; /* what follows is inside out */
}

static bool
is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '*' || c == '-';
}

/* A name or a number. An integer that libconfig would wrap to 32 bits gets
   the suffix of its 64-bit type, so that the range check sees it. */
static void
scan_word(struct scan *sc)
{
	const char *from = sc->p;
	char *end, digits[32];
	long long value;
	size_t n;

	while (is_word(peek(sc, 0)))
		take(sc);
	n = (size_t)(sc->p - from);
	if (n >= sizeof(digits))
		n = sizeof(digits) - 1;
	memcpy(digits, from, n);
	digits[n] = '\0';
	value = strtoll(digits, &end,
	    strncasecmp(digits, "0x", 2) == 0 ? 16 : 10);
	if (end != digits && *end == '\0' && peek(sc, 0) != '.' &&
	    (value > INT_MAX || value < INT_MIN || n == sizeof(digits) - 1))
		put(sc->out, 'L');
}

static void
scan_one(struct scan *sc)
{
	int c = peek(sc, 0);

	if (c == '#' || (c == '/' && (peek(sc, 1) == '/' ||
	    peek(sc, 1) == '*')))
		scan_comment(sc);
	else if (c == '"')
		scan_string(sc);
	else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
		take(sc);
	else if (!scan_include(sc)) {
		sc->out->after_text = false;
		if (is_word(c))
			scan_word(sc);
		else
			take(sc);
	}
}

static void
scan_file(struct sg_source *s, unsigned file, const char *bytes, size_t len,
    unsigned depth)
{
	struct scan sc = { .out = s, .p = bytes, .end = bytes + len,
		.file = file, .line = 1, .depth = depth, .line_start = true };

	if (depth > 1)
		put(s, '\n');
	begin_line(s, file, 1);
	while (sc.p < sc.end)
		scan_one(&sc);
}

enum sg_rc
sg_source_read_file(struct sg_source *s, const char *path)
{
	enum sg_rc rc = read_file(s, path, 0, 1);

	if (s->n_files == 0)
		add_file(s, path);
	return rc;
}

void
sg_source_read_text(struct sg_source *s, const char *text, const char *name)
{
	size_t len = strlen(text);
	unsigned file = add_file(s, name);

	/* What was put together from files is a little longer than they. */
	if (len > SG_SOURCE_MAX_TEXT + SG_SOURCE_MAX_FILE) {
		sg_source_mistake(s, 0, "the text is larger than 16 MiB");
		s->broken = true;
		return;
	}
	scan_file(s, file, text, len, 0);
}

/* --- mistakes ------------------------------------------------------------- */

static void
sort_mistakes(struct sg_source *s)
{
	struct sg_mistake m;
	size_t i, j;

	for (i = 1; i < s->n_mistakes; i++) {
		m = s->mistakes[i];
		for (j = i; j > 0 && s->mistakes[j - 1].at > m.at; j--)
			s->mistakes[j] = s->mistakes[j - 1];
		s->mistakes[j] = m;
	}
}

void
sg_source_errors(struct sg_source *s, struct sg_config_errors *errors)
{
	struct sg_config_error *e;
	struct sg_source_line where;
	size_t i, at;

	if (s->n_mistakes == 0)
		return;
	sort_mistakes(s);
	errors->e = sg_config_alloc(s->n_mistakes, sizeof(*errors->e));
	for (i = 0; i < s->n_mistakes; i++) {
		at = s->mistakes[i].at;
		where = (struct sg_source_line){ 0, 0 };
		if (at > 0 && at <= s->n_lines)
			where = s->lines[at - 1];
		e = &errors->e[errors->n++];
		e->file = sg_config_strdup(s->files[where.file]);
		e->line = where.line;
		e->text = s->mistakes[i].text;
		s->mistakes[i].text = NULL;
	}
}
