/* SPDX-License-Identifier: ISC */
/*
 * One connection of the prober: a socket on the loop, clear text first, TLS
 * after.
 *
 * OpenSSL never sees the socket: what comes in goes through one place, where
 * it is counted and where octets that are no TLS are caught before OpenSSL has
 * them; what goes out raises no SIGPIPE. A timer bounds the whole, not each
 * read, so that a drip gains nothing (THREATS T12).
 *
 * Functions that may free the connection return false if they did.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include "net/loop.h"
#include "net/probe_private.h"

#define CONN_MAGIC 0x70726263
#define BYTES_MAX 262144 /* of one connection; certificates are capped lower */
#define QUIT_MS 3000     /* for the answer to QUIT */
#define READ_SIZE 4096

static bool drive_tls(struct sg_probe_conn *conn);

static struct sg_probe_conn *
conn_of(void *arg)
{
	struct sg_probe_conn *conn = arg;

	sg_assert(conn->magic == CONN_MAGIC);
	return (conn);
}

/* --- out ---------------------------------------------------------------- */

static void
discard(BIO *bio, size_t len)
{
	char buf[512];
	int n;

	while (len > 0) {
		n = BIO_read(bio, buf,
		    (int)(len < sizeof(buf) ? len : sizeof(buf)));
		if (n <= 0)
			return;
		len -= (size_t)n;
	}
}

/* What cannot be sent for good is not told here: the next read tells why. */
static void
flush(struct sg_probe_conn *conn)
{
	char *data;
	long len;
	ssize_t n;

	while ((len = BIO_get_mem_data(conn->out, &data)) > 0) {
		n = send(conn->fd, data, (size_t)len, MSG_NOSIGNAL);
		if (n > 0)
			discard(conn->out, (size_t)n);
		else {
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				event_add(conn->writable, NULL);
			return;
		}
	}
}

void
sg_probe_conn_say(struct sg_probe_conn *conn, const char *line)
{
	int len = (int)strlen(line);

	ERR_clear_error();
	if (conn->ssl != NULL)
		SSL_write(conn->ssl, line, len);
	else
		BIO_write(conn->out, line, len);
	flush(conn);
}

/* --- in ----------------------------------------------------------------- */

/* For sg_probe_tls_is_starved(). */
static void
expect_no_error(void)
{
	ERR_clear_error();
	errno = 0;
}

