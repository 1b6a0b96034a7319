/* SPDX-License-Identifier: ISC */
/*
 * fake_web.c - stands in place of lib/net/https_transfer.c and https_loop.c,
 * and of the two questions that https_reply.c asks libcurl: policy hosts.
 *
 * What is played is what libcurl would hand over: header lines, octets of the
 * body, and its result. So the real code tries the addresses, judges status,
 * framing, coding and media type, and finds the reason. Whether libcurl tells
 * the truth about a real server is tests/net/test_https*.c's to show.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/https_private.h"
#include "replay/fakes.h"
#include "replay/sim.h"

#define DELAY_MS 50
#define FIELDS_MAX 8
#define TEXT_MAX 400

struct site {
	LIST_ENTRY(site) link;
	char host[SG_DOMAIN_SIZE];
	unsigned asked;
	/* the answer */
	long status;
	int delay_ms;
	const char *error;
	struct sg_wall not_after; /* of its certificate; 0: for ever */
	bool http10;
	size_t n_fields;
	struct {
		char name[40], value[80];
	} field[FIELDS_MAX];
	unsigned endless; /* more header fields */
	char *body;
	size_t len, announced, sent;
	struct words line; /* what the texts above point into */
};

/* One GET: libcurl's handle for it. */
struct get {
	struct sg_https_fetch *fetch;
	struct site *site;
};

static LIST_HEAD(, site) sites;

/* --- what the story says ------------------------------------------------------- */

static struct site *
find(const char *host)
{
	struct site *s;

	LIST_FOREACH(s, &sites, link)
		if (strcmp(s->host, host) == 0)
			return s;
	return NULL;
}

static void
drop(struct site *s)
{
	LIST_REMOVE(s, link);
	free(s->body);
	words_free(&s->line);
	free(s);
}

static void
add_field(struct site *s, const char *name, const char *value)
{
	sg_assert(s->n_fields < FIELDS_MAX);
	snprintf(s->field[s->n_fields].name, sizeof(s->field[0].name), "%s",
	    name);
	snprintf(s->field[s->n_fields++].value, sizeof(s->field[0].value),
	    "%s", value);
}

static const char *
value_or(const struct site *s, const char *key, const char *otherwise)
{
	const char *v = words_value(&s->line, 2, key);

	return v != NULL ? v : otherwise;
}

static void
add_line(struct site *s, const char *key, const char *value)
{
	char text[TEXT_MAX];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s: %s\n", key,
	    value);

	sg_assert(len < sizeof(text));
	s->body = realloc(s->body, s->len + len + 1);
	sg_assert(s->body != NULL);
	memcpy(s->body + s->len, text, len + 1);
	s->len += len;
}

/* mode=, max_age=, mx=a,b: the usual policy; body= another text. */
static void
make_body(struct site *s)
{
	const char *body = words_value(&s->line, 2, "body");
	const char *big = words_value(&s->line, 2, "big");
	char *mx = strdup(value_or(s, "mx", "")), *next = mx, *one;

	sg_assert(mx != NULL);
	if (body != NULL) {
		s->body = strdup(body);
		s->len = strlen(body);
	} else {
		add_line(s, "version", "STSv1");
		add_line(s, "mode", value_or(s, "mode", "enforce"));
		while ((one = strsep(&next, ",")) != NULL)
			if (one[0] != '\0')
				add_line(s, "mx", one);
		add_line(s, "max_age", value_or(s, "max_age", "604800"));
	}
	while (big != NULL && s->len < strtoul(big, NULL, 10))
		add_line(s, "more", "and on and on");
	free(mx);
}

static bool
frame(struct site *s)
{
	const char *how = value_or(s, "framing", "length");
	char number[24];

	s->announced = s->sent = s->len;
	if (strcmp(how, "short") == 0)
		s->sent = s->len / 2;
	else if (strcmp(how, "chunked") == 0)
		add_field(s, "Transfer-Encoding", "chunked");
	else if (strcmp(how, "http10") == 0)
		s->http10 = true;
	else if (strcmp(how, "length") != 0)
		return strcmp(how, "none") == 0;
	if (strcmp(how, "chunked") == 0)
		return true;
	snprintf(number, sizeof(number), "%zu", s->announced);
	add_field(s, "Content-Length", number);
	return true;
}

static bool
fill(struct site *s)
{
	const char *type = value_or(s, "type", "text/plain");
	const char *encoding = words_value(&s->line, 2, "encoding");
	const char *end = words_value(&s->line, 2, "notafter");

	s->status = strtol(value_or(s, "status", "200"), NULL, 10);
	s->delay_ms = (int)words_ms(value_or(s, "delay", "50ms"));
	s->error = words_value(&s->line, 2, "error");
	s->endless = (unsigned)strtoul(value_or(s, "fields", "0"), NULL, 10);
	if (end != NULL && !words_time(end, sim_wall(), &s->not_after))
		return false;
	make_body(s);
	if (type[0] != '\0')
		add_field(s, "Content-Type", type);
	if (encoding != NULL)
		add_field(s, "Content-Encoding", encoding);
	return s->delay_ms >= 0 && frame(s);
}

