/* SPDX-License-Identifier: ISC */
/*
 * fuzz_rcpt_address.c - the address of MAIL and RCPT, and domains as text.
 *
 * Holds: a domain is in the kept form or absent, as the kind says; it is its
 * own kept form; the address with that domain is read as the same again; no
 * octet of a domain is anything but LDH, '_' and dots (THREATS T15).
 */
#include "base/mailaddr.h"
#include "fuzz/fuzz.h"

static void
check_domain(const char *domain)
{
	char again[SG_DOMAIN_SIZE] = "";

	fuzz_hold(sg_domain_is_valid(domain, false));
	fuzz_hold(strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
	    strlen(domain));
	fuzz_hold(sg_domain_from_text(domain, strlen(domain), again, NULL) ==
	    SG_OK);
	fuzz_hold(strcmp(domain, again) == 0);
}

static void
check_again(const struct sg_mailaddr *a)
{
	struct sg_mailaddr again;
	char text[SG_MAILADDR_LOCAL_SIZE + SG_DOMAIN_SIZE + 8];

	if (strlen(a->local) >= SG_MAILADDR_LOCAL_SIZE - 1)
		return; /* was cut: its quotes may be open */
	if (a->local[0] == '@')
		return; /* came behind a source route; would be one itself */
	fuzz_taken();
	snprintf(text, sizeof(text), "<%s@%s>", a->local, a->domain);
	fuzz_hold(sg_mailaddr_parse(text, &again, NULL) == SG_OK);
	fuzz_hold(again.kind == SG_MAILADDR_DOMAIN);
	fuzz_hold(strcmp(again.local, a->local) == 0);
	fuzz_hold(strcmp(again.domain, a->domain) == 0);
}

static void
check_address(const char *arg)
{
	struct sg_mailaddr a;
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	memset(&a, 0xa5, sizeof(a));
	rc = sg_mailaddr_parse(arg, &a, &err);
	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	if (rc == SG_BAD) {
		fuzz_hold(err.text[0] != '\0' && fuzz_is_plain(err.text));
		return;
	}
	fuzz_hold(strlen(a.local) < sizeof(a.local));
	if (a.kind == SG_MAILADDR_DOMAIN) {
		check_domain(a.domain);
		check_again(&a);
	} else
		fuzz_hold(a.domain[0] == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *arg = fuzz_heap_string((struct fuzz_bytes) { data, size });
	char out[SG_DOMAIN_SIZE], under[SG_DOMAIN_SIZE];
	struct sg_err err = { .text = "" };

	check_address(arg);
	free(arg);
	if (sg_domain_from_text((const char *)data, size, out, &err) == SG_OK) {
		check_domain(out);
		if (sg_domain_prefix("_mta-sts", out, under) == SG_OK)
			fuzz_hold(sg_domain_is_valid(under, false));
	} else
		fuzz_hold(err.text[0] != '\0' && fuzz_is_plain(err.text));
	return 0;
}
