/* SPDX-License-Identifier: ISC */
/*
 * test_verdict.c - facts, rule and message in, verdict out.
 *
 * A row writes the facts in words (facts_words.h): what is known of STS, of the
 * MX RRset, and the hosts as "preference name word...; ..."; then what is
 * asked; then the whole verdict as
 *     result reason gap published/required/attained host
 * where host is the MX host's first label. Hosts below good.test match the
 * policy, other.test does not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/decide_private.h"
#include "facts_words.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct sg_wall now = { NOW };

/* "secure", "published+requiretls" */
static void
decide(const struct sg_facts *f, const char *ask, struct sg_verdict *out)
{
	char require[16];

	ck_assert_int_eq(sscanf(ask, "%15[a-z]", require), 1);
	memset(out, 0xa5, sizeof(*out));
	sg_decide_verdict(f, require_of(require), strchr(ask, '+') != NULL, now, out);
}

static const char *
show(const struct sg_verdict *v, char *out, size_t size)
{
	static const char *const gaps[] = { "-", "txt", "bogus", "https", "mx",
		"unprobed", "internal" };

	snprintf(out, size, "%s %s %s %s/%s/%s %.*s", sg_result_name(v->result),
	    v->reason == SG_REASON_NONE ? "-" : sg_reason_name(v->reason),
	    gaps[v->gap], sg_level_name(v->published),
	    sg_level_name(v->required), sg_level_name(v->attained),
	    v->mx[0] == '\0' ? 1 : (int)strcspn(v->mx, "."),
	    v->mx[0] == '\0' ? "-" : v->mx);
	return out;
}

struct row {
	const char *name, *sts, *mx, *hosts, *ask, *want;
};

