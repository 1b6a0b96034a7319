/* SPDX-License-Identifier: ISC */
/*
 * SMTP replies: M-01 to M-05, M-08, THREATS 1.1 (CVE-2020-8794). Every row is
 * read in one piece, octet by octet, and cut in two everywhere.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/smtp_reply.h"

#define MORE SG_SMTP_MORE
#define DONE SG_SMTP_DONE
#define BAD SG_SMTP_BAD
#define TLS SG_SMTP_STARTTLS
#define RTLS SG_SMTP_REQUIRETLS
#define IN(text) text, sizeof(text) - 1

static const struct {
	const char *name, *in;
	size_t len;
	enum sg_smtp_status want;
	unsigned code, keywords;
	size_t rest; /* octets behind it */
} table[] = {
	/* --- codes and ends --- */
	{ "one line", IN("220 mx.test ESMTP\r\n"), DONE, 220, 0, 0 },
	{ "M-01: blank, no text", IN("250 \r\n"), DONE, 250, 0, 0 },
	{ "M-01: no blank", IN("250\r\n"), DONE, 250, 0, 0 },
	{ "M-01: empty lines", IN("250-\r\n250-\r\n250\r\n"), DONE, 250, 0, 0 },
	{ "M-05: bare LF", IN("250-a\n250 b\n"), DONE, 250, 0, 0 },
	{ "M-05: mixed ends", IN("250-a\r\n250-b\n250 c\r\n"), DONE, 250, 0,
	    0 },
	{ "M-05: bare CR", IN("250 a\rb\r\n"), BAD, 0, 0, 2 },
	{ "M-05: CR CR LF", IN("250 a\r\r\n"), BAD, 0, 0, 1 },
	{ "M-05: CR is no end", IN("250 a\r250 b\r\n"), BAD, 0, 0, 6 },
	{ "NUL", IN("250 a\0\r\n"), BAD, 0, 0, 2 },
	{ "NUL in the code", IN("2\00050\r\n"), BAD, 0, 0, 4 },
	{ "M-02: codes differ", IN("250-a\r\n550 b\r\n"), BAD, 0, 0, 0 },
	{ "M-02: codes differ, same class", IN("250-a\r\n251 b\r\n"), BAD, 0, 0,
	    0 },
	{ "M-03: 299", IN("299 a\r\n"), DONE, 299, 0, 0 },
	{ "M-03: 459", IN("459 a\r\n"), DONE, 459, 0, 0 },
	{ "M-03: 599", IN("599 a\r\n"), DONE, 599, 0, 0 },
	{ "M-03: 199", IN("199 a\r\n"), BAD, 0, 0, 0 },
	{ "M-03: 600", IN("600 a\r\n"), BAD, 0, 0, 0 },
	{ "M-03: 999", IN("999 a\r\n"), BAD, 0, 0, 0 },
	{ "M-03: 000", IN("000 a\r\n"), BAD, 0, 0, 0 },
	{ "two digits", IN("25\r\n"), BAD, 0, 0, 0 },
	{ "two digits, blank", IN("25 a\r\n"), BAD, 0, 0, 0 },
	{ "four digits", IN("2500 a\r\n"), BAD, 0, 0, 0 },
	{ "empty line", IN("\r\n"), BAD, 0, 0, 0 },
	{ "empty line, LF", IN("\n250 a\r\n"), BAD, 0, 0, 7 },
	{ "blank first", IN(" 250 a\r\n"), BAD, 0, 0, 0 },
	{ "plus", IN("+50 a\r\n"), BAD, 0, 0, 0 },
	{ "no blank behind the code", IN("250a\r\n"), BAD, 0, 0, 0 },
	{ "tab behind the code", IN("250\ta\r\n"), BAD, 0, 0, 0 },
	{ "8-bit text", IN("250 \303\274\r\n"), DONE, 250, 0, 0 },
	{ "not SMTP", IN("HTTP/1.1 400 Bad Request\r\n"), BAD, 0, 0, 0 },
	/* --- not all there --- */
	{ "nothing", IN(""), MORE, 0, 0, 0 },
	{ "no end", IN("250 a"), MORE, 0, 0, 0 },
	{ "CR, no LF", IN("250 a\r"), MORE, 0, 0, 0 },
	{ "more lines to come", IN("250-a\r\n"), MORE, 250, 0, 0 },
	{ "more, without text", IN("250-\r\n250-"), MORE, 250, 0, 0 },
	/* --- what comes behind (M-15) --- */
	{ "M-15: another reply", IN("220 go\r\n250 x\r\n"), DONE, 220, 0, 7 },
	{ "M-15: fragment", IN("220 go\r\n250-REQ"), DONE, 220, 0, 7 },
	{ "M-15: one octet", IN("220 go\r\n\n"), DONE, 220, 0, 1 },
	{ "M-15: LF, then CR LF", IN("220 go\n\r\n"), DONE, 220, 0, 2 },
	/* --- keywords --- */
	{ "M-08", IN("250-mx.test\r\n250 STARTTLS\r\n"), DONE, 250, TLS, 0 },
	{ "M-08: case", IN("250-mx.test\r\n250-startTLS\r\n250 requireTls\r\n"),
	    DONE, 250, TLS | RTLS, 0 },
	{ "M-08: parameter", IN("250-mx.test\r\n250 STARTTLS foo\r\n"), DONE,
	    250, TLS, 0 },
	{ "M-08: the first line is a name", IN("250 STARTTLS\r\n"), DONE, 250,
	    0, 0 },
	{ "M-08: so is it with more", IN("250-STARTTLS\r\n250 SIZE\r\n"), DONE,
	    250, 0, 0 },
	{ "M-08: first token only", IN("250-a\r\n250 AUTH STARTTLS\r\n"), DONE,
	    250, 0, 0 },
	{ "M-08: whole token", IN("250-a\r\n250-STARTTLSX\r\n250 STARTTL\r\n"),
	    DONE, 250, 0, 0 },
	{ "M-08: blank in front", IN("250-a\r\n250   STARTTLS\r\n"), DONE, 250,
	    TLS, 0 },
	{ "M-19: mangled", IN("250-a\r\n250 XXXXXXXA\r\n"), DONE, 250, 0, 0 },
	{ "no keyword at all", IN("250-a\r\n250-\r\n250\r\n"), DONE, 250, 0,
	    0 },
};

