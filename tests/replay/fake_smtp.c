/* SPDX-License-Identifier: ISC */
/*
 * fake_smtp.c - stands in place of lib/net/probe_conn.c and probe_tls.c: MX
 * hosts.
 *
 * A connection is played as the lines that the server says and the time that
 * it takes, so that which addresses are tried, in what order and how often
 * (probe.c, probe_share.c, probe_limits.c, probe_provider.c) and what each
 * answer means (probe_smtp.c, smtp_reply.c) is the real code. A handshake is
 * its outcome: what probe_tls.c makes of a real one is
 * tests/net/test_probe*.c's to show, and the same findings are made here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/probe_private.h"
#include "replay/fakes.h"
#include "replay/sim.h"

#define DELAY_MS 20
#define QUIT_MS 3000

struct mx {
	LIST_ENTRY(mx) link;
	char host[SG_DOMAIN_SIZE]; /* or an address */
	unsigned asked;
	struct words line;
};

static LIST_HEAD(, mx) hosts;
static bool was_rude;

/* --- what the story says ---------------------------------------------------------- */

static struct mx *
find(const char *host)
{
	struct mx *m;

	LIST_FOREACH(m, &hosts, link)
		if (strcmp(m->host, host) == 0)
			return m;
	return NULL;
}

static struct mx *
get(const char *host)
{
	struct mx *m = find(host);

	if (m != NULL)
		return m;
	m = calloc(1, sizeof(*m));
	sg_assert(m != NULL);
	memcpy(m->host, host, strlen(host) + 1);
	LIST_INSERT_HEAD(&hosts, m, link);
	return m;
}

static const char *const keys[] = { "connect", "delay", "banner", "ehlo",
	"starttls", "inject", "tls", "ehlotls", "cert", "notafter", "key",
	"ta", NULL };

bool
fake_smtp_set(const struct words *line, const char **why)
{
	struct mx *m;
	struct sg_wall t;

	*why = "smtp HOST|ADDRESS [connect= delay= banner= ehlo= starttls="
	    " inject= tls= ehlotls= cert= notafter= key= ta=]";
	if (line->n < 2 || strlen(line->w[1]) >= SG_DOMAIN_SIZE)
		return false;
	if ((*why = words_stranger(line, 2, keys)) != NULL)
		return false;
	*why = "notafter=TIME";
	if (words_value(line, 2, "notafter") != NULL &&
	    !words_time(words_value(line, 2, "notafter"), sim_wall(), &t))
		return false;
	m = get(line->w[1]);
	words_free(&m->line);
	words_copy(line, &m->line);
	return true;
}

/* By address first, then by name. */
static struct mx *
server_of(const struct sg_probe_conn *conn, const char *host)
{
	char text[SG_ADDR_TEXT_SIZE];
	struct mx *m = find(sg_addr_format(&conn->addr, text));

	return m != NULL ? m : get(host);
}

/* A connection, and the server that it goes to. */
struct talk {
	struct sg_probe_conn conn; /* first: the prober knows no more */
	struct mx *mx;
	bool secure;
};

static const char *
says(const struct talk *t, const char *key, const char *otherwise)
{
	const char *v = words_value(&t->mx->line, 2, key);

	return v != NULL ? v : otherwise;
}

static int
delay_of(const struct talk *t)
{
	return (int)words_ms(says(t, "delay", "20ms"));
}

/* --- what it answers ------------------------------------------------------------------ */

static void
feed(struct talk *t, const char *text)
{
	char line[512];

	if (strcmp(text, "silent") == 0)
		return;
	if (strcmp(text, "close") == 0) {
		sg_probe_on_close(&t->conn, SG_REASON_VALIDATION_FAILURE,
		    "connection closed");
		return;
	}
	snprintf(line, sizeof(line), "%s\r\n", text);
	sg_probe_on_text(&t->conn, line, strlen(line));
}

static void
on_greeting(void *arg)
{
	struct talk *t = arg;

	if (sg_probe_on_connect(&t->conn))
		feed(t, says(t, "banner", "220 mx ESMTP"));
}

static void
on_refused(void *arg)
{
	struct talk *t = arg;
	const char *how = says(t, "connect", "refused");

	sg_probe_on_close(&t->conn, SG_REASON_UNREACHABLE,
	    strcmp(how, "noroute") == 0 ? "no route"
	    : strcmp(how, "reset") == 0 ? "connection reset" : "refused");
}

static void
on_late(void *arg)
{
	struct talk *t = arg;

	sg_probe_on_timeout(&t->conn);
}

static void
on_ehlo(void *arg)
{
	struct talk *t = arg;

	if (t->secure)
		feed(t, says(t, "ehlotls", "250 mx"));
	else
		feed(t, says(t, "ehlo", "250-mx\r\n250 STARTTLS"));
}

