/* SPDX-License-Identifier: ISC */
/*
 * torture_engine.c - a recipient's whole way, from the milter session through
 * gate, engine and store to a worker and back, while calls fail: memory,
 * files, sockets, threads, SQLite's disk. The domain's mail host fails under
 * an enforce policy, so that a clean run refuses.
 *
 * Holds: whatever fails, the recipient is not accepted; it is answered within
 * the reply deadline; and what libmilter is told is fit for it. Where the mail
 * host is good and a clean run accepts: what is accepted is pinned (THREATS
 * T25). A clock that jumped while nobody was there is suspect, whatever fails,
 * and still is after the next start (T9).
 */
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include "gate.h"
#include "session.h"
#include "support/fake_milter.h"
#include "support/fake_worker.h"
#include "torture/torture.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"max_age: 604800\n"
#define DEADLINE_MS 2000
/* What a loaded machine may add to a deadline. */
#define GRACE_MS 3000

static char dir[64], db[96];
static struct sg_config *config;
static struct sg_store *store;
static struct sg_engine *engine;
static struct fake_worker *worker;

static void
remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

/* arg: NULL where its mail host is bad. */
static bool
answer(struct fake_worker *w, const struct sg_job *job, void *arg)
{
	struct sg_facts *f = learnt_facts(&job->hop, "id1", POLICY,
	    "mx.good.test");

	if (arg != NULL) {
		f->mx[0].probe.state = SG_PROBE_OK;
		f->mx[0].probe.level = SG_LEVEL_VERIFY;
	} else {
		f->mx[0].probe.state = SG_PROBE_FAIL;
		f->mx[0].probe.reason = SG_REASON_STARTTLS_NOT_SUPPORTED;
	}
	f->mx[0].probe.at = sg_wall_now();
	f->mx[0].probe.until.s = sg_wall_now().s + 300;
	fake_worker_send_facts(w, job->id, f);
	sg_facts_unref(&f);
	return true;
}

static void
read_config(void)
{
	struct sg_config_errors errors = { .n = 0 };

	torture_hold(sg_config_parse("dns = { trust_anchor_file = \"\" }\n"
	    "reply_deadline = \"2s\"\n"
	    "groups = ( { name = \"default\" on_fail = \"reject\" } )\n",
	    "torture", &config, &errors) == SG_OK);
}

static bool good_host;

/* Store and engine, armed; false: they did not start, which is an answer. */
static bool
start(bool with_disk)
{
	struct sg_store_params sp = { .path = with_disk ? db : NULL };
	struct sg_engine_params ep = { .workers = 1 };
	struct sg_err err = { .text = "" };

	snprintf(dir, sizeof(dir), "./torture-engine-XXXXXX");
	torture_hold(mkdtemp(dir) != NULL);
	snprintf(db, sizeof(db), "%s/facts.db", dir);
	atexit(remove_dir);
	read_config();
	fault_arm();
	if (sg_store_open(&sp, &store, &err) == SG_OK) {
		ep.store = store;
		ep.config = config;
		(void)sg_engine_new(&ep, &engine, &err);
	}
	fault_disarm();
	torture_hold(engine != NULL || err.text[0] != '\0');
	if (engine != NULL)
		worker = fake_worker_new(engine, answer,
		    good_host ? &good_host : NULL);
	return engine != NULL;
}

static void
stop(void)
{
	sg_engine_free(&engine);
	fake_worker_free(&worker);
	sg_store_close(&store);
	sg_config_unref(&config);
}

static void
check_time(struct sg_mono began)
{
	torture_hold(sg_mono_now().ms - began.ms < DEADLINE_MS + GRACE_MS);
}

static void
ask_gate(bool fresh)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_sender sender = { .login = "" };
	struct sg_gate_ask ask = { .config = config, .sender = &sender,
		.hops = &hop, .n_hops = 1, .fresh = fresh };
	struct sg_gate_answer a;
	struct sg_mono began = sg_mono_now();

	ask.group = sg_decide_group(config, &sender);
	fault_arm();
	sg_gate_recipient(engine, &ask, &a);
	fault_disarm();
	check_time(began);
	torture_hold(a.verdict.result == SG_RESULT_FAIL ||
	    a.verdict.result == SG_RESULT_UNKNOWN);
	torture_hold(a.decision.applied >= SG_ACTION_DEFER);
	sg_gate_answer_fini(&a);
}

static void
gate(void)
{
	if (start(false)) {
		ask_gate(false);
		ask_gate(false);
		ask_gate(true);
	}
	stop();
}

static void
gate_with_disk(void)
{
	if (start(true)) {
		ask_gate(false);
		ask_gate(true);
	}
	stop();
}

