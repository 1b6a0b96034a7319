/* SPDX-License-Identifier: ISC */
/*
 * log_sink.h - gives a line to syslogd or to a descriptor, and waits for it no
 * longer than told. For log.c.
 */
#ifndef SG_LOG_SINK_H
#define SG_LOG_SINK_H
#include <stdbool.h>
#include <stddef.h>

#define SG_LOG_FOREVER (-1)

/* Where syslogd listens: "/dev/log", but in a test. Connects, so that a later
   loss of privileges does no harm. Not while lines are being written. */
void sg_log_syslog_open(const char *path);
void sg_log_syslog_close(void);
/* In a child of fork, whose descriptors may be others by now. */
void sg_log_syslog_forget(void);
/* priority as in syslog(3). False: it could not take the line in time. */
bool sg_log_syslog_send(int priority, const char *text, int max_wait_ms);

/* The same for a pipe, terminal, file or stream socket; line is whole, with
   its newline. */
bool sg_log_fd_send(int fd, const char *line, size_t len, int max_wait_ms);
#endif
