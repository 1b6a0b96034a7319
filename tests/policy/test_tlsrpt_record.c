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
#define NO_URI \
	"error 8460 3: `rua' has no mailto: or https: URI that a " \
	"report could be sent to\n"
#define NO_SCHEME \
	"error 8460 3: a URI in `rua' has no scheme: write mailto: " \
	"or https: in front of it\n"
#define PERCENT \
	"error 8460 3: `%' in a URI is followed by two hexadecimal " \
	"digits\n"
#define CHARACTER \
	"error 8460 3: a URI holds a character that must be " \
	"percent-encoded\n"
#define EMPTY "error 8460 3: an empty URI in `rua': remove the `,'\n"
#define MISSING \
	"error 8460 3: `rua' is missing: write, say, v=TLSRPTv1; " \
	"rua=mailto:tlsrpt@example.com\n"
#define NO_VALUE "error 8460 3: a field without a value\n"
#define NO_ADDRESS "has no address (mailto:tlsrpt@example.com)"
#define NO_DOMAIN "has an address without a proper domain"
#define NO_HOST "has no proper host (https://example.com/report)"
#define CONTROLS "hides control characters in its address"
#define SCHEME "has a scheme other than mailto: and https:"
#define PASSED(uri, why) \
	"warning 8460 3: " uri " " why "; senders pass over it\n"
#define UNKNOWN(name) \
	"note 8460 3: field `" name "' is not known to the RFC and is ignored\n"

/* A copy whose end the sanitizers see. */
static struct sg_txt
exact(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	return (struct sg_txt) { copy, len };
}

