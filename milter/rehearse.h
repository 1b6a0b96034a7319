/* SPDX-License-Identifier: ISC */
/*
 * rehearse.h - what does the configuration's file say now, and would front and
 * workers, as who they are, take it? What root can read they may not.
 */
#ifndef SG_REHEARSE_H
#define SG_REHEARSE_H
#include "process.h"

#define SG_REHEARSE_MS 10000 /* a disk that does not answer is an answer */

struct sg_rehearsal {
	struct sg_config *next; /* one reference; NULL unless SG_OK */
	int image; /* a file of sg_config_pack() of it, for another process */
	int said;  /* a file of what is wrong with the text, a line a mistake */
};

/* A child reads path, becomes id and reads all that is named there: CA
   certificates, trust anchors. It logs what is wrong as `now` says. It may die
   of a lack of memory, which we may not. From a process of one thread. SG_OK:
   it will do. SG_BAD: it will not. SG_RETRY: it could not be tried (said in
   the log). sg_rehearsal_fini() in each case. */
enum sg_rc sg_rehearse(const struct sg_config *now, const char *path,
    const struct sg_identity *id, struct sg_rehearsal *out);
void sg_rehearsal_fini(struct sg_rehearsal *r);
#endif
