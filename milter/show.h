/* SPDX-License-Identifier: ISC */
/* show.h - facts and verdicts for people and for scripts (INTERFACES). */
#ifndef SG_SHOW_H
#define SG_SHOW_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "gate.h"
#include "page.h"
#include "reply.h"

/* The object of `query --json`; a new reference. */
json_t *sg_show_query_json(const char *key, const struct sg_facts *facts,
    const struct sg_verdict *verdict);
/* The same for people: policy first, then MX by MX, then the verdict. */
void sg_show_query(const struct sg_page *page, const char *key,
    const struct sg_facts *facts, const struct sg_verdict *verdict);

/* The object of `explain --json`; reply is NULL when mail goes on. */
json_t *sg_show_explain_json(const char *recipient,
    const struct sg_gate_answer *answer, const struct sg_reply *reply);
void sg_show_explain(const struct sg_page *page, const char *recipient,
    const struct sg_gate_answer *answer, const struct sg_reply *reply);

/* The page's colour for a result; it ends with page->end. */
const char *sg_show_colour(const struct sg_page *page, enum sg_result result);

/* One compact line. Takes the reference. */
void sg_show_json_line(FILE *out, json_t *object);
#endif
