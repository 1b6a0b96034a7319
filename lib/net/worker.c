/* SPDX-License-Identifier: ISC */
/*
 * Turns frames into plans and what they learn into frames.
 *
 * Everything happens on one loop. What the front does not take at once waits
 * in a queue; while that is long no more frames are read, so that its length
 * is bounded by the jobs under way, and a front that does not read is not
 * read from either.
 */
#include <sys/queue.h>
#include <sys/socket.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>
#include "base/log.h"
#include "net/job.h"
#include "net/loop.h"
#include "net/plan.h"
#include "net/worker.h"

#define EXIT_CONFIG 78     /* sysexits(3) EX_CONFIG */
#define QUEUE_PAUSE 256    /* frames waiting: stop reading */
#define READ_AT_ONCE 64    /* frames, before other events get their turn */

struct worker;

struct running {
	LIST_ENTRY(running) link;
	struct worker *worker;
	struct sg_plan *plan;
};

struct outgoing {
	STAILQ_ENTRY(outgoing) link;
	size_t len;
	unsigned char data[];
};

struct worker {
	int fd;
	int status;
	struct event_base *base;
	struct event *readable, *writable, *term;
	struct sg_net net;
	size_t n_jobs;
	LIST_HEAD(, running) jobs;
	size_t n_queued;
	STAILQ_HEAD(, outgoing) queue;
	unsigned char in[SG_FRAME_MAX];
	unsigned char out[SG_FRAME_MAX];
};

static void
stop(struct worker *w, int status)
{
	w->status = status;
	event_base_loopbreak(w->base);
}

/* --- to the front ------------------------------------------------------- */

static bool
would_block(int error)
{
	return (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS);
}

/* True: it is off our hands. */
static bool
send_now(struct worker *w, const unsigned char *data, size_t len)
{
	ssize_t n;

	do
		n = send(w->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (true);
	if (would_block(errno))
		return (false);
	if (errno == EMSGSIZE)
		sg_log(SG_LOG_ERR, "a frame of %zu bytes is too large for the"
		    " channel's buffer", len);
	else
		stop(w, 0); /* the front is gone */
	return (true);
}

static void
enqueue(struct worker *w, const unsigned char *data, size_t len)
{
	struct outgoing *o = malloc(sizeof(*o) + len);

	if (o == NULL) { /* the front's own deadline ends that job */
		sg_log(SG_LOG_ERR, "out of memory: a frame is lost");
		return;
	}
	o->len = len;
	memcpy(o->data, data, len);
	STAILQ_INSERT_TAIL(&w->queue, o, link);
	w->n_queued++;
	event_add(w->writable, NULL);
	if (w->n_queued >= QUEUE_PAUSE)
		event_del(w->readable);
}

static void
drop_first(struct worker *w)
{
	struct outgoing *o = STAILQ_FIRST(&w->queue);

	STAILQ_REMOVE_HEAD(&w->queue, link);
	w->n_queued--;
	free(o);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct outgoing *o;

	(void)fd;
	(void)what;
	while ((o = STAILQ_FIRST(&w->queue)) != NULL &&
	    send_now(w, o->data, o->len))
		drop_first(w);
	if (w->n_queued == 0)
		event_del(w->writable);
	if (w->n_queued < QUEUE_PAUSE)
		event_add(w->readable, NULL);
}

/* False: it does not fit a frame. */
static bool
send_frame(struct worker *w, const struct sg_frame *frame)
{
	size_t len = sg_frame_encode(frame, w->out, sizeof(w->out));

	if (len == 0)
		return (false);
	if (w->n_queued > 0 || !send_now(w, w->out, len))
		enqueue(w, w->out, len);
	return (true);
}

static void
send_plain(struct worker *w, enum sg_frame_type type, uint64_t id)
{
	struct sg_frame frame = { .type = type, .id = id };

	send_frame(w, &frame);
}

/* --- jobs --------------------------------------------------------------- */

static void
running_free(struct running *r)
{
	LIST_REMOVE(r, link);
	r->worker->n_jobs--;
	free(r);
}

/* What cannot be told is refused, so that nobody waits for it. */
static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	struct running *r = arg;
	struct worker *w = r->worker;
	struct sg_frame frame = { .type = more ? SG_FRAME_FIRST :
	    SG_FRAME_FACTS, .id = job_id };
	unsigned char *record = NULL;

	if (!more)
		running_free(r);
	if (learnt == NULL) {
		send_plain(w, SG_FRAME_DONE, job_id);
		return;
	}
	if (sg_facts_encode(learnt, &record, &frame.record_len) == SG_OK) {
		frame.record = record;
		if (!send_frame(w, &frame))
			send_plain(w, SG_FRAME_REFUSED, job_id);
	} else
		send_plain(w, SG_FRAME_REFUSED, job_id);
	free(record);
}

