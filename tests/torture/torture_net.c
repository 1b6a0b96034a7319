/* SPDX-License-Identifier: ISC */
/*
 * torture_net.c - a worker's lookup, against real DNS and mail servers, while
 * calls of the worker fail. One domain has a policy that is fetched, a signed
 * MX RRset, one host with TLSA that fits and one without; the other publishes
 * no policy, but TLSA that does not fit, a third an enforce policy and a host
 * whose certificate is another's, and the MX RRset of the last is forged, so
 * that a clean run refuses all three.
 *
 * Holds: it ends, with facts or by saying that it cannot; "could not look" is
 * never "there is none": TXT is not NONE, MX is neither implicit nor null nor
 * NXDOMAIN, TLSA is not NONE at the host that has it, if its addresses were
 * found; a host is not called bad for what OpenSSL calls a lack of memory; what
 * is signed is not called insecure, nor what is not signed secure;
 * what was not verified is not called verified; the facts are ones that the
 * front takes; what a clean run refuses does not pass. And so it is when
 * nothing fails any more, whatever was kept of it.
 */
#include <string.h>
#include "decide/decide.h"
#include "facts/codec.h"
#include "support/plan_bench.h"
#include "torture/torture.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define POLICY "version: STSv1\nmode: enforce\nmx: a.test\nmx: da.test\n" \
	"mx: w.test\nmax_age: 86400\n"
#define DEADLINE_MS 4000
/* What a loaded machine may add to a deadline. */
#define GRACE_MS 12000

