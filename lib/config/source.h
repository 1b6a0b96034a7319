/* SPDX-License-Identifier: ISC */
/*
 * source.h - the text of a configuration with its includes put in place, and
 * where each line of it came from; mistakes are collected against its lines.
 * One thread.
 */
#ifndef SG_CONFIG_SOURCE_H
#define SG_CONFIG_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

#define SG_SOURCE_MAX_FILE (1024 * 1024) /* one file */
#define SG_SOURCE_MAX_TEXT (16 * 1024 * 1024) /* all files together */
#define SG_SOURCE_MAX_FILES 1000
#define SG_SOURCE_MAX_DEPTH 10

struct sg_source_line {
	unsigned file; /* index in files */
	unsigned line;
};

struct sg_mistake {
	char *text;
	size_t at; /* line of the text, from 1; 0 = the whole */
};

struct sg_source {
	char *text; /* NUL-terminated, no NUL inside unless broken */
	size_t len, cap;
	size_t n_lines, lines_cap;
	struct sg_source_line *lines; /* lines[n - 1] is where line n is from */
	size_t n_strings, strings_cap;
	size_t *strings; /* line of the n-th string value */
	size_t n_files;
	char **files;
	size_t n_mistakes, mistakes_cap;
	struct sg_mistake *mistakes;
	bool broken;     /* no use in parsing: a string is open, ... */
	bool after_text; /* scanner: a string just ended, the next one joins */
};

void sg_source_init(struct sg_source *s);
void sg_source_fini(struct sg_source *s);

/* Puts a file and what it includes into s. SG_OK also when mistakes were
   collected; SG_NONE if the file itself is not there; SG_BAD if it can't be
   read. Both are in the mistakes too. */
enum sg_rc sg_source_read_file(struct sg_source *s, const char *path);

/* The same from memory; includes are a mistake there. */
void sg_source_read_text(struct sg_source *s, const char *text,
    const char *name);

/* Collects a mistake at a line of the text. */
void sg_source_mistake(struct sg_source *s, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Hands the mistakes over, in the order of the text. */
void sg_source_errors(struct sg_source *s, struct sg_config_errors *errors);

/* Memory for a configuration: zeroed, and never NULL. A configuration is
   small beside what the program has needed by then. */
void *sg_config_alloc(size_t n, size_t size);
char *sg_config_strdup(const char *text);
/* Makes room for one more element in an array of n with room for *cap. */
void *sg_config_grow(void *array, size_t n, size_t *cap, size_t size);
#endif
