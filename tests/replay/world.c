/* SPDX-License-Identifier: ISC */
/*
 * world.c - see world.h.
 *
 * A kill -9 is played by what it leaves: the store's files as they are at that
 * moment, copied before anything is closed. Faults of the disk come from
 * SQLite's own door for them (xSetSystemCall), so that the real SQLite meets
 * them; a lock is a real lock of another connection.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/event.h>
#include <sqlite3.h>
#include "base/log.h"
#include "net/worker.h"
#include "replay/fakes.h"
#include "replay/sim.h"
#include "replay/world.h"

#define STEPS_MAX 2000000
#define SETTLE_MS 60000
#define AWAKE_MS 1200 /* so long nobody sleeps: what has changed is seen */

static const char base_config[] =
    "dns = { trust_anchor_file = \"\" }\n"
    "own_hosts = [\"relay.us.test\"]\n"
    "allow_networks = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n";

/* --- what is logged -------------------------------------------------------------- */

static char logged[65536];

void __wrap_sg_log(enum sg_log_level level, const char *fmt, ...);

void
__wrap_sg_log(enum sg_log_level level, const char *fmt, ...)
{
	size_t n = strlen(logged);
	va_list ap;

	(void)level;
	if (n > sizeof(logged) / 2)
		n = 0; /* the end is what matters */
	va_start(ap, fmt);
	vsnprintf(logged + n, sizeof(logged) - n - 1, fmt, ap);
	va_end(ap);
	strncat(logged, "\n", sizeof(logged) - strlen(logged) - 1);
	if (getenv("REPLAY_LOG") != NULL)
		fprintf(stderr, "    log: %s", logged + n);
}

bool
world_logged(const char *part)
{
	return strstr(logged, part) != NULL;
}

void
world_forget_log(void)
{
	logged[0] = '\0';
}

/* --- the worker -------------------------------------------------------------------- */

static struct worker {
	struct sim_actor *actor; /* NULL: there is none */
	struct sg_config *config;
	int fd;
	bool killed, stuck, crashed;
} worker;

int __wrap_event_base_dispatch(struct event_base *base);

/* The loop of lib/net/worker.c: turns instead of waiting. */
int
__wrap_event_base_dispatch(struct event_base *base)
{
	while (!worker.killed) {
		sim_run_later();
		do {
			event_base_loop(base, EVLOOP_NONBLOCK);
			if (event_base_got_break(base))
				return 0;
		} while (event_base_get_num_events(base,
		    EVENT_BASE_COUNT_ACTIVE) > 0);
		if (!sim_later_due() && !worker.killed)
			sim_block(worker.fd, true);
	}
	return 0;
}

static void *
worker_main(void *arg)
{
	(void)arg;
	(void)sg_worker_run(worker.fd, worker.config, NULL);
	return NULL;
}

static void
start_worker(struct world *w)
{
	int pair[2];

	sg_assert(worker.actor == NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	worker = (struct worker) { .fd = pair[1],
		.config = sg_config_ref(w->config) };
	worker.actor = sim_actor_new(worker_main, NULL);
	sg_engine_attach(w->engine, 0, pair[0]);
}

static void
kill_worker(void)
{
	void (*between)(void) = sim_between;

	if (worker.actor == NULL)
		return;
	worker.killed = true;
	sim_between = NULL; /* nobody shall replace it meanwhile */
	sim_actor_join(&worker.actor);
	sim_between = between;
	close(worker.fd);
	sg_config_unref(&worker.config);
}

static void
on_crash(void)
{
	worker.crashed = worker.killed = true;
}

static void
on_stuck(void *arg, unsigned slot)
{
	(void)arg;
	(void)slot;
	worker.stuck = true;
}

static struct world *here;

/* What the supervisor does: who died or hangs is replaced. */
static void
supervise(void)
{
	if (here == NULL || worker.actor == NULL ||
	    (!worker.stuck && !worker.crashed &&
	    !sim_actor_is_done(worker.actor)))
		return;
	kill_worker();
	if (!here->no_worker)
		start_worker(here);
}

bool
world_worker(struct world *w, const char *what)
{
	if (strcmp(what, "hang") == 0) {
		sim_actor_freeze(worker.actor, true);
		return true;
	}
	w->no_worker = strcmp(what, "off") == 0;
	if (strcmp(what, "on") != 0)
		kill_worker();
	if (!w->no_worker && worker.actor == NULL)
		start_worker(w);
	sim_run();
	return w->no_worker || strcmp(what, "on") == 0 ||
	    strcmp(what, "kill") == 0;
}

/* --- the disk ------------------------------------------------------------------------ */

static char dir[64];
static bool dir_is_made;
static sqlite3 *locker;
static int disk_error; /* of each write; 0: none */

static ssize_t
faulty_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (disk_error == 0)
		return pwrite(fd, data, len, at);
	errno = disk_error;
	return -1;
}

