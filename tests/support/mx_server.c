/* SPDX-License-Identifier: ISC */
/*
 * One listener, a thread a connection. Every wait also watches a pipe that is
 * closed to stop the server.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include "base/addr.h"
#include "support/mx_server.h"

#define DRIP_MS 3
#define EHLO "250-mx.test hello\r\n250-SIZE 1000\r\n250-STARTTLS\r\n" \
	"250 8BITMIME\r\n"
#define EHLO_TLS "250-mx.test hello\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"

static const char *const usual[] = {
	[MX_BANNER] = "220 mx.test ESMTP\r\n",
	[MX_EHLO] = EHLO,
	[MX_STARTTLS] = "220 go ahead\r\n",
	[MX_HANDSHAKE] = "",
	[MX_EHLO_TLS] = EHLO_TLS,
	[MX_QUIT] = "221 bye\r\n",
};

struct mx_server {
	int fd, stop[2];
	uint16_t port;
	pthread_t thread;
	const struct test_leaf *leaf;

	/* guards all below */
	pthread_mutex_t mutex;
	pthread_cond_t idle;
	size_t n_threads;
	struct mx_script script;
	struct mx_seen seen;
};

struct connection {
	struct mx_server *server;
	struct mx_script script; /* a copy: who loaded it may be gone */
	int fd;
	SSL_CTX *ctx;
	SSL *ssl; /* NULL: in clear */
	char in[4096];
	size_t in_len;
};

static const struct mx_script good = { .at = MX_QUIT };

/* --- waiting ------------------------------------------------------------ */

static bool
pause_for(const struct connection *c, int ms)
{
	struct pollfd p = { .fd = c->server->stop[0], .events = POLLIN };

	return (poll(&p, 1, ms) == 0);
}

static bool
wait_fd(const struct connection *c, short what)
{
	struct pollfd p[2] = {
		{ .fd = c->server->stop[0], .events = POLLIN },
		{ .fd = c->fd, .events = what }
	};

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	return (p[0].revents == 0);
}

static bool
wait_ssl(const struct connection *c, int rc)
{
	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return (wait_fd(c, POLLIN));
	case SSL_ERROR_WANT_WRITE:
		return (wait_fd(c, POLLOUT));
	default:
		return (false);
	}
}

/* Reads until the peer closes or the server stops. */
static void
drain(const struct connection *c)
{
	char buf[4096];

	while (wait_fd(c, POLLIN)) {
		if (recv(c->fd, buf, sizeof(buf), 0) <= 0)
			return;
	}
}

/* --- bytes -------------------------------------------------------------- */

static bool
send_clear(const struct connection *c, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			if (!wait_fd(c, POLLOUT))
				return (false);
			continue;
		}
		if (n <= 0)
			return (false);
		data += n;
		len -= (size_t)n;
	}
	return (true);
}

static bool
send_all(const struct connection *c, const char *data, size_t len)
{
	size_t n;
	int rc;

	if (c->ssl == NULL)
		return (send_clear(c, data, len));
	while (len > 0) {
		ERR_clear_error();
		rc = SSL_write_ex(c->ssl, data, len, &n);
		if (rc == 1) {
			data += n;
			len -= n;
		} else if (!wait_ssl(c, rc))
			return (false);
	}
	return (true);
}

/* False: the connection is over. */
static bool
read_more(struct connection *c)
{
	size_t room = sizeof(c->in) - c->in_len, n = 0;
	ssize_t got;
	int rc;

	if (room == 0)
		return (false);
	if (c->ssl == NULL) {
		if (!wait_fd(c, POLLIN))
			return (false);
		got = recv(c->fd, c->in + c->in_len, room, 0);
		if (got < 0 && errno == EAGAIN)
			return (true);
		c->in_len += got > 0 ? (size_t)got : 0;
		return (got > 0);
	}
	ERR_clear_error();
	rc = SSL_read_ex(c->ssl, c->in + c->in_len, room, &n);
	c->in_len += n;
	return (rc == 1 || wait_ssl(c, rc));
}

static bool
read_line(struct connection *c, char *line, size_t size)
{
	char *end;
	size_t len;

	while ((end = memchr(c->in, '\n', c->in_len)) == NULL) {
		if (!read_more(c))
			return (false);
	}
	len = (size_t)(end - c->in) + 1;
	snprintf(line, size, "%.*s", (int)strcspn(c->in, "\r\n"), c->in);
	memmove(c->in, c->in + len, c->in_len - len);
	c->in_len -= len;
	return (true);
}

static void
note(struct connection *c, const char *line)
{
	struct mx_server *s = c->server;
	size_t len;

	pthread_mutex_lock(&s->mutex);
	len = strlen(s->seen.said);
	snprintf(s->seen.said + len, sizeof(s->seen.said) - len, "%s\n", line);
	pthread_mutex_unlock(&s->mutex);
}

