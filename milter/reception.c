/* SPDX-License-Identifier: ISC */
/* reception.c - see reception.h. */
#include "reception.h"

#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define BREATHE_MS 1000 /* when there are no descriptors, or no threads */

struct room {
	struct sg_reception desk;
	atomic_int clients;
};

struct client {
	struct room *room;
	int fd;
};

bool
sg_reception_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { fd, events, 0 };
	int64_t left;
	int n;

	do {
		left = until_ms - sg_mono_now().ms;
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

bool
sg_reception_send(int fd, const char *data, size_t len, int64_t until_ms)
{
	ssize_t n;

	while (len > 0) {
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno != EINTR && (errno != EAGAIN ||
			       !sg_reception_wait(fd, POLLOUT, until_ms)))
			return false;
	}
	return true;
}

static void *
serve_client(void *arg)
{
	struct client *c = arg;

	c->room->desk.serve(c->room->desk.arg, c->fd);
	close(c->fd);
	atomic_fetch_sub(&c->room->clients, 1);
	free(c);
	return NULL;
}

static int
start_thread(void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return error;
}

/* Takes fd. */
static void
admit(struct room *room, int fd)
{
	struct client *c = NULL;

	if (room->desk.may_enter == NULL || room->desk.may_enter(fd))
		c = calloc(1, sizeof(*c));
	if (c != NULL) {
		*c = (struct client) { room, fd };
		if (atomic_fetch_add(&room->clients, 1) <
		        room->desk.max_clients &&
		    start_thread(serve_client, c) == 0)
			return;
		atomic_fetch_sub(&room->clients, 1);
	}
	free(c);
	close(fd);
}

static void *
receive(void *arg)
{
	struct room *room = arg;
	int fd;

	for (;;) {
		fd = accept4(room->desk.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			admit(room, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			(void)poll(NULL, 0, BREATHE_MS);
	}
	return NULL;
}

enum sg_rc
sg_reception_open(const struct sg_reception *reception, struct sg_err *err)
{
	struct room *room = calloc(1, sizeof(*room));

	if (room != NULL) {
		room->desk = *reception;
		if (start_thread(receive, room) == 0)
			return SG_OK;
	}
	free(room);
	sg_err_set(err, SG_REASON_INTERNAL, "no thread to take connections");
	return SG_BAD;
}