static void
path_of(const char *name, char out[300])
{
	snprintf(out, 300, "%s/%s", dir, name);
}

/* Calls fn for each file of the store. */
static void
each_file(void (*fn)(const char *path))
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[300];

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		path_of(e->d_name, path);
		fn(path);
	}
	if (d != NULL)
		closedir(d);
}

static void
remove_file(const char *path)
{
	(void)unlink(path);
}

static void
spoil_file(const char *path)
{
	static const char junk[4096] = "this is no database, or no more";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* and the mark of the clock with it */
	for (int i = 0; i < 16; i++)
		(void)!pwrite(fd, junk, sizeof(junk), i * 4096);
	close(fd);
}

static void
copy_file(const char *path)
{
	char copy[320], buf[65536];
	int from, to;
	ssize_t n;

	if (strstr(path, ".image") != NULL || strstr(path, "-shm") != NULL)
		return;
	snprintf(copy, sizeof(copy), "%s.image", path);
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		(void)!write(to, buf, (size_t)n);
	close(from);
	close(to);
}

static void
keep_image_only(const char *path)
{
	if (strstr(path, ".image") == NULL)
		(void)unlink(path);
}

static void
take_image(const char *path)
{
	char name[320];

	snprintf(name, sizeof(name), "%s", path);
	name[strlen(name) - strlen(".image")] = '\0';
	(void)rename(path, name);
}

static bool
lock_disk(bool on)
{
	char path[300];

	path_of("facts.db", path);
	if (!on) {
		sqlite3_close(locker);
		locker = NULL;
		return true;
	}
	return sqlite3_open(path, &locker) == SQLITE_OK &&
	    sqlite3_exec(locker, "BEGIN EXCLUSIVE", NULL, NULL, NULL) ==
	    SQLITE_OK;
}

bool
world_disk(struct world *w, const char *what)
{
	if (strcmp(what, "corrupt") == 0) {
		sg_assert(w->store == NULL);
		each_file(spoil_file);
	} else if (strcmp(what, "locked") == 0 ||
	    strcmp(what, "unlocked") == 0)
		return lock_disk(what[0] == 'l');
	else if (strcmp(what, "full") == 0)
		disk_error = ENOSPC;
	else if (strcmp(what, "broken") == 0)
		disk_error = EIO;
	else if (strcmp(what, "ok") == 0)
		disk_error = 0;
	else
		return false;
	return true;
}

/* --- start and stop -------------------------------------------------------------------- */

void
world_init(struct world *w)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const char *tmp = getenv("TMPDIR");

	memset(w, 0, sizeof(*w));
	w->config_text = strdup("");
	world_forget_log();
	disk_error = 0;
	dir_is_made = false;
	snprintf(dir, sizeof(dir), "%s/replay-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : ".");
	vfs->xSetSystemCall(vfs, "pwrite",
	    (sqlite3_syscall_ptr)faulty_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite64",
	    (sqlite3_syscall_ptr)faulty_pwrite);
	fake_on_crash = on_crash;
}

