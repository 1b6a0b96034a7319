/* SPDX-License-Identifier: ISC */
/* fault.c - see fault.h. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include "torture/fault.h"

const char *const fault_names[FAULT_KINDS] = { "memory", "file", "network",
	"thread", "disk", "library", "inside" };

/* Shared with the processes that a scenario forks, a new one each. */
static struct plan {
	atomic_int kind; /* -1: none */
	atomic_uint calls, nth;
	atomic_bool forever, happened;
} *plan;
static _Thread_local int armed;
static atomic_bool all_armed;

void
fault_plan(enum fault_kind kind, unsigned n, bool all_behind)
{
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plan == MAP_FAILED)
		abort();
	atomic_store(&plan->calls, 0);
	atomic_store(&plan->nth, n);
	atomic_store(&plan->forever, all_behind);
	atomic_store(&plan->happened, false);
	atomic_store(&plan->kind, (int)kind);
}

void
fault_arm(void)
{
	armed++;
}

void
fault_disarm(void)
{
	armed--;
}

void
fault_arm_all(void)
{
	all_armed = true;
}

void
fault_end(void)
{
	atomic_store(&plan->kind, -1);
}

unsigned
fault_count(void)
{
	return atomic_load(&plan->calls);
}

bool
fault_happened(void)
{
	return atomic_load(&plan->happened);
}

bool
fault_is_forever(void)
{
	return atomic_load(&plan->forever);
}

bool
fault_is_planned(enum fault_kind kind)
{
	return plan != NULL && atomic_load(&plan->kind) == (int)kind;
}

bool
fault_is_due(enum fault_kind kind)
{
	unsigned n, k;

	if ((armed <= 0 && !all_armed) || !fault_is_planned(kind))
		return false;
	k = atomic_load(&plan->nth);
	n = atomic_fetch_add(&plan->calls, 1) + 1;
	if (n != k && !(n > k && atomic_load(&plan->forever)))
		return false;
	atomic_store(&plan->happened, true);
	return true;
}

static bool
fails(enum fault_kind kind)
{
	return fault_is_due(kind);
}

static bool
fails_with(enum fault_kind kind, int error)
{
	if (!fails(kind))
		return false;
	errno = error;
	return true;
}

/* --- memory --------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **out, const char *fmt, va_list ap);
int __real_vasprintf(char **out, const char *fmt, va_list ap);
int __wrap_asprintf(char **out, const char *fmt, ...);

void *
__wrap_malloc(size_t size)
{
	return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails_with(FAULT_MEMORY, ENOMEM) ? NULL
						: __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails_with(FAULT_MEMORY, ENOMEM) ? NULL
						: __real_realloc(p, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails_with(FAULT_MEMORY, ENOMEM)
	    ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : __real_strndup(s, n);
}

int
__wrap_vasprintf(char **out, const char *fmt, va_list ap)
{
	return fails_with(FAULT_MEMORY, ENOMEM)
	    ? -1 : __real_vasprintf(out, fmt, ap);
}

int
__wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(out, fmt, ap);
	va_end(ap);
	return n;
}

/* What becomes of asprintf() and vasprintf() with _FORTIFY_SOURCE. */
int __real___vasprintf_chk(char **out, int flag, const char *fmt, va_list ap);
int __wrap___vasprintf_chk(char **out, int flag, const char *fmt, va_list ap);
int __wrap___asprintf_chk(char **out, int flag, const char *fmt, ...);

int
__wrap___vasprintf_chk(char **out, int flag, const char *fmt, va_list ap)
{
	return fails_with(FAULT_MEMORY, ENOMEM)
	    ? -1 : __real___vasprintf_chk(out, flag, fmt, ap);
}

int
__wrap___asprintf_chk(char **out, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap___vasprintf_chk(out, flag, fmt, ap);
	va_end(ap);
	return n;
}

/* --- files ---------------------------------------------------------------- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buf, size_t n);
ssize_t __wrap_read(int fd, void *buf, size_t n);
ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails_with(FAULT_FILE, EMFILE) ? -1
					      : __real_open(path, flags, mode);
}

ssize_t
__wrap_read(int fd, void *buf, size_t n)
{
	return fails_with(FAULT_FILE, EIO) ? -1 : __real_read(fd, buf, n);
}

ssize_t
__wrap_write(int fd, const void *buf, size_t n)
{
	return fails_with(FAULT_FILE, ENOSPC) ? -1 : __real_write(fd, buf, n);
}

int
__wrap_fsync(int fd)
{
	return fails_with(FAULT_FILE, EIO) ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails_with(FAULT_FILE, EROFS) ? -1 : __real_rename(from, to);
}

int
__wrap_unlink(const char *path)
{
	return fails_with(FAULT_FILE, EROFS) ? -1 : __real_unlink(path);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	return fails_with(FAULT_FILE, EACCES) ? -1 : __real_stat(path, st);
}

int
__wrap_lstat(const char *path, struct stat *st)
{
	return fails_with(FAULT_FILE, EACCES) ? -1 : __real_lstat(path, st);
}

FILE *
__wrap_fopen(const char *path, const char *mode)
{
	return fails_with(FAULT_FILE, EMFILE) ? NULL
					      : __real_fopen(path, mode);
}

int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);
ssize_t __real_pread(int fd, void *buf, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t n, off_t at);
ssize_t __real_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t n, off_t at);
size_t __real_fwrite(const void *buf, size_t size, size_t n, FILE *f);
size_t __wrap_fwrite(const void *buf, size_t size, size_t n, FILE *f);
int __real_fflush(FILE *f);
int __wrap_fflush(FILE *f);
int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);

int
__wrap_memfd_create(const char *name, unsigned flags)
{
	return fails_with(FAULT_FILE, EMFILE)
	    ? -1 : __real_memfd_create(name, flags);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t n, off_t at)
{
	return fails_with(FAULT_FILE, EIO) ? -1 : __real_pread(fd, buf, n, at);
}

/* A disk that is getting full takes half of it. */
ssize_t
__wrap_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return __real_pwrite(fd, buf, fails(FAULT_FILE) ? n / 2 : n, at);
}

