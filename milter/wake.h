/* SPDX-License-Identifier: ISC */
/*
 * wake.h - keeps libmilter's worker pool awake (LIBRARIES 5).
 *
 * libmilter built with its worker pool (Debian's) may hand a ready session to
 * a worker that is about to wait in a callback; the session then waits behind
 * it. The cure: we are a client of our own milter socket a few times over, and
 * before a callback waits it writes one SMFIC_ABORT (which has no reply) to
 * one of these sessions. The pool's controller then sees a ready session, and
 * with no idle worker starts a new one, which takes what is queued as well.
 * Workers that never wait starve sessions too, for seconds: they stay with
 * those whose next command comes at once. So when there are more sessions than
 * workers, one recipient in a few is followed by a wake, as long as that brings
 * more workers; and while recipients are served, or many callbacks are inside, a
 * thread does the same every few milliseconds. On a libmilter without the pool
 * there are as many threads as sessions, and nothing is woken.
 */
#ifndef SG_WAKE_H
#define SG_WAKE_H
#include <stdbool.h>
#include "config/config.h"

struct sg_wake;

/* For the thread that is going to run smfi_main(), and so for all that
   libmilter makes: their waits may end up to 10 ms late. A worker of the pool
   waits a millisecond for its session's next command; when a hundred of them
   share a processor that millisecond is always over before their turn comes,
   and each recipient costs the interrupt of a timer that nobody needs. */
void sg_wake_prepare(void);

/* Starts the thread that connects (and reconnects) to our own socket. NULL:
   no memory or no thread; the daemon works without. */
struct sg_wake *sg_wake_new(const struct sg_listen *milter_socket);
void sg_wake_free(struct sg_wake **wake);

/* The calling callback is about to wait. Never blocks, and does nothing when
   there are more workers than sessions. wake may be NULL. */
void sg_wake_now(struct sg_wake *wake);

/* An MTA's session began, or ended. */
void sg_wake_opened(struct sg_wake *wake);
void sg_wake_closed(struct sg_wake *wake);
/* How many are open. */
unsigned sg_wake_sessions(struct sg_wake *wake);

/* Around each callback that answers a recipient: for the count of those served
   and of those inside. */
void sg_wake_enter(struct sg_wake *wake);
void sg_wake_leave(struct sg_wake *wake);

/* Does the milter answer a new connection within 2 s? May wait so long. */
bool sg_wake_ask(const struct sg_listen *milter_socket);

/* True if a session that offers these actions in its negotiation, as libmilter
   tells them, is one of ours. It counts nowhere. */
bool sg_wake_is_ours(unsigned long actions);
#endif
