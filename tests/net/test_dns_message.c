/* SPDX-License-Identifier: ISC */
/* What a message says: written here octet by octet, and cut at every place. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/dns_message.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static unsigned char packet[8192];
static size_t packet_len;
static struct sg_dns_message m;

static void
put(const void *data, size_t n)
{
	memcpy(packet + packet_len, data, n);
	packet_len += n;
}

static void
put16(unsigned v)
{
	unsigned char b[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	put(b, 2);
}

/* "a.test"; "@12" is a pointer, "x.@12" a label and a pointer. */
static void
put_name(const char *name)
{
	while (*name != '\0' && *name != '@') {
		size_t len = strcspn(name, ".");
		unsigned char c = (unsigned char)len;

		put(&c, 1);
		put(name, len);
		name += len + (name[len] == '.');
	}
	if (*name == '@')
		put16(0xc000u | (unsigned)strtoul(name + 1, NULL, 10));
	else
		put("", 1);
}

/* A word a record: "OWNER TYPE TTL RDATA", where rdata is NAME for CNAME, "10
   NAME" for MX, else as it is; a '!' before it is of class CH. */
static void
put_record(const char *text)
{
	char owner[64], rdata[64] = "";
	unsigned type, ttl;
	bool odd = *text == '!';
	size_t at;

	ck_assert_int_ge(sscanf(text + odd, "%63s %u %u %63s", owner, &type,
	    &ttl, rdata), 3);
	put_name(strcmp(owner, ".") == 0 ? "" : owner);
	put16(type);
	put16(odd ? 3 : 1);
	put16(ttl >> 16);
	put16(ttl & 0xffff);
	at = packet_len;
	put16(0);
	if (type == SG_DNS_MX)
		put16(10);
	if (type == SG_DNS_MX || type == SG_DNS_CNAME)
		put_name(strcmp(rdata, ".") == 0 ? "" : rdata);
	else
		put(rdata, strlen(rdata));
	packet[at + 1] = (unsigned char)(packet_len - at - 2);
}

#define MOST 6

static void
write_message(const char *question, unsigned type, unsigned rcode,
    const char *const answer[MOST], const char *const authority[MOST])
{
	unsigned n[2] = { 0, 0 };

	packet_len = 0;
	put("\0\0\x84\0\0\1", 6);
	packet[3] = (unsigned char)rcode;
	while (n[0] < MOST && answer[n[0]] != NULL)
		n[0]++;
	while (n[1] < MOST && authority[n[1]] != NULL)
		n[1]++;
	put16(n[0]);
	put16(n[1]);
	put16(0);
	put_name(question);
	put16(type);
	put16(1);
	for (unsigned i = 0; i < n[0]; i++)
		put_record(answer[i]);
	for (unsigned i = 0; i < n[1]; i++)
		put_record(authority[i]);
}

/* From a heap copy of just its size, so that ASan sees overreads; shown as
   "DATA|DATA ttl=N canon=NAME". MX and CNAME data with names in text. */
static bool
read_message(int type, size_t len, char *out, size_t out_size)
{
	unsigned char *copy = malloc(len > 0 ? len : 1);
	char host[SG_DOMAIN_SIZE];
	uint16_t preference;
	size_t n = 0;
	bool ok;

	memcpy(copy, packet, len);
	ok = sg_dns_message_read(&m, type, copy, len);
	out[0] = '\0';
	for (size_t i = 0; ok && m.r.data[i] != NULL; i++) {
		const unsigned char *d = (const unsigned char *)m.r.data[i];
		size_t size = (size_t)m.r.len[i];

		if (type == SG_DNS_MX)
			(void)sg_dns_wire_mx(d, size, &preference, host);
		else if (type == SG_DNS_CNAME)
			(void)sg_dns_wire_host(d, size, host);
		else
			snprintf(host, sizeof(host), "%.*s", (int)size,
			    (const char *)d);
		n += (size_t)snprintf(out + n, out_size - n, "%s%s",
		    i > 0 ? "|" : "", host);
	}
	if (ok)
		snprintf(out + n, out_size - n, "%sttl=%d%s%s",
		    n > 0 ? " " : "", m.r.ttl,
		    m.r.canonname != NULL ? " canon=" : "",
		    m.r.canonname != NULL ? m.r.canonname : "");
	free(copy);
	return (ok);
}

