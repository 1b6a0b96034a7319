/* SPDX-License-Identifier: ISC */
/*
 * accept.h - accept(2) that does not spin when descriptors run out, for
 * libmilter, which takes that for a passing fault and asks again at once:
 * 20,000 times a second, for as long as it lasts (THREATS 0.2).
 *
 * The program's accept() is this one. When none is free it waits a little,
 * takes the connection with a descriptor that is kept for that, and closes it
 * if there is still no other: the MTA learns at once that it must do without
 * us for this session, which is its default action. Failures are below 100 a
 * minute.
 */
#ifndef SG_ACCEPT_H
#define SG_ACCEPT_H

/* Before accept() is called: keeps a descriptor back, a copy of listener.
   Without it accept() waits all the same, but turns nobody away. */
void sg_accept_reserve(int listener);

/* Sessions turned away since the start. */
unsigned long sg_accept_turned_away(void);
#endif
