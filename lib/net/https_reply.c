/* SPDX-License-Identifier: ISC */
/*
 * What is taken of an HTTP answer: status 200, text/plain, no coding, framed,
 * of at most 64 KB, and whole or not at all.
 *
 * The head is judged when the first octet of the body comes, so that bodies
 * which nobody wants are never read. Sizes are counted here since libcurl's
 * own limits do not limit (THREATS 0.6).
 *
 * 2026-11: a body that ends with the connection may have been cut by who cut
 * the connection; libcurl before 8.14.1 does not tell (THREATS 0.1). Hence
 * Content-Length, compared with what came, or chunked, or nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/https_private.h"
#include "policy/sts_policy.h"

#define HEAD_MAX_BYTES 16384
#define HEAD_MAX_FIELDS 64
#define BODY_FIRST 4096 /* most policies are far below */
#define LENGTH_MAX_DIGITS 9

/* False, for callers to return. */
static bool
refuse(struct sg_https_reply *r, enum sg_rc rc, enum sg_reason reason,
    const char *text)
{
	r->rc = rc;
	sg_err_set(&r->err, reason, "%s", text);
	return (false);
}

static bool
unfit(struct sg_https_reply *r, const char *text)
{
	return (refuse(r, SG_BAD, SG_REASON_STS_POLICY_FETCH_ERROR, text));
}

/* --- header fields ------------------------------------------------------ */

