/* SPDX-License-Identifier: ISC */
/*
 * session.c - see session.h.
 *
 * Three habits of MTAs shape this file (WIRE, LAB):
 * - SMFIS_ACCEPT at RCPT ends the filtering of the whole message, later
 *   recipients included: a good recipient is answered with CONTINUE, always.
 * - A reply text that was set and not used leaks into the next recipient's
 *   reply: text and status are set together, in refuse(), every time.
 * - A local submission (Postfix's non_smtpd_milters) cannot refuse a
 *   recipient; it is decided at the end of the message.
 */
#include "session.h"

#include <sys/socket.h>
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/spare.h"
#include "message.h"
#include "reply.h"
#include "report/counters.h"
#include "route.h"

#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE)
/* Steps that nobody here needs, and replies that say nothing. */
#define SKIPPED (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOBODY | \
    SMFIP_NOUNKNOWN | SMFIP_NR_HDR | SMFIP_NR_CONN | SMFIP_NR_MAIL)
/* More forged fields than this are not worth counting: the message is
   refused. */
#define MAX_FORGED 1000

static struct sg_session_env *env;

/* What a recipient needs for the time of its callback, out of the stack of
   whatever thread serves it (base/spare.h). */
struct work {
	struct sg_route route;
	struct sg_gate_answer answer;
	struct sg_err err;
	char line[2000];
};
static struct sg_spare works = SG_SPARE(sizeof(struct work));

struct session {
	struct sg_config *config;
	bool have_client;
	struct sg_addr client;
	unsigned long steps;  /* as negotiated */
	bool can_hold, can_change;
	struct sg_macros macros;
	char payer[300]; /* who pays for the message's cold lookups, beside
			    its group; or "" */
	struct sg_message message;
};

/* --- the session ----------------------------------------------------------- */

static struct session *
new_session(unsigned long steps, bool can_hold)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	pthread_mutex_lock(&env->mutex);
	s->config = sg_config_ref(env->config);
	pthread_mutex_unlock(&env->mutex);
	s->steps = steps;
	s->can_hold = can_hold;
	return s;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
    unsigned long f2, unsigned long f3, unsigned long *pf0,
    unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	struct session *s;

	(void)f2;
	(void)f3;
	*pf0 = *pf1 = *pf2 = *pf3 = 0;
	if (sg_wake_is_ours(f0))
		return SMFIS_CONTINUE;
	*pf0 = f0 & ACTIONS;
	*pf1 = f1 & SKIPPED;
	/* Who sends macros that are asked for tells the client's address at
	   MAIL: CONNECT, whose cost is a recipient's, is not wanted. */
	if (f0 & SMFIF_SETSYMLIST) {
		*pf0 |= SMFIF_SETSYMLIST;
		*pf1 |= f1 & SMFIP_NOCONNECT;
		if (!sg_macros_ask(ctx))
			return SMFIS_REJECT;
	}
	s = new_session(*pf1, (f0 & SMFIF_QUARANTINE) != 0);
	if (s == NULL)
		return SMFIS_REJECT;
	s->macros.asked = (f0 & SMFIF_SETSYMLIST) != 0;
	s->can_change = (f0 & SMFIF_CHGHDRS) != 0;
	if (smfi_setpriv(ctx, s) != MI_SUCCESS) {
		sg_config_unref(&s->config);
		free(s);
		return SMFIS_REJECT;
	}
	sg_wake_opened(env->wake);
	return SMFIS_CONTINUE;
}

