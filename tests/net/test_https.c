/* SPDX-License-Identifier: ISC */
/*
 * The policy fetch row by row: HTTP answers (STANDARDS C, THREATS 2.4, 5.2)
 * and certificates, each from a scripted server. What surrounds a fetch is in
 * test_https_env.c, truncation in test_https_cut.c.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ssl.h>
#include "support/https_bench.h"

/* Rows leave out what they do not need. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 31557600\n"
#define POLICY_LEN "64"
_Static_assert(sizeof(POLICY) - 1 == 64, "POLICY_LEN");
#define PLAIN "Content-Type: text/plain\r\n"
#define LENGTH "Content-Length: " POLICY_LEN "\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define GOOD OK PLAIN LENGTH "\r\n"
#define STATUS(line) "HTTP/1.1 " line "\r\n" PLAIN LENGTH "\r\n"
#define REDIRECT(line) "HTTP/1.1 " line "\r\nLocation: https://" BENCH_HOST \
	"/.well-known/mta-sts.txt?2\r\n" PLAIN LENGTH "\r\n"
#define TYPE(line) OK line LENGTH "\r\n"

#define X16 "xxxxxxxxxxxxxxxx"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define X4096 X256 X256 X256 X256 X256 X256 X256 X256 X256 X256 X256 X256 \
	X256 X256 X256 X256
#define F4 "A: b\r\nC: d\r\nE: f\r\nG: h\r\n"
#define F16 F4 F4 F4 F4
#define F60 F16 F16 F16 F4 F4 F4

#define SOON_MS 400 /* a deadline that is to pass */

enum { FETCH = SG_REASON_STS_POLICY_FETCH_ERROR,
	INVALID = SG_REASON_STS_POLICY_INVALID,
	WEBPKI = SG_REASON_STS_WEBPKI_INVALID };