static const struct row rows[] = {
	/* Nothing published, nothing asked: nothing is ever stopped. */
	{ "no policy, not probed", "none", "found", "10 a.good.test",
	    "published", "pass - - none/none/none a" },
	{ "B-09 invalid record is like none", "invalid", "found",
	    "10 a.good.test", "published", "pass - - none/none/none a" },
	{ "no policy, TLS tested all the same", "none", "found",
	    "10 a.good.test ok:verify", "published",
	    "pass - - none/none/verify a" },
	{ "no policy, no STARTTLS", "none", "found",
	    "10 a.good.test fail:starttls-not-supported", "published",
	    "pass - - none/none/none a" },
	{ "5.3 N, unreachable", "none", "found",
	    "10 a.good.test unreachable", "published",
	    "pass - - none/none/none a" },
	{ "no policy, special-use address", "none", "found",
	    "10 a.good.test addr-special", "published",
	    "pass - - none/none/none a" },
	{ "no policy, address lookup failed", "none", "found",
	    "10 a.good.test addr-error", "published",
	    "pass - - none/none/none a" },
	{ "no policy, addresses not asked", "none", "found",
	    "10 a.good.test addr-unasked", "published",
	    "pass - - none/none/none a" },
	{ "no policy, no address at all: N-14 unreachable", "none", "found",
	    "10 a.good.test addr-none", "published",
	    "unknown unreachable mx none/none/none a" },
	{ "no policy, bogus address is never passed", "none", "found",
	    "10 a.good.test addr-bogus", "published",
	    "unknown dnssec-invalid bogus none/none/none a" },
	{ "D-08 one host without address, the other has", "none", "found",
	    "10 a.good.test addr-none; 20 b.good.test", "published",
	    "pass - - none/none/none b" },
	{ "#172 one bogus address of two hosts", "none", "found",
	    "10 a.good.test addr-bogus; 20 b.good.test", "published",
	    "pass - - none/none/none b" },
	{ "N-04 implicit MX", "none", "implicit", "0 good.test", "published",
	    "pass - - none/none/none good" },
	{ "smart host", "none", "host", "0 a.good.test", "published",
	    "pass - - none/none/none a" },
	{ "D-03 insecure TLSA is no DANE", "none", "found",
	    "10 a.good.test tlsa-unasked", "published",
	    "pass - - none/none/none a" },
	{ "D-21 insecure MX, usable TLSA: may go without", "none", "found",
	    "10 a.good.test tlsa fail:validation-failure", "published",
	    "pass - - none/none/none a" },
	{ "insecure MX, TLSA error: ignored", "none", "found",
	    "10 a.good.test tlsa-error", "published",
	    "pass - - none/none/none a" },
	{ "insecure MX, TLSA bogus: ignored", "none", "found",
	    "10 a.good.test tlsa-bogus", "published",
	    "pass - - none/none/none a" },
	{ "insecure MX, all TLSA unusable: nothing", "none", "found",
	    "10 a.good.test tlsa-unusable", "published",
	    "pass - - none/none/none a" },

	/* STS enforce */
	{ "V-01 V-06 enforce, all well", "enforce", "found",
	    "10 a.good.test ok:verify", "published",
	    "pass - - secure/secure/secure a" },
	{ "V-05 implicit MX matches the domain itself", "enforce", "implicit",
	    "0 good.test ok:verify", "published",
	    "pass - - secure/secure/secure good" },
	{ "enforce, smart host in the policy", "enforce", "host",
	    "0 a.good.test ok:verify", "published",
	    "pass - - secure/secure/secure a" },
	{ "enforce, smart host not in the policy", "enforce", "host",
	    "0 a.other.test ok:verify", "published",
	    "fail mx-mismatch - secure/secure/secure a" },
	{ "E-01 enforce, mismatch, whatever the probe says", "enforce",
	    "found", "10 a.other.test ok:verify", "published",
	    "fail mx-mismatch - secure/secure/verify a" },
	{ "enforce, mismatch, not probed", "enforce", "found",
	    "10 a.other.test", "published",
	    "fail mx-mismatch - secure/secure/none a" },
	{ "enforce, mismatch, unreachable", "enforce", "found",
	    "10 a.other.test unreachable", "published",
	    "fail mx-mismatch - secure/secure/none a" },
	{ "enforce, mismatch, no address", "enforce", "found",
	    "10 a.other.test addr-none", "published",
	    "fail mx-mismatch - secure/secure/none a" },
	{ "enforce, mismatch with secure MX: STS still rules", "enforce",
	    "secure found", "10 a.other.test ok:verify", "published",
	    "fail mx-mismatch - secure/secure/secure a" },
	{ "enforce, mismatch, secure MX, TLSA unusable", "enforce",
	    "secure found", "10 a.other.test tlsa-unusable ok:verify",
	    "published", "fail mx-mismatch - secure/secure/secure a" },
	{ "enforce, not probed", "enforce", "found", "10 a.good.test",
	    "published",
	    "unknown not-probed unprobed secure/secure/none a" },
	{ "enforce, the probe was not over in time", "enforce", "found",
	    "10 a.good.test untested:timeout", "published",
	    "unknown timeout mx secure/secure/none a" },
	{ "enforce, not probed for our own lack", "enforce", "found",
	    "10 a.good.test untested:overload", "published",
	    "unknown not-probed unprobed secure/secure/none a" },
	{ "enforce, addresses not asked", "enforce", "found",
	    "10 a.good.test addr-unasked", "published",
	    "unknown not-probed unprobed secure/secure/none a" },
	{ "E-02 enforce, no STARTTLS", "enforce", "found",
	    "10 a.good.test fail:starttls-not-supported", "published",
	    "fail starttls-not-supported - secure/secure/none a" },
	{ "E-03 enforce, expired", "enforce", "found",
	    "10 a.good.test fail:certificate-expired", "published",
	    "fail certificate-expired - secure/secure/none a" },
	{ "enforce, encrypted only, reason in an OK probe", "enforce", "found",
	    "10 a.good.test ok:encrypt:certificate-not-trusted", "published",
	    "fail certificate-not-trusted - secure/secure/encrypt a" },
	{ "enforce, encrypted only, no reason given", "enforce", "found",
	    "10 a.good.test ok:encrypt", "published",
	    "fail validation-failure - secure/secure/encrypt a" },
	{ "E-04 enforce, old TLS", "enforce", "found",
	    "10 a.good.test fail:tls-version:encrypt", "published",
	    "fail tls-version - secure/secure/encrypt a" },
	{ "M-15 enforce, injection", "enforce", "found",
	    "10 a.good.test fail:starttls-injection", "published",
	    "fail starttls-injection - secure/secure/none a" },
	{ "enforce, unreachable is no failure", "enforce", "found",
	    "10 a.good.test unreachable", "published",
	    "unknown unreachable mx secure/secure/none a" },
	{ "enforce, timeout keeps its name", "enforce", "found",
	    "10 a.good.test unreachable:timeout", "published",
	    "unknown timeout mx secure/secure/none a" },
	{ "D-25 enforce, no address", "enforce", "found",
	    "10 a.good.test addr-none", "published",
	    "unknown unreachable mx secure/secure/none a" },
	{ "enforce, address lookup failed", "enforce", "found",
	    "10 a.good.test addr-error", "published",
	    "unknown dns-error mx secure/secure/none a" },
	{ "enforce, address bogus", "enforce", "found",
	    "10 a.good.test addr-bogus ok:verify", "published",
	    "unknown dnssec-invalid bogus secure/secure/secure a" },
	{ "T10 enforce, special-use address", "enforce", "found",
	    "10 a.good.test addr-special", "published",
	    "unknown special-use-address unprobed secure/secure/none a" },
	{ "Q-08 first bad, second good", "enforce", "found",
	    "10 a.other.test; 20 b.good.test ok:verify", "published",
	    "pass - - secure/secure/secure b" },
	{ "Q-10 first good, second bad", "enforce", "found",
	    "10 a.good.test ok:verify; 20 b.good.test "
	    "fail:certificate-expired", "published",
	    "pass - - secure/secure/secure a" },
	{ "both good: the first is told", "enforce", "found",
	    "10 a.good.test ok:verify; 20 b.good.test ok:verify",
	    "published", "pass - - secure/secure/secure a" },
	{ "both bad: the first is told", "enforce", "found",
	    "10 a.good.test fail:certificate-expired; 20 b.other.test",
	    "published", "fail certificate-expired - secure/secure/none a" },
	{ "first bad, second unreachable: unknown", "enforce", "found",
	    "10 a.other.test; 20 b.good.test unreachable", "published",
	    "unknown unreachable mx secure/secure/none b" },
	{ "first bad, second without address: unknown", "enforce", "found",
	    "10 a.other.test; 20 b.good.test addr-none", "published",
	    "unknown unreachable mx secure/secure/none b" },
	{ "unreachable, then unprobed: the more cautious", "enforce", "found",
	    "10 a.good.test unreachable; 20 b.good.test", "published",
	    "unknown not-probed unprobed secure/secure/none b" },
	{ "unprobed, then unreachable: the same", "enforce", "found",
	    "10 a.good.test; 20 b.good.test unreachable", "published",
	    "unknown not-probed unprobed secure/secure/none a" },
	{ "two of the same gap: the first is told", "enforce", "found",
	    "10 a.good.test unreachable; 20 b.good.test unreachable:timeout",
	    "published", "unknown unreachable mx secure/secure/none a" },
	{ "bogus address beside unprobed", "enforce", "found",
	    "10 a.good.test; 20 b.good.test addr-bogus", "published",
	    "unknown dnssec-invalid bogus secure/secure/none b" },

	/* cached policy, and what TXT says now (B-11, C-16, K-08) */
	{ "C-16 cached, TXT error", "enforce error", "found",
	    "10 a.good.test ok:verify", "published",
	    "pass - - secure/secure/secure a" },
	{ "5.1 cached, TXT bogus", "enforce bogus", "found",
	    "10 a.good.test ok:verify", "published",
	    "pass - - secure/secure/secure a" },
	{ "K-08 cached, TXT gone", "enforce none", "found",
	    "10 a.other.test ok:verify", "published",
	    "fail mx-mismatch - secure/secure/verify a" },
	{ "K-01 expired, TXT gone", "expired none", "found",
	    "10 a.other.test", "published", "pass - - none/none/none a" },
	{ "K-01 expired, TXT there", "expired record", "found",
	    "10 a.good.test", "published",
	    "unknown sts-policy-fetch-error https none/none/none -" },

	/* testing and none (Q-02, Q-03, V-14) */
	{ "Q-02 testing, no STARTTLS", "testing", "found",
	    "10 a.good.test fail:starttls-not-supported", "published",
	    "pass - - none/none/none a" },
	{ "V-14 testing, mismatch", "testing", "found", "10 a.other.test",
	    "published", "pass - - none/none/none a" },
	{ "testing, unreachable", "testing", "found",
	    "10 a.good.test unreachable", "published",
	    "pass - - none/none/none a" },
	{ "Q-03 mode none, mismatch", "mode-none", "found", "10 a.other.test",
	    "published", "pass - - none/none/none a" },
	{ "testing vouches for a rule's secure", "testing", "found",
	    "10 a.good.test ok:verify", "secure",
	    "pass - - none/secure/secure a" },
	{ "testing, mismatch, rule secure", "testing", "found",
	    "10 a.other.test ok:verify", "secure",
	    "fail mx-mismatch - none/secure/verify a" },
	{ "mode none vouches for nothing", "mode-none", "found",
	    "10 a.good.test ok:verify", "secure",
	    "fail validation-failure - none/secure/verify a" },

	/* what a rule asks */
	{ "encrypt, attained", "none", "found", "10 a.good.test ok:encrypt",
	    "encrypt", "pass - - none/encrypt/encrypt a" },
	{ "encrypt, more attained", "none", "found",
	    "10 a.good.test ok:verify", "encrypt",
	    "pass - - none/encrypt/verify a" },
	{ "encrypt, expired certificate will do", "none", "found",
	    "10 a.good.test fail:certificate-expired:encrypt", "encrypt",
	    "pass - - none/encrypt/encrypt a" },
	{ "encrypt, no STARTTLS", "none", "found",
	    "10 a.good.test fail:starttls-not-supported", "encrypt",
	    "fail starttls-not-supported - none/encrypt/none a" },
	{ "encrypt, not probed", "none", "found", "10 a.good.test", "encrypt",
	    "unknown not-probed unprobed none/encrypt/none a" },
	{ "encrypt never lowers what is published", "enforce", "found",
	    "10 a.good.test ok:encrypt:certificate-expired", "encrypt",
	    "fail certificate-expired - secure/secure/encrypt a" },
	{ "verify, attained", "none", "found", "10 a.good.test ok:verify",
	    "verify", "pass - - none/verify/verify a" },
	{ "verify, encrypted only", "none", "found",
	    "10 a.good.test ok:encrypt:certificate-host-mismatch", "verify",
	    "fail certificate-host-mismatch - none/verify/encrypt a" },
	{ "verify, not probed", "none", "found", "10 a.good.test", "verify",
	    "unknown not-probed unprobed none/verify/none a" },
	{ "secure, nothing vouches for the name: no probe could mend it",
	    "none", "found", "10 a.good.test", "secure",
	    "fail validation-failure - none/secure/none a" },
	{ "secure, the same with a good certificate", "invalid", "found",
	    "10 a.good.test ok:verify", "secure",
	    "fail validation-failure - none/secure/verify a" },
	{ "secure by secure MX", "none", "secure found",
	    "10 a.good.test ok:verify", "secure",
	    "pass - - none/secure/secure a" },
	{ "secure MX, not probed", "none", "secure found", "10 a.good.test",
	    "secure", "unknown not-probed unprobed none/secure/none a" },
	{ "secure by a configured host", "none", "host",
	    "0 a.good.test ok:verify", "secure",
	    "pass - - none/secure/secure a" },
	{ "verify at a secure MX is secure", "none", "secure found",
	    "10 a.good.test ok:verify", "verify",
	    "pass - - none/verify/secure a" },
	{ "secure, one host vouched for", "testing", "found",
	    "10 a.other.test ok:verify; 20 b.good.test ok:verify", "secure",
	    "pass - - none/secure/secure b" },
	{ "secure equals what is published", "enforce", "found",
	    "10 a.good.test ok:verify", "secure",
	    "pass - - secure/secure/secure a" },
	{ "E-07 dane, insecure MX", "none", "found",
	    "10 a.good.test tlsa ok:dane", "dane",
	    "fail dane-required - none/dane/verify a" },
	{ "E-07 dane, no TLSA", "none", "secure found", "10 a.good.test",
	    "dane", "fail dane-required - none/dane/none a" },
	{ "D-56 dane, none usable", "none", "secure found",
	    "10 a.good.test tlsa-unusable ok:verify", "dane",
	    "fail tlsa-invalid - encrypt/dane/secure a" },
	{ "dane, TLSA not asked", "none", "secure found",
	    "10 a.good.test tlsa-unasked ok:verify", "dane",
	    "unknown not-probed unprobed none/dane/secure a" },
	{ "dane, not probed", "none", "secure found", "10 a.good.test tlsa",
	    "dane", "unknown not-probed unprobed dane/dane/none a" },
	{ "dane, attained", "none", "secure found",
	    "10 a.good.test tlsa ok:dane", "dane",
	    "pass - - dane/dane/dane a" },
	{ "dane asked of an enforce domain", "enforce", "found",
	    "10 a.good.test ok:verify", "dane",
	    "fail dane-required - secure/dane/secure a" },

	/* what DANE publishes */
	{ "D-15 usable TLSA, matches", "none", "secure found",
	    "10 a.good.test tlsa ok:dane", "published",
	    "pass - - dane/dane/dane a" },
	{ "D-15 usable TLSA, no match", "none", "secure found",
	    "10 a.good.test tlsa fail:validation-failure:verify", "published",
	    "fail validation-failure - dane/dane/encrypt a" },
	{ "D-33 usable TLSA, no STARTTLS", "none", "secure found",
	    "10 a.good.test tlsa fail:starttls-not-supported", "published",
	    "fail starttls-not-supported - dane/dane/none a" },
	{ "usable TLSA, not probed", "none", "secure found",
	    "10 a.good.test tlsa", "published",
	    "unknown not-probed unprobed dane/dane/none a" },
	{ "usable TLSA, unreachable", "none", "secure found",
	    "10 a.good.test tlsa unreachable", "published",
	    "unknown unreachable mx dane/dane/none a" },
	{ "usable TLSA at a smart host", "none", "host",
	    "0 a.good.test tlsa ok:dane", "published",
	    "pass - - dane/dane/dane a" },
	{ "D-27 usable TLSA at an implicit MX", "none", "secure implicit",
	    "0 good.test tlsa ok:dane", "published",
	    "pass - - dane/dane/dane good" },
	{ "D-16 all unusable: encryption", "none", "secure found",
	    "10 a.good.test tlsa-unusable ok:encrypt", "published",
	    "pass - - encrypt/encrypt/encrypt a" },
	{ "D-16 all unusable, plaintext", "none", "secure found",
	    "10 a.good.test tlsa-unusable fail:starttls-not-supported",
	    "published",
	    "fail starttls-not-supported - encrypt/encrypt/none a" },
	{ "all unusable, STS on top", "enforce", "secure found",
	    "10 a.good.test tlsa-unusable ok:encrypt:certificate-expired",
	    "published", "fail certificate-expired - secure/secure/encrypt a" },
	{ "X-05 DANE alone: a mismatch does not matter", "enforce",
	    "secure found", "10 a.other.test tlsa ok:dane", "published",
	    "pass - - dane/dane/dane a" },
	{ "X-05 DANE alone: PKIX does not matter", "enforce", "secure found",
	    "10 a.good.test tlsa ok:dane:certificate-not-trusted",
	    "published", "pass - - dane/dane/dane a" },
	{ "Q-13 STS good, DANE bad", "enforce", "secure found",
	    "10 a.good.test tlsa ok:verify", "published",
	    "fail validation-failure - dane/dane/encrypt a" },
	{ "D-09 TLSA error at a secure MX", "none", "secure found",
	    "10 a.good.test tlsa-error ok:verify", "published",
	    "unknown dns-error bogus none/none/secure a" },
	{ "D-09 TLSA bogus at a secure MX", "none", "secure found",
	    "10 a.good.test tlsa-bogus", "published",
	    "unknown dnssec-invalid bogus none/none/none a" },
	{ "Q-15 TLSA error never falls back to STS", "enforce",
	    "secure found", "10 a.good.test tlsa-error ok:verify",
	    "published", "unknown dns-error bogus secure/secure/secure a" },
	{ "TLSA error leaves open whether a mismatch matters", "enforce",
	    "secure found", "10 a.other.test tlsa-error", "published",
	    "unknown dns-error bogus secure/secure/none a" },
	{ "D-09 address error at a secure MX", "none", "secure found",
	    "10 a.good.test addr-error", "published",
	    "unknown dns-error mx none/none/none a" },
	{ "address bogus at a secure MX", "enforce", "secure found",
	    "10 a.other.test addr-bogus", "published",
	    "unknown dnssec-invalid bogus secure/secure/none a" },
	{ "TLSA error at one, the other free", "none", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test", "published",
	    "pass - - none/none/none b" },
	{ "TLSA error at one, the other fails", "none", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test tlsa "
	    "fail:validation-failure", "published",
	    "unknown dns-error bogus dane/dane/none a" },
	{ "D-20 a worse MX with TLSA does not pre-empt", "none",
	    "secure found", "10 a.good.test; 20 b.good.test tlsa",
	    "published", "pass - - none/none/none a" },
	{ "D-19 a better MX with TLSA that fails", "none", "secure found",
	    "10 a.good.test tlsa fail:validation-failure; 20 b.good.test",
	    "published", "pass - - none/none/none b" },
	{ "published is the least of the usable", "none", "secure found",
	    "10 a.good.test tlsa ok:dane; 20 b.good.test tlsa-unusable",
	    "published", "pass - - encrypt/encrypt/dane a" },
	{ "a host without address counts for no least", "none",
	    "secure found", "10 a.good.test tlsa ok:dane; 20 b.good.test "
	    "addr-none", "published", "pass - - dane/dane/dane a" },
	{ "nor one whose TLSA failed", "none", "secure found",
	    "10 a.good.test tlsa ok:dane; 20 b.good.test tlsa-bogus",
	    "published", "pass - - dane/dane/dane a" },
	{ "least, the lower first", "none", "secure found",
	    "10 a.good.test tlsa-unusable ok:encrypt; 20 b.good.test tlsa",
	    "published", "pass - - encrypt/encrypt/encrypt a" },

	/* TLSA at a host of an insecure MX RRset (X-15, Q-16, D-22) */
	{ "Q-16 insecure MX: TLSA good, not in the policy", "enforce",
	    "found", "10 a.other.test tlsa ok:dane", "published",
	    "fail mx-mismatch - secure/secure/verify a" },
	{ "insecure MX: both hold", "enforce", "found",
	    "10 a.good.test tlsa ok:dane", "published",
	    "pass - - secure/secure/secure a" },
	{ "insecure MX: TLSA good, PKIX bad", "enforce", "found",
	    "10 a.good.test tlsa ok:dane:certificate-not-trusted",
	    "published",
	    "fail certificate-not-trusted - secure/secure/encrypt a" },
	{ "insecure MX: TLSA bad, PKIX good", "enforce", "found",
	    "10 a.good.test tlsa ok:verify", "published",
	    "fail validation-failure - secure/secure/encrypt a" },
	{ "D-22 TLSA alone is not secure to the domain", "none", "found",
	    "10 a.good.test tlsa ok:dane", "secure",
	    "fail validation-failure - none/secure/verify a" },
	{ "TLSA alone is verify", "none", "found",
	    "10 a.good.test tlsa ok:dane:certificate-not-trusted", "verify",
	    "pass - - none/verify/verify a" },
	{ "verify, TLSA does not match", "none", "found",
	    "10 a.good.test tlsa ok:verify", "verify",
	    "fail validation-failure - none/verify/encrypt a" },
	{ "encrypt, TLSA does not match: still TLS", "none", "found",
	    "10 a.good.test tlsa fail:validation-failure:encrypt", "encrypt",
	    "pass - - none/encrypt/encrypt a" },

	/* require = none exempts */
	{ "exempt from enforce", "enforce", "found",
	    "10 a.good.test fail:certificate-expired", "none",
	    "pass - - secure/none/none a" },
	{ "S-02 exempt from a mismatch", "enforce", "found", "10 a.other.test",
	    "none", "pass - - secure/none/none a" },
	{ "exempt from DANE", "none", "secure found",
	    "10 a.good.test tlsa fail:validation-failure", "none",
	    "pass - - dane/none/none a" },
	{ "exempt though TLSA is bogus", "none", "secure found",
	    "10 a.good.test tlsa-bogus", "none", "pass - - none/none/none a" },
	{ "exempt though no policy can be read", "error", "found",
	    "10 a.good.test", "none", "pass - - none/none/none a" },
	{ "exempt, MX lookup failed", "enforce", "error", "", "none",
	    "unknown dns-error mx secure/none/none -" },

	/* the policy could not be read */
	{ "K-17 TXT error", "error", "found", "10 a.good.test", "published",
	    "unknown dns-error txt none/none/none -" },
	{ "TXT bogus", "bogus", "found", "10 a.good.test", "published",
	    "unknown dnssec-invalid bogus none/none/none -" },
	{ "C-15 fetch failed", "record sts-policy-fetch-error", "found",
	    "10 a.good.test", "published",
	    "unknown sts-policy-fetch-error https none/none/none -" },
	{ "fetch failed for the certificate", "record sts-webpki-invalid",
	    "found", "10 a.good.test", "published",
	    "unknown sts-webpki-invalid https none/none/none -" },
	{ "P-17 body invalid", "record sts-policy-invalid", "found",
	    "10 a.good.test", "published",
	    "unknown sts-policy-invalid https none/none/none -" },
	{ "no reason known", "record", "found", "10 a.good.test", "published",
	    "unknown sts-policy-fetch-error https none/none/none -" },
	{ "TXT not asked: deadline", "unasked timeout", "found",
	    "10 a.good.test", "published",
	    "unknown timeout internal none/none/none -" },
	{ "TXT not asked: overload", "unasked overload", "found",
	    "10 a.good.test", "published",
	    "unknown overload internal none/none/none -" },
	{ "TXT not asked: no reason known", "unasked", "found",
	    "10 a.good.test", "published",
	    "unknown internal internal none/none/none -" },
	{ "TXT not asked: another reason", "unasked dns-error", "found",
	    "10 a.good.test", "published",
	    "unknown internal internal none/none/none -" },
	{ "fail needs no policy: secure, probe fails", "error", "found",
	    "10 a.good.test fail:certificate-expired", "secure",
	    "fail certificate-expired - none/secure/none a" },
	{ "secure, probe passes: unknown", "error", "found",
	    "10 a.good.test ok:verify", "secure",
	    "unknown dns-error txt none/secure/verify -" },
	{ "secure, encrypted only", "record sts-policy-fetch-error", "found",
	    "10 a.good.test ok:encrypt:certificate-not-trusted", "secure",
	    "fail certificate-not-trusted - none/secure/encrypt a" },
	{ "secure, not probed: the policy is the greater gap", "error",
	    "found", "10 a.good.test", "secure",
	    "unknown dns-error txt none/secure/none -" },
	{ "secure, unreachable: the same", "record sts-webpki-invalid",
	    "found", "10 a.good.test unreachable", "secure",
	    "unknown sts-webpki-invalid https none/secure/none -" },
	{ "encrypt, probe passes: a policy may ask more", "error", "found",
	    "10 a.good.test ok:verify", "encrypt",
	    "unknown dns-error txt none/encrypt/verify -" },
	{ "encrypt, no STARTTLS", "error", "found",
	    "10 a.good.test fail:starttls-not-supported", "encrypt",
	    "fail starttls-not-supported - none/encrypt/none a" },
	{ "dane, insecure MX: no policy would help", "error", "found",
	    "10 a.good.test ok:verify", "dane",
	    "fail dane-required - none/dane/verify a" },
	{ "DANE decides alone: the policy is not missed", "error",
	    "secure found", "10 a.good.test tlsa ok:dane", "published",
	    "pass - - dane/dane/dane a" },
	{ "DANE decides alone, not probed", "record timeout", "secure found",
	    "10 a.good.test tlsa", "published",
	    "unknown not-probed unprobed dane/dane/none a" },
	{ "secure MX without TLSA: the policy is missed", "error",
	    "secure found", "10 a.good.test ok:verify", "secure",
	    "unknown dns-error txt none/secure/secure -" },
	{ "TLSA bogus is worse than a policy unread", "error",
	    "secure found", "10 a.good.test tlsa-bogus", "published",
	    "unknown dnssec-invalid bogus none/none/none a" },
	{ "one host by DANE, one in doubt", "error", "secure found",
	    "10 a.good.test; 20 b.good.test tlsa ok:dane", "published",
	    "pass - - none/none/dane b" },

	/* MX states */
	{ "MX lookup failed, nothing published", "none", "error", "",
	    "published", "unknown dns-error mx none/none/none -" },
	{ "MX lookup failed, enforce", "enforce", "error", "", "published",
	    "unknown dns-error mx secure/secure/none -" },
	{ "MX lookup failed, rule asks more than enforce", "enforce", "error",
	    "", "dane", "unknown dns-error mx secure/dane/none -" },
	{ "MX lookup failed, rule asks less", "enforce", "error", "",
	    "encrypt", "unknown dns-error mx secure/secure/none -" },
	{ "MX and fetch failed: the policy is the greater gap",
	    "record sts-webpki-invalid", "error", "", "published",
	    "unknown sts-webpki-invalid https none/none/none -" },
	{ "D-07 MX bogus", "enforce", "bogus", "", "published",
	    "unknown dnssec-invalid bogus secure/secure/none -" },
	{ "MX bogus and TXT failed: bogus", "error", "bogus", "", "published",
	    "unknown dnssec-invalid bogus none/none/none -" },
	{ "MX bogus, TXT bogus", "bogus", "bogus", "", "published",
	    "unknown dnssec-invalid bogus none/none/none -" },
	{ "N-09 null MX", "none", "null", "", "published",
	    "not-applicable null-mx - none/none/none -" },
	{ "N-13 null MX, TXT not asked", "unasked", "null", "", "secure",
	    "not-applicable null-mx - none/secure/none -" },
	{ "N-02, E-10 domain does not exist", "none", "nxdomain", "", "published",
	    "not-applicable no-usable-mx - none/none/none -" },
	{ "N-05 MX unusable", "none", "unusable", "", "published",
	    "unknown no-usable-mx mx none/none/none -" },
	{ "MX found without hosts", "none", "found", "", "published",
	    "unknown no-usable-mx mx none/none/none -" },
	{ "MX not asked", "none", "unasked", "", "published",
	    "unknown internal internal none/none/none -" },
	{ "MX not asked, deadline", "unasked timeout", "unasked", "",
	    "published", "unknown timeout internal none/none/none -" },

	/* own hosts (N-08, Q-09) */
	{ "E-12 we are the only MX", "none", "found", "10 a.good.test self",
	    "published", "unknown self mx none/none/none -" },
	{ "we are the best MX", "none", "found",
	    "10 a.good.test self; 20 b.good.test", "published",
	    "unknown self mx none/none/none -" },
	{ "the same preference is cut too", "none", "found",
	    "10 a.good.test; 10 b.good.test self", "published",
	    "unknown self mx none/none/none -" },
	{ "a better one is left", "none", "found",
	    "10 a.good.test; 20 b.good.test self", "published",
	    "pass - - none/none/none a" },
	{ "Q-09 nothing is deliverable behind us", "enforce", "found",
	    "10 a.other.test; 20 b.good.test self; 30 c.good.test ok:verify",
	    "published", "fail mx-mismatch - secure/secure/none a" },
	{ "the best of our own counts", "enforce", "found",
	    "10 a.other.test; 20 b.good.test self; 25 d.good.test ok:verify; "
	    "30 c.good.test self", "published",
	    "fail mx-mismatch - secure/secure/none a" },
	{ "we are the only MX, enforce", "enforce", "found",
	    "10 a.good.test self ok:verify", "published",
	    "unknown self mx secure/secure/none -" },
	{ "a smart host that is us", "none", "host", "0 a.good.test self",
	    "published", "unknown self mx none/none/none -" },
	{ "worst preference possible is not cut", "none", "found",
	    "65535 a.good.test", "published", "pass - - none/none/none a" },

	/* REQUIRETLS (T-08 to T-10) */
	{ "T-08 all four there", "enforce", "found",
	    "10 a.good.test ok:verify requiretls", "published+requiretls",
	    "pass - - secure/secure/secure a" },
	{ "T-08 by DNSSEC", "none", "secure found",
	    "10 a.good.test ok:verify requiretls", "published+requiretls",
	    "pass - - none/secure/secure a" },
	{ "T-08 by DANE", "none", "secure found",
	    "10 a.good.test tlsa ok:dane requiretls", "published+requiretls",
	    "pass - - dane/dane/dane a" },
	{ "E-13 not offered", "enforce", "found", "10 a.good.test ok:verify",
	    "published+requiretls",
	    "fail requiretls-not-offered - secure/secure/secure a" },
	{ "T-08 not asked yet whether it is offered", "enforce", "found",
	    "10 a.good.test ok:verify requiretls-unasked",
	    "published+requiretls",
	    "unknown not-probed unprobed secure/secure/secure a" },
	{ "not asked yet, and nobody wants to know", "enforce", "found",
	    "10 a.good.test ok:verify requiretls-unasked", "published",
	    "pass - - secure/secure/secure a" },
	{ "not asked yet, and it does not matter: no verified TLS", "enforce",
	    "found", "10 a.good.test fail:starttls-not-supported "
	    "requiretls-unasked", "published+requiretls",
	    "fail starttls-not-supported - secure/secure/none a" },
	{ "E-14 no verified TLS", "enforce", "found",
	    "10 a.good.test fail:starttls-not-supported",
	    "published+requiretls",
	    "fail starttls-not-supported - secure/secure/none a" },
	{ "T-08 name not vouched for", "none", "found",
	    "10 a.good.test ok:verify requiretls", "published+requiretls",
	    "fail validation-failure - none/secure/verify a" },
	{ "T-09 testing does not vouch", "testing", "found",
	    "10 a.good.test ok:verify requiretls", "published+requiretls",
	    "fail validation-failure - none/secure/verify a" },
	{ "T-10 every MX is tried", "enforce", "found",
	    "10 a.good.test ok:verify; 20 b.good.test ok:verify requiretls",
	    "published+requiretls", "pass - - secure/secure/secure b" },
	{ "an exemption does not lower the message's own", "none", "found",
	    "10 a.good.test ok:verify requiretls", "none+requiretls",
	    "fail validation-failure - none/secure/verify a" },
	{ "exempt from the policy, secure by DNSSEC", "enforce",
	    "secure found", "10 a.other.test ok:verify requiretls",
	    "none+requiretls", "pass - - secure/secure/secure a" },
	{ "exempt and REQUIRETLS, not probed", "none", "secure found",
	    "10 a.good.test", "none+requiretls",
	    "unknown not-probed unprobed none/secure/none a" },
	{ "D-51 even a level that no probe may say is below DANE", "none",
	    "secure found", "10 a.good.test tlsa ok:secure", "published",
	    "fail validation-failure - dane/dane/encrypt a" },
	{ "REQUIRETLS raises verify to secure", "none", "secure found",
	    "10 a.good.test ok:verify requiretls", "verify+requiretls",
	    "pass - - none/secure/secure a" },
	{ "dane asked, REQUIRETLS does not lower it", "none", "secure found",
	    "10 a.good.test ok:verify requiretls", "dane+requiretls",
	    "fail dane-required - none/dane/secure a" },
	{ "policy unread, not offered: cannot be otherwise", "error", "found",
	    "10 a.good.test ok:verify", "published+requiretls",
	    "fail requiretls-not-offered - none/secure/verify a" },
	{ "policy unread, offered: unknown", "error", "found",
	    "10 a.good.test ok:verify requiretls", "published+requiretls",
	    "unknown dns-error txt none/secure/verify -" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct sg_facts *f = facts_of_words(r->sts, r->mx, r->hosts);
	struct sg_verdict v;
	char got[256];

	decide(f, r->ask, &v);
	ck_assert_msg(strcmp(show(&v, got, sizeof(got)), r->want) == 0,
	    "%s: got \"%s\", want \"%s\"", r->name, got, r->want);
	ck_assert_uint_eq(v.n_mx, v.result == SG_RESULT_NOT_APPLICABLE ? 0
							: f->n_mx);
	sg_facts_unref(&f);
}
END_TEST

START_TEST(test_no_facts)
{
	static const struct row r[] = {
		{ .ask = "published",
		    .want = "unknown internal internal none/none/none -" },
		{ .ask = "none",
		    .want = "unknown internal internal none/none/none -" },
		{ .ask = "encrypt",
		    .want = "unknown internal internal none/encrypt/none -" },
		{ .ask = "published+requiretls",
		    .want = "unknown internal internal none/secure/none -" },
	};
	struct sg_verdict v;
	char got[256];

	for (size_t i = 0; i < N(r); i++) {
		decide(NULL, r[i].ask, &v);
		ck_assert_str_eq(show(&v, got, sizeof(got)), r[i].want);
		ck_assert_uint_eq(v.n_mx, 0);
		ck_assert(!v.has_policy && !v.has_dane && !v.by_cached_policy);
	}
}
END_TEST

/* What is said of each host: "result reason required/level", "match" or
   "mismatch", "cut". */
static const struct row host_rows[] = {
	{ "match and mismatch", "enforce", "found",
	    "10 a.good.test ok:verify; 20 b.other.test ok:verify",
	    "published",
	    "pass - secure/secure match; fail mx-mismatch secure/verify "
	    "mismatch; " },
	{ "no policy: all match", "none", "found",
	    "10 a.good.test; 20 b.other.test", "encrypt",
	    "unknown not-probed encrypt/none match; unknown not-probed "
	    "encrypt/none match; " },
	{ "mode none: all match", "mode-none", "found", "10 b.other.test",
	    "published", "pass - none/none match; " },
	{ "V-14 testing says so", "testing", "found", "10 b.other.test",
	    "published", "pass - none/none mismatch; " },
	{ "N-08 cut, the equal and the worse", "none", "found",
	    "10 a.good.test; 20 b.good.test self; 20 c.good.test; "
	    "30 d.good.test", "published",
	    "pass - none/none match; not-applicable self none/none match "
	    "cut; not-applicable self none/none match cut; not-applicable "
	    "self none/none match cut; " },
	{ "each its own requirement", "none", "secure found",
	    "10 a.good.test tlsa ok:dane; 20 b.good.test", "published",
	    "pass - dane/dane match; pass - none/none match; " },
	{ "a level that was not probed", "none", "found",
	    "10 a.good.test unreachable:timeout", "verify",
	    "unknown timeout verify/none match; " },
};

static void
show_hosts(const struct sg_verdict *v, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < v->n_mx; i++) {
		const struct sg_mx_verdict *m = &v->mxs[i];

		used += (size_t)snprintf(out + used, size - used,
		    "%s %s %s/%s %s%s; ", sg_result_name(m->result),
		    m->reason == SG_REASON_NONE ? "-"
						: sg_reason_name(m->reason),
		    sg_level_name(m->required), sg_level_name(m->level),
		    m->sts_match ? "match" : "mismatch",
		    m->cut ? " cut" : "");
		ck_assert_uint_lt(used, size);
	}
}

