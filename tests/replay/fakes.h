/* SPDX-License-Identifier: ISC */
/*
 * fakes.h - the network that a story is played in: what each name, policy
 * host and MX host answers, and how often it was asked. Each stands in place
 * of one file of lib/net, and the real code begins right above it.
 */
#ifndef REPLAY_FAKES_H
#define REPLAY_FAKES_H
#include <stdbool.h>
#include <stdio.h>
#include "replay/words.h"

void fakes_clear(void);
/* Who was asked so far is forgotten. */
void fakes_forget_asked(void);

/* "dns NAME TYPE ...", "zone NAME ...", "https HOST ...", "smtp HOST ...":
   see README. False: not in that form; why is static. */
bool fake_dns_set(const struct words *line, const char **why);
bool fake_zone_set(const struct words *line, const char **why);
bool fake_web_set(const struct words *line, const char **why);
bool fake_smtp_set(const struct words *line, const char **why);
/* Whether the trust anchor serves: sg_dns_validates(). */
void fake_dns_validate(bool on);

/* How often: NULL stands for anything. */
unsigned fake_dns_asked(const char *name, const char *type);
unsigned fake_web_asked(const char *host);
unsigned fake_smtp_asked(const char *host);
/* MAIL, RCPT or DATA were said, ever. */
bool fake_smtp_was_rude(void);

/* Called when a question is asked whose answer kills the worker. */
extern void (*fake_on_crash)(void);

void fake_dns_clear(void);
void fake_web_clear(void);
void fake_smtp_clear(void);
void fake_dns_forget_asked(void);
void fake_web_forget_asked(void);
void fake_smtp_forget_asked(void);
#endif
