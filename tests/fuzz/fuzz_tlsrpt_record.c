/* SPDX-License-Identifier: ISC */
/*
 * fuzz_tlsrpt_record.c - the TLSRPT TXT record (RFC 8460 3).
 *
 * Holds: refused exactly when there is an error finding; the URIs are
 * printable, of the two schemes, without the separators, and come out again
 * when the record is written plainly.
 */
#include <strings.h>
#include "fuzz/fuzz.h"
#include "policy/tlsrpt_record.h"

static void
check_uri(const char *uri)
{
	fuzz_hold(strncasecmp(uri, "mailto:", 7) == 0 ||
	    strncasecmp(uri, "https:", 6) == 0);
	fuzz_hold(fuzz_is_plain(uri));
	fuzz_hold(strpbrk(uri, ",;! ") == NULL);
}

static void
write_plainly(const struct sg_tlsrpt *t)
{
	struct sg_tlsrpt again = { .n_rua = 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	fuzz_taken();
	fprintf(out, "v=TLSRPTv1;rua=");
	for (size_t i = 0; i < t->n_rua; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", t->rua[i]);
	fclose(out);
	fuzz_hold(sg_tlsrpt_parse((struct sg_txt) { text, len }, &again,
	    NULL) == SG_OK);
	fuzz_hold(again.n_rua == t->n_rua);
	for (size_t i = 0; i < t->n_rua; i++)
		fuzz_hold(strcmp(again.rua[i], t->rua[i]) == 0);
	sg_tlsrpt_fini(&again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sg_tlsrpt t = { .n_rua = 0 };
	struct sg_findings fs = { .n = 0 };
	enum sg_rc rc = sg_tlsrpt_parse(
	    (struct sg_txt) { (const char *)data, size }, &t, &fs);

	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	fuzz_hold((rc == SG_BAD) == (fs.errors > 0));
	for (size_t i = 0; i < fs.n; i++)
		fuzz_hold(fuzz_is_plain(fs.f[i].text));
	if (rc != SG_OK)
		return 0;
	fuzz_hold(t.n_rua >= 1 && t.n_rua <= SG_TLSRPT_MAX_RUA);
	for (size_t i = 0; i < t.n_rua; i++)
		check_uri(t.rua[i]);
	write_plainly(&t);
	sg_tlsrpt_fini(&t);
	return 0;
}
