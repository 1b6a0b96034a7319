/* SPDX-License-Identifier: ISC */
/*
 * fuzz_socketmap.c - a question to the policy map on the first line; behind
 * it, the octets that facts, and maybe a pin, are made of.
 *
 * Holds: who asks for a name is answered for that name or NOTFOUND, a key
 * with a dot in front never gets a policy (THREATS 2.2); the answer of every
 * dialect is printable and within Postfix's limit, begins with a word of
 * socketmap's, has only the attributes that Postfix and Sendmail know, each
 * once, and names only of letters, digits, '-', '_' and dots (THREATS 0.7);
 * and no answer is below the floor that was asked for.
 */
#include "fuzz/make_facts.h"
#include "mapreply.h"

static struct sg_config *config;

static void
setup(void)
{
	struct sg_config_errors errors = { .n = 0 };

	if (sg_config_parse("dns = { trust_anchor_file = \"\" }\n"
	    "recipients = ( { match = \"strict.test\" require = \"secure\" },"
	    " { match = \"free.test\" require = \"none\" } )\n", "fuzz",
	    &config, &errors) != SG_OK)
		abort();
}

static bool
begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static void
check_names(const char *value, size_t len)
{
	fuzz_hold(len > 0);
	for (size_t i = 0; i < len; i++)
		fuzz_hold(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.:*",
		    value[i]) != NULL && value[i] != '\0');
}

/* One "name=value" of len octets; counts which. */
static void
check_attribute(const char *a, size_t len, unsigned seen[4])
{
	static const char *const names[] = { "match=", "servername=",
		"policy_type=", "policy_domain=" };

	for (int i = 0; i < 4; i++) {
		size_t n = strlen(names[i]);

		if (len > n && memcmp(a, names[i], n) == 0) {
			fuzz_hold(seen[i]++ == 0);
			check_names(a + n, len - n);
			return;
		}
	}
	fuzz_hold(len > 16 && memcmp(a, "mx_host_pattern=", 16) == 0);
	check_names(a + 16, len - 16);
}

/* What stands behind the level. */
static void
check_attributes(const char *text)
{
	unsigned seen[4] = { 0 };

	fuzz_taken();
	while (*text == ' ') {
		size_t len = strcspn(++text, " ");

		if (*text == '{') { /* { policy_string = name: value } */
			fuzz_hold(begins(text, "{ policy_string = "));
			text += strcspn(text, "}") + 1;
			continue;
		}
		check_attribute(text, len, seen);
		text += len;
	}
	fuzz_hold(*text == '\0');
}

static enum sg_level
level_of(const char *text)
{
	static const struct {
		const char *word;
		enum sg_level level;
	} words[] = { { "encrypt", SG_LEVEL_ENCRYPT },
		{ "verify", SG_LEVEL_VERIFY }, { "secure", SG_LEVEL_SECURE },
		{ "dane-only", SG_LEVEL_DANE }, { "dane", SG_LEVEL_DANE } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(text, words[i].word))
			return words[i].level;
	fuzz_broken(text, __FILE__, __LINE__);
}

/* floor: what Postfix asks for at least. Opportunistic "dane" may be below
   anything but encrypt: decide/map.c says when it may be given. Sendmail's
   dialect has no word for DANE, and gets the policy's instead. */
static void
check_answer(const char *text, enum sg_level floor, enum sg_map_word word)
{
	fuzz_hold(fuzz_is_plain(text));
	fuzz_hold(begins(text, "OK ") || begins(text, "NOTFOUND ") ||
	    begins(text, "TEMP "));
	if (begins(text, "NOTFOUND "))
		fuzz_hold(floor == SG_LEVEL_NONE || word == SG_MAP_DANE ||
		    word == SG_MAP_DANE_ONLY || word == SG_MAP_ENCRYPT);
	if (!begins(text, "OK "))
		return;
	fuzz_hold(level_of(text + 3) >= floor);
	check_attributes(text + 3 + strcspn(text + 3, " "));
}

static void
answer(struct fuzz_bytes in, const struct sg_map_request *r)
{
	static char text[SG_MAPREPLY_MAX + 1];
	enum sg_level floor;
	struct sg_facts *f = fuzz_below(&in, 8) ? make_facts(&in) : NULL;
	struct sg_pin *pin = NULL;
	struct sg_map_params p = { .config = config, .hop = &r->hop,
		.facts = f, .now = { MAKE_NOW }, .floor = r->floor };
	struct sg_map_answer a;
	size_t n;

	if (f != NULL && fuzz_below(&in, 2))
		(void)sg_decide_pin(config, f, SG_LEVEL_SECURE,
		    (struct sg_wall) { MAKE_NOW - 10 }, &pin);
	p.pin = pin;
	sg_decide_map(&p, &a);
	fuzz_hold(a.word < SG_MAP_WORDS);
	for (int d = 0; d < SG_DIALECTS; d++) {
		n = sg_mapreply_write((enum sg_dialect)d, &a, &r->hop, text,
		    sizeof(text) - 1);
		fuzz_hold(n > 0 && n <= SG_MAPREPLY_MAX);
		text[n] = '\0';
		fuzz_hold(strlen(text) == n);
		floor = r->floor == SG_LEVEL_DANE && d == SG_DIALECT_STS ?
		    SG_LEVEL_SECURE : r->floor;
		check_answer(text, floor, a.word);
		fuzz_hold(d == SG_DIALECT_STS || !begins(text, "NOTFOUND") ||
		    a.word == SG_MAP_NOTFOUND);
	}
	sg_pin_unref(&pin);
	sg_facts_unref(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size }, line = fuzz_part(&in, '\n');
	struct sg_map_request r = { .floor = SG_LEVEL_NONE };
	const char *blank;
	enum sg_rc rc;

	if (config == NULL)
		setup();
	rc = sg_map_request_parse((const char *)line.p, line.n, &r);
	fuzz_hold(rc == SG_OK || rc == SG_NONE || rc == SG_BAD);
	blank = line.n > 0 ? memchr(line.p, ' ', line.n) : NULL;
	fuzz_hold(rc == SG_BAD || blank != NULL);
	if (rc != SG_OK)
		return 0;
	fuzz_hold(blank[1] != '.');
	fuzz_hold(sg_domain_is_valid(r.hop.name, false));
	fuzz_hold(r.dialect < SG_DIALECTS && r.floor <= SG_LEVEL_DANE);
	answer(in, &r);
	return 0;
}
