/* SPDX-License-Identifier: ISC */
/*
 * sim.c - see sim.h.
 *
 * The product has no hooks for this: the linker gives it other clocks, other
 * waits and other timers than the C library's and libevent's (--wrap in
 * room.mk). That is also why the engine is played whole, its thread, its
 * channel and its worker included, and not only the functions that land facts:
 * pthread_cond_timedwait() and poll() are all that it waits with, and both can
 * wait for a clock that is ours.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/sys/queue.h>
#include <event2/event.h>
#include "base/err.h"
#include "replay/sim.h"

#define FIRST_MS 1000000
#define SETTLE_MAX 100000 /* turns without time going on: somebody spins */

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg);
int __real_pthread_join(pthread_t t, void **out);
int __real_event_add(struct event *ev, const struct timeval *tv);
int __real_event_del(struct event *ev);
void __real_event_free(struct event *ev);

struct sim_actor {
	LIST_ENTRY(sim_actor) link;
	pthread_t thread;
	pthread_cond_t turn;
	void *(*fn)(void *);
	void *arg;
	bool done, frozen;
	/* what it waits for */
	int64_t wake;
	const struct pollfd *fds;
	nfds_t n_fds;
	bool laters;
	bool condition;
	uint64_t seen;
};

struct later {
	TAILQ_ENTRY(later) link;
	const void *owner;
	int64_t due;
	void (*fn)(void *);
	void *arg;
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t turn;       /* the story's own */
	struct sim_actor *current; /* NULL: the story */
	LIST_HEAD(, sim_actor) actors;
	TAILQ_HEAD(, later) laters;
	int64_t now_ms, wall_ahead_ms;
	uint64_t turns;
	unsigned luck, lots;
} sim = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	.turn = PTHREAD_COND_INITIALIZER,
	.laters = TAILQ_HEAD_INITIALIZER(sim.laters), .now_ms = FIRST_MS };

static __thread struct sim_actor *self;
void (*sim_between)(void);

/* --- clocks -------------------------------------------------------------- */

void
sim_reset(struct sg_wall start)
{
	sg_assert(LIST_EMPTY(&sim.actors));
	sim.now_ms = FIRST_MS;
	sim.luck = 500;
	sim.lots = 0;
	sim_set_wall(start);
}

int64_t
sim_ms(void)
{
	return sim.now_ms;
}

struct sg_wall
sim_wall(void)
{
	int64_t ms = sim.now_ms + sim.wall_ahead_ms;

	return (struct sg_wall) { ms >= 0 ? ms / 1000 : (ms - 999) / 1000 };
}

void
sim_set_wall(struct sg_wall wall)
{
	sim.wall_ahead_ms = wall.s * 1000 - sim.now_ms;
}

void
sim_reboot(void)
{
	int64_t wall_ms = sim.now_ms + sim.wall_ahead_ms;

	sg_assert(LIST_EMPTY(&sim.actors));
	sim.now_ms = FIRST_MS / 10;
	sim.wall_ahead_ms = wall_ms - sim.now_ms;
}

void
sim_set_luck(unsigned per_mille)
{
	sim.luck = per_mille;
}

struct sg_wall __wrap_sg_wall_now(void);
struct sg_mono __wrap_sg_mono_now(void);
uint32_t __wrap_arc4random_uniform(uint32_t bound);
uint32_t __wrap_arc4random(void);

struct sg_wall
__wrap_sg_wall_now(void)
{
	return sim_wall();
}

struct sg_mono
__wrap_sg_mono_now(void)
{
	return (struct sg_mono) { sim.now_ms };
}

uint32_t
__wrap_arc4random_uniform(uint32_t bound)
{
	uint32_t n = (uint32_t)((uint64_t)bound * sim.luck / 1000);

	return n < bound ? n : bound - 1;
}

/* Lots: whoever is drawn first is first. */
uint32_t
__wrap_arc4random(void)
{
	return ++sim.lots;
}

/* --- turns ---------------------------------------------------------------- */

static void
give_turn(struct sim_actor *a)
{
	pthread_mutex_lock(&sim.mutex);
	sim.current = a;
	pthread_cond_signal(&a->turn);
	while (sim.current != NULL)
		pthread_cond_wait(&sim.turn, &sim.mutex);
	pthread_mutex_unlock(&sim.mutex);
}

