/* SPDX-License-Identifier: ISC */
/*
 * Lines for people: where they are broken, and that they are not where nobody
 * looks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "page.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define RED "\033[31m"
#define END "\033[0m"
#define NAME40 "a-name-that-is-just-40-octets-long.test."

static const struct {
	const char *name;
	unsigned width;
	const char *label, *text, *want;
} lines[] = {
	{ "no terminal: one line", 0, "reply",
	    "550 a long reply that no terminal of sixty columns has room for",
	    "  reply    550 a long reply that no terminal of sixty columns has "
	    "room for\n" },
	{ "it fits", 31, "reply", "twenty columns, look",
	    "  reply    twenty columns, look\n" },
	{ "it does not", 33, "reply", "twenty columns, look at",
	    "  reply    twenty columns, look\n           at\n" },
	{ "just", 34, "reply", "twenty columns, look at",
	    "  reply    twenty columns, look at\n" },
	{ "no label", 40, "", "twenty columns, look at them, and again",
	    "           twenty columns, look at them,\n"
	    "           and again\n" },
	{ "a label of its whole width", 40, "MX    10", "mx.good.test  pass",
	    "  MX    10 mx.good.test  pass\n" },
	{ "a name that does not fit stands alone", 40, "", "but " NAME40
	    " is not", "           but\n           " NAME40
	    "\n           is not\n" },
	{ "one that comes first too", 40, "", NAME40 " is not",
	    "           " NAME40 "\n           is not\n" },
	{ "two blanks stay, and go at the end of a line", 40, "",
	    "mx.good.test  pass and fail  and more",
	    "           mx.good.test  pass and fail\n"
	    "           and more\n" },
	{ "colours take no room", 31, "", RED "twenty" END " columns, "
	    RED "look" END, "           " RED "twenty" END " columns, "
	    RED "look" END "\n" },
	{ "nor do octets that continue a character", 31, "",
	    "zw\xc3\xb6lf acht \xe2\x82\xac zw\xc3\xb6lf",
	    "           zw\xc3\xb6lf acht \xe2\x82\xac zw\xc3\xb6lf\n" },
	{ "narrower than can be: twenty columns all the same", 5, "",
	    "twenty columns, look at", "           twenty columns, look\n"
	    "           at\n" },
	{ "nothing to say", 60, "reply", "", "  reply    \n" },
};

static char *
print(unsigned width, const char *label, const char *text)
{
	struct sg_page page;
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	ck_assert_ptr_nonnull(f);
	sg_page_set(&page, f, false, width);
	sg_page_line(&page, label, "%s", text);
	fclose(f);
	return out;
}

START_TEST(test_lines)
{
	char *got = print(lines[_i].width, lines[_i].label, lines[_i].text);

	ck_assert_msg(strcmp(got, lines[_i].want) == 0,
	    "%s: got\n%swant\n%s", lines[_i].name, got, lines[_i].want);
	free(got);
}
END_TEST

/* Whatever the width, the words are the same and in order. */
START_TEST(test_all_widths)
{
	static const char text[] = "550 5.7.5 forged.test requires verified "
	    "TLS (MTA-STS enforce) but mx.evil.test: mx-mismatch";

	for (unsigned width = 1; width < 200; width++) {
		char *got = print(width, "reply", text), *p = got;
		const char *t = text;

		p += strlen("  reply    ");
		for (; *t != '\0' && *p != '\0'; t++, p++) {
			if (*t == ' ' && *p == '\n')
				p += 11;
			else
				ck_assert_int_eq(*t, *p);
		}
		ck_assert_str_eq(p, "\n");
		ck_assert_int_eq(*t, '\0');
		free(got);
	}
}
END_TEST

/* A file has neither colours nor a width. */
START_TEST(test_file)
{
	struct sg_page page;
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	sg_page_init(&page, f);
	ck_assert_uint_eq(page.width, 0);
	ck_assert_str_eq(page.bad, "");
	ck_assert(!sg_page_wants_colour(f));
	fclose(f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("page");
	TCase *t = tcase_create("page");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_lines, 0, (int)N(lines));
	tcase_add_test(t, test_all_widths);
	tcase_add_test(t, test_file);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
