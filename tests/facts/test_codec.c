/* SPDX-License-Identifier: ISC */
/* test_codec.c - records: there and back at random, refused field by field, and
   mutated without end. Whatever decodes must encode to the same bytes. */
#include "facts/random_facts.h"

START_TEST(goes_there_and_back)
{
	for (unsigned i = rounds(20000); i > 0; i--) {
		struct sg_facts *f = rnd_facts(), *g;
		struct sg_err err = { .text = "" };
		unsigned char *record, *again;
		size_t len, len_again;

		record = encode(f, &len);
		ck_assert_msg(sg_facts_decode(record, len, &g, &err) == SG_OK,
		    "%s", err.text);
		same_facts(f, g);
		again = encode(g, &len_again);
		ck_assert_uint_eq(len, len_again);
		ck_assert_mem_eq(record, again, len);
		free(record);
		free(again);
		sg_facts_unref(&f);
		sg_facts_unref(&g);
	}
}
END_TEST

/* --- hostile records ----------------------------------------------------- */

/* Decodes; true if it was taken, and then encodes to the same bytes. */
static bool
taken(const unsigned char *record, size_t len)
{
	struct sg_err err = { .text = "" };
	struct sg_facts *f = NULL;
	unsigned char *again;
	size_t len_again;
	enum sg_rc rc = sg_facts_decode(record, len, &f, &err);

	if (rc != SG_OK) {
		ck_assert(rc == SG_BAD || rc == SG_NONE);
		ck_assert_ptr_null(f);
		ck_assert(err.text[0] != '\0');
		return false;
	}
	again = encode(f, &len_again);
	ck_assert_uint_eq(len, len_again);
	ck_assert_mem_eq(record, again, len);
	free(again);
	sg_facts_unref(&f);
	return true;
}

static struct sg_facts *
sample(void)
{
	struct sg_facts *f = sample_facts("good.test");

	f->sts.txt.state = SG_TXT_RECORD;
	memcpy(f->sts.txt.id, "20261123", 9);
	f->sts.txt.at = sample_time(SAMPLE_NOW);
	f->sts.txt.until = sample_time(SAMPLE_NOW + 300);
	f->sts.fetch.tried = true;
	memcpy(f->sts.fetch.detail, "fine", 5);
	sample_policy(f, "enforce", 86400, "20261123", SAMPLE_NOW);
	sample_mx(f, 2);
	f->mx[0].probe.state = SG_PROBE_OK;
	f->mx[0].probe.level = SG_LEVEL_VERIFY;
	f->mx[0].probe.tls_version = 0x0304;
	return f;
}

/* A copy of exactly len bytes, so that a read past the end is seen. */
static unsigned char *
exactly(const unsigned char *data, size_t len)
{
	unsigned char *p = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, data, len);
	return p;
}

