/* SPDX-License-Identifier: ISC */
/*
 * log_limit.c - see log_limit.h.
 *
 * A fixed table by address: there are fewer warnings in the source than
 * places. Who finds none is not limited.
 */
#include "base/log_limit.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define KINDS 512
#define TRIES 16

struct kind {
	const char *format; /* NULL = free */
	struct sg_mono since;
	unsigned n;
	unsigned long left_out;
};

/* The mutex guards the kinds. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[KINDS];

void
sg_log_limit_init(void)
{
	pthread_mutex_init(&mutex, NULL);
	memset(kinds, 0, sizeof(kinds));
}

static struct kind *
find(const char *format, struct sg_mono now)
{
	size_t at = (uintptr_t)format / 8 % KINDS;

	for (int i = 0; i < TRIES; i++) {
		struct kind *k = &kinds[(at + (size_t)i) % KINDS];

		if (k->format == NULL) {
			k->format = format;
			k->since = now;
		}
		if (k->format == format)
			return k;
	}
	return NULL;
}

static bool
admits(struct kind *k, struct sg_mono now, unsigned long *left_out)
{
	if (now.ms - k->since.ms >= SG_LOG_LIMIT_MS) {
		*left_out = k->left_out;
		k->left_out = 0;
		k->n = 0;
		k->since = now;
	}
	if (k->n < SG_LOG_LIMIT_LINES) {
		k->n++;
		return true;
	}
	k->left_out++;
	return false;
}

bool
sg_log_limit_admits(const char *kind, struct sg_mono now,
    unsigned long *left_out)
{
	struct kind *k;
	bool yes;

	*left_out = 0;
	pthread_mutex_lock(&mutex);
	k = find(kind, now);
	yes = k == NULL || admits(k, now, left_out);
	pthread_mutex_unlock(&mutex);
	return yes;
}
