/* SPDX-License-Identifier: ISC */
/*
 * control.c - see control.h.
 *
 * One row a request. A request's output is a FILE whose octets become chunks,
 * so that the same functions print here and in a command of its own. Whoever
 * reads slowly holds up his own thread only, and not for long: each write has
 * a deadline.
 */
#include "control.h"

#include <sys/socket.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "reception.h"
#include "show.h"
#include "status.h"

#define MAX_CLIENTS 16
#define REQUEST_MS 5000 /* for the whole request to come */
#define WRITE_MS 10000  /* for one chunk to be taken */
#define OUT_BUFFER 32768

static struct sg_control_params params;

/* jansson's memory was short in this thread: what it was to print is not
   whole. */
static _Thread_local bool short_of_memory;

struct client {
	int fd;
	bool broken; /* it does not read any more */
	struct sg_desk desk;
	struct sg_view view;
	json_t *request;
};

/* --- chunks --------------------------------------------------------------------- */

static void
send_all(struct client *c, const char *data, size_t len)
{
	if (!c->broken && !sg_reception_send(c->fd, data, len,
		sg_mono_now().ms + WRITE_MS))
		c->broken = true;
}

static void
send_chunk(struct client *c, char kind, const char *data, size_t len)
{
	char head[32];

	snprintf(head, sizeof(head), "%c %zu\n", kind, len);
	send_all(c, head, strlen(head));
	if (data != NULL)
		send_all(c, data, len);
}

static ssize_t
write_out(void *cookie, const char *data, size_t len)
{
	struct client *c = cookie;

	send_chunk(c, 'o', data, len);
	return c->broken ? -1 : (ssize_t)len;
}

static bool
send_progress(void *arg, size_t done)
{
	struct client *c = arg;

	send_chunk(c, 'p', NULL, done);
	return !c->broken;
}

static void
complain(struct client *c, const char *text)
{
	char line[SG_ERR_TEXT_SIZE + 16];

	snprintf(line, sizeof(line), "stsgate: %s\n", text);
	send_chunk(c, 'e', line, strlen(line));
}

/* --- requests --------------------------------------------------------------------- */

static const char *
text_of(const struct client *c, const char *member)
{
	const char *s = json_string_value(json_object_get(c->request, member));

	return s != NULL ? s : "";
}

static bool
is_set(const struct client *c, const char *member)
{
	return json_is_true(json_object_get(c->request, member));
}

static unsigned
width_of(const struct client *c)
{
	json_int_t n = json_integer_value(json_object_get(c->request, "width"));

	return n > 0 && n <= 10000 ? (unsigned)n : 0;
}

static int
status_of(enum sg_result r)
{
	return r == SG_RESULT_FAIL ? 1 : r == SG_RESULT_UNKNOWN ? 2 : 0;
}

static int
do_query(struct client *c)
{
	struct sg_err err = { .text = "" };
	enum sg_result result;

	if (sg_desk_query(&c->desk, text_of(c, "name"), is_set(c, "fresh"),
		true, &c->view, &result, &err) == SG_OK)
		return status_of(result);
	complain(c, err.text);
	return EX_USAGE;
}

static int
do_explain(struct client *c)
{
	struct sg_explain who = { text_of(c, "from"), text_of(c, "login"),
		text_of(c, "client"), text_of(c, "group"), is_set(c, "pin") };
	struct sg_err err = { .text = "" };
	enum sg_result result;

	if (sg_desk_explain(&c->desk, &who, text_of(c, "to"), &c->view,
		&result, &err) == SG_OK)
		return status_of(result);
	complain(c, err.text);
	return EX_USAGE;
}

/* Of a walk over all that is known. */
static int
walked(struct client *c, enum sg_rc rc)
{
	if (rc == SG_OK)
		return EX_OK;
	complain(c, "these are not all: no memory, or the store could not be "
	    "asked");
	return EX_TEMPFAIL;
}

static int
do_list(struct client *c)
{
	return walked(c, sg_desk_list(&c->desk, &c->view));
}

/* What became of a request about one next hop. */
static int
found(struct client *c, enum sg_rc rc, const struct sg_err *err)
{
	if (rc == SG_OK)
		return EX_OK;
	if (rc == SG_NONE && !c->view.json) {
		complain(c, "nothing is known of it");
		return 1;
	}
	if (rc != SG_NONE)
		complain(c, err->text);
	return rc == SG_NONE ? 1 : rc == SG_BAD ? EX_USAGE : EX_TEMPFAIL;
}

static int
do_show(struct client *c)
{
	struct sg_err err = { .text = "" };

	return found(c, sg_desk_show(&c->desk, text_of(c, "name"), &c->view,
	    &err), &err);
}

