/* SPDX-License-Identifier: ISC */
/*
 * accept.c - see accept.h.
 *
 * It takes the C library's place by its name: libmilter has no hook. One
 * thread accepts, so that nothing is locked.
 */
/* With it the type of accept() is one that nobody can write down. */
#undef _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L
#include "accept.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define PAUSE_MS 650 /* 92 failures a minute */
#define SAY_EVERY_S 60

/* Linux's and the BSDs'; not in POSIX before 2024. */
int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 02000000
#endif

static int reserve = -1;
static atomic_ulong turned_away;

void
sg_accept_reserve(int listener)
{
	reserve = fcntl(listener, F_DUPFD_CLOEXEC, 0);
}

unsigned long
sg_accept_turned_away(void)
{
	return atomic_load(&turned_away);
}

static void
say(void)
{
	static time_t said;
	struct timespec now;

	atomic_fetch_add(&turned_away, 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (said != 0 && now.tv_sec - said < SAY_EVERY_S)
		return;
	said = now.tv_sec;
	sg_log(SG_LOG_ERR, "no descriptor is free: a milter connection was "
	    "turned away (%lu so far); raise the limit of open files",
	    sg_accept_turned_away());
}

/* Takes one with the descriptor kept back; -1 if it could not be kept. */
static int
take_with_reserve(int listener, struct sockaddr *addr, socklen_t *len)
{
	struct pollfd p = { listener, POLLIN, 0 };
	int fd;

	if (reserve < 0 || poll(&p, 1, 0) <= 0)
		return -1;
	(void)close(reserve);
	fd = accept4(listener, addr, len, SOCK_CLOEXEC);
	sg_accept_reserve(listener);
	if (fd < 0 || reserve >= 0)
		return fd;
	(void)close(fd);
	sg_accept_reserve(listener);
	say();
	return -1;
}

static bool
is_exhaustion(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

int
accept(int listener, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	int fd = accept4(listener, addr, len, SOCK_CLOEXEC), error = errno;

	if (fd >= 0 || !is_exhaustion(error))
		return fd;
	(void)poll(NULL, 0, PAUSE_MS);
	fd = take_with_reserve(listener, addr, len);
	errno = error;
	return fd;
}
