/* SPDX-License-Identifier: ISC */
/*
 * tlsmap.c - see tlsmap.h.
 *
 * One thread and one loop for all connections: what memory knows is answered
 * between one read and one write, with nothing allocated, so that more threads
 * would only add switches. What has to wait goes to the pool, and comes back
 * by the eventfd. Time is kept by a sweep once a second over the connections,
 * of which there are few, instead of a timer for each.
 */
#include "tlsmap_private.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define ACCEPT_AT_ONCE 64
static const struct timeval sweep_every = { 1, 0 };
/* When descriptors or memory run out: not at once again (THREATS 0.2). */
static const struct timeval resume_after = { 0, 200000 };

/* --- what other threads ask ------------------------------------------------------ */

void
sg_tlsmap_wake(struct sg_tlsmap *m)
{
	uint64_t one = 1;
	ssize_t n = write(m->wake_fd, &one, sizeof(one));

	(void)n; /* a full counter wakes it as well */
}

struct sg_config *
sg_tlsmap_config(struct sg_tlsmap *m)
{
	struct sg_config *config;

	pthread_mutex_lock(&m->mutex);
	config = sg_config_ref(m->config);
	pthread_mutex_unlock(&m->mutex);
	return config;
}

void
sg_tlsmap_set_config(struct sg_tlsmap *m, const struct sg_config *config)
{
	struct sg_config *old;

	pthread_mutex_lock(&m->mutex);
	old = m->config;
	m->config = sg_config_ref(config);
	pthread_mutex_unlock(&m->mutex);
	sg_config_unref(&old);
}

void
sg_tlsmap_drain(struct sg_tlsmap *m)
{
	atomic_store(&m->draining, true);
	sg_tlsmap_wake(m);
}

void
sg_tlsmap_stats(struct sg_tlsmap *m, struct sg_tlsmap_stats *out)
{
	for (int d = 0; d < SG_DIALECTS; d++)
		for (int w = 0; w < SG_MAP_WORDS; w++)
			out->answers[d][w] = atomic_load_explicit(
			    &m->answers[d][w], memory_order_relaxed);
	out->pinned = atomic_load(&m->pinned);
	out->waited = atomic_load(&m->waited);
	out->bad_frames = atomic_load(&m->bad_frames);
	out->pushed_out = atomic_load(&m->pushed_out);
	out->connections = atomic_load(&m->n_conns);
}

/* --- listeners --------------------------------------------------------------------- */

static void
stop_accepting(struct sg_tlsmap *m)
{
	m->accepting = false;
	for (unsigned i = 0; i < m->n_listeners; i++)
		(void)event_del(m->listeners[i]);
}

/* At all listeners; false: no memory. */
static bool
accept_connections(struct sg_tlsmap *m)
{
	m->accepting = true;
	for (unsigned i = 0; i < m->n_listeners; i++)
		if (event_add(m->listeners[i], NULL) != 0) {
			stop_accepting(m);
			return false;
		}
	return true;
}

/* If this fails too the sweep is what goes on. */
static void
pause_accepting(struct sg_tlsmap *m)
{
	stop_accepting(m);
	(void)event_add(m->resume, &resume_after);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct sg_tlsmap *m = arg;

	(void)fd, (void)what;
	if (!atomic_load(&m->draining))
		(void)accept_connections(m);
}

/* Whom one more would push out, when there are too many: who has been silent
   longest, if all that he asked is answered. Postfix connects again when it
   needs to. False: nobody. */
static bool
find_room(struct sg_tlsmap *m, struct sg_conn **push_out)
{
	struct sg_conn *c;

	*push_out = NULL;
	if (atomic_load(&m->n_conns) < SG_TLSMAP_MAX_CONNS)
		return true;
	TAILQ_FOREACH (c, &m->conns, link)
		if (sg_conn_is_done(c)) {
			*push_out = c;
			return true;
		}
	return false;
}

static void
on_connection(evutil_socket_t listener, short what, void *arg)
{
	struct sg_tlsmap *m = arg;
	struct sg_conn *push_out;
	int fd;

	(void)what;
	for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++) {
		if (!find_room(m, &push_out)) {
			pause_accepting(m);
			return;
		}
		fd = accept4(listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				pause_accepting(m);
			return;
		}
		if (push_out != NULL) {
			sg_conn_close(push_out);
			atomic_fetch_add(&m->pushed_out, 1);
		}
		sg_conn_open(m, fd);
	}
}

/* --- the loop ----------------------------------------------------------------------- */

