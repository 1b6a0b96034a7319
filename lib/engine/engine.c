/* SPDX-License-Identifier: ISC */
/*
 * engine.c - see engine.h: asking, and who waits for what.
 *
 * One mutex guards flights, channels, limits and the configuration; it is
 * never held across the store's disk, and sends on channels do not block. The
 * thread that lands answers and keeps time is in pump.c. Facts are in the
 * store, and so on disk, before anybody who waits sees them.
 */
#include "engine/engine_private.h"

#include <sys/eventfd.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/enough.h"
#include "facts/packed.h"

/* Answers to a job come this much before the first asker's own deadline, so
   that what was learnt in part is used. */
#define JOB_MARGIN_MS 400
/* Lookups that nobody waits for. */
#define BACKGROUND_MS 30000
#define MAX_BACKGROUND 64
/* With less time left nothing is begun: it could only fail. */
#define WORTH_STARTING_MS 300

const char *
sg_source_name(enum sg_source source)
{
	static const char *const names[] = { "none", "memory", "store",
		"lookup" };

	return (unsigned)source < 4 ? names[source] : "none";
}

static enum sg_rc
use_config(struct sg_engine *e, const struct sg_config *config)
{
	sg_config_unref(&e->config);
	e->config = sg_config_ref(config);
	atomic_store(&e->can_probe, config->probe_enable);
	return sg_limits_set(&e->limits, config, sg_mono_now());
}

static struct sg_engine *
new_engine(const struct sg_engine_params *params)
{
	struct sg_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->params = *params;
	e->params.config = NULL;
	pthread_mutex_init(&e->mutex, NULL);
	e->n_slots = params->workers > 0 ? params->workers
					 : params->config->workers;
	for (unsigned i = 0; i < SG_ENGINE_MAX_WORKERS; i++)
		sg_channel_init(&e->channels[i]);
	e->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	e->frame_buf = malloc(SG_FRAME_MAX);
	(void)use_config(e, params->config);
	sg_clockguard_init(&e->clock, params->store, params->clock_path);
	return e;
}

static void
free_engine(struct sg_engine *e)
{
	for (unsigned i = 0; i < SG_ENGINE_MAX_WORKERS; i++)
		sg_channel_close(&e->channels[i]);
	if (e->event_fd >= 0)
		close(e->event_fd);
	sg_config_unref(&e->config);
	sg_limits_fini(&e->limits);
	sg_doubts_fini(&e->doubts);
	sg_clockguard_fini(&e->clock);
	pthread_mutex_destroy(&e->mutex);
	free(e->frame_buf);
	free(e);
}

/* Signals belong to the process's main thread and libmilter. */
static int
start_thread(struct sg_engine *e)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&e->thread, NULL, sg_engine_pump, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

enum sg_rc
sg_engine_new(const struct sg_engine_params *params, struct sg_engine **out_r,
    struct sg_err *err)
{
	struct sg_engine *e = new_engine(params);
	int error;

	*out_r = NULL;
	if (e == NULL || e->event_fd < 0 || e->frame_buf == NULL ||
	    e->limits.groups == NULL ||
	    (params->clock_path != NULL && e->clock.path == NULL)) {
		sg_err_set(err, SG_REASON_INTERNAL, "engine: %s",
		    strerror(errno));
		if (e != NULL)
			free_engine(e);
		return SG_RETRY;
	}
	error = start_thread(e);
	if (error != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "engine thread: %s",
		    strerror(error));
		free_engine(e);
		return SG_RETRY;
	}
	*out_r = e;
	return SG_OK;
}

void
sg_engine_kick(struct sg_engine *e)
{
	uint64_t one = 1;
	ssize_t n = write(e->event_fd, &one, sizeof(one));

	(void)n; /* a full counter wakes the thread as well */
}

void
sg_engine_free(struct sg_engine **engine)
{
	struct sg_engine *e = *engine;

	if (e == NULL)
		return;
	sg_engine_drain(e);
	pthread_mutex_lock(&e->mutex);
	e->stop = true;
	pthread_mutex_unlock(&e->mutex);
	sg_engine_kick(e);
	pthread_join(e->thread, NULL);
	free_engine(e);
	*engine = NULL;
}

void
sg_engine_set_config(struct sg_engine *e, const struct sg_config *config)
{
	pthread_mutex_lock(&e->mutex);
	(void)use_config(e, config);
	pthread_mutex_unlock(&e->mutex);
}