/* --- a step ------------------------------------------------------------- */

static bool
say_again(struct connection *c, const char *say, size_t len, bool drip)
{
	for (size_t i = 0;; i = (i + 1) % len) {
		if (drip && (!pause_for(c, DRIP_MS) ||
		    !send_all(c, say + i, 1)))
			return (false);
		if (!drip && !send_all(c, say, len))
			return (false);
	}
}

/* False: the connection is over. */
static bool
act(struct connection *c, enum mx_step step, const char *text)
{
	const struct mx_script *sc = &c->script;
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	const char *say = step == sc->at && sc->say != NULL ? sc->say : text;
	size_t len = step == sc->at && sc->say_len > 0 ? sc->say_len
	    : strlen(say);

	if (step != sc->at)
		return (send_all(c, say, len));
	switch (sc->how) {
	case MX_SAY:
		return (send_all(c, say, len));
	case MX_HANG:
		drain(c);
		return (false);
	case MX_RESET:
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		return (false);
	case MX_SAY_CLOSE:
		send_all(c, say, len);
		/* FALLTHROUGH */
	case MX_CLOSE:
		shutdown(c->fd, SHUT_WR);
		drain(c); /* so that unread octets make no reset of it */
		return (false);
	default:
		return (say_again(c, say, len, sc->how == MX_DRIP));
	}
}

/* --- TLS ---------------------------------------------------------------- */

static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct connection *c = arg;
	struct mx_server *s = c->server;
	const unsigned char *ext;
	size_t len;

	(void)alert;
	/* list length 2, type 1, name length 2, name */
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext,
	    &len) && len > 5 && len - 5 < sizeof(s->seen.sni)) {
		pthread_mutex_lock(&s->mutex);
		memcpy(s->seen.sni, ext + 5, len - 5);
		s->seen.sni[len - 5] = '\0';
		pthread_mutex_unlock(&s->mutex);
	}
	return (SSL_CLIENT_HELLO_SUCCESS);
}

static bool
set_up(struct connection *c, SSL *ssl)
{
	const struct mx_script *sc = &c->script;
	const struct test_leaf *leaf = sc->leaf != NULL ? sc->leaf
	    : c->server->leaf;

	if (sc->max_version != 0)
		SSL_set_max_proto_version(ssl, sc->max_version);
	if (sc->ciphers != NULL && !SSL_set_cipher_list(ssl, sc->ciphers))
		return (false);
	if (sc->sigalgs != NULL && !SSL_set1_sigalgs_list(ssl, sc->sigalgs))
		return (false);
	if (sc->wants_client_cert)
		SSL_set_verify(ssl, SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return (SSL_use_certificate(ssl, leaf->cert) == 1 &&
	    SSL_use_PrivateKey(ssl, leaf->key) == 1 &&
	    (sc->issuer == NULL || SSL_add1_chain_cert(ssl, sc->issuer)) &&
	    SSL_set_fd(ssl, c->fd) == 1);
}

static bool
handshake(struct connection *c)
{
	SSL *ssl;
	int rc;

	c->ctx = SSL_CTX_new(TLS_server_method());
	if (c->ctx == NULL)
		return (false);
	SSL_CTX_set_security_level(c->ctx, 0);
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_VERSION);
	SSL_CTX_set_client_hello_cb(c->ctx, on_hello, c);
	ssl = SSL_new(c->ctx);
	c->ssl = ssl;
	if (ssl == NULL || !set_up(c, ssl))
		return (false);
	do {
		ERR_clear_error();
		rc = SSL_accept(ssl);
	} while (rc != 1 && wait_ssl(c, rc));
	if (rc == 1)
		note(c, "<TLS>");
	return (rc == 1);
}

/* What came with STARTTLS must be the start of TLS, or nothing (M-12). */
static bool
start_tls(struct connection *c)
{
	struct mx_server *s = c->server;
	const struct mx_script *sc = &c->script;

	pthread_mutex_lock(&s->mutex);
	s->seen.behind_starttls += (unsigned)c->in_len;
	pthread_mutex_unlock(&s->mutex);
	if (!act(c, MX_STARTTLS, usual[MX_STARTTLS]))
		return (false);
	if (sc->late != NULL && (!wait_fd(c, POLLIN) ||
	    !send_clear(c, sc->late, strlen(sc->late))))
		return (false);
	/* Not 220: in clear it goes on. */
	if (sc->at == MX_STARTTLS && sc->say != NULL &&
	    strncmp(sc->say, "220", 3) != 0)
		return (true);
	if (sc->at == MX_HANDSHAKE && (!wait_fd(c, POLLIN) ||
	    !act(c, MX_HANDSHAKE, "")))
		return (false);
	return (handshake(c));
}

/* --- a connection's life ------------------------------------------------ */