struct outcome {
	enum sg_smtp_status status;
	size_t used;
	struct sg_smtp_reply reply;
};

/* In two pieces, each of its own allocation, for the sanitizer. */
static void
feed(struct outcome *out, const char *data, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	size_t used;

	memcpy(copy, data, len);
	out->status = sg_smtp_reply_feed(&out->reply, copy, len, &used);
	ck_assert_uint_le(used, len);
	ck_assert(out->status != MORE || used == len);
	out->used += used;
	free(copy);
}

static void
read_cut(struct outcome *out, const char *in, size_t len, size_t cut)
{
	out->used = 0;
	sg_smtp_reply_init(&out->reply);
	feed(out, in, cut);
	feed(out, in + cut, len - cut);
}

static void
check(const struct outcome *out, size_t i, size_t cut)
{
	ck_assert_msg(out->status == table[i].want,
	    "%s (cut at %zu): got %d (%s), want %d", table[i].name, cut,
	    out->status, out->reply.fault != NULL ? out->reply.fault : "-",
	    table[i].want);
	ck_assert_msg(table[i].len - out->used == table[i].rest,
	    "%s (cut at %zu): got %zu octets behind it, want %zu",
	    table[i].name, cut, table[i].len - out->used, table[i].rest);
	ck_assert((out->status == BAD) == (out->reply.fault != NULL));
	if (table[i].want == BAD)
		return;
	ck_assert_msg(out->reply.code == table[i].code &&
	    out->reply.keywords == table[i].keywords,
	    "%s (cut at %zu): got %u %#x, want %u %#x", table[i].name, cut,
	    out->reply.code, out->reply.keywords, table[i].code,
	    table[i].keywords);
}

START_TEST(replies)
{
	static struct outcome out;

	for (size_t cut = 0; cut <= table[_i].len; cut++) {
		read_cut(&out, table[_i].in, table[_i].len, cut);
		check(&out, (size_t)_i, cut);
	}
	out.used = 0;
	sg_smtp_reply_init(&out.reply);
	for (size_t k = 0; k < table[_i].len; k++)
		feed(&out, table[_i].in + k, 1);
	if (table[_i].len > 0)
		check(&out, (size_t)_i, table[_i].len);
}
END_TEST

/* Octets of a line with its end, lines, lines in all. */
static const struct {
	const char *name;
	size_t line, lines;
	const char *end;
	enum sg_smtp_status want;
} bounds[] = {
	{ "M-04: line of 2048", 2048, 1, "\r\n", DONE },
	{ "M-04: line of 2049", 2049, 1, "\r\n", BAD },
	{ "M-04: line of 2048, LF", 2048, 1, "\n", DONE },
	{ "M-04: line of 2049, LF", 2049, 1, "\n", BAD },
	{ "M-04: line of 1 MB", 1048576, 1, "\r\n", BAD },
	{ "M-04: 128 lines", 10, 128, "\r\n", DONE },
	{ "M-04: 129 lines", 10, 129, "\r\n", BAD },
	{ "M-04: 100,000 lines", 6, 100000, "\r\n", BAD },
	{ "M-04: 32 KB", 2048, 16, "\r\n", DONE },
	{ "M-04: more than 32 KB", 2048, 17, "\r\n", BAD },
	{ "M-04: 32 KB in short lines", 256, 128, "\n", DONE },
	{ "M-04: a little more", 257, 128, "\n", BAD },
};

