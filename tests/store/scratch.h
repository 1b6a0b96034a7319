/* SPDX-License-Identifier: ISC */
/* scratch.h - a directory of its own for a store, and a clock to turn. */
#ifndef SG_TESTS_STORE_SCRATCH_H
#define SG_TESTS_STORE_SCRATCH_H
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include "facts/sample.h"
#include "store/store.h"

static char scratch_dir[64];
static char scratch_db[96];
static int64_t scratch_clock = SAMPLE_NOW;

static inline struct sg_wall
scratch_now(void)
{
	return sample_time(__atomic_load_n(&scratch_clock, __ATOMIC_RELAXED));
}

/* Fixtures, run in the child that runs the test. */
static inline void
scratch_make(void)
{
	/* Not below the build directory, which may be closed to the user that
	   some of the tests become (/root is). */
	(void)snprintf(scratch_dir, sizeof(scratch_dir),
	    P_tmpdir "/stsgate-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch_dir));
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/facts.db",
	    scratch_dir);
	scratch_clock = SAMPLE_NOW;
}

static inline void
scratch_remove(void)
{
	DIR *d = opendir(scratch_dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	(void)rmdir(scratch_dir);
}

/* How many files of the directory have this in their names. */
static inline unsigned
scratch_count(const char *part)
{
	DIR *d = opendir(scratch_dir);
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += strstr(e->d_name, part) != NULL;
	closedir(d);
	return n;
}

static inline enum sg_rc
scratch_open(const char *path, size_t max, struct sg_store **s,
    struct sg_err *err)
{
	struct sg_store_params params = { .path = path, .max_entries = max,
		.now = scratch_now };

	return sg_store_open(&params, s, err);
}

static inline struct sg_store *
scratch_store(void)
{
	struct sg_err err = { .text = "" };
	struct sg_store *s;

	ck_assert_msg(scratch_open(scratch_db, 0, &s, &err) == SG_OK, "%s",
	    err.text);
	return s;
}

/* max_age 0: no policy. Made now, fetched again a day later. */
static inline struct sg_facts *
scratch_facts(const char *name, unsigned max_age)
{
	struct sg_facts *f = sample_facts(name);
	int64_t now = scratch_now().s;

	if (max_age > 0) {
		sample_policy(f, "enforce", max_age, "a", now);
		f->refetch_at.s = now + 86400;
	}
	f->fresh_until.s = now + 300;
	return f;
}

static inline enum sg_rc
scratch_put(struct sg_store *s, const char *name, unsigned max_age)
{
	struct sg_facts *f = scratch_facts(name, max_age);
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_store_put(s, &f, 1, &err);

	ck_assert(rc == SG_OK || err.text[0] != '\0');
	sg_facts_unref(&f);
	return rc;
}

/* Whether key is there, with a policy in force or not. */
static inline enum sg_rc
scratch_has(struct sg_store *s, const char *key, bool *policy)
{
	struct sg_facts *f = NULL;
	enum sg_rc rc = sg_store_get(s, key, &f, NULL);

	ck_assert((rc == SG_OK) == (f != NULL));
	if (policy != NULL)
		*policy = f != NULL &&
		    sg_facts_policy(f, scratch_now()) != NULL;
	sg_facts_unref(&f);
	return rc;
}
#endif
