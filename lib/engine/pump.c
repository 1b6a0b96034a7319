/* SPDX-License-Identifier: ISC */
/*
 * pump.c - the engine's thread: lands what workers send, gives up what takes
 * too long, pings workers, starts the daily re-fetches.
 *
 * Answers are landed in batches: decoded, judged and merged without the mutex,
 * written in one transaction, and only then handed to those who wait.
 */
#include "engine/engine_private.h"

#include <sys/eventfd.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/landing.h"
#include "report/counters.h"

#define TICK_MS 200
#define PING_MS 1000
#define DUE_MS 1000
#define DUE_MAX 10 /* re-fetches started a second: warm up slowly (T17) */
#define EXPIRE_MS 60000
#define EXPIRE_MAX 500
#define BATCH 64
/* The worker's own deadline has passed; its answer may be on its way. */
#define GRACE_MS 250
/* A worker that is alive comes to an end with a job in this time after that, at
   the latest (its own deadline counts from when it got to read it). */
#define LATE_MS 60000
/* A job that took two workers with it is not given to a third. */
#define MAX_TRIES 2

struct batch {
	size_t n;
	uint64_t id[BATCH];
	struct sg_facts *facts[BATCH];
	bool first[BATCH]; /* a correction may follow */
};

/* Takes f out. Mutex held. */
static void
finish(struct sg_engine *e, struct sg_flight *f, struct sg_facts *facts,
    enum sg_reason missed)
{
	if (f->background)
		e->background--;
	sg_flight_finish(&e->flights, f, facts, missed);
}

/* --- landing -------------------------------------------------------------- */

/* f is given up at the next tick, and that is kept: who asks again does not
   start the same at once. Mutex held. */
static void
doom(struct sg_flight *f)
{
	f->ends.ms = 0;
	f->missed = SG_REASON_INTERNAL;
}

static bool
is_doomed(const struct sg_flight *f)
{
	return f->missed != SG_REASON_NONE;
}

/* The worker is gone or broken. What it was asked waits for the next one, but
   for jobs that have been through two, and for what nobody waits for. Mutex
   held. */
static void
lose_worker(struct sg_engine *e, unsigned slot)
{
	struct sg_flight *f, *next;

	sg_channel_close(&e->channels[slot]);
	e->stats.worker_losses++;
	for (f = e->flights.by_key; f != NULL; f = next) {
		next = f->by_key.next;
		if (f->slot != slot)
			continue;
		f->sent = false;
		if (f->done)
			finish(e, f, NULL, SG_REASON_NONE);
		else if (f->tries >= MAX_TRIES)
			doom(f);
	}
}

static void
distrust_worker(struct sg_engine *e, unsigned slot, const struct sg_err *err)
{
	sg_log(SG_LOG_ERR, "net worker %u sent what it must not: %s", slot,
	    err->text);
	pthread_mutex_lock(&e->mutex);
	e->stats.bad_frames++;
	lose_worker(e, slot);
	pthread_mutex_unlock(&e->mutex);
	if (e->params.worker_stuck != NULL)
		e->params.worker_stuck(e->params.arg, slot);
}

void
sg_engine_attach(struct sg_engine *e, unsigned slot, int fd)
{
	struct sg_flight *f, *next;

	sg_assert(slot < SG_ENGINE_MAX_WORKERS);
	pthread_mutex_lock(&e->mutex);
	if (e->channels[slot].fd >= 0)
		lose_worker(e, slot);
	sg_channel_open(&e->channels[slot], fd, sg_mono_now());
	for (f = e->flights.by_key; f != NULL; f = next) {
		next = f->by_key.next;
		if (f->slot == slot && !f->sent && !is_doomed(f))
			sg_engine_send(e, f);
	}
	pthread_mutex_unlock(&e->mutex);
	sg_engine_kick(e);
}

/* The flight that this frame answers; NULL: it was never asked for, or all too
   late: nothing is to be kept. Mutex held. */
static struct sg_flight *
answered(struct sg_engine *e, unsigned slot, uint64_t id)
{
	struct sg_flight *f = sg_flight_find_id(&e->flights, id);

	return f != NULL && f->slot == slot && f->sent ? f : NULL;
}

/* A first answer comes once, and only if one was asked for. */
static bool
is_out_of_turn(const struct sg_flight *f, enum sg_frame_type type)
{
	return type == SG_FRAME_FIRST ? !f->job.early || f->first
	    : type == SG_FRAME_DONE && !f->first;
}

