/* SPDX-License-Identifier: ISC */
/*
 * many.c - see many.h.
 *
 * Threads take the next name each; the main thread prints. Nobody runs more
 * than WINDOW names ahead of what is printed, so that memory stays small
 * however slow one name is.
 */
#include "many.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "asker.h"

#define THREADS 8
#define WINDOW 256

struct answer {
	bool done;
	int status;
	char *text;
	size_t len;
};

struct run {
	const struct sg_many *many;
	/* The mutex guards all below; answers are a ring of WINDOW. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t taken, printed;
	struct answer answers[WINDOW];
};

static void
ask(struct run *r, size_t i, struct answer *a)
{
	FILE *out = open_memstream(&a->text, &a->len);

	a->status = EX_OSERR;
	if (out == NULL)
		return;
	a->status = r->many->ask(r->many->arg, r->many->names->name[i], out);
	(void)fclose(out);
}

static void *
work(void *arg)
{
	struct run *r = arg;
	size_t i;

	pthread_mutex_lock(&r->mutex);
	while (r->taken < r->many->names->n) {
		struct answer a = { .done = true };

		if (r->taken >= r->printed + WINDOW) {
			pthread_cond_wait(&r->changed, &r->mutex);
			continue;
		}
		i = r->taken++;
		pthread_mutex_unlock(&r->mutex);
		ask(r, i, &a);
		pthread_mutex_lock(&r->mutex);
		r->answers[i % WINDOW] = a;
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->mutex);
	return NULL;
}

static void
count(const struct sg_many *many, size_t done)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %zu of %zu", many->what, done,
		    many->names->n);
}

static void
print(const struct sg_many *many, const struct answer *a, size_t done)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (a->text != NULL)
		(void)fwrite(a->text, 1, a->len, stdout);
	(void)fflush(stdout);
	if (done < many->names->n)
		count(many, done);
}

static int
print_in_order(struct run *r)
{
	int status = 0;

	pthread_mutex_lock(&r->mutex);
	while (r->printed < r->many->names->n) {
		struct answer *slot = &r->answers[r->printed % WINDOW], a;

		if (!slot->done) {
			pthread_cond_wait(&r->changed, &r->mutex);
			continue;
		}
		a = *slot;
		*slot = (struct answer) { .done = false };
		r->printed++;
		pthread_cond_broadcast(&r->changed);
		pthread_mutex_unlock(&r->mutex);
		print(r->many, &a, r->printed);
		free(a.text);
		status = sg_asker_worse(status, a.status);
		pthread_mutex_lock(&r->mutex);
	}
	pthread_mutex_unlock(&r->mutex);
	return status;
}

static int
run_threads(struct run *r)
{
	pthread_t threads[THREADS];
	size_t n = 0;
	int status;

	while (n < THREADS && n < r->many->names->n &&
	    pthread_create(&threads[n], NULL, work, r) == 0)
		n++;
	if (n == 0)
		return EX_OSERR;
	count(r->many, 0);
	status = print_in_order(r);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	return status;
}

int
sg_many_run(const struct sg_many *many)
{
	struct run *r;
	int status;

	if (many->names->n == 1)
		return many->ask(many->arg, many->names->name[0], stdout);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return EX_OSERR;
	r->many = many;
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->changed, NULL);
	status = run_threads(r);
	free(r);
	return status;
}
