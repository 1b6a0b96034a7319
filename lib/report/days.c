/* SPDX-License-Identifier: ISC */
/*
 * days.c - see days.h.
 *
 * A thread counts into one of several small tables, always the same one, so
 * that threads wait for each other only by chance and never for long: whoever
 * flushes takes the table away and leaves an empty one. What is taken away is
 * put together in the backlog, which is what the disk gets; when it does not
 * take it, the backlog waits, and grows no further than to its cap.
 */
#include "report/days.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "compat/cpu.h"
#include "report/days_file.h"

#define STRIPES 4
#define MAX_CELLS 20000
#define FLUSH_MS 5000
/* Many cells take the disk long: it gets a fiftieth of the time, or more when
   the next flush would be too far off. */
#define REST 50
#define REST_MAX_MS 60000
#define RETRY_MS 30000 /* between two tries of a disk that failed */

struct stripe {
	pthread_mutex_t mutex;
	/* below */
	struct sg_tally tally;
};

struct sg_days {
	char *path;
	size_t rows_a_day;
	int flush_ms;
	struct sg_wall (*now)(void);
	atomic_uint keep_days;
	struct stripe stripes[STRIPES];

	/* Taken before a stripe's. */
	pthread_mutex_t flush_mutex;
	/* below */
	struct sg_tally backlog;
	struct sg_days_file *file; /* NULL = not open */
	bool failing, told;        /* told: the log says so */
	struct sg_mono failing_since, retry_at;
	int32_t expired;           /* up to which day */

	pthread_mutex_t mutex;
	/* below */
	pthread_cond_t change;
	bool stop, stopped, clean, joined;
	pthread_t thread;
};

/* --- counting ------------------------------------------------------------- */

/* Threads that share a processor do not meet in a stripe, and find in its cache
   what another has counted. */
static struct stripe *
own_stripe(struct sg_days *d)
{
	return &d->stripes[sg_cpu() % STRIPES];
}

static struct sg_cell
cell_of(const struct sg_days_decision *what)
{
	return (struct sg_cell) {
		.day = sg_day_of(what->at),
		.group = what->asked->group->name,
		.next_hop = what->next_hop[0] != '\0' ? what->next_hop
						      : SG_CELL_NO_HOP,
		.result = what->verdict->result,
		.reason = what->verdict->reason,
		.action = what->decision->action,
		.applied = what->decision->applied,
		.dry_run = what->asked->dry_run,
		.n = 1,
		.first = what->at,
		.last = what->at,
	};
}

void
sg_days_count(struct sg_days *d, const struct sg_days_decision *what)
{
	struct sg_cell cell;
	struct stripe *s;

	if (d == NULL || atomic_load(&d->keep_days) == 0)
		return;
	cell = cell_of(what);
	s = own_stripe(d);
	pthread_mutex_lock(&s->mutex);
	sg_tally_add(&s->tally, &cell);
	pthread_mutex_unlock(&s->mutex);
}

void
sg_days_set_keep(struct sg_days *d, unsigned keep_days)
{
	if (d != NULL)
		atomic_store(&d->keep_days, keep_days);
}

/* --- flushing; flush_mutex is held ---------------------------------------- */

static void
collect(struct sg_days *d)
{
	for (size_t i = 0; i < STRIPES; i++) {
		struct stripe *s = &d->stripes[i];
		struct sg_tally taken;

		pthread_mutex_lock(&s->mutex);
		taken = s->tally;
		s->tally.table = NULL;
		s->tally.n = 0;
		s->tally.lost = 0;
		pthread_mutex_unlock(&s->mutex);
		sg_tally_move(&taken, &d->backlog);
	}
	if (d->backlog.lost > 0)
		sg_log(SG_LOG_ERR, "report: %llu decisions were not counted",
		    (unsigned long long)d->backlog.lost);
	d->backlog.lost = 0;
}

/* Said once; of somebody else's lock (a report being read) only when it does
   not go away. */
static void
note_failure(struct sg_days *d, bool busy, const struct sg_err *err)
{
	struct sg_mono now = sg_mono_now();

	if (!d->failing)
		d->failing_since = now;
	d->failing = true;
	d->retry_at.ms = busy ? now.ms : now.ms + RETRY_MS;
	if (d->told || (busy && now.ms < d->failing_since.ms + RETRY_MS))
		return;
	d->told = true;
	sg_log(SG_LOG_ERR, "report: decisions are counted in memory: %s",
	    err->text);
}

static void
note_success(struct sg_days *d)
{
	if (d->told)
		sg_log(SG_LOG_WARN, "report: the file is written again");
	d->failing = d->told = false;
}

/* What is too old, once for each day that comes. */
static enum sg_rc
expire(struct sg_days *d, bool *busy, struct sg_err *err)
{
	int32_t last = sg_day_of(d->now()) -
	    (int32_t)atomic_load(&d->keep_days);
	enum sg_rc rc;

	if (last == d->expired)
		return SG_OK;
	rc = sg_days_file_expire(d->file, last, busy, err);
	if (rc == SG_OK)
		d->expired = last;
	return rc;
}

static enum sg_rc
write_once(struct sg_days *d, bool *busy, struct sg_err *err)
{
	enum sg_rc rc = SG_OK;

	*busy = false;
	if (d->file == NULL)
		rc = sg_days_file_open(d->path, d->now(), &d->file, err);
	if (rc != SG_OK)
		return SG_RETRY;
	if (d->backlog.n > 0 || d->failing)
		rc = sg_days_file_add(d->file, &d->backlog, d->rows_a_day,
		    busy, err);
	if (rc == SG_OK) {
		sg_tally_clear(&d->backlog);
		rc = expire(d, busy, err);
	}
	if (rc != SG_OK && !*busy)
		sg_days_file_close(&d->file);
	return rc;
}