/* The value of the i-th field of that name in the final response, or NULL. */
static const char *
field(const struct sg_https_reply *r, const char *name, size_t i)
{
	struct curl_header *h;

	if (curl_easy_header(r->easy, name, i, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return (NULL);
	return (h->value);
}

/* Is value, up to the first of stop and without blanks around, word? */
static bool
is_word(const char *value, const char *stop, const char *word)
{
	size_t len;

	value += strspn(value, " \t");
	len = strcspn(value, stop);
	while (len > 0 && strchr(" \t", value[len - 1]) != NULL)
		len--;
	return (len == strlen(word) && strncasecmp(value, word, len) == 0);
}

/* --- the head ----------------------------------------------------------- */

/* libcurl takes "HTTP/2 200" for a status line, whoever says it, and 200 for
   what "HTTP/" and anything else says (2026-11). */
static bool
judge_version(struct sg_https_reply *r)
{
	long version = 0, status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (r->status == status && (version == CURL_HTTP_VERSION_1_0 ||
	    version == CURL_HTTP_VERSION_1_1))
		return (true);
	return (unfit(r, "not-http: answer is no HTTP/1.1 response"));
}

static bool
judge_status(struct sg_https_reply *r)
{
	long status = 0;
	bool later;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return (true);
	later = status == 429 || status >= 500;
	r->rc = later ? SG_RETRY : SG_BAD;
	if (status >= 300 && status < 400 && status != 304)
		sg_err_set(&r->err, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "redirect: status %ld is not followed", status);
	else
		sg_err_set(&r->err, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "status %ld", status);
	return (false);
}

static bool
judge_encoding(struct sg_https_reply *r)
{
	const char *value;

	for (size_t i = 0; (value = field(r, "Content-Encoding", i)) != NULL;
	    i++) {
		if (!is_word(value, "", "identity"))
			return (unfit(r,
			    "encoding: Content-Encoding is not identity"));
	}
	return (true);
}

/* All fields of that name, if several, say the same number. */
static bool
read_length(struct sg_https_reply *r)
{
	const char *value, *first = field(r, "Content-Length", 0);
	size_t digits = strspn(first, "0123456789");

	for (size_t i = 1; (value = field(r, "Content-Length", i)) != NULL;
	    i++) {
		if (strcmp(value, first) != 0)
			return (unfit(r, "framing: several lengths"));
	}
	if (digits == 0 || first[digits] != '\0')
		return (unfit(r, "framing: Content-Length is not a number"));
	if (digits > LENGTH_MAX_DIGITS ||
	    strtoul(first, NULL, 10) > SG_STS_POLICY_MAX_BYTES)
		return (unfit(r, "too-large: body over 65536 octets"));
	r->want = strtoul(first, NULL, 10);
	r->has_length = true;
	return (true);
}

/* RFC 9112 6.1: chunked, alone, not in HTTP/1.0, and with no length beside
   it. */
static bool
judge_coding(struct sg_https_reply *r)
{
	long version = 0;

	curl_easy_getinfo(r->easy, CURLINFO_HTTP_VERSION, &version);
	if (field(r, "Transfer-Encoding", 1) != NULL ||
	    !is_word(field(r, "Transfer-Encoding", 0), "", "chunked") ||
	    version != CURL_HTTP_VERSION_1_1)
		return (unfit(r, "framing: Transfer-Encoding is not chunked"));
	if (field(r, "Content-Length", 0) != NULL)
		return (unfit(r, "framing: chunked and Content-Length"));
	return (true);
}

static bool
judge_framing(struct sg_https_reply *r)
{
	if (field(r, "Transfer-Encoding", 0) != NULL)
		return (judge_coding(r));
	if (field(r, "Content-Length", 0) != NULL)
		return (read_length(r));
	if (r->allow_unframed) {
		r->stats->unframed_taken++;
		return (true);
	}
	r->stats->unframed_refused++;
	return (unfit(r,
	    "unframed: neither Content-Length nor chunked, may be cut short"));
}

/* RFC 8461 3.2; parameters do not matter (C-11). */
static bool
judge_type(struct sg_https_reply *r)
{
	const char *value = field(r, "Content-Type", 0);

	if (value == NULL)
		return (refuse(r, SG_BAD, SG_REASON_STS_POLICY_INVALID,
		    "media-type: no Content-Type, must be text/plain"));
	for (size_t i = 1; value != NULL; i++) {
		if (!is_word(value, ";", "text/plain"))
			return (refuse(r, SG_BAD, SG_REASON_STS_POLICY_INVALID,
			    "media-type: Content-Type is not text/plain"));
		value = field(r, "Content-Type", i);
	}
	return (true);
}

static bool
judge_head(struct sg_https_reply *r)
{
	if (r->err.reason != SG_REASON_NONE)
		return (false);
	if (!r->head_ended)
		return (refuse(r, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "cut: connection ended within the header"));
	if (!r->judged)
		r->judged = judge_version(r) && judge_status(r) &&
		    judge_encoding(r) && judge_framing(r) && judge_type(r);
	return (r->judged);
}

/* --- from libcurl ------------------------------------------------------- */

/* RFC 9112 4: "HTTP/1.1 200" and a blank, whatever stands behind. 0: it is no
   status line. */
static long
status_of(const char *line, size_t len)
{
	if (len < 13 || memcmp(line, "HTTP/1.", 7) != 0 ||
	    (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
	    (line[12] != ' ' && line[12] != '\r' && line[12] != '\n'))
		return (0);
	for (size_t i = 9; i < 12; i++)
		if (line[i] < '0' || line[i] > '9')
			return (0);
	return ((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
}

/* libcurl takes a head that breaks off for one that has ended. */
static void
note_line(struct sg_https_reply *r, const char *line, size_t len)
{
	if (line[0] == '\r' || line[0] == '\n') {
		r->head_ended = true;
	} else if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		r->head_ended = false;
		r->status = status_of(line, len);
	}
}

/* RFC 9112 2.2: a bare CR is no blank, and nothing else that is not printed is
   in a field. libcurl keeps "chunked" of "chunked\rV", but when it looks for
   the end of the body that is no coding that it knows: who believed what it
   keeps would take a body for framed that ends with the connection
   (2026-11). */
static bool
is_plain_line(const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') ||
		    line[i] == 0x7f)
			return (false);
	return (true);
}

/* A line of the head of any response, or a trailer. */
size_t
sg_https_reply_head(char *data, size_t size, size_t n, void *arg)
{
	struct sg_https_reply *r = arg;
	size_t len = size * n;

	if (len > 0)
		note_line(r, data, len);
	if (memchr(data, ':', len) != NULL && !is_plain_line(data, len)) {
		unfit(r, "not-http: control octet in a header field");
		return (len + 1); /* not len: stop */
	}
	r->head_bytes += len;
	r->head_fields += memchr(data, ':', len) != NULL ? 1 : 0;
	if (r->head_bytes <= HEAD_MAX_BYTES &&
	    r->head_fields <= HEAD_MAX_FIELDS)
		return (len);
	unfit(r, "too-large: header");
	return (len + 1);
}

static bool
make_room(struct sg_https_reply *r, size_t len)
{
	size_t size = r->size > 0 ? r->size : BODY_FIRST;
	char *body;

	while (size < len)
		size *= 2;
	if (size == r->size)
		return (true);
	body = realloc(r->body, size);
	if (body == NULL)
		return (refuse(r, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "out of memory"));
	r->body = body;
	r->size = size;
	return (true);
}

static bool
take(struct sg_https_reply *r, const char *data, size_t len)
{
	if (!judge_head(r))
		return (false);
	if (len > SG_STS_POLICY_MAX_BYTES - r->len)
		return (unfit(r, "too-large: body over 65536 octets"));
	if (!make_room(r, r->len + len))
		return (false);
	memcpy(r->body + r->len, data, len);
	r->len += len;
	return (true);
}

size_t
sg_https_reply_body(char *data, size_t size, size_t n, void *arg)
{
	size_t len = size * n;

	if (len > 0 && !take(arg, data, len))
		return (len + 1);
	return (len);
}

bool
sg_https_reply_is_whole(struct sg_https_reply *r)
{
	if (!judge_head(r))
		return (false);
	if (r->has_length && r->len != r->want)
		return (refuse(r, SG_RETRY, SG_REASON_STS_POLICY_FETCH_ERROR,
		    "short: body is not as long as announced"));
	return (true);
}

void
sg_https_reply_fini(struct sg_https_reply *r)
{
	free(r->body);
	memset(r, 0, sizeof(*r));
}