static void
end_turn(void)
{
	pthread_mutex_lock(&sim.mutex);
	sim.current = NULL;
	pthread_cond_signal(&sim.turn);
	while (!self->done && sim.current != self)
		pthread_cond_wait(&self->turn, &sim.mutex);
	pthread_mutex_unlock(&sim.mutex);
}

static void *
actor_main(void *arg)
{
	struct sim_actor *a = arg;

	self = a;
	pthread_mutex_lock(&sim.mutex);
	while (sim.current != a)
		pthread_cond_wait(&a->turn, &sim.mutex);
	pthread_mutex_unlock(&sim.mutex);
	(void)a->fn(a->arg);
	a->done = true;
	end_turn();
	return NULL;
}

static bool
is_readable(const struct pollfd *fds, nfds_t n)
{
	struct pollfd copy[32];

	if (n == 0)
		return false;
	sg_assert(n <= 32);
	memcpy(copy, fds, n * sizeof(*fds));
	return __real_poll(copy, n, 0) > 0;
}

static bool
can_work(const struct sim_actor *a)
{
	if (a->done || a->frozen)
		return false;
	return sim.now_ms >= a->wake || (a->laters && sim_later_due()) ||
	    (a->condition && a->seen != sim.turns) ||
	    is_readable(a->fds, a->n_fds);
}

/* Somebody spins: the time does not go on and he always has something to do. */
static void
mind_spinning(void)
{
	static int64_t at;
	static unsigned n;

	n = at == sim.now_ms ? n + 1 : 0;
	at = sim.now_ms;
	sg_assert(n < SETTLE_MAX);
}

static bool
work(void)
{
	struct sim_actor *a, *next;
	bool any = false;

	mind_spinning();
	LIST_FOREACH_SAFE(a, &sim.actors, link, next) {
		if (!can_work(a))
			continue;
		any = true;
		sim.turns += !a->condition;
		a->seen = sim.turns;
		give_turn(a);
	}
	if (any && sim_between != NULL)
		sim_between();
	return any;
}

void
sim_run(void)
{
	while (work())
		;
}

/* When somebody has something to do next. */
static int64_t
next_moment(void)
{
	struct sim_actor *a;
	struct later *l;
	int64_t next = SIM_NEVER;

	LIST_FOREACH(a, &sim.actors, link) {
		if (a->done || a->frozen)
			continue;
		if (a->wake < next)
			next = a->wake;
		TAILQ_FOREACH(l, &sim.laters, link)
			if (a->laters && l->due < next)
				next = l->due;
	}
	return next;
}

void
sim_step(int64_t limit_ms)
{
	int64_t next;

	sg_assert(self == NULL);
	if (work())
		return;
	next = next_moment();
	if (next > limit_ms)
		next = limit_ms;
	if (next > sim.now_ms && next != SIM_NEVER)
		sim.now_ms = next;
}

void
sim_skip(int64_t to_ms)
{
	if (to_ms > sim.now_ms)
		sim.now_ms = to_ms;
}

struct sim_actor *
sim_actor_new(void *(*fn)(void *), void *arg)
{
	struct sim_actor *a = calloc(1, sizeof(*a));

	sg_assert(a != NULL);
	pthread_cond_init(&a->turn, NULL);
	a->fn = fn;
	a->arg = arg;
	LIST_INSERT_HEAD(&sim.actors, a, link);
	sg_assert(__real_pthread_create(&a->thread, NULL, actor_main, a) == 0);
	return a;
}

void
sim_actor_join(struct sim_actor **ap)
{
	struct sim_actor *a = *ap;

	sg_assert(self == NULL);
	a->frozen = false;
	a->wake = 0;
	while (!a->done)
		sim_step(SIM_NEVER);
	__real_pthread_join(a->thread, NULL);
	LIST_REMOVE(a, link);
	pthread_cond_destroy(&a->turn);
	free(a);
	*ap = NULL;
}

bool
sim_actor_is_done(const struct sim_actor *a)
{
	return a->done;
}

void
sim_actor_freeze(struct sim_actor *a, bool frozen)
{
	a->frozen = frozen;
}

static void
block(const struct pollfd *fds, nfds_t n, int64_t wake, bool laters)
{
	self->fds = fds;
	self->n_fds = n;
	self->wake = wake;
	self->laters = laters;
	end_turn();
	self->laters = false;
	self->n_fds = 0;
}

