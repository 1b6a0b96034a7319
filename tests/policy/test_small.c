/* SPDX-License-Identifier: ISC */
/*
 * test_small.c - what the parsers of this room share: names of values that
 * are none, findings that hold octets of a text, the ends of spans.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "policy/span.h"
#include "policy/sts_policy.h"
#include "policy/sts_record.h"
#include "policy/tlsrpt_record.h"

#define SPAN(text) ((struct sg_span) { text, sizeof(text) - 1 })
#define TXT(text) ((struct sg_txt) { text, sizeof(text) - 1 })

START_TEST(test_names)
{
	ck_assert_str_eq(sg_severity_name(SG_NOTE), "note");
	ck_assert_str_eq(sg_severity_name((enum sg_severity)3), "?");
	ck_assert_str_eq(sg_severity_name((enum sg_severity)-1), "?");
	ck_assert_str_eq(sg_sts_mode_name(SG_STS_MODE_ENFORCE), "enforce");
	ck_assert_str_eq(sg_sts_mode_name((enum sg_sts_mode)3), "?");
}
END_TEST

/* T14: whatever a caller forgot to escape. */
START_TEST(test_finding_is_plain)
{
	struct sg_findings fs = { .n = 0 };

	sg_finding_add(&fs, 1, SG_ERROR, "0", "a%sb~%s", "\x1f\x7f", "\xff ");
	ck_assert_str_eq(fs.f[0].text, "a??b~? ");
	sg_finding_add(NULL, 1, SG_ERROR, "0", "nobody listens");
}
END_TEST

START_TEST(test_utf8_ends)
{
	ck_assert_uint_eq(sg_span_utf8(SPAN("")), 0);
	ck_assert_uint_eq(sg_span_utf8(SPAN("a")), 1);
	ck_assert_uint_eq(sg_span_utf8(SPAN("\xc3")), 0);
	ck_assert_uint_eq(sg_span_utf8(SPAN("\xc3\xbc")), 2);
	ck_assert_uint_eq(sg_span_utf8(SPAN("\xf4\x8f\xbf\xbf")), 4);
	ck_assert_uint_eq(sg_span_utf8(SPAN("\xf4\x90\x80\x80")), 0);
}
END_TEST

/* B-20: a NUL is an octet like any other, and none of a URI's. */
START_TEST(test_nul)
{
	struct sg_tlsrpt t = { .n_rua = 0 };
	char id[SG_STS_ID_SIZE];

	ck_assert_int_eq(sg_tlsrpt_parse(TXT("v=TLSRPTv1; rua=mai\0lto:a@b"),
	    &t, NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b\0c"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b=c"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b\x7f"), id,
	    NULL), SG_BAD);
	ck_assert_int_eq(sg_sts_record_parse(TXT("v=STSv1; id=a; x=b c"), id,
	    NULL), SG_BAD);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy: small");
	TCase *t = tcase_create("small");
	SRunner *r;
	int failed;

	tcase_add_test(t, test_names);
	tcase_add_test(t, test_finding_is_plain);
	tcase_add_test(t, test_utf8_ends);
	tcase_add_test(t, test_nul);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
