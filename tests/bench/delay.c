/* SPDX-License-Identifier: ISC */
/*
 * delay.c - a network of two hosts that are far from each other.
 *
 * usage: delay RTT_MS WORLD-COMMAND... -- COMMAND...
 * Makes two network namespaces of its own, each with a TUN interface, and
 * hands every packet over to the other side half a round trip later. The world
 * command runs in the one, at 198.18.0.0/16 as a whole, the command in the
 * other, at 198.19.255.1; when the command ends all does, with its status.
 * (tc netem does the same, but not every kernel has it.) Wants root.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

#define MTU 1500
#define QUEUE 16384 /* packets under way, each direction */

struct packet {
	int64_t due;
	size_t len;
	unsigned char data[MTU];
};

struct way {
	int from, to;
	size_t head, n;
	unsigned long lost;
	struct packet *queue;
};

/* --- namespaces ------------------------------------------------------------- */

static void
ask(int s, unsigned long what, void *arg, const char *name)
{
	if (ioctl(s, what, arg) != 0)
		err(1, "%s", name);
}

static void
set_address(int s, struct ifreq *r, unsigned long what, const char *address,
    const char *name)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&r->ifr_addr;

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	if (inet_pton(AF_INET, address, &in->sin_addr) != 1)
		errx(1, "%s", address);
	ask(s, what, r, name);
}

static void
set_up(int s, const char *name)
{
	struct ifreq r = { .ifr_name = "" };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	ask(s, SIOCGIFFLAGS, &r, name);
	r.ifr_flags |= IFF_UP;
	ask(s, SIOCSIFFLAGS, &r, name);
}

/* A namespace of its own from here on, with a TUN interface; its descriptor. */
static int
enter_new(const char *address, const char *mask)
{
	struct ifreq r = { .ifr_name = "bench0" };
	int fd, s;

	if (unshare(CLONE_NEWNET) != 0)
		err(77, "unshare (root?)");
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || s < 0)
		err(77, "/dev/net/tun");
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	ask(fd, TUNSETIFF, &r, "TUNSETIFF");
	set_address(s, &r, SIOCSIFADDR, address, "SIOCSIFADDR");
	set_address(s, &r, SIOCSIFNETMASK, mask, "SIOCSIFNETMASK");
	r.ifr_qlen = QUEUE;
	ask(s, SIOCSIFTXQLEN, &r, "SIOCSIFTXQLEN");
	set_up(s, "bench0");
	set_up(s, "lo");
	close(s);
	return fd;
}

static int
this_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "/proc/self/ns/net");
	return fd;
}

static pid_t
start(char **argv, int ns)
{
	pid_t pid, parent = getpid();

	if (setns(ns, CLONE_NEWNET) != 0)
		err(1, "setns");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

/* --- packets ------------------------------------------------------------------ */

static void
take(struct way *w, int64_t delay)
{
	struct packet *p;
	ssize_t n;

	for (;;) {
		p = &w->queue[(w->head + w->n) % QUEUE];
		n = read(w->from, p->data, sizeof(p->data));
		if (n <= 0)
			return;
		if (w->n == QUEUE) {
			w->lost++;
			continue;
		}
		p->len = (size_t)n;
		p->due = bench_now() + delay;
		w->n++;
	}
}

static void
deliver(struct way *w, int64_t now)
{
	while (w->n > 0 && w->queue[w->head].due <= now) {
		struct packet *p = &w->queue[w->head];

		if (write(w->to, p->data, p->len) < 0 && errno != EINVAL)
			w->lost++;
		w->head = (w->head + 1) % QUEUE;
		w->n--;
	}
}

static int64_t
first_due(const struct way *w, int64_t otherwise)
{
	return w->n > 0 && w->queue[w->head].due < otherwise
	    ? w->queue[w->head].due
	    : otherwise;
}

/* Until the command ends; its status. */
static int
carry(struct way ways[2], int64_t delay, pid_t command)
{
	struct pollfd p[2] = { { ways[0].from, POLLIN, 0 },
		{ ways[1].from, POLLIN, 0 } };
	int status;

	while (waitpid(command, &status, WNOHANG) == 0) {
		int64_t now = bench_now();
		int64_t due = first_due(&ways[0],
		    first_due(&ways[1], now + 20000000));
		struct timespec wait = { 0, due > now ? due - now : 0 };

		(void)ppoll(p, 2, &wait, NULL);
		for (int i = 0; i < 2; i++) {
			take(&ways[i], delay);
			deliver(&ways[i], bench_now());
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(int argc, char **argv)
{
	char *route[] = { (char[]) { "ip" }, (char[]) { "route" },
		(char[]) { "add" }, (char[]) { "local" },
		(char[]) { "198.18.0.0/16" }, (char[]) { "dev" },
		(char[]) { "lo" }, NULL };
	struct way ways[2] = { { .from = -1 }, { .from = -1 } };
	int near_fd, far_fd, near_ns, far_ns, i, status;
	pid_t world, command;
	double rtt_ms;

	if (argc < 5)
		errx(64, "usage: delay RTT_MS WORLD... -- COMMAND...");
	rtt_ms = strtod(argv[1], NULL);
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i + 1 >= argc)
		errx(64, "no command");
	argv[i] = NULL;
	near_fd = enter_new("198.19.255.1", "255.254.0.0");
	near_ns = this_namespace();
	far_fd = enter_new("198.19.255.2", "255.255.0.0");
	far_ns = this_namespace();
	world = start(route, far_ns);
	if (waitpid(world, &status, 0) != world || status != 0)
		errx(1, "no route in the far namespace");
	world = start(argv + 2, far_ns);
	command = start(argv + i + 1, near_ns);
	ways[0].from = ways[1].to = near_fd;
	ways[1].from = ways[0].to = far_fd;
	ways[0].queue = calloc(QUEUE, sizeof(struct packet));
	ways[1].queue = calloc(QUEUE, sizeof(struct packet));
	if (ways[0].queue == NULL || ways[1].queue == NULL)
		err(1, "queues");
	status = carry(ways, (int64_t)(rtt_ms * 5e5), command);
	(void)kill(world, SIGTERM);
	(void)waitpid(world, NULL, 0);
	if (ways[0].lost + ways[1].lost > 0)
		warnx("%lu packets were lost", ways[0].lost + ways[1].lost);
	return status;
}
