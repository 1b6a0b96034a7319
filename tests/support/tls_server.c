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
#include "support/tls_server.h"

struct tls_server {
	int fd, stop[2]; /* stop: a pipe whose write end is closed to stop */
	uint16_t port;
	pthread_t thread;
	const struct test_leaf *leaf;

	/* guards all below */
	pthread_mutex_t mutex;
	pthread_cond_t idle;
	size_t n_threads;
	const struct tls_script *rows;
	size_t n_rows;
	size_t *served; /* per row, for cut */
	size_t connections, requests;
	struct tls_request last;
};

struct connection {
	struct tls_server *server;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	bool clear; /* no TLS */
	char sni[256];
	const struct tls_script *row;
	size_t turn; /* how many had this row before */
};

/* --- waiting ------------------------------------------------------------ */

/* False: the server stops. */
static bool
pause_for(const struct connection *c, int ms)
{
	struct pollfd p = { .fd = c->server->stop[0], .events = POLLIN };

	return (poll(&p, 1, ms) == 0);
}

/* Until fd is ready, the peer is gone or the server stops. */
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

	if (c->clear)
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

/* --- the request -------------------------------------------------------- */

static void
note_request(struct connection *c, const char *text)
{
	struct tls_server *s = c->server;
	const unsigned char *alpn;
	unsigned len;

	SSL_get0_alpn_selected(c->ssl, &alpn, &len);

	pthread_mutex_lock(&s->mutex);
	s->requests++;
	snprintf(s->last.sni, sizeof(s->last.sni), "%s", c->sni);
	snprintf(s->last.text, sizeof(s->last.text), "%s", text);
	snprintf(s->last.alpn, sizeof(s->last.alpn), "%.*s", (int)len,
	    len > 0 ? (const char *)alpn : "");
	s->last.resumed = SSL_session_reused(c->ssl);
	pthread_mutex_unlock(&s->mutex);
}

static bool
read_request(struct connection *c)
{
	char text[2048] = "";
	size_t len = 0, n;
	int rc;

	while (strstr(text, "\r\n\r\n") == NULL) {
		if (len == sizeof(text) - 1)
			return (false);
		ERR_clear_error();
		rc = SSL_read_ex(c->ssl, text + len, sizeof(text) - 1 - len,
		    &n);
		if (rc == 1)
			len += n;
		else if (!wait_ssl(c, rc))
			return (false);
		text[len] = '\0';
	}
	note_request(c, text);
	return (true);
}

/* --- TLS ---------------------------------------------------------------- */

static void
choose_row(struct connection *c)
{
	struct tls_server *s = c->server;

	pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->n_rows && c->row == NULL; i++) {
		if (s->rows[i].host != NULL &&
		    strcasecmp(s->rows[i].host, c->sni) != 0)
			continue;
		c->row = &s->rows[i];
		c->turn = s->served[i]++;
	}
	pthread_mutex_unlock(&s->mutex);
}

/* The row is known once the ClientHello is read. */
static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct connection *c = arg;
	const unsigned char *ext;
	size_t len;
	const struct test_leaf *leaf;

	(void)alert;
	/* list length 2, type 1, name length 2, name */
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext,
	    &len) && len > 5 && len - 5 < sizeof(c->sni)) {
		memcpy(c->sni, ext + 5, len - 5);
		c->sni[len - 5] = '\0';
	}
	choose_row(c);
	if (c->row == NULL)
		return (SSL_CLIENT_HELLO_ERROR);
	leaf = c->row->leaf != NULL ? c->row->leaf : c->server->leaf;
	if (leaf == NULL || SSL_use_certificate(ssl, leaf->cert) != 1 ||
	    SSL_use_PrivateKey(ssl, leaf->key) != 1)
		return (SSL_CLIENT_HELLO_ERROR);
	if (c->row->max_version != 0)
		SSL_set_max_proto_version(ssl, c->row->max_version);
	return (SSL_CLIENT_HELLO_SUCCESS);
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in,
	    in_len) != OPENSSL_NPN_NEGOTIATED)
		return (SSL_TLSEXT_ERR_NOACK);
	*out = chosen;
	return (SSL_TLSEXT_ERR_OK);
}

/* Security level 0, so that it can speak what nobody should. */
static bool
open_ssl(struct connection *c)
{
	c->ctx = SSL_CTX_new(TLS_server_method());
	if (c->ctx == NULL)
		return (false);
	SSL_CTX_set_security_level(c->ctx, 0);
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_VERSION);
	SSL_CTX_set_client_hello_cb(c->ctx, on_hello, c);
	SSL_CTX_set_alpn_select_cb(c->ctx, on_alpn, NULL);
	c->ssl = SSL_new(c->ctx);
	return (c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1);
}

static bool
handshake(struct connection *c)
{
	int rc;

	for (;;) {
		ERR_clear_error();
		rc = SSL_accept(c->ssl);
		if (rc == 1)
			return (true);
		if (!wait_ssl(c, rc))
			return (false);
	}
}

/* --- a connection's life ------------------------------------------------ */