static const struct dns_row rows[] = {
	{ "_mta-sts.d.test", SG_DNS_TXT, DNS_DATA, "v=STSv1; id=one;", 0, 0 },
	{ "mta-sts.d.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, 0 },
	{ "d.test", SG_DNS_MX, DNS_DATA, "10 da.test", 0, 0 },
	{ "d.test", SG_DNS_MX, DNS_DATA, "20 a.test", 0, 0 },
	{ "da.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, 0 },
	{ "@da.test", SG_DNS_TLSA, DNS_DATA, "EE", 0, 0 },
	{ "a.test", SG_DNS_A, DNS_DATA, "127.0.0.2", 0, 0 },
	{ "refused.test", SG_DNS_MX, DNS_DATA, "10 other.test", 0, 0 },
	{ "other.test", SG_DNS_A, DNS_DATA, "127.0.0.3", 0, 0 },
	{ "@other.test", SG_DNS_TLSA, DNS_DATA, "OTHER", 0, 0 },
	{ "_mta-sts.wrong.child.test", SG_DNS_TXT, DNS_DATA,
	    "v=STSv1; id=one;", 0, 0 },
	{ "mta-sts.wrong.child.test", SG_DNS_A, DNS_DATA, "127.0.0.1", 0, 0 },
	{ "wrong.child.test", SG_DNS_MX, DNS_DATA, "10 w.test", 0, 0 },
	{ "w.test", SG_DNS_A, DNS_DATA, "127.0.0.4", 0, 0 },
	{ "bogus.test", SG_DNS_MX, DNS_BAD_SIG, "10 a.test", 0, 0 },
};

static unsigned called;
static struct sg_facts *learnt;

static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *f, bool more)
{
	(void)arg;
	(void)job_id;
	if (more) {
		torture_hold(f != NULL);
		return;
	}
	called++;
	learnt = f == NULL ? NULL : sg_facts_ref(f);
}

static void
check_mx(const struct sg_facts_mx *mx)
{
	bool has_tlsa = strcmp(mx->host, "da.test") == 0;

	torture_hold(has_tlsa || strcmp(mx->host, "a.test") == 0);
	torture_hold(!has_tlsa || mx->addrs != SG_ADDR_OK ||
	    (mx->tlsa != SG_TLSA_NONE && mx->tlsa != SG_TLSA_UNUSABLE));
	torture_hold(has_tlsa || mx->tlsa != SG_TLSA_USABLE);
	torture_hold(mx->addrs != SG_ADDR_NONE);
	torture_hold(mx->probe.state != SG_PROBE_FAIL ||
	    strstr(mx->probe.detail, "malloc failure") == NULL);
	torture_hold(mx->probe.level != SG_LEVEL_DANE || has_tlsa);
	torture_hold(mx->probe.state != SG_PROBE_OK ||
	    mx->probe.level >= SG_LEVEL_VERIFY);
	torture_hold(mx->probe.state != SG_PROBE_OK ||
	    mx->tlsa != SG_TLSA_USABLE || mx->probe.level == SG_LEVEL_DANE);
	torture_hold(mx->probe.state == SG_PROBE_OK ||
	    mx->probe.state == SG_PROBE_FAIL ||
	    mx->probe.level == SG_LEVEL_NONE);
}

static void
check_published(const struct sg_facts *f)
{
	torture_hold(f->sts.txt.state != SG_TXT_NONE &&
	    f->sts.txt.state != SG_TXT_INVALID);
	torture_hold(f->mx_state != SG_MX_FOUND ||
	    f->mx_dnssec == SG_DNSSEC_SECURE);
	for (unsigned i = 0; i < f->n_mx; i++)
		check_mx(&f->mx[i]);
}

static void
check_refused(const struct sg_facts *f)
{
	struct sg_verdict v;

	sg_decide_verdict(f, SG_REQUIRE_PUBLISHED, false, sg_wall_now(), &v);
	torture_hold(v.result != SG_RESULT_PASS &&
	    v.result != SG_RESULT_NOT_APPLICABLE);
	torture_hold(strcmp(f->hop.name, "bogus.test") != 0 ||
	    f->mx_state != SG_MX_FOUND);
	torture_hold(strcmp(f->hop.name, "wrong.child.test") != 0 ||
	    f->mx_state != SG_MX_FOUND || f->mx_dnssec == SG_DNSSEC_INSECURE);
}

static void
check(const struct sg_facts *f)
{
	unsigned char *record = NULL;
	struct sg_facts *again = NULL;
	size_t len;

	torture_hold(f->mx_state == SG_MX_FOUND || f->mx_state == SG_MX_ERROR ||
	    f->mx_state == SG_MX_UNASKED || f->mx_state == SG_MX_BOGUS);
	if (strcmp(f->hop.name, "d.test") == 0)
		check_published(f);
	else
		check_refused(f);
	torture_hold(sg_facts_encode(f, &record, &len) == SG_OK);
	torture_hold(sg_facts_decode(record, len, &again, NULL) == SG_OK);
	free(record);
	sg_facts_unref(&again);
}

static void
look_up(struct plan_bench *b, const char *hop)
{
	struct sg_mono began = sg_mono_now();
	struct sg_plan *plan;

	b->job.deadline_ms = DEADLINE_MS;
	snprintf(b->job.hop.name, sizeof(b->job.hop.name), "%s", hop);
	b->net.https->body = POLICY;
	called = 0;
	fault_arm();
	plan = sg_plan_start(&b->net, &b->job, on_learnt, b);
	while (plan != NULL && called == 0)
		torture_hold(event_base_loop(b->base, EVLOOP_ONCE) == 0);
	fault_disarm();
	torture_hold(sg_mono_now().ms - began.ms < DEADLINE_MS + GRACE_MS);
	torture_hold(called <= 1);
	if (learnt != NULL)
		check(learnt);
	sg_facts_unref(&learnt);
}

static void
run(const char *hop, bool early)
{
	struct plan_bench b;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test,DNS:da.test");
	b.job.early = early;
	look_up(&b, hop);
	fault_end();
	look_up(&b, hop);
	plan_bench_close(&b);
}

static void
passed(void)
{
	run("d.test", false);
}

static void
early(void)
{
	run("d.test", true);
}

static void
refused(void)
{
	run("refused.test", false);
}

static void
mismatch(void)
{
	run("wrong.child.test", false);
}

static void
forged(void)
{
	run("bogus.test", false);
}

/* What a worker makes before it can look anything up. */
static void
start(void)
{
	struct plan_bench b;
	struct sg_net net;
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	plan_bench_open(&b, rows, N(rows), "DNS:a.test");
	fault_arm();
	rc = sg_net_init(&net, b.base, &b.config, &err);
	fault_disarm();
	torture_hold(rc == SG_OK || err.text[0] != '\0');
	if (rc == SG_OK)
		sg_net_fini(&net);
	plan_bench_close(&b);
}

int
main(int argc, char **argv)
{
	static const unsigned kinds = 1 << FAULT_MEMORY | 1 << FAULT_NETWORK |
	    1 << FAULT_LIBRARY | 1 << FAULT_INSIDE;
#ifdef __SANITIZE_THREAD__ /* it does not see by what libcrypto's cleanup is
			       ordered when memory was short */
	const unsigned start_kinds = (kinds & ~(1u << FAULT_MEMORY)) |
	    1 << FAULT_FILE;
#else
	const unsigned start_kinds = kinds | 1 << FAULT_FILE;
#endif
	const struct torture all[] = {
		{ "passed", kinds, passed, 23, 997 },
		{ "early", kinds & ~(1u << FAULT_INSIDE), early, 29, 0 },
		{ "refused", kinds, refused, 17, 797 },
		{ "mismatch", kinds, mismatch, 17, 797 },
		{ "forged", kinds, forged, 17, 149 },
		{ "start", start_kinds, start, 5, 1499 },
	};

	return torture_main(argc, argv, all, N(all));
}
