/* SPDX-License-Identifier: ISC */
/* notify.h - tells the service manager how we are, where there is one
   (sd_notify(3)); elsewhere nothing happens. */
#ifndef SG_NOTIFY_H
#define SG_NOTIFY_H

/* state as sd_notify takes it: "READY=1". */
void sg_notify(const char *state);
#endif