/* A corrupt file is set aside when it is opened again: at once. */
static bool
write_backlog(struct sg_days *d)
{
	struct sg_err err = { .text = "" };
	bool busy;
	enum sg_rc rc = write_once(d, &busy, &err);

	if (rc == SG_BAD)
		rc = write_once(d, &busy, &err);
	if (rc == SG_OK)
		note_success(d);
	else
		note_failure(d, busy, &err);
	return rc == SG_OK;
}

static bool
flush(struct sg_days *d, bool wait_for_retry)
{
	bool done = false;

	pthread_mutex_lock(&d->flush_mutex);
	collect(d);
	if (!wait_for_retry || !d->failing ||
	    sg_mono_now().ms >= d->retry_at.ms)
		done = write_backlog(d);
	pthread_mutex_unlock(&d->flush_mutex);
	return done;
}

bool
sg_days_flush(struct sg_days *d)
{
	return flush(d, false);
}

/* --- the thread ----------------------------------------------------------- */

static struct timespec
in_ms(int64_t ms)
{
	int64_t at = sg_mono_now().ms + ms;

	return (struct timespec) { .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };
}

/* False: stop. */
static bool
sleep_until_flush(struct sg_days *d, int64_t at_least_ms)
{
	struct timespec until = in_ms(at_least_ms > d->flush_ms ?
	    at_least_ms : d->flush_ms);
	int error = 0;
	bool go_on;

	pthread_mutex_lock(&d->mutex);
	while (!d->stop && error == 0)
		error = pthread_cond_timedwait(&d->change, &d->mutex, &until);
	go_on = !d->stop;
	pthread_mutex_unlock(&d->mutex);
	return go_on;
}

static void *
keep_flushing(void *arg)
{
	struct sg_days *d = arg;
	int64_t began, took = 0;
	bool clean;

	while (sleep_until_flush(d, took < REST_MAX_MS / REST ? REST * took
							      : REST_MAX_MS)) {
		began = sg_mono_now().ms;
		(void)flush(d, true);
		took = sg_mono_now().ms - began;
	}
	clean = flush(d, false);
	pthread_mutex_lock(&d->mutex);
	d->clean = clean;
	d->stopped = true;
	pthread_cond_broadcast(&d->change);
	pthread_mutex_unlock(&d->mutex);
	return NULL;
}

static bool
start_thread(struct sg_days *d)
{
	sigset_t all, before;
	bool done;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	done = pthread_create(&d->thread, NULL, keep_flushing, d) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return done;
}

/* --- life ----------------------------------------------------------------- */

static void
init_locks(struct sg_days *d)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->change, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&d->mutex, NULL);
	pthread_mutex_init(&d->flush_mutex, NULL);
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_init(&d->stripes[i].mutex, NULL);
}

static void
destroy(struct sg_days *d)
{
	sg_days_file_close(&d->file);
	sg_tally_clear(&d->backlog);
	for (size_t i = 0; i < STRIPES; i++) {
		sg_tally_clear(&d->stripes[i].tally);
		pthread_mutex_destroy(&d->stripes[i].mutex);
	}
	pthread_mutex_destroy(&d->flush_mutex);
	pthread_mutex_destroy(&d->mutex);
	pthread_cond_destroy(&d->change);
	free(d->path);
	free(d);
}

struct sg_days *
sg_days_new(const struct sg_days_params *p)
{
	struct sg_days *d = calloc(1, sizeof(*d));
	size_t max = p->max_cells > 0 ? p->max_cells : MAX_CELLS;
	uint64_t secret[2];

	if (d == NULL)
		return NULL;
	d->rows_a_day = p->rows_a_day > 0 ? p->rows_a_day : SG_DAYS_ROWS_A_DAY;
	d->flush_ms = p->flush_ms > 0 ? p->flush_ms : FLUSH_MS;
	d->now = p->now != NULL ? p->now : sg_wall_now;
	d->expired = -1;
	atomic_init(&d->keep_days, p->keep_days);
	init_locks(d);
	sg_tally_secret(secret);
	sg_tally_init(&d->backlog, max, secret);
	for (size_t i = 0; i < STRIPES; i++)
		sg_tally_init(&d->stripes[i].tally, max, secret);
	d->path = strdup(p->path);
	if (d->path == NULL || !start_thread(d)) {
		destroy(d);
		return NULL;
	}
	return d;
}

bool
sg_days_stop(struct sg_days *d, int max_wait_ms)
{
	struct timespec until = in_ms(max_wait_ms);
	int error = 0;
	bool stopped, clean, join;

	if (d == NULL)
		return true;
	pthread_mutex_lock(&d->mutex);
	d->stop = true;
	pthread_cond_broadcast(&d->change);
	while (!d->stopped && error == 0)
		error = pthread_cond_timedwait(&d->change, &d->mutex, &until);
	stopped = d->stopped;
	clean = d->clean;
	join = stopped && !d->joined;
	d->joined = stopped;
	pthread_mutex_unlock(&d->mutex);
	if (join)
		pthread_join(d->thread, NULL);
	return stopped && clean;
}

void
sg_days_free(struct sg_days **dp)
{
	struct sg_days *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	(void)sg_days_stop(d, 0);
	if (!d->joined)
		pthread_join(d->thread, NULL);
	destroy(d);
}
