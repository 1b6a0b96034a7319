/* SPDX-License-Identifier: ISC */
/*
 * Can DNSSEC be had from the servers that we were given?
 *
 * A configured anchor together with a forwarder that strips signatures, or
 * that serves another root, makes everything bogus (LIBRARIES 1), and bogus
 * stops mail. So before the first question the DNSKEY RRset of every anchored
 * name is asked for. All secure: validation stays on for good. Otherwise the
 * context without anchors serves, loudly, and the trial is repeated: once it
 * succeeds validation is on until the process ends, so that nobody can turn
 * it off by disturbing a later trial.
 */
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "net/dns_private.h"

#define TRIAL_AGAIN_MIN_S 5
#define TRIAL_AGAIN_MAX_S 60
#define TRIAL_PAUSE_MS 500 /* after a trial without any answer */

static void start_trial(struct sg_dns *dns);

static void
arm(struct sg_dns *dns, int ms)
{
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	event_add(dns->trial.timer, &tv);
}

static void
say_unavailable(struct sg_dns *dns)
{
	sg_log(SG_LOG_ERR,
	    "DNSSEC is unavailable: %s; DANE and dnssec results are off"
	    " (see dns.trust_anchor_file and dns.servers)", dns->trial.why);
}

static void
switch_to(struct sg_dns *dns, struct sg_dns_lane *lane)
{
	bool first = dns->use == NULL;

	if (lane == &dns->checked)
		sg_log(SG_LOG_INFO, "DNSSEC is available%s",
		    first ? "" : " again");
	dns->use = lane;
	if (first)
		sg_dns_release(dns);
}

static void
try_again_later(struct sg_dns *dns)
{
	struct sg_dns_trial *t = &dns->trial;

	arm(dns, t->again_s * 1000);
	t->again_s *= 2;
	if (t->again_s > TRIAL_AGAIN_MAX_S)
		t->again_s = TRIAL_AGAIN_MAX_S;
}

/* A network that is not up yet is no verdict, for a while. */
static bool
may_wait(const struct sg_dns *dns)
{
	return (dns->use == NULL && dns->trial.unfit == 0 &&
	    dns->trial.spent_ms < SG_DNS_TRIAL_MS);
}

static void
judge(struct sg_dns *dns)
{
	struct sg_dns_trial *t = &dns->trial;

	if (t->secure == t->anchors.n) {
		switch_to(dns, &dns->checked);
		event_del(t->timer);
	} else if (may_wait(dns)) {
		t->spent_ms += TRIAL_PAUSE_MS;
		arm(dns, TRIAL_PAUSE_MS);
	} else {
		say_unavailable(dns);
		switch_to(dns, &dns->plain);
		try_again_later(dns);
	}
}

static void
note(struct sg_dns *dns, const char *owner, const char *what, const char *why)
{
	char text[160];

	if (dns->trial.why[0] != '\0')
		return;
	if (why == NULL)
		why = "";
	sg_log_escape(text, sizeof(text), why, strlen(why));
	snprintf(dns->trial.why, sizeof(dns->trial.why), "%.40s DNSKEY %s%s%s",
	    owner, what, text[0] != '\0' ? ": " : "", text);
}

/* Secure, surely not (unfit), or nothing learnt. */
static void
weigh(struct sg_dns *dns, const char *owner, const struct ub_result *r)
{
	struct sg_dns_trial *t = &dns->trial;

	if (r == NULL || (r->rcode != 0 && r->rcode != 3 && !r->bogus)) {
		note(dns, owner, "brings no answer", NULL);
		return;
	}
	if (r->secure && r->havedata && !r->bogus) {
		t->secure++;
		return;
	}
	t->unfit++;
	if (r->bogus)
		note(dns, owner, "is bogus", r->why_bogus);
	else
		note(dns, owner, r->havedata ? "is not secure" : "is missing",
		    NULL);
}

static void
on_key(void *arg, const struct ub_result *r)
{
	struct sg_dns_trial_query *q = arg;
	struct sg_dns *dns = q->dns;
	struct sg_dns_trial *t = &dns->trial;

	t->pending--;
	weigh(dns, t->anchors.owner[q - t->query], r);
	if (t->pending == 0)
		judge(dns);
}

static void
cancel_all(struct sg_dns *dns)
{
	struct sg_dns_trial *t = &dns->trial;

	for (size_t i = 0; i < t->anchors.n; i++) {
		struct sg_dns_trial_query *q = &t->query[i];

		if (q->call.lane == NULL)
			continue;
		sg_dns_call_cancel(&q->call);
		note(dns, t->anchors.owner[i], "brings no answer", NULL);
	}
	t->pending = 0;
}

/* The end of a trial that takes too long, or the time for the next. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sg_dns *dns = arg;

	(void)fd;
	(void)what;
	if (dns->trial.pending == 0) {
		start_trial(dns);
		return;
	}
	dns->trial.spent_ms = SG_DNS_TRIAL_MS;
	cancel_all(dns);
	judge(dns);
}

/* Returns libunbound's code. */
static int
ask_keys(struct sg_dns *dns)
{
	struct sg_dns_trial *t = &dns->trial;

	t->secure = t->unfit = 0;
	t->why[0] = '\0';
	for (size_t i = 0; i < t->anchors.n; i++) {
		struct sg_dns_trial_query *q = &t->query[i];
		int code;

		q->dns = dns;
		code = sg_dns_call_start(&q->call, &dns->checked,
		    t->anchors.owner[i], SG_DNS_DNSKEY, on_key, q);
		if (code != 0)
			return (code);
		t->pending++;
	}
	arm(dns, SG_DNS_TRIAL_MS);
	return (0);
}

static void
start_trial(struct sg_dns *dns)
{
	int code = ask_keys(dns);

	if (code == 0)
		return;
	cancel_all(dns);
	note(dns, ".", "cannot be asked", ub_strerror(code));
	dns->trial.spent_ms = SG_DNS_TRIAL_MS;
	judge(dns);
}

enum sg_rc
sg_dns_trial_start(struct sg_dns *dns, struct sg_err *err)
{
	struct sg_dns_trial *t = &dns->trial;
	int code;

	t->again_s = TRIAL_AGAIN_MIN_S;
	t->timer = evtimer_new(dns->base, on_timer, dns);
	code = t->timer == NULL ? UB_NOMEM : ask_keys(dns);
	if (code == 0)
		return (SG_OK);
	/* The anchors are read only now: see THREATS 2.3. */
	sg_err_set(err, SG_REASON_INTERNAL,
	    "libunbound cannot start with the trust anchors: %s",
	    ub_strerror(code));
	return (SG_BAD);
}

void
sg_dns_trial_stop(struct sg_dns *dns)
{
	cancel_all(dns);
	if (dns->trial.timer != NULL)
		event_free(dns->trial.timer);
	dns->trial.timer = NULL;
}
