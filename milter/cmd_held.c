/* SPDX-License-Identifier: ISC */
/*
 * cmd_held.c - `stsgate held`: messages that stsgate put on hold, judged
 * again; released when each of their recipients passes now.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "asker.h"
#include "base/log.h"
#include "cmd.h"
#include "held.h"
#include "show.h"

static void
usage(FILE *out)
{
	fputs("usage: stsgate held [--release] [--mta postfix|sendmail] "
	      "[--json] [-c FILE]\n"
	      "Messages on the MTA's hold queue that stsgate put there, judged "
	      "again as of now: by\n"
	      "the rule of the group that held them, or of the sender where "
	      "that is not known.\n"
	      "  -r, --release        those of which each recipient passes go "
	      "on to delivery\n"
	      "  -m, --mta WHICH      default: whichever is installed, "
	      "Postfix first\n"
	      "  -M, --mta-config F   Postfix's directory, or Sendmail's "
	      "sendmail.cf\n"
	      "  -P, --mta-program F  Sendmail's program\n"
	      "  -c, --config FILE    instead of " SG_CONFIG_FILE "\n"
	      "  -j, --json           one object a line\n"
	      "  -h, --help           this text\n"
	      "Exit: 0, 64 usage, 69 the MTA's programs are not there or "
	      "failed, 78 configuration.\n", out);
}

struct options {
	const char *config;
	bool release, json, any_mta;
	struct sg_mta mta;
};

static bool
take_mta(const char *word, struct options *o)
{
	o->any_mta = false;
	o->mta.kind = strcmp(word, "postfix") == 0 ? SG_MTA_POSTFIX
	                                           : SG_MTA_SENDMAIL;
	return o->mta.kind == SG_MTA_POSTFIX || strcmp(word, "sendmail") == 0;
}

static int
take_option(int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return -1;
	case 'r':
		o->release = true;
		return -1;
	case 'm':
		if (take_mta(optarg, o))
			return -1;
		break;
	case 'M':
		o->mta.config = optarg;
		return -1;
	case 'P':
		o->mta.program = optarg;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	case 'h':
		usage(stdout);
		return EX_OK;
	default:
		break;
	}
	usage(stderr);
	return EX_USAGE;
}

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "release", no_argument, NULL, 'r' },
		{ "mta", required_argument, NULL, 'm' },
		{ "mta-config", required_argument, NULL, 'M' },
		{ "mta-program", required_argument, NULL, 'P' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c, status = -1;

	while (status < 0 && (c = getopt_long(argc, argv, "c:rm:M:P:jh",
	           longs, NULL)) != -1)
		status = take_option(c, o);
	if (status < 0 && optind < argc) {
		usage(stderr);
		status = EX_USAGE;
	}
	return status;
}

/* --- judging again ---------------------------------------------------------------- */

/* What is said of one message: the worst recipient's verdict. */
struct judgement {
	int status; /* as of explain */
	char next_hop[SG_NEXTHOP_KEY_SIZE], reason[64];
};

static int
explain(const struct sg_asker *asker, const struct sg_held *m,
    const char *to, bool release, FILE *out)
{
	struct sg_explain who = { .from = m->sender, .login = "", .client = "",
		.group = m->group, .pin = release };
	struct sg_view view = { .json = true };
	struct sg_err err = { .text = "" };
	enum sg_result result;

	sg_page_set(&view.page, out, false, 0);
	if (asker->remote)
		return sg_asker_send(asker, json_pack("{s:s,s:s,s:s,s:s,s:b}",
		    "do", "explain", "from", m->sender, "to", to, "group",
		    m->group, "pin", release), true, &view.page, out);
	if (sg_desk_explain(&asker->desk, &who, to, &view, &result, &err) ==
	    SG_OK)
		return sg_asker_status(result);
	fprintf(stderr, "stsgate held: %s: %s\n", m->id, err.text);
	return EX_DATAERR;
}

static void
copy_member(const json_t *object, const char *name, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(object, name));

	snprintf(out, size, "%s", s != NULL ? s : "");
}