/* Judges one FACTS or FIRST frame into the batch. */
static void
land_facts(struct sg_engine *e, unsigned slot, const struct sg_frame *frame,
    struct batch *b)
{
	struct sg_landing landing = { .store = e->params.store,
		.doubts = &e->doubts, .now = sg_wall_now(),
		.mono = sg_mono_now() };
	struct sg_err err = { .text = "" };
	struct sg_nexthop hop;
	struct sg_flight *f;
	bool refused = false;

	pthread_mutex_lock(&e->mutex);
	landing.confirm_s = e->config->confirm_weaker_s;
	f = answered(e, slot, frame->id);
	if (f != NULL) {
		hop = f->job.hop;
		landing.corrects = f->first;
		refused = is_out_of_turn(f, frame->type);
		if (frame->type == SG_FRAME_FIRST)
			f->first = true;
	}
	pthread_mutex_unlock(&e->mutex);
	if (f == NULL)
		return;
	b->id[b->n] = frame->id;
	b->facts[b->n] = NULL;
	b->first[b->n] = frame->type == SG_FRAME_FIRST;
	if (refused)
		sg_err_set(&err, SG_REASON_INTERNAL, "a second first answer");
	if (refused || sg_landing_judge(&landing, &hop, frame->record,
		frame->record_len, &b->facts[b->n], &err) == SG_BAD)
		distrust_worker(e, slot, &err);
	b->n++;
}

/* What there was stays. */
static void
land_done(struct sg_engine *e, unsigned slot, uint64_t id)
{
	struct sg_err err = { .text = "" };
	struct sg_flight *f;
	bool refused = false;

	pthread_mutex_lock(&e->mutex);
	f = answered(e, slot, id);
	if (f != NULL && is_out_of_turn(f, SG_FRAME_DONE))
		refused = true;
	else if (f != NULL)
		finish(e, f, NULL, SG_REASON_NONE);
	pthread_mutex_unlock(&e->mutex);
	if (!refused)
		return;
	sg_err_set(&err, SG_REASON_INTERNAL, "done without an answer");
	distrust_worker(e, slot, &err);
}

static void
land_refusal(struct sg_engine *e, unsigned slot, uint64_t id)
{
	struct sg_flight *f;

	pthread_mutex_lock(&e->mutex);
	f = answered(e, slot, id);
	if (f != NULL) {
		e->stats.refused++;
		sg_count_missed(SG_REASON_OVERLOAD);
		finish(e, f, NULL, SG_REASON_OVERLOAD);
	}
	pthread_mutex_unlock(&e->mutex);
}

/* Mutex held. */
static void
land_answer(struct sg_engine *e, struct sg_flight *f, struct sg_facts *facts,
    bool first)
{
	if (first || !f->first) {
		e->stats.answered++;
		sg_count_lookup_ms(sg_mono_now().ms - f->began.ms);
	}
	if (first)
		sg_flight_answer(f, facts);
	else
		finish(e, f, facts, SG_REASON_NONE);
}

static void
land_batch(struct sg_engine *e, struct batch *b)
{
	struct sg_facts *keep[BATCH];
	struct sg_err err = { .text = "" };
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->facts[i] != NULL)
			keep[n++] = b->facts[i];
	if (n > 0 && sg_store_put(e->params.store, keep, n, &err) != SG_OK)
		sg_log(SG_LOG_WARN, "kept in memory only: %s", err.text);
	pthread_mutex_lock(&e->mutex);
	for (size_t i = 0; i < b->n; i++) {
		struct sg_flight *f = sg_flight_find_id(&e->flights, b->id[i]);

		if (f == NULL) {
			sg_facts_unref(&b->facts[i]);
			continue;
		}
		if (b->facts[i] == NULL) {
			f->sent = false; /* no more will come */
			doom(f);
			continue;
		}
		land_answer(e, f, b->facts[i], b->first[i]);
	}
	pthread_mutex_unlock(&e->mutex);
	b->n = 0;
}

/* A correction is merged with what it corrects: that goes to the store
   first. */
static void
land_before(struct sg_engine *e, struct batch *b, uint64_t id)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->id[i] == id) {
			land_batch(e, b);
			return;
		}
	}
}

