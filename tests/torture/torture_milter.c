/* SPDX-License-Identifier: ISC */
/*
 * torture_milter.c - the real libmilter between an MTA and our callbacks while
 * it is refused memory: for its sessions, their macros, its threads. Only
 * macros tell who is logged in, for whom a policy counts, and that a recipient
 * with a good address goes by a host that breaks one (THREATS 5.4).
 *
 * Holds: that recipient is never accepted, or the message is on hold where that
 * is asked for; no forged header field gets through; each command is answered,
 * or the session ends, or the MTA tires of libmilter, which lets a session wait
 * for the next one's worker if it got none; a call that fails once costs no
 * more than two, unless libmilter gives up, after which the supervisor starts
 * another front.
 */
#include <libmilter/mfapi.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "session.h"
#include "support/fake_worker.h"
#include "support/milter_client.h"
#include "torture/torture.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 604800\n"
#define CONFIG "dns = { trust_anchor_file = \"\" }\n" \
	"groups = (" \
	"{ name = \"login\" login = [\"pay*\"] on_fail = \"reject\" }," \
	"{ name = \"hold\" sender = [\"@hold.test\"] on_fail = \"hold\" }," \
	"{ name = \"default\" require = \"none\" } )\n"
#define TRIES 4

static char dir[] = "./torture-milter-XXXXXX", path[64];
static struct sg_session_env env = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct sg_store *store;
static atomic_bool gave_up;

static void
remove_dir(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

/* forged.test: its policy does not name the MX host that it has. */
static bool
answer(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	bool forged = strcmp(job->hop.name, "forged.test") == 0;
	struct sg_facts *f = learnt_facts(&job->hop, "1",
	    forged ? POLICY : NULL, "mx.evil.test");

	(void)arg;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static void
open_engine(void)
{
	struct sg_store_params sp = { .path = NULL };
	struct sg_engine_params ep = { .workers = 1 };
	struct sg_config_errors errors = { .n = 0 };

	torture_hold(sg_config_parse(CONFIG, "torture", &env.config,
	    &errors) == SG_OK);
	torture_hold(sg_store_open(&sp, &store, NULL) == SG_OK);
	ep.store = store;
	ep.config = env.config;
	torture_hold(sg_engine_new(&ep, &env.engine, NULL) == SG_OK);
	(void)fake_worker_new(env.engine, answer, NULL);
}

static void *
serve(void *arg)
{
	(void)arg;
	(void)smfi_main();
	atomic_store(&gave_up, true);
	return NULL;
}

/* False: it did not start, which is an answer. */
static bool
open_milter(void)
{
	struct sg_err err = { .text = "" };
	char conn[80];
	pthread_t t;

	torture_hold(mkdtemp(dir) != NULL);
	atexit(remove_dir);
	snprintf(path, sizeof(path), "%s/m", dir);
	snprintf(conn, sizeof(conn), "unix:%s", path);
	fault_arm_all();
	if (sg_session_register(&env, &err) != SG_OK) {
		torture_hold(err.text[0] != '\0');
		return false;
	}
	return smfi_setconn(conn) == MI_SUCCESS &&
	    smfi_opensocket(true) == MI_SUCCESS &&
	    pthread_create(&t, NULL, serve, NULL) == 0;
}

static char
recipient(struct milter_client *c, const char *host, const char *to)
{
	milter_macros(c, 'R', "j", "relay.test", "{rcpt_mailer}", "smtp",
	    "{rcpt_host}", host, "{rcpt_addr}", "a@free.test", NULL);
	return milter_rcpt(c, to).code;
}

/* One recipient who may be written to, and one who may not. True: both were
   answered. */
static bool
refused(struct milter_client *c)
{
	struct milter_reply end;
	char code;

	milter_macros(c, 'M', "j", "relay.test", "{auth_authen}", "pay1",
	    "{mail_mailer}", "smtp", NULL);
	if (milter_mail(c, "<a@b.test>", NULL).code != 'c' ||
	    recipient(c, "free.test", "<x@free.test>") == 0)
		return false;
	code = recipient(c, "forged.test", "<y@free.test>");
	torture_hold(code != 'c' && code != 'a');
	(void)milter_header(c, "X-Stsgate", "pass");
	end = milter_end(c);
	torture_hold(end.code != 'c' || end.deleted == 1);
	return code != 0 && end.code != 0;
}

static bool
held(struct milter_client *c)
{
	struct milter_reply end;
	char code;

	milter_macros(c, 'M', "j", "relay.test", "{mail_mailer}", "smtp", NULL);
	if (milter_mail(c, "<a@hold.test>", NULL).code != 'c')
		return false;
	code = recipient(c, "forged.test", "<y@free.test>");
	end = milter_end(c);
	torture_hold(code != 'c' || end.code != 'c' ||
	    end.quarantine[0] != '\0');
	return code != 0 && end.code != 0;
}

/* True: the session went to its end. */
static bool
converse(void)
{
	struct milter_client c;
	bool whole = false;

	if (!milter_connect(&c, path, 0))
		return false;
	if (milter_hello(&c, "192.0.2.1").code == 'c')
		whole = refused(&c) && held(&c);
	milter_close(&c);
	return whole;
}

static void
session(void)
{
	int whole = 0, tries = fault_is_forever() ? 1 : TRIES;

	milter_patience_s = 6;
	open_engine();
	if (open_milter()) {
		for (int i = 0; i < tries && !atomic_load(&gave_up); i++)
			whole += converse();
		torture_hold(whole >= tries - 2 || atomic_load(&gave_up));
	}
	remove_dir();
	torture_end();
}

int
main(int argc, char **argv)
{
	static const struct torture all[] = {
		{ "session", 1 << FAULT_INSIDE, session, 0, 3 },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
