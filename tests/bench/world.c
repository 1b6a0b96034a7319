/* SPDX-License-Identifier: ISC */
/*
 * world.c - a hundred thousand domains in one process: DNS, HTTPS and SMTP.
 *
 * usage: world CA-FILE [CORE]
 * Domain dN.example, N below a million, publishes an enforce policy and has an
 * MX host of its own, mx.dN.example; from a million on it publishes nothing;
 * from two million on its MX host is its policy host, whose address is thus
 * known with the MX. All of dN's hosts are at 198.18.(N / 256).(N % 256), so
 * that nobody's politeness towards one address is in the way. Certificates are
 * made when they are first asked for, by a CA whose certificate goes to
 * CA-FILE. DNS is at port 53, HTTPS at 443, SMTP at 25, of every address.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ssl.h>

#include "bench/bench.h"
#include "support/test_ca.h"

#define MILLION 1000000
#define CERTS 65536 /* kept, by a hash of the name */

enum kind { DNS, WEB_PORT, MX_PORT, WEB, MX };

struct conn {
	enum kind kind;
	int fd;
	SSL *ssl;         /* NULL: in clear */
	bool shaken;
	size_t n;
	char in[2048];
};

static struct {
	int epoll_fd;
	struct test_ca *ca;
	SSL_CTX *tls;
	struct { char name[80]; const struct test_leaf *leaf; } *certs;
} all;