START_TEST(test_hosts)
{
	const struct row *r = &host_rows[_i];
	struct sg_facts *f = facts_of_words(r->sts, r->mx, r->hosts);
	struct sg_verdict v;
	char got[512];

	decide(f, r->ask, &v);
	show_hosts(&v, got, sizeof(got));
	ck_assert_msg(strcmp(got, r->want) == 0,
	    "%s: got \"%s\", want \"%s\"", r->name, got, r->want);
	sg_facts_unref(&f);
}
END_TEST

/* Flags: "policy MODE", "dane", "requiretls", "unvouched", "cached". */
static const struct row flag_rows[] = {
	{ "nothing", "none", "found", "10 a.good.test", "published", "" },
	{ "policy", "enforce", "found", "10 a.good.test", "published",
	    " policy=enforce" },
	{ "testing", "testing", "found", "10 a.good.test", "published",
	    " policy=testing" },
	{ "mode none", "mode-none", "found", "10 a.good.test", "published",
	    " policy=none" },
	{ "expired", "expired none", "found", "10 a.good.test", "published",
	    "" },
	{ "policy, MX error", "enforce", "error", "", "published",
	    " policy=enforce" },
	{ "dane", "none", "secure found", "10 a.good.test; 20 b.good.test tlsa",
	    "published", " dane" },
	{ "dane at a cut host does not count", "none", "secure found",
	    "10 a.good.test; 20 b.good.test tlsa self", "published", "" },
	{ "dane at a bogus address does not count", "none", "found",
	    "10 a.good.test addr-bogus tlsa; 20 b.good.test", "published",
	    "" },
	{ "dane at a special-use address counts", "none", "found",
	    "10 a.good.test addr-special tlsa; 20 b.good.test", "published",
	    " dane" },
	{ "dane where addresses could not be looked up counts", "none",
	    "found", "10 a.good.test addr-error tlsa; 20 b.good.test",
	    "published", " dane" },
	{ "unusable is not dane", "none", "secure found",
	    "10 a.good.test tlsa-unusable", "published", "" },
	{ "requiretls", "none", "found", "10 a.good.test",
	    "published+requiretls", " requiretls unvouched" },
	{ "unvouched", "none", "found", "10 a.good.test", "secure",
	    " unvouched" },
	{ "a mismatch is another thing", "testing", "found",
	    "10 a.other.test", "secure", " policy=testing" },
	{ "so is a failing probe", "none", "secure found",
	    "10 a.good.test fail:validation-failure", "secure", "" },
};

