/* SPDX-License-Identifier: ISC */
/*
 * test_mapreply.c - socketmap's words: what is asked, each dialect's answer,
 * and that hostile names cannot say anything in it (THREATS 0.7, T14, Z-04).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapreply.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define NOBODY "match=no-mx-host-is-vouched-for.invalid"

static char out[SG_MAPREPLY_MAX + 1];

static const struct sg_nexthop hop = { .name = "good.test", .port = 25 };

static const char *
write_reply(enum sg_dialect d, const struct sg_map_answer *a)
{
	size_t n = sg_mapreply_write(d, a, &hop, out, SG_MAPREPLY_MAX);

	ck_assert(n <= SG_MAPREPLY_MAX);
	out[n] = '\0';
	ck_assert_int_eq(strlen(out), n);
	return out;
}

static struct sg_map_answer
with_hosts(enum sg_map_word word, const char *a, const char *b)
{
	struct sg_map_answer answer = { .word = word, .secure = true,
		.names = SG_MAP_HOSTS, .n_names = b != NULL ? 2 : 1 };

	answer.hosts[0] = a;
	answer.hosts[1] = b;
	return answer;
}

/* --- the question ------------------------------------------------------------ */

static const struct {
	const char *in;
	enum sg_rc rc;
	enum sg_dialect dialect;
	const char *key;
} questions[] = {
	{ "postfix good.test", SG_OK, SG_DIALECT_POSTFIX, "good.test" },
	{ "postfix-tlsrpt good.test", SG_OK, SG_DIALECT_POSTFIX_TLSRPT,
	    "good.test" },
	{ "sts good.test", SG_OK, SG_DIALECT_STS, "good.test" },
	{ "postfix GOOD.Test.", SG_OK, SG_DIALECT_POSTFIX, "good.test" },
	{ "postfix b\xc3\xbc" "cher.test", SG_OK, SG_DIALECT_POSTFIX,
	    "xn--bcher-kva.test" },
	{ "postfix [mx.good.test]", SG_OK, SG_DIALECT_POSTFIX,
	    "[mx.good.test]" },
	{ "postfix [mx.good.test]:587", SG_OK, SG_DIALECT_POSTFIX,
	    "[mx.good.test]:587" },
	{ "postfix [mx.good.test]:25", SG_OK, SG_DIALECT_POSTFIX,
	    "[mx.good.test]" },
	{ "postfix good.test:submission", SG_OK, SG_DIALECT_POSTFIX,
	    "good.test:587" },
	/* no policy can be about these */
	{ "postfix .good.test", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix .", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix ", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "sts [127.0.0.1]", SG_NONE, SG_DIALECT_STS, NULL },
	{ "postfix [IPv6:2001:db8::1]", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix 192.0.2.1", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix unix:/run/x", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix a..b", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix good.test evil.test", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix  good.test", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix good.test\n", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	{ "postfix good.test:0", SG_NONE, SG_DIALECT_POSTFIX, NULL },
	/* no such map; commands are none of its business */
	{ "", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "postfix", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ " good.test", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "POSTFIX good.test", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "postfix2 good.test", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "postfi good.test", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "QUERY good.test", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "PURGE all", SG_BAD, SG_DIALECT_POSTFIX, NULL },
	{ "DUMP all", SG_BAD, SG_DIALECT_POSTFIX, NULL },
};

START_TEST(test_question)
{
	struct sg_map_request q;
	enum sg_rc rc = sg_map_request_parse(questions[_i].in,
	    strlen(questions[_i].in), &q);

	ck_assert_msg(rc == questions[_i].rc, "%s: got %d; want %d",
	    questions[_i].in, rc, questions[_i].rc);
	if (rc != SG_BAD)
		ck_assert_int_eq(q.dialect, questions[_i].dialect);
	if (rc == SG_OK)
		ck_assert_str_eq(q.key, questions[_i].key);
}
END_TEST

START_TEST(test_question_with_nul)
{
	struct sg_map_request q;

	ck_assert_int_eq(sg_map_request_parse("postfix good.test\0.evil", 23,
	    &q), SG_NONE);
	ck_assert_int_eq(sg_map_request_parse("postfix\0good.test", 17, &q),
	    SG_BAD);
}
END_TEST

START_TEST(test_long_question)
{
	char *text = malloc(SG_MAPREQUEST_MAX);
	struct sg_map_request q;

	memset(text, 'a', SG_MAPREQUEST_MAX);
	ck_assert_int_eq(sg_map_request_parse(text, SG_MAPREQUEST_MAX, &q),
	    SG_BAD);
	memcpy(text, "postfix ", 8);
	ck_assert_int_eq(sg_map_request_parse(text, SG_MAPREQUEST_MAX, &q),
	    SG_NONE);
	free(text);
}
END_TEST

/* --- plain words --------------------------------------------------------------- */

static const struct {
	enum sg_map_word word;
	const char *postfix, *sts;
} words[] = {
	{ SG_MAP_NOTFOUND, "NOTFOUND ", "NOTFOUND " },
	{ SG_MAP_ENCRYPT, "OK encrypt", "NOTFOUND " },
	{ SG_MAP_VERIFY, "OK verify match=hostname servername=hostname",
	    "OK secure servername=hostname" },
	{ SG_MAP_DANE, "OK dane", "NOTFOUND " },
	{ SG_MAP_DANE_ONLY, "OK dane-only", "NOTFOUND " },
	{ SG_MAP_TEMP, "TEMP good.test: dns-error",
	    "TEMP good.test: dns-error" },
};

START_TEST(test_word)
{
	struct sg_map_answer a = { .word = words[_i].word,
		.reason = SG_REASON_DNS_ERROR };

	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a),
	    words[_i].postfix);
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX_TLSRPT, &a),
	    words[_i].postfix);
	ck_assert_str_eq(write_reply(SG_DIALECT_STS, &a), words[_i].sts);
}
END_TEST

