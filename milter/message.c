/* SPDX-License-Identifier: ISC */
/* message.c - see message.h. */
#include "message.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <bsd/stdlib.h>

void
sg_message_begin(struct sg_message *m)
{
	sg_message_end(m);
	m->open = true;
	snprintf(m->id, sizeof(m->id), "%08x", (unsigned)arc4random());
}

void
sg_message_end(struct sg_message *m)
{
	if (m->have_worst)
		sg_gate_answer_fini(&m->worst);
	memset(m, 0, offsetof(struct sg_message, login) + 1);
}

void
sg_message_accepted(struct sg_message *m, struct sg_gate_answer *answer)
{
	m->accepted++;
	if (answer->route > m->route)
		m->route = answer->route;
	if (answer->verdict.result == SG_RESULT_PASS ||
	    answer->verdict.result == SG_RESULT_NOT_APPLICABLE)
		return;
	m->not_passed++;
	if (m->have_worst && !sg_gate_is_worse(answer, &m->worst))
		return;
	if (m->have_worst)
		sg_gate_answer_fini(&m->worst);
	m->worst = *answer;
	m->have_worst = true;
	answer->facts = NULL;
}

void
sg_message_told(const struct sg_message *m,
    const struct sg_gate_answer *answer, const char *qid, struct sg_told *out)
{
	*out = (struct sg_told) {
		.id = m->id,
		.qid = qid != NULL ? qid : "",
		.next_hop = answer->key,
		.asked = &answer->asked,
		.facts = answer->facts,
		.verdict = &answer->verdict,
		.decision = &answer->decision,
		.source = sg_source_name(answer->source),
		.ms = answer->ms,
	};
}
