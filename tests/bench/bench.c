/* SPDX-License-Identifier: ISC */
/* bench.c - see bench.h. */
#include "bench.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t
bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
bench_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Values below BENCH_STEPS have a bucket each. */
static size_t
bucket(int64_t ns)
{
	uint64_t v = ns > 0 ? (uint64_t)ns : 0;
	unsigned shift = 0;
	size_t i;

	while (v >= 2 * BENCH_STEPS) {
		v >>= 1;
		shift++;
	}
	i = shift * BENCH_STEPS + (size_t)v;
	return i < BENCH_OCTAVES * BENCH_STEPS ? i
					       : BENCH_OCTAVES * BENCH_STEPS - 1;
}

static int64_t
value(size_t i)
{
	size_t shift = i / BENCH_STEPS;

	if (i < 2 * BENCH_STEPS)
		return (int64_t)i;
	shift--;
	return (int64_t)((i - shift * BENCH_STEPS) << shift);
}

void
bench_add(struct bench_histogram *h, int64_t ns)
{
	h->count[bucket(ns)]++;
	h->n++;
	if (ns > h->worst)
		h->worst = ns;
}

int64_t
bench_quantile(const struct bench_histogram *h, double share)
{
	uint64_t before = 0, want = (uint64_t)(share * (double)h->n);

	for (size_t i = 0; i < BENCH_OCTAVES * BENCH_STEPS; i++) {
		before += h->count[i];
		if (before > want)
			return value(i);
	}
	return h->worst;
}

void
bench_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		warn("cannot stay on core %d", cpu);
}

static socklen_t
address(const char *where, struct sockaddr_storage *out)
{
	struct sockaddr_un *un = (struct sockaddr_un *)out;
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	const char *host;

	memset(out, 0, sizeof(*out));
	if (strncmp(where, "unix:", 5) == 0) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", where + 5);
		return sizeof(*un);
	}
	host = strchr(where, '@');
	if (strncmp(where, "inet:", 5) != 0 || host == NULL)
		errx(64, "%s is neither unix:/path nor inet:PORT@HOST", where);
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)strtoul(where + 5, NULL, 10));
	if (inet_pton(AF_INET, host + 1, &in->sin_addr) != 1)
		errx(64, "%s: no address", where);
	return sizeof(*in);
}

int
bench_socket(const char *where, int backlog)
{
	struct sockaddr_storage ss;
	socklen_t len = address(where, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		err(1, "socket");
	if (ss.ss_family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
		    sizeof(one));
	}
	if (backlog > 0) {
		if (ss.ss_family == AF_UNIX)
			(void)unlink(where + 5);
		if (bind(fd, (struct sockaddr *)&ss, len) != 0 ||
		    listen(fd, backlog) != 0)
			err(1, "%s", where);
	} else if (connect(fd, (struct sockaddr *)&ss, len) != 0) {
		err(1, "%s", where);
	}
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

long
bench_number(const char *text, long min, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < min || n > max)
		errx(64, "%s is not a number from %ld to %ld", text, min, max);
	return n;
}

uint32_t
bench_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

double
bench_held_mb(void)
{
	char line[256];
	size_t kb = 0, n;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	if (f == NULL)
		err(1, "smaps_rollup");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Anonymous: %zu kB", &n) == 1)
			kb = n;
	fclose(f);
	return (double)kb / 1024;
}
