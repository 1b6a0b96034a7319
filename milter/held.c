/* SPDX-License-Identifier: ISC */
/*
 * held.c - see held.h.
 *
 * What MTAs have in common: lists are kept by their programs, which are run
 * with a deadline and believed as far as their output can be read. Postfix
 * does not keep why a message is on hold; the header field that was added to
 * it does, and forged ones were removed (session.c).
 */
#include "held.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mta_run.h"
#include "reply.h"

#define LIST_MS 60000
#define LIST_MAX (256 * 1024 * 1024)
#define HEAD_MS 10000
#define HEAD_MAX (4 * 1024 * 1024)
#define RELEASE_MS 30000
#define MAX_ARGS 10

/* --- lists --------------------------------------------------------------------- */

struct sg_held *
sg_held_add(struct sg_held_list *list)
{
	struct sg_held *grown;

	if (list->n == SG_HELD_MAX)
		return NULL;
	if (list->n % 64 == 0) {
		grown = realloc(list->message,
		    (list->n + 64) * sizeof(*list->message));
		if (grown == NULL)
			return NULL;
		list->message = grown;
	}
	memset(&list->message[list->n], 0, sizeof(*list->message));
	return &list->message[list->n++];
}

enum sg_rc
sg_held_add_to(struct sg_held *m, const char *address)
{
	char **grown;

	if (m->n_to == SG_HELD_MAX_TO)
		return SG_BAD;
	if (m->n_to % 16 == 0) {
		grown = realloc(m->to, (m->n_to + 16) * sizeof(*m->to));
		if (grown == NULL)
			return SG_RETRY;
		m->to = grown;
	}
	m->to[m->n_to] = strdup(address);
	if (m->to[m->n_to] == NULL)
		return SG_RETRY;
	m->n_to++;
	return SG_OK;
}

static void
free_message(struct sg_held *m)
{
	for (size_t i = 0; i < m->n_to; i++)
		free(m->to[i]);
	free(m->to);
	free(m->sender);
}

void
sg_held_list_fini(struct sg_held_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free_message(&list->message[i]);
	free(list->message);
	memset(list, 0, sizeof(*list));
}

static enum sg_rc
unreadable(struct sg_err *err, const char *what)
{
	sg_err_set(err, SG_REASON_INTERNAL,
	    "cannot read what %s says of the queue", what);
	return SG_BAD;
}

/* --- Postfix --------------------------------------------------------------------- */

static enum sg_rc
take_entry(const json_t *entry, struct sg_held_list *out)
{
	const char *queue = json_string_value(
	    json_object_get(entry, "queue_name"));
	const char *id = json_string_value(json_object_get(entry, "queue_id"));
	const char *sender = json_string_value(
	    json_object_get(entry, "sender"));
	const json_t *to = json_object_get(entry, "recipients"), *one;
	const char *address;
	struct sg_held *m;
	size_t i;

	if (queue == NULL || id == NULL || strlen(id) >= sizeof(m->id))
		return SG_BAD;
	if (strcmp(queue, "hold") != 0)
		return SG_OK;
	m = sg_held_add(out);
	if (m == NULL)
		return SG_BAD;
	snprintf(m->id, sizeof(m->id), "%s", id);
	m->sender = strdup(sender == NULL ||
	        strcmp(sender, "MAILER-DAEMON") == 0 ? "" : sender);
	json_array_foreach(to, i, one) {
		address = json_string_value(json_object_get(one, "address"));
		if (address == NULL || sg_held_add_to(m, address) != SG_OK)
			return SG_BAD;
	}
	return m->sender != NULL ? SG_OK : SG_BAD;
}

enum sg_rc
sg_held_parse_postqueue(const char *text, struct sg_held_list *out,
    struct sg_err *err)
{
	enum sg_rc rc = SG_OK;

	while (rc == SG_OK && *text != '\0') {
		size_t len = strcspn(text, "\n");
		json_t *entry = json_loadb(text, len, 0, NULL);

		rc = json_is_object(entry) ? take_entry(entry, out) : SG_BAD;
		json_decref(entry);
		text += len + (text[len] == '\n');
	}
	return rc == SG_OK ? SG_OK : unreadable(err, "postqueue -j");
}

/* The value of "name=" in a field such as ours. */
static bool
has_part(const char *field, size_t len, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= len; i++)
		if (strncmp(field + i, part, n) == 0 &&
		    (i == 0 || field[i - 1] == ' ') &&
		    (i + n == len || field[i + n] == ';'))
			return true;
	return false;
}

