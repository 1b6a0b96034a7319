/* SPDX-License-Identifier: ISC */
/*
 * test_map.c - facts, global rule and pin in; what the TLS policy map says out.
 *
 * A row: the facts in words (facts_words.h), the global rule for good.test
 * ("" = none, else entry's members), the pin ("" or "LEVEL [name...]"), and
 * the answer as
 *     word [names...] [reason] [pinned] [+secure]
 * where +secure says that `secure' holds beside DANE.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/map.h"
#include "facts_words.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct sg_wall now = { NOW };

struct row {
	const char *name, *sts, *mx, *hosts, *rule, *pin, *want;
};

#define RULE(x) "require = \"" x "\""

static const struct row rows[] = {
	/* --- MTA-STS alone --- */
	{ "Z-02 enforce, the MX that matches", "enforce", "found",
	    "10 a.good.test", "", "", "secure a.good.test" },
	{ "Z-03 those that match, and no others", "enforce", "found",
	    "10 a.good.test; 20 a.other.test; 30 b.good.test", "", "",
	    "secure a.good.test b.good.test" },
	{ "Z-03 not at any depth", "enforce", "found",
	    "10 a.b.good.test; 20 c.good.test", "", "", "secure c.good.test" },
	{ "V-05 the implicit MX", "enforce", "implicit", "0 good.test", "",
	    "", "secure good.test" },
	{ "V-05 it does not match", "enforce", "implicit", "0 other.test", "",
	    "", "secure nobody mx-mismatch" },
	{ "T25 no MX matches", "enforce", "found", "10 a.other.test", "", "",
	    "secure nobody mx-mismatch" },
	{ "enforce, MX lookup failed", "enforce", "error", "", "", "",
	    "secure patterns *.good.test good.test" },
	{ "enforce, no usable MX name", "enforce", "unusable", "", "", "",
	    "secure patterns *.good.test good.test" },
	{ "enforce, NXDOMAIN is not believed against it", "enforce",
	    "nxdomain", "", "", "", "secure patterns *.good.test good.test" },
	{ "C-16 K-08 enforce, TXT fails now", "enforce error", "found",
	    "10 a.good.test", "", "", "secure a.good.test" },
	{ "C-16 enforce, TXT bogus now", "enforce bogus", "found",
	    "10 a.good.test", "", "", "secure a.good.test" },
	{ "K-08 enforce, TXT is gone", "enforce none", "found",
	    "10 a.good.test", "", "", "secure a.good.test" },
	{ "Q-02 testing", "testing", "found", "10 a.other.test", "", "",
	    "notfound" },
	{ "Q-03 mode none", "mode-none", "found", "10 a.other.test", "", "",
	    "notfound" },
	{ "no policy", "none", "found", "10 a.good.test", "", "", "notfound" },
	{ "B-09 invalid record", "invalid", "found", "10 a.good.test", "", "",
	    "notfound" },
	{ "K-01 the policy has expired", "expired", "found",
	    "10 a.good.test", "", "", "notfound" },
	{ "a host of the policy without address is named", "enforce", "found",
	    "10 a.good.test addr-none; 20 b.good.test", "", "",
	    "secure a.good.test b.good.test" },
	/* --- could not look --- */
	{ "X-06 TXT lookup failed", "error", "found", "10 a.good.test", "",
	    "", "notfound" },
	{ "TXT bogus", "bogus", "found", "10 a.good.test", "", "",
	    "temp dnssec-invalid" },
	{ "C-15 HTTPS failed", "record sts-webpki-invalid", "found",
	    "10 a.good.test", "", "", "notfound" },
	{ "nobody has looked", "unasked", "unasked", "", "", "",
	    "temp internal" },
	{ "nobody has looked in time", "unasked timeout", "unasked", "", "",
	    "", "temp timeout" },
	{ "overload", "unasked overload", "unasked", "", "", "",
	    "temp overload" },
	{ "MX bogus", "none", "bogus", "", "", "", "temp dnssec-invalid" },
	{ "MX bogus, enforce", "enforce", "bogus", "", "", "",
	    "temp dnssec-invalid" },
	{ "all addresses bogus", "none", "found",
	    "10 a.good.test addr-bogus; 20 b.good.test addr-bogus", "", "",
	    "temp dnssec-invalid" },
	{ "N-08 all before us bogus", "none", "found",
	    "10 a.good.test addr-bogus; 20 me.good.test self", "", "",
	    "temp dnssec-invalid" },
	{ "#172 one of them", "none", "found",
	    "10 a.good.test addr-bogus; 20 b.good.test", "", "", "notfound" },
	{ "#82 MX lookup failed, nothing published", "none", "error", "", "",
	    "", "notfound" },
	{ "RFC 7505 null MX", "none", "null", "", "", "", "notfound" },
	{ "NXDOMAIN", "none", "nxdomain", "", "", "", "notfound" },
	{ "#82 address error at one of the hosts", "none", "secure found",
	    "10 a.good.test addr-error; 20 b.good.test", "", "", "notfound" },
	/* --- DANE --- */
	{ "Z-07 all hosts", "none", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test tlsa", "", "", "dane-only" },
	{ "Z-07 some hosts", "none", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test", "", "", "dane" },
	{ "D-20 the worse one", "none", "secure found",
	    "10 a.good.test; 20 b.good.test tlsa", "", "", "dane" },
	{ "#8 insecure MX", "none", "found", "10 a.good.test tlsa", "", "",
	    "notfound" },
	{ "X-15 insecure MX, enforce", "enforce", "found",
	    "10 a.good.test tlsa", "", "", "secure a.good.test" },
	{ "Z-06 with enforce", "enforce", "secure found",
	    "10 a.good.test tlsa", "", "",
	    "dane-only a.good.test +secure" },
	{ "X-05 with enforce for others", "enforce", "secure found",
	    "10 a.other.test tlsa", "", "",
	    "dane-only nobody mx-mismatch +secure" },
	{ "enforce, some hosts: what no host may do less than", "enforce",
	    "secure found", "10 a.good.test tlsa; 20 b.good.test", "", "",
	    "dane-only a.good.test b.good.test +secure" },
	{ "D-16 unusable", "none", "secure found",
	    "10 a.good.test tlsa-unusable", "", "", "dane" },
	{ "D-16 unusable, and enforce", "enforce", "secure found",
	    "10 a.good.test tlsa-unusable", "", "", "secure a.good.test" },
	{ "D-16 unusable, enforce for others", "enforce", "secure found",
	    "10 a.other.test tlsa-unusable", "", "",
	    "secure nobody mx-mismatch" },
	{ "Q-15 TLSA lookup failed", "none", "secure found",
	    "10 a.good.test tlsa-error", "", "", "temp dns-error" },
	{ "Q-15 and enforce: never secure", "enforce", "secure found",
	    "10 a.good.test tlsa-error", "", "", "temp dns-error" },
	{ "Q-15 TLSA bogus, enforce", "enforce", "secure found",
	    "10 a.good.test tlsa-bogus", "", "", "temp dnssec-invalid" },
	{ "Q-15 one of two, enforce: never secure", "enforce", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test", "", "",
	    "temp dns-error" },
	{ "D-18 one of two, nothing else published", "none", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test", "", "", "dane" },
	{ "D-18 one of two, the other with TLSA", "enforce", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test tlsa", "", "",
	    "dane-only a.good.test b.good.test +secure" },
	{ "insecure MX, TLSA error does not count", "enforce", "found",
	    "10 a.good.test tlsa-error", "", "", "secure a.good.test" },
	{ "DANE alone decides, TXT is a lie", "bogus", "secure found",
	    "10 a.good.test tlsa", "", "", "dane-only" },
	{ "DANE of some, TXT is a lie", "bogus", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test", "", "",
	    "temp dnssec-invalid" },
	{ "DANE alone decides, TXT not looked at", "unasked timeout",
	    "secure found", "10 a.good.test tlsa", "", "", "dane-only" },
	{ "D-25 a host without address does not count", "none",
	    "secure found", "10 a.good.test addr-none; 20 b.good.test tlsa",
	    "", "", "dane-only" },
	{ "N-08 nor one behind ourselves", "none", "secure found",
	    "10 a.good.test tlsa; 20 me.good.test self; 30 c.good.test", "",
	    "", "dane-only" },
	{ "enforce, secure MX: a host that may have TLSA is not named",
	    "enforce", "secure found",
	    "10 a.good.test addr-error; 20 b.good.test", "", "",
	    "secure b.good.test" },
	{ "enforce, secure MX: all may", "enforce", "secure found",
	    "10 a.good.test addr-error", "", "", "temp dns-error" },
	{ "smart host with TLSA", "none", "host", "0 a.good.test tlsa", "", "",
	    "dane-only" },
	{ "smart host", "none", "host", "0 a.good.test tlsa-unasked", "", "",
	    "notfound" },
	/* --- global rules --- */
	{ "encrypt", "none", "found", "10 a.good.test", RULE("encrypt"), "",
	    "encrypt" },
	{ "verify", "none", "found", "10 a.good.test", RULE("verify"), "",
	    "verify" },
	{ "secure, and nothing vouches", "none", "found", "10 a.good.test",
	    RULE("secure"), "", "secure nobody validation-failure" },
	{ "secure by DNSSEC", "none", "secure found", "10 a.other.test",
	    RULE("secure"), "", "secure a.other.test" },
	{ "secure by a testing policy", "testing", "found",
	    "10 a.good.test; 20 a.other.test", RULE("secure"), "",
	    "secure a.good.test" },
	{ "secure, testing, MX lookup failed", "testing", "error", "",
	    RULE("secure"), "", "secure patterns *.good.test good.test" },
	{ "secure, MX lookup failed", "none", "error", "", RULE("secure"), "",
	    "temp dns-error" },
	{ "dane", "none", "found", "10 a.good.test", RULE("dane"), "",
	    "dane-only" },
	{ "published adds nothing", "enforce", "found", "10 a.good.test",
	    RULE("published"), "", "secure a.good.test" },
	{ "encrypt adds nothing to enforce", "enforce", "found",
	    "10 a.good.test", RULE("encrypt"), "", "secure a.good.test" },
	{ "encrypt, DANE of some", "none", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test", RULE("encrypt"), "",
	    "dane-only" },
	{ "encrypt, unusable at all hosts", "none", "secure found",
	    "10 a.good.test tlsa-unusable", RULE("encrypt"), "", "dane" },
	{ "encrypt, unusable at one", "none", "secure found",
	    "10 a.good.test tlsa-unusable; 20 b.good.test", RULE("encrypt"),
	    "", "encrypt" },
	{ "encrypt, TXT lookup failed: the table's right column", "error",
	    "found", "10 a.good.test", RULE("encrypt"), "",
	    "temp dns-error" },
	{ "encrypt, HTTPS failed", "record sts-policy-fetch-error", "found",
	    "10 a.good.test", RULE("encrypt"), "",
	    "temp sts-policy-fetch-error" },
	{ "encrypt, HTTPS failed, the window is over",
	    "record sts-policy-fetch-error", "found", "10 a.good.test",
	    RULE("encrypt") " unknown_window = \"0s\"", "", "encrypt" },
	{ "none lifts enforce", "enforce", "found", "10 a.other.test",
	    RULE("none"), "", "notfound" },
	{ "none lifts DANE", "none", "secure found", "10 a.good.test tlsa",
	    RULE("none"), "", "notfound" },
	{ "none lifts what is not known", "bogus", "bogus", "", RULE("none"),
	    "", "notfound" },
	{ "none lifts pins", "none", "found", "10 a.good.test", RULE("none"),
	    "secure good.test", "notfound" },
	{ "a rule that is tried raises nothing", "none", "found",
	    "10 a.good.test", RULE("secure") " dry_run = true", "",
	    "notfound" },
	{ "nor does it lower", "enforce", "found", "10 a.good.test",
	    RULE("none") " dry_run = true", "", "secure a.good.test" },
	{ "a rule that is over", "none", "found", "10 a.good.test",
	    RULE("secure") " until = \"2020-01-01\"", "", "notfound" },
	/* --- pins --- */
	{ "T25 the policy has expired", "expired", "found", "10 a.good.test",
	    "", "secure *.good.test", "secure a.good.test pinned" },
	{ "T25 the policy is gone", "none", "found", "10 a.good.test", "",
	    "secure *.good.test", "secure a.good.test pinned" },
	{ "T25 mode none now", "mode-none", "found", "10 a.good.test", "",
	    "secure a.good.test", "secure a.good.test pinned" },
	{ "T25 testing now", "testing", "found", "10 a.good.test", "",
	    "secure a.good.test", "secure a.good.test pinned" },
	{ "T25 a spoofed MX", "none", "found", "10 a.evil.test", "",
	    "secure *.good.test", "secure nobody mx-mismatch pinned" },
	{ "T25 MX cannot be looked up", "none", "error", "", "",
	    "secure *.good.test", "secure patterns *.good.test pinned" },
	{ "T25 TXT is a lie", "bogus", "found", "10 a.good.test", "",
	    "secure *.good.test", "secure a.good.test pinned" },
	{ "T25 nobody has looked", "unasked", "unasked", "", "",
	    "secure *.good.test", "secure patterns *.good.test pinned" },
	{ "a newer enforce policy names the hosts", "enforce", "found",
	    "10 a.good.test", "", "secure a.other.test",
	    "secure a.good.test" },
	{ "a secure MX RRset does as well", "none", "secure found",
	    "10 a.other.test", "", "secure *.good.test",
	    "secure a.other.test pinned" },
	{ "pinned by DNSSEC, which is gone", "none", "found",
	    "10 a.other.test", "", "secure a.good.test",
	    "secure nobody mx-mismatch pinned" },
	{ "pinned without a name, nothing vouches", "none", "found",
	    "10 a.good.test", "", "secure",
	    "secure nobody validation-failure pinned" },
	{ "Q-15 pinned, TLSA lookup fails: never secure", "none",
	    "secure found", "10 a.good.test tlsa-error", "",
	    "secure *.good.test", "temp dns-error" },
	{ "Q-15 the same at two hosts: the first is spoken of", "none",
	    "secure found", "10 a.good.test tlsa-error; 20 b.good.test "
	    "tlsa-bogus", "", "secure *.good.test", "temp dns-error" },
	{ "pinned, DANE now", "none", "secure found", "10 a.good.test tlsa",
	    "", "secure *.good.test",
	    "dane-only a.good.test +secure pinned" },
	{ "pinned, DANE of some now", "none", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test", "", "secure *.good.test",
	    "dane-only a.good.test b.good.test +secure pinned" },
	{ "TLSA is gone", "none", "secure found", "10 a.good.test", "",
	    "dane", "dane-only pinned" },
	{ "TLSA is gone, DNSSEC too", "none", "found", "10 a.good.test", "",
	    "dane", "dane-only pinned" },
	{ "TLSA is gone, enforce", "enforce", "found", "10 a.good.test", "",
	    "dane", "dane-only a.good.test +secure pinned" },
	{ "encrypt", "none", "found", "10 a.good.test", "", "encrypt",
	    "encrypt pinned" },
	{ "encrypt, and the TXT is a lie", "bogus", "found",
	    "10 a.good.test", "", "encrypt", "temp dnssec-invalid" },
	{ "verify", "none", "found", "10 a.good.test", "", "verify",
	    "verify pinned" },
	{ "pinned as published", "enforce", "found", "10 a.good.test", "",
	    "secure *.good.test", "secure a.good.test" },
	{ "pinned as a rule asks", "none", "found", "10 a.good.test",
	    RULE("encrypt"), "encrypt", "encrypt" },
	/* --- what a change of the code would make of them --- */
	{ "N-08 we are the best", "none", "secure found",
	    "10 a.good.test self; 20 b.good.test tlsa", "", "", "notfound" },
	{ "one host's addresses bogus, secure MX, enforce", "enforce",
	    "secure found", "10 a.good.test addr-bogus; 20 b.good.test", "",
	    "", "temp dnssec-invalid" },
	{ "special-use addresses are no lie", "none", "secure found",
	    "10 a.good.test addr-special; 20 b.good.test", "", "",
	    "notfound" },
	{ "#172 the other one of them", "none", "found",
	    "10 a.good.test; 20 b.good.test addr-bogus", "", "", "notfound" },
	{ "RFC 7672 2.2 secure, enforce, a host without address is named",
	    "enforce", "secure found",
	    "10 a.good.test addr-none; 20 b.good.test", "", "",
	    "secure a.good.test b.good.test" },
	{ "TLSA is known, addresses are not", "enforce", "secure found",
	    "10 a.good.test addr-error tlsa; 20 b.good.test", "", "",
	    "dane-only a.good.test b.good.test +secure" },
	{ "special-use addresses may hide TLSA", "enforce", "secure found",
	    "10 a.good.test addr-special", "", "",
	    "temp special-use-address" },
	{ "so may such as nobody asked for", "enforce", "secure found",
	    "10 a.good.test addr-unasked", "", "", "temp dns-error" },
	{ "a testing policy vouches for a rule, pinned lower or not",
	    "testing", "found", "10 a.good.test", RULE("secure"), "verify",
	    "secure a.good.test" },
	{ "a policy of mode none vouches for nobody", "mode-none", "found",
	    "10 a.good.test", RULE("secure"), "",
	    "secure nobody validation-failure" },
	{ "names of a lower pin vouch for nobody", "none", "found",
	    "10 a.other.test", RULE("secure"), "verify *.good.test",
	    "secure nobody validation-failure" },
	{ "the policy's patterns, not the pin's", "enforce", "error", "", "",
	    "secure x.other.test",
	    "secure patterns *.good.test good.test" },
	{ "the testing policy's patterns, not a lower pin's", "testing",
	    "error", "", RULE("secure"), "verify x.other.test",
	    "secure patterns *.good.test good.test" },
	{ "mode none has no patterns", "mode-none", "error", "",
	    RULE("secure"), "", "temp dns-error" },
	{ "a pin of verify settles no policy that is a lie", "bogus", "found",
	    "10 a.good.test", "", "verify", "temp dnssec-invalid" },
	{ "Q-15 one of two, encrypt asked", "none", "secure found",
	    "10 a.good.test tlsa-error; 20 b.good.test", RULE("encrypt"), "",
	    "temp dns-error" },
	{ "C-15 HTTPS failed, a rule asks", "record sts-webpki-invalid",
	    "found", "10 a.good.test", RULE("verify"), "",
	    "temp sts-webpki-invalid" },
	{ "not fetched yet, a rule asks", "record", "found",
	    "10 a.good.test", RULE("verify"), "",
	    "temp sts-policy-fetch-error" },
	{ "TXT was not asked, TLSA at some hosts", "unasked", "secure found",
	    "10 a.good.test tlsa; 20 b.good.test", "", "", "temp internal" },
};

static struct sg_config *
config_of(const char *rule)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *config = NULL;
	char text[300];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n"
	    "recipients = ( { match = \"unrelated.test\" require = \"dane\" "
	    "}%s%s%s )", rule[0] != '\0' ? ", { match = \"good.test\" " : "",
	    rule, rule[0] != '\0' ? " }" : "");
	ck_assert_int_eq(sg_config_parse(text, "test", &config, &errors),
	    SG_OK);
	return config;
}

