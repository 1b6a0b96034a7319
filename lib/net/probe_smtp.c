/* SPDX-License-Identifier: ISC */
/*
 * What the prober says to an MX host, and what it makes of the answers.
 *
 * One table row a step: which code goes on, and what every other event means
 * there. What happens before TLS and is no refusal of TLS teaches nothing of
 * TLS: the host is unreachable, which is never a policy failure. One command
 * at a time, and an answer that comes before its question is refused: there is
 * nothing that could be shifted by one (THREATS 1.1). Nothing said in clear is
 * remembered after the handshake (M-14).
 */
#include <stdio.h>
#include "base/log.h"
#include "net/probe_private.h"

enum answer {
	ON_2XX, /* one that does not go on */
	ON_3XX,
	ON_4XX, /* but 421, which is unreachable anywhere */
	ON_5XX,
	ON_MALFORMED,
	ON_CLOSE,
	ANSWER_COUNT
};

struct meaning {
	enum sg_probe_state state;
	enum sg_reason reason;
};

struct step {
	const char *name;
	unsigned from, to; /* codes that go on */
	bool (*go)(struct sg_probe_conn *);
	struct meaning on[ANSWER_COUNT];
};

static bool go_ehlo(struct sg_probe_conn *);
static bool go_starttls(struct sg_probe_conn *);
static bool go_secure(struct sg_probe_conn *);
static bool go_quit(struct sg_probe_conn *);

#define AWAY { SG_PROBE_UNREACHABLE, SG_REASON_UNREACHABLE }
#define NO_TLS { SG_PROBE_FAIL, SG_REASON_STARTTLS_NOT_SUPPORTED }
#define BROKEN { SG_PROBE_FAIL, SG_REASON_VALIDATION_FAILURE }

static const struct step steps[SG_STEP_COUNT] = {
	/*                     2xx     3xx     4xx     5xx  malformed close */
	[SG_STEP_CONNECT] = { "connect", 0, 0, NULL,
	    { AWAY, AWAY, AWAY, AWAY, AWAY, AWAY } },
	/* only 220: another greeting says nothing about TLS (M-09) */
	[SG_STEP_BANNER] = { "greeting", 220, 220, go_ehlo,
	    { AWAY, AWAY, AWAY, AWAY, AWAY, AWAY } },
	/* 5xx: no ESMTP, so no STARTTLS (M-07) */
	[SG_STEP_EHLO] = { "EHLO", 200, 299, go_starttls,
	    { AWAY, AWAY, AWAY, NO_TLS, AWAY, AWAY } },
	[SG_STEP_STARTTLS] = { "STARTTLS", 220, 220, go_secure,
	    { NO_TLS, NO_TLS, NO_TLS, NO_TLS, AWAY, AWAY } },
	[SG_STEP_HANDSHAKE] = { "TLS handshake", 0, 0, NULL,
	    { BROKEN, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN } },
	/* with TLS 1.3 a peer refuses us only now (M-18) */
	[SG_STEP_EHLO_TLS] = { "EHLO within TLS", 200, 299, go_quit,
	    { AWAY, AWAY, AWAY, AWAY, AWAY, BROKEN } },
	[SG_STEP_QUIT] = { "QUIT", 0, 0, NULL,
	    { AWAY, AWAY, AWAY, AWAY, AWAY, AWAY } },
};

/* --- ends --------------------------------------------------------------- */

static bool
end(struct sg_probe_conn *conn, struct meaning m, bool polite,
    const char *detail)
{
	struct sg_probe_finding found = { .state = m.state,
		.reason = m.reason };

	snprintf(found.detail, sizeof(found.detail), "%s: %s",
	    steps[conn->step].name, detail);
	return (sg_probe_conn_end(conn, &found, polite));
}

static bool
drop(struct sg_probe_conn *conn)
{
	sg_probe_conn_free(&conn);
	return (false);
}

static bool
end_malformed(struct sg_probe_conn *conn, const char *why)
{
	char detail[SG_FACTS_DETAIL_SIZE];

	snprintf(detail, sizeof(detail), "not an SMTP reply: %s", why);
	return (end(conn, steps[conn->step].on[ON_MALFORMED], false, detail));
}

/* The peer's words are shown escaped. */
static void
describe_answer(const struct sg_smtp_reply *reply, char *out, size_t out_size)
{
	char text[SG_SMTP_TEXT_SIZE];

	sg_log_escape(text, sizeof(text), reply->text, reply->text_len);
	snprintf(out, out_size, "answered %u \"%s\"", reply->code, text);
}

static bool
end_refused(struct sg_probe_conn *conn)
{
	unsigned code = conn->reply.code;
	char detail[SG_FACTS_DETAIL_SIZE];

	describe_answer(&conn->reply, detail, sizeof(detail));
	return (end(conn, steps[conn->step].on[ON_2XX + code / 100 - 2], true,
	    detail));
}

