/* SPDX-License-Identifier: ISC */
/* cpu.c - see cpu.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "compat/cpu.h"

#ifdef HAVE_SCHED_GETCPU
#include <sched.h>

unsigned
sg_cpu(void)
{
	return (unsigned)sched_getcpu();
}
#else
#include <stdatomic.h>

unsigned
sg_cpu(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned mine;

	if (mine == 0)
		mine = 1 + atomic_fetch_add(&threads, 1);
	return mine;
}
#endif
