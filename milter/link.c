/* SPDX-License-Identifier: ISC */
/* link.c - see link.h. */
#include "link.h"

#include <sys/socket.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct wire {
	unsigned char type, slot;
};

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

static void
attach_fd(struct msghdr *msg, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->buf;
	msg->msg_controllen = sizeof(control->buf);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

enum sg_rc
sg_link_send(int link, const struct sg_link_message *m)
{
	struct wire wire = { (unsigned char)m->type, (unsigned char)m->slot };
	struct iovec iov = { &wire, sizeof(wire) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	ssize_t n;

	if (m->fd >= 0)
		attach_fd(&msg, &control, m->fd);
	do
		n = sendmsg(link, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(wire) ? SG_OK : SG_RETRY;
}

static int
take_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd;

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

enum sg_rc
sg_link_receive(int link, struct sg_link_message *out)
{
	struct wire wire;
	struct iovec iov = { &wire, sizeof(wire) };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	ssize_t n;

	do
		n = recvmsg(link, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return SG_NONE;
	out->fd = take_fd(&msg);
	out->type = wire.type;
	out->slot = wire.slot;
	if (n == (ssize_t)sizeof(wire))
		return SG_OK;
	if (out->fd >= 0)
		close(out->fd);
	out->fd = -1;
	return SG_BAD;
}