void
sg_engine_drain(struct sg_engine *e)
{
	struct sg_flight *f, *next;

	pthread_mutex_lock(&e->mutex);
	e->draining = true;
	for (f = e->flights.by_key; f != NULL; f = next) {
		next = f->by_key.next;
		sg_flight_finish(&e->flights, f, NULL, SG_REASON_INTERNAL);
	}
	pthread_mutex_unlock(&e->mutex);
	sg_store_write_pins(e->params.store);
}

/* Gives f to its worker; with none there it goes out when one is attached.
   Mutex held. */
void
sg_engine_send(struct sg_engine *e, struct sg_flight *f)
{
	struct sg_frame frame = { .type = SG_FRAME_JOB, .id = f->id };
	int64_t left = f->ends.ms - sg_mono_now().ms;
	struct sg_channel *c = &e->channels[f->slot];

	if (left < 1)
		left = 1;
	f->job.deadline_ms = (uint32_t)left;
	frame.job = f->job;
	f->sent = sg_channel_send(c, &frame) == SG_OK;
	if (f->sent)
		f->tries++;
	if (c->queued > 0)
		sg_engine_kick(e);
}

struct start {
	const struct sg_nexthop *hop;
	const struct sg_facts *old;
	bool fresh, background, demand, whole;
	const struct sg_budget *budget;
	int left_ms; /* of who asks; the lookup has its full time all the same,
			since others may join it */
	struct sg_facts *newer; /* out, yours: see overtaken() */
};

static bool
lacks_probe(struct sg_engine *e, const struct sg_facts *f, bool demand,
    bool whole)
{
	return sg_enough_lacks_probe(f, demand, whole) &&
	    atomic_load(&e->can_probe);
}

/* Between reading what is known and coming here with the mutex somebody else's
   lookup may have landed, and an asker who was held up on the way would start
   the same once more. True: what landed will do, it is in s->newer. Otherwise
   s->newer is what is known now. Mutex held. */
static bool
overtaken(struct sg_engine *e, const char *key, struct start *s)
{
	struct sg_wall now = sg_wall_now();
	struct sg_facts *f = sg_store_peek(e->params.store, key);

	s->newer = f;
	if (f == NULL || (s->old != NULL && sg_facts_are_same(f, s->old)))
		return false;
	if (s->background)
		return now.s < f->refresh_at.s;
	return !s->fresh && !lacks_probe(e, f, s->demand, s->whole) &&
	    sg_enough_is_fresh(f, now);
}

/* What the worker is to find out, and what it may rely on. */
static void
set_job(struct sg_flight *f, const struct start *s,
    const struct sg_facts *known)
{
	struct sg_wall now = sg_wall_now();

	f->job.demand = s->demand || sg_enough_was_probed(known);
	f->job.again = s->fresh;
	/* Who is asked for a level by a rule can wait for all there is. */
	f->job.early = !s->fresh && !s->background && !s->demand &&
	    !s->whole && !sg_enough_was_refused(known);
	sg_facts_need(known, now, s->fresh, &f->job.need);
	if (known == NULL)
		return;
	f->known = sg_facts_ref(known);
	if (sg_facts_policy(known, now) != NULL &&
	    known->sts.text_len <= SG_JOB_POLICY_MAX) {
		f->job.policy = f->known->sts.text;
		f->job.policy_len = f->known->sts.text_len;
	}
}

/* A lookup of s->hop: the one under way, or a new one. NULL with *refused
   set: none may be started; or NONE: none is needed (overtaken). Mutex
   held. */
static struct sg_flight *
start_flight(struct sg_engine *e, const char *key, struct start *s,
    enum sg_reason *refused)
{
	struct sg_flight *f = sg_flight_find(&e->flights, key);
	struct sg_mono now = sg_mono_now();

