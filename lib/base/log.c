/* SPDX-License-Identifier: ISC */
/*
 * log.c - see log.h.
 *
 * The ring holds whole lines of fixed size: a writer copies one under the
 * mutex and goes on; the thread takes them out one by one and writes without
 * the mutex, however long the sink takes. A sink that hangs for good keeps the
 * thread and the ring; the process goes on without them.
 */
#include "base/log.h"
#include "base/log_limit.h"
#include "base/log_sink.h"

#include <sys/stat.h>
#include <paths.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 2001
#define RING_LINES 4096
#define PATIENCE_MS 200 /* of a process without a thread */

struct line {
	enum sg_log_level level;
	char text[LINE_SIZE];
};

static struct {
	/* Set before threads exist. */
	enum sg_log_target target;
	enum sg_log_level max_level;
	char role[24];
	const char *syslogd; /* NULL = where it always is */
	pid_t owner; /* who may have a thread: a child of fork has none */
	/* The mutex guards the ring and its state. */
	pthread_mutex_t mutex;
	pthread_cond_t more, empty;
	atomic_bool running; /* read without the mutex */
	bool stop, writing;
	bool hangs; /* the last line without a thread was dropped */
	struct line *ring;
	size_t head, n;
	unsigned long dropped, told;
	pthread_t thread;
} lg = { .max_level = SG_LOG_INFO, .target = SG_LOG_STDERR,
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER, .empty = PTHREAD_COND_INITIALIZER };

/* --- sinks ---------------------------------------------------------------------- */

/* The journal gave us stderr if it says which (sd-daemon(3)). */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(ours, sizeof(ours), "%lu:%lu", (unsigned long)st.st_dev,
	    (unsigned long)st.st_ino);
	return strcmp(stream, ours) == 0;
}

static enum sg_log_target
find_target(void)
{
	struct stat st;

	if (stderr_is_journal())
		return SG_LOG_JOURNAL;
	if (fstat(STDERR_FILENO, &st) == 0 &&
	    (isatty(STDERR_FILENO) || S_ISFIFO(st.st_mode) ||
	        S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode)))
		return SG_LOG_STDERR;
	return SG_LOG_SYSLOG;
}

static int
priority(enum sg_log_level level)
{
	static const int p[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

	return p[level];
}

static bool
write_line(enum sg_log_level level, const char *text, int max_wait_ms)
{
	char out[LINE_SIZE + 64];
	int n;

	if (lg.target == SG_LOG_SYSLOG)
		return sg_log_syslog_send(LOG_MAIL | priority(level), text,
		    max_wait_ms);
	if (lg.target == SG_LOG_JOURNAL)
		n = snprintf(out, sizeof(out), "<%d>%s\n", priority(level),
		    text);
	else
		n = snprintf(out, sizeof(out), "stsgate[%d]: %s\n",
		    (int)getpid(), text);
	return sg_log_fd_send(STDERR_FILENO, out, (size_t)n, max_wait_ms);
}

static bool
tell_dropped(unsigned long n, int max_wait_ms)
{
	char text[160];

	snprintf(text, sizeof(text), "%s: %lu log lines were dropped: the log "
	    "takes none", lg.role, n);
	return write_line(SG_LOG_WARN, text, max_wait_ms);
}

/* Without a thread: a sink that hangs is waited for once, and then each line
   only asks whether it still does. */
static void
write_now(enum sg_log_level level, const char *text)
{
	unsigned long dropped;
	int patience;
	bool done;

	pthread_mutex_lock(&lg.mutex);
	dropped = lg.dropped - lg.told;
	patience = lg.hangs ? 0 : PATIENCE_MS;
	pthread_mutex_unlock(&lg.mutex);
	done = (dropped == 0 || tell_dropped(dropped, patience));
	if (!done)
		dropped = 0; /* not told */
	done = done && write_line(level, text, patience);
	pthread_mutex_lock(&lg.mutex);
	lg.told += dropped;
	lg.hangs = !done;
	if (!done)
		lg.dropped++;
	pthread_mutex_unlock(&lg.mutex);
}

/* --- the thread -------------------------------------------------------------------- */

/* Takes one line out; false: stop. Mutex held. */
static bool
take(struct line *out, unsigned long *dropped)
{
	while (lg.n == 0 && !lg.stop) {
		pthread_cond_broadcast(&lg.empty);
		pthread_cond_wait(&lg.more, &lg.mutex);
	}
	if (lg.n == 0)
		return false;
	*out = lg.ring[lg.head];
	lg.head = (lg.head + 1) % RING_LINES;
	lg.n--;
	*dropped = lg.dropped - lg.told;
	lg.told = lg.dropped;
	return true;
}

static void *
drain(void *arg)
{
	struct line line;
	unsigned long dropped;

	(void)arg;
	pthread_mutex_lock(&lg.mutex);
	while (take(&line, &dropped)) {
		lg.writing = true;
		pthread_mutex_unlock(&lg.mutex);
		(void)write_line(line.level, line.text, SG_LOG_FOREVER);
		if (dropped > 0)
			(void)tell_dropped(dropped, SG_LOG_FOREVER);
		pthread_mutex_lock(&lg.mutex);
		lg.writing = false;
	}
	pthread_cond_broadcast(&lg.empty);
	pthread_mutex_unlock(&lg.mutex);
	return NULL;
}

/* A child of fork has its parent's ring and locks in whatever state they were,
   but no thread. */
static void
make_locks(void)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&lg.mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&lg.more, &attr);
	pthread_cond_init(&lg.empty, &attr);
	pthread_condattr_destroy(&attr);
}

