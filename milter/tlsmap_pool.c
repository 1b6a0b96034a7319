/* SPDX-License-Identifier: ISC */
/*
 * tlsmap_pool.c - the threads that wait for what is not known yet, so that the
 * loop never does.
 *
 * A thread is started when a question comes and none is idle, and stays. The
 * engine looks each next hop up once, however many threads ask for it; a slow
 * one costs those who wait for it, and a thread each.
 */
#include "tlsmap_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (256 * 1024)

void
sg_pool_init(struct sg_pool *p)
{
	memset(p, 0, sizeof(*p));
	sg_assert(pthread_mutex_init(&p->mutex, NULL) == 0);
	sg_assert(pthread_cond_init(&p->cond, NULL) == 0);
	TAILQ_INIT(&p->todo);
	TAILQ_INIT(&p->done);
}

/* --- a thread ----------------------------------------------------------------- */

static void
answer(struct sg_tlsmap *m, struct sg_tlsmap_job *job)
{
	char *room = malloc(SG_NETSTRING_HEAD + SG_MAPREPLY_MAX + 1), *begin;
	struct sg_tlsmap_words words = { .size = SG_MAPREPLY_MAX };

	if (room == NULL)
		return;
	words.data = room + SG_NETSTRING_HEAD;
	sg_tlsmap_answer_cold(m, &job->request, job->until, &words);
	begin = sg_netstring_wrap(words.data, words.len, &job->reply_len);
	memmove(room, begin, job->reply_len);
	job->reply = room;
}

static void *
work(void *arg)
{
	struct sg_tlsmap *m = arg;
	struct sg_pool *p = &m->pool;
	struct sg_tlsmap_job *job;

	pthread_mutex_lock(&p->mutex);
	while (!p->stop) {
		job = TAILQ_FIRST(&p->todo);
		if (job == NULL) {
			p->idle++;
			pthread_cond_wait(&p->cond, &p->mutex);
			p->idle--;
			continue;
		}
		TAILQ_REMOVE(&p->todo, job, link);
		p->n_todo--;
		pthread_mutex_unlock(&p->mutex);
		answer(m, job);
		pthread_mutex_lock(&p->mutex);
		TAILQ_INSERT_TAIL(&p->done, job, link);
		sg_tlsmap_wake(m);
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

/* Signals belong to the process's main thread and libmilter. Mutex held. */
static void
start_thread(struct sg_tlsmap *m)
{
	struct sg_pool *p = &m->pool;
	sigset_t all, before;
	pthread_attr_t attr;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&p->thread[p->threads], &attr, work, m) == 0)
		p->threads++;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- the loop's side ------------------------------------------------------------ */

static int
patience_ms(struct sg_tlsmap *m, enum sg_dialect dialect)
{
	struct sg_config *config = sg_tlsmap_config(m);
	int ms = (int)config->reply_deadline_ms;

	sg_config_unref(&config);
	if (dialect == SG_DIALECT_STS && ms > SG_TLSMAP_STS_MS)
		ms = SG_TLSMAP_STS_MS;
	return ms;
}

bool
sg_pool_give(struct sg_tlsmap *m, struct sg_conn *conn,
    const struct sg_map_request *request)
{
	struct sg_pool *p = &m->pool;
	struct sg_tlsmap_job *job = calloc(1, sizeof(*job));
	bool given;

	if (job == NULL)
		return false;
	job->request = *request;
	job->until.ms = sg_mono_now().ms + patience_ms(m, request->dialect);
	job->conn = conn;
	pthread_mutex_lock(&p->mutex);
	if (p->idle <= p->n_todo && p->threads < SG_TLSMAP_THREADS)
		start_thread(m);
	given = !p->stop && p->threads > 0 && p->jobs < SG_TLSMAP_MAX_WAITING;
	if (given) {
		TAILQ_INSERT_TAIL(&p->todo, job, link);
		p->n_todo++;
		p->jobs++;
		pthread_cond_signal(&p->cond);
	}
	pthread_mutex_unlock(&p->mutex);
	if (given)
		conn->job = job;
	else
		free(job);
	return given;
}

struct sg_tlsmap_job *
sg_pool_done(struct sg_pool *p)
{
	struct sg_tlsmap_job *job;

	pthread_mutex_lock(&p->mutex);
	job = TAILQ_FIRST(&p->done);
	if (job != NULL) {
		TAILQ_REMOVE(&p->done, job, link);
		p->jobs--;
	}
	pthread_mutex_unlock(&p->mutex);
	return job;
}

void
sg_pool_free_job(struct sg_tlsmap_job **jp)
{
	struct sg_tlsmap_job *job = *jp;

	*jp = NULL;
	if (job == NULL)
		return;
	free(job->reply);
	free(job);
}

void
sg_pool_fini(struct sg_pool *p)
{
	struct sg_tlsmap_job *job;

	pthread_mutex_lock(&p->mutex);
	p->stop = true;
	pthread_cond_broadcast(&p->cond);
	pthread_mutex_unlock(&p->mutex);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	while ((job = TAILQ_FIRST(&p->todo)) != NULL) {
		TAILQ_REMOVE(&p->todo, job, link);
		sg_pool_free_job(&job);
	}
	while ((job = sg_pool_done(p)) != NULL)
		sg_pool_free_job(&job);
	pthread_cond_destroy(&p->cond);
	pthread_mutex_destroy(&p->mutex);
}