	*refused = SG_REASON_TIMEOUT;
	if (f != NULL && f->first && f->done && overtaken(e, key, s)) {
		*refused = SG_REASON_NONE;
		return NULL;
	}
	if (f != NULL) /* one that is over is about to be given up, or was and
			  its worker is still at it */
		return now.ms < f->ends.ms ? f : NULL;
	if (overtaken(e, key, s)) {
		*refused = SG_REASON_NONE;
		return NULL;
	}
	if (!s->background && s->left_ms < WORTH_STARTING_MS)
		return NULL;
	*refused = SG_REASON_OVERLOAD;
	if (e->draining) {
		*refused = SG_REASON_INTERNAL;
		return NULL;
	}
	if (e->flights.n >= SG_ENGINE_MAX_FLIGHTS ||
	    (s->background && e->background >= MAX_BACKGROUND) ||
	    (!s->background && !sg_limits_take(&e->limits, s->budget, now))) {
		e->stats.refused++;
		return NULL;
	}
	f = sg_flight_add(&e->flights, s->hop, e->n_slots);
	if (f == NULL) {
		*refused = SG_REASON_INTERNAL;
		return NULL;
	}
	f->background = s->background;
	e->background += s->background;
	f->began = now;
	f->ends.ms = now.ms + (s->background ? BACKGROUND_MS
		: (int64_t)e->config->reply_deadline_ms - JOB_MARGIN_MS);
	f->job.probe = e->config->probe_enable;
	set_job(f, s, s->newer != NULL ? s->newer : s->old);
	e->stats.lookups++;
	e->stats.refreshes += s->background;
	sg_engine_send(e, f);
	return f;
}

void
sg_engine_refresh(struct sg_engine *e, const struct sg_nexthop *hop,
    const struct sg_facts *old)
{
	struct start s = { .hop = hop, .old = old, .background = true };
	char key[SG_NEXTHOP_KEY_SIZE];
	enum sg_reason refused;

	sg_nexthop_key(hop, key);
	pthread_mutex_lock(&e->mutex);
	(void)start_flight(e, key, &s, &refused);
	pthread_mutex_unlock(&e->mutex);
	sg_facts_unref(&s.newer);
}

/* Waits for f until the deadline; for its last word, if the whole is asked
   for. Mutex held. */
static void
wait_for(struct sg_engine *e, struct sg_flight *f, bool whole,
    struct sg_mono until)
{
	struct timespec ts = { until.ms / 1000, until.ms % 1000 * 1000000 };
	int error = 0;

	e->waiting++;
	while (!(whole ? f->over : f->done) && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&f->cond, &e->mutex, &ts);
	e->waiting--;
}

static void
answer_missed(const struct sg_ask *ask, const struct sg_facts *old,
    enum sg_reason missed, struct sg_answer *out)
{
	out->missed = missed;
	if (sg_facts_unlearnt(old, &ask->hop, missed, sg_wall_now(),
		&out->facts) != SG_OK)
		out->facts = NULL;
}

/* What is known does not do for this ask. */
static bool
is_insufficient(struct sg_engine *e, const struct sg_facts *f,
    const struct sg_ask *ask, struct sg_wall now)
{
	if (f == NULL || ask->fresh ||
	    lacks_probe(e, f, ask->demand, ask->whole))
		return true;
	return !sg_enough_is_fresh(f, now) &&
	    !(now.s >= f->fresh_until.s && sg_enough_in_outage(f, now));
}

/* Waits for f, and for its last word if the first was there and did not do.
   Answers what it missed; *falls_short: the lookup was begun by somebody who
   did not want what ask wants. Mutex held. */
static enum sg_reason
join(struct sg_engine *e, struct sg_flight *f, const struct sg_ask *ask,
    struct sg_mono until, bool *falls_short)
{
	bool between = f->done;

	f->refs++;
	pthread_mutex_unlock(&e->mutex);
	if (e->params.before_wait != NULL)
		e->params.before_wait(e->params.arg);
	pthread_mutex_lock(&e->mutex);
	wait_for(e, f, ask->whole || ask->fresh || between, until);
	*falls_short = ask->fresh ? !f->job.again
	    : between && is_insufficient(e, f->facts, ask, sg_wall_now());
	return f->done ? f->missed : SG_REASON_TIMEOUT;
}

/* True: the lookup falls short of what ask wants. */
static bool
look_up(struct sg_engine *e, const char *key, const struct sg_ask *ask,
    const struct sg_facts *old, struct sg_answer *out)
{
	struct start s = { .hop = &ask->hop, .old = old, .fresh = ask->fresh,
		.demand = ask->demand, .whole = ask->whole,
		.budget = &ask->budget,
		.left_ms = ask->deadline_ms };
	struct sg_mono until = { sg_mono_now().ms + ask->deadline_ms };
	enum sg_reason missed = SG_REASON_TIMEOUT;
	bool falls_short = false;
	struct sg_flight *f;

	pthread_mutex_lock(&e->mutex);
	out->joined = sg_flight_find(&e->flights, key) != NULL;
	f = start_flight(e, key, &s, &missed);
	if (f != NULL) {
		missed = join(e, f, ask, until, &falls_short);
		if (f->done && f->facts != NULL)
			out->facts = sg_facts_ref(f->facts);
		sg_flight_unref(f);
	}
	pthread_mutex_unlock(&e->mutex);
	if (missed == SG_REASON_NONE && f == NULL) {
		out->facts = s.newer;
		out->joined = true;
	} else {
		sg_facts_unref(&s.newer);
	}
	if (out->facts == NULL) {
		answer_missed(ask, old, missed, out);
		return false;
	}
	out->missed = missed;
	out->source = SG_SOURCE_LOOKUP;
	return falls_short && missed == SG_REASON_NONE;
}