static const struct http_row {
	const char *name;
	const char *head;
	const char *body;  /* NULL: POLICY */
	enum sg_rc rc;
	int reason;
	const char *text;  /* how it begins */
	const char *again; /* sent for ever */
	int deadline_ms, again_ms;
	enum tls_start start;
	enum tls_end end;
} http_rows[] = {
	/* --- taken --- */
	{ "good", GOOD, .rc = SG_OK },
	{ "good, connection left open", GOOD, .end = TLS_END_WAIT },
	{ "good, FIN without close_notify", GOOD, .end = TLS_END_FIN },
	{ "HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\n" PLAIN LENGTH "\r\n" },
	{ "no reason phrase", "HTTP/1.1 200\r\n" PLAIN LENGTH "\r\n" },
	{ "C-20: bare LF", "HTTP/1.1 200 OK\nContent-Type: text/plain\n"
	    "Content-Length: " POLICY_LEN "\n\n" },
	{ "C-20: field names in any case", OK "cOnTeNt-TyPe: text/plain\r\n"
	    "content-LENGTH:" POLICY_LEN "\r\n\r\n" },
	{ "C-20: folded field", OK "Content-Type: text/plain;\r\n"
	    "  charset=utf-8\r\n" LENGTH "\r\n" },
	{ "C-20: 100 first", "HTTP/1.1 100 Continue\r\n\r\n" GOOD },
	{ "C-20: 103 with other fields first", "HTTP/1.1 103 Early Hints\r\n"
	    "Content-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" GOOD },
	{ "C-20: chunked", OK PLAIN "Transfer-Encoding: chunked\r\n\r\n",
	    "40\r\n" POLICY "\r\n0\r\n\r\n" },
	{ "C-20: chunked, extension and trailer",
	    OK PLAIN "Transfer-Encoding: Chunked\r\n\r\n",
	    "40;a=b\r\n" POLICY "\r\n0\r\nX-Sum: 1\r\n\r\n" },
	{ "C-09: caching fields mean nothing", OK PLAIN LENGTH
	    "Cache-Control: no-store, max-age=1\r\nETag: \"x\"\r\n"
	    "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n" },
	{ "C-20: identity", OK PLAIN LENGTH
	    "Content-Encoding: Identity\r\n\r\n" },
	{ "the same length twice", OK PLAIN LENGTH LENGTH "\r\n" },
	{ "64 fields", OK PLAIN LENGTH F60 "I: j\r\nK: l\r\n\r\n" },
	{ "more comes than announced: RFC 9112 6.3", GOOD,
	    POLICY "mx: evil.test\n" },
	/* --- C-07: only 200 --- */
	{ "C-07: 201", STATUS("201 Created"), NULL, SG_BAD, FETCH,
	    "status 201" },
	{ "C-07: 202", STATUS("202 Accepted"), NULL, SG_BAD, FETCH,
	    "status 202" },
	{ "C-07: 203", STATUS("203 Other"), NULL, SG_BAD, FETCH, "status 203" },
	{ "C-07: 204", "HTTP/1.1 204 No Content\r\n" PLAIN "\r\n", "", SG_BAD,
	    FETCH, "status 204" },
	{ "C-07: 206", STATUS("206 Partial"), NULL, SG_BAD, FETCH,
	    "status 206" },
	{ "C-07: 226", STATUS("226 IM Used"), NULL, SG_BAD, FETCH,
	    "status 226" },
	{ "C-07: 299", STATUS("299 Hm"), NULL, SG_BAD, FETCH, "status 299" },
	{ "C-07: 304", "HTTP/1.1 304 Not Modified\r\n\r\n", "", SG_BAD, FETCH,
	    "status 304" },
	{ "C-07: 400", STATUS("400 Bad"), NULL, SG_BAD, FETCH, "status 400" },
	{ "C-07: 401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n"
	    PLAIN LENGTH "\r\n", NULL, SG_BAD, FETCH, "status 401" },
	{ "C-07: 403", STATUS("403 No"), NULL, SG_BAD, FETCH, "status 403" },
	{ "C-07: 404", STATUS("404 No"), NULL, SG_BAD, FETCH, "status 404" },
	{ "C-07: 407", STATUS("407 Proxy"), NULL, SG_BAD, FETCH, "status 407" },
	{ "C-07: 410", STATUS("410 Gone"), NULL, SG_BAD, FETCH, "status 410" },
	{ "C-07: 417", STATUS("417 Hm"), NULL, SG_BAD, FETCH, "status 417" },
	{ "C-07: 429", STATUS("429 Slowly"), NULL, SG_RETRY, FETCH,
	    "status 429" },
	{ "C-07: 500", STATUS("500 Oh"), NULL, SG_RETRY, FETCH, "status 500" },
	{ "C-07: 502", STATUS("502 Oh"), NULL, SG_RETRY, FETCH, "status 502" },
	{ "C-07: 503", STATUS("503 Oh"), NULL, SG_RETRY, FETCH, "status 503" },
	{ "C-07: 999", STATUS("999 Oh"), NULL, SG_RETRY, FETCH, "status 999" },
	{ "C-07: 404 without framing", "HTTP/1.1 404 No\r\n\r\n", "gone",
	    SG_BAD, FETCH, "status 404" },
	{ "C-07: 404 of a gigabyte", "HTTP/1.1 404 No\r\n"
	    "Content-Length: 1000000000\r\n\r\n", "", SG_BAD, FETCH,
	    "status 404", .again = X4096 },
	{ "T14: status line with controls", "HTTP/1.1 404 \x1b[31m%n%s\"{}\r\n"
	    LENGTH "\r\n", NULL, SG_BAD, FETCH, "status 404" },
	{ "T1.1: another response before ours", "HTTP/1.1 404 No\r\n"
	    "Content-Length: 0\r\n\r\n" GOOD, NULL, SG_BAD, FETCH,
	    "status 404" },
	/* --- C-08: no redirects --- */
	{ "C-08: 300", REDIRECT("300 Many"), NULL, SG_BAD, FETCH,
	    "redirect: status 300" },
	{ "C-08: 301", REDIRECT("301 There"), NULL, SG_BAD, FETCH,
	    "redirect: status 301" },
	{ "C-08: 302", REDIRECT("302 There"), NULL, SG_BAD, FETCH,
	    "redirect: status 302" },
	{ "C-08: 303", REDIRECT("303 There"), NULL, SG_BAD, FETCH,
	    "redirect: status 303" },
	{ "C-08: 307", REDIRECT("307 There"), NULL, SG_BAD, FETCH,
	    "redirect: status 307" },
	{ "C-08: 308", REDIRECT("308 There"), NULL, SG_BAD, FETCH,
	    "redirect: status 308" },
	{ "C-08: Location with 200 means nothing", OK PLAIN LENGTH
	    "Location: https://" BENCH_HOST "/x\r\nRefresh: 0; url=/x\r\n"
	    "\r\n" },
	/* --- C-10, C-11: media type --- */
	{ "C-10: capitals", TYPE("Content-Type: TEXT/Plain\r\n") },
	{ "C-11: utf-8", TYPE("Content-Type: text/plain; charset=utf-8\r\n") },
	{ "C-11: utf-16",
	    TYPE("Content-Type: text/plain; charset=UTF-16\r\n") },
	{ "C-11: parameter without blank",
	    TYPE("Content-Type: text/plain;foo=bar\r\n") },
	{ "C-11: blanks", TYPE("Content-Type: \t text/plain \t;\r\n") },
	{ "C-10: html", TYPE("Content-Type: text/html\r\n"), NULL, SG_BAD,
	    INVALID, "media-type:" },
	{ "C-10: octets", TYPE("Content-Type: application/octet-stream\r\n"),
	    NULL, SG_BAD, INVALID, "media-type:" },
	{ "C-10: text/plainx", TYPE("Content-Type: text/plainx\r\n"), NULL,
	    SG_BAD, INVALID, "media-type:" },
	{ "C-10: text", TYPE("Content-Type: text\r\n"), NULL, SG_BAD, INVALID,
	    "media-type:" },
	{ "C-10: two words", TYPE("Content-Type: text/plain html\r\n"), NULL,
	    SG_BAD, INVALID, "media-type:" },
	{ "C-10: as a parameter", TYPE("Content-Type: a/b; text/plain\r\n"),
	    NULL, SG_BAD, INVALID, "media-type:" },
	{ "C-10: empty", TYPE("Content-Type:\r\n"), NULL, SG_BAD, INVALID,
	    "media-type:" },
	{ "C-10: none", TYPE(""), NULL, SG_BAD, INVALID, "media-type: no" },
	{ "C-10: plain, then html", TYPE(PLAIN "Content-Type: text/html\r\n"),
	    NULL, SG_BAD, INVALID, "media-type:" },
	{ "C-10: none, empty body", OK "Content-Length: 0\r\n\r\n", "", SG_BAD,
	    INVALID, "media-type:" },
	/* --- C-20: codings --- */
	{ "C-20: gzip", OK PLAIN LENGTH "Content-Encoding: gzip\r\n\r\n", NULL,
	    SG_BAD, FETCH, "encoding:" },
	{ "C-20: br", OK PLAIN LENGTH "Content-Encoding: br\r\n\r\n", NULL,
	    SG_BAD, FETCH, "encoding:" },
	{ "C-20: identity, gzip", OK PLAIN LENGTH "Content-Encoding: identity,"
	    " gzip\r\n\r\n", NULL, SG_BAD, FETCH, "encoding:" },
	{ "C-20: identity, then gzip", OK PLAIN LENGTH "Content-Encoding:"
	    " identity\r\nContent-Encoding: gzip\r\n\r\n", NULL, SG_BAD, FETCH,
	    "encoding:" },
	{ "C-20: gzip as transfer coding", OK PLAIN
	    "Transfer-Encoding: gzip, chunked\r\n\r\n",
	    "40\r\n" POLICY "\r\n0\r\n\r\n", SG_BAD, FETCH, "" },
	{ "C-20: identity as transfer coding", OK PLAIN LENGTH
	    "Transfer-Encoding: identity\r\n\r\n", NULL, SG_BAD, FETCH,
	    "framing:" },
	{ "C-20: chunked twice", OK PLAIN "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
	    "40\r\n" POLICY "\r\n0\r\n\r\n", SG_BAD, FETCH, "framing:" },
	{ "C-20: chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\n" PLAIN
	    "Transfer-Encoding: chunked\r\n\r\n",
	    "40\r\n" POLICY "\r\n0\r\n\r\n", SG_BAD, FETCH, "framing:" },
	{ "C-20: chunked and a length", OK PLAIN LENGTH
	    "Transfer-Encoding: chunked\r\n\r\n",
	    "40\r\n" POLICY "\r\n0\r\n\r\n", SG_BAD, FETCH, "framing:" },
	{ "C-20: chunk size that is none", OK PLAIN
	    "Transfer-Encoding: chunked\r\n\r\n", "zz\r\n" POLICY, SG_RETRY,
	    FETCH, "cut:" },
	{ "C-20: chunk size of 100 digits", OK PLAIN
	    "Transfer-Encoding: chunked\r\n\r\n", X16 X16 X16 X16, SG_RETRY,
	    FETCH, "cut:" },
	/* --- framing --- */
	{ "T3: chunked and a bare CR, no chunks", OK PLAIN
	    "Transfer-Encoding: chunked\rV\r\n\r\n", NULL, SG_BAD, FETCH,
	    "not-http:" },
	{ "T3: chunked on a folded line, no chunks", OK PLAIN
	    "Transfer-Encoding:\r\n chunked\r\n\r\n", NULL, SG_BAD, FETCH,
	    "framing:" },
	{ "T14: a control octet in a field of no use", OK PLAIN LENGTH
	    "X-Any: a\033b\r\n\r\n", NULL, SG_BAD, FETCH, "not-http:" },
	{ "T3: unframed", OK PLAIN "\r\n", NULL, SG_BAD, FETCH, "unframed:" },
	{ "T3: unframed, FIN", OK PLAIN "\r\n", NULL, SG_BAD, FETCH,
	    "unframed:", .end = TLS_END_FIN },
	{ "T3: unframed, Connection: close", OK PLAIN
	    "Connection: close\r\n\r\n", NULL, SG_BAD, FETCH, "unframed:" },
	{ "T3: unframed and empty", OK PLAIN "\r\n", "", SG_BAD, FETCH,
	    "unframed:" },
	{ "T3: unframed HTTP/1.0", "HTTP/1.0 200 OK\r\n" PLAIN "\r\n", NULL,
	    SG_BAD, FETCH, "unframed:" },
	{ "T3: length in a 103 only", "HTTP/1.1 103 Hints\r\n" LENGTH "\r\n" OK
	    PLAIN "\r\n", NULL, SG_BAD, FETCH, "unframed:" },
	{ "5.2: less than announced", OK PLAIN "Content-Length: 65\r\n\r\n",
	    NULL, SG_RETRY, FETCH, "short:" },
	{ "5.2: less than announced, FIN", OK PLAIN
	    "Content-Length: 65\r\n\r\n", NULL, SG_RETRY, FETCH, "short:",
	    .end = TLS_END_FIN },
	{ "5.2: announced, nothing comes", GOOD, "", SG_RETRY, FETCH,
	    "short:" },
	{ "C-20: two lengths", OK PLAIN LENGTH "Content-Length: 3\r\n\r\n",
	    NULL, SG_BAD, FETCH, "framing:" },
	{ "C-20: length with a tail", OK PLAIN "Content-Length: 64x\r\n\r\n",
	    NULL, SG_BAD, FETCH, "framing:" },
	{ "C-20: list of lengths", OK PLAIN "Content-Length: 64, 64\r\n\r\n",
	    NULL, SG_BAD, FETCH, "framing:" },
	{ "C-20: negative length", OK PLAIN "Content-Length: -1\r\n\r\n", NULL,
	    SG_RETRY, FETCH, "not-http:" },
	{ "C-20: length of 30 digits", OK PLAIN
	    "Content-Length: 100000000000000000000000000000\r\n\r\n", NULL,
	    SG_BAD, FETCH, "too-large:" },
	{ "C-20: empty length", OK PLAIN "Content-Length:\r\n\r\n", NULL,
	    SG_RETRY, FETCH, "not-http:" },
	/* --- C-13, T12, T13: without end --- */
	{ "C-13: one octet too much announced", OK PLAIN
	    "Content-Length: 65537\r\n\r\n", NULL, SG_BAD, FETCH,
	    "too-large:", .again = X4096 },
	{ "C-13: chunked without end", OK PLAIN
	    "Transfer-Encoding: chunked\r\n\r\n", "", SG_BAD, FETCH,
	    "too-large:", .again = "1000\r\n" X4096 "\r\n" },
	{ "T13: header without end", OK, "", SG_BAD, FETCH,
	    "too-large: header", .again = "X: " X256 "\r\n" },
	{ "T13: one field without end", OK "X: ", "", SG_RETRY, FETCH,
	    "too-large:", .again = X4096 },
	{ "T13: field of 17 KB", OK PLAIN LENGTH "X: " X4096 X4096 X4096 X4096
	    X256 "\r\n\r\n", NULL, SG_BAD, FETCH, "too-large: header" },
	{ "T13: 65 fields", OK PLAIN LENGTH F60 "I: j\r\nK: l\r\nM: n\r\n\r\n",
	    NULL, SG_BAD, FETCH, "too-large: header" },
	{ "T13: trailer without end", OK PLAIN
	    "Transfer-Encoding: chunked\r\n\r\n", "40\r\n" POLICY "\r\n0\r\n",
	    SG_BAD, FETCH, "too-large: header",
	    .again = "X: " X256 "\r\n" },
	{ "T12: 100 without end", "HTTP/1.1 100 Continue\r\n\r\n", "", SG_BAD,
	    FETCH, "too-large: header",
	    .again = "HTTP/1.1 100 Continue\r\n\r\n" },
	/* --- C-12: too slow --- */
	{ "C-12: drip of the body", OK PLAIN "Content-Length: 60000\r\n\r\n",
	    "", SG_RETRY, FETCH, "timeout:", .again = "x", .again_ms = 20,
	    .deadline_ms = SOON_MS },
	{ "C-12: drip of the head", OK "X: ", "", SG_RETRY, FETCH, "timeout:",
	    .again = "x", .again_ms = 20, .deadline_ms = SOON_MS },
	{ "T12: drip of 100s", "", "", SG_RETRY, FETCH, "timeout:",
	    .again = "HTTP/1.1 100 C\r\n\r\n", .again_ms = 20,
	    .deadline_ms = SOON_MS },
	{ "C-12: body is missing", GOOD, "", SG_RETRY, FETCH, "timeout:",
	    .end = TLS_END_WAIT, .deadline_ms = SOON_MS },
	{ "C-12: no answer to the request", NULL, NULL, SG_RETRY, FETCH,
	    "timeout:", .start = TLS_START_MUTE, .deadline_ms = SOON_MS },
	{ "C-12: no handshake", NULL, NULL, SG_RETRY, FETCH, "timeout:",
	    .start = TLS_START_SILENT, .deadline_ms = SOON_MS },
	/* --- not HTTP, not there --- */
	{ "HTTP/0.9", "", POLICY, SG_RETRY, FETCH, "not-http:" },
	{ "ALPACA: SMTP on the port", "220 mx.good.test ESMTP\r\n", "",
	    SG_RETRY, FETCH, "not-http:" },
	{ "ICY", "ICY 200 OK\r\n" PLAIN LENGTH "\r\n", NULL, SG_RETRY, FETCH,
	    "not-http:" },
	{ "HTTP/2 in words", "HTTP/2 200\r\n" PLAIN LENGTH "\r\n", NULL,
	    SG_BAD, FETCH, "not-http:" },
	/* libcurl reads 200 of the first of these */
	{ "C-07: a version of any kind", "HTTP/RRRR1 O\r\n" PLAIN LENGTH "\r\n",
	    NULL, SG_BAD, FETCH, "not-http:" },
	{ "C-07: no version", "HTTP 200 OK\r\n" PLAIN LENGTH "\r\n", NULL,
	    SG_RETRY, FETCH, "not-http:" },
	{ "C-07: no version behind 100", "HTTP/1.1 100 Wait\r\n\r\n"
	    "HTTP 200 OK\r\n" PLAIN LENGTH "\r\n", NULL, SG_RETRY, FETCH,
	    "not-http:" },
	{ "C-07: a status of four digits", STATUS("2000 OK"), NULL, SG_RETRY,
	    FETCH, "not-http:" },
	{ "C-07: a status of two digits", STATUS("20 OK"), NULL, SG_RETRY,
	    FETCH, "not-http:" },
	{ "C-07: 200 without a reason", STATUS("200"), NULL, SG_OK },
	{ "C-07: 200 by HTTP/1.0", "HTTP/1.0 200 OK\r\n" PLAIN LENGTH "\r\n",
	    NULL, SG_OK },
	{ "no answer, close_notify", "", "", SG_RETRY, FETCH, "cut:" },
	{ "no answer, FIN", "", "", SG_RETRY, FETCH, "cut:",
	    .end = TLS_END_FIN },
	{ "no answer, reset", "", "", SG_RETRY, FETCH, "cut:",
	    .end = TLS_END_RESET },
	{ "half a head, FIN", OK "Content-Ty", "", SG_RETRY, FETCH, "cut:",
	    .end = TLS_END_FIN },
	{ "5.2: reset in the handshake", NULL, NULL, SG_RETRY, FETCH, "cut:",
	    .start = TLS_START_RESET },
	{ "5.2: closed before the handshake", NULL, NULL, SG_RETRY, FETCH,
	    "cut:", .start = TLS_START_CLOSE },
	{ "5.2: no TLS at all", GOOD, NULL, SG_RETRY, WEBPKI, "handshake:",
	    .start = TLS_START_PLAIN },
};
#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