static int
do_purge(struct client *c)
{
	struct sg_err err = { .text = "" };
	char name[SG_NEXTHOP_KEY_SIZE];
	enum sg_rc rc;
	size_t n;

	if (is_set(c, "all")) {
		rc = sg_desk_purge_all(&c->desk, &c->view, &n);
		sg_log(SG_LOG_WARN, "all %zu next hops were purged by command",
		    n);
		if (c->view.json)
			fprintf(c->view.page.out, "{\"purged\":%zu}\n", n);
		else
			fprintf(c->view.page.out, "%zu purged\n", n);
		return walked(c, rc);
	}
	rc = sg_desk_purge(&c->desk, text_of(c, "name"), &err);
	if (rc == SG_OK)
		sg_log(SG_LOG_INFO, "%s was purged by command",
		    sg_log_escape(name, sizeof(name), text_of(c, "name"),
		    strlen(text_of(c, "name"))));
	return found(c, rc, &err);
}

static int
do_stats(struct client *c)
{
	sg_desk_stats(&c->desk, &c->view);
	return EX_OK;
}

static int
do_status(struct client *c)
{
	sg_status_show(&c->desk, &c->view);
	return EX_OK;
}

static int
do_reload(struct client *c)
{
	char *text = NULL;
	enum sg_rc rc = params.reload(params.arg, &text);

	if (text != NULL && text[0] != '\0')
		send_chunk(c, 'e', text, strlen(text));
	free(text);
	if (rc == SG_OK)
		return EX_OK;
	complain(c, rc == SG_BAD ? "the old configuration stays in force"
	                         : "the supervisor did not answer");
	return rc == SG_BAD ? EX_CONFIG : EX_UNAVAILABLE;
}

static const struct {
	const char *name;
	int (*run)(struct client *c);
} requests[] = {
	{ "query", do_query },
	{ "explain", do_explain },
	{ "list", do_list },
	{ "show", do_show },
	{ "purge", do_purge },
	{ "stats", do_stats },
	{ "status", do_status },
	{ "reload", do_reload },
};

static int
run_request(struct client *c)
{
	const char *what = text_of(c, "do");

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(requests[i].name, what) == 0)
			return requests[i].run(c);
	complain(c, "the daemon does not know this request: is it of another "
	    "release?");
	return EX_PROTOCOL;
}

/* --- one client --------------------------------------------------------------------- */

/* SG_OK; SG_BAD: too long, not JSON, late, or gone. */
static enum sg_rc
read_request(struct client *c)
{
	char *line = malloc(SG_CONTROL_REQUEST_MAX);
	int64_t until = sg_mono_now().ms + REQUEST_MS;
	size_t have = 0;
	ssize_t n;

	while (line != NULL && have < SG_CONTROL_REQUEST_MAX &&
	    (have == 0 || line[have - 1] != '\n') &&
	    sg_reception_wait(c->fd, POLLIN, until)) {
		n = recv(c->fd, line + have, SG_CONTROL_REQUEST_MAX - have, 0);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	if (have > 0 && line[have - 1] == '\n')
		c->request = json_loadb(line, have, JSON_REJECT_DUPLICATES,
		    NULL);
	free(line);
	return json_is_object(c->request) ? SG_OK : SG_BAD;
}

static void
answer(struct client *c)
{
	static const cookie_io_functions_t io = { .write = write_out };
	FILE *out = fopencookie(c, "w", io);
	char tail[32];
	int status;

	if (out == NULL)
		return;
	(void)setvbuf(out, NULL, _IOFBF, OUT_BUFFER);
	c->view = (struct sg_view) { .json = is_set(c, "json"),
		.progress = send_progress, .arg = c };
	sg_page_set(&c->view.page, out, is_set(c, "colour"), width_of(c));
	short_of_memory = false;
	status = run_request(c);
	fclose(out);
	if (short_of_memory) {
		complain(c, "no memory for the answer");
		status = EX_TEMPFAIL;
	}
	snprintf(tail, sizeof(tail), "x %d\n", status);
	send_all(c, tail, strlen(tail));
}

static void
serve(void *arg, int fd)
{
	struct client c = { .fd = fd };
	struct sg_config *config;

	(void)arg;
	pthread_mutex_lock(&params.env->mutex);
	config = sg_config_ref(params.env->config);
	pthread_mutex_unlock(&params.env->mutex);
	c.desk = (struct sg_desk) { config, params.env->engine, params.store };
	if (read_request(&c) == SG_OK)
		answer(&c);
	else
		complain(&c, "a request that cannot be read");
	json_decref(c.request);
	sg_config_unref(&config);
}

/* --- the listener ---------------------------------------------------------------------- */

/* The socket's mode says it already; but a mode can be changed (THREATS T23). */
static bool
may_command(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return false;
	if (who.uid == 0 || who.uid == geteuid())
		return true;
	sg_log(SG_LOG_WARN, "control: a process of user %u was turned away",
	    (unsigned)who.uid);
	return false;
}

static void *
json_memory(size_t n)
{
	void *p = malloc(n);

	short_of_memory |= p == NULL;
	return p;
}

enum sg_rc
sg_control_start(const struct sg_control_params *p, struct sg_err *err)
{
	struct sg_reception r = { .fd = p->fd, .max_clients = MAX_CLIENTS,
		.may_enter = may_command, .serve = serve };

	params = *p;
	json_set_alloc_funcs(json_memory, free);
	return sg_reception_open(&r, err);
}
