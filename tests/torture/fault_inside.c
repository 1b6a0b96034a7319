/* SPDX-License-Identifier: ISC */
/*
 * fault_inside.c - memory that the libraries ask for themselves. --wrap does
 * not reach into a shared library, but a malloc() of the program does: it comes
 * before libc's. Who calls is told by the address to return to, so that one way
 * does for all, those too that have no hooks: libunbound and what it is built
 * on, libmilter, libc's own fopen().
 */
#include <sys/mman.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "torture/fault.h"

#define MAX_OBJECTS 80

static struct object {
	char *name; /* of its file, without the directory */
	uintptr_t base, from, to; /* of its code */
	uint32_t build; /* tells builds apart */
	bool is_library;
} objects[MAX_OBJECTS];
static unsigned n_objects;
static atomic_uint *failed; /* by object, in all processes */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
/* Where a sanitizer looks after the heap. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t size) __attribute__((weak));

static const struct object *
object_of(uintptr_t at)
{
	for (unsigned i = 0; i < n_objects; i++)
		if (at >= objects[i].from && at < objects[i].to)
			return &objects[i];
	return NULL;
}

#ifndef __SANITIZE_THREAD__ /* TSan needs malloc() before it has begun itself:
				there nothing fails inside */
static bool
fails(void *caller)
{
	const struct object *o;

	if (!fault_is_planned(FAULT_INSIDE))
		return false;
	o = object_of((uintptr_t)caller);
	if (o == NULL || !o->is_library || !fault_is_due(FAULT_INSIDE))
		return false;
	atomic_fetch_add(&failed[o - objects], 1);
	errno = ENOMEM;
	return true;
}

#define FAILS() fails(__builtin_return_address(0))

void *
malloc(size_t size)
{
	if (FAILS())
		return NULL;
	return __interceptor_malloc != NULL ? __interceptor_malloc(size)
					    : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	if (FAILS())
		return NULL;
	return __interceptor_calloc != NULL ? __interceptor_calloc(n, size)
					    : __libc_calloc(n, size);
}

static void *
resize(void *p, size_t size)
{
	return __interceptor_realloc != NULL ? __interceptor_realloc(p, size)
					     : __libc_realloc(p, size);
}

void *
realloc(void *p, size_t size)
{
	return FAILS() ? NULL : resize(p, size);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (FAILS())
		return NULL;
	if (!__builtin_mul_overflow(n, size, &all))
		return resize(p, all);
	errno = ENOMEM;
	return NULL;
}

static char *
copy(const char *s, size_t len)
{
	char *new = malloc(len + 1);

	if (new == NULL)
		return NULL;
	memcpy(new, s, len);
	new[len] = '\0';
	return new;
}

#undef strdup
char *
strdup(const char *s)
{
	return FAILS() ? NULL : copy(s, strlen(s));
}

#undef strndup
char *
strndup(const char *s, size_t n)
{
	return FAILS() ? NULL : copy(s, strnlen(s, n));
}
#endif

/* --- objects -------------------------------------------------------------- */

/* Of the first page, where its build-id is. */
static uint32_t
build_of(uintptr_t base)
{
	const unsigned char *page = (const unsigned char *)base;
	uint32_t sum = 2166136261u;

	for (int i = 0; i < 4096; i++)
		sum = (sum ^ page[i]) * 16777619u;
	return sum;
}

/* Of the loader, and of a sanitizer, nothing fails: they are no libraries that
   we use. A sanitizer asks libc for each thread's stack and dies if it cannot
   tell. */
static bool
is_library(const char *name)
{
	static const char *const others[] = { "ld-", "ld.", "linux-vdso",
		"libasan", "libtsan", "libubsan", "liblsan" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	return __interceptor_malloc == NULL || strncmp(name, "libc.", 5) != 0;
}

/* A line of /proc/self/maps; an object's first is that of its beginning. */
static void
note_mapping(const char *line, const char *program)
{
	static uintptr_t base;
	uintptr_t from, to, offset;
	char mode[5], path[4096] = "";
	char *name;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %" SCNxPTR
	    " %*s %*s %4095s", &from, &to, mode, &offset, path) != 5 ||
	    path[0] != '/')
		return;
	if (offset == 0)
		base = from;
	if (mode[2] != 'x')
		return;
	if (n_objects == MAX_OBJECTS || (name = strdup(strrchr(path, '/') +
	    1)) == NULL)
		abort();
	objects[n_objects++] = (struct object) { name, base, from, to,
		build_of(base), strcmp(path, program) != 0 &&
		is_library(name) };
}

static void
note_objects(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4300], program[4096] = "";

	if (f == NULL || readlink("/proc/self/exe", program,
	    sizeof(program) - 1) < 0)
		abort();
	while (fgets(line, sizeof(line), f) != NULL)
		note_mapping(line, program);
	fclose(f);
}

void
fault_setup_inside(void)
{
	failed = mmap(NULL, sizeof(*failed) * MAX_OBJECTS,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (failed == MAP_FAILED)
		abort();
	note_objects();
}

bool
fault_place(uintptr_t at, struct fault_place *out)
{
	const struct object *o = object_of(at);

	if (o == NULL)
		return false;
	*out = (struct fault_place) { o->name, o->is_library, o->build,
		at - o->base };
	return true;
}

void
fault_say_inside(void)
{
	for (unsigned i = 0; i < n_objects; i++)
		if (atomic_load(&failed[i]) > 0)
			printf("  refused inside %s: %u\n", objects[i].name,
			    atomic_load(&failed[i]));
}
