/* SPDX-License-Identifier: ISC */
/*
 * log_sink.c - see log_sink.h.
 *
 * syslog(3) holds a lock while it waits for a syslogd that takes nothing, and
 * with it everybody else in the process who logs, libmilter too; so the
 * datagram is made and sent here (RFC 3164 is what /dev/log takes). No lock is
 * held while waiting. A descriptor cannot be set to non-blocking, for others
 * share it: it is asked first, and a line is short enough for what poll(2)
 * promises of pipes and sockets.
 */
#include "base/log_sink.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define RETRY_MS 20
#define MESSAGE_SIZE 2112

static struct {
	/* The mutex guards all; sends under it do not block. */
	pthread_mutex_t mutex;
	int fd;
	bool stream; /* a syslogd that wants a connection, and a NUL */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
} sl = { .mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

/* --- syslogd -------------------------------------------------------------- */

static void
disconnect(void)
{
	if (sl.fd >= 0)
		close(sl.fd);
	sl.fd = -1;
}

static bool
connect_as(int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, sl.path, sizeof(un.sun_path));
	sl.fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sl.fd < 0)
		return false;
	sl.stream = type == SOCK_STREAM;
	if (connect(sl.fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return true;
	disconnect();
	return false;
}

static bool
connected(void)
{
	return sl.fd >= 0 || connect_as(SOCK_DGRAM) ||
	    (errno == EPROTOTYPE && connect_as(SOCK_STREAM));
}

void
sg_log_syslog_open(const char *path)
{
	pthread_mutex_init(&sl.mutex, NULL); /* maybe in a child of fork */
	disconnect();
	snprintf(sl.path, sizeof(sl.path), "%s", path);
	(void)connected();
}

void
sg_log_syslog_close(void)
{
	disconnect();
}

void
sg_log_syslog_forget(void)
{
	sl.fd = -1;
}

static size_t
compose(int priority, const char *text, char out[MESSAGE_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32] = "";
	int n;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%b %e %T", &tm);
	n = snprintf(out, MESSAGE_SIZE, "<%d>%s stsgate[%d]: %s", priority,
	    when, (int)getpid(), text);
	return n < MESSAGE_SIZE ? (size_t)n : MESSAGE_SIZE - 1;
}

/* A syslogd that was started anew has another socket at the same path. */
static bool
send_once(const char *message, size_t len)
{
	for (int i = 0; i < 2; i++) {
		if (!connected())
			return false;
		if (send(sl.fd, message, len + (sl.stream ? 1 : 0),
		    MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return true;
		if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
			errno = EAGAIN;
			return false;
		}
		disconnect();
	}
	return false;
}

bool
sg_log_syslog_send(int priority, const char *text, int max_wait_ms)
{
	char message[MESSAGE_SIZE];
	size_t len = compose(priority, text, message);
	int64_t until = sg_mono_now().ms + max_wait_ms;
	bool sent, full;

	for (;;) {
		pthread_mutex_lock(&sl.mutex);
		errno = 0;
		sent = send_once(message, len);
		full = !sent && errno == EAGAIN;
		pthread_mutex_unlock(&sl.mutex);
		if (!full)
			return sent; /* no syslogd: nobody to wait for */
		if (max_wait_ms != SG_LOG_FOREVER && sg_mono_now().ms >= until)
			return false;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

/* --- a descriptor --------------------------------------------------------- */

bool
sg_log_fd_send(int fd, const char *line, size_t len, int max_wait_ms)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	ssize_t n;

	if (max_wait_ms != SG_LOG_FOREVER &&
	    (poll(&p, 1, max_wait_ms) != 1 || (p.revents & POLLOUT) == 0))
		return false;
	while (len > 0) {
		n = write(fd, line, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		line += n;
		len -= (size_t)n;
	}
	return true;
}
