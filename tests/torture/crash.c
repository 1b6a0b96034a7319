/* SPDX-License-Identifier: ISC */
/* crash.c - see crash.h. */
#include <sys/mman.h>
#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "torture/crash.h"
#include "torture/fault.h"

#define MAX_FRAMES 40
#define SAID 5 /* frames that are told */

/* Debian 12, amd64. A place is where the call that killed would have returned
   to, or what read a null pointer. */
static const struct {
	const char *object;
	uint32_t build;
	uintptr_t offset;
	const char *what;
} known[] = {
	{ "libgmp.so.10.4.1", 0xcca7d11c, 0xc945,
	    "6.2.1, __gmp_default_allocate() aborts (DNSSEC signatures)" },
	{ "libgnutls.so.30.34.3", 0x6abf10d0, 0x1626ed,
	    "3.7.9, what it gives GMP for realloc() aborts" },
	{ "libunbound.so.8.1.21", 0x0ab472f9, 0x25606,
	    "1.17.1, iterator.c, processQueryTargets(): nxns_dp unchecked" },
	{ "libunbound.so.8.1.21", 0x0ab472f9, 0x21925,
	    "1.17.1, iterator.c, iter_clear(): nxns_dp unchecked" },
	{ "libunbound.so.8.1.21", 0x0ab472f9, 0x3acf4,
	    "1.17.1, ub_ctx_delete(): modules that were not made" },
	{ "libunbound.so.8.1.21", 0x0ab472f9, 0x5d520,
	    "1.17.1, rrset_cache_create(): a table that was not made" },
	{ "libcrypto.so.3", 0x7607502c, 0x23fac9,
	    "3.0.19, EVP_MAC_fetch(): a lock that was not made is taken" },
};

/* By the process that dies, for its parent. */
struct report {
	int signal; /* 0: exit() */
	unsigned n;
	uintptr_t at[MAX_FRAMES];
};
static struct report *reports, *mine;
static pid_t who;
static bool over;

/* What libc does between the cause and its end is nobody's place: raise(),
   memcpy(), the way into the handler. */
static bool
is_libc(const struct fault_place *p)
{
	return strncmp(p->object, "libc.so", 7) == 0 ||
	    strncmp(p->object, "libc-", 5) == 0 ||
	    strncmp(p->object, "ld-", 3) == 0 ||
	    strncmp(p->object, "libasan", 7) == 0 ||
	    strncmp(p->object, "libtsan", 7) == 0;
}

/* The way from the cause into this function: handlers of ours, and of libc or a
   sanitizer those who called them. */
static int
skip_handlers(void *const *frames, int n)
{
	struct fault_place p;
	bool seen = false;

	for (int i = 0; i < n; i++) {
		if (!fault_place((uintptr_t)frames[i], &p))
			return i;
		if (!p.is_library && !is_libc(&p)) {
			if (seen)
				return i;
			continue;
		}
		if (!is_libc(&p))
			return i;
		seen = seen || i > 0;
	}
	return n;
}

static void
leave_word(int sig)
{
	void *frames[MAX_FRAMES];
	int n;

	/* Whom it forked may die as ever: the default is in place again. */
	if (getpid() != who)
		return;
	n = backtrace(frames, MAX_FRAMES);
	mine->signal = sig;
	mine->n = 0;
	for (int i = skip_handlers(frames, n); i < n; i++)
		mine->at[mine->n++] = (uintptr_t)frames[i];
	_exit(CRASH_STATUS);
}

/* AddressSanitizer's word comes before any signal. */
void __asan_on_error(void);
void
__asan_on_error(void)
{
	if (mine != NULL)
		leave_word(SIGABRT);
}

static void
on_exit_of_somebody(void)
{
	if (!over)
		leave_word(0);
}

