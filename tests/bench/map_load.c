/* SPDX-License-Identifier: ISC */
/*
 * map_load.c - Postfix's side of a socketmap, many times over: a closed loop,
 * one lookup at a time on each connection. One line of JSON tells the rest.
 *
 * usage: map_load [-c CONNS] [-d SECONDS] [-w WARM-UP] [-n DOMAINS]
 *     [-l LIMIT] [-m MAP] [-p CORE] SOCKET
 * -l N: each of N domains once, then stop.
 */
#include <sys/epoll.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/made.h"

#define MAX_CONNS 5000

struct conn {
	int fd;
	int64_t asked; /* 0: not waiting */
	size_t n;
	char in[2048];
};

static int epoll_fd;
static uint64_t seed = 1;
static unsigned domains = 1000, limit, next_domain;
static const char *map = "postfix";
static int64_t begin_at;
static struct bench_histogram times;
static unsigned long found, not_found, odd;

static void
ask(struct conn *c)
{
	char name[64], text[160], frame[200];
	unsigned number = limit != 0 ? next_domain++
				     : bench_random(&seed) % domains;
	int n;

	if (limit != 0 && number >= limit)
		return;
	snprintf(name, sizeof(name), MADE_FORMAT, number);
	n = snprintf(text, sizeof(text), "%s %s", map, name);
	n = snprintf(frame, sizeof(frame), "%d:%s,", n, text);
	c->asked = bench_now();
	if (write(c->fd, frame, (size_t)n) != n)
		err(1, "write to the map");
}

static void
count(struct conn *c, const char *answer)
{
	int64_t now = bench_now();

	if (begin_at == 0)
		return;
	bench_add(&times, now - c->asked);
	if (strncmp(answer, "OK ", 3) == 0)
		found++;
	else if (strncmp(answer, "NOTFOUND", 8) == 0)
		not_found++;
	else
		odd++;
}

static void
on_input(struct conn *c)
{
	ssize_t got = read(c->fd, c->in + c->n, sizeof(c->in) - 1 - c->n);
	char *colon;
	size_t len;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		err(1, "the map hung up");
	c->n += (size_t)got;
	c->in[c->n] = '\0';
	colon = strchr(c->in, ':');
	if (colon == NULL)
		return;
	len = strtoul(c->in, NULL, 10);
	if (c->n < (size_t)(colon - c->in) + len + 2)
		return;
	count(c, colon + 1);
	c->n = 0;
	c->asked = 0;
	ask(c);
}

static bool
all_done(const struct conn *conns, long n)
{
	if (limit == 0 || next_domain < limit)
		return false;
	for (long i = 0; i < n; i++)
		if (conns[i].asked != 0)
			return false;
	return true;
}

static void
report(long n_conns, double s)
{
	printf("{\"conns\": %ld, \"lookups\": %llu, \"rate\": %.1f, "
	    "\"p50_us\": %.1f, \"p99_us\": %.1f, \"worst_us\": %.1f, "
	    "\"found\": %lu, \"not_found\": %lu, \"odd\": %lu}\n", n_conns,
	    (unsigned long long)times.n, (double)times.n / s,
	    (double)bench_quantile(&times, 0.5) / 1e3,
	    (double)bench_quantile(&times, 0.99) / 1e3,
	    (double)times.worst / 1e3, found, not_found, odd);
}

static void
run(struct conn *conns, long n_conns, long warm_up, long seconds)
{
	struct epoll_event e[64];
	int64_t start = bench_now(), now = start;
	int64_t stop = start + (warm_up + seconds) * 1000000000;

	for (; now < stop && !all_done(conns, n_conns); now = bench_now()) {
		int n;

		if (begin_at == 0 && now >= start + warm_up * 1000000000)
			begin_at = now;
		n = epoll_wait(epoll_fd, e, 64, 100);
		for (int i = 0; i < n; i++)
			on_input(e[i].data.ptr);
	}
	report(n_conns, (double)(now - begin_at) / 1e9);
}

int
main(int argc, char **argv)
{
	long n_conns = 10, seconds = 5, warm_up = 1;
	struct conn *conns;
	int o;

	while ((o = getopt(argc, argv, "c:d:w:n:l:m:p:")) != -1)
		switch (o) {
		case 'c':
			n_conns = bench_number(optarg, 1, MAX_CONNS);
			break;
		case 'd':
			seconds = bench_number(optarg, 1, 3600);
			break;
		case 'w':
			warm_up = bench_number(optarg, 0, 600);
			break;
		case 'n':
			domains = (unsigned)bench_number(optarg, 1, 100000000);
			break;
		case 'l':
			limit = (unsigned)bench_number(optarg, 1, 100000000);
			break;
		case 'm':
			map = optarg;
			break;
		case 'p':
			bench_pin((int)bench_number(optarg, 0, 1023));
			break;
		default:
			errx(64, "usage: map_load [options] SOCKET");
		}
	if (optind != argc - 1)
		errx(64, "usage: map_load [options] SOCKET");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc((size_t)n_conns, sizeof(*conns));
	if (epoll_fd < 0 || conns == NULL)
		err(1, "cannot begin");
	for (long i = 0; i < n_conns; i++) {
		struct epoll_event e = { .events = EPOLLIN,
			.data.ptr = &conns[i] };

		conns[i].fd = bench_socket(argv[optind], 0);
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, conns[i].fd, &e) != 0)
			err(1, "epoll_ctl");
		ask(&conns[i]);
	}
	run(conns, n_conns, warm_up, seconds);
	return 0;
}