START_TEST(test_flags)
{
	const struct row *r = &flag_rows[_i];
	struct sg_facts *f = facts_of_words(r->sts, r->mx, r->hosts);
	struct sg_verdict v;
	char got[128];

	decide(f, r->ask, &v);
	snprintf(got, sizeof(got), "%s%s%s%s%s%s",
	    v.has_policy ? " policy=" : "",
	    v.has_policy ? sg_sts_mode_name(v.sts_mode) : "",
	    v.has_dane ? " dane" : "", v.requiretls ? " requiretls" : "",
	    v.unvouched ? " unvouched" : "",
	    v.by_cached_policy ? " cached" : "");
	ck_assert_msg(strcmp(got, r->want) == 0,
	    "%s: got \"%s\", want \"%s\"", r->name, got, r->want);
	ck_assert(v.has_policy || v.sts_mode == SG_STS_MODE_NONE);
	sg_facts_unref(&f);
}
END_TEST

/* may this failure be a 5xx, or must DNS be asked first? */
static const struct {
	const char *name, *sts, *hosts, *ask;
	int txt_age, policy_age;
	const char *txt_id;
	bool want;
} cached_rows[] = {
	{ "just looked, same id", "enforce", "10 a.other.test", "published", 0,
	    60, "id1", false },
	{ "looked a minute ago", "enforce", "10 a.other.test", "published", 60,
	    60, "id1", false },
	{ "looked longer ago", "enforce", "10 a.other.test", "published", 61,
	    61, "id1", true },
	{ "looked while we waited", "enforce", "10 a.other.test", "published",
	    -60, 60, "id1", false },
	{ "looked in the future", "enforce", "10 a.other.test", "published",
	    -61, 60, "id1", true },
	{ "id changed, not fetched", "enforce", "10 a.other.test",
	    "published", 0, 60, "id2", true },
	{ "fetched a day ago", "enforce", "10 a.other.test", "published", 0,
	    86399, "id1", false },
	{ "TXT is gone: that is an answer", "enforce none", "10 a.other.test",
	    "published", 0, 86000, "", false },
	{ "TXT is broken: the same", "enforce invalid", "10 a.other.test",
	    "published", 0, 86000, "", false },
	{ "Q-07 the look failed", "enforce error", "10 a.other.test",
	    "published", 0, 60, "", true },
	{ "the look was bogus", "enforce bogus", "10 a.other.test",
	    "published", 0, 60, "", true },
	{ "never looked", "enforce unasked", "10 a.other.test", "published",
	    0, 60, "", true },
	{ "unknown is not failure", "enforce error", "10 a.good.test",
	    "published", 0, 60, "", false },
	{ "pass is not failure", "enforce error", "10 a.good.test ok:verify",
	    "published", 0, 60, "", false },
	{ "no policy has a part in it", "error",
	    "10 a.good.test fail:starttls-not-supported", "encrypt", 0, 0, "",
	    false },
};

