/* SPDX-License-Identifier: ISC */
/* made.h - facts of a made-up domain, always the same for its number. */
#ifndef SG_TESTS_BENCH_MADE_H
#define SG_TESTS_BENCH_MADE_H
#include <stdbool.h>
#include "facts/facts.h"

#define MADE_FORMAT "d%u.bench.example"

/* Ends the program when memory is short. */
struct sg_facts *made_facts(unsigned number, bool with_policy,
    struct sg_wall now);
#endif