static char *
make_lines(size_t line, size_t lines, const char *end)
{
	char *text = malloc(line * lines);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < lines; i++) {
		char *p = text + i * line;

		memset(p, 'a', line);
		memcpy(p, i + 1 < lines ? "250-" : "250 ", 4);
		memcpy(p + line - strlen(end), end, strlen(end));
	}
	return (text);
}

START_TEST(bounded)
{
	static struct outcome out;
	size_t len = bounds[_i].line * bounds[_i].lines;
	char *text = make_lines(bounds[_i].line, bounds[_i].lines,
	    bounds[_i].end);

	read_cut(&out, text, len, len / 2);
	ck_assert_msg(out.status == bounds[_i].want, "%s: got %d (%s)",
	    bounds[_i].name, out.status,
	    out.reply.fault != NULL ? out.reply.fault : "-");
	ck_assert_uint_le(out.used, SG_SMTP_REPLY_MAX + 1);
	free(text);
}
END_TEST

START_TEST(first_text)
{
	static struct outcome out;
	static const char in[] = "554-No \033[1mservice\r\n554 here\r\n";

	read_cut(&out, in, sizeof(in) - 1, 5);
	ck_assert_str_eq(out.reply.text, "No \033[1mservice");
	ck_assert_uint_eq(out.reply.text_len, strlen(out.reply.text));
}
END_TEST

/* Once it is over nothing more is taken. */
START_TEST(over)
{
	static struct outcome out;

	read_cut(&out, "250 a\r\n250 b\r\n", 14, 7);
	ck_assert_int_eq(out.status, DONE);
	ck_assert_uint_eq(out.used, 7);
	read_cut(&out, "999 a\r\n250 b\r\n", 14, 7);
	ck_assert_int_eq(out.status, BAD);
	ck_assert_uint_eq(out.used, 7);
}
END_TEST

/* --- mutations ---------------------------------------------------------- */

#define MUTATIONS 200000
#define MUTANT_MAX 256

static size_t
mutate(char *data, size_t len)
{
	static const char spice[] = "\r\n\0- 2459STARTLSQU\377";
	size_t at;

	for (long k = random() % 5; k >= 0; k--) {
		at = len > 0 ? (size_t)random() % len : 0;
		switch (random() % 3) {
		case 0:
			if (len > 0)
				data[at] = spice[(size_t)random() %
				    (sizeof(spice) - 1)];
			break;
		case 1:
			len = at;
			break;
		default:
			if (len + 1 >= MUTANT_MAX)
				break;
			memmove(data + at + 1, data + at, len - at);
			data[at] = (char)random();
			len++;
		}
	}
	return (len);
}

/* However it is cut, it means the same; and what is DONE keeps the rules. */
START_TEST(mutations)
{
	static struct outcome one, two;
	char data[MUTANT_MAX];
	size_t len;

	srandom(5321);
	for (int i = 0; i < MUTATIONS; i++) {
		size_t row = (size_t)random() %
		    (sizeof(table) / sizeof(table[0]));

		memcpy(data, table[row].in, table[row].len);
		len = mutate(data, table[row].len);
		read_cut(&one, data, len, 0);
		read_cut(&two, data, len, len > 0 ? (size_t)random() % len : 0);
		ck_assert_int_eq(one.status, two.status);
		ck_assert_uint_eq(one.used, two.used);
		ck_assert_uint_eq(one.reply.code, two.reply.code);
		ck_assert_uint_eq(one.reply.keywords, two.reply.keywords);
		if (one.status != DONE)
			continue;
		ck_assert_uint_ge(one.reply.code, 200);
		ck_assert_uint_le(one.reply.code, 599);
		ck_assert(data[one.used - 1] == '\n');
		ck_assert_ptr_null(memchr(data, '\0', one.used));
	}
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *suite = suite_create("smtp_reply");
	TCase *tc = tcase_create("smtp_reply");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, replies, 0, N(table));
	tcase_add_loop_test(tc, bounded, 0, N(bounds));
	tcase_add_test(tc, first_text);
	tcase_add_test(tc, over);
	tcase_add_test(tc, mutations);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
