/* SPDX-License-Identifier: ISC */
/*
 * The sockets of the scripted DNS server: one thread, poll(2), a list of
 * answers that are due later. What the answers say is dns_message.c's.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "base/clock.h"
#include "support/dns_message.h"

#define UDP_MAX 1232
#define ASKED_MAX 1024
#define HELD ((int64_t)1 << 62) /* due: when the hold ends */

struct asked {
	char name[256];
	int type;
	size_t n;
};

struct later {
	struct later *next;
	int64_t due_ms;
	struct sockaddr_in to;
	size_t len;
	unsigned char data[UDP_MAX];
};

struct dns_server {
	int udp, tcp, wake[2];
	uint16_t port;
	bool runs;
	pthread_t thread;
	pthread_mutex_t lock; /* all below */
	struct dns_script script;
	size_t n_asked, hold;
	struct asked asked[ASKED_MAX];
	struct later *later;
};

/* --- the protocol of questions ------------------------------------------ */

static void
note(struct dns_server *s, const struct dns_question *q)
{
	struct asked *a;

	for (size_t i = 0; i < s->n_asked; i++) {
		a = &s->asked[i];
		if (a->type == q->type && strcmp(a->name, q->name) == 0) {
			a->n++;
			return;
		}
	}
	if (s->n_asked == ASKED_MAX)
		return;
	a = &s->asked[s->n_asked++];
	snprintf(a->name, sizeof(a->name), "%.255s", q->name);
	a->type = q->type;
	a->n = 1;
}

size_t
dns_server_count(struct dns_server *server, const char *name, int type)
{
	size_t n = 0;

	pthread_mutex_lock(&server->lock);
	for (size_t i = 0; i < server->n_asked; i++) {
		const struct asked *a = &server->asked[i];

		if ((name == NULL || strcasecmp(name, a->name) == 0) &&
		    (type == 0 || type == a->type))
			n += a->n;
	}
	pthread_mutex_unlock(&server->lock);
	return (n);
}

/* --- UDP ---------------------------------------------------------------- */

static void
keep(struct dns_server *s, int64_t due_ms, const struct sockaddr_in *to,
    const unsigned char *data, size_t len)
{
	struct later *l = calloc(1, sizeof(*l));

	if (l == NULL || len > sizeof(l->data)) {
		free(l);
		return;
	}
	l->due_ms = due_ms;
	l->to = *to;
	l->len = len;
	memcpy(l->data, data, len);
	l->next = s->later;
	s->later = l;
}

static void
send_due(struct dns_server *s, int64_t now)
{
	struct later **at = &s->later;

	while (*at != NULL) {
		struct later *l = *at;

		if (l->due_ms > now && !(l->due_ms == HELD && s->hold == 0)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		(void)sendto(s->udp, l->data, l->len, 0,
		    (struct sockaddr *)&l->to, sizeof(l->to));
		free(l);
	}
}

static void
serve_udp(struct dns_server *s)
{
	static const size_t max = UDP_MAX;
	unsigned char in[UDP_MAX], *out = malloc(DNS_MESSAGE_MAX);
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(s->udp, in, sizeof(in), 0,
	    (struct sockaddr *)&from, &from_len);
	struct dns_question q;
	const struct dns_row *row;
	size_t len;

	if (n > 0 && out != NULL && dns_question_read(in, (size_t)n, &q)) {
		note(s, &q);
		len = dns_message_answer(&s->script, in, &q, max, out);
		row = dns_script_find(&s->script, q.name, q.type);
		if (s->hold > 0 && s->n_asked >= s->hold)
			s->hold = 0;
		if (len > 0)
			keep(s, s->hold > 0 ? HELD : sg_mono_now().ms +
			    (row != NULL ? row->delay_ms : 0), &from, out,
			    len);
	}
	free(out);
}

/* --- TCP ---------------------------------------------------------------- */

static bool
read_all(int fd, unsigned char *to, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, to + got, len - got);

		if (n <= 0)
			return (false);
		got += (size_t)n;
	}
	return (true);
}

static void
talk(struct dns_server *s, int fd)
{
	unsigned char head[2], in[UDP_MAX], *out = malloc(DNS_MESSAGE_MAX + 2);
	struct dns_question q;
	const struct dns_row *row;
	size_t len;

	if (out == NULL)
		return;
	while (read_all(fd, head, 2) &&
	    (len = (size_t)head[0] << 8 | head[1]) <= sizeof(in) &&
	    read_all(fd, in, len) && dns_question_read(in, len, &q)) {
		note(s, &q);
		row = dns_script_find(&s->script, q.name, q.type);
		if (row != NULL && row->kind == DNS_TRUNCATE_ALL)
			break;
		len = dns_message_answer(&s->script, in, &q, DNS_MESSAGE_MAX,
		    out + 2);
		out[0] = (unsigned char)(len >> 8);
		out[1] = (unsigned char)len;
		if (len == 0 || write(fd, out, len + 2) != (ssize_t)len + 2)
			break;
		break; /* one question a connection */
	}
	free(out);
}

