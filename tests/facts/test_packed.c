/* SPDX-License-Identifier: ISC */
/* test_packed.c - what memory keeps of facts: all of them, and small. */
#include "facts/random_facts.h"

#include "facts/packed.h"

static void
check_packed(const struct sg_facts *f)
{
	struct sg_packed *packed = sg_facts_pack(f);
	struct sg_facts *g = sg_facts_unpack(packed);
	struct sg_packed_life life;
	char key[SG_NEXTHOP_KEY_SIZE];

	ck_assert_ptr_nonnull(packed);
	ck_assert_ptr_nonnull(g);
	same_facts(f, g);
	for (size_t i = 0; f->sts.policy != NULL && i < f->sts.policy->n_mx;
	     i++)
		ck_assert_str_eq(f->sts.policy->mx[i], g->sts.policy->mx[i]);
	sg_nexthop_key(&f->hop, key);
	ck_assert(sg_packed_is(packed, key, strlen(key)));
	ck_assert(!sg_packed_is(packed, key, strlen(key) - 1));
	sg_packed_life(packed, &life);
	ck_assert_int_eq(life.fresh_until.s, f->fresh_until.s);
	ck_assert_int_eq(life.refetch_at.s, f->refetch_at.s);
	ck_assert(life.has_policy == (f->sts.policy != NULL));
	sg_packed_free(&packed);
	sg_facts_unref(&g);
}

START_TEST(packs_and_unpacks)
{
	for (unsigned i = rounds(20000); i > 0; i--) {
		struct sg_facts *f = rnd_facts();

		check_packed(f);
		sg_facts_unref(&f);
	}
}
END_TEST

static struct sg_facts *
unpacked(const struct sg_facts *f)
{
	struct sg_packed *packed = sg_facts_pack(f);
	struct sg_facts *g = sg_facts_unpack(packed);

	sg_packed_free(&packed);
	return g;
}

/* What memory gives is a copy each time: who asks whether anything is new
   cannot go by the address. */
START_TEST(knows_the_same_again)
{
	struct sg_facts *f, *g;

	for (unsigned i = rounds(2000); i > 0; i--) {
		f = rnd_facts();
		g = unpacked(f);
		ck_assert(sg_facts_are_same(f, g));
		f->mx_at.s++;
		ck_assert(!sg_facts_are_same(f, g));
		f->mx_at.s--;
		f->sts.fetch.failures ^= 1;
		ck_assert(!sg_facts_are_same(f, g));
		f->sts.fetch.failures ^= 1;
		f->fresh_until.s++;
		ck_assert(!sg_facts_are_same(f, g));
		sg_facts_unref(&f);
		sg_facts_unref(&g);
	}
	f = sample_facts("good.test");
	g = sample_facts("good.test.");
	ck_assert(sg_facts_are_same(f, f));
	ck_assert(!sg_facts_are_same(f, g));
	g->hop = f->hop;
	ck_assert(sg_facts_are_same(f, g));
	g->hop.port = 2525;
	ck_assert(!sg_facts_are_same(f, g));
	sg_facts_unref(&f);
	sg_facts_unref(&g);
}
END_TEST

/* How people write policies, those included that no style of ours meets: the
   text that a report quotes is the one that was served, octet for octet. */
static const char *const texts[] = {
	"version: STSv1\r\nmode: enforce\r\nmx: mx.good.test\r\n"
	"max_age: 86400\r\n",
	"version: STSv1\nmode: testing\nmx: a.test\nmx: *.b.test\n"
	"max_age: 604800",
	"version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.test\n",
	"version: STSv1\r\nmode: none\r\nmax_age: 0",
	"version: STSv1\nmode: enforce\nmx: MX.Good.Test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 086400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 4000000000\n",
	"version: STSv1\nmode: enforce\nmx: a.test\r\nmax_age: 86400\n",
	"version: STSv1\nmode:enforce\nmx: a.test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 86400\n\n",
	"mode: enforce\nversion: STSv1\nmx: a.test\nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmx: a.test\nnote: \xc3\xbc\n"
	"max_age: 86400\n",
};

START_TEST(keeps_texts_as_served)
{
	const char *text = texts[_i];
	struct sg_err err = { .text = "" };
	struct sg_facts *f = sample_facts("good.test");

	if (sg_facts_set_policy(f, text, strlen(text), "1",
		sample_time(SAMPLE_NOW), &err) != SG_OK)
		ck_assert_msg(strstr(text, "mode: enforce\nversion") == text,
		    "%s: %s", text, err.text);
	else
		check_packed(f);
	sg_facts_unref(&f);
}
END_TEST

/* What most domains are like must stay small (PERFORMANCE 13). */
START_TEST(packs_small)
{
	struct sg_facts *f = sample_facts("a-good-domain.example");
	static const char text[] = "version: STSv1\nmode: enforce\n"
	    "mx: mx.a-good-domain.example\nmax_age: 604800\n";
	struct sg_packed *packed;

	ck_assert(sg_facts_set_policy(f, text, strlen(text), "20261123T10",
		      sample_time(SAMPLE_NOW), NULL) == SG_OK);
	f->sts.txt.state = SG_TXT_RECORD;
	memcpy(f->sts.txt.id, "20261123T10", 12);
	memcpy(f->sts.fetch.id, "20261123T10", 12);
	sample_mx(f, 1);
	(void)snprintf(f->mx[0].host, sizeof(f->mx[0].host),
	    "mx.a-good-domain.example");
	(void)snprintf(f->mx[0].probe.detail, sizeof(f->mx[0].probe.detail),
	    "until 2027-02-21, issuer R11, for mx.a-good-domain.example");
	f->fresh_until = f->mx_until = f->sts.txt.until =
	    sample_time(SAMPLE_NOW + 3600);
	f->mx_at = f->sts.txt.at = f->sts.fetch.at =
	    sample_time(SAMPLE_NOW);
	f->refetch_at = sample_time(SAMPLE_NOW + 80000);
	packed = sg_facts_pack(f);
	ck_assert_uint_le(sg_packed_size(packed), 120);
	sg_packed_free(&packed);
	sg_facts_unref(&f);
}
END_TEST

/* A warm answer takes the block that the one before gave back. */
START_TEST(unpacks_into_the_same_block)
{
	struct sg_facts *f = sample_facts("good.test"), *first, *g;
	struct sg_packed *packed = sg_facts_pack(f);

	first = g = sg_facts_unpack(packed);
	for (int i = 0; i < 10; i++) {
		sg_facts_unref(&g);
		g = sg_facts_unpack(packed);
		ck_assert_ptr_eq(g, first);
	}
	sg_facts_unref(&g);
	sg_packed_free(&packed);
	sg_facts_unref(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("packed");
	TCase *t = tcase_create("codec");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, packs_and_unpacks);
	tcase_add_loop_test(t, keeps_texts_as_served, 0,
	    (int)(sizeof(texts) / sizeof(texts[0])));
	tcase_add_test(t, knows_the_same_again);
	tcase_add_test(t, packs_small);
	tcase_add_test(t, unpacks_into_the_same_block);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