static const char *const keys[] = { "status", "delay", "error", "notafter",
	"type", "encoding", "framing", "fields", "mode", "max_age", "mx",
	"body", "big", NULL };

bool
fake_web_set(const struct words *line, const char **why)
{
	struct site *s;
	unsigned asked = 0;

	*why = "https HOST [status= delay= error= notafter= type= encoding="
	    " framing= fields= mode= max_age= mx= body= big=]";
	if (line->n < 2 || strlen(line->w[1]) >= SG_DOMAIN_SIZE)
		return false;
	if ((*why = words_stranger(line, 2, keys)) != NULL)
		return false;
	s = find(line->w[1]);
	if (s != NULL) {
		asked = s->asked;
		drop(s);
	}
	s = calloc(1, sizeof(*s));
	sg_assert(s != NULL);
	LIST_INSERT_HEAD(&sites, s, link);
	s->asked = asked;
	memcpy(s->host, line->w[1], strlen(line->w[1]) + 1);
	words_copy(line, &s->line);
	*why = "a value is not as it must be";
	return fill(s);
}

/* --- a GET ------------------------------------------------------------------------ */

/* What libcurl says of what the story calls by name. */
static const struct {
	const char *word;
	CURLcode code;
	long verify;
	bool cut, timeout;
} errors[] = {
	{ "refused", CURLE_COULDNT_CONNECT, X509_V_OK, false, false },
	{ "timeout", CURLE_OPERATION_TIMEDOUT, X509_V_OK, false, true },
	{ "reset", CURLE_RECV_ERROR, X509_V_OK, false, false },
	{ "nothing", CURLE_GOT_NOTHING, X509_V_OK, false, false },
	{ "cut", CURLE_SSL_CONNECT_ERROR, X509_V_OK, true, false },
	{ "oldtls", CURLE_SSL_CONNECT_ERROR, X509_V_OK, false, false },
	{ "expired", CURLE_PEER_FAILED_VERIFICATION,
	    X509_V_ERR_CERT_HAS_EXPIRED, false, false },
	{ "selfsigned", CURLE_PEER_FAILED_VERIFICATION,
	    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, false, false },
	{ "untrusted", CURLE_PEER_FAILED_VERIFICATION,
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, false, false },
	{ "mismatch", CURLE_PEER_FAILED_VERIFICATION,
	    X509_V_ERR_HOSTNAME_MISMATCH, false, false },
	{ "revoked", CURLE_PEER_FAILED_VERIFICATION, X509_V_ERR_CERT_REVOKED,
	    false, false },
	{ "nothttp", CURLE_WEIRD_SERVER_REPLY, X509_V_OK, false, false },
};

static size_t
error_index(const char *word)
{
	size_t i = 0;

	while (i < sizeof(errors) / sizeof(errors[0]) &&
	    strcmp(errors[i].word, word) != 0)
		i++;
	sg_assert(i < sizeof(errors) / sizeof(errors[0]));
	return i;
}

/* Nobody there. */
static struct site *
add_empty(const char *host)
{
	struct site *s = calloc(1, sizeof(*s));

	sg_assert(s != NULL);
	memcpy(s->host, host, strlen(host) + 1);
	s->error = "refused";
	s->delay_ms = DELAY_MS;
	LIST_INSERT_HEAD(&sites, s, link);
	return s;
}

static const char *
error_of(const struct site *s)
{
	if (s->error == NULL && s->not_after.s != 0 &&
	    sim_wall().s > s->not_after.s)
		return "expired";
	return s->error;
}

static bool
send_head(struct get *g, char *line)
{
	size_t len = strlen(line);

	return sg_https_reply_head(line, 1, len, &g->fetch->reply) == len;
}

static CURLcode
play(struct get *g)
{
	const struct site *s = g->site;
	char line[200];

	snprintf(line, sizeof(line), "HTTP/1.%d %ld x\r\n", !s->http10,
	    s->status);
	if (!send_head(g, line))
		return CURLE_WRITE_ERROR;
	for (size_t i = 0; i < s->n_fields + s->endless; i++) {
		bool more = i >= s->n_fields;

		snprintf(line, sizeof(line), "%s: %s\r\n",
		    more ? "X-More" : s->field[i].name,
		    more ? "and more" : s->field[i].value);
		if (!send_head(g, line))
			return CURLE_WRITE_ERROR;
	}
	snprintf(line, sizeof(line), "\r\n");
	if (!send_head(g, line) || (s->sent > 0 &&
	    sg_https_reply_body(s->body, 1, s->sent, &g->fetch->reply) !=
	    s->sent))
		return CURLE_WRITE_ERROR;
	return s->sent < s->announced ? CURLE_PARTIAL_FILE : CURLE_OK;
}