static void
check_outcome(const char *name, const struct https_outcome *out, enum sg_rc rc,
    int reason, const char *text)
{
	ck_assert_msg(out->rc == rc, "%s: got rc %d (%s, %s)", name, out->rc,
	    sg_reason_name(out->err.reason), out->err.text);
	ck_assert_msg((int)out->err.reason == reason, "%s: got %s (%s)", name,
	    sg_reason_name(out->err.reason), out->err.text);
	if (text != NULL)
		ck_assert_msg(strncmp(out->err.text, text, strlen(text)) == 0,
		    "%s: got \"%s\"", name, out->err.text);
}

START_TEST(test_http)
{
	const struct http_row *r = &http_rows[_i];
	struct tls_script row = { .start = r->start, .head = r->head,
		.body = r->body != NULL ? r->body : POLICY,
		.again = r->again, .again_ms = r->again_ms, .end = r->end };
	struct https_outcome out;
	struct https_bench b;

	https_bench_open(&b);
	https_bench_play(&b, &row, r->deadline_ms, &out);
	check_outcome(r->name, &out, r->rc, r->reason, r->text);
	if (r->rc == SG_OK) {
		ck_assert_msg(out.len == strlen(POLICY), "%s: %zu octets",
		    r->name, out.len);
		ck_assert_str_eq(out.body, POLICY);
	}
	/* whatever it was, it was asked once (C-08) */
	ck_assert_uint_eq(tls_server_connections(b.server), 1);
	https_outcome_fini(&out);
	https_bench_close(&b);
}
END_TEST