static void
serve_tcp(struct dns_server *s)
{
	struct timeval second = { 1, 0 };
	int fd = accept(s->tcp, NULL, NULL);

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	talk(s, fd);
	close(fd);
}

/* --- life --------------------------------------------------------------- */

static void *
run(void *arg)
{
	struct dns_server *s = arg;
	struct pollfd fds[3] = { { s->udp, POLLIN, 0 }, { s->tcp, POLLIN, 0 },
		{ s->wake[0], POLLIN, 0 } };

	for (;;) {
		if (poll(fds, 3, 10) < 0)
			continue;
		if (fds[2].revents != 0)
			return (NULL);
		pthread_mutex_lock(&s->lock);
		if (fds[0].revents & POLLIN)
			serve_udp(s);
		if (fds[1].revents & POLLIN)
			serve_tcp(s);
		send_due(s, sg_mono_now().ms);
		pthread_mutex_unlock(&s->lock);
	}
}

/* Both protocols on one port: TCP takes one, UDP tries the same. */
static bool
open_sockets(struct dns_server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->tcp < 0 || s->udp < 0 ||
	    bind(s->tcp, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(s->tcp, 64) != 0 ||
	    getsockname(s->tcp, (struct sockaddr *)&a, &len) != 0 ||
	    bind(s->udp, (struct sockaddr *)&a, sizeof(a)) != 0)
		return (false);
	s->port = ntohs(a.sin_port);
	return (true);
}

static void
close_sockets(struct dns_server *s)
{
	if (s->tcp >= 0)
		close(s->tcp);
	if (s->udp >= 0)
		close(s->udp);
	s->tcp = s->udp = -1;
}

struct dns_server *
dns_server_open(void)
{
	struct dns_server *s = calloc(1, sizeof(*s));
	int tries = 0;

	if (s == NULL)
		return (NULL);
	pthread_mutex_init(&s->lock, NULL);
	while (!open_sockets(s)) {
		close_sockets(s);
		if (++tries == 20) {
			free(s);
			return (NULL);
		}
	}
	if (pipe2(s->wake, O_CLOEXEC) != 0) {
		close_sockets(s);
		free(s);
		return (NULL);
	}
	return (s);
}

int
dns_server_run(struct dns_server *server)
{
	server->runs = pthread_create(&server->thread, NULL, run, server) == 0;
	return (server->runs ? 0 : -1);
}

struct dns_server *
dns_server_start(void)
{
	struct dns_server *s = dns_server_open();

	if (s != NULL && dns_server_run(s) != 0)
		dns_server_stop(&s);
	return (s);
}

void
dns_server_stop(struct dns_server **server)
{
	struct dns_server *s = *server;

	if (s == NULL)
		return;
	close(s->wake[1]);
	if (s->runs)
		pthread_join(s->thread, NULL);
	close(s->wake[0]);
	close_sockets(s);
	while (s->later != NULL) {
		struct later *l = s->later;

		s->later = l->next;
		free(l);
	}
	dns_signer_free(&s->script.signer);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*server = NULL;
}

uint16_t
dns_server_port(const struct dns_server *server)
{
	return (server->port);
}

void
dns_server_load(struct dns_server *server, const struct dns_row *rows,
    size_t n)
{
	pthread_mutex_lock(&server->lock);
	server->script.rows = rows;
	server->script.n = n;
	pthread_mutex_unlock(&server->lock);
}

void
dns_server_hold(struct dns_server *server, size_t n)
{
	pthread_mutex_lock(&server->lock);
	server->hold = n;
	pthread_mutex_unlock(&server->lock);
}

int
dns_server_sign(struct dns_server *server, const char *unsigned_child,
    char anchor[DNS_ANCHOR_SIZE])
{
	static const unsigned char zone[] = "\004test"; /* with its NUL */
	unsigned char text[128];
	const unsigned char *key;

	pthread_mutex_lock(&server->lock);
	dns_signer_free(&server->script.signer);
	server->script.signer = dns_signer_new(zone, sizeof(zone));
	server->script.unsigned_child = unsigned_child;
	if (server->script.signer != NULL) {
		key = dns_signer_key(server->script.signer);
		EVP_EncodeBlock(text, key + 4, DNS_KEY_RDATA_LEN - 4);
		snprintf(anchor, DNS_ANCHOR_SIZE,
		    "test. 300 IN DNSKEY 257 3 13 %s\n", (char *)text);
	}
	pthread_mutex_unlock(&server->lock);
	return (server->script.signer != NULL ? 0 : -1);
}
