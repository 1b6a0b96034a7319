/* SPDX-License-Identifier: ISC */
/*
 * Questions to one libunbound context on the loop.
 *
 * The event interface does the work on our own loop: no thread, and no pipe
 * that every question and answer goes through. It answers at once what it has
 * in its cache or built in; such an answer is kept, and told from the loop, so
 * that nobody is called back inside his own question.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unbound-event.h>
#include "base/log.h"
#include "net/dns_message.h"
#include "net/dns_private.h"

enum { INSECURE, BOGUS, SECURE }; /* libunbound's sec */

struct sg_dns_kept {
	struct event *event;
	int rcode, sec;
	size_t len;
	unsigned char packet[];
};

static void
tell(struct sg_dns_call *call, int rcode, const unsigned char *packet,
    size_t len, int sec, char *why_bogus)
{
	struct sg_dns_message m;

	call->lane = NULL; /* it is over */
	if (rcode != 0) {
		memset(&m.r, 0, sizeof(m.r));
		m.r.rcode = rcode;
	} else if (!sg_dns_message_read(&m, call->type, packet, len)) {
		call->cb(call->arg, NULL);
		return;
	}
	m.r.secure = sec == SECURE;
	m.r.bogus = sec == BOGUS;
	m.r.why_bogus = why_bogus;
	call->cb(call->arg, &m.r);
}

static void
kept_free(struct sg_dns_kept **kept)
{
	if (*kept != NULL && (*kept)->event != NULL)
		event_free((*kept)->event);
	free(*kept);
	*kept = NULL;
}

static void
on_kept(evutil_socket_t fd, short what, void *arg)
{
	struct sg_dns_call *call = arg;
	struct sg_dns_kept *kept = call->kept;

	(void)fd;
	(void)what;
	call->kept = NULL; /* call may be gone when it is told */
	tell(call, kept->rcode, kept->packet, kept->len, kept->sec, NULL);
	kept_free(&kept);
}

/* Without memory the answer is lost: call->kept stays NULL. */
static void
keep(struct sg_dns_call *call, int rcode, const void *packet, size_t len,
    int sec)
{
	struct sg_dns_kept *kept = malloc(sizeof(*kept) + len);

	if (kept == NULL)
		return;
	kept->rcode = rcode;
	kept->sec = sec;
	kept->len = len;
	if (len > 0)
		memcpy(kept->packet, packet, len);
	kept->event = event_new(call->lane->base, -1, 0, on_kept, call);
	if (kept->event == NULL) {
		kept_free(&kept);
		return;
	}
	event_active(kept->event, EV_TIMEOUT, 0);
	call->kept = kept;
}

static void
on_answer(void *arg, int rcode, void *packet, int len, int sec, char *why,
    int was_ratelimited)
{
	struct sg_dns_call *call = arg;
	size_t n = packet != NULL && len > 0 ? (size_t)len : 0;

	(void)was_ratelimited;
	call->answered = true;
	if (call->asking)
		keep(call, rcode, packet, rcode == 0 ? n : 0, sec);
	else
		tell(call, rcode, packet, n, sec, why);
}

/* The first question sets up what asks. If that fails (memory, descriptors)
   libunbound frees the event base, ours, with what it had made, and would free
   it again (libworker_setup() of 1.17.1; 2026-11-28): nothing on it may be
   touched any more. */
__attribute__((noreturn)) static void
give_up(void)
{
	sg_log(SG_LOG_ERR, "libunbound cannot start asking (memory or "
	    "descriptors): this process ends");
	_exit(SG_DNS_LOST);
}

int
sg_dns_call_start(struct sg_dns_call *call, struct sg_dns_lane *lane,
    const char *name, int type, sg_dns_call_cb *cb, void *arg)
{
	int code;

	*call = (struct sg_dns_call) { .lane = lane, .type = type, .cb = cb,
		.arg = arg, .asking = true };
	/* 1: class IN. Names are absolute: there is no search list. */
	code = ub_resolve_event(lane->ctx, name, type, 1, call, on_answer,
	    &call->id);
	call->asking = false;
	if (code == UB_INITFAIL)
		give_up();
	if (code == 0 && call->answered && call->kept == NULL)
		code = UB_NOMEM;
	if (code != 0)
		call->lane = NULL;
	return (code);
}

void
sg_dns_call_cancel(struct sg_dns_call *call)
{
	if (call->lane != NULL && !call->answered)
		ub_cancel(call->lane->ctx, call->id);
	kept_free(&call->kept);
	call->lane = NULL;
}

enum sg_rc
sg_dns_lane_open(struct sg_dns_lane *lane,
    const struct sg_resolver_params *params, struct sg_err *err)
{
	lane->base = params->base;
	return (sg_resolver_open(params, &lane->ctx, err));
}

void
sg_dns_lane_close(struct sg_dns_lane *lane)
{
	if (lane->ctx != NULL)
		ub_ctx_delete(lane->ctx);
	memset(lane, 0, sizeof(*lane));
}