START_TEST(test_cached)
{
	struct sg_facts *f = facts_of_words(cached_rows[_i].sts, "found",
	    cached_rows[_i].hosts);
	struct sg_verdict v;

	f->sts.txt.at.s = NOW - cached_rows[_i].txt_age;
	f->sts.fetched_at.s = NOW - cached_rows[_i].policy_age;
	snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "%s",
	    cached_rows[_i].txt_id);
	decide(f, cached_rows[_i].ask, &v);
	ck_assert_msg(v.by_cached_policy == cached_rows[_i].want,
	    "%s: got %d", cached_rows[_i].name, v.by_cached_policy);
	sg_facts_unref(&f);
}
END_TEST

/* T7, T8: a newer policy was seen under the same id and is not believed yet;
   it may be the remedy. */
START_TEST(test_unconfirmed_T7)
{
	struct sg_facts *f = facts_of_words("enforce", "found",
	    "10 a.other.test");
	struct sg_verdict v;

	f->sts.fetch.reason = SG_REASON_STS_POLICY_UNCONFIRMED;
	decide(f, "published", &v);
	ck_assert_int_eq(v.result, SG_RESULT_FAIL);
	ck_assert(v.by_cached_policy);
	f->sts.fetch.reason = SG_REASON_STS_POLICY_FETCH_ERROR;
	decide(f, "published", &v);
	ck_assert(!v.by_cached_policy);
	sg_facts_unref(&f);
}
END_TEST