static enum sg_level
level_of(const char *word)
{
	for (int l = 0; l <= SG_LEVEL_DANE; l++)
		if (strcmp(sg_level_name((enum sg_level)l), word) == 0)
			return (enum sg_level)l;
	ck_abort_msg("row says level \"%s\"", word);
	return SG_LEVEL_NONE;
}

static struct sg_pin *
pin_of(const char *words)
{
	struct sg_wall at = { NOW - 100 }, until = { NOW + 100 };
	char level[16] = "";
	struct sg_pin *pin = NULL;
	int used = 0;

	if (words[0] == '\0')
		return NULL;
	ck_assert_int_eq(sscanf(words, "%15s %n", level, &used), 1);
	ck_assert_int_eq(sg_pin_read("good.test", level_of(level), at, until,
	    words + used, &pin), SG_OK);
	return pin;
}

static void
add(char *out, size_t size, const char *word)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, "%s%s", n > 0 ? " " : "", word);
}

static const char *
show(const struct sg_map_answer *a, char *out, size_t size)
{
	out[0] = '\0';
	add(out, size, sg_map_word_name(a->word));
	if (a->names == SG_MAP_PATTERNS)
		add(out, size, "patterns");
	if (a->names == SG_MAP_NOBODY)
		add(out, size, "nobody");
	for (unsigned i = 0; i < a->n_names; i++)
		add(out, size, a->names == SG_MAP_HOSTS ? a->hosts[i]
							: a->patterns[i]);
	if (a->reason != SG_REASON_NONE)
		add(out, size, sg_reason_name(a->reason));
	if (a->secure && a->word != SG_MAP_SECURE)
		add(out, size, "+secure");
	if (a->pinned)
		add(out, size, "pinned");
	return out;
}