static bool
read_config(struct world *w)
{
	struct sg_config_errors errors = { 0 };
	char *text;

	if (w->config != NULL)
		return true;
	if (asprintf(&text, "%s%s", base_config, w->config_text) < 0)
		abort();
	if (sg_config_parse(text, "story", &w->config, &errors) != SG_OK) {
		w->config = NULL;
		snprintf(w->why, sizeof(w->why), "configuration: line %u: %s",
		    errors.e[0].line, errors.e[0].text);
		sg_config_errors_fini(&errors);
	}
	free(text);
	return w->config != NULL;
}

static bool
open_store(struct world *w)
{
	struct sg_store_params params = { .max_entries = 2000 };
	struct sg_err err = { 0 };
	char path[300];

	if (w->on_disk && !dir_is_made) {
		sg_assert(mkdtemp(dir) != NULL);
		dir_is_made = true;
	}
	path_of("facts.db", path);
	params.path = w->on_disk ? path : NULL;
	if (sg_store_open(&params, &w->store, &err) == SG_OK)
		return true;
	snprintf(w->why, sizeof(w->why), "store: %s", err.text);
	return false;
}

static bool
start_engine(struct world *w)
{
	struct sg_engine_params params = { .store = w->store,
		.config = w->config, .workers = 1, .worker_stuck = on_stuck };
	struct sg_err err = { 0 };
	char path[300];

	path_of("clock", path);
	params.clock_path = w->on_disk ? path : NULL;

	if (sg_engine_new(&params, &w->engine, &err) == SG_OK)
		return true;
	snprintf(w->why, sizeof(w->why), "engine: %s", err.text);
	return false;
}

bool
world_start(struct world *w)
{
	if (w->engine != NULL)
		return true;
	if (!read_config(w) || !open_store(w) || !start_engine(w))
		return false;
	if (!w->no_worker)
		start_worker(w);
	here = w;
	sim_between = supervise;
	sim_run();
	return true;
}

void
world_stop(struct world *w, bool killed)
{
	sim_between = NULL;
	here = NULL;
	if (w->engine == NULL)
		return;
	if (killed)
		each_file(copy_file);
	kill_worker();
	sg_engine_free(&w->engine);
	sg_store_close(&w->store);
	if (!killed || !w->on_disk)
		return;
	each_file(keep_image_only);
	each_file(take_image);
}

void
world_fini(struct world *w)
{
	if (locker != NULL)
		lock_disk(false);
	world_stop(w, false);
	sg_config_unref(&w->config);
	free(w->config_text);
	if (dir_is_made) {
		each_file(remove_file);
		(void)rmdir(dir);
	}
	fakes_clear();
}

/* --- time -------------------------------------------------------------------------------- */

static bool
is_busy(struct world *w)
{
	struct sg_engine_stats stats;

	sg_engine_stats(w->engine, &stats);
	return stats.flights > 0 || (worker.actor != NULL && sim_has_later());
}

static bool
note_next(void *arg, const struct sg_facts *f)
{
	int64_t *next = arg, at = f->refetch_at.s;

	if (at != 0 && at < *next && sg_facts_policy(f, sim_wall()) != NULL)
		*next = at;
	return true;
}

/* With nothing under way, whatever happens next is a daily fetch. */
static int64_t
next_due_ms(struct world *w, int64_t until)
{
	int64_t next = INT64_MAX, now = sim_wall().s, ms;

	(void)sg_store_each(w->store, note_next, &next);
	if (next == INT64_MAX)
		return until;
	ms = sim_ms() + (next > now ? (next - now) * 1000 : 1000);
	return ms < until ? ms : until;
}

void
world_advance(struct world *w, int64_t ms)
{
	int64_t until = sim_ms() + ms, awake = sim_ms() + AWAKE_MS;
	unsigned n = 0;

	while (sim_ms() < until) {
		sg_assert(++n < STEPS_MAX);
		sim_run();
		if (w->engine == NULL)
			sim_skip(until);
		else if (is_busy(w) || sim_ms() < awake)
			sim_step(until);
		else
			sim_skip(next_due_ms(w, until));
	}
	sim_run();
}

void
world_settle(struct world *w)
{
	int64_t until = sim_ms() + SETTLE_MS;

	sim_run();
	while (is_busy(w) && sim_ms() < until)
		sim_step(until);
	sim_run();
}