/* Accepted only if the delivery map will hold to the level. */
static void
ask_pinned(void)
{
	struct sg_nexthop hop = hop_of("good.test");
	struct sg_sender sender = { .login = "" };
	struct sg_gate_ask ask = { .config = config, .sender = &sender,
		.hops = &hop, .n_hops = 1, .pins = true };
	struct sg_gate_answer a;
	struct sg_mono began = sg_mono_now();
	struct sg_pin *pin;

	ask.group = sg_decide_group(config, &sender);
	fault_arm();
	sg_gate_recipient(engine, &ask, &a);
	fault_disarm();
	check_time(began);
	pin = sg_engine_pin(engine, a.key);
	torture_hold(a.decision.applied >= SG_ACTION_DEFER ||
	    (pin != NULL && pin->level == SG_LEVEL_SECURE));
	torture_hold(fault_happened() ||
	    a.decision.applied == SG_ACTION_ACCEPT);
	sg_pin_unref(&pin);
	sg_gate_answer_fini(&a);
}

static void
pinned(void)
{
	good_host = true;
	if (start(false)) {
		ask_pinned();
		ask_pinned();
	}
	stop();
}

/* The last time seen is long ago. */
static void
make_mark(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	torture_hold(fd >= 0);
	torture_hold(dprintf(fd, "%020lld %020lld\n",
	    (long long)sg_wall_now().s - 10 * 86400, 0LL) == 42);
	close(fd);
}

static bool
is_suspect(const struct sg_engine_params *p)
{
	bool suspect;

	torture_hold(sg_engine_new(p, &engine, NULL) == SG_OK);
	suspect = sg_engine_clock_is_suspect(engine);
	sg_engine_free(&engine);
	return suspect;
}

static void
clock_jumped(void)
{
	struct sg_store_params sp = { .path = NULL };
	char path[96];
	struct sg_engine_params ep = { .workers = 1, .clock_path = path };
	struct sg_err err = { .text = "" };

	snprintf(dir, sizeof(dir), "./torture-engine-XXXXXX");
	torture_hold(mkdtemp(dir) != NULL);
	atexit(remove_dir);
	snprintf(path, sizeof(path), "%s/clock", dir);
	make_mark(path);
	read_config();
	torture_hold(sg_store_open(&sp, &store, NULL) == SG_OK);
	ep.store = store;
	ep.config = config;
	fault_arm();
	(void)sg_engine_new(&ep, &engine, &err);
	torture_hold(engine != NULL || err.text[0] != '\0');
	torture_hold(engine == NULL || sg_engine_clock_is_suspect(engine));
	sg_engine_free(&engine);
	fault_disarm();
	fault_end();
	torture_hold(is_suspect(&ep));
	torture_hold(is_suspect(&ep));
	stop();
}

/* --- through libmilter's callbacks --------------------------------------- */

static sfsistat
say_rcpt(const struct smfiDesc *m, const char *address)
{
	char text[64], *argv[] = { text, NULL };
	sfsistat status;

	snprintf(text, sizeof(text), "%s", address);
	fault_arm();
	status = m->xxfi_envrcpt(NULL, argv);
	fault_disarm();
	fake_milter_check(status, true);
	return status;
}

static void
converse(const struct smfiDesc *m)
{
	char from[] = "<a@b.test>", *argv[] = { from, NULL };
	struct sg_mono began = sg_mono_now();
	sfsistat status;

	fake_milter_macro("{client_addr}", "192.0.2.1");
	fault_arm();
	status = m->xxfi_envfrom(NULL, argv);
	fault_disarm();
	fake_milter_check(status, false);
	status = say_rcpt(m, "<x@good.test>");
	torture_hold(status == SMFIS_REJECT || status == SMFIS_TEMPFAIL);
	check_time(began);
	fault_arm();
	status = m->xxfi_eom(NULL);
	fault_disarm();
	fake_milter_check(status, false);
}

static void
session(void)
{
	static struct sg_session_env env = {
		.mutex = PTHREAD_MUTEX_INITIALIZER };
	unsigned long f0 = 0x1ff, f1 = 0x1fffff, got[4];
	const struct smfiDesc *m;
	struct sg_err err;
	sfsistat status;

	if (start(false)) {
		env.engine = engine;
		env.config = config;
		torture_hold(sg_session_register(&env, &err) == SG_OK);
		m = fake_milter();
		fault_arm();
		status = m->xxfi_negotiate(NULL, f0, f1, 0, 0, &got[0],
		    &got[1], &got[2], &got[3]);
		fault_disarm();
		torture_hold(status == SMFIS_CONTINUE ||
		    status == SMFIS_REJECT);
		if (status == SMFIS_CONTINUE)
			converse(m);
		(void)m->xxfi_close(NULL);
		fake_milter_end();
	}
	stop();
}

int
main(int argc, char **argv)
{
	static const unsigned all_kinds = 1 << FAULT_MEMORY | 1 << FAULT_FILE |
	    1 << FAULT_NETWORK | 1 << FAULT_THREAD;
	const struct torture all[] = {
		{ "gate", all_kinds, gate, 0, 0 },
		{ "gate-with-disk", all_kinds | 1 << FAULT_DISK,
		    gate_with_disk, 29, 0 },
		{ "pinned", all_kinds, pinned, 9, 0 },
		{ "clock", all_kinds, clock_jumped, 5, 0 },
		{ "session", all_kinds, session, 0, 0 },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