static void
decide(const struct row *r, char *out, size_t size)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_facts *f = facts_of_words(r->sts, r->mx, r->hosts);
	struct sg_config *config = config_of(r->rule);
	struct sg_pin *pin = pin_of(r->pin);
	struct sg_map_params p = { config, &hop, f, pin, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	f->mx_until.s = NOW + 60;
	f->sts.unknown_since.s = NOW - 10;
	memset(&a, 0xa5, sizeof(a));
	sg_decide_map(&p, &a);
	show(&a, out, size);
	sg_pin_unref(&pin);
	sg_config_unref(&config);
	sg_facts_unref(&f);
}

START_TEST(test_answer)
{
	const struct row *r = &rows[_i];
	char got[300];

	decide(r, got, sizeof(got));
	ck_assert_msg(strcmp(got, r->want) == 0, "%s: got %s; want %s",
	    r->name, got, r->want);
}
END_TEST

/* Whatever the row: whoever tries the gate without risk has nothing stopped at
   delivery either. */
START_TEST(test_dry_run)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	const struct row *r = &rows[_i];
	struct sg_facts *f = facts_of_words(r->sts, r->mx, r->hosts);
	struct sg_config *config = config_of(r->rule);
	struct sg_pin *pin = pin_of(r->pin);
	struct sg_map_params p = { config, &hop, f, pin, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	config->dry_run = true;
	sg_decide_map(&p, &a);
	ck_assert_msg(a.word == SG_MAP_NOTFOUND && !a.pinned, "%s: %s",
	    r->name, sg_map_word_name(a.word));
	p.floor = SG_LEVEL_SECURE;
	sg_decide_map(&p, &a);
	ck_assert_msg(a.word != SG_MAP_NOTFOUND, "%s, and a floor", r->name);
	sg_pin_unref(&pin);
	sg_config_unref(&config);
	sg_facts_unref(&f);
}
END_TEST