/* RFC 5321 3.8: it closes; so do we, and stay away (THREATS T19). */
static bool
end_silenced(struct sg_probe_conn *conn)
{
	char detail[SG_FACTS_DETAIL_SIZE];

	describe_answer(&conn->reply, detail, sizeof(detail));
	sg_probe_limits_silence(conn->prober->limits, &conn->addr,
	    sg_mono_now());
	conn->probe->silence = true;
	return (end(conn, (struct meaning)AWAY, false, detail));
}

/* --- steps -------------------------------------------------------------- */

static void
enter(struct sg_probe_conn *conn, enum sg_probe_step step, const char *line)
{
	conn->step = step;
	sg_smtp_reply_init(&conn->reply);
	if (line != NULL)
		sg_probe_conn_say(conn, line);
}

static void
say_ehlo(struct sg_probe_conn *conn, enum sg_probe_step step)
{
	char helo[SG_DOMAIN_SIZE], line[SG_DOMAIN_SIZE + 8];

	sg_probe_conn_helo(conn, helo, sizeof(helo));
	snprintf(line, sizeof(line), "EHLO %s\r\n", helo);
	enter(conn, step, line);
}

bool
sg_probe_on_connect(struct sg_probe_conn *conn)
{
	enter(conn, SG_STEP_BANNER, NULL); /* it speaks first */
	return (true);
}

static bool
go_ehlo(struct sg_probe_conn *conn)
{
	say_ehlo(conn, SG_STEP_EHLO);
	return (true);
}

static bool
go_starttls(struct sg_probe_conn *conn)
{
	if ((conn->reply.keywords & SG_SMTP_STARTTLS) == 0)
		return (end(conn, (struct meaning)NO_TLS, true,
		    "STARTTLS not offered"));
	enter(conn, SG_STEP_STARTTLS, "STARTTLS\r\n");
	return (true);
}

static bool
go_secure(struct sg_probe_conn *conn)
{
	conn->step = SG_STEP_HANDSHAKE;
	return (sg_probe_conn_secure(conn));
}

bool
sg_probe_on_secure(struct sg_probe_conn *conn)
{
	say_ehlo(conn, SG_STEP_EHLO_TLS);
	if (conn->found.state == SG_PROBE_OK)
		sg_probe_shook_hands(conn->probe, &conn->found);
	return (true);
}

static bool
go_quit(struct sg_probe_conn *conn)
{
	conn->found.requiretls =
	    (conn->reply.keywords & SG_SMTP_REQUIRETLS) != 0
	    ? SG_REQUIRETLS_OFFERED : SG_REQUIRETLS_NO;
	return (sg_probe_conn_end(conn, &conn->found, true));
}

/* --- events ------------------------------------------------------------- */

bool
sg_probe_on_injection(struct sg_probe_conn *conn)
{
	static const struct meaning injected = { SG_PROBE_FAIL,
		SG_REASON_STARTTLS_INJECTION };

	return (end(conn, injected, false,
	    "clear text behind the 220 to STARTTLS"));
}

static bool
on_reply(struct sg_probe_conn *conn, bool more)
{
	const struct step *step = &steps[conn->step];
	unsigned code = conn->reply.code;

	if (conn->step == SG_STEP_QUIT)
		return (drop(conn));
	if (code == 421)
		return (end_silenced(conn));
	if (code < step->from || code > step->to)
		return (end_refused(conn));
	if (more && conn->step == SG_STEP_STARTTLS)
		return (sg_probe_on_injection(conn));
	if (more && conn->ssl == NULL)
		return (end_malformed(conn, "it talks out of turn"));
	return (step->go(conn));
}

bool
sg_probe_on_text(struct sg_probe_conn *conn, const char *data, size_t len)
{
	size_t used;

	switch (sg_smtp_reply_feed(&conn->reply, data, len, &used)) {
	case SG_SMTP_MORE:
		return (true);
	case SG_SMTP_DONE:
		return (on_reply(conn, used < len));
	default:
		if (conn->step == SG_STEP_QUIT)
			return (drop(conn));
		return (end_malformed(conn, conn->reply.fault));
	}
}

bool
sg_probe_on_close(struct sg_probe_conn *conn, enum sg_reason reason,
    const char *why)
{
	struct meaning m = steps[conn->step].on[ON_CLOSE];

	if (conn->step == SG_STEP_QUIT)
		return (drop(conn));
	if (m.state == SG_PROBE_FAIL)
		m.reason = reason;
	/* That we had no memory is no fault of its TLS. */
	if (reason == SG_REASON_INTERNAL)
		m = (struct meaning) { SG_PROBE_UNTESTED, reason };
	return (end(conn, m, false, why));
}

/* Even within TLS: that we had no more time is no fault of its TLS. */
bool
sg_probe_on_timeout(struct sg_probe_conn *conn)
{
	static const struct meaning late = { SG_PROBE_UNREACHABLE,
		SG_REASON_TIMEOUT };

	if (conn->step == SG_STEP_QUIT)
		return (drop(conn));
	return (end(conn, late, false, "no answer in time"));
}