void
crash_setup(unsigned n)
{
	void *frame;

	reports = mmap(NULL, sizeof(*reports) * n, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (reports == MAP_FAILED)
		abort();
	/* Loads what it needs the first time, which takes memory. */
	(void)backtrace(&frame, 1);
}

void
crash_catch(unsigned report)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGABRT };
	static char stack[256 * 1024];
	struct sigaction sa = { .sa_handler = leave_word,
		.sa_flags = SA_ONSTACK | SA_RESETHAND };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	(void)sigaltstack(&ss, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &sa, NULL);
	(void)atexit(on_exit_of_somebody);
	who = getpid();
	mine = &reports[report];
	mine->n = 0;
}

void
crash_is_over(void)
{
	over = true;
}

static const char *
what_is_known(const struct fault_place *p, bool *build_is_r)
{
	const char *what = NULL;

	*build_is_r = false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].build != p->build ||
		    strcmp(known[i].object, p->object) != 0)
			continue;
		*build_is_r = true;
		if (known[i].offset == p->offset)
			what = known[i].what;
	}
	return what;
}

static size_t
say_frames(const struct report *r, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, r->signal == 0
		? "exit()" : "signal %d", r->signal);
	struct fault_place p;

	for (unsigned i = 0; i < r->n && i < SAID && len < size; i++)
		len += (size_t)(fault_place(r->at[i], &p)
		    ? snprintf(text + len, size - len, "%s %s+0x%zx",
			i == 0 ? " at" : " <", p.object, (size_t)p.offset)
		    : snprintf(text + len, size - len, " < ?"));
	return len < size ? len : size;
}

bool
crash_is_theirs(unsigned report, char *text, size_t size)
{
	const struct report *r = &reports[report];
	size_t len = say_frames(r, text, size);
	struct fault_place at, caller;
	const char *what;
	bool listed_build;

	if (r->n < 2 || !fault_place(r->at[0], &at) || !at.is_library)
		return false;
	what = what_is_known(&at, &listed_build);
	if (what != NULL) {
		(void)snprintf(text, size, "%s+0x%zx: %s", at.object,
		    (size_t)at.offset, what);
		return true;
	}
	(void)snprintf(text + len, size - len, " (build %08x)", at.build);
	return !listed_build && fault_place(r->at[1], &caller) &&
	    caller.is_library;
}

/* --- leaks ---------------------------------------------------------------- */

/* What libraries are known to forget, by size where we hold things of theirs
   too. */
static const struct {
	const char *object, *size;
} leaky[] = {
	/* 1.17.1: an answer that could not be copied whole; ours are contexts,
	   which the other kinds of faults look after */
	{ "/libunbound.so.", "" },
	/* 3.0.19: a row of the names of algorithms, once a process */
	{ "/libcrypto.so.", " 16 byte(s)" },
};

/* The frames of a leak begin with the sanitizer's, and ours that calls it. */
static bool
is_leak_theirs(const char *said)
{
	size_t len = strcspn(said, "\n");
	const char *frames = said + len + (said[len] != '\0');

	while (strstr(frames, "    #") == frames) {
		len = strcspn(frames, "\n");
		if (memmem(frames, len, "__interceptor", 13) == NULL &&
		    memmem(frames, len, "fault_inside.c", 14) == NULL)
			break;
		frames += len + (frames[len] != '\0');
	}
	len = strcspn(frames, "\n");
	for (size_t i = 0; i < sizeof(leaky) / sizeof(leaky[0]); i++)
		if (strncmp(said, leaky[i].size, strlen(leaky[i].size)) == 0 &&
		    memmem(frames, len, leaky[i].object,
		    strlen(leaky[i].object)) != NULL)
			return true;
	return false;
}

bool
crash_leaks_are_theirs(int words)
{
	static char text[512 * 1024];
	const char *at = text;
	ssize_t n = pread(words, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	while ((at = strstr(at, "Direct leak of")) != NULL) {
		at += strlen("Direct leak of");
		if (!is_leak_theirs(at))
			return false;
	}
	return true;
}