static void
judge(const struct sg_asker *asker, const struct sg_held *m, bool release,
    struct judgement *j)
{
	memset(j, 0, sizeof(*j));
	for (size_t i = 0; i < m->n_to; i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		int status = EX_OSERR;
		json_t *answer;

		if (out != NULL) {
			status = explain(asker, m, m->to[i], release, out);
			fclose(out);
		}
		answer = text != NULL ? json_loads(text, 0, NULL) : NULL;
		if (i == 0 || sg_asker_worse(j->status, status) != j->status) {
			j->status = status;
			copy_member(answer, "next_hop", j->next_hop,
			    sizeof(j->next_hop));
			copy_member(answer, "reason", j->reason,
			    sizeof(j->reason));
		}
		json_decref(answer);
		free(text);
	}
	if (m->n_to == 0)
		j->status = EX_DATAERR;
}

/* --- the list ------------------------------------------------------------------------ */

static const char *
result_word(int status)
{
	return status == 0 ? "pass" : status == 1 ? "fail" : "unknown";
}

static void
print(const struct options *o, const struct sg_held *m,
    const struct judgement *j, bool released)
{
	char sender[400];
	struct sg_page page;

	sg_page_init(&page, stdout);
	if (o->json) {
		sg_show_json_line(stdout, json_pack(
		    "{s:s,s:s,s:s,s:I,s:s,s:s,s:s?,s:b}", "id", m->id,
		    "group", m->group, "sender", m->sender, "recipients",
		    (json_int_t)m->n_to, "result", result_word(j->status),
		    "next_hop", j->next_hop, "reason",
		    j->reason[0] != '\0' ? j->reason : NULL, "released",
		    released));
		return;
	}
	sg_log_escape(sender, sizeof(sender), m->sender, strlen(m->sender));
	printf("%-16s %-10s %-28s %3zu to  %s%-8s%s %s%s%s%s\n", m->id,
	    m->group[0] != '\0' ? m->group : "-",
	    sender[0] != '\0' ? sender : "<>", m->n_to,
	    sg_show_colour(&page, j->status == 0 ? SG_RESULT_PASS
	        : j->status == 1 ? SG_RESULT_FAIL : SG_RESULT_UNKNOWN),
	    result_word(j->status), page.end, j->next_hop,
	    j->reason[0] != '\0' ? ": " : "", j->reason,
	    released ? "; released" : "");
}

static int
treat(const struct options *o, const struct sg_asker *asker,
    const struct sg_held_list *list)
{
	struct sg_err err = { .text = "" };
	struct judgement j;
	size_t released = 0;
	int status = EX_OK;

	for (size_t i = 0; i < list->n; i++) {
		const struct sg_held *m = &list->message[i];
		bool go = false;

		judge(asker, m, o->release, &j);
		if (o->release && j.status == 0) {
			go = sg_held_release(&o->mta, m->id, &err) == SG_OK;
			if (!go) {
				fprintf(stderr, "stsgate held: %s: %s\n",
				    m->id, err.text);
				status = EX_UNAVAILABLE;
			}
		}
		released += go;
		print(o, m, &j, go);
	}
	if (!o->json)
		printf("%zu held by stsgate, %zu released%s\n", list->n,
		    released, o->release || list->n == 0 ? ""
		    : " (--release lets those go that pass)");
	return status;
}

static enum sg_rc
find(struct options *o, struct sg_held_list *list, struct sg_err *err)
{
	enum sg_rc rc = sg_held_list(&o->mta, list, err);

	if (rc != SG_NONE || !o->any_mta)
		return rc;
	o->mta.kind = SG_MTA_SENDMAIL;
	rc = sg_held_list(&o->mta, list, err);
	if (rc == SG_NONE)
		sg_err_set(err, SG_REASON_NONE, "neither Postfix's nor "
		    "Sendmail's programs are to be found");
	return rc;
}

int
sg_cmd_held(int argc, char **argv)
{
	struct options o = { .any_mta = true,
		.mta = { SG_MTA_POSTFIX, "", "" } };
	struct sg_held_list list = { 0 };
	struct sg_asker asker;
	struct sg_err err = { .text = "" };
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	status = EX_UNAVAILABLE;
	if (find(&o, &list, &err) != SG_OK)
		fprintf(stderr, "stsgate held: %s\n", err.text);
	else if (sg_asker_open(o.config, SG_ASKER_SAME, &asker) != SG_OK)
		status = EX_CONFIG;
	else {
		status = treat(&o, &asker, &list);
		sg_asker_close(&asker);
	}
	sg_held_list_fini(&list);
	return status;
}