static void
copy_group(const char *field, size_t len, char group[40])
{
	const char *at = memmem(field, len, "; group=", 8);
	size_t n;

	group[0] = '\0';
	if (at == NULL)
		return;
	at += 8;
	n = strcspn(at, ";\r\n");
	if (n < 40 && at + n <= field + len) {
		memcpy(group, at, n);
		group[n] = '\0';
	}
}

/* A message that was accepted although the rule says hold or, for a local
   submission, defer, is on hold, unless it was a dry run. */
enum sg_rc
sg_held_parse_head(const char *text, char group[40])
{
	static const char name[] = SG_HEADER_NAME ": ";
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len == 0)
			break;
		if (strncmp(text, name, sizeof(name) - 1) != 0)
			continue;
		copy_group(text, len, group);
		return (has_part(text, len, "action=hold") ||
		           has_part(text, len, "action=defer")) &&
		        !has_part(text, len, "dry_run=1")
		    ? SG_OK : SG_NONE;
	}
	return SG_NONE;
}

/* program [-c DIR] words... */
static void
postfix_argv(const struct sg_mta *mta, const char *program,
    const char *const *words, const char *argv[MAX_ARGS])
{
	size_t n = 0;

	argv[n++] = program;
	if (mta->config[0] != '\0') {
		argv[n++] = "-c";
		argv[n++] = mta->config;
	}
	while (*words != NULL && n < MAX_ARGS - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
}

static enum sg_rc
run(const char *const *argv, int timeout_ms, size_t max, char **text,
    struct sg_err *err)
{
	struct sg_run run = { .argv = argv, .deadline_ms = timeout_ms,
		.max_bytes = max };
	enum sg_rc rc = sg_run(&run, err);

	*text = NULL;
	if (rc == SG_OK && run.status != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s ended with status %d",
		    argv[0], run.status);
		rc = SG_RETRY;
	}
	if (rc == SG_OK) {
		*text = run.out;
		run.out = NULL;
	}
	sg_run_fini(&run);
	return rc;
}

static enum sg_rc
is_ours(const struct sg_mta *mta, struct sg_held *m, struct sg_err *err)
{
	const char *const words[] = { "-hq", m->id, NULL };
	const char *argv[MAX_ARGS];
	char *text = NULL;
	enum sg_rc rc;

	postfix_argv(mta, "postcat", words, argv);
	rc = run(argv, HEAD_MS, HEAD_MAX, &text, err);
	if (rc == SG_OK)
		rc = sg_held_parse_head(text, m->group);
	free(text);
	return rc;
}

/* Keeps those that are ours. One that is gone by now is nobody's. */
static enum sg_rc
sift(const struct sg_mta *mta, struct sg_held_list *list, struct sg_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (is_ours(mta, &list->message[i], err) == SG_OK)
			list->message[kept++] = list->message[i];
		else
			free_message(&list->message[i]);
	}
	list->n = kept;
	return SG_OK;
}

static enum sg_rc
list_postfix(const struct sg_mta *mta, struct sg_held_list *out,
    struct sg_err *err)
{
	static const char *const words[] = { "-j", NULL };
	const char *argv[MAX_ARGS];
	char *text = NULL;
	enum sg_rc rc;

	postfix_argv(mta, "postqueue", words, argv);
	rc = run(argv, LIST_MS, LIST_MAX, &text, err);
	if (rc == SG_OK)
		rc = sg_held_parse_postqueue(text, out, err);
	free(text);
	return rc == SG_OK ? sift(mta, out, err) : rc;
}

/* --- Sendmail ---------------------------------------------------------------------- */

/* "<a@b>" somewhere in a line: what is between, or NULL. */
static char *
in_brackets(const char *line, size_t len)
{
	const char *open = memchr(line, '<', len), *close;

	if (open == NULL)
		return NULL;
	close = memrchr(open, '>', len - (size_t)(open - line));
	return close != NULL ? strndup(open + 1, (size_t)(close - open - 1))
	                     : NULL;
}

