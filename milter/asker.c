/* SPDX-License-Identifier: ISC */
/* asker.c - see asker.h. */
#include "asker.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "remote.h"
#include "status.h"

/* Whether the daemon goes by the text that was read here. */
static enum sg_rc
is_same(const struct sg_config *config, struct sg_err *err)
{
	char digest[SG_STATUS_DIGEST_SIZE], *text = NULL;
	const char *theirs;
	size_t len;
	int status;
	FILE *out = open_memstream(&text, &len);
	json_t *answer = NULL;
	enum sg_rc rc;

	if (out == NULL)
		return SG_RETRY;
	rc = sg_remote_ask(config->control_socket, json_pack("{s:s,s:b}",
	    "do", "status", "json", true), out, NULL, &status, err);
	(void)fclose(out);
	if (rc == SG_OK) {
		answer = json_loadb(text, len, 0, NULL);
		theirs = json_string_value(
		    json_object_get(answer, "config_digest"));
		if (theirs == NULL ||
		    strcmp(theirs, sg_status_digest(config, digest)) != 0) {
			sg_err_set(err, SG_REASON_NONE, "the running daemon "
			    "goes by another configuration than this file "
			    "has: stsgate reload");
			rc = SG_BAD;
		}
	}
	json_decref(answer);
	free(text);
	return rc;
}

static enum sg_rc
find_daemon(const struct sg_config *config, enum sg_asker_need need,
    struct sg_err *err)
{
	if (need == SG_ASKER_OWN)
		return SG_NONE;
	return need == SG_ASKER_SAME
	    ? is_same(config, err)
	    : sg_remote_try(config->control_socket, err);
}

enum sg_rc
sg_asker_open(const char *config_path, enum sg_asker_need need,
    struct sg_asker *a)
{
	struct sg_err err = { .text = "" };
	enum sg_rc rc;

	memset(a, 0, sizeof(*a));
	if (sg_house_load(config_path, &a->house) != SG_OK)
		return SG_BAD;
	rc = find_daemon(a->house.config, need, &err);
	a->remote = rc == SG_OK;
	if (a->remote)
		return SG_OK;
	if (rc != SG_NONE)
		fprintf(stderr, "stsgate: %s\n", err.text);
	fputs("stsgate: looked up by this command, not by a running daemon\n",
	    stderr);
	if (sg_house_open(&a->house) != SG_OK)
		return SG_BAD;
	a->desk = (struct sg_desk) { a->house.config, a->house.engine,
		a->house.store };
	return SG_OK;
}

void
sg_asker_close(struct sg_asker *a)
{
	sg_house_close(&a->house);
}

int
sg_asker_send(const struct sg_asker *a, json_t *request, bool json,
    const struct sg_page *page, FILE *out)
{
	struct sg_err err = { .text = "" };
	int status = EX_UNAVAILABLE;

	if (request == NULL) {
		fputs("stsgate: an argument that is not text\n", stderr);
		return EX_USAGE;
	}
	sg_remote_form(request, json, page);
	if (sg_remote_ask(a->house.config->control_socket, request, out, NULL,
		&status, &err) == SG_OK)
		return status;
	fprintf(stderr, "stsgate: %s\n", err.text);
	return EX_UNAVAILABLE;
}

int
sg_asker_status(enum sg_result r)
{
	return r == SG_RESULT_FAIL ? 1 : r == SG_RESULT_UNKNOWN ? 2 : 0;
}

static int
weight(int status)
{
	return status == 0 ? 0 : status == 2 ? 1 : status == 1 ? 2 : 3;
}

int
sg_asker_worse(int a, int b)
{
	return weight(b) > weight(a) ? b : a;
}