/* Whatever the row: a pin never makes the answer less. */
static unsigned
strength(enum sg_map_word word)
{
	static const unsigned of[SG_MAP_WORDS] = { [SG_MAP_NOTFOUND] = 0,
		[SG_MAP_DANE] = 1, [SG_MAP_ENCRYPT] = 2, [SG_MAP_VERIFY] = 3,
		[SG_MAP_SECURE] = 4, [SG_MAP_DANE_ONLY] = 5,
		[SG_MAP_TEMP] = 6 };

	return of[word];
}

static enum sg_map_word
word_of(const struct row *r)
{
	char got[300], word[16];

	decide(r, got, sizeof(got));
	ck_assert_int_eq(sscanf(got, "%15s", word), 1);
	for (int w = 0; w < SG_MAP_WORDS; w++)
		if (strcmp(sg_map_word_name((enum sg_map_word)w), word) == 0)
			return (enum sg_map_word)w;
	return SG_MAP_WORDS;
}

START_TEST(test_pin_never_weakens)
{
	static const struct {
		const char *pin;
		enum sg_map_word least;
	} pins[] = { { "encrypt", SG_MAP_DANE }, { "verify", SG_MAP_VERIFY },
		{ "secure *.good.test", SG_MAP_SECURE },
		{ "dane", SG_MAP_DANE_ONLY } };
	struct row r = rows[_i];

	if (strstr(r.rule, "\"none\"") != NULL &&
	    strstr(r.rule, "dry_run") == NULL)
		return; /* lifts pins */
	for (size_t i = 0; i < N(pins); i++) {
		enum sg_map_word with, without;

		r.pin = "";
		without = word_of(&r);
		r.pin = pins[i].pin;
		with = word_of(&r);
		/* not knowing may become knowing what was promised */
		ck_assert_msg(strength(with) >= strength(pins[i].least) &&
		    (without == SG_MAP_TEMP ||
			strength(with) >= strength(without)),
		    "%s, pin %s: %s, without it %s", r.name, r.pin,
		    sg_map_word_name(with), sg_map_word_name(without));
	}
}
END_TEST