void
sim_block(int fd, bool laters)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	block(&p, fd >= 0 ? 1 : 0, SIM_NEVER, laters);
}

/* --- what the product waits with ------------------------------------------- */

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg);
int __wrap_pthread_join(pthread_t t, void **out);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
    const struct timespec *until);

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int64_t until = timeout < 0 ? SIM_NEVER : sim.now_ms + timeout;
	int got;

	while ((got = __real_poll(fds, n, 0)) == 0 && sim.now_ms < until)
		block(fds, n, until, false);
	return got;
}

/* What poll() is called with _FORTIFY_SOURCE. */
int
__wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size)
{
	sg_assert(n * sizeof(*fds) <= size);
	return __wrap_poll(fds, n, timeout);
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg)
{
	(void)attr;
	*t = sim_actor_new(fn, arg)->thread;
	return 0;
}

int
__wrap_pthread_join(pthread_t t, void **out)
{
	struct sim_actor *a;

	LIST_FOREACH(a, &sim.actors, link)
		if (pthread_equal(a->thread, t))
			break;
	sg_assert(a != NULL);
	if (out != NULL)
		*out = NULL;
	sim_actor_join(&a);
	return 0;
}

int
__wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
    const struct timespec *until)
{
	int64_t ms = (int64_t)until->tv_sec * 1000 + until->tv_nsec / 1000000;

	(void)c; /* who waits looks for himself whenever others have worked */
	pthread_mutex_unlock(m);
	if (self == NULL) {
		sim_step(ms);
	} else {
		self->condition = true;
		self->seen = sim.turns;
		block(NULL, 0, ms, false);
		self->condition = false;
	}
	pthread_mutex_lock(m);
	return sim.now_ms >= ms ? ETIMEDOUT : 0;
}

/* --- later ------------------------------------------------------------------ */

void
sim_later(const void *owner, int delay_ms, void (*fn)(void *), void *arg)
{
	struct later *l = calloc(1, sizeof(*l)), *at;

	sg_assert(l != NULL);
	*l = (struct later) { .owner = owner, .fn = fn, .arg = arg,
		.due = sim.now_ms + (delay_ms > 0 ? delay_ms : 0) };
	TAILQ_FOREACH(at, &sim.laters, link)
		if (at->due > l->due)
			break;
	if (at != NULL)
		TAILQ_INSERT_BEFORE(at, l, link);
	else
		TAILQ_INSERT_TAIL(&sim.laters, l, link);
}

void
sim_drop(const void *owner)
{
	struct later *l, *next;

	TAILQ_FOREACH_SAFE(l, &sim.laters, link, next) {
		if (l->owner != owner)
			continue;
		TAILQ_REMOVE(&sim.laters, l, link);
		free(l);
	}
}

bool
sim_later_due(void)
{
	struct later *l = TAILQ_FIRST(&sim.laters);

	return l != NULL && l->due <= sim.now_ms;
}

bool
sim_has_later(void)
{
	return !TAILQ_EMPTY(&sim.laters);
}

void
sim_run_later(void)
{
	while (sim_later_due()) {
		struct later l = *TAILQ_FIRST(&sim.laters);
		struct later *gone = TAILQ_FIRST(&sim.laters);

		TAILQ_REMOVE(&sim.laters, gone, link);
		free(gone);
		l.fn(l.arg);
	}
}

/* --- libevent's timers -------------------------------------------------------- */

int __wrap_event_add(struct event *ev, const struct timeval *tv);
int __wrap_event_del(struct event *ev);
void __wrap_event_free(struct event *ev);

static void
fire(void *ev)
{
	event_active(ev, EV_TIMEOUT, 0);
}

int
__wrap_event_add(struct event *ev, const struct timeval *tv)
{
	if (tv == NULL)
		return __real_event_add(ev, NULL);
	sim_drop(ev);
	sim_later(ev, (int)(tv->tv_sec * 1000 + tv->tv_usec / 1000), fire, ev);
	return 0;
}

int
__wrap_event_del(struct event *ev)
{
	sim_drop(ev);
	return __real_event_del(ev);
}

void
__wrap_event_free(struct event *ev)
{
	sim_drop(ev);
	__real_event_free(ev);
}
