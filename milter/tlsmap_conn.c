/* SPDX-License-Identifier: ISC */
/*
 * tlsmap_conn.c - one connection: questions in, answers out, in order.
 *
 * Questions may come many in one read; their answers are gathered in the
 * loop's buffer and go out in one write. One that has to wait, or an answer
 * that the client does not take, stops the reading: what is behind it stays
 * where it is. A frame that is none ends the connection, as nothing behind it
 * can be read.
 */
#include "tlsmap_private.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM (SG_MAPREPLY_MAX + SG_NETSTRING_HEAD + 1) /* of one answer */

static void process(struct sg_conn *c);

/* Reads on, and first what is there; one that cannot would be deaf. */
static void
go_on(struct sg_conn *c)
{
	if (event_add(&c->readable, NULL) != 0)
		sg_conn_close(c);
	else
		process(c);
}

/* --- writing ------------------------------------------------------------------ */

static ssize_t
send_some(struct sg_conn *c, const char *data, size_t len)
{
	ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

/* Sends len octets, or keeps what the client does not take. False: it is
   gone. */
static bool
send_all(struct sg_conn *c, const char *data, size_t len)
{
	ssize_t n = send_some(c, data, len);

	sg_assert(c->unsent == NULL);
	if (n < 0)
		return false;
	if ((size_t)n == len)
		return true;
	c->unsent_len = len - (size_t)n;
	c->unsent = malloc(c->unsent_len);
	if (c->unsent == NULL)
		return false;
	memcpy(c->unsent, data + n, c->unsent_len);
	c->sent = 0;
	c->began = sg_mono_now();
	(void)event_del(&c->readable);
	return event_add(&c->writable, NULL) == 0;
}

/* Behind what the client has yet to take. */
static bool
queue_behind(struct sg_conn *c, const char *data, size_t len)
{
	char *more = realloc(c->unsent, c->unsent_len + len);

	if (more == NULL)
		return false;
	memcpy(more + c->unsent_len, data, len);
	c->unsent = more;
	c->unsent_len += len;
	return true;
}

/* What was gathered goes out. */
static bool
flush(struct sg_conn *c)
{
	struct sg_tlsmap *m = c->map;
	size_t len = m->out_len;

	m->out_len = 0;
	return len == 0 || send_all(c, m->out, len);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sg_conn *c = arg;
	ssize_t n = send_some(c, c->unsent + c->sent,
	    c->unsent_len - c->sent);

	(void)fd, (void)what;
	if (n < 0) {
		sg_conn_close(c);
		return;
	}
	c->sent += (size_t)n;
	if (c->sent < c->unsent_len)
		return;
	free(c->unsent);
	c->unsent = NULL;
	c->began.ms = 0;
	(void)event_del(&c->writable);
	if (c->job == NULL)
		go_on(c);
}

/* --- a question ------------------------------------------------------------------ */

/* Appends a netstring of the len octets that are at their place. */
static void
append(struct sg_tlsmap *m, char *data, size_t len)
{
	size_t size;
	char *begin = sg_netstring_wrap(data, len, &size);

	memmove(m->out + m->out_len, begin, size);
	m->out_len += size;
}

static void
say_notfound(struct sg_tlsmap *m, enum sg_dialect dialect,
    struct sg_tlsmap_words *w)
{
	atomic_fetch_add_explicit(&m->answers[dialect][SG_MAP_NOTFOUND], 1,
	    memory_order_relaxed);
	w->len = sg_mapreply_notfound(w->data, w->size);
}

/* Its answer is appended, or waits: c->job. */
static void
ask(struct sg_conn *c, const char *data, size_t len)
{
	struct sg_tlsmap *m = c->map;
	struct sg_tlsmap_words w = {
		.data = m->out + m->out_len + SG_NETSTRING_HEAD,
		.size = SG_MAPREPLY_MAX };
	struct sg_map_request q;

	switch (sg_map_request_parse(data, len, &q)) {
	case SG_OK:
		if (sg_tlsmap_answer_warm(m, &q, &w))
			break;
		if (sg_pool_give(m, c, &q))
			return;
		sg_tlsmap_answer_unasked(m, &q, &w);
		break;
	case SG_NONE:
		say_notfound(m, q.dialect, &w);
		break;
	default:
		w.len = sg_mapreply_perm(w.data, w.size);
		break;
	}
	append(m, w.data, w.len);
}

/* The next question, at in[*at]. SG_OK, SG_NONE: not there yet. */
static enum sg_rc
next(struct sg_conn *c, size_t *at)
{
	struct sg_netstring frame;
	enum sg_rc rc;

	rc = sg_netstring_read(c->in + *at, c->in_len - *at,
	    SG_MAPREQUEST_MAX, &frame);
	if (rc != SG_OK)
		return rc;
	ask(c, frame.data, frame.len);
	*at += frame.size;
	return SG_OK;
}

/* Whether more can be answered just now. */
static bool
has_room(const struct sg_conn *c)
{
	return c->job == NULL && c->unsent == NULL;
}

static enum sg_rc
answer_all(struct sg_conn *c, size_t *at)
{
	enum sg_rc rc = SG_NONE;

	while (*at < c->in_len && has_room(c) &&
	    (rc = next(c, at)) == SG_OK)
		if (sizeof(c->map->out) - c->map->out_len < ROOM && !flush(c))
			return SG_RETRY;
	if (rc == SG_BAD)
		atomic_fetch_add_explicit(&c->map->bad_frames, 1,
		    memory_order_relaxed);
	return flush(c) ? rc : SG_RETRY;
}

/* A part of a question that stays must be followed by the rest in time. */
static void
keep_rest(struct sg_conn *c, size_t at)
{
	c->in_len -= at;
	if (at > 0 && c->in_len > 0)
		memmove(c->in, c->in + at, c->in_len);
	if (c->unsent != NULL)
		return;
	if (c->in_len == 0 || c->job != NULL)
		c->began.ms = 0;
	else if (at > 0 || c->began.ms == 0)
		c->began = sg_mono_now();
}

static void
process(struct sg_conn *c)
{
	enum sg_rc rc;
	size_t at = 0;

	rc = answer_all(c, &at);
	if (rc == SG_BAD || rc == SG_RETRY) {
		sg_conn_close(c);
		return;
	}
	keep_rest(c, at);
	if (c->job != NULL)
		(void)event_del(&c->readable);
	else if (atomic_load(&c->map->draining) && sg_conn_is_done(c))
		sg_conn_close(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sg_conn *c = arg;
	ssize_t n = recv(fd, c->in + c->in_len, sizeof(c->in) - c->in_len,
	    MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		sg_conn_close(c);
		return;
	}
	c->in_len += (size_t)n;
	c->spoke = sg_mono_now();
	TAILQ_REMOVE(&c->map->conns, c, link);
	TAILQ_INSERT_TAIL(&c->map->conns, c, link);
	process(c);
}

/* --- the loop's side -------------------------------------------------------------- */

void
sg_conn_open(struct sg_tlsmap *m, int fd)
{
	struct sg_conn *c = malloc(sizeof(*c));

	if (c == NULL) {
		close(fd);
		return;
	}
	memset(c, 0, offsetof(struct sg_conn, in));
	c->map = m;
	c->fd = fd;
	c->spoke = sg_mono_now();
	if (event_assign(&c->readable, m->base, fd, EV_READ | EV_PERSIST,
		on_readable, c) != 0 ||
	    event_assign(&c->writable, m->base, fd, EV_WRITE | EV_PERSIST,
		on_writable, c) != 0 ||
	    event_add(&c->readable, NULL) != 0) {
		close(fd);
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&m->conns, c, link);
	atomic_fetch_add(&m->n_conns, 1);
}

void
sg_conn_close(struct sg_conn *c)
{
	(void)event_del(&c->readable);
	(void)event_del(&c->writable);
	close(c->fd);
	if (c->job != NULL)
		c->job->conn = NULL;
	TAILQ_REMOVE(&c->map->conns, c, link);
	atomic_fetch_sub(&c->map->n_conns, 1);
	free(c->unsent);
	free(c);
}

void
sg_conn_answered(struct sg_conn *c, struct sg_tlsmap_job *job)
{
	sg_assert(c->job == job);
	c->job = NULL;
	c->spoke = sg_mono_now();
	if (job->reply == NULL ||
	    !(c->unsent != NULL ? queue_behind : send_all)(c, job->reply,
		job->reply_len)) {
		sg_conn_close(c);
		return;
	}
	if (c->unsent == NULL)
		go_on(c);
}

bool
sg_conn_is_done(const struct sg_conn *c)
{
	return has_room(c) && c->in_len == 0;
}

bool
sg_conn_is_late(const struct sg_conn *c, struct sg_mono now)
{
	if (c->job != NULL)
		return false;
	if (c->began.ms != 0 && now.ms - c->began.ms > SG_TLSMAP_FRAME_MS)
		return true;
	return now.ms - c->spoke.ms > SG_TLSMAP_IDLE_MS;
}
