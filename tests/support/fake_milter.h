/* SPDX-License-Identifier: ISC */
/*
 * fake_milter.h - libmilter's side of session.c, for one session in this
 * process: what is said to the MTA is checked here, whoever drives it
 * (THREATS T14, 0.8, 2.2): printable, no '%' alone, below libmilter's limit;
 * the code fits the status and they are set together; SMFIS_ACCEPT is never
 * said; header fields are deleted from the last; a hold has a reason.
 */
#ifndef FAKE_MILTER_H
#define FAKE_MILTER_H
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stddef.h>

/* What session.c registered. */
const struct smfiDesc *fake_milter(void);
/* Value of the macro from now on, copied; NULL: not sent. */
void fake_milter_macro(const char *name, const char *value);
/* What a callback returned: aborts if that must not be. */
void fake_milter_check(sfsistat status, bool at_rcpt);
/* The session is over: nothing was left behind. */
void fake_milter_end(void);
#endif