static void
on_answer(void *arg)
{
	struct get *g = arg;

	g->site = find(g->fetch->host); /* as it is now */
	sg_https_landed(g->fetch, play(g));
}

static void
on_error(void *arg)
{
	struct get *g = arg;
	const char *error = error_of(g->site);
	size_t i = error_index(error != NULL ? error : "timeout");

	g->fetch->tls.verify = errors[i].verify;
	g->fetch->tls.cut = errors[i].cut;
	sg_https_landed(g->fetch, errors[i].code);
}

bool
sg_https_transfer_start(struct sg_https_fetch *fetch, long left_ms)
{
	struct get *g = calloc(1, sizeof(*g));
	const char *error;
	int delay;

	sg_assert(g != NULL);
	g->fetch = fetch;
	g->site = find(fetch->host);
	if (g->site == NULL)
		g->site = add_empty(fetch->host);
	fetch->easy = (CURL *)g;
	fetch->tls.verify = X509_V_OK;
	fetch->refused = false;
	fetch->reply = (struct sg_https_reply) { .easy = fetch->easy,
		.allow_unframed = fetch->https->allow_unframed,
		.stats = &fetch->https->stats };
	g->site->asked++;
	error = error_of(g->site);
	delay = g->site->delay_ms;
	if ((error != NULL && errors[error_index(error)].timeout) ||
	    delay >= left_ms)
		sim_later(g, (int)left_ms, on_error, g);
	else
		sim_later(g, delay, error != NULL ? on_error : on_answer, g);
	return true;
}

void
sg_https_transfer_drop(struct sg_https_fetch *fetch)
{
	if (fetch->easy == NULL)
		return;
	sim_drop(fetch->easy);
	free(fetch->easy);
	fetch->easy = NULL;
}

bool
sg_https_transfer_was_there(const struct sg_https_fetch *fetch)
{
	(void)fetch;
	return true;
}

bool
sg_https_loop_init(struct sg_https *https)
{
	(void)https;
	return true;
}

void
sg_https_loop_fini(struct sg_https *https)
{
	(void)https;
}

/* --- what https_reply.c asks libcurl ------------------------------------------------ */

CURLHcode __wrap_curl_easy_header(CURL *easy, const char *name, size_t index,
    unsigned origin, int request, struct curl_header **out);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
enum sg_rc __wrap_sg_https_trust_load(const char *ca_file, X509_STORE **out_r,
    struct sg_err *err);

CURLHcode
__wrap_curl_easy_header(CURL *easy, const char *name, size_t index,
    unsigned origin, int request, struct curl_header **out)
{
	static struct curl_header h;
	struct site *s = ((struct get *)easy)->site;

	(void)origin;
	(void)request;
	for (size_t i = 0; i < s->n_fields; i++) {
		if (strcasecmp(s->field[i].name, name) != 0 || index-- > 0)
			continue;
		h = (struct curl_header) { .name = s->field[i].name,
			.value = s->field[i].value };
		*out = &h;
		return CURLHE_OK;
	}
	return CURLHE_MISSING;
}

CURLcode
__wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	const struct site *s = ((struct get *)easy)->site;
	va_list ap;
	long *out;

	va_start(ap, info);
	out = va_arg(ap, long *);
	va_end(ap);
	*out = info == CURLINFO_RESPONSE_CODE ? s->status
	    : s->http10 ? CURL_HTTP_VERSION_1_0 : CURL_HTTP_VERSION_1_1;
	return CURLE_OK;
}

/* No certificates are read: it costs more than a story. */
enum sg_rc
__wrap_sg_https_trust_load(const char *ca_file, X509_STORE **out_r,
    struct sg_err *err)
{
	(void)ca_file;
	(void)err;
	*out_r = NULL;
	return SG_OK;
}

/* --- what was asked ------------------------------------------------------------------ */

unsigned
fake_web_asked(const char *host)
{
	const struct site *s;
	unsigned n = 0;

	LIST_FOREACH(s, &sites, link)
		if (host == NULL || strcmp(s->host, host) == 0)
			n += s->asked;
	return n;
}

void
fake_web_forget_asked(void)
{
	struct site *s;

	LIST_FOREACH(s, &sites, link)
		s->asked = 0;
}

void
fake_web_clear(void)
{
	while (!LIST_EMPTY(&sites))
		drop(LIST_FIRST(&sites));
}
