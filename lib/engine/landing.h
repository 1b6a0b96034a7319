/* SPDX-License-Identifier: ISC */
/*
 * landing.h - what a worker's answer is worth: from the bytes it sent to facts
 * that may be kept. The worker is treated as hostile: it may only say, for the
 * job it was given, what can be so.
 */
#ifndef SG_LANDING_H
#define SG_LANDING_H
#include "engine/doubt.h"
#include "net/job.h"
#include "store/store.h"

/* Decodes record, refuses it when it is not about hop, puts its times in
   order (nothing was learnt in the future, nothing lives longer than facts.h
   allows) and merges it with what store holds, but for a policy that is in
   doubt. SG_OK: *out_r is yours. SG_BAD with err: the worker lies or is broken.
   SG_RETRY: no memory. */
struct sg_landing {
	struct sg_store *store;
	struct sg_doubts *doubts;
	uint32_t confirm_s; /* 0: no policy is doubted */
	struct sg_wall now;
	struct sg_mono mono;
	bool corrects; /* it adds to an answer that was landed before, and is
			  not counted again */
};
enum sg_rc sg_landing_judge(const struct sg_landing *landing,
    const struct sg_nexthop *hop, const unsigned char *record, size_t len,
    struct sg_facts **out_r, struct sg_err *err);
#endif