/* "6ARHWYCG000416     6 Fri Nov 27 17:32 <alice@hold.example>" */
static enum sg_rc
begin_message(const char *line, size_t len, struct sg_held *m)
{
	size_t n = strspn(line, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (n < 8 || n >= sizeof(m->id) || n >= len)
		return SG_NONE; /* headings and sums */
	memcpy(m->id, line, n);
	m->id[n] = '\0';
	m->sender = in_brackets(line, len);
	return m->sender != NULL ? SG_OK : SG_NONE;
}

/* A message is in out while its lines are read; one that turns out not to be
   ours is taken out again. */
static void
finish_message(struct sg_held_list *out, bool ours)
{
	if (out->n > 0 && !ours)
		free_message(&out->message[--out->n]);
}

static enum sg_rc
take_detail(const char *line, size_t len, struct sg_held *m, bool *ours)
{
	static const char reason[] = "QUARANTINE: stsgate: ";
	size_t blank = strspn(line, " \t");
	char *to;
	enum sg_rc rc;

	if (strncmp(line + blank, reason, sizeof(reason) - 1) == 0) {
		*ours = true;
		return SG_OK;
	}
	if (line[blank] != '<')
		return SG_OK; /* why the last try failed, and the like */
	to = in_brackets(line, len);
	rc = to != NULL ? sg_held_add_to(m, to) : SG_BAD;
	free(to);
	return rc;
}

enum sg_rc
sg_held_parse_mailq(const char *text, struct sg_held_list *out,
    struct sg_err *err)
{
	bool ours = true, open = false;
	enum sg_rc rc = SG_OK;
	size_t len;

	for (; rc == SG_OK && *text != '\0'; text += len + (text[len] == '\n')) {
		struct sg_held m = { .sender = NULL }, *kept;

		len = strcspn(text, "\n");
		if (text[0] == ' ' || text[0] == '\t') {
			if (open)
				rc = take_detail(text, len,
				    &out->message[out->n - 1], &ours);
			continue;
		}
		finish_message(out, !open || ours);
		open = begin_message(text, len, &m) == SG_OK;
		ours = false;
		kept = open ? sg_held_add(out) : NULL;
		if (kept != NULL)
			*kept = m;
		else if (open)
			rc = SG_BAD;
	}
	finish_message(out, !open || ours);
	return rc == SG_OK ? SG_OK : unreadable(err, "mailq -qQ");
}

static void
sendmail_argv(const struct sg_mta *mta, const char *const *words,
    const char *argv[MAX_ARGS])
{
	size_t n = 0;

	argv[n++] = mta->program[0] != '\0' ? mta->program : "sendmail";
	if (mta->config[0] != '\0') {
		argv[n++] = "-C";
		argv[n++] = mta->config;
	}
	while (*words != NULL && n < MAX_ARGS - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
}

static enum sg_rc
list_sendmail(const struct sg_mta *mta, struct sg_held_list *out,
    struct sg_err *err)
{
	static const char *const words[] = { "-bp", "-qQ", NULL };
	const char *argv[MAX_ARGS];
	char *text = NULL;
	enum sg_rc rc;

	sendmail_argv(mta, words, argv);
	rc = run(argv, LIST_MS, LIST_MAX, &text, err);
	if (rc == SG_OK)
		rc = sg_held_parse_mailq(text, out, err);
	free(text);
	return rc;
}

/* --- both --------------------------------------------------------------------------- */

enum sg_rc
sg_held_list(const struct sg_mta *mta, struct sg_held_list *out,
    struct sg_err *err)
{
	return mta->kind == SG_MTA_POSTFIX ? list_postfix(mta, out, err)
	                                   : list_sendmail(mta, out, err);
}

static enum sg_rc
run_words(const struct sg_mta *mta, const char *postfix_program,
    const char *const *words, struct sg_err *err)
{
	const char *argv[MAX_ARGS];
	char *text = NULL;
	enum sg_rc rc;

	if (mta->kind == SG_MTA_POSTFIX)
		postfix_argv(mta, postfix_program, words, argv);
	else
		sendmail_argv(mta, words, argv);
	rc = run(argv, RELEASE_MS, HEAD_MAX, &text, err);
	free(text);
	return rc;
}

/* Off hold it would wait for the next run of the queue: that is started too,
   for this message. */
enum sg_rc
sg_held_release(const struct sg_mta *mta, const char *id, struct sg_err *err)
{
	char select[80];
	const char *const pf[][3] = { { "-H", id, NULL }, { "-i", id, NULL } };
	const char *const sm[][4] = { { "-qQ", select, "-Q", NULL },
		{ select, NULL } };
	bool postfix = mta->kind == SG_MTA_POSTFIX;
	enum sg_rc rc;

	snprintf(select, sizeof(select), "-qI%s", id);
	rc = run_words(mta, "postsuper", postfix ? pf[0] : sm[0], err);
	if (rc == SG_OK)
		rc = run_words(mta, "postqueue", postfix ? pf[1] : sm[1], err);
	return rc;
}
