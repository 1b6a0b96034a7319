/* SPDX-License-Identifier: ISC */
/*
 * fuzz_sts_record.c - the MTA-STS TXT record, one and several (RFC 8461 3.1).
 * The input is split into records at NULs, which no record of ours has, but
 * is also read whole with them.
 *
 * Holds: what is good has an id by the grammar and no error finding, and is
 * good again when written plainly; a lone record is judged alike by both
 * functions; several name an id only if one of them alone is of the version.
 */
#include "fuzz/fuzz.h"
#include "policy/sts_record.h"
#include "policy/txt_fields.h"

#define MAX_RECORDS 16

static bool
is_id(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!sg_is_alnum(id[i]))
			return false;
	return n >= 1 && n <= 32;
}

static void
write_plainly(const char *id)
{
	char text[64], again[SG_STS_ID_SIZE] = "";
	int n = snprintf(text, sizeof(text), "v=STSv1; id=%s;", id);

	fuzz_taken();
	fuzz_hold(sg_sts_record_parse((struct sg_txt) { text, (size_t)n },
	    again, NULL) == SG_OK);
	fuzz_hold(strcmp(again, id) == 0);
}

static void
one(struct sg_txt txt)
{
	char id[SG_STS_ID_SIZE] = "", alone[SG_STS_ID_SIZE] = "";
	struct sg_findings fs = { .n = 0 };
	struct sg_err err = { .text = "" };
	enum sg_rc rc = sg_sts_record_parse(txt, id, &fs), selected;

	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	fuzz_hold(fs.n <= SG_FINDINGS_MAX);
	fuzz_hold((rc == SG_BAD) == (fs.errors > 0));
	for (size_t i = 0; i < fs.n; i++)
		fuzz_hold(fuzz_is_plain(fs.f[i].text));
	selected = sg_sts_record_select(&txt, 1, alone, &err);
	fuzz_hold((selected == SG_OK) == (rc == SG_OK));
	fuzz_hold(fuzz_is_plain(err.text));
	if (rc != SG_OK)
		return;
	fuzz_hold(is_id(id) && strcmp(id, alone) == 0);
	write_plainly(id);
}

static void
several(struct fuzz_bytes in)
{
	struct sg_txt txts[MAX_RECORDS];
	size_t n = 0, ours = 0;
	char id[SG_STS_ID_SIZE] = "";
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	while (in.n > 0 && n < MAX_RECORDS) {
		struct fuzz_bytes part = fuzz_part(&in, '\0');

		txts[n++] = (struct sg_txt) { (const char *)part.p, part.n };
		if (part.n >= 8 && memcmp(part.p, "v=STSv1;", 8) == 0)
			ours++;
	}
	rc = sg_sts_record_select(txts, n, id, &err);
	fuzz_hold(rc == SG_OK || rc == SG_NONE || rc == SG_BAD);
	fuzz_hold(fuzz_is_plain(err.text));
	fuzz_hold(rc != SG_OK || is_id(id));
	if (n > 1) {
		fuzz_hold(ours == 1 || rc != SG_OK);
		fuzz_hold((ours == 0) == (rc == SG_NONE));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one((struct sg_txt) { (const char *)data, size });
	several((struct fuzz_bytes) { data, size });
	return 0;
}
