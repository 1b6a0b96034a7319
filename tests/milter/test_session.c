/* SPDX-License-Identifier: ISC */
/*
 * test_session.c - the callbacks behind a real libmilter: an MTA's side of the
 * protocol in front, a worker that answers by name behind.
 */
#include <libmilter/mfapi.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "session.h"
#include "support/fake_worker.h"
#include "support/milter_client.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
    "max_age: 86400\n"
#define CONFIG \
	"dns = { trust_anchor_file = \"\" }\n" \
	"groups = ( { name = \"strict\" sender = [\"@strict.test\"]" \
	"             on_fail = \"reject\" }," \
	"           { name = \"hold\" sender = [\"@hold.test\"]" \
	"             on_fail = \"hold\" }," \
	"           { name = \"dry\" sender = [\"@dry.test\"]" \
	"             on_fail = \"reject\" dry_run = true }," \
	"           { name = \"login\" login = [\"pay*\"]" \
	"             on_fail = \"reject\" }," \
	"           { name = \"client\" client = [\"198.51.100.0/24\"," \
	"             \"2001:db8::/32\"] on_fail = \"reject\" }," \
	"           { name = \"route\" sender = [\"@route.test\"]" \
	"             require = \"encrypt\" route_tag = true } )"

static struct sg_session_env env;
static struct sg_store *store;
static struct fake_worker *worker;
static char dir[] = "/tmp/sg-session-XXXXXX", path[64];

/* forged.*: the policy does not list the MX host; slow.*: never answered;
   tls.*: publishes nothing, offers TLS; others publish nothing. */
