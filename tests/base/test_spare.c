/* SPDX-License-Identifier: ISC */
/* test_spare.c - blocks for some microseconds: who gets which? */
#include "base/spare.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 1000
#define THREADS 8
#define ROUNDS 20000

static struct sg_spare spare = SG_SPARE(SIZE);

/* So that the processor is the same at each step. */
static void
stay(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void *
take_and_give(void *seen)
{
	void *block = sg_spare_take(&spare);

	*(void **)seen = block;
	sg_spare_give(&spare, block);
	return NULL;
}

/* A thread gets the very block that the one before it gave back, since it is
   this processor's. */
START_TEST(test_given_is_taken)
{
	void *mine, *seen = NULL;
	pthread_t t;

	stay();
	mine = sg_spare_take(&spare);
	ck_assert_ptr_nonnull(mine);
	memset(mine, 1, SIZE);
	sg_spare_give(&spare, mine);
	ck_assert_int_eq(pthread_create(&t, NULL, take_and_give, &seen), 0);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	ck_assert_ptr_eq(seen, mine);
	ck_assert_ptr_eq(sg_spare_take(&spare), mine);
	sg_spare_give(&spare, mine);
}
END_TEST

/* Who comes while a block is in use gets another; one of them is kept. */
START_TEST(test_two_at_once)
{
	void *a, *b;

	stay();
	a = sg_spare_take(&spare);
	b = sg_spare_take(&spare);
	ck_assert_ptr_ne(a, b);
	sg_spare_give(&spare, b);
	sg_spare_give(&spare, a);
	ck_assert_ptr_eq(sg_spare_take(&spare), b);
	sg_spare_give(&spare, b);
}
END_TEST

/* Fills a block with what is its own; nobody else may write there meanwhile. */
static void *
use(void *arg)
{
	unsigned char mark = (unsigned char)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned char *block = sg_spare_take(&spare);
		size_t odd = 0;

		memset(block, mark, SIZE);
		if (i % 64 == 0)
			(void)sched_yield();
		for (size_t k = 0; k < SIZE; k++)
			odd += block[k] != mark;
		sg_spare_give(&spare, block);
		if (odd > 0)
			return arg;
	}
	return NULL;
}

START_TEST(test_threads)
{
	pthread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, use,
		    (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *bad;

		ck_assert_int_eq(pthread_join(t[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spare");
	TCase *t = tcase_create("spare");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_given_is_taken);
	tcase_add_test(t, test_two_at_once);
	tcase_add_test(t, test_threads);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