static void
reset(const struct connection *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
finish(struct connection *c)
{
	switch (c->row->end) {
	case TLS_END_NOTIFY:
		if (c->ssl != NULL && !c->clear)
			SSL_shutdown(c->ssl);
		/* FALLTHROUGH */
	case TLS_END_FIN:
		shutdown(c->fd, SHUT_WR);
		drain(c); /* so that unread bytes make no reset of it */
		break;
	case TLS_END_RESET:
		reset(c);
		break;
	case TLS_END_WAIT:
		drain(c);
		break;
	}
}

static bool
send_again(const struct connection *c)
{
	const struct tls_script *row = c->row;
	size_t len = strlen(row->again);

	for (size_t i = 0; row->again_max == 0 || i < row->again_max; i++) {
		if (!pause_for(c, row->again_ms) ||
		    !send_all(c, row->again, len))
			return (false);
	}
	return (true);
}

static void
answer(struct connection *c)
{
	const struct tls_script *row = c->row;
	size_t len = row->body_len;

	if (len == 0 && row->body != NULL)
		len = strlen(row->body);
	if (row->cut && c->turn < len)
		len = c->turn;
	if (row->head != NULL && !send_all(c, row->head, strlen(row->head)))
		return;
	if (row->body != NULL && !send_all(c, row->body, len))
		return;
	if (row->again != NULL && !send_again(c))
		return;
	finish(c);
}

/* A part that is not TLS cannot go by SNI: rows without a host only. */
static bool
play_clear(struct connection *c)
{
	struct tls_server *s = c->server;

	pthread_mutex_lock(&s->mutex);
	if (s->n_rows > 0 && s->rows[0].host == NULL)
		c->row = &s->rows[0];
	pthread_mutex_unlock(&s->mutex);
	if (c->row == NULL)
		return (false);
	switch (c->row->start) {
	case TLS_START_CLOSE:
		return (true);
	case TLS_START_RESET:
		wait_fd(c, POLLIN);
		reset(c);
		return (true);
	case TLS_START_PLAIN:
		c->clear = true;
		answer(c);
		return (true);
	case TLS_START_SILENT:
		drain(c);
		return (true);
	default:
		c->row = NULL;
		return (false);
	}
}

static void
play(struct connection *c)
{
	if (play_clear(c) || !open_ssl(c))
		return;
	if (!handshake(c) || !read_request(c))
		return;
	if (c->row->start == TLS_START_MUTE)
		drain(c);
	else
		answer(c);
}

static void *
connection_main(void *arg)
{
	struct connection *c = arg;
	struct tls_server *s = c->server;

	play(c);
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
start_connection(struct tls_server *s, int fd)
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
	s->connections++;
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
	struct tls_server *s = arg;
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
open_listener(struct tls_server *s, const char *text, uint16_t port)
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
	    listen(s->fd, 512) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&ss, &len) != 0)
		return (false);
	/* at the same place in sockaddr_in and sockaddr_in6 */
	s->port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return (true);
}

struct tls_server *
tls_server_start(const struct test_leaf *leaf)
{
	return (tls_server_start_on(leaf, "127.0.0.1", 0));
}

struct tls_server *
tls_server_start_on(const struct test_leaf *leaf, const char *addr,
    uint16_t port)
{
	struct tls_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	signal(SIGPIPE, SIG_IGN);
	s->leaf = leaf;
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
tls_server_stop(struct tls_server **server)
{
	struct tls_server *s = *server;

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
	free(s->served);
	free(s);
	*server = NULL;
}

uint16_t
tls_server_port(const struct tls_server *server)
{
	return (server->port);
}

void
tls_server_load(struct tls_server *s, const struct tls_script *rows, size_t n)
{
	pthread_mutex_lock(&s->mutex);
	free(s->served);
	s->served = calloc(n + 1, sizeof(*s->served));
	s->rows = rows;
	s->n_rows = s->served != NULL ? n : 0;
	s->connections = s->requests = 0;
	memset(&s->last, 0, sizeof(s->last));
	pthread_mutex_unlock(&s->mutex);
}

size_t
tls_server_connections(struct tls_server *s)
{
	size_t n;

	pthread_mutex_lock(&s->mutex);
	n = s->connections;
	pthread_mutex_unlock(&s->mutex);
	return (n);
}

size_t
tls_server_requests(struct tls_server *s)
{
	size_t n;

	pthread_mutex_lock(&s->mutex);
	n = s->requests;
	pthread_mutex_unlock(&s->mutex);
	return (n);
}

void
tls_server_last(struct tls_server *s, struct tls_request *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->last;
	pthread_mutex_unlock(&s->mutex);
}

char *
tls_answer(const char *body, size_t len)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n";
	char *out;
	int n;

	if (len == 0)
		len = strlen(body);
	out = malloc(sizeof(head) + 32 + len);
	if (out == NULL)
		return (NULL);
	n = snprintf(out, sizeof(head) + 32, head, len);
	memcpy(out + n, body, len);
	out[(size_t)n + len] = '\0';
	return (out);
}
