/* SPDX-License-Identifier: ISC */
/*
 * test_mutate.c - does any TXT record bring its parser down? Records that were
 * broken at random, always in the same way (the seed is fixed, or
 * STSGATE_SEED), for the sanitizers to look at; the choice among several must
 * agree with what is thought of one. Policies are broken in test_sts_policy.c.
 */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sts_record.h"
#include "policy/tlsrpt_record.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BATCHES 20
#define RUNS 10000 /* a batch */
#define MAX_TEXT 4096

/* Check notes each ck_assert() in a file; here there are millions. */
#define must(e) ((e) ? (void)0 : ck_abort_msg("not so: %s", #e))

static const char *const records[] = {
	"v=STSv1; id=20160831085700Z;",
	"v=STSv1 \t; x.y-z_1=v; id=a; id=b;",
	"v=TLSRPTv1; rua=mailto:a%2Cb@e.test?subject=x,https://r.e.test:8/x",
	"v=TLSRPTv1;rua=mailto:a@[192.0.2.1] , xmpp:b@e.test; x=1;",
};

static const char *const pieces[] = { "\n", "\r\n", "\r", "\n\n", ":", " ",
	"\t", ";", ";;", "=", ",", "*", "*.", ".", "-", "_", "v=STSv1",
	"v=STSv1;", "v=TLSRPTv1;", "id=a", "id=", "rua=", "mailto:",
	"https://", "%", "%0d", "!", "[", "]", "@", "0",
	"99999999999", "\xc3\xbc", "\xff", "\xe2\x80\xa8", "\xef\xbb\xbf",
	"\x01", "\x7f", "192.0.2.1", "::1" };

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

static void
seed(int batch)
{
	const char *word = getenv("STSGATE_SEED");

	state = word != NULL ? strtoull(word, NULL, 0) : 20261124;
	state = (state + 1) * UINT64_C(0x9e3779b97f4a7c15) +
	    (uint64_t)batch * 7919 + 1;
	for (int i = 0; i < 8; i++)
		below(2);
}

struct text {
	char s[MAX_TEXT];
	size_t len;
};

static void
insert(struct text *t, size_t at, const char *what, size_t len)
{
	if (t->len + len > sizeof(t->s))
		return;
	memmove(t->s + at + len, t->s + at, t->len - at);
	memcpy(t->s + at, what, len);
	t->len += len;
}

static void
cut(struct text *t, size_t at, size_t len)
{
	if (len > t->len - at)
		len = t->len - at;
	memmove(t->s + at, t->s + at + len, t->len - at - len);
	t->len -= len;
}

static void
mutate_once(struct text *t)
{
	const char *piece = pieces[below(N(pieces))];
	size_t at = below(t->len + 1);
	char octet = (char)below(256);

	switch (below(6)) {
	case 0:
		insert(t, at, &octet, 1);
		break;
	case 1:
		cut(t, at, 1 + below(8));
		break;
	case 2:
		if (at < t->len)
			t->s[at] = octet;
		break;
	case 3: /* a part of it again */
		if (at < t->len) {
			char part[64];
			size_t n = 1 + below(sizeof(part));

			if (n > t->len - at)
				n = t->len - at;
			memcpy(part, t->s + at, n);
			insert(t, below(t->len + 1), part, n);
		}
		break;
	default:
		insert(t, at, piece, strlen(piece));
	}
}

/* A heap copy of exactly its length, so that sanitizers see its end. */
static char *
mutant(const char *sample, size_t *len)
{
	struct text t = { .len = strlen(sample) };
	char *copy;

	memcpy(t.s, sample, t.len);
	for (size_t i = 1 + below(3); i > 0; i--)
		mutate_once(&t);
	copy = malloc(t.len > 0 ? t.len : 1);
	memcpy(copy, t.s, t.len);
	*len = t.len;
	return copy;
}

static void
check_findings(const struct sg_findings *fs, enum sg_rc rc)
{
	must((rc == SG_OK) == (fs->errors == 0));
	must((rc == SG_OK) == (sg_findings_first_error(fs) == NULL));
	for (size_t i = 0; i < fs->n; i++)
		for (const char *s = fs->f[i].text; *s != '\0'; s++)
			must(*s >= 0x20 && *s < 0x7f);
}

static size_t accepted;

static void
try_record(void)
{
	struct sg_findings fs[2] = { { 0 }, { 0 } };
	struct sg_tlsrpt tlsrpt;
	struct sg_txt txts[2];
	char id[SG_STS_ID_SIZE], chosen[SG_STS_ID_SIZE];
	enum sg_rc rc;

	for (size_t i = 0; i < 2; i++)
		txts[i].data = mutant(records[below(N(records))],
		    &txts[i].len);
	rc = sg_sts_record_parse(txts[0], id, &fs[0]);
	check_findings(&fs[0], rc);
	must((rc == SG_OK) == (id[0] != '\0'));
	/* alone, what parses is chosen, and nothing else is */
	must((sg_sts_record_select(txts, 1, chosen, NULL) == SG_OK) ==
	    (rc == SG_OK));
	must(strcmp(id, chosen) == 0);
	rc = sg_sts_record_select(txts, 2, chosen, NULL);
	must((rc == SG_OK) == (chosen[0] != '\0'));
	rc = sg_tlsrpt_parse(txts[1], &tlsrpt, &fs[1]);
	check_findings(&fs[1], rc);
	must((rc == SG_OK) == (tlsrpt.n_rua > 0));
	accepted += rc == SG_OK;
	sg_tlsrpt_fini(&tlsrpt);
	free((char *)txts[0].data);
	free((char *)txts[1].data);
}

START_TEST(test_mutants)
{
	seed(_i);
	for (int i = 0; i < RUNS; i++)
		try_record();
	/* or the mutants were so bad that nothing was tried */
	ck_assert_uint_gt(accepted, RUNS / 100);
	ck_assert_uint_lt(accepted, RUNS / 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mutate");
	TCase *tc = tcase_create("mutate");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_mutants, 0, BATCHES);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
