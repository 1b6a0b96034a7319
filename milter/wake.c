/* SPDX-License-Identifier: ISC */
/*
 * wake.c - see wake.h. The bytes are libmilter's wire protocol (mfdef.h): a
 * length of four octets, a command, its data.
 */
#include "wake.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define SESSIONS 4
#define BUSY 4          /* callbacks inside at once from which we tick */
#define TICK_MS 5
/* A wake makes libmilter look at all sessions and mostly start a thread, so it
   costs as much as a few recipients do. When so many take longer than RARE_MS
   nobody is starving. */
#define SERVED 200
#define RARE_MS 100
#define IDLE_MS 200
#define RETRY_MS 250
#define REPLY_MS 2000
#define TELL_AFTER 8   /* failures in a row, then it is logged */

struct sg_wake {
	struct sg_listen where;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint inside, next, served;
	_Atomic int64_t last_ms; /* when served was last a multiple of SERVED */
	/* The mutex guards the descriptors: a callback writes to one while the
	   thread may be replacing it. Writes do not block. */
	pthread_mutex_t mutex;
	int fd[SESSIONS];
};

bool
sg_wake_is_ours(unsigned long actions, unsigned long steps)
{
	return actions == 0 && steps == 0;
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

/* SMFIC_OPTNEG 'O': version 6, no actions, no steps. */
static bool
negotiate(int fd)
{
	static const unsigned char optneg[] = { 0, 0, 0, 13, 'O', 0, 0, 0, 6, 0,
		0, 0, 0, 0, 0, 0, 0 };

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

void
sg_wake_now(struct sg_wake *w)
{
	static const unsigned char abort_frame[] = { 0, 0, 0, 1, 'A' };
	unsigned i;
	ssize_t n;

	if (w == NULL)
		return;
	i = atomic_fetch_add(&w->next, 1) % SESSIONS;
	pthread_mutex_lock(&w->mutex);
	if (w->fd[i] >= 0) {
		n = send(w->fd[i], abort_frame, sizeof(abort_frame),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		/* A full socket is woken enough; half a frame or an error ends
		   the session, and the thread opens another. */
		if (n != (ssize_t)sizeof(abort_frame) &&
		    !(n < 0 && errno == EAGAIN)) {
			close(w->fd[i]);
			w->fd[i] = -1;
		}
	}
	pthread_mutex_unlock(&w->mutex);
}

void
sg_wake_enter(struct sg_wake *w)
{
	if (w != NULL)
		atomic_fetch_add(&w->inside, 1);
}

void
sg_wake_leave(struct sg_wake *w)
{
	int64_t now, last;

	if (w == NULL)
		return;
	atomic_fetch_sub(&w->inside, 1);
	if (atomic_fetch_add(&w->served, 1) % SERVED != 0)
		return;
	now = sg_mono_now().ms;
	last = atomic_exchange(&w->last_ms, now);
	if (now - last < RARE_MS)
		sg_wake_now(w);
}

static void *
tick(void *arg)
{
	struct sg_wake *w = arg;
	unsigned failures = 0;

	while (!atomic_load(&w->stop)) {
		bool complete = keep_sessions(w);
		bool busy = atomic_load(&w->inside) >= BUSY;

		failures = complete ? 0 : failures + 1;
		if (failures == TELL_AFTER)
			sg_log(SG_LOG_WARN, "cannot connect to our own milter "
			    "socket (%s): answers may be slow under load",
			    strerror(errno));
		if (busy)
			sg_wake_now(w);
		(void)poll(NULL, 0,
		    !complete ? RETRY_MS : busy ? TICK_MS : IDLE_MS);
	}
	return NULL;
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
	for (unsigned i = 0; i < SESSIONS; i++)
		w->fd[i] = -1;
	pthread_mutex_init(&w->mutex, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, tick, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		pthread_mutex_destroy(&w->mutex);
		free(w);
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
	pthread_join(w->thread, NULL);
	for (unsigned i = 0; i < SESSIONS; i++)
		if (w->fd[i] >= 0)
			close(w->fd[i]);
	pthread_mutex_destroy(&w->mutex);
	free(w);
	*wake = NULL;
}
