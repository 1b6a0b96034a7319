/* SPDX-License-Identifier: ISC */
/*
 * fuzz_https_reply.c - an HTTP answer, through libcurl itself with all of our
 * settings but TLS, into the judge of answers. The first octets say whether
 * unframed bodies are taken and where the answer is cut.
 *
 * Holds: what is taken is at most 64 KB and was framed; and THREATS 0.1: a
 * cut answer is refused, or taken with the very body of the whole.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "fuzz/fuzz.h"
#include "policy/sts_policy.h"
/* for its settings; nothing else of it can run without TLS */
#include "../../lib/net/https_transfer.c"

#define INPUT_MAX 100000 /* a socket's buffer holds it */

static int listener;
static char place[64];
static CURLM *multi;

static void
set_up(CURL *e, struct sg_https_reply *reply)
{
	if (!set_fixed(e) ||
	    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http") != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_URL, "http://192.0.2.1/x") != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_ABSTRACT_UNIX_SOCKET, place) !=
	    CURLE_OK)
		abort();
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, sg_https_reply_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, reply);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, sg_https_reply_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, reply);
}

/* The server's end of the next connection: it says all that it will. */
static int
answer_next(struct fuzz_bytes answer)
{
	int fd = accept(listener, NULL, NULL), size = 2 * INPUT_MAX;

	if (fd < 0)
		abort();
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (answer.n > 0 && send(fd, answer.p, answer.n, MSG_DONTWAIT) !=
	    (ssize_t)answer.n)
		abort();
	shutdown(fd, SHUT_WR);
	return fd;
}

/* libcurl connects at its first turn, and finds the answer at the next. */
static CURLcode
transfer(CURL *e, struct fuzz_bytes answer)
{
	CURLcode code;
	CURLMsg *said;
	int running, fd, left;

	if (curl_multi_add_handle(multi, e) != CURLM_OK ||
	    curl_multi_perform(multi, &running) != CURLM_OK)
		abort();
	fd = answer_next(answer);
	while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0)
		(void)curl_multi_poll(multi, NULL, 0, 100, NULL);
	said = curl_multi_info_read(multi, &left);
	fuzz_hold(said != NULL && said->msg == CURLMSG_DONE);
	code = said->data.result;
	curl_multi_remove_handle(multi, e);
	close(fd);
	return code;
}

/* True if the answer is taken; its body is in reply. */
static bool
fetch(struct fuzz_bytes answer, bool unframed, struct sg_https_reply *reply)
{
	static struct sg_https_stats stats;
	CURL *e = curl_easy_init();
	CURLcode code;
	bool taken;

	if (e == NULL)
		abort();
	*reply = (struct sg_https_reply) { .easy = e,
		.allow_unframed = unframed, .stats = &stats };
	set_up(e, reply);
	code = transfer(e, answer);
	fuzz_hold(code != CURLE_OPERATION_TIMEDOUT);
	taken = code == CURLE_OK && sg_https_reply_is_whole(reply);
	fuzz_hold(taken || code != CURLE_OK ||
	    reply->err.reason != SG_REASON_NONE);
	fuzz_hold(fuzz_is_plain(reply->err.text));
	curl_easy_cleanup(e);
	return taken;
}

/* A page that can take nothing would hold whatever comes: so it once did,
   since libcurl 7.88 connects what it is told is connected (2026-11). */
static void
setup(void)
{
	static const char good[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
	struct fuzz_bytes answer = { (const uint8_t *)good, sizeof(good) - 1 };
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	struct sg_https_reply reply;

	snprintf(place, sizeof(place), "stsgate-fuzz-%ld", (long)getpid());
	snprintf(where.sun_path + 1, sizeof(where.sun_path) - 1, "%s", place);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	multi = curl_multi_init();
	if (multi == NULL || listener < 0 ||
	    bind(listener, (struct sockaddr *)&where, (socklen_t)(offsetof(
	    struct sockaddr_un, sun_path) + 1 + strlen(place))) != 0 ||
	    listen(listener, 1) != 0)
		abort();
	fuzz_hold(fetch(answer, false, &reply));
	sg_https_reply_fini(&reply);
}

static bool
has(struct fuzz_bytes in, const char *word)
{
	return in.n > 0 && memmem(in.p, in.n, word, strlen(word)) != NULL;
}

static void
check_taken(struct fuzz_bytes in, const struct sg_https_reply *r)
{
	fuzz_taken();
	fuzz_hold(r->len <= SG_STS_POLICY_MAX_BYTES);
	fuzz_hold(!r->has_length || r->len == r->want);
	fuzz_hold(has(in, "HTTP/1") && has(in, "200"));
}

/* Behind the last chunk's line, or a trailer's, libcurl is content with "\r",
   so that a wrong octet there does not come to light if it is what was cut. It
   takes LF alone for the end of those lines. */
static bool
is_all_but_lf(struct fuzz_bytes part)
{
	return part.n >= 2 && memcmp(part.p + part.n - 2, "\n\r", 2) == 0;
}

static void
check_cut(struct fuzz_bytes in, size_t at, const struct sg_https_reply *whole,
    bool whole_taken)
{
	struct sg_https_reply cut;
	struct fuzz_bytes part = { in.p, at };

	if (fetch(part, false, &cut))
		fuzz_hold(whole_taken ? cut.len == whole->len &&
		    (cut.len == 0 || memcmp(cut.body, whole->body, cut.len) ==
		    0) : is_all_but_lf(part));
	sg_https_reply_fini(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	bool unframed = fuzz_number(&in, 1) & 1;
	size_t at = (size_t)fuzz_number(&in, 2);
	struct sg_https_reply reply;
	bool taken;

	if (multi == NULL)
		setup();
	if (in.n == 0 || in.n > INPUT_MAX)
		return 0;
	taken = fetch(in, unframed, &reply);
	if (taken)
		check_taken(in, &reply);
	if (!unframed)
		check_cut(in, at % in.n, &reply, taken);
	sg_https_reply_fini(&reply);
	return 0;
}
