/* SPDX-License-Identifier: ISC */
/*
 * wake.c - see wake.h. The bytes are libmilter's wire protocol (mfdef.h): a
 * length of four octets, a command, its data.
 */
#include "wake.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* What our own sessions offer: no MTA lets macros be chosen and nothing be
   changed. To offer nothing is no mark: libmilter takes that for an MTA of its
   first version, which offers SMFI_V1_ACTS; nor are steps, of which it fakes
   some. */
#define OUR_ACTIONS SMFIF_SETSYMLIST
#define OUR_STEPS SMFIP_NOUNKNOWN
/* The worker that serves a wake stays with its session for a millisecond, and
   for another when it is woken again meanwhile: who wants more workers must
   take another session each time, and leave each alone for AGAIN_MS. */
#define SESSIONS 16
#define AT_ONCE 4
#define AGAIN_MS 5
#define SLACK_NS 10000000UL
#define TICK_MS 5
#define FAST 4          /* recipients a millisecond from which we tick faster */
#define FAST_TICK_MS 1
/* A wake makes libmilter look at all sessions and mostly start a thread, so it
   costs as much as a few recipients do. After each OFTEN recipients it pays as
   long as there come to be more workers by it, since each of them takes a
   session that was queueing: within GROW_MS, that is, of the last new worker or
   session. */
#define OFTEN 16
#define GROW_MS 20
#define BUSY 4          /* callbacks inside at once from which we tick */
#define IDLE_MS 200
#define RETRY_MS 250
#define REPLY_MS 2000
#define TELL_AFTER 8   /* failures in a row, then it is logged */

struct sg_wake {
	struct sg_listen where;
	pthread_t thread;
	atomic_bool stop, resting; /* resting: nothing to tick for */
	atomic_uint inside, sessions, next, served;
	pthread_mutex_t rest_mutex;
	pthread_cond_t rest_ends;
	atomic_int left;         /* recipients until the next wake */
	_Atomic int64_t grown_ms; /* the last new worker or session */
	/* The mutex guards the descriptors: a callback writes to one while the
	   thread may be replacing it. Writes do not block. */
	pthread_mutex_t mutex;
	int fd[SESSIONS];
	int64_t used_ms[SESSIONS];
};

/* libmilter's threads that have answered a recipient, and live. */
static atomic_uint workers;
static pthread_key_t worker_key;
static pthread_once_t worker_once = PTHREAD_ONCE_INIT;
static bool workers_are_counted;

static void
worker_ends(void *one)
{
	(void)one;
	atomic_fetch_sub(&workers, 1);
}

static void
make_worker_key(void)
{
	workers_are_counted = pthread_key_create(&worker_key, worker_ends) == 0;
}

/* True if the calling thread is a new one. */
static bool
count_worker(void)
{
	static _Thread_local bool counted;

	if (counted || !workers_are_counted)
		return false;
	counted = pthread_setspecific(worker_key, &workers) == 0;
	if (counted)
		atomic_fetch_add(&workers, 1);
	return counted;
}

void
sg_wake_prepare(void)
{
#ifdef PR_SET_TIMERSLACK
	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
#endif
}

bool
sg_wake_is_ours(unsigned long actions)
{
	return actions == OUR_ACTIONS;
}