/* --- sizes (C-13) ------------------------------------------------------- */

static const struct {
	const char *name;
	size_t len;
	bool chunked;
	enum sg_rc rc;
} size_rows[] = {
	{ "C-13: 64 KiB", 65536, false, SG_OK },
	{ "C-13: 64 KiB and one", 65537, false, SG_BAD },
	{ "C-13: 64 KiB, chunked", 65536, true, SG_OK },
	{ "C-13: 64 KiB and one, chunked", 65537, true, SG_BAD },
	{ "C-13: 6 MiB, chunked", 6 << 20, true, SG_BAD },
	{ "C-13: 4095", 4095, false, SG_OK },
	{ "C-13: 4096", 4096, true, SG_OK },
	{ "C-13: 4097", 4097, true, SG_OK },
	{ "C-13: one octet", 1, false, SG_OK },
	{ "C-13: nothing", 0, false, SG_OK },
	{ "C-13: nothing, chunked", 0, true, SG_OK },
};

/* NUL-terminated; *total octets. */
static char *
make_body(size_t len, bool chunked, size_t *total)
{
	char *out = malloc(len + 64);
	size_t n = 0;

	if (chunked && len > 0)
		n = (size_t)snprintf(out, 32, "%zx\r\n", len);
	memset(out + n, 'p', len);
	n += len;
	if (chunked)
		n += (size_t)snprintf(out + n, 16, "%s0\r\n\r\n",
		    len > 0 ? "\r\n" : "");
	out[n] = '\0';
	*total = n;
	return (out);
}