/* One frame of worker slot. False: no more now. */
static bool
land_one(struct sg_engine *e, unsigned slot, struct batch *b)
{
	struct sg_channel *c = &e->channels[slot];
	struct sg_err err = { .text = "" };
	struct sg_frame frame;
	enum sg_rc rc = SG_NONE;

	pthread_mutex_lock(&e->mutex);
	if (c->fd >= 0)
		rc = sg_channel_receive(c, e->frame_buf, &frame, &err);
	if (rc == SG_OK)
		c->unanswered = 0;
	if (rc == SG_RETRY)
		lose_worker(e, slot);
	pthread_mutex_unlock(&e->mutex);
	if (rc == SG_OK)
		land_before(e, b, frame.id);
	if (rc == SG_OK && (frame.type == SG_FRAME_FACTS ||
	    frame.type == SG_FRAME_FIRST))
		land_facts(e, slot, &frame, b);
	else if (rc == SG_OK && frame.type == SG_FRAME_DONE)
		land_done(e, slot, frame.id);
	else if (rc == SG_OK && frame.type == SG_FRAME_REFUSED)
		land_refusal(e, slot, frame.id);
	else if (rc == SG_OK && frame.type != SG_FRAME_PONG) {
		sg_err_set(&err, SG_REASON_INTERNAL,
		    "a frame that is the front's to send");
		distrust_worker(e, slot, &err);
	} else if (rc == SG_BAD)
		distrust_worker(e, slot, &err);
	return rc == SG_OK;
}

static void
land_all(struct sg_engine *e, unsigned slot)
{
	struct batch b = { .n = 0 };

	while (b.n < BATCH && land_one(e, slot, &b))
		;
	if (b.n > 0)
		land_batch(e, &b);
}

/* --- keeping time ---------------------------------------------------------- */

struct late {
	uint64_t id;
	struct sg_nexthop hop;
	enum sg_reason missed;
};

static size_t
collect_late(struct sg_engine *e, struct sg_mono now, struct late *out,
    size_t max)
{
	struct sg_flight *f;
	size_t n = 0;

	pthread_mutex_lock(&e->mutex);
	for (f = e->flights.by_key; f != NULL && n < max; f = f->by_key.next) {
		if (f->done || now.ms <= f->ends.ms + GRACE_MS)
			continue;
		out[n].id = f->id;
		out[n].hop = f->job.hop;
		out[n++].missed = f->missed != SG_REASON_NONE
		    ? f->missed : SG_REASON_TIMEOUT;
	}
	e->stats.timed_out += n;
	pthread_mutex_unlock(&e->mutex);
	return n;
}

static struct sg_facts *
unlearnt(struct sg_engine *e, const struct late *late)
{
	struct sg_facts *old = NULL, *f = NULL;
	char key[SG_NEXTHOP_KEY_SIZE];

	sg_nexthop_key(&late->hop, key);
	(void)sg_store_get(e->params.store, key, &old, NULL);
	(void)sg_facts_unlearnt(old, &late->hop, late->missed, sg_wall_now(),
	    &f);
	sg_facts_unref(&old);
	return f;
}

static void
finish_late(struct sg_engine *e, const struct late *late,
    struct sg_facts *facts)
{
	struct sg_flight *f;

	pthread_mutex_lock(&e->mutex);
	f = sg_flight_find_id(&e->flights, late->id);
	if (f != NULL) {
		sg_count_missed(late->missed);
		/* Known to a worker, it stays known here: its answer is still
		   worth something, and who asks meanwhile starts no second. */
		if (f->sent)
			sg_flight_give_up(f, facts, late->missed);
		else
			finish(e, f, facts, late->missed);
		facts = NULL;
	}
	pthread_mutex_unlock(&e->mutex);
	sg_facts_unref(&facts);
}

/* Those that were given up and have not been answered for so long that they
   never will be. */
static void
forget_late(struct sg_engine *e, struct sg_mono now)
{
	struct sg_flight *f, *next;

	pthread_mutex_lock(&e->mutex);
	for (f = e->flights.by_key; f != NULL; f = next) {
		next = f->by_key.next;
		if (f->done && now.ms > f->ends.ms + LATE_MS)
			finish(e, f, NULL, SG_REASON_NONE);
	}
	pthread_mutex_unlock(&e->mutex);
}

/* Gives up the lookups whose time has passed. That nothing was learnt is kept
   too: unknown_window counts from it. */
static void
give_up_late(struct sg_engine *e, struct sg_mono now)
{
	struct late late[BATCH];
	struct sg_facts *facts[BATCH], *keep[BATCH];
	size_t n = collect_late(e, now, late, BATCH), kept = 0;

	for (size_t i = 0; i < n; i++) {
		facts[i] = unlearnt(e, &late[i]);
		if (facts[i] != NULL)
			keep[kept++] = facts[i];
	}
	if (kept > 0)
		(void)sg_store_put(e->params.store, keep, kept, NULL);
	for (size_t i = 0; i < n; i++)
		finish_late(e, &late[i], facts[i]);
}