START_TEST(refuses_every_cut)
{
	struct sg_facts *f = sample();
	unsigned char *record, *cut;
	size_t len;

	record = encode(f, &len);
	for (size_t n = 0; n < len; n++) {
		cut = exactly(record, n);
		ck_assert_msg(!taken(cut, n), "cut at %zu", n);
		if (n >= 8) { /* and with a length that says so */
			cut[4] = cut[5] = 0;
			cut[6] = (unsigned char)(n >> 8);
			cut[7] = (unsigned char)n;
			ck_assert_msg(!taken(cut, n), "cut at %zu", n);
		}
		free(cut);
	}
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(refuses_more_at_the_end)
{
	struct sg_facts *f = sample();
	unsigned char *record, *longer;
	size_t len;

	record = encode(f, &len);
	longer = calloc(1, len + 1);
	memcpy(longer, record, len);
	ck_assert(!taken(longer, len + 1));
	longer[6] = (unsigned char)((len + 1) >> 8);
	longer[7] = (unsigned char)(len + 1);
	ck_assert(!taken(longer, len + 1));
	free(longer);
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(tells_versions_apart)
{
	struct sg_facts *f = sample(), *g = NULL;
	struct sg_err err;
	unsigned char *record;
	size_t len;

	record = encode(f, &len);
	record[3]++;
	ck_assert(sg_facts_decode(record, len, &g, &err) == SG_NONE);
	record[3]--;
	record[0] = 'X';
	ck_assert(sg_facts_decode(record, len, &g, &err) == SG_BAD);
	ck_assert(sg_facts_decode(record, 0, &g, NULL) == SG_BAD);
	free(record);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(flips_every_bit)
{
	struct sg_facts *f = sample();
	unsigned char *record;
	size_t len;

	record = encode(f, &len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
		(void)taken(record, len);
		record[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	ck_assert(taken(record, len));
	free(record);
	sg_facts_unref(&f);
}
END_TEST

static size_t
mutate(unsigned char *p, size_t len, size_t size)
{
	static const unsigned char odd[] = { 0, 1, 0x7f, 0x80, 0xff, 0x20 };
	size_t at = rnd(len), n;

	switch (rnd(6)) {
	case 0:
		p[at] ^= (unsigned char)(1 << rnd(8));
		break;
	case 1:
		p[at] = (unsigned char)rnd(256);
		break;
	case 2:
		p[at] = odd[rnd(sizeof(odd))];
		break;
	case 3: /* cut out */
		n = rnd(len - at < 16 ? len - at : 16);
		memmove(p + at, p + at + n, len - at - n);
		len -= n;
		break;
	case 4: /* double */
		n = rnd(len - at < 16 ? len - at : 16);
		if (len + n <= size) {
			memmove(p + at + n, p + at, len - at);
			len += n;
		}
		break;
	default: /* exchange */
		n = rnd(len);
		p[at] ^= p[n];
		p[n] ^= at == n ? 0 : p[at];
		p[at] ^= at == n ? 0 : p[n];
		break;
	}
	return len > 0 ? len : 1;
}

START_TEST(bears_mutations)
{
	static unsigned char work[SG_FACTS_RECORD_MAX + 64];
	unsigned char *record = NULL, *copy;
	size_t len = 0, n, took = 0;

	for (unsigned i = rounds(500000); i > 0; i--) {
		if (record == NULL || rnd(200) == 0) {
			struct sg_facts *f = rnd_facts();

			free(record);
			record = encode(f, &len);
			sg_facts_unref(&f);
		}
		memcpy(work, record, len);
		n = len;
		for (unsigned m = 1 + (unsigned)rnd(3); m > 0; m--)
			n = mutate(work, n, sizeof(work));
		if (n >= 8 && rnd(8) != 0) { /* mostly let it in */
			work[4] = 0;
			work[5] = (unsigned char)(n >> 16);
			work[6] = (unsigned char)(n >> 8);
			work[7] = (unsigned char)n;
			memcpy(work, record, 4);
		}
		copy = exactly(work, n);
		took += taken(copy, n);
		free(copy);
	}
	/* Both sides of the fence were seen. */
	ck_assert_uint_gt(took, rounds(500000) / 100);
	ck_assert_uint_lt(took, rounds(500000) / 2);
	free(record);
}
END_TEST

/* --- fields out of range ------------------------------------------------- */

static void unfit_name(struct sg_facts *f) { f->hop.name[0] = '.'; }
static void upper_case(struct sg_facts *f) { f->hop.name[0] = 'G'; }
static void no_name(struct sg_facts *f) { f->hop.name[0] = '\0'; }
static void crlf_name(struct sg_facts *f) { f->hop.name[1] = '\n'; }
static void port_0(struct sg_facts *f) { f->hop.port = 0; }
static void txt_state(struct sg_facts *f) { f->sts.txt.state = 6; }
static void txt_dnssec(struct sg_facts *f) { f->sts.txt.dnssec = 4; }
static void id_dash(struct sg_facts *f) { f->sts.txt.id[0] = '-'; }
static void id_space(struct sg_facts *f) { f->sts.txt.id[3] = ' '; }
static void id_missing(struct sg_facts *f) { f->sts.txt.id[0] = '\0'; }
static void id_without(struct sg_facts *f) { f->sts.txt.state = SG_TXT_NONE; }
static void fetch_reason(struct sg_facts *f)
{
	f->sts.fetch.reason = SG_REASON_COUNT;
}
static void detail_lf(struct sg_facts *f) { f->sts.fetch.detail[1] = '\n'; }
static void detail_esc(struct sg_facts *f) { f->sts.fetch.detail[1] = 0x1b; }
static void detail_high(struct sg_facts *f)
{
	f->sts.fetch.detail[1] = (char)0x80;
}
static void detail_del(struct sg_facts *f) { f->sts.fetch.detail[1] = 0x7f; }
static void fetch_id(struct sg_facts *f) { f->sts.fetch.id[0] = '"'; }
static void time_negative(struct sg_facts *f) { f->sts.txt.until.s = -1; }
static void time_far(struct sg_facts *f) { f->refetch_at.s = 253402300800; }
static void time_overflow(struct sg_facts *f) { f->sts.fetched_at.s = INT64_MAX; }
static void policy_id(struct sg_facts *f) { f->sts.policy_id[0] = ';'; }
static void policy_text(struct sg_facts *f) { f->sts.text[0] = 'w'; }
static void policy_cut(struct sg_facts *f) { f->sts.text_len -= 10; }
static void policy_empty(struct sg_facts *f) { f->sts.text_len = 0; }
static void mx_state(struct sg_facts *f) { f->mx_state = 9; }
static void mx_dnssec(struct sg_facts *f) { f->mx_dnssec = 4; }
static void mx_two_implicit(struct sg_facts *f) { f->mx_state = SG_MX_IMPLICIT; }
static void mx_null_with(struct sg_facts *f) { f->mx_state = SG_MX_NULL; }
static void mx_found_none(struct sg_facts *f) { f->n_mx = 0; }
static void mx_order(struct sg_facts *f) { f->mx[0].preference = 30; }
static void mx_host(struct sg_facts *f) { f->mx[1].host[0] = '-'; }
static void mx_host_empty(struct sg_facts *f) { f->mx[1].host[0] = '\0'; }
static void mx_addrs(struct sg_facts *f) { f->mx[1].addrs = 6; }
static void mx_addr_dnssec(struct sg_facts *f) { f->mx[1].addr_dnssec = 4; }
static void mx_tlsa(struct sg_facts *f) { f->mx[1].tlsa = 6; }
static void probe_state(struct sg_facts *f) { f->mx[1].probe.state = 4; }
static void probe_reason(struct sg_facts *f) { f->mx[1].probe.reason = 200; }
static void probe_level(struct sg_facts *f) { f->mx[1].probe.level = 5; }
static void probe_secure(struct sg_facts *f)
{
	f->mx[1].probe.level = SG_LEVEL_SECURE;
}
static void tls_ssl2(struct sg_facts *f) { f->mx[1].probe.tls_version = 2; }
static void tls_new(struct sg_facts *f) { f->mx[1].probe.tls_version = 0x305; }
static void probe_detail(struct sg_facts *f) { f->mx[1].probe.detail[0] = '\r'; }

#define ROW(f) { #f, f }
static const struct {
	const char *name;
	void (*spoil)(struct sg_facts *f);
} spoilt[] = {
	ROW(unfit_name), ROW(upper_case), ROW(no_name), ROW(crlf_name),
	ROW(port_0), ROW(txt_state), ROW(txt_dnssec), ROW(id_dash),
	ROW(id_space), ROW(id_missing), ROW(id_without), ROW(fetch_reason),
	ROW(detail_lf), ROW(detail_esc), ROW(detail_high), ROW(detail_del),
	ROW(fetch_id), ROW(time_negative), ROW(time_far), ROW(time_overflow),
	ROW(policy_id), ROW(policy_text), ROW(policy_cut), ROW(policy_empty),
	ROW(mx_state), ROW(mx_dnssec), ROW(mx_two_implicit), ROW(mx_null_with),
	ROW(mx_found_none), ROW(mx_order), ROW(mx_host), ROW(mx_host_empty),
	ROW(mx_addrs), ROW(mx_addr_dnssec), ROW(mx_tlsa), ROW(probe_state),
	ROW(probe_reason), ROW(probe_level), ROW(probe_secure), ROW(tls_ssl2),
	ROW(tls_new), ROW(probe_detail),
};

START_TEST(refuses_unfit_fields)
{
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		struct sg_facts *f = sample();
		unsigned char *record;
		size_t len;

		record = encode(f, &len);
		ck_assert(taken(record, len));
		free(record);
		spoilt[i].spoil(f);
		record = encode(f, &len);
		ck_assert_msg(!taken(record, len), "%s: was taken",
		    spoilt[i].name);
		free(record);
		sg_facts_unref(&f);
	}
}
END_TEST

START_TEST(holds_the_largest)
{
	struct sg_facts *f = sample_facts("good.test"), *g;
	static char text[SG_STS_POLICY_MAX_BYTES];
	struct sg_err err = { .text = "" };
	unsigned char *record;
	size_t n, len;

	/* The largest policy, the longest names, as many hosts as may be. */
	n = (size_t)snprintf(text, sizeof(text),
	    "version: STSv1\nmode: enforce\nmax_age: 9\nmx: good.test\n");
	while (n < sizeof(text)) {
		size_t line = sizeof(text) - n < 900 ? sizeof(text) - n : 900;

		memset(text + n, 'v', line);
		memcpy(text + n, "ext: ", line < 5 ? line : 5);
		n += line;
		if (line == 900)
			text[n - 1] = '\n';
	}
	ck_assert_msg(sg_facts_set_policy(f, text, n, "a", sample_time(1),
			  &err) == SG_OK, "%s", err.text);
	sample_mx(f, SG_FACTS_MAX_MX);
	for (unsigned i = 0; i < f->n_mx; i++) {
		char *host = f->mx[i].host;

		memset(host, 'a', 253);
		host[63] = host[127] = host[191] = '.';
		host[253] = '\0';
		memset(f->mx[i].probe.detail, 'd', SG_FACTS_DETAIL_SIZE - 1);
	}
	record = encode(f, &len);
	ck_assert_msg(sg_facts_decode(record, len, &g, &err) == SG_OK, "%s",
	    err.text);
	same_facts(f, g);
	free(record);
	sg_facts_unref(&f);
	sg_facts_unref(&g);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, goes_there_and_back);
	tcase_add_test(t, refuses_every_cut);
	tcase_add_test(t, refuses_more_at_the_end);
	tcase_add_test(t, tells_versions_apart);
	tcase_add_test(t, flips_every_bit);
	tcase_add_test(t, bears_mutations);
	tcase_add_test(t, refuses_unfit_fields);
	tcase_add_test(t, holds_the_largest);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
