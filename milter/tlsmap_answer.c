/* SPDX-License-Identifier: ISC */
/*
 * tlsmap_answer.c - from a question to words: facts, rule and pin are put
 * before sg_decide_map(), and its answer into the dialect.
 *
 * Nothing is allocated or logged where memory has the answer. What cannot be
 * said is logged, since mail waits for it.
 */
#include "tlsmap_private.h"

#include "base/log.h"

static void
add(atomic_ulong *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void
note(struct sg_tlsmap *m, const struct sg_map_request *q,
    const struct sg_map_answer *a)
{
	add(&m->answers[q->dialect][a->word]);
	if (a->pinned)
		add(&m->pinned);
	if (a->word == SG_MAP_TEMP)
		sg_log(SG_LOG_WARN, "map=%s next_hop=%s answer=temp reason=%s",
		    sg_dialect_name(q->dialect), q->key,
		    sg_reason_name(a->reason));
}

static void
word_it(struct sg_tlsmap *m, const struct sg_config *config,
    const struct sg_map_request *q, const struct sg_facts *facts,
    struct sg_tlsmap_words *out)
{
	struct sg_pin *pin = sg_engine_pin(m->engine, q->key);
	struct sg_map_params p = { .config = config, .hop = &q->hop,
		.facts = facts, .pin = pin, .floor = q->floor, .now = sg_wall_now() };
	struct sg_map_answer a;

	sg_decide_map(&p, &a);
	note(m, q, &a);
	out->len = sg_mapreply_write(q->dialect, &a, &q->hop, out->data,
	    out->size);
	sg_pin_unref(&pin);
}

bool
sg_tlsmap_answer_warm(struct sg_tlsmap *m, const struct sg_map_request *q,
    struct sg_tlsmap_words *out)
{
	struct sg_ask ask = { .hop = q->hop };
	struct sg_config *config;
	struct sg_answer known;
	bool is_warm = sg_engine_peek(m->engine, &ask, &known) == SG_OK;

	if (is_warm) {
		config = sg_tlsmap_config(m);
		word_it(m, config, q, known.facts, out);
		sg_config_unref(&config);
	}
	sg_facts_unref(&known.facts);
	return is_warm;
}

void
sg_tlsmap_answer_cold(struct sg_tlsmap *m, const struct sg_map_request *q,
    struct sg_mono until, struct sg_tlsmap_words *out)
{
	struct sg_ask ask = { .hop = q->hop };
	struct sg_config *config = sg_tlsmap_config(m);
	int64_t left = until.ms - sg_mono_now().ms;
	struct sg_answer answer;

	ask.deadline_ms = left > 1 ? (int)left : 1;
	sg_engine_ask(m->engine, &ask, &answer);
	add(&m->waited);
	word_it(m, config, q, answer.facts, out);
	sg_facts_unref(&answer.facts);
	sg_config_unref(&config);
}

/* That there is no policy is believed until it is refuted (THREATS T26). */
void
sg_tlsmap_answer_unasked(struct sg_tlsmap *m, const struct sg_map_request *q,
    struct sg_tlsmap_words *out)
{
	struct sg_config *config = sg_tlsmap_config(m);
	struct sg_ask ask = { .hop = q->hop };
	struct sg_facts *facts = NULL;
	struct sg_answer known;

	(void)sg_engine_peek(m->engine, &ask, &known);
	if (known.facts == NULL)
		(void)sg_facts_unlearnt(NULL, &q->hop, SG_REASON_OVERLOAD,
		    sg_wall_now(), &facts);
	word_it(m, config, q, known.facts != NULL ? known.facts : facts, out);
	sg_facts_unref(&facts);
	sg_facts_unref(&known.facts);
	sg_config_unref(&config);
}