void
sg_log_start(void)
{
	sigset_t all, before;

	if (lg.ring != NULL)
		return;
	if (lg.owner == 0) {
		lg.owner = getpid();
		make_locks();
	}
	lg.ring = malloc(RING_LINES * sizeof(*lg.ring));
	if (lg.ring == NULL)
		return;
	lg.stop = false;
	lg.running = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&lg.thread, NULL, drain, NULL) != 0) {
		lg.running = false;
		free(lg.ring);
		lg.ring = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct timespec
in_ms(int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000L;
	}
	return ts;
}

void
sg_log_stop(int max_wait_ms)
{
	struct timespec until = in_ms(max_wait_ms);
	bool done;
	int error = 0;

	pthread_mutex_lock(&lg.mutex);
	if (!lg.running) {
		pthread_mutex_unlock(&lg.mutex);
		return;
	}
	lg.stop = true;
	pthread_cond_signal(&lg.more);
	while ((lg.n > 0 || lg.writing) && error == 0)
		error = pthread_cond_timedwait(&lg.empty, &lg.mutex, &until);
	done = lg.n == 0 && !lg.writing;
	if (done)
		lg.running = false;
	pthread_mutex_unlock(&lg.mutex);
	if (!done)
		return; /* the sink hangs: its thread and ring are left to it */
	pthread_join(lg.thread, NULL);
	pthread_mutex_lock(&lg.mutex);
	free(lg.ring);
	lg.ring = NULL;
	pthread_mutex_unlock(&lg.mutex);
}

/* --- writing ---------------------------------------------------------------------- */

void
sg_log_syslogd(const char *path)
{
	lg.syslogd = path;
}

void
sg_log_init(enum sg_log_target target, enum sg_log_level max_level,
    const char *role)
{
	if (lg.owner == getpid()) {
		sg_log_stop(1000);
		sg_log_syslog_close();
	} else
		sg_log_syslog_forget();
	lg.owner = getpid();
	make_locks();
	lg.running = lg.stop = lg.writing = lg.hangs = false;
	free(lg.ring);
	lg.ring = NULL;
	lg.n = lg.head = 0;
	lg.target = target == SG_LOG_AUTO ? find_target() : target;
	lg.max_level = max_level;
	snprintf(lg.role, sizeof(lg.role), "%s", role);
	sg_log_limit_init();
	if (lg.target == SG_LOG_SYSLOG)
		sg_log_syslog_open(lg.syslogd != NULL ? lg.syslogd : _PATH_LOG);
}

/* False: there is no thread to take it (any more). */
static bool
enqueue(enum sg_log_level level, const char *text)
{
	struct line *line;
	bool running;

	pthread_mutex_lock(&lg.mutex);
	running = lg.running;
	if (running && lg.n == RING_LINES)
		lg.dropped++;
	else if (running) {
		line = &lg.ring[(lg.head + lg.n) % RING_LINES];
		line->level = level;
		snprintf(line->text, sizeof(line->text), "%s", text);
		lg.n++;
		pthread_cond_signal(&lg.more);
	}
	pthread_mutex_unlock(&lg.mutex);
	return running;
}

/* Whatever the format brought: one line is one line, and no terminal obeys
   it. The controls above 127 are UTF-8 here (U+0080 to U+009F). */
static void
scrub(char *text)
{
	unsigned char *s = (unsigned char *)text;

	for (; *s != '\0'; s++) {
		if (*s < 0x20 || *s == 0x7f)
			*s = '?';
		else if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			s[0] = s[1] = '?';
	}
}

static void
tell_left_out(char text[LINE_SIZE], unsigned long n)
{
	char told[64];
	int len = snprintf(told, sizeof(told), " [%lu like this left out]", n);
	size_t at = strlen(text), room = LINE_SIZE - 1 - (size_t)len;

	memcpy(text + (at < room ? at : room), told, (size_t)len + 1);
}

void
sg_log(enum sg_log_level level, const char *fmt, ...)
{
	char text[LINE_SIZE];
	unsigned long left_out = 0;
	va_list ap;
	int n;

	if (level > lg.max_level)
		return;
	if (level <= SG_LOG_WARN &&
	    !sg_log_limit_admits(fmt, sg_mono_now(), &left_out))
		return;
	n = snprintf(text, sizeof(text), "%s: ", lg.role);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	if (left_out > 0)
		tell_left_out(text, left_out);
	scrub(text);
	if (!lg.running || !enqueue(level, text))
		write_now(level, text);
}

unsigned long
sg_log_dropped(void)
{
	unsigned long n;

	pthread_mutex_lock(&lg.mutex);
	n = lg.dropped;
	pthread_mutex_unlock(&lg.mutex);
	return n;
}

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t
escaped_length(unsigned char c)
{
	return is_plain(c) ? 1 : 4;
}

char *
sg_log_escape(char *out, size_t out_size, const void *text, size_t len)
{
	const unsigned char *s = text;
	size_t n = 0, i, whole = 0, room = out_size - 1;

	for (i = 0; i < len && whole <= room; i++)
		whole += escaped_length(s[i]);
	if (whole > room)
		room -= 3; /* for "..." */
	for (i = 0; i < len && n + escaped_length(s[i]) <= room; i++) {
		if (is_plain(s[i]))
			out[n++] = (char)s[i];
		else
			n += (size_t)snprintf(out + n, out_size - n, "\\x%02x",
			    s[i]);
	}
	snprintf(out + n, out_size - n, "%s", i < len ? "..." : "");
	return out;
}