static bool
on_tls_error(struct sg_probe_conn *conn, int rc)
{
	const char *why;
	enum sg_reason reason;
	bool starved;

	switch (SSL_get_error(conn->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		flush(conn); /* what it answers by itself: key updates */
		return (true);
	case SSL_ERROR_ZERO_RETURN:
		return (sg_probe_on_close(conn, SG_REASON_VALIDATION_FAILURE,
		    "connection closed"));
	default:
		starved = sg_probe_tls_is_starved();
		flush(conn); /* the alert */
		reason = sg_probe_tls_fault(&why);
		if (starved)
			return (sg_probe_on_close(conn, SG_REASON_INTERNAL,
			    "out of memory"));
		return (sg_probe_on_close(conn, reason, why));
	}
}

static bool
read_tls(struct sg_probe_conn *conn)
{
	char buf[READ_SIZE];
	size_t n;
	int rc;

	for (;;) {
		expect_no_error();
		rc = SSL_read_ex(conn->ssl, buf, sizeof(buf), &n);
		if (rc != 1)
			return (on_tls_error(conn, rc));
		if (!sg_probe_on_text(conn, buf, n))
			return (false);
	}
}

static bool
drive_tls(struct sg_probe_conn *conn)
{
	int rc;

	if (conn->step == SG_STEP_HANDSHAKE) {
		expect_no_error();
		rc = SSL_connect(conn->ssl);
		if (rc != 1)
			return (on_tls_error(conn, rc));
		sg_probe_tls_judge(conn, &conn->found);
		if (!sg_probe_on_secure(conn))
			return (false);
	}
	return (read_tls(conn));
}

/* A server's first octet is the type of a TLS record, handshake or alert. */
static bool
is_tls(const struct sg_probe_conn *conn, const char *data)
{
	if (BIO_number_written(conn->in) > 0)
		return (true);
	return (data[0] == 0x16 || data[0] == 0x15);
}

static bool
take(struct sg_probe_conn *conn, const char *data, size_t len)
{
	conn->bytes_in += len;
	if (conn->bytes_in > BYTES_MAX)
		return (sg_probe_on_close(conn, SG_REASON_VALIDATION_FAILURE,
		    "it sends without end"));
	if (conn->ssl == NULL)
		return (sg_probe_on_text(conn, data, len));
	if (!is_tls(conn, data))
		return (sg_probe_on_injection(conn));
	if (BIO_write(conn->in, data, (int)len) != (int)len)
		return (sg_probe_on_close(conn, SG_REASON_INTERNAL,
		    "out of memory"));
	return (drive_tls(conn));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sg_probe_conn *conn = conn_of(arg);
	char buf[READ_SIZE];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	(void)what;
	if (n > 0)
		take(conn, buf, (size_t)n);
	else if (n == 0)
		sg_probe_on_close(conn, SG_REASON_VALIDATION_FAILURE,
		    "connection closed");
	else if (errno != EAGAIN && errno != EINTR)
		sg_probe_on_close(conn, SG_REASON_VALIDATION_FAILURE,
		    "connection reset");
}

bool
sg_probe_conn_secure(struct sg_probe_conn *conn)
{
	struct sg_probe_finding found = { .state = SG_PROBE_UNTESTED };
	char c;

	/* Before we have said hello there is nothing for it to say. */
	if (recv(conn->fd, &c, 1, MSG_PEEK) > 0)
		return (sg_probe_on_injection(conn));
	if (!sg_probe_tls_open(conn, &found))
		return (sg_probe_conn_end(conn, &found, false));
	sg_loop_is_costly(conn->readable);
	return (drive_tls(conn));
}

/* --- connecting --------------------------------------------------------- */

static const char *
connect_fault(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return ("refused");
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return ("no route");
	case ECONNRESET:
		return ("connection reset");
	default:
		return ("failed");
	}
}

/* Not the host's fault, then: it was not tried. */
static bool
is_our_lack(int error)
{
	return (error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM);
}

static void
on_connected(struct sg_probe_conn *conn)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == ETIMEDOUT)
		sg_probe_on_timeout(conn);
	else if (error != 0)
		sg_probe_on_close(conn, SG_REASON_UNREACHABLE,
		    connect_fault(error));
	else if (event_add(conn->readable, NULL) != 0)
		sg_probe_on_close(conn, SG_REASON_INTERNAL, "out of memory");
	else
		sg_probe_on_connect(conn);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sg_probe_conn *conn = conn_of(arg);

	(void)fd;
	(void)what;
	if (conn->step == SG_STEP_CONNECT)
		on_connected(conn);
	else
		flush(conn);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sg_probe_on_timeout(conn_of(arg));
}

static bool
set_timer(struct sg_probe_conn *conn, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	return (event_add(conn->timer, &tv) == 0);
}