/* A policy of long life that is a day and a second old. */
START_TEST(test_cached_day)
{
	static const struct {
		const char *hosts;
		int age;
		bool want;
	} r[] = {
		{ "10 a.other.test", 86400, false },
		{ "10 a.other.test", 86401, true },
		/* DANE alone: the policy has no part in it */
		{ "10 a.other.test tlsa fail:validation-failure", 86401,
		    false },
		/* one by DANE, one by the policy */
		{ "10 a.other.test tlsa fail:validation-failure; "
		  "20 b.other.test", 86401, true },
		/* a host that is cut has none */
		{ "10 a.other.test tlsa fail:validation-failure; "
		  "20 b.other.test self", 86401, false },
	};

	for (size_t i = 0; i < N(r); i++) {
		struct sg_facts *f = facts_of_words("none", "secure found", r[i].hosts);
		struct sg_verdict v;

		set_policy(f, "enforce", 604800);
		f->sts.txt.state = SG_TXT_RECORD;
		snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "id1");
		f->sts.fetched_at.s = NOW - r[i].age;
		decide(f, "published", &v);
		ck_assert_int_eq(v.result, SG_RESULT_FAIL);
		ck_assert_msg(v.by_cached_policy == r[i].want,
		    "row %zu: got %d", i, v.by_cached_policy);
		sg_facts_unref(&f);
	}
}
END_TEST

