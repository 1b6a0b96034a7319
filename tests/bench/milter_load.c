/* SPDX-License-Identifier: ISC */
/*
 * milter_load.c - an MTA's side of the milter protocol, many times over.
 *
 * A closed loop: each connection asks, waits for the answer, thinks, asks
 * again; nothing is pipelined but what the negotiation says has no reply. The
 * macros are Postfix's. Recipients still waiting at the end count with what
 * they have waited so far, so that a session that starves is seen. One line
 * of JSON tells the rest.
 */
#include <sys/epoll.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

#define MAX_CONNS 5000
#define MAX_BODY 65536

/* Of the wire (libmilter's mfdef.h), version 6. */
#define VERSION 6
#define ACTIONS 0x1ff
#define SET_SYMLIST 0x100
#define STEPS 0x1fffff
#define NO_CONNECT 0x01
#define NO_HELO 0x02
#define NO_MAIL 0x04
#define NO_BODY 0x10
#define NO_HDRS 0x20
#define NO_EOH 0x40
#define NO_DATA 0x200
#define NR_HDR 0x80
#define NR_CONN 0x1000
#define NR_HELO 0x2000
#define NR_MAIL 0x4000
#define NR_DATA 0x10000
#define NR_EOH 0x40000
#define NR_BODY 0x80000

enum step { NEGOTIATE, CONNECT, HELO, MAIL, RCPT, DATA, HEADER, EOH, BODY,
	EOM };

struct conn {
	int fd;
	enum step step;
	uint32_t skip;       /* the steps as negotiated */
	bool asks;           /* for macros of its own choice */
	unsigned rcpt, header;
	bool answered;       /* some recipient, while it counted */
	int64_t asked, wake; /* 0: not waiting for an answer; not thinking */
	size_t out, sent, in;
	unsigned char in_buf[4096], out_buf[MAX_BODY + 4096];
};

static struct {
	const char *where, *parent;
	int conns, seconds, warm_up, rcpts, body, cpu;
	unsigned domains, first, limit, think_ms;
	bool in_turn, each, awake;
} opt = { .parent = "bench.example", .conns = 10, .seconds = 5,
	.warm_up = 1, .rcpts = 100, .body = -1, .cpu = -1, .domains = 1000 };

static struct {
	int epoll_fd;
	uint64_t random;
	unsigned next;
	int64_t begin, end;
	struct bench_histogram rcpt;
	uint64_t messages, accepted, deferred, rejected, odd;
} all;

static struct conn *conns;

/* --- frames ---------------------------------------------------------------- */

static void
put(struct conn *c, const void *data, size_t n)
{
	if (n > sizeof(c->out_buf) - c->out)
		errx(1, "a frame is too long");
	memcpy(c->out_buf + c->out, data, n);
	c->out += n;
}

static void
put_frame(struct conn *c, char command, const void *data, size_t n)
{
	uint32_t len = htonl((uint32_t)n + 1);

	put(c, &len, 4);
	put(c, &command, 1);
	put(c, data, n);
}

/* Strings one after the other, each with its NUL; "" ends the list. */
static void
put_strings(struct conn *c, char command, char first, const char *const *list)
{
	char data[2048];
	size_t n = 0, len;

	if (first != '\0')
		data[n++] = first;
	for (; *list != NULL; list++) {
		len = strlen(*list) + 1;
		if (len > sizeof(data) - n)
			errx(1, "a list is too long");
		memcpy(data + n, *list, len);
		n += len;
	}
	put_frame(c, command, data, n);
}

#define STRINGS(...) (const char *const[]) { __VA_ARGS__, NULL }

static unsigned
pick_domain(void)
{
	if (opt.in_turn)
		return opt.first + all.next++ % opt.domains;
	return opt.first + bench_random(&all.random) % opt.domains;
}

static void
put_rcpt(struct conn *c)
{
	char domain[256], address[300], argument[304];

	snprintf(domain, sizeof(domain), "d%u.%s", pick_domain(),
	    opt.parent);
	snprintf(address, sizeof(address), "user%u@%s", c->rcpt, domain);
	snprintf(argument, sizeof(argument), "<%s>", address);
	put_strings(c, 'D', 'R',
	    c->rcpt == 0 ? STRINGS("j", "relay.example", "{rcpt_addr}",
			       address, "{rcpt_host}", domain,
			       "{rcpt_mailer}", "smtp")
			 : STRINGS("j", "relay.example", "i",
			       "4XyZk31Tqkz9vNY", "{rcpt_addr}", address,
			       "{rcpt_host}", domain, "{rcpt_mailer}",
			       "smtp"));
	put_strings(c, 'R', '\0', STRINGS(argument));
}

