/* SPDX-License-Identifier: ISC */
/*
 * Truncation (THREATS 0.1, T3): a policy cut at each of its octets by who
 * cannot break TLS, ended by a bare FIN and by close_notify. None may be
 * taken for a policy, since many a cut policy is a valid one of another
 * meaning. Each way is first shown to be taken when it is whole.
 */
#include <check.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "support/https_bench.h"

#define AT_ONCE 32

/* mx last: every cut of its last line names another host. */
static const char policy[] = "version: STSv1\nmode: enforce\nmax_age: 604800\n"
    "mx: mx1.example.com\nmx: mx2.example.com\n";

#define STATUS "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

static struct {
	const char *name;
	enum { UNFRAMED, LENGTH, CHUNKED, CHUNKED_ONE } framing;
	enum tls_end end;
	const char *text; /* how refusals begin */
} ways[] = {
	{ "T3: unframed, FIN", UNFRAMED, TLS_END_FIN, "unframed:" },
	{ "T3: unframed, close_notify", UNFRAMED, TLS_END_NOTIFY,
	    "unframed:" },
	{ "T3: unframed, reset", UNFRAMED, TLS_END_RESET, NULL },
	{ "C-13: Content-Length, FIN", LENGTH, TLS_END_FIN, NULL },
	{ "C-13: Content-Length, close_notify", LENGTH, TLS_END_NOTIFY, NULL },
	{ "C-13: Content-Length, reset", LENGTH, TLS_END_RESET, NULL },
	{ "C-20: chunked, FIN", CHUNKED, TLS_END_FIN, NULL },
	{ "C-20: chunked, close_notify", CHUNKED, TLS_END_NOTIFY, NULL },
	{ "C-20: one chunk, FIN", CHUNKED_ONE, TLS_END_FIN, NULL },
	{ "C-20: one chunk, close_notify", CHUNKED_ONE, TLS_END_NOTIFY, NULL },
};
#define N_WAYS ((int)(sizeof(ways) / sizeof(ways[0])))
#define FIRST_CHUNKED 6

/* Chunks of at most step octets and the last one. */
static char *
chunk(const char *text, size_t step)
{
	size_t left = strlen(text), used = 0, room = left * 8 + 64;
	char *out = malloc(room);

	for (; left > 0; text += step) {
		if (step > left)
			step = left;
		used += (size_t)snprintf(out + used, room - used,
		    "%zx\r\n%.*s\r\n", step, (int)step, text);
		left -= step;
	}
	snprintf(out + used, room - used, "0\r\n\r\n");
	return (out);
}

static char *
body_of(int way)
{
	switch (ways[way].framing) {
	case CHUNKED:
		return (chunk(policy, 20));
	case CHUNKED_ONE:
		return (chunk(policy, strlen(policy)));
	default:
		return (strdup(policy));
	}
}

static void
head_of(int way, char *out, size_t size)
{
	switch (ways[way].framing) {
	case UNFRAMED:
		snprintf(out, size, STATUS "\r\n");
		break;
	case LENGTH:
		snprintf(out, size, STATUS "Content-Length: %zu\r\n\r\n",
		    strlen(policy));
		break;
	default:
		snprintf(out, size,
		    STATUS "Transfer-Encoding: chunked\r\n\r\n");
		break;
	}
}

/* An answer cut short is not taken; the reason is the GET's, not the file's:
   nobody is to think that the domain publishes nonsense. */
static void
check_refused(const struct https_outcome *out, int way, bool head_cut)
{
	ck_assert_msg(out->rc != SG_OK, "%s: taken: %s", ways[way].name,
	    out->body);
	ck_assert_msg(out->err.reason == SG_REASON_STS_POLICY_FETCH_ERROR,
	    "%s: got %s", ways[way].name, sg_reason_name(out->err.reason));
	if (ways[way].text != NULL && !head_cut)
		ck_assert_msg(strncmp(out->err.text, ways[way].text,
		    strlen(ways[way].text)) == 0, "%s: got %s",
		    ways[way].name, out->err.text);
}

/* The n-th connection is cut after n octets; which fetch is which does not
   matter. */
