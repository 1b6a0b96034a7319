/* SPDX-License-Identifier: ISC */
/*
 * fuzz_session.c - a milter session: libmilter's side and the engine's are
 * here, so that what the MTA says (addresses, macros, header names) and what
 * a worker says (facts) is hostile at once. The input is a list of steps; what
 * a step takes is behind a length of one octet.
 *
 * Holds, of whatever goes to the MTA (THREATS T14, 0.8, 2.2): printable, no
 * '%' alone, below libmilter's limit; the code fits the status, and they are
 * set together; SMFIS_ACCEPT is never said; header fields are deleted from
 * the last; a hold has a reason.
 */
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include "base/log.h"
#include "engine/engine.h"
#include "fuzz/make_facts.h"
#include "session.h"

#define REPLY_MAX 980 /* libmilter's MAXREPLYLEN */

enum { STEP_MAIL, STEP_RCPT, STEP_HEADER, STEP_EOM, STEP_ABORT, STEP_MACRO,
       STEP_FACTS, STEP_COUNT };

static const char *const macro_names[] = { "i", "{auth_authen}",
	"{mail_mailer}", "{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}" };
#define N_MACROS (sizeof(macro_names) / sizeof(macro_names[0]))

static struct smfiDesc desc;
static struct sg_session_env env = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* one session */
static void *priv;
static char *macros[N_MACROS];
static struct sg_facts *known;
static char reply_code; /* set in this callback: '4', '5' or 0 */
static int last_deleted;

/* --- libmilter's side ---------------------------------------------------- */

int
smfi_register(struct smfiDesc d)
{
	desc = d;
	return MI_SUCCESS;
}

int
smfi_setpriv(SMFICTX *ctx, void *p)
{
	(void)ctx;
	priv = p;
	return MI_SUCCESS;
}

void *
smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return priv;
}

char *
smfi_getsymval(SMFICTX *ctx, char *name)
{
	(void)ctx;
	for (size_t i = 0; i < N_MACROS; i++)
		if (strcmp(macro_names[i], name) == 0)
			return macros[i];
	fuzz_broken("an unknown macro", __FILE__, __LINE__);
}

int
smfi_setsymlist(SMFICTX *ctx, int stage, char *list)
{
	(void)ctx;
	(void)stage;
	(void)list;
	return MI_SUCCESS;
}

static void
check_percent(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s != '%')
			continue;
		fuzz_hold(s[1] == '%');
		s++;
	}
}

int
smfi_setreply(SMFICTX *ctx, char *code, char *xcode, char *text)
{
	(void)ctx;
	fuzz_hold(strlen(code) == 3 && (code[0] == '4' || code[0] == '5'));
	fuzz_hold(xcode[0] == code[0] && strlen(xcode) >= 5 &&
	    strspn(xcode, "0123456789.") == strlen(xcode));
	fuzz_hold(text[0] != '\0' && strlen(text) < REPLY_MAX);
	fuzz_hold(fuzz_is_plain(text));
	check_percent(text);
	reply_code = code[0];
	return MI_SUCCESS;
}

int
smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	(void)ctx;
	fuzz_hold(strcmp(name, "X-Stsgate") == 0 && value == NULL);
	fuzz_hold(index >= 1 &&
	    (last_deleted == 0 || index == last_deleted - 1));
	last_deleted = index;
	return MI_SUCCESS;
}

int
smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
	(void)ctx;
	fuzz_hold(index == 0 && strcmp(name, "X-Stsgate") == 0);
	fuzz_hold(fuzz_is_plain(value) && strncmp(value, "result=", 7) == 0);
	return MI_SUCCESS;
}

int
smfi_quarantine(SMFICTX *ctx, char *reason)
{
	(void)ctx;
	fuzz_hold(reason[0] != '\0' && fuzz_is_plain(reason));
	return MI_SUCCESS;
}

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

const char *
sg_source_name(enum sg_source source)
{
	return source == SG_SOURCE_MEMORY ? "memory" : "none";
}

/* --- steps --------------------------------------------------------------- */

static void
check_status(sfsistat status, bool at_rcpt)
{
	fuzz_hold(status == SMFIS_CONTINUE || status == SMFIS_REJECT ||
	    status == SMFIS_TEMPFAIL || (!at_rcpt && status == SMFIS_NOREPLY));
	fuzz_hold(status != SMFIS_REJECT || reply_code == '5');
	fuzz_hold(status != SMFIS_TEMPFAIL || reply_code != '5');
	fuzz_hold(status != SMFIS_CONTINUE || reply_code == 0);
	reply_code = 0;
	last_deleted = 0;
}

static void
take_macro(struct fuzz_bytes *in)
{
	unsigned which = fuzz_below(in, N_MACROS);
	struct fuzz_bytes part = fuzz_take(in, (size_t)fuzz_number(in, 1));

	free(macros[which]);
	macros[which] = part.n > 0 ? fuzz_heap_string(part) : NULL;
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
		check_status(desc.xxfi_envfrom(NULL, argv), false);
	else if (what == STEP_RCPT)
		check_status(desc.xxfi_envrcpt(NULL, argv), true);
	else if (what == STEP_HEADER)
		check_status(desc.xxfi_header(NULL, part.n % 2 == 0 ?
			(char[]) { "x-STSgate" } : text, text), false);
	else if (what == STEP_EOM)
		check_status(desc.xxfi_eom(NULL), false);
	else
		check_status(desc.xxfi_abort(NULL), false);
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
	if (kind & 2)
		f1 &= ~(unsigned long)(SMFIP_NR_MAIL | SMFIP_NR_HDR);
	client.sin_addr.s_addr = htonl(0xc0000200 | kind);
	fuzz_hold(desc.xxfi_negotiate(NULL, f0, f1, f2, f3, &got[0], &got[1],
	    &got[2], &got[3]) == SMFIS_CONTINUE);
	fuzz_hold((got[0] & ~f0) == 0 && (got[1] & ~f1) == 0);
	check_status(desc.xxfi_connect(NULL, name, kind & 4 ? NULL :
	    (_SOCK_ADDR *)&client), false);
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
	(void)desc.xxfi_close(NULL);
	fuzz_hold(priv == NULL && atomic_load(&env.inside) == 0);
	sg_facts_unref(&known);
	for (size_t i = 0; i < N_MACROS; i++) {
		free(macros[i]);
		macros[i] = NULL;
	}
	return 0;
}
