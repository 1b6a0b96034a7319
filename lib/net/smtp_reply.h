/* SPDX-License-Identifier: ISC */
/*
 * smtp_reply.h - reads one SMTP reply as it comes in (RFC 5321 4.2). Pure; any
 * thread.
 */
#ifndef SG_SMTP_REPLY_H
#define SG_SMTP_REPLY_H
#include <stdbool.h>
#include <stddef.h>

/* RFC 5321 4.5.3.1.5 says 512 octets a line and nothing of lines: lenient, but
   bounded (M-04, CVE-2020-8794). Line ends count. */
#define SG_SMTP_LINE_MAX 2048
#define SG_SMTP_LINES_MAX 128
#define SG_SMTP_REPLY_MAX 32768
#define SG_SMTP_TEXT_SIZE 64

enum sg_smtp_status {
	SG_SMTP_MORE, /* not all there */
	SG_SMTP_DONE,
	SG_SMTP_BAD   /* not SMTP, or beyond the bounds: fault says why */
};

enum { /* keywords of an EHLO reply that matter here */
	SG_SMTP_STARTTLS = 1 << 0,
	SG_SMTP_REQUIRETLS = 1 << 1
};

struct sg_smtp_reply {
	unsigned code;     /* 200 to 599; 0 before the first line */
	unsigned keywords; /* if this answers EHLO; never of the first line,
			      which names the server (M-08) */
	unsigned lines;
	const char *fault; /* static; BAD only */
	char text[SG_SMTP_TEXT_SIZE]; /* of the first line, cut, as it came:
					 escape it */
	size_t text_len;

	enum sg_smtp_status status;
	size_t bytes, len;
	bool cr;
	char line[SG_SMTP_LINE_MAX];
};

void sg_smtp_reply_init(struct sg_smtp_reply *r);

/* Takes the next len octets. Stops at the end of the reply: *used_r octets
   were read, and what is behind them is no part of it. Once DONE or BAD it
   takes nothing more. Lines end in CRLF or LF; a CR elsewhere, or a NUL, makes
   it BAD (M-05), as do a code beyond 200 to 599 and lines that differ in their
   codes (M-02, M-03). */
enum sg_smtp_status sg_smtp_reply_feed(struct sg_smtp_reply *r,
    const void *data, size_t len, size_t *used_r);
#endif
