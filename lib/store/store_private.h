/* SPDX-License-Identifier: ISC */
/* store_private.h - shared by store.c (the interface) and writing.c. */
#ifndef SG_STORE_PRIVATE_H
#define SG_STORE_PRIVATE_H
#include <pthread.h>
#include "store/disk.h"
#include "store/memory.h"
#include "store/pins.h"
#include "store/store.h"
#include "store/unwritten.h"

/* Lock order: write_mutex, then any other. */
struct sg_store {
	struct sg_memory *memory;
	struct sg_pins *pins;
	struct sg_disk *disk; /* NULL: memory only */
	struct sg_seal *seal; /* NULL: without a key */
	struct sg_wall (*now)(void);
	unsigned long hits_disk, misses, write_failures; /* atomic */
	pthread_mutex_t write_mutex; /* whatever writes; and: */
	bool busy;       /* the last failure was another process's lock */
	bool rescue_due; /* the file is new: memory's policies belong in it */
	pthread_t checker; /* reads a large file through, beside the work */
	bool checker_runs; /* by whoever opens the store, then closes it */
	atomic_bool stop_check;
	bool pins_read;  /* what the disk has of them is in memory */
	pthread_mutex_t state_mutex; /* never held across disk */
	/* all below; unwritten is changed with both mutexes held */
	struct sg_unwritten unwritten;
	bool degraded;
	bool reopen; /* reading failed: a write would not show that it is well */
	struct sg_wall failed_at;
	int64_t retry_s;
	char text[160];
};

/* The disk is behind memory; *retry: and may be tried again now. */
bool sg_store_lags(struct sg_store *s, bool *retry);
/* Why, for who was told SG_RETRY. */
void sg_store_copy_text(struct sg_store *s, struct sg_err *err);
/* Reading failed (not because the file is corrupt). */
void sg_store_note_unreadable(struct sg_store *s, const struct sg_err *err);

/* These with write_mutex held; SG_OK or not. */

/* Brings the disk up to date, if it lags and may be tried again. */
enum sg_rc sg_store_catch_up(struct sg_store *s);
/* The file was found corrupt: another is put in its place. */
enum sg_rc sg_store_replace_disk(struct sg_store *s, const struct sg_err *why);
/* As sg_disk_write(), after catching up. */
enum sg_rc sg_store_to_disk(struct sg_store *s, const char *const *keys,
    struct sg_facts *const *facts, size_t n, size_t *changed);
/* Takes the pins that the disk has into memory, once. */
enum sg_rc sg_store_read_pins(struct sg_store *s);
/* For when that did not go well. */
void sg_store_queue(struct sg_store *s, const char *const *keys,
    struct sg_facts *const *facts, size_t n);
#endif