static const char *const headers[][2] = {
	{ "From", "Alice <alice@sender.example>" },
	{ "To", "Bob <bob@d1.bench.example>" },
	{ "Subject", "a message of no importance whatever" },
	{ "Date", "Mon, 23 Nov 2026 10:00:00 +0000" },
	{ "Message-ID", "<20261123100000.4711@sender.example>" },
	{ "MIME-Version", "1.0" },
	{ "Content-Type", "text/plain; charset=utf-8" },
	{ "Content-Transfer-Encoding", "8bit" },
};
#define N_HEADERS (sizeof(headers) / sizeof(headers[0]))

static void
put_body(struct conn *c)
{
	static char body[MAX_BODY];

	if (body[0] == '\0')
		for (size_t i = 0; i < sizeof(body); i++)
			body[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : 'x';
	put_frame(c, 'B', body, (size_t)opt.body);
}

/* --- one connection ---------------------------------------------------------- */

static void
watch(struct conn *c, uint32_t events, int how)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(all.epoll_fd, how, c->fd, &e) != 0)
		err(1, "epoll_ctl");
}

static void
flush(struct conn *c)
{
	while (c->sent < c->out) {
		ssize_t n = write(c->fd, c->out_buf + c->sent,
		    c->out - c->sent);

		if (n < 0 && errno == EAGAIN) {
			watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
			return;
		}
		if (n < 0)
			err(1, "write to the milter");
		c->sent += (size_t)n;
	}
	c->out = c->sent = 0;
}

static void
begin(struct conn *c)
{
	uint32_t optneg[3] = { htonl(VERSION), htonl(ACTIONS), htonl(STEPS) };

	c->fd = bench_socket(opt.where, 0);
	c->step = NEGOTIATE;
	c->in = c->out = c->sent = 0;
	watch(c, EPOLLIN, EPOLL_CTL_ADD);
	put_frame(c, 'O', optneg, sizeof(optneg));
}

/* Writes the frames of c->step; true if an answer comes. */
static bool
put_step(struct conn *c)
{
	static const char at_connect[] =
	    "mail.sender.example\0004\0\0" "192.0.2.1";
	uint32_t skip = c->skip;

	switch (c->step) {
	case NEGOTIATE:
		return true;
	case CONNECT:
		if (skip & NO_CONNECT)
			return false;
		put_strings(c, 'D', 'C', STRINGS("j", "relay.example", "_",
		    "mail.sender.example [192.0.2.1]", "{daemon_name}",
		    "relay.example", "v", "Postfix 3.7.11"));
		put_frame(c, 'C', at_connect, sizeof(at_connect));
		return !(skip & NR_CONN);
	case HELO:
		if (skip & NO_HELO)
			return false;
		put_strings(c, 'H', '\0', STRINGS("mail.sender.example"));
		return !(skip & NR_HELO);
	case MAIL:
		c->rcpt = 0;
		if (skip & NO_MAIL)
			return false;
		put_strings(c, 'D', 'M', STRINGS("j", "relay.example",
		    "{mail_addr}", "alice@sender.example",
		    c->asks ? "{client_addr}" : "{mail_host}",
		    c->asks ? "192.0.2.1" : "sender.example",
		    "{mail_mailer}", "smtp"));
		put_strings(c, 'M', '\0', STRINGS("<alice@sender.example>",
		    "SIZE=4096"));
		return !(skip & NR_MAIL);
	case RCPT:
		put_rcpt(c);
		return true;
	case DATA:
		c->header = 0;
		if (skip & NO_DATA)
			return false;
		put_strings(c, 'D', 'T', STRINGS("i", "4XyZk31Tqkz9vNY"));
		put_frame(c, 'T', "", 0);
		return !(skip & NR_DATA);
	case HEADER:
		if (skip & NO_HDRS)
			return false;
		put_strings(c, 'L', '\0', STRINGS(headers[c->header][0],
		    headers[c->header][1]));
		return !(skip & NR_HDR);
	case EOH:
		if (skip & NO_EOH)
			return false;
		put_frame(c, 'N', "", 0);
		return !(skip & NR_EOH);
	case BODY:
		if (skip & NO_BODY)
			return false;
		put_body(c);
		return !(skip & NR_BODY);
	case EOM:
		put_strings(c, 'D', 'E', STRINGS("i", "4XyZk31Tqkz9vNY"));
		put_frame(c, 'E', "", 0);
		return true;
	}
	return false;
}

static void
end_session(struct conn *c)
{
	put_frame(c, 'Q', "", 0);
	flush(c);
	close(c->fd);
}

