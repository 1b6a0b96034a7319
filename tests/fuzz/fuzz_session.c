/* SPDX-License-Identifier: ISC */
/*
 * fuzz_session.c - a milter session: libmilter's side and the engine's are
 * here, so that what the MTA says (addresses, macros, header names) and what
 * a worker says (facts) is hostile at once. The input is a list of steps; what
 * a step takes is behind a length of one octet.
 *
 * Holds what fake_milter.h says of whatever goes to the MTA, and that a
 * session leaves nothing behind.
 */
#include <netinet/in.h>
#include "base/log.h"
#include "engine/engine.h"
#include "fuzz/make_facts.h"
#include "session.h"
#include "support/fake_milter.h"

enum { STEP_MAIL, STEP_RCPT, STEP_HEADER, STEP_EOM, STEP_ABORT, STEP_MACRO,
       STEP_FACTS, STEP_COUNT };

static const char *const macro_names[] = { "i", "{auth_authen}",
	"{mail_mailer}", "{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}",
	"{client_addr}" };
#define N_MACROS (sizeof(macro_names) / sizeof(macro_names[0]))

static const struct smfiDesc *desc;
static struct sg_session_env env = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct sg_facts *known; /* to the engine; or NULL */
static bool pinned;            /* already */

/* --- the engine's side --------------------------------------------------- */

void
sg_engine_ask(struct sg_engine *engine, const struct sg_ask *ask,
    struct sg_answer *out)
{
	(void)engine;
	fuzz_hold(ask->deadline_ms >= 1 && ask->deadline_ms <= 9000);
	fuzz_hold(sg_domain_is_valid(ask->hop.name, false));
	*out = (struct sg_answer) { .source = SG_SOURCE_MEMORY };
	if (known == NULL)
		out->missed = SG_REASON_TIMEOUT;
	else
		out->facts = sg_facts_ref(known);
}

bool
sg_engine_pin_suffices(struct sg_engine *engine, const char *key,
    enum sg_level level, int64_t for_s, struct sg_wall now)
{
	(void)engine;
	(void)now;
	fuzz_hold(fuzz_is_plain(key) && level > SG_LEVEL_NONE && for_s > 0);
	return pinned;
}

enum sg_rc
sg_engine_set_pin(struct sg_engine *engine, struct sg_pin *pin)
{
	(void)engine;
	fuzz_taken();
	fuzz_hold(pin->level > SG_LEVEL_NONE);
	return pin->n_names % 2 == 0 ? SG_OK : SG_RETRY;
}

bool
sg_engine_clock_is_suspect(const struct sg_engine *engine)
{
	(void)engine;
	return false;
}

const char *
sg_source_name(enum sg_source source)
{
	return source == SG_SOURCE_MEMORY ? "memory" : "none";
}

/* --- steps --------------------------------------------------------------- */

static void
take_macro(struct fuzz_bytes *in)
{
	unsigned which = fuzz_below(in, N_MACROS);
	struct fuzz_bytes part = fuzz_take(in, (size_t)fuzz_number(in, 1));
	char *value = part.n > 0 ? fuzz_heap_string(part) : NULL;

	fake_milter_macro(macro_names[which], value);
	free(value);
}

static void
take_facts(struct fuzz_bytes *in)
{
	struct fuzz_bytes part = fuzz_take(in, (size_t)fuzz_number(in, 1));

	sg_facts_unref(&known);
	if (part.n > 0)
		known = make_facts(&part);
}

static void
step(struct fuzz_bytes *in)
{
	unsigned what = fuzz_below(in, STEP_COUNT);
	char require[] = "REQUIRETLS", *argv[3] = { NULL, NULL, NULL }, *text;
	struct fuzz_bytes part;

	if (what == STEP_MACRO || what == STEP_FACTS) {
		(what == STEP_MACRO ? take_macro : take_facts)(in);
		return;
	}
	part = fuzz_take(in, (size_t)fuzz_number(in, 1));
	text = argv[0] = fuzz_heap_string(part);
	if (part.n % 3 == 0)
		argv[1] = require;
	if (what == STEP_MAIL)
		fake_milter_check(desc->xxfi_envfrom(NULL, argv), false);
	else if (what == STEP_RCPT)
		fake_milter_check(desc->xxfi_envrcpt(NULL, argv), true);
	else if (what == STEP_HEADER)
		fake_milter_check(desc->xxfi_header(NULL, part.n % 2 == 0 ?
			(char[]) { "x-STSgate" } : text, text), false);
	else if (what == STEP_EOM)
		fake_milter_check(desc->xxfi_eom(NULL), false);
	else
		fake_milter_check(desc->xxfi_abort(NULL), false);
	free(text);
}

static void
setup(void)
{
	struct sg_config_errors errors = { .n = 0 };
	struct sg_err err;

	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "fuzz");
	if (sg_config_parse("log_addresses = true\n"
	    "dns = { trust_anchor_file = \"\" }\n"
	    "groups = ( { name = \"strict\" login = [\"s*\"]"
	    " require = \"secure\" on_fail = \"reject\""
	    " on_unknown = \"defer\" },\n"
	    "{ name = \"holds\" sender = [\"@hold.test\"]"
	    " require = \"dane\" on_fail = \"hold\" on_unknown = \"hold\" },\n"
	    "{ name = \"dry\" sender = [\"@dry.test\"] dry_run = true"
	    " require = \"verify\" on_fail = \"reject\" } )\n", "fuzz",
	    &env.config, &errors) != SG_OK)
		fuzz_broken(errors.e[0].text, __FILE__, __LINE__);
	if (sg_session_register(&env, &err) != SG_OK)
		abort();
	desc = fake_milter();
}

static void
open_session(struct fuzz_bytes *in)
{
	unsigned long f0 = 0x1ff, f1 = 0x1fffff, f2 = 0, f3 = 0, got[4];
	unsigned kind = (unsigned)fuzz_number(in, 1);
	struct sockaddr_in client = { .sin_family = AF_INET };
	char name[] = "client.test";

	if (kind & 1)
		f0 &= ~(unsigned long)SMFIF_QUARANTINE;
	if (kind & 16)
		f0 &= ~(unsigned long)SMFIF_SETSYMLIST;
	if (kind & 2)
		f1 &= ~(unsigned long)(SMFIP_NR_MAIL | SMFIP_NR_HDR);
	pinned = (kind & 8) != 0;
	client.sin_addr.s_addr = htonl(0xc0000200 | kind);
	fuzz_hold(desc->xxfi_negotiate(NULL, f0, f1, f2, f3, &got[0], &got[1],
	    &got[2], &got[3]) == SMFIS_CONTINUE);
	fuzz_hold((got[0] & ~f0) == 0 && (got[1] & ~f1) == 0);
	if (!(got[1] & SMFIP_NOCONNECT))
		fake_milter_check(desc->xxfi_connect(NULL, name, kind & 4 ?
		    NULL : (_SOCK_ADDR *)&client), false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };

	if (env.config == NULL)
		setup();
	open_session(&in);
	for (int n = 0; in.n > 0 && n < 200; n++)
		step(&in);
	(void)desc->xxfi_close(NULL);
	fake_milter_end();
	fuzz_hold(atomic_load(&env.inside) == 0);
	sg_facts_unref(&known);
	return 0;
}