START_TEST(test_hosts)
{
	struct sg_map_answer a = with_hosts(SG_MAP_SECURE, "mx1.good.test",
	    "mx_2.good.test");
	static const char want[] = "OK secure match=mx1.good.test:"
	    "mx_2.good.test servername=hostname";

	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a), want);
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX_TLSRPT, &a), want);
	ck_assert_str_eq(write_reply(SG_DIALECT_STS, &a), want);
}
END_TEST

START_TEST(test_patterns)
{
	static const char *const patterns[] = { "mx.good.test",
		"*.mail.good.test" };
	struct sg_map_answer a = { .word = SG_MAP_SECURE, .secure = true,
		.names = SG_MAP_PATTERNS, .n_names = 2,
		.patterns = patterns };

	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a),
	    "OK secure match=mx.good.test:.mail.good.test "
	    "servername=hostname");
}
END_TEST

START_TEST(test_nobody)
{
	struct sg_map_answer a = { .word = SG_MAP_SECURE, .secure = true,
		.names = SG_MAP_NOBODY };

	for (int d = 0; d < SG_DIALECTS; d++)
		ck_assert_str_eq(write_reply((enum sg_dialect)d, &a),
		    "OK secure " NOBODY " servername=hostname");
}
END_TEST

/* Debian's Sendmail knows no DANE; the policy beside it holds for it. */
START_TEST(test_sts_beside_dane)
{
	struct sg_map_answer a = with_hosts(SG_MAP_DANE_ONLY, "mx.good.test",
	    NULL);

	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a), "OK dane-only");
	ck_assert_str_eq(write_reply(SG_DIALECT_STS, &a),
	    "OK secure match=mx.good.test servername=hostname");
	a.names = SG_MAP_NOBODY;
	a.n_names = 0;
	ck_assert_str_eq(write_reply(SG_DIALECT_STS, &a), "NOTFOUND ");
}
END_TEST

static struct sg_sts_policy *
policy_of(const char *lines)
{
	struct sg_sts_policy *p = NULL;
	char text[70000];

	snprintf(text, sizeof(text),
	    "version: STSv1\r\nmode: enforce\r\n%smax_age: 86400\r\n", lines);
	ck_assert_int_eq(sg_sts_policy_parse(text, strlen(text), &p, NULL,
	    NULL), SG_OK);
	return p;
}

START_TEST(test_tlsrpt)
{
	struct sg_sts_policy *p = policy_of("x-new: { a }\r\n"
	    "mx: mx.good.test\r\nmx: *.Mail.Good.Test\r\n");
	struct sg_map_answer a = with_hosts(SG_MAP_SECURE, "mx.good.test",
	    NULL);

	a.policy = p;
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX_TLSRPT, &a),
	    "OK secure match=mx.good.test servername=hostname"
	    " policy_type=sts policy_domain=good.test"
	    " mx_host_pattern=mx.good.test mx_host_pattern=*.mail.good.test"
	    " { policy_string = version: STSv1 }"
	    " { policy_string = mode: enforce }"
	    " { policy_string = mx: mx.good.test }"
	    " { policy_string = mx: *.mail.good.test }"
	    " { policy_string = max_age: 86400 }");
	ck_assert_ptr_null(strstr(write_reply(SG_DIALECT_POSTFIX, &a),
	    "policy"));
	ck_assert_ptr_null(strstr(write_reply(SG_DIALECT_STS, &a), "policy"));
	sg_sts_policy_free(&p);
}
END_TEST