/* False: errno is set. */
static bool
connect_to(struct sg_probe_conn *conn, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = sg_addr_to_sockaddr(&conn->addr, port, &ss);
	int on = 1;

	conn->fd = socket(ss.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return (false);
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return (connect(conn->fd, (struct sockaddr *)&ss, len) == 0 ||
	    errno == EINPROGRESS || errno == EINTR);
}

static bool
make_events(struct sg_probe_conn *conn, int ms)
{
	struct event_base *base = conn->prober->base;

	conn->readable = event_new(base, conn->fd, EV_READ | EV_PERSIST,
	    on_readable, conn);
	conn->writable = event_new(base, conn->fd, EV_WRITE, on_writable,
	    conn);
	conn->timer = event_new(base, -1, 0, on_timer, conn);
	return (conn->readable != NULL && conn->writable != NULL &&
	    conn->timer != NULL && event_add(conn->writable, NULL) == 0 &&
	    set_timer(conn, ms));
}

static struct sg_probe_conn *
give_up(struct sg_probe_conn *conn, struct sg_probe_finding *found,
    enum sg_probe_state state, enum sg_reason reason, const char *why)
{
	*found = (struct sg_probe_finding) { .state = state,
		.reason = reason };
	snprintf(found->detail, sizeof(found->detail), "connect: %s", why);
	sg_probe_conn_free(&conn);
	return (NULL);
}

struct sg_probe_conn *
sg_probe_conn_new(struct sg_probe *probe, const struct sg_addr *addr, int ms,
    struct sg_probe_finding *found)
{
	struct sg_probe_conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL) {
		sg_probe_limits_leave(probe->prober->limits, addr);
		return (give_up(NULL, found, SG_PROBE_UNTESTED,
		    SG_REASON_INTERNAL, "out of memory"));
	}
	conn->magic = CONN_MAGIC;
	conn->prober = probe->prober;
	conn->probe = probe;
	conn->addr = *addr;
	LIST_INSERT_HEAD(&probe->prober->conns, conn, link);
	if (!connect_to(conn, probe->port))
		return (is_our_lack(errno) ? give_up(conn, found,
		    SG_PROBE_UNTESTED, SG_REASON_OVERLOAD, "out of sockets")
		    : give_up(conn, found, SG_PROBE_UNREACHABLE,
		    SG_REASON_UNREACHABLE, connect_fault(errno)));
	conn->out = BIO_new(BIO_s_mem());
	if (conn->out == NULL || !make_events(conn, ms))
		return (give_up(conn, found, SG_PROBE_UNTESTED,
		    SG_REASON_INTERNAL, "out of memory"));
	return (conn);
}

void
sg_probe_conn_helo(const struct sg_probe_conn *conn, char *out,
    size_t out_size)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char text[SG_ADDR_TEXT_SIZE];
	struct sg_addr addr;

	if (conn->prober->helo[0] != '\0')
		snprintf(out, out_size, "%s", conn->prober->helo);
	else if (getsockname(conn->fd, (struct sockaddr *)&ss, &len) == 0 &&
	    sg_addr_from_sockaddr((struct sockaddr *)&ss, &addr))
		snprintf(out, out_size, "[%s%s]",
		    addr.family == 6 ? "IPv6:" : "",
		    sg_addr_format(&addr, text));
	else
		snprintf(out, out_size, "localhost");
}

/* --- the end ------------------------------------------------------------ */

static void
free_event(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

/* close_notify: one record, and the socket takes it or not. */
static void
close_tls(struct sg_probe_conn *conn)
{
	ERR_clear_error();
	SSL_shutdown(conn->ssl);
	flush(conn);
}

void
sg_probe_conn_free(struct sg_probe_conn **conn_p)
{
	struct sg_probe_conn *conn = *conn_p;

	*conn_p = NULL;
	if (conn == NULL)
		return;
	if (conn->ssl != NULL && conn->step == SG_STEP_QUIT)
		close_tls(conn);
	free_event(conn->readable);
	free_event(conn->writable);
	free_event(conn->timer);
	SSL_free(conn->ssl);
	BIO_free(conn->in);
	BIO_free(conn->out);
	if (conn->fd >= 0)
		close(conn->fd);
	sg_probe_limits_leave(conn->prober->limits, &conn->addr);
	LIST_REMOVE(conn, link);
	conn->magic = 0;
	free(conn);
}

static bool
start_quit(struct sg_probe_conn *conn)
{
	conn->step = SG_STEP_QUIT;
	sg_smtp_reply_init(&conn->reply);
	sg_probe_conn_say(conn, "QUIT\r\n");
	return (set_timer(conn, QUIT_MS));
}

bool
sg_probe_conn_end(struct sg_probe_conn *conn,
    const struct sg_probe_finding *found, bool polite)
{
	struct sg_probe_finding copy = *found; /* may live in conn */
	struct sg_probe *probe = conn->probe;

	conn->probe = NULL;
	if (!polite || !start_quit(conn))
		sg_probe_conn_free(&conn);
	sg_probe_landed(probe, &copy);
	return (conn != NULL);
}
