/* SPDX-License-Identifier: ISC */
/*
 * One SMTP reply, octet by octet.
 *
 * The reader stops at the reply's last octet and says where that was: who
 * calls must know whether anything came behind it, for behind the 220 to
 * STARTTLS nothing may (M-15). Bounds are checked before an octet is kept.
 */
#include <string.h>
#include <strings.h>
#include "net/smtp_reply.h"

#define CODE_LEN 3

static const struct {
	const char *word;
	unsigned bit;
} keywords[] = {
	{ "STARTTLS", SG_SMTP_STARTTLS },
	{ "REQUIRETLS", SG_SMTP_REQUIRETLS },
};

void
sg_smtp_reply_init(struct sg_smtp_reply *r)
{
	memset(r, 0, offsetof(struct sg_smtp_reply, line));
	r->status = SG_SMTP_MORE;
}

static enum sg_smtp_status
bad(struct sg_smtp_reply *r, const char *fault)
{
	r->fault = fault;
	return (SG_SMTP_BAD);
}

/* --- a line ------------------------------------------------------------- */

/* 0: there is none, or its first digit is none that SMTP has. */
static unsigned
read_code(const struct sg_smtp_reply *r)
{
	const char *p = r->line;

	if (r->len < CODE_LEN || p[0] < '2' || p[0] > '5' ||
	    p[1] < '0' || p[1] > '9' || p[2] < '0' || p[2] > '9')
		return (0);
	return ((unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 +
	    (p[2] - '0')));
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

static void
note_keyword(struct sg_smtp_reply *r, const char *p, const char *end)
{
	size_t n = 0;

	while (p < end && is_blank(*p))
		p++;
	while (p + n < end && !is_blank(p[n]))
		n++;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (n == strlen(keywords[i].word) &&
		    strncasecmp(p, keywords[i].word, n) == 0)
			r->keywords |= keywords[i].bit;
	}
}

static void
note_text(struct sg_smtp_reply *r, const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	r->text_len = n < sizeof(r->text) ? n : sizeof(r->text) - 1;
	memcpy(r->text, p, r->text_len);
	r->text[r->text_len] = '\0';
}

static enum sg_smtp_status
end_line(struct sg_smtp_reply *r)
{
	unsigned code = read_code(r);
	bool last = r->len <= CODE_LEN || r->line[CODE_LEN] != '-';
	const char *end = r->line + r->len;
	const char *text = r->len > CODE_LEN ? r->line + CODE_LEN + 1 : end;

	if (code == 0)
		return (bad(r, "no reply code"));
	if (last && r->len > CODE_LEN && r->line[CODE_LEN] != ' ')
		return (bad(r, "no blank behind the reply code"));
	if (r->lines > 0 && code != r->code)
		return (bad(r, "lines differ in their codes"));
	if (r->lines++ == 0)
		note_text(r, text, end);
	else
		note_keyword(r, text, end);
	r->code = code;
	if (last)
		return (SG_SMTP_DONE);
	if (r->lines == SG_SMTP_LINES_MAX)
		return (bad(r, "too many lines"));
	r->len = 0;
	r->cr = false;
	return (SG_SMTP_MORE);
}

/* --- an octet ----------------------------------------------------------- */

static enum sg_smtp_status
take(struct sg_smtp_reply *r, char c)
{
	if (++r->bytes > SG_SMTP_REPLY_MAX)
		return (bad(r, "reply too long"));
	if (c == '\n')
		return (end_line(r));
	if (c == '\0')
		return (bad(r, "NUL"));
	if (r->cr)
		return (bad(r, "bare CR"));
	/* with this octet and the LF to come */
	if (r->len + 2 > SG_SMTP_LINE_MAX)
		return (bad(r, "line too long"));
	if (c == '\r')
		r->cr = true;
	else
		r->line[r->len++] = c;
	return (SG_SMTP_MORE);
}

enum sg_smtp_status
sg_smtp_reply_feed(struct sg_smtp_reply *r, const void *data, size_t len,
    size_t *used_r)
{
	const char *p = data;
	size_t i = 0;

	while (i < len && r->status == SG_SMTP_MORE)
		r->status = take(r, p[i++]);
	*used_r = i;
	return (r->status);
}