static void
fetch_cuts(struct https_bench *b, size_t n, int way, bool head_cut)
{
	struct https_outcome out[AT_ONCE];
	size_t batch;

	for (; n > 0; n -= batch) {
		batch = n < AT_ONCE ? n : AT_ONCE;
		for (size_t i = 0; i < batch; i++)
			ck_assert_ptr_nonnull(https_bench_start(b, NULL,
			    &out[i]));
		https_bench_wait(b);
		for (size_t i = 0; i < batch; i++) {
			check_refused(&out[i], way, head_cut);
			https_outcome_fini(&out[i]);
		}
	}
}

START_TEST(test_cut)
{
	char head[200], *body = body_of(_i);
	size_t n = strlen(body);
	struct tls_script row = { .head = head, .body = body, .cut = 1,
		.end = ways[_i].end };
	struct https_bench b;

	head_of(_i, head, sizeof(head));
	if (ways[_i].framing == UNFRAMED)
		n++; /* the whole of it is no better */
	else if (ways[_i].framing != LENGTH)
		n--; /* test_last_lf */
	https_bench_open(&b);
	tls_server_load(b.server, &row, 1);
	fetch_cuts(&b, n, _i, false);
	ck_assert_uint_eq(tls_server_requests(b.server), n);
	if (ways[_i].text != NULL)
		ck_assert_uint_ge(sg_https_stats(b.https)->unframed_refused, n);
	https_bench_close(&b);
	free(body);
}
END_TEST

/* The head, too: what is cut is the whole answer. */
START_TEST(test_cut_head)
{
	char head[200], *answer, *body = body_of(_i);
	size_t n;
	struct tls_script row = { .cut = 1, .end = ways[_i].end };
	struct https_bench b;

	head_of(_i, head, sizeof(head));
	n = strlen(head);
	answer = malloc(n + strlen(body) + 1);
	snprintf(answer, n + strlen(body) + 1, "%s%s", head, body);
	row.body = answer;
	https_bench_open(&b);
	tls_server_load(b.server, &row, 1);
	fetch_cuts(&b, n, _i, true);
	https_bench_close(&b);
	free(answer);
	free(body);
}
END_TEST

/* libcurl is content with the last chunk and "\r". The policy is whole then:
   refused or taken, but never a different one. */
START_TEST(test_last_lf)
{
	char head[200], *body = body_of(_i);
	struct tls_script row = { .head = head, .body = body,
		.body_len = strlen(body) - 1, .end = ways[_i].end };
	struct https_outcome out;
	struct https_bench b;

	head_of(_i, head, sizeof(head));
	https_bench_open(&b);
	https_bench_play(&b, &row, 0, &out);
	if (out.rc == SG_OK)
		ck_assert_str_eq(out.body, policy);
	else
		check_refused(&out, _i, false);
	https_outcome_fini(&out);
	https_bench_close(&b);
	free(body);
}
END_TEST

/* The same server, the same bytes, all of them. */
START_TEST(test_whole)
{
	char head[200], *body = body_of(_i);
	struct tls_script row = { .head = head, .body = body,
		.end = ways[_i].end };
	struct https_outcome out;
	struct https_bench b;

	head_of(_i, head, sizeof(head));
	if (row.end == TLS_END_RESET)
		row.end = TLS_END_WAIT; /* it might overtake the body */
	https_bench_open(&b);
	b.config.https_allow_unframed = ways[_i].framing == UNFRAMED;
	if (ways[_i].framing == UNFRAMED && row.end == TLS_END_WAIT)
		row.end = TLS_END_NOTIFY;
	https_bench_reopen(&b);
	https_bench_play(&b, &row, 0, &out);
	ck_assert_msg(out.rc == SG_OK, "%s: %s", ways[_i].name, out.err.text);
	ck_assert_str_eq(out.body, policy);
	ck_assert_uint_eq(sg_https_stats(b.https)->unframed_taken,
	    b.config.https_allow_unframed ? 1 : 0);
	https_outcome_fini(&out);
	https_bench_close(&b);
	free(body);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("net/https: truncation");
	TCase *tc = tcase_create("cuts");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_whole, 0, N_WAYS);
	tcase_add_loop_test(tc, test_cut, 0, N_WAYS);
	tcase_add_loop_test(tc, test_cut_head, 0, N_WAYS);
	tcase_add_loop_test(tc, test_last_lf, FIRST_CHUNKED, N_WAYS);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? 0 : 1);
}
