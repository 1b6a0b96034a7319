/* SPDX-License-Identifier: ISC */
/*
 * test_floor.c - a map's name that says the least level (postfix+secure): for
 * the transports that marked mail goes by (groups.route_tag; THREATS T25).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapreply.h"
#include "support/fake_worker.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define NOBODY "OK secure match=no-mx-host-is-vouched-for.invalid " \
    "servername=hostname"
#define POLICY(mode) "version: STSv1\nmode: " mode "\nmx: mx.good.test\n" \
    "max_age: 86400\n"

enum tlsa { NO_TLSA, ONE_OF_TWO, BOTH, FAILED };

static const struct {
	const char *name, *map, *policy;
	bool secure_mx;
	enum tlsa tlsa;
	const char *rules, *want;
} rows[] = {
	{ "no floor", "postfix", NULL, false, NO_TLSA, "", "NOTFOUND " },
	{ "encrypt", "postfix+encrypt", NULL, false, NO_TLSA, "",
	    "OK encrypt" },
	{ "verify", "postfix+verify", NULL, false, NO_TLSA, "",
	    "OK verify match=hostname servername=hostname" },
	{ "secure, and nobody vouches", "postfix+secure", NULL, false, NO_TLSA,
	    "", NOBODY },
	{ "secure, and DNSSEC vouches", "postfix+secure", NULL, true, NO_TLSA,
	    "", "OK secure match=mx.good.test:mx2.good.test "
		"servername=hostname" },
	{ "secure, and a testing policy vouches", "postfix+secure",
	    POLICY("testing"), false, NO_TLSA, "",
	    "OK secure match=mx.good.test servername=hostname" },
	{ "what is published is more", "postfix+encrypt", POLICY("enforce"),
	    false, NO_TLSA, "",
	    "OK secure match=mx.good.test servername=hostname" },
	{ "TLSA at one host only, no floor", "postfix", NULL, true, ONE_OF_TWO,
	    "", "OK dane" },
	{ "TLSA at one host only: the other must not go below",
	    "postfix+encrypt", NULL, true, ONE_OF_TWO, "", "OK dane-only" },
	{ "TLSA at both", "postfix+secure", NULL, true, BOTH, "",
	    "OK dane-only" },
	{ "dane", "postfix+dane", NULL, true, NO_TLSA, "", "OK dane-only" },
	{ "TLSA could not be looked up", "postfix+secure", NULL, true, FAILED,
	    "", "TEMP good.test: dns-error" },
	{ "a global rule that asks for more", "postfix+encrypt", NULL, false,
	    NO_TLSA, "recipients = ( { match = \"good.test\" "
		"require = \"verify\" } )\n",
	    "OK verify match=hostname servername=hostname" },
	{ "an exemption for all is not one from the group's own entry",
	    "postfix+encrypt", NULL, false, NO_TLSA,
	    "recipients = ( { match = \"good.test\" require = \"none\" } )\n",
	    "OK encrypt" },
	{ "an exemption, and no floor", "postfix", POLICY("enforce"), false,
	    NO_TLSA, "recipients = ( { match = \"good.test\" "
		"require = \"none\" } )\n", "NOTFOUND " },
	{ "with reports", "postfix-tlsrpt+encrypt", NULL, false, NO_TLSA, "",
	    "OK encrypt" },
};

/* Two MX hosts. */
static struct sg_facts *
facts_of(const struct sg_nexthop *hop, const char *policy, bool secure_mx,
    enum tlsa tlsa)
{
	struct sg_facts *f = learnt_facts(hop, "1", policy, "mx.good.test");

	ck_assert_int_eq(sg_facts_set_mx(f, 2), SG_OK);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(f->mx[i].host, sizeof(f->mx[i].host), "mx%s.good.test",
		    i == 0 ? "" : "2");
		f->mx[i].preference = (uint16_t)(10 + i);
	}
	f->mx_dnssec = secure_mx ? SG_DNSSEC_SECURE : SG_DNSSEC_INSECURE;
	for (int i = 0; i < 2; i++) {
		f->mx[i].addrs = SG_ADDR_OK;
		f->mx[i].tlsa = tlsa == FAILED ? SG_TLSA_ERROR
		    : tlsa == BOTH || (tlsa == ONE_OF_TWO && i == 0)
		        ? SG_TLSA_USABLE : SG_TLSA_NONE;
	}
	return f;
}

START_TEST(test_floor)
{
	struct sg_config_errors errors = { 0 };
	struct sg_map_request q;
	struct sg_map_answer a;
	struct sg_map_params p = { .hop = &q.hop, .now = sg_wall_now() };
	struct sg_config *config = NULL;
	struct sg_facts *f;
	char text[400], *out = malloc(SG_MAPREPLY_MAX);
	size_t n;

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n%s",
	    rows[_i].rules);
	ck_assert_int_eq(sg_config_parse(text, "test", &config, &errors),
	    SG_OK);
	snprintf(text, sizeof(text), "%s good.test", rows[_i].map);
	ck_assert_int_eq(sg_map_request_parse(text, strlen(text), &q), SG_OK);
	f = facts_of(&q.hop, rows[_i].policy, rows[_i].secure_mx,
	    rows[_i].tlsa);
	p.config = config;
	p.facts = f;
	p.floor = q.floor;
	sg_decide_map(&p, &a);
	n = sg_mapreply_write(q.dialect, &a, &q.hop, out, SG_MAPREPLY_MAX);
	ck_assert_msg(n == strlen(rows[_i].want) &&
	    memcmp(out, rows[_i].want, n) == 0, "%s: got \"%.*s\", want "
	    "\"%s\"", rows[_i].name, (int)n, out, rows[_i].want);
	free(out);
	sg_facts_unref(&f);
	sg_config_unref(&config);
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = { "postfix+ a", "postfix+none a",
		"postfix+secured a", "postfix+secur a", "postfix+secure+dane a",
		"+secure a", "postfix+Secure a", "postfixsecure a",
		"postfix secure", "postfix+secure" };
	struct sg_map_request q;

	for (size_t i = 0; i < N(bad); i++)
		ck_assert_msg(sg_map_request_parse(bad[i], strlen(bad[i]),
		    &q) == SG_BAD || (strcmp(bad[i], "postfix secure") == 0 &&
		    q.floor == SG_LEVEL_NONE), "%s", bad[i]);
	ck_assert_int_eq(sg_map_request_parse("sts+verify a.test", 17, &q),
	    SG_OK);
	ck_assert_int_eq(q.dialect, SG_DIALECT_STS);
	ck_assert_int_eq(q.floor, SG_LEVEL_VERIFY);
	/* a '+' of the key is none of the name */
	ck_assert_int_ne(sg_map_request_parse("postfix a+dane.test", 19, &q),
	    SG_BAD);
	ck_assert_int_eq(q.floor, SG_LEVEL_NONE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("floor");
	TCase *t = tcase_create("floor");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_floor, 0, N(rows));
	tcase_add_test(t, test_names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
