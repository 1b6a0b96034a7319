/* SPDX-License-Identifier: ISC */
/*
 * milter_log.c - what libmilter has to say goes through our log.
 *
 * libmilter calls syslog(3), from the threads that serve the MTA; that waits
 * for a syslogd that takes nothing, and what it says would go to another
 * place than our own lines. A function of this name in the program is found
 * before the C library's. Some libmilters call the checking variant.
 */
#undef _FORTIFY_SOURCE /* it would make macros of these names */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

#define MESSAGE_SIZE 1024

void syslog(int priority, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void __syslog_chk(int priority, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The numbers of syslog(3): 0 to 3 are errors, 4 a warning. */
static void
pass_on(int priority, const char *fmt, va_list ap)
{
	char text[MESSAGE_SIZE];
	int severity = priority & 7;

	vsnprintf(text, sizeof(text), fmt, ap);
	sg_log(severity <= 3 ? SG_LOG_ERR
	        : severity == 4 ? SG_LOG_WARN : SG_LOG_INFO,
	    "libmilter: %s", text);
}

void
syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pass_on(priority, fmt, ap);
	va_end(ap);
}

void
__syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)flag;
	va_start(ap, fmt);
	pass_on(priority, fmt, ap);
	va_end(ap);
}
