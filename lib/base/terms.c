/* SPDX-License-Identifier: ISC */
/* terms.c - see terms.h. */
#include "base/terms.h"

#include <stddef.h>
#include <string.h>

static const char *const levels[] = { "none", "encrypt", "verify", "secure",
	"dane" };
static const char *const requires[] = { "none", "published", "encrypt",
	"verify", "secure", "dane" };
static const char *const actions[] = { "accept", "tag", "hold", "defer",
	"reject", "auto" };
static const char *const results[] = { "pass", "fail", "unknown",
	"not-applicable" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
word(const char *const *words, size_t n, unsigned value)
{
	return value < n ? words[value] : "?";
}

const char *
sg_level_name(enum sg_level level)
{
	return word(levels, COUNT(levels), level);
}

const char *
sg_require_name(enum sg_require require)
{
	return word(requires, COUNT(requires), require);
}

const char *
sg_action_name(enum sg_action action)
{
	return word(actions, COUNT(actions), action);
}

const char *
sg_result_name(enum sg_result result)
{
	return word(results, COUNT(results), result);
}

enum sg_level
sg_require_level(enum sg_require require)
{
	switch (require) {
	case SG_REQUIRE_ENCRYPT:
		return SG_LEVEL_ENCRYPT;
	case SG_REQUIRE_VERIFY:
		return SG_LEVEL_VERIFY;
	case SG_REQUIRE_SECURE:
		return SG_LEVEL_SECURE;
	case SG_REQUIRE_DANE:
		return SG_LEVEL_DANE;
	default:
		return SG_LEVEL_NONE;
	}
}

static enum sg_rc
find(const char *const *words, size_t n, const char *w, unsigned *out)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(words[i], w) == 0) {
			*out = i;
			return SG_OK;
		}
	return SG_BAD;
}

enum sg_rc
sg_require_parse(const char *w, enum sg_require *out)
{
	unsigned i;

	if (find(requires, COUNT(requires), w, &i) != SG_OK)
		return SG_BAD;
	*out = (enum sg_require)i;
	return SG_OK;
}

enum sg_rc
sg_action_parse(const char *w, enum sg_action *out)
{
	unsigned i;

	if (find(actions, COUNT(actions), w, &i) != SG_OK)
		return SG_BAD;
	*out = (enum sg_action)i;
	return SG_OK;
}
