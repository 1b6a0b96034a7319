/* SPDX-License-Identifier: ISC */
/* facts_words.c - see facts_words.h. */
#include "facts_words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct sg_wall now = { NOW };

int
value_of(const struct word *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].value;
	ck_abort_msg("row says \"%s\"", word);
	return -1;
}

static const struct word txt_words[] = { { "unasked", SG_TXT_UNASKED },
	{ "none", SG_TXT_NONE }, { "record", SG_TXT_RECORD },
	{ "invalid", SG_TXT_INVALID }, { "error", SG_TXT_ERROR },
	{ "bogus", SG_TXT_BOGUS } };

static const struct word mx_words[] = { { "unasked", SG_MX_UNASKED },
	{ "found", SG_MX_FOUND }, { "implicit", SG_MX_IMPLICIT },
	{ "host", SG_MX_HOST }, { "null", SG_MX_NULL },
	{ "nxdomain", SG_MX_NXDOMAIN }, { "error", SG_MX_ERROR },
	{ "bogus", SG_MX_BOGUS }, { "unusable", SG_MX_UNUSABLE } };

static const struct word addr_words[] = { { "addr-ok", SG_ADDR_OK },
	{ "addr-none", SG_ADDR_NONE }, { "addr-error", SG_ADDR_ERROR },
	{ "addr-bogus", SG_ADDR_BOGUS }, { "addr-special", SG_ADDR_SPECIAL },
	{ "addr-unasked", SG_ADDR_UNASKED } };

static const struct word tlsa_words[] = { { "tlsa", SG_TLSA_USABLE },
	{ "tlsa-unusable", SG_TLSA_UNUSABLE }, { "tlsa-error", SG_TLSA_ERROR },
	{ "tlsa-bogus", SG_TLSA_BOGUS }, { "tlsa-unasked", SG_TLSA_UNASKED } };

static const struct word level_words[] = { { "none", SG_LEVEL_NONE },
	{ "encrypt", SG_LEVEL_ENCRYPT }, { "verify", SG_LEVEL_VERIFY },
	{ "secure", SG_LEVEL_SECURE }, { "dane", SG_LEVEL_DANE } };

static const struct word require_words[] = { { "none", SG_REQUIRE_NONE },
	{ "published", SG_REQUIRE_PUBLISHED }, { "encrypt", SG_REQUIRE_ENCRYPT },
	{ "verify", SG_REQUIRE_VERIFY }, { "secure", SG_REQUIRE_SECURE },
	{ "dane", SG_REQUIRE_DANE } };

enum sg_reason
reason_of(const char *word)
{
	for (int r = 0; r < SG_REASON_COUNT; r++)
		if (strcmp(sg_reason_name((enum sg_reason)r), word) == 0)
			return (enum sg_reason)r;
	ck_abort_msg("row says reason \"%s\"", word);
	return SG_REASON_NONE;
}

void
set_policy(struct sg_facts *f, const char *mode, unsigned max_age)
{
	char text[200];
	int n;
	struct sg_err err;

	n = snprintf(text, sizeof(text), "version: STSv1\nmode: %s\n"
	    "max_age: %u\nmx: *.good.test\nmx: good.test\n", mode, max_age);
	ck_assert_int_eq(sg_facts_set_policy(f, text, (size_t)n, "id1",
	    (struct sg_wall) { NOW - 60 }, &err), SG_OK);
}

static void
build_sts(struct sg_facts *f, const char *words)
{
	char first[32] = "", second[40] = "";
	const char *txt = "record";

	sscanf(words, "%31s %39s", first, second);
	if (strcmp(first, "enforce") == 0 || strcmp(first, "testing") == 0)
		set_policy(f, first, 86400);
	else if (strcmp(first, "mode-none") == 0)
		set_policy(f, "none", 86400);
	else if (strcmp(first, "expired") == 0)
		set_policy(f, "enforce", 30);
	else
		txt = first;
	if (f->sts.policy != NULL && second[0] != '\0')
		txt = second;
	else if (second[0] != '\0')
		f->sts.fetch.reason = reason_of(second);
	f->sts.txt.state = (enum sg_txt_state)value_of(txt_words, N(txt_words),
	    txt);
	f->sts.txt.at = now;
	if (f->sts.txt.state == SG_TXT_RECORD)
		snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "id1");
}

