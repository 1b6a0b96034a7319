/* SPDX-License-Identifier: ISC */
/*
 * test_mutate.c - does any text bring the reader down? 20,000 configurations
 * that were broken at random, always in the same way (the seed is fixed, or
 * STSGATE_SEED), for the sanitizers to look at. What is accepted must be
 * accepted again from its own text, and what is refused must say why.
 */
#include "config_help.h"
#include <check.h>

#define RUNS 20000
#define BATCHES 20

static const char *const samples[] = {
	"milter_socket = \"inet:8890@127.0.0.1\"\nworkers = 3;\n"
	"own_hosts = [\"relay.test\", \"b.test\"]\n"
	"allow_networks = (\"10.0.0.0/8\", \"2001:db8::/32\")\n"
	"dns = { servers = [\"127.0.0.53@5353\"] trust_anchor_file = \"\" "
	"insecure_zones = [\"x.test\"] }\n# remark\n"
	"limits = { cold_per_sender = \"300/m\" cold_total = \"200/s\" }\n"
	"probe = { enable = true helo = \"\" good_for = \"6h\" }\n",
	"dns = { trust_anchor_file = \"\" }\n"
	"recipients = ( { match = \".mil.test\" require = \"secure\" "
	"until = \"2027-03-31\" note = \"a\" \"b\" } )\n/* remark */\n"
	"groups = (\n  { name = \"finance\"\n"
	"    sender = [\"@a.test\", \"ceo@a.test\", \"@.b.test\", \"<>\"]\n"
	"    login = [\"pay[a-z]*\"]\n    client = [\"10.1.0.0/16\"]\n"
	"    on_fail = \"reject\" on_unknown = \"defer\" unknown_window = "
	"\"4h\" dry_run = false\n    recipients = ( { match = \"p.test\" } ) "
	"},\n  { name = \"default\" require = \"published\" } )\n",
};

static const char *const pieces[] = { "\"", "{", "}", "(", ")", "[", "]",
	"/*", "*/", "//", "#", "\n", "=", ",", ";", "\\", "@include \"x\"\n",
	"4294967297", "-1", "1.5", "true", "\"\"", "\xff", "\xc3\xbc", "\x01",
	"{ }", "( )", "@", "/", ".", "default", "name", "99999999999d" };

/* libconfig 1.5 forgets the string that stood before a syntax error. The other
   tests of this room run without this exception. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* xorshift; the library's generators differ from system to system. */
static uint64_t state;

static size_t
below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % n);
}

/* Replaces `cut' bytes at a random place by text. */
static void
splice(char *buf, size_t size, const char *text, size_t len, size_t cut)
{
	size_t n = strlen(buf), at = below(n + 1);

	if (cut > n - at)
		cut = n - at;
	if (n - cut + len >= size)
		return;
	memmove(buf + at + len, buf + at + cut, n - at - cut + 1);
	memcpy(buf + at, text, len);
}

static void
mutate(char *buf, size_t size)
{
	const char *piece = pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
	char byte = (char)(1 + below(255)), part[64];
	size_t n = strlen(buf), from;

	switch (below(5)) {
	case 0:
		splice(buf, size, &byte, 1, 1);
		break;
	case 1:
		splice(buf, size, piece, strlen(piece), below(4));
		break;
	case 2:
		splice(buf, size, "", 0, 1 + below(20));
		break;
	case 3: /* double a part of itself */
		from = below(n + 1);
		n = n - from < sizeof(part) ? n - from : below(sizeof(part));
		memcpy(part, buf + from, n);
		splice(buf, size, part, n, 0);
		break;
	default:
		buf[below(n + 1)] = '\0';
	}
}

static void
try(const char *text)
{
	struct sg_config_errors errors = { 0, NULL };
	struct sg_config *c, *again;
	char *dump, *dump2;

	if (sg_config_parse(text, "m", &c, &errors) != SG_OK) {
		ck_assert_msg(c == NULL && errors.n > 0, "silent: %s", text);
		sg_config_errors_fini(&errors);
		return;
	}
	ck_assert_msg(errors.n == 0, "both: %s", text);
	ck_assert_msg(sg_config_parse(c->text, "m", &again, &errors) == SG_OK,
	    "not again: %s", text);
	dump = help_dump(c);
	dump2 = help_dump(again);
	ck_assert_str_eq(dump, dump2);
	free(dump);
	free(dump2);
	sg_config_unref(&c);
	sg_config_unref(&again);
}

START_TEST(mutations)
{
	const char *seed = getenv("STSGATE_SEED");
	char buf[4096];
	int run, i;

	state = (seed != NULL ? strtoull(seed, NULL, 10) : 20261124) *
	    2654435761u + (uint64_t)_i * 7919 + 1;
	for (run = 0; run < RUNS / BATCHES; run++) {
		snprintf(buf, sizeof(buf), "%s", samples[below(2)]);
		for (i = (int)below(6); i >= 0; i--)
			mutate(buf, sizeof(buf));
		try(buf);
	}
}
END_TEST

/* Deep nesting is libconfig's to refuse, and ours to survive. */
START_TEST(deep)
{
	static const char *const opens[] = { "{a=", "(", "[" };
	size_t i, n = 100000, len = strlen(opens[_i]);
	char *text = malloc(n * len + 3);

	memcpy(text, "a=", 2);
	for (i = 0; i < n; i++)
		memcpy(text + 2 + i * len, opens[_i], len);
	text[2 + n * len] = '\0';
	try(text);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config: mutations");
	TCase *t = tcase_create("mutations");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, mutations, 0, BATCHES);
	tcase_add_loop_test(t, deep, 0, 3);
	tcase_set_timeout(t, 300);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
