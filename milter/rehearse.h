/* SPDX-License-Identifier: ISC */
/*
 * rehearse.h - would front and workers, as who they are, take this
 * configuration? What root can read they may not.
 */
#ifndef SG_REHEARSE_H
#define SG_REHEARSE_H
#include "process.h"

#define SG_REHEARSE_MS 10000 /* a disk that does not answer is an answer */

/* A child becomes id and reads all that `next` names: the configuration's text
   and its files, the CA certificates, the trust anchors. It logs what is wrong
   as `now` says. From a process of one thread. SG_OK: it will do. SG_BAD: it
   will not. SG_RETRY: it could not be tried (said in the log). */
enum sg_rc sg_rehearse(const struct sg_config *now,
    const struct sg_config *next, const char *name,
    const struct sg_identity *id);
#endif