static bool
start_job(struct worker *w, const struct sg_job *job)
{
	struct running *r;

	if (w->n_jobs >= SG_WORKER_MAX_JOBS)
		return (false);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return (false);
	r->worker = w;
	r->plan = sg_plan_start(&w->net, job, on_learnt, r);
	if (r->plan == NULL) {
		free(r);
		return (false);
	}
	LIST_INSERT_HEAD(&w->jobs, r, link);
	w->n_jobs++;
	return (true);
}

/* --- from the front ----------------------------------------------------- */

static void
take(struct worker *w, size_t len)
{
	struct sg_frame frame;
	struct sg_err err = { 0 };

	if (sg_frame_decode(w->in, len, &frame, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "bad frame from the front: %s", err.text);
		stop(w, 1);
		return;
	}
	switch (frame.type) {
	case SG_FRAME_PING:
		send_plain(w, SG_FRAME_PONG, frame.id);
		break;
	case SG_FRAME_JOB:
		if (!start_job(w, &frame.job))
			send_plain(w, SG_FRAME_REFUSED, frame.id);
		break;
	default:
		sg_log(SG_LOG_ERR, "the front sent a frame of type %d",
		    (int)frame.type);
		stop(w, 1);
		break;
	}
}

/* False: nothing more for now. A message of no bytes reads like the end, and
   nobody sends one. */
static bool
read_one(struct worker *w)
{
	ssize_t n = recv(w->fd, w->in, sizeof(w->in), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (would_block(errno) || errno == EINTR))
		return (false);
	if (n <= 0) {
		stop(w, 0);
		return (false);
	}
	if ((size_t)n > sizeof(w->in)) {
		sg_log(SG_LOG_ERR, "bad frame from the front: %zd bytes", n);
		stop(w, 1);
		return (false);
	}
	take(w, (size_t)n);
	return (true);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < READ_AT_ONCE; i++) {
		if (w->n_queued >= QUEUE_PAUSE || !read_one(w) ||
		    event_base_got_break(w->base))
			return;
	}
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop(arg, 0);
}

/* --- life --------------------------------------------------------------- */

static void
worker_free(struct worker *w)
{
	struct running *r;

	while ((r = LIST_FIRST(&w->jobs)) != NULL) {
		sg_plan_cancel(r->plan);
		running_free(r);
	}
	while (w->n_queued > 0)
		drop_first(w);
	sg_net_fini(&w->net);
	if (w->readable != NULL)
		event_free(w->readable);
	if (w->writable != NULL)
		event_free(w->writable);
	if (w->term != NULL)
		event_free(w->term);
	if (w->base != NULL)
		event_base_free(w->base);
	free(w);
}

static struct worker *
worker_new(int fd)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (NULL);
	w->fd = fd;
	LIST_INIT(&w->jobs);
	STAILQ_INIT(&w->queue);
	w->base = sg_loop_new();
	if (w->base == NULL)
		return (w);
	w->readable = event_new(w->base, fd, EV_READ | EV_PERSIST,
	    on_readable, w);
	w->writable = event_new(w->base, fd, EV_WRITE | EV_PERSIST,
	    on_writable, w);
	w->term = evsignal_new(w->base, SIGTERM, on_term, w);
	return (w);
}

static enum sg_rc
set_up(struct worker *w, const struct sg_config *config, struct sg_err *err)
{
	if (w == NULL || w->readable == NULL || w->writable == NULL ||
	    w->term == NULL || evutil_make_socket_nonblocking(w->fd) != 0 ||
	    event_add(w->readable, NULL) != 0 ||
	    event_add(w->term, NULL) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "no event loop");
		return (SG_RETRY);
	}
	signal(SIGPIPE, SIG_IGN);
	return (sg_net_init(&w->net, w->base, config, err));
}

int
sg_worker_run(int fd, const struct sg_config *config,
    sg_worker_ready_fn *on_ready)
{
	struct worker *w = worker_new(fd);
	struct sg_err err = { 0 };
	int status = EXIT_CONFIG;

	if (set_up(w, config, &err) == SG_OK &&
	    (on_ready == NULL || on_ready(config, &err) == SG_OK)) {
		event_base_dispatch(w->base);
		status = w->status;
	} else
		sg_log(SG_LOG_ERR, "cannot start: %s", err.text);
	if (w != NULL)
		worker_free(w);
	return (status);
}