/* P-11: max_age 0 is in force for the decision it was fetched for. */
START_TEST(test_max_age_0)
{
	struct sg_facts *f = facts_of_words("none", "found", "10 a.other.test");
	struct sg_verdict v;

	set_policy(f, "enforce", 0);
	f->sts.txt.state = SG_TXT_RECORD;
	f->sts.fetched_at = now;
	decide(f, "published", &v);
	ck_assert_int_eq(v.result, SG_RESULT_FAIL);
	f->sts.fetched_at.s = NOW - 3600;
	decide(f, "published", &v);
	ck_assert_int_eq(v.result, SG_RESULT_UNKNOWN);
	ck_assert_int_eq(v.gap, SG_GAP_HTTPS);
	sg_facts_unref(&f);
}
END_TEST

/* As many hosts as facts can hold. */
START_TEST(test_many)
{
	char hosts[800] = "";
	struct sg_facts *f;
	struct sg_verdict v;
	size_t used = 0;

	for (int i = 0; i < SG_FACTS_MAX_MX; i++)
		used += (size_t)snprintf(hosts + used, sizeof(hosts) - used,
		    "%s%d m%d.good.test addr-%s", i == 0 ? "" : ";", i, i,
		    i == SG_FACTS_MAX_MX - 1 ? "ok" : "none");
	f = facts_of_words("none", "found", hosts);
	decide(f, "published", &v);
	ck_assert_int_eq(v.result, SG_RESULT_PASS);
	ck_assert_str_eq(v.mx, "m19.good.test");
	ck_assert_uint_eq(v.n_mx, SG_FACTS_MAX_MX);
	sg_facts_unref(&f);
}
END_TEST

