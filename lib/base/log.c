/* SPDX-License-Identifier: ISC */
/*
 * log.c - see log.h.
 *
 * Writers append to one of two buffers under the mutex; the thread takes the
 * full one, leaves the empty one, and writes without the mutex, however long
 * the sink takes: a few kilobytes at once, since a system call a line costs
 * more than the line. While lines come it looks by itself every few
 * milliseconds, so that who writes one makes no system call; only when there
 * was nothing for a while does it sleep until it is woken. A sink that hangs
 * for good keeps the thread and its buffer; the process goes on without them.
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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 2001
#define MAX_LINES 4096           /* waiting; more are dropped */
#define BUFFER_SIZE (1024 * 1024)
#define HURRY_LINES (MAX_LINES / 4)
#define HURRY_BYTES (BUFFER_SIZE / 4)
#define LOOK_MS 10               /* while lines come */
#define LOOKS 20                 /* in vain, then the thread sleeps */
/* One write(2) to a pipe that other processes write to as well must not be
   longer, or lines could be mixed. */
#define CHUNK_SIZE 4096

#define PATIENCE_MS 200 /* of a process without a thread */

/* Each line: this, then len bytes and a NUL. */
struct head {
	uint16_t len;
	uint8_t level;
};

struct buffer {
	size_t used, lines;
	char bytes[BUFFER_SIZE];
};