size_t
__wrap_fwrite(const void *buf, size_t size, size_t n, FILE *f)
{
	return fails_with(FAULT_FILE, ENOSPC) ? 0
					      : __real_fwrite(buf, size, n, f);
}

int
__wrap_fflush(FILE *f)
{
	return fails_with(FAULT_FILE, ENOSPC) ? EOF : __real_fflush(f);
}

/* Closed it is all the same. */
int
__wrap_fclose(FILE *f)
{
	bool fails_now = fails(FAULT_FILE);
	int rc = __real_fclose(f);

	if (!fails_now)
		return rc;
	errno = ENOSPC;
	return EOF;
}

/* --- network -------------------------------------------------------------- */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __real_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);
ssize_t __real_send(int fd, const void *buf, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t n, int flags);
ssize_t __real_recv(int fd, void *buf, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags);
int __real___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size);
int __wrap___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size);
int __real_eventfd(unsigned initial, int flags);
int __wrap_eventfd(unsigned initial, int flags);

int
__wrap_socket(int domain, int type, int protocol)
{
	return fails_with(FAULT_NETWORK, EMFILE)
	    ? -1 : __real_socket(domain, type, protocol);
}

int
__wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return fails_with(FAULT_NETWORK, ENETUNREACH)
	    ? -1 : __real_connect(fd, sa, len);
}

int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	/* Of nothing it is a sleep, which needs no memory. */
	if (n == 0 || !fails_with(FAULT_NETWORK, ENOMEM))
		return __real_poll(p, n, ms);
	/* What poll(2) leaves alone when it fails. */
	return -1;
}

int
__wrap___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size)
{
	if (n == 0 || !fails_with(FAULT_NETWORK, ENOMEM))
		return __real___poll_chk(p, n, ms, size);
	return -1;
}

ssize_t
__wrap_send(int fd, const void *buf, size_t n, int flags)
{
	return fails_with(FAULT_NETWORK, ENOBUFS)
	    ? -1 : __real_send(fd, buf, n, flags);
}

ssize_t
__wrap_recv(int fd, void *buf, size_t n, int flags)
{
	return fails_with(FAULT_NETWORK, ECONNRESET)
	    ? -1 : __real_recv(fd, buf, n, flags);
}

int
__wrap_eventfd(unsigned initial, int flags)
{
	return fails_with(FAULT_NETWORK, EMFILE)
	    ? -1 : __real_eventfd(initial, flags);
}

int __real_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __real_socketpair(int domain, int type, int protocol, int fds[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fds[2]);
int __real_bind(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *sa, socklen_t len);
int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);

int
__wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	return fails_with(FAULT_NETWORK, EMFILE)
	    ? -1 : __real_accept4(fd, sa, len, flags);
}

int
__wrap_socketpair(int domain, int type, int protocol, int fds[2])
{
	return fails_with(FAULT_NETWORK, EMFILE)
	    ? -1 : __real_socketpair(domain, type, protocol, fds);
}

int
__wrap_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	return fails_with(FAULT_NETWORK, EACCES) ? -1
						 : __real_bind(fd, sa, len);
}

int
__wrap_listen(int fd, int backlog)
{
	return fails_with(FAULT_NETWORK, EADDRINUSE)
	    ? -1 : __real_listen(fd, backlog);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return fails_with(FAULT_NETWORK, ENOBUFS)
	    ? -1 : __real_sendmsg(fd, m, flags);
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	return fails_with(FAULT_NETWORK, ENOMEM)
	    ? -1 : __real_recvmsg(fd, m, flags);
}

/* --- threads and processes ------------------------------------------------ */

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t
__wrap_fork(void)
{
	return fails_with(FAULT_THREAD, EAGAIN) ? -1 : __real_fork();
}

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*main)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*main)(void *), void *arg);

struct start {
	void *(*main)(void *);
	void *arg;
};

static void *
armed_main(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	armed = 1;
	return start.main(start.arg);
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*main)(void *), void *arg)
{
	struct start *start;

	if (fails(FAULT_THREAD))
		return EAGAIN;
	if (armed <= 0)
		return __real_pthread_create(t, attr, main, arg);
	start = __real_malloc(sizeof(*start));
	if (start == NULL)
		return EAGAIN;
	*start = (struct start) { main, arg };
	return __real_pthread_create(t, attr, armed_main, start);
}

/* --- setup ---------------------------------------------------------------- */

void
fault_setup(void)
{
	fault_setup_inside();
	fault_setup_sqlite();
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
}