START_TEST(test_size)
{
	size_t len = size_rows[_i].len, total;
	bool chunked = size_rows[_i].chunked;
	char head[200], *body = make_body(len, chunked, &total);
	struct tls_script row = { .head = head, .body = body,
		.body_len = total };
	struct https_outcome out;
	struct https_bench b;

	if (chunked)
		snprintf(head, sizeof(head), OK PLAIN
		    "Transfer-Encoding: chunked\r\n\r\n");
	else
		snprintf(head, sizeof(head), OK PLAIN
		    "Content-Length: %zu\r\n\r\n", len);
	https_bench_open(&b);
	https_bench_play(&b, &row, 0, &out);
	if (size_rows[_i].rc == SG_OK) {
		check_outcome(size_rows[_i].name, &out, SG_OK, 0, "");
		ck_assert_uint_eq(out.len, len);
		for (size_t i = 0; i < len; i++)
			ck_assert_int_eq(out.body[i], 'p');
	} else
		check_outcome(size_rows[_i].name, &out, SG_BAD, FETCH,
		    "too-large: body");
	https_outcome_fini(&out);
	https_bench_close(&b);
	free(body);
}
END_TEST

/* --- certificates (C-02, C-18, T6) ------------------ */

enum signer { BY_CA, BY_OTHER, BY_TWIN, BY_ITSELF };

