/* SPDX-License-Identifier: ISC */
/*
 * test_netstring.c - frames as they may come from anybody who can connect
 * (THREATS 2.6, T24). Each is read from a buffer of just its size, and at
 * every length short of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstring.h"

#define MAX 10000
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *in;
	enum sg_rc rc;
	const char *data; /* if SG_OK */
} rows[] = {
	{ "0:,", SG_OK, "" },
	{ "1:a,", SG_OK, "a" },
	{ "5:hello,", SG_OK, "hello" },
	{ "12:hello world!,", SG_OK, "hello world!" },
	{ "3:1:a,", SG_OK, "1:a" },
	{ "1:,,", SG_OK, "," },
	{ "1::,", SG_OK, ":" },
	{ "9:postfix a,", SG_OK, "postfix a" },
	/* more behind it is the next one's */
	{ "1:a,1:b,", SG_OK, "a" },
	{ "1:a,garbage", SG_OK, "a" },
	{ "0:,,", SG_OK, "" },
	{ "2:a,,x", SG_OK, "a," },
	/* not there yet */
	{ "", SG_NONE, NULL },
	{ "0", SG_NONE, NULL },
	{ "0:", SG_NONE, NULL },
	{ "1", SG_NONE, NULL },
	{ "12", SG_NONE, NULL },
	{ "9999", SG_NONE, NULL },
	{ "10000", SG_NONE, NULL },
	{ "10000:", SG_NONE, NULL },
	{ "1:", SG_NONE, NULL },
	{ "1:a", SG_NONE, NULL },
	{ "5:hell", SG_NONE, NULL },
	{ "5:hello", SG_NONE, NULL },
	/* leading zeros */
	{ "00:,", SG_BAD, NULL },
	{ "00", SG_BAD, NULL },
	{ "01:a,", SG_BAD, NULL },
	{ "01", SG_BAD, NULL },
	{ "0000000001:a,", SG_BAD, NULL },
	{ "000000000000000000000000000000", SG_BAD, NULL },
	/* too long, said with the digit that makes it so */
	{ "10001", SG_BAD, NULL },
	{ "10001:", SG_BAD, NULL },
	{ "99999", SG_BAD, NULL },
	{ "100000", SG_BAD, NULL },
	{ "2147483647:", SG_BAD, NULL },
	{ "2147483648:", SG_BAD, NULL },
	{ "2147483649:a,", SG_BAD, NULL },
	{ "4294967295:", SG_BAD, NULL },
	{ "4294967296:", SG_BAD, NULL },
	{ "4294967297:a,", SG_BAD, NULL },
	{ "9223372036854775807:", SG_BAD, NULL },
	{ "9223372036854775808:", SG_BAD, NULL },
	{ "18446744073709551615:", SG_BAD, NULL },
	{ "18446744073709551616:", SG_BAD, NULL },
	{ "18446744073709551617:a,", SG_BAD, NULL },
	{ "99999999999999999999999999999999999999999:", SG_BAD, NULL },
	/* no number */
	{ ":", SG_BAD, NULL },
	{ ":,", SG_BAD, NULL },
	{ ":a,", SG_BAD, NULL },
	{ ",", SG_BAD, NULL },
	{ "a", SG_BAD, NULL },
	{ "a:a,", SG_BAD, NULL },
	{ "-1:a,", SG_BAD, NULL },
	{ "-0:,", SG_BAD, NULL },
	{ "+1:a,", SG_BAD, NULL },
	{ " 1:a,", SG_BAD, NULL },
	{ "1 :a,", SG_BAD, NULL },
	{ "1\t:a,", SG_BAD, NULL },
	{ "1\n:a,", SG_BAD, NULL },
	{ "\n1:a,", SG_BAD, NULL },
	{ "1.0:a,", SG_BAD, NULL },
	{ "1e1:a,", SG_BAD, NULL },
	{ "0x1:a,", SG_BAD, NULL },
	{ "0b1:a,", SG_BAD, NULL },
	{ "1_0:a,", SG_BAD, NULL },
	{ "1,000:a,", SG_BAD, NULL },
	{ "\xd9\xa1:a,", SG_BAD, NULL },      /* Arabic-Indic digit one */
	{ "\xef\xbc\x91:a,", SG_BAD, NULL },  /* full-width digit one */
	{ "\xb2:aa,", SG_BAD, NULL },         /* superscript two */
	{ "1;a,", SG_BAD, NULL },
	{ "1=a,", SG_BAD, NULL },
	{ "1a,", SG_BAD, NULL },
	{ "1,a", SG_BAD, NULL },
	/* no comma where it belongs */
	{ "1:ab,", SG_BAD, NULL },
	{ "1:aa", SG_BAD, NULL },
	{ "0:a", SG_BAD, NULL },
	{ "0:a,", SG_BAD, NULL },
	{ "2:a,;x", SG_BAD, NULL },
	{ "5:hello;", SG_BAD, NULL },
	{ "5:hello\n", SG_BAD, NULL },
	{ "5:hello.", SG_BAD, NULL },
	{ "4:hello,", SG_BAD, NULL },
	{ "6:hello,;,", SG_BAD, NULL },
	/* other protocols */
	{ "GET / HTTP/1.1\r\n\r\n", SG_BAD, NULL },
	{ "EHLO x\r\n", SG_BAD, NULL },
	{ "\x16\x03\x01", SG_BAD, NULL },
	{ "{\"map\":\"postfix\"}", SG_BAD, NULL },
	{ "get good.test\n", SG_BAD, NULL },
	{ "*1\r\n$4\r\nPING\r\n", SG_BAD, NULL },
};