/* As many, and all fail: the policy has its part in it. */
START_TEST(test_many_fail)
{
	char hosts[1200] = "";
	struct sg_facts *f;
	struct sg_verdict v;
	size_t used = 0;

	for (int i = 0; i < SG_FACTS_MAX_MX; i++)
		used += (size_t)snprintf(hosts + used, sizeof(hosts) - used,
		    "%s%d m%d.other.test tlsa fail:validation-failure",
		    i == 0 ? "" : ";", i, i);
	f = facts_of_words("enforce error", "secure found", hosts);
	decide(f, "published", &v);
	ck_assert_int_eq(v.result, SG_RESULT_FAIL);
	ck_assert(!v.by_cached_policy); /* DANE decided alone */
	sg_facts_unref(&f);
}
END_TEST

/* Which of two gaps decides: none, then what can only queue, then what was
   not tested, then what is not known, then what is never passed. */
START_TEST(test_gaps)
{
	static const struct {
		enum sg_gap gap;
		int caution;
	} r[] = { { SG_GAP_NONE, 0 }, { SG_GAP_MX, 1 },
		{ SG_GAP_UNPROBED, 2 }, { SG_GAP_TXT, 3 },
		{ SG_GAP_HTTPS, 3 }, { SG_GAP_INTERNAL, 3 },
		{ SG_GAP_BOGUS, 4 } };

	for (size_t i = 0; i < N(r); i++)
		for (size_t j = 0; j < N(r); j++)
			ck_assert_msg(sg_gap_is_worse(r[i].gap, r[j].gap) ==
			    (r[i].caution > r[j].caution), "gaps %d and %d",
			    (int)r[i].gap, (int)r[j].gap);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("verdict");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_row, 0, (int)N(rows));
	tcase_add_loop_test(t, test_hosts, 0, (int)N(host_rows));
	tcase_add_loop_test(t, test_flags, 0, (int)N(flag_rows));
	tcase_add_loop_test(t, test_cached, 0, (int)N(cached_rows));
	tcase_add_test(t, test_unconfirmed_T7);
	tcase_add_test(t, test_cached_day);
	tcase_add_test(t, test_no_facts);
	tcase_add_test(t, test_max_age_0);
	tcase_add_test(t, test_many);
	tcase_add_test(t, test_many_fail);
	tcase_add_test(t, test_gaps);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
