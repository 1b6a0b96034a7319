/* SPDX-License-Identifier: ISC */
/* scratch.h - a directory for a page's store, in memory where the system has
   such a place, gone when the page ends. */
#ifndef SG_TESTS_FUZZ_SCRATCH_H
#define SG_TESTS_FUZZ_SCRATCH_H
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <sqlite3.h>
#include "fuzz/fuzz.h"

static char scratch_dir[64];
static char scratch_db[96];

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

/* Nobody else opens the file: SQLite's locks stay within the process, and are no
   system calls. */
static inline void
scratch_make(void)
{
	if (sqlite3_vfs_register(sqlite3_vfs_find("unix-excl"), 1) != SQLITE_OK)
		abort();
	snprintf(scratch_dir, sizeof(scratch_dir), "%s/stsgate-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(scratch_dir) == NULL)
		abort();
	snprintf(scratch_db, sizeof(scratch_db), "%s/facts.db", scratch_dir);
	atexit(scratch_remove);
}
#endif
