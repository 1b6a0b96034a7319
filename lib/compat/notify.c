/* SPDX-License-Identifier: ISC */
/* notify.c - see notify.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "compat/notify.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>

void
sg_notify(const char *state)
{
	(void)sd_notify(0, state);
}
#else
void
sg_notify(const char *state)
{
	(void)state;
}
#endif
