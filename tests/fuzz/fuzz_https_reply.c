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
#include <unistd.h>
#include "fuzz/fuzz.h"
#include "policy/sts_policy.h"
/* for its settings; nothing else of it can run without TLS */
#include "../../lib/net/https_transfer.c"

#define INPUT_MAX 100000 /* a socket's buffer holds it */

static int server_fd;

static curl_socket_t
give_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	(void)purpose;
	(void)to;
	return *(int *)arg;
}

static int
already_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static void
set_up(CURL *e, struct sg_https_reply *reply, int *fd)
{
	if (!set_fixed(e) ||
	    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http") != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_URL, "http://192.0.2.1/x") != CURLE_OK)
		abort();
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, give_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, fd);
	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, already_connected);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, sg_https_reply_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, reply);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, sg_https_reply_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, reply);
}

/* The server's end, which has said all that it will. */
static int
client_socket(struct fuzz_bytes answer)
{
	int fd[2], size = 2 * INPUT_MAX;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		abort();
	(void)setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (answer.n > 0 && send(fd[1], answer.p, answer.n, MSG_DONTWAIT) !=
	    (ssize_t)answer.n)
		abort();
	shutdown(fd[1], SHUT_WR);
	server_fd = fd[1];
	return fd[0];
}

/* True if the answer is taken; its body is in reply. */
static bool
fetch(struct fuzz_bytes answer, bool unframed, struct sg_https_reply *reply)
{
	static struct sg_https_stats stats;
	CURL *e = curl_easy_init();
	int fd = client_socket(answer);
	CURLcode code;
	bool taken;

	if (e == NULL)
		abort();
	*reply = (struct sg_https_reply) { .easy = e,
		.allow_unframed = unframed, .stats = &stats };
	set_up(e, reply, &fd);
	code = curl_easy_perform(e);
	fuzz_hold(code != CURLE_OPERATION_TIMEDOUT);
	taken = code == CURLE_OK && sg_https_reply_is_whole(reply);
	fuzz_hold(taken || code != CURLE_OK ||
	    reply->err.reason != SG_REASON_NONE);
	fuzz_hold(fuzz_is_plain(reply->err.text));
	curl_easy_cleanup(e); /* closes fd */
	close(server_fd);
	return taken;
}

static bool
has(struct fuzz_bytes in, const char *word)
{
	return in.n > 0 && memmem(in.p, in.n, word, strlen(word)) != NULL;
}

static void
check_taken(struct fuzz_bytes in, const struct sg_https_reply *r)
{
	fuzz_hold(r->len <= SG_STS_POLICY_MAX_BYTES);
	fuzz_hold(!r->has_length || r->len == r->want);
	fuzz_hold(has(in, "HTTP/1") && has(in, "200"));
}

static void
check_cut(struct fuzz_bytes in, size_t at, const struct sg_https_reply *whole,
    bool whole_taken)
{
	struct sg_https_reply cut;
	struct fuzz_bytes part = { in.p, at };

	if (fetch(part, false, &cut))
		fuzz_hold(whole_taken && cut.len == whole->len &&
		    (cut.len == 0 || memcmp(cut.body, whole->body, cut.len) ==
		    0));
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
