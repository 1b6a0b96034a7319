/* SPDX-License-Identifier: ISC */
/*
 * fuzz_sts_policy.c - the MTA-STS policy file (RFC 8461 3.2).
 *
 * Holds: findings are printable; a policy is refused exactly when there is an
 * error among them; what is taken keeps the caps, has patterns by the grammar
 * only (THREATS 0.7: nothing of it could be an attribute), matches the hosts
 * that it names, and is read as the same policy when written plainly.
 */
#include "base/domain.h"
#include "fuzz/fuzz.h"
#include "policy/mx_match.h"
#include "policy/sts_policy.h"

static bool
is_pattern(const char *p)
{
	if (strncmp(p, "*.", 2) == 0)
		p += 2;
	for (; *p != '\0'; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') &&
		    *p != '-' && *p != '.')
			return false;
	return true;
}

/* Pattern by pattern; that the policy asks all of them is for check_ends():
   each of 256 against all would be the most of a run. */
static void
check_pattern(const char *pattern)
{
	char host[300];

	fuzz_hold(is_pattern(pattern));
	fuzz_hold(strlen(pattern) > 0 && strlen(pattern) <= 255);
	fuzz_hold(sg_mx_pattern_is_valid(pattern));
	if (pattern[0] != '*') {
		fuzz_hold(!sg_domain_is_valid(pattern, true) ||
		    sg_mx_match(pattern, pattern));
		return;
	}
	snprintf(host, sizeof(host), "x%s", pattern + 1);
	fuzz_hold(!sg_domain_is_valid(host, true) ||
	    sg_mx_match(pattern, host));
	fuzz_hold(!sg_mx_match(pattern, pattern + 2));
	snprintf(host, sizeof(host), "x.y%s", pattern + 1);
	fuzz_hold(!sg_mx_match(pattern, host));
}

/* The first and the last pattern are asked, too. */
static void
check_ends(const struct sg_sts_policy *p)
{
	const char *ends[] = { p->mx[0], p->mx[p->n_mx - 1] };
	char host[300];

	for (size_t i = 0; i < 2; i++) {
		snprintf(host, sizeof(host), "%s%s",
		    ends[i][0] == '*' ? "x" : "", ends[i] + (ends[i][0] == '*'));
		fuzz_hold(!sg_domain_is_valid(host, true) ||
		    sg_sts_policy_matches(p, host));
	}
}

static char *
write_plainly(const struct sg_sts_policy *p, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (out == NULL)
		abort();
	fprintf(out, "version: STSv1\nmode: %s\nmax_age: %u\n",
	    sg_sts_mode_name(p->mode), p->max_age_s);
	for (size_t i = 0; i < p->n_mx; i++)
		fprintf(out, "mx: %s\n", p->mx[i]);
	fclose(out);
	return text;
}

static void
check_again(const struct sg_sts_policy *p)
{
	struct sg_sts_policy *again = NULL;
	size_t len;
	char *text = write_plainly(p, &len);

	/* Short patterns were spelt shorter than "mx: x\n" nowhere. */
	if (len <= SG_STS_POLICY_MAX_BYTES) {
		fuzz_hold(sg_sts_policy_parse(text, len, &again, NULL, NULL) ==
		    SG_OK);
		fuzz_hold(again->mode == p->mode &&
		    again->max_age_s == p->max_age_s &&
		    again->n_mx == p->n_mx);
		for (size_t i = 0; i < p->n_mx; i++)
			fuzz_hold(strcmp(again->mx[i], p->mx[i]) == 0);
		sg_sts_policy_free(&again);
	}
	free(text);
}

static void
check_policy(const struct sg_sts_policy *p)
{
	fuzz_taken();
	fuzz_hold(p->n_mx <= SG_STS_POLICY_MAX_MX);
	fuzz_hold(p->max_age_s <= SG_STS_MAX_AGE_MAX);
	fuzz_hold(p->mode == SG_STS_MODE_NONE || p->n_mx > 0);
	for (size_t i = 0; i < p->n_mx; i++)
		check_pattern(p->mx[i]);
	if (p->n_mx > 0)
		check_ends(p);
	check_again(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sg_sts_policy *p = NULL, *quiet = NULL;
	struct sg_findings fs = { .n = 0 };
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	rc = sg_sts_policy_parse((const char *)data, size, &p, &fs, &err);
	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	fuzz_hold((rc == SG_BAD) == (fs.errors > 0));
	fuzz_hold(fs.n <= SG_FINDINGS_MAX && fuzz_is_plain(err.text));
	for (size_t i = 0; i < fs.n; i++)
		fuzz_hold(fuzz_is_plain(fs.f[i].text));
	fuzz_hold(sg_sts_policy_parse((const char *)data, size, &quiet, NULL,
	    NULL) == rc);
	fuzz_hold(size <= SG_STS_POLICY_MAX_BYTES || rc == SG_BAD);
	if (rc == SG_OK) {
		check_policy(p);
		sg_sts_policy_free(&p);
		sg_sts_policy_free(&quiet);
	}
	fuzz_hold(p == NULL && quiet == NULL);
	return 0;
}
