/* SPDX-License-Identifier: ISC */
/*
 * asker.h - who answers a command: the running daemon, by its control socket,
 * or an engine that the command brings along; and it says which.
 */
#ifndef SG_ASKER_H
#define SG_ASKER_H
#include <jansson.h>
#include "desk.h"
#include "house.h"

struct sg_asker {
	bool remote;
	struct sg_desk desk;   /* of house; unless remote */
	struct sg_house house; /* its configuration only, if remote */
};

enum sg_asker_need {
	SG_ASKER_ANY,   /* the daemon will do */
	SG_ASKER_SAME,  /* if it goes by the very configuration given */
	SG_ASKER_OWN    /* the command's own engine only */
};
/* Before any thread exists. SG_BAD: said on stderr, nothing is left behind. */
enum sg_rc sg_asker_open(const char *config_path, enum sg_asker_need need,
    struct sg_asker *out);
void sg_asker_close(struct sg_asker *asker);
/* Asks the daemon, for JSON or for how page looks; takes request's reference.
   Returns the exit status, 69 when it is gone. Any thread. */
int sg_asker_send(const struct sg_asker *asker, json_t *request, bool json,
    const struct sg_page *page, FILE *out);
/* 0 pass and not-applicable, 1 fail, 2 unknown. */
int sg_asker_status(enum sg_result result);
/* What two of these are together: a fail counts before an unknown, anything
   else before both. */
int sg_asker_worse(int a, int b);
#endif
