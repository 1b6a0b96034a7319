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

int64_t
sg_notify_watchdog_ms(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 1000) : 0;
}
#else
void
sg_notify(const char *state)
{
	(void)state;
}

int64_t
sg_notify_watchdog_ms(void)
{
	return 0;
}
#endif
