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

#include "reply.h"
#include "tool.h"

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
postfix_argv(const struct sg_mta *mta, char *program, char *const words[],
    char *argv[MAX_ARGS])
{
	static char c[] = "-c";
	size_t n = 0;

	argv[n++] = program;
	if (mta->config[0] != '\0') {
		argv[n++] = c;
		argv[n++] = (char *)(uintptr_t)mta->config;
	}
	while (*words != NULL && n < MAX_ARGS - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
}

static enum sg_rc
run(char *const argv[], int timeout_ms, size_t max, char **text,
    struct sg_err *err)
{
	struct sg_tool tool = { argv, timeout_ms, max };
	int status;
	enum sg_rc rc = sg_tool_run(&tool, text, &status, err);

	if (rc != SG_OK || status == 0)
		return rc;
	sg_err_set(err, SG_REASON_INTERNAL, "%s ended with status %d", argv[0],
	    status);
	free(*text);
	*text = NULL;
	return SG_RETRY;
}

static enum sg_rc
is_ours(const struct sg_mta *mta, struct sg_held *m, struct sg_err *err)
{
	static char postcat[] = "postcat", hq[] = "-hq";
	char *const words[] = { hq, m->id, NULL };
	char *argv[MAX_ARGS], *text = NULL;
	enum sg_rc rc;

	postfix_argv(mta, postcat, words, argv);
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
	static char postqueue[] = "postqueue", j[] = "-j";
	char *const words[] = { j, NULL };
	char *argv[MAX_ARGS], *text = NULL;
	enum sg_rc rc;

	postfix_argv(mta, postqueue, words, argv);
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
sendmail_argv(const struct sg_mta *mta, char *const words[],
    char *argv[MAX_ARGS])
{
	static char sendmail[] = "sendmail", c[] = "-C";
	size_t n = 0;

	argv[n++] = mta->program[0] != '\0'
	    ? (char *)(uintptr_t)mta->program : sendmail;
	if (mta->config[0] != '\0') {
		argv[n++] = c;
		argv[n++] = (char *)(uintptr_t)mta->config;
	}
	while (*words != NULL && n < MAX_ARGS - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
}

static enum sg_rc
list_sendmail(const struct sg_mta *mta, struct sg_held_list *out,
    struct sg_err *err)
{
	static char bp[] = "-bp", q[] = "-qQ";
	char *const words[] = { bp, q, NULL };
	char *argv[MAX_ARGS], *text = NULL;
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
run_words(const struct sg_mta *mta, char *postfix_program,
    char *const words[], struct sg_err *err)
{
	char *argv[MAX_ARGS], *text = NULL;
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
	static char postsuper[] = "postsuper", postqueue[] = "postqueue",
	    release[] = "-H", now[] = "-i", quarantined[] = "-qQ",
	    unquarantine[] = "-Q";
	char name[64], select[80];
	char *const pf[][3] = { { release, name, NULL }, { now, name, NULL } };
	char *const sm[][4] = { { quarantined, select, unquarantine, NULL },
		{ select, NULL } };
	bool postfix = mta->kind == SG_MTA_POSTFIX;
	enum sg_rc rc;

	snprintf(name, sizeof(name), "%s", id);
	snprintf(select, sizeof(select), "-qI%s", id);
	rc = run_words(mta, postsuper, postfix ? pf[0] : sm[0], err);
	if (rc == SG_OK)
		rc = run_words(mta, postqueue, postfix ? pf[1] : sm[1], err);
	return rc;
}