static const struct {
	const char *name, *in;
	size_t len;
	const char *want; /* URIs with blanks between; NULL: malformed */
	const char *told; /* all of it */
} rows[] = {
	{ "RFC example", T("v=TLSRPTv1;rua=mailto:reports@example.com"),
	    "mailto:reports@example.com", "" },
	{ "RFC example, https", T("v=TLSRPTv1; "
	    "rua=https://reporting.example.com/v1/tlsrpt"),
	    "https://reporting.example.com/v1/tlsrpt", "" },
	{ "R-05 two", T("v=TLSRPTv1; rua=mailto:a@e.test,https://r.e.test/x"),
	    "mailto:a@e.test https://r.e.test/x", "" },
	{ "R-05 WSP around ','", T("v=TLSRPTv1; rua=mailto:a@e.test \t,\t "
	    "https://r.e.test/x;"), "mailto:a@e.test https://r.e.test/x", "" },
	{ "R-03 space before ';'", T("v=TLSRPTv1 ; rua=mailto:a@e.test ; "),
	    "mailto:a@e.test",
	    "warning 8460 3: a space stands before the first `;': "
	    "senders that look for `v=TLSRPTv1;' pass over this "
	    "record; remove it\n" },
	{ "R-05 %2C is kept", T("v=TLSRPTv1; rua=mailto:a%2Cb@e.test"),
	    "mailto:a%2Cb@e.test", "" },
	{ "R-08 header fields", T("v=TLSRPTv1; rua=mailto:a@e.test?subject=x"),
	    "mailto:a@e.test?subject=x", "" },
	{ "R-05 scheme in capitals", T("v=TLSRPTv1; rua=MAILTO:a@e.test"),
	    "MAILTO:a@e.test", "" },
	{ "R-05 unknown scheme passed over", T("v=TLSRPTv1; "
	    "rua=xmpp:a@e.test,mailto:a@e.test"), "mailto:a@e.test",
	    PASSED("xmpp:a@e.test", SCHEME) },
	{ "http passed over", T("v=TLSRPTv1; "
	    "rua=http://r.e.test/,mailto:a@e.test"), "mailto:a@e.test",
	    PASSED("http://r.e.test/", "is not encrypted: write https:") },
	{ "only an unknown scheme", T("v=TLSRPTv1; rua=xmpp:a@e.test"), NULL,
	    PASSED("xmpp:a@e.test", SCHEME) NO_URI },
	{ "R-06 unknown field", T("v=TLSRPTv1; x=1; rua=mailto:a@e.test"),
	    "mailto:a@e.test", UNKNOWN("x") },
	{ "rua twice", T("v=TLSRPTv1; rua=mailto:a@e.test; "
	    "rua=mailto:b@e.test"), "mailto:a@e.test",
	    "warning 8460 3: `rua' is there twice: the first counts; "
	    "join them with `,'\n" },
	{ "WIRE no scheme", T("v=TLSRPTv1; rua=a@e.test"), NULL, NO_SCHEME },
	{ "no scheme beside a good one", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test,b@e.test"), NULL, NO_SCHEME },
	{ "scheme begins with a digit", T("v=TLSRPTv1; rua=1mailto:a@e.test"),
	    NULL, NO_SCHEME },
	{ "R-05 !", T("v=TLSRPTv1; rua=mailto:a@e.test!10m"), NULL,
	    "error 8460 3: `!' in a URI is written %21 (a size limit "
	    "as in DMARC does not exist here)\n" },
	{ "R-05 %21", T("v=TLSRPTv1; rua=mailto:a%21b@e.test"),
	    "mailto:a%21b@e.test", "" },
	{ "percent alone", T("v=TLSRPTv1; rua=mailto:a%@e.test"), NULL,
	    PERCENT },
	{ "percent and no digits", T("v=TLSRPTv1; rua=mailto:a%g1@e.test"),
	    NULL, PERCENT },
	{ "percent, a digit, a capital that is none",
	    T("v=TLSRPTv1; rua=mailto:a%1G@e.test"), NULL, PERCENT },
	{ "percent and one digit", T("v=TLSRPTv1; rua=mailto:a@e.test?%2"),
	    NULL, PERCENT },
	{ "brace", T("v=TLSRPTv1; rua=mailto:{a}@e.test"), NULL, CHARACTER },
	{ "space inside", T("v=TLSRPTv1; rua=mailto:a @e.test"), NULL,
	    CHARACTER },
	{ "R-08 CRLF in the address", T("v=TLSRPTv1; "
	    "rua=mailto:a%0D%0ABcc:x@e.test"), NULL,
	    PASSED("mailto:a%0D%0ABcc:x@e.test", CONTROLS) NO_URI },
	{ "R-08 DEL in the address", T("v=TLSRPTv1; rua=mailto:a%7f@e.test"),
	    NULL, PASSED("mailto:a%7f@e.test", CONTROLS) NO_URI },
	{ "R-08 NUL in the address", T("v=TLSRPTv1; rua=mailto:a%00@e.test"),
	    NULL, PASSED("mailto:a%00@e.test", CONTROLS) NO_URI },
	{ "mailto without address", T("v=TLSRPTv1; rua=mailto:"), NULL,
	    PASSED("mailto:", NO_ADDRESS) NO_URI },
	{ "mailto without domain", T("v=TLSRPTv1; rua=mailto:a@"), NULL,
	    PASSED("mailto:a@", NO_DOMAIN) NO_URI },
	{ "mailto without local part", T("v=TLSRPTv1; rua=mailto:@e.test"),
	    NULL, PASSED("mailto:@e.test", NO_ADDRESS) NO_URI },
	{ "mailto with only a query", T("v=TLSRPTv1; rua=mailto:?to=a@e.test"),
	    NULL, PASSED("mailto:?to=a@e.test", NO_ADDRESS) NO_URI },
	{ "mailto with a bad domain", T("v=TLSRPTv1; rua=mailto:a@e..test"),
	    NULL, PASSED("mailto:a@e..test", NO_DOMAIN) NO_URI },
	{ "mailto with a literal that does not end",
	    T("v=TLSRPTv1; rua=mailto:a@[192.0.2.1"), NULL,
	    PASSED("mailto:a@[192.0.2.1", NO_DOMAIN) NO_URI },
	{ "mailto with a literal that is none", T("v=TLSRPTv1; rua=mailto:a@["
	    "192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1"
	    "192.0.2.1]"), NULL,
	    PASSED("mailto:a@[192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1"
	    "192.0.2.1192....", NO_DOMAIN) NO_URI },
	{ "mailto with a literal", T("v=TLSRPTv1; rua=mailto:a@[192.0.2.1]"),
	    "mailto:a@[192.0.2.1]", "" },
	{ "https with port", T("v=TLSRPTv1; rua=https://r.e.test:8443/x?y=z"),
	    "https://r.e.test:8443/x?y=z", "" },
	{ "https with IPv6", T("v=TLSRPTv1; rua=https://[2001:db8::1]:443/"),
	    "https://[2001:db8::1]:443/", "" },
	{ "https without host", T("v=TLSRPTv1; rua=https:///x"), NULL,
	    PASSED("https:///x", NO_HOST) NO_URI },
	{ "https without //", T("v=TLSRPTv1; rua=https:r.e.test"), NULL,
	    PASSED("https:r.e.test", "has no host (https://example.com/report)")
	    NO_URI },
	{ "https with IPv6 and no port",
	    T("v=TLSRPTv1; rua=https://[2001:db8::1]/"),
	    "https://[2001:db8::1]/", "" },
	{ "https with a port of six digits",
	    T("v=TLSRPTv1; rua=https://r.e.test:000443/"), NULL,
	    PASSED("https://r.e.test:000443/", NO_HOST) NO_URI },
	{ "https with a port in letters",
	    T("v=TLSRPTv1; rua=https://r.e.test:x/"),
	    NULL, PASSED("https://r.e.test:x/", NO_HOST) NO_URI },
	{ "a scheme with +", T("v=TLSRPTv1; rua=a+b:x"), NULL,
	    PASSED("a+b:x", SCHEME) NO_URI },
	{ "a scheme of + alone", T("v=TLSRPTv1; rua=+:x"), NULL, NO_SCHEME },
	{ "no scheme before :", T("v=TLSRPTv1; rua=:x"), NULL, NO_SCHEME },
	{ "a scheme of digits", T("v=TLSRPTv1; rua=1:x"), NULL, NO_SCHEME },
	{ "a scheme and no :", T("v=TLSRPTv1; rua=mailto"), NULL, NO_SCHEME },
	{ "two bad fields", T("v=TLSRPTv1; rua=; rua=; x"), NULL,
	    NO_VALUE NO_VALUE
	    "error 8460 3: a field without `=': fields are name=value, "
	    "with `;' between them\n" },
	{ "https with port 0", T("v=TLSRPTv1; rua=https://r.e.test:0/"), NULL,
	    PASSED("https://r.e.test:0/", NO_HOST) NO_URI },
	{ "https with a big port", T("v=TLSRPTv1; rua=https://r.e.test:65536/"),
	    NULL, PASSED("https://r.e.test:65536/", NO_HOST) NO_URI },
	{ "https only host", T("v=TLSRPTv1; rua=https://r.e.test"),
	    "https://r.e.test", "" },
	{ "empty rua", T("v=TLSRPTv1; rua="), NULL, NO_VALUE },
	{ "empty URI", T("v=TLSRPTv1; rua=mailto:a@e.test,,mailto:b@e.test"),
	    NULL, EMPTY },
	{ "comma first", T("v=TLSRPTv1; rua=,mailto:a@e.test"), NULL, EMPTY },
	{ "comma last", T("v=TLSRPTv1; rua=mailto:a@e.test,"), NULL, EMPTY },
	{ "R-03 space behind '='", T("v=TLSRPTv1; rua= mailto:a@e.test"), NULL,
	    "error 8460 3: a space behind `=': remove it\n" },
	{ "R-03 space behind", T("v=TLSRPTv1; rua=mailto:a@e.test "), NULL,
	    "error 8460 3: a space is at the end of the record: remove "
	    "it, or write `;' before it\n" },
	{ "R-05 no rua", T("v=TLSRPTv1; x=1"), NULL, UNKNOWN("x") MISSING },
	{ "no fields", T("v=TLSRPTv1"), NULL, MISSING },
	{ "RUA is unknown", T("v=TLSRPTv1; RUA=mailto:a@e.test"), NULL,
	    UNKNOWN("RUA") MISSING },
	{ "R-03 case", T("v=tlsrptv1; rua=mailto:a@e.test"), NULL,
	    "error 8460 3: the record does not begin with "
	    "`v=TLSRPTv1;', in this very case\n" },
	{ "TLSRPTv10", T("v=TLSRPTv10; rua=mailto:a@e.test"), NULL,
	    "error 8460 3: the record does not begin with "
	    "`v=TLSRPTv1;': another version, or a `;' is missing\n" },
	{ "not ASCII", T("v=TLSRPTv1; rua=mailto:\xc3\xbc@e.test"), NULL,
	    "error 8460 3: octet 24 of the record is 0xc3: only "
	    "printable US-ASCII is allowed; type the record again\n" },
	{ "NUL", T("v=TLSRPTv1; rua=mailto:a@e.test\0"), NULL,
	    "error 8460 3: octet 32 of the record is 0x00: only "
	    "printable US-ASCII is allowed; type the record again\n" },
	{ "R-08 octets beside controls", T("v=TLSRPTv1; "
	    "rua=mailto:a%20%7e%7E%80%aF%Fa%fA%Af%21b@e.test"),
	    "mailto:a%20%7e%7E%80%aF%Fa%fA%Af%21b@e.test", "" },
	{ "R-08 the last control", T("v=TLSRPTv1; rua=mailto:a%1f@e.test"),
	    NULL, PASSED("mailto:a%1f@e.test", CONTROLS) NO_URI },
	{ "R-08 in capitals", T("v=TLSRPTv1; rua=mailto:a%1F@e.test"), NULL,
	    PASSED("mailto:a%1F@e.test", CONTROLS) NO_URI },
	{ "R-08 DEL in capitals", T("v=TLSRPTv1; rua=mailto:a%7F@e.test"),
	    NULL, PASSED("mailto:a%7F@e.test", CONTROLS) NO_URI },
	{ "R-08 first in the address", T("v=TLSRPTv1; rua=mailto:%0a@e.test"),
	    NULL, PASSED("mailto:%0a@e.test", CONTROLS) NO_URI },
	{ "R-08 the query is the MUA's", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test?subject=x%0a"),
	    "mailto:a@e.test?subject=x%0a", "" },
	{ "percent at the very end", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test?x=%41"), "mailto:a@e.test?x=%41", "" },
	{ "percent and a digit at the end", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test?x=%"), NULL, PERCENT },
	{ "percent and another sign", T("v=TLSRPTv1; rua=mailto:a%1@e.test"),
	    NULL, PERCENT },
	{ "percent, a sign and a digit", T("v=TLSRPTv1; "
	    "rua=mailto:a%@1b@e.test"), NULL, PERCENT },
	{ "percent first", T("v=TLSRPTv1; rua=%x"), NULL, PERCENT },
	{ "R-05 ! first", T("v=TLSRPTv1; rua=!"), NULL,
	    "error 8460 3: `!' in a URI is written %21 (a size limit "
	    "as in DMARC does not exist here)\n" },
	{ "a tab inside", T("v=TLSRPTv1; rua=mailto:a\t@e.test"), NULL,
	    CHARACTER },
	{ "a quote first", T("v=TLSRPTv1; rua=\"mailto:a@e.test\""), NULL,
	    CHARACTER },
	{ "a scheme of one letter", T("v=TLSRPTv1; rua=a:b"), NULL,
	    PASSED("a:b", SCHEME) NO_URI },
	{ "a scheme and nothing behind", T("v=TLSRPTv1; rua=ab:"), NULL,
	    PASSED("ab:", SCHEME) NO_URI },
	{ "a scheme with a digit behind", T("v=TLSRPTv1; rua=a1.-:b"), NULL,
	    PASSED("a1.-:b", SCHEME) NO_URI },
	{ "a scheme of a dot", T("v=TLSRPTv1; rua=.a:b"), NULL, NO_SCHEME },
	{ "one letter", T("v=TLSRPTv1; rua=a"), NULL, NO_SCHEME },
	{ "mailto with one letter", T("v=TLSRPTv1; rua=mailto:a"), NULL,
	    PASSED("mailto:a", NO_ADDRESS) NO_URI },
	{ "mailto with @ alone", T("v=TLSRPTv1; rua=mailto:@"), NULL,
	    PASSED("mailto:@", NO_ADDRESS) NO_URI },
	{ "mailto with two addresses", T("v=TLSRPTv1; "
	    "rua=mailto:a@e..test%2Cb@e.test"),
	    "mailto:a@e..test%2Cb@e.test", "" },
	{ "mailto with [", T("v=TLSRPTv1; rua=mailto:a@["), NULL,
	    PASSED("mailto:a@[", NO_DOMAIN) NO_URI },
	{ "mailto with []", T("v=TLSRPTv1; rua=mailto:a@[]"), NULL,
	    PASSED("mailto:a@[]", NO_DOMAIN) NO_URI },
	{ "mailto with a short literal", T("v=TLSRPTv1; rua=mailto:a@[::]"),
	    "mailto:a@[::]", "" },
	{ "mailto with the start of a literal missing", T("v=TLSRPTv1; "
	    "rua=mailto:a@::1]"), NULL,
	    PASSED("mailto:a@::1]", NO_DOMAIN) NO_URI },
	{ "mailto with a literal less its end", T("v=TLSRPTv1; "
	    "rua=mailto:a@[192.0.2.11"), NULL,
	    PASSED("mailto:a@[192.0.2.11", NO_DOMAIN) NO_URI },
	{ "mailto with a literal less its start", T("v=TLSRPTv1; "
	    "rua=mailto:a@1::1]"), NULL,
	    PASSED("mailto:a@1::1]", NO_DOMAIN) NO_URI },
	{ "mailto with 56 octets in []", T("v=TLSRPTv1; rua=mailto:a@["
	    "192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.101]"), NULL,
	    PASSED("mailto:a@[192.0.2.1192.0.2.1192.0.2.1192.0.2.1192.0.2.1"
	    "192.0.2.101]", NO_DOMAIN) NO_URI },
	{ "mailto with the longest literal", T("v=TLSRPTv1; "
	    "rua=mailto:a@[2001:0db8:0000:0000:0000:ffff:192.168.100.200]"),
	    "mailto:a@[2001:0db8:0000:0000:0000:ffff:192.168.100.200]", "" },
	{ "https with the highest port", T("v=TLSRPTv1; "
	    "rua=https://r.e.test:65535/"), "https://r.e.test:65535/", "" },
	{ "https with the lowest port", T("v=TLSRPTv1; "
	    "rua=https://r.e.test:1"), "https://r.e.test:1", "" },
	{ "https with zeros in front", T("v=TLSRPTv1; "
	    "rua=https://r.e.test:00443?x"), "https://r.e.test:00443?x", "" },
	{ "https with an empty port (RFC 3986 3.2.3)", T("v=TLSRPTv1; "
	    "rua=https://r.e.test:/"), "https://r.e.test:/", "" },
	{ "https with a letter in its port", T("v=TLSRPTv1; "
	    "rua=https://r.e.test:44x"), NULL,
	    PASSED("https://r.e.test:44x", NO_HOST) NO_URI },
	{ "https with two ports", T("v=TLSRPTv1; rua=https://r.e.test:1:2/"),
	    NULL, PASSED("https://r.e.test:1:2/", NO_HOST) NO_URI },
	{ "https with only a port", T("v=TLSRPTv1; rua=https://:443/"), NULL,
	    PASSED("https://:443/", NO_HOST) NO_URI },
	{ "https with nothing", T("v=TLSRPTv1; rua=https://"), NULL,
	    PASSED("https://", NO_HOST) NO_URI },
	{ "https with one /", T("v=TLSRPTv1; rua=https:/r.e.test"), NULL,
	    PASSED("https:/r.e.test", "has no host "
	    "(https://example.com/report)") NO_URI },
	{ "https with a fragment", T("v=TLSRPTv1; rua=https://r.e.test#x:y"),
	    "https://r.e.test#x:y", "" },
	{ "https with : in its path", T("v=TLSRPTv1; "
	    "rua=https://r.e.test/x:y"), "https://r.e.test/x:y", "" },
	{ "https with IPv6 and a bad port", T("v=TLSRPTv1; "
	    "rua=https://[::1]:0"), NULL,
	    PASSED("https://[::1]:0", NO_HOST) NO_URI },
	{ "http in capitals", T("v=TLSRPTv1; rua=HTTP://r.e.test"), NULL,
	    PASSED("HTTP://r.e.test", "is not encrypted: write https:")
	    NO_URI },
	{ "HTTPS in capitals", T("v=TLSRPTv1; rua=HTTPS://r.e.test"),
	    "HTTPS://r.e.test", "" },
	{ "a bad one ends it", T("v=TLSRPTv1; rua=mailto:a@e.test,b,!"), NULL,
	    NO_SCHEME },
	{ "rua is bad, and there again", T("v=TLSRPTv1; rua=b; "
	    "rua=mailto:a@e.test"), NULL, NO_SCHEME
	    "warning 8460 3: `rua' is there twice: the first counts; "
	    "join them with `,'\n" },
	{ "another field is bad", T("v=TLSRPTv1; x; rua=mailto:a@e.test"),
	    NULL, "error 8460 3: a field without `=': fields are name=value, "
	    "with `;' between them\n" },
	{ "another field is bad, and no rua", T("v=TLSRPTv1; x"), NULL,
	    "error 8460 3: a field without `=': fields are name=value, "
	    "with `;' between them\n" },
	{ "R-06 a value that no field has", T("v=TLSRPTv1; "
	    "rua=mailto:a@e.test; x=1 2"), NULL, "error 8460 3: the value of "
	    "`x' holds a space or `=': neither is allowed there\n" },
	{ "16 URIs", T("v=TLSRPTv1; rua=mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:z@e"),
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:z@e", "" },
	{ "R-44 17 URIs", T("v=TLSRPTv1; rua=mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,mailto:a@e,"
	    "mailto:a@e,mailto:a@e,mailto:z@e,mailto:17@e"),
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e mailto:a@e "
	    "mailto:a@e mailto:a@e mailto:a@e mailto:z@e",
	    "warning 8460 3: more than 16 URIs in `rua': the others "
	    "are passed over\n" },
};

START_TEST(test_tlsrpt)
{
	struct sg_findings fs = { 0 };
	struct sg_tlsrpt out;
	struct sg_txt txt = exact(rows[_i].in, rows[_i].len);
	const char *want = rows[_i].want;
	char got[1024] = "", told[1024] = "";
	size_t n = 0;
	enum sg_rc rc;

	memset(&out, 0xff, sizeof(out));
	rc = sg_tlsrpt_parse(txt, &out, &fs);
	free((char *)txt.data);
	for (size_t i = 0; i < out.n_rua; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s",
		    i > 0 ? " " : "", out.rua[i]);
	ck_assert_msg(rc == (want != NULL ? SG_OK : SG_BAD) &&
	    strcmp(got, want != NULL ? want : "") == 0,
	    "%s: got %d \"%s\", want \"%s\"", rows[_i].name, rc, got,
	    want != NULL ? want : "(malformed)");
	n = 0;
	for (size_t i = 0; i < fs.n; i++) {
		ck_assert_uint_eq(fs.f[i].line, 0);
		n += (size_t)snprintf(told + n, sizeof(told) - n,
		    "%s %s: %s\n", sg_severity_name(fs.f[i].severity),
		    fs.f[i].rfc, fs.f[i].text);
	}
	ck_assert_msg(strcmp(told, rows[_i].told) == 0, "%s: told\n%s",
	    rows[_i].name, told);
	ck_assert_uint_eq(fs.errors > 0, rc != SG_OK);
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
