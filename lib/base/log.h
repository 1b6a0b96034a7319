/* SPDX-License-Identifier: ISC */
/*
 * log.h - one line to stderr, syslog or the journal. Any thread.
 *
 * A line never blocks its writer once sg_log_start() was called: it goes into
 * a bounded buffer that a thread of its own empties, some milliseconds later
 * when there are many; when it is full the line is dropped and counted, and
 * the count is logged when there is room. While lines keep coming, writing one
 * takes a lock and a copy, and no system call.
 * Before that (commands, supervisor) lines are written at once, and a sink that
 * takes none is waited for 0.2 s, once; then lines are dropped and counted.
 *
 * Of one kind of error or warning 20 lines a minute are logged; the next one
 * says how many were left out. Other lines are not limited.
 */
#ifndef SG_LOG_H
#define SG_LOG_H
#include <stdbool.h>
#include <stddef.h>

enum sg_log_target {
	SG_LOG_AUTO,   /* the journal when systemd gave us stderr; stderr when it
			  is a terminal, a pipe, a socket or a file; else
			  syslog */
	SG_LOG_STDERR, /* plain lines, "stsgate[pid]: " in front */
	SG_LOG_SYSLOG, /* facility mail */
	SG_LOG_JOURNAL /* stderr with "<N>" priorities */
};

enum sg_log_level { SG_LOG_ERR, SG_LOG_WARN, SG_LOG_INFO, SG_LOG_DEBUG };

/* Sets target, highest level shown and the process's role ("front"), which
   is put in front of each line. Call it before threads exist, and again in a
   child of fork: the child has no writer thread. */
void sg_log_init(enum sg_log_target target, enum sg_log_level max_level,
    const char *role);

/* For tests: another place than /dev/log; before sg_log_init(). */
void sg_log_syslogd(const char *path);

/* Starts, and after the last line stops, the writer thread. Stop waits at
   most max_wait_ms for what waits to be written; a thread that hangs is given
   up with its buffers, and this process must not call sg_log_init() again. */
void sg_log_start(void);
void sg_log_stop(int max_wait_ms);

/* One line, without a final newline; cut at 2,000 bytes. A control character
   that the format brought becomes '?'. */
void sg_log(enum sg_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same of a text of len bytes that is ready as it is, but for controls,
   which are replaced in place. Not limited. */
void sg_log_line(enum sg_log_level level, char *line, size_t len);

/* Lines dropped since the start because the log took none. */
unsigned long sg_log_dropped(void);

/* Copies len bytes of outside text to out (of out_size bytes, > 4), escaping
   bytes below 0x20, 0x7f to 0xff, '"' and '\' as \xHH; cut with "..." when it
   does not fit. Always NUL-terminated; returns out. */
char *sg_log_escape(char *out, size_t out_size, const void *text, size_t len);
#endif
