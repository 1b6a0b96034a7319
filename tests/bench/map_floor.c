/* SPDX-License-Identifier: ISC */
/*
 * map_floor.c - the least that a socketmap server can cost: one thread, epoll,
 * one hash that is filled before anybody asks.
 *
 * usage: map_floor SOCKET N
 * Every other of d0.bench.example to d<N-1>.bench.example is `secure', the
 * others are not found.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "bench/bench.h"
#include "bench/made.h"

struct entry {
	char name[48];
	char reply[200];
	UT_hash_handle hh;
};

struct conn {
	int fd;
	size_t n;
	char in[4096];
};

static struct entry *table;

static void
fill(unsigned n)
{
	struct entry *all = calloc(n, sizeof(*all));
	char text[160];

	if (all == NULL)
		err(1, "out of memory");
	for (unsigned i = 0; i < n; i++) {
		struct entry *e = &all[i];

		snprintf(e->name, sizeof(e->name), MADE_FORMAT, i);
		if (i % 2 == 0)
			snprintf(text, sizeof(text), "OK secure match=mx.%s "
			    "servername=hostname", e->name);
		else
			snprintf(text, sizeof(text), "NOTFOUND ");
		snprintf(e->reply, sizeof(e->reply), "%zu:%s,", strlen(text),
		    text);
		HASH_ADD_STR(table, name, e);
	}
}

/* One netstring "postfix KEY" at s; its length, 0: not all of it is there. */
static size_t
serve_one(struct conn *c, const char *s, size_t n)
{
	static const char none[] = "9:NOTFOUND ,";
	char *colon = memchr(s, ':', n), key[256];
	size_t len, head, key_len;
	struct entry *e;
	const char *blank, *reply = none;

	if (colon == NULL)
		return 0;
	len = strtoul(s, NULL, 10);
	head = (size_t)(colon - s) + 1;
	if (len > sizeof(key) - 1 || n < head + len + 1)
		return len > sizeof(key) - 1 ? n : 0;
	blank = memchr(colon + 1, ' ', len);
	key_len = blank != NULL ? (size_t)(colon + 1 + len - blank - 1) : 0;
	if (key_len > 0)
		memcpy(key, blank + 1, key_len);
	key[key_len] = '\0';
	HASH_FIND_STR(table, key, e);
	if (e != NULL)
		reply = e->reply;
	(void)!write(c->fd, reply, strlen(reply));
	return head + len + 1;
}

/* False: it hung up. */
static bool
serve(struct conn *c)
{
	ssize_t got = read(c->fd, c->in + c->n, sizeof(c->in) - c->n);
	size_t at = 0, used;

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	c->n += (size_t)got;
	while ((used = serve_one(c, c->in + at, c->n - at)) > 0)
		at += used;
	memmove(c->in, c->in + at, c->n - at);
	c->n -= at;
	return true;
}

int
main(int argc, char **argv)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC), listener;
	struct epoll_event e = { .events = EPOLLIN }, ready[64];

	if (argc != 3)
		errx(64, "usage: map_floor SOCKET N");
	fill((unsigned)bench_number(argv[2], 1, 100000000));
	listener = bench_socket(argv[1], 1024);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e) != 0)
		err(1, "epoll_ctl");
	for (;;) {
		int n = epoll_wait(epoll_fd, ready, 64, -1);

		for (int i = 0; i < n; i++) {
			struct conn *c = ready[i].data.ptr;

			if (c == NULL) {
				int fd = accept4(listener, NULL, NULL,
				    SOCK_NONBLOCK | SOCK_CLOEXEC);

				c = fd < 0 ? NULL : calloc(1, sizeof(*c));
				if (c == NULL)
					continue;
				c->fd = fd;
				e.data.ptr = c;
				(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd,
				    &e);
			} else if (!serve(c)) {
				close(c->fd);
				free(c);
			}
		}
	}
}