static const struct cert_row {
	const char *name;
	struct test_leaf_spec spec;
	enum signer by;
	int max_version;
	const char *text; /* NULL: good */
} cert_rows[] = {
	{ "C-02: the name", { .san = "DNS:" BENCH_HOST }, BY_CA, 0, NULL },
	{ "C-02: the name in capitals", { .san = "DNS:MTA-STS.Good.TEST" },
	    BY_CA, 0, NULL },
	{ "C-02: one of several", { .san = "DNS:a.test,DNS:" BENCH_HOST
	    ",IP:127.0.0.1" }, BY_CA, 0, NULL },
	{ "C-02: the name, another CN", { .common_name = "evil.test",
	    .san = "DNS:" BENCH_HOST }, BY_CA, 0, NULL },
	{ "C-18: TLS 1.2", { .san = "DNS:" BENCH_HOST }, BY_CA,
	    TLS1_2_VERSION, NULL },
	{ "C-04: wildcard, one label", { .san = "DNS:*.good.test" }, BY_CA, 0,
	    NULL },
	{ "C-04, G-03: partial wildcard", { .san = "DNS:mta*.good.test" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-04: partial wildcard, other end", { .san = "DNS:*sts.good.test" },
	    BY_CA, 0, "host-mismatch:" },
	{ "C-04: wildcard for two labels", { .san = "DNS:*.test" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-04: wildcard in the middle", { .san = "DNS:mta-sts.*.test" },
	    BY_CA, 0, "host-mismatch:" },
	{ "C-04: wildcard alone", { .san = "DNS:*" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-04: wildcard below the name", { .san = "DNS:*." BENCH_HOST },
	    BY_CA, 0, "host-mismatch:" },
	{ "T6: leading dot", { .san = "DNS:.good.test" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-02: the policy domain only", { .san = "DNS:good.test" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-02: another name", { .san = "DNS:mta-sts.evil.test" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-02: the name and more", { .san = "DNS:" BENCH_HOST ".evil.test" },
	    BY_CA, 0, "host-mismatch:" },
	{ "C-05: the provider's name only",
	    { .san = "DNS:policy.provider.test" }, BY_CA, 0, "host-mismatch:" },
	{ "C-03: CN only", { .common_name = BENCH_HOST }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-03: CN beside a SAN of another kind", { .common_name = BENCH_HOST,
	    .san = "IP:127.0.0.1" }, BY_CA, 0, "host-mismatch:" },
	{ "C-03: CN beside another name", { .common_name = BENCH_HOST,
	    .san = "DNS:a.test" }, BY_CA, 0, "host-mismatch:" },
	{ "C-03: URI-ID", { .san = "URI:https://" BENCH_HOST "/" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-03: address of the server", { .san = "IP:127.0.0.1" }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-03: mail address", { .san = "email:x@" BENCH_HOST }, BY_CA, 0,
	    "host-mismatch:" },
	{ "C-02: expired", { .san = "DNS:" BENCH_HOST, TEST_LEAF_EXPIRED },
	    BY_CA, 0, "expired:" },
	{ "C-02: not yet valid", { .san = "DNS:" BENCH_HOST,
	    TEST_LEAF_FUTURE }, BY_CA, 0, "not-yet-valid:" },
	{ "C-02: self-signed", { .common_name = BENCH_HOST,
	    .san = "DNS:" BENCH_HOST, .self_signed = 1 }, BY_ITSELF, 0,
	    "not-trusted: self" },
	{ "C-02: self-signed CA", { .common_name = BENCH_HOST,
	    .san = "DNS:" BENCH_HOST, .self_signed = 1, .is_ca = 1 },
	    BY_ITSELF, 0, "not-trusted:" },
	{ "C-02: another CA", { .san = "DNS:" BENCH_HOST }, BY_OTHER, 0,
	    "not-trusted:" },
	{ "C-02: another CA of the same name", { .san = "DNS:" BENCH_HOST },
	    BY_TWIN, 0, "not-trusted:" },
	{ "C-18: TLS 1.1", { .san = "DNS:" BENCH_HOST }, BY_CA, TLS1_1_VERSION,
	    "handshake:" },
	{ "C-18: TLS 1.0", { .san = "DNS:" BENCH_HOST }, BY_CA, TLS1_VERSION,
	    "handshake:" },
};

START_TEST(test_cert)
{
	const struct cert_row *r = &cert_rows[_i];
	struct tls_script row = { .head = GOOD, .body = POLICY,
		.max_version = r->max_version };
	struct https_outcome out;
	struct https_bench b;
	struct test_ca *other = test_ca_new(r->by == BY_TWIN ? "Test CA" :
	    "Other CA");

	https_bench_open(&b);
	row.leaf = test_ca_leaf(r->by == BY_CA ? b.ca : other, &r->spec);
	ck_assert_ptr_nonnull(row.leaf);
	https_bench_play(&b, &row, 0, &out);
	if (r->text == NULL)
		check_outcome(r->name, &out, SG_OK, 0, "");
	else
		check_outcome(r->name, &out, r->max_version != 0 &&
		    r->max_version < TLS1_2_VERSION ? SG_RETRY : SG_BAD,
		    WEBPKI, r->text);
	/* not even the request goes to a server that is not believed */
	ck_assert_uint_eq(tls_server_requests(b.server), r->text == NULL);
	https_outcome_fini(&out);
	https_bench_close(&b);
	test_ca_free(&other);
}
END_TEST

/* --- redirects elsewhere (C-08) ----------------------------------------- */

static const int redirects[] = { 301, 302, 303, 307, 308 };

START_TEST(test_redirect)
{
	static const char *const schemes[] = { "https", "http" };
	struct tls_script there = { .head = GOOD, .body = POLICY }, row = { 0 };
	struct tls_server *second;
	struct https_outcome out;
	struct https_bench b;
	char head[300];

	https_bench_open(&b);
	second = tls_server_start(test_ca_host(b.ca, "127.0.0.1"));
	ck_assert_ptr_nonnull(second);
	tls_server_load(second, &there, 1);
	for (size_t i = 0; i < 2; i++) {
		snprintf(head, sizeof(head), "HTTP/1.1 %d There\r\n"
		    "Location: %s://127.0.0.1:%u/\r\n" PLAIN LENGTH "\r\n",
		    redirects[_i], schemes[i], tls_server_port(second));
		row.head = head;
		row.body = POLICY;
		https_bench_play(&b, &row, 0, &out);
		check_outcome("C-08", &out, SG_BAD, FETCH, "redirect:");
		ck_assert_uint_eq(tls_server_connections(b.server), 1);
	}
	ck_assert_uint_eq(tls_server_connections(second), 0);
	tls_server_stop(&second);
	https_bench_close(&b);
}
END_TEST

/* A system that lets everything pass: what holds, holds by our settings
   (C-18). OpenSSL reads the file when it is first used, in the children. */
static void
weaken_openssl(char *path, size_t size)
{
	static const char text[] = "openssl_conf = a\n[a]\nssl_conf = b\n"
	    "[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\n"
	    "CipherString = DEFAULT@SECLEVEL=0\n";
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, size, "%s/test_https.XXXXXX",
	    dir != NULL && dir[0] != '\0' ? dir : P_tmpdir);
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	setenv("OPENSSL_CONF", path, 1);
}

int
main(void)
{
	Suite *suite = suite_create("net/https: answers");
	TCase *tc = tcase_create("rows");
	SRunner *runner;
	char path[512];
	int failed;

	weaken_openssl(path, sizeof(path));
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_http, 0, ROWS(http_rows));
	tcase_add_loop_test(tc, test_size, 0, ROWS(size_rows));
	tcase_add_loop_test(tc, test_cert, 0, ROWS(cert_rows));
	tcase_add_loop_test(tc, test_redirect, 0, ROWS(redirects));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	unlink(path);
	return (failed == 0 ? 0 : 1);
}
