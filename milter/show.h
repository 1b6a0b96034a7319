/* SPDX-License-Identifier: ISC */
/* show.h - facts and verdicts for people and for scripts (INTERFACES). */
#ifndef SG_SHOW_H
#define SG_SHOW_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "gate.h"
#include "reply.h"

/* The object of `query --json`; a new reference. */
json_t *sg_show_query_json(const char *key, const struct sg_facts *facts,
    const struct sg_verdict *verdict);
/* The same on a terminal: policy first, then MX by MX, then the verdict. */
void sg_show_query(FILE *out, bool colour, const char *key,
    const struct sg_facts *facts, const struct sg_verdict *verdict);

/* The object of `explain --json`; reply is NULL when mail goes on. */
json_t *sg_show_explain_json(const char *recipient,
    const struct sg_gate_answer *answer, const struct sg_reply *reply);
void sg_show_explain(FILE *out, bool colour, const char *recipient,
    const struct sg_gate_answer *answer, const struct sg_reply *reply);

/* The colour of a result, "" without colour; it ends with "\033[0m". */
const char *sg_show_colour(enum sg_result result, bool colour);

/* One compact line. Takes the reference. */
void sg_show_json_line(FILE *out, json_t *object);
/* Colour: a terminal, and NO_COLOR is not set. */
bool sg_show_wants_colour(FILE *out);
#endif
