/* SPDX-License-Identifier: ISC */
/* cpu.h - for what is kept for each processor. */
#ifndef SG_COMPAT_CPU_H
#define SG_COMPAT_CPU_H

/* A number of the processor that the calling thread is on; it may be on another
   the next moment. Where a system does not tell, a number of the thread. */
unsigned sg_cpu(void);
#endif