START_TEST(test_nothing_known)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_config *config = config_of("");
	struct sg_map_params p = { config, &hop, NULL, NULL, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	sg_decide_map(&p, &a);
	ck_assert_int_eq(a.word, SG_MAP_TEMP);
	ck_assert_int_eq(a.reason, SG_REASON_INTERNAL);
	sg_config_unref(&config);
}
END_TEST

/* MX hosts of long ago are not held against those of today. */
START_TEST(test_old_mx)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_facts *f = facts_of_words("enforce", "found",
	    "10 a.good.test");
	struct sg_config *config = config_of("");
	struct sg_map_params p = { config, &hop, f, NULL, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	f->mx_until.s = NOW - 3600;
	sg_decide_map(&p, &a);
	ck_assert_int_eq(a.names, SG_MAP_HOSTS);
	f->mx_until.s = NOW - 3601;
	sg_decide_map(&p, &a);
	ck_assert_int_eq(a.names, SG_MAP_PATTERNS);
	sg_config_unref(&config);
	sg_facts_unref(&f);
}
END_TEST

/* "[host]" has no MX list that could grow old. */
START_TEST(test_old_host)
{
	static const struct sg_nexthop hop = { .name = "a.good.test",
		.port = 25, .is_host = true };
	struct sg_facts *f = facts_of_words("enforce", "host",
	    "0 a.good.test");
	struct sg_config *config = config_of("");
	struct sg_map_params p = { config, &hop, f, NULL, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	f->mx_until.s = 0;
	sg_decide_map(&p, &a);
	ck_assert_int_eq(a.names, SG_MAP_HOSTS);
	sg_config_unref(&config);
	sg_facts_unref(&f);
}
END_TEST

/* A rule waits four hours for a policy, from when it could not be learnt. */
START_TEST(test_window)
{
	static const struct {
		int64_t since;
		bool waits;
	} r[] = { { 0, true }, { 1, false }, { NOW, true },
		{ NOW - 14399, true }, { NOW - 14400, false } };
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_config *config = config_of(RULE("verify"));
	struct sg_facts *f = facts_of_words("error", "found",
	    "10 a.good.test");
	struct sg_map_params p = { config, &hop, f, NULL, now, SG_LEVEL_NONE };
	struct sg_map_answer a;

	f->mx_until.s = NOW + 60;
	for (size_t i = 0; i < N(r); i++) {
		f->sts.unknown_since.s = r[i].since;
		sg_decide_map(&p, &a);
		ck_assert_msg(a.word == (r[i].waits ? SG_MAP_TEMP
						    : SG_MAP_VERIFY),
		    "since %lld: %s", (long long)r[i].since,
		    sg_map_word_name(a.word));
	}
	sg_facts_unref(&f);
	sg_config_unref(&config);
}
END_TEST

/* Without a global rule, with one, and with one for others. */
START_TEST(test_global_rule)
{
	struct sg_config *none = NULL;
	struct sg_config_errors errors = { .n = 0 };
	struct sg_recipient_rule one = { .name = "good.test",
		.rule = { .set = SG_RULE_REQUIRE,
		    .require = SG_REQUIRE_DANE } };
	struct sg_config lone = { .n_recipients = 1, .recipients = &one };
	uint32_t window_s = 0;

	ck_assert_int_eq(sg_config_parse("dns = { trust_anchor_file = \"\" }",
	    "test", &none, &errors), SG_OK);
	ck_assert_int_eq(sg_decide_map_rule(none, "good.test", now,
	    &window_s), SG_REQUIRE_PUBLISHED);
	ck_assert_uint_eq(window_s, 14400);
	ck_assert_int_eq(sg_decide_map_rule(&lone, "good.test", now,
	    &window_s), SG_REQUIRE_DANE);
	ck_assert_uint_eq(window_s, 14400);
	ck_assert_int_eq(sg_decide_map_rule(&lone, "other.test", now,
	    &window_s), SG_REQUIRE_PUBLISHED);
	ck_assert_int_eq(sg_decide_pin_level(none, "good.test",
	    SG_LEVEL_VERIFY, now), SG_LEVEL_VERIFY);
	ck_assert_int_eq(sg_decide_pin_level(&lone, "good.test",
	    SG_LEVEL_VERIFY, now), SG_LEVEL_DANE);
	sg_config_unref(&none);
}
END_TEST

/* For TLSRPT: the policy that is enforced, and only with an answer. */
START_TEST(test_policy)
{
	static const struct {
		const char *sts, *mx, *hosts;
		bool want;
	} r[] = { { "enforce", "found", "10 a.good.test", true },
		{ "enforce", "secure found", "10 a.good.test tlsa", true },
		{ "enforce", "bogus", "", false },
		{ "testing", "found", "10 a.good.test", false },
		{ "none", "found", "10 a.good.test", false } };
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_config *config = config_of("");

	for (size_t i = 0; i < N(r); i++) {
		struct sg_facts *f = facts_of_words(r[i].sts, r[i].mx,
		    r[i].hosts);
		struct sg_map_params p = { config, &hop, f, NULL, now,
			SG_LEVEL_NONE };
		struct sg_map_answer a;

		sg_decide_map(&p, &a);
		ck_assert_msg(a.policy == (r[i].want ? f->sts.policy : NULL),
		    "%s, %s", r[i].sts, r[i].mx);
		sg_facts_unref(&f);
	}
	sg_config_unref(&config);
}
END_TEST

/* As many hosts as facts can hold, and no word beyond the words. */
START_TEST(test_many)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_config *config = config_of("");
	char hosts[1200] = "";
	struct sg_map_answer a;
	struct sg_facts *f;
	size_t used = 0;

	for (int i = 0; i < SG_FACTS_MAX_MX; i++)
		used += (size_t)snprintf(hosts + used, sizeof(hosts) - used,
		    "%s%d m%d.good.test", i == 0 ? "" : ";", i, i);
	f = facts_of_words("enforce", "found", hosts);
	f->mx_until.s = NOW + 60;
	sg_decide_map(&(struct sg_map_params) { config, &hop, f, NULL, now,
		SG_LEVEL_NONE }, &a);
	ck_assert_uint_eq(a.n_names, SG_FACTS_MAX_MX);
	ck_assert_str_eq(sg_map_word_name(SG_MAP_WORDS), "?");
	ck_assert_str_eq(sg_map_word_name(SG_MAP_TEMP), "temp");
	sg_facts_unref(&f);
	sg_config_unref(&config);
}
END_TEST