static void
on_starttls(void *arg)
{
	struct talk *t = arg;
	const char *inject = says(t, "inject", NULL);
	char text[600];

	if (inject == NULL) {
		feed(t, says(t, "starttls", "220 go ahead"));
		return;
	}
	snprintf(text, sizeof(text), "220 go ahead\r\n%s", inject);
	feed(t, text);
}

static void
on_quit(void *arg)
{
	feed(arg, "221 bye");
}

void
sg_probe_conn_say(struct sg_probe_conn *conn, const char *line)
{
	struct talk *t = (struct talk *)conn;

	if (strncmp(line, "EHLO ", 5) == 0)
		sim_later(t, delay_of(t), on_ehlo, t);
	else if (strcmp(line, "STARTTLS\r\n") == 0)
		sim_later(t, delay_of(t), on_starttls, t);
	else if (strcmp(line, "QUIT\r\n") == 0)
		sim_later(t, delay_of(t), on_quit, t);
	else
		was_rude = true;
}

/* --- TLS ----------------------------------------------------------------------------------- */

/* One octet, repeated, is the digest of a key. */
static bool
tlsa_fits(const struct talk *t, uint8_t usage, const char *hex)
{
	const struct sg_probe *probe = t->conn.probe;
	unsigned long octet = strtoul(hex, NULL, 16);

	for (size_t i = 0; i < probe->n_tlsa; i++)
		if (probe->tlsa[i].usage == usage &&
		    probe->tlsa[i].data[0] == octet)
			return true;
	return false;
}

static enum sg_reason
pkix_of(const struct talk *t)
{
	static const struct {
		const char *word;
		enum sg_reason reason;
	} faults[] = { { "good", SG_REASON_NONE },
		{ "expired", SG_REASON_CERT_EXPIRED },
		{ "notyet", SG_REASON_CERT_NOT_TRUSTED },
		{ "untrusted", SG_REASON_CERT_NOT_TRUSTED },
		{ "selfsigned", SG_REASON_CERT_NOT_TRUSTED },
		{ "mismatch", SG_REASON_CERT_HOST_MISMATCH } };
	const char *cert = says(t, "cert", "good");
	const char *end = says(t, "notafter", NULL);
	struct sg_wall not_after;
	size_t i = 0;

	if (end != NULL && words_time(end, sim_wall(), &not_after) &&
	    sim_wall().s > not_after.s)
		return SG_REASON_CERT_EXPIRED;
	while (i < sizeof(faults) / sizeof(faults[0]) &&
	    strcmp(faults[i].word, cert) != 0)
		i++;
	sg_assert(i < sizeof(faults) / sizeof(faults[0]));
	return faults[i].reason;
}

/* RFC 7672 3.1: DANE-EE minds neither name nor date, DANE-TA does. */
static void
judge_dane(const struct talk *t, enum sg_reason pkix,
    struct sg_probe_finding *f)
{
	bool ta = tlsa_fits(t, SG_TLSA_DANE_TA, says(t, "ta", "0"));

	if (tlsa_fits(t, SG_TLSA_DANE_EE, says(t, "key", "aa")) ||
	    (ta && pkix != SG_REASON_CERT_EXPIRED &&
	    pkix != SG_REASON_CERT_HOST_MISMATCH)) {
		f->state = SG_PROBE_OK;
		f->reason = pkix;
		f->level = SG_LEVEL_DANE;
		return;
	}
	f->reason = ta ? pkix : SG_REASON_VALIDATION_FAILURE;
	snprintf(f->detail, sizeof(f->detail), "dane-no-match");
}

/* As sg_probe_tls_judge() has it. */
static void
judge(struct talk *t, struct sg_probe_finding *f)
{
	enum sg_reason pkix = pkix_of(t);
	const char *tls = says(t, "tls", "1.3");

	*f = (struct sg_probe_finding) { .state = SG_PROBE_FAIL,
		.level = SG_LEVEL_ENCRYPT, .tls_version = 0x0304 };
	if (strcmp(tls, "1.1") == 0 || strcmp(tls, "1.0") == 0) {
		f->reason = SG_REASON_TLS_VERSION;
		f->tls_version = tls[2] == '1' ? 0x0302 : 0x0301;
	} else if (t->conn.probe->n_tlsa > 0) {
		judge_dane(t, pkix, f);
	} else {
		f->reason = pkix;
		if (pkix == SG_REASON_NONE) {
			f->state = SG_PROBE_OK;
			f->level = SG_LEVEL_VERIFY;
		}
	}
}

