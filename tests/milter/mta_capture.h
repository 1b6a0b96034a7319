/* SPDX-License-Identifier: ISC */
/* mta_capture.h - captured configurations of real MTAs, to be changed, and what
   is to be found in them then. */
#ifndef SG_TESTS_MILTER_MTA_CAPTURE_H
#define SG_TESTS_MILTER_MTA_CAPTURE_H
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mta_files.h"
#include "mta_postfix.h"
#include "mta_sendmail.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_TEXT (1 << 20)

#define SOCKETS \
	"milter_socket = \"unix:/var/spool/postfix/stsgate/milter.sock\"\n" \
	"tlsmap_listen = [\"unix:/var/spool/postfix/stsgate/tlsmap.sock\"]\n"
#define ROUTED(level) SOCKETS "groups = ( { name = \"finance\" " \
	"sender = [\"@x.test\"] require = \"" level "\" route_tag = true } )\n"

static inline char *
read_capture(const char *name)
{
	const char *top = getenv("srcdir");
	char path[500], *text = calloc(1, MAX_TEXT);
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/milter/mta/%s",
	    top != NULL ? top : ".", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s is missing", path);
	ck_assert_uint_gt(fread(text, 1, MAX_TEXT - 1, f), 0);
	fclose(f);
	return text;
}

/* In place; what is to be changed must be there. */
static inline void
replace(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);
	size_t n = strlen(from), m = strlen(to);

	ck_assert_msg(at != NULL, "the capture has no \"%s\"", from);
	ck_assert_uint_lt(strlen(text) + m, MAX_TEXT);
	memmove(at + m, at + n, strlen(at + n) + 1);
	memcpy(at, to, m);
}

static inline struct sg_config *
config_of(const char *text)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;
	char whole[2000];

	snprintf(whole, sizeof(whole), "dns = { trust_anchor_file = \"\" }\n"
	    "own_hosts = [\"relay.example.com\"]\n%s", text);
	if (sg_config_parse(whole, "test", &c, &errors) != SG_OK)
		sg_config_errors_print(&errors, stderr);
	ck_assert_ptr_nonnull(c);
	return c;
}

struct edit {
	const char *from, *to;
};
struct want {
	enum sg_severity severity;
	const char *option, *text, *remedy;
};
struct row {
	const char *name;
	struct edit edits[3];
	const char *config; /* NULL: as conf/ says */
	struct want want;   /* option NULL: nothing to mend */
	unsigned faults;    /* 0: one, if any is wanted */
};

static inline bool
is_found(const struct sg_mta_findings *fs, const struct want *w)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct sg_mta_finding *f = &fs->f[i];

		if (f->severity == w->severity &&
		    strstr(f->option, w->option) != NULL &&
		    strstr(f->text, w->text) != NULL &&
		    (w->remedy == NULL || strstr(f->remedy, w->remedy) != NULL))
			return true;
	}
	return false;
}

static inline void
compare(const struct row *r, struct sg_mta_findings *fs)
{
	unsigned faults = r->want.option == NULL ? 0
	    : r->faults > 0 ? r->faults
	                    : r->want.severity != SG_NOTE;

	if (fs->faults != faults ||
	    (r->want.option != NULL && !is_found(fs, &r->want))) {
		sg_mta_findings_print(fs, stderr, false);
		ck_abort_msg("%s: want %u to mend, and %s: %s", r->name,
		    faults, r->want.option != NULL ? r->want.option : "-",
		    r->want.option != NULL ? r->want.text : "-");
	}
	sg_mta_findings_fini(fs);
}

static inline void
apply(char *text, const struct row *r)
{
	for (size_t i = 0; i < N(r->edits); i++)
		if (r->edits[i].from != NULL)
			replace(text, r->edits[i].from, r->edits[i].to);
}
#endif