/* --- what is pinned ------------------------------------------------------------ */

static const struct {
	const char *name, *rule;
	enum sg_level published, want;
} pinned[] = {
	{ "nothing", "", SG_LEVEL_NONE, SG_LEVEL_NONE },
	{ "as published", "", SG_LEVEL_SECURE, SG_LEVEL_SECURE },
	{ "raised", RULE("verify"), SG_LEVEL_NONE, SG_LEVEL_VERIFY },
	{ "the higher", RULE("encrypt"), SG_LEVEL_DANE, SG_LEVEL_DANE },
	{ "waived", RULE("none"), SG_LEVEL_SECURE, SG_LEVEL_NONE },
	{ "tried", RULE("secure") " dry_run = true", SG_LEVEL_NONE,
	    SG_LEVEL_NONE },
};

START_TEST(test_pin_level)
{
	struct sg_config *config = config_of(pinned[_i].rule);

	ck_assert_msg(sg_decide_pin_level(config, "good.test",
	    pinned[_i].published, now) == pinned[_i].want, "%s",
	    pinned[_i].name);
	sg_config_unref(&config);
}
END_TEST

static void
check_pin(const char *sts, const char *mx, enum sg_level level,
    const char *want)
{
	struct sg_facts *f = facts_of_words(sts, mx,
	    "10 a.good.test; 20 a_b.good.test");
	struct sg_config *config = config_of("");
	struct sg_pin *pin = NULL;
	char *names;

	ck_assert_int_eq(sg_decide_pin(config, f, level, now, &pin), SG_OK);
	names = sg_pin_names_text(pin);
	ck_assert_str_eq(names, want);
	ck_assert_str_eq(pin->key, "good.test");
	ck_assert_int_eq(pin->level, level);
	ck_assert(pin->until.s == NOW + 5 * 86400 + SG_PIN_RENEW_S);
	free(names);
	sg_pin_unref(&pin);
	sg_config_unref(&config);
	sg_facts_unref(&f);
}

START_TEST(test_pin_keeps_what_it_needs)
{
	check_pin("enforce", "found", SG_LEVEL_SECURE,
	    "*.good.test good.test");
	check_pin("testing", "secure found", SG_LEVEL_SECURE,
	    "*.good.test good.test");
	check_pin("none", "secure found", SG_LEVEL_SECURE, "a.good.test");
	check_pin("none", "found", SG_LEVEL_SECURE, "");
	check_pin("mode-none", "found", SG_LEVEL_SECURE, "");
	check_pin("enforce", "secure found", SG_LEVEL_DANE, "");
	check_pin("none", "found", SG_LEVEL_ENCRYPT, "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_dry_run, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(t, test_answer, 0, N(rows));
	tcase_add_loop_test(t, test_pin_never_weakens, 0, N(rows));
	tcase_add_test(t, test_nothing_known);
	tcase_add_test(t, test_old_mx);
	tcase_add_test(t, test_old_host);
	tcase_add_test(t, test_window);
	tcase_add_test(t, test_global_rule);
	tcase_add_test(t, test_policy);
	tcase_add_test(t, test_many);
	tcase_add_loop_test(t, test_pin_level, 0, N(pinned));
	tcase_add_test(t, test_pin_keeps_what_it_needs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