static sfsistat
reply_or_none(const struct session *s, unsigned long no_reply_step)
{
	return s->steps & no_reply_step ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa)
{
	struct session *s = smfi_getpriv(ctx);

	(void)name;
	if (s == NULL)
		return SMFIS_CONTINUE;
	s->have_client = sa != NULL &&
	    sg_addr_from_sockaddr((const struct sockaddr *)sa, &s->client);
	return reply_or_none(s, SMFIP_NR_CONN);
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	sg_wake_closed(env->wake);
	sg_message_end(&s->message);
	sg_config_unref(&s->config);
	free(s);
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

/* --- MAIL ------------------------------------------------------------------- */

/* RFC 8689: REQUIRETLS among the parameters. A bounce is exempt: it should
   not be lost for want of it (STANDARDS T-11). */
static bool
asks_requiretls(char **argv, const struct sg_mailaddr *from)
{
	if (from->kind == SG_MAILADDR_NULL)
		return false;
	for (size_t i = 1; argv[0] != NULL && argv[i] != NULL; i++)
		if (strcasecmp(argv[i], "REQUIRETLS") == 0)
			return true;
	return false;
}

/* The client's address by {client_addr}, if CONNECT does not come. */
static void
find_client(SMFICTX *ctx, struct session *s)
{
	const char *text;

	if (!(s->steps & SMFIP_NOCONNECT))
		return;
	text = sg_route_symbol(ctx, "{client_addr}");
	s->have_client = text != NULL &&
	    sg_addr_parse(text, &s->client) == SG_OK;
}

/* Whose budget of cold lookups this message draws on. */
static void
find_payer(struct session *s)
{
	char client[SG_ADDR_TEXT_SIZE];

	s->payer[0] = '\0';
	if (s->message.login[0] != '\0')
		snprintf(s->payer, sizeof(s->payer), "login:%s",
		    s->message.login);
	else if (s->have_client)
		snprintf(s->payer, sizeof(s->payer), "client:%s",
		    sg_addr_format(&s->client, client));
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	struct session *s = smfi_getpriv(ctx);
	struct sg_message *m;
	const char *login;
	struct sg_sender sender;

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	m = &s->message;
	sg_macros_at_mail(&s->macros, ctx);
	sg_message_begin(m);
	find_client(ctx, s);
	m->from_known = argv[0] != NULL &&
	    sg_mailaddr_parse(argv[0], &m->from, NULL) == SG_OK;
	login = sg_route_symbol(ctx, "{auth_authen}");
	snprintf(m->login, sizeof(m->login), "%s", login != NULL ? login : "");
	m->requiretls = m->from_known && asks_requiretls(argv, &m->from);
	/* Only Postfix's local submission knows the queue ID at MAIL and yet
	   names no mailer (LAB). */
	m->local = sg_route_symbol(ctx, "i") != NULL &&
	    sg_route_symbol(ctx, "{mail_mailer}") == NULL;
	sender = (struct sg_sender) { m->from_known ? &m->from : NULL, m->login,
		s->have_client ? &s->client : NULL };
	m->group = sg_decide_group(s->config, &sender);
	find_payer(s);
	return reply_or_none(s, SMFIP_NR_MAIL);
}

/* --- RCPT ------------------------------------------------------------------- */

/* libmilter takes a '%' for a format: "%%" is one (WIRE). */
static void
double_percent(const char *text, char *out, size_t out_size)
{
	size_t n = 0;

	for (; *text != '\0' && n + 2 < out_size; text++) {
		out[n++] = *text;
		if (*text == '%')
			out[n++] = '%';
	}
	out[n] = '\0';
}

/* Text and status together, whatever libmilter thinks of the text. */
static sfsistat
refuse(SMFICTX *ctx, struct sg_reply *reply)
{
	char text[2 * SG_REPLY_TEXT_SIZE];

	double_percent(reply->text, text, sizeof(text));
	if (smfi_setreply(ctx, reply->code, reply->xcode, text) != MI_SUCCESS)
		sg_log(SG_LOG_ERR, "libmilter does not take the reply %s %s",
		    reply->code, reply->xcode);
	return reply->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat
refuse_plainly(SMFICTX *ctx, const char *code, const char *xcode,
    const char *text, const char *id)
{
	struct sg_reply reply;

	snprintf(reply.code, sizeof(reply.code), "%s", code);
	snprintf(reply.xcode, sizeof(reply.xcode), "%s", xcode);
	snprintf(reply.text, sizeof(reply.text), "%s [%s]", text, id);
	return refuse(ctx, &reply);
}

/* A {rcpt_host} that cannot be read must not make the recipient free: nothing
   is known, and the table says what then. */
static void
answer_unreadable(const struct session *s, const struct sg_gate_ask *ask,
    struct sg_gate_answer *a)
{
	struct sg_act_params act = { &a->asked, &a->verdict, NULL,
		s->config->delivery_map, sg_wall_now() };

	sg_gate_not_applicable(ask, a);
	sg_decide_verdict(NULL, a->asked.rule.require, ask->requiretls,
	    sg_wall_now(), &a->verdict);
	sg_decide_action(&act, &a->decision);
	a->route = sg_gate_route(a);
}

static void
count_recipient(const struct sg_gate_answer *a)
{
	const struct sg_days_decision what = { .at = sg_wall_now(),
		.next_hop = a->key, .asked = &a->asked,
		.verdict = &a->verdict, .decision = &a->decision };

	sg_days_count(env->days, &what);
}

static void
log_recipient(const struct session *s, const char *arg, const char *qid,
    struct work *w)
{
	const struct sg_gate_answer *a = &w->answer;
	struct sg_told told;
	size_t len;

	sg_message_told(&s->message, a, qid, &told);
	if (s->config->log_addresses)
		told.recipient = arg;
	len = sg_reply_log(&told, w->line, sizeof(w->line));
	sg_log_line(SG_LOG_INFO, w->line, len);
	sg_count_decision(&(struct sg_counted) { a->asked.group->name,
		a->verdict.result, a->verdict.reason, a->decision.action,
		a->decision.applied });
	if (a->decision.window_over)
		sg_log(SG_LOG_WARN,
		    "id=%s next_hop=%s: its policy could not be learnt for "
		    "longer than unknown_window; let through",
		    s->message.id, a->key);
}

/* What this MTA, or this way of submission, cannot do becomes what is nearest
   and not weaker: without quarantine hold is defer; a local program cannot be
   told to come back, so its mail waits on hold (INTERFACES). */
static void
fit_to_session(const struct session *s, struct sg_decision *d)
{
	if (d->applied == SG_ACTION_HOLD && !s->can_hold)
		d->applied = SG_ACTION_DEFER;
	if (s->message.local && s->can_hold && d->applied == SG_ACTION_DEFER)
		d->applied = SG_ACTION_HOLD;
}

/* The answer in milter terms; the session keeps what the end of the message
   needs. */
static sfsistat
apply(SMFICTX *ctx, struct session *s, struct sg_gate_answer *a,
    const char *qid)
{
	struct sg_message *m = &s->message;
	const enum sg_action act = a->decision.applied;
	struct sg_told told;
	struct sg_reply reply;

	if (act == SG_ACTION_ACCEPT || act == SG_ACTION_TAG) {
		sg_message_accepted(m, a);
		return SMFIS_CONTINUE;
	}
	if (act == SG_ACTION_HOLD) {
		m->hold = true;
		sg_message_accepted(m, a);
		return SMFIS_CONTINUE;
	}
	sg_message_told(m, a, qid, &told);
	sg_reply_make(&told, act, &reply);
	if (!m->local)
		return refuse(ctx, &reply);
	if (!m->have_reject)
		m->reject = reply;
	m->have_reject = true;
	return SMFIS_CONTINUE;
}

static sfsistat
answer_recipient(SMFICTX *ctx, struct session *s, const char *arg,
    struct work *w)
{
	struct sg_message *m = &s->message;
	struct sg_sender sender = { m->from_known ? &m->from : NULL, m->login,
		s->have_client ? &s->client : NULL };
	struct sg_gate_ask ask = { .config = s->config, .sender = &sender,
		.group = m->group, .hops = w->route.hops,
		.requiretls = m->requiretls, .pins = true,
		.budget = { s->payer[0] != '\0' ? s->payer : NULL,
		    m->group->name } };
	struct sg_gate_answer *a = &w->answer;
	const char *qid;
	enum sg_rc rc;
	sfsistat status;

	w->err.text[0] = '\0';
	rc = sg_route_find(ctx, arg, &w->route, &w->err);
	if (rc == SG_BAD && w->route.bad_address && !m->local)
		return refuse_plainly(ctx, "553", "5.1.3",
		    "the recipient's address has no domain that mail can be "
		    "sent to; check how it is spelt", m->id);
	ask.n_hops = w->route.n;
	if (rc == SG_OK)
		sg_gate_recipient(env->engine, &ask, a);
	else if (rc == SG_NONE)
		sg_gate_not_applicable(&ask, a);
	else {
		sg_log(SG_LOG_WARN, "id=%s: cannot read the route: %s", m->id,
		    w->err.text);
		answer_unreadable(s, &ask, a);
	}
	qid = sg_route_symbol(ctx, "i");
	fit_to_session(s, &a->decision);
	log_recipient(s, arg, qid, w);
	count_recipient(a);
	status = apply(ctx, s, a, qid);
	sg_gate_answer_fini(a);
	return status;
}

static sfsistat
refuse_unread(SMFICTX *ctx, const struct session *s)
{
	sg_log(SG_LOG_WARN, "id=%s: libmilter lost the macros, as it does when "
	    "it is short of memory", s->message.id);
	return refuse_plainly(ctx, "451", "4.3.0",
	    "the gate is short of memory; will be retried", s->message.id);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = smfi_getpriv(ctx);
	struct work *w;
	sfsistat status;

	if (s == NULL || !s->message.open || argv[0] == NULL)
		return SMFIS_TEMPFAIL;
	if (sg_macros_are_lost(&s->macros, ctx))
		return refuse_unread(ctx, s);
	w = sg_spare_take(&works);
	if (w == NULL)
		return SMFIS_TEMPFAIL;
	atomic_fetch_add(&env->inside, 1);
	sg_wake_enter(env->wake);
	status = answer_recipient(ctx, s, argv[0], w);
	sg_wake_leave(env->wake);
	atomic_fetch_sub(&env->inside, 1);
	sg_spare_give(&works, w);
	return status;
}

/* --- header, end of message -------------------------------------------------- */

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = smfi_getpriv(ctx);

	(void)value;
	if (s == NULL)
		return SMFIS_CONTINUE;
	if (strcasecmp(name, SG_HEADER_NAME) == 0)
		s->message.forged++;
	return reply_or_none(s, SMFIP_NR_HDR);
}

/* Highest index first: a deletion renumbers those behind it in some MTAs
   (THREATS 2.2). */
static bool
remove_forged(SMFICTX *ctx, unsigned n)
{
	char name[] = SG_HEADER_NAME;

	for (; n > 0; n--)
		if (smfi_chgheader(ctx, name, (int)n, NULL) != MI_SUCCESS)
			return false;
	return true;
}

static bool
add_header(SMFICTX *ctx, struct sg_message *m, const char *qid)
{
	char name[] = SG_HEADER_NAME;
	char value[SG_REPLY_TEXT_SIZE];
	struct sg_told told;
	struct sg_header header = { .not_passed = m->not_passed,
		.accepted = m->accepted, .route = m->route, .id = m->id,
		.group = m->group->name };

	if (m->have_worst) {
		sg_message_told(m, &m->worst, qid, &told);
		header.worst = &told;
	}
	sg_reply_header(&header, value, sizeof(value));
	if (smfi_insheader(ctx, 0, name, value) == MI_SUCCESS)
		return true;
	sg_log(SG_LOG_WARN, "id=%s: the MTA takes no header field%s", m->id,
	    m->route == SG_LEVEL_NONE ? ": the message goes on untagged" : "");
	return false;
}

static bool
hold(SMFICTX *ctx, const struct sg_message *m, const char *qid)
{
	char reason[SG_NEXTHOP_KEY_SIZE + 80];

	sg_assert(m->have_worst); /* who passes is not held */
	snprintf(reason, sizeof(reason), "stsgate: %s for %s [%s]",
	    sg_reason_name(m->worst.verdict.reason), m->worst.key, m->id);
	sg_log(SG_LOG_INFO, "id=%s qid=%s held: %u of %u recipients: %s",
	    m->id, qid != NULL ? qid : "-", m->not_passed, m->accepted,
	    sg_reason_name(m->worst.verdict.reason));
	return smfi_quarantine(ctx, reason) == MI_SUCCESS;
}

static sfsistat
end_message(SMFICTX *ctx, struct session *s)
{
	struct sg_message *m = &s->message;
	const char *qid = sg_route_symbol(ctx, "i");

	if (m->have_reject)
		return refuse(ctx, &m->reject);
	if (m->forged > MAX_FORGED)
		return refuse_plainly(ctx, "554", "5.6.0",
		    "too many " SG_HEADER_NAME " header fields", m->id);
	if (!remove_forged(ctx, m->forged) && s->can_change)
		return refuse_plainly(ctx, "451", "4.3.0",
		    "a forged " SG_HEADER_NAME " header field could not be "
		    "taken out; will be retried", m->id);
	/* A route that nobody hears of would be mail below its level. */
	if ((m->have_worst || m->route != SG_LEVEL_NONE) &&
	    !add_header(ctx, m, qid) && m->route != SG_LEVEL_NONE)
		return refuse_plainly(ctx, "451", "4.3.0",
		    "the message could not be marked for its route; will be "
		    "retried", m->id);
	if (m->hold && !hold(ctx, m, qid))
		return refuse_plainly(ctx, "451", "4.3.0",
		    "the message could not be put on hold; will be retried",
		    m->id);
	return SMFIS_CONTINUE;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);
	sfsistat status;

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	atomic_fetch_add(&env->inside, 1);
	status = end_message(ctx, s);
	sg_message_end(&s->message);
	atomic_fetch_sub(&env->inside, 1);
	return status;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s != NULL)
		sg_message_end(&s->message);
	return SMFIS_CONTINUE;
}

/* --- registration -------------------------------------------------------------- */

enum sg_rc
sg_session_register(struct sg_session_env *e, struct sg_err *err)
{
	static char name[] = "stsgate";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	env = e;
	if (smfi_register(desc) == MI_SUCCESS)
		return SG_OK;
	sg_err_set(err, SG_REASON_INTERNAL, "libmilter does not register");
	return SG_BAD;
}

void
sg_session_set_config(struct sg_session_env *e, const struct sg_config *config)
{
	struct sg_config *old;

	pthread_mutex_lock(&e->mutex);
	old = e->config;
	e->config = sg_config_ref(config);
	pthread_mutex_unlock(&e->mutex);
	sg_config_unref(&old);
}