static void
on_handshake(void *arg)
{
	struct talk *t = arg;
	const char *tls = says(t, "tls", "1.3");

	if (strcmp(tls, "hang") == 0)
		return;
	if (strcmp(tls, "fail") == 0)
		sg_probe_on_close(&t->conn, SG_REASON_VALIDATION_FAILURE,
		    "handshake failure");
	else if (strcmp(tls, "close") == 0)
		sg_probe_on_close(&t->conn, SG_REASON_VALIDATION_FAILURE,
		    "connection closed");
	else if (strcmp(tls, "version") == 0)
		sg_probe_on_close(&t->conn, SG_REASON_TLS_VERSION,
		    "unsupported protocol");
	else {
		judge(t, &t->conn.found);
		t->secure = true;
		sg_probe_on_secure(&t->conn);
	}
}

bool
sg_probe_conn_secure(struct sg_probe_conn *conn)
{
	struct talk *t = (struct talk *)conn;

	sim_later(t, delay_of(t), on_handshake, t);
	return true;
}

/* --- a connection's life -------------------------------------------------------------------- */

struct sg_probe_conn *
sg_probe_conn_new(struct sg_probe *probe, const struct sg_addr *addr, int ms,
    struct sg_probe_finding *found)
{
	struct talk *t = calloc(1, sizeof(*t));
	const char *connect;

	(void)found;
	sg_assert(t != NULL);
	t->conn.prober = probe->prober;
	t->conn.probe = probe;
	t->conn.addr = *addr;
	t->mx = server_of(&t->conn, probe->host);
	t->mx->asked++;
	LIST_INSERT_HEAD(&probe->prober->conns, &t->conn, link);
	connect = says(t, "connect", t->mx->line.n > 0 ? "ok" : "refused");
	sim_later(t, ms, on_late, t);
	if (strcmp(connect, "ok") == 0)
		sim_later(t, delay_of(t), on_greeting, t);
	else if (strcmp(connect, "timeout") != 0)
		sim_later(t, delay_of(t), on_refused, t);
	return &t->conn;
}

void
sg_probe_conn_free(struct sg_probe_conn **conn)
{
	struct talk *t = (struct talk *)*conn;

	*conn = NULL;
	if (t == NULL)
		return;
	sim_drop(t);
	sg_probe_limits_leave(t->conn.prober->limits, &t->conn.addr);
	LIST_REMOVE(&t->conn, link);
	free(t);
}

bool
sg_probe_conn_end(struct sg_probe_conn *conn,
    const struct sg_probe_finding *found, bool polite)
{
	struct sg_probe_finding copy = *found; /* may live in conn */
	struct sg_probe *probe = conn->probe;

	conn->probe = NULL;
	sim_drop(conn);
	if (polite) {
		conn->step = SG_STEP_QUIT;
		sg_smtp_reply_init(&conn->reply);
		sg_probe_conn_say(conn, "QUIT\r\n");
		sim_later(conn, QUIT_MS, on_late, conn);
	} else
		sg_probe_conn_free(&conn);
	sg_probe_landed(probe, &copy);
	return conn != NULL;
}

void
sg_probe_conn_helo(const struct sg_probe_conn *conn, char *out,
    size_t out_size)
{
	snprintf(out, out_size, "%s", conn->prober->helo[0] != '\0'
	    ? conn->prober->helo : "localhost");
}

enum sg_rc
sg_probe_tls_ctx(const char *ca_file, SSL_CTX **out_r, struct sg_err *err)
{
	(void)ca_file;
	(void)err;
	*out_r = NULL;
	return SG_OK;
}

/* --- what was asked --------------------------------------------------------------------------- */

unsigned
fake_smtp_asked(const char *host)
{
	const struct mx *m;
	unsigned n = 0;

	LIST_FOREACH(m, &hosts, link)
		if (host == NULL || strcmp(m->host, host) == 0)
			n += m->asked;
	return n;
}

bool
fake_smtp_was_rude(void)
{
	return was_rude;
}

void
fake_smtp_forget_asked(void)
{
	struct mx *m;

	LIST_FOREACH(m, &hosts, link)
		m->asked = 0;
}

void
fake_smtp_clear(void)
{
	struct mx *m;

	while ((m = LIST_FIRST(&hosts)) != NULL) {
		LIST_REMOVE(m, link);
		words_free(&m->line);
		free(m);
	}
}

/* --- all of the network ------------------------------------------------------------------------ */

void
fakes_clear(void)
{
	fake_dns_clear();
	fake_web_clear();
	fake_smtp_clear();
}

void
fakes_forget_asked(void)
{
	fake_dns_forget_asked();
	fake_web_forget_asked();
	fake_smtp_forget_asked();
}