static void
build_probe(struct sg_facts_probe *p, const char *word)
{
	char kind[16] = "", a[40] = "", b[40] = "";

	sscanf(word, "%15[^:]:%39[^:]:%39s", kind, a, b);
	if (strcmp(kind, "ok") == 0) {
		p->state = SG_PROBE_OK;
		p->level = (enum sg_level)value_of(level_words, N(level_words),
		    a);
		p->reason = b[0] != '\0' ? reason_of(b) : SG_REASON_NONE;
	} else if (strcmp(kind, "fail") == 0) {
		p->state = SG_PROBE_FAIL;
		p->reason = reason_of(a);
		if (b[0] != '\0')
			p->level = (enum sg_level)value_of(level_words,
			    N(level_words), b);
	} else if (strcmp(kind, "untested") == 0) {
		p->reason = reason_of(a);
	} else {
		p->state = SG_PROBE_UNREACHABLE;
		p->reason = a[0] != '\0' ? reason_of(a) : SG_REASON_NONE;
	}
}

static void
build_word(struct sg_facts_mx *mx, const char *word)
{
	if (strcmp(word, "self") == 0)
		mx->is_self = true;
	else if (strcmp(word, "requiretls") == 0)
		mx->probe.requiretls = SG_REQUIRETLS_OFFERED;
	else if (strcmp(word, "requiretls-unasked") == 0)
		mx->probe.requiretls = SG_REQUIRETLS_UNASKED;
	else if (strncmp(word, "addr-", 5) == 0)
		mx->addrs = (enum sg_addr_state)value_of(addr_words,
		    N(addr_words), word);
	else if (strncmp(word, "tlsa", 4) == 0)
		mx->tlsa = (enum sg_tlsa_state)value_of(tlsa_words,
		    N(tlsa_words), word);
	else
		build_probe(&mx->probe, word);
}

static void
build_host(struct sg_facts_mx *mx, const char *text)
{
	char word[80];
	int used;
	unsigned preference;

	ck_assert_int_eq(sscanf(text, "%u %79s%n", &preference, mx->host,
	    &used), 2);
	mx->preference = (uint16_t)preference;
	mx->addrs = SG_ADDR_OK;
	for (text += used; sscanf(text, " %79s%n", word, &used) == 1;
	    text += used)
		build_word(mx, word);
}

static void
build_hosts(struct sg_facts *f, const char *text)
{
	char part[256];
	unsigned n = text[0] != '\0';

	for (const char *s = text; *s != '\0'; s++)
		n += *s == ';';
	ck_assert_int_eq(sg_facts_set_mx(f, n), SG_OK);
	for (unsigned i = 0; i < n; i++) {
		size_t len = strcspn(text, ";");

		snprintf(part, sizeof(part), "%.*s", (int)len, text);
		build_host(&f->mx[i], part);
		text += len + (text[len] == ';');
	}
}

enum sg_require
require_of(const char *word)
{
	return (enum sg_require)value_of(require_words, N(require_words),
	    word);
}

struct sg_facts *
facts_of_words(const char *sts, const char *mx, const char *hosts)
{
	static const struct sg_nexthop hop = { .name = "good.test",
		.port = 25 };
	struct sg_facts *f = sg_facts_new(&hop);

	ck_assert_ptr_nonnull(f);
	build_sts(f, sts);
	if (strncmp(mx, "secure ", 7) == 0) {
		f->mx_dnssec = SG_DNSSEC_SECURE;
		mx += 7;
	}
	f->mx_state = (enum sg_mx_state)value_of(mx_words, N(mx_words), mx);
	build_hosts(f, hosts);
	return f;
}
