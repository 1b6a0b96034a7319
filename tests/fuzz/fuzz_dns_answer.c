/* SPDX-License-Identifier: ISC */
/*
 * fuzz_dns_answer.c - what libunbound hands over, judged, and the list of MX
 * hosts that is made of it. The input's first octets are the flags, the TTL,
 * the canonical name; then the records behind lengths of two octets.
 *
 * Holds: bogus is never data (STANDARDS D-07); "no answer" is never "none";
 * the caps of THREATS T13; and the facts that the list becomes are ones that
 * the front takes (they encode, decode and encode to the same).
 */
#include <unbound.h>
#include "facts/codec.h"
#include "fuzz/fuzz.h"
#include "net/dns_private.h"
#include "net/mx_list.h"

#define MAX_RECORDS 100

static struct sg_config config;

struct made {
	struct ub_result r;
	char canon[300];
	char *data[MAX_RECORDS + 1];
	int len[MAX_RECORDS + 1];
	bool validates;
};

static void
make(struct made *m, struct fuzz_bytes *in)
{
	unsigned flags = (unsigned)fuzz_number(in, 1);
	size_t n = 0;

	memset(m, 0, sizeof(*m));
	m->validates = flags & 1;
	m->r.secure = (flags & 2) != 0;
	m->r.bogus = (flags & 4) != 0;
	m->r.havedata = (flags & 8) != 0;
	m->r.nxdomain = (flags & 16) != 0;
	m->r.rcode = (int)fuzz_number(in, 1);
	m->r.ttl = (int)(uint32_t)fuzz_number(in, 4);
	fuzz_string(fuzz_take(in, (size_t)fuzz_number(in, 1)), m->canon,
	    sizeof(m->canon));
	m->r.canonname = flags & 32 ? m->canon : NULL;
	m->r.why_bogus = flags & 64 ? m->canon : NULL;
	m->r.data = m->data;
	m->r.len = m->len;
	while (in->n > 0 && n < MAX_RECORDS) {
		struct fuzz_bytes part = fuzz_take(in,
		    (size_t)fuzz_number(in, 2));

		m->data[n] = (char *)part.p;
		m->len[n++] = (int)part.n;
	}
	if (n > 0) {
		m->r.answer_packet = m->data[0];
		m->r.answer_len = m->len[0];
	}
}

static void
check_answer(const struct made *m, const struct sg_dns_answer *a)
{
	size_t bytes = 0;

	fuzz_hold(!m->r.bogus || a->rc == SG_BAD);
	fuzz_hold(a->rc == SG_OK || a->n == 0);
	fuzz_hold(a->rc != SG_NONE || m->r.rcode == 0 || m->r.rcode == 3);
	fuzz_hold(a->dnssec != SG_DNSSEC_SECURE ||
	    (m->validates && m->r.secure && !m->r.bogus));
	fuzz_hold(a->n <= SG_DNS_MAX_RR);
	if (a->rc == SG_OK && a->n > 0)
		fuzz_taken();
	for (size_t i = 0; i < a->n; i++)
		bytes += a->rr[i].len;
	fuzz_hold(bytes <= SG_DNS_MAX_BYTES);
	fuzz_hold(a->ttl_s >= SG_FACTS_TTL_MIN_S &&
	    a->ttl_s <= SG_FACTS_TTL_MAX_S);
	fuzz_hold(fuzz_is_plain(a->err.text));
	fuzz_hold(a->canonname == NULL || sg_domain_is_valid(a->canonname,
	    false));
}

static void
check_list(const struct sg_dns_answer *a)
{
	struct sg_nexthop hop = { .name = "good.test", .port = 25 };
	struct sg_facts *f = sg_facts_new(&hop), *again = NULL;
	unsigned char *record = NULL;
	size_t len;

	if (f == NULL)
		abort();
	fuzz_hold(sg_mx_list_set(f, a, &config,
	    (struct sg_wall) { 1795000000 }) == SG_OK);
	fuzz_hold(f->n_mx <= SG_FACTS_MAX_MX);
	fuzz_hold(a->rc != SG_BAD || f->mx_state == SG_MX_BOGUS);
	fuzz_hold(a->rc != SG_RETRY || f->mx_state == SG_MX_ERROR);
	fuzz_hold(sg_facts_encode(f, &record, &len) == SG_OK);
	fuzz_hold(sg_facts_decode(record, len, &again, NULL) == SG_OK);
	free(record);
	sg_facts_unref(&again);
	sg_facts_unref(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	static struct made m;
	struct sg_dns_answer a = { .n = 0 };
	char canon[SG_DOMAIN_SIZE];

	make(&m, &in);
	sg_dns_answer_judge(&m.r, m.validates, canon, &a);
	check_answer(&m, &a);
	check_list(&a);
	return 0;
}