static struct {
	/* Set before threads exist. */
	enum sg_log_target target;
	enum sg_log_level max_level;
	char role[26]; /* "front: " */
	size_t role_len;
	const char *syslogd; /* NULL = where it always is */
	pid_t owner; /* who may have a thread: a child of fork has none */
	/* The mutex guards the buffer that is filled, and the state. */
	pthread_mutex_t mutex;
	pthread_cond_t more, empty;
	atomic_bool running; /* read without the mutex */
	bool stop, writing, asleep;
	bool left; /* the thread hangs in its sink and was given up */
	bool hangs; /* the last line without a thread was dropped */
	struct buffer *fill;
	struct buffer *drain; /* the thread's */
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

#define PREFIX_SIZE 32

struct prefixes {
	char of[SG_LOG_DEBUG + 1][PREFIX_SIZE];
};

static void
make_prefixes(struct prefixes *out)
{
	for (int i = 0; i <= SG_LOG_DEBUG; i++) {
		if (lg.target == SG_LOG_JOURNAL)
			snprintf(out->of[i], PREFIX_SIZE, "<%d>", priority(i));
		else
			snprintf(out->of[i], PREFIX_SIZE, "stsgate[%d]: ",
			    (int)getpid());
	}
}

/* The line as it goes to a descriptor; returns its length. */
static size_t
compose(const char *prefix, const char *text, size_t len,
    char out[LINE_SIZE + PREFIX_SIZE])
{
	size_t n = strlen(prefix);

	memcpy(out, prefix, n);
	memcpy(out + n, text, len);
	out[n + len] = '\n';
	return n + len + 1;
}

static bool
write_line(enum sg_log_level level, const char *text, int max_wait_ms)
{
	char out[LINE_SIZE + PREFIX_SIZE];
	struct prefixes prefixes;

	if (lg.target == SG_LOG_SYSLOG)
		return sg_log_syslog_send(LOG_MAIL | priority(level), text,
		    max_wait_ms);
	make_prefixes(&prefixes);
	return sg_log_fd_send(STDERR_FILENO, out,
	    compose(prefixes.of[level], text, strlen(text), out),
	    max_wait_ms);
}

static bool
tell_dropped(unsigned long n, int max_wait_ms)
{
	char text[160];

	snprintf(text, sizeof(text), "%s%lu log lines were dropped: the log "
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

static void
write_buffer(const struct buffer *b)
{
	char chunk[CHUNK_SIZE], line[LINE_SIZE + PREFIX_SIZE];
	struct prefixes prefixes;
	size_t n = 0, len;
	struct head head;

	make_prefixes(&prefixes);
	for (size_t at = 0; at < b->used; at += sizeof(head) + head.len + 1) {
		const char *text = b->bytes + at + sizeof(head);

		memcpy(&head, b->bytes + at, sizeof(head));
		if (lg.target == SG_LOG_SYSLOG) {
			(void)write_line(head.level, text, SG_LOG_FOREVER);
			continue;
		}
		len = compose(prefixes.of[head.level], text, head.len, line);
		if (n + len > sizeof(chunk)) {
			(void)sg_log_fd_send(STDERR_FILENO, chunk, n,
			    SG_LOG_FOREVER);
			n = 0;
		}
		memcpy(chunk + n, line, len);
		n += len;
	}
	if (n > 0)
		(void)sg_log_fd_send(STDERR_FILENO, chunk, n, SG_LOG_FOREVER);
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

/* Waits for lines: by looking while they were coming, then asleep. The first
   line after a pause is taken at once. Mutex held. */
static void
await_lines(void)
{
	for (int i = 0; i < LOOKS && !lg.stop; i++) {
		struct timespec until = in_ms(LOOK_MS);

		(void)pthread_cond_timedwait(&lg.more, &lg.mutex, &until);
		if (lg.fill->lines > 0)
			return;
	}
	lg.asleep = true;
	while (lg.fill->lines == 0 && !lg.stop)
		pthread_cond_wait(&lg.more, &lg.mutex);
	lg.asleep = false;
}

/* Takes what is there out; false: stop. Mutex held. */
static bool
take(unsigned long *dropped)
{
	struct buffer *full;

	if (lg.fill->lines == 0) {
		pthread_cond_broadcast(&lg.empty);
		await_lines();
	}
	if (lg.fill->lines == 0)
		return false;
	full = lg.fill;
	lg.fill = lg.drain;
	lg.drain = full;
	*dropped = lg.dropped - lg.told;
	lg.told = lg.dropped;
	return true;
}

static void *
drain(void *arg)
{
	unsigned long dropped;

	(void)arg;
	pthread_mutex_lock(&lg.mutex);
	while (take(&dropped)) {
		lg.writing = true;
		pthread_mutex_unlock(&lg.mutex);
		write_buffer(lg.drain);
		lg.drain->used = lg.drain->lines = 0;
		if (dropped > 0)
			(void)tell_dropped(dropped, SG_LOG_FOREVER);
		pthread_mutex_lock(&lg.mutex);
		lg.writing = false;
		/* The lines after this pause come together too. */
		if (!lg.stop && lg.fill->lines < HURRY_LINES) {
			struct timespec until = in_ms(LOOK_MS);

			(void)pthread_cond_timedwait(&lg.more, &lg.mutex,
			    &until);
		}
	}
	pthread_cond_broadcast(&lg.empty);
	pthread_mutex_unlock(&lg.mutex);
	return NULL;
}

/* A child of fork has its parent's buffers and locks in whatever state they were,
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

static struct buffer *
new_buffer(void)
{
	struct buffer *b = malloc(sizeof(*b));

	if (b != NULL)
		b->used = b->lines = 0;
	return b;
}

static void
free_buffers(void)
{
	free(lg.fill);
	free(lg.drain);
	lg.fill = lg.drain = NULL;
}

void
sg_log_start(void)
{
	sigset_t all, before;

	if (lg.fill != NULL)
		return;
	if (lg.owner == 0) {
		lg.owner = getpid();
		make_locks();
	}
	lg.fill = new_buffer();
	lg.drain = new_buffer();
	if (lg.fill == NULL || lg.drain == NULL) {
		free_buffers();
		return;
	}
	lg.stop = lg.asleep = false;
	lg.running = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&lg.thread, NULL, drain, NULL) != 0) {
		lg.running = false;
		free_buffers();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
sg_log_stop(int max_wait_ms)
{
	struct timespec until = in_ms(max_wait_ms);
	bool done;
	int error = 0;

	pthread_mutex_lock(&lg.mutex);
	if (!lg.running || lg.left) {
		pthread_mutex_unlock(&lg.mutex);
		return;
	}
	lg.stop = true;
	pthread_cond_signal(&lg.more);
	while ((lg.fill->lines > 0 || lg.writing) && error == 0)
		error = pthread_cond_timedwait(&lg.empty, &lg.mutex, &until);
	done = lg.fill->lines == 0 && !lg.writing;
	if (done)
		lg.running = false;
	lg.left = !done; /* the sink hangs: the thread has its buffers for good */
	pthread_mutex_unlock(&lg.mutex);
	if (!done) {
		pthread_detach(lg.thread);
		return;
	}
	pthread_join(lg.thread, NULL);
	pthread_mutex_lock(&lg.mutex);
	free_buffers();
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
	lg.running = lg.stop = lg.writing = lg.hangs = lg.left = false;
	free_buffers();
	lg.target = target == SG_LOG_AUTO ? find_target() : target;
	lg.max_level = max_level;
	snprintf(lg.role, sizeof(lg.role), "%.23s: ", role);
	lg.role_len = strlen(lg.role);
	sg_log_limit_init();
	if (lg.target == SG_LOG_SYSLOG)
		sg_log_syslog_open(lg.syslogd != NULL ? lg.syslogd : _PATH_LOG);
}

/* Mutex held, and there is room. */
static void
append(enum sg_log_level level, const char *text, size_t len)
{
	size_t role = lg.role_len;
	struct head head = { (uint16_t)(role + len), (uint8_t)level };
	struct buffer *b = lg.fill;
	char *to = b->bytes + b->used;
	size_t before = b->used;

	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	memcpy(to, lg.role, role);
	memcpy(to + role, text, len + 1);
	b->used += sizeof(head) + role + len + 1;
	b->lines++;
	if (lg.asleep || b->lines == HURRY_LINES ||
	    (b->used >= HURRY_BYTES && before < HURRY_BYTES)) {
		lg.asleep = false; /* woken once is enough */
		pthread_cond_signal(&lg.more);
	}
}

/* False: there is no thread to take it (any more). */
static bool
enqueue(enum sg_log_level level, const char *text, size_t len)
{
	bool running;

	pthread_mutex_lock(&lg.mutex);
	running = lg.running;
	if (running && (lg.fill->lines >= MAX_LINES ||
	    lg.fill->used + sizeof(struct head) + LINE_SIZE > BUFFER_SIZE))
		lg.dropped++;
	else if (running)
		append(level, text, len);
	pthread_mutex_unlock(&lg.mutex);
	return running;
}

/* Whether any of eight bytes is below 0x20, 0x7f, or above. */
static bool
is_odd(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t del = w ^ ones * 0x7f;

	return ((w | (w - ones * 0x20) | (del - ones)) & tops) != 0;
}

/* Whatever the format brought: one line is one line, and no terminal obeys
   it. The controls above 127 are UTF-8 here (U+0080 to U+009F). */
static void
scrub(char *text, size_t len)
{
	unsigned char *s = (unsigned char *)text, *end = s + len;
	uint64_t w;

	while (s < end) {
		if (end - s >= 8) {
			memcpy(&w, s, 8);
			if (!is_odd(w)) {
				s += 8;
				continue;
			}
		}
		if (*s < 0x20 || *s == 0x7f)
			*s = '?';
		else if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			s[0] = s[1] = '?';
		s++;
	}
}

static void
tell_left_out(char *text, size_t size, unsigned long n)
{
	char told[64];
	int len = snprintf(told, sizeof(told), " [%lu like this left out]", n);
	size_t at = strlen(text), room = size - 1 - (size_t)len;

	memcpy(text + (at < room ? at : room), told, (size_t)len + 1);
}

/* text has room for LINE_SIZE less the role. */
static void
log_text(enum sg_log_level level, char *text, size_t len)
{
	char whole[LINE_SIZE];

	scrub(text, len);
	if (lg.running && enqueue(level, text, len))
		return;
	snprintf(whole, sizeof(whole), "%s%s", lg.role, text);
	write_now(level, whole);
}

void
sg_log(enum sg_log_level level, const char *fmt, ...)
{
	char text[LINE_SIZE];
	size_t room = sizeof(text) - lg.role_len;
	unsigned long left_out = 0;
	va_list ap;

	if (level > lg.max_level)
		return;
	if (level <= SG_LOG_WARN &&
	    !sg_log_limit_admits(fmt, sg_mono_now(), &left_out))
		return;
	va_start(ap, fmt);
	vsnprintf(text, room, fmt, ap);
	va_end(ap);
	if (left_out > 0)
		tell_left_out(text, room, left_out);
	log_text(level, text, strlen(text));
}

void
sg_log_line(enum sg_log_level level, char *line, size_t len)
{
	size_t room = LINE_SIZE - lg.role_len;

	if (level > lg.max_level)
		return;
	if (len >= room) {
		len = room - 1;
		line[len] = '\0';
	}
	log_text(level, line, len);
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
