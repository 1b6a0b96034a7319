/* SPDX-License-Identifier: ISC */
/* milter_client.c - see milter_client.h. */
#include "support/milter_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <libmilter/mfdef.h>
#include <libmilter/mfapi.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#define FRAME_MAX 65536

int milter_patience_s = 20;

static bool
put(struct milter_client *c, char command, const void *data, size_t len)
{
	unsigned char buf[FRAME_MAX];
	uint32_t n = htonl((uint32_t)(len + 1));

	if (len + 5 > sizeof(buf))
		return false;
	memcpy(buf, &n, 4);
	buf[4] = (unsigned char)command;
	if (len > 0)
		memcpy(buf + 5, data, len);
	return send(c->fd, buf, len + 5, MSG_NOSIGNAL) == (ssize_t)(len + 5);
}

static bool
get(struct milter_client *c, unsigned char *buf, size_t *len)
{
	uint32_t n;

	if (recv(c->fd, &n, 4, MSG_WAITALL) != 4)
		return false;
	n = ntohl(n);
	if (n == 0 || n >= FRAME_MAX)
		return false;
	*len = n;
	buf[n] = '\0';
	return recv(c->fd, buf, n, MSG_WAITALL) == (ssize_t)n;
}

static void
note_change(struct milter_reply *r, const unsigned char *buf, size_t len)
{
	const char *name = (const char *)buf + 5;
	const char *value = name + strlen(name) + 1;
	uint32_t index;

	if (buf[0] == SMFIR_QUARANTINE) {
		(void)strlcpy(r->quarantine, (const char *)buf + 1,
		    sizeof(r->quarantine));
		return;
	}
	if (len < 7)
		return;
	memcpy(&index, buf + 1, 4);
	if (buf[0] == SMFIR_CHGHEADER && value[0] == '\0') {
		if (r->deleted++ == 0)
			r->first_deleted = ntohl(index);
	} else {
		(void)strlcpy(r->added, name, sizeof(r->added));
		(void)strlcat(r->added, ": ", sizeof(r->added));
		(void)strlcat(r->added, value, sizeof(r->added));
	}
}

struct milter_reply
milter_await(struct milter_client *c)
{
	static _Thread_local unsigned char buf[FRAME_MAX + 1];
	struct milter_reply r = { 0 };
	size_t len;

	while (get(c, buf, &len)) {
		if (strchr("qhim", buf[0]) != NULL) {
			note_change(&r, buf, len);
			continue;
		}
		if (buf[0] == SMFIR_PROGRESS)
			continue;
		r.code = (char)buf[0];
		if (r.code == SMFIR_REPLYCODE)
			(void)strlcpy(r.text, (const char *)buf + 1,
			    sizeof(r.text));
		return r;
	}
	return r;
}

/* A step that was negotiated to have no reply, or not to be sent. */
static struct milter_reply
silence(void)
{
	struct milter_reply r = { .code = SMFIR_CONTINUE };

	return r;
}

bool
milter_connect(struct milter_client *c, const char *path, uint32_t offer)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval patience = { milter_patience_s, 0 };
	uint32_t want[3] = { htonl(6), htonl(offer != 0 ? offer : 0x1ff),
		htonl(0x1fffff) };
	unsigned char buf[FRAME_MAX + 1];
	size_t len;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	c->client[0] = '\0';
	c->told = false;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	if (connect(c->fd, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    !put(c, SMFIC_OPTNEG, want, sizeof(want)) || !get(c, buf, &len) ||
	    buf[0] != SMFIC_OPTNEG || len < 13) {
		milter_close(c);
		return false;
	}
	memcpy(want, buf + 1, sizeof(want));
	c->actions = ntohl(want[1]);
	c->steps = ntohl(want[2]);
	return true;
}

void
milter_close(struct milter_client *c)
{
	if (c->fd < 0)
		return;
	(void)put(c, SMFIC_QUIT, NULL, 0);
	close(c->fd);
	c->fd = -1;
}

static size_t
append(char *buf, size_t n, const char *s)
{
	size_t len = strlen(s) + 1;

	memcpy(buf + n, s, len);
	return n + len;
}

void
milter_macros(struct milter_client *c, char command, ...)
{
	char buf[4096] = { command };
	const char *s;
	size_t n = 1;
	va_list ap;

	va_start(ap, command);
	while ((s = va_arg(ap, const char *)) != NULL)
		n = append(buf, n, s);
	va_end(ap);
	if (command == SMFIC_MAIL && c->client[0] != '\0') {
		n = append(buf, append(buf, n, "{client_addr}"), c->client);
		c->told = true;
	}
	(void)put(c, SMFIC_MACRO, buf, n);
}

struct milter_reply
milter_hello(struct milter_client *c, const char *ip)
{
	char buf[256];
	size_t n = append(buf, 0, "client.test");

	if (c->steps & SMFIP_NOCONNECT) {
		snprintf(c->client, sizeof(c->client), "%s", ip);
		return silence();
	}
	buf[n++] = SMFIA_INET;
	buf[n++] = 0x30;
	buf[n++] = 0x39;
	n = append(buf, n, ip);
	(void)put(c, SMFIC_CONNECT, buf, n);
	return c->steps & SMFIP_NR_CONN ? silence() : milter_await(c);
}

struct milter_reply
milter_mail(struct milter_client *c, const char *from, const char *parameter)
{
	char buf[2048];
	size_t n = append(buf, 0, from);

	if (!c->told && c->client[0] != '\0')
		milter_macros(c, SMFIC_MAIL, NULL);
	c->told = false;
	if (parameter != NULL)
		n = append(buf, n, parameter);
	(void)put(c, SMFIC_MAIL, buf, n);
	return c->steps & SMFIP_NR_MAIL ? silence() : milter_await(c);
}

bool
milter_rcpt_send(struct milter_client *c, const char *to)
{
	return put(c, SMFIC_RCPT, to, strlen(to) + 1);
}

struct milter_reply
milter_rcpt(struct milter_client *c, const char *to)
{
	(void)milter_rcpt_send(c, to);
	return milter_await(c);
}

struct milter_reply
milter_header(struct milter_client *c, const char *name, const char *value)
{
	char buf[4096];
	size_t n = append(buf, 0, name);

	n = append(buf, n, value);
	(void)put(c, SMFIC_HEADER, buf, n);
	return c->steps & SMFIP_NR_HDR ? silence() : milter_await(c);
}

struct milter_reply
milter_end(struct milter_client *c)
{
	(void)put(c, SMFIC_BODYEOB, NULL, 0);
	return milter_await(c);
}

void
milter_abort(struct milter_client *c)
{
	(void)put(c, SMFIC_ABORT, NULL, 0);
}
