/* SPDX-License-Identifier: ISC */
/*
 * test_tlsrpt_record.c - where a domain wants its reports (RFC 8460 3). Ids
 * are those of the requirement list: R-03 to R-08, R-44, WIRE.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tlsrpt_record.h"

#define T(s) (s), sizeof(s) - 1
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* A copy whose end the sanitizers see. */
static struct sg_txt
exact(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	return (struct sg_txt) { copy, len };
}

static bool
is_told(const struct sg_findings *fs, const char *told)
{
	if (strcmp(told, "-") == 0)
		return fs->n == 0;
	for (size_t i = 0; i < fs->n; i++)
		if (strcmp(sg_severity_name(fs->f[i].severity), told) == 0)
			return true;
	return false;
}

static void
check_findings(const char *name, bool good, const struct sg_findings *fs)
{
	ck_assert_msg(good == (fs->errors == 0), "%s: %zu errors", name,
	    fs->errors);
	for (size_t i = 0; i < fs->n; i++)
		for (const char *s = fs->f[i].text; *s != '\0'; s++)
			ck_assert_msg(*s >= 0x20 && *s < 0x7f,
			    "%s: unprintable", name);
}

static const struct {
	const char *name, *in;
	size_t len;
	const char *want; /* URIs with blanks between; NULL: malformed */
	const char *told; /* "-": nothing at all; or a severity */
} rows[] = {
	{ "RFC example", T("v=TLSRPTv1;rua=mailto:reports@example.com"),
	    "mailto:reports@example.com", "-" },
	{ "RFC example, https", T("v=TLSRPTv1; "
	    "rua=https://reporting.example.com/v1/tlsrpt"),
	    "https://reporting.example.com/v1/tlsrpt", "-" },
	{ "R-05 two", T("v=TLSRPTv1; rua=mailto:a@e.test,https://r.e.test/x"),
	    "mailto:a@e.test https://r.e.test/x", "-" },
	{ "R-05 WSP around ','", T("v=TLSRPTv1; rua=mailto:a@e.test \t,\t "
	    "https://r.e.test/x;"), "mailto:a@e.test https://r.e.test/x",
	    "-" },
	{ "R-03 space before ';'", T("v=TLSRPTv1 ; rua=mailto:a@e.test ; "),
	    "mailto:a@e.test", "warning" },
	{ "R-05 %2C is kept", T("v=TLSRPTv1; rua=mailto:a%2Cb@e.test"),
	    "mailto:a%2Cb@e.test", "-" },
	{ "R-08 header fields", T("v=TLSRPTv1; rua=mailto:a@e.test?subject=x"),
	    "mailto:a@e.test?subject=x", "-" },
	{ "R-05 scheme in capitals", T("v=TLSRPTv1; rua=MAILTO:a@e.test"),
	    "MAILTO:a@e.test", "-" },
	{ "R-05 unknown scheme passed over", T("v=TLSRPTv1; "
	    "rua=xmpp:a@e.test,mailto:a@e.test"), "mailto:a@e.test",
	    "warning" },
	{ "http passed over", T("v=TLSRPTv1; "
	    "rua=http://r.e.test/,mailto:a@e.test"), "mailto:a@e.test",
	    "warning" },
	{ "only an unknown scheme", T("v=TLSRPTv1; rua=xmpp:a@e.test"), NULL,
	    "error" },
	{ "R-06 unknown field", T("v=TLSRPTv1; x=1; rua=mailto:a@e.test"),
	    "mailto:a@e.test", "note" },
	{ "rua twice", T("v=TLSRPTv1; rua=mailto:a@e.test; "
	    "rua=mailto:b@e.test"), "mailto:a@e.test", "warning" },
	{ "WIRE no scheme", T("v=TLSRPTv1; rua=a@e.test"), NULL, "error" },
	{ "no scheme beside a good one", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test,b@e.test"), NULL, "error" },
	{ "scheme begins with a digit", T("v=TLSRPTv1; rua=1mailto:a@e.test"),
	    NULL, "error" },
	{ "R-05 !", T("v=TLSRPTv1; rua=mailto:a@e.test!10m"), NULL, "error" },
	{ "R-05 %21", T("v=TLSRPTv1; rua=mailto:a%21b@e.test"),
	    "mailto:a%21b@e.test", "-" },
	{ "percent alone", T("v=TLSRPTv1; rua=mailto:a%@e.test"), NULL,
	    "error" },
	{ "percent and no digits", T("v=TLSRPTv1; rua=mailto:a%g1@e.test"), NULL,
	    "error" },
	{ "percent, a digit, a capital that is none",
	    T("v=TLSRPTv1; rua=mailto:a%1G@e.test"), NULL, "error" },
	{ "percent and one digit", T("v=TLSRPTv1; rua=mailto:a@e.test?%2"),
	    NULL, "error" },
	{ "brace", T("v=TLSRPTv1; rua=mailto:{a}@e.test"), NULL, "error" },
	{ "space inside", T("v=TLSRPTv1; rua=mailto:a @e.test"), NULL,
	    "error" },
	{ "R-08 CRLF in the address", T("v=TLSRPTv1; "
	    "rua=mailto:a%0D%0ABcc:x@e.test"), NULL, "error" },
	{ "R-08 DEL in the address", T("v=TLSRPTv1; rua=mailto:a%7f@e.test"),
	    NULL, "error" },
	{ "R-08 NUL in the address", T("v=TLSRPTv1; rua=mailto:a%00@e.test"),
	    NULL, "error" },
	{ "mailto without address", T("v=TLSRPTv1; rua=mailto:"), NULL,
	    "error" },
	{ "mailto without domain", T("v=TLSRPTv1; rua=mailto:a@"), NULL,
	    "error" },
	{ "mailto without local part", T("v=TLSRPTv1; rua=mailto:@e.test"),
	    NULL, "error" },
	{ "mailto with only a query", T("v=TLSRPTv1; rua=mailto:?to=a@e.test"),
	    NULL, "error" },
	{ "mailto with a bad domain", T("v=TLSRPTv1; rua=mailto:a@e..test"),
	    NULL, "error" },
	{ "mailto with a literal that does not end",
	    T("v=TLSRPTv1; rua=mailto:a@[192.0.2.1"), NULL, "error" },
	{ "mailto with a literal that is none", T("v=TLSRPTv1; rua=mailto:a@["
	    "192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1"
	    "192.0.2.1]"), NULL, "error" },
	{ "mailto with a literal", T("v=TLSRPTv1; rua=mailto:a@[192.0.2.1]"),
	    "mailto:a@[192.0.2.1]", "-" },
	{ "https with port", T("v=TLSRPTv1; rua=https://r.e.test:8443/x?y=z"),
	    "https://r.e.test:8443/x?y=z", "-" },
	{ "https with IPv6", T("v=TLSRPTv1; rua=https://[2001:db8::1]:443/"),
	    "https://[2001:db8::1]:443/", "-" },
	{ "https without host", T("v=TLSRPTv1; rua=https:///x"), NULL,
	    "error" },
	{ "https without //", T("v=TLSRPTv1; rua=https:r.e.test"), NULL,
	    "error" },
	{ "https with IPv6 and no port", T("v=TLSRPTv1; rua=https://[2001:db8::1]/"),
	    "https://[2001:db8::1]/", "-" },
	{ "https with a port of six digits",
	    T("v=TLSRPTv1; rua=https://r.e.test:000443/"), NULL, "error" },
	{ "https with a port in letters", T("v=TLSRPTv1; rua=https://r.e.test:x/"),
	    NULL, "error" },
	{ "a scheme with +", T("v=TLSRPTv1; rua=a+b:x"), NULL, "error" },
	{ "a scheme of + alone", T("v=TLSRPTv1; rua=+:x"), NULL, "error" },
	{ "no scheme before :", T("v=TLSRPTv1; rua=:x"), NULL, "error" },
	{ "a scheme of digits", T("v=TLSRPTv1; rua=1:x"), NULL, "error" },
	{ "a scheme and no :", T("v=TLSRPTv1; rua=mailto"), NULL, "error" },
	{ "two bad fields", T("v=TLSRPTv1; rua=; rua=; x"), NULL, "error" },
	{ "https with port 0", T("v=TLSRPTv1; rua=https://r.e.test:0/"), NULL,
	    "error" },
	{ "https with a big port", T("v=TLSRPTv1; rua=https://r.e.test:65536/"),
	    NULL, "error" },
	{ "https only host", T("v=TLSRPTv1; rua=https://r.e.test"),
	    "https://r.e.test", "-" },
	{ "empty rua", T("v=TLSRPTv1; rua="), NULL, "error" },
	{ "empty URI", T("v=TLSRPTv1; rua=mailto:a@e.test,,mailto:b@e.test"),
	    NULL, "error" },
	{ "comma first", T("v=TLSRPTv1; rua=,mailto:a@e.test"), NULL,
	    "error" },
	{ "comma last", T("v=TLSRPTv1; rua=mailto:a@e.test,"), NULL,
	    "error" },
	{ "R-03 space behind '='", T("v=TLSRPTv1; rua= mailto:a@e.test"), NULL,
	    "error" },
	{ "R-03 space behind", T("v=TLSRPTv1; rua=mailto:a@e.test "), NULL,
	    "error" },
	{ "R-05 no rua", T("v=TLSRPTv1; x=1"), NULL, "error" },
	{ "no fields", T("v=TLSRPTv1"), NULL, "error" },
	{ "RUA is unknown", T("v=TLSRPTv1; RUA=mailto:a@e.test"), NULL,
	    "error" },
	{ "R-03 case", T("v=tlsrptv1; rua=mailto:a@e.test"), NULL, "error" },
	{ "TLSRPTv10", T("v=TLSRPTv10; rua=mailto:a@e.test"), NULL, "error" },
	{ "not ASCII", T("v=TLSRPTv1; rua=mailto:\xc3\xbc@e.test"), NULL,
	    "error" },
	{ "NUL", T("v=TLSRPTv1; rua=mailto:a@e.test\0"), NULL, "error" },
	{ "16 URIs", T("v=TLSRPTv1; rua=mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:z@e"),
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:z@e", "-" },
	{ "R-44 17 URIs", T("v=TLSRPTv1; rua=mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:z@e,mailto:17@e"),
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:z@e", "warning" },
};

START_TEST(test_tlsrpt)
{
	struct sg_findings fs = { 0 };
	struct sg_tlsrpt out;
	struct sg_txt txt = exact(rows[_i].in, rows[_i].len);
	const char *want = rows[_i].want;
	char got[1024] = "";
	size_t n = 0;
	enum sg_rc rc = sg_tlsrpt_parse(txt, &out, &fs);

	free((char *)txt.data);
	for (size_t i = 0; i < out.n_rua; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s",
		    i > 0 ? " " : "", out.rua[i]);
	ck_assert_msg(rc == (want != NULL ? SG_OK : SG_BAD) &&
	    strcmp(got, want != NULL ? want : "") == 0,
	    "%s: got %d \"%s\", want \"%s\"", rows[_i].name, rc, got,
	    want != NULL ? want : "(malformed)");
	ck_assert_msg(is_told(&fs, rows[_i].told), "%s: not told %s",
	    rows[_i].name, rows[_i].told);
	check_findings(rows[_i].name, rc == SG_OK, &fs);
	sg_tlsrpt_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tlsrpt_record");
	TCase *tc = tcase_create("tlsrpt_record");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_tlsrpt, 0, N(rows));
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
