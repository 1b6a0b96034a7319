/* SPDX-License-Identifier: ISC */
/*
 * sim.h - time that stands still while anybody works, and who works when.
 *
 * The engine's thread, the net worker and those who ask are real threads, but
 * only one of them runs at a time: it goes on until it waits for something
 * (poll, an event loop, a condition), and hands over. When all of them wait,
 * the clock moves to the next moment at which one of them has something to do.
 * So a second, or a year, costs nothing, and a story is played the same way
 * each time.
 */
#ifndef REPLAY_SIM_H
#define REPLAY_SIM_H
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

#define SIM_NEVER INT64_MAX

/* --- clocks -------------------------------------------------------------- */

/* What sg_wall_now() and sg_mono_now() say. reset: the start of a story. */
void sim_reset(struct sg_wall start);
int64_t sim_ms(void); /* monotonic */
struct sg_wall sim_wall(void);
/* The wall clock is set; monotonic time goes on (a jump). */
void sim_set_wall(struct sg_wall wall);
/* The machine starts anew: monotonic time begins again. Nobody may run. */
void sim_reboot(void);
/* What arc4random_uniform() gives, in per mille of its bound. */
void sim_set_luck(unsigned per_mille);

/* --- who works ----------------------------------------------------------- */

struct sim_actor;
/* fn runs in a thread of its own, in its turns. */
struct sim_actor *sim_actor_new(void *(*fn)(void *), void *arg);
/* Lets everybody work until actor has come to its end; frees it. */
void sim_actor_join(struct sim_actor **actor);
bool sim_actor_is_done(const struct sim_actor *actor);
/* A frozen one gets no turn. */
void sim_actor_freeze(struct sim_actor *actor, bool frozen);
/* Within an actor: its turn is over until fd is readable (-1: none), or, with
   laters, until something that was put off is due. */
void sim_block(int fd, bool laters);

/* Everybody who can works, or, if nobody can, time goes on to the next moment
   that matters, at most to limit_ms. Not within an actor. */
void sim_step(int64_t limit_ms);
/* Everybody works who can, now. */
void sim_run(void);
/* The same moment for all, however much lies between: they slept. */
void sim_skip(int64_t to_ms);
/* Called between turns; may start and end actors. */
extern void (*sim_between)(void);

/* --- put off till later --------------------------------------------------- */

/* fn runs once, in the worker's turn, delay_ms from now. By owner it can be
   dropped before. */
void sim_later(const void *owner, int delay_ms, void (*fn)(void *), void *arg);
void sim_drop(const void *owner);
bool sim_later_due(void);
bool sim_has_later(void);
void sim_run_later(void); /* what is due */
#endif
