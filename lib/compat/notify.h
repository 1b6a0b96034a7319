/* SPDX-License-Identifier: ISC */
/* notify.h - tells the service manager how we are, where there is one
   (sd_notify(3)); elsewhere nothing happens. */
#ifndef SG_NOTIFY_H
#define SG_NOTIFY_H
#include <stdint.h>

/* state as sd_notify takes it: "READY=1". */
void sg_notify(const char *state);
/* How often the manager wants WATCHDOG=1, in ms; 0 = never. */
int64_t sg_notify_watchdog_ms(void);
#endif