static const struct message_case {
	const char *label, *question;
	int type;
	unsigned rcode;
	const char *answer[MOST], *authority[MOST];
	const char *want; /* NULL: refused */
} cases[] = {
	{ "one A", "a.test", SG_DNS_A, 0, { "@12 1 300 1234" }, { NULL },
	    "1234 ttl=300" },
	{ "the lesser TTL", "a.test", SG_DNS_A, 0,
	    { "@12 1 300 1234", "@12 1 20 5678" }, { NULL },
	    "1234|5678 ttl=20" },
	{ "a TTL with its top bit set is none", "a.test", SG_DNS_A, 0,
	    { "@12 1 4294967295 1234" }, { NULL }, "1234 ttl=0" },
	{ "MX, names with pointers", "a.test", SG_DNS_MX, 0,
	    { "@12 15 60 mx.@12", "a.test 15 60 b.test" }, { NULL },
	    "mx.a.test|b.test ttl=60" },
	{ "null MX", "a.test", SG_DNS_MX, 0, { "@12 15 60 ." }, { NULL },
	    "ttl=60" },
	{ "B-18 aliases, the lesser TTL", "a.test", SG_DNS_TXT, 0,
	    { "@12 5 9 b.test", "B.test 5 300 c.test", "c.test 16 60 x" },
	    { NULL }, "x ttl=9 canon=c.test" },
	{ "an alias is asked for", "a.test", SG_DNS_CNAME, 0,
	    { "@12 5 9 b.@14" }, { NULL }, "b.test ttl=9" },
	{ "an alias of nothing", "a.test", SG_DNS_A, 3, { "@12 5 9 b.test" },
	    { ". 6 30 soa" }, "ttl=9 canon=b.test" },
	{ "who is not at the end of the chain", "a.test", SG_DNS_A, 0,
	    { "evil.test 1 300 1234", "@12 1 300 5678" }, { NULL },
	    "5678 ttl=300" },
	{ "an alias of somebody else", "a.test", SG_DNS_A, 0,
	    { "evil.test 5 300 b.test", "b.test 1 300 1234" }, { NULL },
	    "ttl=0" },
	{ "another type, another class", "a.test", SG_DNS_A, 0,
	    { "@12 46 300 sig", "!@12 1 300 1234", "@12 1 300 5678" },
	    { NULL }, "5678 ttl=300" },
	{ "NODATA", "a.test", SG_DNS_A, 0, { NULL },
	    { "test 2 5 ns", "test 6 30 soa" }, "ttl=30" },
	{ "NXDOMAIN", "a.test", SG_DNS_A, 3, { NULL }, { "test 6 30 soa" },
	    "ttl=30" },
	{ "a name that has no text is no canonical name", "a.test", SG_DNS_A,
	    0, { "@12 5 9 b\x01.test", "b\x01.test 1 9 1234" }, { NULL },
	    "1234 ttl=9" },
	{ "a pointer to itself", "a.test", SG_DNS_A, 0, { "@24 1 300 1234" },
	    { NULL }, NULL },
	{ "a pointer forward", "a.test", SG_DNS_A, 0, { "@40 1 300 1234" },
	    { NULL }, NULL },
	{ "a pointer beyond the end", "a.test", SG_DNS_A, 0,
	    { "@16000 1 300 1234" }, { NULL }, NULL },
	{ "an exchange that points at itself", "a.test", SG_DNS_MX, 0,
	    { "@12 15 300 @38" }, { NULL }, NULL },
	{ "an alias that points at itself", "a.test", SG_DNS_A, 0,
	    { "@12 5 300 x.@36" }, { NULL }, NULL },
};

START_TEST(test_message)
{
	const struct message_case *c = &cases[_i];
	char got[512];
	bool ok;

	write_message(c->question, (unsigned)c->type, c->rcode, c->answer,
	    c->authority);
	ok = read_message(c->type, packet_len, got, sizeof(got));
	ck_assert_msg(ok == (c->want != NULL), "%s: got %s", c->label,
	    ok ? got : "refused");
	if (!ok)
		return;
	ck_assert_msg(strcmp(got, c->want) == 0, "%s: got \"%s\", want \"%s\"",
	    c->label, got, c->want);
	ck_assert_int_eq(m.r.rcode, (int)c->rcode);
	ck_assert_int_eq(m.r.nxdomain, c->rcode == 3);
	ck_assert_int_eq(m.r.havedata, m.n > 0);
	ck_assert_int_eq(m.r.answer_len, (int)packet_len);
	ck_assert(!m.r.secure && !m.r.bogus);
	/* what is cut is refused, but for behind what was needed */
	if (m.n > 0)
		for (size_t n = 0; n < packet_len; n++)
			ck_assert_msg(!read_message(c->type, n, got,
			    sizeof(got)), "%s: %zu octets", c->label, n);
}
END_TEST

START_TEST(test_cut_short)
{
	char got[512];

	write_message("a.test", SG_DNS_A, 0, cases[0].answer,
	    cases[0].authority);
	packet[2] |= 2; /* TC */
	ck_assert(!read_message(SG_DNS_A, packet_len, got, sizeof(got)));
	packet[2] &= (unsigned char)~2u;
	packet[5] = 2; /* questions */
	ck_assert(!read_message(SG_DNS_A, packet_len, got, sizeof(got)));
	ck_assert(!sg_dns_message_read(&m, SG_DNS_A, NULL, 0));
}
END_TEST

/* T13: one more than anybody keeps, and no more. */
START_TEST(test_many)
{
	char got[8192];

	write_message("a.test", SG_DNS_MX, 0, cases[0].authority,
	    cases[0].authority);
	packet[7] = 200;
	for (int i = 0; i < 200; i++)
		put_record("@12 15 60 mx.@12");
	ck_assert(read_message(SG_DNS_MX, packet_len, got, sizeof(got)));
	ck_assert_uint_eq(m.n, SG_DNS_MAX_RR + 1);
	ck_assert_ptr_null(m.r.data[SG_DNS_MAX_RR + 1]);
}
END_TEST

/* RFC 1035 2.3.4: 255 octets are a name, 256 are none, however they come. */
START_TEST(test_long_names)
{
	char name[300], got[512];
	const char *answer[MOST] = { "@12 1 300 1234" };

	for (int i = 0; i < 126; i++)
		memcpy(name + 2 * i, "a.", 2);
	memcpy(name + 252, "b", 2); /* 127 labels of one: 255 with the root */
	write_message(name, SG_DNS_A, 0, answer, cases[0].authority);
	ck_assert(read_message(SG_DNS_A, packet_len, got, sizeof(got)));
	answer[0] = "b.@12 1 300 1234";
	write_message(name, SG_DNS_A, 0, answer, cases[0].authority);
	ck_assert(!read_message(SG_DNS_A, packet_len, got, sizeof(got)));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net/dns_message");
	TCase *tc = tcase_create("message");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, test_message, 0, (int)N(cases));
	tcase_add_test(tc, test_cut_short);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_long_names);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