static bool
answer(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	bool forged = strncmp(job->hop.name, "forged", 6) == 0;
	struct sg_facts *f;

	(void)arg;
	if (strncmp(job->hop.name, "slow", 4) == 0)
		return true;
	f = learnt_facts(&job->hop, "1", forged ? POLICY : NULL,
	    "mx.evil.test");
	if (strncmp(job->hop.name, "tls", 3) == 0) {
		f->mx[0].probe.state = SG_PROBE_OK;
		f->mx[0].probe.level = SG_LEVEL_ENCRYPT;
		f->mx[0].probe.at = sg_wall_now();
		f->mx[0].probe.until.s = sg_wall_now().s + 3600;
	}
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static void
on_wait(void *arg)
{
	(void)arg;
	sg_wake_now(env.wake);
}

static void *
serve(void *arg)
{
	(void)arg;
	(void)smfi_main();
	return NULL;
}

static void
start_engine(void)
{
	struct sg_store_params sp = { .path = NULL };
	struct sg_engine_params ep = { .before_wait = on_wait };
	struct sg_config_errors errors = { 0 };

	ck_assert_int_eq(sg_config_parse(CONFIG, "test", &env.config, &errors),
	    SG_OK);
	ck_assert_int_eq(sg_store_open(&sp, &store, NULL), SG_OK);
	ep.store = store;
	ep.config = env.config;
	ck_assert_int_eq(sg_engine_new(&ep, &env.engine, NULL), SG_OK);
	worker = fake_worker_new(env.engine, answer, NULL);
}

static void
setup(void)
{
	struct sg_listen self = { .is_unix = true };
	char conn[80];
	pthread_t t;

	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "test");
	pthread_mutex_init(&env.mutex, NULL);
	start_engine();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/milter", dir);
	snprintf(self.path, sizeof(self.path), "%s", path);
	snprintf(conn, sizeof(conn), "unix:%s", path);
	ck_assert_int_eq(sg_session_register(&env, NULL), SG_OK);
	ck_assert_int_eq(smfi_setconn(conn), MI_SUCCESS);
	ck_assert_int_eq(smfi_opensocket(true), MI_SUCCESS);
	ck_assert_int_eq(pthread_create(&t, NULL, serve, NULL), 0);
	pthread_detach(t);
	env.wake = sg_wake_new(&self);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static struct milter_client
begin(const char *from, uint32_t offer)
{
	struct milter_client c;

	ck_assert(milter_connect(&c, path, offer));
	ck_assert_int_eq(milter_hello(&c, "192.0.2.1").code, 'c');
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", NULL);
	ck_assert_int_eq(milter_mail(&c, from, NULL).code, 'c');
	return c;
}

static struct milter_reply
rcpt(struct milter_client *c, const char *host)
{
	char to[300];

	snprintf(to, sizeof(to), "<bob@%s>", host);
	milter_macros(c, 'R', "{rcpt_mailer}", "smtp", "{rcpt_host}", host,
	    NULL);
	return milter_rcpt(c, to);
}

/* --- one recipient -------------------------------------------------------------- */

static const struct {
	const char *name, *from, *mailer, *host, *to, *want;
} rows[] = {
	{ "nothing published: CONTINUE, never ACCEPT", "<a@x.test>", "smtp",
	    "free.test", "<b@free.test>", "c" },
	{ "default group defers", "<a@x.test>", "smtp", "forged.test",
	    "<b@forged.test>", "451 4.7.5 forged.test requires verified TLS" },
	{ "strict group rejects", "<a@strict.test>", "smtp", "forged.test",
	    "<b@forged.test>", "550 5.7.5 forged.test requires verified TLS" },
	{ "dry run passes", "<a@dry.test>", "smtp", "forged.test",
	    "<b@forged.test>", "c" },
	{ "hold passes RCPT", "<a@hold.test>", "smtp", "forged.test",
	    "<b@forged.test>", "c" },
	{ "A-02: the route counts, not the address", "<a@x.test>", "smtp",
	    "[free.test]:2525", "<b@forged.test>", "c" },
	{ "A-02: and the other way round", "<a@x.test>", "relay",
	    "forged.test", "<b@free.test>", "451 4.7.5" },
	{ "Sendmail's trailing dot", "<a@x.test>", "esmtp", "forged.test.",
	    "<b@FORGED.Test>", "451 4.7.5" },
	{ "a fallback list: the worst counts", "<a@x.test>", "esmtp",
	    "free.test:forged.test", "<b@y.test>", "451 4.7.5" },
	{ "an SMTP mailer without a host: the address counts", "<a@x.test>",
	    "smtp", "", "<b@forged.test>", "451 4.7.5" },
	{ "A-16: local mailer", "<a@x.test>", "local", "", "<b>", "c" },
	{ "A-04: address literal", "<a@x.test>", "smtp", "[192.0.2.7]",
	    "<b@[192.0.2.7]>", "c" },
	{ "A-09: postmaster without a domain", "<a@x.test>", NULL, NULL,
	    "<Postmaster>", "c" },
	{ "A-09: wherever the MTA routes him", "<a@x.test>", "smtp",
	    "forged.test", "<postmaster>", "c" },
	{ "without macros the address counts", "<a@x.test>", NULL, NULL,
	    "<b@forged.test>", "451 4.7.5" },
	{ "A-07: source route", "<a@x.test>", NULL, NULL,
	    "<@one.test,@two.test:b@forged.test>", "451 4.7.5" },
	{ "A-08: quoted local part", "<a@x.test>", NULL, NULL,
	    "<\"x@free.test\"@forged.test>", "451 4.7.5" },
	{ "A-13: U-label", "<a@x.test>", "smtp", "forged-b\xc3\xbc.test",
	    "<b@forged-b\xc3\xbc.test>", "c" },
	{ "A-14, E-17: no domain at all", "<a@x.test>", NULL, NULL, "<b@-x.test>",
	    "553 5.1.3" },
	{ "a route that cannot be read is not free", "<a@x.test>", "smtp",
	    "good..test", "<b@x.test>", "451 4.3.0" },
	{ "null sender", "<>", "smtp", "forged.test", "<b@forged.test>",
	    "451 4.7.5" },
};

START_TEST(test_row)
{
	struct milter_client c = begin(rows[_i].from, 0);
	struct milter_reply r;

	if (rows[_i].mailer != NULL)
		milter_macros(&c, 'R', "{rcpt_mailer}", rows[_i].mailer,
		    "{rcpt_host}", rows[_i].host, NULL);
	r = milter_rcpt(&c, rows[_i].to);
	if (rows[_i].want[1] == '\0')
		ck_assert_msg(r.code == rows[_i].want[0], "%s: got %c %s",
		    rows[_i].name, r.code, r.text);
	else
		ck_assert_msg(strncmp(r.text, rows[_i].want,
		    strlen(rows[_i].want)) == 0, "%s: got %c \"%s\", want "
		    "\"%s\"", rows[_i].name, r.code, r.text, rows[_i].want);
	milter_close(&c);
}
END_TEST

/* --- whole messages ---------------------------------------------------------------- */

START_TEST(test_only_the_forged_one_is_refused)
{
	struct milter_client c = begin("<a@strict.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
	ck_assert_int_eq(rcpt(&c, "forged.test").code, 'y');
	ck_assert_int_eq(rcpt(&c, "free2.test").code, 'c');
	r = milter_end(&c);
	ck_assert_int_eq(r.code, 'c');
	ck_assert_str_eq(r.added, ""); /* no header on a clean pass */
	milter_close(&c);
}
END_TEST

/* The map knows no senders: the header says what delivery must keep, and does
   so once, whoever forged another. */
START_TEST(test_route_on_a_clean_pass)
{
	struct milter_client c = begin("<a@route.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "tls.test").code, 'c');
	(void)milter_header(&c, "X-Stsgate", "result=pass; route=none; id=0");
	r = milter_end(&c);
	ck_assert_int_eq(r.code, 'c');
	ck_assert_int_eq(r.deleted, 1);
	ck_assert_ptr_nonnull(strstr(r.added, "result=pass; required=encrypt; "
	    "action=accept; group=route; recipients=0/1; route=encrypt; id="));
	milter_close(&c);
}
END_TEST

START_TEST(test_hold_at_the_end)
{
	struct milter_client c = begin("<a@hold.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
	ck_assert_int_eq(rcpt(&c, "forged.test").code, 'c');
	r = milter_end(&c);
	ck_assert_int_eq(r.code, 'c');
	ck_assert_ptr_nonnull(strstr(r.quarantine, "mx-mismatch"));
	ck_assert_ptr_nonnull(strstr(r.added, "result=fail"));
	ck_assert_ptr_nonnull(strstr(r.added, "recipients=1/2"));
	ck_assert_ptr_null(strstr(r.added, "forged")); /* Bcc */
	milter_close(&c);
}
END_TEST

START_TEST(test_dry_run_header)
{
	struct milter_client c = begin("<a@dry.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "forged.test").code, 'c');
	r = milter_end(&c);
	ck_assert_ptr_nonnull(strstr(r.added, "action=reject"));
	ck_assert_ptr_nonnull(strstr(r.added, "dry_run=1"));
	ck_assert_str_eq(r.quarantine, "");
	milter_close(&c);
}
END_TEST

/* THREATS 2.2: 0, 1, 5 and 200 copies, highest index first; and nobody else's
   header (T-14). */
START_TEST(test_forged_headers)
{
	static const unsigned counts[] = { 0, 1, 5, 200 };
	struct milter_client c = begin("<a@x.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
	(void)milter_header(&c, "Subject", "x");
	(void)milter_header(&c, "TLS-Required", "No");
	for (unsigned i = 0; i < counts[_i]; i++)
		(void)milter_header(&c, i % 2 ? "X-Stsgate" : "x-STSGATE",
		    "result=pass");
	r = milter_end(&c);
	ck_assert_int_eq(r.code, 'c');
	ck_assert_uint_eq(r.deleted, counts[_i]);
	ck_assert_uint_eq(r.first_deleted, counts[_i]);
	milter_close(&c);
}
END_TEST

START_TEST(test_second_message_starts_clean)
{
	struct milter_client c = begin("<a@hold.test>", 0);
	struct milter_reply r;

	ck_assert_int_eq(rcpt(&c, "forged.test").code, 'c');
	milter_abort(&c); /* RSET */
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", NULL);
	(void)milter_mail(&c, "<a@x.test>", NULL);
	ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
	r = milter_end(&c);
	ck_assert_str_eq(r.quarantine, "");
	ck_assert_str_eq(r.added, "");
	milter_close(&c);
}
END_TEST

START_TEST(test_login_is_auth_authen)
{
	struct milter_client c;
	struct milter_reply r;

	ck_assert(milter_connect(&c, path, 0));
	(void)milter_hello(&c, "192.0.2.1");
	/* {auth_author} is the client's own claim (LAB). */
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", "{auth_author}",
	    "payroll", NULL);
	(void)milter_mail(&c, "<a@x.test>", NULL);
	r = rcpt(&c, "forged.test");
	ck_assert_msg(strncmp(r.text, "451", 3) == 0, "got %s", r.text);
	milter_abort(&c);
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", "{auth_authen}",
	    "payroll", NULL);
	(void)milter_mail(&c, "<a@x.test>", NULL);
	r = rcpt(&c, "forged.test");
	ck_assert_msg(strncmp(r.text, "550", 3) == 0, "got %s", r.text);
	milter_close(&c);
}
END_TEST

/* The client's address: asked for at MAIL, where Sendmail writes "IPv6:", or of
   CONNECT by an MTA that sends no macros that are asked for. */
static const struct {
	const char *name, *client;
	bool asked;
	const char *code;
} clients[] = {
	{ "another's", "192.0.2.1", true, "451" },
	{ "its own", "198.51.100.7", true, "550" },
	{ "IPv6 of Postfix", "2001:db8::1", true, "550" },
	{ "IPv6 of Sendmail", "IPv6:2001:db8:0:0:0:0:0:1", true, "550" },
	{ "no address", "unknown", true, "451" },
	{ "CONNECT, another's", "192.0.2.1", false, "451" },
	{ "CONNECT, its own", "198.51.100.7", false, "550" },
};

START_TEST(test_client_address)
{
	struct milter_client c;
	struct milter_reply r;

	ck_assert(milter_connect(&c, path, clients[_i].asked ? 0x1ff : 0x0ff));
	ck_assert_int_eq((c.steps & SMFIP_NOCONNECT) != 0, clients[_i].asked);
	(void)milter_hello(&c, clients[_i].client);
	for (int message = 0; message < 2; message++) {
		milter_macros(&c, 'M', "{mail_mailer}", "smtp", NULL);
		(void)milter_mail(&c, "<a@x.test>", NULL);
		r = rcpt(&c, "forged.test");
		ck_assert_msg(strncmp(r.text, clients[_i].code, 3) == 0,
		    "%s: got %s", clients[_i].name, r.text);
		milter_abort(&c);
	}
	milter_close(&c);
}
END_TEST

/* An MTA without quarantine: hold becomes defer. */
START_TEST(test_no_quarantine_defers)
{
	struct milter_client c = begin("<a@hold.test>",
	    0x1ff & ~(uint32_t)SMFIF_QUARANTINE);
	struct milter_reply r = rcpt(&c, "forged.test");

	ck_assert_msg(strncmp(r.text, "451 4.7.5", 9) == 0, "got %s", r.text);
	milter_close(&c);
}
END_TEST

static const struct {
	const char *name, *from;
	char end;
	const char *text;
	bool held;
} locals[] = {
	{ "reject is a bounce at the end", "<a@strict.test>", 'y',
	    "550 5.7.5", false },
	{ "defer is hold", "<a@x.test>", 'c', "", true },
	{ "hold is hold", "<a@hold.test>", 'c', "", true },
	{ "dry run passes", "<a@dry.test>", 'c', "", false },
};

/* Postfix's non_smtpd_milters: `i' at MAIL, no mailer, no angles. */
START_TEST(test_local_submission)
{
	struct milter_client c;
	struct milter_reply r;

	ck_assert(milter_connect(&c, path, 0));
	(void)milter_hello(&c, "127.0.0.1");
	milter_macros(&c, 'M', "i", "4ABC", NULL);
	(void)milter_mail(&c, locals[_i].from, NULL);
	milter_macros(&c, 'R', "i", "4ABC", NULL);
	ck_assert_int_eq(milter_rcpt(&c, "bob@forged.test").code, 'c');
	r = milter_end(&c);
	ck_assert_msg(r.code == locals[_i].end, "%s: got %c %s",
	    locals[_i].name, r.code, r.text);
	ck_assert(strncmp(r.text, locals[_i].text,
	    strlen(locals[_i].text)) == 0);
	ck_assert_msg((r.quarantine[0] != '\0') == locals[_i].held, "%s",
	    locals[_i].name);
	milter_close(&c);
}
END_TEST

/* RFC 8689: without an enforce policy nothing vouches (T-08, T-10), and that is
   no hindrance to a bounce (T-11). */
START_TEST(test_requiretls)
{
	struct milter_client c;
	struct milter_reply r;

	ck_assert(milter_connect(&c, path, 0));
	(void)milter_hello(&c, "192.0.2.1");
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", NULL);
	(void)milter_mail(&c, "<a@strict.test>", "REQUIRETLS");
	r = rcpt(&c, "free.test");
	ck_assert_int_eq(r.code, 'y');
	milter_abort(&c);
	milter_macros(&c, 'M', "{mail_mailer}", "smtp", NULL);
	(void)milter_mail(&c, "<>", "REQUIRETLS");
	ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
	milter_close(&c);
}
END_TEST

/* libmilter must not make an MTA's of our own sessions, which are there by now:
   they would be waked for. */
START_TEST(test_own_sessions_do_not_count)
{
	struct milter_client c;

	for (int i = 0; i < 2; i++) {
		c = begin("<a@x.test>", 0);
		ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
		ck_assert_uint_eq(sg_wake_sessions(env.wake), 1);
		milter_close(&c);
		while (sg_wake_sessions(env.wake) > 0)
			(void)poll(NULL, 0, 1);
	}
	(void)poll(NULL, 0, 300); /* they are opened one by one */
	ck_assert_uint_eq(sg_wake_sessions(env.wake), 0);
}
END_TEST

/* LIBRARIES 5: sessions behind callbacks that wait are served all the same. */
START_TEST(test_waiting_callbacks_block_nobody)
{
	enum { WAITING = 40 };
	struct milter_client waiting[WAITING], c;

	for (int i = 0; i < WAITING; i++) {
		char host[32];

		waiting[i] = begin("<a@x.test>", 0);
		snprintf(host, sizeof(host), "slow%d.test", i);
		milter_macros(&waiting[i], 'R', "{rcpt_mailer}", "smtp",
		    "{rcpt_host}", host, NULL);
		ck_assert(milter_rcpt_send(&waiting[i], "<b@slow.test>"));
	}
	for (int i = 0; i < 50; i++) {
		c = begin("<a@x.test>", 0);
		ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
		milter_close(&c);
	}
	for (int i = 0; i < WAITING; i++) {
		struct pollfd p = { waiting[i].fd, POLLIN, 0 };

		ck_assert_int_eq(poll(&p, 1, 0), 0); /* still waiting */
		close(waiting[i].fd);
	}
}
END_TEST

/* What soak.sh looks for leaks in: a thousand messages of every kind. */
START_TEST(test_a_thousand_messages)
{
	static const char *const from[] = { "<a@x.test>", "<a@strict.test>",
		"<a@hold.test>", "<a@dry.test>", "<>" };

	for (int i = 0; i < 1000; i++) {
		struct milter_client c = begin(from[i % 5], 0);
		char host[32];

		snprintf(host, sizeof(host), "%s%d.test",
		    i % 3 == 0 ? "forged" : "free", i % 50);
		ck_assert_int_eq(rcpt(&c, "free.test").code, 'c');
		ck_assert_int_ne(rcpt(&c, host).code, 0);
		if (i % 7 == 0)
			milter_abort(&c);
		else {
			(void)milter_header(&c, "X-Stsgate", "forged");
			ck_assert_int_eq(milter_end(&c).code, 'c');
		}
		milter_close(&c);
	}
}
END_TEST

/* T16: a group that has spent its budget waits, the others go on. */
START_TEST(test_group_budget_T16)
{
	struct sg_config_errors errors = { 0 };
	struct milter_reply r = { .code = 'c' };
	struct milter_client flood, other;
	struct sg_config *config = NULL;
	char host[40];

	ck_assert_int_eq(sg_config_parse("limits = { cold_per_group = \"1/s\" "
	    "}\n" CONFIG, "test", &config, &errors), SG_OK);
	sg_engine_set_config(env.engine, config);
	sg_session_set_config(&env, config);
	sg_config_unref(&config);
	flood = begin("<a@strict.test>", 0);
	for (int i = 0; i < 100 && r.code == 'c'; i++) {
		snprintf(host, sizeof(host), "free%d.test", i);
		r = rcpt(&flood, host);
	}
	ck_assert_int_eq(strncmp(r.text, "451 4.3.0", 9), 0);
	other = begin("<a@hold.test>", 0);
	ck_assert_int_eq(rcpt(&other, "free.other.test").code, 'c');
	milter_close(&flood);
	milter_close(&other);
}
END_TEST

/* Ends what setup began, but for libmilter, which only ends with the process,
   and its wake, which its threads may yet tell of a session's end. */
static void
teardown_all(void)
{
	fake_worker_free(&worker);
	sg_engine_free(&env.engine);
	sg_store_close(&store);
	teardown();
}

int
main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session"), *soak = tcase_create("soak");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_only_the_forged_one_is_refused);
	tcase_add_test(t, test_route_on_a_clean_pass);
	tcase_add_test(t, test_hold_at_the_end);
	tcase_add_test(t, test_dry_run_header);
	tcase_add_loop_test(t, test_forged_headers, 0, 4);
	tcase_add_test(t, test_second_message_starts_clean);
	tcase_add_test(t, test_login_is_auth_authen);
	tcase_add_loop_test(t, test_client_address, 0,
	    sizeof(clients) / sizeof(clients[0]));
	tcase_add_test(t, test_no_quarantine_defers);
	tcase_add_loop_test(t, test_local_submission, 0, 4);
	tcase_add_test(t, test_requiretls);
	tcase_add_test(t, test_group_budget_T16);
	tcase_add_test(t, test_own_sessions_do_not_count);
	tcase_add_test(t, test_waiting_callbacks_block_nobody);
	suite_add_tcase(s, t);
	tcase_set_timeout(soak, 300);
	tcase_add_checked_fixture(soak, setup, teardown_all);
	tcase_add_test(soak, test_a_thousand_messages);
	suite_add_tcase(s, soak);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
