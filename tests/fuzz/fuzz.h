/* SPDX-License-Identifier: ISC */
/*
 * fuzz.h - what the fuzz pages share. A page is one file, fuzz_NAME.c, with
 * one LLVMFuzzerTestOneInput(): libFuzzer brings its own main(), drive.c is
 * the one for a build without it and for AFL++. Its samples are in
 * corpus/NAME/, each named for what it is, its words in dict/NAME.dict.
 *
 * A page does more than not crash: fuzz_hold() states what must be true of
 * whatever comes out.
 */
#ifndef SG_TESTS_FUZZ_H
#define SG_TESTS_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_hold(e) \
	((e) ? (void)0 : fuzz_broken(#e, __FILE__, __LINE__))

/* Said where an input was good for something: of a page whose own samples are
   all refused, `make check' says that it tries nothing (drive.c). */
__attribute__((weak)) unsigned long fuzz_taken_count;
#define fuzz_taken() ((void)fuzz_taken_count++)

__attribute__((noreturn)) static inline void
fuzz_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* Numbers and texts taken off the front of the input; zeros when it is at its
   end. */
struct fuzz_bytes {
	const uint8_t *p;
	size_t n;
};

static inline uint64_t
fuzz_number(struct fuzz_bytes *b, unsigned width)
{
	uint64_t v = 0;

	for (; width > 0 && b->n > 0; width--, b->p++, b->n--)
		v = v << 8 | *b->p;
	return v;
}

/* A number below n. */
static inline unsigned
fuzz_below(struct fuzz_bytes *b, unsigned n)
{
	return (unsigned)fuzz_number(b, n > 256 ? 2 : 1) % n;
}

/* The next len octets, or what is left. */
static inline struct fuzz_bytes
fuzz_take(struct fuzz_bytes *b, size_t len)
{
	struct fuzz_bytes part = { b->p, len < b->n ? len : b->n };

	b->p += part.n;
	b->n -= part.n;
	return part;
}

/* Up to the next sep, which goes too; else all that is left. */
static inline struct fuzz_bytes
fuzz_part(struct fuzz_bytes *b, char sep)
{
	const uint8_t *at = b->n > 0 ? memchr(b->p, sep, b->n) : NULL;
	struct fuzz_bytes part;

	if (at == NULL)
		return fuzz_take(b, b->n);
	part = fuzz_take(b, (size_t)(at - b->p));
	(void)fuzz_take(b, 1);
	return part;
}

/* The part as a C string in out, cut at a NUL and to fit. */
static inline const char *
fuzz_string(struct fuzz_bytes part, char *out, size_t size)
{
	size_t n = part.n < size - 1 ? part.n : size - 1;

	if (n > 0)
		memcpy(out, part.p, n);
	out[n] = '\0';
	return out;
}

/* The same on the heap, as long as it is: AddressSanitizer sees its end. */
static inline char *
fuzz_heap_string(struct fuzz_bytes part)
{
	char *s = malloc(part.n + 1);

	if (s == NULL)
		abort();
	fuzz_string(part, s, part.n + 1);
	return s;
}

/* Only 0x20 to 0x7e: fit for a reply, a header field or a line of the log. */
static inline bool
fuzz_is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}
#endif
