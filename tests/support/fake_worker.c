/* SPDX-License-Identifier: ISC */
/* fake_worker.c - see fake_worker.h. */
#include "support/fake_worker.h"

#include <sys/socket.h>
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake_worker {
	int fd;
	pthread_t thread;
	fake_answer *answer;
	void *arg;
	atomic_uint jobs;
	atomic_bool deaf;
};

void
fake_worker_send_bytes(struct fake_worker *w, const void *data, size_t len)
{
	(void)!send(w->fd, data, len, MSG_NOSIGNAL);
}

void
fake_worker_send(struct fake_worker *w, const struct sg_frame *frame)
{
	unsigned char *buf = malloc(SG_FRAME_MAX);
	size_t len = sg_frame_encode(frame, buf, SG_FRAME_MAX);

	fake_worker_send_bytes(w, buf, len);
	free(buf);
}

static void
send_record(struct fake_worker *w, enum sg_frame_type type, uint64_t id,
    const struct sg_facts *facts)
{
	struct sg_frame frame = { .type = type, .id = id };
	unsigned char *record;

	ck_assert_int_eq(sg_facts_encode(facts, &record, &frame.record_len),
	    SG_OK);
	frame.record = record;
	fake_worker_send(w, &frame);
	free(record);
}

void
fake_worker_send_facts(struct fake_worker *w, uint64_t id,
    const struct sg_facts *facts)
{
	send_record(w, SG_FRAME_FACTS, id, facts);
}

void
fake_worker_send_first(struct fake_worker *w, uint64_t id,
    const struct sg_facts *facts)
{
	send_record(w, SG_FRAME_FIRST, id, facts);
}

void
fake_worker_send_done(struct fake_worker *w, uint64_t id)
{
	struct sg_frame frame = { .type = SG_FRAME_DONE, .id = id };

	fake_worker_send(w, &frame);
}

static bool
serve(struct fake_worker *w, const struct sg_frame *frame)
{
	struct sg_frame pong = { .type = SG_FRAME_PONG, .id = frame->id };

	if (frame->type == SG_FRAME_PING) {
		if (!atomic_load(&w->deaf))
			fake_worker_send(w, &pong);
		return true;
	}
	ck_assert_int_eq(frame->type, SG_FRAME_JOB);
	atomic_fetch_add(&w->jobs, 1);
	return w->answer(w, &frame->job, w->arg);
}

static void *
run(void *arg)
{
	struct fake_worker *w = arg;
	unsigned char buf[4096];
	struct sg_frame frame;
	ssize_t n;

	while ((n = recv(w->fd, buf, sizeof(buf), 0)) > 0) {
		ck_assert_int_eq(
		    sg_frame_decode(buf, (size_t)n, &frame, NULL), SG_OK);
		if (!serve(w, &frame))
			break;
	}
	(void)shutdown(w->fd, SHUT_RDWR);
	return NULL;
}

struct fake_worker *
fake_worker_new(struct sg_engine *engine, fake_answer *answer, void *arg)
{
	struct fake_worker *w = calloc(1, sizeof(*w));
	int pair[2];

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	w->fd = pair[1];
	w->answer = answer;
	w->arg = arg;
	ck_assert_int_eq(pthread_create(&w->thread, NULL, run, w), 0);
	sg_engine_attach(engine, 0, pair[0]);
	return w;
}

void
fake_worker_free(struct fake_worker **wp)
{
	struct fake_worker *w = *wp;

	if (w == NULL)
		return;
	(void)shutdown(w->fd, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	close(w->fd);
	free(w);
	*wp = NULL;
}

unsigned
fake_worker_jobs(struct fake_worker *w)
{
	return atomic_load(&w->jobs);
}

void
fake_worker_set_deaf(struct fake_worker *w, bool deaf)
{
	atomic_store(&w->deaf, deaf);
}

struct sg_nexthop
hop_of(const char *name)
{
	struct sg_nexthop hop;

	ck_assert_int_eq(sg_nexthop_parse(name, &hop, NULL), SG_OK);
	return hop;
}

struct sg_facts *
learnt_facts(const struct sg_nexthop *hop, const char *id, const char *policy,
    const char *mx)
{
	struct sg_facts *f = sg_facts_new(hop);
	struct sg_wall now = sg_wall_now();

	ck_assert_ptr_nonnull(f);
	f->sts.txt.state = policy != NULL ? SG_TXT_RECORD : SG_TXT_NONE;
	f->sts.txt.at = now;
	f->sts.txt.until.s = now.s + 300;
	if (policy != NULL) {
		snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "%s", id);
		snprintf(f->sts.fetch.id, sizeof(f->sts.fetch.id), "%s", id);
		f->sts.fetch.tried = true;
		f->sts.fetch.at = now;
		ck_assert_int_eq(sg_facts_set_policy(f, policy, strlen(policy),
		    id, now, NULL), SG_OK);
	}
	f->mx_state = SG_MX_FOUND;
	f->mx_at = now;
	f->mx_until.s = now.s + 300;
	ck_assert_int_eq(sg_facts_set_mx(f, 1), SG_OK);
	snprintf(f->mx[0].host, sizeof(f->mx[0].host), "%s", mx);
	f->mx[0].preference = 10;
	f->mx[0].addrs = SG_ADDR_OK;
	return f;
}