/* What comes after c->step. */
static void
next_step(struct conn *c)
{
	bool whole = opt.body >= 0;

	if (c->step == RCPT && ++c->rcpt < (unsigned)opt.rcpts)
		return;
	if (c->step == HEADER && ++c->header < N_HEADERS)
		return;
	if (c->step == RCPT && !whole) {
		all.messages += all.begin != 0;
		put_frame(c, 'A', "", 0);
		c->step = MAIL;
	} else if (c->step == EOM) {
		all.messages += all.begin != 0;
		end_session(c);
		begin(c);
	} else {
		c->step++;
	}
}

/* Goes on to the next step that is answered. */
static void
go_on(struct conn *c)
{
	do
		next_step(c);
	while (!put_step(c));
	if (c->step == RCPT && opt.limit != 0 &&
	    all.next > opt.limit) { /* the last has been given out */
		c->out = 0;
		return;
	}
	c->asked = bench_now();
	flush(c);
}

static void
count_rcpt(struct conn *c, char answer)
{
	int64_t now = bench_now();

	if (opt.each)
		printf("%.1f %c\n", (double)(now - c->asked) / 1e3, answer);
	if (all.begin == 0)
		return;
	c->answered = true;
	bench_add(&all.rcpt,
	    now - (c->asked > all.begin ? c->asked : all.begin));
	if (answer == 'c')
		all.accepted++;
	else if (answer == 't' || answer == '4')
		all.deferred++;
	else if (answer == 'r' || answer == '5')
		all.rejected++;
	else
		all.odd++;
}

static void
on_frame(struct conn *c, char command, const unsigned char *data, size_t n)
{
	uint32_t actions, skip;

	if (c->step == NEGOTIATE) {
		if (command != 'O' || n < 12)
			errx(1, "no negotiation: '%c'", command);
		memcpy(&actions, data + 4, 4);
		memcpy(&skip, data + 8, 4);
		c->asks = (ntohl(actions) & SET_SYMLIST) != 0;
		c->skip = ntohl(skip);
	}
	/* Changes that come before the answer at the end of the message. */
	if (c->step == EOM && strchr("acdrty45", command) == NULL)
		return;
	if (command == 'y' && n > 0)
		command = (char)data[0];
	if (c->step == RCPT)
		count_rcpt(c, command);
	c->asked = 0;
	if (opt.think_ms > 0)
		c->wake = bench_now() +
		    (int64_t)(opt.think_ms / 2 +
		        bench_random(&all.random) % (opt.think_ms + 1)) *
			1000000;
	else
		go_on(c);
}

static void
on_input(struct conn *c)
{
	ssize_t n = read(c->fd, c->in_buf + c->in, sizeof(c->in_buf) - c->in);
	uint32_t len;
	size_t at = 0;
	int fd = c->fd;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		err(1, "the milter hung up at step %d", (int)c->step);
	c->in += (size_t)n;
	while (c->in - at >= 5) {
		memcpy(&len, c->in_buf + at, 4);
		len = ntohl(len);
		if (len == 0 || len > sizeof(c->in_buf) - 4)
			errx(1, "a frame of %u bytes", len);
		if (c->in - at < len + 4)
			break;
		at += len + 4;
		on_frame(c, (char)c->in_buf[at - len], c->in_buf + at - len + 1,
		    len - 1);
		if (c->fd != fd || c->in == 0)
			return; /* another session */
	}
	memmove(c->in_buf, c->in_buf + at, c->in - at);
	c->in -= at;
}

/* --- the run -------------------------------------------------------------------- */

static void
wake_thinkers(int64_t now)
{
	for (int i = 0; i < opt.conns; i++)
		if (conns[i].wake != 0 && conns[i].wake <= now) {
			conns[i].wake = 0;
			go_on(&conns[i]);
		}
}

static bool
all_done(void)
{
	if (opt.limit == 0 || all.next <= opt.limit)
		return false;
	for (int i = 0; i < opt.conns; i++)
		if (conns[i].asked != 0 || conns[i].wake != 0)
			return false;
	return true;
}

static void
turn(void)
{
	struct epoll_event e[64];
	int n = epoll_wait(all.epoll_fd, e, 64,
	    opt.awake ? 0 : opt.think_ms > 0 ? 1 : 100);

	for (int i = 0; i < n; i++) {
		struct conn *c = e[i].data.ptr;

		if (e[i].events & EPOLLOUT) {
			watch(c, EPOLLIN, EPOLL_CTL_MOD);
			flush(c);
		}
		if (e[i].events & ~(uint32_t)EPOLLOUT)
			on_input(c);
	}
	if (opt.think_ms > 0)
		wake_thinkers(bench_now());
}

