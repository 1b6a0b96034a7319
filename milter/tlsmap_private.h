/* SPDX-License-Identifier: ISC */
/*
 * tlsmap_private.h - what the files of the map share: tlsmap.c (the loop and
 * its listeners), tlsmap_conn.c (a connection), tlsmap_answer.c (from a
 * question to words), tlsmap_pool.c (the threads that wait).
 */
#ifndef SG_TLSMAP_PRIVATE_H
#define SG_TLSMAP_PRIVATE_H
#include <sys/queue.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include "netstring.h"
#include "tlsmap.h"

/* Connections: Postfix keeps one for each smtp(8) process. */
#define SG_TLSMAP_MAX_CONNS 512
/* One question at least, whatever its length. */
#define SG_TLSMAP_IN_SIZE (SG_MAPREQUEST_MAX + 16)
/* One answer at least, and room for many short ones behind it. */
#define SG_TLSMAP_OUT_SIZE (SG_MAPREPLY_MAX + 16384)
#define SG_TLSMAP_FRAME_MS 10000 /* from a question's first octet to its last,
				    and for the client to take an answer */
#define SG_TLSMAP_IDLE_MS 600000 /* Postfix closes after 10 s, Sendmail when
				    it ends */
/* Sendmail waits 5 s (-d5), Postfix 100 s. */
#define SG_TLSMAP_STS_MS 4000
#define SG_TLSMAP_THREADS 96
#define SG_TLSMAP_MAX_WAITING 400 /* questions that threads have or will have */

/* An answer in octets: data points into room that a netstring can be made
   in. */
struct sg_tlsmap_words {
	char *data;
	size_t len, size;
};

/* A question that has to wait. */
struct sg_tlsmap_job {
	TAILQ_ENTRY(sg_tlsmap_job) link;
	struct sg_map_request request;
	struct sg_mono until;
	struct sg_conn *conn; /* the loop's; NULL: it is gone */
	char *reply;          /* malloc'ed; NULL: no memory */
	size_t reply_len;
};
TAILQ_HEAD(sg_tlsmap_jobs, sg_tlsmap_job);

struct sg_pool {
	pthread_mutex_t mutex;
	/* all below */
	pthread_cond_t cond;
	struct sg_tlsmap_jobs todo, done;
	unsigned n_todo, jobs; /* jobs: to do, under way or done */
	unsigned threads, idle;
	bool stop;
	pthread_t thread[SG_TLSMAP_THREADS];
};

struct sg_conn {
	TAILQ_ENTRY(sg_conn) link; /* in order of their last word */
	struct sg_tlsmap *map;
	struct event readable, writable;
	int fd;
	struct sg_tlsmap_job *job; /* what is asked, and waits; no reading then */
	struct sg_mono spoke;      /* the last word */
	struct sg_mono began;      /* a part of a question is there; 0: none */
	char *unsent;              /* malloc'ed: what the client did not take */
	size_t sent, unsent_len;
	size_t in_len;
	char in[SG_TLSMAP_IN_SIZE];
};
TAILQ_HEAD(sg_conns, sg_conn);

struct sg_tlsmap {
	struct sg_engine *engine;
	pthread_t thread;
	struct sg_pool pool;
	int wake_fd; /* eventfd: a job is done, or `draining', `stop' changed */
	atomic_bool draining, stop;
	/* Relaxed; each is written by few and read by who wants figures. */
	atomic_ulong answers[SG_DIALECTS][SG_MAP_WORDS];
	atomic_ulong pinned, waited, bad_frames, pushed_out;
	atomic_uint n_conns;
	/* The mutex guards config. */
	pthread_mutex_t mutex;
	struct sg_config *config;
	/* The loop's own. */
	struct event_base *base;
	struct event *wake, *sweep, *resume, **listeners;
	unsigned n_listeners;
	bool accepting;
	struct sg_conns conns; /* first = longest silent */
	size_t out_len;
	char out[SG_NETSTRING_HEAD + SG_TLSMAP_OUT_SIZE];
};

/* --- tlsmap.c --- */
void sg_tlsmap_wake(struct sg_tlsmap *map);
struct sg_config *sg_tlsmap_config(struct sg_tlsmap *map); /* a reference */

/* --- tlsmap_conn.c: on the loop's thread --- */
/* Takes fd. */
void sg_conn_open(struct sg_tlsmap *map, int fd);
void sg_conn_close(struct sg_conn *conn);
/* What it asked is answered: job->reply. */
void sg_conn_answered(struct sg_conn *conn, struct sg_tlsmap_job *job);
/* Nothing is asked that was not answered. */
bool sg_conn_is_done(const struct sg_conn *conn);
/* It has had its time. */
bool sg_conn_is_late(const struct sg_conn *conn, struct sg_mono now);

/* --- tlsmap_answer.c: any thread --- */
/* Writes what memory knows. False: it has to wait. */
bool sg_tlsmap_answer_warm(struct sg_tlsmap *map,
    const struct sg_map_request *request, struct sg_tlsmap_words *words);
/* Waits until `until' at most. */
void sg_tlsmap_answer_cold(struct sg_tlsmap *map,
    const struct sg_map_request *request, struct sg_mono until,
    struct sg_tlsmap_words *words);
/* There is no room to wait: by what memory knows, however old. */
void sg_tlsmap_answer_unasked(struct sg_tlsmap *map,
    const struct sg_map_request *request, struct sg_tlsmap_words *words);

/* --- tlsmap_pool.c --- */
void sg_pool_init(struct sg_pool *pool);
/* Any thread may take it: the loop. False: no room, no thread, no memory. */
bool sg_pool_give(struct sg_tlsmap *map, struct sg_conn *conn,
    const struct sg_map_request *request);
/* One that is done, for the loop to free; NULL: none. */
struct sg_tlsmap_job *sg_pool_done(struct sg_pool *pool);
void sg_pool_free_job(struct sg_tlsmap_job **job);
/* Joins the threads. */
void sg_pool_fini(struct sg_pool *pool);
#endif