/* "mx.d17.example": 17; -1: none of ours. */
static long
number_of(const char *name)
{
	const char *d = strstr(name, "d");
	char *end;
	long n;

	for (; d != NULL; d = strstr(d + 1, "d")) {
		if (d > name && d[-1] != '.')
			continue;
		n = strtol(d + 1, &end, 10);
		if (end > d + 1 && strcmp(end, ".example") == 0)
			return n;
	}
	return -1;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* --- DNS ---------------------------------------------------------------------- */

struct message {
	unsigned char *p;
	size_t n;
};

static void
put(struct message *m, const void *data, size_t n)
{
	memcpy(m->p + m->n, data, n);
	m->n += n;
}

static void
put16(struct message *m, unsigned v)
{
	unsigned char b[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	put(m, b, 2);
}

static void
put_head(struct message *m, unsigned name, unsigned type, unsigned len)
{
	put16(m, 0xc000 | name);
	put16(m, type);
	put16(m, 1);
	put16(m, 0);
	put16(m, 3600);
	put16(m, len);
}

/* Lower case, with dots; where the type stands, or 0. */
static size_t
read_name(const unsigned char *q, size_t n, char out[256])
{
	size_t at = 12, used = 0;

	while (at < n && q[at] != 0) {
		size_t len = q[at++];

		if (len > 63 || at + len + 5 > n || used + len + 2 > 256)
			return 0;
		if (used > 0)
			out[used++] = '.';
		for (size_t i = 0; i < len; i++)
			out[used++] = (char)(q[at + i] | (q[at + i] >= 'A' &&
			    q[at + i] <= 'Z' ? 0x20 : 0));
		at += len;
	}
	out[used] = '\0';
	return at + 5 <= n ? at + 1 : 0;
}

static bool
put_data(struct message *m, unsigned type, const char *name, long n)
{
	unsigned char a[4] = { 198, 18, (unsigned char)(n / 256),
		(unsigned char)n };

	if (type == 16 && begins(name, "_mta-sts.") && n / MILLION != 1) {
		put_head(m, 12, 16, 15);
		put(m, "\016v=STSv1; id=1;", 15);
	} else if (type == 15 && name[0] == 'd') {
		bool shared = n / MILLION == 2;

		put_head(m, 12, 15, shared ? 12 : 7);
		put16(m, 10);
		put(m, shared ? "\007mta-sts" : "\002mx", shared ? 8 : 3);
		put16(m, 0xc000 | 12);
	} else if (type == 1 &&
	    (begins(name, "mta-sts.") || begins(name, "mx."))) {
		put_head(m, 12, 1, 4);
		put(m, a, 4);
	} else {
		return false;
	}
	return true;
}

/* The question with its answer behind it. */
static size_t
answer(unsigned char *q, size_t n)
{
	struct message m = { q, 0 };
	char name[256];
	size_t at;
	unsigned type;
	bool data;

	if (n < 17 || (at = read_name(q, n, name)) == 0)
		return 0;
	type = (unsigned)q[at] << 8 | q[at + 1];
	m.n = at + 4;
	q[2] = 0x84 | (q[2] & 1);
	q[3] = 0x80;
	memset(q + 6, 0, 6);
	data = number_of(name) >= 0 &&
	    put_data(&m, type, name, number_of(name));
	if (data) {
		q[7] = 1;
	} else { /* a SOA of the root, for the negative answer */
		put(&m, "\0\0\006\0\001\0\0\016\020\0\026", 11);
		put(&m, "\0\0\0\0\0\001\0\0\016\020\0\0\016\020\0\0\016\020"
		    "\0\0\016\020", 22);
		q[9] = 1;
	}
	return m.n;
}

/* From the address that was asked. */
static void
serve_dns(int fd)
{
	unsigned char q[1500], control[256];
	struct sockaddr_storage peer;

	for (;;) {
		struct iovec v = { q, 600 };
		struct msghdr h = { .msg_name = &peer,
			.msg_namelen = sizeof(peer), .msg_iov = &v,
			.msg_iovlen = 1, .msg_control = control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &h, 0);

		if (n <= 0)
			return;
		v.iov_len = answer(q, (size_t)n);
		if (v.iov_len > 0)
			(void)sendmsg(fd, &h, 0);
	}
}

/* --- TLS ------------------------------------------------------------------------ */

static int
on_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	size_t hash = 5381;

	(void)alert;
	(void)arg;
	if (name == NULL || strlen(name) >= sizeof(all.certs[0].name))
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	for (const char *c = name; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	hash %= CERTS;
	if (strcmp(all.certs[hash].name, name) != 0) {
		snprintf(all.certs[hash].name, sizeof(all.certs[0].name),
		    "%s", name);
		all.certs[hash].leaf = test_ca_host(all.ca, name);
	}
	if (all.certs[hash].leaf == NULL ||
	    SSL_use_certificate(ssl, all.certs[hash].leaf->cert) != 1 ||
	    SSL_use_PrivateKey(ssl, all.certs[hash].leaf->key) != 1)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static void
set_up_tls(const char *ca_file)
{
	const char *made;

	all.ca = test_ca_new("bench CA");
	all.tls = SSL_CTX_new(TLS_server_method());
	all.certs = calloc(CERTS, sizeof(*all.certs));
	made = all.ca != NULL ? test_ca_file(all.ca) : NULL;
	if (made == NULL || all.tls == NULL || all.certs == NULL ||
	    rename(made, ca_file) != 0)
		err(1, "%s", ca_file);
	SSL_CTX_set_min_proto_version(all.tls, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(all.tls, 0);
	SSL_CTX_set_tlsext_servername_callback(all.tls, on_name);
}

static bool
begin_tls(struct conn *c)
{
	c->ssl = SSL_new(all.tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		return false;
	SSL_set_accept_state(c->ssl);
	return true;
}

/* --- connections ------------------------------------------------------------------ */

static void
watch(struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	if (epoll_ctl(all.epoll_fd, EPOLL_CTL_ADD, c->fd, &e) != 0)
		err(1, "epoll_ctl");
}

static void
finish(struct conn *c)
{
	if (c->ssl != NULL)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

/* Short enough for any socket's buffer. */
static void
say(struct conn *c, const char *text)
{
	size_t n = strlen(text);

	if (c->ssl != NULL)
		(void)SSL_write(c->ssl, text, (int)n);
	else
		(void)!write(c->fd, text, n);
}

/* -1: not now; 0: the end. */
static ssize_t
hear(struct conn *c, char *to, size_t room)
{
	int n;

	if (c->ssl == NULL) {
		ssize_t got = read(c->fd, to, room);

		return got < 0 && errno != EAGAIN ? 0 : got;
	}
	n = SSL_read(c->ssl, to, (int)room);
	if (n > 0)
		return n;
	return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

/* False: it is over. */
static bool
serve_web(struct conn *c)
{
	const char *host;
	char body[300], text[600], name[200];
	long n;

	if (strstr(c->in, "\r\n\r\n") == NULL)
		return true;
	host = strcasestr(c->in, "\r\nhost: ");
	if (host == NULL || sscanf(host + 8, "%199[^\r]", name) != 1)
		return false;
	n = number_of(name);
	snprintf(body, sizeof(body), "version: STSv1\r\nmode: enforce\r\n"
	    "mx: %s.d%ld.example\r\nmax_age: 604800\r\n",
	    n / MILLION == 2 ? "mta-sts" : "mx", n);
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Type: "
	    "text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    strlen(body), body);
	say(c, text);
	return false;
}

static bool
serve_mx(struct conn *c)
{
	if (strchr(c->in, '\n') == NULL)
		return true;
	c->n = 0;
	if (strncasecmp(c->in, "EHLO", 4) == 0) {
		say(c, c->ssl != NULL ? "250 mx\r\n"
				      : "250-mx\r\n250 STARTTLS\r\n");
		return true;
	}
	if (strncasecmp(c->in, "STARTTLS", 8) == 0 && c->ssl == NULL) {
		say(c, "220 go on\r\n");
		return begin_tls(c);
	}
	say(c, "221 bye\r\n");
	return false;
}

static void
serve(struct conn *c)
{
	ssize_t n;

	if (c->ssl != NULL && !c->shaken) {
		int rc = SSL_do_handshake(c->ssl);

		if (rc != 1 && SSL_get_error(c->ssl, rc) ==
			SSL_ERROR_WANT_READ)
			return;
		c->shaken = rc == 1;
		if (!c->shaken) {
			finish(c);
			return;
		}
	}
	while ((n = hear(c, c->in + c->n, sizeof(c->in) - c->n - 1)) > 0) {
		c->n += (size_t)n;
		c->in[c->n] = '\0';
		if (!(c->kind == WEB ? serve_web(c) : serve_mx(c))) {
			finish(c);
			return;
		}
		if (c->ssl != NULL && !c->shaken)
			return;
	}
	if (n == 0)
		finish(c);
}

static void
accept_all(const struct conn *l)
{
	int fd, one = 1;

	while ((fd = accept4(l->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *c = calloc(1, sizeof(*c));

		if (c == NULL)
			err(1, "out of memory");
		c->fd = fd;
		c->kind = l->kind == WEB_PORT ? WEB : MX;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		watch(c);
		if (c->kind == WEB)
			(void)begin_tls(c);
		else
			say(c, "220 mx ESMTP\r\n");
	}
}

static void
listen_at(enum kind kind, int type, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1, size = 4 << 20;

	if (c == NULL)
		err(1, "out of memory");
	c->kind = kind;
	c->fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size));
	(void)setsockopt(c->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	if (bind(c->fd, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    (type == SOCK_STREAM && listen(c->fd, 4096) != 0))
		err(1, "port %u", port);
	watch(c);
}

int
main(int argc, char **argv)
{
	struct epoll_event e[64];

	if (argc < 2)
		errx(64, "usage: world CA-FILE [CORE]");
	if (argc > 2)
		bench_pin((int)bench_number(argv[2], 0, 1023));
	all.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	listen_at(DNS, SOCK_DGRAM, 53);
	listen_at(WEB_PORT, SOCK_STREAM, 443);
	listen_at(MX_PORT, SOCK_STREAM, 25);
	set_up_tls(argv[1]); /* last: the file says that all is there */
	for (;;) {
		int n = epoll_wait(all.epoll_fd, e, 64, -1);

		for (int i = 0; i < n; i++) {
			struct conn *c = e[i].data.ptr;

			if (c->kind == DNS)
				serve_dns(c->fd);
			else if (c->kind == WEB_PORT || c->kind == MX_PORT)
				accept_all(c);
			else
				serve(c);
		}
	}
}