static void
run_load(void)
{
	int64_t start = bench_now();
	int64_t stop = start +
	    (int64_t)(opt.warm_up + opt.seconds) * 1000000000;

	for (int64_t now = start; now < stop && !all_done();
	     now = bench_now()) {
		if (all.begin == 0 &&
		    now >= start + (int64_t)opt.warm_up * 1000000000)
			all.begin = now;
		turn();
	}
	all.end = bench_now();
}

static void
report(void)
{
	int unserved = 0;
	double s = (double)(all.end - all.begin) / 1e9;

	for (int i = 0; i < opt.conns; i++) {
		struct conn *c = &conns[i];

		unserved += !c->answered;
		if (c->step == RCPT && c->asked != 0)
			bench_add(&all.rcpt, all.end -
			    (c->asked > all.begin ? c->asked : all.begin));
	}
	printf("{\"conns\": %d, \"seconds\": %.3f, \"rcpts\": %llu, "
	    "\"rate\": %.1f, \"messages\": %llu, \"message_rate\": %.1f, "
	    "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p9999_us\": %.1f, "
	    "\"worst_us\": %.1f, \"accepted\": %llu, \"deferred\": %llu, "
	    "\"rejected\": %llu, \"odd\": %llu, \"unserved\": %d}\n",
	    opt.conns, s, (unsigned long long)all.rcpt.n,
	    (double)all.rcpt.n / s, (unsigned long long)all.messages,
	    (double)all.messages / s,
	    (double)bench_quantile(&all.rcpt, 0.5) / 1e3,
	    (double)bench_quantile(&all.rcpt, 0.99) / 1e3,
	    (double)bench_quantile(&all.rcpt, 0.9999) / 1e3,
	    (double)all.rcpt.worst / 1e3, (unsigned long long)all.accepted,
	    (unsigned long long)all.deferred, (unsigned long long)all.rejected,
	    (unsigned long long)all.odd, unserved);
}

static void
usage(void)
{
	fputs("usage: milter_load [options] SOCKET\n"
	    "  -c N    connections (10)       -d S    seconds (5)\n"
	    "  -w S    warm up before (1)     -r N    recipients a message (100)\n"
	    "  -n N    domains (1000)         -b N    the first of them (0)\n"
	    "  -f NAME the domain above them (bench.example)\n"
	    "  -i      each in turn, not at random\n"
	    "  -l N    stop after N domains in turn\n"
	    "  -t MS   think so long between steps, more or less (0)\n"
	    "  -m N    whole messages with N bytes of body, a session each\n"
	    "  -e      print each recipient's microseconds and answer\n"
	    "  -s      never sleep\n"
	    "  -p N    stay on core N\n", stderr);
	exit(64);
}

static void
read_options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "c:d:w:r:n:b:f:il:t:m:esp:")) != -1)
		switch (o) {
		case 'c':
			opt.conns = (int)bench_number(optarg, 1, MAX_CONNS);
			break;
		case 'd':
			opt.seconds = (int)bench_number(optarg, 1, 3600);
			break;
		case 'w':
			opt.warm_up = (int)bench_number(optarg, 0, 600);
			break;
		case 'r':
			opt.rcpts = (int)bench_number(optarg, 1, 100000);
			break;
		case 'n':
			opt.domains =
			    (unsigned)bench_number(optarg, 1, 100000000);
			break;
		case 'b':
			opt.first =
			    (unsigned)bench_number(optarg, 0, 1000000000);
			break;
		case 'f':
			opt.parent = optarg;
			break;
		case 'i':
			opt.in_turn = true;
			break;
		case 'l':
			opt.in_turn = true;
			opt.limit =
			    (unsigned)bench_number(optarg, 1, 100000000);
			break;
		case 't':
			opt.think_ms = (unsigned)bench_number(optarg, 0, 60000);
			break;
		case 'm':
			opt.body = (int)bench_number(optarg, 0, MAX_BODY);
			break;
		case 'e':
			opt.each = true;
			break;
		case 's':
			opt.awake = true;
			break;
		case 'p':
			opt.cpu = (int)bench_number(optarg, 0, 1023);
			break;
		default:
			usage();
		}
	if (optind != argc - 1)
		usage();
	opt.where = argv[optind];
}

int
main(int argc, char **argv)
{
	read_options(argc, argv);
	bench_pin(opt.cpu);
	all.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc((size_t)opt.conns, sizeof(*conns));
	if (all.epoll_fd < 0 || conns == NULL)
		err(1, "cannot begin");
	for (int i = 0; i < opt.conns; i++) {
		begin(&conns[i]);
		flush(&conns[i]);
	}
	run_load();
	report();
	return 0;
}
