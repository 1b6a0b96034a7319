/* SPDX-License-Identifier: ISC */
/*
 * test_enough.c - which facts answer who asks: what was probed and refused,
 * what a probe would still tell, what is too old (THREATS T9, STANDARDS N-08,
 * M-18, RFC 8689).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/enough.h"

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))
#define NOW 1795000000

/* One word a host: what the probe said (. untested, o OK, f failed, u
   unreachable), REQUIRETLS (n no, y offered, ? unasked), its addresses (o OK,
   ? unasked, n none, e error, b bogus, s special-use), its preference, and *
   if it is we. */
static void
set_host(struct sg_facts_mx *mx, const char *word)
{
	static const char states[] = ".ofu", tls[] = "ny?", addrs[] = "?onebs";

	mx->probe.state =
	    (enum sg_probe_state)(strchr(states, word[0]) - states);
	mx->probe.requiretls =
	    (enum sg_requiretls)(strchr(tls, word[1]) - tls);
	mx->addrs = (enum sg_addr_state)(strchr(addrs, word[2]) - addrs);
	mx->preference = (uint16_t)(word[3] - '0');
	mx->is_self = word[4] == '*';
}

/* NULL: nothing is known. */
static struct sg_facts *
facts_of(const char *hosts)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_facts *f;
	unsigned n = 0;

	if (hosts == NULL)
		return NULL;
	f = sg_facts_new(&hop);
	ck_assert_ptr_nonnull(f);
	for (const char *s = hosts; *s != '\0'; s += strcspn(s, " "))
		s += strspn(s, " "), n++;
	ck_assert_int_eq(sg_facts_set_mx(f, n), SG_OK);
	n = 0;
	for (const char *s = hosts; *s != '\0'; s += strcspn(s, " ")) {
		s += strspn(s, " ");
		set_host(&f->mx[n++], s);
	}
	return f;
}

/* Of want: p, it was probed; r, a host refused; d, a probe would tell what is
   demanded; w, whether REQUIRETLS is offered. */
static const struct {
	const char *name, *hosts, *want;
} rows[] = {
	{ "nothing is known", NULL, "" },
	{ "no hosts", "", "" },
	{ "one, untested", ".no1", "d" },
	{ "one, OK", "oyo1", "p" },
	{ "M-18 one failed", "fno1", "pr" },
	{ "M-18 one unreachable", "uno1", "pr" },
	{ "M-18 the second failed", "oyo1 fno2", "pr" },
	{ "M-18 the second unreachable", "oyo1 uno2", "pr" },
	{ "M-18 the first failed", "fno1 oyo2", "pr" },
	{ "the first untested, the second OK", ".no1 oyo2", "p" },
	{ "the first OK, the second untested", "oyo1 .no2", "p" },
	{ "8689 one OK, not asked", "o?o1", "pw" },
	{ "8689 the second was not asked", "oyo1 o?o2", "pw" },
	{ "8689 it does not offer", "ono1", "p" },
	{ "8689 it failed: nobody asks", "f?o1", "pr" },
	{ "8689 untested: nobody asks", ".?o1", "d" },
	{ "8689 unreachable: nobody asks", "u?o1", "pr" },
	{ "its addresses were not asked for", ".n?1", "d" },
	{ "it has none", ".nn1", "" },
	{ "they could not be looked up", ".ne1", "" },
	{ "they are bogus", ".nb1", "" },
	{ "T10 they are for special use", ".ns1", "" },
	{ "the second has some", ".nn1 .no2", "d" },
	{ "the first has some", ".no1 .ns2", "d" },
	{ "N-08 it is we", ".no1*", "" },
	{ "N-08 it is behind us", ".no1* .no2", "" },
	{ "N-08 it is behind us, in the list before us", ".no2 .no1*", "" },
	{ "N-08 it is of our preference", ".no1 .no1*", "" },
	{ "N-08 it is of our preference, behind us", ".no1* .no1", "" },
	{ "N-08 it is before us", ".no1 .no2*", "d" },
	{ "N-08 it is before us, the other behind", ".no1 .no2* .no3", "d" },
	{ "N-08 of three all are behind us", ".no2 .no3 .no1*", "" },
};

START_TEST(test_rows)
{
	struct sg_facts *f = facts_of(rows[_i].hosts);
	bool probed = sg_enough_was_probed(f);
	bool refused = sg_enough_was_refused(f);
	bool demand = sg_enough_lacks_probe(f, true, false);
	bool whole = sg_enough_lacks_probe(f, false, true);
	char got[5];

	(void)snprintf(got, sizeof(got), "%s%s%s%s", probed ? "p" : "",
	    refused ? "r" : "", demand ? "d" : "", whole ? "w" : "");
	ck_assert_msg(strcmp(got, rows[_i].want) == 0,
	    "%s: got \"%s\", want \"%s\"", rows[_i].name, got, rows[_i].want);
	/* Either will do, and who asks for neither lacks none. */
	ck_assert(sg_enough_lacks_probe(f, true, true) == (demand || whole));
	ck_assert(!sg_enough_lacks_probe(f, false, false));
	sg_facts_unref(&f);
}
END_TEST

/* T9: what a clock that has gone back makes of it is not fresh. */
START_TEST(test_fresh_T9)
{
	static const struct {
		int64_t left;
		bool want;
	} r[] = {
		{ -1, false }, { 0, false }, { 1, true }, { 300, true },
		{ SG_FACTS_TTL_MAX_S, true }, { SG_FACTS_TTL_MAX_S + 1, false },
		{ 10 * SG_FACTS_TTL_MAX_S, false },
	};
	struct sg_facts *f = facts_of("oyo1");

	for (int i = 0; i < N(r); i++) {
		f->fresh_until.s = NOW + r[i].left;
		ck_assert_msg(sg_enough_is_fresh(f, (struct sg_wall) { NOW }) ==
		    r[i].want, "%d s left", (int)r[i].left);
	}
	sg_facts_unref(&f);
}
END_TEST

/* An outage of DNS is bridged by a policy in force, and by nothing else. */
START_TEST(test_outage)
{
	static const char text[] = "version: STSv1\nmode: enforce\n"
	    "mx: mx.good.test\nmax_age: 3600\n";
	static const bool failed[] = { [SG_TXT_ERROR] = true,
		[SG_TXT_BOGUS] = true };
	struct sg_facts *f = facts_of("oyo1"), *none = facts_of("oyo1");
	const struct sg_wall now = { NOW }, ended = { NOW + 3600 };

	ck_assert_int_eq(sg_facts_set_policy(f, text, sizeof(text) - 1, "1",
	    now, NULL), SG_OK);
	for (int i = 0; i < N(failed); i++) {
		f->sts.txt.state = (enum sg_txt_state)i;
		none->sts.txt.state = (enum sg_txt_state)i;
		ck_assert(sg_enough_in_outage(f, now) == failed[i]);
		ck_assert(!sg_enough_in_outage(f, ended));
		ck_assert(!sg_enough_in_outage(none, now));
	}
	sg_facts_unref(&f);
	sg_facts_unref(&none);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("enough");
	TCase *t = tcase_create("enough");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, test_rows, 0, N(rows));
	tcase_add_test(t, test_fresh_T9);
	tcase_add_test(t, test_outage);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