/* Pings, and says who does not answer, again and again until he is replaced.
   Counted in pings, not in time: when it was we who slept, nobody is to
   blame. */
static void
watch_worker(struct sg_engine *e, unsigned slot, struct sg_mono now)
{
	static const struct sg_frame ping = { .type = SG_FRAME_PING, .id = 1 };
	struct sg_channel *c = &e->channels[slot];
	bool stuck = false;

	pthread_mutex_lock(&e->mutex);
	if (c->fd >= 0 && now.ms - c->last_ping.ms >= PING_MS) {
		c->last_ping = now;
		(void)sg_channel_send(c, &ping);
		stuck = c->unanswered++ >= SG_ENGINE_STUCK_MS / PING_MS;
	}
	pthread_mutex_unlock(&e->mutex);
	if (!stuck)
		return;
	sg_log(SG_LOG_ERR, "net worker %u does not answer", slot);
	if (e->params.worker_stuck != NULL)
		e->params.worker_stuck(e->params.arg, slot);
}

static void
start_due(struct sg_engine *e, struct sg_mono now)
{
	struct sg_nexthop due[DUE_MAX];
	size_t n;

	if (now.ms - e->last_due.ms < DUE_MS)
		return;
	e->last_due = now;
	n = sg_store_due(e->params.store, sg_wall_now(), due, DUE_MAX);
	for (size_t i = 0; i < n; i++) {
		struct sg_facts *old = NULL;
		char key[SG_NEXTHOP_KEY_SIZE];

		sg_nexthop_key(&due[i], key);
		(void)sg_store_get(e->params.store, key, &old, NULL);
		sg_engine_refresh(e, &due[i], old);
		sg_facts_unref(&old);
	}
}

static void
tick(struct sg_engine *e, struct sg_mono now)
{
	if (now.ms - e->last_tick.ms < TICK_MS)
		return;
	e->last_tick = now;
	sg_clockguard_tick(&e->clock);
	/* together: a cold domain has one, and a transaction each would cost as
	   much as its facts' own */
	sg_store_write_pins(e->params.store);
	give_up_late(e, now);
	forget_late(e, now);
	for (unsigned i = 0; i < e->n_slots; i++)
		watch_worker(e, i, now);
	start_due(e, now);
	if (now.ms - e->last_expire.ms >= EXPIRE_MS) {
		e->last_expire = now;
		(void)sg_store_expire(e->params.store, sg_wall_now(),
		    EXPIRE_MAX);
	}
}

/* --- the thread ------------------------------------------------------------ */

static bool
fill_poll(struct sg_engine *e, struct pollfd *p)
{
	bool stop;

	pthread_mutex_lock(&e->mutex);
	stop = e->stop;
	for (unsigned i = 0; i < e->n_slots; i++) {
		p[i].fd = e->channels[i].fd; /* -1 is passed over */
		p[i].events = POLLIN;
		if (e->channels[i].queued > 0)
			p[i].events |= POLLOUT;
	}
	pthread_mutex_unlock(&e->mutex);
	p[e->n_slots] = (struct pollfd) { e->event_fd, POLLIN, 0 };
	return !stop;
}

static void
serve_slot(struct sg_engine *e, unsigned slot, short revents)
{
	if (revents & POLLOUT) {
		pthread_mutex_lock(&e->mutex);
		if (e->channels[slot].fd >= 0 &&
		    sg_channel_flush(&e->channels[slot]) == SG_RETRY)
			lose_worker(e, slot);
		pthread_mutex_unlock(&e->mutex);
	}
	if (revents & (POLLIN | POLLHUP | POLLERR))
		land_all(e, slot);
}

void *
sg_engine_pump(void *engine)
{
	struct sg_engine *e = engine;
	struct pollfd p[SG_ENGINE_MAX_WORKERS + 1];
	uint64_t count;

	while (fill_poll(e, p)) {
		if (poll(p, e->n_slots + 1, TICK_MS) > 0) {
			if (p[e->n_slots].revents & POLLIN)
				(void)!read(e->event_fd, &count, sizeof(count));
			/* what lands is merged with what is held */
			sg_clockguard_check(&e->clock, sg_wall_now(),
			    sg_mono_now());
			for (unsigned i = 0; i < e->n_slots; i++)
				if (p[i].fd >= 0)
					serve_slot(e, i, p[i].revents);
		}
		tick(e, sg_mono_now());
	}
	return NULL;
}