/* --- as long as can be ------------------------------------------------------------ */

START_TEST(test_longest_policy)
{
	static char lines[66000];
	struct sg_map_answer a = { .word = SG_MAP_SECURE, .secure = true,
		.names = SG_MAP_PATTERNS };
	struct sg_sts_policy *p;
	size_t n = 0;

	for (unsigned i = 0; i < SG_STS_POLICY_MAX_MX; i++)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n,
		    "mx: *.a%03u%056u.%060u.%060u.%050u.test\r\n", i, 1, 2, 3,
		    4);
	p = policy_of(lines);
	a.patterns = (const char *const *)p->mx;
	a.n_names = (unsigned)p->n_mx;
	a.policy = p;
	write_reply(SG_DIALECT_POSTFIX, &a);
	ck_assert_ptr_nonnull(strstr(out, " servername=hostname"));
	ck_assert_ptr_nonnull(strstr(out, ":.a255"));
	/* all of the policy or nothing of it */
	write_reply(SG_DIALECT_POSTFIX_TLSRPT, &a);
	ck_assert_ptr_nonnull(strstr(out, " servername=hostname"));
	ck_assert_ptr_null(strstr(out, "policy_"));
	/* Sendmail takes few: whole names, and the attribute behind them */
	write_reply(SG_DIALECT_STS, &a);
	ck_assert(strlen(out) < 800);
	ck_assert_str_eq(strstr(out, ".test servername"),
	    ".test servername=hostname");
	sg_sts_policy_free(&p);
}
END_TEST

/* --- hostile names ------------------------------------------------------------------ */

static const char *const hostile[] = { "", " ", ".", "*.", "*", ".x.test",
	"mx.test ciphers=low", "mx.test\tciphers=low", "mx.test\nciphers=low",
	"mx.test:evil.test", "mx.test,evil.test", "mx.test;d", "{x}", "x}",
	"a=b", "mx.test servername=evil.test", "mx.test\r\n", "*.*.test",
	"mx*.test", "MX.test", "mx.test\x7f", "\xc3\xbc.test", "mx.test\x01",
	"\"x\"", "mx.test%s", "$mx.test", "mx/test", "mx.test\\", "(x)",
	"mx.test#", "<x>", "mx.test|x", "match", "mx.test'" };

START_TEST(test_hostile_name)
{
	const char *name = hostile[_i];
	struct sg_map_answer a = with_hosts(SG_MAP_SECURE, "mx.good.test",
	    name);
	static const char ok[] =
	    "OK secure match=mx.good.test servername=hostname";
	bool fit = strcmp(name, "match") == 0; /* only looks like a word */

	if (fit)
		return;
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a), ok);
	ck_assert_str_eq(write_reply(SG_DIALECT_STS, &a), ok);
	/* before a good one */
	a = with_hosts(SG_MAP_SECURE, name, "mx.good.test");
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a), ok);
	/* alone: no empty match= */
	a = with_hosts(SG_MAP_SECURE, name, NULL);
	ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX, &a),
	    "OK secure " NOBODY " servername=hostname");
}
END_TEST

/* As if a policy had got through with it. */
START_TEST(test_hostile_policy)
{
	struct sg_sts_policy *p = policy_of("mx: mx.good.test\r\n");
	struct sg_map_answer a = with_hosts(SG_MAP_SECURE, "mx.good.test",
	    NULL);
	bool fit = strcmp(hostile[_i], "match") == 0;
	char *kept;

	kept = p->mx[0];
	p->mx[0] = strdup(hostile[_i]);
	a.policy = p;
	if (!fit)
		ck_assert_str_eq(write_reply(SG_DIALECT_POSTFIX_TLSRPT, &a),
		    "OK secure match=mx.good.test servername=hostname");
	free(p->mx[0]);
	p->mx[0] = kept;
	sg_sts_policy_free(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mapreply");
	TCase *t = tcase_create("mapreply");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_question, 0, N(questions));
	tcase_add_test(t, test_question_with_nul);
	tcase_add_test(t, test_long_question);
	tcase_add_loop_test(t, test_word, 0, N(words));
	tcase_add_test(t, test_hosts);
	tcase_add_test(t, test_patterns);
	tcase_add_test(t, test_nobody);
	tcase_add_test(t, test_sts_beside_dane);
	tcase_add_test(t, test_tlsrpt);
	tcase_add_test(t, test_longest_policy);
	tcase_add_loop_test(t, test_hostile_name, 0, N(hostile));
	tcase_add_loop_test(t, test_hostile_policy, 0, N(hostile));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
