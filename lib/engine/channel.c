/* SPDX-License-Identifier: ISC */
/*
 * channel.c - see channel.h.
 *
 * SOCK_SEQPACKET keeps frames whole, so that a hostile or broken worker can
 * not shift the boundary between two of them. A send never blocks: the engine's
 * thread serves all workers.
 */
#include "engine/channel.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A job frame is below 1 KiB: it is copied when it must wait. */
struct sg_channel_frame {
	struct sg_channel_frame *next;
	size_t len;
	unsigned char data[];
};

void
sg_channel_init(struct sg_channel *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->tail = &c->head;
}

void
sg_channel_open(struct sg_channel *c, int fd, struct sg_mono now)
{
	int flags = fcntl(fd, F_GETFL);

	sg_channel_close(c);
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	c->fd = fd;
	c->last_ping = now;
	c->unanswered = 0;
}

void
sg_channel_close(struct sg_channel *c)
{
	struct sg_channel_frame *f;

	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	while ((f = c->head) != NULL) {
		c->head = f->next;
		free(f);
	}
	c->tail = &c->head;
	c->queued = 0;
}

/* SG_OK gone out, SG_NONE no room now, SG_RETRY the worker is gone. */
static enum sg_rc
send_now(int fd, const unsigned char *data, size_t len)
{
	ssize_t n;

	do
		n = send(fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return SG_OK;
	if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return SG_NONE;
	return SG_RETRY;
}

static enum sg_rc
enqueue(struct sg_channel *c, const unsigned char *data, size_t len)
{
	struct sg_channel_frame *f;

	if (c->queued >= SG_CHANNEL_MAX_QUEUE)
		return SG_RETRY;
	f = malloc(sizeof(*f) + len);
	if (f == NULL)
		return SG_RETRY;
	f->next = NULL;
	f->len = len;
	memcpy(f->data, data, len);
	*c->tail = f;
	c->tail = &f->next;
	c->queued++;
	return SG_OK;
}

enum sg_rc
sg_channel_send(struct sg_channel *c, const struct sg_frame *frame)
{
	unsigned char buf[SG_JOB_FRAME_MAX];
	size_t len;
	enum sg_rc rc;

	if (c->fd < 0)
		return SG_RETRY;
	len = sg_frame_encode(frame, buf, sizeof(buf));
	sg_assert(len > 0);
	if (c->head != NULL)
		return enqueue(c, buf, len);
	rc = send_now(c->fd, buf, len);
	return rc == SG_NONE ? enqueue(c, buf, len) : rc;
}

enum sg_rc
sg_channel_flush(struct sg_channel *c)
{
	struct sg_channel_frame *f;
	enum sg_rc rc;

	while ((f = c->head) != NULL) {
		rc = send_now(c->fd, f->data, f->len);
		if (rc != SG_OK)
			return rc == SG_NONE ? SG_OK : rc;
		c->head = f->next;
		if (c->head == NULL)
			c->tail = &c->head;
		c->queued--;
		free(f);
	}
	return SG_OK;
}

enum sg_rc
sg_channel_receive(struct sg_channel *c, unsigned char *buf,
    struct sg_frame *out, struct sg_err *err)
{
	ssize_t n;

	do
		n = recv(c->fd, buf, SG_FRAME_MAX, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? SG_NONE : SG_RETRY;
	if (n == 0)
		return SG_RETRY;
	if ((size_t)n > SG_FRAME_MAX) {
		sg_err_set(err, SG_REASON_INTERNAL, "frame of %zd bytes", n);
		return SG_BAD;
	}
	return sg_frame_decode(buf, (size_t)n, out, err);
}