static void
end_idle(struct sg_tlsmap *m)
{
	struct sg_conn *c, *next;

	stop_accepting(m);
	for (c = TAILQ_FIRST(&m->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (sg_conn_is_done(c))
			sg_conn_close(c);
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct sg_tlsmap *m = arg;
	struct sg_tlsmap_job *job;
	uint64_t count;

	(void)what;
	(void)!read(fd, &count, sizeof(count));
	while ((job = sg_pool_done(&m->pool)) != NULL) {
		if (job->conn != NULL)
			sg_conn_answered(job->conn, job);
		sg_pool_free_job(&job);
	}
	if (atomic_load(&m->draining))
		end_idle(m);
	if (atomic_load(&m->stop))
		(void)event_base_loopbreak(m->base);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct sg_tlsmap *m = arg;
	struct sg_mono now = sg_mono_now();
	struct sg_conn *c, *next;

	(void)fd, (void)what;
	for (c = TAILQ_FIRST(&m->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (sg_conn_is_late(c, now))
			sg_conn_close(c);
	}
	if (!m->accepting)
		on_resume(-1, 0, m);
}

static void *
serve(void *arg)
{
	struct sg_tlsmap *m = arg;

	(void)event_base_loop(m->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

/* --- start and end --------------------------------------------------------------------- */

static struct event_base *
new_base(void)
{
	struct event_config *how = event_config_new();
	struct event_base *base = NULL;

	if (how != NULL &&
	    event_config_set_flag(how, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(how);
	if (how != NULL)
		event_config_free(how);
	return base;
}

static bool
add_listener(struct sg_tlsmap *m, int fd)
{
	struct event *e;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return false;
	e = event_new(m->base, fd, EV_READ | EV_PERSIST, on_connection, m);
	if (e == NULL)
		return false;
	m->listeners[m->n_listeners++] = e;
	return true;
}

static bool
make_loop(struct sg_tlsmap *m, const struct sg_tlsmap_params *p)
{
	m->base = new_base();
	m->listeners = calloc(p->n_listeners + 1, sizeof(*m->listeners));
	if (m->base == NULL || m->listeners == NULL || m->wake_fd < 0)
		return false;
	m->wake = event_new(m->base, m->wake_fd, EV_READ | EV_PERSIST,
	    on_wake, m);
	m->sweep = event_new(m->base, -1, EV_PERSIST, on_sweep, m);
	m->resume = evtimer_new(m->base, on_resume, m);
	if (m->wake == NULL || m->sweep == NULL || m->resume == NULL)
		return false;
	for (unsigned i = 0; i < p->n_listeners; i++)
		if (!add_listener(m, p->listeners[i]))
			return false;
	return accept_connections(m) && event_add(m->wake, NULL) == 0 &&
	    event_add(m->sweep, &sweep_every) == 0;
}

static void
free_event(struct event **e)
{
	if (*e != NULL)
		event_free(*e);
	*e = NULL;
}

static void
free_map(struct sg_tlsmap *m)
{
	struct sg_conn *c;

	while ((c = TAILQ_FIRST(&m->conns)) != NULL)
		sg_conn_close(c);
	for (unsigned i = 0; i < m->n_listeners; i++)
		free_event(&m->listeners[i]);
	free(m->listeners);
	free_event(&m->wake);
	free_event(&m->sweep);
	free_event(&m->resume);
	if (m->base != NULL)
		event_base_free(m->base);
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	sg_config_unref(&m->config);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

static int
start_thread(struct sg_tlsmap *m)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&m->thread, NULL, serve, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

enum sg_rc
sg_tlsmap_new(const struct sg_tlsmap_params *p, struct sg_tlsmap **out_r,
    struct sg_err *err)
{
	struct sg_tlsmap *m = calloc(1, sizeof(*m));

	*out_r = NULL;
	if (m == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "map: out of memory");
		return SG_RETRY;
	}
	m->engine = p->engine;
	m->config = sg_config_ref(p->config);
	pthread_mutex_init(&m->mutex, NULL);
	TAILQ_INIT(&m->conns);
	sg_pool_init(&m->pool);
	m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!make_loop(m, p) || start_thread(m) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "the TLS policy map cannot be served: %s",
		    strerror(errno));
		sg_pool_fini(&m->pool);
		free_map(m);
		return SG_RETRY;
	}
	*out_r = m;
	return SG_OK;
}

void
sg_tlsmap_free(struct sg_tlsmap **mp)
{
	struct sg_tlsmap *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	atomic_store(&m->stop, true);
	sg_tlsmap_wake(m);
	pthread_join(m->thread, NULL);
	sg_pool_fini(&m->pool);
	free_map(m);
}