static int
connect_self(const struct sg_listen *where)
{
	static const struct timeval reply_time = { REPLY_MS / 1000, 0 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	struct sg_addr addr;
	socklen_t len;
	int fd;

	if (where->is_unix) {
		memcpy(un.sun_path, where->path, sizeof(un.sun_path) - 1);
		sa = (struct sockaddr *)&un;
		len = sizeof(un);
	} else {
		if (sg_addr_parse(where->host, &addr) != SG_OK)
			return -1;
		len = sg_addr_to_sockaddr(&addr, where->port, &ss);
	}
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &reply_time,
		    sizeof(reply_time)); /* for a full backlog */
	if (fd >= 0 && connect(fd, sa, len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads and drops what libmilter answers to the negotiation. */
static bool
await_reply(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char buf[256];

	return poll(&p, 1, REPLY_MS) == 1 && recv(fd, buf, sizeof(buf), 0) > 0;
}

/* SMFIC_OPTNEG 'O': version 6, actions, steps. */
static bool
negotiate(int fd)
{
	static const unsigned char optneg[] = { 0, 0, 0, 13, 'O', 0, 0, 0, 6,
		0, 0, OUR_ACTIONS >> 8, OUR_ACTIONS & 255,
		0, 0, OUR_STEPS >> 8, OUR_STEPS & 255 };

	return send(fd, optneg, sizeof(optneg), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(optneg) && await_reply(fd);
}

static int
open_session(const struct sg_listen *where)
{
	int fd = connect_self(where);

	if (fd >= 0 && !negotiate(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool
sg_wake_ask(const struct sg_listen *milter_socket)
{
	int fd = open_session(milter_socket);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* False if some session is missing and could not be had. */
static bool
keep_sessions(struct sg_wake *w)
{
	for (unsigned i = 0; i < SESSIONS; i++) {
		int fd;
		bool missing;

		pthread_mutex_lock(&w->mutex);
		missing = w->fd[i] < 0;
		pthread_mutex_unlock(&w->mutex);
		if (!missing)
			continue;
		fd = open_session(&w->where);
		if (fd < 0)
			return false;
		pthread_mutex_lock(&w->mutex);
		w->fd[i] = fd;
		pthread_mutex_unlock(&w->mutex);
	}
	return true;
}

/* Mutex held. */
static void
write_to(struct sg_wake *w, unsigned i)
{
	static const unsigned char abort_frame[] = { 0, 0, 0, 1, 'A' };
	ssize_t n;

	if (w->fd[i] < 0)
		return;
	n = send(w->fd[i], abort_frame, sizeof(abort_frame),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	/* A full socket is woken enough; half a frame or an error ends the
	   session, and the thread opens another. */
	if (n != (ssize_t)sizeof(abort_frame) && !(n < 0 && errno == EAGAIN)) {
		close(w->fd[i]);
		w->fd[i] = -1;
	}
}

/* A session has one worker at most. With as many workers as sessions there is
   an idle one for each that is ready, and nobody needs a wake. */
static bool
workers_lack(struct sg_wake *w)
{
	return atomic_load(&workers) < atomic_load(&w->sessions);
}

static void
wake_one(struct sg_wake *w)
{
	unsigned i;

	i = atomic_fetch_add(&w->next, 1) % SESSIONS;
	pthread_mutex_lock(&w->mutex);
	write_to(w, i);
	pthread_mutex_unlock(&w->mutex);
}

/* A connection is no session before its negotiation, which may be queueing just
   behind us: some worker must be left that does not wait. */
void
sg_wake_now(struct sg_wake *w)
{
	if (w != NULL && atomic_load(&workers) <= atomic_load(&w->sessions))
		wake_one(w);
}

/* For several workers more. */
static void
wake_some(struct sg_wake *w, int64_t now)
{
	unsigned written = 0;

	pthread_mutex_lock(&w->mutex);
	for (unsigned i = 0; i < SESSIONS && written < AT_ONCE; i++) {
		if (now - w->used_ms[i] < AGAIN_MS)
			continue;
		w->used_ms[i] = now;
		write_to(w, i);
		written++;
	}
	pthread_mutex_unlock(&w->mutex);
}

void
sg_wake_opened(struct sg_wake *w)
{
	if (w == NULL)
		return;
	atomic_fetch_add(&w->sessions, 1);
	atomic_store(&w->grown_ms, sg_mono_now().ms);
}

void
sg_wake_closed(struct sg_wake *w)
{
	if (w != NULL)
		atomic_fetch_sub(&w->sessions, 1);
}

unsigned
sg_wake_sessions(struct sg_wake *w)
{
	return w != NULL ? atomic_load(&w->sessions) : 0;
}

void
sg_wake_enter(struct sg_wake *w)
{
	if (w == NULL)
		return;
	if (count_worker())
		atomic_store(&w->grown_ms, sg_mono_now().ms);
	atomic_fetch_add(&w->inside, 1);
}

/* Enough recipients since the last wake. */
static void
consider(struct sg_wake *w)
{
	const int64_t now = sg_mono_now().ms;

	atomic_store(&w->left, OFTEN);
	if (now - atomic_load(&w->grown_ms) < GROW_MS && workers_lack(w))
		wake_some(w, now);
}

/* The thread has something to do again. */
static void
rouse(struct sg_wake *w)
{
	pthread_mutex_lock(&w->rest_mutex);
	atomic_store(&w->resting, false);
	pthread_cond_signal(&w->rest_ends);
	pthread_mutex_unlock(&w->rest_mutex);
}

void
sg_wake_leave(struct sg_wake *w)
{
	if (w == NULL)
		return;
	atomic_fetch_sub(&w->inside, 1);
	atomic_fetch_add(&w->served, 1);
	if (atomic_load(&w->resting) && workers_lack(w))
		rouse(w);
	if (atomic_fetch_sub(&w->left, 1) == 1)
		consider(w);
}

/* A session may be queueing behind workers that stay with others, for as long
   as these go on: the more recipients are served, the more it is held up. How
   long until the next tick, given how long the last took; 0: nothing is going
   on, or there is a worker for each. */
static int
next_ms(struct sg_wake *w, int last_ms)
{
	unsigned served = atomic_exchange(&w->served, 0);

	if (!workers_lack(w) ||
	    (served == 0 && atomic_load(&w->inside) < BUSY))
		return 0;
	return served >= FAST * (unsigned)last_ms ? FAST_TICK_MS : TICK_MS;
}

/* Until ms have passed, or in idleness there is something to do. */
static void
rest(struct sg_wake *w, int ms, bool idle)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (until.tv_nsec / 1000000 + ms) / 1000;
	until.tv_nsec = (until.tv_nsec + (long)ms * 1000000) % 1000000000;
	pthread_mutex_lock(&w->rest_mutex);
	atomic_store(&w->resting, idle);
	if (!atomic_load(&w->stop))
		(void)pthread_cond_timedwait(&w->rest_ends, &w->rest_mutex,
		    &until);
	atomic_store(&w->resting, false);
	pthread_mutex_unlock(&w->rest_mutex);
}

static void *
tick(void *arg)
{
	struct sg_wake *w = arg;
	unsigned failures = 0;
	int ms = TICK_MS;

	while (!atomic_load(&w->stop)) {
		bool complete = keep_sessions(w);

		failures = complete ? 0 : failures + 1;
		if (failures == TELL_AFTER)
			sg_log(SG_LOG_WARN, "cannot connect to our own milter "
			    "socket (%s): answers may be slow under load",
			    strerror(errno));
		ms = next_ms(w, ms);
		if (ms > 0)
			wake_one(w);
		rest(w, !complete ? RETRY_MS : ms > 0 ? ms : IDLE_MS, ms == 0);
		ms = ms > 0 ? ms : TICK_MS;
	}
	return NULL;
}

static void
make_rest(struct sg_wake *w)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&w->rest_mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->rest_ends, &attr);
	pthread_condattr_destroy(&attr);
}

static void
free_wake(struct sg_wake *w)
{
	pthread_cond_destroy(&w->rest_ends);
	pthread_mutex_destroy(&w->rest_mutex);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

struct sg_wake *
sg_wake_new(const struct sg_listen *milter_socket)
{
	struct sg_wake *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int error;

	if (w == NULL)
		return NULL;
	w->where = *milter_socket;
	atomic_store(&w->left, OFTEN);
	(void)pthread_once(&worker_once, make_worker_key);
	for (unsigned i = 0; i < SESSIONS; i++)
		w->fd[i] = -1;
	pthread_mutex_init(&w->mutex, NULL);
	make_rest(w);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, tick, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		free_wake(w);
		return NULL;
	}
	return w;
}

void
sg_wake_free(struct sg_wake **wake)
{
	struct sg_wake *w = *wake;

	if (w == NULL)
		return;
	atomic_store(&w->stop, true);
	rouse(w);
	pthread_join(w->thread, NULL);
	for (unsigned i = 0; i < SESSIONS; i++)
		if (w->fd[i] >= 0)
			close(w->fd[i]);
	free_wake(w);
	*wake = NULL;
}