/* Who joined a lookup that was begun without his demand, or early, or to which
   an old probe was good enough, asks once more. */
static void
again_by_myself(struct sg_engine *e, const char *key,
    const struct sg_ask *ask, bool falls_short, struct sg_answer *out,
    struct sg_mono began)
{
	struct sg_ask rest = *ask;
	struct sg_answer second = { 0 };

	if (!falls_short) {
		if (!out->joined || out->missed != SG_REASON_NONE ||
		    !lacks_probe(e, out->facts, ask->demand, ask->whole))
			return;
		rest.fresh = false; /* what he joined was */
	}
	rest.deadline_ms -= (int)(sg_mono_now().ms - began.ms);
	if (rest.deadline_ms < WORTH_STARTING_MS)
		return;
	(void)look_up(e, key, &rest, out->facts, &second);
	sg_facts_unref(&out->facts);
	*out = second;
}

void
sg_engine_ask(struct sg_engine *e, const struct sg_ask *ask,
    struct sg_answer *out)
{
	struct sg_wall now = sg_wall_now();
	struct sg_mono began = sg_mono_now();
	struct sg_facts *old = NULL;
	enum sg_store_tier tier = SG_TIER_MEMORY;
	char key[SG_NEXTHOP_KEY_SIZE];
	bool falls_short;

	memset(out, 0, sizeof(*out));
	sg_clockguard_check(&e->clock, now, began);
	sg_nexthop_key(&ask->hop, key);
	(void)sg_store_get(e->params.store, key, &old, &tier);
	if (is_insufficient(e, old, ask, now)) {
		falls_short = look_up(e, key, ask, old, out);
		again_by_myself(e, key, ask, falls_short, out, began);
		if (out->missed != SG_REASON_NONE && old != NULL)
			out->source = tier == SG_TIER_MEMORY ? SG_SOURCE_MEMORY
							     : SG_SOURCE_STORE;
		sg_facts_unref(&old);
		return;
	}
	if (now.s >= old->refresh_at.s)
		sg_engine_refresh(e, &ask->hop, old);
	out->facts = old;
	out->source =
	    tier == SG_TIER_MEMORY ? SG_SOURCE_MEMORY : SG_SOURCE_STORE;
}

enum sg_rc
sg_engine_peek(struct sg_engine *e, const struct sg_ask *ask,
    struct sg_answer *out)
{
	struct sg_wall now = sg_wall_now();
	char key[SG_NEXTHOP_KEY_SIZE];

	memset(out, 0, sizeof(*out));
	sg_nexthop_key(&ask->hop, key);
	out->facts = sg_store_peek(e->params.store, key);
	if (out->facts != NULL)
		out->source = SG_SOURCE_MEMORY;
	if (is_insufficient(e, out->facts, ask, now))
		return SG_NONE;
	if (now.s >= out->facts->refresh_at.s)
		sg_engine_refresh(e, &ask->hop, out->facts);
	return SG_OK;
}

struct sg_pin *
sg_engine_pin(struct sg_engine *e, const char *key)
{
	return sg_store_pin(e->params.store, key);
}

bool
sg_engine_pin_suffices(struct sg_engine *e, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now)
{
	return sg_store_pin_suffices(e->params.store, key, level, for_s, now);
}

enum sg_rc
sg_engine_set_pin(struct sg_engine *e, struct sg_pin *pin)
{
	return sg_store_set_pin(e->params.store, pin); /* tick() writes it */
}

bool
sg_engine_clock_is_suspect(const struct sg_engine *e)
{
	return sg_clockguard_is_suspect(&e->clock);
}

void
sg_engine_stats(struct sg_engine *e, struct sg_engine_stats *out)
{
	pthread_mutex_lock(&e->mutex);
	*out = e->stats;
	out->flights = e->flights.n;
	out->waiting = e->waiting;
	out->workers_up = 0;
	for (unsigned i = 0; i < e->n_slots; i++)
		out->workers_up += e->channels[i].fd >= 0;
	pthread_mutex_unlock(&e->mutex);
}
