/* SPDX-License-Identifier: ISC */
/*
 * facts_words.h - facts written in words, for tables: what is known of STS, of
 * the MX RRset, and the hosts as "preference name word...; ...". Hosts below
 * good.test match the policy, other.test does not.
 */
#ifndef FACTS_WORDS_H
#define FACTS_WORDS_H
#include "facts/facts.h"

#define NOW 1795428000

/* sts: "none", "error", "record reason", "enforce", "enforce error" (TXT's
   last state behind it), "testing", "mode-none", "expired".
   mx: a state of the RRset, "secure" before it if DNSSEC says so.
   A host: addresses are there, TLSA is not, nothing probed, unless its words
   say so: "self", "requiretls", "requiretls-unasked", "addr-none", "tlsa",
   "tlsa-unusable", "ok:LEVEL[:REASON]", "fail:REASON[:LEVEL]", "unreachable[:REASON]". */
struct sg_facts *facts_of_words(const char *sts, const char *mx,
    const char *hosts);

/* The policy in force: mode, for *.good.test and good.test. */
void set_policy(struct sg_facts *f, const char *mode, unsigned max_age);

struct word {
	const char *word;
	int value;
};
int value_of(const struct word *words, size_t n, const char *word);
enum sg_require require_of(const char *word);
enum sg_reason reason_of(const char *word);
#endif