static bool
answer(struct connection *c, const char *line)
{
	const struct mx_script *sc = &c->script;

	if (strncmp(line, "EHLO ", 5) == 0 && c->ssl == NULL)
		return (act(c, MX_EHLO, sc->ehlo != NULL ? sc->ehlo
			: usual[MX_EHLO]));
	if (strncmp(line, "EHLO ", 5) == 0)
		return (act(c, MX_EHLO_TLS, sc->ehlo_tls != NULL ? sc->ehlo_tls
			: usual[MX_EHLO_TLS]));
	if (strncmp(line, "HELO ", 5) == 0)
		return (send_all(c, "250 mx.test\r\n", 13));
	if (strcmp(line, "STARTTLS") == 0 && c->ssl == NULL)
		return (start_tls(c));
	if (strcmp(line, "QUIT") == 0) {
		act(c, MX_QUIT, usual[MX_QUIT]);
		return (false);
	}
	return (send_all(c, "500 what?\r\n", 11));
}

static void *
connection_main(void *arg)
{
	struct connection *c = arg;
	struct mx_server *s = c->server;
	char line[1024];

	if (act(c, MX_BANNER, usual[MX_BANNER])) {
		while (read_line(c, line, sizeof(line))) {
			note(c, line);
			if (!answer(c, line))
				break;
		}
	}
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
	free(c);
	OPENSSL_thread_stop();
	pthread_mutex_lock(&s->mutex);
	s->n_threads--;
	pthread_cond_signal(&s->idle);
	pthread_mutex_unlock(&s->mutex);
	return (NULL);
}

static void
start_connection(struct mx_server *s, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));
	pthread_t thread;

	if (c == NULL) {
		close(fd);
		return;
	}
	c->server = s;
	c->fd = fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	pthread_mutex_lock(&s->mutex);
	c->script = s->script;
	s->seen.connections++;
	s->n_threads++;
	if (pthread_create(&thread, NULL, connection_main, c) == 0)
		pthread_detach(thread);
	else {
		s->n_threads--;
		close(fd);
		free(c);
	}
	pthread_mutex_unlock(&s->mutex);
}

static void *
listener_main(void *arg)
{
	struct mx_server *s = arg;
	struct pollfd p[2] = {
		{ .fd = s->stop[0], .events = POLLIN },
		{ .fd = s->fd, .events = POLLIN }
	};
	int fd;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents != 0)
			break;
		fd = accept(s->fd, NULL, NULL);
		if (fd >= 0)
			start_connection(s, fd);
	}
	return (NULL);
}

/* --- the server --------------------------------------------------------- */

static bool
open_listener(struct mx_server *s, const char *text, uint16_t port)
{
	struct sockaddr_storage ss;
	struct sg_addr addr;
	socklen_t len;
	int on = 1;

	if (sg_addr_parse(text, &addr) != SG_OK)
		return (false);
	len = sg_addr_to_sockaddr(&addr, port, &ss);
	s->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (s->fd < 0 || setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) != 0 || bind(s->fd, (struct sockaddr *)&ss, len) != 0 ||
	    listen(s->fd, 64) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&ss, &len) != 0)
		return (false);
	/* at the same place in sockaddr_in and sockaddr_in6 */
	s->port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return (true);
}

struct mx_server *
mx_server_start(const char *addr, uint16_t port, const struct test_leaf *leaf)
{
	struct mx_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	signal(SIGPIPE, SIG_IGN); /* SSL_set_fd() writes with write(2) */
	s->leaf = leaf;
	s->script = good;
	s->fd = s->stop[0] = s->stop[1] = -1;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->idle, NULL);
	if (!open_listener(s, addr, port) || pipe(s->stop) != 0 ||
	    pthread_create(&s->thread, NULL, listener_main, s) != 0) {
		close(s->fd);
		close(s->stop[0]);
		close(s->stop[1]);
		free(s);
		return (NULL);
	}
	return (s);
}

void
mx_server_stop(struct mx_server **server)
{
	struct mx_server *s = *server;

	if (s == NULL)
		return;
	close(s->stop[1]);
	pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->mutex);
	while (s->n_threads > 0)
		pthread_cond_wait(&s->idle, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
	close(s->stop[0]);
	close(s->fd);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->mutex);
	free(s);
	*server = NULL;
}

uint16_t
mx_server_port(const struct mx_server *server)
{
	return (server->port);
}

void
mx_server_load(struct mx_server *s, const struct mx_script *script)
{
	pthread_mutex_lock(&s->mutex);
	s->script = script != NULL ? *script : good;
	memset(&s->seen, 0, sizeof(s->seen));
	pthread_mutex_unlock(&s->mutex);
}

void
mx_server_seen(struct mx_server *s, struct mx_seen *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->seen;
	pthread_mutex_unlock(&s->mutex);
}