/* From a buffer of just that size, so that a sanitizer sees a step beyond. */
static enum sg_rc
read_exactly(const char *in, size_t len, struct sg_netstring *out,
    char *data, size_t size)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum sg_rc rc;

	memcpy(copy, in, len);
	rc = sg_netstring_read(copy, len, MAX, out);
	if (rc == SG_OK) {
		ck_assert(out->len < size);
		ck_assert(out->size <= len);
		memcpy(data, out->data, out->len);
		data[out->len] = '\0';
	}
	free(copy);
	return rc;
}

START_TEST(test_row)
{
	size_t len = strlen(rows[_i].in);
	struct sg_netstring got;
	char data[64];
	enum sg_rc rc = read_exactly(rows[_i].in, len, &got, data,
	    sizeof(data));

	ck_assert_msg(rc == rows[_i].rc, "%s: got %d; want %d", rows[_i].in,
	    rc, rows[_i].rc);
	if (rc == SG_OK)
		ck_assert_str_eq(data, rows[_i].data);
}
END_TEST

/* What is cut short is not there yet, or bad already; never whole before its
   comma, and never good again when it was bad. */
START_TEST(test_prefixes)
{
	size_t len = strlen(rows[_i].in);
	enum sg_rc before = SG_NONE, rc;
	struct sg_netstring got;
	char data[64];

	for (size_t n = 0; n <= len; n++) {
		rc = read_exactly(rows[_i].in, n, &got, data, sizeof(data));
		if (before == SG_BAD)
			ck_assert_int_eq(rc, SG_BAD);
		if (before == SG_OK)
			ck_assert_int_eq(rc, SG_OK);
		if (rc == SG_OK && before != SG_OK)
			ck_assert_int_eq(rows[_i].in[n - 1], ',');
		before = rc;
	}
}
END_TEST

START_TEST(test_nul_is_data)
{
	struct sg_netstring got;
	char data[8];

	ck_assert_int_eq(read_exactly("3:a\0b,", 6, &got, data, sizeof(data)),
	    SG_OK);
	ck_assert_int_eq(got.len, 3);
	ck_assert_mem_eq(data, "a\0b", 3);
	ck_assert_int_eq(read_exactly("1\0:a,", 5, &got, data, sizeof(data)),
	    SG_BAD);
}
END_TEST

START_TEST(test_the_longest)
{
	char *buf = malloc(MAX + 8);
	struct sg_netstring got;

	memcpy(buf, "10000:", 6);
	memset(buf + 6, 'x', MAX);
	buf[6 + MAX] = ',';
	ck_assert_int_eq(sg_netstring_read(buf, MAX + 6, MAX, &got), SG_NONE);
	ck_assert_int_eq(sg_netstring_read(buf, MAX + 7, MAX, &got), SG_OK);
	ck_assert_int_eq(got.len, MAX);
	ck_assert_int_eq(got.size, MAX + 7);
	free(buf);
}
END_TEST

START_TEST(test_wrap)
{
	static const size_t lens[] = { 0, 1, 9, 10, 99, 100, 9999, 100000 };
	size_t len = lens[_i], size;
	char *room = malloc(SG_NETSTRING_HEAD + len + 1), *begin;
	struct sg_netstring got;

	memset(room + SG_NETSTRING_HEAD, 'y', len);
	begin = sg_netstring_wrap(room + SG_NETSTRING_HEAD, len, &size);
	ck_assert(begin >= room);
	ck_assert_int_eq(sg_netstring_read(begin, size, 100000, &got), SG_OK);
	ck_assert_int_eq(got.len, len);
	ck_assert_int_eq(got.size, size);
	free(room);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("netstring");
	TCase *t = tcase_create("netstring");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_row, 0, N(rows));
	tcase_add_loop_test(t, test_prefixes, 0, N(rows));
	tcase_add_test(t, test_nul_is_data);
	tcase_add_test(t, test_the_longest);
	tcase_add_loop_test(t, test_wrap, 0, 8);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
